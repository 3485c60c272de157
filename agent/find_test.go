package agent

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/examples"
	"github.com/lensdop/lensdop/policy/wire"
)

// answers are what a search brings.
func answers(fs *[]devices.Found) Parts {
	return Parts{Drivers: []devices.Driver{{Name: "fake", Discover: func(_ context.Context, _ devices.Search, found func(devices.Found)) error {
		for _, f := range *fs {
			found(f)
		}
		return nil
	}}}}
}

func TestDeviceStaysItself(t *testing.T) {
	var fs []devices.Found
	g := newGateway(t, config(t.TempDir(), 1), answers(&fs))
	defer g.close(t)
	g.take(t, document(1))
	search := func(f ...devices.Found) {
		t.Helper()
		fs = f
		if err := g.discover(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	address := func() string {
		t.Helper()
		c, _ := g.inForce().policy.Protocol.Camera(hallNoord)
		b := g.boxOf(c)
		if b == nil {
			t.Fatal("the camera's device is not known")
		}
		return b.found.Address
	}
	search(devices.Found{Endpoint: boxID, Address: "127.0.0.2:80"})
	if address() != "127.0.0.2:80" || len(g.unknown()) != 0 {
		t.Errorf("at %s, unknown %v", address(), g.unknown())
	}
	// Spelled differently, at another address.
	upper := strings.ToUpper(strings.TrimPrefix(boxID, "urn:"))
	search(devices.Found{Endpoint: upper, Address: "127.0.0.3:80"})
	if address() != "127.0.0.3:80" || len(g.unknown()) != 0 || len(g.foundDevices()) != 1 {
		t.Errorf("at %s, unknown %v, found %v", address(), g.unknown(), g.foundDevices())
	}
	if n := count(g.events(t), wire.EventDevice, ""); n != 2 {
		t.Errorf("%d events of a device that was found and moved", n)
	}
	// Somebody else names the same endpoint, before and after the device itself.
	for _, order := range [][]string{{"127.0.0.3:80", "127.0.0.66:80"}, {"127.0.0.66:80", "127.0.0.3:80"}} {
		search(devices.Found{Endpoint: boxID, Address: order[0]}, devices.Found{Endpoint: boxID, Address: order[1]})
		if address() != "127.0.0.3:80" {
			t.Errorf("drawn away to %s", address())
		}
	}
	if n := count(g.events(t), wire.EventDevice, ""); n != 2 {
		t.Errorf("%d events, want no more", n)
	}
	// Unregistered ones, with an endpoint and without.
	search(devices.Found{Endpoint: "urn:uuid:stranger", Address: "127.0.0.7:80"}, devices.Found{Address: "127.0.0.8:80"})
	if u := g.unknown(); len(u) != 2 || u[0].Endpoint != "urn:uuid:stranger" {
		t.Errorf("unknown %+v", u)
	}
}

// A host that answers under many names cannot keep the report from the server.
func TestReportFits(t *testing.T) {
	var fs []devices.Found
	for i := range 2000 {
		name := strings.Repeat("<", 500) + string(rune('a'+i%26)) + strings.Repeat("x", i%7) + strings.Repeat("é", i/182)
		fs = append(fs, devices.Found{Endpoint: name, Address: "127.0.0.66:80", Scopes: []string{"onvif://www.onvif.org/name/" + strings.Repeat("&", 500)}})
	}
	c := config(t.TempDir(), 1)
	c.Server.Broker = "tcp://127.0.0.1:1"
	g := newGateway(t, c, answers(&fs))
	defer g.close(t)
	g.take(t, document(1))
	for _, f := range fs {
		g.boxes[deviceKey(f)] = &box{found: f}
	}
	if len(g.unknown()) < 1000 {
		t.Fatalf("only %d devices; the test proves nothing", len(g.unknown()))
	}
	if _, err := g.link.message(wire.KindReported, true, g.link.report()); err != nil {
		t.Error(err)
	}
}

func TestSeenBy(t *testing.T) {
	text := strings.Replace(string(examples.Lensmonde), "{interface: lo, subnet: 127.0.0.0/8}", "{interface: cam0, subnet: 10.20.0.0/16}", 1)
	p, err := policy.Parse("p", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	a := &Agent{cfg: Config{Site: "de-polder"}, orders: &orders{site: "de-polder"}}
	a.orders.policy.Protocol = p
	for name, x := range map[string]struct {
		found devices.Found
		seen  bool
		known bool
	}{
		"inside":             {devices.Found{Address: "10.20.3.4:80", Interface: "cam0"}, true, true},
		"by unicast":         {devices.Found{Address: "10.20.3.4:80"}, true, true},
		"another subnet":     {devices.Found{Address: "10.21.3.4:80", Interface: "cam0"}, false, true},
		"by another way":     {devices.Found{Address: "10.20.3.4:80", Interface: "eth7"}, false, true},
		"without port":       {devices.Found{Address: "10.20.3.4"}, true, true},
		"a name is no proof": {devices.Found{Address: "camera.example:80"}, false, false},
		"no address":         {devices.Found{}, false, false},
		"mapped into IPv6":   {devices.Found{Address: "[::ffff:10.20.3.4]:80", Interface: "cam0"}, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			if got, ok := a.seenBy(x.found).Get(); ok != x.known || got != x.seen {
				t.Errorf("%v, %v", got, ok)
			}
		})
	}
	a.cfg.Site = "elsewhere"
	if _, ok := a.seenBy(devices.Found{Address: "10.20.3.4:80"}).Get(); ok {
		t.Error("a site without networks proves something")
	}
}

func TestRegisteredNamesEveryLens(t *testing.T) {
	p, err := policy.Parse("p", examples.Lensmonde)
	if err != nil {
		t.Fatal(err)
	}
	if got := registered(p, "de-polder", devices.Found{Endpoint: boxID}); !slices.Equal(got, []string{hallNoord, hallZuid}) {
		t.Errorf("%v", got)
	}
	if got := registered(p, "elsewhere", devices.Found{Endpoint: boxID}); got != nil {
		t.Errorf("%v at another site", got)
	}
}
