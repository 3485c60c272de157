package store

import (
	"encoding/json"
	"fmt"

	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/wire"
)

// Decision is a decision with its signed form and the releases that followed.
type Decision struct {
	policy.Decision
	Envelope wire.Envelope
	Releases []Release
}

// Release is a release with its signed form.
type Release struct {
	policy.Release
	Envelope wire.Envelope
}

// AddDecision stores a decision.
func (t *Tx) AddDecision(d Decision) error {
	body, env, err := both(d.Decision, d.Envelope)
	if err != nil {
		return err
	}
	n, err := t.exec("INSERT INTO decisions (id, site, at, body, envelope) VALUES (?,?,?,?,?) ON CONFLICT DO NOTHING",
		d.ID, d.Site, at(d.At), body, env)
	if err == nil && n == 0 {
		err = fmt.Errorf("decision %s %w", d.ID, ErrExists)
	}
	return err
}

// Recorded tells that no person signed the decision: the protocol records it.
// It is stored so that people see and release it, and never sent to an agent,
// which has it from the protocol.
func (d Decision) Recorded() bool { return len(d.Envelope.Payload) == 0 }

// PutRecorded stores a decision that the protocol records, as it says now.
func (t *Tx) PutRecorded(d policy.Decision) error {
	body, env, err := both(d, wire.Envelope{})
	if err != nil {
		return err
	}
	n, err := t.exec(`INSERT INTO decisions (id, site, at, body, envelope) VALUES (?,?,?,?,?)
		ON CONFLICT (id) DO UPDATE SET site=excluded.site, at=excluded.at, body=excluded.body WHERE decisions.envelope = excluded.envelope`,
		d.ID, d.Site, at(d.At), body, env)
	if err == nil && n == 0 {
		err = fmt.Errorf("decision %s %w, signed by a person; give the protocol's own another id", d.ID, ErrExists)
	}
	return err
}

// AddRelease stores a release of a stored decision.
func (t *Tx) AddRelease(r Release) error {
	body, env, err := both(r.Release, r.Envelope)
	if err != nil {
		return err
	}
	n, err := t.exec("INSERT INTO releases (id, decision, at, body, envelope) VALUES (?,?,?,?,?) ON CONFLICT (id) DO NOTHING",
		r.ID, r.Decision, at(r.At), body, env)
	if err == nil && n == 0 {
		err = fmt.Errorf("release %s %w", r.ID, ErrExists)
	}
	return err
}

func both(v any, e wire.Envelope) (body, env string, err error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", "", err
	}
	s, err := json.Marshal(e)
	return string(b), string(s), err
}

// Decisions returns all decisions with their releases, oldest first.
func (t *Tx) Decisions() ([]Decision, error) {
	all, err := list(t, func(r scanner) (Decision, error) {
		var d Decision
		err := scanBoth(r, &d.Decision, &d.Envelope)
		return d, err
	}, "SELECT body, envelope FROM decisions ORDER BY at, id")
	if err != nil {
		return nil, err
	}
	for i := range all {
		all[i].Releases, err = list(t, func(r scanner) (Release, error) {
			var rel Release
			err := scanBoth(r, &rel.Release, &rel.Envelope)
			return rel, err
		}, "SELECT body, envelope FROM releases WHERE decision = ? ORDER BY at, id", all[i].ID)
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

func scanBoth(r scanner, v any, e *wire.Envelope) error {
	var body, env []byte
	if err := r.Scan(&body, &env); err != nil {
		return err
	}
	if err := json.Unmarshal(body, v); err != nil {
		return err
	}
	return json.Unmarshal(env, e)
}
