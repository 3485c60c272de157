package devices

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Join makes one camera of several that stand for the same lens of the same
// device: asks is asked who and what it is, and covers, the best first, cover
// it. Asks may be among them. What asks cannot tell of masks and paths is
// taken from the first of covers that can.
//
// A method belongs to the first of covers that can read the state before it;
// from then on the journal says whose it is (State.Driver).
func Join(asks Camera, covers ...Camera) Camera {
	if len(covers) == 1 && covers[0] == asks {
		return asks
	}
	return &joined{Camera: asks, covers: covers}
}

type joined struct {
	Camera // Info and Watch are its own

	covers []Camera
}

func (j *joined) Observe(ctx context.Context) (Observation, error) {
	o, err := j.Camera.Observe(ctx)
	if err != nil {
		return o, err
	}
	for _, c := range j.covers {
		if c == j.Camera || told(o.Masks) && told(o.MaskLimit) && told(o.Paths) {
			continue
		}
		p, err := c.Observe(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return o, err
			}
			continue // what it would have told stays as asks told it
		}
		if !told(o.Masks) && told(p.Masks) {
			o.Masks = p.Masks
		}
		if !told(o.MaskLimit) && told(p.MaskLimit) {
			o.MaskLimit = p.MaskLimit
		}
		if !told(o.Paths) && told(p.Paths) {
			o.Paths = p.Paths
		}
	}
	return o, nil
}

func told[T any](v Value[T]) bool {
	_, ok := v.Get()
	return ok
}

// Methods of all, the first's first. One that cannot be asked does not hide
// what the others offer; its error counts if nothing is offered at all.
func (j *joined) Methods(ctx context.Context) ([]Method, error) {
	var all []Method
	var failed error
	for _, c := range j.covers {
		ms, err := c.Methods(ctx)
		failed = errors.Join(failed, err)
		for _, m := range ms {
			if !slices.Contains(all, m) {
				all = append(all, m)
			}
		}
	}
	if len(all) > 0 {
		return all, nil
	}
	return nil, failed
}

func (j *joined) State(ctx context.Context, m Method) (State, error) {
	for _, c := range j.covers {
		s, err := c.State(ctx, m)
		if !errors.Is(err, ErrUnsupported) {
			return s, err
		}
	}
	return State{}, &Error{Device: j.Info().Address, Op: "read what " + string(m) + " would change", Err: ErrUnsupported}
}

// owner is the camera whose driver made the entry.
func (j *joined) owner(u Undo) (Camera, error) {
	for _, c := range j.covers {
		if c.Info().Driver == u.Before.Driver {
			return c, nil
		}
	}
	return nil, &Error{
		Device: j.Info().Address, Op: fmt.Sprintf("cover by %s of %q", u.Method, u.Before.Driver), Err: ErrUnsupported,
		Remedy: "the device no longer offers what it was covered by; look at it, and at its masks",
	}
}

func (j *joined) Apply(ctx context.Context, u Undo, c Cover) (Cover, error) {
	o, err := j.owner(u)
	if err != nil {
		return Cover{}, err
	}
	return o.Apply(ctx, u, c)
}

func (j *joined) Holds(ctx context.Context, u Undo, c Cover) (bool, error) {
	o, err := j.owner(u)
	if err != nil {
		return false, err
	}
	return o.Holds(ctx, u, c)
}

func (j *joined) Restore(ctx context.Context, u Undo) error {
	o, err := j.owner(u)
	if err != nil {
		return err
	}
	return o.Restore(ctx, u)
}

func (j *joined) Close() error {
	errs := []error{j.Camera.Close()}
	for _, c := range j.covers {
		if c != j.Camera {
			errs = append(errs, c.Close())
		}
	}
	return errors.Join(errs...)
}
