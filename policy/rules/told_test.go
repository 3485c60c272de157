package rules_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy/rules"
)

// What a device has no way to tell is nobody's loss; what it could tell and did
// not is.
func TestNoWayToTellIsUndelivered(t *testing.T) {
	for _, x := range []struct {
		rule, id    string
		change      func(*rules.Facts)
		undelivered bool
	}{
		{"PUR-10", "PUR-10/services-untold/de-polder/entree", purCan, true},
		{"PUR-10", "PUR-10/analytics/de-polder/entree", locWith(purCan, func(f *rules.Facts) { f.Cameras[cam].Analytics = devices.NotSupported[[]string]() }), true},
		{"PUR-10", "PUR-10/analytics/de-polder/entree", locWith(purCan, func(f *rules.Facts) { f.Cameras[cam].Analytics = devices.Unreadable[[]string](errRead) }), false},
		{"PUR-10", "PUR-10/analytics/de-polder/entree", locWith(purCan, camAsked(-3*time.Hour)), false},
		{"RET-1", "RET-1/device/de-polder/entree", retListed(devices.NotSupported[[]devices.Recording]()), true},
		{"RET-1", "RET-1/device/de-polder/entree", retListed(devices.Unreadable[[]devices.Recording](errRead)), false},
		{"SEC-1", "SEC-1/hole/de-polder/entree", secNoted(), true},
		{"SEC-1", "SEC-1/hole/de-polder/entree/CVE-2021-36260", secHole(func(h *rules.Hole) { h.Has = devices.Unreadable[bool](errRead) }), false},
	} {
		f := world(t, x.rule)
		x.change(&f)
		if got := find(t, rules.EvaluateOnly(f, x.rule), x.id); got.Status != rules.Unproven || got.Undelivered != x.undelivered {
			t.Errorf("%s: %s, undelivered %t, want %t: %s", x.id, got.Status, got.Undelivered, x.undelivered, got.Text.EN)
		}
	}
}

// A device that never erases is told apart from one that erases too late.
func TestForEverIsWorseThanTooLong(t *testing.T) {
	for days, want := range map[int]rules.Severity{0: rules.Critical, 29: rules.High} {
		f := world(t, "RET-1")
		retRecording(func(r *devices.Recording) { r.Retention = devices.Of(time.Duration(days) * 24 * time.Hour) })(&f)
		got := find(t, rules.EvaluateOnly(f, "RET-1"), "RET-1/device-setting/de-polder/entree/r1")
		if got.Severity != want || strings.Contains(got.Text.EN, "never") != (days == 0) {
			t.Errorf("%d days: %s: %s", days, got.Severity, got.Text.EN)
		}
	}
}

// A known hole says what it rests on, where that stands, and what is safe; that
// none is known never sounds as if there were none.
func TestHoleSaysWhatItRestsOn(t *testing.T) {
	for basis, word := range map[devices.Basis]string{devices.BasisRead: "read, not tried", devices.BasisTried: "was tried"} {
		f := world(t, "SEC-1")
		secHole(func(h *rules.Hole) { h.Basis = basis })(&f)
		got := find(t, rules.EvaluateOnly(f, "SEC-1"), "SEC-1/hole/de-polder/entree/CVE-2021-36260")
		for _, s := range []string{word, "CVE-2021-36260", "sim-one-any", "the release of September 2021", "run commands"} {
			if !strings.Contains(got.Text.EN, s) {
				t.Errorf("%s: %q is not in %q", basis, s, got.Text.EN)
			}
		}
		if !slices.ContainsFunc(got.Evidence, func(e rules.Evidence) bool {
			return e.Value == "firmware-notes/sim-one-any ("+string(basis)+"): the maker's notice"
		}) || !strings.Contains(got.Remedy.EN, "September") {
			t.Errorf("evidence %+v, remedy %q", got.Evidence, got.Remedy.EN)
		}
	}
	f := world(t, "SEC-1")
	secNoted("sim-one-any")(&f)
	if got := find(t, rules.EvaluateOnly(f, "SEC-1"), "SEC-1/hole/de-polder/entree"); !strings.Contains(got.Text.EN, "do not say that there is none") {
		t.Errorf("%s", got.Text.EN)
	}
}
