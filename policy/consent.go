package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
)

// ConsentHashes computes, for the processings that a consent is about (none
// means all), the hash of what the protocol says now of each point that the
// works council weighs. Where a value comes from, notes and order are no part
// of it: to confirm an assumed value does not make consent stale.
func (p *Protocol) ConsentHashes(processings ...string) ConsentCovers {
	about := func(id string) bool { return len(processings) == 0 || slices.Contains(processings, id) }
	type purpose struct {
		ID         string
		System     string
		Purposes   []Purpose
		Prohibited []Purpose
		Data       DataCategories
		Recording  Recording
		Covert     Covert
	}
	type retention struct {
		ID        string
		Retention Retention
		Viewable  Viewable
	}
	type otherUse struct {
		ID           string
		Uses         []Use
		Consultation []Use
		Recipients   []Recipient
	}
	var purposes, retentions, uses []any
	for _, q := range p.Processing {
		if q.Checker || !about(q.ID) {
			continue
		}
		purposes = append(purposes, purpose{q.ID, q.System, q.Purposes, q.ProhibitedUses, q.DataCategories, q.Recording, q.Covert})
		retentions = append(retentions, retention{q.ID, q.Retention, q.Viewable})
		uses = append(uses, otherUse{q.ID, q.Uses, q.Consultation, q.Recipients})
	}
	type place struct{ ID, Site, Zone, Processing, Kind string }
	type camera struct {
		Place     place
		Sees      []string
		Views     []CameraView
		Masks     []Mask
		Sound     string
		MaxDetail float64
		Analytics []string
	}
	var list []any
	for i := range p.Cameras {
		if c := &p.Cameras[i]; about(c.Processing) {
			list = append(list, camera{place{c.ID, c.Site, c.Zone, c.Processing, c.Type}, c.Sees, c.Views, c.Masks, c.Sound, c.MaxDetail, c.Analytics})
		}
	}
	for _, r := range p.Readers {
		if about(r.Processing) {
			list = append(list, struct {
				Place      place
				Keeps      []string
				Biometrics bool
			}{place{r.ID, r.Site, r.Zone, r.Processing, r.Format}, r.Keeps, r.Biometrics})
		}
	}
	for _, s := range p.Stores {
		if about(s.Processing) {
			list = append(list, place{s.ID, s.Site, "", s.Processing, s.Kind})
		}
	}
	for _, b := range p.Buttons {
		if about(b.Processing) {
			list = append(list, place{b.ID, b.Site, b.Zone, b.Processing, "button"})
		}
	}
	live := []any{p.LiveView}
	for _, s := range p.Sites {
		live = append(live, []string{s.ID, s.LiveView})
	}
	return ConsentCovers{
		Purpose:   hashOf(purposes),
		Access:    hashOf([]any{p.Permissions, p.AccessFlow, live}),
		Retention: hashOf([]any{retentions, p.Holds}),
		OtherUse:  hashOf(uses),
		Devices:   hashOf(list),
	}
}

// hashOf hashes the meaning of a value: its JSON without origins.
func hashOf(v any) Hash {
	b, err := json.Marshal(meaning(reflect.ValueOf(v)))
	if err != nil {
		panic(fmt.Sprintf("a part of a protocol has no JSON: %v", err)) // only plain data come in
	}
	sum := sha256.Sum256(b)
	return Hash("sha256:" + hex.EncodeToString(sum[:]))
}

// meaning copies a value into plain maps and lists, without origins, without
// what is empty, and with lists of plain words in order.
func meaning(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return meaning(v.Elem())
	case reflect.Struct:
		if t, ok := reflect.TypeAssert[interface{ MarshalText() ([]byte, error) }](v); ok {
			b, err := t.MarshalText()
			if err != nil {
				panic(err)
			}
			return string(b)
		}
		m := map[string]any{}
		for f, fv := range v.Fields() {
			if f.Type == reflect.TypeFor[Origin]() {
				continue
			}
			if x := meaning(fv); x != nil && !fv.IsZero() {
				m[f.Name] = x
			}
		}
		return m
	case reflect.Slice:
		var list []any
		words := true
		for i := range v.Len() {
			e := v.Index(i)
			words = words && e.Kind() == reflect.String
			list = append(list, meaning(e))
		}
		if words {
			slices.SortFunc(list, func(a, b any) int {
				x, _ := a.(string)
				y, _ := b.(string)
				return slices.Compare([]byte(x), []byte(y))
			})
		}
		return list
	default:
		return v.Interface()
	}
}
