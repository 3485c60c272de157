package rules

import "github.com/lensdop/lensdop/policy"

// securityRules are the entries on how data and devices are secured.
func securityRules() []Rule {
	return []Rule{
		{
			ID: "SEC-1", Severity: High, Sources: []Source{{DocHeusden, "art. 3.1"}}, Related: []string{"SEC-2", "PUR-10"}, check: secured,
			Title:     policy.Text{NL: "Beveiliging van camera's en opnames", FR: "Sécurité des caméras et des enregistrements", EN: "Security of cameras and recordings"},
			Norm:      policy.Text{NL: "De managers nemen voldoende maatregelen om de opnames te beveiligen.", FR: "Les responsables prennent des mesures suffisantes pour sécuriser les enregistrements.", EN: "The managers take sufficient measures to secure the recordings."},
			Remedy:    policy.Text{NL: "Werk de firmware bij, zet anonieme toegang uit en versleuteling aan, en sluit gedeelde mappen af.", FR: "Mettez à jour le micrologiciel, désactivez l'accès anonyme, activez le chiffrement et fermez les dossiers partagés.", EN: "Update the firmware, switch anonymous access off and encryption on, and close shared folders."},
			Statement: policy.Text{NL: "De maatregelen die het protocol noemt zijn genomen, ook die Lensdop niet ziet: afgesloten ruimtes, wachtwoorden, reservekopieën.", FR: "Les mesures mentionnées par le protocole sont prises, y compris celles que Lensdop ne voit pas: locaux fermés, mots de passe, sauvegardes.", EN: "The measures that the protocol names are taken, also those that Lensdop does not see: locked rooms, passwords, backups."},
			Every:     policy.Duration{Months: 6},
			Mode:      Half, Methods: []Method{Test, Examine}, Scope: ScopeSite, Object: "store", Facts: []Fact{FactProtocol, FactDevice, FactServices, FactNotes, FactStores},
		},
		{
			ID: "SEC-2", Severity: Critical, Sources: []Source{{DocOostrozebeke, "Proportionaliteit; Toegangsbeheer"}}, Related: []string{"ACC-8", "SEC-1"}, check: unauthorised,
			Title:     policy.Text{NL: "Geen onbevoegde in het systeem", FR: "Aucune personne non autorisée dans le système", EN: "No unauthorised person in the system"},
			Norm:      policy.Text{NL: "Onbevoegden hebben geen toegang tot het systeem. Daarom zijn er geen accounts die het protocol niet noemt, probeert niemand wachtwoorden, en haalt geen onbekend adres beeld op.", FR: "Les personnes non autorisées n'ont pas accès au système. Il n'y a donc pas de compte que le protocole ne mentionne pas, personne n'essaie de mots de passe, et aucune adresse inconnue ne prend l'image.", EN: "No unauthorised person has access to the system. So there are no accounts that the protocol does not name, nobody tries passwords, and no unknown address pulls pictures."},
			Remedy:    policy.Text{NL: "Zet in het protocol welke accounts er mogen zijn (devices, accounts), verwijder de andere, en laat de gateway inloggen en beeldverkeer volgen.", FR: "Inscrivez au protocole les comptes permis (devices, accounts), supprimez les autres, et faites suivre les connexions et les flux d'images par la passerelle.", EN: "Enter in the protocol which accounts may exist (devices, accounts), remove the others, and let the gateway follow logins and picture traffic."},
			Statement: policy.Text{NL: "Ik heb de accounts en sleutels van camera's, recorders en ruimtes nagelopen: alleen bevoegden hebben ze.", FR: "J'ai vérifié les comptes et les clés des caméras, enregistreurs et locaux: seules les personnes autorisées en disposent.", EN: "I have gone through the accounts and keys of cameras, recorders and rooms: only authorised people have them."},
			Every:     policy.Duration{Months: 6},
			Mode:      Half, Methods: []Method{Test, Examine}, Scope: ScopeSite, Object: "camera", Facts: []Fact{FactProtocol, FactClock, FactDevice, FactFailures, FactFlows},
		},
		{
			ID: "SEC-3", Severity: High, Sources: []Source{{DocPoliceUnion, "praktische invulling: waar"}, {DocOostrozebeke, "Toegangsbeheer"}}, Related: []string{"CON-8", "SEC-1"}, check: storedAsStated,
			Title:  policy.Text{NL: "Bewaard en beveiligd zoals het protocol zegt", FR: "Conservation et sécurité conformes au protocole", EN: "Kept and secured as the protocol says"},
			Norm:   policy.Text{NL: "Het protocol zegt waar gegevens staan en hoe ze zijn beveiligd. Verkeer van een camera naar het internet betekent dat ze ook elders staan.", FR: "Le protocole dit où les données sont conservées et comment elles sont sécurisées. Un flux d'une caméra vers l'internet signifie qu'elles se trouvent aussi ailleurs.", EN: "The protocol says where data are kept and how they are secured. Traffic from a camera to the Internet means that they are kept elsewhere, too."},
			Remedy: policy.Text{NL: "Zet plaats en maatregelen in het protocol (storage), en haal weg wat daarbuiten staat.", FR: "Inscrivez le lieu et les mesures au protocole (storage), et retirez ce qui se trouve ailleurs.", EN: "Enter place and measures in the protocol (storage), and remove what is kept elsewhere."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeProtocol, Object: "store", Facts: []Fact{FactProtocol, FactFlows, FactStores},
		},
		{
			ID: "SEC-4", Severity: Medium, Sources: []Source{{DocHR, "volgsystemen 4"}}, Related: []string{"DEV-1", "RET-7"}, check: plainLine,
			declares:  asksFor(policy.TracksStaff, "", policy.Text{NL: "badges, klokken of volgsystemen", FR: "badges, pointeuses ou géolocalisation", EN: "badges, time clocks or tracking"}),
			Title:     policy.Text{NL: "Lijn van de badgelezer", FR: "Ligne du lecteur de badge", EN: "Badge reader's line"},
			Norm:      policy.Text{NL: "Volggegevens worden zorgvuldig bewaard en beveiligd.", FR: "Les données de suivi sont conservées avec soin et sécurisées.", EN: "Tracking data are kept with care."},
			Remedy:    policy.Text{NL: "Houd de lijn buiten bereik, en kies bij vervanging een versleutelde verbinding.", FR: "Gardez la ligne hors de portée et, au remplacement, choisissez une liaison chiffrée.", EN: "Keep the line out of reach, and when replacing it choose an encrypted connection."},
			Statement: policy.Text{NL: "De gegevens van badges en andere volgsystemen staan op een afgesloten plaats, en alleen wie dat nodig heeft kan erbij.", FR: "Les données des badges et autres systèmes de suivi se trouvent en lieu fermé, et seuls ceux qui en ont besoin y ont accès.", EN: "The data of badges and other tracking systems are kept in a closed place, and only those who need them can reach them."},
			Every:     policy.Duration{Months: 12},
			Mode:      Half, Methods: []Method{Test, Examine}, Scope: ScopeSite, Object: "reader", Facts: []Fact{FactProtocol, FactReader},
		},
	}
}
