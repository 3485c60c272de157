package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lensdop/lensdop/policy"
)

// signProof is how old a proof that a sign hangs may be, where the file does
// not say.
func signProof(n policy.Sign) policy.Duration {
	if n.Proof.MaxAge.IsZero() {
		return policy.Duration{Days: 90}
	}
	return n.Proof.MaxAge
}

// lastSeen is the latest proof that a sign hangs, of those that its entry
// accepts and that are not from after now.
func lastSeen(s *sheet, n policy.Sign, list []SignSeen) (SignSeen, bool) {
	var last SignSeen
	for _, x := range list {
		accepted := len(n.Proof.Verify) == 0 || slices.Contains(n.Proof.Verify, x.How)
		if x.Sign == n.ID && accepted && !x.At.IsZero() && !x.At.After(s.Now) && !x.At.Before(last.At) {
			last = x
		}
	}
	return last, !last.At.IsZero()
}

// signsHang is SIGN-1: at the entrance of each site with cameras a sign hangs,
// and somebody or something saw it lately.
func signsHang(s *sheet) {
	for _, site := range s.Protocol.Sites {
		if len(s.Protocol.CamerasOf(site.ID)) == 0 || slices.ContainsFunc(s.Protocol.Signs, func(n policy.Sign) bool { return n.Site == site.ID }) {
			continue
		}
		s.add("site", Finding{
			Target: Target{Subject: site.ID}, Status: Unproven, Remedy: s.rule.Remedy, Why: Why{Article: site.Ref},
			Text: say("Het protocol noemt geen bord bij de ingang van %s: dat bezoekers van de camera's weten is niet aangetoond.", "Le protocole ne mentionne aucun panneau à l'entrée de %s: rien ne prouve que les visiteurs sont informés des caméras.", "The protocol names no sign at the entrance of %s: that visitors know of the cameras is unproven.", site.Name),
		})
	}
	for _, n := range s.Protocol.Signs {
		target := Target{Subject: n.ID}
		list, ok := need(s, "sign", target, FactSigns, s.Signs)
		if !ok {
			continue
		}
		last, seen := lastSeen(s, n, list)
		end := signProof(n).After(last.At.In(s.Protocol.Location(n.Site)))
		ahead := slices.ContainsFunc(list, func(x SignSeen) bool { return x.Sign == n.ID && x.At.After(s.Now) })
		var o outcome
		switch {
		case !seen && ahead:
			o.doubt("het enige bewijs is van later dan nu", "la seule preuve est postérieure à maintenant", "the only proof is from after now")
		case !seen:
			o.fail("nog nooit aangetoond op een wijze die het protocol aanneemt", "jamais prouvé d'une manière que le protocole accepte", "never shown in a way that the protocol accepts")
		case s.Now.After(end):
			o.fail("voor het laatst gezien op %s, %d dagen geleden; dat moet elke %s", "vu pour la dernière fois le %s, il y a %d jours; il le faut tous les %s", "last seen at %s, %d days ago; it must be every %s", s.when(last.At), daysBetween(last.At, s.Now), signProof(n))
		default:
		}
		f := Finding{Target: target, Why: Why{Article: n.Ref}}
		if seen {
			f.Due, f.Evidence = end, []Evidence{{Kind: "sign", Value: last.How, Collected: last.At, Expires: end}}
		}
		site, _ := s.Protocol.Site(n.Site)
		s.weigh("sign", f, say("Bord %s bij %s (%s)", "Panneau %s à %s (%s)", "Sign %s at %s (%s)", n.ID, orUnknown(site.Name), orUnknown(n.At)),
			say("Bord %s bij %s is voor het laatst gezien op %s.", "Le panneau %s à %s a été vu pour la dernière fois le %s.", "Sign %s at %s was last seen at %s.", n.ID, orUnknown(site.Name), s.when(last.At)), o)
	}
}

// signItem is one thing that the pictogram must say.
type signItem struct {
	id    string
	words []string // by which an entry of a sign's states means it, as plain gives them
	only  func(q policy.Processing, analytics []string) bool
	name  policy.Text
}

// pictogram is the checklist of the royal decree of 10 February 2008, as
// changed on 28 May 2018, on the pictogram of the Belgian camera act.
func pictogram() []signItem {
	return []signItem{
		{id: "act", words: []string{"camera-act", "camerawet", "loi-cameras", "21-maart-2007", "21-mars-2007", "21-march-2007"}, name: policy.Text{NL: "\"Camerabewaking - Wet van 21 maart 2007\"", FR: "\"Surveillance par caméra - Loi du 21 mars 2007\"", EN: "\"Camera surveillance - Act of 21 March 2007\""}},
		{id: "controller", words: []string{"controller", "verwerkingsverantwoordelijke", "responsable"}, name: policy.Text{NL: "naam van de verwerkingsverantwoordelijke", FR: "nom du responsable du traitement", EN: "controller's name"}},
		{id: "address", words: []string{"postal", "postadres", "adresse-postale"}, name: policy.Text{NL: "postadres", FR: "adresse postale", EN: "postal address"}},
		{id: "contact", words: []string{"email", "e-mail", "phone", "telefoon", "telephone"}, name: policy.Text{NL: "e-mailadres of telefoonnummer", FR: "adresse e-mail ou numéro de téléphone", EN: "e-mail address or telephone number"}},
		{id: "dpo", words: []string{"dpo", "data-protection-officer", "functionaris"}, only: func(q policy.Processing, _ []string) bool { return q.DPO.Contact != "" }, name: policy.Text{NL: "contactgegevens van de DPO", FR: "coordonnées du DPO", EN: "contact of the data protection officer"}},
		{id: "website", words: []string{"website", "site-web", "link", "url"}, name: policy.Text{NL: "website met de volledige informatie", FR: "site web avec l'information complète", EN: "website with the full information"}},
		{id: "anpr", words: []string{"anpr"}, only: func(_ policy.Processing, analytics []string) bool { return slices.Contains(analytics, "anpr") }, name: policy.Text{NL: "\"ANPR\" in hoofdletters", FR: "\"ANPR\" en majuscules", EN: "\"ANPR\" in capitals"}},
	}
}

// Kinds of place under the Belgian camera act.
const (
	placeOpen          = "open"
	placeClosedPublic  = "closed-public"
	placeClosedPrivate = "closed-private"
)

// signSize is the smallest pictogram, in metres: by the royal decree 0.60 by
// 0.40 at an open place, and at a closed one that the public may enter unless a
// building bounds its entrance, then 0.30 by 0.20; 0.15 by 0.10 at one that the
// public may not enter. It is false for a kind of place that is not known. An
// entrance of which the file does not say what bounds it comes back as doubt.
func signSize(place string, bounded *bool) (width, height float64, doubt, ok bool) {
	switch {
	case place == placeOpen:
		return 0.60, 0.40, false, true
	case place == placeClosedPublic && bounded != nil && *bounded:
		return 0.30, 0.20, false, true
	case place == placeClosedPublic:
		return 0.60, 0.40, bounded == nil, true
	case place == placeClosedPrivate:
		return 0.15, 0.10, false, true
	default:
		return 0, 0, false, false
	}
}

// plain brings words of a file to one spelling: small letters, hyphens between.
func plain(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return strings.ContainsRune(" _-–—,.:/\"", r) }), "-")
}

// toldBy lists the processings that a sign tells of, and the analytics that
// they and their cameras may use: of the cameras that name it, else of those
// of its site.
func toldBy(p *policy.Protocol, n policy.Sign) (list []policy.Processing, analytics []string) {
	of := func(is func(policy.Camera) bool) {
		for _, c := range p.Cameras {
			if !is(c) {
				continue
			}
			q, _ := processingOf(p, c.Processing)
			for _, a := range slices.Concat(c.Analytics, q.DataCategories.Analytics) {
				analytics = append(analytics, plain(a))
			}
			if !slices.ContainsFunc(list, func(have policy.Processing) bool { return have.ID == q.ID }) {
				list = append(list, q)
			}
		}
	}
	if of(func(c policy.Camera) bool { return c.Sign == n.ID }); len(list) == 0 {
		of(func(c policy.Camera) bool { return c.Site == n.Site })
	}
	return list, analytics
}

// belgian tells whether the royal decree on the pictogram holds.
func belgian(p *policy.Protocol, _ string) (bool, policy.Text) {
	return p.Metadata.Jurisdiction == policy.JurisdictionBE, policy.Text{
		NL: "Het pictogram van het koninklijk besluit geldt in België.",
		FR: "Le pictogramme de l'arrêté royal vaut en Belgique.",
		EN: "The royal decree's pictogram holds in Belgium.",
	}
}

// signsSay is SIGN-2: each sign is the legal pictogram, large enough, with the
// controller's data, and not older than the protocol.
func signsSay(s *sheet) {
	if len(s.Protocol.Signs) == 0 {
		s.add("signs", Finding{
			Status: Unproven, Remedy: s.rule.Remedy,
			Text: say("Het protocol noemt geen borden: wat erop staat is niet aangetoond.", "Le protocole ne mentionne aucun panneau: leur contenu n'est pas prouvé.", "The protocol names no signs: what they say is unproven."),
		})
	}
	for _, n := range s.Protocol.Signs {
		about, analytics := toldBy(s.Protocol, n)
		what := say("Pictogram %s", "Pictogramme %s", "Pictogram %s", n.ID)
		f := Finding{Target: Target{Subject: n.ID}, Why: Why{Article: n.Ref}}
		s.hanging("content", n, f, what, say("Het protocol laat op pictogram %s alles vermelden wat het koninklijk besluit vraagt.", "Le protocole fait figurer sur le pictogramme %s tout ce que l'arrêté royal demande.", "The protocol has pictogram %s say all that the royal decree asks.", n.ID), signContent(n, about, analytics))
		s.hanging("size", n, f, what, say("Volgens het protocol is pictogram %s %s: groot genoeg.", "Selon le protocole, le pictogramme %s mesure %s: assez grand.", "By the protocol pictogram %s is %s: large enough.", n.ID, metres(n.Size)), signLarge(n, about))
		signCurrent(s, n, f, what)
	}
}

// hanging files what the file demands of a sign. That it is enough passes only
// once the sign was seen to hang, as the same file accepts it; a person's
// declaration makes it attested.
func (s *sheet) hanging(aspect string, n policy.Sign, f Finding, what, demand policy.Text, o outcome) {
	if o.status() != Pass {
		s.weigh(aspect, f, what, demand, o)
		return
	}
	zone := s.Protocol.Location(n.Site)
	list, known := s.Signs.Get()
	last, seen := lastSeen(s, n, list)
	end := signProof(n).After(last.At.In(zone))
	switch {
	case seen && !s.Now.After(end):
		f.Evidence = append(f.Evidence, Evidence{Kind: "sign", Value: last.How, Collected: last.At, Expires: end})
		s.weigh(aspect, f, what, say("%s Het is hangend gezien op %s.", "%s Il a été vu en place le %s.", "%s It was seen hanging at %s.", demand, localTime(last.At, zone)), o)
	case s.vouched(aspect, n.Site, f, demand):
	case !known:
		need(s, aspect, f.Target, FactSigns, s.Signs)
	default:
		f.Status, f.Remedy = Unproven, s.rule.Remedy
		f.Text = say("%s Dat het zo hangt is niet aangetoond.", "%s Il n'est pas prouvé qu'il soit ainsi en place.", "%s That it hangs like that is unproven.", demand)
		s.add(aspect, f)
	}
}

// signContent holds what a sign says against the checklist.
func signContent(n policy.Sign, about []policy.Processing, analytics []string) outcome {
	var o outcome
	if len(n.States) == 0 {
		o.doubt("het protocol zegt niet wat erop staat", "le protocole ne dit pas ce qui y figure", "the protocol does not say what is on it")
		return o
	}
	for _, item := range pictogram() {
		wanted := item.only == nil || slices.ContainsFunc(about, func(q policy.Processing) bool { return item.only(q, analytics) })
		there := slices.ContainsFunc(n.States, func(said string) bool {
			// In capitals counts only for what must be in capitals.
			if item.id == "anpr" {
				return strings.Contains(said, "ANPR")
			}
			words := plain(said)
			return words == item.id || slices.ContainsFunc(item.words, func(w string) bool { return strings.Contains("-"+words, "-"+w) })
		})
		if wanted && !there {
			o.fail("%s ontbreekt", "%s manque", "%s is missing", item.name)
		}
	}
	return o
}

// signLarge holds the size of a sign against the strictest place that it tells of.
func signLarge(n policy.Sign, about []policy.Processing) outcome {
	var o outcome
	if len(n.Size) != 2 || n.Size[0] <= 0 || n.Size[1] <= 0 {
		o.doubt("het protocol zegt niet hoe groot het is", "le protocole ne dit pas sa taille", "the protocol does not say how large it is")
		return o
	}
	if len(about) == 0 {
		o.doubt("het hoort bij geen camera, dus de vereiste maat is niet bekend", "il ne relève d'aucune caméra, la taille requise n'est donc pas connue", "it belongs to no camera, so the size asked for is not known")
	}
	for _, q := range about {
		w, h, doubt, ok := signSize(q.Place, n.Bounded)
		small := n.Size[0] < w || n.Size[1] < h
		switch {
		case !ok:
			o.doubt("het protocol zegt niet wat voor plaats het is (place), dus de vereiste maat is niet bekend", "le protocole ne dit pas de quel type de lieu il s'agit (place), la taille requise n'est donc pas connue", "the protocol does not say what kind of place it is (place), so the size asked for is not known")
		case small && doubt && n.Size[0] >= 0.30 && n.Size[1] >= 0.20:
			o.doubt("%s volstaat alleen als een gebouw de ingang begrenst, en dat zegt het protocol niet (bounded)", "%s ne suffit que si un bâtiment délimite l'entrée, ce que le protocole ne dit pas (bounded)", "%s is enough only if a building bounds the entrance, which the protocol does not say (bounded)", metres(n.Size))
		case small:
			o.fail("%s is kleiner dan %s", "%s est plus petit que %s", "%s is smaller than %s", metres(n.Size), metres([]float64{w, h}))
		default:
		}
	}
	return o
}

// signCurrent adds whether a sign's text follows the protocol in force: by the
// version on it when it was last seen, else by the day it was hung.
func signCurrent(s *sheet, n policy.Sign, f Finding, what policy.Text) {
	m := s.Protocol.Metadata
	since := firstDate(m.Effective.Date, m.Published.Date, m.Adopted.Date)
	list, known := s.Signs.Get()
	last, seen := lastSeen(s, n, list)
	var o outcome
	switch {
	case seen && last.Version != "":
		f.Evidence = []Evidence{{Kind: "sign", Value: "version " + last.Version, Collected: last.At}}
		if last.Version != m.Version {
			o.fail("de tekst volgt versie %s, het protocol is versie %s", "le texte suit la version %s, le protocole est en version %s", "its text follows version %s, the protocol is version %s", last.Version, m.Version)
		}
	case !n.Hung.IsZero() && !since.IsZero():
		if zone := time.UTC; startOf(n.Hung, zone).Before(startOf(since, zone)) {
			o.fail("de tekst hangt sinds %s, het protocol is van %s", "le texte est affiché depuis le %s, le protocole date du %s", "its text hangs since %s, the protocol is of %s", n.Hung, since)
		}
	case !known:
		need(s, "version", f.Target, FactSigns, s.Signs)
		return
	default:
		o.doubt("welke versie van het protocol de tekst volgt is niet bekend", "on ignore quelle version du protocole le texte suit", "which version of the protocol its text follows is not known")
	}
	pass := say("De tekst van pictogram %s volgt het protocol, versie %s.", "Le texte du pictogramme %s suit le protocole, version %s.", "The text of pictogram %s follows the protocol, version %s.", n.ID, m.Version)
	if last.Version == "" {
		pass = say("Volgens het protocol hangt de tekst van pictogram %s er sinds %s, en het protocol is van %s.", "Selon le protocole, le texte du pictogramme %s est affiché depuis le %s, et le protocole date du %s.", "By the protocol the text of pictogram %s hangs since %s, and the protocol is of %s.", n.ID, n.Hung, since)
	}
	s.hanging("version", n, f, what, pass, o)
}

// metres prints a size.
func metres(size []float64) string {
	if len(size) != 2 {
		return "?"
	}
	return fmt.Sprintf("%.2f × %.2f m", size[0], size[1])
}
