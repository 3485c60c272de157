package devices

import (
	"errors"
	"strings"
)

// Errors that callers tell apart with errors.Is.
var (
	ErrUnsupported  = errors.New("the device does not support this")
	ErrUnreachable  = errors.New("the device does not answer")
	ErrLogin        = errors.New("the device refuses the login")
	ErrBusy         = errors.New("the device has no free session")
	ErrNotApplied   = errors.New("the device accepted the setting but does not have it")
	ErrForeign      = errors.New("somebody else changed this meanwhile")
	ErrMalformed    = errors.New("the device sent something that cannot be read")
	ErrNoDecoder    = errors.New("no decoder for this codec")
	ErrOutOfBounds  = errors.New("more than the set limit")
	ErrDisconnected = errors.New("the line is gone")
)

// Error is what every driver returns: what was tried on which device, why it
// failed, and what to do about it. It never carries a password, a frame or a
// card number.
type Error struct {
	Device string // address or port
	Op     string // in words: "read masks"
	Err    error  // wraps one of the errors above where one fits
	Remedy string // what a person can do, may be empty
}

// Error reads "10.0.0.5:80: read masks: the device refuses the login; check the account".
func (e *Error) Error() string {
	var b strings.Builder
	if e.Device != "" {
		b.WriteString(e.Device + ": ")
	}
	b.WriteString(e.Op + ": ")
	if e.Err != nil {
		b.WriteString(e.Err.Error())
	} else {
		b.WriteString("no reason given")
	}
	if e.Remedy != "" {
		b.WriteString("; " + e.Remedy)
	}
	return b.String()
}

// Unwrap gives the cause to errors.Is and errors.As.
func (e *Error) Unwrap() error { return e.Err }
