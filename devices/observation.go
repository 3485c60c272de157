package devices

import "time"

// Mask is a privacy mask as the device reports it.
type Mask struct {
	Token   string `json:"token"`
	Zone    Zone   `json:"zone"`
	Enabled bool   `json:"enabled"`
	Type    string `json:"type,omitempty"` // Color, Pixelated, Blurred
	// Configuration is the video source configuration that the mask is in.
	Configuration string `json:"configuration,omitempty"`
}

// PathKind tells what comes out of a path.
type PathKind string

// The kinds of path.
const (
	PathStream   PathKind = "stream"   // RTSP
	PathSnapshot PathKind = "snapshot" // one JPEG over HTTP
)

// Path is a way to a camera's picture or sound.
type Path struct {
	ID   string   `json:"id"`   // stable on the device: the profile's token
	Name string   `json:"name"` // what the device calls it
	Kind PathKind `json:"kind"`
	URL  string   `json:"url"` // without credentials
	// Window is the part of the video source that the path shows. A path
	// whose window is unknown is unproven.
	Window Value[Rect] `json:"window"`
	Codec  string      `json:"codec,omitempty"`
	Width  int         `json:"width,omitempty"`  // pixels
	Height int         `json:"height,omitempty"` // pixels
	// Sound tells whether the device's settings put sound on this path.
	Sound Value[bool] `json:"sound"`
}

// Observation is what a device answered when asked. Facts, no judgement.
type Observation struct {
	At        time.Time            `json:"at"`
	ClockSkew Value[time.Duration] `json:"clock_skew"` // the device's clock minus ours
	Paths     Value[[]Path]        `json:"paths"`
	Masks     Value[[]Mask]        `json:"masks"`
	MaskLimit Value[int]           `json:"mask_limit"` // masks the device can hold
	// SoundSources counts the microphones or line inputs that the device reports.
	SoundSources Value[int]      `json:"sound_sources"`
	OSD          Value[[]string] `json:"osd"`      // texts in the picture
	Location     Value[[]string] `json:"location"` // location scopes, decoded
	PTZ          Value[bool]     `json:"ptz"`
	Users        Value[[]User]   `json:"users"`

	// ClockSource tells where the device has its time from.
	ClockSource Value[ClockSource] `json:"clock_source"`
	Geo         Value[[]Geo]       `json:"geo"`
	// Services are those that are on, in the words of Services.
	Services Value[[]string] `json:"services"`
	// ServicesAsked are the words that Services could have had in it, on or
	// off: that another word is missing from Services says nothing.
	ServicesAsked []string `json:"services_asked,omitempty"`
	// Encrypted tells that settings and streams can both be had over TLS.
	Encrypted Value[bool] `json:"encrypted"`
	// Anonymous tells that the device answers without a login what it should not.
	Anonymous Value[bool] `json:"anonymous"`
	// Analytics are the modules and rules that are on, by the device's own names.
	Analytics  Value[[]string]    `json:"analytics"`
	Presets    Value[[]Preset]    `json:"presets"`
	Position   Value[Position]    `json:"position"`
	Imaging    Value[Imaging]     `json:"imaging"`
	Contacts   Value[[]Contact]   `json:"contacts"`
	Recordings Value[[]Recording] `json:"recordings"`
	Storage    Value[[]Storage]   `json:"storage"`
	// Topics are the events that the device can tell, without prefixes.
	Topics Value[[]string] `json:"topics"`
	// AccessPoints and CardFormats are of a device that also guards doors.
	AccessPoints Value[[]AccessPoint] `json:"access_points"`
	CardFormats  Value[[]string]      `json:"card_formats"`
}

// ClockSource tells where a device has its time from.
type ClockSource string

// The sources of time (ONVIF SetDateTimeType).
const (
	ClockNTP    ClockSource = "ntp"
	ClockManual ClockSource = "manual"
)

// Geo is a place and a bearing that a device was given (ONVIF GeoLocation).
type Geo struct {
	Entity string `json:"entity,omitempty"` // what it is the place of
	// Longitude and Latitude in degrees (WGS 84), Elevation in metres.
	Longitude Value[float64] `json:"longitude"`
	Latitude  Value[float64] `json:"latitude"`
	Elevation Value[float64] `json:"elevation"`
	// Yaw is the bearing in degrees, clockwise from north; Pitch is down from the horizon.
	Yaw   Value[float64] `json:"yaw"`
	Pitch Value[float64] `json:"pitch"`
}

// Preset is a place that a camera can turn to by itself.
type Preset struct {
	Token    string          `json:"token"`
	Name     string          `json:"name,omitempty"`
	Position Value[Position] `json:"position"`
}

// Position is where a camera that turns looks: -1..1 from left to right and
// from bottom to top, zoom 0..1 (ONVIF PTZ §5.7, generic position spaces).
type Position struct {
	Pan    float64 `json:"pan"`
	Tilt   float64 `json:"tilt"`
	Zoom   float64 `json:"zoom"`
	Moving bool    `json:"moving,omitempty"`
}

// Imaging is what a camera does for its picture in the dark.
type Imaging struct {
	// InfraredFilter is "on", "off" or "auto" (ONVIF IrCutFilter): without
	// the filter a camera sees infrared light.
	InfraredFilter string         `json:"infrared_filter,omitempty"`
	Brightness     Value[float64] `json:"brightness"` // on the device's own scale
}

// Contact is an output of a device.
type Contact struct {
	Token string `json:"token"`
	// Bistable contacts stay as they are set; others fall back by themselves.
	Bistable bool `json:"bistable"`
	// IdleOpen tells that the contact is open while inactive.
	IdleOpen bool `json:"idle_open"`
	// Active is unreadable where the device tells it by events only.
	Active Value[bool] `json:"active"`
}

// Recording is what a device records of itself (ONVIF Profile G).
type Recording struct {
	Token string `json:"token"`
	// Source is the token of the video source that it records, if told.
	Source string `json:"source,omitempty"`
	// Retention is the oldest that a recording can become; zero means that
	// the device keeps it for ever.
	Retention Value[time.Duration] `json:"retention"`
	// Oldest and Newest are the instants of what is kept now. An empty
	// recording has a zero time.
	Oldest Value[time.Time] `json:"oldest"`
	Newest Value[time.Time] `json:"newest"`
	// Active tells that a job writes to it.
	Active Value[bool] `json:"active"`
	Tracks []string    `json:"tracks,omitempty"` // video, audio, metadata
}

// Storage is a place on or behind a device where recordings go.
type Storage struct {
	Token string `json:"token"`
	Kind  string `json:"kind"` // "local" for a card in the device, else the device's word
	// Address is where it is, without login, if it is not in the device.
	Address string `json:"address,omitempty"`
}

// AccessPoint is a door as a device knows it (ONVIF Profile C).
type AccessPoint struct {
	Token   string      `json:"token"`
	Name    string      `json:"name,omitempty"`
	Enabled Value[bool] `json:"enabled"`
}

// Services that can be on at a device.
const (
	ServiceONVIF       = "onvif"
	ServiceHTTP        = "http"
	ServiceHTTPS       = "https"
	ServiceRTSP        = "rtsp"
	ServiceRTSPS       = "rtsps"
	ServiceDiscovery   = "discovery"
	ServiceP2P         = "p2p"   // a peer-to-peer or relay service of the vendor
	ServiceCloud       = "cloud" // an upload to the vendor
	ServiceUPnP        = "upnp"
	ServiceTelnet      = "telnet"
	ServiceSSH         = "ssh"
	ServiceFTP         = "ftp"
	ServiceSNMP        = "snmp"
	ServiceSDRecording = "sd-recording"
)

// Event is what a device tells unasked. Only what concerns the device itself
// leaves a driver: never who passed, and never that somebody moved.
type Event struct {
	At     time.Time `json:"at"` // our clock
	Kind   EventKind `json:"kind"`
	Topic  string    `json:"topic"` // the device's own, without prefixes
	Source string    `json:"source,omitempty"`
	// On tells whether the condition holds now.
	On Value[bool] `json:"on"`
	// Initial tells that this is the state at the start, not a change.
	Initial bool `json:"initial,omitempty"`
}

// EventKind tells what an event is about.
type EventKind string

// The kinds of event.
const (
	EventTamper  EventKind = "tamper"  // scene changed, too dark, too bright, too blurry, housing opened
	EventLoss    EventKind = "loss"    // no signal from the sensor
	EventContact EventKind = "contact" // an output changed
	EventInput   EventKind = "input"   // an input changed
)

// User is an account on a device; level as ONVIF names it.
type User struct {
	Name  string `json:"name"`
	Level string `json:"level"`
}
