package policy

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// ICalendar writes entries of an Agenda as a calendar of RFC 5545, in "nl",
// "fr" or "en". Every entry is one event with times in UTC; an entry without
// end stops where the question stopped, and says that it goes on. An event
// keeps its UID as long as its window, day and cameras stay the same. stamp is
// when the calendar is made. Another language and an entry whose end is not
// after its beginning are errors; then nothing is written.
func (p Policy) ICalendar(w io.Writer, entries []Entry, stamp time.Time, lang string) error {
	words, ok := calendarWords(lang)
	if !ok {
		return fmt.Errorf("there are no calendars in %s; ask for nl, fr or en", short(lang))
	}
	c := ical{words: words, lang: lang, stamp: stamp, protocol: p.Protocol, used: map[string]int{}}
	if c.protocol == nil {
		c.protocol = &Protocol{}
	}
	c.line("BEGIN", "VCALENDAR")
	c.line("VERSION", "2.0")
	c.line("PRODID", "-//Lensdop//Lensdop//"+strings.ToUpper(lang))
	c.line("CALSCALE", "GREGORIAN")
	for _, e := range entries {
		if err := c.event(e); err != nil {
			return err
		}
	}
	if len(entries) == 0 { // a calendar must have a component
		c.line("BEGIN", "VFREEBUSY")
		c.line("UID", "nothing@"+c.domain())
		c.line("DTSTAMP", utc(stamp))
		c.line("END", "VFREEBUSY")
	}
	c.line("END", "VCALENDAR")
	_, err := w.Write(c.out.Bytes())
	return err
}

type ical struct {
	out      bytes.Buffer
	words    icalWords
	lang     string
	stamp    time.Time
	protocol *Protocol
	used     map[string]int // how often a UID was asked for
}

func (c *ical) event(e Entry) error {
	until := e.Until
	if until.IsZero() {
		until = e.Through
	}
	if e.From.IsZero() || !e.From.Before(until) {
		return fmt.Errorf("window %s does not end after it begins, at %s; an open end needs the end of the time that was asked for", short(e.Window), stamp(e.From))
	}
	if last := until.Truncate(time.Second); last.Before(until) {
		until = last.Add(time.Second) // whole seconds: never shorter than what is covered
	}
	c.line("BEGIN", "VEVENT")
	c.line("UID", c.uid(e))
	c.line("DTSTAMP", utc(c.stamp))
	c.line("DTSTART", utc(e.From))
	c.line("DTEND", utc(until))
	name := e.Name.In(c.lang)
	if name == "" {
		name = e.Reason
	}
	if name == "" {
		name = e.Window
	}
	c.text("SUMMARY;LANGUAGE="+c.lang, c.words.covered+": "+name)
	c.text("DESCRIPTION;LANGUAGE="+c.lang, strings.Join(c.description(e), "\n"))
	if s, ok := c.protocol.Site(e.Site); ok {
		place := s.Name
		if s.Address != "" {
			place += ", " + s.Address
		}
		c.text("LOCATION", place)
	}
	c.line("TRANSP", "TRANSPARENT") // the cameras are taken, not the reader's time
	c.line("END", "VEVENT")
	return nil
}

// description tells, one line each, what an event's other fields do not.
func (c *ical) description(e Entry) []string {
	w := c.words
	lines := []string{w.kind[e.Kind]}
	add := func(label, value string) {
		if value != "" {
			lines = append(lines, label+": "+value)
		}
	}
	add(w.reason, e.Reason)
	add(w.cameras, strings.Join(e.Cameras, ", "))
	local := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.In(c.protocol.Location(e.Site)).Format("2006-01-02 15:04 MST")
	}
	add(w.earliest, local(e.EarliestRelease))
	var roles []string
	for _, id := range e.ReleaseBy {
		name := id
		if r, ok := c.protocol.Role(id); ok && r.Name.In(c.lang) != "" {
			name = r.Name.In(c.lang)
		}
		roles = append(roles, name)
	}
	add(w.releaseBy, strings.Join(roles, ", "))
	if e.Signatures > 1 {
		add(w.signatures, strconv.Itoa(e.Signatures))
	}
	if e.Until.IsZero() {
		lines = append(lines, fmt.Sprintf(w.open, local(e.Through)))
	}
	return append(lines, w.window+": "+e.Window)
}

// uid is the same for the same window, day and cameras, whatever instants they
// have by now.
func (c *ical) uid(e Entry) string {
	cameras := sha256.Sum256([]byte(strings.Join(e.Cameras, "\n")))
	parts := []string{e.Kind, e.Window, e.Site}
	if !e.Day.IsZero() {
		parts = append(parts, e.Day.String())
	}
	id := strings.Join(append(parts, hex.EncodeToString(cameras[:4])), "_")
	if c.used[id]++; c.used[id] > 1 { // two windows of one id, or one in two pieces
		id += "_" + strconv.Itoa(c.used[id])
	}
	return id + "@" + c.domain()
}

func (c *ical) domain() string { return c.protocol.Metadata.ID + ".lensdop" }

func utc(t time.Time) string { return t.UTC().Format("20060102T150405Z") }

// text writes a property of the type TEXT (RFC 5545 §3.3.11).
func (c *ical) text(name, value string) {
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(strings.ReplaceAll(value, "\r\n", "\n"), "�") {
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\\' || r == ';' || r == ',':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' && r != '\t' || r == 0x7f: // cannot stand in a text
		default:
			b.WriteRune(r)
		}
	}
	c.line(name, b.String())
}

// line writes a content line, folded after at most 75 octets and never within
// a character (RFC 5545 §3.1).
func (c *ical) line(name, value string) {
	const limit = 75
	room := limit
	for s := name + ":" + value; s != ""; {
		n := min(len(s), room)
		for n < len(s) && !utf8.RuneStart(s[n]) {
			n--
		}
		if room < limit {
			c.out.WriteByte(' ')
		}
		c.out.WriteString(s[:n])
		c.out.WriteString("\r\n")
		s, room = s[n:], limit-1
	}
}

// icalWords are the words of a calendar in one language.
type icalWords struct {
	covered, reason, cameras, earliest, releaseBy, signatures, window string
	open                                                              string // takes the end of the question
	kind                                                              map[string]string
}

func calendarWords(lang string) (icalWords, bool) {
	switch lang {
	case "nl":
		return icalWords{
			covered: "Afgeplakt", reason: "Reden", cameras: "Camera's", earliest: "Vrijgeven kan vanaf", releaseBy: "Vrijgeven door",
			signatures: "Aantal personen dat moet vrijgeven", window: "Kenmerk",
			open: "Loopt door tot iemand vrijgeeft; hier getoond tot het einde van de gevraagde periode, %s.",
			kind: map[string]string{
				EntryDecision:  "Afplakperiode na een besluit.",
				EntryRecorded:  "Afplakperiode na een besluit dat in het protocol staat.",
				EntryRecurring: "Terugkerende afplakperiode uit het protocol; eindigt vanzelf.",
			},
		}, true
	case "fr":
		return icalWords{
			covered: "Occulté", reason: "Motif", cameras: "Caméras", earliest: "Levée possible à partir de", releaseBy: "Levée par",
			signatures: "Nombre de personnes qui doivent lever l'occultation", window: "Référence",
			open: "Se poursuit jusqu'à ce qu'une personne lève l'occultation; affiché ici jusqu'à la fin de la période demandée, %s.",
			kind: map[string]string{
				EntryDecision:  "Période d'occultation à la suite d'une décision.",
				EntryRecorded:  "Période d'occultation à la suite d'une décision inscrite dans le protocole.",
				EntryRecurring: "Période d'occultation récurrente prévue par le protocole; prend fin d'elle-même.",
			},
		}, true
	case "en":
		return icalWords{
			covered: "Covered", reason: "Reason", cameras: "Cameras", earliest: "Release possible from", releaseBy: "Released by",
			signatures: "People who must release", window: "Reference",
			open: "Goes on until a person releases; shown here up to the end of the time asked for, %s.",
			kind: map[string]string{
				EntryDecision:  "Blackout window after a decision.",
				EntryRecorded:  "Blackout window after a decision in the protocol.",
				EntryRecurring: "Recurring blackout window of the protocol; ends by itself.",
			},
		}, true
	default:
		return icalWords{}, false
	}
}
