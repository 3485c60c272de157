package rtsp

import (
	"encoding/binary"
	"fmt"

	"github.com/lensdop/lensdop/devices"
)

// jpegDepacketizer puts JPEG pictures together from RTP payloads (RFC 2435).
// Beside what gortsplib's knows it takes restart markers (types 64..127),
// 16-bit quantisation tables and tables that are sent once and then only
// named (Q 128..254 with length 0, §3.1.8).
type jpegDepacketizer struct {
	time   uint32
	active bool
	head   jpegHead
	scan   []byte
	tables [128]quantTables // by Q-128; Q 255 is never remembered
}

type jpegHead struct {
	kind, q       byte
	width, height int
	restart       uint16 // macroblocks between restart markers, 0 for none
	quant         quantTables
}

type quantTables struct {
	luma, chroma [64]uint16 // in zigzag order
	wide         bool       // 16-bit
	known        bool
}

// push takes the next payload. It returns a whole JPEG file at the last packet
// of a picture, and otherwise nil. A picture with a gap in it is dropped.
func (d *jpegDepacketizer) push(b []byte, time uint32, marker, gap bool) ([]byte, error) {
	if gap || (d.active && time != d.time) {
		d.reset()
	}
	bad := func(what string) ([]byte, error) {
		d.reset()
		return nil, fmt.Errorf("%w: RTP/JPEG: %s", devices.ErrMalformed, what)
	}
	if len(b) < 8 {
		return bad("a header that is cut off")
	}
	offset := int(b[1])<<16 | int(b[2])<<8 | int(b[3])
	h := jpegHead{kind: b[4], q: b[5], width: 8 * int(b[6]), height: 8 * int(b[7])}
	b = b[8:]
	if h.kind&0x3f > 1 || h.kind >= 128 {
		return nil, fmt.Errorf("%w: RTP/JPEG of type %d", devices.ErrUnsupported, h.kind)
	}
	if h.width == 0 || h.height == 0 {
		return nil, fmt.Errorf("%w: RTP/JPEG without a size, for pictures over 2040 pixels", devices.ErrUnsupported)
	}
	if h.kind >= 64 {
		if len(b) < 4 {
			return bad("a restart header that is cut off")
		}
		h.restart = binary.BigEndian.Uint16(b)
		b = b[4:]
	}
	if offset == 0 {
		d.reset()
		var err error
		if b, err = d.begin(&h, b); err != nil {
			d.reset()
			return nil, err
		}
		d.head, d.active, d.time = h, true, time
	}
	switch {
	case !d.active:
		return nil, nil // the rest of a picture whose begin was not seen
	case offset != len(d.scan):
		d.reset()
		return nil, nil
	case h.kind != d.head.kind || h.width != d.head.width || h.height != d.head.height:
		return bad("a picture that changes under way")
	case len(d.scan)+len(b) > maxKeyFrame:
		d.reset()
		return nil, fmt.Errorf("a key frame over %d bytes: %w", maxKeyFrame, devices.ErrOutOfBounds)
	}
	d.scan = append(d.scan, b...)
	clear(b)
	if !marker {
		return nil, nil
	}
	out := d.head.file(d.scan)
	d.reset()
	return out, nil
}

func (d *jpegDepacketizer) reset() {
	clear(d.scan)
	d.scan, d.active = d.scan[:0], false
}

// begin reads the quantisation tables of a first packet (§3.1.8), or makes
// those that Q stands for (§4.2).
func (d *jpegDepacketizer) begin(h *jpegHead, b []byte) ([]byte, error) {
	if h.q < 128 {
		if h.q == 0 || h.q > 99 {
			return nil, fmt.Errorf("%w: RTP/JPEG: quality %d", devices.ErrMalformed, h.q)
		}
		h.quant = standardTables(int(h.q))
		return b, nil
	}
	cut := fmt.Errorf("%w: RTP/JPEG: quantisation tables", devices.ErrMalformed)
	if len(b) < 4 {
		return nil, cut
	}
	precision, n := b[1], int(binary.BigEndian.Uint16(b[2:]))
	b = b[4:]
	if n == 0 {
		if h.q == 255 || !d.tables[h.q-128].known {
			return nil, fmt.Errorf("%w: RTP/JPEG names quantisation tables that it has not sent", devices.ErrMalformed)
		}
		h.quant = d.tables[h.q-128]
		return b, nil
	}
	if n > len(b) {
		return nil, cut
	}
	t, rest := b[:n], b[n:]
	q := quantTables{known: true}
	for i, to := range []*[64]uint16{&q.luma, &q.chroma} {
		if i == 1 && len(t) == 0 { // one table serves both
			q.chroma = q.luma
			break
		}
		step := 1
		if precision>>i&1 == 1 {
			step, q.wide = 2, true
		}
		if len(t) < 64*step {
			return nil, cut
		}
		for k := range to {
			if step == 2 {
				to[k] = binary.BigEndian.Uint16(t[2*k:])
			} else {
				to[k] = uint16(t[k])
			}
		}
		t = t[64*step:]
	}
	h.quant = q
	if h.q != 255 {
		d.tables[h.q-128] = q
	}
	return rest, nil
}

// standardTables scales the tables of ITU-T T.81 annex K as RFC 2435 §4.2 says.
func standardTables(q int) quantTables {
	scale := 200 - 2*q
	if q < 50 {
		scale = 5000 / q
	}
	t := quantTables{known: true}
	for i := range 64 {
		t.luma[i] = uint16(min(max((int(quantLuma[i])*scale+50)/100, 1), 255))
		t.chroma[i] = uint16(min(max((int(quantChroma[i])*scale+50)/100, 1), 255))
	}
	return t
}

// file writes the JPEG file around a scan. Type bit 0 tells 4:2:2 from 4:2:0.
func (h *jpegHead) file(scan []byte) []byte {
	b := make([]byte, 0, len(scan)+1024)
	b = append(b, 0xff, 0xd8)
	size, wide := 64, byte(0)
	if h.quant.wide {
		size, wide = 128, 0x10
	}
	for id, t := range []*[64]uint16{&h.quant.luma, &h.quant.chroma} {
		b = append(b, 0xff, 0xdb, 0, byte(3+size), wide|byte(id))
		for _, v := range t {
			if h.quant.wide {
				b = append(b, byte(v>>8))
			}
			b = append(b, byte(v))
		}
	}
	sampling := byte(0x21)
	if h.kind&1 == 1 {
		sampling = 0x22
	}
	b = append(b, 0xff, 0xc0, 0, 17, 8, byte(h.height>>8), byte(h.height), byte(h.width>>8), byte(h.width), 3,
		1, sampling, 0, 2, 0x11, 1, 3, 0x11, 1)
	b = append(b, huffmanSegment...)
	if h.restart > 0 {
		b = append(b, 0xff, 0xdd, 0, 4, byte(h.restart>>8), byte(h.restart))
	}
	b = append(b, 0xff, 0xda, 0, 12, 3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0)
	b = append(b, scan...)
	if n := len(scan); n < 2 || scan[n-2] != 0xff || scan[n-1] != 0xd9 {
		b = append(b, 0xff, 0xd9)
	}
	return b
}
