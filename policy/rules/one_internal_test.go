package rules

// EvaluateOnly judges one rule of the catalogue as Evaluate does, without the
// others: tests that go through many worlds for one rule at a time need no more.
func EvaluateOnly(f Facts, id string) []Finding {
	r, ok := Lookup(id)
	if !ok {
		return nil
	}
	scope := ScopeSite
	if f.Site == "" {
		scope = ScopeProtocol
	}
	f.index()
	site, known := f.Protocol.Site(f.Site)
	return r.judge(&f, scope, site, known || f.Site == "")
}
