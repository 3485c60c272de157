package policy

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Bounds of a protocol file. The YAML parser needs time that grows with the
// square of the keys in one block and of the depth, so both are counted on
// the tokens, before it runs.
const (
	MaxFile     = 1 << 20 // bytes
	maxDepth    = 32
	maxKeys     = 1000   // in one block
	maxAllKeys  = 40_000 // in the file
	maxElements = 5000   // in one list
)

// Parse reads and validates a protocol file. name is what messages call the
// file. The error, if any, is of type Problems and holds everything that is
// wrong; the protocol is then nil.
//
// The file is YAML without anchors, aliases, tags, merge keys and complex
// keys: what stands in it is what a person reads there.
func Parse(name string, data []byte) (*Protocol, error) {
	root, problems := parseTree(name, data)
	if len(problems) > 0 {
		return nil, problems.sorted()
	}
	d := &decoder{file: name, at: map[string]position{}, broken: map[string]bool{}}
	p := &Protocol{}
	if d.block("", root, p) {
		validate(d, p)
	}
	if len(d.problems) > 0 {
		return nil, d.problems.sorted()
	}
	return p, nil
}

// File is one file of a protocol; Name is what messages call it.
type File struct {
	Name string
	Data []byte
}

type position struct{ line, column int }

func one(name string, at position, what, fix string) Problems {
	return Problems{{Class: ClassError, File: name, Line: at.line, Column: at.column, What: what, Fix: fix}}
}

// parseTree turns the bytes into a tree of plain maps, lists and scalars, or
// says why not. A panic of the YAML parser is a problem of the file, too: a
// hostile file must not end the agent.
func parseTree(name string, data []byte) (root ast.Node, problems Problems) {
	defer func() {
		if r := recover(); r != nil {
			root, problems = nil, one(name, position{1, 1}, "the file is not YAML that can be read", "compare it with an example protocol")
		}
	}()
	if p := checkBytes(name, data); p != nil {
		return nil, p
	}
	text := strings.TrimPrefix(string(data), "\ufeff")
	tokens := lexer.Tokenize(text)
	if p := checkTokens(name, tokens); len(p) > 0 {
		return nil, p
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		at, what := position{1, 1}, "the file is not valid YAML"
		if ye, ok := errors.AsType[yaml.Error](err); ok {
			at, what = tokenPosition(ye.GetToken()), "not valid YAML: "+bounded(ye.GetMessage())
		}
		return nil, one(name, at, what, "check indentation, colons, quotes and brackets on this line and the one before")
	}
	var docs []*ast.DocumentNode
	for _, d := range file.Docs {
		if d.Body != nil {
			docs = append(docs, d)
		}
	}
	switch len(docs) {
	case 0:
		return nil, one(name, position{1, 1}, "the file is empty", "begin with apiVersion: "+APIVersion)
	case 1:
		return docs[0].Body, nil
	default:
		return nil, one(name, nodePosition(docs[1].Body), "a second document begins in the file", "keep one protocol per file, without ---")
	}
}

// checkBytes refuses what is too long, or not text that people see as it is.
func checkBytes(name string, data []byte) Problems {
	at := position{1, 1}
	if len(data) > MaxFile {
		return one(name, at, fmt.Sprintf("the file has %d bytes; the limit is %d", len(data), MaxFile), "split it, or remove what is no protocol")
	}
	for _, bom := range [][]byte{{0xff, 0xfe}, {0xfe, 0xff}, {0, 0, 0xfe, 0xff}} {
		if bytes.HasPrefix(data, bom) {
			return one(name, at, "the file is in UTF-16 or UTF-32", "save it as UTF-8")
		}
	}
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		switch {
		case r == utf8.RuneError && n <= 1:
			return one(name, at, "a byte that is not UTF-8", "save the file as UTF-8")
		case r == '\n':
			at.line, at.column = at.line+1, 0
		case r == '\r' && !bytes.HasPrefix(data[i+1:], []byte{'\n'}):
			return one(name, at, "a carriage return that ends no line", "save the file with Unix or Windows line ends")
		case r == '\r' || r == '\t' || r == 0xfeff && i == 0:
		case r < 0x20 || r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029:
			return one(name, at, fmt.Sprintf("the control character %U", r), "remove it")
		case r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0xfeff:
			return one(name, at, fmt.Sprintf("the invisible character %U, which can make the text read otherwise than it is", r), "remove it")
		}
		at.column++
		i += n
	}
	return nil
}

// checkTokens refuses the parts of YAML that a protocol has no use for, and
// shapes that cost the parser more than linear time.
func checkTokens(name string, tokens token.Tokens) Problems {
	type level struct {
		column int
		list   bool
		keys   int
	}
	var problems Problems
	refuse := func(t *token.Token, what, fix string) {
		problems = append(problems, one(name, tokenPosition(t), what, fix)...)
	}
	var blocks []level
	var flows []int // keys or elements per open bracket
	all := 0
	pop := func(column int, list bool) {
		for len(blocks) > 0 {
			top := blocks[len(blocks)-1]
			if top.column < column || top.column == column && (top.list == list || list) {
				return
			}
			blocks = blocks[:len(blocks)-1]
		}
	}
	count := func(t *token.Token, list bool) bool {
		if len(blocks)+len(flows) > maxDepth {
			refuse(t, fmt.Sprintf("blocks are nested more than %d deep", maxDepth), "a protocol needs no more than ten")
			return false
		}
		limit := maxKeys
		if list {
			limit = maxElements
		}
		n := 0
		if len(flows) > 0 {
			flows[len(flows)-1]++
			n, limit = flows[len(flows)-1], maxKeys
		} else {
			blocks[len(blocks)-1].keys++
			n = blocks[len(blocks)-1].keys
		}
		if all++; n > limit || all > maxAllKeys {
			refuse(t, "more entries than a protocol can have", fmt.Sprintf("a block holds at most %d keys or %d entries, a file %d in all", maxKeys, maxElements, maxAllKeys))
			return false
		}
		return true
	}
	for _, t := range tokens {
		if len(problems) >= maxProblems {
			return problems
		}
		ok := true
		switch t.Type {
		case token.AnchorType, token.AliasType:
			refuse(t, "an anchor or alias (& or *)", "write the value out, or put text that begins with & or * in quotes")
		case token.MergeKeyType:
			refuse(t, "a merge key (<<)", "write the keys out")
		case token.TagType:
			refuse(t, "a tag (!)", "leave it out, or put text that begins with ! in quotes")
		case token.MappingKeyType:
			refuse(t, "a complex key (?)", "write key: value")
		case token.DirectiveType:
			refuse(t, "a directive (%)", "leave it out")
		case token.InvalidType:
			refuse(t, "not valid YAML: "+bounded(t.Error), "check quotes and indentation")
		case token.MappingStartType, token.SequenceStartType:
			flows = append(flows, 0)
			ok = count(t, true)
		case token.MappingEndType, token.SequenceEndType:
			if len(flows) > 0 {
				flows = flows[:len(flows)-1]
			}
		case token.CollectEntryType:
			if len(flows) > 0 {
				ok = count(t, true)
			}
		case token.SequenceEntryType:
			if len(flows) == 0 {
				pop(t.Position.Column, true)
				if top := len(blocks) - 1; top < 0 || !blocks[top].list || blocks[top].column != t.Position.Column {
					blocks = append(blocks, level{column: t.Position.Column, list: true})
				}
				ok = count(t, true)
			}
		case token.MappingValueType:
			if len(flows) == 0 {
				column := t.Position.Column
				if t.Prev != nil {
					column = t.Prev.Position.Column
				}
				pop(column, false)
				if top := len(blocks) - 1; top < 0 || blocks[top].list || blocks[top].column != column {
					blocks = append(blocks, level{column: column})
				}
			}
			ok = count(t, false)
		default:
		}
		if !ok {
			return problems
		}
	}
	return problems
}

func tokenPosition(t *token.Token) position {
	if t == nil || t.Position == nil {
		return position{1, 1}
	}
	return position{max(t.Position.Line, 1), max(t.Position.Column, 1)}
}

// nodePosition is where a node begins. The token of a mapping is its first
// colon, so a mapping begins where its first key does.
func nodePosition(n ast.Node) position {
	switch n := n.(type) {
	case nil:
		return position{1, 1}
	case *ast.MappingNode:
		if len(n.Values) > 0 && !n.IsFlowStyle {
			return nodePosition(n.Values[0])
		}
	case *ast.MappingValueNode:
		return tokenPosition(n.Key.GetToken())
	default:
	}
	return tokenPosition(n.GetToken())
}
