package onvif

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strings"
	"testing"
)

// guard is an HTTP digest check written from RFC 7616, in front of the fake.
type guard struct {
	*fake
	algorithm string
	qop       string // as it stands in the challenge; "" leaves it out
	password  string
	more      []string // further challenges, before the one that counts
	// life is the number of requests that a nonce is good for; 0 means any.
	life   int
	silent bool // does not say stale=true
	// userhash says that a hash of the user's name would be taken too.
	userhash bool
	level    []string
	// aged are the nonces that are old before they are used.
	aged  int
	given int
	uses  map[string]int
	seen  []string // what came: "", "token", "digest"
}

func newGuard(t *testing.T) *guard {
	f := newFake(t)
	g := &guard{fake: f, algorithm: "MD5", qop: "auth", password: fakePass, uses: map[string]int{}}
	f.srv.Config.Handler = g
	return g
}

func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	body := string(b)
	m := reOp.FindStringSubmatch(body)
	op := m[2]
	r.Body = io.NopCloser(strings.NewReader(body))
	if op == "GetSystemDateAndTime" {
		g.fake.ServeHTTP(w, r)
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	h := r.Header.Get("Authorization")
	kind := ""
	switch {
	case strings.Contains(body, "UsernameToken"):
		kind = "token"
	case h != "":
		kind = "digest"
	}
	g.seen = append(g.seen, kind)
	ok, stale := g.check(h, body, r)
	for _, refused := range g.level {
		ok = ok && op != refused
	}
	if ok {
		g.mu.Unlock()
		g.fake.ServeHTTP(w, r)
		g.mu.Lock()
		return
	}
	g.given++
	for _, c := range g.more {
		w.Header().Add("WWW-Authenticate", c)
	}
	c := fmt.Sprintf(`Digest realm="a \"cam\"", nonce="n%d", opaque="o=,"`, g.given)
	if g.algorithm != "" {
		c += ", algorithm=" + g.algorithm
	}
	if g.qop != "" {
		c += `, qop="` + g.qop + `"`
	}
	if g.userhash {
		c += ", userhash=true"
	}
	if stale && !g.silent {
		c += ", stale=TRUE"
	}
	w.Header().Add("WWW-Authenticate", c)
	w.WriteHeader(http.StatusUnauthorized)
}

func (g *guard) check(h, body string, r *http.Request) (ok, stale bool) {
	rest, is := strings.CutPrefix(h, "Digest ")
	if !is {
		return false, false
	}
	f := map[string]string{}
	for p := range strings.SplitSeq(rest, ", ") {
		name, v, _ := strings.Cut(p, "=")
		f[name] = strings.ReplaceAll(strings.Trim(v, `"`), `\"`, `"`)
	}
	var hashed func() hash.Hash
	switch strings.TrimSuffix(g.algorithm, "-sess") {
	case "", "MD5":
		hashed = md5.New
	case "SHA-256":
		hashed = sha256.New
	case "SHA-512-256":
		hashed = sha512.New512_256
	}
	sum := func(s string) string { h := hashed(); h.Write([]byte(s)); return hex.EncodeToString(h.Sum(nil)) }
	a1 := sum(fakeUser + `:a "cam":` + g.password)
	if strings.HasSuffix(g.algorithm, "-sess") {
		a1 = sum(a1 + ":" + f["nonce"] + ":" + f["cnonce"])
	}
	a2 := sum("POST:" + r.URL.RequestURI())
	if f["qop"] == "auth-int" {
		a2 = sum("POST:" + r.URL.RequestURI() + ":" + sum(body))
	}
	want := sum(a1 + ":" + f["nonce"] + ":" + a2)
	if f["qop"] != "" {
		want = sum(strings.Join([]string{a1, f["nonce"], f["nc"], f["cnonce"], f["qop"], a2}, ":"))
	}
	if f["response"] != want || f["username"] != fakeUser || f["opaque"] != "o=" && f["opaque"] != "o=," || f["algorithm"] != g.algorithm ||
		(f["qop"] == "") != (g.qop == "") {
		return false, false
	}
	g.uses[f["nonce"]]++
	if f["qop"] != "" && f["nc"] != fmt.Sprintf("%08x", g.uses[f["nonce"]]) {
		g.t.Errorf("nonce %s for the %d. time has count %s", f["nonce"], g.uses[f["nonce"]], f["nc"])
	}
	if f["nonce"] != fmt.Sprintf("n%d", g.given) || g.life > 0 && g.uses[f["nonce"]] > g.life || g.given <= g.aged {
		return false, true
	}
	return true, false
}

func (g *guard) count(kind string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := 0
	for _, s := range g.seen {
		if s == kind {
			n++
		}
	}
	return n
}
