package onvif

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/icholy/digest"
	"github.com/lensdop/lensdop/devices"
	"github.com/use-go/onvif/device"
)

// client carries requests to one device. Requests take turns: some devices
// serve one connection at a time.
type client struct {
	o       Options
	address string // host:port
	host    string
	scheme  string
	cred    devices.Credentials
	http    *http.Client
	turn    chan struct{} // holds one token; guards the fields below
	// skew is the device's clock minus ours.
	skew time.Duration
	// challenge is the HTTP digest challenge in use; nil until the device sends one.
	challenge *digest.Challenge
	used      int // times that the challenge was answered

	device   *url.URL            // the device service
	services map[string]*url.URL // by namespace; filled once by open
}

// newClient prepares the way to a device; it does not dial.
func newClient(o Options, t devices.Target) (*client, error) {
	c := &client{o: o, scheme: "http", cred: t.Credentials, turn: make(chan struct{}, 1)}
	port := "80"
	var secure *TLS
	if o.Secure != nil {
		if secure = o.Secure(t.Found.Address); secure != nil {
			c.scheme, port = "https", "443"
		}
	}
	host, p, err := net.SplitHostPort(t.Found.Address)
	if err != nil {
		host, p = strings.Trim(t.Found.Address, "[]"), port
	}
	if host == "" || strings.ContainsAny(host, "/@?# ") || !validPort(p) {
		return nil, &devices.Error{
			Device: plain(t.Found.Address, 100), Op: "open",
			Err: errors.New("this is not an address"), Remedy: "give it as host:port",
		}
	}
	c.host, c.address = host, net.JoinHostPort(host, p)
	tr := &http.Transport{
		// No environment proxy: a device is on the gateway's own network.
		Proxy: nil,
		// Single-threaded firmwares hang on a kept connection.
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: 64 << 10,
	}
	if secure != nil {
		tr.TLSClientConfig = secure.config()
	}
	c.http = &http.Client{
		Transport: tr,
		// A redirect would lead to a host that nobody chose.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	c.device = c.deviceService(t.Found.XAddrs)
	return c, nil
}

// deviceService takes the path that the device announced, and nothing else.
func (c *client) deviceService(xaddrs []string) *url.URL {
	u := &url.URL{Scheme: c.scheme, Host: c.address, Path: "/onvif/device_service"}
	found := false
	for _, x := range xaddrs {
		a, err := url.Parse(x)
		if err != nil || (a.Scheme != "http" && a.Scheme != "https") {
			continue
		}
		if same := a.Hostname() == c.host; same || !found {
			found = true
			u.Path, u.RawPath, u.RawQuery = a.Path, a.RawPath, a.RawQuery
			if same {
				break
			}
		}
	}
	return u
}

// local turns a service address that the device gave into one on the host
// that was dialled: path and port are kept, the host is not believed.
func (c *client) local(addr string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(addr))
	if err != nil || (u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "") {
		return nil, fmt.Errorf("%w: service address %q", devices.ErrMalformed, plain(addr, 100))
	}
	port := u.Port()
	if _, own, err := net.SplitHostPort(c.address); err == nil && (port == "" || u.Scheme != c.scheme) {
		// Behind a port forward devices announce an address without port, and
		// the other scheme's port is no use here.
		port = own
	}
	if !validPort(port) {
		return nil, fmt.Errorf("%w: service address %q", devices.ErrMalformed, plain(addr, 100))
	}
	return &url.URL{
		Scheme: c.scheme, Host: net.JoinHostPort(c.host, port),
		Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery,
	}, nil
}

// service returns the endpoint of a namespace; ErrUnsupported if the device
// does not list it.
func (c *client) service(ns string) (*url.URL, error) {
	if u := c.services[ns]; u != nil {
		return u, nil
	}
	return nil, fmt.Errorf("%w: it lists no service %s", devices.ErrUnsupported, ns)
}

// callService is call to the endpoint of a namespace.
func (c *client) callService(ctx context.Context, ns string, in, out any) error {
	u, err := c.service(ns)
	if err != nil {
		return err
	}
	return c.call(ctx, u, in, out, true)
}

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

// fail makes the error that leaves the package. An error that already is one
// keeps its operation.
func (c *client) fail(op string, err error) error {
	if err == nil {
		return nil
	}
	if _, known := errors.AsType[*devices.Error](err); known {
		return err
	}
	e := &devices.Error{Device: c.address, Op: op, Err: err}
	switch {
	case errors.Is(err, context.Canceled):
	case errors.Is(err, devices.ErrLogin) && c.cred.User == "":
		e.Remedy = "give the agent an account on the device"
	case errors.Is(err, devices.ErrLogin):
		e.Remedy = "check user, password and level of the account, and whether the device has locked it"
	case errors.Is(err, devices.ErrUnreachable):
		e.Remedy = "check power, cable, address and firewall"
	case errors.Is(err, errNotSOAP):
		e.Remedy = "check that ONVIF is switched on and that this is its port"
	case errors.Is(err, devices.ErrBusy):
		e.Remedy = "close other sessions on the device"
	}
	return e
}

func validPort(p string) bool {
	n, err := strconv.ParseUint(p, 10, 16)
	return err == nil && n > 0
}
