package rules

// purposesRules are the entries on what data are for, and what they may never be for.
func purposesRules() []Rule {
	return nil
}
