package agent

import (
	"encoding/json"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/lensdop/lensdop/policy/wire"
)

// open lets everybody in.
type open struct{ mochi.HookBase }

func (*open) Provides(b byte) bool {
	return b == mochi.OnConnectAuthenticate || b == mochi.OnACLCheck
}
func (*open) OnConnectAuthenticate(*mochi.Client, packets.Packet) bool { return true }
func (*open) OnACLCheck(*mochi.Client, string, bool) bool              { return true }

// testBroker is a broker with what a server would say.
type testBroker struct {
	*mochi.Server

	address string
}

func newBroker(t *testing.T) *testBroker {
	t.Helper()
	b := &testBroker{Server: mochi.New(&mochi.Options{InlineClient: true, Logger: slog.New(slog.DiscardHandler)})}
	if err := b.AddHook(new(open), nil); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b.address = "tcp://" + l.Addr().String()
	if err := b.AddListener(listeners.NewNet("test", l)); err != nil {
		t.Fatal(err)
	}
	if err := b.Serve(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func (b *testBroker) hear(t *testing.T, k wire.Kind, f func([]byte)) {
	t.Helper()
	if err := b.Subscribe(wire.Topic("lensmonde", "gw", k), 1, func(_ *mochi.Client, _ packets.Subscription, p packets.Packet) { f(p.Payload) }); err != nil {
		t.Fatal(err)
	}
}

func (b *testBroker) say(t *testing.T, k wire.Kind, payload []byte) {
	t.Helper()
	if err := b.Publish(wire.Topic("lensmonde", "gw", k), payload, k == wire.KindDesired, 1); err != nil {
		t.Error(err)
	}
}

func TestLinkToABrokerThatMayBeStolen(t *testing.T) {
	b := newBroker(t)
	var mu sync.Mutex
	var seqs []uint64
	var upto uint64
	var reported wire.Reported
	stream := ""
	lie := true
	b.hear(t, wire.KindHello, func(p []byte) {
		var h wire.Hello
		if err := json.Unmarshal(p, &h); err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		stream = h.Stream
		key := signer(1)
		if lie {
			key = signer(2)
		}
		a := wire.Ack{Tenant: "lensmonde", Agent: "gw", Epoch: "e", Time: noon().Add(time.Hour), Nonce: h.Nonce}
		b.say(t, wire.KindAck, mustJSON(t, seal(t, wire.TypeAck, a, key)))
		a.Nonce, a.Time = "old", noon().Add(48*time.Hour) // an answer to another question
		b.say(t, wire.KindAck, mustJSON(t, seal(t, wire.TypeAck, a, signer(1))))
	})
	b.hear(t, wire.KindEvents, func(p []byte) {
		var batch wire.Batch
		if err := json.Unmarshal(p, &batch); err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		for _, e := range batch.Events {
			if e.Seq == upto+1 {
				seqs, upto = append(seqs, e.Seq), e.Seq
			}
		}
		ack := wire.Ack{Tenant: "lensmonde", Agent: "gw", Stream: stream, Upto: upto}
		for _, forged := range []wire.Ack{
			{Tenant: "lensmonde", Agent: "gw", Stream: "another", Upto: 1 << 40},
			{Tenant: "lensmonde", Agent: "gw", Stream: stream, Upto: 1 << 40},
			{Tenant: "lensmonde", Agent: "other", Stream: stream, Upto: upto},
		} {
			b.say(t, wire.KindAck, mustJSON(t, seal(t, wire.TypeAck, forged, signer(1))))
		}
		b.say(t, wire.KindAck, mustJSON(t, ack)) // by whoever holds the broker
		b.say(t, wire.KindAck, mustJSON(t, seal(t, wire.TypeAck, ack, signer(2))))
		if !lie {
			b.say(t, wire.KindAck, mustJSON(t, seal(t, wire.TypeAck, ack, signer(1))))
		}
	})
	b.hear(t, wire.KindReported, func(p []byte) {
		mu.Lock()
		defer mu.Unlock()
		if err := json.Unmarshal(p, &reported); err != nil {
			t.Error(err)
		}
	})

	box := newBox()
	c := config(t.TempDir(), 1)
	c.Server.Broker = b.address
	g := newGateway(t, c, box.parts())
	defer g.close(t)
	g.at(noon(), false)
	b.say(t, wire.KindDesired, message(t, document(9), signer(2)))
	g.start(t)
	eventually(t, "events arrive", func() bool { mu.Lock(); defer mu.Unlock(); return upto > 0 })
	if s := g.Status(); s.ClockTrusted || s.Reported.Generation != 0 {
		t.Errorf("a liar was believed: %+v", s)
	}
	if acked, err := g.db.Acked(t.Context()); err != nil || acked != 0 {
		t.Errorf("acknowledged %d, %v", acked, err)
	}
	mu.Lock()
	lie = false
	mu.Unlock()
	eventually(t, "the clock is confirmed", func() bool { return g.Status().ClockTrusted })
	b.say(t, wire.KindDesired, message(t, document(1, deciding(t, signer(1), oneOff("works", noon().Add(time.Hour)))), signer(1)))
	eventually(t, "in force, reported and covered", func() bool {
		mu.Lock()
		defer mu.Unlock()
		for _, x := range reported.Cameras {
			if x.Camera == hallNoord && x.Obeys && x.Ordered == "whole" {
				return reported.Generation == 1
			}
		}
		return false
	})
	eventually(t, "everything is acknowledged", func() bool {
		acked, err := g.db.Acked(t.Context())
		return err == nil && acked > 3
	})
	now, _ := g.clock.now()
	if now.Before(noon().Add(time.Hour)) || now.After(noon().Add(2*time.Hour)) {
		t.Errorf("the time is %s", now)
	}
}
