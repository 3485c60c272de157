package sim

import "strconv"

const (
	spacePanTilt = "http://www.onvif.org/ver10/tptz/PanTiltSpaces/PositionGenericSpace"
	spaceZoom    = "http://www.onvif.org/ver10/tptz/ZoomSpaces/PositionGenericSpace"
)

// ptzOps tells that the device can be turned, and how it stands. It has no
// operation to turn it: Device.Move is the hand on the camera.
func (d *Device) ptzOps() service {
	if !d.cam.PTZ {
		return service{}
	}
	return service{namespace: nsPTZ, ops: map[string]operation{
		"GetServiceCapabilities": {open: true, do: func(*node) (elem, *soapFault) {
			return el("tptz:GetServiceCapabilitiesResponse", ptzCapabilities()), nil
		}},
		"GetNodes": {do: func(*node) (elem, *soapFault) {
			return el("tptz:GetNodesResponse", el(
				"tptz:PTZNode", attr{"token", "ptz_1"}, el("tt:Name", "PTZ"),
				el("tt:SupportedPTZSpaces",
					el("tt:AbsolutePanTiltPositionSpace", el("tt:URI", spacePanTilt), span("tt:XRange", -1, 1), span("tt:YRange", -1, 1)),
					el("tt:AbsoluteZoomPositionSpace", el("tt:URI", spaceZoom), span("tt:XRange", 0, 1))),
				el("tt:MaximumNumberOfPresets", 8), el("tt:HomeSupported", false),
			)), nil
		}},
		"GetConfigurations": {do: func(*node) (elem, *soapFault) {
			return el("tptz:GetConfigurationsResponse", d.ptzConfigurationElem("tptz:PTZConfiguration")), nil
		}},
		"GetPresets": {do: func(q *node) (elem, *soapFault) {
			if _, f := d.profile(q.value(nsPTZ, "ProfileToken")); f != nil {
				return elem{}, f
			}
			return el("tptz:GetPresetsResponse", el("tptz:Preset", attr{"token", "preset_1"}, el("tt:Name", "Working position"), ptzPosition("tt:PTZPosition", 0, 0))), nil
		}},
		"GetStatus": {do: func(q *node) (elem, *soapFault) {
			p, f := d.profile(q.value(nsPTZ, "ProfileToken"))
			if f != nil {
				return elem{}, f
			}
			x, y := d.lens[p.lens-1].aim()
			return el("tptz:GetStatusResponse", el(
				"tptz:PTZStatus", ptzPosition("tt:Position", x, y),
				el("tt:MoveStatus", el("tt:PanTilt", "IDLE"), el("tt:Zoom", "IDLE")),
				el("tt:UtcTime", utc(d.now())),
			)), nil
		}},
	}}
}

func ptzCapabilities() elem { return el("tptz:Capabilities") }

func span(name string, lo, hi int) elem { return el(name, el("tt:Min", lo), el("tt:Max", hi)) }

func ptzPosition(name string, x, y float64) elem {
	f := func(v float64) string { return strconv.FormatFloat(v, 'f', 4, 64) }
	return el(
		name,
		el("tt:PanTilt", attr{"x", f(x)}, attr{"y", f(y)}, attr{"space", spacePanTilt}),
		el("tt:Zoom", attr{"x", "0"}, attr{"space", spaceZoom}),
	)
}

// aim is where the lens points in ONVIF's generic space: -1..1, y up.
func (l *source) aim() (x, y float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return (l.panned.X - 0.5) * 2, (0.5 - l.panned.Y) * 2
}
