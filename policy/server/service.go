package server

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/server/store"
	"github.com/lensdop/lensdop/policy/server/ui"
	"github.com/lensdop/lensdop/policy/wire"
)

// sessionLength lets a person who signs in before the polls open release after
// they close.
const sessionLength = 16 * time.Hour

// decidingRole is the role of the protocol under which a facility manager acts.
const decidingRole = "location-manager"

// service is the server as its pages see it.
type service struct{ *Server }

var _ ui.Service = (*service)(nil)

// SignIn checks a password. The same work is done for names that do not exist.
func (s *service) SignIn(ctx context.Context, name, password, remote string) (string, time.Time, error) {
	now := time.Now()
	keys := throttleKeys(name, remote)
	if len(name) > maxName || len(password) > maxPassword {
		return "", time.Time{}, ui.ErrSignIn
	}
	if wait := s.throttle.admit(now, keys...); wait > 0 {
		return "", time.Time{}, &ui.Throttled{Wait: wait}
	}
	var a store.Account
	err := s.store.View(ctx, func(t *store.Tx) (err error) { a, err = t.Account(name); return err })
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return "", time.Time{}, err
	}
	ok, err := s.hasher.check(ctx, a.Hash, password)
	if errors.Is(err, errBusy) {
		return "", time.Time{}, &ui.Throttled{Wait: firstPause}
	}
	if err != nil {
		return "", time.Time{}, err
	}
	if !ok {
		s.log.WarnContext(ctx, "sign-in refused", "remote", remote)
		return "", time.Time{}, ui.ErrSignIn
	}
	s.throttle.succeeded(now, keys...)
	token, ends := rand.Text(), now.Add(sessionLength)
	err = s.store.Update(ctx, func(t *store.Tx) error {
		if err := t.AddSession(token, a.Name, now, ends); err != nil {
			return err
		}
		return t.Audit(store.Entry{At: now, Who: a.Name, What: store.SignedIn, Detail: remote})
	})
	return token, ends, err
}

// SignOut ends a session.
func (s *service) SignOut(ctx context.Context, token string) error {
	return s.store.Update(ctx, func(t *store.Tx) error { return t.EndSession(token) })
}

// Session returns the person behind a cookie.
func (s *service) Session(ctx context.Context, token string) (who ui.Account, ok bool, err error) {
	err = s.store.View(ctx, func(t *store.Tx) error {
		var a store.Account
		if a, ok, err = t.Session(token, time.Now()); err != nil {
			return err
		}
		who = ui.Account{Name: a.Name, Role: ui.Role(a.Role), Sites: a.Sites, Language: a.Language}
		return nil
	})
	return who, ok, err
}

// Healthy tells that the database answers.
func (s *service) Healthy(ctx context.Context) error {
	return s.store.View(ctx, func(t *store.Tx) error { _, err := t.Meta(metaEpoch); return err })
}

// NoAccounts tells that nobody can sign in yet.
func (s *service) NoAccounts(ctx context.Context) (bool, error) {
	var n int
	err := s.store.View(ctx, func(t *store.Tx) (err error) { n, err = t.CountAccounts(); return err })
	return n == 0, err
}

// mayDecide tells whether a person covers and releases at a site.
func mayDecide(who ui.Account, site string) bool {
	return who.Role == ui.RoleFacility && slices.Contains(who.Sites, site)
}

// sees tells whether a site is shown to a person: facility managers see the
// sites that they hold, the others all.
func sees(who ui.Account, site string) bool {
	return who.Role != ui.RoleFacility || slices.Contains(who.Sites, site)
}

// Cover decides to cover for a time.
func (s *service) Cover(ctx context.Context, who ui.Account, o ui.CoverOrder) error {
	now := time.Now()
	limit, _ := s.protocol.Blackout.Limits.OneOff.Fixed()
	switch {
	case !mayDecide(who, o.Site):
		return ui.ErrForbidden
	case o.Until.Sub(o.From) > limit:
		return &ui.Invalid{Field: "mode", Key: "err-limit"}
	}
	return s.decide(ctx, policy.Decision{
		ID: cmp.Or(o.ID, newID()), Site: o.Site, Cameras: o.Cameras, From: o.From.UTC(), Until: o.Until.UTC(),
		Reason: o.Reason, By: who.Name, Role: decidingRole, At: now.UTC(),
	}, "mode")
}

// Elect decides to cover after a template.
func (s *service) Elect(ctx context.Context, who ui.Account, o ui.ElectOrder) error {
	if !mayDecide(who, o.Site) {
		return ui.ErrForbidden
	}
	d, err := s.protocol.Election(o.Template, o.Site, o.Day, cmp.Or(o.ID, newID()), who.Name, decidingRole, time.Now().UTC())
	if err != nil {
		return &ui.Invalid{Field: "day", Key: "err-protocol", Detail: err.Error()}
	}
	d.Reason = o.Reason
	return s.decide(ctx, d, "day")
}

// sameForm is how long a form that comes again counts as sent twice by
// mistake. Later it is refused: the person means something new by it.
const sameForm = 2 * time.Minute

// decide signs and stores a decision, tells a second person, and has the
// agents of the site informed. A decision that is stored already is not taken
// a second time.
func (s *service) decide(ctx context.Context, d policy.Decision, field string) error {
	if err := s.protocol.CheckDecision(d); err != nil {
		return &ui.Invalid{Field: field, Key: "err-protocol", Detail: err.Error()}
	}
	env, err := wire.Seal(wire.TypeDecision, d, s.key)
	if err != nil {
		return err
	}
	var agents []string
	again := false
	err = s.store.Update(ctx, func(t *store.Tx) error {
		var err error
		if again, err = s.repeated(t, d, field); err != nil || again {
			return err
		}
		stored := store.Decision{Decision: d, Envelope: env}
		if err := t.AddDecision(stored); err != nil {
			return err
		}
		if agents, err = s.agentsFor(t, d); err != nil {
			return err
		}
		if err := t.Audit(store.Entry{At: d.At, Who: d.By, What: "decided to cover", Detail: d.ID + " at " + d.Site + ": " + d.Reason}); err != nil {
			return err
		}
		return s.notify(t, stored, false, d.By, d.At)
	})
	if err != nil || again {
		return err
	}
	s.log.InfoContext(ctx, "decision taken", "decision", d.ID, "site", d.Site)
	s.pushMail()
	s.markSome(agents)
	return nil
}

// repeated tells whether a decision has been taken already: by the same form,
// sent twice, or, for a template, by another form for the same day.
func (s *service) repeated(t *store.Tx, d policy.Decision, field string) (bool, error) {
	all, err := t.Decisions()
	if err != nil {
		return false, err
	}
	for _, have := range all {
		switch {
		case have.ID == d.ID && have.By == d.By && d.At.Sub(have.At) < sameForm:
			return true, nil
		case have.ID == d.ID:
			return false, &ui.Invalid{Field: field, Key: "err-again"}
		case d.Template != "" && have.Template == d.Template && have.Site == d.Site && have.From.Equal(d.From) && s.ended(have).IsZero():
			return false, &ui.Invalid{Field: field, Key: "err-same"}
		}
	}
	return false, nil
}

// agentsFor lists the agents that must learn of a decision, and refuses one
// that would not fit into what they are told: it would be taken here and never
// arrive there.
func (s *service) agentsFor(t *store.Tx, d policy.Decision) ([]string, error) {
	agents, err := agentsOf(t, d.Site)
	if err != nil {
		return nil, err
	}
	for _, id := range agents {
		a, err := t.Agent(id)
		if err != nil {
			return nil, err
		}
		doc, err := s.document(t, a, d.At)
		if err != nil {
			return nil, err
		}
		if b, err := json.Marshal(doc); err != nil {
			return nil, err
		} else if len(b) > roomFor {
			return nil, &ui.Invalid{Field: "reason", Key: "err-full"}
		}
	}
	return agents, nil
}

// notify queues the mail by which a second person hears of a decision.
func (s *service) notify(t *store.Tx, d store.Decision, release bool, who string, now time.Time) error {
	v := s.decisionView(d, ui.Account{}, now)
	subject, body := ui.NoticeMail(s.language(), v, release, who, s.URL()+"/", now)
	return s.queue(t, 0, s.recipients("critical"), subject, body, now)
}

func agentsOf(t *store.Tx, site string) ([]string, error) {
	all, err := t.Agents()
	var ids []string
	for _, a := range all {
		if owns(a, site) {
			ids = append(ids, a.ID)
		}
	}
	return ids, err
}

// Release signs a release that holds from now.
func (s *service) Release(ctx context.Context, who ui.Account, o ui.ReleaseOrder) error {
	now := time.Now().UTC()
	var agents []string
	err := s.store.Update(ctx, func(t *store.Tx) error {
		d, err := findDecision(t, o.Decision)
		if err != nil {
			return err
		}
		if !mayDecide(who, d.Site) {
			return ui.ErrForbidden
		}
		if end := s.ended(d); !end.IsZero() && !now.Before(end) || s.released(d) || slices.ContainsFunc(d.Releases, func(r store.Release) bool { return r.By == who.Name }) {
			return &ui.Invalid{Field: "release", Key: "err-twice"}
		}
		if now.Before(d.EarliestRelease) {
			return &ui.Invalid{Field: "release", Key: "err-early"}
		}
		r := policy.Release{
			ID: newID(), Decision: d.ID, At: now, By: who.Name, Role: decidingRole,
			Statement: o.Statement, Vouched: "server",
		}
		if err := s.protocol.CheckRelease(d.Decision, r); err != nil {
			return &ui.Invalid{Field: "release", Key: "err-protocol", Detail: err.Error()}
		}
		env, err := wire.Seal(wire.TypeRelease, r, s.key)
		if err != nil {
			return err
		}
		signed := store.Release{Release: r, Envelope: env}
		if err := t.AddRelease(signed); err != nil {
			return err
		}
		d.Releases = append(d.Releases, signed)
		if err := t.Audit(store.Entry{At: now, Who: who.Name, What: "released", Detail: d.ID + " at " + d.Site}); err != nil {
			return err
		}
		if err := s.notify(t, d, true, who.Name, now); err != nil {
			return err
		}
		if s.released(d) { // else it is in force, and nobody may forget it
			if err := s.resolve(t, "release/"+d.ID, now); err != nil {
				return err
			}
		}
		agents, err = agentsOf(t, d.Site)
		return err
	})
	if err != nil {
		return err
	}
	s.log.InfoContext(ctx, "decision released", "decision", o.Decision)
	s.pushMail()
	s.markSome(agents)
	return nil
}

func findDecision(t *store.Tx, id string) (store.Decision, error) {
	all, err := t.Decisions()
	if err != nil {
		return store.Decision{}, err
	}
	if i := slices.IndexFunc(all, func(d store.Decision) bool { return d.ID == id }); i >= 0 {
		return all[i], nil
	}
	return store.Decision{}, ui.ErrNotFound
}

// released tells whether enough people have released a decision.
func (s *Server) released(d store.Decision) bool { return len(signers(d)) >= s.needed(d) }

func (s *Server) needed(d store.Decision) int {
	t, _ := s.protocol.Template(d.Template)
	return max(t.Signatures, 1)
}

// signers lists the different people who released.
func signers(d store.Decision) []string {
	var by []string
	for _, r := range d.Releases {
		if !slices.Contains(by, r.By) {
			by = append(by, r.By)
		}
	}
	return by
}

// Acknowledge notes that a person has seen an alert.
func (s *service) Acknowledge(ctx context.Context, who ui.Account, id int64) error {
	now := time.Now()
	return s.store.Update(ctx, func(t *store.Tx) error {
		a, err := t.Alert(id)
		if errors.Is(err, store.ErrNotFound) {
			return ui.ErrNotFound
		}
		if err != nil {
			return err
		}
		if !who.MayAcknowledge() || !sees(who, a.Site) {
			return ui.ErrForbidden
		}
		err = t.Acknowledge(id, who.Name, now)
		if errors.Is(err, store.ErrNotFound) {
			return nil // seen by somebody else, or resolved, meanwhile
		}
		if err != nil {
			return err
		}
		return t.Audit(store.Entry{At: now, Who: who.Name, What: "acknowledged an alert", Detail: fmt.Sprint(id)})
	})
}
