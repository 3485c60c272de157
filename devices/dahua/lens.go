package dahua

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/lensdop/lensdop/devices"
)

// lensState is State.Data of devices.MethodPark.
type lensState struct {
	// Away tells that the lens was turned away before.
	Away *bool `json:"away"`
}

func (cam *camera) lensKey() string { return fmt.Sprintf("LeLensMask[%d].Enable", cam.channel) }

// lens tells whether the lens is turned into the housing. The error wraps
// devices.ErrUnsupported if the device has none that can.
func (cam *camera) lens(ctx context.Context) (bool, error) {
	kv, err := cam.config(ctx, "LeLensMask")
	if err != nil {
		return false, err
	}
	v, has := kv[cam.lensKey()]
	if !has {
		return false, fmt.Errorf("%w: its lens cannot be turned away", devices.ErrUnsupported)
	}
	return truth(v), nil
}

// hides tells whether a cover asks for something in the picture. The lens can
// only be turned away from all of it.
func hides(c devices.Cover) bool { return c.Whole || len(c.Zones) > 0 }

// park turns the lens away for any part of the picture, and back, if we turned
// it, for none.
func (cam *camera) park(ctx context.Context, u devices.Undo, c devices.Cover) (devices.Cover, error) {
	if !hides(c) {
		if err := cam.unpark(ctx, u); err != nil {
			return devices.Cover{}, err
		}
		away, err := cam.lens(ctx)
		return devices.Cover{Whole: away}, err
	}
	known := false
	for _, w := range u.Wrote {
		known = known || hides(w)
	}
	if !known {
		return devices.Cover{}, errors.New("the cover is not in the journal; it is written there before the device")
	}
	away, err := cam.turn(ctx, true)
	got := devices.Cover{Whole: away}
	if away {
		got.Zones = c.Zones
	}
	return got, err
}

func (cam *camera) parked(ctx context.Context, c devices.Cover) (bool, error) {
	away, err := cam.lens(ctx)
	return err == nil && (away || !hides(c)), err
}

// turn sets the lens and reads it back.
func (cam *camera) turn(ctx context.Context, away bool) (bool, error) {
	now, err := cam.lens(ctx)
	if err != nil || now == away {
		return now, err
	}
	refused := cam.set(ctx, []string{cam.lensKey()}, []string{fmt.Sprint(away)})
	if fatal(refused) {
		return now, refused
	}
	if now, err = cam.lens(ctx); err != nil {
		return false, errors.Join(refused, err)
	}
	if now != away {
		return now, errors.Join(fmt.Errorf("%w: the lens", devices.ErrNotApplied), refused)
	}
	return now, nil
}

// unpark turns the lens back if it was not away before. One that looks out
// already is as it was.
func (cam *camera) unpark(ctx context.Context, u devices.Undo) error {
	var was lensState
	if err := json.Unmarshal(u.Before.Data, &was); err != nil || was.Away == nil {
		return errors.Join(errors.New("the journal's state from before does not tell where the lens was"), err)
	}
	ours := false
	for _, w := range u.Wrote {
		ours = ours || hides(w)
	}
	now, err := cam.lens(ctx)
	switch {
	case err != nil:
		return err
	case *was.Away && !now:
		return fmt.Errorf("%w: the lens was away before and looks out now", devices.ErrForeign)
	case *was.Away == now:
		return nil
	case !ours:
		return fmt.Errorf("%w: the lens was turned away by another", devices.ErrForeign)
	}
	_, err = cam.turn(ctx, false)
	return err
}
