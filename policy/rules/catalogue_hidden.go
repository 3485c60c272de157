package rules

import "github.com/lensdop/lensdop/policy"

// hiddenRules are the entries on hidden devices, calls and sound.
func hiddenRules() []Rule {
	return []Rule{
		{
			ID: "HID-1", Severity: Critical, Sources: []Source{{DocHeusden, "art. 1"}}, Related: []string{"REG-1", "AUD-1"}, check: nothingHidden,
			Title:     policy.Text{NL: "Geen verborgen camera's of geluidsopname", FR: "Ni caméra ni enregistrement sonore cachés", EN: "No hidden cameras or sound recording"},
			Norm:      policy.Text{NL: "Er zijn geen verborgen camera's en er wordt niet heimelijk geluid opgenomen. De gateway zoekt op de netwerken van de locatie; voor wat daarbuiten blijft loopt iemand rond.", FR: "Il n'y a pas de caméras cachées et aucun son n'est enregistré à l'insu des gens. La passerelle cherche sur les réseaux du site; pour ce qui y échappe, une personne fait une ronde.", EN: "There are no hidden cameras, and no sound is recorded secretly. The gateway searches the networks of the site; for what stays outside them a person walks round."},
			Remedy:    policy.Text{NL: "Zoek het apparaat op en haal het weg of zet het in het register, schakel geluid uit, en laat de gateway elk netwerk van de locatie doorzoeken.", FR: "Recherchez l'appareil et retirez-le ou inscrivez-le au registre, coupez le son, et faites parcourir par la passerelle tous les réseaux du site.", EN: "Find the device and remove it or enter it in the register, switch sound off, and let the gateway search every network of the site."},
			Statement: policy.Text{NL: "Ik heb de locatie rondgelopen: er hangt geen verborgen camera of microfoon buiten de doorzochte netwerken, ook geen analoge, losse of met een simkaart.", FR: "J'ai fait le tour du site: il n'y a ni caméra ni microphone cachés hors des réseaux parcourus, même analogiques, autonomes ou à carte SIM.", EN: "I have walked round the site: there is no hidden camera or microphone outside the searched networks, nor an analogue one, a stand-alone one or one with a SIM card."},
			Every:     policy.Duration{Months: 6},
			Mode:      Half, Methods: []Method{Test, Examine}, Scope: ScopeSite, Object: "camera", Facts: []Fact{FactProtocol, FactScan, FactDevice, FactStream},
		},
		{
			ID: "HID-2", Severity: Critical, Sources: []Source{{DocHR, "camera 1"}}, Guidelines: []string{policy.GuidelineHR}, Related: []string{"HID-1", "HID-3"}, applies: asksForHidden, check: hiddenOnlyIf,
			Title:     policy.Text{NL: "Verborgen camera alleen als laatste middel", FR: "Caméra cachée en dernier recours seulement", EN: "Hidden camera as a last resort only"},
			Norm:      policy.Text{NL: "Een verborgen camera mag alleen als alle andere manieren om diefstal op te helderen zijn mislukt: met reden, goedkeuring, een DPIA van tevoren en een einddatum.", FR: "Une caméra cachée n'est permise que si tous les autres moyens d'élucider un vol ont échoué: avec motif, approbation, AIPD préalable et date de fin.", EN: "A hidden camera is allowed only if all other ways to clear up a theft have failed: with a reason, an approval, a DPIA beforehand and a last day."},
			Remedy:    policy.Text{NL: "Haal de camera weg als de einddatum voorbij is; vul anders reden, goedkeurder, DPIA en einddatum aan, of gebruik haar niet.", FR: "Retirez la caméra si la date de fin est passée; sinon complétez motif, approbateur, AIPD et date de fin, ou ne l'utilisez pas.", EN: "Remove the camera if its last day has passed; otherwise complete reason, approver, DPIA and last day, or do not use it."},
			Statement: policy.Text{NL: "Voor elke verborgen camera zijn eerst alle andere manieren om de diefstal op te helderen geprobeerd, en zij zijn mislukt.", FR: "Pour chaque caméra cachée, tous les autres moyens d'élucider le vol ont d'abord été essayés, et ils ont échoué.", EN: "For each hidden camera all other ways to clear up the theft were tried first, and failed."},
			Every:     policy.Duration{Months: 12},
			Mode:      Half, Methods: []Method{Test, Examine}, Scope: ScopeProtocol, Object: "camera", Facts: []Fact{FactProtocol, FactClock},
		},
		{
			ID: "HID-3", Severity: High, Sources: []Source{{DocHR, "camera 3, 4"}}, Guidelines: []string{policy.GuidelineHR}, Related: []string{"HID-2", "NOT-4"},
			Title:     policy.Text{NL: "Regeling voor (verborgen) camera's", FR: "Règlement sur les caméras (cachées)", EN: "Regulation for (hidden) cameras"},
			Norm:      policy.Text{NL: "Er is een regeling voor het gebruik van camera's, ook verborgen, waarmee de ondernemingsraad heeft ingestemd. Het personeel weet er in het algemeen van, bijvoorbeeld door een clausule in het contract.", FR: "Il existe un règlement sur l'usage des caméras, même cachées, sur lequel le conseil d'entreprise a donné son accord. Le personnel en a connaissance de manière générale, par exemple par une clause du contrat.", EN: "There is a regulation on the use of cameras, hidden ones included, to which the works council has consented. Staff know of it in general, for example by a clause in the contract."},
			Remedy:    policy.Text{NL: "Stel de regeling op, vraag de ondernemingsraad om instemming, licht het personeel in en laat dit verklaren.", FR: "Établissez le règlement, demandez l'accord du conseil d'entreprise, informez le personnel et faites-le attester.", EN: "Draw up the regulation, ask the works council for consent, inform staff, and have this declared."},
			Statement: policy.Text{NL: "Er is een regeling voor (verborgen) camera's, de ondernemingsraad heeft ermee ingestemd en het personeel is er in het algemeen over ingelicht.", FR: "Il existe un règlement sur les caméras (cachées), le conseil d'entreprise a donné son accord et le personnel en a été informé de manière générale.", EN: "There is a regulation for (hidden) cameras, the works council has consented to it, and staff were told of it in general."},
			Mode:      Manual, Methods: []Method{Examine, Interview}, Scope: ScopeProtocol, Object: "consent",
		},
		{
			ID: "HID-4", Severity: Critical, Sources: []Source{{DocHR, "telefoon 1, 3"}, {DocHeusden, "art. 1"}}, Related: []string{"CALL-1", "CALL-2", "RET-8"}, applies: callsAt, check: secretCalls,
			Title:     policy.Text{NL: "Geen geheime gespreksopname", FR: "Pas d'enregistrement secret de conversations", EN: "No secret call recording"},
			Norm:      policy.Text{NL: "Gesprekken worden niet in het geheim opgenomen. Waar een protocol het bij uitzondering toelaat, gaat het om bedreiging, een bommelding of verdenking van strafbaar gedrag, met waarborgen tegen toegang door anderen.", FR: "Les conversations ne sont pas enregistrées en secret. Là où un protocole le permet par exception, il s'agit de menaces, d'alertes à la bombe ou d'une suspicion d'infraction, avec des garanties contre l'accès par d'autres.", EN: "Calls are not recorded in secret. Where a protocol allows it by exception, it is for threats, bomb alerts or suspected crime, with safeguards against access by others."},
			Remedy:    policy.Text{NL: "Stop het opnemen zonder aankondiging of druk op de knop, leg uit waarom het gebeurde, en sluit open mappen met opnames af.", FR: "Cessez d'enregistrer sans annonce ni pression sur le bouton, expliquez pourquoi cela s'est produit, et fermez les dossiers d'enregistrements ouverts.", EN: "Stop recording without announcement or press of the button, explain why it happened, and close open folders of recordings."},
			Statement: policy.Text{NL: "Gesprekken zijn het afgelopen jaar alleen in het geheim opgenomen waar het protocol dat toelaat, en toen kon geen minder ingrijpend middel meer.", FR: "Au cours de l'année écoulée, des conversations n'ont été enregistrées en secret que là où le protocole le permet, et aucun moyen moins intrusif n'était alors possible.", EN: "Over the past year calls were recorded in secret only where the protocol allows it, and no less intrusive means was left."},
			Every:     policy.Duration{Months: 12},
			Mode:      Half, Methods: []Method{Test, Examine}, Scope: ScopeSite, Object: "call", Facts: []Fact{FactProtocol, FactCalls, FactCases, FactStores},
		},
		{
			ID: "CALL-1", Severity: Critical, Sources: []Source{{DocHeusden, "Doel"}, {DocHeusden, "art. 2"}}, Related: []string{"HID-4"}, applies: buttonsAt, check: pressed,
			Title:  policy.Text{NL: "Opname alleen na een druk op de knop", FR: "Enregistrement seulement après pression sur le bouton", EN: "Recording only after a press of the button"},
			Norm:   policy.Text{NL: "De medewerker drukt bij een onveilige situatie zelf op de opnameknop. Een opname zonder druk betekent dat er altijd wordt opgenomen; een druk zonder opname betekent dat de knop niet beschermt.", FR: "L'agent appuie lui-même sur le bouton dans une situation dangereuse. Un enregistrement sans pression signifie que l'on enregistre toujours; une pression sans enregistrement signifie que le bouton ne protège pas.", EN: "The employee presses the record button in an unsafe situation. A recording without a press means that recording is always on; a press without a recording means that the button does not protect."},
			Remedy: policy.Text{NL: "Stel de recorder zo in dat alleen de knop een opname start, laat een defecte knop herstellen en doe daarna een proefdruk.", FR: "Réglez l'enregistreur pour que seul le bouton lance un enregistrement, faites réparer un bouton défectueux, puis faites un essai.", EN: "Set the recorder so that only the button starts a recording, have a broken button repaired, and make a test press afterwards."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeSite, Object: "call", Facts: []Fact{FactProtocol, FactClock, FactCalls},
		},
		{
			ID: "CALL-2", Severity: High, Sources: []Source{{DocHeusden, "art. 7.3"}}, Related: []string{"HID-4"}, applies: callsAt, check: announced,
			Title:     policy.Text{NL: "Bellers horen vooraf van de opname", FR: "Les appelants sont informés au préalable", EN: "Callers are told beforehand"},
			Norm:      policy.Text{NL: "Wie belt hoort voorafgaand aan het gesprek dat het kan worden opgenomen. Een proefgesprek laat horen dat de mededeling er is.", FR: "L'appelant apprend avant la conversation qu'elle peut être enregistrée. Un appel d'essai montre que l'avis est bien diffusé.", EN: "Callers hear before the call that it may be recorded. A test call shows that the notice is there."},
			Remedy:    policy.Text{NL: "Zet de mededeling voor het gesprek, leg haar vast in het protocol (notices, audience: callers) en bel ter controle.", FR: "Diffusez l'avis avant la conversation, inscrivez-le au protocole (notices, audience: callers) et faites un appel de contrôle.", EN: "Play the notice before the call, put it in the protocol (notices, audience: callers), and make a test call."},
			Statement: policy.Text{NL: "De mededeling aan bellers zegt duidelijk dat het gesprek kan worden opgenomen en waarom, en klinkt voor het gesprek begint.", FR: "L'avis aux appelants dit clairement que la conversation peut être enregistrée et pourquoi, et passe avant le début de la conversation.", EN: "The notice to callers says clearly that the call may be recorded and why, and is played before the call begins."},
			Every:     policy.Duration{Months: 12},
			Mode:      Half, Methods: []Method{Test, Examine}, Scope: ScopeProtocol, Object: "call", Facts: []Fact{FactProtocol, FactClock, FactTestCalls},
		},
		{
			ID: "CALL-3", Severity: High, Sources: []Source{{DocHR, "telefoon 2"}}, Guidelines: []string{policy.GuidelineHR}, Related: []string{"PUR-9", "CALL-2"}, applies: callsAt, check: testedBefore,
			Title:     policy.Text{NL: "Privacytoets voor het opnemen", FR: "Test de confidentialité avant d'enregistrer", EN: "Privacy test before recording"},
			Norm:      policy.Text{NL: "Voor de eerste opname is het belang van de medewerker afgewogen tegen dat van de werkgever, en zijn medewerkers ingelicht.", FR: "Avant le premier enregistrement, l'intérêt de l'agent a été mis en balance avec celui de l'employeur, et les agents ont été informés.", EN: "Before the first recording the interest of the employee was weighed against that of the employer, and employees were told."},
			Remedy:    policy.Text{NL: "Doe de privacytoets en licht medewerkers in; neem tot dan geen gesprekken op. Zet beide data in het protocol.", FR: "Faites le test de confidentialité et informez les agents; n'enregistrez aucune conversation d'ici là. Inscrivez les deux dates au protocole.", EN: "Make the privacy test and tell employees; record no calls until then. Put both dates in the protocol."},
			Statement: policy.Text{NL: "De privacytoets weegt het belang van de medewerker echt af tegen dat van de werkgever, en klopt nog met hoe nu wordt opgenomen.", FR: "Le test de confidentialité met réellement en balance l'intérêt de l'agent et celui de l'employeur, et correspond toujours à la pratique d'enregistrement actuelle.", EN: "The privacy test really weighs the interest of the employee against that of the employer, and still fits how recording is done now."},
			Every:     policy.Duration{Years: 3},
			Mode:      Half, Methods: []Method{Test, Examine}, Scope: ScopeProtocol, Object: "governance", Facts: []Fact{FactProtocol, FactCalls, FactNotices},
		},
		{
			ID: "AUD-1", Severity: High, Sources: []Source{{DocHeusden, "art. 1"}}, Related: []string{"HID-1"}, check: sound,
			Title:  policy.Text{NL: "Geen geluid", FR: "Pas de son", EN: "No sound"},
			Norm:   policy.Text{NL: "Camera's nemen geen geluid op.", FR: "Les caméras n'enregistrent pas de son.", EN: "Cameras record no sound."},
			Remedy: policy.Text{NL: "Haal in de camera het geluid uit elk profiel, schakel de microfoon uit en laat de gateway alle paden bekijken.", FR: "Retirez le son de chaque profil de la caméra, désactivez le microphone et faites examiner tous les flux par la passerelle.", EN: "Take the sound out of each profile of the camera, switch the microphone off, and let the gateway look at all paths."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeSite, Object: "camera", Facts: []Fact{FactDevice, FactStream},
		},
	}
}
