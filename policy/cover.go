package policy

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/lensdop/lensdop/devices"
)

// Interval is the time that a decision covers a camera: From is in it, Until
// is not. A zero Until means: until a person releases.
type Interval struct {
	Decision string    `json:"decision"`
	Camera   string    `json:"camera"`
	From     time.Time `json:"from"`
	Until    time.Time `json:"until,omitzero"`
}

// Contains tells whether the instant lies in the interval.
func (i Interval) Contains(t time.Time) bool {
	return !t.Before(i.From) && (i.Until.IsZero() || t.Before(i.Until))
}

// Refusal is a decision or release that cannot be carried out, and why. It is
// never dropped silently: whoever signed it must be told.
type Refusal struct {
	Decision string `json:"decision"`
	Release  string `json:"release,omitempty"` // empty for a decision
	Err      error  `json:"-"`
}

// Error tells what was refused and why.
func (r Refusal) Error() string { return r.Err.Error() }

// Unwrap gives the reason to errors.Is and errors.As.
func (r Refusal) Unwrap() error { return r.Err }

// span is a window with the time that its releases leave of it.
type span struct {
	window

	until time.Time // zero: open
}

func (s span) at(t time.Time) bool {
	return Interval{From: s.from, Until: s.until}.Contains(t)
}

func (s span) empty() bool { return !s.until.IsZero() && !s.from.Before(s.until) }

// spans works out every usable decision. Each is taken by itself, so that one
// more decision or a refused one never changes what another covers.
func (p Policy) spans() []span {
	if p.Protocol == nil {
		return nil
	}
	var out []span
	for _, d := range p.Decisions {
		w, err := p.Protocol.window(d)
		if err != nil {
			continue // listed by Usable
		}
		out = append(out, span{window: w, until: p.until(w)})
	}
	return out
}

// until is the first instant that a window no longer covers: its own end or
// its release, whichever is first. A release counts from its time on, once as
// many different people have released as the template wants, and never before
// the earliest release.
func (p Policy) until(w window) time.Time {
	need := 1
	if w.template != nil {
		need = max(w.template.Signatures, 1)
	}
	first := map[string]time.Time{}
	for _, r := range p.Releases {
		if r.Decision != w.decision.ID || p.Protocol.checkRelease(w, r) != nil {
			continue
		}
		if t, ok := first[r.By]; !ok || r.At.Before(t) {
			first[r.By] = r.At
		}
	}
	until := w.decision.Until
	if len(first) >= need {
		times := make([]time.Time, 0, len(first))
		for _, t := range first {
			times = append(times, t)
		}
		slices.SortFunc(times, time.Time.Compare)
		released := times[need-1]
		if released.Before(w.earliest) {
			released = w.earliest
		}
		if until.IsZero() || released.Before(until) {
			until = released
		}
	}
	return until
}

// Usable splits the policy's decisions into those that CoverAt carries out and
// a list of every decision and release that it refuses, with reasons.
func (p Policy) Usable() ([]Decision, []Refusal) {
	var usable []Decision
	var refused []Refusal
	windows := map[string][]window{}
	for _, d := range p.Decisions {
		if p.Protocol == nil {
			refused = append(refused, Refusal{Decision: d.ID, Err: fmt.Errorf("decision %s: there is no protocol", short(d.ID))})
			continue
		}
		w, err := p.Protocol.window(d)
		if err != nil {
			refused = append(refused, Refusal{Decision: d.ID, Err: err})
			continue
		}
		usable = append(usable, d)
		windows[d.ID] = append(windows[d.ID], w)
	}
	for _, r := range p.Releases {
		err := fmt.Errorf("release %s: there is no usable decision %s", short(r.ID), short(r.Decision))
		for _, w := range windows[r.Decision] {
			if err = p.Protocol.checkRelease(w, r); err == nil {
				break
			}
		}
		if err != nil {
			refused = append(refused, Refusal{Decision: r.Decision, Release: r.ID, Err: err})
		}
	}
	return usable, refused
}

// CoverAt is what must not be seen or heard of a camera at an instant: its
// masks always, and in a window that is in force the whole picture and sound.
// It is a pure function of the protocol, the decisions and the time; whether
// that time can be trusted is the agent's to know. Of a camera that the
// protocol does not have, nothing is covered.
func (p Policy) CoverAt(camera string, t time.Time) devices.Cover {
	var cover devices.Cover
	c, ok := p.camera(camera)
	if !ok {
		return cover
	}
	for _, m := range c.Masks {
		cover.Zones = append(cover.Zones, devices.Zone{ID: m.ID, Polygon: slices.Clone(m.Polygon)})
	}
	if slices.ContainsFunc(p.spans(), func(s span) bool { return s.at(t) && s.covers(&c) }) {
		cover.Whole, cover.Sound = true, true
	}
	return cover
}

func (p Policy) camera(id string) (Camera, bool) {
	if p.Protocol == nil {
		return Camera{}, false
	}
	return p.Protocol.Camera(id)
}

// DecisionsAt lists the decisions that cover a camera at an instant.
func (p Policy) DecisionsAt(camera string, t time.Time) []Decision {
	c, ok := p.camera(camera)
	if !ok {
		return nil
	}
	var out []Decision
	for _, s := range p.spans() {
		if s.at(t) && s.covers(&c) {
			out = append(out, s.decision)
		}
	}
	return out
}

// NextChange is the first instant after a given one at which CoverAt of the
// camera differs from the instant before; false if it stays as it is.
func (p Policy) NextChange(camera string, after time.Time) (time.Time, bool) {
	c, ok := p.camera(camera)
	if !ok {
		return time.Time{}, false
	}
	var mine []span
	var edges []time.Time
	for _, s := range p.spans() {
		if s.empty() || !s.covers(&c) {
			continue
		}
		mine = append(mine, s)
		edges = append(edges, s.from)
		if !s.until.IsZero() {
			edges = append(edges, s.until)
		}
	}
	covered := func(t time.Time) bool { return slices.ContainsFunc(mine, func(s span) bool { return s.at(t) }) }
	slices.SortFunc(edges, time.Time.Compare)
	for _, t := range edges {
		if t.After(after) && covered(t) != covered(t.Add(-1)) {
			return t, true
		}
	}
	return time.Time{}, false
}

// Calendar lists what covers which camera of a site, and when, in order of time.
func (p Policy) Calendar(site string) []Interval {
	var out []Interval
	for _, s := range p.spans() {
		if s.decision.Site != site || s.empty() {
			continue
		}
		for i := range p.Protocol.Cameras {
			if c := &p.Protocol.Cameras[i]; s.covers(c) {
				out = append(out, Interval{Decision: s.decision.ID, Camera: c.ID, From: s.from, Until: s.until})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Interval) int {
		return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Decision, b.Decision), cmp.Compare(a.Camera, b.Camera))
	})
	return out
}
