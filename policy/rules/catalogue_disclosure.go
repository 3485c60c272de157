package rules

import "github.com/lensdop/lensdop/policy"

// disclosureRules are the entries on handing recordings over, and on the log of who looked.
func disclosureRules() []Rule {
	return []Rule{
		{
			ID: "DIS-1", Severity: High, Sources: []Source{{DocHeusden, "art. 4.3"}}, Related: []string{"DIS-2"}, check: onIndication,
			Title:     policy.Text{NL: "Overdracht alleen bij een onderzoek", FR: "Remise seulement lors d'une enquête", EN: "Handover only in an investigation"},
			Norm:      policy.Text{NL: "Opnames worden overgedragen bij een onderzoek, op aangeven van de rollen die het protocol noemt. Vast ligt wie erom vroeg, waarom, en met een hash welk bestand het was.", FR: "Les enregistrements sont remis lors d'une enquête, sur indication des rôles que le protocole désigne. Sont consignés le demandeur, le motif et, par un hachage, le fichier remis.", EN: "Recordings are handed over in an investigation, on the indication of the roles that the protocol names. It is on record who asked, why, and by a hash which file it was."},
			Remedy:    policy.Text{NL: "Vul de gegevens van de overdracht aan, en laat opnames alleen nog op aangeven van een aangewezen rol overdragen.", FR: "Complétez les données de la remise, et ne laissez remettre des enregistrements que sur indication d'un rôle désigné.", EN: "Complete the record of the handover, and let recordings be handed over only on indication of a named role."},
			Statement: policy.Text{NL: "Bij elke overdracht van opnames in het afgelopen jaar liep er een onderzoek; ik heb de stukken gezien.", FR: "Chaque remise d'enregistrements de l'année écoulée relevait d'une enquête; j'ai vu les pièces.", EN: "For every handover of recordings in the past year there was an investigation; I have seen the papers."},
			Every:     policy.Duration{Months: 12},
			Mode:      Half, Methods: []Method{Test, Examine}, Scope: ScopeProtocol, Object: "export", Facts: []Fact{FactProtocol, FactExports},
		},
		{
			ID: "DIS-2", Severity: High, Sources: []Source{{DocOostrozebeke, "Toegangsbeheer"}}, Related: []string{"DIS-1"}, check: namedRecipients,
			Title:     policy.Text{NL: "Alleen aan de ontvangers van het protocol", FR: "Seulement aux destinataires du protocole", EN: "To the recipients of the protocol only"},
			Norm:      policy.Text{NL: "Gegevens gaan alleen naar wie het protocol noemt: politie, gerecht en, voor een proces-verbaal, handhavende en sanctionerende ambtenaren.", FR: "Les données ne vont qu'à ceux que le protocole désigne: police, justice et, pour un procès-verbal, agents constatateurs et sanctionnateurs.", EN: "Data go only to those whom the protocol names: police, judiciary and, for a report, enforcement and sanctioning officers."},
			Remedy:    policy.Text{NL: "Som de ontvangers in het protocol op (recipients), en leg overdrachten aan anderen voor aan de functionaris gegevensbescherming.", FR: "Énumérez les destinataires dans le protocole (recipients), et soumettez les remises à d'autres au délégué à la protection des données.", EN: "List the recipients in the protocol (recipients), and put handovers to others before the data protection officer."},
			Statement: policy.Text{NL: "De ontvangers in het overdrachtslogboek zijn echt degenen aan wie is overgedragen, en er is niets buiten het logboek om meegegeven.", FR: "Les destinataires du journal des remises sont bien ceux qui ont reçu les données, et rien n'a été remis hors journal.", EN: "The recipients in the log of handovers are really those who received the data, and nothing was handed over outside the log."},
			Every:     policy.Duration{Months: 12},
			Mode:      Half, Methods: []Method{Test, Examine}, Scope: ScopeProtocol, Object: "export", Facts: []Fact{FactProtocol, FactExports},
		},
		{
			ID: "LOG-1", Severity: High, Sources: []Source{{DocPoliceUnion, "praktische invulling"}}, Guidelines: []string{policy.GuidelinePoliceUnion}, Related: []string{"ACC-6"}, check: yearlyLog,
			Title:  policy.Text{NL: "Jaarlijks verslag van wie keek", FR: "Rapport annuel des accès", EN: "Yearly report of who looked"},
			Norm:   policy.Text{NL: "Het eerste overleg van het jaar krijgt het toegangslogboek van het voorbije jaar: wie, wanneer, welk systeem en waarom. Het logboek blijft daarvoor lang genoeg bewaard.", FR: "La première concertation de l'année reçoit le journal des accès de l'année écoulée: qui, quand, quel système et pourquoi. Le journal est conservé assez longtemps pour cela.", EN: "The first consultation of the year receives the access log of the past year: who, when, which system and why. The log is kept long enough for it."},
			Remedy: policy.Text{NL: "Verstuur het verslag aan wie het protocol noemt, en zet de bewaartermijn van het logboek op ten minste 13 maanden.", FR: "Envoyez le rapport à ceux que le protocole désigne, et portez la conservation du journal à 13 mois au moins.", EN: "Send the report to those whom the protocol names, and set the retention of the log to at least 13 months."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeProtocol, Object: "log", Facts: []Fact{FactProtocol, FactClock, FactReports},
		},
		{
			ID: "LOG-2", Severity: Low, Sources: []Source{{DocPoliceUnion, "praktische invulling"}}, Guidelines: []string{policy.GuidelinePoliceUnion},
			Title:     policy.Text{NL: "Misbruik is een zware inbreuk", FR: "L'abus est un manquement grave", EN: "Misuse is a serious breach"},
			Norm:      policy.Text{NL: "Het protocol zegt dat onrechtmatig gebruik van of toegang tot deze systemen een zeer ernstige inbreuk is.", FR: "Le protocole dit que l'usage illicite de ces systèmes, ou l'accès illicite, est un manquement très grave.", EN: "The protocol says that unlawful use of these systems, or unlawful access, is a very serious breach."},
			Remedy:    policy.Text{NL: "Neem de bepaling op in het protocol (breach) en laat dit verklaren.", FR: "Inscrivez la disposition au protocole (breach) et faites-le attester.", EN: "Put the clause in the protocol (breach) and have this declared."},
			Statement: policy.Text{NL: "Het vastgestelde protocol bevat de bepaling dat onrechtmatig gebruik of toegang een zeer ernstige inbreuk is.", FR: "Le protocole adopté contient la disposition selon laquelle l'usage ou l'accès illicite est un manquement très grave.", EN: "The protocol as adopted contains the clause that unlawful use or access is a very serious breach."},
			Mode:      Manual, Methods: []Method{Examine}, Scope: ScopeProtocol, Object: "governance",
		},
	}
}
