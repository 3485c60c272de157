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
}

// User is an account on a device; level as ONVIF names it.
type User struct {
	Name  string `json:"name"`
	Level string `json:"level"`
}

