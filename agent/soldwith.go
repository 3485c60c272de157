package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/lensdop/lensdop/agent/state"
	"github.com/lensdop/lensdop/devices"
	firmwarenotes "github.com/lensdop/lensdop/firmware-notes"
)

// Limits of trying the logins that devices were sold with. Makers lock an
// account after some five refusals within half an hour; people mistype, too.
const (
	soldWithEvery = time.Hour           // one login a device at most
	soldWithMost  = 2                   // logins of a device
	soldWithAgain = 90 * 24 * time.Hour // or after a change of firmware
)

// soldWithLoop tries, where the config allows it, whether a registered device
// lets anybody in by the login that it was sold with.
func (a *Agent) soldWithLoop(ctx context.Context) error {
	done, err := a.db.Tried(ctx)
	if err != nil {
		return err
	}
	a.mu.Lock()
	a.tried = done
	a.mu.Unlock()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(soldWithEvery):
		}
		if err := a.trySoldWith(ctx); err != nil && ctx.Err() == nil {
			a.log.ErrorContext(ctx, "logins that devices are sold with", "err", err)
		}
	}
}

// trySoldWith tries one login on every registered device that is due.
func (a *Agent) trySoldWith(ctx context.Context) error {
	done, err := a.db.Tried(ctx)
	if err != nil {
		return err
	}
	a.mu.Lock()
	a.tried = done
	var list []*box
	for b, mine := range a.registeredBoxes() {
		if mine && b.reach == devices.ReachUp && b.conflict == nil {
			list = append(list, b)
		}
	}
	a.mu.Unlock()
	for _, b := range list {
		if err := a.trySoldWithOn(ctx, b, done); err != nil {
			return err
		}
	}
	return nil
}

func (a *Agent) trySoldWithOn(ctx context.Context, b *box, done []state.Tried) error {
	b.asks.Lock()
	defer b.asks.Unlock()
	if len(b.cams) == 0 || b.refused != nil {
		return nil // what refuses our own login is not given others
	}
	a.mu.Lock()
	f, key := b.found, deviceKey(b.found)
	a.mu.Unlock()
	info := b.cams[0].Info()
	now, _ := a.clock.now()
	login, ok := a.due(info, key, now, done, a.logins.For(f))
	if !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	t := a.target(f)
	t.Credentials = devices.Credentials{User: login.User, Password: devices.Secret(login.Password)}
	opened, err := a.opens(ctx, info.Driver, t)
	if err != nil {
		a.log.InfoContext(ctx, "whether the login that it was sold with works is not known", "device", info.Address, "err", err)
		return nil // it is tried again in its turn
	}
	x := state.Tried{Key: key, Login: login.Name, Firmware: info.Firmware, At: now, Opened: opened}
	if err := a.update(ctx, func(tx *state.Tx) error { return tx.SetTried(x) }); err != nil {
		return err
	}
	a.mu.Lock()
	a.tried = append(slices.DeleteFunc(slices.Clone(a.tried), func(d state.Tried) bool { return d.Key == key && d.Login == x.Login }), x)
	a.mu.Unlock()
	a.touch()
	return nil
}

// due chooses the next login to try on a device.
func (a *Agent) due(i devices.Info, key string, now time.Time, done []state.Tried, own devices.Credentials) (firmwarenotes.SoldWith, bool) {
	list := firmwarenotes.Logins(a.notes, i)
	for _, x := range list[:min(len(list), soldWithMost)] {
		if x.User == own.User && x.Password == string(own.Password) {
			continue // told apart: our own login is that one
		}
		before := slices.IndexFunc(done, func(d state.Tried) bool { return d.Key == key && d.Login == x.Name })
		if before < 0 || done[before].Firmware != i.Firmware || now.Sub(done[before].At) >= soldWithAgain {
			return x, true
		}
	}
	return firmwarenotes.SoldWith{}, false
}

// opens tells whether a device lets a login in, by the driver that knows it.
func (a *Agent) opens(ctx context.Context, driver string, t devices.Target) (bool, error) {
	for _, d := range a.parts.Drivers {
		if d.Name != driver || d.Open == nil {
			continue
		}
		cams, err := d.Open(ctx, t)
		switch {
		case err == nil:
			closeAll(cams)
			return true, nil
		case errors.Is(err, devices.ErrLogin):
			return false, nil
		default:
			return false, err
		}
	}
	return false, fmt.Errorf("no driver %q", driver)
}

// soldWith tells whether a device opens by a login that it was sold with: yes
// if one does, no if all that are known were tried, else not known.
func (a *Agent) soldWith(i devices.Info, key string, done []state.Tried, own devices.Credentials) devices.Value[bool] {
	list := firmwarenotes.Logins(a.notes, i)
	if len(list) == 0 || !a.cfg.TrySoldWith {
		return devices.Value[bool]{}
	}
	tried := 0
	for _, x := range list {
		if x.User == own.User && x.Password == string(own.Password) {
			return devices.Of(true) // our own login is the one that it was sold with
		}
		for _, d := range done {
			if d.Key != key || d.Login != x.Name || d.Firmware != i.Firmware {
				continue
			}
			if d.Opened {
				return devices.Of(true)
			}
			tried++
		}
	}
	if tried < min(len(list), soldWithMost) {
		return devices.Value[bool]{}
	}
	return devices.Of(false)
}
