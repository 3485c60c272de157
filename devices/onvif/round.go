package onvif

import (
	"context"
	"strings"
	"sync"
	"time"
)

// Limits of what is remembered of a device's answers.
const (
	roundAge   = time.Minute
	roundBytes = 2 << 20
)

// rounds holds the round of observations of a device that is under way.
type rounds struct {
	mu  sync.Mutex
	now *round
}

// round is one look at all lenses of a device. A recorder with many lenses is
// asked once for what is the same for all of them, and so is one with a single
// lens for what two readings share. A round ends when a lens that has had its
// turn comes again, after a minute, and with every write: no lens is told
// anything that it was told before.
type round struct {
	mu      sync.Mutex
	began   time.Time
	lenses  map[string]bool
	answers map[string]answer // nil: the round has ended
	bytes   int
}

type roundKey struct{}

// join lets a lens take part in the device's round. leave ends the round once
// all lenses have had their turn.
func (c *client) join(ctx context.Context, lens string) (in context.Context, leave func()) {
	c.rounds.mu.Lock()
	defer c.rounds.mu.Unlock()
	r, at := c.rounds.now, c.o.Now()
	if r == nil || !r.take(lens, at) {
		r = &round{began: at, lenses: map[string]bool{lens: true}, answers: map[string]answer{}}
		c.rounds.now = r
	}
	return context.WithValue(ctx, roundKey{}, r), func() {
		if r.full(c.lenses) {
			c.end(r)
		}
	}
}

// take tells whether the lens can have its turn in this round.
func (r *round) take(lens string, at time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.answers == nil || r.lenses[lens] || at.Sub(r.began).Abs() >= roundAge {
		return false
	}
	r.lenses[lens] = true
	return true
}

func (r *round) full(lenses int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.lenses) >= lenses
}

// endRound forgets what was answered: after a write it may be otherwise.
func (c *client) endRound() {
	c.rounds.mu.Lock()
	r := c.rounds.now
	c.rounds.mu.Unlock()
	if r != nil {
		c.end(r)
	}
}

func (c *client) end(r *round) {
	c.rounds.mu.Lock()
	if c.rounds.now == r {
		c.rounds.now = nil
	}
	c.rounds.mu.Unlock()
	r.mu.Lock()
	r.answers = nil
	r.mu.Unlock()
}

// recall returns the answer that the same request had in this round.
func recall(ctx context.Context, key string, at time.Time) (answer, bool) {
	r, ok := ctx.Value(roundKey{}).(*round)
	if !ok {
		return answer{}, false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if at.Sub(r.began).Abs() >= roundAge {
		return answer{}, false
	}
	a, ok := r.answers[key]
	return a, ok
}

// keep remembers an answer as long as there is room.
func keep(ctx context.Context, key string, a answer) {
	r, ok := ctx.Value(roundKey{}).(*round)
	if !ok {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.answers == nil || r.bytes+len(key)+len(a.body) > roundBytes {
		return
	}
	r.answers[key] = a
	r.bytes += len(key) + len(a.body)
}

// reads tells from an operation's name that it changes no setting.
func reads(op string) bool {
	switch op {
	case "PullMessages", "CreatePullPointSubscription", "Renew", "Unsubscribe", "SetSynchronizationPoint", "EndSearch":
		return true
	}
	return strings.HasPrefix(op, "Get") || strings.HasPrefix(op, "Find")
}
