package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lensdop/lensdop/policy"
)

// AspectAttested is the aspect of the findings on what people declare.
const AspectAttested = "attested"

// dueBefore is how many days before an attestation expires its owner hears of it.
const dueBefore = 30

// declaration is one declaration that counts for a rule at a site, with the
// interval that the protocol sets for it.
type declaration struct {
	site    string
	owner   string
	at      time.Time // zero: the date is missing
	hash    policy.Hash
	expires time.Time // zero: only the interval bounds it
}

// attested is the human half of a rule: one finding for the protocol as a
// whole, or one for each site as soon as an attestation names a site.
func attested(s *sheet, bound bool, why policy.Text) {
	method := Examine
	for _, m := range s.rule.Methods {
		if m != Test {
			method = m
			break
		}
	}
	if !bound && s.rule.Scope == ScopeSite {
		// What binds at one site must be declared, whatever it is for all together.
		bound = slices.ContainsFunc(s.Protocol.Sites, func(site policy.Site) bool {
			at, _ := s.rule.Binds(s.Protocol, site.ID)
			return at
		})
	}
	if bound && s.rule.declares != nil {
		bound, why = s.rule.declares(s.Protocol, "")
	}
	if !bound {
		s.file(AspectAttested, Finding{Status: NotApplicable, Text: why, Method: method})
		return
	}
	sites := []string{""}
	if s.attestedPerSite() {
		sites = nil
		for _, site := range s.Protocol.Sites {
			sites = append(sites, site.ID)
		}
	}
	for _, site := range sites {
		f := Finding{Status: NotApplicable}
		if site != "" {
			bound, f.Text = s.rule.Binds(s.Protocol, site)
		}
		if bound {
			f = s.attestation(site)
		}
		f.Method, f.Target.Site = method, site
		s.file(AspectAttested, f)
	}
}

// attestedPerSite tells whether any attestation of the rule names a site of
// the protocol.
func (s *sheet) attestedPerSite() bool {
	known := func(site string) bool {
		_, ok := s.Protocol.Site(site)
		return site != "" && ok
	}
	if slices.ContainsFunc(s.Protocol.Attestations, func(a policy.Attestation) bool { return a.Rule == s.rule.ID && known(a.Site) }) {
		return true
	}
	register, _ := s.Attestations.Get()
	return slices.ContainsFunc(register, func(d Declared) bool { return d.Rule == s.rule.ID && known(d.Site) })
}

// attestation judges what was declared for a site, or for all with an empty one.
func (s *sheet) attestation(site string) Finding {
	zone := s.Protocol.Location(site)
	covers := func(of string) bool { return of == "" || of == site }
	var asked []policy.Attestation
	var all []declaration
	for _, a := range s.Protocol.Attestations {
		if a.Rule != s.rule.ID || !covers(a.Site) {
			continue
		}
		asked = append(asked, a)
		if !a.Date.IsZero() || a.Document.SHA256 != "" {
			all = append(all, declaration{site: a.Site, owner: a.Owner, at: startOf(a.Date, zone), hash: a.Document.SHA256, expires: startOf(a.Expires, zone)})
		}
	}
	// What is asked of this site comes before what is asked of all.
	slices.SortStableFunc(asked, func(a, b policy.Attestation) int { return strings.Compare(b.Site, a.Site) })
	register, _ := s.Attestations.Get()
	for _, d := range register {
		if d.Rule == s.rule.ID && covers(d.Site) {
			all = append(all, declaration{site: d.Site, owner: d.Owner, at: d.At, hash: d.SHA256, expires: d.Expires})
		}
	}
	f := Finding{Status: Unproven}
	every, once := s.rule.Every, false
	if len(asked) > 0 {
		f.Owner, once = asked[0].Owner, asked[0].Once
		if !asked[0].Every.IsZero() {
			every = asked[0].Every
		}
		f.Why.Article = asked[0].Ref
	}
	last, ok := latestDeclaration(all, s.Now)
	_, registered := s.Attestations.Get()
	unread := !registered && !s.Attestations.IsZero()
	switch {
	case !ok && unread:
		f.Text = say("Of dit is verklaard is niet aangetoond: het register van verklaringen is niet te lezen (%s).", "Il n'est pas prouvé que ceci ait été attesté: le registre des attestations est illisible (%s).", "Whether this was attested is unproven: the register of attestations cannot be read (%s).", words(s.Attestations.Why()))
		f.Remedy = s.attestRemedy(asked, every)
		return f
	case !ok && len(all) > 0:
		f.Text = say("De enige verklaring draagt een datum in de toekomst (%s) en telt nog niet.", "La seule attestation porte une date future (%s) et ne compte pas encore.", "The only attestation bears a date in the future (%s) and does not count yet.", civilDay(all[0].at, zone))
		f.Remedy = s.attestRemedy(asked, every)
		return f
	case !ok && len(asked) == 0:
		f.Text = say("Een mens moet dit verklaren, maar het protocol vraagt het aan niemand.", "Une personne doit l'attester, mais le protocole ne le demande à personne.", "A person must attest this, but the protocol asks nobody to.")
		f.Remedy = s.attestRemedy(asked, every)
		return f
	case !ok:
		f.Text = s.byRole(f.Owner, "Dit is nog nooit verklaard; het protocol vraagt het aan de rol %s.", "Ceci n'a jamais été attesté; le protocole le demande au rôle %s.", "This was never attested; the protocol asks the role %s to.")
		f.Remedy = s.attestRemedy(asked, every)
		return f
	}
	end := last.expires
	if until := every.After(last.at.In(zone)); !once && !every.IsZero() && !last.at.IsZero() && (end.IsZero() || until.Before(end)) {
		end = until
	}
	end = end.In(zone) // thirty days before it are days of the calendar there
	e := Evidence{Kind: "attestation", Value: "attested", Collected: last.at, Expires: end, Hash: last.hash}
	if last.owner != "" {
		e.Value = "attested by role " + last.owner
	}
	f.Evidence = []Evidence{e}
	if f.Owner == "" {
		f.Owner = last.owner
	}
	if gaps := s.gaps(last, asked); len(gaps) > 0 {
		why := joinTexts(gaps)
		f.Text = policy.Text{NL: "De verklaring is niet volledig: " + why.NL + ".", FR: "L'attestation n'est pas complète: " + why.FR + ".", EN: "The attestation is not complete: " + why.EN + "."}
		f.Remedy = s.attestRemedy(asked, every)
		return f
	}
	made, until := civilDay(last.at, zone), civilDay(end, zone)
	switch {
	case end.IsZero():
		f.Status = Attested
		f.Text = s.byRole(last.owner, "Verklaard op "+made+" door de rol %s; geldt tot er iets verandert.", "Attesté le "+made+" par le rôle %s; valable jusqu'à un changement.", "Attested on "+made+" by the role %s; holds until something changes.")
	case !s.Now.Before(end) && unread:
		f.Text = say("De verklaring van %s is verlopen op %s; of er een nieuwere is, is niet aangetoond: het register is niet te lezen (%s).", "L'attestation du %s a expiré le %s; l'existence d'une plus récente n'est pas prouvée: le registre est illisible (%s).", "The attestation of %s expired on %s; whether there is a newer one is unproven: the register cannot be read (%s).", made, until, words(s.Attestations.Why()))
		f.Remedy = s.attestRemedy(asked, every)
	case !s.Now.Before(end):
		f.Status, f.Since = Expired, end
		f.Text = s.byRole(last.owner, "De verklaring van "+made+" door de rol %s is verlopen op "+until+".", "L'attestation du "+made+" par le rôle %s a expiré le "+until+".", "The attestation of "+made+" by the role %s expired on "+until+".")
		f.Remedy = s.attestRemedy(asked, every)
	case !s.Now.Before(end.AddDate(0, 0, -dueBefore)):
		f.Status, f.Due, f.DueSoon = Attested, end, true
		f.Text = s.byRole(last.owner, "Verklaard op "+made+" door de rol %s; moet vóór "+until+" opnieuw.", "Attesté le "+made+" par le rôle %s; à renouveler avant le "+until+".", "Attested on "+made+" by the role %s; must be made again before "+until+".")
	default:
		f.Status = Attested
		f.Text = s.byRole(last.owner, "Verklaard op "+made+" door de rol %s; geldt tot "+until+".", "Attesté le "+made+" par le rôle %s; valable jusqu'au "+until+".", "Attested on "+made+" by the role %s; holds until "+until+".")
	}
	return f
}

// latestDeclaration is the declaration that counts: the newest that does not lie in the
// future. One without a date counts only if there is no other.
func latestDeclaration(all []declaration, now time.Time) (declaration, bool) {
	var best declaration
	found := false
	for _, d := range all {
		if d.at.After(now) {
			continue
		}
		if !found || d.at.After(best.at) {
			best, found = d, true
		}
	}
	return best, found
}

// gaps tells what a declaration lacks to prove anything.
func (s *sheet) gaps(d declaration, asked []policy.Attestation) []policy.Text {
	var out []policy.Text
	if d.at.IsZero() {
		out = append(out, say("de datum ontbreekt", "la date manque", "the date is missing"))
	}
	if d.hash == "" {
		out = append(out, say("de hash van het document ontbreekt", "l'empreinte du document manque", "the hash of the document is missing"))
	}
	_, known := s.Protocol.Role(d.owner)
	switch {
	case d.owner == "":
		out = append(out, say("de rol die verklaart ontbreekt", "le rôle qui atteste manque", "the role that attests is missing"))
	case !known:
		out = append(out, say("de rol %q staat niet in het protocol", "le rôle %q ne figure pas au protocole", "the role %q is not in the protocol", d.owner))
	case len(asked) > 0 && !slices.ContainsFunc(asked, func(a policy.Attestation) bool { return a.Owner == "" || a.Owner == d.owner }):
		out = append(out, say("verklaard door de rol %s, terwijl het protocol de rol %s vraagt", "attesté par le rôle %s, alors que le protocole demande le rôle %s", "attested by the role %s while the protocol asks the role %s", d.owner, asked[0].Owner))
	default:
	}
	return out
}

// byRole puts the name of a role in each language into a text.
func (s *sheet) byRole(id, nl, fr, en string) policy.Text {
	name := func(lang string) string {
		if r, ok := s.Protocol.Role(id); ok && r.Name.In(lang) != "" {
			return r.Name.In(lang)
		}
		return orUnknown(id)
	}
	return policy.Text{NL: fmt.Sprintf(nl, name("nl")), FR: fmt.Sprintf(fr, name("fr")), EN: fmt.Sprintf(en, name("en"))}
}

// attestRemedy tells what to declare, who, and how often; where the protocol
// asks nobody, that it must be added first.
func (s *sheet) attestRemedy(asked []policy.Attestation, every policy.Duration) policy.Text {
	what := s.rule.Statement
	if what == (policy.Text{}) {
		what = s.rule.Title
	}
	if len(asked) == 0 {
		interval := "once: true"
		if !every.IsZero() {
			interval = "every: " + every.String()
		}
		return policy.Text{
			NL: fmt.Sprintf("Zet onder attestations: rule: %s, een rol als owner, %s. Laat die rol verklaren: %q", s.rule.ID, interval, what.In("nl")),
			FR: fmt.Sprintf("Ajoutez sous attestations: rule: %s, un rôle comme owner, %s. Faites attester par ce rôle: %q", s.rule.ID, interval, what.In("fr")),
			EN: fmt.Sprintf("Add under attestations: rule: %s, a role as owner, %s. Have that role attest: %q", s.rule.ID, interval, what.In("en")),
		}
	}
	return policy.Text{
		NL: fmt.Sprintf("Laat dit verklaren, met datum en de hash van het document: %q", what.In("nl")),
		FR: fmt.Sprintf("Faites attester ceci, avec la date et l'empreinte du document: %q", what.In("fr")),
		EN: fmt.Sprintf("Have this attested, with a date and the hash of the document: %q", what.In("en")),
	}
}

// startOf is the first instant of a date in a time zone; zero for no date.
func startOf(d policy.Date, zone *time.Location) time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, zone)
}

// civilDay writes the civil date of an instant at a place.
func civilDay(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return "-"
	}
	return policy.DateOf(t.In(zone)).String()
}
