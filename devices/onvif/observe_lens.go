package onvif

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/lensdop/lensdop/devices"
	imaging "github.com/use-go/onvif/Imaging"
	"github.com/use-go/onvif/analytics"
	"github.com/use-go/onvif/media"
	"github.com/use-go/onvif/ptz"
	xsdonvif "github.com/use-go/onvif/xsd/onvif"
)

// ptz tells whether the device can move this camera.
func (cam *camera) ptz(profiles []profile, err error) devices.Value[bool] {
	if cam.c.services[nsPTZ] == nil {
		return devices.Of(false)
	}
	if err != nil {
		return devices.Unreadable[bool](err)
	}
	for _, p := range profiles {
		if p.ptz && cam.owns(p.video) {
			return devices.Of(true)
		}
	}
	return devices.Of(false)
}

func (cam *camera) observeMasks(ctx context.Context) (devices.Value[[]devices.Mask], devices.Value[int]) {
	layers, err := cam.readMasks(ctx, false)
	if err != nil {
		return reading([]devices.Mask(nil), err), reading(0, err)
	}
	masks := []devices.Mask{}
	for _, m := range allMasks(layers) {
		masks = append(masks, devices.Mask{
			Token: m.Token, Zone: devices.Zone{ID: m.Token, Polygon: m.Polygon},
			Enabled: m.Enabled, Type: m.Type, Configuration: m.Configuration,
		})
	}
	least := -1
	for _, l := range layers {
		var o maskOptions
		if err := cam.c.callService(ctx, nsMedia2, getMaskOptions2{ConfigurationToken: l.configuration}, &o); err != nil {
			return devices.Of(masks), reading(0, err)
		}
		n := o.Options.MaxMasks
		if n == nil {
			return devices.Of(masks), devices.Unreadable[int](errors.New("the device does not tell how many masks it holds"))
		}
		if least < 0 || *n < least {
			least = *n
		}
	}
	return devices.Of(masks), devices.Of(max(least, 0))
}

// soundSources counts the microphones and line inputs of the lens: those that
// are in its profiles, and those that are in nobody's. Where the profiles do
// not tell, it is those of the whole device.
func (cam *camera) soundSources(ctx context.Context, profiles []profile) (int, error) {
	tokens, err := cam.allSoundSources(ctx)
	if err != nil {
		return 0, err
	}
	if cam.c.lenses <= 1 {
		return len(tokens), nil
	}
	ours, theirs := map[string]bool{}, map[string]bool{}
	for _, p := range profiles {
		switch {
		case p.audioSource == "" && p.maySound():
			return len(tokens), nil // it could be any of them
		case p.audioSource == "":
		case cam.owns(p.video):
			ours[p.audioSource] = true
		default:
			theirs[p.audioSource] = true
		}
	}
	// With no profiles to tell, all of them count.
	n := 0
	for _, t := range tokens {
		if ours[t] || !theirs[t] {
			n++
		}
	}
	return n, nil
}

// allSoundSources lists the device's, by every service until one tells any:
// only a device all of whose services say so has none.
func (cam *camera) allSoundSources(ctx context.Context) ([]string, error) {
	var one audioSources
	var io tokenList
	var two audioSourceConfigurations
	asked := false
	var failed []error
	for _, ask := range []func() ([]string, error){
		func() (t []string, err error) {
			err = cam.c.callService(ctx, nsMedia, media.GetAudioSources{}, &one)
			for _, s := range one.AudioSources {
				t = append(t, s.Token)
			}
			return t, err
		},
		func() (t []string, err error) {
			err = cam.c.callService(ctx, nsDeviceIO, getAudioSourcesIO{}, &io)
			for _, s := range io.Token {
				t = append(t, strings.TrimSpace(s))
			}
			return t, err
		},
		func() (t []string, err error) {
			err = cam.c.callService(ctx, nsMedia2, getAudioSourceConfigurations2{}, &two)
			for _, s := range two.Configurations {
				t = append(t, strings.TrimSpace(s.SourceToken))
			}
			return t, err
		},
	} {
		tokens, err := ask()
		if err == nil && len(tokens) > 0 {
			slices.Sort(tokens)
			return slices.Compact(tokens), tooMany(len(tokens), "sound sources")
		}
		asked = asked || err == nil
		failed = append(failed, err)
	}
	err := several(failed...)
	if asked && (err == nil || errors.Is(err, devices.ErrUnsupported)) {
		return nil, nil
	}
	return nil, err
}

// osd lists the texts that the device writes into the camera's picture.
func (cam *camera) osd(ctx context.Context) ([]string, error) {
	var list osdList
	err := cam.c.callService(ctx, nsMedia2, getOSDs2{}, &list)
	if fatal(err) {
		return nil, err
	}
	if err != nil {
		list = osdList{}
		if e := cam.c.callService(ctx, nsMedia, getOSDs1{}, &list); e != nil {
			return nil, several(err, e)
		}
	}
	own := map[string]bool{}
	if len(list.OSDs) > 0 {
		configs, err := cam.configurations(ctx)
		if err != nil {
			return nil, err
		}
		for _, c := range configs {
			own[c.Token] = true
		}
	}
	texts := []string{}
	for _, d := range list.OSDs {
		at := strings.TrimSpace(d.Configuration)
		if text := plain(d.Text, 400); text != "" && (own[at] || at == "" && cam.first) {
			texts = append(texts, text)
		}
	}
	return texts, nil
}

// imaging tells what the camera does for its picture in the dark.
func (cam *camera) imaging(ctx context.Context) (devices.Imaging, error) {
	var s imagingSettings
	in := imaging.GetImagingSettings{VideoSourceToken: xsdonvif.ReferenceToken(cam.info.Source)}
	if err := cam.c.callService(ctx, nsImaging, in, &s); err != nil {
		return devices.Imaging{}, err
	}
	out := devices.Imaging{Brightness: number(s.Brightness, -1e6, 1e6)}
	switch filter := strings.ToLower(strings.TrimSpace(s.IrCutFilter)); filter {
	case "on", "off", "auto":
		out.InfraredFilter = filter
	}
	return out, nil
}

// analytics lists the modules and rules of the configurations that are in a
// profile of the camera: those work on its picture.
func (cam *camera) analytics(ctx context.Context, profiles []profile, profilesErr error) ([]string, error) {
	if _, err := cam.c.service(nsAnalytics); err != nil {
		return nil, err
	}
	if profilesErr != nil {
		return nil, profilesErr
	}
	var list profileList
	in := getAnalyticsProfiles2{Type: []string{"VideoSource", "Analytics"}}
	switch err := cam.c.callService(ctx, nsMedia2, in, &list); {
	case err == nil:
		profiles = merge(list.profiles(true), profiles)
	case !errors.Is(err, devices.ErrUnsupported):
		return nil, err
	}
	var tokens []string
	for _, p := range profiles {
		if !cam.owns(p.video) {
			continue
		}
		for _, t := range p.analytics {
			if !slices.Contains(tokens, t) {
				tokens = append(tokens, t)
			}
		}
	}
	if err := tooMany(len(tokens), "analytics configurations"); err != nil {
		return nil, err
	}
	names := []string{}
	for _, t := range tokens {
		more, err := cam.configuredAnalytics(ctx, t)
		if err != nil {
			return nil, err
		}
		names = append(names, more...)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

func (cam *camera) configuredAnalytics(ctx context.Context, token string) ([]string, error) {
	var m analyticsModules
	errModules := cam.c.callService(ctx, nsAnalytics, analytics.GetAnalyticsModules{ConfigurationToken: xsdonvif.ReferenceToken(token)}, &m)
	if errModules != nil && !errors.Is(errModules, devices.ErrUnsupported) {
		return nil, errModules
	}
	var r analyticsRules
	errRules := cam.c.callService(ctx, nsAnalytics, analytics.GetRules{ConfigurationToken: xsdonvif.ReferenceToken(token)}, &r)
	if errRules != nil && !errors.Is(errRules, devices.ErrUnsupported) {
		return nil, errRules
	}
	// Either may be missing (capabilities RuleSupport, AnalyticsModuleSupport).
	if errModules != nil && errRules != nil {
		return nil, several(errModules, errRules)
	}
	all := append(m.Modules, r.Rules...)
	if err := tooMany(len(all), "analytics modules and rules"); err != nil {
		return nil, err
	}
	var names []string
	for _, a := range all {
		names = append(names, a.label())
	}
	return names, nil
}

// label is the name that the device gave, and its type where the name hides
// it: an installer may call a face detector "entrance".
func (a namedConfig) label() string {
	name, kind := plain(a.Name, 80), localQName(a.Type)
	switch {
	case name == "" && kind == "":
		return "without a name"
	case name == "":
		return kind
	case kind == "" || strings.Contains(strings.ToLower(name), strings.ToLower(kind)):
		return name
	default:
		return name + " (" + kind + ")"
	}
}

// head tells the presets of a camera that turns, and where it looks now.
func (cam *camera) head(ctx context.Context, profiles []profile, profilesErr error) (devices.Value[[]devices.Preset], devices.Value[devices.Position]) {
	_, err := cam.c.service(nsPTZ)
	if err == nil {
		err = profilesErr
	}
	i := slices.IndexFunc(profiles, func(p profile) bool { return p.ptz && p.token != "" && cam.owns(p.video) })
	if err == nil && i < 0 {
		err = fmt.Errorf("%w: no profile of this camera can turn it", devices.ErrUnsupported)
	}
	if err != nil {
		return reading([]devices.Preset(nil), err), reading(devices.Position{}, err)
	}
	token := xsdonvif.ReferenceToken(profiles[i].token)
	presets := reading(cam.presets(ctx, token))
	var s ptzStatus
	if err := cam.c.callService(ctx, nsPTZ, ptz.GetStatus{ProfileToken: token}, &s); err != nil {
		return presets, reading(devices.Position{}, err)
	}
	at := s.Position.reading()
	if p, ok := at.Get(); ok {
		p.Moving = strings.EqualFold(strings.TrimSpace(s.PanTilt), "MOVING") || strings.EqualFold(strings.TrimSpace(s.Zoom), "MOVING")
		at = devices.Of(p)
	}
	return presets, at
}

func (cam *camera) presets(ctx context.Context, token xsdonvif.ReferenceToken) ([]devices.Preset, error) {
	var list ptzPresets
	if err := cam.c.callService(ctx, nsPTZ, ptz.GetPresets{ProfileToken: token}, &list); err != nil {
		return nil, err
	}
	if len(list.Presets) > maxPresets {
		return nil, fmt.Errorf("%w: %w: %d presets", devices.ErrMalformed, devices.ErrOutOfBounds, len(list.Presets))
	}
	out := []devices.Preset{}
	for _, p := range list.Presets {
		if p.Token != "" {
			out = append(out, devices.Preset{Token: p.Token, Name: plain(p.Name, 100), Position: p.Position.reading()})
		}
	}
	return out, nil
}

// reading of a position in the generic spaces (PTZ §5.7.1.1 and §5.7.1.2). A
// head without zoom looks at its widest.
func (p ptzPosition) reading() devices.Value[devices.Position] {
	unknown := func(err error) devices.Value[devices.Position] { return devices.Unreadable[devices.Position](err) }
	if p.PanTilt == nil {
		return unknown(errors.New("the device does not tell where it looks"))
	}
	if !generic(p.PanTilt.Space) || p.Zoom != nil && !generic(p.Zoom.Space) {
		return unknown(errors.New("the device tells where it looks in a space of its own"))
	}
	var out devices.Position
	pan, tilt, zoom := number(p.PanTilt.X, -1, 1), number(p.PanTilt.Y, -1, 1), devices.Of(0.0)
	if p.Zoom != nil {
		zoom = number(p.Zoom.X, 0, 1)
	}
	for _, axis := range []struct {
		told devices.Value[float64]
		to   *float64
	}{{pan, &out.Pan}, {tilt, &out.Tilt}, {zoom, &out.Zoom}} {
		n, ok := axis.told.Get()
		if !ok {
			return unknown(errors.New(axis.told.Why()))
		}
		*axis.to = n
	}
	return devices.Of(out)
}

func generic(space string) bool {
	space = strings.TrimSpace(space)
	return space == "" || strings.HasSuffix(space, "/PositionGenericSpace")
}
