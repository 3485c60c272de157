package sim

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Hikvision's own interface (ISAPI): one document of masks for each channel,
// with a switch for all and one for each of four regions. Regions are upright
// rectangles on a grid of 704 by 576, from the bottom left.

const (
	isapiRegions       = 4
	isapiWide          = 704
	isapiHigh          = 576
	isapiSpace         = "http://www.hikvision.com/ver20/XMLSchema"
	isapiOK            = 1
	isapiInvalid       = 4
	isapiBadFormat     = 5
	isapiBadContent    = 6
	isapiRebootNeeded  = 7
	isapiChannelsPath  = "/ISAPI/System/Video/inputs/channels"
	isapiMostOfRegions = 64 // that are read at all
)

func isapiToken(lens, id int) string { return fmt.Sprintf("isapi:%d:%d", lens, id) }

type isapiPosition struct {
	X int `xml:"positionX"`
	Y int `xml:"positionY"`
}

type isapiRegion struct {
	XMLName xml.Name        `xml:"PrivacyMaskRegion"`
	Version string          `xml:"version,attr,omitempty"`
	ID      int             `xml:"id"`
	Enabled bool            `xml:"enabled"`
	Corners []isapiPosition `xml:"RegionCoordinatesList>RegionCoordinates"`
}

type isapiRegionList struct {
	XMLName xml.Name      `xml:"PrivacyMaskRegionList"`
	Version string        `xml:"version,attr,omitempty"`
	Space   string        `xml:"xmlns,attr,omitempty"`
	Size    int           `xml:"size,attr,omitempty"`
	Regions []isapiRegion `xml:"PrivacyMaskRegion"`
}

type isapiMask struct {
	XMLName xml.Name         `xml:"PrivacyMask"`
	Version string           `xml:"version,attr,omitempty"`
	Space   string           `xml:"xmlns,attr,omitempty"`
	Enabled *bool            `xml:"enabled"`
	Size    *isapiSize       `xml:"normalizedScreenSize"`
	List    *isapiRegionList `xml:"PrivacyMaskRegionList"`
}

type isapiSize struct {
	Width  int `xml:"normalizedScreenWidth"`
	Height int `xml:"normalizedScreenHeight"`
}

func (w *vendorWriter) xml(status int, v any) {
	w.status, w.kind = status, "application/xml"
	w.WriteString(xml.Header)
	if s, ok := v.(string); ok {
		w.WriteString(s)
		return
	}
	e := xml.NewEncoder(&w.Buffer)
	if err := e.Encode(v); err != nil {
		w.Reset()
		w.status = http.StatusInternalServerError
	}
}

// isapiStatus is a ResponseStatus.
func (w *vendorWriter) isapiStatus(r *http.Request, code int, sub string) {
	words := map[int]string{isapiOK: "OK", isapiInvalid: "Invalid Operation", isapiBadFormat: "Invalid XML Format", isapiBadContent: "Invalid XML Content", isapiRebootNeeded: "Reboot Required"}
	status := http.StatusOK
	switch {
	case sub == "notSupport":
		status = http.StatusForbidden
	case code != isapiOK && code != isapiRebootNeeded:
		status = http.StatusBadRequest
	}
	var path bytes.Buffer
	_ = xml.EscapeText(&path, []byte(r.URL.Path)) // a buffer takes all
	w.xml(status, fmt.Sprintf(`<ResponseStatus version="2.0" xmlns="%s"><requestURL>%s</requestURL><statusCode>%d</statusCode><statusString>%s</statusString><subStatusCode>%s</subStatusCode></ResponseStatus>`,
		isapiSpace, path.String(), code, words[code], sub))
}

// isapi answers below /ISAPI/.
func (d *Device) isapi(w *vendorWriter, r *http.Request) {
	path := strings.TrimSuffix(r.URL.Path, "/")
	if path == "/ISAPI/System/deviceInfo" && r.Method == http.MethodGet {
		w.xml(http.StatusOK, struct {
			XMLName  xml.Name `xml:"DeviceInfo"`
			Version  string   `xml:"version,attr"`
			Space    string   `xml:"xmlns,attr"`
			Name     string   `xml:"deviceName"`
			ID       string   `xml:"deviceID"`
			Model    string   `xml:"model"`
			Serial   string   `xml:"serialNumber"`
			MAC      string   `xml:"macAddress"`
			Firmware string   `xml:"firmwareVersion"`
			Type     string   `xml:"deviceType"`
		}{Version: "2.0", Space: isapiSpace, Name: d.cam.Name, ID: strings.TrimPrefix(d.cam.Endpoint, "urn:uuid:"), Model: d.cam.Model, Serial: d.cam.Serial, MAC: d.cam.MAC, Firmware: d.cam.Firmware, Type: "IPCamera"})
		return
	}
	rest, below := strings.CutPrefix(path, isapiChannelsPath)
	if below && rest == "" && r.Method == http.MethodGet {
		w.xml(http.StatusOK, d.isapiChannels())
		return
	}
	parts := strings.Split(strings.TrimPrefix(rest, "/"), "/")
	lens, ok := whole(parts[0], 1, d.cam.Lenses)
	if !below || !ok || len(parts) < 2 || parts[1] != "privacyMask" {
		w.isapiStatus(r, isapiInvalid, "notSupport")
		return
	}
	d.isapiMask(w, r, lens, parts[2:])
}

func (d *Device) isapiChannels() string {
	var b strings.Builder
	fmt.Fprintf(&b, `<VideoInputChannelList version="2.0" xmlns="%s">`, isapiSpace)
	for n := 1; n <= d.cam.Lenses; n++ {
		fmt.Fprintf(&b, `<VideoInputChannel version="2.0" xmlns="%s"><id>%d</id><inputPort>%d</inputPort><name>Camera %02d</name><videoFormat>PAL</videoFormat></VideoInputChannel>`, isapiSpace, n, n, n)
	}
	return b.String() + `</VideoInputChannelList>`
}

// isapiMask is privacyMask and what is below it.
func (d *Device) isapiMask(w *vendorWriter, r *http.Request, lens int, below []string) {
	what, id := strings.Join(below, "/"), 0
	if len(below) == 2 && below[0] == "regions" {
		n, ok := whole(below[1], 1, isapiRegions)
		if !ok {
			w.isapiStatus(r, isapiInvalid, "invalidOperation")
			return
		}
		what, id = "region", n
	}
	list := isapiRegionList{Version: "2.0", Size: isapiRegions, Regions: d.isapiList(lens)}
	switch r.Method + " " + what {
	case "GET ":
		on := d.isapiOn(lens)
		w.xml(http.StatusOK, isapiMask{Version: "2.0", Space: isapiSpace, Enabled: &on, Size: &isapiSize{isapiWide, isapiHigh}, List: &list})
	case "GET privacyMaskCap":
		w.xml(http.StatusOK, fmt.Sprintf(`<PrivacyMask version="2.0" xmlns="%s"><enabled opt="true,false">true</enabled><normalizedScreenSize><normalizedScreenWidth>%d</normalizedScreenWidth><normalizedScreenHeight>%d</normalizedScreenHeight></normalizedScreenSize><PrivacyMaskRegionList size="%d"/></PrivacyMask>`,
			isapiSpace, isapiWide, isapiHigh, isapiRegions))
	case "GET regions":
		list.Space = isapiSpace
		w.xml(http.StatusOK, list)
	case "GET region":
		for _, one := range list.Regions {
			if one.ID == id {
				w.xml(http.StatusOK, one)
				return
			}
		}
		w.isapiStatus(r, isapiInvalid, "invalidOperation")
	case "PUT ", "PUT regions", "PUT region":
		d.isapiPut(w, r, lens, id, what)
	case "DELETE regions":
		d.isapiStore(lens, []isapiRegion{}, nil)
		w.isapiStatus(r, d.isapiDone(), "ok")
	default:
		w.isapiStatus(r, isapiInvalid, "methodNotAllowed")
	}
}

func (d *Device) isapiDone() int {
	if d.fault(FaultVendorRebootNeeded) {
		return isapiRebootNeeded
	}
	return isapiOK
}

func (d *Device) isapiOn(lens int) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.own.off[lens]
}

// isapiList are the regions that are set.
func (d *Device) isapiList(lens int) []isapiRegion {
	var list []isapiRegion
	for id := 1; id <= isapiRegions; id++ {
		m, there := d.vendorMask(isapiToken(lens, id))
		if !there {
			continue
		}
		d.mu.Lock()
		one := isapiRegion{ID: id, Enabled: d.own.enabled[m.Token]}
		d.mu.Unlock()
		for _, p := range pixels(m.Polygon, isapiWide, isapiHigh) {
			one.Corners = append(one.Corners, isapiPosition{p[0], isapiHigh - p[1]})
		}
		list = append(list, one)
	}
	return list
}

// isapiPut reads a document and stores it. One without a list of regions
// changes the switch alone.
func (d *Device) isapiPut(w *vendorWriter, r *http.Request, lens, id int, what string) {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		w.isapiStatus(r, isapiBadFormat, "badXmlFormat")
		return
	}
	var on *bool
	var regions []isapiRegion
	switch what {
	case "":
		var doc isapiMask
		if err = xml.Unmarshal(b, &doc); err == nil {
			on = doc.Enabled
			if s := doc.Size; s != nil && (s.Width != isapiWide || s.Height != isapiHigh) {
				w.isapiStatus(r, isapiBadContent, "badXmlContent")
				return
			}
			if doc.List != nil {
				regions = append([]isapiRegion{}, doc.List.Regions...)
			}
		}
	case "regions":
		var doc isapiRegionList
		err = xml.Unmarshal(b, &doc)
		regions = append([]isapiRegion{}, doc.Regions...)
	default:
		var one isapiRegion
		if err = xml.Unmarshal(b, &one); err == nil && one.ID != id {
			w.isapiStatus(r, isapiBadContent, "badXmlContent")
			return
		}
		for _, have := range d.isapiList(lens) {
			if have.ID != id {
				regions = append(regions, have)
			}
		}
		regions = append(regions, one)
	}
	switch {
	case err != nil:
		w.isapiStatus(r, isapiBadFormat, "badXmlFormat")
	case !isapiSound(regions):
		w.isapiStatus(r, isapiBadContent, "badXmlContent")
	default:
		d.isapiStore(lens, regions, on)
		w.isapiStatus(r, d.isapiDone(), "ok")
	}
}

// isapiSound tells whether the device can hold the regions: each of its own
// number, empty or an upright rectangle on the grid.
func isapiSound(regions []isapiRegion) bool {
	if len(regions) > isapiMostOfRegions {
		return false
	}
	seen := map[int]bool{}
	for _, one := range regions {
		if one.ID < 1 || one.ID > isapiRegions || seen[one.ID] {
			return false
		}
		seen[one.ID] = true
		var px [][2]int
		for _, p := range one.Corners {
			if p.X < 0 || p.Y < 0 || p.X > isapiWide || p.Y > isapiHigh {
				return false
			}
			px = append(px, [2]int{p.X, p.Y})
		}
		if len(px) > 0 && !isUpright(px) && !isapiNowhere(one) {
			return false
		}
	}
	return true
}

// isapiNowhere tells that a region is switched off and is one point: taken as
// a way to empty it. No public document tells whether cameras do.
func isapiNowhere(one isapiRegion) bool {
	for _, p := range one.Corners {
		if one.Enabled || p != one.Corners[0] {
			return false
		}
	}
	return true
}

// isapiStore makes the regions those of the lens, all of them; nil leaves them.
func (d *Device) isapiStore(lens int, regions []isapiRegion, on *bool) {
	if d.ignores() {
		return
	}
	d.mu.Lock()
	if on != nil {
		d.own.off[lens] = !*on
	}
	shown := !d.own.off[lens]
	d.mu.Unlock()
	if regions == nil {
		regions = d.isapiList(lens)
	}
	kept := map[int]bool{}
	for _, one := range regions {
		if isapiNowhere(one) {
			continue
		}
		kept[one.ID] = true
		token := isapiToken(lens, one.ID)
		d.mu.Lock()
		d.own.enabled[token] = one.Enabled
		d.mu.Unlock()
		var px [][2]int
		for _, p := range one.Corners {
			px = append(px, [2]int{p.X, isapiHigh - p.Y})
		}
		d.putMask(Mask{Token: token, Lens: lens, Polygon: unpixels(px, isapiWide, isapiHigh), Enabled: shown && one.Enabled})
	}
	for id := 1; id <= isapiRegions; id++ {
		if !kept[id] {
			d.dropMask(isapiToken(lens, id))
		}
	}
}
