package policy

import (
	"fmt"
	"slices"
	"strings"
)

// people checks who may do what, who is told, who agreed, and what is declared.
func (v *validator) people() {
	p := v.p
	ids(v, "roles", p.Roles, func(r Role) string { return r.ID })
	for i, r := range p.Roles {
		at := index("roles", i)
		v.required(join(at, "name"), r.Name.In("nl"))
		v.maybe(join(at, "scope"), r.Scope, ScopeOwnSite, ScopeAll, ScopeAggregate, ScopeOwnButton)
		v.positive(join(at, "review_every"), r.ReviewEvery)
	}
	v.permissions()
	v.maybe("live_view", p.LiveView, Allowed, Denied)
	defaultTo(&p.LiveView, Denied)
	v.roleList("discretion.roles", p.Discretion.Roles)
	v.role("security.owner", p.Security.Owner)
	v.positive("logging.access_log.retention", p.Logging.AccessLog.Retention)
	if by := p.Logging.YearlyReport.By; by != "" || v.has("logging.yearly_report.by") {
		// A leap year, so that every day of a year exists.
		if _, err := ParseDate("2028" + strings.TrimPrefix(by, "-")); err != nil || !strings.HasPrefix(by, "--") {
			v.fault("logging.yearly_report.by", fmt.Sprintf("%s is no day of the year", short(by)), `write two hyphens, month and day, as in "--01-31"`)
		}
	}
	v.notices()
	v.council()
	for key, role := range map[string]string{
		"registers.processing.owner": p.Registers.Processing.Owner, "registers.images.owner": p.Registers.Images.Owner,
		"registers.declaration.owner": p.Registers.Declaration.Owner, "rights.channel.to": p.Rights.Channel.To,
	} {
		v.role(key, role)
	}
	d := p.Registers.Declaration
	v.order("registers.declaration.validated", d.Declared, d.Validated, "the declaration is validated before it is made")
	v.positive("registers.declaration.validate_every", d.ValidateEvery)
	v.maybe("rights.channel.form", p.Rights.Channel.Form, "written", "simple-request")
	for key, r := range map[string]Right{"access": p.Rights.Access, "rectification": p.Rights.Rectification, "erasure": p.Rights.Erasure} {
		at := join("rights", key)
		v.positive(join(at, "deadline"), r.Deadline)
		v.words(join(at, "fulfil_by"), r.FulfilBy, "copy", "viewing")
		v.maybe(join(at, "refusal"), r.Refusal, "never")
	}
	v.attestations()
	v.waiverList()
}

func (v *validator) permissions() {
	p := v.p
	for i, r := range p.Permissions {
		at := index("permissions", i)
		if r.Role == "" && !v.has(join(at, "role")) {
			v.fault(join(at, "role"), "the permission names no role", `name a role, or "*" for every other role`)
		} else if r.Role != AnyRole {
			v.role(join(at, "role"), r.Role)
		}
		if len(r.Allow)+len(r.Deny) == 0 {
			v.fault(at, "the permission allows and denies nothing", "list verbs under allow or deny, or remove it")
		}
		v.words(join(at, "allow"), r.Allow, Verbs()...)
		v.words(join(at, "deny"), r.Deny, Verbs()...)
		v.words(join(at, "require"), r.Require, Needs()...)
		v.role(join(at, "approved_by"), r.ApprovedBy)
		v.role(join(at, "via"), r.Via)
		for j, s := range r.Sites {
			refer(v, index(join(at, "sites"), j), "site", s, v.sites)
		}
	}
	for i, s := range p.AccessFlow {
		at := index("access_flow", i)
		v.oneOf(join(at, "step"), s.Step, "request", "approve", "retrieve", "log", "inform")
		v.roleList(join(at, "by"), s.By)
		v.positive(join(at, "max_age"), s.MaxAge)
	}
}

func (v *validator) notices() {
	p := v.p
	ids(v, "signs", p.Signs, func(s Sign) string { return s.ID })
	for i, s := range p.Signs {
		at := index("signs", i)
		v.site(join(at, "site"), s.Site)
		v.required(join(at, "at"), s.At)
		if v.has(join(at, "size")) && (len(s.Size) != 2 || slices.Min(s.Size) <= 0) {
			v.fault(join(at, "size"), "the size is not a width and a height", "write both in metres, as in [0.30, 0.20]")
		}
		v.maybe(join(at, "proof.kind"), s.Proof.Kind, "qr", "marker", "photo")
		v.words(join(at, "proof.verify"), s.Proof.Verify, "camera-sees-marker", "phone-scan")
		v.positive(join(at, "proof.max_age"), s.Proof.MaxAge)
	}
	ids(v, "notices", p.Notices, func(n Notice) string { return n.ID })
	for i, n := range p.Notices {
		at := index("notices", i)
		v.oneOf(join(at, "audience"), n.Audience, "employees", "new-employees", "callers", "works-council", "customers", "visitors")
		v.maybe(join(at, "when"), n.When, "before-effective", "onboarding", "before-call", "at-once")
		v.maybe(join(at, "proof"), n.Proof, "attestation", "receipt", "test-call")
		v.positive(join(at, "within"), n.Within)
		v.positive(join(at, "every"), n.Every)
	}
}

func (v *validator) council() {
	c := v.p.WorksCouncil
	if len(c.Consents) > 0 {
		v.required("works_council.body", c.Body)
	}
	v.positive("works_council.annul_within", c.AnnulWithin)
	v.positive("works_council.evaluate_after", c.EvaluateAfter)
	ids(v, "works_council.consents", c.Consents, func(c Consent) string { return c.ID })
	for i, c := range c.Consents {
		at := index("works_council.consents", i)
		v.oneOf(join(at, "kind"), c.Kind, ConsentGiven, ConsentAdvice, ConsentNegotiation)
		for j, id := range c.Processings {
			refer(v, index(join(at, "processings"), j), "processing", id, v.processes)
		}
		v.order(join(at, "annulled"), c.Date, c.Annulled, "the consent is annulled before it is given")
	}
}

// ruleCovered is the rule that what must be covered is. No waiver lifts it, and
// no exception.
const ruleCovered = "BLK-1"

func (v *validator) attestations() {
	excepted := map[string]bool{}
	for i, e := range v.p.Rules.Except {
		at := index("rules.except", i)
		v.rule(join(at, "rule"), e.Rule)
		v.required(join(at, "because"), e.Because)
		if excepted[e.Rule] {
			v.fault(join(at, "rule"), fmt.Sprintf("rule %s is taken out twice", short(e.Rule)), "keep one")
		}
		excepted[e.Rule] = true
		if e.Rule == ruleCovered {
			v.fault(join(at, "rule"), fmt.Sprintf("rule %s cannot be taken out: a camera that must be covered is covered, or that is told", e.Rule), "remove the entry; leave blackout out if nothing is to be covered")
		}
	}
	type about struct{ rule, site, text string }
	seen := map[about]bool{}
	for i, a := range v.p.Attestations {
		at := index("attestations", i)
		v.rule(join(at, "rule"), a.Rule)
		v.required(join(at, "text"), a.Text)
		v.required(join(at, "owner"), a.Owner)
		if a.Owner != "" {
			v.role(join(at, "owner"), a.Owner)
		}
		refer(v, join(at, "site"), "site", a.Site, v.sites)
		switch {
		case v.broken[join(at, "every")]:
		case a.Every.IsZero() && !a.Once:
			v.fault(join(at, "every"), "the attestation does not say how often it is made again", "write every: P1Y, or once: true")
		case !a.Every.IsZero() && a.Once:
			v.fault(join(at, "once"), "the attestation is made once and again", "keep one of once and every")
		default:
		}
		v.order(join(at, "expires"), a.Date, a.Expires, "the attestation expires before it is made")
		if k := (about{a.Rule, a.Site, a.Text}); seen[k] {
			v.fault(at, fmt.Sprintf("the same attestation of rule %s stands twice", short(a.Rule)), "keep one")
		} else {
			seen[k] = true
		}
	}
}

// waiverList checks waivers: justified, approved by two, and never for ever
// (rule catalogue §4.2).
func (v *validator) waiverList() {
	ids(v, "waivers", v.p.Waivers, func(w Waiver) string { return w.ID })
	for i, w := range v.p.Waivers {
		at := index("waivers", i)
		v.rule(join(at, "rule"), w.Rule)
		v.required(join(at, "justification"), w.Justification)
		v.roleList(join(at, "approved_by"), w.ApprovedBy)
		if roles := slices.Compact(slices.Sorted(slices.Values(w.ApprovedBy))); len(roles) < 2 {
			v.fault(join(at, "approved_by"), fmt.Sprintf("waiver %q is not approved by two different roles", w.ID), "list two under approved_by")
		}
		v.dated(join(at, "issued"), w.Issued)
		v.dated(join(at, "expires"), w.Expires)
		if !w.Expires.IsZero() && !w.Issued.before(w.Expires) && !w.Issued.IsZero() {
			v.fault(join(at, "expires"), fmt.Sprintf("waiver %q expires on %s, not after it is issued on %s", w.ID, w.Expires, w.Issued), "write a later day: the first on which it no longer holds")
		}
		v.waiverTarget(join(at, "target"), w.Target)
	}
}

func (v *validator) waiverTarget(at string, t WaiverTarget) {
	refer(v, join(at, "site"), "site", t.Site, v.sites)
	known := func(key, what, id string, ok bool) {
		if (id != "" || v.has(join(at, key))) && !ok {
			v.fault(join(at, key), fmt.Sprintf("%s is no %s of this protocol", short(id), what), "correct it, or add what it names")
		}
	}
	_, camera := v.p.Camera(t.Camera)
	_, reader := v.p.Reader(t.Reader)
	known("camera", "camera", t.Camera, camera)
	known("reader", "reader", t.Reader, reader)
	known("store", "store", t.Store, slices.ContainsFunc(v.p.Stores, func(s Store) bool { return s.ID == t.Store }))
	if s := v.sites[t.Site]; s != nil && t.Zone != "" {
		known("zone", "zone of site "+short(t.Site), t.Zone, slices.ContainsFunc(s.Zones, func(z Zone) bool { return z.ID == t.Zone }))
	} else {
		known("zone", "zone", t.Zone, v.zones[t.Zone])
	}
}
