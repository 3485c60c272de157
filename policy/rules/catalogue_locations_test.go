package rules_test

// locationsCases are the rows for the entries in catalogue_locations.go.
func locationsCases() []ruleCase { return nil }
