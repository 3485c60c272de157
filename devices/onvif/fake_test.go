package onvif

import (
	"crypto/md5"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
)

// fake is an ONVIF device written by hand from the specifications: it reads
// requests with regular expressions and answers with literal XML, so that it
// shares no mistake with the driver.
type fake struct {
	t   testing.TB
	srv *httptest.Server

	mu         sync.Mutex
	login      string        // "", "token", "digest"
	skew       time.Duration // of its clock
	sources    []string
	configs    []fakeConfig
	masks      []fakeMask
	maskCap    bool
	perSource  bool
	maxMasks   int
	maxPoints  int
	rectangles bool
	types      string
	audio      bool
	fallsOver  bool // over Media2 GetProfiles with types
	noServices bool // GetServices is not known, as on old devices
	next       int
	nonces     map[string]bool
	// ops are the operations in order; writes snapshots after each write.
	ops []string
	// withLogin are those of ops that came with a login.
	withLogin []string
	password  string            // if it is not fakePass
	level     []string          // operations that the account is too low for
	stall     func(string) bool // operations that are not answered
	stalls    atomic.Int32
	writes    [][]fakeMask
	// store changes, or drops (false), a mask that is written.
	store func(*fakeMask) bool
	// services are more than the usual ones: namespace and path.
	services [][2]string
	// more are operations beside the usual ones, or in their place; they run
	// with mu held, after the login.
	more map[string]func(body string) string
	// answer takes over an operation.
	answer map[string]func(http.ResponseWriter, *http.Request)
	// after runs when an operation has been done and before it is answered.
	after map[string]func()
}

type fakeConfig struct {
	token, source string
	x, y, w, h    int
}

type fakeMask struct {
	token, config, typ string
	points             [][2]float64
	enabled            bool
}

const (
	fakeUser = "lens"
	fakePass = "very secret words"
)

func newFake(t testing.TB) *fake {
	t.Helper()
	f := &fake{
		t: t, sources: []string{"VS1"}, maskCap: true, maxMasks: 8, maxPoints: 8, types: "Color", audio: true,
		configs: []fakeConfig{{"VSC1", "VS1", 0, 0, 1920, 1080}},
		nonces:  map[string]bool{},
		more:    map[string]func(string) string{},
		answer:  map[string]func(http.ResponseWriter, *http.Request){},
		after:   map[string]func(){},
	}
	f.srv = httptest.NewServer(f)
	t.Cleanup(f.srv.Close)
	return f
}

func (f *fake) address() string { return strings.TrimPrefix(f.srv.URL, "http://") }

func (f *fake) target() devices.Target {
	return devices.Target{
		Found: devices.Found{
			Endpoint: "urn:uuid:11111111-2222-3333-4444-555555555555", Address: f.address(),
			XAddrs: []string{"http://192.0.2.77/onvif/device_service"}, Interface: "lo",
		},
		Credentials: devices.Credentials{User: fakeUser, Password: fakePass},
	}
}

var (
	reOp      = regexp.MustCompile(`<(?:[\w-]+:)?Body[^>]*>\s*<(?:([\w-]+):)?(\w+)`)
	rePoint   = regexp.MustCompile(`<tt:Point x="([^"]+)" y="([^"]+)"`)
	rePanTilt = regexp.MustCompile(`<tt:PanTilt x="([^"]+)" y="([^"]+)"`)
)

func text(body, tag string) string {
	m := regexp.MustCompile(`<(?:[\w-]+:)?` + tag + `(?:\s[^>]*)?>([^<]*)<`).FindStringSubmatch(body)
	if m == nil {
		return ""
	}
	return m[1]
}

func envelopeOf(body string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"` +
		` xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:trt="http://www.onvif.org/ver10/media/wsdl"` +
		` xmlns:tr2="http://www.onvif.org/ver20/media/wsdl" xmlns:tt="http://www.onvif.org/ver10/schema"` +
		` xmlns:tptz="http://www.onvif.org/ver20/ptz/wsdl" xmlns:trc="http://www.onvif.org/ver10/recording/wsdl"` +
		` xmlns:tse="http://www.onvif.org/ver10/search/wsdl" xmlns:tev="http://www.onvif.org/ver10/events/wsdl"` +
		` xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2" xmlns:wsa="http://www.w3.org/2005/08/addressing"` +
		` xmlns:tns1="http://www.onvif.org/ver10/topics" xmlns:tmd="http://www.onvif.org/ver10/deviceIO/wsdl"` +
		` xmlns:ter="http://www.onvif.org/ver10/error" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">` +
		`<s:Header/><s:Body>` + body + `</s:Body></s:Envelope>`
}

func faultOf(codes ...string) string {
	inner := ""
	for i := len(codes) - 1; i > 0; i-- {
		inner = `<s:Subcode><s:Value>ter:` + codes[i] + `</s:Value>` + inner + `</s:Subcode>`
	}
	return envelopeOf(`<s:Fault><s:Code><s:Value>s:` + codes[0] + `</s:Value>` + inner +
		`</s:Code><s:Reason><s:Text xml:lang="en">the reason given</s:Text></s:Reason></s:Fault>`)
}

func sendFault(status int, codes ...string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, faultOf(codes...))
	}
}

func sendBody(body string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, envelopeOf(body)) }
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	body := string(b)
	m := reOp.FindStringSubmatch(body)
	if m == nil {
		http.Error(w, "no SOAP", http.StatusBadRequest)
		return
	}
	op := m[1] + ":" + m[2]
	if !r.Close {
		f.t.Errorf("%s came without Connection: close", op)
	}
	if strings.Contains(body, fakePass) || strings.Contains(r.Header.Get("Authorization"), fakePass) {
		f.t.Errorf("%s carries the password in clear", op)
	}
	f.mu.Lock()
	f.ops = append(f.ops, op)
	if r.Header.Get("Authorization") != "" || strings.Contains(body, "UsernameToken") {
		f.withLogin = append(f.withLogin, op)
	}
	stalled := f.stall != nil && f.stall(op)
	special, done := f.answer[op], f.after[op]
	ok, challenge := f.allowed(op, body, r)
	f.mu.Unlock()
	if stalled {
		f.stalls.Add(1)
		<-r.Context().Done()
		return
	}
	if special != nil {
		r.Body = io.NopCloser(strings.NewReader(body))
		special(w, r)
		return
	}
	if f.fallsOver && strings.Contains(body, "<tr2:Type>") {
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, "<html><head><title>500</title></head><body>Internal Server Error<hr></body></html>")
		return
	}
	if !ok {
		if challenge {
			w.Header().Set("WWW-Authenticate", `Digest realm="cam", qop="auth", nonce="abcdef", algorithm=MD5`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		sendFault(http.StatusBadRequest, "Sender", "NotAuthorized")(w, r)
		return
	}
	f.mu.Lock()
	answer := f.respond(op, body)
	f.mu.Unlock()
	if done != nil {
		done()
	}
	switch {
	case answer == "":
		sendFault(http.StatusInternalServerError, "Receiver", "ActionNotSupported")(w, r)
	case strings.HasPrefix(answer, "<s:Fault"):
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, envelopeOf(answer))
	default:
		w.Header().Set("Content-Type", "application/soap+xml")
		_, _ = io.WriteString(w, envelopeOf(answer))
	}
}

// allowed checks the login as the device's settings want it.
func (f *fake) allowed(op, body string, r *http.Request) (ok, challenge bool) {
	if f.login == "" || op == "tds:GetSystemDateAndTime" {
		return true, false
	}
	if f.login == "digest" {
		h := r.Header.Get("Authorization")
		field := func(n string) string {
			m := regexp.MustCompile(`[ ,]` + n + `="?([^",]+)"?`).FindStringSubmatch(h)
			if m == nil {
				return ""
			}
			return m[1]
		}
		sum := func(s string) string { h := md5.Sum([]byte(s)); return hex.EncodeToString(h[:]) }
		want := sum(strings.Join([]string{
			sum(fakeUser + ":cam:" + fakePass), field("nonce"), field("nc"), field("cnonce"), field("qop"),
			sum("POST:" + r.URL.RequestURI()),
		}, ":"))
		if f.nonces[field("nc")+field("cnonce")] {
			return false, true
		}
		f.nonces[field("nc")+field("cnonce")] = true
		return field("response") == want && field("uri") == r.URL.RequestURI(), true
	}
	nonce, err := base64.StdEncoding.DecodeString(text(body, "Nonce"))
	created, terr := time.Parse(time.RFC3339, text(body, "Created"))
	if err != nil || terr != nil || len(nonce) < 8 || f.nonces[string(nonce)] {
		return false, false
	}
	f.nonces[string(nonce)] = true
	password := fakePass
	if f.password != "" {
		password = f.password
	}
	if slices.Contains(f.level, strings.TrimPrefix(op, "tds:")) {
		return false, false
	}
	h := sha1.Sum([]byte(string(nonce) + text(body, "Created") + password))
	return text(body, "Username") == fakeUser && text(body, "Password") == base64.StdEncoding.EncodeToString(h[:]) &&
		created.Sub(time.Now().Add(f.skew)).Abs() < time.Minute, false
}

func (f *fake) respond(op, body string) string {
	_, port, _ := strings.Cut(f.address(), ":")
	// The host is not the device's: behind address translation that is so.
	base := "http://192.0.2.77:" + port + "/onvif/"
	if do := f.more[op]; do != nil {
		return do(body)
	}
	switch op {
	case "tds:GetSystemDateAndTime":
		t := time.Now().Add(f.skew).UTC()
		return fmt.Sprintf(`<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType>`+
			`<tt:UTCDateTime><tt:Time><tt:Hour>%d</tt:Hour><tt:Minute>%d</tt:Minute><tt:Second>%d</tt:Second></tt:Time>`+
			`<tt:Date><tt:Year>%d</tt:Year><tt:Month>%d</tt:Month><tt:Day>%d</tt:Day></tt:Date></tt:UTCDateTime>`+
			`</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>`,
			t.Hour(), t.Minute(), t.Second(), t.Year(), t.Month(), t.Day())
	case "tds:GetServices":
		if f.noServices {
			return ""
		}
		others := ""
		for _, s := range f.services {
			others += service(s[0], base+s[1])
		}
		return `<tds:GetServicesResponse>` + others + service(nsDevice, base+"device_service") + service(nsMedia, base+"media") +
			service(nsMedia2, base+"media2") + service(nsPTZ, base+"ptz") + `</tds:GetServicesResponse>`
	case "tds:GetCapabilities":
		return `<tds:GetCapabilitiesResponse><tds:Capabilities><tt:Device><tt:XAddr>` + base + `device_service</tt:XAddr></tt:Device>` +
			`<tt:Media><tt:XAddr>` + base + `media</tt:XAddr></tt:Media></tds:Capabilities></tds:GetCapabilitiesResponse>`
	case "tds:GetDeviceInformation":
		return `<tds:GetDeviceInformationResponse><tds:Manufacturer>Maker</tds:Manufacturer><tds:Model>M 1</tds:Model>` +
			`<tds:FirmwareVersion>1.2</tds:FirmwareVersion><tds:SerialNumber>S77</tds:SerialNumber></tds:GetDeviceInformationResponse>`
	case "tds:GetNetworkInterfaces":
		return `<tds:GetNetworkInterfacesResponse><tds:NetworkInterfaces token="wlan"><tt:Enabled>true</tt:Enabled><tt:Info><tt:HwAddress>02-00-00-00-00-01</tt:HwAddress></tt:Info></tds:NetworkInterfaces>` +
			`<tds:NetworkInterfaces token="eth"><tt:Enabled>true</tt:Enabled><tt:Info><tt:HwAddress>02:00:00:00:00:AB</tt:HwAddress></tt:Info>` +
			`<tt:IPv4><tt:Enabled>true</tt:Enabled><tt:Config><tt:Manual><tt:Address>127.0.0.1</tt:Address></tt:Manual></tt:Config></tt:IPv4></tds:NetworkInterfaces></tds:GetNetworkInterfacesResponse>`
	case "tds:GetEndpointReference":
		return `<tds:GetEndpointReferenceResponse><tds:GUID>aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee</tds:GUID></tds:GetEndpointReferenceResponse>`
	case "tds:GetScopes":
		return `<tds:GetScopesResponse><tds:Scopes><tt:ScopeDef>Fixed</tt:ScopeDef><tt:ScopeItem>onvif://www.onvif.org/type/video_encoder</tt:ScopeItem></tds:Scopes>` +
			`<tds:Scopes><tt:ScopeItem>onvif://www.onvif.org/location/Sports%20hall</tt:ScopeItem></tds:Scopes>` +
			`<tds:Scopes><tt:ScopeItem>onvif://www.onvif.org/location/country/nl</tt:ScopeItem></tds:Scopes></tds:GetScopesResponse>`
	case "tds:GetUsers":
		return `<tds:GetUsersResponse><tds:User><tt:Username>lens</tt:Username><tt:UserLevel>Operator</tt:UserLevel></tds:User>` +
			`<tds:User><tt:Username>root</tt:Username><tt:UserLevel>Administrator</tt:UserLevel></tds:User></tds:GetUsersResponse>`
	case "trt:GetVideoSources":
		s := ""
		for _, v := range f.sources {
			s += `<trt:VideoSources token="` + v + `"><tt:Framerate>25</tt:Framerate><tt:Resolution><tt:Width>1920</tt:Width><tt:Height>1080</tt:Height></tt:Resolution></trt:VideoSources>`
		}
		return `<trt:GetVideoSourcesResponse>` + s + `</trt:GetVideoSourcesResponse>`
	case "trt:GetAudioSources":
		if !f.audio {
			return `<trt:GetAudioSourcesResponse/>`
		}
		return `<trt:GetAudioSourcesResponse><trt:AudioSources token="A1"/><trt:AudioSources token="A2"/></trt:GetAudioSourcesResponse>`
	case "tr2:GetServiceCapabilities":
		return fmt.Sprintf(`<tr2:GetServiceCapabilitiesResponse><tr2:Capabilities SnapshotUri="true" Mask="%v" SourceMask="%v"/></tr2:GetServiceCapabilitiesResponse>`, f.maskCap, f.perSource)
	case "tr2:GetVideoSourceConfigurations", "trt:GetVideoSourceConfigurations":
		s := ""
		for _, c := range f.configs {
			s += c.xml(op[:4] + "Configurations")
		}
		return `<` + op + `Response>` + s + `</` + op + `Response>`
	case "tr2:GetProfiles":
		s := ""
		for i, c := range f.configs {
			if !strings.Contains(body, "<tr2:Type>") {
				s += fmt.Sprintf(`<tr2:Profiles token="P%d"><tr2:Name>profile %d</tr2:Name></tr2:Profiles>`, i+1, i+1)
				continue
			}
			audio := ""
			if f.audio && i == 0 {
				audio = `<tr2:AudioSource token="as"/><tr2:AudioEncoder token="ae"><tt:Encoding>AAC</tt:Encoding></tr2:AudioEncoder>`
			}
			s += fmt.Sprintf(`<tr2:Profiles token="P%d" fixed="true"><tr2:Name>profile %d</tr2:Name><tr2:Configurations>%s`+
				`<tr2:VideoEncoder token="ve"><tt:Name>v</tt:Name><tt:Encoding>H264</tt:Encoding><tt:Resolution><tt:Width>1280</tt:Width><tt:Height>720</tt:Height></tt:Resolution></tr2:VideoEncoder>%s`+
				`</tr2:Configurations></tr2:Profiles>`, i+1, i+1, c.xml("tr2:VideoSource"), audio)
		}
		return `<tr2:GetProfilesResponse>` + s + `</tr2:GetProfilesResponse>`
	case "trt:GetProfiles":
		return `<trt:GetProfilesResponse><trt:Profiles token="old"><tt:Name>main</tt:Name>` + f.configs[0].xml("tt:VideoSourceConfiguration") +
			`<tt:VideoEncoderConfiguration token="ve"><tt:Encoding>JPEG</tt:Encoding><tt:Resolution><tt:Width>640</tt:Width><tt:Height>360</tt:Height></tt:Resolution></tt:VideoEncoderConfiguration>` +
			`</trt:Profiles></trt:GetProfilesResponse>`
	case "tr2:GetStreamUri":
		return `<tr2:GetStreamUriResponse><tr2:Uri>rtsp://admin:` + url.QueryEscape(fakePass) + `@192.0.2.77:8554/` + text(body, "ProfileToken") + `?channel=1&amp;password=x</tr2:Uri></tr2:GetStreamUriResponse>`
	case "trt:GetStreamUri":
		return `<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>rtsp://192.0.2.77/` + text(body, "ProfileToken") + `</tt:Uri></trt:MediaUri></trt:GetStreamUriResponse>`
	case "tr2:GetSnapshotUri":
		return `<tr2:GetSnapshotUriResponse><tr2:Uri>http://192.0.2.77:8080/shot.jpg</tr2:Uri></tr2:GetSnapshotUriResponse>`
	case "tr2:GetOSDs":
		// In the namespace of the older service, as some firmwares do.
		return `<trt:GetOSDsResponse><trt:OSDs token="o1"><tt:VideoSourceConfigurationToken>VSC1</tt:VideoSourceConfigurationToken><tt:Type>Text</tt:Type><tt:TextString><tt:Type>Plain</tt:Type><tt:PlainText>Hall 1</tt:PlainText></tt:TextString></trt:OSDs>` +
			`<trt:OSDs token="o2"><tt:VideoSourceConfigurationToken>VSC1</tt:VideoSourceConfigurationToken><tt:Type>Text</tt:Type><tt:TextString><tt:Type>DateAndTime</tt:Type></tt:TextString></trt:OSDs>` +
			`<trt:OSDs token="o3"><tt:VideoSourceConfigurationToken>VSC1</tt:VideoSourceConfigurationToken><tt:Type>Text</tt:Type><tt:TextString><tt:Type>Plain</tt:Type><tt:PlainText>Camera bewaking</tt:PlainText></tt:TextString></trt:OSDs></trt:GetOSDsResponse>`
	default:
		return f.respondMask(op, body)
	}
}

func service(ns, addr string) string {
	return `<tds:Service><tds:Namespace>` + ns + `</tds:Namespace><tds:XAddr>` + addr + `</tds:XAddr><tds:Version><tt:Major>2</tt:Major><tt:Minor>6</tt:Minor></tds:Version></tds:Service>`
}

func (c fakeConfig) xml(tag string) string {
	return fmt.Sprintf(`<%s token="%s"><tt:Name>n</tt:Name><tt:SourceToken>%s</tt:SourceToken><tt:Bounds x="%d" y="%d" width="%d" height="%d"/></%s>`,
		tag, c.token, c.source, c.x, c.y, c.w, c.h, tag)
}

func (f *fake) respondMask(op, body string) string {
	switch op {
	case "tr2:GetMaskOptions":
		return fmt.Sprintf(`<tr2:GetMaskOptionsResponse><tr2:Options RectangleOnly="%v" SingleColorOnly="true"><tr2:MaxMasks>%d</tr2:MaxMasks><tr2:MaxPoints>%d</tr2:MaxPoints><tr2:Types>%s</tr2:Types></tr2:Options></tr2:GetMaskOptionsResponse>`,
			f.rectangles, f.maxMasks, f.maxPoints, f.types)
	case "tr2:GetMasks":
		s := ""
		for _, m := range f.masks {
			if m.config != text(body, "ConfigurationToken") {
				continue
			}
			points := ""
			for _, p := range m.points {
				points += fmt.Sprintf(`<tt:Point x="%g" y="%g"/>`, p[0], p[1])
			}
			s += fmt.Sprintf(`<tr2:Masks token="%s"><tr2:ConfigurationToken>%s</tr2:ConfigurationToken><tr2:Polygon>%s</tr2:Polygon><tr2:Type>%s</tr2:Type><tr2:Enabled>%v</tr2:Enabled></tr2:Masks>`,
				m.token, m.config, points, m.typ, m.enabled)
		}
		return `<tr2:GetMasksResponse>` + s + `</tr2:GetMasksResponse>`
	case "tr2:CreateMask", "tr2:SetMask":
		m := fakeMask{config: text(body, "ConfigurationToken"), typ: text(body, "Type"), enabled: text(body, "Enabled") == "true"}
		for _, p := range rePoint.FindAllStringSubmatch(body, -1) {
			x, _ := strconv.ParseFloat(p[1], 64)
			y, _ := strconv.ParseFloat(p[2], 64)
			m.points = append(m.points, [2]float64{x, y})
		}
		if len(m.points) < 3 || len(m.points) > f.maxPoints {
			return `<s:Fault><s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>ter:InvalidArgVal</s:Value><s:Subcode><s:Value>ter:InvalidPolygon</s:Value></s:Subcode></s:Subcode></s:Code></s:Fault>`
		}
		if op == "tr2:SetMask" {
			m.token = regexp.MustCompile(`<tr2:Mask token="([^"]+)"`).FindStringSubmatch(body)[1]
			for i := range f.masks {
				if f.masks[i].token == m.token && (f.store == nil || f.store(&m)) {
					f.masks[i] = m
				}
			}
		} else {
			n := 0
			for _, have := range f.masks {
				if have.config == m.config {
					n++
				}
			}
			if n >= f.maxMasks {
				return `<s:Fault><s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>ter:Action</s:Value><s:Subcode><s:Value>ter:MaxMasks</s:Value></s:Subcode></s:Subcode></s:Code></s:Fault>`
			}
			f.next++
			m.token = fmt.Sprintf("mask%d", f.next)
			if f.store == nil || f.store(&m) {
				f.masks = append(f.masks, m)
			}
		}
		f.wrote()
		if op == "tr2:SetMask" {
			return `<tr2:SetMaskResponse/>`
		}
		return `<tr2:CreateMaskResponse><tr2:Token>` + m.token + `</tr2:Token></tr2:CreateMaskResponse>`
	case "tr2:DeleteMask":
		for i, m := range f.masks {
			if m.token == text(body, "Token") {
				f.masks = append(f.masks[:i:i], f.masks[i+1:]...)
				f.wrote()
				return `<tr2:DeleteMaskResponse/>`
			}
		}
		return `<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:InvalidArgVal</s:Value></s:Subcode></s:Code></s:Fault>`
	}
	return ""
}

func (f *fake) wrote() { f.writes = append(f.writes, append([]fakeMask(nil), f.masks...)) }

func (f *fake) count(op string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, o := range f.ops {
		if o == op {
			n++
		}
	}
	return n
}

func (f *fake) loginCount() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.withLogin)
}

// put is somebody else's hand on the device.
func (f *fake) put(m fakeMask) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.masks = append(f.masks, m)
}

func (f *fake) now() []fakeMask {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]fakeMask(nil), f.masks...)
}

// fullPoints is the whole picture in ONVIF's square.
func fullPoints() [][2]float64 { return [][2]float64{{-1, 1}, {1, 1}, {1, -1}, {-1, -1}} }
