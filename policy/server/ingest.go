package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/lensdop/lensdop/policy/rules"
	"github.com/lensdop/lensdop/policy/server/store"
	"github.com/lensdop/lensdop/policy/server/ui"
	"github.com/lensdop/lensdop/policy/wire"
	"github.com/lensdop/lensdop/policy/wire/mqtt"
)

// errSimulated is what Simulate.NeverCommit returns.
var errSimulated = errors.New("simulated fault: the server never commits")

const (
	// maxAhead is how far numbers may run ahead of what the database has. More
	// is no backup that was put back, but somebody who uses the numbers up.
	maxAhead = 1 << 20
	// maxEvent and maxSaid bound what one event says, and what of it is quoted,
	// in bytes.
	maxEvent = 32 << 10
	maxSaid  = 1000
)

// carry keeps the connection to the broker.
func (s *Server) carry(ctx context.Context) error {
	c := mqtt.Config{MinDelay: min(s.config.Timing.Reconnect, time.Second), MaxDelay: s.config.Timing.Reconnect, Log: s.log}
	if e := s.config.External; e != nil {
		c.Broker, c.ClientID, c.User, c.Password, c.TLS = e.Broker, e.ClientID, e.User, e.Password, e.TLS
	} else {
		c.Broker, c.ClientID, c.User, c.Password, c.Dial = "in-process", serverUser, serverUser, s.broker.password, s.broker.inside.dial
	}
	return mqtt.Run(ctx, c, s.connected, func(m mqtt.Message) { s.receive(ctx, m) })
}

// connected seeds the broker anew: it may have forgotten everything.
func (s *Server) connected(ctx context.Context, conn *mqtt.Conn) error {
	s.mu.Lock()
	s.conn = conn
	s.mu.Unlock()
	var topics []string
	for _, k := range []wire.Kind{wire.KindConn, wire.KindHello, wire.KindReported, wire.KindEvents} {
		topics = append(topics, wire.Topic(s.config.Tenant, "+", k))
	}
	if err := conn.Subscribe(ctx, topics...); err != nil {
		return err
	}
	if err := s.publishState(ctx); err != nil {
		return err
	}
	return s.markAll(ctx)
}

// receive handles one message of an agent. What cannot be read is dropped and
// logged: it is never acknowledged, so that the agent keeps it.
func (s *Server) receive(ctx context.Context, m mqtt.Message) {
	tenant, agent, kind, err := wire.ParseTopic(m.Topic)
	if err != nil || tenant != s.config.Tenant || !wire.AgentMayPublish(kind) {
		s.log.WarnContext(ctx, "message on a foreign topic dropped", "topic", m.Topic)
		return
	}
	if len(m.Payload) > wire.MaxMessage {
		s.log.WarnContext(ctx, "message too long", "agent", agent, "kind", kind, "bytes", len(m.Payload))
		return
	}
	now := time.Now()
	switch kind {
	case wire.KindConn:
		err = s.ingestConn(ctx, agent, m.Payload, now)
	case wire.KindHello:
		err = s.ingestHello(ctx, agent, m.Payload, now)
	case wire.KindReported:
		err = s.ingestReported(ctx, agent, m.Payload, now)
	case wire.KindEvents:
		err = s.ingestEvents(ctx, agent, m.Payload, now)
	}
	if err != nil && ctx.Err() == nil {
		s.log.ErrorContext(ctx, "message not taken in", "agent", agent, "kind", kind, "err", err)
	}
}

// decode reads an unsigned message. Unknown fields are let through, so that an
// agent may be newer than its server.
func decode[T any](b []byte) (T, error) {
	var v T
	if len(b) > wire.MaxMessage {
		return v, fmt.Errorf("message of %d bytes; the limit is %d", len(b), wire.MaxMessage)
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return v, fmt.Errorf("message cannot be read: %w", err)
	}
	return v, nil
}

// ingestConn notes that an agent came or went. A death that is not of the
// agent's current connection is late and means nothing.
func (s *Server) ingestConn(ctx context.Context, agent string, b []byte, now time.Time) error {
	if len(b) == 0 {
		return nil // a retained message that was cleared
	}
	c, err := decode[wire.Conn](b)
	if err != nil {
		return err
	}
	if c.Seq > math.MaxInt64 || len(c.BootID) > maxName {
		return errors.New("connection number out of range")
	}
	return s.store.Update(ctx, func(t *store.Tx) error {
		a, err := t.Agent(agent)
		if err != nil {
			return err
		}
		current := c.BootID == a.BootID && c.Seq == a.ConnSeq
		stale := c.BootID == a.BootID && c.Seq < a.ConnSeq
		if stale || (!c.Online && !current) {
			return nil
		}
		if c.Online {
			if err := s.watchBoot(t, &a, c.BootID, now); err != nil {
				return err
			}
			a.ConnSeq, a.LastSeen = c.Seq, now
		}
		setOnline(&a, c.Online, now)
		return t.PutAgent(a)
	})
}

func setOnline(a *store.Agent, online bool, now time.Time) {
	if a.Online != online {
		a.Online, a.Changed = online, now
	}
}

// maxName bounds the names that agents choose, in bytes.
const maxName = 256

// ingestHello answers with the signed time and what is already safe, and
// brings the desired document again.
func (s *Server) ingestHello(ctx context.Context, agent string, b []byte, now time.Time) error {
	h, err := decode[wire.Hello](b)
	if err != nil {
		return err
	}
	if h.Seq > math.MaxInt64 || h.Head > math.MaxInt64 || h.Tail > math.MaxInt64 || h.Generation > math.MaxInt64 || h.KeyEpoch > math.MaxInt64 ||
		h.Stream == "" || len(h.Stream) > maxName || len(h.BootID) > maxName || len(h.Nonce) > maxName || len(h.Version) > maxName {
		return errors.New("hello with a number or name out of range")
	}
	var ack wire.Ack
	err = s.store.Update(ctx, func(t *store.Tx) error {
		a, err := t.Agent(agent)
		if err != nil {
			return err
		}
		if err := s.openStream(t, &a, h.Stream, now); err != nil {
			return err
		}
		if err := s.watchBoot(t, &a, h.BootID, now); err != nil {
			return err
		}
		a.ConnSeq, a.Version, a.LastSeen = h.Seq, h.Version, now
		if err := s.believeGeneration(t, &a, h, now); err != nil {
			return err
		}
		setOnline(&a, true, now)
		if err := t.PutAgent(a); err != nil {
			return err
		}
		if err := s.missing(t, a, h, now); err != nil {
			return err
		}
		ack.Stream = h.Stream
		if ack.Upto, err = t.Upto(agent, h.Stream); err != nil {
			return err
		}
		if ack.Upto > h.Head {
			// More is here than the agent wrote. It sends what it has, so that
			// the two can be compared, before anything is called safe.
			ack.Upto = h.Head
			if h.Tail > 0 {
				ack.Upto = h.Tail - 1
			}
			if err := s.double(t, a, "events are here that the gateway has not written", now); err != nil {
				return err
			}
		}
		ack.Epoch, err = t.Meta(metaEpoch)
		return err
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.nonces[agent] = h.Nonce
	s.mu.Unlock()
	s.mark(agent)
	return s.acknowledge(ctx, agent, ack)
}

// watchBoot notes a restart, and tells when an earlier run of the agent comes
// back: two that run at once, with one password.
func (s *Server) watchBoot(t *store.Tx, a *store.Agent, boot string, now time.Time) error {
	if boot == a.BootID {
		return nil
	}
	if boot == a.PrevBoot && boot != "" {
		if err := s.double(t, *a, "two gateways take turns under this name", now); err != nil {
			return err
		}
	}
	a.PrevBoot, a.BootID = a.BootID, boot
	return nil
}

// double raises the alert that an agent's password is used twice. Only a new
// password, or the gateway's removal, ends it.
func (s *Server) double(t *store.Tx, a store.Agent, why string, now time.Time) error {
	key := "double/" + a.ID
	_, err := t.OpenAlert(key)
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if err := t.Audit(store.Entry{At: now, Who: a.ID, What: "two histories under one name", Detail: why}); err != nil {
		return err
	}
	return t.Raise(store.Alert{
		Key: key, Kind: ui.AlertDouble, Agent: a.ID, Site: firstSite(a), Subject: a.ID, Severity: string(rules.Critical), Since: now, Due: now, Detail: why,
	})
}

// believeGeneration takes over what an agent says of the document it has. A
// number that no backup explains is not believed: the next document would have
// to be beyond it, and soon none could be.
func (s *Server) believeGeneration(t *store.Tx, a *store.Agent, h wire.Hello, now time.Time) error {
	have, err := t.Generation(a.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if h.KeyEpoch > max(keyEpoch, have.KeyEpoch) || h.Generation > have.Generation+maxAhead {
		return t.Audit(store.Entry{
			At: now, Who: a.ID, What: "agent claims a document that was never made",
			Detail: fmt.Sprintf("epoch %d generation %d; the database has %d and %d", h.KeyEpoch, h.Generation, have.KeyEpoch, have.Generation),
		})
	}
	a.KeyEpoch, a.Generation = h.KeyEpoch, h.Generation
	return nil
}

// openStream makes a stream of events known and tells when an agent began a
// new history.
func (s *Server) openStream(t *store.Tx, a *store.Agent, stream string, now time.Time) error {
	fresh, err := t.Stream(a.ID, stream, now)
	if err != nil {
		return err
	}
	if fresh && a.Stream != "" {
		if err := t.Audit(store.Entry{At: now, Who: a.ID, What: "history restarted", Detail: "stream " + stream + " follows " + a.Stream}); err != nil {
			return err
		}
	}
	a.Stream = stream
	return nil
}

// missing finds events that the agent gave up because this server, before its
// database was restored, had acknowledged them.
func (s *Server) missing(t *store.Tx, a store.Agent, h wire.Hello, now time.Time) error {
	upto, err := t.Upto(a.ID, h.Stream)
	if err != nil {
		return err
	}
	last := h.Head
	if h.Tail > 0 {
		last = h.Tail - 1
	}
	if last <= upto {
		return nil
	}
	if last > upto+maxAhead {
		return fmt.Errorf("stream %s begins at %d, but only %d are known: no backup explains that", h.Stream, last+1, upto)
	}
	if err := t.Lost(a.ID, h.Stream, upto+1, last, now); err != nil {
		return err
	}
	if err := t.SetMeta(metaEpoch, newID()); err != nil {
		return err
	}
	return t.Audit(store.Entry{
		At: now, Who: a.ID, What: "events are missing for good",
		Detail: fmt.Sprintf("stream %s, %d to %d: the agent was told that they were safe, but the database does not have them", h.Stream, upto+1, last),
	})
}

// ingestReported stores the whole state of an agent.
func (s *Server) ingestReported(ctx context.Context, agent string, b []byte, now time.Time) error {
	if len(b) == 0 {
		return nil
	}
	rep, err := decode[wire.Reported](b)
	if err != nil {
		return err
	}
	return s.store.Update(ctx, func(t *store.Tx) error {
		a, err := t.Agent(agent)
		if err != nil {
			return err
		}
		if err := t.SawAgent(agent, now); err != nil {
			return err
		}
		if err := t.PutReported(agent, notAfter(rep.At, now), b); err != nil {
			return err
		}
		for _, c := range rep.Cameras {
			if err := s.takeCamera(t, a, store.Camera{Agent: agent, State: c}, now); err != nil {
				return err
			}
		}
		return nil
	})
}

// ingestEvents stores a batch and all that follows from it in one transaction,
// and only then acknowledges.
func (s *Server) ingestEvents(ctx context.Context, agent string, b []byte, now time.Time) error {
	batch, err := decodeBatch(b)
	if err != nil || len(batch.Events) == 0 {
		return err
	}
	stream := batch.Events[0].Stream
	ack := wire.Ack{Stream: stream}
	err = s.store.Update(ctx, func(t *store.Tx) error {
		a, err := t.Agent(agent)
		if err != nil {
			return err
		}
		if err := s.openStream(t, &a, stream, now); err != nil {
			return err
		}
		a.LastSeen = now
		if err := t.PutAgent(a); err != nil {
			return err
		}
		upto, err := t.Upto(agent, stream)
		if err != nil {
			return err
		}
		for _, e := range batch.Events {
			if e.Seq > upto+maxAhead {
				return fmt.Errorf("event %d is far beyond the last one, %d", e.Seq, upto)
			}
			added, err := t.AddEvent(agent, e, now)
			if err != nil {
				return err
			}
			switch added {
			case store.Fresh:
				err = s.take(t, a, e, now)
			case store.Conflict:
				err = s.double(t, a, fmt.Sprintf("event %d of stream %s came with two contents", e.Seq, clip(e.Stream)), now)
			case store.Known:
			}
			if err != nil {
				return err
			}
		}
		if ack.Upto, err = t.Advance(agent, stream, now); err != nil {
			return err
		}
		if ack.Epoch, err = t.Meta(metaEpoch); err != nil {
			return err
		}
		if s.config.Simulate.NeverCommit {
			return errSimulated
		}
		if s.config.Simulate.AtCommit != nil {
			s.config.Simulate.AtCommit(false)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if s.config.Simulate.AtCommit != nil {
		s.config.Simulate.AtCommit(true)
	}
	return s.acknowledge(ctx, agent, ack)
}

// decodeBatch reads and checks a batch of one stream.
func decodeBatch(b []byte) (wire.Batch, error) {
	batch, err := decode[wire.Batch](b)
	if err != nil {
		return batch, err
	}
	for i, e := range batch.Events {
		switch {
		case e.Stream == "" || len(e.Stream) > maxName || e.Stream != batch.Events[0].Stream:
			return batch, fmt.Errorf("event %d of the batch: stream missing, too long or another than before", i)
		case e.Seq == 0 || e.Seq > math.MaxInt64:
			return batch, fmt.Errorf("event %d of the batch: number %d out of range", i, e.Seq)
		case len(e.Type) > maxName || len(e.Subject) > maxName:
			return batch, fmt.Errorf("event %d of the batch: type or subject longer than %d bytes", i, maxName)
		}
	}
	return batch, nil
}

// take draws the consequences of one new event. An event whose data cannot be
// read is kept and noted, and does not hold up those after it.
func (s *Server) take(t *store.Tx, a store.Agent, e wire.Event, now time.Time) error {
	note := func(what, detail string) error {
		return t.Audit(store.Entry{At: now, Who: a.ID, What: what, Detail: detail})
	}
	unreadable := func(err error) error {
		s.log.Warn("event cannot be read", "agent", a.ID, "seq", e.Seq, "type", e.Type, "err", err)
		return note("event cannot be read", fmt.Sprintf("number %d of type %s", e.Seq, e.Type))
	}
	if len(e.Data) > maxEvent {
		return unreadable(fmt.Errorf("it says %d bytes; the limit is %d", len(e.Data), maxEvent))
	}
	switch e.Type {
	case wire.EventFinding:
		f, err := readFinding(e)
		if err != nil {
			return unreadable(err)
		}
		f.Agent, f.Stream, f.Seq = a.ID, e.Stream, e.Seq
		return s.takeFinding(t, a, f, now)
	case wire.EventShown, wire.EventOrdered, wire.EventRestored:
		c, err := decode[wire.CameraState](e.Data)
		if err != nil {
			return unreadable(err)
		}
		return s.takeCamera(t, a, store.Camera{Agent: a.ID, State: c, Stream: e.Stream, Seq: e.Seq}, now)
	case wire.EventRefused, wire.EventDesired:
		r, err := decode[wire.DesiredResult](e.Data)
		if err != nil {
			return unreadable(err)
		}
		return s.takeResult(t, a, e, r, now)
	case wire.EventDropped:
		d, err := decode[wire.Dropped](e.Data)
		if err != nil {
			return unreadable(err)
		}
		return note("status events given up for want of room", fmt.Sprintf("%d", d.Count))
	case wire.EventClock:
		c, err := decode[wire.ClockDoubt](e.Data)
		if err != nil {
			return unreadable(err)
		}
		return note("clock in doubt", said(c.What))
	default:
		return nil
	}
}

// owns tells whether an agent speaks for a site. What it says about others is
// kept as an event and believed nowhere.
func owns(a store.Agent, site string) bool { return slices.Contains(a.Sites, site) }

// acknowledge tells the agent what the database has.
func (s *Server) acknowledge(ctx context.Context, agent string, ack wire.Ack) error {
	s.mu.Lock()
	ack.Nonce = s.nonces[agent]
	s.mu.Unlock()
	ack.Tenant, ack.Agent, ack.Time = s.config.Tenant, agent, time.Now().UTC()
	env, err := wire.Seal(wire.TypeAck, ack, s.key)
	if err != nil {
		return err
	}
	return s.publish(ctx, wire.Topic(s.config.Tenant, agent, wire.KindAck), env, false)
}
