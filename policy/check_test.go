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

// split puts the blocks of valid.yaml into three files: head and rules, sites, devices.
func split(t testing.TB) []policy.File {
	t.Helper()
	_, text, _ := strings.Cut(string(corpus(t, "valid")[0].Data), "\n")
	cut := func(from, to string) string {
		_, rest, ok := strings.Cut(text, "\n"+from)
		block, _, ok2 := strings.Cut(rest, "\n"+to)
		if !ok || !ok2 {
			t.Fatalf("no %s before %s", from, to)
		}
		text = strings.Replace(text, "\n"+from+block+"\n"+to, "\n"+to, 1)
		return from + block + "\n"
	}
	const head = "apiVersion: lensdop/v1\nkind: Protocol\nmetadata: {id: nl-veld}\n"
	devices := cut("devices:", "discovery:")
	sites := cut("sites:", "discovery:")
	return []policy.File{
		{Name: "rules.yaml", Data: []byte(text)},
		{Name: "sites.yaml", Data: []byte("\ufeff" + head + strings.TrimSuffix(sites, "\n"))},
		{Name: "devices.yaml", Data: []byte("---\n" + strings.ReplaceAll(head+devices, "\n", "\r\n"))},
	}
}

// The same words in one file, in several, and joined are the same protocol.
func TestSeveralFiles(t *testing.T) {
	whole := valid(t)
	files := split(t)
	p, problems := policy.Check(files...)
	if p == nil {
		t.Fatal(problems)
	}
	if !same(t, whole, p) {
		t.Error("several files say something else than one")
	}
	joined, err := policy.Parse("joined.yaml", policy.Join(files...))
	if err != nil {
		t.Fatal(err)
	}
	if !same(t, whole, joined) {
		t.Error("joined they say something else")
	}
	if changed(whole.ConsentHashes(), p.ConsentHashes()) != "" {
		t.Error("consent looks at the files")
	}
	if one := policy.Join(files[0]); !bytes.Equal(one, files[0].Data) {
		t.Error("one file is not itself when joined")
	}
}

// Lists go on from file to file, in their order.
func TestListsAreJoined(t *testing.T) {
	files := split(t)
	files = append(files, policy.File{Name: "dak.yaml", Data: []byte("apiVersion: lensdop/v1\nkind: Protocol\nmetadata: {id: nl-veld}\nsites:\n  - {id: dak, name: Dak, address: \"Weg 3\", zones: [{id: rand}]}\ncameras:\n  - {id: dak-1, site: dak, zone: rand, sees: [rand], identity: {serial: D1}, sound: loud}\n")})
	_, problems := policy.Check(files...)
	if errs := problems.Of(policy.ClassError); len(errs) != 1 || errs[0].File != "dak.yaml" || errs[0].Line != 7 {
		t.Fatalf("the fault is on line 7 of dak.yaml:\n%v", errs)
	}
	files[3].Data = bytes.Replace(files[3].Data, []byte(", sound: loud"), nil, 1)
	p, problems := policy.Check(files...)
	if p == nil {
		t.Fatal(problems)
	}
	var cameras, sites []string
	for _, c := range p.Cameras {
		cameras = append(cameras, c.ID)
	}
	for _, s := range p.Sites {
		sites = append(sites, s.ID)
	}
	if !slices.Equal(cameras, []string{"zaal-1", "poort-1", "dak-1"}) || !slices.Equal(sites, []string{"hal", "werf", "dak"}) {
		t.Errorf("cameras %v, sites %v", cameras, sites)
	}
	if c, _ := p.Camera("dak-1"); c.Processing != "video" || p.Location("dak").String() != "Europe/Amsterdam" {
		t.Error("a camera of a later file takes no defaults")
	}
}

// A camera's own value wins over its device's, that over camera_defaults, and
// that over what holds everywhere. An empty list is a value.
func TestDefaults(t *testing.T) {
	p := valid(t)
	c, _ := p.Camera("zaal-1")
	if c.Identity.Serial != "K1" || !slices.Equal(c.Services, []string{"onvif", "rtsp"}) || c.Sessions != 2 {
		t.Errorf("of the device: %+v", c)
	}
	if c.Processing != "video" || c.Type != policy.CameraFixed || c.View.MaxShift != 0.2 || c.MaxDetail != 125 || len(c.Methods) != 2 || !slices.Equal(c.Required, []string{policy.PartPicture}) {
		t.Errorf("of camera_defaults: %+v", c)
	}
	if c, _ = p.Camera("poort-1"); c.Type != policy.CameraPTZ || !slices.Equal(c.Services, []string{"onvif"}) || c.Sessions != 1 || c.SampleEvery.String() != "PT10S" {
		t.Errorf("without a device: %+v", c)
	}
	if p.Processing[3].System != policy.SystemChecker || p.Processing[1].Covert.Use != policy.CovertNever || p.LiveView != policy.Denied || !p.Blackout.Templates[0].InUse() || p.Blackout.Templates[0].Signatures != 1 {
		t.Error("what holds everywhere is not filled in")
	}

	text := string(corpus(t, "valid")[0].Data)
	own := strings.NewReplacer(
		"device: koepel,", "device: koepel, services: [], sessions: 3, max_detail: 20, sound: forbidden, methods: [tape], view: {resurvey_every: P1Y}, firmware: {at_least: \"2\"}, analytics: [],",
		"camera_defaults: {", "camera_defaults: {analytics: [motion], firmware: {at_least: \"1\"}, ",
		"discovery: {scan_every: PT2H}\n", "",
	).Replace(text)
	p, err := policy.Parse("f.yaml", []byte(own))
	if err != nil {
		t.Fatal(err)
	}
	c, _ = p.Camera("zaal-1")
	if c.Services == nil || len(c.Services) != 0 || c.Sessions != 3 || c.MaxDetail != 20 || len(c.Methods) != 1 || c.Firmware.AtLeast != "2" || c.Analytics == nil || len(c.Analytics) != 0 {
		t.Errorf("its own: %+v", c)
	}
	if c.View.MaxShift != 0.2 || c.View.ResurveyEvery.String() != "P1Y" {
		t.Errorf("a view that says one of two: %+v", c.View)
	}
	if c, _ = p.Camera("poort-1"); c.Firmware.AtLeast != "1" || !slices.Equal(c.Analytics, []string{"motion"}) {
		t.Errorf("of camera_defaults: %+v", c)
	}
	if p.Discovery.ScanEvery.String() != "PT1H" {
		t.Errorf("scan every %s", p.Discovery.ScanEvery)
	}
}

// A conflict is settled by an entry with its code, and stays listed.
func TestSettled(t *testing.T) {
	text := string(corpus(t, "conflict-device-set")[0].Data)
	_, problems := policy.Check(policy.File{Name: "f.yaml", Data: []byte(text + "conflicts: [{id: set, code: \"device-set-over-retention:video\", text: T, resolve: \"Set it to 28 days\"}]\n")})
	conflicts := problems.Of(policy.ClassConflict)
	if len(conflicts) != 1 || !conflicts[0].Settled() || conflicts[0].Resolution != "Set it to 28 days" {
		t.Errorf("%v", problems)
	}
	_, problems = policy.Check(policy.File{Name: "f.yaml", Data: []byte(text + "conflicts: [{id: a, code: \"device-set-over-retention:video\", text: T, resolve: R}, {id: b, code: \"device-set-over-retention:video\", text: T, resolve: S}]\n")})
	if errs := problems.Of(policy.ClassError); len(errs) != 1 || !strings.Contains(errs[0].What, "stands twice under conflicts") {
		t.Errorf("settled in two ways: %v", problems)
	}
}

// Neither a flood of open points nor one of conflicts hides an error.
func TestFlood(t *testing.T) {
	var b strings.Builder
	b.Write(corpus(t, "valid")[0].Data)
	b.WriteString("---\napiVersion: lensdop/v1\nkind: Protocol\nmetadata: {id: nl-veld}\ncameras:\n")
	for i := range 2500 {
		fmt.Fprintf(&b, "  - {id: c%d, site: hal, zone: zaal, sees: [zaal]}\n", i)
	}
	b.WriteString("  - {id: last, site: hal, zone: nowhere, sees: [zaal]}\n")
	_, problems := policy.Check(policy.File{Name: "f.yaml", Data: []byte(b.String())})
	if errs := problems.Of(policy.ClassError); len(errs) != 1 || !strings.Contains(errs[0].What, "nowhere") {
		t.Errorf("%v", errs)
	}
	if open := problems.Of(policy.ClassOpen); len(open) != 2000 || !strings.Contains(open[1999].What, "more problems") {
		t.Errorf("%d open points, the last %v", len(open), open[len(open)-1])
	}
}

// An empty document drops nothing of what follows it.
func TestEmptyDocuments(t *testing.T) {
	files := split(t)
	text := "---\n---\n" + string(files[0].Data) + "...\n---\n# sites\n---\n---\n" + strings.TrimPrefix(string(files[1].Data), "\ufeff") + "\n...\n" + strings.ReplaceAll(string(files[2].Data), "\r", "") + "---\n...\n---\n"
	p, err := policy.Parse("f.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if !same(t, valid(t), p) {
		t.Error("something is lost")
	}
	if _, err = policy.Parse("f.yaml", []byte(strings.Replace(text, "...\n---\n# sites", "--- x\n# sites", 1))); err == nil || !strings.Contains(err.Error(), "words on the line of ---") {
		t.Errorf("words beside ---: %v", err)
	}
}

// A verb allowed at one site and denied at another is no conflict, and an error
// does not make an entry under conflicts look idle.
func TestNoFollowUps(t *testing.T) {
	text := string(corpus(t, "valid")[0].Data)
	apart := strings.Replace(text, `  - {role: "*", deny: [live, playback]}`, "  - {role: desk, deny: [live], sites: [werf]}", 1)
	_, problems := policy.Check(policy.File{Name: "f.yaml", Data: []byte(apart)})
	for _, q := range problems {
		if strings.HasPrefix(q.Code, "allow-and-deny") {
			t.Errorf("%s", q)
		}
	}
	idle := strings.NewReplacer("{id: stated-1, text", `{id: stated-1, code: "hidden-camera:zaal-1", text`, "store_frames: never", "store_frames: daily").Replace(text)
	if _, problems = policy.Check(policy.File{Name: "f.yaml", Data: []byte(idle)}); len(problems.Of(policy.ClassError)) != 1 {
		t.Fatalf("%v", problems)
	}
	for _, q := range problems {
		if strings.HasPrefix(q.Code, "resolves-nothing") {
			t.Errorf("%s", q)
		}
	}
}

// A resolution that is assumed settles a conflict for the machine, and nobody
// decided it. What stands around the entry counts for it, its own article more.
func TestAssumedResolutions(t *testing.T) {
	for _, c := range []struct {
		name, own, around string
		want              bool
	}{
		{"said by nobody", "", "", false},
		{"the entry", "basis: assumed", "", true},
		{"the resolution alone", "basis: {resolve: assumed}, ref: Art. 4", "", true},
		{"its text alone", "basis: {text: assumed}", "", false},
		{"the law's", "basis: law", "basis: assumed", false},
		{"the whole protocol", "", "basis: assumed", true},
		{"the whole protocol but the entry", "ref: Art. 4", "basis: assumed", false},
		{"the list, whatever the entry", "ref: Art. 4", "basis: {conflicts: assumed}", true},
		{"one of the list", "", "basis: {conflicts.stated-1: assumed}", true},
		{"another of the list", "", "basis: {conflicts.other: assumed}", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := string(corpus(t, "valid")[0].Data) + c.around + "\n"
			if c.own != "" {
				text = strings.Replace(text, "severity: low}]", "severity: low, "+c.own+"}]", 1)
			}
			p, problems := policy.Check(policy.File{Name: "f.yaml", Data: []byte(text)})
			if p == nil {
				t.Fatal(problems)
			}
			i := slices.IndexFunc(problems, func(q policy.Problem) bool { return q.Code == "stated:stated-1" })
			if i < 0 || !problems[i].Settled() || problems[i].Assumed != c.want || problems[i].Decided() == c.want {
				t.Errorf("%+v", problems)
			}
		})
	}
}
