package onvif

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
)

func openFake(t *testing.T, f *fake) devices.Camera {
	t.Helper()
	cams, err := Driver(Options{Timeout: 5 * time.Second}).Open(t.Context(), f.target())
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return cams[0]
}

func TestOpenIdentifies(t *testing.T) {
	f := newFake(t)
	f.sources = []string{"VS1", "VS2"}
	cams, err := Driver(Options{}).Open(t.Context(), f.target())
	if err != nil {
		t.Fatal(err)
	}
	if len(cams) != 2 {
		t.Fatalf("got %d cameras, want one per video source", len(cams))
	}
	want := devices.Info{
		Driver: "onvif", Address: f.address(), Endpoint: "urn:uuid:11111111-2222-3333-4444-555555555555", Serial: "S77",
		MAC: "02:00:00:00:00:ab", Vendor: "Maker", Model: "M 1", Firmware: "1.2", Source: "VS2", Interface: "lo",
	}
	if got := cams[1].Info(); got != want {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestOpenAsksForTheEndpoint(t *testing.T) {
	f := newFake(t)
	target := f.target()
	target.Found.Endpoint = ""
	cams, err := Driver(Options{}).Open(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	if got := cams[0].Info().Endpoint; got != "urn:uuid:aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee" {
		t.Errorf("endpoint %q", got)
	}
}

func TestLogin(t *testing.T) {
	tests := []struct {
		name  string
		login string
		skew  time.Duration
	}{
		{"none asked", "", 0},
		{"token", "token", 0},
		{"token, clock of 1970", "token", time.Until(time.Unix(120, 0))},
		{"token, clock ahead", "token", 26 * time.Hour},
		{"digest only", "digest", 0},
		{"digest only, clock of 1970", "digest", time.Until(time.Unix(120, 0))},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			f := newFake(t)
			f.login, f.skew = tc.login, tc.skew
			cam := openFake(t, f)
			o, err := cam.Observe(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			skew, ok := o.ClockSkew.Get()
			if !ok || (skew-tc.skew).Abs() > 3*time.Second {
				t.Errorf("clock skew %v, want about %v", o.ClockSkew, tc.skew)
			}
			if _, ok := o.Users.Get(); !ok {
				t.Errorf("users: %v", o.Users)
			}
		})
	}
}

// A power cut takes the device's clock while the camera is open.
func TestLoginAfterTheClockIsLost(t *testing.T) {
	f := newFake(t)
	f.login = "token"
	cam := openFake(t, f)
	f.mu.Lock()
	f.skew = time.Until(time.Unix(7, 0))
	f.mu.Unlock()
	if _, err := cam.State(t.Context(), devices.MethodDeviceMask); err != nil {
		t.Fatal(err)
	}
}

func TestLoginRefused(t *testing.T) {
	for _, login := range []string{"token", "digest"} {
		for _, user := range []string{"", fakeUser} {
			t.Run(login+" as "+user, func(t *testing.T) {
				f := newFake(t)
				f.login = login
				target := f.target()
				target.Credentials = devices.Credentials{User: user, Password: "a wrong one"}
				_, err := Driver(Options{}).Open(t.Context(), target)
				if !errors.Is(err, devices.ErrLogin) || errors.Is(err, devices.ErrUnreachable) {
					t.Fatalf("got %v, want ErrLogin", err)
				}
				e, ok := errors.AsType[*devices.Error](err)
				if !ok || e.Device != f.address() || e.Remedy == "" {
					t.Errorf("no device or remedy in %#v", err)
				}
				if strings.Contains(err.Error(), "a wrong one") {
					t.Errorf("the password is in %v", err)
				}
				// Devices lock accounts after a few tries.
				if n := f.loginCount(); n > 2 || user == "" && n > 0 {
					t.Errorf("%d tries of a wrong login", n)
				}
			})
		}
	}
}

func TestOpenNobodyThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = Driver(Options{}).Open(t.Context(), devices.Target{Found: devices.Found{Address: addr}})
	if !errors.Is(err, devices.ErrUnreachable) {
		t.Errorf("got %v, want ErrUnreachable", err)
	}
}

func TestOpenWhatIsNotADevice(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"page with 200": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "<html><body>hi<br></body></html>")
		},
		"page with 404": func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) },
		"nothing":       func(http.ResponseWriter, *http.Request) {},
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://192.0.2.1/", http.StatusFound)
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.answer["tds:GetSystemDateAndTime"] = h
			_, err := Driver(Options{}).Open(t.Context(), f.target())
			if !errors.Is(err, devices.ErrMalformed) {
				t.Errorf("got %v, want ErrMalformed", err)
			}
			// Nor is it sent a login.
			if len(f.ops) != 1 {
				t.Errorf("asked on: %v", f.ops)
			}
		})
	}
}

func TestOpenOldDevice(t *testing.T) {
	f := newFake(t)
	f.noServices = true
	cam := openFake(t, f)
	o, err := cam.Observe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	paths, ok := o.Paths.Get()
	if !ok || len(paths) != 1 || paths[0].ID != "old" || paths[0].Codec != "MJPEG" || paths[0].URL != "rtsp://127.0.0.1/old" {
		t.Errorf("paths %v", o.Paths)
	}
	if !o.Masks.IsNotSupported() || !o.MaskLimit.IsNotSupported() {
		t.Errorf("masks %v, limit %v; want not supported", o.Masks, o.MaskLimit)
	}
	if ms, err := cam.Methods(t.Context()); err != nil || slices.Contains(ms, devices.MethodDeviceMask) {
		t.Errorf("methods %v, %v", ms, err)
	}
	if _, err := cam.State(t.Context(), devices.MethodDeviceMask); !errors.Is(err, devices.ErrUnsupported) {
		t.Errorf("state: %v", err)
	}
}

func TestObserve(t *testing.T) {
	f := newFake(t)
	f.configs = []fakeConfig{{"VSC1", "VS1", 0, 0, 1920, 1080}, {"VSC2", "VS1", 480, 270, 960, 540}, {"VSC9", "other", 0, 0, 1920, 1080}}
	f.put(fakeMask{token: "m", config: "VSC2", typ: "Color", points: fullPoints(), enabled: true})
	o, err := openFake(t, f).Observe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	paths, _ := o.Paths.Get()
	// The last is one that only the older service lists.
	if len(paths) != 4 || paths[3].ID != "old" {
		t.Fatalf("paths %+v", paths)
	}
	want := devices.Path{
		ID: "P1", Name: "profile 1", Kind: devices.PathStream, URL: "rtsp://127.0.0.1:8554/P1?channel=1",
		Window: devices.Of(devices.Full()), Codec: "H264", Width: 1280, Height: 720, Sound: devices.Of(true),
	}
	if !reflect.DeepEqual(paths[0], want) {
		t.Errorf("got %+v\nwant %+v", paths[0], want)
	}
	if p := paths[1]; p.Kind != devices.PathSnapshot || p.URL != "http://127.0.0.1:8080/shot.jpg" {
		t.Errorf("snapshot %+v", p)
	}
	window := devices.Rect{Min: devices.Point{X: .25, Y: .25}, Max: devices.Point{X: .75, Y: .75}}
	if got, ok := paths[2].Window.Get(); !ok || got != window {
		t.Errorf("window of a crop: %v", paths[2].Window)
	}
	if s, ok := paths[2].Sound.Get(); !ok || s {
		t.Errorf("sound of the second profile: %v", paths[2].Sound)
	}
	masks, _ := o.Masks.Get()
	if len(masks) != 1 || masks[0].Configuration != "VSC2" || !same(masks[0].Zone.Polygon, corners(window)) {
		t.Errorf("masks %+v", masks)
	}
	for name, got := range map[string][2]any{
		"limit":    {o.MaskLimit, devices.Of(8)},
		"sound":    {o.SoundSources, devices.Of(2)},
		"location": {o.Location, devices.Of([]string{"Sports hall", "country/nl"})},
		"osd":      {o.OSD, devices.Of([]string{"Hall 1", "Camera bewaking"})},
		"ptz":      {o.PTZ, devices.Of(false)},
		"users":    {o.Users, devices.Of([]devices.User{{Name: "lens", Level: "Operator"}, {Name: "root", Level: "Administrator"}})},
	} {
		if !reflect.DeepEqual(got[0], got[1]) {
			t.Errorf("%s: got %v, want %v", name, got[0], got[1])
		}
	}
}

// A firmware that falls over the question still has every path listed, also
// one that the older service does not know.
func TestObserveFindsEveryPath(t *testing.T) {
	f := newFake(t)
	f.fallsOver = true
	o, err := openFake(t, f).Observe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	paths, _ := o.Paths.Get()
	for _, p := range paths {
		if p.Kind == devices.PathStream {
			_, window := p.Window.Get()
			_, sound := p.Sound.Get()
			got = append(got, fmt.Sprint(p.ID, " ", p.URL, " ", window, " ", sound))
		}
	}
	want := []string{"old rtsp://127.0.0.1/old true false", "P1 rtsp://127.0.0.1:8554/P1?channel=1 false false"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// One service that fails and another that is not there is not "not supported".
func TestObserveFailureOutweighsNotSupported(t *testing.T) {
	f := newFake(t)
	f.answer["tr2:GetOSDs"] = sendFault(500, "Receiver", "ActionNotSupported")
	f.answer["trt:GetOSDs"] = sendFault(500, "Receiver", "Action", "ActionFailed")
	o, err := openFake(t, f).Observe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := o.OSD.Get(); ok || o.OSD.IsNotSupported() || strings.Contains(o.OSD.Why(), "\n") {
		t.Errorf("OSD: %v", o.OSD)
	}
}

// A profile whose address is refused is listed without one.
func TestObserveKeepsAPathWithoutAddress(t *testing.T) {
	f := newFake(t)
	f.answer["tr2:GetStreamUri"] = sendFault(400, "Sender", "InvalidArgVal")
	o, err := openFake(t, f).Observe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	paths, _ := o.Paths.Get()
	if len(paths) == 0 || paths[0].URL != "" || !strings.Contains(paths[0].Window.Why(), "no stream address") {
		t.Errorf("paths %+v", paths)
	}
}

// An item that fails says so and takes no other along, whatever the failure
// looks like on the wire.
func TestObserveTellsNoFromNotRead(t *testing.T) {
	tests := []struct {
		name         string
		answer       http.HandlerFunc
		notSupported bool
		why          string
	}{
		{"fault with 200", sendFault(200, "Receiver", "ActionNotSupported"), true, ""},
		{"fault with 400", sendFault(400, "Receiver", "ActionNotSupported"), true, ""},
		{"fault with 500", sendFault(500, "Receiver", "ActionNotSupported"), true, ""},
		{"optional action", sendFault(500, "Receiver", "ActionNotSupported", "OptionalActionNotImplemented"), true, ""},
		{"not allowed, 200", sendFault(200, "Sender", "NotAuthorized"), false, "refuses the login"},
		{"not allowed, 401", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) }, false, "refuses the login"},
		{"some other fault", sendFault(500, "Sender", "InvalidArgVal", "NoConfig"), false, "Sender/InvalidArgVal/NoConfig: the reason given"},
		{"page", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(500)
			_, _ = io.WriteString(w, "<html><h1>500 <br> caf\xe9</h1>")
		}, false, "cannot be read"},
		{"cut off", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, envelopeOf("<tds:GetScopesResponse>")[:440])
		}, false, "cannot be read"},
		{"another answer", sendBody("<tds:GetUsersResponse/>"), false, "instead of GetScopesResponse"},
		{"empty body", sendBody(""), false, "empty SOAP body"},
		{"503", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, false, "no free session"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			f := newFake(t)
			f.answer["tds:GetScopes"] = tc.answer
			o, err := openFake(t, f).Observe(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := o.Location.Get(); ok {
				t.Fatalf("location is %v", o.Location)
			}
			if o.Location.IsNotSupported() != tc.notSupported || !strings.Contains(o.Location.Why(), tc.why) {
				t.Errorf("location: %s, not supported %v", o.Location.Why(), o.Location.IsNotSupported())
			}
			if _, ok := o.Paths.Get(); !ok {
				t.Errorf("paths: %v", o.Paths)
			}
		})
	}
}

func TestObserveReadsLatin1(t *testing.T) {
	f := newFake(t)
	f.answer["tds:GetScopes"] = func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, strings.Replace(envelopeOf("<tds:GetScopesResponse><tds:Scopes><tt:ScopeItem>onvif://www.onvif.org/location/caf\xe9</tt:ScopeItem></tds:Scopes></tds:GetScopesResponse>"), "UTF-8", "gb2312", 1))
	}
	o, err := openFake(t, f).Observe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := o.Location.Get(); len(got) != 1 || got[0] != "café" {
		t.Errorf("location %v", o.Location)
	}
}

func TestEndlessBody(t *testing.T) {
	f := newFake(t)
	f.answer["tds:GetUsers"] = func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := io.WriteString(w, strings.Repeat("<a>", 4096)); err != nil {
				return
			}
		}
	}
	o, err := openFake(t, f).Observe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := o.Users.Get(); ok || !strings.Contains(o.Users.Why(), "more than the set limit") {
		t.Errorf("users: %v", o.Users)
	}
}

func TestStall(t *testing.T) {
	stall := func(started chan<- struct{}) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(200)
			_ = http.NewResponseController(w).Flush()
			started <- struct{}{}
			<-r.Context().Done()
		}
	}
	t.Run("the caller leaves", func(t *testing.T) {
		f := newFake(t)
		cam := openFake(t, f)
		started := make(chan struct{}, 9)
		f.answer["tr2:GetProfiles"] = stall(started)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() { <-started; cancel() }()
		begin := time.Now()
		_, err := cam.Observe(ctx)
		if !errors.Is(err, context.Canceled) || time.Since(begin) > 2*time.Second {
			t.Errorf("after %v: %v", time.Since(begin), err)
		}
	})
	t.Run("the limit is reached", func(t *testing.T) {
		f := newFake(t)
		started := make(chan struct{}, 9)
		f.answer["tds:GetDeviceInformation"] = stall(started)
		_, err := Driver(Options{Timeout: 50 * time.Millisecond}).Open(t.Context(), f.target())
		if !errors.Is(err, devices.ErrUnreachable) || errors.Is(err, devices.ErrLogin) {
			t.Errorf("got %v, want ErrUnreachable", err)
		}
	})
}
