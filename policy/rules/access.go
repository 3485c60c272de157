package rules

import (
	"slices"
	"time"

	"github.com/lensdop/lensdop/policy"
)

// right tells whether a role may do something at a site, and what each use needs.
type right struct {
	allowed   bool
	needs     []string // policy.Needs words, sorted, each once
	approvers []string // roles that may approve; empty if the permission names none
	via       []string // roles that carry it out; empty if the role itself may
	ref       string   // article that allows or denies it
}

func (r right) need(word string) bool { return slices.Contains(r.needs, word) }

// bound tells that a use needs an incident.
func (r right) bound() bool { return r.need(policy.NeedIncident) || r.need(policy.NeedCase) }

// rightOf tells what the protocol lets a role do with a verb at a site. What is
// neither allowed nor denied is denied, and a denial outweighs what allows. The
// entry for policy.AnyRole counts for a role that no other entry names. Where
// several entries allow the same, a use needs what all of them need. With an
// empty site, an entry for certain sites allows nothing and still denies. A
// role that sees only sums, or only its own button, sees no pictures whatever
// an entry says; a role that the protocol does not have may do nothing. Which
// site a holder of an own-site role belongs to is not known here.
func rightOf(p *policy.Protocol, role, verb, site string) right {
	def, known := p.Role(role)
	blind := def.Scope == policy.ScopeAggregate || def.Scope == policy.ScopeOwnButton
	if !known || blind && policy.SeesPictures(verb) {
		return right{ref: def.Ref}
	}
	entries := permissionsOf(p, role)
	if len(entries) == 0 {
		entries = permissionsOf(p, policy.AnyRole)
	}
	var out right
	for _, e := range entries {
		here := len(e.Sites) == 0 || slices.Contains(e.Sites, site)
		if slices.Contains(e.Deny, verb) && (here || site == "") {
			return right{ref: article(e.Ref, def.Ref)}
		}
		if !here || !slices.Contains(e.Allow, verb) {
			continue
		}
		out.allowed = true
		out.ref = article(out.ref, e.Ref)
		out.needs = append(out.needs, e.Require...)
		if e.ApprovedBy != "" {
			out.needs = append(out.needs, policy.NeedApproval)
			out.approvers = append(out.approvers, e.ApprovedBy)
		}
		if e.Via != "" {
			out.via = append(out.via, e.Via)
		}
	}
	slices.Sort(out.needs)
	out.needs = slices.Compact(out.needs)
	return out
}

func permissionsOf(p *policy.Protocol, role string) []policy.Permission {
	var out []policy.Permission
	for _, e := range p.Permissions {
		if e.Role == role {
			out = append(out, e)
		}
	}
	return out
}

// ofRecordings tells that a verb lets recordings be seen or heard.
func ofRecordings(verb string) bool { return policy.SeesPictures(verb) && verb != policy.VerbLive }

// granted is one verb that a role may use at a site.
type granted struct {
	role, verb, site string
	right            right
}

// grants lists what roles may do with the verbs that keep chooses, at a site;
// with an empty site, at any.
func grants(p *policy.Protocol, site string, keep func(verb string) bool) []granted {
	sites := []string{site}
	if site == "" {
		for _, s := range p.Sites {
			sites = append(sites, s.ID)
		}
	}
	var out []granted
	for _, r := range p.Roles {
		for _, v := range policy.Verbs() {
			if !keep(v) {
				continue
			}
			for _, at := range sites {
				if have := rightOf(p, r.ID, v, at); have.allowed {
					out = append(out, granted{r.ID, v, at, have})
				}
			}
		}
	}
	return out
}

// rolesOf lists the roles of grants, each once.
func rolesOf(list []granted) []string {
	var out []string
	for _, g := range list {
		if !slices.Contains(out, g.role) {
			out = append(out, g.role)
		}
	}
	return out
}

// administrators lists the roles that configure devices at a site. If the
// protocol names none, every role that may see nothing there counts: one of
// them must be it.
func administrators(p *policy.Protocol, site string) (roles []string, named bool) {
	if roles = rolesOf(grants(p, site, func(v string) bool { return v == policy.VerbConfigure })); len(roles) > 0 {
		return roles, true
	}
	see := rolesOf(grants(p, site, policy.SeesPictures))
	for _, r := range p.Roles {
		if !slices.Contains(see, r.ID) {
			roles = append(roles, r.ID)
		}
	}
	return roles, false
}

// regime tells what the protocol binds access to recordings to (rule
// catalogue, conflict 5): an incident, an approval, or nothing; silent if
// nobody may see any.
type regime struct{ incident, approval, bare, silent bool }

func regimeOf(p *policy.Protocol) regime {
	list := grants(p, "", ofRecordings)
	out := regime{silent: len(list) == 0}
	for _, g := range list {
		out.incident = out.incident || g.right.bound()
		out.approval = out.approval || g.right.need(policy.NeedApproval)
		out.bare = out.bare || !g.right.bound() && !g.right.need(policy.NeedApproval)
	}
	return out
}

// flowSteps lists the steps of the access flow of one kind.
func flowSteps(p *policy.Protocol, step string) []policy.AccessStep {
	var out []policy.AccessStep
	for _, s := range p.AccessFlow {
		if s.Step == step {
			out = append(out, s)
		}
	}
	return out
}

// approvers lists who may approve a use: as the permission says, else the
// access flow, else whoever may approve at all.
func approvers(p *policy.Protocol, r right, site string) []string {
	if len(r.approvers) > 0 {
		return r.approvers
	}
	var out []string
	for _, s := range flowSteps(p, "approve") {
		out = append(out, s.By...)
	}
	if len(out) > 0 {
		return out
	}
	return rolesOf(grants(p, site, func(v string) bool { return v == policy.VerbApprove }))
}

// approved holds the approval of a session against the protocol: by the right
// role, not after the session began, and not older than the access flow lets it
// be. It counts from the instant of approval up to, not including, its end.
func approved(p *policy.Protocol, x Session, r right, o *outcome) {
	if x.Approval == "" {
		o.fail("geen goedkeuring vooraf", "pas d'approbation préalable", "no prior approval")
		return
	}
	by := approvers(p, r, x.Site)
	switch {
	case len(by) == 0:
		o.doubt("het protocol zegt niet wie goedkeurt", "le protocole ne dit pas qui approuve", "the protocol does not say who approves")
	case !slices.Contains(by, x.ApproverRole):
		o.fail("goedgekeurd door %s in plaats van %s", "approuvée par %s au lieu de %s", "approved by %s instead of %s", roleName(p, x.ApproverRole), roleNames(p, by))
	default:
	}
	if x.Approved.IsZero() || x.Start.IsZero() {
		o.doubt("het logboek mist het tijdstip van goedkeuring of raadpleging", "le journal ne donne pas l'heure de l'approbation ou de la consultation", "the log lacks the time of approval or consultation")
		return
	}
	if x.Approved.After(x.Start) {
		o.fail("pas goedgekeurd op %s, na het begin", "approuvée seulement le %s, après le début", "approved only at %s, after it began", localTime(x.Approved, p.Location(x.Site)))
	}
	for _, step := range flowSteps(p, "approve") {
		if step.MaxAge.IsZero() {
			continue
		}
		if end := step.MaxAge.After(x.Approved.In(p.Location(x.Site))); !x.Start.Before(end) {
			o.fail("de goedkeuring van %s gold tot %s (%s)", "l'approbation du %s valait jusqu'au %s (%s)", "the approval of %s held until %s (%s)", localTime(x.Approved, p.Location(x.Site)), localTime(end, p.Location(x.Site)), period(step.MaxAge))
		}
	}
}

// reasoned holds what a session gives as its reason against what the right needs.
func reasoned(p *policy.Protocol, x Session, r right, o *outcome) {
	if r.need(policy.NeedReason) && x.Reason == "" {
		o.fail("geen reden", "pas de motif", "no reason")
	}
	if !r.need(policy.NeedGround) {
		return
	}
	known := slices.ContainsFunc(p.Processing, func(q policy.Processing) bool {
		return slices.ContainsFunc(q.Consultation, func(u policy.Use) bool { return u.ID == x.Ground })
	})
	switch {
	case x.Ground == "":
		o.fail("geen grond", "pas de fondement", "no ground")
	case !known:
		o.fail("grond %q staat niet in het protocol", "le fondement %q ne figure pas au protocole", "ground %q is not in the protocol", x.Ground)
	default:
	}
}

// met holds a session against everything that its right needs, but for the
// time of the incident (rule ACC-3).
func met(p *policy.Protocol, x Session, r right, o *outcome) {
	reasoned(p, x, r, o)
	if r.bound() && x.Case == "" {
		o.fail("geen incident", "pas d'incident", "no incident")
	}
	if r.need(policy.NeedApproval) {
		approved(p, x, r, o)
	}
	if r.need(policy.NeedOtherMeans) && x.OtherMeans == "" {
		o.fail("niet vermeld welke andere middelen zijn geprobeerd", "les autres moyens essayés ne sont pas mentionnés", "not stated which other means were tried")
	}
	if r.need(policy.NeedAuthority) && x.Authority == "" {
		o.fail("geen schriftelijke machtiging", "pas d'autorisation écrite", "no written authority")
	}
}

// denied adds that the protocol gives the role of a session no such right.
func denied(p *policy.Protocol, x Session, o *outcome) {
	o.fail("het protocol geeft deze rol hiervoor geen recht", "le protocole ne donne pas ce droit à ce rôle", "the protocol gives this role no such right")
	if _, ok := p.Role(x.Role); x.Role != "" && !ok {
		o.fail("het protocol kent deze rol niet", "le protocole ne connaît pas ce rôle", "the protocol does not have this role")
	}
}

// sessionsHere are the sessions of the sheet's site, and those of which the log
// does not say where; for the protocol as a whole it is all of them.
func sessionsHere(s *sheet, list []Session) []Session {
	if s.Site == "" {
		return list
	}
	var out []Session
	for _, x := range list {
		at := x.Site
		if c, ok := s.registered(x.Camera); at == "" && ok {
			at = c.Site
		}
		if at == "" || at == s.Site {
			x.Site = s.Site
			out = append(out, x)
		}
	}
	return out
}

// judgeSessions files one finding for each session that breaks the rule or
// leaves it open, and one for all together if none does. Nothing of it names
// the account.
func judgeSessions(s *sheet, list []Session, about policy.Text, judge func(x Session, o *outcome)) {
	names, bad := unlike{}, false
	for _, x := range list {
		var o outcome
		judge(x, &o)
		if o.status() == Pass {
			continue
		}
		bad = true
		id := x.ID
		if id == "" {
			id = x.Start.UTC().Format(time.RFC3339)
		}
		f := Finding{
			Target: Target{Camera: x.Camera, Subject: names.name(id)}, Since: x.Start,
			Why:      Why{Article: rightOf(s.Protocol, x.Role, x.Verb, x.Site).ref},
			Evidence: []Evidence{{Kind: "log", Value: x.Verb + " " + x.Role, Collected: x.Start}},
		}
		what := say("Raadpleging %s (%s, %s, %s)", "Consultation %s (%s, %s, %s)", "Consultation %s (%s, %s, %s)", id, verbName(x.Verb), roleName(s.Protocol, x.Role), s.when(x.Start))
		s.weigh("session", f, what, policy.Text{}, o)
	}
	if !bad {
		s.add("sessions", Finding{
			Status:   Pass,
			Text:     say("%s: %d in het logboek, geen in strijd met de regel.", "%s: %d au journal, aucune contraire à la règle.", "%s: %d in the log, none against the rule.", about, len(list)),
			Evidence: []Evidence{{Kind: "log", Value: "sessions", Numbers: map[string]float64{"sessions": float64(len(list))}, Collected: s.Now}},
		})
	}
}

// consultations are the sessions in which recordings were seen or heard.
func consultations(list []Session) []Session {
	return slices.DeleteFunc(slices.Clone(list), func(x Session) bool { return !ofRecordings(x.Verb) })
}

func aboutConsultations() policy.Text {
	return policy.Text{NL: "Raadplegingen van opnames", FR: "Consultations d'enregistrements", EN: "Consultations of recordings"}
}
