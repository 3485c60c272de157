package review

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/lensdop/lensdop/policy"
)

// document is a readable document in the making.
type document struct {
	*Words

	lang    string
	p       *policy.Protocol
	out     bytes.Buffer
	names   map[string]map[string]string // by kind of thing, then by id
	trail   []string                     // what we are in: "Camera ‘hal’", "Retention"
	assumed []string                     // every statement to be confirmed
	foreign []foreignText
}

// foreignText is a text that the protocol gives in several languages.
type foreignText struct {
	where string
	text  policy.Text
}

// Show writes a protocol as a document in Markdown that people can put beside
// the paper, in nl, fr or en. Every statement carries its source: an article,
// the law, or that it is assumed; what is assumed is listed once more at the
// end. problems are those that the file's check found; none is fine. Text of
// the file is escaped. The errors are a language that there is none of, no
// protocol, and those of w.
func Show(w io.Writer, p *policy.Protocol, problems policy.Problems, lang string) error {
	if !slices.Contains(Languages(), lang) {
		return fmt.Errorf("no words in language %q; there are %s", lang, strings.Join(Languages(), ", "))
	}
	if p == nil {
		return errors.New("no protocol to show")
	}
	d := &document{Words: Load(), lang: lang, p: p}
	d.nameThings()
	d.head()
	for i, c := range chapters() {
		d.printf("\n## %d. %s\n", i+1, c.title.In(lang))
		before := d.out.Len()
		d.chapter(c, problems)
		if d.out.Len() == before {
			d.printf("\n%s\n", pick(lang, "Het protocol zegt hier niets over.", "Le protocole n'en dit rien.", "The protocol says nothing of this."))
		}
	}
	d.tail(len(chapters()))
	_, err := w.Write(d.out.Bytes())
	return err
}

func (d *document) printf(format string, args ...any) { fmt.Fprintf(&d.out, format, args...) }

func (d *document) pick(nl, fr, en string) string { return pick(d.lang, nl, fr, en) }

// head writes the title, what the document is, and the legend.
func (d *document) head() {
	m := d.p.Metadata
	d.printf("# %s\n", escape(m.Title.In(d.lang)))
	d.note("", d.p.Note)
	line := d.pick("Versie", "Version", "Version") + " " + escape(m.Version)
	if m.Adopted.By != "" {
		line += d.pick(", vastgesteld door ", ", adopté par: ", ", adopted by ") + escape(m.Adopted.By)
	}
	if !m.Adopted.Date.IsZero() {
		line += d.pick(", op ", ", le ", ", on ") + dateText(d.lang, m.Adopted.Date)
	}
	d.printf("\n%s.\n", line)
	d.printf("\n%s\n\n", d.pick(
		"Dit document is gemaakt uit het protocolbestand. Achter elke uitspraak staat waar ze vandaan komt:",
		"Ce document est établi à partir du fichier du protocole. Chaque énoncé est suivi de son origine:",
		"This document is made from the protocol file. After every statement stands where it comes from:"))
	for _, s := range []struct {
		source
		nl, fr, en string
	}{
		{source{ref: d.pick("Art. 6", "Art. 6", "Art. 6")}, "staat volgens het bestand in dat artikel van het geschreven protocol", "figure, selon le fichier, dans cet article du protocole écrit", "stands, by the file, in that article of the written protocol"},
		{source{}, "is volgens het bestand een woord van het protocol, maar er staat geen artikel bij", "est, selon le fichier, un énoncé du protocole, mais sans article", "is, by the file, the protocol's own word, but without an article"},
		{source{file: true}, "hoort bij het bestand zelf, zoals een kenmerk of een lege lijst; geen document zegt dit", "appartient au fichier lui-même, comme un identifiant ou une liste vide; aucun document ne le dit", "belongs to the file itself, such as an id or an empty list; no document says it"},
		{source{basis: policy.BasisLaw}, "komt uit de wet", "vient de la loi", "comes from the law"},
		{source{filled: true}, "staat niet op deze plaats in het bestand; het volgt uit wat voor alle camera's of voor het apparaat geldt, of is de waarde die Lensdop aanhoudt", "ne figure pas à cet endroit du fichier; découle de ce qui vaut pour toutes les caméras ou pour l'appareil, ou est la valeur retenue par Lensdop", "does not stand at this place of the file; it follows from what holds for all cameras or for the device, or is the value that Lensdop takes"},
		{source{basis: policy.BasisAssumed}, "staat niet in het geschreven protocol; wie er verantwoordelijk voor is moet het bevestigen (alle punten staan achteraan)", "ne figure pas dans le protocole écrit; le responsable doit le confirmer (liste complète à la fin)", "is not in the written protocol; whoever is responsible has to confirm it (all of them are listed at the end)"},
	} {
		d.printf("- %s %s\n", s.mark(d.lang), d.pick(s.nl, s.fr, s.en))
	}
	d.printf("\n%s\n", d.pick(
		"Binnen een opsomming hoort een herkomst alleen bij het woord dat ervoor staat, de laatste bij de rest.",
		"Dans une énumération, une origine ne vaut que pour le mot qui la précède; la dernière vaut pour le reste.",
		"Within a list of words a source belongs to the word before it alone, the last one to the rest."))
	if s := top(d.p); s.ref != "" || s.basis != "" {
		d.printf("\n%s %s\n", d.pick("Waar een blok niets zegt, geldt:", "Sauf indication contraire:", "Where a block says nothing, this holds:"), s.mark(d.lang))
	}
}

// chapter writes one chapter; nothing, if the protocol says nothing of it.
func (d *document) chapter(c chapter, problems policy.Problems) {
	root := reflect.ValueOf(*d.p)
	src := top(d.p)
	fields := fieldsOf(root.Type())
	if c.checker {
		for i := range d.p.Processing {
			if q := d.p.Processing[i]; q.Checker {
				d.processing(src, i, q, nil)
			}
		}
		if _, ok := d.p.Checker(); !ok {
			d.printf("\n%s\n", d.pick(
				"Dit protocol kent Lensdop niet als verwerking. Lensdop zoekt en bevraagt dan apparaten, maar opent geen beeldstroom.",
				"Ce protocole ne connaît pas Lensdop comme traitement. Lensdop cherche et interroge alors les appareils, mais n'ouvre aucun flux.",
				"This protocol does not know Lensdop as a processing. Lensdop then finds and asks devices, but opens no stream."))
		}
	}
	for _, key := range c.keys {
		if key == "processing" {
			for i, q := range d.p.Processing {
				if !q.Checker {
					d.processing(src, i, q, c.processing)
				}
			}
			continue
		}
		f := fields[slices.IndexFunc(fields, func(f field) bool { return f.key == key })]
		d.section(f, root.Field(f.index), src, c.title.In(d.lang))
	}
	if c.problems {
		d.problems(problems)
	}
}

// section writes what stands under a key of the protocol, with a heading
// unless the chapter's is the same.
func (d *document) section(f field, v reflect.Value, src blockSource, chapter string) {
	l, _ := d.Label(f.typ, f.key)
	heading := "\n"
	if l.Name.In(d.lang) != chapter {
		heading = "\n### " + l.Name.In(d.lang) + "\n\n"
	}
	switch {
	case isEmpty(v):
	case isList(f.value):
		d.printf("%s", heading)
		d.list("", f, v, src)
	case isBlock(f.value):
		o := originOf(v)
		d.printf("%s", heading)
		defer d.enter(l.Name.In(d.lang))()
		own := src.child(f.key, -1, "", o)
		if o.Ref != "" || o.Basis.All != "" {
			d.printf("%s\n\n", own.mark(d.lang))
		}
		d.block("", v, own, keysOfBlock(v))
	default:
		d.printf("\n")
		d.leaf("", f, v, src)
	}
}

// processing writes what a chapter tells of one processing: the keys given, or all.
func (d *document) processing(src blockSource, i int, q policy.Processing, keys []string) {
	v := reflect.ValueOf(q)
	begins := keys == nil || slices.Contains(keys, "name") // its heading carries its own source and note
	if !begins && !slices.ContainsFunc(fieldsOf(v.Type()), func(f field) bool {
		return slices.Contains(keys, f.key) && !isEmpty(v.Field(f.index))
	}) {
		return
	}
	l, _ := d.Label("Protocol", "processing")
	own := src.child("processing", i, q.ID, q.Origin)
	d.printf("\n### %s\n\n", capital(d.title(l.One.In(d.lang), v, q.ID)))
	if begins {
		if q.Ref != "" || q.Basis.All != "" {
			d.printf("%s\n\n", own.mark(d.lang))
		}
	}
	defer d.enter(l.One.In(d.lang) + " " + quoted(d.lang, escape(q.ID)))()
	if begins {
		d.note("", q.Note)
	}
	d.fields("", v, own, keys)
}

// title is the heading of a block: "Camera Hal noord (‘hal-noord’)".
func (d *document) title(kind string, v reflect.Value, key string) string {
	for _, name := range []string{"Name", "Title"} {
		if f := v.FieldByName(name); f.IsValid() {
			s := f.String()
			if t, ok := reflect.TypeAssert[policy.Text](f); ok {
				s = t.In(d.lang)
			}
			if s != "" {
				return kind + ": " + escape(s) + " (" + quoted(d.lang, escape(key)) + ")"
			}
		}
	}
	return kind + " " + quoted(d.lang, escape(key))
}

func (d *document) enter(name string) (leave func()) {
	if len(d.trail) == 0 {
		name = capital(name)
	}
	d.trail = append(d.trail, name)
	return func() { d.trail = d.trail[:len(d.trail)-1] }
}

// problems writes what the check of the file found.
func (d *document) problems(problems policy.Problems) {
	for _, c := range []struct {
		class      policy.Class
		nl, fr, en string
	}{
		{policy.ClassError, "Fouten in het bestand", "Erreurs dans le fichier", "Errors in the file"},
		{policy.ClassConflict, "Tegenstrijdigheden gevonden bij de controle van het bestand", "Contradictions trouvées lors du contrôle du fichier", "Conflicts that the check of the file found"},
		{policy.ClassOpen, "Wat de bron niet zegt", "Ce que la source ne dit pas", "What the source does not say"},
	} {
		first := true
		for _, p := range problems {
			if p.Class != c.class {
				continue
			}
			if first {
				d.printf("\n### %s\n\n", d.pick(c.nl, c.fr, c.en))
				first = false
			}
			line := leading(escape(p.What))
			if p.Fix != "" {
				line += "; " + escape(p.Fix)
			}
			d.printf("- %s (%s:%d:%d", line, escape(p.File), p.Line, p.Column)
			if p.Code != "" {
				d.printf("; %s", escape(p.Code))
			}
			d.printf(")\n")
			switch {
			case p.Resolution != "":
				heading := d.pick("Oplossing:", "Solution:", "Resolution:")
				if p.Assumed {
					heading = d.pick("Voorgestelde oplossing, te bevestigen:", "Solution proposée, à confirmer:", "Proposed resolution, to be confirmed:")
				}
				d.printf("  - **%s** %s\n", heading, escape(p.Resolution))
			case p.Class == policy.ClassConflict:
				d.printf("  - **%s**\n", d.pick("Nog geen oplossing.", "Pas encore de solution.", "No resolution yet."))
			default:
			}
		}
	}
}

// tail writes what is to be confirmed, and the texts in other languages.
func (d *document) tail(chapters int) {
	d.printf("\n## %d. %s\n\n", chapters+1, d.pick("Te bevestigen", "À confirmer", "To be confirmed"))
	if len(d.assumed) == 0 {
		d.printf("%s\n", d.pick("Niets in dit protocol is aangenomen.", "Rien dans ce protocole n'est supposé.", "Nothing in this protocol is assumed."))
	} else {
		d.printf("%s\n\n", d.pick(
			"Dit staat niet in het geschreven protocol en is aangenomen. Bevestig of verbeter elk punt.",
			"Ceci ne figure pas dans le protocole écrit et est supposé. Confirmez ou corrigez chaque point.",
			"This is not in the written protocol and was assumed. Confirm or correct each point."))
		for i, s := range d.assumed {
			d.printf("%d. %s\n", i+1, s)
		}
	}
	if len(d.foreign) == 0 {
		return
	}
	d.printf("\n## %d. %s\n\n", chapters+2, d.pick("Dezelfde teksten in andere talen", "Les mêmes textes dans d'autres langues", "The same texts in other languages"))
	d.printf("| | Nederlands | Français | English |\n|---|---|---|---|\n")
	for _, t := range d.foreign {
		d.printf("| %s | %s | %s | %s |\n", t.where, escape(t.text.NL), escape(t.text.FR), escape(t.text.EN))
	}
}
