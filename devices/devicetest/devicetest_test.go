package devicetest

import (
	"testing"
)

// A law that is said to be broken is told apart from one that is.
func TestBroken(t *testing.T) {
	k := fakeKit(sins{closesOnce: true})
	k.Breaks = map[string]string{"closing twice": "it closes once"}
	Run(t, k)
}

// A good driver keeps all laws.
func TestGoodDriver(t *testing.T) { Run(t, fakeKit(sins{})) }

// try tells what a law says of a driver.
func try(t *testing.T, l law, s sins) []string {
	return witnessed(t, func(t testing.TB) { l.check(newBench(t, fakeKit(s))) })
}

// Each sin is found by the law against it.
func TestLawsFindSinners(t *testing.T) {
	byName := map[string]law{}
	for _, l := range laws() {
		byName[l.name] = l
	}
	for _, c := range []struct {
		name string
		sins sins
		law  string
	}{
		{"believes what it writes", sins{blind: true}, "accepted and not applied"},
		{"writes what is there", sins{rewrites: true}, "covering twice is once"},
		{"does not know its own work", sins{adds: true}, "covering twice is once"},
		{"does not know its own work after a crash", sins{adds: true}, "a crash while covering"},
		{"wipes all", sins{wipes: true}, "others' changes stay"},
		{"does not tell of others", sins{silentForeign: true}, "others' changes stay"},
		{"empties before it fills", sins{opens: true}, "never uncovers on the way"},
		{"covers every lens", sins{touchesAll: true}, "lenses do not touch each other"},
		{"does not stop", sins{deaf: true}, "cancelling returns"},
		{"leaks in errors", sins{leaks: true}, "errors name the device and no secret"},
		{"leaks in the journal", sins{leaksState: true}, "restoring after a restart"},
		{"sends the password in clear", sins{clear: true}, "errors name the device and no secret"},
		{"does not name the device", sins{nameless: true}, "errors name the device and no secret"},
		{"has errors of its own", sins{bare: true}, "errors name the device and no secret"},
		{"takes a fault for nothing", sins{emptyOnFault: true}, "errors name the device and no secret"},
		{"writes while looking for a cover", sins{writesOnHolds: true}, "holding is told and nothing is written"},
		{"says that it holds", sins{yesMan: true}, "holding is told and nothing is written"},
		{"offers what it does not have", sins{boasts: true}, "methods"},
		{"closes once", sins{closesOnce: true}, "closing twice"},
		{"covers what the journal lacks", sins{unjournalled: true}, "nothing is written that the journal lacks"},
		{"two of one name", sins{sameName: true}, "identity"},
		{"writes while observing", sins{writesOnLook: true}, "observing writes nothing"},
		{"remembers until the restart", sins{forgetful: true}, "restoring after a restart"},
		{"does not put back what a crash left", sins{wipes: true}, "restoring after a restart"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l, ok := byName[c.law]
			if !ok {
				t.Fatalf("no law is called %q", c.law)
			}
			if said := try(t, l, c.sins); len(said) == 0 {
				t.Errorf("the law %q has nothing against it", c.law)
			}
		})
	}
}
