package rules

import (
	"fmt"
	"strings"
	"time"

	"github.com/lensdop/lensdop/policy"
)

// listed joins texts with a separator that all languages share.
func listed(list []policy.Text) policy.Text {
	var nl, fr, en []string
	for _, t := range list {
		nl, fr, en = append(nl, t.In("nl")), append(fr, t.In("fr")), append(en, t.In("en"))
	}
	return policy.Text{NL: strings.Join(nl, "; "), FR: strings.Join(fr, "; "), EN: strings.Join(en, "; ")}
}

// outcome collects what speaks against one thing, and what is not known of it.
type outcome struct{ fails, doubts []policy.Text }

func (o *outcome) fail(nl, fr, en string, args ...any) {
	o.fails = append(o.fails, say(nl, fr, en, args...))
}

func (o *outcome) doubt(nl, fr, en string, args ...any) {
	o.doubts = append(o.doubts, say(nl, fr, en, args...))
}

// status is a fail if anything speaks against it, else unproven if anything is
// not known, else a pass.
func (o *outcome) status() Status {
	switch {
	case len(o.fails) > 0:
		return Fail
	case len(o.doubts) > 0:
		return Unproven
	default:
		return Pass
	}
}

// reasons lists what speaks against it, and then what is not known.
func (o *outcome) reasons() policy.Text {
	return listed(append(append([]policy.Text{}, o.fails...), o.doubts...))
}

// weigh files the outcome: with the reasons and the rule's remedy, or with
// the text for a pass.
func (s *sheet) weigh(aspect string, f Finding, what, pass policy.Text, o outcome) {
	f.Status = o.status()
	if f.Status == Pass {
		f.Text = pass
	} else {
		f.Text = say("%s: %s.", "%s: %s.", "%s: %s.", what, o.reasons())
		if f.Remedy == (policy.Text{}) {
			f.Remedy = s.rule.Remedy
		}
	}
	s.add(aspect, f)
}

// unlike gives each of several things of the same name a name of its own.
type unlike map[string]int

func (u unlike) name(s string) string {
	u[s]++
	if n := u[s]; n > 1 {
		return fmt.Sprintf("%s#%d", s, n)
	}
	return s
}

// roleName is how people know a role; an id that is no role says so.
func roleName(p *policy.Protocol, id string) policy.Text {
	r, ok := p.Role(id)
	switch {
	case id == "":
		return policy.Text{NL: "rol niet vermeld", FR: "rôle non mentionné", EN: "role not stated"}
	case !ok:
		return say("%q, geen rol van dit protocol", "%q, pas un rôle de ce protocole", "%q, no role of this protocol", id)
	case r.Name == policy.Text{}:
		return policy.Text{NL: id, FR: id, EN: id}
	default:
		return r.Name
	}
}

// roleNames lists roles, each once in the order given.
func roleNames(p *policy.Protocol, ids []string) policy.Text {
	var list []policy.Text
	for _, id := range ids {
		list = once(list, []policy.Text{roleName(p, id)})
	}
	return listed(list)
}

// verbName is how people know a verb.
func verbName(verb string) policy.Text {
	switch verb {
	case policy.VerbLive:
		return policy.Text{NL: "meekijken", FR: "visualisation en temps réel", EN: "live view"}
	case policy.VerbSearch:
		return policy.Text{NL: "zoeken in opnames", FR: "recherche dans les enregistrements", EN: "searching recordings"}
	case policy.VerbPlayback:
		return policy.Text{NL: "terugkijken of terugluisteren", FR: "relecture ou réécoute", EN: "playback"}
	case policy.VerbRetrieve:
		return policy.Text{NL: "opvragen van opnames", FR: "extraction d'enregistrements", EN: "retrieving recordings"}
	case policy.VerbExport:
		return policy.Text{NL: "uitvoeren van opnames", FR: "exportation d'enregistrements", EN: "exporting recordings"}
	default:
		return policy.Text{NL: verb, FR: verb, EN: verb}
	}
}

// daysText is a number of days in words.
func daysText(n int) policy.Text {
	return plural(n, policy.Text{NL: "dag", FR: "jour", EN: "day"}, policy.Text{NL: "dagen", FR: "jours", EN: "days"})
}

// plural counts things: "1 day", "2 days"; in French none are singular.
func plural(n int, one, many policy.Text) policy.Text {
	pick := func(one, many string, single bool) string {
		if single {
			return fmt.Sprintf("%d %s", n, one)
		}
		return fmt.Sprintf("%d %s", n, many)
	}
	return policy.Text{NL: pick(one.NL, many.NL, n == 1), FR: pick(one.FR, many.FR, n <= 1), EN: pick(one.EN, many.EN, n == 1)}
}

// daysBetween counts whole days of 24 hours.
func daysBetween(from, to time.Time) int { return int(to.Sub(from) / (24 * time.Hour)) }

// processingName is how people know a processing; its id where the file names
// it in no language.
func processingName(q policy.Processing) policy.Text {
	if q.Name == (policy.Text{}) {
		return policy.Text{NL: q.ID, FR: q.ID, EN: q.ID}
	}
	return q.Name
}
