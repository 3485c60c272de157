package rules

import (
	"fmt"
	"slices"
	"time"

	"github.com/lensdop/lensdop/policy"
)

// term is what one rule demands of how long the data of some systems stay.
type term struct {
	about func(system string) bool
	// norm is the longest period that the rule itself names, as a calendar
	// duration. It holds where the protocol gives none. Zero: the rule names none.
	norm policy.Duration
	// ceiling tells that the norm also holds where the protocol gives a longer
	// period without citing a ground; hard, that no ground helps.
	ceiling, hard bool
	// strangers tells that the rule speaks of stores that no register has.
	strangers bool
	// device tells whether what is kept is asked of devices that delete by themselves.
	device bool
}

// Terms of the rules. Each comes from the document that its entry names.
func fourWeeks() policy.Duration    { return policy.Duration{Days: 28} }
func oneMonth() policy.Duration     { return policy.Duration{Months: 1} }
func oneWeek() policy.Duration      { return policy.Duration{Days: 7} }
func sixMonths() policy.Duration    { return policy.Duration{Months: 6} }
func twelveMonths() policy.Duration { return policy.Duration{Months: 12} }

func isCameras(system string) bool { return system == policy.SystemCameras }
func isCalls(system string) bool   { return system == policy.SystemCalls }
func isSpoken(system string) bool {
	return system == policy.SystemCalls || system == policy.SystemSound
}

func isPolice(system string) bool {
	return system == policy.SystemPoliceCameras || system == policy.SystemBodycams
}

// keptVideoNL is RET-1: video at most four weeks.
func keptVideoNL(s *sheet) {
	t := term{about: isCameras, norm: fourWeeks(), ceiling: true, strangers: true, device: true}
	s.keptAt(t)
	s.keptOnDevices(t)
}

// keptVideoBE is RET-3: video at most one month, for each purpose.
func keptVideoBE(s *sheet) {
	t := term{about: isCameras, norm: oneMonth(), ceiling: true, strangers: true, device: true}
	s.keptAt(t)
	s.keptOnDevices(t)
	for _, q := range s.Protocol.Processing {
		if t.about(kindOf(q)) {
			perPurpose(s, q, t)
		}
	}
}

// keptCalls is RET-2: recorded conversations for as long as the protocol says,
// one week where it says nothing.
func keptCalls(s *sheet) { s.keptAt(term{about: isSpoken, norm: oneWeek()}) }

// keptCallsHR is RET-6: recorded calls preferably at most six months.
func keptCallsHR(s *sheet) { s.keptAt(term{about: isCalls, norm: sixMonths(), ceiling: true}) }

// keptTracks is RET-7: what tracks staff, no longer than the protocol says.
func keptTracks(s *sheet) { s.keptAt(term{about: policy.TracksStaff}) }

// asksFor is an `applies` for rules about certain systems.
func asksFor(about func(system string) bool, jurisdiction string, what policy.Text) func(*policy.Protocol, string) (bool, policy.Text) {
	return func(p *policy.Protocol, _ string) (bool, policy.Text) {
		switch {
		case jurisdiction != "" && p.Metadata.Jurisdiction != jurisdiction:
			return false, say("Deze termijn geldt in %s; het protocol valt onder %s.", "Ce délai vaut pour %s; le protocole relève de %s.", "This term holds in %s; the protocol falls under %s.", jurisdiction, p.Metadata.Jurisdiction)
		case !anySystem(p, about):
			return false, say("Het protocol heeft geen verwerking van deze soort: %s.", "Le protocole n'a pas de traitement de ce type: %s.", "The protocol has no processing of this kind: %s.", what)
		default:
			return true, policy.Text{}
		}
	}
}

// limit is how long the data of a store may stay, in calendar units, and who
// says so. It is false if nobody does.
func (t term) limit(st policy.Store, q policy.Processing) (policy.Duration, policy.Text, bool) {
	own := q.Retention.Max
	from := policy.Text{NL: "volgens het protocol", FR: "selon le protocole", EN: "by the protocol"}
	if !st.Retention.IsZero() && (own.IsZero() || !st.Retention.Exceeds(own)) {
		own = st.Retention
	}
	norm := policy.Text{NL: "volgens de regel zelf, want het protocol noemt geen termijn", FR: "selon la règle elle-même, car le protocole ne fixe pas de durée", EN: "by the rule itself, since the protocol gives no period"}
	switch {
	case own.IsZero() && t.norm.IsZero():
		return policy.Duration{}, policy.Text{}, false
	case own.IsZero():
		return t.norm, norm, true
	case t.ceiling && (t.hard || q.Retention.Ground == "") && own.Exceeds(t.norm):
		return t.norm, say("want voor de %s van het protocol is geen grond genoemd die dit langer toelaat", "car aucun fondement n'est cité pour les %s du protocole", "since for the protocol's %s no ground is cited that allows more", period(own)), true
	default:
		return own, from, true
	}
}

// keptAt judges every store of the site, or of the whole protocol, that holds
// data of the term's systems. Where the protocol names no store for them it is
// unproven where they are kept.
func (s *sheet) keptAt(t term) {
	type shelf struct {
		st policy.Store
		q  policy.Processing
	}
	var here []shelf
	elsewhere := map[string]bool{} // processings that have a store anywhere
	registered := map[string]bool{}
	for _, st := range s.Protocol.Stores {
		registered[st.ID] = true
		q, ok := processingOf(s.Protocol, st.Processing)
		if !ok || !t.about(kindOf(q)) {
			continue
		}
		elsewhere[q.ID] = true
		if s.Site == "" || st.Site == s.Site {
			here = append(here, shelf{st, q})
		}
	}
	var homeless []policy.Processing
	for _, q := range s.Protocol.Processing {
		if t.about(kindOf(q)) && !elsewhere[q.ID] && usedAt(s.Protocol, q.ID, s.Site) && q.Recording.Mode != policy.RecordNever {
			homeless = append(homeless, q)
		}
	}
	if len(here) == 0 && len(homeless) == 0 && !t.strangers {
		s.nothingKept()
		return
	}
	list, ok := need(s, "", Target{}, FactStores, s.Stores)
	if !ok {
		return
	}
	found := map[string]Store{}
	strange := 0
	for _, have := range list {
		found[have.ID] = have
		if t.strangers && !registered[have.ID] {
			strange++
			stranger := Finding{
				Target: Target{Subject: have.ID}, Status: Unproven,
				Text:   say("Opslag %s staat niet in het protocol: hoe lang er iets mag blijven is niet te zeggen.", "Le stockage %s ne figure pas au protocole: impossible de dire combien de temps les données peuvent y rester.", "Store %s is not in the protocol: how long anything may stay there cannot be told.", have.ID),
				Remedy: policy.Text{NL: "Zet de opslag in het protocol (stores), of haal haar weg.", FR: "Inscrivez le stockage au protocole (stores), ou retirez-le.", EN: "Enter the store in the protocol (stores), or remove it."},
			}
			s.add("unregistered", stranger)
		}
	}
	for _, q := range homeless {
		s.add("", Finding{
			Target: Target{Subject: q.ID}, Why: Why{Article: article(q.Retention.Ref, q.Ref)}, Status: Unproven,
			Text:   say("Het protocol noemt geen plaats waar de gegevens van verwerking %s worden bewaard: hoe oud zij zijn is niet aangetoond.", "Le protocole ne mentionne pas où les données du traitement %s sont conservées: leur ancienneté n'est pas prouvée.", "The protocol names no place where the data of processing %s are kept: how old they are is unproven.", q.ID),
			Remedy: policy.Text{NL: "Zet de recorder, map of dienst in het protocol (stores).", FR: "Inscrivez l'enregistreur, le dossier ou le service au protocole (stores).", EN: "Enter the recorder, folder or service in the protocol (stores)."},
		})
	}
	if len(here) == 0 && len(homeless) == 0 && strange == 0 {
		s.nothingKept()
	}
	for _, h := range here {
		have, measured := found[h.st.ID]
		s.keptIn(t, h.st, h.q, have, measured)
	}
}

func (s *sheet) nothingKept() {
	s.add("", Finding{Status: NotApplicable, Text: say("Het protocol noemt hier geen opslag van deze gegevens.", "Le protocole ne mentionne ici aucun stockage de ces données.", "The protocol names no store of these data here.")})
}

// usedAt tells whether a processing has devices at the site, or none at any
// site, so that nothing says where it happens.
func usedAt(p *policy.Protocol, processing, site string) bool {
	anywhere := false
	is := func(q, at string) bool {
		if q != processing {
			return false
		}
		anywhere = true
		return site == "" || at == site
	}
	return slices.ContainsFunc(p.Cameras, func(c policy.Camera) bool { return is(c.Processing, c.Site) }) ||
		slices.ContainsFunc(p.Readers, func(r policy.Reader) bool { return is(r.Processing, r.Site) }) ||
		slices.ContainsFunc(p.Buttons, func(b policy.Button) bool { return is(b.Processing, b.Site) }) ||
		!anywhere
}

// clockTolerance is how far ahead an item may be dated before its age says nothing.
const clockTolerance = time.Hour

// keptIn judges one store by its oldest item that no case holds. An item of
// exactly the allowed age is not too old; grace is what a device gets to delete.
func (s *sheet) keptIn(t term, st policy.Store, q policy.Processing, have Store, measured bool) {
	target, why := Target{Subject: st.ID}, Why{Article: article(q.Retention.Ref, st.Ref, q.Ref)}
	loc := s.Protocol.Location(st.Site)
	limit, from, ok := t.limit(st, q)
	switch {
	case !ok:
		s.add("", Finding{
			Target: target, Why: why, Status: Unproven,
			Text:   say("Het protocol noemt geen bewaartermijn voor verwerking %s: of opslag %s te oude gegevens bevat is niet te zeggen.", "Le protocole ne fixe pas de durée de conservation pour le traitement %s: impossible de dire si le stockage %s contient des données trop anciennes.", "The protocol gives no retention period for processing %s: whether store %s holds data that are too old cannot be told.", q.ID, st.ID),
			Remedy: policy.Text{NL: "Laat een bewaartermijn vaststellen en zet hem in het protocol (retention.max).", FR: "Faites fixer une durée de conservation et inscrivez-la au protocole (retention.max).", EN: "Have a retention period decided and enter it in the protocol (retention.max)."},
		})
		return
	case !measured:
		s.add("", Finding{
			Target: target, Why: why, Status: Unproven, Remedy: s.rule.Remedy,
			Text: say("Van opslag %s is niet bekend hoe oud de oudste opname is: zij is niet onderzocht.", "On ne sait pas de quand date l'élément le plus ancien du stockage %s: il n'a pas été examiné.", "Of store %s it is not known how old its oldest item is: it was not examined.", st.ID),
		})
		return
	}
	s.aged(st, q, have, limit, from, loc, why)
	if t.device && (st.Kind == policy.StoreRecorder || st.Kind == policy.StoreSD) {
		s.setting(st, q, have, limit, why)
	}
}

// aged files the finding on the oldest item.
func (s *sheet) aged(st policy.Store, q policy.Processing, have Store, limit policy.Duration, from policy.Text, loc *time.Location, why Why) {
	target := Target{Subject: st.ID}
	oldest, known := have.Oldest.Get()
	loose := 0 // over age, and held by no case
	for _, h := range have.Held {
		if h.Case != "" {
			continue
		}
		loose++
		if oldest.IsZero() || h.Recorded.Before(oldest) {
			oldest = h.Recorded
		}
	}
	empty, emptyKnown := have.Empty.Get()
	f := Finding{Target: target, Why: why}
	switch {
	case oldest.IsZero() && emptyKnown && empty && len(have.Held) == 0:
		f.Status = Pass
		f.Text = say("Opslag %s is leeg.", "Le stockage %s est vide.", "Store %s is empty.", st.ID)
		s.add("", f)
		return
	case oldest.IsZero() && !known:
		need(s, "", target, FactStores, have.Oldest)
		return
	case oldest.IsZero():
		f.Status, f.Remedy = Unproven, s.rule.Remedy
		f.Text = say("Opslag %s zegt niet hoe oud haar oudste opname is, en of zij leeg is, is niet bekend.", "Le stockage %s n'indique pas la date de son élément le plus ancien, et on ne sait pas s'il est vide.", "Store %s does not say how old its oldest item is, and whether it is empty is not known.", st.ID)
		s.add("", f)
		return
	case oldest.After(s.Now.Add(clockTolerance)):
		f.Status = Unproven
		f.Text = say("De oudste opname in opslag %s draagt een tijd in de toekomst (%s): de klok klopt niet, dus de leeftijd zegt niets.", "L'élément le plus ancien du stockage %s porte une heure future (%s): l'horloge est fausse, son ancienneté ne dit rien.", "The oldest item in store %s bears a time to come (%s): the clock is wrong, so its age says nothing.", st.ID, localTime(oldest, loc))
		f.Remedy = policy.Text{NL: "Zet de klok van de opslag gelijk en laat hem synchroniseren.", FR: "Réglez l'horloge du stockage et faites-la synchroniser.", EN: "Set the store's clock right and have it synchronised."}
		s.add("", f)
		return
	}
	until := limit.After(oldest.In(loc))
	end := q.Retention.Grace.After(until)
	days := s.Now.Sub(oldest).Hours() / 24
	f.Evidence = []Evidence{{Kind: "text", Value: "oldest item " + oldest.UTC().Format(time.RFC3339) + ", limit " + limit.String(), Numbers: map[string]float64{"age_days": float64(int(days*10)) / 10, "unheld": float64(loose)}, Collected: s.Now}}
	switch {
	case s.Now.After(end):
		f.Status, f.Since, f.Remedy = Fail, until, s.rule.Remedy
		f.Text = say("Opslag %s heeft een opname van %s. Die mocht blijven tot %s (%s, %s) en is te oud; geen dossier houdt haar vast.", "Le stockage %s contient un élément du %s. Il pouvait rester jusqu'au %s (%s, %s) et est trop ancien; aucun dossier ne le retient.", "Store %s has an item of %s. It could stay until %s (%s, %s) and is over age; no case holds it.", st.ID, localTime(oldest, loc), localTime(until, loc), period(limit), from)
		if loose > 0 {
			more := say(" Zo zijn er ten minste %d.", " Il y en a au moins %d.", " There are at least %d such items.", loose)
			f.Text = policy.Text{NL: f.Text.NL + more.NL, FR: f.Text.FR + more.FR, EN: f.Text.EN + more.EN}
		}
	case s.Now.After(until):
		f.Status, f.Due = Pass, end
		f.Text = say("De oudste opname in opslag %s is van %s; haar termijn (%s, %s) is voorbij, en zij moet uiterlijk %s gewist zijn.", "L'élément le plus ancien du stockage %s date du %s; sa durée (%s, %s) est écoulée, et il doit être effacé au plus tard le %s.", "The oldest item in store %s is of %s; its period (%s, %s) is over, and it must be erased by %s.", st.ID, localTime(oldest, loc), period(limit), from, localTime(end, loc))
	default:
		f.Status, f.Due = Pass, until
		f.Text = say("De oudste opname in opslag %s is van %s; zij mag blijven tot %s (%s, %s).", "L'élément le plus ancien du stockage %s date du %s; il peut rester jusqu'au %s (%s, %s).", "The oldest item in store %s is of %s; it may stay until %s (%s, %s).", st.ID, localTime(oldest, loc), localTime(until, loc), period(limit), from)
	}
	s.add("", f)
}

// setting files what a device that deletes by itself is set to. Zero is
// unlimited. A good setting proves nothing about what was copied elsewhere, so
// the age of the oldest item is judged beside it, whatever this says.
func (s *sheet) setting(st policy.Store, q policy.Processing, have Store, limit policy.Duration, why Why) {
	limit = setLimit(q, limit)
	target := Target{Subject: st.ID}
	if have.MaxRetention.IsNotSupported() {
		s.add("setting", Finding{Target: target, Why: why, Status: NotApplicable, Text: say("Opslag %s heeft geen eigen bewaartermijn om in te stellen; de leeftijd van de oudste opname telt.", "Le stockage %s n'a pas de durée réglable; c'est l'ancienneté du plus ancien élément qui compte.", "Store %s has no retention setting of its own; the age of its oldest item counts.", st.ID)})
		return
	}
	got, ok := need(s, "setting", target, FactStores, have.MaxRetention)
	if !ok {
		return
	}
	days := got.Hours() / 24
	f := Finding{Target: target, Why: why, Evidence: []Evidence{{Kind: "setting", Value: "maximum retention", Numbers: map[string]float64{"days": days}}}}
	f.Remedy = say("Stel het apparaat in op ten hoogste %s; voor een maand is dat 28 dagen.", "Réglez l'appareil sur au plus %s; pour un mois, cela fait 28 jours.", "Set the device to at most %s; for a month that is 28 days.", period(limit))
	switch {
	case got <= 0:
		f.Status = Fail
		f.Text = say("Opslag %s wist niets uit zichzelf: de bewaartermijn staat op 0, en dat betekent onbeperkt.", "Le stockage %s n'efface rien de lui-même: la durée est réglée sur 0, c'est-à-dire illimitée.", "Store %s erases nothing by itself: its retention is set to 0, which means unlimited.", st.ID)
	case (policy.Duration{Time: got}).Exceeds(limit):
		f.Status, f.Severity = Fail, High
		f.Text = say("Opslag %s staat ingesteld op %s dagen, wat langer kan zijn dan %s.", "Le stockage %s est réglé sur %s jours, ce qui peut dépasser %s.", "Store %s is set to %s days, which can be longer than %s.", st.ID, trimmed(days), period(limit))
	default:
		f.Status, f.Remedy = Pass, policy.Text{}
		f.Text = say("Opslag %s wist na %s dagen, nooit later dan %s. Wat elders staat wist zij niet.", "Le stockage %s efface après %s jours, jamais plus tard que %s. Il n'efface pas ce qui se trouve ailleurs.", "Store %s erases after %s days, never later than %s. What is elsewhere it does not erase.", st.ID, trimmed(days), period(limit))
	}
	s.add("setting", f)
}

// trimmed prints a number of days without needless decimals.
func trimmed(days float64) string { return fmt.Sprintf("%.4g", days) }
