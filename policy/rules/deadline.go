package rules

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/lensdop/lensdop/policy"
)

// conclude files a finding. One that needs a person says what to do: in its
// own words, or else in the rule's.
func (s *sheet) conclude(aspect string, f Finding) {
	if !f.Status.OK() && f.Remedy == (policy.Text{}) {
		f.Remedy = s.rule.Remedy
	}
	s.add(aspect, f)
}

// clockZone is the time zone in which the clocks of the rule run: the site's,
// or the protocol's.
func (s *sheet) clockZone() *time.Location { return s.Protocol.Location(s.Site) }

// compareDates orders civil dates, like cmp.Compare.
func compareDates(a, b policy.Date) int {
	return cmp.Or(cmp.Compare(a.Year, b.Year), cmp.Compare(a.Month, b.Month), cmp.Compare(a.Day, b.Day))
}

// subjectOr names a record by its id, or else by its time, so that two records
// without an id do not become one finding.
func subjectOr(id string, at time.Time) string {
	if id != "" {
		return id
	}
	return at.UTC().Format(time.RFC3339Nano)
}

// joined lists ids in a sentence.
func joined(ids []string) string { return strings.Join(ids, ", ") }

// networkAddress is what a finding says of where somebody came from: an
// address of the network, but never a name, which may be a person's.
func networkAddress(from string) string {
	if at, err := netip.ParseAddrPort(from); err == nil {
		return at.Addr().String()
	}
	if at, err := netip.ParseAddr(from); err == nil {
		return at.WithZone("").String()
	}
	return unstated
}

// adopts tells that the municipality took a guideline as its own.
func adopts(p *policy.Protocol, ids ...string) bool {
	return slices.ContainsFunc(p.Guidelines, func(g policy.Guideline) bool { return slices.Contains(ids, g.ID) })
}
