package onvif

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
)

// responder is a hand-written WS-Discovery target on loopback.
type responder struct {
	conn *net.UDPConn
	port int
	mu   sync.Mutex
	// probes are the datagrams that came in.
	probes []string
}

// answerProbes joins the group on lo at a free port and sends, for each
// probe, what answers returns.
func answerProbes(t *testing.T, address string, answers func(probe, id string) []string) *responder {
	t.Helper()
	return answerProbesTo(t, address, func(probe, id string, _ net.Addr) []string { return answers(probe, id) })
}

func answerProbesTo(t *testing.T, address string, answers func(probe, id string, from net.Addr) []string) *responder {
	t.Helper()
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		t.Skipf("no loopback interface called lo: %v", err)
	}
	lc := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		var err error
		if e := c.Control(func(fd uintptr) {
			err = syscall.SetsockoptIPMreqn(int(fd), syscall.IPPROTO_IP, syscall.IP_ADD_MEMBERSHIP,
				&syscall.IPMreqn{Multiaddr: [4]byte{239, 255, 255, 250}, Ifindex: int32(lo.Index)})
		}); e != nil {
			return e
		}
		return err
	}}
	c, err := lc.ListenPacket(t.Context(), "udp4", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &responder{conn: c.(*net.UDPConn), port: c.LocalAddr().(*net.UDPAddr).Port}
	// It answers from an address of its own, as devices do.
	out, err := lc.ListenPacket(t.Context(), "udp4", net.JoinHostPort(address, "0"))
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		buf := make([]byte, 65535)
		for {
			n, from, err := r.conn.ReadFrom(buf)
			if err != nil {
				return
			}
			probe := string(buf[:n])
			r.mu.Lock()
			r.probes = append(r.probes, probe)
			r.mu.Unlock()
			for _, a := range answers(probe, text(probe, "MessageID"), from) {
				_, _ = out.WriteTo([]byte(a), from)
			}
		}
	})
	t.Cleanup(func() {
		_, _ = r.conn.Close(), out.Close()
		wg.Wait()
	})
	return r
}

func searchFor(t *testing.T, s devices.Search, port int) ([]devices.Found, error) {
	t.Helper()
	if s.Timeout == 0 {
		s.Timeout = 300 * time.Millisecond
	}
	var got []devices.Found
	w := newSearcher(Options{}.withDefaults(), s)
	w.port = port
	err := w.run(t.Context(), func(f devices.Found) { got = append(got, f) })
	return got, err
}

func TestDiscoverByMulticastOnLoopback(t *testing.T) {
	r := answerProbes(t, "127.0.0.11", func(_, id string) []string {
		return []string{match(id, device1("urn:uuid:cam-1", "dn:NetworkVideoTransmitter tds:Device",
			"onvif://www.onvif.org/location/hall onvif://www.onvif.org/name/c1", "http://10.9.9.9:81/onvif/device_service http://127.0.0.11:8080/onvif/device_service"))}
	})
	begin := time.Now()
	got, err := searchFor(t, devices.Search{Interfaces: []string{"lo"}}, r.port)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 {
		t.Fatalf("found %+v, want each device once", got)
	}
	f := got[0]
	// The source address and its own port, whatever else it announces.
	if f.Address != "127.0.0.11:8080" || f.Endpoint != "urn:uuid:cam-1" || f.Interface != "lo" || f.How != "multicast" ||
		len(f.XAddrs) != 2 || len(f.Scopes) != 2 || len(f.Types) != 2 || f.FirstSeen.Before(begin) || f.LastSeen.Before(f.FirstSeen) {
		t.Errorf("found %+v", f)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	typed := 0
	for _, p := range r.probes {
		if strings.Contains(p, ":NetworkVideoTransmitter<") {
			typed++
		}
	}
	if typed != probeTimes || len(r.probes) != 2*probeTimes {
		t.Errorf("%d probes, %d of them typed", len(r.probes), typed)
	}
}

// Only a probe without types reaches a device that calls itself otherwise.
func TestDiscoverWithoutTypes(t *testing.T) {
	r := answerProbes(t, "127.0.0.12", func(probe, id string) []string {
		if strings.Contains(probe, "NetworkVideoTransmitter") {
			return nil
		}
		return []string{
			match(id, device1("urn:uuid:other", "tds:Device", "onvif://www.onvif.org/type/x", "http://127.0.0.12/")),
			match(id, device1("urn:uuid:printer", "wsdp:Device wprt:PrintDeviceType", "ldap:///ou=x", "http://127.0.0.12:5357/abc")),
		}
	})
	got, err := searchFor(t, devices.Search{Interfaces: []string{"lo"}}, r.port)
	if err != nil || len(got) != 1 || got[0].Endpoint != "urn:uuid:other" || got[0].Address != "127.0.0.12:80" {
		t.Errorf("found %+v, %v", got, err)
	}
}

func TestDiscoverByUnicast(t *testing.T) {
	r := answerProbes(t, "127.0.0.1", func(_, id string) []string {
		return []string{match(id, device1("urn:uuid:direct", "dn:NetworkVideoTransmitter", "", "/relative nonsense:// http://[::1]:99999/ https://camera.example/onvif"))}
	})
	got, err := searchFor(t, devices.Search{Unicast: []string{
		fmt.Sprintf("127.0.0.1:%d", r.port), "127.0.0.1", "127.0.0.1:nonsense", "192.0.2.1",
	}, Subnets: []string{"127.0.0.0/8"}}, r.port)
	if len(got) != 1 || got[0].Address != "127.0.0.1:443" || got[0].How != "unicast" || got[0].Interface != "lo" {
		t.Errorf("found %+v", got)
	}
	// What could not be asked is told, and stops nothing.
	for _, want := range []string{`"127.0.0.1:nonsense"`, "192.0.2.1 is outside the subnets"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not tell of %s", err, want)
		}
	}
}

func TestDiscoverBelievesOnlyTheSubnets(t *testing.T) {
	r := answerProbes(t, "127.0.0.13", func(_, id string) []string {
		return []string{match(id, device1("urn:uuid:x", "dn:NetworkVideoTransmitter", "", "http://127.0.0.13/"))}
	})
	got, err := searchFor(t, devices.Search{Interfaces: []string{"lo"}, Subnets: []string{"127.0.0.0/29", "10.0.0.0/8"}}, r.port)
	if err != nil || len(got) != 0 {
		t.Errorf("found %+v, %v", got, err)
	}
}

func TestDiscoverHostilePackets(t *testing.T) {
	r := answerProbes(t, "127.0.0.14", func(_, id string) []string {
		out := []string{
			"", "\x00\xff", "<", "<a/>", match(id), match("urn:uuid:not-ours", device1("urn:uuid:stray", "dn:NetworkVideoTransmitter", "", "")),
			match(id, strings.Repeat("<x>", 2000)), strings.Repeat("A", maxDatagram+1),
			match(id, device1("", "", "", "")), // nothing but an answer
		}
		for i := range maxPerHost + 50 {
			out = append(out, match(id, device1(fmt.Sprintf("urn:uuid:flood-%d", i), "dn:NetworkVideoTransmitter", "", "http://127.0.0.14/")))
		}
		return append(out, match(id, device1("urn:uuid:long", strings.Repeat("dn:NetworkVideoTransmitter ", 900), "", "")))
	})
	got, err := searchFor(t, devices.Search{Interfaces: []string{"lo"}}, r.port)
	// What was dropped may have been a camera: who searched is told.
	if !errors.Is(err, devices.ErrOutOfBounds) || !strings.Contains(err.Error(), "127.0.0.14") {
		t.Errorf("got %v", err)
	}
	if len(got) == 0 || len(got) > maxPerHost {
		t.Errorf("found %d", len(got))
	}
	if slices.ContainsFunc(got, func(f devices.Found) bool { return f.Endpoint == "urn:uuid:stray" || len(f.Types) > maxList }) {
		t.Errorf("found %+v", got)
	}
}

func TestDiscoverEnds(t *testing.T) {
	r := answerProbes(t, "127.0.0.1", func(_, _ string) []string { return nil })
	t.Run("with its context", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		defer cancel()
		begin := time.Now()
		err := Driver(Options{}).Discover(ctx, devices.Search{Unicast: []string{fmt.Sprintf("127.0.0.1:%d", r.port)}, Timeout: time.Minute}, func(devices.Found) {})
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) > 5*time.Second {
			t.Errorf("after %v: %v", time.Since(begin), err)
		}
	})
	t.Run("with nothing to search", func(t *testing.T) {
		if err := Driver(Options{}).Discover(t.Context(), devices.Search{}, func(devices.Found) {}); err != nil {
			t.Error(err)
		}
	})
	t.Run("with an interface missing", func(t *testing.T) {
		_, err := searchFor(t, devices.Search{Interfaces: []string{"nosuch0", "lo"}}, r.port)
		if err == nil || !strings.Contains(err.Error(), `"nosuch0"`) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("with a bad subnet", func(t *testing.T) {
		_, err := searchFor(t, devices.Search{Subnets: []string{"10.0.0.0"}}, r.port)
		if err == nil || !strings.Contains(err.Error(), "write it like 10.1.0.0/24") {
			t.Errorf("got %v", err)
		}
	})
}

func TestProbeIsWellFormed(t *testing.T) {
	for _, typed := range []bool{true, false} {
		b, err := probeMessage("0-0", typed)
		if err != nil {
			t.Fatal(err)
		}
		want := `<a:MessageID xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing">urn:uuid:0-0</a:MessageID>`
		if !strings.Contains(string(b), want) {
			t.Errorf("%s", b)
		}
		re := regexp.MustCompile(`<d:Types xmlns:dn="http://www.onvif.org/ver10/network/wsdl">dn:NetworkVideoTransmitter</d:Types>`)
		if re.Match(b) != typed {
			t.Errorf("typed %v: %s", typed, b)
		}
	}
}
