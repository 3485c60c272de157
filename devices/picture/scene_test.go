package picture

import (
	"bytes"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/lensdop/lensdop/devices"
)

// scene is a synthetic room: a wall, a floor and things with upright, level
// and slanted edges, drawn in coordinates that reach beyond the picture so
// that a camera can be turned.
type scene struct {
	wall, floor, horizon float64
	slope                float64 // of light over the wall
	things               []thing
}

type thing struct {
	x, y, w, h, lean, level, stripes float64
	round                            bool
}

func room(seed uint64) scene {
	r := rand.New(rand.NewPCG(seed, 7))
	s := scene{wall: 90 + 110*r.Float64(), floor: 50 + 90*r.Float64(), horizon: 0.55 + 0.3*r.Float64(), slope: 40 * (r.Float64() - 0.5)}
	for range 7 + r.IntN(14) {
		t := thing{
			x: -0.5 + 2*r.Float64(), y: -0.2 + 1.2*r.Float64(), w: 0.03 + 0.22*r.Float64(), h: 0.05 + 0.35*r.Float64(),
			lean: 0.5 * (r.Float64() - 0.5) * float64(r.IntN(2)), level: 20 + 215*r.Float64(), round: r.IntN(6) == 0,
		}
		if r.IntN(4) == 0 {
			t.stripes = 8 + 30*r.Float64()
		}
		s.things = append(s.things, t)
	}
	return s
}

// shot is how the scene is taken.
type shot struct {
	w, h       int
	dx, dy     float64 // shift of the scene in the picture
	gain, bias float64
	noise      float64
	people     int
	seed       uint64
	quality    int // of the JPEG; 0 for none
	limited    bool
	paint      func(m []float64, w, h int, r *rand.Rand) // over the scene, before the noise
	after      func(m []float64, w, h int, r *rand.Rand) // over the noise, as a device's mask
}

func (s scene) take(t testing.TB, k shot) devices.Luma {
	t.Helper()
	if k.w == 0 {
		k.w, k.h = 480, 270
	}
	if k.gain == 0 {
		k.gain = 1
	}
	r := rand.New(rand.NewPCG(k.seed, 11))
	m := make([]float64, k.w*k.h)
	fill := func(x0, y0, w, h, lean, level, stripes float64, round bool) {
		top, bottom := max(int(y0*float64(k.h)), 0), min(int((y0+h)*float64(k.h)), k.h)
		for y := top; y < bottom; y++ {
			fy := (float64(y)/float64(k.h) - y0) / h
			half, mid := w/2, x0+w/2+lean*(fy-0.5)*h
			if round {
				half *= math.Sqrt(max(0, 1-4*(fy-0.5)*(fy-0.5)))
			}
			for x := max(int((mid-half)*float64(k.w)), 0); x < min(int((mid+half)*float64(k.w)), k.w); x++ {
				v := level
				if stripes > 0 && int((float64(x)/float64(k.w)-mid)*stripes*4+100)%2 == 0 {
					v = 255 - level
				}
				m[y*k.w+x] = v
			}
		}
	}
	for y := range k.h {
		for x := range k.w {
			fx, fy := float64(x)/float64(k.w)-k.dx, float64(y)/float64(k.h)-k.dy
			m[y*k.w+x] = s.wall + s.slope*fx
			if fy > s.horizon {
				m[y*k.w+x] = s.floor - 30*(fy-s.horizon)
			}
		}
	}
	for _, o := range s.things {
		fill(o.x+k.dx, o.y+k.dy, o.w, o.h, o.lean, o.level, o.stripes, o.round)
	}
	for range k.people {
		x, y, size, level := r.Float64(), 0.3+0.3*r.Float64(), 0.3+0.35*r.Float64(), 30+180*r.Float64()
		fill(x, y, size*0.2, size, 0, level, 0, true)
		fill(x+size*0.06, y-size*0.2, size*0.09, size*0.2, 0, 150, 0, true)
	}
	for i := range m {
		m[i] = m[i]*k.gain + k.bias
	}
	if k.paint != nil {
		k.paint(m, k.w, k.h, r)
	}
	if k.noise > 0 {
		bell := gauss()
		for i := 0; i < len(m); {
			from := bell[r.IntN(len(bell)-1000):][:min(1000, len(m)-i)]
			for _, v := range from {
				m[i] += k.noise * v
				i++
			}
		}
	}
	if k.after != nil {
		k.after(m, k.w, k.h, r)
	}
	img := image.NewYCbCr(image.Rect(0, 0, k.w, k.h), image.YCbCrSubsampleRatio420)
	for i := range img.Cb {
		img.Cb[i], img.Cr[i] = 128, 128
	}
	for y := range k.h {
		for x := range k.w {
			v := min(max(m[y*k.w+x], 0), 255)
			if k.limited {
				v = 16 + v*219/255
			}
			img.Y[y*img.YStride+x] = byte(v + 0.5)
		}
	}
	if k.quality > 0 {
		var b bytes.Buffer
		if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: k.quality}); err != nil {
			t.Fatal(err)
		}
		d, err := jpeg.Decode(&b)
		if err != nil {
			t.Fatal(err)
		}
		img = d.(*image.YCbCr)
	}
	l := devices.Luma{Width: k.w, Height: k.h, FullRange: !k.limited}
	for y := range k.h {
		l.Pix = append(l.Pix, img.Y[y*img.YStride:y*img.YStride+k.w]...)
	}
	return l
}

// gauss is a store of normally distributed numbers; drawing them one by one
// would be most of the tests' time.
var gauss = sync.OnceValue(func() []float64 {
	r := rand.New(rand.NewPCG(1, 2))
	v := make([]float64, 1<<17)
	for i := range v {
		v[i] = r.NormFloat64()
	}
	return v
})

// wall paints a zone as a wall in slanting light.
func wall(z devices.Zone, v float64) func([]float64, int, int, *rand.Rand) {
	flat := within(z, v)
	return func(m []float64, w, h int, r *rand.Rand) {
		flat(m, w, h, r)
		for y := range h {
			for x := range w {
				if m[y*w+x] == v {
					m[y*w+x] += 12 * float64(x) / float64(w)
				}
			}
		}
	}
}

// level paints the whole picture in one level.
func level(v float64) func([]float64, int, int, *rand.Rand) {
	return func(m []float64, _, _ int, _ *rand.Rand) {
		for i := range m {
			m[i] = v
		}
	}
}

// tape paints what glows through it: a level, a soft slope, the grain of
// paper or cloth, and light that creeps in along one side.
func tape(v, slope, grain, leak float64) func([]float64, int, int, *rand.Rand) {
	return func(m []float64, w, h int, r *rand.Rand) {
		ax, ay := r.Float64()-0.5, r.Float64()-0.5
		bell := gauss()
		for y := range h {
			line := bell[r.IntN(len(bell)-w):]
			for x := range w {
				fx, fy := float64(x)/float64(w), float64(y)/float64(h)
				m[y*w+x] = v + slope*(ax*(fx-0.5)+ay*(fy-0.5)) + grain*line[x] + leak*math.Exp(-fx/0.25)
			}
		}
	}
}

// within paints a zone in one level.
func within(z devices.Zone, v float64) func([]float64, int, int, *rand.Rand) {
	return func(m []float64, w, h int, _ *rand.Rand) {
		for y := range h {
			for x := range w {
				if z.Contains(devices.Point{X: (float64(x) + 0.5) / float64(w), Y: (float64(y) + 0.5) / float64(h)}) {
					m[y*w+x] = v
				}
			}
		}
	}
}

func box4(x0, y0, x1, y1 float64) devices.Zone {
	return devices.Zone{ID: "z", Polygon: []devices.Point{{X: x0, Y: y0}, {X: x1, Y: y0}, {X: x1, Y: y1}, {X: x0, Y: y1}}}
}
