package axis_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/devices/axis"
	"pgregory.net/rapid"
)

type tb interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func openOne(t tb, to devices.Target, o axis.Options) devices.Camera {
	t.Helper()
	cams, err := axis.Driver(o).Open(context.Background(), to)
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
	var points []devices.Point
	for _, p := range z.Polygon {
		// A corner on the picture's border is no point of the picture: the mask
		// can end there, too, and not beyond.
		if p.X > 0 && p.X < 1 && p.Y > 0 && p.Y < 1 {
			points = append(points, p)
		}
	}
	for i := range 41 {
		for j := range 41 {
			if p := (devices.Point{X: float64(i) / 40, Y: float64(j) / 40}); z.Contains(p) {
				points = append(points, p)
			}
		}
	}
	for _, p := range points {
		if !hidden(p.X, p.Y) {
			return fmt.Errorf("%v of zone %q is seen", p, z.ID)
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

// Whatever is asked of whatever camera, however it hangs: nothing that stays
// wanted is seen on the way, all that is wanted is covered at the end, and
// Restore gives the device back as it was.
func TestCoverProperty(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		b := camera1()
		b.limit = rapid.IntRange(1, 6).Draw(r, "limit")
		b.rotation = rapid.SampledFrom([]int{0, 90, 180, 270}).Draw(r, "rotation")
		b.mirrored = rapid.Bool().Draw(r, "mirrored")
		b.corners = rapid.SampledFrom([]int{0, 4, 5, 20}).Draw(r, "corners")
		b.newOff = rapid.Bool().Draw(r, "new masks are off")
		for i := range rapid.IntRange(0, b.limit-1).Draw(r, "theirs") {
			x, y := rapid.Float64Range(0, 900).Draw(r, "x"), rapid.Float64Range(0, 500).Draw(r, "y")
			name := rapid.SampledFrom([]string{"Mask", "lensdop-1-", "a b"}).Draw(r, "name") + fmt.Sprint(i+1)
			b.masks = append(b.masks, mask{Name: name, Enabled: rapid.Bool().Draw(r, "theirs is on"), Position: box4(math.Floor(x), math.Floor(y), 300, 200)})
		}
		s, to := b.start(t)
		defer s.Close()
		before := slices.Clone(b.masks)
		cam := openOne(r, to, axis.Options{})
		u := begin(r, cam)
		pool := []devices.Zone{star(r, "a"), star(r, "b"), star(r, "c"), star(r, "d")}
		var was devices.Cover
		for range rapid.IntRange(1, 3).Draw(r, "covers") {
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
					r.Fatalf("%v, masks %v", err, b.masks)
				}
			}
			n := b.acts
			if _, err := cam.Apply(t.Context(), u, c); err != nil || b.acts > n {
				r.Fatalf("covering twice writes %d times, %v", b.acts-n, err)
			}
			was = c
		}
		if holds, err := cam.Holds(t.Context(), u, was); err != nil || !holds {
			r.Fatalf("holds: %t, %v", holds, err)
		}
		b.after = nil
		if err := openOne(r, to, axis.Options{}).Restore(t.Context(), u); err != nil {
			r.Fatal(err)
		}
		if !reflect.DeepEqual(before, b.masks) && len(before)+len(b.masks) > 0 {
			r.Fatalf("it had %v and has %v", before, b.masks)
		}
	})
}

// A zone keeps its corners on a camera that can do polygons.
func TestPolygonStaysOne(t *testing.T) {
	b := camera1()
	_, to := b.start(t)
	cam := openOne(t, to, axis.Options{})
	z := devices.Zone{ID: "desk", Polygon: []devices.Point{{X: 0.1, Y: 0.1}, {X: 0.5, Y: 0.1}, {X: 0.1, Y: 0.6}}}
	u, c := begin(t, cam), devices.Cover{Zones: []devices.Zone{z}}
	u.Wrote = append(u.Wrote, c)
	if _, err := cam.Apply(t.Context(), u, c); err != nil {
		t.Fatal(err)
	}
	if len(b.masks) != 1 || len(b.masks[0].Position) != 3 || !strings.HasPrefix(b.masks[0].Name, "lensdop-") {
		t.Errorf("masks %v", b.masks)
	}
}

func TestOpen(t *testing.T) {
	b := camera1()
	_, to := b.start(t)
	cam := openOne(t, to, axis.Options{})
	want := devices.Info{
		Driver: "axis", Address: to.Found.Address, Endpoint: "urn:uuid:1", Serial: "ACCC8E000001", MAC: "ac:cc:8e:00:00:01",
		Vendor: "Axis", Model: "P0000", Firmware: "11.11.1", Source: "source-1",
	}
	if got := cam.Info(); got != want {
		t.Errorf("got %+v", got)
	}
	o, err := cam.Observe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	paths, _ := o.Paths.Get()
	if len(paths) != 1 || paths[0].URL != "rtsp://127.0.0.1:8554/axis-media/media.amp?camera=1" || paths[0].Width != 1920 {
		t.Errorf("paths %+v", paths)
	}
	if n, _ := o.MaskLimit.Get(); n != 10 {
		t.Errorf("limit %v", o.MaskLimit)
	}
	if ms, err := cam.Methods(t.Context()); err != nil || len(ms) != 1 || ms[0] != devices.MethodDeviceMask {
		t.Errorf("methods %v, %v", ms, err)
	}
	if err := cam.Watch(t.Context(), nil); !errors.Is(err, devices.ErrUnsupported) {
		t.Errorf("watch: %v", err)
	}
	b.none = true
	if ms, err := cam.Methods(t.Context()); len(ms) > 0 || err != nil {
		t.Errorf("without masks: %v, %v", ms, err)
	}
	if o, err = cam.Observe(t.Context()); err != nil || !o.Masks.IsNotSupported() {
		t.Errorf("without masks: %v, %v", o.Masks, err)
	}
}

func TestOpenOthers(t *testing.T) {
	for name, set := range map[string]func(b *box){
		"a page":          func(b *box) { b.html = true },
		"another's realm": func(b *box) { b.realm = "Login to S1" },
	} {
		b := camera1()
		set(b)
		_, to := b.start(t)
		if _, err := axis.Driver(axis.Options{}).Open(t.Context(), to); !errors.Is(err, devices.ErrUnsupported) || b.logins > 0 {
			t.Errorf("%s: %v, %d logins", name, err, b.logins)
		}
	}
}

func TestBeside(t *testing.T) {
	for _, c := range []struct {
		vendor string
		cams   int
		want   int
		err    bool
	}{
		{"AXIS", 1, 1, false}, {"Axis Communications", 1, 1, false}, {"Praxis", 1, 0, false}, {"", 1, 0, false}, {"AXIS", 2, 0, true},
	} {
		b := camera1()
		_, to := b.start(t)
		var cams []devices.Info
		for i := range c.cams {
			cams = append(cams, devices.Info{Driver: "onvif", Vendor: c.vendor, Source: fmt.Sprint("source", i)})
		}
		got, err := axis.Driver(axis.Options{}).Beside(t.Context(), to, cams)
		if len(got) != c.want || (err != nil) != c.err {
			t.Errorf("%s: %d cameras, %v", c.vendor, len(got), err)
		}
		if len(got) == 1 && got[0].Info().Source != "source0" {
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
		{"says nothing and ignores it", func(b *box) { b.ignores = true }, devices.ErrNotApplied},
		{"refuses with 200", func(b *box) { b.refuses = "Error: Could not add mask" }, devices.ErrUnsupported},
		{"a page in between", func(b *box) { b.html = true }, devices.ErrMalformed},
		{"a mosaic", func(b *box) { b.color = "mosaic" }, devices.ErrUnsupported},
		{"full", func(b *box) {
			b.limit, b.masks = 1, []mask{{Name: "Mask1", Position: box4(0, 0, 9, 9)}}
		}, devices.ErrUnsupported},
	} {
		t.Run(f.name, func(t *testing.T) {
			b := camera1()
			_, to := b.start(t)
			cam := openOne(t, to, axis.Options{})
			if f.name == "full" {
				f.set(b)
			}
			u := begin(t, cam)
			u.Wrote = append(u.Wrote, c)
			f.set(b)
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

// A name proves nothing, and a mask that somebody moved is theirs.
func TestForeignStays(t *testing.T) {
	b := camera1()
	_, to := b.start(t)
	cam := openOne(t, to, axis.Options{})
	u, c := begin(t, cam), devices.Cover{Zones: []devices.Zone{zone("a", 0.1, 0.1, 0.2, 0.2), zone("b", 0.5, 0.5, 0.6, 0.6)}}
	u.Wrote = append(u.Wrote, c)
	if _, err := cam.Apply(t.Context(), u, c); err != nil || len(b.masks) != 2 {
		t.Fatalf("%v, masks %v", err, b.masks)
	}
	b.masks[0].Position = box4(700, 10, 400, 300)
	b.masks = append(b.masks, mask{Name: "lensdop-9", Enabled: true, Position: box4(0, 800, 50, 50)})
	if err := cam.Restore(t.Context(), u); !errors.Is(err, devices.ErrForeign) {
		t.Errorf("got %v", err)
	}
	if len(b.masks) != 2 || b.masks[1].Name != "lensdop-9" {
		t.Errorf("left %v", b.masks)
	}
}

// A mask that somebody draws where ours is has a name of theirs, and stays.
func TestForeignOfTheSameShapeStays(t *testing.T) {
	b := camera1()
	_, to := b.start(t)
	cam := openOne(t, to, axis.Options{})
	u, c := begin(t, cam), devices.Cover{Zones: []devices.Zone{zone("a", 0.1, 0.1, 0.2, 0.2)}}
	u.Wrote = append(u.Wrote, c)
	if _, err := cam.Apply(t.Context(), u, c); err != nil || len(b.masks) != 1 {
		t.Fatalf("%v, masks %v", err, b.masks)
	}
	theirs := mask{Name: "Mask1", Enabled: true, Position: b.masks[0].Position}
	b.masks = append(b.masks, theirs)
	if err := cam.Restore(t.Context(), u); !errors.Is(err, devices.ErrForeign) {
		t.Errorf("got %v", err)
	}
	if !reflect.DeepEqual(b.masks, []mask{theirs}) {
		t.Errorf("left %v", b.masks)
	}
}

// What goes away at a wide zoom, or is turned away from, is not counted on.
func TestNotSurelyCovered(t *testing.T) {
	for name, m := range map[string]mask{
		"low zoom limit": {Name: "Mask1", Enabled: true, LowLimit: 500, Position: box4(0, 0, 1920, 1080)},
		"off":            {Name: "Mask1", Position: box4(0, 0, 1920, 1080)},
		"out of sight":   {Name: "Mask1", Enabled: true},
	} {
		b := camera1()
		b.masks = []mask{m}
		_, to := b.start(t)
		cam := openOne(t, to, axis.Options{})
		u, c := begin(t, cam), devices.Cover{Whole: true}
		u.Wrote = append(u.Wrote, c)
		if holds, err := cam.Holds(t.Context(), u, c); holds || err != nil {
			t.Errorf("%s: %t, %v", name, holds, err)
		}
		if _, err := cam.Apply(t.Context(), u, c); err != nil || len(b.masks) != 2 {
			t.Errorf("%s: %v, masks %v", name, err, b.masks)
		}
		if err := cam.Restore(t.Context(), u); err != nil || !reflect.DeepEqual(b.masks, []mask{m}) {
			t.Errorf("%s: %v, left %v", name, err, b.masks)
		}
	}
}
