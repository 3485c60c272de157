package badge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/lensdop/lensdop/devices"
)

// told is the shortest time between two events of the same kind about faults: a
// broken line makes one event a second and not one per byte.
const told = time.Second

// Line is a serial line that is listened to. Read waits a bounded time, about
// a tenth of a second, and returns 0 and no error if the line was silent.
type Line interface {
	Read(p []byte) (int, error)
	Close() error
}

// NewReader makes a reader of a line that speaks the declared frame kind
// (info.Frame, one of Frames; empty accepts every kind). The reader owns the
// line from here on.
//
// Its events tell that a badge was seen, once per presentation, that a frame
// was bad or of another kind than declared, or that there was noise; of the
// latter two at most one a second each. Read's error is a *devices.Error and
// wraps what the line or the context said.
func NewReader(info devices.ReaderInfo, line Line) (devices.Reader, error) {
	if info.Frame != "" && !Known(info.Frame) {
		return nil, &devices.Error{
			Device: info.Port, Op: "read badges", Err: fmt.Errorf("%w: frame kind %q", devices.ErrUnsupported, info.Frame),
			Remedy: fmt.Sprintf("name one of %q in the protocol", Frames()),
		}
	}
	return &reader{info: info, line: line}, nil
}

type reader struct {
	info devices.ReaderInfo
	line Line
}

func (r *reader) Info() devices.ReaderInfo { return r.info }

// Close gives the line back and ends a pending Read.
func (r *reader) Close() error {
	if err := r.line.Close(); err != nil {
		return wrap(r.info.Port, "close the line", err)
	}
	return nil
}

// Read implements devices.Reader.
func (r *reader) Read(ctx context.Context, event func(devices.ReaderEvent)) error {
	lastFault := map[devices.ReaderEventKind]time.Time{}
	d := newDecoder(set(r.info.Frame), func(at time.Time, o outcome, k kinds) {
		e := devices.ReaderEvent{At: at, Kind: devices.BadgeSeen, Frame: k.String()}
		switch o {
		case good:
			event(e)
			return
		case repeat:
			return
		case bad:
			e.Kind = devices.BadFrame
		case noise:
			e.Kind = devices.Noise
		}
		if last, have := lastFault[e.Kind]; have && at.Sub(last) < told {
			return
		}
		lastFault[e.Kind] = at
		event(e)
	})
	return listen(ctx, r.line, r.info.Port, d)
}

// listen feeds the decoder until ctx ends or the line fails. Between reads no
// bytes of a card stay behind, and none at all at the end.
func listen(ctx context.Context, line Line, port string, d *decoder) error {
	defer d.card.wipe()
	var buf [256]byte
	defer clear(buf[:])
	for {
		if err := ctx.Err(); err != nil {
			return wrap(port, "read badges", err)
		}
		n, err := line.Read(buf[:])
		now := time.Now()
		d.feed(now, buf[:n])
		d.idle(now)
		if err != nil {
			return wrap(port, "read badges", err)
		}
	}
}

// wrap makes a *devices.Error of what is not one yet.
func wrap(port, op string, err error) error {
	if _, is := errors.AsType[*devices.Error](err); is {
		return err
	}
	return &devices.Error{Device: port, Op: op, Err: err}
}
