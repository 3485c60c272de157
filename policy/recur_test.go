package policy

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/teambition/rrule-go"
	"pgregory.net/rapid"
)

func civil(t testing.TB, s string) Date {
	t.Helper()
	d, err := ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// days lists the first n days of a rule.
func days(t testing.TB, rule, first, last string, n int, except ...Date) []string {
	t.Helper()
	r, err := parseRule(rule)
	if err != nil {
		t.Fatal(err)
	}
	var until Date
	if last != "" {
		until = civil(t, last)
	}
	c := newRecurrence(r, civil(t, first), until, except)
	var out []string
	for day := c.first; len(out) < n; {
		d, ok := c.next(day, c.first+firstWithin*366)
		if !ok {
			break
		}
		out = append(out, dateOfNumber(d).String())
		day = d + 1
	}
	return out
}

func TestRecurrence(t *testing.T) {
	for _, c := range []struct {
		name, rule, first, last string
		want                    string // the first days; a full stop after them: no more
	}{
		{"every day", "FREQ=DAILY", "2026-02-27", "", "2026-02-27 2026-02-28 2026-03-01"},
		{"every third day", "FREQ=DAILY;INTERVAL=3", "2026-12-30", "", "2026-12-30 2027-01-02 2027-01-05"},
		{"daily in a month", "FREQ=DAILY;BYMONTH=2", "2026-02-27", "", "2026-02-27 2026-02-28 2027-02-01"},
		{"daily on month days", "FREQ=DAILY;BYMONTHDAY=1,-1", "2026-02-01", "", "2026-02-01 2026-02-28 2026-03-01"},
		{"weekend", "FREQ=WEEKLY;BYDAY=SA,SU", "2026-03-18", "", "2026-03-21 2026-03-22 2026-03-28"},
		{"weekday of the first day", "FREQ=WEEKLY", "2026-03-18", "", "2026-03-18 2026-03-25 2026-04-01"},
		{"every second week, weeks begin on Monday", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU", "1997-08-05", "1997-08-30", "1997-08-05 1997-08-10 1997-08-19 1997-08-24."},
		{"every second week, weeks begin on Sunday", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU", "1997-08-05", "1997-08-30", "1997-08-05 1997-08-17 1997-08-19."},
		{"first Monday", "FREQ=MONTHLY;BYDAY=1MO", "2026-03-01", "", "2026-03-02 2026-04-06 2026-05-04"},
		{"last Friday", "FREQ=MONTHLY;BYDAY=-1FR", "2026-03-01", "", "2026-03-27 2026-04-24 2026-05-29"},
		{"the 31st", "FREQ=MONTHLY", "2026-01-31", "", "2026-01-31 2026-03-31 2026-05-31"},
		{"last day of the month", "FREQ=MONTHLY;BYMONTHDAY=-1", "2028-01-31", "", "2028-01-31 2028-02-29 2028-03-31"},
		{"last working day", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "2026-01-01", "", "2026-01-30 2026-02-27 2026-03-31"},
		{"Friday the 13th", "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "2026-01-01", "", "2026-02-13 2026-03-13 2026-11-13"},
		{"King's Day", "FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=27", "2026-01-01", "", "2026-04-27 2027-04-27 2028-04-27"},
		{"day of the year's first day", "FREQ=YEARLY", "2026-11-11", "", "2026-11-11 2027-11-11"},
		{"leap day", "FREQ=YEARLY", "2024-02-29", "", "2024-02-29 2028-02-29 2032-02-29"},
		{"leap day every third year", "FREQ=YEARLY;INTERVAL=3;BYMONTH=2;BYMONTHDAY=29", "2024-02-29", "", "2024-02-29 2036-02-29 2048-02-29"},
		{"fourth Thursday of November", "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", "2026-01-01", "", "2026-11-26 2027-11-25"},
		{"twentieth Monday of the year", "FREQ=YEARLY;BYDAY=20MO", "1997-05-19", "", "1997-05-19 1998-05-18 1999-05-17"},
		{"last Sunday of the year", "FREQ=YEARLY;BYDAY=-1SU", "2026-01-01", "", "2026-12-27 2027-12-26"},
		{"month days of every month", "FREQ=YEARLY;BYMONTHDAY=1", "2026-11-15", "", "2026-12-01 2027-01-01 2027-02-01"},
		{"the day of First in given months", "FREQ=YEARLY;BYMONTH=3,9", "2026-01-15", "", "2026-03-15 2026-09-15 2027-03-15"},
		{"count", "FREQ=DAILY;COUNT=2", "2026-03-18", "", "2026-03-18 2026-03-19."},
		{"count is of matching days", "FREQ=WEEKLY;BYDAY=MO;COUNT=2", "2026-03-18", "", "2026-03-23 2026-03-30."},
		{"until that day", "FREQ=DAILY;UNTIL=20260319", "2026-03-18", "", "2026-03-18 2026-03-19."},
		{"last before until", "FREQ=DAILY;UNTIL=20260319", "2026-03-18", "2026-03-18", "2026-03-18."},
		{"each Monday and the last Tuesday", "FREQ=MONTHLY;BYDAY=MO,-1TU", "2026-03-20", "", "2026-03-23 2026-03-30 2026-03-31 2026-04-06"},
		{"second of two days a week, also in the first week", "FREQ=WEEKLY;BYDAY=MO,WE;BYSETPOS=2", "2026-03-17", "", "2026-03-18 2026-03-25"},
		{"small letters, order, twice the same", "byday=mo,mo;freq=weekly", "2026-03-18", "", "2026-03-23 2026-03-30"},
	} {
		t.Run(c.name, func(t *testing.T) {
			want, whole := strings.CutSuffix(c.want, ".")
			list := strings.Fields(want)
			n := len(list)
			if whole {
				n++
			}
			if got := days(t, c.rule, c.first, c.last, n); !slices.Equal(got, list) {
				t.Errorf("%v, want %v", got, list)
			}
		})
	}
}

// Excepted days count for COUNT, as RFC 5545 has it.
func TestExcept(t *testing.T) {
	got := days(t, "FREQ=DAILY;COUNT=3", "2026-03-18", "", 5, civil(t, "2026-03-19"))
	if !slices.Equal(got, []string{"2026-03-18", "2026-03-20"}) {
		t.Error(got)
	}
}

func TestCheckRecurrence(t *testing.T) {
	for _, c := range []struct{ name, rule, want string }{
		{"good", "FREQ=MONTHLY;INTERVAL=2;BYDAY=1MO,-1SU;BYMONTH=1,3;WKST=SU;COUNT=10", ""},
		{"leap day", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", ""},
		{"leap day on a Monday", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO", ""},
		{"until", "FREQ=WEEKLY;UNTIL=20271231", ""},
		{"empty", "", "missing"},
		{"words", "every Monday", "NAME=VALUE"},
		{"prefix", "RRULE:FREQ=DAILY", "leave that out"},
		{"no frequency", "BYDAY=MO", "no FREQ"},
		{"unknown frequency", "FREQ=FORTNIGHTLY", "DAILY, WEEKLY, MONTHLY or YEARLY"},
		{"hourly", "FREQ=HOURLY", "under from and until"},
		{"by hour", "FREQ=DAILY;BYHOUR=8", "under from and until"},
		{"by second", "FREQ=DAILY;BYSECOND=8", "under from and until"},
		{"by week", "FREQ=YEARLY;BYWEEKNO=20", "not supported"},
		{"by year day", "FREQ=YEARLY;BYYEARDAY=1", "not supported"},
		{"start", "DTSTART=20260101;FREQ=DAILY", "under first"},
		{"unknown part", "FREQ=DAILY;BYEASTER=0", "no part of a rule"},
		{"trailing semicolon", "FREQ=DAILY;", "no part"},
		{"part twice", "FREQ=DAILY;FREQ=WEEKLY", "twice"},
		{"no interval", "FREQ=DAILY;INTERVAL=0", "1 to 1000"},
		{"interval of a billion", "FREQ=DAILY;INTERVAL=1000000000", "1 to 1000"},
		{"interval past every number", "FREQ=DAILY;INTERVAL=99999999999999999999", "1 to 1000"},
		{"count of a billion", "FREQ=DAILY;COUNT=1000000000", "1 to 3660"},
		{"negative count", "FREQ=DAILY;COUNT=-3", "1 to 3660"},
		{"count and until", "FREQ=DAILY;COUNT=3;UNTIL=20270101", "keep one"},
		{"until with a time", "FREQ=DAILY;UNTIL=20270101T000000Z", "UNTIL=20271231"},
		{"until on no day", "FREQ=DAILY;UNTIL=20270230", "UNTIL=20271231"},
		{"unknown day", "FREQ=WEEKLY;BYDAY=MA", "MO, TU"},
		{"no day", "FREQ=WEEKLY;BYDAY=MO,", "MO, TU"},
		{"ordinal in a week", "FREQ=WEEKLY;BYDAY=1MO", "daily or weekly"},
		{"sixth of a month", "FREQ=MONTHLY;BYDAY=6MO", "more than the fifth"},
		{"zeroth", "FREQ=MONTHLY;BYDAY=0MO", "1MO"},
		{"54th of a year", "FREQ=YEARLY;BYDAY=54MO", "1MO"},
		{"month 13", "FREQ=YEARLY;BYMONTH=13", "1 to 12"},
		{"month day 32", "FREQ=MONTHLY;BYMONTHDAY=32", "1 to 31"},
		{"month day 0", "FREQ=MONTHLY;BYMONTHDAY=0", "1 to 31"},
		{"two signs", "FREQ=MONTHLY;BYMONTHDAY=+-1", "1 to 31"},
		{"month day in a week", "FREQ=WEEKLY;BYMONTHDAY=1", "weekly"},
		{"position of nothing", "FREQ=DAILY;BYSETPOS=1", "there are none"},
		{"week begins on the first Monday", "FREQ=WEEKLY;WKST=1MO", "WKST=MO"},
		{"30 February", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "no day ever"},
		{"31 of a short month, day by day", "FREQ=DAILY;BYMONTH=4,6,9,11;BYMONTHDAY=31", "no day ever"},
		{"sixth of five", "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6", "no day ever"},
		{"second of one", "FREQ=DAILY;BYMONTH=1;BYSETPOS=2", "no day ever"},
		{"endless", "FREQ=DAILY;BYMONTH=" + strings.Repeat("1,", 400) + "1", "at most 500"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := checkRecurrence(c.rule)
			if c.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q in it", err, c.want)
			}
		})
	}
}

func TestCheckRecurring(t *testing.T) {
	good := Recurring{ID: "w", Rule: "FREQ=WEEKLY;BYDAY=MO", First: civil(t, "2026-01-01"), From: "20:00", Until: "06:00"}
	for _, c := range []struct {
		name   string
		change func(w *Recurring)
		want   string
	}{
		{"good", func(*Recurring) {}, ""},
		{"one day", func(w *Recurring) { w.Last = civil(t, "2026-01-05") }, ""},
		{"whole days", func(w *Recurring) { w.From, w.Until = "00:00", "00:00" }, ""},
		{"id", func(w *Recurring) { w.ID = "A b" }, "cannot be used"},
		{"rule", func(w *Recurring) { w.Rule = "FREQ=DAILY;BYHOUR=3" }, "under from and until"},
		{"no first day", func(w *Recurring) { w.First = Date{} }, "first is missing"},
		{"last before first", func(w *Recurring) { w.Last = civil(t, "2025-12-31") }, "before first"},
		{"ends before any", func(w *Recurring) { w.Last = civil(t, "2026-01-04") }, "no day counts"},
		{"all excepted", func(w *Recurring) { w.Last, w.Except = civil(t, "2026-01-11"), []Date{civil(t, "2026-01-05")} }, "no day counts"},
		{"years that have no leap day", func(w *Recurring) {
			w.Rule, w.First = "FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29", civil(t, "2026-01-01")
		}, "no day counts"},
		{"never", func(w *Recurring) { w.Rule = "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30" }, "no day ever"},
		{"no beginning", func(w *Recurring) { w.From = "" }, "from is"},
		{"no end", func(w *Recurring) { w.Until = "24:00" }, "until is"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := good
			c.change(&w)
			_, err := newSeries(w)
			if c.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q in it", err, c.want)
			}
		})
	}
}

// drawRule draws rules that are well formed, most of them with some day.
func drawRule(t *rapid.T) string {
	freq := rapid.SampledFrom([]string{"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}).Draw(t, "freq")
	parts := []string{"FREQ=" + freq}
	some := func(name string, from []string) {
		if rapid.IntRange(0, 2).Draw(t, "has "+name) == 0 {
			parts = append(parts, name+"="+strings.Join(rapid.SliceOfNDistinct(rapid.SampledFrom(from), 1, 3, rapid.ID).Draw(t, name), ","))
		}
	}
	some("BYMONTH", strings.Fields("1 2 3 4 6 10 12"))
	switch freq {
	case "MONTHLY", "YEARLY":
		// Never both kinds: the other program takes MO,1MO for days that are both.
		some("BYDAY", strings.Fields(rapid.SampledFrom([]string{"MO WE FR SU", "1MO 2TU -1SU 5TH -5SA 3WE"}).Draw(t, "days")))
	default:
		some("BYDAY", strings.Fields("MO TU WE TH FR SA SU"))
	}
	if freq != "WEEKLY" {
		some("BYMONTHDAY", strings.Fields("1 2 13 28 29 30 31 -1 -2 -31"))
	}
	// The other program counts positions in the first week from First on.
	if len(parts) > 1 && freq != "WEEKLY" {
		some("BYSETPOS", strings.Fields("1 2 3 5 -1 -2"))
	}
	if n := rapid.IntRange(1, 5).Draw(t, "interval"); n > 1 {
		parts = append(parts, "INTERVAL="+string(rune('0'+n)))
	}
	parts = append(parts, "WKST="+rapid.SampledFrom([]string{"MO", "SU", "WE"}).Draw(t, "wkst"))
	switch rapid.IntRange(0, 3).Draw(t, "bound") {
	case 0:
		parts = append(parts, "COUNT="+rapid.SampledFrom([]string{"1", "2", "7", "40"}).Draw(t, "count"))
	case 1:
		parts = append(parts, "UNTIL="+rapid.SampledFrom([]string{"20240229", "20260318", "20300101"}).Draw(t, "until"))
	default:
	}
	return strings.Join(parts, ";")
}

func drawDate(t *rapid.T, lo, hi int) Date {
	return dateOfNumber(dayNumber(Date{lo, time.January, 1}) + rapid.IntRange(0, 366*(hi-lo)).Draw(t, "date"))
}

// Over ten years from any day a rule gives the days that another program gives.
func TestRecurrenceAgainstOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, first := drawRule(t), drawDate(t, 2020, 2027)
		r, err := parseRule(text)
		if err != nil {
			t.Fatal(err)
		}
		c := newRecurrence(r, first, Date{}, nil)
		o, err := rrule.StrToROption(text)
		if err != nil {
			t.Fatal(err)
		}
		o.Dtstart = time.Date(first.Year, first.Month, first.Day, 0, 0, 0, 0, time.UTC)
		other, err := rrule.NewRRule(*o)
		if err != nil {
			t.Fatal(err)
		}
		from := drawDate(t, 2020, 2030)
		start := time.Date(from.Year, from.Month, from.Day, 0, 0, 0, 0, time.UTC)
		end := start.AddDate(10, 0, 0)
		var want []Date
		for _, d := range other.Between(start, end.Add(-1), true) {
			want = append(want, DateOf(d))
		}
		var got []Date
		for _, n := range c.between(dayNumber(from), dayNumber(DateOf(end))) {
			got = append(got, dateOfNumber(n))
		}
		if !slices.Equal(got, want) {
			i := 0
			for i < min(len(got), len(want)) && got[i] == want[i] {
				i++
			}
			t.Fatalf("%s from %s, after %s: the first %d days agree, then %v, want %v", text, first, from, i, got[i:min(i+3, len(got))], want[i:min(i+3, len(want))])
		}
		next, ok := c.next(dayNumber(from), dayNumber(DateOf(end)))
		if ok != (len(want) > 0) || ok && dateOfNumber(next) != want[0] {
			t.Fatalf("next is %s %v, want %v", dateOfNumber(next), ok, want)
		}
	})
}

// No string costs much time, and what is accepted has a day.
func FuzzRecurrence(f *testing.F) {
	for _, s := range []string{
		"FREQ=WEEKLY;BYDAY=SA,SU", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO;INTERVAL=1000", "FREQ=DAILY;COUNT=3660;BYMONTH=2;BYMONTHDAY=29",
		"FREQ=MONTHLY;BYDAY=-1FR;BYSETPOS=1;WKST=SU", "FREQ=DAILY;UNTIL=99991231", "FREQ=DAILY;BYMONTHDAY=-31;BYMONTH=2", "=;=", "FREQ",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		began := time.Now()
		err := checkRecurrence(s)
		if d := time.Since(began); d > 2*time.Second {
			t.Errorf("%q takes %s", s, d)
		}
		if err != nil {
			if len(err.Error()) > 400 {
				t.Errorf("%q is answered with %d bytes", s, len(err.Error()))
			}
			return
		}
		w := Recurring{ID: "w", Rule: s, First: Date{2026, time.January, 30}, From: "20:00", Until: "06:00"}
		if x, err := newSeries(w); err == nil {
			if _, ok := x.days.next(x.days.first, x.days.first+firstWithin*366); !ok {
				t.Errorf("%q was taken and has no day", s)
			}
		}
	})
}
