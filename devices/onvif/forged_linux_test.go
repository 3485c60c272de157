package onvif

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
	"pgregory.net/rapid"
)

// A packet may say what it likes: only the address that it came from is ever
// dialled, and only if that lies in the subnets.
func TestForgedAnswersLeadNowhere(t *testing.T) {
	elsewhere := []string{
		"http://198.51.100.66/onvif/device_service", "http://[2001:db8::1]:8080/onvif/device_service",
		"http://[::ffff:198.51.100.66]:81/onvif", "http://127.0.0.1@198.51.100.66/", "http://127.0.0.24.example.org:99/onvif",
		"https://198.51.100.66:99999/", "rtsp://198.51.100.66/", "//198.51.100.66/onvif", "http:198.51.100.66", "http://0x7f000018/", "%zz",
	}
	for _, s := range []struct {
		name   string
		search devices.Search
	}{
		{"by multicast", devices.Search{Interfaces: []string{"lo"}, Subnets: []string{"127.0.0.24/32"}}},
		{"by unicast", devices.Search{Unicast: []string{"127.0.0.24"}}},
		{"by sweep", devices.Search{Subnets: []string{"127.0.0.24/32"}, Sweep: true}},
		{"all at once", devices.Search{Interfaces: []string{"lo"}, Unicast: []string{"127.0.0.24"}, Subnets: []string{"127.0.0.24/32"}, Sweep: true}},
	} {
		t.Run(s.name, func(t *testing.T) {
			// Answers from inside, and the same from three strangers who saw the probe.
			strangers := make([]net.PacketConn, 0, 3)
			for _, a := range []string{"127.0.0.25:0", "127.1.2.3:0", "127.0.0.23:0"} {
				c, err := net.ListenPacket("udp4", a)
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = c.Close() }()
				strangers = append(strangers, c)
			}
			r := answerProbesTo(t, "127.0.0.24", func(_, id string, from net.Addr) []string {
				var out []string
				for i, x := range elsewhere {
					m := match(id, device1(fmt.Sprintf("urn:uuid:inside-%d", i), "dn:NetworkVideoTransmitter", "", x))
					out = append(out, m)
					for _, c := range strangers {
						_, _ = c.WriteTo([]byte(strings.ReplaceAll(m, "inside", "stranger")), from)
					}
				}
				return out
			})
			got, err := searchFor(t, s.search, r.port)
			if err != nil {
				t.Fatal(err)
			}
			seen := map[string]bool{}
			for _, f := range got {
				host, port, err := net.SplitHostPort(f.Address)
				if err != nil || host != "127.0.0.24" || !validPort(port) || strings.Contains(f.Endpoint, "stranger") {
					t.Errorf("would dial %q of %q", f.Address, f.Endpoint)
				}
				if c, err := newClient(Options{}.withDefaults(), devices.Target{Found: f}); err != nil || c.device.Hostname() != "127.0.0.24" {
					t.Errorf("would ask %v, %v", c.device, err)
				}
				seen[f.Endpoint] = true
			}
			if len(seen) != len(elsewhere) {
				t.Errorf("found %d of %d", len(seen), len(elsewhere))
			}
		})
	}
}

// The same as a law over the collector, for sources that this machine cannot
// send from.
func TestOnlyBelievedSourcesAreTold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		subnets := prefixes(t, "10.1.0.0/24", "192.0.2.8/29")
		raw := rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "source")
		if rapid.Bool().Draw(t, "near") {
			copy(raw, []byte{10, 1, byte(rapid.IntRange(0, 1).Draw(t, "third"))})
		}
		v4 := netip.AddrFrom4([4]byte(raw))
		inside := subnets[0].Contains(v4) || subnets[1].Contains(v4)
		if within(v4, subnets) != inside {
			t.Fatalf("%v: believed %v", v4, !inside)
		}
		// An IPv4 address in IPv6's clothes is neither believed nor equal, and so
		// is taken out of them where the packet comes in.
		if mapped := netip.AddrFrom16(v4.As16()); within(mapped, subnets) || mapped.Unmap() != v4 {
			t.Fatalf("%v is believed", mapped)
		}
	})
}

// The flood of one host, or of one that makes up devices, hides no other.
func TestFullForOneHostIsNotFullForOthers(t *testing.T) {
	var got []devices.Found
	s := newSearcher(Options{}.withDefaults(), devices.Search{})
	s.id = "x"
	a := &answers{s: s, seen: map[answerKey]bool{}, perHost: map[hostKey]int{}, names: interfaceNames{}, found: func(f devices.Found) { got = append(got, f) }}
	w := &way{how: devices.HowMulticast, iface: "eth0"}
	tell := func(from netip.Addr, n int) {
		var ms []string
		for i := range n {
			ms = append(ms, device1(fmt.Sprintf("urn:uuid:%v-%d", from, i), "dn:NetworkVideoTransmitter", "", ""))
		}
		for part := range slices.Chunk(ms, maxMatches) {
			a.take(heard{datagram: datagram{from: from, data: []byte(match("x", part...))}, way: w})
		}
	}
	host := netip.MustParseAddr("10.1.0.1")
	for range 30 {
		tell(host, maxPerHost+10)
		host = host.Next()
	}
	if a.crowded.n == 0 || a.crowded.err("x") == nil {
		t.Error("nobody is told what was dropped")
	}
	if a.full == nil || len(got) != maxFound+30 {
		t.Errorf("%d taken, %v", len(got), a.full)
	}
	before := len(got)
	tell(netip.MustParseAddr("10.1.9.9"), 1)
	if len(got) != before+1 || got[before].Address != "10.1.9.9:80" {
		t.Error("a camera is hidden by others' inventions")
	}
}

// Several devices behind one address, one device at several ports and in
// several spellings: all is told as the wire says it.
func TestDiscoverTellsWhatTheWireSays(t *testing.T) {
	r := answerProbes(t, "127.0.0.26", func(_, id string) []string {
		nvt := "dn:NetworkVideoTransmitter"
		return []string{
			match(id, device1("urn:uuid:channel-1", nvt, "", "http://127.0.0.26:8001/onvif/device_service"), device1("urn:uuid:channel-2", nvt, "", "http://127.0.0.26:8002/onvif/device_service")),
			match(id, device1("urn:uuid:channel-3", nvt, "", "http://127.0.0.26:8001/onvif/device_service")),
			match(id, device1("URN:UUID:CHANNEL-3", nvt, "", "http://127.0.0.26:8001/onvif/device_service")),
			match(id, device1("uuid:channel-3", nvt, "", "http://127.0.0.26:8001/onvif/device_service")),
			match("uuid:"+strings.ToUpper(strings.TrimPrefix(id, "urn:uuid:")), device1("urn:uuid:loud", nvt, "", "")),
		}
	})
	got, err := searchFor(t, devices.Search{Interfaces: []string{"lo"}, Unicast: []string{"127.0.0.26"}, Timeout: 600 * time.Millisecond}, r.port)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, f := range got {
		all = append(all, fmt.Sprintf("%s %s %s", f.How, f.Endpoint, strings.TrimPrefix(f.Address, "127.0.0.26:")))
	}
	slices.Sort(all)
	var want []string
	for _, how := range []string{"multicast", "unicast"} {
		for _, e := range []string{"URN:UUID:CHANNEL-3 8001", "urn:uuid:channel-1 8001", "urn:uuid:channel-2 8002", "urn:uuid:channel-3 8001", "urn:uuid:loud 80", "uuid:channel-3 8001"} {
			want = append(want, how+" "+e)
		}
	}
	if !slices.Equal(all, want) {
		t.Errorf("told\n%s\nwant\n%s", strings.Join(all, "\n"), strings.Join(want, "\n"))
	}
}
