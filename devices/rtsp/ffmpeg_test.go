package rtsp

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
)

func ffmpeg(t testing.TB) string {
	t.Helper()
	p, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is not installed: apt-get install ffmpeg")
	}
	return p
}

// clip is a moving test picture in a file, made by a real encoder.
type clip struct {
	file, codec string
}

func encode(t testing.TB, name, codec string, args ...string) clip {
	t.Helper()
	c := clip{file: filepath.Join(t.TempDir(), name), codec: codec}
	argv := append([]string{"-v", "error", "-f", "lavfi", "-i"}, args...)
	if out, err := exec.CommandContext(t.Context(), ffmpeg(t), append(argv, c.file)...).CombinedOutput(); err != nil {
		if bytes.Contains(out, []byte("Unknown encoder")) {
			t.Skip("ffmpeg is not installed: this one lacks an encoder")
		}
		t.Fatalf("%v: %s", err, out)
	}
	return c
}

func h264Clip(t testing.TB, src string, more ...string) clip {
	return encode(t, "clip.264", codecH264, append([]string{src, "-c:v", "libx264", "-profile:v", "high", "-g", "10", "-bf", "2", "-threads", "1"}, more...)...)
}

func h265Clip(t testing.TB, src, params string, more ...string) clip {
	return encode(t, "clip.265", codecH265, append([]string{src, "-c:v", "libx265", "-x265-params", "log-level=none:keyint=10:pools=1:frame-threads=1:" + params}, more...)...)
}

// units splits an Annex B file.
func units(b []byte) [][]byte {
	var all [][]byte
	for part := range bytes.SplitSeq(b, []byte{0, 0, 1}) {
		if part = bytes.TrimRight(part, "\x00"); len(part) > 0 {
			all = append(all, part)
		}
	}
	return all
}

// first gives the parameter sets of a clip and the slices of its first picture.
func (c clip) first(t testing.TB) (p params, slices [][]byte) {
	t.Helper()
	b, err := os.ReadFile(c.file)
	if err != nil {
		t.Fatal(err)
	}
	p.codec = c.codec
	for _, n := range units(b) {
		switch k := kindOf(c.codec, n); {
		case k == nalKeySlice && (len(slices) == 0 || !firstSlice(c.codec, n)):
			slices = append(slices, n)
		case len(slices) == 0:
			p.take([][]byte{n})
		default:
			return p, slices
		}
	}
	return p, slices
}

func (c clip) picture(t testing.TB) picture {
	t.Helper()
	p, slices := c.first(t)
	pic, ok, err := p.picture(slices)
	if err != nil || !ok {
		t.Fatalf("no key picture in the clip: %v", err)
	}
	return pic
}

// reference is ffmpeg's own decode of all key pictures of the clip: Y as coded.
func (c clip) reference(t testing.TB, w, h int) [][]byte {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), ffmpeg(t), "-v", "error", "-skip_frame", "nokey", "-i", c.file,
		"-vsync", "passthrough", "-f", "rawvideo", "pipe:1").Output()
	if err != nil {
		t.Fatal(err)
	}
	var all [][]byte
	for size := w * h * 3 / 2; len(out) >= size; out = out[size:] {
		all = append(all, out[:w*h])
	}
	return all
}

func decodeOne(t testing.TB, l *Looker, p picture) (y devices.Luma, err error) {
	t.Helper()
	err = l.child.decode(t.Context(), p, func(m devices.Luma) { y = m; y.Pix = slices.Clone(m.Pix) })
	return y, err
}

func TestChildDecodesExactly(t *testing.T) {
	l := newLooker(t, Config{FFmpeg: ffmpeg(t), Shim: shim()})
	t.Logf("walls: %v", l.Walls())
	const src = "testsrc2=s=648x358:r=10:d=2"
	for _, c := range []struct {
		name string
		clip clip
		full bool
	}{
		{"H.264 High, CABAC", h264Clip(t, src, "-pix_fmt", "yuv420p"), false},
		{"H.264 in four slices", h264Clip(t, src, "-pix_fmt", "yuv420p", "-x264-params", "slices=4"), false},
		{"H.264 full range", h264Clip(t, src, "-pix_fmt", "yuvj420p"), true},
		{"H.264 interlaced", h264Clip(t, "testsrc2=s=640x352:r=10:d=2", "-pix_fmt", "yuv420p", "-x264-params", "interlaced=1"), false},
		{"H.265 with CRA", h265Clip(t, src, "open-gop=1", "-pix_fmt", "yuv420p"), false},
		{"H.265 full range", h265Clip(t, src, "range=full", "-pix_fmt", "yuvj420p"), true},
		{"H.265 in slices", h265Clip(t, src, "slices=3", "-pix_fmt", "yuv420p"), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := c.clip.picture(t)
			y, err := decodeOne(t, l, p)
			if err != nil {
				t.Fatal(err)
			}
			want := c.clip.reference(t, y.Width, y.Height)
			if len(want) == 0 || !bytes.Equal(y.Pix, want[0]) || y.FullRange != c.full {
				t.Errorf("%dx%d, full range %v; same luma %v", y.Width, y.Height, y.FullRange, len(want) > 0 && bytes.Equal(y.Pix, want[0]))
			}
		})
	}
}

// TestChildKeepsRange plants known grey levels: no scaling may happen, and the
// flag must say what they mean.
func TestChildKeepsRange(t *testing.T) {
	l := newLooker(t, Config{FFmpeg: ffmpeg(t), Shim: shim()})
	for _, c := range []struct {
		name string
		clip clip
		want []byte
		full bool
	}{
		{"H.264 limited", h264Clip(t, "color=c=gray:s=64x64:d=1,format=yuv420p,geq=lum='16+40*floor(X/16)':cb=128:cr=128", "-qp", "0", "-profile:v", "high444"), []byte{16, 56, 96, 136}, false},
		{"H.264 full", h264Clip(t, "color=c=gray:s=64x64:d=1,format=yuvj420p,geq=lum='80*floor(X/16)':cb=128:cr=128", "-qp", "0", "-profile:v", "high444", "-color_range", "pc"), []byte{0, 80, 160, 240}, true},
		{"H.265 limited", h265Clip(t, "color=c=gray:s=64x64:d=1,format=yuv420p,geq=lum='16+40*floor(X/16)':cb=128:cr=128", "lossless=1"), []byte{16, 56, 96, 136}, false},
		{"H.265 full", h265Clip(t, "color=c=gray:s=64x64:d=1,format=yuvj420p,geq=lum='80*floor(X/16)':cb=128:cr=128", "lossless=1:range=full"), []byte{0, 80, 160, 240}, true},
		{"H.264 10 bits", h264Clip(t, "color=c=gray:s=64x64:d=1,format=yuv420p10le,geq=lum='64+160*floor(X/16)':cb=512:cr=512", "-qp", "0", "-profile:v", "high444", "-pix_fmt", "yuv420p10le"), []byte{16, 56, 96, 136}, false},
		{"H.265 10 bits", h265Clip(t, "color=c=gray:s=64x64:d=1,format=yuv420p10le,geq=lum='64+160*floor(X/16)':cb=512:cr=512", "lossless=1", "-pix_fmt", "yuv420p10le"), []byte{16, 56, 96, 136}, false},
		{"H.264 grey", h264Clip(t, "color=c=gray:s=64x64:d=1,format=gray,geq=lum='16+40*floor(X/16)'", "-qp", "0", "-pix_fmt", "gray", "-profile:v", "high444"), []byte{16, 56, 96, 136}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			y, err := decodeOne(t, l, c.clip.picture(t))
			if err != nil {
				t.Fatal(err)
			}
			var got []byte
			for x := 8; x < 64; x += 16 {
				got = append(got, y.Pix[32*64+x])
			}
			if !bytes.Equal(got, c.want) || y.FullRange != c.full {
				t.Errorf("levels %v (want %v), full range %v", got, c.want, y.FullRange)
			}
		})
	}
}

func TestChildRefuses(t *testing.T) {
	l := newLooker(t, Config{FFmpeg: ffmpeg(t), Shim: shim()})
	const src = "testsrc2=s=640x360:r=10:d=1"
	avc, hevc := h264Clip(t, src, "-pix_fmt", "yuv420p", "-x264-params", "slices=4"), h265Clip(t, src, "", "-pix_fmt", "yuv420p")
	for _, c := range []clip{avc, hevc} {
		whole := c.picture(t)
		with := func(f func(*picture)) picture {
			p := whole
			p.data = slices.Clone(whole.data)
			f(&p)
			return p
		}
		for name, p := range map[string]picture{
			"cut off in the middle": with(func(p *picture) { p.data = p.data[:len(p.data)/2] }),
			"cut off near the end":  with(func(p *picture) { p.data = p.data[:len(p.data)-60] }),
			"parameter sets only":   with(func(p *picture) { p.data = p.data[:40] }),
			"empty":                 with(func(p *picture) { p.data = nil }),
			"larger than announced": with(func(p *picture) { p.height -= 2 }),
			"less than announced":   with(func(p *picture) { p.height += 2 }),
			"noise": with(func(p *picture) {
				for i := range p.data {
					p.data[i] = byte(i*i*7 + i>>3)
				}
			}),
			"noise in the slice": with(func(p *picture) {
				for i := len(p.data) / 2; i < len(p.data)/2+400; i++ {
					p.data[i] = byte(i*i*7 + i>>3)
				}
			}),
		} {
			if c.codec == codecH265 && name == "cut off near the end" {
				continue // ffmpeg conceals it without a word; the collector refuses gaps instead
			}
			t.Run(c.codec+" "+name, func(t *testing.T) {
				if y, err := decodeOne(t, l, p); !errors.Is(err, devices.ErrMalformed) {
					t.Errorf("got %v and %d values", err, len(y.Pix))
				}
			})
		}
	}
	t.Run("H.264 without its last slice", func(t *testing.T) {
		p, s := avc.first(t)
		pic, _, err := p.picture(s[:len(s)-1])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decodeOne(t, l, pic); !errors.Is(err, devices.ErrMalformed) {
			t.Errorf("got %v", err)
		}
	})
}

// TestChildrenSideBySide decodes on several goroutines at once.
func TestChildrenSideBySide(t *testing.T) {
	l := newLooker(t, Config{FFmpeg: ffmpeg(t), Shim: shim()})
	p := h264Clip(t, "testsrc2=s=320x240:r=10:d=1", "-pix_fmt", "yuv420p").picture(t)
	errs := make(chan error)
	for range 6 {
		go func() {
			errs <- l.child.decode(t.Context(), p, func(devices.Luma) { runtime.Gosched() })
		}()
	}
	for range 6 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

// fake writes a program in the place of ffmpeg.
func fake(t *testing.T, script string) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), "ffmpeg")
	if err := os.WriteFile(p, []byte("#!/bin/sh\ncase \"$*\" in *-version*) echo v; exit 0;; esac\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	// Root's decoder runs as nobody, who must reach it.
	for d := filepath.Dir(p); os.Getuid() == 0 && d != "/" && d != "/tmp"; d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func TestLyingChild(t *testing.T) {
	pic := picture{codec: codecH264, data: []byte{0, 0, 0, 1, 9}, geometry: geometry{width: 16, height: 16, depth: 8}}
	for _, c := range []struct{ name, script string }{
		{"complains and delivers", "head -c 256 /dev/zero; echo concealed >&2"},
		{"delivers and fails", "head -c 256 /dev/zero; exit 1"},
		{"short", "head -c 255 /dev/zero"},
		{"long", "head -c 257 /dev/zero"},
		{"endless", "cat /dev/zero"},
		{"endless complaint", "cat /dev/zero >&2"},
		{"killed", "kill -9 $$"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLooker(t, Config{FFmpeg: fake(t, c.script)})
			if l.child.works != nil {
				t.Fatal(l.child.works)
			}
			if _, err := decodeOne(t, l, pic); !errors.Is(err, devices.ErrMalformed) {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("honest", func(t *testing.T) {
		l := newLooker(t, Config{FFmpeg: fake(t, "head -c 256 /dev/zero")})
		if _, err := decodeOne(t, l, pic); err != nil {
			t.Error(err)
		}
	})
	t.Run("hangs", func(t *testing.T) {
		l := newLooker(t, Config{FFmpeg: fake(t, "echo $$ >&2; exec sleep 600")})
		start := time.Now()
		if _, err := decodeOne(t, l, pic); !errors.Is(err, devices.ErrMalformed) || !strings.Contains(err.Error(), "hangs") {
			t.Errorf("got %v", err)
		}
		if d := time.Since(start); d > childLimit+2*time.Second {
			t.Errorf("ended after %v", d)
		}
	})
	t.Run("does not start", func(t *testing.T) {
		l := newLooker(t, Config{FFmpeg: filepath.Join(t.TempDir(), "none")})
		if _, err := decodeOne(t, l, pic); !errors.Is(err, devices.ErrNoDecoder) || len(l.Walls()) != 0 {
			t.Errorf("got %v, walls %v", err, l.Walls())
		}
	})
}

// TestWalls asks a child from within what it can do.
func TestWalls(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("namespaces and limits are Linux's")
	}
	l := newLooker(t, Config{Shim: shim(), FFmpeg: fake(t, `
exec 2>&1
cat /proc/self/limits /proc/self/status
echo interfaces; cat /proc/self/net/dev
echo environment; env
echo end`)})
	out := &sink{buf: make([]byte, 64<<10)}
	if err := l.child.run(t.Context(), []string{"x"}, nil, out, io.Discard); err != nil {
		t.Fatalf("%v: %s", err, out.buf[:out.n])
	}
	text := string(out.buf[:out.n])
	has := func(fields ...string) bool {
		for line := range strings.Lines(text) {
			if strings.HasPrefix(strings.Join(strings.Fields(line), " "), strings.Join(fields, " ")) {
				return true
			}
		}
		return false
	}
	for _, want := range []string{"Max file size 0 0", "Max core file size 0 0", "Max open files 16 16", "Max cpu time 10 10", "Max address space 805306368 805306368", "NoNewPrivs: 1", "CapEff: 0000000000000000"} {
		if !has(want) {
			t.Errorf("the child lacks %q", want)
		}
	}
	_, env, _ := strings.Cut(text, "environment\n")
	if strings.Contains(env, "HOME=") || strings.Contains(env, "PATH=/root") || strings.Contains(env, "USER=") {
		t.Errorf("environment: %s", env)
	}
	if os.Getuid() == 0 && !has("Uid: 65534 65534 65534 65534") {
		t.Error("root's child is root")
	}
	if slices.Contains(l.Walls(), "net-namespace") {
		_, dev, _ := strings.Cut(text, "interfaces\n")
		dev, _, _ = strings.Cut(dev, "environment\n")
		if n := strings.Count(dev, ":"); n > 1 {
			t.Errorf("the child sees %d interfaces:\n%s", n, dev)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

// gstreamer starts an RTSP server that we did not write.
func gstreamer(t *testing.T, clips map[string]string) string {
	t.Helper()
	python := ""
	for _, p := range []string{"/usr/bin/python3", "python3"} {
		if exec.CommandContext(t.Context(), p, "-c", "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer").Run() == nil {
			python = p
			break
		}
	}
	if python == "" {
		t.Skip("gst-rtsp-server is not installed: apt-get install python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad")
	}
	args := []string{"testdata/gstserver.py", testUser, testPassword}
	for name, file := range clips {
		args = append(args, name+"="+file)
	}
	cmd := exec.CommandContext(t.Context(), python, args...)
	cmd.Stderr = t.Output()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	var port int
	if _, serr := fmt.Sscanf(line, "port %d", &port); err != nil || serr != nil {
		t.Fatalf("the server says %q: %v", line, err)
	}
	return fmt.Sprintf("127.0.0.1:%d", port)
}

func TestLookAtForeignServer(t *testing.T) {
	const src = "testsrc2=s=1280x720:r=10:d=6"
	mp4 := func(codec string, args ...string) clip {
		return encode(t, "clip.mp4", codec, append([]string{src, "-g", "10", "-preset", "ultrafast"}, args...)...)
	}
	clips := map[string]clip{
		"avc":   mp4(codecH264, "-c:v", "libx264", "-coder", "1", "-bf", "2", "-pix_fmt", "yuv420p"),
		"sound": mp4(codecH264, "-c:v", "libx264", "-x264-params", "slices=3", "-pix_fmt", "yuvj420p"),
		"hevc":  mp4(codecH265, "-c:v", "libx265", "-x265-params", "log-level=none:keyint=10:slices=2:pools=1", "-pix_fmt", "yuv420p"),
	}
	files := map[string]string{}
	for name, c := range clips {
		files[name] = c.file
	}
	address := gstreamer(t, files)
	l := newLooker(t, Config{FFmpeg: ffmpeg(t), Shim: shim()})
	target := func(name string) Target {
		return Target{Device: address, URL: "rtsp://" + address + "/" + name, Credentials: devices.Credentials{User: testUser, Password: testPassword}}
	}
	for name, c := range clips {
		t.Run(name, func(t *testing.T) {
			want := c.reference(t, 1280, 720)
			n := 0
			st, err := l.Look(t.Context(), target(name), Options{Frames: 3, Limit: 10 * time.Second}, func(y devices.Luma) {
				n++
				if !slices.ContainsFunc(want, func(w []byte) bool { return bytes.Equal(w, y.Pix) }) {
					t.Errorf("picture %d is none of ffmpeg's %d", n, len(want))
				}
				if y.FullRange != (name == "sound") {
					t.Errorf("full range %v", y.FullRange)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%+v", st)
			if st.Frames < 10 || st.Advanced < time.Second || st.FirstKey <= 0 {
				t.Errorf("frames and clock: %+v", st)
			}
			if n != 3 || st.Decoded != 3 || st.Codec != c.codec || st.Width != 1280 || st.Height != 720 || st.HasSound() != (name == "sound") {
				t.Errorf("saw %d; %+v", n, st)
			}
		})
	}
	t.Run("wrong password", func(t *testing.T) {
		tg := target("avc")
		tg.Credentials.Password = "wrong"
		if _, err := l.Look(t.Context(), tg, Options{}, func(devices.Luma) {}); !errors.Is(err, devices.ErrLogin) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("no such path", func(t *testing.T) {
		if _, err := l.Look(t.Context(), target("none"), Options{}, func(devices.Luma) {}); !errors.Is(err, devices.ErrUnsupported) && !errors.Is(err, devices.ErrLogin) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("no decoder", func(t *testing.T) {
		st, err := newLooker(t, Config{}).Look(t.Context(), target("sound"), Options{}, func(devices.Luma) { t.Error("a picture") })
		if !errors.Is(err, devices.ErrNoDecoder) || !strings.Contains(err.Error(), "install ffmpeg") || !st.HasSound() || st.Codec != codecH264 {
			t.Errorf("got %v; %+v", err, st)
		}
	})
}
