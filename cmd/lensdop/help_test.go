package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/lensdop/lensdop/cmd/lensdop-agent/gateway"
)

// TestHelpFits holds every help text to 100 columns.
func TestHelpFits(t *testing.T) {
	var walk func(c *cobra.Command, path []string)
	walk = func(c *cobra.Command, path []string) {
		var out, errs bytes.Buffer
		if code := run(t.Context(), append(path, "--help"), &out, &errs); code != 0 || out.Len() == 0 {
			t.Errorf("%q --help: exit code %d, %q", path, code, errs.String())
		}
		for line := range strings.Lines(out.String()) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 100 {
				t.Errorf("%q --help: %d columns: %s", path, n, line)
			}
		}
		for _, sub := range c.Commands() {
			walk(sub, append(slices.Clip(path), sub.Name()))
		}
	}
	walk(command(), nil)
	walk(gateway.Command(), []string{agentWord})
}

// TestMistypedCommandFails: a script must not take a help text for a check that
// passed.
func TestMistypedCommandFails(t *testing.T) {
	for _, args := range [][]string{
		{"protocols"},
		{"protocol", "chek"},
		{"protocol", "chek", "--json", "testdata/one-camera.yaml"},
		{"sim", "camra"},
		{"agent", "chek"},
		{"rules", "REG-1", "REG-999"},
		{"protocol", "schema", "nl"},
	} {
		if r := execute(t, args...); r.code != 1 || r.stdout != "" || r.stderr == "" {
			t.Errorf("%q: exit code %d, %q, %q; want 1 and a message", args, r.code, r.stdout, r.stderr)
		}
	}
}
