package server_test

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/rules"
	"github.com/lensdop/lensdop/policy/server"
	"github.com/lensdop/lensdop/policy/server/store"
	"github.com/lensdop/lensdop/policy/server/ui"
	"github.com/lensdop/lensdop/policy/wire"
)

func TestProtocolPage(t *testing.T) {
	b := start(t, config(t, t.TempDir()))
	b.addAccount(t, "fg", ui.RoleDPO)
	b.addAccount(t, "or", ui.RoleWorksCouncil)
	for _, who := range []string{"fg", "or"} {
		w := b.browser(t)
		w.signIn(who)
		code, body := w.get("/protocol")
		if code != http.StatusOK {
			t.Fatalf("%s: status %d", who, code)
		}
		for _, want := range []string{"Protocol cameratoezicht van de gemeente Lensmonde", `id="h-fine"`, `id="h-undelivered"`, `id="h-open"`, "Dit is geen goedkeuring"} {
			if !strings.Contains(body, want) {
				t.Errorf("%s: the page does not show %q", who, want)
			}
		}
		if code, body := w.get("/protocol/document"); code != http.StatusOK || !strings.Contains(body, "Art. 5") {
			t.Errorf("%s: document: status %d, %.200s", who, code, body)
		}
		code, body = w.get("/protocol/findings.csv")
		rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
		if code != http.StatusOK || err != nil || len(rows) < 10 {
			t.Errorf("%s: table: status %d, %d rows, %v", who, code, len(rows), err)
		}
		code, body = w.get("/protocol/assessment.json")
		if code != http.StatusOK || !json.Valid([]byte(body)) || !strings.Contains(body, "assessment-results") {
			t.Errorf("%s: OSCAL: status %d, %.200s", who, code, body)
		}
		if code, _ := w.get("/protocol/other"); code != http.StatusNotFound {
			t.Errorf("%s: another format: status %d", who, code)
		}
	}
	if _, body := b.browser(t).get("/protocol/findings.json"); strings.Contains(body, "PUR-1") || !strings.Contains(body, "/signin") {
		t.Error("findings without sign-in")
	}
}

// The page of findings counts what needs nobody apart from what passed, and
// alerts are only about what needs somebody now.
func TestFindingsThatNeedNobodyAreCountedApart(t *testing.T) {
	b := start(t, config(t, t.TempDir()))
	b.addAgent(t, agent1)
	b.addAccount(t, "ict", ui.RoleICT)
	g := b.connect(t, agent1, 1)
	g.hello(t, wire.Hello{})
	finding := func(id string, s rules.Status, change func(*rules.Finding)) {
		f := rules.Finding{
			ID: id, Rule: "REG-1", Status: s, Severity: rules.Critical, Target: rules.Target{Site: site},
			Title: policy.Text{NL: "Titel " + id}, Text: policy.Text{NL: "Tekst " + id},
		}
		if change != nil {
			change(&f)
		}
		g.say(t, wire.EventFinding, id, f)
	}
	finding("a", rules.Pass, nil)
	finding("b", rules.Unproven, func(f *rules.Finding) { f.Undelivered = true })
	finding("c", rules.NotApplicable, nil)
	finding("d", rules.Fail, func(f *rules.Finding) { f.Waiver = &rules.WaivedBy{ID: "w"} })
	finding("e", rules.Fail, nil)
	w := b.browser(t)
	w.signIn("ict")
	_, body := w.get("/findings")
	for _, want := range []string{"In orde bevonden: 1.", "Door het protocol niet gevraagd: 1.", "Met deze installatie niet te zeggen: 1.", "Tekst d", "Tekst e"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not show %q", want)
		}
	}
	if strings.Contains(body, "Tekst b") {
		t.Error("what nothing can tell stands among the findings")
	}
	until(t, "an alert about e alone", func() bool {
		var open []store.Alert
		view(t, b, func(t *store.Tx) (err error) { open, err = t.Alerts(); return err })
		found := ""
		for _, a := range open {
			if a.Agent == agent1 && a.Kind == ui.AlertFinding {
				found += a.Subject
			}
		}
		return found == "e"
	})
}

// What fails or has expired in the protocol itself is an alert, once; what
// nobody has shown yet is on the page only.
func TestProtocolAlerts(t *testing.T) {
	c := config(t, t.TempDir())
	c.Protocol = expiring(t, c.Protocol, "")
	b := start(t, c)
	count := func() (n int) {
		view(t, b, func(t *store.Tx) error {
			open, err := t.Alerts()
			for _, a := range open {
				if strings.HasPrefix(a.Subject, "PUR-2/attested") {
					n++
				}
			}
			return err
		})
		return n
	}
	until(t, "the alert about the expired attestation", func() bool { return count() == 1 })
	b.stop()
	b = start(t, c)
	until(t, "the alert is still there, once", func() bool { return count() == 1 })
}

// expiring is the example with a declaration on PUR-2 that has had its time,
// and more lines at its end.
func expiring(t *testing.T, protocol []byte, more string) []byte {
	t.Helper()
	line := regexp.MustCompile(`(?m)^  - \{rule: PUR-2, .*$`)
	if !line.Match(protocol) {
		t.Fatal("the example asks nobody to attest PUR-2")
	}
	old := `  - {rule: PUR-2, text: "Beelden zijn niet gebruikt om medewerkers te volgen", owner: location-manager, every: P1Y, date: "2020-01-01", document: {name: verklaring, sha256: "sha256:` + strings.Repeat("a", 64) + `"}}`
	return append(line.ReplaceAll(protocol, []byte(old)), more...)
}

// A waiver holds the alert back as long as it holds, and no longer, also if
// the clock was ahead for a while.
func TestProtocolAlertComesBackWhenItsWaiverEnds(t *testing.T) {
	c := config(t, t.TempDir())
	now := time.Now()
	day := func(n int) string { return policy.DateOf(now.AddDate(0, 0, n)).String() }
	c.Protocol = expiring(t, c.Protocol, "waivers:\n  - {id: later, rule: PUR-2, justification: \"De verklaring volgt\", approved_by: [gemeentesecretaris, location-manager], issued: \""+day(-1)+"\", expires: \""+day(5)+"\"}\n")
	b := start(t, c)
	waived := func() (open, kept bool) {
		view(t, b, func(t *store.Tx) error {
			list, err := t.FindingsOf("")
			if err != nil {
				return err
			}
			for _, f := range list {
				if strings.HasPrefix(f.ID, "PUR-2/attested") {
					kept = strings.Contains(string(f.Body), `"waiver":`)
					_, err = t.OpenAlert("protocol/" + f.ID)
					open = err == nil
				}
			}
			return nil
		})
		return open, kept
	}
	for _, x := range []struct {
		days   int
		waived bool
	}{{0, true}, {10, false}, {0, true}, {9, false}} {
		if err := server.Judge(t.Context(), b.Server, now.AddDate(0, 0, x.days)); err != nil {
			t.Fatal(err)
		}
		if open, kept := waived(); kept != x.waived || open == x.waived {
			t.Errorf("after %d days: waived %v, alert %v", x.days, kept, open)
		}
	}
	// What says the same is not written again.
	count := func() (n int) {
		view(t, b, func(t *store.Tx) error {
			list, err := t.FindingsOf("")
			for _, f := range list {
				k, err := t.CountHistory("", f.ID)
				if err != nil {
					return err
				}
				n += k
			}
			return err
		})
		return n
	}
	before := count()
	for range 3 {
		if err := server.Judge(t.Context(), b.Server, now.AddDate(0, 0, 9)); err != nil {
			t.Fatal(err)
		}
	}
	if after := count(); after != before {
		t.Errorf("the history grows from %d to %d", before, after)
	}
}

// What is about a site is for who holds it, on the page as in the exports.
func TestProtocolPageOfOneSite(t *testing.T) {
	c := config(t, t.TempDir())
	c.Protocol = append(c.Protocol, []byte(`---
apiVersion: lensdop/v1
kind: Protocol
metadata: {id: nl-lensmonde-camera}
sites:
  - {id: elders, name: Elders, address: "Dijk 1, Lensmonde", zones: [{id: hall, name: {nl: Hal}}]}
attestations:
  - {rule: HID-1, text: "Niets verborgen in Elders", owner: location-manager, site: elders, every: P1Y}
`)...)
	b := start(t, c)
	b.addAccount(t, "fg", ui.RoleDPO)
	b.addAccount(t, "lm", ui.RoleFacility)
	for who, sees := range map[string]bool{"fg": true, "lm": false} {
		w := b.browser(t)
		w.signIn(who)
		for _, path := range []string{"/protocol", "/protocol/findings.csv", "/protocol/findings.json", "/protocol/assessment.json"} {
			code, body := w.get(path)
			if code != http.StatusOK || !strings.Contains(body, "PUR-2") {
				t.Fatalf("%s: %s: status %d, %.200s", who, path, code, body)
			}
			if got := strings.Contains(body, "HID-1/attested/elders") || strings.Contains(body, "<dd>Elders</dd>"); got != sees {
				t.Errorf("%s: %s shows the other site: %v, want %v", who, path, got, sees)
			}
		}
	}
}
