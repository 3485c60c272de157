package onvif

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"
)

const ownNetwork = "LENSDOP_TEST_NETWORK"

// inOwnNetwork tells whether this is the process that has a network of its
// own, which nothing leaves. If not, it starts that process to run the same
// test, and reports what came of it.
func inOwnNetwork(tb testing.TB) bool {
	tb.Helper()
	if os.Getenv(ownNetwork) == tb.Name() {
		run(tb, "ip", "link", "set", "lo", "up")
		return true
	}
	if _, err := exec.LookPath("ip"); err != nil {
		tb.Skip("ip (of iproute2) is not installed")
	}
	exe, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	args := []string{"-test.run=^" + tb.Name() + "$", "-test.v", "-test.count=1"}
	_, bench := tb.(*testing.B)
	if bench {
		args = []string{"-test.run=^$", "-test.bench=^" + tb.Name() + "$", "-test.benchtime=1x"}
	}
	cmd := exec.CommandContext(tb.Context(), exe, args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if bench { // which take long: what they print is seen at once
		cmd.Stdout = os.Stdout
	}
	cmd.Env = append(os.Environ(), ownNetwork+"="+tb.Name())
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	err = cmd.Run()
	switch {
	case errors.Is(err, syscall.EPERM):
		tb.Skip("a network of its own needs root here")
	case err != nil:
		tb.Errorf("in its own network: %v\n%s", err, &out)
	case testing.Verbose():
		tb.Logf("in its own network:\n%s", &out)
	}
	return false
}

func run(tb testing.TB, name string, args ...string) {
	tb.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		tb.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, out)
	}
}

// farSide is another network, with the far ends of the cables.
type farSide struct {
	path string
	do   chan func()
}

func newFarSide(tb testing.TB) *farSide {
	tb.Helper()
	f := &farSide{do: make(chan func())}
	ready, done := make(chan error), make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and never unlocked: the thread ends with its network
		err := unix.Unshare(unix.CLONE_NEWNET)
		f.path = fmt.Sprintf("/proc/%d/task/%d/ns/net", os.Getpid(), unix.Gettid())
		ready <- err
		for job := range f.do {
			job()
		}
	}()
	if err := <-ready; err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { close(f.do); <-done })
	f.on(func() { run(tb, "ip", "link", "set", "lo", "up") })
	return f
}

// on runs a job on the far side: the sockets that it opens are there.
func (f *farSide) on(job func()) {
	done := make(chan struct{})
	f.do <- func() { defer close(done); job() }
	<-done
}

// cable lays a cable to the far side; addresses are with their subnets.
func (f *farSide) cable(tb testing.TB, near, nearAddr, far string, farAddrs ...string) {
	tb.Helper()
	run(tb, "ip", "link", "add", near, "type", "veth", "peer", "name", far)
	run(tb, "ip", "link", "set", far, "netns", f.path)
	run(tb, "ip", "addr", "add", nearAddr, "dev", near)
	run(tb, "ip", "link", "set", near, "up")
	f.on(func() {
		var batch strings.Builder
		for _, a := range farAddrs {
			fmt.Fprintf(&batch, "addr add %s dev %s\n", a, far)
		}
		fmt.Fprintf(&batch, "link set %s up\n", far)
		cmd := exec.Command("ip", "-batch", "-")
		cmd.Stdin = strings.NewReader(batch.String())
		if out, err := cmd.CombinedOutput(); err != nil {
			tb.Errorf("addresses of %s: %v: %s", far, err, out)
		}
	})
}

// crowd answers for many devices by one socket, each from its own address, and
// after the random delay of WS-Discovery (2005/04 §2.4: APP_MAX_DELAY, 500 ms).
type crowd struct {
	conn *ipv4.PacketConn
	ifi  *net.Interface
	wg   sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	members map[netip.Addr]string // endpoint by address
	asked   map[netip.Addr]int    // unicast probes by destination
	times   []time.Time           // of unicast probes
}

func (f *farSide) crowd(tb testing.TB, far string, delay time.Duration, members map[netip.Addr]string) *crowd {
	tb.Helper()
	c := &crowd{members: members, asked: map[netip.Addr]int{}}
	f.on(func() {
		conn, err := (&net.ListenConfig{Control: func(_, _ string, rc syscall.RawConn) error {
			return rc.Control(func(fd uintptr) {
				_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
				_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4<<20)
				_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IP, unix.IP_MULTICAST_ALL, 0)
				// A unicast datagram comes to one socket only: to this cable's.
				_ = syscall.SetsockoptString(int(fd), syscall.SOL_SOCKET, unix.SO_BINDTODEVICE, far)
			})
		}}).ListenPacket(context.Background(), "udp4", "0.0.0.0:3702")
		if err != nil {
			tb.Error(err)
			return
		}
		c.conn = ipv4.NewPacketConn(conn)
		if c.ifi, err = net.InterfaceByName(far); err == nil {
			err = errors.Join(c.conn.JoinGroup(c.ifi, &net.UDPAddr{IP: net.IPv4(239, 255, 255, 250)}),
				c.conn.SetControlMessage(ipv4.FlagDst|ipv4.FlagInterface, true), c.conn.SetMulticastInterface(c.ifi))
		}
		if err != nil {
			tb.Error(err)
		}
	})
	if tb.Failed() {
		tb.FailNow()
	}
	c.wg.Go(func() { c.serve(delay) })
	tb.Cleanup(func() {
		c.mu.Lock()
		c.closed = true
		c.mu.Unlock()
		_ = c.conn.Close()
		c.wg.Wait()
	})
	return c
}

func (c *crowd) serve(delay time.Duration) {
	buf := make([]byte, 65535)
	for {
		n, cm, from, err := c.conn.ReadFrom(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil || cm == nil || cm.IfIndex != c.ifi.Index {
			continue
		}
		probe := string(buf[:n])
		to, _ := netip.AddrFromSlice(cm.Dst.To4())
		if !strings.Contains(probe, "/discovery/Probe<") || !to.IsMulticast() && c.members[to] == "" {
			c.note(to)
			continue
		}
		id := text(probe, "MessageID")
		if !to.IsMulticast() {
			c.note(to)
			c.answer(to, id, from, delay)
			continue
		}
		for a := range c.members {
			c.answer(a, id, from, delay)
		}
	}
}

func (c *crowd) note(to netip.Addr) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !to.IsMulticast() {
		c.asked[to]++
		c.times = append(c.times, time.Now())
	}
}

func (c *crowd) answer(a netip.Addr, id string, to net.Addr, delay time.Duration) {
	msg := []byte(match(id, device1(c.members[a], "dn:NetworkVideoTransmitter tds:Device",
		"onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/Profile/T onvif://www.onvif.org/name/fake onvif://www.onvif.org/hardware/fake onvif://www.onvif.org/location/hall",
		"http://"+a.String()+"/onvif/device_service")))
	send := func() {
		_, _ = c.conn.WriteTo(msg, &ipv4.ControlMessage{Src: a.AsSlice()}, to)
	}
	if delay == 0 {
		send()
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	c.wg.Add(1)
	time.AfterFunc(rand.N(delay), func() { defer c.wg.Done(); send() })
}

// say sends an announcement to the group, from an address of the crowd.
func (c *crowd) say(tb testing.TB, from, msg string) {
	tb.Helper()
	_, err := c.conn.WriteTo([]byte(msg), &ipv4.ControlMessage{Src: net.ParseIP(from), IfIndex: c.ifi.Index}, &net.UDPAddr{IP: net.IPv4(239, 255, 255, 250), Port: 3702})
	if err != nil {
		tb.Fatal(err)
	}
}

func members(endpoint string, addrs ...string) map[netip.Addr]string {
	out := map[netip.Addr]string{}
	for _, a := range addrs {
		out[netip.MustParseAddr(a)] = endpoint
	}
	return out
}

func told(got []devices.Found) string {
	var lines []string
	for _, f := range got {
		lines = append(lines, fmt.Sprintf("%s %s %s %s", f.How, f.Interface, f.Address, f.Endpoint))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// Two networks searched at once: each answer has the interface that it came in
// by, a device on both is told for both, and one that has an address of the
// other network is only believed if the subnets say so.
func TestDiscoverOnTwoNetworks(t *testing.T) {
	if !inOwnNetwork(t) {
		return
	}
	far := newFarSide(t)
	far.cable(t, "cam0", "192.0.2.1/24", "far0", "192.0.2.10/24", "192.0.2.11/24")
	far.cable(t, "cam1", "198.51.100.1/24", "far1", "198.51.100.10/24", "192.0.2.77/32")
	far.crowd(t, "far0", 0, members("urn:uuid:both", "192.0.2.10", "192.0.2.11"))
	far.crowd(t, "far1", 0, members("urn:uuid:both", "198.51.100.10", "192.0.2.77"))
	search := func(s devices.Search) string {
		t.Helper()
		s.Timeout = 300 * time.Millisecond
		var got []devices.Found
		if err := Driver(Options{}).Discover(t.Context(), s, func(f devices.Found) { got = append(got, f) }); err != nil {
			t.Error(err)
		}
		return told(got)
	}
	want := "multicast cam0 192.0.2.10:80 urn:uuid:both\nmulticast cam0 192.0.2.11:80 urn:uuid:both\nmulticast cam1 198.51.100.10:80 urn:uuid:both"
	if got := search(devices.Search{Interfaces: []string{"cam0", "cam1"}}); got != want {
		t.Errorf("told\n%s\nwant\n%s", got, want)
	}
	wider := strings.Replace(want, "multicast cam1", "multicast cam1 192.0.2.77:80 urn:uuid:both\nmulticast cam1", 1)
	if got := search(devices.Search{Interfaces: []string{"cam0", "cam1"}, Subnets: []string{"192.0.2.0/24", "198.51.100.0/24"}}); got != wider {
		t.Errorf("told\n%s\nwant\n%s", got, wider)
	}
	want = "unicast cam1 198.51.100.10:80 urn:uuid:both"
	if got := search(devices.Search{Unicast: []string{"198.51.100.10"}}); got != want {
		t.Errorf("told\n%s\nwant\n%s", got, want)
	}
	run(t, "ip", "link", "set", "cam1", "down")
	err := Driver(Options{}).Discover(t.Context(), devices.Search{Interfaces: []string{"cam0", "cam1"}, Timeout: 100 * time.Millisecond}, func(devices.Found) {})
	if err == nil || !strings.Contains(err.Error(), "unreachable") && !strings.Contains(err.Error(), "down") {
		t.Errorf("a network that is down: %v", err)
	}
}

// On a real cable: only the hosts' addresses are asked, at the rate and no
// faster, and those that answer are told with the right interface.
func TestSweepOfANetwork(t *testing.T) {
	if !inOwnNetwork(t) {
		return
	}
	far := newFarSide(t)
	far.cable(t, "cam0", "192.0.2.201/24", "far0", "192.0.2.10/24", "192.0.2.200/24")
	far.cable(t, "cam1", "198.51.100.1/24", "far1", "198.51.100.200/24")
	c := far.crowd(t, "far0", 0, members("urn:uuid:a", "192.0.2.10", "192.0.2.200"))
	far.crowd(t, "far1", 0, members("urn:uuid:b", "198.51.100.200"))
	// The far side takes all addresses of its network.
	far.on(func() { run(t, "ip", "route", "add", "local", "192.0.2.0/25", "dev", "lo") })
	var got []devices.Found
	begin := time.Now()
	err := Driver(Options{}).Discover(t.Context(), devices.Search{
		Subnets: []string{"192.0.2.0/24", "198.51.100.192/28"}, Sweep: true, Rate: 1000, Timeout: 300 * time.Millisecond,
	}, func(f devices.Found) { got = append(got, f) })
	if err != nil {
		t.Error(err)
	}
	// The addresses that nobody has hold nothing up.
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
	want := "unicast cam0 192.0.2.10:80 urn:uuid:a\nunicast cam0 192.0.2.200:80 urn:uuid:a\nunicast cam1 198.51.100.200:80 urn:uuid:b"
	if s := told(got); s != want {
		t.Errorf("told\n%s\nwant\n%s", s, want)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for a, n := range c.asked {
		if a.String() == "192.0.2.0" || a.String() == "192.0.2.255" || n > 2*sweepRounds {
			t.Errorf("%v was asked %d times", a, n)
		}
	}
	if n := len(c.asked); n != 127+1 {
		t.Errorf("%d addresses were asked", n)
	}
	if len(c.times) < 2 {
		t.Fatal("nothing came")
	}
	slices.SortFunc(c.times, time.Time.Compare)
	for i := 20; i < len(c.times); i++ {
		// The kernel may hold two back while it looks for the address.
		if over := c.times[i].Sub(c.times[i-20]); over < 10*time.Millisecond {
			t.Errorf("20 datagrams within %v", over)
		}
	}
}

func TestListenOutlivesItsInterfaces(t *testing.T) {
	if !inOwnNetwork(t) {
		return
	}
	far := newFarSide(t)
	lay := func(near, n, far1 string) {
		far.cable(t, near, n+".1/24", far1, n+".10/24")
	}
	lay("cam0", "192.0.2", "far0")
	lay("cam1", "198.51.100", "far1")
	l := newListener(Options{}.withDefaults(), devices.Search{Interfaces: []string{"cam0", "cam1"}})
	l.look = 20 * time.Millisecond
	got, ended := make(chan devices.Announcement, 1000), make(chan error, 1)
	go func() { ended <- l.run(t.Context(), func(a devices.Announcement) { got <- a }) }()
	n := 0
	hear := func(c *crowd, from, iface string) {
		t.Helper()
		n++
		endpoint := fmt.Sprintf("urn:uuid:%d", n)
		deadline := time.After(5 * time.Second)
		for i := 0; ; i++ {
			// Said again until the interface is back.
			c.say(t, from, announce("Hello", fmt.Sprintf("%d-%d", n, i), endpoint, "dn:NetworkVideoTransmitter", "", ""))
			select {
			case a := <-got:
				if a.Endpoint != endpoint {
					continue
				}
				if a.Interface != iface || a.Address != from+":80" {
					t.Errorf("heard %+v, want it by %s", a, iface)
				}
				return
			case err := <-ended:
				t.Fatal(err)
			case <-deadline:
				t.Fatalf("%s is not heard", iface)
			case <-time.After(200 * time.Millisecond): // slower than what one host may say
			}
		}
	}
	c0, c1 := far.crowd(t, "far0", 0, nil), far.crowd(t, "far1", 0, nil)
	hear(c0, "192.0.2.10", "cam0")
	hear(c1, "198.51.100.10", "cam1")

	run(t, "ip", "link", "set", "cam0", "down")
	hear(c1, "198.51.100.10", "cam1")
	run(t, "ip", "link", "set", "cam0", "up")
	hear(c0, "192.0.2.10", "cam0")

	run(t, "ip", "link", "del", "cam0")
	hear(c1, "198.51.100.10", "cam1")
	lay("cam0", "192.0.2", "far2")
	c2 := far.crowd(t, "far2", 0, nil)
	hear(c2, "192.0.2.10", "cam0")

	run(t, "ip", "link", "del", "cam0")
	run(t, "ip", "link", "del", "cam1")
	select {
	case err := <-ended:
		if err == nil || !strings.Contains(err.Error(), `"cam0"`) || !strings.Contains(err.Error(), `"cam1"`) {
			t.Errorf("ended with %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("still listening, with no interface left")
	}
}
