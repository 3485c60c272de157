package rules_test

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy/rules"
)

// machine tells that a finding is of a rule's machine half.
func machine(id string) bool {
	return !strings.Contains(id, "/"+rules.AspectAttested) && !strings.HasPrefix(id, "GOV-1/"+rules.AspectWaiver)
}

// gathersMore tells of a fact that can be missing.
func gathersMore(f rules.Fact) bool { return f != rules.FactProtocol && f != rules.FactClock }

// Every rule with a machine half has a case that passes, one that fails and one
// that cannot be known, unless it needs nothing but the protocol and the clock;
// and every case speaks of a rule that is there.
func TestEveryRuleHasCases(t *testing.T) {
	ends := map[string]map[rules.Status]bool{}
	for _, r := range rules.Table() {
		ends[r.ID] = map[rules.Status]bool{}
	}
	for _, c := range allCases() {
		if ends[c.rule] == nil {
			t.Errorf("a case of %s, which is not there", c.rule)
			continue
		}
		if machine(c.id) {
			ends[c.rule][c.want] = true
		}
	}
	for _, r := range rules.Table() {
		if r.Mode == rules.Manual {
			continue
		}
		if !slices.ContainsFunc(r.Facts, gathersMore) {
			ends[r.ID][rules.Unproven] = true // the protocol is always there: what it does not say fails
		}
		for _, s := range []rules.Status{rules.Pass, rules.Fail, rules.Unproven} {
			if !ends[r.ID][s] {
				t.Errorf("%s has no case that ends %s", r.ID, s)
			}
		}
	}
}

// without takes a group of facts away, as if nobody had asked for it.
func without(f *rules.Facts, fact rules.Fact) {
	cameras := func(change func(c *rules.Camera)) {
		f.Cameras = slices.Clone(f.Cameras)
		for i := range f.Cameras {
			change(&f.Cameras[i])
		}
	}
	paths := func(change func(p *rules.Path)) {
		cameras(func(c *rules.Camera) {
			c.Paths = slices.Clone(c.Paths)
			for i := range c.Paths {
				change(&c.Paths[i])
			}
		})
	}
	switch fact {
	case rules.FactScan:
		f.Scans, f.Found = nil, nil
	case rules.FactDevice:
		cameras(func(c *rules.Camera) {
			c.Info, c.Observation = devices.Value[devices.Info]{}, devices.Value[devices.Observation]{}
		})
	case rules.FactPlace:
		cameras(func(c *rules.Camera) { c.OnNetwork, c.Network = devices.Value[bool]{}, "" })
	case rules.FactStream:
		paths(func(p *rules.Path) { p.Stream = devices.Value[devices.Stream]{} })
	case rules.FactView:
		paths(func(p *rules.Path) { p.View = rules.View{} })
	case rules.FactMask:
		paths(func(p *rules.Path) { p.Masks = nil })
	case rules.FactCover:
		paths(func(p *rules.Path) { p.Cover = rules.Shown{} })
	case rules.FactRestored:
		cameras(func(c *rules.Camera) { c.Uncovered = devices.Value[bool]{} })
	case rules.FactDetail:
		cameras(func(c *rules.Camera) { c.Detail = devices.Value[float64]{} })
	case rules.FactServices:
		cameras(func(c *rules.Camera) {
			c.ServicesAsked = nil
			c.Services, c.Anonymous, c.Encrypted = devices.Value[[]string]{}, devices.Value[bool]{}, devices.Value[bool]{}
		})
	case rules.FactAnalytics:
		cameras(func(c *rules.Camera) { c.Analytics = devices.Value[[]string]{} })
	case rules.FactRecording:
		cameras(func(c *rules.Camera) {
			c.Recording = devices.Value[string]{}
			if o, ok := c.Observation.Get(); ok {
				o.Recordings = devices.Value[[]devices.Recording]{}
				c.Observation = devices.Of(o)
			}
		})
	case rules.FactNotes:
		cameras(func(c *rules.Camera) { c.Notes, c.Holes = nil, devices.Value[[]rules.Hole]{} })
	case rules.FactReader:
		f.Readers = nil
	default:
		gathered := reflect.ValueOf(&f.Gathered).Elem()
		for _, name := range fields(fact) {
			gathered.FieldByName(name).SetZero()
		}
	}
}

// fields are the fields of Gathered that a fact stands for; none for a fact of
// the cameras and lines themselves, the protocol or the clock.
func fields(fact rules.Fact) []string {
	return map[rules.Fact][]string{
		rules.FactInventory: {"Inventory"}, rules.FactStores: {"Stores"}, rules.FactSessions: {"Sessions"}, rules.FactFlows: {"Flows"},
		rules.FactFailures: {"Failures"}, rules.FactExports: {"Exports"}, rules.FactCases: {"Cases"}, rules.FactRequests: {"Requests"},
		rules.FactCalls: {"Calls", "Presses"}, rules.FactTestCalls: {"TestCalls"}, rules.FactSigns: {"Signs"}, rules.FactNotices: {"Notices"},
		rules.FactPublications: {"Publications"}, rules.FactHolders: {"Holders"}, rules.FactReports: {"Reports"}, rules.FactAgents: {"Agents"},
		rules.FactOccasions:    {"Occasions"},
		rules.FactAttestations: {"Attestations"},
	}[fact]
}

func TestEveryGatheredFieldIsAFact(t *testing.T) {
	var have []string
	for _, fact := range rules.AllFacts() {
		have = append(have, fields(fact)...)
	}
	for f := range reflect.TypeFor[rules.Gathered]().Fields() {
		if !slices.Contains(have, f.Name) {
			t.Errorf("%s is no fact", f.Name)
		}
	}
}

// A rule needs each fact that it lists: without it, in some world, something
// that the rule says is another. What others gather (the fields of Gathered) is
// needed to comply: without it something needs a person that did not before.
func TestEveryFactIsNeeded(t *testing.T) {
	for _, r := range rules.Table() {
		for _, fact := range r.Facts {
			if fact == rules.FactProtocol || fact == rules.FactClock {
				continue
			}
			gathered, ok := len(fields(fact)) > 0, false
			for _, c := range allCases() {
				if c.rule != r.ID {
					continue
				}
				f := world(t, r.ID)
				c.change(&f)
				before := statuses(rules.EvaluateOnly(f, r.ID), r.ID)
				without(&f, fact)
				after := statuses(rules.EvaluateOnly(f, r.ID), r.ID)
				for id, s := range after {
					was, there := before[id]
					if gathered && !s.OK() && (!there || was.OK()) {
						ok = true
					}
				}
				ok = ok || !gathered && !maps.Equal(before, after)
				if ok {
					break
				}
			}
			if !ok {
				t.Errorf("%s, without %s: nothing more needs a person", r.ID, fact)
			}
		}
	}
}

func statuses(list []rules.Finding, rule string) map[string]rules.Status {
	out := map[string]rules.Status{}
	for _, f := range list {
		if f.Rule == rule && machine(f.ID) {
			out[f.ID] = f.Status
		}
	}
	return out
}

// saidByProtocol are the findings that can pass without other facts, though
// their rule lists some: what they hold is what the protocol itself must say.
func saidByProtocol() map[string]string {
	return map[string]string{"LOG-1/log": "how long the protocol keeps the access log"}
}

// With nothing but the protocol and the clock, whatever the protocol says, no
// rule that needs more is found to comply.
func TestNothingPassesBlind(t *testing.T) {
	for _, r := range rules.Table() {
		if !slices.ContainsFunc(r.Facts, gathersMore) {
			continue
		}
		for _, c := range append(allCases(), ruleCase{rule: r.ID, name: "as it is", change: func(*rules.Facts) {}}) {
			if c.rule != r.ID {
				continue
			}
			f := world(t, r.ID)
			c.change(&f)
			passes, doubts := "", false
			for id, s := range statuses(rules.EvaluateOnly(rules.Facts{Protocol: f.Protocol, Site: f.Site, Now: f.Now}, r.ID), r.ID) {
				if s == rules.Pass && saidByProtocol()[id] == "" {
					passes = id
				}
				doubts = doubts || !s.OK()
			}
			if passes == "" || doubts {
				continue
			}
			t.Errorf("%s %s: %s passes though nothing is known but the protocol", c.rule, c.name, passes)
		}
	}
}
