package review

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/lensdop/lensdop/policy"
)

// Direction tells which way a change goes, from the point of view of the
// people in view.
type Direction string

// The directions. A change is looser when more is seen, kept longer or by more
// people, with less proof or less telling.
const (
	Looser    Direction = "looser"
	Stricter  Direction = "stricter"
	Different Direction = "different" // neither, or not to be told
)

// opposite is the direction of the same change made back.
func (d Direction) opposite() Direction {
	switch d {
	case Looser:
		return Stricter
	case Stricter:
		return Looser
	default:
		return Different
	}
}

// Change is one difference between two versions of a protocol.
type Change struct {
	// Path names the key, with blocks of lists by their id and words by
	// themselves: cameras[hal].masks[street].polygon, permissions[ict].allow[live].
	Path      string      `json:"path"`
	Direction Direction   `json:"direction"`
	Text      policy.Text `json:"text"`
	// Old and New are the values as the file has them; empty is absent. For
	// a block that appears or disappears it is its id.
	Old           string `json:"old,omitempty"`
	New           string `json:"new,omitempty"`
	NeedsApproval bool   `json:"needs_approval"`
}

// Diff tells what changes from one version of a protocol to the next, in the
// order of the file. It is empty only if nothing changes.
//
// Blocks of a list are matched by id (permissions by role, attestations by
// rule and site, steps by name), lists of words are sets. A block that appears
// or disappears is one change, and each mask that comes or goes with a camera or
// view is another: a mask that is lost is looser, whatever took it away. Where
// the order of a list has a meaning, a new order is a change of its own.
//
// Direction follows a rule that every key of every type has (see rules). What
// a key means without a value decides which way it goes when a value appears:
// no longest retention is looser than any.
//
// NeedsApproval holds for every looser change, and whatever its direction for
// every change of purposes and other uses, prohibited uses, legal basis, data
// subjects and categories, recipients, processors and controller, recording
// mode, hidden use, holds, sound, masks, what a camera sees, its place,
// source and ways to be covered, roles, permissions and steps of access, the
// works council and its consents, templates, windows and decisions to cover,
// rule exceptions, waivers, resolutions of conflicts, and for values that
// cannot be compared where one of them might be looser (P30D and P1M), and
// for sites, devices, cameras, readers, stores and buttons that come or go,
// since what leaves the protocol is no longer checked or covered. Only a
// change that is stricter or harmless by its rule needs none. Where a value
// comes from (ref, basis, note) needs none either, with two exceptions: a value
// which was assumed is no longer marked so, since that mark is what waits for
// approval, and a block that had no article now names one, which says that the
// written protocol has it and outweighs what is marked around it.
//
// Diff(b, a) tells the same paths as Diff(a, b), with looser and stricter and
// old and new the other way round.
func Diff(before, after *policy.Protocol) []Change {
	return newDiffer().diff(before, after)
}

// newDiffer makes what compares any number of protocols, one after the other.
func newDiffer() *differ { return &differ{Words: Load(), rules: rules()} }

func (d *differ) diff(before, after *policy.Protocol) []Change {
	if before == nil {
		before = &policy.Protocol{}
	}
	if after == nil {
		after = &policy.Protocol{}
	}
	d.before, d.after, d.out = before, after, nil
	d.block("", nil, reflect.ValueOf(*before), reflect.ValueOf(*after), false)
	return d.out
}

// differ collects changes.
type differ struct {
	*Words

	rules         map[string]rule
	before, after *policy.Protocol
	out           []Change
}

// place is where a change happens, said in each language, outermost first.
type place []policy.Text

// add files a change. what is said in each language after the place.
func (d *differ) add(c Change, at place, approve bool, what func(lang string) string) {
	for _, lang := range Languages() {
		parts := make([]string, 0, len(at)+1)
		for _, p := range at {
			parts = append(parts, p.In(lang))
		}
		set(&c.Text, lang, capital(strings.Join(append(parts, what(lang)), ": ")))
	}
	c.NeedsApproval = approve || c.Direction == Looser
	d.out = append(d.out, c)
}

// block compares two blocks of one type, key by key.
func (d *differ) block(path string, at place, b, a reflect.Value, approve bool) {
	if path != "" && reflect.DeepEqual(b.Interface(), a.Interface()) {
		return // most of a protocol stays as it is
	}
	d.origin(path, at, originOf(b), originOf(a), b.Type())
	for _, f := range fieldsOf(b.Type()) {
		r := d.rules[f.name()]
		r.approve = r.approve || approve
		d.field(join(path, f.key), at, f, r, pair{b.Field(f.index), a.Field(f.index), b, a})
	}
}

// pair is a value before and after, and the blocks that they stand in.
type pair struct{ b, a, inB, inA reflect.Value }

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func (d *differ) field(path string, at place, f field, r rule, v pair) {
	l, _ := d.Label(f.typ, f.key)
	switch {
	case isList(f.value):
		d.list(path, at, f, r, v)
	case f.value == reflect.TypeFor[policy.Text]():
		d.text(path, append(slices.Clone(at), l.Name), r, v)
	case isBlock(f.value):
		d.block(path, append(slices.Clone(at), l.Name), v.b, v.a, r.approve)
	case f.value.Kind() == reflect.Map:
		d.addresses(path, append(slices.Clone(at), l.Name), r, v)
	case r.kind == kindSet:
		d.words(path, at, f, r, v)
	default:
		d.value(path, at, f, r, v)
	}
}

// list compares lists of blocks, matched by their keys.
func (d *differ) list(path string, at place, f field, r rule, v pair) {
	l, _ := d.Label(f.typ, f.key)
	keysB, keysA := keysOf(v.b), keysOf(v.a)
	for i, k := range keysB {
		item := v.b.Index(i)
		here := fmt.Sprintf("%s[%s]", path, k)
		name := d.itemName(l, k)
		if j := slices.Index(keysA, k); j >= 0 {
			d.block(here, append(slices.Clone(at), name), item, v.a.Index(j), r.approve)
			continue
		}
		d.add(Change{Path: here, Direction: d.added(r, item).opposite(), Old: k}, at, r.approve || r.members, func(lang string) string {
			return pick(lang, "vervallen: ", "supprimé: ", "removed: ") + name.In(lang) + d.summary(lang, item)
		})
		d.masks(here, append(slices.Clone(at), name), item, v.a, true)
	}
	for i, k := range keysA {
		if slices.Contains(keysB, k) {
			continue
		}
		item := v.a.Index(i)
		name := d.itemName(l, k)
		here := fmt.Sprintf("%s[%s]", path, k)
		d.add(Change{Path: here, Direction: d.added(r, item), New: k}, at, r.approve || r.members, func(lang string) string {
			return pick(lang, "erbij: ", "ajouté: ", "added: ") + name.In(lang) + d.summary(lang, item)
		})
		d.masks(here, append(slices.Clone(at), name), item, v.b, false)
	}
	if r.ordered {
		d.order(path, at, l, r, common(keysB, keysA), common(keysA, keysB))
	}
}

// order tells that what stayed stands in another order.
func (d *differ) order(path string, at place, l Label, r rule, b, a []string) {
	if slices.Equal(b, a) {
		return
	}
	d.add(Change{Path: path, Direction: Different, Old: joined(b), New: joined(a)}, append(slices.Clone(at), l.Name), r.approve, func(lang string) string {
		return pick(lang, "andere volgorde: ", "autre ordre: ", "another order: ") + joined(a)
	})
}

// common lists what of a is also in b, in a's order.
func common(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return !slices.Contains(b, s) })
}

func (d *differ) itemName(l Label, key string) policy.Text {
	var t policy.Text
	for _, lang := range Languages() {
		set(&t, lang, l.One.In(lang)+" "+quoted(lang, key))
	}
	return t
}

// summary says in brackets what a block is about: its name or text.
func (d *differ) summary(lang string, item reflect.Value) string {
	for _, f := range fieldsOf(item.Type()) {
		switch f.key {
		case "name", "title", "text", "because", "justification":
			if s := d.say(lang, f, item.Field(f.index), nil); s != "" {
				return " (" + clip(s) + ")"
			}
		default:
		}
	}
	return ""
}

// origin compares where two blocks come from. It is never looser: the value
// itself is compared elsewhere.
func (d *differ) origin(path string, at place, b, a policy.Origin, t reflect.Type) {
	for _, x := range []struct{ key, b, a string }{{"ref", b.Ref, a.Ref}, {"note", b.Note, a.Note}} {
		if x.b != x.a {
			l, _ := d.Label(t.Name(), x.key)
			d.add(Change{Path: join(path, x.key), Direction: Different, Old: x.b, New: x.a}, at, x.key == "ref" && x.b == "", func(lang string) string {
				return d.fromTo(lang, l.Name.In(lang), clip(x.b), clip(x.a))
			})
		}
	}
	d.basis(join(path, "basis"), at, policy.Text{NL: "herkomst", FR: "origine", EN: "basis"}, b.Basis.All, a.Basis.All)
	keys := map[string]bool{}
	for k := range b.Basis.Fields {
		keys[k] = true
	}
	for k := range a.Basis.Fields {
		keys[k] = true
	}
	for _, k := range sorted(keys) {
		key, item := k, ""
		if i := slices.Index([]byte(k), '.'); i >= 0 {
			key, item = k[:i], k[i+1:]
		}
		l, _ := d.Label(t.Name(), key)
		name := l.Name
		if item != "" {
			name = policy.Text{NL: name.NL + " " + quoted("nl", item), FR: name.FR + " " + quoted("fr", item), EN: name.EN + " " + quoted("en", item)}
		}
		d.basis(join(path, "basis."+k), at, name, b.Basis.Fields[k], a.Basis.Fields[k])
	}
}

func (d *differ) basis(path string, at place, name policy.Text, b, a string) {
	if b == a {
		return
	}
	d.add(Change{Path: path, Direction: Different, Old: b, New: a}, at, b == policy.BasisAssumed, func(lang string) string {
		n := name.In(lang) + ": "
		switch {
		case b == policy.BasisAssumed && a == "":
			return n + pick(lang, "was als aangenomen gemerkt, is dat niet meer", "était marqué comme supposé, ne l'est plus", "was marked as assumed, no longer is")
		case b == "" && a == policy.BasisAssumed:
			return n + pick(lang, "was niet als aangenomen gemerkt, is nu aangenomen", "n'était pas marqué comme supposé, l'est désormais", "was not marked as assumed, is now assumed")
		default:
			return d.fromTo(lang, name.In(lang), basisWord(lang, b), basisWord(lang, a))
		}
	})
}

func basisWord(lang, word string) string {
	switch word {
	case policy.BasisAssumed:
		return pick(lang, "aangenomen", "supposé", "assumed")
	case policy.BasisLaw:
		return pick(lang, "uit de wet", "tiré de la loi", "from the law")
	case "":
		return pick(lang, "uit het protocol", "tiré du protocole", "from the protocol")
	default:
		return word
	}
}
