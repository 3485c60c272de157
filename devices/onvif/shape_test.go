package onvif

import (
	"math"
	"testing"

	"github.com/lensdop/lensdop/devices"
	"pgregory.net/rapid"
)

func pts(xy ...float64) []devices.Point {
	var out []devices.Point
	for i := 0; i+1 < len(xy); i += 2 {
		out = append(out, devices.Point{X: xy[i], Y: xy[i+1]})
	}
	return out
}

func TestSame(t *testing.T) {
	square := pts(.1, .1, .5, .1, .5, .5, .1, .5)
	const e = tolerance
	for name, tc := range map[string]struct {
		a, b []devices.Point
		want bool
	}{
		"itself":                      {square, square, true},
		"another start":               {square, pts(.5, .5, .1, .5, .1, .1, .5, .1), true},
		"the other way round":         {square, pts(.1, .5, .5, .5, .5, .1, .1, .1), true},
		"closed":                      {square, append(pts(.1, .1, .5, .1, .5, .5, .1, .5), square[0]), true},
		"a corner on an edge":         {square, pts(.1, .1, .3, .1, .5, .1, .5, .5, .1, .5), true},
		"just within the tolerance":   {square, pts(.1+e*.7, .1, .5, .1, .5, .5-e*.7, .1, .5), true},
		"just beyond it":              {square, pts(.1, .1, .5+e*1.2, .1, .5+e*1.2, .5, .1, .5), false},
		"crossed":                     {square, pts(.1, .1, .5, .5, .5, .1, .1, .5), false},
		"half of it":                  {square, pts(.1, .1, .5, .1, .5, .5), false},
		"a notch":                     {square, pts(.1, .1, .5, .1, .5, .5, .3, .3, .1, .5), false},
		"larger all round":            {square, pts(.05, .05, .55, .05, .55, .55, .05, .55), false},
		"elsewhere":                   {square, pts(.6, .6, .9, .6, .9, .9, .6, .9), false},
		"no polygon":                  {square, nil, false},
		"two corners":                 {square, pts(.1, .1, .5, .5), false},
		"thin ones side by side":      {pts(0, 0, 1, 0, 1, .01, 0, .01), pts(0, .02, 1, .02, 1, .03, 0, .03), false},
		"full against nearly full":    {corners(devices.Full()), pts(0, 0, 1, 0, 1, 1, 0, .9), false},
		"full, quantised differently": {corners(devices.Full()), pts(.001, 0, .999, 0, .999, 1, 0, .998), true},
	} {
		t.Run(name, func(t *testing.T) {
			if same(tc.a, tc.b) != tc.want || same(tc.b, tc.a) != tc.want {
				t.Errorf("same is %v, %v; want %v", same(tc.a, tc.b), same(tc.b, tc.a), tc.want)
			}
		})
	}
}

func TestCoordinates(t *testing.T) {
	for p, want := range map[devices.Point]xmlPoint{
		{X: 0, Y: 0}: {X: -1, Y: 1}, {X: 1, Y: 0}: {X: 1, Y: 1}, {X: 1, Y: 1}: {X: 1, Y: -1}, {X: .25, Y: .75}: {X: -.5, Y: -.5},
	} {
		if got := toDevice(p); got != want || fromDevice(got) != p {
			t.Errorf("%v became %v, and %v again", p, got, fromDevice(got))
		}
	}
}

// Whatever is cut to a window stays inside it, and a rectangle that is cut
// keeps exactly the area that both share.
func TestClip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		side := func(name string) (float64, float64) {
			a := rapid.Float64Range(0, .9).Draw(t, name)
			return a, a + rapid.Float64Range(.05, 1-a).Draw(t, name+" length")
		}
		rect := func(name string) devices.Rect {
			x0, x1 := side(name + " x")
			y0, y1 := side(name + " y")
			return devices.Rect{Min: devices.Point{X: x0, Y: y0}, Max: devices.Point{X: x1, Y: y1}}
		}
		z, w := rect("zone"), rect("window")
		shared := math.Max(0, math.Min(z.Max.X, w.Max.X)-math.Max(z.Min.X, w.Min.X)) *
			math.Max(0, math.Min(z.Max.Y, w.Max.Y)-math.Max(z.Min.Y, w.Min.Y))
		got := clip(corners(z), w)
		if got == nil {
			if shared > 2*nothing {
				t.Fatalf("cut away, and they share %g", shared)
			}
			return
		}
		if area := (devices.Zone{Polygon: got}).Area(); math.Abs(area-shared) > 1e-9 {
			t.Fatalf("area %g, they share %g", area, shared)
		}
		b := bounding(got)
		const e = 1e-9
		if b.Min.X < w.Min.X-e || b.Min.Y < w.Min.Y-e || b.Max.X > w.Max.X+e || b.Max.Y > w.Max.Y+e {
			t.Fatalf("%v sticks out of %v", b, w)
		}
		back := outOf((devices.Zone{Polygon: got}).In(w).Polygon, w)
		if !same(got, back) && (devices.Zone{Polygon: got}).Area() > tolerance {
			t.Fatalf("%v came back as %v", got, back)
		}
	})
}

func TestWindow(t *testing.T) {
	type bounds = struct {
		X      int `xml:"x,attr"`
		Y      int `xml:"y,attr"`
		Width  int `xml:"width,attr"`
		Height int `xml:"height,attr"`
	}
	hd := size{1920, 1080}
	for name, tc := range map[string]struct {
		cfg  *sourceConfiguration
		src  size
		want string
	}{
		"all of it":            {&sourceConfiguration{Bounds: &bounds{0, 0, 1920, 1080}}, hd, "{{0 0} {1 1}}"},
		"a quarter":            {&sourceConfiguration{Bounds: &bounds{960, 540, 960, 540}}, hd, "{{0.5 0.5} {1 1}}"},
		"rotated, all of it":   {&sourceConfiguration{Rotate: "ON", Bounds: &bounds{0, 0, 1080, 1920}}, hd, "{{0 0} {1 1}}"},
		"rotated, a part":      {&sourceConfiguration{Rotate: "ON", Bounds: &bounds{0, 0, 100, 100}}, hd, ""},
		"size not told":        {&sourceConfiguration{Bounds: &bounds{0, 0, 1920, 1080}}, size{}, ""},
		"no bounds":            {&sourceConfiguration{}, hd, ""},
		"no video source":      {nil, hd, ""},
		"outside":              {&sourceConfiguration{Bounds: &bounds{1000, 0, 1920, 1080}}, hd, ""},
		"overflowing":          {&sourceConfiguration{Bounds: &bounds{math.MaxInt, 0, 1, 1}}, hd, ""},
		"negative":             {&sourceConfiguration{Bounds: &bounds{-1, 0, 10, 10}}, hd, ""},
		"dewarped":             {&sourceConfiguration{ViewMode: "tt:360Panorama", Bounds: &bounds{0, 0, 1920, 1080}}, hd, ""},
		"fish eye as it comes": {&sourceConfiguration{ViewMode: "tt:Fisheye", Bounds: &bounds{0, 0, 1920, 1080}}, hd, "{{0 0} {1 1}}"},
	} {
		t.Run(name, func(t *testing.T) {
			w := tc.cfg.window(tc.src)
			if _, ok := w.Get(); ok != (tc.want != "") || ok && w.String() != tc.want || w.IsNotSupported() {
				t.Errorf("got %v, want %q", w, tc.want)
			}
		})
	}
}

// However small a zone is, it gets a mask around it, inside the window, and a
// mask beside it does not pass for that.
func TestTinyZonesAreCovered(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		window := rapid.SampledFrom([]devices.Rect{devices.Full(), {Min: devices.Point{X: .25, Y: .1}, Max: devices.Point{X: .75, Y: .9}}}).Draw(t, "window")
		wide := rapid.Float64Range(.0005, .03).Draw(t, "wide")
		high := rapid.Float64Range(.0005, .03).Draw(t, "high")
		x := rapid.Float64Range(window.Min.X, window.Max.X-wide).Draw(t, "x")
		y := rapid.Float64Range(window.Min.Y, window.Max.Y-high).Draw(t, "y")
		l := layer{window: window, rectangleOnly: rapid.Bool().Draw(t, "rectangles only")}
		z := box("z", x, y, x+wide, y+high)
		forms := l.outlines(z)
		if len(forms) == 0 || l.has(z) {
			t.Fatalf("%v passes for covered without a mask", z.Polygon)
		}
		for _, form := range forms {
			if r := bounding(form); !r.Holds(bounding(z.Polygon), 1e-9) || !window.Holds(r, 1e-9) {
				t.Fatalf("%v for %v", form, z.Polygon)
			}
			r := bounding(form)
			beside := box("", r.Max.X, r.Min.Y, 2*r.Max.X-r.Min.X, r.Max.Y)
			if isOneOf(beside.Polygon, forms) {
				t.Fatalf("%v passes for a mask of %v", beside.Polygon, z.Polygon)
			}
		}
	})
}
