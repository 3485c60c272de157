package web_test

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/devices/web"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	user     = "lensdop"
	password = "h+ree quiet Owls"
)

// box is a device with a login.
type box struct {
	t *testing.T
	// ask are the challenges, with %s for the nonce.
	ask []string
	// life is how many requests a nonce is good for; 0 means any number.
	life int
	// stale is said with the challenge for a nonce that was good.
	stale string
	wrong bool // refuses any login

	mu     sync.Mutex
	nonces int
	uses   map[string]int
	logins []string // Authorization headers that came
	bodies []string
}

func say(w io.Writer, text string) {
	if _, err := io.WriteString(w, text); err != nil {
		panic(http.ErrAbortHandler) // the client is gone
	}
}

var param = regexp.MustCompile(`(\w+)="?([^",]*)"?`)

func (b *box) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		b.t.Error(err)
	}
	a := r.Header.Get("Authorization")
	if a != "" {
		b.logins = append(b.logins, a)
	}
	old := false
	if strings.HasPrefix(a, "Basic ") {
		if u, p, ok := r.BasicAuth(); ok && u == user && p == password && !b.wrong {
			say(w, "in")
			return
		}
	} else if a != "" {
		p := map[string]string{}
		for _, m := range param.FindAllStringSubmatch(a, -1) {
			p[m[1]] = m[2]
		}
		b.uses[p["nonce"]]++
		old = b.life > 0 && b.uses[p["nonce"]] > b.life
		nc := fmt.Sprintf("%08x", b.uses[p["nonce"]])
		if !old && !b.wrong && p["response"] == response(r, p) && (p["qop"] == "" || p["nc"] == nc) && p["uri"] == r.URL.RequestURI() {
			b.bodies = append(b.bodies, string(body))
			say(w, "in")
			return
		}
	}
	b.nonces++
	for _, h := range b.ask {
		if strings.Contains(h, "%s") {
			h = fmt.Sprintf(h, fmt.Sprintf("nonce%d", b.nonces))
		}
		if old && b.stale != "" {
			h += ", stale=" + b.stale
		}
		w.Header().Add("WWW-Authenticate", h)
	}
	w.WriteHeader(http.StatusUnauthorized)
}

// response is RFC 7616 §3.4.1, written out again.
func response(r *http.Request, p map[string]string) string {
	sum := func(s string) string {
		h := md5.New()
		if p["algorithm"] == "SHA-256" {
			h = sha256.New()
		}
		h.Write([]byte(s))
		return hex.EncodeToString(h.Sum(nil))
	}
	a1, a2 := sum(user+":"+p["realm"]+":"+password), sum(r.Method+":"+p["uri"])
	if p["qop"] == "" {
		return sum(a1 + ":" + p["nonce"] + ":" + a2)
	}
	return sum(strings.Join([]string{a1, p["nonce"], p["nc"], p["cnonce"], p["qop"], a2}, ":"))
}

func target(s *httptest.Server) devices.Target {
	return devices.Target{
		Found:       devices.Found{Address: s.Listener.Addr().String()},
		Credentials: devices.Credentials{User: user, Password: password},
	}
}

func client(t *testing.T, o web.Options, to devices.Target) *web.Client {
	t.Helper()
	c, err := web.New(o, to)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func start(t *testing.T, h http.Handler) *httptest.Server {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func TestLogin(t *testing.T) {
	for _, c := range []struct {
		name   string
		ask    []string
		life   int
		stale  string
		want   string // in the Authorization header of the first login
		logins int    // after three requests
	}{
		{"MD5 without a word about it", []string{`Digest realm="box", nonce="%s"`}, 0, "", `nonce="nonce1"`, 3},
		{"MD5 with qop", []string{`Digest realm="box", nonce="%s", qop="auth,auth-int", opaque="o"`}, 0, "", `opaque="o"`, 3},
		{"qop with spaces", []string{`Digest qop="auth, auth-int", realm="box", nonce="%s"`}, 0, "", "qop=auth", 3},
		{"no space after the scheme's comma", []string{`Digest realm="box",nonce="%s",qop=auth,algorithm=MD5`}, 0, "", "algorithm=MD5", 3},
		{"the strongest of two headers", []string{`Digest realm="box", nonce="%s", algorithm=MD5`, `Digest realm="box", nonce="%s", algorithm=SHA-256, qop="auth"`}, 0, "", "SHA-256", 3},
		{"the strongest of one header", []string{`Digest realm="box", nonce="%s", algorithm=SHA-256, qop="auth", Basic realm="box", Digest realm="box", nonce="x", algorithm=MD5`}, 0, "", "SHA-256", 3},
		{"an algorithm that nobody knows beside", []string{`Digest realm="box", nonce="x", algorithm=BLAKE3`, `Digest realm="box", nonce="%s"`}, 0, "", `nonce="nonce1"`, 3},
		{"a nonce that is stale after one use", []string{`Digest realm="box", nonce="%s", qop="auth"`}, 1, "true", `nonce="nonce1"`, 5},
		{"one that is, and is not called so", []string{`Digest realm="box", nonce="%s", qop="auth"`}, 1, "FALSE", `nonce="nonce1"`, 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := &box{t: t, ask: c.ask, life: c.life, stale: c.stale, uses: map[string]int{}}
			cl := client(t, web.Options{}, target(start(t, b)))
			for i := range 3 {
				a, err := cl.Do(t.Context(), web.Request{Method: http.MethodPut, Path: "/a b", Query: "x[0]=1&y=%20", Body: fmt.Append(nil, "body", i)})
				if err != nil || string(a.Body) != "in" {
					t.Fatalf("request %d: %q, %v", i, a.Body, err)
				}
			}
			if !strings.Contains(b.logins[0], c.want) {
				t.Errorf("logged in with %s, want %s", b.logins[0], c.want)
			}
			if len(b.logins) != c.logins {
				t.Errorf("%d logins, want %d", len(b.logins), c.logins)
			}
			if strings.Join(b.bodies, " ") != "body0 body1 body2" {
				t.Errorf("bodies %q", b.bodies)
			}
		})
	}
}

func TestRefusedLoginIsNotRepeated(t *testing.T) {
	b := &box{t: t, ask: []string{`Digest realm="box", nonce="%s", qop="auth"`}, wrong: true, uses: map[string]int{}}
	c := client(t, web.Options{}, target(start(t, b)))
	for range 4 {
		if _, err := c.Do(t.Context(), web.Request{Path: "/"}); !errors.Is(err, devices.ErrLogin) {
			t.Fatalf("got %v", err)
		}
	}
	if len(b.logins) != 1 {
		t.Errorf("it was sent %d times", len(b.logins))
	}
}

// A login that was good is refused once for what the account may not do; the
// others go on.
func TestAccountThatMayNotDoAll(t *testing.T) {
	b := &box{t: t, ask: []string{`Digest realm="box", nonce="%s", qop="auth"`}, uses: map[string]int{}}
	c := client(t, web.Options{}, target(start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.wrong = r.URL.Path == "/admin"
		b.ServeHTTP(w, r)
	}))))
	for i, path := range []string{"/", "/admin", "/", "/admin", "/"} {
		_, err := c.Do(t.Context(), web.Request{Path: path})
		if path == "/" && err != nil || path == "/admin" && !errors.Is(err, devices.ErrLogin) {
			t.Errorf("request %d, %s: %v", i, path, err)
		}
	}
}

func TestBasic(t *testing.T) {
	b := &box{t: t, ask: []string{`Basic realm="box"`}, uses: map[string]int{}}
	if _, err := client(t, web.Options{}, target(start(t, b))).Do(t.Context(), web.Request{Path: "/"}); !errors.Is(err, devices.ErrLogin) || len(b.logins) > 0 {
		t.Errorf("in clear: %v, %d logins", err, len(b.logins))
	}
	s := httptest.NewTLSServer(b)
	defer s.Close()
	to := target(s)
	sum := sha256.Sum256(s.Certificate().RawSubjectPublicKeyInfo)
	to.TLS = &devices.TLS{PublicKey: sum[:]}
	if a, err := client(t, web.Options{}, to).Do(t.Context(), web.Request{Path: "/"}); err != nil || string(a.Body) != "in" {
		t.Errorf("over TLS: %q, %v", a.Body, err)
	}
	for name, pin := range map[string][]byte{"another key": make([]byte, 32), "the system's roots": nil} {
		to.TLS = &devices.TLS{PublicKey: pin}
		n := len(b.logins)
		if _, err := client(t, web.Options{}, to).Do(t.Context(), web.Request{Path: "/"}); !errors.Is(err, devices.ErrUnreachable) || len(b.logins) > n {
			t.Errorf("%s: %v, %d logins", name, err, len(b.logins)-n)
		}
	}
}

func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		name string
		do   http.HandlerFunc
		want error
	}{
		{"404", http.NotFound, devices.ErrUnsupported},
		{"501", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(501) }, devices.ErrUnsupported},
		{"403", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) }, devices.ErrLogin},
		{"503", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, devices.ErrBusy},
		{"500", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, devices.ErrMalformed},
		{"a redirect", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/elsewhere" {
				panic("it followed")
			}
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		}, devices.ErrUnsupported},
		{"too much", func(w http.ResponseWriter, _ *http.Request) { say(w, strings.Repeat("x", 2000)) }, devices.ErrOutOfBounds},
		{"half an answer", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			say(w, "x")
		}, devices.ErrUnreachable},
		{"silence", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, devices.ErrUnreachable},
		{"no login that is known", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", "Negotiate")
			w.WriteHeader(401)
		}, devices.ErrLogin},
	} {
		t.Run(c.name, func(t *testing.T) {
			cl := client(t, web.Options{MaxBody: 1000, Timeout: 300 * time.Millisecond}, target(start(t, c.do)))
			_, err := cl.Do(t.Context(), web.Request{Path: "/there", Query: "secret=in-the-query"})
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			text := cl.Fail("try", err).Error()
			if strings.Contains(text, password) || strings.Contains(text, "in-the-query") {
				t.Errorf("the error tells too much: %s", text)
			}
		})
	}
}

func TestNobodyThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	to := devices.Target{Found: devices.Found{Address: l.Addr().String()}}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = client(t, web.Options{}, to).Do(t.Context(), web.Request{Path: "/", Query: "secret=in-the-query"})
	if !errors.Is(err, devices.ErrUnreachable) || strings.Contains(err.Error(), "in-the-query") {
		t.Errorf("got %v", err)
	}
	for _, bad := range []string{"", "host:0", "host:99999", "user@host:80", "host/path:80", "a b:80"} {
		if _, err := web.New(web.Options{}, devices.Target{Found: devices.Found{Address: bad}}); err == nil {
			t.Errorf("%q passes for an address", bad)
		}
	}
}

func TestOneAtATime(t *testing.T) {
	var busy sync.Mutex
	s := start(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		if !busy.TryLock() {
			t.Error("two requests at once")
			return
		}
		for range 1000 {
			runtime.Gosched()
		}
		busy.Unlock()
	}))
	c := client(t, web.Options{}, target(s))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := c.Do(t.Context(), web.Request{Path: "/"}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Do(ctx, web.Request{Path: "/"}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestAskSendsNoLogin(t *testing.T) {
	b := &box{t: t, ask: []string{`Digest realm="AXIS_ACCC8E000001", nonce="%s"`, `Basic realm="other"`}, uses: map[string]int{}}
	c := client(t, web.Options{}, target(start(t, b)))
	if _, err := c.Do(t.Context(), web.Request{Path: "/"}); err != nil {
		t.Fatal(err)
	}
	n := len(b.logins)
	a, err := c.Ask(t.Context(), web.Request{Path: "/"})
	if err != nil || a.Status != 401 || a.Realm != "AXIS_ACCC8E000001" || len(b.logins) > n {
		t.Errorf("got %+v, %v, %d logins", a, err, len(b.logins)-n)
	}
}
