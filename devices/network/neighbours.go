package network

import (
	"net"
	"net/netip"
)

// neighbour is one entry of the kernel's neighbour table.
type neighbour struct {
	Address   netip.Addr
	MAC       net.HardwareAddr
	Interface string

	index int // of the interface
}
