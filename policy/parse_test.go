package policy_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/examples"
)

func lensmonde(t testing.TB) *policy.Protocol {
	t.Helper()
	p, err := policy.Parse("lensmonde.yaml", examples.Lensmonde)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The demo's municipality: what the simulated site and the pages count on.
func TestLensmonde(t *testing.T) {
	p := lensmonde(t)
	if got := len(p.CamerasOf("de-polder")); got != 4 {
		t.Errorf("%d cameras, want 4", got)
	}
	north, _ := p.Camera("hal-noord")
	south, _ := p.Camera("hal-zuid")
	if north.Identity.Endpoint != south.Identity.Endpoint || north.Identity.Serial != south.Identity.Serial || north.Source.Index != 1 || south.Source.Index != 2 {
		t.Error("hal-noord and hal-zuid are not the two lenses of one device")
	}
	entree, ok := p.Camera("entree")
	if !ok || len(entree.Masks) != 1 || !entree.SeesZone("stemlokaal") {
		t.Errorf("entree: %+v", entree)
	}
	if entree.Sessions != 1 || entree.SampleEvery.Time != 10*time.Second || entree.Methods[0] != devices.MethodDeviceMask {
		t.Errorf("defaults of entree: %+v", entree)
	}
	if c, ok := p.Checker(); !ok || c.ID != "lensdop" || c.Retention.Max.String() != "P28D" {
		t.Errorf("checker is %+v", c)
	}
	if r, ok := p.Reader("personeelsingang"); !ok || r.Frame != "rdm6300" || len(p.ReadersOf("de-polder")) != 1 {
		t.Errorf("reader is %+v", r)
	}
	if v, ok := p.Template("verkiezing"); !ok || v.Basis.Of("covered_from") != policy.BasisAssumed || v.Basis.Of("reason") != "" || v.Basis.Of("legal_reason") != policy.BasisLaw {
		t.Errorf("template is %+v", v)
	}
	if got := p.AlertAddresses("critical"); len(got) != 3 {
		t.Errorf("critical alerts go to %v", got)
	}
	if got := p.Location("de-polder").String(); got != "Europe/Amsterdam" {
		t.Errorf("time zone %s", got)
	}
	if _, ok := p.Role("works-council"); !ok {
		t.Error("no works council")
	}
}

func problems(t testing.TB, data []byte) policy.Problems {
	t.Helper()
	p, err := policy.Parse("f.yaml", data)
	if err == nil {
		return nil
	}
	if p != nil {
		t.Error("a protocol came with the error")
	}
	list, ok := errors.AsType[policy.Problems](err)
	if !ok || len(list) == 0 {
		t.Fatalf("error is %T %v", err, err)
	}
	lines := strings.Count(string(data), "\n") + 1
	for _, q := range list {
		if q.File != "f.yaml" || q.Line < 1 || q.Column < 1 || q.Line > lines || q.What == "" || !utf8.ValidString(q.String()) || len(q.String()) > 2000 {
			t.Errorf("problem without a place or words: %+v", q)
		}
	}
	return list
}

// One fault each, put into a good file. The sign § stands where the message
// must point.
func TestOneFault(t *testing.T) {
	const entree = "  - id: entree\n    site: de-polder\n    zone: entree\n"
	for _, c := range []struct{ name, old, with, want string }{
		{"unknown key", "    scope: all\n    basis: assumed", "    §skope: all\n    basis: assumed", `unknown key "skope"; did you mean "scope"?`},
		{"unknown key at the top", "agent_restrictions:", "§agents:\n  a: b\nagent_restrictions:", "unknown key"},
		{"unknown key in a flow", "{max_shift: 0.10}", "{§shift: 0.10}", "unknown key"},
		{"key twice", "    scope: own-site", "    scope: own-site\n    §scope: all", "stands twice"},
		{"wrong version", "apiVersion: lensdop/v1", "apiVersion: §lensdop/v2", "apiVersion"},
		{"wrong kind", "kind: Protocol", "kind: §Policy", "kind"},
		{"id of a shape that no log line bears", "- {id: straatramen,", `- {id: §"Windows to the street",`, "cannot be used"},
		{"id twice", "- id: hal-zuid", "- id: §hal-noord", "stands twice"},
		{"zone id twice", "      - {id: entree, name", "      - {id: §hal}\n      - {id: entree, name", "stands twice"},
		{"id missing", "  - id: hal-zuid\n    site", "  - §site", "the id is missing"},
		{"no time zone", "  timezone: Europe/Amsterdam", "  timezone: §Local", "time zone"},
		{"unknown time zone", "timezone: Europe/Amsterdam", "timezone: §Europe/Lensmonde", "time zone"},
		{"jurisdiction", "jurisdiction: NL", "jurisdiction: §DE", "write one of: NL, BE"},
		{"number for text", `version: "2026.1"`, "version: §2026.1", "put it in quotes"},
		{"serial with zeros", `serial: "LM-BUL-0003"`, "serial: §0003", "put it in quotes"},
		{"text for number", "baud: 9600", "baud: §fast", "whole number"},
		{"octal", "baud: 9600", "baud: §0o7", "whole number"},
		{"leading zero", "signatures: 1", "signatures: §01", "whole number"},
		{"fraction for whole", "signatures: 1", "signatures: §1.5", "whole number"},
		{"text for bool", "checker: true", "checker: §yes", "true or false"},
		{"text for list", "sees: [parkeerterrein]", "sees: §parkeerterrein", "a list"},
		{"list for text", "zone: parkeerterrein", "zone: §[parkeerterrein]", "text belongs"},
		{"block for text", "zone: parkeerterrein", "zone: §{id: parkeerterrein}", "text belongs"},
		{"text for block", "view: {max_shift: 0.10}\n    methods: [device-mask]\n    required: [picture, sound]\n    ref: \"Art. 2\"\n    basis: {view: assumed, sound: assumed, methods: assumed, required: assumed}\n\n  - id: hal-zuid", "view: §same\n    basis: {view: assumed}\n\n  - id: hal-zuid", "block of keys"},
		{"dangling site", "  - id: hal-zuid\n    site: de-polder", "  - id: hal-zuid\n    site: §de-dijk", "no site"},
		{"dangling zone", entree, "  - id: entree\n    site: de-polder\n    zone: §hall\n", "no zone"},
		{"dangling zone in view", "sees: [entree, stemlokaal]", "sees: [entree, §stemlokal]", "no zone"},
		{"zone that may not be seen", "sees: [entree, stemlokaal]", "sees: [entree, §kleedruimten]", "may not be seen"},
		{"dangling processing", "processing: badge", "processing: §badges", "no processing"},
		{"dangling role", "release_by: [location-manager]", "release_by: [§manager]", "no role"},
		{"dangling decider", "decided_by: [location-manager]", "decided_by: [§mayor]", "no role"},
		{"dangling alert role", "critical: [location-manager, dpo, ict]", "critical: [location-manager, §dopo, ict]", "no role"},
		{"address of no role", "ict: [ict@lensmonde.example]", "itc: §[ict@lensmonde.example]", "no role"},
		{"no address", "[ict@lensmonde.example]", "[§ict.lensmonde.example]", "mail address"},
		{"address with a name", "[ict@lensmonde.example]", `[§"ICT <ict@lensmonde.example>"]`, "mail address"},
		{"dangling template zone", "zones: [stemlokaal]", "zones: [§stemhokje]", "no zone of any site"},
		{"template without zones", "zones: [stemlokaal]", "zones: §[]", "names no zone"},
		{"network", "subnet: 127.0.0.0/8", "subnet: §127.0.0.0", "not a network"},
		{"network with host bits", "subnet: 127.0.0.0/8", "subnet: §127.0.0.1/8", "not a network"},
		{"corner outside", "[0.62, 0.10], [0.94, 0.10]", "[0.62, 0.10], [1.94, 0.10]", "corner 2"},
		{"corner of three", "[0.62, 0.10], [0.94, 0.10]", "[0.62, 0.10], §[0.94, 0.10, 0]", "two numbers"},
		{"corner not finite", "[0.62, 0.10], [0.94, 0.10]", "[0.62, 0.10], §[.nan, 0.10]", "two numbers"},
		{"polygon crosses itself", "[0.62, 0.10], [0.94, 0.10], [0.94, 0.42], [0.62, 0.42]", "[0.62, 0.10], [0.94, 0.42], [0.94, 0.10], [0.62, 0.42]", "crosses itself"},
		{"two corners", "[[0.62, 0.10], [0.94, 0.10], [0.94, 0.42], [0.62, 0.42]]", "§[[0.62, 0.10], [0.94, 0.10]]", "at least 3"},
		{"empty entry", "sees: [entree, stemlokaal]", "sees: §[entree, null]", "empty"},
		{"same lens twice", "source: 2", "source: 1", "same lens"},
		{"lens zero", "source: 2", "source: §0", "no lens"},
		{"sound", "    sound: forbidden\n    location: \"De Polder\"\n    masks:\n      - {id: openbare-weg", "    sound: §off\n    location: \"De Polder\"\n    masks:\n      - {id: openbare-weg", "forbidden, allowed"},
		{"method", "methods: [device-mask]\n    required: [picture, sound]\n    ref: \"Art. 2\"\n    basis: {view: assumed, sound: assumed, methods: assumed, required: assumed}\n\n# --- Badge", "methods: [§blindfold]\n    required: [picture, sound]\n    ref: \"Art. 2\"\n    basis: {view: assumed, sound: assumed, methods: assumed, required: assumed}\n\n# --- Badge", "device-mask, park"},
		{"duration", "one_off: PT24H", "one_off: §24h", "ISO 8601"},
		{"duration that no timer has", "max_gap: PT60S", "max_gap: §P1M", "max_gap"},
		{"duration of nothing", "sample_every: PT10S", "sample_every: §PT0.5S", "ISO 8601"},
		{"retention over the ceiling", "retention: {max: P28D, device_set: P28D, grace: PT24H, ref: \"Art. 6\", basis", "retention: {max: §P1M, device_set: P28D, grace: PT24H, basis", "longer than the P28D"},
		{"checker keeps measures for ever", "data_categories: {video: false, audio: false, biometrics: false}\n    retention: {max: P28D}", "data_categories: {video: false, audio: false, biometrics: false}\n    retention: §{}", "how long measures stay"},
		{"two checkers", "  - id: video\n", "  - id: video\n    checker: true\n", "second processing"},
		{"no purpose", "purposes:\n      - {id: access, text: \"Open the staff entrance for those who work there\"}", "purposes: §[]", "no purpose"},
		{"time of day", `covered_from: "06:30"`, `covered_from: §"6:30"`, "time of day"},
		{"time of day as a number", `covered_from: "06:30"`, `covered_from: §0630`, "quotes"},
		{"hour 24", `earliest_release: "21:00"`, `earliest_release: §"24:00"`, "time of day"},
		{"release before beginning", "earliest_release: \"21:00\"\n      days: 3", "earliest_release: §\"05:00\"\n      days: 1", "not after the beginning"},
		{"nobody releases", "release_by: [location-manager]", "release_by: §[]", "nobody may release"},
		{"no signature", "signatures: 1", "signatures: §0", "signatures is 0"},
		{"obligation", "obligation: may", "obligation: §shall", "may, must"},
		{"date that is none", `date: "2026-01-13"`, `date: §"2026-02-29"`, "not a date"},
		{"frames are stored", "store_frames: never", "store_frames: §always", "never"},
		{"frames are shown", "show_frames_to: []", "show_frames_to: §[ict]", "cannot show frames"},
		{"word of basis", "basis: {scope: assumed}\n  - id: ict", "basis: {scope: §guessed}\n  - id: ict", "assumed or law"},
		{"basis of no field", "basis: {scope: assumed}\n  - id: ict", "basis: {skope: §assumed}\n  - id: ict", "does not have"},
		{"anchor", "ref: \"Art. 11\"", "ref: §&a \"Art. 11\"", "anchor"},
		{"alias", "zone: parkeerterrein", "zone: §*zone", "anchor or alias"},
		{"merge key", "agent_restrictions:\n", "agent_restrictions:\n  §<<: {}\n", "merge key"},
		{"tag", "baud: 9600", "baud: §!!int 9600", "a tag"},
		{"second document without a head", "\nsites:\n", "\n---\n§sites:\n", "apiVersion is missing"},
		{"tab", "  store_frames: never", "§\tstore_frames: never", "not valid YAML"},
		{"bracket left open", "show_frames_to: []", "show_frames_to: [", "not valid YAML"},
		{"text that reads otherwise", "Dijkweg 1", "Dijkweg §\u202e1", "invisible character"},
		{"control character", "Dijkweg 1", "Dijkweg §\x011", "control character"},
		{"sessions", "    ref: \"Art. 2\"\n    basis: {view: assumed, sound: assumed, methods: assumed, required: assumed}\n\n# --- Badge", "    sessions: §0\n\n# --- Badge", "sessions is 0"},
		{"port twice", "    basis: assumed\n\n# --- Covering", "  - id: achterdeur\n    site: de-polder\n    zone: entree\n    port: §/dev/serial/by-id/lensmonde-personeelsingang\n    frame: rdm6300\n    processing: badge\n\n# --- Covering", "same port"},
		{"shift", "view: {max_shift: 0.10}\n    methods: [device-mask]\n    required: [picture, sound]\n    ref: \"Art. 2\"\n    basis: {view: assumed, sound: assumed, methods: assumed, required: assumed}\n\n# --- Badge", "view: {max_shift: §0}\n\n# --- Badge", "max_shift is 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			source := string(examples.Lensmonde)
			if !strings.Contains(source, c.old) {
				t.Fatalf("the example no longer holds %q", c.old)
			}
			// The first occurrence carries the fault.
			marked := strings.Replace(source, c.old, c.with, 1)
			list := problems(t, []byte(strings.Replace(marked, "§", "", 1)))
			if len(list) != 1 {
				t.Fatalf("%d problems, want one:\n%v", len(list), list)
			}
			if !strings.Contains(list[0].String(), c.want) {
				t.Errorf("%s\nwant %q in it", list[0], c.want)
			}
			if before, _, ok := strings.Cut(marked, "§"); ok {
				line := strings.Count(before, "\n") + 1
				column := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
				if list[0].Line != line || list[0].Column != column {
					t.Errorf("%s\nwant it at %d:%d", list[0], line, column)
				}
			}
		})
	}
}

func TestAllAtOnce(t *testing.T) {
	s := strings.NewReplacer("kind: Protocol", "kind: P", "baud: 9600", "baud: x", "scope: own-site", "scop: own-site").Replace(string(examples.Lensmonde))
	list := problems(t, []byte(s))
	if len(list) < 3 {
		t.Fatalf("%d problems:\n%v", len(list), list)
	}
	for i := range list[1:] {
		if list[i].Line > list[i+1].Line {
			t.Errorf("not in the order of the file:\n%v", list)
		}
	}
	if !regexp.MustCompile(`^f\.yaml:\d+:\d+: .+; .+`).MatchString(list.Error()) {
		t.Errorf("prints %q", list.Error())
	}
}

// Windows line ends and a byte order mark change nothing.
func TestForeignLineEnds(t *testing.T) {
	s := "\ufeff" + strings.ReplaceAll(string(examples.Lensmonde), "\n", "\r\n")
	p, err := policy.Parse("f.yaml", []byte(s))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Cameras) != 4 {
		t.Errorf("%d cameras", len(p.Cameras))
	}
}

// allocated is how many bytes a call takes from the heap, in all.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Files made to hurt are refused with bounded work. The bound is on memory
// taken in all, which every step of the work needs, since time depends on the
// machine.
func TestHostile(t *testing.T) {
	bomb := "a: &a [x, x, x, x, x, x, x, x, x]\n"
	for c := 'b'; c < 'k'; c++ {
		bomb += fmt.Sprintf("%c: &%c [*%c, *%c, *%c, *%c, *%c, *%c, *%c, *%c]\n", c, c, c-1, c-1, c-1, c-1, c-1, c-1, c-1, c-1)
	}
	var staircase, keys strings.Builder
	for i := 0; staircase.Len() < policy.MaxFile-3000; i++ {
		staircase.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	for i := 0; keys.Len() < policy.MaxFile-20; i++ {
		fmt.Fprintf(&keys, "k%d: v\n", i)
	}
	full := func(s string) string { return strings.Repeat(s, policy.MaxFile/len(s)) }
	blocks := "" // as many keys as one block can have, again and again
	for i := range 1000 {
		blocks += fmt.Sprintf("  k%d: v\n", i)
	}
	const small, large = 1 << 20, 1 << 30 // bytes of memory
	for _, c := range []struct {
		name, text string
		limit      uint64
	}{
		{"empty", "", small},
		{"spaces", full(" "), large},
		{"comments", full("# x\n"), large},
		{"newlines", full("\n"), large},
		{"alias bomb", bomb, small},
		{"one byte too long", strings.Repeat("a", policy.MaxFile+1), 1 << 16},
		{"100 MB", strings.Repeat("sites: []\n", 10<<20), 1 << 16},
		{"brackets", full("["), large},
		{"pairs", strings.Repeat("[", policy.MaxFile/2) + strings.Repeat("]", policy.MaxFile/2), large},
		{"braces", full("{a: "), large},
		{"dashes", full("- "), large},
		{"dashes in lines", full("-\n "), large},
		{"question marks", full("? "), large},
		{"anchors", full("&a "), large},
		{"tags", full("!a "), large},
		{"staircase", staircase.String(), large},
		{"nested 33 deep", strings.Repeat("[", 33) + strings.Repeat("]", 33), small},
		{"keys", keys.String(), large},
		{"blocks of keys", strings.Repeat("a:\n"+blocks, 95), large},
		{"the same key", full("a: b\n"), large},
		{"the same block", full("sites: []\n"), large},
		{"one long flow", "a: [" + strings.Repeat("1,", policy.MaxFile/2-10) + "]", large},
		{"one long list", full("- b\n"), large},
		{"documents", full("---\n"), large},
		{"documents with words", full("---\na\n"), large},
		{"many documents", strings.Repeat("---\na: b\n", 400), 1 << 24},
		{"ends of documents", full("...\n"), large},
		{"colons", full("a:"), large},
		{"quotes", "a: \"" + strings.Repeat("x", policy.MaxFile-10) + "\"", large},
		{"one long line", "note: " + strings.Repeat("x ", policy.MaxFile/2-10), large},
		{"one long block text", "note: |\n" + strings.Repeat("  x\n", policy.MaxFile/4-10), large},
		{"scalar", full("a"), large},
		{"directives", full("% b\n"), large},
		{"commas", "[" + strings.Repeat(",", policy.MaxFile-10) + "]", large},
		{"flow keys", "{" + strings.ReplaceAll(keys.String()[:policy.MaxFile/2], "\n", ",") + "}", large},
		{"a huge number", "metadata: {version: 1" + strings.Repeat("0", 100_000) + "}", 1 << 26},
		{"a huge exponent", "camera_defaults: {max_detail: 1e999999999}", small},
		{"a huge hexadecimal", "camera_defaults: {sessions: 0x" + strings.Repeat("f", 10_000) + "}", 1 << 23},
		{"many underscores", "camera_defaults: {sessions: 1" + strings.Repeat("_0", 10_000) + "}", 1 << 23},
		{"UTF-16, little end first", "\xff\xfea\x00:\x00 \x00b\x00", 1 << 16},
		{"UTF-16, big end first", "\xfe\xff\x00a\x00:\x00 \x00b", 1 << 16},
		{"UTF-16 without a mark", "a\x00:\x00 \x00b\x00", 1 << 16},
		{"UTF-32, big end first", "\x00\x00\xfe\xff\x00\x00\x00a", 1 << 16},
		{"UTF-32, little end first", "\xff\xfe\x00\x00a\x00\x00\x00", 1 << 16},
		{"Latin-1", "title: caf\xe9", 1 << 16},
		{"cut character", "title: caf\xc3", 1 << 16},
		{"overlong character", "title: \xc0\xaf", 1 << 16},
		{"half a pair", "title: \xed\xa0\x80", 1 << 16},
		{"NUL", "a: b\x00", 1 << 16},
		{"escape", "a: \x1b[31mb", 1 << 16},
		{"delete", "a: \x7fb", 1 << 16},
		{"old Mac", "a: b\rc: d\r", 1 << 16},
		{"no block", "just words", small},
		{"only a list", "- a", small},
		{"only null", "~", small},
	} {
		t.Run(c.name, func(t *testing.T) {
			data := []byte(c.text)
			var err error
			if got := allocated(func() { _, err = policy.Parse("f.yaml", data) }); got > c.limit {
				t.Errorf("%d bytes of memory, the limit is %d", got, c.limit)
			} else {
				t.Logf("%d kB", got>>10)
			}
			if err == nil || len(problems(t, data)) == 0 {
				t.Error("accepted")
			}
		})
	}
}

// What is too much in several files is too much, too.
func TestHostileFiles(t *testing.T) {
	head := "apiVersion: lensdop/v1\nkind: Protocol\nmetadata: {id: nl-x}\n"
	var many []policy.File
	for i := range 300 {
		many = append(many, policy.File{Name: fmt.Sprintf("%d.yaml", i), Data: []byte(head)})
	}
	half := []byte(head + strings.Repeat("# x\n", policy.MaxFile/8))
	for name, c := range map[string]struct {
		files []policy.File
		want  string
	}{
		"none":          {nil, "no file was given"},
		"300":           {many, "more files or documents"},
		"too long":      {[]policy.File{{Name: "a", Data: half}, {Name: "b", Data: half}}, "the files up to this one"},
		"one is hidden": {[]policy.File{{Name: "a", Data: []byte(head)}, {Name: "b", Data: []byte("\xff\xfe")}}, "UTF-16"},
	} {
		t.Run(name, func(t *testing.T) {
			var p *policy.Protocol
			var list policy.Problems
			if got := allocated(func() { p, list = policy.Check(c.files...) }); got > 1<<28 {
				t.Errorf("%d bytes of memory", got)
			}
			if p != nil || len(list) == 0 || !strings.Contains(list.Error(), c.want) {
				t.Errorf("%v, want %q", list, c.want)
			}
		})
	}
}

// same tells whether two protocols say the same. Where something stood is no
// part of that.
func same(t testing.TB, a, b *policy.Protocol) bool {
	t.Helper()
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	if errX != nil || errY != nil {
		t.Fatal(errX, errY)
	}
	return bytes.Equal(x, y)
}

// checked calls Check and holds what it promises of every input.
func checked(t testing.TB, files ...policy.File) (*policy.Protocol, policy.Problems) {
	t.Helper()
	p, list := policy.Check(files...)
	if (p == nil) != (len(list.Of(policy.ClassError)) > 0) {
		t.Errorf("protocol %t, problems %v", p != nil, list)
	}
	for _, q := range list {
		name := slices.ContainsFunc(files, func(f policy.File) bool { return f.Name == q.File })
		if !name || q.Line < 1 || q.Column < 1 || q.What == "" || !utf8.ValidString(q.String()) || (q.Class == policy.ClassError) != (q.Code == "") && !strings.Contains(q.What, "more problems") {
			t.Errorf("problem without a place, words or code: %+v", q)
		}
	}
	return p, list
}

func FuzzParse(f *testing.F) {
	f.Add(examples.Lensmonde)
	for _, name := range []string{"valid", "conflict-hidden-camera", "files-block-twice", "files-document-twice", "open-deciders"} {
		f.Add(policy.Join(corpus(f, name)...))
	}
	for _, s := range []string{"", "a: b", "- - - a", "{", "apiVersion: lensdop/v1\nkind: Protocol\ncameras: [{masks: [{polygon: [[0,0],[1,1]]}]}]", "a: |\n  b\n", "a: 'b", "? a\n: b", "processing: [{id: x, retention: {max: P9999Y}}]", "metadata: {title: {nl: x}, timezone: ../etc}", "a:\n\t- b", "\"a\": b", "a: b: c", "- a\nb: c", "---\na: b\n---\nc: d\n...\n", "--- a\n--- b", "sites: []\n---\nsites: ~\n", "works_council: {consents: [{given: true}]}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, _ := checked(t, policy.File{Name: "f.yaml", Data: data})
		list := problems(t, data)
		if (p == nil) != (list != nil) {
			t.Fatalf("Check and Parse differ: %v", list)
		}
		if p == nil {
			return
		}
		now := time.Date(2026, 3, 18, 12, 0, 0, 0, time.UTC)
		for _, c := range p.Cameras {
			if cover := (policy.Policy{Protocol: p}).CoverAt(c.ID, now); len(cover.Zones) < len(c.Masks) {
				t.Errorf("cover %+v", cover)
			}
		}
		// One more file that adds nothing, joined, says the same; if it still fits.
		more := policy.File{Name: "g.yaml", Data: []byte("apiVersion: lensdop/v1\nkind: Protocol\nmetadata: {id: " + p.Metadata.ID + "}")}
		q, list := checked(t, policy.File{Name: "f.yaml", Data: data}, more)
		if q == nil {
			if len(data) < policy.MaxFile-1000 && bytes.Count(data, []byte("---")) < 200 {
				t.Fatalf("with a file that adds nothing: %v", list)
			}
			return
		}
		joined, err := policy.Parse("joined.yaml", policy.Join(policy.File{Name: "f.yaml", Data: data}, more))
		if err != nil || !same(t, p, q) || !same(t, q, joined) {
			t.Fatalf("joined it says something else: %v", err)
		}
		if a, b := p.ConsentHashes(), joined.ConsentHashes(); changed(a, b) != "" {
			t.Errorf("hashes %v and %v", a, b)
		}
	})
}
