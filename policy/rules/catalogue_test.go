package rules_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/rules"
)

// listed is the catalogue as it was drawn out of the seed documents: id, mode,
// severity, and the documents that it comes from.
const listed = `
LOC-1 A C HEU
LOC-2 A H OOS
LOC-3 A H OOS
LOC-4 T M OOS HRP
LOC-5 A H OOS HRP
REG-1 A C OOS
REG-2 H H OOS
REG-3 H M OOS
REG-4 A M OOS
REG-5 A H NSPV
PUR-1 A H HEU OOS NSPV
PUR-2 H H HEU
PUR-3 A H NSPV
PUR-4 H H OOS
PUR-5 H H HEU OOS
PUR-6 H H HRP
PUR-7 H H HRP ORA
PUR-8 T M ORA
PUR-9 H H NSPV HRP ORA
PUR-10 A H ORA
PUR-11 A M ORA
PUR-12 A H OOS NSPV
RET-1 A C HEU HRP
RET-2 A C HEU
RET-3 A C OOS
RET-4 A H NSPV
RET-5 A C NSPV
RET-6 A H HRP
RET-7 A H HRP
RET-8 H C HRP
HLD-1 A H HEU HRP
HLD-2 H C HRP
ACC-1 A C HEU
ACC-2 A H HEU
ACC-3 A H HEU
ACC-4 A C OOS
ACC-5 A H OOS
ACC-6 A C OOS
ACC-7 T M OOS
ACC-8 A C NSPV
ACC-9 H M NSPV
ACC-10 H M NSPV
LIVE-1 A C HEU
LIVE-2 A H OOS
DIS-1 H H HEU
DIS-2 H H OOS
LOG-1 A H NSPV
LOG-2 T L NSPV
HID-1 H C HEU
HID-2 H C HRP
HID-3 T H HRP
HID-4 H C HRP
CALL-1 A C HEU
CALL-2 H H HEU
CALL-3 H H HRP
AUD-1 A H HEU
SIGN-1 H H HEU
SIGN-2 H H OOS
NOT-1 T H HEU
NOT-2 T M NSPV
NOT-3 H M OOS
NOT-4 T M HRP
NOT-5 H M NSPV
NOT-6 A L OOS
NTF-1 H H NSPV
NTF-2 H M NSPV
DSR-1 H H NSPV
DSR-2 A H OOS
DSR-3 A M OOS
DSR-4 A M OOS
DSR-5 A M HEU
CON-1 H C NSPV HRP ORA
CON-2 H H HEU
CON-3 A H ORA
CON-4 A H HRP
CON-5 T M HRP
CON-6 A M HRP
CON-7 T M NSPV
CON-8 A H NSPV
CON-9 T M NSPV
CON-10 H M OOS
CON-11 T L ORA
BLK-1 A C HEU
BLK-2 A H HEU
SEC-1 H H HEU
SEC-2 H C OOS
SEC-3 A H OOS NSPV
SEC-4 H M HRP
DEV-1 A H NSPV HRP
DEV-2 H C NSPV
DEV-3 A H NSPV
DEV-4 H M NSPV ORA
DEV-5 A H NSPV
GOV-1 T L HEU
GOV-2 A M HEU
GOV-3 A M HRP
`

type listing struct {
	id       string
	mode     rules.Mode
	severity rules.Severity
	docs     []string
}

func listings(t testing.TB) []listing {
	t.Helper()
	severity := map[string]rules.Severity{"C": rules.Critical, "H": rules.High, "M": rules.Medium, "L": rules.Low}
	document := map[string]string{"HEU": rules.DocHeusden, "OOS": rules.DocOostrozebeke, "NSPV": rules.DocPoliceUnion, "HRP": rules.DocHR, "ORA": rules.DocWorksCouncil}
	var list []listing
	for row := range strings.Lines(strings.TrimSpace(listed)) {
		words := strings.Fields(row)
		l := listing{id: words[0], mode: rules.Mode(words[1]), severity: severity[words[2]]}
		for _, d := range words[3:] {
			l.docs = append(l.docs, document[d])
		}
		list = append(list, l)
	}
	if len(list) != 96 {
		t.Fatalf("the list has %d rules", len(list))
	}
	return list
}

func TestCatalogue(t *testing.T) {
	table := map[string][]rules.Rule{}
	for _, r := range rules.Table() {
		table[r.ID] = append(table[r.ID], r)
	}
	modes := map[rules.Mode]int{}
	for _, l := range listings(t) {
		have := table[l.id]
		delete(table, l.id)
		if len(have) != 1 {
			t.Errorf("%s is there %d times", l.id, len(have))
			continue
		}
		r := have[0]
		modes[r.Mode]++
		if r.Mode != l.mode || r.Severity != l.severity {
			t.Errorf("%s is %s %s, not %s %s", r.ID, r.Mode, r.Severity, l.mode, l.severity)
		}
		var docs []string
		for _, s := range r.Sources {
			if s.Article == "" {
				t.Errorf("%s: no article of %s", r.ID, s.Document)
			}
			if !slices.Contains(docs, s.Document) {
				docs = append(docs, s.Document)
			}
		}
		for _, d := range l.docs {
			if !slices.Contains(docs, d) {
				t.Errorf("%s comes from %v, and not from %s", r.ID, docs, d)
			}
		}
		complete(t, r)
	}
	for id := range table {
		t.Errorf("%s is in no document", id)
	}
	if want := (map[rules.Mode]int{rules.Automatic: 49, rules.Half: 34, rules.Manual: 13}); modes[rules.Automatic] != want[rules.Automatic] || modes[rules.Half] != want[rules.Half] || modes[rules.Manual] != want[rules.Manual] {
		t.Errorf("modes %v, want %v", modes, want)
	}
}

// complete holds one entry to what people and programs need of it.
func complete(t *testing.T, r rules.Rule) {
	t.Helper()
	words(t, r.ID+" title", r.Title)
	words(t, r.ID+" norm", r.Norm)
	words(t, r.ID+" remedy", r.Remedy)
	human := slices.Contains(r.Methods, rules.Examine) || slices.Contains(r.Methods, rules.Interview)
	if slices.Contains(r.Methods, rules.Test) != (r.Mode != rules.Manual) || human != (r.Mode != rules.Automatic) {
		t.Errorf("%s is %s by %v", r.ID, r.Mode, r.Methods)
	}
	if (len(r.Facts) > 0) != (r.Mode != rules.Manual) {
		t.Errorf("%s is %s and needs %v", r.ID, r.Mode, r.Facts)
	}
	if r.Mode == rules.Automatic {
		if r.Statement != (policy.Text{}) || !r.Every.IsZero() {
			t.Errorf("%s is automatic and has something to declare", r.ID)
		}
	} else {
		words(t, r.ID+" statement", r.Statement)
	}
	if r.Scope != rules.ScopeSite && r.Scope != rules.ScopeProtocol {
		t.Errorf("%s: scope %q", r.ID, r.Scope)
	}
	if r.Object == "" {
		t.Errorf("%s is about nothing", r.ID)
	}
	ids := listings(t)
	for i, id := range r.Related {
		if id == r.ID || slices.Contains(r.Related[:i], id) || !slices.ContainsFunc(ids, func(l listing) bool { return l.id == id }) {
			t.Errorf("%s: related to %s", r.ID, id)
		}
	}
	for i, f := range r.Facts {
		if slices.Contains(r.Facts[:i], f) || !slices.Contains(rules.AllFacts(), f) {
			t.Errorf("%s: fact %s", r.ID, f)
		}
	}
	for _, g := range r.Guidelines {
		if !slices.Contains([]string{policy.GuidelinePoliceUnion, policy.GuidelineHR, policy.GuidelineWorksCouncil}, g) {
			t.Errorf("%s: guideline %s", r.ID, g)
		}
	}
}

// words holds a text to three languages that differ; a single word may be the
// same in two of them.
func words(t *testing.T, what string, text policy.Text) {
	t.Helper()
	list := []string{text.NL, text.FR, text.EN}
	for i, s := range list {
		if s == "" || strings.TrimSpace(s) != s || strings.Contains(s, "%!") {
			t.Errorf("%s: %q", what, s)
		}
		if slices.Contains(list[:i], s) && strings.Contains(s, " ") {
			t.Errorf("%s is the same in two languages: %q", what, s)
		}
	}
	if strings.Contains(text.FR, " :") || strings.Contains(text.FR, " ;") {
		t.Errorf("%s: a space before a colon: %q", what, text.FR)
	}
}

func TestLookup(t *testing.T) {
	for _, r := range rules.Table() {
		if got, ok := rules.Lookup(r.ID); !ok || got.ID != r.ID {
			t.Errorf("%s is not found", r.ID)
		}
	}
	if _, ok := rules.Lookup("LOC-99"); ok {
		t.Error("a rule that is not there is found")
	}
}
