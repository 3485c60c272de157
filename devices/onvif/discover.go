package onvif

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/lensdop/lensdop/devices"
	"golang.org/x/net/ipv4"
)

const (
	discoveryPort = 3702
	probeTimes    = 3
	// Limits of one search. A host that answers for more devices than
	// maxPerHost is making them up.
	maxFound     = 4096
	maxPerHost   = 256
	maxReadFails = 16

	defaultWait = 3 * time.Second
)

// searcher is one search by WS-Discovery (2005/04, as ONVIF Core §7 uses it).
type searcher struct {
	o       Options
	search  devices.Search
	port    int // of the group and of unicast targets that name none
	subnets []netip.Prefix
	id      string // MessageID of the probes
}

func newSearcher(o Options, s devices.Search) *searcher {
	if s.Timeout <= 0 {
		s.Timeout = defaultWait
	}
	return &searcher{o: o, search: s, port: discoveryPort}
}

// way is a socket that probes leave by and answers come in by.
type way struct {
	conn  net.PacketConn
	how   devices.How
	iface string // empty for unicast: the answer tells
	// from decides which source addresses are believed.
	from func(netip.Addr) bool
	to   []*net.UDPAddr
}

// heard is a datagram.
type heard struct {
	way  *way
	from netip.Addr
	data []byte
}

// run probes three times, waits for answers and reports each device at each
// address once. A way that fails does not stop the others; its error is
// returned at the end, beside what was found.
func (s *searcher) run(ctx context.Context, found func(devices.Found)) error {
	const op = "search the network"
	fail := func(err error) error {
		if err == nil {
			return nil
		}
		return &devices.Error{Op: op, Err: err}
	}
	var id [16]byte
	if _, err := rand.Read(id[:]); err != nil {
		return fail(err)
	}
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80 // RFC 9562 §5.4
	h := hex.EncodeToString(id[:])
	s.id = h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
	for _, n := range s.search.Subnets {
		p, err := netip.ParsePrefix(strings.TrimSpace(n))
		if err != nil {
			return fail(fmt.Errorf("subnet %q: %w; write it like 10.1.0.0/24", n, err))
		}
		s.subnets = append(s.subnets, p.Masked())
	}

	ways, errs := s.open(ctx)
	defer func() {
		for _, w := range ways {
			_ = w.conn.Close() // nothing is written any more; all answers were read
		}
	}()
	if len(ways) > 0 {
		errs = append(errs, s.ask(ctx, ways, found))
	}
	if ctx.Err() != nil {
		errs = append(errs, ctx.Err())
	}
	return fail(together(errs...))
}

func (s *searcher) open(ctx context.Context) (ways []*way, errs []error) {
	for _, name := range s.search.Interfaces {
		w, err := s.multicast(ctx, name)
		ways = append(ways, w...)
		if err != nil {
			errs = append(errs, fmt.Errorf("interface %q: %w", name, err))
		}
	}
	if len(s.search.Unicast) > 0 {
		w, err := s.unicast(ctx)
		if w != nil {
			ways = append(ways, w)
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
	return ways, errs
}

// multicast opens a socket on each IPv4 address of an interface. An interface
// that is named is used even without the MULTICAST flag, which lo lacks.
func (s *searcher) multicast(ctx context.Context, name string) ([]*way, error) {
	ifi, err := net.InterfaceByName(name)
	if err != nil {
		return nil, err
	}
	prefixes, err := addresses(ifi)
	if err != nil {
		return nil, err
	}
	if len(prefixes) == 0 {
		return nil, errors.New("it has no IPv4 address")
	}
	from := func(a netip.Addr) bool { return within(a, prefixes) }
	if len(s.subnets) > 0 {
		from = func(a netip.Addr) bool { return within(a, s.subnets) }
	}
	var ways []*way
	var errs []error
	for _, p := range prefixes {
		// Bound to the interface's own address: an unbound socket sends with
		// the address of the default route, or by it.
		var lc net.ListenConfig
		conn, err := lc.ListenPacket(ctx, "udp4", net.JoinHostPort(p.Addr().String(), "0"))
		if err != nil {
			errs = append(errs, err)
			continue
		}
		out := ipv4.NewPacketConn(conn)
		if err := together(out.SetMulticastInterface(ifi), out.SetMulticastTTL(1)); err != nil {
			errs = append(errs, err, conn.Close())
			continue
		}
		ways = append(ways, &way{
			conn: conn, how: devices.HowMulticast, iface: name, from: from,
			to: []*net.UDPAddr{{IP: net.IPv4(239, 255, 255, 250), Port: s.port}},
		})
	}
	return ways, together(errs...)
}

// addresses are the IPv4 addresses of an interface with their subnets.
func addresses(ifi *net.Interface) ([]netip.Prefix, error) {
	addrs, err := ifi.Addrs()
	if err != nil {
		return nil, err
	}
	var out []netip.Prefix
	for _, a := range addrs {
		n, ok := a.(*net.IPNet)
		if !ok {
			continue
		}
		if p, err := netip.ParsePrefix(n.String()); err == nil && p.Addr().Is4() {
			out = append(out, p)
		}
	}
	return out, nil
}

func within(a netip.Addr, prefixes []netip.Prefix) bool {
	for _, p := range prefixes {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// unicast opens one socket to all addresses that are asked directly. Only
// they are believed. One that cannot be asked does not stop the others.
func (s *searcher) unicast(ctx context.Context) (*way, error) {
	var to []*net.UDPAddr
	var errs []error
	asked := map[netip.Addr]bool{}
	for _, target := range s.search.Unicast {
		host, port := target, strconv.Itoa(s.port)
		if h, p, err := net.SplitHostPort(target); err == nil {
			host, port = h, p
		}
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			errs = append(errs, fmt.Errorf("unicast %q: give it as host or host:port", plain(target, 100)))
			continue
		}
		ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip4", host)
		if err != nil {
			errs = append(errs, fmt.Errorf("unicast %q: %w", plain(target, 100), err))
			continue
		}
		for _, ip := range ips {
			ip = ip.Unmap()
			if len(s.subnets) > 0 && !within(ip, s.subnets) {
				errs = append(errs, fmt.Errorf("unicast %q: %v is outside the subnets of the search", plain(target, 100), ip))
				continue
			}
			asked[ip] = true
			to = append(to, net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, uint16(n))))
		}
	}
	if len(to) == 0 {
		return nil, together(errs...)
	}
	var lc net.ListenConfig
	conn, err := lc.ListenPacket(ctx, "udp4", ":0")
	if err != nil {
		return nil, together(append(errs, err)...)
	}
	return &way{conn: conn, how: devices.HowUnicast, to: to, from: func(a netip.Addr) bool { return asked[a] }}, together(errs...)
}

// ask sends the probes and collects answers until the time is over.
func (s *searcher) ask(ctx context.Context, ways []*way, found func(devices.Found)) error {
	gap := min(s.search.Timeout/(2*probeTimes), 500*time.Millisecond)
	ctx, cancel := context.WithTimeout(ctx, gap*(probeTimes-1)+s.search.Timeout)
	defer cancel()
	var wg sync.WaitGroup
	in := make(chan heard)
	fails := make(chan error, len(ways)+1)
	for _, w := range ways {
		wg.Go(func() { fails <- w.listen(ctx, in) })
	}
	wg.Go(func() { fails <- s.send(ctx, ways, gap) })
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()

	a := &answers{s: s, seen: map[string]bool{}, perHost: map[netip.Addr]int{}, found: found}
	var full error
	for running := true; running; {
		select {
		case h := <-in:
			if full == nil {
				if full = a.take(h); full != nil {
					cancel()
				}
			}
		case <-done:
			running = false
		}
	}
	close(fails)
	errs := []error{full}
	for err := range fails {
		errs = append(errs, err)
	}
	return together(errs...)
}

// send probes by every way: typed, which every ONVIF transmitter answers, and
// without types, for those that call themselves something else.
func (s *searcher) send(ctx context.Context, ways []*way, gap time.Duration) error {
	typed, err := probeMessage(s.id, true)
	if err != nil {
		return err
	}
	bare, err := probeMessage(s.id, false)
	if err != nil {
		return err
	}
	failed := map[string]error{}
	for i := range probeTimes {
		if i > 0 {
			t := time.NewTimer(gap)
			select {
			case <-ctx.Done():
				t.Stop()
			case <-t.C:
			}
		}
		for _, w := range ways {
			for _, to := range w.to {
				for _, msg := range [][]byte{typed, bare} {
					if ctx.Err() != nil {
						break
					}
					if _, err := w.conn.WriteTo(msg, to); err != nil && !errors.Is(err, net.ErrClosed) {
						failed[to.String()+w.iface] = fmt.Errorf("probe by %s: %w", w.how, err)
					}
				}
			}
		}
	}
	errs := make([]error, 0, len(failed))
	for _, err := range failed {
		errs = append(errs, err)
	}
	return together(errs...)
}

// listen hands on every datagram from a believed source until ctx ends.
func (w *way) listen(ctx context.Context, in chan<- heard) error {
	stop := context.AfterFunc(ctx, func() {
		_ = w.conn.SetReadDeadline(time.Unix(1, 0)) // fails only on a closed socket, which ends the read too
	})
	defer stop()
	buf := make([]byte, maxDatagram+1)
	for fails := 0; ; {
		n, from, err := w.conn.ReadFrom(buf)
		if err != nil {
			if ctx.Err() != nil || errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, net.ErrClosed) {
				return nil
			}
			// One bad read, such as a port that refuses, says nothing of the rest.
			if fails++; fails >= maxReadFails {
				return fmt.Errorf("read answers by %s: %w", w.how, err)
			}
			continue
		}
		udp, ok := from.(*net.UDPAddr)
		if !ok || n > maxDatagram {
			continue
		}
		addr := udp.AddrPort().Addr().Unmap()
		if !w.from(addr) {
			continue
		}
		select {
		case in <- heard{way: w, from: addr, data: append([]byte(nil), buf[:n]...)}:
		case <-ctx.Done():
			return nil
		}
	}
}

// answers tells each device at each address once.
type answers struct {
	s       *searcher
	seen    map[string]bool
	perHost map[netip.Addr]int
	found   func(devices.Found)
}

// take reads one datagram. What cannot be read is dropped: anybody can send.
func (a *answers) take(h heard) error {
	log := a.s.o.Log
	p, err := parseProbeMatches(h.data)
	if err != nil {
		log.Debug("datagram dropped", "from", h.from.String(), "error", err)
		return nil
	}
	// Firmwares write the id with uuid: or urn:uuid: before it, in either case.
	if p.relatesTo != "" && !strings.Contains(strings.ToLower(p.relatesTo), a.s.id) {
		log.Debug("answer to another probe dropped", "from", h.from.String())
		return nil
	}
	for _, m := range p.matches {
		if !m.onvif() {
			continue
		}
		host := h.from.String()
		address := net.JoinHostPort(host, m.port(host))
		key := m.endpoint + "\x00" + address
		if a.seen[key] {
			continue
		}
		if a.perHost[h.from] >= maxPerHost {
			log.Warn("host answers for too many devices", "from", host)
			return nil
		}
		if len(a.seen) >= maxFound {
			return fmt.Errorf("%w: over %d devices answer", devices.ErrOutOfBounds, maxFound)
		}
		a.seen[key] = true
		a.perHost[h.from]++
		now := a.s.o.Now()
		iface := h.way.iface
		if iface == "" {
			iface = towards(h.from)
		}
		a.found(devices.Found{
			Endpoint: m.endpoint, Address: address, XAddrs: m.xaddrs, Types: m.types, Scopes: m.scopes,
			Interface: iface, How: h.way.how, FirstSeen: now, LastSeen: now,
		})
	}
	return nil
}

// towards names the interface that has a subnet with this address; empty for
// an address behind a router.
func towards(a netip.Addr) string {
	ifis, err := net.Interfaces()
	if err != nil {
		return ""
	}
	for i := range ifis {
		if prefixes, err := addresses(&ifis[i]); err == nil && within(a, prefixes) {
			return ifis[i].Name
		}
	}
	return ""
}
