package rules

import (
	"github.com/lensdop/lensdop/policy"
)

// perPurpose is the part of RET-3 on purposes: each has a period, its own or
// that of the processing, and none a longer one.
func perPurpose(s *sheet, q policy.Processing, t term) {
	f := Finding{Target: Target{Subject: q.ID}, Why: Why{Article: article(q.Retention.Ref, q.Ref)}, Status: Pass}
	most, _, _ := t.limit(policy.Store{}, q)
	missing, long := "", ""
	for _, u := range q.Purposes {
		switch {
		case u.Retention.IsZero() && q.Retention.Max.IsZero():
			missing = u.ID
		case !u.Retention.IsZero() && u.Retention.Exceeds(most):
			long = u.ID
		default:
		}
	}
	switch {
	case long != "":
		f.Status, f.Remedy = Fail, policy.Text{NL: "Verkort de termijn van het doel in het protocol (purposes.retention).", FR: "Raccourcissez la durée de la finalité au protocole (purposes.retention).", EN: "Shorten the purpose's period in the protocol (purposes.retention)."}
		f.Text = say("Voor doel %s van verwerking %s noemt het protocol een langere termijn dan %s.", "Pour la finalité %s du traitement %s, le protocole fixe une durée supérieure à %s.", "For purpose %s of processing %s the protocol gives a longer period than %s.", long, q.ID, period(most))
	case missing != "" || len(q.Purposes) == 0:
		f.Status, f.Remedy = Unproven, policy.Text{NL: "Zet per doel een bewaartermijn in het protocol, of één voor alle (retention.max).", FR: "Inscrivez une durée par finalité au protocole, ou une pour toutes (retention.max).", EN: "Enter a period for each purpose in the protocol, or one for all (retention.max)."}
		f.Text = say("Voor doel %s van verwerking %s noemt het protocol geen bewaartermijn.", "Pour la finalité %s du traitement %s, le protocole ne fixe pas de durée de conservation.", "For purpose %s of processing %s the protocol gives no retention period.", orUnknown(missing), q.ID)
	default:
		f.Text = say("Elk van de %d doelen van verwerking %s heeft een bewaartermijn van ten hoogste %s.", "Chacune des %d finalités du traitement %s a une durée de conservation d'au plus %s.", "Each of the %d purposes of processing %s has a retention period of at most %s.", len(q.Purposes), q.ID, period(most))
	}
	s.add("purpose", f)
}

// ceilingOf is the longest period that a protocol may give a kind of system:
// the jurisdiction's for cameras, the police act's for what police use, and
// six months for all else (rule catalogue, conflict 1).
func ceilingOf(p *policy.Protocol, system string) policy.Duration {
	switch {
	case isPolice(system):
		return twelveMonths()
	case isCameras(system) && p.Metadata.Jurisdiction == policy.JurisdictionBE:
		return oneMonth()
	case isCameras(system):
		return fourWeeks()
	default:
		return sixMonths()
	}
}

// stated is RET-4: every processing says how long its data stay, and no longer
// than the ceiling unless a ground is cited. A processing that says nothing
// fails, since saying it is what the norm asks.
func stated(s *sheet) {
	for _, q := range s.Protocol.Processing {
		limit := ceilingOf(s.Protocol, kindOf(q))
		most := q.Retention.Max
		f := Finding{Target: Target{Subject: q.ID}, Why: Why{Article: article(q.Retention.Ref, q.Ref)}, Evidence: []Evidence{{Kind: "text", Value: "retention.max " + most.String()}}}
		switch {
		case most.IsZero() && q.Recording.Mode == policy.RecordNever:
			f.Status = Pass
			f.Text = say("Verwerking %s neemt niets op.", "Le traitement %s n'enregistre rien.", "Processing %s records nothing.", q.ID)
		case most.IsZero():
			f.Status, f.Remedy = Fail, s.rule.Remedy
			f.Text = say("Het protocol zegt niet hoe lang de gegevens van verwerking %s worden bewaard.", "Le protocole ne dit pas combien de temps les données du traitement %s sont conservées.", "The protocol does not say how long the data of processing %s are kept.", q.ID)
		case !most.Exceeds(limit):
			f.Status = Pass
			f.Text = say("Volgens het protocol blijven de gegevens van verwerking %s ten hoogste %s, binnen de grens van %s.", "Selon le protocole, les données du traitement %s restent au plus %s, dans la limite de %s.", "By the protocol the data of processing %s stay at most %s, within the limit of %s.", q.ID, period(most), period(limit))
		case q.Retention.Ground != "" && !isPolice(kindOf(q)):
			f.Status = Pass
			f.Text = say("Volgens het protocol blijven de gegevens van verwerking %s ten hoogste %s, langer dan %s, op deze grond: %s.", "Selon le protocole, les données du traitement %s restent au plus %s, plus que %s, sur ce fondement: %s.", "By the protocol the data of processing %s stay at most %s, longer than %s, on this ground: %s.", q.ID, period(most), period(limit), q.Retention.Ground)
		default:
			f.Status, f.Remedy = Fail, s.rule.Remedy
			f.Text = say("De gegevens van verwerking %s blijven %s, langer dan de grens van %s, zonder grond die dit toelaat.", "Les données du traitement %s restent %s, plus que la limite de %s, sans fondement qui l'autorise.", "The data of processing %s stay %s, longer than the limit of %s, without a ground that allows it.", q.ID, period(most), period(limit))
		}
		s.add("", f)
	}
}

// keptPolice is RET-5: what police cameras record stays at most twelve months,
// and is viewed for one month only; after that, with the written authority of
// the public prosecutor. These are two periods, each with its own finding.
func keptPolice(s *sheet) {
	t := term{about: isPolice, norm: twelveMonths(), ceiling: true, hard: true, device: true}
	s.keptAt(t)
	for _, q := range s.Protocol.Processing {
		if !isPolice(kindOf(q)) || q.Viewable.Max.IsZero() || !q.Viewable.Max.Exceeds(oneMonth()) {
			continue
		}
		s.add("viewable", Finding{
			Target: Target{Subject: q.ID}, Why: Why{Article: article(q.Viewable.Ref, q.Ref)}, Status: Fail,
			Text:   say("Volgens het protocol mag de politie opnames van verwerking %s nog na %s bekijken; de wet staat een maand toe.", "Selon le protocole, la police peut encore visionner les enregistrements du traitement %s après %s; la loi autorise un mois.", "By the protocol police may view recordings of processing %s up to %s old; the law allows one month.", q.ID, period(q.Viewable.Max)),
			Remedy: policy.Text{NL: "Zet de termijn in het protocol op een maand (viewable.max: P1M).", FR: "Fixez la durée à un mois dans le protocole (viewable.max: P1M).", EN: "Set the period in the protocol to one month (viewable.max: P1M)."},
		})
	}
	viewedOld(s)
}

// sessionOf returns the processing that a session is about: that of its
// camera, or else the only one of its kind of system.
func sessionOf(s *sheet, v Session) (policy.Processing, bool) {
	if c, ok := s.registered(v.Camera); ok && v.Camera != "" {
		return processingOf(s.Protocol, c.Processing)
	}
	var out policy.Processing
	n := 0
	for _, q := range s.Protocol.Processing {
		if v.System != "" && kindOf(q) == v.System {
			out = q
			n++
		}
	}
	return out, n == 1
}

// systemOfSession is the kind of system that a session is about; empty if the
// log does not tell.
func systemOfSession(s *sheet, v Session) string {
	if q, ok := sessionOf(s, v); ok {
		return kindOf(q)
	}
	return v.System
}

// viewedOld files each viewing of police recordings that were past the period
// of viewing, by their oldest moment and the clock of the site.
func viewedOld(s *sheet) {
	list, ok := need(s, "viewing", Target{}, FactSessions, s.Sessions)
	if !ok {
		return
	}
	n, bad, names := 0, 0, sessionNames(list)
	for i, v := range list {
		if !policy.SeesPictures(v.Verb) || v.Verb == policy.VerbLive || !isPolice(systemOfSession(s, v)) {
			continue
		}
		n++
		q, _ := sessionOf(s, v)
		limit := q.Viewable.Max
		if limit.IsZero() || limit.Exceeds(oneMonth()) {
			limit = oneMonth()
		}
		loc := s.Protocol.Location(v.Site)
		name := names[i]
		f := Finding{Target: Target{Subject: name}, Why: Why{Article: article(q.Viewable.Ref, q.Ref)}}
		switch until := limit.After(v.RangeFrom.In(loc)); {
		case v.Authority != "":
			continue
		case v.RangeFrom.IsZero():
			f.Status = Unproven
			f.Text = say("Van raadpleging %s is niet vastgelegd van wanneer de bekeken beelden waren.", "Le journal ne dit pas de quand dataient les images de la consultation %s.", "Of consultation %s it was not logged of when the viewed pictures were.", name)
			f.Remedy = policy.Text{NL: "Laat het systeem van elke raadpleging begin en eind van de bekeken opname vastleggen.", FR: "Faites consigner pour chaque consultation le début et la fin de l'enregistrement visionné.", EN: "Have the system log, for each consultation, beginning and end of what was viewed."}
		case v.Start.After(until):
			f.Status, f.Since, f.Remedy = Fail, v.Start, s.rule.Remedy
			f.Text = say("Bij raadpleging %s op %s zijn beelden van %s bekeken, ouder dan %s, zonder nummer van een schriftelijke toelating van het parket.", "Lors de la consultation %s du %s, des images du %s ont été visionnées, plus anciennes que %s, sans numéro d'autorisation écrite du parquet.", "In consultation %s on %s pictures of %s were viewed, older than %s, without the number of a written authority of the public prosecutor.", name, localTime(v.Start, loc), localTime(v.RangeFrom, loc), period(limit))
		default:
			continue
		}
		bad++
		s.add("viewing", f)
	}
	if bad == 0 {
		s.add("viewing", Finding{
			Status: Pass, Evidence: []Evidence{{Kind: "text", Value: "access log", Numbers: map[string]float64{"sessions": float64(n)}}},
			Text: say("Van %d raadplegingen van politiebeelden ging er geen over oudere beelden zonder toelating.", "Sur %d consultations d'images de police, aucune ne portait sur des images plus anciennes sans autorisation.", "Of %d consultations of police pictures none was about older pictures without authority.", n),
		})
	}
}
