package state_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/lensdop/lensdop/agent/state"
	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy/wire"
)

func open(t *testing.T, path string) *state.DB {
	t.Helper()
	d, err := state.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func emit(t *testing.T, d *state.DB, n int) {
	t.Helper()
	for range n {
		if err := d.Update(t.Context(), func(x *state.Tx) error {
			return x.Emit(time.Unix(1000, 0), wire.EventStarted, "s", wire.Started{Version: "v"})
		}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOutboxKeepsUntilAcknowledged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "agent.db")
	d := open(t, path)
	emit(t, d, 5)
	stream := d.Stream()
	if err := d.Acknowledge(t.Context(), stream, 2); err != nil {
		t.Fatal(err)
	}
	// An acknowledgement never goes back.
	if err := d.Acknowledge(t.Context(), stream, 1); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d = open(t, path)
	defer d.Close() //nolint:errcheck // the test ends
	if d.Stream() != stream {
		t.Error("the stream changed over a restart")
	}
	got, err := d.Pending(t.Context(), 0, 10, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 || got[0].Seq != 3 || got[2].Seq != 5 || got[0].Stream != stream {
		t.Errorf("pending %+v, want 3, 4 and 5", got)
	}
	if err := d.Acknowledge(t.Context(), stream, 6); err == nil {
		t.Error("an event that was never written was acknowledged")
	}
	if err := d.Acknowledge(t.Context(), "other", 3); err == nil {
		t.Error("another stream's acknowledgement was taken")
	}
}

func TestPendingIsBounded(t *testing.T) {
	d := open(t, filepath.Join(t.TempDir(), "agent.db"))
	defer d.Close() //nolint:errcheck // the test ends
	emit(t, d, 10)
	if got, err := d.Pending(t.Context(), 4, 3, 1<<20); err != nil || len(got) != 3 || got[0].Seq != 5 {
		t.Errorf("by number: %d events, %v", len(got), err)
	}
	if got, err := d.Pending(t.Context(), 0, 10, 1); err != nil || len(got) != 1 {
		t.Errorf("by size: %d events, %v; want the one that must go anyhow", len(got), err)
	}
}

func TestUpdateIsAllOrNothing(t *testing.T) {
	d := open(t, filepath.Join(t.TempDir(), "agent.db"))
	defer d.Close() //nolint:errcheck // the test ends
	failed := errors.New("in the middle")
	err := d.Update(t.Context(), func(x *state.Tx) error {
		if err := x.Emit(time.Unix(1, 0), wire.EventStarted, "", 1); err != nil {
			return err
		}
		if err := x.SetCover("cam", state.Ordered{Cover: devices.Cover{Whole: true}, Since: time.Unix(1, 0)}); err != nil {
			return err
		}
		return failed
	})
	if !errors.Is(err, failed) {
		t.Fatalf("error %v", err)
	}
	covers, err := d.Covers(t.Context())
	if err != nil || len(covers) != 0 {
		t.Errorf("covers %v, %v", covers, err)
	}
	if n, err := d.Head(t.Context()); err != nil || n != 0 {
		t.Errorf("head %d, %v", n, err)
	}
}

func TestJournalSurvivesAndBelongsToADevice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "agent.db")
	d := open(t, path)
	undo := devices.Undo{
		Method: devices.MethodDeviceMask,
		Before: devices.State{Method: devices.MethodDeviceMask, Driver: "onvif", Data: json.RawMessage(`{"masks":[]}`)},
		Wrote:  []devices.Cover{{Whole: true}},
	}
	set := func(device string, u devices.Undo) {
		if err := d.Update(t.Context(), func(x *state.Tx) error {
			return x.SetJournal(time.Unix(1, 0), state.Entry{Camera: "hal", Device: device, Undo: u})
		}); err != nil {
			t.Fatal(err)
		}
	}
	set("old", undo)
	set("new", undo)
	undo.Wrote = append(undo.Wrote, devices.Cover{Zones: []devices.Zone{devices.FullZone("z")}})
	set("new", undo)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d = open(t, path)
	defer d.Close() //nolint:errcheck // the test ends
	got, err := d.Journal(t.Context())
	if err != nil || len(got) != 2 {
		t.Fatalf("journal %+v, %v", got, err)
	}
	if got[0].Device != "new" || len(got[0].Undo.Wrote) != 2 || len(got[1].Undo.Wrote) != 1 {
		t.Errorf("journal %+v", got)
	}
	if err := d.Update(t.Context(), func(x *state.Tx) error { return x.CloseJournal("hal", "new", devices.MethodDeviceMask) }); err != nil {
		t.Fatal(err)
	}
	if got, err := d.Journal(t.Context()); err != nil || len(got) != 1 || got[0].Device != "old" {
		t.Errorf("journal after closing one %+v, %v", got, err)
	}
}

func TestFloorOnlyRises(t *testing.T) {
	d := open(t, filepath.Join(t.TempDir(), "agent.db"))
	defer d.Close() //nolint:errcheck // the test ends
	high := time.Date(2026, 3, 18, 6, 30, 0, 5, time.UTC)
	for _, at := range []time.Time{high, high.Add(-time.Hour), high.Add(-1)} {
		if err := d.Update(t.Context(), func(x *state.Tx) error { return x.RaiseFloor(at) }); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := d.Floor(t.Context()); err != nil || !got.Equal(high) {
		t.Errorf("floor %v, %v; want %v", got, err, high)
	}
}

func TestStatementsAreNotReplaced(t *testing.T) {
	d := open(t, filepath.Join(t.TempDir(), "agent.db"))
	defer d.Close() //nolint:errcheck // the test ends
	for _, payload := range []string{"first", "second"} {
		if err := d.Update(t.Context(), func(x *state.Tx) error {
			return x.AddStatement(state.Decision, "d1", wire.Envelope{Payload: []byte(payload)})
		}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := d.Statements(t.Context(), state.Decision)
	if err != nil || len(got) != 1 || string(got[0].Payload) != "first" {
		t.Errorf("statements %q, %v", got, err)
	}
	if got, err := d.Statements(t.Context(), state.Release); err != nil || len(got) != 0 {
		t.Errorf("releases %v, %v", got, err)
	}
}

func TestDamagedFileIsPutAside(t *testing.T) {
	for name, spoil := range map[string]func([]byte) []byte{
		"no database at all": func([]byte) []byte { return []byte("this is not a database, not at all, no") },
		"torn pages": func(b []byte) []byte {
			for i := 5000; i < len(b); i++ {
				b[i] ^= 0x5a
			}
			return b
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "agent.db")
			d := open(t, path)
			emit(t, d, 200)
			stream := d.Stream()
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, spoil(b), 0o600); err != nil {
				t.Fatal(err)
			}
			d = open(t, path)
			defer d.Close() //nolint:errcheck // the test ends
			if d.Stream() == stream {
				t.Error("a new file goes on with the old numbering: the server could not tell that history restarted")
			}
			if len(d.Notes()) != 1 {
				t.Errorf("notes %q", d.Notes())
			}
			kept, err := filepath.Glob(path + ".damaged-*")
			if err != nil || len(kept) == 0 {
				t.Errorf("the damaged file was not kept: %v %v", kept, err)
			}
			emit(t, d, 1)
		})
	}
}

func TestTrimKeepsNumberingAndWhatIsNotAcknowledged(t *testing.T) {
	d := open(t, filepath.Join(t.TempDir(), "agent.db"))
	defer d.Close() //nolint:errcheck // the test ends
	emit(t, d, 4)
	trim := func() {
		if err := d.Update(t.Context(), func(x *state.Tx) error { return x.Trim(time.Unix(2000, 0)) }); err != nil {
			t.Fatal(err)
		}
	}
	trim()
	if got, err := d.Pending(t.Context(), 0, 10, 1<<20); err != nil || len(got) != 4 {
		t.Errorf("%d events left, %v; nothing was acknowledged", len(got), err)
	}
	if err := d.Acknowledge(t.Context(), d.Stream(), 4); err != nil {
		t.Fatal(err)
	}
	trim()
	emit(t, d, 1)
	if n, err := d.Head(t.Context()); err != nil || n != 5 {
		t.Errorf("head %d, %v; numbering must go on", n, err)
	}
}

func TestNextCountsOverRestarts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "agent.db")
	for want := uint64(1); want <= 2; want++ {
		d := open(t, path)
		var got uint64
		if err := d.Update(context.Background(), func(x *state.Tx) (err error) {
			got, err = x.Next("boot")
			return err
		}); err != nil || got != want {
			t.Errorf("count %d, %v; want %d", got, err, want)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
