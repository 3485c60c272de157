package sim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/gortsplib/v4/pkg/liberrors"
	"github.com/pion/rtp"
)

// viewer is an RTSP client that plays one path.
type viewer struct {
	client *gortsplib.Client
	desc   *description.Session
	frames chan []byte // whole JPEGs
	sounds chan int    // sizes of sound packets
	any    chan struct{}
}

func view(url, password string) (*viewer, error) {
	u, err := base.ParseURL(strings.Replace(url, "rtsp://", "rtsp://admin:"+password+"@", 1))
	if err != nil {
		return nil, err
	}
	tcp := gortsplib.TransportTCP
	v := &viewer{
		client: &gortsplib.Client{Scheme: u.Scheme, Host: u.Host, Transport: &tcp, ReadTimeout: 5 * time.Second},
		frames: make(chan []byte, 100), sounds: make(chan int, 1000), any: make(chan struct{}, 1),
	}
	if err := v.client.Start2(); err != nil {
		return nil, err
	}
	if err := v.play(u); err != nil {
		v.client.Close()
		return nil, err
	}
	return v, nil
}

func (v *viewer) play(u *base.URL) error {
	desc, _, err := v.client.Describe(u)
	if err != nil {
		return err
	}
	v.desc = desc
	if err := v.client.SetupAll(desc.BaseURL, desc.Medias); err != nil {
		return err
	}
	v.client.OnPacketRTPAny(func(m *description.Media, _ format.Format, p *rtp.Packet) {
		select {
		case v.any <- struct{}{}:
		default:
		}
		if m.Type == description.MediaTypeAudio {
			select {
			case v.sounds <- len(p.Payload):
			default:
			}
		}
	})
	var f *format.MJPEG
	if m := desc.FindFormat(&f); m != nil {
		dec, err := f.CreateDecoder()
		if err != nil {
			return err
		}
		v.client.OnPacketRTP(m, f, func(p *rtp.Packet) {
			select {
			case v.any <- struct{}{}:
			default:
			}
			if b, err := dec.Decode(p); err == nil {
				select {
				case v.frames <- b:
				default:
				}
			}
		})
	}
	_, err = v.client.Play(nil)
	return err
}

func (v *viewer) next(t *testing.T) *image.YCbCr {
	t.Helper()
	select {
	case b := <-v.frames:
		img, err := jpeg.Decode(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		p, ok := img.(*image.YCbCr)
		if !ok {
			t.Fatalf("frame is a %T", img)
		}
		return p
	case <-time.After(5 * time.Second):
		t.Fatal("no frame within 5 s")
		return nil
	}
}

// until waits for a frame that satisfies.
func (v *viewer) until(t *testing.T, what string, ok func(*image.YCbCr) bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		if ok(v.next(t)) {
			return
		}
	}
	t.Fatalf("no frame that is %s within 10 s", what)
}

func mustView(t *testing.T, url string) *viewer {
	t.Helper()
	v, err := view(url, "sesame")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.client.Close)
	return v
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 10 s: %s", what)
		}
	}
}

func brightness(p *image.YCbCr) float64 { m, _ := mean(p, 0, 0, 1, 1); return m }

func TestStream(t *testing.T) {
	d := start(t, Camera{Host: "127.0.0.31", FPS: 10, Masks: true, Sound: true, SubStream: true})
	v := mustView(t, d.RTSPURL(1))
	sub := mustView(t, d.SubURL(1))

	if p := v.next(t); p.Rect.Dx() != 640 || p.Rect.Dy() != 360 || brightness(p) < 40 {
		t.Errorf("first frame is %v with mean %.0f", p.Rect, brightness(p))
	}
	if p := sub.next(t); p.Rect.Dx() != 320 || p.Rect.Dy() != 176 {
		t.Errorf("first frame of the sub-stream is %v", p.Rect)
	}
	select {
	case n := <-v.sounds:
		if n != 320 {
			t.Errorf("sound packet of %d bytes", n)
		}
	case <-time.After(5 * time.Second):
		t.Error("no sound within 5 s")
	}
	if s := d.Stats(); s.Sessions != 2 || s.MaxSeen != 2 {
		t.Errorf("sessions: %+v", s)
	}

	if _, err := d.AddMask(1, box(0, 0, 1, 1)); err != nil {
		t.Fatal(err)
	}
	for _, w := range []*viewer{v, sub} {
		w.until(t, "black", func(p *image.YCbCr) bool { return brightness(p) < 1 })
	}
	d.RemoveMask("mask_1")
	v.until(t, "open again", func(p *image.YCbCr) bool { return brightness(p) > 40 })

	v.client.Close()
	sub.client.Close()
	eventually(t, "all sessions are gone", func() bool { return d.Stats().Sessions == 0 })
	// Nobody reads: nothing is rendered.
	n := d.Stats().Frames
	eventually(t, "rendering stops", func() bool {
		was := n
		n = d.Stats().Frames
		time.Sleep(250 * time.Millisecond) // two frames and a half
		return was == n && d.Stats().Frames == n
	})
}

func TestStreamLogin(t *testing.T) {
	d := start(t, Camera{Host: "127.0.0.32"})
	if v, err := view(d.RTSPURL(1), "guess"); err == nil {
		v.client.Close()
		t.Error("a wrong password played the stream")
	}
	var bad liberrors.ErrClientBadStatusCode
	if _, err := view(strings.Replace(d.RTSPURL(1), "lens1", "lens2", 1), "sesame"); !errors.As(err, &bad) || bad.Code != base.StatusNotFound {
		t.Errorf("unknown path: %v", err)
	}
}

func TestScenesDiffer(t *testing.T) {
	// The walkers go by the camera's clock, so the test holds it.
	var passed atomic.Int64 // milliseconds
	d := start(t, Camera{Host: "127.0.0.33", Lenses: 2, Overlay: OverlayNone, Clock: func() time.Time {
		return time.UnixMilli(1_800_000_000_000 + passed.Load())
	}})
	difference := func(a, b *image.YCbCr) float64 {
		var sum float64
		for i := range a.Y {
			sum += max(float64(a.Y[i])-float64(b.Y[i]), float64(b.Y[i])-float64(a.Y[i]))
		}
		return sum / float64(len(a.Y))
	}
	take := func(n int) *image.YCbCr {
		p, err := d.Picture(n)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	one := take(1)
	passed.Add(20)
	same, two := take(1), take(2)
	if x := difference(one, same); x > 5 {
		t.Errorf("the same lens a moment later differs by %.1f levels", x)
	}
	if x := difference(one, two); x < 15 {
		t.Errorf("two lenses differ by %.1f levels only", x)
	}
	if err := d.Move(1, 0.2, 0); err != nil {
		t.Fatal(err)
	}
	if x := difference(one, take(1)); x < 10 {
		t.Errorf("a turned camera differs by %.1f levels only", x)
	}
	for _, c := range []Cover{CoverTape, CoverBlack, CoverBright} {
		if err := d.Cover(1, c); err != nil {
			t.Fatal(err)
		}
		if _, spread := mean(take(1), 0, 0, 1, 1); spread == 0 || spread > 20 {
			t.Errorf("%s: variance %.1f; want grain and nothing else", c, spread)
		}
	}
	if err := d.Cover(1, ClearLens); err != nil {
		t.Fatal(err)
	}
	red := image.NewRGBA(image.Rect(0, 0, 30, 20))
	for i := 0; i < len(red.Pix); i += 4 {
		red.Pix[i], red.Pix[i+3] = 255, 255
	}
	// A walker may hide the middle of the picture, but not all the time.
	reds := func() (n int) {
		for range 60 {
			passed.Add(1000)
			r, g, b, _ := color.YCbCrModel.Convert(take(2).At(320, 180)).RGBA()
			if r>>8 > 200 && g>>8 < 60 && b>>8 < 60 {
				n++
			}
		}
		return n
	}
	if n := reds(); n != 0 {
		t.Errorf("red at %d of 60 moments, with nothing planted", n)
	}
	if err := d.Plant(2, red); err != nil {
		t.Fatal(err)
	}
	if n := reds(); n < 40 {
		t.Errorf("planted red is seen at %d of 60 moments", n)
	}
	if err := d.Plant(2, nil); err != nil {
		t.Fatal(err)
	}
	if n := reds(); n != 0 {
		t.Errorf("red at %d of 60 moments, and it was taken away", n)
	}
	if err := d.Move(3, 0, 0); err == nil {
		t.Error("a third lens was moved")
	}
}

// foreign reads a stream with ffmpeg, as brightness of n frames in raw form.
func foreign(t *testing.T, url string, n int) []byte {
	t.Helper()
	tool, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is not installed: the stream was not read by a foreign client")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, tool, "-nostdin", "-hide_banner", "-loglevel", "error", "-rtsp_transport", "tcp", "-analyzeduration", "500000",
		"-i", strings.Replace(url, "rtsp://", "rtsp://admin:sesame@", 1),
		"-an", "-frames:v", strconv.Itoa(n), "-threads", "1", "-pix_fmt", "gray", "-f", "rawvideo", "pipe:1")
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	b, err := cmd.Output()
	if err != nil {
		t.Fatalf("ffmpeg: %v: %s", err, complaint.String())
	}
	return b
}

func TestForeignClient(t *testing.T) {
	for i, codec := range []string{codecMJPEG, codecH264, codecH265} {
		t.Run(codec, func(t *testing.T) {
			if _, err := exec.LookPath("ffmpeg"); err != nil {
				t.Skip("ffmpeg is not installed: codec " + codec + " was not tried")
			}
			d := start(t, Camera{
				Host: fmt.Sprintf("127.0.0.%d", 34+i), Codec: codec, KeyInterval: time.Second,
				Masks: true, Sound: true, SubStream: true,
			})
			b := foreign(t, d.RTSPURL(1), 3)
			if len(b) != 3*640*360 {
				t.Fatalf("%d bytes, want three frames", len(b))
			}
			sum := 0
			for _, v := range b {
				sum += int(v)
			}
			if m := sum / len(b); m < 40 || m > 220 {
				t.Errorf("mean brightness %d", m)
			}
			if b := foreign(t, d.SubURL(1), 1); len(b) != 320*176 {
				t.Errorf("sub-stream: %d bytes, want one frame", len(b))
			}
			if _, err := d.AddMask(1, box(0, 0, 1, 1)); err != nil {
				t.Fatal(err)
			}
			b = foreign(t, d.RTSPURL(1), 2)
			for _, v := range b[len(b)/2:] {
				if v > 18 {
					t.Fatalf("brightness %d under a mask over the whole picture", v)
				}
			}
		})
	}
}
