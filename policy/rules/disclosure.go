package rules

import (
	"fmt"
	"slices"
	"time"

	"github.com/lensdop/lensdop/policy"
)

// sourcesOf lists the processings that an export came out of: that of its
// camera, else those of its system, else any but the checker's.
func sourcesOf(s *sheet, e Export) []policy.Processing {
	c, known := s.registered(e.Camera)
	var out []policy.Processing
	for _, q := range s.Protocol.Processing {
		switch {
		case q.Checker:
		case known && q.ID != c.Processing:
		case !known && e.System != "" && kindOf(q) != e.System:
		default:
			out = append(out, q)
		}
	}
	return out
}

// recipientOf finds the category of recipients that an export names.
func recipientOf(s *sheet, e Export) (policy.Recipient, bool) {
	for _, q := range sourcesOf(s, e) {
		if i := slices.IndexFunc(q.Recipients, func(r policy.Recipient) bool { return r.ID == e.Recipient }); i >= 0 && e.Recipient != "" {
			return q.Recipients[i], true
		}
	}
	return policy.Recipient{}, false
}

// judgeExports files one finding for each handover that breaks the rule or
// leaves it open, and one for all together if none does.
func judgeExports(s *sheet, judge func(e Export, o *outcome) (ref string)) {
	list, ok := need(s, "exports", Target{}, FactExports, s.Exports)
	if !ok {
		return
	}
	names, bad := unlike{}, false
	for _, e := range list {
		var o outcome
		ref := judge(e, &o)
		if o.status() == Pass {
			continue
		}
		bad = true
		id := e.ID
		if id == "" {
			id = e.At.UTC().Format(time.RFC3339)
		}
		f := Finding{
			Target: Target{Camera: e.Camera, Subject: names.name(id)}, Since: e.At, Why: Why{Article: ref},
			Evidence: []Evidence{{Kind: "log", Value: "export", Collected: e.At}},
		}
		s.weigh("export", f, say("Overdracht %s van %s", "Remise %s du %s", "Handover %s of %s", id, s.when(e.At)), policy.Text{}, o)
	}
	if !bad {
		s.add("exports", Finding{
			Status:   Pass,
			Text:     say("Overdrachten van opnames: %d, geen in strijd met de regel.", "Remises d'enregistrements: %d, aucune contraire à la règle.", "Handovers of recordings: %d, none against the rule.", len(list)),
			Evidence: []Evidence{{Kind: "log", Value: "exports", Numbers: map[string]float64{"exports": float64(len(list))}, Collected: s.Now}},
		})
	}
}

// onIndication is DIS-1: recordings are handed over in an investigation only,
// on the indication of the roles that the protocol names, and the record shows it.
func onIndication(s *sheet) {
	judgeExports(s, func(e Export, o *outcome) string {
		r, known := recipientOf(s, e)
		if e.Reason == "" {
			o.fail("geen reden", "pas de motif", "no reason")
		}
		if e.Case == "" {
			o.fail("geen onderzoek of incident", "pas d'enquête ni d'incident", "no investigation or incident")
		}
		if e.SHA256 == "" {
			o.fail("geen hash van het bestand, dus niet na te gaan wat is overgedragen", "pas de hachage du fichier, donc ce qui a été remis n'est pas vérifiable", "no hash of the file, so what was handed over cannot be verified")
		}
		may := rightOf(s.Protocol, e.Requester, policy.VerbExport, "").allowed || rightOf(s.Protocol, e.Requester, policy.VerbRequest, "").allowed
		switch {
		case e.Requester == "":
			o.fail("niet vermeld wie erom vroeg", "le demandeur n'est pas mentionné", "not stated who asked for it")
		case known && len(r.OnRequestOf) > 0:
			if !slices.Contains(r.OnRequestOf, e.Requester) {
				o.fail("op aangeven van %s in plaats van %s", "sur indication de %s au lieu de %s", "on indication of %s instead of %s", roleName(s.Protocol, e.Requester), roleNames(s.Protocol, r.OnRequestOf))
			}
		case !may && len(grants(s.Protocol, "", asksOrExports)) == 0:
			o.doubt("het protocol zegt niet op wiens aangeven", "le protocole ne dit pas sur l'indication de qui", "the protocol does not say on whose indication")
		case !may:
			o.fail("op aangeven van %s, die dit volgens het protocol niet mag", "sur indication de %s, qui n'en a pas le droit selon le protocole", "on indication of %s, who may not by the protocol", roleName(s.Protocol, e.Requester))
		default:
		}
		return r.Ref
	})
}

func asksOrExports(verb string) bool { return verb == policy.VerbExport || verb == policy.VerbRequest }

// namedRecipients is DIS-2: recordings go only to the categories of recipients
// that the protocol lists.
func namedRecipients(s *sheet) {
	for _, q := range s.Protocol.Processing {
		if q.Checker {
			continue
		}
		target := Target{Subject: q.ID}
		if len(q.Recipients) == 0 {
			s.add("recipients", Finding{
				Target: target, Status: Unproven, Remedy: s.rule.Remedy, Why: Why{Article: q.Ref},
				Text: say("Het protocol zegt niet aan wie gegevens van %s mogen worden overgedragen. Elke overdracht telt als in strijd ermee.", "Le protocole ne dit pas à qui les données de %s peuvent être remises. Toute remise est considérée comme contraire.", "The protocol does not say to whom data of %s may be handed over. Every handover counts as against it.", processingName(q)),
			})
			continue
		}
		s.add("recipients", Finding{
			Target: target, Status: Pass, Why: Why{Article: q.Recipients[0].Ref},
			Text: say("Het protocol somt op aan wie gegevens van %s mogen worden overgedragen: %s.", "Le protocole énumère à qui les données de %s peuvent être remises: %s.", "The protocol lists to whom data of %s may be handed over: %s.", processingName(q),
				plural(len(q.Recipients), policy.Text{NL: "soort ontvanger", FR: "catégorie", EN: "category"}, policy.Text{NL: "soorten ontvangers", FR: "catégories", EN: "categories"})),
		})
	}
	judgeExports(s, func(e Export, o *outcome) string {
		r, known := recipientOf(s, e)
		switch {
		case e.Recipient == "":
			o.fail("geen ontvanger vermeld", "aucun destinataire mentionné", "no recipient stated")
		case !known:
			o.fail("ontvanger %q staat niet in het protocol", "le destinataire %q ne figure pas au protocole", "recipient %q is not in the protocol", e.Recipient)
		default:
		}
		return r.Ref
	})
}

// reportDue is the first instant at which the report on a year is too late.
func reportDue(p *policy.Protocol, year int) (time.Time, error) {
	by := p.Logging.YearlyReport.By
	if by == "" {
		by = "--01-31"
	}
	day, err := time.Parse("--01-02", by)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is not a day of the year; write it as in --01-31", by)
	}
	return time.Date(year+1, day.Month(), day.Day()+1, 0, 0, 0, 0, p.Location("")), nil
}

// yearlyLog is LOG-1: who looked in a year is laid before the first meeting of
// the next, and the log lives until then.
func yearlyLog(s *sheet) {
	logSurvives(s)
	r := s.Protocol.Logging.YearlyReport
	f := Finding{Why: Why{Article: article(r.Ref, s.Protocol.Logging.Ref)}}
	year := s.Now.In(s.Protocol.Location("")).Year() - 1
	due, err := reportDue(s.Protocol, year)
	if err == nil && s.Now.Before(due) {
		// Last year's report is not due yet: the one before it is the latest that was.
		if due, err = reportDue(s.Protocol, year-1); err == nil {
			year--
		}
	}
	if err != nil {
		f.Status, f.Remedy = Unproven, s.rule.Remedy
		f.Text = say("Wanneer het jaarverslag moet zijn verstuurd is niet te lezen: %q. Schrijf de dag zoals in --01-31.", "La date d'envoi du rapport annuel est illisible: %q. Écrivez le jour comme dans --01-31.", "When the yearly report is due cannot be read: %q. Write the day as in --01-31.", r.By)
		s.add("report", f)
		return
	}
	f.Due = due
	start := firstDate(s.Protocol.Metadata.Effective.Date, s.Protocol.Metadata.Published.Date, s.Protocol.Metadata.Adopted.Date)
	if !start.IsZero() && start.Year > year {
		f.Status = NotApplicable
		f.Text = say("Over %d valt niets te melden: het protocol geldt pas sinds %s.", "Rien à rapporter sur %d: le protocole ne vaut que depuis le %s.", "There is nothing to report on %d: the protocol holds only since %s.", year, start)
		s.add("report", f)
		return
	}
	said := r.Last.Year == year+1
	last := startOf(r.Last, s.Protocol.Location(""))
	list, known := s.Reports.Get()
	i := slices.IndexFunc(list, func(x Report) bool { return x.Year == year })
	switch {
	case said && (!last.Before(due) || last.After(s.Now)):
		judgeReport(s, f, year, due, last, r.To) // the file itself speaks against it
	case i >= 0:
		judgeReport(s, f, year, due, list[i].Sent, list[i].To)
	case said: // and no register of reports has it
		s.onlySaid("report", "", f, say("Het jaarverslag van het toegangslogboek over %d is verstuurd op %s.", "Le rapport annuel du journal des accès sur %d a été envoyé le %s.", "The yearly report of the access log on %d was sent on %s.", year, r.Last))
	case !known:
		need(s, "report", Target{}, FactReports, s.Reports)
	default:
		judgeReport(s, f, year, due, time.Time{}, nil)
	}
}

func judgeReport(s *sheet, f Finding, year int, due, sent time.Time, to []string) {
	var o outcome
	missed := slices.DeleteFunc(slices.Clone(s.Protocol.Logging.YearlyReport.To), func(x string) bool { return slices.Contains(to, x) })
	switch {
	case sent.IsZero():
		o.fail("niet verstuurd; dat moest voor %s", "pas envoyé; il le fallait avant le %s", "not sent; it was due before %s", s.when(due))
	case sent.After(s.Now):
		o.doubt("verzonden op %s, wat nog moet komen", "envoyé le %s, ce qui est encore à venir", "sent at %s, which is still to come", s.when(sent))
	case !sent.Before(due):
		o.fail("pas verstuurd op %s; dat moest voor %s", "envoyé seulement le %s; il le fallait avant le %s", "sent only at %s; it was due before %s", s.when(sent), s.when(due))
	default:
	}
	switch {
	case len(s.Protocol.Logging.YearlyReport.To) == 0:
		o.doubt("het protocol zegt niet aan wie", "le protocole ne dit pas à qui", "the protocol does not say to whom")
	case !sent.IsZero() && len(missed) > 0:
		o.fail("niet aan %s", "pas à %s", "not to %s", bodyNames(s.Protocol, missed))
	default:
	}
	s.weigh("report", f, say("Jaarverslag van het toegangslogboek over %d", "Rapport annuel du journal des accès sur %d", "Yearly report of the access log on %d", year), say("Het jaarverslag van het toegangslogboek over %d is verstuurd op %s.", "Le rapport annuel du journal des accès sur %d a été envoyé le %s.", "The yearly report of the access log on %d was sent at %s.", year, s.when(sent)), o)
}

// bodyNames lists roles by their names, and bodies that are no role by their own words.
func bodyNames(p *policy.Protocol, list []string) policy.Text {
	var out []policy.Text
	for _, b := range list {
		name := policy.Text{NL: b, FR: b, EN: b}
		if _, ok := p.Role(b); ok {
			name = roleName(p, b)
		}
		out = append(out, name)
	}
	return listed(out)
}

// logSurvives holds the retention of the access log against the report: what
// happened on 1 January is still there when the report on that year is due.
func logSurvives(s *sheet) {
	l := s.Protocol.Logging.AccessLog
	year := s.Now.In(s.Protocol.Location("")).Year()
	f := Finding{Why: Why{Article: article(l.Ref, s.Protocol.Logging.Ref)}}
	var o outcome
	due, err := reportDue(s.Protocol, year)
	end := l.Retention.After(time.Date(year, time.January, 1, 0, 0, 0, 0, s.Protocol.Location("")))
	switch {
	case err != nil:
		o.doubt("wanneer het jaarverslag moet zijn verstuurd is niet te lezen", "la date d'envoi du rapport annuel est illisible", "when the yearly report is due cannot be read")
	case l.Retention.IsZero():
		o.doubt("het protocol zegt niet hoe lang het blijft", "le protocole ne dit pas combien de temps il est conservé", "the protocol does not say how long it stays")
	case end.Before(due):
		o.fail("blijft %s; wat op 1 januari %d gebeurt is weg voor het verslag erover moet zijn verstuurd (%s)", "conservé %s; ce qui se passe le 1er janvier %d a disparu avant l'échéance du rapport (%s)", "stays %s; what happens on 1 January %d is gone before the report on it is due (%s)", period(l.Retention), year, s.when(due))
	default:
	}
	s.weigh("log", f, say("Bewaartermijn van het toegangslogboek", "Durée de conservation du journal des accès", "Retention of the access log"), say("Volgens het protocol blijft het toegangslogboek %s: lang genoeg voor het jaarverslag.", "Selon le protocole, le journal des accès est conservé %s: assez longtemps pour le rapport annuel.", "By the protocol the access log stays %s: long enough for the yearly report.", period(l.Retention)), o)
}

// firstDate picks the first date that the file gives.
func firstDate(list ...policy.Date) policy.Date {
	for _, d := range list {
		if !d.IsZero() {
			return d
		}
	}
	return policy.Date{}
}
