package rules

import (
	"slices"
	"strings"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
)

// Mode tells how much of a rule a machine can check.
type Mode string

// The modes.
const (
	Automatic Mode = "A" // by machine
	Half      Mode = "H" // partly by machine; a person attests the rest
	Manual    Mode = "T" // a person attests all of it
)

// Method is how evidence comes about, in the words of OSCAL.
type Method string

// The methods.
const (
	Test      Method = "TEST"      // a machine
	Examine   Method = "EXAMINE"   // a person reads documents
	Interview Method = "INTERVIEW" // a person asks people
)

// Scope tells what a rule is evaluated for.
type Scope string

// The scopes.
const (
	ScopeSite     Scope = "site"     // each site, by the agent at its gateway
	ScopeProtocol Scope = "protocol" // the protocol as a whole, by the server
)

// Source is one place in the seed documents that a rule was drawn from.
type Source struct {
	Document string `json:"document"` // one of the Doc ids
	Article  string `json:"article"`
}

// The documents that the rules were drawn from.
const (
	DocHeusden      = "Heusden"               // protocol of 4 May 2020 (NL)
	DocOostrozebeke = "Oostrozebeke"          // camera policy of 23 October 2024 (BE)
	DocPoliceUnion  = "NSPV"                  // guideline of a police union (BE)
	DocHR           = "HR do's and don'ts"    // article of 1 March 2023 (NL)
	DocWorksCouncil = "Works-council article" // (NL)
)

// Rule is one entry of the catalogue: what is demanded, and the pure function
// that judges it.
type Rule struct {
	ID       string      `json:"id"`
	Severity Severity    `json:"severity"`
	Mode     Mode        `json:"mode"`
	Methods  []Method    `json:"methods"`
	Scope    Scope       `json:"scope"`
	Object   string      `json:"object"` // camera, store, sign, reader, …: what it is about
	Title    policy.Text `json:"title"`
	// Norm explains in a sentence or two what is demanded, and why.
	Norm    policy.Text `json:"norm"`
	Sources []Source    `json:"sources"`
	// Guidelines, if any, bind only who adopted one of them (policy.Guideline ids).
	Guidelines []string `json:"guidelines,omitempty"`
	// Facts that the machine half needs; empty for Manual.
	Facts []Fact `json:"facts,omitempty"`
	// Remedy is what to do in general; findings say it more exactly.
	Remedy policy.Text `json:"remedy"`
	// Statement is what a person declares, and Every how often, for Half and Manual.
	Statement policy.Text     `json:"statement,omitzero"`
	Every     policy.Duration `json:"every,omitzero"` // zero: once, or until a change
	// Related rules speak of the same matter.
	Related []string `json:"related,omitempty"`

	// applies tells whether the protocol asks for this at all, and else why not; nil means always.
	applies func(p *policy.Protocol, site string) (bool, policy.Text)
	// declares tells whether there is anything to declare where the rule
	// applies, for rules that look for a system which most protocols do not
	// have; nil means always.
	declares func(p *policy.Protocol, site string) (bool, policy.Text)
	// check is the machine half; nil for Manual.
	check func(s *sheet)
}

// Source reads "Heusden art. 1, 2; Oostrozebeke: Transparantie".
func (r Rule) Source() string {
	list := make([]string, len(r.Sources))
	for i, s := range r.Sources {
		list[i] = s.Document + ": " + s.Article
	}
	return strings.Join(list, "; ")
}

// Table is the catalogue: every rule, in the order in which they are evaluated.
func Table() []Rule {
	return slices.Concat(
		locationsRules(), purposesRules(), retentionRules(), accessRules(), disclosureRules(), hiddenRules(),
		tellingRules(), rightsRules(), consentRules(), coveringRules(), securityRules(), systemsRules(),
	)
}

// Lookup returns the entry of the catalogue with the id.
func Lookup(id string) (Rule, bool) {
	list := Table()
	i := slices.IndexFunc(list, func(r Rule) bool { return r.ID == id })
	if i < 0 {
		return Rule{}, false
	}
	return list[i], true
}

// sheet collects the findings of one rule.
type sheet struct {
	*Facts

	rule Rule
	site policy.Site
	out  []Finding
	ids  unlike // of the findings filed so far
}

// add completes a finding and files it. The aspect tells apart several
// findings of one rule on one target.
func (s *sheet) add(aspect string, f Finding) {
	f.Target.Site = s.Site
	s.file(aspect, f)
}

// file is add for a finding that names its site itself: in the scope of the
// protocol one declaration per site can be due.
func (s *sheet) file(aspect string, f Finding) {
	f.Rule = s.rule.ID
	if f.Severity == "" {
		f.Severity = s.rule.Severity
	}
	if f.Title == (policy.Text{}) {
		f.Title = s.rule.Title
	}
	f.Why.Rules = append([]string{s.rule.ID}, s.rule.Related...)
	f.Why.Norm = s.rule.Norm
	if f.Why.Article == "" {
		f.Why.Article = s.rule.Source()
	}
	if s.Protocol != nil {
		f.Protocol = ProtocolRef{ID: s.Protocol.Metadata.ID, Version: s.Protocol.Metadata.Version}
	}
	if f.Method == "" {
		f.Method = Test
	}
	f.At = s.Now
	t := f.Target
	parts := []string{s.rule.ID}
	for _, p := range []string{aspect, t.Site, t.Device, t.Camera, t.Reader, t.Zone, t.Subject} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	// A record that the facts give twice makes two findings, so that neither
	// takes the other's place where findings are kept by id.
	if s.ids == nil {
		s.ids = unlike{}
	}
	f.ID = s.ids.name(strings.Join(parts, "/"))
	s.out = append(s.out, f)
}

// Evaluate judges every rule of the scope and returns all findings, those that
// pass among them, in the order of the table: for a site if the facts name
// one, else for the protocol as a whole. What people must declare (Half and
// Manual) belongs to the protocol as a whole, also for rules whose machine half
// is judged at each site; its findings have the aspect "attested". A rule that
// the protocol does not ask for is not applicable, with the reason. Without a
// protocol, or for a site that it does not have, each rule is an error.
//
// Findings that a waiver of the protocol covers carry it; a waiver beyond the
// limits is told by a finding of GOV-1.
func Evaluate(f Facts) []Finding {
	scope := ScopeSite
	if f.Site == "" {
		scope = ScopeProtocol
	}
	f.index()
	table := Table()
	var site policy.Site
	known := f.Protocol != nil
	if known && scope == ScopeSite {
		site, known = f.Protocol.Site(f.Site)
	}
	var out []Finding
	for _, r := range table {
		out = append(out, r.judge(&f, scope, site, known)...)
	}
	if !known {
		return out
	}
	out = waived(&f, table, out)
	assign(f.Protocol, out)
	return out
}

// judge returns the findings of one rule in a scope; known is false without a
// protocol that has the site. The facts are indexed.
func (r Rule) judge(f *Facts, scope Scope, site policy.Site, known bool) []Finding {
	machine := r.Scope == scope && r.check != nil
	human := scope == ScopeProtocol && r.Mode != Automatic
	if !machine && !human {
		return nil
	}
	s := &sheet{Facts: f, rule: r, site: site}
	if !known {
		s.add("", unknownSite(f.Site))
		return s.out
	}
	bound, why := r.Binds(f.Protocol, f.Site)
	if machine {
		if bound {
			r.check(s)
		} else {
			s.add("", Finding{Status: NotApplicable, Text: why})
		}
	}
	if human {
		attested(s, bound, why)
	}
	return s.out
}

func unknownSite(site string) Finding {
	if site == "" {
		return Finding{
			Status: Error,
			Text:   say("Er is geen protocol.", "Il n'y a pas de protocole.", "There is no protocol."),
			Remedy: say("Laad het protocol van de gemeente.", "Chargez le protocole de la commune.", "Load the municipality's protocol."),
		}
	}
	return Finding{
		Status: Error,
		Text:   say("Er is geen protocol voor locatie %q.", "Il n'y a pas de protocole pour le site %q.", "There is no protocol for site %q.", site),
		Remedy: say("Geef de agent een protocol dat deze locatie noemt.", "Donnez à l'agent un protocole qui mentionne ce site.", "Give the agent a protocol that names this site."),
	}
}

// assign gives each finding that needs a person an owner: who declares it, or
// else the first role that the protocol alerts of its severity. What is
// undelivered needs nobody here.
func assign(p *policy.Protocol, list []Finding) {
	roles := map[Severity][]string{Critical: p.Alerts.Critical, High: p.Alerts.High, Medium: p.Alerts.Medium, Low: p.Alerts.Low}
	for i := range list {
		f := &list[i]
		if f.Owner == "" && !f.Status.OK() && !f.Undelivered && len(roles[f.Severity]) > 0 {
			f.Owner = roles[f.Severity][0]
		}
	}
}

// Binds tells whether the protocol asks for what the rule demands, and if not,
// why not. With an empty site it speaks of the protocol as a whole.
func (r Rule) Binds(p *policy.Protocol, site string) (bool, policy.Text) {
	for _, e := range p.Rules.Except {
		if e.Rule == r.ID {
			return false, say("Het protocol neemt deze regel uit: %s", "Le protocole exclut cette règle: %s", "The protocol takes this rule out: %s", e.Because)
		}
	}
	if len(r.Guidelines) > 0 && !slices.ContainsFunc(p.Guidelines, func(g policy.Guideline) bool { return slices.Contains(r.Guidelines, g.ID) }) {
		return false, say(
			"Deze regel staat alleen in een richtlijn (%s) die dit protocol niet overneemt.",
			"Cette règle figure seulement dans une directive (%s) que ce protocole n'adopte pas.",
			"This rule stands only in a guideline (%s) that this protocol does not adopt.", r.Source())
	}
	if r.applies == nil {
		return true, policy.Text{}
	}
	return r.applies(p, site)
}

// need returns a gathered fact. Without it, it files that the target is
// unproven, and is false: as undelivered if nobody gathers it here at all.
func need[T any](s *sheet, aspect string, target Target, fact Fact, v devices.Value[T]) (T, bool) {
	got, ok := v.Get()
	if ok {
		return got, true
	}
	f := Finding{Target: target, Status: Unproven, Undelivered: v.IsZero()}
	if f.Undelivered {
		f.Text = say(
			"Niet te zeggen: niets in deze installatie verzamelt hiervoor de gegevens (%s).",
			"Impossible à dire: rien dans cette installation ne recueille les données nécessaires (%s).",
			"Cannot be told: nothing in this installation gathers the facts for it (%s).", factName(fact))
	} else {
		f.Text = say("Niet aangetoond (%s): %s.", "Non prouvé (%s): %s.", "Unproven (%s): %s.", factName(fact), words(v.Why()))
	}
	f.Remedy = s.rule.Remedy
	s.add(aspect, f)
	return got, false
}

// article picks the first reference that the protocol gives.
func article(refs ...string) string {
	for _, r := range refs {
		if r != "" {
			return r
		}
	}
	return ""
}
