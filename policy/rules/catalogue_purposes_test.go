package rules_test

// purposesCases are the rows for the entries in catalogue_purposes.go.
func purposesCases() []ruleCase { return nil }
