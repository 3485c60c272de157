package onvif

import (
	"context"
	"errors"
	"time"

	"github.com/lensdop/lensdop/devices"
)

// observeTimes bounds one Observe: as long as this many requests may take.
const observeTimes = 12

// Observe asks for everything that the device tells of the camera, in ONVIF's
// words.
//
// A path whose stream address the device refuses to tell has an empty URL: it
// cannot be looked at, and is listed so that nobody forgets it. Services are
// told from GetNetworkProtocols and the discovery modes, so ServicesAsked has
// onvif, http, https, rtsp and, if told, discovery; ONVIF has no word for
// peer-to-peer, cloud, UPnP and the like. Encrypted is false without HTTPS;
// that streams are encrypted is only told by Media2 or by an https address for
// them, so an older device with HTTPS on is unreadable here. Anonymous is of
// the time when the device was opened. ONVIF tells the state of a contact by
// events only.
//
// What is the same for all cameras of a device is asked once a minute at most,
// and never twice for one camera. All in all Observe takes no longer than a
// dozen requests may; what was not answered by then is unreadable. The error
// is for a device that does not answer, that no longer lets the account in, or
// for ctx.
func (cam *camera) Observe(ctx context.Context) (devices.Observation, error) {
	const op = "ask for facts"
	outer := ctx
	ctx, cancel := context.WithTimeout(ctx, observeTimes*cam.c.o.Timeout)
	defer cancel()
	ctx, leave := cam.c.join(ctx, cam.info.Source)
	defer leave()

	var o devices.Observation
	told, err := cam.c.tellTime(ctx)
	o.At = cam.c.o.Now()
	if errors.Is(err, devices.ErrUnreachable) || outer.Err() != nil {
		return o, cam.c.fail(op, err)
	}
	o.ClockSkew, o.ClockSource = told.reading(err)

	profiles, err := cam.c.profiles(ctx)
	if errors.Is(err, devices.ErrLogin) || errors.Is(err, devices.ErrUnreachable) {
		return o, cam.c.fail(op, err)
	}
	src, sizeErr := cam.sourceSize(ctx)
	if sizeErr != nil && !errors.Is(sizeErr, devices.ErrUnsupported) {
		cam.c.o.Log.Warn("video sources not read", "device", cam.c.address, "error", sizeErr)
	}
	o.Paths = devices.Unreadable[[]devices.Path](err)
	if err == nil {
		o.Paths = reading(cam.paths(ctx, profiles, src))
	}
	o.Masks, o.MaskLimit = cam.observeMasks(ctx)
	o.SoundSources = reading(cam.soundSources(ctx, profiles))
	o.OSD = reading(cam.osd(ctx))
	o.Location = reading(cam.location(ctx))
	o.Users = reading(cam.users(ctx))

	o.Services, o.ServicesAsked = cam.services(ctx, o.Paths)
	o.Encrypted = cam.encrypted(ctx, o.Services, o.Paths, profiles)
	o.Anonymous = cam.c.anonymous
	o.Geo = reading(cam.geo(ctx))
	o.Contacts = reading(cam.contacts(ctx))

	o.PTZ = cam.ptz(profiles, err)
	o.Presets, o.Position = cam.head(ctx, profiles, err)
	o.Imaging = reading(cam.imaging(ctx))
	o.Analytics = reading(cam.analytics(ctx, profiles, err))
	o.Recordings, o.Storage = reading(cam.observeRecordings(ctx)), reading(cam.observeStorage(ctx))
	o.Topics, o.AccessPoints, o.CardFormats = reading(cam.topics(ctx)), reading(cam.accessPoints(ctx)), reading(cam.cardFormats(ctx))
	if outer.Err() != nil {
		return o, cam.c.fail(op, interrupted(outer))
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

// reading of a clock; err is why the device tells none.
func (t clock) reading(err error) (devices.Value[time.Duration], devices.Value[devices.ClockSource]) {
	if err != nil {
		return reading(t.skew, err), reading(devices.ClockManual, err)
	}
	skew := devices.Of(t.skew)
	if !t.known {
		skew = devices.Unreadable[time.Duration](errors.New("the device answers without a time"))
	}
	switch t.source {
	case "NTP":
		return skew, devices.Of(devices.ClockNTP)
	case "Manual":
		return skew, devices.Of(devices.ClockManual)
	case "":
		return skew, devices.Unreadable[devices.ClockSource](errors.New("the device does not tell where it has its time from"))
	default:
		return skew, devices.Unreadable[devices.ClockSource](errors.New("the device has its time from something that ONVIF does not know: " + t.source))
	}
}
