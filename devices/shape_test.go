package devices_test

import (
	"math"
	"testing"

	"github.com/lensdop/lensdop/devices"
	"pgregory.net/rapid"
)

// drawRect is an upright rectangle with some area.
func drawRect(t *rapid.T, name string) devices.Rect {
	x, y := rapid.Float64Range(0, 0.97).Draw(t, name+" x"), rapid.Float64Range(0, 0.97).Draw(t, name+" y")
	return devices.Rect{
		Min: devices.Point{X: x, Y: y},
		Max: devices.Point{
			X: x + rapid.Float64Range(0.02, 1-x).Draw(t, name+" width"),
			Y: y + rapid.Float64Range(0.02, 1-y).Draw(t, name+" height"),
		},
	}
}

// drawZone is a star around a point: a simple polygon, often with notches.
func drawZone(t *rapid.T, id string) devices.Zone {
	c := devices.Point{X: rapid.Float64Range(0.1, 0.9).Draw(t, id+" x"), Y: rapid.Float64Range(0.1, 0.9).Draw(t, id+" y")}
	room := min(c.X, 1-c.X, c.Y, 1-c.Y)
	n := rapid.IntRange(3, 9).Draw(t, id+" corners")
	z := devices.Zone{ID: id}
	for i := range n {
		r := rapid.Float64Range(0.3, 1).Draw(t, id+" r") * room
		a := 2 * math.Pi * float64(i) / float64(n)
		z.Polygon = append(z.Polygon, devices.Point{X: c.X + r*math.Cos(a), Y: c.Y + r*math.Sin(a)})
	}
	if err := z.Validate(); err != nil {
		t.Skip(err)
	}
	return z
}

// pointsOf are places in a zone, its corners and edges among them.
func pointsOf(z devices.Zone) (points []devices.Point) {
	for i, p := range z.Polygon {
		q := z.Polygon[(i+1)%len(z.Polygon)]
		for s := range 8 {
			f := float64(s) / 8
			points = append(points, devices.Point{X: p.X + (q.X-p.X)*f, Y: p.Y + (q.Y-p.Y)*f})
		}
	}
	b := devices.Bounds(z.Polygon)
	for i := range 15 {
		for j := range 15 {
			p := devices.Point{
				X: b.Min.X + (b.Max.X-b.Min.X)*(float64(i)+0.5)/15,
				Y: b.Min.Y + (b.Max.Y-b.Min.Y)*(float64(j)+0.5)/15,
			}
			if z.Contains(p) {
				points = append(points, p)
			}
		}
	}
	return points
}

func TestOutwardIsNeverSmaller(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := devices.Grid{Columns: rapid.IntRange(1, 9000).Draw(t, "columns"), Rows: rapid.IntRange(1, 9000).Draw(t, "rows")}
		r := drawRect(t, "r")
		edges := g.Outward(r)
		got := g.Rect(edges)
		if !got.Holds(r, 1e-6) {
			t.Fatalf("%v on %v is %v", r, g, got)
		}
		if !devices.Full().Holds(got, 1e-9) || got.Area() <= 0 {
			t.Fatalf("%v on %v is %v, which is no part of the picture", r, g, got)
		}
		if g.Outward(got) != edges {
			t.Fatalf("%v grows from %v to %v by itself", r, edges, g.Outward(got))
		}
		step := 1/float64(min(g.Columns, g.Rows)) + 1e-6
		if !r.Holds(got, step) {
			t.Fatalf("%v on %v is %v, more than a step larger", r, g, got)
		}
	})
}

func TestFewerLeavesNothingOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var shapes [][]devices.Point
		var zones []devices.Zone
		for range rapid.IntRange(1, 7).Draw(t, "zones") {
			z := drawZone(t, "z")
			zones, shapes = append(zones, z), append(shapes, z.Polygon)
		}
		n := rapid.IntRange(1, 8).Draw(t, "n")
		got := devices.Fewer(shapes, n)
		if len(got) > n || len(got) != min(n, len(shapes)) {
			t.Fatalf("%d shapes of %d, at most %d wanted", len(got), len(shapes), n)
		}
		for _, z := range zones {
			some := false
			for _, g := range got {
				some = some || devices.Shrouds(g, z.Polygon, 1e-9)
			}
			if !some {
				t.Fatalf("%v is under none of %v", z, got)
			}
		}
	})
}

func TestFewerAddsTheLeast(t *testing.T) {
	at := func(x0, y0, x1, y1 float64) []devices.Point {
		return devices.Rect{Min: devices.Point{X: x0, Y: y0}, Max: devices.Point{X: x1, Y: y1}}.Corners()
	}
	got := devices.Fewer([][]devices.Point{at(0, 0, 0.1, 0.1), at(0.8, 0.8, 0.9, 0.9), at(0, 0.1, 0.1, 0.2)}, 2)
	want := [][]devices.Point{at(0, 0, 0.1, 0.2), at(0.8, 0.8, 0.9, 0.9)}
	for i := range want {
		if len(got) != 2 || !devices.SameOutline(got[i], want[i], 1e-9) {
			t.Fatalf("got %v, want the two that touch as one: %v", got, want)
		}
	}
}

func TestShrouds(t *testing.T) {
	square := devices.Full().Corners()
	notched := []devices.Point{{X: 0, Y: 0}, {X: 1, Y: 0}, {X: 0.5, Y: 0.5}, {X: 1, Y: 1}, {X: 0, Y: 1}}
	needle := []devices.Point{{X: 0, Y: 0}, {X: 1, Y: 0}, {X: 1, Y: 0.499}, {X: 0.3, Y: 0.5}, {X: 1, Y: 0.501}, {X: 1, Y: 1}, {X: 0, Y: 1}}
	for _, c := range []struct {
		name string
		a, b []devices.Point
		less float64
		want bool
	}{
		{"itself", square, square, 0, true},
		{"a notch is not covered", notched, square, 0, false},
		{"the square covers the notched one", square, notched, 0, true},
		{"a needle between two looked-at points", needle, square, 0.0001, false},
		{"smaller by the slack", devices.Rect{Min: devices.Point{X: 0.003, Y: 0}, Max: devices.Point{X: 1, Y: 1}}.Corners(), square, 1.0 / 256, true},
		{"smaller by more", devices.Rect{Min: devices.Point{X: 0.005, Y: 0}, Max: devices.Point{X: 1, Y: 1}}.Corners(), square, 1.0 / 256, false},
		{"no polygon", square[:2], square, 1, false},
	} {
		if got := devices.Shrouds(c.a, c.b, c.less); got != c.want {
			t.Errorf("%s: got %t", c.name, got)
		}
	}
}

func TestOutset(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		z := drawZone(t, "z")
		d := rapid.Float64Range(0.0001, 0.01).Draw(t, "d")
		out := devices.Outset(z.Polygon, d)
		if out == nil {
			t.Skip("it has a needle's point")
		}
		for _, p := range pointsOf(z) {
			if !(devices.Zone{Polygon: out}).Contains(p) && p.X > 0 && p.Y > 0 && p.X < 1 && p.Y < 1 && !devices.Shrouds(out, z.Polygon, 0) {
				t.Fatalf("%v is outside of %v", p, out)
			}
		}
		if b, a := devices.Bounds(out), devices.Bounds(z.Polygon); !b.Holds(a, 0) {
			t.Fatalf("%v is smaller than %v", b, a)
		}
	})
	square := devices.Rect{Min: devices.Point{X: 0.2, Y: 0.2}, Max: devices.Point{X: 0.6, Y: 0.4}}
	want := devices.Rect{Min: devices.Point{X: 0.19, Y: 0.19}, Max: devices.Point{X: 0.61, Y: 0.41}}
	if got := devices.Outset(square.Corners(), 0.01); !devices.SameOutline(got, want.Corners(), 1e-9) {
		t.Errorf("got %v, want %v", got, want)
	}
}
