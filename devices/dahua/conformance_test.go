package dahua_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/icholy/digest"
	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/devices/dahua"
	"github.com/lensdop/lensdop/devices/devicetest"
	"github.com/lensdop/lensdop/devices/sim"
	"github.com/lensdop/lensdop/devices/web"
)

const simPassword = "quite long words"

// writesOwn tells which requests change something on such a device.
func writesOwn(r *http.Request, _ []byte) bool {
	return strings.Contains(r.URL.RawQuery, "action=setConfig")
}

// TestConformance holds the driver to the laws of all drivers, on a simulated
// device that was written by another hand.
func TestConformance(t *testing.T) {
	if testing.Short() {
		t.Skip("the same laws run with devices/onvif")
	}
	for name, c := range conformanceDevices() {
		t.Run(name, func(t *testing.T) {
			c.Maker, c.NoONVIF = sim.MakerDahua, true
			c.User, c.Password = "agent", simPassword
			c.Width, c.Height, c.Overlay = 640, 320, sim.OverlayNone
			devicetest.Run(t, conformanceKit(c))
		})
	}
}

func conformanceKit(c sim.Camera) devicetest.Kit {
	zone := func(id string, x0, y0, x1, y1 float64) devices.Zone {
		return devices.Zone{ID: id, Polygon: devices.Rect{Min: devices.Point{X: x0, Y: y0}, Max: devices.Point{X: x1, Y: y1}}.Corners()}
	}
	a, b := zone("a", 0.1, 0.1, 0.4, 0.5), zone("b", 0.5, 0.5, 0.875, 0.9)
	tri := devices.Zone{ID: "t", Polygon: []devices.Point{{X: .55, Y: .1}, {X: .9, Y: .15}, {X: .7, Y: .4}}}
	return devicetest.Kit{
		Method: devices.MethodDeviceMask, Secrets: []string{simPassword},
		Covers: []devices.Cover{
			{Zones: []devices.Zone{a}}, {Zones: []devices.Zone{a, b}}, {Whole: true, Zones: []devices.Zone{a, b}}, {Zones: []devices.Zone{b, tri}},
		},
		Start: func(t testing.TB) *devicetest.Device {
			d, err := sim.Start(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := d.Close(); err != nil {
					t.Errorf("close the simulated device: %v", err)
				}
			})
			w := devicetest.NewWire(t, d.Addr(), []string{simPassword}, writesOwn)
			drv := dahua.Driver(dahua.Options{Web: web.Options{Timeout: 2 * time.Second}})
			ignore := func(name string) func(testing.TB) {
				return func(t testing.TB) {
					if err := d.SetFault(name, true); err != nil {
						t.Fatal(err)
					}
				}
			}
			return &devicetest.Device{
				Wire: w,
				Open: func(ctx context.Context) ([]devices.Camera, error) {
					return drv.Open(ctx, devices.Target{
						Found:       devices.Found{Address: w.Address(), Interface: "lo"},
						Credentials: devices.Credentials{User: c.User, Password: simPassword},
					})
				},
				Shows: func(t testing.TB, lens int, c devices.Cover) bool {
					p, err := d.Picture(lens + 1)
					if err != nil {
						t.Fatal(err)
					}
					return devicetest.Covered(p, c)
				},
				Keeps: func(_ testing.TB, lens int) string {
					var list []string
					for _, m := range d.Masks() {
						if m.Lens == lens+1 {
							list = append(list, fmt.Sprintf("%t %v", m.Enabled, m.Polygon))
						}
					}
					slices.Sort(list)
					return strings.Join(list, "\n")
				},
				Others:  conformanceOthers(d, c.PrivacyMasking),
				Ignores: map[string]func(testing.TB){"ignores": ignore(sim.FaultVendorIgnores), "shrinks": ignore(sim.FaultMaskShrunk)},
			}
		},
	}
}

// byHand sends a request as somebody else would.
func byHand(t testing.TB, d *sim.Device, method, path, body string) {
	t.Helper()
	client := &http.Client{
		Transport: &digest.Transport{Username: "agent", Password: simPassword, Transport: &http.Transport{DisableKeepAlives: true}},
		Timeout:   10 * time.Second,
	}
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+d.Addr()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // it was only read
	if res.StatusCode >= http.StatusBadRequest {
		t.Fatalf("%s: %s", path, res.Status)
	}
}

func conformanceDevices() map[string]sim.Camera {
	return map[string]sim.Camera{"two lenses": {Lenses: 2}, "newer firmware": {Lenses: 2, PrivacyMasking: true}}
}

func conformanceOthers(d *sim.Device, newer bool) []devicetest.Other {
	has := func(testing.TB) bool {
		return slices.ContainsFunc(d.Masks(), func(m sim.Mask) bool { return m.Token == "dahua:1:3" && m.Enabled })
	}
	return []devicetest.Other{{
		Name: "a cover made by hand", Early: true,
		Change: func(t testing.TB) {
			const rect = "Rect[0]=4096&%[1]sRect[1]=0&%[1]sRect[2]=6144&%[1]sRect[3]=2048"
			key, on := "VideoWidget[0].Covers[3].", "EncodeBlend"
			if newer {
				key, on = "PrivacyMasking[0][3].", "Enable"
			}
			byHand(t, d, http.MethodGet, "/cgi-bin/configManager.cgi?action=setConfig&"+key+on+"=true&"+fmt.Sprintf("%[1]s"+rect, key), "")
		},
		Stays: has,
	}}
}
