package cover

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/devices/picture"
	"github.com/lensdop/lensdop/devices/rtsp"
)

// Eyes look at one path and hand over each picture, which must not be kept.
type Eyes interface {
	Look(ctx context.Context, t rtsp.Target, o rtsp.Options, see func(devices.Luma)) (devices.Stream, error)
	Snapshot(ctx context.Context, t rtsp.Target, see func(devices.Luma)) (devices.Stream, error)
}

// Request is one look at one path.
type Request struct {
	Camera string
	Path   devices.Path
	Target rtsp.Target // its URL is taken from Path
	Want   devices.Cover
	Ignore []devices.Zone // overlays, in the source's coordinates
	// Reference of the path's open picture; nil if none is known.
	Reference *picture.Reference
	MaxShift  float64 // fraction of the picture's width
	Frames    int
	Limit     time.Duration
}

// Sight is what one look at one path showed: verdicts only. The measures they
// rest on are gone with the pictures.
type Sight struct {
	Path   devices.Path
	At     time.Time
	Stream devices.Value[devices.Stream]
	// Cover tells whether the whole picture is covered.
	Cover picture.Verdict
	// Masks tells per ordered zone whether it is covered in this path's picture.
	Masks map[string]picture.Verdict
	// View tells whether the camera still looks at what it did, and Shift by
	// how much its picture has moved, as a fraction of the larger of its
	// sides' moves; it means something only if View is not unknown.
	View  picture.Verdict
	Shift float64
	// Learned is a first reference of an open picture, if one was wanted.
	Learned *picture.Reference
}

// Look looks at one path once.
func Look(ctx context.Context, eyes Eyes, r Request) Sight {
	s := Sight{Path: r.Path, Masks: map[string]picture.Verdict{}}
	window, ok := r.Path.Window.Get()
	if !ok {
		return s.blind(r, "which part of the picture this path shows is unknown: "+r.Path.Window.Why())
	}
	ignore := make([]devices.Zone, len(r.Ignore))
	for i, z := range r.Ignore {
		ignore[i] = z.In(window)
	}
	zones := make([]devices.Zone, len(r.Want.Zones))
	for i, z := range r.Want.Zones {
		zones[i] = z.In(window)
	}
	// What is masked belongs to no view.
	outside := append(append([]devices.Zone{}, ignore...), zones...)

	var whole []picture.Measures
	var matches []picture.Match
	masks := make([][]picture.ZoneMeasures, len(zones))
	var learner picture.Learner
	r.Target.URL = r.Path.URL
	see := func(l devices.Luma) {
		whole = append(whole, picture.Measure(l, ignore))
		for i, z := range zones {
			masks[i] = append(masks[i], picture.MeasureZone(l, z, ignore))
		}
		if r.Reference != nil {
			matches = append(matches, r.Reference.Match(l, outside))
		} else {
			learner.Add(l, outside)
		}
	}
	st, err := r.look(ctx, eyes, see)
	if err != nil && len(st.Tracks) == 0 { // not described: nothing is known of its sound either
		s.Stream = devices.Unreadable[devices.Stream](err)
	} else {
		s.Stream = devices.Of(st)
	}
	if err != nil {
		return s.blind(r, err.Error())
	}
	s.Cover = picture.Covered(whole, matches)
	for i, z := range r.Want.Zones {
		s.Masks[z.ID] = picture.Masked(masks[i], whole)
	}
	s.View = picture.SameView(matches, r.MaxShift)
	for _, m := range matches {
		s.Shift = max(s.Shift, math.Abs(m.ShiftX), math.Abs(m.ShiftY))
	}
	if r.Reference == nil {
		s.View = picture.Verdict{State: picture.Unknown, Reason: "no reference view is known yet"}
		if !r.Want.Whole && s.Cover.State == picture.Open {
			if s.Learned, err = learner.Reference(); err != nil {
				s.View.Reason = err.Error()
			}
		}
	}
	return s
}

func (r Request) look(ctx context.Context, eyes Eyes, see func(devices.Luma)) (devices.Stream, error) {
	ctx, cancel := context.WithTimeout(ctx, r.Limit)
	defer cancel()
	switch r.Path.Kind {
	case devices.PathStream:
		return eyes.Look(ctx, r.Target, rtsp.Options{Frames: r.Frames, Limit: r.Limit}, see)
	case devices.PathSnapshot:
		return eyes.Snapshot(ctx, r.Target, see)
	default:
		return devices.Stream{}, errors.New("this kind of path cannot be looked at")
	}
}

// Outdated is the sight with its verdicts on the picture taken back: what is
// ordered has changed since.
func (s Sight) Outdated() Sight {
	unknown := picture.Verdict{State: picture.Unknown, Reason: "not looked at since the order changed"}
	masks := map[string]picture.Verdict{}
	for id := range s.Masks {
		masks[id] = unknown
	}
	s.Cover, s.View, s.Masks = unknown, unknown, masks
	return s
}

// Blind is the sight of a path that cannot be looked at, and why.
func Blind(r Request, why string) Sight {
	return Sight{Path: r.Path, Masks: map[string]picture.Verdict{}}.blind(r, why)
}

// blind is a sight of nothing: every verdict is unknown, with the reason.
func (s Sight) blind(r Request, why string) Sight {
	unknown := picture.Verdict{State: picture.Unknown, Reason: why}
	s.Cover, s.View = unknown, unknown
	for _, z := range r.Want.Zones {
		s.Masks[z.ID] = unknown
	}
	if _, ok := s.Stream.Get(); !ok && s.Stream.Why() == "not asked" {
		s.Stream = devices.Unreadable[devices.Stream](errors.New(why))
	}
	return s
}
