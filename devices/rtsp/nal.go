package rtsp

import (
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"

	"github.com/lensdop/lensdop/devices"
)

// Kinds of NAL unit that matter here; the numbers differ by codec (ITU-T
// H.264 table 7-1, H.265 table 7-1).
type nalKind uint8

const (
	nalOther nalKind = iota
	nalSlice
	nalKeySlice // IDR; in H.265 every IRAP: BLA, IDR, CRA
	nalVPS
	nalSPS
	nalPPS
)

func kindOf(codec string, n []byte) nalKind {
	if codec == codecH264 {
		if len(n) < 2 {
			return nalOther
		}
		switch t := n[0] & 0x1f; {
		case t == 5:
			return nalKeySlice
		case t >= 1 && t <= 4:
			return nalSlice
		case t == 7:
			return nalSPS
		case t == 8:
			return nalPPS
		}
		return nalOther
	}
	if len(n) < 3 || n[0]&1 != 0 || n[1]>>3 != 0 { // another layer than the base
		return nalOther
	}
	switch t := n[0] >> 1 & 0x3f; {
	case t >= 16 && t <= 21:
		return nalKeySlice
	case t < 32:
		return nalSlice
	case t == 32:
		return nalVPS
	case t == 33:
		return nalSPS
	case t == 34:
		return nalPPS
	}
	return nalOther
}

// firstSlice tells whether a slice begins its picture: first_mb_in_slice is 0
// (H.264 §7.3.3), or first_slice_segment_in_pic_flag is set (H.265 §7.3.6.1).
func firstSlice(codec string, n []byte) bool {
	if codec == codecH264 {
		return len(n) > 1 && n[1]&0x80 != 0
	}
	return len(n) > 2 && n[2]&0x80 != 0
}

var errNoParams = fmt.Errorf("%w: a key frame without parameter sets", devices.ErrMalformed)

// params holds the newest parameter sets of a stream.
type params struct {
	codec         string
	vps, sps, pps [][]byte
}

// take replaces the parameter sets of each kind that the access unit carries.
func (p *params) take(nalus [][]byte) {
	var fresh [nalPPS + 1]bool
	for _, n := range nalus {
		k := kindOf(p.codec, n)
		var to *[][]byte
		switch k {
		case nalVPS:
			to = &p.vps
		case nalSPS:
			to = &p.sps
		case nalPPS:
			to = &p.pps
		default:
			continue
		}
		if len(n) > maxParamSet {
			continue
		}
		if !fresh[k] {
			fresh[k], *to = true, nil
		}
		if len(*to) < maxParamCount {
			*to = append(*to, append([]byte(nil), n...))
		}
	}
}

// picture builds the self-contained picture of an access unit; ok is false
// for one that is not a key picture, or lacks its first slice.
func (p *params) picture(nalus [][]byte) (pic picture, ok bool, err error) {
	size, first := 0, true
	for _, n := range nalus {
		switch kindOf(p.codec, n) {
		case nalSlice, nalKeySlice:
			if first && (kindOf(p.codec, n) != nalKeySlice || !firstSlice(p.codec, n)) {
				return picture{}, false, nil
			}
			first = false
			size += 4 + len(n)
		}
	}
	if first {
		return picture{}, false, nil
	}
	if len(p.sps) == 0 || len(p.pps) == 0 || (p.codec == codecH265 && len(p.vps) == 0) {
		return picture{}, false, errNoParams
	}
	g, err := inspect(p.codec, p.sps)
	if err != nil {
		return picture{}, false, err
	}
	for _, sets := range [][][]byte{p.vps, p.sps, p.pps} {
		for _, n := range sets {
			size += 4 + len(n)
		}
	}
	if size > maxKeyFrame {
		return picture{}, false, fmt.Errorf("a key frame of %d bytes: %w of %d", size, devices.ErrOutOfBounds, maxKeyFrame)
	}
	pic = picture{codec: p.codec, data: make([]byte, 0, size), geometry: g}
	for _, sets := range [][][]byte{p.vps, p.sps, p.pps} {
		for _, n := range sets {
			pic.data = appendNAL(pic.data, n)
		}
	}
	for _, n := range nalus {
		if k := kindOf(p.codec, n); k == nalSlice || k == nalKeySlice {
			pic.data = appendNAL(pic.data, n)
		}
	}
	return pic, true, nil
}

func appendNAL(b, n []byte) []byte {
	return append(append(b, 0, 0, 0, 1), n...)
}

// inspect reads the picture size of sequence parameter sets and refuses what
// is over the limits, before a decoder sees anything. Sets that disagree are
// refused, so that which of them a picture names does not matter.
func inspect(codec string, sets [][]byte) (g geometry, err error) {
	defer func() {
		if recover() != nil {
			g, err = geometry{}, fmt.Errorf("%w: a parameter set that breaks its parser", devices.ErrMalformed)
		}
	}()
	for i, b := range sets {
		one := inspectH264
		if codec == codecH265 {
			one = inspectH265
		}
		h, err := one(b)
		if err != nil {
			return geometry{}, err
		}
		if i > 0 && h != g {
			return geometry{}, fmt.Errorf("%w: parameter sets of different sizes", devices.ErrMalformed)
		}
		g = h
	}
	if g.width < minSide || g.height < minSide {
		return geometry{}, fmt.Errorf("%w: a picture of %dx%d", devices.ErrMalformed, g.width, g.height)
	}
	if err := checkSize(g.width, g.height); err != nil {
		return geometry{}, err
	}
	if g.depth != 8 && g.depth != 10 {
		return geometry{}, fmt.Errorf("%w: %d bits a sample", devices.ErrNoDecoder, g.depth)
	}
	return g, nil
}

func checkSize(w, h int) error {
	if w > maxSide || h > maxSide || w*h > maxPixels {
		return fmt.Errorf("a picture of %dx%d: %w of %d pixels", w, h, devices.ErrOutOfBounds, maxPixels)
	}
	return nil
}

// crop subtracts a cropping window without overflow.
func crop(size, unit uint64, a, b uint32) (int, error) {
	cut := unit * (uint64(a) + uint64(b))
	if size > 1<<24 || cut >= size {
		return 0, fmt.Errorf("%w: a picture size that cannot be", devices.ErrMalformed)
	}
	return int(size - cut), nil
}

// chroma gives SubWidthC and SubHeightC, 1 for pictures without chroma
// (H.264 §6.2, H.265 §6.2: CropUnit is in luma samples then).
func chroma(format uint32, separate bool) (w, h uint64, err error) {
	switch {
	case format == 0 || format == 3 || separate:
		return 1, 1, nil
	case format == 1:
		return 2, 2, nil
	case format == 2:
		return 2, 1, nil
	}
	return 0, 0, fmt.Errorf("%w: chroma format %d", devices.ErrMalformed, format)
}

func inspectH264(b []byte) (geometry, error) {
	var s h264.SPS
	if err := s.Unmarshal(b); err != nil {
		return geometry{}, fmt.Errorf("%w: sequence parameter set", devices.ErrMalformed)
	}
	cw, ch, err := chroma(s.ChromaFormatIdc, s.SeparateColourPlaneFlag)
	if err != nil {
		return geometry{}, err
	}
	fields := uint64(2)
	if s.FrameMbsOnlyFlag {
		fields = 1
	}
	var c h264.SPS_FrameCropping
	if s.FrameCropping != nil {
		c = *s.FrameCropping
	}
	g := geometry{depth: 8 + int(min(s.BitDepthLumaMinus8, 99)), fullRange: s.VUI != nil && s.VUI.VideoFullRangeFlag}
	if g.width, err = crop(16*(uint64(s.PicWidthInMbsMinus1)+1), cw, c.LeftOffset, c.RightOffset); err != nil {
		return geometry{}, err
	}
	g.height, err = crop(16*fields*(uint64(s.PicHeightInMapUnitsMinus1)+1), ch*fields, c.TopOffset, c.BottomOffset)
	return g, err
}

func inspectH265(b []byte) (geometry, error) {
	var s h265.SPS
	if err := s.Unmarshal(b); err != nil {
		return geometry{}, fmt.Errorf("%w: sequence parameter set", devices.ErrMalformed)
	}
	cw, ch, err := chroma(s.ChromaFormatIdc, s.SeparateColourPlaneFlag)
	if err != nil {
		return geometry{}, err
	}
	var c h265.SPS_Window
	if s.ConformanceWindow != nil {
		c = *s.ConformanceWindow
	}
	g := geometry{depth: 8 + int(min(s.BitDepthLumaMinus8, 99)), fullRange: s.VUI != nil && s.VUI.VideoFullRangeFlag}
	if g.width, err = crop(uint64(s.PicWidthInLumaSamples), cw, c.LeftOffset, c.RightOffset); err != nil {
		return geometry{}, err
	}
	g.height, err = crop(uint64(s.PicHeightInLumaSamples), ch, c.TopOffset, c.BottomOffset)
	return g, err
}
