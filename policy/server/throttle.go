package server

import (
	"net"
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

// throttleKeys are what a sign-in counts for. Behind a proxy on this machine
// all come from one address, so that it tells nothing.
func throttleKeys(name, remote string) []string {
	keys := []string{byPair + name + " " + remote, byName + name}
	if ip := net.ParseIP(remote); ip == nil || !ip.IsLoopback() {
		keys = append(keys, byAddress+remote)
	}
	return keys
}

// throttle counts failed sign-ins by key.
type throttle struct {
	mu   sync.Mutex
	seen map[string]failures
}

type failures struct {
	count int
	last  time.Time
}

func newThrottle() *throttle { return &throttle{seen: map[string]failures{}} }

// wait returns how long the caller must still wait; 0 lets it try.
func (t *throttle) wait(now time.Time, keys ...string) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	var longest time.Duration
	for _, k := range keys {
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
	t.mu.Lock()
	defer t.mu.Unlock()
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

func (t *throttle) succeeded(keys ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, k := range keys {
		delete(t.seen, k)
	}
}
