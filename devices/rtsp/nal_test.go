package rtsp

import (
	"encoding/hex"
	"errors"
	"reflect"
	"testing"

	"github.com/pion/rtp"

	"github.com/bluenviron/gortsplib/v4/pkg/format"

	"github.com/lensdop/lensdop/devices"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// bits writes the parameter sets of the tests.
type bits struct {
	b []byte
	n int
}

func (w *bits) u(v uint64, n int) *bits {
	for i := n - 1; i >= 0; i-- {
		if w.n%8 == 0 {
			w.b = append(w.b, 0)
		}
		w.b[w.n/8] |= byte(v>>i&1) << (7 - w.n%8)
		w.n++
	}
	return w
}

func (w *bits) ue(v uint64) *bits {
	n := 0
	for (v+1)>>n > 1 {
		n++
	}
	return w.u(0, n).u(v+1, n+1)
}

// avcSPS is a baseline parameter set of w by h macroblocks.
func avcSPS(w, h uint64) []byte {
	s := &bits{}
	s.u(0x67, 8).u(66, 8).u(0, 8).u(40, 8).ue(0).ue(0).ue(2).ue(1).u(0, 1)
	s.ue(w-1).ue(h-1).u(1, 1).u(0, 1).u(0, 1).u(0, 1).u(1, 1)
	return s.b
}

func TestInspect(t *testing.T) {
	for _, c := range []struct {
		name string
		sets [][]byte
		w, h int
		want error
	}{
		{"VGA", [][]byte{avcSPS(40, 30)}, 640, 480, nil},
		{"two alike", [][]byte{avcSPS(40, 30), avcSPS(40, 30)}, 640, 480, nil},
		{"two sizes", [][]byte{avcSPS(40, 30), avcSPS(40, 31)}, 0, 0, devices.ErrMalformed},
		{"too wide", [][]byte{avcSPS(513, 30)}, 0, 0, devices.ErrOutOfBounds},
		{"too many pixels", [][]byte{avcSPS(512, 512)}, 0, 0, devices.ErrOutOfBounds},
		{"a width that wraps to nothing", [][]byte{avcSPS(1<<28, 30)}, 0, 0, devices.ErrMalformed},
		{"a width that wraps to little", [][]byte{avcSPS(1<<28+4, 30)}, 0, 0, devices.ErrMalformed},
		{"none", nil, 0, 0, devices.ErrMalformed},
		{"noise", [][]byte{{0x67, 1, 2, 3, 4, 5}}, 0, 0, devices.ErrMalformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, err := inspect(codecH264, c.sets)
			if !errors.Is(err, c.want) || g.width != c.w || g.height != c.h {
				t.Errorf("got %+v, %v", g, err)
			}
		})
	}
}

func TestTracks(t *testing.T) {
	const onvif = "v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=recvonly\r\n" +
		"m=audio 0 RTP/AVP 0\r\na=recvonly\r\nm=audio 0 RTP/AVP 8\r\na=sendonly\r\n" +
		"m=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\n"
	got := tracks([]byte(onvif))
	want := []devices.Track{
		{Kind: "video", Codec: "H264"},
		{Kind: "audio", Codec: "PCMU"},
		{Kind: "audio", Codec: "PCMA", BackChannel: true},
		{Kind: "application", Codec: "vnd.onvif.metadata"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	// A server that means its own direction must not hide its microphone.
	got = tracks([]byte("m=video 0 RTP/AVP 26\na=sendonly\nm=audio 0 RTP/AVP 97\na=rtpmap:97 MPEG4-GENERIC/16000/1\na=sendonly\n"))
	want = []devices.Track{{Kind: "video", Codec: "MJPEG"}, {Kind: "audio", Codec: "MPEG4-GENERIC"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}

// TestGap drops packets of a key frame one at a time: an incomplete one must
// never be handed on.
func TestGap(t *testing.T) {
	key := func(seq *uint16, ts uint32) []*rtp.Packet {
		var all []*rtp.Packet
		for _, p := range [][]byte{
			avcSPS(40, 30),
			{0x68, 0xce, 0x38, 0x80},
			{0x7c, 0x85, 0x88, 1, 2},
			{0x7c, 0x05, 3, 4},
			{0x7c, 0x45, 5, 6}, // first slice, in fragments
			{0x65, 0x40, 7, 8},
			{0x65, 0x41, 9, 9}, // two more
		} {
			all = append(all, &rtp.Packet{Header: rtp.Header{SequenceNumber: *seq, Timestamp: ts}, Payload: p})
			*seq++
		}
		all[len(all)-1].Marker = true
		return all
	}
	for drop := -1; drop < 7; drop++ {
		c, err := newCollector(track{codec: codecH264, format: &format.H264{}, params: params{codec: codecH264}}, 5)
		if err != nil {
			t.Fatal(err)
		}
		seq := uint16(65530)
		for i, p := range key(&seq, 1) {
			if i != drop {
				c.packet(p)
			}
		}
		for _, p := range key(&seq, 2) { // by its time the end of the first is known
			c.packet(p)
		}
		want := 1
		if drop < 0 {
			want = 2
		}
		if c.keyFrames != want || len(c.failed) > 0 {
			t.Errorf("without packet %d: %d key frames, want %d; %d refused", drop, c.keyFrames, want, c.broken)
		}
		c.drain()
	}
}

func FuzzInspect(f *testing.F) {
	f.Add(avcSPS(40, 30), true)
	f.Add(unhex(f, "6764001facd9405005bb011000000300100000030320f1831960"), true)
	f.Add(unhex(f, "420101016000000300900000030000030078a003c08010e596566924caf0168080000003008000000f0480"), false)
	f.Fuzz(func(t *testing.T, b []byte, avc bool) {
		codec := codecH265
		if avc {
			codec = codecH264
		}
		g, err := inspect(codec, [][]byte{b})
		if err == nil && (g.width < minSide || g.height < minSide || g.width > maxSide || g.height > maxSide || g.width*g.height > maxPixels) {
			t.Errorf("accepted %+v", g)
		}
	})
}

func FuzzTracks(f *testing.F) {
	f.Add([]byte("v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\nm=audio 0 RTP/AVP 0\r\na=sendonly\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, tr := range tracks(b) {
			if word(tr.Kind) != tr.Kind || word(tr.Codec) != tr.Codec {
				t.Errorf("%+v", tr)
			}
		}
		_ = breaks(b)
	})
}

// FuzzCollector cuts its input into packets of up to 255 bytes.
func FuzzCollector(f *testing.F) {
	f.Add([]byte("\x04\x67\x42\x00\x28\x03\x65\x88\x01"), uint8(0))
	f.Add([]byte("\x06\x26\x01\xaf\x08\x42\x01\x04\x62\x01\x81\x01"), uint8(1))
	f.Fuzz(func(t *testing.T, b []byte, which uint8) {
		codec := []string{codecH264, codecH265, codecMJPEG}[which%3]
		c, err := newCollector(track{codec: codec, format: &format.MJPEG{}, params: params{codec: codec}}, 3)
		if err != nil {
			t.Fatal(err)
		}
		for i := uint16(0); len(b) > 0; i++ {
			n := min(int(b[0]), len(b)-1)
			c.packet(&rtp.Packet{Header: rtp.Header{SequenceNumber: i, Timestamp: uint32(i / 4), Marker: i%4 == 3}, Payload: append([]byte{}, b[1:1+n]...)})
			b = b[1+n:]
			select {
			case p := <-c.keys:
				if len(p.data) == 0 || codec != codecMJPEG && (p.width < minSide || p.height < minSide) {
					t.Errorf("a picture of %dx%d in %d bytes", p.width, p.height, len(p.data))
				}
			case <-c.failed:
				return
			default:
			}
		}
		_ = c.missing()
		c.report(&devices.Stream{})
		c.drain()
	})
}
