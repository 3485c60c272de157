package rules

import (
	"slices"
	"time"

	"github.com/lensdop/lensdop/policy"
)

// Words of policy.Hold.Annulment (rule catalogue, conflict 12).
const (
	holdWins  = "hold-wins"
	holdErase = "erase"
)

// decideWithin is how long the DPO has to decide about held recordings after an
// annulment, where the protocol does not say which wins.
func decideWithin() policy.Duration { return policy.Duration{Days: 7} }

// anyAnnulled is the `applies` of HLD-2: the file names an annulment.
func anyAnnulled(p *policy.Protocol, _ string) (bool, policy.Text) {
	if slices.ContainsFunc(p.WorksCouncil.Consents, func(c policy.Consent) bool { return !c.Annulled.IsZero() }) {
		return true, policy.Text{}
	}
	return false, say("Het protocol noemt geen besluit dat nietig is verklaard.", "Le protocole ne mentionne aucune décision annulée.", "The protocol names no decision that was annulled.")
}

// annulledOn is the first day on which a processing stands annulled; no date if
// it does not.
func annulledOn(p *policy.Protocol, processing string, today policy.Date) policy.Date {
	var first policy.Date
	for _, c := range p.WorksCouncil.Consents {
		if c.Annulled.IsZero() || later(c.Annulled, today) || len(c.Processings) > 0 && !slices.Contains(c.Processings, processing) {
			continue
		}
		if first.IsZero() || later(first, c.Annulled) {
			first = c.Annulled
		}
	}
	if first.IsZero() {
		return first
	}
	for _, c := range p.WorksCouncil.Consents { // a consent given since stands
		given := c.Given != nil && *c.Given && c.Annulled.IsZero() && !later(c.Date, today)
		if given && later(c.Date, first) && (len(c.Processings) == 0 || slices.Contains(c.Processings, processing)) {
			return policy.Date{}
		}
	}
	return first
}

// annulled is HLD-2: after the works council annuls, the cameras are off the
// network and their recordings erased. Held recordings stay where the protocol
// lets the hold win.
func annulled(s *sheet) {
	today := s.civilToday()
	since := map[string]policy.Date{}
	for _, q := range s.Protocol.Processing {
		if d := annulledOn(s.Protocol, q.ID, today); !q.Checker && !d.IsZero() {
			since[q.ID] = d
		}
	}
	asked := false
	for _, c := range s.Protocol.CamerasOf(s.Site) {
		if d, ok := since[c.Processing]; ok {
			asked = true
			s.goneCamera(c, d)
		}
	}
	for _, st := range s.Protocol.Stores {
		if d, ok := since[st.Processing]; ok && st.Site == s.Site {
			asked = true
			s.goneStore(st, d)
		}
	}
	switch {
	case !asked:
		s.add("", Finding{Status: NotApplicable, Text: say("De ondernemingsraad heeft niets nietig verklaard dat op locatie %s loopt.", "Le conseil d'entreprise n'a rien annulé de ce qui fonctionne sur le site %s.", "The works council annulled nothing that runs at site %s.", s.site.Name)})
	default:
		for _, q := range s.Protocol.Processing {
			d, ok := since[q.ID]
			if !ok || slices.ContainsFunc(s.Protocol.Stores, func(st policy.Store) bool { return st.Processing == q.ID }) || !usedAt(s.Protocol, q.ID, s.Site) {
				continue
			}
			s.add("recordings", Finding{
				Target: Target{Subject: q.ID}, Status: Unproven, Remedy: s.rule.Remedy,
				Text: say("Verwerking %s is nietig sinds %s, maar het protocol noemt geen opslag: of de opnames gewist zijn is niet aangetoond.", "Le traitement %s est annulé depuis le %s, mais le protocole ne mentionne aucun stockage: l'effacement n'est pas prouvé.", "Processing %s is annulled since %s, but the protocol names no store: whether its recordings were erased is unproven.", q.ID, d),
			})
		}
	}
}

func (s *sheet) goneCamera(c policy.Camera, since policy.Date) {
	have := s.camera(c.ID)
	f := Finding{Target: Target{Camera: c.ID}, Why: Why{Article: article(c.Ref)}, Since: startOf(since, s.Protocol.Location(s.Site)), Remedy: s.rule.Remedy}
	switch {
	case have.Reach == "":
		f.Status = Unproven
		f.Text = say("Camera %s moet weg zijn sinds %s; er is nog niet naar gezocht.", "La caméra %s doit avoir disparu depuis le %s; elle n'a pas encore été recherchée.", "Camera %s must be gone since %s; it was not looked for yet.", c.ID, since)
	case have.Reach != Missing:
		f.Status = Fail
		f.Evidence = []Evidence{{Kind: "network", Value: article(have.Network, string(have.Reach))}}
		f.Text = say("Camera %s is nog op het netwerk, hoewel het besluit nietig is sinds %s.", "La caméra %s est encore sur le réseau, bien que la décision soit annulée depuis le %s.", "Camera %s is still on the network, although the decision is annulled since %s.", c.ID, since)
	case len(s.unscanned(s.site)) > 0 || len(s.site.Networks) == 0:
		f.Status = Unproven
		f.Text = say("Camera %s moet weg zijn sinds %s en is niet gevonden, maar niet elk netwerk is doorzocht.", "La caméra %s doit avoir disparu depuis le %s et n'a pas été trouvée, mais tous les réseaux n'ont pas été parcourus.", "Camera %s must be gone since %s and was not found, but not every network was searched.", c.ID, since)
	default:
		f.Status, f.Remedy, f.Since = Pass, policy.Text{}, time.Time{}
		f.Text = say("Camera %s is sinds de nietigverklaring van %s van het netwerk.", "La caméra %s n'est plus sur le réseau depuis l'annulation du %s.", "Camera %s is off the network since the annulment of %s.", c.ID, since)
	}
	s.add("camera", f)
}

func (s *sheet) goneStore(st policy.Store, since policy.Date) {
	target := Target{Subject: st.ID}
	list, ok := need(s, "store", target, FactStores, s.Stores)
	if !ok {
		return
	}
	loc := s.Protocol.Location(st.Site)
	f := Finding{Target: target, Why: Why{Article: article(st.Ref)}, Since: startOf(since, loc), Remedy: s.rule.Remedy}
	i := slices.IndexFunc(list, func(have Store) bool { return have.ID == st.ID })
	if i < 0 {
		f.Status = Unproven
		f.Text = say("Opslag %s moet leeg zijn sinds %s, maar is niet onderzocht.", "Le stockage %s doit être vide depuis le %s, mais n'a pas été examiné.", "Store %s must be empty since %s, but was not examined.", st.ID, since)
		s.add("store", f)
		return
	}
	have := list[i]
	empty, known := have.Empty.Get()
	oldest, _ := have.Oldest.Get()
	cases, loose := 0, !oldest.IsZero()
	for _, h := range have.Held {
		if h.Case == "" {
			loose = true
		} else {
			cases++
		}
	}
	hold, _ := holdFor(s.Protocol, st.Processing)
	end := decideWithin().After(startOf(since, loc))
	switch {
	case known && empty && cases == 0 && !loose:
		f.Status, f.Remedy, f.Since = Pass, policy.Text{}, time.Time{}
		f.Text = say("Opslag %s is leeg sinds de nietigverklaring van %s.", "Le stockage %s est vide depuis l'annulation du %s.", "Store %s is empty since the annulment of %s.", st.ID, since)
	case loose, known && !empty && cases == 0:
		f.Status = Fail
		f.Text = say("Opslag %s bevat nog opnames, hoewel het besluit nietig is sinds %s.", "Le stockage %s contient encore des enregistrements, bien que la décision soit annulée depuis le %s.", "Store %s still has recordings, although the decision is annulled since %s.", st.ID, since)
	case cases == 0:
		f.Status = Unproven
		f.Text = say("Of opslag %s leeg is sinds de nietigverklaring van %s is niet bekend.", "On ne sait pas si le stockage %s est vide depuis l'annulation du %s.", "Whether store %s is empty since the annulment of %s is not known.", st.ID, since)
	case hold.Annulment == holdErase:
		f.Status = Fail
		f.Text = say("Opslag %s houdt nog %d opnames vast voor dossiers; na de nietigverklaring van %s worden ook die volgens het protocol gewist.", "Le stockage %s retient encore %d enregistrements pour des dossiers; après l'annulation du %s, le protocole veut qu'ils soient aussi effacés.", "Store %s still holds %d recordings for cases; after the annulment of %s the protocol has these erased, too.", st.ID, cases, since)
	case hold.Annulment == holdWins && have.Oldest.Why() == "":
		f.Status, f.Remedy, f.Since = Pass, policy.Text{}, time.Time{}
		f.Text = say("Opslag %s bevat alleen nog %d opnames voor dossiers; het protocol laat die voorgaan op de nietigverklaring van %s.", "Le stockage %s ne contient plus que %d enregistrements pour des dossiers; le protocole les fait primer sur l'annulation du %s.", "Store %s has only %d recordings left for cases; the protocol lets these go before the annulment of %s.", st.ID, cases, since)
	case hold.Annulment == holdWins:
		f.Status = Unproven
		f.Text = say("Opslag %s houdt %d opnames vast voor dossiers; of er na de nietigverklaring van %s nog andere zijn, is niet bekend.", "Le stockage %s retient %d enregistrements pour des dossiers; on ne sait pas s'il en reste d'autres après l'annulation du %s.", "Store %s holds %d recordings for cases; whether there are others after the annulment of %s is not known.", st.ID, cases, since)
	case s.Now.After(end):
		f.Status, f.Due = Fail, end
		f.Text = say("Opslag %s houdt %d opnames vast voor dossiers. De functionaris gegevensbescherming moest uiterlijk %s beslissen of dat mag na de nietigverklaring; het protocol noemt geen besluit.", "Le stockage %s retient %d enregistrements pour des dossiers. Le délégué à la protection des données devait décider au plus tard le %s si c'est permis après l'annulation; le protocole n'indique aucune décision.", "Store %s holds %d recordings for cases. The data protection officer had to decide by %s whether that may be after the annulment; the protocol gives no decision.", st.ID, cases, localTime(end, loc))
		f.Remedy = decideText()
	default:
		f.Status, f.Due = Unproven, end
		f.Text = say("Opslag %s houdt %d opnames vast voor dossiers. Tot %s beslist de functionaris gegevensbescherming of dat mag na de nietigverklaring.", "Le stockage %s retient %d enregistrements pour des dossiers. Le délégué à la protection des données a jusqu'au %s pour décider si c'est permis après l'annulation.", "Store %s holds %d recordings for cases. Until %s the data protection officer decides whether that may be after the annulment.", st.ID, cases, localTime(end, loc))
		f.Remedy = decideText()
	}
	s.add("store", f)
}

func decideText() policy.Text {
	return policy.Text{
		NL: "Laat de functionaris gegevensbescherming beslissen en zet het besluit in het protocol (holds.annulment: hold-wins of erase).",
		FR: "Faites décider le délégué à la protection des données et inscrivez la décision au protocole (holds.annulment: hold-wins ou erase).",
		EN: "Have the data protection officer decide, and enter the decision in the protocol (holds.annulment: hold-wins or erase).",
	}
}
