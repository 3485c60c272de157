package agent

import (
	"fmt"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// clock tells the time and whether it can be trusted: by a signed server time,
// a synchronised system clock, or monotonic time since either. Only trusted
// time ends a window or raises the floor.
type clock struct {
	mu sync.Mutex
	// at and the monotonic reading in mono were true together.
	at    time.Time
	mono  time.Time
	known bool
	floor time.Time
	// synchronised asks the kernel; a field for tests.
	synchronised func() bool
}

func newClock(floor time.Time) *clock {
	return &clock{floor: floor, synchronised: kernelSynchronised}
}

// maxDisagreement is how far a signed server time may lie from time that is
// already trusted.
const maxDisagreement = time.Minute

// confirm takes a signed time that was asked for at sent and came just now:
// the truth lies between, so half the way is added. Time that is already
// trusted is corrected a little but never moved: a signature alone must not
// carry a window to its end.
func (c *clock) confirm(server, sent time.Time) error {
	now, trusted := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	mono := time.Now()
	at := server.Add(mono.Sub(sent) / 2)
	if trusted {
		if off := at.Sub(now).Abs(); off > maxDisagreement {
			return fmt.Errorf("the server's time is %s away from the gateway's trusted time; check the clocks of both", off.Round(time.Second))
		}
	}
	if at.Before(c.floor) {
		return fmt.Errorf("the server's time lies %s before a time that is known to be past; check the server's clock", c.floor.Sub(at).Round(time.Second))
	}
	c.at, c.mono, c.known = at, mono, true
	return nil
}

// now returns the best known time and whether it is trusted. Untrusted time
// never lies before the floor.
func (c *clock) now() (time.Time, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	wall := time.Now()
	if c.known {
		return c.at.Add(wall.Sub(c.mono)), true
	}
	if c.synchronised() && !wall.Before(c.floor) {
		c.at, c.mono, c.known = wall.Round(0), wall, true
		return c.at, true
	}
	if wall.Before(c.floor) {
		return c.floor, false
	}
	return wall.Round(0), false
}

// kernelSynchronised tells whether a time service disciplines the clock:
// adjtimex(2), STA_UNSYNC.
func kernelSynchronised() bool {
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	const timeError = 5 // TIME_ERROR of <sys/timex.h>
	return err == nil && state != timeError && t.Status&unix.STA_UNSYNC == 0
}
