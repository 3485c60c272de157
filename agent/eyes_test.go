package agent

import (
	"context"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/devices/rtsp"
)

// fakeEyes see black where the box masks the whole picture, and a hall else.
type fakeEyes struct{ b *fakeBox }

func (e fakeEyes) Look(_ context.Context, t rtsp.Target, o rtsp.Options, see func(devices.Luma)) (devices.Stream, error) {
	lens := int(t.URL[len(t.URL)-1] - '0')
	e.b.mu.Lock()
	dead := e.b.dead
	e.b.mu.Unlock()
	if dead {
		return devices.Stream{}, &devices.Error{Device: t.Device, Op: "look", Err: devices.ErrUnreachable}
	}
	l := devices.Luma{Pix: make([]byte, 160*120), Width: 160, Height: 120, FullRange: true}
	if !e.b.covered(lens) {
		hall(l)
	}
	for range max(o.Frames, 1) {
		see(l)
	}
	return devices.Stream{At: noon(), Tracks: []devices.Track{{Kind: "video", Codec: "MJPEG"}}, Codec: "MJPEG", KeyFrames: 1, Decoded: 1}, nil
}

func (e fakeEyes) Snapshot(ctx context.Context, t rtsp.Target, see func(devices.Luma)) (devices.Stream, error) {
	return e.Look(ctx, t, rtsp.Options{Frames: 1}, see)
}

// hall draws blocks of many sizes: structure at every scale.
func hall(l devices.Luma) {
	seed := uint32(7)
	for i := range l.Pix {
		l.Pix[i] = 128
	}
	for range 120 {
		next := func(n int) int { seed = seed*1664525 + 1013904223; return int(seed>>8) % n }
		x, y, w, h, v := next(l.Width), next(l.Height), 4+next(30), 4+next(30), byte(next(256))
		for j := y; j < min(y+h, l.Height); j++ {
			for i := x; i < min(x+w, l.Width); i++ {
				l.Pix[j*l.Width+i] = v
			}
		}
	}
}
