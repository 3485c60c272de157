package rules

import (
	"fmt"
	"slices"
	"time"

	"github.com/lensdop/lensdop/policy"
)

// reasonUnstated tells that a log line gives nothing that says what it was for.
func reasonUnstated(v Session) bool { return v.Case == "" && v.Reason == "" && v.Ground == "" }

// sessionNames gives each session its id in the log, or its place if it has
// none, and a name of its own where two share an id.
func sessionNames(list []Session) []string {
	names, out := unlike{}, make([]string, len(list))
	for i, v := range list {
		out[i] = names.name(article(v.ID, fmt.Sprintf("#%d", i+1)))
	}
	return out
}

// oftenN and oftenIn tell when consultations without a case at one place look
// like following somebody: so many within so long. The documents give no
// number; a person decides what it means, so it is never a fail.
const oftenN = 5

func oftenIn() policy.Duration { return policy.Duration{Days: 28} }

// liveLong is how long one live view may last before a person looks at why. The
// documents give no number; it is never a fail.
const liveLong = time.Hour

// followed is PUR-2: recordings of cameras and calls do not serve to follow or
// check employees. A consultation about an employee needs a case.
func followed(s *sheet) {
	s.noControl(func(system string) bool { return isCameras(system) || isPolice(system) || isSpoken(system) })
}

// noControl judges consultations for signs that staff are checked, per camera
// or system. Processings whose purpose is work control are left out: PUR-3
// speaks of them.
func (s *sheet) noControl(about func(system string) bool) {
	list, ok := need(s, "", Target{}, FactSessions, s.Sessions)
	if !ok {
		return
	}
	type place struct {
		target          Target
		n, staff, blank int
		first           time.Time // of those against
		loose           []time.Time
	}
	places := map[string]*place{}
	var order []string
	looked := 0
	for _, v := range list {
		q, known := sessionOf(s, v)
		if !policy.SeesPictures(v.Verb) || s.Site != "" && v.Site != s.Site || known && allowsWorkControl(q) {
			continue
		}
		if system := systemOfSession(s, v); system != "" && !about(system) {
			continue
		}
		looked++
		key := v.Camera + "/" + v.System
		if places[key] == nil {
			places[key] = &place{target: Target{Camera: v.Camera}}
			if v.Camera == "" {
				places[key].target = Target{Subject: orUnknown(v.System)}
			}
			order = append(order, key)
		}
		p := places[key]
		p.n++
		if v.Case == "" && v.Verb != policy.VerbLive {
			p.loose = append(p.loose, v.Start)
		}
		against := v.Staff && v.Case == ""
		if against {
			p.staff++
		} else if reasonUnstated(v) {
			p.blank++
			against = true
		}
		if against && (p.first.IsZero() || v.Start.Before(p.first)) {
			p.first = v.Start
		}
	}
	slices.Sort(order)
	quiet := true
	seen := map[string]bool{}
	for _, key := range order {
		p := places[key]
		f := Finding{Target: p.target, Evidence: []Evidence{{Kind: "text", Value: "access log", Numbers: map[string]float64{"sessions": float64(p.n), "staff_without_case": float64(p.staff), "without_reason": float64(p.blank)}}}}
		often := mostWithin(p.loose, oftenIn())
		name := article(p.target.Camera, p.target.Subject)
		f.Remedy = s.rule.Remedy
		switch {
		case p.staff > 0:
			f.Status, f.Since = Fail, p.first
			f.Text = say("Bij %s gingen %d van de %d raadplegingen over een medewerker zonder dat er een dossier was.", "Pour %s, %d des %d consultations concernaient un membre du personnel sans dossier.", "At %s %d of %d consultations were about an employee without a case.", name, p.staff, p.n)
		case p.blank > 0:
			f.Status, f.Since = Unproven, p.first
			f.Text = say("Bij %s hebben %d van de %d raadplegingen geen dossier, reden of grond: waarvoor zij waren is niet aangetoond.", "Pour %s, %d des %d consultations n'ont ni dossier, ni motif, ni fondement: leur but n'est pas prouvé.", "At %s %d of %d consultations have no case, reason or ground: what they were for is unproven.", name, p.blank, p.n)
		case often >= oftenN:
			f.Status = Unproven
			f.Text = say("Bij %s is er %d keer binnen %s zonder dossier teruggekeken: of daarmee iemand wordt gevolgd moet een mens beoordelen.", "Pour %s, il y a eu %d relectures sans dossier en %s: une personne doit juger si quelqu'un est suivi.", "At %s there were %d playbacks without a case within %s: a person must judge whether somebody is being followed.", name, often, period(oftenIn()))
		default:
			continue
		}
		quiet = false
		aspect := ""
		if id := p.target.Camera + p.target.Subject; seen[id] { // the same camera under two systems
			aspect = key
		} else {
			seen[id] = true
		}
		s.add(aspect, f)
	}
	if quiet {
		s.add("", Finding{
			Status: Pass, Evidence: []Evidence{{Kind: "text", Value: "access log", Numbers: map[string]float64{"sessions": float64(looked)}}},
			Text: say("Van %d raadplegingen ging er geen over een medewerker zonder dossier, en elke heeft een reden.", "Sur %d consultations, aucune ne concernait un membre du personnel sans dossier, et chacune a un motif.", "Of %d consultations none was about an employee without a case, and each has a reason.", looked),
		})
	}
}

// mostWithin is the largest number of instants within one period.
func mostWithin(list []time.Time, within policy.Duration) int {
	list = slices.Clone(list)
	slices.SortFunc(list, time.Time.Compare)
	best, from := 0, 0
	for i, t := range list {
		for within.After(list[from]).Before(t) {
			from++
		}
		best = max(best, i-from+1)
	}
	return best
}

// production is PUR-4: cameras do not control work. Counting and the like that
// the protocol does not name is off, and live view does not become permanent.
func production(s *sheet) {
	cameras := 0
	for _, c := range s.Protocol.CamerasOf(s.Site) {
		q, _ := processingOf(s.Protocol, c.Processing)
		if allowsWorkControl(q) {
			continue
		}
		cameras++
		target, why := Target{Camera: c.ID}, Why{Article: article(c.Ref, q.Ref)}
		have := s.camera(c.ID)
		on, at, ok := answered(s, "analytics", have, FactAnalytics, have.Analytics)
		if !ok {
			continue
		}
		counts, bad := 0, ""
		for _, a := range on {
			if countsPeople(a) {
				counts++
				if !namedAnalytic(a, c.Analytics, q.DataCategories.Analytics) {
					bad = a
				}
			}
		}
		f := Finding{Target: target, Why: why, Status: Pass, Evidence: []Evidence{{Kind: "setting", Value: "analytics", Numbers: map[string]float64{"on": float64(len(on)), "counting": float64(counts)}, Collected: at}}}
		f.Text = say("Op camera %s staan %d beeldanalyses aan die mensen tellen of volgen, elk met een plaats in het protocol.", "Sur la caméra %s, %d analyses d'image comptant ou suivant des personnes sont actives, chacune prévue au protocole.", "On camera %s %d analytics that count or follow people are on, each with a place in the protocol.", c.ID, counts)
		if counts == 0 {
			f.Text = say("Op camera %s staat geen beeldanalyse aan die mensen telt of volgt.", "Sur la caméra %s, aucune analyse d'image comptant ou suivant des personnes n'est active.", "On camera %s no analytics that count or follow people are on.", c.ID)
		}
		if bad != "" {
			f.Status, f.Remedy = Fail, policy.Text{NL: "Zet de analyse in de camera uit.", FR: "Désactivez l'analyse dans la caméra.", EN: "Switch the analytics off in the camera."}
			f.Text = say("Op camera %s staat %s aan, waarmee werk te controleren is; het protocol noemt dat niet.", "Sur la caméra %s, %s est actif, ce qui permet de contrôler le travail; le protocole ne le mentionne pas.", "On camera %s %s is on, which can control work; the protocol does not name it.", c.ID, bad)
		}
		s.add("analytics", f)
	}
	if cameras == 0 {
		s.add("", Finding{Status: NotApplicable, Text: say("Locatie %s heeft geen camera's waarvoor controle van het werk verboden is.", "Le site %s n'a pas de caméras pour lesquelles le contrôle du travail est interdit.", "Site %s has no cameras for which control of work is forbidden.", s.site.Name)})
		return
	}
	s.longLive()
}

// longLive is the part of PUR-4 on live view: one that lasts is not forbidden
// by itself, but a person must say what it is for.
func (s *sheet) longLive() {
	list, ok := need(s, "live", Target{}, FactSessions, s.Sessions)
	if !ok {
		return
	}
	loc := s.Protocol.Location(s.Site)
	n, long, names := 0, 0, sessionNames(list)
	for i, v := range list {
		if v.Verb != policy.VerbLive || v.Site != s.Site {
			continue
		}
		if q, known := sessionOf(s, v); known && (allowsWorkControl(q) || kindOf(q) != policy.SystemCameras) {
			continue
		}
		n++
		end := v.End
		if end.IsZero() {
			end = s.Now
		}
		lasted := end.Sub(v.Start)
		f := Finding{Target: Target{Camera: v.Camera, Subject: names[i]}, Since: v.Start, Evidence: []Evidence{{Kind: "text", Value: "access log", Numbers: map[string]float64{"minutes": float64(int(lasted.Minutes()))}}}}
		switch {
		case v.Staff && v.Case == "":
			f.Status, f.Remedy = Fail, s.rule.Remedy
			f.Text = say("Op %s is %d minuten meegekeken met een medewerker, zonder dossier.", "Le %s, un membre du personnel a été observé en temps réel pendant %d minutes, sans dossier.", "On %s an employee was watched live for %d minutes, without a case.", localTime(v.Start, loc), int(lasted.Minutes()))
		case lasted > liveLong:
			f.Status, f.Remedy = Unproven, s.rule.Remedy
			f.Text = say("Op %s is %d minuten achtereen meegekeken, langer dan %d: of dat werk controleert moet een mens beoordelen.", "Le %s, la visualisation en temps réel a duré %d minutes, plus de %d: une personne doit juger si cela contrôle le travail.", "On %s live view lasted %d minutes, longer than %d: a person must judge whether that controls work.", localTime(v.Start, loc), int(lasted.Minutes()), int(liveLong.Minutes()))
		default:
			continue
		}
		long++
		s.add("live", f)
	}
	if long == 0 {
		s.add("live", Finding{Status: Pass, Text: say("Geen van de %d keren dat is meegekeken duurde langer dan %d minuten.", "Aucune des %d visualisations en temps réel n'a duré plus de %d minutes.", "None of %d live views lasted longer than %d minutes.", n, int(liveLong.Minutes()))})
	}
}

// mapped is PUR-5: what recordings may serve for, and the grounds on which they
// are consulted, each stand for a purpose of the same processing; and every
// consultation names one of them.
func mapped(s *sheet) {
	for _, q := range s.Protocol.Processing {
		known := func(id string) bool {
			return slices.ContainsFunc(q.Purposes, func(u policy.Purpose) bool { return u.ID == id })
		}
		for _, u := range slices.Concat(q.Uses, q.Consultation) {
			if known(u.Purpose) {
				continue
			}
			f := Finding{Target: Target{Subject: q.ID}, Why: Why{Article: article(u.Ref, q.Ref)}, Status: Fail}
			f.Text = say("Het gebruik %q van verwerking %s hoort bij geen van haar %d doelen.", "L'usage %q du traitement %s ne relève d'aucune de ses %d finalités.", "Use %q of processing %s belongs to none of its %d purposes.", u.ID, q.ID, len(q.Purposes))
			f.Remedy = policy.Text{NL: "Laat beslissen bij welk doel dit gebruik hoort (purpose), of schrap het.", FR: "Faites décider de quelle finalité relève cet usage (purpose), ou supprimez-le.", EN: "Have it decided which purpose this use belongs to (purpose), or strike it out."}
			s.add("use/"+u.ID, f)
		}
	}
	list, ok := need(s, "sessions", Target{}, FactSessions, s.Sessions)
	if !ok {
		return
	}
	n, bad, names := 0, 0, sessionNames(list)
	for i, v := range list {
		if !policy.SeesPictures(v.Verb) {
			continue
		}
		n++
		f := Finding{Target: Target{Camera: v.Camera, Subject: names[i]}, Since: v.Start, Remedy: s.rule.Remedy}
		q, known := sessionOf(s, v)
		code := article(v.Ground, v.Reason)
		switch {
		case code == "":
			f.Status = Fail
			f.Text = say("Raadpleging %s noemt geen reden.", "La consultation %s n'indique pas de motif.", "Consultation %s gives no reason.", f.Target.Subject)
		case !known:
			f.Status = Unproven
			f.Text = say("Bij welke verwerking raadpleging %s hoort is niet vastgelegd: of haar reden een doel dient is niet te zeggen.", "Le journal ne dit pas de quel traitement relève la consultation %s: impossible de dire si son motif sert une finalité.", "Which processing consultation %s belongs to was not logged: whether its reason serves a purpose cannot be told.", f.Target.Subject)
		case v.Ground == "" && !serves(q, code):
			f.Status = Unproven
			f.Text = say("De reden van raadpleging %s staat er in eigen woorden: welk doel van verwerking %s zij dient is niet vastgelegd.", "Le motif de la consultation %s est en texte libre: la finalité du traitement %s qu'il sert n'est pas consignée.", "The reason of consultation %s is in free words: which purpose of processing %s it serves was not logged.", f.Target.Subject, q.ID)
		case !serves(q, code):
			f.Status = Fail
			f.Text = say("Reden %[2]q van raadpleging %[1]s is geen doel, gebruik of grond van verwerking %[3]s.", "Le motif %[2]q de la consultation %[1]s n'est ni une finalité, ni un usage, ni un fondement du traitement %[3]s.", "Reason %[2]q of consultation %[1]s is no purpose, use or ground of processing %[3]s.", f.Target.Subject, code, q.ID)
		default:
			continue
		}
		bad++
		s.add("session", f)
	}
	if bad == 0 {
		s.add("sessions", Finding{
			Status: Pass, Evidence: []Evidence{{Kind: "text", Value: "access log", Numbers: map[string]float64{"sessions": float64(n)}}},
			Text: say("Elk van de %d raadplegingen noemt een reden die een doel dient.", "Chacune des %d consultations indique un motif qui sert une finalité.", "Each of %d consultations gives a reason that serves a purpose.", n),
		})
	}
}

// serves tells that a reason code stands for a purpose of the processing: as
// its id, or as a use or ground that belongs to one.
func serves(q policy.Processing, code string) bool {
	if slices.ContainsFunc(q.Purposes, func(u policy.Purpose) bool { return u.ID == code }) {
		return true
	}
	for _, u := range slices.Concat(q.Uses, q.Consultation) {
		if u.ID == code {
			return slices.ContainsFunc(q.Purposes, func(p policy.Purpose) bool { return p.ID == u.Purpose })
		}
	}
	return false
}
