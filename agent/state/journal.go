package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy/wire"
)

// Entry is one line of the journal: what a method found on a camera's device
// before its first write and what it wrote since. It belongs to a device, so
// that what was found on one box is never restored on its replacement.
type Entry struct {
	Camera string
	Device string
	Undo   devices.Undo
	// Held is the cover that the device was last read back to have, nil while
	// a write is under way: what is missing of it later was lost.
	Held *devices.Cover
}

// SetJournal writes an entry: before the first write to a device, and again,
// with the new cover in Undo.Wrote, before each further one.
func (t *Tx) SetJournal(at time.Time, e Entry) error {
	undo, err := json.Marshal(e.Undo)
	held, err2 := json.Marshal(e.Held)
	if err := errors.Join(err, err2); err != nil {
		return fmt.Errorf("journal of %s: %w", e.Camera, err)
	}
	return t.exec("INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET undo = excluded.undo, held = excluded.held",
		e.Camera, e.Device, string(e.Undo.Method), string(undo), string(held), stamp(at))
}

// CloseJournal deletes an entry once everything in it is undone.
func (t *Tx) CloseJournal(camera, device string, m devices.Method) error {
	return t.exec("DELETE FROM journal WHERE camera = ? AND device = ? AND method = ?", camera, device, string(m))
}

// Journal lists all open entries.
func (d *DB) Journal(ctx context.Context) ([]Entry, error) {
	return query(ctx, d, "SELECT camera, device, undo, held FROM journal ORDER BY camera, device, method", func(rows *sql.Rows) (Entry, error) {
		var e Entry
		var undo, held string
		if err := rows.Scan(&e.Camera, &e.Device, &undo, &held); err != nil {
			return e, err
		}
		return e, errors.Join(json.Unmarshal([]byte(undo), &e.Undo), json.Unmarshal([]byte(held), &e.Held))
	})
}

// Ordered is the cover in force for a camera, as last persisted.
type Ordered struct {
	Cover devices.Cover
	Since time.Time
}

// SetCover persists the cover in force: what a boot with a doubtful clock
// restores.
func (t *Tx) SetCover(camera string, o Ordered) error {
	b, err := json.Marshal(o.Cover)
	if err != nil {
		return fmt.Errorf("cover of %s: %w", camera, err)
	}
	return t.exec("INSERT INTO covers VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET cover = excluded.cover, since = excluded.since", camera, string(b), stamp(o.Since))
}

// Covers returns the persisted covers by camera.
func (d *DB) Covers(ctx context.Context) (map[string]Ordered, error) {
	type row struct {
		camera string
		o      Ordered
	}
	rows, err := query(ctx, d, "SELECT camera, cover, since FROM covers", func(rows *sql.Rows) (row, error) {
		var r row
		var cover, since string
		if err := rows.Scan(&r.camera, &cover, &since); err != nil {
			return r, err
		}
		var err error
		r.o.Since, err = time.Parse(time.RFC3339Nano, since)
		return r, errors.Join(err, json.Unmarshal([]byte(cover), &r.o.Cover))
	})
	m := map[string]Ordered{}
	for _, r := range rows {
		m[r.camera] = r.o
	}
	return m, err
}

// SetReleased persists when the last whole-picture cover of a camera ended: from
// then on somebody counts how long it takes to be uncovered (rule BLK-2).
func (t *Tx) SetReleased(camera string, at time.Time) error {
	return t.exec("INSERT INTO released VALUES (?, ?) ON CONFLICT DO UPDATE SET at = excluded.at", camera, stamp(at))
}

// Released returns when the last whole-picture cover of each camera ended.
func (d *DB) Released(ctx context.Context) (map[string]time.Time, error) {
	type row struct {
		camera string
		at     time.Time
	}
	rows, err := query(ctx, d, "SELECT camera, at FROM released", func(rows *sql.Rows) (row, error) {
		var r row
		var at string
		if err := rows.Scan(&r.camera, &at); err != nil {
			return r, err
		}
		var err error
		r.at, err = time.Parse(time.RFC3339Nano, at)
		return r, err
	})
	m := map[string]time.Time{}
	for _, r := range rows {
		m[r.camera] = r.at
	}
	return m, err
}

// Desired is the document in force.
type Desired struct {
	Epoch      uint64
	Generation uint64
	SHA256     string
	Envelope   wire.Envelope
}

// SetDesired replaces the document in force. Which may replace which is the
// agent's to judge.
func (t *Tx) SetDesired(x Desired) error {
	b, err := json.Marshal(x.Envelope)
	if err != nil {
		return fmt.Errorf("desired document: %w", err)
	}
	return t.exec("INSERT INTO desired VALUES (1, ?, ?, ?, ?) ON CONFLICT (one) DO UPDATE SET epoch = excluded.epoch, generation = excluded.generation, sha256 = excluded.sha256, envelope = excluded.envelope",
		x.Epoch, x.Generation, x.SHA256, string(b))
}

// Desired returns the document in force; ok is false if there is none yet.
func (d *DB) Desired(ctx context.Context) (x Desired, ok bool, err error) {
	rows, err := query(ctx, d, "SELECT epoch, generation, sha256, envelope FROM desired", func(rows *sql.Rows) (Desired, error) {
		var x Desired
		var env string
		if err := rows.Scan(&x.Epoch, &x.Generation, &x.SHA256, &env); err != nil {
			return x, err
		}
		return x, json.Unmarshal([]byte(env), &x.Envelope)
	})
	if err != nil || len(rows) == 0 {
		return Desired{}, false, err
	}
	return rows[0], true, nil
}

// StatementKind tells decisions and releases apart.
type StatementKind string

// The kinds of statement.
const (
	Decision StatementKind = "decision"
	Release  StatementKind = "release"
)

// AddStatement keeps a signed decision or release. A document that leaves one
// out later does not take it away: only a release ends a decision early. The
// first one under an id stays.
func (t *Tx) AddStatement(k StatementKind, id string, e wire.Envelope) error {
	b, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("%s %s: %w", k, id, err)
	}
	return t.exec("INSERT INTO statements VALUES (?, ?, ?) ON CONFLICT DO NOTHING", string(k), id, string(b))
}

// Statements returns the kept envelopes of a kind.
func (d *DB) Statements(ctx context.Context, k StatementKind) ([]wire.Envelope, error) {
	return query(ctx, d, "SELECT envelope FROM statements WHERE kind = ? ORDER BY id", func(rows *sql.Rows) (wire.Envelope, error) {
		var e wire.Envelope
		var env string
		if err := rows.Scan(&env); err != nil {
			return e, err
		}
		return e, json.Unmarshal([]byte(env), &e)
	}, string(k))
}

// RaiseFloor moves the time floor up: time before it is known to be past. Only
// trusted time may raise it.
func (t *Tx) RaiseFloor(to time.Time) error {
	return t.exec("INSERT INTO meta VALUES ('floor', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE value < excluded.value", stamp(to))
}

// Floor is the time before which it cannot be; zero if never raised.
func (d *DB) Floor(ctx context.Context) (time.Time, error) {
	s, err := d.text(ctx, "floor")
	if err != nil || s == "" {
		return time.Time{}, err
	}
	return time.Parse(time.RFC3339Nano, s)
}

// View is a reference of a path's picture, encrypted by the caller.
type View struct {
	Learned   time.Time
	Reference []byte
}

// SetView keeps the reference of a camera's path.
func (t *Tx) SetView(camera, path string, v View) error {
	return t.exec("INSERT INTO views VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET learned = excluded.learned, reference = excluded.reference", camera, path, stamp(v.Learned), v.Reference)
}

// View returns the reference of a camera's path; ok is false if none is known.
func (d *DB) View(ctx context.Context, camera, path string) (v View, ok bool, err error) {
	rows, err := query(ctx, d, "SELECT learned, reference FROM views WHERE camera = ? AND path = ?", func(rows *sql.Rows) (View, error) {
		var v View
		var learned string
		if err := rows.Scan(&learned, &v.Reference); err != nil {
			return v, err
		}
		var err error
		v.Learned, err = time.Parse(time.RFC3339Nano, learned)
		return v, err
	}, camera, path)
	if err != nil || len(rows) == 0 {
		return View{}, false, err
	}
	return rows[0], true, nil
}

// SetFinding keeps the last record of a finding, to tell a change from a repetition.
func (t *Tx) SetFinding(id string, record []byte) error {
	return t.exec("INSERT INTO findings VALUES (?, ?) ON CONFLICT DO UPDATE SET finding = excluded.finding", id, string(record))
}

// DropFinding forgets a finding whose subject is gone.
func (t *Tx) DropFinding(id string) error {
	return t.exec("DELETE FROM findings WHERE id = ?", id)
}

// Findings returns the last records by id.
func (d *DB) Findings(ctx context.Context) (map[string][]byte, error) {
	type row struct{ id, finding string }
	rows, err := query(ctx, d, "SELECT id, finding FROM findings", func(rows *sql.Rows) (row, error) {
		var r row
		return r, rows.Scan(&r.id, &r.finding)
	})
	m := map[string][]byte{}
	for _, r := range rows {
		m[r.id] = []byte(r.finding)
	}
	return m, err
}

func query[T any](ctx context.Context, d *DB, q string, scan func(*sql.Rows) (T, error), args ...any) ([]T, error) {
	rows, err := d.sql.QueryContext(ctx, q, args...)
	if err != nil {
		return nil, fmt.Errorf("state: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err below reports what matters
	var all []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("state: %w", err)
		}
		all = append(all, v)
	}
	return all, rows.Err()
}
