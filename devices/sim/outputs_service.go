package sim

import "strconv"

const deviceIOService = "/onvif/deviceio_service"

// inSettings is tt:RelayOutputSettings.
const inSettings = "(tt:Mode tt:DelayTime tt:IdleState)"

// deviceIOOps is the DeviceIO service. Two of its operations are those of the
// device service, in that service's namespace (deviceio.wsdl).
func (d *Device) deviceIOOps() service {
	if len(d.cam.Outputs) == 0 && len(d.cam.Inputs) == 0 {
		return service{}
	}
	capabilities := el("tmd:Capabilities", attr{"VideoSources", strconv.Itoa(len(d.lens))}, attr{"VideoOutputs", "0"},
		attr{"AudioSources", strconv.Itoa(d.cam.Microphones)}, attr{"AudioOutputs", "0"},
		attr{"RelayOutputs", strconv.Itoa(len(d.cam.Outputs))}, attr{"SerialPorts", "0"}, attr{"DigitalInputs", strconv.Itoa(len(d.cam.Inputs))})
	tokens := func(name string, n int, token func(int) string) func(*request) (elem, *soapFault) {
		return func(*request) (elem, *soapFault) {
			r := el(name)
			for i := range n {
				r.kids = append(r.kids, el("tmd:Token", token(i+1)))
			}
			return r, nil
		}
	}
	ops := map[string]operation{
		"GetServiceCapabilities": {open: true, do: func(*request) (elem, *soapFault) {
			return el("tmd:GetServiceCapabilitiesResponse", capabilities), nil
		}},
		"GetVideoSources": {do: tokens("tmd:GetVideoSourcesResponse", len(d.lens), sourceToken)},
		"GetAudioSources": {do: tokens("tmd:GetAudioSourcesResponse", d.cam.Microphones, microphoneToken)},
		"GetDigitalInputs": {do: func(*request) (elem, *soapFault) {
			r := el("tmd:GetDigitalInputsResponse")
			for _, in := range d.cam.Inputs {
				r.kids = append(r.kids, el("tmd:DigitalInputs", attr{"token", in.Token}, attr{"IdleState", "open"}))
			}
			return r, nil
		}},
	}
	for name, op := range d.outputOps() {
		op.space = nsTDS
		ops[name] = op
	}
	ops["SetRelayOutputSettings"] = operation{in: "RelayOutput(tt:Properties" + inSettings + ")", do: func(q *request) (elem, *soapFault) {
		r := q.child(nsTMD, "RelayOutput")
		token, _ := r.attr("token")
		return el("tmd:SetRelayOutputSettingsResponse"), d.setOutput(token, r.child(nsTT, "Properties"))
	}}
	ops["GetRelayOutputOptions"] = operation{in: "RelayOutputToken?", do: func(q *request) (elem, *soapFault) {
		want := q.value(nsTMD, "RelayOutputToken")
		r := el("tmd:GetRelayOutputOptionsResponse")
		for _, o := range d.cam.Outputs {
			if want != "" && want != o.Token {
				continue
			}
			mode := []elem{el("tmd:Mode", "Monostable"), el("tmd:Mode", "Bistable")}
			if o.Fixed {
				mode = []elem{el("tmd:Mode", outputMode(o))}
			}
			r.kids = append(r.kids, el("tmd:RelayOutputOptions", attr{"token", o.Token}, mode, el("tmd:DelayTimes", "0.1 60"), el("tmd:Discrete", false)))
		}
		if want != "" && len(r.kids) == 0 {
			return elem{}, noContact()
		}
		return r, nil
	}}
	return service{path: deviceIOService, namespace: nsTMD, capabilities: capabilities, ops: ops}
}

func outputMode(o Output) string {
	if o.Monostable {
		return "Monostable"
	}
	return "Bistable"
}

// outputOps are the operations on outputs of the device service.
func (d *Device) outputOps() map[string]operation {
	if len(d.cam.Outputs) == 0 {
		return nil
	}
	return map[string]operation{
		"GetRelayOutputs": {do: func(*request) (elem, *soapFault) {
			r := el("tds:GetRelayOutputsResponse")
			d.contacts.mu.Lock()
			defer d.contacts.mu.Unlock()
			for _, c := range d.contacts.outputs {
				idle := "open"
				if c.IdleClosed {
					idle = "closed"
				}
				r.kids = append(r.kids, el("tds:RelayOutputs", attr{"token", c.Token}, el("tt:Properties",
					el("tt:Mode", outputMode(c.Output)), el("tt:DelayTime", formatDuration(c.Delay)), el("tt:IdleState", idle))))
			}
			return r, nil
		}},
		"SetRelayOutputState": {in: "RelayOutputToken LogicalState", do: func(q *request) (elem, *soapFault) {
			var active bool
			switch q.value(nsTDS, "LogicalState") {
			case "active":
				active = true
			case "inactive":
			default:
				return elem{}, senderFault("a state is active or inactive", "ter:InvalidArgVal")
			}
			return el("tds:SetRelayOutputStateResponse"), d.change(q.value(nsTDS, "RelayOutputToken"), func(c *contact) *soapFault {
				c.active = active
				return nil
			})
		}},
		"SetRelayOutputSettings": {in: "RelayOutputToken Properties" + inSettings, do: func(q *request) (elem, *soapFault) {
			return el("tds:SetRelayOutputSettingsResponse"), d.setOutput(q.value(nsTDS, "RelayOutputToken"), q.child(nsTDS, "Properties"))
		}},
	}
}

// setOutput reads tt:RelayOutputSettings.
func (d *Device) setOutput(token string, p *node) *soapFault {
	mode, idle := p.value(nsTT, "Mode"), p.value(nsTT, "IdleState")
	delay, err := parseDuration(p.value(nsTT, "DelayTime"))
	if err != nil || mode != "Monostable" && mode != "Bistable" || idle != "open" && idle != "closed" {
		return senderFault("settings are Monostable or Bistable, a duration, open or closed", "ter:InvalidArgVal")
	}
	return d.change(token, func(c *contact) *soapFault {
		monostable := mode == "Monostable"
		if monostable != c.Monostable && c.Fixed {
			return senderFault("this output knows no other mode", "ter:InvalidArgVal", "ter:ModeError")
		}
		if monostable {
			if delay <= 0 || delay.Minutes() > 1 {
				return senderFault("the delay is not one of the options", "ter:InvalidArgVal", "ter:ModeError")
			}
			c.Delay = delay
		}
		c.Monostable, c.IdleClosed = monostable, idle == "closed"
		return nil
	})
}
