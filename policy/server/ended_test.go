package server_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/server"
	"github.com/lensdop/lensdop/policy/server/store"
)

// A decision that the protocol names alike does not end one that is open.
func TestDecisionNamedTwiceIsOverWhenBothAre(t *testing.T) {
	c := config(t, t.TempDir())
	recorded := `decisions:
  - {id: stemdag, date: "2026-01-05", by: location-manager, text: "Verkiezing", cover: {template: verkiezing, site: de-polder, first: "2026-03-18"}}
`
	text := bytes.Replace(c.Protocol, []byte("\ndecisions:\n"), []byte("\n"+recorded), 1)
	if bytes.Equal(text, c.Protocol) {
		t.Fatal("the example records no decisions")
	}
	c.Protocol = text
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
	d.ID, release.Release.Decision = "stemdag", "stemdag"
	if end := server.Ended(b.Server, store.Decision{Decision: d, Releases: []store.Release{release}}); !end.IsZero() {
		t.Errorf("over at %s, though the later one is open", end)
	}
}
