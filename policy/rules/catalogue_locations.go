package rules

import "github.com/lensdop/lensdop/policy"

// locationsRules are the entries on where cameras hang, what they see, and the registers of them.
func locationsRules() []Rule {
	return []Rule{
		{
			ID: "LOC-1", Severity: Critical, Sources: []Source{{DocHeusden, "art. 2"}}, Related: []string{"REG-1"}, check: location,
			Title:  policy.Text{NL: "Camera op zijn plaats", FR: "Caméra à sa place", EN: "Camera in its place"},
			Norm:   policy.Text{NL: "Camera's hangen alleen op de plaatsen die het protocol noemt.", FR: "Les caméras se trouvent uniquement aux endroits que le protocole mentionne.", EN: "Cameras hang only at the places that the protocol names."},
			Remedy: policy.Text{NL: "Hang de camera terug waar het protocol haar noemt, of laat het protocol wijzigen voordat zij elders wordt gebruikt.", FR: "Remettez la caméra à l'endroit prévu par le protocole, ou faites modifier le protocole avant de l'utiliser ailleurs.", EN: "Put the camera back where the protocol names it, or have the protocol changed before it is used elsewhere."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeSite, Object: "camera", Facts: []Fact{FactScan, FactPlace, FactView},
		},
		{
			ID: "LOC-2", Severity: High, Sources: []Source{{DocOostrozebeke, "Aanleiding"}}, Related: []string{"LOC-1", "REG-1"}, check: fixed,
			Title:  policy.Text{NL: "Vaste camera's, in het afgesproken aantal", FR: "Caméras fixes, en nombre convenu", EN: "Fixed cameras, as many as agreed"},
			Norm:   policy.Text{NL: "Een camera die het protocol vast noemt kan niet draaien of inzoomen, en er hangen er niet meer of minder dan het protocol noemt. Anders ziet zij meer dan waarover is beslist.", FR: "Une caméra que le protocole qualifie de fixe ne peut ni tourner ni zoomer, et il n'y en a ni plus ni moins que le protocole n'en mentionne. Sinon elle voit plus que ce qui a été décidé.", EN: "A camera that the protocol calls fixed cannot turn or zoom, and there are neither more nor fewer than the protocol names. Else it sees more than was decided."},
			Remedy: policy.Text{NL: "Schakel draaien en zoomen in het apparaat uit, of laat het protocol de camera draaibaar noemen.", FR: "Désactivez la rotation et le zoom de l'appareil, ou faites inscrire la caméra comme orientable au protocole.", EN: "Switch turning and zooming off in the device, or have the protocol call the camera movable."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeSite, Object: "camera", Facts: []Fact{FactDevice, FactScan},
		},
		{
			ID: "LOC-3", Severity: High, Sources: []Source{{DocOostrozebeke, "Subsidiariteit"}}, check: view,
			Title:  policy.Text{NL: "Gezichtsveld en privacymaskers", FR: "Champ de vision et masques de confidentialité", EN: "Field of view and privacy masks"},
			Norm:   policy.Text{NL: "Er komen niet meer personen of plaatsen in beeld dan strikt nodig.", FR: "Pas plus de personnes ou de lieux à l'image que strictement nécessaire.", EN: "No more persons or places are in view than strictly needed."},
			Remedy: policy.Text{NL: "Richt de camera zoals vastgelegd, zet de maskers terug en verlaag zo nodig de beeldresolutie.", FR: "Orientez la caméra comme prévu, remettez les masques et réduisez au besoin la résolution.", EN: "Point the camera as recorded, put the masks back, and lower the resolution where needed."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeSite, Object: "camera", Facts: []Fact{FactView, FactMask, FactDetail},
		},
		{
			ID: "LOC-4", Severity: Medium, Sources: []Source{{DocOostrozebeke, "Subsidiariteit"}, {DocHR, "camera 2"}}, Related: []string{"PUR-9"},
			Title:     policy.Text{NL: "Camera's naast minder ingrijpende maatregelen", FR: "Caméras à côté de mesures moins intrusives", EN: "Cameras beside less intrusive measures"},
			Norm:      policy.Text{NL: "Camera's hangen er alleen naast andere, minder ingrijpende maatregelen. Kan het doel op een andere manier worden bereikt, dan gaat die voor.", FR: "Les caméras ne sont installées qu'à côté d'autres mesures, moins intrusives. Si le but peut être atteint autrement, cette autre voie est préférée.", EN: "Cameras hang only beside other, less intrusive measures. Where the purpose can be reached in another way, that way comes first."},
			Remedy:    policy.Text{NL: "Zet op een rij welke andere maatregelen er zijn en waarom zij niet volstaan, met datum, en laat dit opnieuw verklaren.", FR: "Dressez la liste datée des autres mesures et des raisons pour lesquelles elles ne suffisent pas, et faites renouveler l'attestation.", EN: "List, with a date, which other measures there are and why they do not suffice, and have it declared again."},
			Statement: policy.Text{NL: "Naast de camera's zijn er minder ingrijpende maatregelen, en ik heb nagegaan dat deze alleen niet volstaan.", FR: "Des mesures moins intrusives existent à côté des caméras, et j'ai vérifié qu'elles ne suffisent pas à elles seules.", EN: "There are less intrusive measures beside the cameras, and I have reviewed that these alone do not suffice."},
			Every:     policy.Duration{Months: 12},
			Mode:      Manual, Methods: []Method{Examine}, Scope: ScopeProtocol, Object: "governance",
		},
		{
			ID: "LOC-5", Severity: High, Sources: []Source{{DocOostrozebeke, "Subsidiariteit"}, {DocHR, "camera 2"}}, Related: []string{"HID-2"}, check: temporary,
			Title:  policy.Text{NL: "Tijdelijke camera weg na haar einddatum", FR: "Caméra temporaire retirée à la date de fin", EN: "Temporary camera gone after its last day"},
			Norm:   policy.Text{NL: "Camera's worden niet langer ingezet dan strikt nodig. Een tijdelijke of verborgen camera heeft een laatste dag, en is daarna van het netwerk.", FR: "Les caméras ne sont pas utilisées plus longtemps que strictement nécessaire. Une caméra temporaire ou cachée a un dernier jour, et n'est plus sur le réseau ensuite.", EN: "Cameras are not deployed longer than strictly needed. A temporary or hidden camera has a last day, and is off the network after it."},
			Remedy: policy.Text{NL: "Haal de camera weg. Is zij nog nodig, laat dan eerst opnieuw beslissen en zet de nieuwe einddatum in het protocol.", FR: "Retirez la caméra. Si elle reste nécessaire, faites d'abord prendre une nouvelle décision et inscrivez la nouvelle date de fin au protocole.", EN: "Remove the camera. If it is still needed, have that decided anew first and enter the new last day in the protocol."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeSite, Object: "camera", Facts: []Fact{FactProtocol, FactClock, FactScan},
		},
		{
			ID: "REG-1", Severity: Critical, Sources: []Source{{DocOostrozebeke, "Transparantie"}, {DocHeusden, "art. 1, 2"}}, Related: []string{"HID-1"}, check: unregistered,
			Title:  policy.Text{NL: "Onbekende camera", FR: "Caméra inconnue", EN: "Unregistered camera"},
			Norm:   policy.Text{NL: "Alle camera's staan in het cameraregister; verborgen camera's zijn er niet.", FR: "Toutes les caméras figurent au registre des caméras; il n'y a pas de caméra cachée.", EN: "All cameras are in the camera register; there are no hidden cameras."},
			Remedy: policy.Text{NL: "Zoek elke onbekende camera op; zet haar in het protocol of haal haar weg. Laat de gateway elk netwerk van de locatie doorzoeken.", FR: "Recherchez chaque caméra inconnue; inscrivez-la au protocole ou retirez-la. Faites parcourir par la passerelle chaque réseau du site.", EN: "Find each unregistered camera; enter it in the protocol or remove it. Let the gateway search every network of the site."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeSite, Object: "camera", Facts: []Fact{FactScan},
		},
		{
			ID: "REG-2", Severity: High, Sources: []Source{{DocOostrozebeke, "Transparantie"}}, Related: []string{"REG-3"}, applies: belgianCameras, check: declaredCameras,
			Title:     policy.Text{NL: "Camera's aangegeven bij de politie", FR: "Caméras déclarées à la police", EN: "Cameras declared to the police"},
			Norm:      policy.Text{NL: "Camera's die het publiek ziet worden aangegeven via aangiftecamera.be, ten laatste de dag vóór de ingebruikneming. Een camera die later kwam dan de laatste bijwerking staat misschien niet in de aangifte.", FR: "Les caméras visibles du public sont déclarées sur declarationcamera.be, au plus tard la veille de la mise en service. Une caméra arrivée après la dernière mise à jour n'y figure peut-être pas.", EN: "Cameras that see the public are declared at aangiftecamera.be, at the latest on the day before use. A camera that came after the last update may not be in the declaration."},
			Remedy:    policy.Text{NL: "Geef de camera's aan via aangiftecamera.be en zet datum en nummer in het protocol (registers.declaration).", FR: "Déclarez les caméras sur declarationcamera.be et inscrivez la date et le numéro au protocole (registers.declaration).", EN: "Declare the cameras at aangiftecamera.be, and enter date and number in the protocol (registers.declaration)."},
			Statement: policy.Text{NL: "Ik heb de aangifte op aangiftecamera.be vergeleken met het cameraregister: elke camera staat erin, op de juiste plaats.", FR: "J'ai comparé la déclaration sur declarationcamera.be avec le registre des caméras: chaque caméra y figure, au bon endroit.", EN: "I have compared the declaration at aangiftecamera.be with the camera register: every camera is in it, at the right place."},
			Every:     policy.Duration{Months: 12},
			Mode:      Half, Methods: []Method{Test, Examine}, Scope: ScopeProtocol, Object: "register", Facts: []Fact{FactProtocol, FactClock, FactInventory},
		},
		{
			ID: "REG-3", Severity: Medium, Sources: []Source{{DocOostrozebeke, "Dienst bevoegd"}}, Related: []string{"REG-2"}, applies: belgianCameras, check: validated,
			Title:     policy.Text{NL: "Aangifte elk jaar bevestigd", FR: "Déclaration validée chaque année", EN: "Declaration validated every year"},
			Norm:      policy.Text{NL: "ICT zet nieuwe camera's in de aangifte en bevestigt haar elk jaar, ook als er niets is veranderd. Wie dat niet doet kan worden geschrapt.", FR: "Le service informatique ajoute les nouvelles caméras à la déclaration et la valide chaque année, même sans changement. À défaut, elle peut être radiée.", EN: "ICT adds new cameras to the declaration and validates it every year, even if nothing changed. Else it may be struck out."},
			Remedy:    policy.Text{NL: "Werk de aangifte bij, bevestig haar en zet de datum in het protocol (registers.declaration.validated).", FR: "Mettez la déclaration à jour, validez-la et inscrivez la date au protocole (registers.declaration.validated).", EN: "Update the declaration, validate it, and enter the date in the protocol (registers.declaration.validated)."},
			Statement: policy.Text{NL: "Ik heb de aangifte bevestigd, en zij komt overeen met de camera's die er hangen.", FR: "J'ai validé la déclaration, et elle correspond aux caméras installées.", EN: "I have validated the declaration, and it agrees with the cameras that hang."},
			Every:     policy.Duration{Months: 12},
			Mode:      Half, Methods: []Method{Test, Examine}, Scope: ScopeProtocol, Object: "register", Facts: []Fact{FactProtocol, FactClock, FactInventory},
		},
		{
			ID: "REG-4", Severity: Medium, Sources: []Source{{DocOostrozebeke, "Transparantie"}}, check: record,
			Title:  policy.Text{NL: "Verwerkingsregister bijgewerkt", FR: "Registre des activités de traitement à jour", EN: "Record of processing activities up to date"},
			Norm:   policy.Text{NL: "Elke verwerking staat in het verwerkingsregister (AVG art. 30), zoals het protocol haar nu beschrijft en met de apparaten die er nu zijn.", FR: "Chaque traitement figure au registre des activités de traitement (RGPD art. 30), tel que le protocole le décrit et avec les appareils présents.", EN: "Each processing is in the record of processing activities (GDPR art. 30), as the protocol describes it now and with the devices that are there now."},
			Remedy: policy.Text{NL: "Werk het verwerkingsregister bij uit dit protocol en zet versie en datum in het protocol (registers.processing).", FR: "Mettez le registre à jour à partir de ce protocole et inscrivez-y la version et la date (registers.processing).", EN: "Bring the record up to date from this protocol, and enter version and date in the protocol (registers.processing)."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeProtocol, Object: "register", Facts: []Fact{FactProtocol, FactClock, FactInventory},
		},
		{
			ID: "REG-5", Severity: High, Sources: []Source{{DocPoliceUnion, "praktische invulling"}}, Guidelines: []string{policy.GuidelinePoliceUnion}, Related: []string{"REG-1", "DEV-1"}, check: systemsKnown,
			Title:  policy.Text{NL: "Voor elk systeem een protocol", FR: "Un protocole pour chaque système", EN: "A protocol for each system"},
			Norm:   policy.Text{NL: "Het is bekend welke systemen gegevens registreren, en voor elk daarvan is er een protocol.", FR: "On sait quels systèmes enregistrent des données, et chacun d'eux a un protocole.", EN: "It is known which systems register data, and each of them has a protocol."},
			Remedy: policy.Text{NL: "Beschrijf het systeem als verwerking in het protocol, of zet het uit.", FR: "Décrivez le système comme traitement au protocole, ou mettez-le hors service.", EN: "Describe the system as a processing in the protocol, or switch it off."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeProtocol, Object: "system", Facts: []Fact{FactProtocol, FactInventory},
		},
	}
}
