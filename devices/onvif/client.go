package onvif

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/lensdop/lensdop/devices"
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
	skew  time.Duration
	login login
	// spoke tells that it has answered something in ONVIF, vouched that it did so
	// in discovery, at the address that is dialled. One that did neither is
	// sent no login.
	spoke   atomic.Bool
	vouched bool

	rounds rounds
	watch  watch
	// lenses counts the device's cameras; anonymous tells what it answers
	// without a login; discovered, that it answered a search. Set once by open.
	lenses     int
	anonymous  devices.Value[bool]
	discovered bool

	device   *url.URL            // the device service
	services map[string]*url.URL // by namespace; filled once by open
}

// devicePath is where devices have their device service (ONVIF Core §5.2.1).
const devicePath = "/onvif/device_service"

// newClient prepares the way to a device; it does not dial.
func newClient(o Options, t devices.Target) (*client, error) {
	c := &client{o: o, scheme: "http", cred: t.Credentials, turn: make(chan struct{}, 1)}
	c.login.accepted, c.login.closed = map[string]bool{}, map[string]bool{}
	host, p, err := net.SplitHostPort(t.Found.Address)
	if err != nil {
		host, p = strings.Trim(t.Found.Address, "[]"), ""
	}
	if t.TLS != nil {
		c.scheme, p = "https", securePort(host, p, t.Found.XAddrs)
	} else if p == "" {
		p = "80"
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
	if t.TLS != nil {
		if tr.TLSClientConfig, err = tlsConfig(t.TLS); err != nil {
			return nil, c.fail("open", err)
		}
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
	u := &url.URL{Scheme: c.scheme, Host: c.address, Path: devicePath}
	best := 0
	for _, x := range xaddrs {
		a, err := url.Parse(x)
		if err != nil || (a.Scheme != "http" && a.Scheme != "https") {
			continue
		}
		fits := 1
		if a.Hostname() == c.host {
			fits += 2
		}
		if a.Scheme == c.scheme {
			fits++
		}
		if fits > best {
			best = fits
			u.Path, u.RawPath, u.RawQuery = a.Path, a.RawPath, a.RawQuery
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
	case errors.Is(err, errCertificate):
		e.Remedy = "compare the key of the device's certificate with the one in the settings: it may have a new one, or it is another device"
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
