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
		{"BLK-2", "covered again", func(f *rules.Facts) {
			released(5*time.Hour, devices.Of(false))(f)
			window(f, rules.ShownClosed)
		}, id, rules.NotApplicable},
	}
}
