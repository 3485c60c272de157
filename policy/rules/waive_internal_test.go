package rules

import (
	"testing"
	"time"

	"github.com/lensdop/lensdop/policy"
)

// A finding can be graver than its rule is in general. Then the limit of what
// is critical holds for it, and it says so.
func TestCriticalFindingOfALesserRule(t *testing.T) {
	w := policy.Waiver{
		ID: "w", Rule: "SEC-4", Justification: "because", ApprovedBy: []string{"dpo", "ict"},
		Issued: policy.Date{Year: 2026, Month: time.March, Day: 1}, Expires: policy.Date{Year: 2026, Month: time.April, Day: 1},
	}
	for severity, want := range map[Severity]bool{High: true, Critical: false} {
		f := Finding{Rule: "SEC-4", Status: Fail, Severity: severity}
		waive(&f, w, nil)
		if (f.Waiver != nil) != want || (len(f.Evidence) > 0) == want {
			t.Errorf("%s: waiver %+v, evidence %+v", severity, f.Waiver, f.Evidence)
		}
	}
}
