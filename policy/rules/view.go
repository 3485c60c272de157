package rules

import (
	"fmt"
	"strings"

	"github.com/lensdop/lensdop/policy"
)

// verdict on one path, so that the worst can be found.
type verdict struct {
	path    string
	status  Status
	reason  string
	numbers map[string]float64
}

// worst path: a fail outweighs an unproven, which outweighs a pass. What could
// not be looked at at all comes in as verdicts too, so an empty list is unproven.
func worst(list []verdict) verdict {
	if len(list) == 0 {
		return verdict{status: Unproven, reason: whyNoPath}
	}
	w := list[0]
	for _, v := range list[1:] {
		if statusRank(v.status) > statusRank(w.status) {
			w = v
		}
	}
	return w
}

// unseen gives an unproven verdict for each reason why not every path of a
// camera was looked at.
func unseen(f Camera) []verdict {
	if why := f.whyNot(); why != "" {
		return []verdict{{status: Unproven, reason: why}}
	}
	missed, known := f.missed()
	if !known {
		return []verdict{{status: Unproven, reason: whyPathsUnknown}}
	}
	var out []verdict
	for _, p := range missed {
		out = append(out, verdict{path: p, status: Unproven, reason: whyNotLooked})
	}
	return out
}

// view is LOC-3: the picture shows what the reference shows, and every mask is
// in the picture, on every path; people appear no larger than the protocol
// allows. A mask of one preset counts only when it was seen there. While the
// whole picture is covered there is nothing to compare.
func view(s *sheet) {
	for _, c := range s.Protocol.CamerasOf(s.Site) {
		f := s.camera(c.ID)
		why := Why{Article: article(c.Ref, s.site.Ref)}
		if f.Ordered.Whole {
			covered := say("Het hele beeld van camera %s is afgeplakt: er is niets te vergelijken.", "Toute l'image de la caméra %s est occultée: il n'y a rien à comparer.", "The whole picture of camera %s is covered: there is nothing to compare.", c.ID)
			s.add("view", Finding{Target: Target{Camera: c.ID}, Why: why, Status: NotApplicable, Text: covered, Since: f.Since})
			for _, m := range c.Masks {
				s.add("mask", Finding{Target: Target{Camera: c.ID, Zone: m.ID}, Why: why, Status: NotApplicable, Text: covered, Since: f.Since})
			}
			for _, v := range c.Views {
				for _, m := range v.Masks {
					s.add(presetAspect(v), Finding{Target: Target{Camera: c.ID, Zone: m.ID}, Why: why, Status: NotApplicable, Text: covered, Since: f.Since})
				}
			}
			if c.MaxDetail > 0 {
				s.add("detail", Finding{Target: Target{Camera: c.ID}, Why: why, Status: NotApplicable, Text: covered, Since: f.Since})
			}
			continue
		}
		moved(s, c, f, why)
		detail(s, c, f, why)
		for _, m := range c.Masks {
			masked(s, "mask", m.ID, c, m, f, Why{Article: article(m.Ref, c.Ref, s.site.Ref)})
		}
		for _, v := range c.Views {
			for _, m := range v.Masks {
				masked(s, presetAspect(v), PresetMask(v.ID, m.ID), c, m, f, Why{Article: article(m.Ref, v.Ref, c.Ref, s.site.Ref)})
			}
		}
	}
}

func moved(s *sheet, c policy.Camera, f Camera, why Why) {
	list := unseen(f)
	for _, p := range f.Paths {
		v := verdict{path: p.Path.ID, status: Unproven, reason: orUnknown(p.View.Reason), numbers: p.View.Numbers}
		shift, measured := p.View.Numbers[NumberShift]
		switch {
		case p.View.Verdict == ViewMoved, p.View.Verdict == ViewSame && measured && shift > c.View.MaxShift:
			v.status = Fail
		case p.View.Verdict == ViewSame:
			v.status = Pass
		default:
		}
		list = append(list, v)
	}
	w := worst(list)
	finding := Finding{Target: Target{Camera: c.ID, Path: w.path}, Why: why, Status: w.status, Evidence: evidence("view", list)}
	amount := ""
	if shift, ok := w.numbers[NumberShift]; ok {
		amount = fmt.Sprintf(" (%.2f > %.2f)", shift, c.View.MaxShift)
		if shift <= c.View.MaxShift {
			amount = fmt.Sprintf(" (%.2f ≤ %.2f)", shift, c.View.MaxShift)
		}
	}
	switch w.status {
	case Pass:
		finding.Text = say("Camera %s toont op elk pad haar vastgelegde beeld%s.", "La caméra %s montre sa vue de référence sur chaque flux%s.", "Camera %s shows its reference view on every path%s.", c.ID, amount)
	case Fail:
		finding.Text = say("Camera %s toont op pad %s een ander beeld dan is vastgelegd%s: %s.", "La caméra %s montre sur le flux %s une autre vue que la référence%s: %s.", "Camera %s shows on path %s another view than its reference%s: %s.", c.ID, orUnknown(w.path), amount, words(w.reason))
		finding.Remedy = policy.Text{NL: "Richt de camera zoals in het protocol. Is de verandering bedoeld, leg het beeld opnieuw vast en pas de maskers aan.", FR: "Orientez la caméra comme le prévoit le protocole. Si le changement est voulu, refaites la vue de référence et adaptez les masques.", EN: "Point the camera as the protocol says. If the change is meant, take the reference view again and adapt the masks."}
	default:
		finding.Text = say("Of camera %s haar vastgelegde beeld toont is niet aangetoond%s: %s.", "Il n'est pas prouvé que la caméra %s montre sa vue de référence%s: %s.", "Whether camera %s shows its reference view is unproven%s: %s.", c.ID, onPath(w), words(w.reason))
		finding.Remedy = lookRemedy()
	}
	s.add("view", finding)
}

// PresetMask is the key in Path.Masks of a mask that belongs to one preset of a
// camera that turns.
func PresetMask(view, mask string) string { return view + "/" + mask }

func presetAspect(v policy.CameraView) string { return "mask/" + v.ID }

// masked judges one mask; key is its key in Path.Masks.
func masked(s *sheet, aspect, key string, c policy.Camera, m policy.Mask, f Camera, why Why) {
	list := unseen(f)
	for _, p := range f.Paths {
		have, looked := p.Masks[key]
		v := verdict{path: p.Path.ID, status: Unproven, reason: orUnknown(have.Reason), numbers: have.Numbers}
		if !looked {
			v.reason = whyNotLooked
		}
		switch have.Verdict {
		case Masked:
			v.status = Pass
		case MaskOpen:
			v.status = Fail
		default:
		}
		list = append(list, v)
	}
	w := worst(list)
	finding := Finding{Target: Target{Camera: c.ID, Zone: m.ID, Path: w.path}, Why: why, Status: w.status, Evidence: evidence("mask", list)}
	switch w.status {
	case Pass:
		finding.Text = say("Masker %s van camera %s is op elk pad in beeld te zien.", "Le masque %s de la caméra %s est visible sur chaque flux.", "Mask %s of camera %s is in the picture on every path.", m.ID, c.ID)
	case Fail:
		finding.Severity = Critical
		finding.Text = say("Masker %s van camera %s ontbreekt op pad %s: %s.", "Le masque %s de la caméra %s manque sur le flux %s: %s.", "Mask %s of camera %s is missing on path %s: %s.", m.ID, c.ID, orUnknown(w.path), words(w.reason))
		finding.Remedy = policy.Text{NL: "Lensdop zet het masker opnieuw. Blijft het weg, dek het deel van het beeld met de hand af en laat de camera nakijken.", FR: "Lensdop remet le masque. S'il manque toujours, occultez cette partie à la main et faites vérifier la caméra.", EN: "Lensdop sets the mask again. If it stays away, cover that part by hand and have the camera checked."}
	default:
		finding.Text = say("Of masker %s van camera %s in beeld is, is niet aangetoond%s: %s.", "La présence du masque %s de la caméra %s à l'image n'est pas prouvée%s: %s.", "Whether mask %s of camera %s is in the picture is unproven%s: %s.", m.ID, c.ID, onPath(w), words(w.reason))
		finding.Remedy = lookRemedy()
	}
	s.add(aspect, finding)
}

func evidence(kind string, list []verdict) []Evidence {
	var out []Evidence
	for _, v := range list {
		out = append(out, Evidence{Kind: kind, Path: v.path, Value: strings.TrimSuffix(string(v.status)+": "+v.reason, ": "), Numbers: v.numbers})
	}
	return out
}

func onPath(w verdict) string {
	if w.path == "" {
		return ""
	}
	return " (" + w.path + ")"
}

func lookRemedy() policy.Text {
	return policy.Text{
		NL: "Zorg dat de gateway de camera bereikt, mag inloggen en elk pad kan bekijken.",
		FR: "Faites en sorte que la passerelle atteigne la caméra, puisse se connecter et examiner chaque flux.",
		EN: "Make sure that the gateway reaches the camera, may log in and can look at every path.",
	}
}
