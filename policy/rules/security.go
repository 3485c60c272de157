package rules

import (
	"slices"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
)

// secured is SEC-1 as far as machines see it: firmware, what opens without a
// login, whether encryption is offered, and the site's own stores.
func secured(s *sheet) {
	firmware(s)
	weaknesses(s)
	for _, c := range s.Protocol.CamerasOf(s.Site) {
		f := s.camera(c.ID)
		target := Target{Camera: c.ID}
		if open, at, ok := answered(s, "anonymous", f, FactServices, f.Anonymous); ok {
			out := Finding{Target: target, Evidence: []Evidence{{Kind: "setting", Value: "anonymous access", Collected: at}}, Status: Pass, Text: say("Camera %s opent niets zonder inloggen.", "La caméra %s ne donne accès à rien sans authentification.", "Camera %s opens nothing without a login.", c.ID)}
			if open {
				out.Status = Fail
				out.Text = say("Beeld of instellingen van camera %s zijn zonder inloggen te openen.", "L'image ou les réglages de la caméra %s sont accessibles sans authentification.", "Picture or settings of camera %s open without a login.", c.ID)
				out.Remedy = policy.Text{NL: "Zet anonieme toegang uit, ook voor RTSP en ONVIF, en ga na wie kon meekijken.", FR: "Désactivez l'accès anonyme, RTSP et ONVIF compris, et vérifiez qui a pu regarder.", EN: "Switch anonymous access off, for RTSP and ONVIF too, and see who could have looked."}
			}
			s.conclude("anonymous", out)
		}
		encryption(s, target, f)
		soldWith(s, target, f)
	}
	shares(s)
}

func encryption(s *sheet, target Target, c Camera) {
	v := c.Encrypted
	if v.IsNotSupported() {
		v = devices.Of(false)
	}
	on, at, ok := answered(s, "encrypted", c, FactServices, v)
	if !ok {
		return
	}
	f := Finding{Target: target, Evidence: []Evidence{{Kind: "setting", Value: "encryption", Collected: at}}, Status: Pass, Text: say("Camera %s biedt inloggen en beeld versleuteld aan.", "La caméra %s propose une connexion et une image chiffrées.", "Camera %s offers login and picture encrypted.", target.Camera)}
	if !on {
		f.Status = Fail
		f.Text = say("Camera %s biedt inloggen of beeld alleen onversleuteld aan.", "La caméra %s ne propose la connexion ou l'image que sans chiffrement.", "Camera %s offers login or picture only unencrypted.", target.Camera)
		f.Remedy = policy.Text{NL: "Zet TLS aan (HTTPS, RTSPS). Kan het apparaat dat niet, zet het dan op een eigen netwerk.", FR: "Activez TLS (HTTPS, RTSPS). Si l'appareil ne le peut pas, placez-le sur un réseau à part.", EN: "Switch TLS on (HTTPS, RTSPS). If the device cannot, give it a network of its own."}
	}
	s.conclude("encrypted", f)
}

// soldWith finds a device that still opens by the login that its maker sold it
// with. Where the site lets nobody try, nothing is said.
func soldWith(s *sheet, target Target, c Camera) {
	opens, known := c.SoldWith.Get()
	if !known {
		return
	}
	f := Finding{
		Target: target, Evidence: []Evidence{{Kind: "setting", Value: "login that it was sold with"}}, Status: Pass,
		Text: say("Camera %s liet niemand binnen met de fabrieksinloggegevens die zijn geprobeerd.", "La caméra %s a refusé les identifiants d'usine qui ont été essayés.", "Camera %s refused the factory logins that were tried.", target.Camera),
	}
	if opens {
		f.Status, f.Severity = Fail, Critical
		f.Text = say("Camera %s gaat open met de fabrieksinloggegevens: iedereen die haar bereikt kan meekijken en haar instellen.", "La caméra %s accepte les identifiants d'usine: quiconque l'atteint peut regarder et modifier ses réglages.", "Camera %s opens by the login that it was sold with: whoever reaches it can watch and set it.", target.Camera)
		f.Remedy = policy.Text{NL: "Kies een eigen wachtwoord, en ga na wie kon meekijken.", FR: "Choisissez votre propre mot de passe, et vérifiez qui a pu regarder.", EN: "Choose a password of your own, and see who could have looked."}
	}
	s.conclude("sold-with", f)
}

// shares judges the stores of the site: none can be read without an account.
func shares(s *sheet) {
	list, known := s.Stores.Get()
	for _, x := range s.Protocol.Stores {
		if x.Site != s.Site {
			continue
		}
		target := Target{Subject: x.ID}
		if !known {
			need(s, "share", target, FactStores, s.Stores)
			continue
		}
		at := slices.IndexFunc(list, func(have Store) bool { return have.ID == x.ID })
		if at < 0 {
			s.conclude("share", Finding{Target: target, Status: Unproven, Text: say("Naar opslagplaats %s is niet gekeken.", "Le lieu de stockage %s n'a pas été examiné.", "Store %s was not looked at.", x.ID)})
			continue
		}
		if open, ok := need(s, "share", target, FactStores, list[at].OpenShare); ok {
			f := Finding{Target: target, Status: Pass, Text: say("Opslagplaats %s is zonder account niet te lezen.", "Le lieu de stockage %s ne peut être lu sans compte.", "Store %s cannot be read without an account.", x.ID)}
			if open {
				f.Status = Fail
				f.Text = say("Opslagplaats %s is zonder account te lezen.", "Le lieu de stockage %s peut être lu sans compte.", "Store %s can be read without an account.", x.ID)
				f.Remedy = policy.Text{NL: "Sluit de gedeelde map af, en controleer wie erbij kon.", FR: "Fermez le dossier partagé et vérifiez qui pouvait y accéder.", EN: "Close the shared folder, and see who could reach it."}
			}
			s.conclude("share", f)
		}
	}
}

const (
	// guessesWithin is the time over which refused logins are added up, and
	// guesses how many from one address look like somebody trying passwords:
	// fewer are a person who mistypes, or a recorder with an old password.
	guessesWithin = 24 * time.Hour
	guesses       = 5
)

// liveFlow is what Flow.Kind calls a live stream.
const liveFlow = "live"

// unauthorised is SEC-2: no account that nobody knows of, nobody trying
// passwords, no stream to a stranger.
func unauthorised(s *sheet) {
	cameras := s.Protocol.CamerasOf(s.Site)
	for _, c := range cameras {
		accounts(s, c)
	}
	if failures, ok := need(s, "logins", Target{}, FactFailures, s.Failures); ok {
		perCamera := map[string][]Failure{}
		for _, x := range failures {
			perCamera[x.Camera] = append(perCamera[x.Camera], x)
		}
		for _, c := range cameras {
			refusedLogins(s, c.ID, perCamera[c.ID])
		}
	}
	if flows, ok := need(s, "flows", Target{}, FactFlows, s.Flows); ok {
		perCamera := map[string][]Flow{}
		for _, x := range flows {
			if x.Kind == liveFlow && !x.Known && !x.Relay && x.Role == "" {
				perCamera[x.Camera] = append(perCamera[x.Camera], x)
			}
		}
		for _, c := range cameras {
			strangers(s, c.ID, perCamera[c.ID])
		}
	}
}

// accounts is the part of SEC-2 on who can log in to a camera: whom the
// protocol names, and Lensdop itself.
func accounts(s *sheet, c policy.Camera) {
	target, have := Target{Camera: c.ID}, s.camera(c.ID)
	o, ok := need(s, "accounts", target, FactDevice, have.Observation)
	if !ok {
		return
	}
	users, at, ok := answered(s, "accounts", have, FactDevice, o.Users)
	if !ok {
		return
	}
	var d policy.Device
	if at := slices.IndexFunc(s.Protocol.Devices, func(d policy.Device) bool { return d.ID == c.Device && c.Device != "" }); at >= 0 {
		d = s.Protocol.Devices[at]
	}
	others, extra, own := 0, 0, false // counts: an account may bear a person's name, which no finding does
	for _, u := range users {
		if have.Account != "" && u.Name == have.Account {
			own = true
			continue
		}
		others++
		if !slices.Contains(d.Accounts, u.Name) {
			extra++
		}
	}
	f := Finding{
		Target: target, Why: Why{Article: article(d.Ref)}, Status: Fail,
		Evidence: []Evidence{{Kind: "setting", Value: "accounts", Numbers: map[string]float64{"accounts": float64(len(users)), "not_in_protocol": float64(extra)}, Collected: at}},
		Text:     say("Accounts op camera %s die het protocol niet noemt: %d.", "Comptes de la caméra %s que le protocole ne mentionne pas: %d.", "Accounts on camera %s that the protocol does not name: %d.", c.ID, extra),
		Remedy:   policy.Text{NL: "Verwijder deze accounts, of zet ze in het protocol (devices, accounts).", FR: "Supprimez ces comptes ou inscrivez-les au protocole (devices, accounts).", EN: "Remove these accounts, or enter them in the protocol (devices, accounts)."},
	}
	switch {
	case extra == 0 && have.Account != "" && !own:
		f.Status = Unproven
		f.Text = say("De lijst van accounts die camera %s geeft is niet volledig: het account waarmee Lensdop inlogt staat er niet in.", "La liste des comptes que donne la caméra %s est incomplète: le compte avec lequel Lensdop se connecte n'y figure pas.", "The list of accounts that camera %s gives is not complete: the account that Lensdop logs in with is not in it.", c.ID)
		f.Remedy = lookAtDevice()
	case others == 0 && own:
		f.Status, f.Remedy = Pass, policy.Text{}
		f.Text = say("Camera %s heeft geen ander account dan dat van Lensdop.", "La caméra %s n'a pas d'autre compte que celui de Lensdop.", "Camera %s has no account but Lensdop's own.", c.ID)
	case d.Accounts == nil: // the file is silent; nobody broke anything that it says
		f.Status, f.Severity, f.Remedy = Unproven, Medium, policy.Text{}
		f.Text = say("Het protocol zegt niet welke accounts camera %s mag hebben. Gevonden naast dat van Lensdop: %d.", "Le protocole ne dit pas quels comptes la caméra %s peut avoir. Trouvés outre celui de Lensdop: %d.", "The protocol does not say which accounts camera %s may have. Found beside Lensdop's own: %d.", c.ID, others)
		if !own {
			f.Text = say("Het protocol zegt niet welke accounts camera %s mag hebben. Gevonden: %d.", "Le protocole ne dit pas quels comptes la caméra %s peut avoir. Trouvés: %d.", "The protocol does not say which accounts camera %s may have. Found: %d.", c.ID, others)
		}
	case extra == 0:
		f.Status, f.Remedy = Pass, policy.Text{}
		f.Text = say("De accounts op camera %s (%d) staan in het protocol, of zijn van Lensdop.", "Les comptes de la caméra %s (%d) figurent au protocole, ou sont de Lensdop.", "The accounts on camera %s (%d) are in the protocol, or Lensdop's own.", c.ID, len(users))
	case extra == 1 && have.Account == "": // the protocol leaves Lensdop's own account out
		f.Status = Unproven
		f.Text = say("Op camera %s staat een account dat het protocol niet noemt; of het dat van Lensdop zelf is, is niet aangetoond.", "La caméra %s a un compte que le protocole ne mentionne pas; il n'est pas prouvé que c'est celui de Lensdop.", "Camera %s has an account that the protocol does not name; whether it is Lensdop's own is unproven.", c.ID)
		f.Remedy = policy.Text{NL: "Is dit het account van Lensdop, zet het dan ook in het protocol (devices, accounts); verwijder het anders.", FR: "Si c'est le compte de Lensdop, inscrivez-le aussi au protocole (devices, accounts); sinon, supprimez-le.", EN: "If this is Lensdop's account, enter it in the protocol as well (devices, accounts); else remove it."}
	default: // as it stands
	}
	s.conclude("accounts", f)
}

func refusedLogins(s *sheet, camera string, list []Failure) {
	since := s.Now.Add(-guessesWithin)
	total, most, from := 0, 0, ""
	per := map[string]int{}
	for _, x := range list {
		if x.At.Before(since) {
			continue
		}
		per[x.From] += x.Count
		total += x.Count
		if per[x.From] > most {
			most, from = per[x.From], x.From
		}
	}
	f := Finding{
		Target: Target{Camera: camera}, Status: Pass,
		Text:     say("Camera %s weigerde de laatste dag %d keer een login.", "La caméra %s a refusé %d connexions le dernier jour.", "In the last day camera %s refused %d logins.", camera, total),
		Evidence: []Evidence{{Kind: "logins", Value: networkAddress(from), Numbers: map[string]float64{"refused": float64(total), "most_from_one_address": float64(most)}}},
	}
	if most >= guesses {
		f.Status = Fail
		f.Text = say("Camera %s weigerde de laatste dag %d keer een login van %s: iemand probeert wachtwoorden.", "La caméra %s a refusé le dernier jour %d connexions de %s: quelqu'un essaie des mots de passe.", "In the last day camera %s refused %d logins from %s: somebody is trying passwords.", camera, most, networkAddress(from))
		f.Remedy = policy.Text{NL: "Zoek uit wat op dat adres staat. Is het een recorder met een oud wachtwoord, herstel dat; anders sluit het adres af.", FR: "Cherchez ce qui se trouve à cette adresse. Si c'est un enregistreur avec un ancien mot de passe, corrigez-le; sinon, bloquez l'adresse.", EN: "Find out what is at that address. If it is a recorder with an old password, correct that; else block the address."}
	}
	s.conclude("logins", f)
}

func strangers(s *sheet, camera string, list []Flow) {
	f := Finding{Target: Target{Camera: camera}, Status: Pass, Text: say("Geen onbekend adres haalt beeld van camera %s.", "Aucune adresse inconnue ne prend l'image de la caméra %s.", "No unknown address pulls the picture of camera %s.", camera)}
	if len(list) > 0 {
		first := slices.MinFunc(list, func(a, b Flow) int { return a.At.Compare(b.At) })
		var from []string
		for _, x := range list {
			at := networkAddress(x.From)
			if !slices.Contains(from, at) {
				from = append(from, at)
			}
			f.Evidence = append(f.Evidence, Evidence{Kind: "flow", Value: at, Collected: x.At})
		}
		f.Status, f.Since = Fail, first.At
		f.Text = say("Sinds %[2]s halen onbekende adressen beeld van camera %[1]s: %[3]s.", "Depuis le %[2]s, des adresses inconnues prennent l'image de la caméra %[1]s: %[3]s.", "Since %[2]s unknown addresses pull the picture of camera %[1]s: %[3]s.", camera, localTime(first.At, s.clockZone()), joined(from))
		f.Remedy = policy.Text{NL: "Zoek uit wie er kijkt, sluit de weg naar de camera af en meld het aan de functionaris gegevensbescherming: het kan een datalek zijn.", FR: "Cherchez qui regarde, fermez l'accès à la caméra et avertissez le délégué à la protection des données: ce peut être une violation de données.", EN: "Find out who looks, close the way to the camera and tell the data protection officer: it may be a data breach."}
	}
	s.conclude("flows", f)
}
