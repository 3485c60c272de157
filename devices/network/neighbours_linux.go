package network

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"
)

// neighbours reads the kernel's neighbour table (RFC 826, RFC 4861) over
// netlink, which needs no rights.
func neighbours() ([]neighbour, error) {
	b, err := syscall.NetlinkRIB(unix.RTM_GETNEIGH, unix.AF_UNSPEC)
	if err != nil {
		return nil, fmt.Errorf("neighbour table: %w", err)
	}
	msgs, err := syscall.ParseNetlinkMessage(b)
	if err != nil {
		return nil, fmt.Errorf("neighbour table: %w", err)
	}
	names := map[int]string{}
	if ifis, err := net.Interfaces(); err == nil {
		for _, i := range ifis {
			names[i.Index] = i.Name
		}
	}
	var out []neighbour
	var errs []error
	for _, m := range msgs {
		switch m.Header.Type {
		case unix.NLMSG_DONE:
			return out, errors.Join(errs...)
		case unix.RTM_NEWNEIGH:
			n, ok := parseNeighbour(m.Data)
			if !ok {
				continue
			}
			n.Interface = names[n.index]
			out = append(out, n)
		case unix.NLMSG_ERROR:
			errs = append(errs, errors.New("neighbour table: the kernel refuses"))
		}
	}
	return out, errors.Join(errs...)
}

// parseNeighbour reads one entry (struct ndmsg and its attributes, rtnetlink(7)).
// Entries without a hardware address, and those whose owner does not answer
// any more, are left out.
func parseNeighbour(b []byte) (neighbour, bool) {
	const head = unix.SizeofNdMsg
	if len(b) < head {
		return neighbour{}, false
	}
	order := binary.NativeEndian
	n := neighbour{index: int(int32(order.Uint32(b[4:8])))} //nolint:gosec // a signed field
	if order.Uint16(b[8:10])&(unix.NUD_NOARP|unix.NUD_FAILED|unix.NUD_INCOMPLETE) != 0 {
		return neighbour{}, false
	}
	for rest := b[head:]; len(rest) >= unix.SizeofRtAttr; {
		size, kind := int(order.Uint16(rest[0:2])), order.Uint16(rest[2:4])
		if size < unix.SizeofRtAttr || size > len(rest) {
			return neighbour{}, false
		}
		data := rest[unix.SizeofRtAttr:size]
		switch kind {
		case unix.NDA_DST:
			if addr, ok := netip.AddrFromSlice(data); ok {
				n.Address = addr.Unmap()
			}
		case unix.NDA_LLADDR:
			if len(data) == 6 {
				n.MAC = append(net.HardwareAddr(nil), data...)
			}
		}
		next := (size + unix.RTA_ALIGNTO - 1) &^ (unix.RTA_ALIGNTO - 1)
		if next > len(rest) {
			break
		}
		rest = rest[next:]
	}
	return n, n.Address.IsValid() && len(n.MAC) == 6 && string(n.MAC) != "\x00\x00\x00\x00\x00\x00"
}
