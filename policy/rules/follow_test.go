package rules_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/rules"
)

func TestFollow(t *testing.T) {
	type step struct {
		day         int // after now
		status      rules.Status
		severity    rules.Severity
		undelivered bool
		// What Follow must say, in days after now; -1 is none.
		first, resolved, due int
	}
	for _, c := range []struct {
		name  string
		steps []step
	}{
		{"a fail stays", []step{{0, rules.Fail, rules.High, false, 0, -1, 7}, {1, rules.Fail, rules.High, false, 0, -1, 7}, {30, rules.Fail, rules.High, false, 0, -1, 7}}},
		{"critical", []step{{0, rules.Fail, rules.Critical, false, 0, -1, 1}}},
		{"medium", []step{{0, rules.Fail, rules.Medium, false, 0, -1, 28}}},
		{"low", []step{{0, rules.Expired, rules.Low, false, 0, -1, 90}}},
		{"an unknown severity does not wait", []step{{0, rules.Fail, "", false, 0, -1, 1}}},
		{"resolved, and back", []step{
			{0, rules.Fail, rules.High, false, 0, -1, 7},
			{2, rules.Pass, rules.High, false, 2, 2, -1},
			{3, rules.Pass, rules.High, false, 2, 2, -1},
			{4, rules.Attested, rules.High, false, 4, 2, -1},
			{5, rules.Fail, rules.High, false, 5, -1, 12},
		}},
		{"unproven for a while keeps the day", []step{
			{0, rules.Fail, rules.High, false, 0, -1, 7}, {5, rules.Unproven, rules.High, false, 5, -1, 7}, {6, rules.Fail, rules.High, false, 6, -1, 7},
		}},
		{"graver than before", []step{{0, rules.Fail, rules.Low, false, 0, -1, 90}, {5, rules.Fail, rules.Critical, false, 0, -1, 1}}},
		{"less grave than before", []step{{0, rules.Fail, rules.Critical, false, 0, -1, 1}, {5, rules.Fail, rules.Low, false, 0, -1, 1}}},
		{"always well", []step{{0, rules.Pass, rules.High, false, 0, -1, -1}, {1, rules.Pass, rules.High, false, 0, -1, -1}}},
		{"undelivered has no day", []step{{0, rules.Unproven, rules.High, true, 0, -1, -1}, {1, rules.Unproven, rules.High, false, 0, -1, 7}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			at := func(day int) time.Time {
				if day < 0 {
					return time.Time{}
				}
				return now.AddDate(0, 0, day)
			}
			var earlier *rules.Finding
			for _, s := range c.steps {
				got := rules.Follow(earlier, rules.Finding{ID: "x", Status: s.status, Severity: s.severity, Undelivered: s.undelivered, At: at(s.day)})
				if !got.FirstSeen.Equal(at(s.first)) || !got.Resolved.Equal(at(s.resolved)) || !got.Due.Equal(at(s.due)) || !got.LastSeen.Equal(at(s.day)) {
					t.Errorf("day %d: first %s, last %s, resolved %s, due %s", s.day, got.FirstSeen, got.LastSeen, got.Resolved, got.Due)
				}
				earlier = &got
			}
		})
	}
}

func TestFollowKeepsWhatTheRuleSays(t *testing.T) {
	due := now.AddDate(0, 0, 14)
	got := rules.Follow(nil, rules.Finding{ID: "x", Status: rules.Fail, Severity: rules.Critical, At: now, Due: due})
	if !got.Due.Equal(due) {
		t.Errorf("due %s", got.Due)
	}
	soon := rules.Follow(&got, rules.Finding{ID: "x", Status: rules.Attested, DueSoon: true, At: now.Add(time.Hour), Due: due})
	if !soon.Due.Equal(due) || !soon.Resolved.Equal(soon.At) {
		t.Errorf("due %s, resolved %s", soon.Due, soon.Resolved)
	}
	other := rules.Follow(&got, rules.Finding{ID: "y", Status: rules.Fail, Severity: rules.High, At: now.Add(time.Hour)})
	if !other.FirstSeen.Equal(other.At) || !other.Due.Equal(other.At.Add(rules.DueHigh)) {
		t.Errorf("another matter began at %s, due %s", other.FirstSeen, other.Due)
	}
}

// Over any course of evaluations: a matter that is never OK in between never
// gets more time than it had, FirstSeen never comes after LastSeen, and only
// what is OK is resolved.
func TestFollowLaws(t *testing.T) {
	statuses := []rules.Status{rules.Pass, rules.NotApplicable, rules.Attested, rules.Expired, rules.Unproven, rules.Fail, rules.Error}
	severities := []rules.Severity{rules.Critical, rules.High, rules.Medium, rules.Low}
	rapid.Check(t, func(t *rapid.T) {
		var earlier *rules.Finding
		at := now
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			at = at.Add(time.Duration(rapid.IntRange(0, 1000).Draw(t, "hours")) * time.Hour)
			f := rules.Finding{ID: "x", At: at, Status: rapid.SampledFrom(statuses).Draw(t, "status"), Severity: rapid.SampledFrom(severities).Draw(t, "severity")}
			got := rules.Follow(earlier, f)
			if got.FirstSeen.After(got.LastSeen) || !got.LastSeen.Equal(at) {
				t.Fatalf("first %s, last %s at %s", got.FirstSeen, got.LastSeen, at)
			}
			if !got.Status.OK() && (!got.Resolved.IsZero() || got.Due.IsZero()) {
				t.Fatalf("%s: resolved %s, due %s", got.Status, got.Resolved, got.Due)
			}
			if earlier != nil && !earlier.Status.OK() && !got.Status.OK() && got.Due.After(earlier.Due) {
				t.Fatalf("due moved from %s to %s", earlier.Due, got.Due)
			}
			if earlier != nil && !earlier.Status.OK() && got.Status.OK() && !got.Resolved.Equal(at) {
				t.Fatalf("resolved %s at %s", got.Resolved, at)
			}
			earlier = &got
		}
	})
}

// Numbers in a text move from look to look, and are not told; what is
// undelivered measures nothing, so that another reason for it is.
func TestSameVerdict(t *testing.T) {
	one := rules.Finding{ID: "x", Status: rules.Unproven, Severity: rules.High, Text: policy.Text{EN: "margin 3"}}
	for _, x := range []struct {
		name   string
		change func(a, b *rules.Finding)
		same   bool
	}{
		{"another number", func(_, b *rules.Finding) { b.Text.EN = "margin 4" }, true},
		{"another status", func(_, b *rules.Finding) { b.Status = rules.Fail }, false},
		{"another severity", func(_, b *rules.Finding) { b.Severity = rules.Low }, false},
		{"undelivered now", func(_, b *rules.Finding) { b.Undelivered = true }, false},
		{"undelivered still", func(a, b *rules.Finding) { a.Undelivered, b.Undelivered = true, true }, true},
		{"undelivered for another reason", func(a, b *rules.Finding) { a.Undelivered, b.Undelivered, b.Text.EN = true, true, "no way to ask" }, false},
		{"waived now", func(_, b *rules.Finding) { b.Waiver = &rules.WaivedBy{ID: "w"} }, false},
	} {
		a, b := one, one
		x.change(&a, &b)
		if rules.SameVerdict(a, b) != x.same || rules.SameVerdict(b, a) != x.same {
			t.Errorf("%s: same %t, want %t", x.name, !x.same, x.same)
		}
	}
}
