package badge_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/devices/badge"
	"github.com/lensdop/lensdop/devices/serial"
	"github.com/lensdop/lensdop/devices/sim"
)

// live is a simulated reader on a pseudo-terminal, the serial line that listens
// to it, and the reader that reads it, each by its own code.
type live struct {
	device *sim.ReaderDevice
	reader devices.Reader
	events chan devices.ReaderEvent
	ended  chan error
	stop   context.CancelFunc
}

func start(t *testing.T, simulated sim.Reader, declared string) *live {
	t.Helper()
	device, err := sim.StartReader(t.Context(), simulated)
	if err != nil {
		t.Fatal(err)
	}
	line, err := serial.Open(t.Context(), device.Port(), 9600)
	if err != nil {
		t.Fatal(err)
	}
	reader, err := badge.NewReader(devices.ReaderInfo{Port: device.Port(), Frame: declared, Baud: 9600}, line)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	l := &live{device: device, reader: reader, events: make(chan devices.ReaderEvent, 64), ended: make(chan error, 1), stop: stop}
	go func() { l.ended <- reader.Read(ctx, func(e devices.ReaderEvent) { l.events <- e }) }()
	t.Cleanup(func() {
		stop()
		if err := reader.Close(); err != nil {
			t.Error(err)
		}
		if err := device.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func (l *live) expect(t *testing.T, kind devices.ReaderEventKind, frame string) {
	t.Helper()
	select {
	case e := <-l.events:
		if e.Kind != kind || e.Frame != frame {
			t.Fatalf("got %s %q, want %s %q", e.Kind, e.Frame, kind, frame)
		}
	case <-time.After(5 * time.Second):
		t.Fatalf("no event; want %s", kind)
	}
}

// do runs a step of the simulator.
func do(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestLiveReaders(t *testing.T) {
	for _, c := range []struct {
		frame  sim.ReaderFrame
		first  string
		second string
	}{
		{sim.ReaderRDM6300, "0C000621A5", "0C000621A6"},
		{sim.ReaderID12, "0C000621A5", "0C000621A6"},
		{sim.ReaderWiegandHex, "D41B81", "89D41B81"},
		{sim.ReaderWiegandDecimal, "123478", "123479"},
	} {
		t.Run(string(c.frame), func(t *testing.T) {
			l := start(t, sim.Reader{Frame: c.frame, Stays: 4}, string(c.frame))
			do(t, l.device.Swipe(c.first))
			l.expect(t, devices.BadgeSeen, string(c.frame))
			do(t, l.device.Swipe(c.second)) // another badge counts at once
			l.expect(t, devices.BadgeSeen, string(c.frame))
			do(t, l.device.Noise(30))
			l.expect(t, devices.Noise, "")
			do(t, l.device.Unplug())
			err := <-l.ended
			var e *devices.Error
			if !errors.Is(err, devices.ErrDisconnected) || !errors.As(err, &e) || e.Device != l.device.Port() {
				t.Errorf("unplugging gave %v", err)
			}
			if len(l.events) != 0 {
				t.Errorf("also got %v", <-l.events)
			}
		})
	}
}

func TestLiveResync(t *testing.T) {
	l := start(t, sim.Reader{Frame: sim.ReaderRDM6300}, badge.RDM6300)
	do(t, l.device.Half("0C000621A5"))
	do(t, l.device.Swipe("0C000621A5"))
	l.expect(t, devices.BadFrame, "")
	l.expect(t, devices.BadgeSeen, badge.RDM6300)
	l.stop()
	if err := <-l.ended; !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
}

func TestLiveReaderOfAnotherKind(t *testing.T) {
	l := start(t, sim.Reader{Frame: sim.ReaderID12}, badge.RDM6300)
	do(t, l.device.Swipe("0C000621A5"))
	l.expect(t, devices.BadFrame, badge.ID12)
}

func TestLiveExamine(t *testing.T) {
	device, err := sim.StartReader(t.Context(), sim.Reader{Frame: sim.ReaderID12, Card: "0C000621A5", Every: 20 * time.Millisecond})
	do(t, err)
	line, err := serial.Open(t.Context(), device.Port(), 9600)
	do(t, err)
	x, err := badge.Examine(t.Context(), device.Port(), line, 500*time.Millisecond)
	do(t, err)
	do(t, line.Close())
	do(t, device.Close())
	if x.Verdict != badge.Plain || len(x.Frames) != 1 || x.Frames[0].Frame != badge.ID12 || x.Frames[0].Good < 2 || x.Badges != 1 {
		t.Errorf("got %+v", x)
	}
}

// Whatever a reader gives out, the number of the badge is not in it.
func TestNoNumberLeaves(t *testing.T) {
	const card = "0C000621A5" // 51536933605 in decimal, 0006 + 21A5 = 402853 on the card
	l := start(t, sim.Reader{Frame: sim.ReaderRDM6300}, badge.RDM6300)
	do(t, l.device.Swipe(card))
	var out strings.Builder
	write := func(v any) {
		b, err := json.Marshal(v)
		do(t, err)
		fmt.Fprintf(&out, "%s %v %+v %#v %s\n", b, v, v, v, v)
	}
	select {
	case e := <-l.events:
		write(e)
	case <-time.After(5 * time.Second):
		t.Fatal("the badge was not seen")
	}
	do(t, l.device.Half(card)) // a number is half read when the line ends
	do(t, l.device.Unplug())
	write((<-l.ended).Error())
	write(l.reader)
	write(l.reader.Info())
	text := strings.ToLower(out.String())
	for _, form := range []string{"0c000621a5", "0c0006", "0621a5", "51536933", "402853", "12 0 6 33 165", "48 67 48 48 48 54", "304330303036"} {
		if strings.Contains(text, form) {
			t.Errorf("the number left as %q in %s", form, text)
		}
	}
	if !strings.Contains(text, string(devices.BadgeSeen)) {
		t.Errorf("the search looked at the wrong text: %s", text)
	}
}

// However often a reader is pulled out, nothing stays open.
func TestUnplugLeavesNothing(t *testing.T) {
	open := func() int {
		fds, err := os.ReadDir("/proc/self/fd")
		do(t, err)
		return len(fds)
	}
	cycle := func() {
		device, err := sim.StartReader(t.Context(), sim.Reader{Frame: sim.ReaderRDM6300})
		do(t, err)
		line, err := serial.Open(t.Context(), device.Port(), 9600)
		do(t, err)
		reader, err := badge.NewReader(devices.ReaderInfo{Port: device.Port()}, line)
		do(t, err)
		do(t, device.Close())
		if err := reader.Read(t.Context(), func(devices.ReaderEvent) {}); !errors.Is(err, devices.ErrDisconnected) {
			t.Fatalf("ended with %v", err)
		}
		do(t, reader.Close())
	}
	cycle() // the runtime opens its own descriptors the first time
	before := open()
	for range 20 {
		cycle()
	}
	if after := open(); after > before {
		t.Errorf("%d descriptors before, %d after 20 readers", before, after)
	}
}
