package devices

import (
	"context"
	"time"
)

// ReaderInfo identifies a badge reader on a line.
type ReaderInfo struct {
	Port  string `json:"port"`  // stable path of the serial port
	Frame string `json:"frame"` // frame kind, e.g. rdm6300
	Baud  int    `json:"baud"`
}

// ReaderEvent tells that something happened at a reader. It never carries a
// card number: which badge it was stays inside the parser.
type ReaderEvent struct {
	At   time.Time       `json:"at"`
	Kind ReaderEventKind `json:"kind"`
	// Frame is the frame kind that was recognised, if any.
	Frame string `json:"frame,omitempty"`
}

// ReaderEventKind tells what happened at a reader.
type ReaderEventKind string

// The kinds of reader event.
const (
	BadgeSeen ReaderEventKind = "badge-seen" // a whole frame with a good checksum
	BadFrame  ReaderEventKind = "bad-frame"  // a frame whose checksum or shape is wrong
	Noise     ReaderEventKind = "noise"      // bytes that belong to no frame
)

// Reader is one badge reader on a line.
type Reader interface {
	Info() ReaderInfo
	// Read blocks until ctx ends or the line fails and always returns a
	// non-nil error; event is called from Read's own goroutine.
	Read(ctx context.Context, event func(ReaderEvent)) error
	Close() error
}
