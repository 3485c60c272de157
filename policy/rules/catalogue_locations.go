package rules

import "github.com/lensdop/lensdop/policy"

// locationsRules are the entries on where cameras hang, what they see, and the registers of them.
func locationsRules() []Rule {
	return []Rule{
		{
			ID: "LOC-1", Severity: Critical, Sources: []Source{{DocHeusden, "art. 2"}}, check: location,
			Title: policy.Text{NL: "Camera op zijn plaats", FR: "Caméra à sa place", EN: "Camera in its place"},
			Norm:  policy.Text{NL: "Camera's hangen alleen op de plaatsen die het protocol noemt.", FR: "Les caméras se trouvent uniquement aux endroits que le protocole mentionne.", EN: "Cameras hang only at the places that the protocol names."},
			Mode:  Automatic, Methods: []Method{Test}, Scope: ScopeSite, Object: "camera", Facts: []Fact{FactScan, FactPlace, FactView},
		},
		{
			ID: "LOC-3", Severity: High, Sources: []Source{{DocOostrozebeke, "Subsidiariteit"}}, check: view,
			Title: policy.Text{NL: "Gezichtsveld en privacymaskers", FR: "Champ de vision et masques de confidentialité", EN: "Field of view and privacy masks"},
			Norm:  policy.Text{NL: "Er komen niet meer personen of plaatsen in beeld dan strikt nodig.", FR: "Pas plus de personnes ou de lieux à l'image que strictement nécessaire.", EN: "No more persons or places are in view than strictly needed."},
			Mode:  Automatic, Methods: []Method{Test}, Scope: ScopeSite, Object: "camera", Facts: []Fact{FactStream, FactView, FactMask},
		},
		{
			ID: "REG-1", Severity: Critical, Sources: []Source{{DocOostrozebeke, "Transparantie"}, {DocHeusden, "art. 1, 2"}}, Related: []string{"HID-1"}, check: unregistered,
			Title: policy.Text{NL: "Onbekende camera", FR: "Caméra inconnue", EN: "Unregistered camera"},
			Norm:  policy.Text{NL: "Alle camera's staan in het cameraregister; verborgen camera's zijn er niet.", FR: "Toutes les caméras figurent au registre des caméras; il n'y a pas de caméra cachée.", EN: "All cameras are in the camera register; there are no hidden cameras."},
			Mode:  Automatic, Methods: []Method{Test}, Scope: ScopeSite, Object: "camera", Facts: []Fact{FactScan},
		},
	}
}
