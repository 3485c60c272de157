package agent

import (
	"slices"
	"time"

	"github.com/lensdop/lensdop/policy"
)

// calendarReach is how far ahead of its issue a server's document tells
// recurring windows at least.
const calendarReach = 4 * 7 * 24 * time.Hour

// differences lists what the server computed otherwise than this gateway for the
// cameras of the site, for as long as its document reaches (invariant 10). What
// either knows alone is a difference if both should know it: a decision that
// only this gateway has may be new here or gone there, and one that ended here
// by a release may still be open there.
func (o *orders) differences() []policy.Difference {
	if o.policy.Protocol == nil {
		return nil
	}
	return slices.DeleteFunc(o.policy.Differences(o.issued, o.issued.Add(calendarReach)), func(d policy.Difference) bool {
		if c, ok := o.policy.Protocol.Camera(d.Camera); ok && c.Site != o.site {
			return true // the document is not about other sites
		}
		switch {
		case d.There.From.IsZero():
			return !slices.ContainsFunc(o.policy.Protocol.Blackout.Windows, func(w policy.Recurring) bool { return w.ID == d.Window })
		case d.Here.From.IsZero():
			return slices.ContainsFunc(o.policy.Releases, func(r policy.Release) bool { return r.Decision == d.Window })
		default:
			return false
		}
	})
}

// apartFrom lists the differences that are not over at an instant.
func (o *orders) apartFrom(t time.Time) []policy.Difference {
	over := func(i policy.Interval) bool { return i.From.IsZero() || !i.Until.IsZero() && !t.Before(i.Until) }
	var list []policy.Difference
	for _, d := range o.apart {
		if !over(d.Here) || !over(d.There) {
			list = append(list, d)
		}
	}
	return list
}
