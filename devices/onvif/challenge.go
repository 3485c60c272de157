package onvif

import (
	"crypto/md5" //nolint:gosec // RFC 2617 and RFC 7616 §3.4.2 prescribe it; most devices know no other
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"net/http"
	"strings"

	"github.com/lensdop/lensdop/devices"
)

// Limits of what is read of the challenges in one answer.
const (
	maxChallenges = 16
	maxParams     = 32    // per challenge
	maxParam      = 4096  // bytes of a value
	maxChallenge  = 16384 // bytes of one header field
)

// challenge is a server's demand for HTTP digest (RFC 7616 §3.3; RFC 2617
// §3.2.1 without qop).
type challenge struct {
	realm, nonce string
	opaque       string
	hasOpaque    bool
	algorithm    string // as the device wrote it; empty means MD5
	qop          string // "auth", "auth-int", or "" for a server of RFC 2069
	stale        bool   // the login may be right, the nonce is old
}

// algorithms are the hashes that we can answer with, the strongest first.
func algorithms() []algorithm {
	return []algorithm{
		{"SHA-512-256", sha512.New512_256},
		{"SHA-256", sha256.New},
		{"MD5", md5.New},
	}
}

type algorithm struct {
	name string
	hash func() hash.Hash
}

// known finds the algorithm of a challenge. sess tells the variant that hashes
// the nonces into the password's hash (RFC 7616 §3.4.2).
func (c challenge) known() (a algorithm, strength int, sess bool) {
	name := strings.ToUpper(c.algorithm)
	if name == "" {
		name = "MD5"
	}
	name, sess = strings.CutSuffix(name, "-SESS")
	all := algorithms()
	for i, a := range all {
		if a.name == name {
			return a, len(all) - i, sess
		}
	}
	return algorithm{}, 0, false
}

// strongest picks the digest challenge with the strongest algorithm among
// those that can be answered, and the first of equals. Basic is never
// answered: it hands the password to whoever listens, or only claims to be
// the device.
func strongest(h http.Header) (challenge, bool) {
	var best challenge
	have := 0
	for _, s := range parseChallenges(h.Values("WWW-Authenticate")) {
		if !strings.EqualFold(s.name, "Digest") {
			continue
		}
		c, ok := s.digest()
		if !ok {
			continue
		}
		if _, n, _ := c.known(); n > have {
			best, have = c, n
		}
	}
	return best, have > 0
}

// scheme is one challenge of any kind.
type scheme struct {
	name   string
	params map[string]string // names in lower case; the first of a name counts
}

func (s scheme) digest() (challenge, bool) {
	c := challenge{
		realm: s.params["realm"], nonce: s.params["nonce"],
		algorithm: s.params["algorithm"], stale: strings.EqualFold(s.params["stale"], "true"),
	}
	c.opaque, c.hasOpaque = s.params["opaque"]
	if c.nonce == "" {
		return c, false
	}
	offered, ok := s.params["qop"]
	if !ok || strings.TrimSpace(offered) == "" {
		return c, true
	}
	for q := range strings.SplitSeq(offered, ",") {
		switch q = strings.ToLower(strings.TrimSpace(q)); {
		case q == "auth", q == "auth-int" && c.qop == "":
			c.qop = q
		}
	}
	return c, c.qop != ""
}

// parseChallenges reads the challenges of all header fields (RFC 9110
// §11.6.1). One field may hold several, separated by the same comma as their
// parameters. What cannot be read is left out.
func parseChallenges(fields []string) []scheme {
	var all []scheme
	for _, f := range fields {
		if len(f) > maxChallenge {
			continue
		}
		s := scanner{text: f}
		var now *scheme
		for len(all) <= maxChallenges {
			s.skip(" \t,")
			word := s.word()
			if word == "" {
				break
			}
			if value, ok := s.value(); !ok {
				all = append(all, scheme{name: word, params: map[string]string{}})
				now = &all[len(all)-1]
			} else if name := strings.ToLower(word); now != nil && len(now.params) < maxParams && printable(value) {
				if _, twice := now.params[name]; !twice {
					now.params[name] = value
				}
			}
		}
	}
	return all
}

// printable tells that a value can be sent back in a header field.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return false
		}
	}
	return len(s) <= maxParam
}

type scanner struct{ text string }

func (s *scanner) skip(set string) { s.text = strings.TrimLeft(s.text, set) }

func (s *scanner) word() string {
	end := strings.IndexAny(s.text, " \t,=\"")
	if end < 0 {
		end = len(s.text)
	}
	w := s.text[:end]
	s.text = s.text[end:]
	if w == "" && s.text != "" {
		// A stray sign: step over it, so that reading comes to an end.
		w, s.text = s.text[:1], s.text[1:]
	}
	return w
}

// value reads "= value" if that is what comes next.
func (s *scanner) value() (string, bool) {
	rest, ok := strings.CutPrefix(strings.TrimLeft(s.text, " \t"), "=")
	if !ok {
		return "", false
	}
	rest = strings.TrimLeft(rest, " \t")
	if !strings.HasPrefix(rest, `"`) {
		end := strings.IndexAny(rest, " \t,")
		if end < 0 {
			end = len(rest)
		}
		s.text = rest[end:]
		return rest[:end], true
	}
	var b strings.Builder
	for i := 1; i < len(rest); i++ {
		switch rest[i] {
		case '\\':
			if i++; i < len(rest) {
				b.WriteByte(rest[i])
			}
		case '"':
			s.text = rest[i+1:]
			return b.String(), true
		default:
			b.WriteByte(rest[i])
		}
	}
	s.text = ""
	return b.String(), true
}

// answer writes the Authorization field for one request: the count-th with
// this nonce, from 1. The user name is sent as it is, also to a server that
// would take its hash (userhash, RFC 7616 §3.4.4): that hides it from nobody
// who can ask the device for its accounts, and few firmwares get it right.
func (c challenge) answer(cred devices.Credentials, method, uri string, body []byte, count int) (string, error) {
	a, strength, sess := c.known()
	if strength == 0 {
		return "", fmt.Errorf("its digest algorithm %q is not known", plain(c.algorithm, 32))
	}
	if !printable(cred.User) {
		return "", errors.New("the user name cannot be sent over HTTP")
	}
	sum := func(parts ...string) string {
		h := a.hash()
		_, _ = h.Write([]byte(strings.Join(parts, ":")))
		return hex.EncodeToString(h.Sum(nil))
	}
	random := make([]byte, 16)
	if _, err := rand.Read(random); err != nil {
		return "", fmt.Errorf("draw a nonce: %w", err)
	}
	cnonce, nc := hex.EncodeToString(random), fmt.Sprintf("%08x", count)
	one := sum(cred.User, c.realm, string(cred.Password))
	if sess {
		one = sum(one, c.nonce, cnonce)
	}
	two := sum(method, uri)
	if c.qop == "auth-int" {
		two = sum(method, uri, sum(string(body)))
	}
	response := sum(one, c.nonce, two)
	if c.qop != "" {
		response = sum(one, c.nonce, nc, cnonce, c.qop, two)
	}
	f := []string{
		`username=` + quoted(cred.User), `realm=` + quoted(c.realm), `nonce=` + quoted(c.nonce), `uri=` + quoted(uri),
	}
	if c.algorithm != "" {
		f = append(f, `algorithm=`+c.algorithm)
	}
	if c.hasOpaque {
		f = append(f, `opaque=`+quoted(c.opaque))
	}
	if c.qop != "" {
		f = append(f, `qop=`+c.qop, `nc=`+nc)
	}
	if c.qop != "" || sess {
		f = append(f, `cnonce=`+quoted(cnonce))
	}
	return "Digest " + strings.Join(append(f, `response=`+quoted(response)), ", "), nil
}

func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
