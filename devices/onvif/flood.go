package onvif

import (
	"net/netip"
	"time"
)

// limiterHosts bounds a limiter's memory: as many hosts as the largest subnet
// that is swept has addresses.
const limiterHosts = 1 << 16

// limiter bounds how many datagrams of one host are looked at, so that a flood
// from one costs little and hides no other. The time given to it must not go
// back.
type limiter struct {
	burst float64 // datagrams at once
	rate  float64 // datagrams a second after that
	hosts map[netip.Addr]*bucket
	// rest is shared by hosts that there is no room for.
	rest   bucket
	purged time.Time
}

type bucket struct {
	left float64
	at   time.Time
	// spent tells that the host has been turned away before.
	spent bool
}

func newLimiter(burst, rate float64) *limiter {
	return &limiter{burst: burst, rate: rate, hosts: map[netip.Addr]*bucket{}}
}

// allow takes one datagram off what a host may send. first is true when a host
// is turned away for the first time.
func (l *limiter) allow(a netip.Addr, now time.Time) (ok, first bool) {
	b := l.hosts[a]
	if b == nil {
		if len(l.hosts) >= limiterHosts {
			l.purge(now)
		}
		if len(l.hosts) >= limiterHosts {
			b = &l.rest
		} else {
			b = &bucket{}
			l.hosts[a] = b
		}
	}
	if b.at.IsZero() {
		b.left = l.burst
	} else {
		b.left = min(l.burst, b.left+l.rate*now.Sub(b.at).Seconds())
	}
	b.at = now
	if b.left < 1 {
		first, b.spent = !b.spent, true
		return false, first
	}
	b.left--
	return true, false
}

// purge forgets the hosts that have been silent long enough to start anew; at
// most once a second, since it looks at all of them.
func (l *limiter) purge(now time.Time) {
	if !l.purged.IsZero() && now.Sub(l.purged) < time.Second {
		return
	}
	l.purged = now
	for a, b := range l.hosts {
		if b.left+l.rate*now.Sub(b.at).Seconds() >= l.burst {
			delete(l.hosts, a)
		}
	}
}
