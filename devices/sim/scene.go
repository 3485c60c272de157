package sim

import (
	"image"
	"image/draw"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// Room is the kind of place that a scene shows.
type Room string

// The rooms. Each has its own structure; the seed moves and sizes its parts.
const (
	RoomHall     Room = "hall"     // columns, a wide door, floor tiles
	RoomOffice   Room = "office"   // windows, desks
	RoomCorridor Room = "corridor" // walls running together, doors at the sides
	RoomCounter  Room = "counter"  // a long counter before shelves
)

// Scene chooses what a lens sees. The same scene always gives the same static
// picture; people move through it by the clock, and light noise lies over it.
type Scene struct {
	Room Room // default RoomHall
	Seed int64
}

// Cover is something before the lens.
type Cover string

// What may hang before a lens.
const (
	ClearLens   Cover = ""
	CoverTape   Cover = "tape"   // dark grey, with grain
	CoverBlack  Cover = "black"  // lets nothing through; nearly no grain
	CoverBright Cover = "bright" // lit by the camera's own infrared: light and flat
	CoverLeak   Cover = "leak"   // tape that lets light in at the right edge
)

// Overlay is the clock that the device draws into the picture.
type Overlay string

// Where the clock is drawn.
const (
	OverlayUnder Overlay = ""     // before masks; what covers the picture covers it too
	OverlayOver  Overlay = "over" // on top of everything, also of masks and tape
	OverlayNone  Overlay = "none"
)

// tone is a colour in full-range YCbCr.
type tone struct{ y, cb, cr uint8 }

func grey(y uint8) tone { return tone{y, 128, 128} }

// newPicture makes a 4:2:0 picture filled with one tone.
func newPicture(w, h int, t tone) *image.YCbCr {
	p := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	fill(p.Y, t.y)
	fill(p.Cb, t.cb)
	fill(p.Cr, t.cr)
	return p
}

func fill(b []uint8, v uint8) {
	for i := range b {
		b[i] = v
	}
}

// paintPolygon fills a polygon given in pixels. A chroma sample is painted
// when any of its pixels is, so no colour shines through at the edge.
func paintPolygon(p *image.YCbCr, poly []Point, t tone) {
	w, h := p.Rect.Dx(), p.Rect.Dy()
	var cuts []float64
	for y := range h {
		cy := float64(y) + 0.5
		cuts = cuts[:0]
		for i, a := range poly {
			b := poly[(i+1)%len(poly)]
			if (a.Y > cy) != (b.Y > cy) {
				cuts = append(cuts, a.X+(cy-a.Y)/(b.Y-a.Y)*(b.X-a.X))
			}
		}
		sortFloats(cuts)
		for i := 0; i+1 < len(cuts); i += 2 {
			from := max(0, int(math.Ceil(cuts[i]-0.5)))
			to := min(w, int(math.Ceil(cuts[i+1]-0.5)))
			if from >= to {
				continue
			}
			fill(p.Y[y*p.YStride+from:y*p.YStride+to], t.y)
			c := y / 2 * p.CStride
			fill(p.Cb[c+from/2:c+(to+1)/2], t.cb)
			fill(p.Cr[c+from/2:c+(to+1)/2], t.cr)
		}
	}
}

// sortFloats sorts the handful of crossings of a scan line.
func sortFloats(v []float64) {
	for i := 1; i < len(v); i++ {
		for j := i; j > 0 && v[j] < v[j-1]; j-- {
			v[j], v[j-1] = v[j-1], v[j]
		}
	}
}

// canvas paints in scene units: the camera, looking straight, sees 0.5..1.5
// both ways of a scene that is 2 by 2.
type canvas struct {
	p      *image.YCbCr
	sx, sy float64
}

func (c canvas) rect(x0, y0, x1, y1 float64, t tone) {
	c.poly(t, Point{x0, y0}, Point{x1, y0}, Point{x1, y1}, Point{x0, y1})
}

func (c canvas) poly(t tone, corners ...Point) {
	px := make([]Point, len(corners))
	for i, q := range corners {
		px[i] = Point{q.X * c.sx, q.Y * c.sy}
	}
	paintPolygon(c.p, px, t)
}

// framed is a rectangle with a border of another tone.
func (c canvas) framed(x0, y0, x1, y1, border float64, in, out tone) {
	c.rect(x0, y0, x1, y1, out)
	c.rect(x0+border, y0+border*1.6, x1-border, y1-border*1.6, in)
}

// paintScene draws the static scene for a picture of w by h pixels, on twice
// that size, so that the camera can be turned.
func paintScene(s Scene, w, h int) *image.YCbCr {
	r := rand.New(rand.NewPCG(uint64(s.Seed), 0x5ce7e))
	in := func(lo, hi float64) float64 { return lo + r.Float64()*(hi-lo) }
	shade := func(lo, hi int) tone {
		return tone{uint8(lo + r.IntN(hi-lo)), uint8(112 + r.IntN(32)), uint8(112 + r.IntN(32))}
	}
	wall := shade(150, 200)
	c := canvas{p: newPicture(2*w, 2*h, wall), sx: float64(w), sy: float64(h)}
	floor := in(1.1, 1.3)
	c.rect(0, floor, 2, 2, shade(70, 120))
	c.rect(0, floor-0.02, 2, floor, grey(45)) // skirting board

	switch s.Room {
	case RoomOffice:
		for x := in(0.05, 0.2); x < 1.9; {
			width := in(0.22, 0.36)
			top := in(0.6, 0.7)
			c.framed(x, top, x+width, in(0.9, 1.0), 0.012, shade(215, 245), grey(60))
			c.rect(x+width/2-0.005, top, x+width/2+0.005, top+0.28, grey(60))
			x += width + in(0.08, 0.25)
		}
		for range 4 {
			x, y := in(0.2, 1.6), in(1.05, 1.4)
			c.rect(x, y, x+0.35, y+0.05, shade(25, 60))
			c.rect(x+0.03, y+0.05, x+0.05, y+0.22, grey(30))
			c.rect(x+0.30, y+0.05, x+0.32, y+0.22, grey(30))
			c.framed(x+0.1, y-0.14, x+0.22, y, 0.008, shade(90, 140), grey(20))
		}
	case RoomCorridor:
		vx, vy := in(0.85, 1.15), in(0.9, 1.05)
		c.poly(shade(100, 135), Point{0, 0}, Point{vx - 0.1, vy - 0.1}, Point{vx - 0.1, vy + 0.15}, Point{0, 2})
		c.poly(shade(185, 225), Point{2, 0}, Point{vx + 0.1, vy - 0.1}, Point{vx + 0.1, vy + 0.15}, Point{2, 2})
		c.framed(vx-0.1, vy-0.1, vx+0.1, vy+0.15, 0.012, shade(210, 245), grey(50))
		for i := range 3 {
			f := in(0.15, 0.25) + float64(i)*0.26
			for _, side := range []float64{-1, 1} {
				x0, x1 := vx+side*(1.05-f), vx+side*(0.9-f)
				c.poly(shade(20, 70), Point{x0, vy - 0.45*(1.2-f)}, Point{x1, vy - 0.40*(1.1-f)}, Point{x1, vy + 0.75*(1.1-f)}, Point{x0, vy + 0.8*(1.2-f)})
			}
		}
	case RoomCounter:
		for row := range 4 {
			y := 0.55 + float64(row)*0.14
			c.rect(0.1, y+0.1, 1.9, y+0.115, grey(50))
			for x := in(0.12, 0.2); x < 1.85; {
				width := in(0.02, 0.07)
				c.rect(x, y+in(0, 0.05), x+width, y+0.1, shade(40, 235))
				x += width + in(0.01, 0.05)
			}
		}
		left, right := in(0.4, 0.7), in(1.2, 1.6)
		c.rect(left, 1.08, right, 1.13, shade(205, 240))
		c.rect(left+0.03, 1.13, right-0.03, 1.42, shade(35, 80))
		for x := left + 0.1; x < right-0.05; x += in(0.1, 0.2) {
			c.rect(x, 1.13, x+0.01, 1.42, grey(150))
		}
	default: // RoomHall
		for i := range 8 {
			y := floor + (2-floor)*math.Pow(float64(i)/8, 1.7)
			c.rect(0, y, 2, y+0.008, grey(50))
		}
		for x := in(0, 0.2); x < 2; x += in(0.25, 0.35) {
			c.poly(grey(50), Point{1 + (x-1)*0.8, floor}, Point{1 + (x-1)*0.8 + 0.008, floor}, Point{x + (x-1)*0.7 + 0.015, 2}, Point{x + (x-1)*0.7, 2})
		}
		door := in(0.75, 1.1)
		c.framed(door, 0.72, door+0.3, floor, 0.02, shade(215, 245), grey(35))
		c.rect(door+0.145, 0.72, door+0.155, floor, grey(35))
		for x := in(0.05, 0.3); x < 1.9; x += in(0.35, 0.6) {
			c.rect(x, 0.3, x+0.08, floor+0.05, shade(25, 90))
			c.rect(x+0.02, 0.3, x+0.03, floor+0.05, grey(190))
		}
	}
	for range 5 { // notices on the wall
		x, y := in(0.5, 1.4), in(0.55, 0.9)
		width, height := in(0.04, 0.1), in(0.07, 0.14)
		c.framed(x, y, x+width, y+height, 0.006, shade(225, 250), grey(30))
		for ly := y + 0.03; ly < y+height-0.02; ly += 0.016 {
			c.rect(x+0.014, ly, x+width-0.014, ly+0.005, grey(90))
		}
	}
	for y := range 2 * h { // a little texture, in blocks of 4x4
		row := c.p.Y[y*c.p.YStride : y*c.p.YStride+2*w]
		for x := range row {
			row[x] = clamp(int(row[x]) + int(hash2(x/4, y/4, s.Seed)%9) - 4)
		}
	}
	return c.p
}

func hash2(x, y int, seed int64) uint32 {
	v := uint32(x)*0x9e3779b1 ^ uint32(y)*0x85ebca6b ^ uint32(seed)*0xc2b2ae35
	v ^= v >> 15
	v *= 0x2c1b3c6d
	return v ^ v>>12
}

func clamp(v int) uint8 { return uint8(max(0, min(255, v))) }

// paintPeople draws who walks through the scene at time t. (ox, oy) is the
// picture's place in the scene, in scene units.
func paintPeople(p *image.YCbCr, s Scene, t time.Time, ox, oy float64) {
	w, h := float64(p.Rect.Dx()), float64(p.Rect.Dy())
	// Seconds within a week keep the sine exact.
	sec := float64(t.UnixMilli()%(7*24*3600*1000)) / 1000
	for i := range 3 {
		n := hash2(i, 77, s.Seed)
		period := 13 + float64(n%17)
		x := 1 + 0.55*math.Sin(2*math.Pi*sec/period+float64(n%7))
		foot := 1.25 + 0.08*float64(i)
		tall := 0.42 + 0.03*float64(i)
		at := func(dx, dy float64) Point { return Point{(x + dx - ox) * w, (foot + dy - oy) * h} }
		coat := tone{uint8(40 + n%150), uint8(100 + n/8%56), uint8(100 + n/64%56)}
		paintPolygon(p, oval(at(0, -tall*0.45), 0.045*w, tall*0.45*h), coat)
		paintPolygon(p, oval(at(0, -tall), 0.022*w, 0.045*h), tone{170, 110, 150})
	}
}

func oval(c Point, rx, ry float64) []Point {
	out := make([]Point, 24)
	for i := range out {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(len(out)))
		out[i] = Point{c.X + rx*cos, c.Y + ry*sin}
	}
	return out
}

// grain adds sensor noise of about ±amplitude.
func grain(p *image.YCbCr, amplitude int, r *rand.Rand) {
	if amplitude <= 0 {
		return
	}
	// Drawing every sample anew would cost more than the rest of the picture:
	// rows start at random places of one short strip.
	strip := make([]int, 2048+p.Rect.Dx())
	for i := range strip {
		strip[i] = r.IntN(amplitude+1) - r.IntN(amplitude+1)
	}
	for y := range p.Rect.Dy() {
		row := p.Y[y*p.YStride : y*p.YStride+p.Rect.Dx()]
		n := strip[r.IntN(2048):]
		for x, v := range row {
			row[x] = clamp(int(v) + n[x])
		}
	}
}

// coverPicture is what a lens sees behind something.
func coverPicture(with Cover, w, h int, r *rand.Rand) *image.YCbCr {
	level, noise := uint8(38), 4
	switch with {
	case CoverBlack:
		level, noise = 2, 1
	case CoverBright:
		level, noise = 210, 5
	}
	p := newPicture(w, h, grey(level))
	if with == CoverLeak {
		edge := w * 9 / 10
		for y := range h {
			for x := edge; x < w; x++ {
				p.Y[y*p.YStride+x] = clamp(int(level) + 150*(x-edge)/(w-edge))
			}
		}
	}
	grain(p, noise, r)
	return p
}

// crop copies a part of a picture; x and y are even.
func crop(src *image.YCbCr, x, y, w, h int) *image.YCbCr {
	p := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	for row := range h {
		copy(p.Y[row*p.YStride:row*p.YStride+w], src.Y[(y+row)*src.YStride+x:])
	}
	for row := range h / 2 {
		copy(p.Cb[row*p.CStride:row*p.CStride+w/2], src.Cb[(y/2+row)*src.CStride+x/2:])
		copy(p.Cr[row*p.CStride:row*p.CStride+w/2], src.Cr[(y/2+row)*src.CStride+x/2:])
	}
	return p
}

// shrink scales a picture down to about half its size or less, by averaging
// two by two.
func shrink(src *image.YCbCr, w, h int) *image.YCbCr {
	p := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	plane := func(dst, from []uint8, ds, ss, w, h, sw, sh int) {
		for y := range h {
			top := min(y*sh/h, sh-2)
			a, b := from[top*ss:], from[(top+1)*ss:]
			for x := range w {
				i := min(x*sw/w, sw-2)
				dst[y*ds+x] = uint8((int(a[i]) + int(a[i+1]) + int(b[i]) + int(b[i+1]) + 2) / 4)
			}
		}
	}
	sw, sh := src.Rect.Dx(), src.Rect.Dy()
	plane(p.Y, src.Y, p.YStride, src.YStride, w, h, sw, sh)
	plane(p.Cb, src.Cb, p.CStride, src.CStride, w/2, h/2, sw/2, sh/2)
	plane(p.Cr, src.Cr, p.CStride, src.CStride, w/2, h/2, sw/2, sh/2)
	return p
}

// paintImage draws img into the middle of p, width pixels wide.
func paintImage(p *image.YCbCr, img image.Image, width int) {
	b := img.Bounds()
	if b.Empty() {
		return
	}
	height := min(width*b.Dy()/b.Dx(), p.Rect.Dy()/3)
	rgb := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(rgb, rgb.Rect, img, b.Min, draw.Src)
	x0, y0 := (p.Rect.Dx()-width)/2, (p.Rect.Dy()-height)/2
	for y := range height {
		for x := range width {
			o := rgb.PixOffset(x*b.Dx()/width, y*b.Dy()/height)
			yy, cb, cr := rgbTone(rgb.Pix[o], rgb.Pix[o+1], rgb.Pix[o+2])
			p.Y[(y0+y)*p.YStride+x0+x] = yy
			c := (y0+y)/2*p.CStride + (x0+x)/2
			p.Cb[c], p.Cr[c] = cb, cr
		}
	}
}

// paintClock burns the time into the top left corner, as HH:MM:SS.
func paintClock(p *image.YCbCr, t time.Time) {
	dot := float64(max(1, p.Rect.Dy()/120))
	paintPolygon(p, box(2*dot, 2*dot, 38*dot, 11*dot), grey(16))
	x := 4 * dot
	for _, ch := range t.Format("15:04:05") {
		rows := glyph(ch)
		for y, row := range rows {
			for i := range 3 {
				if row&(4>>i) != 0 {
					paintPolygon(p, box(x+float64(i)*dot, (4+float64(y))*dot, x+float64(i+1)*dot, (5+float64(y))*dot), grey(235))
				}
			}
		}
		x += 4 * dot
	}
}

func box(x0, y0, x1, y1 float64) []Point {
	return []Point{{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}}
}

// glyph is a digit or colon of three by five dots.
func glyph(ch rune) [5]uint8 {
	switch ch {
	case '0':
		return [5]uint8{7, 5, 5, 5, 7}
	case '1':
		return [5]uint8{2, 6, 2, 2, 7}
	case '2':
		return [5]uint8{7, 1, 7, 4, 7}
	case '3':
		return [5]uint8{7, 1, 7, 1, 7}
	case '4':
		return [5]uint8{5, 5, 7, 1, 1}
	case '5':
		return [5]uint8{7, 4, 7, 1, 7}
	case '6':
		return [5]uint8{7, 4, 7, 5, 7}
	case '7':
		return [5]uint8{7, 1, 2, 2, 2}
	case '8':
		return [5]uint8{7, 5, 7, 5, 7}
	case '9':
		return [5]uint8{7, 5, 7, 1, 7}
	default:
		return [5]uint8{0, 2, 0, 2, 0}
	}
}

// enlarge shows the middle of a picture over its whole size.
func enlarge(src *image.YCbCr, factor float64) *image.YCbCr {
	w, h := src.Rect.Dx(), src.Rect.Dy()
	p := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	plane := func(dst, from []uint8, stride, w, h int) {
		from0 := func(v, size int) int { return int(float64(size)/2 + (float64(v)-float64(size)/2)/factor) }
		for y := range h {
			row := from[from0(y, h)*stride:]
			for x := range w {
				dst[y*stride+x] = row[from0(x, w)]
			}
		}
	}
	plane(p.Y, src.Y, p.YStride, w, h)
	plane(p.Cb, src.Cb, p.CStride, w/2, h/2)
	plane(p.Cr, src.Cr, p.CStride, w/2, h/2)
	return p
}

// turn mirrors a picture left to right, or turns it by half, or both.
func turn(p *image.YCbCr, mirror, half bool) {
	if mirror == half && !half {
		return
	}
	w, h := p.Rect.Dx(), p.Rect.Dy()
	plane := func(b []uint8, stride, w, h int) {
		if mirror != half { // half a turn is both flips; the mirror undoes one
			for y := range h {
				slices.Reverse(b[y*stride : y*stride+w])
			}
		}
		if half {
			for y := range h / 2 {
				top, bottom := b[y*stride:y*stride+w], b[(h-1-y)*stride:(h-1-y)*stride+w]
				for x := range w {
					top[x], bottom[x] = bottom[x], top[x]
				}
			}
		}
	}
	plane(p.Y, p.YStride, w, h)
	plane(p.Cb, p.CStride, w/2, h/2)
	plane(p.Cr, p.CStride, w/2, h/2)
}

// brighten shifts the brightness by a level of 0 to 100; 50 leaves it.
func brighten(p *image.YCbCr, level float64) {
	by := int(math.Round((level - 50) * 2))
	if by == 0 {
		return
	}
	for i, v := range p.Y {
		p.Y[i] = clamp(int(v) + by)
	}
}
