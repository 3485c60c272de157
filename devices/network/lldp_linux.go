package network

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/lensdop/lensdop/devices"
	"golang.org/x/sys/unix"
)

const (
	etherLLDP = 0x88cc
	frameMost = 1600
)

// listenLLDP keeps where each interface hangs until ctx ends. It needs the
// right to read raw frames (CAP_NET_RAW); without it, it says so and ends.
func listenLLDP(ctx context.Context, interfaces []string, p *places, o Options) error {
	var wg sync.WaitGroup
	errs := make([]error, len(interfaces))
	for i, name := range interfaces {
		wg.Go(func() { errs[i] = listenOn(ctx, name, p, o) })
	}
	wg.Wait()
	return errors.Join(append(errs, ctx.Err())...)
}

func listenOn(ctx context.Context, name string, p *places, o Options) error {
	ifi, err := net.InterfaceByName(name)
	if err != nil {
		return fmt.Errorf("LLDP: interface %q: %w", name, err)
	}
	proto := uint16(etherLLDP>>8 | etherLLDP&0xff<<8) // in network order
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, int(proto))
	switch {
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES), errors.Is(err, unix.EAFNOSUPPORT):
		// No right, or no such socket in this service: trying again helps nobody.
		return fmt.Errorf("LLDP: interface %q: %w (%w); give the agent CAP_NET_RAW to learn which switch it hangs on", name, devices.ErrUnsupported, err)
	case err != nil:
		return fmt.Errorf("LLDP: interface %q: %w", name, err)
	}
	defer unix.Close(fd) //nolint:errcheck // opened for reading
	// Switches send to a group that a network card drops unless it is joined
	// (IEEE 802.1AB §7.1).
	group := unix.PacketMreq{Ifindex: int32(ifi.Index), Type: unix.PACKET_MR_MULTICAST, Alen: 6, Address: [8]byte{0x01, 0x80, 0xc2, 0, 0, 0x0e}} //nolint:gosec // an index fits
	if err := errors.Join(
		unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: proto, Ifindex: ifi.Index}),
		unix.SetsockoptPacketMreq(fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, &group),
		// The read ends now and then to see whether ctx has.
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 200_000}),
	); err != nil {
		return fmt.Errorf("LLDP: interface %q: %w", name, err)
	}
	buf := make([]byte, frameMost)
	for ctx.Err() == nil {
		n, _, err := unix.Recvfrom(fd, buf, 0)
		switch {
		case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.ENETDOWN):
			time.Sleep(time.Second) // the cable is out: it may come back
			continue
		case err != nil:
			return fmt.Errorf("LLDP: interface %q: %w", name, err)
		}
		where, err := parseLLDP(buf[:n])
		if err != nil {
			o.Log.Debug("LLDP frame dropped", "interface", name, "error", err)
			continue
		}
		p.set(name, where)
	}
	return nil
}
