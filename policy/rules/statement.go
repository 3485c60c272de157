package rules

import (
	"slices"
	"strings"

	"github.com/lensdop/lensdop/policy"
)

// said is how the protocol states one thing: Pass in the municipality's own
// words or the law's, Unproven where the words are assumed by whoever wrote
// the file, Fail where there are none.
type said struct {
	name   policy.Text
	status Status
}

// saidIf tells how a thing is stated that the file has or has not, by the
// words for its basis.
func saidIf(has bool, name policy.Text, basis ...string) said {
	switch {
	case !has:
		return said{name, Fail}
	case slices.Contains(basis, policy.BasisAssumed):
		return said{name, Unproven}
	default:
		return said{name, Pass}
	}
}

func saidData(_ *policy.Protocol, q policy.Processing) said {
	d := q.DataCategories
	has := len(d.Fields) > 0
	if !policy.TracksStaff(q.System) { // a log of badges or places is described field by field
		has = has || d.Video || d.Audio || d.Biometrics
	}
	return saidIf(has, policy.Text{NL: "welke gegevens, in detail", FR: "quelles données, en détail", EN: "which data, in detail"}, d.Basis.All, q.Basis.Of("data_categories"))
}

func saidWhere(p *policy.Protocol, q policy.Processing) said {
	name := policy.Text{NL: "waar ze worden bewaard", FR: "où elles sont conservées", EN: "where they are kept"}
	if q.Storage.Location != "" {
		return saidIf(true, name, q.Storage.Basis.Of("location"), q.Basis.Of("storage"))
	}
	out := said{name, Fail}
	for _, x := range p.Stores {
		if x.Processing == q.ID && x.Location != "" && out.status != Pass {
			out = saidIf(true, name, x.Basis.Of("location"))
		}
	}
	return out
}

func saidSecured(p *policy.Protocol, q policy.Processing) said {
	name := policy.Text{NL: "hoe ze zijn beveiligd", FR: "comment elles sont sécurisées", EN: "how they are secured"}
	if len(q.Storage.Measures) > 0 {
		return saidIf(true, name, q.Storage.Basis.Of("measures"), q.Basis.Of("storage"))
	}
	return saidIf(len(p.Security.Measures) > 0, name, p.Security.Basis.Of("measures"))
}

func saidWho(p *policy.Protocol, _ policy.Processing) said {
	out := said{policy.Text{NL: "wie toegang heeft", FR: "qui y a accès", EN: "who has access"}, Fail}
	for _, x := range p.Permissions {
		if out.status != Pass && slices.ContainsFunc(x.Allow, policy.SeesPictures) {
			out = saidIf(true, out.name, x.Basis.Of("allow"))
		}
	}
	return out
}

func saidHowLong(_ *policy.Protocol, q policy.Processing) said {
	return saidIf(!q.Retention.Max.IsZero(), policy.Text{NL: "hoe lang ze blijven", FR: "combien de temps elles restent", EN: "how long they stay"}, q.Retention.Basis.Of("max"), q.Basis.Of("retention"))
}

func saidWhatFor(_ *policy.Protocol, q policy.Processing) said {
	return saidIf(len(q.Purposes) > 0, policy.Text{NL: "waarvoor ze dienen", FR: "à quoi elles servent", EN: "what they are for"}, q.Basis.Of("purposes"))
}

func saidHowToSee(p *policy.Protocol, _ policy.Processing) said {
	r := p.Rights
	return saidIf(r.Policy != "" || r.Channel.To != "" || r.Channel.Form != "", policy.Text{NL: "hoe iemand ze kan inzien", FR: "comment y accéder soi-même", EN: "how a person can see them"}, r.Basis.All, r.Channel.Basis.All)
}

func saidWhoseDuty(_ *policy.Protocol, q policy.Processing) said {
	return saidIf(q.Controller != "", policy.Text{NL: "wie verantwoordelijk is", FR: "qui en est responsable", EN: "who is responsible"}, q.Basis.Of("controller"))
}

func saidOtherUse(_ *policy.Protocol, q policy.Processing) said {
	return saidIf(len(q.Uses)+len(q.Consultation) > 0, policy.Text{NL: "wanneer ze voor iets anders mogen dienen", FR: "quand elles peuvent servir à autre chose", EN: "when they may serve for something else"}, q.Basis.Of("uses"), q.Basis.Of("consultation"))
}

// points are things that a protocol must state of a processing.
type points []func(*policy.Protocol, policy.Processing) said

// sixPoints are what the police union wants in each protocol.
func sixPoints() points {
	return points{saidData, saidWhere, saidWho, saidHowLong, saidWhatFor, saidHowToSee}
}

// statedFinding tells how completely the protocol states some points of a processing.
func statedFinding(s *sheet, q policy.Processing, which points) Finding {
	f := Finding{Target: Target{Subject: q.ID}, Why: Why{Article: article(q.Ref)}}
	var missing, assumed, all []policy.Text
	for _, point := range which {
		x := point(s.Protocol, q)
		all = append(all, x.name)
		switch x.status {
		case Pass:
		case Fail:
			missing = append(missing, x.name)
		default:
			assumed = append(assumed, x.name)
		}
	}
	switch {
	case len(missing) > 0:
		f.Status = Fail
		f.Text = say("Het protocol zegt bij %[2]s niet: %[1]s.", "Pour %[2]s, le protocole ne dit pas: %[1]s.", "For %[2]s the protocol does not say: %[1]s.", inSentence(missing), q.ID)
	case len(assumed) > 0:
		f.Status = Unproven
		f.Text = say("Bij %[2]s is aangenomen, en niet uit het geschreven protocol: %[1]s.", "Pour %[2]s, ceci est supposé et ne vient pas du protocole écrit: %[1]s.", "For %[2]s this is assumed, and not from the written protocol: %[1]s.", inSentence(assumed), q.ID)
	default:
		f.Status = Pass
		f.Text = say("Het protocol zegt bij %[2]s: %[1]s.", "Pour %[2]s, le protocole dit: %[1]s.", "For %[2]s the protocol says: %[1]s.", inSentence(all), q.ID)
	}
	return f
}

// inSentence joins names by language.
func inSentence(names []policy.Text) policy.Text {
	var nl, fr, en []string
	for _, n := range names {
		nl, fr, en = append(nl, n.NL), append(fr, n.FR), append(en, n.EN)
	}
	return policy.Text{NL: strings.Join(nl, ", "), FR: strings.Join(fr, ", "), EN: strings.Join(en, ", ")}
}

// complete is CON-8: the protocol states six things of each processing.
func complete(s *sheet) {
	for _, q := range s.Protocol.Processing {
		s.conclude("", statedFinding(s, q, sixPoints()))
	}
	if len(s.Protocol.Processing) == 0 {
		s.conclude("", Finding{Status: Fail, Text: say("Het protocol noemt geen enkele verwerking.", "Le protocole ne mentionne aucun traitement.", "The protocol names no processing at all.")})
	}
}

// storedAsStated is SEC-3: the protocol says where data are kept and how they
// are secured, nothing leaves for the Internet that it does not say, and there
// is no other store.
func storedAsStated(s *sheet) {
	known := map[string]bool{}
	for _, x := range s.Protocol.Stores {
		known[x.ID] = true
	}
	for _, q := range s.Protocol.Processing {
		s.conclude("stated", statedFinding(s, q, points{saidWhere, saidSecured}))
	}
	egress(s)
	list, ok := need(s, "store", Target{}, FactStores, s.Stores)
	if !ok {
		return
	}
	other := false
	for _, x := range list {
		if !known[x.ID] {
			other = true
			s.conclude("store", Finding{Target: Target{Subject: x.ID}, Status: Fail, Text: say("Op %s staan gegevens, maar het protocol noemt die plaats niet.", "Des données se trouvent sur %s, mais le protocole ne mentionne pas ce lieu.", "Data are kept on %s, but the protocol does not name that place.", x.ID)})
		}
	}
	if !other {
		s.conclude("store", Finding{Status: Pass, Text: say("Alle %d gevonden opslagplaatsen staan in het protocol.", "Les %d lieux de stockage trouvés figurent tous au protocole.", "All %d stores found are in the protocol.", len(list))})
	}
}

// internetFlow is what Flow.Kind calls a transfer to the Internet.
const internetFlow = "internet"

// egress judges transfers to the Internet, camera by camera.
func egress(s *sheet) {
	flows, ok := need(s, "egress", Target{}, FactFlows, s.Flows)
	if !ok {
		return
	}
	outside := map[string]bool{}
	for _, q := range s.Protocol.Processing {
		outside[q.ID] = q.Storage.Outside
	}
	first := map[string]Flow{}
	var order []string
	for _, x := range flows {
		if x.Kind != internetFlow {
			continue
		}
		have, again := first[x.Camera]
		if !again {
			order = append(order, x.Camera)
		}
		if !again || x.At.Before(have.At) {
			first[x.Camera] = x
		}
	}
	for _, id := range order {
		x := first[id]
		c, registered := s.registered(id)
		f := Finding{Target: Target{Camera: id}, Since: x.At, Evidence: []Evidence{{Kind: "flow", Value: networkAddress(x.From), Collected: x.At}}}
		if registered && outside[c.Processing] {
			f.Status = Pass
			f.Text = say("Camera %s stuurt naar het internet, zoals het protocol zegt.", "La caméra %s envoie vers l'internet, comme le dit le protocole.", "Camera %s sends to the Internet, as the protocol says.", id)
		} else {
			f.Status = Fail
			f.Text = say("Camera %s stuurt sinds %s naar het internet (%s); volgens het protocol blijven de gegevens binnen.", "La caméra %s envoie vers l'internet depuis le %s (%s); selon le protocole, les données restent à l'intérieur.", "Camera %s sends to the Internet since %s (%s); by the protocol the data stay inside.", orUnknown(id), localTime(x.At, s.clockZone()), networkAddress(x.From))
			f.Remedy = policy.Text{NL: "Sluit voor deze camera de weg naar het internet in de firewall, en zet diensten van de leverancier (cloud, P2P) uit.", FR: "Fermez l'accès de cette caméra à l'internet dans le pare-feu et désactivez les services du fabricant (cloud, P2P).", EN: "Close this camera's way to the Internet in the firewall, and switch the vendor's services (cloud, P2P) off."}
		}
		s.conclude("egress", f)
	}
	if len(order) == 0 {
		s.conclude("egress", Finding{Status: Pass, Text: say("Geen camera stuurt naar het internet.", "Aucune caméra n'envoie vers l'internet.", "No camera sends to the Internet.")})
	}
}
