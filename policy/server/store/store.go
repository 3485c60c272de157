// Package store owns the policy server's database: one SQLite file that is the
// truth about agents, events, decisions, findings, alerts, accounts and mail
// still to be sent. It decides nothing: what follows from an event is the
// server's, and everything that belongs together happens in one transaction
// given by the caller. It never holds a picture, a card number or a password.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// ErrNotFound tells that there is no such row.
var ErrNotFound = errors.New("not found")

// ErrExists tells that the row is there already.
var ErrExists = errors.New("exists already")

// Store is an open database. It is safe for use by several goroutines.
type Store struct {
	write *sql.DB // one connection: SQLite has one writer
	read  *sql.DB
}

// Open opens the database file, made if it is not there, and brings its tables
// up to date. The file is readable by its owner only. A commit is on the disk
// when it returns (WAL, synchronous FULL).
func Open(ctx context.Context, path string) (*Store, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("database %s: %w", path, err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("database %s: %w; check that the directory is writable", path, err)
	}
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("database %s: %w", path, err)
	}
	s := &Store{}
	if s.write, err = sql.Open("sqlite", dsn(path, "immediate")); err != nil {
		return nil, fmt.Errorf("database %s: %w", path, err)
	}
	s.write.SetMaxOpenConns(1)
	if err := migrate(ctx, s.write); err != nil {
		return nil, errors.Join(fmt.Errorf("database %s: %w", path, err), s.write.Close())
	}
	if s.read, err = sql.Open("sqlite", dsn(path, "deferred")+"&_pragma=query_only(1)"); err != nil {
		return nil, errors.Join(fmt.Errorf("database %s: %w", path, err), s.write.Close())
	}
	s.read.SetMaxOpenConns(4)
	return s, nil
}

func dsn(path, lock string) string {
	u := url.URL{Scheme: "file", OmitHost: true, Path: path}
	return u.String() + "?_txlock=" + lock +
		"&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=busy_timeout(10000)" +
		"&_pragma=secure_delete(1)" // what is deleted is overwritten
}

// Close closes the database.
func (s *Store) Close() error { return errors.Join(s.read.Close(), s.write.Close()) }

// Tx is one transaction. It is valid only inside the function it was given to.
type Tx struct {
	ctx context.Context
	tx  *sql.Tx
}

// Update runs fn in a writing transaction: committed and on the disk if both
// return nil, undone as a whole otherwise.
func (s *Store) Update(ctx context.Context, fn func(*Tx) error) error { return run(ctx, s.write, fn) }

// View runs fn in a reading transaction, which sees one state of the database.
func (s *Store) View(ctx context.Context, fn func(*Tx) error) error { return run(ctx, s.read, fn) }

func run(ctx context.Context, db *sql.DB, fn func(*Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	if err := fn(&Tx{ctx: ctx, tx: tx}); err != nil {
		if back := tx.Rollback(); back != nil && !errors.Is(back, sql.ErrTxDone) {
			err = errors.Join(err, fmt.Errorf("roll back: %w", back))
		}
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

func (t *Tx) exec(query string, args ...any) (int64, error) {
	r, err := t.tx.ExecContext(t.ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// one scans the single row of a query, or returns ErrNotFound.
func (t *Tx) one(scan func(scanner) error, query string, args ...any) error {
	err := scan(t.tx.QueryRowContext(t.ctx, query, args...))
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}

type scanner interface{ Scan(dest ...any) error }

// list collects the rows of a query.
func list[T any](t *Tx, scan func(scanner) (T, error), query string, args ...any) (all []T, err error) {
	rows, err := t.tx.QueryContext(t.ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, rows.Err()
}

// stamp is how instants are stored: UTC, of one width, so that text order is
// time order. The zero time is the empty text.
const stamp = "2006-01-02T15:04:05.000000Z"

func at(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(stamp)
}

// instant scans what at wrote.
type instant struct{ to *time.Time }

// Scan reads a stored instant.
func (i instant) Scan(src any) error {
	s, ok := src.(string)
	if !ok && src != nil {
		return fmt.Errorf("instant is stored as %T", src)
	}
	if s == "" {
		*i.to = time.Time{}
		return nil
	}
	t, err := time.Parse(stamp, s)
	*i.to = t
	return err
}
