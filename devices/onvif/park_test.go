package onvif

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
)

// fakeHead is the part of a device that turns: it arrives after some looks.
type fakeHead struct {
	f        *fake
	x, y     float64
	zoom     string
	to       [2]float64
	steps    int // looks until it arrives; below 0 never
	slow     int
	moves    string // what MoveStatus says: "" leaves it out
	position bool   // whether GetStatus tells one
	presets  map[string][3]string
	sent     []string
}

func newHead(t *testing.T) *fakeHead {
	f := newFake(t)
	h := &fakeHead{
		f: f, x: .25, y: -.5, slow: 2, moves: "yes", position: true,
		presets: map[string][3]string{"1": {"Door", "0.25", "-0.5"}, "9": {"Wall", "-1", "0.75"}},
	}
	h.to = [2]float64{h.x, h.y}
	f.more["tr2:GetProfiles"] = func(string) string {
		return `<tr2:GetProfilesResponse><tr2:Profiles token="P1"><tr2:Name>p</tr2:Name><tr2:Configurations>` + f.configs[0].xml("tr2:VideoSource") +
			`<tr2:PTZ token="ptz"/></tr2:Configurations></tr2:Profiles></tr2:GetProfilesResponse>`
	}
	f.more["tptz:GetPresets"] = func(string) string {
		s := ""
		for token, p := range h.presets {
			at := ""
			if p[1] != "" {
				at = fmt.Sprintf(`<tt:PTZPosition><tt:PanTilt x="%s" y="%s"/></tt:PTZPosition>`, p[1], p[2])
			}
			s += fmt.Sprintf(`<tptz:Preset token="%s"><tt:Name>%s</tt:Name>%s</tptz:Preset>`, token, p[0], at)
		}
		return `<tptz:GetPresetsResponse>` + s + `</tptz:GetPresetsResponse>`
	}
	f.more["tptz:GetStatus"] = func(string) string {
		moving := "IDLE"
		if h.to != [2]float64{h.x, h.y} {
			moving = "MOVING"
			if h.steps--; h.steps == 0 {
				h.x, h.y = h.to[0], h.to[1]
			}
		}
		s := ""
		if h.position {
			s = fmt.Sprintf(`<tt:Position><tt:PanTilt x="%g" y="%g" space="http://www.onvif.org/ver10/tptz/PanTiltSpaces/PositionGenericSpace"/>%s</tt:Position>`, h.x, h.y, h.zoom)
		}
		if h.moves != "" {
			s += `<tt:MoveStatus><tt:PanTilt>` + moving + `</tt:PanTilt></tt:MoveStatus>`
		}
		return `<tptz:GetStatusResponse><tptz:PTZStatus>` + s + `<tt:UtcTime>2026-01-01T00:00:00Z</tt:UtcTime></tptz:PTZStatus></tptz:GetStatusResponse>`
	}
	f.more["tptz:GotoPreset"] = func(body string) string {
		p, ok := h.presets[text(body, "PresetToken")]
		if !ok {
			return `<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code></s:Fault>`
		}
		_, _ = fmt.Sscan(p[1]+" "+p[2], &h.to[0], &h.to[1])
		h.steps = h.slow
		h.sent = append(h.sent, "preset "+text(body, "PresetToken"))
		return `<tptz:GotoPresetResponse/>`
	}
	f.more["tptz:AbsoluteMove"] = func(body string) string {
		m := rePanTilt.FindStringSubmatch(body)
		if m == nil {
			f.t.Errorf("no place in %s", body)
			return ""
		}
		_, _ = fmt.Sscan(m[1]+" "+m[2], &h.to[0], &h.to[1])
		h.steps = h.slow
		h.sent = append(h.sent, "place "+m[1]+" "+m[2])
		return `<tptz:AbsoluteMoveResponse/>`
	}
	return h
}

// hand is a person who turns the camera.
func (h *fakeHead) hand(x, y float64) {
	h.f.mu.Lock()
	defer h.f.mu.Unlock()
	h.x, h.y, h.to = x, y, [2]float64{x, y}
}

func (h *fakeHead) site(t *testing.T, park string) *driven {
	return &driven{t: t, f: h.f, method: devices.MethodPark, means: []devices.Means{{Index: 1, Park: park}}}
}

// driven is a camera under one method, with the journal that the agent keeps.
type driven struct {
	t       *testing.T
	f       *fake
	method  devices.Method
	means   []devices.Means
	timeout time.Duration
	undo    devices.Undo
}

// cam opens the camera anew each time, as after a restart of the agent.
func (d *driven) cam() devices.Camera {
	d.t.Helper()
	target := d.f.target()
	target.Means = d.means
	if d.timeout == 0 {
		d.timeout = 5 * time.Second
	}
	cams, err := Driver(Options{Timeout: d.timeout}).Open(d.t.Context(), target)
	if err != nil {
		d.t.Fatal(err)
	}
	return cams[0]
}

func (d *driven) begin() *driven {
	d.t.Helper()
	state, err := d.cam().State(d.t.Context(), d.method)
	if err != nil {
		d.t.Fatalf("state: %v", err)
	}
	b, err := json.Marshal(state)
	if err != nil {
		d.t.Fatal(err)
	}
	d.undo = devices.Undo{Method: d.method}
	if err := json.Unmarshal(b, &d.undo.Before); err != nil {
		d.t.Fatal(err)
	}
	return d
}

func (d *driven) apply(c devices.Cover) (devices.Cover, error) {
	d.undo.Wrote = append(d.undo.Wrote, c)
	return d.cam().Apply(d.t.Context(), d.undo, c)
}

func (d *driven) mustApply(c devices.Cover) {
	d.t.Helper()
	if got, err := d.apply(c); err != nil || !got.Equal(c) {
		d.t.Fatalf("apply %+v: got %+v, %v", c, got, err)
	}
}

func (d *driven) mustHold(c devices.Cover, want bool) {
	d.t.Helper()
	if got, err := d.cam().Holds(d.t.Context(), d.undo, c); err != nil || got != want {
		d.t.Errorf("holds %+v: %v, %v; want %v", c, got, err, want)
	}
}

func (d *driven) restore() error { return d.cam().Restore(d.t.Context(), d.undo) }

func (d *driven) offers() bool {
	d.t.Helper()
	ms, err := d.cam().Methods(d.t.Context())
	if err != nil {
		d.t.Fatalf("methods: %v", err)
	}
	return slices.Contains(ms, d.method)
}

var wholePicture = devices.Cover{Whole: true}

func TestPark(t *testing.T) {
	for _, name := range []string{"9", "Wall"} {
		t.Run("named "+name, func(t *testing.T) {
			h := newHead(t)
			d := h.site(t, name).begin()
			if !d.offers() {
				t.Fatal("park is not offered")
			}
			d.mustHold(wholePicture, false)
			d.mustApply(wholePicture)
			if h.x != -1 || h.y != .75 {
				t.Errorf("it looks to %g %g", h.x, h.y)
			}
			d.mustHold(wholePicture, true)
			d.mustApply(wholePicture)
			if fmt.Sprint(h.sent) != "[preset 9]" {
				t.Errorf("sent %v", h.sent)
			}
			if err := d.restore(); err != nil {
				t.Fatal(err)
			}
			if fmt.Sprint(h.sent) != "[preset 9 preset 1]" || h.x != .25 || h.y != -.5 {
				t.Errorf("sent %v, looks to %g %g", h.sent, h.x, h.y)
			}
			d.mustHold(wholePicture, false)
			if err := d.restore(); err != nil || len(h.sent) != 2 {
				t.Errorf("restoring twice: %v, %v", h.sent, err)
			}
		})
	}
	t.Run("from no preset", func(t *testing.T) {
		h := newHead(t)
		h.hand(.1, .2)
		d := h.site(t, "9").begin()
		d.mustApply(wholePicture)
		if got, err := d.apply(devices.Cover{}); err != nil || !got.Empty() {
			t.Fatalf("got %+v, %v", got, err)
		}
		if fmt.Sprint(h.sent) != "[preset 9 place 0.1 0.2]" {
			t.Errorf("sent %v", h.sent)
		}
	})
	t.Run("it stood there before", func(t *testing.T) {
		h := newHead(t)
		h.hand(-1, .75)
		d := h.site(t, "9").begin()
		d.mustApply(wholePicture)
		if err := d.restore(); err != nil || len(h.sent) != 0 {
			t.Errorf("sent %v, %v", h.sent, err)
		}
	})
	t.Run("the preset from before was stored anew", func(t *testing.T) {
		h := newHead(t)
		d := h.site(t, "9").begin()
		d.mustApply(wholePicture)
		h.presets["1"] = [3]string{"Door", "0.9", "0.9"}
		if err := d.restore(); err != nil || fmt.Sprint(h.sent) != "[preset 9 place 0.25 -0.5]" {
			t.Errorf("sent %v, %v", h.sent, err)
		}
	})
	t.Run("nothing was written", func(t *testing.T) {
		h := newHead(t)
		d := h.site(t, "9").begin()
		h.hand(-1, .75)
		if err := d.restore(); err != nil || len(h.sent) != 0 {
			t.Errorf("sent %v, %v", h.sent, err)
		}
		if _, err := d.cam().Apply(t.Context(), d.undo, wholePicture); err == nil || len(h.sent) != 0 {
			t.Errorf("applied without a journal: %v, %v", h.sent, err)
		}
	})
	t.Run("no word on moving", func(t *testing.T) {
		h := newHead(t)
		h.moves = ""
		d := h.site(t, "9").begin()
		d.mustApply(wholePicture)
		if err := d.restore(); err != nil || h.x != .25 {
			t.Errorf("looks to %g, %v", h.x, err)
		}
	})
}

// The order is given, and the answer is lost with the agent.
func TestParkAfterACrash(t *testing.T) {
	h := newHead(t)
	d := h.site(t, "9").begin()
	h.f.after["tptz:GotoPreset"] = func() { panic(http.ErrAbortHandler) }
	if _, err := d.apply(wholePicture); !errors.Is(err, devices.ErrUnreachable) {
		t.Fatalf("got %v", err)
	}
	h.f.mu.Lock()
	delete(h.f.after, "tptz:GotoPreset")
	h.f.mu.Unlock()
	if err := d.restore(); err != nil || h.x != .25 || h.y != -.5 {
		t.Errorf("looks to %g %g, %v", h.x, h.y, err)
	}
}

func TestParkForeign(t *testing.T) {
	t.Run("turned by hand", func(t *testing.T) {
		h := newHead(t)
		d := h.site(t, "9").begin()
		d.mustApply(wholePicture)
		h.hand(.5, .5)
		d.mustHold(wholePicture, false)
		if err := d.restore(); !errors.Is(err, devices.ErrForeign) || h.x != .5 {
			t.Errorf("looks to %g, %v", h.x, err)
		}
		d.mustApply(wholePicture)
	})
	for name, change := range map[string]func(*fakeHead){
		"preset moved":   func(h *fakeHead) { h.presets["9"] = [3]string{"Wall", "0.5", "0.5"} },
		"preset deleted": func(h *fakeHead) { delete(h.presets, "9") },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHead(t)
			d := h.site(t, "9").begin()
			change(h)
			if got, err := d.apply(wholePicture); !errors.Is(err, devices.ErrForeign) || got.Whole {
				t.Errorf("got %+v, %v", got, err)
			}
			d.mustHold(wholePicture, false)
			if len(h.sent) != 0 {
				t.Errorf("sent %v", h.sent)
			}
		})
	}
	t.Run("kept moving", func(t *testing.T) {
		h := newHead(t)
		d := h.site(t, "9").begin()
		d.mustApply(wholePicture)
		h.f.mu.Lock()
		h.to, h.steps = [2]float64{1, 1}, -1
		h.f.mu.Unlock()
		d.timeout = 60 * time.Millisecond
		if err := d.restore(); !errors.Is(err, devices.ErrForeign) {
			t.Errorf("got %v", err)
		}
		if _, err := d.cam().State(t.Context(), devices.MethodPark); !errors.Is(err, devices.ErrBusy) {
			t.Errorf("state while it moves: %v", err)
		}
	})
}

func TestParkThatIsNotShown(t *testing.T) {
	h := newHead(t)
	h.slow = -1
	d := h.site(t, "9").begin()
	d.timeout = 100 * time.Millisecond
	if got, err := d.apply(wholePicture); !errors.Is(err, devices.ErrNotApplied) || got.Whole {
		t.Errorf("never arrives: got %+v, %v", got, err)
	}
	h = newHead(t)
	d = h.site(t, "9").begin()
	h.f.mu.Lock()
	h.position = false
	h.f.mu.Unlock()
	if got, err := d.apply(wholePicture); err == nil || got.Whole || len(h.sent) != 0 {
		t.Errorf("no position: got %+v, %v", got, err)
	}
	if got, err := d.cam().Holds(t.Context(), d.undo, wholePicture); err == nil || got {
		t.Errorf("no position: holds %v, %v", got, err)
	}
	h.f.mu.Lock()
	h.position, h.zoom = true, `<tt:Zoom x="NaN"/>`
	h.f.mu.Unlock()
	if _, err := d.cam().Holds(t.Context(), d.undo, wholePicture); err != nil {
		t.Errorf("a zoom that is no number: %v", err)
	}
}

func TestParkIsNotOffered(t *testing.T) {
	for name, tc := range map[string]struct {
		park string
		set  func(*fakeHead)
		want string // in the error of State
	}{
		"none named":           {"", func(*fakeHead) {}, "no preset is named"},
		"not there":            {"Roof", func(*fakeHead) {}, `no preset "Roof"`},
		"two of the name":      {"Wall", func(h *fakeHead) { h.presets["8"] = [3]string{"Wall", "0", "0"} }, `2 presets are called "Wall"`},
		"place not told":       {"9", func(h *fakeHead) { h.presets["9"] = [3]string{"Wall", "", ""} }, "does not tell where preset"},
		"place is no number":   {"9", func(h *fakeHead) { h.presets["9"] = [3]string{"Wall", "NaN", "0"} }, "does not tell where preset"},
		"no position":          {"9", func(h *fakeHead) { h.position = false }, "does not tell where it looks"},
		"no profile can turn":  {"9", func(h *fakeHead) { delete(h.f.more, "tr2:GetProfiles") }, "no profile"},
		"another lens's means": {"9", func(h *fakeHead) { h.f.sources = []string{"VS0", "VS1"}; h.f.configs[0].source = "VS1" }, "no profile"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHead(t)
			tc.set(h)
			d := h.site(t, tc.park)
			if d.offers() {
				t.Error("park is offered")
			}
			_, err := d.cam().State(t.Context(), devices.MethodPark)
			if !errors.Is(err, devices.ErrUnsupported) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v", err)
			}
			if len(h.sent) != 0 {
				t.Errorf("sent %v", h.sent)
			}
		})
	}
	h := newHead(t)
	d := h.site(t, "9").begin()
	if _, err := d.apply(zones(triangle("t"))); !errors.Is(err, devices.ErrUnsupported) || len(h.sent) != 0 {
		t.Errorf("zones: %v, %v", h.sent, err)
	}
}

func TestPlacesInDegrees(t *testing.T) {
	degrees := "http://www.onvif.org/ver10/tptz/PanTiltSpaces/SphericalPositionSpaceDegrees"
	a := place{Pan: 10, Tilt: -20, Space: degrees}
	b := place{Pan: 10.4, Tilt: -20, Space: degrees}
	if !a.near(b) || a.near(place{Pan: 10.6, Tilt: -20, Space: degrees}) {
		t.Error("the tolerance in degrees is half a degree")
	}
	b.Space = "http://www.onvif.org/ver10/tptz/PanTiltSpaces/PositionGenericSpace"
	if a.near(b) {
		t.Error("places in different spaces are compared")
	}
	one, two := 0.0, 0.5
	b = a
	a.Zoom, b.Zoom = &one, &two
	if a.near(b) {
		t.Error("another zoom is another place")
	}
}
