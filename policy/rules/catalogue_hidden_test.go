package rules_test

import (
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/rules"
)

// callWorld records calls at the site: a button, a store, a good week.
func callWorld(change func(f *rules.Facts)) func(*rules.Facts) {
	return func(f *rules.Facts) {
		f.Protocol.Processing = append(f.Protocol.Processing, policy.Processing{
			ID: "calls", System: policy.SystemCalls, Name: policy.Text{NL: "Gesprekken", FR: "Conversations", EN: "Calls"},
			Recording: policy.Recording{Mode: policy.RecordButton}, FirstUse: policy.Date{Year: 2026, Month: time.February, Day: 1},
			DPIA: policy.DPIA{Date: policy.Date{Year: 2026, Month: time.January, Day: 31}},
		})
		f.Protocol.Buttons = []policy.Button{{ID: "knop", Site: site, Processing: "calls", TestEvery: policy.Duration{Days: 30}}}
		f.Protocol.Stores = append(f.Protocol.Stores, policy.Store{ID: "bel", Site: site, Kind: policy.StoreCalls, Processing: "calls"})
		f.Protocol.Notices = []policy.Notice{
			{ID: "bellers", Audience: "callers", Proof: "test-call", Every: policy.Duration{Days: 30}},
			{ID: "staf", Audience: "employees", Given: policy.Date{Year: 2026, Month: time.January, Day: 31}},
		}
		f.Stores = devices.Of([]rules.Store{{ID: "bel", OpenShare: devices.Of(false)}})
		f.TestCalls = devices.Of([]rules.TestCall{{Notice: "bellers", At: now.Add(-24 * time.Hour), Heard: true}})
		f.Notices = devices.Of([]rules.NoticeGiven{})
		f.Cases = devices.Of([]rules.Case{})
		callPairs(f, 0)
		if change != nil {
			change(f)
		}
	}
}

// callPairs sets a test press yesterday and a real one an hour ago, and their
// recordings a time later.
func callPairs(f *rules.Facts, later time.Duration) {
	test, press := now.Add(-24*time.Hour), now.Add(-time.Hour)
	f.Presses = devices.Of([]rules.Press{{Button: "knop", At: press}, {Button: "knop", At: test, Test: true}})
	f.Calls = devices.Of([]rules.Call{{Store: "bel", At: test.Add(later), Announced: true}, {Store: "bel", At: press.Add(later), Announced: true}})
}

func callApart(later time.Duration) func(*rules.Facts) {
	return callWorld(func(f *rules.Facts) { callPairs(f, later) })
}

// callTested has the last test press a time ago.
func callTested(ago time.Duration) func(*rules.Facts) {
	return callWorld(func(f *rules.Facts) {
		f.Presses = devices.Of([]rules.Press{{Button: "knop", At: now.Add(-ago), Test: true}})
		f.Calls = devices.Of([]rules.Call{{Store: "bel", At: now.Add(-ago), Announced: true}})
	})
}

// callSecret has one recording with neither press nor announcement.
func callSecret(change func(f *rules.Facts)) func(*rules.Facts) {
	return callWorld(func(f *rules.Facts) {
		f.Calls = devices.Of([]rules.Call{{Store: "bel", At: now.Add(-time.Hour), Case: "z1"}})
		f.Presses = devices.Of([]rules.Press{})
		f.Cases = devices.Of([]rules.Case{{ID: "z1", Covert: true, Reason: "bomb alert", Opened: now.Add(-time.Hour)}})
		if change != nil {
			change(f)
		}
	})
}

// callConditional is the other reading: secret recording under conditions.
func callConditional(f *rules.Facts) {
	f.Protocol.Guidelines = append(f.Protocol.Guidelines, policy.Guideline{ID: policy.GuidelineHR})
	for i := range f.Protocol.Processing {
		f.Protocol.Processing[i].Covert.Use = policy.CovertConditional
	}
}

// callHidden hides a camera for this month, under conditions that it meets.
func callHidden(change func(f *rules.Facts, h *policy.Hidden)) func(*rules.Facts) {
	return func(f *rules.Facts) {
		callConditional(f)
		h := policy.Hidden{
			Reason: "theft", ApprovedBy: "dpo", From: policy.Date{Year: 2026, Month: time.March, Day: 1},
			Until: policy.Date{Year: 2026, Month: time.March, Day: 18}, DPIA: policy.Date{Year: 2026, Month: time.February, Day: 28},
		}
		if change != nil {
			change(f, &h)
		}
		f.Protocol.Cameras[cam].Hidden = h
	}
}

// hiddenCases are the rows for the entries in catalogue_hidden.go.
func hiddenCases() []ruleCase {
	date := func(y int, m time.Month, d int) policy.Date { return policy.Date{Year: y, Month: m, Day: d} }
	same := func(*rules.Facts) {}
	adopt := func(f *rules.Facts) {
		f.Protocol.Guidelines = append(f.Protocol.Guidelines, policy.Guideline{ID: policy.GuidelineHR})
	}
	rows := []ruleCase{
		{"HID-1", "searched, nothing unknown", same, "HID-1/scan/de-polder", rules.Pass},
		{"HID-1", "an unknown device", func(f *rules.Facts) { f.Found = append(f.Found, stranger()) }, "HID-1/scan/de-polder", rules.Fail},
		{"HID-1", "a lens too many", func(f *rules.Facts) { f.Found[0].Lenses = devices.Of(2) }, "HID-1/scan/de-polder", rules.Fail},
		{"HID-1", "not searched", func(f *rules.Facts) { f.Scans = nil }, "HID-1/scan/de-polder", rules.Unproven},
		{"HID-1", "no networks named", func(f *rules.Facts) { f.Protocol.Sites[0].Networks = nil }, "HID-1/scan/de-polder", rules.Unproven},
		{"HID-1", "silent", same, "HID-1/sound/de-polder", rules.Pass},
		{"HID-1", "one is heard", func(f *rules.Facts) { setTracks(f, devices.Track{Kind: "audio"}) }, "HID-1/sound/de-polder", rules.Fail},
		{"HID-1", "one not looked at", func(f *rules.Facts) { f.Cameras[cam].Reach = rules.Unreachable }, "HID-1/sound/de-polder", rules.Unproven},
		{"HID-1", "all may be heard", func(f *rules.Facts) {
			for i := range f.Protocol.Cameras {
				f.Protocol.Cameras[i].Sound = policy.SoundAllowed
			}
		}, "HID-1/sound/de-polder", rules.NotApplicable},
		{"HID-1", "hidden by the register, never by the protocol", callHidden(func(f *rules.Facts, _ *policy.Hidden) {
			for i := range f.Protocol.Processing {
				f.Protocol.Processing[i].Covert.Use = policy.CovertNever
			}
		}), "HID-1/register/de-polder/entree", rules.Fail},
		{"HID-1", "conditional without the guideline", func(f *rules.Facts) {
			f.Protocol.Guidelines, f.Protocol.Processing[0].Covert.Use = nil, policy.CovertConditional
		}, "HID-1/protocol/de-polder/video", rules.Fail},
		{"HID-1", "conditional in Belgium", accThen(callHidden(nil), func(f *rules.Facts) { f.Protocol.Metadata.Jurisdiction = policy.JurisdictionBE }), "HID-1/protocol/de-polder/video", rules.Fail},

		{"HID-2", "meets the conditions, on its last day", callHidden(nil), "HID-2/camera/entree", rules.Pass},
		{"HID-2", "hidden, and in order", callHidden(nil), "HID-2/cameras", rules.Pass},
		{"HID-2", "none hidden", callConditional, "HID-2/cameras", rules.NotApplicable},
		{"HID-2", "no cameras at all", accThen(callConditional, func(f *rules.Facts) { f.Protocol.Cameras = nil }), "HID-2/cameras", rules.NotApplicable},
		{"HID-2", "last day passed", callHidden(func(_ *rules.Facts, h *policy.Hidden) { h.Until = date(2026, time.March, 17) }), "HID-2/camera/entree", rules.Fail},
		{"HID-2", "last second of the last day", callHidden(func(f *rules.Facts, _ *policy.Hidden) {
			f.Now = time.Date(2026, time.March, 18, 22, 59, 59, 0, time.UTC)
		}), "HID-2/camera/entree", rules.Pass},
		{"HID-2", "first instant after the last day", callHidden(func(f *rules.Facts, _ *policy.Hidden) { f.Now = time.Date(2026, time.March, 18, 23, 0, 0, 0, time.UTC) }), "HID-2/camera/entree", rules.Fail},
		{"HID-2", "no reason", callHidden(func(_ *rules.Facts, h *policy.Hidden) { h.Reason = "" }), "HID-2/camera/entree", rules.Fail},
		{"HID-2", "approved by nobody known", callHidden(func(_ *rules.Facts, h *policy.Hidden) { h.ApprovedBy = "boss" }), "HID-2/camera/entree", rules.Fail},
		{"HID-2", "no last day", callHidden(func(_ *rules.Facts, h *policy.Hidden) { h.Until = policy.Date{} }), "HID-2/camera/entree", rules.Fail},
		{"HID-2", "ends before it begins", callHidden(func(_ *rules.Facts, h *policy.Hidden) { h.From = date(2026, time.March, 19) }), "HID-2/camera/entree", rules.Fail},
		{"HID-2", "DPIA of the first day", callHidden(func(_ *rules.Facts, h *policy.Hidden) { h.DPIA = h.From }), "HID-2/camera/entree", rules.Fail},
		{"HID-2", "no DPIA", callHidden(func(f *rules.Facts, h *policy.Hidden) {
			h.DPIA, f.Protocol.Processing[0].DPIA.Date = policy.Date{}, policy.Date{}
		}), "HID-2/camera/entree", rules.Fail},
		{"HID-2", "the protocol rules it out", callHidden(func(f *rules.Facts, _ *policy.Hidden) { f.Protocol.Processing[0].Covert.Use = "" }), "HID-2/camera/entree", rules.Fail},
		{"HID-2", "ruled out, none hidden", adopt, "HID-2", rules.NotApplicable},
		{"HID-2", "guideline not adopted", func(f *rules.Facts) { f.Protocol.Guidelines = nil }, "HID-2", rules.NotApplicable},

		{"HID-4", "pressed and announced", callWorld(nil), "HID-4/secret/de-polder", rules.Pass},
		{"HID-4", "secret, never by the protocol", callSecret(nil), "HID-4/secret/de-polder/bel", rules.Fail},
		{"HID-4", "secret, in a case, under conditions", callSecret(callConditional), "HID-4/secret/de-polder", rules.Pass},
		{"HID-4", "secret, under conditions, in no case", callSecret(func(f *rules.Facts) {
			callConditional(f)
			f.Calls = devices.Of([]rules.Call{{Store: "bel", At: now.Add(-time.Hour)}})
		}), "HID-4/secret/de-polder/bel", rules.Fail},
		{"HID-4", "secret, in a case that no register has", callSecret(func(f *rules.Facts) { callConditional(f); f.Cases = devices.Of([]rules.Case{}) }), "HID-4/secret/de-polder/bel", rules.Fail},
		{"HID-4", "secret, in a case that is not", callSecret(func(f *rules.Facts) { callConditional(f); f.Cases = devices.Of([]rules.Case{{ID: "z1", Reason: "x"}}) }), "HID-4/secret/de-polder/bel", rules.Fail},
		{"HID-4", "secret, before its case was opened", callSecret(func(f *rules.Facts) {
			callConditional(f)
			f.Cases = devices.Of([]rules.Case{{ID: "z1", Covert: true, Reason: "x", Opened: now.Add(-time.Hour + time.Second)}})
		}), "HID-4/secret/de-polder/bel", rules.Fail},
		{"HID-4", "secret, cases not known", callSecret(func(f *rules.Facts) { callConditional(f); f.Cases = devices.Value[[]rules.Case]{} }), "HID-4/secret/de-polder/bel", rules.Unproven},
		{"HID-4", "not announced, presses not known", callSecret(func(f *rules.Facts) { f.Presses = devices.Value[[]rules.Press]{} }), "HID-4/secret/de-polder/bel", rules.Unproven},
		{"HID-4", "pressed, not announced", callWorld(func(f *rules.Facts) {
			f.Calls = devices.Of([]rules.Call{{Store: "bel", At: now.Add(-time.Hour)}})
		}), "HID-4/secret/de-polder", rules.Pass},
		{"HID-4", "recordings not known", callWorld(func(f *rules.Facts) { f.Calls = devices.Unreadable[[]rules.Call](errRead) }), "HID-4/calls/de-polder", rules.Unproven},
		{"HID-4", "share closed", callWorld(nil), "HID-4/share/de-polder/bel", rules.Pass},
		{"HID-4", "share open", callWorld(func(f *rules.Facts) { f.Stores = devices.Of([]rules.Store{{ID: "bel", OpenShare: devices.Of(true)}}) }), "HID-4/share/de-polder/bel", rules.Fail},
		{"HID-4", "share not tried", callWorld(func(f *rules.Facts) { f.Stores = devices.Of([]rules.Store{}) }), "HID-4/share/de-polder/bel", rules.Unproven},
		{"HID-4", "no calls recorded", same, "HID-4/de-polder", rules.NotApplicable},

		{"AUD-1", "silent", same, "AUD-1/de-polder/entree", rules.Pass},
		{"AUD-1", "a track in the stream", func(f *rules.Facts) { setTracks(f, devices.Track{Kind: "audio"}) }, "AUD-1/de-polder/entree", rules.Fail},
		{"AUD-1", "stream not looked at", func(f *rules.Facts) { f.Cameras[cam].Paths[0].Stream = devices.Unreadable[devices.Stream](errRead) }, "AUD-1/de-polder/entree", rules.Unproven},
	}
	return append(rows, callCases()...)
}

// callCases are the rows for CALL-1 to CALL-3.
func callCases() []ruleCase {
	date := func(y int, m time.Month, d int) policy.Date { return policy.Date{Year: y, Month: m, Day: d} }
	hr := func(change func(f *rules.Facts)) func(*rules.Facts) {
		return callWorld(func(f *rules.Facts) {
			f.Protocol.Guidelines = append(f.Protocol.Guidelines, policy.Guideline{ID: policy.GuidelineHR})
			change(f)
		})
	}
	calls := func(f *rules.Facts) *policy.Processing {
		return &f.Protocol.Processing[len(f.Protocol.Processing)-1]
	}
	return []ruleCase{
		{"CALL-1", "each press its recording", callWorld(nil), "CALL-1/recordings/de-polder", rules.Pass},
		{"CALL-1", "the button works", callWorld(nil), "CALL-1/press/de-polder/knop", rules.Pass},
		{"CALL-1", "five seconds later", callApart(5 * time.Second), "CALL-1/recordings/de-polder", rules.Pass},
		{"CALL-1", "five seconds earlier", callApart(-5 * time.Second), "CALL-1/press/de-polder/knop", rules.Pass},
		{"CALL-1", "more than five seconds later", callApart(5*time.Second + time.Nanosecond), "CALL-1/recording/de-polder/bel", rules.Fail},
		{"CALL-1", "more than five seconds later, so the press had none", callApart(5*time.Second + time.Nanosecond), "CALL-1/press/de-polder/knop", rules.Fail},
		{"CALL-1", "more than five seconds earlier", callApart(-5*time.Second - time.Nanosecond), "CALL-1/recording/de-polder/bel", rules.Fail},
		{"CALL-1", "always on", callWorld(func(f *rules.Facts) { f.Presses = devices.Of([]rules.Press{}) }), "CALL-1/recording/de-polder/bel", rules.Fail},
		{"CALL-1", "one press for two recordings", callWorld(func(f *rules.Facts) {
			f.Calls = devices.Of([]rules.Call{{Store: "bel", At: now.Add(-time.Hour)}, {Store: "bel", At: now.Add(-time.Hour)}, {Store: "bel", At: now.Add(-24 * time.Hour)}})
		}), "CALL-1/recording/de-polder/bel", rules.Fail},
		{"CALL-1", "two presses for one recording", callWorld(func(f *rules.Facts) {
			f.Presses = devices.Of([]rules.Press{{Button: "knop", At: now.Add(-time.Hour)}, {Button: "knop", At: now.Add(-time.Hour + 2*time.Second)}})
			f.Calls = devices.Of([]rules.Call{{Store: "bel", At: now.Add(-time.Hour)}})
		}), "CALL-1/press/de-polder/knop", rules.Pass},
		{"CALL-1", "broken button", callWorld(func(f *rules.Facts) { f.Calls = devices.Of([]rules.Call{}) }), "CALL-1/press/de-polder/knop", rules.Fail},
		{"CALL-1", "pressed five seconds ago, the recording may still come", callWorld(func(f *rules.Facts) {
			f.Presses = devices.Of([]rules.Press{{Button: "knop", At: now.Add(-5 * time.Second)}})
			f.Calls = devices.Of([]rules.Call{})
		}), "CALL-1/press/de-polder/knop", rules.Pass},
		{"CALL-1", "pressed longer ago than that", callWorld(func(f *rules.Facts) {
			f.Presses = devices.Of([]rules.Press{{Button: "knop", At: now.Add(-5*time.Second - time.Nanosecond)}})
			f.Calls = devices.Of([]rules.Call{})
		}), "CALL-1/press/de-polder/knop", rules.Fail},
		{"CALL-1", "pressed after now", callWorld(func(f *rules.Facts) {
			f.Presses = devices.Of([]rules.Press{{Button: "knop", At: now.Add(time.Minute)}})
		}), "CALL-1/press/de-polder/knop", rules.Unproven},
		{"CALL-1", "a recording in a store that nobody registered", callWorld(func(f *rules.Facts) {
			f.Calls = devices.Of([]rules.Call{{Store: "/tmp/x", At: now.Add(-2 * time.Hour)}})
		}), "CALL-1/recording/de-polder//tmp/x", rules.Fail},
		{"CALL-1", "a recording at another site", callWorld(func(f *rules.Facts) {
			f.Protocol.Stores = append(f.Protocol.Stores, policy.Store{ID: "ver", Site: "elsewhere", Processing: "calls"})
			f.Calls = devices.Of([]rules.Call{{Store: "ver", At: now.Add(-2 * time.Hour)}})
		}), "CALL-1/recordings/de-polder", rules.Pass},
		{"CALL-1", "a button that the protocol does not have", callWorld(func(f *rules.Facts) { f.Presses = devices.Of([]rules.Press{{Button: "x", At: now.Add(-time.Hour)}}) }), "CALL-1/unknown/de-polder/x", rules.Fail},
		{"CALL-1", "tested in time", callTested(30*24*time.Hour - time.Second), "CALL-1/test/de-polder/knop", rules.Pass},
		{"CALL-1", "test due this instant", callTested(30 * 24 * time.Hour), "CALL-1/test/de-polder/knop", rules.Fail},
		{"CALL-1", "never tested", callWorld(func(f *rules.Facts) { f.Presses = devices.Of([]rules.Press{{Button: "knop", At: now.Add(-time.Hour)}}) }), "CALL-1/test/de-polder/knop", rules.Fail},
		{"CALL-1", "a test press that started nothing is no test", callWorld(func(f *rules.Facts) { f.Calls = devices.Of([]rules.Call{}) }), "CALL-1/test/de-polder/knop", rules.Fail},
		{"CALL-1", "no interval: a month", accThen(callTested(28*24*time.Hour), func(f *rules.Facts) { f.Protocol.Buttons[0].TestEvery = policy.Duration{} }), "CALL-1/test/de-polder/knop", rules.Fail},
		{"CALL-1", "no button named", callWorld(func(f *rules.Facts) { f.Protocol.Buttons = nil }), "CALL-1/buttons/de-polder", rules.Unproven},
		{"CALL-1", "recordings not known", callWorld(func(f *rules.Facts) { f.Calls = devices.Unreadable[[]rules.Call](errRead) }), "CALL-1/calls/de-polder", rules.Unproven},
		{"CALL-1", "presses not known", callWorld(func(f *rules.Facts) { f.Presses = devices.Value[[]rules.Press]{} }), "CALL-1/presses/de-polder", rules.Unproven},
		{"CALL-1", "recorded without a button by the protocol", callWorld(func(f *rules.Facts) { calls(f).Recording.Mode = policy.RecordContinuous }), "CALL-1/de-polder", rules.NotApplicable},
		{"CALL-1", "who starts a recording is not said", callWorld(func(f *rules.Facts) { calls(f).Recording.Mode = "" }), "CALL-1/recordings/de-polder", rules.Pass},
		{"CALL-1", "no calls recorded", func(*rules.Facts) {}, "CALL-1/de-polder", rules.NotApplicable},
		{"CALL-1", "calls recorded elsewhere", callWorld(func(f *rules.Facts) { f.Protocol.Buttons[0].Site, f.Protocol.Stores = "elsewhere", nil }), "CALL-1/de-polder", rules.NotApplicable},

		{"CALL-2", "heard", callWorld(nil), "CALL-2/notice/bellers", rules.Pass},
		{"CALL-2", "not heard", callWorld(func(f *rules.Facts) { f.TestCalls = devices.Of([]rules.TestCall{{Notice: "bellers", At: now}}) }), "CALL-2/notice/bellers", rules.Fail},
		{"CALL-2", "the last one counts", callWorld(func(f *rules.Facts) {
			f.TestCalls = devices.Of([]rules.TestCall{{Notice: "bellers", At: now.Add(-time.Hour)}, {Notice: "bellers", At: now.Add(-2 * time.Hour), Heard: true}})
		}), "CALL-2/notice/bellers", rules.Fail},
		{"CALL-2", "a second less than 30 days ago", callWorld(func(f *rules.Facts) {
			f.TestCalls = devices.Of([]rules.TestCall{{Notice: "bellers", At: now.AddDate(0, 0, -30).Add(time.Second), Heard: true}})
		}), "CALL-2/notice/bellers", rules.Pass},
		{"CALL-2", "30 days ago", callWorld(func(f *rules.Facts) {
			f.TestCalls = devices.Of([]rules.TestCall{{Notice: "bellers", At: now.AddDate(0, 0, -30), Heard: true}})
		}), "CALL-2/notice/bellers", rules.Unproven},
		{"CALL-2", "never called", callWorld(func(f *rules.Facts) { f.TestCalls = devices.Of([]rules.TestCall{}) }), "CALL-2/notice/bellers", rules.Unproven},
		{"CALL-2", "nobody calls", callWorld(func(f *rules.Facts) { f.TestCalls = devices.Value[[]rules.TestCall]{} }), "CALL-2/notice/bellers", rules.Unproven},
		{"CALL-2", "declared instead", callWorld(func(f *rules.Facts) { f.Protocol.Notices[0].Proof = "attestation" }), "CALL-2/notice/bellers", rules.NotApplicable},
		{"CALL-2", "no notice", callWorld(func(f *rules.Facts) { f.Protocol.Notices = nil }), "CALL-2/notice", rules.Unproven},
		{"CALL-2", "no calls recorded", func(*rules.Facts) {}, "CALL-2", rules.NotApplicable},

		{"CALL-3", "tested the day before", hr(func(f *rules.Facts) { calls(f).DPIA.Document.SHA256 = conHash }), "CALL-3/dpia/calls", rules.Pass},
		{"CALL-3", "tested the day before, says the file alone", hr(func(*rules.Facts) {}), "CALL-3/dpia/calls", rules.Unproven},
		{"CALL-3", "tested the day before, and a person attests it", hr(locAttested("CALL-3")), "CALL-3/dpia/calls", rules.Attested},
		{"CALL-3", "tested the day before the first day of use, recordings not known", hr(func(f *rules.Facts) {
			calls(f).DPIA.Document.SHA256 = conHash
			f.Calls = devices.Value[[]rules.Call]{}
		}), "CALL-3/dpia/calls", rules.Unproven},
		{"CALL-3", "tested on the day", hr(func(f *rules.Facts) { calls(f).DPIA.Date = date(2026, time.February, 1) }), "CALL-3/dpia/calls", rules.Fail},
		{"CALL-3", "not tested", hr(func(f *rules.Facts) { calls(f).DPIA.Date = policy.Date{} }), "CALL-3/dpia/calls", rules.Fail},
		{"CALL-3", "a recording from before the first day of use", hr(func(f *rules.Facts) {
			f.Calls = devices.Of([]rules.Call{{Store: "bel", At: time.Date(2026, time.January, 31, 8, 0, 0, 0, time.UTC)}})
		}), "CALL-3/dpia/calls", rules.Fail},
		{"CALL-3", "nothing recorded yet", hr(func(f *rules.Facts) {
			calls(f).FirstUse = policy.Date{}
			f.Calls = devices.Of([]rules.Call{})
		}), "CALL-3/dpia/calls", rules.NotApplicable},
		{"CALL-3", "when it began is not known", hr(func(f *rules.Facts) {
			calls(f).FirstUse = policy.Date{}
			f.Calls = devices.Value[[]rules.Call]{}
		}), "CALL-3/dpia/calls", rules.Unproven},
		{"CALL-3", "employees told the day before", hr(func(f *rules.Facts) { f.Protocol.Notices[1].Document.SHA256 = conHash }), "CALL-3/told/calls", rules.Pass},
		{"CALL-3", "employees told the day before, says the file alone", hr(func(*rules.Facts) {}), "CALL-3/told/calls", rules.Unproven},
		{"CALL-3", "employees told the day before, and a person attests it", hr(locAttested("CALL-3")), "CALL-3/told/calls", rules.Attested},
		{"CALL-3", "employees told the day before by the file, on the day by the register", hr(func(f *rules.Facts) {
			f.Notices = devices.Of([]rules.NoticeGiven{{Notice: "staf", At: time.Date(2026, time.February, 1, 9, 0, 0, 0, time.UTC)}})
		}), "CALL-3/told/calls", rules.Unproven},
		{"CALL-3", "employees told on the day", hr(func(f *rules.Facts) { f.Protocol.Notices[1].Given = date(2026, time.February, 1) }), "CALL-3/told/calls", rules.Fail},
		{"CALL-3", "employees told by the register", hr(func(f *rules.Facts) {
			f.Protocol.Notices[1].Given = policy.Date{}
			f.Notices = devices.Of([]rules.NoticeGiven{{Notice: "staf", At: time.Date(2026, time.January, 31, 22, 59, 59, 0, time.UTC)}})
		}), "CALL-3/told/calls", rules.Pass},
		{"CALL-3", "employees never told", hr(func(f *rules.Facts) { f.Protocol.Notices[1].Given = policy.Date{} }), "CALL-3/told/calls", rules.Fail},
		{"CALL-3", "whether employees were told is not known", hr(func(f *rules.Facts) {
			f.Protocol.Notices[1].Given = policy.Date{}
			f.Notices = devices.Value[[]rules.NoticeGiven]{}
		}), "CALL-3/told/calls", rules.Unproven},
		{"CALL-3", "no notice to employees", hr(func(f *rules.Facts) { f.Protocol.Notices = nil }), "CALL-3/told/calls", rules.Unproven},
	}
}

// The same secret recording and the same hidden camera under both readings
// (rule catalogue, conflicts 7 and 8).
func TestBothReadingsOfCovert(t *testing.T) {
	for _, c := range []struct {
		name   string
		rule   string
		change func(*rules.Facts)
		id     string
		want   rules.Status
	}{
		{"calls never", "HID-4", callSecret(nil), "HID-4/secret/de-polder/bel", rules.Fail},
		{"calls under conditions", "HID-4", callSecret(callConditional), "HID-4/secret/de-polder", rules.Pass},
		{"camera under conditions", "HID-2", callHidden(nil), "HID-2/camera/entree", rules.Pass},
		{"camera never", "HID-2", accThen(callHidden(nil), func(f *rules.Facts) { f.Protocol.Processing[0].Covert.Use = policy.CovertNever }), "HID-2/camera/entree", rules.Fail},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := world(t, c.rule)
			c.change(&f)
			if got := find(t, rules.Evaluate(f), c.id); got.Status != c.want {
				t.Errorf("%s is %s: %s", got.ID, got.Status, got.Text.EN)
			}
		})
	}
	// A camera hidden under conditions that hold is HID-2's alone.
	f := world(t, "HID-1")
	callHidden(nil)(&f)
	for _, got := range rules.Evaluate(f) {
		if got.Rule == "HID-1" && got.Status == rules.Fail {
			t.Errorf("%s fails: %s", got.ID, got.Text.EN)
		}
	}
}
