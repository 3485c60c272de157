package sim

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Axis' own interface (VAPIX): the privacy mask part of its Overlay API pages.
// Masks have a name, and corners in pixels of the largest resolution at
// rotation 0, from the top left.

const (
	axisCorners = 10
	axisName    = 128 // longest name, in characters
)

func (d *Device) axisPrefix(lens int) string { return fmt.Sprintf("axis:%d:", lens) }

// axisLens is the lens of the argument imagesource, 0 if left out.
func (d *Device) axisLens(q map[string][]string) (int, bool) {
	v := q["imagesource"]
	if len(v) == 0 {
		return 1, true
	}
	n, ok := whole(v[0], 0, d.cam.Lenses-1)
	return n + 1, ok
}

// axisMask is privacymask.cgi: 204 for what was done, and 200 with "Error:"
// for what was not.
func (d *Device) axisMask(w *vendorWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodPost || r.ParseForm() != nil {
		w.text(http.StatusBadRequest, "Error: the request cannot be read\n")
		return
	}
	q := r.Form
	lens, ok := d.axisLens(q)
	if !ok {
		w.text(http.StatusOK, "Error: there is no such image source\n")
		return
	}
	if query := q.Get("query"); query != "" {
		d.axisQuery(w, lens, query, q.Get("name"))
		return
	}
	if err := d.axisAction(lens, q); err != nil {
		w.text(http.StatusOK, "Error: %s\n", err)
		return
	}
	w.status = http.StatusNoContent
}

type axisPoint struct {
	X int `json:"x"`
	Y int `json:"y"`
}

type axisListed struct {
	ID           int         `json:"id"`
	Name         string      `json:"name"`
	Enabled      bool        `json:"enabled"`
	ZoomLowLimit int         `json:"zoomlowlimit"`
	Position     []axisPoint `json:"position"`
}

func (d *Device) axisPosition(m Mask) []axisPoint {
	out := []axisPoint{}
	for _, p := range pixels(d.cam.onSensor(m.Polygon), d.cam.Width, d.cam.Height) {
		out = append(out, axisPoint{p[0], p[1]})
	}
	return out
}

func (d *Device) axisQuery(w *vendorWriter, lens int, query, name string) {
	var answer any
	switch query {
	case "listpxjson":
		list := []axisListed{}
		for _, m := range d.vendorMasks(lens, d.axisPrefix(lens)) {
			list = append(list, axisListed{
				ID: d.axisID(m.Token), Name: strings.TrimPrefix(m.Token, d.axisPrefix(lens)),
				Enabled: m.Enabled, Position: d.axisPosition(m),
			})
		}
		answer = map[string]any{"listpx": list}
	case "positionpxjson":
		m, ok := d.vendorMask(d.axisPrefix(lens) + name)
		if !ok {
			w.text(http.StatusOK, "Error: there is no mask of this name\n")
			return
		}
		answer = map[string]any{"position": d.axisPosition(m)}
	default:
		w.text(http.StatusOK, "Error: unknown query\n")
		return
	}
	b, err := json.Marshal(answer)
	if err != nil {
		w.text(http.StatusInternalServerError, "Error: %s\n", err)
		return
	}
	w.kind = "application/json"
	w.Write(b)
}

// axisID is the number of a mask: one that does not change while it is there.
func (d *Device) axisID(token string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.own.ids[token] == 0 {
		d.own.last++
		d.own.ids[token] = d.own.last
	}
	return d.own.ids[token] - 1
}

func (d *Device) axisAction(lens int, q map[string][]string) error {
	arg := func(name string) string {
		if v := q[name]; len(v) > 0 {
			return v[0]
		}
		return ""
	}
	action, name := arg("action"), arg("name")
	token := d.axisPrefix(lens) + name
	old, there := d.vendorMask(token)
	switch action {
	case "enable_all", "disable_all":
		for n := range d.cam.Lenses {
			for _, m := range d.vendorMasks(n+1, d.axisPrefix(n+1)) {
				m.Enabled = action == "enable_all"
				d.axisPut(m)
			}
		}
		return nil
	case "add", "update", "remove":
	default:
		return fmt.Errorf("unknown action")
	}
	switch {
	case name == "" || len([]rune(name)) > axisName:
		return fmt.Errorf("a mask has a name of 1 to %d characters", axisName)
	case action == "add" && d.axisNamed(name):
		return fmt.Errorf("a mask of this name exists")
	case action != "add" && !there:
		return fmt.Errorf("there is no mask of this name")
	case action == "add" && (len(d.vendorMasks(lens, d.axisPrefix(lens))) >= d.cam.MaxMasks || d.fault(FaultMaxMasks)):
		return fmt.Errorf("there are as many masks as there can be")
	case action == "remove":
		if !d.ignores() {
			d.dropMask(token)
		}
		return nil
	}
	if v := arg("zoomlowlimit"); v != "" {
		if _, ok := whole(v, 0, 19999); !ok {
			return fmt.Errorf("zoomlowlimit is 0 to 19999")
		}
	}
	var px [][2]int
	var err error
	if poly := arg("pxpolygon"); poly != "" {
		px, err = parsePxPolygon(poly)
	} else {
		px, err = d.axisPercent(arg("width"), arg("height"), arg("center"))
	}
	if err != nil {
		return err
	}
	if err := d.axisShape(px); err != nil {
		return err
	}
	m := Mask{Token: token, Lens: lens, Polygon: d.cam.onSensor(unpixels(px, d.cam.Width, d.cam.Height)), Enabled: !there || old.Enabled}
	d.axisPut(m)
	return nil
}

func (d *Device) axisPut(m Mask) {
	if !d.ignores() {
		d.putMask(m)
	}
}

// axisNamed tells whether any lens has a mask of the name: it is unique.
func (d *Device) axisNamed(name string) bool {
	for n := range d.cam.Lenses {
		if _, there := d.vendorMask(d.axisPrefix(n+1) + name); there {
			return true
		}
	}
	return false
}

// axisShape tells what is wrong with a shape.
func (d *Device) axisShape(px [][2]int) error {
	most := axisCorners
	if d.cam.RectangleOnly {
		most = 4
	}
	if len(px) < 3 || len(px) > most {
		return fmt.Errorf("a mask has 3 to %d corners", most)
	}
	for _, p := range px {
		if p[0] < 0 || p[1] < 0 || p[0] > d.cam.Width || p[1] > d.cam.Height {
			return fmt.Errorf("a corner lies outside the picture")
		}
	}
	// Corners go clockwise from the upper left where only rectangles are known.
	if d.cam.RectangleOnly && (!isUpright(px) || px[0][0] > px[1][0] || px[0][1] > px[2][1]) {
		return fmt.Errorf("masks are rectangles, clockwise from the upper left corner")
	}
	return nil
}

// parsePxPolygon reads "x1,y1:x2,y2:x3,y3".
func parsePxPolygon(s string) ([][2]int, error) {
	var out [][2]int
	for part := range strings.SplitSeq(s, ":") {
		xs, ys, ok := strings.Cut(part, ",")
		x, errX := strconv.Atoi(xs)
		y, errY := strconv.Atoi(ys)
		if !ok || errX != nil || errY != nil || len(out) >= 64 {
			return nil, fmt.Errorf("pxpolygon is pairs of whole numbers")
		}
		out = append(out, [2]int{x, y})
	}
	return out, nil
}

// axisPercent is a rectangle by its size and its middle, in percent.
func (d *Device) axisPercent(width, height, center string) ([][2]int, error) {
	percent := func(s string) (float64, bool) {
		v, err := strconv.ParseFloat(s, 64)
		return v / 100, err == nil && v >= 0 && v <= 100
	}
	w, okW := percent(width)
	h, okH := percent(height)
	cx, cy, okX, okY := 0.5, 0.5, true, true
	if center != "" {
		xs, ys, _ := strings.Cut(center, ",")
		cx, okX = percent(xs)
		cy, okY = percent(ys)
	}
	if !okW || !okH || !okX || !okY {
		return nil, fmt.Errorf("width, height and center are percents")
	}
	in := func(v float64) float64 { return max(0, min(1, v)) }
	return pixels(box(in(cx-w/2), in(cy-h/2), in(cx+w/2), in(cy+h/2)), d.cam.Width, d.cam.Height), nil
}

// axisParameters are what param.cgi lists, as recorded cameras name it.
func (d *Device) axisParameters() map[string]string {
	yes := map[bool]string{true: "yes", false: "no"}
	c := d.cam
	size := fmt.Sprintf("%dx%d", c.Width, c.Height)
	corners := axisCorners
	if c.RectangleOnly {
		corners = 4
	}
	rotation := "0"
	if c.UpsideDown {
		rotation = "180"
	}
	p := map[string]string{
		"Brand.Brand":        "AXIS",
		"Brand.ProdFullName": "AXIS " + c.Model + " Network Camera",
		"Brand.ProdNbr":      c.Model, "Brand.ProdShortName": "AXIS " + c.Model,
		"Brand.ProdType": "Network Camera", "Brand.WebURL": "http://www.axis.com",
		"Image.NbrOfConfigs": strconv.Itoa(c.Lenses), "ImageSource.NbrOfSources": strconv.Itoa(c.Lenses),
		"Properties.API.HTTP.Version": "3",
		"Properties.Firmware.Version": c.Firmware,
		"Properties.Image.Resolution": size + ",160x90", "Properties.Image.Rotation": "0,180",
		"Properties.PrivacyMask.MainSwitch":           "yes",
		"Properties.PrivacyMask.MaxNbrOfCorners":      strconv.Itoa(corners),
		"Properties.PrivacyMask.MaxNbrOfPrivacyMasks": strconv.Itoa(c.MaxMasks),
		"Properties.PrivacyMask.Polygon":              yes[!c.RectangleOnly],
		"Properties.PrivacyMask.PrivacyMask":          "yes",
		"Properties.PrivacyMask.Query":                "list,position,listpxjson,positionpxjson",
		"Properties.System.SerialNumber":              c.Serial,
	}
	for n := range c.Lenses {
		image := fmt.Sprintf("Image.I%d.", n)
		p[image+"Enabled"], p[image+"Source"], p[image+"Name"] = "yes", strconv.Itoa(n), fmt.Sprintf("View Area %d", n+1)
		p[image+"Appearance.MirrorEnabled"], p[image+"Appearance.Rotation"] = yes[c.Mirror], rotation
		p[image+"Appearance.Resolution"] = size
		p[image+"Overlay.MaskWindows.Color"] = "black"
		p[fmt.Sprintf("ImageSource.I%d.Name", n)] = fmt.Sprintf("Camera %d", n+1)
		for _, m := range d.vendorMasks(n+1, d.axisPrefix(n+1)) {
			window := fmt.Sprintf("%sOverlay.MaskWindows.M%d.", image, d.axisID(m.Token))
			p[window+"Name"] = strings.TrimPrefix(m.Token, d.axisPrefix(n+1))
			p[window+"Enabled"], p[window+"ZoomLowLimit"] = yes[m.Enabled], "0"
		}
	}
	return p
}

// axisParam is param.cgi: listing, and switching masks on and off.
func (d *Device) axisParam(w *vendorWriter, r *http.Request) {
	if r.ParseForm() != nil {
		w.text(http.StatusBadRequest, "# Error: the request cannot be read\n")
		return
	}
	params := d.axisParameters()
	switch r.Form.Get("action") {
	case "list":
		groups := strings.Split(r.Form.Get("group"), ",")
		for _, name := range slices.Sorted(maps.Keys(params)) {
			if slices.ContainsFunc(groups, func(g string) bool { return axisInGroup(name, g) }) {
				w.text(http.StatusOK, "root.%s=%s\n", name, params[name])
			}
		}
		if w.Len() == 0 {
			w.text(http.StatusOK, "# Error: Error -1 getting param in group '%s'\n", groups[0])
		}
	case "update":
		d.axisUpdate(w, r.Form)
	default:
		w.text(http.StatusOK, "# Error: unknown action\n")
	}
}

// axisInGroup tells whether a parameter is in a group: its name, or the
// beginning of it up to a dot, with or without root; nothing means all.
func axisInGroup(name, group string) bool {
	group = strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(group), "root."), "root"), ".*")
	want, have := strings.Split(strings.Trim(group, "."), "."), strings.Split(name, ".")
	if group == "" {
		return true
	}
	if len(want) > len(have) {
		return false
	}
	for i, part := range want {
		if part != "*" && part != have[i] {
			return false
		}
	}
	return true
}

// axisUpdate switches masks by the parameters MaskWindows.M#.Enabled; others
// cannot be changed here.
func (d *Device) axisUpdate(w *vendorWriter, q map[string][]string) {
	for _, name := range slices.Sorted(maps.Keys(q)) {
		if name == "action" {
			continue
		}
		done := false
		for n := range d.cam.Lenses {
			for _, m := range d.vendorMasks(n+1, d.axisPrefix(n+1)) {
				key := fmt.Sprintf("Image.I%d.Overlay.MaskWindows.M%d.Enabled", n, d.axisID(m.Token))
				if strings.TrimPrefix(name, "root.") == key && (q[name][0] == "yes" || q[name][0] == "no") {
					m.Enabled, done = q[name][0] == "yes", true
					d.axisPut(m)
				}
			}
		}
		if !done {
			w.text(http.StatusOK, "# Error: Error setting '%s' to '%s'!\n", name, q[name][0])
			return
		}
	}
	w.text(http.StatusOK, "OK\n")
}
