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
	MaxFile     = 1 << 20 // bytes of all files of a protocol, joined
	maxDepth    = 32
	maxKeys     = 1000    // in one block
	maxAllKeys  = 100_000 // in all files
	maxElements = 5000    // in one list of a file
	maxParts    = 250     // files, and documents in them
)

// Parse reads and validates a protocol in one file, which may hold several
// YAML documents; see Check. name is what messages call the file. The error,
// if any, is of type Problems and holds every problem of ClassError; the
// protocol is then nil.
func Parse(name string, data []byte) (*Protocol, error) {
	return ParseFiles(File{Name: name, Data: data})
}

// ParseFiles is Parse for a protocol in several files.
func ParseFiles(files ...File) (*Protocol, error) {
	p, problems := Check(files...)
	if errs := problems.Of(ClassError); len(errs) > 0 {
		return nil, errs
	}
	return p, nil
}

// File is one file of a protocol; Name is what messages call it.
type File struct {
	Name string
	Data []byte
}

// Join makes one text of several files of a protocol. Parse reads the same
// protocol from it as ParseFiles does from the files.
func Join(files ...File) []byte {
	if len(files) == 1 {
		return bytes.Clone(files[0].Data)
	}
	var b bytes.Buffer
	for _, f := range files {
		b.WriteString(separator)
		b.WriteString(wholeLines(f.Data))
	}
	return b.Bytes()
}

const separator = "---\n"

// wholeLines is the text of a file without a byte order mark, its last line ended.
func wholeLines(data []byte) string {
	text := strings.TrimPrefix(string(data), "\ufeff")
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return text
}

// position is a place in a file; line and column count from 1.
type position struct {
	file         string
	line, column int
}

func fault(at position, what, fix string) Problem {
	return Problem{Class: ClassError, File: at.file, Line: max(at.line, 1), Column: max(at.column, 1), What: what, Fix: fix}
}

// part is one YAML document of a protocol.
type part struct {
	file string
	root ast.Node
}

// parseAll turns the files into their documents, or says why not.
func parseAll(files []File) ([]part, Problems) {
	size := 0
	for i, f := range files {
		size += len(f.Data)
		if len(files) > 1 {
			size += 2 * len(separator) // Join needs no more
		}
		if size > MaxFile {
			what := fmt.Sprintf("the file has %d bytes; the limit is %d", len(f.Data), MaxFile)
			if i > 0 {
				what = fmt.Sprintf("the files up to this one have %d bytes; the limit is %d", size, MaxFile)
			}
			return nil, Problems{fault(position{file: f.Name}, what, "split the protocol, or remove what is none")}
		}
	}
	if len(files) == 0 {
		return nil, Problems{fault(position{file: "protocol"}, "no file was given", "name the files of one protocol, that with the whole metadata first")}
	}
	var parts []part
	var problems Problems
	left := counts{keys: maxAllKeys, parts: maxParts}
	for _, f := range files {
		docs, p := parseTrees(f.Name, f.Data, &left)
		problems = append(problems, p...)
		parts = append(parts, docs...)
	}
	return parts, problems
}

// counts is what all files together may still hold.
type counts struct{ keys, parts int }

// parseTrees turns the bytes of a file into trees of plain maps, lists and
// scalars, or says why not. A panic of the YAML parser is a problem of the
// file, too: a hostile file must not end the agent.
func parseTrees(name string, data []byte, left *counts) (parts []part, problems Problems) {
	start := position{file: name}
	defer func() {
		if r := recover(); r != nil {
			parts, problems = nil, Problems{fault(start, "the file is not YAML that can be read", "compare it with an example protocol")}
		}
	}()
	if p := checkBytes(name, data); p != nil {
		return nil, p
	}
	tokens := lexer.Tokenize(wholeLines(data))
	if p := checkTokens(name, tokens, left); len(p) > 0 {
		return nil, p
	}
	for _, document := range documents(tokens) {
		root, p := parseTree(name, document)
		if len(p) > 0 {
			return nil, p
		}
		parts = append(parts, part{name, root})
	}
	if left.parts -= max(len(parts), 1); left.parts < 0 {
		return nil, Problems{fault(start, "more files or documents than a protocol can have", fmt.Sprintf("a protocol holds at most %d; put several sites in one", maxParts))}
	}
	if len(parts) == 0 {
		return nil, Problems{fault(start, "the file is empty", "begin with apiVersion: "+APIVersion)}
	}
	return parts, nil
}

// documents cuts the tokens of a file at --- and ... and leaves out documents
// without content. The YAML library would do so itself, but silently drops what
// follows an empty document.
func documents(tokens token.Tokens) []token.Tokens {
	var list []token.Tokens
	var document token.Tokens
	end := func() {
		if len(document) > 0 {
			document[0].Prev, document[len(document)-1].Next = nil, nil
			list = append(list, document)
		}
		document = nil
	}
	for _, t := range tokens {
		switch t.Type {
		case token.DocumentHeaderType, token.DocumentEndType:
			end()
		case token.CommentType:
		default:
			document = append(document, t)
		}
	}
	end()
	return list
}

// parseTree turns the tokens of one document into a tree. A tree that does not
// reach the last token lacks words that a person reads there, and is refused.
func parseTree(name string, tokens token.Tokens) (ast.Node, Problems) {
	last := tokens[len(tokens)-1]
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		at, what := tokenPosition(name, tokens[0]), "the file is not valid YAML"
		if ye, ok := errors.AsType[yaml.Error](err); ok {
			at, what = tokenPosition(name, ye.GetToken()), "not valid YAML: "+bounded(ye.GetMessage())
		}
		return nil, Problems{fault(at, what, "check indentation, colons, quotes and brackets on this line and the one before")}
	}
	reach := &reached{}
	if len(file.Docs) == 1 && file.Docs[0].Body != nil {
		ast.Walk(reach, file.Docs[0].Body)
		if reach.offset >= last.Position.Offset {
			return file.Docs[0].Body, nil
		}
	}
	return nil, Problems{fault(tokenPosition(name, last), "the file cannot be read up to here", "check indentation, colons and dashes on this line and those before")}
}

// reached is the offset of the last token that a tree holds.
type reached struct{ offset int }

// Visit notes the tokens of a node.
func (r *reached) Visit(n ast.Node) ast.Visitor {
	note := func(t *token.Token) {
		if t != nil && t.Position != nil {
			r.offset = max(r.offset, t.Position.Offset)
		}
	}
	note(n.GetToken())
	switch n := n.(type) {
	case *ast.MappingNode:
		note(n.End)
	case *ast.SequenceNode:
		note(n.End)
		for _, e := range n.Entries {
			note(e.Start)
		}
	case *ast.MappingValueNode:
		note(n.CollectEntry)
	case *ast.LiteralNode:
		note(n.Value.GetToken())
	default:
	}
	return r
}

// checkBytes refuses what is not text that people see as it is.
func checkBytes(name string, data []byte) Problems {
	at := position{name, 1, 1}
	one := func(what, fix string) Problems { return Problems{fault(at, what, fix)} }
	for _, bom := range [][]byte{{0xff, 0xfe}, {0xfe, 0xff}, {0, 0, 0xfe, 0xff}} {
		if bytes.HasPrefix(data, bom) {
			return one("the file is in UTF-16 or UTF-32", "save it as UTF-8")
		}
	}
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		switch {
		case r == utf8.RuneError && n <= 1:
			return one("a byte that is not UTF-8", "save the file as UTF-8")
		case r == '\n':
			at.line, at.column = at.line+1, 0
		case r == '\r' && !bytes.HasPrefix(data[i+1:], []byte{'\n'}):
			return one("a carriage return that ends no line", "save the file with Unix or Windows line ends")
		case r == '\r' || r == '\t' || r == 0xfeff && i == 0:
		case r < 0x20 || r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029:
			return one(fmt.Sprintf("the control character %U", r), "remove it")
		case invisible(r):
			return one(fmt.Sprintf("the invisible character %U, which can make the text read otherwise than it is", r), "remove it")
		}
		at.column++
		i += n
	}
	return nil
}

// invisible tells that a character shows nothing, and so can reorder what
// stands around it or make two texts look alike that are not.
func invisible(r rune) bool {
	switch {
	case r == 0xad, r == 0x61c, r == 0x180e, r == 0xfeff, // soft hyphen, Arabic mark, vowel separator, no-break space
		r >= 0x200b && r <= 0x200f, // zero width, left and right marks
		r >= 0x202a && r <= 0x202e, r >= 0x2060 && r <= 0x206f,
		r >= 0xe0000 && r <= 0xe007f: // tags
		return true
	default:
		return false
	}
}

// checkTokens refuses the parts of YAML that a protocol has no use for, and
// shapes that cost the parser more than linear time.
func checkTokens(name string, tokens token.Tokens, left *counts) Problems {
	type level struct {
		column int
		list   bool
		keys   int
	}
	var problems Problems
	refuse := func(t *token.Token, what, fix string) {
		problems = append(problems, fault(tokenPosition(name, t), what, fix))
	}
	var blocks []level
	var flows []int // keys or elements per open bracket
	headers := 0
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
		if left.keys--; n > limit || left.keys < 0 {
			refuse(t, "more entries than a protocol can have", fmt.Sprintf("a block holds at most %d keys or %d entries, a protocol %d in all", maxKeys, maxElements, maxAllKeys))
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
		case token.DocumentHeaderType:
			blocks, flows = nil, nil
			if next := t.Next; next != nil && next.Position.Line == t.Position.Line && next.Type != token.CommentType {
				refuse(next, "words on the line of ---", "put --- on a line of its own")
			}
			if headers++; headers > 2*maxParts {
				refuse(t, "more files or documents than a protocol can have", fmt.Sprintf("a protocol holds at most %d; put several sites in one", maxParts))
				ok = false
			}
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

func tokenPosition(file string, t *token.Token) position {
	if t == nil || t.Position == nil {
		return position{file, 1, 1}
	}
	return position{file, max(t.Position.Line, 1), max(t.Position.Column, 1)}
}

// nodePosition is where a node begins. The token of a mapping is its first
// colon, so a mapping begins where its first key does.
func nodePosition(file string, n ast.Node) position {
	switch n := n.(type) {
	case nil:
		return position{file, 1, 1}
	case *ast.MappingNode:
		if len(n.Values) > 0 && !n.IsFlowStyle {
			return nodePosition(file, n.Values[0])
		}
	case *ast.MappingValueNode:
		return tokenPosition(file, n.Key.GetToken())
	default:
	}
	return tokenPosition(file, n.GetToken())
}
