// Package cover owns the way from an ordered cover to a shown one, for one
// camera: it drives the methods that the protocol orders, journals before it
// writes, looks at every path, and says what is shown. It never keeps a
// picture, never judges a protocol, and never retries: the agent calls again.
package cover

import (
	"context"
	"errors"
	"fmt"
	"maps"
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

// Job is one pass over a camera's methods.
type Job struct {
	DB     *state.DB
	At     time.Time
	Camera string // id in the register
	Device devices.Camera
	// Methods that the protocol orders, best first. Those that cover the
	// picture take turns until one holds; sound-off, recording-off and
	// retention each do their own part beside it.
	Methods []devices.Method
	Want    devices.Cover
	// Lost tells of a lost picture cover, in the transaction that notes it in
	// the journal: a kill between the two can neither hide nor repeat it.
	Lost func(*state.Tx) error
	// Basis tells what a write by a driver's method rests on, and whether the
	// site allows it. Nil allows everything.
	Basis func(driver string, m devices.Method) (devices.Basis, bool)
}

// Drive makes a camera's device match what is wanted. Before each first write
// of a cover the journal has what was there and what is about to be written;
// nothing is undone that we did not do, and nothing before what takes its
// place is held.
func Drive(ctx context.Context, j Job) (Driven, error) {
	r := &pass{Job: j}
	var err error
	if r.journal, err = entries(ctx, j.DB, j.Camera, j.Device.Info().Device()); err != nil {
		return r.Driven, err
	}
	picture := devices.Cover{Whole: j.Want.Whole, Zones: j.Want.Zones}
	if !picture.Empty() || r.sideWanted() {
		if r.offered, err = j.Device.Methods(ctx); err != nil {
			return r.Driven, err
		}
	}
	if !picture.Empty() {
		if err := r.picture(ctx, picture); err != nil {
			return r.Driven, err
		}
	}
	for _, m := range sides() {
		if c := side(m, j.Want); !c.Empty() && slices.Contains(j.Methods, m) {
			if _, err := r.hold(ctx, m, c); err != nil {
				return r.Driven, err
			}
		}
	}
	return r.Driven, r.undo(ctx, picture)
}

// sides are the methods that do not cover the picture.
func sides() []devices.Method {
	return []devices.Method{devices.MethodSoundOff, devices.MethodRecordingOff, devices.MethodRetention}
}

// side is the part of a cover that such a method does.
func side(m devices.Method, want devices.Cover) devices.Cover {
	switch m {
	case devices.MethodSoundOff:
		return devices.Cover{Sound: want.Sound}
	case devices.MethodRecordingOff:
		return devices.Cover{Whole: want.Whole}
	case devices.MethodRetention:
		return devices.Cover{MaxAge: want.MaxAge}
	default:
		return devices.Cover{}
	}
}

// pass is one run of Drive.
type pass struct {
	Job
	Driven

	journal map[devices.Method]state.Entry
	offered []devices.Method
}

func (r *pass) sideWanted() bool {
	return slices.ContainsFunc(sides(), func(m devices.Method) bool { return slices.Contains(r.Methods, m) && !side(m, r.Want).Empty() })
}

// picture covers the picture by the first method that can.
func (r *pass) picture(ctx context.Context, c devices.Cover) error {
	for _, m := range r.Methods {
		switch {
		case slices.Contains(sides(), m):
			continue
		case m == devices.MethodTape:
			r.Task = "cover this camera by hand"
			return nil
		case m != devices.MethodDeviceMask && !c.Whole:
			continue // a camera that is parked shows nothing else either
		}
		held, err := r.hold(ctx, m, c)
		if err != nil {
			return err
		}
		if held {
			r.Method, r.Reported = m, c
			return nil
		}
	}
	return nil
}

// hold makes one method hold its part of the cover. What fails is told as a
// trouble; the error is for a device or a state file that cannot be used now.
func (r *pass) hold(ctx context.Context, m devices.Method, c devices.Cover) (bool, error) {
	if !slices.Contains(r.offered, m) {
		r.Trouble = append(r.Trouble, fmt.Sprintf("the camera does not offer %s", m))
		return false, nil
	}
	e, ok := r.entry(ctx, m)
	if !ok {
		return false, nil
	}
	save := func(and func(*state.Tx) error) error {
		return r.DB.Update(ctx, func(t *state.Tx) error { return errors.Join(t.SetJournal(r.At, e), and(t)) })
	}
	nothing := func(*state.Tx) error { return nil }
	tell := nothing
	if e.Held != nil && e.Held.Equal(c) {
		holds, err := r.Device.Holds(ctx, e.Undo, c)
		if err != nil || holds {
			return holds, err
		}
		if slices.Contains(sides(), m) {
			r.Trouble = append(r.Trouble, fmt.Sprintf("%s was no longer in force; it is put back", m))
			r.Wrote = true // look again
		} else {
			r.Driven.Lost, tell = true, r.Job.Lost
		}
	}
	first := !slices.ContainsFunc(e.Undo.Wrote, c.Equal)
	if first {
		e.Undo.Wrote = append(e.Undo.Wrote, c)
		r.Wrote = true
	}
	if first || e.Held != nil {
		e.Held = nil
		if err := save(tell); err != nil {
			return false, fmt.Errorf("nothing was written to the camera: %w", err)
		}
		r.journal[m] = e
	}
	got, err := r.Device.Apply(ctx, e.Undo, c)
	if !slices.Contains(sides(), m) {
		r.Reported = got
	}
	if err != nil {
		r.Trouble = append(r.Trouble, err.Error())
		return false, nil
	}
	e.Held = &c
	return true, save(nothing)
}

// entry is the journal's entry of a method, or a new one with what is there
// now; false if the method may not be used.
func (r *pass) entry(ctx context.Context, m devices.Method) (state.Entry, bool) {
	if e, known := r.journal[m]; known {
		return e, true
	}
	before, err := r.Device.State(ctx, m)
	if err != nil {
		r.Trouble = append(r.Trouble, fmt.Sprintf("%s is not used, since what was there before cannot be read: %v", m, err))
		return state.Entry{}, false
	}
	u := devices.Undo{Method: m, Before: before}
	if r.Basis != nil {
		basis, allowed := r.Basis(before.Driver, m)
		if !allowed {
			i := r.Device.Info()
			r.Trouble = append(r.Trouble, fmt.Sprintf("%s by %s is not used: that it works on %s was read and not tried; let lensdop-agent check say what to put under consent in the config",
				m, before.Driver, strings.TrimSpace(i.Vendor+" "+i.Model)))
			return state.Entry{}, false
		}
		u.Basis = basis
	}
	return state.Entry{Camera: r.Camera, Device: r.Device.Info().Device(), Undo: u}, true
}

// needed tells whether our work by a method must stay.
func (r *pass) needed(m devices.Method, picture devices.Cover) bool {
	switch {
	case slices.Contains(sides(), m):
		return slices.Contains(r.Methods, m) && !side(m, r.Want).Empty()
	case picture.Empty():
		return false
	case r.Method == "":
		return true // nothing else holds the picture
	default:
		return m == r.Method || m == devices.MethodDeviceMask && len(picture.Zones) > 0
	}
}

// undo takes back what is no longer wanted, method by method.
func (r *pass) undo(ctx context.Context, picture devices.Cover) error {
	left := 0
	undone := false
	for _, m := range slices.Sorted(maps.Keys(r.journal)) {
		if r.needed(m, picture) {
			left++
			continue
		}
		e := r.journal[m]
		err := r.Device.Restore(ctx, e.Undo)
		switch {
		case err == nil:
		case errors.Is(err, devices.ErrForeign):
			// What others changed is theirs now: told, and left alone.
			r.Trouble = append(r.Trouble, err.Error())
		default:
			return err
		}
		if err := r.DB.Update(ctx, func(t *state.Tx) error { return t.CloseJournal(r.Camera, e.Device, m) }); err != nil {
			return err
		}
		undone = true
	}
	r.Restored = undone && left == 0 && r.Method == ""
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
