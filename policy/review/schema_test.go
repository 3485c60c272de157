package review

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/examples"
)

var (
	update   = flag.Bool("update", false, "write protocol.schema.json anew")
	thorough = flag.Bool("thorough", false, "ask policy.Check about every spoilt file, not one of 41")
)

func TestPublishedSchemaIsTheOneOfTheTypes(t *testing.T) {
	want, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("protocol.schema.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(Published(), want) {
		t.Error("protocol.schema.json is not the schema of the types; go test ./policy/review -run Published -update writes it anew")
	}
	p := Published()
	p[0] = 'x'
	if Published()[0] == 'x' {
		t.Error("a caller can change what others get")
	}
}

func compiled(t testing.TB) *jsonschema.Schema {
	t.Helper()
	made, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(made))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(SchemaID, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(SchemaID)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// asJSON reads YAML as the values that a schema speaks of.
func asJSON(data []byte) (any, error) {
	b, err := yaml.YAMLToJSON(data)
	if err != nil {
		return nil, err
	}
	return jsonschema.UnmarshalJSON(bytes.NewReader(b))
}

func TestExamplesFitTheSchema(t *testing.T) {
	s := compiled(t)
	for name, data := range examples.All() {
		doc, err := asJSON(data)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(doc); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func errorsOf(name string, data []byte) policy.Problems {
	_, problems := policy.Check(policy.File{Name: name, Data: data})
	return problems.Of(policy.ClassError)
}

// What the schema refuses in the corpus of broken files, the parser refuses,
// and the faults of shape are among it.
func TestBrokenFiles(t *testing.T) {
	s := compiled(t)
	files, err := filepath.Glob("../testdata/broken/*.yaml")
	if err != nil || len(files) < 60 {
		t.Fatalf("%d broken files (%v)", len(files), err)
	}
	refused := map[string]bool{}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := asJSON(data)
		if err != nil {
			continue // not even YAML to the library: no file for a schema
		}
		if s.Validate(doc) == nil {
			continue
		}
		name := strings.TrimSuffix(filepath.Base(f), ".yaml")
		refused[name] = true
		if len(errorsOf(f, data)) == 0 {
			t.Errorf("the schema refuses %s: %v; policy.Check does not", name, s.Validate(doc))
		}
	}
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".yaml")
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range errorsOf(f, data) {
			if shape := strings.Contains(p.What, "unknown key") || strings.Contains(p.What, "where text belongs") || strings.Contains(p.What, "where a list belongs") ||
				strings.Contains(p.What, "where a block of keys belongs") || strings.Contains(p.What, "where true or false belongs") || strings.Contains(p.What, "number belongs"); shape && !refused[name] {
				t.Errorf("%s: policy.Check says %q, the schema nothing", name, p.What)
			}
		}
	}
	t.Logf("%d of %d broken files are refused by the schema alone", len(refused), len(files))
	if len(refused) < 15 {
		t.Errorf("the schema refuses only %v", slices.Sorted(maps.Keys(refused)))
	}
}

// spoil is one way to spoil a value.
type spoil struct {
	name string
	with func(v any) (any, bool)
}

// Wherever an example is spoilt, with another type, a word of no list, an
// unknown key, a missing key: what the schema refuses, policy.Check refuses.
func TestSchemaRefusesNothingThatIsRight(t *testing.T) {
	s := compiled(t)
	spoils := []spoil{
		{"another word", func(v any) (any, bool) { _, ok := v.(string); return "Zz ?", ok }},
		{"plain word", func(v any) (any, bool) { _, ok := v.(string); return "zz", ok }},
		{"number", func(any) (any, bool) { return json.Number("7"), true }},
		{"fraction", func(any) (any, bool) { return json.Number("0.5"), true }},
		{"yes", func(any) (any, bool) { return true, true }},
		{"nothing", func(any) (any, bool) { return nil, true }},
		{"list", func(any) (any, bool) { return []any{"zz"}, true }},
		{"block", func(any) (any, bool) { return map[string]any{"zz": "zz"}, true }},
	}
	counts := map[string]int{}
	for _, name := range []string{"lensmonde.yaml", "oostrozebeke.yaml"} {
		doc, err := asJSON(examples.All()[name])
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		try := func(path, how string) {
			counts[how]++
			err := s.Validate(doc)
			if err == nil {
				return
			}
			if counts["refused"]++; counts["refused"]%41 != 0 && !*thorough {
				return
			}
			b, merr := json.Marshal(doc)
			if merr != nil {
				t.Fatal(merr)
			}
			if y, yerr := yaml.JSONToYAML(b); yerr != nil {
				t.Fatal(yerr)
			} else if len(errorsOf(name, y)) == 0 {
				t.Errorf("%s, %s: the schema refuses %v; policy.Check does not", path, how, err)
			}
		}
		var walk func(path string, v any)
		walk = func(path string, v any) {
			shape := numbersOut(path)
			if seen[shape] { // one block of each list is enough
				return
			}
			seen[shape] = true
			switch x := v.(type) {
			case map[string]any:
				for _, k := range slices.Sorted(maps.Keys(x)) {
					here, old := path+"."+k, x[k]
					if seen[numbersOut(here)] {
						continue
					}
					for _, sp := range spoils {
						if w, ok := sp.with(old); ok {
							x[k] = w
							try(here, sp.name)
						}
					}
					delete(x, k)
					try(here, "missing")
					x[k] = old
					walk(here, old)
				}
				x["zz"] = "zz"
				try(path, "unknown key")
				delete(x, "zz")
			case []any:
				for i := range x {
					old := x[i]
					if i == 0 {
						for _, sp := range spoils {
							if w, ok := sp.with(old); ok {
								x[i] = w
								try(fmt.Sprintf("%s[%d]", path, i), sp.name)
							}
						}
						x[i] = old
					}
					walk(fmt.Sprintf("%s[%d]", path, i), old)
				}
			default:
			}
		}
		walk("", doc)
	}
	t.Log(counts)
	if counts["refused"] < 500 {
		t.Errorf("only %d refused", counts["refused"])
	}
}

// numbersOut is a path without the places in lists.
func numbersOut(path string) string {
	var b strings.Builder
	for _, r := range path {
		if r < '0' || r > '9' {
			b.WriteRune(r)
		}
	}
	return b.String()
}
