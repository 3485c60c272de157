package picture

import (
	"fmt"
	"math"
	"slices"
)

// State is what a verdict says.
type State string

// The states of Covered, Masked and SameView.
const (
	Unknown     State = "unknown"
	DeviceBlack State = "device-black" // the device sends black
	LensCovered State = "lens-covered" // something flat is before the lens
	Open        State = "open"         // there is something to see
	IsMasked    State = "masked"       // one colour inside, structure outside
	Same        State = "same"         // the reference view, within the tolerance
	Moved       State = "moved"        // not the reference view, or too far off
)

// Verdict is the answer to one question about one or more pictures.
type Verdict struct {
	State  State
	Reason string // in words; for unknown always there
	// Margin is how far the pictures are from the threshold at which the
	// state would change: 0 at the threshold, 1 as far as can be.
	Margin float64
}

// Closed tells that nothing can be seen.
func (v Verdict) Closed() bool { return v.State == DeviceBlack || v.State == LensCovered }

func unknown(reason string) Verdict { return Verdict{State: Unknown, Reason: reason} }

func clamp(x float64) float64 {
	if math.IsNaN(x) {
		return 0
	}
	return min(max(x, 0), 1)
}

// Covered judges whether a picture is covered as a whole, over several key
// frames. The least covered one decides. The matches are those of the same
// key frames with the reference view; none means that no reference is known.
// A dark picture that is not the black of a device is unknown: night is not a
// cover (rules: darkness proves nothing).
func Covered(looks []Measures, m []Match) Verdict {
	if len(looks) == 0 {
		return unknown("no picture was measured")
	}
	for _, k := range m {
		if k.Known && k.Score >= matchScore {
			return Verdict{State: Open, Reason: "the picture matches the reference view", Margin: clamp((k.Score - matchScore) / (1 - matchScore))}
		}
	}
	worst := Verdict{State: DeviceBlack, Margin: 1}
	for _, l := range looks {
		v := coveredOne(l)
		if r, w := rank(v.State), rank(worst.State); r > w || r == w && v.Margin < worst.Margin {
			worst = v
		}
	}
	return worst
}

// rank orders the states from covered to open.
func rank(s State) int {
	return slices.Index([]State{DeviceBlack, LensCovered, Unknown, Open}, s)
}

func coveredOne(l Measures) Verdict {
	// How far into structure: 0 at the limit for flat, 1 at the limit for open.
	into := max((l.Edges-flatEdges)/(openEdges-flatEdges), (l.Lines-flatLines)/(openLines-flatLines))
	switch {
	case !l.Measured:
		return unknown("the picture is too small, or left out entirely")
	case into >= 1:
		return Verdict{State: Open, Margin: clamp(max((l.Edges-openEdges)/openEdges, (l.Lines-openLines)/openLines) / 3)}
	case l.High <= blackHigh && l.Sigma <= blackSigma:
		return Verdict{State: DeviceBlack, Margin: clamp(min(1-l.High/(blackHigh+1), 1-l.Sigma/blackSigma))}
	case l.Median < darkMedian:
		return unknown("dark")
	case into > 0:
		return unknown(fmt.Sprintf("little structure, most at %.0f %% from the left and %.0f %% from the top", 100*l.PeakX, 100*l.PeakY))
	}
	return Verdict{State: LensCovered, Margin: clamp(min(1-l.Edges/flatEdges, 1-l.Lines/flatLines, (l.Median-darkMedian)/darkMedian))}
}
