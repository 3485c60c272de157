package rules

import (
	"slices"
	"time"

	"github.com/lensdop/lensdop/policy"
)

// audiences of a Notice.
const (
	audienceCallers   = "callers"
	audienceEmployees = "employees"
	audienceNew       = "new-employees"
)

// noticesTo lists the notices of the protocol to an audience.
func noticesTo(p *policy.Protocol, audience string) []policy.Notice {
	var out []policy.Notice
	for _, n := range p.Notices {
		if n.Audience == audience {
			out = append(out, n)
		}
	}
	return out
}

// announced is CALL-2: callers hear before the call that it may be recorded. A
// scheduled call listens for it; where the protocol has it declared instead,
// a person does.
func announced(s *sheet) {
	notices := noticesTo(s.Protocol, audienceCallers)
	if len(notices) == 0 {
		s.add("notice", Finding{
			Status: Unproven, Remedy: s.rule.Remedy,
			Text: say("Het protocol noemt geen mededeling aan bellers: dat zij vooraf van de opname horen is niet aangetoond.", "Le protocole ne mentionne aucun avis aux appelants: rien ne prouve qu'ils sont informés au préalable de l'enregistrement.", "The protocol names no notice to callers: that they hear of the recording beforehand is unproven."),
		})
	}
	for _, n := range notices {
		target, why := Target{Subject: n.ID}, Why{Article: article(n.Ref, n.Document.Ref)}
		if n.Proof == "attestation" {
			s.add("notice", Finding{
				Target: target, Why: why, Status: NotApplicable,
				Text: say("Het protocol laat mededeling %s verklaren; er wordt geen proefgesprek gevoerd.", "Le protocole fait attester l'avis %s; aucun appel d'essai n'est effectué.", "The protocol has notice %s declared; no test call is made.", n.ID),
			})
			continue
		}
		list, ok := need(s, "notice", target, FactTestCalls, s.TestCalls)
		if !ok {
			continue
		}
		var last TestCall
		for _, c := range list {
			if c.Notice == n.ID && !c.At.After(s.Now) && !c.At.Before(last.At) {
				last = c
			}
		}
		every := n.Every
		if every.IsZero() {
			every = policy.Duration{Months: 1}
		}
		due := every.After(last.At.In(s.Protocol.Location("")))
		var o outcome
		switch {
		case last.At.IsZero():
			o.doubt("geen proefgesprek bekend", "aucun appel d'essai connu", "no test call is known")
		case !last.Heard:
			o.fail("in het proefgesprek van %s niet gehoord", "pas entendu lors de l'appel d'essai du %s", "not heard in the test call of %s", s.when(last.At))
		case !s.Now.Before(due):
			o.doubt("het laatste proefgesprek is van %s, ouder dan %s", "le dernier appel d'essai date du %s, il y a plus de %s", "the last test call is of %s, older than %s", s.when(last.At), every)
		default:
		}
		f := Finding{Target: target, Why: why}
		if !last.At.IsZero() {
			f.Due, f.Evidence = due, []Evidence{{Kind: "call", Value: "test call", Collected: last.At, Expires: due}}
		}
		s.weigh("notice", f, say("Mededeling %s aan bellers", "Avis %s aux appelants", "Notice %s to callers", n.ID),
			say("Mededeling %s aan bellers is gehoord in het proefgesprek van %s.", "L'avis %s aux appelants a été entendu lors de l'appel d'essai du %s.", "Notice %s to callers was heard in the test call of %s.", n.ID, s.when(last.At)), o)
	}
}

// firstRecording is when recording of calls began: the processing's first day
// of use or its first recording, whichever is earlier; zero if neither is known.
func firstRecording(s *sheet, q policy.Processing) time.Time {
	var first time.Time
	if !q.FirstUse.IsZero() {
		first = startOf(q.FirstUse, s.Protocol.Location(""))
	}
	calls, _ := s.Calls.Get()
	for _, c := range calls {
		i := slices.IndexFunc(s.Protocol.Stores, func(st policy.Store) bool { return st.ID == c.Store })
		if i >= 0 && s.Protocol.Stores[i].Processing != q.ID {
			continue
		}
		if first.IsZero() || c.At.Before(first) {
			first = c.At
		}
	}
	return first
}

// testedBefore is CALL-3: the privacy test and the notice to employees came
// before the first recording.
func testedBefore(s *sheet) {
	zone := s.Protocol.Location("")
	for _, q := range s.Protocol.Processing {
		if !records(q) {
			continue
		}
		target := Target{Subject: q.ID}
		first := firstRecording(s, q)
		if first.IsZero() {
			// Without any recording there is no first one: looked, and nothing there.
			if _, ok := need(s, "dpia", target, FactCalls, s.Calls); ok {
				s.add("dpia", Finding{
					Target: target, Why: Why{Article: q.Ref}, Status: NotApplicable,
					Text: say("Er is nog geen opname van %s en geen eerste dag van gebruik.", "Il n'y a encore ni enregistrement de %s ni premier jour d'utilisation.", "There is no recording of %s yet, and no first day of use.", processingName(q)),
				})
			}
			continue
		}
		began := policy.DateOf(first.In(zone))
		before := func(d policy.Date) bool { return startOf(d, zone).Before(startOf(began, zone)) }
		var o outcome
		switch {
		case q.DPIA.Date.IsZero():
			o.fail("geen DPIA of privacytoets, terwijl er is opgenomen of wordt opgenomen vanaf %s", "pas d'AIPD ni de test de confidentialité, alors que l'on enregistre depuis le %s", "no DPIA or privacy test, while recording began or begins on %s", began)
		case !before(q.DPIA.Date):
			o.fail("de DPIA is van %s, niet van voor de eerste opname (%s)", "l'AIPD date du %s, pas d'avant le premier enregistrement (%s)", "the DPIA is of %s, not from before the first recording (%s)", q.DPIA.Date, began)
		default:
		}
		f := Finding{Target: target, Why: Why{Article: article(q.DPIA.Ref, q.Ref)}, Evidence: []Evidence{{Kind: "register", Value: "first recording", Collected: first, Hash: q.DPIA.Document.SHA256}}}
		pass := say("De DPIA van %s is van %s, voor de eerste opname (%s).", "L'AIPD de %s date du %s, avant le premier enregistrement (%s).", "The DPIA of %s is of %s, before the first recording (%s).", processingName(q), q.DPIA.Date, began)
		_, gathered := s.Calls.Get()
		switch {
		case o.status() != Pass:
			s.weigh("dpia", f, say("Privacytoets van %s", "Test de confidentialité de %s", "Privacy test of %s", processingName(q)), pass, o)
		case q.DPIA.Document.SHA256 == "":
			s.onlySaid("dpia", "", f, pass)
		case !gathered: // a recording from before the first day that the file gives would count
			need(s, "dpia", target, FactCalls, s.Calls)
		default:
			f.Status, f.Text = Pass, pass
			s.add("dpia", f)
		}
		toldBefore(s, q, began)
	}
}

// toldBefore adds whether employees were told before a day.
func toldBefore(s *sheet, q policy.Processing, began policy.Date) {
	zone := s.Protocol.Location("")
	target := Target{Subject: q.ID}
	notices := noticesTo(s.Protocol, audienceEmployees)
	if len(notices) == 0 {
		s.add("told", Finding{
			Target: target, Status: Unproven, Remedy: s.rule.Remedy, Why: Why{Article: q.Ref},
			Text: say("Het protocol noemt geen mededeling aan medewerkers: dat zij vooraf van %s hoorden is niet aangetoond.", "Le protocole ne mentionne aucun avis aux agents: rien ne prouve qu'ils ont été informés au préalable de %s.", "The protocol names no notice to employees: that they heard of %s beforehand is unproven.", processingName(q)),
		})
		return
	}
	var shown, said time.Time // by the register or a document; by the file alone
	early := func(first *time.Time, t time.Time) {
		if first.IsZero() || t.Before(*first) {
			*first = t
		}
	}
	for _, n := range notices {
		switch {
		case n.Given.IsZero():
		case n.Document.SHA256 != "":
			early(&shown, startOf(n.Given, zone))
		default:
			early(&said, startOf(n.Given, zone))
		}
	}
	given, known := s.Notices.Get()
	for _, g := range given {
		if slices.ContainsFunc(notices, func(n policy.Notice) bool { return n.ID == g.Notice }) && !g.At.IsZero() {
			early(&shown, g.At)
		}
	}
	if shown.IsZero() && said.IsZero() && !known {
		need(s, "told", target, FactNotices, s.Notices)
		return
	}
	f := Finding{Target: target, Why: Why{Article: article(notices[0].Ref, q.Ref)}}
	before := func(t time.Time) bool { return !t.IsZero() && t.Before(startOf(began, zone)) }
	told := func(t time.Time) policy.Text {
		return say("Medewerkers hoorden op %s van %s, voor de eerste opname (%s).", "Les agents ont été informés le %s de %s, avant le premier enregistrement (%s).", "Employees heard on %s of %s, before the first recording (%s).", civilDay(t, zone), processingName(q), began)
	}
	switch {
	case before(shown):
		f.Status, f.Text = Pass, told(shown)
		s.add("told", f)
		return
	case before(said):
		s.onlySaid("told", "", f, told(said))
		return
	default:
	}
	var o outcome
	if first := shown; first.IsZero() && said.IsZero() {
		o.fail("niet gegeven, terwijl er is opgenomen of wordt opgenomen vanaf %s", "pas donné, alors que l'on enregistre depuis le %s", "not given, while recording began or begins on %s", began)
	} else {
		if !said.IsZero() {
			early(&first, said)
		}
		o.fail("pas gegeven op %s, niet voor de eerste opname (%s)", "donné seulement le %s, pas avant le premier enregistrement (%s)", "given only on %s, not before the first recording (%s)", civilDay(first, zone), began)
	}
	s.weigh("told", f, say("Mededeling aan medewerkers over %s", "Avis aux agents sur %s", "Notice to employees of %s", processingName(q)), policy.Text{}, o)
}
