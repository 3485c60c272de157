package onvif

import (
	"context"
	"errors"

	"github.com/lensdop/lensdop/devices"
)

// camera is one video source of a device.
type camera struct {
	c    *client
	info devices.Info
	// first owns what the device does not say the video source of.
	first bool
}

var _ devices.Camera = (*camera)(nil)

func (cam *camera) Info() devices.Info { return cam.info }

// Close has nothing to end: no connection outlives its request.
func (cam *camera) Close() error { return nil }

// Watch reports nothing yet: the event service is not asked.
func (cam *camera) Watch(context.Context, func(devices.Event)) error {
	return cam.c.fail("watch for events", devices.ErrUnsupported)
}

// Methods offers the device's masks where it can hold opaque ones.
func (cam *camera) Methods(ctx context.Context) ([]devices.Method, error) {
	_, err := cam.readMasks(ctx, true)
	switch {
	case errors.Is(err, devices.ErrUnsupported):
		return nil, nil
	case err != nil:
		return nil, cam.c.fail("ask what it can cover with", err)
	}
	return []devices.Method{devices.MethodDeviceMask}, nil
}
