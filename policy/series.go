package policy

import (
	"fmt"
	"slices"
	"time"
)

// series is a recurring window that can be carried out.
type series struct {
	Recurring

	days *recurrence
	// The times of day as the time since midnight; ends may be on the next day.
	begins, ends time.Duration
}

// occurrence is one time that a recurring window covers: From the earliest
// instant that its beginning can mean until the latest that its end can mean.
type occurrence struct {
	day         Date
	from, until time.Time
}

// newSeries checks a recurring window. The work is bounded for every value.
func newSeries(w Recurring) (*series, error) { return prepared(w, nil) }

// series is newSeries with what is known since the protocol was read: finding
// the last of many rare days costs milliseconds, and each question would pay it.
func (p *Protocol) series(w Recurring) (*series, error) { return prepared(w, p.recurrences) }

// days is what the days of a window depend on.
func (w Recurring) days() string { return fmt.Sprint(w.Rule, " ", w.First, " ", w.Last, " ", w.Except) }

// prepared is newSeries with the days that are known already.
func prepared(w Recurring, known map[string]*recurrence) (*series, error) {
	fail := func(format string, args ...any) (*series, error) {
		return nil, fmt.Errorf("window %s: %w", short(w.ID), fmt.Errorf(format, args...))
	}
	if err := checkID(w.ID); err != nil {
		return fail("%w", err)
	}
	r, err := parseRule(w.Rule)
	if err != nil {
		return fail("%w", err)
	}
	begins, from := w.From.sinceMidnight()
	ends, until := w.Until.sinceMidnight()
	if ends <= begins {
		ends += 24 * time.Hour
	}
	switch {
	case !from:
		return fail("from is %s; write the local time of the first covered instant, as in \"20:00\"", short(string(w.From)))
	case !until:
		return fail("until is %s; write the local time of the first uncovered instant, as in \"06:00\"", short(string(w.Until)))
	case w.First.IsZero():
		return fail("first is missing; write the first day that can count, as in 2026-01-01")
	case !w.Last.IsZero() && dayNumber(w.Last) < dayNumber(w.First):
		return fail("last is %s, before first, %s; write a later day, or leave it out", w.Last, w.First)
	default:
	}
	if days := known[w.days()]; days != nil {
		return &series{Recurring: w, days: days, begins: begins, ends: ends}, nil
	}
	s := &series{Recurring: w, days: newRecurrence(r, w.First, w.Last, w.Except), begins: begins, ends: ends}
	first := dayNumber(w.First)
	if _, ok := s.days.next(first, first+firstWithin*366); !ok {
		if err := checkRecurrence(w.Rule); err != nil {
			return fail("%w", err)
		}
		return fail("no day counts within %d years of first; correct the rule, first, last or except", firstWithin)
	}
	return s, nil
}

func (c Clock) sinceMidnight() (time.Duration, bool) {
	h, m, ok := c.parts()
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute, ok
}

// covers tells whether the window covers a camera.
func (s *series) covers(c *Camera) bool {
	if len(s.Cameras) > 0 {
		return slices.Contains(s.Cameras, c.ID)
	}
	return (len(s.Sites) == 0 || slices.Contains(s.Sites, c.Site)) && (len(s.Zones) == 0 || slices.ContainsFunc(s.Zones, c.SeesZone))
}

// on is the occurrence of a day, by the clock of a place.
func (s *series) on(loc *time.Location, day Date) occurrence {
	end := day
	if s.Until <= s.From {
		end = day.AddDays(1)
	}
	o := occurrence{day: day}
	o.from, _ = instants(loc, day, s.From)
	_, o.until = instants(loc, end, s.Until)
	return o
}

// A local time of a day lies at most reach from the same time in UTC: clocks
// differ by up to 14 hours, and instants looks 26 hours around a time that the
// clocks skip.
const reach = 26 * time.Hour

// within lists the occurrences that touch [from,until), in order of their days.
func (s *series) within(loc *time.Location, from, until time.Time) []occurrence {
	lo := dayNumber(DateOf(from.UTC().Add(-reach))) - 2 // it may end on the next day
	hi := dayNumber(DateOf(until.UTC().Add(reach))) + 1
	var out []occurrence
	for _, n := range s.days.between(lo, hi) {
		midnight := time.Unix(int64(n)*secondsOfDay, 0)
		if !midnight.Add(s.begins-reach).Before(until) || !midnight.Add(s.ends+reach).After(from) {
			continue // whatever the place
		}
		if o := s.on(loc, dateOfNumber(n)); o.from.Before(until) && o.until.After(from) {
			out = append(out, o)
		}
	}
	return out
}

// at lists the occurrences that contain an instant.
func (s *series) at(loc *time.Location, t time.Time) []occurrence {
	return s.within(loc, t, t.Add(1))
}

// horizon is how many years ahead the changes of recurring windows are sought.
const horizon = 10

// after is the earliest beginning after an instant, within the horizon from
// there or from the window's first day.
func (s *series) after(loc *time.Location, t time.Time) (time.Time, bool) {
	var best time.Time
	end := t
	if first := time.Unix(int64(s.days.first)*secondsOfDay, 0); first.After(end) {
		end = first
	}
	end = end.AddDate(horizon, 0, 0)
	hi := dayNumber(DateOf(end.UTC()))
	for day := dayNumber(DateOf(t.UTC().Add(-reach))); ; {
		n, ok := s.days.next(day, hi)
		if !ok {
			return best, !best.IsZero()
		}
		if o := s.on(loc, dateOfNumber(n)); o.from.After(t) && (best.IsZero() || o.from.Before(best)) {
			best = o.from
			hi = min(hi, dayNumber(DateOf(best.UTC().Add(reach)))+1) // later days begin later
		}
		day = n + 1
	}
}
