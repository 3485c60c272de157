package rules

import (
	"slices"
	"time"

	"github.com/lensdop/lensdop/policy"
)

// ruleDayAfter is the word of Effective.Rule for the first day after publication.
const ruleDayAfter = "first-day-after-publication"

// effectiveDate is the first day on which the protocol holds, as the file gives
// it or as follows from its publication; zero if neither is known.
func effectiveDate(m policy.Metadata) policy.Date {
	if m.Effective.Date.IsZero() && m.Effective.Rule == ruleDayAfter && !m.Published.Date.IsZero() {
		return m.Published.Date.AddDays(1)
	}
	return m.Effective.Date
}

// annulment is CON-6: without its consent the works council can have the
// decision annulled, for a month after it knew of it. While that runs nothing
// is certain; afterwards the decision stands.
func annulment(s *sheet) {
	m, council := s.Protocol.Metadata, s.Protocol.WorksCouncil
	f := Finding{Why: Why{Article: article(council.Ref, m.Adopted.Ref)}}
	var lacking []string
	annulled := false
	for _, q := range s.Protocol.Processing {
		last := latest(s, q.ID)
		if !last.consent.Annulled.IsZero() && compareDates(last.consent.Annulled, s.civilToday()) <= 0 {
			annulled = true
			s.conclude("annulled", Finding{
				Target: Target{Subject: q.ID}, Why: f.Why, Status: Fail, Since: startOf(last.consent.Annulled, s.clockZone()),
				Text: say("De ondernemingsraad riep op %s de nietigheid in: dit mag niet meer worden gebruikt.", "Le conseil d'entreprise a invoqué la nullité le %s: ceci ne peut plus être utilisé.", "The works council invoked nullity on %s: this may no longer be used.", last.consent.Annulled),
			})
			continue
		}
		if last.status != Pass {
			lacking = append(lacking, q.ID)
		}
	}
	if annulled && len(lacking) == 0 {
		return
	}
	knew := knewOfDecision(s.Protocol)
	switch {
	case len(lacking) == 0 && len(s.Protocol.Processing) > 0:
		f.Status = Pass
		f.Text = say("Over elke verwerking is ingestemd of geadviseerd: er loopt geen termijn om de nietigheid in te roepen.", "Chaque traitement a reçu un accord ou un avis: aucun délai pour invoquer la nullité ne court.", "Every processing has consent or advice: no time to invoke nullity runs.")
	case knew.IsZero():
		f.Status = Unproven
		f.Text = say("Wanneer de ondernemingsraad van het besluit wist, zegt het protocol niet; zonder instemming (%s) kan hij nog de nietigheid inroepen.", "Le protocole ne dit pas quand le conseil d'entreprise a eu connaissance de la décision; sans accord (%s), il peut encore invoquer la nullité.", "The protocol does not say when the works council knew of the decision; without consent (%s) it can still invoke nullity.", joined(lacking))
	default:
		within := council.AnnulWithin
		if within.IsZero() {
			within = lawDeadline()
		}
		// The period counts days: it ends with the last of them.
		last := policy.DateOf(within.After(startOf(knew, s.clockZone())))
		end := startOf(last.AddDays(1), s.clockZone())
		f.Due = end
		if s.Now.Before(end) {
			f.Status = Unproven
			f.Text = say("De termijn om de nietigheid in te roepen loopt nog, tot en met %[2]s: over %[1]s is geen instemming aangetoond.", "Le délai pour invoquer la nullité court encore, jusqu'au %[2]s inclus: aucun accord n'est prouvé pour %[1]s.", "The time to invoke nullity still runs, up to and including %[2]s: no consent is shown for %[1]s.", joined(lacking), last)
		} else {
			f.Status, f.Due = Pass, time.Time{}
			f.Text = say("De termijn om de nietigheid in te roepen is na %s verstreken; volgens het protocol is dat niet gebeurd.", "Le délai pour invoquer la nullité a expiré après le %s; selon le protocole, cela n'a pas été fait.", "The time to invoke nullity ended after %s; by the protocol that was not done.", last)
			f = restingOn(f, adoptedDate(m))
		}
	}
	s.conclude("", f)
}

// knewOfDecision is the day on which the works council is shown to have known
// of the decision: not before it was taken, and on the first of publication,
// a notice to the council, or its own answer. Zero if nothing shows it.
func knewOfDecision(p *policy.Protocol) policy.Date {
	taken := p.Metadata.Adopted.Date
	if taken.IsZero() {
		return policy.Date{}
	}
	var knew policy.Date
	shown := func(d policy.Date) {
		if d.IsZero() {
			return
		}
		if compareDates(d, taken) < 0 {
			d = taken
		}
		if knew.IsZero() || compareDates(d, knew) < 0 {
			knew = d
		}
	}
	shown(p.Metadata.Published.Date)
	for _, n := range p.Notices {
		if n.Audience == bodyCouncil {
			shown(n.Given)
		}
	}
	for _, c := range p.Metadata.Consultations {
		if isCouncil(c.Body) {
			shown(c.Date)
		}
	}
	return knew
}

// Bodies of a consultation.
const (
	bodyDPO       = "dpo"
	bodyCouncil   = "works-council"
	bodyCommittee = "committee"
	bodyStaff     = "staff"
)

func isCouncil(body string) bool { return body == bodyCouncil || body == bodyCommittee }

// answeredOn is the day on which a consultation was over.
func answeredOn(c policy.Consultation) policy.Date {
	if c.Date.IsZero() {
		return c.Until
	}
	return c.Date
}

// dateOrder is CON-10: the advice comes before the adoption, the adoption
// before the protocol takes effect, and that before use.
func dateOrder(s *sheet) {
	for _, x := range []struct {
		subject string
		is      func(body string) bool
		name    policy.Text
	}{
		{bodyDPO, func(b string) bool { return b == bodyDPO }, policy.Text{NL: "het advies van de FG", FR: "l'avis du DPO", EN: "the DPO's advice"}},
		{bodyCouncil, isCouncil, policy.Text{NL: "het overleg met de ondernemingsraad of het comité", FR: "la concertation avec le conseil d'entreprise ou le comité", EN: "the works council's or committee's answer"}},
		{bodyStaff, func(b string) bool { return b == bodyStaff }, policy.Text{NL: "de termijn voor opmerkingen van het personeel", FR: "le délai de remarques du personnel", EN: "the staff's time for remarks"}},
	} {
		asked := slices.Clone(s.Protocol.Metadata.Consultations)
		asked = slices.DeleteFunc(asked, func(c policy.Consultation) bool { return !x.is(c.Body) })
		if x.subject == bodyCouncil && len(asked) == 0 {
			asked = councilAnswers(s.Protocol)
		}
		s.conclude("consult", consultedBefore(s, x.subject, x.name, asked))
	}
	adviceOrder(s)
	m := s.Protocol.Metadata
	adopted, effective := m.Adopted.Date, effectiveDate(m)
	f := Finding{Why: Why{Article: article(m.Effective.Ref, m.Adopted.Ref)}, Status: Pass}
	f.Text = say("Vastgesteld op %s, van kracht vanaf %s.", "Adopté le %s, en vigueur à partir du %s.", "Adopted on %s, in force from %s.", orUnknown(adopted.String()), orUnknown(effective.String()))
	switch {
	case adopted.IsZero() || effective.IsZero():
		f.Status = Unproven
		f.Text = say("Het protocol noemt niet beide data (vaststelling: %s; inwerkingtreding: %s).", "Le protocole n'indique pas les deux dates (adoption: %s; entrée en vigueur: %s).", "The protocol does not give both dates (adoption: %s; taking effect: %s).", orUnknown(adopted.String()), orUnknown(effective.String()))
	case compareDates(adopted, effective) >= 0:
		f.Status = Fail
		f.Text = say("Het protocol geldt vanaf %[2]s, maar is pas op %[1]s vastgesteld.", "Le protocole est en vigueur à partir du %[2]s, mais n'a été adopté que le %[1]s.", "The protocol is in force from %[2]s, but was adopted only on %[1]s.", adopted, effective)
	default:
	}
	s.conclude("adopted", restingOn(f, adoptedDate(m), effectiveFrom(m)))
	for _, q := range s.Protocol.Processing {
		s.conclude("use", usedInOrder(s, q, effective))
	}
}

// consultedBefore judges the last answer of one body. An answer of the day of
// adoption itself is unproven: dates do not tell which came first.
func consultedBefore(s *sheet, subject string, name policy.Text, asked []policy.Consultation) Finding {
	adopted := s.Protocol.Metadata.Adopted.Date
	f := Finding{Target: Target{Subject: subject}, Status: Unproven}
	var last policy.Date
	undated := false
	rests := []fileDate{adoptedDate(s.Protocol.Metadata)}
	for _, c := range asked {
		f.Why.Article = article(f.Why.Article, c.Ref)
		day := answeredOn(c)
		undated = undated || day.IsZero()
		rests = append(rests, answerDate(s.Protocol, c))
		if compareDates(day, last) > 0 {
			last = day
		}
	}
	switch {
	case len(asked) == 0:
		f.Text = say("Het protocol noemt %s niet.", "Le protocole ne mentionne pas %s.", "The protocol does not mention %s.", name)
	case undated || adopted.IsZero():
		f.Text = say("Of %[1]s aan de vaststelling voorafging is niet aangetoond: het protocol noemt niet beide data (%[2]s; vaststelling: %[3]s).", "Il n'est pas prouvé que %[1]s a précédé l'adoption: le protocole n'indique pas les deux dates (%[2]s; adoption: %[3]s).", "Whether %[1]s came before the adoption is unproven: the protocol does not give both dates (%[2]s; adoption: %[3]s).", name, orUnknown(last.String()), orUnknown(adopted.String()))
	case compareDates(last, adopted) < 0:
		f.Status = Pass
		f.Text = say("Dit ging aan de vaststelling van %[3]s vooraf: %[1]s (%[2]s).", "Ceci a précédé l'adoption du %[3]s: %[1]s (%[2]s).", "This came before the adoption of %[3]s: %[1]s (%[2]s).", name, last, adopted)
	case compareDates(last, adopted) == 0:
		f.Text = say("Op de dag van de vaststelling (%[2]s) was ook %[1]s: wat eerst kwam is niet aangetoond.", "Le jour de l'adoption (%[2]s) était aussi celui-ci: %[1]s; l'ordre n'est pas prouvé.", "On the day of the adoption (%[2]s) there was also %[1]s: which came first is unproven.", name, adopted)
	default:
		f.Status = Fail
		f.Text = say("Dit kwam pas na de vaststelling van %[3]s: %[1]s (%[2]s).", "Ceci n'est venu qu'après l'adoption du %[3]s: %[1]s (%[2]s).", "This came only after the adoption of %[3]s: %[1]s (%[2]s).", name, last, adopted)
	}
	return restingOn(f, rests...)
}

// adviceOrder compares the answers of council and DPO (conflict 16): a council
// that answered first could not know the DPO's advice. That is no breach of
// the order of CON-10, but what the council had before it must then be shown.
func adviceOrder(s *sheet) {
	var council, dpo policy.Date
	var theirs, its fileDate
	ref := ""
	for _, c := range s.Protocol.Metadata.Consultations {
		day := answeredOn(c)
		switch {
		case isCouncil(c.Body) && compareDates(day, council) > 0:
			council, ref, theirs = day, c.Ref, answerDate(s.Protocol, c)
		case c.Body == bodyDPO && compareDates(day, dpo) > 0:
			dpo, its = day, answerDate(s.Protocol, c)
		default:
		}
	}
	if council.IsZero() || dpo.IsZero() {
		return
	}
	f := Finding{Why: Why{Article: article(ref)}, Status: Pass, Text: say(
		"De ondernemingsraad of het comité (%s) kon het advies van de FG (%s) kennen.",
		"Le conseil d'entreprise ou le comité (%s) pouvait connaître l'avis du DPO (%s).",
		"The works council or committee (%s) could know the DPO's advice (%s).", council, dpo)}
	if compareDates(council, dpo) < 0 {
		f.Status = Unproven
		f.Text = say(
			"De ondernemingsraad of het comité antwoordde op %s, voor het advies van de FG van %s. Toon aan dat de camera's toen op de agenda stonden.",
			"Le conseil d'entreprise ou le comité a répondu le %s, avant l'avis du DPO du %s. Montrez que les caméras étaient alors à l'ordre du jour.",
			"The works council or committee answered on %s, before the DPO's advice of %s. Show that its agenda covered the cameras.", council, dpo)
	}
	s.conclude("order", restingOn(f, theirs, its))
}

// usedInOrder judges the first use of a processing. Use before the protocol
// took effect is not held against anyone whom an earlier protocol covered; and
// if somebody was consulted before, the agenda may have covered it (conflict 16).
func usedInOrder(s *sheet, q policy.Processing, effective policy.Date) Finding {
	f := Finding{Target: Target{Subject: q.ID}, Why: Why{Article: article(q.Ref)}, Status: Unproven}
	use := firstUse(s.Protocol, q)
	first := use.date
	earlier := slices.ContainsFunc(s.Protocol.Metadata.Supersedes, func(e policy.Earlier) bool {
		return !e.Adopted.IsZero() && compareDates(e.Adopted, first) < 0
	})
	consulted := slices.ContainsFunc(s.Protocol.Metadata.Consultations, func(c policy.Consultation) bool {
		day := answeredOn(c)
		return !day.IsZero() && compareDates(day, first) < 0
	})
	switch {
	case first.IsZero() || effective.IsZero():
		f.Text = say("Of verwerking %s pas na de inwerkingtreding in gebruik kwam is niet aangetoond: het protocol noemt niet beide data (eerste gebruik: %s; inwerkingtreding: %s).", "Il n'est pas prouvé que le traitement %s n'est en service que depuis l'entrée en vigueur: le protocole n'indique pas les deux dates (premier usage: %s; entrée en vigueur: %s).", "Whether processing %s came into use only after the protocol took effect is unproven: the protocol does not give both dates (first use: %s; taking effect: %s).", q.ID, orUnknown(first.String()), orUnknown(effective.String()))
	case compareDates(first, effective) >= 0:
		f.Status = Pass
		f.Text = say("Verwerking %s is volgens het protocol in gebruik sinds %s; het protocol geldt vanaf %s.", "Selon le protocole, le traitement %s est en service depuis le %s; le protocole est en vigueur à partir du %s.", "By the protocol, processing %s is in use since %s; the protocol is in force from %s.", q.ID, first, effective)
	case earlier:
		f.Status = Pass
		f.Text = say("Verwerking %s is volgens het protocol in gebruik sinds %s, toen een eerder protocol gold.", "Selon le protocole, le traitement %s est en service depuis le %s, sous un protocole antérieur.", "By the protocol, processing %s is in use since %s, under an earlier protocol.", q.ID, first)
	case consulted:
		f.Text = say("Verwerking %s is volgens het protocol in gebruik sinds %s, voordat het protocol op %s van kracht werd, maar na een overleg. Toon aan dat dit toen op de agenda stond.", "Selon le protocole, le traitement %s est en service depuis le %s, avant l'entrée en vigueur du %s, mais après une concertation. Montrez que c'était alors à l'ordre du jour.", "By the protocol, processing %s is in use since %s, before the protocol took effect on %s, but after a consultation. Show that its agenda covered this.", q.ID, first, effective)
	default:
		f.Status = Fail
		f.Text = say("Verwerking %s is volgens het protocol in gebruik sinds %s, voordat het protocol op %s van kracht werd en voordat iemand is geraadpleegd.", "Selon le protocole, le traitement %s est en service depuis le %s, avant l'entrée en vigueur du %s et avant toute concertation.", "By the protocol, processing %s is in use since %s, before the protocol took effect on %s and before anybody was consulted.", q.ID, first, effective)
	}
	return restingOn(f, use, effectiveFrom(s.Protocol.Metadata))
}

// firstUse is the first day of use that the file gives for a processing or one
// of its cameras and readers.
func firstUse(p *policy.Protocol, q policy.Processing) fileDate {
	first := fileDate{key: "processing.first_use", date: q.FirstUse, assumed: q.Basis.Of("first_use") == policy.BasisAssumed}
	use := func(key string, d policy.Date, basis policy.Basis) {
		if !d.IsZero() && (first.date.IsZero() || compareDates(d, first.date) < 0) {
			first = fileDate{key: key, date: d, assumed: basis.Of("first_use") == policy.BasisAssumed}
		}
	}
	for i := range p.Cameras {
		if c := &p.Cameras[i]; c.Processing == q.ID {
			use("cameras.first_use", c.FirstUse, c.Basis)
		}
	}
	for _, r := range p.Readers {
		if r.Processing == q.ID {
			use("readers.first_use", r.FirstUse, r.Basis)
		}
	}
	return first
}
