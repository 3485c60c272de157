package rules

import "github.com/lensdop/lensdop/policy"

// accessRules are the entries on who looks, live or afterwards.
func accessRules() []Rule {
	return []Rule{
		{
			ID: "ACC-1", Severity: Critical, Sources: []Source{{DocHeusden, "art. 3.2"}}, Related: []string{"ACC-6"}, check: administration,
			Title:  policy.Text{NL: "Systeembeheer kijkt en luistert niet mee", FR: "L'administration des systèmes ne regarde ni n'écoute", EN: "System administration does not look or listen"},
			Norm:   policy.Text{NL: "Wie de systemen beheert, installeert en controleert of zij werken. Beelden bekijken en gesprekken afluisteren hoort daar niet bij; opvragen voor een ander kan alleen als het protocol dat met goedkeuring toelaat.", FR: "Qui administre les systèmes les installe et vérifie leur fonctionnement. Regarder des images ou écouter des conversations n'en fait pas partie; extraire pour autrui n'est possible que si le protocole le permet avec approbation.", EN: "Who administers the systems installs them and checks that they work. Looking at pictures and listening to calls is no part of that; retrieving for somebody else is possible only where the protocol allows it with approval."},
			Remedy: policy.Text{NL: "Neem systeembeheer de toegang tot beeld en geluid af, sluit rechtstreekse verbindingen met de camera af en meld de raadpleging aan de functionaris gegevensbescherming.", FR: "Retirez à l'administration des systèmes l'accès aux images et au son, bloquez les connexions directes à la caméra et signalez la consultation au délégué à la protection des données.", EN: "Take access to pictures and sound away from system administration, block direct connections to the camera, and tell the data protection officer of the consultation."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeSite, Object: "session", Facts: []Fact{FactProtocol, FactSessions, FactFlows},
		},
		{
			ID: "ACC-2", Severity: High, Sources: []Source{{DocHeusden, "art. 4.1"}}, Related: []string{"ACC-3", "ACC-4"}, check: holdersOfAccess,
			Title:  policy.Text{NL: "Toegang alleen voor de rollen van het protocol", FR: "Accès réservé aux rôles du protocole", EN: "Access for the roles of the protocol only"},
			Norm:   policy.Text{NL: "Toegang tot opnames ligt bij de managers die het protocol noemt. Anderen, zoals de secretaris en de manager P&O, krijgen die alleen bij een incident of een vermoeden ervan.", FR: "L'accès aux enregistrements revient aux responsables que le protocole désigne. D'autres, comme le secrétaire et le responsable du personnel, ne l'obtiennent qu'en cas d'incident ou de soupçon d'incident.", EN: "Access to recordings lies with the managers that the protocol names. Others, such as the secretary and the personnel manager, get it only in an incident or a suspected one."},
			Remedy: policy.Text{NL: "Leg per rol vast wie toegang heeft (permissions), trek andere toegang in en laat bij elke raadpleging het incident vermelden.", FR: "Fixez par rôle qui a accès (permissions), retirez les autres accès et faites mentionner l'incident à chaque consultation.", EN: "Lay down for each role who has access (permissions), withdraw other access, and have the incident stated with every consultation."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeProtocol, Object: "session", Facts: []Fact{FactProtocol, FactSessions},
		},
		{
			ID: "ACC-3", Severity: High, Sources: []Source{{DocHeusden, "art. 1"}}, Related: []string{"ACC-2", "PUR-2"}, applies: boundToIncident, check: afterIncident,
			Title:  policy.Text{NL: "Terugkijken alleen na een incident", FR: "Relecture seulement après un incident", EN: "Playback only after an incident"},
			Norm:   policy.Text{NL: "Beelden worden pas opgevraagd en gesprekken pas teruggeluisterd als er een incident is geweest. De raadpleging hoort bij een geregistreerd incident van eerder.", FR: "Les images ne sont demandées et les conversations réécoutées qu'après un incident. La consultation se rattache à un incident enregistré, antérieur.", EN: "Pictures are asked for, and calls listened back to, only once there has been an incident. The consultation belongs to an incident on record, from before."},
			Remedy: policy.Text{NL: "Registreer eerst het incident en vermeld het bij de raadpleging. Laat raadplegingen zonder incident door de functionaris gegevensbescherming beoordelen.", FR: "Enregistrez d'abord l'incident et mentionnez-le lors de la consultation. Faites examiner les consultations sans incident par le délégué à la protection des données.", EN: "Record the incident first and state it with the consultation. Have the data protection officer judge consultations without an incident."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeProtocol, Object: "session", Facts: []Fact{FactProtocol, FactSessions, FactCases},
		},
		{
			ID: "ACC-4", Severity: Critical, Sources: []Source{{DocOostrozebeke, "Proportionaliteit"}}, Related: []string{"ACC-5"}, applies: boundToApproval, check: nominative,
			Title:  policy.Text{NL: "Toegang op naam, met reden en goedkeuring", FR: "Accès nominatif, motivé et approuvé", EN: "Access by name, with a reason and approval"},
			Norm:   policy.Text{NL: "Wie opnames mag raadplegen staat bij naam vast, geeft een reden die past bij het doel en heeft vooraf de goedkeuring van wie daarover gaat, zoals de algemeen directeur.", FR: "Les personnes qui peuvent consulter des enregistrements sont désignées nommément, donnent un motif conforme à la finalité et ont l'approbation préalable de qui en décide, comme le directeur général.", EN: "Those who may consult recordings are listed by name, give a reason that fits the purpose, and have the prior approval of whoever decides on it, such as the general director."},
			Remedy: policy.Text{NL: "Registreer de dragers van de rol bij naam en herzie de lijst; laat raadplegen pas toe na een goedkeuring met reden die nog geldt.", FR: "Enregistrez nommément les titulaires du rôle et révisez la liste; n'autorisez la consultation qu'après une approbation motivée encore valable.", EN: "Register the holders of the role by name and review the list; allow consultation only after an approval with a reason that still holds."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeProtocol, Object: "session", Facts: []Fact{FactProtocol, FactClock, FactSessions, FactHolders},
		},
		{
			ID: "ACC-5", Severity: High, Sources: []Source{{DocOostrozebeke, "Functies"}, {DocOostrozebeke, "Interne procedure"}}, Related: []string{"ACC-4"}, applies: boundToOthers, check: throughOthers,
			Title:  policy.Text{NL: "Opvragen door aangewezen functies, via ICT", FR: "Demande par les fonctions désignées, par l'informatique", EN: "Asked for by named functions, through ICT"},
			Norm:   policy.Text{NL: "Alleen de aangewezen functies, zoals handhavingsambtenaar en preventieadviseur, vragen opnames op, en de dienst ICT haalt ze voor hen op. Zo kijkt niemand alleen op eigen initiatief.", FR: "Seules les fonctions désignées, comme l'agent constatateur et le conseiller en prévention, demandent des enregistrements, et le service informatique les extrait pour elles. Ainsi, personne ne regarde de sa seule initiative.", EN: "Only the named functions, such as enforcement officer and prevention adviser, ask for recordings, and the ICT service retrieves them. So nobody looks on their own initiative alone."},
			Remedy: policy.Text{NL: "Laat opvragen alleen toe aan de aangewezen functies en laat de uitvoering, met de uitvoerende rol, in het logboek komen.", FR: "N'autorisez la demande qu'aux fonctions désignées et faites inscrire au journal l'exécution et le rôle exécutant.", EN: "Let only the named functions ask, and have the log show which role carried it out."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeProtocol, Object: "session", Facts: []Fact{FactProtocol, FactSessions},
		},
		{
			ID: "ACC-6", Severity: Critical, Sources: []Source{{DocOostrozebeke, "Interne procedure"}}, Related: []string{"ACC-1"}, check: logged,
			Title:  policy.Text{NL: "Elke raadpleging in het register", FR: "Chaque consultation au registre", EN: "Every viewing in the register"},
			Norm:   policy.Text{NL: "Elke raadpleging en elke keer meekijken staat in het interne register. Een beeldstroom die iemand ophaalt zonder dat het logboek ervan weet, is raadplegen buiten het register om.", FR: "Chaque consultation et chaque visualisation figure au registre interne. Un flux que quelqu'un récupère à l'insu du journal est une consultation hors registre.", EN: "Every consultation and every live view stands in the internal register. A stream that somebody pulls without the log knowing is viewing outside the register."},
			Remedy: policy.Text{NL: "Zoek uit wie keek en zet het alsnog in het register. Laat beeld alleen nog via de relay ophalen.", FR: "Cherchez qui a regardé et inscrivez-le au registre. Ne laissez récupérer l'image que par le relais.", EN: "Find out who looked and enter it in the register after all. Let pictures be pulled through the relay only."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeSite, Object: "session", Facts: []Fact{FactSessions, FactFlows},
		},
		{
			ID: "ACC-7", Severity: Medium, Sources: []Source{{DocOostrozebeke, "Functies"}}, Related: []string{"ACC-4"},
			Title:     policy.Text{NL: "Discretieplicht", FR: "Devoir de discrétion", EN: "Duty of discretion"},
			Norm:      policy.Text{NL: "Wie opnames mag raadplegen, zwijgt over wat daarop staat. Van elke drager van zo een rol is er een ondertekende verklaring.", FR: "Qui peut consulter des enregistrements garde le secret sur leur contenu. Chaque titulaire d'un tel rôle a signé une déclaration.", EN: "Those who may consult recordings keep what is on them to themselves. Each holder of such a role has signed a statement."},
			Remedy:    policy.Text{NL: "Laat elke drager de verklaring ondertekenen, trek de toegang in van wie dat niet deed, en laat dit opnieuw verklaren.", FR: "Faites signer la déclaration à chaque titulaire, retirez l'accès à qui ne l'a pas fait, et renouvelez l'attestation.", EN: "Have each holder sign the statement, withdraw access from those who did not, and have this declared again."},
			Statement: policy.Text{NL: "Van iedere drager van een rol met toegang tot opnames is er een ondertekende verklaring van discretie; ik heb ze nagekeken.", FR: "Il existe une déclaration de discrétion signée de chaque titulaire d'un rôle ayant accès aux enregistrements; je les ai vérifiées.", EN: "For each holder of a role with access to recordings there is a signed statement of discretion; I have checked them."},
			Every:     policy.Duration{Months: 12},
			Mode:      Manual, Methods: []Method{Examine}, Scope: ScopeProtocol, Object: "governance",
		},
		{
			ID: "ACC-8", Severity: Critical, Sources: []Source{{DocPoliceUnion, "praktische invulling"}}, Guidelines: []string{policy.GuidelinePoliceUnion}, Related: []string{"SEC-2"}, check: anonymousAccess,
			Title:  policy.Text{NL: "Toegang per functie, met wachtwoord", FR: "Accès par fonction, avec mot de passe", EN: "Access by function, with a password"},
			Norm:   policy.Text{NL: "Het protocol noemt per functie wie toegang heeft, gewoonlijk alleen de korpschef en niet het intern toezicht. Niemand komt erin zonder in te loggen.", FR: "Le protocole indique par fonction qui a accès, normalement le seul chef de corps et non le contrôle interne. Personne n'entre sans se connecter.", EN: "The protocol lists by function who has access, normally the chief only and not internal oversight. Nobody gets in without logging in."},
			Remedy: policy.Text{NL: "Noem de functies met toegang in het protocol (permissions) en zet op de camera anonieme toegang uit.", FR: "Indiquez dans le protocole les fonctions ayant accès (permissions) et désactivez l'accès anonyme sur la caméra.", EN: "State the functions with access in the protocol (permissions), and switch anonymous access off on the camera."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeSite, Object: "camera", Facts: []Fact{FactProtocol, FactServices},
		},
		{
			ID: "ACC-9", Severity: Medium, Sources: []Source{{DocPoliceUnion, "praktische invulling"}}, Guidelines: []string{policy.GuidelinePoliceUnion}, Related: []string{"ACC-3"}, check: otherMeans,
			Title:     policy.Text{NL: "Eerst andere middelen", FR: "D'abord d'autres moyens", EN: "Other means first"},
			Norm:      policy.Text{NL: "Een systeem wordt pas geraadpleegd als er geen andere, gewone middelen zijn om de klacht te onderzoeken. Bij elke raadpleging staat welke zijn geprobeerd.", FR: "Un système n'est consulté que s'il n'existe pas d'autres moyens, ordinaires, pour examiner la plainte. Chaque consultation mentionne ceux qui ont été essayés.", EN: "A system is consulted only if there are no other, ordinary means to examine the complaint. Each consultation states which were tried."},
			Remedy:    policy.Text{NL: "Vul aan welke andere middelen zijn geprobeerd, en maak dat veld verplicht bij elke raadpleging.", FR: "Complétez les autres moyens essayés, et rendez ce champ obligatoire à chaque consultation.", EN: "Add which other means were tried, and make that field required with each consultation."},
			Statement: policy.Text{NL: "Ik heb nagegaan dat bij de raadplegingen van het afgelopen jaar echt geen ander middel volstond.", FR: "J'ai vérifié que, pour les consultations de l'année écoulée, aucun autre moyen ne suffisait réellement.", EN: "I have checked that for the consultations of the past year no other means would really have done."},
			Every:     policy.Duration{Months: 12},
			Mode:      Half, Methods: []Method{Test, Interview}, Scope: ScopeProtocol, Object: "session", Facts: []Fact{FactSessions},
		},
		{
			ID: "ACC-10", Severity: Medium, Sources: []Source{{DocPoliceUnion, "praktische invulling"}}, Guidelines: []string{policy.GuidelinePoliceUnion}, Related: []string{"NTF-1"}, check: heardOutcome,
			Title:     policy.Text{NL: "Ten laste en ten ontlaste, met bericht", FR: "À charge et à décharge, avec information", EN: "For and against, and the person hears of it"},
			Norm:      policy.Text{NL: "Opnames dienen evengoed om iemand vrij te pleiten. De medewerker krijgt de uitkomst te horen, bewezen of niet.", FR: "Les enregistrements servent tout autant à disculper. L'agent est informé du résultat, que les faits soient établis ou non.", EN: "Recordings serve just as much to clear a person. The employee hears the outcome, whether shown or not."},
			Remedy:    policy.Text{NL: "Zet de uitkomst bij het incident en deel haar mee aan de medewerker, met datum.", FR: "Inscrivez le résultat au dossier et communiquez-le à l'agent, avec la date.", EN: "Enter the outcome with the case and tell it to the employee, with the date."},
			Statement: policy.Text{NL: "Opnames zijn het afgelopen jaar zowel ten laste als ten ontlaste gebruikt; ik heb dat per gesloten zaak nagegaan.", FR: "Les enregistrements ont été utilisés à charge comme à décharge au cours de l'année écoulée; je l'ai vérifié pour chaque dossier clôturé.", EN: "Over the past year recordings were used for as well as against the person; I have checked it for each closed case."},
			Every:     policy.Duration{Months: 12},
			Mode:      Half, Methods: []Method{Test, Interview}, Scope: ScopeProtocol, Object: "case", Facts: []Fact{FactCases},
		},
		{
			ID: "LIVE-1", Severity: Critical, Sources: []Source{{DocHeusden, "art. 4.2"}}, Related: []string{"LIVE-2", "ACC-6"}, applies: liveAllowed, check: liveView,
			Title:  policy.Text{NL: "Meekijken alleen waar het mag", FR: "Visualisation en temps réel là où elle est permise", EN: "Live view only where it is allowed"},
			Norm:   policy.Text{NL: "Beelden worden alleen rechtstreeks bekeken op de locaties die het protocol daarvoor noemt, door wie het mag en via de relay.", FR: "Les images ne sont visualisées en temps réel que sur les sites que le protocole désigne, par qui le peut et par le relais.", EN: "Pictures are viewed live only at the sites that the protocol names for it, by those who may, and through the relay."},
			Remedy: policy.Text{NL: "Beëindig het meekijken, sluit rechtstreekse verbindingen met de camera af en laat het alleen toe waar en aan wie het protocol het geeft.", FR: "Mettez fin à la visualisation, bloquez les connexions directes à la caméra et ne l'autorisez que là et à qui le protocole la donne.", EN: "End the live view, block direct connections to the camera, and allow it only where and to whom the protocol gives it."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeSite, Object: "session", Facts: []Fact{FactProtocol, FactSessions, FactFlows},
		},
		{
			ID: "LIVE-2", Severity: High, Sources: []Source{{DocOostrozebeke, "Toegangsbeheer"}, {DocOostrozebeke, "Interne procedure"}}, Related: []string{"LIVE-1", "ACC-6"}, applies: liveDenied, check: liveView,
			Title:  policy.Text{NL: "Geen meekijken", FR: "Pas de visualisation en temps réel", EN: "No live view"},
			Norm:   policy.Text{NL: "Een protocol dat alleen van opgenomen beelden spreekt, geeft niemand het recht om rechtstreeks mee te kijken. Zwijgen is hier niet toestaan.", FR: "Un protocole qui ne parle que d'images enregistrées ne donne à personne le droit de visualiser en temps réel. Ici, se taire n'est pas permettre.", EN: "A protocol that speaks of recorded pictures only gives nobody the right to view live. Silence does not allow it."},
			Remedy: policy.Text{NL: "Beëindig het meekijken en sluit rechtstreekse verbindingen met de camera af. Is het nodig, laat het dan eerst in het protocol zetten (live_view).", FR: "Mettez fin à la visualisation et bloquez les connexions directes à la caméra. Si elle est nécessaire, faites-la d'abord inscrire au protocole (live_view).", EN: "End the live view and block direct connections to the camera. If it is needed, have it put in the protocol first (live_view)."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeSite, Object: "session", Facts: []Fact{FactProtocol, FactSessions, FactFlows},
		},
	}
}

// boundToIncident tells that access is not bound to an approval alone (rule
// catalogue, conflict 5).
func boundToIncident(p *policy.Protocol, _ string) (bool, policy.Text) {
	r := regimeOf(p)
	return r.silent || r.incident || r.bare, policy.Text{
		NL: "Het protocol bindt toegang tot opnames aan een goedkeuring vooraf in plaats van aan een incident (regel ACC-4).",
		FR: "Le protocole lie l'accès aux enregistrements à une approbation préalable plutôt qu'à un incident (règle ACC-4).",
		EN: "The protocol binds access to recordings to a prior approval instead of an incident (rule ACC-4).",
	}
}

// boundToApproval tells that access is not bound to an incident alone. A role
// whose holders are listed by name, or a step of approval, asks for it, too.
func boundToApproval(p *policy.Protocol, _ string) (bool, policy.Text) {
	r := regimeOf(p)
	asks := len(flowSteps(p, "approve")) > 0
	for _, g := range grants(p, "", ofRecordings) {
		role, _ := p.Role(g.role)
		asks = asks || role.Nominative
	}
	return r.silent || r.approval || asks || !r.incident, policy.Text{
		NL: "Het protocol bindt toegang tot opnames aan een incident in plaats van aan een goedkeuring vooraf (regel ACC-3).",
		FR: "Le protocole lie l'accès aux enregistrements à un incident plutôt qu'à une approbation préalable (règle ACC-3).",
		EN: "The protocol binds access to recordings to an incident instead of a prior approval (rule ACC-3).",
	}
}

// boundToOthers tells that somebody else carries out what a role asks for.
func boundToOthers(p *policy.Protocol, _ string) (bool, policy.Text) {
	asks := len(flowSteps(p, "retrieve")) > 0
	for _, e := range p.Permissions {
		asks = asks || e.Via != ""
	}
	return asks, policy.Text{
		NL: "Volgens het protocol raadplegen de bevoegde rollen opnames zelf; niemand haalt ze voor hen op.",
		FR: "Selon le protocole, les rôles habilités consultent eux-mêmes les enregistrements; personne ne les extrait pour eux.",
		EN: "By the protocol the entitled roles consult recordings themselves; nobody retrieves them for them.",
	}
}

// liveAllowed tells that live view is allowed at some site.
func liveAllowed(p *policy.Protocol, _ string) (bool, policy.Text) {
	return liveSomewhere(p), policy.Text{
		NL: "Het protocol staat meekijken nergens toe (regel LIVE-2).",
		FR: "Le protocole n'autorise nulle part la visualisation en temps réel (règle LIVE-2).",
		EN: "The protocol allows live view nowhere (rule LIVE-2).",
	}
}

// liveDenied tells that live view is allowed at no site, or not spoken of.
func liveDenied(p *policy.Protocol, _ string) (bool, policy.Text) {
	return !liveSomewhere(p), policy.Text{
		NL: "Het protocol staat meekijken op bepaalde locaties toe (regel LIVE-1).",
		FR: "Le protocole autorise la visualisation en temps réel sur certains sites (règle LIVE-1).",
		EN: "The protocol allows live view at certain sites (rule LIVE-1).",
	}
}
