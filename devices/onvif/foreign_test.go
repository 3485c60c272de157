package onvif

import (
	"errors"
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
