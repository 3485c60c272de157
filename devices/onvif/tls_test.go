package onvif

import (
	"crypto/sha256"
	"errors"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/lensdop/lensdop/devices"
)

func TestSecure(t *testing.T) {
	f := newFake(t)
	srv := httptest.NewUnstartedServer(f)
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // of refused handshakes
	srv.StartTLS()
	t.Cleanup(srv.Close)
	pin := sha256.Sum256(srv.Certificate().RawSubjectPublicKeyInfo)
	other := sha256.Sum256([]byte("another key"))
	for name, tc := range map[string]struct {
		tls *devices.TLS
		ok  bool
	}{
		"pinned key":       {&devices.TLS{PublicKey: pin[:]}, true},
		"another key":      {&devices.TLS{PublicKey: other[:]}, false},
		"system roots":     {&devices.TLS{}, false},
		"half a pin":       {&devices.TLS{PublicKey: pin[:16]}, false},
		"plain HTTP at it": {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			target := f.target()
			target.Found.Address = strings.TrimPrefix(srv.URL, "https://")
			f.srv = srv // so that its service addresses lead here
			target.TLS = tc.tls
			_, err := Driver(Options{}).Open(t.Context(), target)
			if (err == nil) != tc.ok {
				t.Fatalf("got %v", err)
			}
			if !tc.ok && errors.Is(err, devices.ErrLogin) {
				t.Errorf("got as far as the login: %v", err)
			}
		})
	}
}
