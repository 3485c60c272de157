// Package onvif owns the talk with ONVIF devices: finding them by
// WS-Discovery, logging in, asking what they are and what they stream, and
// writing, reading back and removing the privacy masks of the Media2 service.
//
// It trusts nothing that a device says. Only the address that answered is
// dialled, every read is bounded in size and time, a fault is never taken for
// an empty answer, and an answer that cannot be read is an error and not a
// zero. It never opens a stream or fetches a picture, never retries, never
// sends a password in clear, never touches a mask that it did not write, and
// never makes a picture look more open on the way from one cover to another.
package onvif

import (
	"context"
	"log/slog"
	"time"

	"github.com/lensdop/lensdop/devices"
)

// Name is the driver's name in devices.Info and in the journal.
const Name = "onvif"

// Defaults of Options.
const (
	DefaultTimeout = 10 * time.Second
	DefaultMaxBody = 1 << 20 // bytes
)

// Options of the driver. The zero value is ready for use.
type Options struct {
	// Timeout of one request, login included; 0 means DefaultTimeout.
	Timeout time.Duration
	// MaxBody bounds an answer, in bytes; 0 means DefaultMaxBody.
	MaxBody int64
	// Now is the gateway's clock; nil means time.Now.
	Now func() time.Time
	// Log receives what was tolerated; nil means nothing is logged.
	Log *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	if o.MaxBody <= 0 {
		o.MaxBody = DefaultMaxBody
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Driver is the ONVIF family of devices.
//
// Open fails with devices.ErrUnreachable for a device that does not answer,
// with devices.ErrLogin for one that answers and refuses the login, and with
// devices.ErrMalformed for something that is no ONVIF device. It sends no
// login before the device has answered an ONVIF request without one, if only to
// refuse it. A web server that asks for a login has not done that, unless the
// device at its address answered a probe: some firmwares guard all there is.
func Driver(o Options) devices.Driver {
	o = o.withDefaults()
	return devices.Driver{
		Name: Name,
		Discover: func(ctx context.Context, s devices.Search, found func(devices.Found)) error {
			return newSearcher(o, s).run(ctx, found)
		},
		Listen: func(ctx context.Context, s devices.Search, heard func(devices.Announcement)) error {
			return newListener(o, s).run(ctx, heard)
		},
		Reach: func(ctx context.Context, f devices.Found) (devices.Reach, error) {
			return reach(ctx, o, f)
		},
		Open: func(ctx context.Context, t devices.Target) ([]devices.Camera, error) {
			return open(ctx, o, t)
		},
	}
}
