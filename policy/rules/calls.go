package rules

import (
	"slices"
	"time"

	"github.com/lensdop/lensdop/policy"
)

// callMatch is how far apart a press and the recording that it starts may be.
const callMatch = 5 * time.Second

// records tells that a processing records calls.
func records(q policy.Processing) bool { return q.System == policy.SystemCalls }

// callsAt tells whether the protocol has calls recorded, at a site if one is
// given: where its buttons and call stores are; if it names none, everywhere.
func callsAt(p *policy.Protocol, site string) (bool, policy.Text) {
	if !slices.ContainsFunc(p.Processing, records) {
		return false, policy.Text{
			NL: "Volgens het protocol worden hier geen gesprekken opgenomen.",
			FR: "Selon le protocole, aucune conversation n'est enregistrée ici.",
			EN: "By the protocol no calls are recorded here.",
		}
	}
	var sites []string
	for _, b := range p.Buttons {
		if q, _ := processingOf(p, b.Processing); records(q) {
			sites = append(sites, b.Site)
		}
	}
	for _, st := range p.Stores {
		if q, _ := processingOf(p, st.Processing); records(q) {
			sites = append(sites, st.Site)
		}
	}
	return site == "" || len(sites) == 0 || slices.Contains(sites, site), policy.Text{
		NL: "Volgens het protocol worden op deze locatie geen gesprekken opgenomen.",
		FR: "Selon le protocole, aucune conversation n'est enregistrée sur ce site.",
		EN: "By the protocol no calls are recorded at this site.",
	}
}

// buttonsAt is callsAt, for protocols in which a person starts each recording,
// or which do not say who does.
func buttonsAt(p *policy.Protocol, site string) (bool, policy.Text) {
	if ok, why := callsAt(p, site); !ok {
		return false, why
	}
	asks := slices.ContainsFunc(p.Processing, func(q policy.Processing) bool {
		return records(q) && (q.Recording.Mode == "" || q.Recording.Mode == policy.RecordButton)
	})
	return asks, policy.Text{
		NL: "Het protocol laat gesprekken opnemen zonder dat iemand op een knop drukt.",
		FR: "Le protocole permet d'enregistrer des conversations sans que personne n'appuie sur un bouton.",
		EN: "The protocol lets calls be recorded without anybody pressing a button.",
	}
}

// callsHere are the recordings of the sheet's site: all but those in a store
// that the protocol puts at another site.
func callsHere(s *sheet, list []Call) []Call {
	return slices.DeleteFunc(slices.Clone(list), func(c Call) bool {
		return slices.ContainsFunc(s.Protocol.Stores, func(st policy.Store) bool { return st.ID == c.Store && st.Site != s.Site })
	})
}

// pressesHere are the presses of the sheet's site: all but those of a button
// that the protocol puts at another site.
func pressesHere(s *sheet, list []Press) []Press {
	return slices.DeleteFunc(slices.Clone(list), func(p Press) bool {
		return slices.ContainsFunc(s.Protocol.Buttons, func(b policy.Button) bool { return b.ID == p.Button && b.Site != s.Site })
	})
}

// within tells that two instants are at most callMatch apart.
func within(a, b time.Time) bool { return a.Sub(b).Abs() <= callMatch }

// matchCalls pairs each recording with a press of its own, as many as can be,
// and tells for each recording and each press whether it has what it needs: a
// recording its own press; a press any recording, since one who is afraid
// presses more than once. Both come back in the order of time.
func matchCalls(calls []Call, presses []Press) (started, worked []bool, c []Call, p []Press) {
	c, p = slices.Clone(calls), slices.Clone(presses)
	slices.SortStableFunc(c, func(a, b Call) int { return a.At.Compare(b.At) })
	slices.SortStableFunc(p, func(a, b Press) int { return a.At.Compare(b.At) })
	started, worked = make([]bool, len(c)), make([]bool, len(p))
	// With the same reach for all, the earliest press that still reaches the
	// earliest recording is never better kept for a later one.
	for i, j := 0, 0; i < len(c) && j < len(p); {
		switch {
		case within(c[i].At, p[j].At):
			started[i] = true
			i, j = i+1, j+1
		case p[j].At.Before(c[i].At):
			j++
		default:
			i++
		}
	}
	for j, i := 0, 0; j < len(p); j++ {
		for i < len(c) && c[i].At.Before(p[j].At.Add(-callMatch)) {
			i++
		}
		worked[j] = i < len(c) && within(c[i].At, p[j].At)
	}
	return started, worked, c, p
}

// pressed is CALL-1: every recording was started by a press, every press
// started one, and every button was tested in time.
func pressed(s *sheet) {
	calls, haveCalls := need(s, "calls", Target{}, FactCalls, s.Calls)
	presses, havePresses := need(s, "presses", Target{}, FactCalls, s.Presses)
	if !haveCalls || !havePresses {
		return
	}
	started, worked, calls, presses := matchCalls(callsHere(s, calls), pressesHere(s, presses))
	unpressed(s, calls, started)
	var buttons []policy.Button
	for _, b := range s.Protocol.Buttons {
		if q, _ := processingOf(s.Protocol, b.Processing); b.Site == s.Site && records(q) {
			buttons = append(buttons, b)
		}
	}
	if len(buttons) == 0 {
		s.add("buttons", Finding{
			Status: Unproven, Remedy: s.rule.Remedy, Why: Why{Article: s.site.Ref},
			Text: say("Het protocol noemt geen opnameknop op locatie %s: of er een is en of die werkt is niet aangetoond.", "Le protocole ne mentionne aucun bouton d'enregistrement sur le site %s: son existence et son fonctionnement ne sont pas prouvés.", "The protocol names no record button at site %s: whether there is one and whether it works is unproven.", s.site.Name),
		})
	}
	for _, b := range buttons {
		judgeButton(s, b, presses, worked)
	}
	strayPresses(s, buttons, presses)
}

// unpressed adds, for each store, the recordings that no press started. One
// whose press may still come is left out.
func unpressed(s *sheet, calls []Call, started []bool) {
	var order []string
	bad := map[string][]Call{}
	for i, c := range calls {
		if started[i] || s.Now.Sub(c.At) <= callMatch {
			continue
		}
		if len(bad[c.Store]) == 0 {
			order = append(order, c.Store)
		}
		bad[c.Store] = append(bad[c.Store], c)
	}
	for _, store := range order {
		list := bad[store]
		first, last := list[0].At, list[len(list)-1].At
		s.add("recording", Finding{
			Target: Target{Subject: orUnknown(store)}, Status: Fail, Since: first, Remedy: s.rule.Remedy, Why: Why{Article: storeRef(s.Protocol, store)},
			Text: say(
				"Opslag %s heeft %d opnames waarvoor niemand binnen 5 seconden op de knop drukte: de opname staat mogelijk altijd aan. De eerste is van %s, de laatste van %s.",
				"Le stockage %s contient %d enregistrements pour lesquels personne n'a appuyé sur le bouton à 5 secondes près: l'enregistrement est peut-être permanent. Le premier date du %s, le dernier du %s.",
				"Store %s has %d recordings for which nobody pressed the button within 5 seconds: recording may be always on. The first is of %s, the last of %s.",
				orUnknown(store), len(list), s.when(first), s.when(last)),
			Evidence: []Evidence{{Kind: "log", Value: "recordings without a press", Numbers: map[string]float64{"recordings": float64(len(list))}, Collected: last}},
		})
	}
	if len(bad) == 0 {
		s.add("recordings", Finding{
			Status: Pass, Why: Why{Article: s.site.Ref},
			Text:     say("Opnames van gesprekken: %d, elk begonnen met een druk op de knop.", "Enregistrements de conversations: %d, chacun commencé par une pression sur le bouton.", "Recordings of calls: %d, each begun by a press of the button.", len(calls)),
			Evidence: []Evidence{{Kind: "log", Value: "recordings", Numbers: map[string]float64{"recordings": float64(len(calls))}, Collected: s.Now}},
		})
	}
}

func storeRef(p *policy.Protocol, id string) string {
	i := slices.IndexFunc(p.Stores, func(st policy.Store) bool { return st.ID == id })
	if i < 0 {
		return ""
	}
	q, _ := processingOf(p, p.Stores[i].Processing)
	return article(p.Stores[i].Ref, q.Ref)
}

// judgeButton adds whether presses of a button start recordings, and whether
// its test presses are in time. A press whose recording may still come is left
// out.
func judgeButton(s *sheet, b policy.Button, presses []Press, worked []bool) {
	var o outcome
	var broken []time.Time
	var tested time.Time
	count := 0
	for i, p := range presses {
		if p.Button != b.ID {
			continue
		}
		count++
		switch {
		case p.At.After(s.Now):
			o.doubt("een druk op %s, wat nog moet komen", "une pression le %s, ce qui est encore à venir", "a press at %s, which is still to come", s.when(p.At))
		case worked[i] && p.Test:
			tested = p.At
		case worked[i]:
		case s.Now.Sub(p.At) > callMatch:
			broken = append(broken, p.At)
		default:
		}
	}
	if n := len(broken); n > 0 {
		o.fail("%d keer gedrukt zonder dat binnen 5 seconden een opname begon, voor het laatst op %s: de knop of de recorder is mogelijk stuk", "%d pressions sans enregistrement à 5 secondes près, la dernière le %s: le bouton ou l'enregistreur est peut-être en panne", "pressed %d times without a recording within 5 seconds, last at %s: the button or the recorder may be broken", n, s.when(broken[n-1]))
	}
	f := Finding{
		Target: Target{Subject: b.ID}, Why: Why{Article: article(b.Ref, s.site.Ref)},
		Evidence: []Evidence{{Kind: "line", Value: "presses", Numbers: map[string]float64{"presses": float64(count), "without recording": float64(len(broken))}, Collected: s.Now}},
	}
	what := say("Opnameknop %s", "Bouton d'enregistrement %s", "Record button %s", b.ID)
	s.weigh("press", f, what, say("Opnameknop %s: %d keer gedrukt, telkens met een opname.", "Bouton d'enregistrement %s: %d pressions, chacune avec un enregistrement.", "Record button %s: pressed %d times, each time with a recording.", b.ID, count), o)

	var t outcome
	every := b.TestEvery
	if every.IsZero() {
		every = policy.Duration{Months: 1}
	}
	due := every.After(tested.In(s.Protocol.Location(s.Site)))
	switch {
	case tested.IsZero():
		t.fail("geen proefdruk bekend waarop een opname begon; er hoort er elke %s een te zijn", "aucun essai connu suivi d'un enregistrement; il en faut un tous les %s", "no test press is known that started a recording; there should be one every %s", every)
	case !s.Now.Before(due):
		t.fail("de laatste geslaagde proefdruk was op %s; de volgende was nodig voor %s (%s)", "le dernier essai réussi date du %s; le suivant était requis avant le %s (%s)", "the last test press that worked was at %s; the next was due before %s (%s)", s.when(tested), s.when(due), every)
	default:
	}
	f.Due, f.Evidence = due, []Evidence{{Kind: "line", Value: "last test press", Collected: tested, Expires: due}}
	if tested.IsZero() {
		f.Due, f.Evidence = time.Time{}, nil
	}
	s.weigh("test", f, what, say("Opnameknop %s is voor het laatst beproefd op %s; de volgende proefdruk is nodig voor %s.", "Le bouton d'enregistrement %s a été essayé pour la dernière fois le %s; le prochain essai est requis avant le %s.", "Record button %s was last tested at %s; the next test press is due before %s.", b.ID, s.when(tested), s.when(due)), t)
}

// strayPresses adds the presses of buttons that the protocol does not have.
func strayPresses(s *sheet, buttons []policy.Button, presses []Press) {
	seen := map[string]bool{}
	for _, p := range presses {
		if seen[p.Button] || slices.ContainsFunc(buttons, func(b policy.Button) bool { return b.ID == p.Button }) {
			continue
		}
		seen[p.Button] = true
		s.add("unknown", Finding{
			Target: Target{Subject: orUnknown(p.Button)}, Status: Fail, Since: p.At, Remedy: s.rule.Remedy, Why: Why{Article: s.site.Ref},
			Text: say("Op knop %q is gedrukt op %s, maar het protocol heeft die niet als opnameknop op deze locatie.", "Le bouton %q a été pressé le %s, mais le protocole ne le connaît pas comme bouton d'enregistrement sur ce site.", "Button %q was pressed at %s, but the protocol does not have it as a record button at this site.", p.Button, s.when(p.At)),
		})
	}
}

// secretCalls is HID-4: nobody is recorded in secret but where the protocol
// foresees it for a case, and nobody but those who may gets at the recordings.
func secretCalls(s *sheet) {
	for _, st := range s.Protocol.Stores {
		if q, _ := processingOf(s.Protocol, st.Processing); st.Site != s.Site || !records(q) {
			continue
		}
		target := Target{Subject: st.ID}
		stores, ok := need(s, "share", target, FactStores, s.Stores)
		if !ok {
			continue
		}
		i := slices.IndexFunc(stores, func(x Store) bool { return x.ID == st.ID })
		if i < 0 {
			stores, i = []Store{{ID: st.ID}}, 0
		}
		open, ok := need(s, "share", target, FactStores, stores[i].OpenShare)
		if !ok {
			continue
		}
		var o outcome
		if open {
			o.fail("te lezen zonder account", "lisible sans compte", "readable without an account")
		}
		s.weigh("share", Finding{Target: target, Why: Why{Article: st.Ref}, Evidence: []Evidence{{Kind: "setting", Value: "share", Collected: s.Now}}},
			say("Opslag %s van gesprekken", "Stockage %s de conversations", "Store %s of calls", st.ID),
			say("Opslag %s van gesprekken is niet te lezen zonder account.", "Le stockage %s de conversations n'est pas lisible sans compte.", "Store %s of calls is not readable without an account.", st.ID), o)
	}
	calls, ok := need(s, "calls", Target{}, FactCalls, s.Calls)
	if !ok {
		return
	}
	presses, havePresses := s.Presses.Get()
	started, _, calls, _ := matchCalls(callsHere(s, calls), pressesHere(s, presses))
	var order []string
	byStore := map[string]*outcome{}
	secret := map[string]int{}
	for i, c := range calls {
		if c.Announced || started[i] {
			continue
		}
		if byStore[c.Store] == nil {
			byStore[c.Store] = &outcome{}
			order = append(order, c.Store)
		}
		secret[c.Store]++
		o := byStore[c.Store]
		var one outcome
		if !havePresses {
			one.doubt("niet aangekondigd, en of iemand op de knop drukte is niet bekend (%s)", "sans annonce, et on ignore si quelqu'un a appuyé sur le bouton (%s)", "not announced, and whether anybody pressed the button is not known (%s)", factName(FactCalls))
		} else {
			judgeSecret(s, c, &one)
		}
		o.fails, o.doubts = once(o.fails, one.fails), once(o.doubts, one.doubts)
	}
	clean := true
	for _, store := range order {
		if byStore[store].status() == Pass {
			continue
		}
		clean = false
		s.weigh("secret", Finding{
			Target: Target{Subject: orUnknown(store)}, Why: Why{Article: storeRef(s.Protocol, store)},
			Evidence: []Evidence{{Kind: "log", Value: "unannounced recordings", Numbers: map[string]float64{"recordings": float64(secret[store])}, Collected: s.Now}},
		}, say("Opslag %s, %d gesprekken opgenomen zonder aankondiging of druk op de knop", "Stockage %s, %d conversations enregistrées sans annonce ni pression sur le bouton", "Store %s, %d calls recorded without announcement or press of the button", orUnknown(store), secret[store]), policy.Text{}, *byStore[store])
	}
	if clean {
		s.add("secret", Finding{
			Status: Pass, Why: Why{Article: s.site.Ref},
			Text:     say("Opnames van gesprekken: %d, geen ongeoorloofd in het geheim.", "Enregistrements de conversations: %d, aucun en secret sans droit.", "Recordings of calls: %d, none in secret without right.", len(calls)),
			Evidence: []Evidence{{Kind: "log", Value: "recordings", Numbers: map[string]float64{"recordings": float64(len(calls))}, Collected: s.Now}},
		})
	}
}

// judgeSecret judges one recording that neither was announced nor has a press.
func judgeSecret(s *sheet, c Call, o *outcome) {
	possible := slices.ContainsFunc(s.Protocol.Processing, func(q policy.Processing) bool { return records(q) && mayHide(s.Protocol, q) })
	if i := slices.IndexFunc(s.Protocol.Stores, func(st policy.Store) bool { return st.ID == c.Store }); i >= 0 {
		q, _ := processingOf(s.Protocol, s.Protocol.Stores[i].Processing)
		possible = mayHide(s.Protocol, q)
	}
	cases, known := s.Cases.Get()
	i := slices.IndexFunc(cases, func(x Case) bool { return x.ID == c.Case })
	switch {
	case !possible:
		o.fail("het protocol laat geheime opname niet toe", "le protocole ne permet pas l'enregistrement secret", "the protocol does not allow secret recording")
	case c.Case == "":
		o.fail("hoort bij geen zaak", "ne relève d'aucun dossier", "belongs to no case")
	case !known:
		o.doubt("de zaken zijn niet bekend (%s: %s)", "les dossiers ne sont pas connus (%s: %s)", "the cases are not known (%s: %s)", factName(FactCases), words(s.Cases.Why()))
	case i < 0:
		o.fail("zaak %s staat niet in het register", "le dossier %s ne figure pas au registre", "case %s is not in the register", c.Case)
	case !cases[i].Covert || cases[i].Reason == "":
		o.fail("zaak %s is niet als geheim, met een reden, aangemerkt", "le dossier %s n'est pas marqué comme secret avec un motif", "case %s is not marked as covert, with a reason", c.Case)
	case cases[i].Opened.After(c.At):
		o.fail("opgenomen voordat zaak %s werd geopend (%s)", "enregistré avant l'ouverture du dossier %s (%s)", "recorded before case %s was opened (%s)", c.Case, s.when(cases[i].Opened))
	default:
	}
}
