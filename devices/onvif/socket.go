package onvif

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"golang.org/x/net/ipv4"
)

const (
	// What is asked of the kernel for each socket, in bytes: hundreds of
	// cameras answer one probe within half a second, and what is sent to an
	// address that nobody has stays for three.
	readBuffer   = 4 << 20
	writeBuffer  = 1 << 20
	maxReadFails = 16
)

// group is the multicast address of WS-Discovery (2005/04 §2.4).
func group() netip.Addr { return netip.AddrFrom4([4]byte{239, 255, 255, 250}) }

// datagram is what came in, from whom, sent to whom, and by which interface.
type datagram struct {
	from, to netip.Addr
	index    int // of the interface; 0 if the system does not tell
	data     []byte
}

// socket reads and writes datagrams over IPv4. It is for one reader at a time;
// writing may go on beside it.
type socket struct {
	conn net.PacketConn
	ip   *ipv4.PacketConn
	buf  []byte
}

// openSocket binds to an address. control, which may be nil, runs before.
func openSocket(ctx context.Context, at netip.AddrPort, control func(string, string, syscall.RawConn) error) (*socket, error) {
	conn, err := (&net.ListenConfig{Control: control}).ListenPacket(ctx, "udp4", at.String())
	if err != nil {
		return nil, err
	}
	s := &socket{conn: conn, ip: ipv4.NewPacketConn(conn), buf: make([]byte, maxDatagram+1)}
	if udp, ok := conn.(*net.UDPConn); ok {
		_ = udp.SetReadBuffer(readBuffer) // the kernel gives what it allows, and the default works too
		_ = udp.SetWriteBuffer(writeBuffer)
	}
	if err := s.ip.SetControlMessage(ipv4.FlagDst|ipv4.FlagInterface, true); err != nil {
		return nil, errors.Join(fmt.Errorf("learn which interface an answer came in by: %w", err), conn.Close())
	}
	return s, nil
}

func (s *socket) close() {
	_ = s.conn.Close() // nothing is written any more, and what was wanted was read
}

// next waits for a datagram. Its data is valid until the next call; one that
// is too long has none.
func (s *socket) next() (datagram, error) {
	n, cm, from, err := s.ip.ReadFrom(s.buf)
	if err != nil {
		return datagram{}, err
	}
	udp, ok := from.(*net.UDPAddr)
	if !ok || n > maxDatagram {
		return datagram{}, nil
	}
	d := datagram{from: udp.AddrPort().Addr().Unmap(), data: s.buf[:n]}
	if cm != nil {
		d.index = cm.IfIndex
		if to, ok := netip.AddrFromSlice(cm.Dst); ok {
			d.to = to.Unmap()
		}
	}
	return d, nil
}

// stopOn makes reads and writes fail from the moment that ctx ends; stop
// takes it back.
func (s *socket) stopOn(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, func() {
		_ = s.conn.SetDeadline(time.Unix(1, 0)) // fails only on a closed socket, which ends them too
	})
}

func (s *socket) write(msg []byte, to netip.AddrPort) error {
	_, err := s.conn.WriteTo(msg, net.UDPAddrFromAddrPort(to))
	return err
}

// over tells that a read ended because nobody waits for more.
func over(err error) bool {
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, net.ErrClosed)
}

// addresses are the IPv4 addresses of an interface with their subnets.
func addresses(ifi *net.Interface) ([]netip.Prefix, error) {
	addrs, err := ifi.Addrs()
	if err != nil {
		return nil, err
	}
	var out []netip.Prefix
	for _, a := range addrs {
		n, ok := a.(*net.IPNet)
		if !ok {
			continue
		}
		if p, err := netip.ParsePrefix(n.String()); err == nil && p.Addr().Is4() {
			out = append(out, p)
		}
	}
	return out, nil
}

func within(a netip.Addr, prefixes []netip.Prefix) bool {
	for _, p := range prefixes {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// interfaceNames turns the index of an interface into its name.
type interfaceNames map[int]string

func (n interfaceNames) name(index int) string {
	if index == 0 {
		return ""
	}
	if name, ok := n[index]; ok {
		return name
	}
	name := ""
	if ifi, err := net.InterfaceByIndex(index); err == nil {
		name = ifi.Name
	}
	n[index] = name
	return name
}
