package onvif

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/lensdop/lensdop/devices"
)

// method is one way to cover, on one camera. What it returns wraps the errors
// of package devices; the dispatch below names the device and the operation.
type method interface {
	// offered is nil if the camera can do this here and now, and wraps
	// devices.ErrUnsupported if it cannot.
	offered(ctx context.Context) error
	// state is what the journal keeps, as a value that survives JSON.
	state(ctx context.Context) (any, error)
	apply(ctx context.Context, u devices.Undo, c devices.Cover) (devices.Cover, error)
	holds(ctx context.Context, u devices.Undo, c devices.Cover) (bool, error)
	restore(ctx context.Context, u devices.Undo) error
}

// remedied is an error that knows what a person can do about it.
type remedied struct {
	err    error
	remedy string
}

func (r *remedied) Error() string { return r.err.Error() }
func (r *remedied) Unwrap() error { return r.err }

func (cam *camera) methods() []devices.Method {
	return []devices.Method{
		devices.MethodDeviceMask, devices.MethodPark, devices.MethodContact,
		devices.MethodRecordingOff, devices.MethodSoundOff, devices.MethodRetention,
	}
}

func (cam *camera) method(m devices.Method) (method, error) {
	switch m {
	case devices.MethodDeviceMask:
		return masking{cam}, nil
	case devices.MethodPark:
		return parking{cam}, nil
	case devices.MethodRecordingOff:
		return silencing{cam}, nil
	case devices.MethodContact:
		return switching{cam}, nil
	case devices.MethodSoundOff:
		return muting{cam}, nil
	case devices.MethodRetention:
		return forgetting{cam}, nil
	default:
		return nil, devices.ErrUnsupported
	}
}

// Methods lists what the camera can be covered with. A method that the device
// could not be asked about is listed as long as another one is known to be
// there, so that State tells what is wrong with it; with none known, the error
// says so. A device that does not answer is an error, except where it has
// answered for another method before: a recorder whose search hangs still has
// masks.
func (cam *camera) Methods(ctx context.Context) ([]devices.Method, error) {
	const op = "ask what it can cover with"
	var all []devices.Method
	var failed error
	known := false
	for _, m := range cam.methods() {
		w, err := cam.method(m)
		if err == nil {
			err = w.offered(ctx)
		}
		switch {
		case err == nil:
			known = true
		case errors.Is(err, devices.ErrUnreachable) && !known, ctx.Err() != nil:
			return nil, cam.fail(op, err)
		case errors.Is(err, devices.ErrUnsupported):
			continue
		default:
			cam.c.o.Log.Warn("method not known to work", "device", cam.c.address, "method", string(m), "error", err)
			failed = together(failed, err)
		}
		all = append(all, m)
	}
	if !known {
		return nil, cam.fail(op, failed)
	}
	return all, nil
}

// State reads what a method would change. ErrUnsupported means that the camera
// does not have the method, or that nobody could tell later what was there
// before.
func (cam *camera) State(ctx context.Context, m devices.Method) (devices.State, error) {
	op := "read what " + string(m) + " would change"
	w, err := cam.method(m)
	if err != nil {
		return devices.State{}, cam.fail(op, err)
	}
	v, err := w.state(ctx)
	if err != nil {
		return devices.State{}, cam.fail(op, err)
	}
	data, err := json.Marshal(v)
	if err != nil {
		return devices.State{}, cam.fail(op, err)
	}
	return devices.State{Method: m, Driver: Name, Data: data}, nil
}

// Apply covers by method u.Method what that method can cover of c, and answers
// with what the device has of it afterwards. Parts of c that are another
// method's are neither written nor in the answer.
//
// Errors: ErrUnsupported for what the method cannot do on this camera,
// ErrNotApplied if the device does not have what it accepted, ErrForeign if the
// cover would overwrite what the journal does not know, ErrLogin,
// ErrUnreachable, ErrMalformed. On any of them nothing has been uncovered.
func (cam *camera) Apply(ctx context.Context, u devices.Undo, c devices.Cover) (devices.Cover, error) {
	op := "cover by " + string(u.Method)
	w, err := cam.method(u.Method)
	if err != nil {
		return devices.Cover{}, cam.fail(op, err)
	}
	got, err := w.apply(ctx, u, c)
	return got, cam.fail(op, err)
}

// Holds tells whether the device has c by method u.Method. What cannot be read
// is an error, and never a yes or a no.
func (cam *camera) Holds(ctx context.Context, u devices.Undo, c devices.Cover) (bool, error) {
	op := "look for the cover by " + string(u.Method)
	w, err := cam.method(u.Method)
	if err != nil {
		return false, cam.fail(op, err)
	}
	ok, err := w.holds(ctx, u, c)
	return ok && err == nil, cam.fail(op, err)
}

// Restore undoes what method u.Method wrote and what still has its value. What
// others changed stays, and is told by ErrForeign.
func (cam *camera) Restore(ctx context.Context, u devices.Undo) error {
	op := "undo the cover by " + string(u.Method)
	w, err := cam.method(u.Method)
	if err != nil {
		return cam.fail(op, err)
	}
	return cam.fail(op, w.restore(ctx, u))
}

// fail is that of the client, with the remedy that an error knows itself.
func (cam *camera) fail(op string, err error) error {
	err = cam.c.fail(op, err)
	e, ok := errors.AsType[*devices.Error](err)
	if r, known := errors.AsType[*remedied](err); ok && known && e.Remedy == "" {
		e.Remedy = r.remedy
	}
	return err
}

// meansOf are the means of one lens: those that name its token, else those
// that name its number, from 1.
func meansOf(all []devices.Means, source string, index int) devices.Means {
	for _, m := range all {
		if m.Source != "" && m.Source == source {
			return m
		}
	}
	for _, m := range all {
		if m.Source == "" && m.Index == index {
			return m
		}
	}
	return devices.Means{}
}

// journal reads what state wrote. Without it nothing is written: what was
// there could not be told from what is ours.
func journal[T any](u devices.Undo, m devices.Method) (T, error) {
	var was T
	if u.Method != m {
		return was, fmt.Errorf("cover by %s: %w", u.Method, devices.ErrUnsupported)
	}
	if u.Before.Driver != Name || u.Before.Method != u.Method {
		return was, errors.New("the journal's state from before is of another driver or method")
	}
	if err := json.Unmarshal(u.Before.Data, &was); err != nil {
		return was, fmt.Errorf("the journal's state from before cannot be read: %w", err)
	}
	return was, nil
}
