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
	// Wrote tells that the device was written to for another cover than the
	// last, to put a lost one back, or to undo one.
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
	// site allows it. It is asked before the first write of a cover, and before
	// each one that deletes recordings. Nil allows everything.
	Basis func(driver string, m devices.Method) (devices.Basis, bool)
}

// Drive makes a camera's device match what is wanted. Before each first write
// of a cover the journal has what was there and what is about to be written;
// nothing is undone that we did not do, and nothing before what takes its
// place is held.
//
// What one method fails at keeps no other from being held or undone: a
// recorder that does not answer for its recordings still loses our mask when
// it is released. Only a refused login, the end of ctx and a journal that
// cannot be written end the pass.
func Drive(ctx context.Context, j Job) (Driven, error) {
	r := &pass{Job: j}
	var err error
	if r.journal, err = entries(ctx, j.DB, j.Camera, j.Device.Info().Device()); err != nil {
		return r.Driven, err
	}
	picture := devices.Cover{Whole: j.Want.Whole, Zones: j.Want.Zones}
	if err := r.cover(ctx, picture); err != nil {
		return r.Driven, errors.Join(r.failed, err)
	}
	err = r.undo(ctx, picture)
	return r.Driven, errors.Join(r.failed, err)
}

// cover holds what is wanted, the picture first.
func (r *pass) cover(ctx context.Context, picture devices.Cover) error {
	if picture.Empty() && !r.sideWanted() {
		return nil
	}
	var err error
	if r.offered, err = r.Device.Methods(ctx); err != nil {
		return r.note(ctx, err)
	}
	if !picture.Empty() {
		if err := r.picture(ctx, picture); err != nil {
			return err
		}
	}
	for _, m := range sides() {
		if c := side(m, r.Want); !c.Empty() && slices.Contains(r.Methods, m) {
			if _, err := r.hold(ctx, m, c); err != nil {
				return err
			}
		}
	}
	return nil
}

// note keeps what failed on the device for the end of the pass: as the error
// if it did not answer, else as a trouble. It returns what ends the pass.
func (r *pass) note(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil, errors.Is(err, devices.ErrLogin):
		return err
	case errors.Is(err, devices.ErrUnreachable):
		r.failed = errors.Join(r.failed, err)
	default:
		r.Trouble = append(r.Trouble, err.Error())
	}
	return nil
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
	// unsure are methods that held, and of which the device did not tell now.
	unsure []devices.Method
	failed error // what the device did not answer
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
		if err != nil {
			// Neither lost nor given up: it stays, and another method tries too.
			r.unsure = append(r.unsure, m)
			return false, r.note(ctx, err)
		}
		if holds {
			return true, nil
		}
		if slices.Contains(sides(), m) {
			r.Trouble = append(r.Trouble, fmt.Sprintf("%s was no longer in force; it is put back", m))
		} else {
			r.Driven.Lost, tell = true, r.Job.Lost
		}
		r.Wrote = true // look again
	}
	if _, known := r.journal[m]; known && m == devices.MethodRetention {
		// Each write may delete. A consent that was taken back stops the next.
		if _, ok := r.allowed(e.Undo); !ok {
			return false, nil
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
	allowed := false
	if u.Basis, allowed = r.allowed(u); !allowed {
		return state.Entry{}, false
	}
	return state.Entry{Camera: r.Camera, Device: r.Device.Info().Device(), Undo: u}, true
}

// allowed tells what a write rests on, and whether the site has consented to
// it; without that it says so as a trouble.
func (r *pass) allowed(u devices.Undo) (devices.Basis, bool) {
	if r.Basis == nil {
		return u.Basis, true
	}
	basis, allowed := r.Basis(u.Before.Driver, u.Method)
	if !allowed {
		i := r.Device.Info()
		model := strings.TrimSpace(i.Vendor + " " + i.Model)
		why := fmt.Sprintf("that it works on %s was read and not tried", model)
		if u.Method == devices.MethodRetention {
			why = fmt.Sprintf("%s deletes recordings for it, and nothing brings them back", model)
		}
		r.Trouble = append(r.Trouble, fmt.Sprintf("%s by %s is not used: %s; let lensdop-agent check say what to put under consent in the config",
			u.Method, u.Before.Driver, why))
	}
	return basis, allowed
}

// needed tells whether our work by a method must stay.
func (r *pass) needed(m devices.Method, picture devices.Cover) bool {
	switch {
	case slices.Contains(sides(), m):
		return slices.Contains(r.Methods, m) && !side(m, r.Want).Empty()
	case picture.Empty():
		return false
	case r.Method == "", slices.Contains(r.unsure, m):
		return true // nothing else holds the picture, or it may be this
	default:
		return m == r.Method || m == devices.MethodDeviceMask && len(picture.Zones) > 0
	}
}

// undo takes back what is no longer wanted, method by method. What cannot be
// undone now stays in the journal, and keeps no other from being undone.
func (r *pass) undo(ctx context.Context, picture devices.Cover) error {
	left := 0
	undone := false
	for _, m := range slices.Sorted(maps.Keys(r.journal)) {
		if r.needed(m, picture) {
			left++
			continue
		}
		e := r.journal[m]
		if err := r.Device.Restore(ctx, e.Undo); err != nil && !foreign(err) {
			left++
			if err := r.note(ctx, err); err != nil {
				return err
			}
			continue
		} else if err != nil {
			// What others changed is theirs now: told, and left alone.
			r.Trouble = append(r.Trouble, err.Error())
		}
		if err := r.DB.Update(ctx, func(t *state.Tx) error { return t.CloseJournal(r.Camera, e.Device, m) }); err != nil {
			return err
		}
		undone, r.Wrote = true, true
	}
	r.Restored = undone && left == 0 && r.Method == ""
	return nil
}

// foreign tells that nothing but the work of others was left. An error that
// also says that something of ours could not be undone is not that: the
// journal is all that still knows whose it is.
func foreign(err error) bool {
	switch e := err.(type) { //nolint:errorlint // each level is looked at
	case interface{ Unwrap() []error }:
		all := e.Unwrap()
		return len(all) > 0 && !slices.ContainsFunc(all, func(err error) bool { return !foreign(err) })
	case interface{ Unwrap() error }:
		return foreign(e.Unwrap())
	default:
		return err == devices.ErrForeign //nolint:errorlint // this is the innermost
	}
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
