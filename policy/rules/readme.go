package rules

import (
	_ "embed"
	"slices"
	"strings"
)

//go:embed delivered.txt
var delivered string

// Delivered tells whether a run of the demo gave the rule a finding that is
// neither unproven nor not applicable nor an error: something in this
// installation gathers its facts. Stricter than that it is not: a rule of
// several findings counts as soon as one of them was told.
func Delivered(id string) bool { return slices.Contains(strings.Fields(delivered), id) }

// MarkdownTable is the catalogue as a table in Markdown, for the folder's
// README: one row for each rule in the order of the table.
func MarkdownTable() string {
	var b strings.Builder
	b.WriteString("| Rule | Severity | Mode | Title | Source | Machine half: facts | Delivered |\n|---|---|---|---|---|---|---|\n")
	for _, r := range Table() {
		facts := make([]string, len(r.Facts))
		for i, f := range r.Facts {
			facts[i] = string(f)
		}
		needs := strings.Join(facts, ", ")
		if needs == "" {
			needs = "–"
		}
		gets := "no"
		if Delivered(r.ID) {
			gets = "*delivered*"
		}
		row := []string{r.ID, string(r.Severity), string(r.Mode), r.Title.EN, r.Source(), needs, gets}
		for i := range row {
			row[i] = strings.NewReplacer("|", `\|`, "\n", " ").Replace(row[i])
		}
		b.WriteString("| " + strings.Join(row, " | ") + " |\n")
	}
	return b.String()
}
