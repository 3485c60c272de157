package rtsp

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/gortsplib/v4/pkg/liberrors"
	"github.com/bluenviron/gortsplib/v4/pkg/sdp"
	"github.com/pion/rtp"

	"github.com/lensdop/lensdop/devices"
)

// goodbye is how long the device gets to take a TEARDOWN.
const goodbye = time.Second

var errTooMuch = fmt.Errorf("the device sent %w of %d bytes", devices.ErrOutOfBounds, maxLookBytes)

// session is one RTSP connection, from dial to TEARDOWN.
type session struct {
	target Target
	url    *base.URL
	client *gortsplib.Client
	ended  chan error // what the client ended with
	close  func()     // once; waits until nothing of the client is left

	// Written by the client's goroutine before Describe returns.
	sdp    []byte
	broken bool

	mu     sync.Mutex
	conn   net.Conn
	killed bool // by us, since the limit came and TEARDOWN did not get through

	desc *description.Session
}

// track is the video track to look at.
type track struct {
	codec  string
	media  *description.Media
	format format.Format
	params params
}

// address checks a target's URL and returns it without a login. Its errors do
// not repeat the URL, which may carry one.
func (t Target) address(schemes ...string) (*url.URL, error) {
	u, err := url.Parse(t.URL)
	if err != nil || u.Host == "" || u.Opaque != "" {
		return nil, t.fail("read the path's address", fmt.Errorf("%w: not an address", devices.ErrMalformed), "")
	}
	ok := false
	for _, s := range schemes {
		ok = ok || u.Scheme == s
	}
	if !ok {
		return nil, t.fail("read the path's address", fmt.Errorf("%w: scheme %q, not %s", devices.ErrUnsupported, word(u.Scheme), strings.Join(schemes, " or ")), "")
	}
	if host, _, err := net.SplitHostPort(t.Device); err == nil && !strings.EqualFold(host, u.Hostname()) {
		return nil, t.fail("read the path's address", fmt.Errorf("%w: the device names another host for its stream", devices.ErrMalformed),
			"set the device's own address in its network settings (behind address translation it may announce the inner one)")
	}
	u.User, u.Fragment = nil, ""
	return u, nil
}

// tlsConfig verifies by the pinned certificate, or else as usual. Each
// connection needs its own: gortsplib writes into it.
func (t Target) tlsConfig() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if t.TLSPin == "" {
		return c, nil
	}
	pin, err := hex.DecodeString(strings.ReplaceAll(t.TLSPin, ":", ""))
	if err != nil || len(pin) != sha256.Size {
		return nil, t.fail("read the certificate's pin", errors.New("not a SHA-256 in hexadecimal"), "copy it anew")
	}
	c.InsecureSkipVerify = true // the pin below takes the place of the authorities
	c.VerifyConnection = func(s tls.ConnectionState) error {
		if len(s.PeerCertificates) == 0 {
			return errPin
		}
		sum := sha256.Sum256(s.PeerCertificates[0].Raw)
		if subtle.ConstantTimeCompare(sum[:], pin) != 1 {
			return errPin
		}
		return nil
	}
	return c, nil
}

var errPin = errors.New("the certificate is not the pinned one")

// open prepares a session. Nothing is dialled before describe.
func open(ctx context.Context, t Target, limit time.Duration) (*session, error) {
	u, err := t.address("rtsp", "rtsps")
	if err != nil {
		return nil, err
	}
	conf, err := t.tlsConfig()
	if err != nil {
		return nil, err
	}
	// gortsplib reads per cent signs in its own way.
	bu, err := base.ParseURL(u.String())
	if err != nil {
		return nil, t.fail("read the path's address", fmt.Errorf("%w: not an address", devices.ErrMalformed), "")
	}
	if t.Credentials.User != "" {
		bu.User = url.UserPassword(t.Credentials.User, string(t.Credentials.Password))
	}
	s := &session{target: t, url: bu, ended: make(chan error, 1)}
	tcp := gortsplib.TransportTCP
	s.client = &gortsplib.Client{
		Scheme:       bu.Scheme,
		Host:         bu.Host,
		Transport:    &tcp,
		TLSConfig:    conf,
		ReadTimeout:  limit,
		WriteTimeout: limit,
		UserAgent:    "lensdop",
		DialContext: func(dctx context.Context, network, address string) (net.Conn, error) {
			return s.dial(dctx, network, address)
		},
		OnResponse:        s.screen,
		OnTransportSwitch: func(error) {},
		OnPacketsLost:     func(uint64) {},
		OnDecodeError:     func(error) {},
	}
	if err := s.client.Start2(); err != nil {
		return nil, t.fail("open the stream", errors.New("the RTSP client does not start"), "")
	}
	waited := make(chan struct{})
	go func() {
		defer close(waited)
		s.ended <- s.client.Wait()
	}()
	end := sync.OnceFunc(func() {
		// A device that does not read blocks the TEARDOWN; a device that
		// stalls in a TLS handshake blocks even before.
		kill := time.AfterFunc(goodbye, s.kill)
		s.client.Close()
		kill.Stop()
		<-waited
	})
	hooked := make(chan struct{})
	unhook := context.AfterFunc(ctx, func() {
		defer close(hooked)
		end()
	})
	s.close = sync.OnceFunc(func() {
		if !unhook() {
			<-hooked
		}
		end()
	})
	return s, nil
}

func (s *session) kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.killed = true
	if s.conn != nil {
		_ = s.conn.Close() // ends what hangs on it; the client closes it again and reports
	}
}

// dial connects to the host of the target's URL and to no other.
func (s *session) dial(ctx context.Context, network, address string) (net.Conn, error) {
	want := s.url.Host
	if s.url.Port() == "" {
		port := "554"
		if s.url.Scheme == "rtsps" {
			port = "322"
		}
		want = net.JoinHostPort(s.url.Hostname(), port)
	}
	if address != want {
		return nil, fmt.Errorf("%w: the device sends us to another address", devices.ErrMalformed)
	}
	c, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	b := &boundedConn{Conn: c, left: maxLookBytes}
	s.mu.Lock()
	s.conn = b
	s.mu.Unlock()
	return b, nil
}

// boundedConn ends a connection that brings more than a look may cost.
type boundedConn struct {
	net.Conn
	left int64 // only Read touches it, and one goroutine reads
}

func (c *boundedConn) Read(b []byte) (int, error) {
	if c.left <= 0 {
		return 0, errTooMuch
	}
	n, err := c.Conn.Read(b[:min(int64(len(b)), c.left)])
	c.left -= int64(n)
	return n, err
}

// screen sees each response before gortsplib acts on it: it stops redirects,
// keeps the password off an open line, and tries the session description
// where a panic can still be caught.
func (s *session) screen(r *base.Response) {
	if r.StatusCode >= 300 && r.StatusCode < 400 {
		delete(r.Header, "Location")
	}
	if s.url.Scheme != "rtsps" && !s.target.AllowBasic {
		var keep base.HeaderValue
		for _, v := range r.Header["WWW-Authenticate"] {
			if !strings.HasPrefix(strings.ToLower(strings.TrimSpace(v)), "basic") {
				keep = append(keep, v)
			}
		}
		if _, ok := r.Header["WWW-Authenticate"]; ok {
			r.Header["WWW-Authenticate"] = keep
		}
	}
	if ct := r.Header["Content-Type"]; s.sdp == nil && len(ct) == 1 && strings.HasPrefix(ct[0], "application/sdp") {
		s.sdp = append([]byte{}, r.Body...)
		if breaks(s.sdp) {
			s.broken = true
			r.Body = []byte("v=broken\r\n") // refused by the parser with an error
		}
	}
}

// breaks tells whether gortsplib's parsers panic on a session description.
func breaks(body []byte) (yes bool) {
	defer func() {
		if recover() != nil {
			yes = true
		}
	}()
	var d sdp.SessionDescription
	if d.Unmarshal(body) != nil {
		return false
	}
	_ = new(description.Session).Unmarshal(&d) // only the panic matters; Describe reports the error
	return false
}

// describe asks for the tracks and chooses the video track to look at.
func (s *session) describe(st *devices.Stream) (track, error) {
	desc, _, err := s.client.Describe(s.url)
	st.Tracks = tracks(s.sdp)
	if err != nil {
		if s.broken {
			err = fmt.Errorf("%w: a session description that breaks its parser", devices.ErrMalformed)
		}
		return track{}, s.explain("ask for the stream's tracks", err)
	}
	s.desc = desc
	other := ""
	for _, m := range desc.Medias {
		if m.Type != description.MediaTypeVideo {
			continue
		}
		for _, f := range m.Formats {
			v := track{media: m, format: f}
			switch f := f.(type) {
			case *format.H264:
				v.codec = codecH264
				sps, pps := f.SafeParams()
				v.params = params{codec: codecH264}
				v.params.take([][]byte{sps, pps})
			case *format.H265:
				v.codec = codecH265
				vps, sps, pps := f.SafeParams()
				v.params = params{codec: codecH265}
				v.params.take([][]byte{vps, sps, pps})
			case *format.MJPEG:
				v.codec = codecMJPEG
			default:
				other = codecName(f.Codec())
				continue
			}
			st.Codec = v.codec
			if g, err := inspect(v.codec, v.params.sps); err == nil {
				st.Width, st.Height = g.width, g.height
			}
			return v, nil
		}
	}
	if other == "" {
		return track{}, s.target.fail("choose a video track", fmt.Errorf("%w: the stream has no video track", devices.ErrUnsupported), "")
	}
	st.Codec = other
	return track{}, s.target.noDecoder(other)
}

// play sets up the video track alone and starts it.
func (s *session) play(v track, col *collector) error {
	// A generic format keeps codec-specific parsing out of gortsplib's
	// goroutine, where a panic could not be caught.
	g := &format.Generic{PayloadTyp: v.format.PayloadType(), RTPMa: v.format.RTPMap(), ClockRat: v.format.ClockRate()}
	m := *v.media
	m.Formats = []format.Format{g}
	if _, err := s.client.Setup(s.desc.BaseURL, &m, 0, 0); err != nil {
		return s.explain("set up the video track", err)
	}
	s.client.OnPacketRTP(&m, g, func(p *rtp.Packet) { col.packet(p) })
	col.started()
	if _, err := s.client.Play(nil); err != nil {
		return s.explain("start the stream", err)
	}
	return nil
}

// next waits for a key frame.
func (s *session) next(ctx context.Context, col *collector) (picture, error) {
	const op = "wait for a key frame"
	select {
	case p := <-col.keys:
		return p, nil
	default:
	}
	select {
	case p := <-col.keys:
		return p, nil
	case err := <-col.failed:
		return picture{}, s.target.fail(op, err, remedyFor(err))
	case <-ctx.Done():
		return picture{}, s.target.fail(op, col.missing(), "check that the camera sends this stream; shorten its key-frame interval")
	case err := <-s.ended:
		if ctx.Err() != nil {
			return picture{}, s.target.fail(op, col.missing(), "check that the camera sends this stream; shorten its key-frame interval")
		}
		return picture{}, s.explain(op, err)
	}
}

// explain turns a failure of gortsplib into the words of package devices. Its
// text is dropped: it may repeat what the device sent, or the address.
func (s *session) explain(op string, err error) error {
	fail := func(kind error, text, remedy string) error {
		return s.target.fail(op, fmt.Errorf("%w: %s", kind, text), remedy)
	}
	var (
		status liberrors.ErrClientBadStatusCode
		auth   liberrors.ErrClientAuthSetup
		badSDP liberrors.ErrClientSDPInvalid
		dns    *net.DNSError
		toNet  net.Error
		opErr  *net.OpError
	)
	s.mu.Lock()
	killed := s.killed
	s.mu.Unlock()
	switch {
	case killed:
		return fail(devices.ErrUnreachable, "no answer within the limit", "")
	case errors.Is(err, errPin):
		return fail(devices.ErrLogin, errPin.Error(), "if the device was replaced or renewed its certificate, register it anew")
	case errors.Is(err, devices.ErrOutOfBounds), errors.Is(err, devices.ErrMalformed):
		return s.target.fail(op, err, "")
	case errors.As(err, &status):
		return s.target.fail(op, statusError(int(status.Code)), statusRemedy(int(status.Code)))
	case errors.As(err, &auth):
		return fail(devices.ErrLogin, "it offers no way to log in without showing the password", "set the device's RTSP authentication to digest")
	case errors.As(err, &badSDP):
		return fail(devices.ErrMalformed, "its session description", "")
	case errors.As(err, &dns):
		return fail(devices.ErrUnreachable, "its name is not known", "use the device's address")
	case errors.As(err, new(*tls.CertificateVerificationError)):
		return fail(devices.ErrLogin, "its certificate does not verify", "pin the certificate")
	case errors.As(err, new(tls.RecordHeaderError)):
		return fail(devices.ErrMalformed, "no TLS on this port", "")
	case errors.As(err, new(liberrors.ErrClientTerminated)), errors.As(err, new(liberrors.ErrClientRequestTimedOut)),
		errors.As(err, new(liberrors.ErrClientTCPTimeout)), errors.Is(err, context.DeadlineExceeded):
		return fail(devices.ErrUnreachable, "no answer within the limit", "")
	case errors.As(err, &toNet) && toNet.Timeout():
		return fail(devices.ErrUnreachable, "no answer within the limit", "")
	case errors.As(err, &opErr) && opErr.Op == "dial":
		return fail(devices.ErrUnreachable, "the connection is refused", "check that RTSP is switched on and the port is right")
	case errors.As(err, &opErr), isEOF(err):
		return fail(devices.ErrUnreachable, "it ended the connection", "")
	}
	return fail(devices.ErrMalformed, fmt.Sprintf("an answer that the client refuses (%T)", err), "")
}

// statusError names a response status of RTSP (RFC 2326 §7.1.1) or HTTP.
func statusError(code int) error {
	kind := devices.ErrMalformed
	switch code {
	case 401, 403, 407:
		kind = devices.ErrLogin
	case 453, 503, 429:
		kind = devices.ErrBusy
	case 404, 405, 415, 461, 501, 551:
		kind = devices.ErrUnsupported
	}
	return fmt.Errorf("%w: status %d", kind, code)
}

func statusRemedy(code int) string {
	switch code {
	case 401, 407:
		return "check the account and its password"
	case 403:
		return "give the account the right to view this stream"
	case 404:
		return "ask the device for its paths again"
	case 453, 503, 429:
		return "end a viewer, or look less often"
	case 301, 302, 303, 305, 307, 308:
		return "the device points elsewhere, which is not followed; register the other address"
	}
	return ""
}
