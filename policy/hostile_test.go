package policy

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// lensmonde is the example with a text after one of its lines.
func lensmonde(t testing.TB, line, more string) File {
	t.Helper()
	b, err := os.ReadFile("examples/lensmonde.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(b), "\n"+line+"\n", "\n"+line+"\n"+more, 1)
	if more != "" && text == string(b) {
		t.Fatalf("the example has no line %q", line)
	}
	return File{Name: "lensmonde.yaml", Data: []byte(text)}
}

// rareWindows are windows whose last day is far away and takes long to find.
func rareWindows(n int) string {
	var b strings.Builder
	b.WriteString("  windows:\n")
	for i := range n {
		fmt.Fprintf(&b, "    - {id: w%d, rule: FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=SU;COUNT=%d, first: 2004-02-29, from: \"08:00\", until: \"09:00\"}\n", i, 3000+i)
	}
	return b.String()
}

func TestWindowsAreWorkedOutOnce(t *testing.T) {
	p, problems := Check(lensmonde(t, "blackout:", rareWindows(3)))
	if p == nil {
		t.Fatal(problems.Of(ClassError))
	}
	for _, w := range p.Blackout.Windows {
		a, err := p.series(w)
		if err != nil {
			t.Fatal(err)
		}
		b, err := newSeries(w)
		if err != nil {
			t.Fatal(err)
		}
		if a.days != p.recurrences[w.days()] || a.days == nil {
			t.Errorf("window %s is worked out for each question", w.ID)
		}
		from := moment(t, "2026-01-01T00:00:00Z")
		if got, want := a.within(time.UTC, from, from.AddDate(100, 0, 0)), b.within(time.UTC, from, from.AddDate(100, 0, 0)); len(want) == 0 || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("window %s: %v, want %v", w.ID, got, want)
		}
		// One that was changed since is another.
		w.Except = []Date{civil(t, "2032-02-29")}
		if c, err := p.series(w); err != nil || c.days == a.days {
			t.Errorf("window %s with other days: %v, the same days %v", w.ID, err, err == nil)
		}
	}
}

func TestTooManyWindows(t *testing.T) {
	if _, problems := Check(lensmonde(t, "blackout:", rareWindows(maxWindows))); len(problems.Of(ClassError)) > 0 {
		t.Error(problems.Of(ClassError))
	}
	_, problems := Check(lensmonde(t, "blackout:", rareWindows(maxWindows+1)))
	if e := problems.Of(ClassError); len(e) != 1 || !strings.Contains(e[0].What, "recurring windows") {
		t.Errorf("problems %v", e)
	}
}

// The ids that the protocol itself gives are not for decisions: a release
// of one would speak of both.
func TestDecisionDoesNotTakeTheProtocolsNames(t *testing.T) {
	for _, taken := range []string{"stemdag", "w0"} {
		p := town(t, time.UTC)
		p.Blackout.Windows = []Recurring{{ID: "w0"}}
		r := recordedElection(t)
		r.ID = "stemdag"
		p.Decisions = []RecordedDecision{r}
		d := Decision{ID: "other", Site: p.Sites[0].ID, From: moment(t, "2026-03-18T10:00:00Z"), Until: moment(t, "2026-03-18T11:00:00Z"), At: moment(t, "2026-03-18T09:00:00Z"), Reason: "x", By: "a", Role: p.Blackout.DecidedBy[0]}
		if err := p.CheckDecision(d); err != nil {
			t.Fatal(err)
		}
		d.ID = taken
		if err := p.CheckDecision(d); err == nil {
			t.Errorf("a decision may be called %s", taken)
		}
		if used, _ := (Policy{Protocol: p, Decisions: []Decision{d}}).Usable(); len(used) != 1 {
			t.Error("one taken before is lifted")
		}
	}
}

func TestCoveringIsNoException(t *testing.T) {
	f := lensmonde(t, "blackout:", "")
	f.Data = append(f.Data, "rules: {except: [{rule: BLK-1, because: \"Te veel meldingen\"}]}\n"...)
	_, problems := Check(f)
	if e := problems.Of(ClassError); len(e) != 1 || !strings.Contains(e[0].What, "cannot be taken out") {
		t.Errorf("problems %v", e)
	}
}

func TestInvisibleCharactersAreRefused(t *testing.T) {
	f := lensmonde(t, "blackout:", "")
	for _, r := range []rune{0xad, 0x61c, 0x180e, 0x200b, 0x200d, 0x200f, 0x202e, 0x2060, 0x2069, 0xe0041} {
		g := File{Name: f.Name, Data: []byte(strings.Replace(string(f.Data), "stemlokaal gesloten", "stem"+string(r)+"lokaal gesloten", 1))}
		_, problems := Check(g)
		if e := problems.Of(ClassError); len(e) != 1 || !strings.Contains(e[0].What, fmt.Sprintf("invisible character %U", r)) {
			t.Errorf("%U: %v", r, e)
		}
	}
}
