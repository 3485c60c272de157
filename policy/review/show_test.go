package review

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/examples"
)

func lensmonde(t testing.TB) *policy.Protocol {
	t.Helper()
	p, err := policy.Parse("lensmonde.yaml", examples.Lensmonde)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func shown(t testing.TB, p *policy.Protocol, problems policy.Problems, lang string) string {
	t.Helper()
	var b strings.Builder
	if err := Show(&b, p, problems, lang); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// filler puts a value that no other leaf has into every leaf of a protocol.
type filler struct {
	n    int
	want map[string]map[string]string // path to language to what must be shown
	// basis, if set, marks every block, to see that each mark is shown too.
	basis string
}

func (f *filler) expect(path string, say func(lang string) string) {
	if f.want == nil {
		return
	}
	f.want[path] = map[string]string{}
	for _, lang := range Languages() {
		f.want[path][lang] = say(lang)
	}
}

func (f *filler) fill(path string, v reflect.Value) {
	f.n++
	n := f.n
	marker := fmt.Sprintf("m%dx", n)
	same := func(s string) { f.expect(path, func(string) string { return s }) }
	switch x := v.Addr().Interface().(type) {
	case *policy.Basis:
		x.All = f.basis
		return
	case *policy.Date:
		*x = policy.Date{Year: 1000 + n, Month: time.Month(n%12 + 1), Day: n%28 + 1}
		f.expect(path, func(lang string) string { return dateText(lang, *x) })
		return
	case *policy.Duration:
		*x = policy.Duration{Years: 1000 + n, Days: 3}
		f.expect(path, func(lang string) string { return durationText(lang, *x) })
		return
	case *policy.Clock:
		*x = policy.Clock(fmt.Sprintf("%02d:%02d", n/60%24, n%60))
		f.expect(path, func(lang string) string { return clockText(lang, *x) })
		return
	case *policy.Source:
		*x = policy.Source{Token: marker}
		same(marker)
		return
	case *devices.Point:
		*x = devices.Point{X: float64(n) / 1e5, Y: float64(n+1) / 1e5}
		f.expect(path, func(lang string) string { return "(" + percent(lang, x.X) + "; " + percent(lang, x.Y) + ")" })
		return
	default:
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if sf := v.Type().Field(i); sf.IsExported() {
				f.fill(path+"."+sf.Name, v.Field(i))
			}
		}
	case reflect.Slice:
		n := 2
		if v.Type().Elem() == reflect.TypeFor[devices.Point]() {
			n = 3
		}
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			f.fill(fmt.Sprintf("%s[%d]", path, i), v.Index(i))
		}
	case reflect.Map:
		list := []string{marker + "a", marker + "b"}
		v.Set(reflect.ValueOf(map[string][]string{marker: list}))
		same(marker)
		f.expect(path+"[0]", func(string) string { return list[0] })
		f.expect(path+"[1]", func(string) string { return list[1] })
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(path, v.Elem())
	case reflect.String:
		v.SetString(marker)
		same(marker)
	case reflect.Bool:
		v.SetBool(true) // its label is demanded by TestNoStatementIsLost's count
	case reflect.Int:
		v.SetInt(int64(1_000_000 + n))
		same(fmt.Sprint(1_000_000 + n))
	case reflect.Float64:
		v.SetFloat(1_000_000 + float64(n))
		same(fmt.Sprint(1_000_000 + n))
	default:
		panic("a kind of value that the test does not know: " + v.Kind().String())
	}
}

func filled(basis string) (*policy.Protocol, map[string]map[string]string) {
	f := &filler{want: map[string]map[string]string{}, basis: basis}
	p := &policy.Protocol{}
	f.fill("", reflect.ValueOf(p).Elem())
	p.Processing[1].Checker = false // one of each
	return p, f.want
}

// whole tells that a text holds a marker that is not part of a longer one.
func whole(text, marker string) bool {
	for {
		i := strings.Index(text, marker)
		if i < 0 {
			return false
		}
		rest := text[i+len(marker):]
		if (i == 0 || !isWordByte(text[i-1])) && (rest == "" || !isWordByte(rest[0])) {
			return true
		}
		text = rest
	}
}

// anew makes a filled protocol without saying what is in it.
func anew(basis string) *policy.Protocol {
	f := &filler{basis: basis}
	p := &policy.Protocol{}
	f.fill("", reflect.ValueOf(p).Elem())
	p.Processing[1].Checker = false
	return p
}

func isWordByte(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}

func TestNoValueIsLost(t *testing.T) {
	for _, basis := range []string{"", policy.BasisAssumed, policy.BasisLaw} {
		p, want := filled(basis)
		if len(want) < 700 {
			t.Fatalf("only %d leaves filled", len(want))
		}
		for _, lang := range Languages() {
			text := shown(t, p, nil, lang)
			for path, says := range want {
				if !whole(text, says[lang]) {
					t.Errorf("%s, basis %q: the document does not say %q of %s", lang, basis, says[lang], path)
				}
			}
		}
	}
}

// Each yes or no of the types is said under its label.
func TestNoYesOrNoIsLost(t *testing.T) {
	w := Load()
	for _, name := range sortedTypes() {
		for _, f := range fieldsOf(types()[name]) {
			if f.value.Kind() != reflect.Bool && f.value != reflect.TypeFor[*bool]() {
				continue
			}
			p, _ := filled("")
			l, _ := w.Label(f.typ, f.key)
			for _, lang := range Languages() {
				before := shown(t, p, nil, lang)
				q, _ := filled("")
				if n := setBools(reflect.ValueOf(q).Elem(), f); n == 0 {
					t.Fatalf("%s was not found", f.name())
				}
				after := shown(t, q, nil, lang)
				if before == after {
					t.Errorf("%s: %s (%s) is not said", lang, f.name(), l.Name.In(lang))
				}
			}
		}
	}
}

// setBools turns every value of a field of yes and no.
func setBools(v reflect.Value, f field) int {
	n := 0
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Name() == f.typ && i == f.index {
				b := v.Field(i)
				if b.Kind() == reflect.Pointer {
					b = b.Elem()
				}
				b.SetBool(!b.Bool())
				n++
			} else if v.Type().Field(i).IsExported() {
				n += setBools(v.Field(i), f)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			n += setBools(v.Index(i), f)
		}
	default:
	}
	return n
}

func TestEveryKeyStandsInOneChapter(t *testing.T) {
	keys, processing := map[string]int{}, map[string]int{}
	for _, c := range chapters() {
		for _, k := range c.keys {
			keys[k]++
		}
		for _, k := range c.processing {
			processing[k]++
		}
		if slices.Contains(c.keys, "processing") != (len(c.processing) > 0) {
			t.Errorf("chapter %q tells of processings without saying what", c.title.EN)
		}
	}
	for _, f := range fieldsOf(reflect.TypeFor[policy.Protocol]()) {
		if f.key != "processing" && keys[f.key] != 1 {
			t.Errorf("%s stands in %d chapters", f.key, keys[f.key])
		}
	}
	for _, f := range fieldsOf(reflect.TypeFor[policy.Processing]()) {
		if f.key != "id" && processing[f.key] != 1 {
			t.Errorf("processing.%s stands in %d chapters", f.key, processing[f.key])
		}
	}
}

// What the file does not say has no article: it is filled in, and listed for
// confirmation unless another place of the file says it.
func TestFilledIn(t *testing.T) {
	text := string(examples.Lensmonde)
	for old, now := range map[string]string{
		"discovery]\n  basis: assumed\n":          "discovery]\n  sound: forbidden\n  ref: \"Art. 9\"\n",
		"    sound: forbidden\n":                  "",
		"    required: [picture, sound]\n":        "",
		"required: assumed}":                      "location: assumed}",
		"sound: assumed, methods":                 "methods",
		"      signatures: 1\n":                   "",
		"signatures: assumed, statement: assumed": "statement: assumed",
	} {
		if !strings.Contains(text, old) {
			t.Fatalf("the example lacks %q", old)
		}
		text = strings.ReplaceAll(text, old, now)
	}
	p, err := policy.Parse("filled.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	got := shown(t, p, nil, "en")
	for _, want := range []string{
		"| forbidden *[filled in]* | [Art. 2] |",
		"- **Must be shown closed:** picture, sound *[filled in]*",
		"- **Signatures:** 1 *[filled in]*",
		"Camera ‘hal-noord’ › Must be shown closed: picture, sound\n",
		"Covering › template ‘verkiezing’ › Signatures: 1\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the document lacks %q", want)
		}
	}
	for _, bad := range []string{"Camera ‘hal-noord’ › Sound: forbidden", "Camera ‘hal-noord’ › Looked at every"} {
		if strings.Contains(got, bad) {
			t.Errorf("what another place of the file says is to be confirmed: %q", bad)
		}
	}
}

// No article says what belongs to the file, nor that a list is empty.
func TestTheFileIsNoArticle(t *testing.T) {
	p, err := policy.Parse("heusden.yaml", examples.All()["heusden.yaml"])
	if err != nil {
		t.Fatal(err)
	}
	got := shown(t, p, nil, "nl")
	for _, want := range []string{
		"- **Versie:** 2020.1 *[bestand]*\n",
		"- **Tijdzone:** Europe/Amsterdam *[bestand]*\n",
		"- **Versie van het bestandsformaat:** lensdop/v1 *[bestand]*\n",
		"- **Soort systeem:** gespreksopname *[bestand]*\n",
		"- **Regel:** SEC-1 *[bestand]*\n",
		"### Camera's\n\n- geen opgenomen *[bestand]*\n",
		"- **Zones:**\n  - geen opgenomen *[bestand]*\n",
		"- **Eigenaar:** Manager van de locatie of het cluster [Art. 3.1]\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the document lacks %q", want)
		}
	}
	if strings.Contains(got[strings.Index(got, "## 1."):], "[zonder artikel]") {
		t.Error("something has no article and no other source")
	}
}

// What people must read in the document of the invented municipality.
func TestShowSays(t *testing.T) {
	p := lensmonde(t)
	for lang, lines := range map[string][]string{
		"nl": {
			"# Protocol cameratoezicht van de gemeente Lensmonde",
			"- Gegevens blijven ten hoogste 28 dagen bewaard. [Art. 6]",
			"- Apparaten zijn ingesteld op 28 dagen. **[aangenomen, te bevestigen; bij Art. 6]**",
			"- Afgeplakt vanaf 06:30 uur op de eerste dag. **[aangenomen, te bevestigen; bij Art. 5]**",
			"- **Juridische reden:** Stemgeheim: Grondwet art. 53 lid 2, Kieswet art. J 15 *[wet; bij Art. 5]*",
			"  - Following or checking employees (‘follow-staff’) [Art. 1]",
			"Camera ‘hal-noord’ › Geluid: verboden",
		},
		"fr": {
			"- Les données sont conservées 28 jours au maximum. [Art. 6]",
			"- Occultation à partir de 06 h 30 le premier jour. **[supposé, à confirmer; voir Art. 5]**",
			"- Visualisation en temps réel: interdit, sauf si un site en dispose autrement. *[complété]*",
			"Version 2026.1, adopté par: college van burgemeester en wethouders van Lensmonde, le 13 janvier 2026.",
		},
		"en": {
			"- Data stay for at most 28 days. [Art. 6]",
			"- More than 1 minute without a look is unproven. **[assumed, to be confirmed; at Art. 5]**",
			"| hal-noord | Sporthal De Polder | Sports hall | Sports hall, Polling room | Video surveillance of municipal sites | forbidden **[assumed, to be confirmed; at Art. 2]** | [Art. 2] |",
		},
	} {
		text := shown(t, p, nil, lang)
		for _, line := range lines {
			if !strings.Contains(text, line+"\n") {
				t.Errorf("%s: the document lacks the line\n%s", lang, line)
			}
		}
	}
}

// Where a statement comes from: the block, the field, the item of a list, or
// the block around it.
func TestSources(t *testing.T) {
	assumed := policy.Basis{All: policy.BasisAssumed}
	p := &policy.Protocol{
		Permissions: []policy.Permission{{
			Origin: policy.Origin{Ref: "Art. 4", Basis: policy.Basis{Fields: map[string]string{"allow.hold": policy.BasisAssumed, "require": policy.BasisLaw}}},
			Role:   "boss", Allow: []string{policy.VerbPlayback, policy.VerbHold}, Require: []string{policy.NeedReason},
		}},
		Processing: []policy.Processing{{
			Origin: policy.Origin{Basis: assumed}, ID: "video",
			Retention: policy.Retention{Max: policy.Duration{Days: 28}},
			Purposes:  []policy.Purpose{{Origin: policy.Origin{Ref: "Art. 1"}, ID: "a", Text: "own"}, {ID: "b", Text: "inherits"}},
		}},
		Rights: policy.Rights{
			Origin: policy.Origin{Ref: "Art. 8", Basis: policy.Basis{Fields: map[string]string{"access": policy.BasisAssumed}}},
			Access: policy.Right{Origin: policy.Origin{Ref: "Art. 9"}, Deadline: policy.Duration{Months: 1}},
		},
	}
	text := shown(t, p, nil, "en")
	for _, want := range []string{
		"| boss | play back, hold recordings **[assumed, to be confirmed; at Art. 4]** | a reason *[law; at Art. 4]* | [Art. 4] |",
		"- Data stay for at most 28 days. **[assumed, to be confirmed]**",
		"- own (‘a’) [Art. 1]",
		"- inherits (‘b’) **[assumed, to be confirmed]**",
		"- **Answer within:** 1 month **[assumed, to be confirmed; at Art. 9]**",
		"Permission ‘boss’ › May: hold recordings\n",
		"Processing ‘video’ › Retention › At most: 28 days\n",
		"Processing ‘video’ › purpose ‘b’ › Description: inherits\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the document lacks %q", want)
		}
	}
	if strings.Contains(text, "Description: own") || strings.Contains(text, "May: play back") {
		t.Error("what an article says is listed as assumed")
	}
	if t.Failed() {
		t.Log(text)
	}
}

func TestShowTellsProblems(t *testing.T) {
	text := shown(t, lensmonde(t), policy.Problems{
		{Class: policy.ClassConflict, Code: "a:b", File: "f.yaml", Line: 3, Column: 4, What: "one against two", Resolution: "two it is"},
		{Class: policy.ClassConflict, Code: "c", File: "f.yaml", Line: 5, Column: 1, What: "three against four", Fix: "choose"},
		{Class: policy.ClassOpen, File: "f.yaml", Line: 6, Column: 1, What: "# nobody decides"},
		{Class: policy.ClassError, File: "f.yaml", Line: 7, Column: 1, What: "no such zone"},
	}, "en")
	for _, want := range []string{
		"- one against two (f.yaml:3:4; a:b)\n  - **Resolution:** two it is\n",
		"- three against four; choose (f.yaml:5:1; c)\n  - **No resolution yet.**\n",
		"### What the source does not say\n\n- \\# nobody decides (f.yaml:6:1)\n",
		"### Errors in the file\n\n- no such zone (f.yaml:7:1)\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the document lacks %q", want)
		}
	}
}

// A resolution that nobody confirmed is a proposal, in the list of conflicts too.
func TestShowTellsProposals(t *testing.T) {
	text := shown(t, lensmonde(t), policy.Problems{
		{Class: policy.ClassConflict, Code: "stated:a", Resolution: "ours", Assumed: true},
		{Class: policy.ClassConflict, Code: "stated:c", Resolution: "decided"},
	}, "en")
	for _, want := range []string{"- **Proposed resolution, to be confirmed:** ours\n", "- **Resolution:** decided\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("the document lacks %q", want)
		}
	}
}

func TestShowEscapes(t *testing.T) {
	p := lensmonde(t)
	p.Metadata.Title = policy.Text{NL: "Titel\n# kop\n<script>x</script>"}
	p.Sites[0].Name = "a | b [c](http://x) `d` *e* \u202ef\x1b[31m&amp;"
	p.Processing[0].Purposes[0].Text = "1. list\n- item\n\n## chapter"
	text := shown(t, p, nil, "nl")
	for _, bad := range []string{" <script", "\n# kop", "[c](", "\u202e", "\x1b", " | b ", "`d`", "\n- item", "\n## chapter", "- 1. list"} {
		if strings.Contains(text, bad) {
			t.Errorf("%q came through", bad)
		}
	}
	for _, want := range []string{`Titel # kop \<script\>`, `a \| b \[c\](http://x) \` + "`d\\`" + ` \*e\* ‹U+202E›f‹U+001B›\[31m\&amp;`, `1\. list - item ## chapter`} {
		if !strings.Contains(text, want) {
			t.Errorf("the document lacks %q", want)
		}
	}
}

func TestShowRefuses(t *testing.T) {
	if err := Show(&strings.Builder{}, lensmonde(t), nil, "de"); err == nil || !strings.Contains(err.Error(), `"de"`) {
		t.Errorf("German: %v", err)
	}
	if err := Show(&strings.Builder{}, nil, nil, "nl"); err == nil {
		t.Error("a document of nothing")
	}
	if err := Show(full{}, lensmonde(t), nil, "nl"); err == nil {
		t.Error("a full disk was not told")
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, fmt.Errorf("disk full") }

func TestDurationsInWords(t *testing.T) {
	for iso, want := range map[string][3]string{
		"P28D":     {"28 dagen", "28 jours", "28 days"},
		"P1M":      {"1 maand", "1 mois", "1 month"},
		"P1Y6M":    {"1 jaar en 6 maanden", "1 an et 6 mois", "1 year and 6 months"},
		"PT1M30S":  {"1 minuut en 30 seconden", "1 minute et 30 secondes", "1 minute and 30 seconds"},
		"PT24H":    {"24 uur", "24 heures", "24 hours"},
		"P1DT1H1M": {"1 dag, 1 uur en 1 minuut", "1 jour, 1 heure et 1 minute", "1 day, 1 hour and 1 minute"},
	} {
		d, err := policy.ParseDuration(iso)
		if err != nil {
			t.Errorf("%s: %v", iso, err)
		}
		for i, lang := range Languages() {
			if got := durationText(lang, d); got != want[i] {
				t.Errorf("%s in %s: %q, want %q", iso, lang, got, want[i])
			}
		}
	}
}
