package rules_test

import (
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/rules"
)

// locDay is a civil date of 2026, the year of now; the evaluation is on 18 March.
func locDay(month time.Month, day int) policy.Date {
	return policy.Date{Year: 2026, Month: month, Day: day}
}

func locPeriod(t string) policy.Duration {
	d, err := policy.ParseDuration(t)
	if err != nil {
		panic(err)
	}
	return d
}

// locFixed calls every camera fixed, and has each device say that it is.
func locFixed(f *rules.Facts) {
	for i := range f.Protocol.Cameras {
		f.Protocol.Cameras[i].Type = policy.CameraFixed
		locPTZ(f, i, devices.Of(false))
	}
}

func locPTZ(f *rules.Facts, camera int, turns devices.Value[bool]) {
	o, _ := f.Cameras[camera].Observation.Get()
	o.PTZ = turns
	f.Cameras[camera].Observation = devices.Of(o)
}

// locTemporary lets camera entree hang until a day, and says how far the agent got with it.
func locTemporary(f *rules.Facts, until policy.Date, reach rules.Reach) {
	f.Protocol.Cameras[cam].Temporary = policy.Temporary{Reason: "building works", Until: until}
	f.Cameras[cam].Reach = reach
}

// locAt sets the evaluation to a local time at the site.
func locAt(f *rules.Facts, local string) {
	at, err := time.ParseInLocation("2006-01-02 15:04:05", local, f.Protocol.Location(site))
	if err != nil {
		panic(err)
	}
	f.Now = at
	for i := range f.Scans {
		f.Scans[i].At = at.Add(-time.Minute)
	}
}

// locBelgian puts the protocol in Belgium, declared and validated, with every camera in use before.
func locBelgian(f *rules.Facts) {
	f.Protocol.Metadata.Jurisdiction = policy.JurisdictionBE
	f.Protocol.Registers.Declaration = policy.Declaration{Declared: policy.Date{Year: 2025, Month: time.June, Day: 1}, Number: "BE-1"}
	for i := range f.Protocol.Cameras {
		f.Protocol.Cameras[i].FirstUse = policy.Date{Year: 2025, Month: time.May, Day: 1}
	}
	f.Inventory = devices.Of([]rules.Seen{{ID: "entree", Kind: "camera", First: now.AddDate(-1, 0, 0)}})
}

// locAttested has a person declare a rule in January, with a document.
func locAttested(rule string) func(*rules.Facts) {
	return func(f *rules.Facts) {
		f.Protocol.Attestations = append(f.Protocol.Attestations, policy.Attestation{Rule: rule, Owner: "ict", Date: locDay(time.January, 5), Document: policy.Document{SHA256: conHash}})
	}
}

// locSeen has Lensdop look since June 2024, and see camera entree first at a time.
func locSeen(f *rules.Facts, first time.Time) {
	f.Protocol.Cameras[cam].FirstUse = policy.Date{}
	f.Inventory = devices.Of([]rules.Seen{
		{ID: "hal-noord", Kind: "camera", First: now.AddDate(-2, 0, 0)},
		{ID: "entree", Kind: "camera", First: first},
	})
}

// locRecord has a record of processing activities that follows the protocol.
func locRecord(f *rules.Facts) {
	f.Protocol.Registers.Processing = policy.Register{Version: f.Protocol.Metadata.Version, Updated: locDay(time.February, 1)}
	f.Protocol.Metadata.Effective.Date = policy.Date{} // cases that turn on it give their own
	f.Inventory = devices.Of([]rules.Seen{{ID: "entree", Kind: "camera", First: now.AddDate(-1, 0, 0)}})
}

func locUnion(f *rules.Facts) {
	f.Protocol.Guidelines = append(f.Protocol.Guidelines, policy.Guideline{ID: policy.GuidelinePoliceUnion})
}

// locBare takes out of the example what its protocol says on the matters of
// these parts of the catalogue, so that each row says all that it rests on.
func locBare(f *rules.Facts) {
	p := f.Protocol
	p.Guidelines, p.Stores, p.Holds, p.Attestations, p.Waivers = nil, nil, nil, nil, nil
	p.WorksCouncil, p.Registers, p.Discovery = policy.WorksCouncil{}, policy.Registers{}, policy.Discovery{}
	p.Metadata.Effective.Date = policy.Date{}
	for i := range p.Processing {
		q := &p.Processing[i]
		q.FirstUse, q.DPIA.Date, q.Recording, q.Uses, q.Consultation = policy.Date{}, policy.Date{}, policy.Recording{}, nil, nil
	}
	for i := range p.Cameras {
		p.Cameras[i].Type, p.Cameras[i].FirstUse, p.Cameras[i].MaxDetail = "", policy.Date{}, 0
		p.Cameras[i].Services, p.Cameras[i].Analytics = nil, nil
	}
	f.Gathered = rules.Gathered{}
}

// locFromBare has every row start from the bare protocol.
func locFromBare(rows []ruleCase) []ruleCase {
	for i, r := range rows {
		rows[i].change = locWith(locBare, r.change)
	}
	return rows
}

const locIdentity = "REG-1/identity/de-polder/urn:uuid:1e45d000-0003-4000-8000-00000000de03"

// locFound adds something that nobody registered and that has no name.
func locFound(how devices.How) func(f *rules.Facts) {
	return func(f *rules.Facts) {
		f.Found = append(f.Found, rules.Found{Found: devices.Found{Address: "192.0.2.9:554", How: how, Hints: []devices.Hint{{Kind: devices.HintRTSP, Text: "RTSP server"}}}})
	}
}

// locConflict makes a registered device one that may be another.
func locConflict(kind rules.ConflictKind) func(f *rules.Facts) {
	return func(f *rules.Facts) {
		f.Found[3].Conflict = &rules.Conflict{Kind: kind, Other: "00:53:00:00:00:01", At: now}
	}
}

// locRecorder adds a recorder of the register with channels of cameras.
func locRecorder(sources int, channels ...string) func(f *rules.Facts) {
	return func(f *rules.Facts) {
		f.Found = append(f.Found, rules.Found{
			Found: devices.Found{Address: "192.0.2.9:80", How: devices.HowMulticast}, Lenses: devices.Of(sources), Device: "recorder", Channels: channels,
		})
	}
}

// locWith makes several changes, one after the other.
func locWith(list ...func(f *rules.Facts)) func(f *rules.Facts) {
	return func(f *rules.Facts) {
		for _, change := range list {
			change(f)
		}
	}
}

// locationsCases are the rows for the entries in catalogue_locations.go.
func locationsCases() []ruleCase {
	const (
		entree    = "LOC-2/type/de-polder/entree"
		count     = "LOC-2/count/de-polder"
		detail    = "LOC-3/detail/de-polder/entree"
		preset    = "LOC-3/mask/deur/de-polder/entree/buren"
		temporary = "LOC-5/de-polder/entree"
		declared  = "REG-2/camera/entree"
	)
	ceiling := func(seen devices.Value[float64]) func(f *rules.Facts) {
		return func(f *rules.Facts) {
			f.Protocol.Cameras[cam].MaxDetail = 125
			f.Cameras[cam].Detail = seen
		}
	}
	view := func(v rules.MaskVerdict) func(f *rules.Facts) {
		return func(f *rules.Facts) {
			f.Protocol.Cameras[cam].Views = []policy.CameraView{{ID: "deur", Preset: "1", Masks: []policy.Mask{{ID: "buren"}}}}
			if v != "" {
				f.Cameras[cam].Paths[0].Masks[rules.PresetMask("deur", "buren")] = rules.Mask{Verdict: v}
			}
		}
	}
	whole := func(f *rules.Facts) { f.Cameras[cam].Ordered = devices.Cover{Whole: true} }
	return locFromBare([]ruleCase{
		{"LOC-1", "by network", func(*rules.Facts) {}, "LOC-1/de-polder/entree", rules.Pass},
		{"LOC-1", "missing", func(f *rules.Facts) { f.Cameras[cam].Reach = rules.Missing }, "LOC-1/de-polder/entree", rules.Fail},
		{"LOC-1", "missing, the search is older than the protocol's interval allows", func(f *rules.Facts) {
			f.Cameras[cam].Reach = rules.Missing
			f.Protocol.Discovery.ScanEvery = locPeriod("PT20S")
		}, "LOC-1/de-polder/entree", rules.Unproven},
		{"LOC-1", "not looked for", func(f *rules.Facts) { f.Cameras[cam].Reach = "" }, "LOC-1/de-polder/entree", rules.Unproven},

		{"LOC-2", "none is called fixed", func(*rules.Facts) {}, "LOC-2/de-polder", rules.NotApplicable},
		{"LOC-2", "fixed", locFixed, entree, rules.Pass},
		{"LOC-2", "turns", locWith(locFixed, func(f *rules.Facts) { locPTZ(f, cam, devices.Of(true)) }), entree, rules.Fail},
		{"LOC-2", "not asked", locWith(locFixed, func(f *rules.Facts) { locPTZ(f, cam, devices.Value[bool]{}) }), entree, rules.Unproven},
		{"LOC-2", "device does not answer", locWith(locFixed, func(f *rules.Facts) {
			f.Cameras[cam].Observation = devices.Unreadable[devices.Observation](errRead)
		}), entree, rules.Unproven},
		{"LOC-2", "as many as named", locFixed, count, rules.Pass},
		{"LOC-2", "one more", locWith(locFixed, func(f *rules.Facts) { f.Found = append(f.Found, stranger()) }), count, rules.Fail},
		{"LOC-2", "a second lens", locWith(locFixed, func(f *rules.Facts) { f.Found[3].Lenses = devices.Of(2) }), count, rules.Fail},
		{"LOC-2", "one fewer", locWith(locFixed, func(f *rules.Facts) { f.Found = f.Found[1:] }), count, rules.Fail},
		{"LOC-2", "one gone and a stranger in its place", locWith(locFixed, func(f *rules.Facts) { f.Found[0] = stranger() }), count, rules.Fail},
		{"LOC-2", "one gone and a stranger of one lens in its place", locWith(locFixed, func(f *rules.Facts) {
			f.Found[0] = stranger()
			f.Found[0].Lenses = devices.Of(1)
		}), count, rules.Fail},
		{"LOC-2", "not all searched", locWith(locFixed, func(f *rules.Facts) { f.Scans = nil }), count, rules.Unproven},
		{"LOC-2", "no networks named", locWith(locFixed, func(f *rules.Facts) { f.Protocol.Sites[0].Networks = nil }), count, rules.Unproven},

		{"LOC-3", "view same", func(*rules.Facts) {}, "LOC-3/view/de-polder/entree", rules.Pass},
		{"LOC-3", "view moved", func(f *rules.Facts) { f.Cameras[cam].Paths[0].View.Verdict = rules.ViewMoved }, "LOC-3/view/de-polder/entree", rules.Fail},
		{"LOC-3", "view unknown", func(f *rules.Facts) { f.Cameras[cam].Paths[0].View.Verdict = "" }, "LOC-3/view/de-polder/entree", rules.Unproven},
		{"LOC-3", "as much detail as allowed", ceiling(devices.Of(125.0)), detail, rules.Pass},
		{"LOC-3", "more detail than allowed", ceiling(devices.Of(125.1)), detail, rules.Fail},
		{"LOC-3", "detail not measured", ceiling(devices.Value[float64]{}), detail, rules.Unproven},
		{"LOC-3", "detail in a window", locWith(ceiling(devices.Of(250.0)), whole), detail, rules.NotApplicable},
		{"LOC-3", "mask of a preset", view(rules.Masked), preset, rules.Pass},
		{"LOC-3", "mask of a preset is open", view(rules.MaskOpen), preset, rules.Fail},
		{"LOC-3", "preset not looked at", view(""), preset, rules.Unproven},
		{"LOC-3", "mask of a preset in a window", locWith(view(rules.MaskOpen), whole), preset, rules.NotApplicable},

		{"LOC-5", "none is temporary", func(*rules.Facts) {}, "LOC-5/de-polder", rules.NotApplicable},
		{"LOC-5", "on its last day", func(f *rules.Facts) { locTemporary(f, locDay(time.March, 18), rules.Up) }, temporary, rules.NotApplicable},
		{"LOC-5", "the last second of its last day", locWith(func(f *rules.Facts) { locTemporary(f, locDay(time.March, 17), rules.Up) }, func(f *rules.Facts) { locAt(f, "2026-03-17 23:59:59") }), temporary, rules.NotApplicable},
		{"LOC-5", "the first second after it", locWith(func(f *rules.Facts) { locTemporary(f, locDay(time.March, 17), rules.Up) }, func(f *rules.Facts) { locAt(f, "2026-03-18 00:00:00") }), temporary, rules.Fail},
		{"LOC-5", "does not answer but is there", func(f *rules.Facts) { locTemporary(f, locDay(time.March, 1), rules.Unreachable) }, temporary, rules.Fail},
		{"LOC-5", "gone", func(f *rules.Facts) { locTemporary(f, locDay(time.March, 1), rules.Missing) }, temporary, rules.Pass},
		{"LOC-5", "gone, not all searched", func(f *rules.Facts) { locTemporary(f, locDay(time.March, 1), rules.Missing); f.Scans = nil }, temporary, rules.Unproven},
		{"LOC-5", "not looked for", func(f *rules.Facts) { locTemporary(f, locDay(time.March, 1), "") }, temporary, rules.Unproven},
		{"LOC-5", "without a last day", func(f *rules.Facts) { locTemporary(f, policy.Date{}, rules.Up) }, temporary, rules.Fail},
		{"LOC-5", "hidden, the earlier day counts", func(f *rules.Facts) {
			locTemporary(f, locDay(time.April, 1), rules.Up)
			f.Protocol.Cameras[cam].Hidden = policy.Hidden{Reason: "theft", Until: locDay(time.March, 1)}
		}, temporary, rules.Fail},

		{"REG-1", "all registered", func(*rules.Facts) {}, "REG-1/de-polder", rules.Pass},
		{"REG-1", "unregistered", func(f *rules.Facts) { f.Found = append(f.Found, stranger()) }, "REG-1/de-polder/" + unknown, rules.Fail},
		{"REG-1", "a hint is no proof", locFound(devices.HowRTSP), "REG-1/hint/de-polder/192.0.2.9:554", rules.Unproven},
		{"REG-1", "a device without an endpoint that answers is no hint", locFound(devices.HowMulticast), "REG-1/de-polder/192.0.2.9:554", rules.Fail},
		{"REG-1", "another hardware address under a known name", locConflict(rules.ConflictMAC), locIdentity, rules.Fail},
		{"REG-1", "two under one name", locConflict(rules.ConflictTwice), locIdentity, rules.Fail},
		{"REG-1", "another serial number", locConflict(rules.ConflictSerial), locIdentity, rules.Fail},
		{"REG-1", "where a registered one was", locConflict(rules.ConflictAddress), locIdentity, rules.Fail},
		{"REG-1", "a recorder of the register", locRecorder(1, "entree"), "REG-1/de-polder", rules.Pass},
		{"REG-1", "a channel too many", locRecorder(2, "entree"), "REG-1/lenses/de-polder/192.0.2.9:80", rules.Fail},
		{"LOC-2", "a recorder's pictures are not counted twice", locWith(locFixed, locRecorder(1, "entree")), count, rules.Pass},
		{"LOC-2", "something that may be one more", locWith(locFixed, locFound(devices.HowMDNS)), count, rules.Unproven},
		{"HID-1", "something that may be a camera", locFound(devices.HowNeighbour), "HID-1/scan/de-polder", rules.Unproven},
		{"HID-1", "a recorder of the register", locRecorder(1, "entree"), "HID-1/scan/de-polder", rules.Pass},
		{"REG-1", "no search", func(f *rules.Facts) { f.Scans = nil }, "REG-1/de-polder", rules.Unproven},
		{"REG-1", "searched exactly two hours ago, where the protocol does not say", func(f *rules.Facts) { f.Scans[0].At = now.Add(-2 * time.Hour) }, "REG-1/de-polder", rules.Pass},
		{"REG-1", "searched over two hours ago", func(f *rules.Facts) { f.Scans[0].At = now.Add(-2*time.Hour - time.Second) }, "REG-1/de-polder", rules.Unproven},
		{"REG-1", "searched exactly twice the protocol's interval ago", func(f *rules.Facts) {
			f.Protocol.Discovery.ScanEvery = locPeriod("PT10M")
			f.Scans[0].At = now.Add(-20 * time.Minute)
		}, "REG-1/de-polder", rules.Pass},
		{"REG-1", "searched over twice the protocol's interval ago", func(f *rules.Facts) {
			f.Protocol.Discovery.ScanEvery = locPeriod("PT10M")
			f.Scans[0].At = now.Add(-20*time.Minute - time.Second)
		}, "REG-1/de-polder", rules.Unproven},
		{"REG-1", "a search a day is enough if the protocol says so", func(f *rules.Facts) {
			f.Protocol.Discovery.ScanEvery = locPeriod("P1D")
			f.Scans[0].At = now.Add(-47 * time.Hour)
		}, "REG-1/de-polder", rules.Pass},

		{"REG-2", "in the Netherlands", func(*rules.Facts) {}, "REG-2", rules.NotApplicable},
		{"REG-2", "declared, says the file alone", locBelgian, "REG-2", rules.Unproven},
		{"REG-2", "declared, and a person attests it", locWith(locBelgian, locAttested("REG-2")), "REG-2", rules.Attested},
		{"REG-2", "camera in use before, says the file alone", locWith(locBelgian, func(f *rules.Facts) {
			f.Inventory = devices.Of([]rules.Seen{{ID: "entree", Kind: "camera", First: now.AddDate(0, -1, 0)}})
		}), declared, rules.Unproven},
		{"REG-2", "camera in use before, says the file, and nobody looks", locWith(locBelgian, func(f *rules.Facts) { f.Inventory = devices.Value[[]rules.Seen]{} }), declared, rules.Unproven},
		{"REG-2", "camera in use before, and a person attests it", locWith(locBelgian, locAttested("REG-2"), func(f *rules.Facts) { f.Inventory = devices.Of([]rules.Seen{}) }), declared, rules.Attested},
		{"REG-2", "no date", locWith(locBelgian, func(f *rules.Facts) { f.Protocol.Registers.Declaration = policy.Declaration{} }), "REG-2", rules.Unproven},
		{"REG-2", "still to be declared", locWith(locBelgian, func(f *rules.Facts) { f.Protocol.Registers.Declaration.Declared = locDay(time.March, 19) }), "REG-2", rules.Fail},
		{"REG-2", "camera older than the declaration", locBelgian, declared, rules.Pass},
		{"REG-2", "in use on the day of the declaration", locWith(locBelgian, func(f *rules.Facts) {
			f.Protocol.Cameras[cam].FirstUse = f.Protocol.Registers.Declaration.Declared
		}), declared, rules.Pass},
		{"REG-2", "in use from the day after", locWith(locBelgian, func(f *rules.Facts) {
			f.Protocol.Cameras[cam].FirstUse = f.Protocol.Registers.Declaration.Declared.AddDays(1)
		}), declared, rules.Fail},
		{"REG-2", "validated since", locWith(locBelgian, func(f *rules.Facts) {
			f.Protocol.Cameras[cam].FirstUse = f.Protocol.Registers.Declaration.Declared.AddDays(1)
			f.Protocol.Registers.Declaration.Validated = locDay(time.January, 5)
		}), declared, rules.Pass},
		{"REG-2", "validation to come does not count", locWith(locBelgian, func(f *rules.Facts) {
			f.Protocol.Cameras[cam].FirstUse = f.Protocol.Registers.Declaration.Declared.AddDays(1)
			f.Protocol.Registers.Declaration.Validated = locDay(time.March, 19)
		}), declared, rules.Fail},
		{"REG-2", "seen coming after the declaration", locWith(locBelgian, func(f *rules.Facts) { locSeen(f, now.AddDate(0, -1, 0)) }), declared, rules.Fail},
		{"REG-2", "seen before the declaration", locWith(locBelgian, func(f *rules.Facts) { locSeen(f, now.AddDate(-1, 0, 0)) }), declared, rules.Pass},
		{"REG-2", "hung there when Lensdop began to look", locWith(locBelgian, func(f *rules.Facts) {
			f.Protocol.Cameras[cam].FirstUse = policy.Date{}
			f.Inventory = devices.Of([]rules.Seen{{ID: "entree", Kind: "camera", First: now.AddDate(0, -1, 0)}})
		}), declared, rules.Unproven},
		{"REG-2", "seen by nobody", locWith(locBelgian, func(f *rules.Facts) {
			f.Protocol.Cameras[cam].FirstUse = policy.Date{}
			f.Inventory = devices.Of([]rules.Seen{})
		}), declared, rules.Unproven},
		{"REG-2", "no inventory", locWith(locBelgian, func(f *rules.Facts) {
			f.Protocol.Cameras[cam].FirstUse = policy.Date{}
			f.Inventory = devices.Value[[]rules.Seen]{}
		}), declared, rules.Unproven},

		{"REG-3", "in the Netherlands", func(*rules.Facts) {}, "REG-3", rules.NotApplicable},
		{"REG-3", "declared within the year, says the file alone", locBelgian, "REG-3", rules.Unproven},
		{"REG-3", "declared within the year, and a person attests it", locWith(locBelgian, locAttested("REG-3")), "REG-3", rules.Attested},
		{"REG-3", "due today", locWith(locBelgian, locAttested("REG-3"), func(f *rules.Facts) {
			f.Protocol.Registers.Declaration.Validated = policy.Date{Year: 2025, Month: time.March, Day: 18}
		}), "REG-3", rules.Attested},
		{"REG-3", "due yesterday", locWith(locBelgian, func(f *rules.Facts) {
			f.Protocol.Registers.Declaration.Validated = policy.Date{Year: 2025, Month: time.March, Day: 17}
		}), "REG-3", rules.Fail},
		{"REG-3", "by the calendar of the protocol's own place", locWith(locBelgian, func(f *rules.Facts) {
			f.Protocol.Registers.Declaration.Validated = policy.Date{Year: 2025, Month: time.March, Day: 18}
			f.Now = time.Date(2026, time.March, 18, 23, 30, 0, 0, time.UTC) // the 19th in Amsterdam
		}), "REG-3", rules.Fail},
		{"REG-3", "leap day", locWith(locBelgian, func(f *rules.Facts) {
			locAttested("REG-3")(f)
			f.Protocol.Attestations[len(f.Protocol.Attestations)-1].Date = policy.Date{Year: 2025, Month: time.January, Day: 5}
		}, func(f *rules.Facts) {
			f.Protocol.Registers.Declaration.Validated = policy.Date{Year: 2024, Month: time.February, Day: 29}
			f.Now = time.Date(2025, time.February, 28, 12, 0, 0, 0, time.UTC)
			f.Protocol.Registers.Declaration.Declared = policy.Date{}
		}), "REG-3", rules.Attested},
		{"REG-3", "never", locWith(locBelgian, func(f *rules.Facts) { f.Protocol.Registers.Declaration = policy.Declaration{} }), "REG-3", rules.Unproven},
		{"REG-3", "to come", locWith(locBelgian, func(f *rules.Facts) { f.Protocol.Registers.Declaration.Validated = locDay(time.March, 19) }), "REG-3", rules.Unproven},
		{"REG-3", "nothing new since", locBelgian, "REG-3/changed", rules.Pass},
		{"REG-3", "a camera came since", locWith(locBelgian, func(f *rules.Facts) { locSeen(f, now.AddDate(0, -1, 0)) }), "REG-3/changed", rules.Fail},
		{"REG-3", "no inventory", locWith(locBelgian, func(f *rules.Facts) { f.Inventory = devices.Value[[]rules.Seen]{} }), "REG-3/changed", rules.Unproven},

		{"REG-4", "no register named", func(f *rules.Facts) { f.Protocol.Registers = policy.Registers{} }, "REG-4/protocol", rules.Unproven},
		{"REG-4", "no day named", func(f *rules.Facts) { f.Protocol.Registers = policy.Registers{} }, "REG-4/inventory", rules.Unproven},
		{"REG-4", "this version", locRecord, "REG-4/protocol", rules.Pass},
		{"REG-4", "an older version", locWith(locRecord, func(f *rules.Facts) { f.Protocol.Registers.Processing.Version = "2025.1" }), "REG-4/protocol", rules.Fail},
		{"REG-4", "by date, on the day of the adoption", locWith(locRecord, func(f *rules.Facts) {
			f.Protocol.Registers.Processing = policy.Register{Updated: f.Protocol.Metadata.Adopted.Date}
		}), "REG-4/protocol", rules.Pass},
		{"REG-4", "by date, the day before the adoption", locWith(locRecord, func(f *rules.Facts) {
			f.Protocol.Registers.Processing = policy.Register{Updated: f.Protocol.Metadata.Adopted.Date.AddDays(-1)}
		}), "REG-4/protocol", rules.Fail},
		{"REG-4", "by date, before the protocol takes effect", locWith(locRecord, func(f *rules.Facts) {
			f.Protocol.Registers.Processing.Version = ""
			f.Protocol.Metadata.Effective.Date = locDay(time.February, 2)
		}), "REG-4/protocol", rules.Fail},
		{"REG-4", "by date, the protocol has none", locWith(locRecord, func(f *rules.Facts) {
			f.Protocol.Registers.Processing.Version = ""
			f.Protocol.Metadata.Adopted.Date = policy.Date{}
		}), "REG-4/protocol", rules.Unproven},
		{"REG-4", "a day to come", locWith(locRecord, func(f *rules.Facts) { f.Protocol.Registers.Processing.Updated = locDay(time.March, 19) }), "REG-4/protocol", rules.Unproven},
		{"REG-4", "nothing new", locRecord, "REG-4/inventory", rules.Pass},
		{"REG-4", "a stranger came since", locWith(locRecord, func(f *rules.Facts) {
			list, _ := f.Inventory.Get()
			f.Inventory = devices.Of(append(list, rules.Seen{Device: unknown, Kind: "other", First: now.Add(-time.Hour)}))
		}), "REG-4/inventory", rules.Fail},
		{"REG-4", "came on the day of the update", locWith(locRecord, func(f *rules.Facts) {
			list, _ := f.Inventory.Get()
			f.Inventory = devices.Of(append(list, rules.Seen{Device: unknown, Kind: "other", First: time.Date(2026, time.February, 1, 22, 59, 0, 0, time.UTC)}))
		}), "REG-4/inventory", rules.Pass},
		{"REG-4", "the looking began after the update", locWith(locRecord, func(f *rules.Facts) {
			f.Inventory = devices.Of([]rules.Seen{{ID: "entree", Kind: "camera", First: now.Add(-time.Hour)}})
		}), "REG-4/inventory", rules.Unproven},
		{"REG-4", "the looking began after the update, in use before by the protocol", locWith(locRecord, func(f *rules.Facts) {
			f.Inventory = devices.Of([]rules.Seen{{ID: "entree", Kind: "camera", First: now.Add(-time.Hour)}})
			f.Protocol.Cameras[cam].FirstUse = locDay(time.February, 1)
		}), "REG-4/inventory", rules.Pass},
		{"REG-4", "the looking began after the update, in use from the day after", locWith(locRecord, func(f *rules.Facts) {
			f.Inventory = devices.Of([]rules.Seen{{ID: "entree", Kind: "camera", First: now.Add(-time.Hour)}})
			f.Protocol.Cameras[cam].FirstUse = locDay(time.February, 2)
		}), "REG-4/inventory", rules.Unproven},
		{"REG-4", "seen, but since when is not known", locWith(locRecord, func(f *rules.Facts) {
			f.Inventory = devices.Of([]rules.Seen{{ID: "entree", Kind: "camera"}})
		}), "REG-4/inventory", rules.Unproven},
		{"REG-4", "nothing seen of what is registered", locWith(locRecord, func(f *rules.Facts) { f.Inventory = devices.Of([]rules.Seen{}) }), "REG-4/inventory", rules.Unproven},
		{"REG-4", "no inventory", locWith(locRecord, func(f *rules.Facts) { f.Inventory = devices.Value[[]rules.Seen]{} }), "REG-4/inventory", rules.Unproven},

		{"REG-5", "guideline not adopted", func(*rules.Facts) {}, "REG-5", rules.NotApplicable},
		{"REG-5", "no inventory", locUnion, "REG-5", rules.Unproven},
		{"REG-5", "nothing there, and nothing registered", locWith(locUnion, func(f *rules.Facts) {
			f.Inventory, f.Protocol.Cameras, f.Protocol.Readers = devices.Of([]rules.Seen{}), nil, nil
		}), "REG-5/unknown", rules.Pass},
		{"REG-5", "nothing seen of what is registered", locWith(locUnion, func(f *rules.Facts) { f.Inventory = devices.Of([]rules.Seen{}) }), "REG-5/unknown", rules.Unproven},
		{"REG-5", "cameras have a protocol", locWith(locUnion, func(f *rules.Facts) { f.Inventory = devices.Of([]rules.Seen{{ID: "entree", Kind: "camera"}}) }), "REG-5/cameras", rules.Pass},
		{"REG-5", "body cameras have none", locWith(locUnion, func(f *rules.Facts) {
			f.Inventory = devices.Of([]rules.Seen{{Kind: "other", System: policy.SystemBodycams}})
		}), "REG-5/bodycams", rules.Fail},
		{"REG-5", "a system that nobody knows", locWith(locUnion, func(f *rules.Facts) { f.Inventory = devices.Of([]rules.Seen{{Kind: "other", System: "drones"}}) }), "REG-5/drones", rules.Fail},
		{"REG-5", "not recognised", locWith(locUnion, func(f *rules.Facts) { f.Inventory = devices.Of([]rules.Seen{{Kind: "other"}}) }), "REG-5/unknown", rules.Unproven},
	})
}

// What is to be done must fit the finding, and what devices are counted is
// said with numbers.
func TestLocationsWords(t *testing.T) {
	f := world(t, "REG-4")
	locBare(&f)
	locRecord(&f)
	f.Inventory = devices.Of([]rules.Seen{{ID: "entree", Kind: "camera", First: now.AddDate(-1, 0, 0)}, {Kind: "other", First: now.Add(-48 * time.Hour)}, {Kind: "other", First: now}})
	got := find(t, rules.Evaluate(f), "REG-4/inventory")
	if !strings.Contains(got.Text.EN, "2026-02-01") || !strings.Contains(got.Text.EN, " 2 devices") || !got.Since.Equal(now.Add(-48*time.Hour)) {
		t.Errorf("%s, since %s", got.Text.EN, got.Since)
	}
	if len(got.Evidence) != 1 || got.Evidence[0].Numbers["new"] != 2 || got.Evidence[0].Numbers["devices"] != 3 {
		t.Errorf("evidence %+v", got.Evidence)
	}
}
