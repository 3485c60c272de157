package review

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
)

// verdict is what comparing two values tells.
type verdict struct {
	direction Direction
	doubt     bool // the values cannot be compared: one of them may be looser
	// more, if not 0, tells that the new value is greater (1) or smaller (-1).
	more int
}

// value compares single values.
func (d *differ) value(path string, at place, f field, r rule, v pair) {
	if reflect.DeepEqual(v.b.Interface(), v.a.Interface()) {
		return
	}
	c := Change{Path: path, Old: raw(v.b), New: raw(v.a)}
	out := d.judge(r, v)
	c.Direction = out.direction
	l, _ := d.Label(f.typ, f.key)
	d.add(c, at, r.approve || out.doubt, func(lang string) string {
		b, a := clip(d.say(lang, f, v.b, nil)), clip(d.say(lang, f, v.a, nil))
		if isEmpty(v.b) && v.b.Kind() != reflect.Bool {
			b = ""
		}
		if isEmpty(v.a) && v.a.Kind() != reflect.Bool {
			a = ""
		}
		return d.fromTo(lang, l.Name.In(lang), b, a) + d.size(lang, v, out)
	})
}

// judge tells which way a change of a single value goes.
func (d *differ) judge(r rule, v pair) verdict {
	if r.gone != "" && v.b.IsZero() != v.a.IsZero() {
		if v.a.IsZero() {
			return verdict{direction: r.gone}
		}
		return verdict{direction: r.gone.opposite()}
	}
	switch r.kind {
	case kindWord:
		return judgeWord(r, v.b.String(), v.a.String())
	case kindMore:
		return r.by(compare(r, v.b, v.a))
	case kindPolygon:
		return r.by(compareAreas(v.b, v.a))
	case kindSize:
		return r.by(compareSizes(v.b, v.a))
	case kindWindow:
		return r.by(compareWindows(v))
	default:
		return verdict{direction: Different}
	}
}

// by turns what comparing said, more, less or neither, into a verdict.
func (r rule) by(order int, comparable bool) verdict {
	switch {
	case !comparable:
		return verdict{direction: Different, doubt: true}
	case order > 0:
		return verdict{direction: r.up, more: 1}
	case order < 0:
		return verdict{direction: r.up.opposite(), more: -1}
	default:
		return verdict{direction: Different}
	}
}

func judgeWord(r rule, before, after string) verdict {
	place := func(s string) int {
		if s == "" {
			s = r.absent
		}
		return slices.Index(r.words, s)
	}
	b, a := place(before), place(after)
	return r.by(cmp.Compare(a, b), b >= 0 && a >= 0)
}

// compare tells whether the second value is more than the first, and whether
// they can be compared at all.
func compare(r rule, b, a reflect.Value) (int, bool) {
	switch x := b.Interface().(type) {
	case policy.Date:
		y, _ := reflect.TypeAssert[policy.Date](a)
		return cmp.Or(cmp.Compare(y.Year, x.Year), cmp.Compare(y.Month, x.Month), cmp.Compare(y.Day, x.Day)), true
	case policy.Duration:
		y, _ := reflect.TypeAssert[policy.Duration](a)
		longer, shorter := y.Exceeds(x), x.Exceeds(y)
		switch {
		case longer && shorter: // P30D and P1M: it depends on the month
			return 0, false
		case longer:
			return 1, true
		case shorter:
			return -1, true
		default:
			return 0, x == y
		}
	case policy.Clock:
		y, _ := reflect.TypeAssert[policy.Clock](a)
		return cmp.Compare(y, x), true
	default:
	}
	number := func(v reflect.Value) float64 {
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				if r.absent == "true" {
					return 1
				}
				return 0
			}
			v = v.Elem()
		}
		switch v.Kind() {
		case reflect.Bool:
			if v.Bool() {
				return 1
			}
			return 0
		case reflect.Int:
			return float64(v.Int())
		default:
			return v.Float()
		}
	}
	return cmp.Compare(number(a), number(b)), true
}

func compareAreas(b, a reflect.Value) (int, bool) {
	x, _ := reflect.TypeAssert[[]devices.Point](b)
	y, _ := reflect.TypeAssert[[]devices.Point](a)
	grown, shrunk := contains(y, x), contains(x, y)
	switch {
	case grown && shrunk: // the same area, drawn otherwise
		return 0, true
	case grown:
		return 1, true
	case shrunk:
		return -1, true
	default:
		return 0, false
	}
}

func compareSizes(b, a reflect.Value) (int, bool) {
	if b.Len() != a.Len() {
		return 0, false
	}
	grew, shrank := false, false
	for i := range b.Len() {
		grew = grew || a.Index(i).Float() > b.Index(i).Float()
		shrank = shrank || a.Index(i).Float() < b.Index(i).Float()
	}
	switch {
	case grew && shrank:
		return 0, false
	case grew:
		return 1, true
	default:
		return -1, true
	}
}

// compareWindows compares the begin or end of a recurring window. An end that
// is not later than the begin is on the next day, so the clock alone does not
// tell: where begin and end both move, or a moved begin takes the end to
// another day, the windows cannot be compared.
func compareWindows(v pair) (int, bool) {
	clock := func(block reflect.Value, name string) string { return block.FieldByName(name).String() }
	fromB, fromA := clock(v.inB, "From"), clock(v.inA, "From")
	untilB, untilA := clock(v.inB, "Until"), clock(v.inA, "Until")
	nextB, nextA := untilB <= fromB, untilA <= fromA
	switch {
	case fromB == fromA && nextB != nextA:
		if nextA {
			return 1, true
		}
		return -1, true
	case nextB != nextA:
		return 0, false
	default:
		return cmp.Compare(v.a.String(), v.b.String()), true
	}
}

// text compares a text in several languages, one by one.
func (d *differ) text(path string, at place, r rule, v pair) {
	b, _ := reflect.TypeAssert[policy.Text](v.b)
	a, _ := reflect.TypeAssert[policy.Text](v.a)
	for i, lang := range Languages() {
		x, y := v.b.Field(i), v.a.Field(i)
		if x.String() == y.String() {
			continue
		}
		c := Change{Path: join(path, lang), Direction: Different, Old: x.String(), New: y.String()}
		switch { // one language more or less leaves the text said
		case b == policy.Text{}:
			c.Direction = r.gone.opposite()
		case a == policy.Text{}:
			c.Direction = r.gone
		default:
		}
		d.add(c, at, r.approve, func(in string) string {
			l, _ := d.Label("Text", lang)
			return d.fromTo(in, l.Name.In(in), clip(x.String()), clip(y.String()))
		})
	}
}

// words compares lists of words as sets, word by word.
func (d *differ) words(path string, at place, f field, r rule, v pair) {
	l, _ := d.Label(f.typ, f.key)
	b, a := rawList(v.b), rawList(v.a)
	if v.b.IsNil() != v.a.IsNil() && (r.unsaid || len(b)+len(a) == 0) {
		c := Change{Path: path, Direction: Different, Old: unsaid(v.b), New: unsaid(v.a)}
		if r.unsaid {
			c.Direction = r.gone
			if v.b.IsNil() {
				c.Direction = r.gone.opposite()
			}
		}
		d.add(c, at, r.approve, func(lang string) string {
			if v.a.IsNil() {
				return l.Name.In(lang) + ": " + pick(lang, "het protocol zegt niet meer welke", "le protocole ne dit plus lesquels", "the protocol no longer says which")
			}
			which := clip(d.say(lang, f, v.a, nil))
			if which == "" {
				which = pick(lang, "geen", "aucun", "none")
			}
			return l.Name.In(lang) + ": " + pick(lang, "het protocol zegt nu welke: ", "le protocole dit désormais lesquels: ", "the protocol now says which: ") + which
		})
		return
	}
	one := func(word string, direction Direction, added bool) {
		c := Change{Path: fmt.Sprintf("%s[%s]", path, word), Direction: direction, Old: word}
		if added {
			c.Old, c.New = "", word
		}
		d.add(c, at, r.approve, func(lang string) string {
			s := word
			if t, ok := d.Word(f.typ, f.key, word); ok {
				s = t.In(lang)
			}
			if added {
				return l.Name.In(lang) + ": " + pick(lang, "erbij: ", "ajouté: ", "added: ") + clip(s)
			}
			return l.Name.In(lang) + ": " + pick(lang, "vervallen: ", "supprimé: ", "removed: ") + clip(s)
		})
	}
	appears, goes := r.up, r.up.opposite()
	if r.gone != "" && !r.unsaid {
		if len(b) == 0 {
			appears = r.gone.opposite()
		}
		if len(a) == 0 {
			goes = r.gone
		}
	}
	for _, w := range unique(b) {
		if !slices.Contains(a, w) {
			one(w, goes, false)
		}
	}
	for _, w := range unique(a) {
		if !slices.Contains(b, w) {
			one(w, appears, true)
		}
	}
	if r.ordered {
		d.order(path, at, l, r, common(unique(b), a), common(unique(a), b))
	}
}

// addresses compares a map of lists: mail addresses by role.
func (d *differ) addresses(path string, at place, r rule, v pair) {
	b, _ := reflect.TypeAssert[map[string][]string](v.b)
	a, _ := reflect.TypeAssert[map[string][]string](v.a)
	keys := map[string]bool{}
	for k := range b {
		keys[k] = true
	}
	for k := range a {
		keys[k] = true
	}
	for _, k := range sorted(keys) {
		here := fmt.Sprintf("%s[%s]", path, k)
		for _, s := range unique(b[k]) {
			if !slices.Contains(a[k], s) {
				d.add(Change{Path: fmt.Sprintf("%s[%s]", here, s), Direction: r.up.opposite(), Old: s}, at, r.approve, func(lang string) string {
					return k + ": " + pick(lang, "vervallen: ", "supprimé: ", "removed: ") + clip(s)
				})
			}
		}
		for _, s := range unique(a[k]) {
			if !slices.Contains(b[k], s) {
				d.add(Change{Path: fmt.Sprintf("%s[%s]", here, s), Direction: r.up, New: s}, at, r.approve, func(lang string) string {
					return k + ": " + pick(lang, "erbij: ", "ajouté: ", "added: ") + clip(s)
				})
			}
		}
	}
}

// fromTo says that a value was one thing and is another.
func (d *differ) fromTo(lang, name, b, a string) string {
	switch {
	case b == "":
		return name + ": " + pick(lang, "stond er niet, is nu ", "n'y figurait pas, est désormais: ", "was not there, is now ") + a
	case a == "":
		return name + ": " + pick(lang, "was "+b+", staat er niet meer", "était: "+b+"; n'y figure plus", "was "+b+", is no longer there")
	default:
		return name + ": " + pick(lang, "was "+b+", is nu "+a, "était: "+b+"; est désormais: "+a, "was "+b+", is now "+a)
	}
}

// size says in brackets what moved, where the values alone do not tell it at a glance.
func (d *differ) size(lang string, v pair, out verdict) string {
	switch v.b.Interface().(type) {
	case policy.Duration:
		switch {
		case v.b.IsZero() || v.a.IsZero():
			return ""
		case out.more > 0:
			return pick(lang, " (langer)", " (plus long)", " (longer)")
		case out.more < 0:
			return pick(lang, " (korter)", " (plus court)", " (shorter)")
		default:
			return pick(lang, " (hangt van de maand af)", " (selon le mois)", " (depends on the month)")
		}
	case policy.Clock:
		return later(lang, out.more)
	case policy.Date:
		if v.b.IsZero() || v.a.IsZero() {
			return ""
		}
		return later(lang, out.more)
	case []devices.Point:
		switch {
		case out.more > 0:
			return pick(lang, " (groter)", " (agrandi)", " (grown)")
		case out.more < 0:
			return pick(lang, " (kleiner)", " (réduit)", " (shrunk)")
		case out.doubt:
			return pick(lang, " (verschoven: een deel komt vrij)", " (déplacé: une partie se découvre)", " (moved: a part is uncovered)")
		default:
			return pick(lang, " (hetzelfde vlak)", " (même surface)", " (the same area)")
		}
	default:
		return ""
	}
}

func later(lang string, more int) string {
	switch {
	case more > 0:
		return pick(lang, " (later)", " (plus tard)", " (later)")
	case more < 0:
		return pick(lang, " (vroeger)", " (plus tôt)", " (earlier)")
	default:
		return ""
	}
}

// raw is a value as the file has it.
func raw(v reflect.Value) string {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return ""
		}
		v = v.Elem()
		return fmt.Sprint(v.Interface())
	}
	switch x := v.Interface().(type) {
	case policy.Duration:
		if x.IsZero() {
			return ""
		}
	case policy.Source:
		if x.IsZero() {
			return ""
		}
	case []devices.Point:
		parts := make([]string, len(x))
		for i, p := range x {
			parts[i] = fmt.Sprintf("[%g, %g]", p.X, p.Y)
		}
		return strings.Join(parts, ", ")
	case []float64:
		parts := make([]string, len(x))
		for i, n := range x {
			parts[i] = fmt.Sprintf("%g", n)
		}
		return strings.Join(parts, ", ")
	default:
	}
	return fmt.Sprint(v.Interface())
}

// rawList is a list of words as the file has it.
func rawList(v reflect.Value) []string {
	out := make([]string, v.Len())
	for i := range out {
		out[i] = raw(v.Index(i))
	}
	return out
}

// unsaid writes a whole list; an empty one is not the same as none.
func unsaid(v reflect.Value) string {
	if v.IsNil() {
		return ""
	}
	return "[" + joined(rawList(v)) + "]"
}

func joined(list []string) string { return strings.Join(list, ", ") }

func unique(list []string) []string {
	var out []string
	for _, s := range list {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

func sorted(keys map[string]bool) []string { return slices.Sorted(maps.Keys(keys)) }

// clip cuts a value to a length that fits a sentence.
func clip(s string) string {
	const limit = 300
	if r := []rune(s); len(r) > limit {
		return string(r[:limit]) + "…"
	}
	return s
}
