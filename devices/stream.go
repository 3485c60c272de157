package devices

import "time"

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
