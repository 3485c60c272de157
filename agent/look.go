package agent

import (
	"context"
	"errors"
	"time"

	"github.com/lensdop/lensdop/agent/cover"
	"github.com/lensdop/lensdop/agent/state"
	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/devices/picture"
	"github.com/lensdop/lensdop/devices/rtsp"
	"github.com/lensdop/lensdop/policy"
)

// look looks at every path in turn, those at recorders last. A path that
// cannot be looked at is unproven, with the reason. It tells whether a
// reference view was learned.
func (k *keeper) look(ctx context.Context, o *orders, b *box, c policy.Camera, want devices.Cover) (learned bool) {
	k.astray = false
	if _, allowed := o.policy.Protocol.Checker(); !allowed {
		k.note(func() { k.sights, k.view = nil, "" })
		return false
	}
	// Where it looks matters only as far as something of it may be seen.
	turns := len(c.Views) > 0 && !want.Whole
	var view policy.CameraView
	var unknown error
	if turns {
		view, unknown = k.stands(ctx, b, c)
	}
	k.a.mu.Lock()
	obs, ok := k.obs.Get()
	found := b.found
	k.a.mu.Unlock()
	paths, told := obs.Paths.Get()
	if !ok || !told {
		k.note(func() { k.sights, k.view = nil, "" })
		return false
	}
	now, _ := k.a.clock.now()
	r := cover.Request{
		Camera: k.id, Want: o.atView(k.id, want, view.ID, now), MaxShift: c.View.MaxShift, Frames: checkFrames, Limit: lookLimit,
	}
	if want.Whole {
		r.Frames = sampleFrames
	}
	for _, z := range append(append([]policy.Area{}, c.Ignore...), view.Ignore...) {
		r.Ignore = append(r.Ignore, devices.Zone{ID: z.ID, Polygon: z.Polygon})
	}
	ways := make([]way, 0, len(paths))
	for _, p := range paths {
		ways = append(ways, way{path: p, box: b, found: found, sessions: c.Sessions})
	}
	sights := map[string]cover.Sight{}
	var firsts []first
	for _, w := range append(ways, k.ways(ctx, o, c)...) {
		s, f, done := k.lookAt(ctx, w, r, view.ID, unknown)
		if !done {
			return false
		}
		sights[w.path.ID] = s
		firsts = append(firsts, f...)
	}
	if turns && unknown == nil {
		// It may have turned meanwhile: then nobody knows what was looked at.
		after, err := k.stands(ctx, b, c)
		if err == nil && after.ID != view.ID {
			err = errors.New("the camera turned while it was looked at")
		}
		if unknown = err; err != nil {
			firsts, view = nil, policy.CameraView{}
			for id, s := range sights {
				sights[id] = s.Outdated()
			}
		}
	}
	for _, f := range firsts {
		if err := k.learn(ctx, f); err != nil {
			k.a.log.ErrorContext(ctx, "reference view is not kept", "camera", k.id, "path", f.key, "err", err)
		} else {
			learned = true
		}
	}
	if turns {
		k.astray = unknown != nil
		k.place(c, sights, view.ID, unknown, now)
	}
	k.note(func() { k.sights, k.view = sights, view.ID })
	return learned
}

// first is a reference that a path had none of before.
type first struct {
	key       string
	reference *picture.Reference
	at        time.Time
}

// lookAt looks at one path. It is false if ctx ended first.
func (k *keeper) lookAt(ctx context.Context, w way, r cover.Request, view string, unknown error) (cover.Sight, []first, bool) {
	r.Path = w.path
	if w.err != nil {
		s := cover.Blind(r, w.err.Error())
		s.At, _ = k.a.clock.now()
		return s, nil, true
	}
	r.Target = rtsp.Target{Device: w.found.Address, Credentials: k.a.logins.For(w.found)}
	key := viewKey(w.path, view)
	reference, err := k.reference(ctx, key)
	if err != nil {
		k.a.log.WarnContext(ctx, "reference view", "camera", k.id, "path", key, "err", err)
	}
	r.Reference = reference
	if !w.box.looks.take(ctx, w.sessions) {
		return cover.Sight{}, nil, false
	}
	s := cover.Look(ctx, k.a.parts.Eyes, r)
	w.box.looks.give()
	s.At, _ = k.a.clock.now()
	var firsts []first
	if s.Learned != nil && reference == nil && err == nil && unknown == nil {
		firsts = append(firsts, first{key, s.Learned, s.At})
	}
	s.Learned = nil // it lives on the disk, encrypted, and nowhere else
	return s, firsts, true
}

// viewKey names the reference of a path, at a preset of a camera that turns.
func viewKey(p devices.Path, view string) string {
	if view == "" {
		return p.ID
	}
	return p.ID + "/" + view
}

func (k *keeper) reference(ctx context.Context, key string) (*picture.Reference, error) {
	v, ok, err := k.a.db.View(ctx, k.id, key)
	if err != nil || !ok {
		return nil, err
	}
	b, err := k.a.vault.open(v.Reference, k.id+"/"+key)
	if err != nil {
		return nil, err
	}
	var r picture.Reference
	if err := r.UnmarshalBinary(b); err != nil {
		return nil, err
	}
	return &r, nil
}

// learn keeps the first open picture of a path as its reference, encrypted.
func (k *keeper) learn(ctx context.Context, f first) error {
	b, err := f.reference.MarshalBinary()
	if err != nil {
		return err
	}
	if b, err = k.a.vault.seal(b, k.id+"/"+f.key); err != nil {
		return err
	}
	return k.a.update(ctx, func(t *state.Tx) error {
		return t.SetView(k.id, f.key, state.View{Learned: f.at, Reference: b})
	})
}
