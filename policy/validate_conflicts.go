package policy

import (
	"fmt"
	"slices"
	"strings"
)

// contradictions reports where the protocol contradicts itself or the law. The
// numbers are those of the rule catalogue, §1.9.
func (v *validator) contradictions() {
	for i := range v.p.Processing {
		q, at := &v.p.Processing[i], index("processing", i)
		v.aims(at, q)
		v.covertUse(at, q)
		v.unserved(at, q)
		v.terms(at, q)
	}
	v.outdated()
	v.seeing()
	v.liveView()
	v.logged()
	v.councilKind()
	v.annulment()
	v.requests()
	v.soundAndData()
	v.optional()
}

// aims holds purposes against prohibitions (10): rules PUR-3 and PUR-4.
func (v *validator) aims(at string, q *Processing) {
	control := 0
	for j, u := range q.Purposes {
		path := join(index(join(at, "purposes"), j), "aim")
		if u.Aim == AimWorkControl {
			control++
		}
		i := slices.IndexFunc(q.ProhibitedUses, func(w Purpose) bool { return w.Aim == u.Aim })
		switch {
		case u.Aim == "":
		case i >= 0:
			v.conflict(code("purpose-against-prohibition", q.ID, u.ID), path,
				fmt.Sprintf("purpose %q of processing %q has the aim %s, which %q prohibits", u.ID, q.ID, u.Aim, q.ProhibitedUses[i].ID), "remove one of the two")
		case u.Aim == AimCovert && q.Covert.Use == CovertNever:
			v.conflict(code("purpose-against-prohibition", q.ID, u.ID), path,
				fmt.Sprintf("purpose %q of processing %q is hidden use, which covert.use rules out", u.ID, q.ID), "remove the purpose, or write covert: {use: conditional}")
		default:
		}
	}
	if control > 0 && control == len(q.Purposes) {
		v.conflict(code("only-work-control", q.ID), join(at, "purposes"),
			fmt.Sprintf("processing %q serves only to control work (rule PUR-3)", q.ID), "give the purpose that it has beside that")
	}
	if control > 0 && q.Recording.Mode == RecordContinuous {
		v.conflict(code("continuous-work-control", q.ID), join(at, "recording.mode"),
			fmt.Sprintf("processing %q controls work and records all the time (CAO 68)", q.ID), "record in given periods only, or remove the purpose")
	}
}

// covertUse holds hidden use against what the protocol and the law say of it (7, 8).
func (v *validator) covertUse(at string, q *Processing) {
	path := join(at, "covert.use")
	if q.Covert.Use == CovertConditional {
		if i := slices.IndexFunc(q.ProhibitedUses, func(u Purpose) bool { return u.Aim == AimCovert }); i >= 0 {
			v.conflict(code("covert-against-prohibition", q.ID), path,
				fmt.Sprintf("processing %q lets hidden use and prohibits it under %q", q.ID, q.ProhibitedUses[i].ID), "write covert: {use: never}, or remove the prohibition")
		}
		if v.p.Metadata.Jurisdiction == JurisdictionBE && q.System == SystemCameras {
			what, fix := fmt.Sprintf("processing %q lets hidden cameras, which the Belgian camera act prohibits", q.ID), "write covert: {use: never}"
			if q.Covert.Ref == "" {
				v.fault(path, what, fix)
			} else {
				v.conflict(code("covert-against-law", q.ID), path, what, fix)
			}
		}
		return
	}
	for i := range v.p.Cameras {
		if c := &v.p.Cameras[i]; c.Processing == q.ID && c.Hidden.IsSet() {
			v.conflict(code("hidden-camera", c.ID), join(index("cameras", i), "hidden"),
				fmt.Sprintf("camera %q is hidden, but processing %q never lets that (rule HID-1)", c.ID, q.ID), "remove the camera, or hidden, or write covert: {use: conditional} under the processing")
		}
	}
}

// unserved reports uses and grounds that go beyond the purposes (15).
func (v *validator) unserved(at string, q *Processing) {
	for key, list := range map[string][]Use{"uses": q.Uses, "consultation": q.Consultation} {
		for j, u := range list {
			if u.Purpose == "" {
				v.conflict(code("use-without-purpose", q.ID, u.ID), index(join(at, key), j),
					fmt.Sprintf("%q of processing %q serves none of its purposes (rule PUR-5)", u.ID, q.ID), "name the purpose that it serves, or remove it")
			}
		}
	}
}

// terms holds the periods of a processing against its own maximum.
func (v *validator) terms(at string, q *Processing) {
	limit := q.Retention.Max
	if limit.IsZero() {
		return
	}
	longer := func(code, path string, d Duration, what, fix string) {
		if d.Exceeds(limit) {
			v.conflict(code, path, fmt.Sprintf("%s %s, longer than the maximum %s of processing %q", what, d, limit, q.ID), fix)
		}
	}
	longer(code("device-set-over-retention", q.ID), join(at, "retention.device_set"), q.Retention.DeviceSet, "devices are set to", "set them to at most the maximum")
	longer(code("viewable-over-retention", q.ID), join(at, "viewable.max"), q.Viewable.Max, "recordings may be viewed for", "write at most the maximum")
	for j, u := range q.Purposes {
		longer(code("purpose-retention-over-max", q.ID, u.ID), join(index(join(at, "purposes"), j), "retention"), u.Retention, fmt.Sprintf("purpose %q keeps data", u.ID), "shorten it, or raise the maximum")
	}
	for i, s := range v.p.Stores {
		if s.Processing == q.ID {
			longer(code("store-retention-over-max", s.ID), join(index("stores", i), "retention"), s.Retention, fmt.Sprintf("store %q keeps data", s.ID), "shorten it, or raise the maximum")
		}
	}
}

// outdated reports law that no longer held when the protocol was adopted (18).
func (v *validator) outdated() {
	m := v.p.Metadata
	when := m.Adopted.Date
	if when.IsZero() {
		when = m.Effective.Date
	}
	for i, l := range m.Law {
		ended := l.Status == LawReplaced && (l.Until.IsZero() || when.IsZero())
		if !l.Until.IsZero() && !when.IsZero() {
			ended = !when.before(l.Until)
		}
		if !ended {
			continue
		}
		what := fmt.Sprintf("law %q no longer held when the protocol was adopted", l.ID)
		if !l.Until.IsZero() {
			what += fmt.Sprintf(": it was replaced on %s", l.Until)
		}
		fix := "name the law that holds"
		if l.Successor != "" {
			fix += ", " + short(l.Successor)
		}
		v.conflict(code("law-outdated", l.ID), index("metadata.law", i), what, fix)
	}
}

// seeing holds permissions against one another: the same verb allowed and
// denied, and who configures devices also seeing pictures (4; rule ACC-1).
func (v *validator) seeing() {
	list := v.p.Permissions
	configures := map[string]bool{}
	for _, r := range list {
		if slices.Contains(r.Allow, VerbConfigure) {
			configures[r.Role] = true
		}
	}
	reported := map[string]bool{}
	once := func(code, path, what, fix string) {
		if !reported[code] {
			reported[code] = true
			v.conflict(code, path, what, fix)
		}
	}
	for i, r := range list {
		for j, verb := range r.Allow {
			path := index(join(index("permissions", i), "allow"), j)
			for k, other := range list {
				if other.Role == r.Role && slices.Contains(other.Deny, verb) && overlap(r.Sites, other.Sites) {
					at := v.place(join(index("permissions", k), "deny"))
					once(code("allow-and-deny", r.Role, verb), path,
						fmt.Sprintf("role %s may %s and may not, at %s:%d", short(r.Role), verb, at.file, at.line), "remove one of the two")
				}
			}
			if configures[r.Role] && SeesPictures(verb) && (verb != VerbRetrieve || !slices.Contains(r.Require, NeedApproval)) {
				once(code("configure-and-see", r.Role, verb), path,
					fmt.Sprintf("role %s configures devices and may also %s (rule ACC-1)", short(r.Role), verb), "leave it to another role; who configures may at most retrieve, with require: [approval]")
			}
		}
	}
}

// overlap tells that two lists of sites, of which an empty one means all, share one.
func overlap(a, b []string) bool {
	return len(a) == 0 || len(b) == 0 || slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// liveAt tells whether live view is allowed at a site.
func (p *Protocol) liveAt(s *Site) bool {
	word := s.LiveView
	if word == "" {
		word = p.LiveView
	}
	return word == Allowed
}

// liveView holds the sites with live view against the permissions (rules
// LIVE-1, LIVE-2).
func (v *validator) liveView() {
	p := v.p
	some := false
	for i := range p.Sites {
		s := &p.Sites[i]
		if !p.liveAt(s) {
			continue
		}
		some = true
		if !slices.ContainsFunc(p.Permissions, func(r Permission) bool {
			return slices.Contains(r.Allow, VerbLive) && (len(r.Sites) == 0 || slices.Contains(r.Sites, s.ID))
		}) {
			v.conflict(code("live-view-without-permission", s.ID), join(index("sites", i), "live_view"),
				fmt.Sprintf("live view is allowed at site %q, but nobody may use it there", s.ID), "give a role the verb live, or write live_view: denied")
		}
	}
	for i, r := range p.Permissions {
		at := index("permissions", i)
		j := slices.Index(r.Allow, VerbLive)
		if j < 0 {
			continue
		}
		if len(r.Sites) == 0 && !some && len(p.Sites) > 0 {
			v.conflict(code("live-permission-denied", r.Role), index(join(at, "allow"), j),
				fmt.Sprintf("role %s may watch live, but live view is denied at every site", short(r.Role)), "write live_view: allowed where it is, or remove the verb")
		}
		for k, id := range r.Sites {
			if s := v.sites[id]; s != nil && !p.liveAt(s) {
				v.conflict(code("live-permission-denied", r.Role, id), index(join(at, "sites"), k),
					fmt.Sprintf("role %s may watch live at site %q, where live view is denied", short(r.Role), id), "write live_view: allowed there, or remove the site")
			}
		}
	}
}

// logged holds the access log against the yearly report made from it (14; rule LOG-1).
func (v *validator) logged() {
	l := v.p.Logging
	if kept := l.AccessLog.Retention; len(l.YearlyReport.To) > 0 && !kept.IsZero() && (Duration{Years: 1}).Exceeds(kept) {
		v.conflict("access-log-shorter-than-report", "logging.access_log.retention",
			fmt.Sprintf("the access log is kept %s, but a report over a year is made from it", kept), "keep it at least P1Y, better P18M")
	}
}

// councilKind holds consents against what the council can do under the
// jurisdiction (11): instemming in the Netherlands, advice or negotiation in a
// Belgian municipality.
func (v *validator) councilKind() {
	for i, c := range v.p.WorksCouncil.Consents {
		at := index("works_council.consents", i)
		law := v.p.Metadata.Jurisdiction
		switch {
		case law == JurisdictionNL && (c.Kind == ConsentAdvice || c.Kind == ConsentNegotiation):
			v.conflict(code("consent-kind", c.ID), join(at, "kind"), fmt.Sprintf("the works council gave %s, but Dutch law asks for its consent", c.Kind), "ask for consent, and record it with kind: consent")
		case law == JurisdictionBE && c.Kind == ConsentGiven:
			v.conflict(code("consent-kind", c.ID), join(at, "kind"), "a Belgian municipality negotiates with its committee or asks its advice; consent is Dutch", "write kind: negotiation or kind: advice")
		default:
		}
		if c.Given != nil && !*c.Given {
			v.conflict(code("consent-withheld", c.ID), join(at, "given"), fmt.Sprintf("%q was withheld, and the protocol is there all the same", c.ID), "take out what it is about until the council agrees")
		}
	}
}

// annulment holds a council that can annul, so that recordings are erased,
// against incidents for which they are kept (12; rules HLD-1, HLD-2).
func (v *validator) annulment() {
	w := v.p.WorksCouncil
	if w.AnnulWithin.IsZero() && !slices.ContainsFunc(w.Consents, func(c Consent) bool { return !c.Annulled.IsZero() }) {
		return
	}
	for i, h := range v.p.Holds {
		if h.Annulment == "" {
			v.conflict(code("annulment-against-hold", h.ID), index("holds", i),
				fmt.Sprintf("the works council can annul, and hold %q does not say which of the two wins", h.ID), "write annulment: hold-wins, or annulment: erase")
		}
	}
}

// requests holds the rights of people against retention (13; rule DSR-2) and
// against the month that GDPR art. 12(3) gives to answer.
func (v *validator) requests() {
	r := v.p.Rights
	recorded := slices.ContainsFunc(v.p.Processing, func(q Processing) bool { return !q.Checker && !q.Retention.Max.IsZero() })
	if !r.Access.Deadline.IsZero() && recorded && !r.HoldRange {
		v.conflict("retention-against-access-request", "rights.access",
			"recordings that somebody asks to see may be erased while the time to answer runs", "write hold_range: true, so that they are kept until the answer")
	}
	for key, d := range map[string]Duration{"access": r.Access.Deadline, "rectification": r.Rectification.Deadline, "erasure": r.Erasure.Deadline} {
		if d.Exceeds(Duration{Months: 1}) {
			v.conflict(code("deadline-over-law", key), join(join("rights", key), "deadline"),
				fmt.Sprintf("a request is answered within %s; GDPR art. 12(3) gives one month", d), "write at most P1M")
		}
	}
}

// soundAndData holds devices against the kinds of data that their processing
// may hold (rules AUD-1, DEV-2, PUR-12).
func (v *validator) soundAndData() {
	type count struct{ cameras, sound int }
	of := map[string]*count{}
	for i := range v.p.Cameras {
		c := &v.p.Cameras[i]
		q := v.processes[c.Processing]
		if q == nil {
			continue
		}
		if of[q.ID] == nil {
			of[q.ID] = &count{}
		}
		of[q.ID].cameras++
		if c.Sound != SoundAllowed {
			continue
		}
		of[q.ID].sound++
		path := join(index("cameras", i), "sound")
		if !q.DataCategories.Audio {
			v.conflict(code("sound-against-categories", c.ID), path,
				fmt.Sprintf("camera %q may record sound, but processing %q holds none", c.ID, q.ID), "write sound: forbidden, or audio: true under its data_categories")
		}
		if v.p.Metadata.Jurisdiction == JurisdictionNL && q.System == SystemCameras {
			v.conflict(code("sound-against-law", c.ID), path,
				fmt.Sprintf("camera %q may record sound, which Dutch guidance on cameras at work rules out (rule AUD-1)", c.ID), "write sound: forbidden")
		}
	}
	for i, q := range v.p.Processing {
		if n := of[q.ID]; n != nil && q.DataCategories.Audio && n.sound == 0 {
			v.conflict(code("categories-against-sound", q.ID), join(index("processing", i), "data_categories.audio"),
				fmt.Sprintf("processing %q holds sound, but sound is forbidden on each of its cameras", q.ID), "write audio: false, or sound: allowed on the cameras that record it")
		}
	}
	for i, r := range v.p.Readers {
		q := v.processes[r.Processing]
		if q == nil {
			continue
		}
		at := index("readers", i)
		if r.Biometrics && !q.DataCategories.Biometrics {
			v.conflict(code("biometrics-against-categories", r.ID), join(at, "biometrics"),
				fmt.Sprintf("reader %q reads fingers or faces, but processing %q holds no biometric data", r.ID, q.ID), "write biometrics: true under its data_categories, or replace the reader")
		}
		for j, f := range r.Keeps {
			if q.DataCategories.Fields != nil && !slices.Contains(q.DataCategories.Fields, f) {
				v.conflict(code("keeps-beyond-categories", r.ID), index(join(at, "keeps"), j),
					fmt.Sprintf("reader %q keeps %s, which processing %q does not list", r.ID, short(f), q.ID), "keep only "+strings.Join(q.DataCategories.Fields, ", "))
				break
			}
		}
	}
}

// optional reports windows under a protocol that has no rule to cover (17).
func (v *validator) optional() {
	b := v.p.Blackout
	if b.Obligation != ObligationNone {
		return
	}
	const fix = "write obligation: may or must with who decides"
	for i, t := range b.Templates {
		if t.InUse() {
			v.conflict(code("template-against-obligation", t.ID), index("blackout.templates", i),
				fmt.Sprintf("template %q is in use, but the protocol has no rule to cover", t.ID), fix+", or enabled: false")
		}
	}
	for i, w := range b.Windows {
		v.conflict(code("window-against-obligation", w.ID), index("blackout.windows", i),
			fmt.Sprintf("window %q covers, but the protocol has no rule to cover", w.ID), fix+", or remove the window")
	}
}
