package rules

import (
	"slices"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
)

// Facts is what is known of one site at one time; with an empty Site, of the
// protocol as a whole. It is plain data: what was not asked stays the zero
// value, and rules take that for unproven.
type Facts struct {
	Protocol *policy.Protocol
	Site     string
	Now      time.Time
	Scans    []Scan
	Found    []Found
	Cameras  []Camera
	Readers  []Reader
	// Differences are the windows over the site's cameras whose times the
	// server computed otherwise than the gateway (design invariant 10), now or
	// later. None means that nothing differs, or that no server told its own.
	Differences []policy.Difference

	Gathered

	// Where to find the facts on cameras and readers by id, and the cameras of
	// the protocol; filled by index.
	cameraAt, readerAt, registeredAt map[string]int
}

// Scan is the last search of one network of the site.
type Scan struct {
	// Interface and Subnet name the network as the protocol does; one may be empty.
	Interface string    `json:"interface,omitempty"`
	Subnet    string    `json:"subnet,omitempty"`
	At        time.Time `json:"at"`
	OK        bool      `json:"ok"`
	Why       string    `json:"why,omitempty"` // if not OK
}

// Found is a device that answered a search.
type Found struct {
	devices.Found

	// Cameras of the protocol that this device is; none means unregistered.
	Cameras []string `json:"cameras,omitempty"`
	// Lenses is how many video sources it has, if known. More than Cameras
	// means that some are not registered.
	Lenses devices.Value[int] `json:"lenses"`
	// Name that it gives itself; may be empty.
	Name string `json:"name,omitempty"`
	// Device is the entry under devices that it is, if it is one; Channels are
	// the cameras of the protocol whose picture it has, too.
	Device   string   `json:"device,omitempty"`
	Channels []string `json:"channels,omitempty"`
	// Reach is how far the gateway got with it; empty if nobody tried.
	Reach devices.Reach `json:"reach,omitempty"`
	// Conflict tells why it may not be the device that it says it is; nil
	// without a reason.
	Conflict *Conflict `json:"conflict,omitempty"`
}

// Reach tells how far the agent got with a camera's device.
type Reach string

// The reaches. The zero value means that it was not looked for.
const (
	Missing     Reach = "missing"     // no search found it
	Unreachable Reach = "unreachable" // was found, does not answer
	NoLogin     Reach = "no-login"    // answers, refuses the login
	Up          Reach = "up"
)

// Camera is what is known of one registered camera.
type Camera struct {
	ID          string
	Reach       Reach
	Trouble     string // why it is not up, in words
	Info        devices.Value[devices.Info]
	Observation devices.Value[devices.Observation]
	// OnNetwork tells whether a network of the camera's site sees the device:
	// false means that another network does.
	OnNetwork devices.Value[bool]
	// Network that sees it: interface or subnet.
	Network string
	Paths   []Path
	// Ordered is what must be covered now, and Since from when.
	Ordered devices.Cover
	Since   time.Time
	// FirstSeen is when the device behind it was first seen on the network.
	FirstSeen time.Time
	// Released is when the last window over it ended; zero if none did that is
	// known. Uncovered tells whether its reference view was seen since.
	Released  time.Time
	Uncovered devices.Value[bool]
	// Detail is the highest detail in view, in pixels per metre.
	Detail devices.Value[float64]
	// What follows down to Recording was told when the device was last asked,
	// and is as old as Observation (Observation.At).

	// Services that are on (policy.Services), and Analytics by the device's names.
	Services  devices.Value[[]string]
	Analytics devices.Value[[]string]
	// ServicesAsked are the words that Services could have had in it: that
	// another is not there says nothing.
	ServicesAsked []string
	// Anonymous tells that a stream or setting opens without a login.
	Anonymous devices.Value[bool]
	// Encrypted tells that login and streams are offered over TLS.
	Encrypted devices.Value[bool]
	// Recording is the device's own recording: its mode (policy.Record words,
	// or RecordsSomehow).
	Recording devices.Value[string]

	// Account is the user name that Lensdop itself logs in with; empty if it
	// has none, or nobody knows.
	Account string
	// SoldWith tells whether the device opens by the login that its maker sold
	// it with; not known where nobody may try.
	SoldWith devices.Value[bool]
	// Notes are the folders of the firmware notes about the device, and Holes
	// the weaknesses that these know of its firmware.
	Notes []string
	Holes devices.Value[[]Hole]
}

// RecordsSomehow is the mode of a device that says that it records, and not
// whether always or only when something happens.
const RecordsSomehow = "records"

// Hole is a weakness that a firmware note knows of a device.
type Hole struct {
	ID   string // unique within the note
	CVE  string // its number in the list of that name; empty for one that has none
	Text string // what it lets somebody do
	Safe string // the first firmware without it, in words; empty if none is known
	// Basis is BasisTried or BasisRead, and Source what that rests on, in words.
	Basis  devices.Basis
	Source string
	Note   string // the note's folder
	// Has tells whether this firmware has it; unreadable where that cannot be compared.
	Has devices.Value[bool]
}

// Path is the last look at one path of a camera.
type Path struct {
	Path   devices.Path
	Stream devices.Value[devices.Stream]
	View   View
	// Masks by the zone's id; those of one preset by PresetMask.
	Masks map[string]Mask
	Cover Shown
}

// ViewVerdict tells how a picture compares with its reference.
type ViewVerdict string

// The verdicts on a view. The zero value counts as unknown.
const (
	ViewSame    ViewVerdict = "same"
	ViewMoved   ViewVerdict = "moved"
	ViewUnknown ViewVerdict = "unknown"
)

// NumberShift is the key of the measured shift, a fraction of the picture's width.
const NumberShift = "shift"

// View is the verdict on a path's view, with its margins.
type View struct {
	Verdict ViewVerdict
	Reason  string
	Numbers map[string]float64
}

// MaskVerdict tells whether a zone is masked in the picture.
type MaskVerdict string

// The verdicts on a mask. The zero value counts as unknown.
const (
	Masked      MaskVerdict = "masked"
	MaskOpen    MaskVerdict = "open"
	MaskUnknown MaskVerdict = "unknown"
)

// Mask is the verdict on one zone of a path's picture.
type Mask struct {
	Verdict MaskVerdict
	Reason  string
	Numbers map[string]float64
}

// ShownVerdict tells whether a path shows its cover.
type ShownVerdict string

// The verdicts on a cover. The zero value counts as unproven.
const (
	ShownClosed   ShownVerdict = "closed"
	ShownOpen     ShownVerdict = "open"
	ShownUnproven ShownVerdict = "unproven"
)

// Shown is the verdict on a path's picture in a window.
type Shown struct {
	Verdict ShownVerdict
	Reason  string
	Numbers map[string]float64
}

// Reader is what is known of one line with a badge reader.
type Reader struct {
	Port  string
	Frame string // kind that was recognised, or configured
	// ID in the register; empty if the reader is not registered.
	ID string
	// SeenGood tells that a whole frame with a good checksum came in.
	SeenGood bool
	// Trouble tells why the line cannot be read, in words; empty if it can.
	Trouble string
	// Unencrypted tells that the badge's number was seen to travel in the clear.
	Unencrypted bool
	// Secured tells whether all that was seen came over OSDP's secure channel (rule SEC-4).
	Secured devices.Value[bool]
	// Biometric tells whether it reads fingers or faces.
	Biometric devices.Value[bool]
	// FirstSeen is when it was first seen on the line.
	FirstSeen time.Time
}

// index notes where each camera and reader is, so that rules that go through
// the register take a time that grows with it and not with its square. Of
// facts given twice the first counts.
func (f *Facts) index() {
	f.cameraAt, f.readerAt = make(map[string]int, len(f.Cameras)), make(map[string]int, len(f.Readers))
	for i, c := range f.Cameras {
		if _, twice := f.cameraAt[c.ID]; !twice {
			f.cameraAt[c.ID] = i
		}
	}
	for i, r := range f.Readers {
		if _, twice := f.readerAt[r.ID]; !twice {
			f.readerAt[r.ID] = i
		}
	}
	if f.Protocol == nil {
		return
	}
	f.registeredAt = make(map[string]int, len(f.Protocol.Cameras))
	for i := range f.Protocol.Cameras {
		id := f.Protocol.Cameras[i].ID
		if _, twice := f.registeredAt[id]; !twice {
			f.registeredAt[id] = i
		}
	}
}

// registered returns the camera of the protocol with the id, as
// Protocol.Camera does, for rules that ask for each of many sessions or
// streams. It needs index.
func (f *Facts) registered(id string) (policy.Camera, bool) {
	if i, ok := f.registeredAt[id]; ok {
		return f.Protocol.Cameras[i], true
	}
	return policy.Camera{}, false
}

// camera returns the facts on a registered camera; without any, all of it is
// unknown. It needs index.
func (f *Facts) camera(id string) Camera {
	if i, ok := f.cameraAt[id]; ok {
		return f.Cameras[i]
	}
	return Camera{ID: id}
}

// reader returns the facts on a registered reader, if there are any. It needs
// index.
func (f *Facts) reader(r policy.Reader) (Reader, bool) {
	if i, ok := f.readerAt[r.ID]; ok {
		return f.Readers[i], true
	}
	return Reader{}, false
}

// unscanned lists the networks of the site that no fresh and complete search
// covers, with the reason.
func (f *Facts) unscanned(site policy.Site) []Scan {
	var out []Scan
	for _, n := range site.Networks {
		best := Scan{Interface: n.Interface, Subnet: n.Subnet, Why: whyNotSearched}
		for _, s := range f.Scans {
			if s.Interface == "" && s.Subnet == "" || s.Interface != "" && s.Interface != n.Interface || s.Subnet != "" && s.Subnet != n.Subnet {
				continue
			}
			if !s.At.Before(best.At) {
				best.At, best.OK, best.Why = s.At, s.OK, s.Why
			}
		}
		switch {
		case best.OK && !f.freshUntil(best.At).Before(f.Now):
			continue
		case best.OK:
			best.Why = "last searched at " + best.At.UTC().Format(time.RFC3339)
		case best.Why == "":
			best.Why = whySearchFailed
		default:
		}
		out = append(out, best)
	}
	return out
}

// missed lists the paths that the device says it has but that nobody looked
// at; false if the device did not say which paths it has.
func (c Camera) missed() ([]string, bool) {
	o, ok := c.Observation.Get()
	if !ok {
		return nil, false
	}
	paths, ok := o.Paths.Get()
	if !ok {
		return nil, false
	}
	var missed []string
	for _, p := range paths {
		if !slices.ContainsFunc(c.Paths, func(have Path) bool { return have.Path.ID == p.ID }) {
			missed = append(missed, p.ID)
		}
	}
	return missed, true
}

// answered is need for what the device of a camera told when it was last asked, and
// when that was. It says nothing of now once that is longer ago than a search
// may be. What a device has no way to tell is undelivered: nothing was lost.
func answered[T any](s *sheet, aspect string, f Camera, fact Fact, v devices.Value[T]) (T, time.Time, bool) {
	target := Target{Camera: f.ID}
	if v.IsNotSupported() {
		var none T
		s.add(aspect, Finding{
			Target: target, Status: Unproven, Undelivered: true, Remedy: lookAtDevice(),
			Text: say("Niet te zeggen: camera %s biedt geen manier om hiernaar te vragen (%s).", "Impossible à dire: la caméra %s n'offre aucun moyen de le demander (%s).", "Cannot be told: camera %s offers no way to ask for it (%s).", f.ID, factName(fact)),
		})
		return none, time.Time{}, false
	}
	got, ok := need(s, aspect, target, fact, v)
	if !ok {
		return got, time.Time{}, false
	}
	at, fresh := s.asked(f)
	if !fresh {
		s.add(aspect, Finding{Target: target, Status: Unproven, Text: s.stale(f, at, fact), Remedy: lookRemedy()})
	}
	return got, at, fresh
}

// asked tells when the device of a camera was last asked, and whether what it
// told then still says something about now.
func (f *Facts) asked(c Camera) (time.Time, bool) {
	o, ok := c.Observation.Get()
	if !ok || o.At.IsZero() {
		return time.Time{}, false
	}
	return o.At, !f.freshUntil(o.At).Before(f.Now)
}

// stale says that what a device told is too old to count.
func (s *sheet) stale(f Camera, at time.Time, fact Fact) policy.Text {
	if at.IsZero() {
		return say("Niet aangetoond (%s): wanneer camera %s dit zei is niet bekend.", "Non prouvé (%s): on ne sait pas quand la caméra %s l'a indiqué.", "Unproven (%s): when camera %s said so is not known.", factName(fact), f.ID)
	}
	return say("Niet aangetoond (%s): camera %s antwoordde voor het laatst op %s.", "Non prouvé (%s): la caméra %s a répondu pour la dernière fois le %s.", "Unproven (%s): camera %s last answered at %s.", factName(fact), f.ID, s.when(at))
}

func lookAtDevice() policy.Text {
	return policy.Text{NL: "Kijk het na in het beheer van het apparaat zelf.", FR: "Vérifiez-le dans l'interface d'administration de l'appareil.", EN: "Look it up in the device's own settings."}
}

// whyNot tells why a camera could not be looked at; empty if it could.
func (c Camera) whyNot() string {
	switch {
	case c.Reach == Up:
		return ""
	case c.Trouble != "":
		return c.Trouble
	case c.Reach == Missing:
		return whyNotFound
	case c.Reach == Unreachable:
		return whySilent
	case c.Reach == NoLogin:
		return whyRefused
	default:
		return whyNotSought
	}
}

// AllFacts lists the groups of facts that a rule can need.
func AllFacts() []Fact {
	return []Fact{
		FactProtocol, FactClock, FactScan, FactDevice, FactPlace, FactStream, FactView, FactMask, FactCover, FactRestored, FactDetail,
		FactServices, FactAnalytics, FactRecording, FactNotes, FactReader, FactInventory, FactStores, FactSessions, FactFlows, FactFailures, FactExports,
		FactCases, FactRequests, FactCalls, FactTestCalls, FactSigns, FactNotices, FactPublications, FactHolders, FactReports, FactAgents,
		FactOccasions, FactAttestations,
	}
}
