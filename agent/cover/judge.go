package cover

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/devices/picture"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/wire"
)

// What is shown of a part of a camera, or of one path.
const (
	Closed   = "closed"
	Open     = "open"
	Unproven = "unproven"
)

// Judgement is what is shown of a camera, over all its paths.
type Judgement struct {
	// Shown per part: the worst of all paths.
	Shown map[string]string
	Paths []wire.PathState
	// Obeys tells that everything that is ordered and required is shown.
	Obeys bool
	// Why tells in words what is not shown; empty if Obeys.
	Why string
}

// Judge says what is shown. It is pure. A camera without a single path that
// was looked at shows nothing.
func Judge(want devices.Cover, required []string, sights map[string]Sight) Judgement {
	j := Judgement{Shown: map[string]string{}, Obeys: true}
	ids := make([]string, 0, len(sights))
	for id := range sights {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	pictures, sounds := []string{}, []string{}
	var why []string
	for _, id := range ids {
		s := sights[id]
		shown, reason := PathShown(want, s)
		p := wire.PathState{Path: id, At: s.At, Shown: shown, Reason: reason, Sound: soundOf(s)}
		j.Paths = append(j.Paths, p)
		pictures = append(pictures, shown)
		if s.Path.Kind == devices.PathStream {
			sounds = append(sounds, map[string]string{"none": Closed, "present": Open, Unproven: Unproven}[p.Sound])
		}
		if (want.Whole || len(want.Zones) > 0) && shown != Closed {
			why = append(why, fmt.Sprintf("%s is %s: %s", id, shown, reason))
		}
		if want.Sound && p.Sound != "none" && s.Path.Kind == devices.PathStream {
			why = append(why, fmt.Sprintf("%s: sound is %s", id, p.Sound))
		}
	}
	j.Shown[policy.PartPicture] = worst(pictures)
	j.Shown[policy.PartSound] = worst(sounds)
	j.Obeys = obeys(want, required, j.Shown)
	if !j.Obeys {
		j.Why = strings.Join(why, "; ")
		if len(sights) == 0 {
			j.Why = "no path of the camera was looked at"
		}
	}
	return j
}

// Nothing is the judgement of a camera that was not looked at, and why.
func Nothing(want devices.Cover, required []string, why string) Judgement {
	j := Judge(want, required, nil)
	j.Why = why
	return j
}

func obeys(want devices.Cover, required []string, shown map[string]string) bool {
	if (want.Whole || len(want.Zones) > 0) && slices.Contains(required, policy.PartPicture) && shown[policy.PartPicture] != Closed {
		return false
	}
	return !want.Sound || !slices.Contains(required, policy.PartSound) || shown[policy.PartSound] == Closed
}

// worst of several paths: one open path opens the camera, and one that was not
// shown leaves it unproven.
func worst(shown []string) string {
	switch {
	case slices.Contains(shown, Open):
		return Open
	case len(shown) == 0 || slices.Contains(shown, Unproven):
		return Unproven
	default:
		return Closed
	}
}

// PathShown says what a path shows of what is ordered: of the whole picture,
// of the zones, or, if nothing is ordered, whether it is open.
func PathShown(want devices.Cover, s Sight) (shown, reason string) {
	if want.Whole || len(want.Zones) == 0 {
		switch {
		case s.Cover.Closed():
			return Closed, string(s.Cover.State)
		case s.Cover.State == picture.Open:
			return Open, "the picture shows structure"
		default:
			return Unproven, s.Cover.Reason
		}
	}
	each := make([]string, 0, len(want.Zones))
	for _, z := range want.Zones {
		v := s.Masks[z.ID]
		state := map[picture.State]string{picture.IsMasked: Closed, picture.Open: Open}[v.State]
		if state == "" {
			state = Unproven
		}
		each = append(each, state)
		if state != Closed && reason == "" {
			reason = "mask " + z.ID + ": " + v.Reason
		}
	}
	return worst(each), reason
}

func soundOf(s Sight) string {
	st, ok := s.Stream.Get()
	switch {
	case !ok:
		return Unproven
	case st.HasSound():
		return "present"
	default:
		return "none"
	}
}
