package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lensdop/lensdop/devices"
)

// lockAfter is what common firmware locks an account after: so many refusals
// in so long. One login may be refused twice, as a token and as HTTP digest.
const (
	lockAfter = 5
	lockIn    = 30 * time.Minute
)

// most is the largest number of instants within lockIn of one another.
func most(at []time.Time) int {
	n := 0
	for i := range at {
		for j := i; j < len(at) && at[j].Sub(at[i]) < lockIn; j++ {
			n = max(n, j-i+1)
		}
	}
	return n
}

// Through four hours of passes no wrong login locks the account that people
// use, whatever the device does and whoever draws it about.
func TestNoWrongLoginLocksAnAccount(t *testing.T) {
	refusal := &devices.Error{Device: "127.0.0.2:80", Op: "log in", Err: devices.ErrLogin}
	const here = "127.0.0.2:80"
	for _, x := range []struct {
		name string
		// lets tells that the device lets anybody in and refuses what is asked.
		lets bool
		pass func(g *gateway, b *box, n int)
	}{
		{"it refuses", false, func(*gateway, *box, int) {}},
		{"it lets anybody in and refuses then", true, func(*gateway, *box, int) {}},
		{"it is drawn away and back", false, func(g *gateway, b *box, n int) {
			g.mu.Lock()
			defer g.mu.Unlock()
			b.moved = true
			if b.found.Address = here; n%2 == 1 {
				b.found.Address = "127.0.0.66:80"
			}
		}},
	} {
		t.Run(x.name, func(t *testing.T) {
			var at []time.Time
			c := config(t.TempDir(), 1)
			c.Every.Retry = Duration(5 * time.Second)
			g := newGateway(t, c, Parts{ReadOnly: true, Drivers: []devices.Driver{{Name: "fake", Open: func(_ context.Context, to devices.Target) ([]devices.Camera, error) {
				if x.lets {
					return []devices.Camera{&fakeCam{newBox(), 0}}, nil
				}
				if to.Found.Address == here {
					at = append(at, time.Now())
				}
				return nil, refusal
			}}}})
			defer g.close(t)
			b := &box{found: devices.Found{Endpoint: boxID, Address: here}}
			synctest.Test(t, func(t *testing.T) {
				for n := range int(4 * time.Hour / (5 * time.Second)) {
					x.pass(g, b, n)
					b.asks.Lock()
					g.current(b)
					if b.cams == nil && g.login(t.Context(), b) == nil {
						at = append(at, time.Now()) // as the keeper does, which asks and is refused
						b.logout()
						g.setReach(b, devices.ReachNoLogin)
					}
					b.asks.Unlock()
					time.Sleep(5 * time.Second)
				}
			})
			if n := most(at); 2*n >= lockAfter || len(at) < 3 {
				t.Errorf("%d logins in four hours, %d of them within half an hour", len(at), n)
			}
		})
	}
}

// A maker's own interface may have accounts of its own, so that the login is
// refused for ever: it is not tried with every login to the device.
func TestRefusedBesideIsNotRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Time
		a := &Agent{log: slog.New(slog.DiscardHandler)}
		a.parts.Drivers = []devices.Driver{
			{Name: "onvif", Open: func(context.Context, devices.Target) ([]devices.Camera, error) {
				return []devices.Camera{&fakeCam{newBox(), 0}}, nil
			}},
			{Name: "maker", Beside: func(context.Context, devices.Target, []devices.Info) ([]devices.Camera, error) {
				at = append(at, time.Now())
				return nil, fmt.Errorf("%w", devices.ErrLogin)
			}},
		}
		for range int(4 * time.Hour / (5 * time.Second)) {
			if _, err := a.openBy(t.Context(), devices.Target{Found: devices.Found{Address: "127.0.0.2:80"}}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(5 * time.Second)
		}
		if n := most(at); 2*n >= lockAfter || len(at) < 3 {
			t.Errorf("%d logins in four hours, %d of them within half an hour", len(at), n)
		}
	})
}

// A camera that was just starting refuses once, and is tried again soon; after
// a day of peace the next refusal is again the first.
func TestOneRefusalIsForgotten(t *testing.T) {
	p, now := &pauses{}, time.Now()
	const at, retry = "127.0.0.2:80", 5 * time.Second
	for range 3 {
		p.refused(at, nil, retry, now)
		p.refused(at, nil, retry, now.Add(time.Second)) // the same one
		if err := p.refusal(at, now.Add(pauseTimes*retry-1)); !errors.Is(err, devices.ErrLogin) {
			t.Errorf("at once: %v", err)
		}
		if err := p.refusal(at, now.Add(pauseTimes*retry)); err != nil {
			t.Errorf("after the first pause: %v", err)
		}
		now = now.Add(24 * time.Hour)
	}
	for i := range 3 * maxPauses {
		p.refused(fmt.Sprint(i), nil, retry, now)
	}
	if len(p.at) > maxPauses {
		t.Errorf("%d addresses are remembered", len(p.at))
	}
	var x allowance
	n := 0
	for i := range 1000 {
		if x.take(now.Add(time.Duration(i)*time.Second), tellBurst) {
			n++
		}
	}
	if n < tellBurst || n > tellBurst+17 {
		t.Errorf("told %d times in 1000 s", n)
	}
}
