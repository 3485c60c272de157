package agent

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/lensdop/lensdop/agent/cover"
	"github.com/lensdop/lensdop/agent/state"
	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy/wire"
)

// Limits of what cameras tell unasked.
const (
	// ownWork is how long after a write or a change of what is ordered a
	// changed scene is taken for its effect.
	ownWork = 10 * time.Second
	// maxWatchPause bounds the pause before a watch that failed is tried again.
	maxWatchPause = 10 * time.Minute
	// maxAlarms is how many a camera tells the server in an hour. More wake its
	// keeper and are not told one by one.
	maxAlarms = 60
	maxTopics = 256 // of a camera, of which the last state is known
	sameAlarm = time.Minute
)

// alarms is what a camera has told so far. One watch at a time uses it.
type alarms struct {
	last  map[string]string    // on, off or unknown, by topic and source
	own   map[string]bool      // that are on by our own doing
	told  map[string]time.Time // when last
	hour  time.Time            // of count
	count int
}

// watched is one camera that is listened to, or was.
type watched struct {
	alarms

	cam    devices.Camera
	cancel context.CancelFunc
	done   chan struct{} // closed when Watch has returned; guards err
	err    error
	began  time.Time
	pause  time.Duration
	again  time.Time // not before
}

// watchLoop listens to every registered camera that is up. What it does not
// hear is found out anyway, at the next look: nothing here proves anything.
func (a *Agent) watchLoop(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	all := map[string]*watched{}
	tick := time.NewTicker(time.Duration(a.cfg.Every.Retry))
	defer tick.Stop()
	for {
		a.mu.Lock()
		keepers := maps.Clone(a.keepers)
		a.mu.Unlock()
		for id, w := range all {
			if keepers[id] == nil {
				w.cancel()
				delete(all, id)
			}
		}
		for id, k := range keepers {
			b, cam, sure := a.watchable(ctx, id)
			if !sure {
				continue
			}
			w := all[id]
			if w == nil {
				w = &watched{alarms: newAlarms(), cancel: func() {}}
				all[id] = w
			}
			if !a.watchAnew(ctx, id, w, cam) {
				continue
			}
			own, cancel := context.WithCancel(ctx)
			w.cam, w.cancel, w.done, w.began = cam, cancel, make(chan struct{}), time.Now()
			wg.Go(func() {
				defer close(w.done)
				defer cancel()
				w.err = cam.Watch(own, func(e devices.Event) { a.cameraTold(own, k, b, &w.alarms, e) })
			})
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// watchable returns a registered camera that is logged in to; nil if it is
// not. It is not sure while the device is being asked.
func (a *Agent) watchable(ctx context.Context, id string) (b *box, cam devices.Camera, sure bool) {
	p := a.inForce().policy.Protocol
	if p == nil {
		return nil, nil, false
	}
	c, ok := p.Camera(id)
	if !ok || c.Site != a.cfg.Site {
		return nil, nil, true
	}
	if b = a.boxOf(c); b == nil {
		return nil, nil, true
	}
	if !b.asks.TryLock() {
		return nil, nil, false
	}
	defer b.asks.Unlock()
	if b.cams == nil {
		return nil, nil, true // logging in is the keeper's
	}
	cam, err := a.open(ctx, b, c)
	if err != nil {
		return nil, nil, true // so is telling why
	}
	return b, cam, true
}

// watchAnew tells whether to begin to watch a camera now.
func (a *Agent) watchAnew(ctx context.Context, id string, w *watched, cam devices.Camera) bool {
	if w.done != nil {
		select {
		case <-w.done:
		default:
			if w.cam != cam {
				w.cancel() // it was logged in to anew, or is gone
			}
			return false
		}
		// It has ended: how long it went well says how soon to try again.
		pause := min(max(2*w.pause, time.Duration(a.cfg.Every.Retry)), maxWatchPause)
		if time.Since(w.began) > maxWatchPause {
			pause = time.Duration(a.cfg.Every.Retry)
		}
		if errors.Is(w.err, devices.ErrLogin) {
			pause = maxWatchPause // nobody locks an account for the sake of events
		}
		w.pause, w.again, w.done = pause, time.Now().Add(pause), nil
		if !errors.Is(w.err, devices.ErrUnsupported) && ctx.Err() == nil {
			a.log.InfoContext(ctx, "the camera tells no more events for now", "camera", id, "again_in", pause, "err", w.err)
		}
	}
	switch {
	case cam == nil:
		return false
	case w.cam != cam:
		w.pause = 0
		return !errors.Is(w.err, devices.ErrLogin) || time.Now().After(w.again)
	default:
		return !errors.Is(w.err, devices.ErrUnsupported) && time.Now().After(w.again)
	}
}

func newAlarms() alarms {
	return alarms{last: map[string]string{}, own: map[string]bool{}, told: map[string]time.Time{}}
}

// cameraTold takes what a camera tells of itself: that somebody is at it, or that
// it sees nothing, makes its keeper look at once, and is told. A scene that
// our own work changed is looked at and not told. Nor is the light: when it
// goes on and off over the days tells when people come and go.
func (a *Agent) cameraTold(ctx context.Context, k *keeper, b *box, al *alarms, e devices.Event) {
	if e.Kind != devices.EventTamper && e.Kind != devices.EventLoss {
		return
	}
	now, _ := a.clock.now()
	is := wire.AlarmUnknown
	if on, known := e.On.Get(); known && on {
		is = wire.AlarmOn
	} else if known {
		is = wire.AlarmOff
	} else if e.Initial {
		return
	}
	if is != wire.AlarmOff {
		// As soon as nobody asks the device: then it is also known whether it
		// was written to just now.
		b.asks.Lock()
		k.note(func() { k.alarm = true })
		b.asks.Unlock()
		k.wake()
	}
	if light(e.Topic) {
		return
	}
	own := false
	if scene(e.Topic) && is != wire.AlarmOff {
		k.note(func() {
			own = (now.Sub(k.wrote).Abs() <= ownWork || now.Sub(k.changed).Abs() <= ownWork) ||
				e.Initial && k.state.Ordered == ordered(devices.Cover{Whole: true})
		})
	}
	if !al.news(e, is, own, now) {
		return
	}
	if al.count == maxAlarms {
		a.log.WarnContext(ctx, "the camera tells more than is passed on", "camera", k.id)
	}
	if al.count > maxAlarms {
		return
	}
	a.log.WarnContext(ctx, "the camera tells of itself", "camera", k.id, "kind", e.Kind, "topic", cut(e.Topic, maxSaid), "state", is)
	err := a.update(ctx, func(t *state.Tx) error {
		return t.Emit(now, wire.EventAlarm, k.id, wire.Alarm{
			Camera: k.id, Site: a.cfg.Site, Kind: string(e.Kind), Topic: cut(e.Topic, maxSaid), State: is, Initial: e.Initial,
		})
	})
	if err != nil && ctx.Err() == nil {
		a.log.ErrorContext(ctx, "what a camera told is not passed on", "camera", k.id, "err", err)
	}
}

// worked notes when the device was written to.
func (k *keeper) worked(d cover.Driven) {
	if d.Wrote || d.Restored {
		now, _ := k.a.clock.now()
		k.note(func() { k.wrote = now })
	}
}

// alarmed tells, once, that the camera told something since the last look.
func (k *keeper) alarmed() (yes bool) {
	k.note(func() { yes, k.alarm = k.alarm, false })
	return yes
}

// scene tells whether our own cover makes a device say so.
func scene(topic string) bool { return ofVideoSource(topic, "GlobalSceneChange", "ImageTooBlurry") }

// light tells whether a lamp makes a device say so.
func light(topic string) bool { return ofVideoSource(topic, "ImageTooDark", "ImageTooBright") }

// ofVideoSource tells whether a topic is one of these below VideoSource,
// whatever service it names behind.
func ofVideoSource(topic string, names ...string) bool {
	first, rest, _ := strings.Cut(topic, "/")
	second, _, _ := strings.Cut(rest, "/")
	return strings.EqualFold(first, "VideoSource") && slices.ContainsFunc(names, func(s string) bool { return strings.EqualFold(s, second) })
}

// news keeps the state of a topic and tells whether the server does not know it.
func (al *alarms) news(e devices.Event, is string, own bool, now time.Time) bool {
	key := e.Topic + "\x00" + e.Source
	before, had := al.last[key]
	if !had {
		if before = wire.AlarmOff; len(al.last) >= maxTopics {
			return false
		}
	}
	switch {
	case is == wire.AlarmOff:
		delete(al.own, key)
	case own || al.own[key] && e.Initial:
		al.own[key] = true
		return false // and its end is no news either
	}
	if is == before && (is == wire.AlarmOff || e.Initial || now.Sub(al.told[key]).Abs() < sameAlarm) {
		return false
	}
	if now.Sub(al.hour).Abs() >= time.Hour {
		al.hour, al.count = now, 0
	}
	al.count++
	al.last[key], al.told[key] = is, now
	return true
}
