package sim

import (
	"slices"
	"strconv"
	"strings"
	"sync"
)

const imagingService = "/onvif/imaging_service"

// imaging is what a lens does for its picture (ONVIF ImagingSettings20); the
// levels go from 0 to 100.
type imaging struct {
	brightness, saturation, contrast, sharpness float64
	irCutFilter                                 string // ON, OFF, AUTO
}

// imagings holds the settings of all lenses.
type imagings struct {
	mu   sync.Mutex
	list []imaging
}

func newImagings(lenses int) *imagings {
	return &imagings{list: slices.Repeat([]imaging{{50, 50, 50, 50, "AUTO"}}, lenses)}
}

func (i *imagings) of(lens int) imaging {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.list[lens-1]
}

const inImaging = "(tt:BacklightCompensation?(~) tt:Brightness? tt:ColorSaturation? tt:Contrast? tt:Exposure?(~) tt:Focus?(~) " +
	"tt:IrCutFilter? tt:Sharpness? tt:WideDynamicRange?(~) tt:WhiteBalance?(~) tt:Extension?(~))"

func (d *Device) imagingOps() service {
	capabilities := el("timg:Capabilities", attr{"ImageStabilization", "false"})
	source := func(q *request) (int, *soapFault) {
		n, f := d.lensOf(q.value(nsTIMG, "VideoSourceToken"), "source_")
		if f != nil {
			f = senderFault("there is no such video source", "ter:InvalidArgVal", "ter:NoSource")
		}
		return n, f
	}
	return service{path: imagingService, namespace: nsTIMG, capabilities: capabilities, ops: map[string]operation{
		"GetServiceCapabilities": {open: true, do: func(*request) (elem, *soapFault) {
			return el("timg:GetServiceCapabilitiesResponse", capabilities), nil
		}},
		"GetImagingSettings": {in: "VideoSourceToken", do: func(q *request) (elem, *soapFault) {
			n, f := source(q)
			if f != nil {
				return elem{}, f
			}
			s := d.imaging.of(n)
			return el("timg:GetImagingSettingsResponse", el("timg:ImagingSettings",
				el("tt:Brightness", s.brightness), el("tt:ColorSaturation", s.saturation), el("tt:Contrast", s.contrast),
				el("tt:IrCutFilter", s.irCutFilter), el("tt:Sharpness", s.sharpness))), nil
		}},
		"GetOptions": {in: "VideoSourceToken", do: func(q *request) (elem, *soapFault) {
			if _, f := source(q); f != nil {
				return elem{}, f
			}
			return el("timg:GetOptionsResponse", el("timg:ImagingOptions",
				span("tt:Brightness", 0, 100), span("tt:ColorSaturation", 0, 100), span("tt:Contrast", 0, 100),
				el("tt:IrCutFilterModes", "ON"), el("tt:IrCutFilterModes", "OFF"), el("tt:IrCutFilterModes", "AUTO"),
				span("tt:Sharpness", 0, 100))), nil
		}},
		"SetImagingSettings": {in: "VideoSourceToken ImagingSettings" + inImaging + " ForcePersistence?", do: func(q *request) (elem, *soapFault) {
			n, f := source(q)
			if f == nil {
				f = d.setImaging(n, q.child(nsTIMG, "ImagingSettings"))
			}
			return el("timg:SetImagingSettingsResponse"), f
		}},
	}}
}

// setImaging changes what is named and leaves the rest (ONVIF Imaging §5.1.2).
func (d *Device) setImaging(lens int, q *node) *soapFault {
	bad := senderFault("the settings are not those of the options", "ter:InvalidArgVal", "ter:SettingsInvalid")
	d.imaging.mu.Lock()
	defer d.imaging.mu.Unlock()
	s := d.imaging.list[lens-1]
	for _, k := range q.kids {
		text := strings.TrimSpace(k.text)
		level := map[string]*float64{"Brightness": &s.brightness, "ColorSaturation": &s.saturation, "Contrast": &s.contrast, "Sharpness": &s.sharpness}[k.name.Local]
		switch {
		case level != nil:
			v, err := strconv.ParseFloat(text, 64)
			if err != nil || !(v >= 0 && v <= 100) {
				return bad
			}
			*level = v
		case k.name.Local == "IrCutFilter":
			if text != "ON" && text != "OFF" && text != "AUTO" {
				return bad
			}
			s.irCutFilter = text
		default:
			return bad
		}
	}
	d.imaging.list[lens-1] = s
	return nil
}
