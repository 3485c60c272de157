package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// lookAgain is how often the files are looked at for a renewed certificate.
const lookAgain = time.Minute

// pair is a certificate with its key, read again when the files change, so
// that a renewed certificate needs no restart.
type pair struct {
	certificate, key string

	mu      sync.Mutex
	loaded  *tls.Certificate
	looked  time.Time
	changed time.Time // of the newer of the two files
}

// load reads the files. What was loaded before stays if they cannot be read.
func (p *pair) load() error {
	changed, err := p.modified()
	if err != nil {
		return err
	}
	c, err := tls.LoadX509KeyPair(p.certificate, p.key)
	if err != nil {
		return fmt.Errorf("certificate %s with key %s: %w", p.certificate, p.key, err)
	}
	if err := private(p.key); err != nil {
		return err
	}
	p.loaded, p.changed, p.looked = &c, changed, time.Now()
	return nil
}

func (p *pair) modified() (newest time.Time, err error) {
	for _, path := range []string{p.certificate, p.key} {
		info, bad := os.Stat(path)
		if bad != nil {
			err = errors.Join(err, bad)
			continue
		}
		if t := info.ModTime(); t.After(newest) {
			newest = t
		}
	}
	return newest, err
}

// get is for tls.Config.GetCertificate.
func (p *pair) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Since(p.looked) > lookAgain {
		p.looked = time.Now()
		if t, err := p.modified(); err == nil && !t.Equal(p.changed) {
			_ = p.load() // half renewed, or wrong: the one before serves on
		}
	}
	return p.loaded, nil
}
