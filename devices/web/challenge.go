package web

import (
	"strings"

	"github.com/icholy/digest"
)

// maxChallenges bounds what is read of one answer.
const maxChallenges = 16

// offered is one challenge of a WWW-Authenticate header (RFC 9110 §11.6.1).
type offered struct {
	scheme string            // lower case
	params map[string]string // names in lower case
}

// challenges splits the headers of one answer. A device may put several
// challenges into one header or send one header for each. What is no
// challenge ends its header.
func challenges(headers []string) []offered {
	var all []offered
	for _, h := range headers {
		var now *offered
		for len(all) <= maxChallenges {
			h = strings.TrimLeft(h, " \t,")
			word := token(h)
			if word == "" {
				break
			}
			h = h[len(word):]
			rest := strings.TrimLeft(h, " \t")
			if !strings.HasPrefix(rest, "=") {
				all = append(all, offered{scheme: strings.ToLower(word), params: map[string]string{}})
				now = &all[len(all)-1]
				continue
			}
			value, rest := value(strings.TrimLeft(rest[1:], " \t"))
			if h = rest; now == nil {
				break
			}
			// The first wins, lest an addition override what stands there.
			if name := strings.ToLower(word); now.params[name] == "" {
				now.params[name] = value
			}
		}
	}
	return all
}

// token is what h starts with up to a space, a comma, an equals sign or a quote.
func token(h string) string {
	if i := strings.IndexAny(h, " \t,=\""); i >= 0 {
		return h[:i]
	}
	return h
}

// value reads a token or a quoted string, and what follows.
func value(h string) (string, string) {
	if !strings.HasPrefix(h, `"`) {
		v := token(h)
		return v, h[len(v):]
	}
	var b strings.Builder
	for i := 1; i < len(h); i++ {
		switch h[i] {
		case '\\':
			if i++; i < len(h) {
				b.WriteByte(h[i])
			}
		case '"':
			return b.String(), h[i+1:]
		default:
			b.WriteByte(h[i])
		}
	}
	return b.String(), ""
}

// strength orders the algorithms of RFC 7616; 0 for one that is not known.
func strength(algorithm string) int {
	switch strings.ToUpper(algorithm) {
	case "", "MD5":
		return 1
	case "SHA-256":
		return 2
	case "SHA-512-256":
		return 3
	default:
		return 0
	}
}

// strongest is the best digest challenge that can be answered, or nil; basic
// tells that the device would take the password in clear.
func strongest(headers []string) (best *digest.Challenge, basic bool) {
	for _, o := range challenges(headers) {
		if o.scheme == "basic" {
			basic = true
		}
		c := &digest.Challenge{
			Realm: o.params["realm"], Nonce: o.params["nonce"], Opaque: o.params["opaque"], Algorithm: o.params["algorithm"],
			Stale:    strings.EqualFold(o.params["stale"], "true"),
			Userhash: strings.EqualFold(o.params["userhash"], "true"),
		}
		for q := range strings.SplitSeq(o.params["qop"], ",") {
			if q = strings.ToLower(strings.TrimSpace(q)); q != "" {
				c.QOP = append(c.QOP, q)
			}
		}
		if o.scheme != "digest" || c.Nonce == "" || strength(c.Algorithm) == 0 || !digest.CanDigest(c) || !printable(c.Realm+c.Nonce+c.Opaque) {
			continue
		}
		if best == nil || strength(c.Algorithm) > strength(best.Algorithm) {
			best = c
		}
	}
	return best, basic
}

// printable tells that a value can be sent back in a header as it is.
func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}
