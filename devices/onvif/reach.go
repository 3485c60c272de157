package onvif

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptrace"
	"sync/atomic"

	"github.com/lensdop/lensdop/devices"
)

// reach asks the time, which ONVIF devices tell anybody (Core §5.9.4.3, access class
// PRE_AUTH). It has no login and so sends none. Asking takes one connection:
// some devices have no second.
func reach(ctx context.Context, o Options, f devices.Found) (devices.Reach, error) {
	const op = "try to reach it"
	c, err := newClient(o, devices.Target{Found: f})
	if err != nil {
		return "", err
	}
	var connected atomic.Bool
	asking := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		ConnectDone: func(_, _ string, err error) {
			if err == nil {
				connected.Store(true)
			}
		},
	})
	_, _, err = c.readClock(asking)
	var refusal *fault
	switch {
	case err == nil, errors.As(err, &refusal):
		return devices.ReachNoLogin, nil
	case errors.Is(ctx.Err(), context.Canceled):
		return "", c.fail(op, ctx.Err())
	case !connected.Load():
		return devices.ReachUnreachable, c.fail(op, err)
	case errors.Is(err, devices.ErrLogin):
		// A web server of any kind may ask for a login; this one said nothing in ONVIF.
		return devices.ReachReachable, c.fail(op, fmt.Errorf("%w: it asks for a login and does not show that it speaks ONVIF: %w", devices.ErrMalformed, err))
	default:
		return devices.ReachReachable, c.fail(op, err)
	}
}
