package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/review"
	"github.com/lensdop/lensdop/policy/rules"
)

const (
	oneCamera = "testdata/one-camera.yaml"
	examples  = "../../policy/examples/"
	lensmonde = examples + "lensmonde.yaml"
	// blackout is a weekly window over the hour that a night in March has not.
	blackout = `
roles:
  - {id: manager, name: {nl: "Beheerder", fr: "Gestionnaire", en: "Manager"}, basis: assumed}
blackout:
  basis: assumed
  obligation: may
  decided_by: [manager]
  windows:
    - {id: council, name: {nl: "Raad", fr: "Conseil", en: "Council"}, cameras: [balie], rule: "FREQ=WEEKLY;BYDAY=SU", first: 2026-03-01, from: "01:30", until: "03:30"}
`
)

// put writes a file into a folder, which is made if need be, and returns its path.
func put(t *testing.T, dir, name, text string) string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func text(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// swap replaces what must be there.
func swap(t *testing.T, s, old, fresh string) string {
	t.Helper()
	if !strings.Contains(s, old) {
		t.Fatalf("%q is not in the file", old)
	}
	return strings.ReplaceAll(s, old, fresh)
}

// apart spreads the protocol of one camera over two files, the head last by name.
func apart(t *testing.T) (sites, head string) {
	t.Helper()
	whole := text(t, oneCamera)
	before, after, ok := strings.Cut(whole, "\nsites:\n")
	if !ok {
		t.Fatal("no sites: to cut before")
	}
	return "apiVersion: lensdop/v1\nkind: Protocol\nmetadata: {id: nl-lensmonde-counter}\nsites:\n" + after, before + "\n"
}

func TestCheckTable(t *testing.T) {
	dir := t.TempDir()
	sites, head := apart(t)
	put(t, dir+"/parts", "a.yaml", sites)
	put(t, dir+"/parts", "z.yaml", head)
	put(t, dir+"/parts", ".#a.yaml", "torn: [")
	put(t, dir+"/torn", "a.yaml", swap(t, sites, "sites:", "sites: ["))
	put(t, dir+"/torn", "z.yaml", head)
	put(t, dir+"/two", "a.yaml", text(t, oneCamera))
	put(t, dir+"/two", "b.yaml", text(t, lensmonde))
	put(t, dir+"/none", "README.md", "")
	bad := put(t, dir, "bad.yaml", swap(t, text(t, oneCamera), "zone: balie\n", "zone: nowhere\n"))
	older := put(t, dir, "older.yaml", swap(t, text(t, lensmonde), "De Polder", "Sporthal De Polder"))
	closed := swap(t, text(t, "../../policy/testdata/broken/valid.yaml"), "consents: [{id: instemming, kind: consent, given: true,", "consents: [{id: instemming, kind: consent, given: true, covers: {HASHES},")
	open := put(t, dir, "open.yaml", swap(t, closed, " covers: {HASHES},", ""))
	hashes := strings.Join(strings.Split(strings.TrimSuffix(execute(t, "protocol", "consent", open, "video", "calls", "badge", "lensdop").stdout, "\n"), "\n")[1:], ",")
	closed = swap(t, closed, "HASHES", hashes)
	decided := put(t, dir, "decided.yaml", closed)
	proposal := put(t, dir, "proposal.yaml", swap(t, closed, "severity: low}]", "severity: low, basis: assumed}]"))
	longer := put(t, dir, "longer.yaml", swap(t, text(t, lensmonde), "retention: {max: P28D", "retention: {max: P27D"))

	for _, c := range []struct {
		name string
		args []string
		code int
		out  []string // parts of the lines of standard output
		errs []string
		not  string // is in neither
	}{
		{"a file", []string{oneCamera}, 0, []string{"one-camera.yaml: can be evaluated; 0 conflicts (0 settled), 10 open points"}, []string{": open: "}, "lensdop:"},
		{"settled conflicts", []string{"../../policy/testdata/broken/valid.yaml"}, 0, []string{"1 conflict (1 settled)"}, []string{"; settled: ", "[stated:"}, "lensdop:"},
		{"conflicts that nobody settled", []string{examples + "small-office.yaml"}, 0, []string{"4 conflicts (0 settled, 4 by assumption that nobody decided)"}, []string{"; settled by assumption, nobody decided: ", "[stated:"}, "lensdop:"},
		{"an assumed resolution is none, strictly", []string{"--strict", proposal}, 1, []string{"1 conflict (0 settled, 1 by assumption that nobody decided), 0 open points"}, []string{"not every protocol is free"}, ""},
		{"a resolution is one, strictly", []string{"--strict", decided}, 0, []string{"1 conflict (1 settled), 0 open points"}, nil, "lensdop:"},
		{"a folder, the head last", []string{dir + "/parts"}, 0, []string{"z.yaml, " + dir + "/parts/a.yaml: can be evaluated"}, nil, "torn"},
		{"its files, in any order", []string{dir + "/parts/a.yaml", dir + "/parts/z.yaml"}, 0, []string{"can be evaluated"}, nil, "cannot"},
		{"named twice", []string{oneCamera, "./" + oneCamera}, 0, []string{oneCamera + ": can be evaluated"}, nil, "cannot"},
		{"a folder and its file", []string{dir + "/two", dir + "/two/b.yaml"}, 0, []string{"a.yaml: can", "b.yaml: can"}, nil, "cannot"},
		{"two protocols", []string{dir + "/two"}, 0, []string{"a.yaml: can be", "b.yaml: can be"}, nil, "lensdop:"},
		{"two versions of one", []string{longer, lensmonde}, 1, []string{"cannot be evaluated: 1 error;"}, []string{"a second whole protocol \"nl-lensmonde-camera\", beside the one at ", "--previous"}, "twice"},
		{"a torn part", []string{dir + "/torn"}, 1, []string{"a.yaml: cannot be evaluated: 1 error", "z.yaml: "}, []string{"torn/a.yaml:"}, ""},
		{"an error", []string{bad}, 1, []string{"cannot be evaluated: 1 error"}, []string{"bad.yaml:41:11: \"nowhere\" is no zone", "lensdop: not every"}, ""},
		{"an error beside a good file", []string{bad, lensmonde}, 1, []string{"cannot be evaluated", "can be evaluated"}, nil, ""},
		{"an empty folder", []string{dir + "/none"}, 1, []string{"none: cannot be"}, []string{"holds no .yaml file"}, ""},
		{"not there", []string{"absent.yaml"}, 1, []string{"absent.yaml: cannot be"}, []string{"no such file"}, ""},
		{"standard input is no name", []string{"-"}, 1, []string{"-: cannot be"}, []string{"no such file"}, ""},
		{"no file", nil, 1, nil, []string{"protocol check FILE..."}, ""},

		{"strict and open", []string{"--strict", oneCamera}, 1, []string{"can be evaluated"}, []string{"free of errors, open points and conflicts"}, ""},

		{"previous, the same", []string{"--previous", lensmonde, lensmonde}, 0, []string{"0 conflicts"}, nil, "consent-stale"},
		{"previous, and the council was not asked", []string{"--previous", lensmonde, longer}, 0, []string{"2 conflicts (0 settled)"}, []string{"[consent-stale:instemming-2025/retention]", "[device-set-over-retention:video]"}, "lensdop:"},
		{"the same, strict", []string{"--strict", "--previous", lensmonde, longer}, 1, []string{"2 conflicts (0 settled)"}, []string{"consent-stale"}, ""},
		{"previous, a word in passing", []string{"--previous", older, lensmonde}, 0, []string{"0 conflicts"}, nil, "consent-stale"},
		{"previous beside another protocol", []string{"--previous", lensmonde, lensmonde, examples + "heusden.yaml"}, 0, []string{"0 conflicts", "1 conflict (0 settled, 1 by assumption that nobody decided)"}, nil, "consent-stale"},
		{"previous of another protocol", []string{"--previous", examples + "heusden.yaml", lensmonde}, 1, []string{"can be"}, []string{"nothing was held against it"}, "consent-stale"},
		{"previous is broken", []string{"--previous", bad, oneCamera}, 1, nil, []string{"bad.yaml:41:11:"}, ""},
		{"previous is not there", []string{"--previous", "absent", oneCamera}, 1, nil, []string{"absent"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := execute(t, append([]string{"protocol", "check"}, c.args...)...)
			if n := strings.Count(r.stdout, "\n"); r.code != c.code || n != len(c.out) {
				t.Fatalf("exit code %d and %d lines, want %d and %d:\n%s%s", r.code, n, c.code, len(c.out), r.stdout, r.stderr)
			}
			for i, line := range slices.Collect(strings.Lines(r.stdout)) {
				if !strings.Contains(line, c.out[i]) {
					t.Errorf("line %d is %q, want %q", i+1, line, c.out[i])
				}
			}
			for _, want := range c.errs {
				if !strings.Contains(r.stderr, want) {
					t.Errorf("does not say %q:\n%s", want, r.stderr)
				}
			}
			if c.not != "" && strings.Contains(r.stdout+r.stderr, c.not) {
				t.Errorf("says %q:\n%s%s", c.not, r.stdout, r.stderr)
			}
		})
	}
}

// TestCheckJSON: a program sees the same verdict in ok, in the problems and in
// the exit code, and reads them on standard output alone.
func TestCheckJSON(t *testing.T) {
	for _, strict := range []bool{false, true} {
		args := []string{"protocol", "check", "--json", lensmonde}
		if strict {
			args = append(args, "--strict")
		}
		r := execute(t, args...)
		var got checkedProtocol
		open(t, r.stdout, &got)
		if got.ID != "nl-lensmonde-camera" || got.OK == strict || (r.code == 0) != got.OK || len(got.Problems.Of(policy.ClassOpen)) != 1 {
			t.Errorf("strict %t: exit code %d, %+v", strict, r.code, got)
		}
	}
	if r := execute(t, "protocol", "check", "--json", "absent.yaml"); !strings.Contains(r.stdout, `"ok":false,"problems":[{"class":"error"`) {
		t.Errorf("a file that is not there: %s", r.stdout)
	}
}

// TestOneProtocol: commands that want one protocol take a file or a folder, and
// refuse what is not one with exit code 1, a reason and nothing on standard output.
func TestOneProtocol(t *testing.T) {
	dir := t.TempDir()
	sites, head := apart(t)
	put(t, dir+"/parts", "a.yaml", sites)
	put(t, dir+"/parts", "z.yaml", head)
	put(t, dir+"/torn", "a.yaml", swap(t, sites, "sites:", "sites: ["))
	put(t, dir+"/torn", "z.yaml", head)
	put(t, dir+"/two", "a.yaml", text(t, oneCamera))
	put(t, dir+"/two", "b.yaml", text(t, lensmonde))
	bad := put(t, dir, "bad.yaml", swap(t, text(t, oneCamera), "zone: balie\n", "zone: nowhere\n"))

	lies := regexp.MustCompile(`[^ (]*\.yaml:\d+:\d+`) // where a point lies differs
	for command, good := range map[string]int{"show": 0, "calendar": 0, "consent": 0, "findings": 3} {
		t.Run(command, func(t *testing.T) {
			whole := execute(t, "protocol", command, oneCamera)
			parts := execute(t, "protocol", command, dir+"/parts")
			if whole.code != good || parts.code != good || whole.stdout == "" || lies.ReplaceAllString(parts.stdout, "") != lies.ReplaceAllString(whole.stdout, "") {
				t.Errorf("exit codes %d and %d, want %d; of a folder:\n%s\nof a file:\n%s", whole.code, parts.code, good, parts.stdout, whole.stdout)
			}
			for _, c := range []struct {
				args []string
				want string
			}{
				{[]string{"absent.yaml"}, "no such file"},
				{[]string{dir + "/torn"}, "torn/a.yaml:"},
				{[]string{dir + "/two"}, "holds 2 protocols: a.yaml, b.yaml"},
				{[]string{bad}, "bad.yaml:41:11: "},
				{nil, "protocol " + command + " PROTOCOL"},
			} {
				r := execute(t, append([]string{"protocol", command}, c.args...)...)
				if r.code != 1 || r.stdout != "" || !strings.Contains(r.stderr, c.want) {
					t.Errorf("%q: exit code %d, %q, %q; want 1 and %q", c.args, r.code, r.stdout, r.stderr, c.want)
				}
			}
			if command == "consent" {
				return // has no language
			}
			for _, lang := range []string{"de", "NL", ""} {
				if r := execute(t, "protocol", command, oneCamera, "--lang", lang); r.code != 1 || r.stdout != "" || !strings.Contains(r.stderr, "nl, fr or en") {
					t.Errorf("--lang %q: %+v", lang, r)
				}
			}
		})
	}
}

func TestShowInThreeLanguages(t *testing.T) {
	for lang, want := range map[string]string{"nl": "# Eén camera\n", "fr": "# Une caméra\n", "en": "# One camera\n"} {
		if r := execute(t, "protocol", "show", oneCamera, "--lang", lang); r.code != 0 || !strings.HasPrefix(r.stdout, want) {
			t.Errorf("%s: exit code %d, %.60q; want %q first", lang, r.code, r.stdout, want)
		}
	}
}

func TestDiffCommand(t *testing.T) {
	dir := t.TempDir()
	shorter := put(t, dir, "shorter.yaml", swap(t, text(t, oneCamera), "P28D", "P21D"))
	named := put(t, dir, "named.yaml", swap(t, text(t, oneCamera), `en: "One camera"`, `en: "A camera"`))
	for _, c := range []struct {
		name     string
		old, new string
		code     int // with --exit-code
		want     []string
		not      string
	}{
		{"none", oneCamera, oneCamera, 0, []string{"No difference.\n"}, "approval"},
		{"looser", shorter, oneCamera, 3, []string{"Looser\n* Processing ‘video’: ", "was 21 days, is now 28 days", "\n* needs approval\n"}, "Stricter"},
		{"stricter", oneCamera, shorter, 0, []string{"Stricter\n  Processing ‘video’: ", "was 28 days, is now 21 days"}, "approval"},
		{"different", oneCamera, named, 0, []string{"Different\n  "}, "approval"},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := []string{"protocol", "diff", c.old, c.new, "--lang", "en"}
			r := execute(t, args...)
			if r.code != 0 {
				t.Errorf("exit code %d without --exit-code", r.code)
			}
			for _, want := range c.want {
				if !strings.Contains(r.stdout, want) {
					t.Errorf("does not say %q:\n%s", want, r.stdout)
				}
			}
			if strings.Contains(r.stdout, c.not) {
				t.Errorf("says %q:\n%s", c.not, r.stdout)
			}
			r = execute(t, append(args, "--json", "--exit-code")...)
			if r.code != c.code || r.stderr != "" {
				t.Errorf("exit code %d, %q; want %d", r.code, r.stderr, c.code)
			}
			var changes []review.Change
			open(t, r.stdout, &changes)
			approval := slices.ContainsFunc(changes, func(ch review.Change) bool { return ch.NeedsApproval })
			if changes == nil || approval != (c.code == 3) || (len(changes) == 0) != (c.old == c.new) {
				t.Errorf("%s", r.stdout)
			}
		})
	}
	for lang, want := range map[string]string{"nl": "Ruimer\n", "fr": "Plus souple\n"} {
		if r := execute(t, "protocol", "diff", shorter, oneCamera, "--lang", lang); !strings.HasPrefix(r.stdout, want) {
			t.Errorf("%s: %q", lang, r.stdout)
		}
	}
	for _, args := range [][]string{{oneCamera}, {oneCamera, "absent.yaml"}, {"absent.yaml", oneCamera}, {oneCamera, oneCamera, "--lang", "de"}} {
		if r := execute(t, append([]string{"protocol", "diff", "--exit-code"}, args...)...); r.code != 1 || r.stdout != "" || r.stderr == "" {
			t.Errorf("%q: %+v, want exit code 1", args, r)
		}
	}
}

func TestFindingsFormats(t *testing.T) {
	get := func(format string) string {
		r := execute(t, "protocol", "findings", oneCamera, "--format", format, "--lang", "en")
		if r.code != 3 || r.stderr != "" {
			t.Errorf("%s: exit code %d, %q; want 3", format, r.code, r.stderr)
		}
		return r.stdout
	}
	var list []rules.Finding
	open(t, get("json"), &list)
	tally := rules.Count(list)
	if tally.Open == 0 || tally.Undelivered == 0 || tally.NotApplicable == 0 {
		t.Fatalf("%+v: the text below shows nothing", tally)
	}
	rows, err := csv.NewReader(strings.NewReader(get("csv"))).ReadAll()
	if err != nil || len(rows) != len(list)+1 {
		t.Errorf("CSV: %d rows, %v; want a head and %d", len(rows), err, len(list))
	}
	var oscal map[string]json.RawMessage
	if open(t, get("oscal"), &oscal); oscal["assessment-results"] == nil {
		t.Error("no assessment-results")
	}
	said := get("text")
	lines := strings.Split(strings.TrimSuffix(said, "\n"), "\n")
	last := strings.Fields(lines[len(lines)-1])
	for _, f := range list {
		var told bool
		switch {
		case f.Undelivered:
			told = slices.Contains(last, f.Rule)
		case f.Status == rules.NotApplicable:
			told = true // in a number
		default:
			told = slices.ContainsFunc(lines, func(line string) bool {
				words := strings.Fields(line)
				return len(words) > 2 && words[0] == f.Rule && words[1] == string(f.Status) && strings.HasSuffix(line, f.Text.EN)
			})
		}
		if !told {
			t.Errorf("%s %s, undelivered %t, is not told:\n%s", f.Rule, f.Status, f.Undelivered, said)
		}
	}
	if r := execute(t, "protocol", "findings", oneCamera, "--format", "xml"); r.code != 1 || r.stdout != "" || !strings.Contains(r.stderr, "text, json, csv or oscal") {
		t.Errorf("another format: %+v", r)
	}
}

// TestConsentIsWhatTheFileRecords prints the hashes that Lensmonde's consent
// carries, for the processings that it names.
func TestConsentIsWhatTheFileRecords(t *testing.T) {
	file := text(t, lensmonde)
	r := execute(t, "protocol", "consent", lensmonde, "video", "badge", "lensdop")
	lines := strings.Split(strings.TrimSuffix(r.stdout, "\n"), "\n")
	if r.code != 0 || len(lines) != 6 || lines[0] != "covers:" {
		t.Fatalf("%+v", r)
	}
	for _, line := range lines[1:] {
		if key := strings.ReplaceAll(strings.TrimSpace(line), `"`, ""); !strings.Contains(file, key+"\n") {
			t.Errorf("%s is not what the file records", key)
		}
	}
	if all := execute(t, "protocol", "consent", lensmonde); all.code != 0 || all.stdout == r.stdout {
		t.Error("all processings have the hashes of three")
	}
	// It warns of what nobody decided, apart from the hashes.
	if !strings.Contains(r.stderr, "values of basis: assumed, which nobody decided") || !strings.Contains(r.stderr, "\n  cameras hal-noord: sound\n") {
		t.Errorf("no warning of assumed values:\n%s", r.stderr)
	}
	if r := execute(t, "protocol", "consent", "../../policy/testdata/broken/valid.yaml"); r.code != 0 || r.stderr != "" {
		t.Errorf("nothing is assumed: exit code %d, %s", r.code, r.stderr)
	}
	if r := execute(t, "protocol", "consent", lensmonde, "video", "nope"); r.code != 1 || r.stdout != "" || !strings.Contains(r.stderr, "nope") {
		t.Errorf("an unknown processing: %+v", r)
	}
}

func TestSchemaIsThePublished(t *testing.T) {
	if r := execute(t, "protocol", "schema"); r.code != 0 || r.stdout != string(review.Published()) || !json.Valid([]byte(r.stdout)) {
		t.Errorf("exit code %d, %d bytes", r.code, len(r.stdout))
	}
}

// full is a disk without room.
type full struct{}

var errFull = errors.New("no space left")

func (full) Write([]byte) (int, error) { return 0, errFull }

// TestAFullDiskFails: a report that could not be written is no report.
func TestAFullDiskFails(t *testing.T) {
	for _, args := range []string{
		"protocol check " + oneCamera, "protocol check --json " + oneCamera, "protocol show " + oneCamera,
		"protocol diff " + oneCamera + " " + lensmonde, "protocol diff --exit-code --json " + oneCamera + " " + lensmonde, "protocol diff " + oneCamera + " " + oneCamera,
		"protocol calendar " + oneCamera, "protocol calendar --json " + oneCamera, "protocol calendar --ical " + oneCamera,
		"protocol findings " + oneCamera, "protocol findings --format json " + oneCamera, "protocol findings --format csv " + oneCamera, "protocol findings --format oscal " + oneCamera,
		"protocol consent " + oneCamera, "protocol schema", "rules", "rules --json", "rules REG-1",
	} {
		var errs strings.Builder
		if code := run(t.Context(), strings.Fields(args), full{}, &errs); code != 1 || !strings.Contains(errs.String(), errFull.Error()) {
			t.Errorf("%s: exit code %d, %q; want 1 and the reason", args, code, errs.String())
		}
	}
}
