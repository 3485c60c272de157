package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/lensdop/lensdop/policy"
)

// repeatedExports is how many exports without a case to the same recipient
// look like a standing order. The documents give no number; it is never a fail.
const repeatedExports = 3

// tracksUsed is PUR-6: data of badges, clocks and tracking serve their purpose
// only. What leaves the log about one person needs a case, and every
// consultation and export a reason.
func tracksUsed(s *sheet) {
	if list, ok := need(s, "sessions", Target{}, FactSessions, s.Sessions); ok {
		n, bad, names := 0, 0, sessionNames(list)
		for i, v := range list {
			if !policy.TracksStaff(systemOfSession(s, v)) {
				continue
			}
			n++
			f := Finding{Target: Target{Subject: names[i]}, Since: v.Start, Remedy: s.rule.Remedy}
			switch {
			case v.Staff && v.Case == "":
				f.Status = Fail
				f.Text = say("Raadpleging %s van een volgsysteem ging over één medewerker, zonder dossier.", "La consultation %s d'un système de suivi concernait une seule personne, sans dossier.", "Consultation %s of a tracking system was about one employee, without a case.", f.Target.Subject)
			case reasonUnstated(v):
				f.Status = Fail
				f.Text = say("Raadpleging %s van een volgsysteem noemt geen reden.", "La consultation %s d'un système de suivi n'indique pas de motif.", "Consultation %s of a tracking system gives no reason.", f.Target.Subject)
			default:
				continue
			}
			bad++
			s.add("session", f)
		}
		if bad == 0 {
			s.add("sessions", Finding{Status: Pass, Text: say("Elk van de %d raadplegingen van volgsystemen heeft een reden, en een dossier als zij over één medewerker ging.", "Chacune des %d consultations de systèmes de suivi a un motif, et un dossier si elle concernait une personne.", "Each of %d consultations of tracking systems has a reason, and a case if it was about one employee.", n)})
		}
	}
	if list, ok := need(s, "exports", Target{}, FactExports, s.Exports); ok {
		s.trackingExports(list)
	}
}

func (s *sheet) trackingExports(list []Export) {
	n, bad, names := 0, 0, unlike{}
	to := map[string]int{} // exports without a case, by system and recipient
	for i, e := range list {
		if !policy.TracksStaff(e.System) {
			continue
		}
		n++
		if e.Case == "" {
			to[e.System+"/"+e.Recipient]++
		}
		name := names.name(article(e.ID, fmt.Sprintf("#%d", i+1)))
		f := Finding{Target: Target{Subject: name}, Since: e.At, Remedy: s.rule.Remedy}
		switch {
		case e.Person && e.Case == "":
			f.Status = Fail
			f.Text = say("Export %s uit een volgsysteem gaat over één persoon, zonder dossier.", "L'exportation %s d'un système de suivi concerne une seule personne, sans dossier.", "Export %s from a tracking system is about one person, without a case.", f.Target.Subject)
		case e.Case == "" && e.Reason == "":
			f.Status = Fail
			f.Text = say("Export %s uit een volgsysteem noemt geen reden.", "L'exportation %s d'un système de suivi n'indique pas de motif.", "Export %s from a tracking system gives no reason.", f.Target.Subject)
		default:
			continue
		}
		bad++
		s.add("export", f)
	}
	keys := make([]string, 0, len(to))
	for key := range to {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, cmp.Compare[string])
	for _, key := range keys {
		if to[key] < repeatedExports {
			continue
		}
		bad++
		system, recipient, _ := strings.Cut(key, "/")
		s.add("standing", Finding{
			Target: Target{Subject: key}, Status: Unproven, Remedy: s.rule.Remedy,
			Evidence: []Evidence{{Kind: "text", Value: "exports without a case", Numbers: map[string]float64{"exports": float64(to[key])}}},
			Text:     say("Er gingen %d exporten zonder dossier naar dezelfde ontvanger (%s): of dat een vaste levering is moet een mens beoordelen.", "%d exportations sans dossier sont allées au même destinataire (%s): une personne doit juger s'il s'agit d'un envoi régulier.", "%d exports without a case went to the same recipient (%s): a person must judge whether that is a standing delivery.", to[key], say("%s, %s", "%s, %s", "%s, %s", systemName(system), orUnknown(recipient))),
		})
	}
	if bad == 0 {
		s.add("exports", Finding{Status: Pass, Text: say("Elk van de %d exporten uit volgsystemen heeft een reden, en een dossier als hij over één persoon gaat.", "Chacune des %d exportations de systèmes de suivi a un motif, et un dossier si elle concerne une personne.", "Each of %d exports from tracking systems has a reason, and a case if it is about one person.", n)})
	}
}

// suspicion is PUR-7: nobody looks at an employee without an open case that
// says what is suspected, of an incident before the look.
func suspicion(s *sheet) {
	list, ok := need(s, "", Target{}, FactSessions, s.Sessions)
	if !ok {
		return
	}
	cases, known := s.Cases.Get()
	byID := casesByID(cases)
	n, bad, names := 0, 0, sessionNames(list)
	for i, v := range list {
		if !v.Staff {
			continue
		}
		n++
		name := names[i]
		f := Finding{Target: Target{Subject: name}, Since: v.Start, Status: Fail, Remedy: s.rule.Remedy}
		c, exists := byID[v.Case]
		switch {
		case v.Case == "":
			f.Text = say("Raadpleging %s ging over een medewerker, zonder incident of dossier.", "La consultation %s concernait un membre du personnel, sans incident ni dossier.", "Consultation %s was about an employee, without an incident or case.", name)
		case !known:
			bad++
			need(s, "session", f.Target, FactCases, s.Cases)
			continue
		case !exists:
			f.Text = say("Raadpleging %s ging over een medewerker onder dossier %s, dat niet in het register staat.", "La consultation %s concernait un membre du personnel sous le dossier %s, absent du registre.", "Consultation %s was about an employee under case %s, which the register does not have.", name, v.Case)
		case c.Reason == "":
			f.Text = say("Raadpleging %s ging over een medewerker onder dossier %s, dat geen vermoeden noemt.", "La consultation %s concernait un membre du personnel sous le dossier %s, qui n'indique aucun soupçon.", "Consultation %s was about an employee under case %s, which states no suspicion.", name, v.Case)
		case c.Incident.IsZero():
			f.Status = Unproven
			f.Text = say("Raadpleging %s ging over een medewerker onder dossier %s, waarvan niet is vastgelegd wanneer het incident was.", "La consultation %s concernait un membre du personnel sous le dossier %s, qui n'indique pas quand l'incident a eu lieu.", "Consultation %s was about an employee under case %s, of which it was not recorded when the incident was.", name, v.Case)
		case c.Incident.After(v.Start) || c.Opened.After(v.Start):
			f.Text = say("Raadpleging %s ging over een medewerker vóór het incident of de opening van dossier %s.", "La consultation %s concernait un membre du personnel avant l'incident ou l'ouverture du dossier %s.", "Consultation %s was about an employee before the incident or the opening of case %s.", name, v.Case)
		case !c.Closed.IsZero() && v.Start.After(c.Closed):
			f.Text = say("Raadpleging %s ging over een medewerker onder dossier %s, dat toen al gesloten was.", "La consultation %s concernait un membre du personnel sous le dossier %s, déjà clos.", "Consultation %s was about an employee under case %s, which was closed by then.", name, v.Case)
		default:
			continue
		}
		bad++
		s.add("session", f)
	}
	if bad == 0 {
		s.add("", Finding{
			Status: Pass, Evidence: []Evidence{{Kind: "text", Value: "access log", Numbers: map[string]float64{"sessions": float64(len(list)), "staff": float64(n)}}},
			Text: say("Van %d raadplegingen gingen er %d over een medewerker, elk onder een open dossier met een vermoeden.", "Sur %d consultations, %d concernaient un membre du personnel, chacune sous un dossier ouvert avec un soupçon.", "Of %d consultations %d were about an employee, each under an open case that states a suspicion.", len(list), n),
		})
	}
}
