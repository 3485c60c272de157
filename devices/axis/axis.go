// Package axis owns the talk with Axis devices by VAPIX, for their privacy
// masks: beside ONVIF, or alone where it is off.
//
// What it rests on was read and not seen on hardware. privacymask.cgi, its
// answers, its limits and that coordinates are pixels of the largest
// resolution at rotation 0: the privacy mask part of Axis' Overlay API pages
// (VAPIX), as copied in a public repository. How mirroring and rotation follow
// each other: a public VAPIX client that turns display coordinates into the
// sensor's, mirroring first; nothing else tells. Names under Properties,
// Image and Brand: a recorded answer of param.cgi in the tests of a public
// Axis library. The realm of the login: public code. Cameras whose masks can
// be made by param.cgi only are not covered.
package axis

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/devices/web"
)

// Name is the driver's name in devices.Info and in the journal.
const Name = "axis"

// Options of the driver. The zero value is ready for use.
type Options struct{ Web web.Options }

// Driver is the Axis family of devices. Open fails with
// devices.ErrUnsupported for what does not call itself an Axis device; it
// sends no login before.
func Driver(o Options) devices.Driver {
	return devices.Driver{
		Name: Name,
		Open: func(ctx context.Context, t devices.Target) ([]devices.Camera, error) {
			return open(ctx, o, t, nil)
		},
		Beside: func(ctx context.Context, t devices.Target, cams []devices.Info) ([]devices.Camera, error) {
			if len(cams) == 0 || !made(cams[0].Vendor) {
				return nil, nil
			}
			return open(ctx, o, t, cams)
		},
	}
}

// made tells whether a device calls itself one of this make.
func made(vendor string) bool {
	v := strings.ToLower(strings.TrimSpace(vendor))
	return v == "axis" || strings.HasPrefix(v, "axis ")
}

func open(ctx context.Context, o Options, t devices.Target, beside []devices.Info) ([]devices.Camera, error) {
	c, err := web.New(o.Web, t)
	if err != nil {
		return nil, err
	}
	d := &device{c: c}
	if err := d.recognise(ctx); err != nil {
		return nil, c.Fail("see who it is", err)
	}
	p, err := d.list(ctx, "Brand", "Properties", "ImageSource")
	if err != nil {
		return nil, c.Fail("identify", err)
	}
	sources := 1
	if n, err := strconv.Atoi(p["ImageSource.NbrOfSources"]); err == nil && n > 0 && n <= maxSources {
		sources = n
	}
	if beside != nil && len(beside) != sources {
		return nil, c.Fail("list the image sources", fmt.Errorf("%w: it has %d image sources here and %d elsewhere, and which is which is not told",
			devices.ErrUnsupported, sources, len(beside)))
	}
	info := identify(p, c.Address(), t.Found)
	var cams []devices.Camera
	for i := range sources {
		cam := &camera{device: d, info: info, source: i, alone: beside == nil}
		cam.info.Source = "source-" + strconv.Itoa(i+1)
		if beside != nil {
			cam.info.Source, cam.info.Endpoint, cam.info.Interface = beside[i].Source, beside[i].Endpoint, beside[i].Interface
		}
		cams = append(cams, cam)
	}
	return cams, nil
}

const maxSources = 64

// identify takes the identity from the parameters; the serial number is the
// hardware address without colons.
func identify(p params, address string, f devices.Found) devices.Info {
	info := devices.Info{
		Driver: Name, Address: address, Endpoint: f.Endpoint, Interface: f.Interface,
		Vendor: "Axis", Model: devices.Plain(p["Brand.ProdNbr"], 100),
		Firmware: devices.Plain(p["Properties.Firmware.Version"], 100), Serial: devices.Plain(p["Properties.System.SerialNumber"], 100),
	}
	if info.Model == "" {
		info.Model = devices.Plain(p["Brand.ProdShortName"], 100)
	}
	if hw, err := hex.DecodeString(info.Serial); err == nil && len(hw) == 6 {
		info.MAC = net.HardwareAddr(hw).String()
	}
	return info
}

// device is one box and the way to it.
type device struct{ c *web.Client }

const (
	paramPath = "/axis-cgi/param.cgi"
	maskPath  = "/axis-cgi/privacymask.cgi"
)

// recognise asks without a login: these devices ask for one to "AXIS_" and
// their serial number, and old ones tell their brand to everybody.
func (d *device) recognise(ctx context.Context) error {
	a, err := d.c.Ask(ctx, web.Request{Path: paramPath, Query: "action=list&group=Brand"})
	if err != nil {
		return err
	}
	if a.Status == 401 && strings.HasPrefix(a.Realm, "AXIS_") {
		return nil
	}
	if p, err := parseParams(a.Body); a.Status == 200 && err == nil && strings.EqualFold(p["Brand.Brand"], "AXIS") {
		return nil
	}
	return fmt.Errorf("%w: it does not call itself an Axis device (HTTP %d)", devices.ErrUnsupported, a.Status)
}

// params are values by name, without the word "root." before it.
type params map[string]string

const maxParams = 50000

// parseParams reads the lines of param.cgi. Groups that the device does not
// have are told in comments. Anything else wraps devices.ErrMalformed.
func parseParams(body []byte) (params, error) {
	p := params{}
	comments := 0
	for line := range strings.Lines(string(body)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#") {
			comments++
		}
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		k, v, ok := strings.Cut(line, "=")
		if !ok || len(p) >= maxParams || strings.ContainsAny(k, "<> \t") {
			return nil, fmt.Errorf("%w: no lines of parameters", devices.ErrMalformed)
		}
		p[strings.TrimPrefix(k, "root.")] = strings.TrimSpace(v)
	}
	if len(p) == 0 && comments == 0 {
		return nil, fmt.Errorf("%w: an empty list of parameters", devices.ErrMalformed)
	}
	return p, nil
}

// list reads groups of parameters.
func (d *device) list(ctx context.Context, groups ...string) (params, error) {
	a, err := d.c.Do(ctx, web.Request{Path: paramPath, Query: "action=list&group=" + strings.Join(groups, ",")})
	if err != nil {
		return nil, err
	}
	return parseParams(a.Body)
}

// refusal reads "Error" of an answer that HTTP calls a success.
func refusal(body []byte) error {
	text := strings.TrimLeft(strings.TrimSpace(string(body[:min(len(body), 400)])), "# ")
	if !strings.HasPrefix(strings.ToLower(text), "error") {
		return nil
	}
	return fmt.Errorf("%w: %s", devices.ErrUnsupported, devices.Plain(text, 100))
}

// act has privacymask.cgi do something. Success is silence.
func (d *device) act(ctx context.Context, query string) error {
	a, err := d.c.Do(ctx, web.Request{Path: maskPath, Query: query})
	if err != nil {
		return err
	}
	if said := refusal(a.Body); said != nil {
		return said
	}
	if len(strings.TrimSpace(string(a.Body))) > 0 {
		return fmt.Errorf("%w: words where none should be", devices.ErrMalformed)
	}
	return nil
}

// update sets one parameter.
func (d *device) update(ctx context.Context, name, value string) error {
	a, err := d.c.Do(ctx, web.Request{Path: paramPath, Query: "action=update&" + name + "=" + url.QueryEscape(value)})
	if err != nil {
		return err
	}
	if said := refusal(a.Body); said != nil {
		return said
	}
	if strings.TrimSpace(string(a.Body)) != "OK" {
		return fmt.Errorf("%w: neither OK nor Error", devices.ErrMalformed)
	}
	return nil
}

// camera is one image source.
type camera struct {
	*device

	info   devices.Info
	source int  // from 0
	alone  bool // no other driver tells the rest
}

var _ devices.Camera = (*camera)(nil)

func (cam *camera) Info() devices.Info { return cam.info }

// Close has nothing to end: no connection outlives its request.
func (cam *camera) Close() error { return nil }

// Watch tells that the device is not listened to.
func (cam *camera) Watch(context.Context, func(devices.Event)) error {
	return cam.c.Fail("watch for events", devices.ErrUnsupported)
}

// Observe reads the masks, and where no other driver does also the streams.
// The rest is not asked.
func (cam *camera) Observe(ctx context.Context) (devices.Observation, error) {
	const op = "ask for facts"
	o := devices.Observation{At: cam.c.Now()}
	m, err := cam.Masks(ctx)
	if errors.Is(err, devices.ErrUnreachable) || errors.Is(err, devices.ErrLogin) || ctx.Err() != nil {
		return o, cam.c.Fail(op, err)
	}
	o.Masks, o.MaskLimit = reading(m.Observed(), err), reading(len(m.Slots), err)
	if cam.alone {
		o.Paths = reading(cam.paths(ctx))
	}
	if ctx.Err() != nil {
		return o, cam.c.Fail(op, ctx.Err())
	}
	return o, nil
}

// reading turns an answer into one of the three kinds.
func reading[T any](v T, err error) devices.Value[T] {
	switch {
	case err == nil:
		return devices.Of(v)
	case errors.Is(err, devices.ErrUnsupported) && !errors.Is(err, devices.ErrLogin):
		return devices.NotSupported[T]()
	default:
		return devices.Unreadable[T](err)
	}
}

// paths are the views of this source. Which part of the picture a view shows
// is not told.
func (cam *camera) paths(ctx context.Context) ([]devices.Path, error) {
	p, err := cam.list(ctx, "Image", "Network.RTSP")
	if err != nil {
		return nil, err
	}
	port := "554"
	if n, err := strconv.ParseUint(p["Network.RTSP.Port"], 10, 16); err == nil && n > 0 {
		port = p["Network.RTSP.Port"]
	}
	var paths []devices.Path
	for _, n := range p.views(cam.source) {
		at := "Image.I" + strconv.Itoa(n) + "."
		camera := strconv.Itoa(n + 1)
		path := devices.Path{
			ID: "view-" + camera, Name: devices.Plain(p[at+"Name"], 100), Kind: devices.PathStream,
			URL:    "rtsp://" + net.JoinHostPort(cam.c.Host(), port) + "/axis-media/media.amp?camera=" + camera,
			Window: devices.Unreadable[devices.Rect](errors.New("the device does not tell which part of the picture the view shows")),
			Sound:  devices.Unreadable[bool](errors.New("the device does not tell whether the stream has sound")),
		}
		if w, h, ok := pixels(p[at+"Appearance.Resolution"]); ok {
			path.Width, path.Height = w, h
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// Methods are the masks, if the device has the interface for them.
func (cam *camera) Methods(ctx context.Context) ([]devices.Method, error) {
	if _, err := cam.Masks(ctx); err != nil {
		if errors.Is(err, devices.ErrUnsupported) {
			return nil, nil
		}
		return nil, cam.c.Fail("ask what it can cover with", err)
	}
	return []devices.Method{devices.MethodDeviceMask}, nil
}

// State reads the masks that are there.
func (cam *camera) State(ctx context.Context, m devices.Method) (devices.State, error) {
	const op = "read the masks"
	if m != devices.MethodDeviceMask {
		return devices.State{}, cam.c.Fail(op, fmt.Errorf("%w: %s", devices.ErrUnsupported, m))
	}
	data, err := devices.MaskState(ctx, cam)
	return devices.State{Method: m, Driver: Name, Data: data}, cam.c.Fail(op, err)
}

// Apply covers by masks; see devices.ApplyMasks.
func (cam *camera) Apply(ctx context.Context, u devices.Undo, c devices.Cover) (devices.Cover, error) {
	var got devices.Cover
	err := cam.mine(u)
	if err == nil {
		got, err = devices.ApplyMasks(ctx, cam, u, c)
	}
	return got, cam.c.Fail("cover by masks", err)
}

// Holds tells whether there are masks for c.
func (cam *camera) Holds(ctx context.Context, u devices.Undo, c devices.Cover) (bool, error) {
	holds := false
	err := cam.mine(u)
	if err == nil {
		holds, err = devices.HoldMasks(ctx, cam, u, c)
	}
	return holds, cam.c.Fail("look for the cover", err)
}

// Restore takes our masks away; see devices.RestoreMasks.
func (cam *camera) Restore(ctx context.Context, u devices.Undo) error {
	err := cam.mine(u)
	if err == nil {
		err = devices.RestoreMasks(ctx, cam, u)
	}
	return cam.c.Fail("take our masks away", err)
}

// mine refuses what another driver or method journalled.
func (cam *camera) mine(u devices.Undo) error {
	if u.Method != devices.MethodDeviceMask || u.Before.Method != u.Method || u.Before.Driver != Name {
		return fmt.Errorf("%w: %s of %q", devices.ErrUnsupported, u.Method, u.Before.Driver)
	}
	return nil
}
