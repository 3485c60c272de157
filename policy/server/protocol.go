package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/review"
	"github.com/lensdop/lensdop/policy/rules"
	"github.com/lensdop/lensdop/policy/server/store"
	"github.com/lensdop/lensdop/policy/server/ui"
)

const (
	// ownFindings is the agent under which the server keeps its own findings,
	// those about the protocol as a whole. No agent can have the empty id.
	ownFindings = ""
	ownStream   = "protocol"

	// judgeEvery is how often the protocol is judged: attestations grow old by
	// the day, and gateways take up a new version within minutes.
	judgeEvery = 10 * time.Minute
)

// judge evaluates the rules about the protocol as a whole and carries over
// since when each finding stands.
func (s *Server) judge(t *store.Tx, now time.Time) ([]rules.Finding, error) {
	own, err := t.FindingsOf(ownFindings)
	if err != nil {
		return nil, err
	}
	earlier := map[string]*rules.Finding{}
	for _, f := range own {
		var x rules.Finding
		if err := json.Unmarshal(f.Body, &x); err != nil {
			return nil, fmt.Errorf("stored finding %s: %w", f.ID, err)
		}
		earlier[f.ID] = &x
	}
	// One of each agent: an agent may have told more than a page can wait for.
	newest, err := t.NewestFindings()
	if err != nil {
		return nil, err
	}
	versions := map[string]rules.AgentVersion{}
	for _, f := range newest {
		var x rules.Finding
		if err := json.Unmarshal(f.Body, &x); err != nil {
			return nil, fmt.Errorf("stored finding %s of %s: %w", f.ID, f.Agent, err)
		}
		versions[f.Agent] = rules.AgentVersion{Agent: f.Agent, Site: f.Site, Protocol: x.Protocol, At: notAfter(x.At, now)}
	}
	agents, err := t.Agents()
	if err != nil {
		return nil, err
	}
	in := []rules.AgentVersion{}
	for _, a := range agents {
		v, ok := versions[a.ID]
		if !ok {
			v = rules.AgentVersion{Agent: a.ID, Site: firstSite(a), At: a.LastSeen}
		}
		in = append(in, v)
	}
	facts := rules.Facts{Protocol: s.protocol, Now: now}
	facts.Agents = devices.Of(in)
	list := rules.Evaluate(facts)
	for i, f := range list {
		list[i] = rules.Follow(earlier[f.ID], f)
	}
	return list, nil
}

// judgeProtocol evaluates the protocol, keeps what changed, and raises and
// resolves the alerts about it.
func (s *Server) judgeProtocol(ctx context.Context, now time.Time) error {
	return s.store.Update(ctx, func(t *store.Tx) error {
		list, err := s.judge(t, now)
		if err != nil {
			return err
		}
		own, err := t.FindingsOf(ownFindings)
		if err != nil {
			return err
		}
		gone := map[string]store.Finding{}
		for _, f := range own {
			gone[f.ID] = f
		}
		for _, f := range list {
			old, known := gone[f.ID]
			delete(gone, f.ID)
			if known {
				var said rules.Finding
				if err := json.Unmarshal(old.Body, &said); err != nil {
					return fmt.Errorf("stored finding %s: %w", f.ID, err)
				}
				if rules.SameVerdict(said, f) {
					continue
				}
			}
			if err := s.keepOwn(t, f, old.Seq+1, now); err != nil {
				return err
			}
		}
		for _, id := range slices.Sorted(maps.Keys(gone)) {
			if err := s.resolve(t, "protocol/"+id, now); err != nil {
				return err
			}
			if err := t.DropFinding(ownFindings, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// keepOwn stores a finding of the server's own under a number after that of
// what was stored before, whatever the clock says. Only what fails or has expired
// is an alert: what nobody has shown yet is on the page.
func (s *Server) keepOwn(t *store.Tx, f rules.Finding, seq uint64, now time.Time) error {
	body, err := json.Marshal(f)
	if err != nil {
		return err
	}
	x := store.Finding{
		Agent: ownFindings, ID: f.ID, Rule: f.Rule, Site: f.Target.Site, Status: string(f.Status), Severity: string(f.Severity),
		Since: or(f.Since, f.FirstSeen), Stream: ownStream, Seq: seq, Body: body,
	}
	if _, err := t.PutFinding(x, now); err != nil {
		return err
	}
	key := "protocol/" + f.ID
	grave := f.Severity == rules.Critical || f.Severity == rules.High
	if !grave || f.Waiver != nil || f.Status != rules.Fail && f.Status != rules.Expired && f.Status != rules.Error {
		return s.resolve(t, key, now)
	}
	return t.Raise(store.Alert{
		Key: key, Kind: ui.AlertFinding, Site: f.Target.Site, Subject: f.ID, Severity: string(f.Severity), Since: or(x.Since, now), Due: now, Data: body,
	})
}

// watchProtocol judges the protocol at once and then regularly.
func (s *Server) watchProtocol(ctx context.Context) error {
	tick := time.NewTicker(judgeEvery)
	defer tick.Stop()
	for {
		if err := s.judgeProtocol(ctx, time.Now()); err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "the protocol cannot be judged", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Protocol shows the protocol itself: what is open in it, what people have
// attested, and what the rules find in it.
func (s *service) Protocol(ctx context.Context, who ui.Account) (ui.Protocol, error) {
	now := time.Now()
	m := s.protocol.Metadata
	v := ui.Protocol{
		At: now.In(s.protocol.Location("")), Title: m.Title, ID: m.ID, Version: m.Version, AdoptedBy: m.Adopted.By, Adopted: m.Adopted.Date,
	}
	for _, p := range s.problems {
		v.Problems = append(v.Problems, ui.FileProblem{Class: string(p.Class), Line: p.Line, What: p.What, Fix: p.Fix, Resolution: p.Resolution, Assumed: p.Assumed})
	}
	list, err := s.ProtocolFindings(ctx)
	if err != nil {
		return v, err
	}
	for _, f := range visible(who, list) {
		x := ui.ProtocolFinding{
			Finding: ui.Finding{
				Subject: subject(f),
				Status:  string(f.Status), Severity: string(f.Severity), Rule: f.Why.String(), Location: s.protocol.Location(f.Target.Site),
				Since: or(f.Since, f.FirstSeen), Title: f.Title, What: f.Text, Why: f.Why.Norm, Do: f.Remedy,
			},
			Owner: s.roleName(f.Owner), Due: f.Due, Undelivered: f.Undelivered,
		}
		if site, ok := s.protocol.Site(f.Target.Site); ok {
			x.SiteName = site.Name
		}
		if f.Waiver != nil {
			x.WaivedUntil = f.Waiver.Expires
		}
		v.Findings = append(v.Findings, x)
	}
	return v, nil
}

// visible leaves out what is about a site that a person does not see. What is
// about no site is the protocol's own, which everybody may read.
func visible(who ui.Account, list []rules.Finding) []rules.Finding {
	return slices.DeleteFunc(list, func(f rules.Finding) bool { return f.Target.Site != "" && !sees(who, f.Target.Site) })
}

func (s *Server) roleName(id string) policy.Text {
	if r, ok := s.protocol.Role(id); ok {
		return r.Name
	}
	return policy.Text{NL: id, FR: id, EN: id}
}

// ProtocolFindings judges the protocol as a whole, now.
func (s *Server) ProtocolFindings(ctx context.Context) (list []rules.Finding, err error) {
	err = s.store.View(ctx, func(t *store.Tx) (err error) { list, err = s.judge(t, time.Now()); return err })
	return list, err
}

// SiteFindings lists the findings of the agents as they stand.
func (s *Server) SiteFindings(ctx context.Context) (list []rules.Finding, err error) {
	err = s.store.View(ctx, func(t *store.Tx) error {
		stored, err := t.Findings()
		if err != nil {
			return err
		}
		for _, f := range stored {
			if f.Agent == ownFindings {
				continue
			}
			var x rules.Finding
			if err := json.Unmarshal(f.Body, &x); err != nil {
				return fmt.Errorf("stored finding %s of %s: %w", f.ID, f.Agent, err)
			}
			list = append(list, x)
		}
		return nil
	})
	return list, err
}

// Document is the protocol as readable Markdown.
func (s *service) Document(_ context.Context, lang string) ([]byte, error) {
	var b bytes.Buffer
	err := review.Show(&b, s.protocol, s.problems, lang)
	return b.Bytes(), err
}

// Export writes the findings that a person may see, those of the sites and
// those of the protocol.
func (s *service) Export(ctx context.Context, who ui.Account, format, lang string) ([]byte, error) {
	list, err := s.ProtocolFindings(ctx)
	if err != nil {
		return nil, err
	}
	list = visible(who, list)
	sites, err := s.SiteFindings(ctx)
	if err != nil {
		return nil, err
	}
	for _, f := range sites {
		if sees(who, f.Target.Site) {
			list = append(list, f)
		}
	}
	var b bytes.Buffer
	switch format {
	case "findings.csv":
		err = rules.WriteCSV(&b, list, lang)
	case "findings.json":
		err = rules.WriteJSON(&b, list)
	case "assessment.json":
		err = rules.WriteOSCAL(&b, list, rules.Meta{
			Protocol: rules.ProtocolRef{ID: s.protocol.Metadata.ID, Version: s.protocol.Metadata.Version},
			Name:     s.protocol.Metadata.Title, At: time.Now(), Lang: lang,
		})
	default:
		err = ui.ErrNotFound
	}
	return b.Bytes(), err
}
