package rules

import "github.com/lensdop/lensdop/policy"

// consentRules are the entries on the works council, the adoption and the evaluation.
func consentRules() []Rule {
	everyone := []string{policy.GuidelineWorksCouncil, policy.GuidelineHR, policy.GuidelinePoliceUnion}
	return []Rule{
		{
			ID: "CON-1", Severity: Critical, Sources: []Source{{DocWorksCouncil, "taak voor de OR"}, {DocHR, "camera-opnamen 3"}, {DocPoliceUnion, "aandachtspunten"}}, Related: []string{"CON-2", "CON-4", "HLD-2"}, applies: bindsByLaw(everyone...), check: usedAfterConsent,
			Title:     policy.Text{NL: "Pas gebruik na instemming", FR: "Pas d'usage avant l'accord", EN: "No use before consent"},
			Norm:      policy.Text{NL: "Apparaten waarmee persoonsgegevens kunnen worden verzameld worden pas gebruikt na instemming van de ondernemingsraad (Wet op de ondernemingsraden, art. 27 lid 1 onder k en l); in België na overleg met het BOC. Wat na de laatste instemming is bijgekomen valt er niet onder.", FR: "Des appareils pouvant recueillir des données personnelles ne sont utilisés qu'après l'accord du conseil d'entreprise (loi néerlandaise sur les conseils d'entreprise, art. 27(1)(k) et (l)); en Belgique, après concertation. Ce qui s'est ajouté après le dernier accord n'est pas couvert.", EN: "Equipment that can collect personal data is used only after the works council's consent (Dutch works councils act, art. 27(1)(k) and (l)); in Belgium after the committee was consulted. What came after the last consent is not covered by it."},
			Remedy:    policy.Text{NL: "Leg de apparaten aan de ondernemingsraad voor en gebruik ze tot die tijd niet. Zet instemming, datum en controlewaarden in het protocol (works_council).", FR: "Soumettez les appareils au conseil d'entreprise et ne les utilisez pas d'ici là. Inscrivez l'accord, sa date et ses empreintes au protocole (works_council).", EN: "Put the equipment before the works council and do not use it until then. Enter consent, date and hashes in the protocol (works_council)."},
			Statement: policy.Text{NL: "Ook apparaten die Lensdop niet ziet, zoals losse of analoge camera's, zijn pas na instemming of advies gebruikt.", FR: "Même les appareils que Lensdop ne voit pas, comme des caméras isolées ou analogiques, n'ont été utilisés qu'après l'accord ou l'avis.", EN: "Equipment that Lensdop does not see, such as stand-alone or analogue cameras, was also used only after consent or advice."},
			Every:     policy.Duration{Months: 12},
			Mode:      Half, Methods: []Method{Test, Examine}, Scope: ScopeProtocol, Object: "consent", Facts: []Fact{FactProtocol, FactClock, FactInventory},
		},
		{
			ID: "CON-2", Severity: High, Sources: []Source{{DocHeusden, "art. 8"}}, Related: []string{"CON-1", "CON-3"}, check: consented,
			Title:     policy.Text{NL: "Instemming of advies is na te gaan", FR: "L'accord ou l'avis est vérifiable", EN: "Consent or advice can be looked up"},
			Norm:      policy.Text{NL: "De ondernemingsraad heeft ingestemd met elke verwerking, of in België is het comité geraadpleegd. Dat is na te gaan met orgaan, datum en document: een instemming zonder datum is niet aangetoond.", FR: "Le conseil d'entreprise a donné son accord sur chaque traitement, ou en Belgique le comité a été consulté. L'organe, la date et le document permettent de le vérifier: un accord sans date n'est pas prouvé.", EN: "The works council consented to each processing, or in Belgium the committee was consulted. Body, date and document let it be looked up: consent without a date is unproven."},
			Remedy:    policy.Text{NL: "Zoek het besluit op en zet orgaan, datum en controlewaarde van het document in het protocol; vraag anders alsnog instemming of advies.", FR: "Retrouvez la décision et inscrivez l'organe, la date et l'empreinte du document au protocole; sinon, demandez l'accord ou l'avis.", EN: "Find the decision and enter body, date and the document's hash in the protocol; else ask for consent or advice now."},
			Statement: policy.Text{NL: "Ik heb het document van de instemming of het advies gelezen: het gaat over deze verwerkingen en is door het bevoegde orgaan gegeven.", FR: "J'ai lu le document de l'accord ou de l'avis: il porte sur ces traitements et émane de l'organe compétent.", EN: "I have read the document of the consent or advice: it is about these processings and was given by the competent body."},
			Mode:      Half, Methods: []Method{Test, Examine}, Scope: ScopeProtocol, Object: "consent", Facts: []Fact{FactProtocol, FactClock},
		},
		{
			ID: "CON-3", Severity: High, Sources: []Source{{DocWorksCouncil, "taak voor de OR"}}, Guidelines: []string{policy.GuidelineWorksCouncil}, Related: []string{"CON-2", "PUR-11"}, check: fourPoints,
			Title:  policy.Text{NL: "Vier punten gewogen, en sindsdien niet veranderd", FR: "Quatre points examinés, inchangés depuis", EN: "Four points weighed, and not changed since"},
			Norm:   policy.Text{NL: "Wie instemt of adviseert weegt het doel, de toegang, de bewaartermijn en het gebruik voor een ander doel. Verandert een van die punten daarna in het protocol, dan is de instemming daarvoor verouderd.", FR: "Qui donne un accord ou un avis examine la finalité, l'accès, la durée de conservation et l'usage à une autre fin. Si l'un de ces points change ensuite au protocole, l'accord n'est plus à jour sur ce point.", EN: "Whoever consents or advises weighs the purpose, the access, the retention and the use for another purpose. If one of these changes in the protocol afterwards, the consent is stale for it."},
			Remedy: policy.Text{NL: "Leg het veranderde punt aan de ondernemingsraad voor, en zet de nieuwe instemming met haar controlewaarden in het protocol.", FR: "Soumettez le point modifié au conseil d'entreprise et inscrivez le nouvel accord avec ses empreintes au protocole.", EN: "Put the changed point before the works council, and enter the new consent with its hashes in the protocol."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeProtocol, Object: "consent", Facts: []Fact{FactProtocol, FactClock},
		},
		{
			ID: "CON-4", Severity: High, Sources: []Source{{DocHR, "personeelsvolgsystemen 1"}}, Related: []string{"CON-1", "CON-3", "DEV-1"}, check: trackingUnchanged,
			applies: func(p *policy.Protocol, site string) (bool, policy.Text) {
				if bound, why := bindsByLaw(policy.GuidelineHR)(p, site); !bound {
					return false, why
				}
				return staffTrackers(p, site)
			},
			Title:  policy.Text{NL: "Geen wijziging van volgsystemen zonder instemming", FR: "Pas de modification des systèmes de suivi sans accord", EN: "No change of tracking systems without consent"},
			Norm:   policy.Text{NL: "Ook voor een wijziging van badges, prikklok, gps of andere volgsystemen is instemming nodig (Wet op de ondernemingsraden, art. 27 lid 1 onder l). Een nieuwe lezer of een nieuw gegeven na die instemming valt er niet onder.", FR: "La modification de badges, pointeuse, GPS ou autres systèmes de suivi exige aussi un accord (loi néerlandaise sur les conseils d'entreprise, art. 27(1)(l)). Un nouveau lecteur ou une nouvelle donnée après cet accord n'est pas couvert.", EN: "A change of badges, time clock, GPS or other tracking systems also needs consent (Dutch works councils act, art. 27(1)(l)). A new reader or new data after that consent are not covered by it."},
			Remedy: policy.Text{NL: "Zet wat erbij kwam stil en leg de wijziging aan de ondernemingsraad voor.", FR: "Arrêtez ce qui a été ajouté et soumettez la modification au conseil d'entreprise.", EN: "Stop what was added, and put the change before the works council."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeProtocol, Object: "consent", Facts: []Fact{FactProtocol, FactClock, FactInventory},
		},
		{
			ID: "CON-5", Severity: Medium, Sources: []Source{{DocHR, "personeelsvolgsystemen 3"}}, Guidelines: []string{policy.GuidelineHR}, Related: []string{"CON-4"}, applies: staffTrackers,
			Title:     policy.Text{NL: "Medewerkers tekenden voor kennisname van het volgsysteem", FR: "Le personnel a signé la prise de connaissance du système de suivi", EN: "Employees signed for the tracking system"},
			Norm:      policy.Text{NL: "Bij een volgsysteem tekenen ook de medewerkers zelf, of staat het in de arbeidsovereenkomst. Lensdop houdt dit bij als kennisname en niet als grondslag voor de verwerking: een medewerker kan zelden vrij weigeren.", FR: "Pour un système de suivi, le personnel signe aussi lui-même, ou une clause figure au contrat. Lensdop y voit une prise de connaissance et non une base juridique: un membre du personnel peut rarement refuser librement.", EN: "For a tracking system employees sign themselves, too, or their contract has a clause. Lensdop keeps this as acknowledgement and not as legal basis: an employee can seldom refuse freely."},
			Remedy:    policy.Text{NL: "Laat wie nog niet tekende alsnog tekenen, en leg vast waar de lijst of de clausule te vinden is.", FR: "Faites signer ceux qui ne l'ont pas encore fait et notez où se trouve la liste ou la clause.", EN: "Have those sign who did not yet, and record where the list or the clause is found."},
			Statement: policy.Text{NL: "Alle medewerkers die een volgsysteem gebruiken tekenden voor kennisname, of het staat in hun arbeidsovereenkomst.", FR: "Tous les membres du personnel qui utilisent un système de suivi ont signé la prise de connaissance, ou leur contrat la contient.", EN: "All employees who use a tracking system signed to acknowledge it, or their contract says so."},
			Every:     policy.Duration{Months: 12},
			Mode:      Manual, Methods: []Method{Examine}, Scope: ScopeProtocol, Object: "notice",
		},
		{
			ID: "CON-6", Severity: Medium, Sources: []Source{{DocHR, "camera-opnamen 7"}}, Related: []string{"CON-2", "HLD-2"}, applies: bindsByLaw(policy.GuidelineHR), check: annulment,
			Title:  policy.Text{NL: "Termijn om de nietigheid in te roepen", FR: "Délai pour invoquer la nullité", EN: "Time to invoke nullity"},
			Norm:   policy.Text{NL: "Zonder instemming kan de ondernemingsraad de nietigheid van het besluit inroepen, binnen een maand nadat hij ervan wist (Wet op de ondernemingsraden, art. 27 lid 5). Gebeurt dat, dan gaan de camera's weg en worden de opnames gewist.", FR: "Sans accord, le conseil d'entreprise peut invoquer la nullité de la décision, dans le mois où il en a eu connaissance (loi néerlandaise sur les conseils d'entreprise, art. 27(5)). Dans ce cas, les caméras sont retirées et les images effacées.", EN: "Without its consent the works council can invoke the nullity of the decision, within a month after it knew of it (Dutch works councils act, art. 27(5)). If it does, the cameras go and the recordings are erased."},
			Remedy: policy.Text{NL: "Vraag alsnog instemming, en leg vast wanneer de ondernemingsraad van het besluit hoorde. Is de nietigheid ingeroepen, zet de camera's dan uit en laat de FG beslissen over wat als bewijs wordt vastgehouden.", FR: "Demandez l'accord et notez quand le conseil d'entreprise a appris la décision. Si la nullité est invoquée, éteignez les caméras et laissez le DPO décider de ce qui est gelé comme preuve.", EN: "Ask for consent now, and record when the works council heard of the decision. If nullity was invoked, switch the cameras off and let the DPO decide on what is held as evidence."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeProtocol, Object: "consent", Facts: []Fact{FactProtocol, FactClock},
		},
		{
			ID: "CON-7", Severity: Medium, Sources: []Source{{DocPoliceUnion, "aandachtspunten: aankoop"}}, Guidelines: []string{policy.GuidelinePoliceUnion}, Related: []string{"CON-10"},
			Title:     policy.Text{NL: "Aankoop met de drie groene lichten", FR: "Achat selon la procédure des trois feux verts", EN: "Purchase with three green lights"},
			Norm:      policy.Text{NL: "Wie overweegt een registrerend systeem te kopen legt dat meteen aan het comité voor, met het advies van de preventieadviseur. Zo is het personeel er van het begin af bij.", FR: "Qui envisage d'acheter un système d'enregistrement le soumet d'emblée au comité, avec l'avis du conseiller en prévention. Le personnel est ainsi associé dès le début.", EN: "Whoever thinks of buying a recording system puts it before the committee at once, with the prevention adviser's advice. So the staff take part from the start."},
			Remedy:    policy.Text{NL: "Leg bestelling, levering en indienststelling met hun adviezen alsnog aan het comité voor en bewaar de documenten.", FR: "Soumettez la commande, la livraison et la mise en service, avec leurs avis, au comité et conservez les documents.", EN: "Put order, delivery and putting into service, with the advice on each, before the committee and keep the documents."},
			Statement: policy.Text{NL: "Van elk systeem zijn de stappen van de aankoopprocedure en het advies van de preventieadviseur gedateerd en bewaard.", FR: "Pour chaque système, les étapes de la procédure d'achat et l'avis du conseiller en prévention sont datés et conservés.", EN: "For every system the steps of the purchase procedure and the prevention adviser's advice are dated and kept."},
			Mode:      Manual, Methods: []Method{Examine}, Scope: ScopeProtocol, Object: "governance",
		},
		{
			ID: "CON-8", Severity: High, Sources: []Source{{DocPoliceUnion, "praktische invulling"}}, Guidelines: []string{policy.GuidelinePoliceUnion}, Related: []string{"SEC-3", "RET-4"}, check: complete,
			Title:  policy.Text{NL: "Het protocol is volledig", FR: "Le protocole est complet", EN: "The protocol is complete"},
			Norm:   policy.Text{NL: "Het protocol zegt bij elk systeem welke gegevens er zijn, in detail, waar ze staan, wie erbij kan, hoe lang ze blijven, waarvoor ze dienen en hoe iemand ze kan inzien. Wat in dit bestand alleen is aangenomen, zegt het geschreven protocol nog niet.", FR: "Pour chaque système, le protocole dit quelles données existent, en détail, où elles se trouvent, qui y a accès, combien de temps elles restent, à quoi elles servent et comment y accéder soi-même. Ce que ce fichier ne fait que supposer, le protocole écrit ne le dit pas encore.", EN: "For each system the protocol says which data there are, in detail, where they are, who has access, how long they stay, what they are for, and how a person can see them. What this file only assumes, the written protocol does not say yet."},
			Remedy: policy.Text{NL: "Vul het geschreven protocol aan met wat ontbreekt of is aangenomen, en neem de vindplaats op in dit bestand (ref).", FR: "Complétez le protocole écrit par ce qui manque ou est supposé, et indiquez la référence dans ce fichier (ref).", EN: "Add to the written protocol what is missing or assumed, and enter the place in this file (ref)."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeProtocol, Object: "governance", Facts: []Fact{FactProtocol},
		},
		{
			ID: "CON-9", Severity: Medium, Sources: []Source{{DocPoliceUnion, "praktische invulling: evaluatie"}}, Guidelines: []string{policy.GuidelinePoliceUnion}, Related: []string{"CON-8"},
			Title:     policy.Text{NL: "Evaluatie na ingebruikneming", FR: "Évaluation après la mise en service", EN: "Evaluation after first use"},
			Norm:      policy.Text{NL: "Na de installatie volgt op een van de volgende comités een evaluatie, uiterlijk na zes maanden, en zo nodig een aanpassing van het protocol. Pas in gebruik blijkt of het doet wat is afgesproken.", FR: "Après l'installation, une évaluation suit lors d'un des comités suivants, au plus tard après six mois, et au besoin le protocole est adapté. Seul l'usage montre si le système fait ce qui est convenu.", EN: "After the installation an evaluation follows at one of the next committees, after six months at the latest, and the protocol is adjusted where needed. Only use shows whether it does what was agreed."},
			Remedy:    policy.Text{NL: "Zet de evaluatie op de agenda van het volgende comité en leg uitkomst en datum vast.", FR: "Inscrivez l'évaluation à l'ordre du jour du prochain comité et notez-en le résultat et la date.", EN: "Put the evaluation on the agenda of the next committee, and record outcome and date."},
			Statement: policy.Text{NL: "Het systeem is na de installatie in het comité geëvalueerd, en het protocol is zo nodig aangepast.", FR: "Le système a été évalué au comité après l'installation et le protocole a été adapté au besoin.", EN: "The system was evaluated in the committee after the installation, and the protocol was adjusted where needed."},
			Mode:      Manual, Methods: []Method{Examine}, Scope: ScopeProtocol, Object: "governance",
		},
		{
			ID: "CON-10", Severity: Medium, Sources: []Source{{DocOostrozebeke, "Feiten, context en argumentatie"}}, Related: []string{"CON-1", "CON-2", "GOV-2"}, check: dateOrder,
			Title:     policy.Text{NL: "Eerst advies, dan vaststelling, dan gebruik", FR: "D'abord l'avis, puis l'adoption, puis l'usage", EN: "Advice first, then adoption, then use"},
			Norm:      policy.Text{NL: "Het advies van de FG, het overleg met ondernemingsraad of comité en de opmerkingen van het personeel gaan aan de vaststelling vooraf; het gebruik begint pas als het protocol geldt. Advies over wat al hangt verandert niets meer.", FR: "L'avis du DPO, la concertation avec le conseil d'entreprise ou le comité et les remarques du personnel précèdent l'adoption; l'usage ne commence qu'une fois le protocole en vigueur. Un avis sur ce qui est déjà en place ne change plus rien.", EN: "The DPO's advice, the works council's or committee's answer and the staff's remarks come before the adoption; use begins only when the protocol holds. Advice on what already hangs changes nothing."},
			Remedy:    policy.Text{NL: "Zet de data van advies, vaststelling, inwerkingtreding en eerste gebruik in het protocol. Klopt de volgorde niet, toon dan aan wat eerder op de agenda stond of vraag het advies alsnog.", FR: "Inscrivez au protocole les dates d'avis, d'adoption, d'entrée en vigueur et de premier usage. Si l'ordre n'est pas respecté, montrez ce qui figurait plus tôt à l'ordre du jour ou demandez l'avis maintenant.", EN: "Enter the dates of advice, adoption, taking effect and first use in the protocol. If their order is not right, show what was on an earlier agenda, or ask for the advice now."},
			Statement: policy.Text{NL: "De agenda's en verslagen van het overleg gaan over deze camera's en systemen, en hun data kloppen met het protocol.", FR: "Les ordres du jour et procès-verbaux de la concertation portent sur ces caméras et systèmes, et leurs dates correspondent au protocole.", EN: "The agendas and minutes of the consultations are about these cameras and systems, and their dates agree with the protocol."},
			Mode:      Half, Methods: []Method{Test, Examine}, Scope: ScopeProtocol, Object: "governance", Facts: []Fact{FactProtocol},
		},
		{
			ID: "CON-11", Severity: Low, Sources: []Source{{DocWorksCouncil, "slot"}}, Guidelines: []string{policy.GuidelineWorksCouncil}, Related: []string{"PUR-10"},
			Title:     policy.Text{NL: "Privacy van medewerkers op de overlegagenda", FR: "La vie privée du personnel à l'ordre du jour", EN: "Employee privacy on the council's agenda"},
			Norm:      policy.Text{NL: "De privacy van medewerkers, en wat de techniek kan, staat op de agenda van het overleg met de ondernemingsraad. Kan de techniek meer dan mag, dan wordt dat daar besproken.", FR: "La vie privée du personnel, et ce que permet la technique, figure à l'ordre du jour de la concertation avec le conseil d'entreprise. Si la technique permet plus que ce qui est autorisé, on en discute là.", EN: "Employees' privacy, and what the technology can do, is on the agenda of the meeting with the works council. If the technology can do more than is allowed, that is where it is discussed."},
			Remedy:    policy.Text{NL: "Zet het onderwerp op de agenda van het volgende overleg en leg de datum vast.", FR: "Inscrivez le sujet à l'ordre du jour de la prochaine réunion et notez-en la date.", EN: "Put the subject on the agenda of the next meeting, and record the date."},
			Statement: policy.Text{NL: "De privacy van medewerkers is het afgelopen jaar met de ondernemingsraad besproken, met de technische mogelijkheden erbij.", FR: "La vie privée du personnel a été discutée l'an dernier avec le conseil d'entreprise, y compris les possibilités techniques.", EN: "Employees' privacy was discussed with the works council in the last year, with what the technology can do."},
			Every:     policy.Duration{Months: 12},
			Mode:      Manual, Methods: []Method{Interview}, Scope: ScopeProtocol, Object: "governance",
		},
	}
}
