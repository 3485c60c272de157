package onvif

import (
	"context"
	"errors"
	"strings"

	"github.com/lensdop/lensdop/devices"
	"github.com/use-go/onvif/media"
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

// soundSources counts microphones and line inputs of the device by the first
// service that tells them.
func (cam *camera) soundSources(ctx context.Context) (int, error) {
	var one audioSources
	err1 := cam.c.callService(ctx, nsMedia, media.GetAudioSources{}, &one)
	if err1 == nil {
		return len(one.AudioSources), nil
	}
	var io tokenList
	errIO := cam.c.callService(ctx, nsDeviceIO, getAudioSourcesIO{}, &io)
	if errIO == nil {
		return len(io.Token), nil
	}
	var two audioSourceConfigurations
	err2 := cam.c.callService(ctx, nsMedia2, getAudioSourceConfigurations2{}, &two)
	if err2 == nil {
		tokens := map[string]bool{}
		for _, c := range two.Configurations {
			tokens[c.SourceToken] = true
		}
		return len(tokens), nil
	}
	// Only a device all of whose services say so has no sound.
	return 0, several(err1, errIO, err2)
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
