package policy

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// AssumedIn lists the values of what ConsentHashes covers for some processings
// (none means all but the checker's) that nobody decided: they are marked
// basis: assumed. Who lets a works council consent to the hashes lets it consent
// to these, too. Each is a path with ids: processing video: retention.max.
func (p *Protocol) AssumedIn(processings ...string) []string {
	asked := Consent{Processings: processings}
	about := func(id string) bool {
		q, ok := find(p.Processing, func(q *Processing) bool { return q.ID == id })
		return slices.Contains(processings, id) || len(processings) == 0 && (!ok || asked.about(&q))
	}
	var out []string
	// look goes through the fields of a block of one of the protocol's lists.
	look := func(key, id string, block any, fields ...string) {
		word := p.Basis.All
		explicit := false
		for _, k := range []string{key, key + "." + id} {
			if w := p.Basis.Fields[k]; w != "" {
				word, explicit = w, true
			}
		}
		name := key
		if id != "" {
			name += " " + id
		}
		out = append(out, assumed(name+": ", reflect.ValueOf(block), word, explicit, fields)...)
	}
	for _, q := range p.Processing {
		if about(q.ID) {
			look("processing", q.ID, q, "system", "purposes", "prohibited_uses", "data_subjects", "data_categories", "recording", "covert", "storage",
				"retention", "viewable", "uses", "consultation", "recipients")
		}
	}
	for i, r := range p.Permissions {
		look("permissions", fmt.Sprint(i+1), r)
	}
	for _, s := range p.AccessFlow {
		look("access_flow", s.Step, s)
	}
	for _, s := range p.Sites {
		look("sites", s.ID, s, "live_view")
	}
	for _, h := range p.Holds {
		if len(h.AppliesTo) == 0 || slices.ContainsFunc(h.AppliesTo, about) {
			look("holds", h.ID, h)
		}
	}
	if slices.ContainsFunc(p.Cameras, func(c Camera) bool { return about(c.Processing) }) {
		look("camera_defaults", "", p.CameraDefaults, "type", "sound", "max_detail", "analytics")
	}
	for i, c := range p.Cameras {
		if about(c.Processing) {
			fields := []string{"site", "zone", "type", "sees", "views", "masks", "sound", "max_detail", "analytics", "hidden", "temporary"}
			look("cameras", c.ID, c, slices.DeleteFunc(fields, func(key string) bool { return !p.Written(join(index("cameras", i), key)) })...)
		}
	}
	for _, r := range p.Readers {
		if about(r.Processing) {
			look("readers", r.ID, r, "site", "zone", "format", "keeps", "biometrics")
		}
	}
	for _, s := range p.Stores {
		if about(s.Processing) {
			look("stores", s.ID, s, "site", "kind", "location", "retention")
		}
	}
	for _, b := range p.Buttons {
		if about(b.Processing) {
			look("buttons", b.ID, b, "site", "zone")
		}
	}
	return out
}

// assumed lists the fields of a block that are assumed, the named ones or, if
// none is, all. word is what stands around the block; an article of its own makes
// a block the protocol's own words, unless the block around marks that very field.
func assumed(at string, block reflect.Value, word string, explicit bool, fields []string) []string {
	var own Origin
	if f := block.FieldByName("Origin"); f.IsValid() {
		own, _ = reflect.TypeAssert[Origin](f)
	}
	if own.Ref != "" && !explicit {
		word = ""
	}
	if own.Basis.All != "" {
		word = own.Basis.All
	}
	var out []string
	for f, v := range block.Fields() {
		key := f.Tag.Get("yaml")
		if key == "" || key == "id" || v.IsZero() || fields != nil && !slices.Contains(fields, key) {
			continue
		}
		word, explicit := word, false
		if w := own.Basis.Fields[key]; w != "" {
			word, explicit = w, true
		}
		switch {
		case isBlock(v.Type()):
			out = append(out, assumed(at+key+".", v, word, explicit, nil)...)
		case v.Kind() == reflect.Slice && isBlock(v.Type().Elem()):
			for i := range v.Len() {
				out = append(out, entry(at+key, i, v.Index(i), word, explicit, own)...)
			}
		default:
			if word == BasisAssumed || anyItem(own, key) {
				out = append(out, at+key)
			}
		}
	}
	return out
}

// entry is assumed for one block of a list.
func entry(at string, i int, block reflect.Value, word string, explicit bool, around Origin) []string {
	name := fmt.Sprint(i + 1)
	key := at[strings.LastIndexAny(at, ". ")+1:]
	if id := block.FieldByName("ID"); id.IsValid() && id.String() != "" {
		name = id.String()
		if w := around.Basis.Fields[key+"."+name]; w != "" {
			word, explicit = w, true
		}
	}
	return assumed(at+"["+name+"].", block, word, explicit, nil)
}

// isBlock tells that a type is a block of keys, and not one value.
func isBlock(t reflect.Type) bool {
	if t.Kind() != reflect.Struct {
		return false
	}
	_, ok := t.FieldByName("Origin")
	return ok
}

// anyItem tells that one item of a list of words is marked as assumed.
func anyItem(o Origin, key string) bool {
	for k, w := range o.Basis.Fields {
		if w == BasisAssumed && strings.HasPrefix(k, key+".") {
			return true
		}
	}
	return false
}
