package rules

import (
	"slices"
	"time"

	"github.com/lensdop/lensdop/policy"
)

// belgianCameras: the declaration of cameras to the police is Belgian law (act
// of 21 March 2007).
func belgianCameras(p *policy.Protocol, _ string) (bool, policy.Text) {
	if p.Metadata.Jurisdiction != policy.JurisdictionBE {
		return false, say("De aangifte van camera's bij de politie bestaat alleen in België.", "La déclaration des caméras à la police n'existe qu'en Belgique.", "The declaration of cameras to the police exists in Belgium only.")
	}
	if !anySystem(p, func(system string) bool { return system == policy.SystemCameras }) {
		return false, say("Het protocol heeft geen bewakingscamera's.", "Le protocole n'a pas de caméras de surveillance.", "The protocol has no surveillance cameras.")
	}
	return true, policy.Text{}
}

// arrival is a device of the inventory, with what the register says of it.
type arrival struct {
	Seen
	// Came is false for what was there when the looking began: how long it hung
	// there before is not known.
	Came bool
	// Processing and Site of its entry in the register; empty for a stranger.
	Processing, Site string
}

// settling is how long after the first sighting at a site devices still count
// as found by the first searches, and not as new.
const settling = 24 * time.Hour

// arrivals sorts what came later from what was there when the gateway of its
// site first looked.
func arrivals(p *policy.Protocol, list []Seen) []arrival {
	type entry struct{ processing, site string }
	known := map[string]entry{} // by kind and id, since a camera and a store may share an id
	for i := range p.Cameras {
		known["camera/"+p.Cameras[i].ID] = entry{p.Cameras[i].Processing, p.Cameras[i].Site}
	}
	for i := range p.Readers {
		known["reader/"+p.Readers[i].ID] = entry{p.Readers[i].Processing, p.Readers[i].Site}
	}
	for i := range p.Stores {
		known["store/"+p.Stores[i].ID] = entry{p.Stores[i].Processing, p.Stores[i].Site}
	}
	began := map[string]time.Time{} // by site; "" is anywhere, for strangers
	for _, d := range list {
		if d.First.IsZero() {
			continue
		}
		for _, site := range []string{"", known[d.Kind+"/"+d.ID].site} {
			if b, ok := began[site]; !ok || d.First.Before(b) {
				began[site] = d.First
			}
		}
	}
	out := make([]arrival, len(list))
	for i, d := range list {
		e := known[d.Kind+"/"+d.ID]
		out[i] = arrival{
			Seen: d, Processing: e.processing, Site: e.site,
			Came: !d.First.IsZero() && d.First.After(began[e.site].Add(settling)),
		}
	}
	return out
}

// declaredCameras is REG-2: cameras are declared, and none came after the declaration
// was last brought up to date. A declaration without a date may exist on paper
// and is unproven.
func declaredCameras(s *sheet) {
	d := s.Protocol.Registers.Declaration
	why := Why{Article: article(d.Ref, s.Protocol.Registers.Ref)}
	today := s.civilToday()
	switch {
	case d.Declared.IsZero():
		s.add("", Finding{
			Why: why, Status: Unproven, Owner: d.Owner, Remedy: s.rule.Remedy,
			Text: say("Het protocol noemt geen datum waarop de camera's zijn aangegeven: de aangifte is niet aangetoond.", "Le protocole n'indique pas la date de déclaration des caméras: la déclaration n'est pas prouvée.", "The protocol gives no date on which the cameras were declared: the declaration is unproven."),
		})
		return
	case later(d.Declared, today):
		s.add("", Finding{
			Why: why, Status: Fail, Owner: d.Owner, Remedy: s.rule.Remedy,
			Text: say("De aangifte staat pas voor %s in het protocol: vandaag is er geen.", "Le protocole prévoit la déclaration pour le %s seulement: il n'y en a pas aujourd'hui.", "The protocol has the declaration on %s only: there is none today.", d.Declared),
		})
		return
	}
	s.onlySaid("", "", Finding{Why: why, Owner: d.Owner}, say("De camera's zijn aangegeven op %s, nummer: %s.", "Les caméras ont été déclarées le %s, numéro: %s.", "The cameras were declared on %s, number: %s.", d.Declared, orUnknown(d.Number)))
	updated := d.Declared
	if !d.Validated.IsZero() && later(d.Validated, updated) && !later(d.Validated, today) {
		updated = d.Validated
	}
	list, gathered := s.Inventory.Get()
	seen := map[string]arrival{}
	for _, a := range arrivals(s.Protocol, list) {
		if a.Kind == "camera" {
			seen[a.ID] = a
		}
	}
	loc := s.Protocol.Location("")
	for i := range s.Protocol.Cameras {
		c := s.Protocol.Cameras[i]
		if q, ok := processingOf(s.Protocol, c.Processing); ok && kindOf(q) != policy.SystemCameras {
			continue
		}
		f := Finding{Target: Target{Camera: c.ID}, Why: why, Owner: d.Owner}
		// A sighting shows that it was there; the file can only say that it was
		// there earlier.
		use, sure, shown := c.FirstUse, true, false
		if a, ok := seen[c.ID]; ok && !a.First.IsZero() {
			day := policy.DateOf(a.First.In(loc))
			if shown = !later(day, updated) && !later(use, updated); shown || use.IsZero() {
				use, sure = day, a.Came
			}
		}
		switch {
		case !shown && !gathered && !later(use, updated):
			need(s, "camera", f.Target, FactInventory, s.Inventory)
			continue
		case use.IsZero():
			f.Status, f.Remedy = Unproven, policy.Text{NL: "Zet de eerste dag van gebruik van de camera in het protocol (first_use).", FR: "Inscrivez le premier jour d'utilisation de la caméra au protocole (first_use).", EN: "Enter the camera's first day of use in the protocol (first_use)."}
			f.Text = say("Sinds wanneer camera %s er is, is niet bekend: of de aangifte van %s haar bevat is niet aangetoond.", "On ne sait pas depuis quand la caméra %s est là: il n'est pas prouvé que la déclaration du %s la contienne.", "Since when camera %s is there is not known: whether the declaration of %s contains it is unproven.", c.ID, updated)
		case !shown && !later(use, updated):
			s.onlySaid("camera", "", f, say("Camera %s is er sinds %s; de aangifte is op %s bijgewerkt.", "La caméra %s est là depuis le %s; la déclaration a été mise à jour le %s.", "Camera %s is there since %s; the declaration was updated on %s.", c.ID, use, updated))
			continue
		case shown:
			f.Status = Pass
			f.Text = say("Camera %s is gezien sinds %s; volgens het protocol is de aangifte op %s bijgewerkt.", "La caméra %s est vue depuis le %s; selon le protocole, la déclaration a été mise à jour le %s.", "Camera %s was seen since %s; by the protocol the declaration was updated on %s.", c.ID, use, updated)
		case sure:
			f.Status, f.Since = Fail, startOf(use, loc)
			f.Text = say("Camera %s is er sinds %s, later dan de laatste bijwerking van de aangifte (%s).", "La caméra %s est là depuis le %s, après la dernière mise à jour de la déclaration (%s).", "Camera %s is there since %s, later than the last update of the declaration (%s).", c.ID, use, updated)
			f.Remedy = policy.Text{NL: "Kijk op aangiftecamera.be of de camera erin staat, voeg haar zo nodig toe, en zet de dag waarop dat gebeurde in het protocol (registers.declaration.validated).", FR: "Vérifiez sur declarationcamera.be si la caméra y figure, ajoutez-la au besoin, et inscrivez le jour de cette vérification au protocole (registers.declaration.validated).", EN: "Look at aangiftecamera.be whether the camera is in it, add it if need be, and enter the day on which that was done in the protocol (registers.declaration.validated)."}
		default:
			f.Status = Unproven
			f.Text = say("Camera %s hing er al toen Lensdop op %s begon te kijken; of dat vóór de aangifte van %s was, is niet bekend.", "La caméra %s était déjà là quand Lensdop a commencé à observer le %s; on ne sait pas si c'était avant la déclaration du %s.", "Camera %s already hung when Lensdop began to look on %s; whether that was before the declaration of %s is not known.", c.ID, use, updated)
			f.Remedy = policy.Text{NL: "Zet de eerste dag van gebruik van de camera in het protocol (first_use).", FR: "Inscrivez le premier jour d'utilisation de la caméra au protocole (first_use).", EN: "Enter the camera's first day of use in the protocol (first_use)."}
		}
		s.add("camera", f)
	}
}

// validateEvery is the law's interval, where the protocol gives none.
func validateEvery(d policy.Declaration) policy.Duration {
	if d.ValidateEvery.IsZero() {
		return policy.Duration{Years: 1}
	}
	return d.ValidateEvery
}

// validated is REG-3: the declaration was validated within the interval. The
// day on which it is due still counts. A declaration never validated counts
// from its own date.
func validated(s *sheet) {
	d := s.Protocol.Registers.Declaration
	why := Why{Article: article(d.Ref, s.Protocol.Registers.Ref)}
	last := d.Validated
	if last.IsZero() {
		last = d.Declared
	}
	f := Finding{Why: why, Owner: d.Owner}
	today := s.civilToday()
	if last.IsZero() || later(last, today) {
		f.Status, f.Remedy = Unproven, s.rule.Remedy
		f.Text = say("Het protocol noemt geen dag waarop de aangifte is bevestigd.", "Le protocole n'indique aucun jour où la déclaration a été validée.", "The protocol gives no day on which the declaration was validated.")
		if !last.IsZero() {
			f.Text = say("Het protocol noemt %s als dag van de bevestiging: die dag is nog niet geweest.", "Le protocole indique le %s comme jour de la validation: ce jour n'est pas encore passé.", "The protocol gives %s as the day of the validation: that day has not been yet.", last)
		}
		s.add("", f)
		return
	}
	due := dueDate(last, validateEvery(d))
	end := startOf(due.AddDays(1), s.Protocol.Location(""))
	f.Due = end
	days := int(startOf(due, time.UTC).Sub(startOf(today, time.UTC)) / (24 * time.Hour))
	f.Evidence = []Evidence{{Kind: "text", Value: "validated " + last.String(), Numbers: map[string]float64{"days_left": float64(days)}}}
	if days < 0 {
		f.Status, f.Since, f.Remedy = Fail, end, s.rule.Remedy
		f.Text = say("De aangifte is het laatst bevestigd op %s en moest uiterlijk %s opnieuw worden bevestigd, %s geleden.", "La déclaration a été validée pour la dernière fois le %s et devait l'être à nouveau au plus tard le %s, il y a %s.", "The declaration was last validated on %s and had to be validated again by %s, %s ago.", last, due, daysText(-days))
		s.add("", f)
	} else {
		s.onlySaid("", "", f, say("De aangifte is bevestigd op %s; de volgende keer is uiterlijk %s, over %s.", "La déclaration a été validée le %s; la prochaine fois au plus tard le %s, dans %s.", "The declaration was validated on %s; the next time is by %s, in %s.", last, due, daysText(days)))
	}
	newSince(s, "changed", why, d.Owner, last, func(a arrival) bool {
		return a.Kind == "camera" && seenSystem(s.Protocol, a) == policy.SystemCameras
	})
}

// newSince counts the devices that came after a register was last brought up
// to date.
func newSince(s *sheet, aspect string, why Why, owner string, updated policy.Date, about func(arrival) bool) {
	list, ok := need(s, aspect, Target{}, FactInventory, s.Inventory)
	if !ok {
		return
	}
	loc := s.Protocol.Location("")
	n, unsure := 0, 0
	var first time.Time
	for _, a := range arrivals(s.Protocol, list) {
		switch {
		case !about(a):
			continue
		case !a.First.IsZero() && !later(policy.DateOf(a.First.In(loc)), updated):
			continue // was there by then
		case !a.Came:
			if use := s.firstUseOf(a); use.IsZero() || later(use, updated) {
				unsure++
			}
			continue
		default:
		}
		n++
		if first.IsZero() || a.First.Before(first) {
			first = a.First
		}
	}
	f := Finding{Why: why, Owner: owner, Status: Pass, Evidence: []Evidence{{Kind: "network", Value: "inventory", Numbers: map[string]float64{"devices": float64(len(list)), "new": float64(n), "not_known_since_when": float64(unsure)}}}}
	f.Text = say("Na %s kwam er geen apparaat bij.", "Aucun appareil n'est arrivé après le %s.", "No device came after %s.", updated)
	if len(list) == 0 && len(s.Protocol.Cameras)+len(s.Protocol.Readers) > 0 {
		f.Status, f.Remedy = Unproven, waitText()
		f.Text = say("Geen van de apparaten van het protocol is nog gezien: of er na %s iets bij kwam is niet aangetoond.", "Aucun des appareils du protocole n'a encore été vu: il n'est pas prouvé que rien ne soit arrivé après le %s.", "None of the protocol's devices was seen yet: whether anything came after %s is unproven.", updated)
	}
	if unsure > 0 {
		f.Status = Unproven
		f.Text = say("Van %[2]d apparaten is niet bekend of zij er al waren op %[1]s: Lensdop keek pas later.", "Pour %[2]d appareils, on ne sait pas s'ils étaient déjà là le %[1]s: Lensdop n'a commencé à observer qu'après.", "Of %[2]d devices it is not known whether they were there already on %[1]s: Lensdop began to look only later.", updated, unsure)
		f.Remedy = policy.Text{NL: "Ga na of het register deze apparaten bevat, en zet hun eerste dag van gebruik in het protocol (first_use) of de dag waarop het register opnieuw is bijgewerkt.", FR: "Vérifiez si le registre contient ces appareils, et inscrivez au protocole leur premier jour d'utilisation (first_use) ou le jour de la nouvelle mise à jour du registre.", EN: "See whether the register has these devices, and enter in the protocol their first day of use (first_use) or the day on which the register was brought up to date again."}
	}
	if n > 0 {
		f.Status, f.Since, f.Remedy = Fail, first, s.rule.Remedy
		f.Text = say("Na %s kwamen er %d apparaten bij, het eerste op %s: het register is sindsdien niet bijgewerkt.", "Après le %s, %d appareils sont arrivés, le premier le %s: le registre n'a pas été mis à jour depuis.", "After %s %d devices came, the first on %s: the register was not updated since.", updated, n, policy.DateOf(first.In(loc)))
	}
	s.add(aspect, f)
}

// firstUseOf is the first day of use that the protocol gives for a device; no
// date if it gives none.
func (s *sheet) firstUseOf(a arrival) policy.Date {
	switch a.Kind {
	case "camera":
		c, _ := s.registered(a.ID)
		return c.FirstUse
	case "reader":
		if i := slices.IndexFunc(s.Protocol.Readers, func(r policy.Reader) bool { return r.ID == a.ID }); i >= 0 {
			return s.Protocol.Readers[i].FirstUse
		}
	default:
	}
	return policy.Date{}
}

// record is REG-4: the record of processing activities follows this version of
// the protocol, and no device came since. A register of which the file gives
// neither version nor date is unproven.
func record(s *sheet) {
	r := s.Protocol.Registers.Processing
	m := s.Protocol.Metadata
	why := Why{Article: article(r.Ref, s.Protocol.Registers.Ref)}
	f := Finding{Why: why, Owner: r.Owner, Evidence: []Evidence{{Kind: "text", Value: "record " + orUnknown(r.Version) + " " + r.Updated.String()}}}
	since := m.Effective.Date
	if since.IsZero() {
		since = m.Adopted.Date
	}
	switch {
	case r.Version == "" && r.Updated.IsZero():
		f.Status = Unproven
		f.Text = say("Het protocol noemt geen versie of datum van het verwerkingsregister.", "Le protocole n'indique ni version ni date du registre des activités de traitement.", "The protocol gives no version or date of the record of processing activities.")
	case later(r.Updated, s.civilToday()):
		f.Status = Unproven
		f.Text = say("Het protocol noemt %s als dag waarop het verwerkingsregister is bijgewerkt: die dag is nog niet geweest.", "Le protocole indique que le registre a été mis à jour le %s: ce jour n'est pas encore passé.", "The protocol gives %s as the day on which the record was updated: that day has not been yet.", r.Updated)
	case r.Version != "" && r.Version != m.Version:
		f.Status = Fail
		f.Text = say("Volgens dit bestand volgt het verwerkingsregister versie %s van het protocol; nu geldt versie %s.", "Selon ce fichier, le registre suit la version %s du protocole; la version %s est en vigueur.", "By this file the record follows version %s of the protocol; version %s holds now.", r.Version, m.Version)
	case r.Version != "":
		f.Status = Pass
		f.Text = say("Volgens dit bestand volgt het verwerkingsregister versie %s, die nu geldt.", "Selon ce fichier, le registre suit la version %s, celle en vigueur.", "By this file the record follows version %s, the one that holds now.", r.Version)
	case since.IsZero():
		f.Status = Unproven
		f.Text = say("Het verwerkingsregister is bijgewerkt op %s, maar het protocol zegt niet van wanneer het zelf is.", "Le registre a été mis à jour le %s, mais le protocole n'indique pas sa propre date.", "The record was updated on %s, but the protocol does not say its own date.", r.Updated)
	case later(since, r.Updated):
		f.Status = Fail
		f.Text = say("Het verwerkingsregister is bijgewerkt op %s; het protocol is van later, %s.", "Le registre a été mis à jour le %s; le protocole est plus récent, du %s.", "The record was updated on %s; the protocol is of later, %s.", r.Updated, since)
	default:
		f.Status = Pass
		f.Text = say("Volgens dit bestand is het verwerkingsregister bijgewerkt op %s, niet vóór het protocol (%s).", "Selon ce fichier, le registre a été mis à jour le %s, pas avant le protocole (%s).", "By this file the record was updated on %s, not before the protocol (%s).", r.Updated, since)
	}
	if !f.Status.OK() {
		f.Remedy = s.rule.Remedy
	}
	s.add("protocol", f)
	if r.Updated.IsZero() {
		s.add("inventory", Finding{
			Why: why, Owner: r.Owner, Status: Unproven, Remedy: s.rule.Remedy,
			Text: say("Het protocol noemt geen dag waarop het verwerkingsregister is bijgewerkt: of het de nieuwste apparaten bevat is niet aangetoond.", "Le protocole n'indique pas le jour de la mise à jour du registre: il n'est pas prouvé qu'il contienne les appareils les plus récents.", "The protocol gives no day on which the record was updated: whether it has the newest devices is unproven."),
		})
		return
	}
	newSince(s, "inventory", why, r.Owner, r.Updated, func(arrival) bool { return true })
}

// systemsKnown is REG-5: every kind of system that was seen has a processing.
func systemsKnown(s *sheet) {
	list, ok := need(s, "", Target{}, FactInventory, s.Inventory)
	if !ok {
		return
	}
	unknown := 0
	seen := map[string]int{}
	for _, d := range arrivals(s.Protocol, list) {
		if system := seenSystem(s.Protocol, d); system != "" {
			seen[system]++
		} else {
			unknown++
		}
	}
	for _, system := range append(policy.Systems(), others(seen)...) {
		n := seen[system]
		if n == 0 {
			continue
		}
		f := Finding{Target: Target{Subject: system}, Evidence: []Evidence{{Kind: "network", Value: system, Numbers: map[string]float64{"devices": float64(n)}}}}
		if anySystem(s.Protocol, func(have string) bool { return have == system }) {
			f.Status = Pass
			f.Text = say("Voor %s (%d apparaten) is er een protocol.", "Il y a un protocole pour: %s (%d appareils).", "There is a protocol for %s (%d devices).", systemName(system), n)
		} else {
			f.Status, f.Remedy = Fail, s.rule.Remedy
			f.Text = say("Er zijn %[2]d apparaten gezien van de soort %[1]s, waarvoor het protocol geen verwerking heeft.", "%[2]d appareils du type %[1]s ont été vus, pour lequel le protocole n'a pas de traitement.", "%[2]d devices were seen of the kind %[1]s, for which the protocol has no processing.", systemName(system), n)
		}
		s.add("", f)
	}
	switch {
	case unknown > 0:
		s.add("unknown", Finding{
			Status: Unproven, Evidence: []Evidence{{Kind: "network", Value: "unknown", Numbers: map[string]float64{"devices": float64(unknown)}}},
			Text:   say("Van %d apparaten is niet bekend tot welk soort systeem zij horen.", "On ne sait pas à quel type de système appartiennent %d appareils.", "Of %d devices it is not known what kind of system they belong to.", unknown),
			Remedy: policy.Text{NL: "Ga na wat deze apparaten zijn en zet ze in het protocol, of haal ze weg.", FR: "Vérifiez ce que sont ces appareils et inscrivez-les au protocole, ou retirez-les.", EN: "Find out what these devices are and enter them in the protocol, or remove them."},
		})
	case len(list) == 0 && len(s.Protocol.Cameras)+len(s.Protocol.Readers) > 0:
		s.add("unknown", Finding{
			Status: Unproven, Remedy: waitText(),
			Text: say("Geen van de apparaten van het protocol is nog gezien: welke systemen er zijn is niet aangetoond.", "Aucun des appareils du protocole n'a encore été vu: quels systèmes existent n'est pas prouvé.", "None of the protocol's devices was seen yet: which systems there are is unproven."),
		})
	case len(list) == 0:
		s.add("unknown", Finding{Status: Pass, Text: say("Er is gezocht en geen apparaat gevonden.", "Une recherche a eu lieu et n'a trouvé aucun appareil.", "There was a search, and it found no device.")})
	default:
	}
}

// seenSystem is the kind of system that a device belongs to: its register
// entry's, or what it was recognised as. Empty means that it is not known.
func seenSystem(p *policy.Protocol, d arrival) string {
	if q, ok := processingOf(p, d.Processing); ok {
		return kindOf(q)
	}
	switch {
	case d.System != "":
		return d.System
	case d.Kind == "camera":
		return policy.SystemCameras
	case d.Kind == "reader":
		return policy.SystemAccess
	default:
		return ""
	}
}

// others lists, in order, what was recognised as no system that policy knows.
func others(seen map[string]int) []string {
	var out []string
	for system := range seen {
		if !slices.Contains(policy.Systems(), system) {
			out = append(out, system)
		}
	}
	slices.Sort(out)
	return out
}
