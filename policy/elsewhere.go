package policy

import (
	"cmp"
	"slices"
	"time"
)

// otherSide is Policy.Elsewhere by window and camera.
type otherSide map[side][]Interval

type side struct{ window, camera string }

func (o otherSide) add(i Interval) {
	k := side{i.Decision, i.Camera}
	o[k] = append(o[k], i)
}

// near tells whether two instants can be the same local time by two versions
// of the time-zone data.
func near(a, b time.Time) bool { return a.Sub(b).Abs() <= zoneTolerance }

// shifted is the time that the other side's interval gives a decision's window:
// from its own beginning; until its own end if a release ended the window on
// both sides, and else as long as here. It is false if that is not the same
// window by other time-zone data. A window outside a template has no local
// times that could differ.
func (w *pane) shifted(i Interval) (stretch, bool) {
	if w.window.template == nil || !near(i.From, w.window.from) {
		return stretch{}, false
	}
	s := stretch{i.From, w.until}
	if !s.until.IsZero() && i.Until.After(s.until) && near(i.Until, s.until) {
		s.until = i.Until
	}
	return s, true
}

// memo remembers what fit found: cameras of a site share their intervals.
type memo map[memoKey]memoValue

type memoKey struct {
	series      *series
	place       *time.Location
	from, until time.Time
}

type memoValue struct {
	moved moved
	adds  bool
}

// fit finds the occurrence that the other side's interval is by other time-zone
// data: the nearest, if both its ends are near. It is false if there is none, or
// if the interval adds nothing to it.
func (f memo) fit(s *series, place *time.Location, i Interval) (moved, bool) {
	k := memoKey{s, place, i.From.UTC(), i.Until.UTC()}
	v, known := f[k]
	if !known {
		v.moved, v.adds = s.fit(place, i)
		f[k] = v
	}
	return v.moved, v.adds
}

func (s *series) fit(place *time.Location, i Interval) (moved, bool) {
	if i.Until.IsZero() || !i.From.Before(i.Until) {
		return moved{}, false
	}
	var best *occurrence
	for _, o := range s.within(place, i.From.Add(-zoneTolerance), i.From.Add(zoneTolerance+1)) {
		if best == nil || o.from.Sub(i.From).Abs() < best.from.Sub(i.From).Abs() {
			best = &o
		}
	}
	if best == nil || !near(best.from, i.From) || !near(best.until, i.Until) {
		return moved{}, false
	}
	adds := i.From.Before(best.from) || i.Until.After(best.until)
	return moved{stretch: stretch{i.From, i.Until}, day: best.day}, adds
}

// Computed lists what covers which camera in [from,to), as computed here alone,
// without Elsewhere: what one party gives the other as its Elsewhere. The
// intervals are whole, also where they reach out of [from,to), and in order of
// window and camera, then time. Recurring windows are named by their id.
func (p Policy) Computed(from, to time.Time) []Interval {
	p.Elsewhere = nil
	var out []Interval
	p.Plan().each(from, to, func(l *lane, w laneWindow, m moved) {
		out = append(out, Interval{Decision: w.id, Camera: l.camera.ID, From: m.from, Until: m.until})
	})
	slices.SortStableFunc(out, inOrder)
	return out
}

func inOrder(a, b Interval) int {
	return cmp.Or(cmp.Compare(a.Decision, b.Decision), cmp.Compare(a.Camera, b.Camera), a.From.Compare(b.From), a.Until.Compare(b.Until))
}

// Difference is a window of a camera that the other side computed otherwise:
// by other time-zone data, another version of the protocol, or other decisions.
type Difference struct {
	Window string   `json:"window"` // id of the decision or recurring window
	Camera string   `json:"camera"`
	Here   Interval `json:"here,omitzero"`  // zero: only the other side has it
	There  Interval `json:"there,omitzero"` // zero: only this side has it
}

// Differences compares what is computed here for [from,to) with Elsewhere,
// which the other side should have computed for at least that time (for a
// finding; invariant 10). That only one side knows of a release is no
// difference. Without Elsewhere there is none.
func (p Policy) Differences(from, to time.Time) []Difference {
	if len(p.Elsewhere) == 0 {
		return nil
	}
	lo, hi := from.Add(-zoneTolerance), to.Add(zoneTolerance)
	here := p.Computed(lo, hi)
	there := slices.DeleteFunc(slices.Clone(p.Elsewhere), func(i Interval) bool {
		return !stretch{i.From, i.Until}.touches(lo, hi)
	})
	slices.SortStableFunc(there, inOrder)
	here, there = apart(here, there)
	var out []Difference
	tell := func(d Difference) {
		if (stretch{d.Here.From, d.Here.Until}).touches(from, to) && d.Here.Decision != "" ||
			(stretch{d.There.From, d.There.Until}).touches(from, to) && d.There.Decision != "" {
			out = append(out, d)
		}
	}
	for len(here) > 0 || len(there) > 0 {
		switch {
		case len(there) == 0 || len(here) > 0 && before(here[0], there[0]):
			tell(Difference{Window: here[0].Decision, Camera: here[0].Camera, Here: here[0]})
			here = here[1:]
		case len(here) == 0 || before(there[0], here[0]):
			tell(Difference{Window: there[0].Decision, Camera: there[0].Camera, There: there[0]})
			there = there[1:]
		default:
			h, t := here[0], there[0]
			if !h.From.Equal(t.From) || !h.Until.IsZero() && !t.Until.IsZero() && !h.Until.Equal(t.Until) {
				tell(Difference{Window: h.Decision, Camera: h.Camera, Here: h, There: t})
			}
			here, there = here[1:], there[1:]
		}
	}
	return out
}

// apart leaves out what stands in both of two lists that are in order.
func apart(a, b []Interval) (onlyA, onlyB []Interval) {
	for len(a) > 0 && len(b) > 0 {
		switch c := inOrder(a[0], b[0]); {
		case c < 0:
			onlyA, a = append(onlyA, a[0]), a[1:]
		case c > 0:
			onlyB, b = append(onlyB, b[0]), b[1:]
		default:
			a, b = a[1:], b[1:]
		}
	}
	return append(onlyA, a...), append(onlyB, b...)
}

// before tells that a stands before b and is not the same window by other
// time-zone data.
func before(a, b Interval) bool {
	if c := cmp.Or(cmp.Compare(a.Decision, b.Decision), cmp.Compare(a.Camera, b.Camera)); c != 0 {
		return c < 0
	}
	return a.From.Before(b.From) && !near(a.From, b.From)
}
