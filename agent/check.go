package agent

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/lensdop/lensdop/agent/cover"
	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
)

// Discovered is one answer to a search, held against the register.
type Discovered struct {
	Found devices.Found `json:"found"`
	Name  string        `json:"name"` // what the device calls itself
	// Judged tells that there was a register to compare with.
	Judged bool `json:"judged"`
	// Cameras of the register that this device is; none means unregistered.
	Cameras []string `json:"cameras"`
}

// Discover searches the networks of a config once. It logs in nowhere and
// needs no state; a protocol file in the config is the register.
func Discover(ctx context.Context, cfg Config, drivers []devices.Driver, progress func(devices.Found)) ([]Discovered, error) {
	o := &orders{site: cfg.Site}
	if cfg.Protocol != "" {
		text, err := readBounded(cfg.Protocol, maxConfig)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return nil, fmt.Errorf("protocol: %w", err)
		default:
			if o.policy.Protocol, err = policy.Parse(cfg.Protocol, text); err != nil {
				return nil, err
			}
		}
	}
	a := &Agent{cfg: cfg, parts: Parts{Drivers: drivers}, log: slog.New(slog.DiscardHandler), orders: o, clock: newClock(time.Time{})}
	found, _, err := a.search(ctx, progress)
	known, judged := knownBy(ctx, cfg, o.policy.Protocol)
	list := []Discovered{}
	for _, f := range found {
		list = append(list, Discovered{Found: f, Name: nameOf(f), Judged: judged, Cameras: known(f)})
	}
	return list, err
}

// knownBy returns how to tell which cameras of the register a device is: by the
// protocol file, or else by what the running agent says; false if neither is
// to be had.
func knownBy(ctx context.Context, cfg Config, p *policy.Protocol) (func(devices.Found) []string, bool) {
	if p != nil {
		return func(f devices.Found) []string { return append([]string{}, registered(p, cfg.Site, f)...) }, true
	}
	none := func(devices.Found) []string { return []string{} }
	if cfg.Socket == "" {
		return none, false
	}
	s, err := AskStatus(ctx, cfg.Socket)
	if err != nil || s.Reported.Generation == 0 {
		return none, false // no running agent is no fault of the search
	}
	return func(f devices.Found) []string {
		ids := []string{}
		for _, c := range s.Reported.Cameras {
			if c.Address == f.Address {
				ids = append(ids, c.Camera)
			}
		}
		return ids
	}, true
}

// nameOf is what a device calls itself in its scopes: name and hardware
// (ONVIF Core §7.3.2.2).
func nameOf(f devices.Found) string {
	var parts []string
	for _, kind := range []string{"name", "hardware"} {
		for _, s := range f.Scopes {
			rest, ok := strings.CutPrefix(s, "onvif://www.onvif.org/"+kind+"/")
			if !ok {
				continue
			}
			if v, err := url.PathUnescape(rest); err == nil {
				rest = v
			}
			parts = append(parts, rest)
			break
		}
	}
	return strings.Join(parts, " ")
}

// Check holds every device against the protocol once, changing nothing on any
// device. It listens on the readers' lines for the given time meanwhile.
func (a *Agent) Check(ctx context.Context, listen time.Duration) (Status, error) {
	o := a.inForce()
	if o.policy.Protocol == nil {
		return Status{}, errors.New("there is no protocol to check against; set protocol: in the config or let the server send one")
	}
	if _, ok := o.policy.Protocol.Site(a.cfg.Site); !ok {
		return Status{}, fmt.Errorf("the protocol has no site %q; correct site: in the config", a.cfg.Site)
	}
	found, scans, err := a.search(ctx, nil)
	if err != nil {
		a.log.WarnContext(ctx, "search for devices", "err", err)
	}
	for _, f := range a.once(found) {
		if err := a.takeFound(ctx, f); err != nil {
			return Status{}, err
		}
	}
	a.mu.Lock()
	a.scans = scans
	a.mu.Unlock()

	var wg sync.WaitGroup
	hear, stop := context.WithTimeout(ctx, listen)
	defer stop()
	for _, l := range a.lines {
		wg.Go(func() {
			if err := a.read(hear, l); err != nil && hear.Err() == nil {
				a.mu.Lock()
				l.up, l.err = false, err
				a.mu.Unlock()
			}
		})
	}
	for _, c := range o.policy.Protocol.CamerasOf(a.cfg.Site) {
		k := &keeper{a: a, id: c.ID, kick: make(chan struct{}, 1)}
		a.mu.Lock()
		a.keepers[c.ID] = k
		a.mu.Unlock()
		k.checkOnce(ctx, o, c)
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return Status{}, err
	}
	if err := a.evaluate(ctx); err != nil {
		return Status{}, err
	}
	return a.Status(), nil
}

// checkOnce asks and looks at one camera, and writes nothing.
func (k *keeper) checkOnce(ctx context.Context, o *orders, c policy.Camera) {
	now, _ := k.a.clock.now()
	want := o.coverAt(k.id, now)
	k.settle(ctx, o, c, want, func() error {
		b := k.a.boxOf(c)
		if b == nil {
			return k.missing()
		}
		if _, err := k.ask(ctx, b, c, func(context.Context, devices.Camera) (cover.Driven, error) { return cover.Driven{}, nil }); err != nil {
			return err
		}
		k.look(ctx, o, b, c, want)
		return nil
	}())
}
