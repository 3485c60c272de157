package policy

import (
	"slices"
	"time"

	"github.com/lensdop/lensdop/devices"
)

// Plan is a Policy made ready for many questions: what does not depend on the
// instant is worked out once, at a cost that grows with cameras times windows.
// A question then costs as much for the last of a thousand cameras as for the
// only one. It answers as the Policy does, keeps nothing that is changed later,
// and may be used by several goroutines at once.
type Plan struct {
	policy Policy
	lanes  map[string]*lane
}

// Plan works out the windows of every camera.
func (p Policy) Plan() *Plan { return p.plan("") }

// plan is Plan for the cameras of one site, or of all if it is empty.
func (p Policy) plan(site string) *Plan {
	n := &Plan{policy: p, lanes: map[string]*lane{}}
	if p.Protocol == nil {
		return n
	}
	cameras := make(map[string]*Camera, len(p.Protocol.Cameras))
	for i := range p.Protocol.Cameras {
		if c := &p.Protocol.Cameras[i]; cameras[c.ID] == nil {
			cameras[c.ID] = c
		}
	}
	panes, _ := p.panes(func(id string) *Camera { return cameras[id] })
	other := otherSide{}
	for _, i := range p.Elsewhere {
		other.add(i)
	}
	places := map[string]*time.Location{}
	fits := memo{}
	for id, c := range cameras {
		if site != "" && c.Site != site {
			continue
		}
		if places[c.Site] == nil {
			places[c.Site] = p.Protocol.Location(c.Site)
		}
		n.lanes[id] = newLane(c, places[c.Site], panes, other, fits)
	}
	return n
}

// CoverAt is Policy.CoverAt.
func (n *Plan) CoverAt(camera string, t time.Time) devices.Cover {
	return n.CoverAtView(camera, "", t)
}

// CoverAtView is Policy.CoverAtView.
func (n *Plan) CoverAtView(camera, view string, t time.Time) devices.Cover {
	if l := n.lanes[camera]; l != nil {
		return l.coverAt(view, t)
	}
	return devices.Cover{}
}

// DecisionsAt is Policy.DecisionsAt.
func (n *Plan) DecisionsAt(camera string, t time.Time) []Decision {
	if l := n.lanes[camera]; l != nil {
		return l.decisionsAt(t)
	}
	return nil
}

// WindowsAt is Policy.WindowsAt.
func (n *Plan) WindowsAt(camera string, t time.Time) []Entry {
	if l := n.lanes[camera]; l != nil {
		return l.windowsAt(t)
	}
	return nil
}

// NextChange is Policy.NextChange.
func (n *Plan) NextChange(camera string, after time.Time) (time.Time, bool) {
	if l := n.lanes[camera]; l != nil {
		return l.next(after)
	}
	return time.Time{}, false
}

// pane is one window that can be carried out: of a decision, or recurring.
type pane struct {
	kind      string // one of the Entry kinds
	id        string
	window    window
	until     time.Time // of a decision; zero: open
	series    *series   // nil for a decision
	releaseBy []string  // roles that may end a decision
}

func (w *pane) covers(c *Camera) bool {
	if w.series != nil {
		return w.series.covers(c)
	}
	return w.window.covers(c)
}

// panes works out every usable window. Each is taken by itself, so that one
// more or a refused one never changes what another covers, even one of the
// same id.
func (p Policy) panes(camera lookup) ([]*pane, []Refusal) {
	if p.Protocol == nil {
		return nil, nil
	}
	var out []*pane
	var refused []Refusal
	decided := func(kind, id string, w window, err error) {
		if err != nil {
			refused = append(refused, Refusal{Decision: id, Err: err})
			return
		}
		out = append(out, &pane{kind: kind, id: id, window: w, until: p.released(w), releaseBy: p.Protocol.releasers(w.template)})
	}
	for _, d := range p.Decisions {
		w, err := p.Protocol.check(d, camera)
		decided(EntryDecision, d.ID, w, err)
	}
	for _, r := range p.Protocol.Decisions {
		if r.Cover.IsSet() {
			w, err := p.Protocol.recorded(r, camera)
			decided(EntryRecorded, r.ID, w, err)
		}
	}
	for _, w := range p.Protocol.Blackout.Windows {
		s, err := p.Protocol.series(w)
		if err != nil {
			refused = append(refused, Refusal{Window: w.ID, Err: err})
			continue
		}
		out = append(out, &pane{kind: EntryRecurring, id: w.ID, series: s})
	}
	return out, refused
}

// lane is all that covers one camera.
type lane struct {
	camera  *Camera
	place   *time.Location
	windows []laneWindow
	// fixed is the time of all decisions together, and what Elsewhere adds to
	// recurring windows: apart from one another, in order.
	fixed []stretch
}

// laneWindow is a window with what it is for one camera.
type laneWindow struct {
	*pane

	decided []stretch          // of a decision: when it covers, Elsewhere included
	added   map[Date][]stretch // of a recurring window: what Elsewhere adds, by day
}

// moved is a stretch of a window: of a recurring one with the day on which it
// begins.
type moved struct {
	stretch

	day Date
}

func newLane(c *Camera, place *time.Location, panes []*pane, other otherSide, fits memo) *lane {
	l := &lane{camera: c, place: place}
	for _, w := range panes {
		if !w.covers(c) {
			continue
		}
		x := laneWindow{pane: w}
		if w.series == nil {
			x.decided = append(x.decided, stretch{w.window.from, w.until})
		}
		for _, i := range other[side{w.id, c.ID}] {
			if w.series == nil {
				if s, ok := w.shifted(i); ok {
					x.decided = append(x.decided, s)
				}
			} else if m, ok := fits.fit(w.series, place, i); ok {
				if x.added == nil {
					x.added = map[Date][]stretch{}
				}
				x.added[m.day] = append(x.added[m.day], m.stretch)
				l.fixed = append(l.fixed, m.stretch)
			}
		}
		x.decided = merged(x.decided)
		l.fixed = append(l.fixed, x.decided...)
		l.windows = append(l.windows, x)
	}
	l.fixed = merged(l.fixed)
	return l
}

// lane works out one camera alone.
func (p Policy) lane(camera string) (*lane, bool) {
	if p.Protocol == nil {
		return nil, false
	}
	c := p.Protocol.camera(camera)
	if c == nil {
		return nil, false
	}
	other := otherSide{}
	for _, i := range p.Elsewhere {
		if i.Camera == camera {
			other.add(i)
		}
	}
	panes, _ := p.panes(p.Protocol.camera)
	return newLane(c, p.Protocol.Location(c.Site), panes, other, memo{}), true
}

func (l *lane) coverAt(view string, t time.Time) devices.Cover {
	var cover devices.Cover
	add := func(prefix string, masks []Mask) {
		for _, m := range masks {
			cover.Zones = append(cover.Zones, devices.Zone{ID: prefix + m.ID, Polygon: slices.Clone(m.Polygon)})
		}
	}
	add("", l.camera.Masks)
	known := slices.ContainsFunc(l.camera.Views, func(v CameraView) bool { return v.ID == view })
	for _, v := range l.camera.Views {
		if !known || v.ID == view {
			add(v.ID+"/", v.Masks) // two views may name a mask alike
		}
	}
	if _, covered := l.reach(t); covered {
		cover.Whole, cover.Sound = true, true
	}
	return cover
}

// reach tells whether windows cover an instant, and until when at least (zero:
// without end).
func (l *lane) reach(t time.Time) (until time.Time, covered bool) {
	if s, ok := containing(l.fixed, t); ok {
		until, covered = s.until, true
		if until.IsZero() {
			return until, true
		}
	}
	for _, w := range l.windows {
		if w.series == nil {
			continue
		}
		for _, o := range w.series.at(l.place, t) {
			covered = true
			if o.until.After(until) {
				until = o.until
			}
		}
	}
	return until, covered
}

func (l *lane) next(after time.Time) (time.Time, bool) {
	if until, covered := l.reach(after); covered {
		end := after.AddDate(horizon, 0, 0)
		for !until.IsZero() {
			more, covered := l.reach(until)
			switch {
			case !covered:
				return until, true
			case until.After(end):
				return time.Time{}, false
			default:
				until = more
			}
		}
		return time.Time{}, false
	}
	best, found := following(l.fixed, after)
	for _, w := range l.windows {
		if w.series == nil {
			continue
		}
		if t, ok := w.series.after(l.place, after); ok && (!found || t.Before(best)) {
			best, found = t, true
		}
	}
	return best, found
}

// at lists the stretches of a window that contain an instant, with their days.
func (w laneWindow) at(place *time.Location, t time.Time) []moved {
	var out []moved
	for _, s := range w.decided {
		if s.contains(t) {
			out = append(out, moved{stretch: s})
		}
	}
	if w.series != nil {
		for _, m := range w.within(w.series.within(place, t.Add(-zoneTolerance), t.Add(zoneTolerance+1))) {
			if m.contains(t) {
				out = append(out, m)
			}
		}
	}
	return out
}

// within joins occurrences with what Elsewhere adds to them. The occurrences
// must be all those around.
func (w laneWindow) within(list []occurrence) []moved {
	var out []moved
	for _, o := range list {
		for _, s := range merged(append([]stretch{{o.from, o.until}}, w.added[o.day]...)) {
			out = append(out, moved{stretch: s, day: o.day})
		}
	}
	return out
}

func (l *lane) decisionsAt(t time.Time) []Decision {
	var out []Decision
	for _, w := range l.windows {
		if _, in := containing(w.decided, t); in {
			out = append(out, w.window.decision)
		}
	}
	return out
}

func (l *lane) windowsAt(t time.Time) []Entry {
	var out []Entry
	for _, w := range l.windows {
		for _, m := range w.at(l.place, t) {
			e := w.entry(l.camera.Site, m)
			e.Cameras = []string{l.camera.ID}
			out = append(out, e)
		}
	}
	return out
}
