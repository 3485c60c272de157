package policy

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/lensdop/lensdop/devices"
)

// season is a stretch of days in which the clocks of a place do something odd.
type season struct {
	zone  string
	first Date // eight days from here are looked at
}

func seasons() []season {
	return []season{
		{"Europe/Amsterdam", Date{2026, time.March, 26}},
		{"Europe/Amsterdam", Date{2026, time.October, 22}},
		{"Europe/Brussels", Date{2027, time.December, 28}},
		{"Europe/Brussels", Date{2028, time.February, 26}},
		{"Australia/Lord_Howe", Date{2026, time.April, 2}},   // back by half an hour
		{"Australia/Lord_Howe", Date{2026, time.October, 1}}, // forward by half an hour
		{"America/New_York", Date{2026, time.March, 5}},
		{"Pacific/Pago_Pago", Date{2026, time.June, 1}}, // eleven hours behind
		{"Pacific/Apia", Date{2011, time.December, 27}}, // no 30 December
	}
}

func (s season) start() time.Time {
	return time.Date(s.first.Year, s.first.Month, s.first.Day, 0, 0, 0, 0, time.UTC)
}

const (
	step    = 5 * time.Minute // all drawn times are multiples of it
	looking = 8 * 24 * time.Hour
)

// ruleCase is a rule with the days that it picks, told another way.
type ruleCase struct {
	rule string
	is   func(day, first time.Time) bool
}

func ruleCases() []ruleCase {
	whole := func(day, first time.Time) int { return int(day.Sub(first).Hours()) / 24 }
	return []ruleCase{
		{"FREQ=DAILY", func(_, _ time.Time) bool { return true }},
		{"FREQ=DAILY;INTERVAL=2", func(d, f time.Time) bool { return whole(d, f)%2 == 0 }},
		{"FREQ=DAILY;COUNT=4", func(d, f time.Time) bool { return whole(d, f) < 4 }},
		{"FREQ=WEEKLY;BYDAY=SA,SU", func(d, _ time.Time) bool { return d.Weekday() == time.Saturday || d.Weekday() == time.Sunday }},
		{"FREQ=WEEKLY", func(d, f time.Time) bool { return d.Weekday() == f.Weekday() }},
		{"FREQ=MONTHLY;BYMONTHDAY=-1", func(d, _ time.Time) bool { return d.AddDate(0, 0, 1).Day() == 1 }},
		{"FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=30,31", func(d, _ time.Time) bool { return d.Month() == time.December && d.Day() >= 30 }},
		{"FREQ=YEARLY;BYMONTH=3,10;BYDAY=-1SU", func(d, _ time.Time) bool {
			return (d.Month() == time.March || d.Month() == time.October) && d.Weekday() == time.Sunday && d.AddDate(0, 0, 7).Month() != d.Month()
		}},
	}
}

func drawClock(t *rapid.T, name string) Clock {
	n := rapid.IntRange(0, 24*12-1).Draw(t, name)
	return Clock(fmt.Sprintf("%02d:%02d", n/12, n%12*5))
}

// world is a random policy, at a place in a season.
type world struct {
	Policy

	season season
	place  *time.Location
}

func drawWorld(t *rapid.T) world {
	s := rapid.SampledFrom(seasons()).Draw(t, "season")
	place, err := time.LoadLocation(s.zone)
	if err != nil {
		t.Fatal(err)
	}
	p := &Protocol{
		Metadata: Metadata{ID: "world", Timezone: s.zone},
		Roles:    []Role{{ID: "manager"}, {ID: "ict"}},
		Sites:    []Site{{ID: "a", Name: "A"}, {ID: "b", Name: "B"}},
		Cameras: []Camera{
			{ID: "one", Site: "a", Sees: []string{"hall", "room"}, Masks: []Mask{{ID: "m", Polygon: devices.FullZone("").Polygon}}},
			{ID: "two", Site: "a", Sees: []string{"hall"}, Views: []CameraView{{ID: "left", Sees: []string{"room"}}, {ID: "right", Sees: []string{"yard"}}}},
			{ID: "three", Site: "b", Sees: []string{"yard"}},
		},
		locations: map[string]*time.Location{"a": place, "b": place},
		Blackout: Blackout{
			Obligation: ObligationMay, DecidedBy: []string{"manager"}, Limits: Limits{OneOff: Duration{Time: 24 * time.Hour}},
			Templates: []Template{{
				ID: "election", Reason: "election", Zones: []string{"room"}, CoveredFrom: drawClock(t, "covered from"), EarliestRelease: drawClock(t, "earliest"),
				Days: 3, ReleaseBy: []string{"manager"}, Signatures: rapid.IntRange(1, 2).Draw(t, "signatures"),
			}},
		},
	}
	w := world{Policy: Policy{Protocol: p}, season: s, place: place}
	for range rapid.IntRange(0, 3).Draw(t, "windows") {
		p.Blackout.Windows = append(p.Blackout.Windows, w.drawWindow(t))
	}
	for range rapid.IntRange(0, 1).Draw(t, "recorded") {
		p.Decisions = append(p.Decisions, w.drawRecorded(t))
	}
	for range rapid.IntRange(0, 2).Draw(t, "decisions") {
		w.Decisions = append(w.Decisions, w.drawDecision(t))
	}
	for range rapid.IntRange(0, 3).Draw(t, "releases") {
		w.Releases = append(w.Releases, w.drawRelease(t))
	}
	for range rapid.IntRange(0, 4).Draw(t, "elsewhere") {
		w.Elsewhere = append(w.Elsewhere, w.drawElsewhere(t))
	}
	return w
}

func (w *world) day(t *rapid.T, name string) Date {
	return w.season.first.AddDays(rapid.IntRange(0, 7).Draw(t, name))
}

func (w *world) instant(t *rapid.T, name string) time.Time {
	return w.season.start().Add(time.Duration(rapid.IntRange(0, int(looking/step)).Draw(t, name)) * step)
}

func (w *world) drawWindow(t *rapid.T) Recurring {
	r := Recurring{
		ID: fmt.Sprintf("w%d", rapid.IntRange(0, 3).Draw(t, "window id")), Rule: rapid.SampledFrom(ruleCases()).Draw(t, "rule").rule,
		First: w.season.first.AddDays(rapid.IntRange(-400, 4).Draw(t, "first")), From: drawClock(t, "from"), Until: drawClock(t, "until"),
	}
	switch rapid.IntRange(0, 3).Draw(t, "chosen by") {
	case 0:
		r.Zones = []string{rapid.SampledFrom([]string{"hall", "room", "yard"}).Draw(t, "zone")}
	case 1:
		r.Sites = []string{"a"}
	case 2:
		r.Cameras = []string{rapid.SampledFrom([]string{"one", "two"}).Draw(t, "camera")}
	default:
	}
	if rapid.Bool().Draw(t, "bounded") {
		r.Last = w.season.first.AddDays(rapid.IntRange(4, 8).Draw(t, "last"))
	}
	if rapid.Bool().Draw(t, "excepted") {
		r.Except = []Date{w.day(t, "except")}
	}
	return r
}

func (w *world) drawRecorded(t *rapid.T) RecordedDecision {
	c := RecordedCover{Template: "election", Site: rapid.SampledFrom([]string{"a", "a", "b"}).Draw(t, "recorded site"), First: w.day(t, "recorded day")}
	if rapid.Bool().Draw(t, "two days") {
		c.Last = c.First.AddDays(1)
	}
	return RecordedDecision{ID: fmt.Sprintf("r%d", rapid.IntRange(0, 1).Draw(t, "recorded id")), Date: w.season.first, By: "manager", Cover: c}
}

func (w *world) drawDecision(t *rapid.T) Decision {
	d := Decision{
		ID: fmt.Sprintf("d%d", rapid.IntRange(0, 2).Draw(t, "id")), Site: "a", Reason: "works", By: "p", At: w.season.start(),
		Role: rapid.SampledFrom([]string{"manager", "manager", "manager", "ict"}).Draw(t, "role"),
	}
	if rapid.Bool().Draw(t, "templated") {
		day := w.day(t, "day")
		d.Template = "election"
		d.From, _ = instants(w.place, day, w.Protocol.Blackout.Templates[0].CoveredFrom)
		_, d.EarliestRelease = instants(w.place, day, w.Protocol.Blackout.Templates[0].EarliestRelease)
		d.From = d.From.Add(shift(t, "signer's zone"))
		return d
	}
	d.From = w.instant(t, "one-off")
	d.Until = d.From.Add(time.Duration(rapid.IntRange(-1, 300).Draw(t, "length")) * step)
	if rapid.Bool().Draw(t, "some") {
		d.Cameras = []string{rapid.SampledFrom([]string{"one", "two", "three"}).Draw(t, "of")}
	}
	return d
}

func shift(t *rapid.T, name string) time.Duration {
	return time.Duration(rapid.SampledFrom([]int{0, 0, 60, -60, 30, 180, -180, 185, -185, 600}).Draw(t, name)) * time.Minute
}

func (w *world) drawRelease(t *rapid.T) Release {
	return Release{
		ID: "release", Decision: rapid.SampledFrom([]string{"d0", "d1", "d2", "r0", "r1", "w0"}).Draw(t, "releases"), At: w.instant(t, "released"),
		By: rapid.SampledFrom([]string{"p", "q"}).Draw(t, "by"), Role: rapid.SampledFrom([]string{"manager", "manager", "ict"}).Draw(t, "as"),
	}
}

// drawElsewhere draws what other time-zone data makes of the windows, and some
// that nobody could have computed.
func (w *world) drawElsewhere(t *rapid.T) Interval {
	list := w.Computed(w.season.start(), w.season.start().Add(looking))
	if len(list) == 0 || rapid.IntRange(0, 5).Draw(t, "wild") == 0 {
		i := Interval{Decision: rapid.SampledFrom([]string{"d0", "w0", "none"}).Draw(t, "of window"), Camera: "one", From: w.instant(t, "their from")}
		if rapid.Bool().Draw(t, "ends") {
			i.Until = i.From.Add(time.Duration(rapid.IntRange(0, 300).Draw(t, "their length")) * step)
		}
		return i
	}
	i := rapid.SampledFrom(list).Draw(t, "other side of")
	i.From = i.From.Add(shift(t, "from moved by"))
	if !i.Until.IsZero() {
		i.Until = i.Until.Add(shift(t, "until moved by"))
	} else if rapid.Bool().Draw(t, "released there") {
		i.Until = w.instant(t, "their release")
	}
	return i
}

// oracle answers whether a camera is covered, slowly: it reads the local clock
// every five minutes instead of asking for offsets, and every day by itself.
type oracle struct {
	w     world
	start time.Time
	wall  []int // of each step from start: what the local clock shows, in steps since 1970
}

func newOracle(w world) *oracle {
	o := &oracle{w: w, start: w.season.start().Add(-6 * 24 * time.Hour)}
	for i := range int((looking + 12*24*time.Hour) / step) {
		l := o.start.Add(time.Duration(i) * step).In(w.place)
		o.wall = append(o.wall, int(time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), l.Minute(), 0, 0, time.UTC).Unix()/int64(step/time.Second)))
	}
	return o
}

// when is the first and the last instant at which the local clock shows a time
// of a day, or would by the clocks after and before it is put forward past it.
func (o *oracle) when(day Date, c Clock) (first, last time.Time) {
	var h, m int
	if _, err := fmt.Sscanf(string(c), "%d:%d", &h, &m); err != nil {
		panic(err)
	}
	target := int(time.Date(day.Year, day.Month, day.Day, h, m, 0, 0, time.UTC).Unix() / int64(step/time.Second))
	at := func(i int) time.Time { return o.start.Add(time.Duration(i) * step) }
	for i, x := range o.wall {
		if x == target {
			if first.IsZero() {
				first = at(i)
			}
			last = at(i)
		}
	}
	for i := 1; i < len(o.wall) && first.IsZero(); i++ {
		if o.wall[i-1] < target && target < o.wall[i] {
			return at(i - (o.wall[i] - target)), at(i - 1 + target - o.wall[i-1])
		}
	}
	return first, last
}

// spans lists when each window of a camera is in force.
func (o *oracle) spans(camera string) map[string][]Interval {
	out := map[string][]Interval{}
	c := *o.w.Protocol.camera(camera)
	sees := slices.Clone(c.Sees)
	for _, v := range c.Views {
		sees = append(sees, v.Sees...)
	}
	nearby := func(a, b time.Time) bool { return a.Sub(b) <= 3*time.Hour && b.Sub(a) <= 3*time.Hour }
	theirs := func(id string) []Interval {
		return slices.DeleteFunc(slices.Clone(o.w.Elsewhere), func(i Interval) bool { return i.Decision != id || i.Camera != camera })
	}
	for _, r := range o.w.Protocol.Blackout.Windows {
		if len(r.Cameras) > 0 && !slices.Contains(r.Cameras, camera) ||
			len(r.Cameras) == 0 && (len(r.Sites) > 0 && !slices.Contains(r.Sites, c.Site) || len(r.Zones) > 0 && !slices.Contains(sees, r.Zones[0])) {
			continue
		}
		is := ruleCases()[slices.IndexFunc(ruleCases(), func(x ruleCase) bool { return x.rule == r.Rule })].is
		first := time.Date(r.First.Year, r.First.Month, r.First.Day, 0, 0, 0, 0, time.UTC)
		for i := -3; i <= 10; i++ {
			d := o.w.season.start().AddDate(0, 0, i)
			if d.Before(first) || !is(d, first) || !r.Last.IsZero() && DateOf(d).String() > r.Last.String() || slices.Contains(r.Except, DateOf(d)) {
				continue
			}
			end := d
			if r.Until <= r.From {
				end = d.AddDate(0, 0, 1)
			}
			from, _ := o.when(DateOf(d), r.From)
			_, until := o.when(DateOf(end), r.Until)
			out[r.ID] = append(out[r.ID], Interval{From: from, Until: until})
			for _, e := range theirs(r.ID) {
				if !e.Until.IsZero() && nearby(e.From, from) && nearby(e.Until, until) {
					out[r.ID] = append(out[r.ID], e)
				}
			}
		}
	}
	t := o.w.Protocol.Blackout.Templates[0]
	decided := func(id string, from, earliest, until time.Time, need int, template bool) {
		people := map[string]time.Time{}
		for _, r := range o.w.Releases {
			if r.Decision == id && r.Role == "manager" && !r.At.Before(earliest) && (people[r.By].IsZero() || r.At.Before(people[r.By])) {
				people[r.By] = r.At
			}
		}
		var when []time.Time
		for _, at := range people {
			when = append(when, at)
		}
		slices.SortFunc(when, time.Time.Compare)
		if len(when) >= need && (until.IsZero() || when[need-1].Before(until)) {
			until = when[need-1]
		}
		out[id] = append(out[id], Interval{From: from, Until: until})
		for _, e := range theirs(id) {
			if template && nearby(e.From, from) {
				end := until
				if !until.IsZero() && e.Until.After(until) && nearby(e.Until, until) {
					end = e.Until
				}
				out[id] = append(out[id], Interval{From: e.From, Until: end})
			}
		}
	}
	for _, r := range o.w.Protocol.Decisions {
		last := r.Cover.Last
		if last.IsZero() {
			last = r.Cover.First
		}
		if r.Cover.Site == c.Site && slices.Contains(sees, "room") {
			from, _ := o.when(r.Cover.First, t.CoveredFrom)
			_, earliest := o.when(last, t.EarliestRelease)
			decided(r.ID, from, earliest, time.Time{}, t.Signatures, true)
		}
	}
	for _, d := range o.w.Decisions {
		if o.w.Protocol.CheckDecision(d) != nil || d.Site != c.Site || len(d.Cameras) > 0 && !slices.Contains(d.Cameras, camera) {
			continue
		}
		if d.Template == "" {
			decided(d.ID, d.From, time.Time{}, d.Until, 1, false)
		} else if slices.Contains(sees, "room") {
			from, earliest := d.From, d.EarliestRelease
			for i := -1; i <= 8; i++ { // the signer may have other time-zone data
				day := o.w.season.first.AddDays(i)
				if f, _ := o.when(day, t.CoveredFrom); nearby(f, d.From) && f.Before(from) {
					from = f
				}
			}
			decided(d.ID, from, earliest, time.Time{}, t.Signatures, true)
		}
	}
	return out
}

// CoverAt, Agenda, WindowsAt, DecisionsAt and NextChange all say what the
// oracle says.
func TestAgainstOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		camera := rapid.SampledFrom([]string{"one", "two", "three"}).Draw(t, "camera")
		o := newOracle(w)
		spans := o.spans(camera)
		plan := w.Plan()
		start, end := w.season.start(), w.season.start().Add(looking)
		agenda := slices.DeleteFunc(w.Agenda(w.Protocol.camera(camera).Site, start, end), func(e Entry) bool { return !slices.Contains(e.Cameras, camera) })
		var changes []time.Time
		was := false
		for at := start; at.Before(end); at = at.Add(step) {
			var want []string
			for id, list := range spans {
				if slices.ContainsFunc(list, func(i Interval) bool { return i.Contains(at) }) {
					want = append(want, id)
				}
			}
			slices.Sort(want)
			cover := plan.CoverAt(camera, at)
			if cover.Whole != (len(want) > 0) || cover.Sound != cover.Whole {
				t.Fatalf("at %s (%s) %s covers %+v, want %v", at, at.In(w.place), camera, cover, want)
			}
			var named, decided, listed []string
			for _, e := range plan.WindowsAt(camera, at) {
				named = append(named, e.Window)
			}
			for _, d := range plan.DecisionsAt(camera, at) {
				decided = append(decided, d.ID)
			}
			for _, e := range agenda {
				if (stretch{e.From, e.Until}).contains(at) {
					listed = append(listed, e.Window)
				}
			}
			for _, list := range []*[]string{&named, &decided, &listed} {
				slices.Sort(*list)
				*list = slices.Compact(*list)
			}
			if !slices.Equal(named, want) || !slices.Equal(listed, want) {
				t.Fatalf("at %s %s is covered by %v, in the agenda by %v, want %v", at, camera, named, listed, want)
			}
			if !slices.Equal(decided, slices.DeleteFunc(slices.Clone(want), func(id string) bool { return id[0] == 'w' })) {
				t.Fatalf("at %s decisions %v, want those of %v", at, decided, want)
			}
			if at.After(start) && cover.Whole != was {
				changes = append(changes, at)
			}
			was = cover.Whole
		}
		var got []time.Time
		for at, ok := plan.NextChange(camera, start); ok && at.Before(end); at, ok = plan.NextChange(camera, at) {
			got = append(got, at)
			if plan.CoverAt(camera, at.Add(-1)).Whole == plan.CoverAt(camera, at).Whole {
				t.Fatalf("nothing changes at %s", at)
			}
		}
		if !slices.EqualFunc(got, changes, time.Time.Equal) {
			t.Fatalf("changes at %v, want %v", got, changes)
		}
	})
}

// A policy answers by itself as its plan does.
func TestPlanIsThePolicy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		plan := w.Plan()
		camera := rapid.SampledFrom([]string{"one", "two", "three", "none"}).Draw(t, "camera")
		at := w.instant(t, "at").Add(-rapid.SampledFrom([]time.Duration{0, 1}).Draw(t, "or just before"))
		if a, b := w.CoverAt(camera, at), plan.CoverAt(camera, at); !a.Equal(b) {
			t.Fatalf("policy %+v, plan %+v", a, b)
		}
		if a, b := fmt.Sprint(w.WindowsAt(camera, at)), fmt.Sprint(plan.WindowsAt(camera, at)); a != b {
			t.Fatalf("policy %s, plan %s", a, b)
		}
		if a, b := fmt.Sprint(w.DecisionsAt(camera, at)), fmt.Sprint(plan.DecisionsAt(camera, at)); a != b {
			t.Fatalf("policy %s, plan %s", a, b)
		}
		a, aok := w.NextChange(camera, at)
		b, bok := plan.NextChange(camera, at)
		if aok != bok || !a.Equal(b) {
			t.Fatalf("policy %s %v, plan %s %v", a, aok, b, bok)
		}
	})
}

// whole lists at which steps of the season a camera is covered.
func (w *world) whole(camera string) []bool {
	var out []bool
	plan := w.Plan()
	for at := w.season.start(); at.Before(w.season.start().Add(looking)); at = at.Add(3 * step) {
		out = append(out, plan.CoverAt(camera, at).Whole)
	}
	return out
}

// includes tells whether each covered step of b is covered in a.
func includes(a, b []bool) bool {
	for i := range b {
		if b[i] && !a[i] {
			return false
		}
	}
	return true
}

// Adding a window, a decision, a recorded one, a view, a mask, or what the other
// side computed never uncovers an instant of any camera.
func TestAddingNeverUncovers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := drawWorld(t)
		after := before
		p := *before.Protocol
		after.Protocol = &p
		p.Cameras = slices.Clone(p.Cameras)
		place := func(n int) int { return rapid.IntRange(0, n).Draw(t, "place") }
		masked := devices.FullZone("").Polygon
		switch rapid.SampledFrom([]string{"window", "decision", "recorded", "elsewhere", "view", "mask"}).Draw(t, "adds") {
		case "window":
			p.Blackout.Windows = slices.Insert(slices.Clone(p.Blackout.Windows), place(len(p.Blackout.Windows)), before.drawWindow(t))
		case "decision":
			after.Decisions = slices.Insert(slices.Clone(after.Decisions), place(len(after.Decisions)), before.drawDecision(t))
		case "recorded":
			p.Decisions = slices.Insert(slices.Clone(p.Decisions), place(len(p.Decisions)), before.drawRecorded(t))
		case "elsewhere":
			after.Elsewhere = slices.Insert(slices.Clone(after.Elsewhere), place(len(after.Elsewhere)), before.drawElsewhere(t))
		case "view":
			p.Cameras[1].Views = append(slices.Clone(p.Cameras[1].Views), CameraView{ID: "new", Sees: []string{"room"}, Masks: []Mask{{ID: "m", Polygon: masked}}})
		default:
			p.Cameras[1].Masks = append(slices.Clone(p.Cameras[1].Masks), Mask{ID: "new", Polygon: masked})
		}
		for _, camera := range []string{"one", "two", "three"} {
			if !includes(after.whole(camera), before.whole(camera)) {
				t.Fatalf("%s is uncovered", camera)
			}
			at := before.season.start()
			for _, view := range []string{"", "left", "right"} {
				if a, b := after.CoverAtView(camera, view, at), before.CoverAtView(camera, view, at); !a.Includes(b) {
					t.Fatalf("%+v became %+v", b, a)
				}
			}
		}
	})
}

// A release covers nothing, and uncovers nothing but what its own decision
// covers alone: recurring windows and other decisions stay.
func TestReleaseShortensItsOwn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := drawWorld(t)
		after := before
		r := before.drawRelease(t)
		after.Releases = append(slices.Clone(before.Releases), r)
		without := before
		without.Decisions = slices.DeleteFunc(slices.Clone(before.Decisions), func(d Decision) bool { return d.ID == r.Decision })
		p := *before.Protocol
		p.Decisions = slices.DeleteFunc(slices.Clone(p.Decisions), func(d RecordedDecision) bool { return d.ID == r.Decision })
		without.Protocol = &p
		for _, camera := range []string{"one", "two", "three"} {
			a := after.whole(camera)
			if !includes(before.whole(camera), a) || !includes(a, without.whole(camera)) {
				t.Fatalf("a release of %s changes more than that", r.Decision)
			}
		}
	})
}

// What both sides compute together is what each covers, and a side that has
// computed the same sees no difference.
func TestBothSides(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		w.Elsewhere = nil
		start, end := w.season.start(), w.season.start().Add(looking)
		same := w
		same.Elsewhere = w.Computed(start, end)
		if d := same.Differences(start, end); len(d) > 0 {
			t.Fatalf("differences %+v", d)
		}
		for _, camera := range []string{"one", "two"} {
			if !slices.Equal(same.whole(camera), w.whole(camera)) {
				t.Fatal("the same instants change the cover")
			}
		}
		if len(same.Elsewhere) == 0 {
			return
		}
		i := rapid.IntRange(0, len(same.Elsewhere)-1).Draw(t, "moved")
		one := same.Elsewhere[i]
		same.Elsewhere = slices.Clone(same.Elsewhere)
		same.Elsewhere[i].From = one.From.Add(-time.Hour)
		told := same.Differences(start.Add(-time.Hour), end)
		if !slices.ContainsFunc(told, func(d Difference) bool {
			return d.Window == one.Decision && d.Camera == one.Camera && d.There.From.Equal(one.From.Add(-time.Hour))
		}) {
			t.Fatalf("a beginning an hour earlier is not told: %+v", told)
		}
	})
}
