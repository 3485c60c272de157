package demo

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// killer ends the agent, as a power cut would, at moments of the story that
// one seed decides. A nil killer kills nobody.
type killer struct {
	seed uint64
	// plan tells, by step, how long after the step's begin to kill.
	plan map[string][]time.Duration
	wg   sync.WaitGroup

	mu    sync.Mutex
	kills int
}

// killWithin is the longest pause between the begin of a step and a kill drawn
// for it. Many steps are shorter: such a kill falls into a later one.
const killWithin = 1500 * time.Millisecond

func newKiller(o Options) *killer {
	if o.Kills <= 0 {
		return nil
	}
	k := &killer{seed: o.Seed, plan: map[string][]time.Duration{}}
	if k.seed == 0 {
		k.seed = uint64(rand.Uint32()) + 1 //nolint:gosec // chance is all that is wanted
	}
	r := rand.New(rand.NewPCG(k.seed, k.seed)) //nolint:gosec // so that a run can be repeated
	steps := opening()
	if o.Once {
		steps = append(steps, polling()...)
	}
	for range o.Kills {
		step := steps[r.IntN(len(steps))]
		k.plan[step] = append(k.plan[step], time.Duration(r.Int64N(int64(killWithin))))
	}
	return k
}

// enter starts the clocks of a step's kills.
func (k *killer) enter(ctx context.Context, step string, kill func(context.Context) error, say func(string, ...any)) {
	if k == nil {
		return
	}
	for _, after := range k.plan[step] {
		k.wg.Go(func() {
			select {
			case <-ctx.Done():
				return
			case <-time.After(after):
			}
			if err := kill(ctx); err != nil {
				return // the demo ends, or what it cannot kill shows in the next step
			}
			k.mu.Lock()
			k.kills++
			k.mu.Unlock()
			say("  (the agent was killed)")
		})
	}
}

// wait returns when the kills that were begun are done.
func (k *killer) wait() {
	if k != nil {
		k.wg.Wait()
	}
}

// count is how many agents were killed so far.
func (k *killer) count() int {
	if k == nil {
		return 0
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.kills
}
