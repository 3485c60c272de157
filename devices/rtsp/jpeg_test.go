package rtsp

import (
	"bytes"
	"errors"
	"image"
	"image/jpeg"
	"testing"

	"github.com/bluenviron/gortsplib/v4/pkg/format/rtpmjpeg"

	"github.com/lensdop/lensdop/devices"
)

// withoutSegment cuts all segments of a kind out of a JPEG.
func withoutSegment(t testing.TB, b []byte, marker byte) []byte {
	t.Helper()
	out := append([]byte{}, b[:2]...)
	for i := 2; ; {
		n := 2 + int(b[i+2])<<8 + int(b[i+3])
		if b[i+1] == 0xda {
			return append(out, b[i:]...)
		}
		if b[i+1] != marker {
			out = append(out, b[i:i+n]...)
		}
		i += n
	}
}

func decodeJPEG(t testing.TB, b []byte) (luma []byte, w, h int, err error) {
	t.Helper()
	err = jpegDecoder{}.decode(t.Context(), picture{codec: codecMJPEG, data: b}, func(y devices.Luma) {
		luma, w, h = append([]byte{}, y.Pix...), y.Width, y.Height
	})
	return luma, w, h, err
}

func TestDecodeJPEG(t *testing.T) {
	odd := encodeJPEG(t, ramp(333, 221, 3))
	grey := encodeJPEG(t, &image.Gray{Pix: bytes.Repeat([]byte{77}, 64*48), Stride: 64, Rect: image.Rect(0, 0, 64, 48)})
	huge := append([]byte{}, odd...)
	sof := bytes.Index(huge, []byte{0xff, 0xc0})
	copy(huge[sof+5:], []byte{0xff, 0xff, 0xff, 0xff})
	for _, c := range []struct {
		name string
		data []byte
		want error
	}{
		{"odd size", odd, nil},
		{"grey", grey, nil},
		{"without Huffman tables", withoutSegment(t, odd, 0xc4), nil},
		{"cut off", odd[:len(odd)-200], devices.ErrMalformed},
		{"cut off and ended", append(append([]byte{}, odd[:len(odd)-200]...), 0xff, 0xd9), devices.ErrMalformed},
		{"larger than any", huge, devices.ErrOutOfBounds},
		{"noise", bytes.Repeat([]byte{0xa5, 0x11}, 999), devices.ErrMalformed},
		{"empty", nil, devices.ErrMalformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, w, h, err := decodeJPEG(t, c.data)
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if err == nil && len(got) != w*h {
				t.Errorf("%d values for %dx%d", len(got), w, h)
			}
			if c.name == "odd size" && !bytes.Equal(got, lumaOf(t, odd)) {
				t.Error("another picture")
			}
		})
	}
}

// payloads splits a file as gortsplib's encoder does.
func payloads(t testing.TB, file []byte) [][]byte {
	t.Helper()
	var enc rtpmjpeg.Encoder
	if err := enc.Init(); err != nil {
		t.Fatal(err)
	}
	packets, err := enc.Encode(file)
	if err != nil {
		t.Fatal(err)
	}
	var all [][]byte
	for _, p := range packets {
		all = append(all, p.Payload)
	}
	return all
}

func clone(all [][]byte) [][]byte {
	c := make([][]byte, len(all))
	for i := range all {
		c[i] = append([]byte{}, all[i]...)
	}
	return c
}

func pushAll(d *jpegDepacketizer, all [][]byte, time uint32) (out []byte, err error) {
	for i, p := range all {
		if out, err = d.push(p, time, i == len(all)-1, false); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func TestRTPJPEG(t *testing.T) {
	file := encodeJPEG(t, ramp(640, 360, 1))
	want := lumaOf(t, file)
	all := payloads(t, file)
	check := func(t *testing.T, out []byte, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		got, _, _, err := decodeJPEG(t, out)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("another picture, or %v", err)
		}
	}
	t.Run("whole", func(t *testing.T) {
		out, err := pushAll(&jpegDepacketizer{}, clone(all), 1)
		check(t, out, err)
	})
	t.Run("restart header", func(t *testing.T) {
		in := clone(all)
		for i, p := range in {
			p[4] |= 64
			in[i] = append(append(append([]byte{}, p[:8]...), 0, 0, 0xff, 0xff), p[8:]...)
		}
		out, err := pushAll(&jpegDepacketizer{}, in, 1)
		check(t, out, err)
	})
	t.Run("16-bit tables", func(t *testing.T) {
		in := clone(all)
		p := in[0]
		var wide []byte
		for _, v := range p[12 : 12+128] {
			wide = append(wide, 0, v)
		}
		in[0] = append(append(append(append([]byte{}, p[:8]...), 0, 3, 1, 0), wide...), p[12+128:]...)
		out, err := pushAll(&jpegDepacketizer{}, in, 1)
		check(t, out, err)
	})
	t.Run("tables sent before", func(t *testing.T) {
		d := &jpegDepacketizer{}
		first, again := clone(all), clone(all)
		for _, in := range [][][]byte{first, again} {
			for _, p := range in {
				p[5] = 200
			}
		}
		again[0] = append(append(append([]byte{}, again[0][:8]...), 0, 0, 0, 0), again[0][12+128:]...)
		if out, err := pushAll(d, clone(again), 1); err == nil {
			t.Errorf("tables that were never sent gave %d bytes", len(out))
		}
		if _, err := pushAll(d, first, 1); err != nil {
			t.Fatal(err)
		}
		out, err := pushAll(d, again, 2)
		check(t, out, err)
	})
	t.Run("lost packet", func(t *testing.T) {
		d := &jpegDepacketizer{}
		in := clone(all)
		out, err := pushAll(d, append(in[:1:1], in[2:]...), 1)
		if out != nil || err != nil {
			t.Errorf("%d bytes, %v", len(out), err)
		}
		out, err = pushAll(d, clone(all), 2)
		check(t, out, err)
	})
	t.Run("joined under way", func(t *testing.T) {
		d := &jpegDepacketizer{}
		if out, err := pushAll(d, clone(all)[1:], 1); out != nil || err != nil {
			t.Errorf("%d bytes, %v", len(out), err)
		}
	})
	t.Run("quality instead of tables", func(t *testing.T) {
		for _, q := range []int{1, 10, 49, 50, 85, 99} {
			// image/jpeg scales the same tables by the same rule.
			var b bytes.Buffer
			if err := jpeg.Encode(&b, ramp(64, 48, 0), &jpeg.Options{Quality: q}); err != nil {
				t.Fatal(err)
			}
			p := payloads(t, b.Bytes())
			p[0] = append(append([]byte{}, p[0][:8]...), p[0][12+128:]...)
			p[0][5] = byte(q)
			out, err := pushAll(&jpegDepacketizer{}, p, 1)
			if err != nil {
				t.Fatal(err)
			}
			got, _, _, err := decodeJPEG(t, out)
			if err != nil || !bytes.Equal(got, lumaOf(t, b.Bytes())) {
				t.Errorf("quality %d: another picture, or %v", q, err)
			}
		}
	})
}

func FuzzRTPJPEG(f *testing.F) {
	for _, p := range payloads(f, encodeJPEG(f, ramp(64, 48, 0))) {
		f.Add(p, true)
	}
	f.Add([]byte{0, 0, 0, 0, 65, 128, 2, 2, 0, 1, 0, 0, 0, 3, 1, 0}, false)
	f.Fuzz(func(t *testing.T, b []byte, marker bool) {
		d := &jpegDepacketizer{}
		for i := range uint32(3) {
			out, _ := d.push(append([]byte{}, b...), i/2, marker, false)
			if out != nil && len(out) > maxKeyFrame+2048 {
				t.Fatal("too long")
			}
			if out != nil {
				_, _, _ = withHuffman(out)
			}
		}
	})
}

func FuzzJPEG(f *testing.F) {
	file := encodeJPEG(f, ramp(64, 48, 0))
	f.Add(file)
	f.Add(withoutSegment(f, file, 0xc4))
	f.Add([]byte{0xff, 0xd8, 0xff, 0xff, 0xff, 0xda, 0, 2})
	f.Fuzz(func(t *testing.T, b []byte) {
		out, own, err := withHuffman(b)
		if err == nil && own && !bytes.Contains(out, []byte(huffmanSegment)) {
			t.Error("a copy without tables")
		}
		if conf, err := jpeg.DecodeConfig(bytes.NewReader(b)); err == nil && conf.Width*conf.Height > 1<<20 {
			return // slow, not wrong
		}
		_, _, _, _ = decodeJPEG(t, b)
	})
}
