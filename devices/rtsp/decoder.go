package rtsp

import (
	"context"

	"github.com/lensdop/lensdop/devices"
)

// The codecs, as devices.Stream names them.
const (
	codecH264  = "H264"
	codecH265  = "H265"
	codecMJPEG = "MJPEG"
)

// A picture over these is refused before it is decoded: one 8K picture, or
// as many bytes as an H.264 level 6.2 key frame has in practice.
const (
	maxSide       = 8192     // pixels
	maxPixels     = 36 << 20 // pixels
	maxKeyFrame   = 16 << 20 // bytes
	minSide       = 16       // pixels
	maxLookBytes  = 96 << 20 // bytes of one connection
	maxParamSet   = 4 << 10  // bytes of one parameter set
	maxParamCount = 16       // parameter sets of one kind
)

// picture is one self-contained coded picture: a JPEG file, or an Annex B
// stream of parameter sets and one IRAP or IDR access unit. Its owner wipes data.
type picture struct {
	codec string
	data  []byte
	geometry
}

// geometry is what a parameter set says of the pictures that refer to it.
type geometry struct {
	width, height int // pixels, after cropping
	depth         int // bits of a luma sample
	fullRange     bool
}

// decoder turns one picture into luma. It hands the luma to see, which must
// not keep it, and wipes it afterwards.
type decoder interface {
	decode(ctx context.Context, p picture, see func(devices.Luma)) error
}
