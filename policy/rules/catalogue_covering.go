package rules

import "github.com/lensdop/lensdop/policy"

// coveringRules are the entries on covering and uncovering.
func coveringRules() []Rule {
	return []Rule{
		{
			ID: "BLK-1", Severity: Critical, Sources: []Source{{DocHeusden, "art. 5"}}, check: covered,
			Title: policy.Text{NL: "Camera afgeplakt", FR: "Caméra occultée", EN: "Camera covered"},
			Norm:  policy.Text{NL: "In speciale situaties, zoals verkiezingen, kunnen camera's worden afgeplakt.", FR: "Dans des situations spéciales, comme des élections, les caméras peuvent être occultées.", EN: "In special situations, such as elections, cameras can be covered."},
			Mode:  Automatic, Methods: []Method{Test}, Scope: ScopeSite, Object: "camera", Facts: []Fact{FactCover, FactStream},
		},
	}
}
