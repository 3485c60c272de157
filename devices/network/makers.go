package network

import (
	_ "embed" // the table of makers
	"encoding/hex"
	"net"
	"strings"
)

//go:embed makers.txt
var makers string

// maker names the maker of cameras that a hardware address is assigned to. An
// address that was made up locally (IEEE 802 §8.2.2, the second bit) is nobody's.
func maker(mac net.HardwareAddr) (string, bool) {
	if len(mac) != 6 || mac[0]&2 != 0 {
		return "", false
	}
	prefix := strings.ToUpper(hex.EncodeToString(mac[:3]))
	for line := range strings.Lines(makers) {
		name, prefixes, ok := strings.Cut(line, ":")
		if ok && !strings.HasPrefix(line, "#") && strings.Contains(prefixes, " "+prefix) {
			return name, true
		}
	}
	return "", false
}
