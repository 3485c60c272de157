package policy

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
)

func moment(t testing.TB, s string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// town is a protocol of one site with three cameras in a time zone.
func town(t testing.TB, place *time.Location) *Protocol {
	t.Helper()
	return &Protocol{
		Metadata: Metadata{ID: "town", Timezone: "UTC"},
		Roles:    []Role{{ID: "manager", Name: Text{NL: "locatiebeheerder", FR: "gestionnaire de site", EN: "facility manager"}}},
		Sites:    []Site{{ID: "hall", Name: "Town hall", Address: "Square 1; Lensmonde"}},
		Cameras: []Camera{
			{ID: "desk", Site: "hall", Sees: []string{"room"}},
			{ID: "door", Site: "hall", Sees: []string{"lobby"}, Masks: []Mask{{ID: "street", Polygon: devices.FullZone("").Polygon}}, Views: []CameraView{
				{ID: "in", Sees: []string{"room"}, Masks: []Mask{{ID: "street", Polygon: devices.FullZone("").Polygon}}},
				{ID: "out", Masks: []Mask{{ID: "windows", Polygon: devices.FullZone("").Polygon}}},
			}},
			{ID: "yard", Site: "hall", Sees: []string{"yard"}},
		},
		Blackout: Blackout{
			DecidedBy: []string{"manager"}, Limits: Limits{OneOff: Duration{Time: 24 * time.Hour}},
			Templates: []Template{{
				ID: "election", Name: Text{NL: "Verkiezing", EN: "Election"}, Reason: "Kieswet", Zones: []string{"room"}, CoveredFrom: "06:30",
				EarliestRelease: "21:00", Days: 2, ReleaseBy: []string{"manager"}, Signatures: 1,
			}},
		},
		locations: map[string]*time.Location{"hall": place},
	}
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func TestRecurringTimes(t *testing.T) {
	for _, c := range []struct{ name, zone, rule, first, from, until, about, want, end string }{
		{"evening", "Europe/Amsterdam", "FREQ=DAILY", "2026-01-01", "18:00", "22:00", "2026-01-14T12:00:00Z", "2026-01-14T17:00:00Z", "2026-01-14T21:00:00Z"},
		{"over midnight", "Europe/Amsterdam", "FREQ=WEEKLY;BYDAY=WE", "2026-01-01", "22:00", "06:00", "2026-01-14T12:00:00Z", "2026-01-14T21:00:00Z", "2026-01-15T05:00:00Z"},
		{"over the year's end", "Europe/Brussels", "FREQ=YEARLY", "2020-12-31", "22:00", "06:00", "2026-12-31T12:00:00Z", "2026-12-31T21:00:00Z", "2027-01-01T05:00:00Z"},
		{"leap day", "Europe/Brussels", "FREQ=YEARLY", "2024-02-29", "00:00", "00:00", "2026-01-01T00:00:00Z", "2028-02-28T23:00:00Z", "2028-02-29T23:00:00Z"},
		{"a day of 23 hours", "Europe/Amsterdam", "FREQ=WEEKLY;BYDAY=SU", "2026-01-01", "00:00", "00:00", "2026-03-28T12:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"},
		{"a day of 25 hours", "Europe/Amsterdam", "FREQ=WEEKLY;BYDAY=SU", "2026-01-01", "00:00", "00:00", "2026-10-24T12:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"},
		{"begins in the skipped hour", "Europe/Amsterdam", "FREQ=WEEKLY;BYDAY=SU", "2026-01-01", "02:30", "04:00", "2026-03-28T12:00:00Z", "2026-03-29T00:30:00Z", "2026-03-29T02:00:00Z"},
		{"ends in the skipped hour", "Europe/Amsterdam", "FREQ=WEEKLY;BYDAY=SU", "2026-01-01", "01:00", "02:30", "2026-03-28T12:00:00Z", "2026-03-29T00:00:00Z", "2026-03-29T01:30:00Z"},
		{"begins in the first doubled hour", "Europe/Amsterdam", "FREQ=WEEKLY;BYDAY=SU", "2026-01-01", "02:30", "04:00", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z", "2026-10-25T03:00:00Z"},
		{"ends in the second doubled hour", "Europe/Amsterdam", "FREQ=WEEKLY;BYDAY=SU", "2026-01-01", "01:00", "02:30", "2026-10-24T12:00:00Z", "2026-10-24T23:00:00Z", "2026-10-25T01:30:00Z"},
		{"half an hour of summer", "Australia/Lord_Howe", "FREQ=WEEKLY;BYDAY=SU", "2026-01-01", "01:45", "02:15", "2026-04-04T12:00:00Z", "2026-04-04T14:45:00Z", "2026-04-04T15:45:00Z"},
		{"far west, almost a day", "Pacific/Pago_Pago", "FREQ=WEEKLY;BYDAY=MO", "2026-01-01", "23:50", "23:45", "2026-06-01T00:00:00Z", "2026-06-02T10:50:00Z", "2026-06-03T10:45:00Z"},
		{"far east, from midnight", "Pacific/Kiritimati", "FREQ=WEEKLY;BYDAY=MO", "2026-01-01", "00:00", "00:05", "2026-05-30T00:00:00Z", "2026-05-31T10:00:00Z", "2026-05-31T10:05:00Z"},
		{"far in the future", "Europe/Amsterdam", "FREQ=MONTHLY;BYDAY=1MO", "2026-01-01", "08:00", "09:00", "2199-12-31T00:00:00Z", "2200-01-06T07:00:00Z", "2200-01-06T08:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := town(t, zone(t, c.zone))
			p.Blackout.Windows = []Recurring{{ID: "w", Rule: c.rule, First: civil(t, c.first), From: Clock(c.from), Until: Clock(c.until)}}
			pol := Policy{Protocol: p}
			from, ok := pol.NextChange("desk", moment(t, c.about))
			if !ok || !from.Equal(moment(t, c.want)) {
				t.Fatalf("begins %s %v, want %s", from.UTC(), ok, c.want)
			}
			if until, ok := pol.NextChange("desk", from); !ok || !until.Equal(moment(t, c.end)) {
				t.Errorf("ends %s %v, want %s", until.UTC(), ok, c.end)
			}
			if !pol.CoverAt("desk", from).Whole || pol.CoverAt("desk", from.Add(-1)).Whole ||
				!pol.CoverAt("desk", moment(t, c.end).Add(-1)).Whole || pol.CoverAt("desk", moment(t, c.end)).Whole {
				t.Error("the first instant is not covered, or the last is not the last")
			}
		})
	}
}

func TestRecurringCameras(t *testing.T) {
	for _, c := range []struct {
		name   string
		choose func(w *Recurring)
		want   string
	}{
		{"all", func(*Recurring) {}, "desk door yard"},
		{"of the site", func(w *Recurring) { w.Sites = []string{"hall"} }, "desk door yard"},
		{"of another site", func(w *Recurring) { w.Sites = []string{"pool"} }, ""},
		{"that see a zone, at any preset", func(w *Recurring) { w.Zones = []string{"room"} }, "desk door"},
		{"that see one of two zones", func(w *Recurring) { w.Zones = []string{"lobby", "yard"} }, "door yard"},
		{"named", func(w *Recurring) { w.Cameras = []string{"yard"} }, "yard"},
		{"named, whatever they see", func(w *Recurring) { w.Cameras, w.Zones, w.Sites = []string{"yard"}, []string{"room"}, []string{"pool"} }, "yard"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := town(t, time.UTC)
			w := Recurring{ID: "w", Rule: "FREQ=DAILY", First: civil(t, "2026-01-01"), From: "08:00", Until: "09:00"}
			c.choose(&w)
			p.Blackout.Windows = []Recurring{w}
			var got []string
			for _, x := range p.Cameras {
				if (Policy{Protocol: p}).CoverAt(x.ID, moment(t, "2026-05-01T08:30:00Z")).Whole {
					got = append(got, x.ID)
				}
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("%v, want %s", got, c.want)
			}
		})
	}
}

// A recurring window ends by its own clock; no release ends it, even one that
// names it, and a window that cannot be carried out is told.
func TestRecurringAndReleases(t *testing.T) {
	p := town(t, time.UTC)
	p.Blackout.Windows = []Recurring{
		{ID: "night", Rule: "FREQ=DAILY", First: civil(t, "2026-01-01"), From: "20:00", Until: "06:00"},
		{ID: "never", Rule: "FREQ=DAILY;BYHOUR=3", First: civil(t, "2026-01-01"), From: "20:00", Until: "06:00"},
	}
	pol := Policy{Protocol: p, Releases: []Release{{ID: "r", Decision: "night", At: moment(t, "2026-02-01T21:00:00Z"), By: "p", Role: "manager", Statement: "x"}}}
	if !pol.CoverAt("desk", moment(t, "2026-02-01T22:00:00Z")).Whole {
		t.Error("a release ended it")
	}
	_, refused := pol.Usable()
	if len(refused) != 2 || refused[0].Window != "never" || !strings.Contains(refused[0].Error(), "BYHOUR") || refused[1].Release != "r" {
		t.Errorf("refused %v", refused)
	}
}

func TestChainsOfWindows(t *testing.T) {
	p := town(t, zone(t, "Europe/Amsterdam"))
	daily := func(id, from, until string) Recurring {
		return Recurring{ID: id, Rule: "FREQ=DAILY", First: civil(t, "2026-01-01"), From: Clock(from), Until: Clock(until)}
	}
	now := moment(t, "2026-05-01T12:00:00Z")
	t.Run("without end", func(t *testing.T) {
		p.Blackout.Windows = []Recurring{daily("day", "06:00", "18:00"), daily("night", "18:00", "06:00")}
		if at, ok := (Policy{Protocol: p}).NextChange("desk", now); ok {
			t.Errorf("changes at %s", at)
		}
	})
	t.Run("until the last day", func(t *testing.T) {
		night := daily("night", "18:00", "06:00")
		night.Last = civil(t, "2027-03-27")
		p.Blackout.Windows = []Recurring{daily("day", "06:00", "18:00"), night}
		if at, ok := (Policy{Protocol: p}).NextChange("desk", now); !ok || !at.Equal(moment(t, "2027-03-28T16:00:00Z")) {
			t.Errorf("changes at %s %v", at, ok)
		}
	})
	t.Run("begins long after", func(t *testing.T) {
		p.Blackout.Windows = []Recurring{{ID: "w", Rule: "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", First: civil(t, "2096-03-01"), From: "10:00", Until: "11:00"}}
		if at, ok := (Policy{Protocol: p}).NextChange("desk", now); !ok || !at.Equal(moment(t, "2104-02-29T09:00:00Z")) {
			t.Errorf("changes at %s %v", at, ok)
		}
	})
}

func recordedElection(t testing.TB) RecordedDecision {
	t.Helper()
	return RecordedDecision{
		ID: "stembesluit", Date: civil(t, "2026-02-01"), By: "manager", Text: "cover the polling room",
		Cover: RecordedCover{Template: "election", Site: "hall", First: civil(t, "2026-03-28"), Last: civil(t, "2026-03-29")},
	}
}

// A decision in the protocol covers from the template's time on its first day,
// and does not end before the template's time on its last.
func TestRecordedDecision(t *testing.T) {
	p := town(t, zone(t, "Europe/Amsterdam"))
	p.Decisions = []RecordedDecision{recordedElection(t), {ID: "words", Date: civil(t, "2026-02-01"), By: "manager", Text: "of something else"}}
	pol := Policy{Protocol: p}
	if _, refused := pol.Usable(); len(refused) > 0 {
		t.Fatalf("refused %v", refused)
	}
	from, end := moment(t, "2026-03-28T05:30:00Z"), moment(t, "2026-03-29T19:00:00Z")
	list := pol.Calendar("hall")
	want := []Interval{{Decision: "stembesluit", Camera: "desk", From: from}, {Decision: "stembesluit", Camera: "door", From: from}}
	if !slices.EqualFunc(list, want, func(a, b Interval) bool {
		return a.Decision == b.Decision && a.Camera == b.Camera && a.From.Equal(b.From) && a.Until.Equal(b.Until)
	}) {
		t.Errorf("calendar %+v", list)
	}
	if got := pol.DecisionsAt("desk", from.AddDate(0, 1, 0)); len(got) != 1 || got[0].ID != "stembesluit" || got[0].Reason != "Kieswet" {
		t.Errorf("decisions %+v", got)
	}
	r := Release{ID: "r", Decision: "stembesluit", At: end.Add(-time.Minute), By: "p", Role: "manager"}
	pol.Releases = []Release{r}
	if _, refused := pol.Usable(); len(refused) != 1 || refused[0].Release != "r" || !pol.CoverAt("desk", end).Whole {
		t.Errorf("an early release is taken: %v", refused)
	}
	r.At = end
	pol.Releases = []Release{r}
	if pol.CoverAt("desk", end).Whole || !pol.CoverAt("desk", end.Add(-1)).Whole {
		t.Error("it is not released in the evening")
	}
}

func TestCheckRecorded(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(d *RecordedDecision)
		want   string
	}{
		{"good", func(*RecordedDecision) {}, ""},
		{"covers nothing", func(d *RecordedDecision) { d.Cover = RecordedCover{} }, ""},
		{"one day", func(d *RecordedDecision) { d.Cover.Last = Date{} }, ""},
		{"three days", func(d *RecordedDecision) { d.Cover.Last = civil(t, "2026-03-30") }, "earliest release"},
		{"ends before it begins", func(d *RecordedDecision) { d.Cover.Last = civil(t, "2026-03-27") }, "before its first"},
		{"no day", func(d *RecordedDecision) { d.Cover.First = Date{} }, "on which day"},
		{"no template", func(d *RecordedDecision) { d.Cover.Template = "" }, "no template"},
		{"no site", func(d *RecordedDecision) { d.Cover.Site = "pool" }, "no site"},
		{"no date", func(d *RecordedDecision) { d.Date = Date{} }, "no date"},
		{"role that does not decide", func(d *RecordedDecision) { d.By = "ict" }, "may not decide"},
		{"id", func(d *RecordedDecision) { d.ID = "a b" }, "cannot be used"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := town(t, time.UTC)
			d := recordedElection(t)
			c.change(&d)
			p.Decisions = []RecordedDecision{d}
			err := p.CheckRecorded(d)
			_, refused := (Policy{Protocol: p}).Usable()
			if c.want == "" {
				if err != nil || len(refused) > 0 {
					t.Error(err, refused)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q in it", err, c.want)
			}
			if len(refused) != 1 || refused[0].Decision != d.ID || refused[0].Error() != err.Error() {
				t.Errorf("refused %v", refused)
			}
		})
	}
}

// A template that is out of use, or a protocol that no longer foresees
// covering, takes no new decisions. What was decided before stays covered and
// can be released.
func TestOutOfUse(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(b *Blackout)
		want   string
		oneOff bool // one-offs are refused, too
	}{
		{"template", func(b *Blackout) { b.Templates[0].Enabled = new(bool) }, "enabled: false", false},
		{"obligation", func(b *Blackout) { b.Obligation = ObligationNone }, "obligation: none", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := town(t, time.UTC)
			when := moment(t, "2026-03-01T00:00:00Z")
			d, err := p.Election("election", "hall", civil(t, "2026-03-18"), "d", "p", "manager", when)
			if err != nil {
				t.Fatal(err)
			}
			once := Decision{ID: "once", Site: "hall", From: when, Until: when.Add(time.Hour), Reason: "x", By: "p", Role: "manager", At: when}
			recorded := recordedElection(t)
			p.Decisions = []RecordedDecision{recorded}
			c.change(&p.Blackout)
			if err := p.CheckDecision(d); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("a new decision: %v", err)
			}
			if err := p.CheckRecorded(recorded); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("a new decision in the protocol: %v", err)
			}
			if _, err := p.Election("election", "hall", civil(t, "2026-03-18"), "d", "p", "manager", when); err == nil {
				t.Error("an election can be decided")
			}
			if err := p.CheckDecision(once); (err != nil) != c.oneOff {
				t.Errorf("a one-off: %v", err)
			}
			pol := Policy{Protocol: p, Decisions: []Decision{d, once}}
			usable, refused := pol.Usable()
			if len(usable) != 2 || len(refused) != 0 {
				t.Errorf("usable %v, refused %v", usable, refused)
			}
			if !pol.CoverAt("desk", d.From).Whole || !pol.CoverAt("desk", moment(t, "2026-03-28T12:00:00Z")).Whole || !pol.CoverAt("yard", when).Whole {
				t.Error("what was decided is lifted")
			}
			if err := p.CheckRelease(d, Release{ID: "r", Decision: "d", At: d.EarliestRelease, By: "p", Role: "manager"}); err != nil {
				t.Errorf("it cannot be released: %v", err)
			}
		})
	}
}

func TestViews(t *testing.T) {
	pol := Policy{Protocol: town(t, time.UTC)}
	now := moment(t, "2026-03-01T00:00:00Z")
	for _, c := range []struct{ view, want string }{
		{"in", "street in/street"}, {"out", "street out/windows"}, {"", "street in/street out/windows"}, {"elsewhere", "street in/street out/windows"},
	} {
		var got []string
		for _, z := range pol.CoverAtView("door", c.view, now).Zones {
			got = append(got, z.ID)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("view %q covers %v, want %s", c.view, got, c.want)
		}
	}
	if !pol.CoverAt("door", now).Equal(pol.CoverAtView("door", "", now)) {
		t.Error("an unknown preset covers less")
	}
	cover := pol.CoverAt("door", now)
	cover.Zones[0].Polygon[0].X = 0.5
	if pol.Protocol.Cameras[1].Masks[0].Polygon[0].X != 0 {
		t.Error("a change of the answer changes the protocol")
	}
}

// Both sides read the same window with other time-zone data: what either
// covers is covered, and the difference is told.
func TestElsewhere(t *testing.T) {
	theirs := town(t, time.FixedZone("as decreed", 2*60*60))
	ours := town(t, time.FixedZone("as it was", 1*60*60))
	for _, p := range []*Protocol{theirs, ours} {
		p.Blackout.Windows = []Recurring{{ID: "night", Rule: "FREQ=WEEKLY;BYDAY=MO", First: civil(t, "2026-01-01"), From: "20:00", Until: "23:00", Cameras: []string{"desk"}}}
		p.Decisions = []RecordedDecision{{ID: "stem", Date: civil(t, "2026-01-01"), By: "manager", Cover: RecordedCover{Template: "election", Site: "hall", First: civil(t, "2026-03-18")}}}
	}
	start, end := moment(t, "2026-03-02T00:00:00Z"), moment(t, "2026-04-01T00:00:00Z")
	pol := Policy{Protocol: ours, Elsewhere: Policy{Protocol: theirs}.Computed(start, end)}
	in := func(camera, at string) bool { return pol.CoverAt(camera, moment(t, at)).Whole }
	for _, c := range []struct {
		name, camera, at string
		want             bool
	}{
		{"before theirs", "desk", "2026-03-02T17:59:59Z", false},
		{"theirs alone", "desk", "2026-03-02T18:00:00Z", true},
		{"ours alone", "desk", "2026-03-02T21:59:59Z", true},
		{"after ours", "desk", "2026-03-02T22:00:00Z", false},
		{"decision, theirs alone", "door", "2026-03-18T04:30:00Z", true},
		{"decision, before theirs", "door", "2026-03-18T04:29:59Z", false},
		{"decision, stays", "door", "2026-05-01T00:00:00Z", true},
	} {
		if got := in(c.camera, c.at); got != c.want {
			t.Errorf("%s: covered %v at %s", c.name, got, c.at)
		}
	}
	told := pol.Differences(start, end)
	if len(told) != 7 { // five Mondays, two cameras of the decision
		t.Errorf("%d differences: %+v", len(told), told)
	}
	for _, d := range told {
		if !d.There.From.Equal(d.Here.From.Add(-time.Hour)) {
			t.Errorf("difference %+v", d)
		}
	}
	list := pol.Agenda("hall", moment(t, "2026-03-02T00:00:00Z"), moment(t, "2026-03-03T00:00:00Z"))
	if len(list) != 1 || !list[0].From.Equal(moment(t, "2026-03-02T18:00:00Z")) || !list[0].Until.Equal(moment(t, "2026-03-02T22:00:00Z")) {
		t.Errorf("agenda %+v", list)
	}
	// They released later: their clock had not yet reached the earliest release.
	pol.Releases = []Release{{ID: "r", Decision: "stem", At: moment(t, "2026-03-18T20:30:00Z"), By: "p", Role: "manager"}}
	open := pol.Elsewhere
	pol.Elsewhere = slices.Clone(open)
	for i := range pol.Elsewhere {
		if pol.Elsewhere[i].Decision == "stem" {
			pol.Elsewhere[i].Until = moment(t, "2026-03-18T21:00:00Z")
		}
	}
	if in("door", "2026-03-18T21:00:00Z") || !in("door", "2026-03-18T20:59:59Z") {
		t.Error("their later end does not count")
	}
	// Their open end does not outlive a release that they have not heard of.
	pol.Elsewhere = open
	if in("door", "2026-03-18T20:30:00Z") || !in("door", "2026-03-18T20:29:59Z") {
		t.Error("their open end outlives the release")
	}
}

// The other side only moves windows that are known here, by as much as
// time-zone data can differ; what it says beyond that covers nothing and is told.
func TestElsewhereStartsNothing(t *testing.T) {
	p := town(t, time.UTC)
	p.Blackout.Windows = []Recurring{{ID: "night", Rule: "FREQ=WEEKLY;BYDAY=MO", First: civil(t, "2026-01-01"), From: "20:00", Until: "22:00", Cameras: []string{"desk"}}}
	once := Decision{ID: "once", Site: "hall", From: moment(t, "2026-03-04T10:00:00Z"), Until: moment(t, "2026-03-04T11:00:00Z"), Reason: "x", By: "p", Role: "manager", At: moment(t, "2026-03-01T00:00:00Z")}
	start, end := moment(t, "2026-03-02T00:00:00Z"), moment(t, "2026-03-09T00:00:00Z")
	for _, c := range []struct {
		name string
		i    Interval
		at   string
		want bool
	}{
		{"three hours early", Interval{Decision: "night", Camera: "desk", From: moment(t, "2026-03-02T17:00:00Z"), Until: moment(t, "2026-03-02T19:00:00Z")}, "2026-03-02T18:00:00Z", true},
		{"earlier still", Interval{Decision: "night", Camera: "desk", From: moment(t, "2026-03-02T16:59:59Z"), Until: moment(t, "2026-03-02T22:00:00Z")}, "2026-03-02T18:00:00Z", false},
		{"far too late an end", Interval{Decision: "night", Camera: "desk", From: moment(t, "2026-03-02T20:00:00Z"), Until: moment(t, "2026-03-03T20:00:00Z")}, "2026-03-03T10:00:00Z", false},
		{"no end", Interval{Decision: "night", Camera: "desk", From: moment(t, "2026-03-02T19:00:00Z")}, "2026-03-03T10:00:00Z", false},
		{"another day", Interval{Decision: "night", Camera: "desk", From: moment(t, "2026-03-03T20:00:00Z"), Until: moment(t, "2026-03-03T22:00:00Z")}, "2026-03-03T21:00:00Z", false},
		{"another camera", Interval{Decision: "night", Camera: "yard", From: moment(t, "2026-03-02T20:00:00Z"), Until: moment(t, "2026-03-02T22:00:00Z")}, "2026-03-02T21:00:00Z", false},
		{"unknown window", Interval{Decision: "day", Camera: "yard", From: moment(t, "2026-03-02T20:00:00Z")}, "2026-03-02T21:00:00Z", false},
		{"one-off has no local time", Interval{Decision: "once", Camera: "yard", From: moment(t, "2026-03-04T09:00:00Z"), Until: moment(t, "2026-03-04T11:00:00Z")}, "2026-03-04T09:30:00Z", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			pol := Policy{Protocol: p, Decisions: []Decision{once}}
			pol.Elsewhere = append(pol.Computed(start, end), c.i)
			if got := pol.CoverAt(c.i.Camera, moment(t, c.at)).Whole; got != c.want {
				t.Errorf("covered %v", got)
			}
			if !slices.ContainsFunc(pol.Differences(start, end), func(d Difference) bool { return d.There == c.i }) {
				t.Errorf("it is not told: %+v", pol.Differences(start, end))
			}
		})
	}
}

func TestMerged(t *testing.T) {
	at := func(minutes int) time.Time {
		if minutes == 0 {
			return time.Time{}
		}
		return time.Unix(int64(minutes)*60, 0)
	}
	for _, c := range []struct {
		name       string
		list, want [][2]int // 0: without end
	}{
		{"apart", [][2]int{{5, 6}, {1, 2}}, [][2]int{{1, 2}, {5, 6}}},
		{"meeting", [][2]int{{1, 2}, {2, 3}}, [][2]int{{1, 3}}},
		{"one in the other", [][2]int{{1, 9}, {2, 3}}, [][2]int{{1, 9}}},
		{"overlapping", [][2]int{{1, 4}, {2, 5}}, [][2]int{{1, 5}}},
		{"without end", [][2]int{{3, 0}, {5, 6}, {1, 2}}, [][2]int{{1, 2}, {3, 0}}},
		{"into one without end", [][2]int{{1, 4}, {3, 0}}, [][2]int{{1, 0}}},
		{"empty ones", [][2]int{{1, 1}, {3, 2}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var list, want []stretch
			for _, x := range c.list {
				list = append(list, stretch{at(x[0]), at(x[1])})
			}
			for _, x := range c.want {
				want = append(want, stretch{at(x[0]), at(x[1])})
			}
			if got := merged(list); !slices.Equal(got, want) {
				t.Errorf("%v, want %v", got, want)
			}
		})
	}
}
