package main

import (
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/policy"
)

func TestCalendarCommand(t *testing.T) {
	file := put(t, t.TempDir(), "window.yaml", text(t, oneCamera)+blackout)
	const (
		first  = "2026-03-22 01:30  2026-03-22 03:30      balie, Council: balie\n"
		second = "2026-03-29 01:30  2026-03-29 03:30      balie, Council: balie\n"
		none   = "The protocol itself covers nothing in this time.\n"
	)
	for _, c := range []struct {
		name string
		args string
		code int
		want string // all of standard output, or a part of the error
	}{
		{"two Sundays", "--from 2026-03-16 --to 2026-04-05", 0, first + second},
		{"--to is left out", "--from 2026-03-22 --to 2026-03-29", 0, first},
		{"--from is within", "--from 2026-03-29 --to 2026-03-30", 0, second},
		{"before the first", "--from 2026-02-01 --to 2026-03-01", 0, none},
		{"this site", "--from 2026-03-22 --to 2026-03-29 --site balie", 0, first},
		{"long ago", "--from 2020-01-01 --to 2020-01-02", 0, none},

		{"another site", "--site hal", 1, "it has balie"},
		{"no such day", "--from 2026-02-29", 1, `--from "2026-02-29" is not a date`},
		{"the day first", "--to 01-03-2026", 1, `--to "01-03-2026" is not a date`},
		{"no time at all", "--from 2026-03-01 --to 2026-03-01", 1, "is not after"},
		{"backwards", "--from 2026-03-02 --to 2026-03-01", 1, "is not after"},
		{"a year too long", "--from 2026-01-01 --to 2927-01-01", 1, "ask for less"},
		{"two formats", "--json --ical", 1, "json"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := execute(t, append([]string{"protocol", "calendar", file, "--lang", "en"}, strings.Fields(c.args)...)...)
			good := r.stdout == c.want && r.stderr == ""
			if c.code != 0 {
				good = r.stdout == "" && strings.Contains(r.stderr, c.want)
			}
			if r.code != c.code || !good {
				t.Errorf("exit code %d, %q, %q; want %d and %q", r.code, r.stdout, r.stderr, c.code, c.want)
			}
		})
	}
}

// TestCalendarForPrograms: the window of the night in which the clock goes
// forward is an hour long.
func TestCalendarForPrograms(t *testing.T) {
	file := put(t, t.TempDir(), "window.yaml", text(t, oneCamera)+blackout)
	args := []string{"protocol", "calendar", file, "--from", "2026-03-29", "--to", "2026-03-30", "--lang", "fr"}
	var entries []policy.Entry
	open(t, execute(t, append(args, "--json")...).stdout, &entries)
	if len(entries) != 1 || entries[0].Until.Sub(entries[0].From) != time.Hour || entries[0].From != time.Date(2026, 3, 29, 0, 30, 0, 0, time.UTC) {
		t.Errorf("%+v", entries)
	}
	r := execute(t, append(args, "--ical")...)
	for _, want := range []string{"BEGIN:VCALENDAR\r\n", "DTSTART:20260329T003000Z\r\n", "DTEND:20260329T013000Z\r\n", "SUMMARY;LANGUAGE=fr:", "END:VCALENDAR\r\n"} {
		if r.code != 0 || !strings.Contains(r.stdout, want) {
			t.Errorf("exit code %d, no %q in\n%s", r.code, want, r.stdout)
		}
	}
	if n := strings.Count(r.stdout, "BEGIN:VEVENT"); n != 1 {
		t.Errorf("%d events, want 1", n)
	}
	// No window at all is still a list and a calendar.
	if r := execute(t, "protocol", "calendar", oneCamera, "--json"); r.code != 0 || r.stdout != "[]\n" {
		t.Errorf("nothing as JSON: %+v", r)
	}
	if r := execute(t, "protocol", "calendar", oneCamera, "--ical"); r.code != 0 || !strings.HasPrefix(r.stdout, "BEGIN:VCALENDAR") || strings.Contains(r.stdout, "VEVENT") {
		t.Errorf("nothing as iCalendar: %+v", r)
	}
}
