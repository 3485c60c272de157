package rules

import (
	"slices"
	"time"

	"github.com/lensdop/lensdop/policy"
)

// occasionID stands in for the id of a decision that nobody took; no person
// and no protocol can use it.
const occasionID = "lensdop-occasion-without-decision"

// uncovered is BLK-1 for a camera over which no window is in force. Where the
// protocol lets people cover (obligation may) that is their choice. Where it
// makes them (must), a situation that it foresees demands a decision, and
// whether there is one now must be known from elsewhere.
func (s *sheet) uncovered(c policy.Camera) {
	b := s.Protocol.Blackout
	f := Finding{Target: Target{Camera: c.ID}, Why: Why{Article: article(b.Ref)}, Status: NotApplicable}
	if b.Obligation != policy.ObligationMust {
		f.Text = say("Camera %s hoeft nu niet te zijn afgeplakt.", "La caméra %s ne doit pas être occultée pour le moment.", "Camera %s need not be covered now.", c.ID)
		if o, t, ok := s.occasion(c); ok && b.Obligation == policy.ObligationMay {
			f.Evidence = fromOccasion(o)
			f.Text = say(
				"Camera %s is nu niet afgeplakt (%s): het protocol staat dat toe maar verplicht niet, en er geldt geen besluit.",
				"La caméra %s n'est pas occultée en ce moment (%s): le protocole le permet mais n'y oblige pas, et aucune décision n'est en vigueur.",
				"Camera %s is not covered now (%s): the protocol allows covering but does not oblige to it, and no decision is in force.", c.ID, templateName(t))
		}
		s.add("", f)
		return
	}
	foreseen := len(b.Windows) > 0
	sees := false
	for _, t := range b.Templates {
		foreseen = foreseen || t.InUse()
		sees = sees || t.InUse() && seesAny(c, t)
	}
	switch {
	case !foreseen:
		f.Status, f.Remedy = Unproven, policy.Text{NL: "Zet in het protocol wanneer moet worden afgeplakt (blackout.templates of blackout.windows).", FR: "Inscrivez au protocole quand il faut occulter (blackout.templates ou blackout.windows).", EN: "Enter in the protocol when to cover (blackout.templates or blackout.windows)."}
		f.Text = say("Het protocol verplicht tot afplakken, maar zegt niet wanneer: of camera %s nu afgeplakt moet zijn is niet te zeggen.", "Le protocole oblige à occulter, mais ne dit pas quand: impossible de dire si la caméra %s doit l'être maintenant.", "The protocol obliges to cover, but does not say when: whether camera %s must be covered now cannot be told.", c.ID)
	case !sees:
		f.Text = say("Camera %s hoeft nu niet te zijn afgeplakt: zij ziet geen zone waarvoor het protocol een besluit verlangt.", "La caméra %s ne doit pas être occultée pour le moment: elle ne voit aucune zone pour laquelle le protocole demande une décision.", "Camera %s need not be covered now: it sees no zone for which the protocol asks a decision.", c.ID)
	default:
		if _, ok := need(s, "", f.Target, FactOccasions, s.Occasions); !ok {
			return
		}
		f = s.obliged(c, f)
	}
	s.add("", f)
}

// obliged completes the finding on an open camera in whose view something must
// be covered, by the situations that are known.
func (s *sheet) obliged(c policy.Camera, f Finding) Finding {
	o, t, ok := s.occasion(c)
	if !ok {
		f.Text = say("Camera %s hoeft nu niet te zijn afgeplakt: er is hier nu niets waarvoor het protocol het verplicht.", "La caméra %s ne doit pas être occultée pour le moment: rien ici n'y oblige selon le protocole.", "Camera %s need not be covered now: there is nothing here now for which the protocol obliges to it.", c.ID)
		return f
	}
	f.Evidence = fromOccasion(o)
	from, _, ok := s.during(o)
	if !ok {
		f.Status, f.Remedy = Unproven, policy.Text{NL: "Controleer de dagen, en of het protocol zegt wie besluit (blackout.decided_by).", FR: "Vérifiez les jours, et si le protocole dit qui décide (blackout.decided_by).", EN: "Check the days, and whether the protocol says who decides (blackout.decided_by)."}
		f.Text = say("Of camera %s nu afgeplakt moet zijn (%s) is niet te zeggen: de dagen volgen het protocol niet, of niemand mag besluiten.", "Impossible de dire si la caméra %s doit être occultée maintenant (%s): les jours ne suivent pas le protocole, ou personne ne peut décider.", "Whether camera %s must be covered now (%s) cannot be told: the days do not follow the protocol, or nobody may decide.", c.ID, templateName(t))
		return f
	}
	f.Status, f.Since, f.Remedy = Fail, from, policy.Text{
		NL: "Laat nu besluiten om af te plakken en plak de camera met de hand af, ook de microfoon.",
		FR: "Faites décider maintenant de l'occultation et occultez la caméra à la main, microphone compris.",
		EN: "Have it decided now to cover, and cover the camera by hand, its microphone too.",
	}
	f.Text = say("Camera %s moet sinds %s zijn afgeplakt (%s), maar er geldt geen besluit dat dit doet.", "La caméra %s doit être occultée depuis %s (%s), mais aucune décision en ce sens n'est en vigueur.", "Camera %s must be covered since %s (%s), but no decision to do so is in force.", c.ID, localTime(from, s.Protocol.Location(s.Site)), templateName(t))
	return f
}

// occasion is the first known situation of a template in use that takes place
// now, or of which the times cannot be worked out, where the camera looks.
func (s *sheet) occasion(c policy.Camera) (Occasion, policy.Template, bool) {
	list, _ := s.Occasions.Get()
	for _, o := range list {
		t, ok := s.Protocol.Template(o.Template)
		if !ok || !t.InUse() || o.Site != s.Site || !seesAny(c, t) {
			continue
		}
		if from, until, ok := s.during(o); ok && (s.Now.Before(from) || !s.Now.Before(until)) {
			continue
		}
		return o, t, true
	}
	return Occasion{}, policy.Template{}, false
}

// during gives the instants that a decision on a situation would cover at
// least: from the template's local time on the first day to its earliest
// release on the last. False if no decision could follow the template.
func (s *sheet) during(o Occasion) (from, until time.Time, ok bool) {
	last := o.Last
	if last.IsZero() {
		last = o.First
	}
	role := ""
	if by := s.Protocol.Blackout.DecidedBy; len(by) > 0 {
		role = by[0]
	}
	d, err := s.Protocol.ElectionDays(o.Template, o.Site, o.First, last, occasionID, role, role, s.Now)
	return d.From, d.EarliestRelease, err == nil
}

// fromOccasion is what a finding rests on that is not a decision.
func fromOccasion(o Occasion) []Evidence {
	return []Evidence{{Kind: "occasion", Value: article(o.Source, o.Template)}}
}

// seesAny tells whether a zone of a template is in a camera's view.
func seesAny(c policy.Camera, t policy.Template) bool {
	return slices.ContainsFunc(t.Zones, c.SeesZone)
}

// templateName is how people know a template: by its name, reason or id.
func templateName(t policy.Template) policy.Text {
	if t.Name != (policy.Text{}) {
		return t.Name
	}
	return say("%s", "%s", "%s", article(t.Reason, t.ID))
}
