//go:build !linux

package onvif

import (
	"fmt"
	"syscall"

	"github.com/lensdop/lensdop/devices"
)

// shareSocket needs what only Linux has.
func shareSocket(_, _ string, _ syscall.RawConn) error {
	return fmt.Errorf("%w: listening to announcements needs Linux", devices.ErrUnsupported)
}
