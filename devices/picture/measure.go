package picture

import (
	"math"

	"github.com/lensdop/lensdop/devices"
)

// Measures of one picture. Levels are 0..255, shares are 0..1.
type Measures struct {
	// Measured is false for a picture that is too small, or left out entirely.
	Measured bool
	Mean     float64
	Sigma    float64 // standard deviation of the level
	Median   float64
	Low      float64 // 0.1 % of the picture is darker
	High     float64 // 0.1 % of the picture is brighter
	// Grain is the noise of the averaged picture, in levels.
	Grain float64
	// Edges is the share of blocks (1/40 of the picture's width) in which
	// brightness bends: structure of any kind, but no even slope.
	Edges float64
	// Lines is the share of samples on an edge that is sharp.
	Lines float64
	// PeakX and PeakY are where brightness bends most: a light leak, if
	// there is nothing else.
	PeakX, PeakY float64
}

// Thresholds, in levels. They are chosen on one set of synthetic scenes and
// checked on others; see the tests.
const (
	blackHigh   = 6.0  // the brightest of a picture that is black
	blackSigma  = 1.0  //
	darkMedian  = 30.0 // below it a flat picture may be night
	bendLevel   = 6.0  // a block's bend over it is structure
	bendGrain   = 2.5  // and over so many times the grain,
	bendMost    = 12.0 // but at most this: a cluttered room looks like grain
	lineLevel   = 14.0 // a step between near samples, likewise
	lineGrain   = 5.0
	lineMost    = 60.0
	flatEdges   = 0.006
	flatLines   = 0.002
	openEdges   = 0.030
	openLines   = 0.020
	blocksWide  = 40
	matchScore  = 0.50 // a view at or over it is the reference's
	strangeView = 0.36 // a view under it is not
)

const maxBlocks = 120 // of a side

// Measure measures a picture without the parts in ignore: clocks and other
// overlays, in coordinates of this picture.
func Measure(l devices.Luma, ignore []devices.Zone) Measures {
	var g grid
	if !g.fill(l) {
		return Measures{}
	}
	defer g.wipe()
	g.leaveOut(ignore)
	return g.measure()
}

func (g *grid) measure() Measures {
	var hist [256]int
	var n, sum, sq int64
	for i, v := range g.v[:g.w*g.h] {
		if g.off[i] != 0 {
			continue
		}
		hist[v/fine]++
		n++
		sum += int64(v)
		sq += int64(v) * int64(v)
	}
	if n < 64 {
		return Measures{}
	}
	mean := float64(sum) / float64(n)
	m := Measures{
		Measured: true,
		Mean:     mean / fine,
		Sigma:    math.Sqrt(max(float64(sq)/float64(n)-mean*mean, 0)) / fine,
		Median:   percentile(hist[:], int(n), 0.5),
		Low:      percentile(hist[:], int(n), 0.001),
		High:     percentile(hist[:], int(n), 0.999),
		Grain:    g.grain(),
	}
	g.bends(&m)
	g.lines(&m)
	return m
}

// bends compares each block's mean with the middle of its neighbours', left
// and right, above and below: an even slope, as of light through paper, bends
// nowhere.
func (g *grid) bends(m *Measures) {
	var b [maxBlocks * maxBlocks]float32 // NaN where left out
	size := max(2, g.w/blocksWide)
	bw, bh := min(g.w/size, maxBlocks), min(g.h/size, maxBlocks)
	defer clear(b[:bw*bh])
	for by := range bh {
		for bx := range bw {
			s, n := 0, 0
			for y := by * size; y < (by+1)*size; y++ {
				for i := y*g.w + bx*size; i < y*g.w+(bx+1)*size; i++ {
					if g.off[i] == 0 {
						s += int(g.v[i])
						n++
					}
				}
			}
			b[by*bw+bx] = float32(math.NaN())
			if 4*n >= 3*size*size {
				b[by*bw+bx] = float32(s) / float32(n*fine)
			}
		}
	}
	limit := float32(min(max(bendLevel, bendGrain*m.Grain), bendMost))
	n, hits, peak := 0, 0, float32(0)
	for by := range bh {
		for bx := range bw {
			i := by*bw + bx
			bend, has := float32(0), false
			for _, d := range [2]struct {
				step int
				ok   bool
			}{{1, bx > 0 && bx < bw-1}, {bw, by > 0 && by < bh-1}} {
				if !d.ok {
					continue
				}
				v := 2*b[i] - b[i-d.step] - b[i+d.step]
				if v != v { // NaN
					continue
				}
				has, bend = true, max(bend, v, -v)
			}
			if !has {
				continue
			}
			n++
			if bend > limit {
				hits++
			}
			if bend > peak {
				peak, m.PeakX, m.PeakY = bend, (float64(bx)+0.5)/float64(bw), (float64(by)+0.5)/float64(bh)
			}
		}
	}
	if n > 0 {
		m.Edges = float64(hits) / float64(n)
	}
}

// lines counts samples that differ sharply from the next but one.
func (g *grid) lines(m *Measures) {
	limit := int(fine * min(max(lineLevel, lineGrain*m.Grain), lineMost))
	n, hits := 0, 0
	for y := range g.h - 2 {
		for i := y * g.w; i < (y+1)*g.w-2; i++ {
			if g.off[i]|g.off[i+2]|g.off[i+2*g.w] != 0 {
				continue
			}
			n++
			dx, dy := int(g.v[i+2])-int(g.v[i]), int(g.v[i+2*g.w])-int(g.v[i])
			if max(dx, -dx, dy, -dy) > limit {
				hits++
			}
		}
	}
	if n > 0 {
		m.Lines = float64(hits) / float64(n)
	}
}
