// Package dahua owns the talk with Dahua devices, and those that others sell
// of them, by the CGI interface: privacy masks, and the lens that turns into
// its housing.
//
// What it rests on was read and not seen on hardware. The names of VideoWidget
// and its covers, the blends for each stream and the grid of 0 to 8191: the
// maker's SDK headers in public repositories, and public code that writes
// them. PrivacyMasking: the maker's HTTP API 3.26 as quoted by a public Go
// client, rroller/dahua (#361: firmware that answers OK and has the masks
// elsewhere) and public code that sets its Rect. LeLensMask: python-amcrest
// and openHAB. The realm of the login: public code and recorded answers. Which
// of both names a firmware acts on is not told anywhere; the one that has
// masks is used, VideoWidget first, and the picture shows the rest.
package dahua

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/devices/web"
)

// Name is the driver's name in devices.Info and in the journal.
const Name = "dahua"

// Options of the driver. The zero value is ready for use.
type Options struct{ Web web.Options }

// Driver is the Dahua family of devices. Open fails with
// devices.ErrUnsupported for what does not ask for a login in this family's
// words; it sends none before.
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

// made tells whether a device calls itself one of this make. Amcrest sells
// them, and documents the same interface.
func made(vendor string) bool {
	v := strings.ToLower(vendor)
	return strings.Contains(v, "dahua") || strings.Contains(v, "amcrest")
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
	info, err := d.identify(ctx, t.Found)
	if err != nil {
		return nil, c.Fail("identify", err)
	}
	channels, err := d.channels(ctx)
	if err != nil {
		return nil, c.Fail("list the channels", err)
	}
	if beside != nil && len(beside) != len(channels) {
		return nil, c.Fail("list the channels", fmt.Errorf("%w: it has %d channels here and %d elsewhere, and which is which is not told",
			devices.ErrUnsupported, len(channels), len(beside)))
	}
	var cams []devices.Camera
	for i, ch := range channels {
		cam := &camera{device: d, info: info, channel: ch, alone: beside == nil}
		cam.info.Source = "channel-" + strconv.Itoa(ch+1)
		if beside != nil {
			cam.info.Source, cam.info.Endpoint, cam.info.Interface = beside[i].Source, beside[i].Endpoint, beside[i].Interface
		}
		cams = append(cams, cam)
	}
	return cams, nil
}

// device is one box and the way to it.
type device struct{ c *web.Client }

// recognise asks without a login: these devices ask for one to their serial
// number.
func (d *device) recognise(ctx context.Context) error {
	a, err := d.c.Ask(ctx, web.Request{Path: magicBox, Query: "action=getSystemInfo"})
	if err != nil {
		return err
	}
	if a.Status == 401 && strings.HasPrefix(a.Realm, "Login to ") {
		return nil
	}
	if kv, err := parse(a.Body); a.Status == 200 && err == nil && kv["serialNumber"] != "" && kv["deviceType"] != "" {
		return nil
	}
	return fmt.Errorf("%w: it is none of this family (HTTP %d)", devices.ErrUnsupported, a.Status)
}

const (
	magicBox      = "/cgi-bin/magicBox.cgi"
	configManager = "/cgi-bin/configManager.cgi"
)

// ask reads keys and values. What the device refuses wraps ErrUnsupported, or
// ErrLogin if it says that the account may not.
func (d *device) ask(ctx context.Context, path, query string) (map[string]string, error) {
	a, err := d.c.Do(ctx, web.Request{Path: path, Query: query})
	if said := refusal(a.Body); said != nil && !errors.Is(err, devices.ErrLogin) {
		return nil, said
	}
	if err != nil {
		return nil, err
	}
	return parse(a.Body)
}

// refusal reads "Error" and what follows.
func refusal(body []byte) error {
	first, rest, _ := strings.Cut(strings.TrimSpace(string(body[:min(len(body), 400)])), "\n")
	if !strings.HasPrefix(strings.ToLower(first), "error") {
		return nil
	}
	why := devices.Plain(first+" "+rest, 100)
	if low := strings.ToLower(why); strings.Contains(low, "authority") || strings.Contains(low, "no permission") {
		return fmt.Errorf("%w: %s", devices.ErrLogin, why)
	}
	return fmt.Errorf("%w: %s", devices.ErrUnsupported, why)
}

// config reads a table of the device's settings.
func (d *device) config(ctx context.Context, name string) (map[string]string, error) {
	return d.ask(ctx, configManager, "action=getConfig&name="+name)
}

// set writes settings, in the order given, and reads the verdict.
func (d *device) set(ctx context.Context, keys, values []string) error {
	var q strings.Builder
	q.WriteString("action=setConfig")
	for i, k := range keys {
		if !harmless(k) || !harmless(values[i]) {
			return fmt.Errorf("%w: a setting %q", devices.ErrMalformed, devices.Plain(k, 60))
		}
		q.WriteString("&" + k + "=" + values[i])
	}
	a, err := d.c.Do(ctx, web.Request{Path: configManager, Query: q.String()})
	if said := refusal(a.Body); said != nil && !errors.Is(err, devices.ErrLogin) {
		return said
	}
	if err != nil {
		return err
	}
	if strings.TrimSpace(string(a.Body)) != "OK" {
		return fmt.Errorf("%w: neither OK nor Error", devices.ErrMalformed)
	}
	return nil
}

// harmless tells that a key or value can stand in a query as it is.
func harmless(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune("[]._-", r)
	})
}

// Limits of an answer.
const (
	maxKeys     = 50000
	maxChannels = 512
)

// parse reads lines of key=value, without the word "table." before the key.
// Anything but such lines wraps devices.ErrMalformed.
func parse(body []byte) (map[string]string, error) {
	kv := map[string]string{}
	for line := range strings.Lines(string(body)) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		k, v, ok := strings.Cut(line, "=")
		if k = strings.TrimPrefix(strings.TrimSpace(k), "table."); !ok || !harmless(k) || k == "" || len(kv) >= maxKeys {
			return nil, fmt.Errorf("%w: no lines of keys and values", devices.ErrMalformed)
		}
		kv[k] = strings.TrimSpace(v)
	}
	if len(kv) == 0 {
		return nil, fmt.Errorf("%w: an empty answer", devices.ErrMalformed)
	}
	return kv, nil
}

// identify asks who it is. Only silence or a refused login is an error: a
// device that garbles its serial number must still be covered.
func (d *device) identify(ctx context.Context, f devices.Found) (devices.Info, error) {
	info := devices.Info{Driver: Name, Address: d.c.Address(), Endpoint: f.Endpoint, Interface: f.Interface, Vendor: "Dahua"}
	system, err := d.ask(ctx, magicBox, "action=getSystemInfo")
	if fatal(err) {
		return info, err
	}
	info.Serial = devices.Plain(system["serialNumber"], 100)
	for _, q := range []struct {
		path, query, key string
		to               *string
	}{
		{magicBox, "action=getDeviceType", "type", &info.Model},
		{magicBox, "action=getSoftwareVersion", "version", &info.Firmware},
		{magicBox, "action=getVendor", "vendor", &info.Vendor},
	} {
		kv, err := d.ask(ctx, q.path, q.query)
		if fatal(err) && !errors.Is(err, devices.ErrLogin) {
			return info, err
		}
		if v := devices.Plain(kv[q.key], 100); v != "" {
			*q.to = v
		}
	}
	network, err := d.config(ctx, "Network")
	if fatal(err) && !errors.Is(err, devices.ErrLogin) {
		return info, err
	}
	// The interface with the dialled address, or the first by name.
	var names []string
	for k := range network {
		if name, is := strings.CutSuffix(k, ".PhysicalAddress"); is {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, n := range names {
		if hw, err := net.ParseMAC(network[n+".PhysicalAddress"]); err == nil && (info.MAC == "" || network[n+".IPAddress"] == d.c.Host()) {
			info.MAC = hw.String()
		}
	}
	return info, nil
}

// fatal tells that going on makes no sense.
func fatal(err error) bool {
	return errors.Is(err, devices.ErrUnreachable) || errors.Is(err, devices.ErrLogin) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// channels are those that the device writes into the picture of, from 0.
func (d *device) channels(ctx context.Context) ([]int, error) {
	kv, err := d.config(ctx, "VideoWidget")
	if errors.Is(err, devices.ErrUnsupported) {
		kv, err = d.config(ctx, "PrivacyMasking")
	}
	if errors.Is(err, devices.ErrUnsupported) {
		kv, err = d.config(ctx, "LeLensMask")
	}
	if err != nil {
		return nil, err
	}
	var all []int
	for k := range kv {
		if n, ok := index(k); ok && !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	slices.Sort(all)
	if len(all) == 0 || len(all) > maxChannels {
		return nil, fmt.Errorf("%w: %d channels", devices.ErrMalformed, len(all))
	}
	return all, nil
}

// index is the first number in brackets.
func index(key string) (int, bool) {
	_, rest, ok := strings.Cut(key, "[")
	text, _, closed := strings.Cut(rest, "]")
	n, err := strconv.ParseUint(text, 10, 10)
	return int(n), ok && closed && err == nil
}

// camera is one channel.
type camera struct {
	*device

	info    devices.Info
	channel int
	alone   bool // no other driver tells the rest
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

// paths are the channel's main stream and its extra ones. Which part of the
// picture a stream shows is not told.
func (cam *camera) paths(ctx context.Context) ([]devices.Path, error) {
	kv, err := cam.config(ctx, "Encode")
	if err != nil {
		return nil, err
	}
	port := "554"
	if rtsp, err := cam.config(ctx, "RTSP"); err == nil {
		if n, err := strconv.ParseUint(rtsp["RTSP.Port"], 10, 16); err == nil && n > 0 {
			port = rtsp["RTSP.Port"]
		}
	}
	var paths []devices.Path
	for sub, format := range []string{"MainFormat[0]", "ExtraFormat[0]", "ExtraFormat[1]", "ExtraFormat[2]"} {
		at := fmt.Sprintf("Encode[%d].%s.", cam.channel, format)
		if on, told := kv[at+"VideoEnable"]; !told || on == "false" {
			continue
		}
		p := devices.Path{
			ID: fmt.Sprintf("channel-%d-%d", cam.channel+1, sub), Name: format, Kind: devices.PathStream,
			URL:    fmt.Sprintf("rtsp://%s/cam/realmonitor?channel=%d&subtype=%d", net.JoinHostPort(cam.c.Host(), port), cam.channel+1, sub),
			Window: devices.Unreadable[devices.Rect](errors.New("the device does not tell which part of the picture the stream shows")),
			Codec:  devices.Plain(strings.ReplaceAll(kv[at+"Video.Compression"], ".", ""), 20),
			Sound:  devices.Unreadable[bool](errors.New("the device does not tell whether the stream has sound")),
		}
		p.Width, _ = strconv.Atoi(kv[at+"Video.Width"])
		p.Height, _ = strconv.Atoi(kv[at+"Video.Height"])
		if sound, told := kv[at+"AudioEnable"]; told {
			p.Sound = devices.Of(sound == "true")
		}
		paths = append(paths, p)
	}
	return paths, nil
}

// Methods are the masks, and the lens where the firmware can turn it away.
func (cam *camera) Methods(ctx context.Context) ([]devices.Method, error) {
	var all []devices.Method
	_, err := cam.Masks(ctx)
	switch {
	case err == nil:
		all = append(all, devices.MethodDeviceMask)
	case !errors.Is(err, devices.ErrUnsupported):
		return nil, cam.c.Fail("ask what it can cover with", err)
	}
	_, err = cam.lens(ctx)
	switch {
	case err == nil:
		all = append(all, devices.MethodPark)
	case errors.Is(err, devices.ErrUnreachable) || ctx.Err() != nil:
		return nil, cam.c.Fail("ask what it can cover with", err)
	case !errors.Is(err, devices.ErrUnsupported):
		// A table that a firmware lacks is refused like one that is forbidden.
		cam.c.Log().Warn("lens mask not read", "device", cam.c.Address(), "error", err)
	}
	return all, nil
}

// State reads what the method would change.
func (cam *camera) State(ctx context.Context, m devices.Method) (devices.State, error) {
	s := devices.State{Method: m, Driver: Name}
	var err error
	switch m {
	case devices.MethodDeviceMask:
		s.Data, err = devices.MaskState(ctx, cam)
	case devices.MethodPark:
		var away bool
		if away, err = cam.lens(ctx); err == nil {
			s.Data, err = json.Marshal(lensState{Away: &away})
		}
	default:
		err = fmt.Errorf("%w: %s", devices.ErrUnsupported, m)
	}
	return s, cam.c.Fail("read what "+string(m)+" would change", err)
}

// Apply covers by masks (see devices.ApplyMasks), or turns the lens away.
func (cam *camera) Apply(ctx context.Context, u devices.Undo, c devices.Cover) (devices.Cover, error) {
	var got devices.Cover
	err := cam.mine(u)
	switch {
	case err != nil:
	case u.Method == devices.MethodPark:
		got, err = cam.park(ctx, u, c)
	default:
		got, err = devices.ApplyMasks(ctx, cam, u, c)
	}
	return got, cam.c.Fail("cover by "+string(u.Method), err)
}

// Holds tells whether there are masks for c, or the lens is turned away.
func (cam *camera) Holds(ctx context.Context, u devices.Undo, c devices.Cover) (bool, error) {
	holds := false
	err := cam.mine(u)
	switch {
	case err != nil:
	case u.Method == devices.MethodPark:
		holds, err = cam.parked(ctx, c)
	default:
		holds, err = devices.HoldMasks(ctx, cam, u, c)
	}
	return holds, cam.c.Fail("look for the cover", err)
}

// Restore takes our masks away (see devices.RestoreMasks), or turns the lens
// back.
func (cam *camera) Restore(ctx context.Context, u devices.Undo) error {
	err := cam.mine(u)
	switch {
	case err != nil:
	case u.Method == devices.MethodPark:
		err = cam.unpark(ctx, u)
	default:
		err = devices.RestoreMasks(ctx, cam, u)
	}
	return cam.c.Fail("undo "+string(u.Method), err)
}

// mine refuses what another driver or method journalled.
func (cam *camera) mine(u devices.Undo) error {
	if u.Method != devices.MethodDeviceMask && u.Method != devices.MethodPark || u.Before.Driver != Name || u.Before.Method != u.Method {
		return fmt.Errorf("%w: %s of %q", devices.ErrUnsupported, u.Method, u.Before.Driver)
	}
	return nil
}
