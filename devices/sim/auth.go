package sim

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	passwordDigest = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"
	digestRealm    = "lensdop simulated camera"
	// tokenWindow is how far a UsernameToken may lie from the device's clock.
	tokenWindow = 5 * time.Minute
	// nonceLife is how long an HTTP digest nonce is good for.
	nonceLife = 5 * time.Minute
	// maxNonces bounds what is remembered against replay.
	maxNonces = 4096
)

// login checks who asks: the WS-Security UsernameToken with password digest,
// and HTTP digest. It remembers nonces, so a captured request cannot be
// played again.
type login struct {
	user, password string
	realm          string
	md5            bool // offers nothing better

	mu     sync.Mutex
	tokens map[string]time.Time   // UsernameToken nonces seen, until when (device clock)
	nonces map[string]*digestUses // HTTP nonces given out
}

type digestUses struct {
	until time.Time // by the host's clock: nonces outlive a change of the device's
	last  uint64    // highest nonce count seen
}

func newLogin(user, password string) *login {
	return &login{user: user, password: password, realm: digestRealm, tokens: map[string]time.Time{}, nonces: map[string]*digestUses{}}
}

// usernameToken checks the security header of a request against the device's
// clock. found tells whether there is a token at all.
func (l *login) usernameToken(header *node, now time.Time) (found bool, err error) {
	t := header.child(nsWSSE, "Security").child(nsWSSE, "UsernameToken")
	if t == nil {
		return false, nil
	}
	pw := t.child(nsWSSE, "Password")
	if pw == nil {
		return true, fmt.Errorf("token without password")
	}
	if typ, _ := pw.attr("Type"); typ != passwordDigest {
		return true, fmt.Errorf("only password digests are taken")
	}
	nonce, err := base64.StdEncoding.DecodeString(t.value(nsWSSE, "Nonce"))
	if err != nil || len(nonce) == 0 {
		return true, fmt.Errorf("nonce is not base64")
	}
	createdText := t.value(nsWSU, "Created")
	created, err := time.Parse(time.RFC3339Nano, createdText)
	if err != nil {
		return true, fmt.Errorf("time of creation cannot be read")
	}
	if skew := now.Sub(created).Abs(); skew > tokenWindow {
		return true, fmt.Errorf("token is off by more than %s", tokenWindow)
	}
	h := sha1.New()
	h.Write(nonce)
	h.Write([]byte(createdText))
	h.Write([]byte(l.password))
	want := base64.StdEncoding.EncodeToString(h.Sum(nil))
	if !same(t.value(nsWSSE, "Username"), l.user) || !same(strings.TrimSpace(pw.text), want) {
		return true, fmt.Errorf("user or password is wrong")
	}

	l.mu.Lock()
	defer l.mu.Unlock()
	for n, until := range l.tokens {
		if now.After(until) || until.Sub(now) > 2*tokenWindow {
			delete(l.tokens, n)
		}
	}
	if _, seen := l.tokens[string(nonce)]; seen {
		return true, fmt.Errorf("nonce was used before")
	}
	if len(l.tokens) >= maxNonces {
		return true, fmt.Errorf("too many requests")
	}
	l.tokens[string(nonce)] = created.Add(tokenWindow)
	return true, nil
}

// httpDigest checks the Authorization header (RFC 7616, qop auth). stale
// tells that the login is right but the nonce is worn out.
func (l *login) httpDigest(r *http.Request, now time.Time) (ok, stale bool) {
	scheme, rest, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Digest") {
		return false, false
	}
	p := digestParams(rest)
	var sum func(string) string
	switch strings.ToUpper(p["algorithm"]) {
	case "", "MD5":
		sum = func(s string) string { return hexSum(md5.New(), s) }
	case "SHA-256":
		sum = func(s string) string { return hexSum(sha256.New(), s) }
	default:
		return false, false
	}
	if p["qop"] != "auth" || p["uri"] != r.RequestURI || p["realm"] != l.realm {
		return false, false
	}
	count, err := strconv.ParseUint(p["nc"], 16, 64)
	if err != nil {
		return false, false
	}
	want := sum(strings.Join([]string{
		sum(l.user + ":" + l.realm + ":" + l.password),
		p["nonce"], p["nc"], p["cnonce"], "auth",
		sum(r.Method + ":" + p["uri"]),
	}, ":"))
	if !same(p["username"], l.user) || !same(strings.ToLower(p["response"]), want) {
		return false, false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	u := l.nonces[p["nonce"]]
	if u == nil || now.After(u.until) || count <= u.last {
		return false, true
	}
	u.last = count
	return true, false
}

// challenge gives out a fresh nonce in both algorithms, the better one first
// (RFC 7616 §3.3).
func (l *login) challenge(h http.Header, now time.Time, stale bool) {
	// rand.Text has 128 bits.
	nonce := rand.Text()
	l.mu.Lock()
	for n, u := range l.nonces {
		if now.After(u.until) {
			delete(l.nonces, n)
		}
	}
	if len(l.nonces) < maxNonces {
		l.nonces[nonce] = &digestUses{until: now.Add(nonceLife)}
	}
	l.mu.Unlock()
	tail := ""
	if stale {
		tail = ", stale=true"
	}
	for _, algorithm := range []string{"SHA-256", "MD5"} {
		if l.md5 && algorithm != "MD5" {
			continue
		}
		h.Add("WWW-Authenticate", fmt.Sprintf(`Digest realm="%s", qop="auth", nonce="%s", algorithm=%s%s`, l.realm, nonce, algorithm, tail))
	}
}

// digestParams splits name=value pairs with optional quotes, as RFC 7235
// writes them. What cannot be read is left out.
func digestParams(s string) map[string]string {
	p := map[string]string{}
	for s = strings.TrimLeft(s, " ,\t"); s != ""; s = strings.TrimLeft(s, " ,\t") {
		name, rest, found := strings.Cut(s, "=")
		if !found {
			return p
		}
		var value string
		if strings.HasPrefix(rest, `"`) {
			var b strings.Builder
			i := 1
			for ; i < len(rest) && rest[i] != '"'; i++ {
				if rest[i] == '\\' && i+1 < len(rest) {
					i++
				}
				b.WriteByte(rest[i])
			}
			if i >= len(rest) {
				return p
			}
			value, s = b.String(), rest[i+1:]
		} else {
			value, s, _ = strings.Cut(rest, ",")
			value = strings.TrimSpace(value)
		}
		p[strings.ToLower(strings.TrimSpace(name))] = value
	}
	return p
}

func hexSum(h hash.Hash, s string) string {
	h.Write([]byte(s))
	return hex.EncodeToString(h.Sum(nil))
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
