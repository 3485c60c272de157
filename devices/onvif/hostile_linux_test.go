package onvif

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/devices/sim"
	"golang.org/x/sys/unix"
)

// long asks for the minute-long forms of tests; see their comments.
func long() bool { return os.Getenv("LENSDOP_LONG") != "" }

// hostileDatagrams are what a malicious or broken host may send in answer to
// the probe with this MessageID, or unasked.
func hostileDatagrams(id string) [][]byte {
	nvt, scope := "dn:NetworkVideoTransmitter", "onvif://www.onvif.org/location/x"
	good := match(id, device1("urn:uuid:made-up", nvt, scope, "http://198.51.100.1/onvif/device_service"))
	hello := announce("Hello", "urn:uuid:h", "urn:uuid:made-up", nvt, scope, "http://198.51.100.1/")
	out := []string{
		"", "\x00", "<", "<a/>", good[:len(good)/2], hello[:len(hello)/2], strings.ToUpper(good),
		match(id), match(id, device1("", "", "", "")), match(id, device1("", nvt, "", "/relative")), match(id, device1("", nvt, "", "http://")),
		match("", device1("urn:uuid:no-relation", nvt, "", "http://[::1]:0/")), match("urn:uuid:another", device1("urn:uuid:x", nvt, "", "")),
		match(id, strings.Repeat("<ProbeMatch>", 1500)), match(id, strings.Repeat("<ProbeMatch/>", 1500)),
		match(id, device1("urn:uuid:types", strings.Repeat(nvt+" ", 1000), "", "")),
		match(id, device1("urn:uuid:scopes", nvt, strings.Repeat(scope+" ", 900), "")),
		match(id, device1(strings.Repeat("é", 10000), nvt, "", "")), match(id, device1("urn:uuid:attributes", nvt+`" `+strings.Repeat(`a="b" `, 10), "", "")),
		`<!DOCTYPE e [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>` + strings.Replace(good, "made-up", "&b;", 1),
		`<?xml version="1.0" encoding="utf-16"?>` + good, "\xff\xfe" + good, strings.ReplaceAll(good, "d:", "\xe9:"), strings.Repeat("ProbeMatch", 3000),
		announce("Hello", id, "", "", "", ""), announce("Bye", "", "", nvt, strings.Repeat(scope+" ", 900), ""), strings.Repeat("Hello Bye ", 3000),
		strings.Replace(hello, "</e:Body>", "<d:Bye/></e:Body>", 1), strings.Repeat("<Hello>", 4000),
		"HTTP/1.1 200 OK\r\n\r\n" + good, `{"ProbeMatch":"Hello"}`, strings.Repeat("A", 60000),
	}
	for i := range 64 {
		out = append(out, match(id, device1(fmt.Sprintf("urn:uuid:invented-%d", rand.Uint64()), nvt, scope, fmt.Sprintf("http://198.51.100.1:%d/", rand.IntN(70000)))),
			announce("Hello", fmt.Sprint(rand.Uint64()), fmt.Sprintf("urn:uuid:invented-%d", rand.Uint64()), nvt, scope, ""))
		noise := make([]byte, rand.IntN(1400))
		for j := range noise {
			noise[j] = byte(rand.Uint32())
		}
		mangled := []byte([]string{good, hello}[i%2])
		for range 1 + rand.IntN(8) {
			mangled[rand.IntN(len(mangled))] = byte(rand.Uint32())
		}
		out = append(out, string(noise), string(mangled), good[:rand.IntN(len(good))], hello[rand.IntN(len(hello)):])
	}
	datagrams := make([][]byte, 0, len(out))
	for _, o := range out {
		datagrams = append(datagrams, []byte(o))
	}
	return datagrams
}

// flood sends so many hostile datagrams a second from many addresses, inside
// the subnets and outside, to whoever last probed, and to the group.
type flood struct {
	socks []net.PacketConn
	sniff *net.UDPConn
	sent  atomic.Int64

	mu  sync.Mutex
	to  *net.UDPAddr
	out [][]byte
}

func newFlood(t *testing.T) *flood {
	t.Helper()
	f := &flood{out: hostileDatagrams("urn:uuid:unknown")}
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		t.Skipf("no loopback interface called lo: %v", err)
	}
	lc := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) {
			_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
			_ = syscall.SetsockoptIPMreqn(int(fd), syscall.IPPROTO_IP, syscall.IP_MULTICAST_IF, &syscall.IPMreqn{Ifindex: int32(lo.Index)})
			_ = syscall.SetsockoptIPMreqn(int(fd), syscall.IPPROTO_IP, syscall.IP_ADD_MEMBERSHIP, &syscall.IPMreqn{Multiaddr: [4]byte{239, 255, 255, 250}, Ifindex: int32(lo.Index)})
		})
	}}
	// Half from one host, a third from many, the rest from outside.
	for i := range 48 {
		host := "127.0.66.1"
		switch {
		case i%6 >= 3 && i%6 < 5:
			host = fmt.Sprintf("127.0.67.%d", i)
		case i%6 == 5:
			host = fmt.Sprintf("127.9.0.%d", i)
		}
		c, err := lc.ListenPacket(t.Context(), "udp4", host+":0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		f.socks = append(f.socks, c)
	}
	c, err := lc.ListenPacket(t.Context(), "udp4", fmt.Sprintf("0.0.0.0:%d", discoveryPort))
	if err != nil {
		t.Skipf("the discovery port cannot be shared: %v", err)
	}
	f.sniff = c.(*net.UDPConn)
	t.Cleanup(func() { _ = c.Close() })
	return f
}

// watch learns from the probes whom to answer.
func (f *flood) watch() {
	buf := make([]byte, 65535)
	last := ""
	for {
		n, from, err := f.sniff.ReadFromUDP(buf)
		if err != nil {
			return
		}
		probe := string(buf[:n])
		id := text(probe, "MessageID")
		if !strings.Contains(probe, "/discovery/Probe<") || id == last || id == "" {
			continue
		}
		last = id
		out := hostileDatagrams(id)
		f.mu.Lock()
		f.to, f.out = from, out
		f.mu.Unlock()
	}
}

func (f *flood) run(ctx context.Context, perSecond int, group *net.UDPAddr) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	begin := time.Now()
	for i := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		f.mu.Lock()
		to, out := f.to, f.out
		f.mu.Unlock()
		for want := int(time.Since(begin).Seconds() * float64(perSecond)); i < want && ctx.Err() == nil; i++ {
			dst := group
			if i%2 == 0 && to != nil {
				dst = to
			}
			if _, err := f.socks[rand.IntN(len(f.socks))].WriteTo(out[rand.IntN(len(out))], dst); err == nil {
				f.sent.Add(1)
			}
		}
	}
}

// Under 10,000 random and crafted datagrams a second nothing panics, memory
// stays bounded, and the real cameras are found and heard each time. Two
// seconds by default; a minute with LENSDOP_LONG=1.
func TestHostileNetwork(t *testing.T) {
	took, perSecond := 2*time.Second, 10000
	if long() {
		took = time.Minute
	}
	const cameras = 5
	f := newFlood(t)
	real1 := map[string]bool{}
	for i := range cameras {
		d, err := sim.Start(t.Context(), sim.Camera{Host: fmt.Sprintf("127.0.0.%d", 210+i)})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		}()
		real1[d.Endpoint()] = true
	}
	subnets := []string{"127.0.0.0/16"}
	e := listenOnLoopback(t, devices.Search{Subnets: subnets})
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer func() { cancel(); _ = f.sniff.Close() }()
	wg.Go(f.watch)
	wg.Go(func() { f.run(ctx, perSecond, &net.UDPAddr{IP: net.IPv4(239, 255, 255, 250), Port: e.port}) })

	var heap0, heapMax uint64
	measure := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		heapMax = max(heapMax, m.HeapAlloc)
		return m.HeapAlloc
	}
	heap0 = measure()
	begin := time.Now()
	cpu0 := cpuTime()
	searches, madeUp, fewest, said, told, again := 0, 0, cameras, 0, 0, 0
	for time.Since(begin) < took {
		found := map[string]bool{}
		_ = Driver(Options{}).Discover(t.Context(), devices.Search{Interfaces: []string{"lo"}, Subnets: subnets, Timeout: time.Second}, func(d devices.Found) {
			if real1[d.Endpoint] {
				found[d.Endpoint] = true
			} else {
				madeUp++
			}
			if host, _, err := net.SplitHostPort(d.Address); err != nil || !strings.HasPrefix(host, "127.0.") {
				t.Errorf("would dial %q", d.Address)
			}
		})
		searches++
		fewest = min(fewest, len(found))
		// A real camera comes, in the midst of it, and repeats its Hello as SOAP
		// over UDP does.
		endpoint := fmt.Sprintf("urn:uuid:real-%d", searches)
		said++
		hello := announce("Hello", endpoint, endpoint, "dn:NetworkVideoTransmitter", "", "")
		for try, heard := 0, false; try < 4 && !heard; try++ {
			say(t, "127.0.0.230", e.port, hello)
			if heard = e.hears(endpoint, 250*time.Millisecond); heard {
				told++
				again += try
			}
		}
		measure()
	}
	cpu := cpuTime() - cpu0
	lost := lostAt(e.port)
	cancel()
	t.Logf("%d datagrams in %v (%.0f a second); %d searches found at least %d of %d cameras each, and %d invented ones; %d of %d announcements were heard, after %d repetitions, and the kernel dropped %s datagrams to the listener; heap %.1f MB before, at most %.1f MB; CPU %v with the sender and the cameras",
		f.sent.Load(), time.Since(begin).Round(time.Millisecond), float64(f.sent.Load())/time.Since(begin).Seconds(), searches, fewest, cameras, madeUp, told, said, again, lost,
		float64(heap0)/1e6, float64(heapMax)/1e6, cpu.Round(10*time.Millisecond))
	if fewest < cameras {
		t.Errorf("a search found only %d of %d cameras", fewest, cameras)
	}
	if told < said {
		t.Errorf("%d of %d announcements were heard", told, said)
	}
	if heapMax > heap0+64<<20 {
		t.Errorf("the heap grew from %d to %d bytes", heap0, heapMax)
	}
	if f.sent.Load() < int64(perSecond)/10*int64(took.Seconds()) {
		t.Errorf("only %d datagrams were sent: nothing was tried", f.sent.Load())
	}
}

// hears waits for a device's announcement among the invented ones.
func (e *ear) hears(endpoint string, wait time.Duration) bool {
	for deadline := time.After(wait); ; {
		select {
		case a := <-e.got:
			if a.Endpoint == endpoint {
				return true
			}
		case <-deadline:
			return false
		}
	}
}

// lostAt tells how many datagrams the kernel had no room for, of all sockets at
// a port.
func lostAt(port int) string {
	b, err := os.ReadFile("/proc/net/udp")
	if err != nil {
		return "an unknown number of"
	}
	var all []string
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) > 12 && strings.HasSuffix(f[1], fmt.Sprintf(":%04X", port)) {
			all = append(all, f[len(f)-1])
		}
	}
	return strings.Join(all, "+")
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
