package server

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy/server/store"
	"github.com/lensdop/lensdop/policy/server/ui"
	"github.com/lensdop/lensdop/policy/wire"
)

// Register is the server's database and key, opened for the commands that add
// agents and accounts. It may be open while the server runs.
type Register struct {
	store *store.Store
	key   ed25519.PrivateKey
}

const (
	databaseFile = "server.db"
	keyFile      = "server.key"

	// minAgentPassword and minPassword are in characters. An agent's password
	// is drawn by a machine and kept with a fast hash, so it is long.
	minAgentPassword = 16
	minPassword      = 12
	maxPassword      = 256
)

// OpenRegister opens the database and key in dir, and makes them if they are
// not there.
func OpenRegister(ctx context.Context, dir string) (*Register, error) {
	if dir == "" {
		return nil, errors.New("no data directory given; name one that only the server can read")
	}
	s, err := store.Open(ctx, filepath.Join(dir, databaseFile))
	if err != nil {
		return nil, err
	}
	key, err := loadKey(filepath.Join(dir, keyFile))
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return &Register{store: s, key: key}, nil
}

// Close closes the database.
func (r *Register) Close() error { return r.store.Close() }

// Key is the public key that agents must trust, as text.
func (r *Register) Key() string { return wire.EncodeKey(r.public()) }

func (r *Register) public() ed25519.PublicKey {
	return ed25519.PublicKey(slices.Clone(r.key[ed25519.SeedSize:]))
}

// AddAgent adds a gateway for one site. With an empty password one is drawn;
// the password is returned and kept nowhere.
func (r *Register) AddAgent(ctx context.Context, id, site string, password devices.Secret) (devices.Secret, error) {
	return r.AddAgentSites(ctx, id, []string{site}, password)
}

// AddAgentSites is AddAgent for a gateway that serves several sites.
func (r *Register) AddAgentSites(ctx context.Context, id string, sites []string, password devices.Secret) (devices.Secret, error) {
	if err := wire.CheckID(id); err != nil {
		return "", fmt.Errorf("agent %w", err)
	}
	if id == serverUser {
		return "", fmt.Errorf("agent id %q is the server's own; choose another", id)
	}
	if len(sites) == 0 || slices.Contains(sites, "") {
		return "", fmt.Errorf("agent %s: name the site that it serves", id)
	}
	if password == "" {
		password = devices.Secret(rand.Text())
	}
	if n := len(password); n < minAgentPassword || n > maxPassword {
		return "", fmt.Errorf("agent %s: the password has %d characters; use %d to %d, or leave it out to have one drawn", id, n, minAgentPassword, maxPassword)
	}
	salt := make([]byte, 16)
	if _, err := rand.Read(salt); err != nil {
		return "", err
	}
	now := time.Now()
	err := r.store.Update(ctx, func(t *store.Tx) error {
		if err := t.AddAgent(id, sites, salt, string(password), now); err != nil {
			return err
		}
		return t.Audit(store.Entry{At: now, Who: console, What: "agent added", Detail: id + " for " + strings.Join(sites, ", ")})
	})
	if err != nil {
		return "", fmt.Errorf("add agent: %w", err)
	}
	return password, nil
}

// Agent is a gateway as the register has it.
type Agent struct {
	ID       string
	Sites    []string
	Online   bool
	LastSeen time.Time // zero: never
	Version  string
}

// Agents lists the gateways.
func (r *Register) Agents(ctx context.Context) (all []Agent, err error) {
	err = r.store.View(ctx, func(t *store.Tx) error {
		stored, err := t.Agents()
		for _, a := range stored {
			all = append(all, Agent{ID: a.ID, Sites: a.Sites, Online: a.Online, LastSeen: a.LastSeen, Version: a.Version})
		}
		return err
	})
	return all, err
}

// RenewAgent draws a new password for a gateway. A server that runs ends its
// connection, and the alert that its password was used twice.
func (r *Register) RenewAgent(ctx context.Context, id string) (devices.Secret, error) {
	password := devices.Secret(rand.Text())
	salt := make([]byte, 16)
	if _, err := rand.Read(salt); err != nil {
		return "", err
	}
	now := time.Now()
	err := r.store.Update(ctx, func(t *store.Tx) error {
		if err := t.SetAgentPassword(id, salt, string(password)); err != nil {
			return err
		}
		if _, _, err := t.Resolve("double/"+id, now); err != nil {
			return err
		}
		return t.Audit(store.Entry{At: now, Who: console, What: "agent has a new password", Detail: id})
	})
	if err != nil {
		return "", fmt.Errorf("new password: %w", err)
	}
	return password, nil
}

// RemoveAgent takes a gateway out. A server that runs ends its connection and
// clears what the broker holds of it. Covers in force at the gateway stay in
// force there.
func (r *Register) RemoveAgent(ctx context.Context, id string) error {
	now := time.Now()
	err := r.store.Update(ctx, func(t *store.Tx) error {
		if err := t.RemoveAgent(id, now); err != nil {
			return err
		}
		keys, err := t.OpenKeys(id)
		if err != nil {
			return err
		}
		for _, k := range keys {
			if _, _, err := t.Resolve(k, now); err != nil {
				return err
			}
		}
		return t.Audit(store.Entry{At: now, Who: console, What: "agent removed", Detail: id})
	})
	if err != nil {
		return fmt.Errorf("remove: %w", err)
	}
	return nil
}

// Accounts lists the people who may sign in.
func (r *Register) Accounts(ctx context.Context) (all []Account, err error) {
	err = r.store.View(ctx, func(t *store.Tx) error {
		stored, err := t.Accounts()
		for _, a := range stored {
			all = append(all, Account{Name: a.Name, Role: ui.Role(a.Role), Sites: a.Sites, Language: a.Language})
		}
		return err
	})
	return all, err
}

// SetPassword gives a person a new password and ends all sessions of theirs.
func (r *Register) SetPassword(ctx context.Context, name string, password devices.Secret) error {
	hash, err := passwordHash(name, password)
	if err != nil {
		return err
	}
	err = r.store.Update(ctx, func(t *store.Tx) error {
		if err := t.SetPassword(name, hash); err != nil {
			return err
		}
		return t.Audit(store.Entry{At: time.Now(), Who: console, What: "account has a new password", Detail: name})
	})
	if err != nil {
		return fmt.Errorf("new password: %w", err)
	}
	return nil
}

// RemoveAccount takes a person out, and ends all sessions of theirs at once.
// What the person decided stays, with the name.
func (r *Register) RemoveAccount(ctx context.Context, name string) error {
	err := r.store.Update(ctx, func(t *store.Tx) error {
		if err := t.RemoveAccount(name); err != nil {
			return err
		}
		return t.Audit(store.Entry{At: time.Now(), Who: console, What: "account removed", Detail: name})
	})
	if err != nil {
		return fmt.Errorf("remove: %w", err)
	}
	return nil
}

func passwordHash(name string, password devices.Secret) (string, error) {
	if n := len(password); n < minPassword || n > maxPassword {
		return "", fmt.Errorf("account %s: the password has %d characters; use %d to %d", name, n, minPassword, maxPassword)
	}
	hash, err := hashPassword(string(password))
	if err != nil {
		return "", fmt.Errorf("account %s: %w", name, err)
	}
	return hash, nil
}

// console is who acts by a command on the server's machine.
const console = "console"

// Account is a person who may sign in.
type Account struct {
	Name string
	Role ui.Role
	// Sites on which the person decides; needed for RoleFacility only.
	Sites []string
	// Language is nl, fr or en; empty for the browser's.
	Language string
}

// AddAccount adds a person. The password is kept as an argon2id hash only.
func (r *Register) AddAccount(ctx context.Context, a Account, password devices.Secret) error {
	if !validName(a.Name) {
		return fmt.Errorf("account name %q: use 1 to 64 letters, digits and . _ - @", a.Name)
	}
	if !slices.Contains(ui.Roles(), a.Role) {
		return fmt.Errorf("account %s: role %q is none of %v", a.Name, a.Role, ui.Roles())
	}
	if a.Role == ui.RoleFacility && len(a.Sites) == 0 {
		return fmt.Errorf("account %s: a facility manager decides on named sites; give at least one", a.Name)
	}
	if a.Language != "" && !slices.Contains(ui.Languages(), a.Language) {
		return fmt.Errorf("account %s: language %q is none of %v", a.Name, a.Language, ui.Languages())
	}
	hash, err := passwordHash(a.Name, password)
	if err != nil {
		return err
	}
	now := time.Now()
	err = r.store.Update(ctx, func(t *store.Tx) error {
		err := t.AddAccount(store.Account{Name: a.Name, Role: string(a.Role), Sites: a.Sites, Language: a.Language, Hash: hash, Created: now})
		if err != nil {
			return err
		}
		return t.Audit(store.Entry{At: now, Who: console, What: "account added", Detail: a.Name + " as " + string(a.Role)})
	})
	if err != nil {
		return fmt.Errorf("add account: %w", err)
	}
	return nil
}

func validName(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for _, r := range s {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', strings.ContainsRune("._-@", r):
		default:
			return false
		}
	}
	return true
}

// loadKey reads the server's private key, or makes it. A key that others on
// the machine can read is refused.
func loadKey(path string) (ed25519.PrivateKey, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return makeKey(path)
	}
	if err != nil {
		return nil, fmt.Errorf("server key: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("server key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("server key %s can be read by others (mode %#o); take it as leaked, or set it to 0600 if that was never so", path, info.Mode().Perm())
	}
	block, _ := pem.Decode(b)
	if block == nil {
		return nil, fmt.Errorf("server key %s is not a PEM file; put the backup back", path)
	}
	k, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("server key %s cannot be read; put the backup back", path)
	}
	key, ok := k.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("server key %s is not an Ed25519 key", path)
	}
	return key, nil
}

func makeKey(path string) (ed25519.PrivateKey, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("server key: %w", err)
	}
	err = pem.Encode(f, &pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("server key %s: %w", path, err)
	}
	return key, nil
}
