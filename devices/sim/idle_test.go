package sim

import (
	"fmt"
	"runtime"
	"testing"
)

// TestIdleCameras sees that a camera that nobody watches costs little, so that
// hundreds fit into one process.
func TestIdleCameras(t *testing.T) {
	const n = 50
	measure := func() (bytes uint64, goroutines int) {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc + m.StackInuse, runtime.NumGoroutine()
	}
	before, routines := measure()
	for i := range n {
		d, err := Start(t.Context(), Camera{
			Host: fmt.Sprintf("127.0.2.%d", i+1), PTZ: true, Masks: true, Sound: true, SubStream: true, Lenses: 2,
			Outputs: []Output{{Token: "o"}}, Recorder: &Recorder{}, Analytics: []Module{},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		})
		if s := d.Stats(); s.Frames != 0 {
			t.Errorf("%d frames were rendered for nobody", s.Frames)
		}
	}
	after, more := measure()
	bytes, each := (after-before)/n, float64(more-routines)/n
	t.Logf("an idle camera of two lenses costs %d KB and %.1f goroutines", bytes>>10, each)
	if bytes > 256<<10 {
		t.Errorf("%d KB of memory for each camera", bytes>>10)
	}
	if each > 8.1 {
		t.Errorf("%.1f goroutines for each camera", each)
	}
}
