//go:build !linux

package sim

import (
	"errors"
	"syscall"
)

// shareSocket needs what only Linux has.
func shareSocket(_, _ string, _ syscall.RawConn) error {
	return errors.New("simulated discovery needs Linux; set DiscoveryPort to -1")
}
