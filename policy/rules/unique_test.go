package rules_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy/rules"
)

func twice[T any](v devices.Value[[]T], change func(*T)) devices.Value[[]T] {
	list, ok := v.Get()
	if !ok {
		return v
	}
	list = slices.Concat(list, list)
	for i := range list {
		change(&list[i])
	}
	return devices.Of(list)
}

// messy gives every record that was gathered twice, and with blank set without
// its name: as registers are that two people keep.
func messy(f *rules.Facts, blank bool) {
	f.Cameras, f.Found, f.Readers = slices.Concat(f.Cameras, f.Cameras), slices.Concat(f.Found, f.Found), slices.Concat(f.Readers, f.Readers)
	unname := func(s ...*string) {
		for _, p := range s {
			if blank {
				*p = ""
			}
		}
	}
	for i := range f.Found {
		if len(f.Found[i].Cameras) == 0 {
			unname(&f.Found[i].Endpoint, &f.Found[i].Address)
		}
	}
	f.Inventory = twice(f.Inventory, func(x *rules.Seen) { unname(&x.Device) })
	f.Stores = twice(f.Stores, func(x *rules.Store) { unname(&x.ID) })
	f.Sessions = twice(f.Sessions, func(x *rules.Session) { unname(&x.ID) })
	f.Flows = twice(f.Flows, func(x *rules.Flow) { unname(&x.From) })
	f.Failures = twice(f.Failures, func(x *rules.Failure) { unname(&x.From) })
	f.Exports = twice(f.Exports, func(x *rules.Export) { unname(&x.ID) })
	f.Cases = twice(f.Cases, func(x *rules.Case) { unname(&x.ID) })
	f.Requests = twice(f.Requests, func(x *rules.Request) { unname(&x.ID) })
	f.Calls = twice(f.Calls, func(x *rules.Call) { unname(&x.Store) })
	f.Presses = twice(f.Presses, func(x *rules.Press) { unname(&x.Button) })
	f.TestCalls = twice(f.TestCalls, func(x *rules.TestCall) { unname(&x.Notice) })
	f.Signs = twice(f.Signs, func(x *rules.SignSeen) { unname(&x.Sign) })
	f.Notices = twice(f.Notices, func(x *rules.NoticeGiven) { unname(&x.Notice) })
	f.Publications = twice(f.Publications, func(x *rules.Publication) { unname(&x.What) })
	f.Holders = twice(f.Holders, func(x *rules.Holder) { unname(&x.Role) })
	f.Reports = twice(f.Reports, func(*rules.Report) {})
	f.Agents = twice(f.Agents, func(x *rules.AgentVersion) { unname(&x.Agent) })
	f.Attestations = twice(f.Attestations, func(x *rules.Declared) { unname(&x.Owner) })
}

// Whoever keeps findings keeps them by id: were two alike, one that fails could
// vanish behind one that passes.
func TestIDsAreUnique(t *testing.T) {
	for _, c := range allCases() {
		for _, blank := range []bool{false, true} {
			f := world(t, c.rule)
			c.change(&f)
			messy(&f, blank)
			seen := map[string]bool{}
			for _, got := range rules.EvaluateOnly(f, c.rule) {
				if seen[got.ID] {
					t.Errorf("%s %s: two findings %s", c.rule, c.name, got.ID)
				}
				seen[got.ID] = true
			}
		}
	}
}

// All that the cases of one scope gather, in one world: no two rules, and no
// two parts of one, give the same id. A fact that an earlier case gave stays.
func TestIDsAreUniqueTogether(t *testing.T) {
	for _, scope := range []string{site, ""} {
		f := good(t)
		all := reflect.ValueOf(&f.Gathered).Elem()
		for _, c := range allCases() {
			g := world(t, c.rule)
			c.change(&g)
			one := reflect.ValueOf(g.Gathered)
			for i := range all.NumField() {
				if all.Field(i).IsZero() {
					all.Field(i).Set(one.Field(i))
				}
			}
			f.Found, f.Readers = append(f.Found, g.Found...), append(f.Readers, g.Readers...)
		}
		f.Site = scope
		messy(&f, true)
		seen := map[string]bool{}
		for _, got := range rules.Evaluate(f) {
			if seen[got.ID] {
				t.Errorf("scope %q: two findings %s", scope, got.ID)
			}
			seen[got.ID] = true
		}
		if len(seen) < len(rules.Table())/2 {
			t.Errorf("scope %q: only %d findings", scope, len(seen))
		}
	}
}
