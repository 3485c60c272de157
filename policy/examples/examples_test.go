package examples_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/examples"
)

// check reads one example, which must have no error.
func check(t *testing.T, name string) (*policy.Protocol, policy.Problems) {
	t.Helper()
	p, problems := policy.Check(policy.File{Name: name, Data: examples.All()[name]})
	for _, q := range problems.Of(policy.ClassError) {
		t.Error(q)
	}
	if p == nil {
		t.Fatalf("%s cannot be evaluated", name)
	}
	return p, problems
}

// Every example is evaluated without error, and names a resolution for every
// conflict that is found in it.
func TestCheck(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(examples.All())) {
		t.Run(name, func(t *testing.T) {
			_, problems := check(t, name)
			for _, q := range problems.Of(policy.ClassConflict) {
				if q.Resolution == "" {
					t.Error(q)
				}
			}
		})
	}
}

// What is embedded is every file of the folder.
func TestAll(t *testing.T) {
	files, err := filepath.Glob("*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	all := examples.All()
	if got := slices.Sorted(maps.Keys(all)); !slices.Equal(got, files) {
		t.Errorf("embedded %v, the folder has %v", got, files)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if string(data) != string(all[name]) {
			t.Errorf("%s is not what is embedded", name)
		}
	}
}

// What the documents do not say is found to be open, and nothing is made up to
// close it.
func TestOpen(t *testing.T) {
	for name, codes := range map[string][]string{
		"heusden.yaml":      {"publication-date", "effective-date", "consent-date:instemming", "consent-hashes:instemming", "site-address:kcc", "blackout-deciders", "dpo-contact:video", "dpia-date:video"},
		"oostrozebeke.yaml": {"camera-identity:mandelroos-voor", "camera-identity:mandelroos-achter", "camera-identity:mandelroos-kassa", "consent-given:advies", "declaration-date", "dpia-date:video-mandelroos"},
		"police-zone.yaml":  {"adoption-date", "consent-date:boc", "site-address:politiehuis"},
		"small-office.yaml": {"adoption-date", "consent-date:instemming", "site-address:kantoor"},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := check(t, name)
			for _, code := range codes {
				if !slices.ContainsFunc(problems.Of(policy.ClassOpen), func(q policy.Problem) bool { return q.Code == code }) {
					t.Errorf("%s is not open", code)
				}
			}
		})
	}
}

// The written protocols do not know Lensdop: nothing of its processing, and
// nothing on what it never does, is shown as their words, also where it rests
// on an article of theirs.
func TestLensdopIsNobodysOwnWords(t *testing.T) {
	found := 0
	for name := range examples.All() {
		p, _ := check(t, name)
		q, ok := p.Checker()
		if !ok {
			t.Errorf("%s has no checker", name)
			continue
		}
		origins := map[string]policy.Origin{"processing": q.Origin, "agent_restrictions": p.AgentRestrictions.Origin}
		for _, list := range [][]policy.Purpose{q.Purposes, q.ProhibitedUses} {
			for _, x := range list {
				if x.Ref != "" { // without one, it has the processing's basis
					origins[x.ID] = x.Origin
				}
			}
		}
		for at, o := range origins {
			found++
			if o.Basis.All != policy.BasisAssumed {
				t.Errorf("%s: %s is shown as the words of %q", name, at, o.Ref)
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d blocks looked at", found)
	}
}

// A role that reads the log of who looked sees more than counts.
func TestWhoAuditsSeesTheLog(t *testing.T) {
	for name := range examples.All() {
		p, _ := check(t, name)
		for _, e := range p.Permissions {
			if r, _ := p.Role(e.Role); slices.Contains(e.Allow, policy.VerbAudit) && r.Scope == policy.ScopeAggregate {
				t.Errorf("%s: %s audits the log, and sees counts only", name, e.Role)
			}
		}
	}
}
