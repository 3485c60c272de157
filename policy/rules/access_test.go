package rules

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/lensdop/lensdop/policy"
)

func rightsProtocol() *policy.Protocol {
	return &policy.Protocol{
		Sites: []policy.Site{{ID: "a"}, {ID: "b"}},
		Roles: []policy.Role{{ID: "manager"}, {ID: "ict"}, {ID: "guest"}, {ID: "both"}, {ID: "council", Scope: policy.ScopeAggregate}, {ID: "desk", Scope: policy.ScopeOwnButton}},
		Permissions: []policy.Permission{
			{Role: "manager", Allow: []string{policy.VerbPlayback}, Require: []string{policy.NeedReason, policy.NeedIncident}, Sites: []string{"a"}},
			{Role: "manager", Allow: []string{policy.VerbPlayback, policy.VerbHold}, Require: []string{policy.NeedReason}, ApprovedBy: "guest", Via: "ict"},
			{Role: "ict", Allow: []string{policy.VerbConfigure, policy.VerbPlayback}},
			{Role: "ict", Deny: []string{policy.VerbPlayback}, Sites: []string{"b"}},
			{Role: "both", Allow: []string{policy.VerbLive}, Deny: []string{policy.VerbLive}},
			{Role: "council", Allow: []string{policy.VerbLive, policy.VerbSummary}},
			{Role: policy.AnyRole, Allow: []string{policy.VerbLive, policy.VerbRequest}},
		},
	}
}

func TestRightOf(t *testing.T) {
	p := rightsProtocol()
	for _, c := range []struct {
		name, role, verb, site string
		allowed                bool
		needs                  []string
	}{
		{"needs of both entries at the site of both", "manager", policy.VerbPlayback, "a", true, []string{policy.NeedApproval, policy.NeedIncident, policy.NeedReason}},
		{"needs of one entry elsewhere", "manager", policy.VerbPlayback, "b", true, []string{policy.NeedApproval, policy.NeedReason}},
		{"a site that is not known gets what holds everywhere", "manager", policy.VerbPlayback, "", true, []string{policy.NeedApproval, policy.NeedReason}},
		{"neither allowed nor denied", "manager", policy.VerbExport, "a", false, nil},
		{"whoever is named gets nothing of the rest's", "manager", policy.VerbLive, "a", false, nil},
		{"denied at one site", "ict", policy.VerbPlayback, "b", false, nil},
		{"allowed at the other", "ict", policy.VerbPlayback, "a", true, nil},
		{"denied somewhere counts where the site is not known", "ict", policy.VerbPlayback, "", false, nil},
		{"denial outweighs", "both", policy.VerbLive, "a", false, nil},
		{"the rest", "guest", policy.VerbLive, "a", true, nil},
		{"who sees only sums sees no picture", "council", policy.VerbLive, "a", false, nil},
		{"but sums", "council", policy.VerbSummary, "a", true, nil},
		{"who has only a button sees no picture", "desk", policy.VerbLive, "a", false, nil},
		{"but may ask, as the rest may", "desk", policy.VerbRequest, "a", true, nil},
		{"no role of the protocol", "stranger", policy.VerbLive, "a", false, nil},
		{"no role at all", "", policy.VerbLive, "a", false, nil},
		{"the word for the rest is no role", policy.AnyRole, policy.VerbLive, "a", false, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := rightOf(p, c.role, c.verb, c.site)
			if got.allowed != c.allowed || !slices.Equal(got.needs, c.needs) {
				t.Errorf("allowed %t, needs %q; want %t, %q", got.allowed, got.needs, c.allowed, c.needs)
			}
		})
	}
	if r := rightOf(p, "manager", policy.VerbPlayback, "a"); !slices.Equal(r.approvers, []string{"guest"}) || !slices.Equal(r.via, []string{"ict"}) {
		t.Errorf("approved by %q, via %q", r.approvers, r.via)
	}
	if r := rightOf(&policy.Protocol{Roles: p.Roles}, "manager", policy.VerbPlayback, "a"); r.allowed {
		t.Error("a protocol without permissions allows something")
	}
}

// A further denial, or the removal of what allows, never gives anybody more;
// and a further need is never lost.
func TestRightsOnlyShrink(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rightsProtocol()
		roles := []string{"manager", "ict", "guest", "both", "council", "desk"}
		verb := rapid.SampledFrom(policy.Verbs())
		entry := rapid.Custom(func(t *rapid.T) policy.Permission {
			return policy.Permission{
				Role:    rapid.SampledFrom(append(roles, policy.AnyRole)).Draw(t, "role"),
				Allow:   rapid.SliceOfN(verb, 0, 4).Draw(t, "allow"),
				Deny:    rapid.SliceOfN(verb, 0, 2).Draw(t, "deny"),
				Require: rapid.SliceOfN(rapid.SampledFrom(policy.Needs()), 0, 3).Draw(t, "require"),
				Sites:   rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b"}), 0, 1).Draw(t, "sites"),
			}
		})
		p.Permissions = rapid.SliceOfN(entry, 0, 6).Draw(t, "permissions")
		role, v, at := rapid.SampledFrom(roles).Draw(t, "of"), verb.Draw(t, "verb"), rapid.SampledFrom([]string{"a", "b", ""}).Draw(t, "at")
		was := rightOf(p, role, v, at)
		stricter := *p
		stricter.Permissions = append(slices.Clone(p.Permissions), policy.Permission{Role: role, Deny: []string{v}})
		if rightOf(&stricter, role, v, at).allowed {
			t.Fatal("a denial did not deny")
		}
		if was.allowed && rightOf(p, role, v, "").allowed && !rightOf(p, role, v, "a").allowed {
			t.Fatal("allowed at a site that is not known, though not at every site")
		}
		named := len(permissionsOf(p, role)) > 0
		stricter.Permissions = append(slices.Clone(p.Permissions), policy.Permission{Role: role, Allow: []string{v}, Require: []string{policy.NeedAuthority}})
		if got := rightOf(&stricter, role, v, at); named && got.allowed && (!got.need(policy.NeedAuthority) || !subset(was.needs, got.needs)) {
			t.Fatalf("needs %q became %q", was.needs, got.needs)
		}
	})
}

func subset(a, b []string) bool {
	return !slices.ContainsFunc(a, func(x string) bool { return !slices.Contains(b, x) })
}

// Matching pairs as many recordings with a press of their own as can be, never
// more than there are presses, and does not depend on the order of the logs.
func TestMatchCalls(t *testing.T) {
	base := time.Date(2026, time.March, 18, 12, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.Custom(func(t *rapid.T) time.Time {
			return base.Add(time.Duration(rapid.IntRange(0, 30).Draw(t, "second")) * time.Second)
		})
		var calls []Call
		var presses []Press
		for _, x := range rapid.SliceOfN(at, 0, 6).Draw(t, "calls") {
			calls = append(calls, Call{At: x})
		}
		for _, x := range rapid.SliceOfN(at, 0, 6).Draw(t, "presses") {
			presses = append(presses, Press{At: x})
		}
		started, worked, _, sorted := matchCalls(calls, presses)
		count := 0
		for _, ok := range started {
			if ok {
				count++
			}
		}
		if best := bestMatch(calls, presses, 0, make([]bool, len(presses))); count != best {
			t.Fatalf("%d recordings have a press of their own; %d could", count, best)
		}
		for j, p := range sorted {
			near := slices.ContainsFunc(calls, func(c Call) bool { return p.At.Sub(c.At).Abs() <= 5*time.Second })
			if worked[j] != near {
				t.Fatalf("press at %s worked %t, want %t", p.At, worked[j], near)
			}
		}
		slices.Reverse(calls)
		slices.Reverse(presses)
		again, _, _, _ := matchCalls(calls, presses)
		if !slices.Equal(started, again) {
			t.Fatal("another order of the logs gives another verdict")
		}
	})
}

// bestMatch tries every pairing.
func bestMatch(calls []Call, presses []Press, i int, used []bool) int {
	if i == len(calls) {
		return 0
	}
	best := bestMatch(calls, presses, i+1, used)
	for j, p := range presses {
		if !used[j] && p.At.Sub(calls[i].At).Abs() <= 5*time.Second {
			used[j] = true
			best = max(best, 1+bestMatch(calls, presses, i+1, used))
			used[j] = false
		}
	}
	return best
}
