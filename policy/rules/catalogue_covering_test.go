package rules_test

import (
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/rules"
)

// coveringCases are the rows for the entries in catalogue_covering.go.
func coveringCases() []ruleCase {
	const id = "BLK-2/de-polder/entree"
	released := func(ago time.Duration, seen devices.Value[bool]) func(*rules.Facts) {
		return func(f *rules.Facts) {
			f.Protocol.Blackout.Restored = policy.Reaction{}
			f.Cameras[cam].Released, f.Cameras[cam].Uncovered = f.Now.Add(-ago), seen
		}
	}
	within := func(d policy.Duration, change func(*rules.Facts)) func(*rules.Facts) {
		return func(f *rules.Facts) { change(f); f.Protocol.Blackout.Restored.Within = d }
	}
	unknown := devices.Value[bool]{}
	const blk1 = "BLK-1/de-polder/entree"
	// today makes the day of good one on which the template's situation takes place.
	today := rules.Occasion{Template: "verkiezing", Site: site, First: policy.Date{Year: 2026, Month: time.March, Day: 18}, Source: "list of polling places"}
	obliges := func(obligation string, list ...rules.Occasion) func(*rules.Facts) {
		return func(f *rules.Facts) {
			f.Protocol.Blackout.Obligation, f.Occasions = obligation, devices.Of(list)
		}
	}
	and := func(changes ...func(*rules.Facts)) func(*rules.Facts) {
		return func(f *rules.Facts) {
			for _, c := range changes {
				c(f)
			}
		}
	}
	shown := func(v rules.ShownVerdict) func(*rules.Facts) {
		return func(f *rules.Facts) { window(f, v) }
	}
	at := func(hour, minute int) func(*rules.Facts) {
		return func(f *rules.Facts) { f.Now = time.Date(2026, time.March, 18, hour-1, minute, 0, 0, time.UTC) } // by the clocks of the site
	}
	may, must := policy.ObligationMay, policy.ObligationMust
	later, elsewhere, other, days := today, today, today, today
	later.First.Day, elsewhere.Site, other.Template, days.Last = 19, "elsewhere", "markt", policy.Date{Year: 2026, Month: time.March, Day: 30}
	return []ruleCase{
		{"BLK-2", "shows its view again", released(time.Hour, devices.Of(true)), id, rules.Pass},
		{"BLK-2", "not yet, at the last instant", released(2*time.Hour, devices.Of(false)), id, rules.Pass},
		{"BLK-2", "an instant too late", released(2*time.Hour+1, devices.Of(false)), id, rules.Fail},
		{"BLK-2", "late, but it shows its view", released(5*time.Hour, devices.Of(true)), id, rules.Pass},
		{"BLK-2", "the protocol asks for less", within(policy.Duration{Time: 30 * time.Minute}, released(31*time.Minute, devices.Of(false))), id, rules.Fail},
		{"BLK-2", "the protocol allows more", within(policy.Duration{Time: 3 * time.Hour}, released(2*time.Hour+1, devices.Of(false))), id, rules.Pass},
		{"BLK-2", "nobody looked", released(5*time.Hour, unknown), id, rules.Unproven},
		{"BLK-2", "nobody looked yet", released(time.Minute, unknown), id, rules.Unproven},
		{"BLK-2", "stream broke off", released(5*time.Hour, devices.Unreadable[bool](errRead)), id, rules.Unproven},
		{"BLK-2", "nothing known", func(*rules.Facts) {}, id, rules.Unproven},
		{"BLK-2", "no window ended", func(f *rules.Facts) { f.Cameras[cam].Uncovered = devices.Of(true) }, id, rules.NotApplicable},
		// Conflict 17, both readings: the same election, with and without a decision.
		{"BLK-1", "may: election without a decision", obliges(may, today), blk1, rules.NotApplicable},
		{"BLK-1", "may: election unheard of", func(f *rules.Facts) { f.Protocol.Blackout.Obligation = may }, blk1, rules.NotApplicable},
		{"BLK-1", "may: election with a decision, open", and(obliges(may, today), shown(rules.ShownOpen)), blk1, rules.Fail},
		{"BLK-1", "may: election with a decision, covered", and(obliges(may, today), shown(rules.ShownClosed)), blk1, rules.Pass},
		{"BLK-1", "must: election without a decision", obliges(must, today), blk1, rules.Fail},
		{"BLK-1", "must: election with a decision, open", and(obliges(must, today), shown(rules.ShownOpen)), blk1, rules.Fail},
		{"BLK-1", "must: election with a decision, covered", and(obliges(must, today), shown(rules.ShownClosed)), blk1, rules.Pass},
		{"BLK-1", "must: election with a decision, not shown", and(obliges(must, today), shown(rules.ShownUnproven)), blk1, rules.Unproven},
		{"BLK-1", "must: whether there is an election nobody knows", func(f *rules.Facts) { f.Protocol.Blackout.Obligation = must }, blk1, rules.Unproven},
		{"BLK-1", "must: the list cannot be read", func(f *rules.Facts) {
			f.Protocol.Blackout.Obligation, f.Occasions = must, devices.Unreadable[[]rules.Occasion](errRead)
		}, blk1, rules.Unproven},
		{"BLK-1", "must: no election", obliges(must), blk1, rules.NotApplicable},
		{"BLK-1", "must: election tomorrow", obliges(must, later), blk1, rules.NotApplicable},
		{"BLK-1", "must: election elsewhere", obliges(must, elsewhere), blk1, rules.NotApplicable},
		{"BLK-1", "must: the minute before", and(obliges(must, today), at(6, 29)), blk1, rules.NotApplicable},
		{"BLK-1", "must: the first minute", and(obliges(must, today), at(6, 30)), blk1, rules.Fail},
		{"BLK-1", "must: the last minute", and(obliges(must, today), at(20, 59)), blk1, rules.Fail},
		{"BLK-1", "must: a release was possible", and(obliges(must, today), at(21, 0)), blk1, rules.NotApplicable},
		{"BLK-1", "must: longer than the template", obliges(must, days), blk1, rules.Unproven},
		{"BLK-1", "must: nobody may decide", and(obliges(must, today), func(f *rules.Facts) { f.Protocol.Blackout.DecidedBy = nil }), blk1, rules.Unproven},
		{"BLK-1", "must: something the protocol does not foresee", obliges(must, other), blk1, rules.NotApplicable},
		{"BLK-1", "must: camera outside the polling room", obliges(must, today), "BLK-1/de-polder/parkeerterrein", rules.NotApplicable},
		{"BLK-1", "must: template out of use", and(obliges(must, today), func(f *rules.Facts) {
			off := false
			f.Protocol.Blackout.Templates[0].Enabled = &off
		}), blk1, rules.Unproven},
		{"BLK-1", "must: only weekly windows", and(obliges(must, today), func(f *rules.Facts) {
			f.Protocol.Blackout.Templates, f.Protocol.Blackout.Windows = nil, []policy.Recurring{{ID: "markt"}}
		}), blk1, rules.NotApplicable},
		{"BLK-1", "must, but nothing says when", and(obliges(must, today), func(f *rules.Facts) { f.Protocol.Blackout.Templates = nil }), blk1, rules.Unproven},
		{"BLK-1", "none: election without a decision", obliges(policy.ObligationNone, today), blk1, rules.NotApplicable},

		{"BLK-2", "covered again", func(f *rules.Facts) {
			released(5*time.Hour, devices.Of(false))(f)
			window(f, rules.ShownClosed)
		}, id, rules.NotApplicable},
	}
}
