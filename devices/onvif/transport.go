package onvif

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/lensdop/lensdop/devices"
)

// request is one SOAP request, without a login.
type request struct {
	to   *url.URL
	in   any
	name string // of the operation
	body string // as XML
}

func newRequest(to *url.URL, in any) (request, error) {
	b, err := xml.Marshal(in)
	if err != nil {
		return request{}, fmt.Errorf("write the request as XML: %w", err)
	}
	name, err := localName(b)
	return request{to: to, in: in, name: name, body: string(b)}, err
}

// call sends one request and decodes the answer into out. Its errors wrap the
// errors of package devices; the caller names device and operation. Within a
// round of observations the same question is asked once.
func (c *client) call(ctx context.Context, to *url.URL, in, out any, login bool) error {
	q, err := newRequest(to, in)
	if err != nil {
		return err
	}
	login = login && c.cred.User != ""
	key := fmt.Sprint(login, " ", to, " ", q.body)
	harmless := reads(q.name)
	if !harmless {
		c.endRound()
		// What was asked while it was being written is no more certain.
		defer c.endRound()
	}
	return c.inTurn(ctx, func() error {
		if a, ok := recall(ctx, key, c.o.Now()); ok && harmless {
			return a.decode(out)
		}
		a, err := c.ask(ctx, q, login)
		if err != nil {
			return err
		}
		if harmless {
			keep(ctx, key, a)
		}
		return a.decode(out)
	})
}

// inTurn runs f while no other request is under way.
func (c *client) inTurn(ctx context.Context, f func() error) error {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return interrupted(ctx)
	}
	return f()
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
	// anyway tells that an HTTP 400 without a reason is not about the login.
	anyway bool
	login  bool // the request carried one
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
	case a.login && a.unexplained() && !a.anyway:
		return fmt.Errorf("%w, it seems (HTTP 400 without a reason)", devices.ErrLogin)
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

// post sends the request, with a UsernameToken (security) or HTTP digest
// credentials (authorization), if any, and reads the whole answer.
func (c *client) post(ctx context.Context, q request, security, authorization string) (answer, error) {
	limited, cancel := context.WithTimeout(ctx, c.o.Timeout)
	defer cancel()
	a, err := c.send(limited, q, security, authorization)
	switch {
	case err == nil:
		if !c.spoke.Load() && a.speaks() {
			c.spoke.Store(true)
		}
		return a, nil
	case ctx.Err() != nil:
		return answer{}, interrupted(ctx)
	case limited.Err() != nil:
		return answer{}, fmt.Errorf("%w: no whole answer within %v", devices.ErrUnreachable, c.o.Timeout)
	default:
		return answer{}, err
	}
}

func (c *client) send(ctx context.Context, q request, security, authorization string) (answer, error) {
	msg, name, err := envelope(q.in, security)
	if err != nil {
		return answer{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, q.to.String(), bytes.NewReader(msg))
	if err != nil {
		return answer{}, fmt.Errorf("%w: %w", devices.ErrMalformed, err)
	}
	req.Header.Set("Content-Type", "application/soap+xml; charset=utf-8")
	req.Close = true
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	res, err := c.http.Do(req)
	if err != nil {
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err
		}
		if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
			err = fmt.Errorf("%w: %w", errCertificate, err)
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
	return answer{
		status: res.StatusCode, header: res.Header, body: body, want: name + "Response",
		login: security != "" || authorization != "",
	}, nil
}
