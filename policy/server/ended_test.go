package server_test

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/server"
	"github.com/lensdop/lensdop/policy/server/store"
	"github.com/lensdop/lensdop/policy/server/ui"
	"github.com/lensdop/lensdop/policy/wire"
)

// recording is the example with a decision of its own to cover on a day.
func recording(t *testing.T, protocol []byte) []byte {
	t.Helper()
	text := bytes.Replace(protocol, []byte("\ndecisions:\n"), []byte(`
decisions:
  - {id: stemdag, date: "2026-01-05", by: location-manager, text: "Verkiezing", cover: {template: verkiezing, site: de-polder, first: "2026-03-18"}}
`), 1)
	if bytes.Equal(text, protocol) {
		t.Fatal("the example records no decisions")
	}
	return text
}

// What the protocol itself has covered lasts until a person releases, and
// nobody may forget it.
func TestRecordedDecisionThatNobodyReleases(t *testing.T) {
	c := config(t, t.TempDir())
	b := start(t, c)
	open := func(b *bench) (found bool) {
		view(t, b, func(tx *store.Tx) error {
			a, err := tx.OpenAlert("release/stemdag")
			found = err == nil && a.Site == site && a.Kind == ui.AlertRelease
			return nil
		})
		return found
	}
	if err := server.Tick(t.Context(), b.Server, time.Now()); err != nil {
		t.Fatal(err)
	}
	if open(b) {
		t.Error("an alert about a decision that nobody took")
	}
	b.stop()
	c.Protocol = recording(t, c.Protocol)
	b = start(t, c)
	if err := server.Tick(t.Context(), b.Server, time.Now()); err != nil {
		t.Fatal(err)
	}
	if !open(b) {
		t.Error("nobody hears of a cover that nobody released")
	}
}

// A decision that the protocol names alike does not end one that is open.
func TestDecisionNamedTwiceIsOverWhenBothAre(t *testing.T) {
	c := config(t, t.TempDir())
	c.Protocol = recording(t, c.Protocol)
	b := start(t, c)
	p, err := policy.Parse("p", c.Protocol)
	if err != nil {
		t.Fatal(err)
	}
	day := policy.Date{Year: 2026, Month: time.March, Day: 25}
	d, err := p.Election("verkiezing", site, day, "other", "a", "location-manager", time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, time.March, 18, 22, 0, 0, 0, time.UTC) // the first is over, the second has not begun
	release := store.Release{Release: policy.Release{ID: "r", Decision: d.ID, At: at, By: "a", Role: "location-manager", Statement: "Gesloten"}}
	if end := server.Ended(b.Server, store.Decision{Decision: d, Releases: []store.Release{release}}); !end.IsZero() {
		t.Fatalf("released before its time, over at %s; the test proves nothing", end)
	}
	d.ID, release.Decision = "stemdag", "stemdag"
	if end := server.Ended(b.Server, store.Decision{Decision: d, Releases: []store.Release{release}}); !end.IsZero() {
		t.Errorf("over at %s, though the later one is open", end)
	}
}

// A person releases on the page what the protocol had covered, the gateway is
// told, and the window is over.
func TestRecordedDecisionIsReleased(t *testing.T) {
	c := config(t, t.TempDir())
	c.Protocol = recording(t, c.Protocol)
	b := start(t, c)
	b.addAgent(t, agent1)
	b.addAccount(t, "piet", ui.RoleFacility)
	g := b.connect(t, agent1, 1)
	g.hello(t, wire.Hello{})
	until(t, "the document", func() bool { return g.lastDesired().Generation > 0 })
	if d := g.lastDesired(); len(d.Decisions) != 0 || len(d.Calendar) == 0 {
		t.Errorf("the document sends %d decisions and %d intervals: the protocol has the decision", len(d.Decisions), len(d.Calendar))
	}
	p := b.browser(t)
	p.signIn("piet")
	_, body := p.get("/")
	if !strings.Contains(body, "/release?decision=stemdag") {
		t.Fatalf("the page offers no release:\n%s", body)
	}
	if n := strings.Count(body, "hal-noord, hal-noord"); n > 0 {
		t.Error("a camera is named twice")
	}
	if code, body := p.post("/release", url.Values{"decision": {"stemdag"}, "statement": {"yes"}}); code != http.StatusOK || strings.Contains(body, "/release?decision=stemdag") {
		t.Errorf("released: %d\n%s", code, body)
	}
	until(t, "the release at the gateway", func() bool { return len(g.lastDesired().Releases) == 1 })
	for _, i := range g.lastDesired().Calendar {
		if i.Decision == "stemdag" && i.Until.IsZero() {
			t.Errorf("still open: %+v", i)
		}
	}
	b.stop()
	b = start(t, c) // the protocol is read again, and the release holds
	if err := server.Tick(t.Context(), b.Server, time.Now()); err != nil {
		t.Fatal(err)
	}
	view(t, b, func(tx *store.Tx) error {
		if _, err := tx.OpenAlert("release/stemdag"); err == nil {
			t.Error("an alert about a window that was released")
		}
		return nil
	})
}
