package sim

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"math"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The codecs of a Camera.
const (
	codecMJPEG = "mjpeg"
	codecH264  = "h264"
	codecH265  = "h265"
)

// encoder turns pictures into access units, which it hands to the function
// given at its creation, one at a time and in order.
type encoder interface {
	encode(p *image.YCbCr, taken time.Time) error
	close() // nothing is handed out any more once it returns
}

// accessUnit takes one coded picture, a JPEG as one unit or NAL units, and
// when it was taken.
type accessUnit func(units [][]byte, taken time.Time) error

type jpegEncoder struct{ out accessUnit }

func (e jpegEncoder) encode(p *image.YCbCr, taken time.Time) error {
	b, err := encodeJPEG(p)
	if err != nil {
		return err
	}
	return e.out([][]byte{b}, taken)
}

func (jpegEncoder) close() {}

// parameterSets are what a decoder must know before the first picture; vps
// is nil for H.264.
type parameterSets struct{ vps, sps, pps []byte }

// maxUnit bounds what an encoder may hand back for one picture.
const maxUnit = 8 << 20

// childEncoder is an ffmpeg process: raw pictures go in, Annex B comes out.
type childEncoder struct {
	cancel context.CancelFunc
	in     io.WriteCloser
	done   chan struct{} // closed when the output has ended
	raw    []byte

	mu    sync.Mutex
	times []time.Time // of pictures that went in and have not come out
	err   error
}

// startChild starts ffmpeg for pictures of w by h. It dies with ctx.
func startChild(ctx context.Context, c Camera, w, h int, out accessUnit) (*childEncoder, error) {
	tool, err := exec.LookPath("ffmpeg")
	if err != nil {
		return nil, fmt.Errorf("codec %s needs ffmpeg, which is not installed: %w; install it or choose codec mjpeg", c.Codec, err)
	}
	ctx, cancel := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, tool, childArgs(c, w, h)...)
	cmd.WaitDelay = 5 * time.Second
	cmd.Env = []string{} // nothing of ours is its business
	var complaint tail
	cmd.Stderr = &complaint
	in, err := cmd.StdinPipe()
	if err != nil {
		cancel()
		return nil, fmt.Errorf("encoder input: %w", err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		cancel()
		return nil, fmt.Errorf("encoder output: %w", err)
	}
	if err := cmd.Start(); err != nil {
		cancel()
		return nil, fmt.Errorf("start %s: %w", tool, err)
	}
	e := &childEncoder{cancel: cancel, in: in, done: make(chan struct{})}
	go func() {
		defer close(e.done)
		err := e.read(stdout, c.Codec, out)
		// After a broken output the process has no purpose.
		cancel()
		if werr := cmd.Wait(); errors.Is(err, io.EOF) && werr != nil {
			err = werr
		}
		e.mu.Lock()
		defer e.mu.Unlock()
		e.err = fmt.Errorf("ffmpeg ended: %w: %s", err, complaint.String())
	}()
	return e, nil
}

// childArgs asks for what cameras send: High profile with CABAC or Main
// profile H.265, closed groups of a fixed length, parameter sets before each
// key picture. The multipart form tells the length of each access unit, so
// that it can be sent at once.
func childArgs(c Camera, w, h int) []string {
	keyInt := max(1, int(math.Round(c.KeyInterval.Seconds()*float64(c.FPS))))
	args := []string{
		"-nostdin", "-hide_banner", "-loglevel", "error", "-protocol_whitelist", "pipe",
		"-threads", "1", "-probesize", "32", "-analyzeduration", "0",
		"-f", "rawvideo", "-pix_fmt", "yuv420p", "-color_range", "tv",
		"-s", fmt.Sprintf("%dx%d", w, h), "-r", strconv.Itoa(c.FPS), "-i", "pipe:0", "-an",
	}
	group := fmt.Sprintf("keyint=%d:min-keyint=%d:scenecut=0:bframes=0:repeat-headers=1", keyInt, keyInt)
	if c.Codec == codecH265 {
		args = append(args, "-c:v", "libx265", "-preset", "ultrafast", "-tune", "zerolatency",
			"-x265-params", group+":open-gop=0:log-level=error:pools=1:frame-threads=1")
	} else {
		args = append(args, "-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-profile:v", "high",
			"-x264-params", group+":cabac=1:8x8dct=1")
	}
	return append(args, "-threads", "1", "-flush_packets", "1", "-f", "mpjpeg", "pipe:1")
}

func (e *childEncoder) encode(p *image.YCbCr, taken time.Time) error {
	e.raw = videoRange(e.raw[:0], p)
	e.mu.Lock()
	e.times = append(e.times, taken)
	err := e.err
	e.mu.Unlock()
	if err != nil {
		return err
	}
	if _, err := e.in.Write(e.raw); err != nil {
		e.mu.Lock()
		defer e.mu.Unlock()
		return errors.Join(fmt.Errorf("hand a picture to ffmpeg: %w", err), e.err)
	}
	return nil
}

func (e *childEncoder) close() {
	e.cancel()
	<-e.done
}

// read takes the child's output apart until it ends. The error is never nil.
func (e *childEncoder) read(r io.Reader, codec string, out accessUnit) error {
	br := bufio.NewReaderSize(r, 64<<10)
	for {
		b, err := readPart(br)
		if err != nil {
			return err
		}
		e.mu.Lock()
		if len(e.times) == 0 {
			e.mu.Unlock()
			return errors.New("more pictures came out than went in")
		}
		taken := e.times[0]
		e.times = e.times[1:]
		e.mu.Unlock()
		if err := out(pictureUnits(codec, splitAnnexB(b)), taken); err != nil {
			return err
		}
	}
}

// readPart reads one part of a multipart stream by its Content-length.
func readPart(br *bufio.Reader) ([]byte, error) {
	length := -1
	for {
		line, err := br.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		text := strings.TrimSpace(string(line))
		if name, value, ok := strings.Cut(text, ":"); ok && strings.EqualFold(name, "Content-length") {
			if length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil || length < 0 || length > maxUnit {
				return nil, fmt.Errorf("encoder announces a picture of %q bytes", value)
			}
		}
		if text == "" && length >= 0 {
			break
		}
	}
	b := make([]byte, length)
	_, err := io.ReadFull(br, b)
	return b, err
}

// splitAnnexB cuts a byte stream at its start codes (H.264 and H.265 annex B).
func splitAnnexB(b []byte) [][]byte {
	var units [][]byte
	start := -1
	add := func(end int) {
		if start >= 0 {
			if u := bytes.TrimRight(b[start:end], "\x00"); len(u) > 0 {
				units = append(units, u)
			}
		}
	}
	for i := 0; i+2 < len(b); {
		if b[i] == 0 && b[i+1] == 0 && b[i+2] == 1 {
			add(i)
			start = i + 3
			i += 3
			continue
		}
		i++
	}
	add(len(b))
	return units
}

// pictureUnits leaves out delimiters and supplemental information, in which
// encoders advertise themselves.
func pictureUnits(codec string, units [][]byte) [][]byte {
	var keep [][]byte
	for _, u := range units {
		switch {
		case codec == codecH265 && (u[0]>>1&63 == 35 || u[0]>>1&63 == 39 || u[0]>>1&63 == 40):
		case codec == codecH264 && (u[0]&31 == 6 || u[0]&31 == 9):
		default:
			keep = append(keep, u)
		}
	}
	return keep
}

// probeParameterSets encodes one picture, to know what the SDP must carry.
func probeParameterSets(ctx context.Context, c Camera) (map[string]parameterSets, error) {
	all := map[string]parameterSets{}
	paths := []string{pathMain}
	if c.SubStream {
		paths = append(paths, pathSub)
	}
	for _, path := range paths {
		w, h := c.size(path)
		got := make(chan [][]byte, 1)
		e, err := startChild(ctx, c, w, h, func(units [][]byte, _ time.Time) error {
			got <- units
			return io.EOF // one is enough
		})
		if err != nil {
			return nil, err
		}
		err = e.encode(newPicture(w, h, grey(128)), time.Time{})
		if err == nil {
			err = e.in.Close()
		}
		<-e.done
		e.close()
		select {
		case units := <-got:
			all[path] = findSets(c.Codec, units)
		default:
			return nil, fmt.Errorf("codec %s: %w", c.Codec, errors.Join(err, e.err))
		}
		if s := all[path]; s.sps == nil || s.pps == nil {
			return nil, fmt.Errorf("codec %s: ffmpeg sent no parameter sets; choose codec mjpeg", c.Codec)
		}
	}
	return all, nil
}

func findSets(codec string, units [][]byte) parameterSets {
	var s parameterSets
	for _, u := range units {
		kind := u[0] & 31
		if codec == codecH265 {
			kind = u[0] >> 1 & 63
		}
		switch {
		case codec == codecH265 && kind == 32:
			s.vps = u
		case codec == codecH265 && kind == 33, codec == codecH264 && kind == 7:
			s.sps = u
		case codec == codecH265 && kind == 34, codec == codecH264 && kind == 8:
			s.pps = u
		}
	}
	return s
}

// videoRange writes the planes of a full-range picture in the range of video:
// brightness 16..235, colour 16..240.
func videoRange(dst []byte, p *image.YCbCr) []byte {
	w, h := p.Rect.Dx(), p.Rect.Dy()
	for y := range h {
		for _, v := range p.Y[y*p.YStride : y*p.YStride+w] {
			dst = append(dst, uint8(16+(int(v)*219+127)/255))
		}
	}
	for _, plane := range [][]uint8{p.Cb, p.Cr} {
		for y := range h / 2 {
			for _, v := range plane[y*p.CStride : y*p.CStride+w/2] {
				dst = append(dst, uint8(128+(int(v)-128)*224/255))
			}
		}
	}
	return dst
}

// tail keeps the last of what a child complains about.
type tail struct {
	mu sync.Mutex
	b  []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, p...)
	if over := len(t.b) - 1024; over > 0 {
		t.b = t.b[over:]
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.b))
}
