package onvif

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/lensdop/lensdop/devices"
)

// maxDuration is the longest time that is believed; what a device keeps longer
// it might as well keep for ever.
const maxDuration = 200 * 366 * 24 * time.Hour

// parseDuration reads an xs:duration (XML Schema part 2 §3.2.6). A year has
// 365 or 366 days and a month 28 to 31, so that the answer is a span; for all
// others least and most are equal. A negative duration is ErrMalformed.
func parseDuration(s string) (least, most time.Duration, err error) {
	text := strings.Trim(s, " \t\r\n")
	wrong := func() (time.Duration, time.Duration, error) {
		return 0, 0, fmt.Errorf("%w: %q is no duration", devices.ErrMalformed, plain(text, 40))
	}
	rest, negative := strings.CutPrefix(text, "-")
	rest, ok := strings.CutPrefix(rest, "P")
	if !ok || rest == "" {
		return wrong()
	}
	const day = 24 * time.Hour
	units := []struct {
		name        byte
		inTime      bool
		least, most time.Duration
	}{
		{'Y', false, 365 * day, 366 * day},
		{'M', false, 28 * day, 31 * day},
		{'D', false, day, day},
		{'H', true, time.Hour, time.Hour},
		{'M', true, time.Minute, time.Minute},
		{'S', true, time.Second, time.Second},
	}
	inTime, next := false, 0
	for rest != "" {
		if !inTime && rest[0] == 'T' {
			inTime, rest = true, rest[1:]
			if rest == "" {
				return wrong()
			}
			continue
		}
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		number := rest[:digits]
		rest = rest[digits:]
		fraction := ""
		if after, ok := strings.CutPrefix(rest, "."); ok {
			n := len(after) - len(strings.TrimLeft(after, "0123456789"))
			if fraction, rest = after[:n], after[n:]; n == 0 {
				return wrong()
			}
		}
		if digits == 0 || rest == "" {
			return wrong()
		}
		for next < len(units) && (units[next].name != rest[0] || units[next].inTime != inTime) {
			next++
		}
		if next == len(units) || fraction != "" && units[next].name != 'S' {
			return wrong()
		}
		u := units[next]
		next++
		rest = rest[1:]
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil || n > int64(maxDuration/u.most) {
			return 0, 0, fmt.Errorf("%w: %w: %q is over 200 years", devices.ErrMalformed, devices.ErrOutOfBounds, plain(text, 40))
		}
		less, more := parseFraction(fraction)
		least += time.Duration(n)*u.least + less
		most += time.Duration(n)*u.most + more
		if most > maxDuration {
			return 0, 0, fmt.Errorf("%w: %w: %q is over 200 years", devices.ErrMalformed, devices.ErrOutOfBounds, plain(text, 40))
		}
	}
	if next == 0 || negative && most > 0 {
		return wrong()
	}
	return least, most, nil
}

// parseFraction reads the digits after the point of a second. Those after the
// ninth are smaller than what time.Duration knows.
func parseFraction(digits string) (least, most time.Duration) {
	for _, c := range []byte((digits + "000000000")[:9]) {
		least = least*10 + time.Duration(c-'0')
	}
	most = least
	if len(digits) > 9 && strings.Trim(digits[9:], "0") != "" {
		most++
	}
	return least, most
}

// formatDuration writes an xs:duration in hours, minutes and seconds, which
// mean the same everywhere. Only what is not negative can be written.
func formatDuration(d time.Duration) string {
	d = max(d, 0)
	s := "PT"
	if h := d / time.Hour; h > 0 {
		s += strconv.FormatInt(int64(h), 10) + "H"
	}
	if m := d % time.Hour / time.Minute; m > 0 {
		s += strconv.FormatInt(int64(m), 10) + "M"
	}
	seconds, parts := d%time.Minute/time.Second, d%time.Second
	if parts > 0 {
		return s + strings.TrimRight(fmt.Sprintf("%d.%09d", seconds, parts), "0") + "S"
	}
	if seconds > 0 || s == "PT" {
		s += strconv.FormatInt(int64(seconds), 10) + "S"
	}
	return s
}
