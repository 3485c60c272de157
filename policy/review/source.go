package review

import (
	"fmt"
	"reflect"

	"github.com/lensdop/lensdop/policy"
)

// source tells where a statement comes from: an article, an assumption, the
// law, nowhere in the file, or (all empty) the protocol's own words without an article.
type source struct {
	ref   string
	basis string
	// filled tells that the file does not say it there: it follows from what
	// holds for all cameras or for the device, or is what holds everywhere.
	filled bool
	// file tells that it belongs to the file, such as its version: no
	// document says it.
	file bool
}

// child is the source of a block that stands under a field of another: what
// the block says itself, or else what the field has.
//
// An article of its own makes a block the protocol's own words, unless the
// block around it marks that very field.
func (b blockSource) child(key string, i int, item string, o policy.Origin) blockSource {
	s, explicit := b.of(key, item)
	out := blockSource{source: s, fields: o.Basis.Fields, path: join(b.path, key)}
	if i >= 0 {
		out.path = fmt.Sprintf("%s[%d]", out.path, i)
	}
	if o.Ref != "" {
		out.ref = o.Ref
		if !explicit {
			out.basis = ""
		}
	}
	if o.Basis.All != "" {
		out.basis = o.Basis.All
	}
	return out
}

// blockSource is the source of a block, and of the fields that differ from it.
type blockSource struct {
	source

	fields map[string]string
	path   string // as in cameras[2].masks[0]
}

// of returns the source of a field, or of one item of it, and whether the
// block marks it by name.
func (b blockSource) of(key, item string) (source, bool) {
	s := b.source
	for _, name := range []string{key + "." + item, key} {
		if word := b.fields[name]; word != "" && (item != "" || name == key) {
			s.basis = word
			return s, true
		}
	}
	return s, false
}

// top is the source of the protocol itself.
func top(p *policy.Protocol) blockSource {
	o := p.Origin
	return blockSource{source: source{ref: o.Ref, basis: o.Basis.All}, fields: o.Basis.Fields}
}

// mark says a source in brackets, as the legend explains it.
func (s source) mark(lang string) string {
	ref := escape(s.ref)
	if s.filled {
		return "*[" + pick(lang, "ingevuld", "complété", "filled in") + "]*"
	}
	if s.file {
		return "*[" + pick(lang, "bestand", "fichier", "file") + "]*"
	}
	switch s.basis {
	case "":
		if ref == "" {
			return "[" + noArticle(lang) + "]"
		}
		return "[" + ref + "]"
	case policy.BasisAssumed:
		if ref != "" {
			ref = pick(lang, "; bij ", "; voir ", "; at ") + ref
		}
		return "**[" + assumedWord(lang) + ref + "]**"
	case policy.BasisLaw:
		if ref != "" {
			ref = pick(lang, "; bij ", "; voir ", "; at ") + ref
		}
		return "*[" + pick(lang, "wet", "loi", "law") + ref + "]*"
	default:
		return "[" + escape(s.basis) + " " + ref + "]"
	}
}

// ofFile tells that a key belongs to the file and its making, so that the article
// of the block around it does not say it.
func ofFile(f field) bool {
	switch f.name() {
	case "Protocol.apiVersion", "Protocol.kind", "Metadata.id", "Metadata.version", "Metadata.jurisdiction", "Metadata.timezone", "Site.timezone",
		"DerivedFrom.id", "Processing.system", "Processing.checker", "CameraDefaults.processing", "Attestation.rule", "Conflict.code":
		return true
	default:
		return false
	}
}

func assumedWord(lang string) string {
	return pick(lang, "aangenomen, te bevestigen", "supposé, à confirmer", "assumed, to be confirmed")
}

func noArticle(lang string) string {
	return pick(lang, "zonder artikel", "sans article", "no article")
}

// isEmpty tells that a value says nothing. False counts as said only where a
// block tells where it comes from.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice:
		return v.IsNil()
	default:
		return v.IsZero()
	}
}
