package policy_test

import (
	"testing"
	"time"

	"github.com/lensdop/lensdop/policy"
)

const site = "de-polder"

func at(t testing.TB, s string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func election(t testing.TB, p *policy.Protocol, day string) policy.Decision {
	t.Helper()
	date, err := policy.ParseDate(day)
	if err != nil {
		t.Fatal(err)
	}
	d, err := p.Election("verkiezing", site, date, "el-"+day, "j.doe", "location-manager", at(t, "2026-03-01T10:00:00Z"))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func release(t testing.TB, d policy.Decision, when string) policy.Release {
	t.Helper()
	return policy.Release{ID: "r-" + d.ID, Decision: d.ID, At: at(t, when), By: "j.doe", Role: "location-manager", Statement: "closed", Vouched: "server"}
}

// An election covers the cameras that see the polling room, from the template's
// local time until the release, and no other camera.
func TestElectionDay(t *testing.T) {
	p := lensmonde(t)
	d := election(t, p, "2026-03-18")
	pol := policy.Policy{Protocol: p, Decisions: []policy.Decision{d}}
	released := pol
	released.Releases = []policy.Release{release(t, d, "2026-03-18T21:40:00+01:00")}
	for _, c := range []struct {
		name, camera, at string
		pol              policy.Policy
		want             bool
	}{
		{"before", "hal-noord", "2026-03-18T06:29:59+01:00", pol, false},
		{"first instant", "hal-noord", "2026-03-18T06:30:00+01:00", pol, true},
		{"second lens", "hal-zuid", "2026-03-18T06:30:00+01:00", pol, true},
		{"sees a corner", "entree", "2026-03-18T12:00:00+01:00", pol, true},
		{"outside the polling room", "parkeerterrein", "2026-03-18T12:00:00+01:00", pol, false},
		{"does not end by itself", "hal-noord", "2026-03-25T12:00:00+01:00", pol, true},
		{"before release", "hal-noord", "2026-03-18T21:39:59+01:00", released, true},
		{"released", "hal-noord", "2026-03-18T21:40:00+01:00", released, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			cover := c.pol.CoverAt(c.camera, at(t, c.at))
			if cover.Whole != c.want || cover.Sound != c.want {
				t.Errorf("covers %+v, want whole %v", cover, c.want)
			}
			if c.camera == "entree" && (len(cover.Zones) != 1 || cover.Zones[0].ID != "straatramen") {
				t.Errorf("mask is missing: %+v", cover)
			}
			if got := len(c.pol.DecisionsAt(c.camera, at(t, c.at))) > 0; got != c.want {
				t.Errorf("decisions in force: %v, want %v", got, c.want)
			}
		})
	}
}
