// Package network owns what a network itself tells of the devices on it: who
// has which hardware address, which addresses belong to makers of cameras,
// which ports speak RTSP, what is announced by DNS-SD, and which switch the
// gateway hangs on. It finds what does not answer ONVIF, or will not.
//
// All of it is hints: anybody can claim anything on a network, and a hint is
// what a person is told to go and look at. It logs in nowhere, opens no
// stream, and dials no address outside the subnets that it is given.
package network

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/lensdop/lensdop/devices"
)

// Name is the driver's name.
const Name = "network"

// Defaults and limits of a search.
const (
	DefaultRate    = 100 // connections a second
	DefaultTimeout = 3 * time.Second
	// maxSweep is the most addresses that are tried: a /16 of cameras is none
	// of ours, and somebody mistyped.
	maxSweep = 1 << 16
	maxOpen  = 128 // connections at once
)

// Options of the driver. The zero value is ready for use.
type Options struct {
	// Ports that are asked for RTSP; nil means 554 and 8554.
	Ports []int
	// Now is the gateway's clock; nil means time.Now.
	Now func() time.Time
	// Log receives what was tolerated; nil means nothing is logged.
	Log *slog.Logger
}

// Driver searches by hints. It opens nothing: what it finds is for people, and
// for drivers that speak with devices.
//
// A device whose only sign is its hardware address is reported too, with
// devices.HowNeighbour and without hints if its maker is not known for
// cameras: whoever merges searches learns by it which hardware address the
// others' devices have.
func Driver(o Options) devices.Driver {
	if o.Ports == nil {
		o.Ports = []int{554, 8554}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	p := &places{}
	return devices.Driver{
		Name: Name,
		Discover: func(ctx context.Context, s devices.Search, found func(devices.Found)) error {
			return (&search{o: o, s: s, places: p}).run(ctx, found)
		},
		Listen: func(ctx context.Context, s devices.Search, _ func(devices.Announcement)) error {
			return listenLLDP(ctx, s.Interfaces, p, o)
		},
	}
}

// search is one search.
type search struct {
	o      Options
	s      devices.Search
	places *places

	within []netip.Prefix // what may be dialled

	mu    sync.Mutex
	found map[netip.Addr]*devices.Found
}

func (s *search) run(ctx context.Context, found func(devices.Found)) error {
	const op = "look for hints on the network"
	if s.s.Timeout <= 0 {
		s.s.Timeout = DefaultTimeout
	}
	s.found = map[netip.Addr]*devices.Found{}
	if err := s.bounds(); err != nil {
		return &devices.Error{Op: op, Err: err}
	}
	if len(s.within) == 0 {
		return nil // nothing may be dialled
	}

	targets, err := s.targets()
	if err != nil {
		return &devices.Error{Op: op, Err: err}
	}
	// One kind of hint that is not to be had does not spoil a search: it is
	// said in the log.
	missed := func(what string, err error) {
		if err != nil && ctx.Err() == nil {
			s.o.Log.WarnContext(ctx, "no hints of one kind", "kind", what, "error", err)
		}
	}
	var wg sync.WaitGroup
	wg.Go(func() { missed("DNS-SD", s.askMDNS(ctx)) })
	wg.Go(func() { s.askRTSP(ctx, targets) })
	wg.Wait()
	// Read last: asking an address has put its owner into the table.
	missed("neighbours", s.readNeighbours())
	s.report(found)
	if ctx.Err() != nil {
		return &devices.Error{Op: op, Err: ctx.Err()}
	}
	return nil
}

// bounds works out which addresses may be dialled: those of the subnets, else
// those of the interfaces, and those named one by one that lie within.
func (s *search) bounds() error {
	for _, n := range s.s.Subnets {
		p, err := netip.ParsePrefix(strings.TrimSpace(n))
		if err != nil {
			return fmt.Errorf("subnet %q: %w; write it like 10.1.0.0/24", n, err)
		}
		s.within = append(s.within, p.Masked())
	}
	if len(s.within) > 0 {
		return nil
	}
	for _, name := range s.s.Interfaces {
		ifi, err := net.InterfaceByName(name)
		if err != nil {
			continue // whoever searches it by multicast says that it is missing
		}
		addrs, err := ifi.Addrs()
		if err != nil {
			return fmt.Errorf("interface %q: %w", name, err)
		}
		for _, a := range addrs {
			if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is4() {
				s.within = append(s.within, p.Masked())
			}
		}
	}
	for _, t := range s.s.Unicast {
		host, _, err := net.SplitHostPort(t)
		if err != nil {
			host = t
		}
		if a, err := netip.ParseAddr(host); err == nil {
			s.within = append(s.within, netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()))
		}
	}
	return nil
}

func (s *search) may(a netip.Addr) bool {
	return a.IsValid() && !a.IsUnspecified() && !a.IsMulticast() &&
		slices.ContainsFunc(s.within, func(p netip.Prefix) bool { return p.Contains(a) })
}

// targets are the addresses that are asked for RTSP: who was heard of, who is
// named, and in a sweep every address.
func (s *search) targets() ([]netip.Addr, error) {
	var list []netip.Addr
	seen := map[netip.Addr]bool{}
	add := func(a netip.Addr) {
		if a = a.Unmap(); s.may(a) && !seen[a] {
			seen[a] = true
			list = append(list, a)
		}
	}
	heard, err := neighbours()
	if err != nil {
		s.o.Log.Warn("no hints of one kind", "kind", "neighbours", "error", err)
	}
	for _, n := range heard {
		if s.on(n.Interface) {
			add(n.Address)
		}
	}
	for _, t := range s.s.Unicast {
		host, _, split := net.SplitHostPort(t)
		if split != nil {
			host = t
		}
		if a, bad := netip.ParseAddr(host); bad == nil {
			add(a)
		}
	}
	if !s.s.Sweep {
		return list, nil
	}
	for _, p := range s.within {
		if p.Addr().BitLen()-p.Bits() > 16 {
			return list, fmt.Errorf("subnet %s is too large to try one by one; name smaller ones, at most /16", p)
		}
		last := lastOf(p)
		for a := p.Addr(); p.Contains(a) && len(list) < maxSweep; a = a.Next() {
			// The first and the last address of an IPv4 subnet are nobody's.
			if a.Is4() && p.Bits() < 31 && (a == p.Addr() || a == last) {
				continue
			}
			add(a)
		}
	}
	return list, nil
}

// lastOf is the last address of a prefix.
func lastOf(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(b) // as long as the address that it came from
	return a
}

// on tells whether an interface is searched; without any named, all are.
func (s *search) on(name string) bool {
	return len(s.s.Interfaces) == 0 || slices.Contains(s.s.Interfaces, name)
}

// note keeps a hint on an address. The better kind of search counts.
func (s *search) note(a netip.Addr, port int, how devices.How, h devices.Hint, iface string) {
	if a = a.Unmap(); !s.may(a) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.o.Now()
	f := s.found[a]
	if f == nil {
		f = &devices.Found{Address: address(a, port), How: how, FirstSeen: now}
		s.found[a] = f
	}
	f.LastSeen = now
	if rank(how) < rank(f.How) {
		f.How, f.Address = how, address(a, port)
	}
	if f.Interface == "" {
		f.Interface = iface
	}
	if h.Kind != "" && len(f.Hints) < maxHints && !slices.Contains(f.Hints, h) {
		f.Hints = append(f.Hints, h)
	}
}

const maxHints = 16 // of one address

func rank(h devices.How) int {
	return slices.Index([]devices.How{devices.HowRTSP, devices.HowMDNS, devices.HowNeighbour}, h)
}

// address is host:port, or the host alone where no port speaks for it.
func address(a netip.Addr, port int) string {
	if port == 0 {
		return a.String()
	}
	return netip.AddrPortFrom(a, uint16(port)).String() //nolint:gosec // a port, from a list of ports or a 16-bit field
}

// readNeighbours gives every address its hardware address, and reports those
// that only have one.
func (s *search) readNeighbours() error {
	list, err := neighbours()
	for _, n := range list {
		if !s.on(n.Interface) || !s.may(n.Address) {
			continue
		}
		var h devices.Hint
		if m, ok := maker(n.MAC); ok {
			h = devices.Hint{Kind: devices.HintOUI, Text: m}
		}
		s.note(n.Address, 0, devices.HowNeighbour, h, n.Interface)
		s.mu.Lock()
		if f := s.found[n.Address]; f != nil && f.MAC == "" {
			f.MAC = n.MAC.String()
		}
		s.mu.Unlock()
	}
	return err
}

// report tells each address once, in order, with where its interface hangs.
func (s *search) report(found func(devices.Found)) {
	var order []netip.Addr
	for a := range s.found {
		order = append(order, a)
	}
	slices.SortFunc(order, netip.Addr.Compare)
	for _, a := range order {
		f := s.found[a]
		if f.Interface == "" {
			f.Interface = towards(a)
		}
		// Where the network hangs speaks for no camera: told with everybody in
		// the neighbour table, it would have telephones kept.
		if h, ok := s.places.of(f.Interface); ok && len(f.Hints) > 0 {
			f.Hints = append(f.Hints, h)
		}
		found(*f)
	}
}

// towards names the interface that has a subnet with this address.
func towards(a netip.Addr) string {
	ifis, err := net.Interfaces()
	if err != nil {
		return ""
	}
	for _, ifi := range ifis {
		addrs, err := ifi.Addrs()
		if err != nil {
			continue
		}
		for _, x := range addrs {
			if p, err := netip.ParsePrefix(x.String()); err == nil && p.Contains(a) {
				return ifi.Name
			}
		}
	}
	return ""
}

// plain makes text from the network fit for a line: printable, bounded.
func plain(s string, most int) string {
	var b strings.Builder
	n := 0
	for _, r := range strings.ToValidUTF8(s, "?") {
		if !unicode.IsPrint(r) || unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r) {
			r = ' ' // it ends up on terminals, which it must neither steer nor overprint
		}
		if n++; n > most {
			break
		}
		b.WriteRune(r)
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
