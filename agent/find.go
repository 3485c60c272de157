package agent

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/rules"
)

// discoverLoop searches at its interval, and sooner while a registered camera
// is missing.
func (a *Agent) discoverLoop(ctx context.Context) error {
	for {
		if err := a.discover(ctx); err != nil && ctx.Err() == nil {
			a.log.ErrorContext(ctx, "search for devices", "err", err)
		}
		wait := time.Duration(a.cfg.Every.Discover)
		if a.someMissing() || a.mayHaveMoved() {
			wait = min(wait, 3*time.Duration(a.cfg.Every.Retry))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-a.searchNow: // another register: its networks were not searched yet
		case <-time.After(wait):
		}
	}
}

// discover searches once, takes in what answered and asks it how far the
// gateway gets with it.
func (a *Agent) discover(ctx context.Context) error {
	s := a.search(ctx, nil)
	if err := a.takeSearch(ctx, s); err != nil {
		return err
	}
	a.touch()
	a.wakeUnreached()
	a.identify(ctx)
	a.reachSome(ctx, a.reachAll)
	a.touch()
	return s.err()
}

// reachesLimit bounds how long devices are asked after one search how far the
// gateway gets with them: whoever makes up a thousand that do not answer must
// not put off the next search. The others have their turn another time.
const reachesLimit = time.Minute

func (a *Agent) reachSome(ctx context.Context, reach func(context.Context)) {
	limited, cancel := context.WithTimeout(ctx, reachesLimit)
	defer cancel()
	reach(limited)
}

func (a *Agent) takeSearch(ctx context.Context, s searched) error {
	leftOut, err := a.takeIn(ctx, s.found)
	if err != nil {
		return err
	}
	if leftOut > 0 {
		s.missed = append(s.missed, Unsearched{Why: fmt.Sprintf("more than %d devices answer, and %d of them are not looked at", maxBoxes, leftOut)})
	}
	scans := a.scansOf(s)
	a.mu.Lock()
	a.scans = scans
	a.mu.Unlock()
	return nil
}

// Unsearched is a part of a search that could not be done, and why.
type Unsearched struct {
	// Interface that could not be searched; empty for a whole driver.
	Interface string `json:"interface,omitempty"`
	// Driver that failed; empty for an interface that no driver could search.
	Driver string `json:"driver,omitempty"`
	Why    string `json:"why"`
}

func (u Unsearched) String() string {
	switch {
	case u.Interface != "":
		return "interface " + u.Interface + ": " + u.Why
	case u.Driver != "":
		return u.Driver + ": " + u.Why
	default:
		return u.Why
	}
}

// searched is what one search brought.
type searched struct {
	found  []devices.Found
	missed []Unsearched
	asked  bool // at least one driver could search
}

func (s searched) err() error {
	errs := make([]error, 0, len(s.missed))
	for _, m := range s.missed {
		errs = append(errs, errors.New(m.String()))
	}
	return errors.Join(errs...)
}

// search asks the networks of the site, by all drivers at once: one that fails
// does not stop the others. An interface that is not there is told and the
// others are searched.
func (a *Agent) search(ctx context.Context, progress func(devices.Found)) searched {
	var s searched
	o := a.bounds()
	o.Unicast = a.unicast()
	o.Interfaces = slices.DeleteFunc(slices.Clone(o.Interfaces), func(name string) bool {
		_, err := net.InterfaceByName(name)
		if err != nil {
			s.missed = append(s.missed, Unsearched{Interface: name, Why: plainError(err)})
		}
		return err != nil
	})
	if len(o.Interfaces) == 0 && len(s.missed) > 0 && len(o.Unicast) == 0 && !o.Sweep {
		return s
	}
	s.ask(ctx, a.parts.Drivers, o, progress)
	return s
}

// plainError is the cause of a failed look for an interface, without the
// words of the call.
func plainError(err error) string {
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Err != nil {
		return e.Err.Error()
	}
	return err.Error()
}

func (s *searched) ask(ctx context.Context, drivers []devices.Driver, o devices.Search, progress func(devices.Found)) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, d := range drivers {
		if d.Discover == nil {
			continue
		}
		wg.Go(func() {
			err := d.Discover(ctx, o, func(f devices.Found) {
				mu.Lock()
				defer mu.Unlock()
				if progress != nil {
					progress(f)
				}
				s.found = append(s.found, f)
			})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				s.asked = true
			case errors.Is(err, devices.ErrUnsupported):
				// This gateway cannot look for that kind of hint.
			default:
				s.missed = append(s.missed, Unsearched{Driver: d.Name, Why: err.Error()})
			}
		})
	}
	wg.Wait()
	slices.SortFunc(s.missed, func(x, y Unsearched) int { return strings.Compare(x.String(), y.String()) })
}

// scansOf has one scan per network of the site, which tells whether it could
// be asked. What a driver could not do may concern any of them.
func (a *Agent) scansOf(s searched) []rules.Scan {
	now, _ := a.clock.now()
	var scans []rules.Scan
	for _, n := range a.networks() {
		scan := rules.Scan{Interface: n.Interface, Subnet: n.Subnet, At: now, OK: true}
		var why []string
		for _, m := range s.missed {
			if m.Interface == "" || m.Interface == n.Interface {
				why = append(why, m.String())
			}
		}
		switch {
		case len(why) > 0:
			scan.OK, scan.Why = false, strings.Join(why, "; ")
		case n.Interface != "" && !slices.Contains(a.cfg.Discovery.Interfaces, n.Interface):
			scan.OK, scan.Why = false, "the gateway's config does not search interface "+n.Interface
		}
		scans = append(scans, scan)
	}
	return scans
}

// bounds are those of every search, as the config gives them.
func (a *Agent) bounds() devices.Search {
	d := a.cfg.Discovery
	return devices.Search{
		Interfaces: d.Interfaces, Unicast: d.Unicast, Subnets: d.Subnets,
		Sweep: d.Sweep, Rate: d.Rate, Timeout: time.Duration(d.Timeout),
	}
}

func (a *Agent) networks() []policy.Network {
	p := a.inForce().policy.Protocol
	if p == nil {
		return nil
	}
	s, ok := p.Site(a.cfg.Site)
	if !ok {
		return nil
	}
	return s.Networks
}

// unicast is what the config names and where devices were last seen, so that a
// device which no longer answers multicast is still asked. What answers under
// made-up names is asked once per address.
func (a *Agent) unicast() []string {
	all := slices.Clone(a.cfg.Discovery.Unicast)
	asked := map[string]bool{}
	for _, u := range all {
		asked[u] = true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, b := range a.boxes {
		host := hostOf(b.found.Address)
		if answered(b.found) && !asked[host] {
			asked[host] = true
			all = append(all, host)
		}
	}
	return all
}

var errOutside = errors.New("this address lies outside the networks that the gateway may talk to")

// dialable tells whether the gateway may talk to a device: only inside the
// subnets of the config, or without any inside those of its interfaces and
// where the config itself names an address, whatever a packet says.
func (a *Agent) dialable(f devices.Found) error {
	d := a.cfg.Discovery
	outside := &devices.Error{Device: f.Address, Op: "talk to a device", Err: errOutside, Remedy: "add its network to discovery.subnets if it belongs to the site"}
	addr, err := netip.ParseAddr(hostOf(f.Address))
	if err != nil {
		return outside
	}
	inside := func(p netip.Prefix) bool { return p.Contains(addr) }
	var prefixes []netip.Prefix
	for _, s := range d.Subnets {
		if p, err := netip.ParsePrefix(s); err == nil {
			prefixes = append(prefixes, p)
		}
	}
	if len(d.Subnets) > 0 {
		if slices.ContainsFunc(prefixes, inside) {
			return nil
		}
		return outside
	}
	// A driver takes an answer to a probe of its own only from whom it asked.
	if f.How == devices.HowUnicast || slices.ContainsFunc(d.Unicast, func(u string) bool { return hostOf(u) == addr.String() }) {
		return nil
	}
	for _, name := range d.Interfaces {
		ifi, err := net.InterfaceByName(name)
		if err != nil {
			continue
		}
		addrs, err := ifi.Addrs()
		if err != nil {
			continue
		}
		for _, x := range addrs {
			if p, err := netip.ParsePrefix(x.String()); err == nil {
				prefixes = append(prefixes, p)
			}
		}
	}
	if slices.ContainsFunc(prefixes, inside) {
		return nil
	}
	return outside
}

func (a *Agent) someMissing() bool {
	p := a.inForce().policy.Protocol
	if p == nil {
		return false
	}
	for _, c := range p.CamerasOf(a.cfg.Site) {
		if a.boxOf(c) == nil || a.unreachable(c.ID) {
			return true
		}
	}
	return false
}

// mayHaveMoved tells once that a device answered elsewhere and was not followed.
func (a *Agent) mayHaveMoved() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	soon := a.searchSoon
	a.searchSoon = false
	return soon
}

// unreachable tells that a camera was found and no longer answers, or that
// another device does: it may have moved.
func (a *Agent) unreachable(camera string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	k := a.keepers[camera]
	return k != nil && k.state.Reach == reachUnreachable
}

// wakeUnreached lets the keepers of cameras that were not reached try at once.
func (a *Agent) wakeUnreached() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, k := range a.keepers {
		if k.state.Reach != reachUp {
			k.wake()
		}
	}
}

// seenBy tells whether one of the site's networks sees a device: by the
// interface that its answer came in by and the subnet of its address.
func (a *Agent) seenBy(f devices.Found) devices.Value[bool] {
	networks := a.networks()
	if len(networks) == 0 {
		return devices.Unreadable[bool](errors.New("the protocol names no network of this site"))
	}
	addr, err := netip.ParseAddr(hostOf(f.Address))
	if err != nil {
		return devices.Unreadable[bool](fmt.Errorf("address %q: %w", f.Address, err))
	}
	for _, n := range networks {
		subnet, err := netip.ParsePrefix(n.Subnet)
		if err == nil && subnet.Contains(addr) && (n.Interface == "" || f.Interface == "" || n.Interface == f.Interface) {
			return devices.Of(true)
		}
	}
	return devices.Of(false)
}

// networkOf names the network that sees a device, and the switch and port that
// it hangs on where the network tells.
func networkOf(f devices.Found) string {
	parts := []string{}
	if f.Interface != "" {
		parts = append(parts, f.Interface)
	}
	for _, h := range f.Hints {
		if h.Kind == devices.HintLLDP {
			parts = append(parts, h.Text)
		}
	}
	return strings.Join(parts, ", ")
}
