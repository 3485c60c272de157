package examples_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/examples"
	"github.com/lensdop/lensdop/policy/rules"
)

// binds tells whether a rule binds the protocol anywhere.
func binds(r rules.Rule, p *policy.Protocol) bool {
	if r.Scope == rules.ScopeProtocol {
		ok, _ := r.Binds(p, "")
		return ok
	}
	return slices.ContainsFunc(p.Sites, func(s policy.Site) bool { ok, _ := r.Binds(p, s.ID); return ok })
}

// Whatever only a person can declare and the protocol is bound to has somebody
// who is to declare it.
func TestAttestations(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(examples.All())) {
		t.Run(name, func(t *testing.T) {
			p, _ := check(t, name)
			for _, r := range rules.Table() {
				asked := slices.ContainsFunc(p.Attestations, func(a policy.Attestation) bool { return a.Rule == r.ID })
				human := r.Mode != rules.Automatic
				if human && !asked && binds(r, p) {
					t.Errorf("nobody is to declare %s (%s)", r.ID, r.Statement.NL)
				}
				if asked && !human {
					t.Errorf("a machine checks %s: it needs no declaration", r.ID)
				}
			}
		})
	}
}
