package main_test

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/lensdop/lensdop"

// drivers talk to devices of a make, or to a line.
var drivers = []string{"devices/axis", "devices/badge", "devices/dahua", "devices/hikvision", "devices/network", "devices/onvif", "devices/osdp", "devices/serial"}

// table is the house: every package, and which of ours it may import. A new
// package is a new row; a package with "..." stands for all below it. Test
// files may import what they need.
var table = map[string][]string{
	"devices":            {},
	"devices/axis":       {"devices", "devices/web"},
	"devices/badge":      {"devices"},
	"devices/dahua":      {"devices", "devices/web"},
	"devices/devicetest": {"devices"},
	"devices/hikvision":  {"devices", "devices/web"},
	"devices/network":    {"devices"},
	"devices/onvif":      {"devices"},
	"devices/osdp":       {"devices"},
	"devices/picture":    {"devices"},
	"devices/rtsp":       {"devices"},
	"devices/serial":     {"devices"},
	"devices/web":        {"devices"}, // one bounded request with a login, for drivers
	"devices/sim":        {"devices"}, // never a driver: it would share the driver's mistakes

	"policy":           {"devices"},
	"policy/evidence":  {},
	"policy/examples":  {},
	"policy/review":    {"devices", "policy"},
	"policy/rules":     {"devices", "policy"},
	"policy/wire":      {"devices", "policy"},
	"policy/wire/mqtt": {"devices", "policy/wire"},
	// Only commands import the server.
	"policy/server":       {"devices", "policy", "policy/evidence", "policy/review", "policy/rules", "policy/wire", "policy/wire/mqtt", "policy/server/..."},
	"policy/server/store": {"devices", "policy", "policy/evidence", "policy/wire"},
	"policy/server/ui":    {"devices", "policy", "policy/evidence", "policy/rules", "policy/wire", "policy/server/store"},

	// The agent is handed its drivers and names none. What looks at a stream is
	// no driver: it is the same for every make.
	"agent":       {"devices", "devices/picture", "devices/rtsp", "policy", "policy/evidence", "policy/rules", "policy/wire", "policy/wire/mqtt", "agent/...", "firmware-notes"},
	"agent/cover": {"agent/state", "devices", "devices/picture", "devices/rtsp", "policy", "policy/rules", "policy/wire"},
	"agent/state": {"devices", "policy", "policy/evidence", "policy/wire"},

	"deploy":         {},
	"firmware-notes": {"devices"},

	"cmd/lensdop":               {"..."},
	"cmd/lensdop/demo":          {"..."},
	"cmd/lensdop-agent":         {"cmd/lensdop-agent/gateway"},
	"cmd/lensdop-agent/gateway": slices.Concat(drivers, []string{"agent/...", "devices", "devices/picture", "devices/rtsp", "devices/web", "policy", "policy/evidence", "policy/rules", "policy/wire", "policy/wire/mqtt", "firmware-notes"}),
	// The server never opens a device.
	"cmd/lensdop-server": {"cmd/protocolfiles", "devices", "policy/...", "deploy"},
	"cmd/protocolfiles":  {"policy"},
	// The verifier is for people who trust neither agent nor server.
	"cmd/lensdop-verify": {"policy", "policy/evidence", "policy/wire"},
}

// importers are the modules whose types stay in the packages named here.
var importers = map[string][]string{
	"github.com/use-go/onvif":             {"devices/onvif"},
	"github.com/bluenviron/gortsplib":     {"devices/rtsp", "devices/sim"},
	"github.com/eclipse/paho.mqtt.golang": {"policy/wire/mqtt"},
	"github.com/tarm/serial":              {"devices/serial"},
}

// pins are versions that must not move, and why.
var pins = map[string]struct{ version, why string }{
	"github.com/bluenviron/gortsplib/v4": {"v4.16.2", "later v4 versions are empty modules"},
	"github.com/use-go/onvif":            {"v0.0.9", "its types and faults are worked around one by one"},
}

// emptyNames say nothing about what a package owns.
var emptyNames = []string{"base", "common", "core", "helper", "helpers", "misc", "models", "types", "util", "utils"}

func TestLayout(t *testing.T) {
	for _, fault := range inspect(t, root(t)) {
		t.Error(fault)
	}
}

// Every check is seen to fail once: a check that cannot fail keeps nothing.
func TestLayoutSeesFaults(t *testing.T) {
	const owns = "// Package x owns a test.\n"
	gomod := "module " + module + "\n\nrequire (\n\tgithub.com/bluenviron/gortsplib/v4 v4.16.2\n\tgithub.com/use-go/onvif v0.0.9 // indirect\n)\n"
	for _, c := range []struct{ name, file, content, want string }{
		{"nothing wrong", "devices/devices.go", owns + "package devices\n", ""},
		{"test files import freely", "devices/x_test.go", "package devices\nimport _ \"" + module + "/agent\"\n", ""},
		{"devices know policy", "devices/devices.go", owns + "package devices\nimport _ \"" + module + "/policy\"\n", "devices may not import policy"},
		{"driver imports driver", "devices/onvif/x.go", owns + "package onvif\nimport _ \"" + module + "/devices/rtsp\"\n", "devices/onvif may not import devices/rtsp"},
		{"simulator imports driver", "devices/sim/x.go", owns + "package sim\nimport _ \"" + module + "/devices/badge\"\n", "devices/sim may not import devices/badge"},
		{"agent imports simulator", "cmd/lensdop-agent/gateway/x.go", owns + "package gateway\nimport _ \"" + module + "/devices/sim\"\n", "gateway may not import devices/sim"},
		{"unknown package", "agent/extra/x.go", owns + "package extra\n", "agent/extra has no row"},
		{"foreign type escapes", "agent/x.go", owns + "package agent\nimport _ \"github.com/bluenviron/gortsplib/v4/pkg/base\"\n", "agent may not import github.com/bluenviron/gortsplib"},
		{"no comment", "policy/x.go", "package policy\n", "policy has no package comment"},
		{"a comment that owns nothing", "policy/x.go", "// Package policy is nice.\npackage policy\n", "does not say what it owns"},
		{"the other logger", "policy/x_test.go", "package policy\nimport _ \"log\"\n", "imports log"},
		{"empty name", "devices/osdp/x.go", owns + "package util\n", "is called util"},
		{"version moved", "go.mod", strings.Replace(gomod, "v4.16.2", "v4.16.3", 1), "must be v4.16.2"},
		{"version gone", "go.mod", "module " + module + "\n", "must be v0.0.9"},
		{"module replaced", "go.mod", gomod + "replace github.com/use-go/onvif v0.0.9 => ../onvif\n", "replaces a module"},
		{"dead link", "README.md", "See [the agent](agent/agent.go).\n", "agent/agent.go, which is not there"},
		{"dead picture", ".github/X.md", "<img src=\"page.png\">\n", "page.png, which is not there"},
		{"living links", "README.md", "[a](#top) [b](https://example.org/x) [c](go.mod#L1) `[d](nowhere)`\n", ""},
		{"private key", "deploy/server.yaml", "key: |\n  -----BEGIN " + "EC PRIVATE KEY-----\n", "holds a private key"},
		{"token", "deploy/server.yaml", "token: ghp" + "_" + strings.Repeat("a1", 18) + "\n", "holds an access token"},
		{"hidden in a long line", "deploy/agent.yaml", "# " + strings.Repeat("x", 3000) + "\n", "has a line of 3002 characters"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, content := range map[string]string{"go.mod": gomod, c.file: c.content} {
				if name == "go.mod" && c.file == "go.mod" {
					content = c.content
				}
				p := filepath.Join(dir, name)
				if err := errors.Join(os.MkdirAll(filepath.Dir(p), 0o755), os.WriteFile(p, []byte(content), 0o644)); err != nil {
					t.Fatal(err)
				}
			}
			faults := inspect(t, dir)
			if c.want == "" && len(faults) > 0 {
				t.Errorf("faults where there are none: %q", faults)
			}
			if c.want != "" && !slices.ContainsFunc(faults, func(f string) bool { return strings.Contains(f, c.want) }) {
				t.Errorf("got %q, want one with %q", faults, c.want)
			}
		})
	}
}

// root is the directory of go.mod.
func root(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
}

// inspect lists what is wrong with a tree. It reads the files itself instead of
// asking the go command, whose reads the test cache does not see.
func inspect(t *testing.T, root string) (faults []string) {
	t.Helper()
	docs := map[string]string{} // package directory to package comment; "main" for commands
	err := filepath.WalkDir(root, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if e.IsDir() {
			if e.Name() == ".git" || e.Name() == "node_modules" {
				return fs.SkipDir
			}
			return nil
		}
		if !e.Type().IsRegular() {
			return nil
		}
		content, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		testdata := strings.Contains("/"+rel, "/testdata/")
		switch {
		case path.Ext(rel) == ".go" && !testdata:
			found, err := inspectGo(rel, content, docs)
			if err != nil {
				return err
			}
			faults = append(faults, found...)
		case path.Ext(rel) == ".md":
			faults = append(faults, inspectLinks(root, rel, string(content))...)
		case rel == "go.mod":
			faults = append(faults, inspectPins(string(content))...)
		}
		faults = append(faults, inspectSecrets(rel, string(content))...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range slices.Sorted(maps.Keys(docs)) {
		doc := docs[dir]
		switch _, row := table[dir]; {
		case !row:
			faults = append(faults, dir+" has no row in the table of cmd/lensdop-agent/layout_test.go: say there what it may import")
		case doc == "":
			faults = append(faults, dir+" has no package comment")
		case doc != "main" && !regexp.MustCompile(`\bown(s|ed|er)?\b`).MatchString(doc):
			faults = append(faults, "the package comment of "+dir+" does not say what it owns")
		}
	}
	return faults
}

// inspectGo checks one Go file and notes its package comment.
func inspectGo(rel string, content []byte, docs map[string]string) (faults []string, err error) {
	f, err := parser.ParseFile(token.NewFileSet(), rel, content, parser.ImportsOnly|parser.ParseComments)
	if err != nil {
		return nil, err
	}
	dir, test := path.Dir(rel), strings.HasSuffix(rel, "_test.go")
	if name := strings.TrimSuffix(f.Name.Name, "_test"); slices.Contains(emptyNames, name) {
		faults = append(faults, rel+": the package is called "+name+", which does not tell what it owns")
	}
	if !test {
		doc := f.Doc.Text()
		if doc != "" && f.Name.Name == "main" {
			doc = "main"
		}
		docs[dir] = cmp.Or(docs[dir], doc)
	}
	for _, i := range f.Imports {
		faults = append(faults, inspectImport(rel, dir, test, i)...)
	}
	return faults, nil
}

func inspectImport(rel, dir string, test bool, i *ast.ImportSpec) (faults []string) {
	imported, err := strconv.Unquote(i.Path.Value)
	if err != nil {
		return []string{rel + ": " + err.Error()}
	}
	if imported == "log" {
		faults = append(faults, rel+" imports log: use the slog.Logger that is handed in")
	}
	if test {
		return faults
	}
	if ours, is := strings.CutPrefix(imported, module+"/"); is && !slices.ContainsFunc(table[dir], func(row string) bool { return matches(row, ours) }) {
		faults = append(faults, fmt.Sprintf("%s: %s may not import %s", rel, dir, ours))
	}
	for foreign, allowed := range importers {
		if (imported == foreign || strings.HasPrefix(imported, foreign+"/")) && !slices.Contains(allowed, dir) {
			faults = append(faults, fmt.Sprintf("%s: %s may not import %s; its types stay in %s", rel, dir, foreign, strings.Join(allowed, ", ")))
		}
	}
	return faults
}

// matches tells whether a row of the table allows a package.
func matches(row, pkg string) bool {
	above, all := strings.CutSuffix(row, "...")
	return row == pkg || all && (strings.HasPrefix(pkg, above) || pkg+"/" == above)
}

func inspectPins(gomod string) (faults []string) {
	for _, name := range slices.Sorted(maps.Keys(pins)) {
		pin := pins[name]
		line := regexp.MustCompile(`(?m)^\s*(?:require\s+)?` + regexp.QuoteMeta(name) + ` ` + regexp.QuoteMeta(pin.version) + `(\s*//.*)?$`)
		if !line.MatchString(gomod) {
			faults = append(faults, fmt.Sprintf("go.mod: %s must be %s: %s", name, pin.version, pin.why))
		}
	}
	if regexp.MustCompile(`(?m)^\s*replace\b`).MatchString(gomod) {
		faults = append(faults, "go.mod replaces a module: `go install` refuses that")
	}
	return faults
}

var (
	code   = regexp.MustCompile("(?s)```.*?```|`[^`\n]*`")
	link   = regexp.MustCompile(`\]\(([^()\s]+)(?:\s+"[^"]*")?\)|(?:src|href)="([^"]+)"`)
	scheme = regexp.MustCompile(`^(?:[a-z][a-z0-9+.-]*:|//|#)`)
)

func inspectLinks(root, rel, content string) (faults []string) {
	for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(content, ""), -1) {
		to := cmp.Or(m[1], m[2])
		if scheme.MatchString(to) {
			continue
		}
		to, _, _ = strings.Cut(to, "#")
		at := filepath.Join(root, filepath.Dir(rel), to)
		if strings.HasPrefix(to, "/") {
			at = filepath.Join(root, to)
		}
		if _, err := os.Stat(at); err != nil {
			faults = append(faults, fmt.Sprintf("%s links to %s, which is not there", rel, to))
		}
	}
	return faults
}

var (
	privateKey = regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----`)
	tokens     = regexp.MustCompile(`\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{30,}|glpat-[A-Za-z0-9_-]{20,}|xox[bpars]-[A-Za-z0-9-]{20,}|AIza[A-Za-z0-9_-]{35})\b`)
)

// lineLimit is far more than a person reads: longer lines are where keys hide.
const lineLimit = 2000

func inspectSecrets(rel, content string) (faults []string) {
	if strings.ContainsRune(content[:min(len(content), 8192)], 0) {
		return nil // not text
	}
	if privateKey.MatchString(content) {
		faults = append(faults, rel+" holds a private key")
	}
	if tokens.MatchString(content) {
		faults = append(faults, rel+" holds an access token")
	}
	switch path.Ext(rel) {
	case ".go", ".md", ".yaml", ".yml", ".conf", ".service", ".sh":
		for line := range strings.Lines(content) {
			if n := len(strings.TrimRight(line, "\r\n")); n > lineLimit {
				faults = append(faults, fmt.Sprintf("%s has a line of %d characters; a person cannot check it", rel, n))
			}
		}
	}
	return faults
}
