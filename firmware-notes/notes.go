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
	// Covers are the ways to cover it, best first; a single entry with the
	// method "none" says why there is none.
	Covers []Cover `yaml:"covers"`
	// Sessions is how many streams it serves at once, if known.
	Sessions Sessions `yaml:"sessions"`
	// Logins are those that the device was sold with.
	Logins []Login `yaml:"logins"`
	// Quirks are what a client must know to talk to it.
	Quirks []Fact `yaml:"quirks"`
	// Weaknesses are what an owner should know of it.
	Weaknesses []Weakness `yaml:"weaknesses"`
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
// service), or the same from a maker's own interface, in any case. A * stands
// for any text; an empty firmware for any.
type Match struct {
	Vendor   string `yaml:"vendor"`
	Model    string `yaml:"model"`
	Firmware string `yaml:"firmware"`
}

// Cover is one way to cover the device.
type Cover struct {
	// Method, or NoMethod.
	Method devices.Method `yaml:"method"`
	// Driver is the name of the driver that does it; empty with NoMethod.
	Driver string `yaml:"driver"`
	// Fact says what that rests on.
	Fact `yaml:",inline"`
}

// Sessions is how many streams a device serves at once.
type Sessions struct {
	Most int `yaml:"most"` // 0: not known
	Fact `yaml:",inline"`
}

// Login is one that a device was sold with, before anybody chose a password.
type Login struct {
	User     string `yaml:"user"`
	Password string `yaml:"password"`
	Fact     `yaml:",inline"`
}

// Weakness is what an owner should know of a device.
type Weakness struct {
	Fact `yaml:",inline"`
	// CVE is its number in the list of that name; empty for one that has none.
	CVE string `yaml:"cve"`
	// Affected bounds the firmwares that have it; without it all that the note
	// matches have it.
	Affected *Affected `yaml:"affected"`
	// Safe is the first firmware without it, in words; empty if none is known.
	Safe string `yaml:"safe"`
}

// NoMethod stands where no method is known to work.
const NoMethod devices.Method = "none"

// Fact is one thing that is known, how it is known, and from where.
type Fact struct {
	// ID is stable and unique within a note; a Cover has none.
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

var (
	id  = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	cve = regexp.MustCompile(`^CVE-\d{4}-\d{4,}$`)
)

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
		devices.MethodRecordingOff, devices.MethodSoundOff, devices.MethodRelay, devices.MethodPower, devices.MethodRetention,
	}
	if len(n.Covers) == 0 {
		fault("covers: say how it is covered, or none and why")
	}
	ways := map[string]bool{}
	for i, c := range n.Covers {
		switch way := c.Driver + "/" + string(c.Method); {
		case !slices.Contains(methods, c.Method):
			fault("covers[%d]: method %q is none of %q", i, c.Method, methods)
		case c.Method == NoMethod && (len(n.Covers) > 1 || c.Driver != ""):
			fault("covers[%d]: none stands alone and has no driver", i)
		case c.Method != NoMethod && c.Driver == "":
			fault("covers[%d]: name the driver that does it", i)
		case ways[way]:
			fault("covers[%d]: %s stands there twice", i, way)
		default:
			ways[way] = true
		}
		if c.ID != "" {
			fault("covers[%d]: it has no id", i)
		}
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
	for i, c := range n.Covers {
		check(fmt.Sprintf("covers[%d]", i), c.Fact)
	}
	if n.Sessions.Most != 0 {
		check("sessions", n.Sessions.Fact)
	}
	for i, l := range n.Logins {
		if l.User == "" || l.ID != "" {
			fault("logins[%d]: it has a user, and no id", i)
		}
		check(fmt.Sprintf("logins[%d]", i), l.Fact)
	}
	facts := slices.Clone(n.Quirks)
	for _, w := range n.Weaknesses {
		facts = append(facts, w.Fact)
		if w.CVE != "" && !cve.MatchString(w.CVE) {
			fault("weakness %q: %q is no CVE number", w.ID, w.CVE)
		}
		if err := w.Affected.validate(); err != nil {
			fault("weakness %q: affected: %w", w.ID, err)
		}
	}
	for _, f := range facts {
		if !id.MatchString(f.ID) || seen[f.ID] {
			fault("fact %q: an id is lower-case words with hyphens, once per note", f.ID)
		}
		seen[f.ID] = true
		check("fact "+f.ID, f)
	}
	return errors.Join(errs...)
}
