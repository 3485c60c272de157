package rtsp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"time"

	"github.com/lensdop/lensdop/devices"
)

const (
	childLimit = 6 * time.Second // for one picture
	probeLimit = 5 * time.Second
	maxStderr  = 4 << 10 // bytes
)

// child decodes one H.264 or H.265 picture per ffmpeg process: the process
// sees one picture of one camera and ends.
type child struct {
	ffmpeg string
	shim   []string
	wall   wall
	works  error
}

// wall is one way to start the decoder.
type wall struct {
	names []string
	attr  func() *attributes
}

// newChild tries the decoder within ever fewer walls until it starts.
func newChild(ctx context.Context, ffmpeg string, shim []string, log *slog.Logger) *child {
	c := &child{ffmpeg: ffmpeg, shim: slices.Clone(shim)}
	for _, w := range barriers() {
		c.wall = w
		if c.works = c.probe(ctx); c.works == nil {
			log.Debug("decoder walls", "walls", c.walls())
			return c
		}
	}
	log.Warn("the decoder does not start; H.264 and H.265 paths stay unproven", "error", c.works.Error())
	return c
}

// walls names what holds the decoder in.
func (c *child) walls() []string {
	if c.works != nil {
		return nil
	}
	names := append([]string{"clean-environment"}, c.wall.names...)
	if len(c.shim) > 0 {
		names = append(names, shimWalls()...)
	}
	slices.Sort(names)
	return names
}

func (c *child) probe(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	out := &sink{buf: make([]byte, 64<<10)}
	if err := c.run(ctx, []string{"-nostdin", "-loglevel", "quiet", "-version"}, nil, out, io.Discard); err != nil {
		return err
	}
	if out.n == 0 {
		return errors.New("it prints no version")
	}
	return nil
}

// run starts the decoder with no file but three pipes and no environment, and
// waits for its end.
func (c *child) run(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) error {
	argv := append(append(slices.Clone(c.shim), c.ffmpeg), args...)
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = []string{"LC_ALL=C"}
	cmd.Dir = "/"
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, out, errs
	cmd.WaitDelay = time.Second
	if c.wall.attr != nil {
		cmd.SysProcAttr = c.wall.attr()
	}
	// The death signal hangs on the thread that starts the child; Go may end
	// an idle thread, but not one that a goroutine is locked to.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%w: the decoder does not start", devices.ErrNoDecoder)
	}
	return cmd.Wait()
}

// decode runs one picture through ffmpeg and accepts nothing but its exact
// size, a good exit and no complaint: for a truncated picture ffmpeg can exit
// well with a picture that it made up.
func (c *child) decode(ctx context.Context, p picture, see func(devices.Luma)) error {
	if c.works != nil {
		return fmt.Errorf("%w: the decoder does not start", devices.ErrNoDecoder)
	}
	demuxer, pixels, sample := "h264", "gray", 1
	if p.codec == codecH265 {
		demuxer = "hevc"
	}
	if p.depth > 8 {
		pixels, sample = "gray"+strconv.Itoa(p.depth)+"le", 2
	}
	dctx, cancel := context.WithTimeout(ctx, childLimit)
	defer cancel()
	n := p.width * p.height
	out := &sink{buf: make([]byte, n*sample+1)}
	defer clear(out.buf)
	errs := &counter{}
	// extractplanes hands on the Y values as coded; "-pix_fmt gray" alone
	// would stretch limited to full range.
	err := c.run(dctx, []string{
		"-nostdin", "-hide_banner", "-loglevel", "error", "-protocol_whitelist", "pipe",
		"-xerror", "-err_detect", "explode", "-threads", "1", "-f", demuxer, "-i", "pipe:0",
		"-an", "-sn", "-dn", "-frames:v", "1", "-vf", "extractplanes=y", "-threads", "1",
		"-pix_fmt", pixels, "-f", "rawvideo", "pipe:1",
	}, &source{b: p.data}, out, errs)
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("stopped while decoding: %w", ctx.Err())
	case dctx.Err() != nil:
		return fmt.Errorf("%w: the decoder hangs and was ended after %s", devices.ErrMalformed, childLimit)
	case errors.Is(err, devices.ErrNoDecoder):
		return err
	case out.n > n*sample:
		return fmt.Errorf("%w: the decoder's picture is larger than %dx%d", devices.ErrMalformed, p.width, p.height)
	case err != nil || errs.n > 0:
		return fmt.Errorf("%w: the decoder refuses the key frame", devices.ErrMalformed)
	case out.n != n*sample:
		return fmt.Errorf("%w: the decoder's picture is smaller than %dx%d", devices.ErrMalformed, p.width, p.height)
	}
	y := out.buf[:n]
	if sample == 2 {
		for i := range y {
			y[i] = byte((uint(out.buf[2*i]) | uint(out.buf[2*i+1])<<8) >> (p.depth - 8))
		}
	}
	see(devices.Luma{Pix: y, Width: p.width, Height: p.height, FullRange: p.fullRange})
	return nil
}

var errFull = errors.New("more output than asked for")

// sink takes exactly what fits; it reads straight into its buffer, so that no
// other memory holds a part of the picture.
type sink struct {
	buf []byte
	n   int
}

func (s *sink) Write(b []byte) (int, error) {
	n := copy(s.buf[s.n:], b)
	s.n += n
	if n < len(b) {
		return n, errFull
	}
	return n, nil
}

// ReadFrom fills the buffer from a pipe.
func (s *sink) ReadFrom(r io.Reader) (int64, error) {
	start := s.n
	for s.n < len(s.buf) {
		n, err := r.Read(s.buf[s.n:])
		s.n += n
		if err == io.EOF {
			return int64(s.n - start), nil
		}
		if err != nil {
			return int64(s.n - start), err
		}
	}
	return int64(s.n - start), errFull
}

// source writes a picture to a pipe without a copy in between. A decoder that
// has seen enough may close its end early; how it ended tells the rest.
type source struct{ b []byte }

func (s *source) Read(b []byte) (int, error) {
	if len(s.b) == 0 {
		return 0, io.EOF
	}
	n := copy(b, s.b)
	s.b = s.b[n:]
	return n, nil
}

// WriteTo writes the rest of the picture.
func (s *source) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(s.b)
	s.b = s.b[n:]
	return int64(n), err
}

// counter counts complaints. Their text is dropped: a decoder that was taken
// over could put a picture into it.
type counter struct{ n int }

func (c *counter) Write(b []byte) (int, error) {
	c.n += len(b)
	if c.n > maxStderr {
		return 0, errFull
	}
	return len(b), nil
}
