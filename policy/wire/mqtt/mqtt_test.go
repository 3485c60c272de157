package mqtt_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"
	"go.uber.org/goleak"

	"github.com/lensdop/lensdop/policy/wire"
	"github.com/lensdop/lensdop/policy/wire/mqtt"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rules let user a with password secret do everything below a/.
type rules struct{ mochi.HookBase }

func (*rules) ID() string { return "rules" }

func (*rules) Provides(b byte) bool { return b == mochi.OnConnectAuthenticate || b == mochi.OnACLCheck }

func (*rules) OnConnectAuthenticate(_ *mochi.Client, pk packets.Packet) bool {
	return string(pk.Connect.Username) == "a" && string(pk.Connect.Password) == "secret"
}

func (*rules) OnACLCheck(_ *mochi.Client, topic string, _ bool) bool {
	return strings.HasPrefix(topic, "a/")
}

// broker starts a broker.
func broker(t *testing.T, address string) (stop func(), at string) {
	t.Helper()
	b := mochi.New(&mochi.Options{Logger: slog.New(slog.DiscardHandler)})
	err := b.AddHook(&rules{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var l net.Listener
	for range 200 { // a port that was just given up may be taken for an instant
		if l, err = net.Listen("tcp", address); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := b.AddListener(listeners.NewNet("t", l)); err != nil {
		t.Fatal(err)
	}
	if err := b.Serve(); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}, l.Addr().String()
}

func config(at string) mqtt.Config {
	return mqtt.Config{
		Broker: "tcp://" + at, ClientID: "a", User: "a", Password: "secret",
		MinDelay: time.Millisecond, MaxDelay: 20 * time.Millisecond,
	}
}

// run runs until the test ends.
func run(t *testing.T, c mqtt.Config, up func(context.Context, *mqtt.Conn) error, handle func(mqtt.Message)) (cancel func()) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- mqtt.Run(ctx, c, up, handle) }()
	cancel = func() {
		stop()
		select {
		case err := <-done:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("Run returned %v", err)
			}
		case <-time.After(10 * time.Second):
			t.Error("Run did not return")
		}
	}
	return cancel
}

func receive[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(10 * time.Second):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

func TestRoundTripFromHandler(t *testing.T) {
	stop, at := broker(t, "127.0.0.1:0")
	defer stop()
	conns := make(chan *mqtt.Conn, 1)
	got := make(chan mqtt.Message, 10)
	var conn atomic.Pointer[mqtt.Conn]
	defer run(t, config(at), func(ctx context.Context, c *mqtt.Conn) error {
		conn.Store(c)
		if err := c.Subscribe(ctx, "a/in", "a/out"); err != nil {
			return err
		}
		conns <- c
		return nil
	}, func(m mqtt.Message) {
		// Publishing while handling must not deadlock.
		if m.Topic == "a/in" {
			if err := conn.Load().Publish(context.Background(), mqtt.Message{Topic: "a/out", Payload: m.Payload}); err != nil {
				t.Error(err)
			}
		}
		got <- m
	})()
	c := receive(t, conns)
	if err := c.Publish(t.Context(), mqtt.Message{Topic: "a/in", Payload: []byte("x")}); err != nil {
		t.Fatal(err)
	}
	for _, topic := range []string{"a/in", "a/out"} {
		if m := receive(t, got); m.Topic != topic || string(m.Payload) != "x" {
			t.Errorf("got %s %q, want %s", m.Topic, m.Payload, topic)
		}
	}
	if err := c.Publish(t.Context(), mqtt.Message{Topic: "a/in", Payload: make([]byte, wire.MaxMessage+1)}); err == nil {
		t.Error("a message over the limit was sent")
	}
}

func TestReconnectsAndAsksForAWillEachTime(t *testing.T) {
	stop, at := broker(t, "127.0.0.1:0")
	var wills atomic.Int32
	ups := make(chan *mqtt.Conn, 10)
	c := config(at)
	c.Will = func() mqtt.Message {
		wills.Add(1)
		return mqtt.Message{Topic: "a/conn", Payload: []byte("gone"), Retain: true}
	}
	cancel := run(t, c, func(_ context.Context, c *mqtt.Conn) error { ups <- c; return nil }, func(mqtt.Message) {})
	defer cancel()
	first := receive(t, ups)
	stop()
	stop, _ = broker(t, at)
	defer stop()
	receive(t, ups)
	if n := wills.Load(); n < 2 {
		t.Errorf("will was asked for %d times", n)
	}
	if err := first.Publish(t.Context(), mqtt.Message{Topic: "a/x"}); !errors.Is(err, mqtt.ErrLost) {
		t.Errorf("publish on a lost connection: %v", err)
	}
}

func TestDeniedSubscriptionIsAnError(t *testing.T) {
	stop, at := broker(t, "127.0.0.1:0")
	defer stop()
	errs := make(chan error, 100)
	defer run(t, config(at), func(ctx context.Context, c *mqtt.Conn) error {
		err := c.Subscribe(ctx, "a/x", "b/x")
		errs <- err
		return nil
	}, func(mqtt.Message) {})()
	if err := receive(t, errs); !errors.Is(err, mqtt.ErrDenied) || !strings.Contains(err.Error(), "b/x") {
		t.Errorf("subscribe: %v", err)
	}
}

func TestRefusedLoginIsLoggedWithoutThePassword(t *testing.T) {
	stop, at := broker(t, "127.0.0.1:0")
	defer stop()
	lines := make(chan string, 1000)
	c := config(at)
	c.Password = "wrong-password"
	c.Log = slog.New(slog.NewTextHandler(writer(func(b []byte) { lines <- string(b) }), nil))
	defer run(t, c, func(context.Context, *mqtt.Conn) error { return nil }, func(mqtt.Message) {})()
	line := receive(t, lines)
	if !strings.Contains(line, "refuses the login") || strings.Contains(line, "wrong-password") {
		t.Errorf("log line: %s", line)
	}
}

type writer func([]byte)

func (w writer) Write(b []byte) (int, error) { w(b); return len(b), nil }

func TestOverrunDropsTheConnection(t *testing.T) {
	stop, at := broker(t, "127.0.0.1:0")
	defer stop()
	ups := make(chan *mqtt.Conn, 10)
	release := make(chan struct{})
	cancel := run(t, config(at), func(ctx context.Context, c *mqtt.Conn) error {
		ups <- c
		return c.Subscribe(ctx, "a/flood")
	}, func(mqtt.Message) { <-release })
	c := receive(t, ups)
	var err error
	for i := 0; i < 5000 && err == nil; i++ {
		err = c.Publish(t.Context(), mqtt.Message{Topic: "a/flood", Payload: []byte("x")})
	}
	if !errors.Is(err, mqtt.ErrOverrun) {
		t.Errorf("flood ended with %v", err)
	}
	close(release)
	receive(t, ups) // and it comes back
	cancel()
}

func TestUnusableAddress(t *testing.T) {
	for _, b := range []string{"", "127.0.0.1:1883", "http://x:1", "tcp://user:pw@x:1", "tcp://x", "tcp://x:%zz"} {
		err := mqtt.Run(t.Context(), mqtt.Config{Broker: b}, nil, nil)
		if err == nil || strings.Contains(err.Error(), "pw") {
			t.Errorf("%q: %v", b, err)
		}
	}
}

func TestCancelWhileConnecting(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // accepts and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	accepted := make(chan net.Conn, 10)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- c
		}
	}()
	cancel := run(t, config(l.Addr().String()), func(context.Context, *mqtt.Conn) error { return nil }, func(mqtt.Message) {})
	c := receive(t, accepted)
	cancel()
	_ = c.Close()
}
