package devices_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/lensdop/lensdop/devices"
	"pgregory.net/rapid"
)

// memory is a device's masks: rectangles on a grid, aligned outward to blocks.
type memory struct {
	slots  []devices.MaskSlot
	on     bool
	grid   devices.Grid
	block  int
	polys  bool
	order  func(n int) []int // in which the places of one request change
	look   func(m devices.MaskSlots)
	ignore bool
	shrink bool
	fail   func() error // before a place changes
	writes int
}

func (m *memory) snap(shape []devices.Point) []devices.Point {
	if m.polys {
		return shape
	}
	return m.grid.Rect(m.grid.Outward(devices.Bounds(shape))).Corners()
}

func (m *memory) read() devices.MaskSlots {
	return devices.MaskSlots{Slots: slices.Clone(m.slots), On: m.on, Snap: m.snap}
}

func (m *memory) Masks(context.Context) (devices.MaskSlots, error) { return m.read(), nil }

func (m *memory) SetMasks(_ context.Context, _ devices.MaskSlots, change []devices.MaskSlot, on bool) error {
	if m.ignore {
		return nil
	}
	if on {
		m.on = true
	}
	var failed error
	for _, i := range m.order(len(change)) {
		if m.fail != nil {
			if err := m.fail(); err != nil {
				failed = err
				continue
			}
		}
		c := change[i]
		at := slices.IndexFunc(m.slots, func(s devices.MaskSlot) bool { return s.ID == c.ID })
		if len(c.Shape) > 0 && !m.polys {
			e := m.grid.Outward(devices.Bounds(c.Shape))
			e[0], e[1] = e[0]/m.block*m.block, e[1]/m.block*m.block
			e[2], e[3] = min((e[2]+m.block-1)/m.block*m.block, m.grid.Columns), min((e[3]+m.block-1)/m.block*m.block, m.grid.Rows)
			if m.shrink {
				e[2] -= max(m.grid.Columns/40, 1)
			}
			c.Shape = m.grid.Rect(e).Corners()
		}
		m.slots[at] = c
		m.writes++
		if m.look != nil {
			m.look(m.read())
		}
	}
	m.on = on
	return failed
}

func inTurn(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func journalOf(t interface{ Fatal(...any) }, m *memory) devices.Undo {
	data, err := devices.MaskState(context.Background(), m)
	if err != nil {
		t.Fatal(err)
	}
	return restart(t, devices.Undo{Method: devices.MethodDeviceMask, Before: devices.State{Method: devices.MethodDeviceMask, Data: data}})
}

// restart is what the journal gives back after the agent was started anew.
func restart(t interface{ Fatal(...any) }, u devices.Undo) devices.Undo {
	b, err := json.Marshal(u)
	if err != nil {
		t.Fatal(err)
	}
	var v devices.Undo
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func under(m devices.MaskSlots, z devices.Zone) error {
	for _, p := range pointsOf(z) {
		if !m.On || !slices.ContainsFunc(m.Slots, func(s devices.MaskSlot) bool {
			return s.On && devices.Bounds(s.Shape).Holds(devices.Rect{Min: p, Max: p}, 1e-6)
		}) {
			return fmt.Errorf("%v of zone %q is seen", p, z.ID)
		}
	}
	return nil
}

// Whatever the zones, the places, the grid and the order in which the device
// takes one request: what was covered and stays wanted is covered at every
// step, what is wanted is covered at the end, doing it again writes nothing,
// and after Restore the device has what it had.
func TestMasksNeverUncover(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &memory{
			on:    rapid.Bool().Draw(t, "masks are on"),
			grid:  devices.Grid{Columns: rapid.SampledFrom([]int{704, 1000, 8191}).Draw(t, "columns"), Rows: rapid.SampledFrom([]int{480, 576, 8191}).Draw(t, "rows")},
			block: rapid.SampledFrom([]int{1, 4, 16}).Draw(t, "block"),
			order: func(n int) []int { return rapid.Permutation(inTurn(n)).Draw(t, "order") },
		}
		free := rapid.IntRange(1, 5).Draw(t, "free places")
		for i := range free + rapid.IntRange(0, 3).Draw(t, "taken places") {
			s := devices.MaskSlot{ID: fmt.Sprint(i + 1)}
			if i >= free {
				s.Shape = m.grid.Rect(m.grid.Outward(drawRect(t, "theirs"))).Corners()
				s.On = rapid.Bool().Draw(t, "theirs is on")
			}
			m.slots = append(m.slots, s)
		}
		before := m.read()
		u := journalOf(t, m)
		pool := []devices.Zone{drawZone(t, "a"), drawZone(t, "b"), drawZone(t, "c"), drawZone(t, "d"), drawZone(t, "e")}
		var was devices.Cover
		for range rapid.IntRange(1, 5).Draw(t, "covers") {
			var c devices.Cover
			c.Whole = rapid.IntRange(0, 3).Draw(t, "whole") == 0
			for _, z := range pool {
				if rapid.Bool().Draw(t, "wanted") {
					c.Zones = append(c.Zones, z)
				}
			}
			u.Wrote = append(u.Wrote, c)
			u = restart(t, u)
			m.look = func(now devices.MaskSlots) {
				for _, z := range stays(was, c) {
					if err := under(now, z); err != nil {
						t.Fatalf("on the way: %v", err)
					}
				}
			}
			got, err := devices.ApplyMasks(t.Context(), m, u, c)
			if err != nil {
				t.Fatal(err)
			}
			if !got.Includes(c) {
				t.Fatalf("it reports %v for %v", got, c)
			}
			for _, z := range asked(c) {
				if err := under(m.read(), z); err != nil {
					t.Fatal(err)
				}
			}
			if holds, err := devices.HoldMasks(t.Context(), m, u, c); err != nil || !holds {
				t.Fatalf("holds: %t, %v", holds, err)
			}
			m.writes = 0
			if _, err := devices.ApplyMasks(t.Context(), m, u, c); err != nil || m.writes > 0 {
				t.Fatalf("covering twice writes %d times, %v", m.writes, err)
			}
			was = c
		}
		m.look = nil
		if err := devices.RestoreMasks(t.Context(), m, u); err != nil {
			t.Fatal(err)
		}
		if after := m.read(); !sameSlots(before, after) {
			t.Fatalf("it had %v and has %v", before, after)
		}
	})
}

func sameSlots(a, b devices.MaskSlots) bool {
	return a.On == b.On && slices.EqualFunc(a.Slots, b.Slots, func(s, t devices.MaskSlot) bool {
		return s.ID == t.ID && s.On == t.On && slices.Equal(s.Shape, t.Shape)
	})
}

func asked(c devices.Cover) []devices.Zone {
	if c.Whole {
		return append(slices.Clone(c.Zones), devices.FullZone("whole"))
	}
	return c.Zones
}

// stays is what both covers ask for.
func stays(a, b devices.Cover) (zones []devices.Zone) {
	for _, z := range append(slices.Clone(a.Zones), b.Zones...) {
		if a.Includes(devices.Cover{Zones: []devices.Zone{z}}) && b.Includes(devices.Cover{Zones: []devices.Zone{z}}) {
			zones = append(zones, z)
		}
	}
	if a.Whole && b.Whole {
		zones = append(zones, devices.FullZone("whole"))
	}
	return zones
}

func rectZone(id string, x0, y0, x1, y1 float64) devices.Zone {
	return devices.Zone{ID: id, Polygon: devices.Rect{Min: devices.Point{X: x0, Y: y0}, Max: devices.Point{X: x1, Y: y1}}.Corners()}
}

func fourPlaces() *memory {
	m := &memory{on: true, grid: devices.Grid{Columns: 1000, Rows: 1000}, block: 1, order: inTurn}
	for i := range 4 {
		m.slots = append(m.slots, devices.MaskSlot{ID: fmt.Sprint(i + 1)})
	}
	return m
}

// A request that breaks off in the middle leaves nothing uncovered, and the
// next Apply finishes it.
func TestMasksAfterABreak(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := fourPlaces()
		m.slots = m.slots[:rapid.IntRange(1, 4).Draw(t, "places")]
		u := journalOf(t, m)
		pool := []devices.Zone{drawZone(t, "a"), drawZone(t, "b"), drawZone(t, "c")}
		var was devices.Cover
		for range 3 {
			c := devices.Cover{Whole: rapid.IntRange(0, 3).Draw(t, "whole") == 0}
			for _, z := range pool {
				if rapid.Bool().Draw(t, "wanted") {
					c.Zones = append(c.Zones, z)
				}
			}
			u.Wrote = append(u.Wrote, c)
			left := rapid.IntRange(0, 4).Draw(t, "changes before the break")
			m.fail = func() error {
				if left--; left < 0 {
					return devices.ErrUnreachable
				}
				return nil
			}
			m.look = func(now devices.MaskSlots) {
				for _, z := range stays(was, c) {
					if err := under(now, z); err != nil {
						t.Fatalf("on the way: %v", err)
					}
				}
			}
			_, err := devices.ApplyMasks(t.Context(), m, u, c)
			if err != nil && !errors.Is(err, devices.ErrUnreachable) {
				t.Fatal(err)
			}
			m.fail = nil
			if _, err := devices.ApplyMasks(t.Context(), m, u, c); err != nil {
				t.Fatal(err)
			}
			for _, z := range asked(c) {
				if err := under(m.read(), z); err != nil {
					t.Fatal(err)
				}
			}
			was = c
		}
		m.look = nil
		if err := devices.RestoreMasks(t.Context(), m, u); err != nil {
			t.Fatal(err)
		}
		for _, s := range m.slots {
			if s.On || len(s.Shape) > 0 {
				t.Fatalf("%v is left", s)
			}
		}
	})
}

func TestMasksByOthers(t *testing.T) {
	a, b := rectZone("a", 0.1, 0.1, 0.3, 0.3), rectZone("b", 0.5, 0.5, 0.7, 0.7)
	cover := devices.Cover{Zones: []devices.Zone{a, b}}
	start := func(t *testing.T) (*memory, devices.Undo) {
		m := fourPlaces()
		m.slots[0] = devices.MaskSlot{ID: "1", Shape: rectZone("", 0.8, 0, 1, 0.1).Polygon, On: true}
		u := journalOf(t, m)
		u.Wrote = append(u.Wrote, cover)
		if _, err := devices.ApplyMasks(t.Context(), m, u, cover); err != nil {
			t.Fatal(err)
		}
		return m, u
	}
	for _, c := range []struct {
		name string
		do   func(m *memory)
		left int // masks after Restore
		want error
	}{
		{"nothing", func(*memory) {}, 1, nil},
		{"one of ours moved", func(m *memory) { m.slots[1].Shape = rectZone("", 0.2, 0.6, 0.4, 0.9).Polygon }, 2, devices.ErrForeign},
		{"one of ours removed", func(m *memory) { m.slots[1] = devices.MaskSlot{ID: "2"} }, 1, nil},
		{"a new one", func(m *memory) {
			m.slots[3] = devices.MaskSlot{ID: "4", Shape: rectZone("", 0, 0.8, 0.1, 1).Polygon, On: true}
		}, 2, devices.ErrForeign},
		{"the old one changed", func(m *memory) { m.slots[0].On = false }, 1, devices.ErrForeign},
		{"the old one removed", func(m *memory) { m.slots[0] = devices.MaskSlot{ID: "1"} }, 0, devices.ErrForeign},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, u := start(t)
			c.do(m)
			if err := devices.RestoreMasks(t.Context(), m, u); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			n := 0
			for _, s := range m.slots {
				if len(s.Shape) > 0 {
					n++
				}
			}
			if n != c.left {
				t.Errorf("%d masks are left of %v, want %d", n, m.slots, c.left)
			}
		})
	}
}

func TestMasksThatAreNotApplied(t *testing.T) {
	c := devices.Cover{Zones: []devices.Zone{rectZone("a", 0.1, 0.1, 0.5, 0.5)}}
	for _, f := range []struct {
		name string
		set  func(m *memory)
		want error
	}{
		{"accepted and ignored", func(m *memory) { m.ignore = true }, devices.ErrNotApplied},
		{"made smaller", func(m *memory) { m.shrink = true }, devices.ErrNotApplied},
		{"refused", func(m *memory) { m.fail = func() error { return devices.ErrMalformed } }, devices.ErrMalformed},
		{"no free place", func(m *memory) {
			for i := range m.slots {
				m.slots[i].Shape = rectZone("", 0.8, 0.8, 0.9, 0.9).Polygon // off, and still somebody's
			}
		}, devices.ErrUnsupported},
	} {
		t.Run(f.name, func(t *testing.T) {
			m := fourPlaces()
			f.set(m)
			before := m.read()
			u := journalOf(t, m)
			u.Wrote = []devices.Cover{c}
			got, err := devices.ApplyMasks(t.Context(), m, u, c)
			if !errors.Is(err, f.want) {
				t.Errorf("got %v, want %v", err, f.want)
			}
			if got.Includes(c) {
				t.Errorf("it reports %v", got)
			}
			if after := m.read(); !sameSlots(before, after) {
				t.Errorf("it had %v and has %v", before, after)
			}
		})
	}
}

func TestMasksNeedTheJournal(t *testing.T) {
	m := fourPlaces()
	u := journalOf(t, m)
	c := devices.Cover{Zones: []devices.Zone{rectZone("a", 0.1, 0.1, 0.5, 0.5)}}
	if _, err := devices.ApplyMasks(t.Context(), m, u, c); err == nil || m.writes > 0 {
		t.Errorf("it wrote %d times what the journal does not have, %v", m.writes, err)
	}
	u.Wrote, u.Before.Data = []devices.Cover{c}, json.RawMessage(`{}`)
	if _, err := devices.ApplyMasks(t.Context(), m, u, c); err == nil || m.writes > 0 {
		t.Errorf("it wrote %d times without knowing what was there, %v", m.writes, err)
	}
}
