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

// CheckDecision tells whether a decision can be carried out under the
// protocol. A decision that cannot is refused whole and told to a person;
// it is never carried out in part.
func (p *Protocol) CheckDecision(d Decision) error {
	_, err := p.window(d)
	return err
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
	may := p.Blackout.DecidedBy
	if w.template != nil {
		may = w.template.ReleaseBy
	}
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

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// window is a decision that can be carried out, with what it means here.
type window struct {
	decision Decision
	template *Template // nil for a one-off
	from     time.Time // first covered instant: the earlier of the signer's and ours
	earliest time.Time // of a release: the later of the signer's and ours
}

// window checks a decision and works out what it covers.
func (p *Protocol) window(d Decision) (window, error) {
	w := window{decision: d, from: d.From, earliest: d.EarliestRelease}
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
	if err := p.checkCameras(w, site); err != nil {
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
	return len(w.decision.Cameras) == 0 || slices.Contains(w.decision.Cameras, c.ID)
}

// checkCameras tells whether the cameras that a decision names exist and can
// be covered by it, and whether it covers any at all.
func (p *Protocol) checkCameras(w window, site Site) error {
	for _, id := range w.decision.Cameras {
		c, ok := p.Camera(id)
		switch {
		case !ok:
			return fmt.Errorf("%s is no camera of the protocol", short(id))
		case c.Site != site.ID:
			return fmt.Errorf("camera %q hangs at site %q, not at %q", id, c.Site, site.ID)
		case !w.covers(&c):
			return fmt.Errorf("camera %q sees none of the zones of template %q", id, w.template.ID)
		default:
		}
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
	var meant, around []time.Time
	for _, off := range []time.Duration{-26 * time.Hour, 26 * time.Hour} {
		_, seconds := wall.Add(off).In(loc).Zone()
		t := wall.Add(-time.Duration(seconds) * time.Second)
		around = append(around, t)
		if l := t.In(loc); DateOf(l) == day && l.Hour() == h && l.Minute() == m {
			meant = append(meant, t)
		}
	}
	if len(meant) == 0 { // the clocks skip it: from just before until just after
		meant = around
	}
	return slices.MinFunc(meant, time.Time.Compare), slices.MaxFunc(meant, time.Time.Compare)
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
	loc := p.Location(site)
	from, _ := instants(loc, first, t.CoveredFrom)
	_, earliest := instants(loc, last, t.EarliestRelease)
	d := Decision{
		ID: id, Site: site, Template: template, From: from, EarliestRelease: earliest,
		Reason: t.Reason, By: by, Role: role, At: at,
	}
	if err := p.CheckDecision(d); err != nil {
		return Decision{}, err
	}
	return d, nil
}
