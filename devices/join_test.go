package devices_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/lensdop/lensdop/devices"
)

// part is one of several cameras that stand for the same lens.
type part struct {
	driver  string
	methods []devices.Method
	sees    devices.Observation
	err     error // of every question
	close   error

	asked  []string
	closed int
}

func (p *part) note(what string) error {
	p.asked = append(p.asked, what)
	return p.err
}

func (p *part) Info() devices.Info {
	return devices.Info{Driver: p.driver, Address: "192.0.2.5:80"}
}

func (p *part) Observe(context.Context) (devices.Observation, error) {
	return p.sees, p.note("observe")
}

func (p *part) Methods(context.Context) ([]devices.Method, error) {
	if err := p.note("methods"); err != nil {
		return nil, err
	}
	return p.methods, nil
}

func (p *part) State(_ context.Context, m devices.Method) (devices.State, error) {
	if err := p.note("state"); err != nil {
		return devices.State{}, err
	}
	if !slices.Contains(p.methods, m) {
		return devices.State{}, &devices.Error{Device: "192.0.2.5:80", Op: "state", Err: devices.ErrUnsupported}
	}
	return devices.State{Method: m, Driver: p.driver}, nil
}

func (p *part) Apply(_ context.Context, _ devices.Undo, c devices.Cover) (devices.Cover, error) {
	return c, p.note("apply")
}

func (p *part) Holds(context.Context, devices.Undo, devices.Cover) (bool, error) {
	return true, p.note("holds")
}

func (p *part) Restore(context.Context, devices.Undo) error      { return p.note("restore") }
func (p *part) Watch(context.Context, func(devices.Event)) error { return p.note("watch") }
func (p *part) Close() error                                     { p.closed++; return p.close }

const (
	mask  = devices.MethodDeviceMask
	park  = devices.MethodPark
	quiet = devices.MethodSoundOff
)

func TestJoinOfOneIsItself(t *testing.T) {
	p := &part{driver: "onvif"}
	if got := devices.Join(p, p); got != devices.Camera(p) {
		t.Errorf("got %T", got)
	}
	if got := devices.Join(p, &part{driver: "axis"}); got == devices.Camera(p) {
		t.Error("the other one is gone")
	}
}

func TestJoinOrderAndOwner(t *testing.T) {
	ctx := t.Context()
	onvif := &part{driver: "onvif", methods: []devices.Method{mask, park}}
	axis := &part{driver: "axis", methods: []devices.Method{mask, quiet}}
	cam := devices.Join(onvif, axis, onvif)

	if ms, err := cam.Methods(ctx); err != nil || !slices.Equal(ms, []devices.Method{mask, quiet, park}) {
		t.Errorf("methods %v, %v", ms, err)
	}
	if i := cam.Info(); i.Driver != "onvif" {
		t.Errorf("info %+v", i)
	}
	for m, owner := range map[devices.Method]*part{mask: axis, quiet: axis, park: onvif} {
		onvif.asked, axis.asked = nil, nil
		s, err := cam.State(ctx, m)
		if err != nil || s.Driver != owner.driver {
			t.Errorf("%s: state of %q, %v", m, s.Driver, err)
		}
		u := devices.Undo{Method: m, Before: s}
		onvif.asked, axis.asked = nil, nil
		if _, err := cam.Apply(ctx, u, devices.Cover{Whole: true}); err != nil {
			t.Error(err)
		}
		if ok, err := cam.Holds(ctx, u, devices.Cover{}); err != nil || !ok {
			t.Errorf("holds %t, %v", ok, err)
		}
		if err := cam.Restore(ctx, u); err != nil {
			t.Error(err)
		}
		other := axis
		if owner == axis {
			other = onvif
		}
		if !slices.Equal(owner.asked, []string{"apply", "holds", "restore"}) || len(other.asked) > 0 {
			t.Errorf("%s: its owner was asked %v, the other %v", m, owner.asked, other.asked)
		}
	}
	if _, err := cam.State(ctx, devices.MethodContact); !errors.Is(err, devices.ErrUnsupported) {
		t.Errorf("what nobody can: %v", err)
	}
}

// A fault of the best one is no reason to cover by another: the journal would
// then say that the other one covers, and the first one's masks would be strangers.
func TestJoinStateFault(t *testing.T) {
	onvif := &part{driver: "onvif", methods: []devices.Method{mask}}
	axis := &part{driver: "axis", methods: []devices.Method{mask}, err: devices.ErrBusy}
	if s, err := devices.Join(onvif, axis, onvif).State(t.Context(), mask); !errors.Is(err, devices.ErrBusy) || s.Driver != "" {
		t.Errorf("state %+v, %v", s, err)
	}
	if len(onvif.asked) > 0 {
		t.Errorf("the second was asked %v", onvif.asked)
	}
}

// What was covered by a driver that is no longer there is nobody else's to touch.
func TestJoinOwnerGone(t *testing.T) {
	ctx := t.Context()
	onvif, axis := &part{driver: "onvif", methods: []devices.Method{mask}}, &part{driver: "axis", methods: []devices.Method{mask}}
	cam := devices.Join(onvif, axis, onvif)
	u := devices.Undo{Method: mask, Before: devices.State{Method: mask, Driver: "dahua"}}
	_, applied := cam.Apply(ctx, u, devices.Cover{Whole: true})
	holds, held := cam.Holds(ctx, u, devices.Cover{Whole: true})
	for name, err := range map[string]error{"apply": applied, "holds": held, "restore": cam.Restore(ctx, u)} {
		e, ok := errors.AsType[*devices.Error](err)
		if !ok || !errors.Is(err, devices.ErrUnsupported) || e.Device != "192.0.2.5:80" || e.Remedy == "" || !strings.Contains(err.Error(), "dahua") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if holds {
		t.Error("it holds")
	}
	if len(onvif.asked)+len(axis.asked) > 0 {
		t.Errorf("asked %v and %v", onvif.asked, axis.asked)
	}
}

func TestJoinObserve(t *testing.T) {
	ctx := t.Context()
	masks := func(token string) devices.Value[[]devices.Mask] {
		return devices.Of([]devices.Mask{{Token: token}})
	}
	token := func(t *testing.T, o devices.Observation) string {
		t.Helper()
		got, ok := o.Masks.Get()
		if !ok || len(got) != 1 {
			return "none"
		}
		return got[0].Token
	}
	for _, c := range []struct {
		name          string
		asks          devices.Value[[]devices.Mask]
		first, second devices.Observation
		failed        error // of the first
		want          string
	}{
		{"it tells itself", masks("own"), devices.Observation{Masks: masks("first")}, devices.Observation{}, nil, "own"},
		{"the first fills in", devices.NotSupported[[]devices.Mask](), devices.Observation{Masks: masks("first")}, devices.Observation{Masks: masks("second")}, nil, "first"},
		{"the second fills in", devices.NotSupported[[]devices.Mask](), devices.Observation{}, devices.Observation{Masks: masks("second")}, nil, "second"},
		{"the first fails", devices.Value[[]devices.Mask]{}, devices.Observation{Masks: masks("first")}, devices.Observation{Masks: masks("second")}, devices.ErrBusy, "second"},
		{"nobody tells", devices.NotSupported[[]devices.Mask](), devices.Observation{}, devices.Observation{}, nil, "none"},
	} {
		t.Run(c.name, func(t *testing.T) {
			limit := devices.Of(4)
			asks := &part{driver: "onvif", sees: devices.Observation{Masks: c.asks, OSD: devices.Of([]string{"hall"})}}
			one := &part{driver: "axis", sees: c.first, err: c.failed}
			two := &part{driver: "dahua", sees: c.second}
			two.sees.MaskLimit, two.sees.OSD = limit, devices.Of([]string{"elsewhere"})
			o, err := devices.Join(asks, one, two).Observe(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if got := token(t, o); got != c.want {
				t.Errorf("masks of %s, want %s", got, c.want)
			}
			if c.want == "none" && !o.Masks.IsNotSupported() {
				t.Errorf("masks %v: what it said itself stays", o.Masks)
			}
			if n, ok := o.MaskLimit.Get(); !ok || n != 4 {
				t.Errorf("limit %v", o.MaskLimit)
			}
			if texts, _ := o.OSD.Get(); !slices.Equal(texts, []string{"hall"}) {
				t.Errorf("texts %v: only masks and paths are filled in", texts)
			}
		})
	}
	asks := &part{driver: "onvif", err: devices.ErrUnreachable}
	if _, err := devices.Join(asks, &part{driver: "axis"}).Observe(ctx); !errors.Is(err, devices.ErrUnreachable) {
		t.Errorf("the one to ask is gone: %v", err)
	}
	all := devices.Observation{Masks: masks("own"), MaskLimit: devices.Of(1), Paths: devices.Of([]devices.Path{})}
	other := &part{driver: "axis"}
	if _, err := devices.Join(&part{driver: "onvif", sees: all}, other).Observe(ctx); err != nil || len(other.asked) > 0 {
		t.Errorf("nothing is lacking, and the other was asked %v, %v", other.asked, err)
	}
	over, stop := context.WithCancel(ctx)
	stop()
	if _, err := devices.Join(&part{driver: "onvif"}, &part{driver: "axis", err: context.Canceled}).Observe(over); !errors.Is(err, context.Canceled) {
		t.Errorf("nobody waits any more: %v", err)
	}
}

func TestJoinMethodsWhenOneFails(t *testing.T) {
	ctx := t.Context()
	broken := func() *part { return &part{driver: "axis", methods: []devices.Method{mask}, err: devices.ErrBusy} }
	good := &part{driver: "onvif", methods: []devices.Method{park}}
	if ms, err := devices.Join(good, broken(), good).Methods(ctx); err != nil || !slices.Equal(ms, []devices.Method{park}) {
		t.Errorf("one fails: %v, %v", ms, err)
	}
	if ms, err := devices.Join(broken(), broken(), broken()).Methods(ctx); !errors.Is(err, devices.ErrBusy) || len(ms) > 0 {
		t.Errorf("all fail: %v, %v", ms, err)
	}
	none := &part{driver: "dahua"}
	if ms, err := devices.Join(none, broken(), none).Methods(ctx); !errors.Is(err, devices.ErrBusy) || len(ms) > 0 {
		t.Errorf("one fails and the other has none: %v, %v", ms, err)
	}
	if ms, err := devices.Join(none, &part{driver: "axis"}).Methods(ctx); err != nil || len(ms) > 0 {
		t.Errorf("there are none: %v, %v", ms, err)
	}
}

func TestJoinWatchAndClose(t *testing.T) {
	gone, lost := errors.New("gone"), errors.New("lost")
	onvif := &part{driver: "onvif", err: devices.ErrUnsupported, close: gone}
	axis := &part{driver: "axis", close: lost}
	cam := devices.Join(onvif, axis, onvif)
	if err := cam.Watch(t.Context(), func(devices.Event) {}); !errors.Is(err, devices.ErrUnsupported) || len(axis.asked) > 0 {
		t.Errorf("watch: %v; the other was asked %v", err, axis.asked)
	}
	if err := cam.Close(); !errors.Is(err, gone) || !errors.Is(err, lost) {
		t.Errorf("close: %v", err)
	}
	if onvif.closed != 1 || axis.closed != 1 {
		t.Errorf("closed %d and %d times", onvif.closed, axis.closed)
	}
}
