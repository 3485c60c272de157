package rules

// retentionRules are the entries on how long data stay, and what may stay longer.
func retentionRules() []Rule {
	return nil
}
