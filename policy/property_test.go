package policy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/examples"
)

// base is the instant from which the random decisions below are drawn: the
// week in which the clocks go forward.
func base() time.Time { return time.Date(2026, time.March, 26, 0, 0, 0, 0, time.UTC) }

const week = 7 * 24 * 60 // minutes

// grid is what all drawn instants and the template's times are multiples of.
const grid = 15 * time.Minute

func minutes(lo, hi int) *rapid.Generator[time.Duration] {
	return rapid.Map(rapid.IntRange(lo/15, hi/15), func(n int) time.Duration { return time.Duration(n) * grid })
}

// drawDecision draws decisions of which most can be carried out and some cannot.
func drawDecision(t *rapid.T, p *policy.Protocol) policy.Decision {
	id := fmt.Sprintf("d%d", rapid.IntRange(0, 4).Draw(t, "id"))
	role := rapid.SampledFrom([]string{"location-manager", "location-manager", "location-manager", "ict"}).Draw(t, "role")
	if rapid.Bool().Draw(t, "templated") {
		day := policy.DateOf(base()).AddDays(rapid.IntRange(0, 6).Draw(t, "day"))
		d, err := p.Election("verkiezing", site, day, id, "j.doe", "location-manager", base())
		if err != nil {
			t.Fatal(err)
		}
		d.Role = role
		d.From = d.From.Add(minutes(-240, 240).Draw(t, "off"))
		return d
	}
	from := base().Add(minutes(0, week).Draw(t, "from"))
	cameras := rapid.SliceOfN(rapid.SampledFrom([]string{"hal-noord", "entree", "parkeerterrein", "dak"}), 0, 2).Draw(t, "cameras")
	return policy.Decision{
		ID: id, Site: site, From: from, Until: from.Add(minutes(-15, 26*60).Draw(t, "length")),
		Cameras: cameras, Reason: "works", By: "j.doe", Role: role, At: base(),
	}
}

func drawRelease(t *rapid.T) policy.Release {
	return policy.Release{
		ID: "r", Decision: fmt.Sprintf("d%d", rapid.IntRange(0, 4).Draw(t, "releases")),
		At: base().Add(minutes(0, week).Draw(t, "at")), By: rapid.SampledFrom([]string{"j.doe", "a.other"}).Draw(t, "by"),
		Role: rapid.SampledFrom([]string{"location-manager", "location-manager", "dpo"}).Draw(t, "role"), Statement: rapid.SampledFrom([]string{"closed", "closed", ""}).Draw(t, "statement"),
	}
}

func drawPolicy(t *rapid.T, p *policy.Protocol) policy.Policy {
	pol := policy.Policy{Protocol: p}
	for range rapid.IntRange(0, 4).Draw(t, "decisions") {
		pol.Decisions = append(pol.Decisions, drawDecision(t, p))
	}
	for range rapid.IntRange(0, 4).Draw(t, "releases") {
		pol.Releases = append(pol.Releases, drawRelease(t))
	}
	return pol
}

func protocols(t *testing.T) []*policy.Protocol {
	t.Helper()
	two, err := policy.Parse("f.yaml", []byte(strings.Replace(string(examples.Lensmonde), "signatures: 1", "signatures: 2", 1)))
	if err != nil {
		t.Fatal(err)
	}
	return []*policy.Protocol{lensmonde(t), two}
}

func drawCamera(t *rapid.T) string {
	return rapid.SampledFrom([]string{"hal-noord", "entree", "parkeerterrein"}).Draw(t, "camera")
}

// One more decision never uncovers an instant.
func TestDecisionNeverUncovers(t *testing.T) {
	ps := protocols(t)
	rapid.Check(t, func(t *rapid.T) {
		before := drawPolicy(t, rapid.SampledFrom(ps).Draw(t, "protocol"))
		after := before
		i := rapid.IntRange(0, len(before.Decisions)).Draw(t, "place")
		after.Decisions = slices.Insert(slices.Clone(before.Decisions), i, drawDecision(t, before.Protocol))
		camera, when := drawCamera(t), base().Add(minutes(-1440, week+1440).Draw(t, "when"))
		if b, a := before.CoverAt(camera, when), after.CoverAt(camera, when); !a.Includes(b) {
			t.Fatalf("%+v became %+v", b, a)
		}
	})
}

// One more mask never uncovers an instant.
func TestMaskNeverUncovers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, err := policy.Parse("lensmonde.yaml", examples.Lensmonde)
		if err != nil {
			t.Fatal(err)
		}
		q := *p
		q.Cameras = slices.Clone(p.Cameras)
		i := rapid.IntRange(0, len(q.Cameras)-1).Draw(t, "camera")
		j := rapid.IntRange(0, len(q.Cameras[i].Masks)).Draw(t, "place")
		q.Cameras[i].Masks = slices.Insert(slices.Clone(q.Cameras[i].Masks), j, policy.Mask{ID: "new", Polygon: devices.FullZone("new").Polygon})
		before := drawPolicy(t, p)
		after := before
		after.Protocol = &q
		when := base().Add(minutes(-1440, week+1440).Draw(t, "when"))
		if b, a := before.CoverAt(q.Cameras[i].ID, when), after.CoverAt(q.Cameras[i].ID, when); !a.Includes(b) || a.Equal(b) {
			t.Fatalf("%+v became %+v", b, a)
		}
	})
}

// One more release never covers an instant.
func TestReleaseNeverCovers(t *testing.T) {
	ps := protocols(t)
	rapid.Check(t, func(t *rapid.T) {
		before := drawPolicy(t, rapid.SampledFrom(ps).Draw(t, "protocol"))
		after := before
		after.Releases = append(slices.Clone(before.Releases), drawRelease(t))
		camera, when := drawCamera(t), base().Add(minutes(-1440, week+1440).Draw(t, "when"))
		if b, a := before.CoverAt(camera, when), after.CoverAt(camera, when); !b.Includes(a) {
			t.Fatalf("%+v became %+v", b, a)
		}
	})
}

// A window after a template is never open between its beginning and its
// earliest release, whatever is released.
func TestNeverBeforeEarliestRelease(t *testing.T) {
	p := lensmonde(t)
	rapid.Check(t, func(t *rapid.T) {
		pol := drawPolicy(t, p)
		d, err := p.Election("verkiezing", site, policy.DateOf(base()).AddDays(2), "d0", "j.doe", "location-manager", base())
		if err != nil {
			t.Fatal(err)
		}
		pol.Decisions = append(pol.Decisions, d)
		span := int(d.EarliestRelease.Sub(d.From) / time.Minute)
		when := d.From.Add(minutes(0, span-15).Draw(t, "when"))
		if !pol.CoverAt("hal-noord", when).Whole {
			t.Fatalf("open at %s", when)
		}
	})
}

// NextChange finds every change that looking at every quarter of an hour finds, and no
// other; the calendar says the same as CoverAt.
func TestNextChange(t *testing.T) {
	ps := protocols(t)
	rapid.Check(t, func(t *rapid.T) {
		pol := drawPolicy(t, rapid.SampledFrom(ps).Draw(t, "protocol"))
		camera := drawCamera(t)
		start, end := base().Add(-24*time.Hour), base().Add(10*24*time.Hour)
		calendar := slices.DeleteFunc(pol.Calendar(site), func(i policy.Interval) bool { return i.Camera != camera })
		var want []time.Time
		last := pol.CoverAt(camera, start).Whole
		for at := start.Add(grid); at.Before(end); at = at.Add(grid) {
			if in := pol.CoverAt(camera, at).Whole; in != last {
				want, last = append(want, at), in
			}
		}
		var got []time.Time
		for at, ok := pol.NextChange(camera, start); ok && at.Before(end); at, ok = pol.NextChange(camera, at) {
			got = append(got, at)
			if pol.CoverAt(camera, at).Whole == pol.CoverAt(camera, at.Add(-1)).Whole {
				t.Fatalf("nothing changes at %s", at)
			}
		}
		if !slices.EqualFunc(got, want, time.Time.Equal) {
			t.Fatalf("changes at %v, want %v", got, want)
		}
		when := start.Add(minutes(0, week).Draw(t, "when"))
		if in := slices.ContainsFunc(calendar, func(i policy.Interval) bool { return i.Contains(when) }); in != pol.CoverAt(camera, when).Whole {
			t.Fatalf("calendar says %v at %s", in, when)
		}
	})
}
