// Package firmwarenotes owns what was learned of devices by trying them or by
// reading their source: one folder per vendor, model and firmware, with note.md
// for people and note.yaml for the agent. It never guesses: each fact says
// whether it was tried or read, and where. A note changes nothing by itself; a
// device is always asked and looked at.
package firmwarenotes

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"

	"github.com/goccy/go-yaml"
	"github.com/lensdop/lensdop/devices"
)

//go:embed */note.yaml */note.md
var files embed.FS

// Note is what is known of one vendor's model at one firmware.
type Note struct {
	// Folder is the note's directory below firmware-notes.
	Folder string `yaml:"-"`
	// Device names it for people.
	Device Device `yaml:"device"`
	// Match recognises it by what the device says of itself. A device whose
	// owner chooses those words has Unmatched instead.
	Match *Match `yaml:"match"`
	// Unmatched is why it cannot be recognised.
	Unmatched string `yaml:"unmatched"`
	// Cover is the best method to cover that is known to work.
	Cover Cover `yaml:"cover"`
	// Quirks are what a client must know to talk to it.
	Quirks []Fact `yaml:"quirks"`
	// Weaknesses are what an owner should know of it.
	Weaknesses []Fact `yaml:"weaknesses"`
	// Sources that the facts name, by key.
	Sources map[string]string `yaml:"sources"`
}

// Device names what a note is about.
type Device struct {
	Vendor   string `yaml:"vendor"`
	Model    string `yaml:"model"`
	Firmware string `yaml:"firmware"`
	// Kind is "server" for software that makes an ONVIF device of anything,
	// "camera" or "reader" for hardware.
	Kind string `yaml:"kind"`
}

// Match holds the answers to GetDeviceInformation (ONVIF Core, device
// service). An empty firmware means any.
type Match struct {
	Vendor   string `yaml:"vendor"`
	Model    string `yaml:"model"`
	Firmware string `yaml:"firmware"`
}

// Cover tells how the device is best covered.
type Cover struct {
	// Best is the method, or NoMethod.
	Best devices.Method `yaml:"best"`
	// Fact says what that rests on.
	Fact `yaml:",inline"`
}

// NoMethod stands where no method is known to work.
const NoMethod devices.Method = "none"

// Fact is one thing that is known, how it is known, and from where.
type Fact struct {
	// ID is stable and unique within a note; Cover has none.
	ID   string `yaml:"id"`
	Text string `yaml:"text"`
	Mark Mark   `yaml:"mark"`
	// Source is a key of Sources.
	Source string `yaml:"source"`
}

// Mark tells how a fact is known.
type Mark string

// The marks.
const (
	Tried Mark = "tried" // seen on the wire or in the picture
	Read  Mark = "read"  // found in its source or manual, not seen
)

// Matches tells whether the note is about a device that answers so to
// GetDeviceInformation.
func (n Note) Matches(vendor, model, firmware string) bool {
	m := n.Match
	return m != nil && m.Vendor == vendor && m.Model == model && (m.Firmware == "" || m.Firmware == firmware)
}

// Load reads all notes, by folder. An unknown key is an error with its line.
func Load() ([]Note, error) { return load(files) }

func load(fsys fs.FS) ([]Note, error) {
	paths, err := fs.Glob(fsys, "*/note.yaml")
	if err != nil {
		return nil, fmt.Errorf("list the firmware notes: %w", err)
	}
	var notes []Note
	for _, p := range paths {
		b, err := fs.ReadFile(fsys, p)
		if err != nil {
			return nil, fmt.Errorf("read a firmware note: %w", err)
		}
		n, err := parse(b)
		if err != nil {
			return nil, fmt.Errorf("firmware note %s: %w", p, err)
		}
		n.Folder = p[:len(p)-len("/note.yaml")]
		notes = append(notes, n)
	}
	return notes, nil
}

func parse(b []byte) (Note, error) {
	var n Note
	if err := yaml.UnmarshalWithOptions(b, &n, yaml.Strict()); err != nil {
		return Note{}, err
	}
	return n, n.validate()
}

var id = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// validate reports everything that is wrong, so that one round mends it.
func (n Note) validate() error {
	var errs []error
	fault := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if n.Device.Vendor == "" || n.Device.Model == "" || n.Device.Firmware == "" {
		fault("device: vendor, model and firmware are all needed")
	}
	if kinds := []string{"server", "camera", "reader"}; !slices.Contains(kinds, n.Device.Kind) {
		fault("device: kind %q is none of %q", n.Device.Kind, kinds)
	}
	switch {
	case (n.Match == nil) == (n.Unmatched == ""):
		fault("either match says how the device is recognised, or unmatched says why it cannot be")
	case n.Match != nil && (n.Match.Vendor == "" || n.Match.Model == ""):
		fault("match: vendor and model are needed")
	}
	methods := []devices.Method{
		NoMethod, devices.MethodDeviceMask, devices.MethodPark, devices.MethodTape, devices.MethodContact,
		devices.MethodRecordingOff, devices.MethodSoundOff, devices.MethodRelay, devices.MethodPower,
	}
	if !slices.Contains(methods, n.Cover.Best) {
		fault("cover: best %q is none of %q", n.Cover.Best, methods)
	}
	if n.Cover.ID != "" {
		fault("cover: it has no id")
	}
	if len(n.Quirks) == 0 {
		fault("quirks: a note without one says nothing")
	}
	seen := map[string]bool{}
	check := func(where string, f Fact) {
		if f.Text == "" {
			fault("%s: text is missing", where)
		}
		if f.Mark != Tried && f.Mark != Read {
			fault("%s: mark %q is neither tried nor read", where, f.Mark)
		}
		if n.Sources[f.Source] == "" {
			fault("%s: source %q is not in sources", where, f.Source)
		}
	}
	check("cover", n.Cover.Fact)
	for _, f := range slices.Concat(n.Quirks, n.Weaknesses) {
		if !id.MatchString(f.ID) || seen[f.ID] {
			fault("fact %q: an id is lower-case words with hyphens, once per note", f.ID)
		}
		seen[f.ID] = true
		check("fact "+f.ID, f)
	}
	return errors.Join(errs...)
}
