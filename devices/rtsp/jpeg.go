package rtsp

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"

	"github.com/lensdop/lensdop/devices"
)

// jpegDecoder decodes in this process: image/jpeg is memory-safe Go.
type jpegDecoder struct{}

// decode hands on the Y plane of a JPEG, which is full range (JFIF 1.02). It
// takes pictures without Huffman tables for ones with the standard tables.
func (jpegDecoder) decode(ctx context.Context, p picture, see func(devices.Luma)) (err error) {
	defer func() {
		if recover() != nil {
			err = fmt.Errorf("%w: a JPEG that breaks its decoder", devices.ErrMalformed)
		}
	}()
	if err := ctx.Err(); err != nil {
		return err
	}
	data, own, err := withHuffman(p.data)
	if err != nil {
		return err
	}
	if own {
		defer clear(data)
	}
	conf, err := jpeg.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return malformedJPEG()
	}
	if err := checkSize(conf.Width, conf.Height); err != nil {
		return err
	}
	if conf.Width < minSide || conf.Height < minSide {
		return fmt.Errorf("%w: a picture of %dx%d", devices.ErrMalformed, conf.Width, conf.Height)
	}
	img, err := jpeg.Decode(bytes.NewReader(data))
	var pix []byte
	var stride int
	switch m := img.(type) {
	case *image.YCbCr:
		defer clear(m.Y)
		defer clear(m.Cb)
		defer clear(m.Cr)
		pix, stride = m.Y, m.YStride
	case *image.Gray:
		defer clear(m.Pix)
		pix, stride = m.Pix, m.Stride
	default:
		if err == nil {
			return fmt.Errorf("%w: a JPEG that is not YCbCr or grey", devices.ErrNoDecoder)
		}
	}
	if err != nil {
		return malformedJPEG()
	}
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	for y := 1; y < h && stride != w; y++ {
		copy(pix[y*w:(y+1)*w], pix[y*stride:y*stride+w])
	}
	see(devices.Luma{Pix: pix[:w*h], Width: w, Height: h, FullRange: true})
	return nil
}

func malformedJPEG() error {
	return fmt.Errorf("%w: a JPEG that is broken or cut off", devices.ErrMalformed)
}

// withHuffman returns the file with the standard Huffman tables put before
// the first scan if it defines none, as Motion JPEG often does. own tells that
// the result is a copy.
func withHuffman(b []byte) (out []byte, own bool, err error) {
	if len(b) < 4 || b[0] != 0xff || b[1] != 0xd8 {
		return nil, false, fmt.Errorf("%w: not a JPEG", devices.ErrMalformed)
	}
	for i := 2; i+4 <= len(b); {
		if b[i] != 0xff {
			return nil, false, malformedJPEG()
		}
		switch m := b[i+1]; {
		case m == 0xff: // fill byte, ITU-T T.81 §B.1.1.2
			i++
			continue
		case m == 0xc4:
			return b, false, nil
		case m == 0xda:
			out = make([]byte, 0, len(b)+len(huffmanSegment))
			out = append(out, b[:i]...)
			out = append(out, huffmanSegment...)
			return append(out, b[i:]...), true, nil
		case m == 0x01 || m >= 0xd0 && m <= 0xd7:
			i += 2
			continue
		}
		n := int(b[i+2])<<8 | int(b[i+3])
		if n < 2 {
			return nil, false, malformedJPEG()
		}
		i += 2 + n
	}
	return nil, false, malformedJPEG()
}
