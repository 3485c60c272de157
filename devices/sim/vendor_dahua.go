package sim

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Dahua's own interface: tables of settings, read and written by name. Masks
// are the covers of VideoWidget or, in newer firmware, PrivacyMasking: four
// upright rectangles on a grid of 0 to 8191, from the top left. LeLensMask
// turns a lens that can be turned into its housing.

const (
	dahuaCovers = 4
	dahuaGrid   = 8191
	dahuaMost   = 512 // settings in one request
)

func dahuaToken(lens, cover int) string { return fmt.Sprintf("dahua:%d:%d", lens, cover) }

// dahuaCover is one rectangle: left, top, right, bottom.
type dahuaCover struct {
	on   bool
	rect [4]int
}

func (d *Device) dahuaCover(lens, i int) dahuaCover {
	var c dahuaCover
	token := dahuaToken(lens, i)
	d.mu.Lock()
	c.on = d.own.enabled[token]
	d.mu.Unlock()
	if m, there := d.vendorMask(token); there && len(m.Polygon) == 4 {
		p := pixels(m.Polygon, dahuaGrid, dahuaGrid)
		c.rect = [4]int{p[0][0], p[0][1], p[2][0], p[2][1]}
	}
	return c
}

func (d *Device) setDahuaCover(lens, i int, c dahuaCover) {
	token := dahuaToken(lens, i)
	d.mu.Lock()
	d.own.enabled[token] = c.on
	d.mu.Unlock()
	if c.rect == [4]int{} {
		d.dropMask(token)
		return
	}
	r := unpixels([][2]int{{c.rect[0], c.rect[1]}, {c.rect[2], c.rect[3]}}, dahuaGrid, dahuaGrid)
	d.putMask(Mask{Token: token, Lens: lens, Polygon: box(r[0].X, r[0].Y, r[1].X, r[1].Y), Enabled: c.on})
}

// dahuaTable is the name of the table that the masks are in, and that of the
// switch of one.
func (d *Device) dahuaTable() (table, prefix, on string) {
	if d.cam.PrivacyMasking {
		return "PrivacyMasking", "PrivacyMasking[%d][%d].", "Enable"
	}
	return "VideoWidget", "VideoWidget[%d].Covers[%d].", "EncodeBlend"
}

// dahuaRead lists the settings of a table in order, or none.
func (d *Device) dahuaRead(name string) (lines []string) {
	table, prefix, on := d.dahuaTable()
	base, index, indexed := strings.Cut(name, "[")
	for lens := 1; lens <= d.cam.Lenses; lens++ {
		if indexed && index != strconv.Itoa(lens-1)+"]" {
			continue
		}
		if base == "VideoWidget" {
			lines = append(lines,
				fmt.Sprintf("VideoWidget[%d].ChannelTitle.EncodeBlend=false", lens-1),
				fmt.Sprintf("VideoWidget[%d].TimeTitle.EncodeBlend=true", lens-1))
		}
		if base == "LeLensMask" && d.cam.PTZ {
			d.mu.Lock()
			lines = append(lines, fmt.Sprintf("LeLensMask[%d].Enable=%t", lens-1, d.own.parked[lens]))
			d.mu.Unlock()
		}
		for i := 0; base == table && i < dahuaCovers; i++ {
			c, key := d.dahuaCover(lens, i), fmt.Sprintf(prefix, lens-1, i)
			lines = append(lines, fmt.Sprintf("%s%s=%t", key, on, c.on))
			for n, v := range c.rect {
				lines = append(lines, fmt.Sprintf("%sRect[%d]=%d", key, n, v))
			}
			for n, v := range []int{0, 0, 0, 0} {
				lines = append(lines, fmt.Sprintf("%sFrontColor[%d]=%d", key, n, v))
			}
			if table == "VideoWidget" {
				lines = append(lines, key+"PreviewBlend=false")
			} else {
				lines = append(lines, key+"ShapeType=Rect", fmt.Sprintf("%sIndex=%d", key, i), fmt.Sprintf("%sName=Mask%d", key, i+1))
			}
		}
	}
	return lines
}

// dahuaConfig is configManager.cgi.
func (d *Device) dahuaConfig(w *vendorWriter, r *http.Request) {
	settings, err := parseDahuaQuery(r.URL.RawQuery)
	if r.Method != http.MethodGet || err != nil || len(settings) == 0 || settings[0].key != "action" {
		w.text(http.StatusBadRequest, "Error\r\nBad Request!\r\n")
		return
	}
	switch settings[0].value {
	case "getConfig":
		if len(settings) < 2 || settings[1].key != "name" {
			break
		}
		lines := d.dahuaRead(settings[1].value)
		for _, l := range lines {
			w.text(http.StatusOK, "table.%s\r\n", l)
		}
		if len(lines) > 0 {
			return
		}
	case "setConfig":
		if d.dahuaSet(settings[1:]) {
			w.text(http.StatusOK, "OK\r\n")
			return
		}
	}
	w.text(http.StatusBadRequest, "Error\r\nBad Request!\r\n")
}

// setting is one key=value.
type setting struct{ key, value string }

// parseDahuaQuery reads key=value pairs in their order; brackets may be
// escaped or not.
func parseDahuaQuery(raw string) ([]setting, error) {
	var out []setting
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		k, v, ok := strings.Cut(pair, "=")
		key, errK := url.QueryUnescape(k)
		value, errV := url.QueryUnescape(v)
		if !ok || errK != nil || errV != nil || len(out) >= dahuaMost {
			return nil, fmt.Errorf("not a list of settings")
		}
		out = append(out, setting{key, value})
	}
	return out, nil
}

// dahuaSet makes all settings or, if one is not known, none.
func (d *Device) dahuaSet(settings []setting) bool {
	_, prefix, on := d.dahuaTable()
	type place struct{ lens, cover int }
	covers, parked := map[place]dahuaCover{}, map[int]bool{}
	for _, s := range settings {
		key := strings.TrimPrefix(s.key, "table.")
		known := false
		for lens := 1; lens <= d.cam.Lenses && !known; lens++ {
			if key == fmt.Sprintf("LeLensMask[%d].Enable", lens-1) && d.cam.PTZ {
				if parked[lens], known = dahuaBool(s.value); !known {
					return false
				}
			}
			for i := 0; i < dahuaCovers && !known; i++ {
				field, ok := strings.CutPrefix(key, fmt.Sprintf(prefix, lens-1, i))
				if !ok {
					continue
				}
				c, touched := covers[place{lens, i}]
				if !touched {
					c = d.dahuaCover(lens, i)
				}
				if !c.set(field, s.value, on) {
					return false
				}
				covers[place{lens, i}], known = c, true
			}
		}
		if !known {
			return false
		}
	}
	for _, c := range covers {
		if c.on && (c.rect[0] >= c.rect[2] || c.rect[1] >= c.rect[3]) {
			return false
		}
	}
	if d.ignores() {
		return len(settings) > 0
	}
	for at, c := range covers {
		d.setDahuaCover(at.lens, at.cover, c)
	}
	d.mu.Lock()
	maps.Copy(d.own.parked, parked)
	d.mu.Unlock()
	return len(settings) > 0
}

// set changes one field of a cover and tells whether it is one.
func (c *dahuaCover) set(field, value, on string) (ok bool) {
	switch field {
	case on:
		c.on, ok = dahuaBool(value)
		return ok
	case "PreviewBlend":
		_, ok = dahuaBool(value)
		return ok && on == "EncodeBlend"
	case "ShapeType":
		return value == "Rect" && on == "Enable"
	}
	for n := range 4 {
		if field == fmt.Sprintf("Rect[%d]", n) {
			c.rect[n], ok = whole(value, 0, dahuaGrid)
			return ok
		}
		if field == fmt.Sprintf("FrontColor[%d]", n) || field == fmt.Sprintf("BackColor[%d]", n) {
			_, ok = whole(value, 0, 255)
			return ok
		}
	}
	return false
}

func dahuaBool(s string) (value, ok bool) { return s == "true", s == "true" || s == "false" }

// dahuaBox is magicBox.cgi: who the device is.
func (d *Device) dahuaBox(w *vendorWriter, r *http.Request) {
	switch r.URL.Query().Get("action") {
	case "getSystemInfo":
		w.text(http.StatusOK, "appAutoStart=true\r\ndeviceType=%s\r\nhardwareVersion=1.00\r\nprocessor=SIM\r\nserialNumber=%s\r\nupdateSerial=%s\r\n", d.cam.Model, d.cam.Serial, d.cam.Model)
	case "getDeviceType":
		w.text(http.StatusOK, "type=%s\r\n", d.cam.Model)
	case "getSerialNo":
		w.text(http.StatusOK, "sn=%s\r\n", d.cam.Serial)
	case "getVendor":
		w.text(http.StatusOK, "vendor=%s\r\n", d.cam.Vendor)
	case "getMachineName":
		w.text(http.StatusOK, "name=%s\r\n", d.cam.Name)
	case "getSoftwareVersion":
		w.text(http.StatusOK, "version=%s,build:2020-06-05\r\n", d.cam.Firmware)
	default:
		w.text(http.StatusBadRequest, "Error\r\nBad Request!\r\n")
	}
}

// dahuaInput is devVideoInput.cgi: how many lenses there are.
func (d *Device) dahuaInput(w *vendorWriter, r *http.Request) {
	if r.URL.Query().Get("action") != "getCollect" {
		w.text(http.StatusBadRequest, "Error\r\nBad Request!\r\n")
		return
	}
	w.text(http.StatusOK, "result=%d\r\n", d.cam.Lenses)
}

// lensMasked tells whether a lens is turned into its housing.
func (d *Device) lensMasked(lens int) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.own.parked[lens]
}
