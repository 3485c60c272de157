package server_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/examples"
	"github.com/lensdop/lensdop/policy/server"
	"github.com/lensdop/lensdop/policy/server/store"
	"github.com/lensdop/lensdop/policy/server/ui"
	"github.com/lensdop/lensdop/policy/wire"
)

// noon is the protocol in a time zone where it is about noon, so that what is
// past and to come today does not depend on when the test runs.
func noon(t *testing.T, replace ...string) []byte {
	t.Helper()
	ahead := 12 - time.Now().UTC().Hour()
	replace = append(replace, "timezone: Europe/Amsterdam", fmt.Sprintf("timezone: Etc/GMT%+d", -ahead))
	text := string(examples.Lensmonde)
	for i := 0; i+1 < len(replace); i += 2 {
		if !strings.Contains(text, replace[i]) {
			t.Fatalf("the protocol does not say %q", replace[i])
		}
		text = strings.Replace(text, replace[i], replace[i+1], 1)
	}
	return []byte(text)
}

func (b *bench) decisions(t *testing.T) (all []store.Decision) {
	t.Helper()
	view(t, b, func(tx *store.Tx) (err error) { all, err = tx.Decisions(); return err })
	return all
}

// election fills the form in as it stands on the page.
func (b *browser) election(day, reason string) url.Values {
	b.t.Helper()
	_, body := b.get("/elect?site=" + site)
	form := url.Values{
		"site": {site}, "once": {between(b.t, body, `name="once" value="`, `"`)}, "reason": {reason},
		"template": {between(b.t, body, `name="template" value="`, `"`)}, "day": {between(b.t, body, `name="day" value="`, `"`)},
	}
	if day != "" {
		form.Set("day", day)
	}
	return form
}

func TestAnElectionFromPlanToRelease(t *testing.T) {
	c := config(t, t.TempDir())
	c.Protocol = noon(t, `earliest_release: "21:00"`, `earliest_release: "08:00"`)
	b := start(t, c)
	b.addAgent(t, agent1)
	b.addAccount(t, "anna", ui.RoleFacility)
	g := b.connect(t, agent1, 1)
	g.hello(t, wire.Hello{Seq: 1})
	p := b.browser(t)
	p.signIn("anna")

	form := p.election("", "Gemeenteraad 🗳️")
	for range 2 { // pressed twice
		if code, body := p.post("/elect", form); code != http.StatusOK || !strings.Contains(body, "Gemeenteraad 🗳️") {
			t.Fatalf("election planned: %d\n%s", code, body)
		}
	}
	if all := b.decisions(t); len(all) != 1 || !all[0].Until.IsZero() || all[0].EarliestRelease.IsZero() || all[0].By != "anna" {
		t.Fatalf("decisions: %+v", all)
	}
	if _, body := p.post("/elect", p.election("", "Nog eens")); !strings.Contains(body, "is dit al gepland") {
		t.Error("the same election was planned in a second tab")
	}
	// Cameras that see the polling room are covered, with no end.
	until(t, "the election at the gateway", func() bool { return covers(g.lastDesired(), 3) })
	for _, i := range decided(g.lastDesired()) {
		if !i.Until.IsZero() || slices.Contains(i.Cameras, "parkeerterrein") {
			t.Errorf("calendar: %+v", i)
		}
	}

	id := b.decisions(t)[0].ID
	_, body := p.get("/release?decision=" + id)
	contains(t, body, "De voorzitter van het stembureau", `type="checkbox"`)
	code, body := p.post("/release", url.Values{"decision": {id}})
	if code != http.StatusUnprocessableEntity {
		t.Errorf("released without the statement: %d", code)
	}
	contains(t, body, "Vink de verklaring aan", `aria-invalid="true"`)
	for range 2 { // pressed twice
		if code, body := p.post("/release", url.Values{"decision": {id}, "statement": {"yes"}}); code != http.StatusOK || !strings.Contains(body, "Er geldt geen besluit") {
			t.Fatalf("released: %d\n%s", code, body)
		}
	}
	all := b.decisions(t)
	if len(all[0].Releases) != 1 || !strings.Contains(all[0].Releases[0].Statement, "stembureau") {
		t.Errorf("releases: %+v", all[0].Releases)
	}
	until(t, "the release at the gateway", func() bool { return len(g.lastDesired().Releases) == 1 })
	if code, body := p.get("/release?decision=" + id); code != http.StatusNotFound || !strings.Contains(body, "geldt niet meer") {
		t.Errorf("back button: %d\n%s", code, body)
	}
}

func TestAnElectionIsNotReleasedTooEarly(t *testing.T) {
	c := config(t, t.TempDir())
	c.Protocol = noon(t)
	b := start(t, c)
	b.addAccount(t, "anna", ui.RoleFacility)
	p := b.browser(t)
	p.signIn("anna")
	if code, body := p.post("/elect", p.election("", "Verkiezing")); code != http.StatusOK {
		t.Fatalf("%d\n%s", code, body)
	}
	_, body := p.get("/")
	contains(t, body, "Vrijgeven kan vanaf")
	if strings.Contains(body, `href="/release`) {
		t.Error("a release is offered before its time")
	}
	id := b.decisions(t)[0].ID
	code, body := p.post("/release", url.Values{"decision": {id}, "statement": {"yes"}})
	if code != http.StatusUnprocessableEntity || !strings.Contains(body, "Vrijgeven kan nog niet") {
		t.Errorf("too early: %d\n%s", code, body)
	}
	if len(b.decisions(t)[0].Releases) != 0 {
		t.Error("it was released")
	}
	if _, body := p.post("/elect", p.election("2062-03-18", "jaartal")); !strings.Contains(body, "jaar vooruit") {
		t.Error("an election in 2062 was planned: it could not be released before")
	}
}

func TestTwoPeopleReleaseAndNobodyIsForgotten(t *testing.T) {
	c := config(t, t.TempDir())
	c.Protocol = noon(t, `earliest_release: "21:00"`, `earliest_release: "08:00"`, "signatures: 1", "signatures: 2")
	c.Timing.ReleaseDue = time.Minute // long past
	b := start(t, c)
	b.addAgent(t, agent1)
	b.addAccount(t, "anna", ui.RoleFacility)
	b.addAccount(t, "bert", ui.RoleFacility)
	g := b.connect(t, agent1, 1)
	g.hello(t, wire.Hello{Seq: 1})
	anna, bert := b.browser(t), b.browser(t)
	anna.signIn("anna")
	bert.signIn("bert")
	if code, body := anna.post("/elect", anna.election("", "Verkiezing")); code != http.StatusOK {
		t.Fatalf("%d\n%s", code, body)
	}
	overdue := func() bool {
		_, body := anna.get("/findings")
		return strings.Contains(body, "Niemand heeft vrijgegeven")
	}
	until(t, "the alert that nobody releases", overdue)

	id := b.decisions(t)[0].ID
	sign := url.Values{"decision": {id}, "statement": {"yes"}}
	for range 2 { // twice is still one person
		_, body := anna.post("/release", sign)
		contains(t, body, "1 van 2 vrijgaven", "Geldt nu")
	}
	if n := len(b.decisions(t)[0].Releases); n != 1 {
		t.Errorf("%d releases of one person", n)
	}
	open := func() (a store.Alert, err error) {
		view(t, b, func(tx *store.Tx) error { a, err = tx.OpenAlert("release/" + id); return nil })
		return a, err
	}
	if _, err := open(); err != nil {
		t.Errorf("half a release ended the alert: %v", err)
	}
	until(t, "half a release at the gateway", func() bool { return len(g.lastDesired().Releases) == 1 })
	for _, i := range decided(g.lastDesired()) {
		if !i.Until.IsZero() {
			t.Errorf("one of two people ended the cover: %+v", i)
		}
	}
	if _, body := bert.post("/release", sign); !strings.Contains(body, "Er geldt geen besluit") {
		t.Errorf("after both:\n%s", body)
	}
	until(t, "the end of the alert", func() bool { _, err := open(); return err != nil })
	until(t, "the release at the gateway", func() bool {
		d := g.lastDesired()
		return len(d.Releases) == 2 && covers(d, 3) && !decided(d)[0].Until.IsZero()
	})
}

// A decision that one of two people released long ago is in force, and stays
// in what the gateway is told.
func TestHalfAReleaseEndsNothing(t *testing.T) {
	c := config(t, t.TempDir())
	c.Protocol = []byte(strings.Replace(string(examples.Lensmonde), "signatures: 1", "signatures: 2", 1))
	b := start(t, c)
	b.addAgent(t, agent1)
	p, err := policy.Parse("p.yaml", c.Protocol)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now().Add(-20 * 24 * time.Hour).UTC()
	d, err := p.Election("verkiezing", site, policy.DateOf(at), "old", "anna", "location-manager", at)
	if err != nil {
		t.Fatal(err)
	}
	err = server.Update(t.Context(), b.Server, func(tx *store.Tx) error {
		if err := tx.AddDecision(store.Decision{Decision: d, Envelope: signedBySomebody()}); err != nil {
			return err
		}
		return tx.AddRelease(store.Release{Release: policy.Release{
			ID: "r1", Decision: "old", At: d.EarliestRelease.Add(time.Hour), By: "anna", Role: "location-manager", Statement: "x",
		}})
	})
	if err != nil {
		t.Fatal(err)
	}
	g := b.connect(t, agent1, 1)
	g.hello(t, wire.Hello{Seq: 1})
	until(t, "the decision that is in force", func() bool { return len(g.lastDesired().Decisions) == 1 })
}

func TestAFormSentTwiceIsOneDecision(t *testing.T) {
	b := start(t, config(t, t.TempDir()))
	b.addAgent(t, agent1)
	b.addAccount(t, "anna", ui.RoleFacility)
	p := b.browser(t)
	p.signIn("anna")
	_, body := p.get("/cover?site=" + site)
	form := url.Values{"site": {site}, "mode": {"1h"}, "reason": {"x"}, "once": {between(t, body, `name="once" value="`, `"`)}}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if code, _ := p.post("/cover", form); code != http.StatusOK {
				t.Errorf("sent again: %d", code)
			}
		})
	}
	wg.Wait()
	if n := len(b.decisions(t)); n != 1 {
		t.Errorf("%d decisions of one form", n)
	}
	form.Set("mode", "2h") // back button, something else chosen
	if code, _ := p.post("/cover", form); code != http.StatusOK || len(b.decisions(t)) != 2 {
		t.Errorf("a changed form: %d, %d decisions", code, len(b.decisions(t)))
	}
	// The form of this morning, sent again in the evening, is not a silent nothing.
	old := b.decisions(t)[0].Decision
	old.ID, old.At = "0-old", old.At.Add(-time.Hour)
	who := ui.Account{Name: "anna", Role: ui.RoleFacility, Sites: []string{site}}
	if err := server.Update(t.Context(), b.Server, func(tx *store.Tx) error {
		return tx.AddDecision(store.Decision{Decision: old, Envelope: signedBySomebody()})
	}); err != nil {
		t.Fatal(err)
	}
	err := server.ServiceOf(b.Server).Cover(t.Context(), who, ui.CoverOrder{ID: old.ID, Site: site, From: time.Now(), Until: time.Now().Add(time.Hour), Reason: "x"})
	if err == nil || !strings.Contains(err.Error(), "err-again") {
		t.Errorf("an old form: %v", err)
	}
}

// A decision that would not fit into what the gateway is told is refused where
// the person sees it.
func TestADecisionThatCannotArriveIsRefused(t *testing.T) {
	b := start(t, config(t, t.TempDir()))
	b.addAgent(t, agent1)
	g := b.connect(t, agent1, 1)
	g.hello(t, wire.Hello{Seq: 1})
	who := ui.Account{Name: "anna", Role: ui.RoleFacility, Sites: []string{site}}
	var err error
	taken := 0
	for ; taken < 500 && err == nil; taken++ {
		now := time.Now()
		err = server.ServiceOf(b.Server).Cover(t.Context(), who, ui.CoverOrder{
			Site: site, From: now, Until: now.Add(time.Hour), Reason: strings.Repeat("👩‍👩‍👧", 100),
		})
	}
	if err == nil || !strings.Contains(err.Error(), "err-full") {
		t.Fatalf("after %d decisions: %v", taken, err)
	}
	until(t, "all decisions at the gateway", func() bool { return len(g.lastDesired().Decisions) == taken-1 })
}
