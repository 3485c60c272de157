package policy

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/lensdop/lensdop/devices"
)

// decoder fills a Protocol from a tree and remembers where each value stands,
// so that validation can name the line. It collects problems and goes on.
type decoder struct {
	file     string // of the tree being read
	problems Problems
	at       map[string]position // by path, as in cameras[2].masks[0].id
	// broken holds the paths in which something could not be read: nothing
	// more is said of what they then lack.
	broken map[string]bool
}

func (d *decoder) problem(at position, what, fix string) {
	d.problems = append(d.problems, fault(at, what, fix))
}

// fault reports a problem at a path, or at the nearest block around it that
// stands in a file.
func (d *decoder) fault(path, what, fix string) {
	if !d.broken[path] {
		d.problem(d.place(path), what, fix)
	}
}

// place is where a path stands, or else the nearest block around it.
func (d *decoder) place(path string) position {
	for {
		if at, ok := d.at[path]; ok || path == "" {
			return at
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
	}
}

// node is where a node of the tree being read begins.
func (d *decoder) node(n ast.Node) position { return nodePosition(d.file, n) }

// has tells whether the file has a value at the path.
func (d *decoder) has(path string) bool { _, ok := d.at[path]; return ok }

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func index(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// parsed is a scalar with a syntax of its own; the error says what would be right.
type parsed interface{ parse(s string) error }

func (d *decoder) value(path string, n ast.Node, into reflect.Value) {
	if isNull(n) {
		return // the source does not say
	}
	at := d.node(n)
	d.at[path] = at
	before := len(d.problems)
	defer func() {
		if len(d.problems) > before {
			d.broken[path] = true
		}
	}()
	switch v := into.Addr().Interface().(type) {
	case *Basis:
		d.basis(path, n, v)
		return
	case *Source:
		d.source(n, v)
		return
	case *devices.Point:
		d.point(path, n, v)
		return
	case parsed:
		if s, ok := d.text(n); ok {
			if err := v.parse(s); err != nil {
				d.problem(at, err.Error(), "")
			} else if date, ok := v.(*Date); ok && (date.Year < 1900 || date.Year > 2199) {
				d.problem(at, fmt.Sprintf("%s is no date of our time", short(s)), "write a year from 1900 to 2199")
			}
		}
		return
	default:
	}
	switch into.Kind() {
	case reflect.Pointer:
		into.Set(reflect.New(into.Type().Elem()))
		d.value(path, n, into.Elem())
	case reflect.Struct:
		d.block(path, n, into.Addr().Interface())
	case reflect.Slice:
		d.list(path, n, into)
	case reflect.Map:
		into.Set(reflect.MakeMap(into.Type()))
		d.pairs(n, func(key string, _ position, value ast.Node) {
			e := reflect.New(into.Type().Elem()).Elem()
			d.value(join(path, key), value, e)
			into.SetMapIndex(reflect.ValueOf(key), e)
		})
	case reflect.String:
		if s, ok := d.text(n); ok {
			into.SetString(s)
		}
	case reflect.Bool:
		b, ok := n.(*ast.BoolNode)
		if !ok {
			d.problem(at, fmt.Sprintf("%s where true or false belongs", kindOf(n)), "write true or false")
			return
		}
		into.SetBool(b.Value)
	case reflect.Int:
		i, ok := integer(n)
		if !ok {
			d.problem(at, fmt.Sprintf("%s where a whole number belongs", kindOf(n)), "write digits only")
			return
		}
		into.SetInt(int64(i))
	case reflect.Float64:
		f, ok := number(n)
		if !ok {
			d.problem(at, fmt.Sprintf("%s where a number belongs", kindOf(n)), "write a number such as 0.25")
			return
		}
		into.SetFloat(f)
	default:
		d.problem(at, "a value that this version cannot hold", "remove it")
	}
}

func isNull(n ast.Node) bool {
	_, null := n.(*ast.NullNode)
	return null || n == nil
}

// list appends the entries of a sequence to a slice: a list of the protocol
// may be spread over several files.
func (d *decoder) list(path string, n ast.Node, into reflect.Value) {
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		d.problem(d.node(n), fmt.Sprintf("%s where a list belongs", kindOf(n)), "write [a, b], or one entry per line after \"- \"")
		return
	}
	before := into.Len()
	longer := reflect.MakeSlice(into.Type(), before+len(list.Values), before+len(list.Values))
	reflect.Copy(longer, into)
	into.Set(longer)
	for i, e := range list.Values {
		at := index(path, before+i)
		if isNull(e) {
			d.problem(d.node(n), fmt.Sprintf("entry %d of the list is empty", i+1), "give it a value or remove it")
			d.broken[at] = true
			continue
		}
		d.value(at, e, into.Index(before+i))
		if s := into.Index(before + i); s.Kind() == reflect.String && s.String() == "" && !d.broken[at] {
			d.problem(d.node(e), fmt.Sprintf("entry %d of the list is empty", i+1), "give it a value or remove it")
			d.broken[at] = true
		}
	}
}

// protocol fills the protocol from its documents. Lists go on from one to the
// next; anything else stands in one of them only. The first says which protocol
// it is, the others name it.
func (d *decoder) protocol(parts []part, p *Protocol) bool {
	if d.versions(parts) {
		return false
	}
	fields := map[string]reflect.Value{}
	collectFields(reflect.ValueOf(p).Elem(), fields)
	present := map[string]position{}
	complete := true
	for i, doc := range parts {
		d.file = doc.file
		if i == 0 {
			d.at[""] = d.node(doc.root)
		}
		header := map[string]bool{"apiVersion": true, "kind": true, "metadata": true}
		complete = d.pairs(doc.root, func(key string, at position, value ast.Node) {
			f, known := fields[key]
			first, again := present[key]
			if known && !isNull(value) && !again {
				present[key] = at
			}
			switch {
			case !known:
				d.problem(at, fmt.Sprintf("unknown key %s", short(key)), suggest(key, fields))
			case i > 0 && header[key]:
				header[key] = false
				d.again(key, value, p)
			case isNull(value):
			case again && f.Kind() == reflect.Slice:
				before := len(d.problems)
				d.list(key, value, f)
				d.broken[key] = d.broken[key] || len(d.problems) > before
			case again:
				d.problem(at, fmt.Sprintf("%s stands twice", short(key)), fmt.Sprintf("the first is at %s:%d:%d; keep one, since only lists go on from file to file", first.file, first.line, first.column))
			default:
				d.value(key, value, f)
			}
		}) && complete
		for _, key := range []string{"apiVersion", "kind", "metadata"} {
			if i > 0 && complete && header[key] {
				d.problem(d.node(doc.root), fmt.Sprintf("%s is missing in a file that adds to a protocol", key), "begin with apiVersion: "+APIVersion+", kind: "+KindProtocol+" and metadata: {id: "+short(p.Metadata.ID)+"}")
				break
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(p.Basis.Fields)) {
		if first, _, _ := strings.Cut(key, "."); present[first] == (position{}) {
			d.fault(join("basis", key), fmt.Sprintf("basis names %s, which this block does not have", short(key)), "name a key of the same block")
		}
	}
	return complete
}

// versions reports a later document with a title: it is a protocol by itself, and
// what else in it stands a second time needs no telling.
func (d *decoder) versions(parts []part) bool {
	for i, doc := range parts {
		metadata := child(doc.root, "metadata")
		title := child(metadata, "title")
		if i == 0 || title == nil {
			continue
		}
		d.file = doc.file
		which := "a second whole protocol"
		if id, ok := child(metadata, "id").(*ast.StringNode); ok {
			which += " " + short(id.Value)
		}
		first := nodePosition(parts[0].file, parts[0].root)
		d.problem(d.node(title), fmt.Sprintf("%s, beside the one at %s:%d", which, first.file, first.line), "give one version at a time (an earlier one with --previous), or, if this file adds to the other, keep of its metadata the id only")
	}
	return len(d.problems) > 0
}

// again checks a head line of a file that adds to a protocol.
func (d *decoder) again(key string, value ast.Node, p *Protocol) {
	same := func(name string, n ast.Node, want string) {
		if s, ok := d.text(n); ok && s != want {
			d.problem(d.node(n), fmt.Sprintf("%s is %s, but the first file has %s", name, short(s), short(want)), "correct it, or check the files of each protocol by themselves")
		}
	}
	switch key {
	case "apiVersion":
		same(key, value, p.APIVersion)
	case "kind":
		same(key, value, p.Kind)
	default:
		named := false
		ok := d.pairs(value, func(k string, at position, n ast.Node) {
			if k != "id" {
				d.problem(at, fmt.Sprintf("metadata of the protocol stand a second time, with %s", short(k)), "keep the id only, or name this file first")
				return
			}
			named = true
			same("metadata.id", n, p.Metadata.ID)
		})
		if ok && !named {
			d.problem(d.node(value), "metadata.id is missing", "write the id of the first file, "+short(p.Metadata.ID))
		}
	}
}

// block fills a struct from a mapping. Keys that the struct does not have are
// problems, and so is a basis that names a field which is not there. It is
// false if n is no mapping.
func (d *decoder) block(path string, n ast.Node, into any) bool {
	d.at[path] = d.node(n)
	v := reflect.ValueOf(into).Elem()
	fields := map[string]reflect.Value{}
	collectFields(v, fields)
	present := map[string]bool{}
	ok := d.pairs(n, func(key string, at position, value ast.Node) {
		f, ok := fields[key]
		if !ok {
			d.problem(at, fmt.Sprintf("unknown key %s", short(key)), suggest(key, fields))
			return
		}
		present[key] = true
		d.value(join(path, key), value, f)
	})
	if !ok {
		return false
	}
	if f, ok := fields["basis"]; ok {
		b, _ := reflect.TypeAssert[Basis](f)
		for _, key := range slices.Sorted(maps.Keys(b.Fields)) {
			if first, _, _ := strings.Cut(key, "."); !present[first] {
				d.fault(join(join(path, "basis"), key), fmt.Sprintf("basis names %s, which this block does not have", short(key)), "name a key of the same block")
			}
		}
	}
	return true
}

func collectFields(v reflect.Value, into map[string]reflect.Value) {
	for f, fv := range v.Fields() {
		switch key := f.Tag.Get("yaml"); {
		case f.Anonymous:
			collectFields(fv, into)
		case key != "":
			into[key] = fv
		default:
		}
	}
}

// pairs calls each for every key of a mapping, once; a key that stands twice
// is a problem. It is false if n is no mapping.
func (d *decoder) pairs(n ast.Node, each func(key string, at position, value ast.Node)) bool {
	var values []*ast.MappingValueNode
	switch m := n.(type) {
	case *ast.MappingNode:
		values = m.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{m}
	default:
		d.problem(d.node(n), fmt.Sprintf("%s where a block of keys belongs", kindOf(n)), "write key: value lines")
		return false
	}
	seen := map[string]position{}
	for _, kv := range values {
		at := tokenPosition(d.file, kv.Key.GetToken())
		key := kv.Key.GetToken().Value
		if first, twice := seen[key]; twice {
			d.problem(at, fmt.Sprintf("key %s stands twice in the same block", short(key)), fmt.Sprintf("the first is on line %d; keep one", first.line))
			continue
		}
		seen[key] = at
		each(key, at, kv.Value)
	}
	return true
}

// text reads a string. A number or true/false in its place is refused, since
// YAML would change it: 0123 is an octal number and 1.10 is 1.1.
func (d *decoder) text(n ast.Node) (string, bool) {
	switch s := n.(type) {
	case *ast.StringNode:
		return s.Value, true
	case *ast.LiteralNode:
		return s.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		raw := n.GetToken().Value
		d.problem(d.node(n), fmt.Sprintf("%s where text belongs", kindOf(n)), fmt.Sprintf("put it in quotes: %s", short(raw)))
	default:
		d.problem(d.node(n), fmt.Sprintf("%s where text belongs", kindOf(n)), "write one value")
	}
	return "", false
}

func (d *decoder) basis(path string, n ast.Node, into *Basis) {
	word := func(path string, n ast.Node) string {
		s, ok := d.text(n)
		if ok && s != BasisAssumed && s != BasisLaw {
			d.problem(d.node(n), fmt.Sprintf("basis %s is not known", short(s)), "write assumed or law; leave basis out for the protocol's own words")
		}
		d.at[path] = d.node(n)
		return s
	}
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		into.Fields = map[string]string{}
		d.pairs(n, func(key string, _ position, value ast.Node) { into.Fields[key] = word(join(path, key), value) })
	default:
		into.All = word(path, n)
	}
}

func (d *decoder) source(n ast.Node, into *Source) {
	if i, ok := n.(*ast.IntegerNode); ok {
		v, fits := integer(i)
		if !fits || v < 1 || v > 64 {
			d.problem(d.node(n), fmt.Sprintf("source %s is no lens of a device", short(n.GetToken().Value)), "count lenses from 1, or put a token in quotes")
			return
		}
		into.Index = v
		return
	}
	into.Token, _ = d.text(n)
}

func (d *decoder) point(path string, n ast.Node, into *devices.Point) {
	const fix = "write [x, y] with fractions of the picture from the top left, as in [0.25, 0.5]"
	list, ok := n.(*ast.SequenceNode)
	if !ok || len(list.Values) != 2 {
		d.problem(d.node(n), "a corner that is not two numbers", fix)
		return
	}
	for i, to := range []*float64{&into.X, &into.Y} {
		f, ok := number(list.Values[i])
		if !ok {
			d.problem(d.node(n), "a corner that is not two numbers", fix)
			return
		}
		*to = f
		d.at[index(path, i)] = d.node(list.Values[i])
	}
}

func integer(n ast.Node) (int, bool) {
	i, ok := n.(*ast.IntegerNode)
	if !ok {
		return 0, false
	}
	// Decimal digits as written: other notations of YAML read as something else to people.
	v, err := strconv.Atoi(i.GetToken().Value)
	if err != nil || len(i.GetToken().Value) > 1 && strings.HasPrefix(i.GetToken().Value, "0") {
		return 0, false
	}
	return v, true
}

func number(n ast.Node) (float64, bool) {
	if i, ok := integer(n); ok {
		return float64(i), true
	}
	if f, ok := n.(*ast.FloatNode); ok {
		return f.Value, !math.IsNaN(f.Value) && !math.IsInf(f.Value, 0)
	}
	return 0, false
}

func kindOf(n ast.Node) string {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a block of keys"
	case *ast.SequenceNode:
		return "a list"
	case *ast.StringNode, *ast.LiteralNode:
		return "text"
	case *ast.BoolNode:
		return "true or false"
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "a number"
	default:
		return "something else"
	}
}

// suggest names the known key that is nearest to a misspelt one, or all known keys.
func suggest(key string, fields map[string]reflect.Value) string {
	known := slices.Sorted(maps.Keys(fields))
	best, distance := "", 3
	for _, k := range known {
		if n := editDistance(key, k); n < distance {
			best, distance = k, n
		}
	}
	if best != "" {
		return fmt.Sprintf("did you mean %q?", best)
	}
	return "keys here are " + strings.Join(known, ", ")
}

// editDistance counts the letters to insert, delete or replace; 99 for words
// too long to be a misspelling.
func editDistance(a, b string) int {
	if len(a) > 40 || len(b) > 40 {
		return 99
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(diagonal+cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
