package sim

import (
	"io"
	"net"
	"sync"
	"time"
)

// gate hands out connections that fall silent when the device does: what
// arrives is swallowed and nothing goes out, until the other side gives up.
// While single says so it hands out one at a time; the next ones wait as they
// do before a device that serves one after the other.
type gate struct {
	net.Listener
	silent, single func() bool
	refuses        func() bool // hangs up on whoever comes

	once   sync.Once
	closed chan struct{}

	mu   sync.Mutex
	open int
}

// gateLook is how often a waiting connection looks whether it is its turn.
const gateLook = 10 * time.Millisecond

func (g *gate) Accept() (net.Conn, error) {
	c, err := g.Listener.Accept()
	for err == nil && g.refuses() {
		_ = c.Close()
		c, err = g.Listener.Accept()
	}
	if err != nil {
		return nil, err
	}
	for !g.enter() {
		t := time.NewTimer(gateLook)
		select {
		case <-t.C:
		case <-g.closed:
			t.Stop()
			_ = c.Close()
			return nil, net.ErrClosed
		}
	}
	return &gatedConn{Conn: c, gate: g}, nil
}

// enter counts a connection in, if it may come.
func (g *gate) enter() bool {
	single := g.single()
	g.mu.Lock()
	defer g.mu.Unlock()
	if single && g.open > 0 {
		return false
	}
	g.open++
	return true
}

// Close also ends the wait of who is before the gate.
func (g *gate) Close() error {
	g.once.Do(func() { close(g.closed) })
	return g.Listener.Close()
}

type gatedConn struct {
	net.Conn
	gate *gate
	left sync.Once
}

func (c *gatedConn) Close() error {
	c.left.Do(func() {
		c.gate.mu.Lock()
		defer c.gate.mu.Unlock()
		c.gate.open--
	})
	return c.Conn.Close()
}

func (c *gatedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 && c.gate.silent() {
		return 0, c.swallow()
	}
	return n, err
}

// swallow holds the connection open without a deadline: a device that hangs
// does not hang up either.
func (c *gatedConn) swallow() error {
	if err := c.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, c.Conn); err != nil {
		return err
	}
	return io.EOF
}

func (c *gatedConn) Write(b []byte) (int, error) {
	if c.gate.silent() {
		return len(b), nil
	}
	return c.Conn.Write(b)
}
