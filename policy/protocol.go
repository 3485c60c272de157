package policy

import (
	"slices"
	"time"

	"github.com/lensdop/lensdop/devices"
)

// Origin tells where a block of the protocol comes from. Every block may carry
// one: what has neither is the municipality's own word without an article.
type Origin struct {
	// Ref is the article of the written protocol.
	Ref string `yaml:"ref" json:"ref,omitempty"`
	// Basis marks what the written protocol does not say itself.
	Basis Basis `yaml:"basis" json:"basis,omitzero"`
}

// Protocol is a camera protocol as a file: what hangs where, what it may see,
// and what must be covered when. It is a value: Parse fills it and nothing
// changes it afterwards.
type Protocol struct {
	Origin

	APIVersion string       `yaml:"apiVersion" json:"apiVersion"` // "lensdop/v1"
	Kind       string       `yaml:"kind" json:"kind"`             // "Protocol"
	Metadata   Metadata     `yaml:"metadata" json:"metadata"`
	Processing []Processing `yaml:"processing" json:"processing"`
	Roles      []Role       `yaml:"roles" json:"roles"`
	Sites      []Site       `yaml:"sites" json:"sites"`
	Cameras    []Camera     `yaml:"cameras" json:"cameras"`
	Readers    []Reader     `yaml:"readers" json:"readers"`
	Blackout   Blackout     `yaml:"blackout" json:"blackout"`
	Alerts     Alerts       `yaml:"alerts" json:"alerts"`

	AgentRestrictions AgentRestrictions `yaml:"agent_restrictions" json:"agent_restrictions"`

	locations map[string]*time.Location // by site; filled by Parse
}

// The only values of apiVersion and kind.
const (
	APIVersion   = "lensdop/v1"
	KindProtocol = "Protocol"
)

// Jurisdictions whose ceilings are known.
const (
	JurisdictionNL = "NL"
	JurisdictionBE = "BE"
)

// Text is a text in the languages of the user interface.
type Text struct {
	NL string `yaml:"nl" json:"nl,omitempty"`
	FR string `yaml:"fr" json:"fr,omitempty"`
	EN string `yaml:"en" json:"en,omitempty"`
}

// In returns the text in a language ("nl", "fr", "en"), or else in the first
// language that has it.
func (t Text) In(lang string) string {
	want := map[string]string{"nl": t.NL, "fr": t.FR, "en": t.EN}[lang]
	for _, s := range []string{want, t.NL, t.EN, t.FR} {
		if s != "" {
			return s
		}
	}
	return ""
}

// Metadata identifies a protocol and its version.
type Metadata struct {
	Origin

	ID           string      `yaml:"id" json:"id"`
	Version      string      `yaml:"version" json:"version"`
	Title        Text        `yaml:"title" json:"title"`
	Jurisdiction string      `yaml:"jurisdiction" json:"jurisdiction"` // NL or BE
	Timezone     string      `yaml:"timezone" json:"timezone"`         // IANA name, of every site without its own
	Adopted      Adopted     `yaml:"adopted" json:"adopted,omitzero"`
	Effective    Effective   `yaml:"effective" json:"effective,omitzero"`
	DerivedFrom  DerivedFrom `yaml:"derived_from" json:"derived_from,omitzero"`
}

// Adopted tells who adopted the protocol and when.
type Adopted struct {
	Origin

	By   string `yaml:"by" json:"by,omitempty"`
	Date Date   `yaml:"date" json:"date,omitzero"`
}

// Effective tells from when the protocol holds.
type Effective struct {
	Origin

	Rule string `yaml:"rule" json:"rule,omitempty"`
	Date Date   `yaml:"date" json:"date,omitzero"`
}

// DerivedFrom names the protocol that this one was made after. Its articles
// are then what `ref` points at.
type DerivedFrom struct {
	Origin

	ID    string `yaml:"id" json:"id,omitempty"`
	Title Text   `yaml:"title" json:"title,omitzero"`
}

// Processing is one line of the record of processing activities (GDPR art. 30).
type Processing struct {
	Origin

	ID string `yaml:"id" json:"id"`
	// Checker marks Lensdop itself. Without a processing so marked no stream
	// is opened (invariant 1).
	Checker        bool           `yaml:"checker" json:"checker,omitempty"`
	Name           Text           `yaml:"name" json:"name"`
	Controller     string         `yaml:"controller" json:"controller,omitempty"`
	Processors     []string       `yaml:"processors" json:"processors,omitempty"`
	DPO            Contact        `yaml:"dpo" json:"dpo,omitzero"`
	Purposes       []Purpose      `yaml:"purposes" json:"purposes"`
	ProhibitedUses []Purpose      `yaml:"prohibited_uses" json:"prohibited_uses,omitempty"`
	LegalBasis     LegalBasis     `yaml:"legal_basis" json:"legal_basis,omitzero"`
	DataSubjects   []string       `yaml:"data_subjects" json:"data_subjects,omitempty"`
	DataCategories DataCategories `yaml:"data_categories" json:"data_categories,omitzero"`
	Retention      Retention      `yaml:"retention" json:"retention,omitzero"`
	DPIA           DPIA           `yaml:"dpia" json:"dpia,omitzero"`
}

// Contact is where a person can be reached.
type Contact struct {
	Origin

	Contact string `yaml:"contact" json:"contact,omitempty"`
}

// Purpose is one purpose, or one prohibited use, of a processing.
type Purpose struct {
	Origin

	ID   string `yaml:"id" json:"id"`
	Text string `yaml:"text" json:"text"`
}

// LegalBasis of a processing.
type LegalBasis struct {
	Origin

	GDPR string `yaml:"gdpr" json:"gdpr,omitempty"`
}

// DataCategories tells which kinds of data a processing may hold.
type DataCategories struct {
	Origin

	Video      bool     `yaml:"video" json:"video,omitempty"`
	Audio      bool     `yaml:"audio" json:"audio,omitempty"`
	Biometrics bool     `yaml:"biometrics" json:"biometrics,omitempty"`
	Analytics  []string `yaml:"analytics" json:"analytics,omitempty"`
}

// Retention bounds how long the data of a processing may stay. For the checker
// Max is how long the measures of a window stay.
type Retention struct {
	Origin

	Max       Duration `yaml:"max" json:"max,omitzero"`
	DeviceSet Duration `yaml:"device_set" json:"device_set,omitzero"` // what a device is set to, so that Max always holds
	Grace     Duration `yaml:"grace" json:"grace,omitzero"`
}

// DPIA is the data protection impact assessment of a processing.
type DPIA struct {
	Origin

	Required    bool     `yaml:"required" json:"required,omitempty"`
	Date        Date     `yaml:"date" json:"date,omitzero"`
	ReviewEvery Duration `yaml:"review_every" json:"review_every,omitzero"`
}

// Role is a function in which people act under the protocol. Who holds it is
// the server's register, not the protocol's.
type Role struct {
	Origin

	ID    string `yaml:"id" json:"id"`
	Name  Text   `yaml:"name" json:"name"`
	Scope string `yaml:"scope" json:"scope,omitempty"` // own-site, all, aggregate-only
}

// Site is one building or terrain.
type Site struct {
	Origin

	ID       string    `yaml:"id" json:"id"`
	Name     string    `yaml:"name" json:"name"`
	Address  string    `yaml:"address" json:"address,omitempty"`
	Timezone string    `yaml:"timezone" json:"timezone,omitempty"` // overrides the protocol's
	Zones    []Zone    `yaml:"zones" json:"zones"`
	Networks []Network `yaml:"networks" json:"networks"`
}

// Zone is a part of a site, as people there name it.
type Zone struct {
	Origin

	ID   string `yaml:"id" json:"id"`
	Name Text   `yaml:"name" json:"name,omitzero"`
	// Allowed false means that no camera may hang in it or see it. Absent means true.
	Allowed *bool  `yaml:"allowed" json:"allowed,omitempty"`
	Note    string `yaml:"note" json:"note,omitempty"`
}

// MayBeSeen tells whether cameras may see the zone.
func (z Zone) MayBeSeen() bool { return z.Allowed == nil || *z.Allowed }

// Network is one network of a site as its gateway sees it. Seeing a device by
// it is the best evidence of where the device is (rule LOC-1).
type Network struct {
	Origin

	Interface string `yaml:"interface" json:"interface"`
	Subnet    string `yaml:"subnet" json:"subnet"` // CIDR
}

// Sound of a camera.
const (
	SoundForbidden = "forbidden"
	SoundAllowed   = "allowed"
)

// Parts of a camera that a window can require to be shown closed.
const (
	PartPicture = "picture"
	PartSound   = "sound"
)

// Camera is one registered video source (lens). Its id survives a change of device.
type Camera struct {
	Origin

	ID   string `yaml:"id" json:"id"`
	Site string `yaml:"site" json:"site"`
	Zone string `yaml:"zone" json:"zone"` // where it hangs
	// Sees lists every zone in view, at any preset. A window of a template
	// covers the camera if it sees one of the template's zones.
	Sees     []string `yaml:"sees" json:"sees"`
	Identity Identity `yaml:"identity" json:"identity"`
	// Source tells which lens of a device with several it is; zero means the first.
	Source     Source `yaml:"source" json:"source,omitzero"`
	Processing string `yaml:"processing" json:"processing"`
	Sound      string `yaml:"sound" json:"sound"` // SoundForbidden unless the file says otherwise
	// Location is what the device's own location text should contain.
	Location string `yaml:"location" json:"location,omitempty"`
	Masks    []Mask `yaml:"masks" json:"masks,omitempty"`
	// Ignore lists overlays in the picture, the clock for one, that the checker leaves out.
	Ignore []Area `yaml:"ignore" json:"ignore,omitempty"`
	View   View   `yaml:"view" json:"view"`
	// Methods to cover, best first; device-mask unless the file says otherwise.
	Methods []devices.Method `yaml:"methods" json:"methods"`
	// Required lists what must be shown closed for a window to count: both
	// parts unless the file says otherwise.
	Required []string `yaml:"required" json:"required"`
	Firmware Firmware `yaml:"firmware" json:"firmware,omitzero"`
	// SampleEvery is the time between looks in a window; the blackout's proof
	// gives it unless the camera does.
	SampleEvery Duration `yaml:"sample_every" json:"sample_every"`
	// Sessions is how many streams of the device may be open at once (invariant 12).
	Sessions int `yaml:"sessions" json:"sessions"`
}

// SeesZone tells whether a zone is in view.
func (c Camera) SeesZone(zone string) bool { return slices.Contains(c.Sees, zone) }

// Identity of the device behind a camera. What is given must match.
type Identity struct {
	Origin

	Endpoint string `yaml:"endpoint" json:"endpoint,omitempty"` // endpoint reference of WS-Discovery, e.g. urn:uuid:…
	Serial   string `yaml:"serial" json:"serial,omitempty"`
	MAC      string `yaml:"mac" json:"mac,omitempty"`
}

// Mask is a privacy zone that is always covered.
type Mask struct {
	Origin

	ID       string          `yaml:"id" json:"id"`
	Polygon  []devices.Point `yaml:"polygon" json:"polygon"`
	Liftable bool            `yaml:"liftable" json:"liftable,omitempty"`
}

// Area is a part of the picture that the checker leaves out of its measures.
type Area struct {
	Origin

	ID      string          `yaml:"id" json:"id"`
	Polygon []devices.Point `yaml:"polygon" json:"polygon"`
}

// View bounds how far a camera's picture may differ from its reference.
type View struct {
	Origin

	// MaxShift is the largest shift, as a fraction of the picture's width.
	MaxShift float64 `yaml:"max_shift" json:"max_shift"`
}

// Firmware that a device must have.
type Firmware struct {
	Origin

	AtLeast string `yaml:"at_least" json:"at_least,omitempty"`
}

// Transports of a reader's line.
const (
	TransportSerial  = "serial"
	TransportWiegand = "wiegand"
	TransportOSDP    = "osdp"
)

// Reader is one registered badge reader.
type Reader struct {
	Origin

	ID         string `yaml:"id" json:"id"`
	Site       string `yaml:"site" json:"site"`
	Zone       string `yaml:"zone" json:"zone"`
	Port       string `yaml:"port" json:"port"` // stable path; the agent's config may override it
	Frame      string `yaml:"frame" json:"frame"`
	Baud       int    `yaml:"baud" json:"baud"` // 9600 unless the file says otherwise
	Processing string `yaml:"processing" json:"processing"`
	Transport  string `yaml:"transport" json:"transport"` // how the badge's number travels; serial unless the file says otherwise
}

// Obligations of a blackout.
const (
	ObligationMay  = "may"
	ObligationMust = "must"
)

// Blackout tells when whole pictures may or must be covered and who decides.
type Blackout struct {
	Origin

	Obligation string     `yaml:"obligation" json:"obligation,omitempty"`
	DecidedBy  []string   `yaml:"decided_by" json:"decided_by,omitempty"` // roles
	Templates  []Template `yaml:"templates" json:"templates,omitempty"`
	Proof      Proof      `yaml:"proof" json:"proof"`
	Limits     Limits     `yaml:"limits" json:"limits"`
}

// Template is a kind of window that the protocol foresees, an election for one.
// A window after a template never ends by itself (invariant 11).
type Template struct {
	Origin

	ID     string `yaml:"id" json:"id"`
	Name   Text   `yaml:"name" json:"name,omitzero"`
	Reason string `yaml:"reason" json:"reason"`
	// LegalReason is shown to people beside the reason.
	LegalReason string `yaml:"legal_reason" json:"legal_reason,omitempty"`
	// Zones whose view must be covered; cameras that see none stay open.
	Zones           []string `yaml:"zones" json:"zones"`
	CoveredFrom     Clock    `yaml:"covered_from" json:"covered_from"`         // local time on the first day
	EarliestRelease Clock    `yaml:"earliest_release" json:"earliest_release"` // local time on the last day
	// Days is the largest number of civil days of one window; 1 unless the file says otherwise.
	Days      int      `yaml:"days" json:"days"`
	ReleaseBy []string `yaml:"release_by" json:"release_by"` // roles
	// Signatures is how many different people must release; 1 unless the file says otherwise.
	Signatures int `yaml:"signatures" json:"signatures"`
	// Statement is what the person who releases declares; empty means nothing.
	Statement Text `yaml:"statement" json:"statement,omitzero"`
}

// Proof tells how a window is proven.
type Proof struct {
	Origin

	SampleEvery Duration `yaml:"sample_every" json:"sample_every"` // PT10S unless the file says otherwise
	MaxGap      Duration `yaml:"max_gap" json:"max_gap"`           // PT60S unless the file says otherwise
}

// Limits of a window outside any template.
type Limits struct {
	Origin

	OneOff Duration `yaml:"one_off" json:"one_off"` // longest, PT24H unless the file says otherwise
}

// Alerts routes findings to roles, and roles to addresses.
type Alerts struct {
	Origin

	Critical  []string            `yaml:"critical" json:"critical,omitempty"`
	High      []string            `yaml:"high" json:"high,omitempty"`
	Medium    []string            `yaml:"medium" json:"medium,omitempty"`
	Low       []string            `yaml:"low" json:"low,omitempty"`
	Addresses map[string][]string `yaml:"addresses" json:"addresses,omitempty"` // role to e-mail addresses
}

// AgentRestrictions repeats in the protocol what the agent never does.
type AgentRestrictions struct {
	Origin

	StoreFrames  string   `yaml:"store_frames" json:"store_frames,omitempty"` // only "never"
	ShowFramesTo []string `yaml:"show_frames_to" json:"show_frames_to,omitempty"`
}
