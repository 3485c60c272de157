package sim

import (
	"fmt"
	"image"
	"strings"
	"testing"
	"time"
)

// levels is how far two pictures are apart, on average.
func levels(a, b *image.YCbCr) float64 {
	var sum float64
	for i := range a.Y {
		sum += max(float64(a.Y[i])-float64(b.Y[i]), float64(b.Y[i])-float64(a.Y[i]))
	}
	return sum / float64(len(a.Y))
}

// picture is the main picture of lens 1.
func picture(t *testing.T, d *Device) *image.YCbCr {
	t.Helper()
	p, err := d.Picture(1)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func onProfile(op, parts string) string {
	return `<tptz:` + op + `><tptz:ProfileToken>lens1_main</tptz:ProfileToken>` + parts + `</tptz:` + op + `>`
}

// at waits until the camera says that it stands, and checks where.
func (a *asker) at(pan, tilt, zoom string) {
	a.t.Helper()
	var got string
	eventually(a.t, "the camera stands still", func() bool {
		got = a.ok(ptzService, onProfile("GetStatus", ""))
		return strings.Contains(got, "<tt:PanTilt>IDLE</tt:PanTilt><tt:Zoom>IDLE</tt:Zoom>")
	})
	for _, want := range []string{fmt.Sprintf(`<tt:PanTilt x=%q y=%q`, pan, tilt), fmt.Sprintf(`<tt:Zoom x=%q`, zoom)} {
		if !strings.Contains(got, want) {
			a.t.Errorf("no %s in %s", want, got)
		}
	}
}

func TestPresets(t *testing.T) {
	d := start(t, Camera{
		Host: "127.0.0.71", PTZ: true, PTZSpeed: 8, Overlay: OverlayNone, Lenses: 2, Clock: func() time.Time { return time.Unix(1_800_000_000, 0) },
		Presets: []Preset{{Token: "p1", Name: "Door"}, {Token: "p9", Name: "park", Pan: -1, Tilt: 1, Sees: CoverTape}},
	})
	a := ask(t, d)
	a.when = d.now
	door := picture(t, d)
	got := a.ok(ptzService, onProfile("GetPresets", ""))
	if !strings.Contains(got, `<tptz:Preset token="p9"><tt:Name>park</tt:Name><tt:PTZPosition><tt:PanTilt x="-1.0000" y="1.0000"`) {
		t.Error(got)
	}

	a.ok(ptzService, onProfile("GotoPreset", `<tptz:PresetToken>p9</tptz:PresetToken>`))
	a.at("-1.0000", "1.0000", "0.0000")
	if _, spread := mean(picture(t, d), 0, 0, 1, 1); spread > 20 {
		t.Errorf("parked, and the picture has variance %.0f", spread)
	}
	two, err := d.Picture(2)
	if err != nil {
		t.Fatal(err)
	}
	if _, spread := mean(two, 0, 0, 1, 1); spread < 100 {
		t.Error("the other lens was parked as well")
	}
	// What a preset sees belongs to the place, not to the token.
	a.ok(ptzService, onProfile("RemovePreset", `<tptz:PresetToken>p9</tptz:PresetToken>`))
	a.fault(ptzService, onProfile("GotoPreset", `<tptz:PresetToken>p9</tptz:PresetToken>`), "env:Sender", "ter:InvalidArgVal", "ter:NoToken")
	if _, spread := mean(picture(t, d), 0, 0, 1, 1); spread > 20 {
		t.Error("removing the preset moved the camera")
	}

	a.ok(ptzService, onProfile("GotoHomePosition", ""))
	a.at("0.0000", "0.0000", "0.0000")
	if x := levels(door, picture(t, d)); x > 5 {
		t.Errorf("back home the picture differs by %.1f levels", x)
	}
	a.ok(ptzService, onProfile("AbsoluteMove", `<tptz:Position><tt:PanTilt x="0.5" y="-0.25"/></tptz:Position>`))
	a.at("0.5000", "-0.2500", "0.0000")
	if got = a.ok(ptzService, onProfile("SetPreset", `<tptz:PresetName>Counter</tptz:PresetName>`)); !strings.Contains(got, "<tptz:PresetToken>preset_1<") {
		t.Error(got)
	}
	a.fault(ptzService, onProfile("SetPreset", `<tptz:PresetName>Counter</tptz:PresetName>`), "ter:PresetExist")
	a.fault(ptzService, onProfile("SetPreset", `<tptz:PresetToken>p7</tptz:PresetToken>`), "ter:NoToken")
	a.fault(ptzService, onProfile("SetPreset", `<tptz:PresetToken>p1</tptz:PresetToken><tptz:PresetName>x</tptz:PresetName>`), "ter:TagMismatch")
	a.ok(ptzService, onProfile("SetPreset", `<tptz:PresetToken>p1</tptz:PresetToken>`))
	list, err := d.PresetsOf(1)
	if err != nil || len(list) != 2 || list[0].Name != "Door" || list[0].Pan != 0.5 || list[1].Token != "preset_1" {
		t.Errorf("%v %+v", err, list)
	}
	a.ok(ptzService, onProfile("SetHomePosition", ""))
	a.ok(ptzService, onProfile("RelativeMove", `<tptz:Translation><tt:PanTilt x="-0.25" y="0"/><tt:Zoom x="0.5"/></tptz:Translation>`))
	a.at("0.2500", "-0.2500", "0.5000")
	a.ok(ptzService, onProfile("GotoHomePosition", ""))
	a.at("0.5000", "-0.2500", "0.0000")
	for range maxPresets - 2 {
		a.ok(ptzService, onProfile("SetPreset", ""))
	}
	a.fault(ptzService, onProfile("SetPreset", ""), "env:Receiver", "ter:Action", "ter:TooManyPresets")
}

func TestMovesTakeTime(t *testing.T) {
	d := start(t, Camera{Host: "127.0.0.72", PTZ: true, PTZSpeed: 0.5, Overlay: OverlayNone})
	a := ask(t, d)
	before := picture(t, d)
	a.ok(ptzService, onProfile("AbsoluteMove", `<tptz:Position><tt:PanTilt x="1" y="0"/></tptz:Position>`))
	if got := a.ok(ptzService, onProfile("GetStatus", "")); !strings.Contains(got, "<tt:PanTilt>MOVING</tt:PanTilt><tt:Zoom>IDLE<") {
		t.Errorf("a move over 2 s is over: %s", got)
	}
	a.fault(ptzService, onProfile("SetPreset", ""), "ter:MovingPTZ")
	eventually(t, "the picture moves", func() bool { return levels(before, picture(t, d)) > 10 })
	a.ok(ptzService, onProfile("Stop", `<tptz:Zoom>true</tptz:Zoom><!-- and PanTilt, by default -->`))
	pan, _, _, moving, err := d.Position(1)
	if err != nil || moving || pan <= 0 || pan >= 1 {
		t.Errorf("stopped at %.2f, moving %v, %v", pan, moving, err)
	}

	a.ok(ptzService, onProfile("ContinuousMove", `<tptz:Velocity><tt:Zoom x="1"/></tptz:Velocity><tptz:Timeout>PT1S</tptz:Timeout>`))
	near := picture(t, d)
	if got := a.ok(ptzService, onProfile("GetStatus", "")); !strings.Contains(got, "<tt:Zoom>MOVING</tt:Zoom>") {
		t.Error(got)
	}
	eventually(t, "the time-out ends it", func() bool { _, _, zoom, moving, _ := d.Position(1); return !moving && zoom == 0.25 })
	if x := levels(near, picture(t, d)); x < 8 {
		t.Errorf("after zooming the picture differs by %.1f levels", x)
	}
}

func TestPTZFaults(t *testing.T) {
	d := start(t, Camera{Host: "127.0.0.73", PTZ: true, PTZSpeed: 100, Presets: []Preset{{Token: "park", Pan: 1, Sees: CoverTape}}})
	a := ask(t, d)
	for body, want := range map[string]string{
		onProfile("AbsoluteMove", `<tptz:Position><tt:PanTilt x="1.5" y="0"/></tptz:Position>`):                "ter:InvalidPosition",
		onProfile("AbsoluteMove", `<tptz:Position><tptz:PanTilt x="1" y="0"/></tptz:Position>`):                "ter:TagMismatch",
		onProfile("AbsoluteMove", `<tptz:Position><tt:PanTilt x="NaN" y="0"/></tptz:Position>`):                "ter:InvalidArgs",
		onProfile("AbsoluteMove", `<tptz:Position><tt:PanTilt x="0" y="0" space="urn:mine"/></tptz:Position>`): "ter:SpaceNotSupported",
		onProfile("AbsoluteMove", ``): "ter:InvalidArgs",
		onProfile("RelativeMove", `<tptz:Translation><tt:PanTilt x="3" y="0"/></tptz:Translation>`):                   "ter:InvalidTranslation",
		onProfile("ContinuousMove", `<tptz:Velocity><tt:PanTilt x="3" y="0"/></tptz:Velocity>`):                       "ter:InvalidVelocity",
		onProfile("ContinuousMove", `<tptz:Velocity/><tptz:Timeout>P1Y</tptz:Timeout>`):                               "ter:TimeoutNotSupported",
		onProfile("GotoPreset", `<tptz:PresetToken>park</tptz:PresetToken><tptz:Speed><tt:Zoom x="2"/></tptz:Speed>`): "ter:InvalidSpeed",
		`<tptz:GetStatus><tptz:ProfileToken>nobody</tptz:ProfileToken></tptz:GetStatus>`:                              "ter:NoProfile",
		onProfile("GetStatus", `<tptz:ProfileToken>lens1_main</tptz:ProfileToken>`):                                   "ter:TagMismatch",
		`<tptz:GetNode><tptz:NodeToken>ptz_01</tptz:NodeToken></tptz:GetNode>`:                                        "ter:NoEntity",
		`<tptz:GetNodes><tptz:NodeToken>ptz_1</tptz:NodeToken></tptz:GetNodes>`:                                       "ter:TagMismatch",
	} {
		a.fault(ptzService, body, want)
	}
	spread := func() float64 { _, s := mean(picture(t, d), 0, 0, 1, 1); return s }

	setFault(t, d, FaultParkIgnored, true)
	a.ok(ptzService, onProfile("GotoPreset", `<tptz:PresetToken>park</tptz:PresetToken>`))
	a.at("0.0000", "0.0000", "0.0000")
	if spread() < 100 {
		t.Error("it went to the preset")
	}
	setFault(t, d, FaultParkIgnored, false)
	setFault(t, d, FaultParkNotApplied, true)
	a.ok(ptzService, onProfile("GotoPreset", `<tptz:PresetToken>park</tptz:PresetToken>`))
	a.at("1.0000", "0.0000", "0.0000")
	if spread() < 100 {
		t.Error("it looks into the housing")
	}
	setFault(t, d, FaultParkNotApplied, false)
	a.ok(ptzService, onProfile("GotoPreset", `<tptz:PresetToken>park</tptz:PresetToken>`))
	a.at("1.0000", "0.0000", "0.0000")
	if spread() > 20 {
		t.Error("it does not look into the housing")
	}
}

func TestDurations(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"PT0S": 0, "PT1.5S": 1500 * time.Millisecond, "P1DT2H": 26 * time.Hour, "P30D": 720 * time.Hour, "-PT5M": -5 * time.Minute, "PT90M": 90 * time.Minute,
	} {
		got, err := parseDuration(text)
		if err != nil || got != want {
			t.Errorf("%s: %s, %v", text, got, err)
		}
		if again, err := parseDuration(formatDuration(want)); err != nil || again != want {
			t.Errorf("%s is written %s", text, formatDuration(want))
		}
	}
	for _, text := range []string{"", "P", "PT", "1H", "P1Y", "P1M", "PT1M2H", "PTS", "PT1.5H", "P1DT", "PT1e9S", "PT99999999999999S", "PT1S ", "PT-1S"} {
		if got, err := parseDuration(text); err == nil {
			t.Errorf("%q was read as %s", text, got)
		}
	}
}
