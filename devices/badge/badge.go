// Package badge owns the frames in which badge readers speak on a serial line,
// and the only memory that a card number ever reaches. It tells that a badge was
// seen and never which: no function, event, error or printed value of it carries
// a number. It opens no port; lines are handed to it.
package badge

import (
	"fmt"
	"io"
	"slices"
)

// Frame kinds, as a protocol file and devices.ReaderInfo name them.
const (
	// RDM6300 is STX, ten hex digits, two of checksum, ETX: 14 bytes, repeated
	// about every 50 ms while a card is in the field.
	RDM6300 = "rdm6300"
	// ID12 is the same with CR LF before the ETX: 16 bytes (ID-2/12/20LA data sheet).
	ID12 = "id12"
	// WiegandHex is a line of hex digits from a Wiegand converter: 6 (26 bits
	// without parity), 8 (34 bits without parity), 9 (37 bits without parity),
	// or two digits that count the bits and then those bits.
	WiegandHex = "wiegand-hex"
	// WiegandDecimal is a line of 8 or 10 decimal digits from a Wiegand converter.
	WiegandDecimal = "wiegand-decimal"
)

// Frames lists the frame kinds that can be read.
func Frames() []string { return []string{RDM6300, ID12, WiegandHex, WiegandDecimal} }

// Known tells whether frames of this kind can be read.
func Known(frame string) bool { return slices.Contains(Frames(), frame) }

// kinds is a set of frame kinds: on an unknown line one frame may be of several.
type kinds uint8

const (
	isRDM6300 kinds = 1 << iota
	isID12
	isHex
	isDecimal
)

// set is the set of one declared kind; any kind for an empty name.
func set(frame string) kinds {
	if frame == "" {
		return isRDM6300 | isID12 | isHex | isDecimal
	}
	return 1 << max(0, slices.Index(Frames(), frame))
}

// String names the kind if it is exactly one.
func (k kinds) String() string {
	for i, name := range Frames() {
		if k == 1<<i {
			return name
		}
	}
	return ""
}

// digits is the longest run of digits that can be a frame: a count of 128
// bits, which is more than any card format has, and those bits.
const digits = 2 + 128/4

// card holds the digits of a frame: a card number. It prints as nothing else
// than that it is one, and its owner wipes it after use.
type card struct {
	d [digits]byte
	n int
}

func (c *card) wipe()         { *c = card{} }
func (c *card) bytes() []byte { return c.d[:c.n] }

// add appends a digit and tells whether there was room for it.
func (c *card) add(b byte) bool {
	if c.n == len(c.d) {
		return false
	}
	c.d[c.n] = b
	c.n++
	return true
}

const redacted = "(card number)"

// Format hides the number from every verb of fmt.
func (card) Format(s fmt.State, _ rune) { redact(s) }

// MarshalText hides the number from encoders, slog's among them.
func (card) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// redact leaves the printed text short if it cannot be written, as fmt does.
func redact(s fmt.State) { _, _ = io.WriteString(s, redacted) }
