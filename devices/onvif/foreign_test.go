package onvif

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/lensdop/lensdop/devices"
)

func TestForeignMasksAreLeft(t *testing.T) {
	foreign := fakeMask{token: "F1", config: "VSC1", typ: "Color", points: [][2]float64{{-1, 1}, {-.5, 1}, {-.5, .5}, {-1, .5}}, enabled: true}
	z := box("same as F1", 0, 0, .25, .25)

	t.Run("counts as cover", func(t *testing.T) {
		f := newFake(t)
		f.put(foreign)
		s := newSite(t, f)
		s.mustApply(zones(z))
		s.mustApply(devices.Cover{})
		if err := s.cam.Restore(t.Context(), s.undo); err != nil {
			t.Error(err)
		}
		if len(f.writes) != 0 || tokens(f.now()) != "F1" {
			t.Errorf("writes %v", f.writes)
		}
	})
	t.Run("does not count when one sees through", func(t *testing.T) {
		f := newFake(t)
		m := foreign
		m.typ = "Pixelated"
		f.put(m)
		s := newSite(t, f)
		s.mustApply(zones(z))
		if tokens(f.now()) != "F1 mask1" {
			t.Errorf("masks %+v", f.now())
		}
		if err := s.cam.Restore(t.Context(), s.undo); err != nil || tokens(f.now()) != "F1" {
			t.Errorf("masks %+v, %v", f.now(), err)
		}
	})
	t.Run("numbered anew by a restart", func(t *testing.T) {
		f := newFake(t)
		f.put(foreign)
		s := newSite(t, f)
		f.mu.Lock()
		f.masks[0].token = "F2"
		f.mu.Unlock()
		s.mustApply(zones(z))
		if err := s.cam.Restore(t.Context(), s.undo); err != nil || tokens(f.now()) != "F2" {
			t.Errorf("masks %+v, %v", f.now(), err)
		}
	})
	t.Run("ours gets the number of theirs by a restart", func(t *testing.T) {
		f := newFake(t)
		first, second := foreign, foreign
		first.token, second.token = "1", "2"
		second.points = [][2]float64{{0, 0}, {.1, 0}, {0, .1}}
		f.put(first)
		f.put(second)
		s := newSite(t, f)
		s.mustApply(zones(triangle("t")))
		f.mu.Lock()
		f.masks = []fakeMask{f.masks[2], f.masks[0], f.masks[1]} // ours first, theirs behind it
		for i := range f.masks {
			f.masks[i].token = fmt.Sprint(i + 1)
		}
		f.mu.Unlock()
		s.mustApply(devices.Cover{Whole: true})
		s.mustApply(zones(triangle("t")))
		if err := s.cam.Restore(t.Context(), s.undo); err != nil || tokens(f.now()) != "2 3" {
			t.Errorf("masks %+v, %v", f.now(), err)
		}
	})
	t.Run("theirs is changed, and ours takes its old place", func(t *testing.T) {
		f := newFake(t)
		f.put(foreign)
		s := newSite(t, f)
		f.mu.Lock()
		f.masks[0].points = [][2]float64{{0, 0}, {.1, 0}, {0, .1}}
		f.mu.Unlock()
		s.mustApply(zones(z))
		if err := s.cam.Restore(t.Context(), s.undo); !errors.Is(err, devices.ErrForeign) || tokens(f.now()) != "F1" {
			t.Errorf("masks %+v, %v", f.now(), err)
		}
	})
	for name, change := range map[string]func(f *fake){
		"removed": func(f *fake) { f.masks = f.masks[1:] },
		"changed": func(f *fake) { f.masks[0].enabled = false },
		"added": func(f *fake) {
			f.masks = append(f.masks, fakeMask{token: "N", config: "VSC1", typ: "Color", points: [][2]float64{{0, 0}, {.1, 0}, {0, .1}}, enabled: true})
		},
		"ours moved": func(f *fake) { f.masks[1].points = [][2]float64{{0, 0}, {.1, 0}, {0, .1}} },
		"ours off":   func(f *fake) { f.masks[1].enabled = false },
	} {
		t.Run(name+" meanwhile", func(t *testing.T) {
			f := newFake(t)
			f.put(foreign)
			s := newSite(t, f)
			s.mustApply(zones(triangle("t")))
			f.mu.Lock()
			change(f)
			f.mu.Unlock()
			before := f.now()
			err := s.cam.Restore(t.Context(), s.undo)
			if !errors.Is(err, devices.ErrForeign) {
				t.Errorf("got %v, want ErrForeign", err)
			}
			for _, m := range before {
				ours := m.token == "mask1" && !strings.HasPrefix(name, "ours")
				if strings.Contains(tokens(f.now()), m.token) == ours {
					t.Errorf("%s: %s, left: %s", name, m.token, tokens(f.now()))
				}
			}
		})
	}
}

// A firmware may give its configurations new names when it starts. A mask that
// somebody made over the same place as one of ours is still somebody's.
func TestConfigurationsNamedAnew(t *testing.T) {
	rename := func(f *fake) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.configs[0].token = "VSC7"
		for i := range f.masks {
			f.masks[i].config, f.masks[i].token = "VSC7", f.masks[i].token+"b"
		}
	}
	t.Run("theirs stays", func(t *testing.T) {
		f := newFake(t)
		f.put(fakeMask{token: "F1", config: "VSC1", typ: "Color", points: fullPoints(), enabled: true})
		s := newSite(t, f)
		s.mustApply(zones(triangle("t")))
		s.mustApply(devices.Cover{Whole: true})
		rename(f)
		if err := s.cam.Restore(t.Context(), s.undo); err != nil || tokens(f.now()) != "F1b" {
			t.Errorf("masks %+v, %v", f.now(), err)
		}
	})
	t.Run("ours goes", func(t *testing.T) {
		f := newFake(t)
		s := newSite(t, f)
		s.mustApply(devices.Cover{Whole: true})
		rename(f)
		s.mustApply(devices.Cover{Whole: true})
		if len(f.writes) != 1 {
			t.Errorf("%d writes", len(f.writes))
		}
		if err := s.cam.Restore(t.Context(), s.undo); err != nil || len(f.now()) != 0 {
			t.Errorf("masks %+v, %v", f.now(), err)
		}
	})
}

// Zones and masks both count after rotation, so that a turned source needs no
// turning of its masks; what a turned part of it shows is not known.
func TestRotatedSource(t *testing.T) {
	for name, tc := range map[string]struct {
		bounds string
		known  bool
	}{
		"all of it, on its side": {`<tt:Bounds x="0" y="0" width="1080" height="1920"/>`, true},
		"all of it, upside down": {`<tt:Bounds x="0" y="0" width="1920" height="1080"/>`, true},
		"a part":                 {`<tt:Bounds x="100" y="0" width="640" height="480"/>`, false},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.more["tr2:GetVideoSourceConfigurations"] = func(string) string {
				return `<tr2:GetVideoSourceConfigurationsResponse><tr2:Configurations token="VSC1"><tt:Name>n</tt:Name><tt:SourceToken>VS1</tt:SourceToken>` + tc.bounds +
					`<tt:Extension><tt:Rotate><tt:Mode>ON</tt:Mode><tt:Degree>90</tt:Degree></tt:Rotate></tt:Extension></tr2:Configurations></tr2:GetVideoSourceConfigurationsResponse>`
			}
			s := newSite(t, f)
			s.mustApply(zones(box("door", .25, 0, .5, .25)))
			if got := fmt.Sprint(f.now()[0].points); got != "[[-0.5 1] [0 1] [0 0.5] [-0.5 0.5]]" {
				t.Errorf("points %s", got)
			}
			s.mustApply(devices.Cover{Whole: true})
			configs, err := s.cam.(*camera).configurations(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if _, known := configs[0].window(size{1920, 1080}).Get(); known != tc.known {
				t.Errorf("window known: %v", known)
			}
			if err := s.cam.Restore(t.Context(), s.undo); err != nil || len(f.now()) != 0 {
				t.Errorf("left %+v, %v", f.now(), err)
			}
		})
	}
}

// More corners than the device takes become the rectangle around them, which
// hides no less; the same zone is not made twice.
func TestMoreCornersThanTheDeviceTakes(t *testing.T) {
	var many devices.Zone
	for i := range 12 {
		sin, cos := math.Sincos(float64(i) / 12 * 2 * math.Pi)
		many.Polygon = append(many.Polygon, devices.Point{X: .5 + .3*cos, Y: .5 + .2*sin})
	}
	many.ID = "round"
	f := newFake(t)
	f.maxPoints = 10
	s := newSite(t, f)
	s.mustApply(zones(many))
	s.mustApply(zones(many))
	got := f.now()
	if len(got) != 1 || len(f.writes) != 1 {
		t.Fatalf("masks %+v", got)
	}
	var mask devices.Zone
	for _, p := range got[0].points {
		mask.Polygon = append(mask.Polygon, devices.Point{X: (p[0] + 1) / 2, Y: (1 - p[1]) / 2})
	}
	for _, p := range many.Polygon {
		// Just inside: corners of the zone lie on the mask's edge.
		q := devices.Point{X: .5 + (p.X-.5)*.999, Y: .5 + (p.Y-.5)*.999}
		if !mask.Contains(q) {
			t.Errorf("%v is not hidden by %v", p, mask.Polygon)
		}
	}
}
