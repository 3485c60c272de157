package onvif

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/use-go/onvif/device"
	"github.com/use-go/onvif/media"
	xsdonvif "github.com/use-go/onvif/xsd/onvif"
)

// maxProfiles bounds the paths of one camera, and with them the requests of
// one Observe.
const maxProfiles = 64

const locationScope = "onvif://www.onvif.org/location/"

// Observe asks for everything that the device tells of the camera. A path
// whose stream address the device refuses to tell has an empty URL: it cannot
// be looked at, and is listed so that nobody forgets it. The error is for a
// device that does not answer, that no longer lets the account in, or for ctx.
func (cam *camera) Observe(ctx context.Context) (devices.Observation, error) {
	const op = "ask for facts"
	var o devices.Observation
	skew, told, err := cam.c.readClock(ctx)
	o.At = cam.c.o.Now()
	switch {
	case errors.Is(err, devices.ErrUnreachable), ctx.Err() != nil:
		return o, cam.c.fail(op, err)
	case err == nil && told:
		o.ClockSkew = devices.Of(skew)
	case err == nil:
		o.ClockSkew = devices.Unreadable[time.Duration](errors.New("the device answers without a time"))
	default:
		o.ClockSkew = reading(skew, err)
	}

	src, sizeErr := cam.sourceSize(ctx)
	profiles, err := cam.c.profiles(ctx)
	if errors.Is(err, devices.ErrLogin) || errors.Is(err, devices.ErrUnreachable) {
		return o, cam.c.fail(op, err)
	}
	if err == nil && sizeErr != nil && !errors.Is(sizeErr, devices.ErrUnsupported) {
		cam.c.o.Log.Warn("video sources not read", "device", cam.c.address, "error", sizeErr)
	}
	o.Paths = devices.Unreadable[[]devices.Path](err)
	if err == nil {
		o.Paths = reading(cam.paths(ctx, profiles, src))
	}
	o.PTZ = cam.ptz(profiles, err)
	o.Masks, o.MaskLimit = cam.observeMasks(ctx)
	o.SoundSources = reading(cam.soundSources(ctx))
	o.OSD = reading(cam.osd(ctx))
	o.Location = reading(cam.location(ctx))
	o.Users = reading(cam.users(ctx))
	if ctx.Err() != nil {
		return o, cam.c.fail(op, interrupted(ctx))
	}
	return o, nil
}

// reading turns an answer into one of the three kinds.
func reading[T any](v T, err error) devices.Value[T] {
	switch {
	case err == nil:
		return devices.Of(v)
	case errors.Is(err, devices.ErrLogin), errors.Is(err, devices.ErrMalformed), errors.Is(err, devices.ErrUnreachable):
		return devices.Unreadable[T](err)
	case errors.Is(err, devices.ErrUnsupported):
		return devices.NotSupported[T]()
	default:
		return devices.Unreadable[T](err)
	}
}

func (cam *camera) paths(ctx context.Context, profiles []profile, src size) ([]devices.Path, error) {
	var paths []devices.Path
	shots := map[string]bool{}
	n := 0
	for _, p := range profiles {
		if !cam.owns(p.video) || p.token == "" {
			continue
		}
		if n++; n > maxProfiles {
			return nil, fmt.Errorf("%w: %w: over %d profiles", devices.ErrMalformed, devices.ErrOutOfBounds, maxProfiles)
		}
		path := devices.Path{
			ID: p.token, Name: p.name, Kind: devices.PathStream,
			Window: p.video.window(src), Sound: devices.Of(p.sound),
		}
		if p.encoder != nil {
			path.Codec = codec(p.encoder.Encoding)
			path.Width, path.Height = max(p.encoder.Resolution.Width, 0), max(p.encoder.Resolution.Height, 0)
		}
		if p.bare {
			path.Sound = devices.Unreadable[bool](errors.New("the device does not tell what is in this profile"))
		}
		addr, err := cam.c.streamURL(ctx, p)
		if ctx.Err() != nil {
			return nil, interrupted(ctx)
		}
		switch {
		case err == nil:
			path.URL = addr
		case p.encoder == nil && !p.sound && !p.bare && answered(err):
			continue // nothing is encoded in it and it does not stream
		default:
			path.Window = devices.Unreadable[devices.Rect](fmt.Errorf("no stream address: %w", err))
		}
		paths = append(paths, path)

		shot, err := cam.c.snapshotURL(ctx, p)
		if ctx.Err() != nil {
			return nil, interrupted(ctx)
		}
		if err == nil && !shots[shot] {
			shots[shot] = true
			paths = append(paths, devices.Path{
				ID: "snapshot:" + p.token, Name: p.name, Kind: devices.PathSnapshot, URL: shot,
				Window: p.video.window(src), Codec: "MJPEG", Sound: devices.Of(false),
			})
		} else if err != nil && !errors.Is(err, devices.ErrUnsupported) {
			cam.c.o.Log.Debug("no snapshot address", "device", cam.c.address, "error", err)
		}
	}
	return paths, nil
}

// codec is the name that package devices uses.
func codec(s string) string {
	switch s = strings.ToUpper(plain(s, 32)); s {
	case "JPEG":
		return "MJPEG"
	case "HEVC":
		return "H265"
	default:
		return s
	}
}

func (c *client) streamURL(ctx context.Context, p profile) (string, error) {
	var m mediaURI
	if p.fromMedia2 {
		if err := c.callService(ctx, nsMedia2, getStreamURI2{Protocol: "RTSP", ProfileToken: p.token}, &m); err != nil {
			return "", err
		}
		return c.path(m.Media2, "rtsp", "rtsps")
	}
	in := media.GetStreamUri{ProfileToken: xsdonvif.ReferenceToken(p.token)}
	in.StreamSetup.Stream = "RTP-Unicast"
	in.StreamSetup.Transport.Protocol = "RTSP"
	if err := c.callService(ctx, nsMedia, in, &m); err != nil {
		return "", err
	}
	return c.path(m.Media1, "rtsp", "rtsps")
}

func (c *client) snapshotURL(ctx context.Context, p profile) (string, error) {
	var m mediaURI
	if p.fromMedia2 {
		if err := c.callService(ctx, nsMedia2, getSnapshotURI2{ProfileToken: p.token}, &m); err != nil {
			return "", err
		}
		return c.path(m.Media2, "http", "https")
	}
	if err := c.callService(ctx, nsMedia, media.GetSnapshotUri{ProfileToken: xsdonvif.ReferenceToken(p.token)}, &m); err != nil {
		return "", err
	}
	return c.path(m.Media1, "http", "https")
}

// path makes an address that leads to the dialled host and carries no login.
func (c *client) path(addr string, schemes ...string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(addr))
	if err != nil || u.Host == "" {
		// Not quoted: a login may be inside.
		return "", fmt.Errorf("%w: the address of the picture", devices.ErrMalformed)
	}
	u.Scheme = strings.ToLower(u.Scheme)
	if u.Scheme != schemes[0] && u.Scheme != schemes[1] {
		return "", fmt.Errorf("%w: the address of the picture is not %s", devices.ErrMalformed, schemes[0])
	}
	port := u.Port()
	if port != "" && !validPort(port) {
		return "", fmt.Errorf("%w: the port in the address of the picture", devices.ErrMalformed)
	}
	u.User, u.Fragment = nil, ""
	switch {
	case port != "":
		u.Host = net.JoinHostPort(c.host, port)
	case strings.Contains(c.host, ":"):
		u.Host = "[" + c.host + "]"
	default:
		u.Host = c.host
	}
	u.RawQuery = withoutLogin(u.RawQuery)
	if pw := string(c.cred.Password); len(pw) > 3 {
		s := u.String()
		if strings.Contains(s, pw) || strings.Contains(s, url.QueryEscape(pw)) || strings.Contains(s, url.PathEscape(pw)) {
			return "", fmt.Errorf("%w: the address of the picture has the login inside", devices.ErrMalformed)
		}
	}
	return u.String(), nil
}

// withoutLogin drops the query fields by which some firmwares hand out the
// login, and leaves the rest byte for byte.
func withoutLogin(query string) string {
	var kept []string
	for f := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(f, "=")
		switch strings.ToLower(name) {
		case "user", "usr", "username", "loginuse", "password", "passwd", "pass", "pwd", "psw", "loginpas":
		default:
			kept = append(kept, f)
		}
	}
	return strings.Join(kept, "&")
}

// ptz tells whether the device can move this camera.
func (cam *camera) ptz(profiles []profile, err error) devices.Value[bool] {
	if cam.c.services[nsPTZ] == nil {
		return devices.Of(false)
	}
	if err != nil {
		return devices.Unreadable[bool](err)
	}
	for _, p := range profiles {
		if p.ptz && cam.owns(p.video) {
			return devices.Of(true)
		}
	}
	return devices.Of(false)
}

func (cam *camera) observeMasks(ctx context.Context) (devices.Value[[]devices.Mask], devices.Value[int]) {
	layers, err := cam.readMasks(ctx, false)
	if err != nil {
		return reading([]devices.Mask(nil), err), reading(0, err)
	}
	masks := []devices.Mask{}
	for _, m := range allMasks(layers) {
		masks = append(masks, devices.Mask{
			Token: m.Token, Zone: devices.Zone{ID: m.Token, Polygon: m.Polygon},
			Enabled: m.Enabled, Type: m.Type, Configuration: m.Configuration,
		})
	}
	least := -1
	for _, l := range layers {
		var o maskOptions
		if err := cam.c.callService(ctx, nsMedia2, getMaskOptions2{ConfigurationToken: l.configuration}, &o); err != nil {
			return devices.Of(masks), reading(0, err)
		}
		n := o.Options.MaxMasks
		if n == nil {
			return devices.Of(masks), devices.Unreadable[int](errors.New("the device does not tell how many masks it holds"))
		}
		if least < 0 || *n < least {
			least = *n
		}
	}
	return devices.Of(masks), devices.Of(max(least, 0))
}

// soundSources counts microphones and line inputs of the device by the first
// service that tells them.
func (cam *camera) soundSources(ctx context.Context) (int, error) {
	var one audioSources
	err1 := cam.c.callService(ctx, nsMedia, media.GetAudioSources{}, &one)
	if err1 == nil {
		return len(one.AudioSources), nil
	}
	var io tokenList
	errIO := cam.c.callService(ctx, nsDeviceIO, getAudioSourcesIO{}, &io)
	if errIO == nil {
		return len(io.Token), nil
	}
	var two audioSourceConfigurations
	err2 := cam.c.callService(ctx, nsMedia2, getAudioSourceConfigurations2{}, &two)
	if err2 == nil {
		tokens := map[string]bool{}
		for _, c := range two.Configurations {
			tokens[c.SourceToken] = true
		}
		return len(tokens), nil
	}
	// Only a device all of whose services say so has no sound.
	return 0, several(err1, errIO, err2)
}

// osd lists the texts that the device writes into the camera's picture.
func (cam *camera) osd(ctx context.Context) ([]string, error) {
	var list osdList
	err := cam.c.callService(ctx, nsMedia2, getOSDs2{}, &list)
	if fatal(err) {
		return nil, err
	}
	if err != nil {
		list = osdList{}
		if e := cam.c.callService(ctx, nsMedia, getOSDs1{}, &list); e != nil {
			return nil, several(err, e)
		}
	}
	own := map[string]bool{}
	if len(list.OSDs) > 0 {
		configs, err := cam.configurations(ctx)
		if err != nil {
			return nil, err
		}
		for _, c := range configs {
			own[c.Token] = true
		}
	}
	texts := []string{}
	for _, d := range list.OSDs {
		at := strings.TrimSpace(d.Configuration)
		if text := plain(d.Text, 400); text != "" && (own[at] || at == "" && cam.first) {
			texts = append(texts, text)
		}
	}
	return texts, nil
}

func (cam *camera) location(ctx context.Context) ([]string, error) {
	var list scopeList
	if err := cam.c.call(ctx, cam.c.device, device.GetScopes{}, &list, true); err != nil {
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
	if err := cam.c.call(ctx, cam.c.device, device.GetUsers{}, &list, true); err != nil {
		return nil, err
	}
	out := []devices.User{}
	for _, u := range list.User {
		out = append(out, devices.User{Name: plain(u.Name, 100), Level: plain(u.Level, 40)})
	}
	return out, nil
}
