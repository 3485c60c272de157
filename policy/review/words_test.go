package review

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/examples"
)

func complete(t policy.Text) bool {
	return strings.TrimSpace(t.NL) != "" && strings.TrimSpace(t.FR) != "" && strings.TrimSpace(t.EN) != ""
}

func TestEveryKeyHasALabel(t *testing.T) {
	w := Load()
	for _, f := range w.faults {
		t.Error(f)
	}
	used := map[string]bool{}
	check := func(typ, key string, listed bool) {
		l, ok := w.Label(typ, key)
		if !ok {
			t.Errorf("%s.%s has no label", typ, key)
			return
		}
		if _, own := w.labels[typ+"."+key]; own {
			used[typ+"."+key] = true
		} else {
			used["*."+key] = true
		}
		for what, text := range map[string]policy.Text{"name": l.Name, "one": l.One, "explanation": l.Help} {
			if !complete(text) {
				t.Errorf("%s.%s has no %s in some language: %+v", typ, key, what, text)
			}
		}
		if l.Say != (policy.Text{}) {
			for _, lang := range Languages() {
				if strings.Count(l.Say.In(lang), "%s") != 1 || !complete(l.Say) {
					t.Errorf("%s.%s: the sentence in %s does not say the value once: %q", typ, key, lang, l.Say.In(lang))
				}
			}
		}
		if !listed && l.One != l.Name {
			t.Errorf("%s.%s is no list of blocks, but has a label for one", typ, key)
		}
	}
	for _, name := range sortedTypes() {
		for _, f := range fieldsOf(types()[name]) {
			check(f.typ, f.key, isList(f.value))
		}
	}
	for _, f := range fieldsOf(reflect.TypeFor[policy.Origin]()) {
		check("Protocol", f.key, false)
	}
	for key := range w.labels {
		if !used[key] {
			t.Errorf("label %s belongs to no key", key)
		}
	}
}

// Every list of blocks is also named one by one: "Added: camera".
func TestListsHaveALabelForOne(t *testing.T) {
	w := Load()
	same := []string{"Processing.uses", "Processing.prohibited_uses", "Protocol.notices"}
	for _, name := range sortedTypes() {
		for _, f := range fieldsOf(types()[name]) {
			if !isList(f.value) {
				continue
			}
			l, _ := w.Label(f.typ, f.key)
			if l.One.EN == l.Name.EN && !slices.Contains(same, f.name()) {
				t.Errorf("%s has one label for all of them and for one: %q", f.name(), l.One.EN)
			}
		}
	}
}

// constants reads the string constants of a package's sources: name to value.
func constants(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), dir+"/"+e.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.CONST {
				continue
			}
			for _, s := range g.Specs {
				v, ok := s.(*ast.ValueSpec)
				if !ok {
					continue
				}
				for i, n := range v.Names {
					if i >= len(v.Values) || !n.IsExported() {
						continue
					}
					if b, ok := v.Values[i].(*ast.BasicLit); ok && b.Kind == token.STRING {
						word, err := strconv.Unquote(b.Value)
						if err != nil {
							t.Fatal(err)
						}
						out[n.Name] = word
					}
				}
			}
		}
	}
	return out
}

func TestEveryConstantHasAWord(t *testing.T) {
	w := Load()
	known := map[string]bool{}
	for key, l := range w.lists {
		typ, name, _ := strings.Cut(key, ".")
		st, ok := types()[typ]
		if !ok || !slices.ContainsFunc(fieldsOf(st), func(f field) bool { return f.key == name }) {
			t.Errorf("list %s stands under %s, which no type has", l.name, key)
		}
		for _, c := range l.codes {
			known[c] = true
			if !complete(l.words[c]) {
				t.Errorf("%s of %s has no word in some language", c, l.name)
			}
		}
	}
	consts := constants(t, "..")
	if len(consts) < 80 {
		t.Fatalf("only %d constants found in the sources", len(consts))
	}
	for name, word := range consts {
		switch {
		case strings.HasPrefix(name, "Class"), strings.HasPrefix(name, "Basis"), // said by the document itself
			strings.HasPrefix(name, "Entry"): // no word of the file
		case !known[word]:
			t.Errorf("constant %s = %q has no word", name, word)
		default:
		}
	}
	for name, word := range constants(t, "../../devices") {
		if strings.HasPrefix(name, "Method") && !known[word] {
			t.Errorf("constant %s = %q has no word", name, word)
		}
	}
}

// The closed lists are the ones that the types know.
func TestClosedListsAreThoseOfTheTypes(t *testing.T) {
	w := Load()
	for key, want := range map[string][]string{
		"Processing.system":  policy.Systems(),
		"Permission.allow":   policy.Verbs(),
		"Permission.deny":    policy.Verbs(),
		"Permission.require": policy.Needs(),
		"Device.services":    policy.Services(),
		"Camera.services":    policy.Services(),
		"Store.kind":         policy.StoreKinds(),
	} {
		typ, name, _ := strings.Cut(key, ".")
		got, closed := w.Known(typ, name)
		slices.Sort(got)
		want = slices.Sorted(slices.Values(want))
		if !slices.Equal(got, want) || !closed {
			t.Errorf("%s: words %v (closed %v), the types know %v", key, got, closed, want)
		}
	}
}

// A code that an example uses where a list of words exists is in the list, so
// that no reader meets it as it stands in the file. Dutch words of their own
// have no hyphen between two parts in lower case.
func TestCodesOfTheExamplesHaveAWord(t *testing.T) {
	w, code := Load(), regexp.MustCompile(`^[a-z]+([-_][a-z]+)+$`)
	found := 0
	var walk func(v reflect.Value)
	walk = func(v reflect.Value) {
		for _, f := range fieldsOf(v.Type()) {
			x := v.Field(f.index)
			_, closed := w.Known(f.typ, f.key)
			switch {
			case isList(f.value):
				for i := range x.Len() {
					walk(x.Index(i))
				}
			case isBlock(f.value):
				walk(x)
			case f.value.Kind() == reflect.Slice && f.value.Elem().Kind() == reflect.String && !closed && w.lists[f.name()] != nil:
				for i := range x.Len() {
					if s := x.Index(i).String(); code.MatchString(s) {
						found++
						if _, ok := w.Word(f.typ, f.key, s); !ok {
							t.Errorf("%s: %q has no word", f.name(), s)
						}
					}
				}
			default:
			}
		}
	}
	for name, text := range examples.All() {
		p, err := policy.Parse(name, text)
		if err != nil {
			t.Fatal(err)
		}
		walk(reflect.ValueOf(*p))
	}
	if found < 50 {
		t.Errorf("only %d codes looked at", found)
	}
}
