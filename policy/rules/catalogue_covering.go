package rules

import "github.com/lensdop/lensdop/policy"

// coveringRules are the entries on covering and uncovering.
func coveringRules() []Rule {
	return []Rule{
		{
			ID: "BLK-1", Severity: Critical, Sources: []Source{{DocHeusden, "art. 5"}}, Related: []string{"BLK-2"}, check: covered,
			Title:  policy.Text{NL: "Camera afgeplakt", FR: "Caméra occultée", EN: "Camera covered"},
			Norm:   policy.Text{NL: "In speciale situaties, zoals verkiezingen, kunnen camera's worden afgeplakt. Zegt het protocol \"may\", dan geldt dat zodra het is besloten; zegt het \"must\", dan ook zonder besluit.", FR: "Dans des situations spéciales, comme des élections, les caméras peuvent être occultées. Si le protocole dit \"may\", cela vaut dès que c'est décidé; s'il dit \"must\", cela vaut aussi sans décision.", EN: "In special situations, such as elections, cameras can be covered. Where the protocol says \"may\", this holds once it is decided; where it says \"must\", also without a decision."},
			Remedy: coverRemedy(),
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeSite, Object: "camera", Facts: []Fact{FactProtocol, FactClock, FactCover, FactStream, FactOccasions},
		},
		{
			ID: "BLK-2", Severity: High, Sources: []Source{{DocHeusden, "art. 5 (afgeleid)"}}, Related: []string{"BLK-1", "LOC-3"}, check: restored,
			Title:  policy.Text{NL: "Camera weer open na vrijgave", FR: "Caméra découverte après la levée", EN: "Camera uncovered after release"},
			Norm:   policy.Text{NL: "Na de vrijgave toont elke camera weer haar vastgelegde beeld, binnen de tijd van het protocol (zonder opgave twee uur). Een camera die afgeplakt blijft bewaakt niemand.", FR: "Après la levée, chaque caméra montre de nouveau sa vue de référence, dans le délai du protocole (à défaut, deux heures). Une caméra qui reste occultée ne protège personne.", EN: "After the release each camera shows its reference view again, within the protocol's time (two hours where it does not say). A camera that stays covered guards nobody."},
			Remedy: policy.Text{NL: "Ga kijken: haal de afplakking weg, ook van de microfoon, en controleer of de camera nog goed gericht is.", FR: "Allez voir: retirez ce qui occulte la caméra, microphone compris, et vérifiez qu'elle est encore bien orientée.", EN: "Go and look: take the cover off, from the microphone too, and see whether the camera still points right."},
			Mode:   Automatic, Methods: []Method{Test}, Scope: ScopeSite, Object: "camera", Facts: []Fact{FactProtocol, FactClock, FactRestored},
		},
	}
}
