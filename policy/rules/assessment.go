package rules

import (
	"slices"

	"github.com/lensdop/lensdop/policy"
)

// reviewAssessment is how often an assessment is reviewed where the protocol
// does not say (rule catalogue §1.8).
func reviewAssessment() policy.Duration { return policy.Duration{Years: 3} }

// assessed is PUR-9: each processing that needs an assessment (DPIA, privacy
// test) had it before its first use, and it was reviewed since. One without a
// date may exist on paper, so it is unproven; so is one whose date is assumed
// and backed by no document. A processing for which neither
// the protocol nor a guideline that it adopts asks for one is left out.
func assessed(s *sheet) {
	adopted := slices.ContainsFunc(s.Protocol.Guidelines, func(g policy.Guideline) bool {
		return slices.Contains([]string{policy.GuidelinePoliceUnion, policy.GuidelineHR, policy.GuidelineWorksCouncil}, g.ID)
	})
	list, gathered := s.Inventory.Get()
	first := map[string]policy.Date{} // sightings, by processing
	loc := s.Protocol.Location("")
	for _, a := range arrivals(s.Protocol, list) {
		if d := policy.DateOf(a.First.In(loc)); a.Processing != "" && !a.First.IsZero() && (first[a.Processing].IsZero() || later(first[a.Processing], d)) {
			first[a.Processing] = d
		}
	}
	today := s.civilToday()
	for _, q := range s.Protocol.Processing {
		target, why := Target{Subject: q.ID}, Why{Article: article(q.DPIA.Ref, q.Ref)}
		f := Finding{Target: target, Why: why, Remedy: s.rule.Remedy}
		date := q.DPIA.Date
		switch {
		case !q.DPIA.Required && !adopted && date.IsZero():
			f.Status, f.Remedy = NotApplicable, policy.Text{}
			f.Text = say("Voor verwerking %s vraagt het protocol geen DPIA, en het neemt geen richtlijn over die dat doet.", "Pour le traitement %s, le protocole ne demande pas d'AIPD et n'adopte aucune directive qui le fasse.", "For processing %s the protocol asks for no DPIA, and it adopts no guideline that does.", q.ID)
			s.add("before", f)
			continue
		case date.IsZero():
			f.Status = Unproven
			f.Text = say("Voor verwerking %s noemt het protocol geen datum van de DPIA: of er vóór de start is afgewogen is niet aangetoond.", "Pour le traitement %s, le protocole n'indique pas la date de l'AIPD: il n'est pas prouvé que l'examen a eu lieu avant le début.", "For processing %s the protocol gives no date of the DPIA: whether it was weighed before the start is unproven.", q.ID)
			s.add("before", f)
			continue
		case later(date, today):
			f.Status = Fail
			f.Text = say("De DPIA van verwerking %s staat pas voor %s in het protocol: vandaag is er geen.", "Le protocole prévoit l'AIPD du traitement %s pour le %s seulement: il n'y en a pas aujourd'hui.", "The protocol has the DPIA of processing %s on %s only: there is none today.", q.ID, date)
			s.add("before", f)
			continue
		case q.DPIA.Basis.Of("date") == policy.BasisAssumed && q.DPIA.Document.SHA256 == "":
			f.Status = Unproven
			f.Text = say("De datum van de DPIA van verwerking %s (%s) is aangenomen, en geen document staat ervoor in.", "La date de l'AIPD du traitement %s (%s) est supposée, et aucun document ne l'atteste.", "The date of the DPIA of processing %s (%s) is assumed, and no document backs it.", q.ID, date)
			f.Remedy = policy.Text{NL: "Zet naam en hash van de DPIA in het protocol (dpia.document), of haal de aanname weg als de datum bevestigd is.", FR: "Inscrivez le nom et le hash de l'AIPD au protocole (dpia.document), ou retirez la supposition une fois la date confirmée.", EN: "Enter name and hash of the DPIA in the protocol (dpia.document), or take the assumption away once the date is confirmed."}
			s.add("before", f)
			continue
		default:
		}
		said := firstUse(s.Protocol, q)
		use := said.date
		if d := first[q.ID]; !d.IsZero() && (use.IsZero() || !later(d, use)) {
			use, said.assumed = d, false // seen by the day that the file gives
		}
		switch {
		case use.IsZero() && !gathered:
			need(s, "before", target, FactInventory, s.Inventory)
		case use.IsZero():
			f.Status = Unproven
			f.Text = say("De DPIA van verwerking %s is van %s, maar sinds wanneer zij loopt is niet bekend.", "L'AIPD du traitement %s date du %s, mais on ne sait pas depuis quand il fonctionne.", "The DPIA of processing %s is of %s, but since when it runs is not known.", q.ID, date)
			f.Remedy = policy.Text{NL: "Zet de eerste dag van gebruik in het protocol (first_use).", FR: "Inscrivez le premier jour d'utilisation au protocole (first_use).", EN: "Enter the first day of use in the protocol (first_use)."}
			s.add("before", f)
		case later(date, use):
			f.Status, f.Since = Fail, startOf(use, loc)
			f.Text = say("Verwerking %s loopt sinds %s; de DPIA is van %s, dus van erna.", "Le traitement %s fonctionne depuis le %s; l'AIPD date du %s, donc d'après.", "Processing %s runs since %s; the DPIA is of %s, which is after it.", q.ID, use, date)
			f.Remedy = policy.Text{NL: "Leg aan de functionaris gegevensbescherming voor wat vóór de DPIA is opgenomen, en beoordeel voortaan vóór de start.", FR: "Soumettez au délégué à la protection des données ce qui a été enregistré avant l'AIPD, et procédez désormais à l'examen avant le début.", EN: "Put before the data protection officer what was recorded before the DPIA, and assess before the start from now on."}
			s.add("before", f)
		default:
			f.Status, f.Remedy = Pass, policy.Text{}
			f.Text = say("Volgens het protocol is de DPIA van verwerking %s van %s, en loopt zij sinds %s.", "Selon le protocole, l'AIPD du traitement %s date du %s, et il fonctionne depuis le %s.", "By the protocol the DPIA of processing %s is of %s, and it runs since %s.", q.ID, date, use)
			s.add("before", restingOn(f, said))
		}
		reviewed(s, q, today)
	}
}

// reviewed is the part of PUR-9 on the review: the day on which it is due still counts.
func reviewed(s *sheet, q policy.Processing, today policy.Date) {
	every := q.DPIA.ReviewEvery
	if every.IsZero() {
		every = reviewAssessment()
	}
	due := dueDate(q.DPIA.Date, every)
	end := startOf(due.AddDays(1), s.Protocol.Location(""))
	f := Finding{Target: Target{Subject: q.ID}, Why: Why{Article: article(q.DPIA.Ref, q.Ref)}, Status: Pass, Due: end}
	f.Text = say("Volgens het protocol is de DPIA van verwerking %s van %s; zij wordt uiterlijk %s herzien (elke %s).", "Selon le protocole, l'AIPD du traitement %s date du %s; elle est revue au plus tard le %s (tous les %s).", "By the protocol the DPIA of processing %s is of %s; it is reviewed by %s (every %s).", q.ID, q.DPIA.Date, due, period(every))
	if later(today, due) {
		f.Status, f.Since = Fail, end
		f.Text = say("De DPIA van verwerking %s is van %s en moest uiterlijk %s zijn herzien (elke %s).", "L'AIPD du traitement %s date du %s et devait être revue au plus tard le %s (tous les %s).", "The DPIA of processing %s is of %s and had to be reviewed by %s (every %s).", q.ID, q.DPIA.Date, due, period(every))
		f.Remedy = policy.Text{NL: "Herzie de DPIA en zet de nieuwe datum in het protocol (dpia.date).", FR: "Revoyez l'AIPD et inscrivez la nouvelle date au protocole (dpia.date).", EN: "Review the DPIA and enter the new date in the protocol (dpia.date)."}
	}
	s.add("review", f)
}
