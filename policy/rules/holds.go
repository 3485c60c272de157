package rules

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/lensdop/lensdop/policy"
)

// reasons collects what speaks against one thing.
type reasons struct{ nl, fr, en []string }

func (r *reasons) add(t policy.Text) {
	r.nl, r.fr, r.en = append(r.nl, t.NL), append(r.fr, t.FR), append(r.en, t.EN)
}

func (r *reasons) any() bool { return len(r.en) > 0 }

// text joins them, with ", ".
func (r *reasons) text() policy.Text {
	return policy.Text{NL: strings.Join(r.nl, ", "), FR: strings.Join(r.fr, ", "), EN: strings.Join(r.en, ", ")}
}

// holdFor returns the hold that lets recordings of a processing stay for a case.
func holdFor(p *policy.Protocol, processing string) (policy.Hold, bool) {
	for _, h := range p.Holds {
		if slices.Contains(h.AppliesTo, processing) {
			return h, true
		}
	}
	return policy.Hold{}, false
}

func casesByID(list []Case) map[string]Case {
	out := make(map[string]Case, len(list))
	for _, c := range list {
		out[c.ID] = c
	}
	return out
}

// held is HLD-1: what is over its age stays for one open case, with an owner, a
// reason and a review that is not overdue, under a hold that the protocol has.
func held(s *sheet) {
	list, ok := need(s, "", Target{}, FactStores, s.Stores)
	if !ok {
		return
	}
	registered := map[string]policy.Store{}
	for _, st := range s.Protocol.Stores {
		registered[st.ID] = st
	}
	examined := map[string]bool{}
	for _, have := range list {
		examined[have.ID] = true
		s.heldIn(registered[have.ID], have)
	}
	for _, st := range s.Protocol.Stores {
		if examined[st.ID] {
			continue
		}
		s.add("", Finding{
			Target: Target{Subject: st.ID}, Why: Why{Article: article(st.Ref)}, Status: Unproven, Remedy: s.rule.Remedy,
			Text: say("Opslag %s is niet onderzocht: of er iets wordt vastgehouden is niet bekend.", "Le stockage %s n'a pas été examiné: on ne sait pas si des données y sont gelées.", "Store %s was not examined: whether anything is held there is not known.", st.ID),
		})
	}
	if len(list) == 0 && len(s.Protocol.Stores) == 0 {
		s.add("", Finding{
			Status: Unproven, Text: say("Het protocol noemt geen opslag, en er is er geen gevonden: wat wordt vastgehouden is niet te zeggen.", "Le protocole ne mentionne aucun stockage, et aucun n'a été trouvé: impossible de dire ce qui est gelé.", "The protocol names no store, and none was found: what is held cannot be told."),
			Remedy: policy.Text{NL: "Zet de recorders en mappen in het protocol (stores).", FR: "Inscrivez les enregistreurs et dossiers au protocole (stores).", EN: "Enter the recorders and folders in the protocol (stores)."},
		})
	}
}

// heldIn judges what one store holds, per case. The store of the register is
// empty for one that the register does not have.
func (s *sheet) heldIn(st policy.Store, have Store) {
	type pile struct {
		n      int
		oldest time.Time
	}
	piles := map[string]pile{}
	for _, h := range have.Held {
		p := piles[h.Case]
		p.n++
		if p.oldest.IsZero() || h.Recorded.Before(p.oldest) {
			p.oldest = h.Recorded
		}
		piles[h.Case] = p
	}
	hold, lawful := holdFor(s.Protocol, st.Processing)
	why := Why{Article: article(hold.Ref, st.Ref)}
	loc := s.Protocol.Location(st.Site)
	if len(piles) == 0 {
		s.add("", Finding{Target: Target{Subject: have.ID}, Why: why, Status: Pass, Text: say("Opslag %s houdt niets vast dat over zijn termijn is.", "Le stockage %s ne retient rien au-delà de sa durée.", "Store %s holds nothing that is past its period.", have.ID)})
		return
	}
	if !lawful {
		s.add("hold", Finding{
			Target: Target{Subject: have.ID}, Why: why, Status: Fail,
			Text:   say("Opslag %s houdt opnames langer vast, maar het protocol laat dat voor deze verwerking niet toe.", "Le stockage %s retient des enregistrements plus longtemps, mais le protocole ne l'autorise pas pour ce traitement.", "Store %s holds recordings for longer, but the protocol does not allow that for this processing.", have.ID),
			Remedy: policy.Text{NL: "Wis wat te oud is, of laat het protocol vasthouden voor incidenten regelen (holds).", FR: "Effacez ce qui est trop ancien, ou faites régler le gel pour incident au protocole (holds).", EN: "Erase what is too old, or have the protocol provide for incident holds (holds)."},
		})
	}
	if p, ok := piles[""]; ok {
		s.add("none", Finding{
			Target: Target{Subject: have.ID}, Why: why, Status: Fail, Remedy: s.rule.Remedy,
			Evidence: []Evidence{{Kind: "text", Value: "held by no case", Numbers: map[string]float64{"items": float64(p.n)}}},
			Text:     say("In opslag %s zijn %d opnames over hun termijn, de oudste van %s, en geen dossier houdt ze vast.", "Dans le stockage %s, %d enregistrements ont dépassé leur durée, le plus ancien du %s, et aucun dossier ne les retient.", "In store %s %d recordings are past their period, the oldest of %s, and no case holds them.", have.ID, p.n, localTime(p.oldest, loc)),
		})
		delete(piles, "")
	}
	if len(piles) == 0 {
		return
	}
	list, ok := need(s, "cases", Target{Subject: have.ID}, FactCases, s.Cases)
	if !ok {
		return
	}
	cases := casesByID(list)
	ids := make([]string, 0, len(piles))
	for id := range piles {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, cmp.Compare[string])
	for _, id := range ids {
		p := piles[id]
		f := Finding{Target: Target{Subject: have.ID}, Why: why, Evidence: []Evidence{{Kind: "text", Value: "held for case " + id, Numbers: map[string]float64{"items": float64(p.n)}}}}
		c, known := cases[id]
		bad := s.against(c, known, hold, loc)
		f.Owner = c.Owner
		if bad.any() {
			f.Status, f.Remedy = Fail, s.rule.Remedy
			f.Text = say("Opslag %s houdt %d opnames vast voor dossier %s, de oudste van %s: %s.", "Le stockage %s retient %d enregistrements pour le dossier %s, le plus ancien du %s: %s.", "Store %s holds %d recordings for case %s, the oldest of %s: %s.", have.ID, p.n, id, localTime(p.oldest, loc), bad.text())
		} else {
			f.Status, f.Due = Pass, c.Review
			f.Text = say("Opslag %s houdt %d opnames vast voor dossier %s; de volgende beoordeling is op %s.", "Le stockage %s retient %d enregistrements pour le dossier %s; la prochaine révision est le %s.", "Store %s holds %d recordings for case %s; the next review is on %s.", have.ID, p.n, id, localTime(c.Review, loc))
			if !c.Closed.IsZero() {
				f.Due = hold.DeleteWithin.After(c.Closed.In(loc))
				f.Text = say("Dossier %[3]s is gesloten op %[4]s; opslag %[1]s moet de %[2]d opnames uiterlijk %[5]s wissen.", "Le dossier %[3]s a été clos le %[4]s; le stockage %[1]s doit effacer les %[2]d enregistrements au plus tard le %[5]s.", "Case %[3]s was closed on %[4]s; store %[1]s must erase the %[2]d recordings by %[5]s.", have.ID, p.n, id, localTime(c.Closed, loc), localTime(f.Due, loc))
			}
		}
		s.add("case/"+id, f)
	}
}

// against lists what speaks against holding recordings for a case.
func (s *sheet) against(c Case, known bool, hold policy.Hold, loc *time.Location) reasons {
	var bad reasons
	if !known {
		bad.add(policy.Text{NL: "het dossier bestaat niet in het register", FR: "le dossier n'existe pas au registre", EN: "the register has no such case"})
		return bad
	}
	if !c.Closed.IsZero() {
		if end := hold.DeleteWithin.After(c.Closed.In(loc)); s.Now.After(end) {
			bad.add(say("het dossier is gesloten op %s en daarna was er %s om te wissen", "le dossier a été clos le %s, avec ensuite %s pour effacer", "the case was closed on %s, with %s to erase after it", localTime(c.Closed, loc), period(hold.DeleteWithin)))
		}
		return bad
	}
	if c.Owner == "" {
		bad.add(policy.Text{NL: "het dossier heeft geen eigenaar", FR: "le dossier n'a pas de responsable", EN: "the case has no owner"})
	}
	if c.Reason == "" {
		bad.add(policy.Text{NL: "het dossier noemt geen reden", FR: "le dossier n'indique pas de motif", EN: "the case gives no reason"})
	}
	switch {
	case c.Review.IsZero():
		bad.add(policy.Text{NL: "er is geen dag waarop het opnieuw wordt beoordeeld", FR: "aucune date de révision n'est fixée", EN: "there is no day on which it is reviewed"})
	case s.Now.After(c.Review):
		bad.add(say("de beoordeling van %s is niet gedaan", "la révision du %s n'a pas eu lieu", "the review of %s was not done", localTime(c.Review, loc)))
	default:
	}
	return bad
}

// atOnce is what "at once" allows where the protocol gives no time to erase in
// (delete_within): one day, so that a person can do it.
func atOnce() policy.Duration { return policy.Duration{Days: 1} }

// secret is RET-8: recorded calls that showed no offence are gone at once. The
// register's word that they were erased counts only together with a look at
// what is still kept.
func secret(s *sheet) {
	list, ok := need(s, "", Target{}, FactCases, s.Cases)
	if !ok {
		return
	}
	n := 0
	for _, c := range list {
		if !c.NotShown || c.System != "" && !isSpoken(c.System) {
			continue
		}
		n++
		s.notShown(c)
	}
	if n == 0 {
		s.add("", Finding{Status: Pass, Text: say("Geen van de %d dossiers is er een waarin geen strafbaar feit is gebleken.", "Parmi les %d dossiers, aucun n'a conclu à l'absence d'infraction.", "None of the %d cases is one in which no offence was shown.", len(list))})
	}
}

func (s *sheet) notShown(c Case) {
	within := atOnce()
	var ref string
	for _, h := range s.Protocol.Holds {
		if h.DeleteWithin.IsZero() {
			continue
		}
		for _, id := range h.AppliesTo {
			if q, ok := processingOf(s.Protocol, id); ok && isSpoken(kindOf(q)) {
				within, ref = h.DeleteWithin, h.Ref
			}
		}
	}
	loc := s.Protocol.Location("")
	target := Target{Subject: c.ID}
	f := Finding{Target: target, Why: Why{Article: article(ref)}, Owner: c.Owner, Remedy: s.rule.Remedy}
	end := within.After(c.Closed.In(loc))
	switch {
	case c.Closed.IsZero():
		f.Status = Fail
		f.Text = say("In dossier %s is geen strafbaar feit gebleken, maar het is niet gesloten: de opnames blijven vastgehouden.", "Le dossier %s n'a pas révélé d'infraction, mais il n'est pas clos: les enregistrements restent gelés.", "Case %s showed no offence, but it is not closed: the recordings stay held.", c.ID)
	case c.Erased.IsZero() && s.Now.After(end):
		f.Status, f.Since = Fail, end
		f.Text = say("In dossier %s is geen strafbaar feit gebleken. Het is gesloten op %s; de opnames moesten binnen %s weg zijn en zijn niet als gewist gemeld.", "Le dossier %s n'a pas révélé d'infraction. Il a été clos le %s; les enregistrements devaient disparaître dans un délai de %s et ne sont pas signalés comme effacés.", "Case %s showed no offence. It was closed on %s; the recordings had to be gone within %s and are not reported erased.", c.ID, localTime(c.Closed, loc), period(within))
	case c.Erased.IsZero():
		f.Status, f.Due, f.Remedy = Pass, end, policy.Text{}
		f.Text = say("In dossier %s is geen strafbaar feit gebleken; de opnames moeten uiterlijk %s gewist zijn.", "Le dossier %s n'a pas révélé d'infraction; les enregistrements doivent être effacés au plus tard le %s.", "Case %s showed no offence; its recordings must be erased by %s.", c.ID, localTime(end, loc))
	default:
		left, known := s.leftOf(c)
		switch {
		case left > 0:
			f.Status = Fail
			f.Text = say("Dossier %s meldt de opnames gewist op %s, maar er zijn er nog %d.", "Le dossier %s signale les enregistrements effacés le %s, mais il en reste %d.", "Case %s reports its recordings erased on %s, but %d are still there.", c.ID, localTime(c.Erased, loc), left)
		case !known:
			if s.Calls.IsZero() && s.Stores.IsZero() {
				need(s, "", target, FactCalls, s.Calls)
				return
			}
			f.Status = Unproven
			f.Text = say("Dossier %s meldt de opnames gewist op %s; of zij weg zijn is niet overal nagekeken.", "Le dossier %s signale les enregistrements effacés le %s; leur absence n'a pas été vérifiée partout.", "Case %s reports its recordings erased on %s; whether they are gone was not looked up everywhere.", c.ID, localTime(c.Erased, loc))
		case c.Erased.After(end):
			f.Status = Fail
			f.Text = say("De opnames van dossier %s zijn pas op %s gewist, later dan %s na de sluiting op %s.", "Les enregistrements du dossier %s n'ont été effacés que le %s, plus de %s après la clôture du %s.", "The recordings of case %s were erased only on %s, later than %s after it was closed on %s.", c.ID, localTime(c.Erased, loc), period(within), localTime(c.Closed, loc))
			f.Remedy = policy.Text{NL: "Spreek af wie bij sluiting wist, en leg de vertraging voor aan de functionaris gegevensbescherming.", FR: "Convenez de qui efface à la clôture, et soumettez ce retard au délégué à la protection des données.", EN: "Agree who erases when a case is closed, and put this delay before the data protection officer."}
		default:
			f.Status, f.Remedy = Pass, policy.Text{}
			f.Text = say("De opnames van dossier %s zijn gewist op %s, en er is er geen meer gevonden.", "Les enregistrements du dossier %s ont été effacés le %s, et aucun n'a été retrouvé.", "The recordings of case %s were erased on %s, and none was found any more.", c.ID, localTime(c.Erased, loc))
		}
	}
	s.add("", f)
}

// leftOf counts what is still kept for a case; it is true if both the list of
// calls and the stores were looked at.
func (s *sheet) leftOf(c Case) (int, bool) {
	calls, a := s.Calls.Get()
	stores, b := s.Stores.Get()
	n := 0
	for _, v := range calls {
		if v.Case == c.ID {
			n++
		}
	}
	for _, st := range stores {
		for _, h := range st.Held {
			if h.Case == c.ID {
				n++
			}
		}
		for _, v := range st.Clips {
			if v.Case == c.ID {
				n++
			}
		}
	}
	return n, a && b
}
