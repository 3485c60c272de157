package onvif

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
)

// answering is a server that notes what it was sent.
type answering struct {
	srv  *httptest.Server
	mu   sync.Mutex
	sent []string
}

func serveAnswer(t *testing.T, status int, body string) *answering {
	t.Helper()
	a := &answering{}
	a.srv = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		a.mu.Lock()
		a.sent = append(a.sent, r.Method+" "+r.URL.Path+" "+r.Header.Get("Authorization")+" "+string(b))
		a.mu.Unlock()
		if status == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", `Digest realm="r", nonce="n", qop="auth"`)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(a.srv.Close)
	return a
}

func TestReach(t *testing.T) {
	clock := `<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>`
	for _, c := range []struct {
		name   string
		status int
		body   string
		want   devices.Reach
		err    string
	}{
		{"tells the time, or at least answers", 200, envelopeOf(clock), devices.ReachNoLogin, ""},
		{"refuses in ONVIF", 400, faultOf("Sender", "NotAuthorized"), devices.ReachNoLogin, ""},
		{"refuses in ONVIF with HTTP 401", 401, faultOf("Sender", "NotAuthorized"), devices.ReachNoLogin, ""},
		{"does not know the operation", 500, faultOf("Receiver", "ActionNotSupported"), devices.ReachNoLogin, ""},
		{"another web server", 200, "<html><body>Welcome</body></html>", devices.ReachReachable, "cannot be read"},
		{"another web server with a login", 401, "<html></html>", devices.ReachReachable, "does not show that it speaks ONVIF"},
		{"another web server without this page", 404, "not found", devices.ReachReachable, "404"},
		{"another operation's answer", 200, envelopeOf(`<tds:GetHostnameResponse/>`), devices.ReachReachable, "cannot be read"},
		{"nothing", 200, "", devices.ReachReachable, "cannot be read"},
		{"not implemented", 501, "", devices.ReachReachable, "501"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := serveAnswer(t, c.status, c.body)
			addr := strings.TrimPrefix(a.srv.URL, "http://")
			got, err := Driver(Options{}).Reach(t.Context(), devices.Found{Address: addr, XAddrs: []string{"http://198.51.100.1/there"}})
			if got != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("%q, %v", got, err)
			}
			if err != nil {
				if de, ok := errors.AsType[*devices.Error](err); !ok || de.Device != addr {
					t.Errorf("error %v does not name %s", err, addr)
				}
			}
			if len(a.sent) != 1 {
				t.Fatalf("%d requests, want one", len(a.sent))
			}
			if s := a.sent[0]; !strings.HasPrefix(s, "POST /there  ") || strings.Contains(s, "Security") || strings.Contains(s, "Password") {
				t.Errorf("sent %s", s)
			}
		})
	}
}

func TestReachNobody(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := Driver(Options{}).Reach(t.Context(), devices.Found{Address: closed})
	if got != devices.ReachUnreachable || !errors.Is(err, devices.ErrUnreachable) || !strings.Contains(err.Error(), "refused") {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := Driver(Options{}).Reach(t.Context(), devices.Found{Address: "user@host/path:80"}); got != "" || err == nil {
		t.Errorf("%q, %v", got, err)
	}
}

// It accepts a connection and says nothing: the limits of the driver and of
// the caller end it, and whoever is interrupted has learned nothing.
func TestReachSilence(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	found := devices.Found{Address: l.Addr().String()}

	got, err := Driver(Options{Timeout: 50 * time.Millisecond}).Reach(t.Context(), found)
	if got != devices.ReachReachable || err == nil {
		t.Errorf("%q, %v", got, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if got, err := Driver(Options{}).Reach(ctx, found); got != devices.ReachReachable || err == nil {
		t.Errorf("%q, %v", got, err)
	}
	gone, leave := context.WithCancel(t.Context())
	go func() {
		if c, err := l.Accept(); err == nil { // of the first
			defer func() { _ = c.Close() }()
		}
		if c, err := l.Accept(); err == nil {
			defer func() { _ = c.Close() }()
		}
		c, err := l.Accept()
		leave()
		if err == nil {
			_ = c.Close()
		}
	}()
	if got, err := Driver(Options{}).Reach(gone, found); got != "" || !errors.Is(err, context.Canceled) {
		t.Errorf("%q, %v", got, err)
	}
}
