package onvif

import (
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"net/url"
	"strings"

	"github.com/lensdop/lensdop/devices"
)

// errCertificate tells that the device did not show the certificate that it
// should have. Nothing was asked of it.
var errCertificate = errors.New("its certificate is not accepted")

// tlsConfig accepts a device by the pinned key, or by the system's roots if no
// key is pinned. A certificate that signs itself is accepted by its key only.
func tlsConfig(t *devices.TLS) (*tls.Config, error) {
	// Older versions are broken; a device without 1.2 is reached without TLS,
	// knowingly, or not at all.
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if len(t.PublicKey) == 0 {
		return c, nil
	}
	if len(t.PublicKey) != sha256.Size {
		return nil, errors.New("the pinned key is not a SHA-256 sum")
	}
	pin := t.PublicKey
	// The chain says nothing about a self-signed certificate; the pinned key
	// takes its place, and VerifyConnection runs on resumed sessions too.
	c.InsecureSkipVerify = true
	c.VerifyConnection = func(s tls.ConnectionState) error {
		if len(s.PeerCertificates) == 0 {
			return errCertificate
		}
		got := sha256.Sum256(s.PeerCertificates[0].RawSubjectPublicKeyInfo)
		if subtle.ConstantTimeCompare(got[:], pin) != 1 {
			return errCertificate
		}
		return nil
	}
	return c, nil
}

// onlyTLS tells that a device announces itself by https addresses alone, at
// the port that is dialled.
func onlyTLS(xaddrs []string, port string) bool {
	only := false
	for _, x := range xaddrs {
		u, err := url.Parse(x)
		switch {
		case err != nil:
		case strings.EqualFold(u.Scheme, "http"):
			return false
		case strings.EqualFold(u.Scheme, "https") && portOf(u) == port:
			only = true
		}
	}
	return only
}

// portOf is the port of an address, by default that of its scheme.
func portOf(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case strings.EqualFold(u.Scheme, "https"):
		return "443"
	default:
		return "80"
	}
}

// securePort is the port to speak TLS at. Found.Address may have that of the
// address without TLS, which devices announce first.
func securePort(host, port string, xaddrs []string) string {
	plainHTTP := false
	var other string
	for _, x := range xaddrs {
		u, err := url.Parse(x)
		if err != nil {
			continue
		}
		switch p := portOf(u); {
		case strings.EqualFold(u.Scheme, "https") && validPort(p):
			if u.Hostname() == host {
				return p
			}
			if other == "" {
				other = p
			}
		case strings.EqualFold(u.Scheme, "http"):
			plainHTTP = plainHTTP || p == port
		}
	}
	switch {
	case other != "":
		return other
	case plainHTTP || port == "":
		return "443"
	default:
		return port
	}
}
