package rules_test

// systemsCases are the rows for the entries in catalogue_systems.go.
func systemsCases() []ruleCase { return nil }
