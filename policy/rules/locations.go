package rules

import (
	"time"

	"github.com/lensdop/lensdop/policy"
)

// fixed is LOC-2: a camera that the protocol calls fixed offers no turning and
// zooming, and a site with fixed cameras has as many as the protocol names.
// Where the protocol calls none fixed it asks for nothing.
func fixed(s *sheet) {
	asked := false
	for _, c := range s.Protocol.CamerasOf(s.Site) {
		if c.Type != policy.CameraFixed {
			continue
		}
		asked = true
		target, why := Target{Camera: c.ID}, Why{Article: article(c.Ref, s.site.Ref)}
		have := s.camera(c.ID)
		o, ok := need(s, "type", target, FactDevice, have.Observation)
		if !ok {
			continue
		}
		turns, _, ok := answered(s, "type", have, FactDevice, o.PTZ)
		if !ok {
			continue
		}
		f := Finding{Target: target, Why: why, Evidence: []Evidence{{Kind: "setting", Value: "PTZ", Numbers: map[string]float64{"ptz": number(turns)}, Collected: o.At}}}
		if turns {
			f.Status = Fail
			f.Text = say("Camera %s is volgens het protocol vast, maar het apparaat kan draaien of zoomen.", "La caméra %s est fixe selon le protocole, mais l'appareil peut tourner ou zoomer.", "Camera %s is fixed by the protocol, but the device can turn or zoom.", c.ID)
			f.Remedy = s.rule.Remedy
		} else {
			f.Status = Pass
			f.Text = say("Camera %s is vast: het apparaat biedt geen draaien of zoomen.", "La caméra %s est fixe: l'appareil n'offre ni rotation ni zoom.", "Camera %s is fixed: the device offers no turning or zooming.", c.ID)
		}
		s.add("type", f)
	}
	if !asked {
		s.add("", Finding{Status: NotApplicable, Text: say("Het protocol noemt op locatie %s geen camera vast.", "Le protocole ne qualifie de fixe aucune caméra du site %s.", "The protocol calls no camera of site %s fixed.", s.site.Name)})
		return
	}
	counted(s)
}

// counted is the count of LOC-2: lenses that answer on the site's networks
// against cameras in the protocol. It counts what the searches found, so it
// says nothing where one is missing.
func counted(s *sheet) {
	named, seen, strangers, hints := len(s.Protocol.CamerasOf(s.Site)), 0, 0, 0
	for _, d := range s.Found {
		switch {
		case d.onlyHinted():
			hints++
			continue
		case d.recorder():
			continue // its pictures are those of cameras that are counted where they hang
		}
		lenses, _ := d.Lenses.Get() // a device has at least one
		n := max(lenses, len(d.Cameras), 1)
		seen += n
		strangers += n - len(d.Cameras)
	}
	f := Finding{
		Why:      Why{Article: article(s.site.Ref)},
		Evidence: []Evidence{{Kind: "scan", Value: "cameras", Numbers: map[string]float64{"protocol": float64(named), "seen": float64(seen), "unregistered": float64(strangers)}, Collected: s.Now}},
	}
	missed := s.unscanned(s.site)
	switch {
	case len(missed) > 0 || len(s.site.Networks) == 0:
		f.Status = Unproven
		f.Text = say("Hoeveel camera's er op locatie %s hangen is niet aangetoond: het protocol noemt er %d, en niet elk netwerk is doorzocht.", "Le nombre de caméras du site %s n'est pas prouvé: le protocole en mentionne %d, et tous les réseaux n'ont pas été parcourus.", "How many cameras hang at site %s is unproven: the protocol names %d, and not every network was searched.", s.site.Name, named)
		f.Remedy = policy.Text{NL: "Laat de gateway elk netwerk van de locatie doorzoeken.", FR: "Faites parcourir par la passerelle chaque réseau du site.", EN: "Let the gateway search every network of the site."}
	case hints > 0 && seen == named && strangers == 0:
		f.Status = Unproven
		f.Text = say("Op locatie %s antwoorden %d camera's, zoveel als het protocol noemt, en %d andere apparaten die een camera kunnen zijn.", "Sur le site %s répondent %d caméras, autant que le protocole en mentionne, et %d autres appareils qui peuvent être des caméras.", "At site %s %d cameras answer, as many as the protocol names, and %d other devices that may be cameras.", s.site.Name, seen, hints)
		f.Remedy = policy.Text{NL: "Ga kijken wat deze apparaten zijn (zie REG-1).", FR: "Allez voir ce que sont ces appareils (voir REG-1).", EN: "Go and see what these devices are (see REG-1)."}
	case seen == named && strangers == 0:
		f.Status = Pass
		f.Text = say("Op locatie %s antwoorden %d camera's, zoveel als het protocol noemt.", "Sur le site %s répondent %d caméras, autant que le protocole en mentionne.", "At site %s %d cameras answer, as many as the protocol names.", s.site.Name, seen)
	default:
		f.Status = Fail
		f.Text = say("Op locatie %s antwoorden %d camera's, waarvan %d onbekend; het protocol noemt er %d.", "Sur le site %s répondent %d caméras, dont %d inconnues; le protocole en mentionne %d.", "At site %s %d cameras answer, %d of them unregistered; the protocol names %d.", s.site.Name, seen, strangers, named)
		f.Remedy = policy.Text{NL: "Zoek uit welke camera erbij kwam of weg is (zie LOC-1 en REG-1), en herstel dat of laat het protocol wijzigen.", FR: "Cherchez quelle caméra a été ajoutée ou retirée (voir LOC-1 et REG-1), puis corrigez ou faites modifier le protocole.", EN: "Find out which camera came or went (see LOC-1 and REG-1), and put that right or have the protocol changed."}
	}
	s.add("count", f)
}

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// detail is the part of LOC-3 on how large people appear: at most the ceiling
// of the protocol, in pixels per metre. Cameras without one are not judged.
func detail(s *sheet, c policy.Camera, f Camera, why Why) {
	if c.MaxDetail == 0 {
		return
	}
	target := Target{Camera: c.ID}
	got, ok := need(s, "detail", target, FactDetail, f.Detail)
	if !ok {
		return
	}
	finding := Finding{Target: target, Why: why, Status: Pass, Evidence: []Evidence{{Kind: "view", Value: "px/m", Numbers: map[string]float64{"detail": got, "max": c.MaxDetail}}}}
	finding.Text = say("Camera %s toont %.0f pixels per meter; het protocol staat er %.0f toe.", "La caméra %s montre %.0f pixels par mètre; le protocole en autorise %.0f.", "Camera %s shows %.0f pixels per metre; the protocol allows %.0f.", c.ID, got, c.MaxDetail)
	if got > c.MaxDetail {
		finding.Status = Fail
		finding.Text = say("Camera %s toont %.1f pixels per meter, meer dan de %.1f die het protocol toestaat: mensen zijn beter te herkennen dan nodig.", "La caméra %s montre %.1f pixels par mètre, plus que les %.1f que le protocole autorise: les personnes sont plus reconnaissables que nécessaire.", "Camera %s shows %.1f pixels per metre, more than the %.1f that the protocol allows: people can be recognised better than needed.", c.ID, got, c.MaxDetail)
		finding.Remedy = policy.Text{NL: "Kies een lagere resolutie of een wijdere lens.", FR: "Choisissez une résolution plus basse ou un objectif plus large.", EN: "Choose a lower resolution or a wider lens."}
	}
	s.add("detail", finding)
}

// temporary is LOC-5: a camera with a last day is off the network after it. A
// camera that is temporary or hidden and has none fails, since nothing then
// ends its use. Up to that day there is nothing to check.
func temporary(s *sheet) {
	asked := false
	loc := s.Protocol.Location(s.Site)
	for _, c := range s.Protocol.CamerasOf(s.Site) {
		marked := c.Temporary.Reason != "" || !c.Temporary.Until.IsZero() || c.Hidden.IsSet()
		if !marked {
			continue
		}
		asked = true
		last := c.Temporary.Until
		if h := c.Hidden.Until; !h.IsZero() && (last.IsZero() || later(last, h)) {
			last = h
		}
		f := Finding{Target: Target{Camera: c.ID}, Why: Why{Article: article(c.Temporary.Ref, c.Hidden.Ref, c.Ref)}}
		end := startOf(last.AddDays(1), loc)
		have := s.camera(c.ID)
		switch {
		case last.IsZero():
			f.Status, f.Remedy = Fail, policy.Text{NL: "Zet de laatste dag in het protocol (temporary.until), of haal de camera weg.", FR: "Inscrivez le dernier jour au protocole (temporary.until), ou retirez la caméra.", EN: "Enter the last day in the protocol (temporary.until), or remove the camera."}
			f.Text = say("Camera %s is tijdelijk of verborgen, maar het protocol noemt geen laatste dag.", "La caméra %s est temporaire ou cachée, mais le protocole n'indique pas de dernier jour.", "Camera %s is temporary or hidden, but the protocol names no last day.", c.ID)
		case s.Now.Before(end):
			f.Status, f.Due = NotApplicable, end
			f.Text = say("Volgens het protocol mag camera %s er tot en met %s hangen; daarna wordt gekeken of zij weg is.", "Selon le protocole, la caméra %s peut rester jusqu'au %s inclus; ensuite, on vérifie qu'elle est retirée.", "By the protocol camera %s may stay up to and including %s; after that it is checked that it is gone.", c.ID, last)
		case have.Reach == "":
			f.Status, f.Remedy = Unproven, waitText()
			f.Text = say("De laatste dag van camera %s was %s; naar de camera is nog niet gezocht.", "Le dernier jour de la caméra %s était le %s; elle n'a pas encore été recherchée.", "The last day of camera %s was %s; it was not looked for yet.", c.ID, last)
		case have.Reach != Missing:
			f.Status, f.Since, f.Remedy = Fail, end, s.rule.Remedy
			f.Evidence = []Evidence{{Kind: "network", Value: article(have.Network, string(have.Reach))}}
			f.Text = say("De laatste dag van camera %s was %s, maar zij is nog op het netwerk.", "Le dernier jour de la caméra %s était le %s, mais elle est encore sur le réseau.", "The last day of camera %s was %s, but it is still on the network.", c.ID, last)
		case len(s.unscanned(s.site)) > 0 || len(s.site.Networks) == 0:
			f.Status, f.Remedy = Unproven, policy.Text{NL: "Laat de gateway elk netwerk van de locatie doorzoeken.", FR: "Faites parcourir par la passerelle chaque réseau du site.", EN: "Let the gateway search every network of the site."}
			f.Text = say("De laatste dag van camera %s was %s. Zij is niet gevonden, maar niet elk netwerk is doorzocht.", "Le dernier jour de la caméra %s était le %s. Elle n'a pas été trouvée, mais tous les réseaux n'ont pas été parcourus.", "The last day of camera %s was %s. It was not found, but not every network was searched.", c.ID, last)
		default:
			f.Status = Pass
			f.Text = say("De laatste dag van camera %s was %s, en zij is op geen netwerk van de locatie meer te vinden.", "Le dernier jour de la caméra %s était le %s, et elle n'est plus sur aucun réseau du site.", "The last day of camera %s was %s, and it is on no network of the site any more.", c.ID, last)
		}
		s.add("", f)
	}
	if !asked {
		s.add("", Finding{Status: NotApplicable, Text: say("Locatie %s heeft geen tijdelijke of verborgen camera's.", "Le site %s n'a pas de caméras temporaires ou cachées.", "Site %s has no temporary or hidden cameras.", s.site.Name)})
	}
}

// scanFreshDefault is how old a search may be where the protocol does not say
// how often networks are searched: twice the hour that then holds.
const scanFreshDefault = 2 * time.Hour

// freshUntil is the last instant at which a search still says something about
// now: twice the protocol's interval, so that one search may fail unseen but
// not two.
func (f *Facts) freshUntil(at time.Time) time.Time {
	every := f.Protocol.Discovery.ScanEvery
	if every.IsZero() {
		return at.Add(scanFreshDefault)
	}
	return every.After(every.After(at.In(f.Protocol.Location(f.Site))))
}
