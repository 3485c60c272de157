package rules_test

// coveringCases are the rows for the entries in catalogue_covering.go.
func coveringCases() []ruleCase { return nil }
