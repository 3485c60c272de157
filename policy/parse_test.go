package policy_test

import (
	"testing"

	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/examples"
)

func lensmonde(t testing.TB) *policy.Protocol {
	t.Helper()
	p, err := policy.Parse("lensmonde.yaml", examples.Lensmonde)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestLensmonde(t *testing.T) {
	p := lensmonde(t)
	if got := len(p.CamerasOf("de-polder")); got != 4 {
		t.Errorf("%d cameras, want 4", got)
	}
}
