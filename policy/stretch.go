package policy

import (
	"slices"
	"sort"
	"time"
)

// stretch is a half-open stretch of time; a zero until means without end.
type stretch struct{ from, until time.Time }

func (s stretch) contains(t time.Time) bool {
	return !t.Before(s.from) && (s.until.IsZero() || t.Before(s.until))
}

func (s stretch) empty() bool { return !s.until.IsZero() && !s.from.Before(s.until) }

// touches tells whether the stretch has an instant in [from,to).
func (s stretch) touches(from, to time.Time) bool {
	return !s.empty() && s.from.Before(to) && (s.until.IsZero() || s.until.After(from))
}

// merged joins stretches that meet or overlap, drops empty ones, and puts the
// rest in order of time.
func merged(list []stretch) []stretch {
	list = slices.DeleteFunc(list, stretch.empty)
	slices.SortFunc(list, func(a, b stretch) int { return a.from.Compare(b.from) })
	out := list[:0]
	for _, s := range list {
		if n := len(out); n > 0 && (out[n-1].until.IsZero() || !s.from.After(out[n-1].until)) {
			if last := &out[n-1]; !last.until.IsZero() && (s.until.IsZero() || s.until.After(last.until)) {
				last.until = s.until
			}
			continue
		}
		out = append(out, s)
	}
	return out
}

// containing finds the stretch of a merged list that contains an instant.
func containing(list []stretch, t time.Time) (stretch, bool) {
	i := sort.Search(len(list), func(i int) bool { return list[i].from.After(t) }) - 1
	if i < 0 || !list[i].contains(t) {
		return stretch{}, false
	}
	return list[i], true
}

// following is the first beginning in a merged list after an instant.
func following(list []stretch, t time.Time) (time.Time, bool) {
	i := sort.Search(len(list), func(i int) bool { return list[i].from.After(t) })
	if i == len(list) {
		return time.Time{}, false
	}
	return list[i].from, true
}
