package server

import (
	"sync"
	"time"
)

// Throttling of sign-ins: after freeTries failures each further one doubles
// the pause, up to maxPause. Success or a quiet hour clears it.
const (
	freeTries    = 5
	firstPause   = 2 * time.Second
	maxPause     = 15 * time.Minute
	forgetAfter  = time.Hour
	maxThrottled = 10_000
)

// throttle counts failed sign-ins per account name and per address.
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
		f := t.seen[k]
		if f.count < freeTries || now.Sub(f.last) > forgetAfter {
			continue
		}
		pause := min(firstPause<<min(f.count-freeTries, 20), maxPause)
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
