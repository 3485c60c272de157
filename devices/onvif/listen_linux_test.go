package onvif

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/devices/sim"
)

// ear is a listener that runs on loopback at a port of its own.
type ear struct {
	port int
	got  chan devices.Announcement
	log  *syncBuffer
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func listenOnLoopback(t *testing.T, s devices.Search) *ear {
	t.Helper()
	e := &ear{port: freePort(t), got: make(chan devices.Announcement, 4096), log: &syncBuffer{}}
	if s.Interfaces == nil {
		s.Interfaces = []string{"lo"}
	}
	l := newListener(Options{Log: slog.New(slog.NewTextHandler(e.log, nil))}.withDefaults(), s)
	l.port, l.look = e.port, 10*time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- l.run(ctx, func(a devices.Announcement) { e.got <- a }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("listening ended with %v", err)
		}
	})
	// It hears from the moment that it has joined.
	greeter := "127.0.0.99"
	if len(s.Subnets) > 0 {
		greeter = lastOf(prefixes(t, s.Subnets[0])[0]).String()
	}
	for {
		say(t, greeter, e.port, announce("Hello", fmt.Sprint(time.Now().UnixNano()), "urn:uuid:ready", "dn:NetworkVideoTransmitter", "", ""))
		select {
		case <-e.got:
			return e
		case err := <-done:
			done <- context.Canceled
			t.Fatal(err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	c, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	return c.LocalAddr().(*net.UDPAddr).Port
}

// say sends datagrams to the group on lo.
func say(t *testing.T, from string, port int, messages ...string) {
	t.Helper()
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		t.Skipf("no loopback interface called lo: %v", err)
	}
	c, err := (&net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		var err error
		if e := c.Control(func(fd uintptr) {
			err = syscall.SetsockoptIPMreqn(int(fd), syscall.IPPROTO_IP, syscall.IP_MULTICAST_IF, &syscall.IPMreqn{Ifindex: int32(lo.Index)})
		}); e != nil {
			return e
		}
		return err
	}}).ListenPacket(t.Context(), "udp4", from+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	for _, m := range messages {
		if _, err := c.WriteTo([]byte(m), &net.UDPAddr{IP: net.IPv4(239, 255, 255, 250), Port: port}); err != nil {
			t.Fatal(err)
		}
	}
}

func (e *ear) next(t *testing.T) devices.Announcement {
	t.Helper()
	for {
		select {
		case a := <-e.got:
			if a.Endpoint == "urn:uuid:ready" {
				continue
			}
			return a
		case <-time.After(5 * time.Second):
			t.Fatal("nothing was heard")
		}
	}
}

func TestListen(t *testing.T) {
	e := listenOnLoopback(t, devices.Search{})
	hello := announce("Hello", "urn:uuid:1", "urn:uuid:cam", "dn:NetworkVideoTransmitter", "onvif://www.onvif.org/location/hall", "http://198.51.100.9:81/x http://127.0.0.31:8080/onvif/device_service")
	probe, err := probeMessage("1", false)
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	say(t, "127.0.0.31", e.port, string(probe), "", "\x00Hello", match("urn:uuid:1", device1("urn:uuid:stray", "dn:NetworkVideoTransmitter", "", "")), strings.Repeat("Hello ", 7000), hello, hello)
	a := e.next(t)
	if a.Bye || a.Address != "127.0.0.31:8080" || a.Endpoint != "urn:uuid:cam" || a.Interface != "lo" || a.How != devices.HowHello ||
		len(a.XAddrs) != 2 || len(a.Scopes) != 1 || a.FirstSeen.Before(begin) {
		t.Errorf("heard %+v", a)
	}
	// The repetition is not told, a printer is not, and no address means port 80.
	say(t, "127.0.0.31", e.port, announce("Hello", "urn:uuid:p", "urn:uuid:printer", "wprt:PrintDeviceType", "", ""), announce("Bye", "urn:uuid:2", "urn:uuid:cam", "", "", ""))
	if a := e.next(t); !a.Bye || a.Address != "127.0.0.31:80" || a.Endpoint != "urn:uuid:cam" {
		t.Errorf("heard %+v", a)
	}
	// Firmware with one MessageID for everything is still heard.
	say(t, "127.0.0.31", e.port, announce("Hello", "urn:uuid:2", "urn:uuid:cam", "dn:NetworkVideoTransmitter", "", ""))
	if a := e.next(t); a.Bye {
		t.Errorf("heard %+v", a)
	}
	if len(e.got) != 0 {
		t.Errorf("heard also %+v", <-e.got)
	}
}

func TestListenBelievesOnlyTheSubnets(t *testing.T) {
	e := listenOnLoopback(t, devices.Search{Subnets: []string{"127.0.0.32/31"}})
	for i, from := range []string{"127.0.0.34", "127.1.0.1", "127.0.0.33"} {
		// Whatever it claims, the source counts.
		say(t, from, e.port, announce("Hello", fmt.Sprint(i), "urn:uuid:from-"+from, "dn:NetworkVideoTransmitter", "", "http://127.0.0.32/"))
	}
	if a := e.next(t); a.Address != "127.0.0.33:80" || a.Endpoint != "urn:uuid:from-127.0.0.33" {
		t.Errorf("heard %+v", a)
	}
	if len(e.got) != 0 {
		t.Errorf("heard also %+v", <-e.got)
	}
}

// To the listener's port, but not to the group.
func TestListenIgnoresUnicast(t *testing.T) {
	e := listenOnLoopback(t, devices.Search{})
	c, err := net.Dial("udp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(e.port)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := c.Write([]byte(announce("Hello", "u", "urn:uuid:unicast", "dn:NetworkVideoTransmitter", "", ""))); err != nil {
		t.Fatal(err)
	}
	say(t, "127.0.0.35", e.port, announce("Hello", "g", "urn:uuid:group", "dn:NetworkVideoTransmitter", "", ""))
	if a := e.next(t); a.Endpoint != "urn:uuid:group" {
		t.Errorf("heard %+v", a)
	}
}

func TestListenFloodHidesNobody(t *testing.T) {
	e := listenOnLoopback(t, devices.Search{})
	var flood []string
	for i := range 2000 {
		flood = append(flood, announce("Hello", fmt.Sprint(i), fmt.Sprintf("urn:uuid:flood-%d", i), "dn:NetworkVideoTransmitter", "", ""))
	}
	for i := range 5 {
		say(t, "127.0.0.36", e.port, flood[i*400:(i+1)*400]...)
		say(t, "127.0.0.37", e.port, announce("Hello", fmt.Sprint(i), fmt.Sprintf("urn:uuid:calm-%d", i), "dn:NetworkVideoTransmitter", "", ""))
	}
	calm, loud := 0, 0
	for calm < 5 {
		if a := e.next(t); strings.HasPrefix(a.Endpoint, "urn:uuid:calm") {
			calm++
		} else {
			loud++
		}
	}
	if loud < helloBurst || loud > helloBurst+5*helloRate {
		t.Errorf("%d announcements of the flood were told", loud)
	}
	if got := strings.Count(e.log.String(), "too many announcements"); got != 1 {
		t.Errorf("the flood is logged %d times:\n%s", got, e.log)
	}
}

func TestListenErrors(t *testing.T) {
	run := func(port int, s devices.Search) error {
		l := newListener(Options{}.withDefaults(), s)
		l.port = port
		return l.run(t.Context(), func(devices.Announcement) {})
	}
	holder, err := net.ListenPacket("udp4", "0.0.0.0:0") // without SO_REUSEADDR
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = holder.Close() }()
	taken := holder.LocalAddr().(*net.UDPAddr).Port
	for name, c := range map[string]struct {
		port int
		s    devices.Search
		want string
	}{
		"the port is taken":  {taken, devices.Search{Interfaces: []string{"lo"}}, fmt.Sprintf("another program holds UDP port %d", taken)},
		"no interface":       {freePort(t), devices.Search{}, "no interface is named"},
		"none that is there": {freePort(t), devices.Search{Interfaces: []string{"nosuch0", "nosuch1"}}, `"nosuch1"`},
		"a bad subnet":       {freePort(t), devices.Search{Interfaces: []string{"lo"}, Subnets: []string{"x"}}, "write it like"},
	} {
		t.Run(name, func(t *testing.T) {
			err := run(c.port, c.s)
			if de, ok := errors.AsType[*devices.Error](err); !ok || !strings.Contains(de.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// One interface that is missing leaves the others.
func TestListenWithAnInterfaceMissing(t *testing.T) {
	e := listenOnLoopback(t, devices.Search{Interfaces: []string{"nosuch0", "lo"}})
	say(t, "127.0.0.38", e.port, announce("Hello", "1", "urn:uuid:cam", "dn:NetworkVideoTransmitter", "", ""))
	if a := e.next(t); a.Interface != "lo" {
		t.Errorf("heard %+v", a)
	}
	if got := strings.Count(e.log.String(), "nosuch0"); got != 1 {
		t.Errorf("the missing interface is logged %d times:\n%s", got, e.log)
	}
}

// Two agents on one machine, and a simulated device that comes, hears the
// agents' probes, and goes.
func TestListenToTheSimulator(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	got := make(chan devices.Announcement, 64)
	ended := make(chan error, 2)
	for range 2 {
		go func() {
			ended <- Driver(Options{}).Listen(ctx, devices.Search{Interfaces: []string{"lo"}, Subnets: []string{"127.0.0.200/32"}}, func(a devices.Announcement) { got <- a })
		}()
	}
	hear := func(bye bool) {
		t.Helper()
		for range 2 {
			select {
			case a := <-got:
				if a.Bye != bye || !strings.HasPrefix(a.Address, "127.0.0.200:") || !strings.HasPrefix(a.Endpoint, "urn:uuid:") {
					t.Errorf("heard %+v, want bye %v", a, bye)
				}
			case err := <-ended:
				ended <- err
				t.Fatal(err)
			case <-time.After(5 * time.Second):
				t.Fatal("nothing was heard")
			}
		}
	}
	var found []devices.Found
	begin := func() (*sim.Device, error) { return sim.Start(t.Context(), sim.Camera{Host: "127.0.0.200"}) }
	// Both have joined when a probe's answer has come: until then Hello may be
	// missed, so that the device starts again.
	d, err := begin()
	if err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(5 * time.Second)
	for len(got) < 2 && time.Now().Before(deadline) {
		for len(got) > 0 {
			<-got
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if d, err = begin(); err != nil {
			t.Fatal(err)
		}
		<-time.After(20 * time.Millisecond)
	}
	for len(got) > 0 {
		<-got
	}
	if err := Driver(Options{}).Discover(t.Context(), devices.Search{Interfaces: []string{"lo"}, Subnets: []string{"127.0.0.200/32"}, Timeout: 200 * time.Millisecond}, func(f devices.Found) { found = append(found, f) }); err != nil || len(found) != 1 {
		t.Errorf("found %+v, %v", found, err)
	}
	if len(got) != 0 {
		t.Errorf("a probe was heard as %+v", <-got)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	hear(true)
	if d, err = begin(); err != nil {
		t.Fatal(err)
	}
	hear(false)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	hear(true)
	cancel()
	for range 2 {
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("listening ended with %v", err)
		}
	}
}
