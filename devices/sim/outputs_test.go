package sim

import (
	"image"
	"strings"
	"testing"
	"time"
)

func setState(token, state string) string {
	return `<tds:SetRelayOutputState><tds:RelayOutputToken>` + token + `</tds:RelayOutputToken><tds:LogicalState>` + state + `</tds:LogicalState></tds:SetRelayOutputState>`
}

func settings(mode, delay, idle string) string {
	return `<tt:Mode>` + mode + `</tt:Mode><tt:DelayTime>` + delay + `</tt:DelayTime><tt:IdleState>` + idle + `</tt:IdleState>`
}

func open(t *testing.T, d *Device) bool {
	t.Helper()
	_, spread := mean(picture(t, d), 0, 0, 1, 1)
	return spread > 100
}

func TestShutter(t *testing.T) {
	d := start(t, Camera{
		Host: "127.0.0.81", Overlay: OverlayNone, Sound: true, FPS: 10,
		Outputs: []Output{{Token: "out_1"}, {Token: "out_2", Monostable: true, Delay: 50 * time.Millisecond, Fixed: true}},
		Shutter: Shutter{Output: "out_1"},
	})
	a := ask(t, d)
	got := a.ok(deviceService, `<tds:GetRelayOutputs/>`)
	want := `<tds:RelayOutputs token="out_1"><tt:Properties><tt:Mode>Bistable</tt:Mode><tt:DelayTime>PT1S</tt:DelayTime><tt:IdleState>open</tt:IdleState></tt:Properties></tds:RelayOutputs>`
	if !strings.Contains(got, want) || a.ok(deviceIOService, `<tds:GetRelayOutputs/>`) != got {
		t.Errorf("outputs: %s", got)
	}
	// deviceio.wsdl has this operation in the namespace of the device service.
	a.fault(deviceIOService, `<tmd:GetRelayOutputs/>`, "ter:ActionNotSupported")
	got = a.ok(deviceIOService, `<tmd:GetRelayOutputOptions/>`)
	if strings.Count(got, "<tmd:Mode>") != 3 || !strings.Contains(got, `token="out_2"><tmd:Mode>Monostable</tmd:Mode><tmd:DelayTimes>`) {
		t.Errorf("options: %s", got)
	}

	v := mustView(t, d.RTSPURL(1))
	v.until(t, "open", func(p *image.YCbCr) bool { _, s := mean(p, 0, 0, 1, 1); return s > 100 })
	a.ok(deviceIOService, setState("out_1", "active"))
	v.until(t, "flat", func(p *image.YCbCr) bool { _, s := mean(p, 0, 0, 1, 1); return s < 20 })
	for len(v.sounds) > 0 {
		<-v.sounds
	}
	select {
	case <-v.sounds:
	case <-time.After(5 * time.Second):
		t.Error("the shutter shut the microphone as well")
	}
	// The other idle state turns the circuit over, and with it the shutter.
	a.ok(deviceIOService, `<tmd:SetRelayOutputSettings><tmd:RelayOutput token="out_1"><tt:Properties>`+settings("Bistable", "PT1S", "closed")+`</tt:Properties></tmd:RelayOutput></tmd:SetRelayOutputSettings>`)
	if !open(t, d) {
		t.Error("active and idle closed: the circuit is open, and so the shutter")
	}
	a.ok(deviceService, setState("out_1", "inactive"))
	if open(t, d) {
		t.Error("inactive and idle closed: the circuit is closed, and so the shutter")
	}
	// A bistable output survives a power cut.
	if err := d.Reboot(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if open(t, d) {
		t.Error("the output forgot its state")
	}
}

func TestMonostable(t *testing.T) {
	d := start(t, Camera{
		Host: "127.0.0.82", Overlay: OverlayNone,
		Outputs: []Output{{Token: "o", Monostable: true, Delay: time.Hour}, {Token: "fixed", Monostable: true, Fixed: true}},
		Shutter: Shutter{Output: "o"},
	})
	a := ask(t, d)
	a.ok(deviceService, setState("o", "active"))
	if open(t, d) {
		t.Error("active, and the shutter is open")
	}
	set := func(token, s string) string {
		return `<tds:SetRelayOutputSettings><tds:RelayOutputToken>` + token + `</tds:RelayOutputToken><tds:Properties>` + s + `</tds:Properties></tds:SetRelayOutputSettings>`
	}
	a.ok(deviceService, set("o", settings("Monostable", "PT0.2S", "open")))
	eventually(t, "it falls back", func() bool { return open(t, d) })
	if _, active, closed, err := d.Output("o"); err != nil || active || closed {
		t.Errorf("fallen back: active %v, closed %v, %v", active, closed, err)
	}
	a.ok(deviceService, set("o", settings("Bistable", "PT0S", "open")))
	a.ok(deviceService, setState("o", "active"))
	if o, active, closed, err := d.Output("o"); err != nil || !active || !closed || o.Monostable {
		t.Errorf("bistable: %+v active %v, closed %v, %v", o, active, closed, err)
	}
	for body, want := range map[string]string{
		set("fixed", settings("Bistable", "PT1S", "open")):                                "ter:ModeError",
		set("o", settings("Monostable", "PT2M", "open")):                                  "ter:ModeError",
		set("o", settings("Sometimes", "PT1S", "open")):                                   "ter:InvalidArgVal",
		set("x", settings("Bistable", "PT1S", "open")):                                    "ter:RelayToken",
		set("o", `<tt:IdleState>open</tt:IdleState><tt:Mode>Bistable</tt:Mode>`):          "ter:TagMismatch",
		set("o", `<tt:Mode>Bistable</tt:Mode><tt:IdleState>open</tt:IdleState>`):          "ter:TagMismatch",
		set("o", strings.ReplaceAll(settings("Bistable", "PT1S", "open"), "tt:", "tds:")): "ter:TagMismatch",
		setState("o", "on"):     "ter:InvalidArgVal",
		setState("x", "active"): "ter:RelayToken",
	} {
		a.fault(deviceService, body, want)
	}

	setFault(t, d, FaultContactNotApplied, true)
	a.ok(deviceService, setState("o", "inactive"))
	if _, active, closed, err := d.Output("o"); err != nil || active || !closed || open(t, d) {
		t.Errorf("not applied: active %v, closed %v, %v", active, closed, err)
	}
}
