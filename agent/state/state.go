// Package state owns the gateway's one SQLite file: the journal of what was
// written to devices, the numbered log whose unacknowledged end is the outbox,
// the desired document in force, the covers in force and the time floor. Every
// change of state and the event that tells of it are one transaction. It never
// holds a picture, a card number or a password.
package state

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the database driver registers itself
)

// DB is the open file. It is safe for concurrent use; writers take turns.
type DB struct {
	sql     *sql.DB
	stream  string
	mu      sync.Mutex // one writer
	changed chan struct{}
	notes   []string
}

const schema = `
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS log (
	seq     INTEGER PRIMARY KEY AUTOINCREMENT,
	time    TEXT NOT NULL,
	type    TEXT NOT NULL,
	subject TEXT NOT NULL,
	data    TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS journal (
	camera TEXT NOT NULL,
	device TEXT NOT NULL,
	method TEXT NOT NULL,
	undo   TEXT NOT NULL,
	held   TEXT NOT NULL,
	opened TEXT NOT NULL,
	PRIMARY KEY (camera, device, method)
) STRICT;
CREATE TABLE IF NOT EXISTS covers (camera TEXT PRIMARY KEY, cover TEXT NOT NULL, since TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS released (camera TEXT PRIMARY KEY, at TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS desired (one INTEGER PRIMARY KEY CHECK (one = 1), epoch INTEGER NOT NULL, generation INTEGER NOT NULL, sha256 TEXT NOT NULL, envelope TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS statements (kind TEXT NOT NULL, id TEXT NOT NULL, envelope TEXT NOT NULL, PRIMARY KEY (kind, id)) STRICT;
CREATE TABLE IF NOT EXISTS views (camera TEXT NOT NULL, path TEXT NOT NULL, learned TEXT NOT NULL, reference BLOB NOT NULL, PRIMARY KEY (camera, path)) STRICT;
CREATE TABLE IF NOT EXISTS seen (
	device  TEXT PRIMARY KEY,
	first   TEXT NOT NULL,
	last    TEXT NOT NULL,
	address TEXT NOT NULL,
	mac     TEXT NOT NULL,
	serial  TEXT NOT NULL,
	kept    INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS tried (device TEXT NOT NULL, login TEXT NOT NULL, firmware TEXT NOT NULL, at TEXT NOT NULL, opened INTEGER NOT NULL, PRIMARY KEY (device, login)) STRICT;
CREATE TABLE IF NOT EXISTS findings (id TEXT PRIMARY KEY, finding TEXT NOT NULL) STRICT;
`

// Open opens or creates the file. A file that is damaged is put aside under
// another name and a new one begun, with a new stream, so that the server sees
// that history restarted; Notes tells of it.
func Open(ctx context.Context, path string) (*DB, error) {
	d, err := open(ctx, path)
	if err == nil {
		return d, nil
	}
	if !damaged(err) {
		return nil, err
	}
	aside := path + ".damaged-" + time.Now().UTC().Format("20060102T150405.000")
	if err := os.Rename(path, aside); err != nil {
		return nil, fmt.Errorf("state %s is damaged and cannot be put aside: %w", path, err)
	}
	for _, suffix := range []string{"-wal", "-shm"} {
		if err := os.Rename(path+suffix, aside+suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("state %s is damaged and its %s cannot be put aside: %w", path, suffix, err)
		}
	}
	d, again := open(ctx, path)
	if again != nil {
		return nil, again
	}
	d.notes = append(d.notes, fmt.Sprintf("the state file was damaged (%v); it is kept as %s and a new one is begun", err, aside))
	return d, nil
}

func open(ctx context.Context, path string) (*DB, error) {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(5000)&_txlock=immediate")
	if err != nil {
		return nil, fmt.Errorf("state %s: %w", path, err)
	}
	d := &DB{sql: db, changed: make(chan struct{}, 1)}
	if err := d.begin(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("state %s: %w", path, err), db.Close())
	}
	return d, nil
}

func (d *DB) begin(ctx context.Context) error {
	var ok string
	if err := d.sql.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&ok); err != nil {
		return err
	}
	if ok != "ok" {
		return &damage{ok}
	}
	if _, err := d.sql.ExecContext(ctx, schema); err != nil {
		return err
	}
	id := make([]byte, 8)
	if _, err := rand.Read(id); err != nil {
		return err
	}
	if _, err := d.sql.ExecContext(ctx, "INSERT INTO meta VALUES ('stream', ?) ON CONFLICT DO NOTHING", hex.EncodeToString(id)); err != nil {
		return err
	}
	return d.sql.QueryRowContext(ctx, "SELECT value FROM meta WHERE key = 'stream'").Scan(&d.stream)
}

type damage struct{ what string }

func (e *damage) Error() string { return "integrity check: " + e.what }

func damaged(err error) bool {
	if _, ok := errors.AsType[*damage](err); ok {
		return true
	}
	// The driver's codes are NOTADB (26) and CORRUPT (11); their texts are stable.
	s := err.Error()
	return strings.Contains(s, "file is not a database") || strings.Contains(s, "disk image is malformed")
}

// Close closes the file.
func (d *DB) Close() error { return d.sql.Close() }

// Stream is the id of this file's numbering: a new file is a new stream.
func (d *DB) Stream() string { return d.stream }

// Notes tells what happened when the file was opened; empty if nothing did.
func (d *DB) Notes() []string { return d.notes }

// Changed receives after a transaction that wrote events.
func (d *DB) Changed() <-chan struct{} { return d.changed }

// Update runs f in one transaction: all of it happens or nothing does.
func (d *DB) Update(ctx context.Context, f func(*Tx) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	tx, err := d.sql.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("state: %w", err)
	}
	t := &Tx{ctx: ctx, tx: tx}
	if err := f(t); err != nil {
		return errors.Join(err, ignoreDone(tx.Rollback()))
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("state: %w", err)
	}
	if t.emitted {
		select {
		case d.changed <- struct{}{}:
		default:
		}
	}
	return nil
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// Tx is a transaction of Update.
type Tx struct {
	ctx     context.Context //nolint:containedctx // a transaction lives inside one call
	tx      *sql.Tx
	emitted bool
}

func (t *Tx) exec(query string, args ...any) error {
	if _, err := t.tx.ExecContext(t.ctx, query, args...); err != nil {
		return fmt.Errorf("state: %w", err)
	}
	return nil
}
