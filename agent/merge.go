package agent

import (
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/lensdop/lensdop/devices"
)

// gathered is one device as one search saw it.
type gathered struct {
	devices.Found

	// rivals answered under the same endpoint at another address.
	rivals []devices.Found
}

// maxHostsPerMAC is how many addresses one hardware address may answer at and
// still tell a device: one with more is a router that answers for others.
const maxHostsPerMAC = 3

// hows are the kinds of search, the best evidence first.
func hows() []devices.How {
	return []devices.How{
		devices.HowMulticast, devices.HowUnicast, devices.HowHello, devices.HowRTSP, devices.HowMDNS, devices.HowNeighbour,
	}
}

// better tells that a rests on better evidence than b. A way that this build
// does not know counts least.
func better(a, b devices.How) bool {
	rank := func(h devices.How) uint { return uint(slices.Index(hows(), h)) } //nolint:gosec // -1 becomes the largest, which is meant
	return rank(a) < rank(b)
}

// answered tells that a device spoke in ONVIF's own discovery, so that every
// port is a device of its own; a hint only tells that something is there.
func answered(f devices.Found) bool {
	return f.Endpoint != "" || !better(devices.HowHello, f.How)
}

// merge makes one of all results about one device: by endpoint, else by
// hardware address, else by address. Hints are joined and the best evidence
// wins. Of several that answer under one endpoint stays tells which to
// believe: the one that it says true of, or else the first.
//
// routers are hardware addresses that tell no device, since they answer for
// many.
func merge(found []devices.Found, routers map[string]bool, stays func(devices.Found) bool) []gathered {
	var list []gathered
	found = slices.Clone(found)
	for i := range found {
		if routers[found[i].MAC] {
			found[i].MAC = ""
		}
	}
	take := func(f devices.Found, same func(devices.Found) bool) {
		matched := false
		for i := range list {
			if !same(list[i].Found) {
				continue
			}
			matched = true
			if f.Endpoint != "" && hostOf(list[i].Address) != hostOf(f.Address) {
				list[i].contend(f, stays)
			} else {
				list[i].Found = joined(list[i].Found, f, stays)
			}
		}
		if !matched {
			list = append(list, gathered{Found: f})
		}
	}
	// First what has a name of its own, then what can be told by its hardware
	// address, then the rest: a hint may join what only comes after it.
	for _, f := range found {
		if f.Endpoint != "" {
			take(f, func(g devices.Found) bool { return normalEndpoint(g.Endpoint) == normalEndpoint(f.Endpoint) })
		}
	}
	for _, f := range found {
		if f.Endpoint == "" && answered(f) {
			take(f, func(g devices.Found) bool { return g.Address == f.Address })
		}
	}
	for _, withMAC := range []bool{true, false} {
		for _, f := range found {
			if !answered(f) && (f.MAC != "") == withMAC {
				take(f, func(g devices.Found) bool { return sameBox(g, f) })
			}
		}
	}
	return list
}

// contend settles which of two that answer under one endpoint at different
// addresses is the device.
func (g *gathered) contend(f devices.Found, stays func(devices.Found) bool) {
	if stays(f) && !stays(g.Found) {
		g.Found, f = f, g.Found
	}
	for i, r := range g.rivals {
		if hostOf(r.Address) == hostOf(f.Address) {
			g.rivals[i] = joined(r, f, stays)
			return
		}
	}
	g.rivals = append(g.rivals, f)
}

// answerForMany lists the hardware addresses that answer at more addresses
// than one device has.
func answerForMany(found []devices.Found) []string {
	hosts := map[string]map[string]bool{}
	for _, f := range found {
		if f.MAC == "" {
			continue
		}
		if hosts[f.MAC] == nil {
			hosts[f.MAC] = map[string]bool{}
		}
		hosts[f.MAC][hostOf(f.Address)] = true
	}
	var many []string
	for mac, h := range hosts {
		if len(h) > maxHostsPerMAC {
			many = append(many, mac)
		}
	}
	return many
}

// sameBox tells whether two results of which at most one has an endpoint are
// about one device.
func sameBox(a, b devices.Found) bool {
	switch {
	case a.Endpoint != "" && b.Endpoint != "":
		return normalEndpoint(a.Endpoint) == normalEndpoint(b.Endpoint)
	case a.MAC != "" && b.MAC != "":
		return a.MAC == b.MAC // another one: the address has changed hands
	default:
		return hostOf(a.Address) == hostOf(b.Address)
	}
}

// joined is a with what b adds.
func joined(a, b devices.Found, stays func(devices.Found) bool) devices.Found {
	if better(b.How, a.How) || a.How == b.How && stays(b) && !stays(a) {
		a, b = b, a
	}
	if a.Endpoint == "" {
		a.Endpoint = b.Endpoint
	}
	if a.MAC == "" && hostOf(a.Address) == hostOf(b.Address) {
		a.MAC = b.MAC
	}
	if a.Interface == "" {
		a.Interface = b.Interface
	}
	if len(a.XAddrs) == 0 {
		a.XAddrs = b.XAddrs
	}
	if len(a.Types) == 0 {
		a.Types = b.Types
	}
	if len(a.Scopes) == 0 {
		a.Scopes = b.Scopes
	}
	a.Hints = joinHints(a.Hints, b.Hints)
	if a.FirstSeen.IsZero() || !b.FirstSeen.IsZero() && b.FirstSeen.Before(a.FirstSeen) {
		a.FirstSeen = b.FirstSeen
	}
	if b.LastSeen.After(a.LastSeen) {
		a.LastSeen = b.LastSeen
	}
	return a
}

// joinHints has each hint once.
func joinHints(a, b []devices.Hint) []devices.Hint {
	all := slices.Clone(a)
	for _, h := range b {
		if !slices.Contains(all, h) && len(all) < maxHints {
			all = append(all, h)
		}
	}
	return all
}

// Bounds of what is kept of one device's words, which anybody on the network
// may have put into its mouth.
const (
	maxHints    = 16
	maxWords    = 16
	maxEndpoint = 512 // bytes
)

// tidy makes a result comparable and bounds it. It is false for one without an
// address that could be dialled.
func tidy(f devices.Found) (devices.Found, bool) {
	if _, err := netip.ParseAddr(hostOf(f.Address)); err != nil {
		return f, false
	}
	f.Endpoint, f.Interface = cut(strings.TrimSpace(f.Endpoint), maxEndpoint), cut(f.Interface, maxSaid)
	f.MAC = normalMAC(f.MAC)
	words := func(list []string) []string {
		out := make([]string, 0, min(len(list), maxWords))
		for _, s := range list[:min(len(list), maxWords)] {
			out = append(out, cut(s, maxSaid))
		}
		return out
	}
	f.XAddrs, f.Types, f.Scopes = words(f.XAddrs), words(f.Types), words(f.Scopes)
	hints := make([]devices.Hint, 0, min(len(f.Hints), maxHints))
	for _, h := range f.Hints[:min(len(f.Hints), maxHints)] {
		hints = append(hints, devices.Hint{Kind: h.Kind, Text: cut(h.Text, maxSaid)})
	}
	f.Hints = hints
	return f, true
}

// normalMAC writes a hardware address as Go does, or leaves it out if it is
// none or says nothing.
func normalMAC(s string) string {
	hw, err := net.ParseMAC(strings.TrimSpace(s))
	if err != nil || !slices.ContainsFunc(hw, func(b byte) bool { return b != 0 }) || hw[0]&1 == 1 {
		return ""
	}
	return hw.String()
}

// hostOf is an address without its port, in one spelling.
func hostOf(address string) string {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	if a, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return a.Unmap().String()
	}
	return host
}

// deviceKey is what a device is known by. A hint has a name of its own kind,
// so that nothing that a device says of itself can be taken for it.
func deviceKey(f devices.Found) string {
	switch {
	case f.Endpoint != "":
		return normalEndpoint(f.Endpoint)
	case answered(f):
		return f.Address
	case f.MAC != "":
		return "mac " + f.MAC
	default:
		return "host " + hostOf(f.Address)
	}
}

// normalEndpoint makes the spellings of a UUID endpoint comparable:
// urn:uuid:X, uuid:X and X, in any case.
func normalEndpoint(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	s = strings.TrimPrefix(s, "urn:")
	return strings.TrimPrefix(s, "uuid:")
}
