package sim

import (
	"fmt"
	"maps"
	"math"
	"strconv"
	"strings"
)

func (d *Device) media2Ops() service {
	ops := map[string]operation{
		"GetServiceCapabilities": {open: true, do: func(*request) (elem, *soapFault) {
			return el("tr2:GetServiceCapabilitiesResponse", d.media2Capabilities()), nil
		}},
		"GetProfiles":                  {in: "Token? Type*", do: d.getProfiles2},
		"GetVideoSourceConfigurations": {in: "ConfigurationToken? ProfileToken?", do: d.getVideoSourceConfigurations2},
		"GetVideoEncoderConfigurations": {in: "ConfigurationToken? ProfileToken?", do: func(q *request) (elem, *soapFault) {
			var list []elem
			for _, p := range d.profiles() {
				if want := q.value(nsTR2, "ProfileToken"); want == "" || want == p.token {
					list = append(list, d.videoEncoder2("tr2:Configurations", p))
				}
			}
			return el("tr2:GetVideoEncoderConfigurationsResponse", list), nil
		}},
		"GetAnalyticsConfigurations": {in: "ConfigurationToken? ProfileToken?", do: func(*request) (elem, *soapFault) {
			r := el("tr2:GetAnalyticsConfigurationsResponse")
			for n := range d.lens {
				if e := d.analyticsElem("tr2:Configurations", n+1); e.name != "" {
					r.kids = append(r.kids, e)
				}
			}
			return r, nil
		}},
		"GetStreamUri":   {in: "Protocol ProfileToken", do: d.getStreamURI2},
		"GetSnapshotUri": {in: "ProfileToken", do: d.getSnapshotURI2},
		"GetOSDs": {in: "OSDToken? ConfigurationToken?", do: func(q *request) (elem, *soapFault) {
			return d.osds("tr2", q.value(nsTR2, "ConfigurationToken"), q.value(nsTR2, "OSDToken"))
		}},
	}
	maps.Copy(ops, d.sound2Ops())
	if d.cam.Masks {
		ops["GetMasks"] = operation{in: "Token? ConfigurationToken?", do: d.getMasks}
		ops["GetMaskOptions"] = operation{in: "ConfigurationToken", do: d.getMaskOptions}
		ops["CreateMask"] = operation{in: "Mask(~)", do: d.createMaskOp}
		ops["SetMask"] = operation{in: "Mask(~)", do: d.setMaskOp}
		ops["DeleteMask"] = operation{in: "Token", do: d.deleteMaskOp}
	}
	return service{path: media2Service, namespace: nsTR2, capabilities: d.media2Capabilities(), ops: ops}
}

func (d *Device) media2Capabilities() elem {
	kinds := "VideoSource VideoEncoder"
	if d.cam.Sound {
		kinds += " AudioSource AudioEncoder"
	}
	if d.hasAnalytics() {
		kinds += " Analytics"
	}
	if d.cam.PTZ {
		kinds += " PTZ"
	}
	return el("tr2:Capabilities",
		attr{"SnapshotUri", "true"}, attr{"OSD", strconv.FormatBool(len(d.cam.OSD) > 0)},
		attr{"Mask", strconv.FormatBool(d.cam.Masks)}, attr{"SourceMask", strconv.FormatBool(d.cam.Masks && !d.cam.SplitConfigurations)},
		el("tr2:ProfileCapabilities", attr{"MaximumNumberOfProfiles", strconv.Itoa(len(d.profiles()))}, attr{"ConfigurationsSupported", kinds}),
		el("tr2:StreamingCapabilities", attr{"RTSPStreaming", "true"}, attr{"RTPMulticast", "false"}, attr{"RTP_RTSP_TCP", "true"}))
}

// getProfiles2 lists names and tokens, and of the configurations only the
// kinds that are asked for (Media2 §5.2.2).
func (d *Device) getProfiles2(q *request) (elem, *soapFault) {
	token := q.value(nsTR2, "Token")
	kinds := map[string]bool{}
	for _, k := range q.kids {
		if k.name.Space == nsTR2 && k.name.Local == "Type" {
			kinds[strings.TrimSpace(k.text)] = true
		}
	}
	var list []elem
	for _, p := range d.profiles() {
		if token != "" && token != p.token {
			continue
		}
		var set []elem
		add := func(kind string, e elem) {
			if e.name != "" && (kinds[kind] || kinds["All"]) {
				set = append(set, e)
			}
		}
		c, _ := d.configuration(p.config)
		source, sound := d.audioOf(p.token, "tr2:AudioSource", "tr2:AudioEncoder", d.audioEncoder2Elem)
		add("VideoSource", d.videoSourceElem("tr2:VideoSource", c))
		add("AudioSource", source)
		add("VideoEncoder", d.videoEncoder2("tr2:VideoEncoder", p))
		add("AudioEncoder", sound)
		add("Analytics", d.analyticsElem("tr2:Analytics", p.lens))
		add("PTZ", d.ptzConfigurationElem("tr2:PTZ", p.lens))
		e := el("tr2:Profiles", attr{"token", p.token}, attr{"fixed", "true"}, el("tr2:Name", p.name))
		if len(set) > 0 {
			e.kids = append(e.kids, el("tr2:Configurations", set))
		}
		list = append(list, e)
	}
	if token != "" && len(list) == 0 {
		return elem{}, senderFault("there is no such profile", "ter:InvalidArgVal", "ter:NoProfile")
	}
	return el("tr2:GetProfilesResponse", list), nil
}

func (d *Device) videoEncoder2(name string, p profile) elem {
	w, h := d.size(p.path)
	e := el(name, attr{"token", "vec_" + p.token}, attr{"GovLength", strconv.Itoa(d.gop())})
	switch d.cam.Codec {
	case codecH264:
		e.attrs = append(e.attrs, attr{"Profile", "High"})
	case codecH265:
		e.attrs = append(e.attrs, attr{"Profile", "Main"})
	}
	e.kids = []elem{
		el("tt:Name", "Encoder "+p.token), el("tt:UseCount", 1), el("tt:Encoding", d.encoding()), resolution(w, h),
		el("tt:RateControl", attr{"ConstantBitRate", "false"}, el("tt:FrameRateLimit", d.cam.FPS), el("tt:BitrateLimit", 4096)),
		el("tt:Quality", 5),
	}
	return e
}

func (d *Device) getVideoSourceConfigurations2(q *request) (elem, *soapFault) {
	want, of := q.value(nsTR2, "ConfigurationToken"), q.value(nsTR2, "ProfileToken")
	if want != "" {
		if _, f := d.configuration(want); f != nil {
			return elem{}, f
		}
	}
	if of != "" {
		if _, f := d.profile(of); f != nil {
			return elem{}, f
		}
	}
	var list []elem
	for _, c := range d.configurations() {
		if want == "" || want == c.token {
			// All of these are compatible with every profile of the device.
			list = append(list, d.videoSourceElem("tr2:Configurations", c))
		}
	}
	return el("tr2:GetVideoSourceConfigurationsResponse", list), nil
}

func (d *Device) getStreamURI2(q *request) (elem, *soapFault) {
	p, f := d.profile(q.value(nsTR2, "ProfileToken"))
	if f != nil {
		return elem{}, f
	}
	switch protocol := q.value(nsTR2, "Protocol"); protocol {
	case "RTSP", "RtspUnicast":
		return el("tr2:GetStreamUriResponse", el("tr2:Uri", d.streamURL(p.lens, p.path))), nil
	default:
		return elem{}, senderFault("protocols are RTSP and RtspUnicast", "ter:InvalidArgVal", "ter:InvalidStreamSetup")
	}
}

func (d *Device) getSnapshotURI2(q *request) (elem, *soapFault) {
	p, f := d.profile(q.value(nsTR2, "ProfileToken"))
	if f != nil {
		return elem{}, f
	}
	return el("tr2:GetSnapshotUriResponse", el("tr2:Uri", d.url(q, snapshotPath(p.lens, p.path)))), nil
}

func (d *Device) getMasks(q *request) (elem, *soapFault) {
	token, config := q.value(nsTR2, "Token"), q.value(nsTR2, "ConfigurationToken")
	if config != "" {
		if _, f := d.configuration(config); f != nil {
			return elem{}, f
		}
	}
	var list []elem
	for _, m := range d.Masks() {
		if m.Configuration != "" && (token == "" || token == m.Token) && (config == "" || config == m.Configuration) {
			list = append(list, maskElem(m))
		}
	}
	if token != "" && len(list) == 0 {
		return elem{}, noConfig("no mask has this token")
	}
	return el("tr2:GetMasksResponse", list), nil
}

func black(name string) elem {
	return el(name, attr{"X", "0"}, attr{"Y", "128"}, attr{"Z", "128"}, attr{"Colorspace", "http://www.onvif.org/ver10/colorspace/YCbCr"})
}

// maskElem writes a mask in ONVIF's coordinates: -1..1, y up.
func maskElem(m Mask) elem {
	var points []elem
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	for _, p := range m.Polygon {
		points = append(points, el("tt:Point", attr{"x", number(2*p.X - 1)}, attr{"y", number(1 - 2*p.Y)}))
	}
	return el("tr2:Masks", attr{"token", m.Token},
		el("tr2:ConfigurationToken", m.Configuration), el("tr2:Polygon", points), el("tr2:Type", maskColor),
		black("tr2:Color"), el("tr2:Enabled", m.Enabled))
}

func (d *Device) getMaskOptions(q *request) (elem, *soapFault) {
	if _, f := d.configuration(q.value(nsTR2, "ConfigurationToken")); f != nil {
		return elem{}, f
	}
	return el("tr2:GetMaskOptionsResponse", el("tr2:Options",
		attr{"RectangleOnly", strconv.FormatBool(d.cam.RectangleOnly)}, attr{"SingleColorOnly", "true"},
		el("tr2:MaxMasks", d.cam.MaxMasks), el("tr2:MaxPoints", d.maxPoints()), el("tr2:Types", maskColor),
		el("tr2:Color", black("tt:ColorList")))), nil
}

func (d *Device) createMaskOp(q *request) (elem, *soapFault) {
	m, f := parseMask(q.node)
	if f != nil {
		return elem{}, f
	}
	token, f := d.createMask(m)
	if f != nil {
		return elem{}, f
	}
	return el("tr2:CreateMaskResponse", el("tr2:Token", token)), nil
}

func (d *Device) setMaskOp(q *request) (elem, *soapFault) {
	m, f := parseMask(q.node)
	if f != nil {
		return elem{}, f
	}
	if f := d.setMask(m); f != nil {
		return elem{}, f
	}
	return el("tr2:SetMaskResponse"), nil
}

func (d *Device) deleteMaskOp(q *request) (elem, *soapFault) {
	if f := d.deleteMask(q.value(nsTR2, "Token")); f != nil {
		return elem{}, f
	}
	return el("tr2:DeleteMaskResponse"), nil
}

// parseMask reads tr2:Mask as the schema has it: children in order and in
// their namespaces, as strict devices demand.
func parseMask(q *node) (Mask, *soapFault) {
	m := q.child(nsTR2, "Mask")
	if m == nil {
		return Mask{}, senderFault("tr2:Mask is missing", "ter:InvalidArgs")
	}
	order := []string{"ConfigurationToken", "Polygon", "Type", "Color", "Enabled"}
	next := 0
	for _, k := range m.kids {
		for next < len(order) && k.name.Local != order[next] {
			next++
		}
		if k.name.Space != nsTR2 || next == len(order) {
			return Mask{}, senderFault(fmt.Sprintf("%s does not belong here in tr2:Mask", k.name.Local), "ter:TagMismatch")
		}
		next++
	}
	for _, name := range []string{"ConfigurationToken", "Polygon", "Type", "Enabled"} {
		if m.child(nsTR2, name) == nil {
			return Mask{}, senderFault("tr2:"+name+" is missing in tr2:Mask", "ter:InvalidArgs")
		}
	}
	out := Mask{Configuration: m.value(nsTR2, "ConfigurationToken")}
	out.Token, _ = m.attr("token")
	for _, k := range m.child(nsTR2, "Polygon").kids {
		if k.name.Space != nsTT || k.name.Local != "Point" {
			return Mask{}, senderFault("a polygon has tt:Point elements", "ter:TagMismatch")
		}
		x, errX := number(k, "x")
		y, errY := number(k, "y")
		if errX != nil || errY != nil {
			return Mask{}, senderFault("a point needs numbers x and y", "ter:InvalidArgs")
		}
		out.Polygon = append(out.Polygon, Point{X: (x + 1) / 2, Y: (1 - y) / 2})
	}
	if m.value(nsTR2, "Type") != maskColor {
		return Mask{}, receiverFault("the only mask type is Color", "ter:InvalidArgVal", "ter:ConfigModify")
	}
	switch m.value(nsTR2, "Enabled") {
	case "true", "1":
		out.Enabled = true
	case "false", "0":
	default:
		return Mask{}, senderFault("Enabled must be true or false", "ter:InvalidArgs")
	}
	return out, nil
}

func number(n *node, name string) (float64, error) {
	s, _ := n.attr(name)
	v, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err == nil && (math.IsNaN(v) || math.IsInf(v, 0)) {
		err = fmt.Errorf("%s is not a number", name)
	}
	return v, err
}
