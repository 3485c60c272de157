package agent

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/lensdop/lensdop/agent/state"
	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy/wire"
	"github.com/lensdop/lensdop/policy/wire/mqtt"
)

// The outbox sender's bounds.
const (
	batchEvents = 64
	batchBytes  = 64 << 10
	// ackPatience is how long an acknowledgement may take before the batch
	// is sent again.
	ackPatience = 10 * time.Second
)

// link is the agent's side of the line to the server.
type link struct {
	a        *Agent
	cfg      mqtt.Config
	acked    chan struct{}
	reported chan struct{} // the reported document changed

	// What up asks and handle answers: they run beside one another.
	mu    sync.Mutex
	nonce string
	sent  time.Time // of the hello that carries nonce
	seq   uint64    // of this connection
}

func newLink(a *Agent) (*link, error) {
	c := a.cfg.Server
	l := &link{a: a, acked: make(chan struct{}, 1), reported: make(chan struct{}, 1)}
	l.cfg = mqtt.Config{Broker: c.Broker, ClientID: a.cfg.Agent, User: a.cfg.Agent, Log: a.log}
	if c.PasswordFile != "" {
		b, err := readPrivate(c.PasswordFile, 4096)
		if err != nil {
			return nil, fmt.Errorf("server.password_file: %w", err)
		}
		l.cfg.Password = devices.Secret(strings.TrimSpace(string(b)))
	}
	if strings.HasPrefix(c.Broker, "ssl://") {
		t := &tls.Config{MinVersion: tls.VersionTLS12}
		if c.CA != "" {
			pem, err := os.ReadFile(c.CA)
			if err != nil {
				return nil, fmt.Errorf("server.ca: %w", err)
			}
			t.RootCAs = x509.NewCertPool()
			if !t.RootCAs.AppendCertsFromPEM(pem) {
				return nil, fmt.Errorf("server.ca %s holds no certificate in PEM form", c.CA)
			}
		}
		l.cfg.TLS = t
	}
	return l, nil
}

func (l *link) topic(k wire.Kind) string { return wire.Topic(l.a.cfg.Tenant, l.a.cfg.Agent, k) }

// run keeps the line up until ctx ends.
func (l *link) run(ctx context.Context) error {
	l.cfg.Will = func() mqtt.Message {
		var seq uint64
		if err := l.a.update(ctx, func(t *state.Tx) (err error) {
			seq, err = t.Next("connection")
			return err
		}); err != nil {
			l.a.log.ErrorContext(ctx, "the connection has no number", "err", err)
		}
		l.mu.Lock()
		l.seq = max(seq, l.seq)
		seq = l.seq
		l.mu.Unlock()
		m, err := l.message(wire.KindConn, true, wire.Conn{BootID: l.a.boot, Seq: seq})
		if err != nil {
			l.a.log.ErrorContext(ctx, "the will cannot be written", "err", err)
			return mqtt.Message{}
		}
		return *m
	}
	return mqtt.Run(ctx, l.cfg, l.up, func(m mqtt.Message) { l.handle(ctx, m) })
}

func (l *link) message(k wire.Kind, retain bool, v any) (*mqtt.Message, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("message %s: %w", k, err)
	}
	if len(b) > wire.MaxMessage {
		return nil, fmt.Errorf("message %s has %d bytes; the limit is %d", k, len(b), wire.MaxMessage)
	}
	return &mqtt.Message{Topic: l.topic(k), Payload: b, Retain: retain}, nil
}

func (l *link) publish(ctx context.Context, c *mqtt.Conn, k wire.Kind, retain bool, v any) error {
	m, err := l.message(k, retain, v)
	if err != nil {
		return err
	}
	return c.Publish(ctx, *m)
}

// up runs while a connection stands: it greets, then sends what the outbox
// holds and what changes, until the connection or ctx ends.
func (l *link) up(ctx context.Context, c *mqtt.Conn) error {
	if err := c.Subscribe(ctx, l.topic(wire.KindDesired), l.topic(wire.KindAck), wire.ServerTopic(l.a.cfg.Tenant)); err != nil {
		return err
	}
	if err := l.publish(ctx, c, wire.KindConn, true, wire.Conn{Online: true, BootID: l.a.boot, Seq: l.number()}); err != nil {
		return err
	}
	hello, err := l.hello(ctx)
	if err != nil {
		return err
	}
	if err := l.publish(ctx, c, wire.KindHello, false, hello); err != nil {
		return err
	}
	report := time.NewTicker(time.Duration(l.a.cfg.Every.Report))
	defer report.Stop()
	if err := l.publish(ctx, c, wire.KindReported, true, l.report()); err != nil {
		return err
	}
	sentTo := uint64(0)
	patience := time.NewTimer(ackPatience)
	defer patience.Stop()
	for {
		events, err := l.a.db.Pending(ctx, sentTo, batchEvents, batchBytes)
		if err != nil {
			return err
		}
		if len(events) > 0 {
			if err := l.publish(ctx, c, wire.KindEvents, false, wire.Batch{Events: events}); err != nil {
				return err
			}
			sentTo = events[len(events)-1].Seq
			patience.Reset(ackPatience)
		}
		var changed <-chan struct{}
		if len(events) == 0 {
			changed = l.a.db.Changed()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-l.acked:
			patience.Reset(ackPatience)
		case <-patience.C:
			acked, err := l.a.db.Acked(ctx)
			if err != nil {
				return err
			}
			sentTo = acked // what was sent and not acknowledged goes again
			patience.Reset(ackPatience)
		case <-changed:
		case <-l.reported:
			if err := l.publish(ctx, c, wire.KindReported, true, l.report()); err != nil {
				return err
			}
		case <-report.C:
			if err := l.publish(ctx, c, wire.KindReported, true, l.report()); err != nil {
				return err
			}
			if hello, err = l.hello(ctx); err != nil {
				return err
			}
			if err := l.publish(ctx, c, wire.KindHello, false, hello); err != nil {
				return err
			}
		}
	}
}

func (l *link) number() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.seq
}

// answers tells whether a nonce is that of our last question, and when that
// was asked. There is one answer to one question.
func (l *link) answers(nonce string) (sent time.Time, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if nonce == "" || nonce != l.nonce {
		return time.Time{}, false
	}
	l.nonce = ""
	return l.sent, true
}

// maxUnknown bounds how many unregistered devices are reported, and maxSaid
// what each says of itself, in bytes: whoever is on the cameras' network could
// make the report too large to send, and so cut the gateway off.
const (
	maxUnknown       = 64
	maxSaid          = 256
	maxReportedHints = 4
)

func (l *link) report() wire.Reported {
	r := l.a.Status().Reported
	if n := len(r.Unknown) - maxUnknown; n > 0 {
		l.a.log.Warn("more unregistered devices than are reported", "left_out", n)
		r.Unknown = r.Unknown[:maxUnknown]
	}
	for i := range r.Unknown {
		u := &r.Unknown[i]
		u.Name, u.Endpoint, u.Address = cut(u.Name, maxSaid), cut(u.Endpoint, maxSaid), cut(u.Address, maxSaid)
		u.Hints = u.Hints[:min(len(u.Hints), maxReportedHints)]
		for j, h := range u.Hints {
			u.Hints[j] = cut(h, maxSaid)
		}
	}
	for i := range r.Cameras {
		r.Cameras[i].Trouble = cut(r.Cameras[i].Trouble, maxReason)
	}
	return r
}

func (l *link) hello(ctx context.Context) (wire.Hello, error) {
	nonce := make([]byte, 16)
	if _, err := rand.Read(nonce); err != nil {
		return wire.Hello{}, err
	}
	asked := hex.EncodeToString(nonce)
	l.mu.Lock()
	l.nonce, l.sent = asked, time.Now()
	l.mu.Unlock()
	head, err := l.a.db.Head(ctx)
	if err != nil {
		return wire.Hello{}, err
	}
	first, err := l.a.db.Pending(ctx, 0, 1, batchBytes)
	if err != nil {
		return wire.Hello{}, err
	}
	h := wire.Hello{Nonce: asked, BootID: l.a.boot, Seq: l.number(), Version: l.a.version, Stream: l.a.db.Stream(), Head: head}
	h.KeyEpoch, h.Generation = l.a.generation()
	if len(first) > 0 {
		h.Tail = first[0].Seq
	}
	return h, nil
}

// handle takes one message of the server, beside up and in the order of
// arrival, so that a desired document does not wait for what is being sent. What is wrong with it is told and
// changes nothing.
func (l *link) handle(ctx context.Context, m mqtt.Message) {
	var err error
	switch m.Topic {
	case l.topic(wire.KindAck):
		err = l.takeAck(ctx, m.Payload)
	case l.topic(wire.KindDesired):
		err = l.a.takeDesired(ctx, m.Payload)
	case wire.ServerTopic(l.a.cfg.Tenant):
		// The retained time has no nonce: it says that the server lives, not what time it is.
	default:
		err = fmt.Errorf("unexpected topic %q", m.Topic)
	}
	if err != nil {
		l.a.log.WarnContext(ctx, "message refused", "topic", m.Topic, "err", err)
	}
}

func (l *link) takeAck(ctx context.Context, b []byte) error {
	var env wire.Envelope
	if err := wire.Decode(b, &env); err != nil {
		return err
	}
	var ack wire.Ack
	if _, err := l.a.trust.Open(env, wire.TypeAck, &ack); err != nil {
		return fmt.Errorf("acknowledgement: %w", err)
	}
	if ack.Tenant != l.a.cfg.Tenant || ack.Agent != l.a.cfg.Agent {
		return fmt.Errorf("acknowledgement is for %s/%s", cut(ack.Tenant, maxSaid), cut(ack.Agent, maxSaid))
	}
	if sent, ok := l.answers(ack.Nonce); ok {
		if err := l.a.confirmTime(ctx, ack.Time, sent); err != nil {
			l.a.log.WarnContext(ctx, "server time refused", "err", err)
		}
	}
	if ack.Stream == "" {
		return nil
	}
	if err := l.a.db.Acknowledge(ctx, ack.Stream, ack.Upto); err != nil {
		return err
	}
	select {
	case l.acked <- struct{}{}:
	default:
	}
	return nil
}

// tellReported makes the next message a fresh reported document.
func (l *link) tellReported() {
	select {
	case l.reported <- struct{}{}:
	default:
	}
}
