package gateway

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/lensdop/lensdop/agent"
	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/rules"
)

func finding(rule string, s rules.Status, v rules.Severity) rules.Finding {
	return rules.Finding{
		Rule: rule, Status: s, Severity: v, Title: policy.Text{EN: "title of " + rule},
		Text: policy.Text{EN: "text of " + rule}, Remedy: policy.Text{EN: "remedy of " + rule},
	}
}

func undelivered(rule string) rules.Finding {
	f := finding(rule, rules.Unproven, rules.Critical)
	f.Undelivered = true
	return f
}

func TestPrintFindings(t *testing.T) {
	for _, c := range []struct {
		name  string
		list  []rules.Finding
		heads []string // of what does not comply, in this order
		tail  []string // the lines after it, without the last
	}{
		{
			"all complies",
			[]rules.Finding{finding("A-1", rules.Pass, rules.High), finding("A-2", rules.Attested, rules.High), finding("A-3", rules.NotApplicable, rules.High)},
			nil,
			[]string{"2 checks: 2 comply, 0 do not or could not be shown; 1 do not apply now"},
		},
		{
			"the worst first",
			[]rules.Finding{
				finding("A-1", rules.Unproven, rules.Critical), finding("A-2", rules.Fail, rules.Low), finding("A-3", rules.Pass, rules.High),
				finding("A-4", rules.Expired, rules.High), finding("A-5", rules.Fail, rules.Critical), finding("A-6", rules.Error, rules.Medium),
			},
			[]string{"FAIL critical A-5", "FAIL low A-2", "ERROR medium A-6", "EXPIRED high A-4", "UNPROVEN critical A-1"},
			[]string{"6 checks: 1 comply, 5 do not or could not be shown; 0 do not apply now"},
		},
		{
			"a rule that is checked in part is named",
			[]rules.Finding{finding("A-1", rules.Pass, rules.High), undelivered("A-1"), undelivered("A-1"), undelivered("A-2"), undelivered("A-2")},
			nil,
			[]string{
				"1 checks: 1 comply, 0 do not or could not be shown; 0 do not apply now",
				"not checked, since nothing here gathers the facts: A-2", "checked only in part, for the same reason: A-1",
			},
		},
		{"nothing", nil, nil, []string{"0 checks: 0 comply, 0 do not or could not be shown; 0 do not apply now"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := slices.Clone(c.list)
			var b strings.Builder
			if err := printFindings(&b, c.list); err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
			var heads []string
			for len(lines) > 4 && strings.HasPrefix(lines[1], "          text of ") {
				words := strings.Fields(lines[0])
				heads = append(heads, strings.Join(words[:3], " "))
				if lines[1] != "          text of "+words[2] || lines[3] != "          do:  remedy of "+words[2] {
					t.Errorf("%q", lines[:4])
				}
				lines = lines[4:]
			}
			if !slices.Equal(heads, c.heads) || !slices.Equal(lines[:len(lines)-1], c.tail) || !strings.Contains(lines[len(lines)-1], "lensdop protocol findings") {
				t.Errorf("%q, then %q; want %q, then %q", heads, lines, c.heads, c.tail)
			}
			for i := range before {
				if before[i].Rule != c.list[i].Rule {
					t.Fatal("the caller's list is in another order")
				}
			}
			full, full2 := io.Pipe()
			if err := errors.Join(full.Close(), printFindings(full2, c.list)); !errors.Is(err, io.ErrClosedPipe) {
				t.Errorf("a reader that is gone: %v", err)
			}
		})
	}
}

func TestPrintAsks(t *testing.T) {
	var b strings.Builder
	if err := printAsks(&b, nil); err != nil || b.Len() != 0 {
		t.Errorf("nothing asked prints %q, %v", b.String(), err)
	}
	q := agent.Ask{
		ConsentConfig: agent.ConsentConfig{Vendor: "HIKVISION", Model: "DS-2CD\"1\"", Method: devices.MethodDeviceMask},
		Driver:        "hikvision", Rests: "ISAPI (note: manual)", Cameras: []string{"hal", "entree"},
	}
	if err := printAsks(&b, []agent.Ask{q}); err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(b.String(), "consent:\n")
	var got []agent.ConsentConfig
	if err := yaml.Unmarshal([]byte(text), &got); err != nil || len(got) != 1 || got[0] != q.ConsentConfig {
		t.Errorf("what is to be copied reads as %+v, %v:\n%s", got, err, b.String())
	}
	if !strings.Contains(b.String(), "hal, entree") || !strings.Contains(b.String(), "ISAPI (note: manual)") {
		t.Errorf("printed:\n%s", b.String())
	}
}
