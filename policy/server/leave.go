package server

import (
	"context"
	"errors"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/lensdop/lensdop/policy/server/store"
	"github.com/lensdop/lensdop/policy/wire"
	"github.com/lensdop/lensdop/policy/wire/mqtt"
)

// dropLeft ends connections of gateways that were removed or have another
// password, and clears what the broker holds of the removed ones.
func (s *Server) dropLeft(ctx context.Context) error {
	if s.broker != nil {
		err := s.store.View(ctx, func(t *store.Tx) error {
			return s.broker.drop(t.Credential)
		})
		if err != nil {
			return err
		}
	}
	var left []string
	err := s.store.View(ctx, func(t *store.Tx) (err error) { left, err = t.Uncleared(); return err })
	if err != nil {
		return err
	}
	for _, id := range left {
		if s.broker != nil {
			if _, there := s.broker.mqtt.Clients.Get(id); there {
				continue // its will is still to come
			}
		}
		if err := s.clearRetained(ctx, id); err != nil {
			if errors.Is(err, errNotConnected) {
				return nil // the next tick comes soon
			}
			return err
		}
		if err := s.store.Update(ctx, func(t *store.Tx) error { return t.Cleared(id) }); err != nil {
			return err
		}
	}
	return nil
}

// clearRetained takes an agent's messages out of the broker: an empty one in
// their place (MQTT 3.1.1 §3.3.1.3).
func (s *Server) clearRetained(ctx context.Context, agent string) error {
	for _, k := range []wire.Kind{wire.KindDesired, wire.KindConn, wire.KindReported} {
		topic := wire.Topic(s.config.Tenant, agent, k)
		if s.broker != nil {
			s.broker.mqtt.Topics.RetainMessage(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Publish, Retain: true}, TopicName: topic})
			continue
		}
		s.mu.Lock()
		conn := s.conn
		s.mu.Unlock()
		if conn == nil {
			return errNotConnected
		}
		ctx, cancel := context.WithTimeout(ctx, publishTimeout)
		err := conn.Publish(ctx, mqtt.Message{Topic: topic, Retain: true})
		cancel()
		if err != nil {
			return err
		}
	}
	return nil
}

// drop ends the connections of agents whose credential is not the one that
// they logged in with.
func (b *broker) drop(credential func(agent string) (string, error)) error {
	for _, cl := range b.mqtt.Clients.GetAll() {
		if cl.Net.Listener != listenOutside || cl.Closed() {
			continue
		}
		now, err := credential(cl.ID)
		if err != nil {
			return err
		}
		if b.gate.credentialOf(cl.ID) == now && now != "" {
			continue
		}
		b.gate.log.Warn("mqtt connection ended: the gateway was removed or has another password", "client", clip(cl.ID), "remote", cl.Net.Remote)
		cl.Stop(packets.ErrNotAuthorized)
	}
	return nil
}

// credentialOf tells with which credential an agent last logged in.
func (g *gate) credentialOf(agent string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.logins[agent]
}
