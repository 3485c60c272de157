package server

import (
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// Throttling of sign-ins: after a number of failures each further one doubles
// the pause, up to maxPause. Success or a quiet hour clears it.
const (
	firstPause   = 2 * time.Second
	maxPause     = 15 * time.Minute
	forgetAfter  = time.Hour
	maxThrottled = 10_000
)

// Kinds of key, and how many failures are free. A name alone has many: else
// anybody could lock a facility manager out on election day from elsewhere.
const (
	byPair    = "pair "
	byAddress = "from "
	byName    = "name "
)

func freeTries(key string) int {
	switch {
	case strings.HasPrefix(key, byPair):
		return 5
	case strings.HasPrefix(key, byAddress):
		return 20
	default:
		return 100
	}
}

// throttleKeys are what a sign-in counts for. Addresses of IPv6 count by /64:
// one subscriber has all of it. From this machine itself, and behind a proxy
// on it that does not say who comes, the address tells nothing.
func throttleKeys(name, remote string) []string {
	a, err := netip.ParseAddr(remote)
	if a = a.Unmap().WithZone(""); err == nil {
		remote = a.String()
		if a.Is6() {
			if net, err := a.Prefix(64); err == nil {
				remote = net.String()
			}
		}
	}
	keys := []string{byPair + name + " " + remote, byName + name}
	if err != nil || !a.IsLoopback() {
		keys = append(keys, byAddress+remote)
	}
	return keys
}

// knownFor is how long a name that signed in from a place may do so whatever
// others try under its name: nobody is to lock a facility manager out on
// election day.
const knownFor = 30 * 24 * time.Hour

// throttle counts failed sign-ins by key.
type throttle struct {
	mu    sync.Mutex
	seen  map[string]failures
	known map[string]time.Time // pairs that signed in, and when
}

type failures struct {
	count int
	last  time.Time
}

func newThrottle() *throttle {
	return &throttle{seen: map[string]failures{}, known: map[string]time.Time{}}
}

// admit returns how long the caller must still wait. With 0 it may try, and
// the try is counted as a failure until succeeded says otherwise: tries in
// parallel count, too.
func (t *throttle) admit(now time.Time, keys ...string) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	wait := t.wait(now, keys...)
	if wait == 0 {
		t.failed(now, keys...)
	}
	return wait
}

// wait returns how long the caller must still wait; 0 lets it try.
func (t *throttle) wait(now time.Time, keys ...string) time.Duration {
	var longest time.Duration
	known := slices.ContainsFunc(keys, func(k string) bool {
		at, ok := t.known[k]
		return ok && now.Sub(at) < knownFor
	})
	for _, k := range keys {
		if known && strings.HasPrefix(k, byName) {
			continue
		}
		f, free := t.seen[k], freeTries(k)
		if f.count < free || now.Sub(f.last) > forgetAfter {
			continue
		}
		pause := min(firstPause<<min(f.count-free, 20), maxPause)
		longest = max(longest, f.last.Add(pause).Sub(now))
	}
	return max(longest, 0)
}

func (t *throttle) failed(now time.Time, keys ...string) {
	if len(t.seen) >= maxThrottled {
		for k, f := range t.seen {
			if now.Sub(f.last) > maxPause {
				delete(t.seen, k)
			}
		}
	}
	for _, k := range keys {
		f, ok := t.seen[k]
		if !ok && len(t.seen) >= maxThrottled {
			continue
		}
		if now.Sub(f.last) > forgetAfter {
			f.count = 0
		}
		t.seen[k] = failures{count: f.count + 1, last: now}
	}
}

func (t *throttle) succeeded(now time.Time, keys ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, k := range keys {
		delete(t.seen, k)
		if strings.HasPrefix(k, byPair) && len(t.known) < maxThrottled {
			t.known[k] = now
		}
	}
}
