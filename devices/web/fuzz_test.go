package web

import (
	"net/http"
	"testing"

	"github.com/icholy/digest"
)

// Whatever a device asks for, the answer can be put into a request and tells
// nobody the password in clear.
func FuzzChallenge(f *testing.F) {
	for _, s := range []string{
		`Digest realm="IP Camera(C1234)", nonce="abc\"def", stale=TRUE, algorithm=SHA-256, qop=auth`,
		`Basic realm="cam", Digest qop="auth, auth-int", realm="Login to 4C0B6B7", nonce="1099556286", opaque=""`,
		`Digest realm="AXIS_ACCC8E000001", nonce="x", algorithm=MD5-sess`, `Digest`, `Digest nonce=`, `=`, `,,,"`, `Digest nonce="a`, "Digest realm=\"\r\nX: y\", nonce=a",
	} {
		f.Add(s, "Digest nonce=b")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		best, _ := strongest([]string{a, b})
		if n := len(challenges([]string{a, b})); n > maxChallenges+1 {
			t.Fatalf("%d challenges", n)
		}
		if best == nil {
			return
		}
		c, err := digest.Digest(best, digest.Options{Method: "GET", URI: "/", Username: "lensdop", Password: "three-quiet-owls", Count: 1})
		if err != nil {
			t.Fatalf("%+v was chosen and cannot be answered: %v", best, err)
		}
		r := http.Request{Header: http.Header{}}
		r.Header.Set("Authorization", c.String())
		for _, by := range []byte(c.String()) {
			if by < ' ' || by == 0x7f {
				t.Fatalf("the answer %q is no header", c.String())
			}
		}
	})
}
