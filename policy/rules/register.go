package rules

import (
	"fmt"
	"strings"
	"time"

	"github.com/lensdop/lensdop/policy"
)

// unregistered is REG-1: every camera on the site's networks is in the
// register. It passes only if every network of the site was searched.
func unregistered(s *sheet) {
	found := identity(s)
	for _, d := range s.Found {
		device := d.Endpoint
		if device == "" {
			device = d.Address
		}
		lenses, known := d.Lenses.Get()
		evidence := []Evidence{{Kind: "network", Value: strings.TrimSpace(d.Address + " " + d.Interface), Collected: d.LastSeen}}
		switch {
		case d.onlyHinted():
			found = true
			hinted(s, d, device, evidence)
		case d.stranger():
			found = true
			name := ""
			if d.Name != "" {
				name = fmt.Sprintf(" (%s)", d.Name)
			}
			s.add("", Finding{
				Target: Target{Device: device}, Status: Fail, Since: d.FirstSeen, Evidence: evidence,
				Text: say(
					"Op %s%s antwoordt een camera die niet in het register staat: mogelijk een verborgen camera. Gezien via %s sinds %s.",
					"À l'adresse %s%s répond une caméra qui ne figure pas au registre: peut-être une caméra cachée. Vue par %s depuis %s.",
					"At %s%s a camera answers that is not in the register: possibly a hidden camera. Seen by %s since %s.",
					d.Address, name, orUnknown(d.Interface), s.when(d.FirstSeen)),
				Remedy: policy.Text{
					NL: "Zoek de camera op. Hoort hij er, zet hem dan in het protocol; hoort hij er niet, haal hem weg en meld het aan de functionaris gegevensbescherming.",
					FR: "Recherchez la caméra. Si elle est légitime, inscrivez-la au protocole; sinon, retirez-la et avertissez le délégué à la protection des données.",
					EN: "Find the camera. If it belongs there, enter it in the protocol; if not, remove it and tell the data protection officer.",
				},
			})
		case known && lenses > d.registered():
			found = true
			s.add("lenses", Finding{
				Target: Target{Device: device}, Status: Fail, Since: d.FirstSeen,
				Evidence: append(evidence, Evidence{Kind: "setting", Value: "video sources", Numbers: map[string]float64{"lenses": float64(lenses), "registered": float64(d.registered())}, Collected: d.LastSeen}),
				Text: say(
					"Het apparaat op %s heeft %d lenzen, waarvan er %d in het register staan.",
					"L'appareil à l'adresse %s a %d objectifs, dont %d au registre.",
					"The device at %s has %d lenses, of which %d are in the register.",
					d.Address, lenses, d.registered()),
				Remedy: policy.Text{
					NL: "Zet elke lens als camera in het protocol, of schakel hem uit.",
					FR: "Inscrivez chaque objectif comme caméra au protocole, ou désactivez-le.",
					EN: "Enter each lens as a camera in the protocol, or switch it off.",
				},
			})
		case !known:
			found = true
			s.add("lenses", Finding{
				Target: Target{Device: device}, Status: Unproven, Since: d.FirstSeen, Evidence: evidence,
				Text: say(
					"Hoeveel lenzen het apparaat op %s heeft is niet bekend; in het register staan er %d. Een lens die er niet in staat, zou niemand zien.",
					"On ignore combien d'objectifs a l'appareil à l'adresse %s; le registre en contient %d. Un objectif absent du registre passerait inaperçu.",
					"How many lenses the device at %s has is not known; the register has %d. A lens that is not in it would go unnoticed.",
					d.Address, d.registered()),
				Remedy: policy.Text{
					NL: "Zorg dat de gateway op het apparaat kan inloggen, zodat zij de lenzen kan tellen.",
					FR: "Faites en sorte que la passerelle puisse se connecter à l'appareil pour compter les objectifs.",
					EN: "Make sure that the gateway can log in to the device, so that it can count the lenses.",
				},
			})
		default:
		}
	}
	scanned(s, found)
}

// scanned adds the site's own finding of REG-1: a search that left a network
// out proves nothing about it, whatever was found on the others.
func scanned(s *sheet, found bool) {
	var evidence []Evidence
	for _, c := range s.Scans {
		value := "searched"
		if !c.OK {
			value = "not searched: " + c.Why
		}
		evidence = append(evidence, Evidence{Kind: "scan", Value: strings.TrimSpace(c.Interface+" "+c.Subnet) + ": " + value, Collected: c.At})
	}
	article := article(s.site.Ref)
	missed := s.unscanned(s.site)
	switch {
	case len(s.site.Networks) == 0:
		s.add("", Finding{
			Status: Unproven, Evidence: evidence, Why: Why{Article: article},
			Text:   say("Het protocol noemt geen netwerken van locatie %s: of er onbekende camera's zijn is niet aangetoond.", "Le protocole ne mentionne aucun réseau du site %s: l'absence de caméras inconnues n'est pas prouvée.", "The protocol names no network of site %s: whether there are unregistered cameras is unproven.", s.site.Name),
			Remedy: policy.Text{NL: "Zet de netwerken van de locatie in het protocol (networks).", FR: "Inscrivez les réseaux du site au protocole (networks).", EN: "Enter the site's networks in the protocol (networks)."},
		})
	case len(missed) > 0:
		var names []policy.Text
		for _, m := range missed {
			why := words(m.Why)
			if m.OK { // searched, but too long ago
				why = say("voor het laatst doorzocht op %s", "parcouru pour la dernière fois le %s", "last searched at %s", s.when(m.At))
			}
			names = append(names, say("%s (%s)", "%s (%s)", "%s (%s)", strings.TrimSpace(m.Interface+" "+m.Subnet), why))
		}
		s.add("", Finding{
			Status: Unproven, Evidence: evidence, Why: Why{Article: article},
			Text:   say("Niet elk netwerk van de locatie is doorzocht: %s.", "Tous les réseaux du site n'ont pas été parcourus: %s.", "Not every network of the site was searched: %s.", listed(names)),
			Remedy: policy.Text{NL: "Controleer of de gateway op deze netwerken is aangesloten en ze in zijn configuratie staan.", FR: "Vérifiez que la passerelle est reliée à ces réseaux et qu'ils figurent dans sa configuration.", EN: "Check that the gateway is connected to these networks and that its configuration lists them."},
		})
	case !found:
		s.add("", Finding{
			Status: Pass, Evidence: evidence, Why: Why{Article: article},
			Text: say("Alle %d gevonden apparaten staan in het register; alle netwerken zijn doorzocht. Camera's buiten deze netwerken ziet de gateway niet.", "Les %d appareils trouvés figurent tous au registre; tous les réseaux ont été parcourus. La passerelle ne voit pas les caméras hors de ces réseaux.", "All %d devices found are in the register; all networks were searched. Cameras outside these networks are not seen by the gateway.", len(s.Found)),
		})
	default: // each camera against it has its own finding
	}
}

// location is LOC-1: each registered camera is there, at its site. The network
// that sees it counts first, then the view; what the device says of itself
// never suffices.
func location(s *sheet) {
	for _, c := range s.Protocol.CamerasOf(s.Site) {
		f := s.camera(c.ID)
		target := Target{Camera: c.ID}
		why := Why{Article: article(c.Ref, s.site.Ref)}
		device := ""
		if info, ok := f.Info.Get(); ok {
			device = info.Address
		}
		if f.Reach == Missing {
			missing(s, f, target, why)
			continue
		}
		if f.Reach == "" {
			s.add("", Finding{Target: target, Why: why, Status: Unproven, Text: say("Naar camera %s is nog niet gezocht.", "La caméra %s n'a pas encore été recherchée.", "Camera %s was not looked for yet.", c.ID), Remedy: waitText()})
			continue
		}
		text, evidence := placeText(f, c)
		on, known := f.OnNetwork.Get()
		seen := bestView(f)
		evidence = append(evidence, Evidence{Kind: "view", Value: string(seen)})
		if known {
			evidence = append([]Evidence{{Kind: "network", Value: f.Network}}, evidence...)
		}
		finding := Finding{Target: target, Why: why, Evidence: evidence}
		switch {
		case known && !on, !known && seen == ViewMoved && text == textElsewhere:
			finding.Status = Fail
			finding.Text = say("Camera %s (%s) is niet op locatie %s te zien, maar via %s.", "La caméra %s (%s) n'est pas vue sur le site %s, mais par %s.", "Camera %s (%s) is not seen at site %s, but by %s.", c.ID, orUnknown(device), s.site.Name, orUnknown(f.Network))
			finding.Remedy = policy.Text{NL: "Zoek uit waar de camera hangt. Zet hem terug, of pas het protocol aan.", FR: "Cherchez où se trouve la caméra. Remettez-la en place ou adaptez le protocole.", EN: "Find out where the camera hangs. Put it back, or change the protocol."}
		case known && on:
			finding.Status = Pass
			finding.Text = say("Camera %s is te zien via het netwerk van de locatie (%s).", "La caméra %s est vue par le réseau du site (%s).", "Camera %s is seen by the site's network (%s).", c.ID, orUnknown(f.Network))
			if text == textElsewhere {
				finding.Text = say("Camera %s is te zien via het netwerk van de locatie (%s), al noemt het apparaat zelf een andere plaats.", "La caméra %s est vue par le réseau du site (%s), bien que l'appareil indique un autre lieu.", "Camera %s is seen by the site's network (%s), although the device itself names another place.", c.ID, orUnknown(f.Network))
			}
		case seen == ViewSame:
			finding.Status = Pass
			finding.Text = say("Camera %s toont haar vastgelegde beeld.", "La caméra %s montre sa vue de référence.", "Camera %s shows its reference view.", c.ID)
		default:
			finding.Status = Unproven
			finding.Text = say("Waar camera %s hangt is niet aangetoond: netwerk %s, beeld %s, eigen tekst %s. De eigen tekst van een apparaat bewijst niets.", "Le lieu de la caméra %s n'est pas prouvé: réseau %s, vue %s, texte propre %s. Le texte propre d'un appareil ne prouve rien.", "Where camera %s hangs is unproven: network %s, view %s, own text %s. A device's own text proves nothing.", c.ID, words(f.OnNetwork.Why()), words(string(seen)), words(text))
			finding.Remedy = policy.Text{NL: "Laat de gateway het netwerk van de camera doorzoeken, of leg haar beeld opnieuw vast.", FR: "Faites parcourir le réseau de la caméra par la passerelle, ou refaites sa vue de référence.", EN: "Let the gateway search the camera's network, or take its reference view again."}
		}
		s.add("", finding)
	}
}

func missing(s *sheet, f Camera, target Target, why Why) {
	if missed := s.unscanned(s.site); len(missed) > 0 || len(s.site.Networks) == 0 {
		s.add("", Finding{
			Target: target, Why: why, Status: Unproven,
			Text:   say("Camera %s is niet gevonden, maar niet elk netwerk van de locatie is doorzocht.", "La caméra %s n'a pas été trouvée, mais tous les réseaux du site n'ont pas été parcourus.", "Camera %s was not found, but not every network of the site was searched.", f.ID),
			Remedy: policy.Text{NL: "Zorg dat de gateway alle netwerken van de locatie doorzoekt.", FR: "Faites en sorte que la passerelle parcoure tous les réseaux du site.", EN: "Make the gateway search every network of the site."},
		})
		return
	}
	s.add("", Finding{
		Target: target, Why: why, Status: Fail,
		Text:   say("Camera %s staat in het protocol maar is op geen netwerk van locatie %s gevonden.", "La caméra %s figure au protocole mais n'a été trouvée sur aucun réseau du site %s.", "Camera %s is in the protocol but was found on no network of site %s.", f.ID, s.site.Name),
		Remedy: policy.Text{NL: "Controleer voeding en kabel. Is de camera vervangen of verplaatst, pas dan het protocol aan.", FR: "Vérifiez l'alimentation et le câble. Si la caméra a été remplacée ou déplacée, adaptez le protocole.", EN: "Check power and cable. If the camera was replaced or moved, change the protocol."},
	})
}

const (
	textMatches   = "matches"
	textElsewhere = "names another place"
	textNone      = "none"
)

// placeText compares the device's own words with what the protocol expects.
func placeText(f Camera, c policy.Camera) (string, []Evidence) {
	o, ok := f.Observation.Get()
	if !ok || c.Location == "" {
		return textNone, nil
	}
	words, ok := o.Location.Get()
	if !ok || len(words) == 0 {
		return textNone, nil
	}
	said := strings.Join(words, " / ")
	verdict := textElsewhere
	if strings.Contains(strings.ToLower(said), strings.ToLower(c.Location)) {
		verdict = textMatches
	}
	return verdict, []Evidence{{Kind: "text", Value: said, Collected: o.At}}
}

// bestView is same if any path shows the reference view; moved if some were
// compared and none does.
func bestView(f Camera) ViewVerdict {
	best := ViewUnknown
	for _, p := range f.Paths {
		switch p.View.Verdict {
		case ViewSame:
			return ViewSame
		case ViewMoved:
			best = ViewMoved
		default:
		}
	}
	return best
}

func orUnknown(s string) string {
	if s == "" {
		return unstated
	}
	return s
}

// when prints an instant as people at the site read it: by the clocks there, or
// by the protocol's where the finding is about no one site.
func (s *sheet) when(t time.Time) string { return localTime(t, s.clockZone()) }

func waitText() policy.Text {
	return policy.Text{NL: "Wacht op de volgende controle.", FR: "Attendez le prochain contrôle.", EN: "Wait for the next check."}
}
