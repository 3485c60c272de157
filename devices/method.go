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

