package onvif

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
)

// site is a camera with the journal that the agent would keep.
type site struct {
	t    *testing.T
	f    *fake
	cam  devices.Camera
	undo devices.Undo
}

func newSite(t *testing.T, f *fake) *site {
	t.Helper()
	s := &site{t: t, f: f, cam: openFake(t, f)}
	state, err := s.cam.State(t.Context(), devices.MethodDeviceMask)
	if err != nil {
		t.Fatal(err)
	}
	// What the journal keeps has been through JSON.
	b, err := json.Marshal(state)
	if err != nil {
		t.Fatal(err)
	}
	s.undo = devices.Undo{Method: devices.MethodDeviceMask}
	if err := json.Unmarshal(b, &s.undo.Before); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *site) apply(c devices.Cover) (devices.Cover, error) {
	s.undo.Wrote = append(s.undo.Wrote, c)
	return s.cam.Apply(s.t.Context(), s.undo, c)
}

func (s *site) mustApply(c devices.Cover) devices.Cover {
	s.t.Helper()
	got, err := s.apply(c)
	if err != nil {
		s.t.Fatalf("apply: %v", err)
	}
	if !got.Includes(c) {
		s.t.Fatalf("got %+v, which does not include %+v", got, c)
	}
	return got
}

func box(id string, x0, y0, x1, y1 float64) devices.Zone {
	return devices.Zone{ID: id, Polygon: []devices.Point{{X: x0, Y: y0}, {X: x1, Y: y0}, {X: x1, Y: y1}, {X: x0, Y: y1}}}
}

func triangle(id string) devices.Zone {
	return devices.Zone{ID: id, Polygon: []devices.Point{{X: .1, Y: .1}, {X: .5, Y: .1}, {X: .3, Y: .4}}}
}

func zones(z ...devices.Zone) devices.Cover { return devices.Cover{Zones: z} }

func tokens(masks []fakeMask) string {
	out := []string{}
	for _, m := range masks {
		out = append(out, m.token)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func TestApplyZone(t *testing.T) {
	s := newSite(t, newFake(t))
	s.mustApply(zones(box("door", .25, 0, .5, .25)))
	got := s.f.now()
	if len(got) != 1 {
		t.Fatalf("masks %+v", got)
	}
	want := [][2]float64{{-.5, 1}, {0, 1}, {0, .5}, {-.5, .5}}
	if fmt.Sprint(got[0].points) != fmt.Sprint(want) || !got[0].enabled || got[0].typ != "Color" {
		t.Errorf("sent %+v, want the points %v", got[0], want)
	}
	// Again, as after a restart: nothing is written.
	s.cam = openFake(t, s.f)
	s.mustApply(zones(box("door", .25, 0, .5, .25)))
	if len(s.f.writes) != 1 {
		t.Errorf("%d writes", len(s.f.writes))
	}
	if err := s.cam.Restore(t.Context(), s.undo); err != nil {
		t.Fatal(err)
	}
	if left := s.f.now(); len(left) != 0 {
		t.Errorf("left %+v", left)
	}
	if err := s.cam.Restore(t.Context(), s.undo); err != nil {
		t.Errorf("restoring twice: %v", err)
	}
}

func TestApplyWholeCoversEveryConfiguration(t *testing.T) {
	f := newFake(t)
	f.configs = []fakeConfig{{"VSC1", "VS1", 0, 0, 1920, 1080}, {"VSC2", "VS1", 480, 270, 960, 540}, {"VSC9", "other", 0, 0, 1920, 1080}}
	s := newSite(t, f)
	got := s.mustApply(devices.Cover{Whole: true})
	if !got.Whole {
		t.Errorf("got %+v", got)
	}
	masks := f.now()
	if len(masks) != 2 || masks[0].config != "VSC1" || masks[1].config != "VSC2" {
		t.Fatalf("masks %+v", masks)
	}
	for _, m := range masks {
		want := fullPoints()
		slices.SortFunc(want, func(a, b [2]float64) int { return slices.Compare(a[:], b[:]) })
		slices.SortFunc(m.points, func(a, b [2]float64) int { return slices.Compare(a[:], b[:]) })
		if !slices.Equal(m.points, want) {
			t.Errorf("%s: points %v", m.config, m.points)
		}
	}
	// One of the two is taken away: that is not covered.
	f.mu.Lock()
	f.masks = f.masks[:1]
	f.store = func(*fakeMask) bool { return false }
	f.mu.Unlock()
	got, err := s.apply(devices.Cover{Whole: true})
	if !errors.Is(err, devices.ErrNotApplied) || got.Whole {
		t.Errorf("got %+v, %v", got, err)
	}
}

// One mask that does not tell where it is does not cover two configurations.
func TestMaskWithoutConfiguration(t *testing.T) {
	f := newFake(t)
	f.configs = []fakeConfig{{"VSC1", "VS1", 0, 0, 1920, 1080}, {"VSC2", "VS1", 0, 0, 1920, 1080}}
	f.answer["tr2:GetMasks"] = sendBody(`<tr2:GetMasksResponse><tr2:Masks token="m"><tr2:Polygon><tt:Point x="-1" y="1"/><tt:Point x="1" y="1"/><tt:Point x="1" y="-1"/><tt:Point x="-1" y="-1"/></tr2:Polygon><tr2:Type>Color</tr2:Type><tr2:Enabled>true</tr2:Enabled></tr2:Masks></tr2:GetMasksResponse>`)
	cam := openFake(t, f)
	if _, err := cam.State(t.Context(), devices.MethodDeviceMask); !errors.Is(err, devices.ErrMalformed) {
		t.Errorf("got %v, want ErrMalformed", err)
	}
	f.mu.Lock()
	f.configs = f.configs[:1]
	f.mu.Unlock()
	if o, err := cam.Observe(t.Context()); err != nil || len(must(o.Masks.Get())) != 1 {
		t.Errorf("masks %v, %v", o.Masks, err)
	}
}

func must[T any](v T, _ bool) T { return v }

func TestApplyOnACrop(t *testing.T) {
	f := newFake(t)
	f.configs = []fakeConfig{{"VSC1", "VS1", 480, 270, 960, 540}}
	s := newSite(t, f)
	// The left half of the zone and all of the second lie outside the crop.
	s.mustApply(zones(box("a", 0, .25, .5, .5), box("b", .8, .8, .9, .9)))
	got := f.now()
	if len(got) != 1 || fmt.Sprint(got[0].points) != fmt.Sprint([][2]float64{{-1, 1}, {0, 1}, {0, 0}, {-1, 0}}) {
		t.Errorf("masks %+v", got)
	}
	if err := s.cam.Restore(t.Context(), s.undo); err != nil || len(f.now()) != 0 {
		t.Errorf("left %+v, %v", f.now(), err)
	}
}

func TestApplyWithSourceMask(t *testing.T) {
	f := newFake(t)
	f.configs = []fakeConfig{{"VSC1", "VS1", 0, 0, 1920, 1080}, {"VSC2", "VS1", 0, 0, 1920, 1080}}
	f.perSource = true
	s := newSite(t, f)
	s.mustApply(devices.Cover{Whole: true})
	if got := f.now(); len(got) != 1 {
		t.Fatalf("masks %+v", got)
	}
	// The device copies it, under another token.
	f.put(fakeMask{token: "copy", config: "VSC2", typ: "Color", points: fullPoints(), enabled: true})
	s.mustApply(devices.Cover{Whole: true})
	if got := f.now(); tokens(got) != "copy mask1" {
		t.Errorf("masks %+v", got)
	}
	// Deleting one deletes the other, so that the second delete is refused.
	f.after["tr2:DeleteMask"] = func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.masks = nil
	}
	if err := s.cam.Restore(t.Context(), s.undo); err != nil {
		t.Error(err)
	}
}

func TestDeviceMovesTheMask(t *testing.T) {
	round := func(grid float64) func(*fakeMask) bool {
		return func(m *fakeMask) bool {
			for i := range m.points {
				for j := range m.points[i] {
					m.points[i][j] = math.Round(m.points[i][j]*grid) / grid
				}
			}
			return true
		}
	}
	zone := devices.Zone{ID: "z", Polygon: []devices.Point{{X: .1007, Y: .1003}, {X: .5001, Y: .1499}, {X: .4711, Y: .7777}}}
	t.Run("by less than the tolerance", func(t *testing.T) {
		f := newFake(t)
		f.store = round(1024)
		s := newSite(t, f)
		s.mustApply(zones(zone))
		s.mustApply(zones(zone))
		if len(f.writes) != 1 {
			t.Errorf("%d writes", len(f.writes))
		}
		if err := s.cam.Restore(t.Context(), s.undo); err != nil || len(f.now()) != 0 {
			t.Errorf("left %+v, %v", f.now(), err)
		}
	})
	t.Run("in another order, closed, with a corner more", func(t *testing.T) {
		f := newFake(t)
		f.store = func(m *fakeMask) bool {
			slices.Reverse(m.points)
			a, b := m.points[0], m.points[1]
			m.points = slices.Insert(m.points, 1, [2]float64{(a[0] + b[0]) / 2, (a[1] + b[1]) / 2})
			m.points = append(m.points, m.points[0])
			return true
		}
		s := newSite(t, f)
		s.mustApply(zones(zone))
		s.mustApply(zones(zone))
		if len(f.writes) != 1 {
			t.Errorf("%d writes", len(f.writes))
		}
	})
	t.Run("by more", func(t *testing.T) {
		f := newFake(t)
		f.store = round(4)
		s := newSite(t, f)
		got, err := s.apply(zones(zone))
		if !errors.Is(err, devices.ErrNotApplied) || got.Includes(zones(zone)) {
			t.Errorf("got %+v, %v", got, err)
		}
		// What nobody could recognise later is not left behind.
		if left := f.now(); len(left) != 0 {
			t.Errorf("left %+v", left)
		}
	})
}

func TestAcceptedButNotApplied(t *testing.T) {
	for name, store := range map[string]func(*fakeMask) bool{
		"dropped":  func(*fakeMask) bool { return false },
		"disabled": func(m *fakeMask) bool { m.enabled = false; return true },
		"blurred":  func(m *fakeMask) bool { m.typ = "Blurred"; return true },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			s := newSite(t, f)
			s.mustApply(zones(triangle("t")))
			f.store = store
			got, err := s.apply(devices.Cover{Whole: true})
			if !errors.Is(err, devices.ErrNotApplied) || got.Whole {
				t.Errorf("got %+v, %v", got, err)
			}
			// The old cover holds, and nothing else is left.
			if left := f.now(); tokens(left) != "mask1" {
				t.Errorf("masks %+v", left)
			}
		})
	}
}

func TestRectanglesOnly(t *testing.T) {
	for name, f := range map[string]*fake{"said": newFake(t), "by corners": newFake(t), "found out": newFake(t)} {
		t.Run(name, func(t *testing.T) {
			five := devices.Zone{ID: "five", Polygon: []devices.Point{{X: .1, Y: .2}, {X: .3, Y: .1}, {X: .5, Y: .2}, {X: .4, Y: .5}, {X: .2, Y: .5}}}
			switch name {
			case "said":
				f.rectangles = true
			case "by corners":
				f.maxPoints = 4
			case "found out":
				f.maxPoints = 4
				f.answer["tr2:GetMaskOptions"] = sendFault(500, "Receiver", "ActionNotSupported")
			}
			s := newSite(t, f)
			s.mustApply(zones(five))
			s.mustApply(zones(five))
			got := f.now()
			if len(got) != 1 || fmt.Sprint(got[0].points) != "[[-0.8 0.8] [0 0.8] [0 0] [-0.8 0]]" {
				t.Errorf("masks %+v", got)
			}
			if err := s.cam.Restore(t.Context(), s.undo); err != nil || len(f.now()) != 0 {
				t.Errorf("left %+v, %v", f.now(), err)
			}
		})
	}
}

func TestNeverLooserOnTheWay(t *testing.T) {
	a, b, c := box("a", 0, 0, .2, .2), box("b", .4, .4, .6, .6), triangle("c")
	steps := []devices.Cover{
		zones(a),
		zones(a, b),
		{Whole: true, Zones: []devices.Zone{a, b}},
		{Whole: true},
		zones(b, c),
		{Whole: true, Zones: []devices.Zone{c}},
		zones(a),
		{},
	}
	for _, room := range []int{8, 3} {
		t.Run(fmt.Sprintf("room for %d", room), func(t *testing.T) {
			f := newFake(t)
			f.maxMasks = room
			s := newSite(t, f)
			last := devices.Cover{}
			for i, step := range steps {
				n := len(f.writes)
				got := s.mustApply(step)
				if got.Whole != step.Whole {
					t.Fatalf("step %d: got %+v", i, got)
				}
				for _, masks := range f.writes[n:] {
					// What both covers want is covered at every moment.
					for _, z := range []devices.Zone{a, b, c} {
						if covers(last, z) && covers(step, z) && !shown(masks, z) {
							t.Fatalf("step %d: zone %s is open on the way: %+v", i, z.ID, masks)
						}
					}
				}
				if step.Empty() && len(f.now()) > 0 {
					t.Errorf("left %+v", f.now())
				}
				last = step
			}
		})
	}
}

func covers(c devices.Cover, z devices.Zone) bool {
	return c.Whole || slices.ContainsFunc(c.Zones, func(have devices.Zone) bool { return have.ID == z.ID })
}

// shown tells whether one mask holds the middle of the zone.
func shown(masks []fakeMask, z devices.Zone) bool {
	mid := devices.Point{}
	for _, p := range z.Polygon {
		mid.X += p.X / float64(len(z.Polygon))
		mid.Y += p.Y / float64(len(z.Polygon))
	}
	for _, m := range masks {
		poly := devices.Zone{}
		for _, p := range m.points {
			poly.Polygon = append(poly.Polygon, devices.Point{X: (p[0] + 1) / 2, Y: (1 - p[1]) / 2})
		}
		if m.enabled && poly.Contains(mid) {
			return true
		}
	}
	return false
}

func TestNoRoom(t *testing.T) {
	for _, told := range []bool{true, false} {
		t.Run(fmt.Sprintf("limit told %v", told), func(t *testing.T) {
			f := newFake(t)
			f.maxMasks = 2
			if !told {
				f.answer["tr2:GetMaskOptions"] = sendFault(500, "Receiver", "ActionNotSupported")
			}
			f.put(fakeMask{token: "F1", config: "VSC1", typ: "Color", points: [][2]float64{{0, 0}, {.1, 0}, {0, .1}}, enabled: true})
			f.put(fakeMask{token: "F2", config: "VSC1", typ: "Color", points: [][2]float64{{0, 0}, {.2, 0}, {0, .2}}, enabled: true})
			s := newSite(t, f)
			got, err := s.apply(devices.Cover{Whole: true})
			if !errors.Is(err, devices.ErrUnsupported) || !strings.Contains(err.Error(), "2 masks are in the way, 2 of them not ours") || got.Whole {
				t.Errorf("got %+v, %v", got, err)
			}
			if tokens(f.now()) != "F1 F2" {
				t.Errorf("masks %+v", f.now())
			}
		})
	}
	t.Run("our own grows and shrinks in one step", func(t *testing.T) {
		f := newFake(t)
		f.maxMasks = 1
		s := newSite(t, f)
		s.mustApply(zones(triangle("t")))
		s.mustApply(devices.Cover{Whole: true, Zones: []devices.Zone{triangle("t")}})
		s.mustApply(zones(triangle("t")))
		for _, masks := range f.writes {
			if !shown(masks, triangle("t")) {
				t.Errorf("open on the way: %+v", f.writes)
			}
		}
		if err := s.cam.Restore(t.Context(), s.undo); err != nil || len(f.now()) != 0 {
			t.Errorf("left %+v, %v", f.now(), err)
		}
	})
}

// The device has created the mask, and the answer is lost with the agent.
func TestNoDuplicateAfterACrash(t *testing.T) {
	f := newFake(t)
	s := newSite(t, f)
	f.after["tr2:CreateMask"] = func() { panic(http.ErrAbortHandler) }
	if _, err := s.apply(devices.Cover{Whole: true}); !errors.Is(err, devices.ErrUnreachable) {
		t.Fatalf("got %v", err)
	}
	f.mu.Lock()
	delete(f.after, "tr2:CreateMask")
	f.mu.Unlock()
	s.cam = openFake(t, f)
	got, err := s.cam.Apply(t.Context(), s.undo, devices.Cover{Whole: true})
	if err != nil || !got.Whole || len(f.now()) != 1 {
		t.Errorf("got %+v, %v; masks %+v", got, err, f.now())
	}
	if err := s.cam.Restore(t.Context(), s.undo); err != nil || len(f.now()) != 0 {
		t.Errorf("left %+v, %v", f.now(), err)
	}
}

func TestNothingIsWrittenWithoutAJournal(t *testing.T) {
	f := newFake(t)
	s := newSite(t, f)
	good := s.undo
	good.Wrote = []devices.Cover{{Whole: true}}
	for name, tc := range map[string]struct {
		undo func(u *devices.Undo)
		c    devices.Cover
	}{
		"cover not in it": {func(*devices.Undo) {}, zones(triangle("t"))},
		"no state":        {func(u *devices.Undo) { u.Before.Data = nil }, devices.Cover{Whole: true}},
		"an empty state":  {func(u *devices.Undo) { u.Before.Data = json.RawMessage("null") }, devices.Cover{Whole: true}},
		"another driver":  {func(u *devices.Undo) { u.Before.Driver = "axis" }, devices.Cover{Whole: true}},
		"another method":  {func(u *devices.Undo) { u.Method = devices.MethodPark }, devices.Cover{Whole: true}},
		"crossed zone": {func(*devices.Undo) {}, zones(devices.Zone{ID: "x", Polygon: []devices.Point{
			{X: 0, Y: 0}, {X: 1, Y: 1}, {X: 1, Y: 0}, {X: 0, Y: 1},
		}})},
	} {
		t.Run(name, func(t *testing.T) {
			u := good
			tc.undo(&u)
			if got, err := s.cam.Apply(t.Context(), u, tc.c); err == nil || !got.Empty() {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
	if len(f.writes) != 0 {
		t.Errorf("written: %+v", f.writes)
	}
}

func TestMethods(t *testing.T) {
	const sound = "sound-off" // is always there, with the profiles
	for name, tc := range map[string]struct {
		set  func(*fake)
		want string
		err  error // of State
	}{
		"masks":            {func(*fake) {}, "device-mask " + sound, nil},
		"no masks":         {func(f *fake) { f.maskCap = false }, sound, devices.ErrUnsupported},
		"no configuration": {func(f *fake) { f.configs[0].source = "other" }, "", devices.ErrUnsupported},
		// Listed, so that asking for the state tells what is wrong.
		"could not be asked": {func(f *fake) { f.answer["tr2:GetServiceCapabilities"] = sendBody("") }, "device-mask " + sound, devices.ErrMalformed},
		"not allowed":        {func(f *fake) { f.answer["tr2:GetMasks"] = sendFault(400, "Sender", "NotAuthorized") }, "device-mask " + sound, devices.ErrLogin},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			tc.set(f)
			cam := openFake(t, f)
			var got []string
			ms, err := cam.Methods(t.Context())
			for _, m := range ms {
				got = append(got, string(m))
			}
			if strings.Join(got, " ") != tc.want || err != nil {
				t.Errorf("got %v, %v", got, err)
			}
			if _, err := cam.State(t.Context(), devices.MethodDeviceMask); !errors.Is(err, tc.err) {
				t.Errorf("state: %v", err)
			}
		})
	}
	t.Run("one sees through", func(t *testing.T) {
		f := newFake(t)
		f.types = "Blurred"
		if ms, err := openFake(t, f).Methods(t.Context()); slices.Contains(ms, devices.MethodDeviceMask) || err != nil {
			t.Errorf("got %v, %v", ms, err)
		}
	})
	t.Run("nothing known", func(t *testing.T) {
		f := newFake(t)
		f.answer["tr2:GetServiceCapabilities"] = sendBody("")
		f.answer["tr2:GetProfiles"] = sendBody("")
		if ms, err := openFake(t, f).Methods(t.Context()); !errors.Is(err, devices.ErrMalformed) || ms != nil {
			t.Errorf("got %v, %v", ms, err)
		}
	})
	t.Run("nobody answers", func(t *testing.T) {
		f := newFake(t)
		cam := openFake(t, f)
		f.srv.Close()
		if ms, err := cam.Methods(t.Context()); !errors.Is(err, devices.ErrUnreachable) || ms != nil {
			t.Errorf("got %v, %v", ms, err)
		}
	})
	t.Run("a service hangs", func(t *testing.T) {
		f := newFake(t)
		f.services = append(f.services, [2]string{nsRecord, "recording"})
		f.stall = func(op string) bool { return op == "trc:GetRecordings" }
		cams, err := Driver(Options{Timeout: 500 * time.Millisecond}).Open(t.Context(), f.target())
		if err != nil {
			t.Fatal(err)
		}
		ms, err := cams[0].Methods(t.Context())
		if err != nil || !slices.Contains(ms, devices.MethodDeviceMask) || !slices.Contains(ms, devices.MethodSoundOff) {
			t.Errorf("got %v, %v", ms, err)
		}
	})
	t.Run("unknown", func(t *testing.T) {
		cam := openFake(t, newFake(t))
		u := devices.Undo{Method: devices.MethodTape, Wrote: []devices.Cover{{Whole: true}}}
		_, errState := cam.State(t.Context(), u.Method)
		_, errApply := cam.Apply(t.Context(), u, devices.Cover{Whole: true})
		_, errHolds := cam.Holds(t.Context(), u, devices.Cover{Whole: true})
		for _, err := range []error{errState, errApply, errHolds, cam.Restore(t.Context(), u)} {
			var e *devices.Error
			if !errors.Is(err, devices.ErrUnsupported) || !errors.As(err, &e) || e.Device == "" {
				t.Errorf("got %v", err)
			}
		}
	})
}

func TestMeansOf(t *testing.T) {
	all := []devices.Means{{Index: 2, Park: "by number"}, {Source: "VS2", Park: "by token"}, {Index: 1, Park: "first"}}
	for _, tc := range []struct {
		source string
		index  int
		want   string
	}{{"VS2", 2, "by token"}, {"VS1", 1, "first"}, {"VS9", 2, "by number"}, {"VS3", 3, ""}} {
		if got := meansOf(all, tc.source, tc.index); got.Park != tc.want {
			t.Errorf("lens %s, number %d: %+v", tc.source, tc.index, got)
		}
	}
}
