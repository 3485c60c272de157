package rules_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/examples"
	"github.com/lensdop/lensdop/policy/rules"
)

// quotedWords are the words of a device, a network or a file, as they came.
var quotedWords = regexp.MustCompile(`"[^"]*"`)

var lettersOnly = regexp.MustCompile(`[\p{L}']+`)

// markers are words that give an English sentence away. What is a Dutch word,
// too (is, was, of), is left out there.
func markers() map[string][]string {
	shared := []string{"the", "not", "with", "has", "have", "are", "does", "which", "and", "nobody", "from", "cannot", "it", "by", "than", "were", "looked", "searched", "days", "years", "months"}
	return map[string][]string{
		"nl": shared,
		"fr": append([]string{"is", "was", "of", "at", "last", "since"}, shared...),
	}
}

// ownWords are the names that the protocol itself gives, which a finding
// repeats in the language in which the file has them, and the titles of the
// sources; the longest first.
func ownWords(p *policy.Protocol) []string {
	out := []string{rules.DocHR, rules.DocWorksCouncil, "track & trace", "track and trace", "Track and trace"}
	for _, s := range p.Signs {
		out = append(out, s.ID, s.At)
	}
	for _, s := range p.Sites {
		out = append(out, s.Name)
	}
	for _, r := range p.Roles {
		out = append(out, r.ID, r.Name.NL, r.Name.FR, r.Name.EN)
	}
	for _, q := range p.Processing {
		out = append(out, q.ID, q.Name.NL, q.Name.FR, q.Name.EN)
	}
	for _, l := range p.Metadata.Law {
		out = append(out, l.ID, l.Text)
	}
	for _, e := range p.Rules.Except {
		out = append(out, e.Because)
	}
	out = slices.DeleteFunc(out, func(s string) bool { return s == "" })
	slices.SortFunc(out, func(a, b string) int { return len(b) - len(a) })
	return out
}

// notWords are ids of rules (NOT-5) and keys of the file (blackout.decided_by).
var notWords = regexp.MustCompile(`\b(?:[A-Z]+-[0-9]+|\w+(?:\.\w+)+)\b`)

// marked lists the English words in a text of another language.
func marked(lang, text string, own []string) []string {
	text = notWords.ReplaceAllString(quotedWords.ReplaceAllString(text, ""), "")
	for _, name := range own {
		text = strings.ReplaceAll(text, name, "")
	}
	var out []string
	for _, w := range lettersOnly.FindAllString(strings.ToLower(text), -1) {
		if slices.Contains(markers()[lang], w) {
			out = append(out, w)
		}
	}
	return out
}

// What people read in Dutch or French holds no English, in any case of the
// catalogue and in any example; and nothing counts "1 days".
func TestOneLanguageAtATime(t *testing.T) {
	one := regexp.MustCompile(`\b1 (?:days|categories|purposes|steps|functions|dagen|doelen|stappen|functies|jours|finalités|catégories|étapes)\b`)
	bad := map[string]string{}
	look := func(p *policy.Protocol, list []rules.Finding) {
		own := ownWords(p)
		for _, f := range list {
			for _, text := range []policy.Text{f.Title, f.Text, f.Remedy, f.Why.Norm} {
				for lang, s := range map[string]string{"nl": text.NL, "fr": text.FR} {
					if words := marked(lang, s, own); len(words) > 0 {
						bad[f.Rule+" "+lang+" "+strings.Join(words, " ")] = s
					}
				}
				for _, s := range []string{text.NL, text.FR, text.EN} {
					if one.MatchString(s) {
						bad[f.Rule+" counts"] = s
					}
				}
			}
		}
	}
	for _, c := range allCases() {
		f := world(t, c.rule)
		c.change(&f)
		look(f.Protocol, rules.EvaluateOnly(f, c.rule))
	}
	for name, file := range map[string][]byte{"heusden": examples.Heusden, "oostrozebeke": examples.Oostrozebeke, "police-zone": examples.PoliceZone, "small-office": examples.SmallOffice, "lensmonde": examples.Lensmonde} {
		p, err := policy.Parse(name+".yaml", file)
		if err != nil {
			t.Fatal(err)
		}
		look(p, rules.Evaluate(rules.Facts{Protocol: p, Now: now}))
		for _, site := range p.Sites {
			look(p, rules.Evaluate(rules.Facts{Protocol: p, Site: site.ID, Now: now}))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(bad)) {
		t.Errorf("%s: %s", key, bad[key])
	}
}
