package agent

import (
	"context"
	"errors"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lensdop/lensdop/agent/cover"
	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/devices/picture"
	"github.com/lensdop/lensdop/devices/rtsp"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/rules"
)

func TestStandsAt(t *testing.T) {
	views := []policy.CameraView{{ID: "door", Preset: "1"}, {ID: "desk", Preset: "balie"}}
	known := devices.Of([]devices.Preset{
		{Token: "1", Name: "deur", Position: devices.Of(devices.Position{Pan: 0.1, Tilt: -0.2, Zoom: 0.5})},
		{Token: "2", Name: "balie", Position: devices.Of(devices.Position{Pan: 0.104, Tilt: -0.2, Zoom: 0.5})},
		{Token: "3", Name: "elsewhere", Position: devices.Of(devices.Position{Pan: -1})},
	})
	at := func(p devices.Position) devices.Value[devices.Position] { return devices.Of(p) }
	for _, x := range []struct {
		name    string
		pos     devices.Value[devices.Position]
		presets devices.Value[[]devices.Preset]
		want    string
		why     string
	}{
		{"by token", at(devices.Position{Pan: 0.1, Tilt: -0.2, Zoom: 0.5}), known, "door", ""},
		{"by name", at(devices.Position{Pan: 0.104, Tilt: -0.2, Zoom: 0.5}), known, "desk", ""},
		{"between two, the nearer", at(devices.Position{Pan: 0.1035, Tilt: -0.2, Zoom: 0.5}), known, "desk", ""},
		{"within tolerance", at(devices.Position{Pan: 0.0952, Tilt: -0.204, Zoom: 0.509}), known, "door", ""},
		{"too far round", at(devices.Position{Pan: 0.094, Tilt: -0.2, Zoom: 0.5}), known, "", "no registered preset"},
		{"zoomed", at(devices.Position{Pan: 0.1, Tilt: -0.2, Zoom: 0.52}), known, "", "no registered preset"},
		{"turning", at(devices.Position{Pan: 0.1, Tilt: -0.2, Zoom: 0.5, Moving: true}), known, "", "turning"},
		{"at a preset that is not registered", at(devices.Position{Pan: -1}), known, "", "no registered preset"},
		{"no number", at(devices.Position{Pan: math.NaN(), Tilt: math.NaN(), Zoom: math.NaN()}), known, "", "no registered preset"},
		{"does not tell", devices.NotSupported[devices.Position](), known, "", "not supported"},
		{"presets not told", at(devices.Position{}), devices.Unreadable[[]devices.Preset](errors.New("timeout")), "", "timeout"},
		{"preset without a position", at(devices.Position{}), devices.Of([]devices.Preset{{Token: "1"}, {Name: "balie"}}), "", "not asked"},
		{"preset is gone", at(devices.Position{}), devices.Of([]devices.Preset{{Token: "9"}}), "", "no preset 1"},
		{"two of the name", at(devices.Position{}), devices.Of([]devices.Preset{{Token: "8", Name: "balie"}, {Token: "9", Name: "balie"}}), "", "2 presets"},
	} {
		t.Run(x.name, func(t *testing.T) {
			v, err := standsAt(views, devices.Observation{Position: x.pos, Presets: x.presets})
			if v.ID != x.want || (err == nil) != (x.want != "") || err != nil && !strings.Contains(err.Error(), x.why) {
				t.Errorf("%q, %v; want %q, %s", v.ID, err, x.want, x.why)
			}
		})
	}
}

// turning is a camera with two presets that tells where it looks, and its
// recorder; both say what they are told to.
type turning struct {
	mu        sync.Mutex
	pos       []devices.Position // of each question in turn; the last stays
	asked     int
	looked    []string // addresses
	recorder  error
	recorders int // questions to the recorder
}

func (c *turning) driver() devices.Driver {
	return devices.Driver{Name: "fake", Open: func(_ context.Context, t devices.Target) ([]devices.Camera, error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if strings.HasPrefix(t.Found.Address, "127.0.0.20") && c.recorder != nil {
			return nil, &devices.Error{Device: t.Found.Address, Op: "log in", Err: c.recorder}
		}
		b := newBox()
		b.address, b.serial = t.Found.Address, ""
		return []devices.Camera{&turningCam{fakeCam{b, 0}, c, "1"}, &turningCam{fakeCam{b, 0}, c, "2"}}, nil
	}}
}

type turningCam struct {
	fakeCam
	c      *turning
	source string
}

func (c *turningCam) Info() devices.Info {
	i := c.fakeCam.Info()
	i.Source = c.source
	return i
}

func (c *turningCam) Observe(context.Context) (devices.Observation, error) {
	c.c.mu.Lock()
	defer c.c.mu.Unlock()
	if strings.HasPrefix(c.b.address, "127.0.0.20") {
		c.c.recorders++
		return devices.Observation{Paths: devices.Of([]devices.Path{{ID: "ch" + c.source, Kind: devices.PathStream, URL: "rtsp://127.0.0.20/" + c.source, Window: devices.Of(devices.Full())}})}, nil
	}
	p := c.c.pos[min(c.c.asked, len(c.c.pos)-1)]
	c.c.asked++
	return devices.Observation{
		Paths:    devices.Of([]devices.Path{{ID: "main", Kind: devices.PathStream, URL: "rtsp://127.0.0.2/", Window: devices.Of(devices.Full())}}),
		Position: devices.Of(p),
		Presets: devices.Of([]devices.Preset{
			{Token: "1", Position: devices.Of(devices.Position{Pan: 0.5})}, {Token: "2", Position: devices.Of(devices.Position{Pan: -0.5})},
		}),
	}, nil
}

// Look shows a picture with structure everywhere, and black at the left edge.
func (c *turning) Look(_ context.Context, t rtsp.Target, _ rtsp.Options, see func(devices.Luma)) (devices.Stream, error) {
	c.mu.Lock()
	c.looked = append(c.looked, t.Device)
	c.mu.Unlock()
	const w, h = 320, 180
	l := devices.Luma{Pix: make([]byte, w*h), Width: w, Height: h, FullRange: true}
	for y := range h {
		for x := range w {
			if x >= w/4 {
				l.Pix[y*w+x] = byte(60 + (x/7*13+y/5*29)%120)
			}
		}
	}
	for range 3 {
		see(l)
	}
	return devices.Stream{Tracks: []devices.Track{{Kind: "video"}}, Codec: "MJPEG", Width: w, Height: h, KeyFrames: 3, Decoded: 3, Frames: 3}, nil
}

func (c *turning) Snapshot(context.Context, rtsp.Target, func(devices.Luma)) (devices.Stream, error) {
	return devices.Stream{}, devices.ErrUnsupported
}

func strip(x0, x1 float64) []devices.Point {
	return []devices.Point{{X: x0, Y: 0}, {X: x1, Y: 0}, {X: x1, Y: 1}, {X: x0, Y: 1}}
}

// turningGateway has a camera of two views, of which only the first one's mask
// is in the picture, and a recorder with a channel of it.
func turningGateway(t *testing.T, c *turning) (*gateway, *keeper, policy.Camera, *box) {
	t.Helper()
	conf := config(t.TempDir(), 1)
	conf.Every.Check = Duration(time.Hour)
	g := newGateway(t, conf, Parts{Drivers: []devices.Driver{c.driver()}, Eyes: c})
	cam := policy.Camera{
		ID: "c", Site: "de-polder", Identity: policy.Identity{Endpoint: "urn:uuid:ptz"}, Sessions: 1,
		View: policy.ViewLimits{MaxShift: 0.1}, Required: []string{policy.PartPicture},
		Views: []policy.CameraView{
			{ID: "left", Preset: "1", Masks: []policy.Mask{{ID: "m", Polygon: strip(0.02, 0.2)}}},
			{ID: "right", Preset: "2", Masks: []policy.Mask{{ID: "m", Polygon: strip(0.6, 0.9)}}},
		},
	}
	g.orders = &orders{site: "de-polder"}
	g.orders.policy.Protocol = &policy.Protocol{
		Processing: []policy.Processing{{ID: "lensdop", Checker: true}},
		Sites:      []policy.Site{{ID: "de-polder"}}, Cameras: []policy.Camera{cam},
		Devices: []policy.Device{{ID: "nvr", Site: "de-polder", Identity: policy.Identity{Endpoint: "urn:uuid:nvr"}, Sessions: 2}},
	}
	g.bring(t, devices.Found{Endpoint: "urn:uuid:ptz", Address: "127.0.0.2:80"}, devices.Found{Endpoint: "urn:uuid:nvr", Address: "127.0.0.20:80"})
	told, err := (&turningCam{fakeCam: fakeCam{newBox(), 0}, c: &turning{pos: c.pos}, source: "1"}).Observe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	k := &keeper{a: g.Agent, id: "c", kick: make(chan struct{}, 1), obs: devices.Of(told)}
	return g, k, cam, g.boxOf(cam)
}

func TestMasksOfTheViewWhereItStands(t *testing.T) {
	left, right, away := devices.Position{Pan: 0.5}, devices.Position{Pan: -0.5}, devices.Position{Pan: 0.1}
	const leftMask, rightMask = "left/m", "right/m"
	for _, x := range []struct {
		name  string
		pos   []devices.Position
		view  string
		left  picture.State
		right picture.State
		obeys bool
		why   string
	}{
		{"at the first", []devices.Position{left}, "left", picture.IsMasked, picture.Unknown, true, "was not seen at preset 2"},
		{"at the second, whose mask is missing", []devices.Position{right}, "right", picture.Unknown, picture.Open, false, "was not seen at preset 1"},
		{"elsewhere", []devices.Position{away}, "", picture.Unknown, picture.Unknown, false, "no registered preset"},
		{"it turned while it was looked at", []devices.Position{left, right}, "", picture.Unknown, picture.Unknown, false, "turned while"},
		{"it began to turn", []devices.Position{left, {Pan: 0.5, Moving: true}}, "", picture.Unknown, picture.Unknown, false, "is turning"},
	} {
		t.Run(x.name, func(t *testing.T) {
			c := &turning{pos: x.pos}
			g, k, cam, b := turningGateway(t, c)
			defer g.close(t)
			now, _ := g.clock.now()
			want := g.orders.coverAt("c", now)
			if len(want.Zones) != 2 {
				t.Fatalf("zones %+v", want.Zones)
			}
			k.look(t.Context(), g.orders, b, cam, want)
			s := k.sights["main"]
			if k.view != x.view || s.Masks[leftMask].State != x.left || s.Masks[rightMask].State != x.right {
				t.Errorf("at %q, %s and %s (%v)", k.view, s.Masks[leftMask].State, s.Masks[rightMask].State, s.Masks)
			}
			if r := s.Masks[leftMask].Reason + s.Masks[rightMask].Reason; !strings.Contains(r, x.why) {
				t.Errorf("reason %q, want %q", r, x.why)
			}
			if j := cover.Judge(g.orders.atView("c", want, k.view, now), cam.Required, k.sights); j.Obeys != x.obeys {
				t.Errorf("obeys %v: %s", j.Obeys, j.Why)
			}
			if _, ok, err := g.db.View(t.Context(), "c", "main/"+x.view); err != nil || ok != (x.view != "") {
				t.Errorf("a reference of this view: %v, %v", ok, err)
			}
			if _, ok, _ := g.db.View(t.Context(), "c", "main"); ok {
				t.Error("a reference of no view")
			}
		})
	}
}

// What was seen at a preset still counts for a while after the camera turned.
func TestRemembersTheOtherView(t *testing.T) {
	c := &turning{pos: []devices.Position{{Pan: 0.5}, {Pan: 0.5}, {Pan: -0.5}}}
	g, k, cam, b := turningGateway(t, c)
	defer g.close(t)
	now, _ := g.clock.now()
	want := g.orders.coverAt("c", now)
	k.look(t.Context(), g.orders, b, cam, want)
	k.look(t.Context(), g.orders, b, cam, want)
	if m := k.sights["main"].Masks; m["left/m"].State != picture.IsMasked || m["right/m"].State != picture.Open {
		t.Errorf("masks %+v", m)
	}
	p := pathFacts(want, k.sights["main"], k.changed)
	if p.Masks[rules.PresetMask("left", "m")].Verdict != rules.Masked || p.Masks[rules.PresetMask("right", "m")].Verdict != rules.MaskOpen {
		t.Errorf("the rules get %+v", p.Masks)
	}
}

func TestChannelsAreFurtherPaths(t *testing.T) {
	for _, x := range []struct {
		name     string
		recorder error
		gone     bool
		want     string // of the recorder's path
		id       string
	}{
		{"reached", nil, false, cover.Open, "nvr/ch2"},
		{"refuses the login", devices.ErrLogin, false, cover.Unproven, "nvr/2"},
		{"does not answer", devices.ErrUnreachable, false, cover.Unproven, "nvr/2"},
		{"not found", nil, true, cover.Unproven, "nvr/2"},
	} {
		t.Run(x.name, func(t *testing.T) {
			c := &turning{pos: []devices.Position{{}}, recorder: x.recorder}
			g, k, cam, b := turningGateway(t, c)
			defer g.close(t)
			cam.Views, cam.Channels = nil, []policy.Channel{{Device: "nvr", Source: policy.Source{Index: 2}}}
			if x.gone {
				delete(g.boxes, "nvr")
			}
			want := devices.Cover{Whole: true}
			for range 2 {
				k.look(t.Context(), g.orders, b, cam, want)
			}
			if len(k.sights) != 2 {
				t.Fatalf("%d paths", len(k.sights))
			}
			s, ok := k.sights[x.id]
			shown, reason := cover.PathShown(want, s)
			if !ok || shown != x.want || x.want == cover.Unproven && reason == "" {
				t.Errorf("path %v, %s: %s", ok, shown, reason)
			}
			if x.want == cover.Open && (c.recorders != 1 || len(c.looked) != 4 || c.looked[1] != "127.0.0.20:80") {
				t.Errorf("the recorder was asked %d times, looked at %v", c.recorders, c.looked)
			}
			if j := cover.Judge(want, cam.Required, k.sights); j.Obeys {
				t.Error("obeys")
			}
		})
	}
	// What was reached once is not forgotten when it no longer is.
	c := &turning{pos: []devices.Position{{}}}
	g, k, cam, b := turningGateway(t, c)
	defer g.close(t)
	cam.Views, cam.Channels = nil, []policy.Channel{{Device: "nvr"}}
	k.look(t.Context(), g.orders, b, cam, devices.Cover{Whole: true})
	delete(g.boxes, "nvr")
	k.look(t.Context(), g.orders, b, cam, devices.Cover{Whole: true})
	if s, ok := k.sights["nvr/ch1"]; !ok || s.Cover.State != picture.Unknown || !strings.Contains(s.Cover.Reason, "nvr") {
		t.Errorf("%v %+v", ok, s.Cover)
	}
}
