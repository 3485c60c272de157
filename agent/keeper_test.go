package agent

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/agent/cover"
	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/devices/picture"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/examples"
	"github.com/lensdop/lensdop/policy/wire"
)

// ordered starts an agent whose first lens is ordered to be covered now.
func orderedGateway(t *testing.T, b *fakeBox, ds ...policy.Decision) *gateway {
	t.Helper()
	if ds == nil {
		ds = []policy.Decision{oneOff("works", time.Now())}
	}
	g := newGateway(t, config(t.TempDir(), 1), b.parts())
	t.Cleanup(func() { g.close(t) })
	g.take(t, document(1, deciding(t, signer(1), ds...)))
	g.start(t)
	return g
}

func (g *gateway) shows(id, what string) func() bool {
	return func() bool { return g.camera(id).Shown[policy.PartPicture] == what }
}

func (g *gateway) journalled(t *testing.T) int {
	t.Helper()
	j, err := g.db.Journal(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return len(j)
}

func TestKeeperCoversAndRestores(t *testing.T) {
	b := newBox()
	g := orderedGateway(t, b)
	eventually(t, "shown closed", g.shows(hallNoord, cover.Closed))
	if c := g.camera(hallNoord); !c.Obeys || c.Method != string(devices.MethodDeviceMask) || c.Ordered != "whole" || len(c.Decisions) != 1 {
		t.Errorf("state %+v", c)
	}
	if g.journalled(t) != 1 || !b.covered(0) {
		t.Error("covered without journal, or not covered")
	}
	if !b.clean(1) {
		t.Error("the lens that nothing is ordered for was touched")
	}
	g.take(t, document(2, releasing(t, signer(1), releaseOf("works", time.Now().Add(-time.Second)))))
	eventually(t, "restored", func() bool { return b.clean(0) && g.journalled(t) == 0 })
	eventually(t, "told", func() bool { return count(g.events(t), wire.EventRestored, hallNoord) == 1 })
}

func TestKeeperTellsWhatIsWrong(t *testing.T) {
	for name, x := range map[string]struct {
		spoil func(*fakeBox)
		shown string
		reach string
		says  string
	}{
		"the device lies":    {func(b *fakeBox) { b.lies = true }, cover.Open, reachUp, "structure"},
		"it refuses writes":  {func(b *fakeBox) { b.refuses = devices.ErrBusy }, cover.Open, reachUp, "no free session"},
		"the stream is dead": {func(b *fakeBox) { b.dead = true }, cover.Unproven, reachUp, "does not answer"},
		"login refused":      {func(b *fakeBox) { b.login = devices.ErrLogin }, cover.Unproven, reachNoLogin, "check the account"},
		"another serial":     {func(b *fakeBox) { b.serial = "FAKE" }, cover.Unproven, reachUnreachable, "LM-2L-0001"},
		"gone":               {func(b *fakeBox) { b.login = devices.ErrUnreachable }, cover.Unproven, reachUnreachable, "does not answer"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBox()
			x.spoil(b)
			g := orderedGateway(t, b)
			eventually(t, "told", func() bool {
				c := g.camera(hallNoord)
				return c.Shown[policy.PartPicture] == x.shown && c.Reach == x.reach && !c.Obeys && strings.Contains(c.Trouble, x.says)
			})
			if b.serial == "FAKE" && (b.covered(0) || g.journalled(t) != 0) {
				t.Error("an impostor was written to")
			}
		})
	}
}

func TestKeeperSeesALostCover(t *testing.T) {
	b := newBox()
	g := orderedGateway(t, b)
	eventually(t, "shown closed", g.shows(hallNoord, cover.Closed))
	b.set(func() { b.masks[0] = b.masks[0][:1] }) // a restart
	eventually(t, "exposure told", func() bool {
		for _, e := range g.events(t) {
			if e.Type == wire.EventShown && strings.Contains(string(e.Data), "had lost its cover") {
				return true
			}
		}
		return false
	})
	eventually(t, "covered again", func() bool { return b.covered(0) && g.shows(hallNoord, cover.Closed)() })
}

func TestGapIsUnprovenFromTheLastGoodLook(t *testing.T) {
	b := newBox()
	g := orderedGateway(t, b)
	eventually(t, "shown closed", g.shows(hallNoord, cover.Closed))
	g.stop()
	last := g.camera(hallNoord).Paths[0].At
	g.at(time.Now().Add(2*time.Minute), true)
	g.watchGaps(t.Context())
	c := g.camera(hallNoord)
	if c.Shown[policy.PartPicture] != cover.Unproven || c.Obeys || !c.Since.Equal(last) {
		t.Errorf("after two minutes without a look: %+v, last look %s", c, last)
	}
	n := count(g.events(t), wire.EventShown, hallNoord)
	g.watchGaps(t.Context())
	if m := count(g.events(t), wire.EventShown, hallNoord); m != n {
		t.Error("the same gap is told twice")
	}
}

func TestTroubleWithNumbersIsToldOnce(t *testing.T) {
	b := newBox()
	n := 0
	b.onCall = func(int) { n++; b.refuses = fmt.Errorf("%w after %d.%03d s", devices.ErrBusy, n, n) }
	g := orderedGateway(t, b)
	eventually(t, "many tries", func() bool { b.mu.Lock(); defer b.mu.Unlock(); return n > 40 })
	if got := count(g.events(t), wire.EventShown, hallNoord); got > 4 {
		t.Errorf("%d events about one trouble", got)
	}
}

// A stalling lens keeps neither Status nor the rules waiting.
func TestStallingDeviceBlocksNobody(t *testing.T) {
	b := newBox()
	b.stalls = make(chan struct{})
	g := orderedGateway(t, b)
	eventually(t, "asked", func() bool {
		g.mu.Lock()
		box := g.boxes[normalEndpoint(boxID)]
		g.mu.Unlock()
		if box == nil || box.asks.TryLock() {
			if box != nil {
				box.asks.Unlock()
			}
			return false
		}
		return true
	})
	begin := time.Now()
	g.Status()
	if err := g.evaluate(t.Context()); err != nil {
		t.Error(err)
	}
	b.set(func() { b.address = "127.0.0.10:80" })
	if err := g.discover(t.Context()); err != nil {
		t.Error(err)
	}
	if d := time.Since(begin); d > 5*time.Second {
		t.Errorf("waited %s", d)
	}
	b.mu.Lock()
	close(b.stalls)
	b.stalls = nil
	b.mu.Unlock()
	eventually(t, "logged in anew at the new address and covered", func() bool {
		return g.camera(hallNoord).Address == "127.0.0.10:80" && g.shows(hallNoord, cover.Closed)()
	})
	b.set(func() {
		if b.closed == 0 {
			t.Error("the login at the old address was kept")
		}
	})
}

func TestCameraThatLeavesTheRegisterIsUndone(t *testing.T) {
	masked := strings.Replace(string(examples.Lensmonde), "    view: {max_shift: 0.10}\n", "    view: {max_shift: 0.10}\n    masks: [{id: raam, polygon: [[0.1, 0.1], [0.4, 0.1], [0.4, 0.4]], liftable: false}]\n", 1)
	gone := drop(string(examples.Lensmonde), hallNoord)
	for _, restart := range []bool{false, true} {
		t.Run(fmt.Sprintf("restart %v", restart), func(t *testing.T) {
			b := newBox()
			c := config(t.TempDir(), 1)
			g := newGateway(t, c, b.parts())
			g.take(t, document(1, func(d *wire.Desired) { d.Protocol = masked }))
			g.start(t)
			eventually(t, "masked", func() bool { return !b.clean(0) })
			if restart {
				g.stop()
			}
			g.take(t, document(2, func(d *wire.Desired) { d.Protocol = gone }))
			if !restart {
				eventually(t, "restored", func() bool { return b.clean(0) && g.journalled(t) == 0 })
				g.take(t, document(3, func(d *wire.Desired) { d.Protocol = masked }))
				eventually(t, "kept again once it is back", func() bool { return !b.clean(0) })
				g.close(t)
				return
			}
			g.close(t)
			g = newGateway(t, c, b.parts())
			defer g.close(t)
			g.start(t)
			// Two lenses, and nobody knows which: told, and left as it is.
			eventually(t, "told", func() bool { return strings.Contains(g.out.String(), "by hand") })
			if b.clean(0) || g.journalled(t) != 1 {
				t.Error("something was undone without knowing what")
			}
		})
	}
}

// Whatever call of the device the agent dies at, before or after its effect:
// what was covered stays covered, and a release restores what was there.
func TestKilledAtAnyCall(t *testing.T) {
	for n := 1; n <= 9; n++ {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			b := newBox()
			c := config(t.TempDir(), 1)
			g := newGateway(t, c, b.parts())
			g.take(t, document(1, deciding(t, signer(1), oneOff("works", time.Now()))))
			ctx, kill := context.WithCancel(context.Background())
			covered := false
			b.onCall = func(call int) {
				covered = covered || len(b.masks[0]) > 1
				if call == n {
					kill()
				}
			}
			if err := g.Run(ctx); err != nil {
				t.Fatal(err)
			}
			kill()
			if covered && !b.covered(0) {
				t.Error("uncovered by a kill")
			}
			if b.covered(0) && g.journalled(t) == 0 {
				t.Error("covered without a journal")
			}
			g.close(t)

			b.set(func() { b.onCall = nil })
			g = newGateway(t, c, b.parts())
			g.start(t)
			eventually(t, "covered after the restart", g.shows(hallNoord, cover.Closed))

			// And again while restoring.
			ctx, kill = context.WithCancel(context.Background())
			g.stop()
			b.set(func() {
				b.calls = 0
				b.onCall = func(call int) {
					if call == n {
						kill()
					}
				}
			})
			g.take(t, document(2, releasing(t, signer(1), releaseOf("works", time.Now().Add(-time.Second)))))
			if err := g.Run(ctx); err != nil {
				t.Fatal(err)
			}
			kill()
			g.close(t)
			b.set(func() { b.onCall = nil })
			g = newGateway(t, c, b.parts())
			g.start(t)
			eventually(t, "restored", func() bool { return b.clean(0) && g.journalled(t) == 0 })
			g.close(t)
		})
	}
}

func TestSecretsStayInside(t *testing.T) {
	b := newBox()
	c := config(t.TempDir(), 1)
	c.Credentials = write(t, "logins:\n  - {match: \"*\", user: gw, password: "+secret+"}\n", 0o600)
	g := newGateway(t, c, b.parts())
	g.take(t, document(1, deciding(t, signer(1), oneOff("works", time.Now()))))
	g.start(t)
	eventually(t, "shown closed", g.shows(hallNoord, cover.Closed))
	b.set(func() { b.login = errors.New("no"); b.address = "127.0.0.11:80" })
	eventually(t, "refused", func() bool { return g.camera(hallNoord).Reach == reachUnreachable })
	g.stop()
	status := fmt.Sprintf("%+v", g.Status()) + string(mustJSON(t, g.Status())) + fmt.Sprintf("%+v %#v", g.logins, g.logins)
	events := string(mustJSON(t, g.events(t)))
	for what, text := range map[string]string{"status": status, "log": g.out.String(), "events": events} {
		if strings.Contains(text, secret) {
			t.Errorf("the password is in the %s", what)
		}
	}
	if b.password != secret {
		t.Error("the device did not get the password; the test proves nothing")
	}
	g.close(t)
}

// What was seen of a mask says nothing of the mask that has its name now.
func TestNewOrderOutdatesWhatWasSeen(t *testing.T) {
	g := newGateway(t, config(t.TempDir(), 1), Parts{})
	defer g.close(t)
	seen := picture.Verdict{State: picture.IsMasked}
	k := &keeper{a: g.Agent, id: hallNoord, sights: map[string]cover.Sight{"main": {Masks: map[string]picture.Verdict{"raam": seen}}}}
	want := devices.Cover{Zones: []devices.Zone{zone("raam", 0.5)}}
	if j := cover.Judge(want, []string{policy.PartPicture}, k.sights); !j.Obeys {
		t.Fatal("the old sight does not count before; the test proves nothing")
	}
	if err := k.order(t.Context(), g.inForce(), want, noon()); err != nil {
		t.Fatal(err)
	}
	if j := cover.Judge(want, []string{policy.PartPicture}, k.sights); j.Obeys || j.Shown[policy.PartPicture] != cover.Unproven {
		t.Errorf("%+v", j)
	}
}
