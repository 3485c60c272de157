package agent

import (
	"context"
	"errors"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
)

// way is a path to a camera's picture and the device that it comes from.
type way struct {
	path     devices.Path
	box      *box // nil if err
	found    devices.Found
	sessions int   // that the device may have open
	err      error // why the path cannot be looked at
}

// channel is what a recorder last said of one of its channels.
type channel struct {
	asked time.Time
	paths []devices.Path
}

// ways are the further paths of a camera, at recorders. One that is not
// reached is still listed, so that it is unproven and not forgotten.
func (k *keeper) ways(ctx context.Context, o *orders, c policy.Camera) []way {
	var list []way
	for _, ch := range c.Channels {
		d, ok := deviceOf(o.policy.Protocol, ch.Device)
		if !ok {
			continue // the protocol is refused with such a channel
		}
		key := d.ID + "/" + ch.Source.String()
		box, found, err := k.askChannel(ctx, d, ch.Source, key)
		paths := k.channels[key].paths
		if len(paths) == 0 {
			paths = []devices.Path{{ID: ch.Source.String(), Name: key, Kind: devices.PathStream}}
			if err == nil {
				err = errors.New("recorder " + d.ID + " tells no path of this channel")
			}
		}
		for _, p := range paths {
			p.ID = d.ID + "/" + p.ID
			list = append(list, way{path: p, box: box, found: found, sessions: d.Sessions, err: err})
		}
	}
	return list
}

// askChannel asks a recorder for the paths of one channel, when what it said
// is old.
func (k *keeper) askChannel(ctx context.Context, d policy.Device, source policy.Source, key string) (*box, devices.Found, error) {
	a := k.a
	b := a.boxBy(d.Identity)
	if b == nil {
		return nil, devices.Found{}, &devices.Error{Op: "find recorder " + d.ID, Err: devices.ErrUnreachable, Remedy: "check its power and network cable"}
	}
	b.asks.Lock()
	defer b.asks.Unlock()
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	found := a.current(b)
	now, _ := a.clock.now()
	have := k.channels[key]
	if b.cams != nil && len(have.paths) > 0 && now.Sub(have.asked) < time.Duration(a.cfg.Every.Check) {
		return b, found, nil
	}
	cam, err := a.open(ctx, b, policy.Camera{ID: k.id + " at recorder " + d.ID, Identity: d.Identity, Source: source})
	if err != nil {
		return nil, found, err
	}
	obs, err := cam.Observe(ctx)
	if err != nil {
		if lost(err) {
			b.logout()
		}
		return nil, found, err
	}
	paths, ok := obs.Paths.Get()
	if !ok {
		return nil, found, errors.New("recorder " + d.ID + " does not tell its paths: " + obs.Paths.Why())
	}
	if k.channels == nil {
		k.channels = map[string]channel{}
	}
	k.channels[key] = channel{asked: now, paths: paths}
	return b, found, nil
}
