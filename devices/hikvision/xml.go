package hikvision

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/lensdop/lensdop/devices"
)

// Limits of a document.
const (
	maxDepth = 24
	maxNodes = 20000
)

// node is an element with all that it holds, so that what is not understood
// can be written back as it was read. Prefixes are kept as they stand.
type node struct {
	tag  string // with its prefix
	attr []xml.Attr
	kids []*node
	data string // of an element without kids
}

// parse reads a document. Anything else wraps devices.ErrMalformed.
func parse(body []byte) (*node, error) {
	fail := func(why string) (*node, error) {
		return nil, fmt.Errorf("%w: no ISAPI document: %s", devices.ErrMalformed, why)
	}
	d := xml.NewDecoder(bytes.NewReader(body))
	var root *node
	var open []*node
	for nodes := 0; ; {
		t, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fail("it is not XML in UTF-8")
		}
		switch t := t.(type) {
		case xml.StartElement:
			if nodes++; nodes > maxNodes || len(open) >= maxDepth || root != nil && len(open) == 0 {
				return fail("more elements than it can have")
			}
			n := &node{tag: qualified(t.Name), attr: slices.Clone(t.Attr)}
			if len(open) == 0 {
				root = n
			} else {
				in := open[len(open)-1]
				in.kids, in.data = append(in.kids, n), ""
			}
			open = append(open, n)
		case xml.EndElement:
			if len(open) == 0 || open[len(open)-1].tag != qualified(t.Name) {
				return fail("its elements do not match")
			}
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 && len(open[len(open)-1].kids) == 0 {
				open[len(open)-1].data += string(t)
			}
		case xml.Directive:
			return fail("it has a DOCTYPE")
		}
	}
	if root == nil || len(open) > 0 {
		return fail("it is not whole")
	}
	return root, nil
}

func qualified(n xml.Name) string {
	if n.Space != "" {
		return n.Space + ":" + n.Local
	}
	return n.Local
}

// name is the element's name without its prefix.
func (n *node) name() string {
	_, local, found := strings.Cut(n.tag, ":")
	if !found {
		return n.tag
	}
	return local
}

// children with a name.
func (n *node) children(name string) (out []*node) {
	for _, k := range n.kids {
		if k.name() == name {
			out = append(out, k)
		}
	}
	return out
}

// child is the first with the name at the end of a path, or nil.
func (n *node) child(path ...string) *node {
	for _, name := range path {
		kids := n.children(name)
		if len(kids) == 0 {
			return nil
		}
		n = kids[0]
	}
	return n
}

// text of the first child at the end of a path, without spaces around it.
func (n *node) text(path ...string) string {
	if k := n.child(path...); k != nil {
		return strings.TrimSpace(k.data)
	}
	return ""
}

// set gives the first child of the name a text, and adds it if there is none.
func (n *node) set(name, text string) {
	k := n.child(name)
	if k == nil {
		k = n.add(name)
	}
	k.kids, k.data = nil, text
}

// add appends a child in the namespace of its parent.
func (n *node) add(name string) *node {
	tag := name
	if prefix, _, found := strings.Cut(n.tag, ":"); found {
		tag = prefix + ":" + name
	}
	k := &node{tag: tag}
	n.kids, n.data = append(n.kids, k), ""
	return k
}

func (n *node) clone() *node {
	c := &node{tag: n.tag, attr: slices.Clone(n.attr), data: n.data}
	for _, k := range n.kids {
		c.kids = append(c.kids, k.clone())
	}
	return c
}

// document is the element as a whole document.
func (n *node) document() []byte {
	var b bytes.Buffer
	b.WriteString(xml.Header)
	n.write(&b)
	return b.Bytes()
}

func (n *node) write(b *bytes.Buffer) {
	b.WriteString("<" + n.tag)
	for _, a := range n.attr {
		b.WriteString(" " + qualified(a.Name) + `="`)
		escape(b, a.Value)
		b.WriteByte('"')
	}
	b.WriteByte('>')
	if len(n.kids) == 0 {
		escape(b, n.data)
	}
	for _, k := range n.kids {
		k.write(b)
	}
	b.WriteString("</" + n.tag + ">")
}

func escape(b *bytes.Buffer, s string) {
	_ = xml.EscapeText(b, []byte(s)) // a buffer takes everything
}
