package sim

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// configuration is a video source configuration: what masks and OSDs belong to.
type configuration struct {
	token    string
	lens     int
	useCount int
}

// profile is one way out of a lens, as ONVIF sees it.
type profile struct {
	token, name, config string
	lens                int
	path                string
}

func (d *Device) profiles() []profile {
	var list []profile
	for n := 1; n <= d.cam.Lenses; n++ {
		for _, path := range d.paths() {
			list = append(list, profile{
				token: profileToken(n, path), name: fmt.Sprintf("Lens %d %s", n, path),
				config: d.configurationOf(n, path), lens: n, path: path,
			})
		}
	}
	return list
}

func profileToken(lens int, path string) string { return fmt.Sprintf("lens%d_%s", lens, path) }

// configurationOf is the token of the video source configuration of a path.
func (d *Device) configurationOf(lens int, path string) string {
	token := "vsc_" + strconv.Itoa(lens)
	if d.cam.SplitConfigurations && path == pathSub {
		token += "_sub"
	}
	return token
}

func (d *Device) configurations() []configuration {
	var list []configuration
	for _, p := range d.profiles() {
		i := slices.IndexFunc(list, func(c configuration) bool { return c.token == p.config })
		if i < 0 {
			list = append(list, configuration{token: p.config, lens: p.lens, useCount: 1})
			continue
		}
		list[i].useCount++
	}
	return list
}

func (d *Device) configuration(token string) (configuration, *soapFault) {
	for _, c := range d.configurations() {
		if c.token == token {
			return c, nil
		}
	}
	return configuration{}, noConfig("there is no such video source configuration")
}

func (d *Device) profile(token string) (profile, *soapFault) {
	for _, p := range d.profiles() {
		if p.token == token {
			return p, nil
		}
	}
	return profile{}, senderFault("there is no such profile", "ter:InvalidArgVal", "ter:NoProfile")
}

func microphoneToken(n int) string { return "microphone_" + strconv.Itoa(n) }

func sourceToken(lens int) string { return "source_" + strconv.Itoa(lens) }

// encoding is the codec's name in ONVIF.
func (d *Device) encoding() string {
	switch d.cam.Codec {
	case codecH264:
		return "H264"
	case codecH265:
		return "H265"
	default:
		return "JPEG"
	}
}

func (d *Device) mediaOps() service {
	ops := map[string]operation{
		"GetServiceCapabilities": {open: true, do: func(*request) (elem, *soapFault) {
			return el("trt:GetServiceCapabilitiesResponse", d.mediaCapabilities()), nil
		}},
		"GetProfiles": {do: func(*request) (elem, *soapFault) {
			var list []elem
			for _, p := range d.profiles() {
				list = append(list, d.profileElem("trt:Profiles", p))
			}
			return el("trt:GetProfilesResponse", list), nil
		}},
		"GetProfile": {in: "ProfileToken", do: func(q *request) (elem, *soapFault) {
			p, f := d.profile(q.value(nsTRT, "ProfileToken"))
			if f != nil {
				return elem{}, f
			}
			return el("trt:GetProfileResponse", d.profileElem("trt:Profile", p)), nil
		}},
		"GetVideoSources": {do: func(*request) (elem, *soapFault) {
			var list []elem
			for n := 1; n <= d.cam.Lenses; n++ {
				list = append(list, el("trt:VideoSources", attr{"token", sourceToken(n)},
					el("tt:Framerate", d.cam.FPS), resolution(d.cam.Width, d.cam.Height)))
			}
			return el("trt:GetVideoSourcesResponse", list), nil
		}},
		"GetVideoSourceConfigurations": {do: func(*request) (elem, *soapFault) {
			var list []elem
			for _, c := range d.configurations() {
				list = append(list, d.videoSourceElem("trt:Configurations", c))
			}
			return el("trt:GetVideoSourceConfigurationsResponse", list), nil
		}},
		"GetStreamUri": {in: "StreamSetup(tt:Stream tt:Transport(tt:Protocol tt:Tunnel?(~))) ProfileToken", do: func(q *request) (elem, *soapFault) {
			p, f := d.profile(q.value(nsTRT, "ProfileToken"))
			if f != nil {
				return elem{}, f
			}
			setup := q.child(nsTRT, "StreamSetup")
			if setup.value(nsTT, "Stream") != "RTP-Unicast" {
				return elem{}, senderFault("only RTP-Unicast is possible", "ter:InvalidArgVal", "ter:InvalidStreamSetup")
			}
			return el("trt:GetStreamUriResponse", mediaURI(d.streamURL(p.lens, p.path))), nil
		}},
		"GetSnapshotUri": {in: "ProfileToken", do: func(q *request) (elem, *soapFault) {
			p, f := d.profile(q.value(nsTRT, "ProfileToken"))
			if f != nil {
				return elem{}, f
			}
			return el("trt:GetSnapshotUriResponse", mediaURI(d.url(q, snapshotPath(p.lens, p.path)))), nil
		}},
		"GetOSDs": {in: "ConfigurationToken?", do: func(q *request) (elem, *soapFault) {
			return d.osds("trt", q.value(nsTRT, "ConfigurationToken"), "")
		}},
	}
	maps.Copy(ops, d.soundOps())
	return service{path: mediaService, namespace: nsTRT, capabilities: d.mediaCapabilities(), ops: ops}
}

func (d *Device) mediaCapabilities() elem {
	return el("trt:Capabilities", attr{"SnapshotUri", "true"}, attr{"OSD", strconv.FormatBool(len(d.cam.OSD) > 0)},
		el("trt:ProfileCapabilities", attr{"MaximumNumberOfProfiles", strconv.Itoa(len(d.profiles()))}),
		el("trt:StreamingCapabilities", attr{"RTPMulticast", "false"}, attr{"RTP_TCP", "true"}, attr{"RTP_RTSP_TCP", "true"}))
}

func mediaURI(uri string) elem {
	return el("trt:MediaUri", el("tt:Uri", uri), el("tt:InvalidAfterConnect", false),
		el("tt:InvalidAfterReboot", false), el("tt:Timeout", "PT0S"))
}

func resolution(w, h int) elem {
	return el("tt:Resolution", el("tt:Width", w), el("tt:Height", h))
}

func (d *Device) videoSourceElem(name string, c configuration) elem {
	return el(name, attr{"token", c.token},
		el("tt:Name", "Video source "+c.token), el("tt:UseCount", c.useCount), el("tt:SourceToken", sourceToken(c.lens)),
		el("tt:Bounds", attr{"x", "0"}, attr{"y", "0"}, attr{"width", strconv.Itoa(d.cam.Width)}, attr{"height", strconv.Itoa(d.cam.Height)}))
}

func noMulticast() elem {
	return el("tt:Multicast", el("tt:Address", el("tt:Type", "IPv4"), el("tt:IPv4Address", "0.0.0.0")),
		el("tt:Port", 0), el("tt:TTL", 0), el("tt:AutoStart", false))
}

// gop is the distance of key frames, in frames.
func (d *Device) gop() int {
	if d.cam.Codec == codecMJPEG {
		return 1
	}
	return max(1, int(d.cam.KeyInterval.Seconds()*float64(d.cam.FPS)))
}

// profileElem is a profile as the first Media service shows it. That service
// has no word for H.265 (tt:VideoEncoding): such an encoder is left out.
func (d *Device) profileElem(name string, p profile) elem {
	c, _ := d.configuration(p.config)
	w, h := d.size(p.path)
	var encoder elem
	if d.cam.Codec != codecH265 {
		encoder = el("tt:VideoEncoderConfiguration", attr{"token", "vec_" + p.token},
			el("tt:Name", "Encoder "+p.token), el("tt:UseCount", 1), el("tt:Encoding", d.encoding()), resolution(w, h), el("tt:Quality", 5),
			el("tt:RateControl", el("tt:FrameRateLimit", d.cam.FPS), el("tt:EncodingInterval", 1), el("tt:BitrateLimit", 4096)))
		if d.cam.Codec == codecH264 {
			encoder.kids = append(encoder.kids, el("tt:H264", el("tt:GovLength", d.gop()), el("tt:H264Profile", "High")))
		}
		encoder.kids = append(encoder.kids, noMulticast(), el("tt:SessionTimeout", "PT60S"))
	}
	source, sound := d.audioOf(p.token, "tt:AudioSourceConfiguration", "tt:AudioEncoderConfiguration", d.audioEncoderElem)
	return el(name, attr{"token", p.token}, attr{"fixed", "true"}, el("tt:Name", p.name),
		d.videoSourceElem("tt:VideoSourceConfiguration", c), source,
		encoder, sound, d.analyticsElem("tt:VideoAnalyticsConfiguration", p.lens), d.ptzConfigurationElem("tt:PTZConfiguration", p.lens))
}

// osds lists the on-screen texts; both Media services have them, in the same
// words. Empty tokens mean all.
func (d *Device) osds(prefix, config, token string) (elem, *soapFault) {
	if config != "" {
		if _, f := d.configuration(config); f != nil {
			return elem{}, f
		}
	}
	var list []elem
	for _, c := range d.configurations() {
		if config != "" && c.token != config {
			continue
		}
		for i, text := range d.cam.OSD {
			own := fmt.Sprintf("osd_%s_%d", c.token, i+1)
			if token != "" && token != own {
				continue
			}
			list = append(list, el(prefix+":OSDs", attr{"token", own},
				el("tt:VideoSourceConfigurationToken", c.token), el("tt:Type", "Text"),
				el("tt:Position", el("tt:Type", "LowerLeft")),
				el("tt:TextString", el("tt:Type", "Plain"), el("tt:PlainText", text))))
		}
	}
	if token != "" && len(list) == 0 {
		return elem{}, noConfig("no OSD has this token")
	}
	return el(prefix+":GetOSDsResponse", list), nil
}
