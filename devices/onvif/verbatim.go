package onvif

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/lensdop/lensdop/devices"
)

// verbatim is one element of a device's answer as the device wrote it, so that
// it can be sent back with one field changed and everything else, a maker's own
// additions included, as it was.
type verbatim struct {
	attrs  string // of the element, as written
	inner  string // all that is in it, as written
	spaces map[string]string
	// from and to are where the changeable field's text stands in inner.
	from, to int
	has      bool
}

const (
	maxNesting = 64
	maxItems   = 4096
)

// findVerbatim looks for elements called item, and in each of them for the
// child called part, and in that for the child called field. There is one
// answer for each item, in order; one without the part is empty.
func findVerbatim(message []byte, item, part, field string) ([]verbatim, error) {
	d := xml.NewDecoder(bytes.NewReader(message))
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	type level struct {
		name   string
		spaces map[string]string
	}
	stack := []level{{spaces: map[string]string{}}}
	var out []verbatim
	itemAt, partAt := 0, 0 // depths; 0: not inside
	inner := 0             // where the part's content starts
	for {
		start := d.InputOffset()
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", devices.ErrMalformed, err)
		}
		depth := len(stack)
		switch t := tok.(type) {
		case xml.StartElement:
			if depth > maxNesting {
				return nil, fmt.Errorf("%w: %w: over %d levels", devices.ErrMalformed, devices.ErrOutOfBounds, maxNesting)
			}
			spaces := scope(stack[depth-1].spaces, t.Attr)
			switch {
			case itemAt == 0 && t.Name.Local == item:
				if len(out) == maxItems {
					return nil, fmt.Errorf("%w: %w: over %d of %s", devices.ErrMalformed, devices.ErrOutOfBounds, maxItems, item)
				}
				itemAt, out = depth, append(out, verbatim{})
			case itemAt > 0 && partAt == 0 && depth == itemAt+1 && t.Name.Local == part && out[len(out)-1].spaces == nil:
				partAt, inner = depth, int(d.InputOffset())
				v := &out[len(out)-1]
				v.attrs, v.spaces = attributes(message[start:d.InputOffset()]), spaces
			case partAt > 0 && depth == partAt+1 && t.Name.Local == field && !out[len(out)-1].has &&
				!bytes.HasSuffix(message[start:d.InputOffset()], []byte("/>")): // there is no place for text in that
				v := &out[len(out)-1]
				v.from, v.to, v.has = int(d.InputOffset())-inner, -1, true
			}
			stack = append(stack, level{t.Name.Local, spaces})
		case xml.EndElement:
			stack = stack[:depth-1]
			switch at := depth - 1; {
			case partAt > 0 && at == partAt+1 && t.Name.Local == field:
				if v := &out[len(out)-1]; v.has && v.to < 0 {
					v.to = int(start) - inner
				}
			case partAt > 0 && at == partAt:
				out[len(out)-1].inner, partAt = string(message[inner:start]), 0
			case itemAt > 0 && at == itemAt:
				itemAt = 0
			}
		}
	}
}

// scope is what prefixes mean inside an element with these attributes.
func scope(outer map[string]string, attrs []xml.Attr) map[string]string {
	spaces, own := outer, false
	for _, a := range attrs {
		prefix := ""
		switch {
		case a.Name.Space == "xmlns":
			prefix = a.Name.Local
		case a.Name.Space != "" || a.Name.Local != "xmlns":
			continue
		}
		if !own {
			spaces, own = maps.Clone(outer), true
		}
		spaces[prefix] = a.Value
	}
	return spaces
}

// attributes are those of a start tag, as written, without declarations of
// namespaces.
func attributes(tag []byte) string {
	s := strings.TrimSuffix(strings.TrimSuffix(string(tag), ">"), "/")
	end := strings.IndexAny(s, " \t\r\n")
	if end < 0 {
		return ""
	}
	var kept strings.Builder
	for s = strings.TrimLeft(s[end:], " \t\r\n"); s != ""; s = strings.TrimLeft(s, " \t\r\n") {
		name, value, ok := strings.Cut(s, "=")
		value = strings.TrimLeft(value, " \t\r\n")
		if !ok || value == "" {
			break
		}
		end := strings.IndexByte(value[1:], value[0])
		if end < 0 {
			break
		}
		name = strings.TrimSpace(name)
		if name != "xmlns" && !strings.HasPrefix(name, "xmlns:") {
			kept.WriteString(" " + name + "=" + value[:end+2])
		}
		s = value[end+2:]
	}
	return kept.String()
}

// with is the element under another name, with the field's text replaced.
// The name's namespace gets a prefix that means nothing else in there.
func (v verbatim) with(space, name, text string) (string, error) {
	if !v.has || v.from < 0 || v.to < v.from || v.to > len(v.inner) {
		return "", fmt.Errorf("%w: the field to change is not in the device's answer", devices.ErrMalformed)
	}
	prefix := "trc"
	for v.spaces[prefix] != "" && v.spaces[prefix] != space {
		prefix += "_"
	}
	var b strings.Builder
	b.WriteString("<" + prefix + ":" + name)
	declared := maps.Clone(v.spaces)
	declared[prefix] = space
	for _, p := range declarable(declared, b.String()+v.attrs+v.inner) {
		attr := " xmlns"
		if p != "" {
			attr += ":" + p
		}
		b.WriteString(attr + `="`)
		if err := xml.EscapeText(&b, []byte(declared[p])); err != nil {
			return "", err
		}
		b.WriteString(`"`)
	}
	b.WriteString(v.attrs + ">" + v.inner[:v.from])
	if err := xml.EscapeText(&b, []byte(text)); err != nil {
		return "", err
	}
	b.WriteString(v.inner[v.to:] + "</" + prefix + ":" + name + ">")
	return b.String(), wellFormed(b.String())
}

// declarable are the prefixes that a text may need, sorted; the empty one
// stands for names without a prefix.
func declarable(spaces map[string]string, text string) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(spaces)), func(p string) bool {
		return p == "xml" || p == "xmlns" || p != "" && (spaces[p] == "" || !strings.Contains(text, p+":"))
	})
}

// wellFormed keeps out of a request what a device wrote in a way that only
// looked like XML.
func wellFormed(s string) error {
	d := xml.NewDecoder(strings.NewReader(s))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("%w: its answer cannot be sent back: %w", devices.ErrMalformed, err)
		}
	}
}
