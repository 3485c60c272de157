package rules

import (
	"slices"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
)

// processingsOf lists the processings of a kind of system.
func processingsOf(p *policy.Protocol, system string) []policy.Processing {
	var out []policy.Processing
	for _, q := range p.Processing {
		if kindOf(q) == system {
			out = append(out, q)
		}
	}
	return out
}

// unforeseen files what was found of a kind of system that the protocol does
// not have. If nothing was, the rule does not apply; if nobody looked, it is unproven.
func unforeseen(s *sheet, system string, name policy.Text) {
	list, ok := need(s, "", Target{}, FactInventory, s.Inventory)
	if !ok {
		return
	}
	found := false
	for _, x := range list {
		if x.System != system {
			continue
		}
		found = true
		s.conclude("", Finding{
			Target: Target{Device: x.Device}, Status: Fail, Since: x.First,
			Text: say("Gevonden op %[2]s sinds %[3]s, maar het protocol gaat er niet over: %[1]s.", "Trouvé à l'adresse %[2]s depuis le %[3]s, mais absent du protocole: %[1]s.", "Found at %[2]s since %[3]s, but the protocol does not speak of it: %[1]s.", name, orUnknown(x.Device), localTime(x.First, s.clockZone())),
		})
	}
	if !found {
		s.conclude("", Finding{Status: NotApplicable, Text: say("Dit is hier niet gevonden, en het protocol noemt het niet: %[1]s.", "Ceci n'a pas été trouvé ici et le protocole ne le mentionne pas: %[1]s.", "This was not found here, and the protocol does not name it: %[1]s.", name)})
	}
}

// registeredOf judges what was found of a kind of system that the protocol has:
// each is in the register.
func registeredOf(s *sheet, system string) {
	list, ok := need(s, "found", Target{}, FactInventory, s.Inventory)
	if !ok {
		return
	}
	found, strange := 0, false
	for _, x := range list {
		if x.System != system {
			continue
		}
		found++
		if x.ID == "" {
			strange = true
			s.conclude("found", Finding{Target: Target{Device: x.Device}, Status: Fail, Since: x.First, Text: say("Het apparaat op %s (%s) staat niet in het register.", "L'appareil à l'adresse %s (%s) ne figure pas au registre.", "The device at %s (%s) is not in the register.", orUnknown(x.Device), systemName(system))})
		}
	}
	if !strange {
		s.conclude("found", Finding{Status: Pass, Text: say("Alle %d gevonden apparaten staan in het register (%s).", "Les %d appareils trouvés figurent tous au registre (%s).", "All %d devices found are in the register (%s).", found, systemName(system))})
	}
}

// biometrics is DEV-2: what reads fingers or faces has a ground under GDPR
// art. 9(2) and an impact assessment, or is not there.
func biometrics(s *sheet) {
	readers := s.Protocol.ReadersOf(s.Site)
	for _, r := range readers {
		q, _ := processingOf(s.Protocol, r.Processing)
		have, _ := s.reader(r)
		target, why := Target{Reader: r.ID}, Why{Article: article(r.Ref, q.LegalBasis.Ref, q.Ref)}
		stated := r.Biometrics || q.System == policy.SystemBiometric || q.DataCategories.Biometrics
		if stated {
			if f := biometricGround(s, q, r.ID); f.Status == Fail {
				f.Target, f.Why = target, why
				s.conclude("", f)
				continue
			}
		}
		reads, ok := need(s, "", target, FactReader, have.Biometric)
		if !ok {
			continue
		}
		f := Finding{Target: target, Why: why, Status: Pass}
		switch {
		case reads && !stated:
			f.Status = Fail
			f.Text = say("Lezer %s leest vingers of gezichten; het protocol zegt dat niet.", "Le lecteur %s lit des doigts ou des visages; le protocole ne le dit pas.", "Reader %s reads fingers or faces; the protocol does not say so.", r.ID)
		case stated:
			f = biometricGround(s, q, r.ID)
			f.Target, f.Why = target, why
		default:
			f.Text = say("Lezer %s leest geen vingers of gezichten.", "Le lecteur %s ne lit ni doigts ni visages.", "Reader %s reads no fingers or faces.", r.ID)
		}
		s.conclude("", f)
	}
	strange := false
	for _, x := range s.Readers {
		reads, known := x.Biometric.Get()
		registered := slices.ContainsFunc(readers, func(r policy.Reader) bool { return r.ID == x.ID })
		if known && reads && !registered {
			strange = true
			s.conclude("", Finding{Target: Target{Reader: x.Port}, Status: Fail, Text: say("Op %s hangt een lezer van vingers of gezichten die niet in het protocol staat.", "Sur %s se trouve un lecteur de doigts ou de visages qui ne figure pas au protocole.", "On %s hangs a reader of fingers or faces that is not in the protocol.", x.Port)})
		}
	}
	if len(readers) == 0 && !strange {
		s.conclude("", Finding{Status: NotApplicable, Text: say("Het protocol noemt op deze locatie geen lezers.", "Le protocole ne mentionne aucun lecteur sur ce site.", "The protocol names no readers at this site.")})
	}
}

// biometricGround judges what the protocol gives for biometric data: Pass or Fail.
func biometricGround(s *sheet, q policy.Processing, reader string) Finding {
	f := Finding{Status: Fail}
	today := s.civilToday()
	due := policy.Date{}
	if !q.DPIA.Date.IsZero() && !q.DPIA.ReviewEvery.IsZero() {
		due = policy.DateOf(q.DPIA.ReviewEvery.After(startOf(q.DPIA.Date, s.clockZone())))
	}
	switch {
	case q.LegalBasis.Special == "":
		f.Text = say("Lezer %s leest vingers of gezichten, maar het protocol noemt daarvoor geen grond van AVG art. 9 lid 2.", "Le lecteur %s lit des doigts ou des visages, mais le protocole ne cite aucun motif du RGPD, art. 9(2).", "Reader %s reads fingers or faces, but the protocol names no ground of GDPR art. 9(2) for it.", reader)
	case q.DPIA.Date.IsZero():
		f.Text = say("Lezer %s leest vingers of gezichten, maar er is geen DPIA met een datum.", "Le lecteur %s lit des doigts ou des visages, mais il n'y a pas d'AIPD datée.", "Reader %s reads fingers or faces, but there is no dated DPIA.", reader)
	case compareDates(q.DPIA.Date, today) > 0:
		f.Text = say("De DPIA voor lezer %s heeft een datum in de toekomst (%s).", "L'AIPD pour le lecteur %s a une date dans le futur (%s).", "The DPIA for reader %s has a date in the future (%s).", reader, q.DPIA.Date)
	case !due.IsZero() && compareDates(due, today) <= 0:
		f.Text = say("De DPIA voor lezer %s van %s moest op %s opnieuw.", "L'AIPD du lecteur %s du %s devait être revue le %s.", "The DPIA for reader %s of %s was due for review on %s.", reader, q.DPIA.Date, due)
	default:
		f.Status = Pass
		f.Text = say("Lezer %s leest vingers of gezichten, op grond van AVG art. %s en met een DPIA van %s.", "Le lecteur %s lit des doigts ou des visages, en vertu du RGPD, art. %s, avec une AIPD du %s.", "Reader %s reads fingers or faces, under GDPR art. %s and with a DPIA of %s.", reader, q.LegalBasis.Special, q.DPIA.Date)
	}
	return f
}

// bodycams is DEV-3: body cameras have a complete protocol, no clip outlives it
// without a case, and none is viewed after the time to view.
func bodycams(s *sheet) {
	own := processingsOf(s.Protocol, policy.SystemBodycams)
	if len(own) == 0 {
		unforeseen(s, policy.SystemBodycams, policy.Text{NL: "bodycams", FR: "des caméras-piétons", EN: "body cameras"})
		return
	}
	for _, q := range own {
		s.conclude("protocol", statedFinding(s, q, sixPoints()))
		docks := 0
		for _, x := range s.Protocol.Stores {
			if x.Processing == q.ID {
				docks++
				dock(s, q, x)
			}
		}
		if docks == 0 {
			s.conclude("clips", Finding{Target: Target{Subject: q.ID}, Status: Unproven, Text: say("Het protocol noemt geen plaats waar de opnames van %s komen te staan.", "Le protocole ne mentionne aucun lieu où arrivent les images de %s.", "The protocol names no store for the recordings of %s.", q.ID)})
		}
	}
	registeredOf(s, policy.SystemBodycams)
	viewedInTime(s, own[0])
}

func dock(s *sheet, q policy.Processing, x policy.Store) {
	target := Target{Subject: x.ID}
	list, ok := need(s, "clips", target, FactStores, s.Stores)
	if !ok {
		return
	}
	at := slices.IndexFunc(list, func(have Store) bool { return have.ID == x.ID })
	limit := q.Retention.Max
	if !x.Retention.IsZero() {
		limit = x.Retention
	}
	f := Finding{Target: target, Why: Why{Article: article(x.Ref, q.Retention.Ref)}}
	switch {
	case at < 0:
		f.Status = Unproven
		f.Text = say("Naar opslagplaats %s is niet gekeken.", "Le lieu de stockage %s n'a pas été examiné.", "Store %s was not looked at.", x.ID)
	case limit.IsZero():
		f.Status = Fail
		f.Text = say("Het protocol noemt geen bewaartermijn voor de opnames in %s.", "Le protocole n'indique pas de durée de conservation pour les images de %s.", "The protocol gives no retention for the recordings in %s.", x.ID)
	default:
		zone := s.Protocol.Location(x.Site)
		old := 0
		var oldest time.Time
		for _, c := range list[at].Clips {
			end := q.Retention.Grace.After(limit.After(c.Recorded.In(zone)))
			if c.Case == "" && end.Before(s.Now) {
				old++
				if oldest.IsZero() || c.Recorded.Before(oldest) {
					oldest = c.Recorded
				}
			}
		}
		f.Evidence = []Evidence{{Kind: "clips", Value: x.ID, Numbers: map[string]float64{"clips": float64(len(list[at].Clips)), "too_old_without_case": float64(old)}}}
		f.Status = Pass
		f.Text = say("Geen van de %[2]d opnames in %[1]s is te oud zonder dossier.", "Aucune des %[2]d images de %[1]s n'est trop ancienne sans dossier.", "None of the %[2]d recordings in %[1]s is over-age without a case.", x.ID, len(list[at].Clips))
		if old > 0 {
			f.Status, f.Since = Fail, limit.After(oldest.In(zone))
			f.Text = say("In %s zijn %d opnames te oud (termijn %s), zonder dossier; de oudste is van %s.", "Dans %s, %d images sont trop anciennes (durée %s), sans dossier; la plus ancienne date du %s.", "In %s %d recordings are over-age (retention %s), without a case; the oldest is of %s.", x.ID, old, period(limit), localTime(oldest, zone))
		}
	}
	s.conclude("clips", f)
}

// viewedInTime judges the sessions on body cameras: after the time to view,
// a month unless the protocol says otherwise, each needs a written authority.
func viewedInTime(s *sheet, q policy.Processing) {
	sessions, ok := need(s, "viewed", Target{}, FactSessions, s.Sessions)
	if !ok {
		return
	}
	limit := q.Viewable.Max
	if limit.IsZero() {
		limit = policy.Duration{Months: 1}
	}
	bad, seen := 0, 0
	for _, x := range sessions {
		if x.System != policy.SystemBodycams {
			continue
		}
		seen++
		f := Finding{Target: Target{Subject: subjectOr(x.ID, x.Start)}, Why: Why{Article: article(q.Viewable.Ref)}}
		switch {
		case x.RangeFrom.IsZero():
			f.Status = Unproven
			f.Text = say("Van de raadpleging van %s is niet vastgelegd hoe oud de opnames waren.", "Pour la consultation du %s, l'âge des images n'est pas enregistré.", "For the consultation of %s the age of the recordings is not recorded.", localTime(x.Start, s.clockZone()))
		case x.Authority == "" && limit.After(x.RangeFrom.In(s.clockZone())).Before(x.Start):
			f.Status, f.Since = Fail, x.Start
			f.Text = say("Op %s zijn opnames van %s bekeken, ouder dan %s, zonder schriftelijke machtiging.", "Le %s, des images du %s, plus anciennes que %s, ont été consultées sans autorisation écrite.", "On %s recordings of %s were viewed, older than %s, without a written authority.", localTime(x.Start, s.clockZone()), localTime(x.RangeFrom, s.clockZone()), period(limit))
		default:
			continue
		}
		bad++
		s.conclude("viewed", f)
	}
	if bad == 0 {
		s.conclude("viewed", Finding{Status: Pass, Text: say("Alle %d raadplegingen van bodycams waren binnen de tijd of met machtiging.", "Les %d consultations de caméras-piétons étaient toutes dans le délai ou autorisées.", "All %d consultations of body cameras were in time or authorised.", seen)})
	}
}

// tracking is DEV-4: track and trace has a protocol that answers what a works
// council asks of it, and every export of one person's data has its reason.
func tracking(s *sheet) {
	own := processingsOf(s.Protocol, policy.SystemTracking)
	if len(own) == 0 {
		unforeseen(s, policy.SystemTracking, policy.Text{NL: "track and trace", FR: "la géolocalisation (track and trace)", EN: "track and trace"})
		return
	}
	for _, q := range own {
		s.conclude("protocol", statedFinding(s, q, points{saidData, saidWhere, saidWhoseDuty, saidWho, saidOtherUse}))
	}
	registeredOf(s, policy.SystemTracking)
	exports, ok := need(s, "exports", Target{}, FactExports, s.Exports)
	if !ok {
		return
	}
	bad, seen := 0, 0
	for _, x := range exports {
		if x.System != policy.SystemTracking {
			continue
		}
		seen++
		if x.Reason != "" && x.Requester != "" {
			continue
		}
		bad++
		s.conclude("exports", Finding{Target: Target{Subject: subjectOr(x.ID, x.At)}, Status: Fail, Since: x.At, Text: say("Bij de uitvoer van volggegevens van %s ontbreekt de reden of wie erom vroeg.", "Pour l'exportation de données de suivi du %s, il manque le motif ou le demandeur.", "The export of tracking data of %s lacks its reason or who asked for it.", localTime(x.At, s.clockZone()))})
	}
	if bad == 0 {
		s.conclude("exports", Finding{Status: Pass, Text: say("Alle %d keren dat volggegevens zijn uitgevoerd hebben een reden en een aanvrager.", "Les %d exportations de données de suivi ont toutes un motif et un demandeur.", "All %d exports of tracking data have a reason and a requester.", seen)})
	}
}

// receptionSound is DEV-5: what records sound alone, at a desk for one, has a
// protocol. A camera whose stream carries only sound is a microphone.
func receptionSound(s *sheet) {
	for _, c := range s.Protocol.CamerasOf(s.Site) {
		for _, p := range s.camera(c.ID).Paths {
			stream, ok := p.Stream.Get()
			if ok && soundOnly(stream) {
				s.conclude("stream", Finding{Target: Target{Camera: c.ID, Path: p.Path.ID}, Status: Fail, Text: say("Op pad %[2]s geeft camera %[1]s alleen geluid: het is een microfoon.", "Sur le flux %[2]s, la caméra %[1]s ne donne que du son: c'est un microphone.", "On path %[2]s camera %[1]s gives only sound: it is a microphone.", c.ID, p.Path.ID)})
				break
			}
		}
	}
	own := processingsOf(s.Protocol, policy.SystemSound)
	if len(own) == 0 {
		unforeseen(s, policy.SystemSound, policy.Text{NL: "geluidsopname", FR: "un enregistrement sonore", EN: "sound recording"})
		return
	}
	registeredOf(s, policy.SystemSound)
	if _, known := s.Inventory.Get(); !known {
		return
	}
	for _, q := range own {
		s.conclude("protocol", statedFinding(s, q, sixPoints()))
	}
}

func soundOnly(stream devices.Stream) bool {
	heard := false
	for _, t := range stream.Tracks {
		if t.Kind == "video" {
			return false
		}
		heard = heard || t.Kind == "audio" && !t.BackChannel
	}
	return heard
}

// stamped is GOV-3: recordings that leave as evidence carry whether the camera
// complied when it recorded them, so that a court can weigh them.
func stamped(s *sheet) {
	exports, ok := need(s, "", Target{}, FactExports, s.Exports)
	if !ok {
		return
	}
	bad, seen := 0, 0
	for _, x := range exports {
		if x.Camera == "" && x.System != policy.SystemCameras && x.System != policy.SystemPoliceCameras {
			continue
		}
		seen++
		if x.Stamped {
			continue
		}
		bad++
		s.conclude("", Finding{Target: Target{Camera: x.Camera, Subject: subjectOr(x.ID, x.At)}, Status: Fail, Since: x.At, Text: say("De beelden die op %s zijn verstrekt, dragen niet of de camera toen aan het protocol voldeed.", "Les images remises le %s n'indiquent pas si la caméra respectait alors le protocole.", "The recordings handed over on %s do not carry whether the camera then complied.", localTime(x.At, s.clockZone()))})
	}
	if bad == 0 {
		s.conclude("", Finding{Status: Pass, Text: say("Alle %d verstrekkingen van beelden dragen de naleving van de camera.", "Les %d remises d'images portent toutes la conformité de la caméra.", "All %d handovers of recordings carry the camera's compliance.", seen)})
	}
}
