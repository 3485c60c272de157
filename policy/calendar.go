package policy

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Calendar lists what decisions cover which camera of a site, and when, in
// order of time; those of the protocol itself are among them. Recurring windows
// have no end and are left out: Agenda has them.
func (p Policy) Calendar(site string) []Interval {
	var out []Interval
	for _, l := range p.plan(site).lanes {
		if l.camera.Site != site { // no site was named
			continue
		}
		for _, w := range l.windows {
			for _, s := range w.decided {
				out = append(out, Interval{Decision: w.id, Camera: l.camera.ID, From: s.from, Until: s.until})
			}
		}
	}
	slices.SortFunc(out, func(a, b Interval) int { return cmp.Or(a.From.Compare(b.From), inOrder(a, b)) })
	return out
}

// Kinds of an Entry.
const (
	EntryDecision  = "decision"  // a person signed it
	EntryRecorded  = "recorded"  // a decision that the protocol records
	EntryRecurring = "recurring" // the protocol's own, without a decision
)

// Entry is one window of a site, or one occurrence of a recurring window.
type Entry struct {
	Window string `json:"window"` // id of the decision or recurring window
	Kind   string `json:"kind"`   // one of the Entry kinds
	Site   string `json:"site"`
	// Name is that of the template or recurring window, if it has one.
	Name   Text   `json:"name,omitzero"`
	Reason string `json:"reason,omitempty"`
	// Cameras that it covers for just this time.
	Cameras []string `json:"cameras"`
	// Day is the civil day on which an occurrence of a recurring window begins.
	Day  Date      `json:"day,omitzero"`
	From time.Time `json:"from"`
	// Until is the first uncovered instant; zero: until a person releases.
	Until time.Time `json:"until,omitzero"`
	// Through is the end of the time that was asked for, of an entry without Until.
	Through time.Time `json:"through,omitzero"`
	// EarliestRelease of a window after a template.
	EarliestRelease time.Time `json:"earliest_release,omitzero"`
	// ReleaseBy lists the roles that may release, none for a recurring window,
	// and Signatures how many different people must.
	ReleaseBy  []string `json:"release_by,omitempty"`
	Signatures int      `json:"signatures,omitempty"`
}

// Agenda lists every window of a site (of every site if it is empty) that
// covers a camera at some instant of [from,to), in order of time. Each window
// is one entry per site, a recurring one an entry per occurrence; cameras for which the other side's time-zone data gives
// other instants (see Elsewhere) have an entry of their own.
func (p Policy) Agenda(site string, from, to time.Time) []Entry {
	type same struct {
		pane        *pane
		site        string
		day         Date
		from, until time.Time
	}
	found := map[same]*Entry{}
	p.plan(site).each(from, to, func(l *lane, w laneWindow, m moved) {
		k := same{w.pane, l.camera.Site, m.day, m.from.UTC(), m.until.UTC()}
		e := found[k]
		if e == nil {
			made := w.entry(l.camera.Site, m)
			e = &made
			if e.Until.IsZero() {
				e.Through = to
			}
			found[k] = e
		}
		e.Cameras = append(e.Cameras, l.camera.ID)
	})
	var out []Entry
	for e := range maps.Values(found) {
		slices.Sort(e.Cameras)
		out = append(out, *e)
	}
	slices.SortFunc(out, func(a, b Entry) int {
		return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Window, b.Window), cmp.Compare(a.Site, b.Site), a.Until.Compare(b.Until),
			slices.Compare(a.Cameras, b.Cameras), cmp.Compare(a.Reason, b.Reason))
	})
	return out
}

// entry is the window at one of its times, without cameras.
func (w *pane) entry(site string, m moved) Entry {
	e := Entry{Window: w.id, Kind: w.kind, Site: site, Day: m.day, From: m.from, Until: m.until}
	if w.series != nil {
		e.Name, e.Reason = w.series.Name, w.series.Note
		return e
	}
	d := w.window.decision
	e.Reason = d.Reason
	e.ReleaseBy, e.Signatures = slices.Clone(w.releaseBy), 1
	if t := w.window.template; t != nil {
		e.Name, e.EarliestRelease, e.Signatures = t.Name, w.window.earliest, max(t.Signatures, 1)
	}
	return e
}

// each calls f for every stretch of [from,to) that a window covers a camera.
func (n *Plan) each(from, to time.Time, f func(l *lane, w laneWindow, m moved)) {
	if !from.Before(to) {
		return
	}
	type shared struct {
		series *series
		place  *time.Location
	}
	type answer struct {
		occurrences []occurrence
		stretches   []moved // of cameras to which Elsewhere adds nothing
	}
	known := map[shared]answer{} // the same for all cameras of a site
	for _, l := range n.lanes {
		for _, w := range l.windows {
			for _, s := range w.decided {
				if s.touches(from, to) {
					f(l, w, moved{stretch: s})
				}
			}
			if w.series == nil {
				continue
			}
			k := shared{w.series, l.place}
			a, ok := known[k]
			if !ok {
				a.occurrences = w.series.within(l.place, from.Add(-zoneTolerance), to.Add(zoneTolerance))
				a.stretches = laneWindow{pane: w.pane}.within(a.occurrences)
				known[k] = a
			}
			list := a.stretches
			if len(w.added) > 0 {
				list = w.within(a.occurrences)
			}
			for _, m := range list {
				if m.touches(from, to) {
					f(l, w, m)
				}
			}
		}
	}
}
