package onvif

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/lensdop/lensdop/devices"
	"github.com/use-go/onvif/media"
	xsdonvif "github.com/use-go/onvif/xsd/onvif"
)

// muting covers the sound: no profile of the camera has a sound encoder. The
// older and the newer media service are asked both, since some devices have
// profiles that only one of them lists.
type muting struct{ *camera }

// mutedState is State.Data.
type mutedState struct {
	Sounds []sound `json:"sounds"`
}

// sound is a sound encoder in a profile, as one of the services lists it.
type sound struct {
	Service string `json:"service"` // the namespace
	Profile string `json:"profile"`
	Encoder string `json:"encoder"`
}

func (s sound) String() string { return fmt.Sprintf("%q", plain(s.Profile, 64)) }

// soundServices in the order in which they are written to: what the newer one
// has done, the older one then shows done.
func soundServices() []string { return []string{nsMedia2, nsMedia} }

// profilesOf lists the camera's profiles by one service. One without sound has
// no encoder.
func (w muting) profilesOf(ctx context.Context, service string) ([]sound, error) {
	var list soundProfiles
	var err error
	if service == nsMedia2 {
		err = w.c.callService(ctx, nsMedia2, getProfiles2{Type: []string{"VideoSource", "AudioEncoder"}}, &list)
	} else {
		err = w.c.callService(ctx, nsMedia, media.GetProfiles{}, &list)
	}
	if err != nil {
		return nil, err
	}
	var out []sound
	for _, p := range list.Profiles {
		video, encoder := p.Video, p.Sound
		if p.Two != nil {
			video, encoder = p.Two.Video, p.Two.Sound
		}
		if !w.owns(video) {
			continue
		}
		s := sound{Service: service, Profile: p.Token}
		if encoder != nil {
			s.Encoder = encoder.Token
		}
		if s.Profile == "" || encoder != nil && s.Encoder == "" {
			return nil, fmt.Errorf("%w: a profile or its sound encoder without a token", devices.ErrMalformed)
		}
		out = append(out, s)
	}
	return out, nil
}

// sounds lists the camera's profiles by every service that the device has.
func (w muting) sounds(ctx context.Context) ([]sound, error) {
	var all []sound
	var none []error
	for _, service := range soundServices() {
		some, err := w.profilesOf(ctx, service)
		if errors.Is(err, devices.ErrUnsupported) {
			none = append(none, err)
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	if len(all) == 0 {
		return nil, together(append([]error{fmt.Errorf("%w: the device lists no profile of this camera", devices.ErrUnsupported)}, none...)...)
	}
	return all, nil
}

// offered: the profiles of the camera can be listed, with sound or without.
func (w muting) offered(ctx context.Context) error {
	_, err := w.sounds(ctx)
	return err
}

func (w muting) state(ctx context.Context) (any, error) {
	all, err := w.sounds(ctx)
	if err != nil {
		return nil, err
	}
	return mutedState{Sounds: audible(all)}, nil
}

// audible are those with sound, in a list that is never nil.
func audible(all []sound) []sound {
	out := []sound{}
	for _, s := range all {
		if s.Encoder != "" {
			out = append(out, s)
		}
	}
	return out
}

func (w muting) was(u devices.Undo) (mutedState, error) {
	s, err := journal[mutedState](u, devices.MethodSoundOff)
	if err == nil && s.Sounds == nil {
		err = errors.New("the journal's state from before has no list of profiles")
	}
	return s, err
}

func wroteSound(u devices.Undo) bool {
	return slices.ContainsFunc(u.Wrote, func(c devices.Cover) bool { return c.Sound })
}

func (w muting) remove(ctx context.Context, s sound) error {
	if s.Service == nsMedia2 {
		return w.c.callService(ctx, nsMedia2, removeConfiguration2{
			ProfileToken: s.Profile, Configuration: confRef2{Type: "AudioEncoder"},
		}, &struct{}{})
	}
	return w.c.callService(ctx, nsMedia, media.RemoveAudioEncoderConfiguration{ProfileToken: xsdonvif.ReferenceToken(s.Profile)}, &struct{}{})
}

func (w muting) add(ctx context.Context, s sound) error {
	if s.Service == nsMedia2 {
		return w.c.callService(ctx, nsMedia2, addConfiguration2{
			ProfileToken: s.Profile, Configuration: confRef2{Type: "AudioEncoder", Token: s.Encoder},
		}, &struct{}{})
	}
	return w.c.callService(ctx, nsMedia, media.AddAudioEncoderConfiguration{
		ProfileToken: xsdonvif.ReferenceToken(s.Profile), ConfigurationToken: xsdonvif.ReferenceToken(s.Encoder),
	}, &struct{}{})
}

// apply takes the sound encoder out of every profile that the journal has with
// it. One that came since is not touched, and told.
func (w muting) apply(ctx context.Context, u devices.Undo, c devices.Cover) (devices.Cover, error) {
	was, err := w.was(u)
	if err != nil {
		return devices.Cover{}, err
	}
	if !c.Sound {
		return devices.Cover{}, w.restore(ctx, u)
	}
	if !wroteSound(u) {
		return devices.Cover{}, errors.New("covering the sound is not in the journal; it is written there before the device")
	}
	var refused []error
	for _, service := range soundServices() {
		some, err := w.profilesOf(ctx, service)
		if errors.Is(err, devices.ErrUnsupported) {
			continue
		}
		if err != nil {
			return devices.Cover{}, err
		}
		for _, s := range audible(some) {
			if !slices.Contains(was.Sounds, s) {
				continue
			}
			err := w.remove(ctx, s)
			if fatal(err) {
				return devices.Cover{}, err
			}
			refused = append(refused, err)
		}
	}
	all, err := w.sounds(ctx)
	if err != nil {
		return devices.Cover{}, err
	}
	var known, strange []string
	for _, s := range audible(all) {
		names := &strange
		if slices.Contains(was.Sounds, s) {
			names = &known
		}
		if !slices.Contains(*names, s.String()) {
			*names = append(*names, s.String())
		}
	}
	switch {
	case len(known) > 0:
		err := fmt.Errorf("%w: there is still sound in profiles %s", devices.ErrNotApplied, strings.Join(known, ", "))
		return devices.Cover{}, together(err, together(refused...))
	case len(strange) > 0:
		return devices.Cover{}, &remedied{
			fmt.Errorf("%w: sound came into profiles %s", devices.ErrForeign, strings.Join(strange, ", ")),
			"take it out on the device, or release this cover and order it anew",
		}
	}
	return devices.Cover{Sound: true}, nil
}

// holds tells whether no profile of the camera has sound.
func (w muting) holds(ctx context.Context, u devices.Undo, c devices.Cover) (bool, error) {
	was, err := w.was(u)
	if err != nil {
		return false, err
	}
	all, err := w.sounds(ctx)
	if err != nil {
		return false, err
	}
	if c.Sound {
		return len(audible(all)) == 0, nil
	}
	for _, old := range was.Sounds {
		if slices.Contains(all, sound{Service: old.Service, Profile: old.Profile}) {
			return false, nil
		}
	}
	return true, nil
}

// restore puts the sound encoders back into the profiles that have none now.
func (w muting) restore(ctx context.Context, u devices.Undo) error {
	was, err := w.was(u)
	if err != nil || !wroteSound(u) {
		return err
	}
	var foreign, refused []error
	for _, service := range soundServices() {
		if !slices.ContainsFunc(was.Sounds, func(s sound) bool { return s.Service == service }) {
			continue
		}
		now, err := w.profilesOf(ctx, service)
		if err != nil {
			return err
		}
		for _, old := range was.Sounds {
			if old.Service != service {
				continue
			}
			i := slices.IndexFunc(now, func(s sound) bool { return s.Profile == old.Profile })
			switch {
			case i < 0:
				foreign = append(foreign, fmt.Errorf("%w: profile %s is gone", devices.ErrForeign, old))
			case now[i].Encoder == "":
				err := w.add(ctx, old)
				if fatal(err) {
					return together(append([]error{err}, foreign...)...)
				}
				refused = append(refused, err)
			case now[i] != old:
				foreign = append(foreign, fmt.Errorf("%w: profile %s has another sound encoder", devices.ErrForeign, old))
			}
		}
	}
	if len(refused) > 0 {
		all, err := w.sounds(ctx)
		if err != nil {
			return together(append([]error{err}, foreign...)...)
		}
		for _, old := range was.Sounds {
			if slices.Contains(all, sound{Service: old.Service, Profile: old.Profile}) {
				err := fmt.Errorf("%w: profile %s has no sound again", devices.ErrNotApplied, old)
				return together(append(append([]error{err}, refused...), foreign...)...)
			}
		}
	}
	return together(foreign...)
}
