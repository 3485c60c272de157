package picture

import (
	"slices"

	"github.com/lensdop/lensdop/devices"
)

const (
	maxGrid   = 480 // samples of a side
	coarse    = 320 // pixels of a side from which at least two are averaged, against codec noise
	fine      = 16  // steps of a sample per grey level
	minSide   = 48  // pixels of a picture that can be measured
	crossings = 64  // of a row with a zone's outline
)

// grid is a picture, box-averaged to at most 480 samples a side, in full-range
// levels times 16. Each function fills one of its own and wipes it.
type grid struct {
	w, h   int
	factor int // pixels of the picture per sample and direction
	v      [maxGrid * maxGrid]int16
	// off marks what is left out, by 1.
	off [maxGrid * maxGrid]uint8
}

// fill averages the picture. It tells whether there is one to measure.
func (g *grid) fill(l devices.Luma) bool {
	if l.Width < minSide || l.Height < minSide || len(l.Pix) < l.Width*l.Height {
		return false
	}
	f := max((l.Width+maxGrid-1)/maxGrid, (l.Height+maxGrid-1)/maxGrid)
	if max(l.Width, l.Height) >= coarse {
		f = max(f, 2)
	}
	g.factor, g.w, g.h = f, l.Width/f, l.Height/f
	if f > 256 || g.w < 8 || g.h < 8 {
		return false
	}
	var sum [maxGrid]int32
	// level = (mean-16)*255/219 in limited range, the mean itself in full range
	base, num, den := int64(0), int64(fine), int64(f*f)
	if !l.FullRange {
		base, num, den = int64(16*f*f), 255*fine, int64(219*f*f)
	}
	for y := range g.h {
		clear(sum[:g.w])
		for k := range f {
			row := l.Pix[(y*f+k)*l.Width:][:g.w*f]
			switch f {
			case 1:
				for x, p := range row {
					sum[x] += int32(p)
				}
			case 2:
				for x := range sum[:g.w] {
					p := row[2*x : 2*x+2 : 2*x+2]
					sum[x] += int32(p[0]) + int32(p[1])
				}
			case 4:
				for x := range sum[:g.w] {
					p := row[4*x : 4*x+4 : 4*x+4]
					sum[x] += int32(p[0]) + int32(p[1]) + int32(p[2]) + int32(p[3])
				}
			default:
				for x := range sum[:g.w] {
					for _, p := range row[f*x : f*x+f] {
						sum[x] += int32(p)
					}
				}
			}
		}
		to := g.v[y*g.w:][:g.w]
		for x, s := range sum[:g.w] {
			to[x] = int16(min(max((int64(s)-base)*num/den, 0), 255*fine))
		}
	}
	return true
}

func (g *grid) wipe() {
	clear(g.v[:g.w*g.h])
	clear(g.off[:g.w*g.h])
}

// leaveOut marks the zones, and a margin of two samples for what a codec
// smears over their edges.
func (g *grid) leaveOut(zones []devices.Zone) {
	for _, z := range zones {
		g.paint(g.off[:g.w*g.h], z)
	}
	if len(zones) > 0 {
		grow(g.off[:g.w*g.h], g.w, g.h, 2)
	}
}

// paint sets the samples whose centre lies in the zone.
func (g *grid) paint(m []uint8, z devices.Zone) {
	p := z.Polygon
	if len(p) < 3 {
		return
	}
	for y := range g.h {
		cy := (float64(y) + 0.5) / float64(g.h)
		var cross [crossings]float64
		n := 0
		for i, a := range p {
			b := p[(i+1)%len(p)]
			if (a.Y > cy) != (b.Y > cy) {
				if n < crossings {
					cross[n] = (b.X-a.X)*(cy-a.Y)/(b.Y-a.Y) + a.X
				}
				n++
			}
		}
		row := m[y*g.w:][:g.w]
		if n > crossings { // an outline that no mask has
			for x := range row {
				if z.Contains(devices.Point{X: (float64(x) + 0.5) / float64(g.w), Y: cy}) {
					row[x] = 1
				}
			}
			continue
		}
		slices.Sort(cross[:n])
		for i := 0; i+1 < n; i += 2 {
			for x := g.column(cross[i]); x < g.column(cross[i+1]); x++ {
				row[x] = 1
			}
		}
	}
}

// column is the first sample whose centre is at or right of x.
func (g *grid) column(x float64) int {
	x = x*float64(g.w) + 0.5
	if !(x > 0) { // also NaN
		return 0
	}
	return int(min(x, float64(g.w)))
}

// grow widens what is set by n samples to the left, right, top and bottom.
func grow(m []uint8, w, h, n int) {
	for y := range h {
		spread(m[y*w:], 1, w, n)
	}
	for x := range w {
		spread(m[x:], w, h, n)
	}
}

// spread sets the n samples before and after each set one of a line.
func spread(m []uint8, step, count, n int) {
	left := 0 // samples still to set after the last set one
	for i := range count {
		if m[i*step] != 0 {
			left = n
		} else if left > 0 {
			left--
			m[i*step] = 2 // set, but not a seed for the way back
		}
	}
	left = 0
	for i := count - 1; i >= 0; i-- {
		switch {
		case m[i*step] == 1:
			left = n
		case left > 0:
			left--
			m[i*step] = 1
		case m[i*step] == 2:
			m[i*step] = 1
		}
	}
}

// grain is the standard deviation of noise in a sample, in levels, from the
// ninth decile of second differences along rows: edges are few, while a codec
// leaves noise in some places only.
func (g *grid) grain() float64 {
	var hist [1024]int
	n := 0
	for y := 0; y < g.h; y += 2 {
		for i := y*g.w + 1; i < (y+1)*g.w-1; i++ {
			if g.off[i] == 0 {
				d := 2*int(g.v[i]) - int(g.v[i-1]) - int(g.v[i+1])
				hist[min(max(d, -d), len(hist)-1)]++
				n++
			}
		}
	}
	if n == 0 {
		return 0
	}
	return percentile(hist[:], n, 0.9) / (1.645 * 2.449 * fine)
}

// percentile is the value below which a share of a histogram lies.
func percentile(hist []int, n int, share float64) float64 {
	at, seen := share*float64(n), 0.0
	for v, c := range hist {
		if c > 0 && seen+float64(c) >= at {
			return float64(v)
		}
		seen += float64(c)
	}
	return float64(len(hist) - 1)
}
