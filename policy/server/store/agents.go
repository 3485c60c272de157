package store

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"time"
)

// Agent is one gateway.
type Agent struct {
	ID      string
	Sites   []string
	Created time.Time
	// BootID and ConnSeq number its current connection; PrevBoot was before BootID.
	BootID   string
	PrevBoot string
	ConnSeq  uint64
	Online   bool
	// Changed is when Online became what it is.
	Changed  time.Time
	LastSeen time.Time
	Version  string
	Stream   string // current stream of events
	// KeyEpoch and Generation of the desired document in force at the agent.
	KeyEpoch, Generation uint64
}

// AddAgent adds a gateway. Its password is kept as a salted hash; being random
// and long, it needs no slow one.
func (t *Tx) AddAgent(id string, sites []string, salt []byte, password string, now time.Time) error {
	hash := agentHash(salt, password)
	// One that was removed comes back with its numbers, so that its events do
	// not get the same ones again.
	n, err := t.exec(`INSERT INTO agents (id, salt, hash, created, changed) VALUES (?,?,?,?,?)
		ON CONFLICT (id) DO UPDATE SET salt=excluded.salt, hash=excluded.hash, created=excluded.created, changed=excluded.changed,
			removed='', cleared=1, online=0, last_seen='', boot_id='', prev_boot='', conn_seq=0 WHERE removed <> ''`,
		id, salt, hash, at(now), at(now))
	if err != nil {
		return err
	}
	if n == 0 {
		return fmt.Errorf("agent %s %w", id, ErrExists)
	}
	for _, site := range sites {
		if _, err := t.exec("INSERT INTO agent_sites (agent, site) VALUES (?,?)", id, site); err != nil {
			return err
		}
	}
	return nil
}

func agentHash(salt []byte, password string) []byte {
	h := sha256.New()
	h.Write(salt)
	h.Write([]byte(password))
	return h.Sum(nil)
}

// SetAgentPassword gives a gateway another password.
func (t *Tx) SetAgentPassword(id string, salt []byte, password string) error {
	n, err := t.exec("UPDATE agents SET salt = ?, hash = ?, boot_id = '', prev_boot = '' WHERE id = ? AND removed = ''", salt, agentHash(salt, password), id)
	if err == nil && n == 0 {
		err = fmt.Errorf("agent %s: %w", id, ErrNotFound)
	}
	return err
}

// RemoveAgent takes a gateway out: it cannot log in, what it said of cameras
// and findings is no longer believed, and its alerts are over. Its events stay
// as long as their time, and its numbers, in case it is added again.
func (t *Tx) RemoveAgent(id string, now time.Time) error {
	n, err := t.exec("UPDATE agents SET removed = ?, cleared = 0, salt = x'', hash = x'', online = 0 WHERE id = ? AND removed = ''", at(now), id)
	if err != nil {
		return err
	}
	if n == 0 {
		return fmt.Errorf("agent %s: %w", id, ErrNotFound)
	}
	for _, table := range []string{"agent_sites", "reported", "cameras", "findings"} {
		if _, err := t.exec("DELETE FROM "+table+" WHERE agent = ?", id); err != nil {
			return err
		}
	}
	return nil
}

// Uncleared lists the removed agents of which the broker may still hold messages.
func (t *Tx) Uncleared() ([]string, error) {
	return list(t, text, "SELECT id FROM agents WHERE removed <> '' AND cleared = 0 ORDER BY id")
}

// Cleared notes that the broker holds nothing of a removed agent any more.
func (t *Tx) Cleared(id string) error {
	_, err := t.exec("UPDATE agents SET cleared = 1 WHERE id = ? AND removed <> ''", id)
	return err
}

// AgentLogin tells whether the password is the agent's.
func (t *Tx) AgentLogin(id string, password []byte) (bool, error) {
	var salt, hash []byte
	err := t.one(func(r scanner) error { return r.Scan(&salt, &hash) }, "SELECT salt, hash FROM agents WHERE id = ? AND removed = ''", id)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(agentHash(salt, string(password)), hash) == 1, nil
}

const agentColumns = `id, created, boot_id, prev_boot, conn_seq, online, changed, last_seen, version, stream, key_epoch, generation`

func scanAgent(r scanner) (Agent, error) {
	var a Agent
	err := r.Scan(&a.ID, instant{&a.Created}, &a.BootID, &a.PrevBoot, &a.ConnSeq, &a.Online, instant{&a.Changed}, instant{&a.LastSeen},
		&a.Version, &a.Stream, &a.KeyEpoch, &a.Generation)
	return a, err
}

// Agent returns one agent, or ErrNotFound.
func (t *Tx) Agent(id string) (a Agent, err error) {
	err = t.one(func(r scanner) error { a, err = scanAgent(r); return err },
		"SELECT "+agentColumns+" FROM agents WHERE id = ? AND removed = ''", id)
	if err != nil {
		return Agent{}, fmt.Errorf("agent %s: %w", id, err)
	}
	a.Sites, err = t.agentSites(id)
	return a, err
}

// Agents returns all agents, by id.
func (t *Tx) Agents() ([]Agent, error) {
	all, err := list(t, scanAgent, "SELECT "+agentColumns+" FROM agents WHERE removed = '' ORDER BY id")
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].Sites, err = t.agentSites(all[i].ID); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (t *Tx) agentSites(id string) ([]string, error) {
	return list(t, text, "SELECT site FROM agent_sites WHERE agent = ? ORDER BY site", id)
}

func text(r scanner) (s string, err error) { return s, r.Scan(&s) }

// PutAgent writes back what changes about an agent while it runs.
func (t *Tx) PutAgent(a Agent) error {
	n, err := t.exec(`UPDATE agents SET boot_id=?, prev_boot=?, conn_seq=?, online=?, changed=?, last_seen=?, version=?, stream=?, key_epoch=?, generation=? WHERE id=?`,
		a.BootID, a.PrevBoot, a.ConnSeq, a.Online, at(a.Changed), at(a.LastSeen), a.Version, a.Stream, a.KeyEpoch, a.Generation, a.ID)
	if err == nil && n == 0 {
		err = fmt.Errorf("agent %s: %w", a.ID, ErrNotFound)
	}
	return err
}

// Credential returns what tells an agent's password from any other; empty for
// an agent that is not there.
func (t *Tx) Credential(id string) (string, error) {
	var hash []byte
	err := t.one(func(r scanner) error { return r.Scan(&hash) }, "SELECT hash FROM agents WHERE id = ? AND removed = ''", id)
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return string(hash), err
}

// SawAgent notes that something came from the agent.
func (t *Tx) SawAgent(id string, now time.Time) error {
	_, err := t.exec("UPDATE agents SET last_seen = ? WHERE id = ?", at(now), id)
	return err
}

// Generation is the newest desired document of an agent.
type Generation struct {
	Agent                string
	KeyEpoch, Generation uint64
	// Content is the SHA-256 of what the document says, without number and dates.
	Content  []byte
	Expires  time.Time
	Envelope []byte // JSON
}

// Generation returns the newest desired document of an agent, or ErrNotFound.
func (t *Tx) Generation(agent string) (g Generation, err error) {
	err = t.one(func(r scanner) error {
		return r.Scan(&g.Agent, &g.KeyEpoch, &g.Generation, &g.Content, instant{&g.Expires}, &g.Envelope)
	}, "SELECT agent, key_epoch, generation, content, expires, envelope FROM generations WHERE agent = ?", agent)
	return g, err
}

// ErrOrder tells that a document would not be newer than the one before it.
var ErrOrder = errors.New("generation does not grow")

// PutGeneration stores a new desired document. Its number must be greater than
// the one it replaces.
func (t *Tx) PutGeneration(g Generation) error {
	n, err := t.exec(`INSERT INTO generations (agent, key_epoch, generation, content, expires, envelope) VALUES (?,?,?,?,?,?)
		ON CONFLICT (agent) DO UPDATE SET key_epoch=excluded.key_epoch, generation=excluded.generation,
			content=excluded.content, expires=excluded.expires, envelope=excluded.envelope
		WHERE (excluded.key_epoch, excluded.generation) > (generations.key_epoch, generations.generation)`,
		g.Agent, g.KeyEpoch, g.Generation, g.Content, at(g.Expires), string(g.Envelope))
	if err == nil && n == 0 {
		err = fmt.Errorf("agent %s, generation %d: %w", g.Agent, g.Generation, ErrOrder)
	}
	return err
}

// Meta returns a value of the database itself, empty if it is not set.
func (t *Tx) Meta(key string) (string, error) {
	var v string
	err := t.one(func(r scanner) error { return r.Scan(&v) }, "SELECT value FROM meta WHERE key = ?", key)
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return v, err
}

// SetMeta sets a value of the database itself.
func (t *Tx) SetMeta(key, value string) error {
	_, err := t.exec("INSERT INTO meta (key, value) VALUES (?,?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", key, value)
	return err
}

// Entry is one line of the audit trail.
type Entry struct {
	At                time.Time
	Who, What, Detail string
}

// Audit writes a line of the audit trail.
func (t *Tx) Audit(e Entry) error {
	_, err := t.exec("INSERT INTO audit (at, who, what, detail) VALUES (?,?,?,?)", at(e.At), e.Who, e.What, e.Detail)
	return err
}

// Trail returns the newest lines of the audit trail, newest first.
func (t *Tx) Trail(limit int) ([]Entry, error) {
	return list(t, func(r scanner) (Entry, error) {
		var e Entry
		err := r.Scan(instant{&e.At}, &e.Who, &e.What, &e.Detail)
		return e, err
	}, "SELECT at, who, what, detail FROM audit ORDER BY id DESC LIMIT ?", limit)
}
