package rules_test

// disclosureCases are the rows for the entries in catalogue_disclosure.go.
func disclosureCases() []ruleCase { return nil }
