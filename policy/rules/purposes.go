package rules

import (
	"slices"

	"github.com/lensdop/lensdop/policy"
)

// explicit is PUR-1: every processing has its purposes, in words of the written
// protocol. A purpose that this file assumes is in no list that anybody
// adopted, so it is unproven.
func explicit(s *sheet) {
	for _, q := range s.Protocol.Processing {
		f := Finding{Target: Target{Subject: q.ID}, Why: Why{Article: article(q.Ref)}, Evidence: []Evidence{{Kind: "text", Value: "purposes", Numbers: map[string]float64{"purposes": float64(len(q.Purposes))}}}}
		blank, guess := 0, 0
		for i, u := range q.Purposes {
			switch {
			case u.Text == "":
				blank++
			case assumedPurpose(q, i):
				guess++
			default:
			}
		}
		switch {
		case len(q.Purposes) == 0:
			f.Status, f.Remedy = Fail, s.rule.Remedy
			f.Text = say("Verwerking %s heeft geen doel.", "Le traitement %s n'a pas de finalité.", "Processing %s has no purpose.", q.ID)
		case blank > 0:
			f.Status, f.Remedy = Fail, s.rule.Remedy
			f.Text = say("Verwerking %s heeft %s; niet omschreven: %d.", "Le traitement %s a %s; non décrites: %d.", "Processing %s has %s; not described: %d.", q.ID, purposesText(len(q.Purposes)), blank)
		case guess > 0:
			f.Status = Unproven
			f.Text = say("Verwerking %s heeft %s; aangenomen, en niet uit het geschreven protocol: %d.", "Le traitement %s a %s; supposées, et absentes du protocole écrit: %d.", "Processing %s has %s; assumed, and not in the written protocol: %d.", q.ID, purposesText(len(q.Purposes)), guess)
			f.Remedy = policy.Text{NL: "Laat de doelen vaststellen, en zet het artikel erbij (ref) in plaats van basis: assumed.", FR: "Faites adopter les finalités et citez l'article (ref) au lieu de basis: assumed.", EN: "Have the purposes adopted, and cite the article (ref) in place of basis: assumed."}
		default:
			f.Status = Pass
			f.Text = say("Verwerking %s heeft in het protocol %s, elk omschreven.", "Le traitement %s a au protocole %s, chacune décrite.", "Processing %s has %s in the protocol, each described.", q.ID, purposesText(len(q.Purposes)))
		}
		s.add("", f)
	}
}

// purposesText is a number of purposes in words.
func purposesText(n int) policy.Text {
	return plural(n, policy.Text{NL: "doel", FR: "finalité", EN: "purpose"}, policy.Text{NL: "doelen", FR: "finalités", EN: "purposes"})
}

// assumedPurpose tells that a purpose is the file's own assumption. An article
// or the law beside it outweighs what the block around it says.
func assumedPurpose(q policy.Processing, i int) bool {
	u := q.Purposes[i]
	switch {
	case u.Basis.Of("text") != "":
		return u.Basis.Of("text") == policy.BasisAssumed
	case u.Ref != "":
		return false
	default:
		return q.Basis.Of("purposes") == policy.BasisAssumed
	}
}

// aims counts the purposes of a processing: those of work control, and those
// whose aim the file does not say. The checker's purposes need none.
func aims(q policy.Processing) (control, unsaid int) {
	for _, u := range q.Purposes {
		switch {
		case u.Aim == policy.AimWorkControl:
			control++
		case u.Aim == "" && !q.Checker:
			unsaid++
		default:
		}
	}
	return control, unsaid
}

// allowsWorkControl tells that the protocol makes control of work a purpose of
// a processing and does not forbid it in the same breath: the reading of the
// union guideline and CAO 68 (rule catalogue, conflict 10). A prohibition wins.
func allowsWorkControl(q policy.Processing) bool {
	control, _ := aims(q)
	return control > 0 && !slices.ContainsFunc(q.ProhibitedUses, func(u policy.Purpose) bool { return u.Aim == policy.AimWorkControl })
}

// mainPurpose is PUR-3: control of staff is neither the only nor the first
// purpose of a system.
func mainPurpose(s *sheet) {
	for _, q := range s.Protocol.Processing {
		control, unsaid := aims(q)
		f := Finding{
			Target: Target{Subject: q.ID}, Why: Why{Article: article(q.Ref)}, Remedy: s.rule.Remedy,
			Evidence: []Evidence{{Kind: "text", Value: "purposes", Numbers: map[string]float64{"purposes": float64(len(q.Purposes)), "work_control": float64(control), "aim_not_stated": float64(unsaid)}}},
		}
		switch {
		case len(q.Purposes) == 0:
			f.Status = Unproven
			f.Text = say("Verwerking %s heeft geen doel, dus ook geen hoofddoel.", "Le traitement %s n'a pas de finalité, donc pas de finalité principale.", "Processing %s has no purpose, and so no main one.", q.ID)
		case control == len(q.Purposes):
			f.Status = Fail
			f.Text = say("Controle van het werk is het enige doel van verwerking %s.", "Le contrôle du travail est la seule finalité du traitement %s.", "Control of work is the only purpose of processing %s.", q.ID)
		case control > 0 && q.Purposes[0].Aim == policy.AimWorkControl:
			f.Status = Unproven
			f.Text = say("Controle van het werk staat voorop bij de %[2]d doelen van verwerking %[1]s; het protocol zegt niet wat het hoofddoel is.", "Le contrôle du travail figure en tête des %[2]d finalités du traitement %[1]s; le protocole ne dit pas laquelle est principale.", "Control of work comes first among the %[2]d purposes of processing %[1]s; the protocol does not say which is the main one.", q.ID, len(q.Purposes))
			f.Remedy = policy.Text{NL: "Laat vaststellen wat het hoofddoel is en zet dat vooraan.", FR: "Faites fixer la finalité principale et placez-la en tête.", EN: "Have the main purpose decided and put it first."}
		case unsaid > 0:
			f.Status = Unproven
			f.Text = say("Verwerking %s heeft %s; waarop die gericht zijn zegt het protocol niet bij %d: of het om controle van personeel gaat is niet te zeggen.", "Le traitement %s a %s; le protocole ne dit pas ce qu'elles visent pour %d: impossible de dire s'il s'agit de contrôler le personnel.", "Processing %s has %s; the protocol does not say what they aim at for %d: whether it is control of staff cannot be told.", q.ID, purposesText(len(q.Purposes)), unsaid)
			f.Remedy = policy.Text{NL: "Zet bij elk doel waarop het is gericht (aim).", FR: "Indiquez pour chaque finalité ce qu'elle vise (aim).", EN: "Enter for each purpose what it aims at (aim)."}
		default:
			f.Status, f.Remedy = Pass, policy.Text{}
			f.Text = say("Verwerking %s heeft in het protocol %s; controle van het werk is daar niet bij.", "Le traitement %s a au protocole %s; le contrôle du travail n'en fait pas partie.", "Processing %s has %s in the protocol; control of work is not among them.", q.ID, purposesText(len(q.Purposes)))
			if control > 0 {
				f.Text = say("Verwerking %s heeft in het protocol %s; controle van het werk is niet het enige of eerste.", "Le traitement %s a au protocole %s; le contrôle du travail n'est ni la seule ni la première.", "Processing %s has %s in the protocol; control of work is neither the only nor the first.", q.ID, purposesText(len(q.Purposes)))
			}
		}
		s.add("", f)
	}
}

// otherPurpose is PUR-11: the consent of the works council says under which
// conditions data may serve another purpose than their own.
func otherPurpose(s *sheet) {
	today := s.civilToday()
	for _, q := range s.Protocol.Processing {
		if q.Checker {
			continue
		}
		f := Finding{Target: Target{Subject: q.ID}, Why: Why{Article: article(s.Protocol.WorksCouncil.Ref)}, Status: Unproven, Remedy: s.rule.Remedy}
		f.Text = say("Over verwerking %s staat geen instemming of advies in het protocol: of afspraken over ander gebruik zijn gemaakt is niet aangetoond.", "Le protocole ne contient ni accord ni avis sur le traitement %s: les conditions d'un autre usage ne sont pas prouvées.", "On processing %s the protocol has no consent or advice: whether conditions for other use were agreed is unproven.", q.ID)
		none := true
		for _, c := range s.Protocol.WorksCouncil.Consents {
			if len(c.Processings) > 0 && !slices.Contains(c.Processings, q.ID) {
				continue
			}
			got := s.agreed(q, c, today)
			if none || statusRank(got.Status) < statusRank(f.Status) || f.Status == Unproven && got.Status == Fail {
				f.Status, f.Text, none = got.Status, got.Text, false
			}
			if f.Status == Pass {
				f.Remedy = policy.Text{}
				break
			}
		}
		s.add("", f)
	}
}

// agreed judges one consent on the use of data for another purpose.
func (s *sheet) agreed(q policy.Processing, c policy.Consent, today policy.Date) Finding {
	switch {
	case c.Given != nil && !*c.Given || !c.Annulled.IsZero() && !later(c.Annulled, today):
		return Finding{Status: Fail, Text: say("De instemming %s over verwerking %s is geweigerd of nietig verklaard: over ander gebruik is niets afgesproken.", "L'accord %s sur le traitement %s a été refusé ou annulé: rien n'est convenu pour un autre usage.", "Consent %s on processing %s was withheld or annulled: nothing is agreed on other use.", c.ID, q.ID)}
	case c.Covers.OtherUse == "" && c.Covers.Purpose+c.Covers.Access+c.Covers.Retention+c.Covers.Devices == "":
		return Finding{Status: Unproven, Text: say("Van instemming %s over verwerking %s is niet vastgelegd wat zij omvatte.", "Le protocole ne dit pas ce que couvrait l'accord %s sur le traitement %s.", "Of consent %s on processing %s it is not recorded what it covered.", c.ID, q.ID)}
	case c.Covers.OtherUse == "":
		return Finding{Status: Fail, Text: say("Instemming %s over verwerking %s zegt niets over gebruik voor een ander doel.", "L'accord %s sur le traitement %s ne dit rien d'un usage pour une autre finalité.", "Consent %s on processing %s says nothing about use for another purpose.", c.ID, q.ID)}
	case c.Given == nil || c.Date.IsZero():
		return Finding{Status: Unproven, Text: say("Van instemming %s over verwerking %s is niet vastgelegd of en wanneer zij is gegeven.", "Le protocole ne dit pas si ni quand l'accord %s sur le traitement %s a été donné.", "Of consent %s on processing %s it is not recorded whether and when it was given.", c.ID, q.ID)}
	case later(c.Date, today) || !q.FirstUse.IsZero() && later(c.Date, q.FirstUse):
		return Finding{Status: Fail, Text: say("Instemming %s over verwerking %s is van %s, na het eerste gebruik: de afspraken over ander gebruik zijn niet vooraf gemaakt.", "L'accord %s sur le traitement %s date du %s, après la première utilisation: les conditions d'un autre usage n'ont pas été convenues à l'avance.", "Consent %s on processing %s is of %s, after first use: the conditions for other use were not agreed in advance.", c.ID, q.ID, c.Date)}
	case c.Document.SHA256 == "":
		return Finding{Status: Unproven, Text: say("Van instemming %s over verwerking %s ontbreekt de hash van het document: of zij ander gebruik omvat is niet na te gaan.", "Pour l'accord %s sur le traitement %s, l'empreinte du document manque: on ne peut vérifier s'il couvre un autre usage.", "Consent %s on processing %s lacks the hash of its document: whether it covers other use cannot be checked.", c.ID, q.ID)}
	default:
		return Finding{Status: Pass, Text: say("Instemming %s van %[3]s over verwerking %[2]s omvat de voorwaarden voor gebruik voor een ander doel.", "L'accord %s du %[3]s sur le traitement %[2]s couvre les conditions d'un usage pour une autre finalité.", "Consent %s of %[3]s on processing %[2]s covers the conditions for use for another purpose.", c.ID, q.ID, c.Date)}
	}
}
