package rules_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/rules"
)

// waiver is one within every limit, for the plain line of the badge reader.
func waiver() policy.Waiver {
	return policy.Waiver{
		ID: "lijn", Rule: "SEC-4", Justification: "The reader is replaced in May.", ApprovedBy: []string{"dpo", "location-manager"},
		Issued: policy.Date{Year: 2026, Month: time.March, Day: 1}, Expires: policy.Date{Year: 2026, Month: time.June, Day: 1},
	}
}

const plain = "SEC-4/de-polder/personeelsingang"

func TestWaivers(t *testing.T) {
	critical := func(w *policy.Waiver, f *rules.Facts) {
		w.Rule, w.Target.Camera = "LOC-1", "entree"
		f.Cameras[cam].OnNetwork = devices.Of(false)
		w.Expires = policy.Date{Year: 2026, Month: time.March, Day: 31}
	}
	const moved = "LOC-1/de-polder/entree"
	for _, c := range []struct {
		name    string
		change  func(w *policy.Waiver, f *rules.Facts)
		id      string
		waived  bool
		refused string // what the finding of GOV-1 says; empty: there is none
	}{
		{"in force", func(*policy.Waiver, *rules.Facts) {}, plain, true, ""},
		{"from its first instant", func(_ *policy.Waiver, f *rules.Facts) {
			f.Now = time.Date(2026, time.February, 28, 23, 0, 0, 0, time.UTC)
		}, plain, true, ""},
		{"not before it", func(_ *policy.Waiver, f *rules.Facts) {
			f.Now = time.Date(2026, time.February, 28, 22, 59, 59, 0, time.UTC)
		}, plain, false, ""},
		{"to its last instant", func(_ *policy.Waiver, f *rules.Facts) {
			f.Now = time.Date(2026, time.May, 31, 21, 59, 59, 0, time.UTC)
		}, plain, true, ""},
		{"back when it expires", func(_ *policy.Waiver, f *rules.Facts) {
			f.Now = time.Date(2026, time.May, 31, 22, 0, 0, 0, time.UTC)
		}, plain, false, ""},
		{"for this reader", func(w *policy.Waiver, _ *rules.Facts) { w.Target.Reader = "personeelsingang" }, plain, true, ""},
		{"for this site", func(w *policy.Waiver, _ *rules.Facts) { w.Target.Site = site }, plain, true, ""},
		{"for another reader", func(w *policy.Waiver, _ *rules.Facts) { w.Target.Reader = "achterdeur" }, plain, false, ""},
		{"for another site", func(w *policy.Waiver, _ *rules.Facts) { w.Target.Site = "de-dijk" }, plain, false, ""},
		{"for a camera", func(w *policy.Waiver, _ *rules.Facts) { w.Target.Camera = "entree" }, plain, false, ""},
		{"for a store", func(w *policy.Waiver, _ *rules.Facts) { w.Target.Store = "nvr" }, plain, false, ""},
		{"for a mask", func(w *policy.Waiver, _ *rules.Facts) { w.Target.Zone = "straatramen" }, plain, false, ""},
		{"for another rule", func(w *policy.Waiver, _ *rules.Facts) { w.Rule = "SEC-1" }, plain, false, ""},
		{"for a rule that is not there", func(w *policy.Waiver, _ *rules.Facts) { w.Rule = "SEC-99" }, plain, false, "no rule SEC-99"},
		{"one role twice", func(w *policy.Waiver, _ *rules.Facts) { w.ApprovedBy = []string{"dpo", "dpo"} }, plain, false, "by 1 role(s)"},
		{"an empty role", func(w *policy.Waiver, _ *rules.Facts) { w.ApprovedBy = []string{"dpo", ""} }, plain, false, "by 1 role(s)"},
		{"nobody", func(w *policy.Waiver, _ *rules.Facts) { w.ApprovedBy = nil }, plain, false, "by 0 role(s)"},
		{"no justification", func(w *policy.Waiver, _ *rules.Facts) { w.Justification = " " }, plain, false, "justification is missing"},
		{"no date of issue", func(w *policy.Waiver, _ *rules.Facts) { w.Issued = policy.Date{} }, plain, false, "date of issue"},
		{"no end", func(w *policy.Waiver, _ *rules.Facts) { w.Expires = policy.Date{} }, plain, false, "end date"},
		{"a critical rule, thirty days", critical, moved, true, ""},
		{"a critical rule, thirty-one days", func(w *policy.Waiver, f *rules.Facts) {
			critical(w, f)
			w.Expires = policy.Date{Year: 2026, Month: time.April, Day: 1}
		}, moved, false, "30 days at most"},
		{"a camera in its window", func(w *policy.Waiver, f *rules.Facts) {
			w.Rule, w.Expires = "BLK-1", policy.Date{Year: 2026, Month: time.March, Day: 31}
			window(f, rules.ShownOpen)
		}, "BLK-1/de-polder/entree", false, "blackout window cannot be waived"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := good(t)
			w := waiver()
			c.change(&w, &f)
			f.Protocol.Waivers = []policy.Waiver{w}
			got := find(t, rules.Evaluate(f), c.id)
			if got.Status != rules.Fail || rules.OK([]rules.Finding{got}) || rules.ExitCode([]rules.Finding{got}) != rules.ExitFinding {
				t.Errorf("is %s: a waiver makes nothing comply", got.Status)
			}
			if (got.Waiver != nil) != c.waived {
				t.Fatalf("waiver %+v, want %t", got.Waiver, c.waived)
			}
			if c.waived && (got.Waiver.ID != w.ID || got.Waiver.Justification != w.Justification || got.Waiver.Expires != w.Expires || !slices.Equal(got.Waiver.ApprovedBy, w.ApprovedBy)) {
				t.Errorf("waiver %+v", got.Waiver)
			}
			told := slices.ContainsFunc(got.Evidence, func(e rules.Evidence) bool { return strings.Contains(e.Value, "not honoured: ") })
			if told != (c.refused != "" && w.Rule == got.Rule) {
				t.Errorf("the finding itself tells %t: %+v", told, got.Evidence)
			}
			f.Site = ""
			i := slices.IndexFunc(rules.Evaluate(f), func(g rules.Finding) bool { return strings.HasPrefix(g.ID, "GOV-1/waiver") })
			if (i >= 0) != (c.refused != "") {
				t.Fatalf("a finding on the waiver: %t", i >= 0)
			}
			if i >= 0 {
				g := find(t, rules.Evaluate(f), "GOV-1/waiver/"+w.ID)
				if g.Status != rules.Fail || !strings.Contains(g.Text.EN, c.refused) || g.Remedy.EN == "" || g.Text.NL == g.Text.EN {
					t.Errorf("%s: %q", g.Status, g.Text.EN)
				}
				if r, ok := rules.Lookup(w.Rule); ok && g.Severity != r.Severity {
					t.Errorf("severity %s", g.Severity)
				}
			}
		})
	}
}

// What complies, or what nobody can check here, carries no waiver, and of two
// that cover a finding the longer one counts.
func TestWaiversThatNothingNeeds(t *testing.T) {
	f := good(t)
	w, longer := waiver(), waiver()
	longer.ID, longer.Expires = "langer", policy.Date{Year: 2026, Month: time.July, Day: 1}
	f.Protocol.Waivers = []policy.Waiver{w, longer, waiver()}
	list := rules.Evaluate(f)
	if got := find(t, list, plain); got.Waiver == nil || got.Waiver.ID != "langer" {
		t.Errorf("waiver %+v", got.Waiver)
	}
	every := f.Protocol.Waivers[:0]
	for _, r := range rules.Table() {
		w := waiver()
		w.Rule = r.ID
		w.Expires = policy.Date{Year: 2026, Month: time.March, Day: 30}
		every = append(every, w)
	}
	f.Protocol.Waivers = every
	n := 0
	for _, got := range rules.Evaluate(f) {
		if got.Waiver != nil {
			n++
		}
		if (got.Waiver != nil) != (!got.OK() && got.Rule != "BLK-1") {
			t.Errorf("%s is %s, waiver %+v", got.ID, got.Status, got.Waiver)
		}
	}
	if n == 0 {
		t.Error("no waiver took effect")
	}
}
