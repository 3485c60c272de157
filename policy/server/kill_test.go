package server_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lensdop/lensdop/policy/examples"
	"github.com/lensdop/lensdop/policy/server"
	"github.com/lensdop/lensdop/policy/server/store"
	"github.com/lensdop/lensdop/policy/wire"
	"github.com/lensdop/lensdop/policy/wire/mqtt"
)

// The environment of the helper process: this test binary as a server.
const (
	helperDir  = "LENSDOP_TEST_SERVER_DIR"
	helperMQTT = "LENSDOP_TEST_SERVER_MQTT"
	// helperKill is "before 3" or "after 3": which commit the process does not
	// live to see done, or told.
	helperKill = "LENSDOP_TEST_SERVER_KILL"
)

// helper serves until it is killed, by itself or by the test.
func helper() {
	when, count, _ := strings.Cut(os.Getenv(helperKill), " ")
	left, _ := strconv.Atoi(count)
	ctx, cancel := context.WithCancel(context.Background())
	c := server.Config{
		Dir: os.Getenv(helperDir), Tenant: tenant, Protocol: examples.Lensmonde, ProtocolName: "p", HTTPListen: "127.0.0.1:0", MQTTListen: os.Getenv(helperMQTT),
		Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
	c.Simulate.AtCommit = func(done bool) {
		if done != (when == "after") || count == "" {
			return
		}
		if left--; left <= 0 {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // the signal is on its way
		}
	}
	go func() { _, _ = io.Copy(io.Discard, os.Stdin); cancel() }() // the test is gone
	s, err := server.New(ctx, c)
	if err == nil {
		_, _ = fmt.Fprintln(os.Stdout, "up")
		err = s.Run(ctx)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// startHelper starts a server process and waits until it is up.
func startHelper(t *testing.T, dir, address, kill string) (wait func(), end func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), helperDir+"="+dir, helperMQTT+"="+address, helperKill+"="+kill)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "up\n" {
		_ = cmd.Process.Kill()
		t.Fatalf("server process: %q, %v", line, err)
	}
	gone := make(chan struct{})
	go func() { defer close(gone); _ = cmd.Wait(); _ = in.Close() }()
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-gone })
	wait = func() {
		select {
		case <-gone:
		case <-time.After(20 * time.Second):
			t.Fatal("the server process lives on")
		}
	}
	return wait, func() { _ = cmd.Process.Kill(); wait() }
}

// A server that is killed, at any point between the arrival of events and
// their acknowledgement, loses nothing that it acknowledged.
func TestKilledServerLosesNothingAcknowledged(t *testing.T) {
	dir, address := t.TempDir(), "127.0.0.1:"+freePort(t)
	reg, err := server.OpenRegister(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reg.Close() }()
	if _, err := reg.AddAgent(t.Context(), agent1, site, agentPassword); err != nil {
		t.Fatal(err)
	}
	b := &bench{Server: &server.Server{Register: reg}, broker: "tcp://" + address}

	var written, safe uint64 // at the gateway: its newest event, and what it was told is safe
	for round, kill := range []string{"before 1", "after 1", "before 2", "after 2", "before 3", "after 3", "", "", ""} {
		wait, end := startHelper(t, dir, address, kill)
		g := b.connect(t, agent1, uint64(round)+1)
		tail := uint64(0)
		if written > safe {
			tail = safe + 1
		}
		up := g.hello(t, wire.Hello{Seq: uint64(round) + 1, Head: written, Tail: tail}).Upto
		if up < safe {
			t.Fatalf("round %d (%s): told that %d are safe, but the database has %d", round, kill, safe, up)
		}
		if kill == "" { // at any time
			go func() {
				time.Sleep(time.Duration(round*round) * time.Millisecond)
				end()
			}()
		}
		for sent := up; ; sent += 2 {
			written = max(written, sent+2)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			err := g.conn.Publish(ctx, mqtt.Message{Topic: wire.Topic(tenant, agent1, wire.KindEvents), Payload: encode(steady(sent+1, sent+2))})
			cancel()
			if errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("round %d (%s): the server lives on", round, kill)
			}
			if err != nil {
				break
			}
		}
		wait()
		safe = max(safe, g.lastAck().Upto)
		g.drop()
		<-g.done
	}

	_, end := startHelper(t, dir, address, "")
	defer end()
	g := b.connect(t, agent1, 99)
	up := g.hello(t, wire.Hello{Seq: 99, Head: written, Tail: safe + 1}).Upto
	if up < safe {
		t.Fatalf("at the end: %d of %d", up, safe)
	}
	if written > up {
		g.publish(t, wire.KindEvents, steady(up+1, written), false)
		g.acked(t, written)
	}
	have, err := b.HasEvents(t.Context(), agent1, "s1")
	if err != nil || have.Upto != written || have.Count != int(written) || have.Gaps != 0 {
		t.Errorf("stored %+v of %d: %v", have, written, err)
	}
	view(t, b, func(tx *store.Tx) error {
		n, err := tx.CountConflicts(agent1)
		if n != 0 {
			t.Errorf("%d events that came again are taken for others", n)
		}
		return err
	})
}

// steady is plain with events that are the same every time.
func steady(from, to uint64) wire.Batch {
	b := plain(from, to)
	for i := range b.Events {
		b.Events[i].Time = time.Date(2026, 3, 18, 7, 0, int(b.Events[i].Seq), 0, time.UTC)
	}
	return b
}
