package agent

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/lensdop/lensdop/agent/state"
	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/rules"
	"github.com/lensdop/lensdop/policy/wire"
)

// open returns the camera behind a register entry, logging in if need be. The
// caller holds b.asks.
func (a *Agent) open(ctx context.Context, b *box, c policy.Camera) (devices.Camera, error) {
	a.mu.Lock()
	f := b.found
	a.mu.Unlock()
	// Before the login: what the network says of a device outweighs its own word.
	if want := normalMAC(c.Identity.MAC); want != "" && f.MAC != "" && want != f.MAC {
		return nil, impostor(f.Address, c, "MAC address", want, f.MAC)
	}
	if b.cams == nil {
		if err := a.login(ctx, b); err != nil {
			return nil, err
		}
	}
	cam, err := lens(b.cams, c.Source)
	if err != nil {
		return nil, err
	}
	info := cam.Info()
	if want := c.Identity.Serial; want != "" && info.Serial != want {
		return nil, impostor(info.Address, c, "serial number", want, info.Serial)
	}
	// A device's word on its MAC counts only where the network has none.
	if want, have := normalMAC(c.Identity.MAC), normalMAC(info.MAC); f.MAC == "" && want != "" && have != "" && want != have {
		return nil, impostor(info.Address, c, "MAC address", want, have)
	}
	return cam, nil
}

func impostor(address string, c policy.Camera, what, want, have string) error {
	return &devices.Error{
		Device: address, Op: "recognise camera " + c.ID, Err: errImpostor,
		Remedy: fmt.Sprintf("the register has %s %s, the device says %s; look at the camera, then correct the register", what, want, have),
	}
}

// target is what a driver gets to open a device.
func (a *Agent) target(f devices.Found) devices.Target {
	return devices.Target{Found: f, Credentials: a.logins.For(f), TLS: a.logins.TLS(f), Means: a.means(f)}
}

// login opens a box by the first driver that can. The caller holds b.asks.
func (a *Agent) login(ctx context.Context, b *box) error {
	a.mu.Lock()
	f := b.found
	b.lenses = 0
	a.mu.Unlock()
	if err := a.dialable(f); err != nil {
		return err
	}
	if err := a.pauses.refusal(f.Address, time.Now()); err != nil {
		return err
	}
	cams, err := a.openBy(ctx, a.target(f))
	switch {
	case errors.Is(err, devices.ErrLogin):
		b.refused = err
		a.pauses.refused(f.Address, err, time.Duration(a.cfg.Every.Retry), time.Now())
		a.setReach(b, devices.ReachNoLogin)
		return err
	case err != nil:
		return err
	}
	b.cams, b.refused = cams, nil
	return a.welcome(ctx, b, f)
}

// current is where a box is now. One that moved is logged in to anew. The
// caller holds b.asks.
func (a *Agent) current(b *box) devices.Found {
	a.mu.Lock()
	found, moved := b.found, b.moved
	b.moved = false
	a.mu.Unlock()
	if moved {
		b.logout()
		b.refused = nil // said at another address
	}
	return found
}

// logout gives the cameras of a box up. The caller holds b.asks.
func (b *box) logout() {
	closeAll(b.cams)
	b.cams = nil
}

// setReach notes how far the gateway got. A device may let us in and refuse
// what is asked then: to log in anew at once would try a wrong login on and on.
func (a *Agent) setReach(b *box, r devices.Reach) {
	a.mu.Lock()
	b.reach = r
	address := b.found.Address
	a.mu.Unlock()
	if r == devices.ReachNoLogin {
		a.pauses.refused(address, nil, time.Duration(a.cfg.Every.Retry), time.Now())
	}
}

// welcome notes what a device says of itself after a login.
func (a *Agent) welcome(ctx context.Context, b *box, f devices.Found) error {
	serial := ""
	if len(b.cams) > 0 {
		serial = b.cams[0].Info().Serial
	}
	now, _ := a.clock.now()
	a.mu.Lock()
	b.lenses, b.reach = len(b.cams), devices.ReachUp
	known := b.serial
	var told *conflictEvent
	switch {
	case serial == "" || known == serial:
		if serial != "" && f.MAC != "" {
			b.mac = f.MAC // its network card was changed, and nothing else
		}
		if b.conflict != nil && (b.conflict.Kind == rules.ConflictSerial || b.conflict.Kind == rules.ConflictMAC) && serial != "" {
			b.conflict = nil
		}
	case known != "":
		if b.conflict == nil || b.conflict.Kind != rules.ConflictSerial {
			b.conflict = &rules.Conflict{Kind: rules.ConflictSerial, Other: known, At: now}
			told = &conflictEvent{deviceKey(b.found), conflictOf(b)}
		}
	default:
		b.serial = serial
	}
	if b.conflict != nil && b.conflict.Kind == rules.ConflictSerial && a.serialRegistered(serial) {
		// A camera that was replaced, and the register says so.
		b.serial, b.mac, b.conflict, told = serial, f.MAC, nil, nil
	}
	row, learned := b.row(true), b.serial != known
	a.mu.Unlock()
	if told == nil && !learned {
		return nil
	}
	return a.update(ctx, func(t *state.Tx) error {
		if told != nil {
			return t.Emit(now, wire.EventConflict, told.key, told.Conflict)
		}
		return t.SetSeen(row)
	})
}

// serialRegistered tells that the register has a camera or device with this
// serial number. The caller holds Agent.mu.
func (a *Agent) serialRegistered(serial string) bool {
	p := a.orders.policy.Protocol
	if p == nil || serial == "" {
		return false
	}
	for _, d := range p.Devices {
		if d.Identity.Serial == serial {
			return true
		}
	}
	for _, c := range p.CamerasOf(a.cfg.Site) {
		if c.Identity.Serial == serial {
			return true
		}
	}
	return false
}

// openBy opens a device by the first driver that can, and joins to each of its
// cameras what the others know of it. A driver that says that this is not its
// make, or that nothing speaks its protocol, passes to the next. A refused
// login does not: another try with the same login brings a lock-out nearer and
// nothing else.
func (a *Agent) openBy(ctx context.Context, t devices.Target) ([]devices.Camera, error) {
	var failed error
	for _, d := range a.parts.Drivers {
		if d.Open == nil {
			continue
		}
		cams, err := d.Open(ctx, t)
		if err == nil {
			return a.beside(ctx, d.Name, t, cams), nil
		}
		if errors.Is(err, devices.ErrLogin) || ctx.Err() != nil {
			return nil, err
		}
		failed = errors.Join(failed, err)
	}
	if failed == nil {
		failed = &devices.Error{Device: t.Found.Address, Op: "log in", Err: devices.ErrUnsupported, Remedy: "no driver of this build speaks with it"}
	}
	return nil, failed
}

// beside joins to each camera those that other drivers put beside it. A driver
// that cannot is told and left out: the camera still has what opened it. After
// a refused login nobody else tries it.
func (a *Agent) beside(ctx context.Context, opener string, t devices.Target, cams []devices.Camera) []devices.Camera {
	infos := make([]devices.Info, len(cams))
	covers := make([][]devices.Camera, len(cams))
	for i, c := range cams {
		infos[i], covers[i] = c.Info(), []devices.Camera{c}
	}
	for _, d := range a.parts.Drivers {
		if d.Beside == nil {
			continue
		}
		if !a.pauses.mayBeside(t.Found.Address, time.Now()) {
			break
		}
		more, err := d.Beside(ctx, t, infos)
		for _, m := range more {
			placed := false
			for i := range infos {
				if !placed && infos[i].Source == m.Info().Source {
					covers[i], placed = append(covers[i], m), true
				}
			}
			if !placed {
				closeAll([]devices.Camera{m})
			}
		}
		if err != nil {
			a.log.WarnContext(ctx, "the maker's own interface is not used", "device", t.Found.Address, "opened_by", opener, "driver", d.Name, "err", err)
		}
		if errors.Is(err, devices.ErrLogin) {
			a.pauses.besideRefused(t.Found.Address, time.Now())
		}
		if ctx.Err() != nil {
			break
		}
	}
	all := make([]devices.Camera, len(cams))
	for i, c := range cams {
		all[i] = devices.Join(c, a.preferred(c.Info(), covers[i])...)
	}
	return all
}

var (
	errNoLogin  = errors.New("not logged in")
	errImpostor = errors.New("another device answers under this camera's identity")
)

func closeAll(cams []devices.Camera) {
	for _, c := range cams {
		_ = c.Close() // nothing depends on how a connection that is given up ends
	}
}

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

// budget is how many streams of a device are open at once (invariant 12).
type budget struct {
	mu   sync.Mutex
	used int
	next chan struct{} // closed when one is given back
}

// take waits for one of most streams. It is false if ctx ends first.
func (g *budget) take(ctx context.Context, most int) bool {
	for {
		g.mu.Lock()
		if g.used < max(most, 1) {
			g.used++
			g.mu.Unlock()
			return true
		}
		if g.next == nil {
			g.next = make(chan struct{})
		}
		next := g.next
		g.mu.Unlock()
		select {
		case <-ctx.Done():
			return false
		case <-next:
		}
	}
}

func (g *budget) give() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.used--
	if g.next != nil {
		close(g.next)
		g.next = nil
	}
}
