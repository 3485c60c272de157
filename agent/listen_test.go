package agent

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
)

// world is a network of devices that answer when they are asked.
type world struct {
	at    map[string]string // endpoint by host
	asked [][]string
	hello chan devices.Announcement
}

func (w *world) driver() devices.Driver {
	return devices.Driver{
		Name: "fake",
		Discover: func(_ context.Context, s devices.Search, found func(devices.Found)) error {
			w.asked = append(w.asked, s.Unicast)
			for _, h := range s.Unicast {
				if e := w.at[h]; e != "" {
					found(devices.Found{Endpoint: e, Address: h + ":80", How: devices.HowUnicast})
				}
			}
			return nil
		},
		Listen: func(ctx context.Context, _ devices.Search, heard func(devices.Announcement)) error {
			for {
				select {
				case <-ctx.Done():
					return ctx.Err()
				case n := <-w.hello:
					heard(n)
				}
			}
		},
	}
}

func announce(endpoint, host string, bye bool) devices.Announcement {
	return devices.Announcement{Found: devices.Found{Endpoint: endpoint, Address: host + ":80", How: devices.HowHello}, Bye: bye}
}

func TestFollow(t *testing.T) {
	for _, x := range []struct {
		name string
		at   map[string]string
		n    devices.Announcement
		want string // where the known device is
		all  int
	}{
		{"a new one", map[string]string{"127.0.0.2": "known", "127.0.0.3": "new"}, announce("new", "127.0.0.3", false), "127.0.0.2:80", 2},
		{"a new one that does not answer", map[string]string{}, announce("new", "127.0.0.3", false), "127.0.0.2:80", 2},
		{"it moved", map[string]string{"127.0.0.3": "known"}, announce("known", "127.0.0.3", false), "127.0.0.3:80", 1},
		{"another in its name, while it is there", map[string]string{"127.0.0.2": "known", "127.0.0.3": "known"}, announce("known", "127.0.0.3", false), "127.0.0.2:80", 1},
		{"another in its name, that does not answer", map[string]string{}, announce("known", "127.0.0.3", false), "127.0.0.2:80", 1},
		{"a Bye in its name", map[string]string{}, announce("known", "127.0.0.2", true), "127.0.0.2:80", 1},
		{"a Bye of a stranger", map[string]string{}, announce("new", "127.0.0.3", true), "127.0.0.2:80", 1},
	} {
		t.Run(x.name, func(t *testing.T) {
			w := &world{at: x.at}
			g := newGateway(t, config(t.TempDir(), 1), Parts{Drivers: []devices.Driver{w.driver()}})
			defer g.close(t)
			g.bring(t, devices.Found{Endpoint: "known", Address: "127.0.0.2:80"})
			if err := g.follow(t.Context(), x.n); err != nil {
				t.Fatal(err)
			}
			b := g.boxBy(policy.Identity{Endpoint: "known"})
			if b == nil || b.found.Address != x.want || len(g.foundDevices()) != x.all {
				t.Errorf("found %+v, want %d and the known one at %s", g.foundDevices(), x.all, x.want)
			}
			if len(w.asked) != 1 || !slices.Contains(w.asked[0], hostOf(x.n.Address)) {
				t.Errorf("asked %v", w.asked)
			}
		})
	}
}

// Announcements make the gateway ask no more than one address a second, and
// none outside its networks.
func TestAnnouncementsAreFollowedAtABoundedRate(t *testing.T) {
	w := &world{at: map[string]string{}}
	g := newGateway(t, config(t.TempDir(), 1), Parts{Drivers: []devices.Driver{w.driver()}, ReadOnly: true})
	defer g.close(t)
	synctest.Test(t, func(t *testing.T) {
		w.hello = make(chan devices.Announcement)
		g.dirty = make(chan struct{}, 1)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- g.listenLoop(ctx) }()
		for i := range 5000 {
			w.hello <- announce(fmt.Sprintf("made up %d", i), fmt.Sprintf("127.1.%d.%d", i/250, i%250+1), false)
			w.hello <- announce("outside", "198.51.100.7", false)
		}
		time.Sleep(30 * time.Second)
		synctest.Wait()
		if n := len(w.asked); n < 20 || n > 32 {
			t.Errorf("%d questions in 30 seconds", n)
		}
		for _, hosts := range w.asked {
			if slices.Contains(hosts, "198.51.100.7") {
				t.Error("asked outside the networks")
			}
		}
		cancel()
		<-done
	})
}
