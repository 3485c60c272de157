package devices

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Value is a reading of one of three kinds: a value, not supported by the
// device, or unreadable. The zero Value is unreadable: not asked. What could
// not be read is never taken for a pass.
type Value[T any] struct {
	kind reading
	v    T
	why  string
}

type reading uint8

const (
	unreadable reading = iota
	notSupported
	known
)

// Of is a value that was read.
func Of[T any](v T) Value[T] { return Value[T]{kind: known, v: v} }

// NotSupported is the answer of a device that does not have this.
func NotSupported[T any]() Value[T] { return Value[T]{kind: notSupported} }

// Unreadable is a value that could not be read, and why.
func Unreadable[T any](why error) Value[T] {
	if why == nil {
		why = errors.New("no reason given")
	}
	return Value[T]{why: why.Error()}
}

// Get returns the value and whether there is one.
func (v Value[T]) Get() (T, bool) { return v.v, v.kind == known }

// IsNotSupported tells that the device says it does not have this.
func (v Value[T]) IsNotSupported() bool { return v.kind == notSupported }

// IsZero tells that nobody asked.
func (v Value[T]) IsZero() bool { return v.kind == unreadable && v.why == "" }

// Why tells in words why there is no value; it is empty if there is one.
func (v Value[T]) Why() string {
	switch v.kind {
	case known:
		return ""
	case notSupported:
		return "not supported by the device"
	default:
		if v.why == "" {
			return "not asked"
		}
		return v.why
	}
}

// String prints the value or why there is none.
func (v Value[T]) String() string {
	if v.kind == known {
		return fmt.Sprint(v.v)
	}
	return "(" + v.Why() + ")"
}

type valueJSON[T any] struct {
	Value        *T     `json:"value,omitempty"`
	NotSupported bool   `json:"not_supported,omitempty"`
	Unreadable   string `json:"unreadable,omitempty"`
}

// MarshalJSON writes {"value": …}, {"not_supported": true} or {"unreadable": "why"}.
func (v Value[T]) MarshalJSON() ([]byte, error) {
	switch v.kind {
	case known:
		return json.Marshal(valueJSON[T]{Value: &v.v})
	case notSupported:
		return json.Marshal(valueJSON[T]{NotSupported: true})
	default:
		return json.Marshal(valueJSON[T]{Unreadable: v.Why()})
	}
}

// UnmarshalJSON reads what MarshalJSON writes. Anything else is unreadable.
func (v *Value[T]) UnmarshalJSON(b []byte) error {
	var j valueJSON[T]
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	switch {
	case j.Value != nil:
		*v = Of(*j.Value)
	case j.NotSupported:
		*v = NotSupported[T]()
	default:
		*v = Value[T]{why: j.Unreadable}
	}
	return nil
}
