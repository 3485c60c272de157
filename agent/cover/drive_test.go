package cover_test

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/agent/cover"
	"github.com/lensdop/lensdop/agent/state"
	"github.com/lensdop/lensdop/devices"
)

// box is a device with masks, just enough of one to drive.
type box struct {
	masks   []devices.Zone // on the device
	methods []devices.Method
	err     error // of the next Apply
	lies    bool  // accepts and does not apply
	calls   []string
	journal func() []state.Entry
	seen    []int // entries in the journal at each write
	foreign bool
}

func (b *box) Info() devices.Info {
	return devices.Info{Address: "10.0.0.1:80", Endpoint: "urn:uuid:1"}
}
func (b *box) Watch(context.Context, func(devices.Event)) error { return devices.ErrUnsupported }

func (b *box) Close() error { return nil }
func (b *box) Observe(context.Context) (devices.Observation, error) {
	return devices.Observation{}, nil
}
func (b *box) Methods(context.Context) ([]devices.Method, error) { return b.methods, nil }

func (b *box) State(_ context.Context, m devices.Method) (devices.State, error) {
	b.calls = append(b.calls, "state")
	data, err := json.Marshal(b.masks)
	return devices.State{Method: m, Driver: "box", Data: data}, err
}

func (b *box) Apply(_ context.Context, u devices.Undo, c devices.Cover) (devices.Cover, error) {
	b.calls = append(b.calls, "apply")
	b.seen = append(b.seen, len(b.journal()))
	if !slices.ContainsFunc(u.Wrote, c.Equal) {
		return devices.Cover{}, errors.New("the cover was not journalled before the write")
	}
	if b.err != nil {
		return devices.Cover{}, b.err
	}
	if b.lies {
		return devices.Cover{}, devices.ErrNotApplied
	}
	var before []devices.Zone
	if err := json.Unmarshal(u.Before.Data, &before); err != nil {
		return devices.Cover{}, err
	}
	b.masks = before
	if c.Whole {
		b.masks = append(b.masks, devices.FullZone("all"))
	} else {
		b.masks = append(b.masks, c.Zones...)
	}
	return c, nil
}

func (b *box) Holds(_ context.Context, _ devices.Undo, c devices.Cover) (bool, error) {
	b.calls = append(b.calls, "holds")
	if b.err != nil {
		return false, b.err
	}
	for _, z := range c.Zones {
		if !slices.ContainsFunc(b.masks, func(m devices.Zone) bool { return m.ID == z.ID }) {
			return false, nil
		}
	}
	return !c.Whole || slices.ContainsFunc(b.masks, func(m devices.Zone) bool { return m.ID == "all" }), nil
}

func (b *box) Restore(_ context.Context, u devices.Undo) error {
	b.calls = append(b.calls, "restore")
	if err := json.Unmarshal(u.Before.Data, &b.masks); err != nil {
		return err
	}
	if b.foreign {
		return devices.ErrForeign
	}
	return nil
}

func setUp(t *testing.T) (*state.DB, *box) {
	t.Helper()
	db, err := state.Open(t.Context(), filepath.Join(t.TempDir(), "agent.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	b := &box{methods: []devices.Method{devices.MethodDeviceMask}, masks: []devices.Zone{zone("by hand", 0.9)}}
	b.journal = func() []state.Entry {
		j, err := db.Journal(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return j
	}
	return db, b
}

func zone(id string, at float64) devices.Zone {
	return devices.Zone{ID: id, Polygon: []devices.Point{{X: at, Y: 0}, {X: at + 0.05, Y: 0}, {X: at, Y: 0.05}}}
}

func noLoss(*state.Tx) error { return nil }

func drive(t *testing.T, db *state.DB, b *box, want devices.Cover, methods ...devices.Method) cover.Driven {
	t.Helper()
	if methods == nil {
		methods = []devices.Method{devices.MethodDeviceMask}
	}
	d, err := cover.Drive(t.Context(), cover.Job{DB: db, At: time.Unix(1, 0), Camera: "hal", Device: b, Methods: methods, Want: want, Lost: noLoss})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDriveJournalsBeforeItWrites(t *testing.T) {
	db, b := setUp(t)
	d := drive(t, db, b, devices.Cover{Whole: true, Sound: true})
	if d.Method != devices.MethodDeviceMask || !d.Wrote || !d.Reported.Whole {
		t.Errorf("driven %+v", d)
	}
	if !slices.Equal(b.seen, []int{1}) {
		t.Errorf("journal entries at the first write: %v, want one", b.seen)
	}
	// The same again reads back and writes nothing new to the journal.
	if d := drive(t, db, b, devices.Cover{Whole: true, Sound: true}); d.Wrote {
		t.Error("a repetition counts as a new cover")
	}
	if n := len(b.journal()[0].Undo.Wrote); n != 1 {
		t.Errorf("the journal lists %d covers, want 1", n)
	}
}

func TestDriveNothingOrderedTouchesNothing(t *testing.T) {
	db, b := setUp(t)
	d := drive(t, db, b, devices.Cover{Sound: true})
	if len(b.calls) != 0 || d.Wrote || d.Restored {
		t.Errorf("calls %v, driven %+v", b.calls, d)
	}
}

func TestDriveUndoesOnlyAtTheEnd(t *testing.T) {
	db, b := setUp(t)
	drive(t, db, b, devices.Cover{Zones: []devices.Zone{zone("street", 0.1)}})
	drive(t, db, b, devices.Cover{Whole: true})
	drive(t, db, b, devices.Cover{Zones: []devices.Zone{zone("street", 0.1)}})
	e := b.journal()[0]
	if string(e.Undo.Before.Data) == "" || strings.Contains(string(e.Undo.Before.Data), "street") {
		t.Errorf("what was there before us is %s", e.Undo.Before.Data)
	}
	if len(e.Undo.Wrote) != 2 {
		t.Errorf("wrote %v, want the zone and the whole picture", e.Undo.Wrote)
	}
	if slices.Contains(b.calls, "restore") {
		t.Error("restored while something was still ordered")
	}
	d := drive(t, db, b, devices.Cover{})
	if !d.Restored || len(b.journal()) != 0 || len(b.masks) != 1 || b.masks[0].ID != "by hand" {
		t.Errorf("driven %+v, journal %v, masks %v", d, b.journal(), b.masks)
	}
}

func TestDriveAfterACrashGoesOnFromTheJournal(t *testing.T) {
	db, b := setUp(t)
	b.err = context.DeadlineExceeded // the answer never came, the write may have
	d := drive(t, db, b, devices.Cover{Whole: true})
	if d.Method != "" || len(d.Trouble) == 0 {
		t.Errorf("driven %+v", d)
	}
	b.masks = append(b.masks, devices.FullZone("all"))
	b.err = nil
	drive(t, db, b, devices.Cover{Whole: true})
	if before := string(b.journal()[0].Undo.Before.Data); strings.Contains(before, "all") {
		t.Errorf("what was there before was read again, with our own mask in it: %s", before)
	}
	drive(t, db, b, devices.Cover{})
	if len(b.masks) != 1 {
		t.Errorf("masks %v, want only the one set by hand", b.masks)
	}
}

func TestDriveFallsToTheNextMethod(t *testing.T) {
	db, b := setUp(t)
	b.lies = true
	d := drive(t, db, b, devices.Cover{Whole: true}, devices.MethodPark, devices.MethodDeviceMask, devices.MethodTape, devices.MethodPower)
	if d.Task == "" || d.Method != "" || len(d.Trouble) != 2 {
		t.Errorf("driven %+v, want a task for a person and two troubles", d)
	}
}

func TestDriveLeavesForeignChanges(t *testing.T) {
	db, b := setUp(t)
	drive(t, db, b, devices.Cover{Whole: true})
	b.foreign = true
	d := drive(t, db, b, devices.Cover{})
	if !d.Restored || len(d.Trouble) != 1 || len(b.journal()) != 0 {
		t.Errorf("driven %+v, journal %v", d, b.journal())
	}
}

func TestDriveKeepsTheJournalWhenRestoringFails(t *testing.T) {
	db, b := setUp(t)
	drive(t, db, b, devices.Cover{Whole: true})
	failing := &failsRestore{b}
	_, err := cover.Drive(t.Context(), cover.Job{DB: db, At: time.Unix(2, 0), Camera: "hal", Device: failing, Methods: []devices.Method{devices.MethodDeviceMask}, Want: devices.Cover{}, Lost: noLoss})
	if !errors.Is(err, devices.ErrUnreachable) {
		t.Errorf("error %v", err)
	}
	if len(b.journal()) != 1 {
		t.Error("the journal was closed though nothing was undone")
	}
}

type failsRestore struct{ *box }

func (f *failsRestore) Restore(context.Context, devices.Undo) error { return devices.ErrUnreachable }

func TestDriveTellsWhatTheDeviceLost(t *testing.T) {
	db, b := setUp(t)
	whole := devices.Cover{Whole: true}
	drive(t, db, b, whole)
	if d := drive(t, db, b, whole); d.Lost || d.Method == "" {
		t.Errorf("a device that kept its masks: %+v", d)
	}
	b.masks = append(b.masks, zone("also by hand", 0.5))
	if d := drive(t, db, b, whole); d.Lost {
		t.Error("another mask beside ours counts as a loss")
	}
	b.masks = b.masks[:1] // a restart
	if d := drive(t, db, b, whole); !d.Lost || d.Method == "" {
		t.Errorf("driven %+v, want the loss told and the cover put back", d)
	}
	if d := drive(t, db, b, whole); d.Lost {
		t.Error("the loss is told twice")
	}
}

// The camera restarts while the agent is dead, or goes down between the look
// and the write: the loss is told all the same, and once.
func TestDriveTellsALossThatItCannotMend(t *testing.T) {
	db, b := setUp(t)
	whole := devices.Cover{Whole: true}
	drive(t, db, b, whole)
	b.masks = b.masks[:1]
	b.lies = true
	if d := drive(t, db, b, whole); !d.Lost || d.Method != "" || len(d.Trouble) != 1 {
		t.Errorf("driven %+v, want the loss and the failed write told", d)
	}
	b.lies = false
	if d := drive(t, db, b, whole); d.Lost || d.Method == "" {
		t.Errorf("driven %+v, want the cover put back without a second loss", d)
	}
	b.err = devices.ErrUnreachable
	if _, err := cover.Drive(t.Context(), cover.Job{DB: db, At: time.Unix(3, 0), Camera: "hal", Device: b, Methods: []devices.Method{devices.MethodDeviceMask}, Want: whole, Lost: noLoss}); !errors.Is(err, devices.ErrUnreachable) {
		t.Errorf("error %v", err)
	}
}
