package rules

import (
	"slices"
	"time"

	"github.com/lensdop/lensdop/policy"
)

// agentFresh is how old an agent's word on its version may be.
const agentFresh = 24 * time.Hour

// currentVersion is GOV-2: the protocol says which one it withdraws and from
// when it holds, every agent works by it, and the law that it names still holds.
func currentVersion(s *sheet) {
	inEffect(s)
	withdraws(s)
	lawHolds(s)
	list, ok := need(s, "agent", Target{}, FactAgents, s.Agents)
	if !ok {
		return
	}
	m := s.Protocol.Metadata
	heard := map[string]bool{}
	for _, a := range list {
		heard[a.Site] = true
		f := Finding{Target: Target{Subject: a.Agent}, Evidence: []Evidence{{Kind: "agent", Value: a.Protocol.ID + " " + a.Protocol.Version, Collected: a.At}}}
		switch {
		case a.At.IsZero() || a.At.Add(agentFresh).Before(s.Now) || a.Protocol == (ProtocolRef{}): // it has told nothing, or nothing lately
			f.Status = Unproven
			f.Text = say("Agent %s meldde op %s versie %s; welke nu geldt is niet aangetoond.", "L'agent %s a annoncé le %s la version %s; celle en vigueur maintenant n'est pas prouvée.", "Agent %s told of version %[3]s on %[2]s; which is in force now is unproven.", a.Agent, localTime(a.At, s.clockZone()), orUnknown(a.Protocol.Version))
		case a.Protocol.ID != m.ID || a.Protocol.Version != m.Version:
			f.Status = Fail
			f.Text = say("Agent %s werkt volgens %s versie %s, niet volgens versie %s.", "L'agent %s applique %s version %s, et non la version %s.", "Agent %s works by %s version %s, not by version %s.", a.Agent, orUnknown(a.Protocol.ID), orUnknown(a.Protocol.Version), m.Version)
		default:
			f.Status = Pass
			f.Text = say("Agent %s werkt volgens versie %s.", "L'agent %s applique la version %s.", "Agent %s works by version %s.", a.Agent, m.Version)
		}
		s.conclude("agent", f)
	}
	for _, site := range s.Protocol.Sites {
		if !heard[site.ID] && len(s.Protocol.CamerasOf(site.ID))+len(s.Protocol.ReadersOf(site.ID)) > 0 {
			s.conclude("site", Finding{Target: Target{Subject: site.ID}, Status: Unproven, Text: say("Van locatie %s meldde geen agent welke versie geldt.", "Sur le site %s, aucun agent n'a annoncé sa version.", "At site %s no agent told which version is in force.", site.Name)})
		}
	}
}

func inEffect(s *sheet) {
	m := s.Protocol.Metadata
	f := Finding{Why: Why{Article: article(m.Effective.Ref)}}
	date, published := effectiveDate(m), m.Published.Date
	switch {
	case date.IsZero():
		f.Status = Unproven
		f.Text = say("Het protocol zegt niet vanaf welke dag het geldt.", "Le protocole ne dit pas à partir de quel jour il est en vigueur.", "The protocol does not say from which day it is in force.")
	case m.Effective.Rule == ruleDayAfter && !published.IsZero() && date != published.AddDays(1):
		f.Status = Fail
		f.Text = say("Het protocol is op %s bekendgemaakt en moet daags daarna gelden, maar noemt %s.", "Le protocole, publié le %s, doit être en vigueur le lendemain, mais indique le %s.", "The protocol was published on %s and is to be in force the day after, but says %s.", published, date)
	case s.Now.Before(startOf(date, s.clockZone())):
		f.Status = Fail
		f.Text = say("Dit protocol geldt pas vanaf %s; tot dan geldt het vorige.", "Ce protocole n'est en vigueur qu'à partir du %s; d'ici là, le précédent s'applique.", "This protocol is in force only from %s; until then the previous one holds.", date)
	default:
		f.Status = Pass
		f.Text = say("Het protocol geldt vanaf %s.", "Le protocole est en vigueur à partir du %s.", "The protocol is in force from %s.", date)
	}
	s.conclude("effective", restingOn(f, effectiveFrom(m)))
}

// withdraws judges the chain of versions. An empty list in the file says that
// there was none before; no list says nothing.
func withdraws(s *sheet) {
	m := s.Protocol.Metadata
	if m.Supersedes == nil {
		s.conclude("withdraws", Finding{Status: Unproven, Text: say("Het protocol zegt niet welk eerder protocol het intrekt, en ook niet dat er geen was.", "Le protocole ne dit pas quel protocole antérieur il abroge, ni qu'il n'y en avait pas.", "The protocol does not say which earlier one it withdraws, nor that there was none.")})
		return
	}
	f := Finding{Status: Pass, Text: say("Er was geen eerder protocol.", "Il n'y avait pas de protocole antérieur.", "There was no earlier protocol.")}
	for _, e := range m.Supersedes {
		f.Target, f.Why, f.Since = Target{Subject: e.ID}, Why{Article: article(e.Ref)}, time.Time{}
		switch {
		case e.Adopted.IsZero() || m.Adopted.Date.IsZero():
			f.Status = Unproven
			f.Text = say("Dat %s ouder is dan dit protocol is niet aangetoond: een van de data van vaststelling ontbreekt.", "Il n'est pas prouvé que %s est antérieur à ce protocole: une des dates d'adoption manque.", "That %s is older than this protocol is unproven: one of the dates of adoption is missing.", e.ID)
		case compareDates(e.Adopted, m.Adopted.Date) >= 0:
			f.Status = Fail
			f.Text = say("Het ingetrokken protocol %s (%s) is niet ouder dan dit (%s).", "Le protocole abrogé %s (%s) n'est pas antérieur à celui-ci (%s).", "The withdrawn protocol %s (%s) is not older than this one (%s).", e.ID, e.Adopted, m.Adopted.Date)
		default:
			f.Status = Pass
			f.Text = say("Dit protocol trekt %s van %s in.", "Ce protocole abroge %s du %s.", "This protocol withdraws %s of %s.", e.ID, e.Adopted)
		}
		s.conclude("withdraws", f)
	}
	if len(m.Supersedes) == 0 {
		s.conclude("withdraws", f)
	}
}

// lawHolds shows references to law that no longer holds (conflict 18). One that
// the file itself marks as inspiration, or as replaced by what it names, is told as such.
func lawHolds(s *sheet) {
	for _, l := range s.Protocol.Metadata.Law {
		f := Finding{Target: Target{Subject: l.ID}, Why: Why{Article: article(l.Ref)}, Status: Pass, Text: say("Het protocol rust op %s. Voor zover dit bestand zegt, geldt dat: het noemt geen einde en geen opvolger.", "Le protocole repose sur %s. D'après ce fichier, c'est en vigueur: il n'indique ni fin ni successeur.", "The protocol rests on %s. As far as this file says, that holds: it gives no end and no successor.", l.Text)}
		ended := !l.Until.IsZero() && compareDates(l.Until, s.civilToday()) <= 0
		next := slices.IndexFunc(s.Protocol.Metadata.Law, func(x policy.Law) bool { return x.ID == l.Successor && x.ID != l.ID })
		switch {
		case l.Status == policy.LawInspiration:
			f.Status = NotApplicable
			f.Text = say("%s is hier alleen inspiratie.", "%s sert seulement d'inspiration ici.", "%s is only inspiration here.", l.Text)
		case !ended && l.Status != policy.LawReplaced && !l.Until.IsZero():
			f.Text = say("Het protocol rust op %s. Volgens dit bestand geldt dat tot %s.", "Le protocole repose sur %s. D'après ce fichier, c'est en vigueur jusqu'au %s.", "The protocol rests on %s. By this file that holds until %s.", l.Text, l.Until)
		case !ended && l.Status != policy.LawReplaced:
		case l.Status == policy.LawReplaced && next >= 0:
			f.Text = say("Volgens dit bestand geldt %s niet meer; het protocol rust nu op %s.", "D'après ce fichier, %s n'est plus en vigueur; le protocole repose maintenant sur %s.", "By this file %s no longer holds; the protocol now rests on %s.", l.Text, s.Protocol.Metadata.Law[next].Text)
		default:
			f.Status = Fail
			f.Text = say("Het protocol rust op %s, dat niet meer geldt (sinds %s); opvolger: %s.", "Le protocole repose sur %s, qui n'est plus en vigueur (depuis le %s); successeur: %s.", "The protocol rests on %s, which no longer holds (since %s); successor: %s.", l.Text, orUnknown(l.Until.String()), orUnknown(l.Successor))
		}
		s.conclude("law", f)
	}
}
