package agent

import (
	"context"
	"fmt"
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
	found    devices.Found
	mac      string          // that it was first known by
	serial   string          // that it told after the last login
	moved    bool            // it answers at another address than cams were opened at
	lenses   int             // video sources after the last login; 0 means unknown
	reach    devices.Reach   // how far the gateway got when it last tried
	conflict *rules.Conflict // why it may not be what it says; nil without a reason
	askAfter time.Time       // when it may be asked again who it is
	stored   time.Time       // when its row was last written
	told     bool            // the server was told of it
	checked  time.Time       // when it was last logged in to anew, since it answers elsewhere, too

	asks  sync.Mutex // one question at a time; guards the fields below
	looks budget     // as many streams at once as it has room for
	cams  []devices.Camera

	refused error // what the last login came to, if it was refused
}

// Bounds of what is known. Whoever is on the cameras' network can answer under
// any number of names.
const (
	maxBoxes = 1024
	// forgetAfter is how long an unregistered device stays known after it was
	// last seen: one that is switched on now and then is still told.
	forgetAfter = 7 * 24 * time.Hour
	// storeEvery is how often a device that does not change is written down.
	storeEvery = time.Hour
)

// takeIn keeps what a search or an announcement brought. It returns how many
// devices there was no room for.
func (a *Agent) takeIn(ctx context.Context, found []devices.Found) (leftOut int, err error) {
	now, _ := a.clock.now()
	clean := make([]devices.Found, 0, len(found))
	for _, f := range found {
		f, ok := tidy(f)
		if !ok {
			continue
		}
		if f.LastSeen.IsZero() {
			f.LastSeen = now
		}
		if f.FirstSeen.IsZero() {
			f.FirstSeen = f.LastSeen
		}
		clean = append(clean, f)
	}
	a.mu.Lock()
	t := a.taking(now, clean)
	for _, g := range t.list {
		t.one(g)
	}
	t.conflicts()
	leftOut = t.shrink()
	told := t.tell()
	a.mu.Unlock()
	if err := a.update(ctx, func(x *state.Tx) error { return t.store(x, told) }); err != nil {
		return leftOut, err
	}
	return leftOut, nil
}

// taking is one takeIn. It lives while Agent.mu is held, but for store.
type taking struct {
	a    *Agent
	now  time.Time
	list []gathered
	seen map[*box]gathered
	came map[*box]bool // new, or at another address
	mine map[*box]bool // registered, before this search
	// What is known, by what can be told apart without a name.
	hosts, macs map[string]map[*box]bool
	gone        []string // keys that another took the place of
	rows        []state.Seen
	events      []conflictEvent
}

type conflictEvent struct {
	key string
	wire.Conflict
}

func (a *Agent) taking(now time.Time, found []devices.Found) *taking {
	for _, mac := range answerForMany(found) {
		// Whoever claims a camera's hardware address for many addresses does
		// not make the network's word on the camera void.
		if !a.registeredMAC(mac) {
			a.routers[mac] = true
		}
	}
	for len(a.routers) > maxBoxes {
		for mac := range a.routers {
			delete(a.routers, mac)
			break
		}
	}
	t := &taking{
		a: a, now: now, seen: map[*box]gathered{}, came: map[*box]bool{}, mine: a.registeredBoxes(),
		hosts: map[string]map[*box]bool{}, macs: map[string]map[*box]bool{},
	}
	for _, b := range a.boxes {
		t.index(b)
	}
	t.list = merge(found, a.routers, func(f devices.Found) bool {
		b := a.boxes[deviceKey(f)]
		return b != nil && b.found.Address == f.Address && (b.mac == "" || f.MAC == "" || b.mac == f.MAC)
	})
	// What has a name comes first: a hint may be about it.
	slices.SortStableFunc(t.list, func(x, y gathered) int {
		switch {
		case better(x.How, y.How):
			return -1
		case better(y.How, x.How):
			return 1
		default:
			return 0
		}
	})
	return t
}

func (t *taking) index(b *box) {
	put := func(m map[string]map[*box]bool, key string) {
		if m[key] == nil {
			m[key] = map[*box]bool{}
		}
		m[key][b] = true
	}
	put(t.hosts, hostOf(b.found.Address))
	if b.found.MAC != "" {
		put(t.macs, b.found.MAC)
	}
	if b.mac != "" {
		put(t.macs, b.mac)
	}
}

// one takes in one device.
func (t *taking) one(g gathered) {
	a, f := t.a, g.Found
	key, b := t.known(f)
	if b == nil && f.How == devices.HowNeighbour && len(f.Hints) == 0 {
		return // it only lends its hardware address to what else is found there
	}
	if _, again := t.seen[b]; again && b != nil {
		b.found = joined(b.found, f, func(devices.Found) bool { return false })
		return
	}
	now, before := deviceKey(f), devices.Found{}
	if b == nil {
		b = &box{found: f, mac: f.MAC}
		if m, ok := a.remembered[now]; ok {
			delete(a.remembered, now)
			b.found.FirstSeen, b.serial = m.First, m.Serial
			b.told = m.Address == f.Address
			if m.MAC != "" {
				b.mac = m.MAC
			}
		}
		t.came[b] = true
	} else {
		before = b.found
		if t.held(b, f) {
			t.hold(b, g)
			return
		}
		if before.Address != f.Address && answered(f) {
			b.moved, b.told = true, false // whoever asks next logs in anew
			t.came[b] = true
		}
		if !answered(f) && answered(before) {
			// A hint does not take the place of what the device itself said.
			f = joined(before, f, func(devices.Found) bool { return false })
		}
		if f.MAC == "" && before.Address == f.Address {
			f.MAC = before.MAC
		}
		if f.FirstSeen = before.FirstSeen; b.mac == "" {
			b.mac = f.MAC
		}
		b.found = f
	}
	if now = deviceKey(b.found); key != "" && key != now {
		delete(a.boxes, key)
		t.gone = append(t.gone, key)
		b.told = false
	}
	a.boxes[now] = b
	t.seen[b] = g
	delete(t.hosts[hostOf(before.Address)], b)
	t.index(b)
}

// heldFor is how often a device that stays where it is, though it answers
// elsewhere, is logged in to anew.
const heldFor = time.Minute

// held tells that a registered device which lets us in where it is does not
// follow an answer from elsewhere. Anybody can answer in its name, and drown
// its own answer. It follows if the network says that it is the same hardware,
// or where the network does not say, if its address went to another.
func (t *taking) held(b *box, f devices.Found) bool {
	if hostOf(b.found.Address) == hostOf(f.Address) || !answered(f) || b.reach != devices.ReachUp || !t.mine[b] {
		return false
	}
	if f.MAC != "" && b.mac != "" {
		return f.MAC != b.mac
	}
	return !slices.ContainsFunc(t.list, func(o gathered) bool {
		return answered(o.Found) && hostOf(o.Address) == hostOf(b.found.Address)
	})
}

// hold keeps a device where it is, and has its keepers find out whether it
// still is: one that moved no longer answers there, and the next search takes
// it in.
func (t *taking) hold(b *box, g gathered) {
	stays := gathered{Found: b.found, rivals: append(g.rivals, g.Found)}
	t.seen[b] = stays
	t.a.searchSoon = true
	if !b.checked.IsZero() && t.now.Sub(b.checked).Abs() < heldFor {
		return
	}
	b.checked, b.moved = t.now, true
	for _, id := range t.a.entries()[b].cameras {
		if k := t.a.keepers[id]; k != nil {
			k.wake()
		}
	}
	select {
	case t.a.searchNow <- struct{}{}:
	default:
	}
}

// known is the box that a result is about, and what it was known by.
func (t *taking) known(f devices.Found) (string, *box) {
	key := deviceKey(f)
	if b := t.a.boxes[key]; b != nil {
		return key, b
	}
	var same []string
	consider := func(b *box) {
		switch {
		case f.Endpoint != "" && b.found.Endpoint != "":
			// The same hardware under a new name, and the old one silent: it
			// was set back to its factory settings.
			if _, now := t.seen[b]; f.MAC != "" && f.MAC == b.mac && !now {
				same = append(same, deviceKey(b.found))
			}
		case answered(f) && answered(b.found) && f.Endpoint == "" && b.found.Endpoint == "":
			// Two ports of one host are two devices.
		case sameBox(b.found, f):
			same = append(same, deviceKey(b.found))
		}
	}
	for b := range t.macs[f.MAC] { // none without a hardware address
		consider(b)
	}
	if len(same) == 0 {
		for b := range t.hosts[hostOf(f.Address)] {
			consider(b)
		}
	}
	if len(same) == 0 || f.Endpoint != "" && len(same) > 1 && answered(t.a.boxes[same[0]].found) {
		return "", nil // a recorder answers under many names
	}
	slices.Sort(same)
	return same[0], t.a.boxes[same[0]]
}

// conflicts works out for each device of this search whether it may be another
// than it says it is.
func (t *taking) conflicts() {
	var ids []policy.Identity
	if p := t.a.orders.policy.Protocol; p != nil {
		for _, c := range p.CamerasOf(t.a.cfg.Site) {
			ids = append(ids, c.Identity)
		}
	}
	mine := map[*box]bool{}
	for _, b := range t.a.boxes {
		mine[b] = slices.ContainsFunc(ids, func(id policy.Identity) bool { return fits(id, b.found) })
	}
	for b, g := range t.seen {
		before := b.conflict
		b.conflict = nil
		if before != nil && before.Kind == rules.ConflictSerial {
			b.conflict = before // only another login settles it
		}
		for _, r := range g.rivals {
			if r.MAC != "" && b.found.MAC != "" && r.MAC != b.found.MAC {
				b.conflict = &rules.Conflict{Kind: rules.ConflictTwice, Other: r.Address, At: t.now}
			} else if t.a.tells.log.take(t.now, tellBurst) {
				t.a.log.Warn("a device answers at two addresses, or two devices claim to be one",
					"endpoint", cut(b.found.Endpoint, maxSaid), "one", b.found.Address, "other", r.Address)
			}
		}
		if slices.ContainsFunc(ids, func(id policy.Identity) bool { return id.MAC != "" && normalMAC(id.MAC) == b.found.MAC }) {
			b.mac = b.found.MAC // its network card was changed, and the register says so
		}
		if b.found.Endpoint != "" && b.found.MAC != "" && b.mac != "" && b.found.MAC != b.mac {
			b.conflict = &rules.Conflict{Kind: rules.ConflictMAC, Other: b.mac, At: t.now}
		}
		for o := range t.hosts[hostOf(b.found.Address)] {
			if _, now := t.seen[o]; o == b || now || !answered(o.found) {
				continue
			}
			key := deviceKey(o.found)
			lasting := before != nil && before.Kind == rules.ConflictAddress && before.Other == key
			if (t.came[b] || lasting) && mine[o] {
				b.conflict = &rules.Conflict{Kind: rules.ConflictAddress, Other: key, At: t.now}
			}
		}
		if b.conflict != nil && before != nil && b.conflict.Kind == before.Kind && b.conflict.Other == before.Other {
			b.conflict.At = before.At
			continue
		}
		// All are in the report; the events of those of the register are not
		// used up by the others.
		tells, burst := &t.a.tells.strangers, float64(tellBurst)
		if mine[b] {
			tells, burst = &t.a.tells.registered, mineBurst
		}
		if b.conflict != nil && tells.take(t.now, burst) {
			t.events = append(t.events, conflictEvent{deviceKey(b.found), conflictOf(b)})
		}
	}
}

func conflictOf(b *box) wire.Conflict {
	return wire.Conflict{
		Kind: string(b.conflict.Kind), Endpoint: b.found.Endpoint, Address: b.found.Address, MAC: b.found.MAC,
		Interface: b.found.Interface, Other: b.conflict.Other,
	}
}

// shrink lets go of what was not seen for long, and of more than can be kept:
// never of what is registered or was logged in to, then the last to come
// first, since whoever makes devices up comes after those that are there.
func (t *taking) shrink() (leftOut int) {
	a := t.a
	type candidate struct {
		key string
		b   *box
	}
	var spare []candidate
	mine := a.registeredBoxes()
	for key, b := range a.boxes {
		if mine[b] || b.lenses > 0 {
			continue
		}
		if t.now.Sub(b.found.LastSeen) > forgetAfter {
			delete(a.boxes, key)
			continue
		}
		spare = append(spare, candidate{key, b})
	}
	over := len(a.boxes) - maxBoxes
	if over <= 0 {
		return 0
	}
	rank := func(b *box) int {
		return slices.Index([]devices.Reach{devices.ReachUp, devices.ReachNoLogin, devices.ReachReachable, "", devices.ReachUnreachable}, b.reach)
	}
	slices.SortFunc(spare, func(x, y candidate) int {
		if c := rank(y.b) - rank(x.b); c != 0 {
			return c
		}
		if c := y.b.found.FirstSeen.Compare(x.b.found.FirstSeen); c != 0 {
			return c
		}
		return strings.Compare(y.key, x.key)
	})
	for _, c := range spare[:min(over, len(spare))] {
		delete(a.boxes, c.key)
		delete(t.seen, c.b)
		leftOut++
	}
	return leftOut
}

type deviceEvent struct {
	key   string
	found devices.Found
}

// tell lists the devices that the server has to hear of, and the rows to write.
func (t *taking) tell() []deviceEvent {
	mine := t.a.registeredBoxes()
	var list []deviceEvent
	strangers := 0
	for b := range t.seen {
		key := deviceKey(b.found)
		if t.came[b] || t.now.Sub(b.stored) >= storeEvery {
			b.stored = t.now
			t.rows = append(t.rows, b.row(mine[b]))
		}
		if b.told {
			continue
		}
		if !mine[b] && !t.a.tells.strangers.take(t.now, tellBurst) {
			strangers++
			continue
		}
		if mine[b] && !t.a.tells.registered.take(t.now, mineBurst) {
			continue
		}
		b.told = true
		list = append(list, deviceEvent{key, b.found})
	}
	if strangers > 0 && t.a.tells.log.take(t.now, tellBurst) {
		t.a.log.Warn("more new unregistered devices than are told one by one", "left_out", strangers)
	}
	slices.SortFunc(list, func(x, y deviceEvent) int { return strings.Compare(x.key, y.key) })
	slices.SortFunc(t.events, func(x, y conflictEvent) int { return strings.Compare(x.key, y.key) })
	return list
}

// row is what is remembered of a box. The caller holds Agent.mu.
func (b *box) row(kept bool) state.Seen {
	return state.Seen{
		Key: deviceKey(b.found), First: b.found.FirstSeen, Last: b.found.LastSeen, Address: b.found.Address,
		MAC: b.mac, Serial: b.serial, Kept: kept || b.lenses > 0,
	}
}

func (t *taking) store(x *state.Tx, told []deviceEvent) error {
	for _, key := range t.gone {
		if err := x.DropSeen(key); err != nil {
			return err
		}
	}
	for _, r := range t.rows {
		if err := x.SetSeen(r); err != nil {
			return err
		}
	}
	for _, e := range told {
		if err := x.Emit(t.now, wire.EventDevice, e.key, e.found); err != nil {
			return err
		}
	}
	for _, e := range t.events {
		if err := x.Emit(t.now, wire.EventConflict, e.key, e.Conflict); err != nil {
			return err
		}
	}
	if len(t.rows) == 0 {
		return nil
	}
	return x.PruneSeen(t.now)
}

// remember loads what earlier runs knew of devices.
func (a *Agent) remember(ctx context.Context) error {
	seen, err := a.db.Seen(ctx)
	if err != nil {
		return fmt.Errorf("devices seen before: %w", err)
	}
	a.remembered = seen
	return nil
}

// foundDevices returns what was found so far.
func (a *Agent) foundDevices() []devices.Found {
	a.mu.Lock()
	defer a.mu.Unlock()
	list := make([]devices.Found, 0, len(a.boxes))
	for _, b := range a.boxes {
		list = append(list, b.found)
	}
	slices.SortFunc(list, func(x, y devices.Found) int { return strings.Compare(x.Address, y.Address) })
	return list
}
