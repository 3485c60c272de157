package state

import (
	"context"
	"database/sql"
	"time"
)

// Tried is one login that a device was sold with and that was tried on it. The
// password is not kept: which one it was, the firmware notes tell.
type Tried struct {
	Key      string // what the agent knows the device by
	Login    string // which one: a note's folder and the login's number in it
	Firmware string // that the device had then
	At       time.Time
	Opened   bool // it let in
}

// SetTried remembers a login that was tried.
func (t *Tx) SetTried(x Tried) error {
	return t.exec("INSERT INTO tried VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET firmware = excluded.firmware, at = excluded.at, opened = excluded.opened",
		x.Key, x.Login, x.Firmware, stamp(x.At), x.Opened)
}

// Tried lists the logins that were tried.
func (d *DB) Tried(ctx context.Context) ([]Tried, error) {
	return query(ctx, d, "SELECT device, login, firmware, at, opened FROM tried ORDER BY device, login", func(rows *sql.Rows) (Tried, error) {
		var x Tried
		var at string
		if err := rows.Scan(&x.Key, &x.Login, &x.Firmware, &at, &x.Opened); err != nil {
			return x, err
		}
		var err error
		x.At, err = time.Parse(time.RFC3339Nano, at)
		return x, err
	})
}
