package agent

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// socketPath is short: a unix socket's path may have 107 bytes.
func socketPath(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "ld")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return filepath.Join(dir, "s")
}

func TestSocketIsForOwnerAndGroup(t *testing.T) {
	c := config(t.TempDir(), 1)
	c.Socket = socketPath(t)
	// What a killed agent leaves: a socket that nobody answers on.
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: c.Socket, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	b := newBox()
	g := newGateway(t, c, b.parts())
	defer g.close(t)
	g.take(t, document(3))
	g.start(t)
	var s Status
	eventually(t, "status over the socket", func() bool {
		s, err = AskStatus(t.Context(), c.Socket)
		return err == nil && len(s.Reported.Cameras) == 4
	})
	if s.Reported.Generation != 3 || s.Stream == "" || s.Head == 0 || s.Outbox != s.Head || !s.ClockTrusted {
		t.Errorf("status %+v", s)
	}
	info, err := os.Stat(c.Socket)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o660 {
		t.Errorf("mode %o", info.Mode().Perm())
	}

	// A second agent with a state of its own does not take the socket away.
	d := config(t.TempDir(), 1)
	d.Socket = c.Socket
	other := newGateway(t, d, b.parts())
	defer other.close(t)
	if err := other.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "another agent answers") {
		t.Errorf("error %v", err)
	}
	if _, err := AskStatus(t.Context(), c.Socket); err != nil {
		t.Errorf("the first agent's socket is gone: %v", err)
	}
}

func TestSocketRemovesNoFile(t *testing.T) {
	c := config(t.TempDir(), 1)
	c.Socket = write(t, "precious", 0o600)
	g := newGateway(t, c, Parts{})
	defer g.close(t)
	if err := g.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "no socket") {
		t.Errorf("error %v", err)
	}
	if b, err := os.ReadFile(c.Socket); err != nil || string(b) != "precious" {
		t.Errorf("the file is %q, %v", b, err)
	}
}

func TestOneAgentPerState(t *testing.T) {
	c := config(t.TempDir(), 1)
	g := newGateway(t, c, Parts{})
	if _, err := New(t.Context(), c, Parts{Log: g.log}); !errors.Is(err, ErrHeld) {
		t.Errorf("error %v", err)
	}
	g.close(t)
	g = newGateway(t, c, Parts{}) // and again once the first is gone
	g.close(t)
}

func TestReaderLineWithoutReaders(t *testing.T) {
	c := config(t.TempDir(), 1)
	c.Readers.Lines = []LineConfig{{Port: "/dev/none", Baud: 9600}}
	g := newGateway(t, c, Parts{})
	defer g.close(t)
	g.start(t)
	eventually(t, "told", func() bool { return strings.Contains(g.readerStates()[0].Trouble, "cannot read serial lines") })
}
