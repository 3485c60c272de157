package policy_test

import (
	"testing"
	"time"

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
