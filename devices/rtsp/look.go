package rtsp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"github.com/lensdop/lensdop/devices"
)

const (
	defaultFrames = 3
	maxFrames     = 64
	defaultLimit  = 15 * time.Second
)

// ErrSilent tells that the device accepted to play and sent no picture that
// stands for itself within the limit. It wraps devices.ErrUnreachable.
var ErrSilent = fmt.Errorf("the stream is silent: %w", devices.ErrUnreachable)

var errClosed = errors.New("the looker is closed")

// Config is what a Looker needs from the gateway.
type Config struct {
	// FFmpeg is the absolute path of the decoder program. Without it H.264
	// and H.265 paths return an error that wraps devices.ErrNoDecoder.
	FFmpeg string
	// Shim is the command that calls DecodeChild with the arguments that
	// follow it, e.g. {"/proc/self/exe", "decode-child"}. Without it the
	// decoder runs without resource limits.
	Shim []string
	// Log receives what a person needs to repair a gateway; nil means none.
	Log *slog.Logger
}

// Target is a path to look at.
type Target struct {
	// Device is the device's address for errors. If it is host:port, the URL
	// must name the same host: a device must not send the gateway elsewhere.
	Device string
	// URL is rtsp, rtsps, http or https. A login in it is ignored.
	URL         string
	Credentials devices.Credentials
	// TLSPin is the SHA-256 of the device's certificate (DER) in hexadecimal.
	// Without it a certificate must verify by the gateway's authorities.
	TLSPin string
	// AllowBasic lets the password travel unhashed over a connection without
	// TLS. Off, a device that offers nothing better is a refused login.
	AllowBasic bool
}

// Options bound one look.
type Options struct {
	// Frames is the number of key frames to measure; 0 means 3, at most 64.
	Frames int
	// Limit is the time for the whole look; 0 means 15 s.
	Limit time.Duration
}

// Looker looks at paths. It is safe for concurrent use; how many sessions a
// device may bear is the caller's to budget.
type Looker struct {
	log   *slog.Logger
	child *child // nil without a decoder program
	slots chan struct{}

	mu     sync.Mutex
	closed bool
	stop   context.CancelFunc
	ctx    context.Context //nolint:containedctx // ends every look when the Looker closes
	busy   sync.WaitGroup
}

// New prepares a Looker and tries once which walls this system allows around
// the decoder, which takes some 0.1 s.
func New(c Config) *Looker {
	l := &Looker{log: c.Log, slots: make(chan struct{}, max(1, runtime.NumCPU()))}
	if l.log == nil {
		l.log = slog.New(slog.DiscardHandler)
	}
	l.ctx, l.stop = context.WithCancel(context.Background())
	if c.FFmpeg != "" {
		l.child = newChild(l.ctx, c.FFmpeg, c.Shim, l.log)
	}
	return l
}

// Walls names what stands between a hostile key frame and the gateway:
// "net-namespace", "rlimits", "no-new-privs" and so on. It is empty without a
// decoder program.
func (l *Looker) Walls() []string {
	if l.child == nil {
		return nil
	}
	return l.child.walls()
}

// Close ends all looks and waits for them.
func (l *Looker) Close() error {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.stop()
	l.busy.Wait()
	return nil
}

// enter binds a look to the Looker's life and to a time limit.
func (l *Looker) enter(ctx context.Context, limit time.Duration) (context.Context, func(), error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, nil, errClosed
	}
	l.busy.Add(1)
	ctx, cancel := context.WithTimeout(ctx, limit)
	unhook := context.AfterFunc(l.ctx, cancel)
	return ctx, func() {
		unhook()
		cancel()
		l.busy.Done()
	}, nil
}

// Look opens one session over TCP, lists its tracks, hands each decoded key
// frame to see and closes the session. It calls see from its own goroutine;
// the luma is wiped when see returns. The Stream holds what was found also
// when there is an error.
//
// Errors are *devices.Error and wrap devices.ErrLogin, ErrBusy,
// ErrUnreachable (ErrSilent among them), ErrMalformed, ErrOutOfBounds,
// ErrUnsupported or ErrNoDecoder where one fits.
func (l *Looker) Look(ctx context.Context, t Target, o Options, see func(devices.Luma)) (devices.Stream, error) {
	st := devices.Stream{At: time.Now()}
	if o.Frames <= 0 {
		o.Frames = defaultFrames
	}
	o.Frames = min(o.Frames, maxFrames)
	if o.Limit <= 0 {
		o.Limit = defaultLimit
	}
	lctx, leave, err := l.enter(ctx, o.Limit)
	if err != nil {
		return st, t.fail("look at the stream", err, "")
	}
	defer leave()

	s, err := open(lctx, t, o.Limit)
	if err != nil {
		return st, l.ended(ctx, t, err)
	}
	defer s.close()
	video, err := s.describe(&st)
	if err != nil {
		return st, l.ended(ctx, t, err)
	}
	if video.codec != codecMJPEG && l.child == nil {
		return st, t.noDecoder(video.codec)
	}
	err = l.play(lctx, s, t, video, o, see, &st)
	return st, l.ended(ctx, t, err)
}

// ended puts the caller's own cancellation above what it caused.
func (l *Looker) ended(ctx context.Context, t Target, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return t.fail("look at the stream", ctx.Err(), "")
	case l.ctx.Err() != nil:
		return t.fail("look at the stream", errClosed, "")
	}
	return err
}

// play sets the track up and measures key frames until there are enough. The
// session is closed before the last one is decoded: it costs the device more
// than it costs us.
func (l *Looker) play(ctx context.Context, s *session, t Target, video track, o Options, see func(devices.Luma), st *devices.Stream) error {
	col, err := newCollector(video, o.Frames)
	if err != nil {
		return t.fail("read the stream", err, "")
	}
	defer col.drain()
	defer func() { col.report(st) }()
	if err := s.play(video, col); err != nil {
		return err
	}
	for n := 1; n <= o.Frames; n++ {
		p, err := s.next(ctx, col)
		if err != nil {
			return err
		}
		if n == o.Frames {
			s.close()
		}
		if err := l.measure(ctx, t, p, see, st); err != nil {
			return err
		}
	}
	return nil
}

// measure decodes one picture, and wipes it.
func (l *Looker) measure(ctx context.Context, t Target, p picture, see func(devices.Luma), st *devices.Stream) error {
	defer clear(p.data)
	select {
	case l.slots <- struct{}{}:
		defer func() { <-l.slots }()
	case <-ctx.Done():
		return t.fail("decode a key frame", fmt.Errorf("no free decoder within the limit: %w", ctx.Err()), "look at fewer paths at a time")
	}
	var d decoder = jpegDecoder{}
	if p.codec != codecMJPEG {
		d = l.child
	}
	err := d.decode(ctx, p, func(y devices.Luma) {
		st.Width, st.Height = y.Width, y.Height
		st.Decoded++
		see(y)
	})
	if err != nil {
		return t.fail("decode a key frame", err, remedyFor(err))
	}
	return nil
}

func remedyFor(err error) string {
	switch {
	case errors.Is(err, devices.ErrNoDecoder):
		return "install ffmpeg on the gateway and set its path, or set the path to Motion JPEG"
	case errors.Is(err, devices.ErrOutOfBounds):
		return "set a smaller picture size on this path"
	}
	return ""
}

func (t Target) fail(op string, err error, remedy string) error {
	return &devices.Error{Device: t.Device, Op: op, Err: err, Remedy: remedy}
}

func (t Target) noDecoder(codec string) error {
	err := fmt.Errorf("%w: %s", devices.ErrNoDecoder, codec)
	return t.fail("decode a key frame", err, remedyFor(err))
}
