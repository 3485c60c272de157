package onvif

import (
	"encoding/binary"
	"net/netip"
	"runtime"
	"testing"
	"time"
)

func TestLimiter(t *testing.T) {
	now := time.Now()
	l := newLimiter(3, 2)
	loud, calm := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	allowed, firsts := 0, 0
	for range 1000 {
		ok, first := l.allow(loud, now)
		if ok {
			allowed++
		}
		if first {
			firsts++
		}
	}
	if allowed != 3 || firsts != 1 {
		t.Errorf("%d allowed, turned away for the first time %d times", allowed, firsts)
	}
	if ok, _ := l.allow(calm, now); !ok {
		t.Error("a flood hides another host")
	}
	for range 10 {
		if ok, _ := l.allow(loud, now.Add(time.Second)); ok {
			allowed++
		}
	}
	if allowed != 5 {
		t.Errorf("%d allowed after a second, want 2 more", allowed-3)
	}
}

// As many senders as there are addresses take no more than their bound, and
// make room when they fall silent.
func TestLimiterIsBounded(t *testing.T) {
	now := time.Now()
	l := newLimiter(64, 8)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range uint32(1 << 18) {
		var a [4]byte
		binary.BigEndian.PutUint32(a[:], 10<<24|i)
		l.allow(netip.AddrFrom4(a), now)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if len(l.hosts) > limiterHosts {
		t.Errorf("%d hosts are kept", len(l.hosts))
	}
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 16<<20 {
		t.Errorf("%d bytes are kept", grown)
	}
	if ok, _ := l.allow(netip.MustParseAddr("192.0.2.1"), now.Add(time.Minute)); !ok || len(l.hosts) != 1 {
		t.Errorf("after a minute of silence %d hosts are kept, allowed %v", len(l.hosts), ok)
	}
}
