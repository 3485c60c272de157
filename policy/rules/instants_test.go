package rules_test

import (
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/rules"
)

// TestInstants: each window that gateway and server compute otherwise is one
// finding, as grave as the gravest difference of its cameras.
func TestInstants(t *testing.T) {
	at := func(camera string, from, until time.Duration) policy.Interval {
		i := policy.Interval{Decision: "el", Camera: camera, From: now.Add(from)}
		if until != 0 {
			i.Until = now.Add(until)
		}
		return i
	}
	none := policy.Interval{}
	both := policy.Difference{Window: "el", Camera: "entree", Here: at("entree", 0, time.Hour), There: at("entree", -time.Hour, 0)}
	for _, c := range []struct {
		name     string
		list     []policy.Difference
		severity rules.Severity
		says     string
	}{
		{"both", []policy.Difference{both}, rules.High, "is from 2026-03-18 13:00 CET to 2026-03-18 14:00 CET by this gateway and from 2026-03-18 12:00 CET until a release by the server"},
		{"only here", []policy.Difference{both, {Window: "el", Camera: "hal", Here: at("hal", 0, time.Hour), There: none}}, rules.High, "the server does not count on it. Cameras: 2."},
		{"only there", []policy.Difference{both, {Window: "el", Camera: "hal", Here: none, There: at("hal", 0, time.Hour)}}, rules.Critical, "(camera hal, from 2026-03-18 13:00 CET to 2026-03-18 14:00 CET), but this gateway does not know it so and covers nothing for it. Cameras: 2."},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := good(t)
			f.Differences = append(c.list, policy.Difference{Window: "night", Camera: "entree", Here: both.Here, There: both.There})
			got, ids := rules.Finding{}, []string{}
			for _, x := range rules.Evaluate(f) {
				if strings.HasPrefix(x.ID, "BLK-1/instants/") {
					ids = append(ids, x.ID)
				}
				if x.ID == "BLK-1/instants/de-polder/el" {
					got = x
				}
			}
			if len(ids) != 2 || got.Status != rules.Fail || got.Severity != c.severity || !strings.Contains(got.Text.EN, c.says) || got.Remedy.NL == "" {
				t.Errorf("%q; %s, %s: %s", ids, got.Status, got.Severity, got.Text.EN)
			}
			for _, text := range []string{got.Text.NL, got.Text.FR, got.Text.EN} {
				if strings.Contains(text, "%!") {
					t.Error(text)
				}
			}
		})
	}
}
