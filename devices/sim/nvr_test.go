package sim

import (
	"image"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestRecorderChannels(t *testing.T) {
	t.Cleanup(func() { goleak.VerifyNone(t) })
	run := func(c Camera) *Device {
		t.Helper()
		c.DiscoveryPort, c.Password, c.Masks, c.Overlay = -1, "sesame", true, OverlayNone
		c.Clock = func() time.Time { return time.Unix(1_800_000_000, 0) }
		d, err := Start(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		})
		return d
	}
	cam := run(Camera{Host: "127.0.1.1", Lenses: 2, Scene: Scene{Room: RoomOffice, Seed: 5}})
	nvr := run(Camera{Host: "127.0.1.2", SubStream: true, Recorder: &Recorder{}, Channels: []Channel{
		{Device: cam}, {Device: cam, Lens: 2, OwnMasks: true},
	}})
	show := func(d *Device, lens int) *image.YCbCr {
		t.Helper()
		p, err := d.Picture(lens)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	for lens := 1; lens <= 2; lens++ {
		if x := levels(show(cam, lens), show(nvr, lens)); x > 4 {
			t.Errorf("channel %d differs from its camera by %.1f levels", lens, x)
		}
	}
	if x := levels(show(cam, 1), show(nvr, 2)); x < 15 {
		t.Error("the channels show the same")
	}

	dark := func(d *Device, lens int) bool { return brightness(show(d, lens)) < 1 }
	for lens := 1; lens <= 2; lens++ {
		if _, err := nvr.AddMask(lens, box(0, 0, 1, 1)); err != nil {
			t.Fatal(err)
		}
	}
	if dark(cam, 1) || dark(cam, 2) {
		t.Error("a mask of the recorder reached the camera")
	}
	if dark(nvr, 1) || !dark(nvr, 2) {
		t.Error("only a channel with masks of its own draws them")
	}
	if _, err := cam.AddMask(1, box(0, 0, 1, 1)); err != nil {
		t.Fatal(err)
	}
	if !dark(nvr, 1) {
		t.Error("the camera's mask is missing in the channel")
	}
	v := mustView(t, nvr.SubURL(1))
	if p := v.next(t); p.Rect.Dx() != 320 || brightness(p) > 1 {
		t.Errorf("the channel's sub-stream has mean %.1f", brightness(p))
	}
	v.client.Close()

	a := ask(t, nvr)
	a.when = nvr.now
	p := a.subscribe(subscribe)
	p.drain()
	if err := cam.Close(); err != nil {
		t.Fatal(err)
	}
	if _, spread := mean(show(nvr, 2), 0, 0, 1, 1); spread > 0 {
		t.Error("the channel of a camera that is down shows something")
	}
	if got := p.drain(); !strings.Contains(got, "SignalLoss") || !strings.Contains(got, `Value="source_2"/></tt:Source><tt:Data><tt:SimpleItem Name="State" Value="true"`) {
		t.Error(got)
	}
	for _, c := range []Camera{{Channels: []Channel{{}}}, {Channels: []Channel{{Device: cam, Lens: 3}}}} {
		c.DiscoveryPort = -1
		if d, err := Start(t.Context(), c); err == nil {
			t.Error("a channel that leads nowhere was taken")
			_ = d.Close()
		}
	}
}
