package axis_test

import (
	"encoding/json"
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

type xy struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

// mask as the fake keeps it: pixels of the sensor.
type mask struct {
	ID       int    `json:"id"`
	Name     string `json:"name"`
	Enabled  bool   `json:"enabled"`
	LowLimit int    `json:"zoomlowlimit"`
	Position []xy   `json:"position"`
}

func box4(x, y, w, h float64) []xy { return []xy{{x, y}, {x + w, y}, {x + w, y + h}, {x, y + h}} }

// box is an Axis camera.
type box struct {
	masks    []mask
	limit    int
	corners  int // 0: rectangles
	rotation int
	mirrored bool
	newOff   bool
	none     bool // no masks
	ignores  bool
	refuses  string
	color    string
	html     bool
	realm    string

	mu     sync.Mutex
	acts   int
	logins int
	after  func()
}

func camera1() *box {
	return &box{limit: 10, corners: 20, color: "black", realm: "AXIS_ACCC8E000001"}
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
		say(w, "<html><body class=a>Web interface</body></html>")
		return
	}
	if !strings.HasPrefix(r.Header.Get("Authorization"), "Digest ") {
		w.Header().Add("WWW-Authenticate", `Digest realm="`+b.realm+`", nonce="00000af8Y810622bff50b36005eb5efeae118626a161bf", algorithm=MD5, qop="auth"`)
		w.Header().Add("WWW-Authenticate", `Basic realm="`+b.realm+`"`)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	b.logins++
	q := r.URL.Query()
	switch {
	case r.URL.Path == "/axis-cgi/param.cgi" && q.Get("action") == "list":
		for g := range strings.SplitSeq(q.Get("group"), ",") {
			b.list(w, "root."+g+".")
		}
	case r.URL.Path == "/axis-cgi/param.cgi" && q.Get("action") == "update":
		for i := range b.masks {
			if q.Get(fmt.Sprintf("Image.I0.Overlay.MaskWindows.M%d.Enabled", b.masks[i].ID)) == "yes" {
				b.masks[i].Enabled = true
				say(w, "OK")
				return
			}
		}
		say(w, "# Error: Error setting the parameter")
	case r.URL.Path == "/axis-cgi/privacymask.cgi" && q.Get("query") == "listpxjson":
		w.Header().Set("Content-Type", "application/json")
		list := b.masks
		if list == nil {
			list = []mask{}
		}
		if err := json.NewEncoder(w).Encode(map[string]any{"listpx": list}); err != nil {
			panic(http.ErrAbortHandler)
		}
	case r.URL.Path == "/axis-cgi/privacymask.cgi":
		b.acts++
		why := b.refuses
		if why == "" && !b.ignores {
			why = b.act(q.Get("action"), q.Get("name"), q.Get("pxpolygon"))
		}
		if why != "" {
			say(w, "%s\r\n", why)
			return
		}
		w.WriteHeader(http.StatusNoContent)
		if b.after != nil {
			b.after()
		}
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (b *box) list(w io.Writer, prefix string) {
	yes := map[bool]string{true: "yes", false: "no"}
	all := []string{
		"root.Brand.Brand=AXIS", "root.Brand.ProdNbr=P0000", "root.Brand.ProdShortName=AXIS P0000",
		"root.Properties.Firmware.Version=11.11.1", "root.Properties.System.SerialNumber=ACCC8E000001",
		"root.Properties.PrivacyMask.PrivacyMask=" + yes[!b.none], "root.Properties.PrivacyMask.Query=list,position,listpxjson,positionpxjson",
		fmt.Sprint("root.Properties.PrivacyMask.MaxNbrOfPrivacyMasks=", b.limit), "root.Properties.PrivacyMask.Polygon=" + yes[b.corners > 0],
		"root.Properties.Image.Resolution=1280x720,1920x1080,640x480", "root.ImageSource.NbrOfSources=1",
		"root.Image.I0.Enabled=yes", "root.Image.I0.Source=0", "root.Image.I0.Name=View = 1", "root.Image.I0.Appearance.Resolution=1920x1080",
		fmt.Sprint("root.Image.I0.Appearance.Rotation=", b.rotation), "root.Image.I0.Appearance.MirrorEnabled=" + yes[b.mirrored],
		"root.Image.I0.Overlay.MaskWindows.Color=" + b.color, "root.Image.I1.Enabled=no", "root.Image.I1.Source=0", "root.Network.RTSP.Port=8554",
	}
	if b.corners > 0 {
		all = append(all, fmt.Sprint("root.Properties.PrivacyMask.MaxNbrOfCorners=", b.corners))
	}
	for _, m := range b.masks {
		all = append(all, fmt.Sprintf("root.Image.I0.Overlay.MaskWindows.M%d.Name=%s", m.ID, m.Name),
			fmt.Sprintf("root.Image.I0.Overlay.MaskWindows.M%d.Enabled=%s", m.ID, yes[m.Enabled]))
	}
	n := 0
	for _, line := range all {
		if strings.HasPrefix(line, prefix) {
			n++
			say(w, "%s\r\n", line)
		}
	}
	if n == 0 {
		say(w, "# Error: Error -1 getting param in group '%s'\r\n", strings.TrimSuffix(prefix, "."))
	}
}

// act is what the interface does; the answer is what is wrong.
func (b *box) act(action, name, polygon string) string {
	i := slices.IndexFunc(b.masks, func(m mask) bool { return m.Name == name })
	if action == "remove" {
		if i < 0 {
			return "Error: no such mask"
		}
		b.masks = slices.Delete(b.masks, i, i+1)
		return ""
	}
	var position []xy
	var twice float64
	for c := range strings.SplitSeq(polygon, ":") {
		var p xy
		if n, err := fmt.Sscanf(c, "%f,%f", &p.X, &p.Y); n != 2 || err != nil || p.X < 0 || p.Y < 0 || p.X > 1920 || p.Y > 1080 {
			return "Error: bad polygon"
		}
		position = append(position, p)
	}
	for k, p := range position {
		q := position[(k+1)%len(position)]
		twice += p.X*q.Y - q.X*p.Y
	}
	upright := len(position) == 4 && position[0].X == position[3].X && position[0].Y == position[1].Y && position[2].X == position[1].X && position[2].Y == position[3].Y
	if twice <= 0 || b.corners == 0 && !upright || len(position) > max(b.corners, 4) {
		return "Error: bad polygon"
	}
	switch {
	case action == "add" && i < 0 && len(b.masks) < b.limit && name != "":
		id := 0
		for slices.ContainsFunc(b.masks, func(m mask) bool { return m.ID == id }) {
			id++
		}
		b.masks = append(b.masks, mask{ID: id, Name: name, Enabled: !b.newOff, Position: position})
	case action == "update" && i >= 0:
		b.masks[i].Position = position
	default:
		return "Error: cannot " + action
	}
	return ""
}

// hidden tells whether a point of the picture lies under a mask, as the camera
// draws it: it mirrors the sensor's picture and turns it clockwise.
func (b *box) hidden(x, y float64) bool {
	sx, sy := x, y
	switch b.rotation {
	case 90: // the sensor's left column is the top line, from right to left
		sx, sy = y, 1-x
	case 180:
		sx, sy = 1-x, 1-y
	case 270:
		sx, sy = 1-y, x
	}
	if b.mirrored {
		sx = 1 - sx
	}
	px, py := sx*1920, sy*1080
	return slices.ContainsFunc(b.masks, func(m mask) bool {
		if !m.Enabled || m.LowLimit > 0 || b.color == "mosaic" {
			return false
		}
		z := devices.Zone{}
		for _, p := range m.Position {
			z.Polygon = append(z.Polygon, devices.Point(p))
		}
		const hair = 0.01 // of a pixel
		for _, at := range [][2]float64{{0, 0}, {-hair, -hair}, {hair, -hair}, {hair, hair}, {-hair, hair}} {
			if z.Contains(devices.Point{X: px + at[0], Y: py + at[1]}) {
				return true
			}
		}
		return false
	})
}
