package agent

import (
	"context"
	"errors"
	"maps"
	"strings"
	"time"

	"github.com/lensdop/lensdop/agent/cover"
	"github.com/lensdop/lensdop/agent/state"
	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/wire"
)

// Reach of a camera, as the wire names it.
const (
	reachMissing     = "missing"     // no answer to any search
	reachUnreachable = "unreachable" // found, does not answer
	reachNoLogin     = "no-login"    // answers, refuses the login
	reachUp          = "up"
)

// Frames per look: one key frame is enough to see a flat picture, and a check
// has time for more.
const (
	sampleFrames = 1
	checkFrames  = 3
	lookLimit    = 15 * time.Second
	// readBack is how often the device's masks are read, also between looks:
	// what a device forgets by itself is seen and put back within it.
	readBack = 20 * time.Second
	// askLimit is how long one camera may keep its box to itself: a device that
	// stalls must not keep the other lenses from being asked.
	askLimit = time.Minute
)

// keeper keeps one registered camera as the policy orders it.
type keeper struct {
	a    *Agent
	id   string
	kick chan struct{}

	// ordered is the cover in force, as persisted; only run's goroutine touches it.
	ordered devices.Cover
	since   time.Time
	looked  time.Time
	again   bool // look again soon
	asked   time.Time
	told    string        // kind of trouble that was last told
	last    policy.Camera // as last registered, to undo our work once it is not
	astray  bool          // where a camera that turns looks was not known at the last look

	views    map[string]memory  // what was last seen at each registered view
	channels map[string]channel // by recorder and source

	// Guarded by Agent.mu.
	changed  time.Time // when what is ordered last changed
	released time.Time // when the last whole-picture cover ended; zero if none is known
	state    wire.CameraState
	info     devices.Value[devices.Info]
	obs      devices.Value[devices.Observation]
	seenBy   devices.Value[bool]
	sights   map[string]cover.Sight
	view     string    // at which the sights were seen; empty if that is not known, or without views
	trouble  error     // of the last pass
	wrote    time.Time // when the device was last written to; zero if not in this run
	alarm    bool      // the camera told something that is to be looked at
}

func (k *keeper) wake() {
	select {
	case k.kick <- struct{}{}:
	default:
	}
}

// run keeps the camera until ctx ends, or until it left the register and
// nothing of ours is left on it.
func (k *keeper) run(ctx context.Context) {
	for {
		wait := k.pass(ctx)
		if wait < 0 {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-k.kick:
		case <-time.After(wait):
		}
	}
}

// pass makes the camera match what is ordered, once, looks at it if that is
// due, and returns when to come again; less than zero means never.
func (k *keeper) pass(ctx context.Context) time.Duration {
	o := k.a.inForce()
	retry := time.Duration(k.a.cfg.Every.Retry)
	if o.policy.Protocol == nil {
		return retry
	}
	c, ok := o.policy.Protocol.Camera(k.id)
	if !ok || c.Site != k.a.cfg.Site {
		return k.leave(ctx, o)
	}
	k.last = c
	t := k.a.clock.instant()
	now, want := t.now, o.want(k.id, t, k.ordered)
	if err := k.order(ctx, o, want, now); err != nil {
		k.a.log.ErrorContext(ctx, "what is ordered cannot be kept", "camera", k.id, "err", err)
		return retry
	}
	err := k.make(ctx, o, c, want, now)
	if ctx.Err() != nil {
		return retry
	}
	k.settle(ctx, o, c, want, err)
	return k.next(o, c, want, now, err)
}

// order persists a change of what is ordered together with the event that tells it.
func (k *keeper) order(ctx context.Context, o *orders, want devices.Cover, now time.Time) error {
	if want.Equal(k.ordered) && !k.since.IsZero() {
		return nil
	}
	st := wire.CameraState{Camera: k.id, Site: k.a.cfg.Site, At: now, Ordered: ordered(want), Since: now, Shown: map[string]string{}}
	for _, d := range o.policy.DecisionsAt(k.id, now.Add(lead)) {
		st.Decisions = append(st.Decisions, d.ID)
	}
	if err := k.a.update(ctx, func(t *state.Tx) error {
		if err := t.SetCover(k.id, state.Ordered{Cover: want, Since: now}); err != nil {
			return err
		}
		if k.ordered.Whole && !want.Whole {
			if err := t.SetReleased(k.id, now); err != nil {
				return err
			}
		}
		return t.Emit(now, wire.EventOrdered, k.id, st)
	}); err != nil {
		return err
	}
	released := k.ordered.Whole && !want.Whole
	k.ordered, k.since, k.looked, k.views = want, now, time.Time{}, nil
	k.note(func() {
		k.changed = now
		if released {
			k.released = now
		}
		// What was seen before says nothing of what is ordered now.
		sights := map[string]cover.Sight{}
		for id, s := range k.sights {
			sights[id] = s.Outdated()
		}
		k.sights = sights
	})
	k.a.log.InfoContext(ctx, "cover ordered", "camera", k.id, "ordered", st.Ordered)
	return nil
}

func ordered(c devices.Cover) string {
	switch {
	case c.Whole:
		return "whole"
	case len(c.Zones) > 0:
		return "zones"
	default:
		return "nothing"
	}
}

// make drives the device and looks at its paths.
func (k *keeper) make(ctx context.Context, o *orders, c policy.Camera, want devices.Cover, now time.Time) error {
	b := k.a.boxOf(c)
	if b == nil {
		return k.missing()
	}
	driven, err := k.drive(ctx, o, b, c, want, now)
	if err != nil {
		return err
	}
	if driven.Restored {
		if err := k.tell(ctx, wire.EventRestored, now); err != nil {
			return err
		}
	}
	if k.alarmed() || driven.Wrote || driven.Lost || driven.Restored || now.Sub(k.looked) >= k.interval(c, want) || !k.obeys() && !k.astray {
		k.again = k.look(ctx, o, b, c, want)
		k.looked, _ = k.a.clock.now()
		if k.again {
			k.looked = time.Time{} // what was learned is compared with at once
		}
	}
	if len(driven.Trouble) > 0 {
		return errors.New(strings.Join(driven.Trouble, "; "))
	}
	return nil
}

// exposed tells that the device had lost its cover: from the last good look on
// nothing is shown, though it may be put back in a moment.
func (k *keeper) exposed(t *state.Tx, now time.Time) error {
	k.a.mu.Lock()
	k.state.Camera, k.state.Site, k.state.Ordered = k.id, k.a.cfg.Site, ordered(k.ordered)
	k.state.At, k.state.Obeys, k.state.Lost = now, false, k.ordered.Whole
	if k.state.Since = lastLook(k.sights); k.state.Since.IsZero() {
		k.state.Since = now // nobody has looked since the agent started
	}
	k.state.Shown = map[string]string{policy.PartPicture: cover.Open, policy.PartSound: cover.Unproven}
	k.state.Trouble = "the camera had lost its cover; it is put back. Nothing is proven since the last look"
	st := k.state
	k.a.mu.Unlock()
	k.a.log.Warn("the camera had lost its cover", "camera", k.id)
	k.a.touch()
	return t.Emit(now, wire.EventShown, k.id, st)
}

// missing notes that no search found the camera.
func (k *keeper) missing() error {
	k.note(func() { k.state.Reach, k.state.Address, k.info = reachMissing, "", devices.Value[devices.Info]{} })
	return &devices.Error{
		Op: "find camera " + k.id, Err: devices.ErrUnreachable,
		Remedy: "check its power and network cable, and that its network is in the agent's discovery settings",
	}
}

func (k *keeper) drive(ctx context.Context, o *orders, b *box, c policy.Camera, want devices.Cover, now time.Time) (cover.Driven, error) {
	return k.ask(ctx, b, c, func(ctx context.Context, cam devices.Camera) (cover.Driven, error) {
		return cover.Drive(ctx, cover.Job{
			DB: k.a.db, At: now, Camera: k.id, Device: cam, Methods: c.Methods, Want: k.a.kept(o, c, want),
			Lost:  func(t *state.Tx) error { return k.exposed(t, now) },
			Basis: k.a.basis(cam.Info()),
		})
	})
}

// ask logs in, drives, and asks the device for its facts when they are old.
func (k *keeper) ask(ctx context.Context, b *box, c policy.Camera, drive func(context.Context, devices.Camera) (cover.Driven, error)) (cover.Driven, error) {
	b.asks.Lock()
	defer b.asks.Unlock()
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	found := k.a.current(b)
	seen := k.a.seenBy(found)
	k.note(func() { k.state.Address, k.seenBy = found.Address, seen })
	cam, err := k.a.open(ctx, b, c)
	if err != nil {
		k.note(func() { k.state.Reach = reachOf(err) })
		if lost(err) {
			k.a.setReach(b, devices.Reach(reachOf(err)))
		}
		return cover.Driven{}, err
	}
	driven, err := drive(ctx, cam)
	k.worked(driven)
	if err != nil && lost(err) {
		// The device may have rebooted or changed: log in anew next time.
		b.logout()
		k.a.setReach(b, devices.Reach(reachOf(err)))
		k.note(func() { k.state.Reach = reachOf(err) })
		return driven, err
	}
	now, _ := k.a.clock.now()
	if now.Sub(k.asked) >= time.Duration(k.a.cfg.Every.Check) || driven.Wrote || !k.observed() {
		obs, oerr := cam.Observe(ctx)
		k.note(func() {
			if oerr != nil {
				k.obs = devices.Unreadable[devices.Observation](oerr)
			} else {
				obs.At = now // by the clock that the rules go by, which may not be the machine's
				k.obs = devices.Of(obs)
			}
		})
		err = errors.Join(err, oerr)
		k.asked = now
	}
	k.note(func() {
		k.state.Reach, k.state.Method, k.info = reachUp, string(driven.Method), devices.Of(cam.Info())
	})
	if driven.Task != "" {
		driven.Trouble = append(driven.Trouble, driven.Task)
	}
	return driven, err
}

func (k *keeper) observed() bool {
	k.a.mu.Lock()
	defer k.a.mu.Unlock()
	_, ok := k.obs.Get()
	return ok
}

func lost(err error) bool {
	return errors.Is(err, devices.ErrUnreachable) || errors.Is(err, devices.ErrLogin) || errors.Is(err, devices.ErrMalformed) || errors.Is(err, context.DeadlineExceeded)
}

func reachOf(err error) string {
	if errors.Is(err, devices.ErrLogin) {
		return reachNoLogin
	}
	return reachUnreachable
}

// settle works out what is shown and tells a change of it.
func (k *keeper) settle(ctx context.Context, o *orders, c policy.Camera, want devices.Cover, trouble error) {
	now, _ := k.a.clock.now()
	k.a.mu.Lock()
	before := k.state
	k.trouble = trouble
	sights, view := k.sights, k.view
	_, checker := o.policy.Protocol.Checker()
	k.a.mu.Unlock()

	st := before
	st.Camera, st.Site, st.At = k.id, k.a.cfg.Site, now
	st.Ordered = ordered(want)
	st.Decisions = nil
	for _, d := range o.policy.DecisionsAt(k.id, now.Add(lead)) {
		st.Decisions = append(st.Decisions, d.ID)
	}
	j := cover.Judge(o.atView(k.id, want, view, now), c.Required, sights)
	if !checker {
		j = cover.Nothing(want, c.Required, "the protocol has no entry for the checker itself, so no stream is opened")
	}
	if st.Reach != reachUp {
		j = cover.Nothing(want, c.Required, "the camera was not reached")
	}
	st.Shown, st.Paths, st.Obeys = j.Shown, j.Paths, j.Obeys
	st.Lost = before.Obeys && before.Ordered == "whole" && st.Ordered == "whole" && j.Shown[policy.PartPicture] == cover.Open
	var why []string
	if trouble != nil {
		why = append(why, trouble.Error())
	}
	if !j.Obeys && j.Why != "" {
		why = append(why, j.Why)
	}
	st.Trouble = strings.Join(why, "; ")
	changed := st.Ordered != before.Ordered || st.Obeys != before.Obeys || st.Reach != before.Reach || !maps.Equal(st.Shown, before.Shown) || before.Since.IsZero()
	if changed {
		st.Since = now
	}
	k.note(func() { k.state = st })
	if kind := troubleKind(st.Trouble); changed || kind != k.told {
		k.told = kind
		if err := k.tell(ctx, wire.EventShown, now); err != nil {
			k.a.log.ErrorContext(ctx, "what is shown is not told", "camera", k.id, "err", err)
		}
		k.a.log.InfoContext(ctx, "camera", "camera", k.id, "ordered", st.Ordered, "shown", st.Shown, "obeys", st.Obeys, "trouble", st.Trouble)
	}
	k.a.touch()
}

// troubleKind is a trouble without its numbers: sizes, ports and margins
// differ from look to look, and told over time they are measures.
func troubleKind(s string) string {
	var b strings.Builder
	number := false
	for _, r := range s {
		digit := r >= '0' && r <= '9' || number && (r == '.' || r == ',')
		if !digit {
			b.WriteRune(r)
		} else if !number {
			b.WriteByte('#')
		}
		number = digit
	}
	return b.String()
}

func (k *keeper) tell(ctx context.Context, typ wire.EventType, at time.Time) error {
	k.a.mu.Lock()
	st := k.state
	k.a.mu.Unlock()
	return k.a.update(ctx, func(t *state.Tx) error { return t.Emit(at, typ, k.id, st) })
}

func (k *keeper) obeys() bool {
	k.a.mu.Lock()
	defer k.a.mu.Unlock()
	return k.state.Obeys && len(k.sights) > 0
}

func (k *keeper) note(f func()) {
	k.a.mu.Lock()
	defer k.a.mu.Unlock()
	f()
}

// interval between looks: the protocol's inside a whole-picture cover, the
// check's outside.
func (k *keeper) interval(c policy.Camera, want devices.Cover) time.Duration {
	check := time.Duration(k.a.cfg.Every.Check)
	if !want.Whole {
		return check
	}
	if s := time.Duration(k.a.cfg.Every.Sample); s > 0 {
		return s
	}
	if s, ok := c.SampleEvery.Fixed(); ok && s > 0 {
		return s
	}
	return 10 * time.Second
}

// next tells when to come again: at the next change of the policy, the next
// look, or soon if something is not as ordered.
func (k *keeper) next(o *orders, c policy.Camera, want devices.Cover, now time.Time, err error) time.Duration {
	wait := min(k.interval(c, want), readBack)
	if err != nil || k.again || !k.obeys() && !k.astray {
		wait = min(wait, time.Duration(k.a.cfg.Every.Retry))
	}
	for _, at := range []time.Time{now, now.Add(lead)} {
		if change, ok := o.policy.NextChange(k.id, at); ok {
			wait = min(wait, max(change.Sub(at), 0)+time.Millisecond)
		}
	}
	return wait
}
