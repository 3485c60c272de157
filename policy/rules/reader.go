package rules

import (
	"github.com/lensdop/lensdop/policy"
)

// registeredReaders is DEV-1: every reader on the gateway's lines is in the
// register, and every registered one is there.
func registeredReaders(s *sheet) {
	for _, r := range s.Protocol.ReadersOf(s.Site) {
		f, ok := s.reader(r)
		finding := Finding{
			Target: Target{Reader: r.ID}, Why: Why{Article: article(r.Ref)},
			Evidence: []Evidence{{Kind: "line", Value: orUnknown(f.Port) + " " + f.Frame}},
		}
		switch {
		case !ok:
			finding.Status, finding.Evidence = Unproven, nil
			finding.Text = say("Naar badgelezer %s is nog niet gekeken.", "Le lecteur de badge %s n'a pas encore été examiné.", "Badge reader %s was not looked at yet.", r.ID)
			finding.Remedy = waitText()
		case f.Trouble != "":
			finding.Status = Fail
			finding.Text = say("Badgelezer %s ontbreekt op %s: %s.", "Le lecteur de badge %s manque sur %s: %s.", "Badge reader %s is missing on %s: %s.", r.ID, orUnknown(f.Port), words(f.Trouble))
			finding.Remedy = policy.Text{NL: "Controleer kabel en voeding van de lezer en de poort in de configuratie van de gateway.", FR: "Vérifiez le câble et l'alimentation du lecteur et le port dans la configuration de la passerelle.", EN: "Check the reader's cable and power, and the port in the gateway's configuration."}
		case f.SeenGood && f.Frame != "" && f.Frame != r.Frame:
			finding.Status = Fail
			finding.Text = say("Op de lijn van badgelezer %s komt %s binnen, het protocol noemt %s: dit is een andere lezer.", "Sur la ligne du lecteur de badge %s arrive %s, le protocole mentionne %s: c'est un autre lecteur.", "The line of badge reader %s carries %s, the protocol says %s: this is another reader.", r.ID, f.Frame, r.Frame)
			finding.Remedy = readerRemedy()
		case f.SeenGood:
			finding.Status = Pass
			finding.Text = say("Badgelezer %s werkt op %s.", "Le lecteur de badge %s fonctionne sur %s.", "Badge reader %s works on %s.", r.ID, f.Port)
		default:
			finding.Status = Unproven
			finding.Text = say("De lijn van badgelezer %s (%s) is open, maar er is nog geen badge gelezen.", "La ligne du lecteur de badge %s (%s) est ouverte, mais aucun badge n'a encore été lu.", "The line of badge reader %s (%s) is open, but no badge was read yet.", r.ID, f.Port)
			finding.Remedy = policy.Text{NL: "Houd een badge voor de lezer.", FR: "Présentez un badge au lecteur.", EN: "Hold a badge to the reader."}
		}
		s.add("", finding)
	}
	for _, f := range s.Readers {
		if f.ID != "" {
			if r, ok := s.Protocol.Reader(f.ID); ok && r.Site == s.Site {
				continue
			}
		}
		finding := Finding{Target: Target{Reader: f.Port}, Evidence: []Evidence{{Kind: "line", Value: f.Port + " " + f.Frame}}}
		if f.SeenGood {
			finding.Status = Fail
			finding.Text = say("Op %s leest een badgelezer (%s) die niet in het register staat.", "Sur %s lit un lecteur de badge (%s) qui ne figure pas au registre.", "On %s a badge reader (%s) reads that is not in the register.", f.Port, orUnknown(f.Frame))
			finding.Remedy = readerRemedy()
		} else {
			finding.Status = Unproven
			finding.Text = say("Of op %s een badgelezer hangt is niet aangetoond: %s.", "La présence d'un lecteur de badge sur %s n'est pas prouvée: %s.", "Whether a badge reader hangs on %s is unproven: %s.", f.Port, words(article(f.Trouble, whyNoFrame)))
			finding.Remedy = policy.Text{NL: "Kijk wat er op deze poort is aangesloten, of haal haar uit de configuratie van de gateway.", FR: "Vérifiez ce qui est raccordé à ce port, ou retirez-le de la configuration de la passerelle.", EN: "See what is connected to this port, or take it out of the gateway's configuration."}
		}
		s.add("", finding)
	}
}

func readerRemedy() policy.Text {
	return policy.Text{
		NL: "Zet de lezer in het protocol, of koppel hem los en meld het aan de functionaris gegevensbescherming.",
		FR: "Inscrivez le lecteur au protocole, ou débranchez-le et avertissez le délégué à la protection des données.",
		EN: "Enter the reader in the protocol, or disconnect it and tell the data protection officer.",
	}
}

// plainLine is the part of SEC-4 that a line shows: badge numbers travel in
// the clear over Wiegand and the plain serial frames of readers.
func plainLine(s *sheet) {
	for _, r := range s.Protocol.ReadersOf(s.Site) {
		f, _ := s.reader(r)
		finding := Finding{Target: Target{Reader: r.ID}, Why: Why{Article: article(r.Ref)}}
		if f.Unencrypted || r.Transport == policy.TransportSerial || r.Transport == policy.TransportWiegand {
			finding.Status = Fail
			finding.Evidence = []Evidence{{Kind: "line", Value: article(f.Frame, r.Frame) + " over " + r.Transport}}
			finding.Text = say("De lijn van badgelezer %s (%s, %s) is niet versleuteld: wie erbij kan, leest badgenummers mee.", "La ligne du lecteur de badge %s (%s, %s) n'est pas chiffrée: qui y accède peut lire les numéros de badge.", "The line of badge reader %s (%s, %s) is not encrypted: whoever reaches it can read badge numbers.", r.ID, r.Transport, r.Frame)
			finding.Remedy = policy.Text{NL: "Leg de lijn buiten bereik van bezoekers; kies bij vervanging OSDP met beveiligd kanaal.", FR: "Placez la ligne hors de portée des visiteurs; au remplacement, choisissez OSDP avec canal sécurisé.", EN: "Keep the line out of reach of visitors; when replacing it choose OSDP with secure channel."}
		} else if secured, known := f.Secured.Get(); known && secured {
			finding.Status = Pass
			finding.Evidence = []Evidence{{Kind: "line", Value: article(f.Frame, r.Frame) + " over " + r.Transport + ", secure channel"}}
			finding.Text = say("De lijn van badgelezer %s loopt over het beveiligde kanaal van OSDP.", "La ligne du lecteur de badge %s passe par le canal sécurisé OSDP.", "The line of badge reader %s runs over OSDP's secure channel.", r.ID)
		} else {
			finding.Status = Unproven
			finding.Text = say("Of de lijn van badgelezer %s versleuteld is, is niet gezien.", "Le chiffrement de la ligne du lecteur de badge %s n'a pas été vu.", "Whether the line of badge reader %s is encrypted was not seen.", r.ID)
			finding.Remedy = policy.Text{NL: "Laat nagaan of het beveiligde kanaal van OSDP aan staat, met een eigen sleutel.", FR: "Faites vérifier que le canal sécurisé OSDP est actif, avec une clé propre.", EN: "Have it checked that OSDP's secure channel is on, with a key of its own."}
		}
		s.add("", finding)
	}
}
