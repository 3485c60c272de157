package hikvision_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/devices/hikvision"
	"github.com/lensdop/lensdop/devices/web"
	"pgregory.net/rapid"
)

type tb interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func openOne(t tb, to devices.Target, o hikvision.Options) devices.Camera {
	t.Helper()
	cams, err := hikvision.Driver(o).Open(context.Background(), to)
	if err != nil {
		t.Fatal(err)
	}
	return cams[0]
}

func begin(t tb, cam devices.Camera) devices.Undo {
	t.Helper()
	s, err := cam.State(context.Background(), devices.MethodDeviceMask)
	if err != nil {
		t.Fatal(err)
	}
	return restart(t, devices.Undo{Method: devices.MethodDeviceMask, Before: s})
}

func restart(t tb, u devices.Undo) (v devices.Undo) {
	t.Helper()
	b, err := json.Marshal(u)
	if err == nil {
		err = json.Unmarshal(b, &v)
	}
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func zone(id string, x0, y0, x1, y1 float64) devices.Zone {
	return devices.Zone{ID: id, Polygon: devices.Rect{Min: devices.Point{X: x0, Y: y0}, Max: devices.Point{X: x1, Y: y1}}.Corners()}
}

func star(t *rapid.T, id string) devices.Zone {
	x, y := rapid.Float64Range(0.1, 0.9).Draw(t, id+" x"), rapid.Float64Range(0.1, 0.9).Draw(t, id+" y")
	room := min(x, 1-x, y, 1-y)
	n := rapid.IntRange(3, 8).Draw(t, id+" corners")
	z := devices.Zone{ID: id}
	for i := range n {
		r, a := rapid.Float64Range(0.3, 1).Draw(t, id+" r")*room, 2*math.Pi*float64(i)/float64(n)
		z.Polygon = append(z.Polygon, devices.Point{X: x + r*math.Cos(a), Y: y + r*math.Sin(a)})
	}
	if z.Validate() != nil {
		t.Skip("no polygon")
	}
	return z
}

// seen is a point of a zone that no mask lies over, as the camera draws it.
func seen(hidden func(x, y float64) bool, z devices.Zone) error {
	for i := range 41 {
		for j := range 41 {
			p := devices.Point{X: float64(i) / 40, Y: float64(j) / 40}
			if z.Contains(p) && !hidden(p.X, p.Y) {
				return fmt.Errorf("%v of zone %q is seen", p, z.ID)
			}
		}
	}
	for _, p := range z.Polygon {
		if !hidden(p.X, p.Y) {
			return fmt.Errorf("corner %v of zone %q is seen", p, z.ID)
		}
	}
	return nil
}

func asked(c devices.Cover) []devices.Zone {
	if c.Whole {
		return append([]devices.Zone{devices.FullZone("whole")}, c.Zones...)
	}
	return c.Zones
}

// Whatever is asked of whatever device: nothing that stays wanted is seen at
// any request, all that is wanted is covered at the end, and Restore gives
// the device back as it was.
func TestCoverProperty(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		b := camera1()
		g := rapid.SampledFrom([][2]int{{704, 576}, {704, 480}, {1000, 1000}, {10000, 10000}}).Draw(r, "grid")
		b.w, b.h = g[0], g[1]
		b.places = rapid.IntRange(1, 6).Draw(r, "places")
		b.size = rapid.SampledFrom([]string{"", fmt.Sprint(b.places)}).Draw(r, "size")
		if b.places < 4 {
			b.size = "" // else it counts what is there
		}
		b.on = rapid.Bool().Draw(r, "on")
		b.topLeft = rapid.Bool().Draw(r, "top left")
		b.replaces = rapid.Bool().Draw(r, "replaces")
		for i := range rapid.IntRange(0, b.places-1).Draw(r, "theirs") {
			x, y := rapid.IntRange(0, b.w/2).Draw(r, "x"), rapid.IntRange(0, b.h/2).Draw(r, "y")
			o := rect(fmt.Sprint(i+1), rapid.Bool().Draw(r, "theirs is on"), x, y, x+20, y+30)
			o.Extra = "kept & so"
			b.regions = append(b.regions, o)
		}
		s, to := b.start(t)
		defer s.Close()
		o := hikvision.Options{}
		if b.topLeft {
			o.Origin = func(devices.Info) hikvision.Origin { return hikvision.TopLeft }
		}
		theirs := fmt.Sprint(b.regions)
		on, n := b.on, len(b.regions)
		cam := openOne(r, to, o)
		u := begin(r, cam)
		pool := []devices.Zone{star(r, "a"), star(r, "b"), star(r, "c"), star(r, "d"), star(r, "e")}
		var was devices.Cover
		for range rapid.IntRange(1, 4).Draw(r, "covers") {
			c := devices.Cover{Whole: rapid.IntRange(0, 3).Draw(r, "whole") == 0}
			for _, z := range pool {
				if rapid.Bool().Draw(r, "wanted") {
					c.Zones = append(c.Zones, z)
				}
			}
			u.Wrote = append(u.Wrote, c)
			u = restart(r, u)
			var way error
			b.after = func() {
				for _, z := range asked(was) {
					if way == nil && c.Includes(devices.Cover{Zones: []devices.Zone{z}}) {
						way = seen(b.hidden, z)
					}
				}
			}
			if _, err := cam.Apply(t.Context(), u, c); err != nil {
				r.Fatal(err)
			}
			if way != nil {
				r.Fatalf("on the way: %v", way)
			}
			for _, z := range asked(c) {
				if err := seen(b.hidden, z); err != nil {
					r.Fatal(err)
				}
			}
			was = c
		}
		if holds, err := cam.Holds(t.Context(), u, was); err != nil || !holds {
			r.Fatalf("holds: %t, %v", holds, err)
		}
		b.after = nil
		if err := openOne(r, to, o).Restore(t.Context(), u); err != nil {
			r.Fatal(err)
		}
		if b.on != on && len(u.Wrote) > 0 {
			r.Fatalf("its masks are on: %t, were %t", b.on, on)
		}
		if got := fmt.Sprint(b.regions[:n]); got != theirs {
			r.Fatalf("theirs were %s and are %s", theirs, got)
		}
		for _, o := range b.regions[n:] {
			if o.Enabled {
				r.Fatalf("%v is left", o)
			}
		}
	})
}

func TestOpen(t *testing.T) {
	b := camera1()
	_, to := b.start(t)
	cam := openOne(t, to, hikvision.Options{})
	want := devices.Info{
		Driver: "hikvision", Address: to.Found.Address, Endpoint: "urn:uuid:1", Serial: "S1", MAC: "44:19:b6:00:00:01",
		Vendor: "Hikvision", Model: "DS-TEST", Firmware: "V5.6.3 build 190220", Source: "input-1",
	}
	if got := cam.Info(); got != want {
		t.Errorf("got %+v", got)
	}
	o, err := cam.Observe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	paths, _ := o.Paths.Get()
	if len(paths) != 1 || paths[0].URL != "rtsp://127.0.0.1:8554/Streaming/Channels/101" || paths[0].Codec != "H264" || paths[0].Width != 1920 {
		t.Errorf("paths %+v", paths)
	}
	if users, _ := o.Users.Get(); !reflect.DeepEqual(users, []devices.User{{Name: "admin", Level: "Administrator"}}) {
		t.Errorf("users %v", o.Users)
	}
	if n, _ := o.MaskLimit.Get(); n != 4 {
		t.Errorf("limit %v", o.MaskLimit)
	}
	if !o.SoundSources.IsZero() {
		t.Errorf("what was not asked has the value %v", o.SoundSources)
	}
	if ms, err := cam.Methods(t.Context()); err != nil || len(ms) != 1 || ms[0] != devices.MethodDeviceMask {
		t.Errorf("methods %v, %v", ms, err)
	}
	if err := cam.Watch(t.Context(), nil); !errors.Is(err, devices.ErrUnsupported) {
		t.Errorf("watch: %v", err)
	}
}

func TestOpenOthers(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(b *box)
		want error
	}{
		{"another device's page", func(b *box) { b.html = true }, devices.ErrUnsupported},
		{"known by its realm alone", func(b *box) { b.private = true }, nil},
		{"a recorder", func(b *box) { b.proxies, b.kind = 3, "NVR" }, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := camera1()
			c.set(b)
			_, to := b.start(t)
			cams, err := hikvision.Driver(hikvision.Options{}).Open(t.Context(), to)
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if c.want != nil && b.logins > 0 {
				t.Errorf("%d logins were sent to it", b.logins)
			}
			if len(cams) != b.proxies && len(cams) != 1 && c.want == nil {
				t.Errorf("%d cameras", len(cams))
			}
		})
	}
}

func TestRecorderChannel(t *testing.T) {
	b := camera1()
	b.proxies, b.kind = 3, "NVR"
	_, to := b.start(t)
	cams, err := hikvision.Driver(hikvision.Options{}).Open(t.Context(), to)
	if err != nil || len(cams) != 3 {
		t.Fatalf("%d cameras, %v", len(cams), err)
	}
	cam := cams[1] // the one channel that the fake has masks for
	u, c := begin(t, cam), devices.Cover{Whole: true}
	u.Wrote = append(u.Wrote, c)
	if _, err := cam.Apply(t.Context(), u, c); err != nil || seen(b.hidden, devices.FullZone("")) != nil {
		t.Errorf("got %v, regions %v", err, b.regions)
	}
	if ms, err := cams[0].Methods(t.Context()); len(ms) > 0 || err != nil {
		t.Errorf("a channel without masks offers %v, %v", ms, err)
	}
}

func TestBeside(t *testing.T) {
	for _, c := range []struct {
		vendor string
		cams   int
		want   int
		err    bool
	}{
		{"HIKVISION", 1, 1, false},
		{"Hikvision Digital Technology", 1, 1, false},
		{"AXIS", 1, 0, false},
		{"", 1, 0, false},
		{"HIKVISION", 2, 0, true},
	} {
		b := camera1()
		_, to := b.start(t)
		var cams []devices.Info
		for i := range c.cams {
			cams = append(cams, devices.Info{Driver: "onvif", Vendor: c.vendor, Endpoint: "urn:uuid:2", Source: fmt.Sprint("VideoSource_", i+1)})
		}
		got, err := hikvision.Driver(hikvision.Options{}).Beside(t.Context(), to, cams)
		if len(got) != c.want || (err != nil) != c.err {
			t.Errorf("%s: %d cameras, %v", c.vendor, len(got), err)
		}
		if len(got) == 1 && (got[0].Info().Source != "VideoSource_1" || got[0].Info().Endpoint != "urn:uuid:2") {
			t.Errorf("it stands beside %+v", got[0].Info())
		}
		if c.want == 0 && !c.err && b.logins > 0 {
			t.Errorf("%s: %d logins", c.vendor, b.logins)
		}
	}
}

func TestNotApplied(t *testing.T) {
	c := devices.Cover{Zones: []devices.Zone{zone("desk", 0.1, 0.1, 0.4, 0.5)}}
	for _, f := range []struct {
		name string
		set  func(b *box)
		want error
	}{
		{"says OK and ignores it", func(b *box) { b.ignores = true }, devices.ErrNotApplied},
		{"stores it smaller", func(b *box) { b.shrinks = 30 }, devices.ErrNotApplied},
		{"busy", func(b *box) { b.code, b.ignores = 2, true }, devices.ErrBusy},
		{"refuses", func(b *box) { b.code, b.ignores = 4, true }, devices.ErrUnsupported},
		{"a page in between", func(b *box) { b.html = true }, devices.ErrMalformed},
		{"all places are somebody's", func(b *box) {
			for i := range 4 {
				b.regions = append(b.regions, rect(fmt.Sprint(i+1), false, 1, 1, 9, 9))
			}
		}, devices.ErrUnsupported},
	} {
		t.Run(f.name, func(t *testing.T) {
			b := camera1()
			_, to := b.start(t)
			cam := openOne(t, to, hikvision.Options{})
			if strings.HasPrefix(f.name, "all") {
				f.set(b)
			}
			u := begin(t, cam)
			u.Wrote = append(u.Wrote, c)
			if len(b.regions) == 0 {
				f.set(b)
			}
			got, err := cam.Apply(t.Context(), u, c)
			if !errors.Is(err, f.want) || got.Includes(c) {
				t.Errorf("got %v and %v, want %v", got, err, f.want)
			}
			var e *devices.Error
			if !errors.As(err, &e) || e.Device != to.Found.Address || strings.Contains(err.Error(), "owls") {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

// A device that stores a setting for its next restart reports the mask and
// does not show it.
func TestRestartNeeded(t *testing.T) {
	b := camera1()
	b.code, b.up = 7, 5000
	_, to := b.start(t)
	now := time.Unix(1_700_000_000, 0)
	cam := openOne(t, to, hikvision.Options{Web: web.Options{Now: func() time.Time { return now }}})
	u, c := begin(t, cam), devices.Cover{Whole: true}
	u.Wrote = append(u.Wrote, c)
	for range 2 {
		now = now.Add(time.Minute)
		_, err := cam.Apply(t.Context(), u, c)
		if !errors.Is(err, devices.ErrNotApplied) || !strings.Contains(err.Error(), "restart the device") {
			t.Fatalf("got %v", err)
		}
		if holds, err := cam.Holds(t.Context(), u, c); holds || err != nil {
			t.Fatalf("holds: %t, %v", holds, err)
		}
	}
	now, b.up = now.Add(time.Minute), 20
	if _, err := cam.Apply(t.Context(), u, c); err != nil {
		t.Errorf("after the restart: %v", err)
	}
	if holds, err := cam.Holds(t.Context(), u, c); !holds || err != nil {
		t.Errorf("after the restart: %t, %v", holds, err)
	}
	// The way back needs one too, and the journal stays open until then.
	b.up = 5000
	for range 2 {
		now = now.Add(time.Minute)
		if err := cam.Restore(t.Context(), u); !errors.Is(err, devices.ErrNotApplied) {
			t.Fatalf("undone before the restart: %v", err)
		}
	}
	now, b.up = now.Add(time.Minute), 20
	if err := cam.Restore(t.Context(), u); err != nil {
		t.Errorf("undone after the restart: %v", err)
	}
}

// What one channel of a recorder has taken says nothing of what another waits
// for.
func TestRestartIsAwaitedByChannel(t *testing.T) {
	b := camera1()
	b.kind, b.proxies, b.code, b.up = "NVR", 2, 7, 5000
	_, to := b.start(t)
	cams, err := hikvision.Driver(hikvision.Options{}).Open(t.Context(), to)
	if err != nil || len(cams) != 2 {
		t.Fatal(cams, err)
	}
	c := devices.Cover{Whole: true}
	u := begin(t, cams[1])
	u.Wrote = append(u.Wrote, c)
	if _, err := cams[1].Apply(t.Context(), u, c); !errors.Is(err, devices.ErrNotApplied) {
		t.Fatalf("got %v", err)
	}
	b.mu.Lock()
	b.code, b.first = 0, camera1()
	b.mu.Unlock()
	v := begin(t, cams[0])
	v.Wrote = append(v.Wrote, c)
	if _, err := cams[0].Apply(t.Context(), v, c); err != nil {
		t.Fatal(err)
	}
	if holds, err := cams[1].Holds(t.Context(), u, c); holds || err != nil {
		t.Errorf("the restart is forgotten: %t, %v", holds, err)
	}
}

// A mosaic shows that and where somebody moves.
func TestMosaicCoversNothing(t *testing.T) {
	b := camera1()
	b.on = true
	m := rect("1", true, 0, 0, 704, 576)
	m.Type = "mosaic"
	b.regions = []region{m}
	_, to := b.start(t)
	cam := openOne(t, to, hikvision.Options{})
	u, c := begin(t, cam), devices.Cover{Whole: true}
	u.Wrote = append(u.Wrote, c)
	if holds, err := cam.Holds(t.Context(), u, c); holds || err != nil {
		t.Errorf("holds: %t, %v", holds, err)
	}
	if _, err := cam.Apply(t.Context(), u, c); err != nil || len(b.regions) != 2 || b.regions[0].Type != "mosaic" {
		t.Errorf("%v, %v", b.regions, err)
	}
}

func TestForeignChangeStays(t *testing.T) {
	b := camera1()
	_, to := b.start(t)
	cam := openOne(t, to, hikvision.Options{})
	u, c := begin(t, cam), devices.Cover{Zones: []devices.Zone{zone("a", 0.1, 0.1, 0.2, 0.2), zone("b", 0.5, 0.5, 0.6, 0.6)}}
	u.Wrote = append(u.Wrote, c)
	if _, err := cam.Apply(t.Context(), u, c); err != nil {
		t.Fatal(err)
	}
	b.regions[0] = rect("1", true, 300, 10, 600, 200)
	if err := cam.Restore(t.Context(), u); !errors.Is(err, devices.ErrForeign) {
		t.Errorf("got %v", err)
	}
	if !b.regions[0].Enabled || b.regions[1].Enabled {
		t.Errorf("left %v", b.regions)
	}
}

func TestJournalOfAnother(t *testing.T) {
	b := camera1()
	_, to := b.start(t)
	cam := openOne(t, to, hikvision.Options{})
	u, c := begin(t, cam), devices.Cover{Whole: true}
	u.Wrote, u.Before.Driver = []devices.Cover{c}, "onvif"
	if _, err := cam.Apply(t.Context(), u, c); !errors.Is(err, devices.ErrUnsupported) || b.puts > 0 {
		t.Errorf("got %v after %d writes", err, b.puts)
	}
	if _, err := cam.State(t.Context(), devices.MethodPark); !errors.Is(err, devices.ErrUnsupported) {
		t.Errorf("park: %v", err)
	}
}
