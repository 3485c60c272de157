package rules

import (
	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
)

// soundVerdicts judges each path of a camera: sound in the stream or in the
// device's settings is a fail. A path passes only if its stream was looked at
// and the settings do not contradict it; what the settings say alone is not
// enough, since devices accept and do not apply.
func soundVerdicts(f Camera) []verdict {
	list := unseen(f)
	var told []devices.Path // paths as the device lists them now
	if o, ok := f.Observation.Get(); ok {
		told, _ = o.Paths.Get()
	}
	settings := map[string]devices.Value[bool]{}
	for _, p := range told {
		settings[p.ID] = p.Sound
	}
	judge := func(p devices.Path, stream devices.Value[devices.Stream]) verdict {
		v := verdict{path: p.ID, status: Unproven}
		setting, said := p.Sound.Get()
		if o, ok := settings[p.ID]; ok {
			if on, known := o.Get(); known {
				setting, said = setting || on, true
			}
		}
		st, looked := stream.Get()
		switch {
		case looked && st.HasSound():
			v.status, v.reason = Fail, whySoundTrack
		case said && setting:
			v.status, v.reason = Fail, whySoundSet
		case looked:
			v.status, v.reason = Pass, "no sound track"
		case p.Kind == devices.PathSnapshot:
			v.status, v.reason = Pass, "a snapshot carries no sound"
		default:
			v.reason = stream.Why()
		}
		return v
	}
	looked := map[string]bool{}
	for _, p := range f.Paths {
		looked[p.Path.ID] = true
		list = append(list, judge(p.Path, p.Stream))
	}
	// Settings of paths that nobody looked at can still show a fail.
	for _, p := range told {
		if on, known := p.Sound.Get(); !looked[p.ID] && known && on {
			list = append(list, verdict{path: p.ID, status: Fail, reason: whySoundSet})
		}
	}
	return list
}

// sound is AUD-1: a camera whose protocol forbids sound carries none, on any path.
func sound(s *sheet) {
	for _, c := range s.Protocol.CamerasOf(s.Site) {
		why := Why{Article: article(c.Ref, s.site.Ref)}
		for _, p := range s.Protocol.Processing {
			if p.ID != c.Processing {
				continue
			}
			for _, u := range p.ProhibitedUses {
				if u.ID == "covert" && u.Ref != "" {
					why.Article = u.Ref
				}
			}
		}
		if c.Sound == policy.SoundAllowed {
			s.add("", Finding{Target: Target{Camera: c.ID}, Why: why, Status: NotApplicable, Text: say("Camera %s mag volgens het protocol geluid opnemen.", "La caméra %s peut enregistrer du son selon le protocole.", "The protocol lets camera %s record sound.", c.ID)})
			continue
		}
		list := soundVerdicts(s.camera(c.ID))
		w := worst(list)
		finding := Finding{Target: Target{Camera: c.ID, Path: w.path}, Why: why, Status: w.status, Evidence: evidence("stream", list)}
		switch w.status {
		case Pass:
			finding.Text = say("Camera %s heeft op geen enkel pad geluid.", "La caméra %s n'a de son sur aucun flux.", "Camera %s has no sound on any path.", c.ID)
		case Fail:
			finding.Text = say("Camera %s heeft geluid op pad %s: %s.", "La caméra %s a du son sur le flux %s: %s.", "Camera %s has sound on path %s: %s.", c.ID, w.path, words(w.reason))
			finding.Remedy = policy.Text{NL: "Haal in de camera de geluidsinstelling uit het profiel en schakel de microfoon uit.", FR: "Retirez le son du profil de la caméra et désactivez le microphone.", EN: "Take the sound out of the camera's profile and switch the microphone off."}
		default:
			finding.Text = say("Of camera %s geluid heeft is niet aangetoond%s: %s.", "L'absence de son de la caméra %s n'est pas prouvée%s: %s.", "Whether camera %s has sound is unproven%s: %s.", c.ID, onPath(w), words(w.reason))
			finding.Remedy = lookRemedy()
		}
		s.add("", finding)
	}
}
