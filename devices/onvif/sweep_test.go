package onvif

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lensdop/lensdop/devices"
	"pgregory.net/rapid"
)

func prefixes(t interface{ Fatal(...any) }, texts ...string) []netip.Prefix {
	p, err := parseSubnets(texts)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestSweepAddresses(t *testing.T) {
	for _, c := range []struct {
		name    string
		subnets []string
		total   int
		first   string
		last    string
		err     string
	}{
		{"a usual network", []string{"198.51.100.0/24"}, 254, "198.51.100.1", "198.51.100.254", ""},
		{"a host's own bits", []string{"198.51.100.77/30"}, 2, "198.51.100.77", "198.51.100.78", ""},
		{"two hosts and no broadcast", []string{"198.51.100.8/31"}, 2, "198.51.100.8", "198.51.100.9", ""},
		{"one host", []string{"198.51.100.8/32"}, 1, "198.51.100.8", "198.51.100.8", ""},
		{"the largest", []string{"10.7.0.0/16"}, 65534, "10.7.0.1", "10.7.255.254", ""},
		{"one in another is asked once", []string{"198.51.100.0/26", "198.51.100.0/24", "198.51.100.200/32"}, 254, "198.51.100.1", "198.51.100.254", ""},
		{"of IPv4 in IPv6's writing", []string{"::ffff:198.51.100.0/126"}, 2, "198.51.100.1", "198.51.100.2", ""},
		{"the last there are", []string{"223.255.255.252/30"}, 2, "223.255.255.253", "223.255.255.254", ""},
		{"too large", []string{"10.0.0.0/15", "198.51.100.0/30"}, 2, "198.51.100.1", "198.51.100.2", "10.0.0.0/15 is not swept: it has over 65536 addresses; name the parts with cameras as subnets of /16 or smaller, such as 10.0.0.0/24"},
		{"IPv6", []string{"2001:db8::/120"}, 0, "", "", "ask its cameras one by one"},
		{"multicast", []string{"239.255.255.0/24"}, 0, "", "", "no addresses of devices"},
		{"broadcast", []string{"255.255.255.255/32"}, 0, "", "", "no addresses of devices"},
		{"none", nil, 0, "", "", "a sweep needs subnets"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, err := newSweep(prefixes(t, c.subnets...))
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Fatalf("error %v, want %q", err, c.err)
			}
			if w == nil {
				return
			}
			var all []netip.Addr
			for a := range w.addresses() {
				all = append(all, a)
			}
			if len(all) != c.total || w.total != c.total {
				t.Fatalf("%d addresses, planned %d, want %d", len(all), w.total, c.total)
			}
			if c.total > 0 && (all[0].String() != c.first || all[len(all)-1].String() != c.last) {
				t.Errorf("from %v to %v", all[0], all[len(all)-1])
			}
		})
	}
}

// Whatever the subnets: every address that is asked lies in one, and no address
// is asked twice in a round.
func TestSweepStaysInside(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var texts []string
		for range rapid.IntRange(1, 5).Draw(t, "n") {
			texts = append(texts, fmt.Sprintf("10.%d.%d.%d/%d", rapid.IntRange(0, 2).Draw(t, "a"), rapid.IntRange(0, 3).Draw(t, "b"),
				rapid.IntRange(0, 255).Draw(t, "c"), rapid.IntRange(22, 32).Draw(t, "bits")))
		}
		subnets := prefixes(t, texts...)
		w, err := newSweep(subnets)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[netip.Addr]bool{}
		for a := range w.addresses() {
			if !within(a, subnets) || seen[a] {
				t.Fatalf("%v in %v, seen %v", a, texts, seen[a])
			}
			seen[a] = true
		}
	})
}

func TestSweepSkipsOwnBroadcast(t *testing.T) {
	w, err := newSweep(prefixes(t, "127.255.255.252/30", "127.0.0.0/31"))
	if err != nil {
		t.Fatal(err)
	}
	w.skip = map[netip.Addr]bool{netip.MustParseAddr("127.255.255.254"): true}
	if got := slices.Collect(w.addresses()); len(got) != 3 {
		t.Errorf("asks %v", got)
	}
	if own := ownBroadcasts(); !own[netip.MustParseAddr("127.255.255.255")] || !own[netip.MustParseAddr("127.0.0.0")] || own[netip.MustParseAddr("127.0.0.1")] {
		t.Errorf("own broadcasts are %v", own)
	}
}

// Time is the test's own here: the rate is exact.
func TestSweepKeepsItsRate(t *testing.T) {
	for _, c := range []struct{ rate, perSecond int }{{0, DefaultSweepRate}, {-1, DefaultSweepRate}, {50, 50}, {1000, 1000}} {
		t.Run(fmt.Sprint(c.rate), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, err := newSweep(prefixes(t, "198.51.100.0/28"))
				if err != nil {
					t.Fatal(err)
				}
				answers := netip.MustParseAddr("198.51.100.5")
				var at []time.Time
				times := map[netip.Addr]int{}
				asked, of := 0, 0
				err = w.run(t.Context(), c.rate, func(_ []byte, to netip.Addr) error {
					at = append(at, time.Now())
					if len(at) == 7 {
						time.Sleep(3 * time.Second) // a busy system
					}
					times[to]++
					if to == answers {
						w.heard(to)
					}
					return nil
				}, [][]byte{[]byte("typed"), []byte("bare")}, func(a, o int) { asked, of = a, o })
				if err != nil {
					t.Fatal(err)
				}
				for i := 1; i < len(at); i++ {
					if gap := at[i].Sub(at[i-1]); gap < time.Second/time.Duration(c.perSecond) {
						t.Fatalf("datagram %d after %v", i, gap)
					}
				}
				// The one that answered is not asked again.
				if times[answers] != 2 || times[netip.MustParseAddr("198.51.100.6")] != 4 || len(times) != 14 {
					t.Errorf("asked %v", times)
				}
				if asked != 28 || of != 28 {
					t.Errorf("progress ended at %d of %d", asked, of)
				}
			})
		})
	}
}

func TestSweepEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, err := newSweep(prefixes(t, "10.7.0.0/16"))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		sent := 0
		err = w.run(ctx, 100, func([]byte, netip.Addr) error { sent++; return nil }, [][]byte{nil}, func(int, int) {})
		if err != nil || sent < 99 || sent > 101 {
			t.Errorf("sent %d, %v", sent, err)
		}
	})
}

// What cannot be asked stops nothing and is told once.
func TestSweepTellsWhatItCouldNotAsk(t *testing.T) {
	w, err := newSweep(prefixes(t, "198.51.100.0/28"))
	if err != nil {
		t.Fatal(err)
	}
	bad := errors.New("network is unreachable")
	sent := 0
	err = w.run(t.Context(), 1e6, func(_ []byte, to netip.Addr) error {
		sent++
		if to.As4()[3] < 3 {
			return bad
		}
		return nil
	}, [][]byte{nil}, func(int, int) {})
	if !errors.Is(err, bad) || !strings.Contains(err.Error(), "4 questions") || !strings.Contains(err.Error(), "198.51.100.1") || sent != 28 {
		t.Errorf("sent %d: %v", sent, err)
	}
}

func TestSweepFinds(t *testing.T) {
	r := answerProbes(t, "127.0.0.1", func(_, id string) []string {
		return []string{match(id, device1("urn:uuid:swept", "dn:NetworkVideoTransmitter", "", "http://127.0.0.1:8080/onvif/device_service"))}
	})
	var steps []int
	got, err := searchFor(t, devices.Search{
		Subnets: []string{"127.0.0.0/29"}, Sweep: true, Rate: 2000,
		Progress: func(asked, of int) { steps = append(steps, asked); _ = of },
	}, r.port)
	// The responder listens on all addresses and answers from 127.0.0.1.
	if err != nil || len(got) != 1 || got[0].Address != "127.0.0.1:8080" || got[0].How != devices.HowUnicast || got[0].Interface != "lo" {
		t.Errorf("found %+v, %v", got, err)
	}
	if len(steps) == 0 || !slices.IsSorted(steps) || steps[len(steps)-1] != 12 {
		t.Errorf("progress %v", steps)
	}
}

func TestSweepRefusesThroughTheDriver(t *testing.T) {
	err := Driver(Options{}).Discover(t.Context(), devices.Search{Sweep: true, Subnets: []string{"10.0.0.0/8"}, Timeout: time.Millisecond}, func(devices.Found) {})
	if de, ok := errors.AsType[*devices.Error](err); !ok || !strings.Contains(de.Error(), "such as 10.0.0.0/24") {
		t.Errorf("got %v", err)
	}
	if _, err := parseSubnets([]string{"::ffff:0.0.0.0/90"}); err == nil {
		t.Error("a subnet of all of IPv4 and more is taken")
	}
}
