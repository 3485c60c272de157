package sim

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
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

	mu     sync.Mutex // all below
	world  *image.YCbCr
	panned Point // where the picture's top left corner lies, in scene units
	front  Cover
	rand   *rand.Rand
}

func newSource(d *Device, number int) *source {
	s := d.cam.Scene
	s.Seed += int64(number - 1)
	return &source{
		dev: d, number: number, scene: s,
		world:  paintScene(s, d.cam.Width, d.cam.Height),
		panned: Point{0.5, 0.5},
		rand:   rand.New(rand.NewPCG(uint64(s.Seed), uint64(number))),
	}
}

func (l *source) pan(dx, dy float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.panned.X = max(0, min(1, l.panned.X+dx))
	l.panned.Y = max(0, min(1, l.panned.Y+dy))
}

func (l *source) cover(with Cover) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.front = with
}

func (l *source) plant(img image.Image) {
	world := paintScene(l.scene, l.dev.cam.Width, l.dev.cam.Height)
	if img != nil {
		paintImage(world, img, l.dev.cam.Width/3)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.world = world
}

// render draws what reaches the sensor, before masks.
func (l *source) render(now time.Time) *image.YCbCr {
	w, h := l.dev.cam.Width, l.dev.cam.Height
	l.mu.Lock()
	world, front := l.world, l.front
	x, y := int(l.panned.X*float64(w))&^1, int(l.panned.Y*float64(h))&^1
	r := rand.New(rand.NewPCG(l.rand.Uint64(), l.rand.Uint64()))
	l.mu.Unlock()
	if front != ClearLens {
		return coverPicture(front, w, h, r)
	}
	p := crop(world, x, y, w, h)
	paintPeople(p, l.scene, now, float64(x)/float64(w), float64(y)/float64(h))
	grain(p, 2, r)
	return p
}

// finish turns the sensor's picture into that of a path: its size, the
// clock and the masks. It leaves the sensor's picture as it is.
func (l *source) finish(sensor *image.YCbCr, path string, now time.Time) *image.YCbCr {
	var p *image.YCbCr
	w, h := l.dev.size(path)
	if path == pathSub {
		p = shrink(sensor, w, h)
	} else {
		p = crop(sensor, 0, 0, w, h)
	}
	l.mu.Lock()
	covered := l.front != ClearLens
	l.mu.Unlock()
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
	if l.dev.cam.Overlay == OverlayOver {
		paintClock(p, now)
	}
	return p
}

// shownMasks are the polygons that really cover a path now, faults included.
func (d *Device) shownMasks(lens int, path string) [][]Point {
	config := d.configurationOf(lens, path)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.faults[FaultMaskNotApplied] || d.faults[FaultMaskFirstProfileOnly] && path != pathMain {
		return nil
	}
	var out [][]Point
	for _, m := range d.masks {
		if m.Enabled && (m.Configuration == config || m.Configuration == "" && m.Lens == lens) {
			out = append(out, m.Polygon)
		}
	}
	return out
}

// picture renders a path's picture of this moment.
func (l *source) picture(path string) *image.YCbCr {
	now := l.dev.now()
	return l.finish(l.render(now), path, now)
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
		sensor := l.render(now)
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
			if err := e.encode(l.finish(sensor, p.name, now), taken); err != nil {
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
