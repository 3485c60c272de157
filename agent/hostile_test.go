package agent

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/rules"
	"github.com/lensdop/lensdop/policy/wire"
)

// A registered camera that lets us in where it is stays there, whoever answers
// in its name from elsewhere while its own answer is lost.
func TestNobodyDrawsACameraAway(t *testing.T) {
	const here, there = "127.0.0.2:80", "127.0.0.66:80"
	for _, x := range []struct {
		name   string
		mac    string // that the network has for it where it was
		search []devices.Found
		reach  devices.Reach
		at     string
		twice  bool
	}{
		{"another answers alone", macA, []devices.Found{{Endpoint: boxID, Address: there, MAC: macB}}, devices.ReachUp, here, true},
		{"another answers alone, the network says nothing", "", []devices.Found{{Endpoint: boxID, Address: there}}, devices.ReachUp, here, false},
		{"and in another's name from here", macA, []devices.Found{
			{Endpoint: boxID, Address: there, MAC: macB}, {Endpoint: "urn:uuid:x", Address: here, MAC: macA},
		}, devices.ReachUp, here, true},
		{"it no longer answers here", macA, []devices.Found{{Endpoint: boxID, Address: there, MAC: macA}}, devices.ReachUnreachable, there, false},
		{"the same hardware", macA, []devices.Found{{Endpoint: boxID, Address: there, MAC: macA}}, devices.ReachUp, there, false},
		{"its address went to another", "", []devices.Found{
			{Endpoint: boxID, Address: there}, {Endpoint: "urn:uuid:x", Address: here},
		}, devices.ReachUp, there, false},
	} {
		t.Run(x.name, func(t *testing.T) {
			g := newGateway(t, config(t.TempDir(), 1), Parts{})
			defer g.close(t)
			g.take(t, document(1))
			g.bring(t, devices.Found{Endpoint: boxID, Address: here, MAC: x.mac})
			b := g.boxBy(policy.Identity{Endpoint: boxID})
			g.setReach(b, x.reach)
			for range 3 {
				g.bring(t, x.search...)
			}
			if b.found.Address != x.at {
				t.Errorf("it is at %s, want %s", b.found.Address, x.at)
			}
			if c := b.conflict; (c != nil && c.Kind == rules.ConflictTwice) != x.twice {
				t.Errorf("conflict %+v", c)
			}
			// Whether it is still there is found out by a login, and not for ever.
			if b.moved != (x.at == there || x.reach == devices.ReachUp) {
				t.Errorf("logs in anew: %v", b.moved)
			}
			if soon := g.mayHaveMoved(); soon != (x.at == here) || g.mayHaveMoved() {
				t.Errorf("searches again soon: %v", soon)
			}
		})
	}
}

// Whoever claims the hardware address of a registered camera for many
// addresses does not void what the network says of it.
func TestARegisteredHardwareAddressIsNoRouter(t *testing.T) {
	g := newGateway(t, config(t.TempDir(), 1), Parts{})
	defer g.close(t)
	cam := policy.Camera{ID: "c", Site: "de-polder", Identity: policy.Identity{Endpoint: boxID, MAC: macA}}
	g.orders = &orders{site: "de-polder"}
	g.orders.policy.Protocol = &policy.Protocol{Cameras: []policy.Camera{cam}}
	var fs []devices.Found
	for i := range 9 {
		fs = append(fs, devices.Found{Address: fmt.Sprintf("127.0.1.%d", i+1), MAC: macA, How: devices.HowNeighbour},
			devices.Found{Address: fmt.Sprintf("127.0.2.%d", i+1), MAC: macB, How: devices.HowNeighbour})
	}
	g.bring(t, append(fs, devices.Found{Endpoint: boxID, Address: "127.0.0.66:80", MAC: macA})...)
	if g.routers[macA] || !g.routers[macB] {
		t.Errorf("routers %v", g.routers)
	}
	// Its absence would let another in: the register's address is held against nothing.
	g.bring(t, devices.Found{Endpoint: boxID, Address: "127.0.0.66:80", MAC: "00:53:00:00:00:0c"})
	b := g.boxOf(cam)
	b.asks.Lock()
	defer b.asks.Unlock()
	if _, err := g.open(t.Context(), b, cam); err == nil {
		t.Error("another is logged in to")
	}
}

// Made-up devices and addresses that change with every search fill neither the
// log nor the events.
func TestAFloodIsToldWithinBounds(t *testing.T) {
	g := newGateway(t, config(t.TempDir(), 1), Parts{})
	defer g.close(t)
	g.take(t, document(1))
	for n := range 40 {
		fs := []devices.Found{
			{Endpoint: boxID, Address: "127.0.0.2:80", MAC: macA},
			{Endpoint: boxID, Address: fmt.Sprintf("127.0.3.%d:80", n+1)},
		}
		for i := range 50 {
			e := fmt.Sprintf("urn:uuid:%d", i)
			fs = append(fs, devices.Found{Endpoint: e, Address: fmt.Sprintf("127.0.%d.66:80", n), MAC: macA},
				devices.Found{Endpoint: e, Address: fmt.Sprintf("127.0.%d.67:80", n), MAC: macB})
		}
		g.bring(t, fs...)
	}
	e := g.events(t)
	if n := count(e, wire.EventDevice, "") + count(e, wire.EventConflict, ""); n > tellBurst+45 {
		t.Errorf("%d events", n)
	}
	if n := len(g.out.String()); n > 64<<10 {
		t.Errorf("%d bytes of log", n)
	}
}

// A thousand made-up devices that do not answer do not put off the next search.
func TestSilentDevicesStallNoSearch(t *testing.T) {
	var asked atomic.Int32
	g := newGateway(t, config(t.TempDir(), 1), Parts{ReadOnly: true, Drivers: []devices.Driver{{
		Name:     "fake",
		Discover: func(context.Context, devices.Search, func(devices.Found)) error { return nil },
		Reach: func(ctx context.Context, _ devices.Found) (devices.Reach, error) {
			asked.Add(1)
			<-ctx.Done()
			return devices.ReachUnreachable, ctx.Err()
		},
	}}})
	defer g.close(t)
	for i := range 1000 {
		g.boxes[fmt.Sprint(i)] = &box{found: devices.Found{Endpoint: fmt.Sprint(i), Address: "127.0.0.66:80", LastSeen: time.Now()}}
	}
	synctest.Test(t, func(t *testing.T) {
		g.dirty = make(chan struct{}, 1)
		begun := time.Now()
		if err := g.discover(t.Context()); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(begun); d > 2*time.Minute || asked.Load() == 0 {
			t.Errorf("a search took %v, %d were asked", d, asked.Load())
		}
	})
}

// One host that answers under many names is logged in to once at a time.
func TestManyNamesAreOneLogin(t *testing.T) {
	s := &serials{tell: map[string]string{}, logins: map[string]int{}}
	c := config(t.TempDir(), 1)
	c.Credentials = write(t, "logins:\n  - {match: 127.0.0.2, user: u, password: p}\n", 0o600)
	c.Every.Retry = Duration(time.Minute)
	g := newGateway(t, c, Parts{Drivers: []devices.Driver{s.driver()}})
	defer g.close(t)
	var fs []devices.Found
	for i := range 200 {
		fs = append(fs, devices.Found{Endpoint: fmt.Sprint("urn:uuid:", i), Address: "127.0.0.2:80"})
	}
	g.bring(t, fs...)
	g.orders = &orders{site: "de-polder"}
	g.orders.policy.Protocol = &policy.Protocol{Cameras: []policy.Camera{{ID: "c", Site: "de-polder", Identity: policy.Identity{Serial: "S"}}}}
	for range 20 {
		g.identify(t.Context())
	}
	if n := s.logins["127.0.0.2:80"]; n != 1 {
		t.Errorf("%d logins", n)
	}
}

// A name neither steers a terminal nor looks like further columns.
func TestHostileNames(t *testing.T) {
	for raw, want := range map[string]string{
		"Cam%1B%5B2J%1B%5D0%3Bowned%07": "Cam[2J]0;owned",
		"A%20%20%20%20%20up%20%20eth0":  "A up eth0",
		"A%0A%0D%09B":                   "A B",
		"A%E2%80%AEB%E2%80%8F":          "AB",
		"Z%CC%81%CC%82%CC%83":           "Z",
		"%zz":                           "%zz",
	} {
		if got := nameOf(devices.Found{Scopes: []string{"onvif://www.onvif.org/name/" + raw}}); got != want {
			t.Errorf("%s: %q, want %q", raw, got, want)
		}
	}
	f, ok := tidy(devices.Found{Address: "127.0.0.2:80", Scopes: []string{"onvif://www.onvif.org/name/" + strings.Repeat("%E4%B8%AD", 4096)}})
	if !ok || len(nameOf(f)) > maxSaid {
		t.Errorf("%d bytes", len(nameOf(f)))
	}
}
