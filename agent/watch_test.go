package agent

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lensdop/lensdop/agent/cover"
	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/devices/rtsp"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/wire"
)

// teller is a fake box whose cameras tell events.
type teller struct {
	*fakeBox

	looks atomic.Int32
	began [2]atomic.Int32 // watches, by lens
	ended [2]chan error   // makes a watch return
	say   [2]chan devices.Event
}

func newTeller() *teller {
	b := &teller{fakeBox: newBox()}
	for i := range b.say {
		b.say[i], b.ended[i] = make(chan devices.Event), make(chan error)
	}
	return b
}

func (b *teller) parts() Parts {
	d := b.driver()
	open := d.Open
	d.Open = func(ctx context.Context, t devices.Target) ([]devices.Camera, error) {
		cams, err := open(ctx, t)
		for i := range cams {
			cams[i] = &tellingCam{cams[i], b, i}
		}
		return cams, err
	}
	return Parts{Drivers: []devices.Driver{d}, Eyes: countingEyes{fakeEyes{b.fakeBox}, &b.looks}}
}

type tellingCam struct {
	devices.Camera

	b *teller
	i int
}

func (c *tellingCam) Watch(ctx context.Context, event func(devices.Event)) error {
	c.b.began[c.i].Add(1)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-c.b.ended[c.i]:
			return err
		case e := <-c.b.say[c.i]:
			event(e)
		}
	}
}

type countingEyes struct {
	cover.Eyes

	n *atomic.Int32
}

func (e countingEyes) Look(ctx context.Context, t rtsp.Target, o rtsp.Options, see func(devices.Luma)) (devices.Stream, error) {
	e.n.Add(1)
	return e.Eyes.Look(ctx, t, o, see)
}

// telling starts an agent that looks only when it has a reason to.
func telling(t *testing.T, b *teller, ds ...policy.Decision) *gateway {
	t.Helper()
	c := config(t.TempDir(), 1)
	c.Every.Check, c.Every.Sample = Duration(time.Hour), Duration(time.Hour)
	g := newGateway(t, c, b.parts())
	t.Cleanup(func() { g.close(t) })
	g.take(t, document(1, deciding(t, signer(1), ds...)))
	g.start(t)
	eventually(t, "both lenses obey and are watched", func() bool {
		return g.camera(hallNoord).Obeys && g.camera(hallZuid).Obeys && b.began[0].Load() > 0 && b.began[1].Load() > 0
	})
	return g
}

// later lets the keeper's last work be older than what is taken for its effect.
func (g *gateway) later(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, k := range g.keepers {
		if k.changed = k.changed.Add(-d); !k.wrote.IsZero() {
			k.wrote = k.wrote.Add(-d)
		}
	}
}

func (g *gateway) alarms(t *testing.T) (all []wire.Alarm) {
	t.Helper()
	for _, e := range g.events(t) {
		if e.Type != wire.EventAlarm {
			continue
		}
		var a wire.Alarm
		if err := json.Unmarshal(e.Data, &a); err != nil {
			t.Fatal(err)
		}
		if e.Subject != a.Camera {
			t.Errorf("the subject is %s and the camera %s", e.Subject, a.Camera)
		}
		all = append(all, a)
	}
	return all
}

func blurred(on bool) devices.Event {
	return devices.Event{Kind: devices.EventTamper, Topic: "VideoSource/ImageTooBlurry/ImagingService", Source: "VS", On: devices.Of(on)}
}

// lit is what a lamp makes a camera say.
func lit(topic string, on bool) devices.Event {
	return devices.Event{Kind: devices.EventTamper, Topic: topic, Source: "VS", On: devices.Of(on)}
}

func changedScene(on bool) devices.Event {
	return devices.Event{Kind: devices.EventTamper, Topic: "VideoSource/GlobalSceneChange", Source: "VS", On: devices.Of(on)}
}

func TestAlarmIsToldAndLookedAt(t *testing.T) {
	b := newTeller()
	g := telling(t, b)
	g.later(time.Hour)
	quiet := b.looks.Load()
	eventually(t, "no more looks", func() bool {
		was := quiet
		time.Sleep(100 * time.Millisecond)
		quiet = b.looks.Load()
		return was == quiet
	})
	b.say[0] <- devices.Event{Kind: devices.EventContact, Topic: "Device/Trigger/Relay", Source: "R1", On: devices.Of(true)}
	b.say[0] <- blurred(true)
	eventually(t, "a look", func() bool { return b.looks.Load() > quiet })
	eventually(t, "told", func() bool { return len(g.alarms(t)) == 1 })
	want := wire.Alarm{Camera: hallNoord, Site: "de-polder", Kind: "tamper", Topic: "VideoSource/ImageTooBlurry/ImagingService", State: wire.AlarmOn}
	if got := g.alarms(t)[0]; got != want {
		t.Errorf("told %+v", got)
	}
	b.say[0] <- blurred(true) // again
	b.say[0] <- blurred(false)
	eventually(t, "two", func() bool { return len(g.alarms(t)) == 2 }) // cameras tell at the same time
	b.say[1] <- devices.Event{Kind: devices.EventLoss, Topic: "VideoSource/SignalLoss", On: devices.Unreadable[bool](errors.New("?"))}
	eventually(t, "three", func() bool { return len(g.alarms(t)) >= 3 })
	if got := g.alarms(t); len(got) != 3 || got[1].State != wire.AlarmOff || got[2].Camera != hallZuid || got[2].State != wire.AlarmUnknown {
		t.Errorf("told %+v", got)
	}
}

// Whoever reads over months when the light of an office goes on and off knows
// when its people come and go.
func TestLightIsLookedAtAndNotTold(t *testing.T) {
	b := newTeller()
	g := telling(t, b)
	g.later(time.Hour)
	for _, topic := range []string{"VideoSource/ImageTooDark/ImagingService", "videosource/imagetoodark", "VideoSource/ImageTooBright/AnalyticsService"} {
		quiet := b.looks.Load()
		b.say[0] <- lit(topic, true)
		eventually(t, "a look at "+topic, func() bool { return b.looks.Load() > quiet })
		b.say[0] <- lit(topic, false)
	}
	b.say[0] <- changedScene(true) // is told, after all that
	eventually(t, "told", func() bool { return len(g.alarms(t)) > 0 })
	if got := g.alarms(t); len(got) != 1 || got[0].Topic != "VideoSource/GlobalSceneChange" {
		t.Errorf("told %+v", got)
	}
	if log := strings.ToLower(g.out.String()); strings.Contains(log, "imagetoo") {
		t.Errorf("the light is logged:\n%s", log)
	}
}

func TestOwnWorkIsNoAlarm(t *testing.T) {
	b := newTeller()
	g := telling(t, b, oneOff("works", time.Now()))
	b.say[0] <- changedScene(true) // our cover
	b.say[0] <- changedScene(false)
	g.later(time.Hour)
	initial := changedScene(true)
	initial.Initial = true
	b.say[0] <- initial // while the whole picture is covered
	b.say[0] <- changedScene(false)
	b.say[0] <- devices.Event{Kind: devices.EventTamper, Topic: "Device/Casing/Tampering", On: devices.Of(false), Initial: true}
	// A cover that is put back is our work too, though nothing new is ordered.
	b.set(func() { b.masks[0] = b.masks[0][:1] })
	g.kickAll()
	eventually(t, "covered again", func() bool { return b.covered(0) && g.camera(hallNoord).Obeys })
	b.say[0] <- changedScene(true)
	b.say[0] <- changedScene(false)
	if got := g.alarms(t); len(got) != 0 {
		t.Errorf("our own work is told: %+v", got)
	}
	g.later(time.Hour)
	b.say[0] <- changedScene(true) // somebody else
	eventually(t, "told", func() bool { return len(g.alarms(t)) == 1 })
	if got := g.alarms(t)[0]; got.State != wire.AlarmOn || got.Topic != "VideoSource/GlobalSceneChange" {
		t.Errorf("told %+v", got)
	}
	// What our cover cannot cause is told whenever it comes.
	g.later(-time.Hour)
	b.say[0] <- devices.Event{Kind: devices.EventTamper, Topic: "Device/Casing/Tampering", On: devices.Of(true)}
	eventually(t, "told", func() bool { return len(g.alarms(t)) == 2 })
}

func TestWatchIsTriedAgain(t *testing.T) {
	b := newTeller()
	telling(t, b)
	b.ended[0] <- &devices.Error{Op: "watch for events", Err: errors.New("the subscription is lost")}
	eventually(t, "watched again", func() bool { return b.began[0].Load() == 2 })
	b.ended[0] <- &devices.Error{Op: "watch for events", Err: devices.ErrUnsupported}
	b.ended[1] <- &devices.Error{Op: "watch for events", Err: devices.ErrLogin}
	time.Sleep(500 * time.Millisecond) // ten times every.retry
	if n, m := b.began[0].Load(), b.began[1].Load(); n != 2 || m != 1 {
		t.Errorf("watched %d and %d times", n, m)
	}
}

func TestWatchAnewAfterLogin(t *testing.T) {
	b := newTeller()
	g := telling(t, b)
	b.ended[0] <- devices.ErrUnsupported
	g.mu.Lock()
	var all []*box
	for _, x := range g.boxes {
		all = append(all, x)
	}
	g.mu.Unlock()
	for _, x := range all {
		x.asks.Lock()
		x.logout()
		x.asks.Unlock()
	}
	g.kickAll()
	eventually(t, "both are watched again", func() bool { return b.began[0].Load() == 2 && b.began[1].Load() == 2 })
}

func TestAlarmsAreBounded(t *testing.T) {
	b := newTeller()
	g := telling(t, b)
	g.later(time.Hour)
	for i := range 2 * maxAlarms {
		b.say[0] <- blurred(i%2 == 0)
	}
	b.say[1] <- blurred(true)
	eventually(t, "the other camera's", func() bool {
		for _, a := range g.alarms(t) {
			if a.Camera == hallZuid {
				return true
			}
		}
		return false
	})
	if n := count(g.events(t), wire.EventAlarm, hallNoord); n != maxAlarms {
		t.Errorf("%d events of one camera", n)
	}
	if !strings.Contains(g.out.String(), "more than is passed on") {
		t.Error("that some are left out is not logged")
	}
}

func TestNews(t *testing.T) {
	al := newAlarms()
	var once sync.Once
	now := noon()
	for i := range 3 * maxTopics {
		e := blurred(true)
		e.Source = strings.Repeat("x", i)
		if !al.news(e, wire.AlarmOn, false, now) {
			once.Do(func() {
				if i != maxTopics {
					t.Errorf("full after %d", i)
				}
			})
		}
	}
	if len(al.last) != maxTopics {
		t.Errorf("%d topics are remembered", len(al.last))
	}
	al = newAlarms()
	e := blurred(true)
	if !al.news(e, wire.AlarmOn, false, now) || al.news(e, wire.AlarmOn, false, now.Add(time.Second)) || !al.news(e, wire.AlarmOn, false, now.Add(time.Hour)) {
		t.Error("the same again is told after a while, and not before")
	}
	e.Initial = true
	if al.news(e, wire.AlarmOn, false, now.Add(2*time.Hour)) {
		t.Error("a state that was told is told again with each subscription")
	}
}
