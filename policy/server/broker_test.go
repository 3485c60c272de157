package server

import (
	"log/slog"
	"testing"

	mochi "github.com/mochi-mqtt/server/v2"

	"github.com/lensdop/lensdop/policy/wire"
)

func TestTheGateAllowsOnlyWhatIsNamed(t *testing.T) {
	t.Parallel()
	g := &gate{brokerConfig: brokerConfig{tenant: "x", log: slog.New(slog.DiscardHandler)}}
	agent, inside := &mochi.Client{ID: "a"}, &mochi.Client{ID: serverUser}
	agent.Net.Listener, inside.Net.Listener = listenOutside, listenInside
	own := func(k wire.Kind) string { return wire.Topic("x", "a", k) }
	for _, c := range []struct {
		topic                                     string
		agentWrites, agentReads, serverMayPublish bool
	}{
		{own(wire.KindConn), true, false, false},
		{own(wire.KindHello), true, false, false},
		{own(wire.KindReported), true, false, false},
		{own(wire.KindEvents), true, false, false},
		{own(wire.KindDesired), false, true, true},
		{own(wire.KindAck), false, true, true},
		{own("future"), false, false, true},
		{wire.ServerTopic("x"), false, true, true},
		{wire.ServerTopic("y"), false, false, false},
		{wire.Topic("x", "b", wire.KindConn), false, false, false},
		{wire.Topic("x", "b", wire.KindDesired), false, false, true},
		{wire.Topic("y", "a", wire.KindEvents), false, false, false},
		{wire.Topic("y", "a", wire.KindDesired), false, false, false},
		{wire.Topic("x", "+", wire.KindDesired), false, false, false},
		{"#", false, false, false},
		{"$SYS/#", false, false, false},
		{"$share/g/" + own(wire.KindDesired), false, false, false},
		{"", false, false, false}, // a topic alias of MQTT 5 leaves the topic out
	} {
		for _, q := range []struct {
			who   string
			cl    *mochi.Client
			write bool
			want  bool
		}{
			{"agent publishes to", agent, true, c.agentWrites},
			{"agent subscribes to", agent, false, c.agentReads},
			{"server publishes to", inside, true, c.serverMayPublish},
			{"server subscribes to", inside, false, true},
		} {
			if got := g.OnACLCheck(q.cl, c.topic, q.write); got != q.want {
				t.Errorf("%s %q: %v", q.who, c.topic, got)
			}
		}
	}
}
