package sim

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/description"
)

func audible(v *viewer) bool {
	for _, m := range v.desc.Medias {
		if m.Type == description.MediaTypeAudio {
			return true
		}
	}
	return false
}

func TestSoundLeavesTheStream(t *testing.T) {
	d := start(t, Camera{Host: "127.0.0.97", Microphones: 2, SubStream: true, FPS: 10})
	a := ask(t, d)
	if got := a.ok(mediaService, `<trt:GetAudioSources/>`); strings.Count(got, "<trt:AudioSources ") != 2 {
		t.Error(got)
	}
	profiles := func(profile string) string {
		t.Helper()
		return a.ok(media2Service, `<tr2:GetProfiles><tr2:Token>`+profile+`</tr2:Token><tr2:Type>All</tr2:Type></tr2:GetProfiles>`)
	}
	if main, sub := profiles("lens1_main"), profiles("lens1_sub"); !strings.Contains(main, `token="aec_1"`) || !strings.Contains(sub, `token="aec_2"`) {
		t.Errorf("%s\n%s", main, sub)
	}
	change := func(op, profile, list string) string {
		return `<tr2:` + op + `><tr2:ProfileToken>` + profile + `</tr2:ProfileToken>` + list + `</tr2:` + op + `>`
	}
	const encoder = `<tr2:Configuration><tr2:Type>AudioEncoder</tr2:Type></tr2:Configuration>`

	setFault(t, d, FaultSoundNotApplied, true)
	a.ok(media2Service, change("RemoveConfiguration", "lens1_main", encoder))
	if got := profiles("lens1_main"); strings.Contains(got, "aec_1") {
		t.Error(got)
	}
	v := mustView(t, d.RTSPURL(1))
	if !audible(v) {
		t.Error("the fault keeps sound in the stream")
	}
	setFault(t, d, FaultSoundNotApplied, false)
	a.ok(media2Service, change("AddConfiguration", "lens1_main", `<tr2:Configuration><tr2:Type>AudioEncoder</tr2:Type><tr2:Token>aec_1</tr2:Token></tr2:Configuration>`))
	v = mustView(t, d.RTSPURL(1))
	v.next(t)
	a.ok(media2Service, change("RemoveConfiguration", "lens1_main", encoder))
	// Who played it is cut off, and finds no sound when it comes back.
	if err := v.client.Wait(); err == nil {
		t.Error("the session with sound lives on")
	}
	if v = mustView(t, d.RTSPURL(1)); audible(v) {
		t.Error("the main stream has sound")
	}
	v.next(t)
	if !audible(mustView(t, d.SubURL(1))) {
		t.Error("the sub-stream lost its own microphone")
	}
	if got := a.ok(media2Service, `<tr2:GetAudioEncoderConfigurations><tr2:ConfigurationToken>aec_1</tr2:ConfigurationToken></tr2:GetAudioEncoderConfigurations>`); !strings.Contains(got, "<tt:UseCount>0<") {
		t.Error(got)
	}

	// The first Media service works on the same profiles.
	one := func(op, profile, more string) string {
		return `<trt:` + op + `><trt:ProfileToken>` + profile + `</trt:ProfileToken>` + more + `</trt:` + op + `>`
	}
	a.ok(mediaService, one("RemoveAudioSourceConfiguration", "lens1_sub", ""))
	if audible(mustView(t, d.SubURL(1))) {
		t.Error("a profile without a source has sound")
	}
	a.ok(mediaService, one("AddAudioSourceConfiguration", "lens1_sub", `<trt:ConfigurationToken>asc_1</trt:ConfigurationToken>`))
	if got := a.ok(mediaService, one("GetProfile", "lens1_sub", "")); !strings.Contains(got, `AudioSourceConfiguration token="asc_1"`) || !strings.Contains(got, `AudioEncoderConfiguration token="aec_2"`) {
		t.Error(got)
	}
	a.fault(mediaService, one("AddAudioEncoderConfiguration", "lens1_sub", `<trt:ConfigurationToken>aec_3</trt:ConfigurationToken>`), "ter:NoConfig")
	a.fault(mediaService, one("RemoveAudioEncoderConfiguration", "x", ""), "ter:NoProfile")
	a.fault(media2Service, change("RemoveConfiguration", "lens1_sub", `<tr2:Configuration><tr2:Type>VideoSource</tr2:Type></tr2:Configuration>`), "ter:ConfigurationConflict")
	a.fault(media2Service, change("RemoveConfiguration", "lens1_sub", ``), "ter:InvalidArgs")
	a.fault(media2Service, change("AddConfiguration", "lens1_sub", `<tr2:Configuration><tr2:Token>aec_1</tr2:Token><tr2:Type>AudioEncoder</tr2:Type></tr2:Configuration>`), "ter:TagMismatch")
}

func TestProtocols(t *testing.T) {
	d := start(t, Camera{Host: "127.0.0.98", NTP: "-", Geo: []Geo{{Entity: "VideoSource", Longitude: 4.25, Latitude: 51.5, Yaw: 90}}, Recorder: &Recorder{}})
	a := ask(t, d)
	if got := a.ok(deviceService, `<tds:GetNetworkProtocols/>`); strings.Count(got, "<tt:Enabled>true<") != 2 || strings.Contains(got, "HTTPS") {
		t.Error(got)
	}
	port := d.RTSPAddr()[strings.LastIndex(d.RTSPAddr(), ":")+1:]
	set := func(name, on, port string) string {
		return `<tds:SetNetworkProtocols><tds:NetworkProtocols><tt:Name>` + name + `</tt:Name><tt:Enabled>` + on + `</tt:Enabled><tt:Port>` + port + `</tt:Port></tds:NetworkProtocols></tds:SetNetworkProtocols>`
	}
	v := mustView(t, d.RTSPURL(1))
	v.next(t)
	a.ok(deviceService, set("RTSP", "false", port))
	if err := v.client.Wait(); err == nil {
		t.Error("RTSP is off, and a session lives on")
	}
	if v, err := view(d.RTSPURL(1), "sesame"); err == nil {
		v.client.Close()
		t.Error("RTSP is off, and plays")
	}
	if got := a.ok(deviceService, `<tds:GetNetworkProtocols/>`); !strings.Contains(got, "<tt:Name>RTSP</tt:Name><tt:Enabled>false<") {
		t.Error(got)
	}
	a.ok(deviceService, set("RTSP", "true", port))
	mustView(t, d.RTSPURL(1)).next(t)
	a.fault(deviceService, set("HTTPS", "true", "443"), "ter:ServiceNotSupported")
	a.fault(deviceService, set("RTSP", "true", "1"), "ter:InvalidArgVal")
	a.fault(deviceService, set("RTSP", "maybe", port), "ter:InvalidArgs")

	for body, want := range map[string]string{
		`<tds:GetDiscoveryMode/>`:         `>Discoverable<`,
		`<tds:GetHostname/>`:              `<tt:FromDHCP>false</tt:FromDHCP><tt:Name>camera<`,
		`<tds:GetNTP/>`:                   `<tds:NTPInformation><tt:FromDHCP>false</tt:FromDHCP></tds:NTPInformation>`,
		`<tds:GetSystemDateAndTime/>`:     `<tt:DateTimeType>Manual<`,
		`<tds:GetGeoLocation/>`:           `<tt:GeoLocation lon="4.25" lat="51.5" elevation="0"/><tt:GeoOrientation pitch="0" yaw="90"/>`,
		`<tds:GetStorageConfigurations/>`: `<tds:Data type="LocalStorage"><tds:LocalPath>`,
	} {
		if got := a.ok(deviceService, body); !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	a.ok(deviceService, `<tds:SetDiscoveryMode><tds:DiscoveryMode>NonDiscoverable</tds:DiscoveryMode></tds:SetDiscoveryMode>`)
	r := &responder{dev: d}
	if r.answer([]byte(probeMessage("urn:uuid:1", typedProbe))) != nil {
		t.Error("a hidden device answers a probe")
	}
	a.ok(deviceService, `<tds:SetDiscoveryMode><tds:DiscoveryMode>Discoverable</tds:DiscoveryMode></tds:SetDiscoveryMode>`)
	if r.answer([]byte(probeMessage("urn:uuid:1", typedProbe))) == nil {
		t.Error("a device that is not hidden does not answer a probe")
	}
}

func TestTLS(t *testing.T) {
	d := start(t, Camera{Host: "127.0.0.99", TLS: true})
	var shown []byte
	get := func(config *tls.Config) (string, error) {
		a := ask(t, d)
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: config}, Timeout: 10 * time.Second}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://"+d.TLSAddr()+media2Service, strings.NewReader(
			`<s:Envelope xmlns:s="`+nsEnv+`" xmlns:tr2="`+nsTR2+`">`+a.token()+`<s:Body><tr2:GetSnapshotUri><tr2:ProfileToken>lens1_main</tr2:ProfileToken></tr2:GetSnapshotUri></s:Body></s:Envelope>`))
		if err != nil {
			return "", err
		}
		res, err := client.Do(req)
		if err != nil {
			return "", err
		}
		defer func() { _ = res.Body.Close() }()
		sum := sha256.Sum256(res.TLS.PeerCertificates[0].RawSubjectPublicKeyInfo)
		shown = sum[:]
		var b bytes.Buffer
		_, err = b.ReadFrom(res.Body)
		return b.String(), err
	}
	if _, err := get(&tls.Config{}); err == nil {
		t.Error("a client that knows nobody took the certificate")
	}
	anyone := &tls.Config{InsecureSkipVerify: true}
	got, err := get(anyone)
	if err != nil || !strings.Contains(got, "https://"+d.TLSAddr()+"/snapshot/") || !bytes.Equal(shown, d.Pin()) {
		t.Errorf("%v: %s; shown %x, pin %x", err, got, shown, d.Pin())
	}
	setFault(t, d, FaultSelfSigned, true)
	if _, err := get(anyone); err != nil || bytes.Equal(shown, d.Pin()) {
		t.Errorf("%v: the certificate is still the device's own", err)
	}
	if host, _, err := net.SplitHostPort(d.TLSAddr()); err != nil || host != "127.0.0.99" || d.TLSAddr() == d.Addr() {
		t.Errorf("TLS at %s, %v", d.TLSAddr(), err)
	}
	if got := ask(t, d).ok(deviceService, `<tds:GetNetworkProtocols/>`); !strings.Contains(got, "HTTPS") {
		t.Error(got)
	}
}
