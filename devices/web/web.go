// Package web owns the way to a device's own HTTP interface: one bounded
// request at a time, with a login where the device asks for one.
//
// Only the address that was given is dialled: no proxy, no redirect, no kept
// connection. Every request is bounded in time and every answer in size. It
// tries once. The password is used for HTTP digest (RFC 7616, RFC 2617), and
// for Basic over TLS only; it is in no error, no log and no address. A login
// that the device refuses before it has ever let us in is not sent again.
package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/icholy/digest"
	"github.com/lensdop/lensdop/devices"
)

// Defaults of Options.
const (
	DefaultTimeout = 10 * time.Second
	DefaultMaxBody = 1 << 20 // bytes
)

// Options of a client. The zero value is ready for use.
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

// WithDefaults fills in what is not given.
func (o Options) WithDefaults() Options {
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

// Request is one request to the device.
type Request struct {
	Method string // empty means GET
	Path   string
	// Query is sent as it is: the caller has escaped it, as the device needs it.
	Query string
	Type  string // of Body
	Body  []byte
}

// Answer is what came back.
type Answer struct {
	Status int
	Type   string // media type, in lower case, without parameters
	Body   []byte
	// Realm and Server are what the device calls itself before a login, from
	// its first challenge and its Server header.
	Realm, Server string
}

// Client carries requests to one device. It is safe for use by several
// goroutines; their requests take turns, since some devices serve one
// connection at a time.
type Client struct {
	o       Options
	address string // host:port
	host    string
	scheme  string
	cred    devices.Credentials
	http    *http.Client
	turn    chan struct{} // holds one token; guards the fields below

	challenge *digest.Challenge // the one in use; nil until the device sends one
	used      int               // times that it was answered
	basic     bool              // the device asks for Basic, over TLS
	let       bool              // a login was accepted once
	refused   bool              // a login was refused, and none accepted before
}

// New prepares the way to a device; it does not dial.
func New(o Options, t devices.Target) (*Client, error) {
	c := &Client{o: o.WithDefaults(), scheme: "http", cred: t.Credentials, turn: make(chan struct{}, 1)}
	port := "80"
	if t.TLS != nil {
		c.scheme, port = "https", "443"
	}
	host, p, err := net.SplitHostPort(t.Found.Address)
	if err != nil {
		host, p = strings.Trim(t.Found.Address, "[]"), port
	}
	if n, err := strconv.ParseUint(p, 10, 16); host == "" || strings.ContainsAny(host, "/@?# ") || err != nil || n == 0 {
		return nil, &devices.Error{
			Device: devices.Plain(t.Found.Address, 100), Op: "open",
			Err: errors.New("this is not an address"), Remedy: "give it as host:port",
		}
	}
	c.host, c.address = host, net.JoinHostPort(host, p)
	tr := &http.Transport{
		Proxy:                  nil, // the device is on the gateway's own network
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: 64 << 10,
	}
	if t.TLS != nil {
		tr.TLSClientConfig = secure(*t.TLS)
	}
	c.http = &http.Client{
		Transport:     tr,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c, nil
}

// secure accepts the pinned key, or else what the system's roots vouch for.
func secure(t devices.TLS) *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if len(t.PublicKey) == 0 {
		return c
	}
	// The chain says nothing about a self-signed certificate; the pinned key
	// takes its place, and VerifyConnection runs on resumed sessions too.
	c.InsecureSkipVerify = true
	c.VerifyConnection = func(s tls.ConnectionState) error {
		if len(s.PeerCertificates) == 0 {
			return errors.New("the device shows no certificate")
		}
		got := sha256.Sum256(s.PeerCertificates[0].RawSubjectPublicKeyInfo)
		if subtle.ConstantTimeCompare(got[:], t.PublicKey) != 1 {
			return errors.New("the device's certificate does not have the pinned key")
		}
		return nil
	}
	return c
}

// Address is host:port that is dialled.
func (c *Client) Address() string { return c.address }

// Host is the host that is dialled, without the port.
func (c *Client) Host() string { return c.host }

// Now is the gateway's clock.
func (c *Client) Now() time.Time { return c.o.Now() }

// Log receives what was tolerated.
func (c *Client) Log() *slog.Logger { return c.o.Log }

// Do sends a request, and logs in if the device asks for it. An answer with a
// status that is no success comes back with an error that wraps ErrLogin (401,
// 403), ErrUnsupported (404, 405, 501 and redirects), ErrBusy (503) or
// ErrMalformed (all others) of package devices. Other errors wrap
// ErrUnreachable, ErrMalformed for an answer over the limit, or are ctx's own.
func (c *Client) Do(ctx context.Context, r Request) (Answer, error) {
	var a Answer
	err := c.inTurn(ctx, func(ctx context.Context) (err error) {
		if a, err = c.login(ctx, r); err != nil {
			return err
		}
		return a.verdict()
	})
	return a, err
}

// Ask sends a request without any login and returns the answer whatever its
// status: to see who is there.
func (c *Client) Ask(ctx context.Context, r Request) (Answer, error) {
	var a Answer
	err := c.inTurn(ctx, func(ctx context.Context) (err error) {
		a, _, err = c.send(ctx, r, "")
		return err
	})
	return a, err
}

func (a Answer) verdict() error {
	switch s := a.Status; {
	case s >= 200 && s < 300:
		return nil
	case s == http.StatusUnauthorized || s == http.StatusForbidden:
		return fmt.Errorf("%w (HTTP %d)", devices.ErrLogin, s)
	case s == http.StatusNotFound || s == http.StatusMethodNotAllowed || s == http.StatusNotImplemented:
		return fmt.Errorf("%w (HTTP %d)", devices.ErrUnsupported, s)
	case s >= 300 && s < 400:
		return fmt.Errorf("%w: it sends us elsewhere (HTTP %d)", devices.ErrUnsupported, s)
	case s == http.StatusServiceUnavailable:
		return fmt.Errorf("%w (HTTP %d)", devices.ErrBusy, s)
	default:
		return fmt.Errorf("%w: an answer with HTTP %d", devices.ErrMalformed, s)
	}
}

// login sends the request with the login in use, or without one and then with
// the one that the device asks for. Only a login that was good before is sent
// a second time, for a new nonce.
func (c *Client) login(ctx context.Context, r Request) (Answer, error) {
	if c.refused {
		return Answer{}, fmt.Errorf("%w; it is not tried again", devices.ErrLogin)
	}
	authorization, err := c.authorization(r)
	if err != nil {
		return Answer{}, err
	}
	a, asked, err := c.send(ctx, r, authorization)
	if err != nil || a.Status != http.StatusUnauthorized {
		c.let = c.let || err == nil && authorization != ""
		return a, err
	}
	if c.cred.User == "" {
		return a, nil
	}
	best, basic := strongest(asked)
	if authorization != "" && (best == nil || c.challenge == nil || best.Nonce == c.challenge.Nonce && !best.Stale) {
		// It was not for the nonce. Devices that give out a new one with each
		// connection do not all call the old one stale.
		c.challenge, c.used = nil, 0
		c.refused = !c.let
		return a, nil
	}
	switch {
	case best != nil:
		c.challenge, c.used = best, 0
	case basic && c.scheme == "https":
		c.basic = true
	case basic:
		return a, fmt.Errorf("%w: it wants the password in clear, which is sent over TLS only", devices.ErrLogin)
	default:
		return a, fmt.Errorf("%w: it offers no login that is known here", devices.ErrLogin)
	}
	if authorization, err = c.authorization(r); err != nil {
		return a, err
	}
	if a, _, err = c.send(ctx, r, authorization); err != nil {
		return a, err
	}
	if a.Status == http.StatusUnauthorized {
		c.challenge, c.used = nil, 0
		c.refused = !c.let
		return a, nil
	}
	c.let = true
	return a, nil
}

// authorization answers the challenge in use; it is empty without one.
func (c *Client) authorization(r Request) (string, error) {
	switch {
	case c.challenge != nil:
		c.used++
		credentials, err := digest.Digest(c.challenge, digest.Options{
			Method: r.method(), URI: c.url(r).RequestURI(), Count: c.used,
			Username: c.cred.User, Password: string(c.cred.Password),
			GetBody: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(r.Body)), nil },
		})
		if err != nil {
			return "", fmt.Errorf("%w: its challenge cannot be answered: %w", devices.ErrLogin, err)
		}
		return credentials.String(), nil
	case c.basic:
		q := http.Request{Header: http.Header{}}
		q.SetBasicAuth(c.cred.User, string(c.cred.Password))
		return q.Header.Get("Authorization"), nil
	default:
		return "", nil
	}
}

func (r Request) method() string {
	if r.Method == "" {
		return http.MethodGet
	}
	return r.Method
}

func (c *Client) url(r Request) *url.URL {
	return &url.URL{Scheme: c.scheme, Host: c.address, Path: r.Path, RawQuery: r.Query}
}

// send is one exchange. The headers that ask for a login are returned beside.
func (c *Client) send(ctx context.Context, r Request, authorization string) (Answer, []string, error) {
	req, err := http.NewRequestWithContext(ctx, r.method(), c.url(r).String(), bytes.NewReader(r.Body))
	if err != nil {
		return Answer{}, nil, fmt.Errorf("%w: the request cannot be written", devices.ErrMalformed)
	}
	if r.Type != "" {
		req.Header.Set("Content-Type", r.Type)
	}
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	req.Close = true
	res, err := c.http.Do(req)
	if err != nil {
		// What wraps it has the address with its query in it.
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err
		}
		return Answer{}, nil, fmt.Errorf("%w: %w", devices.ErrUnreachable, err)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, c.o.MaxBody+1))
	err = errors.Join(err, res.Body.Close())
	if err != nil {
		return Answer{}, nil, fmt.Errorf("%w: the answer broke off: %w", devices.ErrUnreachable, err)
	}
	if int64(len(body)) > c.o.MaxBody {
		return Answer{}, nil, fmt.Errorf("%w: %w: an answer of over %d bytes", devices.ErrMalformed, devices.ErrOutOfBounds, c.o.MaxBody)
	}
	a := Answer{Status: res.StatusCode, Body: body, Server: devices.Plain(res.Header.Get("Server"), 100)}
	if a.Type, _, err = mime.ParseMediaType(res.Header.Get("Content-Type")); err != nil {
		a.Type = ""
	}
	asked := res.Header.Values("WWW-Authenticate")
	if all := challenges(asked); len(all) > 0 {
		a.Realm = devices.Plain(all[0].params["realm"], 100)
	}
	return a, asked, nil
}

// inTurn runs f while no other request is under way, within the time limit.
func (c *Client) inTurn(ctx context.Context, f func(context.Context) error) error {
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

// Fail makes the error that leaves a driver, with what a person can do about
// it. An error that already is one keeps its operation.
func (c *Client) Fail(op string, err error) error {
	if err == nil {
		return nil
	}
	if _, known := errors.AsType[*devices.Error](err); known {
		return err
	}
	e := &devices.Error{Device: c.address, Op: op, Err: err}
	var r *remedied
	switch {
	case errors.As(err, &r):
		e.Remedy = r.remedy
	case errors.Is(err, context.Canceled):
	case errors.Is(err, devices.ErrLogin) && c.cred.User == "":
		e.Remedy = "give the agent an account on the device"
	case errors.Is(err, devices.ErrLogin):
		e.Remedy = "check user, password and level of the account, and whether the device has locked it"
	case errors.Is(err, devices.ErrUnreachable):
		e.Remedy = "check power, cable, address and firewall"
	case errors.Is(err, devices.ErrBusy):
		e.Remedy = "close other sessions on the device"
	}
	return e
}

type remedied struct {
	err    error
	remedy string
}

func (r *remedied) Error() string { return r.err.Error() }
func (r *remedied) Unwrap() error { return r.err }

// Remedy tells with an error what a person can do about it.
func Remedy(err error, remedy string) error { return &remedied{err: err, remedy: remedy} }
