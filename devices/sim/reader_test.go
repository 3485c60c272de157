package sim_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices/sim"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

// readerLine opens a port without any code of the serial driver.
func readerLine(t *testing.T, port string) *os.File {
	t.Helper()
	fd, err := unix.Open(port, unix.O_RDONLY|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(fd), port)
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// readerExpect reads until want is complete or five seconds are over.
func readerExpect(t *testing.T, f *os.File, want string) {
	t.Helper()
	if err := f.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	buf := make([]byte, 64)
	for got.Len() < len(want) {
		n, err := f.Read(buf)
		got.Write(buf[:n])
		if err != nil {
			t.Fatalf("read %q, then %v; want %q", got.String(), err, want)
		}
	}
	if got.String() != want {
		t.Fatalf("read %q, want %q", got.String(), want)
	}
}

func TestReaderFrames(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	for _, c := range []struct {
		frame sim.ReaderFrame
		card  string
		want  string
	}{
		// The bytes are those of the data sheets and manuals, not of our encoder.
		{sim.ReaderID12, "0C000621A5", "\x020C000621A58E\r\n\x03"},
		{sim.ReaderRDM6300, "0c000621a5", "\x020C000621A58E\x03"},
		{sim.ReaderWiegandHex, "D41B81", "D41B81\r"},
		{sim.ReaderWiegandHex, "89D41B81", "89D41B81\r"},
		{sim.ReaderWiegandDecimal, "123478", "0000123478\r\n"},
	} {
		t.Run(string(c.frame)+" "+c.card, func(t *testing.T) {
			d, err := sim.StartReader(t.Context(), sim.Reader{Frame: c.frame})
			if err != nil {
				t.Fatal(err)
			}
			// Before anybody opens the port: nothing is echoed or changed.
			if err := d.Swipe(c.card); err != nil {
				t.Fatal(err)
			}
			f := readerLine(t, d.Port())
			readerExpect(t, f, c.want)
			if err := d.Close(); err != nil {
				t.Error(err)
			}
			if err := d.Close(); err != nil {
				t.Errorf("closing twice: %v", err)
			}
		})
	}
}

func TestReaderRefusesCards(t *testing.T) {
	for _, c := range []struct {
		frame sim.ReaderFrame
		card  string
	}{
		{sim.ReaderRDM6300, "0C0006"},
		{sim.ReaderID12, "0C000621AX"},
		{sim.ReaderWiegandHex, "0C000621A5"},
		{sim.ReaderWiegandDecimal, "12345678901"},
		{sim.ReaderWiegandDecimal, "D41B81"},
		{"morse", "0C000621A5"},
	} {
		_, err := sim.StartReader(t.Context(), sim.Reader{Frame: c.frame, Card: c.card})
		if err == nil || strings.Contains(err.Error(), c.card) {
			t.Errorf("%s: error %v", c.frame, err)
		}
	}
}

func TestReaderOfItsOwnAccord(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	d, err := sim.StartReader(ctx, sim.Reader{Frame: sim.ReaderRDM6300, Card: "0C000621A5", Every: time.Millisecond, Stays: 2})
	if err != nil {
		t.Fatal(err)
	}
	f := readerLine(t, d.Port())
	readerExpect(t, f, strings.Repeat("\x020C000621A58E\x03", 4))
	cancel()
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

func TestReaderFaults(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	d, err := sim.StartReader(t.Context(), sim.Reader{Frame: sim.ReaderID12})
	if err != nil {
		t.Fatal(err)
	}
	f := readerLine(t, d.Port())
	if err := d.Half("0C000621A5"); err != nil {
		t.Fatal(err)
	}
	readerExpect(t, f, "\x020C00062")
	if err := d.Noise(40); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 40)
	if n, err := f.Read(buf); err != nil || bytes.ContainsAny(buf[:n], "\x02\x03\r\n0123456789ABCDEF") {
		t.Errorf("noise % x, error %v", buf[:n], err)
	}
	if err := d.Unplug(); err != nil {
		t.Fatal(err)
	}
	if err := f.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	for {
		if _, err = f.Read(buf); err != nil {
			break
		}
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("an unplugged reader did not hang up")
	}
	if err := d.Swipe("0C000621A5"); err == nil {
		t.Error("an unplugged reader read a card")
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

// Bytes that nobody reads are lost, and the reader goes on.
func TestReaderWithoutListener(t *testing.T) {
	d, err := sim.StartReader(t.Context(), sim.Reader{Frame: sim.ReaderID12})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}()
	for range 3 {
		if err := d.Noise(1 << 17); err != nil {
			t.Fatal(err)
		}
	}
}
