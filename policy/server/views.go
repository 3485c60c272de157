package server

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/rules"
	"github.com/lensdop/lensdop/policy/server/store"
	"github.com/lensdop/lensdop/policy/server/ui"
	"github.com/lensdop/lensdop/policy/wire"
)

// What an agent says is shown of a part, and what it says is ordered.
const (
	shownClosed  = "closed"
	shownOpen    = "open"
	orderedWhole = "whole"
	orderedZones = "zones"
	reachUp      = "up"
)

// Overview shows the sites of a person.
func (s *service) Overview(ctx context.Context, who ui.Account) (ui.Overview, error) {
	o := ui.Overview{At: time.Now().In(s.protocol.Location(""))}
	err := s.store.View(ctx, func(t *store.Tx) error {
		agents, err := t.Agents()
		if err != nil {
			return err
		}
		cameras, err := t.Cameras()
		if err != nil {
			return err
		}
		decisions, err := t.Decisions()
		if err != nil {
			return err
		}
		alerts, err := t.Alerts()
		if err != nil {
			return err
		}
		mail, err := t.MailTrouble()
		if err != nil {
			return err
		}
		o.MailTrouble = len(mail)
		for _, a := range alerts {
			if sees(who, a.Site) {
				o.Alerts++
			}
		}
		for _, site := range s.protocol.Sites {
			if sees(who, site.ID) {
				o.Sites = append(o.Sites, s.siteView(site, who, agents, cameras, decisions, o.At))
			}
		}
		return nil
	})
	return o, err
}

func (s *service) siteView(site policy.Site, who ui.Account, agents []store.Agent, cameras []store.Camera, decisions []store.Decision, now time.Time) ui.Site {
	limit, _ := s.protocol.Blackout.Limits.OneOff.Fixed()
	v := ui.Site{
		ID: site.ID, Name: site.Name, Address: site.Address, Location: s.protocol.Location(site.ID),
		Templates: slices.DeleteFunc(slices.Clone(s.protocol.Blackout.Templates), func(t policy.Template) bool { return !t.InUse() }), OneOffLimit: limit, MayDecide: mayDecide(who, site.ID),
	}
	var silent time.Time // of the gateway that was heard of last
	up := false
	for _, a := range agents {
		if owns(a, site.ID) {
			online := a.Online && now.Sub(a.LastSeen) <= s.config.Timing.SilentAfter
			v.Gateways = append(v.Gateways, ui.Gateway{ID: a.ID, Online: online, LastSeen: a.LastSeen})
			up = up || online
			if a.LastSeen.After(silent) {
				silent = a.LastSeen
			}
		}
	}
	pol := policy.Policy{Protocol: s.protocol}
	for _, d := range decisions {
		if d.Site == site.ID {
			if !d.Recorded() { // the protocol has it
				pol.Decisions = append(pol.Decisions, d.Decision)
			}
			for _, r := range d.Releases {
				pol.Releases = append(pol.Releases, r.Release)
			}
		}
	}
	calendar := pol.Calendar(site.ID)
	for _, d := range decisions {
		if d.Site == site.ID && slices.ContainsFunc(calendar, func(i policy.Interval) bool {
			return i.Decision == d.ID && (i.Until.IsZero() || now.Before(i.Until))
		}) {
			dv := s.decisionView(d, who, now)
			dv.Cameras = camerasOf(calendar, d.ID)
			v.Decisions = append(v.Decisions, dv)
		}
	}
	for _, c := range s.protocol.CamerasOf(site.ID) {
		var state *store.Camera
		for i := range cameras {
			if cameras[i].State.Camera == c.ID && cameras[i].State.Site == site.ID {
				state = &cameras[i]
			}
		}
		cv := cameraView(c, state, pol, now)
		cv.Zone = zoneName(site, c.Zone)
		if !up && !silent.IsZero() {
			cv.Show, cv.Silent, cv.Why = ui.ShowUnproven, silent, ""
		}
		for _, i := range calendar {
			if i.Camera == c.ID && i.Contains(now) {
				// Of several covers the one that lasts longest counts.
				if !cv.Ordered || (!cv.Until.IsZero() && (i.Until.IsZero() || i.Until.After(cv.Until))) {
					cv.Until = i.Until
				}
				cv.Ordered = true
			}
		}
		v.Cameras = append(v.Cameras, cv)
	}
	return v
}

func camerasOf(calendar []policy.Interval, decision string) []string {
	var ids []string
	for _, i := range calendar {
		if i.Decision == decision && !slices.Contains(ids, i.Camera) {
			ids = append(ids, i.Camera)
		}
	}
	return ids
}

func zoneName(site policy.Site, id string) policy.Text {
	for _, z := range site.Zones {
		if z.ID == id {
			return z.Name
		}
	}
	return policy.Text{}
}

// cameraView puts together what was decided here and what the agent sees
// there. Where the two differ the change is on its way; what is not shown is
// unproven, never fine.
func cameraView(c policy.Camera, state *store.Camera, pol policy.Policy, now time.Time) ui.Camera {
	v := ui.Camera{ID: c.ID, Zones: len(c.Masks), Show: ui.ShowUnproven}
	want := pol.CoverAt(c.ID, now).Whole
	if state == nil {
		if want {
			v.Show = ui.ShowWaiting
		}
		return v
	}
	st := state.State
	picture := st.Shown[policy.PartPicture]
	v.Since, v.Seen, v.Why = st.Since, st.At, st.Trouble
	ordered := st.Ordered == orderedWhole
	switch {
	case want && !ordered:
		v.Show = ui.ShowWaiting
	case !want && ordered:
		v.Show = ui.ShowReleasing
	case ordered && st.Obeys:
		v.Show = ui.ShowCovered
	case ordered && picture == shownOpen:
		v.Show = ui.ShowUncovered
	case ordered || (st.Reach != "" && st.Reach != reachUp):
		v.Show = ui.ShowUnproven
	case !st.Obeys && st.Ordered == orderedZones:
		v.Show = ui.ShowZones
	case !st.Obeys:
		v.Show = ui.ShowUnproven
	case st.Ordered != orderedZones && picture == shownClosed:
		v.Show = ui.ShowReleasing
	default:
		v.Show = ui.ShowOpen
	}
	if v.Why == "" && (v.Show == ui.ShowUnproven || v.Show == ui.ShowUncovered) {
		v.Why = reasons(st.Paths)
	}
	return v
}

func (s *Server) decisionView(d store.Decision, who ui.Account, now time.Time) ui.Decision {
	t, _ := s.protocol.Template(d.Template)
	site, _ := s.protocol.Site(d.Site)
	by := signers(d)
	v := ui.Decision{
		ID: d.ID, Site: d.Site, SiteName: site.Name, Location: s.protocol.Location(d.Site), Name: t.Name, Reason: d.Reason,
		From: d.From, Until: d.Until, Earliest: d.EarliestRelease, By: d.By, At: d.At,
		Cameras: camerasOf((&policy.Policy{Protocol: s.protocol, Decisions: []policy.Decision{d.Decision}}).Calendar(d.Site), d.ID),
		Active:  !now.Before(d.From), Statement: t.Statement, Signed: len(by), Needed: s.needed(d),
	}
	if who.Role == ui.RoleWorksCouncil {
		v.By = "" // it hears what was decided, not what which person did
	}
	v.MayRelease = mayDecide(who, d.Site) && !now.Before(d.EarliestRelease) && !slices.Contains(by, who.Name)
	return v
}

// alertView puts an alert together with the finding behind it.
func (s *Server) alertView(_ *store.Tx, a store.Alert) (ui.Alert, error) {
	site, _ := s.protocol.Site(a.Site)
	v := ui.Alert{
		ID: a.ID, Kind: a.Kind, State: string(a.State), Severity: a.Severity, SiteName: cmp.Or(site.Name, a.Site), Address: site.Address,
		Location: s.protocol.Location(a.Site), Subject: a.Subject, Since: a.Since, Fired: a.Fired, Acked: a.Acked, AckedBy: a.AckedBy,
		Resolved: a.ResolvedTime, Detail: a.Detail,
	}
	if a.Site == "" {
		v.SiteName = s.protocol.Metadata.Title.In(s.language())
	}
	if a.Kind != ui.AlertFinding {
		return v, nil
	}
	var f rules.Finding
	if err := json.Unmarshal(a.Data, &f); err != nil {
		return v, err
	}
	v.Subject = subject(f)
	v.Rule, v.Title, v.What, v.Why, v.Do = f.Why.String(), f.Title, f.Text, f.Why.Norm, f.Remedy
	return v, nil
}

// Matters shows alerts and findings.
func (s *service) Matters(ctx context.Context, who ui.Account) (ui.Matters, error) {
	m := ui.Matters{At: time.Now().In(s.protocol.Location(""))}
	err := s.store.View(ctx, func(t *store.Tx) error {
		open, err := t.Alerts()
		if err != nil {
			return err
		}
		slices.SortStableFunc(open, func(a, b store.Alert) int {
			return cmp.Or(severityOrder(a.Severity)-severityOrder(b.Severity), cmp.Compare(string(b.State), string(a.State)))
		})
		resolved, err := t.ResolvedAlerts(20)
		if err != nil {
			return err
		}
		for _, part := range []struct {
			from []store.Alert
			to   *[]ui.Alert
		}{{open, &m.Alerts}, {resolved, &m.Resolved}} {
			for _, a := range part.from {
				if !sees(who, a.Site) {
					continue
				}
				v, err := s.alertView(t, a)
				if err != nil {
					return err
				}
				if who.Role == ui.RoleWorksCouncil {
					v.AckedBy = ""
				}
				*part.to = append(*part.to, v)
			}
		}
		if err := s.findingViews(t, who, &m); err != nil {
			return err
		}
		if who.Role != ui.RoleICT { // subjects and addresses are of all sites
			return nil
		}
		mail, err := t.MailTrouble()
		for _, x := range mail {
			m.Mail = append(m.Mail, ui.Mail{To: x.Recipient, Subject: x.Subject, Error: x.Error, Attempts: x.Attempts, GivenUp: !x.DeadLettered.IsZero(), Next: x.Next})
		}
		return err
	})
	return m, err
}

func (s *service) findingViews(t *store.Tx, who ui.Account, m *ui.Matters) error {
	all, err := t.Findings()
	if err != nil {
		return err
	}
	slices.SortStableFunc(all, func(a, b store.Finding) int { return severityOrder(a.Severity) - severityOrder(b.Severity) })
	for _, f := range all {
		if f.Agent == ownFindings || !sees(who, f.Site) {
			continue
		}
		var x rules.Finding
		if err := json.Unmarshal(f.Body, &x); err != nil {
			return err
		}
		switch {
		case x.Undelivered:
			m.Undelivered++
			continue
		case x.Status == rules.Pass:
			m.Passed++
			continue
		case x.Status == rules.Attested:
			m.Attested++
			continue
		case x.Status == rules.NotApplicable:
			m.NotAsked++
			continue
		default:
		}
		site, _ := s.protocol.Site(f.Site)
		m.Findings = append(m.Findings, ui.Finding{
			Subject: subject(x), Status: f.Status, Severity: f.Severity, Rule: x.Why.String(), SiteName: cmp.Or(site.Name, f.Site), Location: s.protocol.Location(f.Site),
			Since: f.Since, Title: x.Title, What: x.Text, Why: x.Why.Norm, Do: x.Remedy,
		})
	}
	return nil
}

// subject names what a finding is about, as people there name it.
func subject(f rules.Finding) string {
	t := f.Target
	name := cmp.Or(t.Camera, t.Reader, t.Subject)
	if t.Zone != "" {
		name = strings.TrimPrefix(name+" / "+t.Zone, " / ")
	}
	return name
}

func severityOrder(severity string) int {
	i := slices.Index([]string{string(rules.Critical), string(rules.High), string(rules.Medium), string(rules.Low)}, severity)
	if i < 0 {
		return 4
	}
	return i
}

// reasons gathers why the paths of a camera are not shown closed.
func reasons(paths []wire.PathState) string {
	var why []string
	for _, p := range paths {
		if p.Shown != shownClosed && p.Reason != "" && !slices.Contains(why, p.Reason) {
			why = append(why, p.Reason)
		}
	}
	return strings.Join(why, "; ")
}
