package rules

import (
	"slices"

	"github.com/lensdop/lensdop/policy"
)

// administration is ACC-1: who administers the systems sees and hears nothing.
// What the file lets them see at most is what others ask for and somebody
// approves (rule catalogue, conflict 4).
func administration(s *sheet) {
	admins, named := administrators(s.Protocol, s.Site)
	for _, g := range grants(s.Protocol, s.Site, policy.SeesPictures) {
		if !named || !slices.Contains(admins, g.role) || g.right.need(policy.NeedApproval) {
			continue
		}
		s.add("permission", Finding{
			Target: Target{Subject: g.role + "-" + g.verb}, Status: Fail, Why: Why{Article: g.right.ref}, Remedy: s.rule.Remedy,
			Text: say(
				"Het protocol laat %s zowel de systemen beheren als beelden of geluid krijgen (%s), zonder goedkeuring per keer.",
				"Le protocole laisse %s à la fois gérer les systèmes et obtenir des images ou du son (%s), sans approbation à chaque fois.",
				"The protocol lets %s both administer the systems and get pictures or sound (%s), without approval of each use.",
				roleName(s.Protocol, g.role), verbName(g.verb)),
		})
	}
	if list, ok := need(s, "sessions", Target{}, FactSessions, s.Sessions); ok {
		about := policy.Text{NL: "Meekijken en terugkijken door systeembeheer", FR: "Visualisation et relecture par l'administration des systèmes", EN: "Live view and playback by system administration"}
		judgeSessions(s, sessionsHere(s, list), about, func(x Session, o *outcome) {
			if !policy.SeesPictures(x.Verb) || !slices.Contains(admins, x.Role) {
				return
			}
			r := rightOf(s.Protocol, x.Role, x.Verb, x.Site)
			if !r.allowed {
				denied(s.Protocol, x, o)
				return
			}
			met(s.Protocol, x, r, o)
		})
	}
	if list, ok := need(s, "flows", Target{}, FactFlows, s.Flows); ok {
		judgeFlows(s, strays(s, list), func(f Flow, o *outcome) {
			switch {
			case f.Role == "":
				o.doubt("van welke rol is niet bekend", "le rôle n'est pas connu", "which role it was is not known")
			case slices.Contains(admins, f.Role):
				o.fail("door systeembeheer (%s)", "par l'administration des systèmes (%s)", "by system administration (%s)", roleName(s.Protocol, f.Role))
			default:
			}
		})
	}
}

// holdersOfAccess is ACC-2: recordings are consulted by the roles that the
// protocol gives access, and with an incident where it says so.
func holdersOfAccess(s *sheet) {
	list := grants(s.Protocol, "", ofRecordings)
	if len(list) == 0 {
		s.add("permissions", Finding{
			Status: Unproven, Remedy: s.rule.Remedy,
			Text: say(
				"Het protocol geeft geen enkele rol toegang tot opnames. Wie bij een incident mag terugkijken is dus niet vastgelegd; elke raadpleging telt als in strijd ermee.",
				"Le protocole ne donne à aucun rôle l'accès aux enregistrements. Qui peut les relire en cas d'incident n'est donc pas fixé; toute consultation est considérée comme contraire.",
				"The protocol gives no role access to recordings. Who may play them back after an incident is therefore not laid down; every consultation counts as against it."),
		})
	} else {
		s.add("permissions", Finding{
			Status: Pass, Why: Why{Article: list[0].right.ref},
			Text: say("Het protocol geeft deze rollen toegang tot opnames: %s.", "Le protocole donne accès aux enregistrements à ces rôles: %s.", "The protocol gives these roles access to recordings: %s.", roleNames(s.Protocol, rolesOf(list))),
		})
	}
	sessions, ok := need(s, "sessions", Target{}, FactSessions, s.Sessions)
	if !ok {
		return
	}
	judgeSessions(s, consultations(sessions), aboutConsultations(), func(x Session, o *outcome) {
		r := rightOf(s.Protocol, x.Role, x.Verb, x.Site)
		switch {
		case !r.allowed:
			denied(s.Protocol, x, o)
		case r.bound() && x.Case == "":
			o.fail("geen incident, terwijl deze rol alleen bij een incident toegang heeft", "pas d'incident, alors que ce rôle n'a accès qu'en cas d'incident", "no incident, while this role has access in an incident only")
		default:
		}
	})
}

// afterIncident is ACC-3: recordings are asked for only once something has
// happened. Where access is bound to an approval instead, ACC-4 speaks.
func afterIncident(s *sheet) {
	seen := map[string]bool{}
	for _, g := range grants(s.Protocol, "", ofRecordings) {
		if g.right.bound() || g.right.need(policy.NeedApproval) || seen[g.role+g.verb] {
			continue
		}
		seen[g.role+g.verb] = true
		s.add("permission", Finding{
			Target: Target{Subject: g.role + "-" + g.verb}, Status: Fail, Why: Why{Article: g.right.ref}, Remedy: s.rule.Remedy,
			Text: say("Het protocol laat %s opnames gebruiken (%s) zonder incident en zonder goedkeuring.", "Le protocole laisse %s utiliser des enregistrements (%s) sans incident ni approbation.", "The protocol lets %s use recordings (%s) without an incident and without approval.", roleName(s.Protocol, g.role), verbName(g.verb)),
		})
	}
	list, ok := need(s, "sessions", Target{}, FactSessions, s.Sessions)
	if !ok {
		return
	}
	cases, known := s.Cases.Get()
	judgeSessions(s, consultations(list), aboutConsultations(), func(x Session, o *outcome) {
		r := rightOf(s.Protocol, x.Role, x.Verb, x.Site)
		if r.allowed && r.need(policy.NeedApproval) && !r.bound() {
			return
		}
		if x.Case == "" {
			o.fail("geen incident vermeld", "aucun incident mentionné", "no incident stated")
			return
		}
		if !known {
			o.doubt("de incidenten zijn niet bekend (%s: %s)", "les incidents ne sont pas connus (%s: %s)", "the incidents are not known (%s: %s)", factName(FactCases), words(s.Cases.Why()))
			return
		}
		i := slices.IndexFunc(cases, func(c Case) bool { return c.ID == x.Case })
		switch {
		case i < 0:
			o.fail("incident %s staat niet in het register", "l'incident %s ne figure pas au registre", "incident %s is not in the register", x.Case)
		case cases[i].Incident.IsZero() || x.Start.IsZero():
			o.doubt("het tijdstip van incident %s of van de raadpleging is niet bekend", "l'heure de l'incident %s ou de la consultation n'est pas connue", "the time of incident %s or of the consultation is not known", x.Case)
		case !x.Start.After(cases[i].Incident):
			o.fail("begonnen voor of op het tijdstip van incident %s (%s)", "commencée avant ou au moment de l'incident %s (%s)", "began before or at the time of incident %s (%s)", x.Case, s.when(cases[i].Incident))
		default:
		}
	})
}

// nominative is ACC-4: access is by name, with a reason, and approved before.
func nominative(s *sheet) {
	namedHolders(s)
	seen := map[string]bool{}
	for _, g := range grants(s.Protocol, "", ofRecordings) {
		var o outcome
		if !g.right.need(policy.NeedApproval) && !g.right.bound() {
			o.fail("geen goedkeuring vereist", "aucune approbation requise", "no approval required")
		}
		// Who fetches for another leans on the reason in that person's request.
		if g.verb != policy.VerbRetrieve && !g.right.bound() && !g.right.need(policy.NeedReason) && !g.right.need(policy.NeedGround) {
			o.fail("geen reden vereist", "aucun motif requis", "no reason required")
		}
		if o.status() == Pass || seen[g.role+g.verb] {
			continue
		}
		seen[g.role+g.verb] = true
		what := say("Toegang van %s tot opnames (%s) volgens het protocol", "Accès de %s aux enregistrements (%s) selon le protocole", "Access of %s to recordings (%s) by the protocol", roleName(s.Protocol, g.role), verbName(g.verb))
		s.weigh("permission", Finding{Target: Target{Subject: g.role + "-" + g.verb}, Why: Why{Article: g.right.ref}}, what, policy.Text{}, o)
	}
	list, ok := need(s, "sessions", Target{}, FactSessions, s.Sessions)
	if !ok {
		return
	}
	judgeSessions(s, consultations(list), aboutConsultations(), func(x Session, o *outcome) {
		r := rightOf(s.Protocol, x.Role, x.Verb, x.Site)
		switch {
		case !r.allowed:
			denied(s.Protocol, x, o)
		case r.bound() && !r.need(policy.NeedApproval): // ACC-3 speaks
		default:
			reasoned(s.Protocol, x, r, o)
			approved(s.Protocol, x, r, o)
		}
	})
}

// namedHolders holds each role that may use recordings against the register of holders.
func namedHolders(s *sheet) {
	roles := rolesOf(grants(s.Protocol, "", ofRecordings))
	if len(roles) == 0 {
		s.add("holder", Finding{
			Status: Unproven, Remedy: s.rule.Remedy,
			Text: say("Het protocol geeft geen enkele rol toegang tot opnames: er valt niemand bij naam te noemen.", "Le protocole ne donne à aucun rôle l'accès aux enregistrements: il n'y a personne à désigner nommément.", "The protocol gives no role access to recordings: there is nobody to list by name."),
		})
		return
	}
	for _, id := range roles {
		role, _ := s.Protocol.Role(id)
		name, target := roleName(s.Protocol, id), Target{Subject: id}
		if !role.Nominative {
			s.add("holder", Finding{
				Target: target, Status: Fail, Why: Why{Article: role.Ref}, Remedy: s.rule.Remedy,
				Text: say("Het protocol eist niet dat de dragers van rol %s bij naam geregistreerd staan (nominative).", "Le protocole n'exige pas que les titulaires du rôle %s soient enregistrés nommément (nominative).", "The protocol does not demand that the holders of role %s are registered by name (nominative).", name),
			})
			continue
		}
		list, ok := need(s, "holder", target, FactHolders, s.Holders)
		if !ok {
			continue
		}
		var o outcome
		count := 0
		for _, h := range list {
			if h.Role != id {
				continue
			}
			count++
			due := role.ReviewEvery.After(h.Reviewed.In(s.Protocol.Location("")))
			switch {
			case role.ReviewEvery.IsZero():
			case h.Reviewed.IsZero():
				o.doubt("drager %d: laatste herziening niet bekend", "titulaire %d: dernière révision inconnue", "holder %d: last review not known", count)
			case !s.Now.Before(due):
				o.fail("drager %d: herziening was nodig voor %s", "titulaire %d: révision requise avant le %s", "holder %d: review was due before %s", count, s.when(due))
			default:
			}
		}
		if count == 0 {
			o.fail("niemand staat bij naam in het register", "personne ne figure nommément au registre", "nobody is in the register by name")
		}
		f := Finding{Target: target, Why: Why{Article: role.Ref}, Evidence: []Evidence{{Kind: "register", Value: "holders", Numbers: map[string]float64{"holders": float64(count)}, Collected: s.Now}}}
		s.weigh("holder", f, say("Dragers van rol %s", "Titulaires du rôle %s", "Holders of role %s", name), say("Rol %s heeft %d dragers, bij naam geregistreerd.", "Le rôle %s a %d titulaires, enregistrés nommément.", "Role %s has %d holders, registered by name.", name, count), o)
	}
}

// throughOthers is ACC-5: certain functions alone may ask, and others fetch for them.
func throughOthers(s *sheet) {
	list, ok := need(s, "sessions", Target{}, FactSessions, s.Sessions)
	if !ok {
		return
	}
	var fetch, ask []string
	for _, step := range flowSteps(s.Protocol, "retrieve") {
		fetch = append(fetch, step.By...)
	}
	for _, e := range s.Protocol.Permissions {
		if e.Via != "" {
			fetch = append(fetch, e.Via)
		}
	}
	for _, step := range flowSteps(s.Protocol, "request") {
		ask = append(ask, step.By...)
	}
	judgeSessions(s, consultations(list), aboutConsultations(), func(x Session, o *outcome) {
		if slices.Contains(fetch, x.Role) {
			// The one who fetches may do just that; on whose request, ACC-1 and ACC-4 ask.
			if x.Verb != policy.VerbRetrieve {
				o.fail("deze rol vraagt op voor anderen en kijkt niet zelf", "ce rôle extrait pour d'autres et ne regarde pas lui-même", "this role retrieves for others and does not look itself")
			}
			return
		}
		if !slices.Contains(ask, x.Role) && !rightOf(s.Protocol, x.Role, policy.VerbRequest, x.Site).allowed {
			o.fail("deze rol mag geen opnames opvragen", "ce rôle ne peut pas demander d'enregistrements", "this role may not ask for recordings")
		}
		by := rightOf(s.Protocol, x.Role, x.Verb, x.Site).via
		if len(by) == 0 {
			by = fetch
		}
		switch {
		case x.Via == "":
			o.doubt("het logboek zegt niet wie het uitvoerde", "le journal ne dit pas qui l'a exécutée", "the log does not say who carried it out")
		case !slices.Contains(by, x.Via):
			o.fail("uitgevoerd door %s in plaats van %s", "exécutée par %s au lieu de %s", "carried out by %s instead of %s", roleName(s.Protocol, x.Via), roleNames(s.Protocol, by))
		default:
		}
	})
}

// logged is ACC-6: every viewing stands in the access register, and every
// stream that somebody pulled belongs to a viewing.
func logged(s *sheet) {
	sessions, known := need(s, "sessions", Target{}, FactSessions, s.Sessions)
	here := sessionsHere(s, sessions)
	if known {
		about := policy.Text{NL: "Raadplegingen en meekijken", FR: "Consultations et visualisations", EN: "Consultations and live views"}
		judgeSessions(s, here, about, func(x Session, o *outcome) {
			if policy.SeesPictures(x.Verb) && !x.Logged {
				o.fail("staat niet in het toegangsregister", "ne figure pas au registre des accès", "is not in the access register")
			}
		})
	}
	flows, ok := need(s, "flows", Target{}, FactFlows, s.Flows)
	if !ok {
		return
	}
	// A session of another verb, or of another camera, explains no live stream.
	live := map[string][]Session{}
	for _, x := range here {
		if x.Verb == policy.VerbLive {
			live[x.Camera] = append(live[x.Camera], x)
		}
	}
	judgeFlows(s, pulled(s, flows), func(f Flow, o *outcome) {
		belongs := slices.ContainsFunc(live[f.Camera], func(x Session) bool {
			from, to := x.Start.Add(-clockSlack), x.End.Add(clockSlack)
			return !f.At.Before(from) && (x.End.IsZero() || !f.At.After(to))
		})
		switch {
		case belongs:
		case !known:
			o.doubt("het logboek is niet bekend", "le journal n'est pas connu", "the log is not known")
		default:
			o.fail("geen raadpleging in het logboek hoort erbij", "aucune consultation du journal n'y correspond", "no viewing in the log belongs to it")
		}
	})
}

// anonymousAccess is ACC-8: access is listed by function, and nobody gets in
// without logging in.
func anonymousAccess(s *sheet) {
	roles := rolesOf(grants(s.Protocol, s.Site, policy.SeesPictures))
	anyone := slices.IndexFunc(s.Protocol.Permissions, func(e policy.Permission) bool {
		return e.Role == policy.AnyRole && (len(e.Sites) == 0 || slices.Contains(e.Sites, s.Site)) && slices.ContainsFunc(e.Allow, policy.SeesPictures)
	})
	f := Finding{Why: Why{Article: article(s.site.Ref)}}
	switch {
	case anyone >= 0:
		f.Status, f.Remedy, f.Why.Article = Fail, s.rule.Remedy, s.Protocol.Permissions[anyone].Ref
		f.Text = say("Het protocol geeft elke rol toegang tot beelden of geluid (role \"*\"), in plaats van bepaalde functies.", "Le protocole donne à tout rôle l'accès aux images ou au son (role \"*\"), au lieu de fonctions déterminées.", "The protocol gives every role access to pictures or sound (role \"*\") instead of certain functions.")
	case len(roles) == 0:
		f.Status, f.Remedy = Unproven, s.rule.Remedy
		f.Text = say("Het protocol noemt geen enkele functie die hier toegang heeft tot beelden of geluid.", "Le protocole ne mentionne aucune fonction ayant ici accès aux images ou au son.", "The protocol names no function that has access to pictures or sound here.")
	default:
		f.Status = Pass
		f.Text = say("Deze functies hebben volgens het protocol toegang: %s.", "Selon le protocole, ces fonctions ont accès: %s.", "By the protocol these functions have access: %s.", roleNames(s.Protocol, roles))
	}
	s.add("functions", f)
	for _, c := range s.Protocol.CamerasOf(s.Site) {
		have := s.camera(c.ID)
		open, at, ok := answered(s, "login", have, FactServices, have.Anonymous)
		if !ok {
			continue
		}
		var o outcome
		if open {
			o.fail("geeft beeld of instellingen zonder in te loggen", "donne l'image ou les réglages sans connexion", "gives pictures or settings without a login")
		}
		f := Finding{Target: Target{Camera: c.ID}, Why: Why{Article: article(c.Ref, s.site.Ref)}, Evidence: []Evidence{{Kind: "setting", Value: "anonymous access", Collected: at}}}
		s.weigh("login", f, say("Camera %s", "Caméra %s", "Camera %s", c.ID), say("Camera %s geeft zonder inloggen niets.", "La caméra %s ne donne rien sans connexion.", "Camera %s gives nothing without a login.", c.ID), o)
	}
}

// otherMeans is ACC-9: each consultation says which other means were tried.
func otherMeans(s *sheet) {
	list, ok := need(s, "sessions", Target{}, FactSessions, s.Sessions)
	if !ok {
		return
	}
	judgeSessions(s, consultations(list), aboutConsultations(), func(x Session, o *outcome) {
		if x.OtherMeans == "" {
			o.fail("niet vermeld welke andere middelen zijn geprobeerd", "les autres moyens essayés ne sont pas mentionnés", "not stated which other means were tried")
		}
	})
}

// heardOutcome is ACC-10: a case about an employee ends with an outcome that
// the person hears.
func heardOutcome(s *sheet) {
	list, ok := need(s, "cases", Target{}, FactCases, s.Cases)
	if !ok {
		return
	}
	names, bad, closed := unlike{}, false, 0
	for _, c := range list {
		if !c.Staff || c.Closed.IsZero() {
			continue
		}
		closed++
		var o outcome
		if c.Outcome == "" {
			o.fail("gesloten zonder uitkomst", "clôturé sans résultat", "closed without an outcome")
		}
		switch {
		case c.Informed.IsZero():
			o.fail("de betrokkene heeft de uitkomst niet gehoord", "la personne concernée n'a pas été informée du résultat", "the person has not heard the outcome")
		case c.Informed.After(s.Now):
			o.doubt("de dag waarop de betrokkene het hoort (%s) moet nog komen", "le jour où la personne l'apprend (%s) est encore à venir", "the day on which the person hears it (%s) is still to come", s.when(c.Informed))
		default:
		}
		if o.status() == Pass {
			continue
		}
		bad = true
		s.weigh("case", Finding{Target: Target{Subject: names.name(c.ID)}, Since: c.Closed, Owner: c.Owner}, say("Incident %s, gesloten op %s", "Incident %s, clôturé le %s", "Case %s, closed at %s", c.ID, s.when(c.Closed)), policy.Text{}, o)
	}
	if !bad {
		s.add("cases", Finding{
			Status:   Pass,
			Text:     say("Gesloten incidenten over medewerkers: %d, elk met een uitkomst die de betrokkene heeft gehoord.", "Incidents clôturés concernant des agents: %d, chacun avec un résultat communiqué à la personne concernée.", "Closed cases about employees: %d, each with an outcome that the person has heard.", closed),
			Evidence: []Evidence{{Kind: "register", Value: "cases", Numbers: map[string]float64{"closed": float64(closed)}, Collected: s.Now}},
		})
	}
}
