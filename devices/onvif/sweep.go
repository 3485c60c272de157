package onvif

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// Limits of a sweep.
const (
	// DefaultSweepRate is in datagrams a second. An address that nobody has
	// costs the kernel an entry in the neighbour table for some seconds; at
	// this rate the table's usual 1024 entries suffice.
	DefaultSweepRate = 200
	// sweepRounds: an address that did not answer is asked once more.
	sweepRounds = 2
	// minSweepBits is the largest subnet that is swept: at the default rate
	// its 65,534 addresses take 22 minutes.
	minSweepBits = 16
	// sweepSocketRate is what one socket can send a second to addresses that
	// nobody has, with the kernel's usual limit of its buffer (212,992 bytes,
	// which the kernel doubles; a probe takes up to 1.5 kB of it for 3 s).
	sweepSocketRate = 80
	maxSweepSockets = 16
	progressEvery   = 100 * time.Millisecond
)

// parseSubnets reads CIDR subnets. An IPv4 subnet that is written as one of
// IPv6 is the IPv4 subnet.
func parseSubnets(texts []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, n := range texts {
		p, err := netip.ParsePrefix(strings.TrimSpace(n))
		if err != nil {
			return nil, fmt.Errorf("subnet %q: %w; write it like 10.1.0.0/24", n, err)
		}
		if p.Addr().Is4In6() {
			if p.Bits() < 96 {
				return nil, fmt.Errorf("subnet %q holds all of IPv4; write it like 10.1.0.0/24", n)
			}
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

// sweep asks every address of some subnets, one after the other.
type sweep struct {
	subnets []netip.Prefix // none inside another
	skip    map[netip.Addr]bool
	total   int // addresses

	mu       sync.Mutex
	answered map[netip.Addr]bool
}

// newSweep plans a sweep. A subnet that cannot be swept does not stop the
// others; the error tells of it.
func newSweep(subnets []netip.Prefix) (*sweep, error) {
	if len(subnets) == 0 {
		return nil, errors.New("a sweep needs subnets: name those to ask, like 10.1.0.0/24")
	}
	w := &sweep{skip: ownBroadcasts(), answered: map[netip.Addr]bool{}}
	var errs []error
	subnets = slices.Clone(subnets)
	slices.SortFunc(subnets, func(a, b netip.Prefix) int { return a.Bits() - b.Bits() })
	for _, p := range subnets {
		switch {
		case !p.Addr().Is4():
			errs = append(errs, fmt.Errorf("subnet %v cannot be swept: IPv6 has too many addresses; ask its cameras one by one, as unicast addresses", p))
		case p.Bits() < minSweepBits:
			errs = append(errs, fmt.Errorf("subnet %v is not swept: it has over %d addresses; name the parts with cameras as subnets of /%d or smaller, such as %v",
				p, 1<<(32-minSweepBits), minSweepBits, netip.PrefixFrom(p.Addr(), 24)))
		case p.Addr().IsMulticast() || p.Addr() == netip.IPv4Unspecified() || p.Addr().As4()[0] >= 240:
			errs = append(errs, fmt.Errorf("subnet %v is not swept: these are no addresses of devices", p))
		case slices.ContainsFunc(w.subnets, func(have netip.Prefix) bool { return have.Overlaps(p) }):
		default:
			w.subnets = append(w.subnets, p)
		}
	}
	for range w.addresses() {
		w.total++
	}
	return w, together(errs...)
}

// ownBroadcasts are the addresses at which all hosts of a directly connected
// network would answer at once: a larger swept subnet may hold them.
func ownBroadcasts() map[netip.Addr]bool {
	out := map[netip.Addr]bool{}
	ifis, err := net.Interfaces()
	if err != nil {
		return out
	}
	for i := range ifis {
		prefixes, err := addresses(&ifis[i])
		if err != nil {
			continue
		}
		for _, p := range prefixes {
			if p.Bits() < 31 {
				out[p.Masked().Addr()], out[lastOf(p)] = true, true
			}
		}
	}
	return out
}

func lastOf(p netip.Prefix) netip.Addr {
	a := p.Masked().Addr().As4()
	for i := p.Bits(); i < 32; i++ {
		a[i/8] |= 0x80 >> (i % 8)
	}
	return netip.AddrFrom4(a)
}

// addresses are all that hosts can have: not those of the network and for
// broadcast, which a /31 and a /32 do not have (RFC 3021).
func (w *sweep) addresses() iter.Seq[netip.Addr] {
	return func(yield func(netip.Addr) bool) {
		for _, p := range w.subnets {
			first, last := p.Addr(), lastOf(p)
			for a := first; ; a = a.Next() {
				reserved := p.Bits() < 31 && (a == first || a == last)
				if !reserved && !w.skip[a] && !yield(a) {
					return
				}
				if a == last {
					break
				}
			}
		}
	}
}

// heard notes that an address has answered.
func (w *sweep) heard(a netip.Addr) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answered[a] = true
}

func (w *sweep) silent(a netip.Addr) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.answered[a]
}

func sweepRate(rate int) int {
	if rate <= 0 {
		return DefaultSweepRate
	}
	return rate
}

// run asks, evenly spread in time: what was missed while the system was busy is
// not made up for in a burst. progress gets how many questions were asked, of
// how many; an address that has answered counts as asked.
func (w *sweep) run(ctx context.Context, rate int, write func(msg []byte, to netip.Addr) error, msgs [][]byte, progress func(asked, of int)) error {
	gap := max(time.Second/time.Duration(sweepRate(rate)), 1)
	next := time.Now()
	wait := time.NewTimer(0)
	defer wait.Stop()
	var told time.Time
	var first error
	asked, failed := 0, 0
	for round := range sweepRounds {
		for a := range w.addresses() {
			asked++
			if round > 0 && !w.silent(a) {
				continue
			}
			var err error
			for _, msg := range msgs {
				wait.Reset(time.Until(next))
				select {
				case <-ctx.Done():
					return nil // the caller tells that its time was over
				case <-wait.C:
				}
				next = time.Now().Add(gap)
				if e := write(msg, a); e != nil && ctx.Err() == nil {
					err = fmt.Errorf("%v: %w", a, e)
				}
			}
			if err != nil {
				failed++
				if first == nil {
					first = err
				}
			}
			if now := time.Now(); now.Sub(told) >= progressEvery {
				told = now
				progress(asked, w.total*sweepRounds)
			}
		}
	}
	progress(w.total*sweepRounds, w.total*sweepRounds)
	if first != nil {
		return fmt.Errorf("%d questions of the sweep could not be sent, such as to %w", failed, first)
	}
	return nil
}
