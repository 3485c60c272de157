package onvif

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/lensdop/lensdop/devices"
)

// parking covers the whole picture by turning the camera to a preset at which
// nothing is seen. It is used only where the device tells both where it stands
// and where the preset is: a position that nobody knows is never parked.
type parking struct{ *camera }

// Tolerances of positions, by the space that they are told in (PTZ §5.7): the
// generic spaces run from -1 to 1.
const (
	parkTolerance   = 0.01
	parkDegrees     = 0.5
	maxPresets      = 1024
	maxSpace        = 200
	parkFirstLook   = 50 * time.Millisecond
	parkLooks       = time.Second // at most this long between two looks
	parkTimeFactor  = 3           // a turn may take this many times Options.Timeout
	parkSteadyReads = 3           // equal readings that stand for "it does not move"
)

// place is where a camera looks, in spaces of the device's own choice.
type place struct {
	Pan       float64  `json:"pan"`
	Tilt      float64  `json:"tilt"`
	Space     string   `json:"space,omitempty"`
	Zoom      *float64 `json:"zoom,omitempty"`
	ZoomSpace string   `json:"zoom_space,omitempty"`
}

// parkedState is State.Data.
type parkedState struct {
	// Park is the preset's token, At its place when the journal was written.
	Park string `json:"park"`
	At   place  `json:"at"`
	// Was is where the camera looked; Preset the one it stood at, if any.
	Was    place  `json:"was"`
	Preset string `json:"preset,omitempty"`
}

type parkPreset struct {
	token, name string
	at          *place // nil: the device does not tell
}

// place is nil for a position without a whole direction.
func (v *vectorIn) place() *place {
	finite := func(f *float64) bool { return f != nil && !math.IsNaN(*f) && math.Abs(*f) < 1e6 }
	if v == nil || v.PanTilt == nil || !finite(v.PanTilt.X) || !finite(v.PanTilt.Y) {
		return nil
	}
	p := &place{Pan: *v.PanTilt.X, Tilt: *v.PanTilt.Y, Space: plain(v.PanTilt.Space, maxSpace)}
	if v.Zoom != nil && finite(v.Zoom.X) {
		p.Zoom, p.ZoomSpace = v.Zoom.X, plain(v.Zoom.Space, maxSpace)
	}
	return p
}

func (p place) vector() vectorOut {
	v := vectorOut{PanTilt: &panTiltOut{X: p.Pan, Y: p.Tilt, Space: p.Space}}
	if p.Zoom != nil {
		v.Zoom = &zoomOut{X: *p.Zoom, Space: p.ZoomSpace}
	}
	return v
}

// near tells whether two places are the same within the tolerance. Places in
// different spaces cannot be compared and are not.
func (p place) near(q place) bool {
	within := func(a, b float64, spaceA, spaceB string) bool {
		if spaceA != "" && spaceB != "" && spaceA != spaceB {
			return false
		}
		limit := parkTolerance
		if strings.Contains(spaceA+spaceB, "Degrees") {
			limit = parkDegrees
		}
		return math.Abs(a-b) <= limit+1e-9
	}
	if !within(p.Pan, q.Pan, p.Space, q.Space) || !within(p.Tilt, q.Tilt, p.Space, q.Space) {
		return false
	}
	return p.Zoom == nil || q.Zoom == nil || within(*p.Zoom, *q.Zoom, p.ZoomSpace, q.ZoomSpace)
}

func (p place) String() string {
	s := fmt.Sprintf("pan %.3f, tilt %.3f", p.Pan, p.Tilt)
	if p.Zoom != nil {
		s += fmt.Sprintf(", zoom %.3f", *p.Zoom)
	}
	return s
}

// head is the profile by which the device can turn this camera.
func (w parking) head(ctx context.Context) (string, error) {
	if _, err := w.c.service(nsPTZ); err != nil {
		return "", err
	}
	profiles, err := w.c.profiles(ctx)
	if err != nil {
		return "", err
	}
	for _, p := range profiles {
		if p.ptz && p.token != "" && w.owns(p.video) {
			return p.token, nil
		}
	}
	return "", fmt.Errorf("%w: no profile of this camera can turn it", devices.ErrUnsupported)
}

func (w parking) presets(ctx context.Context, head string) ([]parkPreset, error) {
	var list parkPresets
	if err := w.c.callService(ctx, nsPTZ, parkGetPresets{ProfileToken: head}, &list); err != nil {
		return nil, err
	}
	if len(list.Presets) > maxPresets {
		return nil, fmt.Errorf("%w: %w: %d presets", devices.ErrMalformed, devices.ErrOutOfBounds, len(list.Presets))
	}
	out := make([]parkPreset, 0, len(list.Presets))
	for _, p := range list.Presets {
		if p.Token != "" {
			out = append(out, parkPreset{token: p.Token, name: strings.TrimSpace(p.Name), at: p.Position.place()})
		}
	}
	return out, nil
}

// park is the preset that the site named, by token or else by a name that only
// one preset has, and its place.
func (w parking) park(all []parkPreset) (string, place, error) {
	named := func(by func(parkPreset) bool) []parkPreset {
		return slices.DeleteFunc(slices.Clone(all), func(p parkPreset) bool { return !by(p) })
	}
	want := strings.TrimSpace(w.means.Park)
	if want == "" {
		return "", place{}, errNoPark
	}
	found := named(func(p parkPreset) bool { return p.token == want })
	if len(found) == 0 {
		found = named(func(p parkPreset) bool { return p.name == want })
	}
	switch {
	case len(found) == 0:
		return "", place{}, &remedied{
			fmt.Errorf("%w: the device has no preset %q to park at", devices.ErrUnsupported, plain(want, 64)),
			"store that preset on the device, or name another one",
		}
	case len(found) > 1:
		return "", place{}, &remedied{
			fmt.Errorf("%w: %d presets are called %q", devices.ErrUnsupported, len(found), plain(want, 64)),
			"name the preset by its token",
		}
	case found[0].at == nil:
		return "", place{}, &remedied{
			fmt.Errorf("%w: the device does not tell where preset %q is, so nobody can see whether it is there", devices.ErrUnsupported, plain(want, 64)),
			"cover it in another way, or store the preset anew",
		}
	}
	return found[0].token, *found[0].at, nil
}

// stand is what the device says of its head now.
type stand struct {
	at *place
	// moving and still are both false if the device does not tell.
	moving, still bool
}

func (w parking) look(ctx context.Context, head string) (stand, error) {
	var s parkStatus
	if err := w.c.callService(ctx, nsPTZ, parkGetStatus{ProfileToken: head}, &s); err != nil {
		return stand{}, err
	}
	turn, zoom := strings.ToUpper(strings.TrimSpace(s.PanTilt)), strings.ToUpper(strings.TrimSpace(s.Zoom))
	return stand{
		at:     s.Position.place(),
		moving: turn == "MOVING" || zoom == "MOVING",
		still:  turn == "IDLE" && (zoom == "IDLE" || zoom == ""),
	}, nil
}

var errNoPosition = fmt.Errorf("%w: the device does not tell where it looks", devices.ErrUnsupported)

// settle looks until the camera stands still, or until at says that this is the
// place, within the time that a turn may take. A device that does not tell
// whether it moves stands still when it tells the same place twice. The bool is
// false if it never stood still.
func (w parking) settle(ctx context.Context, head string, target *place) (place, bool, error) {
	limit := time.NewTimer(parkTimeFactor * w.c.o.Timeout)
	defer limit.Stop()
	var first place // of the equal readings
	steady := 0
	pause := parkFirstLook
	for {
		s, err := w.look(ctx, head)
		if err != nil {
			return place{}, false, err
		}
		if s.at == nil {
			return place{}, false, errNoPosition
		}
		if steady == 0 || !first.near(*s.at) {
			first, steady = *s.at, 0
		}
		steady++
		// Just after the order a device may still call itself idle, at the old place.
		if arrived := target == nil || s.at.near(*target); arrived && !s.moving && (s.still || steady >= parkSteadyReads) {
			return *s.at, true, nil
		}
		next := time.NewTimer(pause)
		pause = min(2*pause, parkLooks)
		select {
		case <-next.C:
		case <-limit.C:
			next.Stop()
			return *s.at, false, nil
		case <-ctx.Done():
			next.Stop()
			return *s.at, false, interrupted(ctx)
		}
	}
}

var errNoPark = fmt.Errorf("%w: no preset is named to park this camera at", devices.ErrUnsupported)

// offered: the site named a preset that is there, and the device tells where
// it looks.
func (w parking) offered(ctx context.Context) error {
	if w.means.Park == "" {
		return errNoPark
	}
	head, err := w.head(ctx)
	if err != nil {
		return err
	}
	all, err := w.presets(ctx, head)
	if err != nil {
		return err
	}
	if _, _, err := w.park(all); err != nil {
		return err
	}
	s, err := w.look(ctx, head)
	if err == nil && s.at == nil {
		err = errNoPosition
	}
	return err
}

func (w parking) state(ctx context.Context) (any, error) {
	head, err := w.head(ctx)
	if err != nil {
		return nil, err
	}
	all, err := w.presets(ctx, head)
	if err != nil {
		return nil, err
	}
	var s parkedState
	if s.Park, s.At, err = w.park(all); err != nil {
		return nil, err
	}
	at, still, err := w.settle(ctx, head, nil)
	if err != nil {
		return nil, err
	}
	if !still {
		return nil, &remedied{
			fmt.Errorf("%w: the camera keeps moving, so where it belongs is not known", devices.ErrBusy),
			"stop the tour or the person that moves it",
		}
	}
	s.Was = at
	for _, p := range all {
		// The preset that it was turned to may not be the only one there; the
		// parking place itself is named first.
		if p.at != nil && p.at.near(at) && (s.Preset == "" || p.token == s.Park) {
			s.Preset = p.token
		}
	}
	return s, nil
}

// was reads the journal.
func (w parking) was(u devices.Undo) (parkedState, error) {
	s, err := journal[parkedState](u, devices.MethodPark)
	if err == nil && s.Park == "" {
		err = errors.New("the journal's state from before names no preset")
	}
	return s, err
}

// wholeOnly refuses what a method that knows only all or nothing cannot do.
func wholeOnly(m devices.Method, c devices.Cover) error {
	if c.Whole || len(c.Zones) == 0 {
		return nil
	}
	return &remedied{
		fmt.Errorf("%w: %s covers the whole picture or nothing", devices.ErrUnsupported, m),
		"order a method that can cover a part of the picture",
	}
}

// mayCover refuses what wholeOnly does, and what the journal does not have: it
// could never be told from a stranger's work again.
func mayCover(u devices.Undo, c devices.Cover) error {
	if c.Whole && !wroteWhole(u) {
		return errors.New("covering the whole picture is not in the journal; it is written there before the device")
	}
	return wholeOnly(u.Method, c)
}

func wroteWhole(u devices.Undo) bool {
	return slices.ContainsFunc(u.Wrote, func(c devices.Cover) bool { return c.Whole })
}

// samePark is an error if the preset is not where the journal has it. Somebody
// moved it then, and what is seen there is not known.
func (w parking) samePark(ctx context.Context, head string, was parkedState) error {
	all, err := w.presets(ctx, head)
	if err != nil {
		return err
	}
	for _, p := range all {
		if p.token != was.Park {
			continue
		}
		if p.at == nil {
			return fmt.Errorf("%w: the device no longer tells where preset %q is", devices.ErrUnsupported, plain(was.Park, 64))
		}
		if !p.at.near(was.At) {
			return &remedied{
				fmt.Errorf("%w: preset %q was moved from %s to %s", devices.ErrForeign, plain(was.Park, 64), was.At, *p.at),
				"look at what the camera sees there, and store the preset anew",
			}
		}
		return nil
	}
	return fmt.Errorf("%w: preset %q is gone", devices.ErrForeign, plain(was.Park, 64))
}

// apply turns the camera to the park preset and waits until it stands there.
// Without c.Whole it is turned back.
func (w parking) apply(ctx context.Context, u devices.Undo, c devices.Cover) (devices.Cover, error) {
	was, err := w.was(u)
	if err != nil {
		return devices.Cover{}, err
	}
	if err := mayCover(u, c); err != nil {
		return devices.Cover{}, err
	}
	if !c.Whole {
		return devices.Cover{}, w.restore(ctx, u)
	}
	head, err := w.head(ctx)
	if err != nil {
		return devices.Cover{}, err
	}
	if err := w.samePark(ctx, head, was); err != nil {
		return devices.Cover{}, err
	}
	s, err := w.look(ctx, head)
	if err != nil {
		return devices.Cover{}, err
	}
	if s.at == nil {
		return devices.Cover{}, errNoPosition
	}
	if !s.at.near(was.At) || s.moving {
		if err := w.c.callService(ctx, nsPTZ, gotoPreset{ProfileToken: head, PresetToken: was.Park}, &struct{}{}); err != nil {
			return devices.Cover{}, err
		}
	}
	at, there, err := w.settle(ctx, head, &was.At)
	if err != nil {
		return devices.Cover{}, err
	}
	if !there {
		return devices.Cover{}, fmt.Errorf("%w: it was sent to preset %q at %s and is at %s", devices.ErrNotApplied, plain(was.Park, 64), was.At, at)
	}
	return devices.Cover{Whole: true}, nil
}

// holds tells whether the camera stands at the park preset now. One that does
// not tell whether it moves counts as standing where it says it is.
func (w parking) holds(ctx context.Context, u devices.Undo, c devices.Cover) (bool, error) {
	was, err := w.was(u)
	if err != nil {
		return false, err
	}
	if err := wholeOnly(u.Method, c); err != nil {
		return false, err
	}
	head, err := w.head(ctx)
	if err != nil {
		return false, err
	}
	if c.Whole {
		if err := w.samePark(ctx, head, was); errors.Is(err, devices.ErrForeign) {
			return false, nil
		} else if err != nil {
			return false, err
		}
	}
	s, err := w.look(ctx, head)
	if err == nil && s.at == nil {
		err = errNoPosition
	}
	if err != nil {
		return false, err
	}
	parked := s.at.near(was.At) && !s.moving
	if c.Whole {
		return parked, nil
	}
	return !parked || was.Was.near(was.At), nil
}

// restore turns the camera back, if it still stands at the park preset.
func (w parking) restore(ctx context.Context, u devices.Undo) error {
	was, err := w.was(u)
	if err != nil {
		return err
	}
	// Where it stood there before, or was never sent there, nothing is ours.
	if was.Was.near(was.At) || !wroteWhole(u) {
		return nil
	}
	head, err := w.head(ctx)
	if err != nil {
		return err
	}
	at, still, err := w.settle(ctx, head, nil)
	if err != nil {
		return err
	}
	switch {
	case !still:
		return fmt.Errorf("%w: somebody keeps the camera moving", devices.ErrForeign)
	case at.near(was.Was):
		return nil
	case !at.near(was.At):
		return fmt.Errorf("%w: the camera was turned to %s", devices.ErrForeign, at)
	}
	if err := w.goBack(ctx, head, was); err != nil {
		return err
	}
	at, there, err := w.settle(ctx, head, &was.Was)
	if err == nil && !there {
		err = fmt.Errorf("%w: it was sent back to %s and is at %s", devices.ErrNotApplied, was.Was, at)
	}
	return err
}

// goBack uses the preset that the camera stood at, which also brings back what
// else the device keeps with it, unless that is somewhere else by now.
func (w parking) goBack(ctx context.Context, head string, was parkedState) error {
	if was.Preset != "" {
		all, err := w.presets(ctx, head)
		if err != nil {
			return err
		}
		for _, p := range all {
			if p.token == was.Preset && p.at != nil && p.at.near(was.Was) {
				return w.c.callService(ctx, nsPTZ, gotoPreset{ProfileToken: head, PresetToken: p.token}, &struct{}{})
			}
		}
	}
	return w.c.callService(ctx, nsPTZ, absoluteMove{ProfileToken: head, Position: was.Was.vector()}, &struct{}{})
}
