package policy

import (
	"fmt"
	"slices"
)

// gaps reports what the written protocol does not say and a rule needs. A value
// that is only assumed is given; who decides to cover is the exception, since
// no machine can act on a role that nobody appointed.
func (v *validator) gaps() {
	v.undated()
	for i := range v.p.Processing {
		v.incomplete(index("processing", i), &v.p.Processing[i])
	}
	for i, s := range v.p.Sites {
		if s.Address == "" {
			v.open(code("site-address", s.ID), join(index("sites", i), "address"), fmt.Sprintf("site %q has no address", s.ID), "write address: street, number and place")
		}
	}
	const identity = "give endpoint, serial or mac, as `lensdop-agent discover` prints them"
	for i, d := range v.p.Devices {
		if d.Identity.IsEmpty() {
			v.open(code("device-identity", d.ID), join(index("devices", i), "identity"), fmt.Sprintf("device %q has no identity", d.ID), identity)
		}
	}
	for i := range v.p.Cameras {
		c, at := &v.p.Cameras[i], index("cameras", i)
		if c.Identity.IsEmpty() && c.Device == "" {
			v.open(code("camera-identity", c.ID), join(at, "identity"), fmt.Sprintf("camera %q has no identity", c.ID), identity)
		}
		if c.Hidden.IsSet() && c.Hidden.DPIA.IsZero() {
			v.open(code("hidden-dpia", c.ID), join(at, "hidden.dpia"), fmt.Sprintf("hidden camera %q has no DPIA (rule HID-2)", c.ID), "write dpia: with its date under hidden")
		}
	}
	for i, r := range v.p.Permissions {
		if slices.Contains(r.Require, NeedApproval) && r.ApprovedBy == "" {
			v.open(code("approver", r.Role), join(index("permissions", i), "approved_by"), fmt.Sprintf("what role %s may do needs an approval, but nobody is named who gives it", short(r.Role)), "write approved_by: with a role")
		}
	}
	if l := v.p.Logging; len(l.YearlyReport.To) > 0 && l.AccessLog.Retention.IsZero() {
		v.open("access-log-retention", "logging.access_log", "the access log, from which the yearly report is made, does not say how long it is kept", "write access_log: {retention: P18M}")
	}
	if v.has("rights") {
		for key, r := range map[string]Right{"access": v.p.Rights.Access, "rectification": v.p.Rights.Rectification, "erasure": v.p.Rights.Erasure} {
			if r.Deadline.IsZero() {
				v.open(code("rights-deadline", key), join(join("rights", key), "deadline"), fmt.Sprintf("the time to answer a request for %s is not given", key), "write deadline: P1M or shorter (GDPR art. 12(3))")
			}
		}
	}
	if b := v.p.Blackout; (b.Obligation == ObligationMay || b.Obligation == ObligationMust) && b.Basis.Of("decided_by") == BasisAssumed {
		v.open("blackout-deciders", "blackout.decided_by", "the written protocol does not say who decides to cover; the roles are assumed", "let the municipality name them, then give the decision as ref and take decided_by out of basis")
	}
	v.consentGaps()
}

// undated reports the dates that rules CON-10 and GOV-2 need.
func (v *validator) undated() {
	m := v.p.Metadata
	for _, x := range []struct {
		code, path, what string
		date             Date
	}{
		{"adoption-date", "metadata.adopted", "the day on which the protocol was adopted", m.Adopted.Date},
		{"publication-date", "metadata.published", "the day on which the protocol was published", m.Published.Date},
		{"effective-date", "metadata.effective", "the day from which the protocol holds", m.Effective.Date},
	} {
		if x.date.IsZero() {
			v.open(x.code, join(x.path, "date"), x.what+" is not given", fmt.Sprintf("write date: under %s", x.path))
		}
	}
	d := v.p.Registers.Declaration
	filmed := slices.ContainsFunc(v.p.Processing, func(q Processing) bool { return q.System == SystemCameras && q.DataCategories.Video })
	if d.Declared.IsZero() && (v.has("registers.declaration") || v.p.Metadata.Jurisdiction == JurisdictionBE && filmed) {
		v.open("declaration-date", "registers.declaration.declared", "the day on which the cameras were declared to the police is not given (rule REG-2)", "write declared: under registers.declaration")
	}
}

func (v *validator) incomplete(at string, q *Processing) {
	say := func(kind, key, what, fix string) {
		v.open(code(kind, q.ID), join(at, key), fmt.Sprintf("processing %q %s", q.ID, what), fix)
	}
	if q.DPIA.Required && q.DPIA.Date.IsZero() {
		say("dpia-date", "dpia.date", "needs a DPIA, whose date is not given", "write date: under dpia")
	}
	if q.Controller == "" {
		say("controller", "controller", "does not say who is the controller", "write controller: (GDPR art. 30)")
	}
	if q.DPO.Contact == "" {
		say("dpo-contact", "dpo.contact", "does not say how to reach the data protection officer", "write dpo: {contact: a mail address}")
	}
	if q.LegalBasis.GDPR == "" {
		say("legal-basis", "legal_basis.gdpr", "has no legal basis", `write legal_basis: {gdpr: "6(1)(e)"}, or what it is`)
	}
	if (q.System == SystemBiometric || q.DataCategories.Biometrics) && q.LegalBasis.Special == "" {
		say("special-ground", "legal_basis.special", "holds biometric data and names no ground of GDPR art. 9(2) (rule DEV-2)", `write special: under legal_basis, as in "9(2)(g)"`)
	}
	if q.Retention.Max.IsZero() && !q.Checker && !v.has(join(at, "retention.max")) {
		say("retention", "retention.max", "does not say how long data are kept (rule RET-4)", "write retention: {max: P28D}, or what it is")
	}
	if q.Covert.Use == CovertConditional && len(q.Covert.Conditions) == 0 {
		say("covert-conditions", "covert.conditions", "lets hidden use without saying when", "list the conditions under covert (rule HID-2)")
	}
}

// consentGaps reports what is not known of the works council's consent (rules
// CON-1, CON-2). Which hashes are missing is told by consents.
func (v *validator) consentGaps() {
	list := v.p.WorksCouncil.Consents
	for i := range v.p.Processing {
		q := &v.p.Processing[i]
		if !slices.ContainsFunc(list, func(c Consent) bool { return c.about(q) && c.Annulled.IsZero() }) {
			v.open(code("consent", q.ID), index("processing", i), fmt.Sprintf("no consent or advice of the works council is about processing %q (rule CON-1)", q.ID), "add it under works_council.consents, with its date")
		}
	}
	for i, c := range list {
		at := index("works_council.consents", i)
		if c.Date.IsZero() {
			v.open(code("consent-date", c.ID), join(at, "date"), fmt.Sprintf("%q has no date (rule CON-2)", c.ID), "write date: with the day on which it was given")
		}
		if c.Given == nil {
			v.open(code("consent-given", c.ID), join(at, "given"), fmt.Sprintf("%q does not say whether it was given", c.ID), "write given: true, or given: false")
		}
	}
}
