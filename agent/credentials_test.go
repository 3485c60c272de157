package agent

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
	"filippo.io/age/armor"

	"github.com/lensdop/lensdop/devices"
)

func TestCredentials(t *testing.T) {
	const secret = "hunter2-very-secret"
	write := func(t *testing.T, text string, mode os.FileMode) string {
		t.Helper()
		path := filepath.Join(t.TempDir(), "credentials.yaml")
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := "logins:\n" +
		"  - {match: \"urn:uuid:AB\", user: by-endpoint, password: " + secret + "}\n" +
		"  - {match: 10.0.0.9, user: by-host, password: x}\n" +
		"  - {match: \"*\", user: others, password: y}\n"
	l, err := LoadCredentials(write(t, good, 0o600), "")
	if err != nil {
		t.Fatal(err)
	}
	for want, f := range map[string]devices.Found{
		"by-endpoint": {Endpoint: "urn:uuid:ab", Address: "10.0.0.9:80"},
		"by-host":     {Endpoint: "urn:uuid:cd", Address: "10.0.0.9:80"},
		"others":      {Address: "10.0.0.8:80"},
	} {
		if got := l.For(f).User; got != want {
			t.Errorf("login of %+v is %q, want %q", f, got, want)
		}
	}
	t.Run("readable by others", func(t *testing.T) {
		if _, err := LoadCredentials(write(t, good, 0o644), ""); err == nil || !strings.Contains(err.Error(), "chmod 600") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("by systemd", func(t *testing.T) {
		path := write(t, good, 0o440)
		dir := filepath.Dir(path)
		if _, err := LoadCredentials(path, ""); err == nil {
			t.Error("mode 0440 was taken outside systemd's folder")
		}
		t.Setenv("CREDENTIALS_DIRECTORY", dir)
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadCredentials(path, ""); err == nil {
			t.Error("a folder that anybody can enter was taken for systemd's")
		}
		if err := os.Chmod(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadCredentials(path, ""); err != nil {
			t.Error(err)
		}
		if err := os.Chmod(path, 0o444); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadCredentials(path, ""); err == nil {
			t.Error("a file that everybody can read was taken")
		}
	})
	t.Run("a broken file does not print its passwords", func(t *testing.T) {
		for _, text := range []string{
			"logins:\n  - {match: \"*\", usr: x, password: " + secret + "}\n",
			"logins:\n  - {match: \"*\", password: " + secret + "\n",
			"logins: " + secret + "\n",
			"logins:\n  - {match: \"*\", user: x, password: x, tls: " + secret + "}\n",
			"logins:\n  - {match: \"*\", user: x, password: x, tls: \"sha256:" + secret + "\"}\n",
			"logins:\n  - {match: \"*\", password: " + secret + "}\n",
			"logins:\n  - {match: \"\", user: x, password: " + secret + "}\n",
		} {
			_, err := LoadCredentials(write(t, text, 0o600), "")
			if err == nil {
				t.Fatalf("%q was taken", text)
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("the error shows the password: %v", err)
			}
		}
	})
}

func TestWhichLogin(t *testing.T) {
	sum := sha256.Sum256([]byte("key"))
	pin := "sha256:" + base64.StdEncoding.EncodeToString(sum[:])
	logins, err := parseLogins([]byte("logins:\n" +
		"  - {match: \"*\", user: others, password: x}\n" +
		"  - {match: \"maker:axis\", user: axis, password: x}\n" +
		"  - {match: \"192.0.2.0/24\", user: wide, password: x, tls: system}\n" +
		"  - {match: \"192.0.2.0/28\", user: narrow, password: x}\n" +
		"  - {match: \"192.0.2.9\", user: host, password: x}\n" +
		"  - {match: \"02:00:00:00:00:09\", user: mac, password: x}\n" +
		"  - {match: \"192.0.2.9:8080\", user: port, password: x, tls: \"" + pin + "\"}\n" +
		"  - {match: \"urn:uuid:09\", user: endpoint, password: x}\n"))
	if err != nil {
		t.Fatal(err)
	}
	l := loginsOf(logins)
	axis := []devices.Hint{{Kind: devices.HintOUI, Text: "Axis"}}
	claims := []devices.Hint{{Kind: devices.HintMDNS, Text: "axis"}, {Kind: devices.HintRTSP, Text: "Axis"}}
	for _, c := range []struct {
		f     devices.Found
		user  string
		named bool
	}{
		{devices.Found{Endpoint: "URN:UUID:09", Address: "192.0.2.9:8080", MAC: "02:00:00:00:00:09"}, "endpoint", true},
		{devices.Found{Endpoint: "urn:uuid:1", Address: "192.0.2.9:8080", MAC: "02:00:00:00:00:09"}, "port", true},
		{devices.Found{Address: "192.0.2.9:80", MAC: "02:00:00:00:00:09"}, "mac", true},
		{devices.Found{Address: "192.0.2.9:80"}, "host", true},
		{devices.Found{Address: "192.0.2.9"}, "host", true},
		{devices.Found{Address: "192.0.2.10:80", Hints: axis}, "narrow", false},
		{devices.Found{Address: "192.0.2.100:80"}, "wide", false},
		{devices.Found{Address: "198.51.100.1:80", Hints: axis}, "axis", false},
		{devices.Found{Address: "198.51.100.1:80", Hints: claims, Scopes: []string{"onvif://www.onvif.org/name/Axis"}}, "others", false},
		{devices.Found{}, "others", false},
	} {
		if got := l.For(c.f).User; got != c.user || l.named(c.f) != c.named {
			t.Errorf("login of %+v is %q, named %v; want %q, %v", c.f, got, l.named(c.f), c.user, c.named)
		}
	}
	if got := l.TLS(devices.Found{Address: "192.0.2.9:8080"}); got == nil || !bytes.Equal(got.PublicKey, sum[:]) {
		t.Errorf("pin %v", got)
	}
	if got := l.TLS(devices.Found{Address: "192.0.2.100:80"}); got == nil || len(got.PublicKey) != 0 {
		t.Errorf("by the system's roots: %v", got)
	}
	if got := l.TLS(devices.Found{Address: "192.0.2.9:80"}); got != nil {
		t.Errorf("without: %v", got)
	}
	if c := (Logins{}).For(devices.Found{Address: "192.0.2.9"}); c.User != "" || c.Password != "" {
		t.Error("a login out of nothing")
	}
}

func TestEncryptedCredentials(t *testing.T) {
	const text = "logins:\n  - {match: \"*\", user: gw, password: sealed-secret}\n"
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	seal := func(t *testing.T, text string, armoured bool) []byte {
		t.Helper()
		var b bytes.Buffer
		var out io.WriteCloser = struct {
			io.Writer
			io.Closer
		}{&b, io.NopCloser(nil)}
		if armoured {
			out = armor.NewWriter(&b)
		}
		w, err := age.Encrypt(out, id.Recipient())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if armoured {
			if err := out.Close(); err != nil {
				t.Fatal(err)
			}
		}
		return b.Bytes()
	}
	write := func(t *testing.T, name string, b []byte, mode os.FileMode) string {
		t.Helper()
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, b, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	key := write(t, "key.txt", []byte("# made for a test\n"+id.String()+"\n"), 0o600)
	for _, armoured := range []bool{false, true} {
		l, err := LoadCredentials(write(t, "credentials.age", seal(t, text, armoured), 0o644), key)
		if err != nil {
			t.Fatal(err)
		}
		if c := l.For(devices.Found{}); c.User != "gw" || string(c.Password) != "sealed-secret" {
			t.Errorf("login of %s", c.User)
		}
	}
	other, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	good := seal(t, text, false)
	for name, c := range map[string]struct {
		file []byte
		key  string
		want string
	}{
		"no key named":         {good, "", "credentials_key"},
		"key for all to read":  {good, write(t, "open.txt", []byte(id.String()), 0o644), "chmod 600"},
		"no key":               {good, write(t, "none.txt", []byte("AGE-SECRET-KEY-1nonsense"), 0o600), "age-keygen"},
		"another's key":        {good, write(t, "other.txt", []byte(other.String()), 0o600), "does not decrypt"},
		"cut short":            {good[:len(good)-3], key, "does not decrypt"},
		"changed":              {append(bytes.Clone(good[:len(good)-1]), good[len(good)-1]^1), key, "does not decrypt"},
		"a head and no more":   {[]byte("age-encryption.org/v1\n"), key, "does not decrypt"},
		"larger than it looks": {seal(t, strings.Repeat("#", maxConfig+1), false), key, "larger"},
	} {
		_, err := LoadCredentials(write(t, "credentials.age", c.file, 0o600), c.key)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), id.String()) || strings.Contains(err.Error(), "sealed-secret") {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func FuzzParseLogins(f *testing.F) {
	f.Add([]byte("logins:\n  - {match: \"*\", user: gw, password: x, tls: system}\n"))
	f.Add([]byte("logins: [{match: 10.0.0.0/8, user: a, password: b}]\n"))
	f.Add([]byte("a: &a [*a]\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := parseLogins(b)
		if err != nil {
			return
		}
		for _, x := range list {
			if strings.TrimSpace(x.Match) == "" || x.User == "" && x.Password != "" || (x.TLS == "") != (x.tls == nil) {
				t.Errorf("taken: match %q, user %q, tls %q", x.Match, x.User, x.TLS)
			}
		}
		_ = loginsOf(list).For(devices.Found{Address: "192.0.2.9:80"})
	})
}

// Whatever prints the agent prints no password.
func TestPrintedAgentHasNoPassword(t *testing.T) {
	a := &Agent{logins: loginsOf([]login{{Match: "*", User: "u", Password: secret}})}
	b := box{found: devices.Found{Endpoint: "e"}}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		for _, v := range []any{&a.logins, a.logins, struct{ l Logins }{a.logins}, []any{struct{ l Logins }{a.logins}, &b.found}} {
			if s := fmt.Sprintf(format, v); strings.Contains(s, secret) {
				t.Errorf("%s of %T: %s", format, v, s)
			}
		}
	}
	if a.logins.For(b.found).Password != secret {
		t.Error("there is no login")
	}
}
