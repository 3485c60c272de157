package agent

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/lensdop/lensdop/agent/state"
	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/wire"
)

// orders is the policy in force at this gateway, with what the server computed
// from it as its Elsewhere. It is replaced as a whole.
type orders struct {
	site       string
	policy     policy.Policy
	epoch      uint64
	generation uint64
	sha256     string
	issued     time.Time           // of the server's document; zero without one
	apart      []policy.Difference // what the server computed otherwise
}

// coverAt is what must be covered at t: the policy's own answer, which takes in
// the server's instants (invariant 10: where they differ, the union).
func (o *orders) coverAt(camera string, t time.Time) devices.Cover {
	return o.policy.CoverAt(camera, t)
}

// elsewhere is the server's calendar as the policy takes it.
func elsewhere(calendar []wire.Interval) []policy.Interval {
	var list []policy.Interval
	for _, iv := range calendar {
		for _, c := range iv.Cameras {
			list = append(list, policy.Interval{Decision: iv.Decision, Camera: c, From: iv.From, Until: iv.Until})
		}
	}
	return list
}

// lifts reports a cover in force that a new protocol would end without a
// release, now or before it would have ended: a camera or zone renamed, a
// template dropped, a role taken away, a recurring window cut short.
// after differs from o in its protocol; both have all decisions and releases
// that are known by now, so that a release which comes together with a new
// protocol counts. inForce are the persisted covers, which doubt about the
// clock holds. They say nothing for the new protocol: they are gone once the
// clock is trusted.
func (o *orders) lifts(after *orders, t instant, inForce map[string]state.Ordered) error {
	if o.policy.Protocol == nil {
		return nil
	}
	var lifted []string
	for _, c := range o.policy.Protocol.CamerasOf(o.site) {
		x, ok := after.policy.Protocol.Camera(c.ID)
		switch {
		case !o.want(c.ID, t, inForce[c.ID].Cover).Whole:
		case !ok || x.Site != o.site,
			o.want(c.ID, t, devices.Cover{}).Whole && !after.want(c.ID, t, devices.Cover{}).Whole,
			o.shortens(after, c.ID, t):
			lifted = append(lifted, c.ID)
		default:
		}
	}
	if len(lifted) > 0 {
		return fmt.Errorf("the new protocol would lift the cover of %s without a release; release first, then change the protocol", strings.Join(lifted, ", "))
	}
	return nil
}

// shortens tells whether after leaves a camera open before the end of a window
// that may be in force.
func (o *orders) shortens(after *orders, camera string, t instant) bool {
	begun := []time.Time{t.now, t.now.Add(lead)}
	if !t.trusted {
		begun = append(begun, t.floor)
	}
	for _, at := range begun {
		if end, covered := until(o.policy, camera, at); covered && !after.covers(camera, at, end) {
			return true
		}
	}
	return false
}

// maxPieces bounds how many windows one after the other are taken for one.
const maxPieces = 1000

// covers tells whether a camera is covered from an instant until an end. A
// cover without end (zero) takes a window without end: what a protocol strings
// together ends with the next protocol.
func (o *orders) covers(camera string, from, end time.Time) bool {
	at := from
	for range maxPieces {
		next, covered := until(o.policy, camera, at)
		switch {
		case !covered:
			return false
		case next.IsZero() || !end.IsZero() && !next.Before(end):
			return true
		case end.IsZero():
			return false
		default:
			at = next
		}
	}
	return false
}

// until is the latest end of the windows that cover a camera at an instant, zero
// for none.
func until(p policy.Policy, camera string, at time.Time) (end time.Time, covered bool) {
	for _, e := range p.WindowsAt(camera, at) {
		switch {
		case e.Until.IsZero():
			return time.Time{}, true
		case e.Until.After(end):
			end, covered = e.Until, true
		default:
		}
	}
	return end, covered
}

// errUnsigned is the one answer to a document that no trusted key signed.
// Nothing of such a document is repeated: who holds the broker could fill the
// log and the outbox with it.
var errUnsigned = fmt.Errorf("desired document: %w; is the server's key in the agent's config?", wire.ErrSignature)

// maxReason bounds the reason of a refusal, in bytes; an event must fit into a
// message.
const maxReason = 2000

// takeDesired judges a desired document and, if it is good, puts it in force.
// A document that is refused changes nothing: doubt holds.
func (a *Agent) takeDesired(ctx context.Context, b []byte) error {
	var env wire.Envelope
	if err := wire.Decode(b, &env); err != nil {
		return a.refuse(ctx, wire.DesiredResult{}, errUnsigned)
	}
	var d wire.Desired
	if signers, err := a.trust.Open(env, wire.TypeDesired, &d); err != nil {
		if len(signers) == 0 && (errors.Is(err, wire.ErrSignature) || env.PayloadType != wire.TypeDesired) {
			return a.refuse(ctx, wire.DesiredResult{}, errUnsigned)
		}
		return a.refuse(ctx, wire.DesiredResult{}, fmt.Errorf("desired document: %w", err))
	}
	sum := sha256.Sum256(env.Payload)
	r := wire.DesiredResult{KeyEpoch: d.KeyEpoch, Generation: d.Generation, SHA256: hex.EncodeToString(sum[:])}
	if d.Tenant != a.cfg.Tenant || d.Agent != a.cfg.Agent {
		return a.refuse(ctx, r, fmt.Errorf("desired document is for %s/%s, this is %s/%s", d.Tenant, d.Agent, a.cfg.Tenant, a.cfg.Agent))
	}
	if d.KeyEpoch > math.MaxInt64 || d.Generation > math.MaxInt64 {
		return a.refuse(ctx, r, errors.New("generation or key epoch is larger than can be kept"))
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
	inForce, err := a.db.Covers(ctx)
	if err != nil {
		return err
	}
	told := a.verified(ctx, d)
	before := a.inForce().with(told)
	after := *before
	after.policy.Protocol, after.policy.Elsewhere = p, elsewhere(d.Calendar)
	t := a.clock.instant()
	if err := before.lifts(&after, t, inForce); err != nil {
		return a.refuse(ctx, r, err)
	}
	err = a.update(ctx, func(x *state.Tx) error {
		for _, s := range told {
			if err := x.AddStatement(s.kind, s.id, s.envelope); err != nil {
				return err
			}
		}
		if err := x.SetDesired(state.Desired{Epoch: d.KeyEpoch, Generation: d.Generation, SHA256: r.SHA256, Envelope: env}); err != nil {
			return err
		}
		return x.Emit(t.now, wire.EventDesired, "", r)
	})
	if err != nil {
		return err
	}
	if err := a.loadOrders(ctx); err != nil {
		return err
	}
	a.mu.Lock()
	clear(a.refused)
	a.mu.Unlock()
	a.log.InfoContext(ctx, "desired document in force", "generation", d.Generation, "decisions", len(d.Decisions), "releases", len(d.Releases))
	a.kickAll()
	select {
	case a.searchNow <- struct{}{}:
	default:
	}
	a.touch()
	return nil
}

// statement is a decision or release whose signature holds.
type statement struct {
	kind     state.StatementKind
	id       string
	envelope wire.Envelope
	decision policy.Decision
	release  policy.Release
}

// verified lists the decisions and releases of a document that verify. One
// that does not is left out and told; it neither covers nor lifts anything.
func (a *Agent) verified(ctx context.Context, d wire.Desired) []statement {
	var list []statement
	for _, e := range d.Decisions {
		s := statement{kind: state.Decision, envelope: e}
		if _, err := a.trust.Open(e, wire.TypeDecision, &s.decision); err != nil {
			a.log.WarnContext(ctx, "decision refused", "err", err)
			continue
		}
		s.id = s.decision.ID
		list = append(list, s)
	}
	for _, e := range d.Releases {
		s := statement{kind: state.Release, envelope: e}
		if _, err := a.trust.Open(e, wire.TypeRelease, &s.release); err != nil {
			a.log.WarnContext(ctx, "release refused", "err", err)
			continue
		}
		s.id = s.release.ID
		list = append(list, s)
	}
	return list
}

// with is o with the statements that it does not have. The first one under an
// id stays, as in the state file.
func (o *orders) with(more []statement) *orders {
	x := *o
	x.policy.Decisions, x.policy.Releases = slices.Clone(o.policy.Decisions), slices.Clone(o.policy.Releases)
	for _, s := range more {
		switch {
		case s.kind == state.Decision && !slices.ContainsFunc(x.policy.Decisions, func(d policy.Decision) bool { return d.ID == s.id }):
			x.policy.Decisions = append(x.policy.Decisions, s.decision)
		case s.kind == state.Release && !slices.ContainsFunc(x.policy.Releases, func(r policy.Release) bool { return r.ID == s.id }):
			x.policy.Releases = append(x.policy.Releases, s.release)
		}
	}
	return &x
}

// maxRefused bounds how many different refusals are told between two good
// documents; further ones are only logged.
const maxRefused = 64

// refuse tells the server of a refusal, once each: a retained document comes
// again with every connection.
func (a *Agent) refuse(ctx context.Context, r wire.DesiredResult, why error) error {
	r.Reason = cut(why.Error(), maxReason)
	why = &refusal{text: r.Reason, err: why}
	a.mu.Lock()
	again := a.refused[r] || len(a.refused) >= maxRefused
	if !again {
		a.refused[r] = true
	}
	a.mu.Unlock()
	if again {
		return why
	}
	now, _ := a.clock.now()
	return errors.Join(why, a.update(ctx, func(t *state.Tx) error { return t.Emit(now, wire.EventRefused, "", r) }))
}

// refusal is a reason that is short enough to print.
type refusal struct {
	text string
	err  error
}

func (e *refusal) Error() string { return e.text }
func (e *refusal) Unwrap() error { return e.err }

// cut shortens a text to at most n bytes.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n-len("…")], "") + "…"
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
	switch {
	case ok:
		if err := a.loadDesired(ctx, o, have); err != nil {
			return err
		}
	case a.cfg.Protocol != "":
		text, err := readBounded(a.cfg.Protocol, maxConfig)
		if err != nil {
			return fmt.Errorf("protocol: %w", err)
		}
		if o.policy.Protocol, err = policy.Parse(a.cfg.Protocol, text); err != nil {
			return err
		}
	}
	if err := a.loadStatements(ctx, o); err != nil {
		return err
	}
	o.apart = o.differences()
	_, refused := o.policy.Usable()
	for _, r := range refused {
		a.log.ErrorContext(ctx, "a signed decision or release is not carried out", "decision", r.Decision, "release", r.Release, "err", r.Err)
	}
	a.mu.Lock()
	a.orders = o
	a.mu.Unlock()
	return nil
}

// loadDesired takes up the stored document. It verified when it was taken in.
// If its key is no longer trusted, or this version cannot read its protocol,
// that is doubt, and doubt holds: the agent goes on and can take a new one.
func (a *Agent) loadDesired(ctx context.Context, o *orders, have state.Desired) error {
	var d wire.Desired
	if _, err := a.trust.Open(have.Envelope, wire.TypeDesired, &d); err != nil {
		a.log.ErrorContext(ctx, "the stored desired document no longer verifies and stays in force; let the server send a new one, or correct server.keys", "err", err)
		d = wire.Desired{}
		if err := wire.Decode(have.Envelope.Payload, &d); err != nil {
			return fmt.Errorf("stored desired document: %w", err)
		}
	}
	o.epoch, o.generation, o.sha256, o.policy.Elsewhere = have.Epoch, have.Generation, have.SHA256, elsewhere(d.Calendar)
	o.issued = d.Issued
	p, err := policy.Parse("desired document", []byte(d.Protocol))
	if err != nil {
		a.log.ErrorContext(ctx, "the stored protocol cannot be read: covers on devices stay as they are and are not looked after; let the server send a new one", "err", err)
		return nil
	}
	o.policy.Protocol = p
	return nil
}

// loadStatements adds the stored decisions and releases. All of them verified
// when they were taken in; the key of some may have been retired since.
func (a *Agent) loadStatements(ctx context.Context, o *orders) error {
	decisions, err := a.db.Statements(ctx, state.Decision)
	if err != nil {
		return err
	}
	for _, e := range decisions {
		var x policy.Decision
		if _, err := a.trust.Open(e, wire.TypeDecision, &x); err != nil {
			a.log.WarnContext(ctx, "a stored decision no longer verifies and stays in force", "err", err)
			x = policy.Decision{}
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
	var retired []policy.Release
	for _, e := range releases {
		var x policy.Release
		if _, err := a.trust.Open(e, wire.TypeRelease, &x); err == nil {
			o.policy.Releases = append(o.policy.Releases, x)
			continue
		}
		x = policy.Release{}
		if err := wire.Decode(e.Payload, &x); err != nil {
			return fmt.Errorf("stored release: %w", err)
		}
		retired = append(retired, x)
	}
	if len(retired) == 0 {
		return nil
	}
	covers, err := a.db.Covers(ctx)
	if err != nil {
		return err
	}
	floor, err := a.db.Floor(ctx)
	if err != nil {
		return err
	}
	o.policy.Releases = append(o.policy.Releases, o.ended(retired, covers, floor)...)
	for _, r := range retired {
		if !slices.ContainsFunc(o.policy.Releases, func(x policy.Release) bool { return x.ID == r.ID }) {
			a.log.WarnContext(ctx, "a stored release no longer verifies and lifts nothing", "release", r.ID, "decision", r.Decision)
		}
	}
	return nil
}

// ended chooses, of releases whose key is no longer trusted, those that have
// done their work: the window is known to be over and no camera of it is
// covered any more. Without them every election ever held would begin again
// with the next key. The others lift nothing.
func (o *orders) ended(retired []policy.Release, covers map[string]state.Ordered, floor time.Time) []policy.Release {
	with := o.policy
	with.Releases = append(slices.Clone(o.policy.Releases), retired...)
	if o.policy.Protocol == nil {
		return nil
	}
	calendar := with.Calendar(o.site)
	return slices.DeleteFunc(slices.Clone(retired), func(r policy.Release) bool {
		for _, iv := range calendar {
			if iv.Decision == r.Decision && (iv.Until.IsZero() || iv.Until.After(floor) || covers[iv.Camera].Cover.Whole) {
				return true
			}
		}
		return r.At.After(floor)
	})
}

// lead is how long before a window the covering starts, so that the camera is
// seen covered when the window begins.
const lead = 30 * time.Second

// doubtAhead is how far past the floor, or past what the clock shows, a window
// may begin and still be taken as begun while the clock is in doubt.
const doubtAhead = 24 * time.Hour

// want is what to make true on a camera now. Doubt about the clock never
// lifts or shrinks a cover in force, and takes windows that may have begun as
// begun: those near the floor, since the clock may have jumped ahead, and those
// near what the clock shows. It starts none that lies further ahead.
func (o *orders) want(camera string, t instant, inForce devices.Cover) devices.Cover {
	c := o.coverAt(camera, t.now).Union(o.coverAt(camera, t.now.Add(lead)))
	if t.trusted {
		return c
	}
	c = c.Union(inForce)
	for _, from := range []time.Time{t.floor, t.now} {
		c = c.Union(o.mayHaveBegun(camera, from))
	}
	return c
}

// mayHaveBegun is all that is ordered at some instant of the doubtful time
// after from.
func (o *orders) mayHaveBegun(camera string, from time.Time) devices.Cover {
	end := from.Add(doubtAhead)
	c := o.coverAt(camera, from)
	for at := from; ; {
		next, ok := o.policy.NextChange(camera, at)
		if !ok || next.After(end) {
			break
		}
		c = c.Union(o.coverAt(camera, next))
		at = next
	}
	return c
}
