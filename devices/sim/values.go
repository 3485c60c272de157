package sim

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// maxDuration keeps sums of durations and instants from running over.
const maxDuration = 100 * 365 * 24 * time.Hour

// parseDuration reads xs:duration (XML Schema part 2 §3.2.6) of days and
// less; years and months have no fixed length, and are refused.
func parseDuration(s string) (time.Duration, error) {
	bad := errors.New("not a duration of days, hours, minutes and seconds")
	rest, negative := strings.CutPrefix(s, "-")
	rest, ok := strings.CutPrefix(rest, "P")
	if !ok || rest == "" || strings.HasSuffix(rest, "T") {
		return 0, bad
	}
	days, clock, _ := strings.Cut(rest, "T")
	var total float64
	take := func(from *string, unit string, seconds float64) error {
		n, after, ok := strings.Cut(*from, unit)
		if !ok {
			return nil
		}
		if n == "" || strings.Trim(n, "0123456789.") != "" || unit != "S" && strings.Contains(n, ".") {
			return bad
		}
		v, err := strconv.ParseFloat(n, 64)
		if err != nil {
			return bad
		}
		total += v * seconds
		*from = after
		return nil
	}
	err := errors.Join(take(&days, "D", 86400), take(&clock, "H", 3600), take(&clock, "M", 60), take(&clock, "S", 1))
	if err != nil || days != "" || clock != "" || total > maxDuration.Seconds() {
		return 0, bad
	}
	if negative {
		total = -total
	}
	return time.Duration(total * float64(time.Second)), nil
}

// formatDuration writes xs:duration.
func formatDuration(d time.Duration) string {
	sign := ""
	if d < 0 {
		sign, d = "-", -d
	}
	days, d := d/(24*time.Hour), d%(24*time.Hour)
	s := sign + "P"
	if days > 0 {
		s += fmt.Sprintf("%dD", days)
	}
	if d == 0 && days > 0 {
		return s
	}
	s += "T"
	if h := d / time.Hour; h > 0 {
		s += fmt.Sprintf("%dH", h)
	}
	if m := d % time.Hour / time.Minute; m > 0 {
		s += fmt.Sprintf("%dM", m)
	}
	if sec := d % time.Minute; sec > 0 || strings.HasSuffix(s, "T") {
		s += strconv.FormatFloat(sec.Seconds(), 'f', -1, 64) + "S"
	}
	return s
}

// boolean reads a child that may be missing.
func (n *node) boolean(ns, local string, missing bool) (bool, *soapFault) {
	if n.child(ns, local) == nil {
		return missing, nil
	}
	switch n.value(ns, local) {
	case "true", "1":
		return true, nil
	case "false", "0":
		return false, nil
	}
	return false, senderFault(local+" must be true or false", "ter:InvalidArgs")
}

func firstFault(list ...*soapFault) *soapFault {
	for _, f := range list {
		if f != nil {
			return f
		}
	}
	return nil
}
