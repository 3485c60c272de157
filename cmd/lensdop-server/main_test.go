package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/policy/examples"
	"github.com/lensdop/lensdop/policy/wire"
)

func TestExampleLoads(t *testing.T) {
	c, err := loadConfig("../../deploy/server.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if c.Dir != "/var/lib/lensdop-server" || c.Mail == nil || c.Mail.Port != 587 || c.MQTT.External != nil || c.Pages.URL == "" {
		t.Errorf("%+v", c)
	}
	// What is commented out must be right, too.
	b, err := os.ReadFile("../../deploy/server.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	whole := regexp.MustCompile(`(?m)^  # (external:|  \w+:|ca:)`).ReplaceAllString(string(b), "  $1")
	full, err := parseConfig([]byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	if full.MQTT.External == nil || full.MQTT.External.CA == "" || full.Mail.CA == "" {
		t.Errorf("commented keys: %+v, %+v", full.MQTT.External, full.Mail)
	}
}

func TestConfigIsStrict(t *testing.T) {
	const good = "dir: d\ntenant: x\nprotocol: p\n"
	for name, c := range map[string]struct{ text, want string }{
		"unknown key":               {good + "colour: red\n", "4"},
		"unknown key in a part":     {good + "pages:\n  listen: 127.0.0.1:1\n  port: 3\n", "6"},
		"twice":                     {good + "tenant: y\n", "4"},
		"not YAML":                  {"dir: [", "1"},
		"empty":                     {"", "empty"},
		"no dir":                    {"tenant: x\nprotocol: p\n", "dir: is missing"},
		"pages in the clear":        {good + "pages: {listen: \"0.0.0.0:80\"}\n", "in the clear"},
		"broker in the clear":       {good + "mqtt: {listen: \":1883\"}\n", "in the clear"},
		"external in the clear":     {good + "mqtt: {external: {broker: \"tcp://x.example:1883\", user: u, password_file: p}}\n", "ssl://"},
		"key without a certificate": {good + "pages: {key: k}\n", "go together"},
		"mail in the clear":         {good + "mail: {host: relay.example, port: 25, security: none, from: a@b.example}\n", "starttls"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parseConfig([]byte(c.text))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want %q in it", err, c.want)
			}
		})
	}
}

// Every mistake is told with the line that it is in.
func TestMistakesHaveLines(t *testing.T) {
	const good = "dir: d\ntenant: x\nprotocol: p\n" // lines 1 to 3
	for name, c := range map[string]struct{ text, want string }{
		"tenant":            {"dir: d\ntenant: Lens Monde\nprotocol: p\n", "line 2, tenant: "},
		"no port":           {good + "pages:\n  listen: 8443\n", "line 5, pages.listen: \"8443\" is no address"},
		"port too high":     {good + "mqtt:\n  listen: 127.0.0.1:99999\n", "line 5, mqtt.listen: "},
		"in the clear":      {good + "pages:\n  url: https://x\n  listen: 0.0.0.0:80\n", "line 6, pages.listen: "},
		"half a pair":       {good + "mqtt: {certificate: c}\n", "line 4, mqtt: "},
		"url without https": {good + "pages:\n  url: lensdop.example\n", "line 5, pages.url: "},
		"url with a path":   {good + "pages:\n  url: https://x.example/lensdop\n", "line 5, pages.url: "},
		"http for https":    {good + "pages: {listen: \"0.0.0.0:1\", certificate: c, key: k, url: \"http://x\"}\n", "pages.url: begins with http"},
		"external":          {good + "mqtt:\n  external:\n    broker: mqtt.example\n    user: u\n    password_file: p\n", "line 6, mqtt.external.broker: "},
		"no mail host":      {good + "mail:\n  port: 25\n  from: a@b.example\n", "mail.host: is missing"},
		"no mail port":      {good + "mail:\n  host: relay.example\n  from: a@b.example\n", "mail.port: 0 is no port"},
		"mail security":     {good + "mail:\n  host: relay.example\n  port: 25\n  from: a@b.example\n  security: ssl\n", "line 8, mail.security: "},
		"mail sender":       {good + "mail:\n  host: relay.example\n  port: 25\n  from: lensdop\n", "line 7, mail.from: "},
		"mail recipient":    {good + "mail:\n  host: relay.example\n  port: 25\n  from: a@b.example\n  to:\n    - c@d.example\n    - nobody\n", "line 10, mail.to[1]: "},
		"mail language":     {good + "mail: {host: relay.example, port: 25, from: a@b.example, language: de}\n", "line 4, mail.language: "},
		"mail password":     {good + "mail: {host: relay.example, port: 25, from: a@b.example, user: u}\n", "line 4, mail.password_file: "},
		"log level":         {good + "log:\n  level: loud\n", "line 5, log.level: "},
		"log format":        {good + "log:\n  format: xml\n", "line 5, log.format: "},
		"two at once":       {"dir: d\nlog: {format: xml}\npages: {listen: x}\n", "line 3, pages.listen"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parseConfig([]byte(c.text))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want %q in it", err, c.want)
			}
		})
	}
	// The line with the mistake may be the one with the password.
	_, err := parseConfig([]byte(good + "mail:\n  password: hunter2-hunter2\n"))
	if err == nil || !strings.Contains(err.Error(), "5:") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("error is %v", err)
	}
	_, err = parseConfig([]byte(good + "mqtt: {external: {broker: \"ssl://u:hunter2@x:1\", user: u, password_file: p}}\n"))
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("error is %v", err)
	}
}

func FuzzParseConfig(f *testing.F) {
	f.Add([]byte("dir: d\ntenant: x\nprotocol: p\nmail: {to: [x]}\n"))
	f.Add([]byte("pages: &a {listen: x}\nmqtt: *a\n"))
	f.Add([]byte("- - -\n"))
	f.Add([]byte("? {a: b}\n: c\n"))
	f.Fuzz(func(_ *testing.T, b []byte) { _, _ = parseConfig(b) })
}

// What is wrong with the files that the configuration names is told with their
// keys, all of it at once.
func TestCheckReadsTheFiles(t *testing.T) {
	dir := t.TempDir()
	conf := filepath.Join(dir, "server.yaml")
	write(t, conf, "dir: data\ntenant: lensmonde\nprotocol: protocol.yaml\n"+
		"pages:\n  listen: 0.0.0.0:8443\n  certificate: a.crt\n  key: a.key\n"+
		"mail:\n  host: relay.example\n  port: 587\n  from: a@b.example\n  user: u\n  password_file: mail.password\n  ca: ca.pem\n")
	write(t, filepath.Join(dir, "mail.password"), "secret of the relay\n")
	if err := os.Chmod(filepath.Join(dir, "mail.password"), 0o644); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "ca.pem"), "no certificate")
	_, errs, code := command(t, "", "check", "--config", conf)
	if code != 1 {
		t.Error("passed")
	}
	for _, want := range []string{
		"line 3, protocol: ", "line 6, pages.certificate: ", "line 13, mail.password_file: ", "can be read by everybody", "line 14, mail.ca: ", "no certificate in PEM form",
	} {
		if !strings.Contains(errs, want) {
			t.Errorf("does not say %q:\n%s", want, errs)
		}
	}
	if strings.Contains(errs, "secret of") {
		t.Error("a password is told")
	}
	if _, err := os.Stat(filepath.Join(dir, "data")); err == nil {
		t.Error("check made the data directory")
	}
	certify(t, dir, "a", time.Now().Add(-time.Minute))
	if _, errs, _ := command(t, "", "check", "--config", conf); !strings.Contains(errs, "renew it") {
		t.Errorf("a certificate that ended: %s", errs)
	}
	certify(t, dir, "a", time.Now().Add(time.Hour))
	write(t, filepath.Join(dir, "protocol.yaml"), string(examples.Lensmonde))
	write(t, conf, "dir: data\ntenant: lensmonde\nprotocol: protocol.yaml\npages: {listen: \"0.0.0.0:8443\", certificate: a.crt, key: a.key}\n")
	if out, errs, code := command(t, "", "check", "--config", conf); code != 0 || !strings.Contains(out, "in order; protocol nl-lensmonde-camera") {
		t.Errorf("%d %s%s", code, out, errs)
	}
	_, errs, _ = command(t, "", "run", "--config", filepath.Join(dir, "none.yaml"))
	if !strings.Contains(errs, "server.example.yaml") {
		t.Errorf("no file: %s", errs)
	}
}

// TestCheckReadsAFolder: a protocol over several files, and what is wrong in one
// of them is told with file and line.
func TestCheckReadsAFolder(t *testing.T) {
	whole := string(examples.Lensmonde)
	cut := strings.Index(whole, "\nsites:\n") + 1
	const head = "apiVersion: lensdop/v1\nkind: Protocol\nmetadata: {id: nl-lensmonde-camera}\n"
	if cut == 0 {
		t.Fatal("the example has no sites: to cut before")
	}
	for _, c := range []struct {
		name  string
		files map[string]string
		code  int
		want  string
	}{
		{"rules and sites apart", map[string]string{"z.yaml": whole[:cut], "a.yaml": head + whole[cut:], ".a.yaml": "torn: ["}, 0, "in order; protocol nl-lensmonde-camera"},
		{"a part is torn", map[string]string{"z.yaml": whole[:cut], "a.yaml": head + "sites: [\n"}, 1, "a.yaml:4:"},
		{"a key is unknown", map[string]string{"z.yaml": whole[:cut], "a.yaml": head + "colour: red\n" + whole[cut:]}, 1, "a.yaml:4:"},
		{"another id", map[string]string{"z.yaml": whole, "a.yaml": strings.Replace(head, "nl-", "be-", 1)}, 1, "holds 2 protocols: a.yaml, z.yaml"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.Mkdir(filepath.Join(dir, "protocol"), 0o700); err != nil {
				t.Fatal(err)
			}
			for name, text := range c.files {
				write(t, filepath.Join(dir, "protocol", name), text)
			}
			write(t, filepath.Join(dir, "server.yaml"), "dir: data\ntenant: lensmonde\nprotocol: protocol\n")
			out, errs, code := command(t, "", "check", "--config", filepath.Join(dir, "server.yaml"))
			if code != c.code || !strings.Contains(out+errs, c.want) {
				t.Errorf("exit code %d, %s%s; want %d and %q", code, out, errs, c.code, c.want)
			}
		})
	}
}

// certify writes NAME.crt and NAME.key.
func certify(t *testing.T, dir, name string, ends time.Time) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(ends.Unix()), NotBefore: ends.Add(-2 * time.Hour), NotAfter: ends, DNSNames: []string{"x"}}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	b, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, name+".crt"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	write(t, filepath.Join(dir, name+".key"), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: b})))
}

func TestARenewedCertificateNeedsNoRestart(t *testing.T) {
	dir := t.TempDir()
	certify(t, dir, "a", time.Now().Add(time.Hour))
	p := &pair{certificate: filepath.Join(dir, "a.crt"), key: filepath.Join(dir, "a.key")}
	if err := p.load(); err != nil {
		t.Fatal(err)
	}
	serial := func() int64 {
		p.looked = time.Now().Add(-2 * lookAgain)
		c, err := p.get(nil)
		if err != nil {
			t.Fatal(err)
		}
		return c.Leaf.SerialNumber.Int64()
	}
	first := serial()
	write(t, p.certificate, "half written")
	later := time.Now().Add(time.Minute)
	if err := os.Chtimes(p.certificate, later, later); err != nil {
		t.Fatal(err)
	}
	if serial() != first {
		t.Error("a file that cannot be read was taken")
	}
	certify(t, dir, "a", time.Now().Add(3*time.Hour))
	if err := os.Chtimes(p.certificate, later.Add(time.Minute), later.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if serial() == first {
		t.Error("the renewed certificate is not served")
	}
}

func TestListsRemovalsAndNewPasswords(t *testing.T) {
	dir := t.TempDir()
	conf := filepath.Join(dir, "server.yaml")
	write(t, conf, "dir: data\ntenant: lensmonde\nprotocol: protocol.yaml\n")
	write(t, filepath.Join(dir, "protocol.yaml"), string(examples.Lensmonde))
	for _, step := range []struct {
		in   string
		args []string
		code int
		want string
	}{
		{args: []string{"account", "add", "anna", "--role", "facility", "--site", "de-polder", "--language", "nl"}, want: "shown only now"},
		{args: []string{"account", "list"}, want: "anna  facility  de-polder  nl"},
		{args: []string{"account", "password", "anna"}, want: "account anna has a new password; password, shown only now: "},
		{in: "a password of my own\n", args: []string{"account", "password", "anna", "--password-stdin"}, want: "account anna has a new password\n"},
		{in: "short\n", args: []string{"account", "password", "anna", "--password-stdin"}, code: 1, want: "the password has 5 characters"},
		{args: []string{"account", "password", "nobody"}, code: 1, want: "account nobody: not found"},
		{args: []string{"account", "password"}, code: 1, want: "needs one NAME"},
		{args: []string{"account", "remove", "anna"}, want: "account anna removed"},
		{args: []string{"account", "remove", "anna"}, code: 1, want: "account anna: not found"},
		{args: []string{"account", "remove"}, code: 1, want: "needs one NAME"},
		{args: []string{"agent", "add", "polder-1", "--site", "de-polder"}, want: "agent: polder-1"},
		{args: []string{"agent", "list"}, want: "polder-1  de-polder  no         never          -"},
		{args: []string{"agent", "password", "polder-1"}, want: "shown only now"},
		{args: []string{"agent", "password", "polder-9"}, code: 1, want: "agent polder-9: not found"},
		{args: []string{"agent", "remove", "polder-1"}, want: "covers in force stay in force there"},
		{args: []string{"agent", "remove", "polder-1"}, code: 1, want: "agent polder-1: not found"},
		{args: []string{"agent", "remove", "a", "b"}, code: 1, want: "needs one ID, and got 2"},
		{args: []string{"agent", "add", "polder-1", "--site", "de-polder"}, want: "agent: polder-1"},
	} {
		out, errs, code := command(t, step.in, append(step.args, "--config", conf)...)
		if code != step.code || !strings.Contains(out+errs, step.want) {
			t.Errorf("%v: %d, want %q\n%s%s", step.args, code, step.want, out, errs)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func command(t *testing.T, in string, args ...string) (out, errs string, code int) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(in), &o, &e)
	return o.String(), e.String(), code
}

func TestCommands(t *testing.T) {
	dir := t.TempDir()
	conf := filepath.Join(dir, "server.yaml")
	write(t, conf, "dir: data\ntenant: lensmonde\nprotocol: protocol.yaml\npages: {listen: \"127.0.0.1:0\"}\nmqtt: {listen: \"127.0.0.1:0\"}\n")
	write(t, filepath.Join(dir, "protocol.yaml"), string(examples.Lensmonde))

	key, _, code := command(t, "", "key", "show", "--config", conf)
	if _, err := wire.ParseKey(strings.TrimSpace(key)); err != nil || code != 0 {
		t.Errorf("key show: %d %q %v", code, key, err)
	}
	info, err := os.Stat(filepath.Join(dir, "data", "server.key"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("key file: %v %v", info, err)
	}
	again, _, _ := command(t, "", "key", "show", "--config", conf)
	if again != key {
		t.Error("the key changed")
	}
	b, err := os.ReadFile(filepath.Join(dir, "data", "server.key"))
	if block, _ := pem.Decode(b); err != nil || block == nil {
		t.Error("the key file is not PEM")
	}

	out, errs, code := command(t, "", "agent", "add", "polder-1", "--site", "de-polder", "--config", conf)
	if code != 0 || !strings.Contains(out, "agent: polder-1") || !strings.Contains(out, strings.TrimSpace(key)) || !strings.Contains(out, "password_file:") {
		t.Errorf("agent add: %d\n%s%s", code, out, errs)
	}
	for _, bad := range [][]string{
		{"agent", "add", "polder-1", "--site", "de-polder"}, // a second time
		{"agent", "add", "polder-2", "--site", "de-poldre"},
		{"agent", "add", "Polder", "--site", "de-polder"},
		{"agent", "add", "polder-2"},
		{"account", "add", "anna", "--role", "boss"},
		{"account", "add", "anna", "--role", "facility"}, // without a site
		{"account", "add", "anna", "--role", "ict", "--language", "xx"},
		{"account", "add", "anna"},
	} {
		if _, errs, code := command(t, "", append(bad, "--config", conf)...); code != 1 || len(errs) < 20 {
			t.Errorf("%v: %d %q", bad, code, errs)
		}
	}
	if _, errs, code := command(t, "short\n", "account", "add", "anna", "--role", "ict", "--password-stdin", "--config", conf); code != 1 || strings.Contains(errs, "short\n") {
		t.Errorf("short password: %d %q", code, errs)
	}
	out, _, code = command(t, "a password of my own\n", "account", "add", "anna", "--role", "facility", "--site", "de-polder", "--password-stdin", "--config", conf)
	if code != 0 || strings.Contains(out, "my own") {
		t.Errorf("account add: %d %q", code, out)
	}
	out, _, code = command(t, "", "account", "add", "ben", "--role", "dpo", "--config", conf)
	if code != 0 || !regexp.MustCompile(`: [A-Z2-7]{26}\n$`).MatchString(out) {
		t.Errorf("account add: %d %q", code, out)
	}
	if err := os.Chmod(filepath.Join(dir, "data", "server.key"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, errs, code := command(t, "", "key", "show", "--config", conf); code != 1 || !strings.Contains(errs, "can be read by others") {
		t.Errorf("open key: %d %q", code, errs)
	}
}

// TestAMistypedCommandFails: a script must not take a help text for success.
func TestAMistypedCommandFails(t *testing.T) {
	for _, args := range [][]string{{"chek"}, {"account", "ad"}, {"agent", "lst"}, {"key", "shw"}, {"check", "x"}} {
		out, errs, code := command(t, "", args...)
		if code != 1 || out != "" || !strings.Contains(errs, args[len(args)-1]) {
			t.Errorf("%q: exit code %d, %q, %q; want 1 and the word that is unknown", args, code, out, errs)
		}
	}
}

func TestRunServesUntilToldToStop(t *testing.T) {
	dir := t.TempDir()
	conf := filepath.Join(dir, "server.yaml")
	write(t, conf, "dir: data\ntenant: lensmonde\nprotocol: protocol.yaml\npages: {listen: \"127.0.0.1:0\"}\nmqtt: {listen: \"127.0.0.1:0\"}\n")
	write(t, filepath.Join(dir, "protocol.yaml"), string(examples.Lensmonde))
	lines := make(chan string, 100)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, []string{"run", "--config", conf}, strings.NewReader(""), &bytes.Buffer{}, lineWriter(lines))
	}()
	address := regexp.MustCompile(`pages=(http://\S+)`)
	for {
		select {
		case l := <-lines:
			m := address.FindStringSubmatch(l)
			if m == nil {
				continue
			}
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, m[1]+"/signin", nil)
			if err != nil {
				t.Fatal(err)
			}
			tr := &http.Transport{DisableKeepAlives: true}
			resp, err := (&http.Client{Transport: tr, Timeout: 5 * time.Second}).Do(req)
			if err != nil || resp.StatusCode != http.StatusOK {
				t.Fatalf("sign-in page: %v %v", resp, err)
			}
			if err := resp.Body.Close(); err != nil {
				t.Error(err)
			}
			cancel()
			if code := <-done; code != 0 {
				t.Errorf("exit code %d", code)
			}
			return
		case <-time.After(20 * time.Second):
			t.Fatal("the server did not come up")
		}
	}
}

type lineWriter chan string

func (w lineWriter) Write(b []byte) (int, error) { w <- string(b); return len(b), nil }
