package rules_test

import (
	"testing"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy/rules"
)

// A protocol that says nothing of accounts is an open point, not an alarm about
// every camera.
func TestSilenceOnAccountsIsNoAlarm(t *testing.T) {
	f := good(t)
	o, _ := f.Cameras[cam].Observation.Get()
	o.Users = devices.Of([]devices.User{{Name: "a", Level: "Administrator"}})
	f.Cameras[cam].Observation = devices.Of(o)
	got := find(t, rules.Evaluate(f), "SEC-2/accounts/de-polder/entree")
	if got.Status != rules.Unproven || got.Severity != rules.Medium {
		t.Errorf("%s %s", got.Status, got.Severity)
	}
}
