package sim

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// The two ways out of a lens: names of RTSP paths and of profiles.
const (
	pathMain = "main"
	pathSub  = "sub"
)

// source is one lens: what stands before it, and how it is drawn.
type source struct {
	dev    *Device
	number int // from 1
	scene  Scene

	mu     sync.Mutex   // all below
	world  *image.YCbCr // nil until somebody looks
	used   time.Time    // when somebody looked last
	thing  image.Image  // planted in the scene
	turned Point        // by hand, in scene units
	motor  motor
	stuck  *pose // where the lens really looks, if the device reports another place
	front  Cover
	rand   *rand.Rand
}

func newSource(d *Device, number int) *source {
	s := d.cam.Scene
	s.Seed += int64(number - 1)
	return &source{
		dev: d, number: number, scene: s,
		motor: motor{speed: d.cam.PTZSpeed, to: &pose{}, presets: slices.Clone(d.cam.Presets)},
		rand:  rand.New(rand.NewPCG(uint64(s.Seed), uint64(number))),
	}
}

func (l *source) pan(dx, dy float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turned.X = max(-0.5, min(0.5, l.turned.X+dx))
	l.turned.Y = max(-0.5, min(0.5, l.turned.Y+dy))
}

func (l *source) cover(with Cover) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.front = with
}

func (l *source) plant(img image.Image) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.thing, l.world = img, nil
}

// sceneKept is how long a scene is kept that nobody looks at: painting it
// takes longer than a picture, and it is as large as six of them.
const sceneKept = 5 * time.Second

// stage is the painted scene. The caller holds mu, and does not change it.
func (l *source) stage() *image.YCbCr {
	if l.world == nil {
		l.world = paintScene(l.scene, l.dev.cam.Width, l.dev.cam.Height)
		if l.thing != nil {
			paintImage(l.world, l.thing, l.dev.cam.Width/3)
		}
		l.dev.timers.after(sceneKept, l.strike)
	}
	l.used = time.Now()
	return l.world
}

// forget drops the scene at once.
func (l *source) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.world = nil
}

// strike drops a scene that nobody looked at for a while.
func (l *source) strike() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.world == nil {
		return
	}
	if left := sceneKept - time.Since(l.used); left > 0 {
		l.dev.timers.after(left, l.strike)
		return
	}
	l.world = nil
}

// view is where the lens looks: the picture's top left corner in scene units
// (0..1), how much it is enlarged, and what hangs before it. The caller holds mu.
func (l *source) view() (at Point, zoom float64, front Cover) {
	p, _, _ := l.motor.at(time.Now())
	if l.stuck != nil {
		p = *l.stuck
	}
	front = l.front
	if l.dev.contacts.shut(l.dev.cam.Shutter, l.number) {
		front = CoverBlack
	}
	if l.dev.lensMasked(l.number) {
		front = CoverBlack
	}
	for _, preset := range l.dev.cam.Presets {
		if l.dev.cam.PTZ && front == ClearLens && preset.pose().near(p) {
			front = preset.Sees
		}
	}
	x, y := 0.5+l.turned.X+p.pan/2, 0.5+l.turned.Y-p.tilt/2
	return Point{max(0, min(1, x)), max(0, min(1, y))}, 1 + 3*p.zoom, front
}

// render draws what reaches the sensor, before masks. covered tells that
// something hangs before the lens.
func (l *source) render(now time.Time) (sensor *image.YCbCr, covered bool) {
	if l.dev.cam.Channels != nil {
		return l.relayed(now)
	}
	w, h := l.dev.cam.Width, l.dev.cam.Height
	l.mu.Lock()
	at, zoom, front := l.view()
	r := rand.New(rand.NewPCG(l.rand.Uint64(), l.rand.Uint64()))
	var world *image.YCbCr
	if front == ClearLens {
		world = l.stage()
	}
	l.mu.Unlock()
	if front != ClearLens {
		return coverPicture(front, w, h, r), true
	}
	x, y := int(at.X*float64(w))&^1, int(at.Y*float64(h))&^1
	p := crop(world, x, y, w, h)
	paintPeople(p, l.scene, now, float64(x)/float64(w), float64(y)/float64(h))
	if zoom > 1 {
		p = enlarge(p, zoom)
	}
	brighten(p, l.dev.imaging.of(l.number).brightness)
	grain(p, 2, r)
	return p, false
}

// finish turns the sensor's picture into that of a path: its size, the
// clock and the masks. It leaves the sensor's picture as it is.
func (l *source) finish(sensor *image.YCbCr, covered bool, path string, now time.Time) *image.YCbCr {
	var p *image.YCbCr
	w, h := l.dev.size(path)
	if path == pathSub {
		p = shrink(sensor, w, h)
	} else {
		p = crop(sensor, 0, 0, w, h)
	}
	turn(p, l.dev.cam.Mirror, l.dev.cam.UpsideDown)
	if l.dev.cam.Overlay == OverlayUnder && !covered {
		paintClock(p, now)
	}
	for _, poly := range l.dev.shownMasks(l.number, path) {
		px := make([]Point, len(poly))
		for i, q := range poly {
			px[i] = Point{q.X * float64(p.Rect.Dx()), q.Y * float64(p.Rect.Dy())}
		}
		paintPolygon(p, px, grey(0))
	}
	turn(p, l.dev.fault(FaultMirrored), l.dev.fault(FaultInverted))
	if l.dev.cam.Overlay == OverlayOver {
		paintClock(p, now)
	}
	return p
}

// shownMasks are the polygons that really cover a path now, faults included.
func (d *Device) shownMasks(lens int, path string) [][]Point {
	if d.cam.Channels != nil && !d.cam.Channels[lens-1].OwnMasks {
		return nil
	}
	config := d.configurationOf(lens, path)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.faults[FaultMaskNotApplied] || d.faults[FaultMaskFirstProfileOnly] && path != pathMain {
		return nil
	}
	var out [][]Point
	for _, m := range d.masks {
		if p := m.shown(); p != nil && (m.Configuration == config || m.Configuration == "" && m.Lens == lens) {
			out = append(out, p)
		}
	}
	return out
}

// picture renders a path's picture of this moment.
func (l *source) picture(path string) *image.YCbCr {
	now := l.dev.now()
	sensor, covered := l.render(now)
	return l.finish(sensor, covered, path, now)
}

// run feeds the lens's streams: it renders and encodes only while somebody
// reads, and once for all readers.
func (l *source) run(ctx context.Context, f *feed) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.wake:
		}
		l.stream(ctx, f)
	}
}

// stream runs while the feed has readers.
func (l *source) stream(ctx context.Context, f *feed) {
	encoders := map[*streamPath]encoder{}
	drop := func(p *streamPath) {
		if e := encoders[p]; e != nil {
			e.close()
			delete(encoders, p)
		}
	}
	defer func() {
		for p := range encoders {
			drop(p)
		}
	}()
	frames := time.NewTicker(time.Second / time.Duration(l.dev.cam.FPS))
	defer frames.Stop()
	var soundTick <-chan time.Time
	if l.dev.cam.Sound {
		t := time.NewTicker(soundPacket)
		defer t.Stop()
		soundTick = t.C
	}
	for first := true; ; first = false {
		video := first
		select {
		case <-ctx.Done():
			return
		default:
		}
		if !first {
			select {
			case <-ctx.Done():
				return
			case <-soundTick:
			case <-frames.C:
				video = true
			}
		}
		if !f.read() {
			return
		}
		if l.dev.fault(FaultStreamDead) {
			continue
		}
		if !video {
			f.sendSound()
			continue
		}
		now, taken := l.dev.now(), time.Now()
		sensor, covered := l.render(now)
		l.dev.count(func(s *Stats) { s.Frames++ })
		for _, p := range f.paths {
			if p.readers.Load() == 0 {
				drop(p)
				continue
			}
			e := encoders[p]
			if e == nil {
				var err error
				if e, err = p.newEncoder(ctx); err != nil {
					l.dev.log.Warn("encoder did not start", "path", p.name, "error", err)
					continue
				}
				encoders[p] = e
			}
			if err := e.encode(l.finish(sensor, covered, p.name, now), taken); err != nil {
				if ctx.Err() == nil {
					l.dev.log.Warn("encoder failed", "path", p.name, "error", err)
				}
				drop(p)
			}
		}
	}
}

// encodeJPEG writes baseline 4:2:0 JPEG with the standard tables, which is
// what RFC 2435 can carry.
func encodeJPEG(p *image.YCbCr) ([]byte, error) {
	var b bytes.Buffer
	err := jpeg.Encode(&b, p, &jpeg.Options{Quality: 80})
	return b.Bytes(), err
}

func rgbTone(r, g, b uint8) (y, cb, cr uint8) { return color.RGBToYCbCr(r, g, b) }
