package policy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/lensdop/lensdop/policy"
)

// endless makes a protocol with the windows over the camera of valid.yaml that
// stands in the hall, and returns it with the codes of what is never open.
func endless(t testing.TB, windows ...string) (*policy.Protocol, []string) {
	t.Helper()
	text := string(corpus(t, "valid")[0].Data)
	i := strings.Index(text, "  windows: [")
	j := i + strings.Index(text[i:], "\n")
	text = text[:i] + "  windows:\n    - " + strings.Join(windows, "\n    - ") + text[j:]
	p, problems := policy.Check(policy.File{Name: "p.yaml", Data: []byte(text)})
	if p == nil {
		t.Fatal(problems)
	}
	var codes []string
	for _, q := range problems {
		if strings.HasPrefix(q.Code, "window-never-ends:") || strings.HasPrefix(q.Code, "camera-never-open:") {
			codes = append(codes, q.Code)
		}
	}
	return p, codes
}

func hallWindow(id, rule, more, from, until string) string {
	return fmt.Sprintf("{id: %s, sites: [hal], rule: %q, %s, from: %q, until: %q}", id, rule, more, from, until)
}

func TestNeverOpen(t *testing.T) {
	const since = "first: 2026-02-02"
	a := func(rule, more, from, until string) string { return hallWindow("a", rule, more, from, until) }
	b := func(rule, more, from, until string) string { return hallWindow("b", rule, more, from, until) }
	const ends, camera = "window-never-ends:a", "camera-never-open:zaal-1"
	for _, c := range []struct {
		name    string
		windows []string
		want    []string
	}{
		{"a day from midnight", []string{a("FREQ=DAILY", since, "00:00", "00:00")}, []string{ends}},
		{"a day from the hour that a night lacks", []string{a("FREQ=DAILY", since, "02:30", "02:30")}, []string{ends}},
		{"each day of the week", []string{a("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU", since, "06:00", "06:00")}, []string{ends}},
		{"but a minute", []string{a("FREQ=DAILY", since, "00:00", "23:59")}, nil},
		{"but Sundays", []string{a("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA", since, "06:00", "06:00")}, nil},
		{"but a day in years", []string{a("FREQ=YEARLY;BYMONTH=1,2,3,4,5,6,7,8,9,10,11,12;BYMONTHDAY=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,30,31", since, "00:00", "00:00")}, nil},
		{"with a last day", []string{a("FREQ=DAILY", since+", last: 2027-02-02", "00:00", "00:00")}, nil},
		{"with a last day in the rule", []string{a("FREQ=DAILY;UNTIL=20270202", since, "00:00", "00:00")}, nil},
		{"so many times", []string{a("FREQ=DAILY;COUNT=500", since, "00:00", "00:00")}, nil},
		{"one day excepted", []string{a("FREQ=DAILY", since+", except: [2030-05-25]", "00:00", "00:00")}, []string{ends}},
		{"day and night", []string{a("FREQ=DAILY", since, "06:00", "18:00"), b("FREQ=DAILY", since, "18:00", "06:00")}, []string{camera}},
		{"overlapping", []string{a("FREQ=DAILY", since, "05:00", "19:00"), b("FREQ=DAILY", since, "18:00", "06:00")}, []string{camera}},
		{"later and later", []string{a("FREQ=DAILY", since, "06:00", "18:00"), b("FREQ=DAILY", "first: 2029-01-01", "18:00", "06:00")}, []string{camera}},
		{"every other day", []string{a("FREQ=DAILY;INTERVAL=2", since, "00:00", "00:00"), b("FREQ=DAILY;INTERVAL=2", "first: 2026-02-03", "00:00", "00:00")}, []string{camera}},
		{"the same other day", []string{a("FREQ=DAILY;INTERVAL=2", since, "00:00", "00:00"), b("FREQ=DAILY;INTERVAL=2", "first: 2026-02-04", "00:00", "00:00")}, nil},
		{"a night ends", []string{a("FREQ=DAILY", since, "06:00", "18:00"), b("FREQ=DAILY", since+", last: 2028-01-01", "18:00", "06:00")}, nil},
		{"one of two never ends", []string{a("FREQ=DAILY", since, "00:00", "00:00"), b("FREQ=DAILY", since, "18:00", "06:00")}, []string{ends}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, got := endless(t, c.windows...); !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// What is said to be never open is covered at every half hour of two months
// that have a change of the clocks in them, and what is not is open at one.
func TestNeverOpenIsNeverOpen(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		times := rapid.SampledFrom([]string{"00:00", "06:00", "12:00", "18:00"})
		days := rapid.SampledFrom([]string{"FREQ=DAILY", "FREQ=DAILY", "FREQ=DAILY;INTERVAL=2", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "FREQ=WEEKLY;BYDAY=SA,SU", "FREQ=WEEKLY;BYDAY=MO"})
		var windows []string
		for i := range rapid.IntRange(1, 4).Draw(rt, "windows") {
			windows = append(windows, hallWindow(fmt.Sprint("w", i), days.Draw(rt, "rule"), "first: 2026-02-02", times.Draw(rt, "from"), times.Draw(rt, "until")))
		}
		p, codes := endless(t, windows...)
		p.Decisions = nil // one is open until a person releases
		plan := policy.Policy{Protocol: p}.Plan()
		open := false
		for at := time.Date(2026, 2, 20, 0, 0, 0, 0, time.UTC); at.Before(time.Date(2026, 4, 20, 0, 0, 0, 0, time.UTC)); at = at.Add(30 * time.Minute) {
			open = open || !plan.CoverAt("zaal-1", at).Whole
		}
		if open == (len(codes) > 0) {
			rt.Errorf("%s: %q, and open at some time is %t", windows, codes, open)
		}
	})
}
