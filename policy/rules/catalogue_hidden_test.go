package rules_test

// hiddenCases are the rows for the entries in catalogue_hidden.go.
func hiddenCases() []ruleCase { return nil }
