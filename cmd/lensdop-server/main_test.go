package main

import (
	"bytes"
	"context"
	"encoding/pem"
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
		"no dir":                    {"tenant: x\nprotocol: p\n", "dir is missing"},
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
