package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/rules"
	"github.com/lensdop/lensdop/policy/server/store"
	"github.com/lensdop/lensdop/policy/server/ui"
	"github.com/lensdop/lensdop/policy/wire"
)

// takeFinding stores a finding and raises or resolves its alert.
func (s *Server) takeFinding(t *store.Tx, a store.Agent, f store.Finding, now time.Time) error {
	if f.Site != "" && !owns(a, f.Site) {
		return t.Audit(store.Entry{At: now, Who: a.ID, What: "spoke of a site that is not its own", Detail: "finding " + f.ID + " at " + f.Site})
	}
	if f.Site == "" && len(a.Sites) > 0 {
		f.Site = a.Sites[0]
	}
	stored, err := t.PutFinding(f, now)
	if err != nil || !stored {
		return err
	}
	key := "finding/" + a.ID + "/" + f.ID
	if !alarming(f) {
		return s.resolve(t, key, now)
	}
	due := now
	if rules.Status(f.Status) == rules.Unproven {
		// An agent that has just started has shown nothing yet. What stays
		// unproven is told; what is shown a moment later is not worth a mail.
		due = now.Add(s.config.Timing.UnprovenGrace)
	}
	return t.Raise(store.Alert{
		Key: key, Kind: ui.AlertFinding, Agent: a.ID, Site: f.Site, Subject: f.ID,
		Severity: f.Severity, Since: or(f.Since, now), Due: due, Data: f.Body,
	})
}

// alarming tells whether a finding is an alert: what fails or cannot be shown
// to hold, if it is grave. What could not be checked is not a pass.
func alarming(f store.Finding) bool {
	return !rules.Status(f.Status).OK() && !f.Quiet && f.Rule != coverRule && f.Rule != hiddenRule &&
		(f.Severity == string(rules.High) || f.Severity == string(rules.Critical))
}

// takeCamera stores the state of a camera and raises or resolves the alert
// about a cover that is ordered and not shown.
func (s *Server) takeCamera(t *store.Tx, a store.Agent, c store.Camera, now time.Time) error {
	st := c.State
	if st.Camera == "" || len(st.Camera) > maxName || !owns(a, st.Site) {
		return t.Audit(store.Entry{At: now, Who: a.ID, What: "spoke of a site that is not its own", Detail: "camera " + clip(st.Camera) + " at " + clip(st.Site)})
	}
	// A clock that runs ahead must not keep out what comes after.
	c.State.At, c.State.Since = notAfter(c.State.At, now), notAfter(c.State.Since, now)
	c.State.Trouble = said(c.State.Trouble)
	st = c.State
	stored, err := t.PutCamera(c)
	if err != nil || !stored {
		return err
	}
	key := "cover/" + a.ID + "/" + st.Camera
	if st.Ordered == "" || st.Ordered == "nothing" || st.Obeys {
		return s.resolve(t, key, now)
	}
	severity := string(rules.High)
	if st.Ordered == "whole" {
		severity = string(rules.Critical)
	}
	body, err := json.Marshal(st)
	if err != nil {
		return err
	}
	alert := store.Alert{
		Key: key, Kind: ui.AlertCover, Agent: a.ID, Site: st.Site, Subject: st.Camera, Severity: severity,
		Since: now, Due: now.Add(s.config.Timing.CoverGrace), Detail: st.Trouble, Data: body,
	}
	if !st.Lost {
		return t.Raise(alert)
	}
	// Somebody was seen, or could have been: that is told even when the next
	// event of the same batch says that the cover is back.
	alert.Due = now
	if err := t.Raise(alert); err != nil {
		return err
	}
	fired, err := s.fire(t, now)
	if fired > 0 {
		s.pushMail()
	}
	return err
}

// fire turns alerts that are due into firing ones and tells of them.
func (s *Server) fire(t *store.Tx, now time.Time) (int, error) {
	fired, err := t.Fire(now)
	if err != nil {
		return 0, err
	}
	for _, a := range fired {
		s.log.Warn("alert fires", "alert", a.ID, "kind", a.Kind, "site", a.Site, "subject", a.Subject, "severity", a.Severity)
		if err := s.announce(t, a, now); err != nil {
			return 0, err
		}
	}
	return len(fired), nil
}

// takeResult raises an alert when an agent refuses its document, and resolves
// it when it applies one.
func (s *Server) takeResult(t *store.Tx, a store.Agent, e wire.Event, r wire.DesiredResult, now time.Time) error {
	key := "refused/" + a.ID
	if e.Type == wire.EventDesired {
		return s.resolve(t, key, now)
	}
	return t.Raise(store.Alert{
		Key: key, Kind: ui.AlertRefused, Agent: a.ID, Site: firstSite(a), Subject: a.ID,
		Severity: string(rules.High), Since: now, Due: now, Detail: said(r.Reason),
	})
}

func firstSite(a store.Agent) string {
	if len(a.Sites) == 0 {
		return ""
	}
	return a.Sites[0]
}

// tick looks after everything that time alone brings about.
func (s *Server) tick(ctx context.Context, now time.Time) error {
	var queued int
	var stale []string
	err := s.store.Update(ctx, func(t *store.Tx) error {
		if err := s.watchAgents(t, now); err != nil {
			return err
		}
		if err := s.watchReleases(t, now); err != nil {
			return err
		}
		if err := s.watchGaps(t, now); err != nil {
			return err
		}
		var err error
		if queued, err = s.fire(t, now); err != nil {
			return err
		}
		stale, err = s.stale(t, now)
		return err
	})
	if err != nil {
		return err
	}
	if queued > 0 {
		s.pushMail()
	}
	s.markSome(stale)
	return nil
}

func (s *Server) markSome(agents []string) {
	if len(agents) > 0 {
		s.mark(agents...)
	}
}

// stale lists agents whose document grows old.
func (s *Server) stale(t *store.Tx, now time.Time) ([]string, error) {
	agents, err := t.Agents()
	if err != nil {
		return nil, err
	}
	var old []string
	for _, a := range agents {
		g, err := t.Generation(a.ID)
		switch {
		case errors.Is(err, store.ErrNotFound):
		case err != nil:
			return nil, err
		case !now.Before(g.Expires.Add(-renewAt)):
			old = append(old, a.ID)
		}
	}
	return old, nil
}

// watchAgents raises an alert for every gateway that is away or silent.
func (s *Server) watchAgents(t *store.Tx, now time.Time) error {
	agents, err := t.Agents()
	if err != nil {
		return err
	}
	for _, a := range agents {
		key := "agent/" + a.ID
		silent := a.Online && now.Sub(a.LastSeen) > s.config.Timing.SilentAfter
		if a.Online && !silent {
			if err := s.resolve(t, key, now); err != nil {
				return err
			}
			continue
		}
		since := a.Changed
		if silent {
			since = a.LastSeen
		}
		err := s.raiseOnce(t, store.Alert{
			Key: key, Kind: ui.AlertAgent, Agent: a.ID, Site: firstSite(a), Subject: a.ID,
			Severity: string(rules.Critical), Since: since, Due: since.Add(s.config.Timing.OfflineAfter),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// watchReleases raises an alert for every window that nobody has released
// long after its earliest release: it does not end by itself.
func (s *Server) watchReleases(t *store.Tx, now time.Time) error {
	all, err := t.Decisions()
	if err != nil {
		return err
	}
	for _, d := range all {
		key := "release/" + d.ID
		due := d.EarliestRelease.Add(s.config.Timing.ReleaseDue)
		if s.forgotten(d) {
			if err := s.resolve(t, key, now); err != nil {
				return err
			}
			continue
		}
		if d.EarliestRelease.IsZero() || !d.Until.IsZero() || now.Before(due) {
			continue
		}
		if s.released(d) {
			err = s.resolve(t, key, now)
		} else {
			err = s.raiseOnce(t, store.Alert{
				Key: key, Kind: ui.AlertRelease, Site: d.Site, Subject: d.ID,
				Severity: string(rules.High), Since: d.EarliestRelease, Due: due,
			})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// forgotten tells that a decision was recorded in the protocol and no longer is:
// it covers nothing, and agents refuse a protocol that drops it while it does.
func (s *Server) forgotten(d store.Decision) bool {
	return d.Recorded() && !slices.ContainsFunc(s.protocol.Decisions, func(r policy.RecordedDecision) bool { return r.ID == d.ID && r.Cover.IsSet() })
}

// watchGaps raises an alert for events that are missing.
func (s *Server) watchGaps(t *store.Tx, now time.Time) error {
	gaps, err := t.Gaps("")
	if err != nil {
		return err
	}
	for _, g := range gaps {
		key := fmt.Sprintf("gap/%s/%s/%d", g.Agent, g.Stream, g.First)
		if !g.Filled.IsZero() {
			if err := s.resolve(t, key, now); err != nil {
				return err
			}
			continue
		}
		a, err := t.Agent(g.Agent)
		if errors.Is(err, store.ErrNotFound) { // removed meanwhile
			if err := s.resolve(t, key, now); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		err = s.raiseOnce(t, store.Alert{
			Key: key, Kind: ui.AlertGap, Agent: g.Agent, Site: firstSite(a), Subject: g.Agent, Severity: string(rules.High),
			Since: g.Seen, Due: g.Seen.Add(s.config.Timing.OfflineAfter), Detail: fmt.Sprintf("%d - %d", g.First, g.Last),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// raiseOnce raises an alert unless it is open: a clock tick that changes
// nothing writes nothing.
func (s *Server) raiseOnce(t *store.Tx, a store.Alert) error {
	_, err := t.OpenAlert(a.Key)
	if errors.Is(err, store.ErrNotFound) {
		return t.Raise(a)
	}
	return err
}

// resolve ends an alert, if it is open, and tells those who were told of it.
func (s *Server) resolve(t *store.Tx, key string, now time.Time) error {
	a, fired, err := t.Resolve(key, now)
	if err != nil || !fired {
		return err
	}
	s.log.Info("alert resolved", "alert", a.ID, "kind", a.Kind, "site", a.Site, "subject", a.Subject)
	if err := s.announce(t, a, now); err != nil {
		return err
	}
	s.pushMail()
	return nil
}

// announce queues the mail about an alert that fired or was resolved.
func (s *Server) announce(t *store.Tx, a store.Alert, now time.Time) error {
	lang := s.language()
	held, err := s.holdsBack(t, a, now)
	if err != nil || held == heldAll {
		return err
	}
	v, err := s.alertView(t, a)
	if err != nil {
		return err
	}
	subject, body := ui.AlertMail(lang, v, s.URL()+"/findings", held == heldNext)
	return s.queue(t, a.ID, s.recipients(a.Severity), subject, body, now)
}

// Bounds on the mails about one matter and about one gateway in an hour: a
// device that comes and goes, or a gateway in the wrong hands, must not bury
// what matters. The pages show everything.
const (
	mailsByKey   = 6
	mailsByAgent = 100
)

// What is held back of the mails about a matter.
const (
	heldNothing = iota
	heldNext    // those after this one
	heldAll
)

func (s *Server) holdsBack(t *store.Tx, a store.Alert, now time.Time) (int, error) {
	byKey, byAgent, err := t.FiredSince(a.Key, a.Agent, now.Add(-time.Hour))
	switch {
	case err != nil:
		return heldNothing, err
	case byKey > mailsByKey || byAgent > mailsByAgent:
		s.log.Warn("mail held back: too many about this in an hour", "alert", a.ID, "kind", a.Kind, "agent", a.Agent)
		return heldAll, nil
	case byKey == mailsByKey || byAgent == mailsByAgent:
		return heldNext, nil
	default:
		return heldNothing, nil
	}
}

func (s *Server) queue(t *store.Tx, alert int64, to []string, subject, body string, now time.Time) error {
	for _, r := range to {
		if err := t.QueueMail(store.Mail{Alert: alert, Recipient: r, Subject: subject, Body: body, Created: now}); err != nil {
			return err
		}
	}
	return nil
}

// recipients are the protocol's addresses for a severity and those of the
// server's own configuration.
func (s *Server) recipients(severity string) []string {
	if s.config.Mail == nil {
		return nil // nothing would ever leave
	}
	to := s.protocol.AlertAddresses(severity)
	for _, r := range s.config.Mail.To {
		if !slices.Contains(to, r) {
			to = append(to, r)
		}
	}
	return to
}

func (s *Server) language() string {
	if s.config.Mail != nil && s.config.Mail.Language != "" {
		return s.config.Mail.Language
	}
	return ui.Languages()[0]
}

func or(t, otherwise time.Time) time.Time {
	if t.IsZero() {
		return otherwise
	}
	return t
}

// notAfter is t, or now if t lies in the future.
func notAfter(t, now time.Time) time.Time {
	if t.After(now) {
		return now.UTC()
	}
	return t
}

// said is text from an agent on one line and of bounded length.
func said(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "?")), " ")
	if len(s) > maxSaid {
		s = strings.ToValidUTF8(s[:maxSaid], "") + " …"
	}
	return s
}

// clip bounds text from an agent that is quoted.
func clip(s string) string {
	return strings.ToValidUTF8(s[:min(len(s), 80)], "?")
}
