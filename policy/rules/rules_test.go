package rules_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/examples"
	"github.com/lensdop/lensdop/policy/rules"
)

var now = time.Date(2026, time.March, 18, 12, 0, 0, 0, time.UTC)

const site = "de-polder"

var lensmonde = sync.OnceValues(func() (*policy.Protocol, error) {
	return policy.Parse("lensmonde.yaml", examples.Lensmonde)
})

// protocol is Lensmonde's, read once and copied for each test, which may change it.
func protocol(t testing.TB) *policy.Protocol {
	t.Helper()
	p, err := lensmonde()
	if err != nil {
		t.Fatal(err)
	}
	own := *p
	detach(reflect.ValueOf(&own).Elem())
	return &own
}

// detach gives a value slices, maps and pointers of its own.
func detach(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for _, f := range v.Fields() {
			if f.CanSet() {
				detach(f)
			}
		}
	case reflect.Slice:
		if v.IsNil() {
			return
		}
		own := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(own, v)
		for i := range own.Len() {
			detach(own.Index(i))
		}
		v.Set(own)
	case reflect.Map:
		if v.IsNil() {
			return
		}
		own := reflect.MakeMap(v.Type())
		for key, e := range v.Seq2() {
			x := reflect.New(e.Type()).Elem()
			x.Set(e)
			detach(x)
			own.SetMapIndex(key, x)
		}
		v.Set(own)
	case reflect.Pointer:
		if v.IsNil() {
			return
		}
		own := reflect.New(v.Type().Elem())
		own.Elem().Set(v.Elem())
		detach(own.Elem())
		v.Set(own)
	default:
	}
}

// A test that changes its protocol changes nobody else's.
func TestProtocolIsOnesOwn(t *testing.T) {
	mine, want := protocol(t), protocol(t)
	mine.Cameras[cam].Masks[0].Polygon[0].X = 7
	mine.Alerts.Critical[0] = "changed"
	mine.Alerts.Addresses["ict"][0] = "changed"
	mine.Sites = append(mine.Sites[:0], policy.Site{})
	if !reflect.DeepEqual(protocol(t), want) {
		t.Error("the protocol of another test changed")
	}
}

// good is a site at which everything is known and complies, but for the plain
// line of its badge reader, which no measurement can make good.
func good(t testing.TB) rules.Facts {
	t.Helper()
	p := protocol(t)
	f := rules.Facts{
		Protocol: p, Site: site, Now: now,
		Scans:   []rules.Scan{{Interface: "lo", Subnet: "127.0.0.0/8", At: now.Add(-time.Minute), OK: true}},
		Readers: []rules.Reader{{Port: "/dev/ttyS0", Frame: "rdm6300", ID: "personeelsingang", SeenGood: true, Unencrypted: true}},
	}
	for _, c := range p.CamerasOf(site) {
		path := devices.Path{ID: "main", Kind: devices.PathStream, Window: devices.Of(devices.Full()), Sound: devices.Of(false)}
		masks := map[string]rules.Mask{}
		for _, m := range c.Masks {
			masks[m.ID] = rules.Mask{Verdict: rules.Masked}
		}
		f.Found = append(f.Found, rules.Found{Found: devices.Found{Endpoint: c.Identity.Endpoint, Address: "127.0.0.11:80", Interface: "lo", LastSeen: now}, Cameras: []string{c.ID}, Lenses: devices.Of(1)})
		f.Cameras = append(f.Cameras, rules.Camera{
			ID: c.ID, Reach: rules.Up,
			Info:        devices.Of(devices.Info{Vendor: "Sim", Model: "One", Firmware: "1.2.3", Address: "127.0.0.11:80"}),
			Observation: devices.Of(devices.Observation{At: now, Paths: devices.Of([]devices.Path{path}), Location: devices.Of([]string{"De Polder"})}),
			OnNetwork:   devices.Of(true), Network: "lo",
			Paths: []rules.Path{{
				Path: path, Stream: devices.Of(devices.Stream{Tracks: []devices.Track{{Kind: "video", Codec: "MJPEG"}}}),
				View: rules.View{Verdict: rules.ViewSame, Numbers: map[string]float64{rules.NumberShift: 0.01}}, Masks: masks,
				Cover: rules.Shown{Verdict: rules.ShownOpen},
			}},
		})
	}
	return f
}

func find(t testing.TB, list []rules.Finding, id string) rules.Finding {
	t.Helper()
	i := slices.IndexFunc(list, func(f rules.Finding) bool { return f.ID == id })
	if i < 0 {
		var ids []string
		for _, f := range list {
			ids = append(ids, f.ID)
		}
		t.Fatalf("no finding %s among %s", id, strings.Join(ids, " "))
	}
	return list[i]
}

const (
	cam     = 2 // entree: it has a mask
	unknown = "urn:uuid:unknown"
)

func stranger() rules.Found {
	return rules.Found{Found: devices.Found{Endpoint: unknown, Address: "127.0.0.14:80", Interface: "lo", FirstSeen: now.Add(-time.Hour), LastSeen: now}, Name: "IPCAM"}
}

var errRead = errors.New("the stream broke off")

// seedCases are the rows for the rules that came first.
func seedCases() []ruleCase {
	whole := devices.Cover{Whole: true, Sound: true}
	list := []ruleCase{
		{"", "REG-1 all registered", func(*rules.Facts) {}, "REG-1/de-polder", rules.Pass},
		{"", "REG-1 unregistered", func(f *rules.Facts) { f.Found = append(f.Found, stranger()) }, "REG-1/de-polder/" + unknown, rules.Fail},
		{"", "REG-1 lens too many", func(f *rules.Facts) { f.Found[3].Lenses = devices.Of(2) }, "REG-1/lenses/de-polder/urn:uuid:1e45d000-0003-4000-8000-00000000de03", rules.Fail},
		{"", "REG-1 lenses not counted", func(f *rules.Facts) { f.Found[3].Lenses = devices.Value[int]{} }, "REG-1/lenses/de-polder/urn:uuid:1e45d000-0003-4000-8000-00000000de03", rules.Unproven},
		{"", "REG-1 no search", func(f *rules.Facts) { f.Scans = nil }, "REG-1/de-polder", rules.Unproven},
		{"", "REG-1 search failed", func(f *rules.Facts) { f.Scans[0].OK = false }, "REG-1/de-polder", rules.Unproven},
		{"", "REG-1 search is old", func(f *rules.Facts) { f.Scans[0].At = now.Add(-3 * time.Hour) }, "REG-1/de-polder", rules.Unproven},
		{"", "REG-1 other network searched", func(f *rules.Facts) { f.Scans[0].Subnet = "10.0.0.0/8" }, "REG-1/de-polder", rules.Unproven},
		{"", "REG-1 nothing named", func(f *rules.Facts) { f.Scans[0].Subnet, f.Scans[0].Interface = "", "" }, "REG-1/de-polder", rules.Unproven},
		{"", "REG-1 newest search counts", func(f *rules.Facts) { f.Scans = append(f.Scans, rules.Scan{Interface: "lo", At: now, Why: "no route"}) }, "REG-1/de-polder", rules.Unproven},
		{"", "REG-1 newest search counts, in any order", func(f *rules.Facts) {
			f.Scans = append(f.Scans, rules.Scan{Interface: "lo", At: now.Add(-time.Hour), Why: "no route"})
		}, "REG-1/de-polder", rules.Pass},
		{"", "REG-1 protocol without networks", func(f *rules.Facts) { f.Protocol.Sites[0].Networks = nil }, "REG-1/de-polder", rules.Unproven},
		{"", "REG-1 unregistered, and not all searched", func(f *rules.Facts) { f.Found, f.Scans = append(f.Found, stranger()), nil }, "REG-1/de-polder", rules.Unproven},

		{"", "LOC-1 by network", func(*rules.Facts) {}, "LOC-1/de-polder/entree", rules.Pass},
		{"", "LOC-1 network outweighs text", func(f *rules.Facts) { setText(f, "Elsewhere") }, "LOC-1/de-polder/entree", rules.Pass},
		{"", "LOC-1 network outweighs text and view", func(f *rules.Facts) {
			setText(f, "Elsewhere")
			f.Cameras[cam].Paths[0].View.Verdict = rules.ViewMoved
		}, "LOC-1/de-polder/entree", rules.Pass},
		{"", "LOC-1 other network", func(f *rules.Facts) { f.Cameras[cam].OnNetwork = devices.Of(false) }, "LOC-1/de-polder/entree", rules.Fail},
		{"", "LOC-1 missing", func(f *rules.Facts) { f.Cameras[cam].Reach = rules.Missing }, "LOC-1/de-polder/entree", rules.Fail},
		{"", "LOC-1 missing, not all searched", func(f *rules.Facts) { f.Cameras[cam].Reach, f.Scans = rules.Missing, nil }, "LOC-1/de-polder/entree", rules.Unproven},
		{"", "LOC-1 by view", func(f *rules.Facts) { f.Cameras[cam].OnNetwork = devices.Value[bool]{} }, "LOC-1/de-polder/entree", rules.Pass},
		{"", "LOC-1 text alone", func(f *rules.Facts) { noNetwork(f); f.Cameras[cam].Paths = nil }, "LOC-1/de-polder/entree", rules.Unproven},
		{"", "LOC-1 view moved, own text matches", func(f *rules.Facts) { noNetwork(f); f.Cameras[cam].Paths[0].View.Verdict = rules.ViewMoved }, "LOC-1/de-polder/entree", rules.Unproven},
		{"", "LOC-1 view and text say elsewhere", func(f *rules.Facts) {
			noNetwork(f)
			setText(f, "Elsewhere")
			f.Cameras[cam].Paths[0].View.Verdict = rules.ViewMoved
		}, "LOC-1/de-polder/entree", rules.Fail},
		{"", "LOC-1 no facts", func(f *rules.Facts) { f.Cameras = nil }, "LOC-1/de-polder/entree", rules.Unproven},

		{"", "LOC-3 view same", func(*rules.Facts) {}, "LOC-3/view/de-polder/entree", rules.Pass},
		{"", "LOC-3 view moved", func(f *rules.Facts) { f.Cameras[cam].Paths[0].View.Verdict = rules.ViewMoved }, "LOC-3/view/de-polder/entree", rules.Fail},
		{"", "LOC-3 shift over the protocol's limit", func(f *rules.Facts) { f.Cameras[cam].Paths[0].View.Numbers[rules.NumberShift] = 0.11 }, "LOC-3/view/de-polder/entree", rules.Fail},
		{"", "LOC-3 view unknown", func(f *rules.Facts) { f.Cameras[cam].Paths[0].View = rules.View{Reason: "dark"} }, "LOC-3/view/de-polder/entree", rules.Unproven},
		{"", "LOC-3 a second path not looked at", secondPath, "LOC-3/view/de-polder/entree", rules.Unproven},
		{"", "LOC-3 paths unknown", func(f *rules.Facts) { f.Cameras[cam].Observation = devices.Unreadable[devices.Observation](errRead) }, "LOC-3/view/de-polder/entree", rules.Unproven},
		{"", "LOC-3 no path at all", noPaths, "LOC-3/view/de-polder/entree", rules.Unproven},
		{"", "LOC-3 view in a window", func(f *rules.Facts) { f.Cameras[cam].Ordered = whole }, "LOC-3/view/de-polder/entree", rules.NotApplicable},
		{"", "LOC-3 mask in the picture", func(*rules.Facts) {}, "LOC-3/mask/de-polder/entree/straatramen", rules.Pass},
		{"", "LOC-3 mask open", func(f *rules.Facts) {
			f.Cameras[cam].Paths[0].Masks["straatramen"] = rules.Mask{Verdict: rules.MaskOpen}
		}, "LOC-3/mask/de-polder/entree/straatramen", rules.Fail},
		{"", "LOC-3 mask unknown", func(f *rules.Facts) { delete(f.Cameras[cam].Paths[0].Masks, "straatramen") }, "LOC-3/mask/de-polder/entree/straatramen", rules.Unproven},
		{"", "LOC-3 mask open on one of two paths", func(f *rules.Facts) {
			secondPath(f)
			f.Cameras[cam].Paths[0].Masks["straatramen"] = rules.Mask{Verdict: rules.MaskOpen}
		}, "LOC-3/mask/de-polder/entree/straatramen", rules.Fail},
		{"", "LOC-3 mask, second path not looked at", secondPath, "LOC-3/mask/de-polder/entree/straatramen", rules.Unproven},
		{"", "LOC-3 mask in a window", func(f *rules.Facts) { f.Cameras[cam].Ordered = whole }, "LOC-3/mask/de-polder/entree/straatramen", rules.NotApplicable},
		{"", "LOC-3 mask of a camera without login", func(f *rules.Facts) { f.Cameras[cam].Reach = rules.NoLogin }, "LOC-3/mask/de-polder/entree/straatramen", rules.Unproven},

		{"", "AUD-1 silent", func(*rules.Facts) {}, "AUD-1/de-polder/entree", rules.Pass},
		{"", "AUD-1 track in the stream", func(f *rules.Facts) { setTracks(f, devices.Track{Kind: "audio"}) }, "AUD-1/de-polder/entree", rules.Fail},
		{"", "AUD-1 talking to the camera is no sound from it", func(f *rules.Facts) { setTracks(f, devices.Track{Kind: "audio", BackChannel: true}) }, "AUD-1/de-polder/entree", rules.Pass},
		{"", "AUD-1 setting", func(f *rules.Facts) { f.Cameras[cam].Paths[0].Path.Sound = devices.Of(true) }, "AUD-1/de-polder/entree", rules.Fail},
		{"", "AUD-1 setting of a path not looked at", func(f *rules.Facts) {
			f.Cameras[cam].Paths = nil
			f.Cameras[cam].Observation = devices.Of(devices.Observation{Paths: devices.Of([]devices.Path{{ID: "sub", Sound: devices.Of(true)}})})
		}, "AUD-1/de-polder/entree", rules.Fail},
		{"", "AUD-1 setting off, stream unreadable", func(f *rules.Facts) { f.Cameras[cam].Paths[0].Stream = devices.Unreadable[devices.Stream](errRead) }, "AUD-1/de-polder/entree", rules.Unproven},
		{"", "AUD-1 second path not looked at", secondPath, "AUD-1/de-polder/entree", rules.Unproven},
		{"", "AUD-1 no path at all", noPaths, "AUD-1/de-polder/entree", rules.Unproven},
		{"", "AUD-1 allowed", func(f *rules.Facts) { f.Protocol.Cameras[cam].Sound = policy.SoundAllowed }, "AUD-1/de-polder/entree", rules.NotApplicable},

		{"", "BLK-1 no window", func(*rules.Facts) {}, "BLK-1/de-polder/entree", rules.NotApplicable},
		{"", "BLK-1 covered", func(f *rules.Facts) { window(f, rules.ShownClosed) }, "BLK-1/de-polder/entree", rules.Pass},
		{"", "BLK-1 open", func(f *rules.Facts) { window(f, rules.ShownOpen) }, "BLK-1/de-polder/entree", rules.Fail},
		{"", "BLK-1 unproven", func(f *rules.Facts) { window(f, rules.ShownUnproven) }, "BLK-1/de-polder/entree", rules.Unproven},
		{"", "BLK-1 no verdict", func(f *rules.Facts) { window(f, "") }, "BLK-1/de-polder/entree", rules.Unproven},
		{"", "BLK-1 covered but heard", func(f *rules.Facts) { window(f, rules.ShownClosed); setTracks(f, devices.Track{Kind: "audio"}) }, "BLK-1/de-polder/entree", rules.Fail},
		{"", "BLK-1 no stream is never covered", func(f *rules.Facts) { window(f, rules.ShownClosed); f.Cameras[cam].Reach = rules.Unreachable }, "BLK-1/de-polder/entree", rules.Unproven},
		{"", "BLK-1 second path not looked at", func(f *rules.Facts) { window(f, rules.ShownClosed); secondPath(f) }, "BLK-1/de-polder/entree", rules.Unproven},
		{"", "BLK-1 second path not looked at, picture alone required", func(f *rules.Facts) {
			f.Protocol.Cameras[cam].Required = []string{policy.PartPicture}
			window(f, rules.ShownClosed)
			secondPath(f)
		}, "BLK-1/de-polder/entree", rules.Unproven},
		{"", "BLK-1 no path at all", func(f *rules.Facts) { window(f, rules.ShownClosed); noPaths(f) }, "BLK-1/de-polder/entree", rules.Unproven},

		{"", "SEC-1 shown", func(*rules.Facts) {}, "SEC-1/firmware/de-polder/entree", rules.Pass},
		{"", "SEC-1 new enough", func(f *rules.Facts) { f.Protocol.Cameras[cam].Firmware.AtLeast = "1.2" }, "SEC-1/firmware/de-polder/entree", rules.Pass},
		{"", "SEC-1 numbers, not letters", func(f *rules.Facts) { setFirmware(f, "1.10.0", "1.9.2") }, "SEC-1/firmware/de-polder/entree", rules.Pass},
		{"", "SEC-1 too old", func(f *rules.Facts) { setFirmware(f, "V5.5.9 build 1", "5.6") }, "SEC-1/firmware/de-polder/entree", rules.Fail},
		{"", "SEC-1 letters before the first number are left out", func(f *rules.Facts) { setFirmware(f, "R2D2", "5.6") }, "SEC-1/firmware/de-polder/entree", rules.Fail},
		{"", "SEC-1 kinds differ", func(f *rules.Facts) { setFirmware(f, "5.beta", "5.6") }, "SEC-1/firmware/de-polder/entree", rules.Unproven},
		{"", "SEC-1 written short", func(f *rules.Facts) { setFirmware(f, "5.6", "5.6.1") }, "SEC-1/firmware/de-polder/entree", rules.Unproven},
		{"", "SEC-1 no number in it", func(f *rules.Facts) { setFirmware(f, "latest", "5.6") }, "SEC-1/firmware/de-polder/entree", rules.Unproven},
		{"", "SEC-1 unreadable", func(f *rules.Facts) { f.Cameras[cam].Info = devices.Unreadable[devices.Info](errRead) }, "SEC-1/firmware/de-polder/entree", rules.Unproven},
		{"", "SEC-1 empty", func(f *rules.Facts) { f.Cameras[cam].Info = devices.Of(devices.Info{}) }, "SEC-1/firmware/de-polder/entree", rules.Unproven},

		{"", "DEV-1 registered", func(*rules.Facts) {}, "DEV-1/de-polder/personeelsingang", rules.Pass},
		{"", "DEV-1 missing", func(f *rules.Facts) { f.Readers[0].Trouble = "no such port" }, "DEV-1/de-polder/personeelsingang", rules.Fail},
		{"", "DEV-1 other kind", func(f *rules.Facts) { f.Readers[0].Frame = "id12la" }, "DEV-1/de-polder/personeelsingang", rules.Fail},
		{"", "DEV-1 silent", func(f *rules.Facts) { f.Readers[0].SeenGood = false }, "DEV-1/de-polder/personeelsingang", rules.Unproven},
		{"", "DEV-1 no facts", func(f *rules.Facts) { f.Readers = nil }, "DEV-1/de-polder/personeelsingang", rules.Unproven},
		{"", "DEV-1 unregistered", func(f *rules.Facts) {
			f.Readers = append(f.Readers, rules.Reader{Port: "/dev/ttyS1", Frame: "rdm6300", SeenGood: true})
		}, "DEV-1/de-polder//dev/ttyS1", rules.Fail},
		{"", "DEV-1 id that no register has", func(f *rules.Facts) {
			f.Readers = append(f.Readers, rules.Reader{Port: "/dev/ttyS1", ID: "achterdeur", SeenGood: true})
		}, "DEV-1/de-polder//dev/ttyS1", rules.Fail},
		{"", "DEV-1 something on a line", func(f *rules.Facts) { f.Readers = append(f.Readers, rules.Reader{Port: "/dev/ttyS1"}) }, "DEV-1/de-polder//dev/ttyS1", rules.Unproven},

		{"", "SEC-4 plain", func(*rules.Facts) {}, "SEC-4/de-polder/personeelsingang", rules.Fail},
		{"", "SEC-4 plain though the facts do not say so", func(f *rules.Facts) { f.Readers = nil }, "SEC-4/de-polder/personeelsingang", rules.Fail},
		{"", "SEC-4 OSDP, channel not seen", func(f *rules.Facts) {
			f.Protocol.Readers[0].Transport, f.Readers[0].Unencrypted = policy.TransportOSDP, false
		}, "SEC-4/de-polder/personeelsingang", rules.Unproven},
		{"", "SEC-4 OSDP in the clear", func(f *rules.Facts) { f.Protocol.Readers[0].Transport = policy.TransportOSDP }, "SEC-4/de-polder/personeelsingang", rules.Fail},
	}
	for i := range list {
		list[i].rule, list[i].name, _ = strings.Cut(list[i].name, " ")
	}
	return list
}

// checkFindings holds every finding to what people and the wire need.
func checkFindings(t *testing.T, list []rules.Finding) {
	t.Helper()
	seen := map[string]bool{}
	for _, f := range list {
		if seen[f.ID] {
			t.Errorf("two findings %s", f.ID)
		}
		seen[f.ID] = true
		// Evaluate numbers what the facts give twice, as a log or a list of pages
		// may. Anything else is one matter told two times.
		records := []string{"session", "export", "published", "exports", "viewed"}
		if n := strings.LastIndexByte(f.ID, '#'); n > 0 && f.ID[n-1] != '/' && !slices.Contains(records, strings.Split(f.ID, "/")[1]) {
			t.Errorf("one matter has two findings: %s", f.ID)
		}
		for _, text := range []policy.Text{f.Title, f.Text, f.Why.Norm} {
			for _, s := range []string{text.NL, text.FR, text.EN} {
				if s == "" || slices.ContainsFunc([]string{"%!", "{", " : ", " ; ", "?", "  "}, func(bad string) bool { return strings.Contains(s, bad) }) {
					t.Errorf("%s: a text is empty or ill-formed: %q", f.ID, s)
				}
			}
		}
		if f.Status.OK() != (f.Remedy == policy.Text{}) {
			t.Errorf("%s is %s, remedy %q", f.ID, f.Status, f.Remedy.EN)
		}
		if f.Severity == "" || f.Protocol.ID == "" || f.Protocol.Version == "" || len(f.Why.Rules) == 0 || f.Why.Article == "" || f.At.IsZero() || f.Method == "" {
			t.Errorf("%s is incomplete: %+v", f.ID, f)
		}
	}
}

func noNetwork(f *rules.Facts) { f.Cameras[cam].OnNetwork = devices.Value[bool]{} }

func setText(f *rules.Facts, text string) {
	o, _ := f.Cameras[cam].Observation.Get()
	o.Location = devices.Of([]string{text})
	f.Cameras[cam].Observation = devices.Of(o)
}

func setTracks(f *rules.Facts, tracks ...devices.Track) {
	f.Cameras[cam].Paths[0].Stream = devices.Of(devices.Stream{Tracks: tracks})
}

func setFirmware(f *rules.Facts, has, wanted string) {
	f.Cameras[cam].Info = devices.Of(devices.Info{Firmware: has})
	f.Protocol.Cameras[cam].Firmware.AtLeast = wanted
}

func secondPath(f *rules.Facts) {
	o, _ := f.Cameras[cam].Observation.Get()
	paths, _ := o.Paths.Get()
	o.Paths = devices.Of(append(slices.Clone(paths), devices.Path{ID: "sub"}))
	f.Cameras[cam].Observation = devices.Of(o)
}

func noPaths(f *rules.Facts) {
	f.Cameras[cam].Paths = nil
	f.Cameras[cam].Observation = devices.Of(devices.Observation{Paths: devices.Of([]devices.Path{})})
}

func window(f *rules.Facts, shown rules.ShownVerdict) {
	f.Cameras[cam].Ordered = devices.Cover{Whole: true, Sound: true}
	f.Cameras[cam].Since = now.Add(-time.Hour)
	f.Cameras[cam].Paths[0].Cover = rules.Shown{Verdict: shown, Reason: "flat 0.9"}
}

// A good site has exactly one thing against it, and nothing known makes
// everything unproven or worse but never a pass.
func TestWholeSite(t *testing.T) {
	list := rules.Evaluate(good(t))
	for _, f := range list {
		if !f.Status.OK() && !f.Undelivered && f.Rule != "SEC-4" {
			t.Errorf("%s is %s: %s", f.ID, f.Status, f.Text.EN)
		}
	}
	if w, _ := rules.Worst(list); w.Rule != "SEC-4" || rules.ExitCode(list) != rules.ExitFinding {
		t.Errorf("worst is %s", w.ID)
	}
	blind := good(t)
	blind = rules.Facts{Protocol: blind.Protocol, Site: site, Now: now}
	for _, f := range rules.Evaluate(blind) {
		if f.Status == rules.Pass {
			t.Errorf("%s passes though nothing is known", f.ID)
		}
	}
}

func TestNoProtocol(t *testing.T) {
	for name, f := range map[string]rules.Facts{"none": {Site: site, Now: now}, "other site": {Protocol: good(t).Protocol, Site: "elsewhere", Now: now}} {
		t.Run(name, func(t *testing.T) {
			list := rules.Evaluate(f)
			if len(list) == 0 {
				t.Fatal("no findings")
			}
			for _, f := range list {
				if f.Status != rules.Error {
					t.Errorf("%s is %s", f.ID, f.Status)
				}
			}
		})
	}
}

func TestWorst(t *testing.T) {
	f := func(s rules.Status, v rules.Severity) rules.Finding { return rules.Finding{Status: s, Severity: v} }
	if _, ok := rules.Worst(nil); ok || rules.OK(nil) {
		t.Error("no findings are not OK")
	}
	w, _ := rules.Worst([]rules.Finding{f(rules.Pass, rules.Critical), f(rules.Fail, rules.Medium), f(rules.Unproven, rules.Critical), f(rules.Fail, rules.High)})
	if w.Status != rules.Fail || w.Severity != rules.High {
		t.Errorf("worst is %s %s", w.Status, w.Severity)
	}
	for s, want := range map[rules.Status]int{rules.Pass: 0, rules.NotApplicable: 0, rules.Attested: 0, rules.Expired: 3, rules.Unproven: 3, rules.Fail: 3, rules.Error: 3} {
		if got := rules.ExitCode([]rules.Finding{f(rules.Pass, rules.Low), f(s, rules.Low)}); got != want {
			t.Errorf("%s exits %d, want %d", s, got, want)
		}
	}
}

// Of facts given twice the first counts, as it stands.
func TestTwice(t *testing.T) {
	f := good(t)
	moved := f.Cameras[cam]
	moved.OnNetwork = devices.Of(false)
	reader := f.Readers[0]
	reader.Trouble = "no such port"
	f.Cameras, f.Readers = append(f.Cameras, moved), append(f.Readers, reader)
	if got := find(t, rules.Evaluate(f), "LOC-1/de-polder/entree"); got.Status != rules.Pass {
		t.Errorf("the camera is %s", got.Status)
	}
	f.Cameras[cam], f.Cameras[len(f.Cameras)-1] = moved, f.Cameras[cam]
	if got := find(t, rules.Evaluate(f), "LOC-1/de-polder/entree"); got.Status != rules.Fail {
		t.Errorf("the camera is %s", got.Status)
	}
}

// Evaluating does not change the facts, and gives the same twice.
func TestPure(t *testing.T) {
	f, g := good(t), good(t)
	f.Found, g.Found = append(f.Found, stranger()), append(g.Found, stranger())
	a, b := rules.Evaluate(f), rules.Evaluate(f)
	if !reflect.DeepEqual(a, b) || !reflect.DeepEqual(f.Cameras, g.Cameras) {
		t.Error("evaluating twice differs, or changed the facts")
	}
}
