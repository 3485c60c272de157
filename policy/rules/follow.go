package rules

import "time"

// How long after a matter was first seen its owner has to settle it. No
// document that the rules were drawn from sets such a time: these are ours.
const (
	DueCritical = 24 * time.Hour
	DueHigh     = 7 * 24 * time.Hour
	DueMedium   = 28 * 24 * time.Hour
	DueLow      = 90 * 24 * time.Hour
)

func dueAfter(s Severity) time.Duration {
	switch s {
	case High:
		return DueHigh
	case Medium:
		return DueMedium
	case Low:
		return DueLow
	default: // an unknown word is no reason to wait
		return DueCritical
	}
}

// Follow carries over what a finding alone does not know: since when it has
// its status, when the matter was resolved, and by when it must be. Earlier is
// the finding with the same id as Follow returned it last time, or nil; one
// with another id counts as nil.
//
// FirstSeen is the evaluation at which it took its present status, LastSeen
// the newest one. Resolved is when it became OK after it was not; it is gone
// once the matter is back. Due runs from the evaluation at which the matter
// first was not OK: a fail that turns unproven for a while, and back, keeps its
// day. A day that the rule sets itself stays. What is undelivered has none.
func Follow(earlier *Finding, f Finding) Finding {
	f.FirstSeen, f.LastSeen, f.Resolved = f.At, f.At, time.Time{}
	if earlier != nil && earlier.ID != f.ID {
		earlier = nil
	}
	if earlier != nil && earlier.Status == f.Status && earlier.FirstSeen.Before(f.FirstSeen) && !earlier.FirstSeen.IsZero() {
		f.FirstSeen = earlier.FirstSeen
	}
	switch {
	case f.Status.OK():
		if earlier != nil {
			f.Resolved = earlier.Resolved
			if !earlier.Status.OK() {
				f.Resolved = f.At
			}
		}
	case f.Undelivered:
		f.Due = time.Time{}
	case f.Due.IsZero():
		f.Due = f.FirstSeen.Add(dueAfter(f.Severity))
		if earlier != nil && !earlier.Status.OK() && !earlier.Due.IsZero() && earlier.Due.Before(f.Due) {
			f.Due = earlier.Due
		}
	default: // the rule knows a day of its own
	}
	return f
}

// SameVerdict tells that a finding says what it said before. Numbers may differ
// from look to look; only a change of verdict is stored and told, since measures
// over time tell who is where. A waiver that begins or ends is another verdict,
// and so is another reason why something is undelivered, which measures nothing.
func SameVerdict(a, b Finding) bool {
	waiver := func(f Finding) string {
		if f.Waiver == nil {
			return ""
		}
		return f.Waiver.ID
	}
	return a.Status == b.Status && a.Severity == b.Severity && a.Target == b.Target && a.Protocol == b.Protocol &&
		a.Undelivered == b.Undelivered && (!a.Undelivered || a.Text == b.Text) && waiver(a) == waiver(b)
}
