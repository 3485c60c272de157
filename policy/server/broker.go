package server

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy/wire"
)

const (
	// listenInside is the listener that exists only within this process; the
	// server's own user can log in nowhere else.
	listenInside  = "inside"
	listenOutside = "outside"
	serverUser    = "server"

	maxAgents = 20_000
)

// broker is the embedded MQTT broker. It stores nothing: the database is the
// truth, and the server seeds what is retained anew at every start and hello.
type broker struct {
	mqtt     *mochi.Server
	gate     *gate
	inside   *pipeListener
	outside  net.Listener
	password devices.Secret // of the server's own user, drawn at start
}

// brokerConfig sets the broker up.
type brokerConfig struct {
	tenant string
	listen string // host:port
	tls    *tls.Config
	log    *slog.Logger
	// login tells whether a password is the agent's, and names the credential.
	login func(agent string, password []byte) (credential string, ok bool)
}

// startBroker listens and serves until close.
func startBroker(ctx context.Context, c brokerConfig) (*broker, error) {
	caps := mochi.NewDefaultServerCapabilities()
	caps.MaximumClients = maxAgents
	caps.MaximumPacketSize = wire.MaxMessage + 1<<10
	caps.MaximumSessionExpiryInterval = 0
	caps.MaximumQos = 1
	caps.SharedSubAvailable = 0
	caps.MinimumProtocolVersion = 4
	b := &broker{
		password: devices.Secret(rand.Text()),
		inside:   newPipeListener(),
		// The library logs whole packets, payload and all, so its log is not ours.
		mqtt: mochi.New(&mochi.Options{Capabilities: caps, Logger: slog.New(slog.DiscardHandler)}),
	}
	h := &gate{brokerConfig: c, password: b.password, rates: map[string]rate{}, logins: map[string]string{}}
	b.gate = h
	if err := b.mqtt.AddHook(h, nil); err != nil {
		return nil, fmt.Errorf("mqtt broker: %w", err)
	}
	var err error
	if b.outside, err = (&net.ListenConfig{}).Listen(ctx, "tcp", c.listen); err != nil {
		return nil, fmt.Errorf("mqtt broker on %s: %w; is another broker running there", c.listen, err)
	}
	l := b.outside
	if c.tls != nil {
		l = tls.NewListener(l, c.tls)
	}
	err = errors.Join(b.mqtt.AddListener(listeners.NewNet(listenInside, b.inside)), b.mqtt.AddListener(listeners.NewNet(listenOutside, l)))
	if err == nil {
		err = b.mqtt.Serve()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("mqtt broker: %w", err), b.mqtt.Close())
	}
	return b, nil
}

func (b *broker) close() error {
	if err := b.mqtt.Close(); err != nil {
		return fmt.Errorf("close mqtt broker: %w", err)
	}
	return nil
}

// gate decides who may connect, publish and subscribe. What it does not allow
// is denied: there is no default.
type gate struct {
	mochi.HookBase
	brokerConfig
	password devices.Secret

	mu     sync.Mutex
	rates  map[string]rate   // by agent
	logins map[string]string // by agent: the credential it last came in with
}

// A gateway may publish burst messages at once and perSecond in the long run;
// an honest one waits for the server's acknowledgement. The server has one
// queue for all of them.
const (
	perSecond = 50
	burst     = 300
)

// rate is how much an agent may still publish, as of an instant.
type rate struct {
	left float64
	at   time.Time
}

// mayPublish counts one message of an agent.
func (g *gate) mayPublish(agent string, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	r, ok := g.rates[agent]
	if !ok {
		r = rate{left: burst, at: now}
	}
	r.left = min(burst, r.left+perSecond*now.Sub(r.at).Seconds()) - 1
	r.at = now
	g.rates[agent] = r
	return r.left >= 0
}

// ID names the hook.
func (*gate) ID() string { return "lensdop" }

// Provides lists the questions that gate answers.
func (*gate) Provides(b byte) bool {
	return bytes.Contains([]byte{mochi.OnConnect, mochi.OnConnectAuthenticate, mochi.OnACLCheck, mochi.OnPublish}, []byte{b})
}

// OnConnect refuses what no agent of ours does, before any password is looked
// at. The library publishes a will without asking the access rules, so a will
// on a foreign topic must be refused here.
func (g *gate) OnConnect(cl *mochi.Client, pk packets.Packet) error {
	refuse := func(why string) error {
		g.log.Warn("mqtt connection refused", "client", clip(cl.ID), "remote", cl.Net.Remote, "why", why)
		return packets.ErrNotAuthorized
	}
	switch {
	case pk.ProtocolVersion != 4:
		return refuse("not MQTT 3.1.1")
	case !pk.Connect.Clean:
		return refuse("asks for a stored session")
	case pk.Connect.WillFlag && (cl.Net.Listener == listenInside || pk.Connect.WillTopic != wire.Topic(g.tenant, cl.ID, wire.KindConn)):
		return refuse("will on a topic that is not its own conn")
	}
	return nil
}

// OnConnectAuthenticate checks the login. An agent's client id is its user
// name, so that nobody can throw another agent out.
func (g *gate) OnConnectAuthenticate(cl *mochi.Client, pk packets.Packet) bool {
	user, password := string(pk.Connect.Username), pk.Connect.Password
	ok := false
	if cl.Net.Listener == listenInside {
		ok = user == serverUser && cl.ID == serverUser && subtle.ConstantTimeCompare(password, []byte(g.password)) == 1
	} else if wire.CheckID(user) == nil && user == cl.ID {
		var credential string
		if credential, ok = g.login(user, password); ok {
			g.mu.Lock()
			g.logins[user] = credential
			g.mu.Unlock()
		}
	}
	if !ok {
		g.log.Warn("mqtt login refused", "client", clip(cl.ID), "remote", cl.Net.Remote)
	}
	return ok
}

// OnACLCheck decides about one topic or filter. Agents name topics in full, so
// a wildcard matches nothing that is allowed.
func (g *gate) OnACLCheck(cl *mochi.Client, topic string, write bool) bool {
	tenant, agent, kind, err := wire.ParseTopic(topic)
	ok := false
	switch {
	case cl.Net.Listener == listenInside:
		// The server says what agents do not, and hears everything.
		ok = !write || topic == wire.ServerTopic(g.tenant) || (err == nil && tenant == g.tenant && !wire.AgentMayPublish(kind))
	case topic == wire.ServerTopic(g.tenant):
		ok = !write
	case err == nil && tenant == g.tenant && agent == cl.ID:
		ok = write == wire.AgentMayPublish(kind)
		if !write {
			ok = kind == wire.KindDesired || kind == wire.KindAck
		}
	}
	if !ok {
		g.log.Warn("mqtt access denied", "client", cl.ID, "topic", clip(topic), "write", write)
	}
	return ok
}

// OnPublish refuses to keep what is not a state, and ends the connection of an
// agent that would drown the others.
func (g *gate) OnPublish(cl *mochi.Client, pk packets.Packet) (packets.Packet, error) {
	if cl.Net.Listener == listenInside {
		return pk, nil
	}
	if !g.mayPublish(cl.ID, time.Now()) {
		g.log.Warn("mqtt connection ended: the gateway publishes too much", "client", cl.ID, "remote", cl.Net.Remote, "per_second", perSecond)
		cl.Stop(packets.ErrQuotaExceeded)
		return pk, packets.ErrRejectPacket
	}
	if !pk.FixedHeader.Retain {
		return pk, nil
	}
	_, _, kind, err := wire.ParseTopic(pk.TopicName)
	if err != nil || (kind != wire.KindConn && kind != wire.KindReported) {
		g.log.Warn("mqtt message refused", "client", cl.ID, "topic", clip(pk.TopicName), "why", "asks to be retained")
		return pk, packets.ErrRejectPacket
	}
	return pk, nil
}
