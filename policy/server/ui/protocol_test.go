package ui

import (
	"slices"
	"testing"
)

// A resolution that nobody decided must not be read as one.
func TestProposedIsNotSettled(t *testing.T) {
	p := Protocol{Problems: []FileProblem{
		{Class: "conflict", What: "open"},
		{Class: "conflict", What: "decided", Resolution: "so"},
		{Class: "conflict", What: "proposed", Resolution: "perhaps", Assumed: true},
		{Class: "open", What: "silent", Resolution: "so"},
	}}
	words := func(list []FileProblem) (out []string) {
		for _, f := range list {
			out = append(out, f.What)
		}
		return out
	}
	for name, c := range map[string]struct{ got, want []string }{
		"conflicts": {words(p.Conflicts()), []string{"open"}},
		"settled":   {words(p.Settled()), []string{"decided"}},
		"proposed":  {words(p.Proposed()), []string{"proposed"}},
		"open":      {words(p.Open()), []string{"silent"}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: %q, want %q", name, c.got, c.want)
		}
	}
}
