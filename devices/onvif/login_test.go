package onvif

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
)

func TestDigest(t *testing.T) {
	for name, set := range map[string]func(*guard){
		"MD5":                    func(*guard) {},
		"no algorithm":           func(g *guard) { g.algorithm = "" },
		"RFC 2069":               func(g *guard) { g.qop = "" },
		"SHA-256":                func(g *guard) { g.algorithm = "SHA-256" },
		"SHA-512-256":            func(g *guard) { g.algorithm = "SHA-512-256" },
		"MD5-sess":               func(g *guard) { g.algorithm = "MD5-sess" },
		"SHA-256-sess":           func(g *guard) { g.algorithm = "SHA-256-sess" },
		"auth-int":               func(g *guard) { g.qop = "auth-int" },
		"auth among others":      func(g *guard) { g.qop = "auth-int, auth, auth-conf" },
		"a nonce for one":        func(g *guard) { g.life = 1 },
		"a nonce for one, quiet": func(g *guard) { g.life, g.silent = 1, true },
		"a nonce for three":      func(g *guard) { g.life = 3 },
		"the first nonce is old": func(g *guard) { g.aged = 1 },
		"the strongest of three": func(g *guard) {
			g.algorithm = "SHA-256"
			g.more = []string{`Basic realm="web, only"`, `Digest realm="x", nonce="weak", algorithm=MD5, qop="auth"`}
		},
		"several in one field": func(g *guard) {
			g.algorithm = "SHA-256"
			g.more = []string{`Digest realm="x", nonce="weak", qop="auth", Basic realm="web", Digest realm="y", nonce="new", algorithm=SHA-1024, Negotiate aGk=`}
		},
		"userhash": func(g *guard) { g.userhash = true },
	} {
		t.Run(name, func(t *testing.T) {
			g := newGuard(t)
			set(g)
			cam := openFake(t, g.fake)
			if _, err := cam.Observe(t.Context()); err != nil {
				t.Fatal(err)
			}
			if n := g.count("token"); n > 0 {
				t.Errorf("%d UsernameTokens were shown to a device that had asked for digest", n)
			}
			if g.count("digest") < 10 {
				t.Errorf("%d requests with digest", g.count("digest"))
			}
		})
	}
}

// A device that offers nothing but Basic is not given the password.
func TestNoBasic(t *testing.T) {
	f := newFake(t)
	var sent []string
	f.srv.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h := r.Header.Get("Authorization"); h != "" {
			sent = append(sent, h)
		}
		b, err := io.ReadAll(r.Body)
		if err == nil && strings.Contains(string(b), "GetSystemDateAndTime") {
			r.Body = io.NopCloser(strings.NewReader(string(b)))
			f.ServeHTTP(w, r)
			return
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="cam"`)
		w.WriteHeader(401)
	})
	_, err := Driver(Options{}).Open(t.Context(), f.target())
	if !errors.Is(err, devices.ErrLogin) || len(sent) > 0 {
		t.Errorf("sent %q, %v", sent, err)
	}
}

// Devices lock an account after a few refusals. A wrong password is shown once
// in each way that the device takes, and then not again for a minute, whatever
// is asked.
func TestWrongLoginIsNotRepeated(t *testing.T) {
	t.Run("token", func(t *testing.T) {
		f := newFake(t)
		f.login = "token"
		now := time.Now()
		target := f.target()
		target.Credentials.Password = "wrong"
		if _, err := Driver(Options{Now: func() time.Time { return now }}).Open(t.Context(), target); !errors.Is(err, devices.ErrLogin) {
			t.Fatal(err)
		}
		if n := f.loginCount(); n != 1 {
			t.Errorf("open: %d logins", n)
		}
	})
	t.Run("digest", func(t *testing.T) {
		g := newGuard(t)
		g.password = "another"
		if _, err := Driver(Options{}).Open(t.Context(), g.target()); !errors.Is(err, devices.ErrLogin) {
			t.Fatal(err)
		}
		if n := g.count("digest") + g.count("token"); n != 2 {
			t.Errorf("open: %d logins", n)
		}
	})
	for _, way := range []string{"token", "digest"} {
		t.Run("changed while open, "+way, func(t *testing.T) {
			g := newGuard(t)
			f := g.fake
			now := time.Now()
			if way == "token" {
				f.srv.Config.Handler, f.login = f, "token"
			}
			f.sources = []string{"VS1", "VS2", "VS3", "VS4"}
			cams, err := Driver(Options{Now: func() time.Time { return now }}).Open(t.Context(), f.target())
			if err != nil {
				t.Fatal(err)
			}
			logins := func() int {
				if way == "token" {
					return f.loginCount()
				}
				return g.count("digest") + g.count("token")
			}
			if _, err := cams[0].Observe(t.Context()); err != nil {
				t.Fatal(err)
			}
			f.mu.Lock()
			g.password, f.password = "changed", "changed"
			f.mu.Unlock()
			before := logins()
			for _, cam := range cams {
				if _, err := cam.Observe(t.Context()); !errors.Is(err, devices.ErrLogin) {
					t.Errorf("observe: %v", err)
				}
				if _, err := cam.State(t.Context(), devices.MethodDeviceMask); !errors.Is(err, devices.ErrLogin) {
					t.Errorf("state: %v", err)
				}
			}
			if n := logins() - before; n > 2 {
				t.Errorf("%d logins after it was changed", n)
			}
			f.mu.Lock()
			g.password, f.password = fakePass, ""
			f.mu.Unlock()
			if _, err := cams[0].Observe(t.Context()); !errors.Is(err, devices.ErrLogin) {
				t.Errorf("within the minute: %v", err)
			}
			now = now.Add(loginPause)
			if _, err := cams[0].Observe(t.Context()); err != nil {
				t.Errorf("after a minute: %v", err)
			}
		})
	}
}

// The same, for a device that guards only some things: what was allowed once
// and is refused now is not taken for a matter of the account's level.
func TestChangedLoginAtHalfGuardedDevice(t *testing.T) {
	g := newGuard(t)
	cam := openFake(t, g.fake).(*camera)
	if _, err := cam.Observe(t.Context()); err != nil {
		t.Fatal(err)
	}
	g.mu.Lock()
	g.password = "changed"
	g.mu.Unlock()
	before := g.count("digest")
	ask := func(f func(context.Context) error) {
		if err := f(t.Context()); !errors.Is(err, devices.ErrLogin) {
			t.Errorf("got %v", err)
		}
	}
	for range 3 {
		ask(func(ctx context.Context) error { _, err := cam.location(ctx); return err })
		ask(func(ctx context.Context) error { _, err := cam.users(ctx); return err })
		ask(func(ctx context.Context) error { _, err := cam.osd(ctx); return err })
	}
	// Two of them for a nonce that may have been too old.
	if n := g.count("digest") - before; n > 3 {
		t.Errorf("%d logins", n)
	}
}

// An account of a low level is refused some things and reads all others.
func TestLowLevelReadsTheRest(t *testing.T) {
	high := []string{"GetUsers", "GetNetworkProtocols", "GetNetworkInterfaces", "GetDiscoveryMode", "GetRemoteDiscoveryMode", "GetScopes", "GetGeoLocation"}
	check := func(t *testing.T, o devices.Observation, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := o.Users.Get(); ok || !strings.Contains(o.Users.Why(), "refuses the login") {
			t.Errorf("users: %v", o.Users)
		}
		for name, v := range map[string]interface{ Why() string }{"paths": o.Paths, "masks": o.Masks, "sound": o.SoundSources, "osd": o.OSD} {
			if v.Why() != "" {
				t.Errorf("%s: %v", name, v.Why())
			}
		}
	}
	t.Run("digest", func(t *testing.T) {
		g := newGuard(t)
		g.level = high
		o, err := openFake(t, g.fake).Observe(t.Context())
		check(t, o, err)
		if g.count("token") > 0 {
			t.Error("fell back to a UsernameToken")
		}
	})
	t.Run("token", func(t *testing.T) {
		f := newFake(t)
		f.login = "token"
		f.level = high
		o, err := openFake(t, f).Observe(t.Context())
		check(t, o, err)
	})
	// It shows what every account may know to nobody but what is guarded is
	// refused: after a few refusals nothing is risked any more.
	t.Run("nothing proves the login", func(t *testing.T) {
		f := newFake(t)
		for _, op := range high {
			f.answer["tds:"+op] = sendFault(400, "Sender", "NotAuthorized")
		}
		o, err := openFake(t, f).Observe(t.Context())
		check(t, o, err)
		refused := 0
		f.mu.Lock()
		defer f.mu.Unlock()
		for _, op := range f.withLogin {
			for _, h := range high {
				if op == "tds:"+h {
					refused++
				}
			}
		}
		if refused > maxDoubt {
			t.Errorf("%d logins were refused", refused)
		}
	})
}

// Some firmwares refuse a token with a bare 400, and answer what they do not
// know in the same way.
func TestRefusedWithoutAReason(t *testing.T) {
	bare := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(400) }
	t.Run("wrong password", func(t *testing.T) {
		f := newFake(t)
		f.answer["tds:GetDeviceInformation"], f.answer["tds:GetUsers"] = bare, bare
		_, err := Driver(Options{}).Open(t.Context(), f.target())
		if !errors.Is(err, devices.ErrLogin) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("unknown question", func(t *testing.T) {
		f := newFake(t)
		f.login = "token"
		f.answer["tds:GetGeoLocation"] = bare
		o := observed(t, f)
		if o.Geo.IsNotSupported() || strings.Contains(o.Geo.Why(), "login") || o.Geo.Why() == "" {
			t.Errorf("geo: %v", o.Geo)
		}
	})
}

func TestAnonymous(t *testing.T) {
	f := newFake(t)
	f.login = "token"
	cam := openFake(t, f)
	for range 3 {
		o, err := cam.Observe(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if open, ok := o.Anonymous.Get(); !ok || open {
			t.Errorf("anonymous: %v", o.Anonymous)
		}
	}
	f.mu.Lock()
	asked, withLogin := 0, 0
	for _, op := range f.ops {
		if op == "tds:GetUsers" {
			asked++
		}
	}
	for _, op := range f.withLogin {
		if op == "tds:GetUsers" {
			withLogin++
		}
	}
	f.mu.Unlock()
	if asked-withLogin != 1 {
		t.Errorf("asked %d times without a login", asked-withLogin)
	}
}

// A device that answers after half a minute is given up after the time limit,
// and one that starts to after a while does not hold up the rest for ever.
func TestSlowDevice(t *testing.T) {
	f := newFake(t)
	cam, err := Driver(Options{Timeout: 40 * time.Millisecond}).Open(t.Context(), f.target())
	if err != nil {
		t.Fatal(err)
	}
	f.mu.Lock()
	f.stall = func(op string) bool { return op != "tds:GetSystemDateAndTime" && !strings.HasSuffix(op, "GetProfiles") }
	f.mu.Unlock()
	o, err := cam[0].Observe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if n := f.stalls.Load(); n > observeTimes+1 {
		t.Errorf("waited %d times", n)
	}
	if _, ok := o.Users.Get(); ok || o.Users.IsNotSupported() || !strings.Contains(o.Users.Why(), "does not answer") {
		t.Errorf("users: %v", o.Users)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := cam[0].Observe(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestChallengeChoice(t *testing.T) {
	for name, tc := range map[string]struct {
		fields []string
		nonce  string
		qop    string
	}{
		"none":                  {nil, "", ""},
		"basic":                 {[]string{`Basic realm="x"`}, "", ""},
		"lower case, no spaces": {[]string{`digest realm=x,nonce=n,qop=auth`}, "n", "auth"},
		"without nonce":         {[]string{`Digest realm="x", qop="auth"`}, "", ""},
		"unknown qop":           {[]string{`Digest realm="x", nonce="n", qop="auth-conf"`}, "", ""},
		"only auth-int":         {[]string{`Digest nonce="n", qop="auth-int"`}, "n", "auth-int"},
		"spaces in qop":         {[]string{`Digest nonce="n", qop=" auth-int , auth "`}, "n", "auth"},
		"auth before auth-int":  {[]string{`Digest nonce="n", qop="auth,auth-int"`}, "n", "auth"},
		"first of equals":       {[]string{`Digest nonce="a"`, `Digest nonce="b"`}, "a", ""},
		"stronger later":        {[]string{`Digest nonce="a"`, `Digest nonce="b", algorithm=sha-256`}, "b", ""},
		"unknown is not weaker": {[]string{`Digest nonce="a", algorithm=SHA3`, `Digest nonce="b"`}, "b", ""},
		"comma in a value":      {[]string{`Basic realm="a, Digest nonce=evil", Digest realm="r", nonce="n"`}, "n", ""},
		"control character":     {[]string{"Digest realm=\"r\", nonce=\"n\x01\""}, "", ""},
		"twice the same name":   {[]string{`Digest nonce="first", nonce="second"`}, "first", ""},
		"never closed":          {[]string{`Digest nonce="n`}, "n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			c, ok := strongest(http.Header{"Www-Authenticate": tc.fields})
			if ok != (tc.nonce != "") || ok && (c.nonce != tc.nonce || c.qop != tc.qop) {
				t.Errorf("got %+v, %v", c, ok)
			}
		})
	}
}

// The example of RFC 7616 §3.9.1 has fixed nonces of the client; what can be
// compared is the hash of the parts that it is made of.
func TestDigestAgainstTheStandard(t *testing.T) {
	c := challenge{realm: "http-auth@example.org", nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", algorithm: "SHA-256", qop: ""}
	got, err := c.answer(devices.Credentials{User: "Mufasa", Password: "Circle of Life"}, "GET", "/dir/index.html", nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	sum := func(s string) string { h := sha256.Sum256([]byte(s)); return hex.EncodeToString(h[:]) }
	want := sum(sum("Mufasa:http-auth@example.org:Circle of Life") + ":" + c.nonce + ":" + sum("GET:/dir/index.html"))
	if !strings.Contains(got, `response="`+want+`"`) {
		t.Errorf("got %s", got)
	}
}
