package policy

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/lensdop/lensdop/devices"
)

// about tells whether a consent speaks of a processing.
func (c Consent) about(q *Processing) bool {
	return slices.Contains(c.Processings, q.ID) || len(c.Processings) == 0 && !q.Checker
}

// stands tells that nobody withheld or annulled the consent.
func (c Consent) stands() bool { return (c.Given == nil || *c.Given) && c.Annulled.IsZero() }

// points lists the hashes with the keys that they have in the file.
func (c ConsentCovers) points() []consentPoint {
	return []consentPoint{{"purpose", c.Purpose}, {"access", c.Access}, {"retention", c.Retention}, {"other_use", c.OtherUse}, {"devices", c.Devices}}
}

type consentPoint struct {
	key  string
	hash Hash
}

// consents holds what each consent covered against what the protocol says now
// (rule CON-3), and prints the hashes to record where the file has none.
func (v *validator) consents(previous *Protocol) {
	if slices.ContainsFunc(v.problems, func(q Problem) bool { return q.Class == ClassError }) {
		return // what could not be read is no change
	}
	known := map[string]bool{}
	for i, c := range v.p.WorksCouncil.Consents {
		if !c.stands() {
			continue
		}
		at := join(index("works_council.consents", i), "covers")
		now, missing := v.p.ConsentHashes(c.Processings...).points(), []string{}
		for j, was := range c.Covers.points() {
			switch now := now[j]; {
			case was.hash == "":
				missing = append(missing, now.key+": "+string(now.hash))
			case was.hash != now.hash:
				q := v.p.stale(i, now)
				known[q.Code] = true
				v.conflict(q.Code, join(at, now.key), q.What, q.Fix)
			default:
			}
		}
		if len(missing) > 0 && c.Given != nil {
			v.open(code("consent-hashes", c.ID), at, fmt.Sprintf("%q does not record what it covered, so later changes cannot be seen (rule CON-3)", c.ID),
				"if it covered what the protocol says now, write covers: {"+strings.Join(missing, ", ")+"}")
		}
	}
	if previous != nil {
		for _, q := range v.p.ConsentProblems(previous) {
			if !known[q.Code] {
				v.problems = append(v.problems, q)
			}
		}
	}
}

// ConsentProblems compares the protocol with the version that the works council
// consented to, and reports a conflict for each point of each standing consent
// that has changed since. A consent that the earlier version does not have is
// compared, too. CheckSince reports the same and knows how the file resolves it.
func (p *Protocol) ConsentProblems(previous *Protocol) Problems {
	var out Problems
	for i, c := range p.WorksCouncil.Consents {
		if !c.stands() {
			continue
		}
		was := previous.ConsentHashes(c.Processings...).points()
		for j, now := range p.ConsentHashes(c.Processings...).points() {
			if now.hash != was[j].hash {
				out = append(out, p.stale(i, now))
			}
		}
	}
	return out
}

// stale is the problem of a point that has changed since a consent.
func (p *Protocol) stale(i int, now consentPoint) Problem {
	c := p.WorksCouncil.Consents[i]
	var at position
	if i < len(p.consentsAt) {
		at = p.consentsAt[i]
	}
	q := fault(at, fmt.Sprintf("what the protocol says of %s has changed since %q (rule CON-3)", consentWords(now.key), c.ID),
		fmt.Sprintf("let the works council agree again and record %s: %s, or undo the change", now.key, now.hash))
	q.Class, q.Code = ClassConflict, code("consent-stale", c.ID)+"/"+now.key
	return q
}

func consentWords(point string) string {
	return map[string]string{
		"purpose": "the purpose", "access": "who has access", "retention": "how long data are kept",
		"other_use": "use for other purposes", "devices": "the devices and where they are",
	}[point]
}

// ConsentHashes computes, for the processings that a consent is about (none
// means all but the checker's), the hash of what the protocol says now of each
// point that the works council weighs. Where a value comes from, notes and the
// order of entries are no part of it, nor is how something is said to a device:
// to confirm an assumed value does not make consent stale.
func (p *Protocol) ConsentHashes(processings ...string) ConsentCovers {
	asked := Consent{Processings: processings}
	about := func(id string) bool {
		if len(processings) > 0 {
			return slices.Contains(processings, id)
		}
		q, ok := find(p.Processing, func(q *Processing) bool { return q.ID == id })
		return !ok || asked.about(&q)
	}
	type purpose struct {
		ID, System string
		Purposes   []Purpose
		Prohibited []Purpose
		Subjects   []string
		Data       DataCategories
		Recording  Recording
		Covert     Covert
		Storage    Storage
	}
	type retention struct {
		ID        string
		Retention Retention
		Viewable  Viewable
		Store     Duration
	}
	type otherUse struct {
		ID           string
		Uses         []Use
		Consultation []Use
		Recipients   []Recipient
	}
	var purposes, retentions, uses, list []any
	for _, q := range p.Processing {
		if about(q.ID) {
			purposes = append(purposes, purpose{q.ID, q.System, q.Purposes, q.ProhibitedUses, q.DataSubjects, q.DataCategories, q.Recording, q.Covert, q.Storage})
			retentions = append(retentions, retention{q.ID, q.Retention, q.Viewable, Duration{}})
			uses = append(uses, otherUse{q.ID, q.Uses, q.Consultation, q.Recipients})
		}
	}
	type place struct{ ID, What, Site, Zone, Processing, Kind string }
	type view struct {
		ID    string
		Sees  []string
		Masks []Mask
	}
	type camera struct {
		ID        string
		Place     place
		Sees      []string
		Views     []view
		Masks     []Mask
		Sound     string
		MaxDetail float64
		Analytics []string
		Hidden    Hidden
		Until     Date
	}
	for i := range p.Cameras {
		c := &p.Cameras[i]
		if !about(c.Processing) {
			continue
		}
		var views []view
		for _, w := range c.Views {
			views = append(views, view{w.ID, w.Sees, w.Masks})
		}
		list = append(list, camera{c.ID, place{c.ID, "camera", c.Site, c.Zone, c.Processing, c.Type}, c.Sees, views, c.Masks, c.Sound, c.MaxDetail, c.Analytics, c.Hidden, c.Temporary.Until})
	}
	for _, r := range p.Readers {
		if about(r.Processing) {
			list = append(list, struct {
				ID         string
				Place      place
				Keeps      []string
				Biometrics bool
			}{r.ID, place{r.ID, "reader", r.Site, r.Zone, r.Processing, r.Format}, r.Keeps, r.Biometrics})
		}
	}
	for _, s := range p.Stores {
		if about(s.Processing) {
			list = append(list, struct {
				ID       string
				Place    place
				Location string
			}{s.ID, place{s.ID, "store", s.Site, "", s.Processing, s.Kind}, s.Location})
			retentions = append(retentions, retention{ID: "store " + s.ID, Store: s.Retention})
		}
	}
	for _, b := range p.Buttons {
		if about(b.Processing) {
			list = append(list, place{b.ID, "button", b.Site, b.Zone, b.Processing, ""})
		}
	}
	type live struct {
		ID      string
		Allowed bool
	}
	var watched, holds []any
	for i := range p.Sites {
		watched = append(watched, live{p.Sites[i].ID, p.liveAt(&p.Sites[i])})
	}
	for _, h := range p.Holds {
		if len(h.AppliesTo) == 0 || slices.ContainsFunc(h.AppliesTo, about) {
			holds = append(holds, h)
		}
	}
	return ConsentCovers{
		Purpose: hashOf(purposes),
		// The steps are taken in their order, so it counts.
		Access:    hashOf(map[string]any{"permissions": p.Permissions, "flow": steps(p.AccessFlow), "live": watched}),
		Retention: hashOf(map[string]any{"processing": retentions, "holds": holds}),
		OtherUse:  hashOf(uses),
		Devices:   hashOf(list),
	}
}

// steps numbers the steps of consulting recordings.
func steps(list []AccessStep) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = struct {
			Number int
			Step   AccessStep
		}{i + 1, s}
	}
	return out
}

// hashOf hashes the meaning of a value: its JSON without origins.
func hashOf(v any) Hash {
	sum := sha256.Sum256(plain(meaning(reflect.ValueOf(v))))
	return Hash("sha256:" + hex.EncodeToString(sum[:]))
}

// meaning copies a value into plain maps and lists, without origins, without
// what is empty, and with lists in an order of their own. Only the corners of
// an outline keep theirs.
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
				panic(err) // dates and durations always have a text
			}
			return string(b)
		}
		m := map[string]any{}
		for f, fv := range v.Fields() {
			if f.Type == reflect.TypeFor[Origin]() || fv.IsZero() {
				continue
			}
			if x := meaning(fv); x != nil {
				m[f.Name] = x
			}
		}
		return m
	case reflect.Map:
		m := map[string]any{}
		for it := v.MapRange(); it.Next(); {
			m[it.Key().String()] = meaning(it.Value())
		}
		return m
	case reflect.Slice:
		if v.Len() == 0 {
			return nil
		}
		list := make([]any, v.Len())
		for i := range list {
			list[i] = meaning(v.Index(i))
		}
		if v.Type().Elem() != reflect.TypeFor[devices.Point]() {
			slices.SortFunc(list, func(a, b any) int { return bytes.Compare(plain(a), plain(b)) })
		}
		return list
	default:
		return v.Interface()
	}
}

// plain is the JSON of what meaning returns.
func plain(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("a part of a protocol has no JSON: %v", err)) // only plain data come in
	}
	return b
}
