package agent

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// vault encrypts what the gateway keeps about views, under a key that never
// leaves it: AES-256-GCM with a random nonce in front.
type vault struct{ aead cipher.AEAD }

const vaultKeyBytes = 32

// openVault reads the key in dir, or makes one.
func openVault(dir string) (*vault, error) {
	path := filepath.Join(dir, "view.key")
	key, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		key = make([]byte, vaultKeyBytes)
		if _, err := rand.Read(key); err != nil {
			return nil, fmt.Errorf("view key: %w", err)
		}
		err = writeSynced(path, key)
	}
	if err != nil {
		return nil, fmt.Errorf("view key: %w", err)
	}
	if len(key) != vaultKeyBytes {
		return nil, fmt.Errorf("view key %s has %d bytes, want %d; remove it to learn the views anew", path, len(key), vaultKeyBytes)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("view key: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("view key: %w", err)
	}
	return &vault{aead}, nil
}

// seal encrypts b and binds it to what it belongs to.
func (v *vault) seal(b []byte, belongs string) ([]byte, error) {
	nonce := make([]byte, v.aead.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return v.aead.Seal(nonce, nonce, b, []byte(belongs)), nil
}

func (v *vault) open(b []byte, belongs string) ([]byte, error) {
	n := v.aead.NonceSize()
	if len(b) < n {
		return nil, errors.New("reference view is cut short")
	}
	p, err := v.aead.Open(nil, b[:n], b[n:], []byte(belongs))
	if err != nil {
		return nil, errors.New("reference view does not decrypt with this gateway's key")
	}
	return p, nil
}

// writeSynced writes a file that only its owner can read, whole or not at all.
func writeSynced(path string, b []byte) (err error) {
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
