// Package review owns how people read a protocol: labels of its keys and words, a
// readable document, the difference between two versions, and the JSON Schema
// that editors use. It is pure: no clock, no file, no network.
package review

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/lensdop/lensdop/policy"
)

//go:embed words/*.txt
var wordFiles embed.FS

// Languages lists the languages that everything is said in.
func Languages() []string { return []string{"nl", "fr", "en"} }

// Label is what a key of the protocol file is called.
type Label struct {
	Name policy.Text // of the key; plural for a list of blocks
	One  policy.Text // one block of a list; Name where the key holds no list
	Help policy.Text // one line: what it means
	// Say is the sentence that says the value, with %s for it; empty for most keys.
	Say policy.Text
}

// list is the words that can stand in some fields.
type list struct {
	name   string
	closed bool // no other word can stand there
	codes  []string
	words  map[string]policy.Text
}

// Words knows the label of every key of the protocol file, and a word in each
// language for the words that can stand there. Load makes it.
type Words struct {
	labels map[string]Label // by Type.key, or *.key
	lists  map[string]*list // by Type.key
	faults []string         // what the embedded files have wrong; a test wants none
}

// Load reads the labels and words that come with Lensdop. The caller keeps
// them: every call reads them anew.
func Load() *Words {
	w := &Words{labels: map[string]Label{}, lists: map[string]*list{}}
	names, err := fs.Glob(wordFiles, "words/*.txt")
	if err != nil || len(names) == 0 {
		w.fault("no files of words: %v", err)
	}
	for _, name := range names {
		data, err := wordFiles.ReadFile(name)
		if err != nil {
			w.fault("%s: %v", name, err)
			continue
		}
		if name == "words/values.txt" {
			w.readLists(string(data))
		} else {
			w.readLabels(string(data))
		}
	}
	return w
}

func (w *Words) fault(format string, args ...any) {
	w.faults = append(w.faults, fmt.Sprintf(format, args...))
}

// readLabels reads entries of a key and its lines; see the head of protocol.txt.
func (w *Words) readLabels(data string) {
	key := ""
	for line := range strings.Lines(data) {
		line = strings.TrimSpace(line)
		lang, rest, ok := cutLanguage(line)
		switch {
		case line == "" || line[0] == '#':
		case !ok:
			key = line
			if _, twice := w.labels[key]; twice {
				w.fault("label %s stands twice", key)
			}
			w.labels[key] = Label{}
		default:
			l := w.labels[key]
			text := strings.TrimSpace(rest[1:])
			if rest[0] == '=' {
				set(&l.Say, lang, text)
			} else {
				name, help, found := strings.Cut(text, " — ")
				if !found {
					w.fault("label %s has no explanation in %s", key, lang)
				}
				name, one, several := strings.Cut(name, " / ")
				if !several {
					one = name
				}
				set(&l.Name, lang, name)
				set(&l.One, lang, one)
				set(&l.Help, lang, help)
			}
			w.labels[key] = l
		}
	}
}

// cutLanguage splits "nl: text" or "nl= text" after the language.
func cutLanguage(line string) (lang, rest string, ok bool) {
	for _, l := range Languages() {
		if rest, found := strings.CutPrefix(line, l); found && rest != "" && (rest[0] == ':' || rest[0] == '=') {
			return l, rest, true
		}
	}
	return "", "", false
}

func set(t *policy.Text, lang, s string) {
	switch lang {
	case "nl":
		t.NL = s
	case "fr":
		t.FR = s
	default:
		t.EN = s
	}
}

// readLists reads the lists of words; see the head of values.txt.
func (w *Words) readLists(data string) {
	var l *list
	for line := range strings.Lines(data) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			head, keys, _ := strings.Cut(line[1:], "]")
			name, closed, _ := strings.Cut(head, " ")
			l = &list{name: name, closed: closed == "closed", words: map[string]policy.Text{}}
			for k := range strings.FieldsSeq(keys) {
				if w.lists[k] != nil {
					w.fault("%s has two lists of words", k)
				}
				w.lists[k] = l
			}
		default:
			parts := strings.Split(line, " | ")
			if len(parts) != 4 || l == nil {
				w.fault("no word in three languages: %s", line)
				continue
			}
			if _, twice := l.words[parts[0]]; twice {
				w.fault("word %s stands twice in %s", parts[0], l.name)
			}
			l.codes = append(l.codes, parts[0])
			l.words[parts[0]] = policy.Text{NL: parts[1], FR: parts[2], EN: parts[3]}
		}
	}
}

// Label returns what a key of a type is called: Label("Camera", "sound"). It
// is false for a key that no type has.
func (w *Words) Label(typ, key string) (Label, bool) {
	for _, k := range []string{typ + "." + key, "*." + key} {
		if l, ok := w.labels[k]; ok {
			return l, true
		}
	}
	return Label{Name: policy.Text{NL: key, FR: key, EN: key}, One: policy.Text{NL: key, FR: key, EN: key}}, false
}

// Word returns what a word of the file is called where it stands under a key
// of a type: Word("Camera", "sound", "forbidden"). It is false for words that
// the file's author chose.
func (w *Words) Word(typ, key, word string) (policy.Text, bool) {
	if l := w.lists[typ+"."+key]; l != nil {
		t, ok := l.words[word]
		return t, ok
	}
	return policy.Text{}, false
}

// Known lists the words that can stand under a key of a type, and whether
// they are the only ones.
func (w *Words) Known(typ, key string) (codes []string, closed bool) {
	if l := w.lists[typ+"."+key]; l != nil {
		return slices.Clone(l.codes), l.closed
	}
	return nil, false
}

// field is one key of a type of the protocol file.
type field struct {
	typ, key string
	index    int
	value    reflect.Type
}

func (f field) name() string { return f.typ + "." + f.key }

// fieldsOf lists the keys of a type in the order of its fields, without those
// of its Origin.
func fieldsOf(t reflect.Type) []field {
	var out []field
	for i := range t.NumField() {
		f := t.Field(i)
		if key := f.Tag.Get("yaml"); key != "" && !f.Anonymous {
			out = append(out, field{typ: t.Name(), key: key, index: i, value: f.Type})
		}
	}
	return out
}

// isBlock tells that a type holds keys, and is no single value.
func isBlock(t reflect.Type) bool {
	if t.Kind() != reflect.Struct {
		return false
	}
	for f := range t.Fields() {
		if f.Tag.Get("yaml") != "" || f.Anonymous {
			return t != reflect.TypeFor[policy.Text]()
		}
	}
	return false
}

// isList tells that a type is a list of blocks.
func isList(t reflect.Type) bool { return t.Kind() == reflect.Slice && isBlock(t.Elem()) }

// originOf returns where a block says that it comes from.
func originOf(v reflect.Value) policy.Origin {
	if f := v.FieldByName("Origin"); f.IsValid() {
		if o, ok := reflect.TypeAssert[policy.Origin](f); ok {
			return o
		}
	}
	return policy.Origin{}
}

// itemKey tells a block of a list from the others: its id, or what stands for
// one in types that have none.
func itemKey(v reflect.Value) string {
	parts := []string{}
	for _, name := range keyFields(v.Type()) {
		if s := v.FieldByName(name).String(); s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, "/")
}

// keyFields names the fields that make up the key of a block in a list.
func keyFields(t reflect.Type) []string {
	switch t {
	case reflect.TypeFor[policy.Permission]():
		return []string{"Role"}
	case reflect.TypeFor[policy.AccessStep]():
		return []string{"Step"}
	case reflect.TypeFor[policy.Consultation]():
		return []string{"Body"}
	case reflect.TypeFor[policy.Channel]():
		return []string{"Device"}
	case reflect.TypeFor[policy.Network]():
		return []string{"Interface"}
	case reflect.TypeFor[policy.RuleException]():
		return []string{"Rule"}
	case reflect.TypeFor[policy.Attestation]():
		return []string{"Rule", "Site"}
	default:
		return []string{"ID"}
	}
}

// keysOf returns the key of each block of a list. What stands twice is counted.
func keysOf(v reflect.Value) []string {
	seen := map[string]int{}
	out := make([]string, v.Len())
	for i := range out {
		k := itemKey(v.Index(i))
		if seen[k]++; seen[k] > 1 {
			out[i] = fmt.Sprintf("%s#%d", k, seen[k])
		} else {
			out[i] = k
		}
	}
	return out
}

// types lists every type that holds keys of the protocol file, by name.
func types() map[string]reflect.Type {
	found := map[string]reflect.Type{}
	var walk func(t reflect.Type)
	walk = func(t reflect.Type) {
		for t.Kind() == reflect.Slice || t.Kind() == reflect.Map || t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if !isBlock(t) && t != reflect.TypeFor[policy.Text]() || found[t.Name()] != nil {
			return
		}
		found[t.Name()] = t
		for _, f := range fieldsOf(t) {
			walk(f.value)
		}
	}
	walk(reflect.TypeFor[policy.Protocol]())
	return found
}

// sortedTypes lists the names of types in order.
func sortedTypes() []string { return slices.Sorted(maps.Keys(types())) }
