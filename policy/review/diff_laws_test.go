package review

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/examples"
)

func TestEveryKeyHasARule(t *testing.T) {
	all := rules()
	for _, name := range sortedTypes() {
		for _, f := range fieldsOf(types()[name]) {
			r, ok := all[f.name()]
			delete(all, f.name())
			var fits bool
			switch {
			case isList(f.value):
				fits = r.kind == kindList && (r.up != "" || r.content != nil)
			case f.value == reflect.TypeFor[policy.Text]():
				fits = r.kind == kindText && r.gone != ""
			case isBlock(f.value):
				fits = r.kind == kindBlock
			case f.value == reflect.TypeFor[[]devices.Point]():
				fits = r.kind == kindPolygon
			case f.value == reflect.TypeFor[[]float64]():
				fits = r.kind == kindSize
			case f.value.Kind() == reflect.Slice, f.value.Kind() == reflect.Map:
				fits = r.kind == kindSet && r.up != ""
			case f.value.Kind() == reflect.String && f.value != reflect.TypeFor[policy.Clock]():
				fits = r.kind == kindText || r.kind == kindWord
			case f.value == reflect.TypeFor[policy.Source]():
				fits = r.kind == kindText
			default:
				fits = r.kind == kindMore || r.kind == kindWindow
			}
			if !ok || !fits {
				t.Errorf("%s (%s) has no rule that fits: %+v", f.name(), f.value, r)
			}
			if r.kind == kindWord {
				known, closed := Load().Known(f.typ, f.key)
				slices.Sort(known)
				if words := slices.Sorted(slices.Values(r.words)); !slices.Equal(known, words) && closed {
					t.Errorf("%s is ordered by %v, its words are %v", f.name(), words, known)
				}
			}
		}
	}
	for name := range all {
		t.Errorf("rule %s belongs to no key", name)
	}
}

// leaf is one value of a protocol that can be changed, and the paths that a
// change of it must be reported at.
type leaf struct {
	path  string
	value reflect.Value
	paths func(before, after string) []string
	word  bool   // a word of a list or the key of a block: it has no value without it
	drop  func() // takes the block or word out of its list
}

// leaves lists every value of a protocol. It knows the paths from the types
// and the keys of blocks, not from Diff.
func leaves(p *policy.Protocol) []leaf {
	var out []leaf
	var walk func(path string, v reflect.Value)
	one := func(path string, v reflect.Value) {
		out = append(out, leaf{path: path, value: v, paths: func(string, string) []string { return []string{path} }})
	}
	walk = func(path string, v reflect.Value) {
		for i := range v.NumField() {
			sf := v.Type().Field(i)
			f := v.Field(i)
			key := sf.Tag.Get("yaml")
			here := strings.TrimPrefix(path+"."+key, ".")
			switch {
			case sf.Type == reflect.TypeFor[policy.Origin]():
				one(strings.TrimPrefix(path+".ref", "."), f.FieldByName("Ref"))
				one(strings.TrimPrefix(path+".note", "."), f.FieldByName("Note"))
				one(strings.TrimPrefix(path+".basis", "."), f.FieldByName("Basis").FieldByName("All"))
			case key == "":
			case isList(f.Type()):
				for j, k := range keysOf(f) {
					item := f.Index(j)
					for _, name := range keyFields(item.Type()) {
						kf := item.FieldByName(name)
						before := k
						out = append(out, leaf{path: here + "[" + k + "]", value: kf, word: true, drop: dropper(f, j), paths: func(string, string) []string {
							return []string{here + "[" + before + "]", here + "[" + itemKey(item) + "]"}
						}})
					}
					walk(here+"["+k+"]", item)
				}
			case isBlock(f.Type()), f.Type() == reflect.TypeFor[policy.Text]():
				walk(here, f)
			case f.Kind() == reflect.Slice && f.Type() != reflect.TypeFor[[]devices.Point]() && f.Type() != reflect.TypeFor[[]float64]():
				for j := range f.Len() {
					out = append(out, leaf{path: here, value: f.Index(j), word: true, drop: dropper(f, j), paths: func(b, a string) []string {
						return []string{here + "[" + b + "]", here + "[" + a + "]"}
					}})
				}
			case f.Kind() == reflect.Map:
				m, _ := reflect.TypeAssert[map[string][]string](f)
				for _, k := range slices.Sorted(maps.Keys(m)) {
					for j := range m[k] {
						out = append(out, leaf{path: here, value: reflect.ValueOf(m[k]).Index(j), word: true, drop: func() { m[k] = slices.Delete(slices.Clone(m[k]), j, j+1) }, paths: func(b, a string) []string {
							return []string{here + "[" + k + "][" + b + "]", here + "[" + k + "][" + a + "]"}
						}})
					}
				}
			default:
				if isKey := slices.Contains(keyFields(v.Type()), sf.Name) && strings.HasSuffix(path, "]"); !isKey {
					one(here, f)
				}
			}
		}
	}
	walk("", reflect.ValueOf(p).Elem())
	return out
}

// dropper takes an element out of a list.
func dropper(list reflect.Value, i int) func() {
	return func() {
		n := list.Len()
		list.Set(reflect.AppendSlice(list.Slice3(0, i, i), list.Slice(i+1, n)))
	}
}

// change gives a leaf another value, a slightly greater one if it has a size.
func change(v reflect.Value) {
	switch x := v.Addr().Interface().(type) {
	case *policy.Date:
		*x = x.AddDays(1)
		return
	case *policy.Duration:
		x.Days++
		return
	case *policy.Clock:
		if *x == "23:59" {
			*x = "23:58"
		} else {
			*x = policy.Clock("23:59")
		}
		return
	case *policy.Source:
		x.Token += "z"
		return
	case *[]devices.Point:
		if len(*x) > 0 {
			*x = slices.Clone(*x)
			(*x)[0].X += 0.25
		} else {
			*x = []devices.Point{{X: 0, Y: 0}, {X: 1, Y: 0}, {X: 1, Y: 1}}
		}
		return
	case *[]float64:
		*x = append(slices.Clone(*x), 1)
		return
	default:
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(v.String() + "z")
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Int:
		v.SetInt(v.Int() + 1)
	case reflect.Float64:
		v.SetFloat(v.Float() + 1)
	case reflect.Pointer:
		e := reflect.New(v.Type().Elem())
		if !v.IsNil() {
			e.Elem().Set(v.Elem())
		}
		change(e.Elem())
		v.Set(e)
	default:
		panic("a leaf that the test cannot change: " + v.Type().String())
	}
}

func pathsOf(changes []Change) []string {
	out := []string{}
	for _, c := range changes {
		out = append(out, c.Path)
	}
	slices.Sort(out)
	return out
}

// Whatever is changed, or taken away, is reported, there and nowhere else,
// in words of every language.
func TestNothingChangesSilently(t *testing.T) {
	base := anew(policy.BasisAssumed)
	d := newDiffer()
	count := len(leaves(base))
	if count < 900 {
		t.Fatalf("only %d leaves", count)
	}
	for i := range count {
		for _, how := range []string{"changed", "removed"} {
			after := anew(policy.BasisAssumed)
			l := leaves(after)[i]
			if how == "removed" && l.value.IsZero() {
				continue
			}
			b, a := raw(l.value), ""
			switch {
			case how == "changed":
				change(l.value)
				a = raw(l.value)
			case l.word:
				a = b
				l.drop()
			default:
				l.value.SetZero()
			}
			want := l.paths(b, a)
			slices.Sort(want)
			want = slices.Compact(want)
			changes := d.diff(base, after)
			rest := slices.DeleteFunc(slices.Clone(changes), func(c Change) bool { return lostWith(c, want) })
			if got := pathsOf(rest); !slices.Equal(got, want) {
				t.Errorf("%s %s: reported at %v, want %v", l.path, how, got, want)
			}
			for _, c := range changes {
				if !complete(c.Text) || c.Old == c.New || c.Direction == Looser && !c.NeedsApproval {
					t.Errorf("%s %s: %+v", l.path, how, c)
				}
			}
			checkMirror(t, d, base, after)
		}
	}
}

// lostWith tells that a change is of a mask lost with a block around it.
func lostWith(c Change, blocks []string) bool {
	return c.Direction == Looser && c.New == "" && slices.ContainsFunc(blocks, func(path string) bool {
		below, ok := strings.CutPrefix(c.Path, path+".")
		return ok && strings.Contains("."+below, ".masks[")
	})
}

func mirrored(c Change) string {
	return fmt.Sprintf("%s|%s|%s|%s", c.Path, c.Direction.opposite(), c.New, c.Old)
}

func plain(c Change) string {
	return fmt.Sprintf("%s|%s|%s|%s", c.Path, c.Direction, c.Old, c.New)
}

// checkMirror demands that the way back is told as the way there, looser and
// stricter and old and new swapped.
func checkMirror(t interface {
	Errorf(format string, args ...any)
}, d *differ, a, b *policy.Protocol,
) {
	var there, back []string
	for _, c := range d.diff(a, b) {
		there = append(there, mirrored(c))
	}
	for _, c := range d.diff(b, a) {
		back = append(back, plain(c))
	}
	slices.Sort(there)
	slices.Sort(back)
	if !slices.Equal(there, back) {
		t.Errorf("not mirrored:\nthere %v\nback  %v", there, back)
	}
}

func TestDiffOfTheSame(t *testing.T) {
	for _, basis := range []string{"", policy.BasisAssumed} {
		a := anew(basis)
		b := anew(basis)
		if c := Diff(a, b); len(c) > 0 {
			t.Errorf("the same protocol differs: %+v", c)
		}
	}
	if c := Diff(lensmonde(t), lensmonde(t)); len(c) > 0 {
		t.Errorf("the same file differs: %+v", c)
	}
	if c := Diff(nil, nil); len(c) > 0 {
		t.Errorf("nothing differs from nothing: %+v", c)
	}
}

// Any number of changes at once is mirrored, too.
func TestDiffMirrors(t *testing.T) {
	base := anew("")
	n := len(leaves(base))
	d := newDiffer()
	rapid.Check(t, func(rt *rapid.T) {
		mutate := func(label string) *policy.Protocol {
			p := anew("")
			for range rapid.IntRange(0, 12).Draw(rt, label) {
				// Taken anew each time: an id may have changed.
				if all := leaves(p); rapid.Bool().Draw(rt, "change") {
					change(all[rapid.IntRange(0, n-1).Draw(rt, "leaf")%len(all)].value)
				} else {
					all[rapid.IntRange(0, n-1).Draw(rt, "leaf")%len(all)].value.SetZero()
				}
			}
			return p
		}
		a, b := mutate("a"), mutate("b")
		checkMirror(rt, d, a, b)
		if same := reflect.DeepEqual(a, b); !same && len(d.diff(a, b)) == 0 {
			rt.Errorf("different, but nothing is told")
		}
	})
}

// FuzzDiff compares two files made of the example by cutting and replacing.
func FuzzDiff(f *testing.F) {
	f.Add([]byte{}, []byte{})
	f.Add([]byte("max: P28D\x00max: P3M"), []byte(""))
	f.Add([]byte("sound: forbidden\x00sound: allowed"), []byte("signatures: 1\x00signatures: 2"))
	f.Add([]byte("sees: [hal, stemlokaal]\x00sees: [hal]"), []byte("[0.62, 0.10]\x00[0.50, 0.10]"))
	f.Add([]byte("basis: assumed\x00basis: law"), []byte("id: hal-noord\x00id: hal-oost"))
	d := newDiffer()
	f.Fuzz(func(t *testing.T, one, two []byte) {
		a, b := fuzzed(one), fuzzed(two)
		checkMirror(t, d, a, b)
		for _, c := range d.diff(a, b) {
			if !complete(c.Text) || c.Path == "" {
				t.Errorf("a change without words or place: %+v", c)
			}
			if c.Direction == Looser && !c.NeedsApproval {
				t.Errorf("looser without approval: %+v", c)
			}
		}
		if len(d.diff(a, a)) > 0 {
			t.Error("a protocol differs from itself")
		}
	})
}

// fuzzed parses the example after replacing what the bytes say: pairs of old
// and new text, apart by zero bytes. What cannot be parsed is the example.
func fuzzed(data []byte) *policy.Protocol {
	parts := strings.Split(string(data), "\x00")
	text := string(examples.Lensmonde)
	for i := 0; i+1 < len(parts); i += 2 {
		if parts[i] != "" {
			text = strings.ReplaceAll(text, parts[i], parts[i+1])
		}
	}
	p, err := policy.Parse("fuzzed.yaml", []byte(text))
	if err != nil {
		p, err = policy.Parse("lensmonde.yaml", examples.Lensmonde)
	}
	if err != nil {
		panic(err)
	}
	return p
}
