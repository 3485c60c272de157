package ui

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// luminance is the relative luminance of #rgb or #rrggbb (WCAG 2.2, terms).
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	h := strings.TrimPrefix(hex, "#")
	if len(h) == 3 {
		h = string([]byte{h[0], h[0], h[1], h[1], h[2], h[2]})
	}
	n, err := strconv.ParseUint(h, 16, 24)
	if err != nil || len(h) != 6 {
		t.Fatalf("colour %q", hex)
	}
	part := func(v uint64) float64 {
		c := float64(v&255) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*part(n>>16) + 0.7152*part(n>>8) + 0.0722*part(n)
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// sheet is the style sheet: its variables, and its rules by selector.
func sheet(t *testing.T) (colour func(string) string, rules map[string]map[string]string) {
	t.Helper()
	b, err := static.ReadFile("static/style.css")
	if err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`(?s)/\*.*?\*/`).ReplaceAllString(string(b), "")
	text, _, _ = strings.Cut(text, "@media (prefers-contrast")
	vars := map[string]string{}
	rules = map[string]map[string]string{}
	for _, m := range regexp.MustCompile(`([^{}]+)\{([^{}]*)\}`).FindAllStringSubmatch(text, -1) {
		set := map[string]string{}
		for decl := range strings.SplitSeq(m[2], ";") {
			name, value, ok := strings.Cut(decl, ":")
			if name = strings.TrimSpace(name); ok {
				set[name] = strings.TrimSpace(value)
				if strings.HasPrefix(name, "--") {
					vars["var("+name+")"] = set[name]
				}
			}
		}
		for selector := range strings.SplitSeq(m[1], ",") {
			s := strings.TrimSpace(selector)
			if rules[s] == nil {
				rules[s] = map[string]string{}
			}
			maps.Copy(rules[s], set)
		}
	}
	colour = func(v string) string {
		if c, ok := vars[v]; ok {
			return c
		}
		return v
	}
	return colour, rules
}

// TestContrast measures the palette: 4.5:1 for text (1.4.3), 3:1 for the edges
// of controls and for the focus (1.4.11).
func TestContrast(t *testing.T) {
	t.Parallel()
	colour, rules := sheet(t)
	check := func(what, a, b string, want float64) {
		t.Helper()
		if got := contrast(t, colour(a), colour(b)); got < want {
			t.Errorf("%s: %s on %s is %.2f:1, want %.1f:1", what, a, b, got, want)
		}
	}
	pairs := 0
	for selector, r := range rules {
		if r["color"] != "" && strings.Contains(r["background"], "#") || strings.Contains(r["background"], "var(") && r["color"] != "" && r["color"] != "inherit" {
			check(selector, r["color"], r["background"], 4.5)
			pairs++
		}
	}
	if pairs < 10 {
		t.Errorf("only %d rules with both colours were found", pairs)
	}
	v := func(name string) string { return "var(--" + name + ")" }
	for _, ground := range []string{"paper", "ground", "bad-bg", "doubt-bg"} { // of cards, the page and camera rows
		check("text", v("ink"), v(ground), 4.5)
	}
	for _, on := range []string{"paper", "ground"} {
		for _, text := range []string{"quiet", "brand", "fine", "bad", "doubt"} {
			check("text", v(text), v(on), 4.5)
		}
		check("focus", v("focus"), v(on), 3)
		check("edge of a field", "#5f707c", v(on), 3)
	}
	for _, on := range []string{"bad-bg", "doubt-bg"} { // a camera's row in trouble
		check("zone of a camera", v("quiet"), v(on), 4.5)
		check("focus", v("focus"), v(on), 3)
		check("button", v("brand"), v(on), 3)
	}
	check("focus in the head", "#fff", v("brand"), 3)
	check("links in the head", "#fff", v("brand"), 4.5)
	check("a wrong field", v("bad"), v("paper"), 3)
	for _, s := range []string{"input:not([type])", "input[type=password]", "input[type=date]", "input[type=datetime-local]", "textarea", "fieldset"} {
		if !strings.HasSuffix(rules[s]["border"], "#5f707c") {
			t.Errorf("the edge of %s is %q", s, rules[s]["border"])
		}
	}
	if got := fmt.Sprintf("%.2f", contrast(t, "#fff", "#767676")); got != "4.54" { // a known value
		t.Errorf("the measure itself is off: %s", got)
	}
}

// Targets are at least 24 by 24 CSS pixels (2.5.8); ours say 44.
func TestTargetsAreLarge(t *testing.T) {
	t.Parallel()
	_, rules := sheet(t)
	for _, s := range []string{"button", ".button", ".menu a", ".menu button", ".langs a", ".brand", ".pick", ".finding summary", "textarea", ".banner.alarm a"} {
		n, err := strconv.Atoi(strings.TrimSuffix(rules[s]["min-height"], "px"))
		if err != nil || n < 44 {
			t.Errorf("%s is %q high", s, rules[s]["min-height"])
		}
	}
}
