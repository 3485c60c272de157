package review

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
)

// pick returns one of three texts by language.
func pick(lang, nl, fr, en string) string {
	switch lang {
	case "nl":
		return nl
	case "fr":
		return fr
	default:
		return en
	}
}

// quoted puts a name in the quotation marks of the language.
func quoted(lang, s string) string {
	if lang == "fr" {
		return "« " + s + " »"
	}
	return "‘" + s + "’"
}

func yesNo(lang string, b bool) string {
	if b {
		return pick(lang, "ja", "oui", "yes")
	}
	return pick(lang, "nee", "non", "no")
}

// dateText says a date: "13 januari 2026", "1er mars 2026".
func dateText(lang string, d policy.Date) string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%s %04d", dayText(lang, d.Month, d.Day), d.Year)
}

func dayText(lang string, m time.Month, day int) string {
	if m < time.January || m > time.December {
		return fmt.Sprintf("%d-%d", int(m), day)
	}
	months := pick(lang,
		"januari februari maart april mei juni juli augustus september oktober november december",
		"janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
		"January February March April May June July August September October November December")
	number := strconv.Itoa(day)
	if lang == "fr" && day == 1 {
		number = "1er"
	}
	return number + " " + strings.Fields(months)[m-1]
}

// durationText says a duration: "28 dagen", "1 mois", "1 year and 6 months".
func durationText(lang string, d policy.Duration) string {
	type unit struct {
		n                                int64
		nl1, nl2, fr1, fr2, en1, english string
	}
	units := []unit{
		{int64(d.Years), "jaar", "jaar", "an", "ans", "year", "years"},
		{int64(d.Months), "maand", "maanden", "mois", "mois", "month", "months"},
		{int64(d.Days), "dag", "dagen", "jour", "jours", "day", "days"},
		{int64(d.Time / time.Hour), "uur", "uur", "heure", "heures", "hour", "hours"},
		{int64(d.Time % time.Hour / time.Minute), "minuut", "minuten", "minute", "minutes", "minute", "minutes"},
		{int64(d.Time % time.Minute / time.Second), "seconde", "seconden", "seconde", "secondes", "second", "seconds"},
	}
	var parts []string
	for _, u := range units {
		switch u.n {
		case 0:
		case 1:
			parts = append(parts, "1 "+pick(lang, u.nl1, u.fr1, u.en1))
		default:
			parts = append(parts, strconv.FormatInt(u.n, 10)+" "+pick(lang, u.nl2, u.fr2, u.english))
		}
	}
	switch len(parts) {
	case 0:
		return pick(lang, "0 seconden", "0 seconde", "0 seconds")
	case 1:
		return parts[0]
	default:
		last := len(parts) - 1
		return strings.Join(parts[:last], ", ") + pick(lang, " en ", " et ", " and ") + parts[last]
	}
}

// clockText says a time of day: "06:30 uur", "06 h 30", "06:30".
func clockText(lang string, c policy.Clock) string {
	switch lang {
	case "nl":
		return string(c) + " uur"
	case "fr":
		return strings.Replace(string(c), ":", " h ", 1)
	default:
		return string(c)
	}
}

// numberText says a number with the decimal sign of the language.
func numberText(lang string, f float64) string {
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if lang != "en" {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s
}

// polygonText lists the corners of a polygon in percent of the picture.
func polygonText(lang string, polygon []devices.Point) string {
	corners := make([]string, len(polygon))
	for i, p := range polygon {
		corners[i] = "(" + percent(lang, p.X) + "; " + percent(lang, p.Y) + ")"
	}
	share := percent(lang, round(area(polygon)))
	return strings.Join(corners, " ") + pick(lang, ", samen "+share+" van het beeld", ", soit "+share+" de l'image", ", which is "+share+" of the picture")
}

func percent(lang string, f float64) string {
	// Six digits are far below one pixel, and hide what floating point adds.
	s := numberText(lang, roundTo(f*100, 1e6))
	if lang == "fr" {
		return s + " %"
	}
	return s + "%"
}

// round cuts a share of the picture to a hundredth of a percent.
func round(f float64) float64 { return roundTo(f, 1e4) }

func roundTo(f, parts float64) float64 { return math.Round(f*parts) / parts }

// say returns a single value in words of the language, without escapes. What
// is absent is empty. A name that something else in the protocol has, a role
// for one, is said as resolve says it.
func (w *Words) say(lang string, f field, v reflect.Value, resolve func(f field, s string) string) string {
	word := func(s string) string {
		if t, ok := w.Word(f.typ, f.key, s); ok {
			return t.In(lang)
		}
		if resolve != nil {
			return resolve(f, s)
		}
		return s
	}
	switch x := v.Interface().(type) {
	case policy.Date:
		return dateText(lang, x)
	case policy.Duration:
		if x.IsZero() {
			return ""
		}
		return durationText(lang, x)
	case policy.Clock:
		if x == "" {
			return ""
		}
		return clockText(lang, x)
	case policy.Source:
		if x.IsZero() {
			return ""
		}
		return x.String()
	case policy.Text:
		return x.In(lang)
	case []devices.Point:
		if len(x) == 0 {
			return ""
		}
		return polygonText(lang, x)
	default:
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return ""
		}
		return w.say(lang, f, v.Elem(), resolve)
	case reflect.Bool:
		return yesNo(lang, v.Bool())
	case reflect.Int:
		return strconv.FormatInt(v.Int(), 10)
	case reflect.Float64:
		return numberText(lang, v.Float())
	case reflect.String:
		if day, ok := yearDay(lang, v.String()); ok && f.name() == "YearlyReport.by" {
			return day
		}
		if v.String() == "" {
			return ""
		}
		return word(v.String())
	case reflect.Slice:
		parts := make([]string, v.Len())
		for i := range parts {
			parts[i] = w.say(lang, f, v.Index(i), resolve)
		}
		return strings.Join(parts, ", ")
	default:
		return fmt.Sprint(v.Interface())
	}
}

// yearDay says a day of the year written as --01-31.
func yearDay(lang, s string) (string, bool) {
	t, err := time.Parse("--01-02", s)
	if err != nil {
		return "", false
	}
	return dayText(lang, t.Month(), t.Day()), true
}
