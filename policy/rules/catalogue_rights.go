package rules

import "github.com/lensdop/lensdop/policy"

// rightsRules are the entries on what people hear and can ask about data on them.
func rightsRules() []Rule {
	return []Rule{
		{
			ID: "NTF-1", Severity: High, Sources: []Source{{DocPoliceUnion, "transparant; gebruik"}}, Guidelines: []string{policy.GuidelinePoliceUnion}, Related: []string{"NTF-2", "LOG-1"}, check: told,
			Title:     policy.Text{NL: "Medewerker hoort meteen van een raadpleging", FR: "Le personnel est informé aussitôt d'une consultation", EN: "Employees hear at once of a consultation"},
			Norm:      policy.Text{NL: "Wie gegevens over een medewerker raadpleegt, zegt dat meteen aan die medewerker: binnen een dag. Uitstel kan alleen waar het protocol dat zegt, met een reden en een einde.", FR: "Qui consulte des données sur un membre du personnel l'en informe aussitôt: dans la journée. Un report n'est possible que si le protocole le prévoit, avec un motif et un terme.", EN: "Whoever consults data about an employee tells that employee at once: within a day. Deferring it is possible only where the protocol says so, with a reason and an end."},
			Remedy:    policy.Text{NL: "Breng de medewerker nu op de hoogte, en leg datum en eventueel de reden van uitstel vast bij de raadpleging.", FR: "Informez maintenant le membre du personnel et enregistrez la date, et le motif d'un éventuel report, avec la consultation.", EN: "Tell the employee now, and record the date, and the reason of any deferral, with the consultation."},
			Statement: policy.Text{NL: "Bij elke raadpleging is juist vastgelegd of zij over een medewerker ging, en die medewerker is er zelf over ingelicht.", FR: "Pour chaque consultation, il est correctement noté si elle concernait un membre du personnel, et celui-ci en a été informé personnellement.", EN: "For every consultation it is rightly recorded whether it concerned an employee, and that employee was told in person."},
			Every:     policy.Duration{Months: 6},
			Mode:      Half, Methods: []Method{Test, Interview}, Scope: ScopeProtocol, Object: "session", Facts: []Fact{FactProtocol, FactClock, FactSessions},
		},
		{
			ID: "NTF-2", Severity: Medium, Sources: []Source{{DocPoliceUnion, "gebruik"}}, Guidelines: []string{policy.GuidelinePoliceUnion}, Related: []string{"NTF-1", "DSR-1"}, check: sameRights,
			Title:     policy.Text{NL: "Medewerker ziet en hoort hetzelfde als de werkgever", FR: "Le personnel voit et entend la même chose que l'employeur", EN: "Employees see and hear the same as the employer"},
			Norm:      policy.Text{NL: "Een medewerker over wie gegevens worden geraadpleegd heeft dezelfde rechten als de werkgever, en kan bijvoorbeeld het hele gesprek beluisteren. Zo is ook te zien wat voor hem pleit.", FR: "Le membre du personnel dont les données sont consultées a les mêmes droits que l'employeur: il peut par exemple écouter toute la conversation. Ce qui parle en sa faveur apparaît ainsi également.", EN: "An employee whose data are consulted has the same rights as the employer, and can for example hear the whole call. So what speaks for them is seen as well."},
			Remedy:    policy.Text{NL: "Zet het recht in het protocol (notify.same_rights) en bied de medewerker dezelfde periode aan om te zien of te horen.", FR: "Inscrivez ce droit au protocole (notify.same_rights) et proposez au membre du personnel de voir ou d'entendre la même période.", EN: "Put the right in the protocol (notify.same_rights), and offer the employee the same range to see or hear."},
			Statement: policy.Text{NL: "Elke betrokken medewerker kreeg aangeboden hetzelfde te zien of te horen als de werkgever.", FR: "Chaque membre du personnel concerné s'est vu proposer de voir ou d'entendre la même chose que l'employeur.", EN: "Every employee concerned was offered to see or hear the same as the employer."},
			Every:     policy.Duration{Months: 12},
			Mode:      Half, Methods: []Method{Test, Interview}, Scope: ScopeProtocol, Object: "session", Facts: []Fact{FactProtocol, FactSessions},
		},
		{
			ID: "DSR-1", Severity: High, Sources: []Source{{DocPoliceUnion, "inzage"}}, Related: []string{"DSR-2"}, check: accessGranted,
			Title:     policy.Text{NL: "Inzage wordt niet geweigerd", FR: "L'accès n'est pas refusé", EN: "Access is not refused"},
			Norm:      policy.Text{NL: "Iedereen kan inzage vragen in gegevens over zichzelf (AVG art. 15). Volgens de richtlijn van de vakbond volstaat een eenvoudig verzoek en mag het niet worden geweigerd; zonder die richtlijn moet een weigering ten minste een reden geven (AVG art. 12 lid 4).", FR: "Chacun peut demander l'accès aux données qui le concernent (RGPD, art. 15). Selon la directive syndicale, une simple demande suffit et ne peut être refusée; sans cette directive, un refus doit au moins être motivé (RGPD, art. 12(4)).", EN: "Everyone can ask for access to data about themselves (GDPR art. 15). By the union's guideline a simple request suffices and may not be refused; without it a refusal must at least give its reason (GDPR art. 12(4))."},
			Remedy:    policy.Text{NL: "Geef alsnog inzage, of leg de reden van de weigering vast en deel haar mee. Zet in het protocol hoe iemand om inzage vraagt.", FR: "Donnez l'accès, ou enregistrez et communiquez le motif du refus. Inscrivez au protocole comment demander l'accès.", EN: "Give access after all, or record the reason of the refusal and tell it. Put in the protocol how a person asks for access."},
			Statement: policy.Text{NL: "Alle inzageverzoeken staan in het register, ook mondelinge, en niemand is ontmoedigd er een te doen.", FR: "Toutes les demandes d'accès figurent au registre, même orales, et personne n'a été dissuadé d'en faire.", EN: "All access requests are in the register, spoken ones too, and nobody was discouraged from making one."},
			Every:     policy.Duration{Months: 12},
			Mode:      Half, Methods: []Method{Test, Interview}, Scope: ScopeProtocol, Object: "request", Facts: []Fact{FactProtocol, FactRequests},
		},
		{
			ID: "DSR-2", Severity: High, Sources: []Source{{DocOostrozebeke, "Inzage van de gegevens"}}, Related: []string{"DSR-1", "HLD-1"}, check: accessInTime,
			Title:  policy.Text{NL: "Inzage op tijd, en het gevraagde vastgehouden", FR: "Accès dans le délai, images demandées gelées", EN: "Access in time, and what is asked for is held"},
			Norm:   policy.Text{NL: "Een inzageverzoek wordt beantwoord binnen de termijn van het protocol, en nooit later dan een maand na ontvangst (AVG art. 12 lid 3). Wat gevraagd is wordt meteen vastgehouden, zodat het niet wordt overschreven terwijl de klok loopt.", FR: "Une demande d'accès reçoit une réponse dans le délai du protocole, et jamais plus d'un mois après sa réception (RGPD, art. 12(3)). Ce qui est demandé est gelé aussitôt, pour ne pas être écrasé pendant que le délai court.", EN: "An access request is answered within the protocol's time, and never later than a month after receipt (GDPR art. 12(3)). What is asked for is held at once, so that it is not overwritten while the clock runs."},
			Remedy: policy.Text{NL: "Beantwoord het verzoek nu, en houd de gevraagde periode vast tot dat gebeurd is.", FR: "Répondez maintenant à la demande, et gelez la période demandée jusque-là.", EN: "Answer the request now, and hold the requested range until that is done."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeProtocol, Object: "request", Facts: []Fact{FactProtocol, FactClock, FactRequests},
		},
		{
			ID: "DSR-3", Severity: Medium, Sources: []Source{{DocOostrozebeke, "Verbetering"}}, Related: []string{"DSR-5"}, check: rectificationInTime,
			Title:  policy.Text{NL: "Verzoek om verbetering op tijd beantwoord", FR: "Demande de rectification traitée dans le délai", EN: "Rectification answered in time"},
			Norm:   policy.Text{NL: "Op een verzoek om onjuiste gegevens te verbeteren volgt antwoord binnen de termijn van het protocol, en nooit later dan een maand na ontvangst (AVG art. 12 lid 3).", FR: "Une demande de rectification de données inexactes reçoit une réponse dans le délai du protocole, et jamais plus d'un mois après sa réception (RGPD, art. 12(3)).", EN: "A request to correct wrong data is answered within the protocol's time, and never later than a month after receipt (GDPR art. 12(3))."},
			Remedy: policy.Text{NL: "Deel nu mee wat er is verbeterd, of waarom niet.", FR: "Communiquez maintenant ce qui a été rectifié, ou pourquoi non.", EN: "Tell now what was corrected, or why not."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeProtocol, Object: "request", Facts: []Fact{FactProtocol, FactClock, FactRequests},
		},
		{
			ID: "DSR-4", Severity: Medium, Sources: []Source{{DocOostrozebeke, "Verwijdering"}}, Related: []string{"DSR-5"}, check: erasureInTime,
			Title:  policy.Text{NL: "Verzoek om verwijdering op tijd beantwoord", FR: "Demande d'effacement traitée dans le délai", EN: "Erasure answered in time"},
			Norm:   policy.Text{NL: "Op een verzoek om gegevens te verwijderen volgt antwoord binnen de termijn van het protocol, en nooit later dan een maand na ontvangst (AVG art. 12 lid 3).", FR: "Une demande d'effacement reçoit une réponse dans le délai du protocole, et jamais plus d'un mois après sa réception (RGPD, art. 12(3)).", EN: "A request to erase data is answered within the protocol's time, and never later than a month after receipt (GDPR art. 12(3))."},
			Remedy: policy.Text{NL: "Deel nu mee wat er is verwijderd, of waarom niet.", FR: "Communiquez maintenant ce qui a été effacé, ou pourquoi non.", EN: "Tell now what was erased, or why not."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeProtocol, Object: "request", Facts: []Fact{FactProtocol, FactClock, FactRequests},
		},
		{
			ID: "DSR-5", Severity: Medium, Sources: []Source{{DocHeusden, "art. 8"}}, Related: []string{"DSR-2", "DSR-3", "DSR-4"}, check: rightsStated,
			Title:  policy.Text{NL: "Rechten zijn te vinden, met een termijn", FR: "Les droits sont indiqués, avec un délai", EN: "Rights can be found, with a time to answer"},
			Norm:   policy.Text{NL: "Het protocol zegt waar de rechten van betrokkenen staan, zelf of in het privacybeleid, met een termijn die de wet toelaat: hoogstens een maand (AVG art. 12 lid 3). Andere verzoeken hebben die maand ook.", FR: "Le protocole indique où figurent les droits des personnes concernées, dans son texte ou dans la politique de confidentialité, avec un délai permis par la loi: un mois au plus (RGPD, art. 12(3)). Ce mois vaut aussi pour les autres demandes.", EN: "The protocol says where the rights of data subjects are found, in itself or in the privacy policy, with a time that the law allows: at most a month (GDPR art. 12(3)). Other requests have that month, too."},
			Remedy: policy.Text{NL: "Zet in het protocol een termijn van hoogstens een maand, of verwijs naar het privacybeleid en zorg dat de verwijzing werkt.", FR: "Inscrivez au protocole un délai d'un mois au plus, ou renvoyez à la politique de confidentialité par un lien qui fonctionne.", EN: "Put a time of at most a month in the protocol, or point to the privacy policy by a link that works."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeProtocol, Object: "request", Facts: []Fact{FactProtocol, FactClock, FactPublications, FactRequests},
		},
	}
}
