package dahua_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/lensdop/lensdop/devices"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// box is a Dahua camera: its settings by table.
type box struct {
	tables  map[string]map[string]string
	ignores bool
	refuses string // the answer to each write
	html    bool
	realm   string
	align   int // rectangles become multiples of it, outward

	mu     sync.Mutex
	sets   int
	logins int
	after  func() // each key
}

func (b *box) start(t *testing.T) (*httptest.Server, devices.Target) {
	s := httptest.NewServer(b)
	t.Cleanup(s.Close)
	return s, devices.Target{
		Found:       devices.Found{Address: s.Listener.Addr().String(), Endpoint: "urn:uuid:1"},
		Credentials: devices.Credentials{User: "lensdop", Password: "three quiet owls"},
	}
}

func say(w io.Writer, format string, args ...any) {
	if _, err := fmt.Fprintf(w, format, args...); err != nil {
		panic(http.ErrAbortHandler) // the client is gone
	}
}

func (b *box) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.html {
		say(w, "<html><body>Web interface</body></html>")
		return
	}
	if !strings.HasPrefix(r.Header.Get("Authorization"), "Digest ") {
		w.Header().Set("WWW-Authenticate", `Digest realm="`+b.realm+`", qop="auth", nonce="1099556286", opaque="5ccc069c403ebaf9f0171e9517f40e41"`)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	b.logins++
	query := r.URL.RawQuery
	switch {
	case strings.HasSuffix(r.URL.Path, "/magicBox.cgi"):
		switch query {
		case "action=getSystemInfo":
			say(w, "appAutoStart=true\r\ndeviceType=31\r\nserialNumber=S1\r\n")
		case "action=getDeviceType":
			say(w, "type=IPC-TEST\r\n")
		case "action=getSoftwareVersion":
			say(w, "version=2.800.0000000.16.R,build:2021-01-30\r\n")
		default:
			bad(w)
		}
	case strings.HasPrefix(query, "action=getConfig&name="):
		t := b.tables[strings.TrimPrefix(query, "action=getConfig&name=")]
		if t == nil {
			bad(w)
			return
		}
		for _, k := range slices.Sorted(maps.Keys(t)) {
			say(w, "table.%s=%s\r\n", k, t[k])
		}
	case strings.HasPrefix(query, "action=setConfig&"):
		b.set(w, strings.TrimPrefix(query, "action=setConfig&"))
	default:
		bad(w)
	}
}

func bad(w http.ResponseWriter) {
	w.WriteHeader(http.StatusBadRequest)
	say(w, "Error\r\nBad Request!\r\n")
}

func (b *box) set(w http.ResponseWriter, query string) {
	b.sets++
	if b.refuses != "" {
		say(w, "%s", b.refuses)
		return
	}
	for pair := range strings.SplitSeq(query, "&") {
		k, v, _ := strings.Cut(pair, "=")
		name, _, _ := strings.Cut(k, "[")
		t := b.tables[name]
		if _, has := t[k]; !has {
			bad(w)
			return
		}
		if b.ignores {
			continue
		}
		if n, err := strconv.Atoi(v); err == nil && b.align > 1 && strings.Contains(k, ".Rect[") {
			if n %= b.align; strings.HasSuffix(k, "[0]") || strings.HasSuffix(k, "[1]") {
				v = fmt.Sprint(atoi(v) - n)
			} else if n > 0 {
				v = fmt.Sprint(min(atoi(v)-n+b.align, 8191))
			}
		}
		t[k] = v
		if b.after != nil {
			b.after()
		}
	}
	say(w, "OK\r\n")
}

func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}

// hidden tells whether a point lies under a mask in every stream.
func (b *box) hidden(x, y float64) bool {
	gx, gy := x*8191, y*8191
	const hair = 1e-3
	for _, table := range []string{"VideoWidget", "PrivacyMasking"} {
		t := b.tables[table]
		for k := range t {
			at, ok := strings.CutSuffix(k, "Rect[0]")
			if !ok || strings.Contains(k, "Title") {
				continue
			}
			on := true
			for _, s := range []string{"EncodeBlend", "EncodeBlendExtra1", "EncodeBlendSnapshot", "Enable"} {
				if v, has := t[at+s]; has && v != "true" {
					on = false
				}
			}
			in := gx >= float64(atoi(t[at+"Rect[0]"]))-hair && gy >= float64(atoi(t[at+"Rect[1]"]))-hair &&
				gx <= float64(atoi(t[at+"Rect[2]"]))+hair && gy <= float64(atoi(t[at+"Rect[3]"]))+hair
			area := t[at+"Rect[0]"] != t[at+"Rect[2]"] && t[at+"Rect[1]"] != t[at+"Rect[3]"]
			if on && in && area && t[at+"Mosaic"] != "16" {
				return true
			}
		}
	}
	return false
}

// widget is a channel's table with some covers, all of no size and switched on
// as some are delivered, or off.
func widget(covers int, on bool, extra bool) map[string]string {
	t := map[string]string{"VideoWidget[0].TimeTitle.EncodeBlend": "true", "VideoWidget[0].TimeTitle.Rect[0]": "5000", "VideoWidget[0].FontSize": "32"}
	for i := range covers {
		at := fmt.Sprintf("VideoWidget[0].Covers[%d].", i)
		t[at+"EncodeBlend"], t[at+"PreviewBlend"] = fmt.Sprint(on), fmt.Sprint(on)
		if extra {
			t[at+"EncodeBlendExtra1"], t[at+"EncodeBlendSnapshot"] = "false", "false"
		}
		for e := range 4 {
			t[fmt.Sprintf("%sRect[%d]", at, e)] = "0"
			t[fmt.Sprintf("%sBackColor[%d]", at, e)] = "0"
		}
	}
	return t
}

func masking(n int) map[string]string {
	t := map[string]string{}
	for i := range n {
		at := fmt.Sprintf("PrivacyMasking[0][%d].", i)
		t[at+"Enable"], t[at+"Mosaic"], t[at+"ShapeType"] = "false", "16", "Rect"
		for e := range 4 {
			t[fmt.Sprintf("%sRect[%d]", at, e)] = "0"
		}
	}
	return t
}

func place(t map[string]string, at string, on bool, x0, y0, x1, y1 int) {
	for k := range t {
		if s, ok := strings.CutPrefix(k, at); ok && (strings.HasPrefix(s, "EncodeBlend") || s == "Enable") {
			t[k] = fmt.Sprint(on)
		}
	}
	for e, v := range []int{x0, y0, x1, y1} {
		t[fmt.Sprintf("%sRect[%d]", at, e)] = fmt.Sprint(v)
	}
}

func camera1() *box {
	return &box{realm: "Login to S1", tables: map[string]map[string]string{
		"VideoWidget": widget(4, true, true),
		"Network":     {"Network.eth0.IPAddress": "127.0.0.1", "Network.eth0.PhysicalAddress": "3c:ef:8c:00:00:01"},
		"Encode": {
			"Encode[0].MainFormat[0].VideoEnable": "true", "Encode[0].MainFormat[0].Video.Compression": "H.265",
			"Encode[0].MainFormat[0].Video.Width": "2688", "Encode[0].MainFormat[0].Video.Height": "1520", "Encode[0].MainFormat[0].AudioEnable": "false",
			"Encode[0].ExtraFormat[0].VideoEnable": "true", "Encode[0].ExtraFormat[1].VideoEnable": "false",
		},
		"RTSP": {"RTSP.Port": "8554"},
	}}
}
