package rules

import (
	"slices"
	"time"

	"github.com/lensdop/lensdop/policy"
)

// pageFresh is how old a look at a published page may be to say anything about now.
const pageFresh = 31 * 24 * time.Hour

// What a Publication holds.
const (
	publishedPolicy = "policy"
	publishedData   = "data-list"
	publishedRoles  = "roles"
)

// published adds whether something can be found where people look: the page
// answers, was looked at lately and shows the version in force.
func published(s *sheet, ref string, name policy.Text, what ...string) {
	list, ok := need(s, "published", Target{}, FactPublications, s.Publications)
	if !ok {
		return
	}
	found := false
	names := unlike{}
	for _, x := range list {
		if !slices.Contains(what, x.What) {
			continue
		}
		found = true
		var o outcome
		if !x.Alive {
			o.fail("niet bereikbaar op %s", "pas accessible le %s", "not to be reached at %s", s.when(x.At))
		}
		switch version := s.Protocol.Metadata.Version; x.Version {
		case version:
		case "":
			o.doubt("welke versie er staat is niet bekend", "on ignore quelle version s'y trouve", "which version is there is not known")
		default:
			o.fail("er staat versie %s, het protocol is versie %s", "on y trouve la version %s, le protocole est en version %s", "version %s is there, the protocol is version %s", x.Version, version)
		}
		if x.At.After(s.Now) || s.Now.Sub(x.At) > pageFresh {
			o.doubt("voor het laatst bekeken op %s", "consulté pour la dernière fois le %s", "last looked at at %s", s.when(x.At))
		}
		s.weigh("published", Finding{
			Target: Target{Subject: names.name(orUnknown(x.Where))}, Why: Why{Article: ref},
			Evidence: []Evidence{{Kind: "page", Value: x.What, Collected: x.At, Expires: x.At.Add(pageFresh)}},
		}, say("%s op %s", "%s à %s", "%s at %s", name, orUnknown(x.Where)),
			say("%s staat op %s, versie %s, bekeken op %s.", "%s se trouve à %s, version %s, consulté le %s.", "%s is at %s, version %s, looked at at %s.", name, orUnknown(x.Where), x.Version, s.when(x.At)), o)
	}
	if !found {
		s.add("published", Finding{
			Status: Fail, Remedy: s.rule.Remedy, Why: Why{Article: ref},
			Text: say("%s is nergens gepubliceerd.", "%s: publié nulle part.", "%s is published nowhere.", name),
		})
	}
}

// policyKnown is NOT-3: the policy can be found, and is explained to whoever is hired.
func policyKnown(s *sheet) {
	ref := ""
	if list := noticesTo(s.Protocol, audienceEmployees); len(list) > 0 {
		ref = list[0].Ref
	}
	published(s, ref, policy.Text{NL: "Het protocol", FR: "Le protocole", EN: "The protocol"}, publishedPolicy)
	hired := noticesTo(s.Protocol, audienceNew)
	if len(hired) == 0 {
		s.add("hiring", Finding{
			Status: Unproven, Remedy: s.rule.Remedy,
			Text: say("Het protocol noemt geen uitleg bij indiensttreding: dat nieuwe medewerkers het kennen is niet aangetoond.", "Le protocole ne mentionne aucune explication à l'entrée en service: rien ne prouve que les nouveaux agents le connaissent.", "The protocol names no explanation at hiring: that new employees know it is unproven."),
		})
	}
	for _, n := range hired {
		target := Target{Subject: n.ID}
		list, ok := need(s, "hiring", target, FactNotices, s.Notices)
		if !ok {
			continue
		}
		var o outcome
		count, late, open, short := 0, 0, 0, 0
		zone := s.Protocol.Location("")
		for _, g := range list {
			if g.Notice != n.ID {
				continue
			}
			count++
			due := g.Due
			if !due.IsZero() {
				due = startOf(policy.DateOf(due.In(zone)).AddDays(1), zone) // that day still counts
			}
			switch {
			case g.At.IsZero() && due.IsZero():
				o.doubt("van een mededeling is tijd noch termijn bekend", "pour un avis, ni la date ni l'échéance ne sont connues", "of one notice neither time nor due day is known")
			case g.At.IsZero() && s.Now.Before(due), g.At.After(s.Now):
				open++
			case g.At.IsZero(), !due.IsZero() && !g.At.Before(due):
				late++
			case g.Receipts < g.Of:
				short += g.Of - g.Receipts
			default:
			}
		}
		if late > 0 {
			o.fail("%d van de %d keer niet of te laat gegeven", "%d fois sur %d pas donné ou trop tard", "%d of %d times not given, or too late", late, count)
		}
		if short > 0 {
			o.fail("van %d mensen ontbreekt het ontvangstbewijs", "l'accusé de réception de %d personnes manque", "the receipt of %d people is missing", short)
		}
		s.weigh("hiring", Finding{
			Target: target, Why: Why{Article: n.Ref},
			Evidence: []Evidence{{Kind: "register", Value: "notices", Numbers: map[string]float64{"given": float64(count - late - open), "late": float64(late), "not due yet": float64(open)}, Collected: s.Now}},
		}, say("Uitleg bij indiensttreding (%s)", "Explication à l'entrée en service (%s)", "Explanation at hiring (%s)", n.ID),
			say("Uitleg bij indiensttreding (%s): %d nieuwe medewerkers, geen te laat; %d nog binnen de termijn.", "Explication à l'entrée en service (%s): %d nouveaux agents, aucun trop tard; %d encore dans le délai.", "Explanation at hiring (%s): %d new employees, none too late; %d still within the time.", n.ID, count, open), o)
	}
}

// dataKnown is NOT-5: employees can find which data are kept about them, and why.
func dataKnown(s *sheet) {
	for _, q := range s.Protocol.Processing {
		if q.Checker {
			continue
		}
		d := q.DataCategories
		var o outcome
		if !d.Video && !d.Audio && !d.Biometrics && len(d.Fields) == 0 && len(d.Analytics) == 0 {
			o.doubt("het protocol zegt niet welke gegevens", "le protocole ne dit pas quelles données", "the protocol does not say which data")
		}
		if len(q.Purposes) == 0 {
			o.fail("het protocol zegt niet waarom", "le protocole ne dit pas pourquoi", "the protocol does not say why")
		}
		s.weigh("data", Finding{Target: Target{Subject: q.ID}, Why: Why{Article: article(d.Ref, q.Ref)}},
			say("Gegevens van %s", "Données de %s", "Data of %s", processingName(q)),
			say("Het protocol zegt welke gegevens %s bewaart, en waarom.", "Le protocole dit quelles données %s conserve, et pourquoi.", "The protocol says which data %s keeps, and why.", processingName(q)), o)
	}
	published(s, "", policy.Text{NL: "De lijst van gegevens over medewerkers", FR: "La liste des données sur les agents", EN: "The list of data about employees"}, publishedData)
}

// entitledStated is NOT-6: the protocol states which functions may look and
// how, and that can be read.
func entitledStated(s *sheet) {
	list := grants(s.Protocol, "", policy.SeesPictures)
	roles := rolesOf(list)
	f := Finding{Status: Fail, Remedy: s.rule.Remedy}
	f.Text = say("Het protocol noemt geen functies die mogen kijken of luisteren.", "Le protocole ne mentionne aucune fonction habilitée à regarder ou écouter.", "The protocol states no functions that may look or listen.")
	if len(roles) > 0 {
		f = Finding{
			Status: Pass, Why: Why{Article: list[0].right.ref},
			Text: say("Het protocol noemt de functies die mogen kijken of luisteren: %s.", "Le protocole mentionne les fonctions habilitées à regarder ou écouter: %s.", "The protocol states the functions that may look or listen: %s.", roleNames(s.Protocol, roles)),
		}
	}
	s.add("functions", f)
	asking := 0 // functions that may look on conditions only
	for _, role := range roles {
		if slices.ContainsFunc(list, func(g granted) bool { return g.role == role && len(g.right.needs) > 0 }) {
			asking++
		}
	}
	f = Finding{Status: Fail, Remedy: s.rule.Remedy}
	f.Text = say("Het protocol zegt niet hoe opnames worden geraadpleegd: geen stappen (access_flow), en geen voorwaarden bij de functies (require).", "Le protocole ne dit pas comment les enregistrements sont consultés: ni étapes (access_flow), ni conditions pour les fonctions (require).", "The protocol does not say how recordings are consulted: no steps (access_flow), and no conditions with the functions (require).")
	switch steps := len(s.Protocol.AccessFlow); {
	case steps > 0:
		f = Finding{
			Status: Pass, Why: Why{Article: s.Protocol.AccessFlow[0].Ref},
			Text: say("Het protocol zegt hoe opnames worden geraadpleegd: %s.", "Le protocole dit comment les enregistrements sont consultés: %s.", "The protocol says how recordings are consulted: %s.",
				plural(steps, policy.Text{NL: "stap", FR: "étape", EN: "step"}, policy.Text{NL: "stappen", FR: "étapes", EN: "steps"})),
		}
	case asking > 0:
		f = Finding{
			Status: Pass, Why: Why{Article: list[0].right.ref},
			Text: say("Het protocol noemt geen stappen, maar zegt onder welke voorwaarden opnames worden geraadpleegd, bij %s.", "Le protocole n'indique pas d'étapes, mais dit à quelles conditions les enregistrements sont consultés, pour %s.", "The protocol names no steps, but says on which conditions recordings are consulted, for %s.",
				plural(asking, policy.Text{NL: "functie", FR: "fonction", EN: "function"}, policy.Text{NL: "functies", FR: "fonctions", EN: "functions"})),
		}
	default:
	}
	s.add("procedure", f)
	published(s, "", policy.Text{NL: "Wie mag kijken en hoe", FR: "Qui peut regarder et comment", EN: "Who may look and how"}, publishedRoles, publishedPolicy)
}
