package policy_test

import (
	"slices"
	"testing"

	"github.com/lensdop/lensdop/policy"
)

func TestGroup(t *testing.T) {
	file := func(name, text string) policy.File { return policy.File{Name: name, Data: []byte(text)} }
	sites := file("a-sites.yaml", "apiVersion: lensdop/v1\nkind: Protocol\nmetadata: {id: one}\n")
	whole := file("b-rules.yaml", "apiVersion: lensdop/v1\nkind: Protocol\nmetadata:\n  id: one\n  title: {nl: Een}\n")
	other := file("c.yaml", "metadata: {id: two, title: {nl: Twee}}\n")
	broken := file("d.yaml", "metadata: [\n")
	none := file("e.yaml", "kind: Protocol\n")
	number := file("f.yaml", "metadata: {id: 3}\n")
	var got [][]string
	for _, g := range policy.Group(sites, broken, other, whole, none, number) {
		var names []string
		for _, f := range g {
			names = append(names, f.Name)
		}
		got = append(got, names)
	}
	want := [][]string{{"b-rules.yaml", "a-sites.yaml"}, {"d.yaml"}, {"c.yaml"}, {"e.yaml"}, {"f.yaml"}}
	if !slices.EqualFunc(got, want, func(a, b []string) bool { return slices.Equal(a, b) }) {
		t.Errorf("groups %v, want %v", got, want)
	}
}
