package agent

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy/rules"
	"github.com/lensdop/lensdop/policy/wire"
)

const (
	macA = "00:53:00:00:00:0a"
	macB = "00:53:00:00:00:0b"
)

func (g *gateway) bring(t *testing.T, fs ...devices.Found) {
	t.Helper()
	for i := range fs {
		if fs[i].How == "" {
			fs[i].How = devices.HowMulticast
		}
	}
	if _, err := g.takeIn(t.Context(), fs); err != nil {
		t.Fatal(err)
	}
}

// fact is what the rules get to know of the device at an address.
func (g *gateway) fact(t *testing.T, address string) rules.Found {
	t.Helper()
	for _, f := range g.foundFacts() {
		if f.Address == address {
			return f
		}
	}
	t.Fatalf("nothing is known of %s among %+v", address, g.foundDevices())
	return rules.Found{}
}

func TestARestartMakesNoDeviceNew(t *testing.T) {
	dir := t.TempDir()
	first := time.Now().Add(-time.Hour).Truncate(time.Second)
	g := newGateway(t, config(dir, 1), Parts{})
	g.take(t, document(1))
	g.bring(t, devices.Found{Endpoint: boxID, Address: "127.0.0.2:80", MAC: macA, FirstSeen: first, LastSeen: first})
	g.close(t)
	g = newGateway(t, config(dir, 1), Parts{})
	defer g.close(t)
	before := count(g.events(t), wire.EventDevice, "")
	g.bring(t, devices.Found{Endpoint: boxID, Address: "127.0.0.2:80", MAC: macA})
	if f := g.fact(t, "127.0.0.2:80"); !f.FirstSeen.Equal(first) || !f.LastSeen.After(first) {
		t.Errorf("first seen %s, last %s; want %s and now", f.FirstSeen, f.LastSeen, first)
	}
	if n := count(g.events(t), wire.EventDevice, ""); n != before {
		t.Errorf("%d events more", n-before)
	}
	// It is still known that this is another one.
	g.bring(t, devices.Found{Endpoint: boxID, Address: "127.0.0.2:80", MAC: macB})
	if c := g.fact(t, "127.0.0.2:80").Conflict; c == nil || c.Kind != rules.ConflictMAC || c.Other != macA {
		t.Errorf("conflict %+v", c)
	}
}

func TestConflicts(t *testing.T) {
	mine := devices.Found{Endpoint: boxID, Address: "127.0.0.2:80", MAC: macA}
	other := devices.Found{Endpoint: boxID, Address: "127.0.0.66:80", MAC: macB}
	for _, x := range []struct {
		name     string
		searches [][]devices.Found
		at       string // that is asked about
		want     rules.ConflictKind
		events   int
	}{
		{"itself again", [][]devices.Found{{mine}, {mine}}, "127.0.0.2:80", "", 0},
		{"it moves", [][]devices.Found{{mine}, {{Endpoint: boxID, Address: "127.0.0.3:80", MAC: macA}}}, "127.0.0.3:80", "", 0},
		{"another beside it", [][]devices.Found{{mine}, {other, mine}, {mine, other}}, "127.0.0.2:80", rules.ConflictTwice, 1},
		{"another beside it, gone again", [][]devices.Found{{mine}, {other, mine}, {mine}}, "127.0.0.2:80", "", 1},
		{"another in its place", [][]devices.Found{{mine}, {other}, {other}}, "127.0.0.66:80", rules.ConflictMAC, 1},
		{"two ways to one box", [][]devices.Found{{mine, {Endpoint: boxID, Address: "127.0.0.3:80", MAC: macA}}}, "127.0.0.2:80", "", 0},
		{
			"another takes its address",
			[][]devices.Found{{mine}, {{Endpoint: "urn:uuid:x", Address: "127.0.0.2:80", MAC: macB}}, {{Endpoint: "urn:uuid:x", Address: "127.0.0.2:80", MAC: macB}}},
			"", rules.ConflictAddress, 1,
		},
		{
			"another takes its address while it moves",
			[][]devices.Found{{mine}, {{Endpoint: "urn:uuid:x", Address: "127.0.0.2:80", MAC: macB}, {Endpoint: boxID, Address: "127.0.0.3:80", MAC: macA}}},
			"127.0.0.2:80", "", 0,
		},
	} {
		t.Run(x.name, func(t *testing.T) {
			g := newGateway(t, config(t.TempDir(), 1), Parts{})
			defer g.close(t)
			g.take(t, document(1))
			for _, s := range x.searches {
				g.bring(t, s...)
			}
			var c *rules.Conflict
			if x.at != "" {
				c = g.fact(t, x.at).Conflict
			} else {
				for _, f := range g.foundFacts() {
					if f.Endpoint == "urn:uuid:x" {
						c = f.Conflict
					}
				}
			}
			if got := c; (got == nil) != (x.want == "") || got != nil && got.Kind != x.want {
				t.Errorf("conflict %+v, want %q", got, x.want)
			}
			events := g.events(t)
			if n := count(events, wire.EventConflict, ""); n != x.events {
				t.Errorf("%d events, want %d", n, x.events)
			}
			for _, e := range events {
				var told wire.Conflict
				if e.Type == wire.EventConflict && (json.Unmarshal(e.Data, &told) != nil || told.Kind == "" || told.Other == "") {
					t.Errorf("told %s", e.Data)
				}
			}
		})
	}
}

// A camera that was set back to its factory settings has another endpoint and
// the hardware that it had.
func TestFactoryReset(t *testing.T) {
	g := newGateway(t, config(t.TempDir(), 1), Parts{})
	defer g.close(t)
	first := time.Now().Add(-time.Hour).Truncate(time.Second)
	g.bring(t, devices.Found{Endpoint: "urn:uuid:old", Address: "127.0.0.2:80", MAC: macA, FirstSeen: first})
	g.bring(t, devices.Found{Endpoint: "urn:uuid:new", Address: "127.0.0.9:80", MAC: macA})
	all := g.foundDevices()
	if len(all) != 1 || all[0].Endpoint != "urn:uuid:new" || !all[0].FirstSeen.Equal(first) {
		t.Errorf("%+v", all)
	}
	seen, err := g.db.Seen(t.Context())
	if _, old := seen["old"]; err != nil || old || len(seen) != 1 {
		t.Errorf("remembered %+v, %v", seen, err)
	}
	// Two that answer at once are two, whatever their hardware address.
	g.bring(t, devices.Found{Endpoint: "urn:uuid:new", Address: "127.0.0.9:80", MAC: macA}, devices.Found{Endpoint: "urn:uuid:second", Address: "127.0.0.9:80", MAC: macA})
	if n := len(g.foundDevices()); n != 2 {
		t.Errorf("%d devices", n)
	}
}

func TestHintsGrowIntoADevice(t *testing.T) {
	g := newGateway(t, config(t.TempDir(), 1), Parts{})
	defer g.close(t)
	rtsp := devices.Found{Address: "127.0.0.2:554", How: devices.HowRTSP, Hints: []devices.Hint{{Kind: devices.HintRTSP, Text: "server"}}}
	first := time.Now().Add(-time.Hour).Truncate(time.Second)
	rtsp.FirstSeen = first
	g.bring(t, rtsp)
	g.bring(t, devices.Found{Address: "127.0.0.2", MAC: macA, How: devices.HowNeighbour})
	g.bring(t, devices.Found{Endpoint: "urn:uuid:x", Address: "127.0.0.2:80"})
	g.bring(t, rtsp)
	g.bring(t, devices.Found{Address: "127.0.0.7", MAC: macB, How: devices.HowNeighbour}) // no sign of a camera
	all := g.foundDevices()
	if len(all) != 1 || all[0].Endpoint != "urn:uuid:x" || all[0].Address != "127.0.0.2:80" || !all[0].FirstSeen.Equal(first) || len(all[0].Hints) != 1 {
		t.Errorf("%+v", all)
	}
}

// Whoever makes devices up pushes out nothing that was there.
func TestMadeUpDevicesPushOutNothingReal(t *testing.T) {
	g := newGateway(t, config(t.TempDir(), 1), Parts{})
	defer g.close(t)
	g.take(t, document(1))
	long := time.Now().Add(-time.Hour)
	g.bring(t,
		devices.Found{Endpoint: boxID, Address: "127.0.0.2:80"},
		devices.Found{Endpoint: "urn:uuid:hidden", Address: "127.0.0.3:80", FirstSeen: long},
		devices.Found{Endpoint: "urn:uuid:logged-in", Address: "127.0.0.4:80"},
		devices.Found{Endpoint: "urn:uuid:speaks", Address: "127.0.0.5:80"},
	)
	g.mu.Lock()
	g.boxes["logged-in"].lenses = 1
	g.boxes["speaks"].reach = devices.ReachNoLogin
	g.mu.Unlock()
	left := 0
	for round := range 3 {
		var fs []devices.Found
		for i := range maxBoxes {
			fs = append(fs, devices.Found{Endpoint: fmt.Sprintf("urn:uuid:made-up-%d-%d", round, i), Address: "127.0.0.66:80", How: devices.HowMulticast})
		}
		n, err := g.takeIn(t.Context(), fs)
		if err != nil {
			t.Fatal(err)
		}
		left += n
	}
	all := map[string]bool{}
	for _, f := range g.foundDevices() {
		all[f.Endpoint] = true
	}
	if len(all) > maxBoxes || left == 0 {
		t.Errorf("%d devices, %d left out", len(all), left)
	}
	for _, e := range []string{boxID, "urn:uuid:hidden", "urn:uuid:logged-in", "urn:uuid:speaks"} {
		if !all[e] {
			t.Errorf("%s was pushed out", e)
		}
	}
	if n := count(g.events(t), wire.EventDevice, ""); n > 4+tellBurst {
		t.Errorf("%d events", n)
	}
	// The rules hear that not everything was looked at.
	if err := g.takeSearch(t.Context(), searched{found: func() (fs []devices.Found) {
		for i := range 2 * maxBoxes {
			fs = append(fs, devices.Found{Endpoint: fmt.Sprintf("urn:uuid:again-%d", i), Address: "127.0.0.66:80", How: devices.HowMulticast})
		}
		return fs
	}()}); err != nil {
		t.Fatal(err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.scans) == 0 || g.scans[0].OK || !strings.Contains(g.scans[0].Why, "more than") {
		t.Errorf("scans %+v", g.scans)
	}
}

func TestForgottenInTheEnd(t *testing.T) {
	g := newGateway(t, config(t.TempDir(), 1), Parts{})
	defer g.close(t)
	g.take(t, document(1))
	old := time.Now().Add(-forgetAfter - time.Hour)
	g.bring(t, devices.Found{Endpoint: boxID, Address: "127.0.0.2:80", LastSeen: old}, devices.Found{Endpoint: "urn:uuid:gone", Address: "127.0.0.3:80", LastSeen: old})
	g.bring(t)
	if all := g.foundDevices(); len(all) != 1 || all[0].Endpoint != boxID {
		t.Errorf("%+v, want the registered one only", all)
	}
}
