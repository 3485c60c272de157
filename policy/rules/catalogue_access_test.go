package rules_test

// accessCases are the rows for the entries in catalogue_access.go.
func accessCases() []ruleCase { return nil }
