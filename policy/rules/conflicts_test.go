package rules_test

import (
	"testing"

	"github.com/lensdop/lensdop/policy/rules"
)

// readings names, for each conflict between or inside the source documents
// (rule catalogue §1.9), two rows of the table of tests that end differently
// because the parameter differs. Conflicts 4 and 5 are compared over the
// written protocols in TestBothReadingsOfAccess, 7 and 8 also in
// TestBothReadingsOfCovert.
func readings() map[int][2][2]string {
	return map[int][2][2]string{
		1:  {{"RET-1", "a second over four weeks"}, {"RET-3", "the same a second over four weeks, in a month"}},
		2:  {{"RET-5", "kept eleven months"}, {"RET-5", "the same is too old to view"}},
		3:  {{"RET-2", "ten days, kept a week"}, {"RET-2", "ten days, kept six months"}},
		6:  {{"NTF-1", "deferred where the protocol says at once"}, {"NTF-1", "deferred where the protocol allows it"}},
		7:  {{"HID-2", "meets the conditions, on its last day"}, {"HID-2", "the protocol rules it out"}},
		8:  {{"HID-4", "secret, never by the protocol"}, {"HID-4", "secret, in a case, under conditions"}},
		9:  {{"DSR-1", "refused with a reason"}, {"DSR-1", "refused under the guideline"}},
		10: {{"PUR-2", "control of work is a purpose"}, {"PUR-2", "a purpose and forbidden"}},
		11: {{"CON-1", "advice is not enough in the Netherlands"}, {"CON-1", "advice is enough in Belgium"}},
		12: {{"HLD-2", "the hold wins"}, {"HLD-2", "all is erased"}},
		13: {{"DSR-2", "held at once"}, {"DSR-2", "no hold in the protocol, gone at the answer"}},
		14: {{"LOG-1", "log kept 13 months, to the day"}, {"LOG-1", "log kept a year"}},
		15: {{"PUR-5", "ground that serves a purpose"}, {"PUR-5", "ground that serves none"}},
		16: {{"CON-10", "used before, after a consultation"}, {"CON-10", "used before anybody was asked"}},
		17: {{"BLK-1", "may: election without a decision"}, {"BLK-1", "must: election without a decision"}},
		18: {{"GOV-2", "law that no longer holds"}, {"GOV-2", "replaced, and the file rests on its successor"}},
	}
}

// Each conflict has a row for either reading; TestEveryRule runs them.
func TestBothReadings(t *testing.T) {
	wants := map[[2]string]rules.Status{}
	for _, c := range allCases() {
		wants[[2]string{c.rule, c.name}] = c.want
	}
	for n := 1; n <= 18; n++ {
		pair, ok := readings()[n]
		if !ok {
			if n != 4 && n != 5 {
				t.Errorf("conflict %d has no readings", n)
			}
			continue
		}
		one, other := wants[pair[0]], wants[pair[1]]
		if one == "" || other == "" || one == other {
			t.Errorf("conflict %d: %q is %q and %q is %q", n, pair[0], one, pair[1], other)
		}
	}
}
