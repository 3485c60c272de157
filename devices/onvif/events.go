package onvif

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/use-go/onvif/media"
)

const (
	maxQueued = 256 // events that wait for one camera
	maxStates = 512 // that are remembered of a device
)

var (
	errClosed = errors.New("the camera was closed")
	errSlow   = fmt.Errorf("%w: %d events wait to be taken", devices.ErrOutOfBounds, maxQueued)
	// errDeaf is a subscription with a filter that nothing came through.
	errDeaf = errors.New("nothing comes through the filter")
)

// Watch reports tampering, a lost picture, contacts and inputs by a pull point
// (ONVIF Core §9.1). All cameras of a device share one subscription: devices
// have few places for them. A camera reports what is told of its lens and of
// the contact that covers it; the first lens also reports what is told of no
// lens, or of one that nobody knows, and all other contacts and inputs. Every
// other event is dropped where it is read.
//
// It ends when ctx does, when the camera is closed, and when the subscription
// is lost or refused; ErrUnsupported means that the device has no events, or
// no pull points.
func (cam *camera) Watch(ctx context.Context, event func(devices.Event)) error {
	const op = "watch for events"
	if _, err := cam.c.service(nsEvents); err != nil {
		return cam.c.fail(op, err)
	}
	e, leave := cam.c.watch.join(ctx, cam)
	defer leave()
	for {
		select {
		case <-ctx.Done():
			return cam.c.fail(op, ctx.Err())
		case x := <-e.queue:
			event(x)
			continue
		default:
		}
		select {
		case <-ctx.Done():
		case x := <-e.queue:
			event(x)
		case <-e.over:
			if len(e.queue) == 0 {
				return cam.c.fail(op, e.why)
			}
		}
	}
}

// watch is what a client knows of its device's events.
type watch struct {
	mu     sync.Mutex
	pump   *pump // under way; nil if nobody watches
	before chan struct{}
}

// pump pulls the events of one device for all cameras that watch.
type pump struct {
	c      *client
	cancel context.CancelFunc
	after  <-chan struct{} // the one before has ended
	done   chan struct{}

	// Guarded by watch.mu.
	ears   []*hearer
	states map[string]word // last told of each topic and source
	order  []string        // of states, oldest first

	lenses map[string]string // source by its own token and by those of its configurations
	how    polls
	trials int
}

// word is an event and the lens that it is of; empty if that is not known.
type word struct {
	devices.Event

	lens string
}

// hearer is one camera that watches.
type hearer struct {
	cam   *camera
	queue chan devices.Event
	over  chan struct{} // closed with why set
	why   error
	ended bool // guarded by watch.mu
}

func (e *hearer) hears(t word) bool {
	switch t.Kind {
	case devices.EventContact, devices.EventInput:
		return e.cam.first || t.Kind == devices.EventContact && t.Source != "" && t.Source == e.cam.means.Contact
	default:
		return t.lens == e.cam.info.Source || t.lens == "" && e.cam.first
	}
}

// end lets the camera's Watch return. The caller holds watch.mu.
func (e *hearer) end(why error) {
	if !e.ended {
		e.ended, e.why = true, why
		close(e.over)
	}
}

// tell hands an event over. The caller holds watch.mu.
func (e *hearer) tell(t word) {
	if e.ended || !e.hears(t) {
		return
	}
	select {
	case e.queue <- t.Event:
	default:
		e.end(errSlow)
	}
}

// join makes a camera hear the device's events; leave, which must be called,
// ends the subscription with the last of them. A camera that comes later is
// told the states that the others know.
func (w *watch) join(ctx context.Context, cam *camera) (e *hearer, leave func()) {
	e = &hearer{cam: cam, queue: make(chan devices.Event, maxQueued), over: make(chan struct{})}
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.pump
	if p == nil {
		p = &pump{c: cam.c, after: w.before, done: make(chan struct{}), states: map[string]word{}}
		w.pump, w.before = p, p.done
		// The pump outlives the camera that came first.
		own, cancel := context.WithCancel(context.WithoutCancel(ctx))
		p.cancel = cancel
		go p.run(own)
	}
	for _, key := range p.order {
		t := p.states[key]
		t.Initial = true
		e.tell(t)
	}
	p.ears = append(p.ears, e)
	return e, func() {
		w.mu.Lock()
		e.end(errClosed)
		p.ears = slices.DeleteFunc(p.ears, func(o *hearer) bool { return o == e })
		last := len(p.ears) == 0
		if last && w.pump == p {
			w.pump = nil
		}
		w.mu.Unlock()
		if last {
			p.cancel()
			<-p.done
		}
	}
}

// close ends what a camera watches.
func (w *watch) close(cam *camera) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.pump == nil {
		return
	}
	for _, e := range w.pump.ears {
		if e.cam == cam {
			e.end(errClosed)
		}
	}
}

// run pulls until nobody listens or the subscription is lost.
func (p *pump) run(ctx context.Context) {
	defer close(p.done)
	defer p.cancel()
	if p.after != nil {
		<-p.after
	}
	err := p.follow(ctx)
	w := &p.c.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.pump == p {
		w.pump = nil
	}
	for _, e := range p.ears {
		e.end(err)
	}
}

func (p *pump) follow(ctx context.Context) error {
	if err := p.learnLenses(ctx); err != nil {
		return err
	}
	topics := ""
	if props, err := p.c.eventProperties(ctx); err == nil {
		topics = props.expression()
	} else if fatal(err) && !errors.Is(err, devices.ErrLogin) {
		return err
	}
	for {
		s, err := p.c.subscribe(ctx, topics)
		if err != nil {
			return err
		}
		err = p.pull(ctx, s)
		if !errors.Is(err, devices.ErrUnreachable) {
			s.end(ctx)
		}
		if !errors.Is(err, errDeaf) {
			return err
		}
		topics = "" // and hear what there is
	}
}

// learnLenses asks which lens a message's token means.
func (p *pump) learnLenses(ctx context.Context) error {
	p.lenses = map[string]string{}
	if p.c.lenses <= 1 {
		return nil
	}
	sources, err := p.c.sources(ctx)
	if fatal(err) {
		return err
	}
	var two, one videoSourceConfigurations
	if err := p.c.callService(ctx, nsMedia2, getVideoSourceConfigurations2{}, &two); fatal(err) {
		return err
	}
	if err := p.c.callService(ctx, nsMedia, media.GetVideoSourceConfigurations{}, &one); fatal(err) {
		return err
	}
	for _, s := range append(two.Configurations, one.Configurations...) {
		p.lenses[s.Token] = s.SourceToken
	}
	for _, s := range sources {
		p.lenses[s.token] = s.token // a source's own name counts first
	}
	return nil
}

// pull takes messages from a subscription until it is lost.
func (p *pump) pull(ctx context.Context, s *subscription) error {
	pause := p.c.o.pause()
	since, heard, asked := time.Now(), false, false
	for {
		if err := s.renew(ctx); err != nil {
			return err
		}
		began := time.Now()
		list, err := p.once(ctx, s)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("the event subscription is lost: %w", err)
		}
		heard = heard || len(list.kept) > 0
		for _, n := range list.kept {
			p.tell(n)
		}
		if !heard && time.Since(since) >= p.c.o.trialPoll() {
			switch {
			case !asked:
				if err := s.synchronise(ctx); err != nil {
					return err
				}
				since, asked = time.Now(), true
			case s.filtered:
				return errDeaf
			default:
				heard = true // as far as it goes
			}
		}
		wait := pause
		switch {
		case list.seen >= pullLimit:
			wait = pause / 40 // there is more
		case p.how == pollShort:
		case list.seen > 0:
			wait = pause / 10
		case time.Since(began) >= pause:
			wait = 0
		}
		if !s.fixed {
			wait = min(wait, max(time.Until(s.renewAt), 0))
		}
		if err := rest(ctx, wait); err != nil {
			return err
		}
	}
}

// once pulls once. What a device does not do as a long poll it is asked as a
// short one, and from then on if it does that.
func (p *pump) once(ctx context.Context, s *subscription) (list notifications, err error) {
	switch p.how {
	case pollShort:
		return s.pullShort(ctx)
	case pollLong:
		list, err = s.pullLong(ctx, p.c.o.longPoll())
	default:
		list, p.how, err = s.trial(ctx)
		if p.trials++; p.how == pollUnknown && p.trials >= maxTrials {
			p.how = pollShort
		}
	}
	if err == nil || ctx.Err() != nil {
		return list, err
	}
	settled := !errors.Is(err, errNoPass)
	if list, err = s.pullShort(ctx); err == nil && settled {
		p.how = pollShort
	}
	return list, err
}

// tell hands a message to the cameras that it concerns.
func (p *pump) tell(n notification) {
	token := n.token()
	t := word{Event: devices.Event{At: p.c.o.Now(), Kind: n.kind, Topic: n.topic, Source: plain(token, maxToken), On: n.on()}}
	if n.kind == devices.EventTamper || n.kind == devices.EventLoss {
		t.lens = p.lenses[token]
	}
	key := t.Topic + "\x00" + t.Source
	w := &p.c.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	_, had := p.states[key]
	// A message that does not say is of the start the first time, and a change
	// from then on.
	t.Initial = n.operation == "Initialized" || n.operation == "" && !had
	if !had {
		if p.order = append(p.order, key); len(p.order) > maxStates {
			delete(p.states, p.order[0])
			p.order = p.order[1:]
		}
	}
	p.states[key] = t
	for _, e := range p.ears {
		e.tell(t)
	}
}
