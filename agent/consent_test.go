package agent

import (
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
	firmwarenotes "github.com/lensdop/lensdop/firmware-notes"
	"github.com/lensdop/lensdop/policy"
)

func TestBasisAndConsent(t *testing.T) {
	notes, err := firmwarenotes.Load()
	if err != nil {
		t.Fatal(err)
	}
	a := &Agent{notes: notes}
	keeps := devices.Info{Vendor: "Example", Model: "NVR"}
	a.cfg.Consent = []ConsentConfig{
		{Vendor: "hikvision", Model: "DS-2CD2143G0-I ", Method: devices.MethodDeviceMask},
		{Vendor: "Example", Model: "NVR", Method: devices.MethodRetention},
	}
	given := devices.Info{Vendor: "HIKVISION", Model: "DS-2CD2143G0-I"}
	other := devices.Info{Vendor: "HIKVISION", Model: "DS-2CD2043G2-I"}
	for _, c := range []struct {
		info    devices.Info
		driver  string
		method  devices.Method
		basis   devices.Basis
		allowed bool
	}{
		{given, "hikvision", devices.MethodDeviceMask, devices.BasisRead, true},
		{given, "hikvision", devices.MethodPark, devices.BasisRead, false},
		{other, "hikvision", devices.MethodDeviceMask, devices.BasisRead, false},
		{other, "onvif", devices.MethodDeviceMask, devices.BasisAnnounced, true},
		{devices.Info{Vendor: "Lensdop Simulated", Model: "Duo-2L"}, "onvif", devices.MethodDeviceMask, devices.BasisTried, true},
		{devices.Info{}, "axis", devices.MethodDeviceMask, devices.BasisRead, false},
		// What a device deletes is gone, however well it is known to do so.
		{other, "onvif", devices.MethodRetention, devices.BasisAnnounced, false},
		{keeps, "onvif", devices.MethodRetention, devices.BasisAnnounced, true},
	} {
		if basis, allowed := a.basis(c.info)(c.driver, c.method); basis != c.basis || allowed != c.allowed {
			t.Errorf("%s by %s on %+v: %s, %v; want %s, %v", c.method, c.driver, c.info, basis, allowed, c.basis, c.allowed)
		}
	}
}

// A camera of a make whose interface was only read about: nothing is written
// until the site says so, and check asks for it once per model.
func TestCheckAsksForConsent(t *testing.T) {
	b := newBox()
	p := b.parts()
	open := p.Drivers[0].Open
	p.Drivers[0].Open = nil
	p.Drivers = append(p.Drivers, devices.Driver{Name: "hikvision", Open: open})
	b.set(func() { b.make = devices.Info{Driver: "hikvision", Vendor: "HIKVISION", Model: "DS-2CD2143G0-I"} })
	c := config(t.TempDir(), 1)
	g := newGateway(t, c, p)
	g.take(t, document(1))
	s, err := g.Check(t.Context(), time.Millisecond)
	g.close(t)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Asks) != 1 || s.Asks[0].Model != "DS-2CD2143G0-I" || s.Asks[0].Method != devices.MethodDeviceMask ||
		len(s.Asks[0].Cameras) != 2 || !strings.Contains(s.Asks[0].Rests, "hikvision-network-camera-any") {
		t.Errorf("asked: %+v", s.Asks)
	}
}

func TestCoversAreOrderedByTheNotes(t *testing.T) {
	notes, err := firmwarenotes.Load()
	if err != nil {
		t.Fatal(err)
	}
	a := &Agent{notes: notes}
	cam := func(driver string) devices.Camera {
		b := newBox()
		b.make = devices.Info{Driver: driver}
		return &fakeCam{b: b}
	}
	got := a.preferred(devices.Info{Vendor: "Hikvision", Model: "x"}, []devices.Camera{cam("onvif"), cam("other"), cam("hikvision")})
	var names []string
	for _, c := range got {
		names = append(names, c.Info().Driver)
	}
	if s := strings.Join(names, " "); s != "hikvision onvif other" {
		t.Errorf("covered by %s", s)
	}
}

func TestShortest(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"P28D": 28*24*time.Hour - time.Hour, "P1M": 28*24*time.Hour - time.Hour, "PT48H": 48 * time.Hour, "P1Y": 365*24*time.Hour - time.Hour, "P1DT2H": 25 * time.Hour,
	} {
		d, err := policy.ParseDuration(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := shortest(d); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
	if shortest(policy.Duration{}) != 0 {
		t.Error("nothing said asks for something")
	}
}
