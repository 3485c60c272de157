package onvif

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
)

// recorder makes the fake one with n channels: two profiles each, in both
// media services, and a sound source for every channel.
func (f *fake) recorder(n int) {
	f.tellAll()
	f.sources, f.configs = nil, nil
	var one, two, an, audio strings.Builder
	for i := 1; i <= n; i++ {
		vs := fmt.Sprintf("VS%d", i)
		f.sources = append(f.sources, vs)
		c := fakeConfig{fmt.Sprintf("VSC%d", i), vs, 0, 0, 1920, 1080}
		f.configs = append(f.configs, c)
		fmt.Fprintf(&audio, `<trt:AudioSources token="A%d"/>`, i)
		for _, kind := range []string{"main", "sub"} {
			token := fmt.Sprintf("%s%d", kind, i)
			fmt.Fprintf(&one, `<trt:Profiles token="%s"><tt:Name>%s</tt:Name>%s<tt:AudioSourceConfiguration token="as"><tt:SourceToken>A%d</tt:SourceToken></tt:AudioSourceConfiguration>`+
				`<tt:VideoEncoderConfiguration token="ve"><tt:Encoding>H264</tt:Encoding></tt:VideoEncoderConfiguration></trt:Profiles>`, token, token, c.xml("tt:VideoSourceConfiguration"), i)
			fmt.Fprintf(&two, `<tr2:Profiles token="%s"><tr2:Name>%s</tr2:Name><tr2:Configurations>%s<tr2:VideoEncoder token="ve"><tt:Encoding>H265</tt:Encoding></tr2:VideoEncoder></tr2:Configurations></tr2:Profiles>`,
				token, token, c.xml("tr2:VideoSource"))
			fmt.Fprintf(&an, `<tr2:Profiles token="%s"><tr2:Name>%s</tr2:Name><tr2:Configurations>%s<tr2:Analytics token="an%d"/></tr2:Configurations></tr2:Profiles>`, token, token, c.xml("tr2:VideoSource"), i)
		}
	}
	f.answer["trt:GetProfiles"] = sendBody(`<trt:GetProfilesResponse>` + one.String() + `</trt:GetProfilesResponse>`)
	f.answer["trt:GetAudioSources"] = sendBody(`<trt:GetAudioSourcesResponse>` + audio.String() + `</trt:GetAudioSourcesResponse>`)
	f.answer["tr2:GetProfiles"] = func(w http.ResponseWriter, r *http.Request) {
		list := two.String()
		if strings.Contains(bodyOf(r), "<tr2:Type>Analytics<") {
			list = an.String()
		}
		sendBody(`<tr2:GetProfilesResponse>`+list+`</tr2:GetProfilesResponse>`)(w, r)
	}
	// One address for each profile, as real ones have.
	f.answer["tr2:GetStreamUri"] = func(w http.ResponseWriter, r *http.Request) {
		sendBody(`<tr2:GetStreamUriResponse><tr2:Uri>rtsp://192.0.2.77/`+text(bodyOf(r), "ProfileToken")+`</tr2:Uri></tr2:GetStreamUriResponse>`)(w, r)
	}
}

func bodyOf(r *http.Request) string {
	b := make([]byte, 0, 4096)
	buf := make([]byte, 4096)
	for {
		n, err := r.Body.Read(buf)
		b = append(b, buf[:n]...)
		if err != nil {
			return string(b)
		}
	}
}

func (f *fake) requests() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.ops)
}

func openAll(t *testing.T, f *fake, o Options) []devices.Camera {
	t.Helper()
	cams, err := Driver(o).Open(t.Context(), f.target())
	if err != nil {
		t.Fatal(err)
	}
	return cams
}

func TestRecorder(t *testing.T) {
	f := newFake(t)
	f.recorder(16)
	cams := openAll(t, f, Options{})
	if len(cams) != 16 {
		t.Fatalf("%d cameras", len(cams))
	}
	opened := f.requests()
	for i, cam := range cams {
		o, err := cam.Observe(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var streams []string
		paths, _ := o.Paths.Get()
		for _, p := range paths {
			if p.Kind == devices.PathStream {
				streams = append(streams, p.ID+" "+p.URL)
			}
		}
		n := i + 1
		want := []string{fmt.Sprintf("main%d rtsp://127.0.0.1/main%d", n, n), fmt.Sprintf("sub%d rtsp://127.0.0.1/sub%d", n, n)}
		if !slices.Equal(streams, want) {
			t.Errorf("camera %d: %q", n, streams)
		}
		if got, ok := o.SoundSources.Get(); !ok || got != 1 {
			t.Errorf("camera %d: sound sources %v", n, o.SoundSources)
		}
		if got, ok := o.Geo.Get(); !ok || len(got) != map[bool]int{true: 1, false: 0}[n <= 2] {
			t.Errorf("camera %d: geo %v", n, o.Geo)
		}
	}
	for _, op := range []string{
		"tds:GetScopes", "tds:GetNetworkProtocols", "tds:GetGeoLocation", "tmd:GetRelayOutputs", "trt:GetProfiles", "trt:GetVideoSources",
		"tr2:GetVideoSourceConfigurations", "tr2:GetOSDs",
	} {
		at, inOpen := f.count(op), 0
		if op == "trt:GetVideoSources" || op == "tr2:GetVideoSourceConfigurations" {
			inOpen = 1
		}
		if at-inOpen != 1 {
			t.Errorf("%s was asked %d times for 16 cameras", op, at-inOpen)
		}
	}
	// Twice, without a login in Open and with one.
	if n := f.count("tds:GetUsers"); n != 2 {
		t.Errorf("accounts were asked for %d times", n)
	}
	n := f.requests() - opened
	t.Logf("open %d requests, 16 observations %d", opened, n)
	if opened > 12 || n > 16*13+25 {
		t.Errorf("open %d requests, 16 observations %d", opened, n)
	}
	// The next round asks anew.
	for _, cam := range cams {
		if _, err := cam.Observe(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if again := f.requests() - opened - n; again != n {
		t.Errorf("the second round took %d requests, the first %d", again, n)
	}
}

func TestOneLensRequests(t *testing.T) {
	f := newFake(t)
	f.tellAll()
	cam := openAll(t, f, Options{})[0]
	opened := f.requests()
	if _, err := cam.Observe(t.Context()); err != nil {
		t.Fatal(err)
	}
	n := f.requests() - opened
	t.Logf("open %d requests, observe %d", opened, n)
	f.mu.Lock()
	seen := map[string]int{}
	for _, op := range f.ops[opened:] {
		seen[op]++
	}
	f.mu.Unlock()
	// Twice for paths and for analytics, and by each address in a profile.
	for op, times := range seen {
		if times > 1 && op != "tr2:GetProfiles" && op != "tr2:GetStreamUri" && op != "trt:GetStreamUri" {
			t.Errorf("%s was asked %d times in one observation", op, times)
		}
	}
	if opened > 12 || n > 40 {
		t.Errorf("open %d requests, observe %d", opened, n)
	}
}

// What somebody changes by hand between two readings of a camera is read.
func TestRoundNeverTellsOldNews(t *testing.T) {
	users := func(name string) http.HandlerFunc {
		return sendBody(`<tds:GetUsersResponse><tds:User><tt:Username>` + name + `</tt:Username></tds:User></tds:GetUsersResponse>`)
	}
	setup := func(t *testing.T) (*fake, []devices.Camera, func(devices.Camera) string, *time.Time) {
		f := newFake(t)
		f.recorder(3)
		now := time.Now()
		cams := openAll(t, f, Options{Now: func() time.Time { return now }})
		set := func(name string) { f.mu.Lock(); f.answer["tds:GetUsers"] = users(name); f.mu.Unlock() }
		set("old")
		return f, cams, func(cam devices.Camera) string {
			o, err := cam.Observe(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			list, ok := o.Users.Get()
			if !ok || len(list) != 1 {
				t.Fatalf("users %v", o.Users)
			}
			set("new")
			return list[0].Name
		}, &now
	}
	t.Run("the next camera is told the same", func(t *testing.T) {
		_, cams, user, _ := setup(t)
		if got := user(cams[0]) + user(cams[1]) + user(cams[2]); got != "oldoldold" {
			t.Errorf("got %s", got)
		}
		if got := user(cams[2]); got != "new" {
			t.Errorf("after the round: %s", got)
		}
	})
	t.Run("the same camera is not", func(t *testing.T) {
		_, cams, user, _ := setup(t)
		if got := user(cams[0]) + user(cams[0]); got != "oldnew" {
			t.Errorf("got %s", got)
		}
	})
	t.Run("not after a minute", func(t *testing.T) {
		_, cams, user, now := setup(t)
		first := user(cams[0])
		*now = now.Add(roundAge)
		if got := first + user(cams[1]); got != "oldnew" {
			t.Errorf("got %s", got)
		}
	})
	t.Run("not when the clock is set back", func(t *testing.T) {
		_, cams, user, now := setup(t)
		first := user(cams[0])
		*now = now.Add(-time.Hour)
		if got := first + user(cams[1]); got != "oldnew" {
			t.Errorf("got %s", got)
		}
	})
	t.Run("not across a write", func(t *testing.T) {
		_, cams, user, _ := setup(t)
		first := user(cams[0])
		before, err := cams[0].State(t.Context(), devices.MethodDeviceMask)
		if err != nil {
			t.Fatal(err)
		}
		c := devices.Cover{Whole: true}
		if _, err := cams[0].Apply(t.Context(), devices.Undo{Method: devices.MethodDeviceMask, Before: before, Wrote: []devices.Cover{c}}, c); err != nil {
			t.Fatal(err)
		}
		if got := first + user(cams[1]); got != "oldnew" {
			t.Errorf("got %s", got)
		}
	})
	t.Run("nor what was under way during a write", func(t *testing.T) {
		f, cams, _, _ := setup(t)
		c := cams[0].(*camera).c
		ctx, leave := c.join(t.Context(), "VS1")
		defer leave()
		f.mu.Lock()
		f.answer["tds:GetUsers"] = func(w http.ResponseWriter, r *http.Request) {
			c.endRound() // what a write does
			users("old")(w, r)
		}
		f.mu.Unlock()
		cam := cams[0].(*camera)
		if _, err := cam.users(ctx); err != nil {
			t.Fatal(err)
		}
		n := f.count("tds:GetUsers")
		if _, err := cam.users(ctx); err != nil {
			t.Fatal(err)
		}
		if f.count("tds:GetUsers") != n+1 {
			t.Error("an answer from before the write was used again")
		}
	})
	t.Run("nor what another camera asked before the write had its turn", func(t *testing.T) {
		f, cams, _, _ := setup(t)
		c := cams[0].(*camera).c
		ctx := t.Context()
		f.mu.Lock()
		f.after["tr2:CreateMask"] = func() {
			ctx, _ = c.join(ctx, "VS2")
			keep(ctx, "asked", answer{})
			if _, ok := recall(ctx, "asked", c.o.Now()); !ok {
				t.Error("nothing was kept to begin with")
			}
		}
		f.mu.Unlock()
		before, err := cams[0].State(t.Context(), devices.MethodDeviceMask)
		if err != nil {
			t.Fatal(err)
		}
		u := devices.Undo{Method: devices.MethodDeviceMask, Before: before, Wrote: []devices.Cover{{Whole: true}}}
		if _, err := cams[0].Apply(t.Context(), u, u.Wrote[0]); err != nil {
			t.Fatal(err)
		}
		if _, ok := recall(ctx, "asked", c.o.Now()); ok || f.count("tr2:CreateMask") != 1 {
			t.Error("it is told again after the write")
		}
	})
	t.Run("nothing is kept in the end", func(t *testing.T) {
		_, cams, user, _ := setup(t)
		for _, cam := range cams {
			user(cam)
		}
		if c := cams[0].(*camera).c; c.rounds.now != nil {
			t.Error("the answers of a finished round are still held")
		}
	})
	t.Run("covering does not rely on it", func(t *testing.T) {
		f, cams, user, _ := setup(t)
		user(cams[0])
		n := f.count("tr2:GetVideoSourceConfigurations")
		if _, err := cams[1].State(t.Context(), devices.MethodDeviceMask); err != nil {
			t.Fatal(err)
		}
		if f.count("tr2:GetVideoSourceConfigurations") != n+1 {
			t.Error("the configurations to cover were not asked for")
		}
	})
}

func TestRoundIsBounded(t *testing.T) {
	r := &round{answers: map[string]answer{}, began: time.Now()}
	ctx := context.WithValue(t.Context(), roundKey{}, r)
	for i := range 100 {
		keep(ctx, fmt.Sprint(i), answer{body: make([]byte, 100<<10)})
	}
	if r.bytes > roundBytes || len(r.answers) > 20 || len(r.answers) == 0 {
		t.Errorf("%d answers of %d bytes", len(r.answers), r.bytes)
	}
}

// Lenses and paths of a head whose services know different parts of it.
func TestBothMediaServices(t *testing.T) {
	sourceOnly1 := func(f *fake) {
		f.answer["tr2:GetVideoSourceConfigurations"] = sendBody(`<tr2:GetVideoSourceConfigurationsResponse/>`)
	}
	for name, tc := range map[string]struct {
		set   func(*fake)
		want  []string // source: path ids
		sound string
	}{
		"a lens only Media2 knows": {func(f *fake) {
			f.configs = append(f.configs, fakeConfig{"VSC2", "VS2", 0, 0, 1920, 1080})
		}, []string{"VS1: P1 old", "VS2: P2"}, ""},
		"a lens only the older one knows": {func(f *fake) {
			f.sources = []string{"VS1", "VS2"}
			sourceOnly1(f)
			f.answer["trt:GetProfiles"] = sendBody(`<trt:GetProfilesResponse><trt:Profiles token="b">` + fakeConfig{"VSC2", "VS2", 0, 0, 1920, 1080}.xml("tt:VideoSourceConfiguration") +
				`<tt:VideoEncoderConfiguration/></trt:Profiles></trt:GetProfilesResponse>`)
		}, []string{"VS1: P1", "VS2: b"}, ""},
		"a profile without a source": {func(f *fake) {
			f.sources = []string{"VS1", "VS2"}
			f.answer["trt:GetProfiles"] = sendBody(`<trt:GetProfilesResponse><trt:Profiles token="stray"><tt:VideoEncoderConfiguration/></trt:Profiles></trt:GetProfilesResponse>`)
		}, []string{"VS1: P1 stray", "VS2:"}, ""},
		"the same stream under two names": {func(f *fake) {
			f.answer["trt:GetStreamUri"] = sendBody(`<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>rtsp://192.0.2.77:8554/P1?channel=1</tt:Uri></trt:MediaUri></trt:GetStreamUriResponse>`)
		}, []string{"VS1: P1"}, "true"},
		"sound only the older one knows": {func(f *fake) {
			f.audio = false
			f.answer["trt:GetProfiles"] = sendBody(`<trt:GetProfilesResponse><trt:Profiles token="P1"><tt:AudioEncoderConfiguration token="a"/></trt:Profiles></trt:GetProfilesResponse>`)
		}, []string{"VS1: P1"}, "true"},
		"sound that the older one may know": {func(f *fake) {
			f.audio = false
			f.answer["trt:GetProfiles"] = sendFault(500, "Receiver", "Action")
		}, []string{"VS1: P1"}, ""},
		"no sound by the only service": {func(f *fake) {
			f.audio = false
			f.answer["trt:GetProfiles"] = sendFault(500, "Receiver", "ActionNotSupported")
		}, []string{"VS1: P1"}, "false"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			tc.set(f)
			var got []string
			for i, cam := range openAll(t, f, Options{}) {
				o, err := cam.Observe(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				line := cam.Info().Source + ":"
				paths, _ := o.Paths.Get()
				for _, p := range paths {
					if p.Kind == devices.PathStream {
						line += " " + p.ID
					}
				}
				got = append(got, line)
				if i > 0 || tc.want[0] != "VS1: P1" {
					continue
				}
				sound := ""
				if v, ok := paths[0].Sound.Get(); ok {
					sound = fmt.Sprint(v)
				}
				if tc.sound != "" && sound != tc.sound || strings.HasPrefix(name, "sound that") && sound != "" {
					t.Errorf("sound %v", paths[0].Sound)
				}
			}
			if !reflect.DeepEqual(got, tc.want) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestSoundSourcesOfAHead(t *testing.T) {
	f := newFake(t)
	f.recorder(2)
	f.answer["trt:GetAudioSources"] = sendBody(`<trt:GetAudioSourcesResponse><trt:AudioSources token="A1"/><trt:AudioSources token="A2"/><trt:AudioSources token="unused"/></trt:GetAudioSourcesResponse>`)
	for _, cam := range openAll(t, f, Options{}) {
		o, err := cam.Observe(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		// Its own, and the one that nobody uses yet.
		if n, ok := o.SoundSources.Get(); !ok || n != 2 {
			t.Errorf("%s: %v", cam.Info().Source, o.SoundSources)
		}
	}
	// Sound from nobody knows where: any of them.
	f = newFake(t)
	f.recorder(2)
	f.answer["trt:GetProfiles"] = sendBody(`<trt:GetProfilesResponse><trt:Profiles token="main1"><tt:AudioEncoderConfiguration token="a"/></trt:Profiles></trt:GetProfilesResponse>`)
	o, err := openAll(t, f, Options{})[1].Observe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if n, ok := o.SoundSources.Get(); !ok || n != 2 {
		t.Errorf("%v", o.SoundSources)
	}
}

func BenchmarkObserve(b *testing.B) {
	for name, lenses := range map[string]int{"1 lens": 1, "16 lenses": 16} {
		b.Run(name, func(b *testing.B) {
			f := newFake(b)
			f.recorder(lenses)
			cams, err := Driver(Options{}).Open(b.Context(), f.target())
			if err != nil {
				b.Fatal(err)
			}
			opened := f.requests()
			b.ReportAllocs()
			for b.Loop() {
				for _, cam := range cams {
					if _, err := cam.Observe(b.Context()); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(f.requests()-opened)/float64(b.N), "requests/op")
			b.ReportMetric(float64(opened), "requests/open")
		})
	}
}
