package rules_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/defenseunicorns/go-oscal/src/pkg/validation"

	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/rules"
)

func meta() rules.Meta {
	return rules.Meta{
		Protocol: rules.ProtocolRef{ID: "lensmonde", Version: "1"}, Name: policy.Text{NL: "Cameraprotocol", FR: "Protocole caméras", EN: "Camera protocol"},
		At: now, Lang: "en", Tool: "Lensdop 1.2.3",
	}
}

func oscal(t testing.TB, list []rules.Finding, m rules.Meta) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := rules.WriteOSCAL(&b, list, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The export is held to the schema that NIST published with this version of
// OSCAL; the module carries it.
func TestOSCALSchema(t *testing.T) {
	check := func(t *testing.T, b []byte) error {
		t.Helper()
		v, err := validation.NewValidator(b)
		if err != nil {
			t.Fatal(err)
		}
		if got := v.GetSchemaVersion(); got != rules.OSCALVersion {
			t.Fatalf("held to the schema of OSCAL %s, not %s", got, rules.OSCALVersion)
		}
		return v.Validate()
	}
	hostile := rules.Finding{
		ID: "1 \n bad", Rule: "9 x/y", Status: rules.Fail, At: now, Text: policy.Text{EN: "[x](http://x)\n<b>"}, Title: policy.Text{EN: " \n"},
		Target:   rules.Target{Site: " a\nb ", Device: "\xff", Subject: "\n"},
		Evidence: []rules.Evidence{{}, {Kind: " ", Value: "\n", Path: "\t", Numbers: map[string]float64{"": 1, "é \n": -1e300}}},
	}
	for _, lang := range []string{"nl", "fr", "en"} {
		m := meta()
		m.Lang = lang
		for name, list := range map[string][]rules.Finding{"every status": every(t), "one": every(t)[:1], "hostile": {hostile}, "bare": {{}}} {
			if err := check(t, oscal(t, list, m)); err != nil {
				t.Errorf("%s, %s: %v", lang, name, err)
			}
		}
		m.Name, m.Tool, m.Protocol = policy.Text{}, "", rules.ProtocolRef{}
		if err := check(t, oscal(t, every(t), m)); err != nil {
			t.Errorf("%s, nameless: %v", lang, err)
		}
	}
	if check(t, bytes.ReplaceAll(oscal(t, every(t), meta()), []byte(`"not-satisfied"`), []byte(`"unproven"`))) == nil {
		t.Error("the schema lets anything through")
	}
}

// shape is what the test looks at of the export.
type shape struct {
	Results struct {
		UUID     string `json:"uuid"`
		Metadata struct {
			OSCAL     string                  `json:"oscal-version"`
			Locations []struct{ UUID string } `json:"locations"`
		} `json:"metadata"`
		ImportAP   struct{ Href string } `json:"import-ap"`
		BackMatter struct {
			Resources []struct{ UUID string } `json:"resources"`
		} `json:"back-matter"`
		Results []struct {
			UUID  string
			Local struct {
				Components []struct{ UUID string } `json:"components"`
				Items      []struct{ UUID string } `json:"inventory-items"`
				Assets     struct {
					Platforms []struct{ UUID string } `json:"assessment-platforms"`
				} `json:"assessment-assets"`
			} `json:"local-definitions"`
			Reviewed struct {
				Selections []struct {
					Include []struct {
						ID string `json:"control-id"`
					} `json:"include-controls"`
				} `json:"control-selections"`
			} `json:"reviewed-controls"`
			Observations []struct {
				UUID      string
				Methods   []string
				Collected string
				Expires   string
				Evidence  []struct{ Description string } `json:"relevant-evidence"`
				Subjects  []struct {
					UUID string `json:"subject-uuid"`
				}
				Origins []struct {
					Actors []struct {
						UUID string `json:"actor-uuid"`
					}
				}
			} `json:"observations"`
			Findings []struct {
				UUID   string
				Props  []struct{ Name, Value string }
				Target struct {
					ID     string `json:"target-id"`
					Status struct{ State, Reason, Remarks string }
				}
				Observations []struct {
					UUID string `json:"observation-uuid"`
				} `json:"related-observations"`
			} `json:"findings"`
		} `json:"results"`
	} `json:"assessment-results"`
}

// Each finding is there with the state that its status allows, everything that
// is referred to is there, and every UUID is of version 5 and stands for one thing.
func TestOSCALShape(t *testing.T) {
	list := every(t)
	b := oscal(t, list, meta())
	var got shape
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	r := got.Results.Results[0]
	if got.Results.Metadata.OSCAL != rules.OSCALVersion || len(got.Results.Results) != 1 {
		t.Errorf("version %s, %d results", got.Results.Metadata.OSCAL, len(got.Results.Results))
	}
	things := []string{got.Results.UUID, r.UUID}
	for _, l := range [][]struct{ UUID string }{got.Results.Metadata.Locations, got.Results.BackMatter.Resources, r.Local.Components, r.Local.Items, r.Local.Assets.Platforms} {
		for _, x := range l {
			things = append(things, x.UUID)
		}
	}
	observed := map[string]int{}
	for i, o := range r.Observations {
		things = append(things, o.UUID)
		observed[o.UUID] = i
		for _, s := range o.Subjects {
			if !slices.Contains(things, s.UUID) {
				t.Errorf("subject %s is nowhere", s.UUID)
			}
		}
		for _, a := range o.Origins {
			if a.Actors[0].UUID != r.Local.Assets.Platforms[0].UUID {
				t.Errorf("actor %s is nowhere", a.Actors[0].UUID)
			}
		}
		if len(o.Subjects) == 0 || (o.Methods[0] == "TEST") != (len(o.Origins) == 1) {
			t.Errorf("observation %d: %+v", i, o)
		}
	}
	byID := map[string]int{}
	for i, f := range r.Findings {
		things = append(things, f.UUID)
		for _, p := range f.Props {
			if p.Name == "id" {
				byID[p.Value] = i
			}
		}
	}
	v5 := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	for i, u := range things {
		if !v5.MatchString(u) || slices.Contains(things[:i], u) {
			t.Errorf("UUID %q is no version 5, or is there twice", u)
		}
	}
	if !slices.ContainsFunc(got.Results.BackMatter.Resources, func(x struct{ UUID string }) bool { return got.Results.ImportAP.Href == "#"+x.UUID }) {
		t.Errorf("the plan %s is nowhere", got.Results.ImportAP.Href)
	}
	for _, f := range list {
		i, there := byID[f.ID]
		if there != (f.Status != rules.NotApplicable) {
			t.Errorf("%s is %s, there: %t", f.ID, f.Status, there)
		}
		if !there {
			continue
		}
		o := r.Findings[i]
		prop := map[string]string{}
		for _, p := range o.Props {
			prop[p.Name] = p.Value
		}
		state, reason := "not-satisfied", "other"
		switch f.Status {
		case rules.Pass:
			state, reason = "satisfied", "pass"
		case rules.Attested:
			state = "satisfied"
		case rules.Fail:
			reason = "fail"
		default:
		}
		if o.Target.Status.State != state || o.Target.Status.Reason != reason || o.Target.ID != f.Rule || prop["status"] != string(f.Status) {
			t.Errorf("%s is %s: %+v", f.ID, f.Status, o)
		}
		if f.Status != rules.Pass && f.Status != rules.Fail && o.Target.Status.Remarks == "" {
			t.Errorf("%s is %s, and nothing says what that means", f.ID, f.Status)
		}
		if (prop["waived"] == "true") != (f.Waiver != nil) || f.Waiver != nil && (prop["waiver-until"] != f.Waiver.Expires.String() || !strings.Contains(o.Target.Status.Remarks, f.Waiver.Justification)) {
			t.Errorf("%s: waiver %+v", f.ID, o)
		}
		if (prop["undelivered"] == "true") != f.Undelivered {
			t.Errorf("%s: undelivered %q", f.ID, prop["undelivered"])
		}
		if len(o.Observations) != max(1, len(f.Evidence)) {
			t.Errorf("%s has %d observations of %d pieces of evidence", f.ID, len(o.Observations), len(f.Evidence))
		}
		for k, u := range o.Observations {
			seen, ok := observed[u.UUID]
			if !ok {
				t.Errorf("%s rests on %s, which is nowhere", f.ID, u.UUID)
				continue
			}
			x := r.Observations[seen]
			if k < len(f.Evidence) && ((x.Expires != "") == f.Evidence[k].Expires.IsZero() || len(x.Evidence) != 1 || x.Collected == "") {
				t.Errorf("%s: evidence %+v became %+v", f.ID, f.Evidence[k], x)
			}
			if x.Methods[0] != string(f.Method) && f.Method != "" {
				t.Errorf("%s by %s became %v", f.ID, f.Method, x.Methods)
			}
		}
		if !slices.ContainsFunc(r.Reviewed.Selections[0].Include, func(c struct {
			ID string `json:"control-id"`
		},
		) bool {
			return c.ID == f.Rule
		}) {
			t.Errorf("%s is not among what was reviewed", f.Rule)
		}
	}
}

func TestOSCALStable(t *testing.T) {
	list := every(t)
	a, b := oscal(t, list, meta()), oscal(t, every(t), meta())
	if !bytes.Equal(a, b) {
		t.Error("the same findings become different bytes")
	}
	uuid := func(b []byte) string {
		var s shape
		if err := json.Unmarshal(b, &s); err != nil {
			t.Fatal(err)
		}
		return s.Results.Results[0].Findings[0].UUID + " " + s.Results.UUID
	}
	later := meta()
	later.At = now.AddDate(0, 0, 1)
	x, y := strings.Fields(uuid(a)), strings.Fields(uuid(oscal(t, list, later)))
	if x[0] != y[0] || x[1] == y[1] {
		t.Errorf("a day later: %v and %v", x, y)
	}
	other := meta()
	other.Protocol.ID = "elsewhere"
	if y := strings.Fields(uuid(oscal(t, list, other))); x[0] == y[0] {
		t.Error("the same finding of another protocol has the same UUID")
	}
}

func TestOSCALRefuses(t *testing.T) {
	list := every(t)
	for name, c := range map[string]struct {
		list []rules.Finding
		meta rules.Meta
		want error
	}{
		"language":    {list, rules.Meta{At: now, Lang: "de"}, rules.ErrLanguage},
		"no findings": {nil, meta(), rules.ErrNoFindings},
		"no time":     {list, rules.Meta{Lang: "en"}, rules.ErrNoTime},
	} {
		if err := rules.WriteOSCAL(io.Discard, c.list, c.meta); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What a device says is text, never a link or a tag in whatever shows the export.
func TestOSCALMarkup(t *testing.T) {
	f := rules.Finding{ID: "X-1", Rule: "X-1", Status: rules.Fail, At: now, Text: policy.Text{EN: "![x](http://x) <script> `a` de_polder"}}
	b := oscal(t, []rules.Finding{f}, meta())
	var text any
	if err := json.Unmarshal(b, &text); err != nil {
		t.Fatal(err)
	}
	s := fmt.Sprint(text)
	if !strings.Contains(s, "!\\[x\\](http://x) \\<script\\> \\`a\\` de_polder") {
		t.Errorf("%s", s)
	}
}
