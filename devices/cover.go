package devices

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// Cover is what must not be seen or heard of a camera at an instant.
type Cover struct {
	// Whole covers the whole picture; Zones then add nothing but stay listed.
	Whole bool   `json:"whole,omitempty"`
	Zones []Zone `json:"zones,omitempty"`
	// Sound must not be heard.
	Sound bool `json:"sound,omitempty"`
	// MaxAge bounds how old a recording on the device may be that can still be
	// seen, in whole seconds; zero asks for nothing.
	MaxAge time.Duration `json:"max_age,omitempty"`
}

// Zone is a part of the picture, as a polygon of at least three corners.
type Zone struct {
	ID      string  `json:"id"`
	Polygon []Point `json:"polygon"`
}

// Point is a place in the picture, 0..1 from the top left of the video source.
type Point struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

// Rect is an upright part of the video source, in the same coordinates.
type Rect struct {
	Min Point `json:"min"`
	Max Point `json:"max"`
}

// Full is the whole video source.
func Full() Rect { return Rect{Max: Point{X: 1, Y: 1}} }

// FullZone is the whole picture as a zone.
func FullZone(id string) Zone {
	return Zone{ID: id, Polygon: []Point{{X: 0, Y: 0}, {X: 1, Y: 0}, {X: 1, Y: 1}, {X: 0, Y: 1}}}
}

// Empty tells that nothing is covered.
func (c Cover) Empty() bool { return !c.Whole && len(c.Zones) == 0 && !c.Sound && c.MaxAge == 0 }

// Equal tells whether both cover the same, zone by zone and in the same order.
func (c Cover) Equal(d Cover) bool {
	return c.Whole == d.Whole && c.Sound == d.Sound && c.MaxAge == d.MaxAge &&
		slices.EqualFunc(c.Zones, d.Zones, func(a, b Zone) bool {
			return a.ID == b.ID && slices.Equal(a.Polygon, b.Polygon)
		})
}

// Union covers all that either covers: zones of c first, then those of d whose
// id c does not have.
func (c Cover) Union(d Cover) Cover {
	u := Cover{Whole: c.Whole || d.Whole, Sound: c.Sound || d.Sound, Zones: slices.Clone(c.Zones)}
	for _, z := range d.Zones {
		if !slices.ContainsFunc(u.Zones, func(have Zone) bool { return have.ID == z.ID && slices.Equal(have.Polygon, z.Polygon) }) {
			u.Zones = append(u.Zones, z)
		}
	}
	if u.MaxAge = c.MaxAge; d.MaxAge > 0 && (u.MaxAge == 0 || d.MaxAge < u.MaxAge) {
		u.MaxAge = d.MaxAge
	}
	return u
}

// Includes tells whether c surely covers all that d covers: zones are compared
// one by one, so a cover by different shapes may be answered with false.
func (c Cover) Includes(d Cover) bool {
	if d.Sound && !c.Sound || d.MaxAge > 0 && (c.MaxAge == 0 || c.MaxAge > d.MaxAge) {
		return false
	}
	if c.Whole {
		return true
	}
	if d.Whole {
		return false
	}
	for _, z := range d.Zones {
		if !slices.ContainsFunc(c.Zones, func(have Zone) bool { return slices.Equal(have.Polygon, z.Polygon) }) {
			return false
		}
	}
	return true
}

// Validate reports a polygon that cannot be evaluated: fewer than three
// corners, a corner outside 0..1, no area, or edges that cross.
func (z Zone) Validate() error {
	p := z.Polygon
	if len(p) < 3 {
		return fmt.Errorf("zone %q has %d corners; a polygon needs at least 3", z.ID, len(p))
	}
	for i, q := range p {
		if math.IsNaN(q.X) || math.IsNaN(q.Y) || q.X < 0 || q.X > 1 || q.Y < 0 || q.Y > 1 {
			return fmt.Errorf("zone %q corner %d is at %g,%g; corners lie between 0,0 (top left) and 1,1", z.ID, i+1, q.X, q.Y)
		}
	}
	for i := range p {
		for j := i + 1; j < len(p); j++ {
			if (i+1)%len(p) == j || (j+1)%len(p) == i {
				continue
			}
			if crosses(p[i], p[(i+1)%len(p)], p[j], p[(j+1)%len(p)]) {
				return fmt.Errorf("zone %q crosses itself between corners %d and %d; list the corners along the outline", z.ID, i+1, j+1)
			}
		}
	}
	if z.Area() == 0 {
		return fmt.Errorf("zone %q has no area", z.ID)
	}
	return nil
}

// Area of the polygon as a fraction of the picture.
func (z Zone) Area() float64 {
	var a float64
	for i, p := range z.Polygon {
		q := z.Polygon[(i+1)%len(z.Polygon)]
		a += p.X*q.Y - q.X*p.Y
	}
	return math.Abs(a) / 2
}

// Contains tells whether the point lies inside the polygon.
func (z Zone) Contains(p Point) bool {
	in := false
	for i, a := range z.Polygon {
		b := z.Polygon[(i+1)%len(z.Polygon)]
		if (a.Y > p.Y) != (b.Y > p.Y) && p.X < (b.X-a.X)*(p.Y-a.Y)/(b.Y-a.Y)+a.X {
			in = !in
		}
	}
	return in
}

// In maps the zone from the video source into a window of it. Parts outside
// the window keep coordinates outside 0..1.
func (z Zone) In(w Rect) Zone {
	m := Zone{ID: z.ID, Polygon: make([]Point, len(z.Polygon))}
	for i, p := range z.Polygon {
		m.Polygon[i] = Point{X: (p.X - w.Min.X) / (w.Max.X - w.Min.X), Y: (p.Y - w.Min.Y) / (w.Max.Y - w.Min.Y)}
	}
	return m
}

func crosses(a, b, c, d Point) bool {
	o := func(p, q, r Point) float64 { return (q.X-p.X)*(r.Y-p.Y) - (q.Y-p.Y)*(r.X-p.X) }
	return o(a, b, c)*o(a, b, d) < 0 && o(c, d, a)*o(c, d, b) < 0
}
