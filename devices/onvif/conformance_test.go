package onvif_test

import (
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/icholy/digest"
	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/devices/devicetest"
	"github.com/lensdop/lensdop/devices/onvif"
	"github.com/lensdop/lensdop/devices/sim"
)

const simPassword = "quite long words"

var (
	soapOperation = regexp.MustCompile(`<(?:[\w-]+:)?Body[^>]*>\s*<(?:[\w-]+:)?(\w+)`)
	// soapReads are operations that change nothing on a device but its
	// subscriptions and searches.
	soapReads = regexp.MustCompile(`^(Get|Find|EndSearch|PullMessages|CreatePullPointSubscription|Renew|Unsubscribe|SetSynchronizationPoint)`)
)

func writesSOAP(_ *http.Request, body []byte) bool {
	m := soapOperation.FindSubmatch(body)
	return m == nil || !soapReads.Match(m[1])
}

// simKit is a simulated camera with the wire before it. cover and others say
// what is special to the method.
func simKit(c sim.Camera, m devices.Method, means []devices.Means, special func(t testing.TB, d *sim.Device, dev *devicetest.Device)) devicetest.Kit {
	c.User, c.Password, c.DiscoveryPort = "agent", simPassword, -1
	c.Width, c.Height, c.Overlay = 320, 184, sim.OverlayNone
	return devicetest.Kit{
		Method: m, Secrets: []string{simPassword},
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
			w := devicetest.NewWire(t, d.Addr(), []string{simPassword}, writesSOAP)
			drv := onvif.Driver(onvif.Options{Timeout: 2 * time.Second})
			dev := &devicetest.Device{
				Wire: w,
				Open: func(ctx context.Context) ([]devices.Camera, error) {
					return drv.Open(ctx, devices.Target{
						Found:       devices.Found{Address: w.Address(), Interface: "lo"},
						Credentials: devices.Credentials{User: c.User, Password: simPassword},
						Means:       means,
					})
				},
				Shows: func(t testing.TB, lens int, c devices.Cover) bool { return simCovered(t, d, lens+1, c) },
			}
			special(t, d, dev)
			return dev
		},
	}
}

// simCovered looks at the snapshots of both paths of a lens, as anybody could.
func simCovered(t testing.TB, d *sim.Device, lens int, c devices.Cover) bool {
	t.Helper()
	urls := []string{d.SnapshotURL(lens)}
	if d.SubURL(lens) != "" {
		urls = append(urls, strings.Replace(d.SnapshotURL(lens), "main.jpg", "sub.jpg", 1))
	}
	client := &http.Client{
		Transport: &digest.Transport{Username: "agent", Password: simPassword, Transport: &http.Transport{DisableKeepAlives: true}},
		Timeout:   10 * time.Second,
	}
	for i, u := range urls {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, u, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if i > 0 && res.StatusCode == http.StatusNotFound {
			_ = res.Body.Close()
			continue // no second path
		}
		img, err := jpeg.Decode(res.Body)
		_ = res.Body.Close()
		if err != nil {
			t.Fatalf("snapshot %s: %s: %v", u, res.Status, err)
		}
		p, ok := img.(*image.YCbCr)
		if !ok {
			t.Fatalf("snapshot %s is of type %T", u, img)
		}
		if !devicetest.Covered(p, c) {
			return false
		}
	}
	return true
}

// simMasks is what the device holds for a lens, without tokens.
func simMasks(t testing.TB, d *sim.Device, lens int) string {
	t.Helper()
	var list []string
	for _, m := range d.Masks() {
		if m.Lens == lens+1 {
			list = append(list, fmt.Sprintf("%s %t %v", m.Configuration, m.Enabled, m.Polygon))
		}
	}
	slices.Sort(list)
	return strings.Join(list, "\n")
}

func zone(id string, x0, y0, x1, y1 float64) devices.Zone {
	return devices.Zone{ID: id, Polygon: devices.Rect{Min: devices.Point{X: x0, Y: y0}, Max: devices.Point{X: x1, Y: y1}}.Corners()}
}

// maskCovers grow and shrink in all ways.
func maskCovers() []devices.Cover {
	a, b := zone("a", 0.1, 0.1, 0.4, 0.5), zone("b", 0.5, 0.5, 0.875, 0.9)
	tri := devices.Zone{ID: "t", Polygon: []devices.Point{{X: .55, Y: .1}, {X: .9, Y: .15}, {X: .7, Y: .4}}}
	return []devices.Cover{{Zones: []devices.Zone{a}}, {Zones: []devices.Zone{a, b}}, {Whole: true, Zones: []devices.Zone{a, b}}, {Zones: []devices.Zone{b, tri}}}
}

func maskOthers(d *sim.Device) []devicetest.Other {
	theirs := []sim.Point{{X: 0.5, Y: 0}, {X: 0.75, Y: 0}, {X: 0.75, Y: 0.25}, {X: 0.5, Y: 0.25}}
	has := func(p []sim.Point) bool {
		return slices.ContainsFunc(d.Masks(), func(m sim.Mask) bool { return m.Lens == 1 && slices.Equal(m.Polygon, p) })
	}
	return []devicetest.Other{{
		Name: "a mask made by hand", Early: true,
		Change: func(t testing.TB) {
			if _, err := d.AddMask(1, theirs); err != nil {
				t.Fatal(err)
			}
		},
		Stays: func(testing.TB) bool { return has(theirs) },
	}}
}

func maskIgnores(d *sim.Device, names ...string) map[string]func(t testing.TB) {
	all := map[string]func(t testing.TB){}
	for _, name := range names {
		all[name] = func(t testing.TB) {
			if err := d.SetFault(name, true); err != nil {
				t.Fatal(err)
			}
		}
	}
	return all
}

func TestConformanceMasks(t *testing.T) {
	for name, c := range map[string]sim.Camera{
		"plain":      {},
		"split":      {SubStream: true, SplitConfigurations: true},
		"rectangles": {SubStream: true, RectangleOnly: true},
		"few":        {MaxMasks: 3},
	} {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && name != "split" {
				t.Skip("it is the same laws again")
			}
			t.Parallel()
			c.Masks, c.Lenses = true, 2
			k := simKit(c, devices.MethodDeviceMask, nil, func(_ testing.TB, d *sim.Device, dev *devicetest.Device) {
				dev.Keeps = func(t testing.TB, lens int) string { return simMasks(t, d, lens) }
				dev.Others = maskOthers(d)
				dev.Ignores = maskIgnores(d, sim.FaultMaskNotStored, sim.FaultMaskShrunk)
			})
			k.Covers = maskCovers()
			devicetest.Run(t, k)
		})
	}
}

func TestConformancePark(t *testing.T) {
	t.Parallel()
	c := sim.Camera{PTZ: true, PTZSpeed: 200, Lenses: 2, Presets: []sim.Preset{
		{Token: "work", Name: "Working position"},
		{Token: "park", Name: "Parked", Pan: -0.9, Tilt: -0.9, Sees: sim.CoverBlack},
	}}
	means := []devices.Means{{Index: 1, Park: "park"}, {Index: 2, Park: "park"}}
	k := simKit(c, devices.MethodPark, means, func(_ testing.TB, d *sim.Device, dev *devicetest.Device) {
		at := func(t testing.TB, lens int) [3]float64 {
			t.Helper()
			for {
				pan, tilt, zoom, moving, err := d.Position(lens + 1)
				if err != nil {
					t.Fatal(err)
				}
				if !moving {
					return [3]float64{pan, tilt, zoom}
				}
			}
		}
		keeps := func(t testing.TB, lens int) string {
			p := at(t, lens)
			return fmt.Sprintf("%.2f %.2f %.2f", p[0], p[1], p[2])
		}
		dev.Keeps = keeps
		dev.Shows = func(t testing.TB, lens int, c devices.Cover) bool {
			at(t, lens) // a camera on its way shows what it passes
			return simCovered(t, d, lens+1, c)
		}
		dev.Others = []devicetest.Other{{
			Name: "turned by hand", Early: true,
			Change: func(t testing.TB) {
				turnByHand(t, d, 0.4, 0.2)
			},
			Stays: func(t testing.TB) bool { return keeps(t, 0) == "0.40 0.20 0.00" },
		}}
		dev.Ignores = maskIgnores(d, sim.FaultParkIgnored)
	})
	k.Covers = []devices.Cover{{Whole: true}}
	k.Without = map[string]string{"never uncovers on the way": "it covers all or nothing"}
	devicetest.Run(t, k)
}

// turnByHand sends the camera somewhere by another client.
func turnByHand(t testing.TB, d *sim.Device, pan, tilt float64) {
	t.Helper()
	body := fmt.Sprintf(`<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tt="http://www.onvif.org/ver10/schema"><s:Body><p:AbsoluteMove xmlns:p="http://www.onvif.org/ver20/ptz/wsdl"><p:ProfileToken>lens1_main</p:ProfileToken><p:Position><tt:PanTilt x="%g" y="%g"/><tt:Zoom x="0"/></p:Position></p:AbsoluteMove></s:Body></s:Envelope>`, pan, tilt)
	simCall(t, d, "/onvif/ptz_service", body)
}

// simCall is a request by somebody else than the driver.
func simCall(t testing.TB, d *sim.Device, path, body string) {
	t.Helper()
	client := &http.Client{
		Transport: &digest.Transport{Username: "agent", Password: simPassword, Transport: &http.Transport{DisableKeepAlives: true}},
		Timeout:   10 * time.Second,
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+d.Addr()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // it was only read
	if res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", path, res.Status)
	}
}

func TestConformanceRecording(t *testing.T) {
	if testing.Short() {
		t.Skip("its readings take seconds each")
	}
	t.Parallel()
	c := sim.Camera{Lenses: 2, Recorder: &sim.Recorder{Retention: 30 * 24 * time.Hour}}
	recording := func(t testing.TB, d *sim.Device, lens int) sim.Recording {
		t.Helper()
		r, err := d.RecordingOf(lens + 1)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	set := func(t testing.TB, d *sim.Device, retention string) {
		t.Helper()
		simCall(t, d, "/onvif/recording_service", `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tt="http://www.onvif.org/ver10/schema"><s:Body><r:SetRecordingConfiguration xmlns:r="http://www.onvif.org/ver10/recording/wsdl"><r:RecordingToken>recording_1</r:RecordingToken><r:RecordingConfiguration><tt:Source><tt:SourceId>lens1_main</tt:SourceId><tt:Name>camera</tt:Name><tt:Location/><tt:Description/><tt:Address/></tt:Source><tt:Content>Continuous recording</tt:Content><tt:MaximumRetentionTime>`+retention+`</tt:MaximumRetentionTime></r:RecordingConfiguration></r:SetRecordingConfiguration></s:Body></s:Envelope>`)
	}
	t.Run("off", func(t *testing.T) {
		k := simKit(c, devices.MethodRecordingOff, nil, func(_ testing.TB, d *sim.Device, dev *devicetest.Device) {
			dev.Keeps = func(t testing.TB, lens int) string {
				r := recording(t, d, lens)
				return fmt.Sprintf("active %t, records %t, %s", r.Active, r.Records, r.Retention)
			}
			dev.Shows = func(t testing.TB, lens int, c devices.Cover) bool { return c.Whole && !recording(t, d, lens).Records }
			dev.Others = []devicetest.Other{{
				Name: "switched on again by hand", Untold: true,
				Change: func(t testing.TB) {
					simCall(t, d, "/onvif/recording_service", `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><r:SetRecordingJobMode xmlns:r="http://www.onvif.org/ver10/recording/wsdl"><r:JobToken>job_1</r:JobToken><r:Mode>Active</r:Mode></r:SetRecordingJobMode></s:Body></s:Envelope>`)
				},
				Stays: func(t testing.TB) bool { return recording(t, d, 0).Active },
			}}
			dev.Ignores = maskIgnores(d, sim.FaultRecordingNotStopped)
		})
		k.Covers = []devices.Cover{{Whole: true}}
		k.Without = map[string]string{
			"never uncovers on the way": "it covers all or nothing",
		}
		devicetest.Run(t, k)
	})
	t.Run("retention", func(t *testing.T) {
		k := simKit(c, devices.MethodRetention, nil, func(_ testing.TB, d *sim.Device, dev *devicetest.Device) {
			dev.Keeps = func(t testing.TB, lens int) string { return recording(t, d, lens).Retention.String() }
			dev.Shows = func(t testing.TB, lens int, c devices.Cover) bool {
				r := recording(t, d, lens)
				return r.Retention > 0 && r.Retention <= c.MaxAge && time.Since(r.Oldest) < c.MaxAge+time.Minute
			}
			dev.Others = []devicetest.Other{{
				Name: "another retention set by hand", Early: true,
				Change: func(t testing.TB) { set(t, d, "P20D") },
				Stays:  func(t testing.TB) bool { return recording(t, d, 0).Retention == 20*24*time.Hour },
			}}
		})
		k.Covers = []devices.Cover{{MaxAge: 7 * 24 * time.Hour}, {MaxAge: 24 * time.Hour}, {MaxAge: 12 * time.Hour}}
		k.Without = map[string]string{"accepted and not applied": "no fault of the simulated device makes it report another retention than the one that was set"}
		devicetest.Run(t, k)
	})
}

func TestConformanceContact(t *testing.T) {
	t.Parallel()
	c := sim.Camera{Outputs: []sim.Output{{Token: "output_1"}, {Token: "other"}}, Shutter: sim.Shutter{Output: "output_1"}}
	means := []devices.Means{{Index: 1, Contact: "output_1"}}
	k := simKit(c, devices.MethodContact, means, func(_ testing.TB, d *sim.Device, dev *devicetest.Device) {
		dev.Keeps = func(t testing.TB, _ int) string {
			t.Helper()
			var all []string
			for _, token := range []string{"output_1", "other"} {
				o, active, closed, err := d.Output(token)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, fmt.Sprintf("%+v active %t, closed %t", o, active, closed))
			}
			return strings.Join(all, "; ")
		}
		dev.Others = []devicetest.Other{{
			Name: "opened by hand", Untold: true,
			Change: func(t testing.TB) {
				if err := d.SetOutput("output_1", false); err != nil {
					t.Fatal(err)
				}
			},
			Stays: func(testing.TB) bool {
				_, active, _, err := d.Output("output_1")
				return err == nil && !active
			},
		}}
	})
	k.Covers = []devices.Cover{{Whole: true}}
	k.Without = map[string]string{
		"never uncovers on the way":      "it covers all or nothing",
		"accepted and not applied":       "a circuit that stays as it was is seen in the picture only",
		"lenses do not touch each other": "the shutter is that of one lens",
	}
	devicetest.Run(t, k)
}
