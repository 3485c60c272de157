package state

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Seen is what the gateway remembers of a device on its networks, so that a
// restart makes no device new and an impostor is still known for one.
type Seen struct {
	Key     string // what the agent knows the device by
	First   time.Time
	Last    time.Time
	Address string // host:port where it last answered
	MAC     string // that it was first known by; empty if never seen
	Serial  string // that it told after a login; empty if nobody logged in
	// Kept devices are registered or were logged in to: they outlive the others.
	Kept bool
}

// How long a device is remembered after it was last seen, and how many at most.
const (
	forgetSeen = 90 * 24 * time.Hour
	forgetKept = 400 * 24 * time.Hour
	mostSeen   = 4096
)

// SetSeen remembers a device. The first time that it was seen never moves
// forward.
func (t *Tx) SetSeen(s Seen) error {
	return t.exec(`INSERT INTO seen VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
		first = min(first, excluded.first), last = excluded.last, address = excluded.address, mac = excluded.mac, serial = excluded.serial, kept = excluded.kept`,
		s.Key, stamp(s.First), stamp(s.Last), s.Address, s.MAC, s.Serial, s.Kept)
}

// DropSeen forgets a device, one that goes on under another key for example.
func (t *Tx) DropSeen(key string) error { return t.exec("DELETE FROM seen WHERE device = ?", key) }

// PruneSeen forgets devices that were not seen for long. Of more than can be
// kept it forgets the newest that nobody registered: whoever makes devices up
// pushes out what was made up, and nothing that was there before.
func (t *Tx) PruneSeen(now time.Time) error {
	return errors.Join(
		t.exec("DELETE FROM seen WHERE kept = 0 AND last < ? OR last < ?", stamp(now.Add(-forgetSeen)), stamp(now.Add(-forgetKept))),
		t.exec("DELETE FROM seen WHERE device IN (SELECT device FROM seen ORDER BY kept DESC, first, device LIMIT -1 OFFSET ?)", mostSeen),
	)
}

// Seen returns the remembered devices by key.
func (d *DB) Seen(ctx context.Context) (map[string]Seen, error) {
	rows, err := query(ctx, d, "SELECT device, first, last, address, mac, serial, kept FROM seen", func(rows *sql.Rows) (Seen, error) {
		var s Seen
		var first, last string
		if err := rows.Scan(&s.Key, &first, &last, &s.Address, &s.MAC, &s.Serial, &s.Kept); err != nil {
			return s, err
		}
		var err, err2 error
		s.First, err = time.Parse(time.RFC3339Nano, first)
		s.Last, err2 = time.Parse(time.RFC3339Nano, last)
		return s, errors.Join(err, err2)
	})
	m := map[string]Seen{}
	for _, s := range rows {
		m[s.Key] = s
	}
	return m, err
}
