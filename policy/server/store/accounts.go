package store

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"time"
)

// Account is a person who may sign in.
type Account struct {
	Name string
	Role string
	// Sites on which the person may decide.
	Sites    []string
	Language string // nl, fr or en; empty for the browser's
	Hash     string // of the password, in PHC form
	Created  time.Time
}

// AddAccount adds an account.
func (t *Tx) AddAccount(a Account) error {
	n, err := t.exec("INSERT INTO accounts (name, role, hash, language, created) VALUES (?,?,?,?,?) ON CONFLICT DO NOTHING",
		a.Name, a.Role, a.Hash, a.Language, at(a.Created))
	if err != nil {
		return err
	}
	if n == 0 {
		return fmt.Errorf("account %s %w", a.Name, ErrExists)
	}
	for _, s := range a.Sites {
		if _, err := t.exec("INSERT INTO account_sites (account, site) VALUES (?,?)", a.Name, s); err != nil {
			return err
		}
	}
	return nil
}

// Account returns an account, or ErrNotFound.
func (t *Tx) Account(name string) (a Account, err error) {
	err = t.one(func(r scanner) error {
		return r.Scan(&a.Name, &a.Role, &a.Hash, &a.Language, instant{&a.Created})
	}, "SELECT name, role, hash, language, created FROM accounts WHERE name = ?", name)
	if err != nil {
		return a, err
	}
	a.Sites, err = list(t, text, "SELECT site FROM account_sites WHERE account = ? ORDER BY site", name)
	return a, err
}

// Accounts returns all accounts, by name.
func (t *Tx) Accounts() ([]Account, error) {
	names, err := list(t, text, "SELECT name FROM accounts ORDER BY name")
	if err != nil {
		return nil, err
	}
	var all []Account
	for _, n := range names {
		a, err := t.Account(n)
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}

// SetPassword gives an account another password and ends its sessions.
func (t *Tx) SetPassword(name, hash string) error {
	n, err := t.exec("UPDATE accounts SET hash = ? WHERE name = ?", hash, name)
	if err != nil {
		return err
	}
	if n == 0 {
		return fmt.Errorf("account %s: %w", name, ErrNotFound)
	}
	_, err = t.exec("DELETE FROM sessions WHERE account = ?", name)
	return err
}

// RemoveAccount takes an account and its sessions out. What the person decided
// stays.
func (t *Tx) RemoveAccount(name string) error {
	for _, q := range []string{"DELETE FROM sessions WHERE account = ?", "DELETE FROM account_sites WHERE account = ?"} {
		if _, err := t.exec(q, name); err != nil {
			return err
		}
	}
	n, err := t.exec("DELETE FROM accounts WHERE name = ?", name)
	if err == nil && n == 0 {
		err = fmt.Errorf("account %s: %w", name, ErrNotFound)
	}
	return err
}

// CountAccounts tells how many accounts there are.
func (t *Tx) CountAccounts() (n int, err error) {
	err = t.one(func(r scanner) error { return r.Scan(&n) }, "SELECT count(*) FROM accounts")
	return n, err
}

func tokenHash(token string) []byte {
	h := sha256.Sum256([]byte(token))
	return h[:]
}

// AddSession begins a session; only a hash of its token is kept. Sessions that
// are over are cleared away.
func (t *Tx) AddSession(token, account string, now, expires time.Time) error {
	if _, err := t.exec("DELETE FROM sessions WHERE expires <= ?", at(now)); err != nil {
		return err
	}
	_, err := t.exec("INSERT INTO sessions (token, account, created, expires) VALUES (?,?,?,?)", tokenHash(token), account, at(now), at(expires))
	return err
}

// Session returns the account of a session, and false if there is no such
// session or it is over.
func (t *Tx) Session(token string, now time.Time) (Account, bool, error) {
	var name string
	err := t.one(func(r scanner) error { return r.Scan(&name) },
		"SELECT account FROM sessions WHERE token = ? AND expires > ?", tokenHash(token), at(now))
	if errors.Is(err, ErrNotFound) {
		return Account{}, false, nil
	}
	if err != nil {
		return Account{}, false, err
	}
	a, err := t.Account(name)
	return a, err == nil, err
}

// EndSession ends a session.
func (t *Tx) EndSession(token string) error {
	_, err := t.exec("DELETE FROM sessions WHERE token = ?", tokenHash(token))
	return err
}
