package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/lensdop/lensdop/policy"
)

// analyticName brings the names of devices and protocol together: without the
// namespace of ONVIF ("tt:", "axt:"), case and punctuation.
func analyticName(s string) string {
	if i := strings.LastIndexByte(s, ':'); i >= 0 {
		s = s[i+1:]
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// namedAnalytic tells that the protocol names an analytic of a device: by its
// type, where the device tells one behind the name ("Entrance (FaceDetector)"),
// or by the whole. The name before a type does not count, since whoever
// installs the camera chooses it.
func namedAnalytic(name string, lists ...[]string) bool {
	if i := strings.LastIndex(name, " ("); i > 0 && strings.HasSuffix(name, ")") && namedWord(name[i+2:len(name)-1], lists...) {
		return true
	}
	return namedWord(name, lists...)
}

// namedWord tells that a name is in one of the lists. The whole name counts:
// "face" does not let a camera recognise faces.
func namedWord(name string, lists ...[]string) bool {
	for _, list := range lists {
		if slices.ContainsFunc(list, func(have string) bool { return analyticName(have) == analyticName(name) }) {
			return true
		}
	}
	return false
}

// countsPeople tells by its name that an analytic counts or follows people, so
// that it can control work.
func countsPeople(name string) bool {
	n := analyticName(name)
	return slices.ContainsFunc([]string{"count", "heatmap", "crowd", "queue", "dwell", "loiter", "occupancy", "track", "attendance"}, func(word string) bool { return strings.Contains(n, word) })
}

// servicesOf lists the services that the protocol lets a camera have: its own,
// those of its device, or else the defaults. Nil means that it does not say.
func servicesOf(p *policy.Protocol, c policy.Camera) []string {
	if c.Services != nil {
		return c.Services
	}
	for _, d := range p.Devices {
		if c.Device != "" && d.ID == c.Device && d.Services != nil {
			return d.Services
		}
	}
	return p.CameraDefaults.Services
}

// capabilities is PUR-10: an inventory of what each camera can do, with
// nothing switched on that the protocol does not name. Sound is AUD-1's.
func capabilities(s *sheet) {
	cameras := s.Protocol.CamerasOf(s.Site)
	for _, c := range cameras {
		f := s.camera(c.ID)
		q, _ := processingOf(s.Protocol, c.Processing)
		services := servicesOf(s.Protocol, c)
		if on, at, ok := answered(s, "services", f, FactServices, f.Services); ok {
			named := func(name string) bool {
				return slices.ContainsFunc(services, func(have string) bool { return strings.EqualFold(have, name) })
			}
			s.switchedOn(c, running{
				aspect: "services", kind: policy.Text{NL: "diensten", FR: "services", EN: "services"}, on: on, at: at, said: services != nil, named: named,
				pass: say("Van de diensten die camera %s kan noemen (%s), staat er geen aan die het protocol niet noemt.", "Parmi les services que la caméra %s peut indiquer (%s), aucun n'est actif sans figurer au protocole.", "Of the services that camera %s can tell of (%s), none is on that the protocol does not name.", c.ID, orUnknown(strings.Join(f.ServicesAsked, ", "))),
			})
			s.untold(c, f, on, named)
		}
		if on, at, ok := answered(s, "analytics", f, FactAnalytics, f.Analytics); ok {
			s.switchedOn(c, running{
				aspect: "analytics", kind: policy.Text{NL: "beeldanalyse", FR: "analyse d'image", EN: "analytics"}, on: on, at: at,
				said:  c.Analytics != nil || q.DataCategories.Analytics != nil,
				named: func(name string) bool { return namedAnalytic(name, c.Analytics, q.DataCategories.Analytics) },
			})
		}
		s.canTurn(c, f)
	}
	if len(cameras) == 0 {
		s.add("", Finding{Status: NotApplicable, Text: say("Locatie %s heeft geen camera's.", "Le site %s n'a pas de caméras.", "Site %s has no cameras.", s.site.Name)})
	}
}

// running is what is on at a camera, of one kind of function of PUR-10.
type running struct {
	aspect string
	kind   policy.Text
	on     []string
	at     time.Time // when the device told
	said   bool      // the protocol has a list of this kind
	named  func(string) bool
	pass   policy.Text // instead of the usual text; may be empty
}

// switchedOn compares what is on with what the protocol names. Where it names
// no list at all and something is on, whether that may be is unproven.
func (s *sheet) switchedOn(c policy.Camera, r running) {
	var more []string
	for _, name := range r.on {
		if !r.named(name) {
			more = append(more, name)
		}
	}
	slices.Sort(more)
	what := strings.Join(more, ", ")
	f := Finding{
		Target: Target{Camera: c.ID}, Why: Why{Article: article(c.Ref)}, Remedy: s.rule.Remedy,
		Evidence: []Evidence{{Kind: "setting", Value: fmt.Sprintf("%s: %s", r.aspect, strings.Join(r.on, ", ")), Numbers: map[string]float64{"on": float64(len(r.on)), "not_in_protocol": float64(len(more))}, Collected: r.at}},
	}
	switch {
	case len(more) == 0:
		f.Status, f.Remedy = Pass, policy.Text{}
		f.Text = say("Wat op camera %s aan staat (%s: %d) staat alles in het protocol.", "Ce qui est actif sur la caméra %s (%s: %d) figure entièrement au protocole.", "What is on at camera %s (%s: %d) is all in the protocol.", c.ID, r.kind, len(r.on))
		if r.pass != (policy.Text{}) {
			f.Text = r.pass
		}
	case !r.said:
		f.Status = Unproven
		f.Text = say("Op camera %s staan functies aan waarover het protocol niets zegt: %s.", "Sur la caméra %s, des fonctions dont le protocole ne dit rien sont actives: %s.", "On camera %s functions are on of which the protocol says nothing: %s.", c.ID, what)
		f.Remedy = policy.Text{NL: "Zet in het protocol wat aan mag staan (services, analytics), en zet de rest uit.", FR: "Inscrivez au protocole ce qui peut être actif (services, analytics), et désactivez le reste.", EN: "Enter in the protocol what may be on (services, analytics), and switch the rest off."}
	default:
		f.Status = Fail
		f.Text = say("Op camera %s staan functies aan die het protocol niet noemt: %s.", "Sur la caméra %s, des fonctions que le protocole ne mentionne pas sont actives: %s.", "On camera %s functions are on that the protocol does not name: %s.", c.ID, what)
	}
	s.add(r.aspect, f)
}

// untold is the part of PUR-10 on services that a device has no way to tell
// of: that it does not list them is no sign that they are off.
func (s *sheet) untold(c policy.Camera, f Camera, on []string, allowed func(string) bool) {
	var untold []string
	for _, name := range policy.Services() {
		if !slices.Contains(f.ServicesAsked, name) && !slices.Contains(on, name) && !allowed(name) {
			untold = append(untold, name)
		}
	}
	out := Finding{
		Target: Target{Camera: c.ID}, Why: Why{Article: article(c.Ref)}, Status: Pass,
		Text: say("Camera %s kan van elke dienst die het protocol niet toelaat zeggen of zij aan staat.", "La caméra %s peut indiquer l'état de chaque service que le protocole n'autorise pas.", "Camera %s can tell of every service that the protocol does not allow whether it is on.", c.ID),
	}
	if len(untold) > 0 {
		out.Status, out.Undelivered = Unproven, true
		out.Text = say("Van deze diensten kan camera %s niet zeggen of zij aan staan: %s.", "La caméra %s ne peut pas indiquer si ces services sont actifs: %s.", "Of these services camera %s cannot tell whether they are on: %s.", c.ID, strings.Join(untold, ", "))
		out.Remedy = policy.Text{NL: "Kijk in het beheer van de camera of zij uit staan, en houd ze op het netwerk tegen.", FR: "Vérifiez dans l'interface de la caméra qu'ils sont désactivés, et bloquez-les sur le réseau.", EN: "See in the camera's own settings that they are off, and block them on the network."}
	}
	s.add("services-untold", out)
}

// canTurn is the part of PUR-10 on turning and zooming.
func (s *sheet) canTurn(c policy.Camera, f Camera) {
	target := Target{Camera: c.ID}
	o, ok := need(s, "ptz", target, FactDevice, f.Observation)
	if !ok {
		return
	}
	turns, _, ok := answered(s, "ptz", f, FactDevice, o.PTZ)
	if !ok {
		return
	}
	finding := Finding{Target: target, Why: Why{Article: article(c.Ref)}, Evidence: []Evidence{{Kind: "setting", Value: "PTZ", Numbers: map[string]float64{"ptz": number(turns)}, Collected: o.At}}, Remedy: s.rule.Remedy}
	switch {
	case !turns:
		finding.Status, finding.Remedy = Pass, policy.Text{}
		finding.Text = say("Camera %s kan niet draaien of zoomen.", "La caméra %s ne peut ni tourner ni zoomer.", "Camera %s cannot turn or zoom.", c.ID)
	case c.Type == policy.CameraPTZ:
		finding.Status, finding.Remedy = Pass, policy.Text{}
		finding.Text = say("Camera %s kan draaien of zoomen, zoals het protocol zegt.", "La caméra %s peut tourner ou zoomer, comme le dit le protocole.", "Camera %s can turn or zoom, as the protocol says.", c.ID)
	case c.Type == "":
		finding.Status = Unproven
		finding.Text = say("Camera %s kan draaien of zoomen; het protocol zegt niet of dat mag.", "La caméra %s peut tourner ou zoomer; le protocole ne dit pas si c'est permis.", "Camera %s can turn or zoom; the protocol does not say whether it may.", c.ID)
		finding.Remedy = policy.Text{NL: "Zet in het protocol of de camera vast of draaibaar is (type).", FR: "Indiquez au protocole si la caméra est fixe ou orientable (type).", EN: "Enter in the protocol whether the camera is fixed or turns (type)."}
	default:
		finding.Status = Fail
		finding.Text = say("Camera %s kan draaien of zoomen, terwijl het protocol haar vast noemt.", "La caméra %s peut tourner ou zoomer, alors que le protocole la dit fixe.", "Camera %s can turn or zoom, while the protocol calls it fixed.", c.ID)
	}
	s.add("ptz", finding)
}

// onlyNeeded is PUR-12: no more is recorded than the protocol says, and each
// log keeps only the fields that it names.
func onlyNeeded(s *sheet) {
	asked := false
	for _, c := range s.Protocol.CamerasOf(s.Site) {
		asked = true
		q, _ := processingOf(s.Protocol, c.Processing)
		f := s.camera(c.ID)
		if mode, at, ok := answered(s, "recording", f, FactRecording, f.Recording); ok {
			s.recordsOnly("recording", Target{Camera: c.ID}, c.ID, q, mode, at)
		}
	}
	var stores []policy.Store
	for _, st := range s.Protocol.Stores {
		if st.Site == s.Site {
			stores = append(stores, st)
		}
	}
	if len(stores) > 0 {
		asked = true
		if list, ok := need(s, "stores", Target{}, FactStores, s.Stores); ok {
			found := map[string]Store{}
			for _, have := range list {
				found[have.ID] = have
			}
			for _, st := range stores {
				have, measured := found[st.ID]
				s.keepsOnly(st, have, measured)
			}
		}
	}
	if !asked {
		s.add("", Finding{Status: NotApplicable, Text: say("Locatie %s heeft geen camera's of opslag.", "Le site %s n'a ni caméras ni stockage.", "Site %s has no cameras or stores.", s.site.Name)})
	}
}

// keepsOnly judges the mode and the fields of one store.
func (s *sheet) keepsOnly(st policy.Store, have Store, measured bool) {
	target := Target{Subject: st.ID}
	if !measured {
		s.add("stores", Finding{
			Target: target, Why: Why{Article: article(st.Ref)}, Status: Unproven, Remedy: s.rule.Remedy,
			Text: say("Opslag %s is niet onderzocht: welke gegevens zij bewaart is niet bekend.", "Le stockage %s n'a pas été examiné: on ne sait pas quelles données il conserve.", "Store %s was not examined: which data it keeps is not known.", st.ID),
		})
		return
	}
	q, _ := processingOf(s.Protocol, st.Processing)
	if recordsPictures(kindOf(q)) {
		if mode, ok := need(s, "mode", target, FactStores, have.Mode); ok {
			s.recordsOnly("mode", target, st.ID, q, mode, time.Time{})
		}
	} else if fields, ok := need(s, "fields", target, FactStores, have.Fields); ok {
		s.fieldsOnly(st, q, fields)
	}
}

func recordsPictures(system string) bool {
	return isCameras(system) || isPolice(system) || isSpoken(system)
}

// fieldsOnly compares the fields of a log with those that the processing and
// its readers name.
func (s *sheet) fieldsOnly(st policy.Store, q policy.Processing, fields []string) {
	named := slices.Clone(q.DataCategories.Fields)
	said := q.DataCategories.Fields != nil
	for _, r := range s.Protocol.Readers {
		if r.Processing == q.ID {
			named = append(named, r.Keeps...)
			said = said || r.Keeps != nil
		}
	}
	var more []string
	for _, have := range fields {
		if !namedWord(have, named) {
			more = append(more, have)
		}
	}
	slices.Sort(more)
	f := Finding{
		Target: Target{Subject: st.ID}, Why: Why{Article: article(q.DataCategories.Ref, q.Ref)}, Remedy: s.rule.Remedy,
		Evidence: []Evidence{{Kind: "setting", Value: "fields", Numbers: map[string]float64{"fields": float64(len(fields)), "not_in_protocol": float64(len(more))}}},
	}
	switch {
	case len(more) == 0:
		f.Status, f.Remedy = Pass, policy.Text{}
		f.Text = say("Opslag %s bewaart %d gegevens per gebeurtenis, alle in het protocol.", "Le stockage %s conserve %d données par événement, toutes au protocole.", "Store %s keeps %d fields of each event, all in the protocol.", st.ID, len(fields))
	case !said:
		f.Status = Unproven
		f.Text = say("Opslag %s bewaart %s; het protocol zegt niet welke gegevens nodig zijn.", "Le stockage %s conserve %s; le protocole ne dit pas quelles données sont nécessaires.", "Store %s keeps %s; the protocol does not say which data are needed.", st.ID, strings.Join(more, ", "))
		f.Remedy = policy.Text{NL: "Zet de gegevens die nodig zijn in het protocol (data_categories.fields).", FR: "Inscrivez les données nécessaires au protocole (data_categories.fields).", EN: "Enter the data that are needed in the protocol (data_categories.fields)."}
	default:
		f.Status = Fail
		f.Text = say("Opslag %s bewaart gegevens die het protocol niet noemt: %s.", "Le stockage %s conserve des données que le protocole ne mentionne pas: %s.", "Store %s keeps data that the protocol does not name: %s.", st.ID, strings.Join(more, ", "))
	}
	s.add("fields", f)
}

// recordMost orders the modes of recording by how much they record; -1 is none
// of them. A button and an incident record equally little.
func recordMost(mode string) int {
	switch mode {
	case policy.RecordNever:
		return 0
	case policy.RecordButton, policy.RecordIncident:
		return 1
	case policy.RecordMotion:
		return 2
	case policy.RecordContinuous:
		return 3
	default:
		return -1
	}
}

// modeName names a mode of recording for people.
func modeName(mode string) policy.Text {
	switch mode {
	case policy.RecordNever:
		return policy.Text{NL: "niet", FR: "jamais", EN: "never"}
	case policy.RecordButton:
		return policy.Text{NL: "na een druk op de knop", FR: "sur pression du bouton", EN: "at the press of a button"}
	case policy.RecordIncident:
		return policy.Text{NL: "bij een incident", FR: "en cas d'incident", EN: "in an incident"}
	case policy.RecordMotion:
		return policy.Text{NL: "bij beweging", FR: "sur mouvement", EN: "on motion"}
	case policy.RecordContinuous:
		return policy.Text{NL: "doorlopend", FR: "en continu", EN: "continuously"}
	default:
		if mode == "" {
			return unknown()
		}
		return policy.Text{NL: mode, FR: mode, EN: mode}
	}
}

// recordsOnly compares a mode of recording with the protocol's.
func (s *sheet) recordsOnly(aspect string, target Target, name string, q policy.Processing, mode string, at time.Time) {
	wanted := q.Recording.Mode
	f := Finding{
		Target: target, Why: Why{Article: article(q.Recording.Ref, q.Ref)}, Remedy: s.rule.Remedy,
		Evidence: []Evidence{{Kind: "setting", Value: "recording " + orUnknown(mode), Collected: at}},
	}
	switch {
	case mode == policy.RecordNever:
		f.Status, f.Remedy = Pass, policy.Text{}
		f.Text = say("%s neemt niet op.", "%s n'enregistre pas.", "%s does not record.", name)
	case mode == RecordsSomehow && wanted == policy.RecordContinuous:
		f.Status, f.Remedy = Pass, policy.Text{}
		f.Text = say("%s neemt op, en het protocol laat toe dat dit doorlopend gebeurt.", "%s enregistre, et le protocole autorise un enregistrement continu.", "%s records, and the protocol lets it do so continuously.", name)
	case mode == RecordsSomehow && wanted == policy.RecordNever:
		f.Status = Fail
		f.Text = say("%s neemt op; volgens het protocol mag dat niet.", "%s enregistre; selon le protocole, c'est interdit.", "%s records; by the protocol it may not.", name)
	case mode == RecordsSomehow && wanted != "":
		f.Status = Unproven
		f.Text = say("%s neemt op, maar zegt niet of dat altijd is of bij een gebeurtenis. Volgens het protocol mag het alleen zo: %s.", "%s enregistre, sans indiquer si c'est en permanence ou lors d'un événement. Le protocole n'autorise que ceci: %s.", "%s records, and does not say whether always or on an event. By the protocol it may only do so like this: %s.", name, modeName(wanted))
	case wanted == policy.RecordContinuous && recordMost(mode) >= 0:
		f.Status, f.Remedy = Pass, policy.Text{}
		f.Text = say("%s neemt %s op; meer laat het protocol niet toe dan %s.", "%s enregistre %s; le protocole n'autorise pas plus que %s.", "%s records %s; the protocol allows no more than %s.", name, modeName(mode), modeName(wanted))
	case wanted == "" && mode == RecordsSomehow:
		f.Status = Unproven
		f.Text = say("%s neemt op; het protocol zegt niet of en wanneer dat mag.", "%s enregistre; le protocole ne dit pas si c'est permis, ni quand.", "%s records; the protocol does not say whether and when it may.", name)
		f.Remedy = policy.Text{NL: "Zet in het protocol wanneer er wordt opgenomen (recording.mode).", FR: "Inscrivez au protocole quand on enregistre (recording.mode).", EN: "Enter in the protocol when there is recording (recording.mode)."}
	case wanted == "":
		f.Status = Unproven
		f.Text = say("%s neemt %s op; het protocol zegt niet wanneer er wordt opgenomen.", "%s enregistre %s; le protocole ne dit pas quand on enregistre.", "%s records %s; the protocol does not say when there is recording.", name, modeName(mode))
		f.Remedy = policy.Text{NL: "Zet in het protocol wanneer er wordt opgenomen (recording.mode).", FR: "Inscrivez au protocole quand on enregistre (recording.mode).", EN: "Enter in the protocol when there is recording (recording.mode)."}
	case recordMost(mode) < 0 || recordMost(wanted) < 0:
		f.Status = Unproven
		f.Text = say("%s meldt dat het zo opneemt: %s. Dat is niet te vergelijken met het protocol (%s).", "%s indique enregistrer ainsi: %s. C'est impossible à comparer au protocole (%s).", "%s says that it records like this: %s. That cannot be compared with the protocol (%s).", name, modeName(mode), modeName(wanted))
	case recordMost(mode) > recordMost(wanted):
		f.Status = Fail
		f.Text = say("%s neemt %s op; volgens het protocol mag dat alleen %s.", "%s enregistre %s; selon le protocole, seulement %s.", "%s records %s; by the protocol it may only %s.", name, modeName(mode), modeName(wanted))
	default:
		f.Status, f.Remedy = Pass, policy.Text{}
		f.Text = say("%s neemt %s op, zoals het protocol toelaat (%s).", "%s enregistre %s, comme le protocole l'autorise (%s).", "%s records %s, as the protocol allows (%s).", name, modeName(mode), modeName(wanted))
	}
	s.add(aspect, f)
}
