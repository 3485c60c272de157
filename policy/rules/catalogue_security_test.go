package rules_test

// securityCases are the rows for the entries in catalogue_security.go.
func securityCases() []ruleCase { return nil }
