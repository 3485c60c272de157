package agent

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestExampleConfigLoads(t *testing.T) {
	c, err := LoadConfig("../deploy/agent.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if c.Agent != "gw-de-polder" || len(c.Readers.Lines) != 2 || c.Server.Broker == "" || c.State != "/var/lib/lensdop-agent" {
		t.Errorf("read %+v", c)
	}
	if d := c.Discovery; !d.Listen || d.Sweep || d.Rate != 0 {
		t.Errorf("discovery %+v", d)
	}
}

const minimal = "agent: gw\nsite: s\nstate: st\nprotocol: p.yaml\n"

func TestConfigErrorsSayWhereAndWhat(t *testing.T) {
	for name, x := range map[string]struct {
		text string
		want []string
	}{
		"unknown key":         {minimal + "sate: x\n", []string{"[5:1]", "sate"}},
		"unknown nested key":  {minimal + "discovery:\n  subnet: [10.0.0.0/8]\n", []string{"[6:3]", "subnet"}},
		"duration":            {minimal + "every:\n  check: soon\n", []string{"soon", "90s"}},
		"too short":           {minimal + "every: {retry: 1ms}\n", []string{"every.retry"}},
		"empty":               {"", []string{"empty"}},
		"no agent":            {"site: s\nstate: st\nprotocol: p\n", []string{"agent"}},
		"agent as topic":      {"agent: a/b\nsite: s\nstate: st\nprotocol: p\n", []string{"agent", "lower-case"}},
		"nothing to check":    {"agent: gw\nsite: s\nstate: st\n", []string{"protocol", "server.broker"}},
		"server without keys": {"agent: gw\nsite: s\nstate: st\nserver: {broker: \"tcp://127.0.0.1:1\"}\n", []string{"server.keys"}},
		"broker in clear":     {"agent: gw\nsite: s\nstate: st\nserver: {broker: \"tcp://policy.example:1883\", keys: [\"ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"]}\n", []string{"server.broker", "ssl://"}},
		"bad key":             {"agent: gw\nsite: s\nstate: st\nserver: {broker: \"tcp://127.0.0.1:1\", keys: [\"ed25519:AAAA\"]}\n", []string{"server.keys", "bytes"}},
		"subnet":              {minimal + "discovery: {subnets: [10.0.0.5]}\n", []string{"10.0.0.5", "/24"}},
		"sweep of nothing":    {minimal + "discovery: {sweep: true}\n", []string{"discovery.sweep", "discovery.subnets"}},
		"rate":                {minimal + "discovery: {rate: 100000}\n", []string{"discovery.rate", "10000"}},
		"baud":                {minimal + "readers: {lines: [{port: /dev/x}]}\n", []string{"baud"}},
		"all at once":         {"site: s\nprotocol: p\n", []string{"agent", "state"}},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "agent.yaml")
			if err := os.WriteFile(path, []byte(x.text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := LoadConfig(path)
			if err == nil {
				t.Fatal("was taken")
			}
			for _, w := range append(x.want, path) {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("error does not say %q: %v", w, err)
				}
			}
		})
	}
}

func TestRelativePathsAreRelativeToTheConfig(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "agent.yaml")
	if err := os.WriteFile(path, []byte(minimal), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := LoadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	if !c.Discovery.Listen {
		t.Error("a config that does not say does not listen")
	}
	if c.Protocol != filepath.Join(dir, "p.yaml") || c.State != filepath.Join(dir, "st") {
		t.Errorf("paths %q %q", c.Protocol, c.State)
	}
}

func FuzzLoadConfig(f *testing.F) {
	f.Add([]byte(minimal))
	f.Add([]byte("a: &a [*a]\n"))
	f.Add([]byte("every: {check: 5m}\nreaders: {lines: [{}]}\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "agent.yaml")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if c, err := LoadConfig(path); err == nil && c.check() != nil {
			t.Error("a config that does not hold was taken")
		}
	})
}
