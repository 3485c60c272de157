package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// april is a protocol with a window of every kind in April 2026, and what
// belongs to it.
func april(t testing.TB) Policy {
	t.Helper()
	p := town(t, zone(t, "Europe/Amsterdam"))
	p.Blackout.Windows = []Recurring{{
		ID: "council", Name: Text{NL: "Raadsvergadering; besloten deel", FR: "Conseil, à huis clos"}, Rule: "FREQ=MONTHLY;BYDAY=2TU",
		First: civil(t, "2026-01-01"), From: "19:30", Until: "23:00", Zones: []string{"room"}, Origin: Origin{Note: "closed session"},
	}}
	p.Decisions = []RecordedDecision{recordedElection(t)}
	p.Decisions[0].Cover.First, p.Decisions[0].Cover.Last = civil(t, "2026-04-20"), civil(t, "2026-04-21")
	return Policy{
		Protocol: p,
		Decisions: []Decision{{
			ID: "works-1", Site: "hall", From: moment(t, "2026-04-10T08:00:00.5Z"), Until: moment(t, "2026-04-10T10:00:00.5Z"), Cameras: []string{"yard"},
			Reason: "Werken aan het dak,\neerste dag", By: "p", Role: "manager", At: moment(t, "2026-04-01T00:00:00Z"),
		}},
	}
}

func TestAgenda(t *testing.T) {
	pol := april(t)
	pol.Protocol.Sites = append(pol.Protocol.Sites, Site{ID: "library"})
	pol.Protocol.Cameras = append(pol.Protocol.Cameras, Camera{ID: "shelf", Site: "library", Sees: []string{"room"}})
	list := pol.Agenda("hall", moment(t, "2026-04-01T00:00:00Z"), moment(t, "2026-05-01T00:00:00Z"))
	var got []string
	for _, e := range list {
		got = append(got, fmt.Sprintf("%s %s %s %s..%s earliest %s through %s by %v x%d on %v: %s", e.Kind, e.Window, e.Day, when(e.From), when(e.Until), when(e.EarliestRelease), when(e.Through), e.ReleaseBy, e.Signatures, e.Cameras, e.Reason))
	}
	want := []string{
		"decision works-1  2026-04-10T08:00:00Z..2026-04-10T10:00:00Z earliest - through - by [manager] x1 on [yard]: Werken aan het dak,\neerste dag",
		"recurring council 2026-04-14 2026-04-14T17:30:00Z..2026-04-14T21:00:00Z earliest - through - by [] x0 on [desk door]: closed session",
		"recorded stembesluit  2026-04-20T04:30:00Z..- earliest 2026-04-21T19:00:00Z through 2026-05-01T00:00:00Z by [manager] x1 on [desk door]: Kieswet",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("agenda\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, c := range []struct {
		name, site, from, to string
		want                 int
	}{
		{"ends as it is asked from", "hall", "2026-04-14T21:00:00Z", "2026-04-15T00:00:00Z", 0},
		{"ends a moment later", "hall", "2026-04-14T20:59:59Z", "2026-04-15T00:00:00Z", 1},
		{"begins as it is asked to", "hall", "2026-04-14T00:00:00Z", "2026-04-14T17:30:00Z", 0},
		{"open ones go on", "hall", "2027-01-01T00:00:00Z", "2027-01-02T00:00:00Z", 1},
		{"another site", "pool", "2026-04-01T00:00:00Z", "2026-05-01T00:00:00Z", 0},
		{"every site", "", "2026-04-14T00:00:00Z", "2026-04-15T00:00:00Z", 2},
		{"no time", "hall", "2026-04-14T18:00:00Z", "2026-04-14T18:00:00Z", 0},
		{"backwards", "hall", "2026-05-01T00:00:00Z", "2026-04-01T00:00:00Z", 0},
	} {
		if list := pol.Agenda(c.site, moment(t, c.from), moment(t, c.to)); len(list) != c.want {
			t.Errorf("%s: %d entries", c.name, len(list))
		}
	}
	if list := (Policy{}).Agenda("hall", time.Time{}, time.Now()); list != nil {
		t.Errorf("without a protocol: %v", list)
	}
}

func when(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return stamp(t)
}

// Decisions stand in the calendar of their site alone; recurring windows have
// no end and do not.
func TestCalendar(t *testing.T) {
	pol := april(t)
	var got []string
	for _, i := range pol.Calendar("hall") {
		got = append(got, i.Decision+"/"+i.Camera)
	}
	if want := "works-1/yard stembesluit/desk stembesluit/door"; strings.Join(got, " ") != want {
		t.Errorf("%v, want %s", got, want)
	}
	if list := pol.Calendar("pool"); len(list) > 0 {
		t.Errorf("another site: %v", list)
	}
}

// unfold reads a calendar's content lines.
func unfold(t testing.TB, b []byte) []string {
	t.Helper()
	text, ok := strings.CutSuffix(string(b), "\r\n")
	if !ok || strings.Contains(strings.ReplaceAll(string(b), "\r\n", ""), "\n") || strings.Contains(strings.ReplaceAll(string(b), "\r\n", ""), "\r") {
		t.Fatalf("lines do not all end in CRLF: %q", b)
	}
	for l := range strings.SplitSeq(text, "\r\n") {
		if len(l) > 75 || !utf8.ValidString(l) {
			t.Fatalf("a line of %d octets, or cut within a character: %q", len(l), l)
		}
	}
	return strings.Split(strings.ReplaceAll(text, "\r\n ", ""), "\r\n")
}

func TestICalendar(t *testing.T) {
	pol := april(t)
	list := pol.Agenda("hall", moment(t, "2026-04-01T00:00:00Z"), moment(t, "2026-05-01T00:00:00Z"))
	for lang, want := range map[string]string{
		"nl": `BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Lensdop//Lensdop//NL
CALSCALE:GREGORIAN
BEGIN:VEVENT
UID:decision_works-1_hall_ID@town.lensdop
DTSTAMP:20260401T120000Z
DTSTART:20260410T080000Z
DTEND:20260410T100001Z
SUMMARY;LANGUAGE=nl:Afgeplakt: Werken aan het dak\,\neerste dag
DESCRIPTION;LANGUAGE=nl:Afplakperiode na een besluit.\nReden: Werken aan het dak\,\neerste dag\nCamera's: yard\nVrijgeven door: locatiebeheerder\nKenmerk: works-1
LOCATION:Town hall\, Square 1\; Lensmonde
TRANSP:TRANSPARENT
END:VEVENT
BEGIN:VEVENT
UID:recurring_council_hall_2026-04-14_ID@town.lensdop
DTSTAMP:20260401T120000Z
DTSTART:20260414T173000Z
DTEND:20260414T210000Z
SUMMARY;LANGUAGE=nl:Afgeplakt: Raadsvergadering\; besloten deel
DESCRIPTION;LANGUAGE=nl:Terugkerende afplakperiode uit het protocol; eindigt vanzelf.\nReden: closed session\nCamera's: desk\, door\nKenmerk: council
LOCATION:Town hall\, Square 1\; Lensmonde
TRANSP:TRANSPARENT
END:VEVENT
BEGIN:VEVENT
UID:recorded_stembesluit_hall_ID@town.lensdop
DTSTAMP:20260401T120000Z
DTSTART:20260420T043000Z
DTEND:20260501T000000Z
SUMMARY;LANGUAGE=nl:Afgeplakt: Verkiezing
DESCRIPTION;LANGUAGE=nl:Afplakperiode na een besluit dat in het protocol staat.\nReden: Kieswet\nCamera's: desk\, door\nVrijgeven kan vanaf: 2026-04-21 21:00 CEST\nVrijgeven door: locatiebeheerder\nLoopt door tot iemand vrijgeeft; hier getoond tot het einde van de gevraagde periode\, 2026-05-01 02:00 CEST.\nKenmerk: stembesluit
LOCATION:Town hall\, Square 1\; Lensmonde
TRANSP:TRANSPARENT
END:VEVENT
END:VCALENDAR`,
		"fr": `SUMMARY;LANGUAGE=fr:Occulté: Conseil\, à huis clos`,
		"en": `Goes on until a person releases; shown here up to the end of the time asked for\, 2026-05-01 02:00 CEST.`,
	} {
		var b bytes.Buffer
		if err := pol.ICalendar(&b, list, moment(t, "2026-04-01T14:00:00+02:00"), lang); err != nil {
			t.Fatal(err)
		}
		got := strings.Join(unfold(t, b.Bytes()), "\n")
		if lang != "nl" {
			if !strings.Contains(got, strings.ReplaceAll(want, "; shown", `\; shown`)) {
				t.Errorf("%s: %s lacks %s", lang, got, want)
			}
			continue
		}
		lines := strings.Split(got, "\n")
		for i, l := range lines { // eight digits tell the cameras apart
			if strings.HasPrefix(l, "UID:") {
				at := strings.LastIndexByte(l, '@')
				lines[i] = l[:at-8] + "ID" + l[at:]
			}
		}
		want = strings.ReplaceAll(strings.ReplaceAll(want, "protocol; eindigt", `protocol\; eindigt`), "vrijgeeft; hier", `vrijgeeft\; hier`)
		if got := strings.Join(lines, "\n"); got != want {
			t.Errorf("%s\nwant\n%s", got, want)
		}
	}
}

func TestICalendarRefuses(t *testing.T) {
	pol := april(t)
	good := pol.Agenda("hall", moment(t, "2026-04-01T00:00:00Z"), moment(t, "2026-05-01T00:00:00Z"))
	open := good[2]
	open.Through = time.Time{}
	empty := good[0]
	empty.Until = empty.From
	for _, c := range []struct {
		name, lang string
		list       []Entry
		want       string
	}{
		{"language", "de", good, "nl, fr or en"},
		{"open end, and no end of the question", "nl", []Entry{good[0], open}, "open end"},
		{"no time", "nl", []Entry{empty}, "does not end"},
	} {
		var b bytes.Buffer
		if err := pol.ICalendar(&b, c.list, time.Now(), c.lang); err == nil || !strings.Contains(err.Error(), c.want) || b.Len() > 0 {
			t.Errorf("%s: %v after %d bytes", c.name, err, b.Len())
		}
	}
	broken := errors.New("disk full")
	if err := pol.ICalendar(failing{broken}, good, time.Now(), "nl"); !errors.Is(err, broken) {
		t.Errorf("a failed write is %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// An event keeps its UID when its times move, and no two events share one.
func TestICalendarUIDs(t *testing.T) {
	pol := april(t)
	uids := func(p Policy, list []Entry) []string {
		var b bytes.Buffer
		if err := p.ICalendar(&b, list, time.Unix(0, 0), "en"); err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, l := range unfold(t, b.Bytes()) {
			if v, ok := strings.CutPrefix(l, "UID:"); ok {
				out = append(out, v)
			}
		}
		return out
	}
	from, to := moment(t, "2026-01-01T00:00:00Z"), moment(t, "2027-01-01T00:00:00Z")
	before := uids(pol, pol.Agenda("hall", from, to))
	moved := april(t)
	moved.Protocol.Blackout.Windows[0].From = "20:00"
	moved.Protocol.Blackout.Templates[0].CoveredFrom = "07:00"
	after := uids(moved, moved.Agenda("hall", from, to))
	if len(before) != 14 || strings.Join(before, " ") != strings.Join(after, " ") {
		t.Errorf("%v became %v", before, after)
	}
	list := pol.Agenda("hall", from, to)
	seen := map[string]bool{}
	for _, id := range uids(pol, append(list, list...)) {
		if seen[id] {
			t.Errorf("%s stands twice", id)
		}
		seen[id] = true
	}
	if none := uids(pol, nil); len(none) != 1 {
		t.Errorf("an empty calendar has %v", none)
	}
}

// Whatever is written in a protocol, lines stay within 75 octets, end in CRLF,
// and read back as the text that was written.
func TestICalendarText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.OneOf(rapid.Rune(), rapid.SampledFrom([]rune("\n\r,;\\:\x00\"é€𝄞")))).Draw(t, "text")
		c := ical{}
		c.text("DESCRIPTION", text)
		raw := c.out.String()
		for l := range strings.SplitSeq(strings.TrimSuffix(raw, "\r\n"), "\r\n") {
			if len(l) > 75 || !utf8.ValidString(l) || strings.ContainsAny(l, "\r\n") {
				t.Fatalf("line %q", l)
			}
		}
		value := strings.TrimPrefix(strings.ReplaceAll(strings.TrimSuffix(raw, "\r\n"), "\r\n ", ""), "DESCRIPTION:")
		var got strings.Builder
		for i := 0; i < len(value); i++ {
			switch {
			case value[i] == '\\' && i+1 < len(value):
				i++
				if value[i] == 'n' {
					got.WriteByte('\n')
				} else {
					got.WriteByte(value[i])
				}
			case value[i] == '\\' || value[i] == ',' || value[i] == ';':
				t.Fatalf("%q is not escaped in %q", value[i], value)
			default:
				got.WriteByte(value[i])
			}
		}
		want := strings.Map(func(r rune) rune {
			if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
				return -1
			}
			return r
		}, strings.ReplaceAll(text, "\r\n", "\n"))
		if got.String() != want {
			t.Fatalf("%q reads back as %q", want, got.String())
		}
	})
}

// Another program reads the calendar and finds the same events.
func TestICalendarElsewhere(t *testing.T) {
	python, err := exec.LookPath("/usr/bin/python3") // whose modules the package manager installs
	if err != nil || exec.CommandContext(t.Context(), python, "-c", "import icalendar").Run() != nil {
		t.Skip("python3-icalendar is not installed")
	}
	pol := april(t)
	list := pol.Agenda("hall", moment(t, "2026-04-01T00:00:00Z"), moment(t, "2026-05-01T00:00:00Z"))
	var in, out bytes.Buffer
	if err := pol.ICalendar(&in, list, time.Unix(0, 0), "nl"); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), python, "-c", `
import sys, icalendar
cal = icalendar.Calendar.from_ical(sys.stdin.buffer.read())
for e in cal.walk("VEVENT"):
    assert not e.errors, e.errors
    out = "%s %s %s" % (e["DTSTART"].dt.isoformat(), e["DTEND"].dt.isoformat(), repr(str(e["SUMMARY"])))
    sys.stdout.buffer.write((out + "\n").encode())
`)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &in, io.Writer(&out), io.Writer(&out)
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, out.String())
	}
	want := `2026-04-10T08:00:00+00:00 2026-04-10T10:00:01+00:00 'Afgeplakt: Werken aan het dak,\neerste dag'
2026-04-14T17:30:00+00:00 2026-04-14T21:00:00+00:00 'Afgeplakt: Raadsvergadering; besloten deel'
2026-04-20T04:30:00+00:00 2026-05-01T00:00:00+00:00 'Afgeplakt: Verkiezing'
`
	if out.String() != want {
		t.Errorf("read as\n%s\nwant\n%s", out.String(), want)
	}
}
