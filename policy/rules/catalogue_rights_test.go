package rules_test

import (
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/rules"
)

// dsrAt is an instant by the clock of Lensmonde.
func dsrAt(year int, month time.Month, day, hour, minute int) time.Time {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		panic(err) // every test would be wrong
	}
	return time.Date(year, month, day, hour, minute, 0, 0, zone)
}

// dsrRights gives each right 14 days, by an own privacy policy that is found.
func dsrRights(f *rules.Facts) {
	r := policy.Right{Deadline: policy.Duration{Days: 14}}
	f.Protocol.Rights = policy.Rights{Policy: "Privacy policy", Access: r, Rectification: r, Erasure: r, HoldRange: true}
	f.Protocol.Guidelines = nil
	f.Publications = devices.Of([]rules.Publication{{What: "privacy-policy", Where: "www.lensmonde.example/privacy", At: f.Now, Alive: true}})
	f.Requests = devices.Of([]rules.Request{})
}

// dsrAsked puts one request in the register.
func dsrAsked(r rules.Request) func(*rules.Facts) {
	return func(f *rules.Facts) {
		dsrRights(f)
		r.ID = "r1"
		f.Requests = devices.Of([]rules.Request{r})
	}
}

func dsrUnion(f *rules.Facts) {
	f.Protocol.Guidelines = append(f.Protocol.Guidelines, policy.Guideline{ID: policy.GuidelinePoliceUnion})
}

// dsrViewed is a world in which the union's guideline binds, with one
// consultation of an employee's data a while ago.
func dsrViewed(ago time.Duration, change func(*rules.Session, *policy.Notify)) func(*rules.Facts) {
	return func(f *rules.Facts) {
		dsrUnion(f)
		x := rules.Session{ID: "s1", System: policy.SystemCameras, Start: f.Now.Add(-ago), Staff: true}
		for i := range f.Protocol.Processing {
			n := policy.Notify{SameRights: true}
			change(&x, &n)
			f.Protocol.Processing[i].Notify = n
		}
		f.Sessions = devices.Of([]rules.Session{x})
	}
}

// rightsCases are the rows for the entries in catalogue_rights.go.
func rightsCases() []ruleCase {
	day := 24 * time.Hour
	at := func(ago time.Duration) time.Time { return now.Add(-ago) }
	asked := dsrAt(2026, time.March, 1, 9, 30)
	due := dsrAt(2026, time.March, 15, 9, 30)
	return []ruleCase{
		{"NTF-1", "guideline not adopted", func(f *rules.Facts) { f.Protocol.Guidelines = nil }, "NTF-1", rules.NotApplicable},
		{"NTF-1", "nobody knows the sessions", dsrUnion, "NTF-1", rules.Unproven},
		{"NTF-1", "log is empty", func(f *rules.Facts) { dsrUnion(f); f.Sessions = devices.Of([]rules.Session{}) }, "NTF-1", rules.Pass},
		{"NTF-1", "log unreadable", func(f *rules.Facts) { dsrUnion(f); f.Sessions = devices.Unreadable[[]rules.Session](errRead) }, "NTF-1", rules.Unproven},
		{"NTF-1", "nobody of the staff", dsrViewed(day, func(x *rules.Session, _ *policy.Notify) { x.Staff = false }), "NTF-1", rules.Pass},
		{"NTF-1", "told an hour later", dsrViewed(3*day, func(x *rules.Session, _ *policy.Notify) { x.Notified = x.Start.Add(time.Hour) }), "NTF-1/s1", rules.Pass},
		{"NTF-1", "told at the last instant", dsrViewed(3*day, func(x *rules.Session, _ *policy.Notify) { x.Notified = x.Start.Add(day) }), "NTF-1/s1", rules.Pass},
		{"NTF-1", "told an instant too late", dsrViewed(3*day, func(x *rules.Session, _ *policy.Notify) { x.Notified = x.Start.Add(day + 1) }), "NTF-1/s1", rules.Fail},
		{"NTF-1", "not told, time still runs", dsrViewed(day, func(*rules.Session, *policy.Notify) {}), "NTF-1/s1", rules.Pass},
		{"NTF-1", "not told", dsrViewed(day+1, func(*rules.Session, *policy.Notify) {}), "NTF-1/s1", rules.Fail},
		{"NTF-1", "when is not recorded", dsrViewed(day, func(x *rules.Session, _ *policy.Notify) { x.Start = time.Time{} }), "NTF-1/s1", rules.Unproven},
		{"NTF-1", "deferred where the protocol says at once", dsrViewed(3*day, func(x *rules.Session, n *policy.Notify) {
			n.When, x.DeferReason, x.DeferredUntil = policy.NotifyImmediate, "investigation", now.Add(day)
		}), "NTF-1/s1", rules.Fail},
		{"NTF-1", "deferred where the protocol allows it", dsrViewed(3*day, func(x *rules.Session, n *policy.Notify) {
			n.When, x.DeferReason, x.DeferredUntil = policy.NotifyDeferred, "investigation", now
		}), "NTF-1/s1", rules.Pass},
		{"NTF-1", "deferred, and the end is over", dsrViewed(3*day, func(x *rules.Session, n *policy.Notify) {
			n.When, x.DeferReason, x.DeferredUntil = policy.NotifyDeferred, "investigation", now.Add(-1)
		}), "NTF-1/s1", rules.Fail},
		{"NTF-1", "deferred without a reason", dsrViewed(3*day, func(x *rules.Session, n *policy.Notify) {
			n.When, x.DeferredUntil = policy.NotifyDeferred, now.Add(day)
		}), "NTF-1/s1", rules.Fail},
		{"NTF-1", "protocol tells nobody", dsrViewed(3*day, func(_ *rules.Session, n *policy.Notify) { n.When = policy.NotifyNone }), "NTF-1/s1", rules.NotApplicable},

		{"NTF-2", "same range", dsrViewed(day, func(x *rules.Session, _ *policy.Notify) { x.Mirrored = true }), "NTF-2/s1", rules.Pass},
		{"NTF-2", "never heard of it", dsrViewed(day, func(*rules.Session, *policy.Notify) {}), "NTF-2/s1", rules.Fail},
		{"NTF-2", "told, but not whether it could be seen", dsrViewed(day, func(x *rules.Session, _ *policy.Notify) { x.Notified = now }), "NTF-2/s1", rules.Unproven},
		{"NTF-2", "granted by the protocol", dsrViewed(day, func(*rules.Session, *policy.Notify) {}), "NTF-2/protocol", rules.Pass},
		{"NTF-2", "protocol silent", dsrViewed(day, func(_ *rules.Session, n *policy.Notify) { n.SameRights = false }), "NTF-2/protocol", rules.Fail},
		{"NTF-2", "nobody knows the sessions", dsrUnion, "NTF-2", rules.Unproven},
		{"NTF-2", "nobody of the staff", dsrViewed(day, func(x *rules.Session, _ *policy.Notify) { x.Staff = false }), "NTF-2", rules.Pass},

		{"DSR-1", "none asked", dsrRights, "DSR-1", rules.Pass},
		{"DSR-1", "nobody knows the requests", func(f *rules.Facts) { dsrRights(f); f.Requests = devices.Value[[]rules.Request]{} }, "DSR-1", rules.Unproven},
		{"DSR-1", "answered", dsrAsked(rules.Request{Kind: rules.RequestAccess, Received: asked, Answered: due}), "DSR-1", rules.Pass},
		{"DSR-1", "a refused erasure is no refused access", dsrAsked(rules.Request{Kind: rules.RequestErasure, Received: asked, Refused: true}), "DSR-1", rules.Pass},
		// Conflict 9: a refusal with a reason under the law, the guideline, and the file's own word.
		{"DSR-1", "refused with a reason", dsrAsked(rules.Request{Kind: rules.RequestAccess, Received: asked, Refused: true, Reason: "excessive"}), "DSR-1/r1", rules.Pass},
		{"DSR-1", "refused without a reason", dsrAsked(rules.Request{Kind: rules.RequestAccess, Received: asked, Refused: true}), "DSR-1/r1", rules.Fail},
		{"DSR-1", "refused under the guideline", func(f *rules.Facts) {
			dsrAsked(rules.Request{Kind: rules.RequestAccess, Received: asked, Refused: true, Reason: "excessive"})(f)
			dsrUnion(f)
		}, "DSR-1/r1", rules.Fail},
		{"DSR-1", "refused where the protocol itself says never", func(f *rules.Facts) {
			dsrAsked(rules.Request{Kind: rules.RequestAccess, Received: asked, Refused: true, Reason: "excessive"})(f)
			f.Protocol.Rights.Access.Refusal = "never"
		}, "DSR-1/r1", rules.Fail},
		{"DSR-1", "refused under the guideline, but the protocol says otherwise", func(f *rules.Facts) {
			dsrAsked(rules.Request{Kind: rules.RequestAccess, Received: asked, Refused: true, Reason: "excessive"})(f)
			dsrUnion(f)
			f.Protocol.Rights.Access.Refusal = "with-reason"
		}, "DSR-1/r1", rules.Pass},
		{"DSR-1", "guideline, written request", func(f *rules.Facts) { dsrRights(f); dsrUnion(f); f.Protocol.Rights.Channel.Form = "written" }, "DSR-1/form", rules.Fail},
		{"DSR-1", "guideline, simple request", func(f *rules.Facts) { dsrRights(f); dsrUnion(f); f.Protocol.Rights.Channel.Form = "simple-request" }, "DSR-1/form", rules.Pass},
		{"DSR-1", "guideline, form not stated", func(f *rules.Facts) { dsrRights(f); dsrUnion(f) }, "DSR-1/form", rules.Unproven},

		{"DSR-2", "none asked", dsrRights, "DSR-2", rules.Pass},
		{"DSR-2", "nobody knows the requests", func(f *rules.Facts) { dsrRights(f); f.Requests = devices.Value[[]rules.Request]{} }, "DSR-2", rules.Unproven},
		{"DSR-2", "answered at the last instant", dsrAsked(rules.Request{Kind: rules.RequestAccess, Received: asked, Answered: due}), "DSR-2/r1", rules.Pass},
		{"DSR-2", "answered an instant too late", dsrAsked(rules.Request{Kind: rules.RequestAccess, Received: asked, Answered: due.Add(1)}), "DSR-2/r1", rules.Fail},
		{"DSR-2", "not answered", dsrAsked(rules.Request{Kind: rules.RequestAccess, Received: asked}), "DSR-2/r1", rules.Fail},
		{"DSR-2", "time still runs", dsrAsked(rules.Request{Kind: rules.RequestAccess, Received: at(14 * day)}), "DSR-2/r1", rules.Pass},
		{"DSR-2", "time just ran out", dsrAsked(rules.Request{Kind: rules.RequestAccess, Received: at(14*day + 1)}), "DSR-2/r1", rules.Fail},
		{"DSR-2", "answered before it was received", dsrAsked(rules.Request{Kind: rules.RequestAccess, Received: asked, Answered: asked.Add(-1)}), "DSR-2/r1", rules.Unproven},
		{"DSR-2", "received in the future", dsrAsked(rules.Request{Kind: rules.RequestAccess, Received: now.Add(1)}), "DSR-2/r1", rules.Unproven},
		{"DSR-2", "receipt not recorded", dsrAsked(rules.Request{Kind: rules.RequestAccess}), "DSR-2/r1", rules.Unproven},
		{"DSR-2", "14 days over the change to summer time are 14 days by the clock", func(f *rules.Facts) {
			f.Now = dsrAt(2026, time.April, 10, 12, 0)
			dsrAsked(rules.Request{Kind: rules.RequestAccess, Received: dsrAt(2026, time.March, 20, 9, 0), Answered: dsrAt(2026, time.April, 3, 9, 0)})(f)
		}, "DSR-2/r1", rules.Pass},
		{"DSR-2", "and not an hour more", func(f *rules.Facts) {
			f.Now = dsrAt(2026, time.April, 10, 12, 0)
			dsrAsked(rules.Request{Kind: rules.RequestAccess, Received: dsrAt(2026, time.March, 20, 9, 0), Answered: dsrAt(2026, time.April, 3, 9, 1)})(f)
		}, "DSR-2/r1", rules.Fail},
		{"DSR-2", "a register in UTC does not change the clock", func(f *rules.Facts) {
			f.Now = dsrAt(2026, time.April, 10, 12, 0)
			dsrAsked(rules.Request{Kind: rules.RequestAccess, Received: dsrAt(2026, time.March, 20, 9, 0).UTC(), Answered: dsrAt(2026, time.April, 3, 9, 1).UTC()})(f)
		}, "DSR-2/r1", rules.Fail},
		{"DSR-2", "without a term the law's month ends with a short February", func(f *rules.Facts) {
			dsrAsked(rules.Request{Kind: rules.RequestAccess, Received: dsrAt(2026, time.January, 31, 9, 0), Answered: dsrAt(2026, time.February, 28, 9, 0)})(f)
			f.Protocol.Rights.Access.Deadline = policy.Duration{}
		}, "DSR-2/r1", rules.Pass},
		{"DSR-2", "and not on the first of March", func(f *rules.Facts) {
			dsrAsked(rules.Request{Kind: rules.RequestAccess, Received: dsrAt(2026, time.January, 31, 9, 0), Answered: dsrAt(2026, time.March, 1, 9, 0)})(f)
			f.Protocol.Rights.Access.Deadline = policy.Duration{}
		}, "DSR-2/r1", rules.Fail},
		{"DSR-2", "a term over the law's month does not help", func(f *rules.Facts) {
			dsrAsked(rules.Request{Kind: rules.RequestAccess, Received: dsrAt(2026, time.January, 31, 9, 0), Answered: dsrAt(2026, time.March, 1, 9, 0)})(f)
			f.Protocol.Rights.Access.Deadline = policy.Duration{Months: 3}
		}, "DSR-2/r1", rules.Fail},
		// Conflict 13: hold at receipt, or let the retention run.
		{"DSR-2", "held at once", dsrAsked(rules.Request{Kind: rules.RequestAccess, Received: asked, Held: asked.Add(time.Hour), Oldest: asked.Add(-day)}), "DSR-2/hold/r1", rules.Pass},
		{"DSR-2", "held too late", dsrAsked(rules.Request{Kind: rules.RequestAccess, Received: asked, Held: asked.Add(time.Hour + 1), Oldest: asked.Add(-day)}), "DSR-2/hold/r1", rules.Fail},
		{"DSR-2", "handed over at once", dsrAsked(rules.Request{Kind: rules.RequestAccess, Received: asked, Answered: asked.Add(time.Minute), Oldest: asked.Add(-day)}), "DSR-2/hold/r1", rules.Pass},
		{"DSR-2", "just in, not held yet", dsrAsked(rules.Request{Kind: rules.RequestAccess, Received: at(time.Hour), Oldest: at(day)}), "DSR-2/hold/r1", rules.Pass},
		{"DSR-2", "not held", dsrAsked(rules.Request{Kind: rules.RequestAccess, Received: at(time.Hour + 1), Oldest: at(day)}), "DSR-2/hold/r1", rules.Fail},
		{"DSR-2", "no hold in the protocol, recent recordings", dsrNoHold(at(2*day), at(3*day), 28), "DSR-2/hold/r1", rules.Pass},
		{"DSR-2", "no hold in the protocol, gone at the answer", dsrNoHold(asked, asked.Add(-20*day), 28), "DSR-2/hold/r1", rules.Fail},
		{"DSR-2", "no hold in the protocol, gone before the answer is due, still there", dsrNoHold(at(2*day), at(20*day), 28), "DSR-2/hold/r1", rules.Pass},
		{"DSR-2", "no hold in the protocol, already gone at receipt", dsrNoHold(asked, asked.Add(-28*day), 28), "DSR-2/hold/r1", rules.NotApplicable},
		{"DSR-2", "no hold and no retention", dsrNoHold(asked, asked.Add(-day), 0), "DSR-2/hold/r1", rules.Unproven},

		{"DSR-3", "in time", dsrAsked(rules.Request{Kind: rules.RequestRectification, Received: asked, Answered: due}), "DSR-3/r1", rules.Pass},
		{"DSR-3", "too late", dsrAsked(rules.Request{Kind: rules.RequestRectification, Received: asked, Answered: due.Add(1)}), "DSR-3/r1", rules.Fail},
		{"DSR-3", "other requests are none", dsrAsked(rules.Request{Kind: rules.RequestErasure, Received: asked}), "DSR-3", rules.Pass},
		{"DSR-3", "register unreadable", func(f *rules.Facts) { dsrRights(f); f.Requests = devices.Unreadable[[]rules.Request](errRead) }, "DSR-3", rules.Unproven},

		{"DSR-4", "in time", dsrAsked(rules.Request{Kind: rules.RequestErasure, Received: asked, Answered: due}), "DSR-4/r1", rules.Pass},
		{"DSR-4", "not answered", dsrAsked(rules.Request{Kind: rules.RequestErasure, Received: asked}), "DSR-4/r1", rules.Fail},
		{"DSR-4", "nobody knows the requests", func(f *rules.Facts) { dsrRights(f); f.Requests = devices.Value[[]rules.Request]{} }, "DSR-4", rules.Unproven},

		{"DSR-5", "own term", dsrRights, "DSR-5/deadline/access", rules.Pass},
		{"DSR-5", "a month is allowed", func(f *rules.Facts) { dsrRights(f); f.Protocol.Rights.Erasure.Deadline = policy.Duration{Months: 1} }, "DSR-5/deadline/erasure", rules.Pass},
		{"DSR-5", "30 days can be longer than a month", func(f *rules.Facts) { dsrRights(f); f.Protocol.Rights.Erasure.Deadline = policy.Duration{Days: 30} }, "DSR-5/deadline/erasure", rules.Fail},
		{"DSR-5", "no term, but a policy", func(f *rules.Facts) { dsrRights(f); f.Protocol.Rights.Access = policy.Right{} }, "DSR-5/deadline/access", rules.Pass},
		{"DSR-5", "neither term nor policy", func(f *rules.Facts) { dsrRights(f); f.Protocol.Rights = policy.Rights{} }, "DSR-5/deadline/access", rules.Fail},
		{"DSR-5", "policy is found", dsrRights, "DSR-5/policy", rules.Pass},
		{"DSR-5", "policy is gone", func(f *rules.Facts) {
			dsrRights(f)
			list, _ := f.Publications.Get()
			f.Publications = devices.Of(append(list, rules.Publication{What: "privacy-policy", At: now.Add(time.Minute)}))
		}, "DSR-5/policy", rules.Fail},
		{"DSR-5", "nobody looked for the policy", func(f *rules.Facts) { dsrRights(f); f.Publications = devices.Of([]rules.Publication{}) }, "DSR-5/policy", rules.Unproven},
		{"DSR-5", "nobody looks for anything", func(f *rules.Facts) { dsrRights(f); f.Publications = devices.Value[[]rules.Publication]{} }, "DSR-5/policy", rules.Unproven},
		{"DSR-5", "no separate policy", func(f *rules.Facts) { dsrRights(f); f.Protocol.Rights.Policy = "" }, "DSR-5/policy", rules.NotApplicable},
		{"DSR-5", "objection answered within the law's month", dsrAsked(rules.Request{Kind: "objection", Received: dsrAt(2026, time.February, 1, 9, 0), Answered: dsrAt(2026, time.March, 1, 9, 0)}), "DSR-5/r1", rules.Pass},
		{"DSR-5", "objection too late", dsrAsked(rules.Request{Kind: "objection", Received: dsrAt(2026, time.February, 1, 9, 0), Answered: dsrAt(2026, time.March, 1, 9, 1)}), "DSR-5/r1", rules.Fail},
	}
}

// dsrNoHold is a request under a protocol that holds no range, with one
// retention in days; zero is none.
func dsrNoHold(received, oldest time.Time, days int) func(*rules.Facts) {
	return func(f *rules.Facts) {
		dsrAsked(rules.Request{Kind: rules.RequestAccess, Received: received, Oldest: oldest})(f)
		f.Protocol.Rights.HoldRange = false
		for i := range f.Protocol.Processing {
			f.Protocol.Processing[i].Retention = policy.Retention{Max: policy.Duration{Days: days}}
		}
	}
}
