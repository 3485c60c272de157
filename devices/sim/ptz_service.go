package sim

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

const (
	tptz             = "http://www.onvif.org/ver10/tptz/"
	spacePanTilt     = tptz + "PanTiltSpaces/PositionGenericSpace"
	spaceZoom        = tptz + "ZoomSpaces/PositionGenericSpace"
	spacePanTiltBy   = tptz + "PanTiltSpaces/TranslationGenericSpace"
	spaceZoomBy      = tptz + "ZoomSpaces/TranslationGenericSpace"
	spacePanTiltRate = tptz + "PanTiltSpaces/VelocityGenericSpace"
	spaceZoomRate    = tptz + "ZoomSpaces/VelocityGenericSpace"
	spacePanTiltFast = tptz + "PanTiltSpaces/GenericSpeedSpace"
	spaceZoomFast    = tptz + "ZoomSpaces/ZoomGenericSpeedSpace"

	// ptzTimeout ends a continuous move that names no end.
	ptzTimeout = 10 * time.Second
)

// Vectors in requests, PTZSpeed and PTZVector alike.
const inVector = "(tt:PanTilt? tt:Zoom?)"

func (d *Device) ptzOps() service {
	if !d.cam.PTZ {
		return service{}
	}
	// on runs an operation on the motor behind a profile.
	on := func(do func(q *request, l *source) (elem, *soapFault)) func(*request) (elem, *soapFault) {
		return func(q *request) (elem, *soapFault) {
			p, f := d.profile(q.value(nsPTZ, "ProfileToken"))
			if f != nil {
				return elem{}, f
			}
			return do(q, d.lens[p.lens-1])
		}
	}
	return service{path: ptzService, namespace: nsPTZ, capabilities: ptzCapabilities(), ops: map[string]operation{
		"GetServiceCapabilities": {open: true, do: func(*request) (elem, *soapFault) {
			return el("tptz:GetServiceCapabilitiesResponse", ptzCapabilities()), nil
		}},
		"GetNodes": {do: func(*request) (elem, *soapFault) {
			r := el("tptz:GetNodesResponse")
			for n := range d.lens {
				r.kids = append(r.kids, ptzNode(n+1))
			}
			return r, nil
		}},
		"GetNode": {in: "NodeToken", do: func(q *request) (elem, *soapFault) {
			n, f := d.lensOf(q.value(nsPTZ, "NodeToken"), "ptz_")
			if f != nil {
				return elem{}, f
			}
			return el("tptz:GetNodeResponse", ptzNode(n)), nil
		}},
		"GetConfigurations": {do: func(*request) (elem, *soapFault) {
			r := el("tptz:GetConfigurationsResponse")
			for n := range d.lens {
				r.kids = append(r.kids, d.ptzConfigurationElem("tptz:PTZConfiguration", n+1))
			}
			return r, nil
		}},
		"GetConfiguration": {in: "PTZConfigurationToken", do: func(q *request) (elem, *soapFault) {
			n, f := d.lensOf(q.value(nsPTZ, "PTZConfigurationToken"), "ptzc_")
			if f != nil {
				return elem{}, f
			}
			return el("tptz:GetConfigurationResponse", d.ptzConfigurationElem("tptz:PTZConfiguration", n)), nil
		}},
		"GetConfigurationOptions": {in: "ConfigurationToken", do: func(q *request) (elem, *soapFault) {
			if _, f := d.lensOf(q.value(nsPTZ, "ConfigurationToken"), "ptzc_"); f != nil {
				return elem{}, f
			}
			return el("tptz:GetConfigurationOptionsResponse", el("tptz:PTZConfigurationOptions", el("tt:Spaces", ptzSpaces()),
				el("tt:PTZTimeout", el("tt:Min", "PT1S"), el("tt:Max", "PT60S")))), nil
		}},
		"GetPresets": {in: "ProfileToken", do: on(func(_ *request, l *source) (elem, *soapFault) {
			r := el("tptz:GetPresetsResponse")
			f := l.turn(func(m *motor, _ time.Time) *soapFault {
				for _, p := range m.presets {
					r.kids = append(r.kids, el("tptz:Preset", attr{"token", p.Token}, el("tt:Name", p.Name), ptzPosition("tt:PTZPosition", p.pose())))
				}
				return nil
			})
			return r, f
		})},
		"SetPreset": {in: "ProfileToken PresetName? PresetToken?", do: on(func(q *request, l *source) (elem, *soapFault) {
			var token string
			f := l.turn(func(m *motor, now time.Time) (f *soapFault) {
				token, f = m.setPreset(now, q.value(nsPTZ, "PresetName"), q.value(nsPTZ, "PresetToken"))
				return f
			})
			return el("tptz:SetPresetResponse", el("tptz:PresetToken", token)), f
		})},
		"RemovePreset": {in: "ProfileToken PresetToken", do: on(func(q *request, l *source) (elem, *soapFault) {
			return el("tptz:RemovePresetResponse"), l.turn(func(m *motor, _ time.Time) *soapFault {
				i, f := m.preset(q.value(nsPTZ, "PresetToken"))
				if f == nil {
					m.presets = append(m.presets[:i:i], m.presets[i+1:]...)
				}
				return f
			})
		})},
		"GotoPreset": {in: "ProfileToken PresetToken Speed?" + inVector, do: on(func(q *request, l *source) (elem, *soapFault) {
			rate, f := ptzSpeed(q.node)
			if f == nil {
				f = l.goToPreset(q.value(nsPTZ, "PresetToken"), rate)
			}
			return el("tptz:GotoPresetResponse"), f
		})},
		"GotoHomePosition": {in: "ProfileToken Speed?" + inVector, do: on(func(q *request, l *source) (elem, *soapFault) {
			rate, f := ptzSpeed(q.node)
			if f != nil {
				return elem{}, f
			}
			return el("tptz:GotoHomePositionResponse"), l.turn(func(m *motor, now time.Time) *soapFault {
				l.gotoPose(now, m.home, rate, false)
				return nil
			})
		})},
		"SetHomePosition": {in: "ProfileToken", do: on(func(_ *request, l *source) (elem, *soapFault) {
			return el("tptz:SetHomePositionResponse"), l.turn(func(m *motor, now time.Time) *soapFault {
				m.home, _, _ = m.at(now)
				return nil
			})
		})},
		"AbsoluteMove":   {in: "ProfileToken Position" + inVector + " Speed?" + inVector, do: on(d.ptzAbsoluteMove)},
		"RelativeMove":   {in: "ProfileToken Translation" + inVector + " Speed?" + inVector, do: on(d.ptzRelativeMove)},
		"ContinuousMove": {in: "ProfileToken Velocity" + inVector + " Timeout?", do: on(d.ptzContinuousMove)},
		"Stop": {in: "ProfileToken PanTilt? Zoom?", do: on(func(q *request, l *source) (elem, *soapFault) {
			panTilt, f1 := q.boolean(nsPTZ, "PanTilt", true)
			zoom, f2 := q.boolean(nsPTZ, "Zoom", true)
			if f := firstFault(f1, f2); f != nil {
				return elem{}, f
			}
			return el("tptz:StopResponse"), l.turn(func(m *motor, now time.Time) *soapFault {
				m.stop(now, panTilt, zoom)
				return nil
			})
		})},
		"GetStatus": {in: "ProfileToken", do: on(func(_ *request, l *source) (elem, *soapFault) {
			var p pose
			var turning, zooming bool
			f := l.turn(func(m *motor, now time.Time) *soapFault {
				p, turning, zooming = m.at(now)
				return nil
			})
			word := map[bool]string{false: "IDLE", true: "MOVING"}
			return el("tptz:GetStatusResponse", el(
				"tptz:PTZStatus", ptzPosition("tt:Position", p),
				el("tt:MoveStatus", el("tt:PanTilt", word[turning]), el("tt:Zoom", word[zooming])),
				el("tt:UtcTime", utc(d.now())),
			)), f
		})},
	}}
}

func (d *Device) ptzAbsoluteMove(q *request, l *source) (elem, *soapFault) {
	rate, f := ptzSpeed(q.node)
	if f != nil {
		return elem{}, f
	}
	return el("tptz:AbsoluteMoveResponse"), l.turn(func(m *motor, now time.Time) *soapFault {
		to, _, _ := m.at(now)
		if f := readVector(q.child(nsPTZ, "Position"), &to, spacePanTilt, spaceZoom); f != nil {
			return f
		}
		if !to.valid() {
			return senderFault("the position lies out of bounds", "ter:InvalidArgVal", "ter:InvalidPosition")
		}
		l.gotoPose(now, to, rate, false)
		return nil
	})
}

func (d *Device) ptzRelativeMove(q *request, l *source) (elem, *soapFault) {
	rate, f := ptzSpeed(q.node)
	if f != nil {
		return elem{}, f
	}
	return el("tptz:RelativeMoveResponse"), l.turn(func(m *motor, now time.Time) *soapFault {
		var by pose
		if f := readVector(q.child(nsPTZ, "Translation"), &by, spacePanTiltBy, spaceZoomBy); f != nil {
			return f
		}
		if math.Abs(by.pan) > 2 || math.Abs(by.tilt) > 2 || math.Abs(by.zoom) > 1 {
			return senderFault("the translation is out of bounds", "ter:InvalidArgVal", "ter:InvalidTranslation")
		}
		p, _, _ := m.at(now)
		l.gotoPose(now, pose{p.pan + by.pan, p.tilt + by.tilt, p.zoom + by.zoom}.clamp(), rate, false)
		return nil
	})
}

func (d *Device) ptzContinuousMove(q *request, l *source) (elem, *soapFault) {
	var rate pose
	if f := readVector(q.child(nsPTZ, "Velocity"), &rate, spacePanTiltRate, spaceZoomRate); f != nil {
		return elem{}, f
	}
	if math.Abs(rate.pan) > 1 || math.Abs(rate.tilt) > 1 || math.Abs(rate.zoom) > 1 {
		return elem{}, senderFault("the velocity is out of bounds", "ter:InvalidArgVal", "ter:InvalidVelocity")
	}
	timeout := ptzTimeout
	if s := q.value(nsPTZ, "Timeout"); s != "" {
		var err error
		if timeout, err = parseDuration(s); err != nil || timeout <= 0 || timeout > time.Minute {
			return elem{}, senderFault("the time-out is not one of 1 to 60 seconds", "ter:InvalidArgVal", "ter:TimeoutNotSupported")
		}
	}
	return el("tptz:ContinuousMoveResponse"), l.turn(func(m *motor, now time.Time) *soapFault {
		l.stuck = nil
		m.move(now, rate, now.Add(timeout))
		return nil
	})
}

// readVector puts what a vector names into p, and leaves the rest.
func readVector(n *node, p *pose, panTilt, zoom string) *soapFault {
	space := func(k *node, want string) *soapFault {
		if s, ok := k.attr("space"); ok && s != want {
			return senderFault("this space is not supported", "ter:InvalidArgVal", "ter:SpaceNotSupported")
		}
		return nil
	}
	if k := n.child(nsTT, "PanTilt"); k != nil {
		x, errX := number(k, "x")
		y, errY := number(k, "y")
		if errX != nil || errY != nil {
			return senderFault("PanTilt needs numbers x and y", "ter:InvalidArgs")
		}
		if f := space(k, panTilt); f != nil {
			return f
		}
		p.pan, p.tilt = x, y
	}
	if k := n.child(nsTT, "Zoom"); k != nil {
		x, err := number(k, "x")
		if err != nil {
			return senderFault("Zoom needs a number x", "ter:InvalidArgs")
		}
		if f := space(k, zoom); f != nil {
			return f
		}
		p.zoom = x
	}
	return nil
}

// ptzSpeed is the share of the full speed per axis; without a word it is all.
func ptzSpeed(q *node) (pose, *soapFault) {
	rate := pose{1, 1, 1}
	n := q.child(nsPTZ, "Speed")
	if n == nil {
		return rate, nil
	}
	if f := readVector(n, &rate, spacePanTiltFast, spaceZoomFast); f != nil {
		return rate, f
	}
	for _, v := range []float64{rate.pan, rate.tilt, rate.zoom} {
		if v < 0 || v > 1 {
			return rate, senderFault("the speed is out of bounds", "ter:InvalidArgVal", "ter:InvalidSpeed")
		}
	}
	return rate, nil
}

// lensOf takes the number of a lens off a token of the device's own making.
func (d *Device) lensOf(token, prefix string) (int, *soapFault) {
	s, ok := strings.CutPrefix(token, prefix)
	n, err := strconv.Atoi(s)
	if !ok || err != nil || n < 1 || n > len(d.lens) || strconv.Itoa(n) != s {
		return 0, senderFault(fmt.Sprintf("there is no %q", token), "ter:InvalidArgVal", "ter:NoEntity")
	}
	return n, nil
}

func ptzNode(n int) elem {
	return el("tptz:PTZNode", attr{"token", "ptz_" + strconv.Itoa(n)}, attr{"FixedHomePosition", "false"},
		el("tt:Name", "PTZ "+strconv.Itoa(n)), el("tt:SupportedPTZSpaces", ptzSpaces()),
		el("tt:MaximumNumberOfPresets", maxPresets), el("tt:HomeSupported", true))
}

func ptzSpaces() []elem {
	plane := func(name, uri string, limit int) elem {
		return el(name, el("tt:URI", uri), span("tt:XRange", -limit, limit), span("tt:YRange", -limit, limit))
	}
	line := func(name, uri string, lo, hi int) elem { return el(name, el("tt:URI", uri), span("tt:XRange", lo, hi)) }
	return []elem{
		plane("tt:AbsolutePanTiltPositionSpace", spacePanTilt, 1), line("tt:AbsoluteZoomPositionSpace", spaceZoom, 0, 1),
		plane("tt:RelativePanTiltTranslationSpace", spacePanTiltBy, 2), line("tt:RelativeZoomTranslationSpace", spaceZoomBy, -1, 1),
		plane("tt:ContinuousPanTiltVelocitySpace", spacePanTiltRate, 1), line("tt:ContinuousZoomVelocitySpace", spaceZoomRate, -1, 1),
		line("tt:PanTiltSpeedSpace", spacePanTiltFast, 0, 1), line("tt:ZoomSpeedSpace", spaceZoomFast, 0, 1),
	}
}

func ptzCapabilities() elem {
	return el("tptz:Capabilities", attr{"MoveStatus", "true"}, attr{"StatusPosition", "true"})
}

func span(name string, lo, hi int) elem { return el(name, el("tt:Min", lo), el("tt:Max", hi)) }

func ptzPosition(name string, p pose) elem {
	f := func(v float64) string { return strconv.FormatFloat(v, 'f', 4, 64) }
	return el(
		name,
		el("tt:PanTilt", attr{"x", f(p.pan)}, attr{"y", f(p.tilt)}, attr{"space", spacePanTilt}),
		el("tt:Zoom", attr{"x", f(p.zoom)}, attr{"space", spaceZoom}),
	)
}

// ptzConfigurationElem is the motor of a lens as the profiles name it.
func (d *Device) ptzConfigurationElem(name string, lens int) elem {
	if !d.cam.PTZ {
		return elem{}
	}
	n := strconv.Itoa(lens)
	return el(name, attr{"token", "ptzc_" + n}, el("tt:Name", "PTZ "+n), el("tt:UseCount", len(d.paths())), el("tt:NodeToken", "ptz_"+n),
		el("tt:DefaultAbsolutePantTiltPositionSpace", spacePanTilt), el("tt:DefaultAbsoluteZoomPositionSpace", spaceZoom),
		el("tt:DefaultPTZTimeout", formatDuration(ptzTimeout)))
}
