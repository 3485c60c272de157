package agent

import (
	"testing"
	"time"

	"github.com/lensdop/lensdop/agent/cover"
	"github.com/lensdop/lensdop/devices/picture"
	"github.com/lensdop/lensdop/policy/rules"
)

func TestUncovered(t *testing.T) {
	released := time.Date(2026, time.March, 18, 21, 0, 0, 0, time.UTC)
	sight := func(after time.Duration, c, view picture.State) cover.Sight {
		return cover.Sight{At: released.Add(after), Cover: picture.Verdict{State: c}, View: picture.Verdict{State: view}}
	}
	for name, x := range map[string]struct {
		sights      map[string]cover.Sight
		want, known bool
	}{
		"no look":                         {nil, false, false},
		"open, and the view is back":      {map[string]cover.Sight{"main": sight(time.Minute, picture.Open, picture.Same)}, true, true},
		"seen before the release":         {map[string]cover.Sight{"main": sight(-time.Minute, picture.Open, picture.Same)}, false, false},
		"seen at the very instant":        {map[string]cover.Sight{"main": sight(0, picture.Open, picture.Same)}, false, false},
		"still covered":                   {map[string]cover.Sight{"main": sight(time.Minute, picture.DeviceBlack, picture.Unknown)}, false, true},
		"covered on one of two paths":     {map[string]cover.Sight{"main": sight(time.Minute, picture.Open, picture.Same), "sub": sight(time.Minute, picture.LensCovered, picture.Unknown)}, false, true},
		"open, but another view":          {map[string]cover.Sight{"main": sight(time.Minute, picture.Open, picture.Moved)}, false, false},
		"one path not looked at since":    {map[string]cover.Sight{"main": sight(-time.Hour, picture.Open, picture.Same)}, false, false},
		"undecided whether it is covered": {map[string]cover.Sight{"main": sight(time.Minute, picture.Unknown, picture.Unknown)}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, known := uncovered(x.sights, released).Get()
			if got != x.want || known != x.known {
				t.Errorf("uncovered %t, known %t; want %t, %t", got, known, x.want, x.known)
			}
		})
	}
}

// The end of a cover is known to the rules, also after a restart.
func TestReleaseIsKnownToTheRules(t *testing.T) {
	b := newBox()
	g := orderedGateway(t, b)
	eventually(t, "shown closed", g.shows(hallNoord, cover.Closed))
	if at, err := g.db.Released(t.Context()); err != nil || len(at) != 0 {
		t.Fatalf("released %v, %v before any release", at, err)
	}
	end := time.Now()
	g.take(t, document(2, releasing(t, signer(1), releaseOf("works", end.Add(-time.Second)))))
	fact := func() (c rules.Camera) {
		for _, c = range g.facts(g.inForce()).Cameras {
			if c.ID == hallNoord {
				return c
			}
		}
		return c
	}
	eventually(t, "the release is a fact", func() bool { return !fact().Released.IsZero() })
	if c := fact(); c.Released.Before(end.Add(-time.Second)) || c.Released.After(time.Now()) {
		t.Errorf("released at %s", c.Released)
	}
	at, err := g.db.Released(t.Context())
	if err != nil || !at[hallNoord].Equal(fact().Released) {
		t.Errorf("persisted %v, %v; in memory %s", at, err, fact().Released)
	}
}
