package onvif

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"
)

// shareSocket lets several programs have the discovery port, and keeps groups
// that other programs joined out of the socket. Both must be set before bind.
func shareSocket(_, _ string, c syscall.RawConn) error {
	var err error
	cerr := c.Control(func(fd uintptr) {
		err = errors.Join(
			unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1),
			unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_MULTICAST_ALL, 0),
		)
	})
	return errors.Join(cerr, err)
}
