package rules

import "github.com/lensdop/lensdop/policy"

// retentionRules are the entries on how long data stay, and what may stay longer.
func retentionRules() []Rule {
	video := policy.Text{NL: "camerabeelden", FR: "images de caméra", EN: "camera pictures"}
	calls := policy.Text{NL: "opname van gesprekken", FR: "enregistrement de conversations", EN: "recording of conversations"}
	return []Rule{
		{
			ID: "RET-1", Severity: Critical, Sources: []Source{{DocHeusden, "art. 6"}, {DocHR, "camera 5"}}, Related: []string{"RET-4", "HLD-1"},
			applies: asksFor(isCameras, policy.JurisdictionNL, video), check: keptVideoNL,
			Title:  policy.Text{NL: "Beelden ten hoogste vier weken bewaard", FR: "Images conservées quatre semaines au plus", EN: "Video kept four weeks at most"},
			Norm:   policy.Text{NL: "Camerabeelden blijven ten hoogste vier weken, tenzij een incident ze vasthoudt. De oudste opname telt, want een instelling wist niet wat elders is gekopieerd.", FR: "Les images de caméra restent quatre semaines au plus, sauf gel pour incident. C'est l'élément le plus ancien qui compte, car un réglage n'efface pas ce qui a été copié ailleurs.", EN: "Camera pictures stay for four weeks at most, unless an incident holds them. The oldest recording counts, since a setting does not erase what was copied elsewhere."},
			Remedy: policy.Text{NL: "Wis wat te oud is en stel de recorder in op 28 dagen. Wat voor een incident nodig is, komt onder een dossier.", FR: "Effacez ce qui est trop ancien et réglez l'enregistreur sur 28 jours. Ce qui est nécessaire pour un incident relève d'un dossier.", EN: "Erase what is too old and set the recorder to 28 days. What an incident needs goes under a case."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeSite, Object: "store", Facts: []Fact{FactProtocol, FactClock, FactStores, FactRecording},
		},
		{
			ID: "RET-2", Severity: Critical, Sources: []Source{{DocHeusden, "art. 6"}}, Related: []string{"RET-6", "HLD-1"},
			applies: asksFor(isSpoken, "", calls), check: keptCalls,
			Title:  policy.Text{NL: "Gespreksopnames ten hoogste één week bewaard", FR: "Enregistrements de conversations conservés une semaine au plus", EN: "Recorded conversations kept one week at most"},
			Norm:   policy.Text{NL: "Gespreksopnames blijven niet langer dan het protocol zegt, en één week waar het niets zegt, tenzij een incident ze vasthoudt.", FR: "Les enregistrements de conversations ne restent pas plus longtemps que le protocole ne le dit, une semaine s'il ne dit rien, sauf gel pour incident.", EN: "Recorded conversations stay no longer than the protocol says, and one week where it says nothing, unless an incident holds them."},
			Remedy: policy.Text{NL: "Wis de te oude gespreksopnames en laat de opnameserver dat voortaan zelf doen.", FR: "Effacez les enregistrements trop anciens et faites-le faire désormais par le serveur d'enregistrement.", EN: "Erase the recordings that are too old, and have the call recorder do so by itself from now on."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeSite, Object: "call", Facts: []Fact{FactProtocol, FactClock, FactStores},
		},
		{
			ID: "RET-3", Severity: Critical, Sources: []Source{{DocOostrozebeke, "Bewaartermijnen"}}, Related: []string{"RET-4", "HLD-1"},
			applies: asksFor(isCameras, policy.JurisdictionBE, video), check: keptVideoBE,
			Title:  policy.Text{NL: "Beelden ten hoogste één maand bewaard, per doel", FR: "Images conservées un mois au plus, par finalité", EN: "Video kept one month at most, for each purpose"},
			Norm:   policy.Text{NL: "Camerabeelden blijven voor elk doel ten hoogste een kalendermaand. Langer mag alleen als bewijs of om iemand te herkennen.", FR: "Les images de caméra restent un mois civil au plus pour chaque finalité. Plus longtemps, seulement comme preuve ou pour identifier une personne.", EN: "Camera pictures stay for one calendar month at most for each purpose. Longer is allowed only as evidence or to identify a person."},
			Remedy: policy.Text{NL: "Wis wat te oud is en stel de recorder in op 28 dagen, zodat ook februari past.", FR: "Effacez ce qui est trop ancien et réglez l'enregistreur sur 28 jours, pour que février convienne aussi.", EN: "Erase what is too old and set the recorder to 28 days, so that February fits, too."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeSite, Object: "store", Facts: []Fact{FactProtocol, FactClock, FactStores, FactRecording},
		},
		{
			ID: "RET-4", Severity: High, Sources: []Source{{DocPoliceUnion, "praktische invulling"}}, Guidelines: []string{policy.GuidelinePoliceUnion}, Related: []string{"RET-1", "RET-3", "RET-5"}, check: stated,
			Title:  policy.Text{NL: "Bewaartermijn vastgelegd", FR: "Durée de conservation fixée", EN: "Retention period stated"},
			Norm:   policy.Text{NL: "Het protocol zegt hoe lang gegevens blijven: voor camera's een maand (in Nederland vier weken), in bepaalde gevallen ten hoogste zes maanden, en voor politiecamera's twaalf.", FR: "Le protocole dit combien de temps les données restent: un mois pour les caméras (quatre semaines aux Pays-Bas), six mois au plus dans certains cas, et douze pour les caméras de police.", EN: "The protocol says how long data stay: a month for cameras (four weeks in the Netherlands), six months at most in some cases, and twelve for police cameras."},
			Remedy: policy.Text{NL: "Laat een kortere termijn vaststellen, of noem de grond die een langere toelaat (retention.max, retention.ground).", FR: "Faites fixer une durée plus courte, ou citez le fondement qui en autorise une plus longue (retention.max, retention.ground).", EN: "Have a shorter period decided, or cite the ground that allows a longer one (retention.max, retention.ground)."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeProtocol, Object: "processing", Facts: []Fact{FactProtocol},
		},
		{
			ID: "RET-5", Severity: Critical, Sources: []Source{{DocPoliceUnion, "praktische invulling: art. 25/6 WPA"}}, Related: []string{"DEV-3"},
			applies: asksFor(isPolice, policy.JurisdictionBE, policy.Text{NL: "politiecamera's of bodycams", FR: "caméras de police ou bodycams", EN: "police cameras or body cameras"}), check: keptPolice,
			Title:  policy.Text{NL: "Politiebeelden: twaalf maanden bewaard, één maand te bekijken", FR: "Images de police: conservées douze mois, visibles un mois", EN: "Police pictures: kept twelve months, viewable for one"},
			Norm:   policy.Text{NL: "Beelden van politiecamera's blijven ten hoogste twaalf maanden. De politie zelf bekijkt ze één maand lang; daarna alleen voor het gerecht, met schriftelijke toelating van de procureur.", FR: "Les images des caméras de police restent douze mois au plus. La police elle-même les visionne pendant un mois; ensuite seulement à des fins judiciaires, avec autorisation écrite du procureur.", EN: "Pictures of police cameras stay for twelve months at most. Police themselves view them for one month; after that only for judicial purposes, with written authority of the public prosecutor."},
			Remedy: policy.Text{NL: "Wis wat ouder is dan twaalf maanden, sluit het bekijken na een maand af, en leg bij elke latere raadpleging het nummer van de toelating vast.", FR: "Effacez ce qui a plus de douze mois, bloquez le visionnage après un mois, et consignez le numéro d'autorisation pour toute consultation ultérieure.", EN: "Erase what is older than twelve months, block viewing after one, and log the authority's number with every later consultation."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeProtocol, Object: "store", Facts: []Fact{FactProtocol, FactClock, FactStores, FactSessions},
		},
		{
			ID: "RET-6", Severity: High, Sources: []Source{{DocHR, "telefoon 5"}}, Guidelines: []string{policy.GuidelineHR}, Related: []string{"RET-2", "HLD-1"},
			applies: asksFor(isCalls, "", calls), check: keptCallsHR,
			Title:  policy.Text{NL: "Telefoonopnames liefst ten hoogste zes maanden bewaard", FR: "Appels enregistrés conservés de préférence six mois au plus", EN: "Call recordings kept preferably six months at most"},
			Norm:   policy.Text{NL: "Opnames van telefoongesprekken blijven niet langer dan nodig, bij voorkeur niet langer dan zes maanden. Een kortere termijn in het protocol gaat voor.", FR: "Les enregistrements d'appels ne restent pas plus longtemps que nécessaire, de préférence six mois au plus. Une durée plus courte au protocole prime.", EN: "Call recordings stay no longer than needed, preferably no longer than six months. A shorter period in the protocol comes first."},
			Remedy: policy.Text{NL: "Wis de te oude opnames, of laat vastleggen welke grond een langere termijn nodig maakt (retention.ground).", FR: "Effacez les enregistrements trop anciens, ou faites consigner le fondement d'une durée plus longue (retention.ground).", EN: "Erase the recordings that are too old, or have the ground that needs a longer period stated (retention.ground)."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeSite, Object: "call", Facts: []Fact{FactProtocol, FactClock, FactStores},
		},
		{
			ID: "RET-7", Severity: High, Sources: []Source{{DocHR, "volgsystemen 4"}}, Guidelines: []string{policy.GuidelineHR}, Related: []string{"PUR-6"},
			applies: asksFor(policy.TracksStaff, "", policy.Text{NL: "badges, klokken of volgsystemen", FR: "badges, pointeuses ou géolocalisation", EN: "badges, time clocks or tracking"}), check: keptTracks,
			Title:  policy.Text{NL: "Gegevens van volgsystemen op tijd vernietigd", FR: "Données de suivi détruites à temps", EN: "Tracking data destroyed in time"},
			Norm:   policy.Text{NL: "Gegevens uit badges, klokken en volgsystemen blijven niet langer dan nodig en worden dan vernietigd.", FR: "Les données des badges, pointeuses et systèmes de suivi ne restent pas plus longtemps que nécessaire, puis sont détruites.", EN: "Data of badges, time clocks and tracking systems stay no longer than needed, and are then destroyed."},
			Remedy: policy.Text{NL: "Verwijder de te oude regels en laat het systeem dat voortaan zelf doen.", FR: "Supprimez les lignes trop anciennes et faites-le faire désormais par le système.", EN: "Remove the rows that are too old, and have the system do so by itself from now on."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeSite, Object: "reader", Facts: []Fact{FactProtocol, FactClock, FactStores},
		},
		{
			ID: "RET-8", Severity: Critical, Sources: []Source{{DocHR, "telefoon 4"}}, Guidelines: []string{policy.GuidelineHR}, Related: []string{"HID-4"},
			applies: asksFor(isSpoken, "", calls), check: secret,
			Title:     policy.Text{NL: "Heimelijke opnames zonder strafbaar feit vernietigd", FR: "Enregistrements secrets sans infraction détruits", EN: "Secret recordings without offence destroyed"},
			Norm:      policy.Text{NL: "Blijkt uit een heimelijk opgenomen gesprek geen strafbaar feit, dan wordt de opname zo snel mogelijk vernietigd.", FR: "Si une conversation enregistrée en secret ne révèle pas d'infraction, l'enregistrement est détruit au plus vite.", EN: "Where a secretly recorded conversation shows no offence, the recording is destroyed as soon as possible."},
			Remedy:    policy.Text{NL: "Sluit het dossier, vernietig de opnames en alle kopieën, en leg vast wanneer dat is gebeurd.", FR: "Clôturez le dossier, détruisez les enregistrements et toutes les copies, et consignez quand cela a été fait.", EN: "Close the case, destroy the recordings and all copies, and note when that was done."},
			Statement: policy.Text{NL: "Van heimelijk opgenomen gesprekken waaruit geen strafbaar feit bleek, bestaat voor zover ik kan nagaan geen kopie meer.", FR: "Pour autant que je puisse le vérifier, il n'existe plus de copie de conversations enregistrées en secret qui n'ont pas révélé d'infraction.", EN: "As far as I can find out, no copy exists any more of secretly recorded conversations that showed no offence."},
			Every:     policy.Duration{Months: 12},
			Mode:      Half, Methods: []Method{Test, Examine}, Scope: ScopeProtocol, Object: "call", Facts: []Fact{FactClock, FactCases, FactCalls, FactStores},
		},
		{
			ID: "HLD-1", Severity: High, Sources: []Source{{DocHeusden, "art. 6"}, {DocHR, "camera 5"}}, Related: []string{"RET-1", "RET-2", "RET-3"}, check: held,
			Title:  policy.Text{NL: "Vastgehouden opnames horen bij een open dossier", FR: "Enregistrements gelés liés à un dossier ouvert", EN: "Held recordings belong to an open case"},
			Norm:   policy.Text{NL: "Opnames van een incident mogen langer blijven tot het is opgelost. Wat over zijn termijn is, hoort daarom bij één open dossier met een eigenaar, een reden en een dag waarop het opnieuw wordt beoordeeld.", FR: "Les enregistrements d'un incident peuvent rester jusqu'à sa résolution. Ce qui dépasse sa durée relève donc d'un seul dossier ouvert, avec un responsable, un motif et une date de révision.", EN: "Recordings of an incident may stay until it is settled. What is past its period therefore belongs to one open case, with an owner, a reason and a day on which it is reviewed."},
			Remedy: policy.Text{NL: "Koppel de opnames aan een open dossier met eigenaar, reden en beoordelingsdag, of wis ze.", FR: "Liez les enregistrements à un dossier ouvert avec responsable, motif et date de révision, ou effacez-les.", EN: "Link the recordings to an open case with owner, reason and review day, or erase them."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeProtocol, Object: "store", Facts: []Fact{FactProtocol, FactClock, FactStores, FactCases},
		},
		{
			ID: "HLD-2", Severity: Critical, Sources: []Source{{DocHR, "camera 7"}}, Guidelines: []string{policy.GuidelineHR}, Related: []string{"CON-6", "HLD-1"}, applies: anyAnnulled, check: annulled,
			Title:     policy.Text{NL: "Na nietigverklaring: camera's weg, opnames gewist", FR: "Après annulation: caméras retirées, enregistrements effacés", EN: "After annulment: cameras gone, recordings erased"},
			Norm:      policy.Text{NL: "Verklaart de ondernemingsraad het besluit nietig, dan worden de camera's verwijderd en de opnames gewist. Wat voor een dossier wordt vastgehouden gaat voor zolang het protocol of de functionaris gegevensbescherming dat zegt.", FR: "Si le conseil d'entreprise fait annuler la décision, les caméras sont retirées et les enregistrements effacés. Ce qui est gelé pour un dossier prime tant que le protocole ou le délégué à la protection des données le dit.", EN: "If the works council annuls the decision, the cameras are removed and the recordings erased. What is held for a case goes before for as long as the protocol or the data protection officer says so."},
			Remedy:    policy.Text{NL: "Haal de camera's weg en wis de opnames; laat de functionaris gegevensbescherming beslissen over wat voor dossiers wordt vastgehouden.", FR: "Retirez les caméras et effacez les enregistrements; faites décider le délégué à la protection des données de ce qui est gelé pour des dossiers.", EN: "Remove the cameras and erase the recordings; have the data protection officer decide about what is held for cases."},
			Statement: policy.Text{NL: "Na de nietigverklaring zijn de camera's verwijderd, en buiten de bekende opslag zijn geen opnames achtergebleven.", FR: "Après l'annulation, les caméras ont été retirées et aucun enregistrement n'est resté hors des stockages connus.", EN: "After the annulment the cameras were removed, and no recordings stayed behind outside the known stores."},
			Every:     policy.Duration{Months: 12},
			Mode:      Half, Methods: []Method{Test, Examine}, Scope: ScopeSite, Object: "camera", Facts: []Fact{FactProtocol, FactClock, FactScan, FactStores},
		},
	}
}
