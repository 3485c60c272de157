package rules

import (
	"slices"
	"strings"
	"time"

	"github.com/lensdop/lensdop/policy"
)

// MaxCriticalWaiver is how many days a finding of severity critical can be
// waived at most (rule catalogue §4.2).
const MaxCriticalWaiver = 30

// minApprovers is how many different roles a waiver needs (rule catalogue §4.2).
const minApprovers = 2

// AspectWaiver is the aspect of GOV-1 that tells of waivers that are not honoured.
const AspectWaiver = "waiver"

const (
	ruleUnforeseen = "GOV-1"
	ruleCovered    = "BLK-1"
)

// waived gives each finding that is not OK the waiver that covers it, and in
// the scope of the protocol adds a finding of GOV-1 for each waiver that claims
// to be in force and goes beyond the limits. A finding that such a waiver speaks
// of tells so in its evidence, so that nobody takes it for waived.
func waived(f *Facts, table []Rule, list []Finding) []Finding {
	severity := map[string]Severity{}
	for _, r := range table {
		severity[r.ID] = r.Severity
	}
	var told []Finding // apart from the list: no waiver covers them
	for _, w := range f.Protocol.Waivers {
		s, known := severity[w.Rule]
		if !waiverClaims(w, f.Now, f.Protocol.Location(w.Target.Site)) {
			continue
		}
		beyond := waiverLimits(w, s)
		if w.Rule == ruleCovered {
			beyond = append(beyond, say(
				"een camera die in een afplakperiode niet is afgeplakt, kan geen ontheffing krijgen",
				"une caméra non occultée pendant une période d'occultation ne peut faire l'objet d'une dérogation",
				"a camera that is not covered in a blackout window cannot be waived"))
		}
		if !known {
			beyond = append(beyond, say("de regel %s bestaat niet", "la règle %s n'existe pas", "there is no rule %s", w.Rule))
		}
		for i := range list {
			if waiverCovers(w, list[i]) {
				waive(&list[i], w, beyond)
			}
		}
		if f.Site == "" && len(beyond) > 0 {
			told = append(told, waiverRefused(f, table, w, s, beyond))
		}
	}
	return append(list, told...)
}

// waive puts a finding under a waiver, or tells why it is not.
func waive(f *Finding, w policy.Waiver, beyond []policy.Text) {
	if f.Severity == Critical {
		// The rule itself may be less than critical, this finding of it is not.
		beyond = append(slices.Clone(beyond), waiverTooLong(w)...)
	}
	switch {
	case len(beyond) > 0:
		f.Evidence = append(f.Evidence, Evidence{Kind: "waiver", Value: "waiver " + w.ID + " is not honoured: " + joinTexts(beyond).EN})
	case f.Waiver == nil || f.Waiver.Expires.String() < w.Expires.String():
		f.Waiver = &WaivedBy{ID: w.ID, Justification: w.Justification, ApprovedBy: slices.Clone(w.ApprovedBy), Expires: w.Expires}
	default: // another waiver covers it for longer
	}
}

// waiverClaims tells whether a waiver would be in force now by its own dates. One
// whose dates are missing claims to be.
func waiverClaims(w policy.Waiver, now time.Time, zone *time.Location) bool {
	return !startOf(w.Issued, zone).After(now) && (w.Expires.IsZero() || now.Before(startOf(w.Expires, zone)))
}

// waiverCovers tells whether a finding is what a waiver speaks of, and needs one.
func waiverCovers(w policy.Waiver, f Finding) bool {
	t := f.Target
	return w.Rule == f.Rule && !f.Status.OK() && !f.Undelivered &&
		(w.Target.Site == "" || w.Target.Site == t.Site) &&
		(w.Target.Camera == "" || w.Target.Camera == t.Camera) &&
		(w.Target.Reader == "" || w.Target.Reader == t.Reader) &&
		(w.Target.Zone == "" || w.Target.Zone == t.Zone) &&
		(w.Target.Store == "" || w.Target.Store == t.Subject)
}

// waiverLimits tells in what a waiver goes beyond what a waiver may.
func waiverLimits(w policy.Waiver, severity Severity) []policy.Text {
	var out []policy.Text
	if strings.TrimSpace(w.Justification) == "" {
		out = append(out, say("de motivering ontbreekt", "la justification manque", "the justification is missing"))
	}
	if w.Issued.IsZero() {
		out = append(out, say("de datum van afgifte ontbreekt", "la date d'octroi manque", "the date of issue is missing"))
	}
	if w.Expires.IsZero() {
		out = append(out, say("de einddatum ontbreekt", "la date de fin manque", "the end date is missing"))
	}
	var roles []string
	for _, r := range w.ApprovedBy {
		if r != "" && !slices.Contains(roles, r) {
			roles = append(roles, r)
		}
	}
	if len(roles) < minApprovers {
		out = append(out, say("goedgekeurd door %d rol(len), nodig zijn %d verschillende", "approuvée par %d rôle(s), il en faut %d différents", "approved by %d role(s), it takes %d different ones", len(roles), minApprovers))
	}
	if severity == Critical {
		out = append(out, waiverTooLong(w)...)
	}
	return out
}

func waiverTooLong(w policy.Waiver) []policy.Text {
	if w.Issued.IsZero() || w.Expires.IsZero() || w.Expires.String() <= w.Issued.AddDays(MaxCriticalWaiver).String() {
		return nil
	}
	return []policy.Text{say(
		"loopt van %s tot %s, een kritieke bevinding kan ten hoogste %d dagen ontheffing krijgen",
		"court du %s au %s, un constat critique ne peut être dérogé que %d jours au plus",
		"runs from %s to %s, a critical finding can be waived for %d days at most", w.Issued, w.Expires, MaxCriticalWaiver)}
}

// waiverRefused is the finding on a waiver beyond the limits. It is as severe as what
// somebody wanted to have waived.
func waiverRefused(f *Facts, table []Rule, w policy.Waiver, severity Severity, beyond []policy.Text) Finding {
	if severity == "" {
		severity = Medium
	}
	s := &sheet{Facts: f, rule: Rule{ID: ruleUnforeseen}}
	if i := slices.IndexFunc(table, func(r Rule) bool { return r.ID == ruleUnforeseen }); i >= 0 {
		s.rule = table[i]
	}
	why := joinTexts(beyond)
	id := orUnknown(w.ID)
	s.add(AspectWaiver, Finding{
		Target: Target{Subject: id}, Status: Fail, Severity: severity, Why: Why{Article: w.Ref},
		Title:    policy.Text{NL: "Ontheffing die niet geldt", FR: "Dérogation sans effet", EN: "Waiver without effect"},
		Text:     say("De ontheffing %s van regel %s geldt niet: ", "La dérogation %s à la règle %s est sans effet: ", "The waiver %s of rule %s has no effect: ", id, w.Rule),
		Remedy:   say("Herstel de ontheffing binnen de grenzen, of haal haar uit het protocol.", "Ramenez la dérogation dans les limites, ou retirez-la du protocole.", "Bring the waiver within the limits, or take it out of the protocol."),
		Evidence: []Evidence{{Kind: "text", Value: why.EN}},
	})
	out := s.out[0]
	out.Text = policy.Text{NL: out.Text.NL + why.NL + ".", FR: out.Text.FR + why.FR + ".", EN: out.Text.EN + why.EN + "."}
	return out
}

// joinTexts writes several reasons as one.
func joinTexts(list []policy.Text) policy.Text {
	var out policy.Text
	for i, t := range list {
		if i > 0 {
			out = policy.Text{NL: out.NL + "; ", FR: out.FR + "; ", EN: out.EN + "; "}
		}
		out = policy.Text{NL: out.NL + t.NL, FR: out.FR + t.FR, EN: out.EN + t.EN}
	}
	return out
}
