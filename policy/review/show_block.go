package review

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/lensdop/lensdop/policy"
)

// block writes a block of keys as statements, its note first.
func (d *document) block(indent string, v reflect.Value, src blockSource, keys []string) {
	d.note(indent, originOf(v).Note)
	d.fields(indent, v, src, keys)
}

// keysOfBlock lists the keys of a block that stands alone, its id among them.
func keysOfBlock(v reflect.Value) []string {
	out := []string{}
	for _, f := range fieldsOf(v.Type()) {
		out = append(out, f.key)
	}
	return out
}

// fields writes the keys of a block: those given, in that order, or all but
// the id, which the heading of a block in a list has.
func (d *document) fields(indent string, v reflect.Value, src blockSource, keys []string) {
	all := fieldsOf(v.Type())
	if keys == nil {
		keys = slices.DeleteFunc(keysOfBlock(v), func(k string) bool { return k == "id" })
	}
	for _, key := range keys {
		i := slices.IndexFunc(all, func(f field) bool { return f.key == key })
		f := all[i]
		d.value(indent, f, v.Field(f.index), src)
	}
}

// value writes what stands under one key.
func (d *document) value(indent string, f field, v reflect.Value, src blockSource) {
	l, _ := d.Label(f.typ, f.key)
	name := l.Name.In(d.lang)
	switch {
	case f.value.Kind() == reflect.Map:
		d.pairs(indent, f, v, src)
	case isList(f.value):
		if isEmpty(v) {
			return
		}
		d.printf("%s- **%s:**\n", indent, name)
		d.list(indent+"  ", f, v, src)
	case isBlock(f.value):
		if v.IsZero() {
			return
		}
		o := originOf(v)
		own := src.child(f.key, -1, "", o)
		mark := ""
		if o.Ref != "" || o.Basis.All != "" {
			mark = " " + own.mark(d.lang)
		}
		d.printf("%s- **%s:**%s\n", indent, name, mark)
		defer d.enter(name)()
		d.block(indent+"  ", v, own, keysOfBlock(v))
	default:
		d.leaf(indent, f, v, src)
	}
}

// pairs writes a map of lists, the addresses of roles.
func (d *document) pairs(indent string, f field, v reflect.Value, src blockSource) {
	if v.Len() == 0 {
		return
	}
	l, _ := d.Label(f.typ, f.key)
	d.printf("%s- **%s:**\n", indent, l.Name.In(d.lang))
	defer d.enter(l.Name.In(d.lang))()
	m, _ := reflect.TypeAssert[map[string][]string](v)
	for _, role := range slices.Sorted(maps.Keys(m)) {
		s, _ := src.of(f.key, role)
		who := escape(d.named("role", role))
		text := who + ": " + escape(strings.Join(m[role], ", "))
		d.printf("%s  - %s %s\n", indent, text, s.mark(d.lang))
		d.confirm(s, text)
	}
}

// leaf writes a single value as a sentence or with its label, and its source.
func (d *document) leaf(indent string, f field, v reflect.Value, src blockSource) {
	text, s, ok := d.cell(f, v, src)
	if !ok {
		return
	}
	l, _ := d.Label(f.typ, f.key)
	statement := "**" + l.Name.In(d.lang) + ":** " + text
	if l.Say != (policy.Text{}) {
		statement = strings.Replace(l.Say.In(d.lang), "%s", text, 1)
	}
	d.printf("%s- %s %s\n", indent, statement, s.mark(d.lang))
}

// cell says a single value, escaped, with its source. Items of a list that
// have another source than the list carry it themselves. It is false if the
// protocol does not say the value.
func (d *document) cell(f field, v reflect.Value, src blockSource) (string, source, bool) {
	s, explicit := src.of(f.key, "")
	if isEmpty(v) && (v.Kind() != reflect.Bool || !explicit && !said(f)) {
		return "", s, false
	}
	filled := !isEmpty(v) && !d.p.Written(join(src.path, f.key))
	switch {
	case filled:
		s = source{filled: true}
	case s.basis == "" && ofFile(f):
		s = source{file: true}
	default:
	}
	l, _ := d.Label(f.typ, f.key)
	name := l.Name.In(d.lang)
	if t, ok := reflect.TypeAssert[policy.Text](v); ok {
		d.keepForeign(name, t)
	}
	text := ""
	if words, ok := d.items(f, v); ok {
		parts := make([]string, len(words))
		assumed := []string{}
		for i, word := range words {
			own, _ := src.of(f.key, v.Index(i).String())
			if filled {
				own = s
			}
			parts[i] = escape(word)
			if own != s {
				parts[i] += " " + own.mark(d.lang)
			}
			if own.basis == policy.BasisAssumed {
				assumed = append(assumed, escape(word))
			}
		}
		text = strings.Join(parts, ", ")
		if len(parts) == 0 {
			text = d.pick("geen", "aucun", "none")
			if s.basis == policy.BasisAssumed {
				assumed = []string{text}
			}
		}
		if filled && !d.elsewhere(f, src.path) {
			assumed = []string{text}
		}
		if len(assumed) > 0 {
			d.confirm(source{basis: policy.BasisAssumed}, name+": "+strings.Join(assumed, ", "))
		}
		return text, s, true
	}
	text = escape(d.say(d.lang, f, v, d.resolve))
	if filled && !d.elsewhere(f, src.path) {
		d.confirm(source{basis: policy.BasisAssumed}, name+": "+text)
	} else {
		d.confirm(s, name+": "+text)
	}
	return text, s, true
}

// elsewhere tells that a value which the file does not say where it stands is
// said in another place, and judged there: with the device, for all cameras,
// or for the proof of all windows. Any other is what Lensdop takes by itself.
func (d *document) elsewhere(f field, path string) bool {
	rest, camera := strings.CutPrefix(path, "cameras[")
	if !camera {
		return false
	}
	number, inner, _ := strings.Cut(rest, "]")
	if f.key == "sample_every" {
		return true
	}
	places := []string{"camera_defaults"}
	if i, err := strconv.Atoi(number); err == nil && i < len(d.p.Cameras) {
		device := d.p.Cameras[i].Device
		if j := slices.IndexFunc(d.p.Devices, func(e policy.Device) bool { return device != "" && e.ID == device }); j >= 0 {
			places = append(places, fmt.Sprintf("devices[%d]", j))
		}
	}
	return slices.ContainsFunc(places, func(p string) bool { return d.p.Written(p + inner + "." + f.key) })
}

// items says the words of a list one by one; false for what is no list of words.
func (d *document) items(f field, v reflect.Value) ([]string, bool) {
	if v.Kind() != reflect.Slice || v.Type().Elem().Kind() != reflect.String {
		return nil, false
	}
	out := make([]string, v.Len())
	for i := range out {
		out[i] = d.say(d.lang, f, v.Index(i), d.resolve)
	}
	return out, true
}

// confirm files a statement that is to be confirmed, with what it stands in.
func (d *document) confirm(s source, statement string) {
	if s.basis == policy.BasisAssumed {
		d.assumed = append(d.assumed, strings.Join(append(slices.Clone(d.trail), statement), " › "))
	}
}

func (d *document) keepForeign(name string, t policy.Text) {
	n := 0
	for _, s := range []string{t.NL, t.FR, t.EN} {
		if s != "" {
			n++
		}
	}
	if n > 1 {
		d.foreign = append(d.foreign, foreignText{where: strings.Join(append(slices.Clone(d.trail), name), " › "), text: t})
	}
}

func (d *document) note(indent, note string) {
	if note == "" {
		return
	}
	if indent == "" {
		d.printf("\n")
	}
	d.printf("%s*%s* %s\n", indentOf(indent), d.pick("Toelichting:", "Remarque:", "Note:"), escape(note))
	if indent == "" {
		d.printf("\n")
	}
}

// indentOf makes a note an item of the list that it stands in.
func indentOf(indent string) string {
	if indent == "" {
		return ""
	}
	return indent + "- "
}

// list writes a list of blocks: as a table, as short lines, or one after the other.
func (d *document) list(indent string, f field, v reflect.Value, src blockSource) {
	if v.Len() == 0 {
		// That a list is empty is no statement of an article, unless the block says so by name.
		s, explicit := src.of(f.key, "")
		if !explicit {
			s = source{file: true}
		}
		d.printf("%s- %s %s\n", indent, d.pick("geen opgenomen", "aucune mention", "none entered"), s.mark(d.lang))
		return
	}
	typ := v.Type().Elem().Name()
	if columns := tableColumns(typ); columns != nil && indent == "" {
		d.table(f, v, src, columns)
		return
	}
	l, _ := d.Label(f.typ, f.key)
	for i, key := range keysOf(v) {
		item := v.Index(i)
		own := src.child(f.key, i, itemKey(item), originOf(item))
		leave := d.enter(l.One.In(d.lang) + " " + quoted(d.lang, escape(key)))
		switch {
		case lead(typ) != "":
			d.short(indent, item, own, lead(typ))
		case indent == "":
			if i > 0 {
				d.printf("\n")
			}
			d.printf("#### %s\n\n%s\n\n", capital(d.title(l.One.In(d.lang), item, key)), own.mark(d.lang))
			d.block("", item, own, nil)
		default:
			d.printf("%s- %s %s\n", indent, d.title(l.One.In(d.lang), item, key), own.mark(d.lang))
			d.block(indent+"  ", item, own, nil)
		}
		leave()
	}
}

// short writes a block that fits a line: "Guard property (‘property’) [Art. 1]".
func (d *document) short(indent string, v reflect.Value, src blockSource, leadKey string) {
	first, more := "", []string{}
	for _, f := range fieldsOf(v.Type()) {
		if f.key == "id" {
			if id := v.Field(f.index).String(); leadKey == "id" {
				first = quoted(d.lang, escape(id))
			} else {
				more = append(more, quoted(d.lang, escape(id)))
			}
			continue
		}
		text, s, ok := d.cell(f, v.Field(f.index), src)
		if !ok {
			continue
		}
		if s != src.source {
			text += " " + s.mark(d.lang)
		}
		if f.key == leadKey {
			first = text
			continue
		}
		l, _ := d.Label(f.typ, f.key)
		more = append(more, l.Name.In(d.lang)+": "+text)
	}
	if first == "" && len(more) > 0 {
		first, more = more[0], more[1:]
	}
	line := leading(first)
	if len(more) > 0 {
		line += " (" + strings.Join(more, "; ") + ")"
	}
	d.printf("%s- %s %s\n", indent, line, src.mark(d.lang))
	d.note(indent+"  ", originOf(v).Note)
}

// table writes a list of blocks as a table, and below it what has no column.
func (d *document) table(f field, v reflect.Value, src blockSource, columns []string) {
	all := fieldsOf(v.Type().Elem())
	var shown []field
	for _, c := range columns {
		g := all[slices.IndexFunc(all, func(g field) bool { return g.key == c })]
		for i := range v.Len() {
			if _, explicit := src.child(f.key, i, itemKey(v.Index(i)), originOf(v.Index(i))).of(c, ""); explicit || !isEmpty(v.Index(i).Field(g.index)) {
				shown = append(shown, g)
				break
			}
		}
	}
	one, _ := d.Label(f.typ, f.key)
	heads, rule := []string{}, ""
	for _, g := range shown {
		l, _ := d.Label(g.typ, g.key)
		heads = append(heads, l.Name.In(d.lang))
		rule += "---|"
	}
	d.printf("| %s | %s |\n|%s---|\n", strings.Join(heads, " | "), d.pick("Bron", "Source", "Source"), rule)
	keys := keysOf(v)
	for i, key := range keys {
		item := v.Index(i)
		own := src.child(f.key, i, itemKey(item), originOf(item))
		leave := d.enter(one.One.In(d.lang) + " " + quoted(d.lang, escape(key)))
		cells := []string{}
		for _, g := range shown {
			if g.key == "id" {
				cells = append(cells, escape(item.Field(g.index).String()))
				continue
			}
			text, s, ok := d.cell(g, item.Field(g.index), own)
			if ok && s != own.source {
				text += " " + s.mark(d.lang)
			}
			cells = append(cells, text)
		}
		d.printf("| %s | %s |\n", strings.Join(cells, " | "), own.mark(d.lang))
		leave()
	}
	rest := []string{}
	for _, g := range all {
		if !slices.ContainsFunc(shown, func(s field) bool { return s.key == g.key }) && g.key != "id" {
			rest = append(rest, g.key)
		}
	}
	for i, key := range keys {
		item := v.Index(i)
		own := src.child(f.key, i, itemKey(item), originOf(item))
		leave := d.enter(one.One.In(d.lang) + " " + quoted(d.lang, escape(key)))
		before := d.out.Len()
		d.printf("\n- %s\n", capital(d.title(one.One.In(d.lang), item, key)))
		begun := d.out.Len()
		if d.block("  ", item, own, rest); d.out.Len() == begun {
			d.out.Truncate(before) // nothing more to say of it
		}
		leave()
	}
}

// resolve says the name of what a value names: the role, site, zone or
// processing with that id.
func (d *document) resolve(f field, s string) string {
	switch f.key {
	case "role", "approved_by", "via", "by", "roles", "owner", "to", "requested_by", "on_request_of", "pressed_by", "decided_by",
		"release_by", "report_to", "decider", "critical", "high", "medium", "low":
		return d.named("role", s)
	case "site", "sites":
		return d.named("site", s)
	case "zone", "zones", "sees":
		return d.named("zone", s)
	case "processing", "processings", "applies_to":
		return d.named("processing", s)
	default:
		return s
	}
}

func (d *document) named(kind, id string) string {
	if name := d.names[kind][id]; name != "" {
		return name
	}
	return id
}

// nameThings collects names of what ids stand for. A name that two things
// share is left out: it would tell less than the id.
func (d *document) nameThings() {
	d.names = map[string]map[string]string{"role": {}, "site": {}, "zone": {}, "processing": {}}
	taken := map[string]string{} // kind and name, to id
	add := func(kind, id, name string) {
		known, twice := d.names[kind][id]
		other, shared := taken[kind+"\n"+name]
		switch {
		case name == "" || twice && known == name:
		case twice:
			d.names[kind][id] = ""
		case shared && other != id:
			d.names[kind][id], d.names[kind][other] = "", ""
		default:
			d.names[kind][id], taken[kind+"\n"+name] = name, id
		}
	}
	for _, r := range d.p.Roles {
		add("role", r.ID, r.Name.In(d.lang))
	}
	for _, q := range d.p.Processing {
		add("processing", q.ID, q.Name.In(d.lang))
	}
	for _, s := range d.p.Sites {
		add("site", s.ID, s.Name)
		for _, z := range s.Zones {
			add("zone", z.ID, z.Name.In(d.lang))
		}
	}
}
