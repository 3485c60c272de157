package state_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/lensdop/lensdop/agent/state"
)

func TestSeenSurvivesARestartAndKeepsTheFirstTime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "agent.db")
	d := open(t, path)
	day := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	set := func(s state.Seen) {
		t.Helper()
		if err := d.Update(t.Context(), func(x *state.Tx) error { return x.SetSeen(s) }); err != nil {
			t.Fatal(err)
		}
	}
	set(state.Seen{Key: "a", First: day, Last: day, Address: "192.0.2.7:80", MAC: "00:53:00:00:00:01"})
	set(state.Seen{Key: "a", First: day.Add(time.Hour), Last: day.Add(time.Hour), Address: "192.0.2.8:80", MAC: "00:53:00:00:00:01", Serial: "S1", Kept: true})
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d = open(t, path)
	defer d.Close() //nolint:errcheck // the test ends
	got, err := d.Seen(t.Context())
	want := state.Seen{Key: "a", First: day, Last: day.Add(time.Hour), Address: "192.0.2.8:80", MAC: "00:53:00:00:00:01", Serial: "S1", Kept: true}
	if err != nil || len(got) != 1 || got["a"] != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	if err := d.Update(t.Context(), func(x *state.Tx) error { return x.DropSeen("a") }); err != nil {
		t.Fatal(err)
	}
	if got, err := d.Seen(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("forgotten: %+v, %v", got, err)
	}
}

func TestPruneSeen(t *testing.T) {
	d := open(t, filepath.Join(t.TempDir(), "agent.db"))
	defer d.Close() //nolint:errcheck // the test ends
	now := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	if err := d.Update(t.Context(), func(x *state.Tx) error {
		for _, s := range []state.Seen{
			{Key: "unplugged long ago", First: now.Add(-200 * day), Last: now.Add(-91 * day)},
			{Key: "in repair", First: now.Add(-200 * day), Last: now.Add(-91 * day), Kept: true},
			{Key: "replaced years ago", First: now.Add(-900 * day), Last: now.Add(-401 * day), Kept: true},
			{Key: "hidden", First: now.Add(-50 * day), Last: now},
		} {
			if err := x.SetSeen(s); err != nil {
				return err
			}
		}
		for i := range 5000 { // by somebody who makes them up
			if err := x.SetSeen(state.Seen{Key: fmt.Sprintf("made up %d", i), First: now, Last: now}); err != nil {
				return err
			}
		}
		return x.PruneSeen(now)
	}); err != nil {
		t.Fatal(err)
	}
	got, err := d.Seen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 4096 {
		t.Errorf("%d devices are remembered", len(got))
	}
	for key, want := range map[string]bool{"unplugged long ago": false, "in repair": true, "replaced years ago": false, "hidden": true} {
		if _, ok := got[key]; ok != want {
			t.Errorf("%s: remembered %v", key, ok)
		}
	}
}
