package rules_test

// retentionCases are the rows for the entries in catalogue_retention.go.
func retentionCases() []ruleCase { return nil }
