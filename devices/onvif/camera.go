package onvif

import "github.com/lensdop/lensdop/devices"

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

// Close ends what the camera watches. No other connection outlives its request.
func (cam *camera) Close() error {
	cam.c.watch.close(cam)
	return nil
}
