package rules_test

import (
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/rules"
)

// conDay is a date of 2026.
func conDay(month time.Month, day int) policy.Date {
	return policy.Date{Year: 2026, Month: month, Day: day}
}

const conHash = policy.Hash("sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")

// conGood makes a world in which the works council consented to everything on 5
// January 2026, the protocol was adopted after it, and all came on in February.
func conGood(f *rules.Facts) {
	p := f.Protocol
	p.Guidelines = []policy.Guideline{{ID: policy.GuidelineWorksCouncil}, {ID: policy.GuidelineHR}}
	m := &p.Metadata
	m.Adopted, m.Published = policy.Adopted{Date: conDay(time.January, 13)}, policy.Dated{Date: conDay(time.January, 20)}
	m.Effective = policy.Effective{Rule: "first-day-after-publication", Date: conDay(time.January, 21)}
	m.Supersedes, m.Document = []policy.Earlier{}, policy.Document{}
	m.Consultations = []policy.Consultation{
		{Body: "dpo", Date: conDay(time.January, 2)},
		{Body: "works-council", Date: conDay(time.January, 5)},
		{Body: "staff", From: conDay(time.January, 2), Until: conDay(time.January, 9)},
	}
	p.Notices = nil
	first := conDay(time.February, 2)
	var seen []rules.Seen
	at := dsrAt(2026, time.February, 2, 8, 0)
	for i := range p.Processing {
		p.Processing[i].FirstUse = first
		delete(p.Processing[i].Basis.Fields, "first_use")
		if p.Processing[i].Basis.All == policy.BasisAssumed {
			p.Processing[i].Basis = policy.Basis{}
		}
		if p.Processing[i].ID == "badge" {
			p.Processing[i].System = policy.SystemAccess
		}
	}
	for i := range p.Cameras {
		p.Cameras[i].FirstUse, p.Cameras[i].Basis = first, policy.Basis{}
		seen = append(seen, rules.Seen{ID: p.Cameras[i].ID, Kind: "camera", First: at})
	}
	for i := range p.Readers {
		p.Readers[i].FirstUse, p.Readers[i].Basis = first, policy.Basis{}
		seen = append(seen, rules.Seen{ID: p.Readers[i].ID, Kind: "reader", First: at})
	}
	// Everything the consent covers is what the file says: the reader came with it.
	p.Readers[0].FirstUse = conDay(time.January, 5)
	seen[len(seen)-1].First = dsrAt(2026, time.January, 5, 8, 0)
	f.Inventory = devices.Of(seen)
	yes := true
	p.WorksCouncil = policy.WorksCouncil{Body: "ondernemingsraad", Consents: []policy.Consent{{
		ID: "or", Kind: policy.ConsentGiven, Given: &yes, Date: conDay(time.January, 5), Document: policy.Document{SHA256: conHash},
		Covers: p.ConsentHashes(),
	}}}
}

// conWith changes the good world.
func conWith(change func(f *rules.Facts, c *policy.Consent)) func(*rules.Facts) {
	return func(f *rules.Facts) {
		conGood(f)
		change(f, &f.Protocol.WorksCouncil.Consents[0])
	}
}

// conNone is the good world without any record of the works council.
func conNone(change func(f *rules.Facts)) func(*rules.Facts) {
	return conWith(func(f *rules.Facts, _ *policy.Consent) {
		f.Protocol.WorksCouncil.Consents = nil
		f.Protocol.Metadata.Consultations = nil
		f.Protocol.Metadata.Published = policy.Dated{}
		change(f)
	})
}

// conBelgian is the good world under Belgian law, with one advice.
func conBelgian(change func(f *rules.Facts, c *policy.Consent)) func(*rules.Facts) {
	return conWith(func(f *rules.Facts, c *policy.Consent) {
		f.Protocol.Metadata.Jurisdiction = policy.JurisdictionBE
		c.Kind, c.Given = policy.ConsentAdvice, nil
		change(f, c)
	})
}

// consentCases are the rows for the entries in catalogue_consent.go.
func consentCases() []ruleCase {
	const camera = "CON-1/entree"
	no, yes := false, true
	same := func(*rules.Facts, *policy.Consent) {}
	nothing := func(*rules.Facts) {}
	// A document of every point, in the municipality's own words.
	complete := func(f *rules.Facts) {
		dsrUnion(f)
		p := f.Protocol
		p.Permissions = []policy.Permission{{Role: "location-manager", Allow: []string{policy.VerbPlayback}}}
		p.Rights = policy.Rights{Policy: "Privacy policy"}
		for i := range p.Processing {
			q := &p.Processing[i]
			q.Origin, q.Retention, q.Storage = policy.Origin{}, policy.Retention{Max: policy.Duration{Days: 28}}, policy.Storage{Location: "server room"}
			q.DataCategories = policy.DataCategories{Video: true, Fields: []string{"badge", "time"}}
		}
	}
	incomplete := func(change func(*rules.Facts)) func(*rules.Facts) {
		return func(f *rules.Facts) { complete(f); change(f) }
	}
	return []ruleCase{
		{"CON-1", "used after consent", conGood, camera, rules.Pass},
		{"CON-1", "reader used on the day itself", conGood, "CON-1/personeelsingang", rules.Unproven},
		{"CON-1", "seen the day before consent", conWith(func(f *rules.Facts, _ *policy.Consent) { conSeen(f, dsrAt(2026, time.January, 4, 23, 59)) }), camera, rules.Fail},
		{"CON-1", "seen at midnight of the day of consent, by Dutch clocks", conWith(func(f *rules.Facts, _ *policy.Consent) { conSeen(f, dsrAt(2026, time.January, 5, 0, 0)) }), camera, rules.Unproven},
		{"CON-1", "seen at the next midnight", conWith(func(f *rules.Facts, _ *policy.Consent) { conSeen(f, dsrAt(2026, time.January, 6, 0, 0)) }), camera, rules.Pass},
		{"CON-1", "the file itself says earlier", conWith(func(f *rules.Facts, _ *policy.Consent) {
			f.Protocol.Cameras[cam].FirstUse = conDay(time.January, 1)
			f.Inventory = devices.Value[[]rules.Seen]{}
		}), camera, rules.Fail},
		{"CON-1", "no inventory", conWith(func(f *rules.Facts, _ *policy.Consent) { f.Inventory = devices.Value[[]rules.Seen]{} }), camera, rules.Unproven},
		{"CON-1", "neither seen nor stated", conWith(func(f *rules.Facts, _ *policy.Consent) {
			f.Inventory = devices.Of([]rules.Seen{})
			f.Protocol.Cameras[cam].FirstUse = policy.Date{}
		}), camera, rules.Unproven},
		{"CON-1", "confirmed later", conWith(func(f *rules.Facts, c *policy.Consent) {
			again := *c
			again.ID, again.Date = "or-2", conDay(time.March, 1)
			f.Protocol.WorksCouncil.Consents = append(f.Protocol.WorksCouncil.Consents, again)
		}), camera, rules.Pass},
		{"CON-1", "no record", conNone(nothing), camera, rules.Unproven},
		{"CON-1", "withheld", conWith(func(_ *rules.Facts, c *policy.Consent) { c.Given = &no }), camera, rules.Fail},
		{"CON-1", "of another processing", conWith(func(_ *rules.Facts, c *policy.Consent) { c.Processings = []string{"badge"} }), camera, rules.Unproven},
		{"CON-1", "no date", conWith(func(_ *rules.Facts, c *policy.Consent) { c.Date = policy.Date{} }), camera, rules.Unproven},
		{"CON-1", "same devices", conGood, "CON-1/devices/or", rules.Pass},
		{"CON-1", "a camera more", conWith(func(f *rules.Facts, _ *policy.Consent) {
			c := f.Protocol.Cameras[cam]
			c.ID = "achterdeur"
			f.Protocol.Cameras = append(f.Protocol.Cameras, c)
		}), "CON-1/devices/or", rules.Fail},
		{"CON-1", "devices not recorded", conWith(func(_ *rules.Facts, c *policy.Consent) { c.Covers.Devices = "" }), "CON-1/devices/or", rules.Unproven},
		{"CON-1", "consent without a document", conWith(func(_ *rules.Facts, c *policy.Consent) { c.Document = policy.Document{} }), camera, rules.Unproven},
		{"CON-1", "used after an earlier consent without a document, before a later one with it", conWith(func(f *rules.Facts, c *policy.Consent) {
			later := *c
			later.ID, later.Date = "or-2", conDay(time.March, 1)
			c.Document = policy.Document{}
			f.Protocol.WorksCouncil.Consents = append(f.Protocol.WorksCouncil.Consents, later)
		}), camera, rules.Unproven},
		{"CON-1", "used before both", conWith(func(f *rules.Facts, c *policy.Consent) {
			later := *c
			later.ID, later.Date = "or-2", conDay(time.March, 1)
			c.Document, c.Date = policy.Document{}, conDay(time.February, 10)
			f.Protocol.WorksCouncil.Consents = append(f.Protocol.WorksCouncil.Consents, later)
		}), camera, rules.Fail},
		// Conflict 11: consent in the Netherlands, advice in Belgium.
		{"CON-1", "advice is not enough in the Netherlands", conWith(func(_ *rules.Facts, c *policy.Consent) { c.Kind = policy.ConsentAdvice }), camera, rules.Fail},
		{"CON-1", "advice is enough in Belgium", conBelgian(same), camera, rules.Pass},
		{"CON-1", "Belgium without any guideline", conBelgian(func(f *rules.Facts, _ *policy.Consent) { f.Protocol.Guidelines = nil }), "CON-1", rules.NotApplicable},
		{"CON-1", "the Netherlands without any guideline", conWith(func(f *rules.Facts, _ *policy.Consent) { f.Protocol.Guidelines = nil }), camera, rules.Pass},
		{"CON-1", "no devices", conWith(func(f *rules.Facts, _ *policy.Consent) { f.Protocol.Cameras, f.Protocol.Readers = nil, nil }), "CON-1", rules.NotApplicable},

		{"CON-2", "given, dated, with its document", conGood, "CON-2/video", rules.Pass},
		{"CON-2", "the checker, too", conGood, "CON-2/lensdop", rules.Pass},
		{"CON-2", "no date", conWith(func(_ *rules.Facts, c *policy.Consent) { c.Date = policy.Date{} }), "CON-2/video", rules.Unproven},
		{"CON-2", "no document", conWith(func(_ *rules.Facts, c *policy.Consent) { c.Document = policy.Document{Name: "minutes"} }), "CON-2/video", rules.Unproven},
		{"CON-2", "no body", conWith(func(f *rules.Facts, _ *policy.Consent) { f.Protocol.WorksCouncil.Body = "" }), "CON-2/video", rules.Unproven},
		{"CON-2", "no record", conNone(nothing), "CON-2/video", rules.Unproven},
		{"CON-2", "not said whether given", conWith(func(_ *rules.Facts, c *policy.Consent) { c.Given = nil }), "CON-2/video", rules.Unproven},
		{"CON-2", "withheld", conWith(func(_ *rules.Facts, c *policy.Consent) { c.Given = &no }), "CON-2/video", rules.Fail},
		{"CON-2", "dated tomorrow", conWith(func(_ *rules.Facts, c *policy.Consent) { c.Date = conDay(time.March, 19) }), "CON-2/video", rules.Fail},
		{"CON-2", "dated today", conWith(func(_ *rules.Facts, c *policy.Consent) { c.Date = conDay(time.March, 18) }), "CON-2/video", rules.Pass},
		{"CON-2", "annulled today", conWith(func(_ *rules.Facts, c *policy.Consent) { c.Annulled = conDay(time.March, 18) }), "CON-2/video", rules.Fail},
		{"CON-2", "annulled tomorrow", conWith(func(_ *rules.Facts, c *policy.Consent) { c.Annulled = conDay(time.March, 19) }), "CON-2/video", rules.Pass},
		{"CON-2", "the last word counts", conWith(func(f *rules.Facts, c *policy.Consent) {
			later := *c
			later.ID, later.Date, later.Given = "or-2", conDay(time.March, 1), &no
			f.Protocol.WorksCouncil.Consents = append([]policy.Consent{later}, *c)
		}), "CON-2/video", rules.Fail},
		{"CON-2", "scope leaves one out", conWith(func(_ *rules.Facts, c *policy.Consent) { c.Processings = []string{"video"} }), "CON-2/badge", rules.Unproven},
		{"CON-2", "unfavourable advice does not bind", conBelgian(func(_ *rules.Facts, c *policy.Consent) { c.Given = &no }), "CON-2/video", rules.Pass},
		{"CON-2", "advice in the Netherlands", conWith(func(_ *rules.Facts, c *policy.Consent) { c.Kind, c.Given = policy.ConsentAdvice, &yes }), "CON-2/video", rules.Fail},
		{"CON-2", "consent withheld in Belgium", conBelgian(func(_ *rules.Facts, c *policy.Consent) { c.Kind, c.Given = policy.ConsentGiven, &no }), "CON-2/video", rules.Fail},
		{"CON-2", "no processings", conWith(func(f *rules.Facts, _ *policy.Consent) { f.Protocol.Processing = nil }), "CON-2", rules.NotApplicable},

		{"CON-3", "unchanged", conGood, "CON-3/purpose/or", rules.Pass},
		{"CON-3", "a purpose more", conWith(func(f *rules.Facts, _ *policy.Consent) {
			f.Protocol.Processing[0].Purposes = append(f.Protocol.Processing[0].Purposes, policy.Purpose{ID: "more", Text: "More"})
		}), "CON-3/purpose/or", rules.Fail},
		{"CON-3", "an article number is no change", conWith(func(f *rules.Facts, _ *policy.Consent) { f.Protocol.Processing[0].Purposes[0].Ref = "art. 99" }), "CON-3/purpose/or", rules.Pass},
		{"CON-3", "kept longer", conWith(func(f *rules.Facts, _ *policy.Consent) {
			f.Protocol.Processing[0].Retention.Max = policy.Duration{Days: 29}
		}), "CON-3/retention/or", rules.Fail},
		{"CON-3", "kept longer leaves access alone", conWith(func(f *rules.Facts, _ *policy.Consent) {
			f.Protocol.Processing[0].Retention.Max = policy.Duration{Days: 29}
		}), "CON-3/access/or", rules.Pass},
		{"CON-3", "live view added", conWith(func(f *rules.Facts, _ *policy.Consent) { f.Protocol.Sites[0].LiveView = policy.Allowed }), "CON-3/access/or", rules.Fail},
		{"CON-3", "other use not recorded", conWith(func(_ *rules.Facts, c *policy.Consent) { c.Covers.OtherUse = "" }), "CON-3/other-use/or", rules.Fail},
		{"CON-3", "other use weighed", conGood, "CON-3/other-use/or", rules.Pass},
		{"CON-3", "undated consent", conWith(func(_ *rules.Facts, c *policy.Consent) { c.Date = policy.Date{} }), "CON-3/purpose/or", rules.Unproven},
		{"CON-3", "no record", conNone(nothing), "CON-3", rules.Unproven},
		{"CON-3", "guideline not adopted", conWith(func(f *rules.Facts, _ *policy.Consent) { f.Protocol.Guidelines = nil }), "CON-3", rules.NotApplicable},

		{"CON-4", "nothing added", conGood, "CON-4/badge", rules.Pass},
		{"CON-4", "reader in use the day after", conWith(func(f *rules.Facts, _ *policy.Consent) { f.Protocol.Readers[0].FirstUse = conDay(time.January, 6) }), "CON-4/badge", rules.Fail},
		{"CON-4", "reader first seen the day after", conWith(func(f *rules.Facts, _ *policy.Consent) {
			f.Inventory = devices.Of([]rules.Seen{{ID: "personeelsingang", Kind: "reader", First: dsrAt(2026, time.January, 6, 0, 0)}})
		}), "CON-4/badge", rules.Fail},
		{"CON-4", "seen again later", conWith(func(f *rules.Facts, _ *policy.Consent) {
			list, _ := f.Inventory.Get()
			f.Inventory = devices.Of(append(list, rules.Seen{ID: "personeelsingang", Kind: "reader", First: now}))
		}), "CON-4/badge", rules.Pass},
		{"CON-4", "unregistered reader of the same system", conWith(func(f *rules.Facts, _ *policy.Consent) {
			f.Inventory = devices.Of([]rules.Seen{{Device: "/dev/ttyS9", Kind: "reader", System: policy.SystemAccess, First: now}})
		}), "CON-4/badge", rules.Fail},
		{"CON-4", "a camera is no reader", conWith(func(f *rules.Facts, _ *policy.Consent) {
			list, _ := f.Inventory.Get()
			f.Inventory = devices.Of(append(list, rules.Seen{Device: "x", Kind: "camera", System: policy.SystemCameras, First: now}))
		}), "CON-4/badge", rules.Pass},
		{"CON-4", "no inventory", conWith(func(f *rules.Facts, _ *policy.Consent) { f.Inventory = devices.Value[[]rules.Seen]{} }), "CON-4/badge", rules.Unproven},
		{"CON-4", "no record", conNone(nothing), "CON-4/badge", rules.Unproven},
		{"CON-4", "withheld", conWith(func(_ *rules.Facts, c *policy.Consent) { c.Given = &no }), "CON-4/badge", rules.Fail},
		{"CON-4", "a field more", conWith(func(f *rules.Facts, _ *policy.Consent) {
			for i := range f.Protocol.Processing {
				if q := &f.Protocol.Processing[i]; q.ID == "badge" {
					q.DataCategories.Fields = append([]string{"temperature"}, q.DataCategories.Fields...)
				}
			}
		}), "CON-4/data/badge", rules.Fail},
		{"CON-4", "same fields", conGood, "CON-4/data/badge", rules.Pass},
		{"CON-4", "data not recorded", conWith(func(_ *rules.Facts, c *policy.Consent) { c.Covers.Purpose = "" }), "CON-4/data/badge", rules.Unproven},
		{"CON-4", "nothing tracks staff", conWith(func(f *rules.Facts, _ *policy.Consent) {
			f.Protocol.Readers = nil
			for i := range f.Protocol.Processing {
				f.Protocol.Processing[i].System = policy.SystemCameras
			}
		}), "CON-4", rules.NotApplicable},

		{"CON-6", "all consented", conGood, "CON-6", rules.Pass},
		{"CON-6", "nothing shows that the council knew", conNone(nothing), "CON-6", rules.Unproven},
		{"CON-6", "period runs to the end of its last day", conNone(conKnew(conDay(time.January, 13), dsrAt(2026, time.February, 13, 23, 59))), "CON-6", rules.Unproven},
		{"CON-6", "period over at midnight", conNone(conKnew(conDay(time.January, 13), dsrAt(2026, time.February, 14, 0, 0))), "CON-6", rules.Pass},
		{"CON-6", "a month from the 31st ends with February", conNone(conKnew(conDay(time.January, 31), dsrAt(2026, time.March, 1, 0, 0))), "CON-6", rules.Pass},
		{"CON-6", "and not before", conNone(conKnew(conDay(time.January, 31), dsrAt(2026, time.February, 28, 23, 59))), "CON-6", rules.Unproven},
		{"CON-6", "council knew before the decision", conNone(conKnew(conDay(time.January, 1), dsrAt(2026, time.February, 14, 0, 0))), "CON-6", rules.Pass},
		{"CON-6", "it runs from the decision then", conNone(conKnew(conDay(time.January, 1), dsrAt(2026, time.February, 13, 23, 0))), "CON-6", rules.Unproven},
		{"CON-6", "the protocol's own period", conNone(func(f *rules.Facts) {
			conKnew(conDay(time.January, 13), dsrAt(2026, time.February, 14, 0, 0))(f)
			f.Protocol.WorksCouncil.AnnulWithin = policy.Duration{Months: 2}
		}), "CON-6", rules.Unproven},
		{"CON-6", "annulled", conWith(func(_ *rules.Facts, c *policy.Consent) { c.Annulled = conDay(time.March, 1) }), "CON-6/annulled/video", rules.Fail},
		{"CON-6", "not in Belgium", conBelgian(func(f *rules.Facts, _ *policy.Consent) { f.Protocol.Guidelines = nil }), "CON-6", rules.NotApplicable},

		{"CON-8", "complete", complete, "CON-8/video", rules.Pass},
		{"CON-8", "no place", incomplete(func(f *rules.Facts) { f.Protocol.Processing[0].Storage, f.Protocol.Stores = policy.Storage{}, nil }), "CON-8/video", rules.Fail},
		{"CON-8", "place by the stores", incomplete(func(f *rules.Facts) {
			f.Protocol.Processing[0].Storage = policy.Storage{}
			f.Protocol.Stores = []policy.Store{{ID: "r", Processing: "video", Location: "server room"}}
		}), "CON-8/video", rules.Pass},
		{"CON-8", "nobody may look", incomplete(func(f *rules.Facts) { f.Protocol.Permissions = nil }), "CON-8/video", rules.Fail},
		{"CON-8", "retention assumed", incomplete(func(f *rules.Facts) { f.Protocol.Processing[0].Retention.Basis.All = policy.BasisAssumed }), "CON-8/video", rules.Unproven},
		{"CON-8", "retention by law", incomplete(func(f *rules.Facts) { f.Protocol.Processing[0].Retention.Basis.All = policy.BasisLaw }), "CON-8/video", rules.Pass},
		{"CON-8", "all of it assumed", incomplete(func(f *rules.Facts) { f.Protocol.Processing[0].Basis.All = policy.BasisAssumed }), "CON-8/video", rules.Unproven},
		{"CON-8", "badge data without their fields", incomplete(func(f *rules.Facts) {
			f.Protocol.Processing[1].System, f.Protocol.Processing[1].DataCategories.Fields = policy.SystemAccess, nil
		}), "CON-8/badge", rules.Fail},
		{"CON-8", "no processings", incomplete(func(f *rules.Facts) { f.Protocol.Processing = nil }), "CON-8", rules.Fail},
		{"CON-8", "guideline not adopted", func(f *rules.Facts) { f.Protocol.Guidelines = nil }, "CON-8", rules.NotApplicable},

		{"CON-10", "advice first", conGood, "CON-10/consult/dpo", rules.Pass},
		{"CON-10", "staff could remark first", conGood, "CON-10/consult/staff", rules.Pass},
		{"CON-10", "advice on the day of adoption", conWith(func(f *rules.Facts, _ *policy.Consent) {
			f.Protocol.Metadata.Consultations[0].Date = conDay(time.January, 13)
		}), "CON-10/consult/dpo", rules.Unproven},
		{"CON-10", "advice after it", conWith(func(f *rules.Facts, _ *policy.Consent) {
			f.Protocol.Metadata.Consultations[0].Date = conDay(time.January, 14)
		}), "CON-10/consult/dpo", rules.Fail},
		{"CON-10", "advice without a date", conWith(func(f *rules.Facts, _ *policy.Consent) { f.Protocol.Metadata.Consultations[0].Date = policy.Date{} }), "CON-10/consult/dpo", rules.Unproven},
		{"CON-10", "no consultation named", conNone(nothing), "CON-10/consult/works-council", rules.Unproven},
		{"CON-10", "remarks end on the day of adoption", conWith(func(f *rules.Facts, _ *policy.Consent) {
			f.Protocol.Metadata.Consultations[2].Until = conDay(time.January, 13)
		}), "CON-10/consult/staff", rules.Unproven},
		{"CON-10", "adopted, then in force", conGood, "CON-10/adopted", rules.Pass},
		{"CON-10", "in force on the day of adoption", conWith(func(f *rules.Facts, _ *policy.Consent) { f.Protocol.Metadata.Effective.Date = conDay(time.January, 13) }), "CON-10/adopted", rules.Fail},
		{"CON-10", "in force by its publication", conWith(func(f *rules.Facts, _ *policy.Consent) { f.Protocol.Metadata.Effective.Date = policy.Date{} }), "CON-10/adopted", rules.Pass},
		{"CON-10", "in force on no date", conWith(func(f *rules.Facts, _ *policy.Consent) { f.Protocol.Metadata.Effective = policy.Effective{} }), "CON-10/adopted", rules.Unproven},
		{"CON-10", "used when in force", conGood, "CON-10/use/video", rules.Pass},
		{"CON-10", "used on the day that it is in force", conWith(conUsed(conDay(time.January, 21))), "CON-10/use/video", rules.Pass},
		// Conflict 16: used before the protocol held, but after somebody was consulted.
		{"CON-10", "used before, after a consultation", conWith(conUsed(conDay(time.January, 20))), "CON-10/use/video", rules.Unproven},
		{"CON-10", "used before anybody was asked", conWith(conUsed(conDay(time.January, 1))), "CON-10/use/video", rules.Fail},
		{"CON-10", "used before, under an earlier protocol", conWith(func(f *rules.Facts, c *policy.Consent) {
			conUsed(conDay(time.January, 1))(f, c)
			f.Protocol.Metadata.Supersedes = []policy.Earlier{{ID: "old", Adopted: policy.Date{Year: 2016, Month: time.December, Day: 13}}}
		}), "CON-10/use/video", rules.Pass},
		{"CON-10", "first use unknown", conWith(func(f *rules.Facts, c *policy.Consent) {
			conUsed(policy.Date{})(f, c)
			for i := range f.Protocol.Cameras {
				f.Protocol.Cameras[i].FirstUse = policy.Date{}
			}
		}), "CON-10/use/video", rules.Unproven},
		{"CON-10", "council answered after the DPO", conGood, "CON-10/order", rules.Pass},
		{"CON-10", "council answered before the DPO", conWith(func(f *rules.Facts, _ *policy.Consent) {
			f.Protocol.Metadata.Consultations[0].Date = conDay(time.January, 6)
		}), "CON-10/order", rules.Unproven},
		// What the file only assumes shows no order; a document with a hash does.
		{"CON-10", "adoption assumed", conGuess(func(f *rules.Facts, b policy.Basis) { f.Protocol.Metadata.Adopted.Basis = b }), "CON-10/adopted", rules.Unproven},
		{"CON-10", "adoption assumed, with its document", conGuess(func(f *rules.Facts, b policy.Basis) {
			f.Protocol.Metadata.Adopted.Basis, f.Protocol.Metadata.Document.SHA256 = b, conHash
		}), "CON-10/adopted", rules.Pass},
		{"CON-10", "only who adopted it is assumed", conGuess(func(f *rules.Facts, _ policy.Basis) {
			f.Protocol.Metadata.Adopted.Basis = policy.Basis{Fields: map[string]string{"by": policy.BasisAssumed}}
		}), "CON-10/adopted", rules.Pass},
		{"CON-10", "taking effect assumed", conGuess(func(f *rules.Facts, b policy.Basis) { f.Protocol.Metadata.Effective.Basis = b }), "CON-10/adopted", rules.Unproven},
		{"CON-10", "publication assumed, from which it takes effect", conGuess(func(f *rules.Facts, b policy.Basis) {
			f.Protocol.Metadata.Effective.Date, f.Protocol.Metadata.Published.Basis = policy.Date{}, b
		}), "CON-10/adopted", rules.Unproven},
		{"CON-10", "wrong order, and assumed", conGuess(func(f *rules.Facts, b policy.Basis) {
			f.Protocol.Metadata.Effective = policy.Effective{Origin: policy.Origin{Basis: b}, Date: conDay(time.January, 13)}
		}), "CON-10/adopted", rules.Fail},
		{"CON-10", "advice assumed", conGuess(func(f *rules.Facts, b policy.Basis) { f.Protocol.Metadata.Consultations[0].Basis = b }), "CON-10/consult/dpo", rules.Unproven},
		{"CON-10", "advice before an assumed adoption", conGuess(func(f *rules.Facts, b policy.Basis) { f.Protocol.Metadata.Adopted.Basis = b }), "CON-10/consult/dpo", rules.Unproven},
		{"CON-10", "end of the remarks assumed", conGuess(func(f *rules.Facts, _ policy.Basis) {
			f.Protocol.Metadata.Consultations[2].Basis = policy.Basis{Fields: map[string]string{"until": policy.BasisAssumed}}
		}), "CON-10/consult/staff", rules.Unproven},
		{"CON-10", "council's answer assumed, with the document of its consent", conGuess(func(f *rules.Facts, b policy.Basis) { f.Protocol.Metadata.Consultations[1].Basis = b }), "CON-10/consult/works-council", rules.Pass},
		{"CON-10", "council's answer assumed, consent without a document", conGuess(func(f *rules.Facts, b policy.Basis) {
			f.Protocol.Metadata.Consultations[1].Basis, f.Protocol.WorksCouncil.Consents[0].Document = b, policy.Document{}
		}), "CON-10/consult/works-council", rules.Unproven},
		{"CON-10", "council's answer in its consent alone", conWith(func(f *rules.Facts, _ *policy.Consent) {
			f.Protocol.Metadata.Consultations = f.Protocol.Metadata.Consultations[:1]
		}), "CON-10/consult/works-council", rules.Pass},
		{"CON-10", "council's answer in its consent alone, undated", conWith(func(f *rules.Facts, c *policy.Consent) {
			f.Protocol.Metadata.Consultations, c.Date = f.Protocol.Metadata.Consultations[:1], policy.Date{}
		}), "CON-10/consult/works-council", rules.Unproven},
		{"CON-10", "order of assumed advice", conGuess(func(f *rules.Facts, b policy.Basis) { f.Protocol.Metadata.Consultations[0].Basis = b }), "CON-10/order", rules.Unproven},
		{"CON-10", "first use assumed", conGuess(func(f *rules.Facts, b policy.Basis) { f.Protocol.Processing[0].Basis = b }), "CON-10/use/video", rules.Unproven},
		{"CON-10", "first use of a camera assumed", conGuess(func(f *rules.Facts, b policy.Basis) {
			f.Protocol.Cameras[0].Basis, f.Protocol.Cameras[0].FirstUse = b, conDay(time.February, 1)
		}), "CON-10/use/video", rules.Unproven},
		{"CON-10", "used when it took effect by assumption", conGuess(func(f *rules.Facts, b policy.Basis) { f.Protocol.Metadata.Effective.Basis = b }), "CON-10/use/video", rules.Unproven},
		{"CON-10", "both on one day", conWith(func(f *rules.Facts, _ *policy.Consent) {
			f.Protocol.Metadata.Consultations[0].Date = conDay(time.January, 5)
		}), "CON-10/order", rules.Pass},
	}
}

// conGuess changes the good world with a basis that marks all as assumed.
func conGuess(change func(f *rules.Facts, assumed policy.Basis)) func(*rules.Facts) {
	return conWith(func(f *rules.Facts, _ *policy.Consent) { change(f, policy.Basis{All: policy.BasisAssumed}) })
}

// What is assumed is said in the words and in the evidence.
func TestAssumedDatesAreEvidence(t *testing.T) {
	f := world(t, "CON-10")
	conGuess(func(f *rules.Facts, b policy.Basis) { f.Protocol.Metadata.Adopted.Basis = b })(&f)
	got := find(t, rules.Evaluate(f), "CON-10/adopted")
	if len(got.Evidence) != 1 || got.Evidence[0].Value != "metadata.adopted.date 2026-01-13 (basis: assumed)" {
		t.Errorf("evidence %+v", got.Evidence)
	}
	for _, text := range []string{got.Text.NL, got.Text.FR, got.Text.EN} {
		if strings.Count(text, "2026-01-13") != 2 {
			t.Errorf("does not say what is assumed: %s", text)
		}
	}
}

// conSeen sets when the camera at the entrance was first seen.
func conSeen(f *rules.Facts, first time.Time) {
	f.Protocol.Cameras[cam].FirstUse = policy.Date{}
	f.Inventory = devices.Of([]rules.Seen{{ID: "entree", Kind: "camera", First: now}, {ID: "entree", Kind: "camera", First: first}})
}

// conKnew makes the works council know by a notice, and sets the clock.
func conKnew(on policy.Date, clock time.Time) func(*rules.Facts) {
	return func(f *rules.Facts) {
		f.Protocol.Notices = []policy.Notice{{ID: "council", Audience: "works-council", Given: on}}
		f.Now = clock
	}
}

// conUsed sets the first use of the first processing.
func conUsed(first policy.Date) func(*rules.Facts, *policy.Consent) {
	return func(f *rules.Facts, _ *policy.Consent) { f.Protocol.Processing[0].FirstUse = first }
}
