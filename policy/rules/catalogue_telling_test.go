package rules_test

// tellingCases are the rows for the entries in catalogue_telling.go.
func tellingCases() []ruleCase { return nil }
