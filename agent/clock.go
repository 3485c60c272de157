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
	// first and firstMono are the same for the time that was trusted first in
	// this run. Server times are held against it and not against one another,
	// else a server could lead the clock away in small steps.
	first, firstMono time.Time
	floor            time.Time
	// synchronised asks the kernel; a field for tests.
	synchronised func() bool
}

func newClock(floor time.Time) *clock {
	return &clock{floor: floor, synchronised: kernelSynchronised}
}

// maxDisagreement is how far a signed server time may lie from time that is
// already trusted.
const maxDisagreement = time.Minute

// driftPPM is how far the machine's own clock may go astray since the first
// trusted time, in parts per million: twice what a bad crystal does.
const driftPPM = 200

// maxRoundTrip is how long an answer may take. Whoever carries the messages
// can hold them up, and so make the time wrong by half of it.
const maxRoundTrip = 20 * time.Second

// confirm takes a signed time that was asked for at sent and came just now:
// the truth lies between, so half the way is added. Time that is already
// trusted is corrected a little but never moved: a signature alone must not
// carry a window to its end.
func (c *clock) confirm(server, sent time.Time) error {
	_, trusted := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	mono := time.Now()
	trip := mono.Sub(sent)
	if trip < 0 || trip > maxRoundTrip {
		return fmt.Errorf("the server's time took %s to arrive; over %s it tells nothing, check the line to the server", trip.Round(time.Second), maxRoundTrip)
	}
	at := server.Add(trip / 2)
	if trusted {
		since := mono.Sub(c.firstMono)
		off := at.Sub(c.first.Add(since)).Abs()
		if off > maxDisagreement+since/1_000_000*driftPPM {
			return fmt.Errorf("the server's time is %s away from the gateway's trusted time; check the clocks of both", off.Round(time.Second))
		}
	}
	if at.Before(c.floor) {
		return fmt.Errorf("the server's time lies %s before a time that is known to be past; check the server's clock", c.floor.Sub(at).Round(time.Second))
	}
	c.trust(at, mono)
	return nil
}

// trust takes at as the time that was true when mono was read. The caller
// holds c.mu.
func (c *clock) trust(at, mono time.Time) {
	if !c.known {
		c.first, c.firstMono = at, mono
	}
	c.at, c.mono, c.known = at, mono, true
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
		c.trust(wall.Round(0), wall)
		return c.at, true
	}
	if wall.Before(c.floor) {
		return c.floor, false
	}
	return wall.Round(0), false
}

// instant is a reading of the clock: what it shows, whether that can be
// trusted, and the time before which it cannot be.
type instant struct {
	now     time.Time
	trusted bool
	floor   time.Time
}

func (c *clock) instant() instant {
	now, trusted := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	return instant{now: now, trusted: trusted, floor: c.floor}
}

// kernelSynchronised tells whether a time service disciplines the clock:
// adjtimex(2), STA_UNSYNC.
func kernelSynchronised() bool {
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	const timeError = 5 // TIME_ERROR of <sys/timex.h>
	return err == nil && state != timeError && t.Status&unix.STA_UNSYNC == 0
}
