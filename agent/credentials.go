package agent

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"
	"github.com/goccy/go-yaml"

	"github.com/lensdop/lensdop/devices"
)

// Logins are the credentials of the site's devices.
//
// They are behind a function, of which fmt prints no more than where it lies:
// it calls no String for what is in a private field.
type Logins struct{ all func() []login }

func loginsOf(list []login) Logins { return Logins{func() []login { return list }} }

func (l Logins) list() []login {
	if l.all == nil {
		return nil
	}
	return l.all()
}

type login struct {
	// Match says which devices it is for: an endpoint, an address, a MAC
	// address, a subnet, maker:NAME or * for all others.
	Match    string `yaml:"match"`
	User     string `yaml:"user"`
	Password string `yaml:"password"`
	// TLS says how the device is reached over TLS: "system", or the public key
	// of its certificate as sha256:BASE64. Empty means without.
	TLS string `yaml:"tls"`

	tls *devices.TLS
}

// String hides the logins from fmt, which cannot see that a field of a private
// field is secret.
func (l Logins) String() string { return fmt.Sprintf("%d logins", len(l.list())) }

// GoString hides the logins from %#v.
func (l Logins) GoString() string { return l.String() }

// LoadCredentials reads the file of device logins; with no path there are
// none. Only its owner may be able to read it; a file in the folder that
// systemd made for this service alone (LoadCredential=, mode 0440) may also
// have a group. A file that is encrypted by age may have any mode; key is then
// the file of the identity that decrypts it, which must be private.
func LoadCredentials(path, key string) (Logins, error) {
	if path == "" {
		return Logins{}, nil
	}
	b, err := readBounded(path, maxConfig)
	if err != nil {
		return Logins{}, fmt.Errorf("credentials: %w", err)
	}
	if encrypted(b) {
		if b, err = decrypt(b, key); err != nil {
			return Logins{}, fmt.Errorf("credentials %s: %w", path, err)
		}
	} else if b, err = readPrivate(path, maxConfig); err != nil {
		return Logins{}, fmt.Errorf("credentials: %w", err)
	}
	logins, err := parseLogins(b)
	if err != nil {
		return Logins{}, fmt.Errorf("credentials %s %w", path, err)
	}
	return loginsOf(logins), nil
}

// parseLogins never quotes what it reads: it may be a password.
func parseLogins(b []byte) ([]login, error) {
	var f struct {
		Logins []login `yaml:"logins"`
	}
	if err := yaml.NewDecoder(bytes.NewReader(b), yaml.Strict(), yaml.DisallowUnknownField()).Decode(&f); err != nil {
		return nil, fmt.Errorf("cannot be read%s; it holds logins: with match, user, password and perhaps tls each", position(err))
	}
	for i := range f.Logins {
		x := &f.Logins[i]
		switch {
		case strings.TrimSpace(x.Match) == "":
			return nil, fmt.Errorf("has no match in login %d; name the device, or write \"*\" for all others", i+1)
		case x.User == "" && x.Password != "":
			return nil, fmt.Errorf("has no user in login %d", i+1)
		}
		switch pin, pinned := strings.CutPrefix(x.TLS, "sha256:"); {
		case x.TLS == "":
		case x.TLS == "system":
			x.tls = &devices.TLS{}
		case pinned:
			sum, err := base64.StdEncoding.DecodeString(pin)
			if err != nil || len(sum) != sha256.Size {
				return nil, fmt.Errorf("has a tls in login %d that is no key; write sha256: and the base64 of 32 bytes", i+1)
			}
			x.tls = &devices.TLS{PublicKey: sum}
		default:
			return nil, fmt.Errorf("has an unknown tls in login %d; write system, or sha256: and the base64 of the key's sum", i+1)
		}
	}
	return f.Logins, nil
}

// encrypted tells whether this is a file of age, in either of its forms
// (age-encryption.org/v1).
func encrypted(b []byte) bool {
	return bytes.HasPrefix(b, []byte("age-encryption.org/")) || bytes.HasPrefix(bytes.TrimSpace(b), []byte(armor.Header))
}

func decrypt(b []byte, key string) ([]byte, error) {
	if key == "" {
		return nil, errors.New("it is encrypted by age; name the file of the identity under credentials_key")
	}
	text, err := readPrivate(key, maxConfig)
	if err != nil {
		return nil, fmt.Errorf("credentials_key: %w", err)
	}
	ids, err := age.ParseIdentities(bytes.NewReader(text))
	if err != nil {
		// The library's message may quote the line.
		return nil, fmt.Errorf("credentials_key: %s holds no identity of age; make one with age-keygen", key)
	}
	var in io.Reader = bytes.NewReader(b)
	if bytes.HasPrefix(bytes.TrimSpace(b), []byte(armor.Header)) {
		in = armor.NewReader(bytes.NewReader(bytes.TrimSpace(b)))
	}
	r, err := age.Decrypt(in, ids...)
	if err != nil {
		return nil, fmt.Errorf("it does not decrypt with %s: %w", key, err)
	}
	out, err := io.ReadAll(io.LimitReader(r, maxConfig+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("it does not decrypt with %s: %w", key, err)
	case len(out) > maxConfig:
		return nil, fmt.Errorf("it is larger than %d bytes when decrypted", maxConfig)
	default:
		return out, nil
	}
}

// position is where an error of the YAML library lies, without its text.
func position(err error) string {
	var e yaml.Error
	if errors.As(err, &e) && e.GetToken() != nil && e.GetToken().Position != nil {
		return fmt.Sprintf(" (line %d)", e.GetToken().Position.Line)
	}
	return ""
}

// of chooses the entry for a device: by endpoint, address with port, MAC
// address, address, subnet (the smallest first), maker, then *. MAC and maker
// are what the network says; a device's own word on them counts for nothing,
// since it would choose which login it is sent.
func (l Logins) of(f devices.Found) (login, bool) {
	host := hostOf(f.Address)
	for _, want := range []string{f.Endpoint, f.Address, f.MAC, host} {
		for _, x := range l.list() {
			if want != "" && strings.EqualFold(x.Match, want) {
				return x, true
			}
		}
	}
	if x, ok := l.bySubnet(host); ok {
		return x, true
	}
	for _, h := range f.Hints {
		for _, x := range l.list() {
			if maker, ok := strings.CutPrefix(x.Match, "maker:"); ok && h.Kind == devices.HintOUI && strings.EqualFold(strings.TrimSpace(maker), h.Text) {
				return x, true
			}
		}
	}
	for _, x := range l.list() {
		if x.Match == "*" {
			return x, true
		}
	}
	return login{}, false
}

func (l Logins) bySubnet(host string) (best login, ok bool) {
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return login{}, false
	}
	bits := -1
	for _, x := range l.list() {
		if p, err := netip.ParsePrefix(x.Match); err == nil && p.Contains(addr.Unmap()) && p.Bits() > bits {
			best, bits = x, p.Bits()
		}
	}
	return best, bits >= 0
}

// For is the login of a device; empty if there is none.
func (l Logins) For(f devices.Found) devices.Credentials {
	x, _ := l.of(f)
	return devices.Credentials{User: x.User, Password: devices.Secret(x.Password)}
}

// TLS tells how a device is reached over TLS; nil means without.
func (l Logins) TLS(f devices.Found) *devices.TLS {
	x, _ := l.of(f)
	return x.tls
}

// named tells whether the config gives a login for this device itself.
func (l Logins) named(f devices.Found) bool {
	x, ok := l.of(f)
	if !ok || x.Match == "*" || strings.HasPrefix(x.Match, "maker:") {
		return false
	}
	_, err := netip.ParsePrefix(x.Match)
	return err != nil
}

// readPrivate reads a file that nobody but its owner may be able to read.
func readPrivate(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // opened for reading
	// Of the file that is open, not of the name: that may be another by now.
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no file", path)
	}
	others := fs.FileMode(0o077)
	if fromSystemd(path) {
		others = 0o027
	}
	if info.Mode().Perm()&others != 0 {
		return nil, fmt.Errorf("%s can be read by others (mode %o); run chmod 600 on it", path, info.Mode().Perm())
	}
	return bounded(f, path, limit)
}

// fromSystemd tells whether a file lies directly in $CREDENTIALS_DIRECTORY. Its
// mode is systemd's, and the folder itself is closed to all but the service.
func fromSystemd(path string) bool {
	dir := os.Getenv("CREDENTIALS_DIRECTORY")
	if dir == "" || !filepath.IsAbs(dir) || filepath.Dir(path) != filepath.Clean(dir) {
		return false
	}
	info, err := os.Stat(dir)
	return err == nil && info.IsDir() && info.Mode().Perm()&0o007 == 0
}

func readBounded(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // opened for reading
	return bounded(f, path, limit)
}

func bounded(f io.Reader, path string, limit int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(b)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, limit)
	}
	return b, nil
}
