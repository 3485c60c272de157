package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/lensdop/lensdop/policy/wire"
)

// Emit appends an event to the log. It stays in the outbox until the server's
// database has it.
func (t *Tx) Emit(at time.Time, typ wire.EventType, subject string, data any) error {
	b, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("event %s: %w", typ, err)
	}
	t.emitted = true
	return t.exec("INSERT INTO log (time, type, subject, data) VALUES (?, ?, ?, ?)", stamp(at), string(typ), subject, string(b))
}

// Pending returns the oldest unacknowledged events after seq, in order, at
// most n and at most about maxBytes of data.
func (d *DB) Pending(ctx context.Context, after uint64, n, maxBytes int) ([]wire.Event, error) {
	acked, err := d.Acked(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := d.sql.QueryContext(ctx, "SELECT seq, time, type, subject, data FROM log WHERE seq > ? ORDER BY seq LIMIT ?", max(after, acked), n)
	if err != nil {
		return nil, fmt.Errorf("outbox: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err below reports what matters
	var events []wire.Event
	size := 0
	for rows.Next() {
		var e wire.Event
		var at, data string
		if err := rows.Scan(&e.Seq, &at, &e.Type, &e.Subject, &data); err != nil {
			return nil, fmt.Errorf("outbox: %w", err)
		}
		if e.Time, err = time.Parse(time.RFC3339Nano, at); err != nil {
			return nil, fmt.Errorf("outbox entry %d: %w", e.Seq, err)
		}
		size += len(data) + len(e.Subject) + 160
		if len(events) > 0 && size > maxBytes {
			break
		}
		e.Stream, e.Data = d.stream, json.RawMessage(data)
		events = append(events, e)
	}
	return events, rows.Err()
}

// Acked is the number up to which the server's database has the log.
func (d *DB) Acked(ctx context.Context) (uint64, error) {
	return d.number(ctx, "acked")
}

// Acknowledge takes the server's word that it has everything up to upto. A
// word about another stream or about events never written is refused.
func (d *DB) Acknowledge(ctx context.Context, stream string, upto uint64) error {
	if stream != d.stream {
		return fmt.Errorf("acknowledgement for stream %s; this file is stream %s", stream, d.stream)
	}
	head, err := d.Head(ctx)
	if err != nil {
		return err
	}
	if upto > head {
		return fmt.Errorf("acknowledgement up to %d; only %d events were written", upto, head)
	}
	return d.Update(ctx, func(t *Tx) error {
		return t.exec("INSERT INTO meta VALUES ('acked', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE CAST(value AS INTEGER) < CAST(excluded.value AS INTEGER)", strconv.FormatUint(upto, 10))
	})
}

// Head is the number of the newest event, 0 if there is none.
func (d *DB) Head(ctx context.Context) (uint64, error) {
	var n uint64
	if err := d.sql.QueryRowContext(ctx, "SELECT COALESCE(MAX(seq), 0) FROM log").Scan(&n); err != nil {
		return 0, fmt.Errorf("log: %w", err)
	}
	return n, nil
}

// Trim deletes acknowledged entries older than before. The newest entry stays,
// so that numbering goes on.
func (t *Tx) Trim(before time.Time) error {
	return t.exec("DELETE FROM log WHERE time < ? AND seq <= (SELECT COALESCE(CAST(value AS INTEGER), 0) FROM meta WHERE key = 'acked') AND seq < (SELECT MAX(seq) FROM log)", stamp(before))
}

// Next counts up a named number and returns it: boots, connections.
func (t *Tx) Next(name string) (uint64, error) {
	var s string
	err := t.tx.QueryRowContext(t.ctx, "INSERT INTO meta VALUES (?, '1') ON CONFLICT (key) DO UPDATE SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT) RETURNING value", "count-"+name).Scan(&s)
	if err != nil {
		return 0, fmt.Errorf("state: count %s: %w", name, err)
	}
	return strconv.ParseUint(s, 10, 64)
}

func (d *DB) text(ctx context.Context, key string) (string, error) {
	var s string
	err := d.sql.QueryRowContext(ctx, "SELECT value FROM meta WHERE key = ?", key).Scan(&s)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("state: read %s: %w", key, err)
	}
	return s, nil
}

func (d *DB) number(ctx context.Context, key string) (uint64, error) {
	s, err := d.text(ctx, key)
	if err != nil || s == "" {
		return 0, err
	}
	return strconv.ParseUint(s, 10, 64)
}

// stamp writes times so that they sort as text.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000000Z07:00") }
