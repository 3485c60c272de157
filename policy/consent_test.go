package policy_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
)

func valid(t testing.TB) *policy.Protocol {
	t.Helper()
	p, problems := policy.Check(corpus(t, "valid")...)
	if p == nil {
		t.Fatal(problems)
	}
	return p
}

// changed names the points whose hashes differ.
func changed(a, b policy.ConsentCovers) string {
	var list []string
	for _, x := range []struct {
		name string
		a, b policy.Hash
	}{{"purpose", a.Purpose, b.Purpose}, {"access", a.Access, b.Access}, {"retention", a.Retention, b.Retention}, {"other_use", a.OtherUse, b.OtherUse}, {"devices", a.Devices, b.Devices}} {
		if x.a != x.b {
			list = append(list, x.name)
		}
	}
	return strings.Join(list, ",")
}

// leaves calls each for every value in v that holds no other, by the names of
// the fields on the way. Lists that are empty get one entry first.
func leaves(v reflect.Value, path string, each func(path string, v reflect.Value)) {
	switch {
	case v.Type() == reflect.TypeFor[policy.Date](), v.Type() == reflect.TypeFor[policy.Duration](), v.Type() == reflect.TypeFor[policy.Source]():
		each(path, v)
	case v.Kind() == reflect.Struct:
		for f, fv := range v.Fields() {
			if f.Type == reflect.TypeFor[policy.Origin]() {
				continue
			}
			leaves(fv, strings.TrimPrefix(path+"."+f.Name, "."), each)
		}
	case v.Kind() == reflect.Slice:
		if v.Len() == 0 {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		}
		leaves(v.Index(0), path, each)
	default:
		each(path, v)
	}
}

// alter gives a leaf another value, and tells how to give it back its own.
func alter(t *testing.T, path string, v reflect.Value) (undo func()) {
	t.Helper()
	old := reflect.New(v.Type()).Elem()
	old.Set(v)
	switch x := v.Addr().Interface().(type) {
	case *policy.Date:
		*x = policy.Date{Year: 2031, Month: time.May, Day: 5}
	case *policy.Duration:
		*x = policy.Duration{Days: 4711}
	case *policy.Source:
		x.Index = 9
	default:
		switch v.Kind() {
		case reflect.String:
			v.SetString(map[bool]string{true: policy.Allowed, false: "another"}[path == "LiveView"])
		case reflect.Bool:
			v.SetBool(!v.Bool())
		case reflect.Int:
			v.SetInt(v.Int() + 3)
		case reflect.Float64:
			v.SetFloat(v.Float() + 0.125)
		case reflect.Pointer:
			b := v.IsNil() || !v.Elem().Bool()
			v.Set(reflect.ValueOf(&b))
		default:
			t.Fatalf("%s is a %s", path, v.Kind())
		}
	}
	return func() { v.Set(old) }
}

// Each value of the blocks that the works council weighs belongs to one point,
// or is left out for a reason. A new field of these types has to be put here.
func TestConsentHashesOfEveryField(t *testing.T) {
	const (
		purpose, access, retention, otherUse, equipment = "purpose", "access", "retention", "other_use", "devices"

		wording  = "" // how it is called
		document = "" // who answers for it, and papers and dates about it
		means    = "" // how it is done, found and proven, not what is done
		linked   = "" // another list tells it
	)
	for _, block := range []struct {
		name string
		of   func(p *policy.Protocol) any
		// want by field; the longest name that begins a leaf's counts.
		want map[string]string
	}{
		{"processing", func(p *policy.Protocol) any { return &p.Processing[0] }, map[string]string{
			"ID": "purpose,retention,other_use,devices", "System": purpose, "Checker": "purpose,retention,other_use,devices", "Purposes": purpose, "ProhibitedUses": purpose,
			"DataSubjects": purpose, "DataCategories": purpose, "Recording": purpose, "Covert": purpose, "Storage": purpose,
			"Retention": retention, "Viewable": retention, "Uses": otherUse, "Consultation": otherUse, "Recipients": otherUse,
			"Name": wording, "Controller": document, "Processors": document, "DPO": document, "LegalBasis": document, "DPIA": document, "FirstUse": document,
			"Place": document, "Subsidiarity": document, "Notify": document,
		}},
		{"hold", func(p *policy.Protocol) any { return &p.Holds[0] }, map[string]string{"": retention}},
		{"permission", func(p *policy.Protocol) any { return &p.Permissions[0] }, map[string]string{"": access}},
		{"access step", func(p *policy.Protocol) any { return &p.AccessFlow[0] }, map[string]string{"": access}},
		{"site", func(p *policy.Protocol) any { return &p.Sites[1] }, map[string]string{
			"ID": access, "LiveView": access, "Name": wording, "Address": wording, "Timezone": means, "Zones": linked, "Networks": means,
		}},
		{"camera", func(p *policy.Protocol) any { return &p.Cameras[1] }, map[string]string{
			"ID": equipment, "Site": equipment, "Zone": equipment, "Processing": equipment, "Type": equipment, "Sees": equipment, "Masks": equipment,
			"Sound": equipment, "MaxDetail": equipment, "Analytics": equipment, "Hidden": equipment, "Temporary.Until": equipment,
			"Views.ID": equipment, "Views.Sees": equipment, "Views.Masks": equipment,
			"Channels": means, "Park": means, "Shutter.Contact": means, "Shutter.Inverted": means, "Views.Preset": means, "Views.Name": wording, "Views.Ignore": means, "Temporary.Reason": wording,
			"Mounted": wording, "Device": means, "Identity": means, "Source": means, "Location": means, "Ignore": means, "View": means, "Services": means,
			"Sign": linked, "Methods": means, "Required": means, "Firmware": means, "SampleEvery": means, "Sessions": means, "FirstUse": document,
		}},
		{"reader", func(p *policy.Protocol) any { return &p.Readers[0] }, map[string]string{
			"ID": equipment, "Site": equipment, "Zone": equipment, "Processing": equipment, "Format": equipment, "Keeps": equipment, "Biometrics": equipment,
			"Port": means, "Frame": means, "Baud": means, "Transport": means, "FirstUse": document,
		}},
		{"store", func(p *policy.Protocol) any { return &p.Stores[0] }, map[string]string{
			"ID": "retention,devices", "Site": equipment, "Kind": equipment, "Processing": equipment, "Location": equipment, "Retention": retention,
			"Name": wording, "Path": means, "Encrypted": means,
		}},
		{"button", func(p *policy.Protocol) any { return &p.Buttons[0] }, map[string]string{
			"ID": equipment, "Site": equipment, "Zone": equipment, "Processing": equipment, "Line": means, "TestEvery": means,
		}},
	} {
		t.Run(block.name, func(t *testing.T) {
			p, seen := valid(t), map[string]bool{}
			leaves(reflect.ValueOf(block.of(p)).Elem(), "", func(path string, v reflect.Value) {
				best, want := -1, ""
				for field, points := range block.want {
					if (field == "" || path == field || strings.HasPrefix(path, field+".")) && len(field) > best {
						best, want = len(field), points
						seen[field] = true
					}
				}
				if best < 0 {
					t.Errorf("nothing is said of %s", path)
					return
				}
				before := p.ConsentHashes()
				undo := alter(t, path, v)
				after := p.ConsentHashes()
				undo()
				// A device that moves to another processing, or whose processing is
				// called otherwise, leaves the consent: more may change with it.
				if got := changed(before, after); got != want && !slices.Contains([]string{"ID", "Processing", "Checker"}, path) || got == "" && want != "" {
					t.Errorf("%s changes %q, want %q", path, got, want)
				}
			})
			for field := range block.want {
				if !seen[field] {
					t.Errorf("%s is no field of it", field)
				}
			}
		})
	}
}

// What the works council did not weigh does not ask it again.
func TestConsentHashesIgnore(t *testing.T) {
	text := string(corpus(t, "valid")[0].Data)
	parse := func(s string) policy.ConsentCovers {
		t.Helper()
		p, err := policy.Parse("f.yaml", []byte(s))
		if err != nil {
			t.Fatal(err)
		}
		return p.ConsentHashes()
	}
	before := parse(text)
	for _, c := range []struct{ name, old, with, want string }{
		{"ref", "recording: {mode: motion}", `recording: {mode: motion, ref: "Art. 3"}`, ""},
		{"basis", "viewable: {max: P7D}", "viewable: {max: P7D, basis: assumed}", ""},
		{"basis of a field", "viewable: {max: P7D}", "viewable: {max: P7D, basis: {max: law}}", ""},
		{"note", "step: request", `step: request, note: "By letter"`, ""},
		{"order of words", "allow: [configure, health, retrieve]", "allow: [retrieve, configure, health]", ""},
		{"order of zones in view", "sees: [zaal], device", "sees: [zaal, entree], device", "devices"},
		{"order of purposes", `{id: safety, text: "Safety", aim: safety, retention: P7D}, {id: goods, text: "Goods", aim: goods}`, `{id: goods, text: "Goods", aim: goods}, {id: safety, text: "Safety", aim: safety, retention: P7D}`, ""},
		{"a default said aloud", "recording: {mode: motion}", "recording: {mode: motion}\n    system: cameras", ""},
		{"an empty list said aloud", "data_categories: {video: true, audio: false}", "data_categories: {video: true, audio: false, analytics: []}", ""},
		{"live view where it is the default", "zones: [{id: poort}]", "live_view: denied, zones: [{id: poort}]", ""},
		{"weeks for days", "viewable: {max: P7D}", "viewable: {max: P1W}", ""},
		{"a comment", "cameras:\n", "cameras: # all of them\n", ""},
		{"order of corners", "[[0, 0], [1, 0], [1, 0.2], [0, 0.2]]", "[[0, 0.2], [1, 0.2], [1, 0], [0, 0]]", "devices"},
		{"order of steps", "{step: request, by: [desk]}, {step: approve, by: [secretary], max_age: P7D}", "{step: approve, by: [secretary], max_age: P7D}, {step: request, by: [desk]}", "access"},
		{"one more zone", "sees: [zaal], device", "sees: [zaal, entree], device", "devices"},
		{"the checker", `text: "Checking"`, `text: "Looking"`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := text
			if c.name == "a default said aloud" {
				s = strings.Replace(s, "    system: cameras\n", "", 1)
			}
			if !strings.Contains(s, c.old) {
				t.Fatalf("no %q", c.old)
			}
			if got := changed(before, parse(strings.Replace(s, c.old, c.with, 1))); got != c.want {
				t.Errorf("changes %q, want %q", got, c.want)
			}
		})
	}
	t.Run("order of entries", func(t *testing.T) {
		p := valid(t)
		before := p.ConsentHashes()
		slices.Reverse(p.Cameras)
		slices.Reverse(p.Permissions)
		slices.Reverse(p.Processing)
		slices.Reverse(p.Sites)
		if got := changed(before, p.ConsentHashes()); got != "" {
			t.Errorf("changes %q", got)
		}
	})
	t.Run("order of zones in view", func(t *testing.T) {
		p := valid(t)
		p.Cameras[0].Sees = []string{"zaal", "entree"}
		before := p.ConsentHashes()
		p.Cameras[0].Sees = []string{"entree", "zaal"}
		if got := changed(before, p.ConsentHashes()); got != "" {
			t.Errorf("changes %q", got)
		}
	})
}

// A consent that names the checker covers it, and one that names one
// processing covers nothing of the others.
func TestConsentAboutSome(t *testing.T) {
	p, q := valid(t), valid(t)
	q.Processing[3].Purposes[0].Text = "Looking"
	if got := changed(p.ConsentHashes("lensdop"), q.ConsentHashes("lensdop")); got != "purpose" {
		t.Errorf("the checker's new purpose changes %q", got)
	}
	if got := changed(p.ConsentHashes("video"), q.ConsentHashes("video")); got != "" {
		t.Errorf("the checker's new purpose changes %q of video", got)
	}
	q.Cameras[0].Masks = nil
	if got := changed(p.ConsentHashes("badge"), q.ConsentHashes("badge")); got != "" {
		t.Errorf("a mask changes %q of the badges", got)
	}
	if got := changed(p.ConsentHashes("video"), q.ConsentHashes("video")); got != "devices" {
		t.Errorf("a mask less changes %q of video", got)
	}
	q.Cameras[1].Masks = []policy.Mask{{ID: "m", Polygon: devices.FullZone("m").Polygon}}
	if p.ConsentHashes().Devices == q.ConsentHashes().Devices {
		t.Error("masks of two cameras look the same")
	}
}

func consentCodes(problems policy.Problems) []string {
	var list []string
	for _, q := range problems {
		if strings.HasPrefix(q.Code, "consent-stale:") || strings.HasPrefix(q.Code, "consent-hashes:") {
			list = append(list, q.Code)
		}
	}
	return list
}

// A person pastes the hashes that Check prints; from then on a change is told,
// and an entry under conflicts settles it.
func TestConsentRecorded(t *testing.T) {
	text := string(corpus(t, "valid")[0].Data)
	check := func(s string) policy.Problems {
		t.Helper()
		p, problems := policy.Check(policy.File{Name: "f.yaml", Data: []byte(s)})
		if p == nil {
			t.Fatal(problems)
		}
		return problems
	}
	problems := check(text)
	i := slices.IndexFunc(problems, func(q policy.Problem) bool { return q.Code == "consent-hashes:instemming" })
	if i < 0 {
		t.Fatalf("no hashes are asked for:\n%v", problems)
	}
	_, covers, _ := strings.Cut(problems[i].Fix, "write ")
	recorded := strings.Replace(text, "given: true", "given: true, "+covers, 1)
	if got := consentCodes(check(recorded)); len(got) > 0 {
		t.Errorf("with the hashes pasted: %v", got)
	}
	longer := strings.Replace(recorded, "viewable: {max: P7D}", "viewable: {max: P14D}", 1)
	if got := consentCodes(check(longer)); !slices.Equal(got, []string{"consent-stale:instemming/retention"}) {
		t.Errorf("after a change: %v", got)
	}
	settled := strings.Replace(longer, "conflicts: [", `conflicts: [{id: longer, code: "consent-stale:instemming/retention", text: "T", resolve: "On the agenda of May"}, `, 1)
	problems = check(settled)
	if i := slices.IndexFunc(problems, func(q policy.Problem) bool { return q.Code == "consent-stale:instemming/retention" }); i < 0 || !problems[i].Settled() || problems[i].Resolution != "On the agenda of May" {
		t.Errorf("not settled:\n%v", problems)
	}
	withheld := strings.Replace(longer, "given: true", "given: false", 1)
	if got := consentCodes(check(withheld)); len(got) > 0 {
		t.Errorf("a consent that was withheld is stale: %v", got)
	}
}

func TestConsentSincePrevious(t *testing.T) {
	previous := valid(t)
	text := strings.Replace(string(corpus(t, "valid")[0].Data), "viewable: {max: P7D}", "viewable: {max: P14D}", 1)
	file := policy.File{Name: "f.yaml", Data: []byte(text)}
	p, problems := policy.CheckSince(previous, file)
	if p == nil {
		t.Fatal(problems)
	}
	list := p.ConsentProblems(previous)
	if len(list) != 1 || list[0].Code != "consent-stale:instemming/retention" || list[0].Class != policy.ClassConflict {
		t.Fatalf("%+v", list)
	}
	line := strings.Count(text[:strings.Index(text, "works_council:")], "\n") + 1
	if list[0].File != "f.yaml" || list[0].Line != line || !strings.Contains(list[0].Fix, string(p.ConsentHashes("video", "calls", "badge", "lensdop").Retention)) {
		t.Errorf("%+v, want line %d and the hash", list[0], line)
	}
	if got := consentCodes(problems); !slices.Contains(got, list[0].Code) {
		t.Errorf("CheckSince says %v", got)
	}
	if list := p.ConsentProblems(p); len(list) > 0 {
		t.Errorf("stale against itself: %v", list)
	}
	// A hash that the file records is told once, not once more for the version before.
	recorded := strings.Replace(text, "given: true", fmt.Sprintf("given: true, covers: {retention: %q}", previous.ConsentHashes("video", "calls", "badge", "lensdop").Retention), 1)
	_, problems = policy.CheckSince(previous, policy.File{Name: "f.yaml", Data: []byte(recorded)})
	n := 0
	for _, c := range consentCodes(problems) {
		if c == "consent-stale:instemming/retention" {
			n++
		}
	}
	if n != 1 {
		t.Errorf("told %d times:\n%v", n, problems)
	}
}
