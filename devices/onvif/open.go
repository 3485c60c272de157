package onvif

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/lensdop/lensdop/devices"
	"github.com/use-go/onvif/device"
	"github.com/use-go/onvif/media"
)

// maxSources bounds the cameras of one device; a large recorder has some
// hundred channels.
const maxSources = 512

// maxServices bounds the services of one device; ONVIF has some thirty.
const maxServices = 128

// source is a video source of a device.
type source struct {
	token string
	size  size // pixels; zero if the device does not tell
}

func open(ctx context.Context, o Options, t devices.Target) ([]devices.Camera, error) {
	c, err := newClient(o, t)
	if err != nil {
		return nil, err
	}
	if _, port, err := net.SplitHostPort(c.address); err == nil && t.TLS == nil && onlyTLS(t.Found.XAddrs, port) {
		return nil, &devices.Error{
			Device: c.address, Op: "open", Err: errors.New("the device announces itself over TLS only"),
			Remedy: "enter the SHA-256 sum of its certificate's public key in the settings",
		}
	}
	c.discovered = t.Found.How == devices.HowMulticast || t.Found.How == devices.HowUnicast || t.Found.How == devices.HowHello
	c.vouched = c.vouchedFor(t.Found.How)
	// Without a login first: what does not answer this in ONVIF is not sent one.
	if _, _, err := c.readClock(ctx); err != nil && !c.spoke.Load() && !errors.Is(err, devices.ErrUnsupported) {
		if errors.Is(err, devices.ErrLogin) && !c.vouched {
			// Nobody's login was refused.
			err = errNotONVIF
		}
		return nil, c.fail("ask the time", err)
	}
	if err := c.findServices(ctx); err != nil {
		return nil, c.fail("list the services", err)
	}
	c.anonymous = c.tryAnonymously(ctx)
	info, err := c.identify(ctx, t.Found)
	if err != nil {
		return nil, c.fail("identify", err)
	}
	sources, err := c.sources(ctx)
	if err != nil {
		return nil, c.fail("list the video sources", err)
	}
	c.lenses = len(sources)
	cameras := make([]devices.Camera, 0, len(sources))
	for i, s := range sources {
		cam := &camera{c: c, info: info, first: i == 0}
		cam.info.Source = s.token
		cam.alone, cam.means = len(sources) == 1, meansOf(t.Means, s.token, i+1)
		cameras = append(cameras, cam)
	}
	return cameras, nil
}

// answered tells that the device took a question, if only to refuse it.
func answered(err error) bool {
	var f *fault
	return err == nil || errors.As(err, &f) || errors.Is(err, devices.ErrLogin) || errors.Is(err, devices.ErrUnsupported)
}

// fatal tells that going on makes no sense: nobody answers, or nobody waits.
// A refused login is fatal where any account may ask.
func fatal(err error) bool {
	return errors.Is(err, devices.ErrUnreachable) || errors.Is(err, devices.ErrLogin) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// tryAnonymously asks for the accounts without a login, once for as long as the
// device is open: a device that answers lets anybody ask anything. It cannot
// lock an account, and the refusal tells how the device takes a login.
func (c *client) tryAnonymously(ctx context.Context) devices.Value[bool] {
	var list userList
	err := c.call(ctx, c.device, device.GetUsers{}, &list, false)
	if errors.Is(err, devices.ErrLogin) {
		return devices.Of(false)
	}
	return reading(true, err)
}

// openToAll asks what devices tell without a login (access class PRE_AUTH,
// ONVIF Core §5.9.4.3), and with one where a device wants it all the same.
func (c *client) openToAll(ctx context.Context, in, out any) error {
	err := c.call(ctx, c.device, in, out, false)
	if errors.Is(err, devices.ErrLogin) && c.cred.User != "" {
		err = c.call(ctx, c.device, in, out, true)
	}
	return err
}

// findServices fills c.services. GetServices alone knows Media2; devices of
// before 2011 have only GetCapabilities.
func (c *client) findServices(ctx context.Context) error {
	var list serviceList
	err := c.openToAll(ctx, device.GetServices{}, &list)
	if fatal(err) {
		return err
	}
	found := map[string]string{}
	if err == nil {
		for _, s := range list.Service[:min(len(list.Service), maxServices)] {
			if ns := strings.TrimRight(strings.TrimSpace(s.Namespace), "/"); found[ns] == "" {
				found[ns] = s.XAddr
			}
		}
	}
	if len(found) == 0 {
		var old capabilityList
		if e := c.openToAll(ctx, device.GetCapabilities{Category: "All"}, &old); e != nil {
			return several(err, e)
		}
		found = map[string]string{
			nsDevice: old.Device, nsMedia: old.Media, nsPTZ: old.PTZ, nsDeviceIO: old.DeviceIO,
			nsImaging: old.Imaging, nsAnalytics: old.Analytics, nsEvents: old.Events,
			nsRecord: old.Recording, nsSearch: old.Search,
		}
	}
	c.services = map[string]*url.URL{}
	var ignored error
	for ns, addr := range found {
		if strings.TrimSpace(addr) == "" {
			continue
		}
		u, err := c.local(addr)
		if err != nil {
			ignored = err
			continue
		}
		c.services[ns] = u
	}
	if ignored != nil {
		c.o.Log.Warn("service address ignored", "device", c.address, "error", ignored)
	}
	if u := c.services[nsDevice]; u != nil {
		c.device = u
	}
	return nil
}

// identify asks the device who it is. Only a refused login or silence is an
// error: a device that garbles its serial number must still be covered.
func (c *client) identify(ctx context.Context, f devices.Found) (devices.Info, error) {
	info := devices.Info{Driver: Name, Address: c.address, Endpoint: f.Endpoint, Interface: f.Interface}
	var d deviceInformation
	if err := c.call(ctx, c.device, device.GetDeviceInformation{}, &d, true); fatal(err) {
		return info, err
	} else if err != nil {
		c.o.Log.Warn("device information not read", "device", c.address, "error", err)
	}
	info.Vendor, info.Model = plain(d.Manufacturer, 100), plain(d.Model, 100)
	info.Firmware, info.Serial = plain(d.FirmwareVersion, 100), plain(d.SerialNumber, 100)

	// These two may need a higher level than the account has.
	var n networkInterfaces
	if err := c.call(ctx, c.device, device.GetNetworkInterfaces{}, &n, true); err != nil {
		if fatal(err) && !errors.Is(err, devices.ErrLogin) {
			return info, err
		}
		c.o.Log.Warn("network interfaces not read", "device", c.address, "error", err)
	}
	info.MAC = n.mac(c.host)
	if info.Endpoint == "" {
		var e endpointReference
		if err := c.call(ctx, c.device, device.GetEndpointReference{}, &e, true); err != nil {
			if fatal(err) && !errors.Is(err, devices.ErrLogin) {
				return info, err
			}
			c.o.Log.Warn("endpoint reference not read", "device", c.address, "error", err)
		}
		info.Endpoint = endpointURN(e.GUID)
	}
	return info, nil
}

// mac is that of the interface that has the dialled address, or of the first.
func (n networkInterfaces) mac(host string) string {
	var first string
	for _, i := range n.Interfaces {
		hw, err := net.ParseMAC(strings.TrimSpace(i.MAC))
		if err != nil || bytes.Count(hw, []byte{0}) == len(hw) {
			continue
		}
		for _, a := range append(i.Manual, i.DHCP...) {
			if strings.TrimSpace(a) == host {
				return hw.String()
			}
		}
		if first == "" && i.Enabled {
			first = hw.String()
		}
	}
	return first
}

// endpointURN writes a bare UUID the way that WS-Discovery announces it.
func endpointURN(guid string) string {
	guid = plain(guid, 200)
	if guid == "" || strings.ContainsRune(guid, ':') {
		return guid
	}
	return "urn:uuid:" + guid
}

// sources lists the video sources. A device with both media services may know
// a lens in only one of them; the order is that of the older, which alone tells
// sizes. DeviceIO is asked where neither tells any.
func (c *client) sources(ctx context.Context) ([]source, error) {
	var out []source
	var failed []error
	add := func(token string, s size) {
		for _, have := range out {
			if have.token == token {
				return
			}
		}
		if token != "" {
			out = append(out, source{token, s})
		}
	}
	for _, ask := range []func() error{
		func() error {
			var v videoSources
			err := c.callService(ctx, nsMedia, media.GetVideoSources{}, &v)
			for _, s := range v.VideoSources {
				add(s.Token, s.Resolution)
			}
			return err
		},
		func() error {
			var v videoSourceConfigurations
			err := c.callService(ctx, nsMedia2, getVideoSourceConfigurations2{}, &v)
			for _, s := range v.Configurations {
				add(strings.TrimSpace(s.SourceToken), size{})
			}
			return err
		},
		func() error {
			if len(out) > 0 {
				return nil
			}
			var v tokenList
			err := c.callService(ctx, nsDeviceIO, getVideoSourcesIO{}, &v)
			for _, t := range v.Token {
				add(strings.TrimSpace(t), size{})
			}
			return err
		},
	} {
		err := ask()
		if fatal(err) {
			return nil, err
		}
		failed = append(failed, err)
	}
	switch err := several(failed...); {
	case len(out) > maxSources:
		return nil, fmt.Errorf("%w: %w: %d video sources", devices.ErrMalformed, devices.ErrOutOfBounds, len(out))
	case len(out) == 0:
		return nil, several(append([]error{fmt.Errorf("%w: it has no video source", devices.ErrUnsupported)}, failed...)...)
	case err != nil && !errors.Is(err, devices.ErrUnsupported):
		c.o.Log.Warn("video sources not read from every service", "device", c.address, "error", err)
	}
	return out, nil
}
