package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lensdop/lensdop/devices"
	firmwarenotes "github.com/lensdop/lensdop/firmware-notes"
	"github.com/lensdop/lensdop/policy"
)

// ConsentConfig lets the agent write to one model in a way that nobody has
// seen work, since what is known of it was read in a manual or a source; or in
// one that cannot be undone.
type ConsentConfig struct {
	Vendor string         `yaml:"vendor" json:"vendor"`
	Model  string         `yaml:"model" json:"model"`
	Method devices.Method `yaml:"method" json:"method"`
}

// Ask is a consent that the site has not given yet.
type Ask struct {
	ConsentConfig

	Driver string `json:"driver"`
	// Rests is what the write rests on, as the firmware note says it, or why it
	// cannot be undone; empty if no note speaks of the model.
	Rests string `json:"rests,omitempty"`
	// Cameras of the register that wait for it.
	Cameras []string `json:"cameras"`
}

func (c ConsentConfig) check() error {
	if strings.TrimSpace(c.Vendor) == "" || strings.TrimSpace(c.Model) == "" || c.Method == "" {
		return errors.New("vendor, model and method are all needed, as lensdop-agent check prints them")
	}
	return nil
}

// allowed tells whether the site lets a model be written to by a method.
func (c Config) allowed(i devices.Info, m devices.Method) bool {
	same := func(a, b string) bool { return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b)) }
	return slices.ContainsFunc(c.Consent, func(x ConsentConfig) bool {
		return same(x.Vendor, i.Vendor) && same(x.Model, i.Model) && x.Method == m
	})
}

// basis tells what a write to a device rests on, and whether the site allows it.
func (a *Agent) basis(i devices.Info) func(string, devices.Method) (devices.Basis, bool) {
	return func(driver string, m devices.Method) (devices.Basis, bool) {
		b := firmwarenotes.Basis(a.notes, i, driver, m)
		return b, b != devices.BasisRead && !destroys(m) || a.cfg.allowed(i, m)
	}
}

// destroys tells that what a method makes a device do cannot be undone,
// whatever it rests on. A recording that is deleted may be one that the police
// asked to keep, which neither the device nor the protocol's term knows.
func destroys(m devices.Method) bool { return m == devices.MethodRetention }

// preferred orders the cameras that can cover a lens: those that the firmware
// notes name for masks come first.
func (a *Agent) preferred(i devices.Info, covers []devices.Camera) []devices.Camera {
	names := make([]string, len(covers))
	for n, c := range covers {
		names[n] = c.Info().Driver
	}
	order := firmwarenotes.Prefer(a.notes, i, devices.MethodDeviceMask, names)
	out := slices.Clone(covers)
	slices.SortStableFunc(out, func(x, y devices.Camera) int {
		return slices.Index(order, x.Info().Driver) - slices.Index(order, y.Info().Driver)
	})
	return out
}

// asks works out which consents a camera waits for. It reads and writes
// nothing.
func (a *Agent) asks(ctx context.Context, c policy.Camera, cam devices.Camera) error {
	offered, err := cam.Methods(ctx)
	if err != nil {
		return err
	}
	info := cam.Info()
	for _, m := range c.Methods {
		if !slices.Contains(offered, m) {
			continue
		}
		st, err := cam.State(ctx, m)
		if err != nil {
			continue // whoever covers says why it cannot be used
		}
		if _, ok := a.basis(info)(st.Driver, m); !ok {
			a.ask(Ask{ConsentConfig: ConsentConfig{info.Vendor, info.Model, m}, Driver: st.Driver, Rests: a.rests(info, st.Driver, m)}, c.ID)
		}
	}
	return nil
}

// rests quotes the fact that a write rests on.
func (a *Agent) rests(i devices.Info, driver string, m devices.Method) string {
	if destroys(m) {
		return "the device deletes each recording that is older than the protocol allows, at once and for good; save first what must be kept"
	}
	for _, n := range firmwarenotes.For(a.notes, i) {
		for _, c := range n.Covers {
			if c.Driver == driver && c.Method == m {
				return fmt.Sprintf("%s (%s: %s)", c.Text, n.Folder, n.Sources[c.Source])
			}
		}
	}
	return ""
}

// ask notes a question once per model and method.
func (a *Agent) ask(q Ask, camera string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range a.waiting {
		if a.waiting[i].ConsentConfig == q.ConsentConfig && a.waiting[i].Driver == q.Driver {
			if !slices.Contains(a.waiting[i].Cameras, camera) {
				a.waiting[i].Cameras = append(a.waiting[i].Cameras, camera)
			}
			return
		}
	}
	q.Cameras = []string{camera}
	a.waiting = append(a.waiting, q)
}

// kept adds to a cover what the protocol orders of recordings on the device:
// they must not become older than its processing allows.
func (a *Agent) kept(o *orders, c policy.Camera, want devices.Cover) devices.Cover {
	if !slices.Contains(c.Methods, devices.MethodRetention) {
		return want
	}
	for _, q := range o.policy.Protocol.Processing {
		if q.ID != c.Processing {
			continue
		}
		d := q.Retention.DeviceSet
		if d.IsZero() {
			d = q.Retention.Max
		}
		want.MaxAge = shortest(d)
	}
	return want
}

// shortest is the least time that a calendar duration can be: a device counts
// in hours, and must not keep a recording past the day that the law means.
func shortest(d policy.Duration) time.Duration {
	const day = 24 * time.Hour
	t := time.Duration(d.Years)*365*day + time.Duration(d.Months)*28*day + time.Duration(d.Days)*day
	if t > 0 {
		t -= time.Hour // the clock may go forward on one of these days
	}
	return t + d.Time
}

// means are what the site has given the lenses of a box to be covered with.
func (a *Agent) means(f devices.Found) []devices.Means {
	o := a.inForce()
	if o.policy.Protocol == nil {
		return nil
	}
	var out []devices.Means
	for _, c := range o.policy.Protocol.CamerasOf(a.cfg.Site) {
		if c.Park == "" && c.Shutter.Contact == "" {
			continue
		}
		if b := a.boxOf(c); b == nil || deviceKey(b.found) != deviceKey(f) {
			continue
		}
		out = append(out, devices.Means{Source: c.Source.Token, Index: max(c.Source.Index, 1), Park: c.Park, Contact: c.Shutter.Contact, Inverted: c.Shutter.Inverted})
	}
	return out
}
