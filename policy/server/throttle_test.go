package server

import (
	"fmt"
	"testing"
	"time"
)

func TestThrottle(t *testing.T) {
	t.Parallel()
	th, now := newThrottle(), time.Date(2026, 3, 18, 7, 0, 0, 0, time.UTC)
	mallory, anna := throttleKeys("anna", "192.0.2.66"), throttleKeys("anna", "192.0.2.1")
	for i := range freeTries(byPair) {
		if w := th.wait(now, mallory...); w != 0 {
			t.Fatalf("try %d waits %s", i, w)
		}
		th.failed(now, mallory...)
	}
	first := th.wait(now, mallory...)
	if first != firstPause {
		t.Errorf("first pause %s", first)
	}
	if w := th.wait(now, anna...); w != 0 {
		t.Errorf("somebody else's failures make anna wait %s", w)
	}
	now = now.Add(first)
	th.failed(now, mallory...)
	if w := th.wait(now, mallory...); w != 2*firstPause {
		t.Errorf("second pause %s", w)
	}
	for range 50 {
		th.failed(now, mallory...)
	}
	if w := th.wait(now, mallory...); w != maxPause {
		t.Errorf("longest pause %s", w)
	}
	th.succeeded(mallory...)
	if w := th.wait(now, mallory...); w != 0 {
		t.Errorf("after success %s", w)
	}
	for i := range 3 * maxThrottled {
		th.failed(now, fmt.Sprintf("%sx%d", byName, i))
	}
	if len(th.seen) > maxThrottled+1 {
		t.Errorf("%d names remembered", len(th.seen))
	}
}
