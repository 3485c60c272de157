package onvif

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/lensdop/lensdop/devices"
)

// A web server of some kind that asks for a login, or has no such page, has
// not spoken ONVIF: it is sent none. Whoever forges a probe's answer of a
// camera may name any place on it, such as one that restarts it.
func TestNoLoginToWhatDoesNotSpeakONVIF(t *testing.T) {
	for _, x := range []struct {
		name   string
		how    devices.How
		xaddr  string
		status int
		sent   bool
	}{
		{"somewhere on the network", devices.HowRTSP, "", 401, false},
		{"nobody says how it was found", "", "", 401, false},
		{"announced by anybody", devices.HowHello, "", 401, false},
		{"answered a probe", devices.HowMulticast, "", 401, true},
		{"answered a probe sent to it", devices.HowUnicast, "http://192.0.2.77/onvif/device_service", 401, true},
		{"answered, and names another place", devices.HowMulticast, "http://192.0.2.77/cgi/restart", 401, false},
		{"answered, and asks something", devices.HowMulticast, "http://192.0.2.77/onvif/device_service?user=add", 401, false},
		{"forbidden", devices.HowRTSP, "", 403, false},
		{"not implemented", devices.HowRTSP, "", 501, false},
	} {
		t.Run(x.name, func(t *testing.T) {
			logins, asked := 0, 0
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				b, err := io.ReadAll(r.Body)
				if err != nil {
					return
				}
				asked++
				if r.Header.Get("Authorization") != "" || strings.Contains(string(b), "UsernameToken") {
					logins++
				}
				w.Header().Set("WWW-Authenticate", `Digest realm="printer", nonce="n", qop="auth"`)
				w.WriteHeader(x.status)
				_, _ = io.WriteString(w, "<html></html>")
			}))
			defer srv.Close()
			f := devices.Found{Address: strings.TrimPrefix(srv.URL, "http://"), How: x.how}
			if x.xaddr != "" {
				f.XAddrs = []string{x.xaddr}
			}
			_, err := Driver(Options{}).Open(t.Context(), devices.Target{Found: f, Credentials: devices.Credentials{User: fakeUser, Password: fakePass}})
			if (logins > 0) != x.sent || asked == 0 {
				t.Errorf("%d logins in %d requests", logins, asked)
			}
			if errors.Is(err, devices.ErrLogin) != x.sent || err == nil {
				t.Errorf("got %v: who was sent no login refused none", err)
			}
		})
	}
}

// A device that lists services without end fills neither memory nor the log.
func TestEndlessServices(t *testing.T) {
	f := newFake(t)
	var b strings.Builder
	for i := range 5000 {
		b.WriteString(service(fmt.Sprintf("urn:x:%d", i), "ftp://192.0.2.1/"))
	}
	f.answer["tds:GetServices"] = sendBody("<tds:GetServicesResponse>" + b.String() + "</tds:GetServicesResponse>")
	var log bytes.Buffer
	_, err := Driver(Options{Log: slog.New(slog.NewTextHandler(&log, nil))}).Open(t.Context(), f.target())
	if err == nil || strings.Count(log.String(), "service address ignored") != 1 {
		t.Errorf("%v, %d bytes of log", err, log.Len())
	}
}
