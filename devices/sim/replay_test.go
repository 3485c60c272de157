package sim

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestReplay(t *testing.T) {
	dir := t.TempDir()
	capture := "# invented\n> GET /a?b=1\n< 200 text/plain\none {{host}}\n\\> two\n\\three\n> GET /a?b=1\n< 503 text/plain\nbusy\n" +
		"> POST /onvif/x GetHostname\n< 200 application/soap+xml\n<a/>\n"
	if err := os.WriteFile(filepath.Join(dir, "one.http"), []byte(capture), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := StartReplay(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(method, path, body string) (int, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, "http://"+r.Addr()+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Close = true
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close() //nolint:errcheck // it was only read
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(b)
	}
	if status, body := ask(http.MethodGet, "/a?b=1", ""); status != 200 || body != "one "+r.Addr()+"\n> two\n\\three" {
		t.Errorf("first: %d %q", status, body)
	}
	for range 2 {
		if status, body := ask(http.MethodGet, "/a?b=1", ""); status != 503 || body != "busy" {
			t.Errorf("then: %d %q", status, body)
		}
	}
	soap := func(op string) string {
		return `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><` + op + ` xmlns="urn:x"/></s:Body></s:Envelope>`
	}
	if status, body := ask(http.MethodPost, "/onvif/x", soap("GetHostname")); status != 200 || body != "<a/>" {
		t.Errorf("operation: %d %q", status, body)
	}
	if status, body := ask(http.MethodPost, "/onvif/y", soap("GetHostname")); status != 500 || !strings.Contains(body, "ActionNotSupported") {
		t.Errorf("not recorded: %d %q", status, body)
	}
	if status, _ := ask(http.MethodGet, "/a", ""); status != 404 {
		t.Errorf("another address: %d", status)
	}
	if got := r.Missed(); !slices.Equal(got, []string{"/onvif/y GetHostname", "GET /a"}) {
		t.Errorf("missed %q", got)
	}
	for range 2 {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := StartReplay(t.Context(), t.TempDir()); err == nil {
		t.Error("an empty folder is replayed")
	}
}

func FuzzCapture(f *testing.F) {
	for _, s := range []string{"> GET /\n< 200 a\nb", "> GET /\n", "> GET\n", "x", "# c\n\n> POST /a Op\r\n< 200 \r\n\\> b\r\n", "> GET /\n< 99 a\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r := &Replay{pairs: map[string][]replayAnswer{}}
		if r.read(b) != nil {
			return
		}
		total := 0
		for key, list := range r.pairs {
			if key == "" || len(list) == 0 {
				t.Errorf("a pair of %q with %d answers", key, len(list))
			}
			for _, a := range list {
				total += len(a.body)
			}
		}
		if total > len(b) {
			t.Errorf("%d bytes of bodies from %d", total, len(b))
		}
	})
}
