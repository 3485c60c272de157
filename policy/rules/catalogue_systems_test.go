package rules_test

import (
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/rules"
)

// devBiometric is a world with a reader of fingers that has its ground and DPIA.
func devBiometric(change func(f *rules.Facts, q *policy.Processing)) func(*rules.Facts) {
	return func(f *rules.Facts) {
		f.Protocol.Readers[0].Biometrics = true
		f.Readers[0].Biometric = devices.Of(true)
		for i := range f.Protocol.Processing {
			if q := &f.Protocol.Processing[i]; q.ID == f.Protocol.Readers[0].Processing {
				q.LegalBasis.Special = "9(2)(g)"
				q.DPIA = policy.DPIA{Date: policy.Date{Year: 2023, Month: time.March, Day: 19}, ReviewEvery: policy.Duration{Years: 3}}
				change(f, q)
			}
		}
	}
}

// devSystem is a world under the union's guideline with a complete protocol for
// one more system and a store of it, and with all facts known and empty.
func devSystem(system string, change func(f *rules.Facts, q *policy.Processing)) func(*rules.Facts) {
	return func(f *rules.Facts) {
		dsrUnion(f)
		p := f.Protocol
		p.Permissions = []policy.Permission{{Role: "location-manager", Allow: []string{policy.VerbPlayback}}}
		p.Rights = policy.Rights{Policy: "Privacy policy"}
		p.Stores = []policy.Store{{ID: "dock", Site: site, Kind: policy.StoreDock, Processing: "more", Location: "desk"}}
		f.Inventory = devices.Of([]rules.Seen{})
		f.Stores = devices.Of([]rules.Store{{ID: "dock"}})
		f.Sessions = devices.Of([]rules.Session{})
		f.Exports = devices.Of([]rules.Export{})
		q := policy.Processing{
			ID: "more", System: system, Controller: "Lensmonde",
			Purposes:       []policy.Purpose{{ID: "safety", Text: "Safety"}},
			Consultation:   []policy.Use{{ID: "abuse", Text: "Grave suspicion of abuse", Purpose: "safety"}},
			DataCategories: policy.DataCategories{Video: true, Audio: true, Fields: []string{"place", "time"}},
			Retention:      policy.Retention{Max: policy.Duration{Months: 1}},
		}
		change(f, &q)
		if q.ID != "" {
			p.Processing = append(p.Processing, q)
		}
	}
}

// devNone leaves the system out of the protocol.
func devNone(system string, seen ...rules.Seen) func(*rules.Facts) {
	return devSystem(system, func(f *rules.Facts, q *policy.Processing) {
		q.ID, f.Protocol.Stores = "", nil
		f.Inventory = devices.Of(seen)
	})
}

func devClips(at time.Time, clips ...rules.Clip) func(*rules.Facts) {
	return devSystem(policy.SystemBodycams, func(f *rules.Facts, _ *policy.Processing) {
		f.Now = at
		f.Stores = devices.Of([]rules.Store{{ID: "dock", Clips: clips}})
	})
}

func devViewed(x rules.Session) func(*rules.Facts) {
	return devSystem(policy.SystemBodycams, func(f *rules.Facts, _ *policy.Processing) {
		x.ID, x.System = "s1", policy.SystemBodycams
		f.Sessions = devices.Of([]rules.Session{x})
	})
}

// devAgents is a world in which one agent told its version.
func devAgents(change func(f *rules.Facts, a *rules.AgentVersion)) func(*rules.Facts) {
	return func(f *rules.Facts) {
		conGood(f)
		m := f.Protocol.Metadata
		a := rules.AgentVersion{Agent: "gateway-1", Site: site, Protocol: rules.ProtocolRef{ID: m.ID, Version: m.Version}, At: f.Now}
		change(f, &a)
		f.Agents = devices.Of([]rules.AgentVersion{a})
	}
}

func devLaw(laws ...policy.Law) func(*rules.Facts) {
	return func(f *rules.Facts) { conGood(f); f.Protocol.Metadata.Law = laws }
}

func devExport(x rules.Export) func(*rules.Facts) {
	return func(f *rules.Facts) {
		f.Protocol.Guidelines = []policy.Guideline{{ID: policy.GuidelineHR}}
		x.ID = "e1"
		f.Exports = devices.Of([]rules.Export{x})
	}
}

// systemsCases are the rows for the entries in catalogue_systems.go.
func systemsCases() []ruleCase {
	const finger = "DEV-2/de-polder/personeelsingang"
	same := func(*rules.Facts, *policy.Processing) {}
	asIs := func(*rules.Facts, *rules.AgentVersion) {}
	day := 24 * time.Hour
	january := dsrAt(2026, time.January, 31, 9, 0)
	old := policy.Law{ID: "privacy-1992", Text: "Act of 8 December 1992", Until: policy.Date{Year: 2018, Month: time.September, Day: 5}}
	present := policy.Law{ID: "privacy-2018", Text: "Act of 30 July 2018"}
	microphone := rules.Seen{Device: "10.0.0.9", Kind: "other", System: policy.SystemSound, First: now}
	return []ruleCase{
		{"DEV-2", "ground and DPIA", devBiometric(func(*rules.Facts, *policy.Processing) {}), finger, rules.Pass},
		{"DEV-2", "no ground", devBiometric(func(_ *rules.Facts, q *policy.Processing) { q.LegalBasis.Special = "" }), finger, rules.Fail},
		{"DEV-2", "no DPIA", devBiometric(func(_ *rules.Facts, q *policy.Processing) { q.DPIA.Date = policy.Date{} }), finger, rules.Fail},
		{"DEV-2", "DPIA due for review today", devBiometric(func(_ *rules.Facts, q *policy.Processing) { q.DPIA.Date.Day = 18 }), finger, rules.Fail},
		{"DEV-2", "DPIA of tomorrow", devBiometric(func(_ *rules.Facts, q *policy.Processing) { q.DPIA.Date = conDay(time.March, 19) }), finger, rules.Fail},
		{"DEV-2", "no ground is a fail though nobody looked", devBiometric(func(f *rules.Facts, q *policy.Processing) { q.LegalBasis.Special, f.Readers = "", nil }), finger, rules.Fail},
		{"DEV-2", "ground, but nobody looked", devBiometric(func(f *rules.Facts, _ *policy.Processing) { f.Readers[0].Biometric = devices.Value[bool]{} }), finger, rules.Unproven},
		{"DEV-2", "fingers that the protocol does not name", func(f *rules.Facts) { f.Readers[0].Biometric = devices.Of(true) }, finger, rules.Fail},
		{"DEV-2", "badges only", func(f *rules.Facts) { f.Readers[0].Biometric = devices.Of(false) }, finger, rules.Pass},
		{"DEV-2", "nobody looked", func(*rules.Facts) {}, finger, rules.Unproven},
		{"DEV-2", "unregistered reader of fingers", func(f *rules.Facts) {
			f.Readers = append(f.Readers, rules.Reader{Port: "/dev/ttyS1", Biometric: devices.Of(true)})
		}, "DEV-2/de-polder//dev/ttyS1", rules.Fail},
		{"DEV-2", "no readers", func(f *rules.Facts) { f.Protocol.Readers = nil }, "DEV-2/de-polder", rules.NotApplicable},

		{"DEV-3", "complete", devSystem(policy.SystemBodycams, same), "DEV-3/protocol/more", rules.Pass},
		{"DEV-3", "without a purpose", devSystem(policy.SystemBodycams, func(_ *rules.Facts, q *policy.Processing) { q.Purposes = nil }), "DEV-3/protocol/more", rules.Fail},
		{"DEV-3", "retention is only assumed", devSystem(policy.SystemBodycams, func(_ *rules.Facts, q *policy.Processing) { q.Retention.Basis.All = policy.BasisAssumed }), "DEV-3/protocol/more", rules.Unproven},
		{"DEV-3", "body camera without a protocol", devNone(policy.SystemBodycams, rules.Seen{Device: "x", System: policy.SystemBodycams}), "DEV-3/x", rules.Fail},
		{"DEV-3", "none", devNone(policy.SystemBodycams), "DEV-3", rules.NotApplicable},
		{"DEV-3", "no inventory", devSystem(policy.SystemBodycams, func(f *rules.Facts, q *policy.Processing) {
			q.ID, f.Inventory = "", devices.Value[[]rules.Seen]{}
		}), "DEV-3", rules.Unproven},
		{"DEV-3", "every dock is in the register", devSystem(policy.SystemBodycams, func(f *rules.Facts, _ *policy.Processing) {
			f.Inventory = devices.Of([]rules.Seen{{ID: "dock", Device: "x", System: policy.SystemBodycams}, {Device: "y", System: policy.SystemCameras}})
		}), "DEV-3/found", rules.Pass},
		{"DEV-3", "a dock that no register has", devSystem(policy.SystemBodycams, func(f *rules.Facts, _ *policy.Processing) {
			f.Inventory = devices.Of([]rules.Seen{{Device: "x", System: policy.SystemBodycams}})
		}), "DEV-3/found/x", rules.Fail},
		{"DEV-3", "no clips", devClips(now), "DEV-3/clips/dock", rules.Pass},
		{"DEV-3", "clip to the last instant of a short month", devClips(dsrAt(2026, time.February, 28, 9, 0), rules.Clip{Recorded: january}), "DEV-3/clips/dock", rules.Pass},
		{"DEV-3", "and a minute more", devClips(dsrAt(2026, time.February, 28, 9, 1), rules.Clip{Recorded: january}), "DEV-3/clips/dock", rules.Fail},
		{"DEV-3", "old clip with a case", devClips(now, rules.Clip{Recorded: january, Case: "c1"}), "DEV-3/clips/dock", rules.Pass},
		{"DEV-3", "store has its own term", devSystem(policy.SystemBodycams, func(f *rules.Facts, _ *policy.Processing) {
			f.Protocol.Stores[0].Retention = policy.Duration{Days: 7}
			f.Stores = devices.Of([]rules.Store{{ID: "dock", Clips: []rules.Clip{{Recorded: now.Add(-8 * day)}}}})
		}), "DEV-3/clips/dock", rules.Fail},
		{"DEV-3", "no term at all", devSystem(policy.SystemBodycams, func(_ *rules.Facts, q *policy.Processing) { q.Retention = policy.Retention{} }), "DEV-3/clips/dock", rules.Fail},
		{"DEV-3", "dock not looked at", devSystem(policy.SystemBodycams, func(f *rules.Facts, _ *policy.Processing) { f.Stores = devices.Of([]rules.Store{}) }), "DEV-3/clips/dock", rules.Unproven},
		{"DEV-3", "no dock named", devSystem(policy.SystemBodycams, func(f *rules.Facts, _ *policy.Processing) { f.Protocol.Stores = nil }), "DEV-3/clips/more", rules.Unproven},
		{"DEV-3", "nobody looks at stores", devSystem(policy.SystemBodycams, func(f *rules.Facts, _ *policy.Processing) { f.Stores = devices.Value[[]rules.Store]{} }), "DEV-3/clips/dock", rules.Unproven},
		{"DEV-3", "viewed to the month", devViewed(rules.Session{RangeFrom: january, Start: dsrAt(2026, time.February, 28, 9, 0)}), "DEV-3/viewed", rules.Pass},
		{"DEV-3", "viewed after the month", devViewed(rules.Session{RangeFrom: january, Start: dsrAt(2026, time.February, 28, 9, 1)}), "DEV-3/viewed/s1", rules.Fail},
		{"DEV-3", "viewed after it with an authority", devViewed(rules.Session{RangeFrom: january, Start: now, Authority: "PV 12"}), "DEV-3/viewed", rules.Pass},
		{"DEV-3", "what was viewed is not recorded", devViewed(rules.Session{Start: now}), "DEV-3/viewed/s1", rules.Unproven},
		{"DEV-3", "guideline not adopted", func(f *rules.Facts) { f.Protocol.Guidelines = nil }, "DEV-3", rules.NotApplicable},

		{"DEV-4", "complete", devSystem(policy.SystemTracking, same), "DEV-4/protocol/more", rules.Pass},
		{"DEV-4", "nobody is responsible", devSystem(policy.SystemTracking, func(_ *rules.Facts, q *policy.Processing) { q.Controller = "" }), "DEV-4/protocol/more", rules.Fail},
		{"DEV-4", "other use not stated", devSystem(policy.SystemTracking, func(_ *rules.Facts, q *policy.Processing) { q.Consultation = nil }), "DEV-4/protocol/more", rules.Fail},
		{"DEV-4", "nothing found beside the register", devSystem(policy.SystemTracking, same), "DEV-4/found", rules.Pass},
		{"DEV-4", "no exports", devSystem(policy.SystemTracking, same), "DEV-4/exports", rules.Pass},
		{"DEV-4", "export without a reason", devSystem(policy.SystemTracking, func(f *rules.Facts, _ *policy.Processing) {
			f.Exports = devices.Of([]rules.Export{{ID: "e1", System: policy.SystemTracking, Requester: "ict"}})
		}), "DEV-4/exports/e1", rules.Fail},
		{"DEV-4", "export with its reason", devSystem(policy.SystemTracking, func(f *rules.Facts, _ *policy.Processing) {
			f.Exports = devices.Of([]rules.Export{{ID: "e1", System: policy.SystemTracking, Requester: "ict", Reason: "accident"}})
		}), "DEV-4/exports", rules.Pass},
		{"DEV-4", "nobody knows the exports", devSystem(policy.SystemTracking, func(f *rules.Facts, _ *policy.Processing) { f.Exports = devices.Value[[]rules.Export]{} }), "DEV-4/exports", rules.Unproven},
		{"DEV-4", "trackers without a protocol", devNone(policy.SystemTracking, rules.Seen{Device: "x", System: policy.SystemTracking}), "DEV-4/x", rules.Fail},
		{"DEV-4", "none", devNone(policy.SystemTracking), "DEV-4", rules.NotApplicable},
		{"DEV-4", "no inventory", devSystem(policy.SystemTracking, func(f *rules.Facts, q *policy.Processing) {
			q.ID, f.Inventory = "", devices.Value[[]rules.Seen]{}
		}), "DEV-4", rules.Unproven},

		{"DEV-5", "complete", devSystem(policy.SystemSound, same), "DEV-5/protocol/de-polder/more", rules.Pass},
		{"DEV-5", "incomplete", devSystem(policy.SystemSound, func(_ *rules.Facts, q *policy.Processing) { q.Retention = policy.Retention{} }), "DEV-5/protocol/de-polder/more", rules.Fail},
		{"DEV-5", "microphone without a protocol", devNone(policy.SystemSound, microphone), "DEV-5/de-polder/10.0.0.9", rules.Fail},
		{"DEV-5", "microphone that no register has", devSystem(policy.SystemSound, func(f *rules.Facts, _ *policy.Processing) { f.Inventory = devices.Of([]rules.Seen{microphone}) }), "DEV-5/found/de-polder/10.0.0.9", rules.Fail},
		{"DEV-5", "none", devNone(policy.SystemSound), "DEV-5/de-polder", rules.NotApplicable},
		{"DEV-5", "no inventory", devSystem(policy.SystemSound, func(f *rules.Facts, _ *policy.Processing) { f.Inventory = devices.Value[[]rules.Seen]{} }), "DEV-5/found/de-polder", rules.Unproven},
		{"DEV-5", "every microphone is in the register", devSystem(policy.SystemSound, same), "DEV-5/found/de-polder", rules.Pass},
		{"DEV-5", "no protocol and no inventory", devSystem(policy.SystemSound, func(f *rules.Facts, q *policy.Processing) {
			q.ID, f.Inventory = "", devices.Value[[]rules.Seen]{}
		}), "DEV-5/de-polder", rules.Unproven},
		{"DEV-5", "camera that only listens", func(f *rules.Facts) {
			devNone(policy.SystemSound)(f)
			setTracks(f, devices.Track{Kind: "audio"})
		}, "DEV-5/stream/de-polder/entree", rules.Fail},

		{"GOV-2", "agent works by it", devAgents(asIs), "GOV-2/agent/gateway-1", rules.Pass},
		{"GOV-2", "agent on an older version", devAgents(func(_ *rules.Facts, a *rules.AgentVersion) { a.Protocol.Version = "2025.1" }), "GOV-2/agent/gateway-1", rules.Fail},
		{"GOV-2", "agent on another protocol", devAgents(func(_ *rules.Facts, a *rules.AgentVersion) { a.Protocol.ID = "elsewhere" }), "GOV-2/agent/gateway-1", rules.Fail},
		{"GOV-2", "agent's word is a day old", devAgents(func(_ *rules.Facts, a *rules.AgentVersion) { a.At = now.Add(-day) }), "GOV-2/agent/gateway-1", rules.Pass},
		{"GOV-2", "agent's word is older", devAgents(func(_ *rules.Facts, a *rules.AgentVersion) { a.At = now.Add(-day - 1) }), "GOV-2/agent/gateway-1", rules.Unproven},
		{"GOV-2", "agent that has told nothing yet", devAgents(func(_ *rules.Facts, a *rules.AgentVersion) { a.Protocol = rules.ProtocolRef{} }), "GOV-2/agent/gateway-1", rules.Unproven},
		{"GOV-2", "nobody knows the agents", conGood, "GOV-2/agent", rules.Unproven},
		{"GOV-2", "no agent at the site", devAgents(func(_ *rules.Facts, a *rules.AgentVersion) { a.Site = "elsewhere" }), "GOV-2/site/de-polder", rules.Unproven},
		{"GOV-2", "in force", conGood, "GOV-2/effective", rules.Pass},
		{"GOV-2", "in force from midnight", conWith(func(f *rules.Facts, _ *policy.Consent) { f.Now = dsrAt(2026, time.January, 21, 0, 0) }), "GOV-2/effective", rules.Pass},
		{"GOV-2", "not in force yet", conWith(func(f *rules.Facts, _ *policy.Consent) { f.Now = dsrAt(2026, time.January, 20, 23, 59) }), "GOV-2/effective", rules.Fail},
		{"GOV-2", "not the day after publication", conWith(func(f *rules.Facts, _ *policy.Consent) { f.Protocol.Metadata.Effective.Date = conDay(time.January, 22) }), "GOV-2/effective", rules.Fail},
		{"GOV-2", "another rule than the day after", conWith(func(f *rules.Facts, _ *policy.Consent) {
			f.Protocol.Metadata.Effective = policy.Effective{Date: conDay(time.January, 22)}
		}), "GOV-2/effective", rules.Pass},
		{"GOV-2", "no date", conWith(func(f *rules.Facts, _ *policy.Consent) { f.Protocol.Metadata.Effective = policy.Effective{} }), "GOV-2/effective", rules.Unproven},
		{"GOV-2", "says that it is the first", conGood, "GOV-2/withdraws", rules.Pass},
		{"GOV-2", "does not say", conWith(func(f *rules.Facts, _ *policy.Consent) { f.Protocol.Metadata.Supersedes = nil }), "GOV-2/withdraws", rules.Unproven},
		{"GOV-2", "withdraws an older one", conWith(devEarlier(policy.Date{Year: 2016, Month: time.December, Day: 13})), "GOV-2/withdraws/old", rules.Pass},
		{"GOV-2", "withdraws one of the same day", conWith(devEarlier(conDay(time.January, 13))), "GOV-2/withdraws/old", rules.Fail},
		{"GOV-2", "withdraws one without a date", conWith(devEarlier(policy.Date{})), "GOV-2/withdraws/old", rules.Unproven},
		// Conflict 18: law that no longer holds, and a file that says so.
		{"GOV-2", "law that holds", devLaw(present), "GOV-2/law/privacy-2018", rules.Pass},
		{"GOV-2", "law that no longer holds", devLaw(old), "GOV-2/law/privacy-1992", rules.Fail},
		{"GOV-2", "law that holds until tomorrow", devLaw(policy.Law{ID: "l", Text: "L", Until: conDay(time.March, 19)}), "GOV-2/law/l", rules.Pass},
		{"GOV-2", "law that holds no longer from today", devLaw(policy.Law{ID: "l", Text: "L", Until: conDay(time.March, 18)}), "GOV-2/law/l", rules.Fail},
		{"GOV-2", "replaced, and the file rests on its successor", func(f *rules.Facts) {
			replaced := old
			replaced.Status, replaced.Successor = policy.LawReplaced, present.ID
			devLaw(replaced, present)(f)
		}, "GOV-2/law/privacy-1992", rules.Pass},
		{"GOV-2", "replaced, by what the file does not rest on", func(f *rules.Facts) {
			replaced := old
			replaced.Status, replaced.Successor = policy.LawReplaced, "elsewhere"
			devLaw(replaced)(f)
		}, "GOV-2/law/privacy-1992", rules.Fail},
		{"GOV-2", "only inspiration", devLaw(policy.Law{ID: "l", Text: "L", Status: policy.LawInspiration, Until: conDay(time.January, 1)}), "GOV-2/law/l", rules.NotApplicable},

		{"GOV-3", "stamped", devExport(rules.Export{Camera: "entree", Stamped: true}), "GOV-3", rules.Pass},
		{"GOV-3", "not stamped", devExport(rules.Export{Camera: "entree"}), "GOV-3/entree/e1", rules.Fail},
		{"GOV-3", "not stamped, camera not recorded", devExport(rules.Export{System: policy.SystemCameras}), "GOV-3/e1", rules.Fail},
		{"GOV-3", "a call carries no camera", devExport(rules.Export{System: policy.SystemCalls}), "GOV-3", rules.Pass},
		{"GOV-3", "nobody knows the exports", func(f *rules.Facts) { devExport(rules.Export{})(f); f.Exports = devices.Value[[]rules.Export]{} }, "GOV-3", rules.Unproven},
	}
}

func devEarlier(adopted policy.Date) func(*rules.Facts, *policy.Consent) {
	return func(f *rules.Facts, _ *policy.Consent) {
		f.Protocol.Metadata.Supersedes = []policy.Earlier{{ID: "old", Adopted: adopted}}
	}
}

// Where a reader of fingers hangs that nobody registered, the rule applies,
// though the protocol names no readers.
func TestStrangeFingersApply(t *testing.T) {
	f := good(t)
	f.Protocol.Readers = nil
	f.Readers = []rules.Reader{{Port: "/dev/ttyS1", Biometric: devices.Of(true)}}
	for _, got := range rules.EvaluateOnly(f, "DEV-2") {
		if got.Status != rules.Fail {
			t.Errorf("%s is %s: %s", got.ID, got.Status, got.Text.EN)
		}
	}
}

// A law that the file does not mark as replaced is said to hold by the file's word.
func TestLawByTheFile(t *testing.T) {
	f := world(t, "GOV-2")
	f.Protocol.Metadata.Law = []policy.Law{{ID: "act", Text: "Act"}, {ID: "trial", Text: "Trial", Until: conDay(time.December, 1)}}
	list := rules.Evaluate(f)
	for id, want := range map[string]string{"GOV-2/law/act": "As far as this file says", "GOV-2/law/trial": "By this file that holds until 2026-12-01"} {
		if got := find(t, list, id); got.Status != rules.Pass || !strings.Contains(got.Text.EN, want) {
			t.Errorf("%s %s: %s", id, got.Status, got.Text.EN)
		}
	}
}
