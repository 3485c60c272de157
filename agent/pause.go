package agent

import (
	"sync"
	"time"

	"github.com/lensdop/lensdop/devices"
)

// Pauses after a refused login: a device that counts refusals must not lock
// the account that people use, too. Common firmware locks after five in half
// an hour, and one login may be refused twice: as a token and as HTTP digest.
// So there is one more try soon, for a device that was just starting, and then
// one in maxPause.
const (
	pauseTimes = 12 // of every.retry, for the first pause
	maxPause   = 30 * time.Minute
	// refusalsAge is how long refusals are counted as a row. A login that works
	// does not end it at once: there are devices that let anybody in and refuse
	// what is asked then.
	refusalsAge = 2 * maxPause
	// maxPauses bounds what is remembered: of addresses that were logged in to.
	maxPauses = 4096
)

// pauses are kept by address and not by device: whoever answers under many
// names from one address, or draws a device away and back, gets no more
// logins sent there.
type pauses struct {
	mu sync.Mutex
	at map[string]*pause
}

type pause struct {
	err    error // what the last login came to
	row    int
	last   time.Time
	until  time.Time // no login before
	beside time.Time // no login to a maker's own interface before
}

// refusal is why an address is not logged in to now; nil if it may be.
func (p *pauses) refusal(address string, now time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if x := p.at[address]; x != nil && now.Before(x.until) {
		return x.err
	}
	return nil
}

// refused notes that an address refused a login. One that is noted twice, by
// who logged in and by who waited for it, counts once.
func (p *pauses) refused(address string, err error, retry time.Duration, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	x := p.entry(address, now)
	if now.Before(x.until) {
		return
	}
	if now.Sub(x.last) >= refusalsAge {
		x.row = 0
	}
	wait := maxPause
	if x.row == 0 {
		wait = min(retry*pauseTimes, maxPause)
	}
	if err == nil {
		err = &devices.Error{
			Device: address, Op: "log in", Err: devices.ErrLogin,
			Remedy: "check user, password and level of the account, and whether the device has locked it",
		}
	}
	x.row++
	x.err, x.last, x.until = err, now, now.Add(wait)
}

// mayBeside tells whether a maker's own interface may be logged in to.
func (p *pauses) mayBeside(address string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	x := p.at[address]
	return x == nil || !now.Before(x.beside)
}

// besideRefused notes that a maker's own interface refused the login: many
// have accounts of their own.
func (p *pauses) besideRefused(address string, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.entry(address, now).beside = now.Add(maxPause)
}

// entry makes room by what is over, and else by what is over first.
func (p *pauses) entry(address string, now time.Time) *pause {
	if p.at == nil {
		p.at = map[string]*pause{}
	}
	if x := p.at[address]; x != nil {
		return x
	}
	if len(p.at) >= maxPauses {
		oldest := ""
		for a, x := range p.at {
			if now.Sub(x.last) >= refusalsAge && !now.Before(x.beside) {
				delete(p.at, a)
			} else if oldest == "" || x.last.Before(p.at[oldest].last) {
				oldest = a
			}
		}
		if len(p.at) >= maxPauses {
			delete(p.at, oldest)
		}
	}
	x := &pause{}
	p.at[address] = x
	return x
}

// allowance bounds how often something is told that anybody on the cameras'
// network can bring about.
type allowance struct {
	left float64
	at   time.Time
}

const (
	tellBurst = 64          // at once
	mineBurst = 1024        // of those of the register, which are no more than it has
	tellEvery = time.Minute // one more after the burst
)

// tells are the allowances of what searches tell, as events and in the log.
type tells struct{ strangers, registered, log allowance }

// take is false when all is used up. The zero value is full.
func (x *allowance) take(now time.Time, burst float64) bool {
	if x.at.IsZero() {
		x.left = burst
	} else {
		x.left = min(burst, x.left+max(0, float64(now.Sub(x.at))/float64(tellEvery)))
	}
	x.at = now
	if x.left < 1 {
		return false
	}
	x.left--
	return true
}
