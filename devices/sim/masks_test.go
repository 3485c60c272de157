package sim

import (
	"strings"
	"testing"
)

func TestMakersMasks(t *testing.T) {
	d := start(t, Camera{Host: "127.0.0.63", Masks: true, MaxMasks: 1, SubStream: true, SplitConfigurations: true, Overlay: OverlayNone})
	a := ask(t, d)
	left := func(path string) float64 { m, _ := mean(a.snap(d.snapshotURL(1, path)), 0, 0, 0.49, 1); return m }
	right := func(path string) float64 { m, _ := mean(a.snap(d.snapshotURL(1, path)), 0.51, 0, 1, 1); return m }

	half := box(0, 0, 0.5, 1)
	d.putMask(Mask{Token: "axis_1", Lens: 1, Polygon: half, Enabled: true})
	half[1].X = 1 // the caller's own slice is not the device's
	for _, path := range d.paths() {
		if l, r := left(path), right(path); l > 1 || r < 40 {
			t.Errorf("%s: left half %.0f, right half %.0f", path, l, r)
		}
	}
	if got := a.ok(media2Service, `<tr2:GetMasks/>`); strings.Contains(got, "axis_1") {
		t.Error("ONVIF knows a mask of the maker's own interface")
	}
	a.fault(media2Service, `<tr2:DeleteMask><tr2:Token>axis_1</tr2:Token></tr2:DeleteMask>`, "ter:NoConfig")
	a.ok(media2Service, createMask("vsc_1", fullMask)) // does not count as one of ONVIF's
	if !d.RemoveMask("mask_1") {
		t.Error("mask_1 is gone")
	}

	d.putMask(Mask{Token: "axis_1", Lens: 1, Polygon: box(0.5, 0, 1, 1), Enabled: true})
	if l, r := left(pathMain), right(pathMain); l < 40 || r > 1 || len(d.Masks()) != 1 {
		t.Errorf("replaced: left half %.0f, right half %.0f, %d masks", l, r, len(d.Masks()))
	}
	d.putMask(Mask{Token: "axis_1", Lens: 1, Polygon: box(0.5, 0, 1, 1)})
	if r := right(pathMain); r < 40 {
		t.Errorf("switched off: right half %.0f", r)
	}
	if !d.dropMask("axis_1") || d.dropMask("axis_1") {
		t.Error("a mask is dropped exactly once")
	}
	setFault(t, d, FaultMaskNotStored, true)
	if d.putMask(Mask{Token: "axis_2", Lens: 1, Polygon: half, Enabled: true}); len(d.Masks()) != 0 {
		t.Error("it does not store masks, and has one")
	}
}
