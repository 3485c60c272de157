package store

import "time"

// Limits are the instants before which rows have had their time. What is in
// force, open or not yet delivered stays, however old it is.
type Limits struct {
	// Data is for events, the history of findings, alerts that are over, mails
	// that are done with, and sign-ins.
	Data time.Time
	// Audit is for the audit trail, gaps, removed gateways and decisions.
	Audit time.Time
}

// purgeBatch bounds one transaction of Purge, in rows of each kind, so that
// nobody waits long.
const purgeBatch = 2000

// SignedIn is what the audit trail calls a sign-in. It tells when somebody was
// at work, so it stays no longer than the data.
const SignedIn = "signed in"

// Purge deletes rows that have had their time, as far as one transaction goes.
// It tells how many went: call it again until none do. Over tells for a
// decision when it ended, zero if it has not.
func (t *Tx) Purge(l Limits, now time.Time, over func(Decision) time.Time) (int64, error) {
	data, audit := at(l.Data), at(l.Audit)
	var gone int64
	for _, step := range []struct {
		query string
		args  []any
	}{
		// Before the events go, their numbers are noted: one that comes again is not new.
		{`UPDATE streams SET purged = max(purged, coalesce((SELECT max(seq) FROM events e
			WHERE e.agent = streams.agent AND e.stream = streams.stream AND e.seq <= streams.upto AND e.received < ?1), 0))
			WHERE EXISTS (SELECT 1 FROM events e WHERE e.agent = streams.agent AND e.stream = streams.stream AND e.received < ?1)`, []any{data}},
		{`DELETE FROM events WHERE (agent, stream, seq) IN (SELECT e.agent, e.stream, e.seq FROM events e
			JOIN streams s ON s.agent = e.agent AND s.stream = e.stream WHERE e.received < ?1 AND e.seq <= s.upto LIMIT ?2)`, []any{data, purgeBatch}},
		// Behind a gap that was never filled nothing is waited for in a stream that is not the current one.
		{`DELETE FROM events WHERE (agent, stream, seq) IN (SELECT e.agent, e.stream, e.seq FROM events e
			JOIN agents a ON a.id = e.agent WHERE e.received < ?1 AND (a.stream <> e.stream OR a.removed <> '') LIMIT ?2)`, []any{data, purgeBatch}},
		{"DELETE FROM conflicts WHERE rowid IN (SELECT rowid FROM conflicts WHERE received < ?1 LIMIT ?2)", []any{data, purgeBatch}},
		{"DELETE FROM finding_history WHERE rowid IN (SELECT rowid FROM finding_history WHERE at < ?1 LIMIT ?2)", []any{data, purgeBatch}},
		{"DELETE FROM alerts WHERE id IN (SELECT id FROM alerts WHERE state = 'resolved' AND resolved < ?1 LIMIT ?2)", []any{data, purgeBatch}},
		{"DELETE FROM mail WHERE id IN (SELECT id FROM mail WHERE created < ?1 AND (sent <> '' OR dead <> '') LIMIT ?2)", []any{data, purgeBatch}},
		{"DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < ?1 AND what = ?3 LIMIT ?2)", []any{data, purgeBatch, SignedIn}},
		{"DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < ?1 LIMIT ?2)", []any{audit, purgeBatch}},
		{"DELETE FROM gaps WHERE seen < ?1 AND (filled <> '' OR lost = 1)", []any{audit}},
		{"DELETE FROM sessions WHERE expires <= ?1", []any{at(now)}},
	} {
		n, err := t.exec(step.query, step.args...)
		if err != nil {
			return gone, err
		}
		if step.query[0] == 'D' {
			gone += n
		}
	}
	n, err := t.purgeDecisions(l.Audit, over)
	if err != nil {
		return gone, err
	}
	gone += n
	n, err = t.purgeAgents(audit)
	return gone + n, err
}

func (t *Tx) purgeDecisions(before time.Time, over func(Decision) time.Time) (gone int64, err error) {
	all, err := t.Decisions()
	if err != nil {
		return 0, err
	}
	for _, d := range all {
		if end := over(d); end.IsZero() || !end.Before(before) || !d.At.Before(before) {
			continue
		}
		for _, q := range []string{"DELETE FROM releases WHERE decision = ?", "DELETE FROM decisions WHERE id = ?"} {
			n, err := t.exec(q, d.ID)
			if err != nil {
				return gone, err
			}
			gone += n
		}
	}
	return gone, nil
}

func (t *Tx) purgeAgents(before string) (gone int64, err error) {
	old, err := list(t, text, "SELECT id FROM agents WHERE removed <> '' AND removed < ? AND cleared = 1", before)
	if err != nil {
		return 0, err
	}
	for _, id := range old {
		for _, table := range []string{"gaps", "streams", "generations", "agent_sites"} {
			if _, err := t.exec("DELETE FROM "+table+" WHERE agent = ?", id); err != nil {
				return gone, err
			}
		}
		n, err := t.exec("DELETE FROM agents WHERE id = ?", id)
		if err != nil {
			return gone, err
		}
		gone += n
	}
	return gone, nil
}
