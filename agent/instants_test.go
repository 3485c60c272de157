package agent

import (
	"slices"
	"testing"
	"time"

	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/examples"
	"github.com/lensdop/lensdop/policy/rules"
	"github.com/lensdop/lensdop/policy/wire"
)

// TestOtherTimesAreAFinding: what the server computes otherwise is told to the
// people, until it is over.
func TestOtherTimesAreAFinding(t *testing.T) {
	p, err := policy.Parse("p", examples.Lensmonde)
	if err != nil {
		t.Fatal(err)
	}
	el, err := p.Election("verkiezing", "de-polder", policy.DateOf(noon()), "el", "j.doe", "location-manager", noon().AddDate(0, 0, -7))
	if err != nil {
		t.Fatal(err)
	}
	works := policy.Decision{ID: "works", Site: "de-polder", From: noon(), Until: noon().Add(time.Hour), Reason: "Works", By: "j.doe", Role: "location-manager", At: noon().AddDate(0, 0, -1)}
	said := func(decision string, from, until time.Time, cameras ...string) wire.Interval {
		return wire.Interval{Decision: decision, Cameras: cameras, From: from, Until: until}
	}
	var same []wire.Interval
	for _, i := range (policy.Policy{Protocol: p, Decisions: []policy.Decision{el, works}}).Calendar("de-polder") {
		same = append(same, said(i.Decision, i.From, i.Until, i.Camera))
	}
	never := time.Time{}
	earlier := slices.Clone(same)
	for i := range earlier {
		if earlier[i].Decision == "el" {
			earlier[i].From = el.From.Add(-time.Hour)
		}
	}
	for _, c := range []struct {
		name     string
		calendar []wire.Interval
		now      time.Time
		window   string // with a finding; empty for none
		severity rules.Severity
	}{
		{"the same", same, noon(), "", ""},
		{"no calendar", nil, noon(), "", ""},
		{"an hour earlier", earlier, noon(), "el", rules.High},
		{"before it begins", []wire.Interval{said("el", el.From.Add(-time.Hour), never, hallNoord)}, noon().AddDate(0, 0, -2), "el", rules.High},
		{"only the server has it", append([]wire.Interval{said("made-up", noon(), never, hallNoord)}, same...), noon(), "made-up", rules.Critical},
		{"only the server has it, and it is over", append([]wire.Interval{said("made-up", noon().Add(-time.Hour), noon(), hallNoord)}, same...), noon(), "", ""},
		{"only this gateway has it", []wire.Interval{said("works", works.From, works.Until, hallNoord)}, noon(), "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := newGateway(t, config(t.TempDir(), 1), Parts{})
			defer g.close(t)
			g.at(c.now, true)
			g.take(t, document(1, deciding(t, signer(1), el, works), func(d *wire.Desired) {
				d.Calendar, d.Issued = c.calendar, noon().AddDate(0, 0, -7)
			}))
			told := map[string]rules.Severity{}
			for _, f := range rules.Evaluate(g.facts(g.inForce())) {
				if f.ID == "BLK-1/instants/de-polder/"+f.Target.Subject && f.Status == rules.Fail {
					told[f.Target.Subject] = f.Severity
				}
			}
			if len(told) > 1 || (len(told) == 1) != (c.window != "") || told[c.window] != c.severity {
				t.Errorf("told %v, want %q as %s", told, c.window, c.severity)
			}
		})
	}
}
