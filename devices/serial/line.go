package serial

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"
	"time"

	"github.com/lensdop/lensdop/devices"
	tarm "github.com/tarm/serial"
	"golang.org/x/sys/unix"
)

const (
	// readTimeout bounds every Read and with it Close. The terminal driver
	// counts in tenths of a second, so this is the shortest there is.
	readTimeout = 100 * time.Millisecond
	// early is how soon an empty read is too soon to be a timeout.
	early = readTimeout / 2
	// earlyLimit is how many of those in a row make a line gone even if the
	// kernel does not call it hung up.
	earlyLimit = 3
	// closeLimit bounds Close: one read timeout, and room for a busy machine.
	closeLimit = 2 * time.Second
)

// Line is an open serial line: 8 data bits, no parity, one stop bit, raw. It
// can only be listened to; there is no Write. One goroutine reads; Close may be
// called from any other.
type Line struct {
	name  string
	port  io.ReadCloser // tarm's port
	guard int           // our own descriptor of the same terminal: lock, hang-up, flush
	early int           // empty reads in a row that came too soon

	closing sync.Once
	closed  chan struct{}
	err     error // of closing, set before closed is closed
}

// Open takes the port for this process alone and drops what arrived before.
// name is any name of the port (Port.Path is the one that lasts); baud is in
// bits per second. The error is a *devices.Error; it wraps devices.ErrBusy when
// another process holds the port, and devices.ErrDisconnected when there is no
// such port.
func Open(ctx context.Context, name string, baud int) (*Line, error) {
	if err := ctx.Err(); err != nil {
		return nil, &devices.Error{Device: name, Op: "open the serial line", Err: err}
	}
	guard, err := take(name)
	if err != nil {
		return nil, err
	}
	port, err := tarm.OpenPort(&tarm.Config{Name: name, Baud: baud, ReadTimeout: readTimeout})
	if err != nil {
		err = errors.Join(err, unix.Close(guard))
		return nil, &devices.Error{
			Device: name, Op: fmt.Sprintf("open the serial line at %d baud", baud), Err: err,
			Remedy: "check that it is a serial port and that the speed is a usual one (9600, 19200, 38400, 57600, 115200)",
		}
	}
	// From here on another open fails, except by root. The lock above holds
	// among programs that lock, root's included.
	err = unix.IoctlSetInt(guard, unix.TIOCEXCL, 0)
	if err == nil {
		err = unix.IoctlSetInt(guard, unix.TCFLSH, unix.TCIFLUSH)
	}
	l := &Line{name: name, port: port, guard: guard, closed: make(chan struct{})}
	if err != nil {
		return nil, &devices.Error{Device: name, Op: "take the serial line", Err: errors.Join(err, l.Close())}
	}
	return l, nil
}

// take opens the terminal and locks it.
func take(name string) (int, error) {
	fd, err := unix.Open(name, unix.O_RDONLY|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		e := &devices.Error{Device: name, Op: "open the serial line", Err: err}
		switch {
		case errors.Is(err, unix.EBUSY):
			e.Err = fmt.Errorf("%w: another program has it open", devices.ErrBusy)
			e.Remedy = "stop the other program (fuser shows which one) or take this reader out of the configuration"
		case errors.Is(err, fs.ErrPermission):
			e.Remedy = "add the agent's user to the group that owns the port, usually dialout"
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ENXIO), errors.Is(err, unix.ENODEV), errors.Is(err, unix.EIO):
			e.Err = fmt.Errorf("%w: no such port: %w", devices.ErrDisconnected, err)
			e.Remedy = "check the cable and the name; `lensdop-agent readers` lists the ports"
		}
		return -1, e
	}
	if _, err := unix.IoctlGetTermios(fd, unix.TCGETS); err != nil {
		err = errors.Join(fmt.Errorf("not a serial port: %w", err), unix.Close(fd))
		return -1, &devices.Error{Device: name, Op: "open the serial line", Err: err, Remedy: "check the name; `lensdop-agent readers` lists the ports"}
	}
	if err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB); err != nil {
		err = errors.Join(fmt.Errorf("%w: another program has locked it: %w", devices.ErrBusy, err), unix.Close(fd))
		return -1, &devices.Error{Device: name, Op: "open the serial line", Err: err, Remedy: "stop the other program, or the second agent"}
	}
	return fd, nil
}

// Read waits at most a tenth of a second for bytes. (0, nil) means that the
// line is silent. The error is a *devices.Error that wraps
// devices.ErrDisconnected when the adapter is gone; the line is then closed
// already, so that the kernel can give the name to the adapter when it
// returns. After Close it wraps fs.ErrClosed.
func (l *Line) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	start := time.Now()
	n, err := l.port.Read(p)
	switch {
	case n > 0:
		l.early = 0
		return n, nil // an error beside data comes again with the next Read
	case errors.Is(err, fs.ErrClosed):
		return 0, &devices.Error{Device: l.name, Op: "read the serial line", Err: fs.ErrClosed}
	case err != nil && !errors.Is(err, io.EOF):
		return 0, l.gone(err)
	case time.Since(start) >= early:
		l.early = 0
		return 0, nil
	}
	// Nothing, and too soon for a timeout. A line that is gone answers so for
	// ever, without waiting; the pause keeps the next try from spinning.
	l.early++
	if l.early >= earlyLimit || l.hungUp() {
		return 0, l.gone(errors.New("hung up"))
	}
	timer := time.NewTimer(readTimeout)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-l.closed:
	}
	return 0, nil
}

// hungUp asks the kernel whether the other side is gone. After Close the
// descriptor may be another's, so closed lines are not asked.
func (l *Line) hungUp() bool {
	select {
	case <-l.closed:
		return false
	default:
	}
	fds := []unix.PollFd{{Fd: int32(l.guard)}} //nolint:gosec // descriptors are small
	n, err := unix.Poll(fds, 0)
	return err == nil && n > 0 && fds[0].Revents&(unix.POLLHUP|unix.POLLERR|unix.POLLNVAL) != 0
}

func (l *Line) gone(why error) error {
	err := fmt.Errorf("%w: %w", devices.ErrDisconnected, why)
	if e := l.Close(); e != nil {
		err = fmt.Errorf("%w; and it does not close: %w", err, e)
	}
	return &devices.Error{Device: l.name, Op: "read the serial line", Err: err, Remedy: "check the adapter and its cable"}
}

// Close gives the port back. It ends a pending Read and takes at most two
// seconds, usually no more than a tenth. Closing twice is harmless.
func (l *Line) Close() error {
	l.closing.Do(func() { go l.release() })
	timer := time.NewTimer(closeLimit)
	defer timer.Stop()
	select {
	case <-l.closed:
		return l.err
	case <-timer.C:
		return &devices.Error{
			Device: l.name, Op: "close the serial line", Err: errors.New("the kernel does not let go of it"),
			Remedy: "unplug the adapter; if that does not help, restart the gateway",
		}
	}
}

func (l *Line) release() {
	// The flag stays on a terminal that others hold open too, so it is taken
	// back; on one that is gone there is nothing to take back.
	if err := unix.IoctlSetInt(l.guard, unix.TIOCNXCL, 0); err != nil && !errors.Is(err, unix.EIO) && !errors.Is(err, unix.ENODEV) {
		l.err = err
	}
	l.err = errors.Join(l.err, l.port.Close(), unix.Close(l.guard))
	if l.err != nil {
		l.err = &devices.Error{Device: l.name, Op: "close the serial line", Err: l.err}
	}
	close(l.closed)
}
