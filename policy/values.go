package policy

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Basis tells where a block, or single fields of it, come from when not from
// the written protocol: "assumed" is ours and to be confirmed, "law" is the law's.
type Basis struct {
	// All holds for the whole block.
	All string
	// Fields holds for a field, by its key in the file; "list.item" names one item.
	Fields map[string]string
}

// The words of a Basis.
const (
	BasisAssumed = "assumed"
	BasisLaw     = "law"
)

// IsZero tells that nothing is marked.
func (b Basis) IsZero() bool { return b.All == "" && len(b.Fields) == 0 }

// Of returns the word for a field: its own, or else the block's.
func (b Basis) Of(field string) string {
	if w := b.Fields[field]; w != "" {
		return w
	}
	return b.All
}

// Source tells which lens of a device a camera is: by the token of its video
// source, or by its place among them, counted from 1.
type Source struct {
	Token string
	Index int
}

// IsZero tells that the file does not say: the first lens.
func (s Source) IsZero() bool { return s == Source{} }

// String prints the token or the number.
func (s Source) String() string {
	if s.Token != "" {
		return s.Token
	}
	return strconv.Itoa(max(s.Index, 1))
}

// Clock is a local time of day, "06:30".
type Clock string

func (c *Clock) parse(s string) error {
	if _, _, ok := Clock(s).parts(); !ok {
		return fmt.Errorf("%s is not a time of day; write \"06:30\" (hours 00 to 23, in quotes)", short(s))
	}
	*c = Clock(s)
	return nil
}

func (c Clock) parts() (hour, minute int, ok bool) {
	if len(c) != 5 || c[2] != ':' {
		return 0, 0, false
	}
	h, errH := strconv.ParseUint(string(c[:2]), 10, 8)
	m, errM := strconv.ParseUint(string(c[3:]), 10, 8)
	if errH != nil || errM != nil || h > 23 || m > 59 {
		return 0, 0, false
	}
	return int(h), int(m), true
}

// Date is a civil date, without a time zone.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// ParseDate reads "2026-03-18". The date must exist.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("%s is not a date; write year-month-day, as in 2026-03-18", short(s))
	}
	return DateOf(t), nil
}

// DateOf is the civil date of an instant in the instant's own location.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{Year: y, Month: m, Day: d}
}

// IsZero tells that there is no date.
func (d Date) IsZero() bool { return d == Date{} }

// AddDays is the date n days later.
func (d Date) AddDays(n int) Date {
	return DateOf(time.Date(d.Year, d.Month, d.Day+n, 12, 0, 0, 0, time.UTC))
}

// String prints "2026-03-18", or nothing for no date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

// MarshalText writes what String prints.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what ParseDate reads, and nothing as no date.
func (d *Date) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*d = Date{}
		return nil
	}
	return d.parse(string(b))
}

func (d *Date) parse(s string) error {
	v, err := ParseDate(s)
	if err == nil {
		*d = v
	}
	return err
}

// Duration is an ISO 8601 duration. Years, months and days are calendar units:
// P1M is longer in March than in February, so it is not a number of hours.
type Duration struct {
	Years, Months, Days int
	Time                time.Duration // hours, minutes and seconds
}

var isoDuration = regexp.MustCompile(`^P(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,4})D)?(T(?:(\d{1,5})H)?(?:(\d{1,5})M)?(?:(\d{1,5})S)?)?$`)

// ParseDuration reads an ISO 8601 duration of whole numbers: P28D, P1M, P7D, PT10S.
func ParseDuration(s string) (Duration, error) {
	m := isoDuration.FindStringSubmatch(s)
	if m == nil || s == "P" || strings.HasSuffix(s, "T") {
		return Duration{}, fmt.Errorf("%s is not an ISO 8601 duration; write P28D, P1M, P7D or PT10S", short(s))
	}
	n := func(i int) int {
		if m[i] == "" {
			return 0
		}
		v, err := strconv.Atoi(m[i])
		if err != nil { // the expression lets through digits only
			return 0
		}
		return v
	}
	return Duration{
		Years: n(1), Months: n(2), Days: 7*n(3) + n(4),
		Time: time.Duration(n(6))*time.Hour + time.Duration(n(7))*time.Minute + time.Duration(n(8))*time.Second,
	}, nil
}

// IsZero tells that the duration is nothing, or absent.
func (d Duration) IsZero() bool { return d == Duration{} }

// Fixed returns the duration in hours and less, with a day as 24 hours; it is
// false for one of months or years, which have no fixed length.
func (d Duration) Fixed() (time.Duration, bool) {
	return time.Duration(d.Days)*24*time.Hour + d.Time, d.Years == 0 && d.Months == 0
}

// After is the instant the duration after t, by the calendar of t's location.
// A month that has no such day ends at its last day.
func (d Duration) After(t time.Time) time.Time {
	if d.Years != 0 || d.Months != 0 {
		first := time.Date(t.Year()+d.Years, t.Month()+time.Month(d.Months), 1, 12, 0, 0, 0, time.UTC)
		last := first.AddDate(0, 1, -1).Day()
		t = time.Date(first.Year(), first.Month(), min(t.Day(), last), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), t.Location())
	}
	return t.AddDate(0, 0, d.Days).Add(d.Time)
}

// Exceeds tells whether d can be longer than limit, from any day of the calendar.
//
// Four years of days with a leap year among them are looked at, but of each month
// only the first and the last: how far the two ends lie apart only grows, or only
// shrinks, from the day on which one of them no longer has such a day.
func (d Duration) Exceeds(limit Duration) bool {
	const day = 24 * time.Hour
	rest := d.Time - limit.Time
	days := d.Days - limit.Days + int(rest/day)
	if rest %= day; rest < 0 {
		days, rest = days-1, rest+day
	}
	longer := func(months int) bool { return days+months > 0 || days+months == 0 && rest > 0 }
	own, other := 12*d.Years+d.Months, 12*limit.Years+limit.Months
	if own == other {
		return longer(0)
	}
	for m := range time.Month(4 * 12) {
		_, length := monthAt(m)
		a, lengthA := monthAt(m + time.Month(own))
		b, lengthB := monthAt(m + time.Month(other))
		if longer(a-b) || longer(a-b+min(length, lengthA)-min(length, lengthB)) {
			return true
		}
	}
	return false
}

// monthAt is the number of the first day of a month counted from January 2023,
// and how many days the month has.
func monthAt(m time.Month) (first, length int) {
	first = dayNumber(Date{Year: 2023, Month: time.January + m, Day: 1})
	return first, dayNumber(Date{Year: 2023, Month: time.January + m + 1, Day: 1}) - first
}

// String prints the duration in ISO 8601, with weeks as days.
func (d Duration) String() string {
	if d.IsZero() {
		return "PT0S"
	}
	var b strings.Builder
	b.WriteByte('P')
	part := func(n int64, unit byte) {
		if n != 0 {
			b.WriteString(strconv.FormatInt(n, 10))
			b.WriteByte(unit)
		}
	}
	part(int64(d.Years), 'Y')
	part(int64(d.Months), 'M')
	part(int64(d.Days), 'D')
	if d.Time != 0 {
		b.WriteByte('T')
		part(int64(d.Time/time.Hour), 'H')
		part(int64(d.Time%time.Hour/time.Minute), 'M')
		part(int64(d.Time%time.Minute/time.Second), 'S')
	}
	return b.String()
}

// MarshalText writes what String prints.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what ParseDuration reads.
func (d *Duration) UnmarshalText(b []byte) error { return d.parse(string(b)) }

func (d *Duration) parse(s string) error {
	v, err := ParseDuration(s)
	if err == nil {
		*d = v
	}
	return err
}

// validID is the shape of every id in a protocol: it is also a part of log
// lines, addresses and file names.
var validID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

func checkID(id string) error {
	if id == "" {
		return errors.New("the id is missing; give it one of lower-case letters, digits and hyphens")
	}
	if !validID.MatchString(id) {
		return fmt.Errorf("id %s cannot be used; write 1 to 63 lower-case letters, digits and hyphens, beginning with a letter or digit", short(id))
	}
	return nil
}

// Hash is a SHA-256 in hexadecimal, "sha256:…". Empty means none.
type Hash string

func (h *Hash) parse(s string) error {
	if !hashShape.MatchString(s) {
		return fmt.Errorf("%s is not a SHA-256; write sha256: and 64 hexadecimal digits", short(s))
	}
	*h = Hash(s)
	return nil
}

var hashShape = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
