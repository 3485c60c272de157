package sim

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// ReaderFrame is how a simulated badge reader writes a card on its line.
type ReaderFrame string

// The frames that a simulated reader can write.
const (
	ReaderRDM6300        ReaderFrame = "rdm6300"
	ReaderID12           ReaderFrame = "id12"
	ReaderWiegandHex     ReaderFrame = "wiegand-hex"
	ReaderWiegandDecimal ReaderFrame = "wiegand-decimal"
)

// Reader describes a simulated badge reader. Its cards are invented; even so
// no error of it names one.
type Reader struct {
	// Frame it writes. Required.
	Frame ReaderFrame
	// Card that it reads every Every: ten hex digits for RDM6300 and ID-12,
	// six (26 bits) or eight (34 bits) for a Wiegand converter in hex, up to
	// ten decimal digits for one in decimal.
	Card string
	// Every is the time between two cards of its own accord. Zero: only Swipe.
	Every time.Duration
	// Stays is how many frames one card makes, 50 ms apart, as with an RDM6300
	// that has it in its field. Zero is one.
	Stays int
}

// ReaderDevice is a running simulated reader: a pseudo-terminal whose slave
// is the port that an agent opens. All of its methods may be called from any
// goroutine.
type ReaderDevice struct {
	reader Reader
	port   string

	mu     sync.Mutex // one frame at a time; guards the two below
	master *os.File
	slave  int // kept open and raw; -1 once unplugged

	unplugged chan struct{} // closed with the first Unplug or Close
	pulled    sync.Once
	stop      func() bool // forgets the context
	done      sync.WaitGroup
	err       error // of closing
}

const (
	readerPause = 50 * time.Millisecond
	// readerPatience bounds a write to a line whose buffer is full.
	readerPatience = time.Second
)

// errReaderUnplugged is what every write to an unplugged reader gives.
var errReaderUnplugged = errors.New("the simulated reader is unplugged")

// StartReader plugs a reader in. It runs until ctx ends, Unplug or Close.
func StartReader(ctx context.Context, r Reader) (*ReaderDevice, error) {
	if r.Card != "" || r.Every > 0 {
		if _, err := readerEncode(r.Frame, r.Card); err != nil {
			return nil, err
		}
	}
	master, slave, port, err := readerTerminal()
	if err != nil {
		return nil, fmt.Errorf("make a pseudo-terminal for a simulated reader: %w", err)
	}
	d := &ReaderDevice{reader: r, port: port, master: master, slave: slave, unplugged: make(chan struct{})}
	d.stop = context.AfterFunc(ctx, d.pull)
	if r.Every > 0 {
		d.done.Go(d.swipeOften)
	}
	return d, nil
}

// Port is the path of the serial port that the agent opens.
func (d *ReaderDevice) Port() string { return d.port }

// Swipe holds a card before the reader: Stays frames.
func (d *ReaderDevice) Swipe(card string) error {
	frame, err := readerEncode(d.reader.Frame, card)
	if err != nil {
		return err
	}
	for i := range max(1, d.reader.Stays) {
		if i > 0 && !d.wait(readerPause) {
			return errReaderUnplugged
		}
		if err := d.write(frame); err != nil {
			return err
		}
	}
	return nil
}

// Noise writes n bytes that belong to no frame.
func (d *ReaderDevice) Noise(n int) error {
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(0x80 + rand.IntN(0x80)) //nolint:gosec // noise needs no secrecy
	}
	return d.write(p)
}

// Half writes a card's frame up to its middle and stops there.
func (d *ReaderDevice) Half(card string) error {
	frame, err := readerEncode(d.reader.Frame, card)
	if err != nil {
		return err
	}
	return d.write(frame[:len(frame)/2])
}

// Unplug pulls the reader out: whoever has the port open sees it hang up.
func (d *ReaderDevice) Unplug() error {
	d.pull()
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.err
}

// Close unplugs the reader and waits for its goroutine. Closing twice is harmless.
func (d *ReaderDevice) Close() error {
	d.stop()
	err := d.Unplug()
	d.done.Wait()
	return err
}

func (d *ReaderDevice) pull() {
	d.pulled.Do(func() {
		close(d.unplugged)
		d.mu.Lock()
		defer d.mu.Unlock()
		d.err = errors.Join(d.master.Close(), unix.Close(d.slave))
		d.slave = -1
	})
}

func (d *ReaderDevice) swipeOften() {
	for d.wait(d.reader.Every) {
		if err := d.Swipe(d.reader.Card); err != nil {
			return // unplugged: the card was checked at the start
		}
	}
}

// wait tells whether the reader is still plugged in after a time.
func (d *ReaderDevice) wait(t time.Duration) bool {
	timer := time.NewTimer(t)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-d.unplugged:
		return false
	}
}

// write puts bytes on the line. As on a real one, bytes that nobody reads are
// lost once the buffer is full.
func (d *ReaderDevice) write(p []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.slave < 0 {
		return errReaderUnplugged
	}
	// A real port forgets who had it for itself once that process is dead and
	// nobody has it open. This one is always open here, so it is made to forget.
	if err := unix.IoctlSetInt(d.slave, unix.TIOCNXCL, 0); err != nil {
		return fmt.Errorf("write to %s: %w", d.port, err)
	}
	if err := d.master.SetWriteDeadline(time.Now().Add(readerPatience)); err != nil {
		return fmt.Errorf("write to %s: %w", d.port, err)
	}
	_, err := d.master.Write(p)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = unix.IoctlSetInt(d.slave, unix.TCFLSH, unix.TCIFLUSH)
	}
	if err != nil {
		return fmt.Errorf("write to %s: %w", d.port, err)
	}
	return nil
}

// readerTerminal makes a raw pseudo-terminal. The slave stays open here: without
// it the master cannot be written before somebody opens the port, and what is
// written is echoed and changed. os.File.Fd is not used since it makes the
// master blocking.
func readerTerminal() (master *os.File, slave int, port string, err error) {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, -1, "", fmt.Errorf("open /dev/ptmx: %w", err)
	}
	slave, port, err = readerSlave(fd)
	if err != nil {
		return nil, -1, "", errors.Join(err, unix.Close(fd))
	}
	return os.NewFile(uintptr(fd), "/dev/ptmx"), slave, port, nil
}

func readerSlave(master int) (slave int, port string, err error) {
	if err := unix.IoctlSetPointerInt(master, unix.TIOCSPTLCK, 0); err != nil {
		return -1, "", fmt.Errorf("unlock: %w", err)
	}
	n, err := unix.IoctlGetInt(master, unix.TIOCGPTN)
	if err != nil {
		return -1, "", fmt.Errorf("number: %w", err)
	}
	port = fmt.Sprintf("/dev/pts/%d", n)
	slave, err = unix.Open(port, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, "", fmt.Errorf("open %s: %w", port, err)
	}
	t, err := unix.IoctlGetTermios(slave, unix.TCGETS)
	if err == nil {
		t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
		t.Cflag = t.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8 | unix.CREAD | unix.CLOCAL
		t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
		err = unix.IoctlSetTermios(slave, unix.TCSETS, t)
	}
	if err != nil {
		return -1, "", errors.Join(fmt.Errorf("make %s raw: %w", port, err), unix.Close(slave))
	}
	return slave, port, nil
}

// readerEncode writes a card as its reader does.
//
// RDM6300 and ID-12 (ID-2/12/20LA data sheet): 02, ten hex digits, the
// exclusive or of their five bytes, then 03 or CR LF 03. Converters: the
// digits and CR (Priority 1 WIE232), or ten decimal digits and CR LF (S4A).
func readerEncode(f ReaderFrame, card string) ([]byte, error) {
	raw, err := hex.DecodeString(card)
	if err != nil && f != ReaderWiegandDecimal {
		return nil, fmt.Errorf("a card of a simulated %s reader is written in pairs of hex digits", f)
	}
	card = string(bytes.ToUpper([]byte(card)))
	switch f {
	case ReaderRDM6300, ReaderID12:
		if len(raw) != 5 {
			return nil, fmt.Errorf("a card of a simulated %s reader has 10 hex digits, not %d", f, len(card))
		}
		end := ""
		if f == ReaderID12 {
			end = "\r\n"
		}
		return fmt.Appendf(nil, "\x02%s%02X%s\x03", card, raw[0]^raw[1]^raw[2]^raw[3]^raw[4], end), nil
	case ReaderWiegandHex:
		if len(raw) != 3 && len(raw) != 4 {
			return nil, fmt.Errorf("a card of a simulated %s reader has 6 or 8 hex digits, not %d", f, len(card))
		}
		return []byte(card + "\r"), nil
	case ReaderWiegandDecimal:
		for _, c := range card {
			if c < '0' || c > '9' {
				return nil, fmt.Errorf("a card of a simulated %s reader is written in decimal digits", f)
			}
		}
		if len(card) == 0 || len(card) > 10 {
			return nil, fmt.Errorf("a card of a simulated %s reader has 1 to 10 digits, not %d", f, len(card))
		}
		return fmt.Appendf(nil, "%010s\r\n", card), nil
	}
	return nil, fmt.Errorf("a simulated reader cannot write frames of kind %q", string(f))
}
