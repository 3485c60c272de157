package review

import (
	"cmp"
	"math"
	"slices"

	"github.com/lensdop/lensdop/devices"
)

// nothing is a distance far below a pixel: corners nearer than this are the same.
const nothing = 1e-9

// area is the share of the picture that a polygon takes.
func area(p []devices.Point) float64 {
	sum := 0.0
	for i, a := range p {
		b := p[(i+1)%len(p)]
		sum += a.X*b.Y - b.X*a.Y
	}
	return math.Abs(sum) / 2
}

// contains tells that every point of inner lies in outer or on its edge. Both
// are simple polygons, as the protocol file's are: then it is enough that the
// whole edge of inner lies in outer.
func contains(outer, inner []devices.Point) bool {
	if len(outer) < 3 || len(inner) < 3 {
		return len(inner) == 0
	}
	for i, a := range inner {
		b := inner[(i+1)%len(inner)]
		// Between two crossings with outer's edge a stretch lies wholly in or
		// wholly out, so its middle tells for all of it.
		cuts := []float64{0, 1}
		for j, c := range outer {
			cuts = append(cuts, crossings(a, b, c, outer[(j+1)%len(outer)])...)
		}
		slices.SortFunc(cuts, cmp.Compare[float64])
		for k := range cuts {
			if !within(outer, along(a, b, cuts[k])) {
				return false
			}
			if k > 0 && !within(outer, along(a, b, (cuts[k-1]+cuts[k])/2)) {
				return false
			}
		}
	}
	return true
}

func along(a, b devices.Point, t float64) devices.Point {
	return devices.Point{X: a.X + t*(b.X-a.X), Y: a.Y + t*(b.Y-a.Y)}
}

// crossings returns where on the stretch from a to b (0 to 1) it meets the
// stretch from c to d: one point, or both ends of a shared part.
func crossings(a, b, c, d devices.Point) []float64 {
	abX, abY, cdX, cdY := b.X-a.X, b.Y-a.Y, d.X-c.X, d.Y-c.Y
	length := abX*abX + abY*abY
	if length < nothing*nothing {
		return nil
	}
	cross := abX*cdY - abY*cdX
	var out []float64
	add := func(t float64) {
		if t > 0 && t < 1 {
			out = append(out, t)
		}
	}
	if math.Abs(cross) < nothing*nothing {
		for _, p := range []devices.Point{c, d} {
			add(((p.X-a.X)*abX + (p.Y-a.Y)*abY) / length)
		}
		return out
	}
	t := ((c.X-a.X)*cdY - (c.Y-a.Y)*cdX) / cross
	u := ((c.X-a.X)*abY - (c.Y-a.Y)*abX) / cross
	if u > -nothing && u < 1+nothing {
		add(t)
	}
	return out
}

// within tells that a point lies in a polygon or on its edge.
func within(polygon []devices.Point, p devices.Point) bool {
	in := false
	for i, a := range polygon {
		b := polygon[(i+1)%len(polygon)]
		if distance(a, b, p) < 1e3*nothing {
			return true
		}
		if (a.Y > p.Y) != (b.Y > p.Y) && p.X < a.X+(p.Y-a.Y)/(b.Y-a.Y)*(b.X-a.X) {
			in = !in
		}
	}
	return in
}

// distance is that of a point to the stretch from a to b.
func distance(a, b, p devices.Point) float64 {
	x, y := b.X-a.X, b.Y-a.Y
	t := 0.0
	if length := x*x + y*y; length > 0 {
		t = min(max(((p.X-a.X)*x+(p.Y-a.Y)*y)/length, 0), 1)
	}
	return math.Hypot(a.X+t*x-p.X, a.Y+t*y-p.Y)
}
