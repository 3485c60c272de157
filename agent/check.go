package agent

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/lensdop/lensdop/agent/cover"
	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
)

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
	s := a.search(ctx, nil)
	if err := s.err(); err != nil {
		a.log.WarnContext(ctx, "search for devices", "err", err)
	}
	if err := a.takeSearch(ctx, s); err != nil {
		return Status{}, err
	}
	a.identify(ctx)
	a.reachAll(ctx)

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
		if _, err := k.ask(ctx, b, c, func(ctx context.Context, cam devices.Camera) (cover.Driven, error) {
			return cover.Driven{}, k.a.asks(ctx, c, cam)
		}); err != nil {
			return err
		}
		k.look(ctx, o, b, c, want)
		return nil
	}())
}
