package onvif

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
)

// bell is a fake's event service: one pull point that hands out what is rung.
type bell struct {
	*fake

	lock    sync.Mutex
	queue   []string // messages
	rung    chan struct{}
	asked   []string // bodies of requests to the service, in order
	paths   []string // that they came to
	ended   bool     // the subscription is lost
	address string   // of the subscription, and what else the reference has
	times   string   // CurrentTime and TerminationTime as told
}

func newBell(t *testing.T) *bell {
	t.Helper()
	b := &bell{fake: newFake(t), rung: make(chan struct{}, 1), address: `<wsa:Address>/onvif/sub?n=1</wsa:Address>`}
	b.services = [][2]string{{nsEvents, "events"}}
	b.times = `<wsnt:CurrentTime>1970-01-01T00:00:10Z</wsnt:CurrentTime><wsnt:TerminationTime>1970-01-01T00:01:10Z</wsnt:TerminationTime>`
	note := func(do func(body string) string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			b.lock.Lock()
			b.asked, b.paths = append(b.asked, string(body)), append(b.paths, r.URL.RequestURI())
			answer := do(string(body))
			b.lock.Unlock()
			if answer == "" {
				sendFault(http.StatusBadRequest, "Sender", "InvalidArgVal")(w, r)
				return
			}
			sendBody(answer)(w, r)
		}
	}
	b.answer["tev:CreatePullPointSubscription"] = note(func(string) string {
		b.ended = false
		return `<tev:CreatePullPointSubscriptionResponse><tev:SubscriptionReference>` + b.address + `</tev:SubscriptionReference>` +
			b.times + `</tev:CreatePullPointSubscriptionResponse>`
	})
	b.answer["wsnt:Renew"] = note(func(string) string { return `<wsnt:RenewResponse>` + b.times + `</wsnt:RenewResponse>` })
	b.answer["wsnt:Unsubscribe"] = note(func(string) string { return `<wsnt:UnsubscribeResponse/>` })
	b.answer["tev:SetSynchronizationPoint"] = note(func(string) string { return `<tev:SetSynchronizationPointResponse/>` })
	b.answer["tev:PullMessages"] = func(w http.ResponseWriter, r *http.Request) {
		var list []string
		body, _ := io.ReadAll(r.Body)
		wait, _, err := parseDuration(text(string(body), "Timeout"))
		if err != nil {
			t.Errorf("time-out in %s", body)
		}
		timer := time.NewTimer(wait)
		defer timer.Stop()
		for over := wait == 0; ; {
			b.lock.Lock()
			list, b.queue = b.queue, nil
			ended := b.ended
			b.lock.Unlock()
			if ended {
				r.Body = io.NopCloser(strings.NewReader(string(body)))
				note(func(string) string { return "" })(w, r)
				return
			}
			if over || len(list) > 0 {
				break
			}
			select {
			case <-b.rung:
			case <-timer.C:
				over = true
			case <-r.Context().Done():
				return
			}
		}
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		note(func(string) string {
			return `<tev:PullMessagesResponse><tev:CurrentTime>2026-01-01T00:00:00Z</tev:CurrentTime>` + strings.Join(list, "") + `</tev:PullMessagesResponse>`
		})(w, r)
	}
	return b
}

// ring queues messages and wakes who pulls.
func (b *bell) ring(messages ...string) {
	b.lock.Lock()
	b.queue = append(b.queue, messages...)
	b.lock.Unlock()
	select {
	case b.rung <- struct{}{}:
	default:
	}
}

func (b *bell) lose() {
	b.lock.Lock()
	b.ended = true
	b.lock.Unlock()
	b.ring()
}

// requests are those of the event service with a text in them.
func (b *bell) requests(with string) []string {
	b.lock.Lock()
	defer b.lock.Unlock()
	var out []string
	for _, a := range b.asked {
		if strings.Contains(a, with) {
			out = append(out, a)
		}
	}
	return out
}

// message is a notification; operation goes in as the attribute is written.
func message(topic, operation, source, data string) string {
	items := func(s string) (out string) {
		for p := range strings.FieldsSeq(s) {
			name, value, _ := strings.Cut(p, "=")
			out += `<tt:SimpleItem Name="` + name + `" Value="` + value + `"/>`
		}
		return out
	}
	return `<wsnt:NotificationMessage><wsnt:Topic Dialect="` + concretely + `">` + topic + `</wsnt:Topic><wsnt:Message><tt:Message UtcTime="2026-01-01T00:00:00Z" ` +
		operation + `><tt:Source>` + items(source) + `</tt:Source><tt:Data>` + items(data) + `</tt:Data></tt:Message></wsnt:Message></wsnt:NotificationMessage>`
}

const changed = `PropertyOperation="Changed"`

// watcher runs Watch and gathers what it reports.
type watcher struct {
	t      *testing.T
	events chan devices.Event
	cancel context.CancelFunc
	end    chan error
}

func watching(t *testing.T, cam devices.Camera) *watcher {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	w := &watcher{t, make(chan devices.Event, 1000), cancel, make(chan error, 1)}
	go func() { w.end <- cam.Watch(ctx, func(e devices.Event) { w.events <- e }) }()
	t.Cleanup(cancel)
	return w
}

func (w *watcher) next() devices.Event {
	w.t.Helper()
	select {
	case e := <-w.events:
		if e.At.IsZero() {
			w.t.Error("an event without a time")
		}
		e.At = time.Time{}
		return e
	case err := <-w.end:
		w.t.Fatalf("Watch ended: %v", err)
	case <-time.After(10 * time.Second):
		w.t.Fatal("no event")
	}
	return devices.Event{}
}

// stop ends it and returns why it ended.
func (w *watcher) stop() error {
	w.t.Helper()
	w.cancel()
	return w.wait()
}

func (w *watcher) wait() error {
	w.t.Helper()
	select {
	case err := <-w.end:
		if _, ok := errors.AsType[*devices.Error](err); !ok {
			w.t.Errorf("Watch ended with %v, which is no *devices.Error", err)
		}
		return err
	case <-time.After(10 * time.Second):
		w.t.Fatal("Watch does not end")
		return nil
	}
}

func quick() Options { return Options{Timeout: 800 * time.Millisecond} }

func openLenses(t *testing.T, f *fake, o Options, edit ...func(*devices.Target)) []devices.Camera {
	t.Helper()
	target := f.target()
	for _, e := range edit {
		e(&target)
	}
	cams, err := Driver(o).Open(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	return cams
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if done() {
			return
		}
	}
	t.Fatalf("never: %s", what)
}

func TestWatch(t *testing.T) {
	b := newBell(t)
	cam := openLenses(t, b.fake, quick())[0]
	w := watching(t, cam)
	b.ring(
		message("tns1:VideoSource/GlobalSceneChange/ImagingService", `PropertyOperation="Initialized"`, "Source=VS1", "State=false"),
		message("tns1:VideoSource/MotionAlarm", changed, "Source=VS1", "State=true"),
		message("tns1:Device/tns1:Trigger/tns1:Relay", changed, "RelayToken=R1", "LogicalState=active"),
	)
	for _, want := range []devices.Event{
		{Kind: devices.EventTamper, Topic: "VideoSource/GlobalSceneChange/ImagingService", Source: "VS1", On: devices.Of(false), Initial: true},
		{Kind: devices.EventContact, Topic: "Device/Trigger/Relay", Source: "R1", On: devices.Of(true)},
	} {
		if got := w.next(); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	unreadable := func(e devices.Event) bool { _, ok := e.On.Get(); return !ok && !e.On.IsNotSupported() }
	for name, tc := range map[string]struct {
		message string
		want    devices.Event
	}{
		"loss": {
			message("tns1:VideoSource/SignalLoss", changed, "Source=VS1", "State=1"),
			devices.Event{Kind: devices.EventLoss, Topic: "VideoSource/SignalLoss", Source: "VS1", On: devices.Of(true)},
		},
		"rule": {
			message("tns1:RuleEngine/TamperDetector/Tamper", changed, "VideoSourceConfigurationToken=VSC1 VideoAnalyticsConfigurationToken=A Rule=mine", "IsTamper=TRUE"),
			devices.Event{Kind: devices.EventTamper, Topic: "RuleEngine/TamperDetector/Tamper", Source: "VSC1", On: devices.Of(true)},
		},
		"input": {
			message(" tns1:Device/Trigger/DigitalInput ", changed, "InputToken=I1", "LogicalState=off"),
			devices.Event{Kind: devices.EventInput, Topic: "Device/Trigger/DigitalInput", Source: "I1", On: devices.Of(false)},
		},
		"door": {
			message("tns1:Door/State/DoorTamper", changed, "DoorToken=D1", "State=TamperDetected"),
			devices.Event{Kind: devices.EventTamper, Topic: "Door/State/DoorTamper", Source: "D1", On: devices.Of(true)},
		},
		"housing": {
			message("tns1:Device/tnsx:Casing/tnsx:Tampering", changed, "", "Value=yes"),
			devices.Event{Kind: devices.EventTamper, Topic: "Device/Casing/Tampering", On: devices.Of(true)},
		},
		"other attribute": {
			message("tns1:VideoSource/ImageTooBright", `PropertyType="Initialized"`, "Source=VS1", "State=no"),
			devices.Event{Kind: devices.EventTamper, Topic: "VideoSource/ImageTooBright", Source: "VS1", On: devices.Of(false), Initial: true},
		},
		"no attribute": {
			message("tns1:VideoSource/ImageTooDark", "", "Source=VS1", "State=false"),
			devices.Event{Kind: devices.EventTamper, Topic: "VideoSource/ImageTooDark", Source: "VS1", On: devices.Of(false), Initial: true},
		},
	} {
		b.ring(tc.message)
		if got := w.next(); got != tc.want {
			t.Errorf("%s: got %+v, want %+v", name, got, tc.want)
		}
	}
	b.ring(message("tns1:VideoSource/ImageTooDark", "", "Source=VS1", "State=true"))
	if got := w.next(); got.Initial || got.On != devices.Of(true) {
		t.Errorf("the second message without an operation is a change: %+v", got)
	}
	for _, data := range []string{"State=perhaps", "Other=true", ""} {
		b.ring(message("tns1:VideoSource/ImageTooBlurry", changed, "Source=VS1", data))
		if got := w.next(); !unreadable(got) || got.Topic != "VideoSource/ImageTooBlurry" {
			t.Errorf("data %q gave %+v", data, got)
		}
	}
	b.ring(message("tns1:VideoSource/SignalLoss", `PropertyOperation="Deleted"`, "Source=VS1", "State=true"))
	if got := w.next(); !unreadable(got) {
		t.Errorf("deleted: %+v", got)
	}
	if err := w.stop(); !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
	if got := b.requests("Unsubscribe"); len(got) != 1 || len(w.events) != 0 {
		t.Errorf("%d times unsubscribed, %d events too many", len(got), len(w.events))
	}
	for _, r := range b.requests("<tev:PullMessages") {
		if !strings.Contains(r, `>/onvif/sub?n=1</wsa:To>`) || !strings.Contains(r, `PullPointSubscription/PullMessagesRequest</wsa:Action>`) || !strings.Contains(r, "urn:uuid:") {
			t.Fatalf("a pull without its address: %s", r)
		}
	}
	if slices.Index(b.paths, "/onvif/sub?n=1") < 0 {
		t.Errorf("the relative address was not used: %q", b.paths)
	}
}

// What is about people never leaves the package.
func TestOnlyTheDevice(t *testing.T) {
	for _, topic := range []string{
		"tns1:VideoSource/MotionAlarm", "tns1:RuleEngine/CellMotionDetector/Motion", "tns1:RuleEngine/MyRuleDetector/PeopleDetect",
		"tns1:RuleEngine/FaceRecognition/Face", "tns1:RuleEngine/LicensePlate/Recognized", "tns1:RuleEngine/LineDetector/Crossed",
		"tns1:AccessControl/AccessGranted/Credential", "tns1:AccessControl/Denied/Anonymous", "tns1:Credential/State/ApbViolation",
		"tns1:AudioAnalytics/Audio/DetectedSound", "tns1:VideoAnalytics/Tamper/Face", "tns1:Door/State/DoorPhysicalState",
		"tns1:Door/State/DoorAlarm", "tns1:RuleEngine/TamperDetector/Person", "tns1:AccessControl/Request/Identifier/Tamper",
		"tns1:RecordingConfig/JobState", "tns1:UserAlarm/IVA/HumanShapeDetect", "VideoSource", "Device", "", "/", "::", "tns1:/x",
		strings.Repeat("VideoSource/", 40) + "SignalLoss",
	} {
		path, ok := segments(topic)
		if !ok {
			continue
		}
		if kind, ok := kindOf(path); ok {
			t.Errorf("%s leaves the package as %s", topic, kind)
		}
	}
}

func TestSubscriptionAddress(t *testing.T) {
	for name, tc := range map[string]struct{ reference, path, header string }{
		"absolute, elsewhere": {`<wsa:Address>http://192.0.2.9/sub/7?a=b&amp;c=d</wsa:Address>`, "/sub/7?a=b&c=d", `>http://192.0.2.9/sub/7[?]a=b&amp;c=d</wsa:To>`},
		"beside the service":  {`<wsa:Address>sub7</wsa:Address>`, "/onvif/sub7", `>sub7</wsa:To>`},
		"none":                {``, "/onvif/events", `/onvif/events</wsa:To>`},
		"parameters": {
			`<wsa:Address>http://192.0.2.9/onvif/events</wsa:Address><wsa:ReferenceParameters xmlns:own="urn:own"><own:Id kind="x">5 &lt; 6</own:Id><own:B/></wsa:ReferenceParameters>`,
			"/onvif/events", `xmlns:own="urn:own"[^>]*>5 &lt; 6</own:Id>`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBell(t)
			b.address = tc.reference
			w := watching(t, openLenses(t, b.fake, quick())[0])
			b.ring(message("tns1:VideoSource/SignalLoss", changed, "Source=VS1", "State=1"))
			w.next()
			if err := w.stop(); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			b.lock.Lock()
			defer b.lock.Unlock()
			for i, r := range b.asked {
				if strings.Contains(r, "CreatePullPoint") {
					continue
				}
				if b.paths[i] != tc.path || !regexp.MustCompile(tc.header).MatchString(r) {
					t.Fatalf("went to %s: %s", b.paths[i], r)
				}
			}
		})
	}
}

func TestRenewal(t *testing.T) {
	c, err := newClient(Options{}.withDefaults(), devices.Target{Found: devices.Found{Address: "127.0.0.1:80"}})
	if err != nil {
		t.Fatal(err)
	}
	c.skew = -time.Hour
	device := time.Now().Add(c.skew).UTC()
	for name, tc := range map[string]struct {
		now, until string
		want       time.Duration
	}{
		"ten minutes, clock in 1970":   {"1970-01-01T00:00:00Z", "1970-01-01T00:10:00Z", 5 * time.Minute},
		"without a zone":               {"2026-01-01T10:00:00", "2026-01-01T10:01:00", 30 * time.Second},
		"parts of a second":            {"2026-01-01T10:00:00.5Z", "2026-01-01T10:00:10.5Z", 5 * time.Second},
		"ends in 1970":                 {"2026-01-01T00:00:00Z", "1970-01-01T00:00:00Z", 20 * time.Second},
		"no times":                     {"", "", 20 * time.Second},
		"only the end, by its clock":   {"", device.Add(2 * time.Minute).Format(time.RFC3339Nano), time.Minute},
		"never":                        {"2026-01-01T00:00:00Z", "2126-01-01T00:00:00Z", 20 * time.Second},
		"garbage":                      {"yesterday", "tomorrow", 20 * time.Second},
		"a whole day is looked after":  {"2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", 10 * time.Minute},
		"the end and the start in one": {"2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", 20 * time.Second},
	} {
		s := &subscription{c: c}
		if err := s.leased(t.Context(), lease{Now: tc.now, Until: tc.until}); err != nil {
			t.Fatal(err)
		}
		if got := time.Until(s.renewAt); (got - tc.want).Abs() > time.Second {
			t.Errorf("%s: renewed in %v, want %v", name, got, tc.want)
		}
	}
}

func TestRenewInTime(t *testing.T) {
	b := newBell(t)
	// In the wrong namespace.
	b.times = `<tev:CurrentTime>2026-01-01T00:00:00Z</tev:CurrentTime><tev:TerminationTime>2026-01-01T00:00:01Z</tev:TerminationTime>`
	w := watching(t, openLenses(t, b.fake, quick())[0])
	begin := time.Now()
	eventually(t, "two renewals", func() bool { return len(b.requests("<wsnt:Renew")) >= 2 })
	if d := time.Since(begin); d < 700*time.Millisecond || d > 3*time.Second {
		t.Errorf("the second renewal of one second came after %v", d)
	}
	if err := w.stop(); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestRenewRefused(t *testing.T) {
	b := newBell(t)
	b.times = `<wsnt:CurrentTime>2026-01-01T00:00:00Z</wsnt:CurrentTime><wsnt:TerminationTime>2026-01-01T00:00:01Z</wsnt:TerminationTime>`
	var renewals atomic.Int32
	b.answer["wsnt:Renew"] = func(w http.ResponseWriter, r *http.Request) {
		renewals.Add(1)
		sendFault(http.StatusBadRequest, "Sender", "InvalidArgVal")(w, r)
	}
	w := watching(t, openLenses(t, b.fake, quick())[0])
	eventually(t, "a renewal", func() bool { return renewals.Load() == 2 }) // by duration, and by instant
	pulls := len(b.requests("<tev:PullMessages"))
	eventually(t, "going on", func() bool { return len(b.requests("<tev:PullMessages")) > pulls+2 })
	b.ring(message("tns1:VideoSource/SignalLoss", changed, "Source=VS1", "State=1"))
	w.next()
	if n := renewals.Load(); n != 2 {
		t.Errorf("asked %d times", n)
	}
	b.lose()
	if err := w.wait(); !strings.Contains(err.Error(), "lost") || errors.Is(err, devices.ErrUnsupported) {
		t.Errorf("lost: %v", err)
	}
}

func TestWatchUnsupported(t *testing.T) {
	f := newFake(t)
	if err := watching(t, openLenses(t, f, quick())[0]).wait(); !errors.Is(err, devices.ErrUnsupported) || f.count("tev:CreatePullPointSubscription") > 0 {
		t.Errorf("no service: %v", err)
	}
	f = newFake(t)
	f.services = [][2]string{{nsEvents, "events"}}
	if err := watching(t, openLenses(t, f, quick())[0]).wait(); !errors.Is(err, devices.ErrUnsupported) || f.count("tev:CreatePullPointSubscription") != 1 {
		t.Errorf("no pull points: %v", err)
	}
}

// Others are answered while a poll waits.
func TestWatchIsNotInTheWay(t *testing.T) {
	b := newBell(t)
	cam := openLenses(t, b.fake, Options{Timeout: 4 * time.Second})[0]
	w := watching(t, cam)
	eventually(t, "a long poll", func() bool { return b.count("tev:PullMessages") >= 2 })
	begin := time.Now()
	for range 5 {
		if _, err := cam.Observe(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if d := time.Since(begin); d > time.Second {
		t.Errorf("five observations took %v beside a poll of two seconds", d)
	}
	if err := w.stop(); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if got := b.requests("<tev:Timeout>PT2S"); len(got) == 0 && len(b.requests("PT0S")) > 0 {
		t.Error("a device that serves several connections is pulled by short polls")
	}
}

func TestOneConnectionAtATime(t *testing.T) {
	b := newBell(t)
	var busy sync.Mutex
	served := b.srv.Config.Handler
	b.srv.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // as long as it is not read the server does not see the connection end
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		busy.Lock()
		defer busy.Unlock()
		served.ServeHTTP(w, r)
	})
	cam := openLenses(t, b.fake, Options{Timeout: 2 * time.Second})[0]
	w := watching(t, cam)
	eventually(t, "short polls", func() bool { return len(b.requests("<tev:Timeout>PT0S<")) >= 2 })
	if n := len(b.requests("<tev:Timeout>PT0.5S<")); n != 1 {
		t.Errorf("%d polls tried it out", n)
	}
	begin := time.Now()
	if _, err := cam.Observe(t.Context()); err != nil || time.Since(begin) > time.Second {
		t.Errorf("observing beside short polls: %v after %v", err, time.Since(begin))
	}
	b.ring(message("tns1:VideoSource/SignalLoss", changed, "Source=VS1", "State=1"))
	if got := w.next(); got.Kind != devices.EventLoss {
		t.Errorf("got %+v", got)
	}
	if err := w.stop(); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// A device that answers every poll at once is not asked without a pause.
func TestImpatientDevice(t *testing.T) {
	b := newBell(t)
	var pulls atomic.Int32
	b.answer["tev:PullMessages"] = func(w http.ResponseWriter, r *http.Request) {
		pulls.Add(1)
		sendBody(`<tev:PullMessagesResponse/>`)(w, r)
	}
	w := watching(t, openLenses(t, b.fake, Options{Timeout: 2 * time.Second})[0])
	time.Sleep(time.Second)
	if n := pulls.Load(); n > 5 {
		t.Errorf("%d polls in a second", n)
	}
	if err := w.stop(); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestSeveralLenses(t *testing.T) {
	b := newBell(t)
	b.sources = []string{"VS1", "VS2", "VS3"}
	b.configs = []fakeConfig{{"VSC1", "VS1", 0, 0, 1920, 1080}, {"VSC2", "VS2", 0, 0, 1920, 1080}, {"VS1x", "VS3", 0, 0, 1920, 1080}}
	cams := openLenses(t, b.fake, quick(), func(x *devices.Target) { x.Means = []devices.Means{{Index: 2, Contact: "R2"}} })
	first, second := watching(t, cams[0]), watching(t, cams[1])
	eventually(t, "one subscription", func() bool { return b.count("tev:PullMessages") > 0 })
	loss := func(source string) string {
		return message("tns1:VideoSource/SignalLoss", changed, source, "State=1")
	}
	b.ring(loss("Source=VS3"), loss("Source=VS2"), loss("Source=VS1"), loss(""), loss("Source=9"),
		message("tns1:RuleEngine/TamperDetector/Tamper", changed, "VideoSourceConfigurationToken=VSC2 Rule=r", "State=1"),
		message("tns1:Device/Trigger/Relay", changed, "RelayToken=R1", "LogicalState=active"),
		message("tns1:Device/Trigger/Relay", changed, "RelayToken=R2", "LogicalState=active"),
		message("tns1:Device/Trigger/DigitalInput", changed, "InputToken=I1", "LogicalState=true"))
	gather := func(w *watcher, n int) (out []string) {
		for range n {
			e := w.next()
			out = append(out, string(e.Kind)+" "+e.Source)
		}
		return out
	}
	if got := gather(first, 6); !slices.Equal(got, []string{"loss VS1", "loss ", "loss 9", "contact R1", "contact R2", "input I1"}) {
		t.Errorf("the first lens has %q", got)
	}
	if got := gather(second, 3); !slices.Equal(got, []string{"loss VS2", "tamper VSC2", "contact R2"}) {
		t.Errorf("the second lens has %q", got)
	}
	// Who comes later is told what holds, and all share one subscription.
	third := watching(t, cams[2])
	if got := third.next(); got.Source != "VS3" || !got.Initial || got.On != devices.Of(true) {
		t.Errorf("the third lens has %+v", got)
	}
	if err := first.stop(); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	b.ring(loss("Source=VS2"))
	if got := second.next(); got.Source != "VS2" {
		t.Errorf("after the first has left: %+v", got)
	}
	if n := b.count("tev:CreatePullPointSubscription"); n != 1 || len(b.requests("Unsubscribe")) != 0 {
		t.Errorf("%d subscriptions", n)
	}
	if err := cams[1].Close(); err != nil {
		t.Fatal(err)
	}
	if err := second.wait(); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("closed: %v", err)
	}
	b.lose()
	if err := third.wait(); !strings.Contains(err.Error(), "lost") {
		t.Errorf("lost: %v", err)
	}
	again := watching(t, cams[0])
	b.ring(loss("Source=VS1"))
	again.next()
	if err := again.stop(); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestSlowReader(t *testing.T) {
	b := newBell(t)
	cam := openLenses(t, b.fake, quick())[0]
	block, end := make(chan struct{}), make(chan error, 1)
	go func() { end <- cam.Watch(t.Context(), func(devices.Event) { <-block }) }()
	var many []string
	for i := range maxQueued + 10 {
		many = append(many, message("tns1:Device/Trigger/Relay", changed, "RelayToken=R1", fmt.Sprintf("LogicalState=%d", i%2)))
	}
	b.ring(many...)
	eventually(t, "the end of the subscription's work", func() bool { return b.count("tev:PullMessages") > 2 })
	close(block)
	if err := <-end; !errors.Is(err, devices.ErrOutOfBounds) {
		t.Errorf("got %v", err)
	}
}

const set = `<tev:GetEventPropertiesResponse><wsnt:FixedTopicSet>true</wsnt:FixedTopicSet><wstop:TopicSet xmlns:wstop="http://docs.oasis-open.org/wsn/t-1" xmlns:tnsx="urn:maker">
<tns1:VideoSource><MotionAlarm wstop:topic="true"><tt:MessageDescription IsProperty="true"><tt:Source><tt:SimpleItemDescription Name="x" Type="y"/></tt:Source></tt:MessageDescription></MotionAlarm>
<ImageTooDark><ImagingService wstop:topic="true"/><AnalyticsService wstop:topic="1"/></ImageTooDark><tns1:SignalLoss wstop:topic="true"/></tns1:VideoSource>
<tns1:Device><Trigger><Relay wstop:topic="true"><tt:MessageDescription/></Relay></Trigger><tnsx:Case><tnsx:Tampering><tt:MessageDescription/></tnsx:Tampering></tnsx:Case></tns1:Device>
<tns1:AccessControl><AccessGranted wstop:topic="true"><Credential/></AccessGranted></tns1:AccessControl>
</wstop:TopicSet><wsnt:TopicExpressionDialect>http://docs.oasis-open.org/wsn/t-1/TopicExpression/Concrete</wsnt:TopicExpressionDialect>
<wsnt:TopicExpressionDialect> ` + concretely + ` </wsnt:TopicExpressionDialect></tev:GetEventPropertiesResponse>`

func TestTopics(t *testing.T) {
	b := newBell(t)
	b.answer["tev:GetEventProperties"] = sendBody(set)
	o := observed(t, b.fake)
	if got, ok := o.Topics.Get(); !ok || !slices.Equal(got, []string{
		"AccessControl/AccessGranted", "AccessControl/AccessGranted/Credential", "Device/Case/Tampering", "Device/Trigger/Relay",
		"VideoSource/ImageTooDark/AnalyticsService", "VideoSource/ImageTooDark/ImagingService", "VideoSource/MotionAlarm", "VideoSource/SignalLoss",
	}) {
		t.Errorf("got %v", o.Topics)
	}
	delete(b.answer, "tev:GetEventProperties")
	if o := observed(t, b.fake); !o.Topics.IsNotSupported() {
		t.Errorf("not known: %v", o.Topics)
	}
	b.answer["tev:GetEventProperties"] = sendBody(`<tev:GetEventPropertiesResponse><TopicSet>` + strings.Repeat("<a/>", maxTopics+1) + `</TopicSet></tev:GetEventPropertiesResponse>`)
	if o := observed(t, b.fake); !strings.Contains(o.Topics.Why(), "limit") {
		t.Errorf("too many: %v", o.Topics.Why())
	}
	if o := observed(t, newFake(t)); !o.Topics.IsNotSupported() || !o.AccessPoints.IsNotSupported() || !o.CardFormats.IsNotSupported() {
		t.Errorf("no service: %v, %v, %v", o.Topics, o.AccessPoints, o.CardFormats)
	}
}

func TestFilter(t *testing.T) {
	const want = "tns1:Device//.|tns1:Device/Trigger/Relay|tns1:VideoSource/ImageTooDark//.|tns1:VideoSource/SignalLoss//."
	b := newBell(t)
	b.answer["tev:GetEventProperties"] = sendBody(set)
	w := watching(t, openLenses(t, b.fake, quick())[0])
	b.ring(message("tns1:VideoSource/MotionAlarm", changed, "Source=VS1", "State=1"), message("tns1:VideoSource/SignalLoss", changed, "Source=VS1", "State=1"))
	if got := w.next(); got.Kind != devices.EventLoss {
		t.Errorf("got %+v", got)
	}
	if err := w.stop(); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if got := b.requests("CreatePullPoint"); len(got) != 1 || !strings.Contains(got[0], `<wsnt:TopicExpression Dialect="`+concretely+`">`+want+`<`) ||
		!strings.Contains(got[0], `xmlns:tns1="`+nsTopics+`"`) || !strings.Contains(got[0], `<tev:InitialTerminationTime>PT1M<`) {
		t.Errorf("subscribed by %q", got)
	}

	t.Run("refused", func(t *testing.T) {
		b := newBell(t)
		b.answer["tev:GetEventProperties"] = sendBody(set)
		usual := b.answer["tev:CreatePullPointSubscription"]
		b.answer["tev:CreatePullPointSubscription"] = func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if strings.Contains(string(body), "Filter") || strings.Contains(string(body), "InitialTerminationTime") {
				sendFault(http.StatusBadRequest, "Sender", "InvalidArgVal")(w, r)
				return
			}
			r.Body = io.NopCloser(strings.NewReader(string(body)))
			usual(w, r)
		}
		w := watching(t, openLenses(t, b.fake, quick())[0])
		b.ring(message("tns1:VideoSource/SignalLoss", changed, "Source=VS1", "State=1"))
		w.next()
		if n := b.count("tev:CreatePullPointSubscription"); n != 3 {
			t.Errorf("asked %d times", n)
		}
		if err := w.stop(); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	t.Run("deaf", func(t *testing.T) {
		b := newBell(t)
		b.answer["tev:GetEventProperties"] = sendBody(set)
		w := watching(t, openLenses(t, b.fake, quick())[0])
		eventually(t, "without a filter", func() bool { return len(b.requests("CreatePullPoint")) == 2 })
		if len(b.requests("SetSynchronizationPoint")) != 1 || len(b.requests("Unsubscribe")) != 1 || strings.Contains(b.requests("CreatePullPoint")[1], "Filter") {
			t.Errorf("asked %q", b.requests(""))
		}
		b.ring(message("tns1:VideoSource/SignalLoss", changed, "Source=VS1", "State=1"))
		w.next()
		if err := w.stop(); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}
