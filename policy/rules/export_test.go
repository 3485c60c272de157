package rules_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/rules"
)

// every is findings of each status, of a site and of the protocol, with and
// without waivers, evidence and dates, as Follow leaves them.
func every(t testing.TB) []rules.Finding {
	t.Helper()
	f := good(t)
	f.Found = append(f.Found, stranger())
	f.Cameras[cam].Paths[0].View.Verdict = rules.ViewMoved
	f.Cameras[cam].Info = devices.Unreadable[devices.Info](errRead)
	f.Protocol.Waivers = []policy.Waiver{waiver()}
	list := rules.Evaluate(f)
	f.Site = ""
	f.Protocol.Attestations = []policy.Attestation{attestation(half)}
	list = append(list, rules.Evaluate(f)...)
	expired := attestation(half)
	expired.Date.Year = 2020
	f.Protocol.Attestations = []policy.Attestation{expired}
	old := find(t, rules.Evaluate(f), half+"/attested")
	old.ID += "/old"
	list = append(list, old, rules.Finding{ID: "X-1/undelivered", Rule: "X-1", Status: rules.Unproven, Severity: rules.Low, Undelivered: true, At: now})
	list = append(list, rules.Finding{ID: "X-2", Rule: "X-2", Status: rules.Error, Severity: rules.High, At: now})
	for i := range list {
		list[i] = rules.Follow(nil, list[i])
	}
	seen := map[rules.Status]bool{}
	for _, g := range list {
		seen[g.Status] = true
	}
	for _, s := range []rules.Status{rules.Pass, rules.NotApplicable, rules.Attested, rules.Expired, rules.Unproven, rules.Fail, rules.Error} {
		if !seen[s] {
			t.Fatalf("no finding is %s", s)
		}
	}
	return list
}

func TestWriteJSON(t *testing.T) {
	list := every(t)
	var b bytes.Buffer
	if err := rules.WriteJSON(&b, list); err != nil {
		t.Fatal(err)
	}
	var back []rules.Finding
	if err := json.Unmarshal(b.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(back)
	if err != nil {
		t.Fatal(err)
	}
	want, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(again, want) {
		t.Error("what is read back differs from what was written")
	}
	b.Reset()
	if err := rules.WriteJSON(&b, nil); err != nil || b.String() != "[]\n" {
		t.Errorf("no findings are %q, %v", b.String(), err)
	}
}

func TestWriteCSV(t *testing.T) {
	list := every(t)
	for lang, remedy := range map[string]string{"nl": "Zoek de camera op", "fr": "Recherchez la caméra", "en": "Find the camera"} {
		var b bytes.Buffer
		if err := rules.WriteCSV(&b, list, lang); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), remedy) || strings.Count(b.String(), "\n") != strings.Count(b.String(), "\r\n") {
			t.Errorf("%s: no %q in it, or a line that does not end in CRLF", lang, remedy)
		}
		rows, err := csv.NewReader(&b).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) != len(list)+1 {
			t.Fatalf("%d lines for %d findings", len(rows), len(list))
		}
		column := map[string]int{}
		for i, name := range rows[0] {
			column[name] = i
		}
		if len(column) != len(rows[0]) {
			t.Error("a heading stands there twice")
		}
		for i, f := range list {
			cell := func(name string) string { return rows[i+1][column[name]] }
			if cell("id") != f.ID || cell("status") != string(f.Status) || cell("text") != f.Text.In(lang) || cell("at") != f.At.UTC().Format(time.RFC3339) {
				t.Errorf("row %d is not %s: %v", i, f.ID, rows[i+1])
			}
			if (cell("waiver") != "") != (f.Waiver != nil) || (cell("undelivered") == "true") != f.Undelivered {
				t.Errorf("%s: waiver %q, undelivered %q", f.ID, cell("waiver"), cell("undelivered"))
			}
		}
	}
	if err := rules.WriteCSV(io.Discard, list, "de"); !errors.Is(err, rules.ErrLanguage) {
		t.Errorf("German: %v", err)
	}
}

// What a device says of itself never becomes a formula, whatever it is.
func TestCSVFormulas(t *testing.T) {
	dangerous := func(cell string) bool {
		s := strings.TrimLeft(cell, " \t\r\n\v\f\u00a0\ufeff")
		return s != "" && strings.ContainsRune("=+-@|%＝＋－＠", []rune(s)[0])
	}
	write := func(text string) []string {
		var b bytes.Buffer
		f := rules.Finding{ID: "X-1", Text: policy.Text{EN: text}, Target: rules.Target{Subject: text}, Evidence: []rules.Evidence{{Value: text}}}
		if err := rules.WriteCSV(&b, []rules.Finding{f}, "en"); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(&b).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return rows[1]
	}
	for _, s := range []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u00a0=1", "＝1", "|calc", "%0", "\ufeff=1", "=HYPERLINK(\"http://x\",\"y\")"} {
		for _, cell := range write(s) {
			if dangerous(cell) {
				t.Errorf("%q becomes %q", s, cell)
			}
		}
	}
	for _, s := range []string{"entree", "1 + 1 = 2", "é=", ""} {
		if row := write(s); row[9] != s {
			t.Errorf("%q becomes %q", s, row[9])
		}
	}
	rapid.Check(t, func(r *rapid.T) {
		for _, cell := range write(rapid.StringOfN(rapid.RuneFrom([]rune("=+-@|% \t\r\n'\"a,;＝")), 0, 6, -1).Draw(r, "text")) {
			if dangerous(cell) {
				r.Fatalf("%q", cell)
			}
		}
	})
}

// No export names an account or a person: not those in the logs, and not those
// on the devices.
func TestExportsNameNobody(t *testing.T) {
	const canary = "kanarie"
	n := 0
	for _, c := range append(allCases(), ruleCase{rule: "REG-1", name: "as it is", change: func(*rules.Facts) {}}) {
		f := world(t, c.rule)
		c.change(&f)
		n += plant(&f, canary)
		// The rule's own findings, whole, as JSON: the other exports write no more than that.
		list := rules.EvaluateOnly(f, c.rule)
		var b bytes.Buffer
		if err := rules.WriteJSON(&b, list); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(b.String(), canary) {
			at := strings.Index(b.String(), canary)
			t.Errorf("%s %s: %s", c.rule, c.name, b.String()[max(0, at-200):at+20])
		}
	}
	if n == 0 {
		t.Error("no name was planted: this test shows nothing")
	}
}

// plant gives every account and person in the facts a name that must not come out.
func plant(f *rules.Facts, name string) int {
	n := 0
	if list, ok := f.Sessions.Get(); ok {
		list = append([]rules.Session(nil), list...)
		for i := range list {
			list[i].Who = name
			n++
		}
		f.Sessions = devices.Of(list)
	}
	if list, ok := f.Holders.Get(); ok {
		list = append([]rules.Holder(nil), list...)
		for i := range list {
			list[i].Name = name
			n++
		}
		f.Holders = devices.Of(list)
	}
	for i := range f.Cameras {
		if o, ok := f.Cameras[i].Observation.Get(); ok {
			o.Users = devices.Of([]devices.User{{Name: name}})
			f.Cameras[i].Observation = devices.Of(o)
			n++
		}
	}
	return n
}

type brokenWriter struct{ left int }

var errFull = errors.New("disk full")

func (w *brokenWriter) Write(b []byte) (int, error) {
	if w.left -= len(b); w.left < 0 {
		return 0, errFull
	}
	return len(b), nil
}

func TestExportsTellOfAWriterThatFails(t *testing.T) {
	list := every(t)
	for name, write := range map[string]func(io.Writer) error{
		"json":  func(w io.Writer) error { return rules.WriteJSON(w, list) },
		"csv":   func(w io.Writer) error { return rules.WriteCSV(w, list, "nl") },
		"oscal": func(w io.Writer) error { return rules.WriteOSCAL(w, list, meta()) },
	} {
		for _, left := range []int{0, 100} {
			if err := write(&brokenWriter{left: left}); !errors.Is(err, errFull) {
				t.Errorf("%s after %d bytes: %v", name, left, err)
			}
		}
	}
}

func TestExportsChangeNothing(t *testing.T) {
	list, same := every(t), every(t)
	if err := errors.Join(rules.WriteJSON(io.Discard, list), rules.WriteCSV(io.Discard, list, "fr"), rules.WriteOSCAL(io.Discard, list, meta())); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(list, same) {
		t.Error("an export changed the findings")
	}
}
