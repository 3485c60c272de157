package rules_test

import (
	"slices"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy/rules"
)

// ruleCase is one row of the table of tests: a rule, what is changed in a good
// world, and the status that the finding with the id then has. The id is the
// whole id of the finding.
type ruleCase struct {
	rule, name string
	change     func(f *rules.Facts)
	id         string
	want       rules.Status
}

// allCases gathers the rows of every part of the catalogue.
func allCases() []ruleCase {
	return slices.Concat(seedCases(),
		locationsCases(), purposesCases(), retentionCases(), accessCases(), disclosureCases(), hiddenCases(),
		tellingCases(), rightsCases(), consentCases(), coveringCases(), securityCases(), systemsCases(),
	)
}

func TestEveryRule(t *testing.T) {
	for _, c := range allCases() {
		t.Run(c.rule+" "+c.name, func(t *testing.T) {
			f := world(t, c.rule)
			c.change(&f)
			list := rules.Evaluate(f)
			checkFindings(t, list)
			got := find(t, list, c.id)
			if got.Status != c.want {
				t.Errorf("%s is %s, want %s: %s", c.id, got.Status, c.want, got.Text.EN)
			}
			if got.Rule != c.rule {
				t.Errorf("%s belongs to %s", c.id, got.Rule)
			}
			if got.Text.NL == "" || got.Text.FR == "" || got.Text.EN == "" {
				t.Error("a finding without words in nl, fr or en")
			}
			if !got.Status.OK() && got.Remedy.EN == "" {
				t.Error("a finding that needs a person does not say what to do")
			}
		})
	}
}

// camObserved changes what the device of camera entree told.
func camObserved(f *rules.Facts, change func(*devices.Observation)) {
	o, _ := f.Cameras[cam].Observation.Get()
	change(&o)
	f.Cameras[cam].Observation = devices.Of(o)
}

// camAskedAt has camera entree been asked at a time.
func camAskedAt(at time.Time) func(*rules.Facts) {
	return func(f *rules.Facts) { camObserved(f, func(o *devices.Observation) { o.At = at }) }
}

// camAsked has camera entree been asked so long from now. Networks, and with
// them devices, are to be asked every hour.
func camAsked(from time.Duration) func(*rules.Facts) { return camAskedAt(now.Add(from)) }

// world is a good world in the scope of a rule: at the site of good, or the
// protocol as a whole.
func world(t testing.TB, id string) rules.Facts {
	t.Helper()
	f := good(t)
	for _, r := range rules.Table() {
		if r.ID == id && r.Scope == rules.ScopeProtocol {
			f.Site = ""
		}
	}
	return f
}
