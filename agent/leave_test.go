package agent

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/agent/state"
	"github.com/lensdop/lensdop/devices"
)

// A camera left the register after its device was replaced, and the agent was
// started anew: the old device never comes back, and the new one is uncovered.
func TestLeavingUndoesWhatCanBeUndone(t *testing.T) {
	b := newBox()
	p := b.parts()
	open := p.Drivers[0].Open
	p.Drivers[0].Open = func(ctx context.Context, to devices.Target) ([]devices.Camera, error) {
		cams, err := open(ctx, to)
		return cams[:min(len(cams), 1)], err
	}
	g := newGateway(t, config(t.TempDir(), 1), p)
	defer g.close(t)
	g.take(t, document(1))
	g.at(time.Now(), true)
	whole := devices.Cover{Whole: true}
	before, err := json.Marshal(b.masks[0])
	if err != nil {
		t.Fatal(err)
	}
	b.masks[0] = append(b.masks[0], devices.FullZone("all"))
	for _, device := range []string{"urn:uuid:0", boxID} {
		u := devices.Undo{
			Method: devices.MethodDeviceMask, Wrote: []devices.Cover{whole},
			Before: devices.State{Method: devices.MethodDeviceMask, Driver: "onvif", Data: before},
		}
		if err := g.db.Update(t.Context(), func(tx *state.Tx) error {
			return tx.SetJournal(time.Now(), state.Entry{Camera: "weg", Device: device, Undo: u, Held: &whole})
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := g.discover(t.Context()); err != nil {
		t.Fatal(err)
	}
	k := &keeper{a: g.Agent, id: "weg", kick: make(chan struct{}, 1)}
	k.pass(t.Context())
	if !b.clean(0) {
		t.Errorf("the new device still has %v: %s", b.masks[0], k.state.Trouble)
	}
	if mine, err := k.journal(t.Context()); err != nil || len(mine) != 1 || mine[0].Device != "urn:uuid:0" || !strings.Contains(k.state.Trouble, "not undone") {
		t.Errorf("journal %+v, %v; told %q", mine, err, k.state.Trouble)
	}
}
