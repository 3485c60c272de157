package badge

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lensdop/lensdop/devices"
)

// script is a line that says each text in turn, a tenth of a second apart, then
// fails or is silent.
type script struct {
	texts  []string
	fail   error
	closed bool
}

func (s *script) Read(p []byte) (int, error) {
	time.Sleep(100 * time.Millisecond) // fake time
	if len(s.texts) == 0 {
		return 0, s.fail
	}
	n := copy(p, s.texts[0])
	s.texts = s.texts[1:]
	return n, nil
}

func (s *script) Close() error { s.closed = true; return nil }

func TestReader(t *testing.T) {
	good := frame("0C000621A58E", "")
	for _, c := range []struct {
		name  string
		texts []string
		want  []devices.ReaderEvent // without time
	}{
		{"a badge that stays two seconds", slices.Repeat([]string{good}, 20), []devices.ReaderEvent{{Kind: devices.BadgeSeen, Frame: RDM6300}}},
		{"another kind", []string{frame("0C000621A58E", "\r\n")}, []devices.ReaderEvent{{Kind: devices.BadFrame, Frame: ID12}}},
		{"a broken line for two seconds", slices.Repeat([]string{"\xff", "\x02123\xff"}, 10), []devices.ReaderEvent{
			{Kind: devices.Noise},
			{Kind: devices.BadFrame},
			{Kind: devices.BadFrame},
		}},
		{"silence", slices.Repeat([]string{""}, 20), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				line := &script{texts: c.texts, fail: io.ErrUnexpectedEOF}
				r, err := NewReader(devices.ReaderInfo{Port: "/dev/ttyX", Frame: RDM6300, Baud: 9600}, line)
				if err != nil {
					t.Fatal(err)
				}
				var got []devices.ReaderEvent
				err = r.Read(t.Context(), func(e devices.ReaderEvent) {
					if e.At.IsZero() {
						t.Error("an event without a time")
					}
					e.At = time.Time{}
					got = append(got, e)
				})
				var e *devices.Error
				if !errors.As(err, &e) || e.Device != "/dev/ttyX" || !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Errorf("the line's failure came as %v", err)
				}
				if !slices.Equal(got, c.want) {
					t.Errorf("got %v\nwant %v", got, c.want)
				}
			})
		})
	}
}

func TestReaderEndsWithContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line := &script{}
		r, err := NewReader(devices.ReaderInfo{Port: "/dev/ttyX"}, line)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		err = r.Read(ctx, func(devices.ReaderEvent) {})
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > time.Minute+100*time.Millisecond {
			t.Errorf("ended after %v with %v", time.Since(start), err)
		}
		if err := r.Close(); err != nil || !line.closed {
			t.Errorf("close: %v; line closed: %t", err, line.closed)
		}
	})
}

func TestUnknownKindIsRefused(t *testing.T) {
	_, err := NewReader(devices.ReaderInfo{Port: "/dev/ttyX", Frame: "rdm63000"}, &script{})
	var e *devices.Error
	if !errors.Is(err, devices.ErrUnsupported) || !errors.As(err, &e) || !strings.Contains(e.Remedy, RDM6300) {
		t.Errorf("got %v", err)
	}
}

func TestExamine(t *testing.T) {
	good := frame("0C000621A58E", "")
	for _, c := range []struct {
		name  string
		texts []string
		fail  error
		want  Examination
	}{
		{"nothing", nil, nil, Examination{ListenedMS: 5000, Frames: []Count{}, Verdict: Silent}},
		{"wrong speed", []string{"\xf8\x00\xfe"}, nil, Examination{ListenedMS: 5000, Bytes: 3, NoiseBytes: 3, Frames: []Count{}, Verdict: Garbage}},
		{
			"a reader",
			[]string{good, good, frame("0C000621A500", ""), "\x02123"},
			nil,
			Examination{ListenedMS: 5000, Bytes: 3*14 + 4, Frames: []Count{{RDM6300, 2, 1}}, Unrecognised: 1, Badges: 1, Verdict: Plain},
		},
		{"hex or decimal", []string{"12345678\r\n"}, nil, Examination{
			ListenedMS: 5000, Bytes: 10, Frames: []Count{{WiegandHex, 1, 0}, {WiegandDecimal, 1, 0}}, Badges: 1, Verdict: Plain,
		}},
		{"unplugged", []string{good}, devices.ErrDisconnected, Examination{
			ListenedMS: 200, Bytes: 14, Frames: []Count{{RDM6300, 1, 0}}, Badges: 1, Verdict: Plain,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got, err := Examine(t.Context(), "/dev/ttyX", &script{texts: c.texts, fail: c.fail}, 4950*time.Millisecond)
				if !errors.Is(err, c.fail) {
					t.Fatal(err)
				}
				a, _ := json.Marshal(got)
				b, _ := json.Marshal(c.want)
				if string(a) != string(b) {
					t.Errorf("got  %s\nwant %s", a, b)
				}
			})
		})
	}
}
