package agent

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lensdop/lensdop/agent/state"
	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/wire"
)

// orders is the policy in force at this gateway, with what the server computed
// from it. It is replaced as a whole.
type orders struct {
	site       string
	policy     policy.Policy
	calendar   []wire.Interval
	epoch      uint64
	generation uint64
	sha256     string
}

// coverAt is what must be covered at t: the policy's own answer, and what the
// server's instants add to it (invariant 10: where they differ, the union).
func (o *orders) coverAt(camera string, t time.Time) devices.Cover {
	c := o.policy.CoverAt(camera, t)
	for _, iv := range o.calendar {
		if iv.Camera == camera && !t.Before(iv.From) && (iv.Until.IsZero() || t.Before(iv.Until)) && !o.released(iv.Decision, camera, t) {
			c.Whole, c.Sound = true, true
		}
	}
	return c
}

// released tells whether a release that this gateway has verified ended the
// decision before t. The server's instants only move the edges of a window;
// they never outlive its release, and never stand in for one.
func (o *orders) released(decision, camera string, t time.Time) bool {
	if !slices.ContainsFunc(o.policy.Releases, func(r policy.Release) bool { return r.Decision == decision }) {
		return false
	}
	for _, iv := range o.policy.Calendar(o.site) {
		if iv.Decision == decision && iv.Camera == camera {
			return !iv.Until.IsZero() && !t.Before(iv.Until)
		}
	}
	return false
}

// lifts reports a cover in force that a new protocol would end without a
// release: a camera or zone renamed, a template dropped, a role taken away.
func (o *orders) lifts(p *policy.Protocol, now time.Time) error {
	if o.policy.Protocol == nil {
		return nil
	}
	after := o.policy
	after.Protocol = p
	var lifted []string
	for _, c := range o.policy.Protocol.CamerasOf(o.site) {
		if o.coverAt(c.ID, now).Whole && !after.CoverAt(c.ID, now).Whole {
			lifted = append(lifted, c.ID)
		}
	}
	if len(lifted) > 0 {
		return fmt.Errorf("the new protocol would lift the cover of %s without a release; release first, then change the protocol", strings.Join(lifted, ", "))
	}
	return nil
}

// takeDesired judges a desired document and, if it is good, puts it in force.
// A document that is refused changes nothing: doubt holds.
func (a *Agent) takeDesired(ctx context.Context, b []byte) error {
	var env wire.Envelope
	if err := wire.Decode(b, &env); err != nil {
		return a.refuse(ctx, wire.DesiredResult{}, err)
	}
	var d wire.Desired
	if _, err := a.trust.Open(env, wire.TypeDesired, &d); err != nil {
		return a.refuse(ctx, wire.DesiredResult{}, fmt.Errorf("desired document: %w", err))
	}
	sum := sha256.Sum256(env.Payload)
	r := wire.DesiredResult{KeyEpoch: d.KeyEpoch, Generation: d.Generation, SHA256: hex.EncodeToString(sum[:])}
	if d.Tenant != a.cfg.Tenant || d.Agent != a.cfg.Agent {
		return a.refuse(ctx, r, fmt.Errorf("desired document is for %s/%s, this is %s/%s", d.Tenant, d.Agent, a.cfg.Tenant, a.cfg.Agent))
	}
	have, ok, err := a.db.Desired(ctx)
	if err != nil {
		return err
	}
	if ok {
		switch {
		case d.KeyEpoch == have.Epoch && d.Generation == have.Generation && r.SHA256 == have.SHA256:
			return nil // a repetition
		case d.KeyEpoch == have.Epoch && d.Generation == have.Generation:
			return a.refuse(ctx, r, fmt.Errorf("two different documents of generation %d: the server contradicts itself", d.Generation))
		case d.KeyEpoch < have.Epoch || d.KeyEpoch == have.Epoch && d.Generation < have.Generation:
			return a.refuse(ctx, r, fmt.Errorf("generation %d of epoch %d is older than %d of %d, which is in force", d.Generation, d.KeyEpoch, have.Generation, have.Epoch))
		}
	}
	p, err := policy.Parse("desired document", []byte(d.Protocol))
	if err != nil {
		return a.refuse(ctx, r, err)
	}
	now, _ := a.clock.now()
	if err := a.inForce().lifts(p, now); err != nil {
		return a.refuse(ctx, r, err)
	}
	err = a.update(ctx, func(t *state.Tx) error {
		if err := a.keepStatements(t, d); err != nil {
			return err
		}
		if err := t.SetDesired(state.Desired{Epoch: d.KeyEpoch, Generation: d.Generation, SHA256: r.SHA256, Envelope: env}); err != nil {
			return err
		}
		return t.Emit(now, wire.EventDesired, "", r)
	})
	if err != nil {
		return err
	}
	if err := a.loadOrders(ctx); err != nil {
		return err
	}
	a.log.InfoContext(ctx, "desired document in force", "generation", d.Generation, "decisions", len(d.Decisions), "releases", len(d.Releases))
	a.kickAll()
	a.touch()
	return nil
}

// keepStatements stores the decisions and releases that verify. A statement
// that does not is left out and told; it neither covers nor lifts anything.
func (a *Agent) keepStatements(t *state.Tx, d wire.Desired) error {
	for _, e := range d.Decisions {
		var x policy.Decision
		if _, err := a.trust.Open(e, wire.TypeDecision, &x); err != nil {
			a.log.Warn("decision refused", "err", err)
			continue
		}
		if err := t.AddStatement(state.Decision, x.ID, e); err != nil {
			return err
		}
	}
	for _, e := range d.Releases {
		var x policy.Release
		if _, err := a.trust.Open(e, wire.TypeRelease, &x); err != nil {
			a.log.Warn("release refused", "err", err)
			continue
		}
		if err := t.AddStatement(state.Release, x.ID, e); err != nil {
			return err
		}
	}
	return nil
}

func (a *Agent) refuse(ctx context.Context, r wire.DesiredResult, why error) error {
	r.Reason = why.Error()
	now, _ := a.clock.now()
	a.mu.Lock()
	again := a.refused == r
	a.refused = r
	a.mu.Unlock()
	if again {
		return why // a retained document comes again with every connection; it is told once
	}
	return errors.Join(why, a.update(ctx, func(t *state.Tx) error { return t.Emit(now, wire.EventRefused, "", r) }))
}

// loadOrders builds the policy in force from the state file, or from the
// protocol file while the server has sent none. Decisions that a later
// document leaves out stay in force: only a release or their own end ends them.
func (a *Agent) loadOrders(ctx context.Context) error {
	o := &orders{site: a.cfg.Site}
	have, ok, err := a.db.Desired(ctx)
	if err != nil {
		return err
	}
	text, name := []byte(nil), a.cfg.Protocol
	if ok {
		var d wire.Desired
		if _, err := a.trust.Open(have.Envelope, wire.TypeDesired, &d); err != nil {
			return fmt.Errorf("stored desired document: %w; was the server's key changed in the config?", err)
		}
		o.epoch, o.generation, o.sha256, o.calendar = have.Epoch, have.Generation, have.SHA256, d.Calendar
		text, name = []byte(d.Protocol), "desired document"
	} else if name != "" {
		if text, err = readBounded(name, maxConfig); err != nil {
			return fmt.Errorf("protocol: %w", err)
		}
	}
	if text != nil {
		p, err := policy.Parse(name, text)
		if err != nil {
			return err
		}
		o.policy.Protocol = p
	}
	decisions, err := a.db.Statements(ctx, state.Decision)
	if err != nil {
		return err
	}
	for _, e := range decisions {
		var x policy.Decision
		if _, err := a.trust.Open(e, wire.TypeDecision, &x); err != nil {
			// The key that signed it is no longer trusted. Doubt holds: the
			// decision stays in force, since only a release ends it.
			a.log.WarnContext(ctx, "a stored decision no longer verifies and stays in force", "err", err)
			if err := wire.Decode(e.Payload, &x); err != nil {
				return fmt.Errorf("stored decision: %w", err)
			}
		}
		o.policy.Decisions = append(o.policy.Decisions, x)
	}
	releases, err := a.db.Statements(ctx, state.Release)
	if err != nil {
		return err
	}
	for _, e := range releases {
		var x policy.Release
		if _, err := a.trust.Open(e, wire.TypeRelease, &x); err != nil {
			a.log.WarnContext(ctx, "a stored release no longer verifies and lifts nothing", "err", err)
			continue
		}
		o.policy.Releases = append(o.policy.Releases, x)
	}
	a.mu.Lock()
	a.orders = o
	a.mu.Unlock()
	return nil
}

// lead is how long before a window the covering starts, so that the camera is
// seen covered when the window begins.
const lead = 30 * time.Second

// doubtAhead is how far past the floor a window may begin and still be taken
// as begun while the clock is in doubt.
const doubtAhead = 24 * time.Hour

// want is what to make true on a camera now. Doubt about the clock never
// lifts or shrinks a cover in force, and takes windows that may have begun as
// begun.
func (o *orders) want(camera string, now time.Time, trusted bool, inForce devices.Cover) devices.Cover {
	c := o.coverAt(camera, now).Union(o.coverAt(camera, now.Add(lead)))
	if trusted {
		return c
	}
	c = c.Union(inForce)
	for at := now; at.Before(now.Add(doubtAhead)); {
		next, ok := o.policy.NextChange(camera, at)
		if !ok {
			break
		}
		c = c.Union(o.coverAt(camera, next))
		at = next
	}
	return c
}
