package sim

import (
	"fmt"
	"strings"
)

// shape is what a request holds, in the order of its schema: names of
// elements in the service's namespace (or that of a prefix), each with
// ? (at most one), * (any number) or + (one or more), and in parentheses what
// is in it. ~ takes anything. The empty shape is a request that holds nothing.
//
// Devices built from the WSDLs by a code generator refuse the rest like this.
type shape string

// part is one element of a shape.
type part struct {
	space, name string
	optional    bool
	many        bool
	in          shape
}

// check compares the children of n with the shape; space is the namespace of
// names without a prefix.
func (s shape) check(n *node, space string) *soapFault {
	kids := n.kids
	for rest := strings.TrimSpace(string(s)); rest != ""; {
		if rest == "~" {
			return nil
		}
		var p part
		p, rest = nextPart(rest, space)
		count := 0
		for len(kids) > 0 && kids[0].name.Space == p.space && kids[0].name.Local == p.name && (count == 0 || p.many) {
			if f := p.in.check(kids[0], space); f != nil {
				return f
			}
			kids = kids[1:]
			count++
		}
		switch {
		case count > 0 || p.optional:
		case len(kids) > 0:
			return senderFault(fmt.Sprintf("%s of %s where %s of %s belongs, in %s", kids[0].name.Local, kids[0].name.Space, p.name, p.space, n.name.Local), "ter:TagMismatch")
		default:
			return senderFault(fmt.Sprintf("%s is missing in %s", p.name, n.name.Local), "ter:InvalidArgs")
		}
	}
	if len(kids) > 0 {
		return senderFault(fmt.Sprintf("%s of %s does not belong here, in %s", kids[0].name.Local, kids[0].name.Space, n.name.Local), "ter:TagMismatch")
	}
	return nil
}

// nextPart takes the first element off a shape. Shapes are our own text: one
// that is written wrong shows in the first request.
func nextPart(s, space string) (p part, rest string) {
	end := strings.IndexAny(s, " ?*+(")
	if end < 0 {
		end = len(s)
	}
	p.space, p.name, rest = space, s[:end], s[end:]
	if prefix, name, ok := strings.Cut(p.name, ":"); ok {
		p.name = name
		for _, a := range prefixes() {
			if a.name == prefix {
				p.space = a.value
			}
		}
	}
	if rest != "" {
		switch rest[0] {
		case '?':
			p.optional, rest = true, rest[1:]
		case '*':
			p.optional, p.many, rest = true, true, rest[1:]
		case '+':
			p.many, rest = true, rest[1:]
		}
	}
	if strings.HasPrefix(rest, "(") {
		depth := 0
		for i, r := range rest {
			switch r {
			case '(':
				depth++
			case ')':
				depth--
			}
			if depth == 0 {
				p.in, rest = shape(rest[1:i]), rest[i+1:]
				break
			}
		}
	}
	return p, strings.TrimSpace(rest)
}
