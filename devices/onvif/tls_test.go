package onvif

import (
	"crypto/sha256"
	"errors"
	"log/slog"
	"net/http/httptest"
	"slices"
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

// A device that was found by its address without TLS is spoken to at the port
// that it announces for TLS.
func TestSecurePort(t *testing.T) {
	for name, tc := range map[string]struct {
		address string
		xaddrs  []string
		want    string
	}{
		"as configured":             {"192.0.2.5:8443", nil, "192.0.2.5:8443"},
		"no port":                   {"192.0.2.5", nil, "192.0.2.5:443"},
		"found without TLS":         {"192.0.2.5:80", []string{"http://192.0.2.5/onvif/device_service"}, "192.0.2.5:443"},
		"announces both":            {"192.0.2.5:80", []string{"http://192.0.2.5/onvif", "https://192.0.2.5:4443/onvif"}, "192.0.2.5:4443"},
		"another address, not ours": {"192.0.2.5:80", []string{"https://192.0.2.9:1/x", "https://192.0.2.5:2/x"}, "192.0.2.5:2"},
		"behind a translation":      {"192.0.2.5:8000", []string{"https://10.0.0.9/x"}, "192.0.2.5:443"},
		"a port that is none":       {"192.0.2.5:8443", []string{"https://192.0.2.5:99999/x"}, "192.0.2.5:8443"},
		"a scheme in capitals":      {"192.0.2.5:80", []string{"HTTPS://192.0.2.5/x"}, "192.0.2.5:443"},
		"version 6":                 {"[2001:db8::5]:80", []string{"http://[2001:db8::5]/x"}, "[2001:db8::5]:443"},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := newClient(Options{}.withDefaults(), devices.Target{Found: devices.Found{Address: tc.address, XAddrs: tc.xaddrs}, TLS: &devices.TLS{}})
			if err != nil {
				t.Fatal(err)
			}
			if c.address != tc.want || c.device.Scheme != "https" || c.device.Host != tc.want {
				t.Errorf("got %s, %s", c.address, c.device)
			}
		})
	}
}

func TestOnlyTLS(t *testing.T) {
	f := newFake(t)
	target := f.target()
	_, port, _ := strings.Cut(target.Found.Address, ":")
	target.Found.XAddrs = []string{"https://127.0.0.1:" + port + "/onvif/device_service"}
	_, err := Driver(Options{}).Open(t.Context(), target)
	e, ok := errors.AsType[*devices.Error](err)
	if !ok || e.Remedy == "" || f.requests() > 0 {
		t.Errorf("%v, after %d requests", err, f.requests())
	}
	target.Found.XAddrs = append(target.Found.XAddrs, "http://127.0.0.1:"+port+"/onvif/device_service")
	if _, err := Driver(Options{}).Open(t.Context(), target); err != nil {
		t.Error(err)
	}
}

// Over TLS the services are asked over TLS, at the port that was dialled if
// the device gives one of the other kind.
func TestServicesOverTLS(t *testing.T) {
	f := newFake(t)
	f.tellAll()
	srv := httptest.NewTLSServer(f)
	t.Cleanup(srv.Close)
	pin := sha256.Sum256(srv.Certificate().RawSubjectPublicKeyInfo)
	target := f.target()
	target.Found.Address, target.TLS = strings.TrimPrefix(srv.URL, "https://"), &devices.TLS{PublicKey: pin[:]}
	cams, err := Driver(Options{}).Open(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	o, err := cams[0].Observe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	on, _ := o.Services.Get()
	if !slices.Contains(on, devices.ServiceHTTPS) {
		t.Errorf("services %v, and it was asked over HTTPS", o.Services)
	}
	if v, ok := o.Encrypted.Get(); ok && !v {
		t.Errorf("encrypted %v", o.Encrypted)
	}
	if n := f.count("tr2:GetMaskOptions"); n == 0 {
		t.Error("Media2 was not asked")
	}
}

func TestWrongKeySaysSo(t *testing.T) {
	f := newFake(t)
	srv := httptest.NewUnstartedServer(f)
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	srv.StartTLS()
	t.Cleanup(srv.Close)
	other := sha256.Sum256([]byte("another key"))
	for name, tls := range map[string]*devices.TLS{"pin": {PublicKey: other[:]}, "roots": {}} {
		target := f.target()
		target.Found.Address, target.TLS = strings.TrimPrefix(srv.URL, "https://"), tls
		_, err := Driver(Options{}).Open(t.Context(), target)
		if e, ok := errors.AsType[*devices.Error](err); !ok || !errors.Is(err, errCertificate) || !strings.Contains(e.Remedy, "certificate") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if f.requests() > 0 {
		t.Error("it was asked something")
	}
}
