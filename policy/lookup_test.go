package policy_test

import (
	"testing"

	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/examples"
)

func TestWritten(t *testing.T) {
	p, err := policy.Parse("lensmonde.yaml", examples.Lensmonde)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{
		"cameras[0].sound":               true,
		"cameras[0].view.max_shift":      true,
		"cameras[0].sessions":            false,
		"blackout.proof.max_gap":         true,
		"blackout.templates[0].days":     true,
		"processing[0].retention.max":    true,
		"processing[0].retention.ground": false,
	} {
		if got := p.Written(path); got != want {
			t.Errorf("%s: written %v, want %v", path, got, want)
		}
	}
	if p.Cameras[0].Sessions == 0 {
		t.Error("what the file does not say was not filled in")
	}
	if !(&policy.Protocol{}).Written("cameras[0].sound") {
		t.Error("a protocol from nowhere has values that nobody wrote")
	}
}
