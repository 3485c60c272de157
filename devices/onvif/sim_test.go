package onvif_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/devices/onvif"
	"github.com/lensdop/lensdop/devices/sim"
)

func simulated(t *testing.T, c sim.Camera) (*sim.Device, devices.Driver, devices.Target) {
	t.Helper()
	c.User, c.Password, c.DiscoveryPort = "agent", "quite long words", -1
	d, err := sim.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("close the simulated device: %v", err)
		}
	})
	return d, onvif.Driver(onvif.Options{Timeout: 5 * time.Second}), devices.Target{
		Found:       devices.Found{Address: d.Addr(), Interface: "lo"},
		Credentials: devices.Credentials{User: c.User, Password: devices.Secret(c.Password)},
	}
}

func openOne(t *testing.T, drv devices.Driver, target devices.Target) devices.Camera {
	t.Helper()
	cams, err := drv.Open(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	return cams[0]
}

func TestSimulatedDevice(t *testing.T) {
	d, drv, target := simulated(t, sim.Camera{
		Vendor: "Lensmonde", Model: "S", Firmware: "1.0", Serial: "77", MAC: "02:00:00:00:00:07",
		Lenses: 2, PTZ: true, Masks: true, SubStream: true, Sound: true,
		Location: []string{"Sports hall/east"}, OSD: []string{"Camera 1"},
	})
	cams, err := drv.Open(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	if len(cams) != 2 || cams[0].Info().Source == cams[1].Info().Source {
		t.Fatalf("%d cameras: %+v", len(cams), cams)
	}
	if i := cams[0].Info(); i.Endpoint != d.Endpoint() || i.Serial != "77" || i.MAC != "02:00:00:00:00:07" || i.Vendor != "Lensmonde" {
		t.Errorf("info %+v", i)
	}
	for _, cam := range cams {
		o, err := cam.Observe(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		paths, _ := o.Paths.Get()
		streams := 0
		for _, p := range paths {
			if w, ok := p.Window.Get(); !ok || w != devices.Full() || p.URL == "" {
				t.Errorf("path %+v", p)
			}
			if p.Kind == devices.PathStream {
				streams++
			}
		}
		if streams != 2 {
			t.Errorf("%d streams: %v", streams, o.Paths)
		}
		if got, _ := o.Location.Get(); !slices.Contains(got, "Sports hall/east") {
			t.Errorf("location %v", o.Location)
		}
		if got, _ := o.PTZ.Get(); !got {
			t.Errorf("PTZ %v", o.PTZ)
		}
		if n, ok := o.MaskLimit.Get(); !ok || n != 8 {
			t.Errorf("mask limit %v", o.MaskLimit)
		}
		if n, ok := o.SoundSources.Get(); !ok || n != 1 {
			t.Errorf("sound sources %v", o.SoundSources)
		}
		if skew, ok := o.ClockSkew.Get(); !ok || skew.Abs() > 2*time.Second {
			t.Errorf("clock skew %v", o.ClockSkew)
		}
	}
	if got, ok := must(cams[0].Observe(t.Context())).OSD.Get(); !ok || !slices.Contains(got, "Camera 1") {
		t.Errorf("OSD %v", got)
	}
}

func must(o devices.Observation, err error) devices.Observation {
	if err != nil {
		panic(err)
	}
	return o
}

func TestSimulatedLogin(t *testing.T) {
	for _, fault := range []string{"", sim.FaultDigestOnly, sim.FaultClock1970} {
		t.Run("fault "+fault, func(t *testing.T) {
			d, drv, target := simulated(t, sim.Camera{Masks: true})
			if fault != "" {
				if err := d.SetFault(fault, true); err != nil {
					t.Fatal(err)
				}
			}
			openOne(t, drv, target)
			target.Credentials.Password = "others"
			if _, err := drv.Open(t.Context(), target); !errors.Is(err, devices.ErrLogin) {
				t.Errorf("wrong password: %v", err)
			}
			target.Credentials = devices.Credentials{}
			if _, err := drv.Open(t.Context(), target); !errors.Is(err, devices.ErrLogin) {
				t.Errorf("no login: %v", err)
			}
		})
	}
	d, drv, target := simulated(t, sim.Camera{})
	if err := d.SetFault(sim.FaultHTMLError, true); err != nil {
		t.Fatal(err)
	}
	if _, err := drv.Open(t.Context(), target); !errors.Is(err, devices.ErrMalformed) {
		t.Errorf("HTML: %v", err)
	}
}

func TestSimulatedCover(t *testing.T) {
	triangle := devices.Zone{ID: "t", Polygon: []devices.Point{{X: .1, Y: .1}, {X: .5, Y: .1}, {X: .3, Y: .4}}}
	for name, c := range map[string]sim.Camera{
		"plain":      {Masks: true},
		"split":      {Masks: true, SubStream: true, SplitConfigurations: true},
		"rectangles": {Masks: true, RectangleOnly: true},
		"one mask":   {Masks: true, MaxMasks: 1},
	} {
		t.Run(name, func(t *testing.T) {
			d, drv, target := simulated(t, c)
			cam := openOne(t, drv, target)
			before, err := cam.State(t.Context(), devices.MethodDeviceMask)
			if err != nil {
				t.Fatal(err)
			}
			u := devices.Undo{Method: devices.MethodDeviceMask, Before: before}
			apply := func(want devices.Cover) {
				t.Helper()
				u.Wrote = append(u.Wrote, want)
				got, err := cam.Apply(t.Context(), u, want)
				if err != nil || !got.Includes(want) {
					t.Fatalf("got %+v, %v", got, err)
				}
			}
			apply(devices.Cover{Zones: []devices.Zone{triangle}})
			n := len(d.Masks())
			apply(devices.Cover{Zones: []devices.Zone{triangle}})
			if len(d.Masks()) != n || n == 0 {
				t.Errorf("%d masks, then %d", n, len(d.Masks()))
			}
			apply(devices.Cover{Whole: true, Zones: []devices.Zone{triangle}})
			apply(devices.Cover{Zones: []devices.Zone{triangle}})
			if err := cam.Restore(t.Context(), u); err != nil || len(d.Masks()) != 0 {
				t.Errorf("left %+v, %v", d.Masks(), err)
			}
		})
	}
}

func TestSimulatedMaskFaults(t *testing.T) {
	for _, fault := range []string{sim.FaultMaskNotStored, sim.FaultMaskShrunk} {
		t.Run(fault, func(t *testing.T) {
			d, drv, target := simulated(t, sim.Camera{Masks: true})
			if err := d.SetFault(fault, true); err != nil {
				t.Fatal(err)
			}
			cam := openOne(t, drv, target)
			before, err := cam.State(t.Context(), devices.MethodDeviceMask)
			if err != nil {
				t.Fatal(err)
			}
			u := devices.Undo{Method: devices.MethodDeviceMask, Before: before, Wrote: []devices.Cover{{Whole: true}}}
			got, err := cam.Apply(t.Context(), u, devices.Cover{Whole: true})
			if !errors.Is(err, devices.ErrNotApplied) || got.Whole {
				t.Errorf("got %+v, %v", got, err)
			}
			if len(d.Masks()) != 0 {
				t.Errorf("left %+v", d.Masks())
			}
		})
	}
}

func TestSimulatedHolds(t *testing.T) {
	d, drv, target := simulated(t, sim.Camera{Masks: true, SubStream: true, SplitConfigurations: true})
	cam := openOne(t, drv, target)
	before, err := cam.State(t.Context(), devices.MethodDeviceMask)
	if err != nil {
		t.Fatal(err)
	}
	want := devices.Cover{Whole: true}
	u := devices.Undo{Method: devices.MethodDeviceMask, Before: before, Wrote: []devices.Cover{want}}
	holds := func(what string, should bool) {
		t.Helper()
		masks := len(d.Masks())
		got, err := cam.Holds(t.Context(), u, want)
		if err != nil || got != should {
			t.Errorf("%s: holds %t, %v; want %t", what, got, err, should)
		}
		if len(d.Masks()) != masks {
			t.Errorf("%s: looking changed the masks", what)
		}
	}
	holds("at first", false)
	if _, err := cam.Apply(t.Context(), u, want); err != nil {
		t.Fatal(err)
	}
	holds("covered", true)
	if !d.RemoveMask(d.Masks()[0].Token) {
		t.Fatal("no mask to remove")
	}
	holds("one configuration open", false)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := cam.Holds(t.Context(), u, want); got || !errors.Is(err, devices.ErrUnreachable) {
		t.Errorf("device gone: holds %t, %v", got, err)
	}
}
