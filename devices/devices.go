// Package devices owns the words for what hangs on a site's walls and lines:
// devices, cameras, paths, readers, what can be read of them and what can be
// done to them. It does no I/O and knows no rules: drivers below it do the
// talking, policy above it decides what is wanted.
//
// Every coordinate is a fraction of the whole video source after rotation and
// mirroring: 0..1, origin top left, x to the right, y down.
package devices

import (
	"context"
	"encoding/json"
	"time"
)

// Found is one answer to a search of the network: what a device says of
// itself, and who saw it where. Nothing in it is trusted; only the address
// that answered is ever dialled.
type Found struct {
	// Endpoint is the endpoint reference of WS-Discovery 1.1 §2.6, usually a UUID URN.
	Endpoint string `json:"endpoint"`
	// Address is host:port that answered, with the port of the first usable XAddr.
	Address string `json:"address"`
	// XAddrs are the service addresses that the device announced, as text.
	XAddrs []string `json:"xaddrs,omitempty"`
	Types  []string `json:"types,omitempty"`
	Scopes []string `json:"scopes,omitempty"`
	// Interface is the gateway's network interface that the answer came in by.
	Interface string `json:"interface"`
	// How tells which kind of search found it: "multicast", "unicast".
	How       string    `json:"how"`
	FirstSeen time.Time `json:"first_seen"`
	LastSeen  time.Time `json:"last_seen"`
}

// Info identifies one camera (lens) of a device.
type Info struct {
	Driver   string `json:"driver"`
	Address  string `json:"address"`  // host:port that the driver dials
	Endpoint string `json:"endpoint"` // WS-Discovery endpoint reference
	Serial   string `json:"serial"`
	MAC      string `json:"mac,omitempty"`
	Vendor   string `json:"vendor"`
	Model    string `json:"model"`
	Firmware string `json:"firmware"`
	// Source is the token of the video source: which lens of the device this is.
	Source string `json:"source"`
	// Interface is the network that sees the device; it outweighs what the device says.
	Interface string `json:"interface,omitempty"`
}

// Device tells the box that a camera belongs to: sessions are budgeted per
// box, not per lens.
func (i Info) Device() string {
	if i.Endpoint != "" {
		return i.Endpoint
	}
	return i.Address
}

// Camera is one video source of a device. Every call tries once: retrying is
// the agent's. All calls end when ctx ends, and all errors are *Error.
// A Camera is safe for use by one goroutine at a time.
type Camera interface {
	Info() Info
	// Observe asks the device for facts; it never judges. The error is only
	// for a device that could not be asked at all: what it refuses to tell is
	// a Value that says so.
	Observe(ctx context.Context) (Observation, error)
	// Methods lists the ways to cover that this camera offers, here and now.
	Methods(ctx context.Context) ([]Method, error)
	// State reads what a method would change, for the journal, before the first write.
	State(ctx context.Context, m Method) (State, error)
	// Apply makes the device's own part of the picture that method u.Method
	// covers equal to c: idempotent, and leaving alone what was there before
	// or came from others. The caller has journalled u, with c in u.Wrote,
	// before calling. It returns what the device reports afterwards, which is
	// never smaller than c unless the error says so.
	Apply(ctx context.Context, u Undo, c Cover) (Cover, error)
	// Holds tells whether the device has c now, by method u.Method, as Apply
	// would leave it. It writes nothing.
	Holds(ctx context.Context, u Undo, c Cover) (bool, error)
	// Restore undoes only what still has a value that we wrote. It returns
	// ErrForeign, wrapped, for what somebody else changed meanwhile.
	Restore(ctx context.Context, u Undo) error
	Close() error
}

// Driver is one family of devices. It is a plain value: the list of drivers is
// readable data in cmd/lensdop-agent.
type Driver struct {
	Name string
	// Discover searches until ctx ends or the search is done and reports each
	// answer once; found is called from one goroutine at a time.
	Discover func(ctx context.Context, o Search, found func(Found)) error
	// Open logs in and returns the device's cameras, one per video source.
	Open func(ctx context.Context, t Target) ([]Camera, error)
}

// Search bounds a discovery.
type Search struct {
	// Interfaces to send multicast by, by name. None means no multicast.
	Interfaces []string
	// Unicast addresses (host or host:port) to ask directly.
	Unicast []string
	// Subnets in CIDR form; an answer from outside all of them is dropped.
	Subnets []string
	// Timeout is how long answers are awaited after the last probe.
	Timeout time.Duration
}

// Target is a device to open.
type Target struct {
	Found       Found
	Credentials Credentials
}

// Credentials are a login. They print as redacted.
type Credentials struct {
	User     string
	Password Secret
}

// Secret is text that must not reach a log, an error or a process list.
type Secret string

const redacted = "(redacted)"

// String hides the secret from fmt.
func (Secret) String() string { return redacted }

// GoString hides the secret from %#v.
func (Secret) GoString() string { return redacted }

// MarshalText hides the secret from encoders, slog's among them.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Method is a way to cover (design: words). The protocol orders them per camera.
type Method string

// The methods.
const (
	MethodDeviceMask   Method = "device-mask"   // the camera's own privacy masks
	MethodPark         Method = "park"          // PTZ or lens park position
	MethodTape         Method = "tape"          // by hand
	MethodContact      Method = "contact"       // the camera's own output
	MethodRecordingOff Method = "recording-off" // the recording job
	MethodSoundOff     Method = "sound-off"     // the sound encoder
	MethodRelay        Method = "relay"         // the gateway's stream relay
	MethodPower        Method = "power"         // the port that feeds the camera
)

// State is what a method found before its first write. It is opaque to all but
// the driver that made it, and survives a restart of the agent.
type State struct {
	Method Method          `json:"method"`
	Driver string          `json:"driver"`
	Data   json.RawMessage `json:"data"`
}

// Undo is the journal's account of a method on a camera: what was there
// before, and every cover that was written since. A driver recognises its own
// work by it, also after a crash between the write and its answer.
type Undo struct {
	Method Method  `json:"method"`
	Before State   `json:"before"`
	Wrote  []Cover `json:"wrote"`
}

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

// Luma is the brightness plane of one picture. It lives in memory that its
// owner wipes and reuses: a function that is handed one must not keep it.
type Luma struct {
	Pix           []byte // Width*Height values, row by row, no padding
	Width, Height int    // pixels
	// FullRange tells that black is 0 and white 255 (JPEG); otherwise 16 and 235.
	FullRange bool
}

// Stream is what a look at a path found beside the picture itself.
type Stream struct {
	At     time.Time `json:"at"`
	Tracks []Track   `json:"tracks"`
	Codec  string    `json:"codec"` // of the video track that was looked at: H264, H265, MJPEG
	Width  int       `json:"width"`
	Height int       `json:"height"`
	// KeyFrames is the number of self-contained pictures that arrived; Decoded how many were measured.
	KeyFrames int `json:"key_frames"`
	Decoded   int `json:"decoded"`
	// Frames and Bytes count everything of the video track, key frames included.
	Frames int   `json:"frames"`
	Bytes  int64 `json:"bytes"`
	// FirstKey is the time from the start of playing to the first key frame.
	FirstKey time.Duration `json:"first_key"`
	// Advanced is how far the media clock went between first and last frame.
	Advanced time.Duration `json:"advanced"`
}

// Track is one medium of a stream.
type Track struct {
	Kind        string `json:"kind"` // video, audio, application
	Codec       string `json:"codec"`
	BackChannel bool   `json:"back_channel,omitempty"`
}

// HasSound tells whether the stream carries sound from the camera.
func (s Stream) HasSound() bool {
	for _, t := range s.Tracks {
		if t.Kind == "audio" && !t.BackChannel {
			return true
		}
	}
	return false
}

// ReaderInfo identifies a badge reader on a line.
type ReaderInfo struct {
	Port  string `json:"port"`  // stable path of the serial port
	Frame string `json:"frame"` // frame kind, e.g. rdm6300
	Baud  int    `json:"baud"`
}

// ReaderEvent tells that something happened at a reader. It never carries a
// card number: which badge it was stays inside the parser.
type ReaderEvent struct {
	At   time.Time       `json:"at"`
	Kind ReaderEventKind `json:"kind"`
	// Frame is the frame kind that was recognised, if any.
	Frame string `json:"frame,omitempty"`
}

// ReaderEventKind tells what happened at a reader.
type ReaderEventKind string

// The kinds of reader event.
const (
	BadgeSeen ReaderEventKind = "badge-seen" // a whole frame with a good checksum
	BadFrame  ReaderEventKind = "bad-frame"  // a frame whose checksum or shape is wrong
	Noise     ReaderEventKind = "noise"      // bytes that belong to no frame
)

// Reader is one badge reader on a line.
type Reader interface {
	Info() ReaderInfo
	// Read blocks until ctx ends or the line fails and always returns a
	// non-nil error; event is called from Read's own goroutine.
	Read(ctx context.Context, event func(ReaderEvent)) error
	Close() error
}
