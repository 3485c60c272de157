package review

import "github.com/lensdop/lensdop/policy"

// chapter is one chapter of the readable document.
type chapter struct {
	title policy.Text
	keys  []string // of the protocol, in order
	// processing lists the keys of each processing that the chapter tells of,
	// in place of the key "processing".
	processing []string
	checker    bool // it tells of the checker's processing, whole
	problems   bool // it lists the problems that the file's check found
}

// chapters is the order in which people read a protocol. A test finds a key
// that stands in no chapter, or in two.
func chapters() []chapter {
	return []chapter{
		{
			title: policy.Text{NL: "Over dit protocol", FR: "À propos de ce protocole", EN: "About this protocol"},
			keys:  []string{"metadata", "guidelines", "apiVersion", "kind"},
		},
		{
			title: policy.Text{NL: "Waarvoor", FR: "Finalités", EN: "What it is for"},
			keys:  []string{"processing"},
			processing: []string{
				"name", "system", "checker", "purposes", "uses", "legal_basis", "controller", "processors", "dpo", "place", "data_subjects",
				"data_categories", "recording", "recipients", "subsidiarity", "dpia", "first_use",
			},
		},
		{
			title:      policy.Text{NL: "Wat niet mag", FR: "Ce qui est interdit", EN: "What is prohibited"},
			keys:       []string{"processing"},
			processing: []string{"prohibited_uses", "covert"},
		},
		{
			title: policy.Text{NL: "Waar de camera's en lezers zijn", FR: "Où sont les caméras et les lecteurs", EN: "Where the cameras and readers are"},
			keys:  []string{"sites", "camera_defaults", "cameras", "readers", "buttons", "devices", "discovery"},
		},
		{
			title:      policy.Text{NL: "Wie mag kijken, en hoe", FR: "Qui peut consulter, et comment", EN: "Who may look, and how"},
			keys:       []string{"roles", "permissions", "live_view", "access_flow", "processing", "discretion", "security", "logging", "breach"},
			processing: []string{"consultation", "viewable", "notify"},
		},
		{
			title:      policy.Text{NL: "Bewaren", FR: "Conservation", EN: "Retention"},
			keys:       []string{"processing", "holds", "stores"},
			processing: []string{"retention", "storage"},
		},
		{
			title: policy.Text{NL: "Afplakken in bijzondere situaties", FR: "Occultation en situation particulière", EN: "Covering in special situations"},
			keys:  []string{"blackout", "decisions"},
		},
		{
			title: policy.Text{NL: "Borden en mededelingen", FR: "Panneaux et avis", EN: "Signs and notices"},
			keys:  []string{"signs", "notices"},
		},
		{
			title: policy.Text{NL: "Ondernemingsraad of overlegcomité", FR: "Conseil d'entreprise ou comité de concertation", EN: "Works council or consultation committee"},
			keys:  []string{"works_council"},
		},
		{
			title: policy.Text{NL: "Rechten van betrokkenen", FR: "Droits des personnes concernées", EN: "Rights of data subjects"},
			keys:  []string{"rights"},
		},
		{
			title: policy.Text{NL: "Registers", FR: "Registres", EN: "Registers"},
			keys:  []string{"registers"},
		},
		{
			title: policy.Text{NL: "Wat mensen verklaren", FR: "Ce que des personnes attestent", EN: "What people attest"},
			keys:  []string{"attestations", "waivers", "rules"},
		},
		{
			title:   policy.Text{NL: "Lensdop zelf", FR: "Lensdop lui-même", EN: "Lensdop itself"},
			keys:    []string{"agent_restrictions"},
			checker: true,
		},
		{
			title: policy.Text{NL: "Alarmering", FR: "Alertes", EN: "Alerts"},
			keys:  []string{"alerts"},
		},
		{
			title:    policy.Text{NL: "Open punten en tegenstrijdigheden", FR: "Points ouverts et contradictions", EN: "Open questions and conflicts"},
			keys:     []string{"conflicts"},
			problems: true,
		},
	}
}

// tableColumns lists, for the types that are shown as a table, the keys that
// have a column; what else a block says stands below the table.
func tableColumns(typ string) []string {
	return map[string][]string{
		"Role":       {"id", "name", "scope", "nominative", "review_every"},
		"Permission": {"role", "allow", "deny", "require", "approved_by", "via", "sites"},
		"Camera":     {"id", "site", "zone", "sees", "type", "processing", "sound", "sign"},
		"Reader":     {"id", "site", "zone", "processing", "transport", "keeps", "biometrics"},
		"Store":      {"id", "site", "kind", "name", "processing", "location", "encrypted", "retention"},
		"Button":     {"id", "site", "zone", "processing", "test_every"},
	}[typ]
}

// lead names the key that says by itself what a short block is; the others
// follow in brackets. Types without one are shown as a list of statements.
func lead(typ string) string {
	return map[string]string{
		"Purpose": "text", "Use": "text", "Recipient": "text", "Zone": "name", "Network": "interface", "RuleException": "rule",
		"Law": "text", "Earlier": "title", "Guideline": "title", "Mask": "id", "Area": "id",
	}[typ]
}

// said tells which false values are statements in themselves: that a
// processing holds no sound is one.
func said(f field) bool { return f.typ == "DataCategories" || f.name() == "Mask.liftable" }
