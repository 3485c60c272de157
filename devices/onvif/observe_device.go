package onvif

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/lensdop/lensdop/devices"
	"github.com/use-go/onvif/device"
	"github.com/use-go/onvif/media"
	xsdonvif "github.com/use-go/onvif/xsd/onvif"
)

const locationScope = "onvif://www.onvif.org/location/"

// Limits of lists that a device tells.
const (
	maxListed = 256 // scopes, accounts, places, outputs, modules
	maxToken  = 64  // runes of a token that is only shown
)

// tooMany is the error for a list that is longer than any real one.
func tooMany(n int, what string) error {
	if n <= maxListed {
		return nil
	}
	return fmt.Errorf("%w: %w: %d %s", devices.ErrMalformed, devices.ErrOutOfBounds, n, what)
}

// askDevice is call to the device service.
func (cam *camera) askDevice(ctx context.Context, in, out any) error {
	return cam.c.call(ctx, cam.c.device, in, out, true)
}

func (cam *camera) location(ctx context.Context) ([]string, error) {
	var list scopeList
	if err := cam.askDevice(ctx, device.GetScopes{}, &list); err != nil {
		return nil, err
	}
	if err := tooMany(len(list.Scopes), "scopes"); err != nil {
		return nil, err
	}
	out := []string{}
	for _, s := range list.Scopes {
		item := strings.TrimSpace(s.Item)
		if len(item) <= len(locationScope) || !strings.EqualFold(item[:len(locationScope)], locationScope) {
			continue
		}
		text := item[len(locationScope):]
		if decoded, err := url.PathUnescape(text); err == nil {
			text = decoded
		}
		out = append(out, plain(text, 400))
	}
	return out, nil
}

func (cam *camera) users(ctx context.Context) ([]devices.User, error) {
	var list userList
	if err := cam.askDevice(ctx, device.GetUsers{}, &list); err != nil {
		return nil, err
	}
	if err := tooMany(len(list.User), "accounts"); err != nil {
		return nil, err
	}
	out := []devices.User{}
	for _, u := range list.User {
		out = append(out, devices.User{Name: plain(u.Name, 100), Level: plain(u.Level, 40)})
	}
	return out, nil
}

// services lists what is on, and asked what could have been listed. What the
// device was just asked by is on whatever it says.
func (cam *camera) services(ctx context.Context, paths devices.Value[[]devices.Path]) (on devices.Value[[]string], asked []string) {
	var list networkProtocols
	err := cam.askDevice(ctx, device.GetNetworkProtocols{}, &list)
	if err == nil {
		err = tooMany(len(list.Protocols), "protocols")
	}
	if err != nil {
		return reading([]string(nil), err), nil
	}
	have := map[string]bool{devices.ServiceONVIF: true, cam.c.scheme: true}
	asked = []string{devices.ServiceONVIF, devices.ServiceHTTP, devices.ServiceHTTPS, devices.ServiceRTSP}
	for _, p := range list.Protocols {
		name := strings.ToLower(strings.TrimSpace(p.Name))
		enabled, known := truth(p.Enabled)
		if !known {
			return devices.Unreadable[[]string](fmt.Errorf("%w: whether %s is on", devices.ErrMalformed, plain(p.Name, 32))), nil
		}
		if !slices.Contains(listable(), name) {
			continue
		}
		have[name] = have[name] || enabled
		if !slices.Contains(asked, name) {
			asked = append(asked, name) // beyond the standard, and told
		}
	}
	if all, _ := paths.Get(); slices.ContainsFunc(all, func(p devices.Path) bool { return strings.HasPrefix(p.URL, "rtsps:") }) {
		have[devices.ServiceRTSPS] = true
	}
	if found, known := cam.discoverable(ctx); known {
		have[devices.ServiceDiscovery] = found
		asked = append(asked, devices.ServiceDiscovery)
	}
	out := []string{}
	for _, name := range listable() {
		if have[name] {
			out = append(out, name)
		}
	}
	return devices.Of(out), asked
}

// listable are the words that a device may list as a protocol, and those that
// are known otherwise. The standard has the first three (NetworkProtocolType);
// some firmwares go on.
func listable() []string {
	return []string{
		devices.ServiceHTTP, devices.ServiceHTTPS, devices.ServiceRTSP, devices.ServiceONVIF, devices.ServiceRTSPS,
		devices.ServiceDiscovery, devices.ServiceUPnP, devices.ServiceTelnet, devices.ServiceSSH, devices.ServiceFTP,
		devices.ServiceSNMP,
	}
}

// discoverable tells whether the device answers searches of the network, or
// announces itself to a server elsewhere (remote discovery, which few have). A
// device that does not tell, and that a search found, does.
func (cam *camera) discoverable(ctx context.Context) (on, known bool) {
	var near discoveryMode
	if err := cam.askDevice(ctx, device.GetDiscoveryMode{}, &near); err == nil {
		switch strings.TrimSpace(near.Mode) {
		case "Discoverable":
			return true, true
		case "NonDiscoverable":
			known = true
		}
	}
	var far remoteDiscoveryMode
	if err := cam.askDevice(ctx, device.GetRemoteDiscoveryMode{}, &far); err == nil && strings.TrimSpace(far.Mode) == "Discoverable" {
		return true, true
	}
	if !known && cam.c.discovered {
		return true, true
	}
	return false, known
}

// encrypted tells whether settings and streams can both be had over TLS.
func (cam *camera) encrypted(ctx context.Context, on devices.Value[[]string], paths devices.Value[[]devices.Path], profiles []profile) devices.Value[bool] {
	list, known := on.Get()
	https := known && slices.Contains(list, devices.ServiceHTTPS) || cam.c.scheme == "https"
	switch {
	case known && !https:
		return devices.Of(false)
	case !https && on.IsNotSupported():
		return devices.Unreadable[bool](errors.New("the device does not tell whether HTTPS is on"))
	case !https:
		return devices.Unreadable[bool](errors.New(on.Why()))
	}
	if all, _ := paths.Get(); slices.ContainsFunc(all, func(p devices.Path) bool { return strings.HasPrefix(p.URL, "rtsps:") }) {
		return devices.Of(true)
	}
	var caps mediaCapabilities
	err := cam.c.callService(ctx, nsMedia2, getServiceCapabilities2{}, &caps)
	over, told := truth(caps.Capabilities.Streaming.Secure)
	if err == nil && told && over {
		return devices.Of(true)
	}
	tunnel, tunnelErr := cam.tunnel(ctx, profiles)
	switch {
	case tunnelErr == nil && strings.HasPrefix(tunnel, "https:"):
		return devices.Of(true)
	case err == nil && told && errors.Is(tunnelErr, devices.ErrUnsupported):
		return devices.Of(false)
	default:
		return devices.Unreadable[bool](errors.New("HTTPS is on, and the device does not tell whether its streams can be encrypted"))
	}
}

// tunnel asks for the address of a stream over HTTP or HTTPS. The first
// profile stands for all: it is the device that has this or not.
func (cam *camera) tunnel(ctx context.Context, profiles []profile) (string, error) {
	for _, p := range profiles {
		if p.token == "" {
			continue
		}
		var m mediaURI
		if p.fromMedia2 {
			err := cam.c.callService(ctx, nsMedia2, getStreamURI2{Protocol: "RtspOverHttp", ProfileToken: p.token}, &m)
			if err != nil {
				return "", noSetup(err)
			}
			return strings.ToLower(strings.TrimSpace(m.Media2)), nil
		}
		in := media.GetStreamUri{ProfileToken: xsdonvif.ReferenceToken(p.token)}
		in.StreamSetup.Stream = "RTP-Unicast"
		in.StreamSetup.Transport.Protocol = "HTTP"
		if err := cam.c.callService(ctx, nsMedia, in, &m); err != nil {
			return "", noSetup(err)
		}
		return strings.ToLower(strings.TrimSpace(m.Media1)), nil
	}
	return "", errors.New("there is no profile")
}

// noSetup reads the fault for a transport that the device does not have
// (Media §5.15.1, Media2 §5.9.1) as what it means.
func noSetup(err error) error {
	if f, ok := errors.AsType[*fault](err); ok && f.is("InvalidStreamSetup") {
		return fmt.Errorf("%w: %w", devices.ErrUnsupported, f)
	}
	return err
}

// geo lists the places that the device was given. Those of its other lenses
// are left out. An empty list is a device that was given none.
func (cam *camera) geo(ctx context.Context) ([]devices.Geo, error) {
	var list geoLocations
	if err := cam.askDevice(ctx, device.GetGeoLocation{}, &list); err != nil {
		return nil, err
	}
	if err := tooMany(len(list.Locations), "places"); err != nil {
		return nil, err
	}
	out := []devices.Geo{}
	for _, l := range list.Locations {
		entity := plain(l.Entity, maxToken)
		if strings.EqualFold(entity, "VideoSource") && l.Token != "" && l.Token != cam.info.Source {
			continue
		}
		out = append(out, devices.Geo{
			Entity:    entity,
			Longitude: number(l.Place.Lon, -180, 180), Latitude: number(l.Place.Lat, -90, 90),
			Elevation: number(l.Place.Elevation, -1e5, 1e5),
			Yaw:       number(l.Orientation.Yaw, -360, 360), Pitch: number(l.Orientation.Pitch, -180, 180),
		})
	}
	return out, nil
}

// contacts lists the device's outputs. Both services have the same operation;
// recorders and encoders tend to have it in DeviceIO only.
func (cam *camera) contacts(ctx context.Context) ([]devices.Contact, error) {
	var list relayOutputs
	err := cam.c.callService(ctx, nsDeviceIO, getRelayOutputsIO{}, &list)
	if err != nil {
		list = relayOutputs{}
		if e := cam.askDevice(ctx, device.GetRelayOutputs{}, &list); e != nil {
			return nil, several(err, e)
		}
	}
	if err := tooMany(len(list.Outputs), "outputs"); err != nil {
		return nil, err
	}
	out := []devices.Contact{}
	for _, r := range list.Outputs {
		mode, idle := strings.TrimSpace(r.Mode), strings.TrimSpace(r.Idle)
		bistable, open := strings.EqualFold(mode, "Bistable"), strings.EqualFold(idle, "open")
		if r.Token == "" || !bistable && !strings.EqualFold(mode, "Monostable") || !open && !strings.EqualFold(idle, "closed") {
			return nil, fmt.Errorf("%w: output %q is %q and %q when idle", devices.ErrMalformed, plain(r.Token, maxToken), plain(mode, 32), plain(idle, 32))
		}
		out = append(out, devices.Contact{
			Token: r.Token, Bistable: bistable, IdleOpen: open,
			Active: devices.Unreadable[bool](errors.New("the device tells it by events only")),
		})
	}
	return out, nil
}

// number reads a device's number. One that is missing, or no such number, is
// unreadable and never zero.
func number(s *string, low, high float64) devices.Value[float64] {
	if s == nil {
		return devices.Unreadable[float64](errors.New("the device does not tell"))
	}
	v, err := strconv.ParseFloat(strings.TrimSpace(*s), 64)
	if err != nil || math.IsNaN(v) || v < low || v > high {
		return devices.Unreadable[float64](fmt.Errorf("%w: %q is no number between %g and %g", devices.ErrMalformed, plain(*s, 32), low, high))
	}
	return devices.Of(v + 0) // no -0
}

// truth reads an xs:boolean.
func truth(s string) (v, known bool) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "true", "1":
		return true, true
	case "false", "0":
		return false, true
	default:
		return false, false
	}
}
