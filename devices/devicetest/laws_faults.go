package devicetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/lensdop/lensdop/devices"
)

const (
	// maxSteps is how many writes one call may need at most.
	maxSteps = 32
	// promptly is how long a call may take to notice that nobody waits any
	// more; a machine that is busy with other tests is slow.
	promptly = 5 * time.Second
	// patience is how long a call waits for a device that is silent.
	patience = 200 * time.Millisecond
)

// crashing: the agent dies between a write and its answer, at every write, and
// finds its own work again, or the device dies before the write.
func crashing(b *bench) {
	plain := b.again()
	cam := plain.open()
	plain.cover(cam, plain.journal(cam), plain.first())
	want := plain.d.Keeps(plain, 0)

	// After the crash the cover is wanted still, or no more.
	for _, way := range []struct{ reaches, back bool }{{true, false}, {true, true}, {false, false}, {false, true}} {
		for n := 1; n <= maxSteps; n++ {
			b := b.again()
			c, before := b.first(), b.d.Keeps(b, 0)
			cam := b.open()
			u := b.restart(with(b.journal(cam), c))
			b.d.Wire.cut(n, way.reaches)
			_, err := cam.Apply(b.Context(), u, c)
			b.proper("apply", err)
			if b.d.Wire.uncut() {
				if n == 1 {
					b.Error("covering wrote nothing: nothing was shown")
				}
				break
			}
			if err == nil && !b.d.Shows(b, 0, c) {
				b.Errorf("write %d was lost (on the device: %t), and nobody noticed", n, way.reaches)
			}
			left := b.d.Keeps(b, 0)
			u = b.restart(u)
			if way.back {
				b.restored(b.open(), u, before)
				continue
			}
			b.cover(b.open(), u, c)
			if got := b.d.Keeps(b, 0); got != want {
				b.Errorf("after losing write %d (on the device: %t) there was %s, and covering again makes %s instead of %s", n, way.reaches, left, got, want)
			}
			b.restored(b.open(), u, before)
		}
	}
}

func crashingBack(b *bench) {
	for _, reaches := range []bool{true, false} {
		for n := 1; n <= maxSteps; n++ {
			b := b.again()
			before := b.d.Keeps(b, 0)
			cam := b.open()
			u := b.cover(cam, b.journal(cam), b.first())
			b.d.Wire.cut(n, reaches)
			err := cam.Restore(b.Context(), u)
			b.proper("restore", err)
			if b.d.Wire.uncut() {
				if n == 1 {
					b.Error("restoring wrote nothing: nothing was shown")
				}
				break
			}
			if err == nil && b.d.Keeps(b, 0) != before {
				b.Errorf("write %d was lost (on the device: %t), and nobody noticed", n, reaches)
			}
			b.restored(b.open(), b.restart(u), before)
		}
	}
}

// call is one thing to ask of a camera.
type call struct {
	name string
	do   func(ctx context.Context, cam devices.Camera) error
	// mayRefuse calls may be unsupported altogether.
	mayRefuse bool
	// mayAnswer calls may succeed on a device that tells nothing.
	mayAnswer func() error
}

func (b *bench) calls(u devices.Undo, c devices.Cover) []call {
	var seen devices.Observation
	return []call{
		{
			name: "observe", do: func(ctx context.Context, cam devices.Camera) (err error) { seen, err = cam.Observe(ctx); return err },
			mayAnswer: func() error {
				if v, ok := seen.Masks.Get(); ok {
					return fmt.Errorf("it read masks: %v", v)
				}
				if v, ok := seen.Users.Get(); ok {
					return fmt.Errorf("it read users: %v", v)
				}
				if v, ok := seen.Paths.Get(); ok {
					return fmt.Errorf("it read paths: %v", v)
				}
				return nil
			},
		},
		{name: "methods", do: func(ctx context.Context, cam devices.Camera) error { _, err := cam.Methods(ctx); return err }},
		{name: "state", do: func(ctx context.Context, cam devices.Camera) error { _, err := cam.State(ctx, u.Method); return err }},
		{name: "apply", do: func(ctx context.Context, cam devices.Camera) error {
			got, err := cam.Apply(ctx, u, c)
			if err != nil && got.Includes(c) {
				b.Errorf("apply reports %s with the error %v", words(got), err)
			}
			return err
		}},
		{name: "holds", do: func(ctx context.Context, cam devices.Camera) error {
			ok, err := cam.Holds(ctx, u, c)
			if err != nil && ok {
				b.Errorf("it holds, with the error %v", err)
			}
			return err
		}},
		{name: "restore", do: func(ctx context.Context, cam devices.Camera) error { return cam.Restore(ctx, u) }},
		{name: "watch", do: func(ctx context.Context, cam devices.Camera) error {
			return cam.Watch(ctx, func(devices.Event) {})
		}, mayRefuse: true},
	}
}

// cancelling: whoever stops waiting gets an answer at once, that says so.
func cancelling(b *bench) {
	cam, c := b.open(), b.first()
	u := b.cover(cam, b.journal(cam), c)
	kept := b.d.Keeps(b, 0)
	// So that Apply and Restore have something to write.
	larger := b.k.Covers[len(b.k.Covers)-1]
	u = b.restart(with(u, larger))
	for _, one := range b.calls(u, larger) {
		done, stop := context.WithCancel(b.Context())
		stop()
		err := within(b, one.name+" for nobody", func() error { return one.do(done, cam) })
		b.cancelled(one, err, context.Canceled, "cancelled before")

		b.d.Wire.Break(Silent)
		ctx, cancel := context.WithCancel(b.Context())
		result := make(chan error, 1)
		go func() { result <- one.do(ctx, cam) }()
		select {
		case <-b.d.Wire.arrived:
			cancel()
			err = within(b, one.name, func() error { return <-result })
			b.cancelled(one, err, context.Canceled, "cancelled while the device is silent")
		case err := <-result:
			b.proper(one.name, err)
			if !one.mayRefuse || !errors.Is(err, devices.ErrUnsupported) {
				b.Errorf("%s asked nothing and said %v", one.name, err)
			}
		case <-time.After(promptly):
			b.Errorf("%s asks nothing and does not return", one.name)
		}
		cancel()

		b.d.Wire.Break(Silent)
		ctx, cancel = context.WithTimeout(b.Context(), patience)
		err = within(b, one.name+" with a deadline", func() error { return one.do(ctx, cam) })
		b.cancelled(one, err, context.DeadlineExceeded, "out of time")
		cancel()
		b.d.Wire.Break(Sound)
	}
	if after := b.d.Keeps(b, 0); after != kept {
		b.Errorf("calls that came to nothing made %s of %s", after, kept)
	}
	b.d.Wire.Break(Silent)
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	err := within(b, "open", func() error { _, err := b.d.Open(ctx); return err })
	b.cancelled(call{name: "open"}, err, context.DeadlineExceeded, "out of time")
}

func (b *bench) cancelled(one call, err, want error, when string) {
	b.Helper()
	b.proper(one.name, err)
	if one.mayRefuse && errors.Is(err, devices.ErrUnsupported) {
		return
	}
	if !errors.Is(err, want) {
		b.Errorf("%s, %s: %v", one.name, when, err)
	}
}

// within fails if f takes longer than a person would wait.
func within(b *bench, what string, f func() error) error {
	b.Helper()
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return err
	case <-time.After(promptly):
		b.Fatalf("%s does not return", what)
		return nil
	}
}

// failing: a fault is never an empty answer, is told of the right device, and
// tells no secret.
func failing(b *bench) {
	cam, c := b.open(), b.first()
	u := b.cover(cam, b.journal(cam), c)
	kept := b.d.Keeps(b, 0)
	larger := b.k.Covers[len(b.k.Covers)-1]
	u = b.restart(with(u, larger))
	for _, f := range faults() {
		// A login that was refused is not tried again by the same camera.
		cam := b.open()
		b.d.Wire.Break(f)
		for _, one := range b.calls(u, larger) {
			ctx, cancel := b.Context(), func() {}
			if f == Silent || one.mayRefuse {
				ctx, cancel = context.WithTimeout(ctx, patience)
			}
			err := within(b, fmt.Sprintf("%s on a wire with the fault %q", one.name, f), func() error { return one.do(ctx, cam) })
			cancel()
			b.proper(one.name, err)
			switch {
			case err == nil && one.mayAnswer != nil:
				if err := one.mayAnswer(); err != nil {
					b.Errorf("%s on a wire with the fault %q: %v", one.name, f, err)
				}
			case err == nil:
				b.Errorf("%s on a wire with the fault %q succeeds", one.name, f)
			case f == Refuse && !one.mayRefuse && !errors.Is(err, devices.ErrLogin):
				b.Errorf("%s on a device that refuses the login: %v", one.name, err)
			case f == Drop && !one.mayRefuse && !errors.Is(err, devices.ErrUnreachable):
				b.Errorf("%s on a device that hangs up: %v", one.name, err)
			}
		}
		ctx, cancel := context.WithTimeout(b.Context(), promptly)
		cams, err := b.d.Open(ctx)
		cancel()
		b.proper("open", err)
		if err == nil {
			b.Errorf("on a wire with the fault %q it opens %d cameras", f, len(cams))
		}
		b.d.Wire.Break(Sound)
		if after := b.d.Keeps(b, 0); after != kept {
			b.Errorf("on a wire with the fault %q it made %s of %s", f, after, kept)
		}
	}
	// All that was the wire's fault, and is over.
	b.cover(b.open(), u, larger)
	if s := b.d.Wire.spill(); s != "" {
		b.Error(s)
	}
}

func closing(b *bench) {
	for _, cam := range b.cameras() {
		for range 2 {
			if err := within(b, "close", cam.Close); err != nil {
				b.Errorf("close: %v", err)
			}
		}
	}
}

// proper checks that an error, if there is one, names the device and what was
// tried, and tells no secret.
func (b *bench) proper(what string, err error) {
	b.Helper()
	if err == nil {
		return
	}
	b.clean("the error of "+what, fmt.Sprintf("%v %+v %#v", err, err, err))
	e, ok := errors.AsType[*devices.Error](err)
	switch {
	case !ok:
		b.Errorf("%s: an error of type %T: %v", what, err, err)
	case e.Op == "" || e.Err == nil:
		b.Errorf("%s: the error does not say what failed and why: %v", what, err)
	case e.Device != b.d.Wire.Address() || !strings.Contains(err.Error(), e.Device):
		b.Errorf("%s: the error names %q and not %s: %v", what, e.Device, b.d.Wire.Address(), err)
	}
}

// clean checks that a text has no secret in it.
func (b *bench) clean(what, text string) {
	b.Helper()
	for _, s := range b.k.Secrets {
		if strings.Contains(text, s) {
			b.Errorf("a secret is in %s", what)
		}
	}
}
