package rules

import (
	"strings"

	"github.com/lensdop/lensdop/policy"
)

// Rule is one entry of the catalogue: what is demanded, and the pure function
// that judges it.
type Rule struct {
	ID       string      `json:"id"`
	Severity Severity    `json:"severity"`
	Title    policy.Text `json:"title"`
	Norm     policy.Text `json:"norm"`
	// Source is the document and article that the rule was drawn from.
	Source string `json:"source"`
	// Related rules speak of the same matter.
	Related []string `json:"related,omitempty"`

	check func(s *sheet)
}

// Table lists the rules in the order in which they are evaluated.
func Table() []Rule {
	return []Rule{
		{
			ID: "REG-1", Severity: Critical, Source: "Oostrozebeke: Transparantie; Heusden art. 1, 2", Related: []string{"HID-1"}, check: unregistered, //nolint:misspell // not English
			Title: policy.Text{NL: "Onbekende camera", FR: "Caméra inconnue", EN: "Unregistered camera"},
			Norm:  policy.Text{NL: "Alle camera's staan in het cameraregister; verborgen camera's zijn er niet.", FR: "Toutes les caméras figurent au registre des caméras; il n'y a pas de caméra cachée.", EN: "All cameras are in the camera register; there are no hidden cameras."},
		},
		{
			ID: "LOC-1", Severity: Critical, Source: "Heusden art. 2", check: location,
			Title: policy.Text{NL: "Camera op zijn plaats", FR: "Caméra à sa place", EN: "Camera in its place"},
			Norm:  policy.Text{NL: "Camera's hangen alleen op de plaatsen die het protocol noemt.", FR: "Les caméras se trouvent uniquement aux endroits que le protocole mentionne.", EN: "Cameras hang only at the places that the protocol names."},
		},
		{
			ID: "LOC-3", Severity: High, Source: "Oostrozebeke: Subsidiariteit", check: view,
			Title: policy.Text{NL: "Gezichtsveld en privacymaskers", FR: "Champ de vision et masques de confidentialité", EN: "Field of view and privacy masks"},
			Norm:  policy.Text{NL: "Er komen niet meer personen of plaatsen in beeld dan strikt nodig.", FR: "Pas plus de personnes ou de lieux à l'image que strictement nécessaire.", EN: "No more persons or places are in view than strictly needed."},
		},
		{
			ID: "AUD-1", Severity: High, Source: "Heusden art. 1", Related: []string{"HID-1"}, check: sound,
			Title: policy.Text{NL: "Geen geluid", FR: "Pas de son", EN: "No sound"},
			Norm:  policy.Text{NL: "Camera's nemen geen geluid op.", FR: "Les caméras n'enregistrent pas de son.", EN: "Cameras record no sound."},
		},
		{
			ID: "BLK-1", Severity: Critical, Source: "Heusden art. 5", check: covered,
			Title: policy.Text{NL: "Camera afgeplakt", FR: "Caméra occultée", EN: "Camera covered"},
			Norm:  policy.Text{NL: "In speciale situaties, zoals verkiezingen, kunnen camera's worden afgeplakt.", FR: "Dans des situations spéciales, comme des élections, les caméras peuvent être occultées.", EN: "In special situations, such as elections, cameras can be covered."},
		},
		{
			ID: "SEC-1", Severity: High, Source: "Heusden art. 3.1", check: firmware,
			Title: policy.Text{NL: "Firmware", FR: "Micrologiciel", EN: "Firmware"},
			Norm:  policy.Text{NL: "De managers nemen voldoende maatregelen om de opnames te beveiligen.", FR: "Les responsables prennent des mesures suffisantes pour sécuriser les enregistrements.", EN: "The managers take sufficient measures to secure the recordings."}, //nolint:misspell // not English
		},
		{
			ID: "DEV-1", Severity: High, Source: "HR do's and don'ts; NSPV: voorbeelden", check: registeredReaders,
			Title: policy.Text{NL: "Badgelezers in het register", FR: "Lecteurs de badge au registre", EN: "Badge readers in the register"}, //nolint:misspell // not English
			Norm:  policy.Text{NL: "Ook toegang met badges valt onder het protocol: elke lezer staat erin.", FR: "L'accès par badge relève aussi du protocole: chaque lecteur y figure.", EN: "Access by badge falls under the protocol, too: every reader is in it."},
		},
		{
			ID: "SEC-4", Severity: Medium, Source: "HR do's and don'ts: volgsystemen 4", check: plainLine,
			Title: policy.Text{NL: "Lijn van de badgelezer", FR: "Ligne du lecteur de badge", EN: "Badge reader's line"},
			Norm:  policy.Text{NL: "Volggegevens worden zorgvuldig bewaard en beveiligd.", FR: "Les données de suivi sont conservées avec soin et sécurisées.", EN: "Tracking data are kept with care."},
		},
	}
}

// sheet collects the findings of one rule.
type sheet struct {
	*Facts

	rule Rule
	site policy.Site
	out  []Finding
}

// add completes a finding and files it. The aspect tells apart several
// findings of one rule on one target.
func (s *sheet) add(aspect string, f Finding) {
	f.Rule = s.rule.ID
	if f.Severity == "" {
		f.Severity = s.rule.Severity
	}
	if f.Title == (policy.Text{}) {
		f.Title = s.rule.Title
	}
	f.Target.Site = s.Site
	f.Why.Rules = append([]string{s.rule.ID}, s.rule.Related...)
	f.Why.Norm = s.rule.Norm
	if f.Why.Article == "" {
		f.Why.Article = s.rule.Source
	}
	if s.Protocol != nil {
		f.Protocol = ProtocolRef{ID: s.Protocol.Metadata.ID, Version: s.Protocol.Metadata.Version}
	}
	f.At = s.Now
	t := f.Target
	parts := []string{s.rule.ID}
	for _, p := range []string{aspect, t.Site, t.Device, t.Camera, t.Reader, t.Zone} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	f.ID = strings.Join(parts, "/")
	s.out = append(s.out, f)
}

// Evaluate judges every rule of the table and returns all findings, those that
// pass among them, in the order of the table. Without a protocol or site each
// rule is an error.
func Evaluate(f Facts) []Finding {
	var out []Finding
	for _, r := range Table() {
		s := &sheet{Facts: &f, rule: r}
		ok := false
		if f.Protocol != nil {
			s.site, ok = f.Protocol.Site(f.Site)
		}
		if ok {
			r.check(s)
		} else {
			s.add("", Finding{
				Status: Error,
				Text:   say("Er is geen protocol voor locatie %q.", "Il n'y a pas de protocole pour le site %q.", "There is no protocol for site %q.", f.Site),
				Remedy: say("Geef de agent een protocol dat deze locatie noemt.", "Donnez à l'agent un protocole qui mentionne ce site.", "Give the agent a protocol that names this site."),
			})
		}
		out = append(out, s.out...)
	}
	return out
}

// article picks the first reference that the protocol gives.
func article(refs ...string) string {
	for _, r := range refs {
		if r != "" {
			return r
		}
	}
	return ""
}
