package rules

import (
	"slices"

	"github.com/lensdop/lensdop/policy"
)

// systemsRules are the entries on kinds of devices beside cameras, and the life of the protocol.
func systemsRules() []Rule {
	return []Rule{
		{
			ID: "DEV-1", Severity: High, Sources: []Source{{DocHR, "volgsystemen"}, {DocPoliceUnion, "voorbeelden"}}, Related: []string{"REG-5", "SEC-4"}, check: registeredReaders,
			Title:  policy.Text{NL: "Badgelezers in het register", FR: "Lecteurs de badge au registre", EN: "Badge readers in the register"},
			Norm:   policy.Text{NL: "Ook toegang met badges valt onder het protocol: elke lezer staat erin.", FR: "L'accès par badge relève aussi du protocole: chaque lecteur y figure.", EN: "Access by badge falls under the protocol, too: every reader is in it."},
			Remedy: readerRemedy(),
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeSite, Object: "reader", Facts: []Fact{FactProtocol, FactReader},
		},
		{
			ID: "DEV-2", Severity: Critical, Sources: []Source{{DocPoliceUnion, "voorbeelden"}}, Related: []string{"DEV-1", "PUR-9"}, check: biometrics, declares: hasBiometrics,
			Title:     policy.Text{NL: "Vingers en gezichten alleen met grond en DPIA", FR: "Doigts et visages seulement avec motif et AIPD", EN: "Fingers and faces only with a ground and a DPIA"},
			Norm:      policy.Text{NL: "Een lezer van vingers of gezichten verwerkt bijzondere gegevens: dat kan alleen op een grond van AVG art. 9 lid 2 en na een DPIA. Ook deze toegang valt onder het protocol.", FR: "Un lecteur de doigts ou de visages traite des données particulières: il faut un motif du RGPD, art. 9(2), et une AIPD. Cet accès relève aussi du protocole.", EN: "A reader of fingers or faces processes special data: that needs a ground of GDPR art. 9(2) and a DPIA. This access falls under the protocol, too."},
			Remedy:    policy.Text{NL: "Schakel het lezen van vingers of gezichten uit. Is het echt nodig, zet dan eerst grond en DPIA in het protocol (legal_basis.special, dpia).", FR: "Désactivez la lecture de doigts ou de visages. Si elle est vraiment nécessaire, inscrivez d'abord le motif et l'AIPD au protocole (legal_basis.special, dpia).", EN: "Switch the reading of fingers or faces off. If it is truly needed, first enter ground and DPIA in the protocol (legal_basis.special, dpia)."},
			Statement: policy.Text{NL: "De grond van AVG art. 9 lid 2 past bij dit gebruik, en er is nagegaan dat een badge zonder biometrie niet volstaat.", FR: "Le motif du RGPD, art. 9(2), convient à cet usage, et il a été vérifié qu'un badge sans biométrie ne suffit pas.", EN: "The ground of GDPR art. 9(2) fits this use, and it was checked that a badge without biometrics does not suffice."},
			Every:     policy.Duration{Years: 3},
			Mode:      Half, Methods: []Method{Test, Examine}, Scope: ScopeSite, Object: "reader", Facts: []Fact{FactProtocol, FactClock, FactReader},
		},
		{
			ID: "DEV-3", Severity: High, Sources: []Source{{DocPoliceUnion, "voorbeelden"}}, Guidelines: []string{policy.GuidelinePoliceUnion}, Related: []string{"RET-5", "CON-8"}, check: bodycams,
			Title:  policy.Text{NL: "Bodycams onder het protocol", FR: "Caméras-piétons sous le protocole", EN: "Body cameras under the protocol"},
			Norm:   policy.Text{NL: "Bodycams hebben een volledig protocol. Opnames zonder dossier blijven niet langer dan de bewaartermijn, en na een maand wordt er alleen met schriftelijke machtiging gekeken.", FR: "Les caméras-piétons ont un protocole complet. Les images sans dossier ne restent pas au-delà de la durée de conservation, et après un mois on ne les consulte qu'avec une autorisation écrite.", EN: "Body cameras have a complete protocol. Recordings without a case do not stay beyond the retention, and after a month they are viewed only with a written authority."},
			Remedy: policy.Text{NL: "Neem de bodycams in het protocol op, verwijder opnames die te oud zijn en geen dossier hebben, en leg bij elke raadpleging de machtiging vast.", FR: "Inscrivez les caméras-piétons au protocole, effacez les images trop anciennes sans dossier, et notez l'autorisation à chaque consultation.", EN: "Enter the body cameras in the protocol, delete recordings that are over-age and have no case, and record the authority with each consultation."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeProtocol, Object: "bodycam", Facts: []Fact{FactProtocol, FactClock, FactInventory, FactStores, FactSessions},
		},
		{
			ID: "DEV-4", Severity: Medium, Sources: []Source{{DocPoliceUnion, "voorbeelden"}, {DocWorksCouncil, "taak voor de OR: black box"}}, Guidelines: []string{policy.GuidelinePoliceUnion, policy.GuidelineWorksCouncil}, Related: []string{"PUR-6", "CON-4"}, check: tracking,
			declares:  asksFor(func(system string) bool { return system == policy.SystemTracking }, "", policy.Text{NL: "track and trace", FR: "géolocalisation", EN: "track and trace"}),
			Title:     policy.Text{NL: "Track and trace onder het protocol", FR: "Géolocalisation sous le protocole", EN: "Track and trace under the protocol"},
			Norm:      policy.Text{NL: "Bij track and trace is afgesproken hoe er wordt geregistreerd, waar het wordt bewaard, wie verantwoordelijk is, wie erbij kan en wanneer het voor iets anders mag dienen. Elke uitvoer van gegevens heeft een reden en een aanvrager.", FR: "Pour la géolocalisation, il est convenu comment on enregistre, où l'on conserve, qui est responsable, qui a accès et quand les données peuvent servir à autre chose. Chaque exportation a un motif et un demandeur.", EN: "For track and trace it is agreed how it records, where that is kept, who is responsible, who has access and when it may serve for something else. Every export has a reason and a requester."},
			Remedy:    policy.Text{NL: "Neem het systeem volledig in het protocol op, en leg bij elke uitvoer vast waarom en voor wie.", FR: "Inscrivez le système complètement au protocole, et notez à chaque exportation pourquoi et pour qui.", EN: "Enter the system in the protocol completely, and record with each export why and for whom."},
			Statement: policy.Text{NL: "De gegevens van track and trace zijn alleen gebruikt voor wat het protocol noemt.", FR: "Les données de géolocalisation n'ont servi qu'à ce que le protocole prévoit.", EN: "The data of track and trace were used only for what the protocol names."},
			Every:     policy.Duration{Months: 12},
			Mode:      Half, Methods: []Method{Test, Examine}, Scope: ScopeProtocol, Object: "tracker", Facts: []Fact{FactProtocol, FactInventory, FactExports},
		},
		{
			ID: "DEV-5", Severity: High, Sources: []Source{{DocPoliceUnion, "voorbeelden"}}, Guidelines: []string{policy.GuidelinePoliceUnion}, Related: []string{"AUD-1", "HID-1"}, check: receptionSound,
			Title:  policy.Text{NL: "Geluidsopname aan de balie onder het protocol", FR: "Enregistrement sonore à l'accueil sous le protocole", EN: "Reception sound recording under the protocol"},
			Norm:   policy.Text{NL: "Wie aan de balie geluid opneemt heeft daar een protocol voor. Een microfoon op het netwerk die er niet in staat kan een verborgen opname zijn.", FR: "Qui enregistre du son à l'accueil a un protocole pour cela. Un microphone du réseau qui n'y figure pas peut être un enregistrement caché.", EN: "Whoever records sound at the reception has a protocol for it. A microphone on the network that is not in it may be a hidden recording."},
			Remedy: policy.Text{NL: "Haal de microfoon van het netwerk, of neem de geluidsopname volledig in het protocol op.", FR: "Retirez le microphone du réseau, ou inscrivez l'enregistrement sonore complètement au protocole.", EN: "Take the microphone off the network, or enter the sound recording in the protocol completely."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeSite, Object: "microphone", Facts: []Fact{FactProtocol, FactInventory, FactStream},
		},
		{
			ID: "GOV-1", Severity: Low, Sources: []Source{{DocHeusden, "art. 9"}}, Related: []string{"GOV-2"}, applies: decides,
			Title:     policy.Text{NL: "Besluit over wat het protocol niet voorziet", FR: "Décision sur ce que le protocole ne prévoit pas", EN: "Decision on what the protocol does not foresee"},
			Norm:      policy.Text{NL: "Waarin het protocol niet voorziet beslist wie het daarvoor aanwijst. Zo'n besluit is vastgelegd en, als het afwijkt van een regel, een ontheffing met een einde.", FR: "Sur ce que le protocole ne prévoit pas décide la personne qu'il désigne. Une telle décision est consignée et, si elle déroge à une règle, devient une dérogation avec un terme.", EN: "What the protocol does not foresee is decided by whom it names. Such a decision is recorded and, where it departs from a rule, becomes a waiver with an end."},
			Remedy:    policy.Text{NL: "Zet elk besluit met datum en document in het protocol (decisions), en koppel het aan een ontheffing als het van een regel afwijkt.", FR: "Inscrivez chaque décision, avec sa date et son document, au protocole (decisions), et liez-la à une dérogation si elle s'écarte d'une règle.", EN: "Enter each decision with date and document in the protocol (decisions), and link it to a waiver if it departs from a rule."},
			Statement: policy.Text{NL: "Elk besluit over wat het protocol niet voorziet is genomen door wie daarover gaat, en staat met datum in het bestand.", FR: "Chaque décision sur ce que le protocole ne prévoit pas a été prise par la personne compétente et figure, datée, dans le fichier.", EN: "Every decision on what the protocol does not foresee was taken by whom it falls to, and is in the file with its date."},
			Every:     policy.Duration{Months: 12},
			Mode:      Manual, Methods: []Method{Examine}, Scope: ScopeProtocol, Object: "governance",
		},
		{
			ID: "GOV-2", Severity: Medium, Sources: []Source{{DocHeusden, "art. 10, 11"}}, Related: []string{"CON-10"}, check: currentVersion,
			Title:  policy.Text{NL: "Eén geldende versie, overal dezelfde", FR: "Une seule version en vigueur, partout la même", EN: "One version in force, the same everywhere"},
			Norm:   policy.Text{NL: "Een nieuw protocol trekt het oude in en geldt vanaf de dag die het noemt. Elke gateway werkt volgens die versie, en het recht waarop zij rust geldt nog.", FR: "Un nouveau protocole abroge l'ancien et est en vigueur à partir du jour qu'il indique. Chaque passerelle applique cette version, et le droit sur lequel elle repose est encore en vigueur.", EN: "A new protocol withdraws the old one and is in force from the day that it names. Every gateway works by that version, and the law that it rests on still holds."},
			Remedy: policy.Text{NL: "Zet de data en het ingetrokken protocol in het bestand, werk verwijzingen naar oud recht bij, en stuur de gateway de geldende versie.", FR: "Inscrivez dans le fichier les dates et le protocole abrogé, actualisez les renvois au droit ancien, et envoyez à la passerelle la version en vigueur.", EN: "Enter the dates and the withdrawn protocol in the file, update references to old law, and send the gateway the version in force."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeProtocol, Object: "governance", Facts: []Fact{FactProtocol, FactClock, FactAgents},
		},
		{
			ID: "GOV-3", Severity: Medium, Sources: []Source{{DocHR, "camera-opnamen 6"}}, Guidelines: []string{policy.GuidelineHR}, Related: []string{"DIS-1"}, check: stamped,
			Title:  policy.Text{NL: "Verstrekte beelden dragen de naleving van hun camera", FR: "Les images remises portent la conformité de leur caméra", EN: "Recordings handed over carry their camera's compliance"},
			Norm:   policy.Text{NL: "Beelden van een camera die niet aan de voorwaarden voldoet kunnen als bewijs worden geweigerd. Daarom draagt elke verstrekking de naleving van de camera op het moment van opname.", FR: "Les images d'une caméra qui ne respecte pas les conditions peuvent être écartées comme preuve. Chaque remise porte donc la conformité de la caméra au moment de l'enregistrement.", EN: "Recordings of a camera that breaks the conditions can be refused as evidence. So every handover carries the camera's compliance at the time of recording."},
			Remedy: policy.Text{NL: "Voeg aan de verstrekking de bevindingen over de camera op het moment van opname toe.", FR: "Joignez à la remise les constats sur la caméra au moment de l'enregistrement.", EN: "Add to the handover the findings on the camera at the time of recording."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeProtocol, Object: "store", Facts: []Fact{FactProtocol, FactExports},
		},
	}
}

// decides tells whether the protocol names who decides on what it does not foresee.
func decides(p *policy.Protocol, _ string) (bool, policy.Text) {
	if p.Metadata.Unforeseen.Decider != "" || len(p.Decisions) > 0 {
		return true, policy.Text{}
	}
	return false, say("Het protocol zegt niet wie beslist over wat het niet voorziet, en noemt geen besluiten.", "Le protocole ne dit pas qui décide de ce qu'il ne prévoit pas, et ne mentionne aucune décision.", "The protocol does not say who decides on what it does not foresee, and names no decisions.")
}

// hasBiometrics tells whether the protocol has anything that reads fingers or faces.
func hasBiometrics(p *policy.Protocol, _ string) (bool, policy.Text) {
	if slices.ContainsFunc(p.Readers, func(r policy.Reader) bool { return r.Biometrics }) ||
		slices.ContainsFunc(p.Processing, func(q policy.Processing) bool {
			return q.System == policy.SystemBiometric || q.DataCategories.Biometrics
		}) {
		return true, policy.Text{}
	}
	return false, say("Het protocol heeft niets dat vingers of gezichten leest.", "Le protocole n'a rien qui lise des doigts ou des visages.", "The protocol has nothing that reads fingers or faces.")
}
