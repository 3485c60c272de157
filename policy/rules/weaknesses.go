package rules

import (
	"strings"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
)

// weaknesses is the part of SEC-1 on holes that the firmware notes know. What
// they do not know is no sign that there is none.
func weaknesses(s *sheet) {
	for _, c := range s.Protocol.CamerasOf(s.Site) {
		f := s.camera(c.ID)
		holes, ok := need(s, "hole", Target{Camera: c.ID}, FactNotes, f.Holes)
		if !ok {
			continue
		}
		info, ok := need(s, "hole", Target{Camera: c.ID}, FactDevice, f.Info)
		if !ok {
			continue
		}
		at, fresh := s.asked(f)
		if !at.IsZero() && !fresh {
			s.add("hole", Finding{Target: Target{Camera: c.ID}, Title: holeTitle(), Status: Unproven, Text: s.stale(f, at, FactDevice), Remedy: lookRemedy()})
			continue
		}
		if len(holes) == 0 {
			s.noHole(c, f, info)
		}
		for _, h := range holes {
			s.hole(c, info, h, Evidence{Kind: "firmware", Value: deviceOf(info), Collected: at})
		}
	}
}

func holeTitle() policy.Text {
	return policy.Text{NL: "Firmware met een bekend lek", FR: "Micrologiciel avec une faille connue", EN: "Firmware with a known hole"}
}

// noHole tells that the notes name no hole, or that there is no note.
func (s *sheet) noHole(c policy.Camera, f Camera, info devices.Info) {
	out := Finding{Target: Target{Camera: c.ID}, Title: holeTitle(), Why: Why{Article: article(c.Firmware.Ref)}}
	if len(f.Notes) == 0 {
		out.Status, out.Undelivered = Unproven, true
		out.Text = say(
			`Over het apparaat van camera %s ("%s") is er geen notitie: of zijn firmware een lek heeft, is hier niet bekend.`,
			`Aucune note ne parle de l'appareil de la caméra %s ("%s"): on ignore ici si son micrologiciel a une faille.`,
			`There is no note on the device of camera %s ("%s"): whether its firmware has a hole is not known here.`, c.ID, deviceOf(info))
		out.Remedy = policy.Text{NL: "Volg zelf de beveiligingsberichten van de fabrikant.", FR: "Suivez vous-même les avis de sécurité du fabricant.", EN: "Follow the maker's security notices yourself."}
	} else {
		out.Status = Pass
		out.Evidence = []Evidence{{Kind: "firmware", Value: deviceOf(info)}, {Kind: "firmware", Value: "firmware-notes/" + strings.Join(f.Notes, ", ")}}
		out.Text = say(
			`De notities noemen geen lek in firmware "%[2]s" van camera %[1]s. Dat er geen is, zeggen zij niet.`,
			`Les notes ne mentionnent pas de faille dans le micrologiciel "%[2]s" de la caméra %[1]s. Elles ne disent pas qu'il n'y en a pas.`,
			`The notes name no hole in firmware "%[2]s" of camera %[1]s. They do not say that there is none.`, c.ID, info.Firmware)
	}
	s.add("hole", out)
}

// hole is the finding on one known weakness.
func (s *sheet) hole(c policy.Camera, info devices.Info, h Hole, seen Evidence) {
	rests := policy.Text{NL: "Dit is gelezen, niet beproefd", FR: "Cela a été lu, pas essayé", EN: "This was read, not tried"}
	if h.Basis == devices.BasisTried {
		rests = policy.Text{NL: "Dit is beproefd", FR: "Cela a été essayé", EN: "This was tried"}
	}
	name, subject := policy.Text{NL: "zonder CVE-nummer", FR: "sans numéro CVE", EN: "without a CVE number"}, h.Note+"/"+h.ID
	if h.CVE != "" {
		name, subject = policy.Text{NL: h.CVE, FR: h.CVE, EN: h.CVE}, h.CVE
	}
	safe := policy.Text{NL: "Een firmware zonder dit lek is niet bekend.", FR: "On ne connaît pas de micrologiciel sans cette faille.", EN: "No firmware without it is known."}
	if h.Safe != "" {
		safe = say(`Firmware zonder dit lek: "%s".`, `Micrologiciel sans cette faille: "%s".`, `Firmware without it: "%s".`, h.Safe)
	}
	f := Finding{
		Target: Target{Camera: c.ID, Subject: subject}, Title: holeTitle(), Why: Why{Article: article(c.Firmware.Ref)},
		Evidence: []Evidence{seen, {Kind: "firmware", Value: "firmware-notes/" + h.Note + " (" + string(h.Basis) + "): " + h.Source}},
	}
	has, known := h.Has.Get()
	switch {
	case known && has:
		f.Status = Fail
		f.Text = say(
			`Firmware "%[2]s" van camera %[1]s heeft een bekend lek (%[3]s): "%[4]s" %[5]s (notitie %[6]s). %[7]s`,
			`Le micrologiciel "%[2]s" de la caméra %[1]s a une faille connue (%[3]s): "%[4]s" %[5]s (note %[6]s). %[7]s`,
			`Firmware "%[2]s" of camera %[1]s has a known hole (%[3]s): "%[4]s" %[5]s (note %[6]s). %[7]s`,
			c.ID, info.Firmware, name, h.Text, rests, h.Note, safe)
		f.Remedy = policy.Text{NL: "Vraag de fabrikant om firmware zonder dit lek. Laat tot dan alleen de gateway en de recorder bij de camera.", FR: "Demandez au fabricant un micrologiciel sans cette faille. D'ici là, ne laissez accéder à la caméra que la passerelle et l'enregistreur.", EN: "Ask the maker for firmware without this hole. Until then let only the gateway and the recorder reach the camera."}
		if h.Safe != "" {
			f.Remedy = say(
				`Werk de firmware bij ("%s"), en controleer daarna de maskers. Laat tot dan alleen de gateway en de recorder bij de camera.`,
				`Mettez à jour le micrologiciel ("%s"), puis vérifiez les masques. D'ici là, ne laissez accéder à la caméra que la passerelle et l'enregistreur.`,
				`Update the firmware ("%s"), and check the masks afterwards. Until then let only the gateway and the recorder reach the camera.`, h.Safe)
		}
	case known: // the notes leave out what the firmware surely does not have
		f.Status = Pass
		f.Text = say(
			`Firmware "%[2]s" van camera %[1]s heeft dit bekende lek niet: %[3]s.`, `Le micrologiciel "%[2]s" de la caméra %[1]s n'a pas cette faille connue: %[3]s.`,
			`Firmware "%[2]s" of camera %[1]s does not have this known hole: %[3]s.`, c.ID, info.Firmware, name)
	default:
		f.Status = Unproven
		f.Text = say(
			`Of firmware "%[2]s" van camera %[1]s een bekend lek heeft is niet te zeggen (%[3]s): %[8]s. Het gaat om: "%[4]s" %[5]s (notitie %[6]s). %[7]s`,
			`Impossible de dire si le micrologiciel "%[2]s" de la caméra %[1]s a une faille connue (%[3]s): %[8]s. Il s'agit de: "%[4]s" %[5]s (note %[6]s). %[7]s`,
			`Whether firmware "%[2]s" of camera %[1]s has a known hole cannot be told (%[3]s): %[8]s. It is about: "%[4]s" %[5]s (note %[6]s). %[7]s`,
			c.ID, info.Firmware, name, h.Text, rests, h.Note, safe, words(h.Has.Why()))
		f.Remedy = policy.Text{NL: "Zoek bij de fabrikant op of deze firmware het lek heeft, en werk haar zo nodig bij.", FR: "Vérifiez auprès du fabricant si ce micrologiciel a la faille, et mettez-le à jour si nécessaire.", EN: "Look up at the maker's whether this firmware has the hole, and update it if needed."}
	}
	s.add("hole", f)
}
