package rules_test

import (
	"slices"
	"testing"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/rules"
)

func TestWhatCounts(t *testing.T) {
	f := func(s rules.Status) rules.Finding { return rules.Finding{Rule: string(s), Status: s} }
	undelivered := rules.Finding{Rule: "U", Status: rules.Unproven, Severity: rules.Critical, Undelivered: true}
	waived := rules.Finding{Rule: "W", Status: rules.Fail, Severity: rules.Critical, Waiver: &rules.WaivedBy{ID: "w"}}
	low := rules.Finding{Rule: "L", Status: rules.Fail, Severity: rules.Low}
	for _, c := range []struct {
		name  string
		list  []rules.Finding
		ok    bool
		worst string
		count rules.Tally
	}{
		{"nothing", nil, false, "", rules.Tally{}},
		{"all well", []rules.Finding{f(rules.Pass), f(rules.Attested), f(rules.NotApplicable)}, true, "attested", rules.Tally{Pass: 1, Attested: 1, NotApplicable: 1}},
		{"one undelivered", []rules.Finding{f(rules.Pass), undelivered}, true, "U", rules.Tally{Pass: 1, Undelivered: 1, NotChecked: []string{"U"}}},
		{"attested and undelivered", []rules.Finding{f(rules.Attested), undelivered}, true, "U", rules.Tally{Attested: 1, Undelivered: 1, NotChecked: []string{"U"}}},
		{"only undelivered", []rules.Finding{undelivered, undelivered}, false, "U", rules.Tally{Undelivered: 2, NotChecked: []string{"U"}}},
		{"nothing checked", []rules.Finding{undelivered, f(rules.NotApplicable)}, false, "U", rules.Tally{Undelivered: 1, NotApplicable: 1, NotChecked: []string{"U"}}},
		{"undelivered in part", []rules.Finding{undelivered, {Rule: "U", Status: rules.Pass}}, true, "U", rules.Tally{Undelivered: 1, Pass: 1}},
		{"really unproven", []rules.Finding{undelivered, f(rules.Unproven), f(rules.Pass)}, false, "unproven", rules.Tally{Undelivered: 1, Open: 1, Pass: 1, NotChecked: []string{"U"}}},
		{"an attestation expired", []rules.Finding{undelivered, f(rules.Expired)}, false, "expired", rules.Tally{Undelivered: 1, Open: 1, NotChecked: []string{"U"}}},
		{"waived", []rules.Finding{f(rules.Pass), waived}, false, "W", rules.Tally{Pass: 1, Waived: 1}},
		{"waived beside a lesser one that is not", []rules.Finding{waived, low}, false, "L", rules.Tally{Waived: 1, Open: 1}},
		{"waived beside what is unproven", []rules.Finding{waived, f(rules.Unproven)}, false, "W", rules.Tally{Waived: 1, Open: 1}},
		{"an expired waived, and undelivered", []rules.Finding{undelivered, {Rule: "E", Status: rules.Expired, Waiver: waived.Waiver}}, false, "E", rules.Tally{Waived: 1, Undelivered: 1, NotChecked: []string{"U"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for range 2 { // in any order
				if got := rules.OK(c.list); got != c.ok || (rules.ExitCode(c.list) == rules.ExitOK) != c.ok {
					t.Errorf("OK is %t", got)
				}
				if w, _ := rules.Worst(c.list); w.Rule != c.worst {
					t.Errorf("worst is %s, want %s", w.Rule, c.worst)
				}
				got := rules.Count(c.list)
				if !slices.Equal(got.NotChecked, c.count.NotChecked) {
					t.Errorf("not checked: %v", got.NotChecked)
				}
				got.NotChecked, c.count.NotChecked = nil, nil
				if got.Pass != c.count.Pass || got.NotApplicable != c.count.NotApplicable || got.Attested != c.count.Attested || got.Open != c.count.Open || got.Waived != c.count.Waived || got.Undelivered != c.count.Undelivered {
					t.Errorf("counts %+v, want %+v", got, c.count)
				}
				c.count.NotChecked = rules.Count(c.list).NotChecked
				c.list = slices.Clone(c.list)
				slices.Reverse(c.list)
			}
		})
	}
}

// Whoever must act is the first role that the protocol alerts; what is well
// and what nobody can check here has no owner.
func TestOwners(t *testing.T) {
	f := good(t)
	f.Protocol.Alerts = policy.Alerts{Medium: []string{"ict", "dpo"}, Critical: []string{"location-manager"}}
	f.Cameras[cam].OnNetwork = devices.Of(false)
	list := rules.Evaluate(f)
	for id, want := range map[string]string{plain: "ict", "LOC-1/de-polder/entree": "location-manager", "REG-1/de-polder": ""} {
		if got := find(t, list, id); got.Owner != want {
			t.Errorf("%s is owned by %q, want %q", id, got.Owner, want)
		}
	}
	for _, g := range list {
		if g.OK() && g.Owner != "" {
			t.Errorf("%s is %s and owned by %s", g.ID, g.Status, g.Owner)
		}
	}
	f.Protocol.Alerts = policy.Alerts{}
	if got := find(t, rules.Evaluate(f), plain); got.Owner != "" {
		t.Errorf("owned by %q", got.Owner)
	}
}
