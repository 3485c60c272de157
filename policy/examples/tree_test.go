package examples_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/lensdop/lensdop/policy/examples"
)

// A block is one mapping of an example, with what its Origin says.
type block struct {
	path   string // as in processing[video].retention
	line   int
	item   bool // an entry of a list
	refs   []string
	whole  string            // basis of all of it
	basis  map[string]string // basis by field
	fields []field
	parent *block
	key    string // under which it stands in the parent
}

// A field is one key of a block whose value is no mapping and no list of them.
type field struct {
	key    string
	line   int
	values []string
	leaf   bool // a value, or a list of values
}

// blocks walks a file and returns its mappings in the order of the file.
func blocks(t *testing.T, name string) []*block {
	t.Helper()
	file, err := parser.ParseBytes(examples.All()[name], 0)
	if err != nil {
		t.Fatal(err)
	}
	w := &walker{}
	w.mapping(&block{line: 1}, pairs(file.Docs[0].Body))
	return w.out
}

type walker struct{ out []*block }

func pairs(n ast.Node) []*ast.MappingValueNode {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}
	default:
		return nil
	}
}

func line(n ast.Node) int { return n.GetToken().Position.Line }

// text is a scalar as the file has it.
func text(n ast.Node) string {
	if s, ok := n.(*ast.StringNode); ok {
		return s.Value
	}
	return n.GetToken().Value
}

func (w *walker) mapping(b *block, values []*ast.MappingValueNode) {
	w.out = append(w.out, b)
	for _, kv := range values {
		key, v := text(kv.Key), kv.Value
		switch key {
		case "ref":
			b.refs = strings.Split(text(v), "; ")
			continue
		case "basis":
			b.basis = map[string]string{}
			if list := pairs(v); list != nil {
				for _, f := range list {
					b.basis[text(f.Key)] = text(f.Value)
				}
			} else {
				b.whole = text(v)
			}
			continue
		default:
		}
		path := key
		if b.path != "" {
			path = b.path + "." + key
		}
		f := field{key: key, line: line(kv.Key), leaf: true}
		switch n := v.(type) {
		case *ast.MappingNode, *ast.MappingValueNode:
			f.leaf = false
			w.mapping(&block{path: path, line: line(kv.Key), parent: b, key: key}, pairs(n))
		case *ast.SequenceNode:
			seen := map[string]int{}
			for _, e := range n.Values {
				list := pairs(e)
				if list == nil {
					f.values = append(f.values, text(e))
					continue
				}
				f.leaf = false
				name := label(list)
				if seen[name]++; seen[name] > 1 {
					name = fmt.Sprintf("%s#%d", name, seen[name])
				}
				w.mapping(&block{path: path + "[" + name + "]", line: line(list[0].Key), item: true, parent: b, key: key}, list)
			}
		default:
			f.values = []string{text(v)}
		}
		b.fields = append(b.fields, f)
	}
}

// label is what an entry of a list is called in a path.
func label(values []*ast.MappingValueNode) string {
	for _, key := range []string{"id", "rule", "role", "step", "body"} {
		for _, kv := range values {
			if text(kv.Key) == key {
				return text(kv.Value)
			}
		}
	}
	return "?"
}

// says tells whether a reference points at an article: at itself, or at all
// parts of it.
func says(ref, article string) bool { return ref == article || strings.HasPrefix(article, ref+", ") }

// marked is the basis of a field: its own or that of its items, or the block's.
func (b *block) marked(key string) string {
	if w := b.basis[key]; w != "" {
		return w
	}
	return b.whole
}

// A place is something in the file that carries an article.
type place struct {
	path string
	line int
	ours bool // the article asks for it; the words are not its own
}

func (p place) String() string {
	if p.ours {
		return fmt.Sprintf("`%s` (%d, ours)", p.path, p.line)
	}
	return fmt.Sprintf("`%s` (%d)", p.path, p.line)
}

// carriers lists what carries an article: entries of lists whole, and of other
// blocks the keys that are not marked as somebody else's.
func carriers(list []*block, article string) []place {
	var out []place
	for _, b := range list {
		if !slices.ContainsFunc(b.refs, func(r string) bool { return says(r, article) }) {
			continue
		}
		if b.item && (b.parent.path != "" || b.key != "processing") || b.whole != "" {
			out = append(out, place{b.path, b.line, b.whole != ""})
			continue
		}
		before := len(out)
		for _, f := range b.fields {
			if f.leaf && b.marked(f.key) == "" && !construction(b, f.key) {
				out = append(out, place{b.path + "." + f.key, f.line, false})
			}
		}
		if len(out) == before {
			out = append(out, place{b.path, b.line, false})
		}
	}
	return out
}

// construction tells that a key is ours by construction: it says nothing that
// the document could say otherwise.
func construction(b *block, key string) bool {
	if key == "rule" {
		return b.key == "attestations" // and not the rule by which a protocol takes effect
	}
	return slices.Contains([]string{
		"apiVersion", "kind", "id", "version", "jurisdiction", "timezone", "note",
		"system", "checker", "processing", "site", "step",
	}, key)
}
