package policy

import (
	"fmt"
	"slices"
	"time"

	"github.com/lensdop/lensdop/devices"
)

// Interval is the time that a window covers a camera: From is in it, Until is
// not. A zero Until means: until a person releases.
type Interval struct {
	Decision string    `json:"decision"` // id of the decision, or of the recurring window
	Camera   string    `json:"camera"`
	From     time.Time `json:"from"`
	Until    time.Time `json:"until,omitzero"`
}

// Contains tells whether the instant lies in the interval.
func (i Interval) Contains(t time.Time) bool { return stretch{i.From, i.Until}.contains(t) }

// Refusal is a decision, release or recurring window that cannot be carried
// out, and why. It is never dropped silently: whoever signed or wrote it must
// be told.
type Refusal struct {
	Decision string `json:"decision"`
	Release  string `json:"release,omitempty"` // empty for a decision
	Window   string `json:"window,omitempty"`  // recurring window of the protocol; the others are then empty
	Err      error  `json:"-"`
}

// Error tells what was refused and why.
func (r Refusal) Error() string { return r.Err.Error() }

// Unwrap gives the reason to errors.Is and errors.As.
func (r Refusal) Unwrap() error { return r.Err }

// released is the first instant that a window no longer covers: its own end or
// its release, whichever is first. A release counts from its time on, once as
// many different people have released as the template wants, and never before
// the earliest release.
func (p Policy) released(w window) time.Time {
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
// a list of every decision, release and recurring window that it refuses, with
// reasons. Decisions and recurring windows of the protocol itself are refused
// here, too. A decision after a template that is no longer in use is carried
// out: see CheckDecision.
func (p Policy) Usable() ([]Decision, []Refusal) {
	if p.Protocol == nil {
		var refused []Refusal
		for _, d := range p.Decisions {
			refused = append(refused, Refusal{Decision: d.ID, Err: fmt.Errorf("decision %s: there is no protocol", short(d.ID))})
		}
		return nil, append(refused, p.idle(nil)...)
	}
	var usable []Decision
	panes, refused := p.panes(p.Protocol.camera)
	windows := map[string][]window{}
	for _, w := range panes {
		if w.series != nil {
			continue
		}
		windows[w.id] = append(windows[w.id], w.window)
		if w.kind == EntryDecision {
			usable = append(usable, w.window.decision)
		}
	}
	return usable, append(refused, p.idle(windows)...)
}

// idle lists the releases that end none of the windows.
func (p Policy) idle(windows map[string][]window) []Refusal {
	var refused []Refusal
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
	return refused
}

// CoverAt is what must not be seen or heard of a camera at an instant: its
// masks always, those of all its views included, and in a window that is in
// force the whole picture and sound. It is a pure function of the protocol,
// the decisions and the time; whether that time can be trusted is the agent's
// to know. Of a camera that the protocol does not have, nothing is covered.
func (p Policy) CoverAt(camera string, t time.Time) devices.Cover {
	return p.CoverAtView(camera, "", t)
}

// CoverAtView is CoverAt for a camera that is known to show one of its views:
// the masks of the other views are left out. A view that the camera does not
// have, or none, gives the masks of all of them.
func (p Policy) CoverAtView(camera, view string, t time.Time) devices.Cover {
	l, ok := p.lane(camera)
	if !ok {
		return devices.Cover{}
	}
	return l.coverAt(view, t)
}

// DecisionsAt lists the decisions that cover a camera at an instant, those of
// the protocol included. WindowsAt also names recurring windows.
func (p Policy) DecisionsAt(camera string, t time.Time) []Decision {
	l, ok := p.lane(camera)
	if !ok {
		return nil
	}
	return l.decisionsAt(t)
}

// WindowsAt lists every window that covers a camera at an instant.
func (p Policy) WindowsAt(camera string, t time.Time) []Entry {
	l, ok := p.lane(camera)
	if !ok {
		return nil
	}
	return l.windowsAt(t)
}

// NextChange is the first instant after a given one at which CoverAt of the
// camera differs from the instant before; false if it stays as it is. It sees
// recurring windows for ten years from the instant, or from their first day if
// that is later.
func (p Policy) NextChange(camera string, after time.Time) (time.Time, bool) {
	l, ok := p.lane(camera)
	if !ok {
		return time.Time{}, false
	}
	return l.next(after)
}
