package server

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/server/store"
	"github.com/lensdop/lensdop/policy/wire"
	"github.com/lensdop/lensdop/policy/wire/mqtt"
)

const (
	keyEpoch = 1
	// validFor is how long a document counts as fresh, renewAt how long
	// before its end a new one is made.
	validFor = 30 * 24 * time.Hour
	renewAt  = 15 * 24 * time.Hour
	// keepEnded is how long a decision that is over stays in the documents.
	keepEnded = 7 * 24 * time.Hour

	publishTimeout = 10 * time.Second

	// roomFor is how many bytes a document may say: in its envelope it takes a
	// third more, and number, dates and signature come to it.
	roomFor = wire.MaxMessage*3/4 - 4<<10
)

var (
	errNotConnected = errors.New("not connected to the broker")
	errFull         = errors.New("the desired document is too long for one message; release some decisions or shorten the protocol file")
)

// mark has the desired document of agents looked at and published again.
func (s *Server) mark(agents ...string) {
	s.mu.Lock()
	for _, a := range agents {
		s.dirty[a] = true
	}
	s.mu.Unlock()
	select {
	case s.kick <- struct{}{}:
	default: // one look is due already
	}
}

func (s *Server) markAll(ctx context.Context) error {
	var all []store.Agent
	err := s.store.View(ctx, func(t *store.Tx) (err error) { all, err = t.Agents(); return err })
	if err != nil {
		return err
	}
	for _, a := range all {
		s.mark(a.ID)
	}
	return nil
}

// publishDirty publishes documents until ctx ends. One that fails is tried
// again at the next connection, when all are marked.
func (s *Server) publishDirty(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.kick:
		}
		s.mu.Lock()
		agents := slices.Sorted(maps.Keys(s.dirty))
		clear(s.dirty)
		s.mu.Unlock()
		for _, agent := range agents {
			if err := s.publishDesired(ctx, agent, time.Now()); err != nil && ctx.Err() == nil {
				s.log.WarnContext(ctx, "desired document not published", "agent", agent, "err", err)
			}
		}
	}
}

func (s *Server) publishDesired(ctx context.Context, agent string, now time.Time) error {
	var g store.Generation
	err := s.store.Update(ctx, func(t *store.Tx) (err error) { g, err = s.desired(t, agent, now); return err })
	if err != nil {
		return err
	}
	return s.publish(ctx, wire.Topic(s.config.Tenant, agent, wire.KindDesired), json.RawMessage(g.Envelope), true)
}

// desired returns the newest document of an agent. It makes a new one, with a
// higher number than the agent and the database know, if what it says has
// changed, if it grows old, or if the agent has a higher number.
func (s *Server) desired(t *store.Tx, agent string, now time.Time) (store.Generation, error) {
	a, err := t.Agent(agent)
	if err != nil {
		return store.Generation{}, err
	}
	have, err := t.Generation(agent)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return have, err
	}
	d, err := s.document(t, a, now)
	if err != nil {
		return have, err
	}
	said, err := json.Marshal(d)
	if err != nil {
		return have, err
	}
	if len(said) > roomFor {
		return have, fmt.Errorf("agent %s: %w", agent, errFull)
	}
	sum := sha256.Sum256(said)
	// An agent that knows a higher number than our database is met with an
	// even higher one: a number is never given twice.
	ahead := a.KeyEpoch > have.KeyEpoch || (a.KeyEpoch == have.KeyEpoch && a.Generation > have.Generation)
	if !ahead && bytes.Equal(have.Content, sum[:]) && now.Before(have.Expires.Add(-renewAt)) {
		return have, nil
	}
	next := store.Generation{
		Agent: agent, KeyEpoch: max(keyEpoch, have.KeyEpoch, a.KeyEpoch), Generation: max(have.Generation, a.Generation) + 1,
		Content: sum[:], Expires: now.Add(validFor),
	}
	d.Tenant, d.Agent, d.KeyEpoch, d.Generation = s.config.Tenant, agent, next.KeyEpoch, next.Generation
	d.Issued, d.Expires = now.UTC(), next.Expires.UTC()
	env, err := wire.Seal(wire.TypeDesired, d, s.key)
	if err != nil {
		return have, err
	}
	if next.Envelope, err = json.Marshal(env); err != nil {
		return have, err
	}
	if len(next.Envelope) > wire.MaxMessage {
		return have, fmt.Errorf("agent %s: %w", agent, errFull)
	}
	if ahead && have.Generation > 0 {
		err := t.Audit(store.Entry{
			At: now, Who: agent, What: "agent is ahead of the database",
			Detail: fmt.Sprintf("agent has generation %d, the database %d: was a backup put back?", a.Generation, have.Generation),
		})
		if err != nil {
			return have, err
		}
		if err := t.SetMeta(metaEpoch, newID()); err != nil {
			return have, err
		}
	}
	return next, t.PutGeneration(next)
}

// document is what a document says, without its number and dates. If there is
// no room for the decisions that are over, they are left out.
func (s *Server) document(t *store.Tx, a store.Agent, now time.Time) (wire.Desired, error) {
	d, err := s.content(t, a, now, keepEnded)
	if err != nil {
		return d, err
	}
	if b, err := json.Marshal(d); err != nil || len(b) <= roomFor {
		return d, err
	}
	return s.content(t, a, now, 0)
}

// content is document with the decisions that ended no longer than keep ago.
func (s *Server) content(t *store.Tx, a store.Agent, now time.Time, keep time.Duration) (wire.Desired, error) {
	d := wire.Desired{Protocol: string(s.config.Protocol), Decisions: []wire.Envelope{}, Releases: []wire.Envelope{}, Calendar: []wire.Interval{}}
	all, err := t.Decisions()
	if err != nil {
		return d, err
	}
	pol := policy.Policy{Protocol: s.protocol}
	for _, dec := range all {
		if end := s.ended(dec); !slices.Contains(a.Sites, dec.Site) || (!end.IsZero() && end.Before(now.Add(-keep))) {
			continue
		}
		if s.forgotten(dec) {
			continue
		}
		if !dec.Recorded() {
			d.Decisions = append(d.Decisions, dec.Envelope)
			pol.Decisions = append(pol.Decisions, dec.Decision)
		}
		for _, r := range dec.Releases {
			d.Releases = append(d.Releases, r.Envelope)
			pol.Releases = append(pol.Releases, r.Release)
		}
	}
	d.Calendar = s.instants(pol, a.Sites, now)
	return d, nil
}

// instants are the windows of some sites as this server computes them: every
// decision's, and the recurring ones from a week ago to five weeks ahead. They
// change from week to week only, so that a document stays the same in between.
func (s *Server) instants(pol policy.Policy, sites []string, now time.Time) []wire.Interval {
	list := []policy.Interval{}
	for _, site := range sites {
		list = append(list, pol.Calendar(site)...)
	}
	decided := map[string]bool{}
	for _, i := range list {
		decided[i.Decision] = true
	}
	const week = 7 * 24 * time.Hour
	start := now.UTC().Truncate(week)
	for _, i := range pol.Computed(start.Add(-week), start.Add(5*week)) {
		if c, ok := s.protocol.Camera(i.Camera); ok && slices.Contains(sites, c.Site) && !decided[i.Decision] {
			list = append(list, i)
		}
	}
	type key struct {
		decision    string
		from, until time.Time
	}
	at := map[key]int{}
	out := []wire.Interval{}
	for _, i := range list {
		k := key{i.Decision, i.From.UTC(), i.Until.UTC()}
		n, ok := at[k]
		if !ok {
			n = len(out)
			at[k] = n
			out = append(out, wire.Interval{Decision: i.Decision, From: k.from, Until: i.Until})
		}
		out[n].Cameras = append(out[n].Cameras, i.Camera)
	}
	for _, i := range out {
		slices.Sort(i.Cameras)
	}
	return out
}

// ended is when a decision stopped covering, zero while it has not been
// released by as many people as it takes. One that the protocol of today no
// longer allows counts as open until its own end.
func (s *Server) ended(d store.Decision) time.Time {
	pol := policy.Policy{Protocol: s.protocol, Decisions: []policy.Decision{d.Decision}}
	for _, r := range d.Releases {
		pol.Releases = append(pol.Releases, r.Release)
	}
	if usable, _ := pol.Usable(); len(usable) == 0 {
		return d.Until
	}
	spans := slices.DeleteFunc(pol.Calendar(d.Site), func(i policy.Interval) bool { return i.Decision != d.ID })
	if len(spans) == 0 { // released before it began
		return d.From
	}
	// They end as one, unless the protocol names a decision of its own alike:
	// then neither is over before both are.
	var end time.Time
	for _, i := range spans {
		if i.Until.IsZero() {
			return time.Time{}
		}
		if i.Until.After(end) {
			end = i.Until
		}
	}
	return end
}

// publishState says to everybody that the server lives.
func (s *Server) publishState(ctx context.Context) error {
	var epoch string
	err := s.store.View(ctx, func(t *store.Tx) (err error) { epoch, err = t.Meta(metaEpoch); return err })
	if err != nil {
		return err
	}
	env, err := wire.Seal(wire.TypeServerState, wire.ServerState{Tenant: s.config.Tenant, Epoch: epoch, Time: time.Now().UTC()}, s.key)
	if err != nil {
		return err
	}
	return s.publish(ctx, wire.ServerTopic(s.config.Tenant), env, true)
}

func (s *Server) publish(ctx context.Context, topic string, v any, retain bool) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	s.mu.Lock()
	conn := s.conn
	s.mu.Unlock()
	if conn == nil {
		return errNotConnected
	}
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	return conn.Publish(ctx, mqtt.Message{Topic: topic, Payload: b, Retain: retain})
}
