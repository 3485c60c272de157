package onvif

import (
	"context"

	"github.com/lensdop/lensdop/devices"
)

// camera is one video source of a device.
type camera struct {
	c    *client
	info devices.Info
	// first owns what the device does not say the video source of.
	first bool
	// alone tells that the device has no other camera.
	alone bool
	// means are what the site has given this lens to be covered with.
	means devices.Means
}

var _ devices.Camera = (*camera)(nil)

func (cam *camera) Info() devices.Info { return cam.info }

// Close has nothing to end: no connection outlives its request.
func (cam *camera) Close() error { return nil }

// Watch reports nothing yet: the event service is not asked.
func (cam *camera) Watch(context.Context, func(devices.Event)) error {
	return cam.c.fail("watch for events", devices.ErrUnsupported)
}
