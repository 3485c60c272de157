package hikvision_test

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/lensdop/lensdop/devices"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// region as the fake keeps it. Extra is what a driver does not know.
type region struct {
	ID      string `xml:"id"`
	Enabled bool   `xml:"enabled"`
	Points  []struct {
		X int `xml:"positionX"`
		Y int `xml:"positionY"`
	} `xml:"RegionCoordinatesList>RegionCoordinates"`
	Type  string `xml:"maskType"`
	Extra string `xml:"extra"`
}

func say(w io.Writer, format string, args ...any) {
	if _, err := fmt.Fprintf(w, format, args...); err != nil {
		panic(http.ErrAbortHandler) // the client is gone
	}
}

// box is a Hikvision camera or recorder.
type box struct {
	w, h     int
	places   int
	size     string // the size attribute; empty for none
	on       bool
	regions  []region
	kind     string
	proxies  int
	first    *box // the first of several channels; this one is the second
	topLeft  bool
	replaces bool // a PUT drops regions that it does not name
	ignores  bool
	shrinks  int // steps off the right
	code     int // of ResponseStatus; 0 means 1
	up       int // seconds since its start
	html     bool
	private  bool // tells nothing without a login but that it wants one

	mu     sync.Mutex
	puts   int
	logins int
	after  func() // each change
}

func (b *box) start(t *testing.T) (*httptest.Server, devices.Target) {
	s := httptest.NewServer(b)
	t.Cleanup(s.Close)
	return s, devices.Target{
		Found:       devices.Found{Address: s.Listener.Addr().String(), Endpoint: "urn:uuid:1"},
		Credentials: devices.Credentials{User: "lensdop", Password: "three quiet owls"},
	}
}

func (b *box) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.html {
		say(w, "%s", "<html><body>Web interface<br></body></html>")
		return
	}
	if !strings.HasPrefix(r.Header.Get("Authorization"), "Digest ") {
		w.Header().Add("WWW-Authenticate", `Digest qop="auth", realm="IP Camera(C1234)", nonce="4e5468694e7a42694e7a", stale="FALSE"`)
		w.WriteHeader(http.StatusUnauthorized)
		if !b.private {
			say(w, "%s", `<userCheck><statusValue>401</statusValue><statusString>Unauthorized</statusString></userCheck>`)
		}
		return
	}
	b.logins++
	const ns = ` version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema"`
	mask := "/ISAPI/System/Video/inputs/channels/1/privacyMask"
	if b.proxies > 0 {
		mask = "/ISAPI/ContentMgmt/InputProxy/channels/2/video/privacyMask"
	}
	switch path := r.URL.Path; {
	case path == "/ISAPI/System/deviceInfo":
		say(w, `<?xml version="1.0" encoding="UTF-8"?><DeviceInfo%s><model>DS-TEST</model><serialNumber>S1</serialNumber>`+
			`<macAddress>44:19:b6:00:00:01</macAddress><firmwareVersion>V5.6.3</firmwareVersion><firmwareReleasedDate>build 190220</firmwareReleasedDate>`+
			`<deviceType>%s</deviceType></DeviceInfo>`, ns, b.kind)
	case path == "/ISAPI/System/Video/inputs/channels" && b.proxies == 0:
		say(w, `<VideoInputChannelList%s><VideoInputChannel><id>1</id></VideoInputChannel></VideoInputChannelList>`, ns)
	case path == "/ISAPI/ContentMgmt/InputProxy/channels" && b.proxies > 0:
		say(w, `<InputProxyChannelList%s>`, ns)
		for i := range b.proxies {
			say(w, `<InputProxyChannel><id>%d</id></InputProxyChannel>`, i+1)
		}
		say(w, "%s", `</InputProxyChannelList>`)
	case path == "/ISAPI/System/status":
		say(w, `<DeviceStatus%s><deviceUpTime>%d</deviceUpTime></DeviceStatus>`, ns, b.up)
	case path == "/ISAPI/Security/users":
		say(w, `<UserList%s><User><id>1</id><userName>admin</userName><userLevel>Administrator</userLevel></User></UserList>`, ns)
	case path == "/ISAPI/Streaming/channels":
		say(w, `<StreamingChannelList%s><StreamingChannel><id>101</id><channelName>Hall</channelName><enabled>true</enabled>`+
			`<Transport><rtspPortNo>8554</rtspPortNo></Transport><Video><videoCodecType>H.264</videoCodecType><videoResolutionWidth>1920</videoResolutionWidth>`+
			`<videoResolutionHeight>1080</videoResolutionHeight></Video><Audio><enabled>true</enabled></Audio></StreamingChannel>`+
			`<StreamingChannel><id>201</id><enabled>true</enabled></StreamingChannel></StreamingChannelList>`, ns)
	case b.first != nil && path == "/ISAPI/ContentMgmt/InputProxy/channels/1/video/privacyMask":
		if r.Method == http.MethodPut {
			b.first.put(w, r)
		} else {
			say(w, "%s", b.first.document(ns))
		}
	case path == mask && r.Method == http.MethodGet:
		say(w, "%s", b.document(ns))
	case path == mask+"/capabilities" && b.size == "":
		say(w, `<PrivacyMask%s><PrivacyMaskRegionList size="%d"/></PrivacyMask>`, ns, b.places)
	case path == mask && r.Method == http.MethodPut:
		b.put(w, r)
	default:
		w.WriteHeader(http.StatusNotFound)
		say(w, "%s", verdict(4, "Invalid Operation", "notSupport"))
	}
}

func verdict(code int, text, sub string) string {
	return fmt.Sprintf(`<ResponseStatus version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema"><statusCode>%d</statusCode><statusString>%s</statusString><subStatusCode>%s</subStatusCode></ResponseStatus>`, code, text, sub)
}

func (b *box) document(ns string) string {
	var s strings.Builder
	fmt.Fprintf(&s, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"+`<PrivacyMask%s><enabled>%t</enabled><normalizedScreenSize><normalizedScreenWidth>%d</normalizedScreenWidth>`+
		`<normalizedScreenHeight>%d</normalizedScreenHeight></normalizedScreenSize><PrivacyMaskRegionList`, ns, b.on, b.w, b.h)
	if b.size != "" {
		fmt.Fprintf(&s, ` size="%s"`, b.size)
	}
	s.WriteString(">\n")
	for _, r := range b.regions {
		fmt.Fprintf(&s, `<PrivacyMaskRegion%s><id>%s</id><enabled>%t</enabled><RegionCoordinatesList>`, ns, r.ID, r.Enabled)
		for _, p := range r.Points {
			fmt.Fprintf(&s, `<RegionCoordinates><positionX>%d</positionX><positionY>%d</positionY></RegionCoordinates>`, p.X, p.Y)
		}
		s.WriteString(`</RegionCoordinatesList>`)
		if r.Type != "" {
			fmt.Fprintf(&s, `<maskType>%s</maskType>`, r.Type)
		}
		if r.Extra != "" {
			s.WriteString(`<extra>` + strings.ReplaceAll(r.Extra, "&", "&amp;") + `</extra>`)
		}
		s.WriteString("</PrivacyMaskRegion>\n")
	}
	s.WriteString(`</PrivacyMaskRegionList></PrivacyMask>`)
	return s.String()
}

func (b *box) put(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var in struct {
		XMLName xml.Name `xml:"PrivacyMask"`
		On      bool     `xml:"enabled"`
		Width   int      `xml:"normalizedScreenSize>normalizedScreenWidth"`
		Regions []region `xml:"PrivacyMaskRegionList>PrivacyMaskRegion"`
	}
	if err == nil {
		err = xml.Unmarshal(body, &in)
	}
	b.puts++
	switch {
	case err != nil:
		say(w, "%s", verdict(5, "Invalid XML Format", "badXmlFormat"))
		return
	case len(in.Regions) > b.places || in.Width != b.w:
		w.WriteHeader(http.StatusBadRequest)
		say(w, "%s", verdict(6, "Invalid XML Content", "badXmlContent"))
		return
	}
	for _, r := range in.Regions {
		for _, p := range r.Points {
			if p.X < 0 || p.Y < 0 || p.X > b.w || p.Y > b.h {
				say(w, "%s", verdict(6, "Invalid XML Content", "badXmlContent"))
				return
			}
		}
	}
	if !b.ignores {
		b.on = in.On
		if b.replaces {
			b.regions = nil
		}
		for _, r := range in.Regions {
			for i := range r.Points {
				if b.shrinks > 0 && r.Points[i].X > b.shrinks*2 {
					r.Points[i].X -= b.shrinks
				}
			}
			if i := slices.IndexFunc(b.regions, func(o region) bool { return o.ID == r.ID }); i >= 0 {
				b.regions[i] = r
			} else {
				b.regions = append(b.regions, r)
			}
			if b.after != nil && !b.replaces {
				b.after()
			}
		}
	}
	if b.after != nil {
		b.after()
	}
	if b.code > 1 {
		say(w, "%s", verdict(b.code, "said", "so"))
		return
	}
	say(w, "%s", verdict(1, "OK", "ok"))
}

// rect is a region over a rectangle of its grid.
func rect(id string, on bool, x0, y0, x1, y1 int) region {
	r := region{ID: id, Enabled: on}
	for _, p := range [][2]int{{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}} {
		r.Points = append(r.Points, struct {
			X int `xml:"positionX"`
			Y int `xml:"positionY"`
		}{p[0], p[1]})
	}
	return r
}

// hidden tells whether a point of the picture lies under a mask, as the
// camera draws it.
func (b *box) hidden(x, y float64) bool {
	gx, gy := x*float64(b.w), (1-y)*float64(b.h)
	if b.topLeft {
		gy = y * float64(b.h)
	}
	const hair = 1e-3 // of a step of the grid
	return b.on && slices.ContainsFunc(b.regions, func(r region) bool {
		if !r.Enabled || len(r.Points) != 4 {
			return false
		}
		x0, y0, x1, y1 := r.Points[0].X, r.Points[0].Y, r.Points[0].X, r.Points[0].Y
		for _, p := range r.Points {
			x0, y0, x1, y1 = min(x0, p.X), min(y0, p.Y), max(x1, p.X), max(y1, p.Y)
		}
		return gx >= float64(x0)-hair && gx <= float64(x1)+hair && gy >= float64(y0)-hair && gy <= float64(y1)+hair
	})
}

func camera1() *box { return &box{w: 704, h: 576, places: 4, size: "4", kind: "IPCamera"} }
