package rules_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/rules"
	"pgregory.net/rapid"
)

// The names of machines and accounts may be people's: findings give addresses.
func TestStrangersAreNotNamed(t *testing.T) {
	for from, shown := range map[string]string{"10.0.0.7": "10.0.0.7", "10.0.0.7:554": "10.0.0.7", "fe80::1%eth0": "fe80::1", "pc-jansen": "?", "": "?"} {
		f := good(t)
		f.Flows = devices.Of([]rules.Flow{{Camera: "entree", Kind: "live", From: from, At: now}})
		f.Failures = devices.Of([]rules.Failure{{Camera: "entree", From: from, At: now, Count: 9}})
		list := rules.Evaluate(f)
		for _, id := range []string{"SEC-2/flows/de-polder/entree", "SEC-2/logins/de-polder/entree"} {
			got := find(t, list, id)
			if got.Status != rules.Fail || got.Evidence[0].Value != shown || !strings.Contains(got.Text.EN, strings.Replace(shown, "?", "unknown", 1)) {
				t.Errorf("%q is shown as %q: %s", from, got.Evidence[0].Value, got.Text.EN)
			}
			if shown == "?" && from != "" && strings.Contains(fmt.Sprintf("%+v", got), from) {
				t.Errorf("%s names %q", id, from)
			}
		}
	}
}

// Whatever term a protocol gives: an answer at the due instant is in time, one
// an instant later is not, and no term passes the law's month.
func TestAnswerDue(t *testing.T) {
	base := world(t, "DSR-2")
	dsrRights(&base)
	zone := base.Protocol.Location("")
	status := func(f rules.Facts, answered time.Time, received time.Time) rules.Status {
		f.Requests = devices.Of([]rules.Request{{ID: "r1", Kind: rules.RequestErasure, Received: received, Answered: answered}})
		f.Now = answered.Add(time.Hour)
		for _, x := range rules.EvaluateOnly(f, "DSR-4") {
			if x.ID == "DSR-4/r1" {
				return x.Status
			}
		}
		return ""
	}
	rapid.Check(t, func(t *rapid.T) {
		received := time.Date(2024, time.January, 1, 0, 0, 0, 0, zone).AddDate(0, 0, rapid.IntRange(0, 1500).Draw(t, "day")).Add(time.Duration(rapid.IntRange(0, 86399).Draw(t, "second")) * time.Second)
		term := policy.Duration{Months: rapid.IntRange(0, 2).Draw(t, "months"), Days: rapid.IntRange(0, 40).Draw(t, "days")}
		f := base
		p := *base.Protocol
		p.Rights.Erasure.Deadline = term
		f.Protocol = &p
		due := policy.Duration{Months: 1}.After(received)
		if own := term.After(received); !term.IsZero() && own.Before(due) {
			due = own
		}
		if got := status(f, due, received); got != rules.Pass {
			t.Errorf("%s, received %s, answered when due (%s): %s", term, received, due, got)
		}
		if got := status(f, due.Add(1), received); got != rules.Fail {
			t.Errorf("%s, received %s, answered an instant after %s: %s", term, received, due, got)
		}
	})
}
