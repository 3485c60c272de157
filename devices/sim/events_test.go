package sim

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

const subscribe = `<tev:CreatePullPointSubscription/>`

// subscription of a test: where it is, and how to ask it.
type pullPoint struct {
	*asker
	path   string
	header string // reference parameters to echo
}

func (a *asker) subscribe(body string) *pullPoint {
	a.t.Helper()
	got := a.ok(eventService, body)
	m := regexp.MustCompile(`<wsa5:Address>(?:http://[^/]*)?(/[^<]*)</wsa5:Address>(?:<wsa5:ReferenceParameters>(.*)</wsa5:ReferenceParameters>)?`).FindStringSubmatch(got)
	if m == nil {
		a.t.Fatalf("no address in %s", got)
	}
	return &pullPoint{a, strings.ReplaceAll(m[1], "&amp;", "&"), m[2]}
}

func (p *pullPoint) pull(timeout string, limit int) string {
	p.t.Helper()
	return p.ok(p.path, fmt.Sprintf(`<tev:PullMessages><tev:Timeout>%s</tev:Timeout><tev:MessageLimit>%d</tev:MessageLimit></tev:PullMessages>`, timeout, limit))
}

// drain takes what is queued at the start.
func (p *pullPoint) drain() string {
	p.t.Helper()
	all := ""
	for {
		got := p.pull("PT0S", 5)
		if !strings.Contains(got, "<wsnt:NotificationMessage>") {
			return all
		}
		if n := strings.Count(got, "<wsnt:NotificationMessage>"); n > 5 {
			p.t.Fatalf("%d messages, and 5 were asked for", n)
		}
		all += got
	}
}

func TestEvents(t *testing.T) {
	d := start(t, Camera{
		Host: "127.0.0.83", Lenses: 2, Outputs: []Output{{Token: "out_1"}}, Inputs: []Input{{Token: "in_1", Active: true}},
		Shutter: Shutter{Output: "out_1", Lens: 2},
	})
	a := ask(t, d)
	p := a.subscribe(subscribe)
	initial := p.drain()
	if n := strings.Count(initial, `PropertyOperation="Initialized"`); n != 14 {
		t.Errorf("%d states at the start, want 6 of each lens and 2 contacts", n)
	}
	for _, want := range []string{
		`<wsnt:Topic Dialect="` + dialectConcreteSet + `">tns1:VideoSource/GlobalSceneChange/ImagingService</wsnt:Topic><wsnt:Message><tt:Message UtcTime="`,
		`<tt:Source><tt:SimpleItem Name="Source" Value="source_2"/></tt:Source><tt:Data><tt:SimpleItem Name="State" Value="false"/></tt:Data>`,
		`<tt:SimpleItem Name="RelayToken" Value="out_1"/></tt:Source><tt:Data><tt:SimpleItem Name="LogicalState" Value="inactive"/>`,
		`<tt:SimpleItem Name="InputToken" Value="in_1"/></tt:Source><tt:Data><tt:SimpleItem Name="LogicalState" Value="true"/>`,
	} {
		if !strings.Contains(initial, want) {
			t.Errorf("no %s", want)
		}
	}

	changed := func(what string, do func() error, want ...string) {
		t.Helper()
		if err := do(); err != nil {
			t.Fatal(err)
		}
		got := p.drain()
		if n := strings.Count(got, `PropertyOperation="Changed"`); n != len(want) || strings.Contains(got, "Initialized") {
			t.Errorf("%s: %d changes, want %d: %s", what, n, len(want), got)
		}
		for _, w := range want {
			topic, rest, _ := strings.Cut(w, " ")
			source, value, _ := strings.Cut(rest, " ")
			re := regexp.MustCompile(topic + `[^<]*</wsnt:Topic><wsnt:Message><tt:Message [^>]*><tt:Source><tt:SimpleItem Name="\w+" Value="` + source +
				`"/></tt:Source><tt:Data><tt:SimpleItem Name="\w+" Value="` + value + `"/>`)
			if !re.MatchString(got) {
				t.Errorf("%s: no %s in %s", what, w, got)
			}
		}
	}
	changed("tape", func() error { return d.Cover(1, CoverTape) }, "GlobalSceneChange source_1 true", "ImageTooDark source_1 true")
	changed("the same again", func() error { return d.Cover(1, CoverTape) })
	changed("infrared", func() error { return d.Cover(1, CoverBright) }, "ImageTooDark source_1 false", "ImageTooBright source_1 true")
	changed("off", func() error { return d.Cover(1, ClearLens) }, "GlobalSceneChange source_1 false", "ImageTooBright source_1 false")
	changed("shutter", func() error { a.ok(deviceService, setState("out_1", "active")); return nil },
		"Relay out_1 active", "GlobalSceneChange source_2 true", "ImageTooDark source_2 true")
	changed("input", func() error { return d.SetInput("in_1", false) }, "DigitalInput in_1 false")
	changed("raised", func() error { return d.Raise(TopicTooBlurry, 2, true) }, "ImageTooBlurry source_2 true")
	changed("motion", func() error { return d.Raise(TopicMotion, 1, true) }, "MotionAlarm source_1 true")
	changed("signal", func() error { return d.Raise(TopicSignalLoss, 1, true) }, "SignalLoss source_1 true")
	changed("hand", func() error { return d.Move(1, 0.1, 0) }, "GlobalSceneChange source_1 true")
	eventually(t, "the scene settles", func() bool {
		return strings.Contains(p.pull("PT1S", 1), `Value="source_1"/></tt:Source><tt:Data><tt:SimpleItem Name="State" Value="false"`)
	})
	if d.Raise("tns1:VideoSource/Fire", 1, true) == nil || d.Raise(TopicMotion, 3, true) == nil || d.SetInput("in_2", true) == nil {
		t.Error("something was raised that the device does not have")
	}

	a.ok(p.path, `<tev:SetSynchronizationPoint/>`)
	if got := p.drain(); strings.Count(got, "Initialized") != 14 || !strings.Contains(got, `Value="active"`) {
		t.Errorf("synchronised: %s", got)
	}
	props := a.ok(eventService, `<tev:GetEventProperties/>`)
	if !strings.Contains(props, `<tns1:VideoSource><GlobalSceneChange><ImagingService wstop:topic="true"><tt:MessageDescription IsProperty="true">`) {
		t.Error(props)
	}
}

func TestLongPoll(t *testing.T) {
	d := start(t, Camera{Host: "127.0.0.84"})
	a := ask(t, d)
	p := a.subscribe(`<tev:CreatePullPointSubscription><tev:Filter><wsnt:TopicExpression Dialect="` + dialectConcreteSet +
		`">tns1:VideoSource/ImageTooDark//.|tns1:VideoSource/MotionAlarm</wsnt:TopicExpression></tev:Filter></tev:CreatePullPointSubscription>`)
	if got := p.drain(); strings.Count(got, "<tt:Message ") != 2 || strings.Contains(got, "GlobalScene") {
		t.Errorf("filtered: %s", got)
	}
	begin := time.Now()
	if got := p.pull("PT0.3S", 1); strings.Contains(got, "<tt:Message ") || time.Since(begin) < 300*time.Millisecond {
		t.Errorf("nothing happened, and after %s came %s", time.Since(begin), got)
	}
	// What happens ends the wait.
	timer := time.AfterFunc(100*time.Millisecond, func() {
		if err := d.Raise(TopicTooBlurry, 1, true); err != nil { // filtered out
			t.Error(err)
		}
		if err := d.Raise(TopicTooDark, 1, true); err != nil {
			t.Error(err)
		}
	})
	defer timer.Stop()
	begin = time.Now()
	if got := p.pull("PT30S", 10); strings.Count(got, "<tt:Message ") != 1 || time.Since(begin) > 20*time.Second {
		t.Errorf("after %s: %s", time.Since(begin), got)
	}
	// One who hangs up loses nothing.
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	longPull := `<e:PullMessages xmlns:e="` + nsTEV + `"><e:Timeout>PT1M</e:Timeout><e:MessageLimit>1</e:MessageLimit></e:PullMessages>`
	first := make(chan error, 1)
	go func() {
		_, _, err := a.raw(ctx, p.path, longPull)
		first <- err
	}()
	eventually(t, "only one pull at a time", func() bool {
		_, got, err := a.raw(t.Context(), p.path, strings.Replace(longPull, "PT1M", "PT0S", 1))
		return err == nil && strings.Contains(got, "UnableToGetMessagesFault")
	})
	if err := <-first; !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	eventually(t, "the pull was noticed to be gone", func() bool {
		d.events.mu.Lock()
		defer d.events.mu.Unlock()
		for _, s := range d.events.subs {
			return !s.pulling
		}
		return false
	})
	if err := d.Raise(TopicMotion, 1, true); err != nil {
		t.Fatal(err)
	}
	if got := p.pull("PT1S", 1); !strings.Contains(got, "MotionAlarm") {
		t.Error(got)
	}
	status, got, err := a.raw(t.Context(), p.path, strings.Replace(longPull, "PT1M", "PT2M", 1))
	if err != nil || status != 500 || !strings.Contains(got, "<tev:MaxTimeout>PT1M</tev:MaxTimeout>") {
		t.Errorf("%d %v %s", status, err, got)
	}
}

func TestSubscriptionsEnd(t *testing.T) {
	d := start(t, Camera{Host: "127.0.0.85", MaxPullPoints: 2})
	a := ask(t, d)
	brief := `<tev:CreatePullPointSubscription><tev:InitialTerminationTime>PT0.3S</tev:InitialTerminationTime></tev:CreatePullPointSubscription>`
	p := a.subscribe(brief)
	until := time.Now().Add(time.Minute).UTC().Format(time.RFC3339)
	a.subscribe(`<tev:CreatePullPointSubscription><tev:InitialTerminationTime>` + until + `</tev:InitialTerminationTime></tev:CreatePullPointSubscription>`)
	_, got, err := a.raw(t.Context(), eventService, `<e:CreatePullPointSubscription xmlns:e="`+nsTEV+`"/>`)
	if err != nil || !strings.Contains(got, "SubscribeCreationFailedFault") {
		t.Errorf("a third one of two: %v %s", err, got)
	}
	eventually(t, "the first one expires", func() bool { return d.Subscriptions() == 1 })
	a.fault(p.path, `<tev:SetSynchronizationPoint/>`, "env:Sender")

	p = a.subscribe(brief)
	if got := a.ok(p.path, `<wsnt:Renew><wsnt:TerminationTime>PT1M</wsnt:TerminationTime></wsnt:Renew>`); !strings.Contains(got, "<wsnt:TerminationTime>") {
		t.Error(got)
	}
	wait(t.Context(), 400*time.Millisecond)
	if n := d.Subscriptions(); n != 2 {
		t.Errorf("renewed, and there are %d", n)
	}
	a.fault(p.path, `<wsnt:Renew><wsnt:TerminationTime>PT2H</wsnt:TerminationTime></wsnt:Renew>`, "env:Receiver")
	a.fault(p.path, `<tev:Renew><tev:TerminationTime>PT1M</tev:TerminationTime></tev:Renew>`, "ter:ActionNotSupported")
	a.ok(p.path, `<wsnt:Unsubscribe/>`)
	a.fault(p.path, `<wsnt:Unsubscribe/>`, "env:Sender")
	if n := d.Subscriptions(); n != 1 {
		t.Errorf("%d left after unsubscribing", n)
	}
	if err := d.Reboot(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if n := d.Subscriptions(); n != 0 {
		t.Errorf("%d survived a power cut", n)
	}
	for _, filter := range []string{
		`<wsnt:TopicExpression Dialect="urn:other">tns1:Device</wsnt:TopicExpression>`,
		`<wsnt:TopicExpression Dialect="` + dialectConcrete + `">nobody:Device</wsnt:TopicExpression>`,
		`<wsnt:TopicExpression Dialect="` + dialectConcrete + `">tns1:Device//</wsnt:TopicExpression>`,
		`<wsnt:TopicExpression Dialect="` + dialectConcrete + `">tns1:Weather/Rain</wsnt:TopicExpression>`,
		`<wsnt:MessageContent Dialect="urn:x">true()</wsnt:MessageContent>`,
		`<tev:TopicExpression/>`,
	} {
		a.fault(eventService, `<tev:CreatePullPointSubscription><tev:Filter>`+filter+`</tev:Filter></tev:CreatePullPointSubscription>`)
	}
	if n := d.Subscriptions(); n != 0 {
		t.Errorf("%d subscriptions out of refusals", n)
	}
}

func TestSubscriptionAddresses(t *testing.T) {
	for i, form := range []SubscriptionAddress{AddressAbsolute, AddressRelative, AddressParameters} {
		t.Run(string(form), func(t *testing.T) {
			d := start(t, Camera{Host: fmt.Sprintf("127.0.0.%d", 86+i), Subscriptions: form})
			a := ask(t, d)
			p := a.subscribe(subscribe)
			if absolute := strings.Contains(a.ok(eventService, subscribe), "<wsa5:Address>http://"+d.Addr()); absolute == (form == AddressRelative) {
				t.Errorf("absolute: %v", absolute)
			}
			if form == AddressParameters {
				a.fault(p.path, `<tev:SetSynchronizationPoint/>`, "env:Sender")
				a.more = p.header
			}
			if got := p.pull("PT0S", 100); !strings.Contains(got, "Initialized") {
				t.Error(got)
			}
		})
	}
}

func TestEventsNone(t *testing.T) {
	d := start(t, Camera{Host: "127.0.0.89"})
	setFault(t, d, FaultEventsNone, true)
	p := ask(t, d).subscribe(subscribe)
	if err := d.Cover(1, CoverTape); err != nil {
		t.Fatal(err)
	}
	if got := p.pull("PT0.1S", 100); strings.Contains(got, "<tt:Message ") {
		t.Error(got)
	}
}

func FuzzTopicFilter(f *testing.F) {
	f.Add("tns1:VideoSource//.|tns1:Device/Trigger/tns1:Relay")
	f.Add("tns1:")
	f.Add("|")
	f.Fuzz(func(t *testing.T, s string) {
		list, ok := parseTopics(&node{text: s, scope: &scope{prefix: "tns1", uri: nsTNS1}})
		for _, x := range list {
			if len(x.path) == 0 || !ok {
				t.Errorf("%q gave %+v, %v", s, list, ok)
			}
			x.matches(TopicMotion)
		}
	})
}

func FuzzDuration(f *testing.F) {
	f.Add("P1DT2H3M4.5S")
	f.Add("-PT0S")
	f.Fuzz(func(t *testing.T, s string) {
		d, err := parseDuration(s)
		if err != nil {
			return
		}
		again, err := parseDuration(formatDuration(d))
		if err != nil || (again-d).Abs() > time.Microsecond {
			t.Errorf("%q is %s, and then %s, %v", s, d, again, err)
		}
	})
}
