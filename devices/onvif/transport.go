package onvif

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/icholy/digest"
	"github.com/lensdop/lensdop/devices"
	"github.com/use-go/onvif/device"
)

// call sends one request and decodes the answer into out. Its errors wrap the
// errors of package devices; the caller names device and operation.
func (c *client) call(ctx context.Context, to *url.URL, in, out any, login bool) error {
	login = login && c.cred.User != ""
	return c.inTurn(ctx, func(ctx context.Context) error {
		err := c.ask(ctx, to, in, out, login)
		if !errors.Is(err, devices.ErrLogin) || !login || c.challenge != nil {
			return err
		}
		// A device that lost its clock in a power cut refuses every token
		// until its new time is known.
		old := c.skew
		if _, clock := c.askClock(ctx, false); clock == nil && (c.skew-old).Abs() > clockMoved {
			return c.ask(ctx, to, in, out, login)
		}
		return err
	})
}

// clockMoved is a difference that a device may refuse a token for, and that
// its whole seconds cannot explain.
const clockMoved = 3 * time.Second

// readClock asks the device's time and keeps its distance to ours for the
// login. ok is false if the device answers without telling a time.
func (c *client) readClock(ctx context.Context) (skew time.Duration, ok bool, err error) {
	err = c.inTurn(ctx, func(ctx context.Context) (err error) {
		ok, err = c.askClock(ctx, false)
		if errors.Is(err, devices.ErrLogin) && c.cred.User != "" {
			ok, err = c.askClock(ctx, true)
		}
		skew = c.skew
		return err
	})
	return skew, ok, err
}

func (c *client) askClock(ctx context.Context, login bool) (bool, error) {
	var out systemDateAndTime
	if err := c.ask(ctx, c.device, device.GetSystemDateAndTime{}, &out, login); err != nil {
		return false, err
	}
	u := out.UTC
	if u == nil || u.Year < 1 || u.Year > 9999 || u.Month < 1 || u.Month > 12 || u.Day < 1 || u.Day > 31 ||
		u.Hour < 0 || u.Hour > 23 || u.Minute < 0 || u.Minute > 59 || u.Second < 0 || u.Second > 60 {
		return false, nil
	}
	theirs := time.Date(u.Year, time.Month(u.Month), u.Day, u.Hour, u.Minute, u.Second, 0, time.UTC)
	// Whole seconds are told, cut off: the middle of that second is the best guess.
	c.skew = theirs.Add(time.Second / 2).Sub(c.o.Now()).Round(time.Second)
	return true, nil
}

func (c *client) ask(ctx context.Context, to *url.URL, in, out any, login bool) error {
	a, err := c.exchange(ctx, to, in, login)
	if err != nil {
		return err
	}
	return a.decode(out)
}

// inTurn runs f while no other request is under way, within the time limit.
func (c *client) inTurn(ctx context.Context, f func(context.Context) error) error {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return interrupted(ctx)
	}
	limit, cancel := context.WithTimeout(ctx, c.o.Timeout)
	defer cancel()
	err := f(limit)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return interrupted(ctx)
	case limit.Err() != nil:
		return fmt.Errorf("%w: no whole answer within %v", devices.ErrUnreachable, c.o.Timeout)
	default:
		return err
	}
}

func interrupted(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("%w: no whole answer in time: %w", devices.ErrUnreachable, ctx.Err())
	}
	return ctx.Err()
}

// answer is what came back over HTTP.
type answer struct {
	status int
	header http.Header
	body   []byte
	want   string // local name of the element that answers the request
}

// decode reads the fault first, then the HTTP status, then the body: devices
// send faults with 200, 400 and 500 alike.
func (a answer) decode(out any) error {
	err := parseAnswer(a.body, a.want, out)
	var f *fault
	switch {
	case a.status == http.StatusUnauthorized || a.status == http.StatusForbidden:
		if errors.As(err, &f) && !errors.Is(err, devices.ErrLogin) {
			return fmt.Errorf("%w (HTTP %d): %w", devices.ErrLogin, a.status, f)
		} else if f != nil {
			return f
		}
		return fmt.Errorf("%w (HTTP %d)", devices.ErrLogin, a.status)
	case errors.As(err, &f):
		return f
	case a.status == http.StatusNotImplemented:
		return fmt.Errorf("%w (HTTP %d)", devices.ErrUnsupported, a.status)
	case a.status == http.StatusServiceUnavailable:
		return fmt.Errorf("%w (HTTP %d)", devices.ErrBusy, a.status)
	case a.status != http.StatusOK && err == nil:
		return fmt.Errorf("%w: an answer with HTTP %d", devices.ErrMalformed, a.status)
	case a.status != http.StatusOK:
		return fmt.Errorf("%w (HTTP %d)", err, a.status)
	default:
		return err
	}
}

// exchange sends the request and logs in where asked to: with a UsernameToken
// first, since that costs no round trip, and with HTTP digest from the moment
// that the device asks for it.
func (c *client) exchange(ctx context.Context, to *url.URL, in any, login bool) (answer, error) {
	a, err := c.post(ctx, to, in, login)
	if err != nil || a.status != http.StatusUnauthorized || !login {
		return a, err
	}
	next, err := digest.FindChallenge(a.header)
	if err != nil {
		return a, nil //nolint:nilerr // no digest is offered: the 401 stands
	}
	if c.challenge != nil && c.used > 0 && next.Nonce == c.challenge.Nonce {
		c.challenge = nil
		return a, nil
	}
	c.challenge, c.used = next, 0
	a, err = c.post(ctx, to, in, login)
	if err == nil && a.status == http.StatusUnauthorized {
		c.challenge = nil
	}
	return a, err
}

func (c *client) post(ctx context.Context, to *url.URL, in any, login bool) (answer, error) {
	var security string
	var err error
	if login && c.challenge == nil {
		if security, err = securityHeader(c.cred, c.o.Now().Add(c.skew)); err != nil {
			return answer{}, err
		}
	}
	msg, name, err := envelope(in, security)
	if err != nil {
		return answer{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), bytes.NewReader(msg))
	if err != nil {
		return answer{}, fmt.Errorf("%w: %w", devices.ErrMalformed, err)
	}
	req.Header.Set("Content-Type", "application/soap+xml; charset=utf-8")
	req.Close = true
	if login && c.challenge != nil {
		c.used++
		credentials, err := digest.Digest(c.challenge, digest.Options{
			Method: req.Method, URI: req.URL.RequestURI(), GetBody: req.GetBody,
			Count: c.used, Username: c.cred.User, Password: string(c.cred.Password),
		})
		if err != nil {
			return answer{}, fmt.Errorf("%w: its digest challenge cannot be answered: %w", devices.ErrLogin, err)
		}
		req.Header.Set("Authorization", credentials.String())
	}
	res, err := c.http.Do(req)
	if err != nil {
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err
		}
		return answer{}, fmt.Errorf("%w: %w", devices.ErrUnreachable, err)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, c.o.MaxBody+1))
	// Closing breaks the connection off; nothing more is wanted from it.
	err = errors.Join(err, res.Body.Close())
	if err != nil {
		return answer{}, fmt.Errorf("%w: the answer broke off: %w", devices.ErrUnreachable, err)
	}
	if int64(len(body)) > c.o.MaxBody {
		return answer{}, fmt.Errorf("%w: %w: an answer of over %d bytes", devices.ErrMalformed, devices.ErrOutOfBounds, c.o.MaxBody)
	}
	return answer{status: res.StatusCode, header: res.Header, body: body, want: name + "Response"}, nil
}
