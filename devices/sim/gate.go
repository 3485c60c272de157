package sim

import (
	"io"
	"net"
	"time"
)

// gate hands out connections that fall silent when the device does: what
// arrives is swallowed and nothing goes out, until the other side gives up.
type gate struct {
	net.Listener
	silent func() bool
}

func (g *gate) Accept() (net.Conn, error) {
	c, err := g.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &gatedConn{Conn: c, silent: g.silent}, nil
}

type gatedConn struct {
	net.Conn
	silent func() bool
}

func (c *gatedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 && c.silent() {
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
	if c.silent() {
		return len(b), nil
	}
	return c.Conn.Write(b)
}
