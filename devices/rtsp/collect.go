package rtsp

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/format/rtph264"
	"github.com/bluenviron/gortsplib/v4/pkg/format/rtph265"
	"github.com/pion/rtp"

	"github.com/lensdop/lensdop/devices"
)

func isEOF(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

// collector counts what arrives on the video track and gathers key pictures.
// The client's goroutine feeds it and never waits for it: a key picture that
// nobody takes in time is counted and dropped.
type collector struct {
	keys   chan picture
	failed chan error

	mu        sync.Mutex
	video     track
	next      func(*rtp.Packet) (picture, bool, error)
	wanted    int
	start     time.Time
	firstKey  time.Duration
	packets   int
	frames    int
	keyFrames int
	broken    int // key pictures with a gap in them
	orphans   int // key pictures without parameter sets
	bytes     int64
	clock     int64 // ticks of the media clock from first to last frame
	lastTime  uint32
	lastSeq   uint16
	gap       bool // in the access unit being gathered
	done      bool
}

func newCollector(v track, wanted int) (*collector, error) {
	c := &collector{keys: make(chan picture, 1), failed: make(chan error, 1), video: v, wanted: wanted}
	switch v.codec {
	case codecMJPEG:
		d := &jpegDepacketizer{}
		c.next = func(p *rtp.Packet) (picture, bool, error) {
			data, err := d.push(p.Payload, p.Timestamp, p.Marker, c.gap)
			return picture{codec: codecMJPEG, data: data}, data != nil, err
		}
	case codecH264:
		d := &rtph264.Decoder{PacketizationMode: 1}
		if err := d.Init(); err != nil {
			return nil, fmt.Errorf("%w: packetization", devices.ErrUnsupported)
		}
		c.next = func(p *rtp.Packet) (picture, bool, error) {
			au, err := d.Decode(p)
			if errors.Is(err, rtph264.ErrMorePacketsNeeded) || errors.Is(err, rtph264.ErrNonStartingPacketAndNoPrevious) {
				return picture{}, false, nil
			}
			return c.unit(au, err)
		}
	case codecH265:
		d := &rtph265.Decoder{}
		if err := d.Init(); err != nil {
			return nil, fmt.Errorf("%w: packetization", devices.ErrUnsupported)
		}
		c.next = func(p *rtp.Packet) (picture, bool, error) {
			au, err := d.Decode(p)
			if errors.Is(err, rtph265.ErrMorePacketsNeeded) || errors.Is(err, rtph265.ErrNonStartingPacketAndNoPrevious) {
				return picture{}, false, nil
			}
			return c.unit(au, err)
		}
	default:
		return nil, fmt.Errorf("%w: %s", devices.ErrNoDecoder, v.codec)
	}
	return c, nil
}

// unit makes a picture of an access unit in which no packet is missing: an
// H.265 decoder conceals missing slices without a word.
func (c *collector) unit(au [][]byte, err error) (picture, bool, error) {
	if err != nil {
		c.gap = true                 // what is left of this access unit is not whole
		return picture{}, false, nil //nolint:nilerr // a lost or odd packet costs one picture, not the look
	}
	whole := !c.gap
	c.gap = false
	c.video.params.take(au)
	p, ok, err := c.video.params.picture(au)
	for _, n := range au {
		clear(n)
	}
	switch {
	case !whole && (ok || err != nil):
		clear(p.data)
		c.broken++
		return picture{}, false, nil //nolint:nilerr // it is counted; the next key frame may be whole
	case errors.Is(err, errNoParams): // they may come with the next one
		c.orphans++
		return picture{}, false, nil
	}
	return p, ok, err
}

func (c *collector) started() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.start = time.Now()
}

// packet takes one RTP packet, which is the collector's from here on.
func (c *collector) packet(p *rtp.Packet) {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer func() {
		if recover() != nil {
			c.fail(fmt.Errorf("%w: a packet that breaks its parser", devices.ErrMalformed))
		}
	}()
	if c.done {
		return
	}
	if c.packets == 0 || p.Timestamp != c.lastTime {
		if c.packets > 0 {
			c.clock += int64(int32(p.Timestamp - c.lastTime))
		}
		c.frames++
	}
	if c.packets > 0 && p.SequenceNumber != c.lastSeq+1 {
		c.gap = true
	}
	c.lastTime, c.lastSeq = p.Timestamp, p.SequenceNumber
	c.packets++
	c.bytes += int64(len(p.Payload))
	pic, ok, err := c.next(p)
	if err != nil {
		c.fail(err)
		return
	}
	if !ok {
		return
	}
	c.keyFrames++
	if c.keyFrames == 1 {
		c.firstKey = time.Since(c.start)
	}
	select {
	case c.keys <- pic:
		c.wanted--
		c.done = c.wanted == 0
	default:
		clear(pic.data)
	}
}

func (c *collector) fail(err error) {
	c.done = true
	select {
	case c.failed <- err:
	default:
	}
}

// missing tells why no key frame came.
func (c *collector) missing() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.packets == 0:
		return fmt.Errorf("%w: not one packet", ErrSilent)
	case c.broken > 0:
		return fmt.Errorf("%w: %d key frames with packets missing", devices.ErrMalformed, c.broken)
	case c.keyFrames == 0 && c.orphans > 0:
		return errNoParams
	case c.keyFrames > 0:
		return fmt.Errorf("%w: %d key frames within the limit, more were wanted", ErrSilent, c.keyFrames)
	}
	return fmt.Errorf("%w: %d frames and no key frame", ErrSilent, c.frames)
}

// report writes the counts into the stream's facts.
func (c *collector) report(st *devices.Stream) {
	c.mu.Lock()
	defer c.mu.Unlock()
	st.KeyFrames, st.Frames, st.Bytes, st.FirstKey = c.keyFrames, c.frames, c.bytes, c.firstKey
	if rate := c.video.format.ClockRate(); rate > 0 {
		st.Advanced = time.Duration(c.clock) * time.Second / time.Duration(rate)
	}
}

// drain wipes what was not taken. Nothing is added afterwards.
func (c *collector) drain() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done = true
	select {
	case p := <-c.keys:
		clear(p.data)
	default:
	}
}
