package rules

// rightsRules are the entries on what people can ask about data on them.
func rightsRules() []Rule {
	return nil
}
