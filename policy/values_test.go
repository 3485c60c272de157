package policy_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/lensdop/lensdop/policy"
)

func TestDurations(t *testing.T) {
	for s, want := range map[string]string{"P28D": "P28D", "P1M": "P1M", "P2W": "P14D", "PT60S": "PT1M", "P1Y2M3DT4H5M6S": "P1Y2M3DT4H5M6S", "P0D": "PT0S", "PT24H": "PT24H"} {
		if d, err := policy.ParseDuration(s); err != nil || d.String() != want {
			t.Errorf("%s is %s %v", s, d, err)
		}
	}
	for _, s := range []string{"", "P", "PT", "P1DT", "1D", "P1.5D", "P-1D", "-P1D", "P1D ", "p1d", "P99999D", "P1S", "28"} {
		if d, err := policy.ParseDuration(s); err == nil {
			t.Errorf("%q is %s", s, d)
		}
	}
	month, err := policy.ParseDuration("P1M")
	if err != nil {
		t.Fatal(err)
	}
	for from, want := range map[string]string{"2026-01-31T12:00:00Z": "2026-02-28T12:00:00Z", "2028-01-31T12:00:00Z": "2028-02-29T12:00:00Z", "2026-12-15T00:00:00Z": "2027-01-15T00:00:00Z"} {
		if got := month.After(at(t, from)); !got.Equal(at(t, want)) {
			t.Errorf("a month after %s is %s", from, got)
		}
	}
	for _, c := range []struct {
		d, limit policy.Duration
		want     bool
	}{
		{policy.Duration{Months: 1}, policy.Duration{Days: 28}, true},
		{policy.Duration{Days: 28}, policy.Duration{Months: 1}, false},
		{policy.Duration{Days: 29}, policy.Duration{Months: 1}, true},
		{policy.Duration{Time: 28 * 24 * time.Hour}, policy.Duration{Days: 28}, false},
	} {
		if c.d.Exceeds(c.limit) != c.want {
			t.Errorf("%s exceeds %s: %v", c.d, c.limit, !c.want)
		}
	}
}

// exceedsDayByDay is what Exceeds means: from some day of four years, d ends later.
func exceedsDayByDay(d, limit policy.Duration) bool {
	start := time.Date(2023, time.January, 1, 0, 0, 0, 0, time.UTC)
	for day := range 4*365 + 1 {
		t := start.AddDate(0, 0, day)
		if d.After(t).After(limit.After(t)) {
			return true
		}
	}
	return false
}

// Exceeds answers as going through all days does, for durations near one
// another most of all.
func TestExceedsIsDayByDay(t *testing.T) {
	draw := func(t *rapid.T, name string) policy.Duration {
		return policy.Duration{
			Years: rapid.IntRange(0, 5).Draw(t, name+" years"), Months: rapid.IntRange(0, 30).Draw(t, name+" months"),
			Days: rapid.IntRange(0, 70).Draw(t, name+" days"), Time: time.Duration(rapid.IntRange(0, 3*24*3600).Draw(t, name+" seconds")) * time.Second,
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := draw(t, "a"), draw(t, "b")
		if rapid.Bool().Draw(t, "near") { // b in days, so that it lies about where a ends
			start := time.Date(2023+rapid.IntRange(0, 3).Draw(t, "year"), time.January, 1+rapid.IntRange(0, 364).Draw(t, "day"), 0, 0, 0, 0, time.UTC)
			end := a.After(start)
			b = policy.Duration{Days: max(0, int(end.Sub(start)/(24*time.Hour))+rapid.IntRange(-1, 1).Draw(t, "off")), Time: rapid.SampledFrom([]time.Duration{0, a.Time, a.Time % (24 * time.Hour)}).Draw(t, "time")}
		}
		for _, x := range [][2]policy.Duration{{a, b}, {b, a}} {
			if got, want := x[0].Exceeds(x[1]), exceedsDayByDay(x[0], x[1]); got != want {
				t.Errorf("%s exceeds %s: %t, day by day %t", x[0], x[1], got, want)
			}
		}
	})
	// Months beside months and days, without chance.
	for months := range 26 {
		for days := 28*months - 1; days <= 31*months+1; days++ {
			a, b := policy.Duration{Months: months}, policy.Duration{Days: max(days, 0)}
			c := policy.Duration{Months: months / 2, Days: max(days, 0) / 2}
			for _, x := range [][2]policy.Duration{{a, b}, {b, a}, {a, c}, {c, a}} {
				if got, want := x[0].Exceeds(x[1]), exceedsDayByDay(x[0], x[1]); got != want {
					t.Errorf("%s exceeds %s: %t, day by day %t", x[0], x[1], got, want)
				}
			}
		}
	}
}

// The time zones of sites and of the protocol are read once, and what is changed
// in a protocol later counts all the same.
func TestLocation(t *testing.T) {
	p := valid(t)
	p.Sites = append(p.Sites, policy.Site{ID: "new"}, policy.Site{ID: "far", Timezone: "Asia/Tokyo"})
	for site, want := range map[string]string{"": "Europe/Amsterdam", "hal": "Europe/Amsterdam", "werf": "Europe/Brussels", "new": "Europe/Amsterdam", "far": "Asia/Tokyo", "none": "Europe/Amsterdam"} {
		if got := p.Location(site).String(); got != want {
			t.Errorf("site %q: %s, want %s", site, got, want)
		}
	}
	if n := testing.AllocsPerRun(10, func() { p.Location("") }); n > 0 {
		t.Errorf("the protocol's own zone is read again: %.0f allocations", n)
	}
	p.Metadata.Timezone = "Africa/Lagos"
	if got := p.Location("").String(); got != "Africa/Lagos" {
		t.Errorf("changed: %s", got)
	}
}
