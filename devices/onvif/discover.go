package onvif

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/lensdop/lensdop/devices"
)

const (
	discoveryPort = 3702
	probeTimes    = 3
	// Limits of one search. A host that answers for more devices than
	// maxPerHost is making them up. The first device of each host counts
	// against maxHosts only, so that one host's inventions crowd out no other.
	maxPerHost = 256
	maxFound   = 4096
	maxHosts   = 16384
	// What one host may send: a recorder answers each probe once per channel.
	answerBurst = 512
	answerRate  = 256 // a second

	defaultWait = 3 * time.Second
)

// searcher is one search by WS-Discovery (2005/04, as ONVIF Core §7 uses it).
type searcher struct {
	o       Options
	search  devices.Search
	port    int // of the group and of targets that name none
	subnets []netip.Prefix
	id      string // MessageID of the probes
	msgs    [][]byte
}

func newSearcher(o Options, s devices.Search) *searcher {
	if s.Timeout <= 0 {
		s.Timeout = defaultWait
	}
	return &searcher{o: o, search: s, port: discoveryPort}
}

// way is a socket that probes leave by and answers come in by.
type way struct {
	sock  *socket
	how   devices.How
	iface string // that the probes leave by; empty if the system chooses
	// from decides which source addresses are believed.
	from  func(netip.Addr) bool
	to    []netip.AddrPort
	sweep *sweep // in place of to
}

// heard is a datagram, as the collector gets it.
type heard struct {
	datagram

	way *way
}

// run probes, waits for answers and reports each device at each address once
// for each way and interface that it answered by. A way that fails does not
// stop the others; its error is returned at the end, beside what was found.
func (s *searcher) run(ctx context.Context, found func(devices.Found)) error {
	const op = "search the network"
	fail := func(err error) error {
		if err == nil {
			return nil
		}
		return &devices.Error{Op: op, Err: err}
	}
	var err error
	if s.subnets, err = parseSubnets(s.search.Subnets); err != nil {
		return fail(err)
	}
	if err := s.write(); err != nil {
		return fail(err)
	}
	ways, errs := s.open(ctx)
	defer func() {
		for _, w := range ways {
			w.sock.close()
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

// write makes the probes: typed, which every ONVIF transmitter answers, and
// without types, for those that call themselves something else.
func (s *searcher) write() error {
	var id [16]byte
	if _, err := rand.Read(id[:]); err != nil {
		return err
	}
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80 // RFC 9562 §5.4
	h := hex.EncodeToString(id[:])
	s.id = h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
	for _, typed := range []bool{true, false} {
		msg, err := probeMessage(s.id, typed)
		if err != nil {
			return err
		}
		s.msgs = append(s.msgs, msg)
	}
	return nil
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
		errs = append(errs, err)
	}
	if s.search.Sweep {
		w, err := s.sweeping(ctx)
		ways = append(ways, w...)
		errs = append(errs, err)
	}
	return ways, errs
}

// sweeping opens the sockets of a sweep. The kernel holds what is sent to an
// address that nobody has for three seconds, and a socket that has its buffer
// full of that waits: so there are several, which take turns.
func (s *searcher) sweeping(ctx context.Context) ([]*way, error) {
	plan, err := newSweep(s.subnets)
	if plan == nil || plan.total == 0 {
		return nil, err
	}
	var ways []*way
	for range min(1+sweepRate(s.search.Rate)/sweepSocketRate, maxSweepSockets) {
		sock, e := openSocket(ctx, netip.AddrPortFrom(netip.IPv4Unspecified(), 0), nil)
		if e != nil {
			err = together(err, e)
			break
		}
		ways = append(ways, &way{
			sock: sock, how: devices.HowUnicast, sweep: plan,
			from: func(a netip.Addr) bool { return within(a, plan.subnets) },
		})
	}
	return ways, err
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
		sock, err := openSocket(ctx, netip.AddrPortFrom(p.Addr(), 0), nil)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if err := together(sock.ip.SetMulticastInterface(ifi), sock.ip.SetMulticastTTL(1)); err != nil {
			errs = append(errs, err)
			sock.close()
			continue
		}
		ways = append(ways, &way{
			sock: sock, how: devices.HowMulticast, iface: name, from: from,
			to: []netip.AddrPort{netip.AddrPortFrom(group(), uint16(s.port))},
		})
	}
	return ways, together(errs...)
}

// unicast opens one socket to all addresses that are asked directly. Only
// they are believed. One that cannot be asked does not stop the others.
func (s *searcher) unicast(ctx context.Context) (*way, error) {
	var to []netip.AddrPort
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
			to = append(to, netip.AddrPortFrom(ip, uint16(n)))
		}
	}
	if len(to) == 0 {
		return nil, together(errs...)
	}
	sock, err := openSocket(ctx, netip.AddrPortFrom(netip.IPv4Unspecified(), 0), nil)
	if err != nil {
		return nil, together(append(errs, err)...)
	}
	return &way{sock: sock, how: devices.HowUnicast, to: to, from: func(a netip.Addr) bool { return asked[a] }}, together(errs...)
}

// ask sends the probes and collects answers until Timeout after the last one.
func (s *searcher) ask(ctx context.Context, ways []*way, found func(devices.Found)) error {
	reading, stop := context.WithCancel(ctx)
	defer stop()
	in := make(chan heard)
	type step struct{ asked, of int }
	steps := make(chan step)
	fails := make(chan error, len(ways)+2) // so that nobody waits to tell
	var readers, senders sync.WaitGroup
	var sweepers []*way
	for _, w := range ways {
		readers.Go(func() { fails <- s.listen(reading, w, in) })
		if w.sweep != nil {
			sweepers = append(sweepers, w)
		}
	}
	if len(sweepers) > 0 {
		n := 0
		write := func(msg []byte, to netip.Addr) error {
			n++
			return sweepers[n%len(sweepers)].sock.write(msg, netip.AddrPortFrom(to, uint16(s.port)))
		}
		progress := func(asked, of int) {
			select {
			case steps <- step{asked, of}:
			case <-ctx.Done():
			}
		}
		senders.Go(func() { fails <- sweepers[0].sweep.run(ctx, s.search.Rate, write, s.msgs, progress) })
	}
	senders.Go(func() { fails <- s.send(ctx, ways) })
	sent, done := make(chan struct{}), make(chan struct{})
	go func() { senders.Wait(); close(sent); readers.Wait(); close(done) }()

	a := &answers{
		s: s, seen: map[answerKey]bool{}, perHost: map[hostKey]int{}, names: interfaceNames{}, found: found,
	}
	wait := time.NewTimer(0)
	if !wait.Stop() {
		<-wait.C
	}
	defer wait.Stop()
	for running := true; running; {
		select {
		case h := <-in:
			a.take(h)
		case p := <-steps:
			if s.search.Progress != nil {
				s.search.Progress(p.asked, p.of)
			}
		case <-sent:
			sent = nil
			wait.Reset(s.search.Timeout)
		case <-wait.C:
			stop()
		case <-done:
			running = false
		}
	}
	errs := []error{a.full, a.crowded.err("answer for too many devices")}
	for range len(fails) {
		errs = append(errs, <-fails)
	}
	return together(errs...)
}

// send probes by every way but a sweep, several times, since datagrams get lost.
func (s *searcher) send(ctx context.Context, ways []*way) error {
	gap := min(s.search.Timeout/(2*probeTimes), 500*time.Millisecond)
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
				for _, msg := range s.msgs {
					if ctx.Err() != nil {
						break
					}
					if err := w.sock.write(msg, to); err != nil && !errors.Is(err, net.ErrClosed) {
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

// listen hands on what may be an answer from a believed source, until ctx ends.
//
// A host that sends too much may drown another's answers under its address:
// the error tells that not everything was looked at.
func (s *searcher) listen(ctx context.Context, w *way, in chan<- heard) (err error) {
	defer w.sock.stopOn(ctx)()
	var loud hosts
	defer func() { err = together(err, loud.err("send too many answers")) }()
	limit := newLimiter(answerBurst, answerRate)
	word := []byte("ProbeMatch")
	for fails := 0; ; {
		d, err := w.sock.next()
		switch {
		case ctx.Err() != nil || err != nil && over(err):
			return nil
		case err != nil:
			// One bad read, such as a port that refuses, says nothing of the rest.
			if fails++; fails >= maxReadFails {
				return fmt.Errorf("read answers by %s: %w", w.how, err)
			}
			continue
		case !w.from(d.from) || !bytes.Contains(d.data, word):
			continue
		}
		if ok, first := limit.allow(d.from, time.Now()); !ok {
			if first {
				loud.add(d.from)
			}
			continue
		}
		d.data = bytes.Clone(d.data)
		select {
		case in <- heard{datagram: d, way: w}:
		case <-ctx.Done():
			return nil
		}
	}
}

// hosts of which something was dropped: how many, and the first of them.
type hosts struct {
	n     int
	first netip.Addr
}

func (h *hosts) add(a netip.Addr) {
	if h.n++; h.n == 1 {
		h.first = a
	}
}

func (h *hosts) err(what string) error {
	if h.n == 0 {
		return nil
	}
	return fmt.Errorf("%w: %d hosts %s, and the rest is dropped, such as of %v", devices.ErrOutOfBounds, h.n, what, h.first)
}

// answers tells each device once at each address, for each way and interface.
type answers struct {
	s       *searcher
	seen    map[answerKey]bool
	perHost map[hostKey]int
	more    int // devices beyond the first of their hosts
	names   interfaceNames
	found   func(devices.Found)
	full    error // that not everything was taken
	crowded hosts // that answered for more than maxPerHost
}

type hostKey struct {
	host  netip.Addr
	how   devices.How
	iface string
}

type answerKey struct {
	hostKey

	endpoint [sha256.Size]byte // its sum, since a sender may make it long
	port     string
}

// take reads one datagram. What cannot be read is dropped: anybody can send.
func (a *answers) take(h heard) {
	log := a.s.o.Log
	p, err := parseProbeMatches(h.data)
	if err != nil {
		log.Debug("datagram dropped", "from", h.from.String(), "error", err)
		return
	}
	// Firmwares write the id with uuid: or urn:uuid: before it, in either case.
	if p.relatesTo != "" && !strings.Contains(strings.ToLower(p.relatesTo), a.s.id) {
		log.Debug("answer to another probe dropped", "from", h.from.String())
		return
	}
	// The interface that it came in by, which need not be that of the probe.
	iface := a.names.name(h.index)
	if iface == "" {
		iface = h.way.iface
	}
	for _, m := range p.matches {
		if !m.onvif() {
			continue
		}
		host := h.from.String()
		key := answerKey{hostKey{h.from, h.way.how, iface}, sha256.Sum256([]byte(m.endpoint)), m.port(host)}
		if a.seen[key] {
			continue
		}
		if !a.room(key.hostKey) {
			return
		}
		a.seen[key] = true
		if h.way.sweep != nil {
			h.way.sweep.heard(h.from)
		}
		now := a.s.o.Now()
		a.found(devices.Found{
			Endpoint: m.endpoint, Address: net.JoinHostPort(host, key.port), XAddrs: m.xaddrs, Types: m.types, Scopes: m.scopes,
			Interface: iface, How: h.way.how, FirstSeen: now, LastSeen: now,
		})
	}
}

// room tells whether there is place for one more device of a host, and takes
// it. The search goes on without: others still answer.
func (a *answers) room(k hostKey) bool {
	n := a.perHost[k]
	switch {
	case n == 0 && len(a.perHost) >= maxHosts:
		a.full = fmt.Errorf("%w: over %d hosts answer", devices.ErrOutOfBounds, maxHosts)
		return false
	case n == maxPerHost:
		a.perHost[k]++ // so that it is told once
		a.crowded.add(k.host)
		return false
	case n > maxPerHost:
		return false
	case n > 0 && a.more >= maxFound:
		a.full = fmt.Errorf("%w: over %d devices answer", devices.ErrOutOfBounds, maxFound)
		return false
	case n > 0:
		a.more++
	}
	a.perHost[k]++
	return true
}
