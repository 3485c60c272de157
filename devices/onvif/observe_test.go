package onvif

import (
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
)

// tellAll makes the fake a device that answers everything an observation asks.
func (f *fake) tellAll() {
	_, port, _ := strings.Cut(f.address(), ":")
	base := "http://192.0.2.77:" + port + "/onvif/"
	f.answer["tds:GetServices"] = sendBody(`<tds:GetServicesResponse>` + service(nsDevice, base+"device_service") + service(nsMedia, base+"media") +
		service(nsMedia2, base+"media2") + service(nsPTZ, base+"ptz") + service(nsImaging, base+"imaging") +
		service(nsAnalytics, base+"analytics") + service(nsDeviceIO, base+"io") + `</tds:GetServicesResponse>`)
	for op, body := range map[string]string{
		"tds:GetNetworkProtocols": `<tds:NetworkProtocols><tt:Name>HTTP</tt:Name><tt:Enabled>true</tt:Enabled><tt:Port>80</tt:Port></tds:NetworkProtocols>` +
			`<tds:NetworkProtocols><tt:Name>HTTPS</tt:Name><tt:Enabled>false</tt:Enabled><tt:Port>443</tt:Port></tds:NetworkProtocols>` +
			`<tds:NetworkProtocols><tt:Name>RTSP</tt:Name><tt:Enabled>1</tt:Enabled><tt:Port>554</tt:Port></tds:NetworkProtocols>`,
		"tds:GetDiscoveryMode": `<tds:DiscoveryMode>Discoverable</tds:DiscoveryMode>`,
		"tds:GetGeoLocation": `<tds:Location Entity="VideoSource" Token="VS1"><tt:GeoLocation lon="4.5" lat="51.25" elevation="3"/><tt:GeoOrientation yaw="90" pitch="10"/></tds:Location>` +
			`<tds:Location Entity="VideoSource" Token="VS2"><tt:GeoLocation lon="1" lat="2"/></tds:Location>`,
		"tds:GetRelayOutputs": ``,
		"tmd:GetRelayOutputs": `<tmd:RelayOutputs token="R1"><tt:Properties><tt:Mode>Bistable</tt:Mode><tt:DelayTime>PT0S</tt:DelayTime><tt:IdleState>open</tt:IdleState></tt:Properties></tmd:RelayOutputs>` +
			`<tmd:RelayOutputs token="R2"><tt:Properties><tt:Mode>Monostable</tt:Mode><tt:IdleState>closed</tt:IdleState></tt:Properties></tmd:RelayOutputs>`,
		"timg:GetImagingSettings": `<timg:ImagingSettings><tt:Brightness>50</tt:Brightness><tt:IrCutFilter>AUTO</tt:IrCutFilter></timg:ImagingSettings>`,
		"tan:GetAnalyticsModules": `<tan:AnalyticsModule Name="My motion" Type="tt:CellMotionEngine"/><tan:AnalyticsModule Name="FaceDetector" Type="tt:FaceDetector"/>`,
		"tan:GetRules":            `<tan:Rule Name="entrance" Type="tt:LineDetector"/>`,
		"tptz:GetPresets": `<tptz:Preset token="1"><tt:Name>door</tt:Name><tt:PTZPosition><tt:PanTilt x="-0.5" y="0.25" space="http://www.onvif.org/ver10/tptz/PanTiltSpaces/PositionGenericSpace"/><tt:Zoom x="0.5"/></tt:PTZPosition></tptz:Preset>` +
			`<tptz:Preset token="2"><tt:Name>park</tt:Name></tptz:Preset>`,
		"tptz:GetStatus": `<tptz:PTZStatus><tt:Position><tt:PanTilt x="0.5" y="-1"/><tt:Zoom x="0"/></tt:Position><tt:MoveStatus><tt:PanTilt>MOVING</tt:PanTilt><tt:Zoom>IDLE</tt:Zoom></tt:MoveStatus></tptz:PTZStatus>`,
		"trt:GetProfiles": `<trt:Profiles token="P1"><tt:Name>profile 1</tt:Name>` + fakeConfig{"VSC1", "VS1", 0, 0, 1920, 1080}.xml("tt:VideoSourceConfiguration") +
			`<tt:PTZConfiguration token="ptz"/><tt:VideoAnalyticsConfiguration token="an1"/></trt:Profiles>`,
	} {
		_, name, _ := strings.Cut(op, ":")
		prefix, _, _ := strings.Cut(op, ":")
		f.answer[op] = sendBody(fmt.Sprintf(`<%[1]s:%[2]sResponse>%[3]s</%[1]s:%[2]sResponse>`, prefix, name, body))
	}
}

func observed(t *testing.T, f *fake) devices.Observation {
	t.Helper()
	o, err := openFake(t, f).Observe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestObserveTellsAll(t *testing.T) {
	f := newFake(t)
	f.tellAll()
	o := observed(t, f)
	for name, got := range map[string][2]any{
		"clock source": {o.ClockSource, devices.Of(devices.ClockNTP)},
		"services":     {o.Services, devices.Of([]string{"http", "rtsp", "onvif", "discovery"})},
		"asked":        {o.ServicesAsked, []string{"onvif", "http", "https", "rtsp", "discovery"}},
		"encrypted":    {o.Encrypted, devices.Of(false)},
		"anonymous":    {o.Anonymous, devices.Of(true)},
		"geo": {o.Geo, devices.Of([]devices.Geo{{
			Entity: "VideoSource", Longitude: devices.Of(4.5), Latitude: devices.Of(51.25), Elevation: devices.Of(3.0), Yaw: devices.Of(90.0), Pitch: devices.Of(10.0),
		}})},
		"imaging":   {o.Imaging, devices.Of(devices.Imaging{InfraredFilter: "auto", Brightness: devices.Of(50.0)})},
		"analytics": {o.Analytics, devices.Of([]string{"FaceDetector", "My motion (CellMotionEngine)", "entrance (LineDetector)"})},
		"ptz":       {o.PTZ, devices.Of(true)},
		"position":  {o.Position, devices.Of(devices.Position{Pan: .5, Tilt: -1, Moving: true})},
	} {
		if !reflect.DeepEqual(got[0], got[1]) {
			t.Errorf("%s: got %v, want %v", name, got[0], got[1])
		}
	}
	presets, _ := o.Presets.Get()
	if len(presets) != 2 || presets[0].Name != "door" || presets[0].Position != devices.Of(devices.Position{Pan: -.5, Tilt: .25, Zoom: .5}) ||
		!strings.Contains(presets[1].Position.Why(), "does not tell") {
		t.Errorf("presets %+v", presets)
	}
	contacts, _ := o.Contacts.Get()
	if len(contacts) != 2 || !contacts[0].Bistable || !contacts[0].IdleOpen || contacts[1].Bistable || contacts[1].IdleOpen {
		t.Errorf("contacts %+v", contacts)
	}
	for _, c := range contacts {
		if _, ok := c.Active.Get(); ok || c.Active.IsNotSupported() {
			t.Errorf("contact %s: active %v", c.Token, c.Active)
		}
	}
}

// Each reading is a value, not supported, or unreadable, and says which.
func TestObserveThreeKinds(t *testing.T) {
	const no, bad = "not supported", "unreadable"
	type kind interface {
		IsNotSupported() bool
		Why() string
	}
	unsupported, refused, other := sendFault(500, "Receiver", "ActionNotSupported"), sendFault(400, "Sender", "NotAuthorized"), sendFault(500, "Receiver", "Action")
	page := func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(500)
		_, _ = io.WriteString(w, "<html><br>")
	}
	part := func(op string) string { _, name, _ := strings.Cut(op, ":"); return "<" + name + "Response>" }
	readings := map[string]func(devices.Observation) kind{
		"services":  func(o devices.Observation) kind { return o.Services },
		"encrypted": func(o devices.Observation) kind { return o.Encrypted },
		"geo":       func(o devices.Observation) kind { return o.Geo },
		"contacts":  func(o devices.Observation) kind { return o.Contacts },
		"imaging":   func(o devices.Observation) kind { return o.Imaging },
		"analytics": func(o devices.Observation) kind { return o.Analytics },
		"presets":   func(o devices.Observation) kind { return o.Presets },
		"position":  func(o devices.Observation) kind { return o.Position },
		"anonymous": func(o devices.Observation) kind { return o.Anonymous },
		"clock":     func(o devices.Observation) kind { return o.ClockSource },
		"sources":   func(o devices.Observation) kind { return o.SoundSources },
	}
	for _, tc := range []struct {
		reading string
		ops     []string
		value   string // an answer that is one, and empty
		missing string // the reading where the device does not have the operation
	}{
		{"services", []string{"tds:GetNetworkProtocols"}, "", no},
		{"encrypted", []string{"tds:GetNetworkProtocols"}, "", bad},
		{"geo", []string{"tds:GetGeoLocation"}, "", no},
		{"contacts", []string{"tmd:GetRelayOutputs", "tds:GetRelayOutputs"}, "", no},
		{"imaging", []string{"timg:GetImagingSettings"}, "", no},
		{"analytics", []string{"tan:GetAnalyticsModules", "tan:GetRules"}, "", no},
		{"presets", []string{"tptz:GetPresets"}, "", no},
		{"position", []string{"tptz:GetStatus"}, `<PTZStatus><Position><PanTilt x="0" y="0"/></Position></PTZStatus>`, no},
		{"anonymous", []string{"tds:GetUsers"}, "", no},
		{"clock", []string{"tds:GetSystemDateAndTime"}, "<SystemDateAndTime><DateTimeType>Manual</DateTimeType></SystemDateAndTime>", no},
		{"sources", []string{"trt:GetAudioSources", "tmd:GetAudioSources", "tr2:GetAudioSourceConfigurations"}, "", no},
	} {
		for name, answer := range map[string]struct {
			h    http.HandlerFunc
			want string
		}{
			"value":         {nil, ""},
			"not supported": {unsupported, tc.missing},
			"501":           {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(501) }, tc.missing},
			"not allowed":   {refused, bad},
			"other fault":   {other, bad},
			"page":          {page, bad},
			"half":          {nil, bad},
		} {
			if tc.reading == "anonymous" && name == "not allowed" {
				answer.want = "" // that is the answer: no
			}
			if tc.reading == "clock" && (name == "page" || name == "half") {
				continue // no ONVIF device: not opened at all
			}
			t.Run(tc.reading+" "+name, func(t *testing.T) {
				f := newFake(t)
				f.tellAll()
				for _, op := range tc.ops {
					h := answer.h
					switch name {
					case "value":
						h = sendBody(part(op) + tc.value + strings.Replace(part(op), "<", "</", 1))
					case "half":
						h = sendBody(part(op) + tc.value)
					}
					f.answer[op] = h
				}
				o := observed(t, f)
				v := readings[tc.reading](o)
				got := bad
				switch {
				case v.Why() == "":
					got = ""
				case v.IsNotSupported():
					got = no
				}
				if got != answer.want || got == bad && v.Why() == "not asked" {
					t.Errorf("got %q (%v), want %q", got, v.Why(), answer.want)
				}
			})
		}
	}
}

func TestObserveEmptyIsAValue(t *testing.T) {
	f := newFake(t)
	f.tellAll()
	f.answer["tds:GetGeoLocation"] = sendBody("<tds:GetGeoLocationResponse/>")
	if g, ok := observed(t, f).Geo.Get(); !ok || g == nil || len(g) != 0 {
		t.Errorf("geo %v, %v", g, ok)
	}
}

// What is missing is not zero: 0,0 is a place in the Atlantic.
func TestGeoWithoutNumbers(t *testing.T) {
	f := newFake(t)
	f.tellAll()
	f.answer["tds:GetGeoLocation"] = sendBody(`<tds:GetGeoLocationResponse><tds:Location><tt:GeoLocation lat="91" elevation="NaN"/><tt:GeoOrientation yaw="north" roll="1"/></tds:Location></tds:GetGeoLocationResponse>`)
	list, ok := observed(t, f).Geo.Get()
	if !ok || len(list) != 1 {
		t.Fatalf("geo %v", list)
	}
	g := list[0]
	for name, v := range map[string]devices.Value[float64]{"lon": g.Longitude, "lat": g.Latitude, "elevation": g.Elevation, "yaw": g.Yaw, "pitch": g.Pitch} {
		if n, ok := v.Get(); ok || v.IsNotSupported() {
			t.Errorf("%s is %g", name, n)
		}
	}
}

func TestServices(t *testing.T) {
	protocols := func(s ...string) string {
		out := ""
		for _, p := range s {
			name, on, _ := strings.Cut(p, " ")
			out += `<tds:NetworkProtocols><tt:Name>` + name + `</tt:Name><tt:Enabled>` + on + `</tt:Enabled></tds:NetworkProtocols>`
		}
		return `<tds:GetNetworkProtocolsResponse>` + out + `</tds:GetNetworkProtocolsResponse>`
	}
	mode := func(m string) http.HandlerFunc {
		return sendBody(`<tds:GetDiscoveryModeResponse><tds:DiscoveryMode>` + m + `</tds:DiscoveryMode></tds:GetDiscoveryModeResponse>`)
	}
	none := sendFault(500, "Receiver", "ActionNotSupported")
	for name, tc := range map[string]struct {
		protocols string
		near, far http.HandlerFunc
		how       devices.How
		on, asked string
	}{
		"what we speak is on":             {protocols("HTTP false", "RTSP false"), mode("NonDiscoverable"), none, "", "http onvif", "onvif http https rtsp discovery"},
		"beyond the standard":             {protocols("HTTP true", "Telnet true", "SSH false", "P2P true"), mode("NonDiscoverable"), none, "", "http onvif telnet", "onvif http https rtsp telnet ssh discovery"},
		"discovery not told":              {protocols("RTSP true"), none, none, "", "http rtsp onvif", "onvif http https rtsp"},
		"discovery not told but answered": {protocols(), none, none, devices.HowMulticast, "http onvif discovery", "onvif http https rtsp discovery"},
		"off, though it answered once":    {protocols(), mode("NonDiscoverable"), none, devices.HowMulticast, "http onvif", "onvif http https rtsp discovery"},
		"a server elsewhere": {
			protocols(), mode("NonDiscoverable"),
			sendBody(`<tds:GetRemoteDiscoveryModeResponse><tds:RemoteDiscoveryMode>Discoverable</tds:RemoteDiscoveryMode></tds:GetRemoteDiscoveryModeResponse>`), "",
			"http onvif discovery", "onvif http https rtsp discovery",
		},
		"on or off?": {protocols("HTTP maybe"), mode("Discoverable"), none, "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.tellAll()
			f.answer["tds:GetNetworkProtocols"] = sendBody(tc.protocols)
			f.answer["tds:GetDiscoveryMode"], f.answer["tds:GetRemoteDiscoveryMode"] = tc.near, tc.far
			target := f.target()
			target.Found.How = tc.how
			cams, err := Driver(Options{Timeout: 5 * time.Second}).Open(t.Context(), target)
			if err != nil {
				t.Fatal(err)
			}
			o, err := cams[0].Observe(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			on, ok := o.Services.Get()
			if ok != (tc.on != "") || strings.Join(on, " ") != tc.on || strings.Join(o.ServicesAsked, " ") != tc.asked {
				t.Errorf("on %v, asked %v", o.Services, o.ServicesAsked)
			}
		})
	}
}

func TestEncrypted(t *testing.T) {
	https := sendBody(`<tds:GetNetworkProtocolsResponse><tds:NetworkProtocols><tt:Name>HTTPS</tt:Name><tt:Enabled>true</tt:Enabled></tds:NetworkProtocols></tds:GetNetworkProtocolsResponse>`)
	secure := func(s string) http.HandlerFunc {
		return sendBody(`<tr2:GetServiceCapabilitiesResponse><tr2:Capabilities Mask="false"><tr2:StreamingCapabilities RTSPStreaming="true" ` + s + `/></tr2:Capabilities></tr2:GetServiceCapabilitiesResponse>`)
	}
	uri := func(plain, tunnel string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			u := plain
			if b, err := io.ReadAll(r.Body); err == nil && strings.Contains(string(b), "RtspOverHttp") {
				u = tunnel
			}
			if u == "" {
				sendFault(500, "Sender", "InvalidArgVal", "InvalidStreamSetup")(w, r)
				return
			}
			sendBody(`<tr2:GetStreamUriResponse><tr2:Uri>`+u+`</tr2:Uri></tr2:GetStreamUriResponse>`)(w, r)
		}
	}
	for name, tc := range map[string]struct {
		protocols, caps, uri http.HandlerFunc
		want                 string
	}{
		"streams by capability":       {https, secure(`SecureRTSPStreaming="true"`), uri("rtsp://192.0.2.77/a", ""), "true"},
		"streams by their address":    {https, secure(``), uri("rtsps://192.0.2.77/a", ""), "true"},
		"streams in HTTPS":            {https, secure(`SecureRTSPStreaming="false"`), uri("rtsp://192.0.2.77/a", "https://192.0.2.77/a"), "true"},
		"streams not at all":          {https, secure(`SecureRTSPStreaming="false"`), uri("rtsp://192.0.2.77/a", ""), "false"},
		"streams perhaps, over HTTP":  {https, secure(`SecureRTSPStreaming="false"`), uri("rtsp://192.0.2.77/a", "http://192.0.2.77/a"), ""},
		"nothing told of streams":     {https, secure(``), uri("rtsp://192.0.2.77/a", ""), ""},
		"no HTTPS, whatever streams":  {nil, secure(`SecureRTSPStreaming="true"`), uri("rtsps://192.0.2.77/a", ""), "false"},
		"nobody knows whether HTTPS":  {sendFault(400, "Sender", "NotAuthorized"), secure(`SecureRTSPStreaming="true"`), uri("rtsp://192.0.2.77/a", ""), ""},
		"capabilities cannot be read": {https, sendFault(500, "Receiver", "Action"), uri("rtsp://192.0.2.77/a", ""), ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.tellAll()
			if tc.protocols != nil {
				f.answer["tds:GetNetworkProtocols"] = tc.protocols
			}
			f.answer["tr2:GetServiceCapabilities"], f.answer["tr2:GetStreamUri"] = tc.caps, tc.uri
			o := observed(t, f)
			got := ""
			if v, ok := o.Encrypted.Get(); ok {
				got = fmt.Sprint(v)
			}
			if got != tc.want {
				t.Errorf("got %v, want %q", o.Encrypted, tc.want)
			}
		})
	}
}

func TestPositionsInOtherSpaces(t *testing.T) {
	for name, tc := range map[string]struct {
		inner string
		known bool
	}{
		"generic":       {`<PanTilt x="0" y="0"/><Zoom x="1"/>`, true},
		"no zoom":       {`<PanTilt x="0" y="0"/>`, true},
		"zoom only":     {`<Zoom x="0.5"/>`, false},
		"nothing":       {``, false},
		"degrees":       {`<PanTilt x="0.5" y="0.5" space="http://www.onvif.org/ver10/tptz/PanTiltSpaces/SphericalPositionSpaceDegrees"/>`, false},
		"out of range":  {`<PanTilt x="180" y="0"/>`, false},
		"no number":     {`<PanTilt x="left" y="0"/>`, false},
		"half":          {`<PanTilt x="0"/>`, false},
		"zoom not told": {`<PanTilt x="0" y="0"/><Zoom/>`, false},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.tellAll()
			f.answer["tptz:GetStatus"] = sendBody(`<tptz:GetStatusResponse><tptz:PTZStatus><Position>` + tc.inner + `</Position></tptz:PTZStatus></tptz:GetStatusResponse>`)
			v := observed(t, f).Position
			if _, ok := v.Get(); ok != tc.known || v.IsNotSupported() {
				t.Errorf("got %v", v)
			}
		})
	}
}

func TestContactsOfUnknownKind(t *testing.T) {
	for _, inner := range []string{
		`<RelayOutputs token="R"><Properties><Mode>Tristable</Mode><IdleState>open</IdleState></Properties></RelayOutputs>`,
		`<RelayOutputs token="R"><Properties><Mode>Bistable</Mode></Properties></RelayOutputs>`,
		`<RelayOutputs><Properties><Mode>Bistable</Mode><IdleState>open</IdleState></Properties></RelayOutputs>`,
		strings.Repeat(`<RelayOutputs token="R"><Properties><Mode>Bistable</Mode><IdleState>open</IdleState></Properties></RelayOutputs>`, maxListed+1),
	} {
		f := newFake(t)
		f.tellAll()
		f.answer["tmd:GetRelayOutputs"] = sendBody(`<tmd:GetRelayOutputsResponse>` + inner + `</tmd:GetRelayOutputsResponse>`)
		f.answer["tds:GetRelayOutputs"] = sendFault(500, "Receiver", "ActionNotSupported")
		if v := observed(t, f).Contacts; v.Why() == "" || v.IsNotSupported() {
			t.Errorf("%.60s: %v", inner, v)
		}
	}
}

// Names come from installers, and reach logs and pages.
func TestNamesAreCleaned(t *testing.T) {
	f := newFake(t)
	f.tellAll()
	long := strings.Repeat("x", 5000)
	f.answer["tan:GetRules"] = sendBody(`<tan:GetRulesResponse><tan:Rule Name="a&#27;[31m` + long + `" Type="b"/></tan:GetRulesResponse>`)
	f.answer["tptz:GetPresets"] = sendBody(`<tptz:GetPresetsResponse><tptz:Preset token="1"><tt:Name>a&#10;b` + long + `</tt:Name></tptz:Preset></tptz:GetPresetsResponse>`)
	o := observed(t, f)
	names, _ := o.Analytics.Get()
	presets, _ := o.Presets.Get()
	if len(presets) != 1 {
		t.Fatalf("presets %v", o.Presets)
	}
	for _, s := range append(names, presets[0].Name) {
		if strings.ContainsAny(s, "\x1b\n") || len(s) > 400 {
			t.Errorf("%.60q of %d bytes", s, len(s))
		}
	}
}
