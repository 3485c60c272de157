package agent

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/lensdop/lensdop/devices"
)

// How many devices are asked at once how far the gateway gets with them, and
// how long each may take.
const (
	reachAtOnce = 8
	reachLimit  = 10 * time.Second
)

// reaches are those that a driver can find out without a login, in rising order.
func reaches() []devices.Reach {
	return []devices.Reach{"", devices.ReachUnreachable, devices.ReachReachable, devices.ReachNoLogin}
}

// reachAll asks every device that nobody keeps how far the gateway gets with
// it. A registered camera's keeper knows that better, since it logs in.
func (a *Agent) reachAll(ctx context.Context) {
	a.mu.Lock()
	var list []*box
	for _, b := range a.boxes {
		list = append(list, b)
	}
	a.mu.Unlock()
	a.reachEach(ctx, list)
}

func (a *Agent) reachEach(ctx context.Context, list []*box) {
	slots := make(chan struct{}, reachAtOnce)
	var wg sync.WaitGroup
	defer wg.Wait()
	for _, b := range list {
		select {
		case <-ctx.Done():
			return
		case slots <- struct{}{}:
		}
		wg.Go(func() {
			defer func() { <-slots }()
			if !b.asks.TryLock() {
				return // somebody talks with it just now
			}
			defer b.asks.Unlock()
			if b.cams != nil {
				return
			}
			a.mu.Lock()
			f := b.found
			a.mu.Unlock()
			r, ok := a.reachOf(ctx, f)
			if !ok {
				return
			}
			a.mu.Lock()
			defer a.mu.Unlock()
			b.reach = r
		})
	}
}

// reachOf is the farthest that any driver gets with a device without a login;
// false if none could ask. An address outside the networks is not asked.
func (a *Agent) reachOf(ctx context.Context, f devices.Found) (devices.Reach, bool) {
	if a.dialable(f) != nil {
		return "", false
	}
	best := 0
	for _, d := range a.parts.Drivers {
		if d.Reach == nil {
			continue
		}
		limited, cancel := context.WithTimeout(ctx, reachLimit)
		r, err := d.Reach(limited, f)
		cancel()
		if ctx.Err() != nil {
			return "", false
		}
		if err != nil {
			a.log.DebugContext(ctx, "reach of a device", "device", f.Address, "driver", d.Name, "reach", r, "err", err)
		}
		best = max(best, slices.Index(reaches(), r))
		if reaches()[best] == devices.ReachNoLogin {
			break
		}
	}
	return reaches()[best], best > 0
}
