package rules

import (
	"slices"

	"github.com/lensdop/lensdop/policy"
)

// covered is BLK-1: while a window is in force every part that the protocol
// requires is shown closed on every path. No stream is unproven, never covered.
// Without a window the protocol's obligation decides (conflict 17 of the rule
// catalogue).
func covered(s *sheet) {
	for _, c := range s.Protocol.CamerasOf(s.Site) {
		f := s.camera(c.ID)
		why := Why{Article: article(s.Protocol.Blackout.Ref)}
		if !f.Ordered.Whole {
			s.uncovered(c)
			continue
		}
		list := unseen(f)
		if slices.Contains(c.Required, policy.PartPicture) {
			for _, p := range f.Paths {
				v := verdict{path: p.Path.ID, status: Unproven, reason: orUnknown(p.Cover.Reason), numbers: p.Cover.Numbers}
				switch p.Cover.Verdict {
				case ShownClosed:
					v.status = Pass
				case ShownOpen:
					v.status = Fail
				default:
				}
				list = append(list, v)
			}
		}
		kinds := evidence("cover", list)
		if slices.Contains(c.Required, policy.PartSound) {
			heard := soundVerdicts(f)
			list = append(list, heard...)
			kinds = append(kinds, evidence("stream", heard)...)
		}
		w := worst(list)
		finding := Finding{Target: Target{Camera: c.ID, Path: w.path}, Why: why, Status: w.status, Since: f.Since, Evidence: kinds}
		switch w.status {
		case Pass:
			finding.Text = say("Camera %s is sinds %s op elk pad afgeplakt te zien.", "La caméra %s est occultée sur chaque flux (période depuis %s).", "Camera %s is seen covered on every path; the window began at %s.", c.ID, s.when(f.Since))
		case Fail:
			finding.Text = say("Camera %s moet sinds %s zijn afgeplakt, maar is dat op pad %s niet: %s.", "La caméra %s doit être occultée depuis %s, mais ne l'est pas sur le flux %s: %s.", "Camera %s must be covered since %s, but on path %s it is not: %s.", c.ID, s.when(f.Since), orUnknown(w.path), words(w.reason))
			finding.Remedy = coverRemedy()
		default:
			finding.Text = say("Camera %s moet sinds %s zijn afgeplakt; dat is niet aangetoond%s: %s.", "La caméra %s doit être occultée depuis %s; ce n'est pas prouvé%s: %s.", "Camera %s must be covered since %s; that is unproven%s: %s.", c.ID, s.when(f.Since), onPath(w), words(w.reason))
			finding.Remedy = coverRemedy()
		}
		s.add("", finding)
	}
	s.instants()
}

func coverRemedy() policy.Text {
	return policy.Text{
		NL: "Plak de camera nu met de hand af, ook de microfoon, en laat daarna het apparaat nakijken.",
		FR: "Occultez la caméra à la main maintenant, microphone compris, puis faites vérifier l'appareil.",
		EN: "Cover the camera by hand now, its microphone too, and have the device checked afterwards.",
	}
}
