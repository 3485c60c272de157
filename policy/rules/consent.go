package rules

import (
	"slices"
	"time"

	"github.com/lensdop/lensdop/policy"
)

// standing is what a record of the works council says at a date.
type standing struct {
	consent policy.Consent
	status  Status // Pass if equipment may be used on it
	text    policy.Text
}

// bindsByLaw tells whether the law of the protocol demands the works council's
// consent: in the Netherlands it does, for rules on employees' personal data
// and for equipment that can watch them (Wet op de ondernemingsraden, art.
// 27(1)(k) and (l)). Elsewhere a guideline may.
func bindsByLaw(guidelines ...string) func(*policy.Protocol, string) (bool, policy.Text) {
	return func(p *policy.Protocol, _ string) (bool, policy.Text) {
		if p.Metadata.Jurisdiction == policy.JurisdictionNL || adopts(p, guidelines...) {
			return true, policy.Text{}
		}
		return false, say(
			"De Nederlandse wet geldt hier niet en het protocol neemt geen richtlijn over die dit vraagt.",
			"La loi néerlandaise ne s'applique pas ici et le protocole n'adopte aucune directive qui le demande.",
			"Dutch law does not hold here and the protocol adopts no guideline that asks for this.")
	}
}

// stands judges one record. Without the hash of its document nobody can look up
// what was agreed to, and it proves nothing. Which kind is needed is a parameter (conflict 11):
// Dutch law wants consent, which can be withheld; a Belgian public body wants
// advice or negotiation, which does not bind.
func stands(s *sheet, c policy.Consent) standing {
	out := standing{consent: c, status: Fail}
	dutch := s.Protocol.Metadata.Jurisdiction == policy.JurisdictionNL
	given, said := false, c.Given != nil
	if said {
		given = *c.Given
	}
	switch {
	case !c.Annulled.IsZero() && compareDates(c.Annulled, s.civilToday()) <= 0:
		out.text = say("De instemming %s is op %s nietig verklaard.", "L'accord %s a été annulé le %s.", "Consent %s was annulled on %s.", c.ID, c.Annulled)
	case dutch && c.Kind != policy.ConsentGiven:
		out.text = say("%s is een advies of overleg; hier is instemming nodig.", "%s est un avis ou une négociation; ici il faut un accord.", "%s is advice or negotiation; here consent is needed.", c.ID)
	case c.Kind == policy.ConsentGiven && said && !given:
		out.text = say("De instemming %s is niet gegeven.", "L'accord %s n'a pas été donné.", "Consent %s was withheld.", c.ID)
	case c.Kind == policy.ConsentGiven && !said:
		out.status = Unproven
		out.text = say("Het protocol zegt bij %s niet of de instemming is gegeven.", "Le protocole ne dit pas, pour %s, si l'accord a été donné.", "For %s the protocol does not say whether consent was given.", c.ID)
	case c.Date.IsZero():
		out.status = Unproven
		out.text = say("%s heeft geen datum: wanneer er is ingestemd of geadviseerd is niet aangetoond.", "%s n'a pas de date: le moment de l'accord ou de l'avis n'est pas prouvé.", "%s has no date: when consent or advice was given is unproven.", c.ID)
	case compareDates(c.Date, s.civilToday()) > 0:
		out.text = say("%s heeft een datum in de toekomst (%s).", "%s a une date dans le futur (%s).", "%s has a date in the future (%s).", c.ID, c.Date)
	case c.Document.SHA256 == "":
		out.status = Unproven
		out.text = say("Van %s van %s ontbreekt de hash van het document: waarmee is ingestemd of waarover is geadviseerd is niet na te gaan.", "Pour %s du %s, l'empreinte du document manque: on ne peut vérifier sur quoi portait l'accord ou l'avis.", "%s of %s lacks the hash of its document: what was agreed to or advised on cannot be checked.", c.ID, c.Date)
	case c.Kind == policy.ConsentGiven:
		out.status = Pass
		out.text = say("Op %s is ingestemd (%s).", "L'accord a été donné le %s (%s).", "Consent was given on %s (%s).", c.Date, c.ID)
	case said && !given:
		out.status = Pass
		out.text = say("Op %s is ongunstig geadviseerd (%s); dat bindt niet.", "Un avis défavorable a été rendu le %s (%s); il ne lie pas.", "On %s unfavourable advice was given (%s); it does not bind.", c.Date, c.ID)
	default:
		out.status = Pass
		out.text = say("Op %s is geadviseerd of overlegd (%s).", "L'avis ou la négociation date du %s (%s).", "Advice was given or negotiated on %s (%s).", c.Date, c.ID)
	}
	return out
}

// councilRecords lists what the works council said of a processing, oldest first;
// what has no date comes before what has.
func councilRecords(s *sheet, processing string) []standing {
	var out []standing
	for _, c := range s.Protocol.WorksCouncil.Consents {
		if len(c.Processings) == 0 || slices.Contains(c.Processings, processing) {
			out = append(out, stands(s, c))
		}
	}
	slices.SortStableFunc(out, func(a, b standing) int { return compareDates(a.consent.Date, b.consent.Date) })
	return out
}

// latest is the last word of the works council on a processing.
func latest(s *sheet, processing string) standing {
	list := councilRecords(s, processing)
	if len(list) == 0 {
		return standing{status: Unproven, text: say("Het protocol noemt geen instemming of advies over %s.", "Le protocole ne mentionne ni accord ni avis sur %s.", "The protocol names no consent or advice on %s.", orUnknown(processing))}
	}
	return list[len(list)-1]
}

// inForce lists the records that are the last word on some processing.
func inForce(s *sheet) []standing {
	var out []standing
	for _, q := range s.Protocol.Processing {
		if q.Checker {
			continue
		}
		last := latest(s, q.ID)
		if last.consent.ID != "" && !slices.ContainsFunc(out, func(have standing) bool { return have.consent.ID == last.consent.ID }) {
			out = append(out, last)
		}
	}
	return out
}

// firstSeen finds when a device of the register was first seen; zero if never.
func firstSeen(list []Seen, kind, id string) time.Time {
	var first time.Time
	for _, x := range list {
		if x.ID == id && x.Kind == kind && !x.First.IsZero() && (first.IsZero() || x.First.Before(first)) {
			first = x.First
		}
	}
	return first
}

// Kinds of a Seen.
const (
	seenCamera = "camera"
	seenReader = "reader"
	seenStore  = "store"
)

// usedAfterConsent is CON-1: no camera or reader was on the network before the
// works council had its say on its processing. The first good record counts:
// to confirm it later does not make what hung before unlawful. What the
// latest record covered is compared with the cameras and readers of today.
func usedAfterConsent(s *sheet) {
	for _, c := range s.Protocol.Cameras {
		s.conclude("", usedAfter(s, Target{Camera: c.ID}, c.Processing, seenCamera, c.ID, c.Site, c.FirstUse))
	}
	for _, r := range s.Protocol.Readers {
		s.conclude("", usedAfter(s, Target{Reader: r.ID}, r.Processing, seenReader, r.ID, r.Site, r.FirstUse))
	}
	for _, x := range inForce(s) {
		s.conclude("devices", weighed(s, x, s.Protocol.ConsentHashes(x.consent.Processings...), "devices"))
	}
	if len(s.Protocol.Cameras)+len(s.Protocol.Readers) == 0 {
		s.conclude("", Finding{Status: NotApplicable, Text: say("Het protocol noemt geen camera's of badgelezers.", "Le protocole ne mentionne ni caméra ni lecteur de badge.", "The protocol names no cameras or badge readers.")})
	}
}

func usedAfter(s *sheet, target Target, processing, kind, id, site string, firstUse policy.Date) Finding {
	f := Finding{Target: target, Why: Why{Article: article(s.Protocol.WorksCouncil.Ref)}}
	list := councilRecords(s, processing)
	good := slices.IndexFunc(list, func(x standing) bool { return x.status == Pass })
	if good < 0 {
		last := latest(s, processing)
		f.Status, f.Text = last.status, last.text
		return f
	}
	since := list[good].consent.Date
	f.Evidence = []Evidence{{Kind: "consent", Value: list[good].consent.ID + " " + since.String()}}
	seen, known := s.Inventory.Get()
	first := firstUse
	if at := firstSeen(seen, kind, id); !at.IsZero() {
		day := policy.DateOf(at.In(s.Protocol.Location(site)))
		f.Evidence = append(f.Evidence, Evidence{Kind: "inventory", Value: "first seen " + day.String(), Collected: at})
		if first.IsZero() || compareDates(day, first) < 0 {
			first = day
		}
	}
	order := compareDates(first, since)
	// What came after an earlier word of the council that nobody can look up is
	// not shown to be unlawful, either.
	earlier := slices.IndexFunc(list[:good], func(x standing) bool {
		return x.status == Unproven && !x.consent.Date.IsZero() && compareDates(x.consent.Date, first) < 0
	})
	switch {
	case !first.IsZero() && order < 0 && earlier >= 0:
		f.Status, f.Text = Unproven, list[earlier].text
	case !first.IsZero() && order < 0:
		f.Status, f.Since = Fail, startOf(first, s.Protocol.Location(site))
		f.Text = say("%s is in gebruik sinds %s, voor de instemming of het advies van %s.", "%s est en service depuis le %s, avant l'accord ou l'avis du %s.", "%s is in use since %s, before the consent or advice of %s.", id, first, since)
	case !known:
		f.Status, f.Undelivered = Unproven, s.Inventory.IsZero()
		f.Text = say("Sinds wanneer %s op het netwerk is, is niet bekend: %s.", "On ignore depuis quand %s est sur le réseau: %s.", "Since when %s is on the network is not known: %s.", id, words(s.Inventory.Why()))
	case first.IsZero():
		f.Status = Unproven
		f.Text = say("Sinds wanneer %s in gebruik is, zegt het protocol niet, en op het netwerk is zij nog niet gezien.", "Le protocole ne dit pas depuis quand %s est en service, et le réseau ne l'a pas encore vu.", "Since when %s is in use the protocol does not say, and it was not seen on the network yet.", id)
	case order == 0:
		f.Status = Unproven
		f.Text = say("%s is in gebruik sinds %s, de dag van de instemming of het advies: wat eerst kwam is niet aangetoond.", "%s est en service depuis le %s, le jour de l'accord ou de l'avis: l'ordre n'est pas prouvé.", "%s is in use since %s, the day of the consent or advice: which came first is unproven.", id, first)
	default:
		f.Status = Pass
		f.Text = say("%s is in gebruik sinds %s, na de instemming of het advies van %s.", "%s est en service depuis le %s, après l'accord ou l'avis du %s.", "%s is in use since %s, after the consent or advice of %s.", id, first, since)
	}
	return f
}

// consented is CON-2: each processing has a record of the works council, with
// body, date and document. A consent that is stated without them is a finding:
// nobody can look it up.
func consented(s *sheet) {
	for _, q := range s.Protocol.Processing {
		last := latest(s, q.ID)
		c := last.consent
		f := Finding{Target: Target{Subject: q.ID}, Why: Why{Article: article(c.Ref, s.Protocol.WorksCouncil.Ref)}, Status: last.status, Text: say("%s: %s", "%s: %s", "%s: %s", processingName(q), last.text)}
		if last.status == Pass {
			f.Evidence = []Evidence{{Kind: "consent", Value: c.ID + " " + c.Date.String(), Hash: c.Document.SHA256}}
			if s.Protocol.WorksCouncil.Body == "" {
				f.Status = Unproven
				f.Text = say("%s: het protocol zegt niet welk orgaan op %s instemde of adviseerde (%s).", "%s: le protocole ne dit pas quel organe a donné l'accord ou l'avis du %s (%s).", "%s: the protocol does not say which body consented or advised on %s (%s).", processingName(q), c.Date, c.ID)
			}
		}
		s.conclude("", f)
	}
	if len(s.Protocol.Processing) == 0 {
		s.conclude("", Finding{Status: NotApplicable, Text: say("Het protocol noemt geen verwerkingen.", "Le protocole ne mentionne aucun traitement.", "The protocol names no processing.")})
	}
}

// pointName names one thing that a consent weighs in sentences.
func pointName(point string) policy.Text {
	switch point {
	case "purpose":
		return policy.Text{NL: "het doel en de gegevens", FR: "la finalité et les données", EN: "the purpose and the data"}
	case "access":
		return policy.Text{NL: "de toegang", FR: "l'accès", EN: "the access"}
	case "retention":
		return policy.Text{NL: "de bewaartermijn", FR: "la durée de conservation", EN: "the retention"}
	case "other-use":
		return policy.Text{NL: "gebruik voor een ander doel", FR: "l'usage à une autre fin", EN: "use for another purpose"}
	default:
		return policy.Text{NL: "de camera's, lezers en opslagplaatsen", FR: "les caméras, lecteurs et lieux de stockage", EN: "the cameras, readers and stores"}
	}
}

// weighed compares one point of a consent with what the protocol says of it now.
func weighed(s *sheet, x standing, now policy.ConsentCovers, point string) Finding {
	c, name := x.consent, pointName(point)
	f := Finding{Target: Target{Subject: c.ID}, Why: Why{Article: article(c.Covers.Ref, c.Ref, s.Protocol.WorksCouncil.Ref)}}
	then, today := hashOfPoint(c.Covers, point), hashOfPoint(now, point)
	switch {
	case x.status != Pass:
		f.Status, f.Text = x.status, x.text
	case then == "" && point == "devices":
		f.Status = Unproven
		f.Text = say("%[2]s zegt niet over welke apparaten het ging.", "%[2]s ne dit pas de quels appareils il s'agissait.", "%[2]s does not say which devices it was about.", name, c.ID)
	case then == "":
		f.Status = Fail
		f.Text = say("In %[2]s is %[1]s niet vastgelegd als gewogen punt.", "%[2]s n'indique pas %[1]s parmi les points examinés.", "%[2]s does not record %[1]s among the points that were weighed.", name, c.ID)
	case then != today:
		f.Status = Fail
		f.Text = say("Sinds %[2]s van %[3]s is veranderd: %[1]s. De instemming of het advies is daarvoor verouderd.", "Depuis %[2]s du %[3]s a changé: %[1]s. L'accord ou l'avis n'est plus à jour sur ce point.", "Since %[2]s of %[3]s this has changed: %[1]s. The consent or advice is stale for it.", name, c.ID, c.Date)
		f.Evidence = []Evidence{{Kind: "consent", Value: "then", Hash: then}, {Kind: "consent", Value: "now", Hash: today}}
	default:
		f.Status = Pass
		f.Text = say("Sinds %[2]s van %[3]s is niet veranderd: %[1]s.", "Depuis %[2]s du %[3]s n'a pas changé: %[1]s.", "Since %[2]s of %[3]s this has not changed: %[1]s.", name, c.ID, c.Date)
		f.Evidence = []Evidence{{Kind: "consent", Value: "now", Hash: today}}
	}
	return f
}

func hashOfPoint(h policy.ConsentCovers, point string) policy.Hash {
	switch point {
	case "purpose":
		return h.Purpose
	case "access":
		return h.Access
	case "retention":
		return h.Retention
	case "other-use":
		return h.OtherUse
	default:
		return h.Devices
	}
}

// fourPoints is CON-3: a consent weighed purpose, access, retention and other
// use, and none of them changed since.
func fourPoints(s *sheet) {
	list := inForce(s)
	for _, x := range list {
		now := s.Protocol.ConsentHashes(x.consent.Processings...)
		for _, point := range []string{"purpose", "access", "retention", "other-use"} {
			s.conclude(point, weighed(s, x, now, point))
		}
	}
	if len(list) == 0 {
		s.conclude("", Finding{Status: Unproven, Text: say("Het protocol noemt geen instemming of advies: wat is gewogen is niet aangetoond.", "Le protocole ne mentionne ni accord ni avis: ce qui a été examiné n'est pas prouvé.", "The protocol names no consent or advice: what was weighed is unproven.")})
	}
}

// tracksStaff tells whether a processing registers where or when employees
// are: by its system, or because badge readers belong to it.
func tracksStaff(p *policy.Protocol, q policy.Processing) bool {
	return policy.TracksStaff(q.System) || slices.ContainsFunc(p.Readers, func(r policy.Reader) bool { return r.Processing == q.ID })
}

// staffTrackers is the condition of rules on systems that track employees.
func staffTrackers(p *policy.Protocol, _ string) (bool, policy.Text) {
	if slices.ContainsFunc(p.Processing, func(q policy.Processing) bool { return tracksStaff(p, q) }) {
		return true, policy.Text{}
	}
	return false, say("Het protocol noemt geen systeem dat medewerkers volgt, zoals badges of een prikklok.", "Le protocole ne mentionne aucun système qui suit le personnel, comme des badges ou une pointeuse.", "The protocol names no system that tracks employees, such as badges or a time clock.")
}

// trackingUnchanged is CON-4: since the last consent no reader or store of a
// system that tracks employees came on, and it keeps the same data.
func trackingUnchanged(s *sheet) {
	for _, q := range s.Protocol.Processing {
		if !tracksStaff(s.Protocol, q) {
			continue
		}
		last := latest(s, q.ID)
		target, why := Target{Subject: q.ID}, Why{Article: article(q.Ref, s.Protocol.WorksCouncil.Ref)}
		if last.status != Pass {
			s.conclude("", Finding{Target: target, Why: why, Status: last.status, Text: last.text})
			continue
		}
		data := weighed(s, last, s.Protocol.ConsentHashes(last.consent.Processings...), "purpose")
		data.Target = target
		if last.consent.Covers.Purpose == "" {
			data.Status = Unproven
		}
		s.conclude("data", data)
		since := last.consent.Date
		added, seen := addedSince(s, q, since)
		if len(added) == 0 && !seen {
			need(s, "", target, FactInventory, s.Inventory)
			continue
		}
		f := Finding{Target: target, Why: why, Status: Pass, Text: say("Sinds %s is er bij %s niets bijgekomen.", "Depuis le %s, rien n'a été ajouté à %s.", "Since %s nothing was added to %s.", since, q.ID)}
		if len(added) > 0 {
			f.Status = Fail
			f.Text = say("Sinds de instemming of het advies van %s is er bij %s bijgekomen: %s.", "Depuis l'accord ou l'avis du %s, ont été ajoutés à %s: %s.", "Since the consent or advice of %s these were added to %s: %s.", since, q.ID, joined(added))
		}
		s.conclude("", f)
	}
}

// addedSince lists the readers and stores of a processing that came on after a
// date. It is false if the inventory is not known.
func addedSince(s *sheet, q policy.Processing, since policy.Date) ([]string, bool) {
	var added []string
	mine := map[[2]string]string{} // kind and id, with the site
	for _, r := range s.Protocol.Readers {
		if r.Processing != q.ID {
			continue
		}
		mine[[2]string{seenReader, r.ID}] = r.Site
		if compareDates(r.FirstUse, since) > 0 {
			added = append(added, r.ID)
		}
	}
	for _, x := range s.Protocol.Stores {
		if x.Processing == q.ID {
			mine[[2]string{seenStore, x.ID}] = x.Site
		}
	}
	list, ok := s.Inventory.Get()
	earliest := map[[2]string]policy.Date{}
	var order [][2]string
	for _, x := range list {
		key := [2]string{x.Kind, x.ID}
		site, is := mine[key]
		if !is && x.ID == "" && x.System == q.System && policy.TracksStaff(x.System) {
			key, is = [2]string{x.Kind, x.Device}, true
		}
		if !is || x.First.IsZero() {
			continue
		}
		day := policy.DateOf(x.First.In(s.Protocol.Location(site)))
		have, again := earliest[key]
		if !again {
			order = append(order, key)
		}
		if !again || compareDates(day, have) < 0 {
			earliest[key] = day
		}
	}
	for _, key := range order {
		if compareDates(earliest[key], since) > 0 && !slices.Contains(added, key[1]) {
			added = append(added, key[1])
		}
	}
	return added, ok
}
