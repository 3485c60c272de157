package rules

import "github.com/lensdop/lensdop/policy"

// hiddenRules are the entries on hidden devices, calls and sound.
func hiddenRules() []Rule {
	return []Rule{
		{
			ID: "AUD-1", Severity: High, Sources: []Source{{DocHeusden, "art. 1"}}, Related: []string{"HID-1"}, check: sound,
			Title: policy.Text{NL: "Geen geluid", FR: "Pas de son", EN: "No sound"},
			Norm:  policy.Text{NL: "Camera's nemen geen geluid op.", FR: "Les caméras n'enregistrent pas de son.", EN: "Cameras record no sound."},
			Mode:  Automatic, Methods: []Method{Test}, Scope: ScopeSite, Object: "camera", Facts: []Fact{FactDevice, FactStream},
		},
	}
}
