package policy_test

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lensdop/lensdop/policy"
)

// corpus reads a protocol of testdata/broken: a file, or a folder of files in
// the order of their names.
func corpus(t testing.TB, name string) []policy.File {
	t.Helper()
	path := filepath.Join("testdata", "broken", name)
	names := []string{path + ".yaml"}
	if st, err := os.Stat(path); err == nil && st.IsDir() {
		if names, err = filepath.Glob(filepath.Join(path, "*.yaml")); err != nil {
			t.Fatal(err)
		}
	}
	var files []policy.File
	for _, n := range names {
		b, err := os.ReadFile(n)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, policy.File{Name: filepath.Base(n), Data: b})
	}
	return files
}

// wanted is a line of testdata/broken/want.txt.
type wanted struct{ name, at, class, code, words string }

func corpusList(t testing.TB) []wanted {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "broken", "want.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var list []wanted
	for s := bufio.NewScanner(bytes.NewReader(b)); s.Scan(); {
		if strings.HasPrefix(s.Text(), "#") {
			continue
		}
		f := strings.Split(s.Text(), "\t")
		if len(f) != 5 {
			t.Fatalf("line %q has %d columns", s.Text(), len(f))
		}
		list = append(list, wanted{f[0], f[1], f[2], f[3], f[4]})
	}
	return list
}

// unmet is what distinguishes what Check says from what a corpus file wants:
// one problem, in its place, and nothing else but what valid.yaml has, too. Beside
// an error, what no longer fits because of it may be told as a conflict or open.
func (w wanted) unmet(p *policy.Protocol, problems policy.Problems) string {
	if (p == nil) != (len(problems.Of(policy.ClassError)) > 0) {
		return "a protocol came with an error, or none without"
	}
	rest := slices.DeleteFunc(slices.Clone(problems), func(q policy.Problem) bool {
		return q.Settled() || q.Code == "consent-hashes:instemming" || w.class == string(policy.ClassError) && q.Class != policy.ClassError
	})
	if len(rest) != 1 {
		return fmt.Sprintf("%d problems, want one:\n%v", len(rest), rest)
	}
	q := rest[0]
	at := fmt.Sprintf("%s:%d:%d", q.File, q.Line, q.Column)
	code := q.Code
	if code == "" {
		code = "-"
	}
	if at != w.at || string(q.Class) != w.class || code != w.code || !strings.Contains(q.What+"; "+q.Fix, w.words) || q.Fix == "" && !strings.Contains(q.What, ";") && !strings.Contains(q.What, "corner") {
		return fmt.Sprintf("%s %s %s\nwant %s %s %s with %q", q.Class, code, q, w.at, w.class, w.code, w.words)
	}
	return ""
}

// Every file of the corpus has one fault, which is told where it stands.
func TestCorpus(t *testing.T) {
	list := corpusList(t)
	if len(list) < 70 {
		t.Fatalf("only %d files", len(list))
	}
	named := map[string]bool{"valid": true}
	for _, w := range list {
		named[w.name] = true
		t.Run(w.name, func(t *testing.T) {
			if s := w.unmet(policy.Check(corpus(t, w.name)...)); s != "" {
				t.Error(s)
			}
		})
	}
	entries, err := os.ReadDir(filepath.Join("testdata", "broken"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if name := strings.TrimSuffix(e.Name(), ".yaml"); !named[name] && name != "want.txt" {
			t.Errorf("%s is not in want.txt", e.Name())
		}
	}
}

// The file that the corpus was made from has every block and no fault.
func TestValid(t *testing.T) {
	p, problems := policy.Check(corpus(t, "valid")...)
	for _, q := range problems {
		if !q.Settled() && q.Code != "consent-hashes:instemming" {
			t.Errorf("%s %s", q.Class, q)
		}
	}
	if p == nil {
		t.Fatal("no protocol")
	}
}
