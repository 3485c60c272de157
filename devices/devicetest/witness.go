package devicetest

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
)

// witness is a test that may fail without failing the test that it is in.
type witness struct {
	testing.TB
	mu    sync.Mutex
	said  []string
	after []func()
}

func (w *witness) say(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.said = append(w.said, text)
}

func (w *witness) Error(a ...any)            { w.say(fmt.Sprint(a...)) }
func (w *witness) Errorf(f string, a ...any) { w.say(fmt.Sprintf(f, a...)) }
func (w *witness) Fatal(a ...any)            { w.say(fmt.Sprint(a...)); runtime.Goexit() }
func (w *witness) Fatalf(f string, a ...any) { w.say(fmt.Sprintf(f, a...)); runtime.Goexit() }
func (w *witness) Cleanup(f func())          { w.after = append(w.after, f) }
func (w *witness) Failed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.said) > 0
}

// witnessed tells what a test finds wrong, without failing the one it is in.
func witnessed(t testing.TB, f func(t testing.TB)) []string {
	w := &witness{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			for _, f := range slices.Backward(w.after) {
				f()
			}
		}()
		f(w)
	}()
	<-done
	return w.said
}
