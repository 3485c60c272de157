package rules

import "github.com/lensdop/lensdop/policy"

// systemsRules are the entries on kinds of devices beside cameras, and the life of the protocol.
func systemsRules() []Rule {
	return []Rule{
		{
			ID: "DEV-1", Severity: High, Sources: []Source{{DocHR, "volgsystemen"}, {DocPoliceUnion, "voorbeelden"}}, check: registeredReaders,
			Title: policy.Text{NL: "Badgelezers in het register", FR: "Lecteurs de badge au registre", EN: "Badge readers in the register"},
			Norm:  policy.Text{NL: "Ook toegang met badges valt onder het protocol: elke lezer staat erin.", FR: "L'accès par badge relève aussi du protocole: chaque lecteur y figure.", EN: "Access by badge falls under the protocol, too: every reader is in it."},
			Mode:  Automatic, Methods: []Method{Test}, Scope: ScopeSite, Object: "reader", Facts: []Fact{FactReader},
		},
	}
}
