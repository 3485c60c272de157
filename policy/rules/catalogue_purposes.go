package rules

import "github.com/lensdop/lensdop/policy"

// purposesRules are the entries on what data are for, and what they may never be for.
func purposesRules() []Rule {
	year := policy.Duration{Months: 12}
	hr, council, union := policy.GuidelineHR, policy.GuidelineWorksCouncil, policy.GuidelinePoliceUnion
	return []Rule{
		{
			ID: "PUR-1", Severity: High, Sources: []Source{{DocPoliceUnion, "aandachtspunten"}, {DocOostrozebeke, "Finaliteit"}, {DocHeusden, "Doel"}}, check: explicit,
			Title:  policy.Text{NL: "Doel uitdrukkelijk vastgelegd", FR: "Finalité explicitement fixée", EN: "Purpose explicitly stated"},
			Norm:   policy.Text{NL: "Elke verwerking heeft een of meer uitdrukkelijk omschreven doelen uit een gesloten lijst. Zonder doel is niet te zeggen wat nodig is.", FR: "Chaque traitement a une ou plusieurs finalités explicites, tirées d'une liste limitative. Sans finalité, impossible de dire ce qui est nécessaire.", EN: "Each processing has one or more explicit purposes out of a limited list. Without a purpose nobody can say what is needed."},
			Remedy: policy.Text{NL: "Laat het doel vaststellen en zet het in het protocol (purposes).", FR: "Faites adopter la finalité et inscrivez-la au protocole (purposes).", EN: "Have the purpose adopted and enter it in the protocol (purposes)."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeProtocol, Object: "processing", Facts: []Fact{FactProtocol},
		},
		{
			ID: "PUR-2", Severity: High, Sources: []Source{{DocHeusden, "art. 1"}}, Related: []string{"PUR-4", "PUR-7"}, applies: controlForbidden, check: followed,
			Title:     policy.Text{NL: "Opnames niet om medewerkers te volgen", FR: "Enregistrements non destinés à suivre le personnel", EN: "Recordings not used to follow staff"},
			Norm:      policy.Text{NL: "Beelden en gespreksopnames worden niet gebruikt om medewerkers te volgen of te controleren. Wie naar een medewerker kijkt, heeft daarvoor een incident.", FR: "Les images et enregistrements de conversations ne servent pas à suivre ou contrôler le personnel. Qui observe un membre du personnel a pour cela un incident.", EN: "Pictures and recorded conversations are not used to follow or check employees. Whoever looks at an employee has an incident for it."},
			Remedy:    policy.Text{NL: "Laat de functionaris gegevensbescherming nagaan waarvoor er is gekeken, en sta raadpleging alleen toe met een dossier en een reden.", FR: "Faites vérifier par le délégué à la protection des données le but des consultations, et n'autorisez celles-ci qu'avec un dossier et un motif.", EN: "Have the data protection officer find out what the looks were for, and allow consultation only with a case and a reason."},
			Statement: policy.Text{NL: "Opnames zijn niet gebruikt om medewerkers te volgen of te controleren.", FR: "Les enregistrements n'ont pas servi à suivre ou contrôler le personnel.", EN: "Recordings were not used to follow or check employees."},
			Every:     year,
			Mode:      Half, Methods: []Method{Test, Interview}, Scope: ScopeProtocol, Object: "camera", Facts: []Fact{FactProtocol, FactSessions},
		},
		{
			ID: "PUR-3", Severity: High, Sources: []Source{{DocPoliceUnion, "aandachtspunten"}}, Guidelines: []string{union}, Related: []string{"PUR-1"}, check: mainPurpose,
			Title:  policy.Text{NL: "Personeelscontrole niet het enige of hoofddoel", FR: "Contrôle du personnel: ni seule ni principale finalité", EN: "Staff control is not the only or main purpose"},
			Norm:   policy.Text{NL: "Een systeem dat alleen of vooral dient om personeel te controleren is niet aanvaardbaar, ook al is zo'n controle een van de mogelijke doelen.", FR: "Un système qui sert uniquement ou surtout à contrôler le personnel n'est pas acceptable, même si ce contrôle est une des finalités possibles.", EN: "A system that serves only or mainly to control staff is not acceptable, although such control is one of the possible purposes."},
			Remedy: policy.Text{NL: "Heroverweeg het systeem: leg een ander hoofddoel vast, of zet het uit.", FR: "Reconsidérez le système: fixez une autre finalité principale, ou mettez-le hors service.", EN: "Reconsider the system: decide on another main purpose, or switch it off."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeProtocol, Object: "processing", Facts: []Fact{FactProtocol},
		},
		{
			ID: "PUR-4", Severity: High, Sources: []Source{{DocOostrozebeke, "Finaliteit, Proportionaliteit"}}, Related: []string{"PUR-2", "PUR-10"}, applies: controlForbidden, check: production,
			Title:     policy.Text{NL: "Geen controle van productie of werk", FR: "Pas de contrôle de la production ou du travail", EN: "No control of production or work"},
			Norm:      policy.Text{NL: "Camera's dienen niet om het productieproces of het werk te controleren, en zeker niet voortdurend. Tellen, warmtekaarten en langdurig meekijken leiden daar wel toe.", FR: "Les caméras ne servent pas à contrôler le processus de production ou le travail, et surtout pas en permanence. Comptage, cartes de chaleur et visualisation prolongée y mènent.", EN: "Cameras do not serve to control production or work, least of all permanently. Counting, heat maps and long live views lead to that."},
			Remedy:    policy.Text{NL: "Beëindig lang meekijken, zet tellende analyses uit, en laat de functionaris gegevensbescherming nagaan waarvoor zij dienden.", FR: "Mettez fin aux visualisations prolongées, désactivez les analyses de comptage et faites vérifier leur but par le délégué à la protection des données.", EN: "End long live views, switch counting analytics off, and have the data protection officer find out what they were for."},
			Statement: policy.Text{NL: "Camera's zijn niet gebruikt om productie of werk te controleren, en vaste werkplekken zijn waar dat kan gemaskeerd.", FR: "Les caméras n'ont pas servi à contrôler la production ou le travail, et les postes fixes sont masqués là où c'est possible.", EN: "Cameras were not used to control production or work, and fixed workplaces are masked where possible."},
			Every:     year,
			Mode:      Half, Methods: []Method{Test, Interview}, Scope: ScopeSite, Object: "camera", Facts: []Fact{FactProtocol, FactAnalytics, FactSessions},
		},
		{
			ID: "PUR-5", Severity: High, Sources: []Source{{DocHeusden, "art. 1"}, {DocOostrozebeke, "Proportionaliteit"}}, Related: []string{"PUR-1", "ACC-3"}, check: mapped,
			Title:     policy.Text{NL: "Opnames alleen voor hun doel", FR: "Enregistrements pour leur seule finalité", EN: "Recordings only for their purpose"},
			Norm:      policy.Text{NL: "Opnames dienen alleen het doel waarvoor zij zijn gemaakt. Elk gebruik, elke grond en elke reden van raadpleging hoort daarom bij een doel in het protocol.", FR: "Les enregistrements servent la seule finalité pour laquelle ils ont été faits. Chaque usage, fondement et motif de consultation relève donc d'une finalité du protocole.", EN: "Recordings serve only the purpose they were made for. Each use, ground and reason of consultation therefore belongs to a purpose in the protocol."},
			Remedy:    policy.Text{NL: "Laat bij elke raadpleging een reden uit de lijst van het protocol kiezen, en weiger wat daar niet in past.", FR: "Faites choisir pour chaque consultation un motif de la liste du protocole, et refusez ce qui n'en relève pas.", EN: "Have a reason from the protocol's list chosen for each consultation, and refuse what does not fit it."},
			Statement: policy.Text{NL: "Opnames zijn alleen gebruikt voor het doel waarvoor zij zijn gemaakt.", FR: "Les enregistrements n'ont servi qu'à la finalité pour laquelle ils ont été faits.", EN: "Recordings were used only for the purpose they were made for."},
			Every:     year,
			Mode:      Half, Methods: []Method{Test, Interview}, Scope: ScopeProtocol, Object: "store", Facts: []Fact{FactProtocol, FactSessions},
		},
		{
			ID: "PUR-6", Severity: High, Sources: []Source{{DocHR, "volgsystemen 5"}}, Guidelines: []string{hr}, Related: []string{"PUR-7", "RET-7"},
			applies: asksFor(policy.TracksStaff, "", policy.Text{NL: "badges, klokken of volgsystemen", FR: "badges, pointeuses ou géolocalisation", EN: "badges, time clocks or tracking"}), check: tracksUsed,
			Title:     policy.Text{NL: "Volgsystemen niet om prestaties te beoordelen", FR: "Systèmes de suivi non destinés à évaluer", EN: "Tracking systems not used to judge performance"},
			Norm:      policy.Text{NL: "Gegevens uit badges, klokken en volgsystemen dienen alleen hun doel, en nooit om te beoordelen hoe iemand werkt.", FR: "Les données des badges, pointeuses et systèmes de suivi servent leur seule finalité, jamais l'évaluation du travail d'une personne.", EN: "Data of badges, time clocks and tracking systems serve their purpose only, and never to judge how somebody works."},
			Remedy:    policy.Text{NL: "Stop met exporten over één persoon zonder dossier, en laat elke raadpleging een reden noemen.", FR: "Cessez les exportations sur une personne sans dossier, et exigez un motif pour toute consultation.", EN: "Stop exports about one person without a case, and have every consultation give a reason."},
			Statement: policy.Text{NL: "Gegevens uit volgsystemen zijn niet gebruikt om het functioneren van medewerkers te beoordelen.", FR: "Les données de suivi n'ont pas servi à évaluer le fonctionnement du personnel.", EN: "Tracking data were not used to judge how employees perform."},
			Every:     year,
			Mode:      Half, Methods: []Method{Test, Interview}, Scope: ScopeProtocol, Object: "reader", Facts: []Fact{FactProtocol, FactSessions, FactExports},
		},
		{
			ID: "PUR-7", Severity: High, Sources: []Source{{DocWorksCouncil, "Alleen bij hoge uitzondering"}, {DocHR, "inleiding"}}, Guidelines: []string{council, hr}, Related: []string{"PUR-2"}, check: suspicion,
			Title:     policy.Text{NL: "Medewerkers controleren alleen bij ernstig vermoeden", FR: "Contrôle du personnel seulement en cas de soupçon grave", EN: "Staff checked only on grave suspicion"},
			Norm:      policy.Text{NL: "Medewerkers worden alleen bij hoge uitzondering gecontroleerd, bij een ernstig vermoeden van misbruik. Wie dat standaard doet, is in overtreding.", FR: "Le personnel n'est contrôlé que par exception, en cas de soupçon grave d'abus. Un contrôle systématique est une faute.", EN: "Employees are checked only in exceptional cases, on grave suspicion of abuse. Routine checks are wrong."},
			Remedy:    policy.Text{NL: "Laat nagaan waarom er is gekeken, en open voor een vermoeden een dossier vóórdat iemand kijkt.", FR: "Faites vérifier pourquoi la consultation a eu lieu, et ouvrez un dossier pour un soupçon avant toute consultation.", EN: "Have it found out why there was a look, and open a case for a suspicion before anybody looks."},
			Statement: policy.Text{NL: "Medewerkers zijn alleen gecontroleerd bij een ernstig vermoeden dat in het dossier staat.", FR: "Le personnel n'a été contrôlé qu'en cas de soupçon grave consigné au dossier.", EN: "Employees were checked only on a grave suspicion that stands in the case."},
			Every:     year,
			Mode:      Half, Methods: []Method{Test, Interview}, Scope: ScopeProtocol, Object: "processing", Facts: []Fact{FactSessions, FactCases},
		},
		{
			ID: "PUR-8", Severity: Medium, Sources: []Source{{DocWorksCouncil, "Taak voor de OR"}}, Guidelines: []string{council}, Related: []string{"PUR-7"},
			Title:     policy.Text{NL: "Geen standaard monitoring, zoals van toetsaanslagen", FR: "Pas de surveillance systématique, comme des frappes au clavier", EN: "No routine monitoring, such as of keystrokes"},
			Norm:      policy.Text{NL: "Medewerkers standaard monitoren, bijvoorbeeld door toetsaanslagen te registreren, is verboden, op het werk en thuis. Een camera of gateway ziet dat niet; een mens verklaart het.", FR: "Surveiller systématiquement le personnel, par exemple en enregistrant les frappes au clavier, est interdit, au travail et à domicile. Ni caméra ni passerelle ne le voit; une personne l'atteste.", EN: "Monitoring employees as a routine, by logging keystrokes for one, is forbidden, at work and at home. No camera or gateway sees that; a person declares it."},
			Remedy:    policy.Text{NL: "Verwijder software die medewerkers standaard volgt, en laat dit opnieuw verklaren.", FR: "Supprimez les logiciels qui suivent systématiquement le personnel, et faites renouveler l'attestation.", EN: "Remove software that follows employees as a routine, and have this declared again."},
			Statement: policy.Text{NL: "Op werkplekken en thuiswerkplekken draait geen software die medewerkers standaard volgt, zoals hun toetsaanslagen.", FR: "Aucun logiciel ne suit systématiquement le personnel, comme ses frappes au clavier, sur les postes de travail ou à domicile.", EN: "No software that follows employees as a routine, such as their keystrokes, runs at workplaces or at home."},
			Every:     year,
			Mode:      Manual, Methods: []Method{Interview}, Scope: ScopeProtocol, Object: "governance",
		},
		{
			ID: "PUR-9", Severity: High, Sources: []Source{{DocPoliceUnion, "aandachtspunten"}, {DocHR, "camera 2, telefoon 2"}, {DocWorksCouncil, "Alleen bij hoge uitzondering"}}, Related: []string{"LOC-4", "CALL-3"}, check: assessed,
			Title:     policy.Text{NL: "Noodzaak afgewogen vóór de start (DPIA)", FR: "Nécessité examinée avant le début (AIPD)", EN: "Need weighed before the start (DPIA)"},
			Norm:      policy.Text{NL: "Vóór de start is nagegaan dat de verwerking nodig en evenredig is en het minst ingrijpende middel, en dat wordt geregeld herzien (AVG art. 35).", FR: "Avant le début, on a vérifié que le traitement est nécessaire, proportionné et le moyen le moins intrusif, et cet examen est revu régulièrement (RGPD art. 35).", EN: "Before the start it was weighed that the processing is necessary, proportional and the least intrusive means, and that is reviewed regularly (GDPR art. 35)."},
			Remedy:    policy.Text{NL: "Voer de DPIA uit en zet haar datum en document in het protocol (dpia).", FR: "Réalisez l'AIPD et inscrivez sa date et son document au protocole (dpia).", EN: "Carry out the DPIA and enter its date and document in the protocol (dpia)."},
			Statement: policy.Text{NL: "Vóór de start is afgewogen of de verwerking nodig is en het minst ingrijpende middel, en die afweging klopt nog.", FR: "Avant le début, on a examiné si le traitement est nécessaire et le moyen le moins intrusif, et cet examen reste valable.", EN: "Before the start it was weighed whether the processing is needed and the least intrusive means, and that still holds."},
			Every:     policy.Duration{Years: 3},
			Mode:      Half, Methods: []Method{Test, Examine}, Scope: ScopeProtocol, Object: "governance", Facts: []Fact{FactProtocol, FactClock, FactInventory},
		},
		{
			ID: "PUR-10", Severity: High, Sources: []Source{{DocWorksCouncil, "Taak voor de OR"}}, Guidelines: []string{council}, Related: []string{"PUR-12", "AUD-1", "LOC-2"}, check: capabilities,
			Title:  policy.Text{NL: "Niets ingeschakeld dat het protocol niet noemt", FR: "Rien d'actif que le protocole ne mentionne pas", EN: "Nothing switched on that the protocol does not name"},
			Norm:   policy.Text{NL: "Kan de techniek meer dan is toegestaan, dan moet daar direct mee worden gestopt. Diensten, beeldanalyse en draaien staan alleen aan als het protocol ze noemt; over geluid gaat AUD-1.", FR: "Si la technique peut plus que ce qui est permis, il faut cesser immédiatement. Services, analyse d'image et rotation ne sont actifs que si le protocole les mentionne; le son relève d'AUD-1.", EN: "If the technology can do more than is allowed, that must stop at once. Services, analytics and turning are on only if the protocol names them; sound is AUD-1's."},
			Remedy: policy.Text{NL: "Zet de functie in het apparaat uit, of laat de ondernemingsraad en het protocol erover beslissen voordat zij aan mag.", FR: "Désactivez la fonction dans l'appareil, ou faites décider le conseil d'entreprise et le protocole avant de l'activer.", EN: "Switch the function off in the device, or have works council and protocol decide before it may be on."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeSite, Object: "camera", Facts: []Fact{FactProtocol, FactDevice, FactServices, FactAnalytics},
		},
		{
			ID: "PUR-11", Severity: Medium, Sources: []Source{{DocWorksCouncil, "Taak voor de OR"}}, Guidelines: []string{council}, Related: []string{"CON-3", "PUR-5"}, check: otherPurpose,
			Title:  policy.Text{NL: "Gebruik voor een ander doel vooraf afgesproken", FR: "Usage pour une autre finalité convenu à l'avance", EN: "Use for another purpose agreed in advance"},
			Norm:   policy.Text{NL: "De ondernemingsraad weegt bij de instemming ook wanneer gegevens voor een ander doel mogen worden gebruikt dan waarvoor het systeem is geplaatst.", FR: "En donnant son accord, le conseil d'entreprise pèse aussi quand les données peuvent servir une autre finalité que celle du système.", EN: "In its consent the works council also weighs when data may serve another purpose than the one the system was installed for."},
			Remedy: policy.Text{NL: "Leg de voorwaarden voor ander gebruik aan de ondernemingsraad voor en leg vast dat de instemming ze omvat (covers.other_use).", FR: "Soumettez les conditions d'un autre usage au conseil d'entreprise et consignez que l'accord les couvre (covers.other_use).", EN: "Put the conditions for other use before the works council, and record that the consent covers them (covers.other_use)."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeProtocol, Object: "consent", Facts: []Fact{FactProtocol, FactClock},
		},
		{
			ID: "PUR-12", Severity: High, Sources: []Source{{DocPoliceUnion, "aandachtspunten"}, {DocOostrozebeke, "Proportionaliteit"}}, Related: []string{"PUR-10", "AUD-1"}, check: onlyNeeded,
			Title:  policy.Text{NL: "Alleen gegevens die nodig zijn", FR: "Seulement les données nécessaires", EN: "Only the data that are needed"},
			Norm:   policy.Text{NL: "Alleen gegevens die het doel nodig heeft worden verwerkt. Alles opslaan om zeker genoeg te hebben mag niet.", FR: "Seules les données nécessaires à la finalité sont traitées. Tout stocker pour être sûr d'en avoir assez n'est pas permis.", EN: "Only data that the purpose needs are processed. To store everything so as to have enough is not allowed."},
			Remedy: policy.Text{NL: "Stel de opname in zoals het protocol zegt en verwijder gegevens die het niet noemt.", FR: "Réglez l'enregistrement comme le dit le protocole et supprimez les données qu'il ne mentionne pas.", EN: "Set the recording as the protocol says, and remove data that it does not name."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeSite, Object: "store", Facts: []Fact{FactProtocol, FactRecording, FactStores},
		},
	}
}

// controlForbidden is the `applies` of the rules against control of work: they
// do not bind where every processing of pictures or conversations has it as a
// purpose that the protocol does not also forbid (rule catalogue, conflict 10).
func controlForbidden(p *policy.Protocol, _ string) (bool, policy.Text) {
	pictures := false
	for _, q := range p.Processing {
		if !recordsPictures(kindOf(q)) {
			continue
		}
		pictures = true
		if !allowsWorkControl(q) {
			return true, policy.Text{}
		}
	}
	if !pictures {
		return false, say("Het protocol heeft geen camera's of opnames van gesprekken.", "Le protocole n'a ni caméras ni enregistrements de conversations.", "The protocol has no cameras or recorded conversations.")
	}
	return false, say("Het protocol maakt controle van het werk tot een van de doelen; PUR-3 gaat daarover.", "Le protocole fait du contrôle du travail une de ses finalités; voir PUR-3.", "The protocol makes control of work one of its purposes; PUR-3 speaks of that.")
}
