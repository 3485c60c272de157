package serial

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pair opens a pseudo-terminal; the slave is raw and stays open, so that it
// outlives a line that is closed.
func pair(t *testing.T) (master *os.File, slave string) {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave = fmt.Sprintf("/dev/pts/%d", n)
	keep, err := unix.Open(slave, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	master = os.NewFile(uintptr(fd), "ptmx")
	t.Cleanup(func() {
		if err := master.Close(); err != nil && !errors.Is(err, fs.ErrClosed) {
			t.Error(err)
		}
		if err := unix.Close(keep); err != nil {
			t.Error(err)
		}
	})
	return master, slave
}

func open(t *testing.T, name string) *Line {
	t.Helper()
	l, err := Open(t.Context(), name, 9600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func TestLineCarriesEveryByte(t *testing.T) {
	master, slave := pair(t)
	l := open(t, slave)
	want := make([]byte, 256)
	for i := range want {
		want[i] = byte(i)
	}
	if _, err := master.Write(want); err != nil {
		t.Fatal(err)
	}
	var got []byte
	buf := make([]byte, 64)
	for deadline := time.Now().Add(5 * time.Second); len(got) < len(want) && time.Now().Before(deadline); {
		n, err := l.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, buf[:n]...)
	}
	if string(got) != string(want) {
		t.Errorf("got % x", got)
	}
}

func TestLineTellsSilentFromGone(t *testing.T) {
	master, slave := pair(t)
	l := open(t, slave)
	buf := make([]byte, 8)
	start := time.Now()
	for range 3 {
		if n, err := l.Read(buf); n != 0 || err != nil {
			t.Fatalf("a silent line read %d bytes, error %v", n, err)
		}
	}
	if d := time.Since(start); d < 3*early || d > 10*time.Second {
		t.Errorf("three silent reads took %v", d)
	}
	if err := master.Close(); err != nil {
		t.Fatal(err)
	}
	reads := 0
	for {
		reads++
		_, err := l.Read(buf)
		if err == nil && reads <= earlyLimit {
			continue
		}
		var e *devices.Error
		if !errors.Is(err, devices.ErrDisconnected) || !errors.As(err, &e) || e.Device != slave {
			t.Fatalf("read %d after hang-up: %v", reads, err)
		}
		break
	}
	select {
	case <-l.closed:
	default:
		t.Error("a line that is gone keeps its descriptors")
	}
	if _, err := l.Read(buf); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("read after the line was gone: %v", err)
	}
}

// quick is a port that answers empty at once and for ever, as one does whose
// adapter is gone, while the kernel does not say that it hung up.
type quick struct{}

func (quick) Read([]byte) (int, error) { return 0, io.EOF }
func (quick) Close() error             { return nil }

func TestLineNeverSpins(t *testing.T) {
	_, slave := pair(t)
	l := open(t, slave)
	if err := l.port.Close(); err != nil {
		t.Fatal(err)
	}
	l.port = quick{}
	buf := make([]byte, 8)
	for i := range earlyLimit {
		start := time.Now()
		_, err := l.Read(buf)
		if last := i == earlyLimit-1; last != errors.Is(err, devices.ErrDisconnected) {
			t.Fatalf("read %d: %v", i, err)
		} else if !last && time.Since(start) < readTimeout {
			t.Fatalf("read %d came back at once", i)
		}
	}
}

func TestCloseEndsRead(t *testing.T) {
	_, slave := pair(t)
	l := open(t, slave)
	done := make(chan error, 1)
	started := make(chan struct{})
	go func() {
		buf := make([]byte, 8)
		close(started)
		for {
			if _, err := l.Read(buf); err != nil {
				done <- err
				return
			}
		}
	}()
	<-started
	start := time.Now()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; !errors.Is(err, fs.ErrClosed) {
		t.Errorf("the pending read ended with %v", err)
	}
	if d := time.Since(start); d > closeLimit {
		t.Errorf("closing took %v", d)
	}
	if err := l.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
}

func TestOpenIsExclusive(t *testing.T) {
	_, slave := pair(t)
	first := open(t, slave)
	_, err := Open(t.Context(), slave, 9600)
	if !errors.Is(err, devices.ErrBusy) {
		t.Fatalf("a second open gave %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, slave)
}

func TestOpenDropsWhatCameBefore(t *testing.T) {
	master, slave := pair(t)
	before := open(t, slave) // makes the terminal raw
	if err := before.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := master.Write([]byte("old")); err != nil {
		t.Fatal(err)
	}
	l := open(t, slave)
	if n, err := l.Read(make([]byte, 8)); n != 0 || err != nil {
		t.Errorf("read %d old bytes, error %v", n, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	_, slave := pair(t)
	plain := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name string
		ctx  context.Context
		port string
		baud int
		want error
	}{
		{"no such port", t.Context(), "/dev/ttyNONE", 9600, devices.ErrDisconnected},
		{"a plain file", t.Context(), plain, 9600, unix.ENOTTY},
		{"an odd speed", t.Context(), slave, 14401, nil},
		{"an ended context", ended, slave, 9600, context.Canceled},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Open(c.ctx, c.port, c.baud)
			var e *devices.Error
			if !errors.As(err, &e) || e.Device != c.port || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("got %v", err)
			}
		})
	}
	open(t, slave) // a refused open holds nothing
}
