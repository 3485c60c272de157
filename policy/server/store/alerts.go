package store

import (
	"errors"
	"fmt"
	"time"
)

// AlertState is where an alert stands.
type AlertState string

// The states of an alert: pending until it has lasted long enough, then
// firing; acked once a person has seen it; resolved when its cause is gone.
const (
	Pending  AlertState = "pending"
	Firing   AlertState = "firing"
	Acked    AlertState = "acked"
	Resolved AlertState = "resolved"
)

// Alert is one alert. At most one with the same Key is open at a time.
type Alert struct {
	ID                         int64
	Key, Kind                  string
	Agent, Site, Subject       string
	Severity                   string
	State                      AlertState
	Since, Due                 time.Time // began; fires if it still lasts then
	Fired, Acked, ResolvedTime time.Time
	AckedBy                    string
	// Detail is the cause in words, as the agent or the server saw it.
	Detail string
	// Data is the JSON of the finding or camera state behind it, if any.
	Data []byte
}

const alertColumns = "id, key, kind, agent, site, subject, severity, state, since, due, fired, acked, acked_by, resolved, detail, data"

func scanAlert(r scanner) (Alert, error) {
	var a Alert
	err := r.Scan(&a.ID, &a.Key, &a.Kind, &a.Agent, &a.Site, &a.Subject, &a.Severity, &a.State, instant{&a.Since}, instant{&a.Due},
		instant{&a.Fired}, instant{&a.Acked}, &a.AckedBy, instant{&a.ResolvedTime}, &a.Detail, &a.Data)
	return a, err
}

// OpenKeys lists the keys of the open alerts of an agent.
func (t *Tx) OpenKeys(agent string) ([]string, error) {
	return list(t, text, "SELECT key FROM alerts WHERE agent = ? AND state <> 'resolved' ORDER BY id", agent)
}

// FiredSince counts the alerts with a key, and those of an agent, that fired
// after an instant.
func (t *Tx) FiredSince(key, agent string, since time.Time) (byKey, byAgent int, err error) {
	err = t.one(func(r scanner) error { return r.Scan(&byKey, &byAgent) },
		"SELECT coalesce(sum(key = ?1), 0), coalesce(sum(agent = ?2 AND ?2 <> ''), 0) FROM alerts WHERE fired > ?3", key, agent, at(since))
	return byKey, byAgent, err
}

// OpenAlert returns the open alert with a key, or ErrNotFound.
func (t *Tx) OpenAlert(key string) (a Alert, err error) {
	err = t.one(func(r scanner) error { a, err = scanAlert(r); return err },
		"SELECT "+alertColumns+" FROM alerts WHERE key = ? AND state <> 'resolved'", key)
	return a, err
}

// Alert returns an alert, or ErrNotFound.
func (t *Tx) Alert(id int64) (a Alert, err error) {
	err = t.one(func(r scanner) error { a, err = scanAlert(r); return err }, "SELECT "+alertColumns+" FROM alerts WHERE id = ?", id)
	return a, err
}

// Raise makes a pending alert, or brings the words of the open one up to date.
func (t *Tx) Raise(a Alert) error {
	_, err := t.exec(`INSERT INTO alerts (key, kind, agent, site, subject, severity, state, since, due, detail, data)
		VALUES (?,?,?,?,?,?,'pending',?,?,?,?)
		ON CONFLICT (key) WHERE state <> 'resolved' DO UPDATE SET severity=excluded.severity, due=min(due, excluded.due), detail=excluded.detail, data=excluded.data`,
		a.Key, a.Kind, a.Agent, a.Site, a.Subject, a.Severity, at(a.Since), at(a.Due), a.Detail, string(a.Data))
	return err
}

// Fire turns every pending alert that is due into a firing one and returns them.
func (t *Tx) Fire(now time.Time) ([]Alert, error) {
	due, err := list(t, scanAlert, "SELECT "+alertColumns+" FROM alerts WHERE state = 'pending' AND due <= ? ORDER BY id", at(now))
	if err != nil {
		return nil, err
	}
	for i := range due {
		if _, err := t.exec("UPDATE alerts SET state = 'firing', fired = ? WHERE id = ?", at(now), due[i].ID); err != nil {
			return nil, err
		}
		due[i].State, due[i].Fired = Firing, now
	}
	return due, nil
}

// Resolve ends the open alert with a key. It returns it if it had fired; one
// that was still pending is forgotten, and (zero, false) returned.
func (t *Tx) Resolve(key string, now time.Time) (Alert, bool, error) {
	a, err := t.OpenAlert(key)
	if errors.Is(err, ErrNotFound) {
		return Alert{}, false, nil
	}
	if err != nil {
		return Alert{}, false, err
	}
	if a.State == Pending {
		_, err := t.exec("DELETE FROM alerts WHERE id = ?", a.ID)
		return Alert{}, false, err
	}
	_, err = t.exec("UPDATE alerts SET state = 'resolved', resolved = ? WHERE id = ?", at(now), a.ID)
	a.State, a.ResolvedTime = Resolved, now
	return a, true, err
}

// Acknowledge notes that a person has seen a firing alert.
func (t *Tx) Acknowledge(id int64, who string, now time.Time) error {
	n, err := t.exec("UPDATE alerts SET state = 'acked', acked = ?, acked_by = ? WHERE id = ? AND state = 'firing'", at(now), who, id)
	if err == nil && n == 0 {
		err = fmt.Errorf("firing alert %d: %w", id, ErrNotFound)
	}
	return err
}

// Alerts returns the open alerts that have fired, newest first.
func (t *Tx) Alerts() ([]Alert, error) {
	return list(t, scanAlert, "SELECT "+alertColumns+" FROM alerts WHERE state IN ('firing','acked') ORDER BY state DESC, id DESC")
}

// ResolvedAlerts returns the alerts that ended last, newest first.
func (t *Tx) ResolvedAlerts(limit int) ([]Alert, error) {
	return list(t, scanAlert, "SELECT "+alertColumns+" FROM alerts WHERE state = 'resolved' ORDER BY resolved DESC, id DESC LIMIT ?", limit)
}

// Mail is one message of the delivery outbox.
type Mail struct {
	ID                 int64
	Alert              int64 // 0 if it is about no alert
	Recipient          string
	Subject, Body      string
	Created            time.Time
	Attempts           int
	Next               time.Time // not before
	Sent, DeadLettered time.Time
	Error              string // of the last attempt
}

const mailColumns = "id, coalesce(alert, 0), recipient, subject, body, created, attempts, next, sent, dead, error"

func scanMail(r scanner) (Mail, error) {
	var m Mail
	err := r.Scan(&m.ID, &m.Alert, &m.Recipient, &m.Subject, &m.Body, instant{&m.Created}, &m.Attempts, instant{&m.Next},
		instant{&m.Sent}, instant{&m.DeadLettered}, &m.Error)
	return m, err
}

// QueueMail puts a message into the outbox.
func (t *Tx) QueueMail(m Mail) error {
	var alert any
	if m.Alert != 0 {
		alert = m.Alert
	}
	_, err := t.exec("INSERT INTO mail (alert, recipient, subject, body, created, next) VALUES (?,?,?,?,?,?)",
		alert, m.Recipient, m.Subject, m.Body, at(m.Created), at(m.Created))
	return err
}

// DueMail returns up to limit messages that are to be tried now, oldest first.
func (t *Tx) DueMail(now time.Time, limit int) ([]Mail, error) {
	return list(t, scanMail, "SELECT "+mailColumns+" FROM mail WHERE sent = '' AND dead = '' AND next <= ? ORDER BY id LIMIT ?", at(now), limit)
}

// PutMail writes back the outcome of an attempt.
func (t *Tx) PutMail(m Mail) error {
	_, err := t.exec("UPDATE mail SET attempts=?, next=?, sent=?, dead=?, error=? WHERE id=?",
		m.Attempts, at(m.Next), at(m.Sent), at(m.DeadLettered), m.Error, m.ID)
	return err
}

// MailTrouble returns the messages that were tried and are not delivered:
// given up, or still being retried.
func (t *Tx) MailTrouble() ([]Mail, error) {
	return list(t, scanMail, "SELECT "+mailColumns+" FROM mail WHERE sent = '' AND attempts > 0 ORDER BY id DESC LIMIT 100")
}

// AllMail returns the newest messages, newest first.
func (t *Tx) AllMail(limit int) ([]Mail, error) {
	return list(t, scanMail, "SELECT "+mailColumns+" FROM mail ORDER BY id DESC LIMIT ?", limit)
}
