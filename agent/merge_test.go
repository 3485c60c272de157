package agent

import (
	"fmt"
	"slices"
	"testing"

	"github.com/lensdop/lensdop/devices"
)

func TestMerge(t *testing.T) {
	const a, b = "00:53:00:00:00:0a", "00:53:00:00:00:0b"
	hint := func(address, mac string, how devices.How, texts ...string) devices.Found {
		f := devices.Found{Address: address, MAC: mac, How: how}
		for _, s := range texts {
			f.Hints = append(f.Hints, devices.Hint{Kind: devices.HintRTSP, Text: s})
		}
		return f
	}
	named := func(endpoint, address string, how devices.How) devices.Found {
		return devices.Found{Endpoint: endpoint, Address: address, How: how}
	}
	for _, x := range []struct {
		name  string
		found []devices.Found
		want  []string // address, endpoint, MAC, how, hints; rivals
	}{
		{
			"one endpoint by two ways, and what the network knows of it",
			[]devices.Found{
				hint("192.0.2.7:554", a, devices.HowRTSP, "x"), named("urn:uuid:E", "192.0.2.7:80", devices.HowUnicast),
				named("uuid:e", "192.0.2.7:8080", devices.HowMulticast), hint("192.0.2.7", a, devices.HowNeighbour, "y", "x"),
			},
			[]string{"192.0.2.7:8080 uuid:e " + a + " multicast [x y] []"},
		},
		{
			"hints about one address",
			[]devices.Found{hint("192.0.2.7:554", "", devices.HowRTSP, "x"), hint("192.0.2.7", a, devices.HowNeighbour), hint("192.0.2.7", "", devices.HowMDNS, "z")},
			[]string{"192.0.2.7:554  " + a + " rtsp [x z] []"},
		},
		{
			"one box at two addresses",
			[]devices.Found{hint("192.0.2.7:554", a, devices.HowRTSP), hint("192.0.2.8:554", a, devices.HowRTSP)},
			[]string{"192.0.2.7:554  " + a + " rtsp [] []"},
		},
		{
			"an address that changes hands is two boxes",
			[]devices.Found{hint("192.0.2.7:554", a, devices.HowRTSP), hint("192.0.2.7:554", b, devices.HowRTSP)},
			[]string{"192.0.2.7:554  " + a + " rtsp [] []", "192.0.2.7:554  " + b + " rtsp [] []"},
		},
		{
			"a router that answers for many",
			[]devices.Found{
				hint("192.0.2.1:554", a, devices.HowRTSP), hint("192.0.2.2:554", a, devices.HowRTSP),
				hint("192.0.2.3:554", a, devices.HowRTSP), hint("192.0.2.4:554", a, devices.HowRTSP),
			},
			[]string{"192.0.2.1:554   rtsp [] []", "192.0.2.2:554   rtsp [] []", "192.0.2.3:554   rtsp [] []", "192.0.2.4:554   rtsp [] []"},
		},
		{
			"a recorder answers for its cameras",
			[]devices.Found{named("e1", "192.0.2.7:80", devices.HowMulticast), named("e2", "192.0.2.7:80", devices.HowMulticast), hint("192.0.2.7:554", a, devices.HowRTSP, "x")},
			[]string{"192.0.2.7:80 e1 " + a + " multicast [x] []", "192.0.2.7:80 e2 " + a + " multicast [x] []"},
		},
		{
			"two at one host without a name are two",
			[]devices.Found{named("", "192.0.2.7:80", devices.HowUnicast), named("", "192.0.2.7:81", devices.HowUnicast)},
			[]string{"192.0.2.7:80   unicast [] []", "192.0.2.7:81   unicast [] []"},
		},
		{
			"two under one name",
			[]devices.Found{named("e", "192.0.2.66:80", devices.HowMulticast), named("e", "192.0.2.7:80", devices.HowMulticast), named("e", "192.0.2.66:80", devices.HowUnicast)},
			[]string{"192.0.2.7:80 e  multicast [] [192.0.2.66:80]"},
		},
		{
			"a way that this build does not know counts least",
			[]devices.Found{named("e", "192.0.2.7:81", "telepathy"), named("e", "192.0.2.7:80", devices.HowHello)},
			[]string{"192.0.2.7:80 e  hello [] []"},
		},
	} {
		t.Run(x.name, func(t *testing.T) {
			// However the answers come in, the same boxes come out.
			for range len(x.found) {
				routers := map[string]bool{}
				for _, mac := range answerForMany(x.found) {
					routers[mac] = true
				}
				var got []string
				for _, g := range merge(x.found, routers, func(f devices.Found) bool { return f.Address == "192.0.2.7:80" && f.Endpoint == "e" }) {
					var hints, rivals []string
					for _, h := range g.Hints {
						hints = append(hints, h.Text)
					}
					for _, r := range g.rivals {
						rivals = append(rivals, r.Address)
					}
					slices.Sort(hints)
					got = append(got, fmt.Sprintf("%s %s %s %s %v %v", g.Address, g.Endpoint, g.MAC, g.How, hints, rivals))
				}
				slices.Sort(got)
				if x.name == "one box at two addresses" && len(got) == 1 {
					got[0] = x.want[0] // either address
				}
				if !slices.Equal(got, x.want) {
					t.Errorf("%q, want %q", got, x.want)
				}
				x.found = append(x.found[1:], x.found[0])
			}
		})
	}
}

func TestTidy(t *testing.T) {
	for address, want := range map[string]bool{"192.0.2.7:80": true, "192.0.2.7": true, "[2001:db8::7]:80": true, "2001:db8::7": true, "camera.example:80": false, "": false, ":80": false} {
		if _, ok := tidy(devices.Found{Address: address}); ok != want {
			t.Errorf("%q: %v", address, ok)
		}
	}
	for mac, want := range map[string]string{
		"00-53-00-AB-CD-EF": "00:53:00:ab:cd:ef", "0053.00ab.cdef": "00:53:00:ab:cd:ef", "00:00:00:00:00:00": "", "ff:ff:ff:ff:ff:ff": "", "01:00:5e:00:00:01": "", "x": "",
	} {
		if got := normalMAC(mac); got != want {
			t.Errorf("%s: %q, want %q", mac, got, want)
		}
	}
	var many []string
	for range 1000 {
		many = append(many, string(make([]byte, 1000)))
	}
	f, _ := tidy(devices.Found{Address: "192.0.2.7:80", Scopes: many, XAddrs: many, Types: many, Hints: make([]devices.Hint, 1000)})
	if len(f.Scopes) != maxWords || len(f.XAddrs) != maxWords || len(f.Types) != maxWords || len(f.Scopes[0]) > maxSaid || len(f.Hints) != maxHints {
		t.Errorf("not bounded: %d scopes of %d bytes, %d hints", len(f.Scopes), len(f.Scopes[0]), len(f.Hints))
	}
}

func FuzzMerge(f *testing.F) {
	f.Add("e", "192.0.2.7:80", "00:53:00:00:00:0a", "", "192.0.2.7", "", byte(0))
	f.Add("e", "192.0.2.7:80", "", "e", "192.0.2.8:80", "", byte(9))
	f.Add("", "[::1]:80", "x", "", "::1", "0", byte(20))
	f.Fuzz(func(t *testing.T, e1, a1, m1, e2, a2, m2 string, how byte) {
		var clean []devices.Found
		for i, x := range []devices.Found{{Endpoint: e1, Address: a1, MAC: m1}, {Endpoint: e2, Address: a2, MAC: m2}} {
			x.How = hows()[(int(how)+i*7)%len(hows())]
			if y, ok := tidy(x); ok {
				clean = append(clean, y)
			}
		}
		list := merge(clean, nil, func(devices.Found) bool { return false })
		if len(list) > len(clean) || len(clean) > 0 && len(list) == 0 {
			t.Fatalf("%d of %d", len(list), len(clean))
		}
		keys := map[string]bool{}
		for _, g := range list {
			if k := deviceKey(g.Found); keys[k] {
				t.Fatalf("two devices under %q", k)
			} else {
				keys[k] = true
			}
		}
	})
}
