package gateway

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/lensdop/lensdop/agent"
	"github.com/lensdop/lensdop/devices"
)

func TestPrintDiscovered(t *testing.T) {
	now := time.Date(2026, 3, 18, 12, 0, 0, 0, time.UTC)
	long := strings.Repeat("é\x1b[2J", 200)
	found := agent.Discovery{At: now, Judged: true, Devices: []agent.Discovered{
		{Address: "192.0.2.7:80", Name: "Hal", State: devices.ReachUp, Interface: "eth1", FirstSeen: now, Judged: true, Cameras: []string{"hal-noord", "hal-zuid"}},
		{Address: "192.0.2.8:80", State: devices.ReachNoLogin, How: devices.HowUnicast, FirstSeen: now.AddDate(0, -1, 0), Judged: true, Device: "recorder"},
		{
			Address: "198.51.100.200:65535", Name: long, State: devices.ReachUnreachable, Interface: long, FirstSeen: now, Judged: true, Endpoint: long, MAC: "00:53:00:00:00:0a",
			Hints: []devices.Hint{{Kind: devices.HintRTSP}, {Kind: devices.HintOUI, Text: long}, {Kind: devices.HintLLDP, Text: "switch 1 port 7"}},
		},
	}}
	var b strings.Builder
	if err := printDiscovered(&b, found, time.UTC); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 100 || strings.ContainsAny(strings.TrimSuffix(line, "\n"), "\x1b\r") {
			t.Errorf("%d characters: %q", n, line)
		}
	}
	for _, want := range []string{
		"hal-noord hal-zuid", "12:00:00", "2026-02-18", "recorder", "NOT REGISTERED", "speaks RTSP\n", "maker by MAC: ", "seen from: switch 1 port 7",
		"MAC address 00:53:00:00:00:0a", "endpoint ", "3 devices, 1 not in the register",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, &b)
		}
	}
	r, w := io.Pipe()
	if err := errors.Join(r.Close(), printDiscovered(w, found, time.UTC)); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a reader that is gone: %v", err)
	}
	b.Reset()
	if err := printDiscovered(&b, agent.Discovery{At: now}, time.UTC); err != nil || b.String() != "no device answered\n" {
		t.Errorf("%q, %v", &b, err)
	}
}

func TestPrintNotSearched(t *testing.T) {
	var b strings.Builder
	if err := printNotSearched(&b, agent.Discovery{NotSearched: []agent.Unsearched{{Interface: "eth9", Why: "gone"}, {Driver: "onvif", Why: "busy"}}}); err != nil {
		t.Fatal(err)
	}
	if want := "NOT SEARCHED  interface eth9: gone\nNOT SEARCHED  onvif: busy\n"; b.String() != want {
		t.Errorf("%q, want %q", &b, want)
	}
}

// A pipe gets no line that changes.
func TestProgressIsForTerminals(t *testing.T) {
	if isTerminal(&strings.Builder{}) {
		t.Error("a buffer is no terminal")
	}
	var b strings.Builder
	p := startProgress(&b, agent.DiscoveryConfig{Interfaces: []string{"eth1"}, Sweep: true, Subnets: []string{"192.0.2.0/24"}})
	p.found(devices.Found{Address: "192.0.2.7:80"})
	p.found(devices.Found{Address: "192.0.2.7:554"})
	p.found(devices.Found{Address: "[2001:db8::7]:80"})
	p.found(devices.Found{Address: "[2001:db8::8]:80"})
	p.found(devices.Found{Address: "192.0.2.9", How: devices.HowNeighbour, MAC: "00:53:00:00:00:09"}) // somebody's telephone
	p.stop()
	if s := b.String(); !strings.Contains(s, "searching eth1, 192.0.2.0/24") || !strings.HasSuffix(s, "\r\x1b[K") {
		t.Errorf("%q", s)
	}
	if len(p.seen) != 3 {
		t.Errorf("%d addresses answered: %v", len(p.seen), p.seen)
	}
}

// Whoever types something that cannot be searched is told what can.
func TestDiscoverRefuses(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "agent.yaml")
	broken := filepath.Join(t.TempDir(), "agent.yaml")
	if err := os.WriteFile(broken, []byte("agnt: gw\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no time to answer":      {[]string{"--unicast", "127.0.0.1:9", "--timeout", "0s"}, "--timeout 0s"},
		"less than no time":      {[]string{"--unicast", "127.0.0.1:9", "--timeout", "-3s"}, "--timeout -3s"},
		"a config that is not":   {[]string{"--interface", "lo", "--config", missing}, missing},
		"a config that is wrong": {[]string{"--interface", "lo", "--config", broken}, `unknown field "agnt"`},
		"no subnet":              {[]string{"--subnet", "192.0.2.0/33", "--sweep"}, `"192.0.2.0/33" is no subnet`},
		"no such interface":      {[]string{"--interface", "nosuch0"}, "interface nosuch0"},
		"an argument":            {[]string{"eth1"}, `"eth1"`},
	} {
		t.Run(name, func(t *testing.T) {
			var out, said strings.Builder
			if code := Main(t.Context(), append([]string{"discover"}, c.args...), &out, &said); code != ExitFailed || !strings.Contains(said.String(), c.want) || out.Len() > 0 {
				t.Errorf("exit code %d, %q, %q; want %q", code, &said, &out, c.want)
			}
		})
	}
	if _, err := os.Stat("/etc/lensdop/agent.yaml"); err == nil {
		t.Skip("this machine has a config: what is said without one is not tried")
	}
	var out, said strings.Builder
	if code := Main(t.Context(), []string{"discover"}, &out, &said); code != ExitFailed || !strings.Contains(said.String(), "--sweep") || !strings.Contains(said.String(), "/etc/lensdop/agent.yaml") {
		t.Errorf("exit code %d, %q", code, &said)
	}
}
