package examples_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/lensdop/lensdop/policy/examples"
)

const (
	readme    = "README.md"
	tableHead = "| Article | What it says | Carried by | Remark |"
)

// A row of a table: article, what it says, what carries it, remark.
type row [4]string

// table finds the table of a file in the README: its rows, and the index of
// the first among the lines.
func table(t *testing.T, lines []string, file string) ([]row, int) {
	t.Helper()
	at := slices.Index(lines, "## "+file)
	if at < 0 {
		t.Fatalf("%s has no section %q", readme, file)
	}
	for at < len(lines) && lines[at] != tableHead {
		at++
	}
	first := at + 2
	var rows []row
	for i := first; i < len(lines) && strings.HasPrefix(lines[i], "|"); i++ {
		cells := strings.Split(strings.Trim(lines[i], "|"), "|")
		if len(cells) != 4 {
			t.Fatalf("%s:%d: %d cells", readme, i+1, len(cells))
		}
		var r row
		for j := range cells {
			r[j] = strings.TrimSpace(cells[j])
		}
		rows = append(rows, r)
	}
	return rows, first
}

// Every article of a document has a row, in the document's order, and the row
// lists exactly what in the file refers to it, with the right lines. Run with
// -update to rewrite that column after a change of a file:
//
//	go test ./policy/examples -run TestReadme -update
func TestReadme(t *testing.T) {
	data, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(data), "\n")
	for _, d := range documents() {
		t.Run(d.file, func(t *testing.T) {
			rows, first := table(t, lines, d.file)
			list := blocks(t, d.file)
			var have []string
			for i, r := range rows {
				have = append(have, r[0])
				var places []string
				for _, p := range carriers(list, r[0]) {
					places = append(places, p.String())
				}
				want := strings.Join(places, ", ")
				if want == "" {
					want = "—"
					if r[3] == "" {
						t.Errorf("%s:%d: nothing carries %s, and the remark does not say why", readme, first+i+1, r[0])
					}
				}
				if r[1] == "" {
					t.Errorf("%s:%d: what %s says is missing", readme, first+i+1, r[0])
				}
				if r[2] == want {
					continue
				}
				if updating() {
					lines[first+i] = fmt.Sprintf("| %s | %s | %s | %s |", r[0], r[1], want, r[3])
				} else {
					t.Errorf("%s:%d: %s is carried by\n%s\nwant\n%s", readme, first+i+1, r[0], r[2], want)
				}
			}
			if !slices.Equal(have, d.articles) {
				t.Errorf("the rows are\n%q\nwant\n%q", have, d.articles)
			}
		})
	}
	if updating() {
		if err := os.WriteFile(readme, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

var carried = regexp.MustCompile("`([^`]+)` \\((\\d+)(?:, ours)?\\)")

// The line that the README gives for a path holds the path's last word, as a
// reader who looks it up expects.
func TestReadmeLines(t *testing.T) {
	data, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, d := range documents() {
		rows, _ := table(t, strings.Split(string(data), "\n"), d.file)
		source := strings.Split(string(examples.All()[d.file]), "\n")
		for _, r := range rows {
			for _, m := range carried.FindAllStringSubmatch(r[2], -1) {
				found++
				n, err := strconv.Atoi(m[2])
				if err != nil || n < 1 || n > len(source) {
					t.Errorf("%s: %s has no line %s", d.file, m[1], m[2])
					continue
				}
				last := m[1][strings.LastIndexAny(m[1], ".[")+1:]
				last, _, _ = strings.Cut(strings.TrimSuffix(last, "]"), "#")
				if !strings.Contains(source[n-1], last) {
					t.Errorf("%s:%d: %q does not hold %q of %s", d.file, n, source[n-1], last, m[1])
				}
			}
		}
	}
	if found < 300 {
		t.Errorf("only %d places are named", found)
	}
}

// Every reference in a file points at an article of its document.
func TestRefs(t *testing.T) {
	for _, d := range documents() {
		t.Run(d.file, func(t *testing.T) {
			refs := 0
			for _, b := range blocks(t, d.file) {
				for _, ref := range b.refs {
					refs++
					if !slices.ContainsFunc(d.articles, func(a string) bool { return says(ref, a) }) {
						t.Errorf("%s:%d: %s refers to %q, which the document does not have", d.file, b.line, b.path, ref)
					}
				}
			}
			if refs == 0 {
				t.Error("no references at all")
			}
		})
	}
}

// Every value of the examples says where it comes from: its block, or one
// around it, has an article or a basis.
func TestProvenance(t *testing.T) {
	for _, d := range documents() {
		t.Run(d.file, func(t *testing.T) {
			for _, b := range blocks(t, d.file) {
				for _, f := range b.fields {
					if !f.leaf || construction(b, f.key) || len(f.values) == 0 || known(b, f) {
						continue
					}
					t.Errorf("%s:%d: nothing tells where %s.%s comes from", d.file, f.line, b.path, f.key)
				}
			}
		})
	}
}

func known(b *block, f field) bool {
	for key := f.key; b != nil; b, key = b.parent, b.key {
		if len(b.refs) > 0 || b.whole != "" || b.basis[key] != "" {
			return true
		}
	}
	return false
}
