package rules

import (
	"time"

	"github.com/lensdop/lensdop/policy"
)

// fileDate is a date of the file on which a finding rests.
type fileDate struct {
	key  string // where it stands in the file
	date policy.Date
	// assumed tells that the file marks it as assumed, and backed that a
	// document with a hash answers for it.
	assumed, backed bool
}

// guessed tells that nothing but an assumption speaks for the date.
func (d fileDate) guessed() bool { return d.assumed && !d.backed && !d.date.IsZero() }

// restingOn keeps a finding from passing on dates that are only assumed: it is
// then unproven, and its evidence names them.
func restingOn(f Finding, dates ...fileDate) Finding {
	if f.Status != Pass {
		return f
	}
	var names []policy.Text
	for _, d := range dates {
		if !d.guessed() {
			continue
		}
		f.Evidence = append(f.Evidence, Evidence{Kind: "text", Value: d.key + " " + d.date.String() + " (basis: assumed)"})
		names = once(names, []policy.Text{say("%s", "%s", "%s", d.date)})
	}
	if len(names) == 0 {
		return f
	}
	f.Status = Unproven
	f.Text = say(
		"%s Dat is niet aangetoond: aangenomen is %s, en geen document staat ervoor in.",
		"%s Ce n'est pas prouvé: est supposé %s, et aucun document ne l'atteste.",
		"%s That is unproven: assumed is %s, and no document backs it.", f.Text, listed(names))
	f.Remedy = policy.Text{
		NL: "Bevestig de data aan de hand van een document en haal de aanname weg (basis: assumed), of zet de hash van het document in het protocol.",
		FR: "Confirmez les dates à l'aide d'un document et retirez la supposition (basis: assumed), ou inscrivez l'empreinte du document au protocole.",
		EN: "Confirm the dates by a document and take the assumption away (basis: assumed), or enter the document's hash in the protocol.",
	}
	return f
}

// adoptedDate and effectiveFrom are the dates of the protocol itself: the
// document that was adopted answers for them.
func adoptedDate(m policy.Metadata) fileDate {
	return fileDate{"metadata.adopted.date", m.Adopted.Date, m.Adopted.Basis.Of("date") == policy.BasisAssumed, m.Document.SHA256 != ""}
}

func effectiveFrom(m policy.Metadata) fileDate {
	d := fileDate{key: "metadata.effective.date", date: effectiveDate(m), backed: m.Document.SHA256 != ""}
	if m.Effective.Date.IsZero() {
		d.key, d.assumed = "metadata.published.date", m.Published.Basis.Of("date") == policy.BasisAssumed
	} else {
		d.assumed = m.Effective.Basis.Of("date") == policy.BasisAssumed
	}
	return d
}

// answerDate is the day on which a consultation was over. A consent of that day
// with a document answers for that of the works council.
func answerDate(p *policy.Protocol, c policy.Consultation) fileDate {
	key := "date"
	if c.Date.IsZero() {
		key = "until"
	}
	d := fileDate{"metadata.consultations." + key, answeredOn(c), c.Basis.Of(key) == policy.BasisAssumed, false}
	for _, k := range p.WorksCouncil.Consents {
		d.backed = d.backed || isCouncil(c.Body) && k.Date == d.date && k.Document.SHA256 != ""
	}
	return d
}

// councilAnswers are the records of the works council as consultations, for a
// protocol that says that it answered but does not list it among them.
func councilAnswers(p *policy.Protocol) []policy.Consultation {
	var out []policy.Consultation
	for _, c := range p.WorksCouncil.Consents {
		out = append(out, policy.Consultation{Origin: c.Origin, Body: bodyCouncil, Date: c.Date})
	}
	return out
}

// vouched files, where a person declared what the rule asks at a site, that what
// the file says is attested. It is false if nobody did.
func (s *sheet) vouched(aspect, site string, f Finding, said policy.Text) bool {
	a := s.attestation(site)
	if s.rule.Mode == Automatic || a.Status != Attested {
		return false
	}
	f.Status, f.Remedy, f.Text = Attested, policy.Text{}, say("%s %s", "%s %s", "%s %s", said, a.Text)
	f.Evidence = append(f.Evidence, a.Evidence...)
	s.add(aspect, f)
	return true
}

// onlySaid files what speaks for a rule by the word of the file alone: attested
// if a person declared it, else unproven.
func (s *sheet) onlySaid(aspect, site string, f Finding, said policy.Text) {
	if s.vouched(aspect, site, f, said) {
		return
	}
	f.Status, f.Due, f.Remedy = Unproven, time.Time{}, s.rule.Remedy
	f.Text = say("%s Alleen het protocol zegt dat: het is niet aangetoond.", "%s Seul le protocole le dit: ce n'est pas prouvé.", "%s Only the protocol says so: it is unproven.", said)
	s.add(aspect, f)
}
