package rules

import "github.com/lensdop/lensdop/policy"

// tellingRules are the entries on signs, notices, and what people hear of a consultation.
func tellingRules() []Rule {
	return []Rule{
		{
			ID: "SIGN-1", Severity: High, Sources: []Source{{DocHeusden, "art. 7.2"}}, Related: []string{"SIGN-2"}, check: signsHang,
			Title:     policy.Text{NL: "Bord bij elke ingang", FR: "Panneau à chaque entrée", EN: "Sign at every entrance"},
			Norm:      policy.Text{NL: "Bezoekers horen bij de ingang van elke locatie van de camera's. Dat het bord er hangt wordt ten minste elke 90 dagen aangetoond, of zo vaak als het protocol zegt.", FR: "Les visiteurs sont informés des caméras à l'entrée de chaque site. La présence du panneau est prouvée au moins tous les 90 jours, ou aussi souvent que le protocole le dit.", EN: "Visitors are told of the cameras at the entrance of every site. That the sign hangs is shown at least every 90 days, or as often as the protocol says."},
			Remedy:    policy.Text{NL: "Hang het bord bij de ingang, zet het in het protocol (signs) en scan het.", FR: "Placez le panneau à l'entrée, inscrivez-le au protocole (signs) et scannez-le.", EN: "Hang the sign at the entrance, put it in the protocol (signs), and scan it."},
			Statement: policy.Text{NL: "Bij elke ingang van de locaties hangt een bord dat bezoekers zien voordat zij in beeld komen.", FR: "À chaque entrée des sites se trouve un panneau que les visiteurs voient avant d'entrer dans le champ des caméras.", EN: "At every entrance of the sites a sign hangs that visitors see before they come into view."},
			Every:     policy.Duration{Months: 12},
			Mode:      Half, Methods: []Method{Test, Examine}, Scope: ScopeProtocol, Object: "sign", Facts: []Fact{FactProtocol, FactClock, FactSigns},
		},
		{
			ID: "SIGN-2", Severity: High, Sources: []Source{{DocOostrozebeke, "Inleiding"}, {DocOostrozebeke, "Transparantie"}}, Related: []string{"SIGN-1", "REG-2"}, applies: belgian, check: signsSay,
			Title:     policy.Text{NL: "Wettelijk pictogram", FR: "Pictogramme légal", EN: "Legal pictogram"},
			Norm:      policy.Text{NL: "Elk pictogram vermeldt wat het koninklijk besluit van 10 februari 2008 vraagt, is groot genoeg en volgt het protocol dat nu geldt. Zonder dat pictogram is het gebruik van de camera heimelijk.", FR: "Chaque pictogramme mentionne ce que demande l'arrêté royal du 10 février 2008, est assez grand et suit le protocole en vigueur. Sans ce pictogramme, l'usage de la caméra est caché.", EN: "Each pictogram says what the royal decree of 10 February 2008 asks, is large enough, and follows the protocol in force. Without that pictogram the use of the camera is hidden."},
			Remedy:    policy.Text{NL: "Laat een nieuw pictogram maken met de gegevens en de maat die ontbreken, en zet inhoud, maat en datum in het protocol (signs).", FR: "Faites faire un nouveau pictogramme avec les mentions et la taille manquantes, et inscrivez contenu, taille et date au protocole (signs).", EN: "Have a new pictogram made with the data and the size that are missing, and put contents, size and date in the protocol (signs)."},
			Statement: policy.Text{NL: "Wat op de pictogrammen staat komt overeen met het protocol en is vanaf de ingang te lezen.", FR: "Le contenu des pictogrammes correspond au protocole et est lisible depuis l'entrée.", EN: "What the pictograms say agrees with the protocol and can be read from the entrance."},
			Every:     policy.Duration{Months: 12},
			Mode:      Half, Methods: []Method{Test, Examine}, Scope: ScopeProtocol, Object: "sign", Facts: []Fact{FactProtocol, FactSigns},
		},
		{
			ID: "NOT-1", Severity: High, Sources: []Source{{DocHeusden, "art. 7.1"}}, Related: []string{"NOT-2"},
			Title:     policy.Text{NL: "Medewerkers vooraf ingelicht", FR: "Agents informés au préalable", EN: "Employees told beforehand"},
			Norm:      policy.Text{NL: "Alle medewerkers zijn voor de inwerkingtreding van het protocol ervan op de hoogte gesteld.", FR: "Tous les agents ont été informés du protocole avant son entrée en vigueur.", EN: "All employees were told of the protocol before it took effect."},
			Remedy:    policy.Text{NL: "Licht de medewerkers in, bewaar wanneer en hoe, en laat dit verklaren. Doe dit voor een nieuw protocol in werking treedt.", FR: "Informez les agents, gardez la date et le moyen, et faites-le attester. Faites-le avant l'entrée en vigueur d'un nouveau protocole.", EN: "Tell the employees, keep when and how, and have this declared. Do so before a new protocol takes effect."},
			Statement: policy.Text{NL: "Alle medewerkers zijn voor de inwerkingtreding van dit protocol ervan op de hoogte gesteld; datum en wijze staan in het bijgevoegde stuk.", FR: "Tous les agents ont été informés de ce protocole avant son entrée en vigueur; la date et le moyen figurent dans le document joint.", EN: "All employees were told of this protocol before it took effect; date and way are in the attached document."},
			Mode:      Manual, Methods: []Method{Examine, Interview}, Scope: ScopeProtocol, Object: "notice",
		},
		{
			ID: "NOT-2", Severity: Medium, Sources: []Source{{DocPoliceUnion, "praktische invulling"}}, Guidelines: []string{policy.GuidelinePoliceUnion}, Related: []string{"NOT-1", "NOT-3"},
			Title:     policy.Text{NL: "Protocol uitgereikt, tegen ontvangstbewijs", FR: "Protocole remis contre accusé de réception", EN: "Protocol handed out against receipt"},
			Norm:      policy.Text{NL: "Huidige en nieuwe medewerkers krijgen het protocol, bij voorkeur tegen ontvangstbewijs.", FR: "Les agents actuels et nouveaux reçoivent le protocole, de préférence contre accusé de réception.", EN: "Current and new employees are given the protocol, best against receipt."},
			Remedy:    policy.Text{NL: "Reik het protocol uit aan wie het nog niet kreeg, bewaar de ontvangstbewijzen en laat dit verklaren.", FR: "Remettez le protocole à qui ne l'a pas encore reçu, conservez les accusés de réception et faites-le attester.", EN: "Hand the protocol to those who did not get it yet, keep the receipts, and have this declared."},
			Statement: policy.Text{NL: "Alle huidige medewerkers, en wie sinds de vorige verklaring in dienst kwam, hebben het protocol gekregen; de ontvangstbewijzen zijn er.", FR: "Tous les agents actuels, et ceux entrés en service depuis l'attestation précédente, ont reçu le protocole; les accusés de réception existent.", EN: "All current employees, and those hired since the last declaration, were given the protocol; the receipts are there."},
			Every:     policy.Duration{Months: 12},
			Mode:      Manual, Methods: []Method{Examine}, Scope: ScopeProtocol, Object: "notice",
		},
		{
			ID: "NOT-3", Severity: Medium, Sources: []Source{{DocOostrozebeke, "Transparantie"}}, Related: []string{"NOT-1", "NOT-2"}, check: policyKnown,
			Title:     policy.Text{NL: "Protocol te vinden en uitgelegd", FR: "Protocole accessible et expliqué", EN: "Protocol to be found, and explained"},
			Norm:      policy.Text{NL: "Het protocol hoort bij het arbeidsreglement, is te vinden waar medewerkers kijken en wordt bij elke indiensttreding uitgelegd.", FR: "Le protocole fait partie du règlement de travail, se trouve là où les agents cherchent et est expliqué à chaque entrée en service.", EN: "The protocol is part of the work rules, can be found where employees look, and is explained at every hiring."},
			Remedy:    policy.Text{NL: "Zet de geldende versie waar medewerkers haar vinden, en leg haar uit aan wie in dienst komt; bewaar het ontvangstbewijs.", FR: "Publiez la version en vigueur là où les agents la trouvent, et expliquez-la à qui entre en service; conservez l'accusé de réception.", EN: "Put the version in force where employees find it, and explain it to those hired; keep the receipt."},
			Statement: policy.Text{NL: "Het protocol is als bijlage bij het arbeidsreglement gevoegd en wordt bij elke indiensttreding mondeling toegelicht.", FR: "Le protocole est annexé au règlement de travail et expliqué de vive voix à chaque entrée en service.", EN: "The protocol is annexed to the work rules and explained in person at every hiring."},
			Every:     policy.Duration{Months: 12},
			Mode:      Half, Methods: []Method{Test, Examine}, Scope: ScopeProtocol, Object: "notice", Facts: []Fact{FactProtocol, FactClock, FactPublications, FactNotices},
		},
		{
			ID: "NOT-4", Severity: Medium, Sources: []Source{{DocHR, "camera 3"}}, Guidelines: []string{policy.GuidelineHR}, Related: []string{"HID-3", "NOT-1"},
			Title:     policy.Text{NL: "Personeel en ondernemingsraad ingelicht", FR: "Personnel et conseil d'entreprise informés", EN: "Staff and works council informed"},
			Norm:      policy.Text{NL: "Personeel en ondernemingsraad zijn ingelicht over de regeling voor camera's.", FR: "Le personnel et le conseil d'entreprise ont été informés du règlement sur les caméras.", EN: "Staff and works council have been informed of the camera regulation."},
			Remedy:    policy.Text{NL: "Licht personeel en ondernemingsraad in, bewaar datum en wijze, en laat dit verklaren.", FR: "Informez le personnel et le conseil d'entreprise, gardez la date et le moyen, et faites-le attester.", EN: "Inform staff and works council, keep date and way, and have this declared."},
			Statement: policy.Text{NL: "Het personeel en de ondernemingsraad zijn over de regeling voor camera's ingelicht; datum en wijze staan in het bijgevoegde stuk.", FR: "Le personnel et le conseil d'entreprise ont été informés du règlement sur les caméras; la date et le moyen figurent dans le document joint.", EN: "Staff and works council have been informed of the camera regulation; date and way are in the attached document."},
			Mode:      Manual, Methods: []Method{Examine, Interview}, Scope: ScopeProtocol, Object: "notice",
		},
		{
			ID: "NOT-5", Severity: Medium, Sources: []Source{{DocPoliceUnion, "transparant"}}, Guidelines: []string{policy.GuidelinePoliceUnion}, Related: []string{"CON-8", "NTF-1"}, check: dataKnown,
			Title:     policy.Text{NL: "Medewerkers weten welke gegevens er zijn", FR: "Les agents savent quelles données existent", EN: "Employees know which data there are"},
			Norm:      policy.Text{NL: "De medewerker weet ten minste welke gegevens over hem worden bijgehouden, en waarom. De lijst komt uit het protocol en is te vinden.", FR: "L'agent sait au moins quelles données sont tenues à son sujet, et pourquoi. La liste vient du protocole et peut être trouvée.", EN: "The employee knows at least which data are kept about them, and why. The list comes from the protocol and can be found."},
			Remedy:    policy.Text{NL: "Vul per verwerking aan welke gegevens er zijn en waarvoor, en publiceer de lijst bij de geldende versie.", FR: "Complétez pour chaque traitement les données et leur finalité, et publiez la liste de la version en vigueur.", EN: "Complete for each processing which data there are and what for, and publish the list of the version in force."},
			Statement: policy.Text{NL: "Medewerkers die ik ernaar vroeg, weten welke gegevens over hen worden bijgehouden en waar zij de lijst vinden.", FR: "Les agents que j'ai interrogés savent quelles données sont tenues à leur sujet et où trouver la liste.", EN: "Employees whom I asked know which data are kept about them and where to find the list."},
			Every:     policy.Duration{Months: 12},
			Mode:      Half, Methods: []Method{Test, Interview}, Scope: ScopeProtocol, Object: "notice", Facts: []Fact{FactProtocol, FactClock, FactPublications},
		},
		{
			ID: "NOT-6", Severity: Low, Sources: []Source{{DocOostrozebeke, "Transparantie"}}, Related: []string{"ACC-2", "ACC-4"}, check: entitledStated,
			Title:  policy.Text{NL: "Wie mag kijken en hoe is bekend", FR: "Qui peut regarder et comment est connu", EN: "Who may look and how is known"},
			Norm:   policy.Text{NL: "Het protocol noemt welke functies opnames mogen raadplegen en hoe dat gaat, en dat is voor iedereen te lezen.", FR: "Le protocole mentionne les fonctions qui peuvent consulter des enregistrements et la manière de procéder, et chacun peut le lire.", EN: "The protocol states which functions may consult recordings and how it is done, and everybody can read it."},
			Remedy: policy.Text{NL: "Zet functies en werkwijze in het protocol (permissions, access_flow) en publiceer ze.", FR: "Inscrivez les fonctions et la procédure au protocole (permissions, access_flow) et publiez-les.", EN: "Put functions and procedure in the protocol (permissions, access_flow), and publish them."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeProtocol, Object: "notice", Facts: []Fact{FactProtocol, FactClock, FactPublications},
		},
	}
}
