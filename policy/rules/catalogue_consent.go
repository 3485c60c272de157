package rules

// consentRules are the entries on the works council, the adoption and the evaluation.
func consentRules() []Rule {
	return nil
}
