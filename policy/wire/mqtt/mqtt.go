// Package mqtt owns the connection that carries wire messages between an agent
// and the policy server over MQTT 3.1.1: connecting, subscribing, publishing
// and coming back after a loss. It never looks into a payload, keeps nothing
// on a disk and promises nothing about delivery: MQTT may lose, repeat or
// reorder, and what must not be lost is acknowledged by wire.Ack after the
// server's commit.
package mqtt

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/url"
	"sync"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy/wire"
)

// Errors that callers tell apart with errors.Is.
var (
	// ErrRefused tells that the broker refuses the login or the client id.
	ErrRefused = errors.New("the broker refuses the login")
	// ErrDenied tells that the broker's access rules do not allow a subscription.
	ErrDenied = errors.New("the broker's access rules deny this")
	// ErrLost tells that the connection ended while something was under way.
	ErrLost = errors.New("the connection to the broker is lost")
	// ErrOverrun tells that messages came faster than they were handled. The
	// connection is given up then, since a new one brings the state anew.
	ErrOverrun = errors.New("messages come faster than they are handled")
)

// Defaults of Config.
const (
	DefaultMinDelay  = time.Second
	DefaultMaxDelay  = 5 * time.Minute
	DefaultKeepAlive = 30 * time.Second

	connectTimeout = 15 * time.Second
	writeTimeout   = 15 * time.Second
	// queueLength bounds the messages that wait for handle.
	queueLength = 1024
	// overhead is what a packet holds beside its payload: header and topic.
	overhead = 1 << 10
	// quiesce is how long a clean disconnect may take, in milliseconds.
	quiesce = 250
)

// Config tells where and as whom to connect. Zero values take the defaults.
type Config struct {
	// Broker is tcp://host:port or ssl://host:port.
	Broker string
	// ClientID must be unique at the broker: two clients with one id throw
	// each other out for ever.
	ClientID string
	User     string
	Password devices.Secret
	// TLS is used for ssl://; nil means the system's roots.
	TLS *tls.Config
	// Will returns the message that the broker sends when this connection dies
	// without a goodbye. It is asked anew before every connection, so that
	// each can carry its own number. May be nil.
	Will func() Message
	Log  *slog.Logger

	// MinDelay and MaxDelay bound the pause before a new attempt. The pause is
	// drawn evenly from 0 to a limit that doubles from MinDelay to MaxDelay, so
	// that a fleet does not come back as a herd.
	MinDelay, MaxDelay time.Duration
	KeepAlive          time.Duration
	// Dial replaces the network, for a broker in the same process.
	Dial func(ctx context.Context) (net.Conn, error)
}

// Message is one MQTT message.
type Message struct {
	Topic   string
	Payload []byte
	Retain  bool
}

// Conn is one connection. It is dead after its first loss: Run then makes a
// new one and calls up again.
type Conn struct {
	client paho.Client
	lost   chan struct{}
	once   sync.Once
	err    error
}

// Run connects, calls up for every connection made, and hands every message
// that arrives to handle, one at a time, from a goroutine of its own that runs
// beside up. It reconnects for as long as ctx lives and returns ctx's error
// once everything it started has ended.
//
// up subscribes and says what must be said first; its ctx ends with the
// connection. An error of up drops the connection and leads to a new attempt.
// handle may publish.
func Run(ctx context.Context, c Config, up func(context.Context, *Conn) error, handle func(Message)) error {
	if _, err := c.address(); err != nil && c.Dial == nil {
		return err
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.MinDelay = or(c.MinDelay, DefaultMinDelay)
	c.MaxDelay = max(or(c.MaxDelay, DefaultMaxDelay), c.MinDelay)
	c.KeepAlive = or(c.KeepAlive, DefaultKeepAlive)

	limit := c.MinDelay
	for {
		began := time.Now()
		err := c.once(ctx, up, handle)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if time.Since(began) > c.MaxDelay {
			limit = c.MinDelay
		}
		wait := time.Duration(rand.Int64N(int64(limit) + 1))
		c.Log.WarnContext(ctx, "no connection to the broker", "broker", c.Broker, "client", c.ClientID, "err", err, "retry_in", wait)
		limit = min(2*limit, c.MaxDelay)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

// once makes one connection and stays until it ends.
func (c Config) once(ctx context.Context, up func(context.Context, *Conn) error, handle func(Message)) error {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()

	conn := &Conn{lost: make(chan struct{})}
	queue := make(chan Message, queueLength)
	conn.client = paho.NewClient(c.options(ctx, conn, queue))

	token := conn.client.Connect()
	defer conn.client.Disconnect(quiesce)
	select {
	case <-token.Done():
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := token.Error(); err != nil {
		return c.explain(err)
	}
	c.Log.InfoContext(ctx, "connected to the broker", "broker", c.Broker, "client", c.ClientID)

	wg.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case m := <-queue:
				handle(m)
			}
		}
	})
	ended := make(chan error, 1)
	wg.Go(func() { ended <- up(ctx, conn) })
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-conn.lost:
			return conn.err
		case err := <-ended:
			if err != nil {
				return err
			}
			ended = nil
		}
	}
}

// options sets paho up as a bare carrier. Everything in it that stores,
// repeats or reconnects is off: its tokens report success for messages that
// never arrived, its file store does not sync, and its reconnecting has no
// jitter.
func (c Config) options(ctx context.Context, conn *Conn, queue chan<- Message) *paho.ClientOptions {
	o := paho.NewClientOptions().
		SetClientID(c.ClientID).
		SetUsername(c.User).
		SetPassword(string(c.Password)).
		SetProtocolVersion(4). // else a refused login is tried again as MQTT 3.1
		SetCleanSession(true).
		SetAutoReconnect(false).
		SetConnectRetry(false).
		SetResumeSubs(false).
		SetStore(paho.NewMemoryStore()).
		SetOrderMatters(true). // one delivery goroutine; ours never blocks it
		SetKeepAlive(c.KeepAlive).
		SetPingTimeout(min(10*time.Second, c.KeepAlive)).
		SetConnectTimeout(connectTimeout).
		SetWriteTimeout(writeTimeout).
		SetCustomOpenConnectionFn(func(*url.URL, paho.ClientOptions) (net.Conn, error) {
			nc, err := c.dial(ctx)
			if err != nil {
				return nil, err
			}
			return &limitConn{Conn: nc, limit: wire.MaxMessage + overhead}, nil
		}).
		SetConnectionLostHandler(func(_ paho.Client, err error) {
			conn.end(fmt.Errorf("%w: %w", ErrLost, err))
		}).
		SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) {
			// paho reads nothing else while this runs, pings included.
			select {
			case queue <- Message{Topic: m.Topic(), Payload: m.Payload(), Retain: m.Retained()}:
			default:
				conn.end(fmt.Errorf("%w: %d are waiting", ErrOverrun, queueLength))
			}
		})
	broker := c.Broker
	if c.Dial != nil {
		broker = "tcp://in-process"
	}
	o.AddBroker(broker)
	if c.Will != nil {
		w := c.Will()
		o.SetBinaryWill(w.Topic, w.Payload, 1, w.Retain)
	}
	return o
}

func (c *Conn) end(err error) {
	c.once.Do(func() {
		c.err = err
		close(c.lost)
	})
}

// Publish sends m with quality of service 1 and waits for the broker's
// acknowledgement. Success proves nothing about the receiver, nor even that
// the broker kept or allowed the message: use it for pacing only.
func (c *Conn) Publish(ctx context.Context, m Message) error {
	if len(m.Payload) > wire.MaxMessage {
		return fmt.Errorf("publish to %s: %d bytes; the limit is %d", m.Topic, len(m.Payload), wire.MaxMessage)
	}
	if err := c.wait(ctx, c.client.Publish(m.Topic, 1, m.Retain, m.Payload)); err != nil {
		return fmt.Errorf("publish to %s: %w", m.Topic, err)
	}
	return nil
}

// Subscribe asks for the topics with quality of service 1. It returns ErrDenied,
// wrapped, if the broker grants fewer than all of them.
func (c *Conn) Subscribe(ctx context.Context, topics ...string) error {
	if len(topics) == 0 {
		return nil
	}
	filters := make(map[string]byte, len(topics))
	for _, t := range topics {
		filters[t] = 1
	}
	token := c.client.SubscribeMultiple(filters, nil)
	if err := c.wait(ctx, token); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	// The token's error stays nil when the broker answers "failure" (MQTT 3.1.1 §3.9.3).
	granted, ok := token.(*paho.SubscribeToken)
	if !ok {
		return errors.New("subscribe: the answer of the broker cannot be read")
	}
	for topic, code := range granted.Result() {
		if code > 2 {
			return fmt.Errorf("subscribe to %s: %w; check the user and the access rules at the broker", topic, ErrDenied)
		}
	}
	return nil
}

// wait ends with the token, the connection or ctx: a token alone may hang, and
// may tell success for what died with the connection.
func (c *Conn) wait(ctx context.Context, t paho.Token) error {
	select {
	case <-t.Done():
		select {
		case <-c.lost:
			return c.err
		default:
			return t.Error()
		}
	case <-c.lost:
		return c.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// explain turns paho's words into ours.
func (c Config) explain(err error) error {
	switch {
	case errors.Is(err, packets.ErrorRefusedBadUsernameOrPassword),
		errors.Is(err, packets.ErrorRefusedNotAuthorised),
		errors.Is(err, packets.ErrorRefusedIDRejected):
		return fmt.Errorf("connect to %s as %s: %w; check id and password", c.Broker, c.ClientID, ErrRefused)
	default:
		return fmt.Errorf("connect to %s as %s: %w", c.Broker, c.ClientID, err)
	}
}

// address checks the broker's URL.
func (c Config) address() (*url.URL, error) {
	u, err := url.Parse(c.Broker)
	if err != nil {
		// The text may hold a password.
		return nil, errors.New("broker address cannot be read; write tcp://host:port or ssl://host:port")
	}
	if u.User != nil {
		return nil, errors.New("broker address holds a user; give user and password on their own")
	}
	if (u.Scheme != "tcp" && u.Scheme != "ssl") || u.Hostname() == "" || u.Port() == "" {
		return nil, fmt.Errorf("broker address %q: write tcp://host:port or ssl://host:port", c.Broker)
	}
	return u, nil
}

func (c Config) dial(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	if c.Dial != nil {
		return c.Dial(ctx)
	}
	u, err := c.address()
	if err != nil {
		return nil, err
	}
	if u.Scheme == "ssl" {
		config := &tls.Config{MinVersion: tls.VersionTLS12}
		if c.TLS != nil {
			config = c.TLS.Clone()
		}
		if config.ServerName == "" {
			config.ServerName = u.Hostname()
		}
		return (&tls.Dialer{Config: config}).DialContext(ctx, "tcp", u.Host)
	}
	return (&net.Dialer{}).DialContext(ctx, "tcp", u.Host)
}

func or(d, otherwise time.Duration) time.Duration {
	if d <= 0 {
		return otherwise
	}
	return d
}
