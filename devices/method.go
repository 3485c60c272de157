package devices

import "encoding/json"

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
	// MethodRetention bounds how old a recording on the device can be. What it
	// makes the device delete cannot be brought back.
	MethodRetention Method = "retention"
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
	// Basis is what the write rests on. Drivers do not look at it.
	Basis Basis `json:"basis,omitempty"`
}

// Basis tells how it is known that a device can be written to like this.
type Basis string

// The bases.
const (
	// BasisTried was seen on such hardware or on its own firmware.
	BasisTried Basis = "tried"
	// BasisRead was read in a manual or a source, and not seen. Such a write
	// needs the site's consent.
	BasisRead Basis = "read"
	// BasisAnnounced means that the device itself offers the operation in the
	// terms of a standard, and that it is read back.
	BasisAnnounced Basis = "announced"
)

// Means is what a site has given one lens to be covered with, beside its masks.
type Means struct {
	// Source is the token of the lens, or else Index its number, from 1.
	Source string
	Index  int
	// Park is the token or the name of the preset at which nothing is seen.
	Park string
	// Contact is the token of the output that works the shutter.
	Contact string
	// Inverted means that the shutter is closed while the contact is inactive.
	Inverted bool
}
