package firmwarenotes

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
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
		if !strings.Contains(string(text), n.Device.Model) || !strings.Contains(string(text), "**To cover:**") {
			t.Errorf("the note of %s does not name the model and how to cover it", e.Name())
		}
	}
	if folders == 0 || folders != len(notes) {
		t.Errorf("%d folders, %d notes", folders, len(notes))
	}
}

const sound = `device: {vendor: V, model: M, firmware: "1", kind: camera}
match: {vendor: V, model: M, firmware: "1"}
cover: {best: device-mask, text: works, mark: tried, source: run}
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
		{"unknown method", "best: device-mask", "best: prayer", "none of"},
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
	n := Note{Match: &Match{Vendor: "V", Model: "M", Firmware: "1"}}
	anyFirmware := Note{Match: &Match{Vendor: "V", Model: "M"}}
	if !n.Matches("V", "M", "1") || n.Matches("V", "M", "2") || n.Matches("v", "M", "1") || !anyFirmware.Matches("V", "M", "2") {
		t.Error("a note is about a device that it does not name")
	}
	if (Note{Unmatched: "no"}).Matches("", "", "") {
		t.Error("a note that recognises nothing recognised a device")
	}
}
