package picture

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/lensdop/lensdop/devices"
)

const (
	cellsX, cellsY = 32, 18
	cells          = cellsX * cellsY
	directions     = 4
	sub            = 4 // parts of a cell per direction, the step of a shift
	subX, subY     = cellsX * sub, cellsY * sub
	reachX, reachY = 12 * sub, 7 * sub // largest shift that is looked for

	stable     = 0.7 // share of the pictures in which a still edge is there
	edgeShare  = 30  // per cent of all cells and directions that can be edges
	minEdges   = 24  // edges that a reference needs
	minCells   = 30  // cells with an edge that a picture needs
	minOverlap = 0.4 // of the reference's cells

	refVersion = 1
	refSize    = 1 + cells*directions/8 + cells/8
)

// Reference is what is kept of a view: for each of 32 by 18 cells, which of
// four edge directions are there in most pictures, and whether that is sure.
// 361 bytes, without brightness; what moved is not in it.
type Reference struct {
	edge [cells * directions / 8]byte
	sure [cells / 8]byte
}

// Match is how well a picture fits a reference.
type Match struct {
	// Known is false if the picture or the reference has too few edges to tell.
	Known bool
	// Score is 0 for chance and 1 for the same still edges, at the best shift.
	Score float64
	// ShiftX and ShiftY are how far the scene has moved in the picture, as
	// fractions of its width and height; positive is right and down.
	ShiftX, ShiftY float64
}

// ErrTooPlain is returned by Learn for a view without edges to know it by.
var ErrTooPlain = errors.New("the view has too few still edges to know it again")

// fineCells holds, for each part of a cell and each direction, the summed edge
// strength, as an integral image; its owner wipes it.
type fineCells struct {
	sum  [directions][(subX + 1) * (subY + 1)]float32
	off  [(subX + 1) * (subY + 1)]float32 // share left out, integrated likewise
	peak float32                          // strength at which a cell counts fully
}

// Learn draws up the reference of a view from pictures taken over time, so
// that people and cars vanish. Parts in ignore are not used. One picture is
// enough to begin with, many are better.
func Learn(pictures []devices.Luma, ignore []devices.Zone) (*Reference, error) {
	var l Learner
	for _, p := range pictures {
		l.Add(p, ignore)
	}
	return l.Reference()
}

// Learner gathers a reference picture by picture, without keeping one.
type Learner struct {
	n     int
	count [cells * directions]uint16
	seen  [cells]uint16
}

// Add takes one picture in; it is left out if it has too few edges, as at night.
func (r *Learner) Add(l devices.Luma, ignore []devices.Zone) bool {
	var f fineCells
	defer f.wipe()
	if !f.fill(l, ignore) || r.n == math.MaxUint16 {
		return false
	}
	var v [cells * directions]float32
	limit := f.edges(&v)
	if plainPicture(&v, limit) {
		return false
	}
	r.n++
	for c := range cells {
		if f.leftOut(c%cellsX*sub, c/cellsX*sub) {
			continue
		}
		r.seen[c]++
		for d := range directions {
			if v[c*directions+d] > limit {
				r.count[c*directions+d]++
			}
		}
	}
	return true
}

// Reference gives what has been gathered so far, or ErrTooPlain.
func (r *Learner) Reference() (*Reference, error) {
	var ref Reference
	n := 0
	for c := range cells {
		seen := float64(r.seen[c])
		if r.n == 0 || seen < float64(r.n)/2 {
			continue
		}
		sure := true
		for d := range directions {
			share := float64(r.count[c*directions+d]) / seen
			sure = sure && (share >= stable || share <= 1-stable)
		}
		if !sure {
			continue
		}
		ref.sure[c/8] |= 1 << (c % 8)
		for d := range directions {
			if k := c*directions + d; float64(r.count[k]) >= stable*seen {
				ref.edge[k/8] |= 1 << (k % 8)
				n++
			}
		}
	}
	if n < minEdges {
		return nil, ErrTooPlain
	}
	return &ref, nil
}

// MarshalBinary writes a version and the bits.
func (r *Reference) MarshalBinary() ([]byte, error) {
	return append(append([]byte{refVersion}, r.edge[:]...), r.sure[:]...), nil
}

// UnmarshalBinary reads what MarshalBinary writes.
func (r *Reference) UnmarshalBinary(b []byte) error {
	if len(b) != refSize || b[0] != refVersion {
		return fmt.Errorf("a reference view of %d bytes that this version does not know; learn it again", len(b))
	}
	copy(r.edge[:], b[1:])
	copy(r.sure[:], b[1+len(r.edge):])
	return nil
}

// Match compares a picture with the reference at every shift up to three
// eighths of its size. Parts in ignore are not used.
func (r *Reference) Match(l devices.Luma, ignore []devices.Zone) Match {
	var f fineCells
	defer f.wipe()
	if !f.fill(l, ignore) {
		return Match{}
	}
	var v [cells * directions]float32
	limit := f.edges(&v)
	p := r.unpack()
	if p.edges < minEdges || plainPicture(&v, limit) {
		return Match{}
	}
	type at struct {
		x, y  int
		score float64
	}
	var best [4]at // falling
	for i := range best {
		best[i].score = math.Inf(-1)
	}
	try := func(x, y int) {
		s := p.score(&f, x, y)
		for i := range best {
			if best[i].x == x && best[i].y == y && best[i].score == s {
				return
			}
			if s > best[i].score {
				copy(best[i+1:], best[i:len(best)-1])
				best[i] = at{x, y, s}
				return
			}
		}
	}
	for y := -reachY; y <= reachY; y += 2 {
		for x := -reachX; x <= reachX; x += 2 {
			try(x, y)
		}
	}
	for _, b := range best {
		for y := -1; y <= 1; y++ {
			for x := -1; x <= 1; x++ {
				try(b.x+x, b.y+y)
			}
		}
	}
	b := best[0]
	if math.IsInf(b.score, 0) {
		return Match{}
	}
	return Match{Known: true, Score: clamp(b.score), ShiftX: float64(b.x) / subX, ShiftY: float64(b.y) / subY}
}

// plain is a reference taken apart for matching.
type plain struct {
	edges int
	sure  int
	cell  [cells]struct {
		sure bool
		bits [directions]float32
	}
}

func (r *Reference) unpack() *plain {
	p := &plain{}
	for c := range cells {
		if r.sure[c/8]>>(c%8)&1 == 0 {
			continue
		}
		p.cell[c].sure = true
		p.sure++
		for d := range directions {
			if k := c*directions + d; r.edge[k/8]>>(k%8)&1 == 1 {
				p.cell[c].bits[d] = 1
				p.edges++
			}
		}
	}
	return p
}

// score correlates reference and picture at a shift, each direction with its
// own mean, so that a common lean to upright and level edges counts for nothing.
func (p *plain) score(f *fineCells, x, y int) float64 {
	var sr, sf, srf, sff [directions]float32
	n := 0
	for cy := range cellsY {
		py := cy*sub + y
		if py < 0 || py > subY-sub {
			continue
		}
		for cx := range cellsX {
			px := cx*sub + x
			c := &p.cell[cy*cellsX+cx]
			if !c.sure || px < 0 || px > subX-sub || f.leftOut(px, py) {
				continue
			}
			n++
			for d := range directions {
				v := f.at(d, px, py)
				sr[d] += c.bits[d]
				sf[d] += v
				srf[d] += c.bits[d] * v
				sff[d] += v * v
			}
		}
	}
	if float64(n) < minOverlap*float64(p.sure) || n == 0 {
		return math.Inf(-1)
	}
	var cov, vr, vf float64
	for d := range directions {
		k := float64(n)
		cov += float64(srf[d]) - float64(sr[d])*float64(sf[d])/k
		vr += float64(sr[d]) - float64(sr[d])*float64(sr[d])/k
		vf += float64(sff[d]) - float64(sf[d])*float64(sf[d])/k
	}
	if vr <= 0 || vf <= 0 {
		return math.Inf(-1)
	}
	// A part of the picture fits by chance more easily than all of it.
	return cov / math.Sqrt(vr*vf) * (0.85 + 0.15*float64(n)/float64(p.sure))
}

func (f *fineCells) wipe() { *f = fineCells{} }

// fill measures edge strength and direction all over the picture. It tells
// whether there is a picture with structure: noise has edges too.
func (f *fineCells) fill(l devices.Luma, ignore []devices.Zone) bool {
	var g grid
	if !g.fill(l) {
		return false
	}
	defer g.wipe()
	g.leaveOut(ignore)
	if coveredOne(g.measure()).State != Open {
		return false
	}
	limit := float32(fine * 2 * max(3, 3.5*g.grain()))
	const row = subX + 1
	for y := 1; y < g.h-1; y++ {
		sy := y * subY / g.h
		for x := 1; x < g.w-1; x++ {
			i := y*g.w + x
			cell := (sy+1)*row + x*subX/g.w + 1
			if g.off[i] != 0 {
				f.off[cell]++
				continue
			}
			dx, dy := float32(g.v[i+1]-g.v[i-1]), float32(g.v[i+g.w]-g.v[i-g.w])
			ax, ay := max(dx, -dx), max(dy, -dy)
			if max(ax, ay) < limit {
				continue
			}
			d := 0
			switch {
			case ay < 0.4142*ax:
			case ax < 0.4142*ay:
				d = 2
			case (dx > 0) == (dy > 0):
				d = 1
			default:
				d = 3
			}
			// The root keeps one lamp from outshining a room.
			f.sum[d][cell] += float32(math.Sqrt(float64(max(ax, ay))))
		}
	}
	per := float32(g.w*g.h) / (subX * subY)
	for i := range f.off {
		f.off[i] /= per
	}
	integrate(f.off[:])
	for d := range f.sum {
		integrate(f.sum[d][:])
	}
	return true
}

func integrate(v []float32) {
	const row = subX + 1
	for y := 1; y <= subY; y++ {
		line := float32(0)
		for x := 1; x <= subX; x++ {
			line += v[y*row+x]
			v[y*row+x] = v[(y-1)*row+x] + line
		}
	}
}

func box(v []float32, x, y int) float32 {
	const row = subX + 1
	i, j := y*row+x, (y+sub)*row+x
	return max(v[j+sub]-v[j]-v[i+sub]+v[i], 0)
}

// leftOut tells whether too much of the cell at a place is to be ignored.
func (f *fineCells) leftOut(x, y int) bool { return box(f.off[:], x, y) > sub*sub/4 }

// at is the strength of a direction in the cell at a place, 0..1.
func (f *fineCells) at(d, x, y int) float32 {
	return min(box(f.sum[d][:], x, y)/f.peak, 1)
}

// edges reads the strength of all cells where they lie in the reference, sets
// the strength that counts fully, and returns the one that makes an edge.
func (f *fineCells) edges(v *[cells * directions]float32) (limit float32) {
	var sorted [cells * directions]float32
	for c := range cells {
		for d := range directions {
			v[c*directions+d] = box(f.sum[d][:], c%cellsX*sub, c/cellsX*sub)
		}
	}
	sorted = *v
	slices.Sort(sorted[:])
	f.peak = max(sorted[len(sorted)*9/10], 1)
	return max(sorted[len(sorted)*(100-edgeShare)/100], f.peak/4)
}

// plainPicture tells that a picture has too few edges to be known by.
func plainPicture(v *[cells * directions]float32, limit float32) bool {
	n := 0
	for c := range cells {
		if slices.Max(v[c*directions:(c+1)*directions]) > limit {
			n++
		}
	}
	return n < minCells
}

// SameView judges over several key frames whether a camera looks as its
// reference does. maxShift is the tolerance in both directions, as a fraction
// of the picture (rule LOC-3: max_shift). Most pictures must agree.
func SameView(ms []Match, maxShift float64) Verdict {
	var x, y, scores []float64
	known, strange := 0, 0
	for _, m := range ms {
		if !m.Known {
			continue
		}
		known++
		switch {
		case m.Score >= matchScore:
			x, y, scores = append(x, m.ShiftX), append(y, m.ShiftY), append(scores, m.Score)
		case m.Score < strangeView:
			strange++
		}
	}
	switch {
	case len(ms) == 0:
		return unknown("no picture was compared")
	case 2*known <= len(ms):
		return unknown("too little structure in the picture, or in the reference")
	case 2*strange > known:
		return Verdict{State: Moved, Reason: "the picture does not show the reference view", Margin: clamp(float64(2*strange-known) / float64(known))}
	case 2*len(scores) <= known:
		return unknown("the picture fits the reference view only in part")
	}
	far := max(math.Abs(median(x)), math.Abs(median(y)))
	off := math.Abs(far-maxShift) / max(maxShift, 0.01)
	if far > maxShift {
		return Verdict{State: Moved, Reason: fmt.Sprintf("the view is shifted by %.0f %% of the picture", 100*far), Margin: clamp(off)}
	}
	return Verdict{State: Same, Margin: clamp(min(off, (median(scores)-matchScore)/(1-matchScore)))}
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}
