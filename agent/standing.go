package agent

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/lensdop/lensdop/agent/cover"
	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/devices/picture"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/rules"
)

// How far a position may lie from a preset's and still be the preset: drives
// come to rest within a few thousandths. A mask that is off by more covers
// something else.
const (
	nearTurn = 0.005 // of pan and tilt, which go from -1 to 1
	nearZoom = 0.01  // of zoom, which goes from 0 to 1
)

// viewMemory is how long what was seen at a preset counts after the camera
// turned away from it.
const viewMemory = 24 * time.Hour

// standsAt tells at which of its registered views a camera stands. The error
// says why that is not known: it turns, it stands elsewhere, or the device
// does not tell.
func standsAt(views []policy.CameraView, o devices.Observation) (policy.CameraView, error) {
	pos, ok := o.Position.Get()
	if !ok {
		return policy.CameraView{}, errors.New("the camera does not tell where it looks: " + o.Position.Why())
	}
	if pos.Moving {
		return policy.CameraView{}, errors.New("the camera is turning")
	}
	presets, ok := o.Presets.Get()
	if !ok {
		return policy.CameraView{}, errors.New("the camera does not tell its presets: " + o.Presets.Why())
	}
	var at policy.CameraView
	nearest := math.Inf(1)
	var untold error
	for _, v := range views {
		p, err := presetOf(presets, v.Preset)
		if err != nil {
			untold = errors.Join(untold, err)
			continue
		}
		there, ok := p.Position.Get()
		if !ok {
			untold = errors.Join(untold, fmt.Errorf("the camera does not tell where its preset %s is: %s", v.Preset, p.Position.Why()))
			continue
		}
		turn := max(math.Abs(pos.Pan-there.Pan), math.Abs(pos.Tilt-there.Tilt))
		zoom := math.Abs(pos.Zoom - there.Zoom)
		if d := turn/nearTurn + zoom/nearZoom; turn <= nearTurn && zoom <= nearZoom && d < nearest { // false for what is no number
			at, nearest = v, d
		}
	}
	if at.ID != "" {
		return at, nil
	}
	if untold != nil {
		return at, untold
	}
	return at, errors.New("the camera stands at no registered preset")
}

// presetOf finds a preset by its token, or else by its name, which devices do
// not keep apart.
func presetOf(presets []devices.Preset, want string) (devices.Preset, error) {
	if i := slices.IndexFunc(presets, func(p devices.Preset) bool { return p.Token == want }); i >= 0 {
		return presets[i], nil
	}
	var named []devices.Preset
	for _, p := range presets {
		if p.Name == want {
			named = append(named, p)
		}
	}
	switch len(named) {
	case 1:
		return named[0], nil
	case 0:
		return devices.Preset{}, fmt.Errorf("the camera has no preset %s", want)
	default:
		return devices.Preset{}, fmt.Errorf("the camera has %d presets of the name %s", len(named), want)
	}
}

// atView is what must be covered of a camera that is known to show one of its
// views: the masks that only belong to others are left out. Without a known
// view it is all of them.
func (o *orders) atView(camera string, want devices.Cover, view string, t time.Time) devices.Cover {
	if view == "" {
		return want
	}
	has := func(c devices.Cover, id string) bool {
		return slices.ContainsFunc(c.Zones, func(z devices.Zone) bool { return z.ID == id })
	}
	all, here := o.policy.CoverAt(camera, t), o.policy.CoverAtView(camera, view, t)
	want.Zones = slices.DeleteFunc(slices.Clone(want.Zones), func(z devices.Zone) bool { return has(all, z.ID) && !has(here, z.ID) })
	return want
}

// stands asks a camera that turns where it looks, just now.
func (k *keeper) stands(ctx context.Context, b *box, c policy.Camera) (policy.CameraView, error) {
	b.asks.Lock()
	defer b.asks.Unlock()
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	k.a.current(b)
	cam, err := k.a.open(ctx, b, c)
	if err != nil {
		return policy.CameraView{}, err
	}
	obs, err := cam.Observe(ctx)
	if err != nil {
		return policy.CameraView{}, err
	}
	k.note(func() { k.obs = devices.Of(obs) })
	k.asked, _ = k.a.clock.now()
	return standsAt(c.Views, obs)
}

// memory is what was last seen of the masks of a view: per path and mask.
type memory struct {
	at    time.Time
	masks map[string]map[string]picture.Verdict
}

// place makes of what was looked at with an eye to one view what is known of
// all: masks of the view it stood at as seen, those of the others as last seen
// there, and none that depends on a view if where it stood is not known.
func (k *keeper) place(c policy.Camera, sights map[string]cover.Sight, view string, unknown error, now time.Time) {
	if k.views == nil {
		k.views = map[string]memory{}
	}
	if view != "" {
		m := memory{at: now, masks: map[string]map[string]picture.Verdict{}}
		for id, s := range sights {
			m.masks[id] = maps.Clone(s.Masks)
		}
		k.views[view] = m
	}
	for _, v := range c.Views {
		if v.ID == view {
			continue
		}
		for _, m := range v.Masks {
			key := rules.PresetMask(v.ID, m.ID)
			for path, s := range sights {
				s.Masks[key] = k.recall(v, path, key, unknown, now)
			}
		}
	}
	if unknown != nil {
		for path, s := range sights {
			s.View = picture.Verdict{State: picture.Unknown, Reason: unknown.Error()}
			sights[path] = s
		}
	}
}

func (k *keeper) recall(v policy.CameraView, path, key string, unknown error, now time.Time) picture.Verdict {
	if unknown != nil {
		return picture.Verdict{State: picture.Unknown, Reason: unknown.Error()}
	}
	m, ok := k.views[v.ID]
	if seen, told := m.masks[path][key]; ok && told && now.Sub(m.at) <= viewMemory {
		return seen
	}
	return picture.Verdict{State: picture.Unknown, Reason: "the camera was not seen at preset " + v.Preset + " lately"}
}
