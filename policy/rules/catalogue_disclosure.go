package rules

// disclosureRules are the entries on who is handed data, and what is logged.
func disclosureRules() []Rule {
	return nil
}
