package cover_test

import (
	"context"
	"testing"
	"time"

	"github.com/lensdop/lensdop/agent/cover"
	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/devices/rtsp"
)

// refused are eyes that a camera does not let in.
type refused struct{}

func (refused) Look(context.Context, rtsp.Target, rtsp.Options, func(devices.Luma)) (devices.Stream, error) {
	return devices.Stream{At: time.Now()}, devices.ErrBusy
}

func (refused) Snapshot(context.Context, rtsp.Target, func(devices.Luma)) (devices.Stream, error) {
	return devices.Stream{At: time.Now()}, devices.ErrBusy
}

// A stream that could not be described has not been shown to be silent.
func TestAStreamThatWasNotDescribedIsNotSilent(t *testing.T) {
	want := devices.Cover{Whole: true, Sound: true}
	s := cover.Look(t.Context(), refused{}, cover.Request{
		Path: devices.Path{ID: "main", Kind: devices.PathStream, Window: devices.Of(devices.Full())}, Want: want, Limit: time.Second,
	})
	if st, ok := s.Stream.Get(); ok {
		t.Errorf("the stream reads as %+v", st)
	}
	j := cover.Judge(want, []string{"sound"}, map[string]cover.Sight{"main": s})
	if j.Obeys || j.Shown["sound"] != cover.Unproven {
		t.Errorf("judged %+v", j)
	}
}
