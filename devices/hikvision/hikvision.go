// Package hikvision owns the talk with Hikvision devices by ISAPI, for their
// privacy masks: as a device of its own where ONVIF is off, which is how they
// are delivered, or beside ONVIF.
//
// What it rests on was read and not seen on hardware. Paths, elements and the
// two switches (list and region): public clients and recorded answers of
// cameras (a Go client with its tests, a Rust client, a Python bulk setter).
// That the origin is the bottom left: ISAPI manuals as quoted there, and
// clients that turn the picture over; Options.Origin is for firmware that
// differs. Status codes of ResponseStatus: ISAPI manuals as quoted in public
// code. That recorders have the same document below
// ContentMgmt/InputProxy: the manuals only. A region may be a rectangle only.
package hikvision

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/devices/web"
)

// Name is the driver's name in devices.Info and in the journal.
const Name = "hikvision"

// Origin tells where a firmware counts a mask's lines from.
type Origin string

// The origins. The zero value is the one of the manuals.
const (
	BottomLeft Origin = ""
	TopLeft    Origin = "top-left"
)

// Options of the driver. The zero value is ready for use.
type Options struct {
	Web web.Options
	// Origin tells where a device counts from, by what it says of itself. A
	// nil function means BottomLeft for all.
	Origin func(devices.Info) Origin
}

// Driver is the Hikvision family of devices. Open fails with
// devices.ErrUnsupported for what does not speak ISAPI; it sends no login
// before it has seen that it does.
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
	return strings.Contains(strings.ToLower(vendor), "hikvision")
}

// open lists the cameras; beside are those of another driver that they stand
// beside, in that driver's order.
func open(ctx context.Context, o Options, t devices.Target, beside []devices.Info) ([]devices.Camera, error) {
	c, err := web.New(o.Web, t)
	if err != nil {
		return nil, err
	}
	d := &device{c: c}
	if err := d.recognise(ctx); err != nil {
		return nil, c.Fail("see whether it speaks ISAPI", err)
	}
	info, err := d.identify(ctx, t.Found)
	if err != nil {
		return nil, c.Fail("identify", err)
	}
	bases, err := d.channels(ctx)
	if err != nil {
		return nil, c.Fail("list the channels", err)
	}
	if beside != nil && len(beside) != len(bases) {
		return nil, c.Fail("list the channels", fmt.Errorf("%w: it has %d channels here and %d elsewhere, and which is which is not told",
			devices.ErrUnsupported, len(bases), len(beside)))
	}
	origin := BottomLeft
	if o.Origin != nil {
		origin = o.Origin(info)
	}
	var cams []devices.Camera
	for i, b := range bases {
		cam := &camera{device: d, info: info, channel: b, origin: origin, alone: beside == nil}
		cam.info.Source = b.source()
		if beside != nil {
			cam.info.Source, cam.info.Endpoint, cam.info.Interface = beside[i].Source, beside[i].Endpoint, beside[i].Interface
		}
		cams = append(cams, cam)
	}
	return cams, nil
}

// device is one box and the way to it.
type device struct {
	c    *web.Client
	kind string // deviceType of deviceInfo
}

// channel is one video source of a device.
type channel struct {
	id    string
	proxy bool // of a recorder, from the network
}

func (c channel) source() string {
	if c.proxy {
		return "proxy-" + c.id
	}
	return "input-" + c.id
}

func (c channel) masks() string {
	if c.proxy {
		return "/ISAPI/ContentMgmt/InputProxy/channels/" + c.id + "/video/privacyMask"
	}
	return "/ISAPI/System/Video/inputs/channels/" + c.id + "/privacyMask"
}

// recognise asks without a login, and decides by the answer whether this is
// ISAPI: by its documents, or by what the device calls itself.
func (d *device) recognise(ctx context.Context) error {
	a, err := d.c.Ask(ctx, web.Request{Path: "/ISAPI/System/deviceInfo"})
	if err != nil {
		return err
	}
	if a.Status == 200 || a.Status == 401 || a.Status == 403 {
		if root, err := parse(a.Body); err == nil {
			switch root.name() {
			case "DeviceInfo", "ResponseStatus", "userCheck":
				return nil
			}
		}
		if a.Status != 200 && (strings.HasPrefix(a.Realm, "IP Camera(") || strings.HasPrefix(a.Realm, "DS-") || strings.HasPrefix(a.Realm, "iDS-") ||
			strings.Contains(strings.ToLower(a.Realm+a.Server), "hikvision")) {
			return nil
		}
	}
	return fmt.Errorf("%w: it does not speak ISAPI (HTTP %d)", devices.ErrUnsupported, a.Status)
}

// get reads a document whose root has the given name.
func (d *device) get(ctx context.Context, path, root string) (*node, error) {
	a, err := d.c.Do(ctx, web.Request{Path: path})
	if err != nil {
		return nil, refine(a, err)
	}
	n, err := parse(a.Body)
	if err != nil {
		return nil, err
	}
	if n.name() != root {
		if err := status(n); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("%w: %s where %s should be", devices.ErrMalformed, devices.Plain(n.name(), 40), root)
	}
	return n, nil
}

// put writes a document and reads the verdict.
func (d *device) put(ctx context.Context, path string, doc *node) error {
	a, err := d.c.Do(ctx, web.Request{Method: "PUT", Path: path, Type: "application/xml", Body: doc.document()})
	if err != nil {
		return refine(a, err)
	}
	n, err := parse(a.Body)
	if err != nil {
		return err
	}
	if n.name() != "ResponseStatus" {
		return fmt.Errorf("%w: %s instead of a verdict", devices.ErrMalformed, devices.Plain(n.name(), 40))
	}
	return status(n)
}

// refine lets the device's own words decide where they say more than HTTP.
func refine(a web.Answer, err error) error {
	n, bad := parse(a.Body)
	if bad != nil {
		return err
	}
	if n.name() == "userCheck" && n.text("lockStatus") == "lock" {
		return web.Remedy(err, "the device has locked the account for a while; wait, and check user and password")
	}
	if said := status(n); said != nil {
		return said
	}
	return err
}

// Codes of ResponseStatus.
const (
	codeOK        = "1"
	codeBusy      = "2"
	codeError     = "3"
	codeOperation = "4"
	codeRestart   = "7"
)

var errRestart = fmt.Errorf("%w: it takes the setting at its next restart", devices.ErrNotApplied)

// status is the error that a ResponseStatus tells; nil if it is none.
func status(n *node) error {
	if n.name() != "ResponseStatus" {
		return nil
	}
	why := devices.Plain(n.text("statusString")+" "+n.text("subStatusCode"), 100)
	lower := strings.ToLower(why)
	switch code := n.text("statusCode"); {
	case code == codeOK, code == "0":
		return nil
	case code == codeRestart:
		return web.Remedy(errRestart, "restart the device")
	case code == codeBusy:
		return fmt.Errorf("%w: %s", devices.ErrBusy, why)
	case strings.Contains(lower, "notactivated"):
		return web.Remedy(fmt.Errorf("%w: %s", devices.ErrLogin, why), "give the device its first password")
	case strings.Contains(lower, "privilege"), strings.Contains(lower, "unauthorized"):
		return fmt.Errorf("%w: %s", devices.ErrLogin, why)
	case code == codeOperation:
		return fmt.Errorf("%w: %s", devices.ErrUnsupported, why)
	case code == codeError:
		return fmt.Errorf("%w: %s", devices.ErrNotApplied, why)
	default:
		return fmt.Errorf("%w: it refuses with code %s: %s", devices.ErrUnsupported, devices.Plain(code, 8), why)
	}
}

func (d *device) identify(ctx context.Context, f devices.Found) (devices.Info, error) {
	info := devices.Info{Driver: Name, Address: d.c.Address(), Endpoint: f.Endpoint, Interface: f.Interface, Vendor: "Hikvision"}
	n, err := d.get(ctx, "/ISAPI/System/deviceInfo", "DeviceInfo")
	if err != nil {
		return info, err
	}
	d.kind = n.text("deviceType")
	info.Model, info.Serial = devices.Plain(n.text("model"), 100), devices.Plain(n.text("serialNumber"), 100)
	info.Firmware = devices.Plain(n.text("firmwareVersion")+" "+n.text("firmwareReleasedDate"), 100)
	if hw, err := net.ParseMAC(n.text("macAddress")); err == nil {
		info.MAC = hw.String()
	}
	return info, nil
}

// maxChannels bounds the cameras of one device.
const maxChannels = 512

// channels are the device's own inputs, and those that a recorder has from the
// network.
func (d *device) channels(ctx context.Context) ([]channel, error) {
	var all []channel
	list := func(path, root, item string, proxy bool) error {
		n, err := d.get(ctx, path, root)
		if err != nil {
			return err
		}
		for _, c := range n.children(item) {
			if id := c.text("id"); number(id) && len(all) < maxChannels {
				all = append(all, channel{id: id, proxy: proxy})
			}
		}
		return nil
	}
	inputs := list("/ISAPI/System/Video/inputs/channels", "VideoInputChannelList", "VideoInputChannel", false)
	if inputs != nil && !errors.Is(inputs, devices.ErrUnsupported) {
		return nil, inputs
	}
	if !strings.HasPrefix(strings.ToUpper(d.kind), "IP") || len(all) == 0 {
		proxies := list("/ISAPI/ContentMgmt/InputProxy/channels", "InputProxyChannelList", "InputProxyChannel", true)
		if proxies != nil && (len(all) == 0 || !errors.Is(proxies, devices.ErrUnsupported)) {
			return nil, errors.Join(inputs, proxies)
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%w: it has no video input", devices.ErrUnsupported)
	}
	return all, nil
}

// number tells whether an id can be put into a path.
func number(id string) bool {
	return id != "" && len(id) < 6 && strings.Trim(id, "0123456789") == ""
}

// camera is one video source.
type camera struct {
	*device

	info    devices.Info
	channel channel
	origin  Origin
	alone   bool // no other driver tells the rest
	room    int  // regions that its capabilities tell; 0 until asked
	// waits is set while a setting of this channel needs a restart that has
	// not come.
	waits *restart
}

var _ devices.Camera = (*camera)(nil)

func (cam *camera) Info() devices.Info { return cam.info }

// Close has nothing to end: no connection outlives its request.
func (cam *camera) Close() error { return nil }

// Watch tells that the device is not listened to.
func (cam *camera) Watch(context.Context, func(devices.Event)) error {
	return cam.c.Fail("watch for events", devices.ErrUnsupported)
}

// Observe reads the masks, and where no other driver does also the streams and
// the accounts. The rest is not asked.
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
		o.Users = reading(cam.users(ctx))
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

// Methods are the masks, if the channel has any.
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
	var data json.RawMessage
	data, err := devices.MaskState(ctx, cam)
	return devices.State{Method: m, Driver: Name, Data: data}, cam.c.Fail(op, err)
}

// Apply covers by masks; see devices.ApplyMasks. A device that needs a restart
// for it is ErrNotApplied until it has restarted.
func (cam *camera) Apply(ctx context.Context, u devices.Undo, c devices.Cover) (devices.Cover, error) {
	const op = "cover by masks"
	if err := cam.mine(u); err != nil {
		return devices.Cover{}, cam.c.Fail(op, err)
	}
	got, err := devices.ApplyMasks(ctx, cam, u, c)
	if err == nil {
		err = cam.waiting(ctx)
	}
	return got, cam.c.Fail(op, err)
}

// Holds tells whether there are masks for c, and no restart is awaited.
func (cam *camera) Holds(ctx context.Context, u devices.Undo, c devices.Cover) (bool, error) {
	const op = "look for the cover"
	if err := cam.mine(u); err != nil {
		return false, cam.c.Fail(op, err)
	}
	holds, err := devices.HoldMasks(ctx, cam, u, c)
	if err == nil && holds {
		if err = cam.waiting(ctx); errors.Is(err, devices.ErrNotApplied) {
			return false, nil
		}
	}
	return holds && err == nil, cam.c.Fail(op, err)
}

// Restore takes our masks away; see devices.RestoreMasks. Until a device that
// needs a restart for it has restarted the masks are still in the picture,
// which is ErrNotApplied.
func (cam *camera) Restore(ctx context.Context, u devices.Undo) error {
	err := cam.mine(u)
	if err == nil {
		err = devices.RestoreMasks(ctx, cam, u)
	}
	if err == nil {
		err = cam.waiting(ctx)
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
