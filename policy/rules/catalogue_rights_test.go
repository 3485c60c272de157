package rules_test

// rightsCases are the rows for the entries in catalogue_rights.go.
func rightsCases() []ruleCase { return nil }
