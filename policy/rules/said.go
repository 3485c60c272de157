package rules

import (
	"fmt"
	"strings"
	"time"

	"github.com/lensdop/lensdop/policy"
)

// period is a calendar duration as people say it: "4 weken" is written as 28
// days, since that is what is counted.
func period(d policy.Duration) policy.Text {
	var nl, fr, en []string
	part := func(n int, one, many policy.Text) {
		if n == 0 {
			return
		}
		t := many
		if n == 1 {
			t = one
		}
		nl, fr, en = append(nl, fmt.Sprintf("%d %s", n, t.NL)), append(fr, fmt.Sprintf("%d %s", n, t.FR)), append(en, fmt.Sprintf("%d %s", n, t.EN))
	}
	part(d.Years, policy.Text{NL: "jaar", FR: "an", EN: "year"}, policy.Text{NL: "jaar", FR: "ans", EN: "years"})
	part(d.Months, policy.Text{NL: "maand", FR: "mois", EN: "month"}, policy.Text{NL: "maanden", FR: "mois", EN: "months"})
	part(d.Days, policy.Text{NL: "dag", FR: "jour", EN: "day"}, policy.Text{NL: "dagen", FR: "jours", EN: "days"})
	part(int(d.Time/time.Hour), policy.Text{NL: "uur", FR: "heure", EN: "hour"}, policy.Text{NL: "uur", FR: "heures", EN: "hours"})
	part(int(d.Time%time.Hour/time.Minute), policy.Text{NL: "minuut", FR: "minute", EN: "minute"}, policy.Text{NL: "minuten", FR: "minutes", EN: "minutes"})
	part(int(d.Time%time.Minute/time.Second), policy.Text{NL: "seconde", FR: "seconde", EN: "second"}, policy.Text{NL: "seconden", FR: "secondes", EN: "seconds"})
	if len(en) == 0 {
		return policy.Text{NL: "niets", FR: "rien", EN: "nothing"}
	}
	return policy.Text{NL: strings.Join(nl, " "), FR: strings.Join(fr, " "), EN: strings.Join(en, " ")}
}

// localTime prints an instant to the minute by the clocks of a site, with its zone.
func localTime(t time.Time, loc *time.Location) string {
	if t.IsZero() {
		return unstated
	}
	return t.In(loc).Format("2006-01-02 15:04 MST")
}

// later tells that civil date a comes after b.
func later(a, b policy.Date) bool { return compareDates(a, b) > 0 }

// civilToday is the civil date of the evaluation at the site, or in the protocol's
// own time zone.
func (s *sheet) civilToday() policy.Date {
	return policy.DateOf(s.Now.In(s.Protocol.Location(s.Site)))
}

// dueDate is the last day of a period that begins on a date.
func dueDate(from policy.Date, every policy.Duration) policy.Date {
	return policy.DateOf(every.After(startOf(from, time.UTC)))
}

// kindOf is the kind of system of a processing, cameras where the file does
// not say (policy.Processing.System).
func kindOf(p policy.Processing) string {
	switch {
	case p.Checker:
		return policy.SystemChecker
	case p.System == "":
		return policy.SystemCameras
	default:
		return p.System
	}
}

// processingOf returns the processing with the id; one that the protocol does
// not have is empty but for its id.
func processingOf(p *policy.Protocol, id string) (policy.Processing, bool) {
	for _, q := range p.Processing {
		if q.ID == id {
			return q, true
		}
	}
	return policy.Processing{ID: id}, false
}

// anySystem tells whether the protocol has a processing of one of the kinds.
func anySystem(p *policy.Protocol, is func(system string) bool) bool {
	for _, q := range p.Processing {
		if is(kindOf(q)) {
			return true
		}
	}
	return false
}

// systemName names a kind of system for people.
func systemName(system string) policy.Text {
	switch system {
	case policy.SystemCameras:
		return policy.Text{NL: "camera's", FR: "caméras", EN: "cameras"}
	case policy.SystemPoliceCameras:
		return policy.Text{NL: "politiecamera's", FR: "caméras de police", EN: "police cameras"}
	case policy.SystemCalls:
		return policy.Text{NL: "opname van telefoongesprekken", FR: "enregistrement d'appels", EN: "call recording"}
	case policy.SystemSound:
		return policy.Text{NL: "geluidsopname", FR: "enregistrement sonore", EN: "sound recording"}
	case policy.SystemAccess:
		return policy.Text{NL: "toegang met badge", FR: "accès par badge", EN: "badge access"}
	case policy.SystemBiometric:
		return policy.Text{NL: "biometrische toegang", FR: "accès biométrique", EN: "biometric access"}
	case policy.SystemBodycams:
		return policy.Text{NL: "bodycams", FR: "bodycams", EN: "body cameras"}
	case policy.SystemTracking:
		return policy.Text{NL: "track & trace", FR: "géolocalisation", EN: "track and trace"}
	case policy.SystemTimeClock:
		return policy.Text{NL: "tijdregistratie", FR: "pointeuse", EN: "time clock"}
	case policy.SystemChecker:
		return policy.Text{NL: "Lensdop", FR: "Lensdop", EN: "Lensdop"}
	default:
		return policy.Text{NL: system, FR: system, EN: system}
	}
}
