package policy_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/examples"
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

func date(t testing.TB, s string) policy.Date {
	t.Helper()
	d, err := policy.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func election(t testing.TB, p *policy.Protocol, day string) policy.Decision {
	t.Helper()
	d, err := p.Election("verkiezing", site, date(t, day), "el-"+day, "j.doe", "location-manager", at(t, "2026-03-01T10:00:00Z"))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func release(t testing.TB, d policy.Decision, when string) policy.Release {
	t.Helper()
	return policy.Release{ID: "r-" + d.ID, Decision: d.ID, At: at(t, when), By: "j.doe", Role: "location-manager", Statement: "closed", Vouched: "server"}
}

func oneOff(t testing.TB, from, until string) policy.Decision {
	t.Helper()
	return policy.Decision{ID: "one-off", Site: site, From: at(t, from), Until: at(t, until), Reason: "works", By: "j.doe", Role: "location-manager", At: at(t, "2026-03-01T10:00:00Z")}
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

func TestUnknownCamera(t *testing.T) {
	d := election(t, lensmonde(t), "2026-03-18")
	for name, pol := range map[string]policy.Policy{"no protocol": {Decisions: []policy.Decision{d}}, "not in it": {Protocol: lensmonde(t), Decisions: []policy.Decision{d}}} {
		if c := pol.CoverAt("somewhere", d.From); !c.Empty() {
			t.Errorf("%s: covers %+v", name, c)
		}
		if _, ok := pol.NextChange("somewhere", time.Time{}); ok {
			t.Errorf("%s: something changes", name)
		}
	}
}

func TestLocalTimes(t *testing.T) {
	for _, c := range []struct{ name, zone, day, from, release, wantFrom, wantRelease string }{
		{"winter", "Europe/Amsterdam", "2026-01-14", "06:30", "21:00", "2026-01-14T05:30:00Z", "2026-01-14T20:00:00Z"},
		{"clocks go forward before it", "Europe/Amsterdam", "2026-03-29", "06:30", "21:00", "2026-03-29T04:30:00Z", "2026-03-29T19:00:00Z"},
		{"clocks go back before it", "Europe/Amsterdam", "2026-10-25", "06:30", "21:00", "2026-10-25T05:30:00Z", "2026-10-25T20:00:00Z"},
		{"skipped local time: from before it", "Europe/Amsterdam", "2026-03-29", "02:30", "21:00", "2026-03-29T00:30:00Z", "2026-03-29T19:00:00Z"},
		{"skipped local time: released after it", "Europe/Amsterdam", "2026-03-29", "00:00", "02:30", "2026-03-28T23:00:00Z", "2026-03-29T01:30:00Z"},
		{"doubled local time: from the first", "Europe/Amsterdam", "2026-10-25", "02:30", "21:00", "2026-10-25T00:30:00Z", "2026-10-25T20:00:00Z"},
		{"doubled local time: released at the second", "Europe/Amsterdam", "2026-10-25", "00:30", "02:30", "2026-10-24T22:30:00Z", "2026-10-25T01:30:00Z"},
		{"midnight", "Europe/Amsterdam", "2026-06-01", "00:00", "23:59", "2026-05-31T22:00:00Z", "2026-06-01T21:59:00Z"},
		{"leap day", "Europe/Brussels", "2028-02-29", "06:30", "21:00", "2028-02-29T05:30:00Z", "2028-02-29T20:00:00Z"},
		{"year's end", "Europe/Brussels", "2026-12-31", "06:30", "21:00", "2026-12-31T05:30:00Z", "2026-12-31T20:00:00Z"},
		{"far from Greenwich", "Pacific/Kiritimati", "2026-06-01", "06:30", "21:00", "2026-05-31T16:30:00Z", "2026-06-01T07:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			source := strings.NewReplacer("timezone: Europe/Amsterdam", "timezone: "+c.zone,
				`covered_from: "06:30"`, fmt.Sprintf("covered_from: %q", c.from), `earliest_release: "21:00"`, fmt.Sprintf("earliest_release: %q", c.release)).Replace(string(examples.Lensmonde))
			p, err := policy.Parse("f.yaml", []byte(source))
			if err != nil {
				t.Fatal(err)
			}
			d := election(t, p, c.day)
			if !d.From.Equal(at(t, c.wantFrom)) || !d.EarliestRelease.Equal(at(t, c.wantRelease)) {
				t.Errorf("from %s to %s, want %s to %s", d.From.UTC(), d.EarliestRelease.UTC(), c.wantFrom, c.wantRelease)
			}
		})
	}
}

func TestSiteTimezone(t *testing.T) {
	source := strings.Replace(string(examples.Lensmonde), "    address: \"Dijkweg", "    timezone: Atlantic/Azores\n    address: \"Dijkweg", 1)
	p, err := policy.Parse("f.yaml", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	if d := election(t, p, "2026-01-14"); !d.From.Equal(at(t, "2026-01-14T07:30:00Z")) {
		t.Errorf("from %s", d.From.UTC())
	}
}

// Signer and agent may have different time-zone data: the union is covered.
func TestTimezoneDataDiffers(t *testing.T) {
	p := lensmonde(t)
	for _, c := range []struct {
		name                       string
		shift                      time.Duration
		wantFrom, wantUntil, until string
	}{
		{"signer is an hour late", time.Hour, "2026-03-18T05:30:00Z", "2026-03-18T21:00:00Z", "2026-03-18T21:00:00Z"},
		{"signer is an hour early", -time.Hour, "2026-03-18T04:30:00Z", "2026-03-18T20:00:00Z", "2026-03-18T19:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := election(t, p, "2026-03-18")
			d.From, d.EarliestRelease = d.From.Add(c.shift), d.EarliestRelease.Add(c.shift)
			pol := policy.Policy{Protocol: p, Decisions: []policy.Decision{d}, Releases: []policy.Release{release(t, d, c.until)}}
			list := pol.Calendar(site)
			if len(list) != 3 || !list[0].From.Equal(at(t, c.wantFrom)) || !list[0].Until.Equal(at(t, c.wantUntil)) {
				t.Errorf("calendar %+v, want %s to %s", list, c.wantFrom, c.wantUntil)
			}
		})
	}
}

func TestCheckDecision(t *testing.T) {
	p := lensmonde(t)
	for _, c := range []struct {
		name   string
		change func(d *policy.Decision)
		want   string // empty: good
	}{
		{"election", func(*policy.Decision) {}, ""},
		{"one camera of it", func(d *policy.Decision) { d.Cameras = []string{"entree"} }, ""},
		{"a camera named twice", func(d *policy.Decision) { d.Cameras = []string{"entree", "entree"} }, ""},
		{"last of three days", func(d *policy.Decision) { d.EarliestRelease = d.EarliestRelease.AddDate(0, 0, 2) }, ""},
		{"a fourth day", func(d *policy.Decision) { d.EarliestRelease = d.EarliestRelease.AddDate(0, 0, 3) }, "earliest release"},
		{"camera that sees no polling room", func(d *policy.Decision) { d.Cameras = []string{"parkeerterrein"} }, "sees none of the zones"},
		{"unknown camera", func(d *policy.Decision) { d.Cameras = []string{"entree", "dak"} }, "no camera"},
		{"no site", func(d *policy.Decision) { d.Site = "" }, "no site"},
		{"other site", func(d *policy.Decision) { d.Site = "kantine" }, "no site"},
		{"unknown template", func(d *policy.Decision) { d.Template = "carnaval" }, "no template"},
		{"template with an end", func(d *policy.Decision) { d.Until = d.EarliestRelease }, "ends when a person releases"},
		{"role that does not decide", func(d *policy.Decision) { d.Role = "ict" }, "may not decide"},
		{"nobody decided", func(d *policy.Decision) { d.By = "" }, "who decided"},
		{"no date of decision", func(d *policy.Decision) { d.At = time.Time{} }, "who decided"},
		{"no reason", func(d *policy.Decision) { d.Reason = " " }, "no reason"},
		{"no beginning", func(d *policy.Decision) { d.From = time.Time{} }, "from when"},
		{"begins hours too late", func(d *policy.Decision) { d.From = d.From.Add(4 * time.Hour) }, "template \"verkiezing\" begins"},
		{"no earliest release", func(d *policy.Decision) { d.EarliestRelease = time.Time{} }, "earliest release"},
		{"release possible at noon", func(d *policy.Decision) { d.EarliestRelease = d.EarliestRelease.Add(-9 * time.Hour) }, "earliest release"},
		{"id that breaks a log line", func(d *policy.Decision) { d.ID = "a\nb" }, "cannot be used"},
		{"no id", func(d *policy.Decision) { d.ID = "" }, "cannot be used"},
		{"one-off", func(d *policy.Decision) { *d = oneOff(t, "2026-03-18T10:00:00Z", "2026-03-19T10:00:00Z") }, ""},
		{"one-off of all cameras of the site", func(d *policy.Decision) {
			*d = oneOff(t, "2026-03-18T10:00:00Z", "2026-03-18T11:00:00Z")
			d.Cameras = []string{"parkeerterrein"}
		}, ""},
		{"one-off too long", func(d *policy.Decision) { *d = oneOff(t, "2026-03-18T10:00:00Z", "2026-03-19T10:00:01Z") }, "allows PT24H"},
		{"one-off without end", func(d *policy.Decision) {
			*d = oneOff(t, "2026-03-18T10:00:00Z", "2026-03-18T10:00:01Z")
			d.Until = time.Time{}
		}, "no end"},
		{"one-off that ends before it begins", func(d *policy.Decision) { *d = oneOff(t, "2026-03-18T10:00:00Z", "2026-03-18T09:00:00Z") }, "not after it begins"},
		{"one-off of no time", func(d *policy.Decision) { *d = oneOff(t, "2026-03-18T10:00:00Z", "2026-03-18T10:00:00Z") }, "not after it begins"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := election(t, p, "2026-03-18")
			c.change(&d)
			err := p.CheckDecision(d)
			usable, refused := policy.Policy{Protocol: p, Decisions: []policy.Decision{d}}.Usable()
			if c.want == "" {
				if err != nil || len(usable) != 1 || len(refused) != 0 {
					t.Errorf("refused: %v %v", err, refused)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q in it", err, c.want)
			}
			if len(usable) != 0 || len(refused) != 1 || refused[0].Decision != d.ID || refused[0].Error() != err.Error() {
				t.Errorf("usable %v, refused %v", usable, refused)
			}
		})
	}
}

// A template that a later version puts out of use need not name who releases;
// a window that is still open must end all the same.
func TestReleaseOfATemplateOutOfUse(t *testing.T) {
	p := lensmonde(t)
	d := election(t, p, "2026-03-18")
	r := release(t, d, "2026-03-18T20:30:00Z")
	off := false
	for i := range p.Blackout.Templates {
		p.Blackout.Templates[i].Enabled, p.Blackout.Templates[i].ReleaseBy = &off, nil
	}
	r.Role = p.Blackout.DecidedBy[0]
	if err := p.CheckRelease(d, r); err != nil {
		t.Error(err)
	}
	r.Role = "dpo"
	if err := p.CheckRelease(d, r); err == nil || !strings.Contains(err.Error(), p.Blackout.DecidedBy[0]+" may") {
		t.Errorf("%v; want who may", err)
	}
}

func TestCheckRelease(t *testing.T) {
	p := lensmonde(t)
	for _, c := range []struct {
		name   string
		oneOff bool
		change func(r *policy.Release)
		want   string
	}{
		{"in the evening", false, func(*policy.Release) {}, ""},
		{"at the earliest instant", false, func(r *policy.Release) { r.At = at(t, "2026-03-18T20:00:00Z") }, ""},
		{"a moment early", false, func(r *policy.Release) { r.At = at(t, "2026-03-18T19:59:59Z") }, "before the earliest release"},
		{"without statement", false, func(r *policy.Release) { r.Statement = " " }, "De voorzitter"},
		{"role", false, func(r *policy.Release) { r.Role = "ict" }, "may not release"},
		{"nobody", false, func(r *policy.Release) { r.By = "" }, "who releases"},
		{"no time", false, func(r *policy.Release) { r.At = time.Time{} }, "no time"},
		{"other decision", false, func(r *policy.Release) { r.Decision = "el-2026-03-19" }, "names decision"},
		{"id", false, func(r *policy.Release) { r.ID = "" }, "cannot be used"},
		{"one-off, early and without statement", true, func(r *policy.Release) { r.Statement = "" }, ""},
		{"one-off, role", true, func(r *policy.Release) { r.Role = "dpo" }, "may not release"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := election(t, p, "2026-03-18")
			if c.oneOff {
				d = oneOff(t, "2026-03-18T20:00:00Z", "2026-03-18T23:00:00Z")
			}
			r := release(t, d, "2026-03-18T20:30:00Z")
			c.change(&r)
			err := p.CheckRelease(d, r)
			_, refused := policy.Policy{Protocol: p, Decisions: []policy.Decision{d}, Releases: []policy.Release{r}}.Usable()
			if c.want == "" {
				if err != nil || len(refused) != 0 {
					t.Errorf("refused: %v %v", err, refused)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q in it", err, c.want)
			}
			if len(refused) != 1 || refused[0].Release != r.ID {
				t.Errorf("refused %v", refused)
			}
		})
	}
}

// With two signatures wanted, one person releasing twice does not count.
func TestTwoSignatures(t *testing.T) {
	source := strings.Replace(string(examples.Lensmonde), "signatures: 1", "signatures: 2", 1)
	p, err := policy.Parse("f.yaml", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	d := election(t, p, "2026-03-18")
	first, again, second := release(t, d, "2026-03-18T20:30:00Z"), release(t, d, "2026-03-18T20:40:00Z"), release(t, d, "2026-03-18T20:50:00Z")
	again.ID, second.ID, second.By = "again", "second", "a.other"
	pol := policy.Policy{Protocol: p, Decisions: []policy.Decision{d}, Releases: []policy.Release{first, again}}
	if !pol.CoverAt("entree", at(t, "2026-03-18T23:00:00Z")).Whole {
		t.Error("one person released alone")
	}
	pol.Releases = append(pol.Releases, second)
	if !pol.CoverAt("entree", at(t, "2026-03-18T20:49:59Z")).Whole || pol.CoverAt("entree", at(t, "2026-03-18T20:50:00Z")).Whole {
		t.Error("the second signature does not count from its time on")
	}
}

func TestElectionDays(t *testing.T) {
	p := lensmonde(t)
	when := at(t, "2026-03-01T10:00:00Z")
	d, err := p.ElectionDays("verkiezing", site, date(t, "2026-03-28"), date(t, "2026-03-30"), "three-days", "j.doe", "location-manager", when)
	if err != nil {
		t.Fatal(err)
	}
	if !d.From.Equal(at(t, "2026-03-28T05:30:00Z")) || !d.EarliestRelease.Equal(at(t, "2026-03-30T19:00:00Z")) {
		t.Errorf("from %s to %s", d.From.UTC(), d.EarliestRelease.UTC())
	}
	if _, err := p.ElectionDays("verkiezing", site, date(t, "2026-03-28"), date(t, "2026-03-31"), "four-days", "j.doe", "location-manager", when); err == nil {
		t.Error("four days are accepted")
	}
	if _, err := p.ElectionDays("verkiezing", site, date(t, "2026-03-28"), date(t, "2026-03-27"), "back", "j.doe", "location-manager", when); err == nil {
		t.Error("a last day before the first is accepted")
	}
}
