package server

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
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
	th.succeeded(now, mallory...)
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

func TestNobodyIsLockedOutByOthers(t *testing.T) {
	t.Parallel()
	th, now := newThrottle(), time.Date(2026, 3, 18, 7, 0, 0, 0, time.UTC)
	home := throttleKeys("anna", "192.0.2.1")
	if w := th.admit(now, home...); w != 0 {
		t.Fatal(w)
	}
	th.succeeded(now, home...)
	for i := range 1000 { // many addresses, one name
		th.failed(now, throttleKeys("anna", fmt.Sprintf("198.51.%d.%d", i/250, i%250))...)
	}
	if w := th.admit(now, throttleKeys("anna", "203.0.113.5")...); w == 0 {
		t.Error("a thousand failures slow nobody down")
	}
	if w := th.admit(now, home...); w != 0 {
		t.Errorf("anna waits %s where she signed in yesterday", w)
	}
}

func TestTriesInParallelCount(t *testing.T) {
	t.Parallel()
	th, now := newThrottle(), time.Date(2026, 3, 18, 7, 0, 0, 0, time.UTC)
	var in atomic.Int32
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			if th.admit(now, throttleKeys("anna", "192.0.2.66")...) == 0 {
				in.Add(1)
			}
		})
	}
	wg.Wait()
	if n := in.Load(); n != int32(freeTries(byPair)) {
		t.Errorf("%d of 100 tries at once", n)
	}
}

func TestAddressesOfOneSubscriberAreOne(t *testing.T) {
	t.Parallel()
	a, b := throttleKeys("anna", "2001:db8:1:2::3"), throttleKeys("anna", "2001:db8:1:2:ffff::4")
	if !slices.Equal(a, b) || len(a) != 3 {
		t.Errorf("%v and %v", a, b)
	}
	if slices.Equal(a, throttleKeys("anna", "2001:db8:1:3::3")) {
		t.Error("two subscribers are one")
	}
	if !slices.Equal(throttleKeys("anna", "::ffff:192.0.2.1"), throttleKeys("anna", "192.0.2.1")) {
		t.Error("one address written two ways is two")
	}
	if len(throttleKeys("anna", "127.0.0.1")) != 2 || len(throttleKeys("anna", "::1")) != 2 || len(throttleKeys("anna", "")) != 3 {
		t.Error("this machine's own address")
	}
}

// A name that does not exist costs the same work as a wrong password: the decoy
// is computed with the parameters that every password is.
func TestAnUnknownNameCostsTheSameWork(t *testing.T) {
	hash, err := hashPassword("een heel lang wachtwoord")
	if err != nil {
		t.Fatal(err)
	}
	parameters := func(hash string) string { return strings.Join(strings.Split(hash, "$")[:4], "$") }
	if parameters(hash) != parameters(decoy()) {
		t.Errorf("a password is hashed as %s, the decoy as %s", parameters(hash), parameters(decoy()))
	}
	if ok, err := newHasher().check(t.Context(), "", "guess"); ok || err != nil {
		t.Errorf("an unknown name: %t, %v", ok, err)
	}
}

func TestSignInsDoNotPileUp(t *testing.T) {
	t.Parallel()
	h := newHasher()
	for range cap(h.turn) {
		h.turn <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range cap(h.queue) {
		wg.Go(func() { _, _ = h.check(ctx, "", "x") })
	}
	for len(h.queue) < cap(h.queue) {
		time.Sleep(time.Millisecond)
	}
	if _, err := h.check(ctx, "", "x"); !errors.Is(err, errBusy) {
		t.Errorf("one more waits: %v", err)
	}
	cancel()
	wg.Wait()
}
