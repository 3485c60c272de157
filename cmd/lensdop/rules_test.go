package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/lensdop/lensdop/policy/rules"
)

func TestRulesListsEveryRule(t *testing.T) {
	var want []string
	delivered := 0
	for _, r := range rules.Table() {
		want = append(want, r.ID)
		if rules.Delivered(r.ID) {
			delivered++
		}
	}
	if len(want) != 96 || delivered == 0 || delivered == len(want) {
		t.Fatalf("%d rules, %d delivered", len(want), delivered)
	}
	r := execute(t, "rules")
	var got []string
	for line := range strings.Lines(r.stdout) {
		words := strings.Fields(line)
		if len(words) < 5 || (words[3] == "delivered") != rules.Delivered(words[0]) {
			t.Fatalf("%q", line)
		}
		got = append(got, words[0])
	}
	if r.code != 0 || !slices.Equal(got, want) {
		t.Errorf("exit code %d, %d rules: %q", r.code, len(got), got)
	}
	got = nil
	for d := json.NewDecoder(strings.NewReader(execute(t, "rules", "--json").stdout)); d.More(); {
		var line listedRule
		if err := d.Decode(&line); err != nil {
			t.Fatal(err)
		}
		if line.Delivered != rules.Delivered(line.ID) || line.Title.FR == "" || line.Norm.NL == "" || len(line.Methods) == 0 {
			t.Errorf("%+v", line)
		}
		got = append(got, line.ID)
	}
	if !slices.Equal(got, want) {
		t.Errorf("as JSON %d rules: %q", len(got), got)
	}
}

func TestRulesInFull(t *testing.T) {
	for _, c := range []struct {
		args string
		code int
		want []string
	}{
		{"REG-1 --lang en", 0, []string{"REG-1  Unregistered camera\n", "  severity   critical\n", "  norm       ", "  remedy     ", "  source     "}},
		{"REG-1 LOC-3 --lang nl", 0, []string{"LOC-3  ", "\nREG-1  Onbekende camera\n"}},
		{"reg-1 --lang fr", 0, []string{"REG-1  Caméra inconnue\n"}},
		{"REG-999", 1, []string{"there is no rule REG-999"}},
		{"REG-1 REG-999 --json", 1, []string{"there is no rule REG-999"}},
		{"--lang de", 1, []string{"nl, fr or en"}},
	} {
		t.Run(c.args, func(t *testing.T) {
			r := execute(t, append([]string{"rules"}, strings.Fields(c.args)...)...)
			if r.code != c.code || (r.stdout == "") != (c.code != 0) {
				t.Fatalf("%+v, want exit code %d", r, c.code)
			}
			for _, want := range c.want {
				if !strings.Contains(r.stdout+r.stderr, want) {
					t.Errorf("does not say %q:\n%s%s", want, r.stdout, r.stderr)
				}
			}
		})
	}
}
