package rules_test

// consentCases are the rows for the entries in catalogue_consent.go.
func consentCases() []ruleCase { return nil }
