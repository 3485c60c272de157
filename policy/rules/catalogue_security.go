package rules

import "github.com/lensdop/lensdop/policy"

// securityRules are the entries on how data and devices are secured.
func securityRules() []Rule {
	return []Rule{
		{
			ID: "SEC-1", Severity: High, Sources: []Source{{DocHeusden, "art. 3.1"}}, check: firmware,
			Title: policy.Text{NL: "Firmware", FR: "Micrologiciel", EN: "Firmware"},
			Norm:  policy.Text{NL: "De managers nemen voldoende maatregelen om de opnames te beveiligen.", FR: "Les responsables prennent des mesures suffisantes pour sécuriser les enregistrements.", EN: "The managers take sufficient measures to secure the recordings."},
			Mode:  Half, Methods: []Method{Test, Examine}, Scope: ScopeSite, Object: "store", Facts: []Fact{FactDevice},
		},
		{
			ID: "SEC-4", Severity: Medium, Sources: []Source{{DocHR, "volgsystemen 4"}}, check: plainLine,
			Title: policy.Text{NL: "Lijn van de badgelezer", FR: "Ligne du lecteur de badge", EN: "Badge reader's line"},
			Norm:  policy.Text{NL: "Volggegevens worden zorgvuldig bewaard en beveiligd.", FR: "Les données de suivi sont conservées avec soin et sécurisées.", EN: "Tracking data are kept with care."},
			Mode:  Half, Methods: []Method{Test, Examine}, Scope: ScopeSite, Object: "reader", Facts: []Fact{FactReader},
		},
	}
}
