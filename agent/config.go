package agent

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/lensdop/lensdop/policy/wire"
)

// Config is agent.yaml. Every key is explained in deploy/agent.example.yaml.
type Config struct {
	Tenant string `yaml:"tenant"`
	Agent  string `yaml:"agent"`
	Site   string `yaml:"site"`
	// State is the folder of the state file and of the gateway's own key.
	State string `yaml:"state"`
	// Protocol is a protocol file to hold devices against until the server
	// has sent its own, or for a gateway without a server.
	Protocol    string `yaml:"protocol"`
	Credentials string `yaml:"credentials"` // file, see LoadCredentials
	// CredentialsKey is the file of the age identity that decrypts Credentials.
	CredentialsKey string          `yaml:"credentials_key"`
	Socket         string          `yaml:"socket"` // for status; empty means none
	Server         ServerConfig    `yaml:"server"`
	Discovery      DiscoveryConfig `yaml:"discovery"`
	// Consent lists the models that may be written to in a way that was read
	// about and not tried.
	Consent []ConsentConfig `yaml:"consent"`
	// TrySoldWith lets the agent try, now and then, whether registered devices
	// open by the login that their maker sold them with.
	TrySoldWith bool          `yaml:"try_sold_with"`
	Readers     ReadersConfig `yaml:"readers"`
	Decoder     DecoderConfig `yaml:"decoder"`
	Every       EveryConfig   `yaml:"every"`
}

// ServerConfig says where the policy server is and whose word counts.
type ServerConfig struct {
	Broker       string   `yaml:"broker"`        // tcp://host:port or ssl://host:port; empty means none
	PasswordFile string   `yaml:"password_file"` // the broker password of this agent
	Keys         []string `yaml:"keys"`          // public keys that may sign, ed25519:BASE64
	CA           string   `yaml:"ca"`            // PEM file for ssl://; empty means the system's
}

// DiscoveryConfig bounds the search for cameras.
type DiscoveryConfig struct {
	Interfaces []string `yaml:"interfaces"`
	Subnets    []string `yaml:"subnets"`
	Unicast    []string `yaml:"unicast"`
	Timeout    Duration `yaml:"timeout"`
	// Sweep asks every address of Subnets, one by one.
	Sweep bool `yaml:"sweep"`
	// Rate bounds a sweep, in questions a second; 0 means the drivers' default.
	Rate int `yaml:"rate"`
	// Listen hears what devices announce unasked; true unless the file says otherwise.
	Listen bool `yaml:"listen"`
}

// ReadersConfig lists the serial lines to listen on.
type ReadersConfig struct {
	Lines []LineConfig `yaml:"lines"`
}

// LineConfig is one serial line.
type LineConfig struct {
	Port string `yaml:"port"`
	Baud int    `yaml:"baud"`
	// Reader is the id in the protocol's register; empty if none belongs here.
	Reader string `yaml:"reader"`
}

// DecoderConfig says how key frames of H.264 and H.265 become pictures.
type DecoderConfig struct {
	FFmpeg string `yaml:"ffmpeg"` // "auto" (default), "off" or an absolute path
}

// EveryConfig holds the intervals of the loop.
type EveryConfig struct {
	Discover Duration `yaml:"discover"`
	Check    Duration `yaml:"check"`  // a full check of each camera outside windows
	Sample   Duration `yaml:"sample"` // a look inside a window; 0 means the protocol's
	Retry    Duration `yaml:"retry"`  // after something failed or is not yet shown
	Report   Duration `yaml:"report"`
}

// Duration is a time span written as Go does: 90s, 5m, 1h30m.
type Duration time.Duration

// UnmarshalYAML reads 90s, 5m, 1h30m.
func (d *Duration) UnmarshalYAML(b []byte) error {
	var s string
	if err := yaml.Unmarshal(b, &s); err != nil {
		return err
	}
	v, err := time.ParseDuration(s)
	if err != nil || v < 0 {
		return fmt.Errorf("%q is no duration; write 90s, 5m or 1h30m", s)
	}
	*d = Duration(v)
	return nil
}

const maxConfig = 1 << 20

// maxRate is the fastest sweep, in questions a second: old cameras fall over
// sooner than a network does.
const maxRate = 10_000

// LoadConfig reads and checks agent.yaml. Relative paths in it are relative to
// the file. Unknown keys are errors with their line.
func LoadConfig(path string) (Config, error) {
	b, err := readBounded(path, maxConfig)
	if err != nil {
		return Config{}, fmt.Errorf("config: %w", err)
	}
	c := Config{
		Tenant:    "default",
		Discovery: DiscoveryConfig{Timeout: Duration(3 * time.Second), Listen: true},
		Decoder:   DecoderConfig{FFmpeg: "auto"},
		Every: EveryConfig{
			Discover: Duration(time.Hour), Check: Duration(5 * time.Minute),
			Retry: Duration(5 * time.Second), Report: Duration(time.Minute),
		},
	}
	if err := yaml.NewDecoder(bytes.NewReader(b), yaml.Strict(), yaml.DisallowUnknownField()).Decode(&c); err != nil {
		if errors.Is(err, io.EOF) {
			return Config{}, fmt.Errorf("config %s is empty", path)
		}
		return Config{}, fmt.Errorf("config %s: %s", path, yaml.FormatError(err, false, true))
	}
	dir := filepath.Dir(path)
	for _, p := range []*string{&c.State, &c.Protocol, &c.Credentials, &c.CredentialsKey, &c.Socket, &c.Server.PasswordFile, &c.Server.CA} {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(dir, *p)
		}
	}
	if err := c.check(); err != nil {
		return Config{}, fmt.Errorf("config %s: %w", path, err)
	}
	return c, nil
}

func (c Config) check() error {
	var errs []error
	complain := func(format string, a ...any) { errs = append(errs, fmt.Errorf(format, a...)) }
	if err := wire.CheckID(c.Tenant); err != nil {
		complain("tenant: %w", err)
	}
	if err := wire.CheckID(c.Agent); err != nil {
		complain("agent: %w", err)
	}
	if c.Site == "" {
		complain("site is empty; name the site of the protocol that this gateway stands in")
	}
	if c.State == "" {
		complain("state is empty; name a folder that only the agent can write")
	}
	if c.Protocol == "" && c.Server.Broker == "" {
		complain("neither protocol nor server.broker is set; one of them must say what to check against")
	}
	if inClear(c.Server.Broker) {
		complain("server.broker: the agent's password would cross the network in clear; use ssl:// (tcp:// is for a broker on the gateway itself)")
	}
	if c.Server.Broker != "" && len(c.Server.Keys) == 0 {
		complain("server.keys is empty; put in the server's public key (lensdop-server key show)")
	}
	for _, k := range c.Server.Keys {
		if _, err := wire.ParseKey(k); err != nil {
			complain("server.keys: %w", err)
		}
	}
	if err := c.Discovery.Check(); err != nil {
		errs = append(errs, err)
	}
	for i, x := range c.Consent {
		if err := x.check(); err != nil {
			complain("consent[%d]: %w", i, err)
		}
	}
	for i, l := range c.Readers.Lines {
		if l.Port == "" {
			complain("readers.lines[%d]: port is empty", i)
		}
		if l.Baud <= 0 {
			complain("readers.lines[%d]: baud must be given, 9600 for most readers", i)
		}
	}
	for name, d := range map[string]Duration{"discover": c.Every.Discover, "check": c.Every.Check, "retry": c.Every.Retry, "report": c.Every.Report} {
		if time.Duration(d) < 100*time.Millisecond {
			complain("every.%s: %s is too short", name, time.Duration(d))
		}
	}
	return errors.Join(errs...)
}

// Check reports what cannot be searched like this.
func (d DiscoveryConfig) Check() error {
	var errs []error
	complain := func(format string, a ...any) { errs = append(errs, fmt.Errorf(format, a...)) }
	for _, s := range d.Subnets {
		if _, err := netip.ParsePrefix(s); err != nil {
			complain("discovery.subnets: %q is no subnet; write 10.20.30.0/24", s)
		}
	}
	if d.Sweep && len(d.Subnets) == 0 {
		complain("discovery.sweep: a sweep asks every address of discovery.subnets, and there are none")
	}
	if d.Rate < 0 || d.Rate > maxRate {
		complain("discovery.rate: %d is no rate; write questions a second, 1 to %d, or 0 for the default", d.Rate, maxRate)
	}
	for _, i := range d.Interfaces {
		if strings.ContainsAny(i, " /") {
			complain("discovery.interfaces: %q is no interface name", i)
		}
	}
	return errors.Join(errs...)
}

func (c Config) trust() wire.Trust {
	var t wire.Trust
	for _, k := range c.Server.Keys {
		pub, err := wire.ParseKey(k)
		if err != nil {
			continue // check has refused the config
		}
		t = append(t, ed25519.PublicKey(pub))
	}
	return t
}

// inClear tells that a broker would be reached without TLS by another machine.
func inClear(broker string) bool {
	u, err := url.Parse(broker)
	if err != nil || u.Scheme != "tcp" {
		return false
	}
	if u.Hostname() == "localhost" {
		return false
	}
	addr, err := netip.ParseAddr(u.Hostname())
	return err != nil || !addr.IsLoopback()
}
