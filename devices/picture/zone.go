package picture

import (
	"math"

	"github.com/lensdop/lensdop/devices"
)

// ZoneMeasures of one zone in one picture. Levels are 0..255.
type ZoneMeasures struct {
	// Samples inside the zone, without a margin at its outline; a picture has
	// at most 480 x 480.
	Samples int
	Median  float64
	Sigma   float64
	// Strange is the share of samples more than eight levels from the median.
	Strange float64
	// Rough is the mean second difference along rows inside, in levels: next
	// to nothing in what a device fills in, more where a codec has left a
	// rest of noise.
	Rough float64
}

const (
	zoneMargin    = 3 // samples along the outline that are not judged
	zoneSamples   = 60
	strangeLevel  = 8
	maskStrange   = 0.003
	openStrange   = 0.02
	maskSigma     = 2.0  // levels
	maskRough     = 0.10 // levels
	blackRough    = 0.40 // levels, where the zone is black
	blackMedian   = 2    // levels
	steadyMedians = 4.0  // levels between looks
)

// MeasureZone measures what is inside a zone, without ignore.
func MeasureZone(l devices.Luma, z devices.Zone, ignore []devices.Zone) ZoneMeasures {
	var g grid
	if !g.fill(l) {
		return ZoneMeasures{}
	}
	defer g.wipe()
	g.leaveOut(ignore)
	// in: 1 outside the zone or in its margin, 0 inside
	var in [maxGrid * maxGrid]uint8
	m := in[:g.w*g.h]
	g.paint(m, z)
	for i := range m {
		m[i] ^= 1
	}
	grow(m, g.w, g.h, zoneMargin)
	var hist [256]int
	var n, sum, sq int64
	for i, v := range g.v[:g.w*g.h] {
		if m[i]|g.off[i] == 0 {
			hist[v/fine]++
			n++
			sum += int64(v)
			sq += int64(v) * int64(v)
		}
	}
	if n == 0 {
		return ZoneMeasures{}
	}
	mean := float64(sum) / float64(n)
	r := ZoneMeasures{
		Samples: int(n),
		Median:  percentile(hist[:], int(n), 0.5),
		Sigma:   math.Sqrt(max(float64(sq)/float64(n)-mean*mean, 0)) / fine,
		Rough:   g.rough(m),
	}
	far := 0
	for v, c := range hist {
		if math.Abs(float64(v)-r.Median) > strangeLevel {
			far += c
		}
	}
	r.Strange = float64(far) / float64(n)
	return r
}

// rough is the mean second difference of the samples at 0 in m.
func (g *grid) rough(m []uint8) float64 {
	n, sum := 0, 0
	for y := range g.h {
		for i := y*g.w + 1; i < (y+1)*g.w-1; i++ {
			if m[i-1]|m[i]|m[i+1]|g.off[i] == 0 {
				d := 2*int(g.v[i]) - int(g.v[i-1]) - int(g.v[i+1])
				sum += max(d, -d)
				n++
			}
		}
	}
	return float64(sum) / float64(max(n, 1)*fine)
}

// roughLimit is how much a fill may seem to have of the picture's grain. In
// small, hard-compressed pictures the ringing of what lies beside a mask
// reaches into it. Black clips a wall's noise anyhow, so that grain tells
// little there, and the ringing must not look like it.
func (z ZoneMeasures) roughLimit() float64 {
	if z.Median <= blackMedian {
		return blackRough
	}
	return maskRough
}

// Masked judges whether a zone is masked: one steady colour inside, structure
// in the picture as a whole. looks and whole belong to the same key frames.
// A picture that is flat as a whole says nothing of a mask.
func Masked(looks []ZoneMeasures, whole []Measures) Verdict {
	if len(looks) == 0 || len(whole) == 0 {
		return unknown("no picture was measured")
	}
	margin := 1.0
	low, high := math.Inf(1), math.Inf(-1)
	for _, z := range looks {
		if z.Samples < zoneSamples {
			return unknown("the zone is too small in this picture")
		}
		if z.Strange >= openStrange {
			return Verdict{State: Open, Reason: "there is structure in the zone", Margin: clamp((z.Strange - openStrange) / (5 * openStrange))}
		}
		low, high = min(low, z.Median), max(high, z.Median)
		margin = min(margin, clamp(1-z.Strange/maskStrange), clamp(1-z.Sigma/maskSigma))
	}
	for _, w := range whole {
		if v := coveredOne(w); v.State != Open {
			return unknown("the whole picture is flat or dark")
		}
	}
	for _, z := range looks {
		switch {
		case z.Strange > maskStrange || z.Sigma > maskSigma:
			return unknown("the zone is almost of one colour, but not quite")
		case z.Rough > z.roughLimit():
			return unknown("the zone has the grain of the picture; it may be a bare wall")
		}
	}
	if high-low > steadyMedians {
		return unknown("the zone's colour changes; it may be a bare wall")
	}
	return Verdict{State: IsMasked, Margin: clamp(min(margin, 1-(high-low)/steadyMedians))}
}
