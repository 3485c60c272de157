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

	"github.com/lensdop/lensdop/agent/state"
	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/rules"
	"github.com/lensdop/lensdop/policy/wire"
)

// box is one device as found on the network. Asking it and looking at its
// streams take turns, each among themselves: sessions are budgeted per box.
type box struct {
	// Guarded by Agent.mu.
	found  devices.Found
	moved  bool // it answers at another address than cams were opened at
	lenses int  // video sources after the last login; 0 means unknown

	asks  sync.Mutex    // one question at a time; guards cams
	looks chan struct{} // as many streams at once as it has room for
	cams  []devices.Camera
}

// discoverLoop searches at its interval, and sooner while a registered camera
// is missing.
func (a *Agent) discoverLoop(ctx context.Context) error {
	for {
		if err := a.discover(ctx); err != nil && ctx.Err() == nil {
			a.log.ErrorContext(ctx, "search for devices", "err", err)
		}
		wait := time.Duration(a.cfg.Every.Discover)
		if a.someMissing() {
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

// discover searches once and takes in what answered.
func (a *Agent) discover(ctx context.Context) error {
	found, scans, failed := a.search(ctx, nil)
	for _, f := range a.once(found) {
		if err := a.takeFound(ctx, f); err != nil {
			return err
		}
	}
	a.mu.Lock()
	a.scans = scans
	a.mu.Unlock()
	a.touch()
	a.wakeUnreached()
	return failed
}

// search asks the networks of the site, by every driver. One scan per network
// tells whether it could be asked.
func (a *Agent) search(ctx context.Context, progress func(devices.Found)) ([]devices.Found, []rules.Scan, error) {
	var found []devices.Found
	networks := a.networks()
	var failed error
	for _, d := range a.parts.Drivers {
		if d.Discover == nil {
			continue
		}
		err := d.Discover(ctx, devices.Search{
			Interfaces: a.cfg.Discovery.Interfaces,
			Unicast:    a.unicast(),
			Subnets:    a.cfg.Discovery.Subnets,
			Timeout:    time.Duration(a.cfg.Discovery.Timeout),
		}, func(f devices.Found) {
			if progress != nil {
				progress(f)
			}
			found = append(found, f)
		})
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", d.Name, err))
		}
	}
	now, _ := a.clock.now()
	var scans []rules.Scan
	for _, n := range networks {
		s := rules.Scan{Interface: n.Interface, Subnet: n.Subnet, At: now, OK: true}
		switch {
		case failed != nil:
			s.OK, s.Why = false, failed.Error()
		case n.Interface != "" && !slices.Contains(a.cfg.Discovery.Interfaces, n.Interface):
			s.OK, s.Why = false, "the gateway's config does not search interface "+n.Interface
		}
		scans = append(scans, s)
	}
	return found, scans, failed
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
// device which no longer answers multicast is still asked.
func (a *Agent) unicast() []string {
	all := slices.Clone(a.cfg.Discovery.Unicast)
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, b := range a.boxes {
		host, _, err := net.SplitHostPort(b.found.Address)
		if err == nil && b.found.How == devices.HowMulticast && !slices.Contains(all, host) {
			all = append(all, host)
		}
	}
	return all
}

// once leaves one answer per device. A device that answers at several
// addresses stays where it was, if it still answers there: else whoever else
// names its endpoint would draw the gateway away from it.
func (a *Agent) once(found []devices.Found) []devices.Found {
	a.mu.Lock()
	defer a.mu.Unlock()
	var list []devices.Found
	at := map[string]int{}
	for _, f := range found {
		key := deviceKey(f)
		i, again := at[key]
		switch b := a.boxes[key]; {
		case !again:
			at[key] = len(list)
			list = append(list, f)
		case list[i].Address != f.Address:
			a.log.Warn("a device answers at two addresses, or two devices claim to be one", "endpoint", cut(f.Endpoint, maxSaid), "one", list[i].Address, "other", f.Address)
			if b != nil && b.found.Address == f.Address {
				list[i] = f
			}
		}
	}
	return list
}

// takeFound keeps what answered. A device that changes address stays itself.
func (a *Agent) takeFound(ctx context.Context, f devices.Found) error {
	key := deviceKey(f)
	a.mu.Lock()
	b := a.boxes[key]
	fresh := b == nil
	moved := false
	if fresh {
		b = &box{found: f, looks: make(chan struct{}, 1)}
		a.boxes[key] = b
	} else {
		moved = b.found.Address != f.Address
		f.FirstSeen = b.found.FirstSeen
		b.found = f
		b.moved = b.moved || moved // whoever asks next logs in anew
	}
	a.mu.Unlock()
	if !fresh && !moved {
		return nil
	}
	now, _ := a.clock.now()
	return a.update(ctx, func(t *state.Tx) error { return t.Emit(now, wire.EventDevice, key, f) })
}

func deviceKey(f devices.Found) string {
	if f.Endpoint != "" {
		return normalEndpoint(f.Endpoint)
	}
	return f.Address
}

// normalEndpoint makes the spellings of a UUID endpoint comparable:
// urn:uuid:X, uuid:X and X, in any case.
func normalEndpoint(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	s = strings.TrimPrefix(s, "urn:")
	return strings.TrimPrefix(s, "uuid:")
}

func closeAll(cams []devices.Camera) {
	for _, c := range cams {
		_ = c.Close() // nothing depends on how a connection that is given up ends
	}
}

// boxOf finds the device behind a registered camera by its endpoint; the
// serial number is compared after login.
func (a *Agent) boxOf(c policy.Camera) *box {
	a.mu.Lock()
	defer a.mu.Unlock()
	if c.Identity.Endpoint != "" {
		return a.boxes[normalEndpoint(c.Identity.Endpoint)]
	}
	return nil
}

// registered tells which cameras of the register a found device is.
func registered(p *policy.Protocol, site string, f devices.Found) []string {
	var ids []string
	if p == nil {
		return nil
	}
	for _, c := range p.CamerasOf(site) {
		if c.Identity.Endpoint != "" && normalEndpoint(c.Identity.Endpoint) == deviceKey(f) {
			ids = append(ids, c.ID)
		}
	}
	return ids
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

// open returns the camera behind a register entry, logging in if need be. The
// caller holds b.asks.
func (a *Agent) open(ctx context.Context, b *box, c policy.Camera) (devices.Camera, error) {
	if b.cams == nil {
		a.mu.Lock()
		f := b.found
		b.lenses = 0
		a.mu.Unlock()
		var failed error
		for _, d := range a.parts.Drivers {
			if d.Open == nil {
				continue
			}
			cams, err := d.Open(ctx, devices.Target{Found: f, Credentials: a.logins.For(f)})
			if err != nil {
				failed = errors.Join(failed, err)
				continue
			}
			b.cams = cams
			break
		}
		if b.cams == nil {
			return nil, failed
		}
		a.mu.Lock()
		b.lenses = len(b.cams)
		a.mu.Unlock()
	}
	cam, err := lens(b.cams, c.Source)
	if err != nil {
		return nil, err
	}
	if want, have := c.Identity.Serial, cam.Info().Serial; want != "" && have != want {
		return nil, &devices.Error{
			Device: cam.Info().Address, Op: "recognise camera " + c.ID, Err: errImpostor,
			Remedy: fmt.Sprintf("the register has serial number %s, the device says %s; look at the camera, then correct the register", want, have),
		}
	}
	if want, have := c.Identity.MAC, cam.Info().MAC; want != "" && have != "" && !strings.EqualFold(want, have) {
		return nil, &devices.Error{
			Device: cam.Info().Address, Op: "recognise camera " + c.ID, Err: errImpostor,
			Remedy: fmt.Sprintf("the register has MAC address %s, the device says %s; look at the camera, then correct the register", want, have),
		}
	}
	return cam, nil
}

var errNoLogin = errors.New("not logged in")

var errImpostor = errors.New("another device answers under this camera's identity")

func lens(cams []devices.Camera, s policy.Source) (devices.Camera, error) {
	for i, c := range cams {
		if s.Token != "" && c.Info().Source == s.Token || s.Token == "" && i+1 == max(s.Index, 1) {
			return c, nil
		}
	}
	return nil, &devices.Error{
		Op: "choose lens " + s.String(), Err: fmt.Errorf("the device has %d", len(cams)),
		Remedy: "correct source: in the register",
	}
}

// seenBy tells whether one of the site's networks sees a device: by the
// interface that its answer came in by and the subnet of its address.
func (a *Agent) seenBy(f devices.Found) devices.Value[bool] {
	networks := a.networks()
	if len(networks) == 0 {
		return devices.Unreadable[bool](errors.New("the protocol names no network of this site"))
	}
	host, _, err := net.SplitHostPort(f.Address)
	if err != nil {
		host = f.Address
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return devices.Unreadable[bool](fmt.Errorf("address %q: %w", f.Address, err))
	}
	addr = addr.Unmap()
	for _, n := range networks {
		subnet, err := netip.ParsePrefix(n.Subnet)
		if err == nil && subnet.Contains(addr) && (n.Interface == "" || f.Interface == "" || n.Interface == f.Interface) {
			return devices.Of(true)
		}
	}
	return devices.Of(false)
}

// foundDevices returns what was found so far.
func (a *Agent) foundDevices() []devices.Found {
	a.mu.Lock()
	defer a.mu.Unlock()
	var list []devices.Found
	for _, b := range a.boxes {
		list = append(list, b.found)
	}
	slices.SortFunc(list, func(x, y devices.Found) int { return strings.Compare(x.Address, y.Address) })
	return list
}
