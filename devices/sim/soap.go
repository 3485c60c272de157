package sim

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// The namespaces that a device speaks. SOAP is 1.2 (ONVIF Core §5.4);
// WS-Discovery is the draft of April 2005 (ONVIF Core §7.3).
const (
	nsEnv  = "http://www.w3.org/2003/05/soap-envelope"
	nsTDS  = "http://www.onvif.org/ver10/device/wsdl"
	nsTRT  = "http://www.onvif.org/ver10/media/wsdl"
	nsTR2  = "http://www.onvif.org/ver20/media/wsdl"
	nsPTZ  = "http://www.onvif.org/ver20/ptz/wsdl"
	nsTMD  = "http://www.onvif.org/ver10/deviceIO/wsdl"
	nsTEV  = "http://www.onvif.org/ver10/events/wsdl"
	nsTRC  = "http://www.onvif.org/ver10/recording/wsdl"
	nsTSE  = "http://www.onvif.org/ver10/search/wsdl"
	nsTIMG = "http://www.onvif.org/ver20/imaging/wsdl"
	nsTAN  = "http://www.onvif.org/ver20/analytics/wsdl"
	nsTNS1 = "http://www.onvif.org/ver10/topics"
	nsTT   = "http://www.onvif.org/ver10/schema"
	nsTER  = "http://www.onvif.org/ver10/error"
	nsDN   = "http://www.onvif.org/ver10/network/wsdl"
	nsWSA  = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
	nsWSD  = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
	nsWSNT = "http://docs.oasis-open.org/wsn/b-2"
	nsTOP  = "http://docs.oasis-open.org/wsn/t-1"
	nsBF   = "http://docs.oasis-open.org/wsrf/bf-2"
	nsRW   = "http://docs.oasis-open.org/wsrf/rw-2"
	nsWSA5 = "http://www.w3.org/2005/08/addressing" // of the event service
	nsXS   = "http://www.w3.org/2001/XMLSchema"
	nsWSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
	nsWSU  = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
)

// Bounds of what a request may hold; real cameras are no more generous.
const (
	maxRequestBytes = 64 << 10
	maxDepth        = 32
	maxElements     = 2000
)

// node is one element of a request. Names carry the resolved namespace;
// scope keeps the prefixes in force, for qualified names in text.
type node struct {
	name  xml.Name
	attrs []xml.Attr
	kids  []*node
	text  string
	scope *scope
}

type scope struct {
	prefix, uri string
	outer       *scope
}

func (s *scope) find(prefix string) (string, bool) {
	for ; s != nil; s = s.outer {
		if s.prefix == prefix {
			return s.uri, true
		}
	}
	return "", false
}

// parseXML reads one document. A document type is refused: SOAP forbids it
// (SOAP 1.2 part 1 §5), and it is the way to entity bombs.
func parseXML(b []byte) (*node, error) {
	if len(b) > maxRequestBytes {
		return nil, fmt.Errorf("message of %d bytes; at most %d are read", len(b), maxRequestBytes)
	}
	dec := xml.NewDecoder(bytes.NewReader(b))
	var root *node
	var open []*node
	count := 0
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("not well-formed XML: %w", err)
		}
		switch t := tok.(type) {
		case xml.Directive:
			return nil, errors.New("a document type declaration is not allowed in SOAP")
		case xml.StartElement:
			count++
			if count > maxElements || len(open) >= maxDepth {
				return nil, fmt.Errorf("more than %d elements or %d levels", maxElements, maxDepth)
			}
			n := &node{name: t.Name}
			if len(open) > 0 {
				parent := open[len(open)-1]
				n.scope = parent.scope
				parent.kids = append(parent.kids, n)
			} else {
				if root != nil {
					return nil, errors.New("more than one root element")
				}
				root = n
			}
			for _, a := range t.Attr {
				switch {
				case a.Name.Space == "xmlns":
					n.scope = &scope{prefix: a.Name.Local, uri: a.Value, outer: n.scope}
				case a.Name.Space == "" && a.Name.Local == "xmlns":
					n.scope = &scope{uri: a.Value, outer: n.scope}
				default:
					n.attrs = append(n.attrs, a)
				}
			}
			open = append(open, n)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				open[len(open)-1].text += string(t)
			}
		}
	}
	if root == nil {
		return nil, errors.New("no element in the message")
	}
	return root, nil
}

// child returns the first child of that name, or nil. A nil node has none.
func (n *node) child(ns, local string) *node {
	if n == nil {
		return nil
	}
	for _, k := range n.kids {
		if k.name.Space == ns && k.name.Local == local {
			return k
		}
	}
	return nil
}

// value is the trimmed text of a child, empty if there is none.
func (n *node) value(ns, local string) string {
	k := n.child(ns, local)
	if k == nil {
		return ""
	}
	return strings.TrimSpace(k.text)
}

// attr returns an attribute without namespace.
func (n *node) attr(local string) (string, bool) {
	for _, a := range n.attrs {
		if a.Name.Space == "" && a.Name.Local == local {
			return a.Value, true
		}
	}
	return "", false
}

// qname resolves a prefixed name in text by the prefixes in force at n.
func (n *node) qname(text string) (xml.Name, bool) {
	prefix, local, found := strings.Cut(text, ":")
	if !found {
		prefix, local = "", text
	}
	uri, ok := n.scope.find(prefix)
	if !ok && prefix != "" {
		return xml.Name{}, false
	}
	return xml.Name{Space: uri, Local: local}, true
}

// envelope is a SOAP message taken apart.
type envelope struct {
	header *node // nil if absent
	body   *node // the one element in the body
}

// parseEnvelope reads a SOAP 1.2 message with exactly one element in its
// body. Errors are SOAP faults.
func parseEnvelope(b []byte) (envelope, error) {
	root, err := parseXML(b)
	if err != nil {
		return envelope{}, senderFault(err.Error(), "ter:WellFormed")
	}
	if root.name.Local != "Envelope" {
		return envelope{}, senderFault("the message is not a SOAP envelope", "ter:TagMismatch")
	}
	if root.name.Space != nsEnv {
		return envelope{}, &soapFault{code: "env:VersionMismatch", reason: "this device speaks SOAP 1.2", status: http.StatusInternalServerError}
	}
	body := root.child(nsEnv, "Body")
	if body == nil || len(body.kids) != 1 {
		return envelope{}, senderFault("the body needs exactly one element", "ter:TagMismatch")
	}
	return envelope{header: root.child(nsEnv, "Header"), body: body.kids[0]}, nil
}

// soapFault is a refusal as ONVIF Core §5.8 writes it.
type soapFault struct {
	code   string   // env:Sender or env:Receiver
	sub    []string // ter: subcodes, outer first
	reason string
	detail elem // without a name: none
	status int  // HTTP
}

func (f *soapFault) Error() string {
	return fmt.Sprintf("%s %s: %s", f.code, strings.Join(f.sub, "/"), f.reason)
}

func senderFault(reason string, sub ...string) *soapFault {
	return &soapFault{code: "env:Sender", sub: sub, reason: reason, status: http.StatusBadRequest}
}

func receiverFault(reason string, sub ...string) *soapFault {
	return &soapFault{code: "env:Receiver", sub: sub, reason: reason, status: http.StatusInternalServerError}
}

func (f *soapFault) elem() elem {
	var sub elem
	for _, value := range slices.Backward(f.sub) {
		s := el("env:Subcode", el("env:Value", value))
		if sub.name != "" {
			s.kids = append(s.kids, sub)
		}
		sub = s
	}
	code := el("env:Code", el("env:Value", f.code))
	if sub.name != "" {
		code.kids = append(code.kids, sub)
	}
	return el("env:Fault", code,
		el("env:Reason", el("env:Text", attr{"xml:lang", "en"}, f.reason)), f.detail)
}

// elem is one element of an answer, with its prefix written out. The
// envelope declares the prefixes.
type elem struct {
	name  string
	attrs []attr
	kids  []elem
	text  string
}

type attr struct{ name, value string }

// el builds an element: attr, elem and []elem parts go where they belong,
// anything else is its text. An elem without a name is left out, so that
// optional parts can be zero.
func el(name string, parts ...any) elem {
	e := elem{name: name}
	for _, p := range parts {
		switch v := p.(type) {
		case attr:
			e.attrs = append(e.attrs, v)
		case elem:
			if v.name != "" {
				e.kids = append(e.kids, v)
			}
		case []elem:
			e.kids = append(e.kids, v...)
		default:
			e.text += fmt.Sprint(v)
		}
	}
	return e
}

func (e elem) write(b *bytes.Buffer) {
	b.WriteString("<" + e.name)
	for _, a := range e.attrs {
		b.WriteString(" " + a.name + `="` + escape(a.value) + `"`)
	}
	if e.text == "" && len(e.kids) == 0 {
		b.WriteString("/>")
		return
	}
	b.WriteString(">" + escape(e.text))
	for _, k := range e.kids {
		k.write(b)
	}
	b.WriteString("</" + e.name + ">")
}

func escape(s string) string {
	var b strings.Builder
	// A strings.Builder never fails to take bytes.
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}

// prefixes are those that answers use, and what they stand for.
func prefixes() []attr {
	return []attr{
		{"env", nsEnv},
		{"ter", nsTER},
		{"tt", nsTT},
		{"xs", nsXS},
		{"tds", nsTDS},
		{"trt", nsTRT},
		{"tr2", nsTR2},
		{"tptz", nsPTZ},
		{"tmd", nsTMD},
		{"tev", nsTEV},
		{"trc", nsTRC},
		{"tse", nsTSE},
		{"timg", nsTIMG},
		{"tan", nsTAN},
		{"tns1", nsTNS1},
		{"wsa", nsWSA},
		{"wsa5", nsWSA5},
		{"wsnt", nsWSNT},
		{"wstop", nsTOP},
		{"bf", nsBF},
		{"rw", nsRW},
		{"d", nsWSD},
		{"dn", nsDN},
	}
}

// marshalEnvelope writes a whole SOAP message.
func marshalEnvelope(header []elem, body elem) []byte { return marshalWith(prefixes(), header, body) }

func marshalWith(spaces []attr, header []elem, body elem) []byte {
	used := map[string]bool{"env": true}
	body.prefixes(used)
	for _, h := range header {
		h.prefixes(used)
	}
	root := el("env:Envelope")
	for _, p := range spaces {
		if used[p.name] {
			root.attrs = append(root.attrs, attr{"xmlns:" + p.name, p.value})
		}
	}
	if len(header) > 0 {
		root.kids = append(root.kids, el("env:Header", header))
	}
	root.kids = append(root.kids, el("env:Body", body))
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	root.write(&b)
	return b.Bytes()
}

// prefixes notes every prefix that the element and what is in it may use:
// in names, and in text that may hold a qualified name.
func (e elem) prefixes(used map[string]bool) {
	for _, s := range append([]string{e.name, e.text}, attrWords(e.attrs)...) {
		for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ' ' || r == '|' || r == '/' }) {
			if p, _, ok := strings.Cut(word, ":"); ok {
				used[p] = true
			}
		}
	}
	for _, k := range e.kids {
		k.prefixes(used)
	}
}

func attrWords(list []attr) []string {
	var words []string
	for _, a := range list {
		words = append(words, a.name, a.value)
	}
	return words
}
