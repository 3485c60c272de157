package mqtt

import (
	"errors"
	"fmt"
	"net"
)

// limitConn gives up a connection on which a packet is announced that is
// longer than limit. The client library would take memory for up to 256 MB of
// it before reading (MQTT 3.1.1 §2.2.3).
type limitConn struct {
	net.Conn
	limit int
	scan  scanner
}

func (c *limitConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if bad := c.scan.feed(p[:n], c.limit); bad != nil {
		return 0, bad
	}
	return n, err
}

// scanner follows the fixed headers in a stream of MQTT packets.
type scanner struct {
	body   int  // bytes of the current packet still to come
	inSize bool // between the type byte and the last size byte
	size   int
	shift  uint
}

// feed takes the next bytes of the stream, in any portions.
func (s *scanner) feed(b []byte, limit int) error {
	for len(b) > 0 {
		switch {
		case s.body > 0:
			n := min(s.body, len(b))
			s.body -= n
			b = b[n:]
		case !s.inSize:
			*s = scanner{inSize: true}
			b = b[1:]
		default:
			if s.shift > 21 {
				return errors.New("the broker sent a packet length of more than four bytes")
			}
			s.size |= int(b[0]&0x7f) << s.shift
			s.shift += 7
			last := b[0]&0x80 == 0
			b = b[1:]
			if last {
				if s.size > limit {
					return fmt.Errorf("the broker announced a packet of %d bytes; the limit is %d", s.size, limit)
				}
				s.inSize, s.body = false, s.size
			}
		}
	}
	return nil
}
