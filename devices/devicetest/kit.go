// Package devicetest owns the laws that every driver keeps, whatever the make
// of the device: what package devices promises of a Camera, tried out. A
// driver's tests call Run with a Kit for each way to cover.
//
// What is covered is told by the device's own side, the simulated picture or
// its state, and never by the driver. The wire between the two is the
// suite's, so that it can count what is written and break it at any point.
package devicetest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/lensdop/lensdop/devices"
)

// Kit is one way to cover on one kind of device.
type Kit struct {
	Method devices.Method
	// Covers are what to cover with. The first one is used where one is
	// enough; the suite goes from each to the next and back, and what two have
	// in common must never be seen on the way.
	Covers []devices.Cover
	// Secrets are in no error, no address and no state.
	Secrets []string
	// Start runs a device that nobody has touched, until the test ends. It is
	// called from several goroutines.
	Start func(t testing.TB) *Device
	// Without names the laws that say nothing of this method, and why.
	Without map[string]string
	// Breaks names the laws that the driver is known to break, and how. Each
	// is tried: one that is kept after all fails the test.
	Breaks map[string]string
}

// Device is a running device. Lenses count from 0, in the order of Open.
type Device struct {
	// Open logs in anew, through Wire: what the agent does after a restart.
	Open func(ctx context.Context) ([]devices.Camera, error)
	Wire *Wire
	// Shows tells from the device's own side that nothing of the cover is
	// seen, heard or kept of the lens on any path.
	Shows func(t testing.TB, lens int, c devices.Cover) bool
	// Keeps is all that the method may touch of the lens, as text that is the
	// same whenever the device has the same; without what it numbers anew.
	Keeps func(t testing.TB, lens int) string
	// Others are changes by another hand, on lens 0.
	Others []Other
	// Ignores are ways to make the device accept a cover and not have it.
	Ignores map[string]func(t testing.TB)
}

// Other is a change by another hand.
type Other struct {
	Name string
	// Change makes it, on a device that is covered.
	Change func(t testing.TB)
	// Stays tells that it is still there.
	Stays func(t testing.TB) bool
	// Early changes can also be made before anything was covered; what is
	// left after restoring is then exactly them.
	Early bool
	// Untold changes leave nothing of ours to undo and nothing of others to
	// tell of: Restore succeeds.
	Untold bool
}

// law is one thing that holds for every driver.
type law struct {
	name  string
	check func(b *bench)
}

func laws() []law {
	return []law{
		{"identity", identity},
		{"methods", offered},
		{"observing writes nothing", observing},
		{"covering twice is once", idempotent},
		{"holding is told and nothing is written", holding},
		{"restoring after a restart", restarting},
		{"nothing is written that the journal lacks", journalled},
		{"a crash while covering", crashing},
		{"a crash while restoring", crashingBack},
		{"never uncovers on the way", growing},
		{"others' changes stay", foreign},
		{"accepted and not applied", notApplied},
		{"cancelling returns", cancelling},
		{"errors name the device and no secret", failing},
		{"lenses do not touch each other", lenses},
		{"closing twice", closing},
	}
}

// Run holds the driver to all laws.
func Run(t *testing.T, k Kit) {
	t.Helper()
	all := laws()
	for name := range k.Breaks {
		if !slices.ContainsFunc(all, func(l law) bool { return l.name == name }) {
			t.Fatalf("no law is called %q", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(k.Without)) {
		if !slices.ContainsFunc(all, func(l law) bool { return l.name == name }) {
			t.Fatalf("no law is called %q", name)
		}
		t.Logf("%s: does not apply: %s", name, k.Without[name])
	}
	for _, l := range all {
		if _, out := k.Without[l.name]; !out {
			t.Run(l.name, func(t *testing.T) {
				t.Parallel()
				why, breaks := k.Breaks[l.name]
				if !breaks {
					l.check(newBench(t, k))
					return
				}
				said := witnessed(t, func(t testing.TB) { l.check(newBench(t, k)) })
				if len(said) == 0 {
					t.Errorf("kept, and said to be broken: %s; take it out of Breaks", why)
				}
				t.Logf("BROKEN: %s: %s", why, strings.Join(said, "\n"))
			})
		}
	}
}

// bench is a device under test.
type bench struct {
	testing.TB
	k Kit
	d *Device
}

func newBench(t testing.TB, k Kit) *bench {
	t.Helper()
	if len(k.Covers) == 0 || k.Start == nil {
		t.Fatal("a kit needs a cover and a device")
	}
	b := &bench{TB: t, k: k, d: k.Start(t)}
	if b.d.Open == nil || b.d.Wire == nil || b.d.Shows == nil || b.d.Keeps == nil {
		t.Fatal("a device needs Open, Wire, Shows and Keeps")
	}
	return b
}

// again is a fresh device under the same test.
func (b *bench) again() *bench { b.Helper(); return newBench(b.TB, b.k) }

// first is the cover to use where one is enough.
func (b *bench) first() devices.Cover { return b.k.Covers[0] }

func (b *bench) cameras() []devices.Camera {
	b.Helper()
	cams, err := b.d.Open(b.Context())
	if err != nil {
		b.Fatalf("open: %v", err)
	}
	if len(cams) == 0 {
		b.Fatal("open: no camera")
	}
	b.Cleanup(func() {
		for _, c := range cams {
			if err := c.Close(); err != nil {
				b.Errorf("close: %v", err)
			}
		}
	})
	return cams
}

func (b *bench) open() devices.Camera { b.Helper(); return b.cameras()[0] }

// journal is what is written down before anything is covered.
func (b *bench) journal(cam devices.Camera) devices.Undo {
	b.Helper()
	s, err := cam.State(b.Context(), b.k.Method)
	if err != nil {
		b.Fatalf("state: %v", err)
	}
	if s.Method != b.k.Method || s.Driver == "" || s.Driver != cam.Info().Driver {
		b.Fatalf("the state is of driver %q and method %q", s.Driver, s.Method)
	}
	return b.restart(devices.Undo{Method: b.k.Method, Before: s})
}

// restart is what the journal gives back after the agent was started anew.
func (b *bench) restart(u devices.Undo) devices.Undo {
	b.Helper()
	text, err := json.Marshal(u)
	if err != nil {
		b.Fatalf("the journal cannot keep it: %v", err)
	}
	b.clean("the journal", string(text))
	var v devices.Undo
	if err := json.Unmarshal(text, &v); err != nil {
		b.Fatalf("the journal cannot give it back: %v", err)
	}
	return v
}

// with is the journal with one more cover.
func with(u devices.Undo, c devices.Cover) devices.Undo {
	u.Wrote = append(slices.Clone(u.Wrote), c)
	return u
}

// cover writes c down, covers, and checks that it is covered.
func (b *bench) cover(cam devices.Camera, u devices.Undo, c devices.Cover) devices.Undo {
	b.Helper()
	return b.coverLens(cam, 0, u, c)
}

func (b *bench) coverLens(cam devices.Camera, lens int, u devices.Undo, c devices.Cover) devices.Undo {
	b.Helper()
	u = b.restart(with(u, c))
	got, err := cam.Apply(b.Context(), u, c)
	if err != nil {
		b.Fatalf("apply %s: %v", words(c), err)
	}
	if !got.Includes(c) {
		b.Errorf("apply %s: it reports %s", words(c), words(got))
	}
	if !b.d.Shows(b, lens, c) {
		b.Errorf("apply %s: the device shows what should be covered, and has %s", words(c), b.d.Keeps(b, lens))
	}
	return u
}

// restored checks that Restore leaves what was there before.
func (b *bench) restored(cam devices.Camera, u devices.Undo, before string) {
	b.Helper()
	if err := cam.Restore(b.Context(), u); err != nil {
		b.Errorf("restore: %v", err)
	}
	if after := b.d.Keeps(b, 0); after != before {
		b.Errorf("before, the device had %s; after restoring it has %s", before, after)
	}
}

// writes counts what f writes.
func (b *bench) writes(f func()) int {
	before, _ := b.d.Wire.count()
	f()
	after, _ := b.d.Wire.count()
	return after - before
}

func words(c devices.Cover) string {
	text, err := json.Marshal(c)
	if err != nil {
		return fmt.Sprint(c)
	}
	return string(text)
}
