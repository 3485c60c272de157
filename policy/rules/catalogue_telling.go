package rules

// tellingRules are the entries on signs, notices, and what people hear of a consultation.
func tellingRules() []Rule {
	return nil
}
