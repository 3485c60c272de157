package server_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/examples"
	"github.com/lensdop/lensdop/policy/server"
	"github.com/lensdop/lensdop/policy/server/ui"
	"github.com/lensdop/lensdop/policy/wire"
	"github.com/lensdop/lensdop/policy/wire/mqtt"
)

const (
	tenant = "lensmonde"
	site   = "de-polder"
	agent1 = "polder-1"
	agent2 = "polder-2"

	agentPassword  = devices.Secret("correct-horse-battery")
	personPassword = "een heel lang wachtwoord"
)

func TestMain(m *testing.M) {
	if os.Getenv(helperDir) != "" {
		helper()
		return
	}
	goleak.VerifyTestMain(m)
}

// site under test: a server, its broker and what tests know of both.
type bench struct {
	*server.Server
	log    *bytes.Buffer
	logMu  *sync.Mutex
	broker string // address that agents dial
	tls    *tls.Config
	stop   func()
}

func config(t *testing.T, dir string) server.Config {
	t.Helper()
	return server.Config{
		Dir: dir, Tenant: tenant, Protocol: examples.Lensmonde, ProtocolName: "lensmonde.yaml",
		HTTPListen: "127.0.0.1:0", MQTTListen: "127.0.0.1:0",
		Timing: server.Timing{
			Tick: 20 * time.Millisecond, State: 100 * time.Millisecond, CoverGrace: 50 * time.Millisecond, UnprovenGrace: 50 * time.Millisecond,
			OfflineAfter: 50 * time.Millisecond, MailRetry: 50 * time.Millisecond, Reconnect: 50 * time.Millisecond,
		},
	}
}

type locked struct {
	mu *sync.Mutex
	b  *bytes.Buffer
}

func (l locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// start runs a server until the test or stop ends it.
func start(t *testing.T, c server.Config) *bench {
	t.Helper()
	b := &bench{log: &bytes.Buffer{}, logMu: &sync.Mutex{}}
	c.Log = slog.New(slog.NewTextHandler(locked{b.logMu, b.log}, &slog.HandlerOptions{Level: slog.LevelInfo}))
	s, err := server.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	b.Server = s
	b.broker = "tcp://" + s.MQTTAddr()
	if c.MQTTTLS != nil {
		b.broker = "ssl://" + s.MQTTAddr()
	}
	if c.External != nil {
		b.broker, b.tls = c.External.Broker, c.External.TLS
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	var once sync.Once
	b.stop = func() {
		once.Do(func() {
			cancel()
			select {
			case err := <-done:
				if err != nil {
					t.Errorf("server ended with %v", err)
				}
			case <-time.After(20 * time.Second):
				t.Error("server did not end")
			}
		})
	}
	t.Cleanup(func() {
		b.stop()
		if t.Failed() {
			t.Logf("server log:\n%s", b.logText())
		}
	})
	return b
}

func (b *bench) logText() string {
	b.logMu.Lock()
	defer b.logMu.Unlock()
	return b.log.String()
}

func (b *bench) addAgent(t *testing.T, id string) {
	t.Helper()
	if _, err := b.AddAgent(t.Context(), id, site, agentPassword); err != nil {
		t.Fatal(err)
	}
}

func (b *bench) addAccount(t *testing.T, name string, role ui.Role) {
	t.Helper()
	a := server.Account{Name: name, Role: role, Language: "nl"}
	if role == ui.RoleFacility {
		a.Sites = []string{site}
	}
	if err := b.AddAccount(t.Context(), a, personPassword); err != nil {
		t.Fatal(err)
	}
}

// until polls until cond holds.
func until(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(15 * time.Second); !cond(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for: %s", what)
		}
	}
}

// gateway is a fake agent that speaks the real wire.
type gateway struct {
	id, boot string
	trust    wire.Trust
	conn     *mqtt.Conn
	drop     context.CancelFunc // ends the connection with a goodbye
	done     chan struct{}

	mu      sync.Mutex
	acks    []wire.Ack
	desired []wire.Desired
	other   []mqtt.Message
	seq     uint64
}

// connect makes a gateway and waits until it is subscribed.
func (b *bench) connect(t *testing.T, id string, connSeq uint64) *gateway {
	t.Helper()
	key, err := wire.ParseKey(b.Key())
	if err != nil {
		t.Fatal(err)
	}
	g := &gateway{id: id, boot: "boot-" + id, trust: wire.Trust{key}, done: make(chan struct{})}
	c := mqtt.Config{
		Broker: b.broker, TLS: b.tls, ClientID: id, User: id, Password: agentPassword, MinDelay: time.Millisecond, MaxDelay: 50 * time.Millisecond,
		Will: func() mqtt.Message {
			return mqtt.Message{Topic: wire.Topic(tenant, id, wire.KindConn), Retain: true, Payload: encode(wire.Conn{BootID: g.boot, Seq: connSeq})}
		},
	}
	ctx, cancel := context.WithCancel(context.Background())
	g.drop = cancel
	ready := make(chan struct{}, 1)
	go func() {
		defer close(g.done)
		_ = mqtt.Run(ctx, c, func(ctx context.Context, conn *mqtt.Conn) error {
			if err := conn.Subscribe(ctx, wire.Topic(tenant, id, wire.KindDesired), wire.Topic(tenant, id, wire.KindAck), wire.ServerTopic(tenant)); err != nil {
				return err
			}
			g.mu.Lock()
			g.conn = conn
			g.mu.Unlock()
			select {
			case ready <- struct{}{}:
			default:
			}
			return nil
		}, g.take)
	}()
	t.Cleanup(func() { cancel(); <-g.done })
	select {
	case <-ready:
	case <-time.After(15 * time.Second):
		t.Fatal("gateway cannot connect")
	}
	return g
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

func (g *gateway) take(m mqtt.Message) {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, _, kind, _ := wire.ParseTopic(m.Topic)
	switch kind {
	case wire.KindAck:
		var e wire.Envelope
		var a wire.Ack
		if wire.Decode(m.Payload, &e) != nil {
			g.other = append(g.other, m)
			return
		}
		if _, err := g.trust.Open(e, wire.TypeAck, &a); err != nil || a.Agent != g.id {
			g.other = append(g.other, m)
			return
		}
		g.acks = append(g.acks, a)
	case wire.KindDesired:
		var e wire.Envelope
		var d wire.Desired
		if wire.Decode(m.Payload, &e) != nil {
			g.other = append(g.other, m)
			return
		}
		if _, err := g.trust.Open(e, wire.TypeDesired, &d); err != nil {
			g.other = append(g.other, m)
			return
		}
		g.desired = append(g.desired, d)
	default:
		g.other = append(g.other, m)
	}
}

func (g *gateway) publish(t *testing.T, k wire.Kind, v any, retain bool) {
	t.Helper()
	g.mu.Lock()
	conn := g.conn
	g.mu.Unlock()
	if err := conn.Publish(t.Context(), mqtt.Message{Topic: wire.Topic(tenant, g.id, k), Payload: encode(v), Retain: retain}); err != nil {
		t.Fatal(err)
	}
}

func (g *gateway) lastAck() wire.Ack {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.acks) == 0 {
		return wire.Ack{}
	}
	return g.acks[len(g.acks)-1]
}

func (g *gateway) countAcks() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.acks)
}

func (g *gateway) lastDesired() wire.Desired {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.desired) == 0 {
		return wire.Desired{}
	}
	return g.desired[len(g.desired)-1]
}

// hello says hello until it is answered: the server may not listen yet.
func (g *gateway) hello(t *testing.T, h wire.Hello) wire.Ack {
	t.Helper()
	h.BootID, h.Version = g.boot, "test"
	if h.Stream == "" {
		h.Stream = "s1"
	}
	h.Nonce = fmt.Sprintf("nonce-%d", time.Now().UnixNano())
	var answer wire.Ack
	next := time.Now()
	until(t, "answer to hello", func() bool {
		if time.Now().After(next) {
			g.publish(t, wire.KindHello, h, false)
			next = time.Now().Add(time.Second)
		}
		answer = g.lastAck()
		return answer.Nonce == h.Nonce && answer.Tenant == tenant && time.Since(answer.Time).Abs() < time.Minute
	})
	return answer
}

func event(seq uint64, typ wire.EventType, data any) wire.Event {
	return wire.Event{Stream: "s1", Seq: seq, Time: time.Now().UTC(), Type: typ, Data: encode(data)}
}

func plain(from, to uint64) wire.Batch {
	var b wire.Batch
	for i := from; i <= to; i++ {
		b.Events = append(b.Events, event(i, wire.EventStarted, wire.Started{Version: "test"}))
	}
	return b
}

// say sends one event as the next of the gateway's stream and waits for its ack.
func (g *gateway) say(t *testing.T, typ wire.EventType, subject string, data any) {
	t.Helper()
	g.seq++
	e := event(g.seq, typ, data)
	e.Subject = subject
	g.publish(t, wire.KindEvents, wire.Batch{Events: []wire.Event{e}}, false)
	g.acked(t, g.seq)
}

func (g *gateway) acked(t *testing.T, upto uint64) {
	t.Helper()
	until(t, fmt.Sprintf("ack up to %d", upto), func() bool { return g.lastAck().Upto >= upto })
}

// mosquitto starts the real broker with the configuration and access rules
// that we ship, TLS included, or skips.
//
//nolint:misspell // its name
func mosquitto(t *testing.T) (address string, trust *tls.Config) {
	t.Helper()
	path, err := exec.LookPath("mosquitto")
	if err != nil {
		t.Skip("mosquitto is not installed: the same tests run against the embedded broker only")
	}
	passwd, err := exec.LookPath("mosquitto_passwd")
	if err != nil {
		t.Skip("mosquitto_passwd is not installed: it comes with the broker")
	}
	dir := t.TempDir()
	port := freePort(t)
	conf := readFile(t, "../../deploy/mosquitto/mosquitto.conf")
	acl := readFile(t, "../../deploy/mosquitto/acl")
	for old, repl := range map[string]string{
		"/etc/mosquitto/lensdop": dir,
		"listener 8883":          "listener " + port + " 127.0.0.1",
	} {
		if !strings.Contains(conf, old) {
			t.Fatalf("mosquitto.conf does not hold %q", old)
		}
		conf = strings.ReplaceAll(conf, old, repl)
	}
	ca := newAuthority(t)
	ca.issue(t, filepath.Join(dir, "server.crt"), filepath.Join(dir, "server.key"), "127.0.0.1")
	writeFile(t, filepath.Join(dir, "mosquitto.conf"), conf+"user "+userName(t)+"\n")
	writeFile(t, filepath.Join(dir, "acl"), acl)
	users := ""
	for _, u := range []string{agent1, agent2, "lensdop-server"} {
		users += u + ":" + string(agentPassword) + "\n"
	}
	writeFile(t, filepath.Join(dir, "passwords"), users)
	if out, err := exec.CommandContext(t.Context(), passwd, "-U", filepath.Join(dir, "passwords")).CombinedOutput(); err != nil {
		t.Fatalf("mosquitto_passwd: %v\n%s", err, out)
	}
	cmd := exec.Command(path, "-c", filepath.Join(dir, "mosquitto.conf"))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Kill(); err != nil {
			t.Error(err)
		}
		_ = cmd.Wait() // it was killed
		if t.Failed() {
			t.Logf("mosquitto:\n%s", out.String())
		}
	})
	return "ssl://127.0.0.1:" + port, ca.trust()
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// eachBroker runs a test with the embedded broker and with an external one.
//
//nolint:misspell // its name
func eachBroker(t *testing.T, test func(t *testing.T, start func(server.Config) *bench)) {
	t.Run("embedded", func(t *testing.T) {
		test(t, func(c server.Config) *bench { return start(t, c) })
	})
	t.Run("mosquitto", func(t *testing.T) {
		address, trust := mosquitto(t)
		test(t, func(c server.Config) *bench {
			c.External = &server.External{Broker: address, ClientID: "lensdop-server", User: "lensdop-server", Password: agentPassword, TLS: trust}
			return start(t, c)
		})
	})
}

// decided lists the windows of a document that stem from decisions of people:
// the protocol may have windows of its own.
func decided(d wire.Desired) []wire.Interval {
	ids := map[string]bool{}
	for _, e := range d.Decisions {
		var x policy.Decision
		if json.Unmarshal(e.Payload, &x) == nil {
			ids[x.ID] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(d.Calendar), func(i wire.Interval) bool { return !ids[i.Decision] })
}

// covers tells that the decisions of a document are one window over n cameras.
func covers(d wire.Desired, n int) bool {
	list := decided(d)
	return len(list) == 1 && len(list[0].Cameras) == n
}

// signedBySomebody is an envelope of a decision that nobody opens in a test.
func signedBySomebody() wire.Envelope {
	return wire.Envelope{PayloadType: wire.TypeDecision, Payload: []byte("{}")}
}
