package protocolfiles_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lensdop/lensdop/cmd/protocolfiles"
	"github.com/lensdop/lensdop/policy"
)

const (
	head = "apiVersion: lensdop/v1\nkind: Protocol\nmetadata: {id: nl-town, title: {nl: Stad}}\n"
	part = "apiVersion: lensdop/v1\nkind: Protocol\nmetadata: {id: nl-town}\n"
	// Other is a whole protocol, with another id.
	other = "apiVersion: lensdop/v1\nkind: Protocol\nmetadata: {id: be-town, title: {nl: Dorp}}\n"
	// Torn has its fault in line 4.
	torn = part + "sites: [\n"
)

// folder writes files; a name that ends in a slash is a folder, a text that
// begins with "-> " a link.
func folder(t *testing.T, name string, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		var err error
		if to, link := strings.CutPrefix(text, "-> "); link {
			err = os.Symlink(to, path)
		} else if strings.HasSuffix(name, "/") {
			err = os.Mkdir(path, 0o700)
		} else {
			err = os.WriteFile(path, []byte(text), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestOne(t *testing.T) {
	for _, c := range []struct {
		name  string
		files map[string]string
		want  []string // in this order
		wrong []string // what the error says
		not   string   // what it does not say
	}{
		{name: "one file", files: map[string]string{"a.yaml": head}, want: []string{"a.yaml"}},
		{name: "the head is the last by name", files: map[string]string{"a.yaml": part, "b.yml": part, "z.yaml": head}, want: []string{"z.yaml", "a.yaml", "b.yml"}},
		{name: "names from elsewhere", files: map[string]string{"A.YAML": head, "B.YML": part}, want: []string{"A.YAML", "B.YML"}},
		{name: "what editors leave", files: map[string]string{
			"a.yaml": head, "a.yaml~": head, ".a.yaml.swp": "x", "#a.yaml#": head, "a.yaml.bak": head, "a.yaml.xml": head, "a.yxml": head,
			".a.yaml": head, ".#a.yaml": "-> user@host.1234:5678",
		}, want: []string{"a.yaml"}},
		{name: "a folder in it", files: map[string]string{"a.yaml": head, "old.yaml/": ""}, want: []string{"a.yaml"}},
		{name: "a link to a file", files: map[string]string{"a.yaml": "-> .data", ".data": head}, want: []string{"a.yaml"}},
		{name: "brackets [1] in its name", files: map[string]string{"a.yaml": head}, want: []string{"a.yaml"}},

		{name: "nothing", files: map[string]string{"README.md": "x"}, wrong: []string{"holds no .yaml file"}},
		{name: "two protocols", files: map[string]string{"a.yaml": head, "b.yaml": other, "c.yaml": part}, wrong: []string{"holds 2 protocols: a.yaml with c.yaml, b.yaml;"}},
		{name: "a part that is torn", files: map[string]string{"a.yaml": head, "b.yaml": torn}, wrong: []string{"cannot be read:\n", "b.yaml:4:"}, not: "a.yaml"},
		{name: "a head that is torn", files: map[string]string{"a.yaml": torn, "b.yaml": part}, wrong: []string{"cannot be read:\n", "a.yaml:4:"}, not: "b.yaml"},
		{name: "two files that are torn", files: map[string]string{"a.yaml": torn, "b.yaml": "\xff\xfe"}, wrong: []string{"a.yaml:4:", "b.yaml:1:1:"}},
		{name: "a part without id", files: map[string]string{"a.yaml": head, "b.yaml": "apiVersion: lensdop/v1\nkind: Protocol\n"}, wrong: []string{"b.yaml:1:1:"}, not: "a.yaml"},
		{name: "a dangling link", files: map[string]string{"a.yaml": head, "b.yaml": "-> absent"}, wrong: []string{"b.yaml"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := protocolfiles.One(folder(t, c.name, c.files))
			var names []string
			for _, f := range got {
				names = append(names, filepath.Base(f.Name))
			}
			if !slices.Equal(names, c.want) || (err == nil) != (c.wrong == nil) {
				t.Fatalf("%q, %v; want %q", names, err, c.want)
			}
			for _, want := range c.wrong {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
			if c.not != "" && strings.Contains(err.Error(), c.not) {
				t.Errorf("%q blames %s", err, c.not)
			}
		})
	}
}

// TestOneFile: a file named by a person is read, whatever it is called; what is
// wrong with it is for policy.Check to tell.
func TestOneFile(t *testing.T) {
	dir := folder(t, "d", map[string]string{".hidden": head, "torn.yaml": torn})
	for _, name := range []string{".hidden", "torn.yaml"} {
		if got, err := protocolfiles.One(filepath.Join(dir, name)); err != nil || len(got) != 1 {
			t.Errorf("%s: %d files, %v; want the file", name, len(got), err)
		}
	}
	if _, err := protocolfiles.One(filepath.Join(dir, "absent.yaml")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}

// TestReadIsBounded reads one byte more than a protocol may have, and no more.
func TestReadIsBounded(t *testing.T) {
	name := filepath.Join(t.TempDir(), "big.yaml")
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(name, 1<<40); err != nil {
		t.Skip("no sparse files here: ", err)
	}
	got, err := protocolfiles.Read(name)
	if err != nil || len(got) != 1 || len(got[0].Data) != policy.MaxFile+1 {
		t.Fatalf("%d files, %v; want %d bytes", len(got), err, policy.MaxFile+1)
	}
}
