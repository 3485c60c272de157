package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/lensdop/lensdop/policy/wire"
)

// Added is what became of an event that was to be stored.
type Added int

// An event is new; known already, word for word; or another one than is known
// under its number.
const (
	Fresh Added = iota
	Known
	Conflict
)

// maxConflicts bounds how many other events are kept under the numbers of an agent.
const maxConflicts = 10_000

// AddEvent stores an event once. Another event under a number that is taken is
// kept beside the first: one of the two is not the agent's word, and which one
// it is cannot be told here. What was deleted after its time stays so.
func (t *Tx) AddEvent(agent string, e wire.Event, now time.Time) (Added, error) {
	var purged uint64
	err := t.one(func(r scanner) error { return r.Scan(&purged) }, "SELECT purged FROM streams WHERE agent = ? AND stream = ?", agent, e.Stream)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Known, err
	}
	if e.Seq <= purged {
		return Known, nil
	}
	row := []any{agent, e.Stream, e.Seq, at(e.Time), at(now), string(e.Type), e.Subject, string(e.Data)}
	n, err := t.exec(`INSERT INTO events (agent, stream, seq, time, received, type, subject, data) VALUES (?,?,?,?,?,?,?,?)
		ON CONFLICT DO NOTHING`, row...)
	if err != nil || n == 1 {
		return Fresh, err
	}
	const same = "agent = ?1 AND stream = ?2 AND seq = ?3 AND time = ?4 AND type = ?6 AND subject = ?7 AND data = ?8"
	n, err = t.exec(`INSERT INTO conflicts (agent, stream, seq, time, received, type, subject, data) SELECT ?1,?2,?3,?4,?5,?6,?7,?8
		WHERE NOT EXISTS (SELECT 1 FROM events WHERE `+same+`) AND NOT EXISTS (SELECT 1 FROM conflicts WHERE `+same+`)
		AND (SELECT count(*) FROM conflicts WHERE agent = ?1) < ?9`, append(row, maxConflicts)...)
	if err != nil || n == 0 {
		return Known, err
	}
	return Conflict, nil
}

// CountConflicts tells how many events are kept under numbers that others have.
func (t *Tx) CountConflicts(agent string) (n int, err error) {
	err = t.one(func(r scanner) error { return r.Scan(&n) }, "SELECT count(*) FROM conflicts WHERE agent = ?", agent)
	return n, err
}

// Events returns up to limit events of a stream after a number.
func (t *Tx) Events(agent, stream string, after uint64, limit int) ([]wire.Event, error) {
	return list(t, func(r scanner) (wire.Event, error) {
		var e wire.Event
		var data string
		err := r.Scan(&e.Stream, &e.Seq, instant{&e.Time}, &e.Type, &e.Subject, &data)
		if data != "" {
			e.Data = json.RawMessage(data)
		}
		return e, err
	}, `SELECT stream, seq, time, type, subject, data FROM events
		WHERE agent = ? AND stream = ? AND seq > ? ORDER BY seq LIMIT ?`, agent, stream, after, limit)
}

// CountEvents tells how many events of a stream are stored.
func (t *Tx) CountEvents(agent, stream string) (n int, err error) {
	err = t.one(func(r scanner) error { return r.Scan(&n) }, "SELECT count(*) FROM events WHERE agent = ? AND stream = ?", agent, stream)
	return n, err
}

// Stream makes a stream known. It tells whether it was new.
func (t *Tx) Stream(agent, stream string, now time.Time) (bool, error) {
	n, err := t.exec("INSERT INTO streams (agent, stream, first_seen) VALUES (?,?,?) ON CONFLICT DO NOTHING", agent, stream, at(now))
	return n == 1, err
}

// Upto returns the number up to which a stream is complete; 0 for an unknown one.
func (t *Tx) Upto(agent, stream string) (uint64, error) {
	var upto uint64
	err := t.one(func(r scanner) error { return r.Scan(&upto) }, "SELECT upto FROM streams WHERE agent = ? AND stream = ?", agent, stream)
	if errors.Is(err, ErrNotFound) {
		return 0, nil
	}
	return upto, err
}

// Advance moves a stream's mark forward over every event that follows it
// without a gap, and returns the mark. It notes what is missing after it.
func (t *Tx) Advance(agent, stream string, now time.Time) (uint64, error) {
	upto, err := t.Upto(agent, stream)
	if err != nil {
		return 0, err
	}
	// The end of the run that begins behind the mark is the first stored
	// number without a successor.
	var run *uint64
	err = t.one(func(r scanner) error { return r.Scan(&run) }, `
		SELECT min(seq) FROM events e WHERE agent = ?1 AND stream = ?2 AND seq > ?3
		AND EXISTS (SELECT 1 FROM events WHERE agent = ?1 AND stream = ?2 AND seq = ?3 + 1)
		AND NOT EXISTS (SELECT 1 FROM events f WHERE f.agent = ?1 AND f.stream = ?2 AND f.seq = e.seq + 1)`, agent, stream, upto)
	if err != nil {
		return 0, err
	}
	if run != nil {
		upto = *run
		if _, err := t.exec("UPDATE streams SET upto = ? WHERE agent = ? AND stream = ?", upto, agent, stream); err != nil {
			return 0, err
		}
	}
	if _, err := t.exec("UPDATE gaps SET filled = ? WHERE agent = ? AND stream = ? AND last <= ? AND filled = '' AND lost = 0", at(now), agent, stream, upto); err != nil {
		return 0, err
	}
	var next *uint64
	err = t.one(func(r scanner) error { return r.Scan(&next) },
		"SELECT min(seq) FROM events WHERE agent = ? AND stream = ? AND seq > ?", agent, stream, upto)
	if err != nil || next == nil {
		return upto, err
	}
	_, err = t.exec(`INSERT INTO gaps (agent, stream, first, last, seen) VALUES (?,?,?,?,?)
		ON CONFLICT (agent, stream, first) DO UPDATE SET last = excluded.last, filled = ''`, agent, stream, upto+1, *next-1, at(now))
	return upto, err
}

// Lost notes that the agent no longer has the events before tail, and moves
// the mark past them so that the rest can be acknowledged. A gap that cannot
// be filled stays visible for ever.
func (t *Tx) Lost(agent, stream string, first, last uint64, now time.Time) error {
	if _, err := t.exec(`INSERT INTO gaps (agent, stream, first, last, seen, lost) VALUES (?,?,?,?,?,1)
		ON CONFLICT (agent, stream, first) DO UPDATE SET last = excluded.last, lost = 1, filled = ''`,
		agent, stream, first, last, at(now)); err != nil {
		return err
	}
	_, err := t.exec("UPDATE streams SET upto = max(upto, ?) WHERE agent = ? AND stream = ?", last, agent, stream)
	return err
}

// Gap is a run of events that the server does not have.
type Gap struct {
	Agent, Stream string
	First, Last   uint64
	Seen, Filled  time.Time
	Lost          bool // the agent no longer has them
}

// Gaps returns the gaps of an agent, or of all with an empty name.
func (t *Tx) Gaps(agent string) ([]Gap, error) {
	return list(t, func(r scanner) (Gap, error) {
		var g Gap
		err := r.Scan(&g.Agent, &g.Stream, &g.First, &g.Last, instant{&g.Seen}, instant{&g.Filled}, &g.Lost)
		return g, err
	}, "SELECT agent, stream, first, last, seen, filled, lost FROM gaps WHERE agent = ?1 OR ?1 = '' ORDER BY agent, stream, first", agent)
}

// PutReported stores an agent's whole state, if it is not older than what is stored.
func (t *Tx) PutReported(agent string, when time.Time, body []byte) error {
	_, err := t.exec(`INSERT INTO reported (agent, at, body) VALUES (?,?,?)
		ON CONFLICT (agent) DO UPDATE SET at = excluded.at, body = excluded.body WHERE excluded.at >= reported.at`,
		agent, at(when), string(body))
	return err
}

// Reported returns an agent's whole state as it last told it, or ErrNotFound.
func (t *Tx) Reported(agent string) (rep wire.Reported, err error) {
	var body []byte
	if err := t.one(func(r scanner) error { return r.Scan(&body) }, "SELECT body FROM reported WHERE agent = ?", agent); err != nil {
		return rep, err
	}
	return rep, json.Unmarshal(body, &rep)
}

// Camera is the newest known state of a camera.
type Camera struct {
	Agent string
	State wire.CameraState
	// Stream and Seq of the newest event about it.
	Stream string
	Seq    uint64
}

// PutCamera stores a camera's state if it is newer than what is stored: by the
// number of its event, or by its time if it came without one (seq 0). It tells
// whether it was stored.
func (t *Tx) PutCamera(c Camera) (bool, error) {
	body, err := json.Marshal(c.State)
	if err != nil {
		return false, err
	}
	n, err := t.exec(`INSERT INTO cameras (agent, camera, site, stream, seq, at, body) VALUES (?1,?2,?3,?4,?5,?6,?7)
		ON CONFLICT (agent, camera) DO UPDATE SET site=excluded.site, at=excluded.at, body=excluded.body,
			stream = CASE WHEN ?5 = 0 THEN cameras.stream ELSE excluded.stream END,
			seq = CASE WHEN ?5 = 0 THEN cameras.seq ELSE excluded.seq END
		WHERE CASE WHEN ?5 = 0 THEN excluded.at >= cameras.at
			ELSE excluded.stream <> cameras.stream OR excluded.seq > cameras.seq END`,
		c.Agent, c.State.Camera, c.State.Site, c.Stream, c.Seq, at(c.State.At), string(body))
	return n == 1, err
}

// Cameras returns the newest state of every camera, by site and id.
func (t *Tx) Cameras() ([]Camera, error) {
	return list(t, func(r scanner) (Camera, error) {
		var c Camera
		var body []byte
		if err := r.Scan(&c.Agent, &c.Stream, &c.Seq, &body); err != nil {
			return c, err
		}
		if err := json.Unmarshal(body, &c.State); err != nil {
			return c, fmt.Errorf("state of a camera of agent %s: %w", c.Agent, err)
		}
		return c, nil
	}, "SELECT agent, stream, seq, body FROM cameras ORDER BY site, camera")
}

// Finding is the newest state of one finding. Body is the finding as the agent
// wrote it.
type Finding struct {
	Agent, ID, Rule, Site, Status, Severity string
	Since                                   time.Time
	Stream                                  string
	Seq                                     uint64
	Body                                    []byte
	// Quiet tells that the finding is no alert, though it is not in order: it is
	// waived, or nothing gathers its facts. It is not stored, but in the body.
	Quiet bool
}

// PutFinding stores a finding if its event is newer than what is stored, and
// adds it to the history. It tells whether it was stored.
func (t *Tx) PutFinding(f Finding, now time.Time) (bool, error) {
	n, err := t.exec(`INSERT INTO findings (agent, id, rule, site, status, severity, since, stream, seq, body) VALUES (?,?,?,?,?,?,?,?,?,?)
		ON CONFLICT (agent, id) DO UPDATE SET rule=excluded.rule, site=excluded.site, status=excluded.status, severity=excluded.severity,
			since=excluded.since, stream=excluded.stream, seq=excluded.seq, body=excluded.body
		WHERE excluded.stream <> findings.stream OR excluded.seq > findings.seq`,
		f.Agent, f.ID, f.Rule, f.Site, f.Status, f.Severity, at(f.Since), f.Stream, f.Seq, string(f.Body))
	if err != nil || n == 0 {
		return false, err
	}
	_, err = t.exec("INSERT INTO finding_history (agent, id, at, status, body) VALUES (?,?,?,?,?)", f.Agent, f.ID, at(now), f.Status, string(f.Body))
	return true, err
}

const findingColumns = "agent, id, rule, site, status, severity, since, stream, seq, body"

func scanFinding(r scanner) (Finding, error) {
	var f Finding
	err := r.Scan(&f.Agent, &f.ID, &f.Rule, &f.Site, &f.Status, &f.Severity, instant{&f.Since}, &f.Stream, &f.Seq, &f.Body)
	return f, err
}

// DropFinding forgets a finding; its history stays.
func (t *Tx) DropFinding(agent, id string) error {
	_, err := t.exec("DELETE FROM findings WHERE agent = ? AND id = ?", agent, id)
	return err
}

// Findings returns all findings as they stand, by site and rule.
func (t *Tx) Findings() ([]Finding, error) {
	return list(t, scanFinding, "SELECT "+findingColumns+" FROM findings ORDER BY site, rule, id")
}

// FindingsOf returns the findings of one agent as they stand.
func (t *Tx) FindingsOf(agent string) ([]Finding, error) {
	return list(t, scanFinding, "SELECT "+findingColumns+" FROM findings WHERE agent = ? ORDER BY site, rule, id", agent)
}

// NewestFindings returns the finding that each agent told last, of the stream
// that it writes now; numbers of different streams say nothing of one another.
func (t *Tx) NewestFindings() ([]Finding, error) {
	return list(t, scanFinding, "SELECT "+findingColumns+` FROM findings WHERE (agent, stream, seq) IN (
		SELECT f.agent, f.stream, max(f.seq) FROM findings f JOIN agents a ON a.id = f.agent AND a.stream = f.stream GROUP BY f.agent)
		ORDER BY agent, id`)
}

// CountHistory tells how many changes of a finding are stored.
func (t *Tx) CountHistory(agent, id string) (n int, err error) {
	err = t.one(func(r scanner) error { return r.Scan(&n) }, "SELECT count(*) FROM finding_history WHERE agent = ? AND id = ?", agent, id)
	return n, err
}
