package badge

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"time"
)

const (
	stx = 0x02
	etx = 0x03
	cr  = '\r'
	lf  = '\n'

	// gap is the silence that ends a frame: converters pause up to 100 ms
	// inside one.
	gap = 300 * time.Millisecond
	// away is how long a card must be silent to count as presented again.
	away = time.Second
)

// outcome is what a stretch of bytes was.
type outcome uint8

const (
	good   outcome = iota // a whole frame
	repeat                // the same card, still in the field
	bad                   // a frame whose checksum or shape is wrong
	noise                 // bytes that belong to no frame; told once per stretch
)

// state is where the decoder is in a frame.
type state uint8

const (
	between  state = iota // at the start of a frame or line
	inFrame               // after STX: digits
	afterCR               // after STX, digits, CR: LF must follow
	afterLF               // after STX, digits, CR, LF: ETX must follow
	inLine                // digits without STX
	inNoise               // until something starts or ends a frame
	skipping              // what is left of a bad frame
)

// decoder finds frames in the bytes of a line: whole, half, repeated, with
// noise between. Its memory is one frame; after noise or a half frame it finds
// the next whole one. It reads no clock.
type decoder struct {
	// wanted are the kinds that count as good; another kind's frame is a bad one.
	wanted kinds
	// emit is told every outcome, with the kinds that it may be.
	emit func(at time.Time, o outcome, k kinds)

	state   state
	card    card
	last    time.Time // of the last byte
	skipped int       // bytes since a frame broke

	// A repeated card is known by a keyed hash, so that its number need not
	// be kept. The key is the process's own and never leaves it.
	seed   maphash.Seed
	seen   uint64
	seenAt time.Time

	total int64 // bytes in all
	stray int64 // bytes that belong to no frame, as far as known
}

func newDecoder(wanted kinds, emit func(time.Time, outcome, kinds)) *decoder {
	return &decoder{wanted: wanted, emit: emit, seed: maphash.MakeSeed()}
}

// Format hides a half-read number from every verb of fmt.
func (d *decoder) Format(s fmt.State, _ rune) { redact(s) }

// feed takes bytes that arrived at an instant and wipes them.
func (d *decoder) feed(at time.Time, p []byte) {
	if len(p) == 0 {
		return
	}
	d.idle(at)
	d.last = at
	d.total += int64(len(p))
	for _, b := range p {
		d.step(at, b)
	}
	clear(p)
}

// idle tells that the line is silent at an instant: what is half read by then
// will not be finished.
func (d *decoder) idle(at time.Time) {
	if d.state != between && at.Sub(d.last) > gap {
		d.broken(at, 0)
		d.state = between
	}
	if d.seen != 0 && at.Sub(d.seenAt) > away {
		d.seen = 0
	}
}

func (d *decoder) step(at time.Time, b byte) {
	switch d.state {
	case inFrame:
		if d.inFrame(at, b) {
			return
		}
	case afterCR:
		if b == lf {
			d.state = afterLF
			return
		}
		d.broken(at, isID12)
	case afterLF:
		if b == etx {
			d.framed(at, isID12)
			return
		}
		d.broken(at, isID12)
	case inLine:
		switch {
		case hex(b) && d.card.add(b):
			return
		case b == cr || b == lf:
			d.line(at)
			return
		case hex(b), b == etx:
			// Too long for a line, or a frame that lost its STX.
			d.broken(at, 0)
		case b != stx:
			// Text that begins like a number.
			d.stray += int64(d.card.n)
			d.card.wipe()
			d.state = between
		default:
			d.broken(at, 0)
		}
	case between, inNoise, skipping:
	}
	d.start(at, b)
}

// inFrame takes a byte after STX and tells whether it belonged there.
func (d *decoder) inFrame(at time.Time, b byte) bool {
	switch {
	case d.card.n < 12 && hex(b):
		d.card.add(b)
		return true
	case d.card.n == 12 && b == etx:
		d.framed(at, isRDM6300)
		return true
	case d.card.n == 12 && b == cr:
		d.state = afterCR
		return true
	}
	d.broken(at, 0)
	return false
}

// start takes a byte that no frame was open for, or that just broke one.
func (d *decoder) start(at time.Time, b byte) {
	switch {
	case b == stx:
		d.state = inFrame
	case b == cr, b == lf:
		d.state = between
	case b == etx && d.state == skipping:
		d.state = between
	case d.state == skipping && d.skipped < digits:
		d.skipped++ // the rest of a frame is no longer than one
	case hex(b) && d.state == between:
		d.card.add(b)
		d.state = inLine
	default:
		d.stray++
		if d.state != inNoise {
			d.emit(at, noise, 0)
		}
		d.state = inNoise
		if b == etx {
			d.state = between
		}
	}
}

// broken ends what was half read. A start without a digit is noise.
func (d *decoder) broken(at time.Time, k kinds) {
	switch d.state {
	case inFrame, afterCR, afterLF, inLine:
		if d.card.n == 0 {
			d.stray++
			d.emit(at, noise, 0)
		} else {
			d.emit(at, bad, k)
		}
		d.state, d.skipped = skipping, 0
	case between, inNoise, skipping:
	}
	d.card.wipe()
}

// framed ends a frame of twelve digits: five bytes and their exclusive or.
func (d *decoder) framed(at time.Time, k kinds) {
	var sum byte
	for i := 0; i < 12; i += 2 {
		sum ^= nibble(d.card.d[i])<<4 | nibble(d.card.d[i+1])
	}
	if sum == 0 {
		d.whole(at, k)
	} else {
		d.emit(at, bad, k)
	}
	d.state = between
	d.card.wipe()
}

// line ends a line of digits. It has no checksum: only the shape can be wrong.
func (d *decoder) line(at time.Time) {
	if k := shape(d.card.bytes()); k != 0 {
		d.whole(at, k)
	} else {
		d.emit(at, bad, 0)
	}
	d.state = between
	d.card.wipe()
}

// shape tells which kinds a line of hex digits can be.
func shape(line []byte) kinds {
	var k kinds
	switch n := len(line); {
	case n == 6, n == 8, n == 9:
		k |= isHex
	case n > 2:
		// Counted: fewer bits than 26 are no card format.
		bits := int(nibble(line[0])<<4 | nibble(line[1]))
		if bits >= 26 && n == 2+(bits+3)/4 {
			k |= isHex
		}
	}
	if n := len(line); (n == 8 || n == 10) && !bytes.ContainsFunc(line, func(r rune) bool { return r > '9' }) {
		k |= isDecimal
	}
	return k
}

// whole tells a frame without a fault, or that its card is still there.
func (d *decoder) whole(at time.Time, k kinds) {
	if k&d.wanted == 0 {
		d.emit(at, bad, k)
		return
	}
	k &= d.wanted
	sum := maphash.Bytes(d.seed, d.card.bytes())
	o := good
	if sum == d.seen && at.Sub(d.seenAt) <= away {
		o = repeat
	}
	d.seen, d.seenAt = sum, at
	d.emit(at, o, k)
}

func hex(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'A' && b <= 'F' || b >= 'a' && b <= 'f'
}

// nibble is the value of a hex digit.
func nibble(b byte) byte {
	if b <= '9' {
		return b - '0'
	}
	return b&^0x20 - 'A' + 10
}
