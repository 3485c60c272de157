package policy

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// zoneTolerance is how far the instants in a decision may lie from the
// template's local times as we compute them: the signer's time-zone data may
// be of another version. Within it the union is covered (invariant 10).
const zoneTolerance = 3 * time.Hour

// decisionID is the shape of the id of a decision or release.
var decisionID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)

func checkStatementID(what, id string) error {
	if !decisionID.MatchString(id) {
		return fmt.Errorf("%s id %s cannot be used; use 1 to 63 letters, digits, dots, hyphens and underscores", what, short(id))
	}
	return nil
}

// CheckDecision tells whether a new decision can be taken under the protocol.
// A decision that cannot is refused whole and told to a person; it is never
// carried out in part. It refuses more than CoverAt: a protocol that now says
// obligation none, or a template that is no longer in use, takes no new
// decisions, but lifts nothing that was decided before (invariant 3).
func (p *Protocol) CheckDecision(d Decision) error {
	if _, err := p.window(d); err != nil {
		return err
	}
	if err := p.inUse(d.Template); err != nil {
		return fmt.Errorf("decision %s: %w", short(d.ID), err)
	}
	// A release names its decision by the id alone: who may choose the id of a
	// new decision must not release another one with it.
	if p.names(d.ID) {
		return fmt.Errorf("decision %s: a decision or window of the protocol has this id; choose another", short(d.ID))
	}
	return nil
}

// names tells whether a decision or recurring window of the protocol has an id.
func (p *Protocol) names(id string) bool {
	return slices.ContainsFunc(p.Decisions, func(d RecordedDecision) bool { return d.ID == id }) ||
		slices.ContainsFunc(p.Blackout.Windows, func(w Recurring) bool { return w.ID == id })
}

// inUse tells whether new decisions can be taken, and follow a template.
func (p *Protocol) inUse(template string) error {
	if p.Blackout.Obligation == ObligationNone {
		return errors.New("the protocol does not foresee covering (obligation: none); change the protocol first")
	}
	if t, ok := p.Template(template); ok && !t.InUse() {
		return fmt.Errorf("template %q is not in use (enabled: false); enable it in the protocol first", t.ID)
	}
	return nil
}

// CheckRecorded tells whether what a decision in the protocol covers can be
// carried out. One that covers nothing is good. Like CheckDecision it refuses
// a template that is not in use; CoverAt goes on carrying that out.
func (p *Protocol) CheckRecorded(r RecordedDecision) error {
	if !r.Cover.IsSet() {
		return nil
	}
	if _, err := p.recorded(r, p.camera); err != nil {
		return err
	}
	if err := p.inUse(r.Cover.Template); err != nil {
		return fmt.Errorf("decision %s: %w", short(r.ID), err)
	}
	return nil
}

// recorded is the window of a decision in the protocol.
func (p *Protocol) recorded(r RecordedDecision, camera lookup) (window, error) {
	fail := func(format string, args ...any) (window, error) {
		return window{}, fmt.Errorf("decision %s: %w", short(r.ID), fmt.Errorf(format, args...))
	}
	c := r.Cover
	t, ok := p.Template(c.Template)
	switch {
	case !ok:
		return fail("%s is no template of the protocol", short(c.Template))
	case c.First.IsZero():
		return fail("it does not say on which day to cover; give the first")
	case !c.Last.IsZero() && dayNumber(c.Last) < dayNumber(c.First):
		return fail("its last day %s is before its first, %s", c.Last, c.First)
	case r.Date.IsZero():
		return fail("it has no date")
	default:
	}
	last := c.Last
	if last.IsZero() {
		last = c.First
	}
	day := r.Date
	at := time.Date(day.Year, day.Month, day.Day, 0, 0, 0, 0, p.Location(c.Site))
	return p.check(p.foreseen(t, c.Site, c.First, last, r.ID, r.By, r.By, at), camera)
}

// lookup finds a camera, nil if there is none.
type lookup func(id string) *Camera

func (p *Protocol) camera(id string) *Camera {
	for i := range p.Cameras {
		if c := &p.Cameras[i]; c.ID == id {
			return c
		}
	}
	return nil
}

// CheckRelease tells whether a release may end a decision, alone or together
// with others when the template wants several signatures.
func (p *Protocol) CheckRelease(d Decision, r Release) error {
	w, err := p.window(d)
	if err != nil {
		return fmt.Errorf("release %s: its decision is not in force: %w", short(r.ID), err)
	}
	return p.checkRelease(w, r)
}

func (p *Protocol) checkRelease(w window, r Release) error {
	fail := func(format string, args ...any) error {
		return fmt.Errorf("release %s of decision %s: %w", short(r.ID), short(w.decision.ID), fmt.Errorf(format, args...))
	}
	may := p.releasers(w.template)
	switch {
	case checkStatementID("release", r.ID) != nil:
		return checkStatementID("release", r.ID)
	case r.Decision != w.decision.ID:
		return fail("it names decision %s", short(r.Decision))
	case r.At.IsZero():
		return fail("it has no time; say from when it holds")
	case r.By == "":
		return fail("it does not say who releases")
	case !slices.Contains(may, r.Role):
		return fail("role %s may not release; %s may", short(r.Role), strings.Join(may, ", "))
	case w.template != nil && w.template.Statement != Text{} && strings.TrimSpace(r.Statement) == "":
		return fail("the statement is missing: %s", w.template.Statement.In("nl"))
	case r.At.Before(w.decision.EarliestRelease):
		return fail("it holds from %s, before the earliest release %s", stamp(r.At), stamp(w.decision.EarliestRelease))
	default:
		return nil
	}
}

// releasers lists the roles that may end a window of the template; nil means a
// one-off. A template out of use need not say who releases: what it still
// covers must end all the same, by those who decide.
func (p *Protocol) releasers(t *Template) []string {
	if t != nil && len(t.ReleaseBy) > 0 {
		return t.ReleaseBy
	}
	return p.Blackout.DecidedBy
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// window is a decision that can be carried out, with what it means here.
type window struct {
	decision Decision
	template *Template       // nil for a one-off
	cameras  map[string]bool // chosen one by one; nil: all that see a zone
	from     time.Time       // first covered instant: the earlier of the signer's and ours
	earliest time.Time       // of a release: the later of the signer's and ours
}

// window checks a decision and works out what it covers.
func (p *Protocol) window(d Decision) (window, error) { return p.check(d, p.camera) }

func (p *Protocol) check(d Decision, camera lookup) (window, error) {
	w := window{decision: d, from: d.From, earliest: d.EarliestRelease}
	if len(d.Cameras) > 0 {
		w.cameras = make(map[string]bool, len(d.Cameras))
		for _, id := range d.Cameras {
			w.cameras[id] = true
		}
	}
	fail := func(format string, args ...any) (window, error) {
		return window{}, fmt.Errorf("decision %s: %w", short(d.ID), fmt.Errorf(format, args...))
	}
	if err := checkStatementID("decision", d.ID); err != nil {
		return window{}, err
	}
	site, ok := p.Site(d.Site)
	switch {
	case !ok:
		return fail("%s is no site of the protocol", short(d.Site))
	case d.From.IsZero():
		return fail("it does not say from when to cover")
	case d.At.IsZero() || d.By == "":
		return fail("it does not say who decided, or when")
	case strings.TrimSpace(d.Reason) == "":
		return fail("it gives no reason")
	case !slices.Contains(p.Blackout.DecidedBy, d.Role):
		return fail("role %s may not decide to cover; %s may", short(d.Role), strings.Join(p.Blackout.DecidedBy, ", "))
	case !d.Until.IsZero() && !d.From.Before(d.Until):
		return fail("it ends at %s, not after it begins at %s", stamp(d.Until), stamp(d.From))
	default:
	}
	var err error
	if d.Template == "" {
		err = p.oneOff(d)
	} else {
		err = p.templated(&w)
	}
	if err != nil {
		return fail("%w", err)
	}
	if err := p.checkCameras(w, site, camera); err != nil {
		return fail("%w", err)
	}
	return w, nil
}

func (p *Protocol) oneOff(d Decision) error {
	limit, _ := p.Blackout.Limits.OneOff.Fixed()
	switch {
	case d.Until.IsZero():
		return errors.New("it has no end; only a window after a template ends by a release alone")
	case d.Until.Sub(d.From) > limit:
		return fmt.Errorf("it lasts %s; the protocol allows %s outside a template", d.Until.Sub(d.From), p.Blackout.Limits.OneOff)
	default:
		return nil
	}
}

// templated holds the instants of a decision against the template's local
// times on the days nearest to them.
func (p *Protocol) templated(w *window) error {
	d := w.decision
	t, ok := p.Template(d.Template)
	if !ok {
		return fmt.Errorf("%s is no template of the protocol", short(d.Template))
	}
	if !d.Until.IsZero() {
		return fmt.Errorf("it has an end, but a window after template %q ends when a person releases it; leave until out", t.ID)
	}
	if d.EarliestRelease.IsZero() {
		return errors.New("it does not say when the earliest release is")
	}
	loc := p.Location(d.Site)
	first := DateOf(d.From.In(loc)).AddDays(-1)
	from, day := nearest(d.From, first, 3, func(day Date) time.Time {
		early, _ := instants(loc, day, t.CoveredFrom)
		return early
	})
	if off := d.From.Sub(from); off.Abs() > zoneTolerance {
		return fmt.Errorf("it begins at %s, but template %q begins at %s local time, %s", stamp(d.From), t.ID, t.CoveredFrom, stamp(from))
	}
	earliest, _ := nearest(d.EarliestRelease, day, max(t.Days, 1), func(day Date) time.Time {
		_, late := instants(loc, day, t.EarliestRelease)
		return late
	})
	if off := d.EarliestRelease.Sub(earliest); off.Abs() > zoneTolerance {
		return fmt.Errorf("its earliest release is %s, but that of template %q is %s local time, %s", stamp(d.EarliestRelease), t.ID, t.EarliestRelease, stamp(earliest))
	}
	w.template = &t
	if from.Before(w.from) {
		w.from = from
	}
	if earliest.After(w.earliest) {
		w.earliest = earliest
	}
	return nil
}

// nearest finds, among n days from first, the one whose instant is nearest to t.
func nearest(t time.Time, first Date, n int, instant func(Date) time.Time) (time.Time, Date) {
	var best time.Time
	var day Date
	for i := range n {
		d := first.AddDays(i)
		if c := instant(d); i == 0 || c.Sub(t).Abs() < best.Sub(t).Abs() {
			best, day = c, d
		}
	}
	return best, day
}

// covers tells whether the window covers a camera.
func (w window) covers(c *Camera) bool {
	if c.Site != w.decision.Site || w.template != nil && !slices.ContainsFunc(w.template.Zones, c.SeesZone) {
		return false
	}
	return w.cameras == nil || w.cameras[c.ID]
}

// checkCameras tells whether the cameras that a decision names exist and can
// be covered by it, and whether it covers any at all.
func (p *Protocol) checkCameras(w window, site Site, camera lookup) error {
	for _, id := range w.decision.Cameras {
		c := camera(id)
		switch {
		case c == nil:
			return fmt.Errorf("%s is no camera of the protocol", short(id))
		case c.Site != site.ID:
			return fmt.Errorf("camera %q hangs at site %q, not at %q", id, c.Site, site.ID)
		case !w.covers(c):
			return fmt.Errorf("camera %q sees none of the zones of template %q", id, w.template.ID)
		default:
		}
	}
	if len(w.decision.Cameras) > 0 {
		return nil
	}
	for i := range p.Cameras {
		if w.covers(&p.Cameras[i]) {
			return nil
		}
	}
	return fmt.Errorf("no camera of site %q would be covered; see the sees lists of its cameras", site.ID)
}

// instants returns the earliest and the latest instant that a local time of a
// day can mean: they differ when the clocks go back across it, and when they
// go forward over it.
func instants(loc *time.Location, day Date, c Clock) (early, late time.Time) {
	h, m, _ := c.parts()
	wall := time.Date(day.Year, day.Month, day.Day, h, m, 0, 0, time.UTC)
	reading := func(around time.Duration) (t time.Time, shown bool) {
		_, seconds := wall.Add(around).In(loc).Zone()
		t = wall.Add(-time.Duration(seconds) * time.Second)
		l := t.In(loc)
		return t, DateOf(l) == day && l.Hour() == h && l.Minute() == m
	}
	before, shownBefore := reading(-26 * time.Hour)
	after, shownAfter := reading(26 * time.Hour)
	switch { // if the clocks skip it: from just before until just after
	case shownBefore && !shownAfter:
		return before, before
	case shownAfter && !shownBefore:
		return after, after
	case after.Before(before):
		return after, before
	default:
		return before, after
	}
}

// Election makes the decision that a template foresees for one day at a site:
// covered from its local time on, until a person releases it. The decision
// passes CheckDecision.
func (p *Protocol) Election(template, site string, day Date, id, by, role string, at time.Time) (Decision, error) {
	return p.ElectionDays(template, site, day, day, id, by, role, at)
}

// ElectionDays is Election for a window over several days, nights included.
func (p *Protocol) ElectionDays(template, site string, first, last Date, id, by, role string, at time.Time) (Decision, error) {
	t, ok := p.Template(template)
	if !ok {
		return Decision{}, fmt.Errorf("%s is no template of the protocol", short(template))
	}
	if first.IsZero() || last.IsZero() {
		return Decision{}, errors.New("the day of the election is missing")
	}
	d := p.foreseen(t, site, first, last, id, by, role, at)
	if err := p.CheckDecision(d); err != nil {
		return Decision{}, err
	}
	return d, nil
}

// foreseen is the decision that follows a template, unchecked.
func (p *Protocol) foreseen(t Template, site string, first, last Date, id, by, role string, at time.Time) Decision {
	loc := p.Location(site)
	from, _ := instants(loc, first, t.CoveredFrom)
	_, earliest := instants(loc, last, t.EarliestRelease)
	return Decision{
		ID: id, Site: site, Template: t.ID, From: from, EarliestRelease: earliest,
		Reason: t.Reason, By: by, Role: role, At: at,
	}
}
