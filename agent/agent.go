// Package agent owns the gateway's loop: find the site's devices, hold them
// against the protocol, cover what must be covered, see that it is covered,
// and report. It is the only place that retries. It never shows, stores or
// sends a picture or a card number.
package agent

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/lensdop/lensdop/agent/cover"
	"github.com/lensdop/lensdop/agent/state"
	"github.com/lensdop/lensdop/devices"
	firmwarenotes "github.com/lensdop/lensdop/firmware-notes"
	"github.com/lensdop/lensdop/policy/rules"
	"github.com/lensdop/lensdop/policy/wire"
)

// Parts are what cmd chooses for an agent.
type Parts struct {
	Drivers []devices.Driver
	Eyes    cover.Eyes
	// OpenReader opens one serial line. Nil means that this build has no readers.
	OpenReader func(ctx context.Context, l LineConfig, frame string) (devices.Reader, error)
	Log        *slog.Logger
	Version    string
	// ReadOnly is for a check by hand: nothing is written, neither to a device
	// nor to the state file.
	ReadOnly bool
}

// Agent is one gateway's agent.
type Agent struct {
	cfg     Config
	parts   Parts
	log     *slog.Logger
	version string
	boot    string // id of this run
	db      *state.DB
	lock    *os.File
	vault   *vault
	clock   *clock
	trust   wire.Trust
	logins  Logins
	notes   []firmwarenotes.Note
	link    *link
	pauses  pauses // of logins

	mu         sync.Mutex
	orders     *orders
	boxes      map[string]*box       // by device, as found
	routers    map[string]bool       // hardware addresses that answer for many
	tells      tells                 // what of it may be told one by one
	searchSoon bool                  // a device may have moved
	remembered map[string]state.Seen // devices of earlier runs that were not seen yet
	keepers    map[string]*keeper    // by camera of the register
	lines      []*line
	scans      []rules.Scan
	findings   []rules.Finding
	tried      []state.Tried               // logins that devices were sold with
	waiting    []Ask                       // consents that are asked for
	refused    map[wire.DesiredResult]bool // told since the last good document
	doubted    bool                        // the last server time did not fit, and that was told
	dirty      chan struct{}               // something that a rule looks at changed
	searchNow  chan struct{}               // search the networks again
	kicked     chan struct{}               // another camera may need a keeper
}

// New opens the agent's state. Close it.
func New(ctx context.Context, cfg Config, p Parts) (*Agent, error) {
	if err := os.MkdirAll(cfg.State, 0o700); err != nil {
		return nil, fmt.Errorf("state: %w", err)
	}
	logins, err := LoadCredentials(cfg.Credentials, cfg.CredentialsKey)
	if err != nil {
		return nil, err
	}
	notes, err := firmwarenotes.Load()
	if err != nil {
		return nil, err
	}
	lock, err := hold(cfg.State)
	if err != nil {
		return nil, err
	}
	v, err := openVault(cfg.State)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	db, err := state.Open(ctx, filepath.Join(cfg.State, "agent.db"))
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	a := &Agent{
		cfg: cfg, parts: p, log: p.Log, version: p.Version, db: db, lock: lock, vault: v, logins: logins, notes: notes, trust: cfg.trust(),
		boxes: map[string]*box{}, routers: map[string]bool{}, keepers: map[string]*keeper{}, refused: map[wire.DesiredResult]bool{},
		dirty: make(chan struct{}, 1), kicked: make(chan struct{}, 1), searchNow: make(chan struct{}, 1),
	}
	if err := a.begin(ctx); err != nil {
		return nil, errors.Join(err, db.Close(), lock.Close())
	}
	return a, nil
}

func (a *Agent) begin(ctx context.Context) error {
	id := make([]byte, 8)
	if _, err := rand.Read(id); err != nil {
		return err
	}
	a.boot = hex.EncodeToString(id)
	for _, n := range a.db.Notes() {
		a.log.ErrorContext(ctx, "state file", "note", n)
	}
	if err := a.remember(ctx); err != nil {
		return err
	}
	floor, err := a.db.Floor(ctx)
	if err != nil {
		return err
	}
	a.clock = newClock(floor)
	if a.cfg.Server.Broker != "" {
		if a.link, err = newLink(a); err != nil {
			return err
		}
	}
	if err := a.loadOrders(ctx); err != nil {
		return err
	}
	for _, l := range a.cfg.Readers.Lines {
		a.lines = append(a.lines, &line{cfg: l})
	}
	return nil
}

// update is one transaction on the state file; a check by hand makes none.
func (a *Agent) update(ctx context.Context, f func(*state.Tx) error) error {
	if a.parts.ReadOnly {
		return nil
	}
	return a.db.Update(ctx, f)
}

// Close releases the state file.
func (a *Agent) Close() error {
	a.mu.Lock()
	boxes := slices.Collect(maps.Values(a.boxes))
	a.mu.Unlock()
	for _, b := range boxes {
		b.asks.Lock()
		b.logout()
		b.asks.Unlock()
	}
	return errors.Join(a.db.Close(), a.lock.Close())
}

// hold takes the state folder for this process. Two agents on one folder would
// undo one another's work.
func hold(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "agent.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("state: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %s", ErrHeld, dir), f.Close())
	}
	return f, nil
}

// ErrHeld tells that another process uses the state folder.
var ErrHeld = errors.New("another agent uses this state folder")

// Run does the agent's work until ctx ends. It returns nil then, or the error
// that made going on pointless.
func (a *Agent) Run(ctx context.Context) error {
	if err := a.run(ctx); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}

func (a *Agent) run(ctx context.Context) error {
	journal, err := a.db.Journal(ctx)
	if err != nil {
		return err
	}
	now, trusted := a.clock.now()
	if !trusted {
		a.log.WarnContext(ctx, "the clock is not confirmed: windows may start but none ends", "clock", now)
	}
	if err := a.update(ctx, func(t *state.Tx) error {
		return t.Emit(now, wire.EventStarted, "", wire.Started{Version: a.version, BootID: a.boot, Resumed: len(journal) > 0})
	}); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel(nil)
	run := func(name string, f func(context.Context) error) {
		wg.Go(func() {
			if err := f(ctx); err != nil && ctx.Err() == nil {
				cancel(fmt.Errorf("%s: %w", name, err))
			}
		})
	}
	run("discovery", a.discoverLoop)
	if a.cfg.Discovery.Listen {
		run("announcements", a.listenLoop)
	}
	run("cameras", a.keepLoop)
	run("events", a.watchLoop)
	run("rules", a.evaluateLoop)
	if a.cfg.TrySoldWith {
		run("logins that devices are sold with", a.soldWithLoop)
	}
	run("clock", a.floorLoop)
	for _, l := range a.lines {
		run("reader "+l.cfg.Port, func(ctx context.Context) error { return a.readLoop(ctx, l) })
	}
	if a.link != nil {
		run("server", a.link.run)
	}
	if a.cfg.Socket != "" {
		run("socket", a.serveSocket)
	}
	<-ctx.Done()
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

// touch makes the rules be evaluated and the server be told.
func (a *Agent) touch() {
	select {
	case a.dirty <- struct{}{}:
	default:
	}
	if a.link != nil {
		a.link.tellReported()
	}
}

// kick makes keepLoop look again at who needs a keeper.
func (a *Agent) kick() {
	select {
	case a.kicked <- struct{}{}:
	default:
	}
}

// kickAll wakes every camera's keeper.
func (a *Agent) kickAll() {
	a.kick()
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, k := range a.keepers {
		k.wake()
	}
}

func (a *Agent) inForce() *orders {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.orders
}

func (a *Agent) generation() (epoch, generation uint64) {
	o := a.inForce()
	return o.epoch, o.generation
}

// confirmTime takes a signed answer to our own question.
func (a *Agent) confirmTime(ctx context.Context, server, sent time.Time) error {
	_, before := a.clock.now()
	err := a.clock.confirm(server, sent)
	a.mu.Lock()
	told := a.doubted
	a.doubted = err != nil
	a.mu.Unlock()
	if err != nil && told {
		return err // told once, not with every report
	}
	if err != nil {
		t := a.clock.instant()
		return errors.Join(err, a.update(ctx, func(x *state.Tx) error {
			return x.Emit(t.now, wire.EventClock, "", wire.ClockDoubt{Clock: t.now, Floor: t.floor, What: err.Error()})
		}))
	}
	if !before {
		a.log.InfoContext(ctx, "the clock is confirmed by the server")
		a.kickAll()
	}
	return nil
}

// logRetention is how long an acknowledged entry stays in the log: what the
// protocol allows the checker itself, at most a month of 28 days if it gives
// calendar months or nothing.
func (a *Agent) logRetention() time.Duration {
	const month = 28 * 24 * time.Hour
	p := a.inForce().policy.Protocol
	if p == nil {
		return month
	}
	c, ok := p.Checker()
	if !ok {
		return month
	}
	if d, ok := c.Retention.Max.Fixed(); ok && d > 0 {
		return d
	}
	return month
}

// floorLoop raises the time floor while the time is trusted, and lets go of
// log entries that are older than the protocol allows.
func (a *Agent) floorLoop(ctx context.Context) error {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		if now, trusted := a.clock.now(); trusted {
			if err := a.update(ctx, func(t *state.Tx) error {
				return errors.Join(t.RaiseFloor(now), t.Trim(now.Add(-a.logRetention())))
			}); err != nil {
				a.log.ErrorContext(ctx, "the time floor is not kept", "err", err)
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// keepLoop runs one keeper per registered camera of the site, as the register
// in force lists them, and one per camera that left it with our work on it.
func (a *Agent) keepLoop(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	running := map[string]chan struct{}{} // closed when the keeper has ended
	for {
		for id, ended := range running {
			select {
			case <-ended:
				delete(running, id)
			default:
			}
		}
		ids, err := a.toKeep(ctx)
		if err != nil {
			return err
		}
		covers, err := a.db.Covers(ctx)
		if err != nil {
			return err
		}
		released, err := a.db.Released(ctx)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if running[id] != nil {
				continue
			}
			k := &keeper{a: a, id: id, kick: make(chan struct{}, 1), ordered: covers[id].Cover, since: covers[id].Since, released: released[id]}
			a.mu.Lock()
			a.keepers[id] = k
			a.mu.Unlock()
			ended := make(chan struct{})
			running[id] = ended
			wg.Go(func() {
				defer a.kick() // it may have come back to the register meanwhile
				defer close(ended)
				k.run(ctx)
				if ctx.Err() == nil {
					a.mu.Lock()
					delete(a.keepers, id)
					a.mu.Unlock()
				}
			})
		}
		a.touch()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-a.kicked:
		}
	}
}

// toKeep lists the cameras that need a keeper.
func (a *Agent) toKeep(ctx context.Context) ([]string, error) {
	var ids []string
	p := a.inForce().policy.Protocol
	if p == nil {
		return nil, nil // a protocol that cannot be read removes no camera
	}
	for _, c := range p.CamerasOf(a.cfg.Site) {
		ids = append(ids, c.ID)
	}
	journal, err := a.db.Journal(ctx)
	for _, e := range journal {
		if !slices.Contains(ids, e.Camera) {
			ids = append(ids, e.Camera)
		}
	}
	return ids, err
}
