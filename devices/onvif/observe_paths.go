package onvif

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/lensdop/lensdop/devices"
	"github.com/use-go/onvif/media"
	xsdonvif "github.com/use-go/onvif/xsd/onvif"
)

// maxProfiles bounds the paths of one camera, and with them the requests of
// one Observe.
const maxProfiles = 64

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
		if !p.sound && p.soundDoubt != nil {
			path.Sound = devices.Unreadable[bool](fmt.Errorf("whether there is sound in it could not be asked everywhere: %w", p.soundDoubt))
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
		if i := slices.IndexFunc(paths, func(q devices.Path) bool { return q.Kind == path.Kind && q.URL == path.URL && q.URL != "" }); i >= 0 {
			// Both services have it, under two names.
			if p.sound {
				paths[i].Sound = path.Sound
			}
			continue
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
