package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// coverage reports windows that cover nothing, and cameras that windows never
// let open again: who wants a camera covered for ever says so, since a camera
// that guards people and goods then guards nothing (invariant 3).
func (v *validator) coverage() {
	v.idleTemplates()
	list := v.runs()
	forEver := make([]bool, len(list))
	for i, r := range list {
		at := index("blackout.windows", r.place)
		if !slices.ContainsFunc(v.p.Cameras, func(c Camera) bool { return r.covers(&c) }) {
			v.open(code("window-covers-nothing", r.ID), at, fmt.Sprintf("window %q covers no camera", r.ID), "correct its sites, zones or cameras, or the sees lists of the cameras")
		}
		if gapless([]*run{r}) {
			forEver[i] = true
			v.conflict(code("window-never-ends", r.ID), at, fmt.Sprintf("window %q never ends: each time joins the next, and its cameras stay covered for ever", r.ID), "write an until that leaves time open, or a last day")
		}
	}
	v.joined(list, forEver)
}

// joined reports the cameras that several windows together never let open.
func (v *validator) joined(list []*run, forEver []bool) {
	answers := map[string]bool{} // cameras share their windows
	for i := range v.p.Cameras {
		c := &v.p.Cameras[i]
		var over []*run
		key, told := make([]byte, len(list)), false
		for j, r := range list {
			if r.covers(c) {
				over, told, key[j] = append(over, r), told || forEver[j], 1
			}
		}
		if told || len(over) < 2 {
			continue
		}
		joined, known := answers[string(key)]
		if !known {
			joined = gapless(over)
			answers[string(key)] = joined
		}
		if joined {
			names := make([]string, len(over))
			for j, r := range over {
				names[j] = fmt.Sprintf("%q", r.ID)
			}
			v.conflict(code("camera-never-open", c.ID), index("blackout.windows", over[len(over)-1].place),
				fmt.Sprintf("windows %s leave no gap, and camera %q stays covered for ever", strings.Join(names, ", "), c.ID), "leave time open between them, or write a last day")
		}
	}
}

// idleTemplates reports templates in use of which no camera sees a zone: each
// decision after one is refused. A protocol that lists no cameras says nothing
// of what they see.
func (v *validator) idleTemplates() {
	for i, t := range v.p.Blackout.Templates {
		seen := slices.ContainsFunc(v.p.Cameras, func(c Camera) bool { return slices.ContainsFunc(t.Zones, c.SeesZone) })
		if t.InUse() && !seen && len(v.p.Cameras) > 0 && len(t.Zones) > 0 {
			v.open(code("template-covers-nothing", t.ID), join(index("blackout.templates", i), "zones"), fmt.Sprintf("template %q covers no camera: none sees its zones", t.ID), "correct its zones, or the sees lists of the cameras")
		}
	}
}

// run is a recurring window with the days on which it begins, looked at once all
// windows of the protocol have begun and their exceptions are over.
type run struct {
	*series

	place int // among blackout.windows
	start int // number of the first day
	upTo  int // how many days are known
	known []uint64
}

const (
	runDays  = horizon * 366
	soonDays = 5 * 7 // enough to see the gap of nearly every window that has one
)

// runs makes the recurring windows ready. Those that are wrong are told elsewhere.
func (v *validator) runs() []*run {
	var list []*run
	start := 0
	for i, w := range v.p.Blackout.Windows {
		s, err := v.p.series(w)
		if err != nil {
			continue
		}
		list = append(list, &run{series: s, place: i})
		start = max(start, s.days.first)
		for _, d := range s.days.except {
			start = max(start, d+1)
		}
	}
	for _, r := range list {
		r.start = start
	}
	return list
}

// begin has a bit for each of a number of days at least, from start on: whether
// the window begins on it.
func (r *run) begin(days int) []uint64 {
	if r.upTo < days {
		r.upTo, r.known = days, make([]uint64, (days+63)/64)
		for _, d := range r.days.between(r.start, r.start+days) {
			r.known[(d-r.start)/64] |= 1 << ((d - r.start) % 64)
		}
	}
	return r.known
}

// gapless tells whether the windows together cover every minute of the local
// clock for as far as changes are sought. Where clocks change, an occurrence
// only grows: windows that meet on other days meet then, too.
func gapless(list []*run) bool {
	const day = 24 * time.Hour
	cuts := []time.Duration{0, day}
	for _, r := range list {
		cuts = append(cuts, r.begins, r.ends%day)
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	for _, days := range []int{soonDays, runDays} {
		for i, to := range cuts[1:] {
			if !always(list, cuts[i], to, days) {
				return false
			}
		}
	}
	return true
}

// always tells whether on each of a number of days but the first some window
// covers a stretch of the day that has no beginning or end of a window in it.
func always(list []*run, from, to time.Duration, days int) bool {
	const day = 24 * time.Hour
	covered := make([]uint64, (days+63)/64)
	for _, r := range list {
		today := r.begins <= from && to <= r.ends
		overnight := to+day <= r.ends
		if !today && !overnight {
			continue
		}
		begin, carry := r.begin(days), uint64(0)
		for i := range covered {
			if today {
				covered[i] |= begin[i]
			}
			if overnight {
				covered[i] |= begin[i]<<1 | carry
				carry = begin[i] >> 63
			}
		}
	}
	for d := 1; d < days; d++ {
		if covered[d/64]&(1<<(d%64)) == 0 {
			return false
		}
	}
	return true
}
