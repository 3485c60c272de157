package sim

import (
	"sync"
	"time"
)

// timers are what a device does later by itself. They end with the power.
type timers struct {
	mu   sync.Mutex
	on   map[*time.Timer]bool // nil while the power is off
	work sync.WaitGroup
}

// start lets things be planned.
func (t *timers) start() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.on == nil {
		t.on = map[*time.Timer]bool{}
	}
}

// after runs f once, unless the power is off or goes off before.
func (t *timers) after(d time.Duration, f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.on == nil {
		return
	}
	t.work.Add(1)
	var timer *time.Timer
	timer = time.AfterFunc(d, func() {
		defer t.work.Done()
		t.mu.Lock()
		due := t.on[timer]
		delete(t.on, timer)
		t.mu.Unlock()
		if due {
			f()
		}
	})
	t.on[timer] = true
}

// stop forgets all that was planned, and waits for what runs.
func (t *timers) stop() {
	t.mu.Lock()
	for timer := range t.on {
		if timer.Stop() {
			t.work.Done()
		}
	}
	t.on = nil
	t.mu.Unlock()
	t.work.Wait()
}
