package onvif

import (
	"context"
	"errors"
	"time"

	"github.com/lensdop/lensdop/devices"
)

// Observe asks for everything that the device tells of the camera. A path
// whose stream address the device refuses to tell has an empty URL: it cannot
// be looked at, and is listed so that nobody forgets it. The error is for a
// device that does not answer, that no longer lets the account in, or for ctx.
func (cam *camera) Observe(ctx context.Context) (devices.Observation, error) {
	const op = "ask for facts"
	var o devices.Observation
	skew, told, err := cam.c.readClock(ctx)
	o.At = cam.c.o.Now()
	switch {
	case errors.Is(err, devices.ErrUnreachable), ctx.Err() != nil:
		return o, cam.c.fail(op, err)
	case err == nil && told:
		o.ClockSkew = devices.Of(skew)
	case err == nil:
		o.ClockSkew = devices.Unreadable[time.Duration](errors.New("the device answers without a time"))
	default:
		o.ClockSkew = reading(skew, err)
	}

	src, sizeErr := cam.sourceSize(ctx)
	profiles, err := cam.c.profiles(ctx)
	if errors.Is(err, devices.ErrLogin) || errors.Is(err, devices.ErrUnreachable) {
		return o, cam.c.fail(op, err)
	}
	if err == nil && sizeErr != nil && !errors.Is(sizeErr, devices.ErrUnsupported) {
		cam.c.o.Log.Warn("video sources not read", "device", cam.c.address, "error", sizeErr)
	}
	o.Paths = devices.Unreadable[[]devices.Path](err)
	if err == nil {
		o.Paths = reading(cam.paths(ctx, profiles, src))
	}
	o.PTZ = cam.ptz(profiles, err)
	o.Masks, o.MaskLimit = cam.observeMasks(ctx)
	o.SoundSources = reading(cam.soundSources(ctx))
	o.OSD = reading(cam.osd(ctx))
	o.Location = reading(cam.location(ctx))
	o.Users = reading(cam.users(ctx))
	if ctx.Err() != nil {
		return o, cam.c.fail(op, interrupted(ctx))
	}
	return o, nil
}

// reading turns an answer into one of the three kinds.
func reading[T any](v T, err error) devices.Value[T] {
	switch {
	case err == nil:
		return devices.Of(v)
	case errors.Is(err, devices.ErrLogin), errors.Is(err, devices.ErrMalformed), errors.Is(err, devices.ErrUnreachable):
		return devices.Unreadable[T](err)
	case errors.Is(err, devices.ErrUnsupported):
		return devices.NotSupported[T]()
	default:
		return devices.Unreadable[T](err)
	}
}
