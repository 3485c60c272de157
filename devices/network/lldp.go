package network

import (
	"encoding/binary"
	"errors"
	"net"
	"sync"

	"github.com/lensdop/lensdop/devices"
)

// places keeps which switch and port each interface of the gateway hangs on.
type places struct {
	mu sync.Mutex
	at map[string]string
}

func (p *places) set(iface, where string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.at == nil {
		p.at = map[string]string{}
	}
	p.at[iface] = where
}

// of is the hint for what is seen by an interface.
func (p *places) of(iface string) (devices.Hint, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	where, ok := p.at[iface]
	return devices.Hint{Kind: devices.HintLLDP, Text: where}, ok
}

// Kinds of TLV (IEEE 802.1AB §8.5).
const (
	tlvEnd      = 0
	tlvChassis  = 1
	tlvPort     = 2
	tlvPortText = 4
	tlvSystem   = 5
)

var errLLDP = errors.New("no LLDP frame")

// parseLLDP reads a frame's payload into "switch, port". The names that people
// gave come before the numbers.
func parseLLDP(b []byte) (string, error) {
	var chassis, port, portText, system string
	seen := 0
	for len(b) >= 2 {
		head := binary.BigEndian.Uint16(b)
		kind, size := head>>9, int(head&0x1ff)
		if 2+size > len(b) {
			return "", errLLDP
		}
		value := b[2 : 2+size]
		// The first two are chassis and port, in this order (§8.3).
		if seen == 0 && kind != tlvChassis || seen == 1 && kind != tlvPort {
			return "", errLLDP
		}
		seen++
		switch kind {
		case tlvEnd:
			b = nil
			continue
		case tlvChassis:
			chassis = lldpID(value, 4)
		case tlvPort:
			port = lldpID(value, 3)
		case tlvPortText:
			portText = plain(string(value), maxText/2)
		case tlvSystem:
			system = plain(string(value), maxText/2)
		}
		b = b[2+size:]
	}
	if seen < 2 || chassis == "" && system == "" {
		return "", errLLDP
	}
	if system == "" {
		system = chassis
	}
	if portText == "" {
		portText = port
	}
	return "switch " + system + ", port " + portText, nil
}

// lldpID prints a chassis or port id, whose first byte tells the kind; mac is
// the kind that holds a hardware address.
func lldpID(b []byte, mac byte) string {
	if len(b) < 2 {
		return ""
	}
	if b[0] == mac && len(b) == 7 {
		return net.HardwareAddr(b[1:]).String()
	}
	return plain(string(b[1:]), maxText/2)
}
