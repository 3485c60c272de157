package rules

import (
	"fmt"
	"slices"

	"github.com/lensdop/lensdop/policy"
)

// mayHide tells whether hidden use is possible at all for a processing (rule
// catalogue, conflicts 7 and 8). A protocol says never unless it says
// otherwise; conditional counts only where the guideline that sets the
// conditions was adopted, and never for cameras under the Belgian camera act,
// for which a camera without a pictogram is hidden use.
func mayHide(p *policy.Protocol, q policy.Processing) bool {
	adopted := slices.ContainsFunc(p.Guidelines, func(g policy.Guideline) bool { return g.ID == policy.GuidelineHR })
	act := p.Metadata.Jurisdiction == policy.JurisdictionBE && kindOf(q) == policy.SystemCameras
	return q.Covert.Use == policy.CovertConditional && adopted && !act
}

// covertArticle is the article by which a processing rules out hidden use.
func covertArticle(q policy.Processing) string {
	for _, u := range q.ProhibitedUses {
		if u.ID == policy.AimCovert || u.Aim == policy.AimCovert {
			return article(q.Covert.Ref, u.Ref)
		}
	}
	return q.Covert.Ref
}

// nothingHidden is HID-1: no camera that nobody registered, none that the
// register itself calls hidden, no sound that the protocol does not know of.
// What hangs outside the searched networks a person looks for.
func nothingHidden(s *sheet) {
	unknownDevices(s)
	for _, c := range s.Protocol.CamerasOf(s.Site) {
		q, _ := processingOf(s.Protocol, c.Processing)
		if !c.Hidden.IsSet() || mayHide(s.Protocol, q) {
			continue // a conditional one is HID-2's
		}
		s.add("register", Finding{
			Target: Target{Camera: c.ID}, Status: Fail, Remedy: s.rule.Remedy, Why: Why{Article: article(covertArticle(q), c.Ref)},
			Text: say(
				"Camera %s staat in het register als verborgen. Dat kan hier niet: het protocol sluit het uit, of de voorwaarden waaronder het zou mogen gelden hier niet.",
				"La caméra %s figure au registre comme cachée. Ce n'est pas possible ici: le protocole l'exclut, ou les conditions qui le permettraient ne valent pas ici.",
				"Camera %s is in the register as hidden. That is not possible here: the protocol rules it out, or the conditions that would allow it do not hold here.", c.ID),
		})
	}
	for _, q := range s.Protocol.Processing {
		if q.Covert.Use != policy.CovertConditional || mayHide(s.Protocol, q) {
			continue
		}
		s.add("protocol", Finding{
			Target: Target{Subject: q.ID}, Status: Fail, Remedy: s.rule.Remedy, Why: Why{Article: covertArticle(q)},
			Text: say(
				"Het protocol laat verborgen gebruik van %s onder voorwaarden toe. De Belgische camerawet laat dat voor bewakingscamera's niet toe; elders geldt het alleen als de HR-richtlijn met de voorwaarden is overgenomen.",
				"Le protocole permet sous conditions l'usage caché de %s. La loi caméras belge ne le permet pas pour les caméras de surveillance; ailleurs, il faut que la directive RH qui fixe les conditions soit adoptée.",
				"The protocol allows hidden use of %s on conditions. The Belgian camera act does not allow it for surveillance cameras; elsewhere it holds only if the HR guideline with the conditions was adopted.", processingName(q)),
		})
	}
	silentCameras(s)
}

// unknownDevices adds what the search of the site's networks says of devices
// that nobody registered. Each is told by REG-1; here they are counted.
func unknownDevices(s *sheet) {
	strangers, hints := 0, 0
	for _, d := range s.Found {
		if d.onlyHinted() {
			hints++
		} else if lenses, ok := d.Lenses.Get(); d.stranger() || ok && lenses > d.registered() {
			strangers++
		}
	}
	missed := s.unscanned(s.site)
	var o outcome
	switch {
	case strangers > 0:
		o.fail("%d apparaten of lenzen staan niet in het register (regel REG-1)", "%d appareils ou objectifs ne figurent pas au registre (règle REG-1)", "%d devices or lenses are not in the register (rule REG-1)", strangers)
	case hints > 0:
		o.doubt("%d apparaten kunnen camera's zijn en staan niet in het register (regel REG-1)", "%d appareils peuvent être des caméras et ne figurent pas au registre (règle REG-1)", "%d devices may be cameras and are not in the register (rule REG-1)", hints)
	case len(s.site.Networks) == 0:
		o.doubt("het protocol noemt geen netwerken van deze locatie", "le protocole ne mentionne aucun réseau de ce site", "the protocol names no network of this site")
	case len(missed) > 0:
		o.doubt("%d van de %d netwerken zijn niet of te lang geleden doorzocht", "%d des %d réseaux n'ont pas été parcourus, ou il y a trop longtemps", "%d of the %d networks were not searched, or too long ago", len(missed), len(s.site.Networks))
	default:
	}
	f := Finding{
		Why:      Why{Article: s.site.Ref},
		Evidence: []Evidence{{Kind: "scan", Value: "unregistered", Numbers: map[string]float64{"strangers": float64(strangers), "unsearched": float64(len(missed)), "networks": float64(len(s.site.Networks))}, Collected: s.Now}},
	}
	s.weigh("scan", f,
		say("Verborgen camera's op de netwerken van locatie %s", "Caméras cachées sur les réseaux du site %s", "Hidden cameras on the networks of site %s", s.site.Name),
		say(
			"Op de %d doorzochte netwerken staat elk apparaat in het register. Wat analoog is, via een simkaart gaat, los opneemt of uit staat, ziet geen zoektocht: daarvoor loopt iemand rond.",
			"Sur les %d réseaux parcourus, chaque appareil figure au registre. Ce qui est analogique, passe par une carte SIM, enregistre localement ou est éteint échappe à la recherche: une personne fait une ronde.",
			"On the %d networks searched every device is in the register. What is analogue, uses a SIM card, records on its own or is switched off no search sees: a person walks round for it.", len(s.site.Networks)), o)
}

// silentCameras adds whether any camera hears what the protocol does not say.
// Each is told by AUD-1; here they are counted.
func silentCameras(s *sheet) {
	heard, open, judged := 0, 0, 0
	for _, c := range s.Protocol.CamerasOf(s.Site) {
		if c.Sound == policy.SoundAllowed {
			continue
		}
		judged++
		switch worst(soundVerdicts(s.camera(c.ID))).status {
		case Pass:
		case Fail:
			heard++
		default:
			open++
		}
	}
	f := Finding{
		Why:      Why{Article: s.site.Ref},
		Evidence: []Evidence{{Kind: "stream", Value: "sound", Numbers: map[string]float64{"cameras": float64(judged), "heard": float64(heard), "unproven": float64(open)}, Collected: s.Now}},
	}
	if judged == 0 {
		f.Status = NotApplicable
		f.Text = say("Locatie %s heeft geen camera's die geen geluid mogen opnemen.", "Le site %s n'a pas de caméras auxquelles le son est interdit.", "Site %s has no cameras that may record no sound.", s.site.Name)
		s.add("sound", f)
		return
	}
	var o outcome
	if heard > 0 {
		o.fail("%d van de %d camera's nemen geluid op (regel AUD-1)", "%d des %d caméras enregistrent du son (règle AUD-1)", "%d of the %d cameras record sound (rule AUD-1)", heard, judged)
	}
	if open > 0 {
		o.doubt("van %d van de %d camera's is niet aangetoond dat ze geen geluid opnemen", "pour %d des %d caméras, l'absence de son n'est pas prouvée", "of %d of the %d cameras it is unproven that they record no sound", open, judged)
	}
	s.weigh("sound", f,
		say("Verborgen geluidsopname op locatie %s", "Enregistrement sonore caché sur le site %s", "Hidden sound recording at site %s", s.site.Name),
		say("Geen van de %d camera's neemt geluid op.", "Aucune des %d caméras n'enregistre de son.", "None of the %d cameras records sound.", judged), o)
}

// asksForHidden tells whether the protocol knows hidden cameras at all.
func asksForHidden(p *policy.Protocol, _ string) (bool, policy.Text) {
	marked := slices.ContainsFunc(p.Cameras, func(c policy.Camera) bool { return c.Hidden.IsSet() })
	open := slices.ContainsFunc(p.Processing, func(q policy.Processing) bool { return mayHide(p, q) })
	return marked || open, say(
		"Het protocol sluit verborgen camera's uit en het register heeft er geen (regel HID-1).",
		"Le protocole exclut les caméras cachées et le registre n'en contient aucune (règle HID-1).",
		"The protocol rules hidden cameras out, and the register has none (rule HID-1).")
}

// hiddenOnlyIf is HID-2: a hidden camera has a reason, an approver, an
// assessment from before it began, and an end that has not passed.
func hiddenOnlyIf(s *sheet) {
	count, bad := 0, 0
	for _, c := range s.Protocol.Cameras {
		if !c.Hidden.IsSet() {
			continue
		}
		count++
		h := c.Hidden
		q, _ := processingOf(s.Protocol, c.Processing)
		zone := s.Protocol.Location(c.Site)
		dpia := firstDate(h.DPIA, q.DPIA.Date)
		var o outcome
		if !mayHide(s.Protocol, q) {
			o.fail("het protocol laat verborgen gebruik hier niet toe", "le protocole ne permet pas ici l'usage caché", "the protocol does not allow hidden use here")
		}
		if h.Reason == "" {
			o.fail("geen reden", "pas de motif", "no reason")
		}
		if _, ok := s.Protocol.Role(h.ApprovedBy); !ok {
			o.fail("niet goedgekeurd door een rol van het protocol", "pas approuvée par un rôle du protocole", "not approved by a role of the protocol")
		}
		if h.From.IsZero() || h.Until.IsZero() {
			o.fail("geen begin- of einddatum", "pas de date de début ou de fin", "no first or last day")
		} else if startOf(h.Until, zone).Before(startOf(h.From, zone)) {
			o.fail("eindigt (%s) voor het begin (%s)", "se termine (%s) avant le début (%s)", "ends (%s) before it begins (%s)", h.Until, h.From)
		}
		if !h.Until.IsZero() && !s.Now.Before(startOf(h.Until.AddDays(1), zone)) {
			o.fail("de laatste dag (%s) is voorbij", "le dernier jour (%s) est passé", "the last day (%s) has passed", h.Until)
		}
		switch {
		case dpia.IsZero():
			o.fail("geen DPIA", "pas d'AIPD", "no DPIA")
		case !h.From.IsZero() && !startOf(dpia, zone).Before(startOf(h.From, zone)):
			o.fail("de DPIA (%s) is niet van voor het begin (%s)", "l'AIPD (%s) n'est pas antérieure au début (%s)", "the DPIA (%s) is not from before it began (%s)", dpia, h.From)
		default:
		}
		if o.status() != Pass {
			bad++
		}
		s.weigh("camera", Finding{Target: Target{Camera: c.ID}, Why: Why{Article: article(h.Ref, c.Ref)}},
			say("Verborgen camera %s", "Caméra cachée %s", "Hidden camera %s", c.ID),
			say("Verborgen camera %s, volgens het protocol: van %s tot en met %s, DPIA van %s.", "Caméra cachée %s, selon le protocole: du %s au %s inclus, AIPD du %s.", "Hidden camera %s, by the protocol: from %s to %s, DPIA of %s.", c.ID, h.From, h.Until, dpia), o)
	}
	switch {
	case count == 0:
		s.add("cameras", Finding{Status: NotApplicable, Text: say("Het register heeft geen verborgen camera's.", "Le registre ne contient aucune caméra cachée.", "The register has no hidden cameras.")})
	case bad == 0:
		s.add("cameras", Finding{
			Status:   Pass,
			Text:     say("Verborgen camera's in het register: %d, geen in strijd met de voorwaarden.", "Caméras cachées au registre: %d, aucune contraire aux conditions.", "Hidden cameras in the register: %d, none against the conditions.", count),
			Evidence: []Evidence{{Kind: "register", Value: fmt.Sprintf("%d of %d cameras", count, len(s.Protocol.Cameras)), Collected: s.Now}},
		})
	default: // each has its own finding
	}
}
