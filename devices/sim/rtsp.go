package sim

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/auth"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/gortsplib/v4/pkg/format/rtpmjpeg"
	"github.com/bluenviron/gortsplib/v4/pkg/liberrors"
	"github.com/pion/rtp"
)

const (
	videoClock  = 90000 // Hz, RFC 2435, 6184 and 7798
	soundClock  = 8000  // Hz, G.711
	soundPacket = 40 * time.Millisecond
	payloadH26x = 96
)

// rtspServer is the device's RTSP side, from boot to halt.
type rtspServer struct {
	dev    *Device
	server *gortsplib.Server
	feeds  []*feed // per lens

	mu       sync.Mutex
	sessions map[*gortsplib.ServerSession]*rtspSession // from their first SETUP
}

type rtspSession struct {
	path    *streamPath
	playing bool
}

// feed is what a lens sends to.
type feed struct {
	paths []*streamPath
	wake  chan struct{} // holds one token when a reader came
	begin time.Time
	base  uint32 // random start of the media clocks, RFC 3550 §5.1
	heard int64  // sound samples sent since begin
}

// streamPath is one RTSP path of a lens.
type streamPath struct {
	dev  *Device
	feed *feed
	lens int
	name string // pathMain or pathSub
	w, h int
	pack packetiser

	mu     sync.RWMutex            // the rest of these: a stream is made anew when its sound changes
	stream *gortsplib.ServerStream // nil until somebody asks for it
	video  *description.Media
	sound  *description.Media // nil without sound
	pitch  float64            // Hz, of the hum that the microphone hears

	soundSN uint16
	readers atomic.Int32 // that play now
}

// packetiser cuts an access unit into RTP packets. It lives as long as the
// path, so that sequence numbers go on over pauses.
type packetiser func(units [][]byte) ([]*rtp.Packet, error)

func (d *Device) serveRTSP(ctx context.Context) (*rtspServer, error) {
	ln, err := d.listen(ctx, &d.cam.RTSPPort, "RTSP")
	if err != nil {
		return nil, err
	}
	s := &rtspServer{dev: d, sessions: map[*gortsplib.ServerSession]*rtspSession{}}
	s.server = &gortsplib.Server{
		Handler:        s,
		RTSPAddress:    d.RTSPAddr(),
		WriteQueueSize: 1024,
		// Digest only: passwords do not cross the line. MD5 only: common
		// players know nothing else.
		AuthMethods: []auth.VerifyMethod{auth.VerifyMethodDigestMD5},
		Listen:      func(string, string) (net.Listener, error) { return ln, nil },
	}
	if err := s.server.Start(); err != nil {
		return nil, fmt.Errorf("RTSP server: %w", err)
	}
	for _, l := range d.lens {
		f := &feed{wake: make(chan struct{}, 1), begin: time.Now(), base: rand.Uint32()}
		s.feeds = append(s.feeds, f)
		for _, name := range d.paths() {
			p, err := s.newPath(f, l.number, name)
			if err != nil {
				s.close()
				return nil, fmt.Errorf("RTSP path lens%d/%s: %w", l.number, name, err)
			}
			f.paths = append(f.paths, p)
		}
	}
	return s, nil
}

// paths names the RTSP paths of each lens.
func (d *Device) paths() []string {
	if d.cam.SubStream {
		return []string{pathMain, pathSub}
	}
	return []string{pathMain}
}

func (d *Device) size(path string) (w, h int) { return d.cam.size(path) }

// size of a path's picture in pixels. The sub-stream shows the whole picture
// at half size, rounded down to what Motion JPEG can carry (RFC 2435 §3.1).
func (c *Camera) size(path string) (w, h int) {
	if path == pathSub {
		return c.Width / 2 &^ 15, c.Height / 2 &^ 7
	}
	return c.Width, c.Height
}

func (s *rtspServer) newPath(f *feed, lens int, name string) (*streamPath, error) {
	p := &streamPath{dev: s.dev, feed: f, lens: lens, name: name, soundSN: uint16(rand.Uint32())}
	p.w, p.h = s.dev.size(name)
	_, pack, err := videoFormat(s.dev.cam.Codec, s.dev.sets[name])
	if err != nil {
		return nil, err
	}
	p.pack = pack
	return p, nil
}

// fit makes the path's stream as its profile is set.
func (s *rtspServer) fit(p *streamPath) error {
	video, _, err := videoFormat(s.dev.cam.Codec, s.dev.sets[p.name])
	if err != nil {
		return err
	}
	p.video = &description.Media{Type: description.MediaTypeVideo, Formats: []format.Format{video}}
	p.sound = nil
	desc := &description.Session{Title: s.dev.cam.Name, Medias: []*description.Media{p.video}}
	if set := s.dev.streamed(profileToken(p.lens, p.name)); set.on() {
		p.pitch = 110 * float64(set.microphone())
		p.sound = &description.Media{Type: description.MediaTypeAudio, Formats: []format.Format{
			&format.G711{PayloadTyp: 0, MULaw: true, SampleRate: soundClock, ChannelCount: 1},
		}}
		desc.Medias = append(desc.Medias, p.sound)
	}
	p.stream = &gortsplib.ServerStream{Server: s.server, Desc: desc}
	return p.stream.Initialize()
}

// refit makes a path's stream anew; who plays it is cut off, as by cameras
// that start their encoders again.
func (s *rtspServer) refit(lens int, name string) error {
	for _, p := range s.feeds[lens-1].paths {
		if p.name == name {
			p.mu.Lock()
			defer p.mu.Unlock()
			if p.stream == nil {
				return nil // nobody asked for it yet
			}
			p.stream.Close()
			return s.fit(p)
		}
	}
	return nil
}

// open gives the path's stream, and makes it if nobody asked for it before:
// each one costs goroutines.
func (s *rtspServer) open(p *streamPath) (*gortsplib.ServerStream, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stream == nil {
		if err := s.fit(p); err != nil {
			p.stream = nil
			return nil, err
		}
	}
	return p.stream, nil
}

// disconnect ends all sessions.
func (s *rtspServer) disconnect() {
	s.mu.Lock()
	list := slices.Collect(maps.Keys(s.sessions))
	s.mu.Unlock()
	for _, x := range list {
		x.Close()
	}
}

func videoFormat(codec string, sets parameterSets) (format.Format, packetiser, error) {
	switch codec {
	case codecH264:
		f := &format.H264{PayloadTyp: payloadH26x, PacketizationMode: 1, SPS: sets.sps, PPS: sets.pps}
		e, err := f.CreateEncoder()
		if err != nil {
			return nil, nil, err
		}
		return f, e.Encode, nil
	case codecH265:
		f := &format.H265{PayloadTyp: payloadH26x, VPS: sets.vps, SPS: sets.sps, PPS: sets.pps}
		e, err := f.CreateEncoder()
		if err != nil {
			return nil, nil, err
		}
		return f, e.Encode, nil
	default:
		f := &format.MJPEG{}
		e := &rtpmjpeg.Encoder{}
		if err := e.Init(); err != nil {
			return nil, nil, err
		}
		return f, func(units [][]byte) ([]*rtp.Packet, error) { return e.Encode(units[0]) }, nil
	}
}

func (s *rtspServer) close() {
	for _, f := range s.feeds {
		for _, p := range f.paths {
			p.mu.Lock()
			if p.stream != nil {
				p.stream.Close()
			}
			p.mu.Unlock()
		}
	}
	s.server.Close()
}

func (p *streamPath) newEncoder(ctx context.Context) (encoder, error) {
	if p.dev.cam.Codec == codecMJPEG {
		return jpegEncoder{out: p.send}, nil
	}
	return startChild(ctx, p.dev.cam, p.w, p.h, p.send)
}

// send hands one coded picture to all readers.
func (p *streamPath) send(units [][]byte, taken time.Time) error {
	packets, err := p.pack(units)
	if err != nil {
		return fmt.Errorf("packetise: %w", err)
	}
	p.mu.RLock()
	defer p.mu.RUnlock()
	for _, k := range packets {
		k.Timestamp = p.feed.timestamp(taken)
		// The sender reports relate both media clocks to the time of taking,
		// so that players keep picture and sound together.
		if err := p.stream.WritePacketRTPWithNTP(p.video, k, taken); err != nil {
			return fmt.Errorf("send: %w", err)
		}
	}
	return nil
}

// read tells whether anybody reads.
func (f *feed) read() bool {
	for _, p := range f.paths {
		if p.readers.Load() > 0 {
			return true
		}
	}
	return false
}

// timestamp is the picture clock at a moment.
func (f *feed) timestamp(t time.Time) uint32 {
	return f.base + uint32(t.Sub(f.begin).Microseconds()*(videoClock/1000)/1000)
}

// sendSound sends what the microphone heard since the last call: a low hum.
func (f *feed) sendSound() {
	const samples = int64(soundPacket) * soundClock / int64(time.Second)
	due := int64(time.Since(f.begin)) / int64(time.Millisecond) * soundClock / 1000
	if due-f.heard > 10*samples { // nobody read for a while
		f.heard = due - samples
	}
	for ; f.heard+samples <= due; f.heard += samples {
		for _, p := range f.paths {
			if p.readers.Load() > 0 {
				p.sendSound(f.heard, samples)
			}
		}
	}
}

// sendSound sends one packet of what the path's microphone hears.
func (p *streamPath) sendSound(from, samples int64) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if p.sound == nil {
		return
	}
	payload := make([]byte, samples)
	for i := range payload {
		payload[i] = muLaw(int(800 * math.Sin(2*math.Pi*p.pitch*float64(from+int64(i))/soundClock)))
	}
	p.soundSN++
	err := p.stream.WritePacketRTPWithNTP(p.sound, &rtp.Packet{
		Header:  rtp.Header{Version: 2, PayloadType: 0, SequenceNumber: p.soundSN, Timestamp: p.feed.base + uint32(from)},
		Payload: payload,
	}, p.feed.begin.Add(time.Duration(from)*(time.Second/soundClock)))
	if err != nil {
		p.dev.log.Warn("sound was not sent", "path", p.name, "error", err)
	}
}

// muLaw compresses a 16-bit sample (ITU-T G.711).
func muLaw(v int) byte {
	sign := byte(0)
	if v < 0 {
		v, sign = -v, 0x80
	}
	v = min(v, 32635) + 132
	exponent := 7
	for mask := 0x4000; v&mask == 0 && exponent > 0; mask >>= 1 {
		exponent--
	}
	return ^(sign | byte(exponent)<<4 | byte(v>>(exponent+3)&15))
}

// find returns the path of a request, or nil.
func (s *rtspServer) find(path string) *streamPath {
	for i, f := range s.feeds {
		for _, p := range f.paths {
			if strings.Trim(path, "/") == fmt.Sprintf("lens%d/%s", i+1, p.name) {
				return p
			}
		}
	}
	return nil
}

// allowed checks the login of a request and finds its path.
func (s *rtspServer) allowed(c *gortsplib.ServerConn, r *base.Request, path string) (*streamPath, *base.Response, error) {
	if !c.VerifyCredentials(r, s.dev.cam.User, s.dev.cam.Password) {
		return nil, &base.Response{StatusCode: base.StatusUnauthorized}, liberrors.ErrServerAuth{}
	}
	p := s.find(path)
	if p == nil {
		return nil, &base.Response{StatusCode: base.StatusNotFound}, nil
	}
	return p, &base.Response{StatusCode: base.StatusOK}, nil
}

// OnDescribe is called by the RTSP server.
func (s *rtspServer) OnDescribe(c *gortsplib.ServerHandlerOnDescribeCtx) (*base.Response, *gortsplib.ServerStream, error) {
	p, res, err := s.allowed(c.Conn, c.Request, c.Path)
	if p == nil {
		return res, nil, err
	}
	stream, err := s.open(p)
	return res, stream, err
}

// OnSetup is called by the RTSP server.
func (s *rtspServer) OnSetup(c *gortsplib.ServerHandlerOnSetupCtx) (*base.Response, *gortsplib.ServerStream, error) {
	p, res, err := s.allowed(c.Conn, c.Request, c.Path)
	if p == nil {
		return res, nil, err
	}
	single := s.dev.fault(FaultSingleSession)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sessions[c.Session] == nil {
		if single && len(s.sessions) > 0 {
			s.dev.count(func(t *Stats) { t.Busy++ })
			return &base.Response{StatusCode: base.StatusNotEnoughBandwidth}, nil, nil
		}
		s.sessions[c.Session] = &rtspSession{path: p}
		n := len(s.sessions)
		s.dev.count(func(t *Stats) { t.Sessions, t.MaxSeen = n, max(t.MaxSeen, n) })
	}
	stream, err := s.open(p)
	return res, stream, err
}

// OnPlay is called by the RTSP server.
func (s *rtspServer) OnPlay(c *gortsplib.ServerHandlerOnPlayCtx) (*base.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if x := s.sessions[c.Session]; x != nil && !x.playing {
		x.playing = true
		x.path.readers.Add(1)
		for _, f := range s.feeds {
			select {
			case f.wake <- struct{}{}:
			default:
			}
		}
	}
	return &base.Response{StatusCode: base.StatusOK}, nil
}

// OnPause is called by the RTSP server.
func (s *rtspServer) OnPause(c *gortsplib.ServerHandlerOnPauseCtx) (*base.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if x := s.sessions[c.Session]; x != nil && x.playing {
		x.playing = false
		x.path.readers.Add(-1)
	}
	return &base.Response{StatusCode: base.StatusOK}, nil
}

// OnSessionClose is called by the RTSP server.
func (s *rtspServer) OnSessionClose(c *gortsplib.ServerHandlerOnSessionCloseCtx) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.sessions[c.Session]
	if x == nil {
		return
	}
	if x.playing {
		x.path.readers.Add(-1)
	}
	delete(s.sessions, c.Session)
	n := len(s.sessions)
	s.dev.count(func(t *Stats) { t.Sessions = n })
}
