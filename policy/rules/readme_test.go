package rules_test

import (
	"bytes"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/lensdop/lensdop/policy/rules"
)

const (
	tableBegin = "<!-- The table below is generated: go test ./policy/rules -run TestReadme -update -->\n\n"
	tableEnd   = "\n<!-- End of the generated table. -->\n"
)

// update is read once, from the command line of the test.
func update() bool {
	f := flag.Lookup("update")
	return f != nil && f.Value.String() == "true"
}

func TestMain(m *testing.M) {
	flag.Bool("update", false, "write the generated part of README.md")
	flag.Parse()
	os.Exit(m.Run())
}

// The README's table is that of the catalogue.
func TestReadme(t *testing.T) {
	have, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(have), tableBegin)
	_, after, closed := strings.Cut(rest, tableEnd)
	if !ok || !closed {
		t.Fatal("README.md has no place for the table")
	}
	want := before + tableBegin + rules.MarkdownTable() + tableEnd + after
	if update() {
		if err := os.WriteFile("README.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(have, []byte(want)) {
		t.Error("README.md is not up to date: go test ./policy/rules -run TestReadme -update")
	}
}

// What is said to be delivered is a list of rules, each once, that a machine
// checks at least in part.
func TestDelivered(t *testing.T) {
	b, err := os.ReadFile("delivered.txt")
	if err != nil {
		t.Fatal(err)
	}
	list := strings.Fields(string(b))
	for i, id := range list {
		r, ok := rules.Lookup(id)
		if !ok || slices.Contains(list[:i], id) {
			t.Errorf("%s is no rule, or there twice", id)
		}
		if !rules.Delivered(id) {
			t.Errorf("%s is in the list and not delivered", id)
		}
		if r.Mode == rules.Manual {
			t.Errorf("%s is for people only: nothing can deliver its facts", id)
		}
	}
	if len(list) == 0 || rules.Delivered("") || rules.Delivered("REG") || rules.Delivered("NONE-1") {
		t.Error("something that is not in the list is delivered")
	}
}

func TestMarkdownTable(t *testing.T) {
	rows := strings.Split(strings.TrimSuffix(rules.MarkdownTable(), "\n"), "\n")
	table := rules.Table()
	if len(rows) != len(table)+2 {
		t.Fatalf("%d rows for %d rules", len(rows), len(table))
	}
	for i, r := range table {
		row := rows[i+2]
		if !strings.HasPrefix(row, "| "+r.ID+" | "+string(r.Severity)+" | "+string(r.Mode)+" | ") || strings.HasSuffix(row, " *delivered* |") != rules.Delivered(r.ID) {
			t.Errorf("%s", row)
		}
		if n := strings.Count(strings.ReplaceAll(row, `\|`, ""), "|"); n != 8 {
			t.Errorf("%s has %d cells", r.ID, n-1)
		}
	}
}
