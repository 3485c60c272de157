package server_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/policy/server/ui"
	"github.com/lensdop/lensdop/policy/wire"
	"github.com/lensdop/lensdop/policy/wire/mqtt"
)

// authority is a municipality's own certificate authority.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Lensmonde test authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return authority{cert, key}
}

// issue writes a certificate for an address, and its key.
func (a authority) issue(t *testing.T, certFile, keyFile, address string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: address}, IPAddresses: []net.IP{net.ParseIP(address)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, certFile, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	writeFile(t, keyFile, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})))
}

// serve is what a server with such a certificate uses.
func (a authority) serve(t *testing.T, address string) *tls.Config {
	t.Helper()
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "crt"), filepath.Join(dir, "key")
	a.issue(t, cert, key, address)
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
}

// trust is what a client that knows only this authority uses.
func (a authority) trust() *tls.Config {
	roots := x509.NewCertPool()
	roots.AddCert(a.cert)
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
}

func TestPagesOverTLS(t *testing.T) {
	ca := newAuthority(t)
	c := config(t, t.TempDir())
	c.HTTPTLS = ca.serve(t, "127.0.0.1")
	b := start(t, c)
	b.addAccount(t, "anna", ui.RoleFacility)
	if !strings.HasPrefix(b.URL(), "https://127.0.0.1:") {
		t.Fatalf("pages at %s", b.URL())
	}
	p := b.browser(t)
	p.http.Transport.(*http.Transport).TLSClientConfig = ca.trust()
	p.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.URL()+"/signin",
		strings.NewReader(url.Values{"name": {"anna"}, "password": {personPassword}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	code, _, head := p.do(req)
	cookie := head.Get("Set-Cookie")
	if code != http.StatusSeeOther || !strings.HasPrefix(cookie, "__Host-lensdop=") {
		t.Errorf("%d, cookie %q", code, cookie)
	}
	for _, want := range []string{"; Secure", "; HttpOnly", "; SameSite=Strict", "; Path=/", "; Expires="} {
		if !strings.Contains(cookie, want) {
			t.Errorf("cookie lacks %q", want)
		}
	}
	if strings.Contains(cookie, "Domain") {
		t.Error("the cookie goes to other hosts, too")
	}
	for name, want := range map[string]string{
		"Strict-Transport-Security": "max-age=31536000", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Cache-Control": "no-store",
		"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "Referrer-Policy": "same-origin",
	} {
		if got := head.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	p.http.CheckRedirect = nil
	if _, body := p.get("/"); !strings.Contains(body, "Sporthal De Polder") {
		t.Error("the session does not hold over TLS")
	}

	for name, trust := range map[string]*tls.Config{
		"another authority": newAuthority(t).trust(), "TLS 1.1": {RootCAs: ca.trust().RootCAs, MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}, //nolint:gosec // that is the test
	} {
		tr := &http.Transport{TLSClientConfig: trust, DisableKeepAlives: true}
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, b.URL()+"/signin", nil)
		if resp, err := (&http.Client{Transport: tr}).Do(req); err == nil {
			_ = resp.Body.Close()
			t.Errorf("connected with %s", name)
		}
	}
	if line, err := net.Dial("tcp", b.HTTPAddr()); err != nil {
		t.Error(err)
	} else {
		_, _ = line.Write([]byte("GET /signin HTTP/1.1\r\nHost: x\r\n\r\n"))
		_ = line.SetReadDeadline(time.Now().Add(10 * time.Second))
		answer := make([]byte, 4096)
		n, _ := line.Read(answer)
		if bytes.Contains(answer[:n], []byte("password")) {
			t.Error("a page is served in the clear")
		}
		_ = line.Close()
	}
}

func TestGatewaysOverTLS(t *testing.T) {
	ca := newAuthority(t)
	c := config(t, t.TempDir())
	c.MQTTTLS = ca.serve(t, "127.0.0.1")
	b := start(t, c)
	b.tls = ca.trust()
	b.addAgent(t, agent1)
	g := b.connect(t, agent1, 1)
	g.hello(t, wire.Hello{Seq: 1})
	g.publish(t, wire.KindEvents, plain(1, 3), false)
	g.acked(t, 3)
	until(t, "the document", func() bool { return g.lastDesired().Generation > 0 })

	elsewhere := ca.trust()
	elsewhere.ServerName = "127.0.0.2" // the certificate is another's
	for name, m := range map[string]mqtt.Config{
		"another authority": {Broker: b.broker, TLS: newAuthority(t).trust()},
		"the system's":      {Broker: b.broker},
		"another host":      {Broker: b.broker, TLS: elsewhere},
		"in the clear":      {Broker: "tcp://" + b.MQTTAddr()},
	} {
		t.Run(name, func(t *testing.T) {
			m.ClientID, m.User, m.Password, m.MinDelay, m.MaxDelay = agent1, agent1, agentPassword, 20*time.Millisecond, 50*time.Millisecond
			ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
			defer cancel()
			_ = mqtt.Run(ctx, m, func(context.Context, *mqtt.Conn) error { t.Error("connected"); return nil }, func(mqtt.Message) {})
		})
	}
}
