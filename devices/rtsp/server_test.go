package rtsp

import (
	"bytes"
	"image"
	"image/jpeg"
	"net"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/auth"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/gortsplib/v4/pkg/liberrors"

	"github.com/lensdop/lensdop/devices"
)

const (
	testUser     = "viewer"
	testPassword = "Zeer-Geheim-3"
)

// mjpegServer is a camera with a picture track and a sound track.
type mjpegServer struct {
	address string
	stream  *gortsplib.ServerStream
	refuse  base.StatusCode // answer to SETUP, if not 0
	methods []auth.VerifyMethod

	media *description.Media
}

func startMJPEG(t *testing.T, prepare func(*mjpegServer)) *mjpegServer {
	t.Helper()
	m := &mjpegServer{}
	if prepare != nil {
		prepare(m)
	}
	s := &gortsplib.Server{Handler: m, RTSPAddress: "127.0.0.1:0", WriteQueueSize: 1024, AuthMethods: m.methods}
	s.Listen = func(network, address string) (net.Listener, error) {
		l, err := net.Listen(network, address)
		if err == nil {
			m.address = l.Addr().String()
		}
		return l, err
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	m.media = &description.Media{Type: description.MediaTypeVideo, Formats: []format.Format{&format.MJPEG{}}}
	m.stream = &gortsplib.ServerStream{Server: s, Desc: &description.Session{Medias: []*description.Media{
		m.media,
		{Type: description.MediaTypeAudio, Formats: []format.Format{&format.G711{PayloadTyp: 8, SampleRate: 8000, ChannelCount: 1}}},
	}}}
	if err := m.stream.Initialize(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.stream.Close(); s.Close() })
	return m
}

func (m *mjpegServer) OnDescribe(c *gortsplib.ServerHandlerOnDescribeCtx) (*base.Response, *gortsplib.ServerStream, error) {
	if !c.Conn.VerifyCredentials(c.Request, testUser, testPassword) {
		return &base.Response{StatusCode: base.StatusUnauthorized}, nil, liberrors.ErrServerAuth{}
	}
	return &base.Response{StatusCode: base.StatusOK}, m.stream, nil
}

func (m *mjpegServer) OnSetup(*gortsplib.ServerHandlerOnSetupCtx) (*base.Response, *gortsplib.ServerStream, error) {
	if m.refuse != 0 {
		return &base.Response{StatusCode: m.refuse}, nil, nil
	}
	return &base.Response{StatusCode: base.StatusOK}, m.stream, nil
}

func (m *mjpegServer) OnPlay(*gortsplib.ServerHandlerOnPlayCtx) (*base.Response, error) {
	return &base.Response{StatusCode: base.StatusOK}, nil
}

func (m *mjpegServer) url() string { return "rtsp://" + m.address + "/main?channel=1" }

func (m *mjpegServer) target() Target {
	return Target{Device: m.address, URL: m.url(), Credentials: devices.Credentials{User: testUser, Password: testPassword}}
}

// send plays the files at 20 a second until the test ends.
func (m *mjpegServer) send(t *testing.T, files ...[]byte) {
	t.Helper()
	enc, err := m.media.Formats[0].(*format.MJPEG).CreateEncoder()
	if err != nil {
		t.Fatal(err)
	}
	stop, done := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(stop); <-done })
	go func() {
		defer close(done)
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-tick.C:
			}
			packets, err := enc.Encode(files[i%len(files)])
			if err != nil {
				t.Error(err)
				return
			}
			for _, p := range packets {
				p.Timestamp = uint32(4_294_900_000) + uint32(i)*4500 // wraps around under way
				if err := m.stream.WritePacketRTP(m.media, p); err != nil {
					t.Error(err)
					return
				}
			}
		}
	}()
}

// ramp draws a picture that a decoder cannot get by accident.
func ramp(w, h, seed int) *image.YCbCr {
	m := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	for y := range h {
		for x := range w {
			m.Y[y*m.YStride+x] = byte((x*3 + y*2 + seed*40 + (x/40)*(y/30)*11) % 256)
		}
	}
	for i := range m.Cb {
		m.Cb[i], m.Cr[i] = 128, 128
	}
	return m
}

func encodeJPEG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 85}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// lumaOf is the Y plane that image/jpeg decodes.
func lumaOf(t testing.TB, file []byte) []byte {
	t.Helper()
	img, err := jpeg.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	m := img.(*image.YCbCr)
	var y []byte
	for row := range m.Rect.Dy() {
		y = append(y, m.Y[row*m.YStride:row*m.YStride+m.Rect.Dx()]...)
	}
	return y
}
