// Package cover owns the way from an ordered cover to a shown one, for one
// camera: it drives the methods that the protocol orders, journals before it
// writes, looks at every path, and says what is shown. It never keeps a
// picture, never judges a protocol, and never retries: the agent calls again.
package cover

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lensdop/lensdop/agent/state"
	"github.com/lensdop/lensdop/devices"
)

// Driven is what one pass of methods came to.
type Driven struct {
	// Method that holds the cover; empty if none does or nothing is ordered.
	Method devices.Method
	// Reported is what the device says is covered.
	Reported devices.Cover
	// Wrote tells that the wanted cover differs from the last one written.
	Wrote bool
	// Lost tells that the device no longer had a cover that it was read back to
	// have: it forgot it, or somebody took it away. It is told once.
	Lost bool
	// Restored tells that the last of our work on the device was undone.
	Restored bool
	// Task is what a person must do by hand, if the protocol orders that next.
	Task string
	// Trouble tells in words what failed and what to do; empty if nothing did.
	Trouble []string
}

// Drive makes camera's device match want by the first of the methods that
// works. Before each first write of a cover the journal has what was there and
// what is about to be written; nothing is undone that we did not do.
//
// lost tells of a loss, in the transaction that notes it in the journal: a
// kill between the two can neither hide nor repeat it.
func Drive(ctx context.Context, db *state.DB, at time.Time, camera string, cam devices.Camera, methods []devices.Method, want devices.Cover, lost func(*state.Tx) error) (Driven, error) {
	var d Driven
	journal, err := entries(ctx, db, camera, cam.Info().Device())
	if err != nil {
		return d, err
	}
	if pictureEmpty(want) {
		return d, undoAll(ctx, db, camera, cam, journal, &d)
	}
	offered, err := cam.Methods(ctx)
	if err != nil {
		return d, err
	}
	for _, m := range methods {
		if m == devices.MethodTape {
			d.Task = "cover this camera by hand"
			break
		}
		if !slices.Contains(offered, m) {
			d.Trouble = append(d.Trouble, fmt.Sprintf("the camera does not offer %s", m))
			continue
		}
		e, known := journal[m]
		if !known {
			before, err := cam.State(ctx, m)
			if err != nil {
				d.Trouble = append(d.Trouble, fmt.Sprintf("%s is not used, since what was there before cannot be read: %v", m, err))
				continue
			}
			e = state.Entry{Camera: camera, Device: cam.Info().Device(), Undo: devices.Undo{Method: m, Before: before}}
		}
		picture := devices.Cover{Whole: want.Whole, Zones: want.Zones}
		save := func(and func(*state.Tx) error) error {
			return db.Update(ctx, func(t *state.Tx) error { return errors.Join(t.SetJournal(at, e), and(t)) })
		}
		nothing := func(*state.Tx) error { return nil }
		tell := nothing
		if e.Held != nil && e.Held.Equal(picture) {
			holds, err := cam.Holds(ctx, e.Undo, picture)
			if err != nil {
				return d, err
			}
			if holds {
				d.Method, d.Reported = m, picture
				return d, nil
			}
			d.Lost, tell = true, lost
		}
		if d.Wrote = !slices.ContainsFunc(e.Undo.Wrote, picture.Equal); d.Wrote {
			e.Undo.Wrote = append(e.Undo.Wrote, picture)
		}
		if d.Wrote || e.Held != nil {
			e.Held = nil
			if err := save(tell); err != nil {
				return d, fmt.Errorf("nothing was written to the camera: %w", err)
			}
		}
		got, err := cam.Apply(ctx, e.Undo, picture)
		d.Reported = got
		if err != nil {
			d.Trouble = append(d.Trouble, err.Error())
			continue
		}
		d.Method, e.Held = m, &picture
		return d, save(nothing)
	}
	return d, nil
}

// undoAll takes back what we wrote on the device, method by method.
func undoAll(ctx context.Context, db *state.DB, camera string, cam devices.Camera, journal map[devices.Method]state.Entry, d *Driven) error {
	for m, e := range journal {
		err := cam.Restore(ctx, e.Undo)
		switch {
		case err == nil:
		case errors.Is(err, devices.ErrForeign):
			// What others changed is theirs now: told, and left alone.
			d.Trouble = append(d.Trouble, err.Error())
		default:
			return err
		}
		if err := db.Update(ctx, func(t *state.Tx) error { return t.CloseJournal(camera, e.Device, m) }); err != nil {
			return err
		}
		d.Restored = true
	}
	return nil
}

func entries(ctx context.Context, db *state.DB, camera, device string) (map[devices.Method]state.Entry, error) {
	all, err := db.Journal(ctx)
	if err != nil {
		return nil, err
	}
	m := map[devices.Method]state.Entry{}
	for _, e := range all {
		if e.Camera == camera && sameDevice(e.Device, device) {
			m[e.Undo.Method] = e
		}
	}
	return m, nil
}

// sameDevice compares endpoints as UUIDs, however a device spells its own: an
// entry that is not recognised would have our mask taken for what was there
// before us.
func sameDevice(a, b string) bool {
	plain := func(s string) string {
		s = strings.ToLower(strings.TrimSpace(s))
		return strings.TrimPrefix(strings.TrimPrefix(s, "urn:"), "uuid:")
	}
	return plain(a) == plain(b)
}

func pictureEmpty(c devices.Cover) bool { return !c.Whole && len(c.Zones) == 0 }
