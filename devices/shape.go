package devices

import (
	"math"
	"slices"
)

// How far the outline that a device reports may lie from the one that it was
// given, as a fraction of the picture, and still be it. Devices keep masks on
// a grid of their own: a little may be lost to rounding, and firmware that
// aligns masks to blocks makes them larger by up to a block on each side, and
// 16 of 480 lines is the largest block in use.
const (
	slackLess = 1.0 / 256
	slackMore = 1.0 / 24
	// SlackRound is how far a polygon may stick out of the one that was asked
	// for. Moved outward by a pixel, a sharp corner goes several.
	SlackRound = 1.0 / 64
)

const (
	hair  = 1e-9 // what arithmetic may lose
	grain = 1e-6 // what Grid.Outward may lose
)

// Bounds is the smallest upright rectangle around the points; the zero Rect
// without any.
func Bounds(shape []Point) Rect {
	if len(shape) == 0 {
		return Rect{}
	}
	r := Rect{Min: shape[0], Max: shape[0]}
	for _, p := range shape[1:] {
		r.Min.X, r.Min.Y = min(r.Min.X, p.X), min(r.Min.Y, p.Y)
		r.Max.X, r.Max.Y = max(r.Max.X, p.X), max(r.Max.Y, p.Y)
	}
	return r
}

// Corners lists the rectangle's corners, clockwise from the top left.
func (r Rect) Corners() []Point {
	return []Point{r.Min, {X: r.Max.X, Y: r.Min.Y}, r.Max, {X: r.Min.X, Y: r.Max.Y}}
}

// Join is the smallest rectangle around both.
func (r Rect) Join(s Rect) Rect {
	return Rect{
		Min: Point{X: min(r.Min.X, s.Min.X), Y: min(r.Min.Y, s.Min.Y)},
		Max: Point{X: max(r.Max.X, s.Max.X), Y: max(r.Max.Y, s.Max.Y)},
	}
}

// Area of the rectangle as a fraction of the picture; 0 for one that is turned
// inside out.
func (r Rect) Area() float64 { return max(r.Max.X-r.Min.X, 0) * max(r.Max.Y-r.Min.Y, 0) }

// Holds tells whether s lies in r, but for slack on each side.
func (r Rect) Holds(s Rect, slack float64) bool {
	return s.Min.X >= r.Min.X-slack && s.Min.Y >= r.Min.Y-slack && s.Max.X <= r.Max.X+slack && s.Max.Y <= r.Max.Y+slack
}

// Grid is the raster that a device keeps rectangles on: whole numbers from 0
// to Columns and from 0 to Rows stand for the edges of the picture.
type Grid struct{ Columns, Rows int }

// Outward is the rectangle on the grid around r, never smaller but for a
// millionth of a step, cut to the picture and at least one step wide and high.
// The numbers are left, top, right and bottom.
func (g Grid) Outward(r Rect) [4]int {
	span := func(lo, hi float64, n int) (int, int) {
		const millionth = 1e-6
		a := int(math.Floor(lo*float64(n) + millionth))
		b := int(math.Ceil(hi*float64(n) - millionth))
		a = max(min(a, n-1), 0)
		return a, max(min(b, n), a+1)
	}
	left, right := span(r.Min.X, r.Max.X, g.Columns)
	top, bottom := span(r.Min.Y, r.Max.Y, g.Rows)
	return [4]int{left, top, right, bottom}
}

// Rect maps left, top, right and bottom from the grid to the picture.
func (g Grid) Rect(edges [4]int) Rect {
	return Rect{
		Min: Point{X: float64(edges[0]) / float64(g.Columns), Y: float64(edges[1]) / float64(g.Rows)},
		Max: Point{X: float64(edges[2]) / float64(g.Columns), Y: float64(edges[3]) / float64(g.Rows)},
	}
}

// Fewer covers the shapes by at most n, which is at least 1: the two whose
// common rectangle adds the least area become that rectangle, again and again.
// Nothing that a shape covered is left out.
func Fewer(shapes [][]Point, n int) [][]Point {
	shapes = slices.Clone(shapes)
	for len(shapes) > max(n, 1) {
		a, b, least := 0, 1, math.Inf(1)
		for i := range shapes {
			for j := i + 1; j < len(shapes); j++ {
				added := Bounds(shapes[i]).Join(Bounds(shapes[j])).Area() - Zone{Polygon: shapes[i]}.Area() - Zone{Polygon: shapes[j]}.Area()
				if added < least {
					a, b, least = i, j, added
				}
			}
		}
		shapes[a] = Bounds(shapes[a]).Join(Bounds(shapes[b])).Corners()
		shapes = slices.Delete(shapes, b, b+1)
	}
	return shapes
}

// Shrouds tells whether a lies over all of b, but for slack at its outline.
// Both are simple polygons.
func Shrouds(a, b []Point, slack float64) bool {
	if len(a) < 3 || len(b) < 3 {
		return false
	}
	// A polygon without holes that has the whole outline of another in it has
	// all of it. Between the points looked at, only a corner of a can cut in.
	const steps = 16
	for i, p := range b {
		q := b[(i+1)%len(b)]
		for s := range steps {
			t := float64(s) / steps
			if at := (Point{X: p.X + (q.X-p.X)*t, Y: p.Y + (q.Y-p.Y)*t}); !inside(at, a, slack) {
				return false
			}
		}
	}
	zone := Zone{Polygon: b}
	for _, p := range a {
		if zone.Contains(p) && fromOutline(p, b) > slack+hair {
			return false
		}
	}
	return true
}

func inside(p Point, shape []Point, slack float64) bool {
	return Zone{Polygon: shape}.Contains(p) || fromOutline(p, shape) <= slack+hair
}

// fromOutline is the distance from a point to a polygon's outline.
func fromOutline(p Point, shape []Point) float64 {
	least := math.Inf(1)
	for i, a := range shape {
		b := shape[(i+1)%len(shape)]
		dx, dy := b.X-a.X, b.Y-a.Y
		t := 0.0
		if l := dx*dx + dy*dy; l > 0 {
			t = max(0, min(1, ((p.X-a.X)*dx+(p.Y-a.Y)*dy)/l))
		}
		least = min(least, math.Hypot(p.X-a.X-t*dx, p.Y-a.Y-t*dy))
	}
	return least
}

// SameOutline tells whether each of two polygons lies over the other, but for
// slack: wherever the list of corners starts and whichever way round it goes.
func SameOutline(a, b []Point, slack float64) bool {
	return Shrouds(a, b, slack) && Shrouds(b, a, slack)
}

// Outset moves every edge of a simple polygon outward by d, so that rounding
// its corners afterwards takes nothing away; the result is cut to the picture
// corner by corner. It is nil where that gives no polygon around the given
// one, as with a needle's point.
func Outset(shape []Point, d float64) []Point {
	if (Zone{Polygon: shape}).Validate() != nil {
		return nil
	}
	var twice float64
	for i, p := range shape {
		q := shape[(i+1)%len(shape)]
		twice += p.X*q.Y - q.X*p.Y
	}
	if twice < 0 {
		shape = slices.Clone(shape)
		slices.Reverse(shape)
	}
	out := make([]Point, len(shape))
	for i, p := range shape {
		before, after := shape[(i+len(shape)-1)%len(shape)], shape[(i+1)%len(shape)]
		m, ok := normal(before, p)
		n, also := normal(p, after)
		turn := 1 + m.X*n.X + m.Y*n.Y
		if !ok || !also || turn < 0.02 {
			return nil
		}
		out[i] = Point{
			X: max(0, min(1, p.X+d*(m.X+n.X)/turn)),
			Y: max(0, min(1, p.Y+d*(m.Y+n.Y)/turn)),
		}
	}
	if (Zone{Polygon: out}).Validate() != nil || !Shrouds(out, shape, 0) {
		return nil
	}
	return out
}

// normal of an edge, to the outside of a polygon whose corners go clockwise on
// the screen (y down).
func normal(a, b Point) (Point, bool) {
	l := math.Hypot(b.X-a.X, b.Y-a.Y)
	return Point{X: (b.Y - a.Y) / l, Y: -(b.X - a.X) / l}, l > hair
}

// formOf tells whether a device may have made have of asked: the same outline,
// or the rectangle around it, aligned to the device's blocks.
func formOf(have, asked []Point) bool {
	if Shrouds(have, asked, slackLess) && Shrouds(asked, have, SlackRound) {
		return true
	}
	h, a := Bounds(have), Bounds(asked)
	return len(have) >= 3 && len(asked) >= 3 && SameOutline(have, h.Corners(), hair) && h.Holds(a, slackLess) && a.Holds(h, slackMore)
}

// apart is the largest distance between edges of the rectangles around both.
func apart(a, b []Point) float64 {
	r, s := Bounds(a), Bounds(b)
	return max(math.Abs(r.Min.X-s.Min.X), math.Abs(r.Min.Y-s.Min.Y), math.Abs(r.Max.X-s.Max.X), math.Abs(r.Max.Y-s.Max.Y))
}

// madeOf tells whether a mask can have come of covering some of the parts:
// of one of them, or of the rectangle around several.
func madeOf(have []Point, parts [][]Point) bool {
	if len(have) < 3 {
		return false
	}
	h := Bounds(have)
	var all Rect
	some := false
	for _, p := range parts {
		if formOf(have, p) {
			return true
		}
		if b := Bounds(p); h.Holds(b, slackLess) {
			if !some {
				all, some = b, true
			}
			all = all.Join(b)
		}
	}
	return some && formOf(have, all.Corners())
}
