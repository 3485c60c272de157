package server_test

import (
	"context"
	"net"
	"os/user"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/policy/server"
	"github.com/lensdop/lensdop/policy/server/store"
	"github.com/lensdop/lensdop/policy/wire"
	"github.com/lensdop/lensdop/policy/wire/mqtt"
)

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func userName(t *testing.T) string {
	t.Helper()
	u, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	return u.Username
}

func view(t *testing.T, b *bench, fn func(*store.Tx) error) {
	t.Helper()
	if err := server.View(t.Context(), b.Server, fn); err != nil {
		t.Fatal(err)
	}
}

func TestEventsAreStoredOnceAndAcknowledgedAfter(t *testing.T) {
	eachBroker(t, func(t *testing.T, start func(server.Config) *bench) {
		b := start(config(t, t.TempDir()))
		b.addAgent(t, agent1)
		g := b.connect(t, agent1, 1)
		if a := g.hello(t, wire.Hello{Seq: 1}); a.Upto != 0 || a.Stream != "s1" || a.Epoch == "" {
			t.Fatalf("ack of hello: %+v", a)
		}
		g.publish(t, wire.KindEvents, plain(1, 3), false)
		g.acked(t, 3)
		g.publish(t, wire.KindEvents, plain(2, 5), false) // partly again
		g.acked(t, 5)
		n := g.countAcks()
		g.publish(t, wire.KindEvents, plain(8, 9), false) // 6 and 7 are missing
		until(t, "ack of the batch after the gap", func() bool { return g.countAcks() > n })
		if up := g.lastAck().Upto; up != 5 {
			t.Errorf("acknowledged up to %d over a gap", up)
		}
		view(t, b, func(tx *store.Tx) error {
			gaps, err := tx.Gaps(agent1)
			if err == nil && (len(gaps) != 1 || gaps[0].First != 6 || gaps[0].Last != 7 || !gaps[0].Filled.IsZero()) {
				t.Errorf("gaps: %+v", gaps)
			}
			return err
		})
		g.publish(t, wire.KindEvents, plain(7, 7), false) // in the wrong order
		g.publish(t, wire.KindEvents, plain(6, 6), false)
		g.acked(t, 9)
		view(t, b, func(tx *store.Tx) error {
			n, err := tx.CountEvents(agent1, "s1")
			if n != 9 {
				t.Errorf("%d events stored, want 9", n)
			}
			gaps, err2 := tx.Gaps(agent1)
			if slices.ContainsFunc(gaps, func(g store.Gap) bool { return g.Filled.IsZero() }) {
				t.Errorf("gaps left: %+v", gaps)
			}
			if err == nil {
				err = err2
			}
			return err
		})
	})
}

func TestNothingIsAcknowledgedBeforeTheCommit(t *testing.T) {
	dir := t.TempDir()
	c := config(t, dir)
	c.Simulate.NeverCommit = true
	b := start(t, c)
	b.addAgent(t, agent1)
	g := b.connect(t, agent1, 1)
	g.hello(t, wire.Hello{Seq: 1})
	g.publish(t, wire.KindEvents, plain(1, 3), false)
	until(t, "the failed commit in the log", func() bool { return strings.Contains(b.logText(), "never commits") })
	g.hello(t, wire.Hello{Seq: 2, Head: 3, Tail: 1}) // everything sent before has been handled now
	if up := g.lastAck().Upto; up != 0 {
		t.Errorf("acknowledged up to %d without a commit", up)
	}
	b.stop()
	g.drop()

	c.Simulate.NeverCommit = false
	b = start(t, c)
	g = b.connect(t, agent1, 3)
	if a := g.hello(t, wire.Hello{Seq: 3, Head: 3, Tail: 1}); a.Upto != 0 {
		t.Errorf("after restart up to %d", a.Upto)
	}
	g.publish(t, wire.KindEvents, plain(1, 3), false)
	g.acked(t, 3)
}

func TestEventsThatTheDatabaseLostAreNamed(t *testing.T) {
	b := start(t, config(t, t.TempDir()))
	b.addAgent(t, agent1)
	g := b.connect(t, agent1, 1)
	before := g.hello(t, wire.Hello{Seq: 1}).Epoch
	// The agent was once told that all up to 10 are safe.
	a := g.hello(t, wire.Hello{Seq: 2, Head: 12, Tail: 11})
	if a.Upto != 10 || a.Epoch == before {
		t.Errorf("ack %+v, epoch before %s", a, before)
	}
	g.publish(t, wire.KindEvents, plain(11, 12), false)
	g.acked(t, 12)
	view(t, b, func(tx *store.Tx) error {
		gaps, err := tx.Gaps(agent1)
		if err == nil && (len(gaps) != 1 || !gaps[0].Lost || gaps[0].First != 1 || gaps[0].Last != 10 || !gaps[0].Filled.IsZero()) {
			t.Errorf("gaps: %+v", gaps)
		}
		return err
	})
}

func TestAnEventThatCannotBeReadHoldsUpNothing(t *testing.T) {
	b := start(t, config(t, t.TempDir()))
	b.addAgent(t, agent1)
	g := b.connect(t, agent1, 1)
	g.hello(t, wire.Hello{Seq: 1})
	g.say(t, wire.EventFinding, "x", 17)
	g.say(t, wire.EventShown, "x", "text")
	g.say(t, "future.kind", "x", map[string]any{"a": 1})
	view(t, b, func(tx *store.Tx) error {
		trail, err := tx.Trail(100)
		n := 0
		for _, e := range trail {
			if e.What == "event cannot be read" {
				n++
			}
		}
		if n != 2 {
			t.Errorf("%d unreadable events noted, want 2", n)
		}
		return err
	})
}

func TestAnAgentSpeaksForItsOwnSiteOnly(t *testing.T) {
	b := start(t, config(t, t.TempDir()))
	if _, err := b.AddAgent(t.Context(), agent1, "elsewhere", agentPassword); err != nil {
		t.Fatal(err)
	}
	g := b.connect(t, agent1, 1)
	g.hello(t, wire.Hello{Seq: 1})
	g.say(t, wire.EventShown, "hal-noord", wire.CameraState{Camera: "hal-noord", Site: site, Ordered: "whole", Obeys: true})
	view(t, b, func(tx *store.Tx) error {
		cameras, err := tx.Cameras()
		if len(cameras) != 0 {
			t.Errorf("believed: %+v", cameras)
		}
		return err
	})
}

func TestDesiredGrowsAndIsSeededAgain(t *testing.T) {
	eachBroker(t, func(t *testing.T, start func(server.Config) *bench) {
		dir := t.TempDir()
		b := start(config(t, dir))
		b.addAgent(t, agent1)
		b.addAgent(t, agent2)
		g, h := b.connect(t, agent1, 1), b.connect(t, agent2, 1)
		g.hello(t, wire.Hello{Seq: 1})
		h.hello(t, wire.Hello{Seq: 1})
		for _, x := range []*gateway{g, h} {
			until(t, "first document", func() bool { return x.lastDesired().Generation >= 1 })
			if d := x.lastDesired(); d.Agent != x.id || d.Tenant != tenant || !strings.Contains(d.Protocol, "lensmonde") || d.Expires.Before(time.Now()) {
				t.Errorf("document of %s is for %s in %s", x.id, d.Agent, d.Tenant)
			}
		}
		first := g.lastDesired().Generation
		b.decideForTest(t, time.Hour)
		for _, x := range []*gateway{g, h} {
			until(t, "document with the decision", func() bool { return len(x.lastDesired().Decisions) == 1 })
		}
		second := g.lastDesired()
		if second.Generation <= first || !covers(second, 4) {
			t.Errorf("generation %d after %d, calendar %v", second.Generation, first, second.Calendar)
		}
		// The agent is ahead, as after a backup was put back.
		g.hello(t, wire.Hello{Seq: 2, KeyEpoch: second.KeyEpoch, Generation: second.Generation + 40})
		until(t, "a higher number than the agent's", func() bool { return g.lastDesired().Generation == second.Generation+41 })
		b.stop()
		g.drop()
		b = start(config(t, dir))
		g = b.connect(t, agent1, 3)
		g.hello(t, wire.Hello{Seq: 3, KeyEpoch: 1, Generation: second.Generation + 41})
		until(t, "the document after a restart", func() bool { return g.lastDesired().Generation >= second.Generation+41 })
		if d := g.lastDesired(); d.Generation != second.Generation+41 {
			t.Errorf("nothing changed, but the generation is %d", d.Generation)
		}
	})
}

func TestALateDeathMeansNothing(t *testing.T) {
	b := start(t, config(t, t.TempDir()))
	b.addAgent(t, agent1)
	g := b.connect(t, agent1, 7)
	g.hello(t, wire.Hello{Seq: 7})
	online := func() (on bool) {
		view(t, b, func(tx *store.Tx) error {
			a, err := tx.Agent(agent1)
			on = a.Online
			return err
		})
		return on
	}
	for _, late := range []wire.Conn{
		{BootID: g.boot, Seq: 6, Online: true}, {BootID: g.boot, Seq: 6}, {BootID: "an-older-boot", Seq: 7},
	} {
		g.publish(t, wire.KindConn, late, true)
	}
	g.say(t, wire.EventStarted, "", wire.Started{}) // all before it has been handled
	if !online() {
		t.Error("a late death was believed")
	}
	g.publish(t, wire.KindConn, wire.Conn{BootID: g.boot, Seq: 7}, true)
	until(t, "the death of this connection", func() bool { return !online() })
}

// The access rules are the same with both brokers: what an agent must not do
// has no effect, whatever the broker answers.
func TestAccessRules(t *testing.T) {
	eachBroker(t, func(t *testing.T, start func(server.Config) *bench) {
		b := start(config(t, t.TempDir()))
		b.addAgent(t, agent1)
		b.addAgent(t, agent2)
		victim := b.connect(t, agent2, 1)
		victim.hello(t, wire.Hello{Seq: 1})
		until(t, "the victim's document", func() bool { return victim.lastDesired().Generation > 0 })

		evil := encode(map[string]string{"evil": "yes"})
		attack := func(c mqtt.Config, do func(ctx context.Context, c *mqtt.Conn) error) error {
			c.Broker, c.TLS, c.MinDelay, c.MaxDelay = b.broker, b.tls, 50*time.Millisecond, 200*time.Millisecond
			if c.ClientID == "" {
				c.ClientID, c.User, c.Password = agent1, agent1, agentPassword
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			var result error
			_ = mqtt.Run(ctx, c, func(ctx context.Context, conn *mqtt.Conn) error {
				result = do(ctx, conn)
				cancel()
				return nil
			}, func(mqtt.Message) {})
			return result
		}
		for name, m := range map[string]mqtt.Message{
			"desired of another":         {Topic: wire.Topic(tenant, agent2, wire.KindDesired)},
			"desired of another, kept":   {Topic: wire.Topic(tenant, agent2, wire.KindDesired), Retain: true},
			"ack of another":             {Topic: wire.Topic(tenant, agent2, wire.KindAck)},
			"server state":               {Topic: wire.ServerTopic(tenant), Retain: true},
			"own desired":                {Topic: wire.Topic(tenant, agent1, wire.KindDesired), Retain: true},
			"events of another":          {Topic: wire.Topic(tenant, agent2, wire.KindEvents)},
			"conn of another":            {Topic: wire.Topic(tenant, agent2, wire.KindConn), Retain: true},
			"another tenant":             {Topic: wire.Topic("elsewhere", agent1, wire.KindEvents)},
			"something that is no topic": {Topic: "hello/world"},
		} {
			t.Run("publish "+name, func(*testing.T) {
				m.Payload = evil
				_ = attack(mqtt.Config{}, func(ctx context.Context, c *mqtt.Conn) error { return c.Publish(ctx, m) })
			})
		}
		heard := make(chan mqtt.Message, 100)
		for _, filter := range []string{
			"#", "+/+/+/+/+/+", "lensdop/v1/" + tenant + "/a/+/desired", wire.Topic(tenant, agent2, wire.KindDesired), wire.Topic(tenant, agent2, wire.KindEvents),
		} {
			t.Run("subscribe "+strings.ReplaceAll(filter, "/", "."), func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
				defer cancel()
				_ = mqtt.Run(ctx, mqtt.Config{Broker: b.broker, TLS: b.tls, ClientID: agent1, User: agent1, Password: agentPassword}, func(ctx context.Context, c *mqtt.Conn) error {
					_ = c.Subscribe(ctx, filter)
					victim.publish(t, wire.KindEvents, plain(1, 1), false) //nolint:contextcheck // the victim's own connection
					b.decideForTest(t, time.Hour)                          //nolint:contextcheck // a person's, not the attacker's
					return nil
				}, func(m mqtt.Message) { heard <- m })
			})
		}
		close(heard)
		for m := range heard {
			if m.Topic != wire.ServerTopic(tenant) && !strings.HasPrefix(m.Topic, "lensdop/v1/"+tenant+"/a/"+agent1+"/") {
				t.Errorf("agent 1 heard %s", m.Topic)
			}
		}

		for name, c := range map[string]mqtt.Config{
			"wrong password":   {ClientID: agent1, User: agent1, Password: "guessed-password-1"},
			"unknown agent":    {ClientID: "polder-9", User: "polder-9", Password: agentPassword},
			"as the server":    {ClientID: "server", User: "server", Password: agentPassword},
			"without password": {ClientID: agent1, User: agent1},
		} {
			t.Run(name, func(t *testing.T) {
				in := false
				_ = attack(c, func(context.Context, *mqtt.Conn) error { in = true; return nil })
				if in {
					t.Error("got in")
				}
			})
		}
		if b.MQTTAddr() != "" { // the external broker takes the user name as client id instead of refusing
			in := false
			_ = attack(mqtt.Config{ClientID: agent2, User: agent1, Password: agentPassword}, func(context.Context, *mqtt.Conn) error { in = true; return nil })
			if in {
				t.Error("agent 1 got in under the client id of agent 2")
			}
		}

		// A will on the victim's topics, let go off by a connection that breaks.
		for _, k := range []wire.Kind{wire.KindDesired, wire.KindAck, wire.KindConn} {
			breakWithWill(t, b, agent1, mqtt.Message{Topic: wire.Topic(tenant, agent2, k), Payload: evil, Retain: true})
		}

		// What came of it all: the victim is not dead, and a newcomer under its
		// name sees only the server's words.
		view(t, b, func(tx *store.Tx) error {
			a, err := tx.Agent(agent2)
			if !a.Online {
				t.Error("a foreign death was believed")
			}
			return err
		})
		victim.hello(t, wire.Hello{Seq: 1})
		victim.drop()
		<-victim.done
		fresh := b.connect(t, agent2, 2)
		until(t, "the kept document", func() bool { return fresh.lastDesired().Generation > 0 })
		fresh.hello(t, wire.Hello{Seq: 2})
		for _, x := range []*gateway{victim, fresh} {
			x.mu.Lock()
			for _, m := range x.other {
				if strings.Contains(string(m.Payload), "evil") {
					t.Errorf("evil arrived on %s", m.Topic)
				}
			}
			for _, d := range x.desired {
				if d.Agent != agent2 {
					t.Errorf("document of %s arrived", d.Agent)
				}
			}
			x.mu.Unlock()
		}
	})
}
