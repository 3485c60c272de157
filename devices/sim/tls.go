package sim

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"strconv"
	"time"
)

// certificates are what a device shows: its own, and another one that nobody
// knows. Both are self-signed, as cameras come from the factory.
type certificates struct{ own, other tls.Certificate }

func newCertificates(c Camera) (*certificates, error) {
	var list [2]tls.Certificate
	for i := range list {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, fmt.Errorf("certificate: %w", err)
		}
		template := &x509.Certificate{
			SerialNumber: big.NewInt(int64(i + 1)),
			Subject:      pkix.Name{CommonName: c.Serial},
			// Cameras made their certificates long ago, and for long.
			NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2049, 1, 1, 0, 0, 0, 0, time.UTC),
			KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
			IPAddresses: []net.IP{net.ParseIP(c.Host)},
		}
		der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
		if err != nil {
			return nil, fmt.Errorf("certificate: %w", err)
		}
		leaf, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("certificate: %w", err)
		}
		list[i] = tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
	}
	return &certificates{list[0], list[1]}, nil
}

// Pin is the SHA-256 sum of the public key (SubjectPublicKeyInfo) of the
// device's certificate; nil without TLS.
func (d *Device) Pin() []byte {
	if d.certificates == nil {
		return nil
	}
	sum := sha256.Sum256(d.certificates.own.Leaf.RawSubjectPublicKeyInfo)
	return sum[:]
}

// TLSAddr is host:port of the ONVIF services over TLS; empty without.
func (d *Device) TLSAddr() string {
	if !d.cam.TLS {
		return ""
	}
	return net.JoinHostPort(d.cam.Host, strconv.Itoa(d.cam.HTTPSPort))
}

// tlsConfig shows the certificate that the device has now.
func (d *Device) tlsConfig() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		if d.fault(FaultSelfSigned) {
			return &d.certificates.other, nil
		}
		return &d.certificates.own, nil
	}}
}
