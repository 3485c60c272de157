package policy

import (
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"
)

// ids checks the ids of a list: present, well formed, and each once.
func ids[T any](v *validator, path string, list []T, id func(T) string) {
	seen := map[string]bool{}
	for i, e := range list {
		at := join(index(path, i), "id")
		if v.broken[index(path, i)] && id(e) == "" {
			continue
		}
		switch err := checkID(id(e)); {
		case err != nil:
			v.fault(at, err.Error(), "")
		case seen[id(e)]:
			v.fault(at, fmt.Sprintf("id %q stands twice in %s", id(e), listName(path)), "give each its own id")
		default:
		}
		seen[id(e)] = true
	}
}

func listName(path string) string {
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		return path[i+1:]
	}
	return path
}

func (v *validator) required(path, value string) {
	if strings.TrimSpace(value) == "" {
		v.fault(path, fmt.Sprintf("%s is missing or empty", listName(path)), "give it a value")
	}
}

func (v *validator) dated(path string, d Date) {
	if d.IsZero() {
		v.fault(path, fmt.Sprintf("%s is missing", listName(path)), "write year-month-day, as in 2026-03-18")
	}
}

func (v *validator) oneOf(path, value string, known ...string) {
	if !slices.Contains(known, value) {
		v.fault(path, fmt.Sprintf("%s is %s", listName(path), short(value)), "write one of: "+strings.Join(known, ", "))
	}
}

// maybe is oneOf for a value that may be left out.
func (v *validator) maybe(path, value string, known ...string) {
	if value != "" || v.has(path) {
		v.oneOf(path, value, known...)
	}
}

func (v *validator) severity(path, value string) {
	v.maybe(path, value, "critical", "high", "medium", "low")
}

// words is oneOf for each entry of a list.
func (v *validator) words(path string, list []string, known ...string) {
	for i, s := range list {
		at := index(path, i)
		if !slices.Contains(known, s) {
			v.fault(at, fmt.Sprintf("%s is no word for %s", short(s), listName(path)), "write one of: "+strings.Join(known, ", "))
		} else if slices.Contains(list[:i], s) {
			v.fault(at, fmt.Sprintf("%s stands twice in %s", short(s), listName(path)), "keep one")
		}
	}
}

// role checks that a name is a role; an empty one says nothing.
func (v *validator) role(path, id string) {
	if !v.roles[id] && (id != "" || v.has(path)) {
		v.fault(path, fmt.Sprintf("%s is no role of this protocol", short(id)), "add it under roles, or correct it")
	}
}

// roleList checks that every name in a list is a role.
func (v *validator) roleList(path string, list []string) {
	for i, r := range list {
		v.role(index(path, i), r)
	}
}

// refer checks that a name exists; an empty one says nothing.
func refer[T any](v *validator, path, what, id string, known map[string]T) {
	if _, ok := known[id]; !ok && (id != "" || v.has(path)) {
		v.fault(path, fmt.Sprintf("%s is no %s of this protocol", short(id), what), "correct it, or add what it names")
	}
}

// positive checks a duration that, if it stands in the file, must last.
func (v *validator) positive(path string, d Duration) {
	if d.IsZero() && v.has(path) {
		v.fault(path, fmt.Sprintf("%s is no time at all", listName(path)), "write a duration above zero, as in P28D, or leave it out")
	}
}

// timer checks a duration that a program waits for.
func (v *validator) timer(path string, d Duration, limit time.Duration) {
	if f, ok := d.Fixed(); !ok || f < time.Second || f > limit {
		v.fault(path, fmt.Sprintf("%s is %s", listName(path), d), fmt.Sprintf("write at least one second and at most %s, as in PT10S", limit))
	}
}

// order reports as an error two dates of which the first cannot be later.
func (v *validator) order(path string, early, late Date, what string) {
	if late.before(early) {
		v.fault(path, fmt.Sprintf("%s: %s is before %s", what, late, early), "correct one of the two dates")
	}
}

// before tells that both dates are known and d is the earlier one.
func (d Date) before(e Date) bool {
	return !d.IsZero() && !e.IsZero() && (d.Year != e.Year && d.Year < e.Year ||
		d.Year == e.Year && (d.Month < e.Month || d.Month == e.Month && d.Day < e.Day))
}

// ruleID is the shape of the ids in the rule catalogue.
var ruleID = regexp.MustCompile(`^[A-Z]+-[0-9]+$`)

func (v *validator) rule(path, id string) {
	if !ruleID.MatchString(id) {
		v.fault(path, fmt.Sprintf("%s is no id of a rule", short(id)), "write one such as RET-1; `lensdop rules` lists them")
	}
}

func (v *validator) header() {
	p := v.p
	if p.APIVersion != APIVersion {
		v.fault("apiVersion", fmt.Sprintf("apiVersion is %s", short(p.APIVersion)), "write "+APIVersion)
	}
	if p.Kind != KindProtocol {
		v.fault("kind", fmt.Sprintf("kind is %s", short(p.Kind)), "write "+KindProtocol)
	}
	m := &p.Metadata
	if err := checkID(m.ID); err != nil {
		v.fault("metadata.id", err.Error(), "")
	}
	v.required("metadata.version", m.Version)
	v.required("metadata.title", m.Title.In("nl"))
	v.oneOf("metadata.jurisdiction", m.Jurisdiction, JurisdictionNL, JurisdictionBE)
	p.locations[""] = v.location("metadata.timezone", m.Timezone)
	v.order("metadata.published", m.Adopted.Date, m.Published.Date, "the protocol is published before it is adopted")
	v.order("metadata.effective", m.Adopted.Date, m.Effective.Date, "the protocol takes effect before it is adopted")
	ids(v, "metadata.supersedes", m.Supersedes, func(e Earlier) string { return e.ID })
	for i, e := range m.Supersedes {
		at := index("metadata.supersedes", i)
		if e.ID == m.ID && e.ID != "" {
			v.fault(join(at, "id"), "the protocol withdraws itself", "name the earlier protocol")
		}
		v.order(join(at, "adopted"), e.Adopted, m.Adopted.Date, "the protocol is adopted before the one that it withdraws")
	}
	if m.DerivedFrom.ID != "" || v.has("metadata.derived_from.id") {
		if err := checkID(m.DerivedFrom.ID); err != nil {
			v.fault("metadata.derived_from.id", err.Error(), "")
		}
	}
	ids(v, "metadata.law", m.Law, func(l Law) string { return l.ID })
	for i, l := range m.Law {
		at := index("metadata.law", i)
		v.required(join(at, "text"), l.Text)
		v.maybe(join(at, "status"), l.Status, LawInForce, LawInspiration, LawReplaced)
	}
	for i, c := range m.Consultations {
		at := index("metadata.consultations", i)
		v.required(join(at, "body"), c.Body)
		v.order(join(at, "until"), c.From, c.Until, "the period ends before it begins")
		if c.Remarks != nil && *c.Remarks < 0 {
			v.fault(join(at, "remarks"), "a number of remarks below zero", "write how many there were, or leave it out")
		}
	}
	v.role("metadata.unforeseen.decider", m.Unforeseen.Decider)
	ids(v, "guidelines", p.Guidelines, func(g Guideline) string { return g.ID })
}

// location checks a time zone. "Local" is refused: it would be the machine's.
func (v *validator) location(path, name string) *time.Location {
	if name == "" || name == "Local" {
		v.fault(path, "the time zone is missing", "write an IANA name such as Europe/Amsterdam")
		return nil
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		v.fault(path, fmt.Sprintf("time zone %s is not known here", short(name)), "write an IANA name such as Europe/Amsterdam; if it is one, install tzdata")
		return nil
	}
	return loc
}

func (v *validator) alerts() {
	a := v.p.Alerts
	v.roleList("alerts.critical", a.Critical)
	v.roleList("alerts.high", a.High)
	v.roleList("alerts.medium", a.Medium)
	v.roleList("alerts.low", a.Low)
	for role, list := range a.Addresses {
		at := join("alerts.addresses", role)
		v.role(at, role)
		for i, s := range list {
			if m, err := mail.ParseAddress(s); err != nil || m.Address != s {
				v.fault(index(at, i), fmt.Sprintf("%s is not a mail address", short(s)), "write it bare, as in name@example.org")
			}
		}
	}
}

// restrictions may only repeat what the agent does anyway: it never stores or
// shows a frame (rule ACC-1).
func (v *validator) restrictions() {
	r := v.p.AgentRestrictions
	if r.StoreFrames != "" && r.StoreFrames != "never" {
		v.fault("agent_restrictions.store_frames", fmt.Sprintf("store_frames is %s", short(r.StoreFrames)), "write never: Lensdop cannot store frames")
	}
	if len(r.ShowFramesTo) > 0 {
		v.fault("agent_restrictions.show_frames_to", "show_frames_to is not empty", "write []: Lensdop cannot show frames")
	}
}

func defaultTo(s *string, value string) {
	if *s == "" {
		*s = value
	}
}
