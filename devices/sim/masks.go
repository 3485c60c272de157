package sim

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Point is a place in the picture: 0..1 from the top left of the video source.
type Point struct{ X, Y float64 }

// Mask is a privacy mask that the device holds, as its own menu would show it.
type Mask struct {
	Token string
	// Lens counts from 1; Configuration is the token of the video source
	// configuration that the mask is in. Without one, the mask was made by a
	// maker's own interface: it lies on every path of the lens, and ONVIF does
	// not know it.
	Lens          int
	Configuration string
	Polygon       []Point
	Enabled       bool

	before *Mask // what is shown until the next reboot; nil: this
}

// shown is the shape in the picture, if there is one.
func (m Mask) shown() []Point {
	if m.before != nil {
		m = *m.before
	}
	if !m.Enabled {
		return nil
	}
	return m.Polygon
}

const (
	maskColor = "Color" // the one mask type of these devices: flat black
	// maskStep is the grid that vertices snap to, in ONVIF's -1..1: a
	// 1024th, as seen in real cameras.
	maskStep = 1.0 / 1024
)

// Masks returns what the device holds, in order of creation, whether or not
// it shows in the picture.
func (d *Device) Masks() []Mask {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make([]Mask, len(d.masks))
	for i, m := range d.masks {
		m.Polygon = slices.Clone(m.Polygon)
		out[i] = m
	}
	return out
}

// AddMask sets a mask as somebody at the device's own menu would, on every
// configuration of the lens. It returns the tokens.
func (d *Device) AddMask(lens int, polygon []Point) ([]string, error) {
	if lens < 1 || lens > d.cam.Lenses {
		return nil, fmt.Errorf("simulated camera %s has no lens %d", d.cam.Name, lens)
	}
	var tokens []string
	for _, c := range d.configurations() {
		if c.lens != lens {
			continue
		}
		token, f := d.createMask(Mask{Configuration: c.token, Polygon: polygon, Enabled: true})
		if f != nil {
			return tokens, fmt.Errorf("simulated camera %s: %w", d.cam.Name, f)
		}
		tokens = append(tokens, token)
	}
	return tokens, nil
}

// putMask is for makers' interfaces. It adds a mask, or replaces the one that
// has its token, on every path of m.Lens. The polygon is in the picture (0..1
// from its top left, after rotation and mirroring) and kept as it is: what the
// interface can hold, and its limit, are the interface's own. Faults apply as
// they do to ONVIF's masks.
func (d *Device) putMask(m Mask) {
	m.Configuration = ""
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.faults[FaultMaskNotStored] {
		return
	}
	if m.Polygon = slices.Clone(m.Polygon); d.faults[FaultMaskShrunk] {
		shrinkPolygon(m.Polygon)
	}
	i := slices.IndexFunc(d.masks, func(o Mask) bool { return o.Token == m.Token })
	if d.faults[FaultVendorRebootNeeded] {
		m.before = &Mask{}
		if i >= 0 {
			m.before.Polygon = d.masks[i].shown()
			m.before.Enabled = m.before.Polygon != nil
		}
	}
	if i < 0 {
		d.masks = append(d.masks, m)
		return
	}
	d.masks[i] = m
}

// dropMask removes what putMask put, and tells whether it was there.
func (d *Device) dropMask(token string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := len(d.masks)
	d.masks = slices.DeleteFunc(d.masks, func(o Mask) bool { return o.Token == token && o.Configuration == "" })
	return len(d.masks) < n
}

// shrinkPolygon draws the corners a fifth towards their middle.
func shrinkPolygon(p []Point) {
	var c Point
	for _, q := range p {
		c.X += q.X / float64(len(p))
		c.Y += q.Y / float64(len(p))
	}
	for i, q := range p {
		p[i] = Point{X: c.X + (q.X-c.X)*0.8, Y: c.Y + (q.Y-c.Y)*0.8}
	}
}

// RemoveMask deletes a mask as somebody at the device's own menu would, and
// tells whether it was there.
func (d *Device) RemoveMask(token string) bool {
	return d.dropMask(token) || d.deleteMask(token) == nil
}

// createMask stores a mask, in the device's own shape of it, and gives it a token.
func (d *Device) createMask(m Mask) (string, *soapFault) {
	c, f := d.configuration(m.Configuration)
	if f != nil {
		return "", f
	}
	if m.Polygon, f = d.adapt(m.Polygon); f != nil {
		return "", f
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	have := 0
	for _, o := range d.masks {
		if o.Configuration == c.token {
			have++
		}
	}
	if have >= d.cam.MaxMasks || d.faults[FaultMaxMasks] {
		return "", receiverFault("the configuration holds no more masks", "ter:Action", "ter:MaxMasks")
	}
	d.maskCount++
	m.Token, m.Lens = "mask_"+strconv.Itoa(d.maskCount), c.lens
	if !d.faults[FaultMaskNotStored] {
		d.masks = append(d.masks, m)
	}
	return m.Token, nil
}

func (d *Device) setMask(m Mask) *soapFault {
	c, f := d.configuration(m.Configuration)
	if f != nil {
		return f
	}
	if m.Polygon, f = d.adapt(m.Polygon); f != nil {
		return f
	}
	m.Lens = c.lens
	d.mu.Lock()
	defer d.mu.Unlock()
	i := slices.IndexFunc(d.masks, func(o Mask) bool { return o.Token == m.Token && o.Configuration != "" })
	switch {
	case i < 0 && d.faults[FaultMaskNotStored]:
		return nil
	case i < 0:
		return noConfig("no mask has this token")
	case d.masks[i].Configuration != m.Configuration:
		return receiverFault("a mask stays with its configuration", "ter:InvalidArgVal", "ter:ConfigModify")
	}
	if !d.faults[FaultMaskNotStored] {
		d.masks[i] = m
	}
	return nil
}

func (d *Device) deleteMask(token string) *soapFault {
	d.mu.Lock()
	defer d.mu.Unlock()
	i := slices.IndexFunc(d.masks, func(o Mask) bool { return o.Token == token && o.Configuration != "" })
	if i < 0 {
		if d.faults[FaultMaskNotStored] && strings.HasPrefix(token, "mask_") {
			return nil
		}
		return noConfig("no mask has this token")
	}
	d.masks = slices.Delete(d.masks, i, i+1)
	return nil
}

// adapt turns a polygon into what this device can hold: vertices on its grid,
// four corners made upright where it knows only rectangles (Media2 §5.10.5).
func (d *Device) adapt(p []Point) ([]Point, *soapFault) {
	invalid := func(why string) ([]Point, *soapFault) {
		return nil, receiverFault(why, "ter:InvalidArgVal", "ter:InvalidPolygon")
	}
	if len(p) < 3 || len(p) > d.maxPoints() {
		return invalid(fmt.Sprintf("a mask has 3 to %d points", d.maxPoints()))
	}
	out := make([]Point, len(p))
	for i, q := range p {
		if !(q.X >= 0 && q.X <= 1 && q.Y >= 0 && q.Y <= 1) {
			return invalid("a point lies outside the picture")
		}
		out[i] = Point{X: snap(q.X), Y: snap(q.Y)}
	}
	if d.cam.RectangleOnly {
		if len(p) != 4 {
			return invalid("this device masks rectangles only")
		}
		lo, hi := out[0], out[0]
		for _, q := range out {
			lo.X, lo.Y = min(lo.X, q.X), min(lo.Y, q.Y)
			hi.X, hi.Y = max(hi.X, q.X), max(hi.Y, q.Y)
		}
		out = []Point{lo, {X: hi.X, Y: lo.Y}, hi, {X: lo.X, Y: hi.Y}}
	}
	if d.fault(FaultMaskShrunk) {
		shrinkPolygon(out)
		for i, q := range out {
			out[i] = Point{X: snap(q.X), Y: snap(q.Y)}
		}
	}
	return out, nil
}

func (d *Device) maxPoints() int {
	if d.cam.RectangleOnly {
		return 4
	}
	return 10
}

// snap rounds a coordinate of 0..1 to the device's grid.
func snap(v float64) float64 { return math.Round(v*2/maskStep) * maskStep / 2 }

func noConfig(reason string) *soapFault {
	return senderFault(reason, "ter:InvalidArgVal", "ter:NoConfig")
}
