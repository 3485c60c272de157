package sim

import (
	"bytes"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Makers whose own mask interface a simulated camera can have, beside ONVIF
// or without it. They are written after public documents and recorded answers;
// nothing of them was seen on hardware.
const (
	MakerAxis      = "axis"
	MakerHikvision = "hikvision"
	MakerDahua     = "dahua"
)

// Makers lists the makers that Camera.Maker knows.
func Makers() []string { return []string{MakerAxis, MakerHikvision, MakerDahua} }

const (
	// FaultVendorIgnores makes a maker's own interface accept every change of
	// a mask and keep what it had.
	FaultVendorIgnores = "vendor-ignores"
	// FaultVendorRebootNeeded makes a maker's own interface store and report a
	// mask, and show it only after the next reboot. Hikvision's says so.
	FaultVendorRebootNeeded = "vendor-reboot-needed"
)

// checkMaker fills in what depends on the maker.
func (c *Camera) checkMaker() error {
	if c.Maker != "" && !slices.Contains(Makers(), c.Maker) {
		return fmt.Errorf("maker %q; the makers are %s", c.Maker, strings.Join(Makers(), ", "))
	}
	if c.NoONVIF {
		c.DiscoveryPort = -1
	}
	if c.Vendor == "" {
		c.Vendor = map[string]string{MakerAxis: "AXIS", MakerHikvision: "HIKVISION", MakerDahua: "Dahua"}[c.Maker]
	}
	if c.Serial == "" && c.Maker == MakerAxis {
		// An Axis serial number is the hardware address.
		c.Serial = "0200" + strings.ToUpper(strings.ReplaceAll(macTail(c.Host), ":", ""))
	}
	return nil
}

// makerRealm is what the device calls itself when it asks for a login, as far
// as public code has seen it.
func (c *Camera) makerRealm() string {
	switch c.Maker {
	case MakerAxis:
		return "AXIS_" + c.Serial
	case MakerHikvision:
		return "IP Camera(" + c.Serial + ")"
	case MakerDahua:
		return "Login to " + c.Serial
	default:
		return digestRealm
	}
}

// handleMaker adds the maker's own interface.
func (d *Device) handleMaker(mux *http.ServeMux) {
	add := func(pattern string, do func(w *vendorWriter, r *http.Request)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { d.vendor(w, r, do) })
	}
	switch d.cam.Maker {
	case MakerAxis:
		add("/axis-cgi/param.cgi", d.axisParam)
		add("/axis-cgi/privacymask.cgi", d.axisMask)
	case MakerHikvision:
		add("/ISAPI/", d.isapi)
	case MakerDahua:
		add("/cgi-bin/configManager.cgi", d.dahuaConfig)
		add("/cgi-bin/magicBox.cgi", d.dahuaBox)
		add("/cgi-bin/devVideoInput.cgi", d.dahuaInput)
	}
}

// vendorWriter collects an answer.
type vendorWriter struct {
	bytes.Buffer
	status int
	kind   string
}

func (w *vendorWriter) text(status int, format string, a ...any) {
	w.status, w.kind = status, "text/plain"
	fmt.Fprintf(&w.Buffer, format, a...)
}

// vendor answers one request of a maker's own interface: never without a login.
func (d *Device) vendor(w http.ResponseWriter, r *http.Request, do func(w *vendorWriter, r *http.Request)) {
	if d.fault(FaultHTMLError) {
		w.Header().Set("Content-Type", "text/html")
		d.send(w, http.StatusOK, []byte("<html><body><h1>Error<br></body></html>\n"))
		return
	}
	if ok, stale := d.login.httpDigest(r, time.Now()); !ok {
		d.count(func(t *Stats) { t.Refused++ })
		d.login.challenge(w.Header(), time.Now(), stale)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxRequestBytes)
	d.count(func(t *Stats) { t.Requests[r.URL.Path]++ })
	a := &vendorWriter{status: http.StatusOK, kind: "text/plain"}
	do(a, r)
	if a.status == http.StatusNoContent {
		w.WriteHeader(a.status)
		return
	}
	w.Header().Set("Content-Type", a.kind)
	d.send(w, a.status, a.Bytes())
}

// vendorState is what a maker's interface keeps beside the shapes of masks.
// The device's mu guards it.
type vendorState struct {
	last    int             // number of the last mask of Axis
	ids     map[string]int  // of Axis' masks, by token
	off     map[int]bool    // lenses whose list of regions is switched off (Hikvision)
	enabled map[string]bool // regions and covers that are switched on, by token
	parked  map[int]bool    // lenses that are turned into the housing (Dahua)
}

func newVendorState(lenses int) vendorState {
	s := vendorState{ids: map[string]int{}, off: map[int]bool{}, enabled: map[string]bool{}, parked: map[int]bool{}}
	for n := range lenses {
		s.off[n+1] = true
	}
	return s
}

// ignores tells that nothing that is written is kept.
func (d *Device) ignores() bool { return d.fault(FaultVendorIgnores) || d.fault(FaultMaskNotStored) }

// vendorMask is the shape behind a token.
func (d *Device) vendorMask(token string) (Mask, bool) {
	for _, m := range d.Masks() {
		if m.Token == token && m.Configuration == "" {
			return m, true
		}
	}
	return Mask{}, false
}

// vendorMasks are those of a lens whose tokens have the prefix, oldest first.
func (d *Device) vendorMasks(lens int, prefix string) (list []Mask) {
	for _, m := range d.Masks() {
		if m.Lens == lens && m.Configuration == "" && strings.HasPrefix(m.Token, prefix) {
			list = append(list, m)
		}
	}
	return list
}

// pixels are a shape on a grid whose far edges are w and h.
func pixels(p []Point, w, h int) [][2]int {
	out := make([][2]int, len(p))
	for i, q := range p {
		out[i] = [2]int{int(math.Round(q.X * float64(w))), int(math.Round(q.Y * float64(h)))}
	}
	return out
}

// unpixels is the way back.
func unpixels(p [][2]int, w, h int) []Point {
	out := make([]Point, len(p))
	for i, q := range p {
		out[i] = Point{float64(q[0]) / float64(w), float64(q[1]) / float64(h)}
	}
	return out
}

// onSensor turns a shape of the picture into one of the sensor, which neither
// mirrors nor rotates, or back: both ways are the same.
func (c *Camera) onSensor(p []Point) []Point {
	out := slices.Clone(p)
	for i := range out {
		if c.Mirror != c.UpsideDown {
			out[i].X = 1 - out[i].X
		}
		if c.UpsideDown {
			out[i].Y = 1 - out[i].Y
		}
	}
	return out
}

// isUpright tells whether four corners are those of an upright rectangle, in order.
func isUpright(p [][2]int) bool {
	if len(p) != 4 {
		return false
	}
	for i := range p {
		a, b, c := p[i], p[(i+1)%4], p[(i+2)%4]
		across := a[1] == b[1] && b[0] == c[0]
		down := a[0] == b[0] && b[1] == c[1]
		if !across && !down {
			return false
		}
	}
	return p[0][0] != p[2][0] && p[0][1] != p[2][1]
}

// whole reads a number of a request, from lo to hi.
func whole(s string, lo, hi int) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= lo && n <= hi
}
