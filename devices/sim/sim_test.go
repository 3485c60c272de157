package sim

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// start runs a camera on an address of its own and sees that nothing of it
// is left afterwards.
func start(t *testing.T, c Camera) *Device {
	t.Helper()
	// Registered first, so that it runs last.
	t.Cleanup(func() { goleak.VerifyNone(t) })
	if c.DiscoveryPort == 0 {
		c.DiscoveryPort = -1
	}
	if c.Password == "" {
		c.Password = "sesame"
	}
	d, err := Start(context.WithoutCancel(t.Context()), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return d
}

// asker is a SOAP client of the test's own.
type asker struct {
	t        *testing.T
	d        *Device
	user, pw string
	when     func() time.Time // nil sends no token
	header   string           // Authorization
	nonce    string
	more     string // header blocks beside the token
}

func ask(t *testing.T, d *Device) *asker {
	return &asker{t: t, d: d, user: "admin", pw: "sesame", when: time.Now}
}

// token writes a WS-Security header.
func (a *asker) token() string {
	if a.when == nil {
		return ""
	}
	nonce := a.nonce
	if nonce == "" {
		nonce = rand.Text()
	}
	created := a.when().UTC().Format(time.RFC3339)
	h := sha1.Sum([]byte(nonce + created + a.pw))
	return `<s:Header><Security xmlns="` + nsWSSE + `"><UsernameToken><Username>` + a.user + `</Username><Password Type="` + passwordDigest + `">` +
		base64.StdEncoding.EncodeToString(h[:]) + `</Password><Nonce>` + base64.StdEncoding.EncodeToString([]byte(nonce)) +
		`</Nonce><Created xmlns="` + nsWSU + `">` + created + `</Created></UsernameToken></Security>` + a.more + `</s:Header>`
}

func (a *asker) post(path, body string) (int, http.Header, string) {
	a.t.Helper()
	msg := `<s:Envelope xmlns:s="` + nsEnv + `" xmlns:tds="` + nsTDS + `" xmlns:trt="` + nsTRT + `" xmlns:tr2="` + nsTR2 + `" xmlns:tptz="` + nsPTZ + `" xmlns:tmd="` + nsTMD + `" xmlns:tev="` + nsTEV +
		`" xmlns:wsnt="` + nsWSNT + `" xmlns:tns1="` + nsTNS1 + `" xmlns:trc="` + nsTRC + `" xmlns:tse="` + nsTSE + `" xmlns:timg="` + nsTIMG + `" xmlns:tan="` + nsTAN + `" xmlns:tt="` + nsTT + `">` +
		a.token() + `<s:Body>` + body + `</s:Body></s:Envelope>`
	req, err := http.NewRequestWithContext(a.t.Context(), http.MethodPost, "http://"+a.d.Addr()+path, strings.NewReader(msg))
	if err != nil {
		a.t.Fatal(err)
	}
	if a.header != "" {
		req.Header.Set("Authorization", a.header)
	}
	return a.do(req)
}

func (a *asker) do(req *http.Request) (int, http.Header, string) {
	a.t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	res, err := client.Do(req)
	if err != nil {
		a.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(b)
}

// ok posts and wants success.
func (a *asker) ok(path, body string) string {
	a.t.Helper()
	status, _, answer := a.post(path, body)
	if status != http.StatusOK {
		a.t.Fatalf("%s: status %d: %s", body, status, answer)
	}
	return answer
}

// fault posts and wants a fault with all the given parts.
func (a *asker) fault(path, body string, parts ...string) {
	a.t.Helper()
	status, _, answer := a.post(path, body)
	if status == http.StatusOK || !strings.Contains(answer, "<env:Fault>") {
		a.t.Fatalf("%s: status %d, want a fault: %s", body, status, answer)
	}
	for _, p := range parts {
		if !strings.Contains(answer, "<env:Value>"+p+"</env:Value>") {
			a.t.Errorf("%s: no %s in %s", body, p, answer)
		}
	}
}

// digest makes an Authorization header by RFC 7616 out of a challenge.
func digest(t *testing.T, header http.Header, method, uri, user, pw, algorithm string, count int) string {
	t.Helper()
	for _, line := range header.Values("WWW-Authenticate") {
		p := digestParams(strings.TrimPrefix(line, "Digest "))
		if p["algorithm"] != algorithm {
			continue
		}
		sum := func(s string) string { return hexSum(md5.New(), s) }
		if algorithm == "SHA-256" {
			sum = func(s string) string { return hexSum(sha256.New(), s) }
		}
		nc := fmt.Sprintf("%08x", count)
		response := sum(sum(user+":"+p["realm"]+":"+pw) + ":" + p["nonce"] + ":" + nc + ":abc:auth:" + sum(method+":"+uri))
		return fmt.Sprintf(`Digest username="%s", realm="%s", nonce="%s", uri="%s", qop=auth, nc=%s, cnonce="abc", response="%s", algorithm=%s`,
			user, p["realm"], p["nonce"], uri, nc, response, algorithm)
	}
	t.Fatalf("no challenge for %s in %q", algorithm, header.Values("WWW-Authenticate"))
	return ""
}

// snap fetches the snapshot and decodes it.
func (a *asker) snap(url string) *image.YCbCr {
	a.t.Helper()
	get := func(authorization string) (int, http.Header, string) {
		req, err := http.NewRequestWithContext(a.t.Context(), http.MethodGet, url, nil)
		if err != nil {
			a.t.Fatal(err)
		}
		if authorization != "" {
			req.Header.Set("Authorization", authorization)
		}
		return a.do(req)
	}
	status, header, _ := get("")
	if status != http.StatusUnauthorized {
		a.t.Fatalf("snapshot without login: status %d", status)
	}
	uri := url[strings.Index(url, "/snapshot"):]
	status, _, body := get(digest(a.t, header, http.MethodGet, uri, a.user, a.pw, "MD5", 1))
	if status != http.StatusOK {
		a.t.Fatalf("snapshot: status %d", status)
	}
	img, err := jpeg.Decode(bytes.NewReader([]byte(body)))
	if err != nil {
		a.t.Fatal(err)
	}
	p, ok := img.(*image.YCbCr)
	if !ok {
		a.t.Fatalf("snapshot is a %T", img)
	}
	return p
}

// mean and spread of the brightness in a part of a picture, 0..1 from the top left.
func mean(p *image.YCbCr, x0, y0, x1, y1 float64) (m, spread float64) {
	w, h := float64(p.Rect.Dx()), float64(p.Rect.Dy())
	var n, sum, squares float64
	for y := int(y0 * h); y < int(y1*h); y++ {
		for x := int(x0 * w); x < int(x1*w); x++ {
			v := float64(p.Y[y*p.YStride+x])
			n, sum, squares = n+1, sum+v, squares+v*v
		}
	}
	m = sum / n
	return m, squares/n - m*m
}

const fullMask = `<tr2:Polygon><tt:Point x="-1" y="1"/><tt:Point x="1" y="1"/><tt:Point x="1" y="-1"/><tt:Point x="-1" y="-1"/></tr2:Polygon>`

func createMask(config, polygon string) string {
	return `<tr2:CreateMask><tr2:Mask><tr2:ConfigurationToken>` + config + `</tr2:ConfigurationToken>` + polygon +
		`<tr2:Type>Color</tr2:Type><tr2:Enabled>true</tr2:Enabled></tr2:Mask></tr2:CreateMask>`
}

func TestLogin(t *testing.T) {
	d := start(t, Camera{Host: "127.0.0.21", Masks: true})
	const info = `<tds:GetDeviceInformation/>`

	t.Run("some operations need no login", func(t *testing.T) {
		a := ask(t, d)
		a.when = nil
		for _, op := range []string{"GetSystemDateAndTime", "GetCapabilities", "GetEndpointReference", "GetServiceCapabilities"} {
			a.ok(deviceService, "<tds:"+op+"/>")
		}
		a.ok(deviceService, `<tds:GetServices><tds:IncludeCapability>true</tds:IncludeCapability></tds:GetServices>`)
	})
	t.Run("others do", func(t *testing.T) {
		a := ask(t, d)
		a.when = nil
		status, header, answer := a.post(deviceService, info)
		if status != http.StatusUnauthorized || !strings.Contains(answer, "ter:NotAuthorized") {
			t.Errorf("status %d: %s", status, answer)
		}
		if n := len(header.Values("WWW-Authenticate")); n != 2 {
			t.Errorf("%d challenges, want 2", n)
		}
	})
	t.Run("an unknown operation tells a stranger nothing", func(t *testing.T) {
		a := ask(t, d)
		a.when = nil
		a.fault(deviceService, `<tds:NoSuchThing/>`, "ter:NotAuthorized")
	})
	t.Run("token", func(t *testing.T) {
		a := ask(t, d)
		if got := a.ok(deviceService, info); !strings.Contains(got, "<tds:Manufacturer>Lensdop</tds:Manufacturer>") {
			t.Error(got)
		}
	})
	t.Run("token with a wrong password", func(t *testing.T) {
		a := ask(t, d)
		a.pw = "guess"
		a.fault(deviceService, info, "ter:NotAuthorized")
	})
	t.Run("token of another time", func(t *testing.T) {
		a := ask(t, d)
		a.when = func() time.Time { return time.Now().Add(-6 * time.Minute) }
		a.fault(deviceService, info, "ter:NotAuthorized")
	})
	t.Run("token played again", func(t *testing.T) {
		a := ask(t, d)
		a.nonce = "once"
		a.ok(deviceService, info)
		a.fault(deviceService, info, "ter:NotAuthorized")
	})
	for _, algorithm := range []string{"MD5", "SHA-256"} {
		t.Run("digest "+algorithm, func(t *testing.T) {
			a := ask(t, d)
			a.when = nil
			_, header, _ := a.post(deviceService, info)
			a.header = digest(t, header, http.MethodPost, deviceService, "admin", "sesame", algorithm, 1)
			a.ok(deviceService, info)
			status, again, _ := a.post(deviceService, info) // the same count once more
			if status != http.StatusUnauthorized || !strings.Contains(again.Get("WWW-Authenticate"), "stale=true") {
				t.Errorf("replay: status %d, %q", status, again.Values("WWW-Authenticate"))
			}
			a.header = digest(t, header, http.MethodPost, deviceService, "admin", "guess", algorithm, 2)
			a.fault(deviceService, info, "ter:NotAuthorized")
		})
	}
	t.Run("good digest and bad token", func(t *testing.T) {
		a := ask(t, d)
		a.when = nil
		_, header, _ := a.post(deviceService, info)
		a = ask(t, d)
		a.pw = "guess"
		a.header = digest(t, header, http.MethodPost, deviceService, "admin", "sesame", "MD5", 1)
		a.fault(deviceService, info, "ter:NotAuthorized")
	})
}

func TestAnswers(t *testing.T) {
	d := start(t, Camera{
		Host: "127.0.0.22", Name: "Hall <1>", Location: []string{"city hall/room 1"}, OSD: []string{"Polling & voting"},
		Sound: true, PTZ: true, Masks: true, SubStream: true, Lenses: 2, Accounts: []Account{{"guard", "Operator"}},
	})
	a := ask(t, d)
	cases := []struct {
		name, path, body string
		want             []string
	}{
		{
			"services", deviceService, `<tds:GetServices><tds:IncludeCapability>false</tds:IncludeCapability></tds:GetServices>`,
			[]string{nsTR2 + "</tds:Namespace><tds:XAddr>http://" + d.Addr() + media2Service, nsPTZ},
		},
		{"scopes", deviceService, `<tds:GetScopes/>`, []string{"onvif://www.onvif.org/location/city%20hall/room%201<", "name/Hall%20%3C1%3E<"}},
		{"users", deviceService, `<tds:GetUsers/>`, []string{"<tt:Username>admin<", "<tt:Username>guard</tt:Username><tt:UserLevel>Operator<"}},
		{"network", deviceService, `<tds:GetNetworkInterfaces/>`, []string{"<tt:HwAddress>02:00:7f:00:00:16<"}},
		{"profiles", mediaService, `<trt:GetProfiles/>`, []string{`token="lens1_main"`, `token="lens2_sub"`, "<tt:Encoding>JPEG<", "AudioEncoderConfiguration", "<tt:Width>320<", "PTZConfiguration"}},
		{"sources", mediaService, `<trt:GetVideoSources/>`, []string{`token="source_1"`, `token="source_2"`}},
		{"microphones", mediaService, `<trt:GetAudioSources/>`, []string{`token="microphone_1"`}},
		{"texts", mediaService, `<trt:GetOSDs/>`, []string{"Polling &amp; voting", "vsc_2"}},
		{"texts of one", media2Service, `<tr2:GetOSDs><tr2:ConfigurationToken>vsc_1</tr2:ConfigurationToken></tr2:GetOSDs>`, []string{"vsc_1"}},
		{"stream", mediaService, `<trt:GetStreamUri><trt:StreamSetup><tt:Stream>RTP-Unicast</tt:Stream><tt:Transport><tt:Protocol>RTSP</tt:Protocol></tt:Transport></trt:StreamSetup><trt:ProfileToken>lens2_sub</trt:ProfileToken></trt:GetStreamUri>`, []string{d.SubURL(2)}},
		{"stream 2", media2Service, `<tr2:GetStreamUri><tr2:Protocol>RTSP</tr2:Protocol><tr2:ProfileToken>lens1_main</tr2:ProfileToken></tr2:GetStreamUri>`, []string{d.RTSPURL(1)}},
		{"snapshot 2", media2Service, `<tr2:GetSnapshotUri><tr2:ProfileToken>lens1_main</tr2:ProfileToken></tr2:GetSnapshotUri>`, []string{d.SnapshotURL(1)}},
		{"profiles 2", media2Service, `<tr2:GetProfiles><tr2:Type>All</tr2:Type></tr2:GetProfiles>`, []string{"<tr2:VideoSource token=\"vsc_1\"", "<tr2:AudioEncoder ", "<tr2:PTZ "}},
		{"masks are possible", media2Service, `<tr2:GetServiceCapabilities/>`, []string{`Mask="true"`, `SourceMask="true"`}},
		{"sound encoders", media2Service, `<tr2:GetAudioEncoderConfigurations/>`, []string{"PCMU"}},
		{"ptz", ptzService, `<tptz:GetStatus><tptz:ProfileToken>lens1_main</tptz:ProfileToken></tptz:GetStatus>`, []string{"IDLE"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := a.ok(c.path, c.body)
			for _, w := range c.want {
				if !strings.Contains(got, w) {
					t.Errorf("no %q in %s", w, got)
				}
			}
			if strings.Contains(got, "sesame") {
				t.Error("the answer holds the password")
			}
		})
	}
	t.Run("profiles 2 without a kind have no configurations", func(t *testing.T) {
		if got := a.ok(media2Service, `<tr2:GetProfiles/>`); strings.Contains(got, "Configurations") {
			t.Error(got)
		}
	})
	faults := []struct {
		path, body string
		want       []string
	}{
		{deviceService, `<tds:GetDNS/>`, []string{"ter:ActionNotSupported"}},
		{mediaService, `<tr2:GetMasks/>`, []string{"ter:ActionNotSupported"}},
		{media2Service, `<tr2:GetSnapshotUri><tr2:ProfileToken>x</tr2:ProfileToken></tr2:GetSnapshotUri>`, []string{"env:Sender", "ter:InvalidArgVal", "ter:NoProfile"}},
		{deviceService, `<tds:GetUsers/><tds:GetScopes/>`, []string{"ter:TagMismatch"}},
	}
	for _, c := range faults {
		a.fault(c.path, c.body, c.want...)
	}
}

func TestMaskOperations(t *testing.T) {
	d := start(t, Camera{Host: "127.0.0.23", Masks: true, MaxMasks: 2, SubStream: true, SplitConfigurations: true})
	a := ask(t, d)
	a.fault(media2Service, createMask("vsc_9", fullMask), "env:Sender", "ter:InvalidArgVal", "ter:NoConfig")
	a.fault(media2Service, createMask("vsc_1", strings.ReplaceAll(fullMask, "tt:Point", "tr2:Point")), "ter:TagMismatch")
	a.fault(media2Service, createMask("vsc_1", `<tr2:Polygon><tt:Point x="0" y="0"/><tt:Point x="1" y="0"/></tr2:Polygon>`), "env:Receiver", "ter:InvalidArgVal", "ter:InvalidPolygon")
	a.fault(media2Service, createMask("vsc_1", `<tr2:Polygon><tt:Point x="0" y="0"/><tt:Point x="1" y="0"/><tt:Point x="1" y="NaN"/></tr2:Polygon>`), "ter:InvalidArgs")
	a.fault(media2Service, strings.Replace(createMask("vsc_1", fullMask), "Color", "Blurred", 1), "ter:ConfigModify")
	a.fault(media2Service, strings.Replace(createMask("vsc_1", fullMask), "<tr2:Type>Color</tr2:Type><tr2:Enabled>true</tr2:Enabled>", "<tr2:Enabled>true</tr2:Enabled><tr2:Type>Color</tr2:Type>", 1), "ter:TagMismatch")

	got := a.ok(media2Service, createMask("vsc_1", fullMask))
	if !strings.Contains(got, "<tr2:Token>mask_1</tr2:Token>") {
		t.Fatal(got)
	}
	a.ok(media2Service, createMask("vsc_1", `<tr2:Polygon><tt:Point x="0.2" y="0"/><tt:Point x="1" y="0"/><tt:Point x="1" y="-0.5"/></tr2:Polygon>`))
	a.fault(media2Service, createMask("vsc_1", fullMask), "env:Receiver", "ter:Action", "ter:MaxMasks")
	a.ok(media2Service, createMask("vsc_1_sub", fullMask)) // counts by configuration

	got = a.ok(media2Service, `<tr2:GetMasks><tr2:ConfigurationToken>vsc_1</tr2:ConfigurationToken></tr2:GetMasks>`)
	if strings.Count(got, "<tr2:Masks ") != 2 || !strings.Contains(got, `<tt:Point x="-1" y="1"/>`) {
		t.Errorf("masks: %s", got)
	}
	if strings.Contains(got, `x="0.2"`) || !strings.Contains(got, `x="0.2001953125"`) {
		t.Errorf("vertices do not lie on the device's grid: %s", got)
	}
	set := strings.NewReplacer("CreateMask>", "SetMask>", "<tr2:Mask>", `<tr2:Mask token="mask_1">`, "true", "false").Replace(createMask("vsc_1", fullMask))
	a.ok(media2Service, set)
	if m := d.Masks(); m[0].Enabled || m[0].Token != "mask_1" {
		t.Errorf("after SetMask: %+v", m[0])
	}
	a.fault(media2Service, strings.Replace(set, "mask_1", "mask_99", 1), "ter:NoConfig")
	a.ok(media2Service, `<tr2:DeleteMask><tr2:Token>mask_1</tr2:Token></tr2:DeleteMask>`)
	a.fault(media2Service, `<tr2:DeleteMask><tr2:Token>mask_1</tr2:Token></tr2:DeleteMask>`, "env:Sender", "ter:InvalidArgVal", "ter:NoConfig")
	a.fault(media2Service, `<tr2:GetMasks><tr2:Token>mask_1</tr2:Token></tr2:GetMasks>`, "ter:NoConfig")
	got = a.ok(media2Service, `<tr2:GetMaskOptions><tr2:ConfigurationToken>vsc_1</tr2:ConfigurationToken></tr2:GetMaskOptions>`)
	if !strings.Contains(got, "<tr2:MaxMasks>2</tr2:MaxMasks>") || !strings.Contains(got, "tt:ColorList") {
		t.Error(got)
	}
}

func TestRectangleOnly(t *testing.T) {
	d := start(t, Camera{Host: "127.0.0.24", Masks: true, RectangleOnly: true})
	if _, err := d.AddMask(1, []Point{{0.1, 0.1}, {0.5, 0.2}, {0.5, 0.5}}); err == nil {
		t.Error("a triangle was taken")
	}
	if _, err := d.AddMask(1, []Point{{0.125, 0.125}, {0.5, 0.25}, {0.5, 0.5}, {0.125, 0.5}}); err != nil {
		t.Fatal(err)
	}
	want := []Point{{0.125, 0.125}, {0.5, 0.125}, {0.5, 0.5}, {0.125, 0.5}}
	if got := d.Masks()[0].Polygon; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestNoMasks(t *testing.T) {
	d := start(t, Camera{Host: "127.0.0.25"})
	a := ask(t, d)
	a.fault(media2Service, `<tr2:GetMasks/>`, "env:Receiver", "ter:ActionNotSupported")
	if got := a.ok(media2Service, `<tr2:GetServiceCapabilities/>`); !strings.Contains(got, `Mask="false"`) {
		t.Error(got)
	}
}

func TestSnapshotShowsMasks(t *testing.T) {
	d := start(t, Camera{Host: "127.0.0.26", Masks: true, SubStream: true, SplitConfigurations: true, Overlay: OverlayNone})
	a := ask(t, d)
	if m, spread := mean(a.snap(d.SnapshotURL(1)), 0.5, 0.5, 1, 1); m < 40 || spread < 50 {
		t.Fatalf("the open picture has mean %.0f and variance %.0f; want a scene", m, spread)
	}
	// ONVIF's y goes up: the lower right quarter.
	got := a.ok(media2Service, createMask("vsc_1", `<tr2:Polygon><tt:Point x="0" y="0"/><tt:Point x="1" y="0"/><tt:Point x="1" y="-1"/><tt:Point x="0" y="-1"/></tr2:Polygon>`))
	if !strings.Contains(got, "mask_1") {
		t.Fatal(got)
	}
	p := a.snap(d.SnapshotURL(1))
	if m, spread := mean(p, 0.52, 0.54, 1, 1); m > 1 || spread > 1 {
		t.Errorf("inside the mask: mean %.1f, variance %.1f", m, spread)
	}
	if m, _ := mean(p, 0, 0, 0.48, 0.48); m < 40 {
		t.Errorf("outside the mask: mean %.1f", m)
	}
	if m, _ := mean(a.snap(d.snapshotURL(1, pathSub)), 0.52, 0.54, 1, 1); m < 40 {
		t.Errorf("the sub-stream has a configuration of its own and must still be open: mean %.1f", m)
	}
	a.ok(media2Service, createMask("vsc_1_sub", fullMask))
	if m, _ := mean(a.snap(d.snapshotURL(1, pathSub)), 0, 0, 1, 1); m > 1 {
		t.Errorf("masked sub-stream: mean %.1f", m)
	}
	if !d.RemoveMask("mask_1") || d.RemoveMask("mask_1") {
		t.Error("removing a mask works exactly once")
	}
	if m, _ := mean(a.snap(d.SnapshotURL(1)), 0.52, 0.54, 1, 1); m < 40 {
		t.Errorf("after removal: mean %.1f", m)
	}
}
