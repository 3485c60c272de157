package agent

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
)

// likeness tells how well what is known of a device fits an identity of the
// register: its serial number (empty if nobody logged in) outweighs its
// hardware address, and that the endpoint, which a device loses when it is set
// back to its factory settings. Zero means that nothing fits; contradicted
// that something does not.
func likeness(id policy.Identity, f devices.Found, serial string) (score int, contradicted bool) {
	compare := func(want, have string, weight int) {
		switch {
		case want == "" || have == "":
		case want == have:
			score += weight
		default:
			contradicted = true
		}
	}
	compare(id.Serial, serial, 4)
	compare(normalMAC(id.MAC), f.MAC, 2)
	if id.Endpoint != "" && f.Endpoint != "" && normalEndpoint(id.Endpoint) == normalEndpoint(f.Endpoint) {
		score++
	}
	return score, contradicted
}

// boxOf finds the device behind a registered camera.
func (a *Agent) boxOf(c policy.Camera) *box { return a.boxBy(c.Identity) }

// boxBy finds the device of an identity: the one that fits it best. A device
// that has its endpoint and contradicts the rest is found if no other fits, so
// that whoever asks it says that it is an impostor.
func (a *Agent) boxBy(id policy.Identity) *box {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.bestBox(id)
}

// bestBox is boxBy for callers that hold Agent.mu.
func (a *Agent) bestBox(id policy.Identity) *box {
	if id.IsEmpty() {
		return nil
	}
	var best, impostor *box
	bestScore := 0
	for _, b := range a.boxes {
		score, contradicted := likeness(id, b.found, b.serial)
		switch {
		case score == 0:
		case contradicted:
			if id.Endpoint != "" && normalEndpoint(id.Endpoint) == normalEndpoint(b.found.Endpoint) {
				impostor = b
			}
		case score > bestScore, score == bestScore && b.found.LastSeen.After(best.found.LastSeen),
			score == bestScore && b.found.LastSeen.Equal(best.found.LastSeen) && deviceKey(b.found) < deviceKey(best.found):
			best, bestScore = b, score
		default:
		}
	}
	if best != nil {
		return best
	}
	return impostor
}

// registered tells which cameras of the register a found device is, by what a
// search tells of it.
func registered(p *policy.Protocol, site string, f devices.Found) []string {
	if p == nil {
		return nil
	}
	f.MAC = normalMAC(f.MAC)
	var ids []string
	for _, c := range p.CamerasOf(site) {
		if fits(c.Identity, f) {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// fits tells that a found device answers to an identity, by its endpoint or by
// its hardware address.
func fits(id policy.Identity, f devices.Found) bool {
	if id.Endpoint != "" && f.Endpoint != "" && normalEndpoint(id.Endpoint) == normalEndpoint(f.Endpoint) {
		return true
	}
	return id.MAC != "" && f.MAC != "" && normalMAC(id.MAC) == f.MAC
}

// registeredMAC tells that the register names this hardware address. The
// caller holds Agent.mu.
func (a *Agent) registeredMAC(mac string) bool {
	if a.orders == nil || a.orders.policy.Protocol == nil {
		return false
	}
	p := a.orders.policy.Protocol
	return slices.ContainsFunc(p.Devices, func(d policy.Device) bool { return normalMAC(d.Identity.MAC) == mac }) ||
		slices.ContainsFunc(p.CamerasOf(a.cfg.Site), func(c policy.Camera) bool { return normalMAC(c.Identity.MAC) == mac })
}

// entry is what the register says of one box.
type entry struct {
	cameras  []string // that it is
	channels []string // whose picture it has, too
	device   string   // id under devices
}

func (e entry) registered() bool { return len(e.cameras)+len(e.channels) > 0 || e.device != "" }

// entries tells for each box what it is in the register. A camera is one box;
// another that has its endpoint is still no stranger. The caller holds
// Agent.mu.
func (a *Agent) entries() map[*box]entry {
	m := map[*box]entry{}
	p := a.orders.policy.Protocol
	if p == nil {
		return m
	}
	put := func(id policy.Identity, f func(*entry)) {
		if b := a.bestBox(id); b != nil {
			e := m[b]
			f(&e)
			m[b] = e
		}
	}
	for _, d := range p.Devices {
		if d.Site == a.cfg.Site {
			put(d.Identity, func(e *entry) { e.device = d.ID })
		}
	}
	for _, c := range p.CamerasOf(a.cfg.Site) {
		put(c.Identity, func(e *entry) { e.cameras = append(e.cameras, c.ID) })
		for _, ch := range c.Channels {
			if d, ok := deviceOf(p, ch.Device); ok {
				put(d.Identity, func(e *entry) {
					if !slices.Contains(e.channels, c.ID) {
						e.channels = append(e.channels, c.ID)
					}
				})
			}
		}
	}
	return m
}

func deviceOf(p *policy.Protocol, id string) (policy.Device, bool) {
	i := slices.IndexFunc(p.Devices, func(d policy.Device) bool { return d.ID == id })
	if i < 0 {
		return policy.Device{}, false
	}
	return p.Devices[i], true
}

// registeredBoxes tells which boxes the register knows. The caller holds
// Agent.mu.
func (a *Agent) registeredBoxes() map[*box]bool {
	m := map[*box]bool{}
	for b, e := range a.entries() {
		m[b] = e.registered()
	}
	return m
}

// How often and how many devices are asked who they are.
const (
	identifyEvery   = time.Hour
	identifyRefused = 24 * time.Hour
	identifyAtOnce  = 4
)

// sought lists the serial numbers of the register's cameras that no device was
// found for by endpoint or hardware address.
func (a *Agent) sought() []string {
	p := a.inForce().policy.Protocol
	if p == nil {
		return nil
	}
	var serials []string
	look := func(id policy.Identity) {
		if id.Serial != "" && !slices.Contains(serials, id.Serial) && a.boxBy(id) == nil {
			serials = append(serials, id.Serial)
		}
	}
	for _, c := range p.CamerasOf(a.cfg.Site) {
		look(c.Identity)
	}
	for _, d := range p.Devices {
		if d.Site == a.cfg.Site {
			look(d.Identity)
		}
	}
	return serials
}

// identify learns the serial numbers of devices that may be registered cameras
// which nothing else tells: no login is sent unless one is missing that only
// its serial number can tell.
//
// It logs in only where the config names a login for that very device, by
// address or endpoint, and never with the one for all others: else whoever
// unplugs a camera and puts up a box of his own would be handed the password
// of the whole site to try his luck on. A refusal is not repeated for a day,
// since devices lock out who keeps trying.
func (a *Agent) identify(ctx context.Context) {
	if len(a.sought()) == 0 {
		return
	}
	now, _ := a.clock.now()
	var list []*box
	a.mu.Lock()
	mine := a.registeredBoxes()
	for _, b := range a.boxes {
		if !mine[b] && b.serial == "" && answered(b.found) && a.logins.named(b.found) && !now.Before(b.askAfter) {
			list = append(list, b)
		}
	}
	a.mu.Unlock()
	list = oneAtEach(list)
	var wg sync.WaitGroup
	slots := make(chan struct{}, identifyAtOnce)
	for _, b := range list {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			err := a.learnSerial(ctx, b)
			wait := identifyEvery
			if errors.Is(err, devices.ErrLogin) {
				wait = identifyRefused
			}
			if err != nil && ctx.Err() == nil {
				a.log.WarnContext(ctx, "a device that may be a registered camera does not say who it is", "device", b.found.Address, "err", err)
			}
			a.mu.Lock()
			b.askAfter = now.Add(wait)
			a.mu.Unlock()
		})
	}
	wg.Wait()
}

// oneAtEach takes the first that was seen at each host, since one host may
// answer under many names: the others have their turn another time.
func oneAtEach(list []*box) []*box {
	slices.SortFunc(list, func(x, y *box) int {
		return cmp.Or(strings.Compare(hostOf(x.found.Address), hostOf(y.found.Address)),
			x.found.FirstSeen.Compare(y.found.FirstSeen), strings.Compare(x.found.Endpoint, y.found.Endpoint))
	})
	return slices.CompactFunc(list, func(x, y *box) bool { return hostOf(x.found.Address) == hostOf(y.found.Address) })
}

// learnSerial logs in to a box, and out again unless it is a camera of ours.
func (a *Agent) learnSerial(ctx context.Context, b *box) error {
	b.asks.Lock()
	defer b.asks.Unlock()
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	if err := a.login(ctx, b); err != nil {
		return err
	}
	a.mu.Lock()
	mine := a.registeredBoxes()[b]
	a.mu.Unlock()
	if !mine {
		b.logout()
	}
	return nil
}
