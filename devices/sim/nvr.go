package sim

import (
	"fmt"
	"image"
	"time"
)

// Channel makes a lens of a recorder out of another simulated camera's lens:
// the recorder's streams then show that camera's main picture, with the masks
// that the camera has.
type Channel struct {
	Device *Device
	Lens   int // from 1; 0 is 1
	// OwnMasks draws the recorder's own masks over the picture. Most recorders
	// hand on the camera's stream as it is, and keep their masks to themselves.
	OwnMasks bool
}

// check refuses a channel that leads nowhere.
func (c Channel) check(n int) error {
	if c.Device == nil {
		return fmt.Errorf("channel %d has no camera", n)
	}
	if c.Lens < 1 || c.Lens > len(c.Device.lens) {
		return fmt.Errorf("channel %d shows lens %d of %s, which it does not have", n, c.Lens, c.Device.cam.Name)
	}
	return nil
}

// up tells whether the camera's power is on.
func (d *Device) up() bool { return d.streams.Load() != nil }

// relayed is what a channel shows now. A camera that is down leaves a grey
// picture, and the recorder says that its signal is lost.
func (l *source) relayed(now time.Time) (p *image.YCbCr, covered bool) {
	c := l.dev.cam.Channels[l.number-1]
	w, h := l.dev.cam.Width, l.dev.cam.Height
	up := c.Device.up()
	l.dev.events.set(now, TopicSignalLoss, sourceToken(l.number), fmt.Sprint(!up))
	if !up {
		return newPicture(w, h, grey(60)), true
	}
	p = c.Device.lens[c.Lens-1].picture(pathMain)
	if p.Rect.Dx() != w || p.Rect.Dy() != h {
		p = resize(p, w, h)
	}
	return p, false
}

// resize takes the nearest sample, whatever the sizes.
func resize(src *image.YCbCr, w, h int) *image.YCbCr {
	p := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	plane := func(dst, from []uint8, ds, ss, w, h, sw, sh int) {
		for y := range h {
			row := from[y*sh/h*ss:]
			for x := range w {
				dst[y*ds+x] = row[x*sw/w]
			}
		}
	}
	sw, sh := src.Rect.Dx(), src.Rect.Dy()
	plane(p.Y, src.Y, p.YStride, src.YStride, w, h, sw, sh)
	plane(p.Cb, src.Cb, p.CStride, src.CStride, w/2, h/2, sw/2, sh/2)
	plane(p.Cr, src.Cr, p.CStride, src.CStride, w/2, h/2, sw/2, sh/2)
	return p
}
