package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/rules"
)

func TestBoxBy(t *testing.T) {
	const e1, e2 = "urn:uuid:e1", "urn:uuid:e2"
	at := func(endpoint, mac, serial string) *box {
		return &box{found: devices.Found{Endpoint: endpoint, Address: "127.0.0.2:80", MAC: mac, How: devices.HowMulticast}, serial: serial}
	}
	for _, x := range []struct {
		name  string
		id    policy.Identity
		boxes []*box
		want  int // index; -1 for none
	}{
		{"endpoint", policy.Identity{Endpoint: "uuid:E1"}, []*box{at(e2, "", ""), at(e1, "", "")}, 1},
		{"hardware address only", policy.Identity{MAC: "00-53-00-00-00-0A"}, []*box{at(e1, macB, ""), at(e2, macA, "")}, 1},
		{"serial number only", policy.Identity{Serial: "S1"}, []*box{at(e1, "", "S2"), at(e2, "", "S1"), at("", "", "")}, 1},
		{"serial number that nobody told", policy.Identity{Serial: "S1"}, []*box{at(e1, macA, "")}, -1},
		{"set back, the serial number matches", policy.Identity{Endpoint: e1, Serial: "S1"}, []*box{at(e2, "", "S1")}, 0},
		{"set back, and its old name is still known", policy.Identity{Endpoint: e1, Serial: "S1"}, []*box{at(e1, "", ""), at(e2, "", "S1")}, 1},
		{"set back, the hardware address matches", policy.Identity{Endpoint: e1, MAC: macA}, []*box{at(e1, macB, ""), at(e2, macA, "")}, 1},
		{"another serial number: an impostor, to be told", policy.Identity{Endpoint: e1, Serial: "S1"}, []*box{at(e1, "", "S2")}, 0},
		{"another serial number, and no name either", policy.Identity{MAC: macA, Serial: "S1"}, []*box{at(e1, macA, "S2")}, -1},
		{"nothing in the register", policy.Identity{}, []*box{at(e1, macA, "S1"), at("", "", "")}, -1},
		{"nothing known", policy.Identity{Endpoint: e1}, nil, -1},
	} {
		t.Run(x.name, func(t *testing.T) {
			a := &Agent{boxes: map[string]*box{}}
			for i, b := range x.boxes {
				a.boxes[fmt.Sprint(i)] = b
			}
			if got := slices.Index(x.boxes, a.boxBy(x.id)); got != x.want {
				t.Errorf("box %d, want %d", got, x.want)
			}
		})
	}
}

// serials is a driver of devices that tell a serial number by address.
type serials struct {
	tell   map[string]string
	logins map[string]int
}

func (s *serials) driver() devices.Driver {
	return devices.Driver{Name: "fake", Open: func(_ context.Context, t devices.Target) ([]devices.Camera, error) {
		s.logins[t.Found.Address]++
		if s.tell[t.Found.Address] == "" {
			return nil, &devices.Error{Device: t.Found.Address, Op: "log in", Err: devices.ErrLogin}
		}
		b := newBox()
		b.address, b.serial = t.Found.Address, s.tell[t.Found.Address]
		return []devices.Camera{&fakeCam{b, 0}, &fakeCam{b, 1}}, nil
	}}
}

// A register that has only a serial number is found out by logging in, and by
// no more logins than that takes.
func TestIdentifyBySerial(t *testing.T) {
	s := &serials{tell: map[string]string{"127.0.0.2:80": "LM-2L-0001", "127.0.0.3:80": "other"}, logins: map[string]int{}}
	creds := "logins:\n"
	for _, m := range []string{"127.0.0.2", "127.0.0.3:80", "urn:uuid:refuses", "*"} {
		creds += fmt.Sprintf("  - {match: %q, user: u, password: p}\n", m)
	}
	c := config(t.TempDir(), 1)
	c.Credentials = write(t, creds, 0o600)
	g := newGateway(t, c, Parts{Drivers: []devices.Driver{s.driver()}})
	defer g.close(t)
	found := []devices.Found{
		{Endpoint: "urn:uuid:a", Address: "127.0.0.2:80"},
		{Endpoint: "urn:uuid:b", Address: "127.0.0.3:80"},
		{Endpoint: "urn:uuid:refuses", Address: "127.0.0.4:80"},
		{Endpoint: "urn:uuid:stranger", Address: "127.0.0.5:80"},
	}
	g.bring(t, found...)
	g.identify(t.Context()) // no register
	if len(s.logins) != 0 {
		t.Fatalf("logged in without a register: %v", s.logins)
	}
	cam := policy.Camera{ID: "c", Site: "de-polder", Identity: policy.Identity{Serial: "LM-2L-0001"}}
	other := policy.Camera{ID: "d", Site: "de-polder", Identity: policy.Identity{Endpoint: "urn:uuid:b", Serial: "other"}}
	g.orders = &orders{site: "de-polder"}
	g.orders.policy.Protocol = &policy.Protocol{Cameras: []policy.Camera{cam, other}}
	for range 3 {
		g.identify(t.Context())
	}
	if b := g.boxOf(cam); b == nil || b.found.Address != "127.0.0.2:80" {
		t.Fatalf("found %+v", b)
	}
	if want := map[string]int{"127.0.0.2:80": 1, "127.0.0.4:80": 1}; fmt.Sprint(s.logins) != fmt.Sprint(want) {
		t.Errorf("logins %v, want %v: one each, none with the login for all others, none to what is known otherwise", s.logins, want)
	}
	if f := g.fact(t, "127.0.0.2:80"); !slices.Equal(f.Cameras, []string{"c"}) || f.Reach != devices.ReachUp {
		t.Errorf("%+v", f)
	}
	if f := g.fact(t, "127.0.0.4:80"); len(f.Cameras) != 0 || f.Reach != devices.ReachNoLogin {
		t.Errorf("%+v", f)
	}
}

func TestOpenBy(t *testing.T) {
	no := func(err error) error { return &devices.Error{Device: "127.0.0.2:80", Op: "open", Err: err} }
	for _, x := range []struct {
		name   string
		opens  []error // of each driver in turn; nil opens
		asked  []int
		opened bool
	}{
		{"the first", []error{nil, nil}, []int{0}, true},
		{"not its make", []error{no(devices.ErrUnsupported), nil}, []int{0, 1}, true},
		{"does not speak it", []error{no(devices.ErrMalformed), no(devices.ErrUnsupported), nil}, []int{0, 1, 2}, true},
		{"a refused login is not tried again", []error{no(devices.ErrUnsupported), no(devices.ErrLogin), nil}, []int{0, 1}, false},
		{"none", []error{no(devices.ErrUnsupported)}, []int{0}, false},
		{"no driver", nil, nil, false},
	} {
		t.Run(x.name, func(t *testing.T) {
			var asked []int
			a := &Agent{log: slog.New(slog.DiscardHandler)}
			for i, err := range x.opens {
				a.parts.Drivers = append(a.parts.Drivers, devices.Driver{Name: fmt.Sprint(i), Open: func(context.Context, devices.Target) ([]devices.Camera, error) {
					asked = append(asked, i)
					if err != nil {
						return nil, err
					}
					return []devices.Camera{&fakeCam{newBox(), 0}}, nil
				}})
			}
			cams, err := a.openBy(t.Context(), devices.Target{})
			if (err == nil) != x.opened || (len(cams) > 0) != x.opened || !slices.Equal(asked, x.asked) {
				t.Errorf("asked %v, %d cameras, %v; want %v, %v", asked, len(cams), err, x.asked, x.opened)
			}
		})
	}
}

// lensCam is a camera of one source that offers one method.
type lensCam struct {
	fakeCam
	driver, source string
	method         devices.Method
	closed         *[]string
}

func (c *lensCam) Info() devices.Info {
	return devices.Info{Driver: c.driver, Source: c.source, Address: "127.0.0.2:80"}
}

func (c *lensCam) Methods(context.Context) ([]devices.Method, error) {
	return []devices.Method{c.method}, nil
}

func (c *lensCam) Close() error {
	*c.closed = append(*c.closed, c.driver+c.source)
	return nil
}

func TestBesideJoinsLensByLens(t *testing.T) {
	var closed []string
	var asked []string
	cam := func(driver, source string, m devices.Method) devices.Camera {
		return &lensCam{fakeCam: fakeCam{newBox(), 0}, driver: driver, source: source, method: m, closed: &closed}
	}
	maker := func(name string, cams []devices.Camera, err error) devices.Driver {
		return devices.Driver{Name: name, Beside: func(_ context.Context, _ devices.Target, infos []devices.Info) ([]devices.Camera, error) {
			asked = append(asked, name)
			if len(infos) != 2 || infos[0].Source != "1" || infos[1].Source != "2" {
				t.Errorf("%s is told of %+v", name, infos)
			}
			return cams, err
		}}
	}
	a := &Agent{log: slog.New(slog.DiscardHandler)}
	a.parts.Drivers = []devices.Driver{
		{Name: "onvif", Open: func(context.Context, devices.Target) ([]devices.Camera, error) {
			return []devices.Camera{cam("onvif", "1", devices.MethodPark), cam("onvif", "2", devices.MethodPark)}, nil
		}},
		maker("other make", nil, nil),
		maker("maker", []devices.Camera{cam("maker", "2", devices.MethodDeviceMask), cam("maker", "7", devices.MethodDeviceMask)}, nil),
		maker("refuses", nil, &devices.Error{Op: "log in", Err: devices.ErrLogin}),
		maker("after a refusal", nil, nil),
	}
	cams, err := a.openBy(t.Context(), devices.Target{})
	if err != nil || len(cams) != 2 {
		t.Fatalf("%d cameras, %v", len(cams), err)
	}
	one, _ := cams[0].Methods(t.Context())
	two, _ := cams[1].Methods(t.Context())
	if !slices.Equal(one, []devices.Method{devices.MethodPark}) || !slices.Equal(two, []devices.Method{devices.MethodPark, devices.MethodDeviceMask}) {
		t.Errorf("methods %v and %v", one, two)
	}
	if !slices.Equal(asked, []string{"other make", "maker", "refuses"}) {
		t.Errorf("asked %v: nobody tries a login that was just refused", asked)
	}
	closeAll(cams)
	slices.Sort(closed)
	if !slices.Equal(closed, []string{"maker2", "maker7", "onvif1", "onvif2"}) {
		t.Errorf("closed %v", closed)
	}
}

// A refused login is not repeated with every pass: devices lock out who tries
// too often, and people with him.
func TestARefusedLoginPauses(t *testing.T) {
	tries := 0
	c := config(t.TempDir(), 1)
	c.Every.Retry = Duration(time.Hour)
	g := newGateway(t, c, Parts{Drivers: []devices.Driver{{Name: "fake", Open: func(context.Context, devices.Target) ([]devices.Camera, error) {
		tries++
		return nil, &devices.Error{Op: "log in", Err: devices.ErrLogin}
	}}}})
	defer g.close(t)
	g.bring(t, devices.Found{Endpoint: boxID, Address: "127.0.0.2:80"})
	b := g.boxBy(policy.Identity{Endpoint: boxID})
	b.asks.Lock()
	for range 5 {
		if err := g.login(t.Context(), b); !errors.Is(err, devices.ErrLogin) {
			t.Fatal(err)
		}
	}
	b.asks.Unlock()
	if tries != 1 {
		t.Errorf("%d logins", tries)
	}
	// At another address it is another matter.
	g.bring(t, devices.Found{Endpoint: boxID, Address: "127.0.0.3:80"})
	b.asks.Lock()
	g.current(b)
	if err := g.login(t.Context(), b); !errors.Is(err, devices.ErrLogin) || tries != 2 {
		t.Errorf("%d logins, %v", tries, err)
	}
	b.asks.Unlock()
}

// Another serial number than before is told, and settled by the register.
func TestAnotherSerialNumber(t *testing.T) {
	s := &serials{tell: map[string]string{"127.0.0.2:80": "S1"}, logins: map[string]int{}}
	g := newGateway(t, config(t.TempDir(), 1), Parts{Drivers: []devices.Driver{s.driver()}})
	defer g.close(t)
	g.bring(t, devices.Found{Endpoint: boxID, Address: "127.0.0.2:80"})
	b := g.boxBy(policy.Identity{Endpoint: boxID})
	login := func(serial string) *rules.Conflict {
		t.Helper()
		s.tell["127.0.0.2:80"] = serial
		b.asks.Lock()
		defer b.asks.Unlock()
		b.logout()
		if err := g.login(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		return g.fact(t, "127.0.0.2:80").Conflict
	}
	if c := login("S1"); c != nil {
		t.Errorf("the first login: %+v", c)
	}
	if c := login("S2"); c == nil || c.Kind != rules.ConflictSerial || c.Other != "S1" {
		t.Errorf("another: %+v", c)
	}
	g.bring(t, devices.Found{Endpoint: boxID, Address: "127.0.0.2:80"}) // a search does not settle it
	if c := g.fact(t, "127.0.0.2:80").Conflict; c == nil {
		t.Error("a search has settled it")
	}
	if c := login("S1"); c != nil {
		t.Errorf("itself again: %+v", c)
	}
	login("S2")
	g.orders.policy.Protocol = &policy.Protocol{Cameras: []policy.Camera{{ID: "c", Site: "de-polder", Identity: policy.Identity{Endpoint: boxID, Serial: "S2"}}}}
	if c := login("S2"); c != nil {
		t.Errorf("the register says that it was replaced: %+v", c)
	}
}

func TestDialable(t *testing.T) {
	for _, x := range []struct {
		name  string
		c     DiscoveryConfig
		found devices.Found
		want  bool
	}{
		{"inside", DiscoveryConfig{Subnets: []string{"192.0.2.0/24"}}, devices.Found{Address: "192.0.2.7:80"}, true},
		{"mapped", DiscoveryConfig{Subnets: []string{"192.0.2.0/24"}}, devices.Found{Address: "[::ffff:192.0.2.7]:80"}, true},
		{"outside", DiscoveryConfig{Subnets: []string{"192.0.2.0/24"}}, devices.Found{Address: "198.51.100.7:80"}, false},
		{"outside, though asked", DiscoveryConfig{Subnets: []string{"192.0.2.0/24"}, Unicast: []string{"198.51.100.7"}}, devices.Found{Address: "198.51.100.7:80", How: devices.HowUnicast}, false},
		{"an interface's own", DiscoveryConfig{Interfaces: []string{"lo"}}, devices.Found{Address: "127.0.0.9:80"}, true},
		{"not the interface's", DiscoveryConfig{Interfaces: []string{"lo"}}, devices.Found{Address: "192.0.2.7:80"}, false},
		{"named", DiscoveryConfig{Unicast: []string{"192.0.2.7:3702"}}, devices.Found{Address: "192.0.2.7:80"}, true},
		{"named, another", DiscoveryConfig{Unicast: []string{"192.0.2.7"}}, devices.Found{Address: "192.0.2.8:80", How: devices.HowHello}, false},
		{"a name", DiscoveryConfig{Subnets: []string{"0.0.0.0/0"}}, devices.Found{Address: "camera.example:80"}, false},
		{"nothing configured", DiscoveryConfig{}, devices.Found{Address: "127.0.0.1:80"}, false},
	} {
		t.Run(x.name, func(t *testing.T) {
			dialled := false
			a := &Agent{cfg: Config{Discovery: x.c}, log: slog.New(slog.DiscardHandler)}
			a.parts.Drivers = []devices.Driver{{Reach: func(context.Context, devices.Found) (devices.Reach, error) {
				dialled = true
				return devices.ReachNoLogin, nil
			}}}
			if err := a.dialable(x.found); (err == nil) != x.want || err != nil && !strings.Contains(err.Error(), "discovery.subnets") {
				t.Errorf("%v", err)
			}
			if _, ok := a.reachOf(t.Context(), x.found); ok != x.want || dialled != x.want {
				t.Errorf("asked %v", dialled)
			}
		})
	}
}
