package onvif_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/devices/onvif"
	"github.com/lensdop/lensdop/devices/sim"
)

// Every capture of a device that is in the notes can be opened and observed:
// a new one needs no code.
func TestCaptures(t *testing.T) {
	dirs, err := filepath.Glob("../../firmware-notes/*/captures")
	if err != nil {
		t.Fatal(err)
	}
	if len(dirs) == 0 {
		t.Fatal("there is no capture in the notes")
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(filepath.Dir(dir)), func(t *testing.T) {
			r, err := sim.StartReplay(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := r.Close(); err != nil {
					t.Errorf("close the replay: %v", err)
				}
			})
			cams, err := onvif.Driver(onvif.Options{Timeout: 5 * time.Second}).Open(t.Context(), devices.Target{
				Found:       devices.Found{Address: r.Addr(), Interface: "lo"},
				Credentials: devices.Credentials{User: "nobody", Password: "recorded without one"},
			})
			if err != nil {
				t.Fatalf("open: %v; not recorded: %q", err, r.Missed())
			}
			for _, cam := range cams {
				o, err := cam.Observe(t.Context())
				if err != nil {
					t.Errorf("observe %s: %v; not recorded: %q", cam.Info().Source, err, r.Missed())
				}
				if _, ok := o.Paths.Get(); !ok || cam.Info().Vendor == "" {
					t.Errorf("%+v has paths %v; not recorded: %q", cam.Info(), o.Paths, r.Missed())
				}
			}
		})
	}
}
