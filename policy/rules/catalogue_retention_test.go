package rules_test

import (
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/rules"
)

const (
	retNVR  = "nvr"
	retCase = "zaak-7"
)

func retLocal(local string) time.Time {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		panic(err)
	}
	t, err := time.ParseInLocation("2006-01-02 15:04:05", local, zone)
	if err != nil {
		panic(err)
	}
	return t
}

// retStore gives the protocol a store of a kind for a processing, and measures it.
func retStore(f *rules.Facts, kind, processing string, have rules.Store) {
	f.Protocol.Stores = append(f.Protocol.Stores, policy.Store{ID: retNVR, Site: site, Kind: kind, Processing: processing})
	have.ID = retNVR
	list, _ := f.Stores.Get()
	f.Stores = devices.Of(append(list, have))
}

// retVideo is a recorder with an oldest item; the protocol keeps video for a
// period, in a jurisdiction, with no time to delete.
func retVideo(jurisdiction, most, oldest, at string) func(f *rules.Facts) {
	return func(f *rules.Facts) {
		f.Protocol.Metadata.Jurisdiction = jurisdiction
		f.Protocol.Processing[0].Retention = policy.Retention{Max: retPeriod(most)}
		f.Now = retLocal(at)
		retStore(f, policy.StoreNAS, "video", rules.Store{Oldest: devices.Of(retLocal(oldest))})
	}
}

func retPeriod(s string) policy.Duration {
	if s == "" {
		return policy.Duration{}
	}
	return locPeriod(s)
}

// retOf adds a processing of a kind of system, kept for a period, with a store
// whose oldest item is of a time.
func retOf(system, most, oldest, at string) func(f *rules.Facts) {
	return func(f *rules.Facts) {
		f.Protocol.Processing = append(f.Protocol.Processing, policy.Processing{
			ID: "extra", System: system, Purposes: []policy.Purpose{{ID: "p", Text: "x"}}, Retention: policy.Retention{Max: retPeriod(most)},
		})
		f.Now = retLocal(at)
		retStore(f, policy.StoreFolder, "extra", rules.Store{Oldest: devices.Of(retLocal(oldest))})
	}
}

func retHR(f *rules.Facts) {
	f.Protocol.Guidelines = append(f.Protocol.Guidelines, policy.Guideline{ID: policy.GuidelineHR})
}

func retExtra(f *rules.Facts) *policy.Processing {
	return &f.Protocol.Processing[len(f.Protocol.Processing)-1]
}

// retMeasured changes what was measured of the store.
func retMeasured(change func(*rules.Store)) func(f *rules.Facts) {
	return func(f *rules.Facts) {
		list, _ := f.Stores.Get()
		change(&list[len(list)-1])
		f.Stores = devices.Of(list)
	}
}

// retDevice has camera entree keep a recording of three days ago of itself, for
// at most four weeks, under a protocol of four weeks.
func retDevice(change func(*rules.Facts, *devices.Recording)) func(f *rules.Facts) {
	return func(f *rules.Facts) {
		f.Protocol.Processing[0].Retention = policy.Retention{Max: policy.Duration{Days: 28}}
		o, _ := f.Cameras[cam].Observation.Get()
		o.ClockSkew = devices.Of(time.Duration(0))
		f.Cameras[cam].Observation = devices.Of(o)
		r := devices.Recording{
			Token: "r1", Active: devices.Of(true), Retention: devices.Of(28 * 24 * time.Hour),
			Oldest: devices.Of(now.AddDate(0, 0, -3)), Newest: devices.Of(now),
		}
		change(f, &r)
		o, _ = f.Cameras[cam].Observation.Get()
		if o.Recordings.IsZero() {
			o.Recordings = devices.Of([]devices.Recording{r})
		}
		f.Cameras[cam].Observation = devices.Of(o)
	}
}

// retAge has the device's oldest recording be of so long ago, and its clock off.
func retAge(age, off time.Duration) func(f *rules.Facts) {
	return retDevice(func(f *rules.Facts, r *devices.Recording) {
		r.Oldest = devices.Of(now.Add(-age))
		camObserved(f, func(o *devices.Observation) { o.ClockSkew = devices.Of(off) })
	})
}

// retListed has the device answer with this list of recordings.
func retListed(v devices.Value[[]devices.Recording]) func(f *rules.Facts) {
	return retDevice(func(f *rules.Facts, _ *devices.Recording) {
		camObserved(f, func(o *devices.Observation) { o.Recordings = v })
	})
}

func retRecording(change func(*devices.Recording)) func(f *rules.Facts) {
	return retDevice(func(_ *rules.Facts, r *devices.Recording) { change(r) })
}

// retHeld has a store with items that cases hold, under a hold of the protocol.
func retHeld(cases ...string) func(f *rules.Facts) {
	return func(f *rules.Facts) {
		f.Protocol.Holds = []policy.Hold{{ID: "incident", AppliesTo: []string{"video"}, Until: "case-closed", DeleteWithin: policy.Duration{Days: 7}}}
		var held []rules.HeldItem
		for _, c := range cases {
			held = append(held, rules.HeldItem{Recorded: now.AddDate(0, -2, 0), Case: c})
		}
		retStore(f, policy.StoreRecorder, "video", rules.Store{Held: held})
		f.Cases = devices.Of([]rules.Case{{ID: retCase, Incident: now.AddDate(0, -2, 0), Opened: now.AddDate(0, -2, 0), Owner: "location-manager", Reason: "burglary", Review: now.AddDate(0, 0, 7)}})
	}
}

func retTheCase(change func(*rules.Case)) func(f *rules.Facts) {
	return func(f *rules.Facts) {
		list, _ := f.Cases.Get()
		change(&list[0])
		f.Cases = devices.Of(list)
	}
}

// retSecret has a case of a recorded call that showed no offence, closed ten days ago.
func retSecret(change func(*rules.Case)) func(f *rules.Facts) {
	return func(f *rules.Facts) {
		retHR(f)
		f.Protocol.Processing = append(f.Protocol.Processing, policy.Processing{ID: "extra", System: policy.SystemCalls})
		c := rules.Case{ID: retCase, System: policy.SystemCalls, NotShown: true, Closed: now.AddDate(0, 0, -10)}
		change(&c)
		f.Cases, f.Calls, f.Stores = devices.Of([]rules.Case{c}), devices.Of([]rules.Call{}), devices.Of([]rules.Store{})
	}
}

// retAnnulled has the works council annul the cameras ten days ago; they are
// gone and the recorder is empty.
func retAnnulled(f *rules.Facts) {
	retHR(f)
	f.Protocol.WorksCouncil.Consents = []policy.Consent{{ID: "c", Kind: policy.ConsentGiven, Processings: []string{"video"}, Annulled: locDay(time.March, 8)}}
	for i := range f.Cameras {
		f.Cameras[i].Reach = rules.Missing
	}
	retStore(f, policy.StoreRecorder, "video", rules.Store{Empty: devices.Of(true)})
}

// retAnnulledHeld leaves two held recordings in the annulled recorder.
func retAnnulledHeld(word string, since policy.Date) func(f *rules.Facts) {
	return func(f *rules.Facts) {
		retAnnulled(f)
		f.Protocol.WorksCouncil.Consents[0].Annulled = since
		f.Protocol.Holds = []policy.Hold{{ID: "incident", AppliesTo: []string{"video"}, Annulment: word}}
		retMeasured(func(s *rules.Store) {
			s.Empty, s.Oldest = devices.Of(false), devices.Of(time.Time{})
			s.Held = []rules.HeldItem{{Recorded: now, Case: "a"}, {Recorded: now, Case: "b"}}
		})(f)
	}
}

// retPolice has police cameras in Belgium, kept twelve months and viewable one,
// and one viewing of a recording of the given age.
func retPolice(recorded, viewed string, change func(*rules.Session)) func(f *rules.Facts) {
	return func(f *rules.Facts) {
		f.Protocol.Metadata.Jurisdiction = policy.JurisdictionBE
		retOf(policy.SystemPoliceCameras, "P12M", recorded, viewed)(f)
		retExtra(f).Viewable = policy.Viewable{Max: policy.Duration{Months: 1}, After: policy.NeedAuthority}
		v := rules.Session{ID: "s1", Who: "secret-account", Verb: policy.VerbPlayback, System: policy.SystemPoliceCameras, Site: site, Start: retLocal(viewed), RangeFrom: retLocal(recorded)}
		if change != nil {
			change(&v)
		}
		f.Sessions = devices.Of([]rules.Session{v})
	}
}

// retentionCases are the rows for the entries in catalogue_retention.go.
func retentionCases() []ruleCase {
	const (
		one, three       = "RET-1/de-polder/nvr", "RET-3/de-polder/nvr"
		setting          = "RET-1/setting/de-polder/nvr"
		two, six, seven  = "RET-2/de-polder/nvr", "RET-6/de-polder/nvr", "RET-7/de-polder/nvr"
		viewing          = "RET-5/viewing"
		secret           = "RET-8/" + retCase
		held             = "HLD-1/case/" + retCase + "/nvr"
		gone, goneStore  = "HLD-2/camera/de-polder/entree", "HLD-2/store/de-polder/nvr"
		nl, be           = policy.JurisdictionNL, policy.JurisdictionBE
		may1             = "2026-05-01 10:00:00"
		video, may29     = "video", "2026-05-29 10:00:00"
		device           = "RET-1/device/de-polder/entree"
		deviceAge        = device + "/r1"
		deviceSet        = "RET-1/device-setting/de-polder/entree/r1"
		recorder, folder = policy.StoreRecorder, policy.StoreFolder
	)
	set := func(kind string, v devices.Value[time.Duration]) func(f *rules.Facts) {
		return func(f *rules.Facts) {
			f.Protocol.Processing[0].Retention = policy.Retention{Max: policy.Duration{Days: 28}}
			retStore(f, kind, video, rules.Store{Oldest: devices.Of(now.AddDate(0, 0, -3)), MaxRetention: v})
		}
	}
	day := 24 * time.Hour
	none := func(*rules.Case) {}
	return locFromBare([]ruleCase{
		// Conflict 1: the same facts under four weeks and under a month.
		{"RET-1", "younger than four weeks", retVideo(nl, "P28D", may1, "2026-05-29 09:59:59"), one, rules.Pass},
		{"RET-1", "exactly four weeks", retVideo(nl, "P28D", may1, may29), one, rules.Pass},
		{"RET-1", "a second over four weeks", retVideo(nl, "P28D", may1, "2026-05-29 10:00:01"), one, rules.Fail},
		{"RET-3", "the same a second over four weeks, in a month", retVideo(be, "P1M", may1, "2026-05-29 10:00:01"), three, rules.Pass},
		{"RET-3", "exactly a month", retVideo(be, "P1M", may1, "2026-06-01 10:00:00"), three, rules.Pass},
		{"RET-3", "a second over a month", retVideo(be, "P1M", may1, "2026-06-01 10:00:01"), three, rules.Fail},
		{"RET-3", "a month from the last of January ends with February", retVideo(be, "P1M", "2026-01-31 10:00:00", "2026-02-28 10:00:01"), three, rules.Fail},
		{"RET-3", "a month from the last of January, on its last day", retVideo(be, "P1M", "2026-01-31 10:00:00", "2026-02-28 10:00:00"), three, rules.Pass},
		{"RET-3", "a leap day more", retVideo(be, "P1M", "2028-01-31 10:00:00", "2028-02-29 10:00:00"), three, rules.Pass},
		{"RET-1", "four weeks across the change to summer time, by the clock on the wall", retVideo(nl, "P28D", "2026-03-20 10:00:00", "2026-04-17 10:00:00"), one, rules.Pass},
		{"RET-1", "four weeks across the change to summer time, and a second", retVideo(nl, "P28D", "2026-03-20 10:00:00", "2026-04-17 10:00:01"), one, rules.Fail},
		{"RET-1", "a month without a ground is no reason", retVideo(nl, "P1M", may1, "2026-05-29 10:00:01"), one, rules.Fail},
		{"RET-1", "a month with a ground", locWith(retVideo(nl, "P1M", may1, "2026-05-29 10:00:01"), func(f *rules.Facts) {
			f.Protocol.Processing[0].Retention.Ground = "Wet X art. 1"
		}), one, rules.Pass},
		{"RET-3", "three months without a ground", retVideo(be, "P3M", may1, "2026-06-02 10:00:00"), three, rules.Fail},
		{"RET-1", "a week, where the protocol is stricter", retVideo(nl, "P7D", may1, "2026-05-08 10:00:01"), one, rules.Fail},
		{"RET-1", "the protocol gives no period", retVideo(nl, "", may1, "2026-05-29 10:00:01"), one, rules.Fail},
		{"RET-1", "the protocol gives no period, within the norm", retVideo(nl, "", may1, may29), one, rules.Pass},
		{"RET-1", "the store has a stricter period", locWith(retVideo(nl, "P28D", may1, "2026-05-09 10:00:00"), func(f *rules.Facts) { f.Protocol.Stores[0].Retention = policy.Duration{Days: 7} }), one, rules.Fail},
		{"RET-1", "the store's longer period does not count", locWith(retVideo(nl, "P7D", may1, "2026-05-09 10:00:00"), func(f *rules.Facts) { f.Protocol.Stores[0].Retention = policy.Duration{Days: 28} }), one, rules.Fail},
		{"RET-1", "in the time to delete", locWith(retVideo(nl, "P28D", may1, "2026-05-30 10:00:00"), func(f *rules.Facts) { f.Protocol.Processing[0].Retention.Grace = policy.Duration{Days: 1} }), one, rules.Pass},
		{"RET-1", "past the time to delete", locWith(retVideo(nl, "P28D", may1, "2026-05-30 10:00:01"), func(f *rules.Facts) { f.Protocol.Processing[0].Retention.Grace = policy.Duration{Days: 1} }), one, rules.Fail},
		{"RET-1", "Belgium", retVideo(be, "P1M", may1, may29), "RET-1/de-polder", rules.NotApplicable},
		{"RET-3", "the Netherlands", retVideo(nl, "P28D", may1, may29), "RET-3/de-polder", rules.NotApplicable},

		{"RET-1", "no facts on stores", func(*rules.Facts) {}, "RET-1/de-polder", rules.Unproven},
		{"RET-1", "no store in the protocol", func(f *rules.Facts) { f.Stores = devices.Of([]rules.Store{}) }, "RET-1/de-polder/video", rules.Unproven},
		{"RET-1", "store not examined", locWith(retVideo(nl, "P28D", may1, may29), func(f *rules.Facts) { f.Stores = devices.Of([]rules.Store{}) }), one, rules.Unproven},
		{"RET-1", "age not read", locWith(retVideo(nl, "P28D", may1, may29), retMeasured(func(s *rules.Store) { s.Oldest = devices.Unreadable[time.Time](errRead) })), one, rules.Unproven},
		{"RET-1", "nothing loose found, not known to be empty", locWith(retVideo(nl, "P28D", may1, may29), retMeasured(func(s *rules.Store) { s.Oldest = devices.Of(time.Time{}) })), one, rules.Unproven},
		{"RET-1", "known not to be empty, age unknown", locWith(retVideo(nl, "P28D", may1, may29), retMeasured(func(s *rules.Store) { s.Oldest, s.Empty = devices.Of(time.Time{}), devices.Of(false) })), one, rules.Unproven},
		{"RET-1", "empty", locWith(retVideo(nl, "P28D", may1, may29), retMeasured(func(s *rules.Store) { s.Oldest, s.Empty = devices.Value[time.Time]{}, devices.Of(true) })), one, rules.Pass},
		{"RET-1", "an item of tomorrow", retVideo(nl, "P28D", "2026-05-30 10:00:00", may29), one, rules.Unproven},
		{"RET-1", "over age and held by a case is for HLD-1", locWith(retVideo(nl, "P28D", may1, may29), retMeasured(func(s *rules.Store) {
			s.Held = []rules.HeldItem{{Recorded: retLocal("2026-01-01 10:00:00"), Case: "a"}}
		})), one, rules.Pass},
		{"RET-1", "over age and held by none", locWith(retVideo(nl, "P28D", may1, may29), retMeasured(func(s *rules.Store) { s.Held = []rules.HeldItem{{Recorded: retLocal("2026-01-01 10:00:00")}} })), one, rules.Fail},
		{"RET-1", "a store that nobody registered", func(f *rules.Facts) {
			f.Stores = devices.Of([]rules.Store{{ID: "//nas/film", Oldest: devices.Of(now)}})
		}, "RET-1/unregistered/de-polder///nas/film", rules.Unproven},

		{"RET-1", "set to four weeks", set(recorder, devices.Of(28*day)), setting, rules.Pass},
		{"RET-1", "set to a day more", set(recorder, devices.Of(29*day)), setting, rules.Fail},
		{"RET-1", "zero is unlimited", set(recorder, devices.Of(time.Duration(0))), setting, rules.Fail},
		{"RET-1", "setting not read", set(recorder, devices.Unreadable[time.Duration](errRead)), setting, rules.Unproven},
		{"RET-1", "has no setting", set(policy.StoreSD, devices.NotSupported[time.Duration]()), setting, rules.NotApplicable},
		{"RET-1", "a good setting does not make an old item young", locWith(retVideo(nl, "P28D", may1, "2026-06-30 10:00:00"), retMeasured(func(s *rules.Store) { s.MaxRetention = devices.Of(28 * day) }), func(f *rules.Facts) { f.Protocol.Stores[0].Kind = recorder }), one, rules.Fail},
		{"RET-1", "the protocol sets devices shorter", locWith(set(recorder, devices.Of(28*day)), func(f *rules.Facts) { f.Protocol.Processing[0].Retention.DeviceSet = policy.Duration{Days: 21} }), setting, rules.Fail},
		{"RET-3", "28 days hold a month always", locWith(set(recorder, devices.Of(28*day)), func(f *rules.Facts) {
			f.Protocol.Metadata.Jurisdiction, f.Protocol.Processing[0].Retention.Max = be, policy.Duration{Months: 1}
		}), "RET-3/setting/de-polder/nvr", rules.Pass},
		{"RET-3", "30 days are over a month in February", locWith(set(recorder, devices.Of(30*day)), func(f *rules.Facts) {
			f.Protocol.Metadata.Jurisdiction, f.Protocol.Processing[0].Retention.Max = be, policy.Duration{Months: 1}
		}), "RET-3/setting/de-polder/nvr", rules.Fail},
		{"RET-3", "no facts on stores", func(f *rules.Facts) { f.Protocol.Metadata.Jurisdiction = be }, "RET-3/de-polder", rules.Unproven},
		{"RET-3", "every purpose has a period", func(f *rules.Facts) { f.Protocol.Metadata.Jurisdiction = be }, "RET-3/purpose/de-polder/video", rules.Pass},
		{"RET-3", "a purpose has a longer one", func(f *rules.Facts) {
			f.Protocol.Metadata.Jurisdiction = be
			f.Protocol.Processing[0].Purposes[1].Retention = policy.Duration{Months: 2}
		}, "RET-3/purpose/de-polder/video", rules.Fail},
		{"RET-3", "no period for a purpose", func(f *rules.Facts) {
			f.Protocol.Metadata.Jurisdiction = be
			f.Protocol.Processing[0].Retention = policy.Retention{}
			f.Protocol.Processing[0].Purposes[0].Retention = policy.Duration{Days: 28}
		}, "RET-3/purpose/de-polder/video", rules.Unproven},

		{"RET-1", "nobody asked the device", func(*rules.Facts) {}, device, rules.Unproven},
		{"RET-1", "device not asked at all", func(f *rules.Facts) { f.Cameras[cam].Observation = devices.Value[devices.Observation]{} }, device, rules.Unproven},
		{"RET-1", "device did not answer", retListed(devices.Unreadable[[]devices.Recording](errRead)), device, rules.Unproven},
		{"RET-1", "device has no way to tell", retListed(devices.NotSupported[[]devices.Recording]()), device, rules.Unproven},
		{"RET-1", "device keeps nothing", retListed(devices.Of([]devices.Recording{})), device, rules.Pass},
		{"RET-1", "device keeps nothing, asked long ago", locWith(retListed(devices.Of([]devices.Recording{})), camAsked(-3*time.Hour)), device, rules.Unproven},
		{"RET-1", "device keeps three days, for four weeks", retRecording(func(*devices.Recording) {}), deviceAge, rules.Pass},
		{"RET-1", "device is set to four weeks", retRecording(func(*devices.Recording) {}), deviceSet, rules.Pass},
		{"RET-1", "device holds exactly four weeks", retAge(28*day, 0), deviceAge, rules.Pass},
		{"RET-1", "device holds a second more", retAge(28*day+time.Second, 0), deviceAge, rules.Fail},
		{"RET-1", "device holds a second more, in the time to delete", locWith(retAge(28*day+time.Second, 0), func(f *rules.Facts) { f.Protocol.Processing[0].Retention.Grace = policy.Duration{Days: 1} }), deviceAge, rules.Pass},
		{"RET-1", "device holds a minute more, its clock is off by two", retAge(28*day+time.Minute, 2*time.Minute), deviceAge, rules.Unproven},
		{"RET-1", "device holds a minute less, its clock is off by two", retAge(28*day-time.Minute, -2*time.Minute), deviceAge, rules.Unproven},
		{"RET-1", "device holds a minute more, its clock is off by half of one", retAge(28*day+time.Minute, 30*time.Second), deviceAge, rules.Fail},
		{"RET-1", "device's clock not read", retDevice(func(f *rules.Facts, _ *devices.Recording) {
			camObserved(f, func(o *devices.Observation) { o.ClockSkew = devices.Unreadable[time.Duration](errRead) })
		}), deviceAge, rules.Unproven},
		{"RET-1", "device's oldest is of tomorrow", retAge(-day, 0), deviceAge, rules.Unproven},
		{"RET-1", "device does not tell its oldest", retRecording(func(r *devices.Recording) { r.Oldest = devices.Unreadable[time.Time](errRead) }), deviceAge, rules.Unproven},
		{"RET-1", "device has an empty summary", retRecording(func(r *devices.Recording) { r.Oldest = devices.Of(time.Time{}) }), deviceAge, rules.Unproven},
		{"RET-1", "device keeps for ever", retRecording(func(r *devices.Recording) { r.Retention = devices.Of(time.Duration(0)) }), deviceSet, rules.Fail},
		{"RET-1", "device would keep for ever, and records nothing", retRecording(func(r *devices.Recording) {
			r.Retention, r.Active, r.Oldest = devices.Of(time.Duration(0)), devices.Of(false), devices.Of(time.Time{})
		}), deviceSet, rules.NotApplicable},
		{"RET-1", "device keeps for ever what it has, and records nothing", retRecording(func(r *devices.Recording) {
			r.Retention, r.Active = devices.Of(time.Duration(0)), devices.Of(false)
		}), deviceSet, rules.Fail},
		{"RET-1", "device is set to a day more", retRecording(func(r *devices.Recording) { r.Retention = devices.Of(29 * day) }), deviceSet, rules.Fail},
		{"RET-1", "device must be set shorter", retDevice(func(f *rules.Facts, _ *devices.Recording) {
			f.Protocol.Processing[0].Retention.DeviceSet = policy.Duration{Days: 21}
		}), deviceSet, rules.Fail},
		{"RET-1", "device's setting not read", retRecording(func(r *devices.Recording) { r.Retention = devices.Unreadable[time.Duration](errRead) }), deviceSet, rules.Unproven},
		{"RET-1", "device has no setting", retRecording(func(r *devices.Recording) { r.Retention = devices.NotSupported[time.Duration]() }), deviceSet, rules.NotApplicable},
		{"RET-1", "device under a protocol without a period, within the norm", locWith(retRecording(func(*devices.Recording) {}), func(f *rules.Facts) { f.Protocol.Processing[0].Retention = policy.Retention{} }), deviceAge, rules.Pass},
		{"RET-3", "device is set to a month of 30 days", locWith(retRecording(func(r *devices.Recording) { r.Retention = devices.Of(30 * day) }), func(f *rules.Facts) {
			f.Protocol.Metadata.Jurisdiction, f.Protocol.Processing[0].Retention.Max = be, policy.Duration{Months: 1}
		}), "RET-3/device-setting/de-polder/entree/r1", rules.Fail},
		{"RET-3", "device is set to 28 days", locWith(retRecording(func(*devices.Recording) {}), func(f *rules.Facts) {
			f.Protocol.Metadata.Jurisdiction, f.Protocol.Processing[0].Retention.Max = be, policy.Duration{Months: 1}
		}), "RET-3/device-setting/de-polder/entree/r1", rules.Pass},

		// Conflict 3: a call of ten days under a week and under six months.
		{"RET-2", "no calls recorded", func(*rules.Facts) {}, "RET-2/de-polder", rules.NotApplicable},
		{"RET-2", "ten days, kept a week", retOf(policy.SystemCalls, "P7D", may1, "2026-05-11 10:00:00"), two, rules.Fail},
		{"RET-2", "ten days, kept six months", retOf(policy.SystemCalls, "P6M", may1, "2026-05-11 10:00:00"), two, rules.Pass},
		{"RET-2", "exactly a week", retOf(policy.SystemCalls, "P7D", may1, "2026-05-08 10:00:00"), two, rules.Pass},
		{"RET-2", "a second over a week", retOf(policy.SystemCalls, "P7D", may1, "2026-05-08 10:00:01"), two, rules.Fail},
		{"RET-2", "a week where the protocol says nothing", retOf(policy.SystemCalls, "", may1, "2026-05-08 10:00:01"), two, rules.Fail},
		{"RET-2", "sound at the desk", retOf(policy.SystemSound, "", may1, "2026-05-08 10:00:01"), two, rules.Fail},
		{"RET-2", "no facts", locWith(retOf(policy.SystemCalls, "P7D", may1, may1), func(f *rules.Facts) { f.Stores = devices.Value[[]rules.Store]{} }), "RET-2/de-polder", rules.Unproven},
		{"RET-2", "kept nowhere that is named", locWith(retOf(policy.SystemCalls, "P7D", may1, may1), func(f *rules.Facts) { f.Protocol.Stores = nil }), "RET-2/de-polder/extra", rules.Unproven},
		{"RET-6", "not adopted", retOf(policy.SystemCalls, "P6M", may1, may1), "RET-6/de-polder", rules.NotApplicable},
		{"RET-6", "exactly six months", locWith(retHR, retOf(policy.SystemCalls, "P6M", may1, "2026-11-01 10:00:00")), six, rules.Pass},
		{"RET-6", "over six months", locWith(retHR, retOf(policy.SystemCalls, "P6M", may1, "2026-11-01 10:00:01")), six, rules.Fail},
		{"RET-6", "the stricter week counts", locWith(retHR, retOf(policy.SystemCalls, "P7D", may1, "2026-05-11 10:00:00")), six, rules.Fail},
		{"RET-6", "a year without a ground", locWith(retHR, retOf(policy.SystemCalls, "P1Y", may1, "2026-12-01 10:00:00")), six, rules.Fail},
		{"RET-6", "age not read", locWith(retHR, retOf(policy.SystemCalls, "P6M", may1, may1), retMeasured(func(s *rules.Store) { s.Oldest = devices.Unreadable[time.Time](errRead) })), six, rules.Unproven},

		{"RET-7", "not adopted", retOf(policy.SystemTracking, "P7D", may1, may1), "RET-7/de-polder", rules.NotApplicable},
		{"RET-7", "within the period", locWith(retHR, retOf(policy.SystemAccess, "P7D", may1, "2026-05-08 10:00:00")), seven, rules.Pass},
		{"RET-7", "over it", locWith(retHR, retOf(policy.SystemAccess, "P7D", may1, "2026-05-08 10:00:01")), seven, rules.Fail},
		{"RET-7", "the protocol gives no period", locWith(retHR, retOf(policy.SystemTracking, "", may1, may29)), seven, rules.Unproven},
		{"RET-7", "log kept elsewhere or nowhere", func(f *rules.Facts) {
			retHR(f)
			f.Protocol.Processing[1].System = policy.SystemAccess
			f.Stores = devices.Of([]rules.Store{})
		}, "RET-7/de-polder/badge", rules.Unproven},

		{"RET-4", "not adopted", func(*rules.Facts) {}, "RET-4", rules.NotApplicable},
		{"RET-4", "four weeks", locUnion, "RET-4/video", rules.Pass},
		{"RET-4", "nothing said", locWith(locUnion, func(f *rules.Facts) { f.Protocol.Processing[0].Retention.Max = policy.Duration{} }), "RET-4/video", rules.Fail},
		{"RET-4", "a month in the Netherlands", locWith(locUnion, func(f *rules.Facts) { f.Protocol.Processing[0].Retention.Max = policy.Duration{Months: 1} }), "RET-4/video", rules.Fail},
		{"RET-4", "a month in Belgium", locWith(locUnion, func(f *rules.Facts) {
			f.Protocol.Metadata.Jurisdiction, f.Protocol.Processing[0].Retention.Max = be, policy.Duration{Months: 1}
		}), "RET-4/video", rules.Pass},
		{"RET-4", "three months in Belgium, by decree", locWith(locUnion, func(f *rules.Facts) {
			f.Protocol.Metadata.Jurisdiction = be
			f.Protocol.Processing[0].Retention = policy.Retention{Max: policy.Duration{Months: 3}, Ground: "KB"}
		}), "RET-4/video", rules.Pass},
		{"RET-4", "calls for six months", locWith(locUnion, retOf(policy.SystemCalls, "P6M", may1, may1)), "RET-4/extra", rules.Pass},
		{"RET-4", "calls for longer", locWith(locUnion, retOf(policy.SystemCalls, "P7M", may1, may1)), "RET-4/extra", rules.Fail},
		{"RET-4", "police for twelve months", locWith(locUnion, retOf(policy.SystemPoliceCameras, "P12M", may1, may1)), "RET-4/extra", rules.Pass},
		{"RET-4", "police for longer, whatever the ground", locWith(locUnion, retOf(policy.SystemBodycams, "P13M", may1, may1), func(f *rules.Facts) { retExtra(f).Retention.Ground = "x" }), "RET-4/extra", rules.Fail},
		{"RET-4", "records nothing", locWith(locUnion, retOf(policy.SystemSound, "", may1, may1), func(f *rules.Facts) { retExtra(f).Recording.Mode = policy.RecordNever }), "RET-4/extra", rules.Pass},

		// Conflict 2: kept twelve months and viewable one.
		{"RET-5", "no police", func(*rules.Facts) {}, "RET-5", rules.NotApplicable},
		{"RET-5", "kept eleven months", retPolice("2026-01-15 10:00:00", "2026-12-15 10:00:00", nil), "RET-5/nvr", rules.Pass},
		{"RET-5", "the same is too old to view", retPolice("2026-01-15 10:00:00", "2026-12-15 10:00:00", nil), "RET-5/viewing/s1", rules.Fail},
		{"RET-5", "with the prosecutor's authority", retPolice("2026-01-15 10:00:00", "2026-12-15 10:00:00", func(v *rules.Session) { v.Authority = "PDK-1" }), viewing, rules.Pass},
		{"RET-5", "viewed after exactly a month", retPolice("2026-01-31 10:00:00", "2026-02-28 10:00:00", nil), viewing, rules.Pass},
		{"RET-5", "viewed a second later", retPolice("2026-01-31 10:00:00", "2026-02-28 10:00:01", nil), "RET-5/viewing/s1", rules.Fail},
		{"RET-5", "live view has no age", retPolice("2026-01-15 10:00:00", "2026-12-15 10:00:00", func(v *rules.Session) { v.Verb = policy.VerbLive }), viewing, rules.Pass},
		{"RET-5", "what was viewed is not logged", retPolice("2026-01-15 10:00:00", "2026-01-16 10:00:00", func(v *rules.Session) { v.RangeFrom = time.Time{} }), "RET-5/viewing/s1", rules.Unproven},
		{"RET-5", "no access log", locWith(retPolice("2026-01-15 10:00:00", "2026-01-16 10:00:00", nil), func(f *rules.Facts) { f.Sessions = devices.Value[[]rules.Session]{} }), viewing, rules.Unproven},
		{"RET-5", "kept over twelve months", retPolice("2026-01-15 10:00:00", "2027-01-15 10:00:01", nil), "RET-5/nvr", rules.Fail},
		{"RET-5", "the protocol keeps for longer than the law", locWith(retPolice("2026-01-15 10:00:00", "2027-01-15 10:00:01", nil), func(f *rules.Facts) {
			retExtra(f).Retention = policy.Retention{Max: policy.Duration{Years: 2}, Ground: "x"}
		}), "RET-5/nvr", rules.Fail},
		{"RET-5", "the protocol lets police view for longer", locWith(retPolice("2026-01-15 10:00:00", "2026-01-16 10:00:00", nil), func(f *rules.Facts) { retExtra(f).Viewable.Max = policy.Duration{Months: 3} }), "RET-5/viewable/extra", rules.Fail},
		{"RET-5", "and the law's month still counts", locWith(retPolice("2026-01-15 10:00:00", "2026-02-15 10:00:01", nil), func(f *rules.Facts) { retExtra(f).Viewable.Max = policy.Duration{Months: 3} }), "RET-5/viewing/s1", rules.Fail},

		{"RET-8", "not adopted", func(*rules.Facts) {}, "RET-8", rules.NotApplicable},
		{"RET-8", "no cases known", locWith(retSecret(none), func(f *rules.Facts) { f.Cases = devices.Value[[]rules.Case]{} }), "RET-8", rules.Unproven},
		{"RET-8", "no case at all", locWith(retSecret(none), func(f *rules.Facts) { f.Cases = devices.Of([]rules.Case{}) }), "RET-8", rules.Pass},
		{"RET-8", "an offence was shown", retSecret(func(c *rules.Case) { c.NotShown = false }), "RET-8", rules.Pass},
		{"RET-8", "erased, and nothing is left", retSecret(func(c *rules.Case) { c.Erased = c.Closed.Add(time.Hour) }), secret, rules.Pass},
		{"RET-8", "not erased", retSecret(none), secret, rules.Fail},
		{"RET-8", "closed a moment ago", retSecret(func(c *rules.Case) { c.Closed = now.Add(-time.Minute) }), secret, rules.Pass},
		{"RET-8", "closed a day ago exactly", retSecret(func(c *rules.Case) { c.Closed = now.Add(-day) }), secret, rules.Pass},
		{"RET-8", "closed over a day ago", retSecret(func(c *rules.Case) { c.Closed = now.Add(-day - time.Second) }), secret, rules.Fail},
		{"RET-8", "not closed", retSecret(func(c *rules.Case) { c.Closed = time.Time{} }), secret, rules.Fail},
		{"RET-8", "erased too late", retSecret(func(c *rules.Case) { c.Erased = c.Closed.Add(2 * day) }), secret, rules.Fail},
		{"RET-8", "the protocol gives a week", locWith(retSecret(func(c *rules.Case) { c.Erased = c.Closed.Add(2 * day) }), func(f *rules.Facts) {
			f.Protocol.Holds = []policy.Hold{{ID: "h", AppliesTo: []string{"extra"}, DeleteWithin: policy.Duration{Days: 7}}}
		}), secret, rules.Pass},
		{"RET-8", "said to be erased and still there", locWith(retSecret(func(c *rules.Case) { c.Erased = c.Closed }), func(f *rules.Facts) {
			f.Calls = devices.Of([]rules.Call{{Case: retCase}})
		}), secret, rules.Fail},
		{"RET-8", "said to be erased, nobody looked", locWith(retSecret(func(c *rules.Case) { c.Erased = c.Closed }), func(f *rules.Facts) {
			f.Calls, f.Stores = devices.Value[[]rules.Call]{}, devices.Value[[]rules.Store]{}
		}), secret, rules.Unproven},
		{"RET-8", "said to be erased, not looked everywhere", locWith(retSecret(func(c *rules.Case) { c.Erased = c.Closed }), func(f *rules.Facts) {
			f.Stores = devices.Value[[]rules.Store]{}
		}), secret, rules.Unproven},
		{"RET-8", "a case about cameras is another matter", retSecret(func(c *rules.Case) { c.System = policy.SystemCameras }), "RET-8", rules.Pass},

		{"HLD-1", "no facts on stores", func(*rules.Facts) {}, "HLD-1", rules.Unproven},
		{"HLD-1", "no stores at all", func(f *rules.Facts) { f.Stores = devices.Of([]rules.Store{}) }, "HLD-1", rules.Unproven},
		{"HLD-1", "nothing held", retHeld(), "HLD-1/nvr", rules.Pass},
		{"HLD-1", "store not examined", locWith(retHeld(), func(f *rules.Facts) { f.Stores = devices.Of([]rules.Store{}) }), "HLD-1/nvr", rules.Unproven},
		{"HLD-1", "held for an open case", retHeld(retCase, retCase), held, rules.Pass},
		{"HLD-1", "held for none", retHeld(retCase, ""), "HLD-1/none/nvr", rules.Fail},
		{"HLD-1", "held for a case that does not exist", retHeld("zaak-8"), "HLD-1/case/zaak-8/nvr", rules.Fail},
		{"HLD-1", "no register of cases", locWith(retHeld(retCase), func(f *rules.Facts) { f.Cases = devices.Value[[]rules.Case]{} }), "HLD-1/cases/nvr", rules.Unproven},
		{"HLD-1", "case without owner", locWith(retHeld(retCase), retTheCase(func(c *rules.Case) { c.Owner = "" })), held, rules.Fail},
		{"HLD-1", "case without reason", locWith(retHeld(retCase), retTheCase(func(c *rules.Case) { c.Reason = "" })), held, rules.Fail},
		{"HLD-1", "case without review", locWith(retHeld(retCase), retTheCase(func(c *rules.Case) { c.Review = time.Time{} })), held, rules.Fail},
		{"HLD-1", "review due now", locWith(retHeld(retCase), retTheCase(func(c *rules.Case) { c.Review = now })), held, rules.Pass},
		{"HLD-1", "review overdue", locWith(retHeld(retCase), retTheCase(func(c *rules.Case) { c.Review = now.Add(-time.Second) })), held, rules.Fail},
		{"HLD-1", "case closed, in the time to delete", locWith(retHeld(retCase), retTheCase(func(c *rules.Case) { c.Closed = now.AddDate(0, 0, -7) })), held, rules.Pass},
		{"HLD-1", "case closed before that", locWith(retHeld(retCase), retTheCase(func(c *rules.Case) { c.Closed = now.AddDate(0, 0, -7).Add(-time.Second) })), held, rules.Fail},
		{"HLD-1", "the protocol has no hold", locWith(retHeld(retCase), func(f *rules.Facts) { f.Protocol.Holds = nil }), "HLD-1/hold/nvr", rules.Fail},

		{"HLD-2", "nothing annulled", retHR, "HLD-2/de-polder", rules.NotApplicable},
		{"HLD-2", "annulled from tomorrow", locWith(retAnnulled, func(f *rules.Facts) { f.Protocol.WorksCouncil.Consents[0].Annulled = locDay(time.March, 19) }), "HLD-2/de-polder", rules.NotApplicable},
		{"HLD-2", "something else annulled", locWith(retAnnulled, func(f *rules.Facts) { f.Protocol.WorksCouncil.Consents[0].Processings = []string{"elsewhere"} }), "HLD-2/de-polder", rules.NotApplicable},
		{"HLD-2", "consent given anew", locWith(retAnnulled, func(f *rules.Facts) {
			yes := true
			f.Protocol.WorksCouncil.Consents = append(f.Protocol.WorksCouncil.Consents, policy.Consent{ID: "d", Given: &yes, Date: locDay(time.March, 12)})
		}), "HLD-2/de-polder", rules.NotApplicable},
		{"HLD-2", "consent from before does not help", locWith(retAnnulled, func(f *rules.Facts) {
			yes := true
			f.Protocol.WorksCouncil.Consents = append(f.Protocol.WorksCouncil.Consents, policy.Consent{ID: "d", Given: &yes, Date: locDay(time.March, 1)})
		}), gone, rules.Pass},
		{"HLD-2", "camera gone", retAnnulled, gone, rules.Pass},
		{"HLD-2", "camera still there", locWith(retAnnulled, func(f *rules.Facts) { f.Cameras[cam].Reach = rules.NoLogin }), gone, rules.Fail},
		{"HLD-2", "annulled today", locWith(retAnnulled, func(f *rules.Facts) {
			f.Protocol.WorksCouncil.Consents[0].Annulled = locDay(time.March, 18)
			f.Cameras[cam].Reach = rules.Up
		}), gone, rules.Fail},
		{"HLD-2", "camera not looked for", locWith(retAnnulled, func(f *rules.Facts) { f.Cameras = nil }), gone, rules.Unproven},
		{"HLD-2", "not all searched", locWith(retAnnulled, func(f *rules.Facts) { f.Scans = nil }), gone, rules.Unproven},
		{"HLD-2", "store empty", retAnnulled, goneStore, rules.Pass},
		{"HLD-2", "store not empty", locWith(retAnnulled, retMeasured(func(s *rules.Store) { s.Empty = devices.Of(false) })), goneStore, rules.Fail},
		{"HLD-2", "store has an item", locWith(retAnnulled, retMeasured(func(s *rules.Store) { s.Empty, s.Oldest = devices.Value[bool]{}, devices.Of(now) })), goneStore, rules.Fail},
		{"HLD-2", "store not known to be empty", locWith(retAnnulled, retMeasured(func(s *rules.Store) { s.Empty = devices.Value[bool]{} })), goneStore, rules.Unproven},
		{"HLD-2", "store not examined", locWith(retAnnulled, func(f *rules.Facts) { f.Stores = devices.Of([]rules.Store{}) }), goneStore, rules.Unproven},
		{"HLD-2", "no facts on stores", locWith(retAnnulled, func(f *rules.Facts) { f.Stores = devices.Value[[]rules.Store]{} }), goneStore, rules.Unproven},
		{"HLD-2", "no store named", locWith(retAnnulled, func(f *rules.Facts) { f.Protocol.Stores = nil }), "HLD-2/recordings/de-polder/video", rules.Unproven},
		// Conflict 12: the hold wins, or all is erased, or the DPO has a week to decide.
		{"HLD-2", "the hold wins", retAnnulledHeld("hold-wins", locDay(time.March, 1)), goneStore, rules.Pass},
		{"HLD-2", "the hold wins, others may be left", locWith(retAnnulledHeld("hold-wins", locDay(time.March, 1)), retMeasured(func(s *rules.Store) { s.Oldest = devices.Value[time.Time]{} })), goneStore, rules.Unproven},
		{"HLD-2", "all is erased", retAnnulledHeld("erase", locDay(time.March, 17)), goneStore, rules.Fail},
		{"HLD-2", "the DPO still has time", retAnnulledHeld("", locDay(time.March, 12)), goneStore, rules.Unproven},
		{"HLD-2", "the DPO's week is over", retAnnulledHeld("", locDay(time.March, 11)), goneStore, rules.Fail},
		{"HLD-2", "an item beside the held ones", locWith(retAnnulledHeld("hold-wins", locDay(time.March, 1)), retMeasured(func(s *rules.Store) { s.Oldest = devices.Of(now) })), goneStore, rules.Fail},

		{"HLD-1", "a folder counts, too", locWith(retHeld(""), func(f *rules.Facts) { f.Protocol.Stores[0].Kind = folder }), "HLD-1/none/nvr", rules.Fail},
	})
}

// Texts give dates by the clock of the site and periods in words, and nobody's account.
func TestRetentionWords(t *testing.T) {
	f := world(t, "RET-1")
	locBare(&f)
	retVideo(policy.JurisdictionNL, "P1M", "2026-05-01 10:00:00", "2026-05-30 10:00:00")(&f)
	got := find(t, rules.Evaluate(f), "RET-1/de-polder/nvr")
	for _, want := range []string{"2026-05-01 10:00 CEST", "2026-05-29 10:00 CEST", "28 days", "1 month"} {
		if !strings.Contains(got.Text.EN, want) {
			t.Errorf("%q is not in %s", want, got.Text.EN)
		}
	}
	if !strings.Contains(got.Text.NL, "28 dagen") || !strings.Contains(got.Text.FR, "28 jours") {
		t.Errorf("%s / %s", got.Text.NL, got.Text.FR)
	}
	if want := retLocal("2026-05-29 10:00:00"); !got.Since.Equal(want) {
		t.Errorf("since %s, want %s", got.Since, want)
	}
	f = world(t, "RET-5")
	locBare(&f)
	retPolice("2026-01-15 10:00:00", "2026-12-15 10:00:00", nil)(&f)
	for _, g := range rules.Evaluate(f) {
		if strings.Contains(g.ID+g.Text.EN+g.Text.NL+g.Text.FR+g.Remedy.EN, "secret-account") {
			t.Errorf("%s names an account", g.ID)
		}
	}
}
