package policy

import (
	"fmt"
	"slices"
	"time"
)

// maxWindows bounds the recurring windows of a protocol: each question about a
// camera goes through all of them.
const maxWindows = 250

func (v *validator) blackout() {
	b := &v.p.Blackout
	take(v, "blackout.proof.sample_every", &b.Proof.SampleEvery, Duration{Time: 10 * time.Second})
	take(v, "blackout.proof.max_gap", &b.Proof.MaxGap, Duration{Time: time.Minute})
	take(v, "blackout.limits.one_off", &b.Limits.OneOff, Duration{Time: 24 * time.Hour})
	v.timer("blackout.proof.sample_every", b.Proof.SampleEvery, time.Hour)
	v.timer("blackout.proof.max_gap", b.Proof.MaxGap, time.Hour)
	v.timer("blackout.limits.one_off", b.Limits.OneOff, 31*24*time.Hour)
	if v.has("blackout.proof.checkpoint") {
		v.timer("blackout.proof.checkpoint", b.Proof.Checkpoint, 24*time.Hour)
	}
	if b.Limits.Sites < 0 || v.has("blackout.limits.sites") && b.Limits.Sites == 0 {
		v.fault("blackout.limits.sites", fmt.Sprintf("sites is %d", b.Limits.Sites), "write how many sites one person may cover at once, 1 or more")
	}
	for key, r := range map[string]Reaction{"blackout.uncovered": b.Uncovered, "blackout.restored": b.Restored} {
		v.severity(join(key, "severity"), r.Severity)
		if v.has(join(key, "within")) {
			v.timer(join(key, "within"), r.Within, 31*24*time.Hour)
		}
	}
	if !v.has("blackout") {
		return
	}
	v.oneOf("blackout.obligation", b.Obligation, ObligationMay, ObligationMust, ObligationNone)
	if len(b.DecidedBy) == 0 && b.Obligation != ObligationNone {
		v.fault("blackout.decided_by", "nobody may decide to cover", "list at least one role under decided_by")
	}
	v.roleList("blackout.decided_by", b.DecidedBy)
	ids(v, "blackout.templates", b.Templates, func(t Template) string { return t.ID })
	for i := range b.Templates {
		v.template(index("blackout.templates", i), &b.Templates[i])
	}
	ids(v, "blackout.windows", b.Windows, func(w Recurring) string { return w.ID })
	if n := len(b.Windows); n > maxWindows {
		v.fault(index("blackout.windows", maxWindows), fmt.Sprintf("the protocol has %d recurring windows; the limit is %d", n, maxWindows), "let one window name several sites, zones or cameras")
		return
	}
	for i, w := range b.Windows {
		v.recurring(index("blackout.windows", i), w)
	}
}

// template checks a template. One that is not in use may still lack the zones
// and people that nobody decided on.
func (v *validator) template(at string, t *Template) {
	v.required(join(at, "reason"), t.Reason)
	if len(t.Zones) == 0 && t.InUse() {
		v.fault(join(at, "zones"), fmt.Sprintf("template %q names no zone", t.ID), "list the zones whose view must be covered")
	}
	for j, z := range t.Zones {
		if !v.zones[z] {
			v.fault(index(join(at, "zones"), j), fmt.Sprintf("%s is no zone of any site", short(z)), "add it to a site, or correct it")
		}
	}
	take(v, join(at, "days"), &t.Days, 1)
	if t.Days < 1 || t.Days > 14 {
		v.fault(join(at, "days"), fmt.Sprintf("days is %d", t.Days), "write 1 to 14")
	}
	from, release := join(at, "covered_from"), join(at, "earliest_release")
	v.clock(from, t.CoveredFrom, "06:30")
	v.clock(release, t.EarliestRelease, "21:00")
	if t.CoveredFrom != "" && t.EarliestRelease != "" && t.Days == 1 && t.EarliestRelease <= t.CoveredFrom {
		v.fault(release, fmt.Sprintf("the earliest release %s is not after the beginning %s", t.EarliestRelease, t.CoveredFrom), "write a later time of the same day, or days: 2")
	}
	if len(t.ReleaseBy) == 0 && t.InUse() {
		v.fault(join(at, "release_by"), fmt.Sprintf("nobody may release template %q", t.ID), "list at least one role under release_by")
	}
	v.roleList(join(at, "release_by"), t.ReleaseBy)
	take(v, join(at, "signatures"), &t.Signatures, 1)
	if t.Signatures < 1 || t.Signatures > 5 {
		v.fault(join(at, "signatures"), fmt.Sprintf("signatures is %d", t.Signatures), "write 1 to 5 people")
	}
	v.words(join(at, "also_block"), t.AlsoBlock, VerbLive, VerbPlayback, VerbExport)
}

func (v *validator) clock(path string, c Clock, example string) {
	if c == "" && !v.has(path) {
		v.fault(path, listName(path)+" is missing", fmt.Sprintf("write the local time, as in %q", example))
	}
}

// recurring checks a window that the protocol itself sets.
func (v *validator) recurring(at string, w Recurring) {
	before := len(v.problems)
	for j, s := range w.Sites {
		refer(v, index(join(at, "sites"), j), "site", s, v.sites)
	}
	in := func(zone string) bool {
		return slices.ContainsFunc(v.p.Sites, func(s Site) bool {
			return (len(w.Sites) == 0 || slices.Contains(w.Sites, s.ID)) && slices.ContainsFunc(s.Zones, func(z Zone) bool { return z.ID == zone })
		})
	}
	for j, z := range w.Zones {
		if !in(z) {
			v.fault(index(join(at, "zones"), j), fmt.Sprintf("%s is no zone of the window's sites", short(z)), "add it to a site, or correct it")
		}
	}
	for j, c := range w.Cameras {
		if _, ok := v.p.Camera(c); !ok {
			v.fault(index(join(at, "cameras"), j), fmt.Sprintf("%s is no camera of this protocol", short(c)), "add it under cameras, or correct it")
		}
	}
	if len(w.Cameras) > 0 && len(w.Sites)+len(w.Zones) > 0 {
		v.fault(join(at, "cameras"), fmt.Sprintf("window %q names cameras and also sites or zones", w.ID), "keep the cameras, or the sites and zones")
	}
	if err := checkRecurrence(w.Rule); err != nil {
		v.fault(join(at, "rule"), err.Error(), "")
	}
	v.dated(join(at, "first"), w.First)
	v.order(join(at, "last"), w.First, w.Last, "the window's last day is before its first")
	for j, d := range w.Except {
		if d.before(w.First) || w.Last.before(d) {
			v.fault(index(join(at, "except"), j), fmt.Sprintf("%s is outside the days of the window", d), "write a day from first to last, or remove it")
		}
	}
	v.clock(join(at, "from"), w.From, "19:00")
	v.clock(join(at, "until"), w.Until, "07:00")
	if len(v.problems) > before {
		return
	}
	s, err := newSeries(w)
	if err != nil { // all its parts are fine, and together they make no window
		v.fault(join(at, "rule"), err.Error(), "")
		return
	}
	v.p.recurrences[w.days()] = s.days
}

// recorded checks the dated decisions that the file records (rule GOV-1).
func (v *validator) recorded() {
	ids(v, "decisions", v.p.Decisions, func(d RecordedDecision) string { return d.ID })
	for i, d := range v.p.Decisions {
		at := index("decisions", i)
		v.dated(join(at, "date"), d.Date)
		v.required(join(at, "by"), d.By)
		if d.By != "" {
			v.role(join(at, "by"), d.By)
		}
		v.required(join(at, "text"), d.Text)
		refer(v, join(at, "waiver"), "waiver", d.Waiver, v.waivers)
		if v.has(join(at, "cover")) || d.Cover.IsSet() {
			v.recordedCover(join(at, "cover"), d)
		}
	}
}

func (v *validator) recordedCover(at string, d RecordedDecision) {
	c := d.Cover
	t := v.templates[c.Template]
	switch {
	case t == nil:
		v.fault(join(at, "template"), fmt.Sprintf("%s is no template of this protocol", short(c.Template)), "add it under blackout.templates, or correct it")
	case !t.InUse():
		v.fault(join(at, "template"), fmt.Sprintf("template %q is not enabled", t.ID), "enable it first, or remove cover")
	default:
	}
	v.site(join(at, "site"), c.Site)
	v.dated(join(at, "first"), c.First)
	v.order(join(at, "last"), c.First, c.Last, "the decision's last day is before its first")
	if t != nil && t.Days > 0 && !c.Last.IsZero() && c.First.AddDays(t.Days-1).before(c.Last) {
		v.fault(join(at, "last"), fmt.Sprintf("the decision covers more days than the %d that template %q has", t.Days, t.ID), "write an earlier last day, or take a second decision")
	}
	if v.roles[d.By] && !slices.Contains(v.p.Blackout.DecidedBy, d.By) {
		v.fault(join(at[:len(at)-len(".cover")], "by"), fmt.Sprintf("role %s may not decide to cover", short(d.By)), "add it to blackout.decided_by, or correct it")
	}
}
