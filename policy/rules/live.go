package rules

import (
	"slices"
	"time"

	"github.com/lensdop/lensdop/policy"
)

// Kinds of a Flow.
const flowLive = "live"

// clockSlack is how far the clocks of two logs of one gateway may be apart.
const clockSlack = 5 * time.Second

// pulled are the live streams of the sheet's site that somebody looked at: not
// those that a recorder or relay of the protocol pulls for itself. A stream of a
// camera that the protocol does not know counts: this gateway saw it.
func pulled(s *sheet, list []Flow) []Flow {
	var out []Flow
	for _, f := range list {
		c, known := s.registered(f.Camera)
		if f.Kind == flowLive && !f.Known && (!known || c.Site == s.Site) {
			out = append(out, f)
		}
	}
	return out
}

// strays are those of them that passed the relay by.
func strays(s *sheet, list []Flow) []Flow {
	return slices.DeleteFunc(pulled(s, list), func(f Flow) bool { return f.Relay })
}

// judgeFlows files one finding for each camera with streams that break the
// rule or leave it open, and one for all together if none does. Nothing of it
// names who pulled it.
func judgeFlows(s *sheet, list []Flow, judge func(f Flow, o *outcome)) {
	type tally struct {
		o           outcome
		count       int
		first, last time.Time
	}
	var order []string
	bad := map[string]*tally{}
	for _, f := range list {
		var o outcome
		if judge(f, &o); o.status() == Pass {
			continue
		}
		t := bad[f.Camera]
		if t == nil {
			t = &tally{first: f.At, last: f.At}
			bad[f.Camera] = t
			order = append(order, f.Camera)
		}
		t.count++
		if f.At.Before(t.first) {
			t.first = f.At
		}
		if f.At.After(t.last) {
			t.last = f.At
		}
		t.o.fails, t.o.doubts = once(t.o.fails, o.fails), once(t.o.doubts, o.doubts)
	}
	for _, camera := range order {
		t := bad[camera]
		c, _ := s.registered(camera)
		s.weigh("flow", Finding{
			Target: Target{Camera: camera}, Since: t.first, Why: Why{Article: article(c.Ref, s.site.Ref)},
			Evidence: []Evidence{{Kind: "network", Value: "live streams", Numbers: map[string]float64{"streams": float64(t.count)}, Collected: t.last}},
		}, say(
			"Camera %s: %d keer live beeld opgehaald, voor het eerst op %s, voor het laatst op %s",
			"Caméra %s: image en direct récupérée %d fois, la première fois le %s, la dernière le %s",
			"Camera %s: live pictures pulled %d times, first at %s, last at %s",
			orUnknown(camera), t.count, s.when(t.first), s.when(t.last)), policy.Text{}, t.o)
	}
	if len(bad) == 0 {
		s.add("flows", Finding{
			Status:   Pass,
			Text:     say("Opgehaalde beeldstromen die hiervoor tellen: %d, geen in strijd met de regel. De gateway ziet alleen wat langs haar netwerken gaat.", "Flux d'images récupérés qui comptent ici: %d, aucun contraire à la règle. La passerelle ne voit que ce qui passe par ses réseaux.", "Streams pulled that count here: %d, none against the rule. The gateway sees only what passes on its networks.", len(list)),
			Evidence: []Evidence{{Kind: "network", Value: "live streams", Numbers: map[string]float64{"streams": float64(len(list))}, Collected: s.Now}},
		})
	}
}

// once appends the texts that are not there yet.
func once(list, more []policy.Text) []policy.Text {
	for _, t := range more {
		if !slices.Contains(list, t) {
			list = append(list, t)
		}
	}
	return list
}

// liveAt tells whether the protocol allows live view at a site: as the site
// says, else as the protocol does; where neither speaks it is denied.
func liveAt(p *policy.Protocol, site policy.Site) bool {
	if site.LiveView != "" {
		return site.LiveView == policy.Allowed
	}
	return p.LiveView == policy.Allowed
}

// liveSomewhere tells whether the protocol allows live view at any site.
func liveSomewhere(p *policy.Protocol) bool {
	return slices.ContainsFunc(p.Sites, func(s policy.Site) bool { return liveAt(p, s) })
}

// liveView is LIVE-1 and LIVE-2: live view happens only at the sites that the
// protocol allows it at, by the roles that may, and not past the relay.
func liveView(s *sheet) {
	allowed := liveAt(s.Protocol, s.site)
	if list, ok := need(s, "sessions", Target{}, FactSessions, s.Sessions); ok {
		live := slices.DeleteFunc(sessionsHere(s, list), func(x Session) bool { return x.Verb != policy.VerbLive })
		judgeSessions(s, live, policy.Text{NL: "Meekijken", FR: "Visualisation en temps réel", EN: "Live view"}, func(x Session, o *outcome) {
			r := rightOf(s.Protocol, x.Role, policy.VerbLive, s.Site)
			switch {
			case !allowed:
				notHere(o)
			case !r.allowed:
				denied(s.Protocol, x, o)
			default:
				met(s.Protocol, x, r, o)
			}
		})
	}
	flows, ok := need(s, "flows", Target{}, FactFlows, s.Flows)
	if !ok {
		return
	}
	judgeFlows(s, pulled(s, flows), func(f Flow, o *outcome) {
		switch {
		case !allowed:
			notHere(o)
		case f.Relay: // stands in the sessions
		case f.Role == "":
			o.doubt("buiten de relay om, van welke rol is niet bekend", "en dehors du relais, le rôle n'est pas connu", "past the relay, which role it was is not known")
		case !rightOf(s.Protocol, f.Role, policy.VerbLive, s.Site).allowed:
			o.fail("buiten de relay om, door %s, die niet mag meekijken", "en dehors du relais, par %s, qui ne peut pas visualiser en temps réel", "past the relay, by %s, who may not view live", roleName(s.Protocol, f.Role))
		default:
			o.fail("buiten de relay om, die de regels bewaakt", "en dehors du relais, qui veille aux règles", "past the relay, which keeps the rules")
		}
	})
}

func notHere(o *outcome) {
	o.fail("het protocol staat meekijken op deze locatie niet toe", "le protocole n'autorise pas la visualisation en temps réel sur ce site", "the protocol does not allow live view at this site")
}
