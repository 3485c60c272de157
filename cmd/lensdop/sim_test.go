package main

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"net/url"
	"testing"
	"time"
)

// TestSimCameraPin sees that the pin that a simulated camera prints is that of
// the certificate that it shows, and that the fault shows another one.
func TestSimCameraPin(t *testing.T) {
	for name, c := range map[string]struct {
		host  string
		args  []string
		known bool
	}{
		"its own":       {"127.11.42.1", []string{"--tls"}, true},
		"somebody's":    {"127.11.42.2", []string{"--fault", "self-signed"}, false},
		"with the rest": {"127.11.42.3", []string{"--tls", "--park", "--contact", "--recorder", "--retention", "720h", "--microphones", "2"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			var up simulatedCamera
			device(t, &up, append([]string{"camera", "--json", "--host", c.host, "--discovery", "-1"}, c.args...)...)
			u, err := url.Parse(up.TLS)
			if err != nil || u.Scheme != "https" {
				t.Fatalf("TLS at %q: %v", up.TLS, err)
			}
			dialer := &tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}
			conn, err := dialer.DialContext(t.Context(), "tcp", u.Host)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
			shown, ok := conn.(*tls.Conn)
			if !ok {
				t.Fatalf("connection is a %T", conn)
			}
			sum := sha256.Sum256(shown.ConnectionState().PeerCertificates[0].RawSubjectPublicKeyInfo)
			if known := up.Pin == "sha256:"+base64.StdEncoding.EncodeToString(sum[:]); known != c.known {
				t.Errorf("pin %q is that of the certificate: %v", up.Pin, known)
			}
		})
	}
}
