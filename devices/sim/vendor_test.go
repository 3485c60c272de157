package sim

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	icholy "github.com/icholy/digest"
)

// ownAnswer asks a maker's own interface, with the login.
func ownAnswer(t *testing.T, d *Device, method, path, body string) (int, string) {
	t.Helper()
	c := &http.Client{
		Transport: &icholy.Transport{Username: d.cam.User, Password: d.cam.Password, Transport: &http.Transport{DisableKeepAlives: true}},
		Timeout:   10 * time.Second,
	}
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+d.Addr()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // it was only read
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// dark tells whether parts of the main picture are black, by their corners.
func dark(t *testing.T, d *Device, lens int, x0, y0, x1, y1 float64) bool {
	t.Helper()
	p, err := d.Picture(lens)
	if err != nil {
		t.Fatal(err)
	}
	m, _ := mean(p, x0, y0, x1, y1)
	return m < 2
}

func maker(t *testing.T, c Camera) *Device {
	t.Helper()
	c.User, c.Password, c.Overlay, c.SubStream = "admin", "sesame", OverlayNone, true
	if c.Width == 0 {
		c.Width, c.Height = 320, 160
	}
	return start(t, c)
}

func TestAxisMasks(t *testing.T) {
	d := maker(t, Camera{Host: "127.0.0.71", Maker: MakerAxis, NoONVIF: true, MaxMasks: 2, Lenses: 2})
	const cgi = "/axis-cgi/privacymask.cgi?"
	do := func(query, want string) {
		t.Helper()
		status, body := ownAnswer(t, d, http.MethodGet, cgi+query, "")
		switch {
		case want == "" && (status != http.StatusNoContent || body != ""):
			t.Errorf("%s: %d %q", query, status, body)
		case want != "" && (status != http.StatusOK || !strings.Contains(body, want)):
			t.Errorf("%s: %d %q, want %q", query, status, body, want)
		}
	}
	do("query=listpxjson", `{"listpx":[]}`)
	do("action=add&name=left&pxpolygon=0,0:160,0:160,160:0,160", "")
	if !dark(t, d, 1, 0, 0, .49, 1) || dark(t, d, 1, .51, 0, 1, 1) || dark(t, d, 2, 0, 0, .49, 1) {
		t.Error("the mask does not cover the left half of lens 1 alone")
	}
	do("query=listpxjson", `"name":"left","enabled":true,"zoomlowlimit":0,"position":[{"x":0,"y":0},{"x":160,"y":0},{"x":160,"y":160},{"x":0,"y":160}]`)
	do("query=positionpxjson&name=left", `{"position":[{"x":0,"y":0}`)
	do("query=positionpxjson&name=none", "Error:")
	do("query=listpxjson&imagesource=1", `{"listpx":[]}`)
	do("query=listpxjson&imagesource=2", "Error:")
	do("action=add&name=left&pxpolygon=0,0:9,0:9,9", "Error:")
	do("action=add&imagesource=1&name=left&pxpolygon=0,0:9,0:9,9", "Error:")
	do("action=add&name=out&pxpolygon=0,0:999,0:9,9", "Error:")
	do("action=add&name=line&pxpolygon=0,0:9,0", "Error:")
	do("action=add&name=no&pxpolygon=0:0", "Error:")
	do("action=add&pxpolygon=0,0:9,0:9,9", "Error:")
	do("action=add&name="+strings.Repeat("x", 129)+"&pxpolygon=0,0:9,0:9,9", "Error:")
	do("action=add&name=mid&width=20.0&height=50.0&center=90,50", "")
	do("query=positionpxjson&name=mid", `[{"x":256,"y":40},{"x":320,"y":40},{"x":320,"y":120},{"x":256,"y":120}]`)
	do("action=add&name=third&pxpolygon=0,0:9,0:9,9", "Error:")
	do("action=update&name=left&pxpolygon=160,0:320,0:320,160:160,160", "")
	if dark(t, d, 1, 0, 0, .49, 1) || !dark(t, d, 1, .51, 0, 1, 1) {
		t.Error("the mask has not moved to the right half")
	}
	do("action=disable_all", "")
	if dark(t, d, 1, .51, 0, 1, 1) {
		t.Error("a mask shows while all are off")
	}
	do("query=listpxjson", `"enabled":false`)
	do("action=enable_all", "")
	if status, body := ownAnswer(t, d, http.MethodGet, "/axis-cgi/param.cgi?action=update&Image.I0.Overlay.MaskWindows.M0.Enabled=no", ""); status != 200 || body != "OK\n" || dark(t, d, 1, .51, 0, .7, 1) {
		t.Errorf("param.cgi: %d %q", status, body)
	}
	do("action=remove&name=left", "")
	do("action=remove&name=left", "Error:")
	if _, body := ownAnswer(t, d, http.MethodGet, "/axis-cgi/param.cgi?action=list&group=root.Properties.PrivacyMask,Brand.Brand", ""); !strings.Contains(body, "root.Brand.Brand=AXIS\n") ||
		!strings.Contains(body, "root.Properties.PrivacyMask.MaxNbrOfPrivacyMasks=2\n") || strings.Contains(body, "Serial") {
		t.Errorf("parameters %q", body)
	}
	if status, _ := ownAnswer(t, d, http.MethodPost, deviceService, "x"); status != http.StatusNotFound {
		t.Errorf("ONVIF answers %d", status)
	}
}

// A picture that is turned shows a mask where the sensor has it.
func TestAxisMasksOnTurnedPictures(t *testing.T) {
	for _, c := range []struct {
		name             string
		mirror, upside   bool
		x0, y0, x1, y1   float64 // where the sensor's top left quarter is shown
		ox0, oy0, ox, oy float64
	}{
		{"mirrored", true, false, .55, .05, .95, .45, .05, .05, .45, .45},
		{"upside down", false, true, .55, .55, .95, .95, .05, .05, .45, .45},
		{"both", true, true, .05, .55, .45, .95, .55, .05, .95, .45},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := maker(t, Camera{Host: "127.0.0.72", Maker: MakerAxis, Mirror: c.mirror, UpsideDown: c.upside})
			const quarter = "0,0:160,0:160,80:0,80"
			if status, body := ownAnswer(t, d, http.MethodGet, "/axis-cgi/privacymask.cgi?action=add&name=a&pxpolygon="+quarter, ""); status != http.StatusNoContent {
				t.Fatalf("%d %s", status, body)
			}
			if !dark(t, d, 1, c.x0, c.y0, c.x1, c.y1) || dark(t, d, 1, c.ox0, c.oy0, c.ox, c.oy) {
				t.Errorf("it lies elsewhere: %v", d.Masks())
			}
			if _, body := ownAnswer(t, d, http.MethodGet, "/axis-cgi/privacymask.cgi?query=positionpxjson&name=a", ""); !strings.Contains(body, `{"x":160,"y":80}`) || !strings.Contains(body, `{"x":0,"y":0}`) {
				t.Errorf("it reports %s", body)
			}
		})
	}
}

func TestHikvisionMasks(t *testing.T) {
	d := maker(t, Camera{Host: "127.0.0.73", Maker: MakerHikvision, NoONVIF: true, Lenses: 2})
	const path = "/ISAPI/System/Video/inputs/channels/1/privacyMask"
	region := func(id, enabled, x0, y0, x1, y1 string) string {
		at := func(x, y string) string {
			return "<RegionCoordinates><positionX>" + x + "</positionX><positionY>" + y + "</positionY></RegionCoordinates>"
		}
		return "<PrivacyMaskRegion><id>" + id + "</id><enabled>" + enabled + "</enabled><RegionCoordinatesList>" +
			at(x0, y0) + at(x1, y0) + at(x1, y1) + at(x0, y1) + "</RegionCoordinatesList></PrivacyMaskRegion>"
	}
	doc := func(on, regions string) string {
		return `<PrivacyMask version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema"><enabled>` + on + `</enabled><PrivacyMaskRegionList size="4">` + regions + `</PrivacyMaskRegionList></PrivacyMask>`
	}
	put := func(path, body string, status int, want string) {
		t.Helper()
		if got, answer := ownAnswer(t, d, http.MethodPut, path, body); got != status || !strings.Contains(answer, want) {
			t.Errorf("%s: %d %s", body, got, answer)
		}
	}
	const okCode = "<statusCode>1</statusCode>"
	// The lower half: the origin is at the bottom left.
	put(path, doc("true", region("1", "true", "0", "0", "704", "288")), 200, okCode)
	if !dark(t, d, 1, 0, .51, 1, 1) || dark(t, d, 1, 0, 0, 1, .49) || dark(t, d, 2, 0, .51, 1, 1) {
		t.Error("the region does not cover the lower half of lens 1 alone")
	}
	if _, body := ownAnswer(t, d, http.MethodGet, path, ""); !strings.Contains(body, "<positionX>704</positionX><positionY>288</positionY>") ||
		!strings.Contains(body, "<normalizedScreenWidth>704</normalizedScreenWidth>") || !strings.Contains(body, "<enabled>true</enabled>") {
		t.Errorf("it has %s", body)
	}
	// Two switches: one off is off.
	put(path, doc("true", region("1", "false", "0", "0", "704", "288")), 200, okCode)
	if dark(t, d, 1, 0, .51, 1, 1) {
		t.Error("a region that is off shows")
	}
	put(path, doc("false", region("1", "true", "0", "0", "704", "288")), 200, okCode)
	if dark(t, d, 1, 0, .51, 1, 1) {
		t.Error("a region shows while all are off")
	}
	put(path, `<PrivacyMask><enabled>true</enabled></PrivacyMask>`, 200, okCode)
	if !dark(t, d, 1, 0, .51, 1, 1) {
		t.Error("the switch alone does not switch")
	}
	put(path+"/regions/2", region("2", "true", "0", "288", "352", "576"), 200, okCode)
	if !dark(t, d, 1, 0, 0, .49, 1) || len(d.Masks()) != 2 {
		t.Errorf("one region: %v", d.Masks())
	}
	if _, body := ownAnswer(t, d, http.MethodGet, path+"/regions", ""); strings.Count(body, "<id>") != 2 {
		t.Errorf("regions %s", body)
	}
	for name, bad := range map[string]string{
		"no XML":          "<PrivacyMask>",
		"another root":    "<Mask/>",
		"a fifth":         doc("true", region("5", "true", "0", "0", "9", "9")),
		"twice":           doc("true", region("1", "true", "0", "0", "9", "9")+region("1", "true", "0", "0", "9", "9")),
		"off the grid":    doc("true", region("1", "true", "0", "0", "705", "9")),
		"no area":         doc("true", region("1", "true", "0", "0", "0", "9")),
		"another grid":    `<PrivacyMask><enabled>true</enabled><normalizedScreenSize><normalizedScreenWidth>1000</normalizedScreenWidth><normalizedScreenHeight>1000</normalizedScreenHeight></normalizedScreenSize></PrivacyMask>`,
		"not a rectangle": doc("true", strings.Replace(region("1", "true", "0", "0", "9", "9"), "<positionX>9<", "<positionX>7<", 1)),
	} {
		if status, answer := ownAnswer(t, d, http.MethodPut, path, bad); status != http.StatusBadRequest || !strings.Contains(answer, "<ResponseStatus") {
			t.Errorf("%s: %d %s", name, status, answer)
		}
	}
	if len(d.Masks()) != 2 {
		t.Errorf("what was refused changed %v", d.Masks())
	}
	put(path, doc("true", region("1", "true", "0", "0", "704", "288")+region("2", "false", "0", "0", "0", "0")), 200, okCode)
	if len(d.Masks()) != 1 {
		t.Errorf("a region that is one point is left: %v", d.Masks())
	}
	put(path, doc("true", ""), 200, okCode)
	if len(d.Masks()) != 0 {
		t.Errorf("left %v", d.Masks())
	}
	for path, status := range map[string]int{
		"/ISAPI/System/deviceInfo": 200, "/ISAPI/System/Video/inputs/channels": 200, path + "/privacyMaskCap": 200, path + "/regions/1": 400,
		"/ISAPI/System/Video/inputs/channels/3/privacyMask": 403, "/ISAPI/System/time": 403,
	} {
		if got, body := ownAnswer(t, d, http.MethodGet, path, ""); got != status {
			t.Errorf("%s: %d %s", path, got, body)
		}
	}
	// A reboot is needed, and told.
	setFault(t, d, FaultVendorRebootNeeded, true)
	put(path, doc("true", region("1", "true", "0", "0", "704", "576")), 200, "<statusCode>7</statusCode>")
	if dark(t, d, 1, 0, 0, 1, 1) {
		t.Error("it shows the mask before the reboot")
	}
	if err := d.Reboot(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if !dark(t, d, 1, 0, 0, 1, 1) {
		t.Error("it does not show the mask after the reboot")
	}
}

func TestDahuaMasks(t *testing.T) {
	for _, c := range []struct {
		name, cover, on string
		newer           bool
	}{{"older", "VideoWidget[0].Covers[1].", "EncodeBlend", false}, {"newer", "PrivacyMasking[0][1].", "Enable", true}} {
		t.Run(c.name, func(t *testing.T) {
			d := maker(t, Camera{Host: "127.0.0.74", Maker: MakerDahua, NoONVIF: true, PrivacyMasking: c.newer, PTZ: true})
			const cgi = "/cgi-bin/configManager.cgi?action="
			set := func(want string, settings ...string) {
				t.Helper()
				if _, body := ownAnswer(t, d, http.MethodGet, cgi+"setConfig&"+strings.Join(settings, "&"), ""); !strings.HasPrefix(body, want) {
					t.Errorf("%v: %q", settings, body)
				}
			}
			rect := func(values ...string) (out []string) {
				for i, v := range values {
					out = append(out, c.cover+"Rect["+string(rune('0'+i))+"]="+v)
				}
				return out
			}
			table, _, _ := strings.Cut(c.cover, "[")
			set("OK", append(rect("0", "0", "4096", "8191"), c.cover+c.on+"=true")...)
			if !dark(t, d, 1, 0, 0, .49, 1) || dark(t, d, 1, .51, 0, 1, 1) {
				t.Error("the cover is not the left half")
			}
			_, body := ownAnswer(t, d, http.MethodGet, cgi+"getConfig&name="+table, "")
			for _, line := range append(rect("0", "0", "4096", "8191"), c.cover+c.on+"=true") {
				if !strings.Contains(body, "table."+line+"\r\n") {
					t.Errorf("%s is not in %s", line, body)
				}
			}
			set("OK", c.cover+c.on+"=false")
			if dark(t, d, 1, 0, 0, .49, 1) || len(d.Masks()) != 1 {
				t.Error("a cover that is off shows, or is gone")
			}
			set("Error", rect("0", "0", "8192", "9")...)
			set("Error", c.cover+c.on+"=yes")
			set("Error", c.cover+"Rect[4]=1")
			set("Error", "Nonsense[0].A=1")
			set("Error", append(rect("9", "9", "1", "1"), c.cover+c.on+"=true")...)
			set("Error")
			set("OK", rect("0", "0", "0", "0")...)
			if len(d.Masks()) != 0 {
				t.Errorf("left %v", d.Masks())
			}
			set("OK", "LeLensMask[0].Enable=true")
			if !dark(t, d, 1, 0, 0, 1, 1) {
				t.Error("the lens is not in its housing")
			}
			if _, body := ownAnswer(t, d, http.MethodGet, cgi+"getConfig&name=LeLensMask", ""); body != "table.LeLensMask[0].Enable=true\r\n" {
				t.Errorf("lens mask %q", body)
			}
			if _, body := ownAnswer(t, d, http.MethodGet, "/cgi-bin/magicBox.cgi?action=getSystemInfo", ""); !strings.Contains(body, "serialNumber="+d.cam.Serial) {
				t.Errorf("system %q", body)
			}
		})
	}
}

func TestMakersLogin(t *testing.T) {
	for m, path := range map[string]string{MakerAxis: "/axis-cgi/privacymask.cgi?query=listpxjson", MakerHikvision: "/ISAPI/System/deviceInfo", MakerDahua: "/cgi-bin/configManager.cgi?action=getConfig&name=VideoWidget"} {
		t.Run(m, func(t *testing.T) {
			d := maker(t, Camera{Host: "127.0.0.75", Maker: m})
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+d.Addr()+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			asks := res.Header.Values("WWW-Authenticate")
			if res.StatusCode != http.StatusUnauthorized || len(asks) != 1 || !strings.Contains(asks[0], `realm="`+d.cam.makerRealm()) || !strings.Contains(asks[0], "algorithm=MD5") {
				t.Errorf("%d %v", res.StatusCode, asks)
			}
			if status, _ := ownAnswer(t, d, http.MethodGet, path, ""); status != http.StatusOK {
				t.Errorf("with the login: %d", status)
			}
			setFault(t, d, FaultVendorIgnores, true)
			change := map[string][3]string{
				MakerAxis:      {http.MethodGet, "/axis-cgi/privacymask.cgi?action=add&name=a&pxpolygon=0,0:9,0:9,9", ""},
				MakerHikvision: {http.MethodPut, "/ISAPI/System/Video/inputs/channels/1/privacyMask", "<PrivacyMask><enabled>true</enabled></PrivacyMask>"},
				MakerDahua:     {http.MethodGet, "/cgi-bin/configManager.cgi?action=setConfig&VideoWidget[0].Covers[0].Rect[2]=9", ""},
			}[m]
			if status, body := ownAnswer(t, d, change[0], change[1], change[2]); status >= 300 || len(d.Masks()) > 0 || d.isapiOn(1) {
				t.Errorf("ignored: %d %s", status, body)
			}
		})
	}
	if _, err := Start(t.Context(), Camera{Maker: "nobody", DiscoveryPort: -1}); err == nil || !strings.Contains(err.Error(), "hikvision") {
		t.Errorf("an unknown maker: %v", err)
	}
}

// What makers' interfaces read comes from outside.
func FuzzVendorRequests(f *testing.F) {
	for i, c := range []struct{ query, body string }{
		{"action=add&name=a&pxpolygon=0,0:160,0:160,160:0,160", ""},
		{"action=update&name=a&width=20.0&height=NaN&center=1e9,-3", ""},
		{"action=setConfig&VideoWidget[0].Covers[0].EncodeBlend=true&VideoWidget%5B0%5D.Covers%5B0%5D.Rect%5B2%5D=8191", ""},
		{"action=getConfig&name=PrivacyMasking[0]", ""},
		{"", "<PrivacyMask><enabled>true</enabled><PrivacyMaskRegionList><PrivacyMaskRegion><id>1</id><enabled>true</enabled><RegionCoordinatesList><RegionCoordinates><positionX>1</positionX></RegionCoordinates></RegionCoordinatesList></PrivacyMaskRegion></PrivacyMaskRegionList></PrivacyMask>"},
		{"action=list&group=root.*,..", "<PrivacyMask><enabled>maybe</enabled>"},
	} {
		f.Add(uint8(i), c.query, c.body)
	}
	f.Fuzz(func(t *testing.T, which uint8, query, body string) {
		c := Camera{Maker: Makers()[int(which)%3], PrivacyMasking: which%2 == 0, RectangleOnly: which%4 == 0, PTZ: true, Mirror: which%8 < 4, User: "a", DiscoveryPort: -1}
		if err := c.complete(); err != nil {
			t.Fatal(err)
		}
		d := &Device{cam: c, faults: map[string]bool{}, own: newVendorState(c.Lenses), stats: Stats{Requests: map[string]int{}}}
		method, path, do := http.MethodGet, "/axis-cgi/privacymask.cgi", d.axisMask
		switch c.Maker {
		case MakerHikvision:
			method, path, do = http.MethodPut, "/ISAPI/System/Video/inputs/channels/1/privacyMask", d.isapi
		case MakerDahua:
			path, do = "/cgi-bin/configManager.cgi", d.dahuaConfig
		}
		for range 2 {
			r, err := http.NewRequestWithContext(t.Context(), method, "http://127.0.0.1"+path, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			r.URL.RawQuery = query
			do(&vendorWriter{}, r)
			d.axisParam(&vendorWriter{}, r)
		}
		for _, m := range d.Masks() {
			for _, p := range m.Polygon {
				if !(p.X >= 0 && p.X <= 1 && p.Y >= 0 && p.Y <= 1) {
					t.Fatalf("it stored %v", m)
				}
			}
		}
	})
}
