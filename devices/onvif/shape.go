package onvif

import (
	"math"

	"github.com/lensdop/lensdop/devices"
)

// tolerance is how far an outline may lie from another, as a fraction of the
// picture, and still count as the same: devices keep masks on a grid of their
// own, 1/1024 of the ONVIF square being common.
const tolerance = 1.0 / 256

// toDevice maps a point of the picture to ONVIF's square: -1..1, y up
// (Media2 §5.13, normalized coordinates).
func toDevice(p devices.Point) xmlPoint { return xmlPoint{X: 2*p.X - 1, Y: 1 - 2*p.Y} }

func fromDevice(p xmlPoint) devices.Point {
	return devices.Point{X: (p.X + 1) / 2, Y: (1 - p.Y) / 2}
}

// outOf maps a polygon from a window to the whole video source.
func outOf(poly []devices.Point, w devices.Rect) []devices.Point {
	out := make([]devices.Point, len(poly))
	for i, p := range poly {
		out[i] = devices.Point{
			X: w.Min.X + p.X*(w.Max.X-w.Min.X),
			Y: w.Min.Y + p.Y*(w.Max.Y-w.Min.Y),
		}
	}
	return out
}

func corners(r devices.Rect) []devices.Point {
	return []devices.Point{
		r.Min,
		{X: r.Max.X, Y: r.Min.Y},
		r.Max,
		{X: r.Min.X, Y: r.Max.Y},
	}
}

// bounding is the smallest upright rectangle around a polygon.
func bounding(poly []devices.Point) devices.Rect {
	r := devices.Rect{Min: poly[0], Max: poly[0]}
	for _, p := range poly[1:] {
		r.Min.X, r.Min.Y = math.Min(r.Min.X, p.X), math.Min(r.Min.Y, p.Y)
		r.Max.X, r.Max.Y = math.Max(r.Max.X, p.X), math.Max(r.Max.Y, p.Y)
	}
	return r
}

// clip cuts a polygon to a window; nil if they share no area. A hollow
// polygon may come out with edges along the window's border, which cover
// nothing more.
func clip(poly []devices.Point, w devices.Rect) []devices.Point {
	type side struct {
		inside func(devices.Point) bool
		cross  func(a, b devices.Point) devices.Point
	}
	atX := func(x float64) func(a, b devices.Point) devices.Point {
		return func(a, b devices.Point) devices.Point {
			return devices.Point{X: x, Y: a.Y + (b.Y-a.Y)*(x-a.X)/(b.X-a.X)}
		}
	}
	atY := func(y float64) func(a, b devices.Point) devices.Point {
		return func(a, b devices.Point) devices.Point {
			return devices.Point{X: a.X + (b.X-a.X)*(y-a.Y)/(b.Y-a.Y), Y: y}
		}
	}
	for _, s := range []side{
		{func(p devices.Point) bool { return p.X >= w.Min.X }, atX(w.Min.X)},
		{func(p devices.Point) bool { return p.X <= w.Max.X }, atX(w.Max.X)},
		{func(p devices.Point) bool { return p.Y >= w.Min.Y }, atY(w.Min.Y)},
		{func(p devices.Point) bool { return p.Y <= w.Max.Y }, atY(w.Max.Y)},
	} {
		var out []devices.Point
		for i, a := range poly {
			b := poly[(i+1)%len(poly)]
			if s.inside(a) {
				out = append(out, a)
			}
			if s.inside(a) != s.inside(b) {
				out = append(out, s.cross(a, b))
			}
		}
		poly = out
	}
	if len(poly) < 3 || (devices.Zone{Polygon: poly}).Area() < nothing {
		return nil
	}
	return poly
}

// nothing is an area that only arithmetic makes, as a fraction of the picture:
// far less than a pixel.
const nothing = 1e-9

// least is how wide and how high a mask is at least: of a narrower one the
// tolerance could not tell a mask beside it.
const least = 4 * tolerance

// widened is the rectangle around a polygon, grown to the least width and
// height inside a window; ok is false if the polygon is large enough itself.
func widened(poly []devices.Point, w devices.Rect) (box []devices.Point, ok bool) {
	r := bounding(poly)
	grow := func(lo, hi, from, to float64) (float64, float64) {
		if hi-lo >= least {
			return lo, hi
		}
		lo = math.Max(from, math.Min((lo+hi-least)/2, to-least))
		return lo, math.Min(lo+least, to)
	}
	g := r
	g.Min.X, g.Max.X = grow(r.Min.X, r.Max.X, w.Min.X, w.Max.X)
	g.Min.Y, g.Max.Y = grow(r.Min.Y, r.Max.Y, w.Min.Y, w.Max.Y)
	return corners(g), g != r
}

// same tells whether two polygons have the same outline within the tolerance,
// wherever it starts, whichever way round it goes and however many corners lie
// on straight edges: devices change all of that.
func same(a, b []devices.Point) bool {
	if len(a) < 3 || len(b) < 3 {
		return false
	}
	// Outlines that lie on each other enclose the same, except when one of
	// them crosses itself; the area tells these apart.
	areaA, areaB := (devices.Zone{Polygon: a}).Area(), (devices.Zone{Polygon: b}).Area()
	return math.Abs(areaA-areaB) <= tolerance*(perimeter(a)+perimeter(b))/2+1e-9 && along(a, b) && along(b, a)
}

// along tells whether the outline of a runs within the tolerance of that of b.
func along(a, b []devices.Point) bool {
	const steps = 8 // looked at per edge
	for i, p := range a {
		q := a[(i+1)%len(a)]
		for s := range steps {
			t := float64(s) / steps
			at := devices.Point{X: p.X + (q.X-p.X)*t, Y: p.Y + (q.Y-p.Y)*t}
			if distance(at, b) > tolerance+1e-9 {
				return false
			}
		}
	}
	return true
}

func perimeter(poly []devices.Point) float64 {
	var l float64
	for i, p := range poly {
		q := poly[(i+1)%len(poly)]
		l += math.Hypot(q.X-p.X, q.Y-p.Y)
	}
	return l
}

// distance from a point to a polygon's outline.
func distance(p devices.Point, poly []devices.Point) float64 {
	least := math.Inf(1)
	for i, a := range poly {
		b := poly[(i+1)%len(poly)]
		dx, dy := b.X-a.X, b.Y-a.Y
		t := 0.0
		if l := dx*dx + dy*dy; l > 0 {
			t = math.Max(0, math.Min(1, ((p.X-a.X)*dx+(p.Y-a.Y)*dy)/l))
		}
		least = math.Min(least, math.Hypot(p.X-a.X-t*dx, p.Y-a.Y-t*dy))
	}
	return least
}
