package network

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/net/ipv4"
)

// discover searches and returns what was found by address.
func discover(t *testing.T, o Options, s devices.Search) map[string]devices.Found {
	t.Helper()
	found := map[string]devices.Found{}
	if err := Driver(o).Discover(t.Context(), s, func(f devices.Found) {
		if _, twice := found[f.Address]; twice {
			t.Errorf("%s is told twice", f.Address)
		}
		found[f.Address] = f
	}); err != nil {
		t.Fatal(err)
	}
	return found
}

// server answers every connection with the same text.
func server(t *testing.T, host, answer string) (port int, asked *atomic.Int64) {
	t.Helper()
	ln, err := net.Listen("tcp4", host+":0")
	if err != nil {
		t.Fatal(err)
	}
	asked = &atomic.Int64{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			asked.Add(1)
			if answer != "" {
				_, _ = c.Write([]byte(answer))
				_ = c.Close()
			} else {
				defer c.Close() //nolint:errcheck // silent until the end
			}
		}
	}()
	t.Cleanup(func() { _ = ln.Close(); <-done })
	return ln.Addr().(*net.TCPAddr).Port, asked
}

func TestRTSP(t *testing.T) {
	port, _ := server(t, "127.0.0.31", "RTSP/1.0 401 Unauthorized\r\nCSeq: 1\r\nServer: Recorder 7\x1b[31m\r\n\r\n")
	web, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.32:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			c, err := web.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
			_ = c.Close()
		}
	}()
	defer web.Close() //nolint:errcheck // the test ends here

	found := discover(t, Options{Ports: []int{port}}, devices.Search{
		Subnets: []string{"127.0.0.24/29"}, Sweep: true, Rate: 1000, Timeout: 50 * time.Millisecond,
	})
	if len(found) != 0 {
		t.Errorf("the last address of a subnet is nobody's: %v", found)
	}
	found = discover(t, Options{Ports: []int{port}}, devices.Search{
		Subnets: []string{"127.0.0.0/26"}, Sweep: true, Rate: 1000, Timeout: 50 * time.Millisecond,
	})
	f := found[fmt.Sprintf("127.0.0.31:%d", port)]
	want := []devices.Hint{{Kind: devices.HintRTSP, Text: "Recorder 7 [31m"}}
	if f.How != devices.HowRTSP || !slices.Equal(f.Hints, want) || f.Interface != "lo" || f.LastSeen.IsZero() {
		t.Errorf("found %+v, want hints %v", f, want)
	}
	if _, web := found[fmt.Sprintf("127.0.0.32:%d", port)]; web || len(found) != 1 {
		t.Errorf("also found %v", found)
	}
}

func TestNothingOutsideIsDialled(t *testing.T) {
	port, asked := server(t, "127.0.0.41", "RTSP/1.0 200 OK\r\n\r\n")
	for name, s := range map[string]devices.Search{
		"another subnet":             {Subnets: []string{"127.0.9.0/30"}, Unicast: []string{"127.0.0.41"}, Sweep: true},
		"nothing named":              {Sweep: true},
		"mapped into IPv6":           {Subnets: []string{"127.0.9.0/30"}, Unicast: []string{"::ffff:127.0.0.41"}},
		"an interface that is gone ": {Interfaces: []string{"none0"}},
	} {
		s.Timeout, s.Rate = 20*time.Millisecond, 1000
		var found int
		err := Driver(Options{Ports: []int{port}}).Discover(t.Context(), s, func(devices.Found) { found++ })
		if found != 0 || asked.Load() != 0 {
			t.Errorf("%s: %d found, asked %d times, error %v", name, found, asked.Load(), err)
		}
	}
	if found := discover(t, Options{Ports: []int{port}}, devices.Search{Unicast: []string{"127.0.0.41:80"}, Timeout: 20 * time.Millisecond}); len(found) != 1 || asked.Load() != 1 {
		t.Errorf("named by itself: %v, asked %d times", found, asked.Load())
	}
}

func TestSilenceEnds(t *testing.T) {
	port, asked := server(t, "127.0.0.42", "")
	began := time.Now()
	if found := discover(t, Options{Ports: []int{port}}, devices.Search{Unicast: []string{"127.0.0.42"}, Timeout: 20 * time.Millisecond}); len(found) != 0 {
		t.Errorf("found %v", found)
	}
	if took := time.Since(began); took > 3*rtspTime || asked.Load() != 1 {
		t.Errorf("it took %v, asked %d times", took, asked.Load())
	}
}

func TestRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		s    devices.Search
		want string
	}{
		"no subnet":    {devices.Search{Subnets: []string{"10.1.2.3"}}, "write it like"},
		"large subnet": {devices.Search{Subnets: []string{"10.0.0.0/8"}, Sweep: true, Timeout: time.Millisecond}, "too large"},
	} {
		err := Driver(Options{}).Discover(t.Context(), c.s, func(devices.Found) { t.Errorf("%s: something was found", name) })
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Driver(Options{}).Discover(ctx, devices.Search{Unicast: []string{"127.0.0.43"}}, func(devices.Found) {}); err == nil {
		t.Error("a search that was called off succeeds")
	}
}

func TestTargets(t *testing.T) {
	s := &search{s: devices.Search{Subnets: []string{"198.51.100.0/29", "203.0.113.7/32"}, Unicast: []string{"198.51.100.3:80", "192.0.2.1"}, Sweep: true, Interfaces: []string{"none0"}}}
	if err := s.bounds(); err != nil {
		t.Fatal(err)
	}
	list, err := s.targets()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range list {
		got = append(got, a.String())
	}
	slices.Sort(got)
	want := []string{"198.51.100.1", "198.51.100.2", "198.51.100.3", "198.51.100.4", "198.51.100.5", "198.51.100.6", "203.0.113.7"}
	if !slices.Equal(got, want) {
		t.Errorf("would ask %v", got)
	}
}

func TestMaker(t *testing.T) {
	for mac, want := range map[string]string{
		"00:40:8c:01:02:03": "Axis",
		"b8:a4:4f:01:02:03": "Axis",
		"02:40:8c:01:02:03": "", // made up locally
		"00:00:00:01:02:03": "",
	} {
		hw, err := net.ParseMAC(mac)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := maker(hw); got != want {
			t.Errorf("%s is of %q, want %q", mac, got, want)
		}
	}
	seen := map[string]string{}
	for line := range strings.Lines(makers) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		name, list, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok {
			t.Fatalf("line %q", line)
		}
		for p := range strings.FieldsSeq(list) {
			if len(p) != 6 || seen[p] != "" {
				t.Errorf("%s of %s: also of %q", p, name, seen[p])
			}
			seen[p] = name
		}
	}
	if len(seen) < 100 {
		t.Errorf("%d prefixes", len(seen))
	}
}

// answer is a DNS-SD answer as a camera gives it.
func answer(t testing.TB, service, instance string, port uint16) []byte {
	t.Helper()
	name := func(s string) dnsmessage.Name {
		n, err := dnsmessage.NewName(s)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	m := dnsmessage.Message{
		Header: dnsmessage.Header{Response: true},
		Answers: []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: name(service), Class: dnsmessage.ClassINET},
			Body:   &dnsmessage.PTRResource{PTR: name(instance + "." + service)},
		}},
		Additionals: []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: name(instance + "." + service), Class: dnsmessage.ClassINET},
			Body:   &dnsmessage.SRVResource{Port: port, Target: name("camera.local.")},
		}},
	}
	b, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestMDNS(t *testing.T) {
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		t.Skip("lo is not there:", err)
	}
	group := &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: 5353}
	conn, err := net.ListenMulticastUDP("udp4", lo, group)
	if err != nil {
		t.Skip("DNS-SD cannot be answered here:", err)
	}
	own, err := net.ListenPacket("udp4", "127.0.0.51:0")
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close() //nolint:errcheck // the test ends here
	if err := ipv4.NewPacketConn(conn).SetMulticastLoopback(true); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 9000)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			var p dnsmessage.Parser
			if h, err := p.Start(buf[:n]); err != nil || h.Response || !from.(*net.UDPAddr).IP.IsLoopback() {
				continue
			}
			for _, b := range [][]byte{{1, 2, 3}, answer(t, "_axis-video._tcp.local.", "AXIS Q0000", 80), answer(t, "_printer._tcp.local.", "printer", 9100)} {
				if _, err := own.WriteTo(b, from); err != nil {
					return
				}
			}
		}
	}()
	defer func() { _ = conn.Close(); <-done }()
	found := discover(t, Options{}, devices.Search{Interfaces: []string{"lo"}, Subnets: []string{"127.0.0.48/29"}, Timeout: 300 * time.Millisecond})
	f := found["127.0.0.51:80"]
	want := []devices.Hint{{Kind: devices.HintMDNS, Text: "_axis-video AXIS Q0000"}}
	if len(found) != 1 || f.How != devices.HowMDNS || !slices.Equal(f.Hints, want) || f.Interface != "lo" {
		t.Errorf("found %+v", found)
	}
	if found := discover(t, Options{}, devices.Search{Interfaces: []string{"lo"}, Subnets: []string{"127.0.1.0/29"}, Timeout: 300 * time.Millisecond}); len(found) != 0 {
		t.Errorf("outside the subnets: %v", found)
	}
}

// tlv writes one field of an LLDP frame.
func tlv(kind int, value string) string {
	return string([]byte{byte(kind<<1 | len(value)>>8), byte(len(value))}) + value
}

func TestLLDP(t *testing.T) {
	chassis, port := tlv(1, "\x04\x02\x00\x00\x00\x00\x01"), tlv(2, "\x05gi7")
	for name, c := range map[string]struct{ frame, want string }{
		"numbers":      {chassis + port + tlv(3, "\x00\x78") + tlv(0, ""), "switch 02:00:00:00:00:01, port gi7"},
		"names":        {chassis + port + tlv(5, "sw-polder") + tlv(4, "cameras hall") + tlv(0, "") + "padding", "switch sw-polder, port cameras hall"},
		"wrong order":  {port + chassis, ""},
		"cut short":    {(chassis + port)[:12], ""},
		"one field":    {chassis, ""},
		"empty":        {"", ""},
		"no chassis":   {tlv(1, "") + port, ""},
		"control text": {chassis + port + tlv(5, "a\nb\x1b[2J"), "switch a b [2J, port gi7"},
	} {
		got, err := parseLLDP([]byte(c.frame))
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: %q, %v; want %q", name, got, err, c.want)
		}
	}
	p := &places{}
	p.set("lo", "switch sw-polder, port 7")
	s := &search{o: Options{Now: time.Now}, places: p, found: map[netip.Addr]*devices.Found{}, within: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	s.note(netip.MustParseAddr("127.0.0.9"), 554, devices.HowRTSP, devices.Hint{Kind: devices.HintRTSP, Text: "x"}, "")
	s.note(netip.MustParseAddr("127.0.0.10"), 0, devices.HowNeighbour, devices.Hint{}, "lo")
	s.report(func(f devices.Found) {
		if f.How == devices.HowNeighbour && len(f.Hints) == 0 {
			return // a telephone: nothing speaks for a camera
		}
		if len(f.Hints) != 2 || f.Hints[1] != (devices.Hint{Kind: devices.HintLLDP, Text: "switch sw-polder, port 7"}) {
			t.Errorf("hints %v", f.Hints)
		}
	})
}

func FuzzOptions(f *testing.F) {
	f.Add("RTSP/1.0 200 OK\r\nServer: x\r\n\r\n")
	f.Add("HTTP/1.1 400 Bad Request\r\n\r\n")
	f.Fuzz(func(t *testing.T, s string) {
		text, ok := parseOptions(strings.NewReader(s))
		if ok != (text != "") || ok && !strings.HasPrefix(strings.TrimSpace(s), "RTSP/") || len([]rune(text)) > maxText || strings.ContainsAny(text, "\r\n\x1b") {
			t.Errorf("%q gives %q, %v", s, text, ok)
		}
	})
}

func FuzzOffers(f *testing.F) {
	f.Add(answer(f, "_axis-video._tcp.local.", "AXIS Q0000", 80))
	f.Add(answer(f, "_rtsp._tcp.local.", "a", 554))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, o := range offers(b) {
			if o.port < 0 || o.port > 65535 || len([]rune(o.text)) > maxText || strings.ContainsAny(o.text, "\r\n\x1b") {
				t.Errorf("offer %+v", o)
			}
		}
	})
}

func FuzzLLDP(f *testing.F) {
	f.Add([]byte(tlv(1, "\x04\x02\x00\x00\x00\x00\x01") + tlv(2, "\x05gi7") + tlv(5, "sw") + tlv(0, "")))
	f.Fuzz(func(t *testing.T, b []byte) {
		if where, err := parseLLDP(b); (where == "") != (err != nil) || strings.ContainsAny(where, "\r\n\x1b") {
			t.Errorf("%q, %v", where, err)
		}
	})
}

// What the network says ends up on terminals.
func TestPlainNeitherSteersNorOverprints(t *testing.T) {
	for in, want := range map[string]string{
		"a\x1b[2Jb": "a [2Jb", "a\u202eb": "a b", "a\u200fb\u061cc": "a b c", "Z\u0301\u0302": "Z", "caf\u00e9": "caf\u00e9", "a\xffb": "a?b", "\U000e0041": "",
	} {
		if got := plain(in, 100); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
