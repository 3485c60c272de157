package policy

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Limits of a recurrence rule. They bound what a hostile rule can cost and are
// far above what a protocol needs.
const (
	maxRule     = 500  // bytes
	maxInterval = 1000 // of any FREQ
	maxCount    = 3660 // ten years of days
	// cycle is the number of years after which the calendar repeats, weekdays
	// included: what does not occur in it never occurs.
	cycle = 400
	// firstWithin is how many years the first day of a window may lie after First.
	firstWithin = 40
)

// frequency is the FREQ of a rule.
type frequency int

const (
	daily frequency = iota + 1
	weekly
	monthly
	yearly
)

// ordinalDay is one entry of BYDAY: a weekday, and which of its month or year
// (0: each, -1: the last).
type ordinalDay struct {
	weekday time.Weekday
	nth     int
}

// rule is a recurrence rule of RFC 5545 §3.3.10 over civil days.
type rule struct {
	freq       frequency
	interval   int
	count      int  // 0: none
	until      Date // zero: none
	byDay      []ordinalDay
	byMonthDay []int
	byMonth    []int
	bySetPos   []int
	wkst       time.Weekday
}

// checkRecurrence tells whether a rule can be used: its syntax, its parts, and
// that some day can match it at all. The work is bounded for every string.
func checkRecurrence(s string) error {
	r, err := parseRule(s)
	if err != nil {
		return err
	}
	// The first days of the periods move with INTERVAL; what matches none of
	// the periods that follow one another matches none of those either.
	r.interval, r.count, r.until = 1, 0, Date{}
	first := Date{Year: 2000, Month: time.January, Day: 1}
	if _, ok := newRecurrence(r, first, Date{}, nil).next(dayNumber(first), dayNumber(Date{Year: first.Year + cycle, Month: time.January, Day: 1})); !ok {
		return fmt.Errorf("no day ever matches the rule %s; correct its BY… parts, since each of them must allow the day", short(s))
	}
	return nil
}

// parseRule reads a rule, "FREQ=WEEKLY;BYDAY=SA,SU".
func parseRule(s string) (rule, error) {
	r := rule{interval: 1, wkst: time.Monday}
	if s == "" {
		return r, errors.New("the rule is missing; write one such as FREQ=WEEKLY;BYDAY=SA,SU")
	}
	if len(s) > maxRule {
		return r, fmt.Errorf("the rule is %d bytes long; write at most %d", len(s), maxRule)
	}
	if strings.HasPrefix(strings.ToUpper(s), "RRULE:") {
		return r, fmt.Errorf("the rule begins with %s; leave that out and begin with FREQ=", short(s[:6]))
	}
	seen := map[string]bool{}
	for part := range strings.SplitSeq(s, ";") {
		name, value, ok := strings.Cut(part, "=")
		name, value = strings.ToUpper(name), strings.ToUpper(value)
		switch {
		case !ok || name == "" || value == "":
			return r, fmt.Errorf("%s is no part of a rule; write NAME=VALUE parts with ; between them, as in FREQ=WEEKLY;BYDAY=SA,SU", short(part))
		case seen[name]:
			return r, fmt.Errorf("%s stands twice in the rule; give it once, with commas between several values", short(name))
		default:
		}
		seen[name] = true
		if err := r.part(name, value); err != nil {
			return r, err
		}
	}
	return r, r.consistent()
}

// part reads one part of a rule.
func (r *rule) part(name, value string) (err error) {
	switch name {
	case "FREQ":
		r.freq, err = parseFreq(value)
	case "INTERVAL":
		r.interval, err = ruleNumber(name, value, 1, maxInterval)
	case "COUNT":
		r.count, err = ruleNumber(name, value, 1, maxCount)
	case "UNTIL":
		t, bad := time.Parse("20060102", value)
		if bad != nil {
			return fmt.Errorf("UNTIL is %s; write the last day alone, as in UNTIL=20271231", short(value))
		}
		r.until = DateOf(t)
	case "BYDAY":
		r.byDay, err = list(value, parseOrdinalDay)
	case "BYMONTHDAY":
		r.byMonthDay, err = list(value, func(s string) (int, error) { return signedNumber(name, s, 31) })
	case "BYMONTH":
		r.byMonth, err = list(value, func(s string) (int, error) { return ruleNumber(name, s, 1, 12) })
	case "BYSETPOS":
		r.bySetPos, err = list(value, func(s string) (int, error) { return signedNumber(name, s, 366) })
	case "WKST":
		var d ordinalDay
		if d, err = parseOrdinalDay(value); err == nil && d.nth != 0 {
			err = fmt.Errorf("WKST is %s; write the day on which the week begins, as in WKST=MO", short(value))
		}
		r.wkst = d.weekday
	case "BYHOUR", "BYMINUTE", "BYSECOND":
		err = fmt.Errorf("%s does not belong in a rule that picks days; give the times of day under from and until", name)
	case "BYWEEKNO", "BYYEARDAY":
		err = fmt.Errorf("%s is not supported; pick the days with BYMONTH, BYMONTHDAY, BYDAY and BYSETPOS", name)
	case "DTSTART":
		err = errors.New("DTSTART does not belong in the rule; give the first day under first")
	default:
		err = fmt.Errorf("%s is no part of a rule; use FREQ, INTERVAL, COUNT, UNTIL, BYDAY, BYMONTHDAY, BYMONTH, BYSETPOS and WKST", short(name))
	}
	return err
}

// consistent checks what RFC 5545 asks of the parts together.
func (r *rule) consistent() error {
	ordinal := slices.ContainsFunc(r.byDay, func(d ordinalDay) bool { return d.nth != 0 })
	switch {
	case r.freq == 0:
		return errors.New("the rule has no FREQ; begin with FREQ=DAILY, WEEKLY, MONTHLY or YEARLY")
	case r.count > 0 && !r.until.IsZero():
		return errors.New("the rule has COUNT and UNTIL; keep one of them")
	case ordinal && r.freq != monthly && r.freq != yearly:
		return errors.New("BYDAY counts weekdays (as in 1MO or -1SU) in a rule that is daily or weekly; leave the number out, or write FREQ=MONTHLY or YEARLY")
	case r.freq == weekly && len(r.byMonthDay) > 0:
		return errors.New("BYMONTHDAY cannot stand in a weekly rule; write FREQ=MONTHLY, or BYDAY")
	case len(r.bySetPos) > 0 && len(r.byDay)+len(r.byMonthDay)+len(r.byMonth) == 0:
		return errors.New("BYSETPOS picks from the days that other parts name, and there are none; add BYDAY, BYMONTHDAY or BYMONTH, or leave BYSETPOS out")
	case slices.ContainsFunc(r.byDay, func(d ordinalDay) bool { return r.inMonth() && max(d.nth, -d.nth) > 5 }):
		return errors.New("BYDAY asks for more than the fifth of a weekday in a month; write 1 to 5 or -1 to -5 before the day")
	default:
		return nil
	}
}

// inMonth tells that BYDAY counts weekdays within the month, not the year.
func (r *rule) inMonth() bool { return r.freq == monthly || r.freq == yearly && len(r.byMonth) > 0 }

func parseFreq(s string) (frequency, error) {
	switch s {
	case "DAILY":
		return daily, nil
	case "WEEKLY":
		return weekly, nil
	case "MONTHLY":
		return monthly, nil
	case "YEARLY":
		return yearly, nil
	case "HOURLY", "MINUTELY", "SECONDLY":
		return 0, fmt.Errorf("FREQ is %s, but the rule picks days; write DAILY, WEEKLY, MONTHLY or YEARLY and give the times of day under from and until", s)
	default:
		return 0, fmt.Errorf("FREQ is %s; write DAILY, WEEKLY, MONTHLY or YEARLY", short(s))
	}
}

// list reads values with commas between them, each kept once.
func list[T comparable](s string, parse func(string) (T, error)) ([]T, error) {
	var out []T
	for e := range strings.SplitSeq(s, ",") {
		v, err := parse(e)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out, nil
}

// ruleNumber reads a number from lo to hi, digits only.
func ruleNumber(name, s string, lo, hi int) (int, error) {
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil || int(n) < lo || int(n) > hi {
		return 0, fmt.Errorf("%s is %s; write a number from %d to %d", name, short(s), lo, hi)
	}
	return int(n), nil
}

// signedNumber reads a place counted from the beginning (1) or the end (-1).
func signedNumber(name, s string, hi int) (int, error) {
	digits, sign := strings.TrimPrefix(s, "+"), 1
	if rest, ok := strings.CutPrefix(s, "-"); ok {
		digits, sign = rest, -1
	}
	n, err := ruleNumber(name, digits, 1, hi)
	if err != nil {
		return 0, fmt.Errorf("%s is %s; write numbers from 1 to %d, or from -1 to -%d counted from the end", name, short(s), hi, hi)
	}
	return sign * n, nil
}

func parseOrdinalDay(s string) (ordinalDay, error) {
	bad := fmt.Errorf("%s is no day; write MO, TU, WE, TH, FR, SA or SU, in a monthly or yearly rule with which one before it, as in 1MO or -1SU", short(s))
	if len(s) < 2 {
		return ordinalDay{}, bad
	}
	number, name := s[:len(s)-2], s[len(s)-2:]
	weekday := slices.Index([]string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"}, name)
	if weekday < 0 {
		return ordinalDay{}, bad
	}
	d := ordinalDay{weekday: time.Weekday(weekday)}
	if number != "" {
		n, err := signedNumber("BYDAY", number, 53)
		if err != nil {
			return ordinalDay{}, bad
		}
		d.nth = n
	}
	return d, nil
}

// recurrence is a rule with the days that bound it. It answers for any stretch
// of days without going through those before it. (The library
// github.com/teambition/rrule-go always begins at DTSTART and, where no day
// matches, goes on until the year 9999; it takes BYDAY=MO,1MO for the days that
// are both, which leaves days open; and it lets COUNT=-3 and INTERVAL=0 through.
// It is the second opinion in the tests.)
type recurrence struct {
	rule

	first, last int // day numbers; both can count
	firstDate   Date
	except      []int
}

// newRecurrence bounds a rule by a window's First, Last (none: for ever) and Except.
func newRecurrence(r rule, first, last Date, except []Date) *recurrence {
	c := &recurrence{rule: r, first: dayNumber(first), last: math.MaxInt32, firstDate: first}
	for _, d := range []Date{last, r.until} {
		if !d.IsZero() {
			c.last = min(c.last, dayNumber(d))
		}
	}
	if r.count > 0 {
		c.last = min(c.last, c.counted())
	}
	for _, d := range except { // only now: COUNT counts excepted days, too
		c.except = append(c.except, dayNumber(d))
	}
	return c
}

// counted is the last of the COUNT days. A rule that does not have as many
// within a cycle of the calendar is as good as one for ever.
func (c *recurrence) counted() int {
	left := c.count
	end := min(c.last, c.first+cycle*366)
	for day := c.first; ; {
		d, ok := c.next(day, end)
		if !ok {
			return c.last
		}
		if left--; left == 0 {
			return d
		}
		day = d + 1
	}
}

// next is the first day from a day on that counts, up to and without end.
func (c *recurrence) next(from, end int) (int, bool) {
	from, end = max(from, c.first), min(end, c.last+1)
	for k := c.periodOf(from); ; k++ {
		lo, hi := c.period(k)
		if lo >= end {
			return 0, false
		}
		for _, d := range c.pick(lo, hi, from, end) {
			return d, true
		}
	}
}

// between lists the days from lo up to and without hi that count.
func (c *recurrence) between(lo, hi int) []int {
	lo, hi = max(lo, c.first), min(hi, c.last+1)
	var out []int
	if lo >= hi {
		return nil
	}
	for k := c.periodOf(lo); ; k++ {
		a, b := c.period(k)
		if a >= hi {
			return out
		}
		out = append(out, c.pick(a, b, lo, hi)...)
	}
}

// pick lists the days of the period [a,b) that lie in [lo,hi) and count.
func (c *recurrence) pick(a, b, lo, hi int) []int {
	if len(c.bySetPos) == 0 { // each day by itself
		a, b = max(a, lo), min(b, hi)
	}
	var set []int
	for d := a; d < b; d++ {
		if c.matches(d) {
			set = append(set, d)
		}
	}
	if len(c.bySetPos) > 0 {
		all := set
		set = nil
		for i, d := range all {
			if slices.Contains(c.bySetPos, i+1) || slices.Contains(c.bySetPos, i-len(all)) {
				set = append(set, d)
			}
		}
	}
	return slices.DeleteFunc(set, func(d int) bool { return d < lo || d >= hi || slices.Contains(c.except, d) })
}

// period is the k-th stretch of days that FREQ and INTERVAL give, [lo,hi).
func (c *recurrence) period(k int) (lo, hi int) {
	n := k * c.interval
	switch c.freq {
	case weekly:
		lo = c.weekStart() + 7*n
		return lo, lo + 7
	case monthly:
		return dayNumber(Date{c.firstDate.Year, c.firstDate.Month + time.Month(n), 1}), dayNumber(Date{c.firstDate.Year, c.firstDate.Month + time.Month(n) + 1, 1})
	case yearly:
		return dayNumber(Date{c.firstDate.Year + n, time.January, 1}), dayNumber(Date{c.firstDate.Year + n + 1, time.January, 1})
	default:
		return c.first + n, c.first + n + 1
	}
}

// periodOf is the last period that begins on a day, not before First, or before it.
func (c *recurrence) periodOf(day int) int {
	date := dateOfNumber(day)
	n := day - c.first
	switch c.freq {
	case weekly:
		n = (day - c.weekStart()) / 7
	case monthly:
		n = 12*(date.Year-c.firstDate.Year) + int(date.Month-c.firstDate.Month)
	case yearly:
		n = date.Year - c.firstDate.Year
	default:
	}
	return n / c.interval
}

func (c *recurrence) weekStart() int {
	return c.first - (int(weekdayOf(c.first))-int(c.wkst)+7)%7
}

// matches tells whether a day has what the BY… parts ask, or what First gives
// where they say nothing.
func (c *recurrence) matches(day int) bool {
	date := dateOfNumber(day)
	if len(c.byMonth) > 0 && !slices.Contains(c.byMonth, int(date.Month)) {
		return false
	}
	weekday := weekdayOf(day)
	if len(c.byDay)+len(c.byMonthDay) == 0 {
		switch c.freq {
		case weekly:
			return weekday == weekdayOf(c.first)
		case monthly:
			return date.Day == c.firstDate.Day
		case yearly:
			return date.Day == c.firstDate.Day && (len(c.byMonth) > 0 || date.Month == c.firstDate.Month)
		default:
			return true
		}
	}
	length := dayNumber(Date{date.Year, date.Month + 1, 1}) - dayNumber(Date{date.Year, date.Month, 1})
	if len(c.byMonthDay) > 0 && !slices.Contains(c.byMonthDay, date.Day) && !slices.Contains(c.byMonthDay, date.Day-length-1) {
		return false
	}
	if len(c.byDay) == 0 {
		return true
	}
	place := date.Day
	if !c.inMonth() {
		start := dayNumber(Date{date.Year, time.January, 1})
		place, length = day-start+1, dayNumber(Date{date.Year + 1, time.January, 1})-start
	}
	return slices.ContainsFunc(c.byDay, func(d ordinalDay) bool {
		return d.weekday == weekday && (d.nth == 0 || d.nth == (place-1)/7+1 || d.nth == -((length-place)/7+1))
	})
}

const secondsOfDay = 24 * 60 * 60

// dayNumber counts days from 1970-01-01; a month past December or a day past
// the month's end is of the next.
func dayNumber(d Date) int {
	return int(time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Unix() / secondsOfDay)
}

func dateOfNumber(n int) Date { return DateOf(time.Unix(int64(n)*secondsOfDay, 0).UTC()) }

// weekdayOf is the weekday of a day number; 1970-01-01 was a Thursday.
func weekdayOf(n int) time.Weekday {
	return time.Weekday(((n+int(time.Thursday))%7 + 7) % 7)
}
