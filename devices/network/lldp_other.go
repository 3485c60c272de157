//go:build !linux

package network

import (
	"context"
	"errors"
)

func listenLLDP(context.Context, []string, *places, Options) error {
	return errors.New("LLDP is read on Linux only")
}
