package firmwarenotes

import (
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lensdop/lensdop/devices"
)

func TestEveryFolderIsANote(t *testing.T) {
	notes, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	loaded := map[string]Note{}
	for _, n := range notes {
		loaded[n.Folder] = n
	}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	folders := 0
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		folders++
		n, have := loaded[e.Name()]
		if !have {
			t.Errorf("%s has no note.yaml", e.Name())
			continue
		}
		text, err := fs.ReadFile(files, e.Name()+"/note.md")
		if err != nil {
			t.Errorf("%s has no note for people: %v", e.Name(), err)
			continue
		}
		if !strings.Contains(strings.ToLower(string(text)), strings.ToLower(n.Device.Model)) || !strings.Contains(string(text), "**To cover:**") {
			t.Errorf("the note of %s does not name the model and how to cover it", e.Name())
		}
	}
	if folders == 0 || folders != len(notes) {
		t.Errorf("%d folders, %d notes", folders, len(notes))
	}
}

const sound = `device: {vendor: V, model: M, firmware: "1", kind: camera}
match: {vendor: V, model: M, firmware: "1"}
covers: [{method: device-mask, driver: onvif, text: works, mark: tried, source: run}]
quirks: [{id: one-thing, text: something, mark: read, source: run}]
weaknesses: []
sources: {run: a run}
`

func TestParseRefuses(t *testing.T) {
	if _, err := parse([]byte(sound)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, old, new, want string }{
		{"unknown key", "weaknesses: []", "weakness: []", "[5:1]"},
		{"unknown mark", "mark: read", "mark: believed", "neither tried nor read"},
		{"unknown method", "method: device-mask", "method: prayer", "none of"},
		{"no way to cover", "covers: [{method: device-mask, driver: onvif, text: works, mark: tried, source: run}]", "covers: []", "or none and why"},
		{"none with a driver", "method: device-mask", "method: none", "has no driver"},
		{"no driver", "driver: onvif, ", "", "name the driver"},
		{"a cover with an id", "driver: onvif,", "driver: onvif, id: x,", "it has no id"},
		{"a cover twice", "covers: [{", "covers: [{method: device-mask, driver: onvif, text: again, mark: tried, source: run}, {", "stands there twice"},
		{"sessions from nowhere", "covers:", "sessions: {most: 2, text: two, mark: tried, source: dream}\ncovers:", `source "dream"`},
		{"no CVE number", "weaknesses: []", "weaknesses: [{id: hole, text: t, mark: read, source: run, cve: CVE-1}]", "no CVE number"},
		{"bounds of nothing", "weaknesses: []", "weaknesses: [{id: hole, text: t, mark: read, source: run, affected: {}}]", "leave it out"},
		{"no version", "weaknesses: []", "weaknesses: [{id: hole, text: t, mark: read, source: run, affected: {below: new}}]", "no version"},
		{"no day", "weaknesses: []", "weaknesses: [{id: hole, text: t, mark: read, source: run, affected: {built_before: May}}]", "no day"},
		{"a login from nowhere", "covers:", "logins: [{user: admin, password: x, text: t, mark: read, source: dream}]\ncovers:", `source "dream"`},
		{"a login of nobody", "covers:", "logins: [{password: x, text: t, mark: read, source: run}]\ncovers:", "has a user"},
		{"unknown kind", "kind: camera", "kind: toaster", "none of"},
		{"no source", "source: run}]", "source: hearsay}]", `source "hearsay" is not in sources`},
		{"no firmware", `firmware: "1", kind`, `firmware: "", kind`, "all needed"},
		{"no match", `match: {vendor: V, model: M, firmware: "1"}`, "", "either match"},
		{"match and no match", "match:", "unmatched: no\nmatch:", "either match"},
		{"match by vendor alone", "match: {vendor: V, model: M,", `match: {vendor: V, model: "",`, "vendor and model are needed"},
		{"untidy id", "id: one-thing", "id: One_thing", "lower-case"},
		{"no text", "text: something", `text: ""`, "text is missing"},
		{"nothing said", "quirks: [{id: one-thing, text: something, mark: read, source: run}]", "quirks: []", "says nothing"},
		{"same id twice", "weaknesses: []", "weaknesses: [{id: one-thing, text: t, mark: read, source: run}]", "once per note"},
	} {
		t.Run(c.name, func(t *testing.T) {
			broken := strings.Replace(sound, c.old, c.new, 1)
			if broken == sound {
				t.Fatal("the case changes nothing")
			}
			_, err := load(fstest.MapFS{"x/note.yaml": {Data: []byte(broken)}})
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "x/note.yaml") {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		vendor, model, firmware string // of the note
		info                    devices.Info
		want                    bool
	}{
		{"V", "M", "1", devices.Info{Vendor: "V", Model: "M", Firmware: "1"}, true},
		{"V", "M", "1", devices.Info{Vendor: "V", Model: "M", Firmware: "2"}, false},
		{"V", "M", "", devices.Info{Vendor: "v ", Model: "m", Firmware: "2"}, true},
		{"V", "M", "", devices.Info{Vendor: "V", Model: "MM"}, false},
		{"*hik*", "DS-*-I*", "", devices.Info{Vendor: "HIKVISION", Model: "DS-2CD2143G0-I"}, true},
		{"*hik*", "DS-*-I*", "", devices.Info{Vendor: "HIKVISION", Model: "DS-2CD2143G0"}, false},
		{"Axis*", "*", "", devices.Info{Vendor: "AXIS", Model: ""}, true},
		{"Axis*", "*", "", devices.Info{Vendor: "Praxis", Model: "x"}, false},
		{"a*ab", "*", "", devices.Info{Vendor: "ab"}, false},
	} {
		if n := (Note{Match: &Match{c.vendor, c.model, c.firmware}}); n.Matches(c.info) != c.want {
			t.Errorf("%q %q %q on %+v: %v", c.vendor, c.model, c.firmware, c.info, !c.want)
		}
	}
	if (Note{Unmatched: "no"}).Matches(devices.Info{}) {
		t.Error("a note that recognises nothing recognised a device")
	}
}

func TestMostParticularFirst(t *testing.T) {
	notes := []Note{
		{Folder: "make", Match: &Match{Vendor: "V*", Model: "*"}},
		{Folder: "firmware", Match: &Match{Vendor: "V*", Model: "M1", Firmware: "2"}},
		{Folder: "other", Match: &Match{Vendor: "W", Model: "*"}},
		{Folder: "model", Match: &Match{Vendor: "V*", Model: "M1"}},
	}
	var got []string
	for _, n := range For(notes, devices.Info{Vendor: "V", Model: "M1", Firmware: "2"}) {
		got = append(got, n.Folder)
	}
	if want := []string{"firmware", "model", "make"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestBasis(t *testing.T) {
	cover := func(driver string, m Mark) Cover {
		return Cover{Method: devices.MethodDeviceMask, Driver: driver, Fact: Fact{Mark: m}}
	}
	notes := []Note{
		{Match: &Match{Vendor: "V", Model: "*"}, Covers: []Cover{cover("maker", Read), cover("onvif", Read)}},
		{Match: &Match{Vendor: "V", Model: "Tried"}, Covers: []Cover{cover("maker", Tried), cover("onvif", Tried)}},
	}
	for _, c := range []struct {
		vendor, model, driver string
		method                devices.Method
		want                  devices.Basis
	}{
		{"V", "M", "maker", devices.MethodDeviceMask, devices.BasisRead},
		{"V", "M", "onvif", devices.MethodDeviceMask, devices.BasisAnnounced},
		{"V", "Tried", "maker", devices.MethodDeviceMask, devices.BasisTried},
		{"V", "Tried", "onvif", devices.MethodDeviceMask, devices.BasisTried},
		{"V", "Tried", "maker", devices.MethodPark, devices.BasisRead},
		{"unknown", "M", "maker", devices.MethodDeviceMask, devices.BasisRead},
		{"unknown", "M", "onvif", devices.MethodContact, devices.BasisAnnounced},
	} {
		if got := Basis(notes, devices.Info{Vendor: c.vendor, Model: c.model}, c.driver, c.method); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

func TestPrefer(t *testing.T) {
	notes := []Note{{Match: &Match{Vendor: "V", Model: "*"}, Covers: []Cover{
		{Method: devices.MethodDeviceMask, Driver: "maker"}, {Method: devices.MethodDeviceMask, Driver: "absent"}, {Method: devices.MethodPark, Driver: "onvif"},
	}}}
	drivers := []string{"onvif", "maker", "other"}
	if got := Prefer(notes, devices.Info{Vendor: "V"}, devices.MethodDeviceMask, drivers); !slices.Equal(got, []string{"maker", "onvif", "other"}) {
		t.Errorf("masks by %q", got)
	}
	if got := Prefer(notes, devices.Info{Vendor: "W"}, devices.MethodDeviceMask, drivers); !slices.Equal(got, drivers) {
		t.Errorf("an unknown device by %q", got)
	}
}

func TestAffected(t *testing.T) {
	for _, c := range []struct {
		bounds   Affected
		firmware string
		want     string // "yes", "no" or part of the reason
	}{
		{Affected{From: "10.11", Below: "11.6"}, "11.5.64", "yes"},
		{Affected{From: "10.11", Below: "11.6"}, "11.6", "no"},
		{Affected{From: "10.11", Below: "11.6"}, "11.6.0", "no"},
		{Affected{From: "10.11", Below: "11.6"}, "10.9.4", "no"},
		{Affected{From: "10.11"}, "V12.0", "yes"},
		{Affected{Below: "5.10"}, "V5.9.1 build 190220", "yes"},
		{Affected{Below: "5.10"}, "V5.10.0 build 190220", "no"},
		{Affected{Below: "5.10"}, "newest", "no version"},
		{Affected{Below: "5.10"}, "99999999999999999999999.1", "no"},
		{Affected{BuiltBefore: "2021-06-28"}, "V5.5.82 build 190220", "yes"},
		{Affected{BuiltBefore: "2021-06-28"}, "V5.5.82 build 210628", "no"},
		{Affected{BuiltBefore: "2021-06-28"}, "2.622.0000000.9.R, Build Date: 2017-08-30", "yes"},
		{Affected{BuiltBefore: "2021-06-28"}, "V2.420.0000.11.R.20220620", "no"},
		{Affected{BuiltBefore: "2021-06-28"}, "V2.620.0000002.0.R.170830", "yes"},
		{Affected{BuiltBefore: "2021-06-28"}, "V5.5.82 build 999999", "does not say"},
		{Affected{BuiltBefore: "2021-06-28"}, "V5.5.82", "does not say"},
		{Affected{BuiltBefore: "2021-06-28", Below: "5.5"}, "V5.5.82 build 190220", "no"},
	} {
		if err := c.bounds.validate(); err != nil {
			t.Fatal(err)
		}
		v := c.bounds.has(c.firmware)
		got := v.Why()
		if has, known := v.Get(); known {
			got = map[bool]string{true: "yes", false: "no"}[has]
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%+v on %q: %s, want %s", c.bounds, c.firmware, got, c.want)
		}
	}
}

// What the committed notes say of real makers' devices reaches the owner.
func TestHoles(t *testing.T) {
	notes, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	cves := func(i devices.Info) map[string]string {
		m := map[string]string{}
		for _, h := range Holes(notes, i) {
			m[h.CVE] = h.Has.String()
		}
		return m
	}
	old := cves(devices.Info{Vendor: "HIKVISION", Model: "DS-2CD2143G0-I", Firmware: "V5.5.82 build 190220"})
	if old["CVE-2021-36260"] != "true" || old["CVE-2017-7921"] != "" {
		t.Errorf("a camera of 2019: %v", old)
	}
	if fresh := cves(devices.Info{Vendor: "HIKVISION", Model: "DS-2CD2143G0-I", Firmware: "V5.7.23 build 240530"}); len(fresh) != 0 {
		t.Errorf("a camera of 2024: %v", fresh)
	}
	if unsaid := cves(devices.Info{Vendor: "HIKVISION", Model: "DS-2CD2143G0-I"}); !strings.Contains(unsaid["CVE-2021-36260"], "does not say") {
		t.Errorf("a camera that does not tell: %v", unsaid)
	}
	if sim := Holes(notes, devices.Info{Vendor: "Lensdop Simulated", Model: "Duo-2L"}); len(sim) != 0 {
		t.Errorf("the simulator: %v", sim)
	}
}

func TestLogins(t *testing.T) {
	one, two := Login{User: "admin", Password: "one"}, Login{User: "admin", Password: "two"}
	notes := []Note{
		{Folder: "make", Match: &Match{Vendor: "V*", Model: "*"}, Logins: []Login{one, two}},
		{Folder: "model", Match: &Match{Vendor: "V*", Model: "M"}, Logins: []Login{two}},
		{Folder: "other", Match: &Match{Vendor: "W", Model: "*"}, Logins: []Login{{User: "root"}}},
	}
	var got []string
	for _, l := range Logins(notes, devices.Info{Vendor: "V", Model: "M"}) {
		got = append(got, l.Name+" "+l.Password)
	}
	if want := []string{"model#1 two", "make#1 one"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func FuzzAffected(f *testing.F) {
	f.Add("V5.5.82 build 190220")
	f.Add("2.622.0000000.9.R, Build Date: 2017-08-30")
	a := Affected{From: "5.1", Below: "7.2", BuiltBefore: "2021-06-28"}
	f.Fuzz(func(t *testing.T, firmware string) {
		if has, known := a.has(firmware).Get(); known && has && !dotted.MatchString(firmware) {
			t.Errorf("%q has no version, and yet is affected", firmware)
		}
	})
}

// That attackers use a hole is a claim of its own: the source of the hole is
// not enough for it.
func TestWhoSaysThatAttackersUseIt(t *testing.T) {
	notes, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	claims := 0
	for _, n := range notes {
		for _, w := range n.Weaknesses {
			if !strings.Contains(w.Text, "attackers") {
				continue
			}
			claims++
			if !strings.Contains(n.Sources[w.Source], "known exploited vulnerabilities") {
				t.Errorf("%s: %s is used by attackers, by %q", n.Folder, w.ID, n.Sources[w.Source])
			}
		}
	}
	if claims == 0 {
		t.Error("no such claim was found")
	}
}
