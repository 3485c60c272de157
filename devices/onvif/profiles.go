package onvif

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/lensdop/lensdop/devices"
	"github.com/use-go/onvif/media"
)

// profile is a media profile in the words of neither service.
type profile struct {
	token, name string
	video       *sourceConfiguration
	encoder     *encoder
	sound       bool   // a sound encoder is in it
	soundDoubt  error  // a service that could not be asked may know of one
	audioSource string // token of the sound source in it, if told
	ptz         bool
	analytics   []string // tokens of its analytics configurations
	bare        bool     // nothing but its name is known
	fromMedia2  bool
}

// maySound tells that a sound encoder is in it, or that nobody knows.
func (p profile) maySound() bool { return p.sound || p.soundDoubt != nil || p.bare }

// profiles asks both media services. Media2 alone lists profiles with codecs
// newer than H.264, the media service those that older recorders use; sound in
// a profile is what either tells of.
func (c *client) profiles(ctx context.Context) ([]profile, error) {
	var list profileList
	// By name: "All" makes some firmwares fall over.
	err2 := c.callService(ctx, nsMedia2, getProfiles2{
		Type: []string{"VideoSource", "VideoEncoder", "AudioSource", "AudioEncoder", "PTZ"},
	}, &list)
	if fatal(err2) {
		return nil, err2
	}
	two := list.profiles(true)
	list = profileList{}
	err1 := c.callService(ctx, nsMedia, media.GetProfiles{}, &list)
	if ctx.Err() != nil {
		return nil, interrupted(ctx)
	}
	one := list.profiles(false)
	for service, err := range map[string]error{"Media2": err2, "media": err1} {
		if err != nil && !errors.Is(err, devices.ErrUnsupported) {
			c.o.Log.Warn("profiles not read", "service", service, "device", c.address, "error", err)
		}
	}
	if len(two) > 0 {
		all := merge(two, one)
		if err1 != nil && !errors.Is(err1, devices.ErrUnsupported) {
			for i := range all {
				all[i].soundDoubt = err1
			}
		}
		return all, nil
	}
	if err1 != nil {
		return nil, several(err2, err1)
	}
	if err2 == nil || errors.Is(err2, devices.ErrUnsupported) {
		return one, nil
	}
	// Without types the answer has names only. A profile that is in no other
	// list is a way to the picture all the same.
	list = profileList{}
	err := c.callService(ctx, nsMedia2, getProfiles2{}, &list)
	if fatal(err) {
		return nil, err
	}
	for i := range one {
		one[i].soundDoubt = err2
	}
	for _, p := range list.profiles(true) {
		if err == nil && !slices.ContainsFunc(one, func(q profile) bool { return q.token == p.token }) {
			p.bare = true
			one = append(one, p)
		}
	}
	return one, nil
}

// merge adds to the profiles of one service what another tells of them, and
// those that only the other knows.
func merge(all, more []profile) []profile {
	for _, m := range more {
		i := slices.IndexFunc(all, func(p profile) bool { return p.token == m.token })
		if i < 0 {
			all = append(all, m)
			continue
		}
		p := &all[i]
		p.sound, p.ptz = p.sound || m.sound, p.ptz || m.ptz
		if p.video == nil {
			p.video = m.video
		}
		if p.encoder == nil {
			p.encoder = m.encoder
		}
		if p.audioSource == "" {
			p.audioSource = m.audioSource
		}
		for _, token := range m.analytics {
			if !slices.Contains(p.analytics, token) {
				p.analytics = append(p.analytics, token)
			}
		}
	}
	return all
}

func (l profileList) profiles(two bool) []profile {
	out := make([]profile, 0, len(l.Profiles))
	for _, p := range l.Profiles {
		q := profile{token: p.Token, name: plain(p.Name, 100), fromMedia2: two}
		analytics := p.Analytics
		if two {
			q.video, q.encoder, q.sound, q.ptz = p.Two.VideoSource, p.Two.Encoder, p.Two.Audio != nil, p.Two.PTZ != nil
			q.audioSource, analytics = strings.TrimSpace(p.Two.AudioSource), p.Two.Analytics
		} else {
			q.video, q.encoder, q.sound, q.ptz = p.VideoSource, p.Encoder, p.Audio != nil, p.PTZ != nil
			q.audioSource = strings.TrimSpace(p.AudioSource)
		}
		if analytics != nil && analytics.Token != "" {
			q.analytics = []string{analytics.Token}
		}
		out = append(out, q)
	}
	return out
}

// owns tells whether a configuration of this source token is the camera's. A
// device with one lens may leave the token out.
func (cam *camera) owns(s *sourceConfiguration) bool {
	if s == nil || strings.TrimSpace(s.SourceToken) == "" {
		return cam.first
	}
	return s.SourceToken == cam.info.Source
}

// configurations lists the video source configurations of the camera.
func (cam *camera) configurations(ctx context.Context) ([]sourceConfiguration, error) {
	var list videoSourceConfigurations
	err := cam.c.callService(ctx, nsMedia2, getVideoSourceConfigurations2{}, &list)
	if fatal(err) {
		return nil, err
	}
	if err != nil || len(list.Configurations) == 0 {
		list = videoSourceConfigurations{}
		if e := cam.c.callService(ctx, nsMedia, media.GetVideoSourceConfigurations{}, &list); e != nil {
			return nil, several(err, e)
		}
	}
	var out []sourceConfiguration
	for _, s := range list.Configurations {
		if cam.owns(&s) && s.Token != "" {
			out = append(out, s)
		}
	}
	return out, nil
}

// sourceSize is the size of the camera's video source; zero if the device
// does not tell it.
func (cam *camera) sourceSize(ctx context.Context) (size, error) {
	var v videoSources
	err := cam.c.callService(ctx, nsMedia, media.GetVideoSources{}, &v)
	if err != nil && !errors.Is(err, devices.ErrUnsupported) {
		return size{}, err
	}
	for _, s := range v.VideoSources {
		if s.Token == cam.info.Source {
			return s.Resolution, nil
		}
	}
	return size{}, nil
}

// window is the part of the video source that a configuration shows.
func (s *sourceConfiguration) window(src size) devices.Value[devices.Rect] {
	unknown := func(why string) devices.Value[devices.Rect] {
		return devices.Unreadable[devices.Rect](errors.New(why))
	}
	if s == nil {
		return unknown("the profile has no video source")
	}
	switch localQName(s.ViewMode) {
	case "", "Original", "Fisheye":
	default:
		return unknown("the profile shows the video source in another projection: " + localQName(s.ViewMode))
	}
	if s.Bounds == nil || src.Width <= 0 || src.Height <= 0 {
		return unknown("the device does not tell which part of the video source this shows")
	}
	b := *s.Bounds
	turned := s.Rotate != "" && !strings.EqualFold(strings.TrimSpace(s.Rotate), "OFF")
	if b.X == 0 && b.Y == 0 && (b.Width == src.Width && b.Height == src.Height ||
		turned && b.Width == src.Height && b.Height == src.Width) {
		return devices.Of(devices.Full())
	}
	if turned {
		return unknown("the profile shows a part of a rotated video source")
	}
	if b.X < 0 || b.Y < 0 || b.Width <= 0 || b.Height <= 0 || b.Width > src.Width || b.Height > src.Height ||
		b.X > src.Width-b.Width || b.Y > src.Height-b.Height {
		return unknown("the bounds that the device tells lie outside its video source")
	}
	w, h := float64(src.Width), float64(src.Height)
	return devices.Of(devices.Rect{
		Min: devices.Point{X: float64(b.X) / w, Y: float64(b.Y) / h},
		Max: devices.Point{X: float64(b.X+b.Width) / w, Y: float64(b.Y+b.Height) / h},
	})
}
