package policy

import (
	"slices"

	"github.com/lensdop/lensdop/devices"
)

// Site is one building or terrain.
type Site struct {
	Origin

	ID       string    `yaml:"id" json:"id"`
	Name     string    `yaml:"name" json:"name"`
	Address  string    `yaml:"address" json:"address,omitempty"`
	Timezone string    `yaml:"timezone" json:"timezone,omitempty"` // overrides the protocol's
	Zones    []Zone    `yaml:"zones" json:"zones"`
	Networks []Network `yaml:"networks" json:"networks,omitempty"`
	// LiveView overrides the protocol's for cameras of the site: Allowed or Denied (rules LIVE-1, LIVE-2).
	LiveView string `yaml:"live_view" json:"live_view,omitempty"`
}

// Zone is a part of a site, as people there name it.
type Zone struct {
	Origin

	ID   string `yaml:"id" json:"id"`
	Name Text   `yaml:"name" json:"name,omitzero"`
	// Allowed false means that no camera may hang in it or see it. Absent means true.
	Allowed *bool `yaml:"allowed" json:"allowed,omitempty"`
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

// Identity of the device behind a camera. What is given must match.
type Identity struct {
	Origin

	Endpoint string `yaml:"endpoint" json:"endpoint,omitempty"` // endpoint reference of WS-Discovery, e.g. urn:uuid:…
	Serial   string `yaml:"serial" json:"serial,omitempty"`
	MAC      string `yaml:"mac" json:"mac,omitempty"`
}

// IsEmpty tells that the file does not say which device it is.
func (i Identity) IsEmpty() bool { return i.Endpoint == "" && i.Serial == "" && i.MAC == "" }

// Device is one box with an address, a login and a firmware. A camera names
// its device, or gives the identity of a device of its own.
type Device struct {
	Origin

	ID       string   `yaml:"id" json:"id"`
	Site     string   `yaml:"site" json:"site"`
	Identity Identity `yaml:"identity" json:"identity"`
	Model    string   `yaml:"model" json:"model,omitempty"` // vendor and type, in words
	Firmware Firmware `yaml:"firmware" json:"firmware,omitzero"`
	// Services that may be on; nil means that the protocol does not say (rule PUR-10).
	Services []string `yaml:"services" json:"services,omitempty"`
	// Sessions is how many streams may be open at once (invariant 12).
	Sessions int `yaml:"sessions" json:"sessions,omitempty"`
	// Accounts that may exist on it beside Lensdop's own; nil means that the protocol does not say (rule SEC-2).
	Accounts []string `yaml:"accounts" json:"accounts,omitempty"`
}

// Services of a device, for Services and CameraDefaults.
const (
	ServiceONVIF       = devices.ServiceONVIF
	ServiceHTTP        = devices.ServiceHTTP
	ServiceHTTPS       = devices.ServiceHTTPS
	ServiceRTSP        = devices.ServiceRTSP
	ServiceRTSPS       = devices.ServiceRTSPS
	ServiceDiscovery   = devices.ServiceDiscovery
	ServiceP2P         = devices.ServiceP2P
	ServiceCloud       = devices.ServiceCloud
	ServiceUPnP        = devices.ServiceUPnP
	ServiceTelnet      = devices.ServiceTelnet
	ServiceSSH         = devices.ServiceSSH
	ServiceFTP         = devices.ServiceFTP
	ServiceSNMP        = devices.ServiceSNMP
	ServiceSDRecording = devices.ServiceSDRecording
)

// Services lists the words for a device's services.
func Services() []string {
	return []string{
		ServiceONVIF, ServiceHTTP, ServiceHTTPS, ServiceRTSP, ServiceRTSPS, ServiceDiscovery, ServiceP2P, ServiceCloud,
		ServiceUPnP, ServiceTelnet, ServiceSSH, ServiceFTP, ServiceSNMP, ServiceSDRecording,
	}
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

// Types of a camera.
const (
	CameraFixed = "fixed"
	CameraPTZ   = "ptz"
)

// CameraDefaults holds what every camera takes that does not say otherwise.
type CameraDefaults struct {
	Origin

	Processing string           `yaml:"processing" json:"processing,omitempty"`
	Type       string           `yaml:"type" json:"type,omitempty"`
	Sound      string           `yaml:"sound" json:"sound,omitempty"`
	View       ViewLimits       `yaml:"view" json:"view,omitzero"`
	MaxDetail  float64          `yaml:"max_detail" json:"max_detail,omitempty"`
	Services   []string         `yaml:"services" json:"services,omitempty"`
	Analytics  []string         `yaml:"analytics" json:"analytics,omitempty"`
	Methods    []devices.Method `yaml:"methods" json:"methods,omitempty"`
	Required   []string         `yaml:"required" json:"required,omitempty"`
	Sessions   int              `yaml:"sessions" json:"sessions,omitempty"`
	Firmware   Firmware         `yaml:"firmware" json:"firmware,omitzero"`
}

// Camera is one registered video source (lens). Its id survives a change of
// device. Sees, Masks, Ignore and View speak of it as a whole; where it turns
// between presets, Views tells them apart.
type Camera struct {
	Origin

	ID   string `yaml:"id" json:"id"`
	Site string `yaml:"site" json:"site"`
	Zone string `yaml:"zone" json:"zone"` // where it hangs
	// Mounted tells in words where in the zone.
	Mounted string `yaml:"mounted" json:"mounted,omitempty"`
	// Sees lists every zone in view, at any preset. A window of a template
	// covers the camera if it sees one of the template's zones.
	Sees []string `yaml:"sees" json:"sees"`
	// Device names an entry under devices; Parse then fills Identity from it.
	Device   string   `yaml:"device" json:"device,omitempty"`
	Identity Identity `yaml:"identity" json:"identity"`
	// Source tells which lens of a device with several it is; zero means the first.
	Source     Source `yaml:"source" json:"source,omitzero"`
	Type       string `yaml:"type" json:"type,omitempty"` // CameraFixed or CameraPTZ; empty means that the protocol does not say
	Processing string `yaml:"processing" json:"processing"`
	Sound      string `yaml:"sound" json:"sound"` // SoundForbidden unless the file says otherwise
	// Location is what the device's own location text should contain.
	Location string `yaml:"location" json:"location,omitempty"`
	Masks    []Mask `yaml:"masks" json:"masks,omitempty"`
	// Ignore lists overlays in the picture, the clock for one, that the checker leaves out.
	Ignore []Area     `yaml:"ignore" json:"ignore,omitempty"`
	View   ViewLimits `yaml:"view" json:"view"`
	// Views are the presets of a camera that turns. None means one view.
	Views []CameraView `yaml:"views" json:"views,omitempty"`
	// Channels lists where this camera's picture is to be had besides: at
	// recorders. They are looked at as further paths of the camera.
	Channels []Channel `yaml:"channels" json:"channels,omitempty"`
	// Park is the preset (token or name on the device) at which nothing is
	// seen, for the method park.
	Park string `yaml:"park" json:"park,omitempty"`
	// Shutter closes before the lens, for the method contact.
	Shutter Shutter `yaml:"shutter" json:"shutter,omitzero"`
	// MaxDetail is the highest detail that a person may appear with, in pixels
	// per metre (IEC 62676-4); zero means no ceiling.
	MaxDetail float64 `yaml:"max_detail" json:"max_detail,omitempty"`
	// Services that may be on; nil means that the protocol does not say (rule PUR-10).
	Services []string `yaml:"services" json:"services,omitempty"`
	// Analytics that may be on, beside those of the processing.
	Analytics []string `yaml:"analytics" json:"analytics,omitempty"`
	Sign      string   `yaml:"sign" json:"sign,omitempty"` // id under signs
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
	// FirstUse is the first day of use (rules CON-1, CON-10).
	FirstUse Date `yaml:"first_use" json:"first_use,omitzero"`
	// Temporary bounds a camera that hangs for a while only (rule LOC-5).
	Temporary Temporary `yaml:"temporary" json:"temporary,omitzero"`
	// Hidden marks a camera that people cannot see or were not told of (rule HID-2).
	Hidden Hidden `yaml:"hidden" json:"hidden,omitzero"`
}

// SeesZone tells whether a zone is in view, at any preset.
func (c Camera) SeesZone(zone string) bool {
	return slices.Contains(c.Sees, zone) || slices.ContainsFunc(c.Views, func(v CameraView) bool { return slices.Contains(v.Sees, zone) })
}

// CameraView is a camera at one preset: what it then sees and must not show.
type CameraView struct {
	Origin

	ID     string `yaml:"id" json:"id"`
	Preset string `yaml:"preset" json:"preset"` // token or name on the device
	Name   Text   `yaml:"name" json:"name,omitzero"`
	// Sees lists the zones in view at this preset; they count as seen by the camera.
	Sees   []string `yaml:"sees" json:"sees"`
	Masks  []Mask   `yaml:"masks" json:"masks,omitempty"`
	Ignore []Area   `yaml:"ignore" json:"ignore,omitempty"`
}

// Channel is a further way to a camera's picture: a channel of a recorder.
type Channel struct {
	Origin

	Device string `yaml:"device" json:"device"` // id under devices: the recorder
	// Source tells which of the recorder's video sources it is; zero means the first.
	Source Source `yaml:"source" json:"source,omitzero"`
}

// Shutter is worked by an output of the camera's own device.
type Shutter struct {
	Origin

	Contact string `yaml:"contact" json:"contact,omitempty"` // token of the output on the device
	// Inverted means that the shutter is closed while the output is inactive.
	Inverted bool `yaml:"inverted" json:"inverted,omitempty"`
}

// Mask is a privacy zone that is always covered.
type Mask struct {
	Origin

	ID      string          `yaml:"id" json:"id"`
	Polygon []devices.Point `yaml:"polygon" json:"polygon"` // of the whole picture, 0..1, from the top left
	// Liftable tells that the device may show what lies under it to those who
	// are allowed to; Lensdop never lifts a mask.
	Liftable bool `yaml:"liftable" json:"liftable,omitempty"`
}

// Area is a part of the picture that the checker leaves out of its measures.
type Area struct {
	Origin

	ID      string          `yaml:"id" json:"id"`
	Polygon []devices.Point `yaml:"polygon" json:"polygon"`
}

// ViewLimits bounds how far a camera's picture may differ from its reference.
type ViewLimits struct {
	Origin

	// MaxShift is the largest shift, as a fraction of the picture's width; 0.10 unless the file says otherwise.
	MaxShift float64 `yaml:"max_shift" json:"max_shift"`
	// ResurveyEvery is how often a person confirms the reference.
	ResurveyEvery Duration `yaml:"resurvey_every" json:"resurvey_every,omitzero"`
}

// Firmware that a device must have.
type Firmware struct {
	Origin

	AtLeast string `yaml:"at_least" json:"at_least,omitempty"`
}

// Temporary bounds a camera that hangs for a while only.
type Temporary struct {
	Origin

	Until  Date   `yaml:"until" json:"until,omitzero"` // last day
	Reason string `yaml:"reason" json:"reason,omitempty"`
}

// Hidden is what hidden use needs (HR article, camera 1-4; rule HID-2).
type Hidden struct {
	Origin

	Reason     string `yaml:"reason" json:"reason,omitempty"`
	From       Date   `yaml:"from" json:"from,omitzero"`
	Until      Date   `yaml:"until" json:"until,omitzero"` // last day
	ApprovedBy string `yaml:"approved_by" json:"approved_by,omitempty"`
	DPIA       Date   `yaml:"dpia" json:"dpia,omitzero"`
}

// IsSet tells that the camera is marked as hidden.
func (h Hidden) IsSet() bool {
	return h.Reason != "" || !h.From.IsZero() || !h.Until.IsZero() || h.ApprovedBy != "" || !h.DPIA.IsZero()
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
	// Format of the card's number, such as wiegand-26; empty means that the protocol does not say.
	Format string `yaml:"format" json:"format,omitempty"`
	// Keeps lists the data that are kept of each badge that is held to it (rule PUR-12).
	Keeps []string `yaml:"keeps" json:"keeps,omitempty"`
	// Biometrics tells that it reads fingers or faces (rule DEV-2).
	Biometrics bool `yaml:"biometrics" json:"biometrics,omitempty"`
	FirstUse   Date `yaml:"first_use" json:"first_use,omitzero"`
}

// Store is a place where recordings or logs are kept.
type Store struct {
	Origin

	ID         string `yaml:"id" json:"id"`
	Site       string `yaml:"site" json:"site"`
	Kind       string `yaml:"kind" json:"kind"` // one of Stores
	Name       string `yaml:"name" json:"name,omitempty"`
	Processing string `yaml:"processing" json:"processing"`
	Location   string `yaml:"location" json:"location,omitempty"` // in words: room, server, service
	// Path is the folder, share or address where the agent may read ages; it is never opened for content.
	Path      string   `yaml:"path" json:"path,omitempty"`
	Encrypted *bool    `yaml:"encrypted" json:"encrypted,omitempty"`
	Retention Duration `yaml:"retention" json:"retention,omitzero"` // shorter than the processing's, if given
}

// Kinds of a Store.
const (
	StoreRecorder   = "recorder" // NVR or video management system
	StoreNAS        = "nas"
	StoreFolder     = "folder"
	StoreSD         = "sd-card"
	StoreCalls      = "call-recorder"
	StoreDock       = "bodycam-dock"
	StoreController = "access-controller" // the log of an access system
	StoreTracker    = "tracking-service"
)

// StoreKinds lists the kinds of store.
func StoreKinds() []string {
	return []string{StoreRecorder, StoreNAS, StoreFolder, StoreSD, StoreCalls, StoreDock, StoreController, StoreTracker}
}

// Button starts a recording of a call or conversation (rule CALL-1).
type Button struct {
	Origin

	ID         string   `yaml:"id" json:"id"`
	Site       string   `yaml:"site" json:"site"`
	Zone       string   `yaml:"zone" json:"zone,omitempty"`
	Processing string   `yaml:"processing" json:"processing"`
	Line       string   `yaml:"line" json:"line,omitempty"` // GPIO or serial line at the gateway
	TestEvery  Duration `yaml:"test_every" json:"test_every,omitzero"`
}

// Discovery tells how the networks are searched for devices nobody registered (rule REG-1).
type Discovery struct {
	Origin

	ScanEvery Duration `yaml:"scan_every" json:"scan_every,omitzero"` // PT1H unless the file says otherwise
}
