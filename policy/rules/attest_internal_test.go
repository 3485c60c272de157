package rules

import (
	"slices"
	"testing"
	"time"

	"github.com/lensdop/lensdop/policy"
)

// What binds at one site only is declared all the same, and at the others it
// does not apply.
func TestAttestedWhereItBinds(t *testing.T) {
	p := &policy.Protocol{Sites: []policy.Site{{ID: "a"}, {ID: "b"}}}
	r := Rule{ID: "X-1", Mode: Half, Scope: ScopeSite, Methods: []Method{Test, Interview}}
	for _, c := range []struct {
		name  string
		binds []string
		asked string
		want  map[string]Status
	}{
		{"at one", []string{"b"}, "", map[string]Status{"X-1/attested": Unproven}},
		{"at one, asked of a site", []string{"b"}, "b", map[string]Status{"X-1/attested/a": NotApplicable, "X-1/attested/b": Unproven}},
		{"nowhere", nil, "", map[string]Status{"X-1/attested": NotApplicable}},
		{"everywhere", []string{"", "a", "b"}, "a", map[string]Status{"X-1/attested/a": Unproven, "X-1/attested/b": Unproven}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r.applies = func(_ *policy.Protocol, site string) (bool, policy.Text) {
				if slices.Contains(c.binds, site) {
					return true, policy.Text{}
				}
				return false, say("niet hier", "pas ici", "not here")
			}
			p.Attestations = []policy.Attestation{{Rule: "X-1", Owner: "dpo", Site: c.asked}}
			s := &sheet{Facts: &Facts{Protocol: p, Now: time.Unix(0, 0)}, rule: r}
			bound, why := r.Binds(p, "")
			attested(s, bound, why)
			if len(s.out) != len(c.want) {
				t.Fatalf("%d findings", len(s.out))
			}
			for _, f := range s.out {
				if c.want[f.ID] != f.Status || f.Method != Interview {
					t.Errorf("%s is %s by %s", f.ID, f.Status, f.Method)
				}
				if f.Status == NotApplicable && f.Text.EN != "not here" {
					t.Errorf("%s says %q", f.ID, f.Text.EN)
				}
			}
		})
	}
}
