package onvif

import (
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
)

// stub answers every request with the same words inside the right element.
type stub struct {
	inner  string
	status int
}

func (s stub) RoundTrip(r *http.Request) (*http.Response, error) {
	m := reOp.FindStringSubmatch(bodyOf(r))
	if m == nil {
		return nil, errors.New("no request")
	}
	return &http.Response{
		StatusCode: s.status, Header: http.Header{},
		Body: io.NopCloser(strings.NewReader(envelopeOf(`<` + m[2] + `Response>` + s.inner + `</` + m[2] + `Response>`))),
	}, nil
}

// Every decoder of an observation is given the same words; whatever they are,
// what comes out can be stored and shown.
func FuzzObserve(f *testing.F) {
	for _, s := range []string{
		`<Location Entity="VideoSource" Token="VS1"><GeoLocation lon="4.5" lat="NaN" elevation="1e999"/><GeoOrientation yaw="-0"/></Location>`,
		`<NetworkProtocols><Name>HTTPS</Name><Enabled>true</Enabled></NetworkProtocols><DiscoveryMode>Discoverable</DiscoveryMode>`,
		`<RelayOutputs token="R"><Properties><Mode>Bistable</Mode><IdleState>open</IdleState></Properties></RelayOutputs>`,
		`<ImagingSettings><IrCutFilter>ON</IrCutFilter><Brightness>Inf</Brightness></ImagingSettings>`,
		`<AnalyticsModule Name="a&#10;b" Type="tt:X"/><Rule Name="r"/>`,
		`<PTZStatus><Position><PanTilt x="0" y="0x1p-2"/><Zoom x="1"/></Position><MoveStatus><Zoom>MOVING</Zoom></MoveStatus></PTZStatus>`,
		`<Preset token="1"><Name>n</Name><PTZPosition><PanTilt x="1" y="1"/></PTZPosition></Preset>`,
		`<Profiles token="p"><Name>n</Name><VideoSourceConfiguration token="c"><SourceToken>VS1</SourceToken></VideoSourceConfiguration><PTZConfiguration/><VideoAnalyticsConfiguration token="a"/>` +
			`<Configurations><VideoSource token="c"><SourceToken>VS1</SourceToken><Bounds x="0" y="0" width="1" height="1"/></VideoSource><PTZ/><Analytics token="a"/></Configurations></Profiles><Uri>rtsp://u:geheim@h/a</Uri>`,
		`<SystemDateAndTime><DateTimeType>NTP</DateTimeType><UTCDateTime><Date><Year>1970</Year><Month>1</Month><Day>1</Day></Date><Time><Hour>0</Hour><Minute>0</Minute><Second>0</Second></Time></UTCDateTime></SystemDateAndTime>`,
		`<Scopes><ScopeItem>onvif://www.onvif.org/location/%zz` + "\xe9" + `</ScopeItem></Scopes><User><Username>u</Username></User>`,
	} {
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, inner string, bad bool) {
		c, err := newClient(Options{Timeout: time.Second, MaxBody: 1 << 16}.withDefaults(), devices.Target{
			Found: devices.Found{Address: "127.0.0.1:9"}, Credentials: devices.Credentials{User: "u", Password: "geheim"},
		})
		if err != nil {
			t.Fatal(err)
		}
		s := stub{inner: inner, status: http.StatusOK}
		if bad {
			s.status = http.StatusInternalServerError
		}
		c.http.Transport = s
		c.lenses, c.services = 2, map[string]*url.URL{}
		for _, ns := range []string{nsDevice, nsMedia, nsMedia2, nsDeviceIO, nsPTZ, nsImaging, nsAnalytics, nsRecord, nsSearch, nsEvents} {
			c.services[ns] = c.device
		}
		cam := &camera{c: c, info: devices.Info{Source: "VS1"}, first: true}
		o, err := cam.Observe(t.Context())
		if err != nil {
			if _, ok := errors.AsType[*devices.Error](err); !ok {
				t.Fatalf("error %T %v", err, err)
			}
			return
		}
		text, err := json.Marshal(o)
		if err != nil {
			t.Fatalf("cannot be stored: %v", err)
		}
		if strings.Contains(string(text), "geheim") && !strings.Contains(strings.ReplaceAll(inner, "u:geheim@", ""), "geheim") {
			t.Errorf("the password is in %s", text)
		}
		if p, ok := o.Position.Get(); ok && (math.Abs(p.Pan) > 1 || math.Abs(p.Tilt) > 1 || p.Zoom < 0 || p.Zoom > 1) {
			t.Errorf("position %+v", p)
		}
		list, _ := o.Geo.Get()
		for _, g := range list {
			if lat, ok := g.Latitude.Get(); ok && math.Abs(lat) > 90 || strings.ContainsAny(g.Entity, "\n\x1b") {
				t.Errorf("place %+v", g)
			}
		}
		names, _ := o.Analytics.Get()
		on, _ := o.Services.Get()
		for _, n := range append(names, on...) {
			if n == "" || len(n) > 800 || strings.ContainsAny(n, "\n\r\x1b") {
				t.Errorf("name %q", n)
			}
		}
		for _, w := range on {
			if !strings.Contains(strings.Join(listable(), " "), w) {
				t.Errorf("service %q", w)
			}
		}
	})
}
