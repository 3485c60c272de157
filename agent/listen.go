package agent

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/lensdop/lensdop/devices"
)

// Bounds of what announcements make the gateway do: anybody on the network can
// send them.
const (
	askEvery  = time.Second      // one question at a time, and no more often
	askAgain  = 10 * time.Second // the same address, at the soonest
	maxQueued = 64
	askAnswer = time.Second      // how long an answer is awaited
	hearAgain = 30 * time.Second // after listening failed
)

// listenLoop hears what devices announce unasked, by every driver, until ctx
// ends. Listening that fails is tried again: an interface may come back.
func (a *Agent) listenLoop(ctx context.Context) error {
	heard := make(chan devices.Announcement, maxQueued)
	var wg sync.WaitGroup
	defer wg.Wait()
	for _, d := range a.parts.Drivers {
		if d.Listen == nil {
			continue
		}
		wg.Go(func() { a.listenTo(ctx, d, heard) })
	}
	return a.answerLoop(ctx, heard)
}

func (a *Agent) listenTo(ctx context.Context, d devices.Driver, heard chan<- devices.Announcement) {
	dropped := 0
	for {
		err := d.Listen(ctx, a.bounds(), func(n devices.Announcement) {
			select {
			case heard <- n:
			default:
				if dropped++; dropped == 1 {
					a.log.WarnContext(ctx, "more announcements than can be followed; the next search finds what is missed", "driver", d.Name)
				}
			}
		})
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, devices.ErrUnsupported):
			a.log.InfoContext(ctx, "announcements are not heard", "driver", d.Name, "err", err)
			return
		case err != nil:
			a.log.WarnContext(ctx, "announcements are not heard", "driver", d.Name, "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(hearAgain):
		}
	}
}

// answerLoop follows announcements, no more than one in askEvery, and none
// about an address that was asked a moment ago.
func (a *Agent) answerLoop(ctx context.Context, heard <-chan devices.Announcement) error {
	asked := map[string]time.Time{}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case n := <-heard:
			host, now := hostOf(n.Address), time.Now()
			if now.Sub(asked[host]) < askAgain && !asked[host].IsZero() || a.dialable(n.Found) != nil {
				continue
			}
			for h, at := range asked {
				if now.Sub(at) >= askAgain {
					delete(asked, h)
				}
			}
			asked[host] = now
			if err := a.follow(ctx, n); err != nil && ctx.Err() == nil {
				a.log.WarnContext(ctx, "an announcement is not followed", "device", n.Address, "err", err)
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(askEvery):
		}
	}
}

// follow goes and asks. A Hello is taken in; but it draws a device that is
// known to no other address while that device answers where it was. A Bye
// forgets nothing.
func (a *Agent) follow(ctx context.Context, n devices.Announcement) error {
	hosts := []string{hostOf(n.Address)}
	elsewhere := false
	a.mu.Lock()
	if b := a.boxes[deviceKey(n.Found)]; b != nil {
		if was := hostOf(b.found.Address); was != hosts[0] {
			hosts, elsewhere = append(hosts, was), true
		}
	}
	a.mu.Unlock()
	o := a.bounds()
	o.Interfaces, o.Sweep, o.Unicast = nil, false, hosts
	if o.Timeout <= 0 || o.Timeout > askAnswer {
		o.Timeout = askAnswer
	}
	var s searched
	s.ask(ctx, a.parts.Drivers, o, nil)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	answers := slices.ContainsFunc(s.found, func(f devices.Found) bool {
		return f.Endpoint != "" && normalEndpoint(f.Endpoint) == normalEndpoint(n.Endpoint)
	})
	if !n.Bye && !answers && !elsewhere {
		f := n.Found
		f.How = devices.HowHello
		s.found = append(s.found, f)
	}
	if _, err := a.takeIn(ctx, s.found); err != nil {
		return err
	}
	a.wakeAt(ctx, hosts)
	a.touch()
	return s.err()
}

// wakeAt asks what is at some addresses how far the gateway gets with it, and
// lets the keepers of cameras there look at once.
func (a *Agent) wakeAt(ctx context.Context, hosts []string) {
	var list []*box
	a.mu.Lock()
	entries := a.entries()
	for _, b := range a.boxes {
		if !slices.Contains(hosts, hostOf(b.found.Address)) {
			continue
		}
		list = append(list, b)
		for _, id := range entries[b].cameras {
			if k := a.keepers[id]; k != nil {
				k.wake()
			}
		}
	}
	a.mu.Unlock()
	a.reachSome(ctx, func(ctx context.Context) { a.reachEach(ctx, list) })
}
