package ui

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the zones of the sites

	"github.com/lensdop/lensdop/policy"
)

func amsterdam(t testing.TB) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func TestReadCover(t *testing.T) {
	t.Parallel()
	loc := amsterdam(t)
	now := time.Date(2026, 3, 18, 10, 0, 30, 0, loc)
	local := func(s string) time.Time {
		d, err := time.ParseInLocation(formTime, s, loc)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for name, c := range map[string]struct {
		typed       string
		field, key  string
		from, until time.Time
	}{
		"one hour":              {typed: "mode=1h&reason=x", from: now, until: now.Add(time.Hour)},
		"four hours":            {typed: "mode=4h&reason=x", from: now, until: now.Add(4 * time.Hour)},
		"until":                 {typed: "mode=until&end=2026-03-18T21:00&reason=x", from: now, until: local("2026-03-18T21:00")},
		"window":                {typed: "mode=window&from=2026-03-19T06:30&to=2026-03-19T21:00&reason=x", from: local("2026-03-19T06:30"), until: local("2026-03-19T21:00")},
		"window from now":       {typed: "mode=window&from=2026-03-18T10:00&to=2026-03-18T11:00&reason=x", from: local("2026-03-18T10:00"), until: local("2026-03-18T11:00")},
		"nothing chosen":        {typed: "reason=x", field: "mode", key: "err-mode"},
		"unknown choice":        {typed: "mode=9h&reason=x", field: "mode", key: "err-mode"},
		"no reason":             {typed: "mode=1h&reason=+%0a+", field: "reason", key: "err-reason"},
		"long reason":           {typed: "mode=1h&reason=" + strings.Repeat("x", 501), field: "reason", key: "err-long"},
		"reason of nothing":     {typed: "mode=1h&reason=%e2%80%8b%e2%80%8d%00", field: "reason", key: "err-reason"},
		"begin in a far year":   {typed: "mode=window&from=2062-03-19T06:30&to=2062-03-19T21:00&reason=x", field: "from", key: "err-far"},
		"time with seconds":     {typed: "mode=until&end=2026-03-18T21:00:00&reason=x", from: now, until: local("2026-03-18T21:00")},
		"time typed by hand":    {typed: "mode=until&end=2026-03-18+21:00&reason=x", from: now, until: local("2026-03-18T21:00")},
		"end is no time":        {typed: "mode=until&end=21:00&reason=x", field: "end", key: "err-time"},
		"end in the past":       {typed: "mode=until&end=2026-03-18T09:00&reason=x", field: "end", key: "err-past"},
		"end before begin":      {typed: "mode=window&from=2026-03-19T21:00&to=2026-03-19T06:30&reason=x", field: "to", key: "err-order"},
		"begin in the past":     {typed: "mode=window&from=2026-03-18T08:00&to=2026-03-18T12:00&reason=x", field: "from", key: "err-past"},
		"hour that is left out": {typed: "mode=until&end=2026-03-29T02:30&reason=x", field: "end", key: "err-time-gone"},
		// 02:30 happens twice: cover from the first to the second.
		"hour that comes twice": {
			typed: "mode=window&from=2026-10-25T02:30&to=2026-10-25T02:30&reason=x",
			from:  time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC), until: time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			typed, err := url.ParseQuery(c.typed)
			if err != nil {
				t.Fatal(err)
			}
			o, err := readCover(typed, loc, now)
			bad, _ := errors.AsType[*Invalid](err)
			switch {
			case c.key == "" && err != nil:
				t.Errorf("refused: %v", err)
			case c.key != "" && (bad == nil || bad.Key != c.key || bad.Field != c.field):
				t.Errorf("got %v, want %s at %s", err, c.key, c.field)
			case c.key == "" && (!o.From.Equal(c.from) || !o.Until.Equal(c.until)):
				t.Errorf("%s to %s", o.From, o.Until)
			}
		})
	}
}

func TestReasonsKeepEmojiAndLoseTricks(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"👩‍👩‍👧 in de hal":                "👩‍👩‍👧 in de hal",
		"brand\r\n\twhen":                "brand when",
		"a\x00b\x1b[31mc\u0085d":         "ab[31mc d",
		"\u202eevil\u202c \u2066x\u2069": "evil x",
		"\xff\xfeok":                     "ok",
	} {
		got, err := readReason(url.Values{"reason": {in}})
		if err != nil || got != want {
			t.Errorf("%q is read as %q, %v", in, got, err)
		}
	}
}

func FuzzForms(f *testing.F) {
	f.Add("mode=1h&reason=x")
	f.Add("mode=window&from=2026-03-19T06:30&to=2026-03-19T21:00&reason=x&camera=a")
	f.Add("mode=until&end=9999-12-31T23:59&reason=%ff")
	f.Add("template=verkiezing&day=2027-03-17&reason=x")
	loc := amsterdam(f)
	now := time.Date(2026, 3, 18, 10, 0, 0, 0, loc)
	site := Site{ID: "s", Location: loc, Templates: []policy.Template{{ID: "verkiezing"}}}
	f.Fuzz(func(t *testing.T, query string) {
		typed, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		if o, err := readCover(typed, loc, now); err == nil {
			if !o.Until.After(o.From) || !o.Until.After(now) || strings.TrimSpace(o.Reason) == "" || len(o.Reason) > 4*maxText {
				t.Errorf("accepted %+v", o)
			}
		} else if _, ok := errors.AsType[*Invalid](err); !ok {
			t.Errorf("an error that the person cannot see: %v", err)
		}
		if o, err := readElect(typed, site, now); err == nil && (o.Day.IsZero() || o.Reason == "") {
			t.Errorf("accepted %+v", o)
		}
		if b := local(typed.Get("back")); !strings.HasPrefix(b, "/") || strings.HasPrefix(b, "//") || strings.HasPrefix(b, "/\\") {
			t.Errorf("would leave this server: %q", b)
		}
	})
}
