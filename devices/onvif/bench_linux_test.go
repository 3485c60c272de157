package onvif

import (
	"bufio"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/devices/sim"
	wsdiscovery "github.com/use-go/onvif/ws-discovery"
)

const benchCameras = 200

// printf shows a result at once: a benchmark's log comes at its end.
func printf(format string, args ...any) {
	_, _ = fmt.Fprintf(os.Stdout, format, args...)
}

// lose makes a cable lose packets at random, in the direction of this end. Of
// the two ways the kernel has to do so, netem and a filter by a random number,
// the second is built in everywhere.
func lose(tb testing.TB, iface string, percent int) {
	tb.Helper()
	_ = exec.Command("tc", "qdisc", "del", "dev", iface, "clsact").Run() // there may be none yet
	if percent == 0 {
		return
	}
	run(tb, "tc", "qdisc", "add", "dev", iface, "clsact")
	limit := uint64(percent) << 32 / 100
	// Load a random word; if it is below the limit, drop (2), else go on (-1).
	run(tb, "tc", "filter", "add", "dev", iface, "ingress", "bpf", "da", "bytecode",
		fmt.Sprintf("4,32 0 0 4294963256,53 1 0 %d,6 0 0 2,6 0 0 4294967295", limit))
}

// BenchmarkFindAll searches for 200 cameras over a cable that loses packets in
// both directions, and lets use-go's own probe, which waits for one second,
// search beside it. The cameras answer after a random delay of up to half a
// second, as the standard has it. Run it by hand:
//
//	go test -run '^$' -bench FindAll ./devices/onvif
func BenchmarkFindAll(b *testing.B) {
	if _, err := exec.LookPath("tc"); err != nil {
		b.Skip("tc (of iproute2) is not installed")
	}
	if !inOwnNetwork(b) {
		return
	}
	far := newFarSide(b)
	addrs, who := make([]string, 0, benchCameras), map[netip.Addr]string{}
	for i := range benchCameras {
		a := fmt.Sprintf("192.0.2.%d", 10+i)
		addrs = append(addrs, a+"/24")
		who[netip.MustParseAddr(a)] = fmt.Sprintf("urn:uuid:00000000-0000-4000-8000-%012d", i)
	}
	far.cable(b, "cam0", "192.0.2.1/24", "far0", addrs...)
	far.crowd(b, "far0", 500*time.Millisecond, who)
	for _, loss := range []int{0, 5, 20} {
		lose(b, "cam0", loss)
		far.on(func() { lose(b, "far0", loss) })
		report := func(what string, times int, search func(found func(address string)) error) {
			var counts []int
			var last, total time.Duration
			cpu := cpuTime()
			for range times {
				seen := map[string]bool{}
				begin := time.Now()
				var at time.Duration
				if err := search(func(address string) {
					if !seen[address] {
						seen[address], at = true, time.Since(begin)
					}
				}); err != nil {
					b.Errorf("%s: %v", what, err)
				}
				counts, last, total = append(counts, len(seen)), last+at, total+time.Since(begin)
			}
			n := time.Duration(times)
			printf("loss %2d %%  %-24s found %v of %d, the last after %4d ms, ended after %4d ms, CPU of both ends %d ms\n",
				loss, what, counts, benchCameras, (last / n).Milliseconds(), (total / n).Milliseconds(), ((cpuTime() - cpu) / n).Milliseconds())
		}
		ours := func(s devices.Search) func(func(string)) error {
			return func(found func(string)) error {
				return Driver(Options{}).Discover(b.Context(), s, func(f devices.Found) { found(f.Address) })
			}
		}
		report("lensdop, multicast", 5, ours(devices.Search{Interfaces: []string{"cam0"}}))
		report("lensdop, sweep of a /24", 2, ours(devices.Search{Subnets: []string{"192.0.2.0/24"}, Sweep: true}))
		report("use-go, SendProbe", 5, func(found func(string)) error {
			answers, err := wsdiscovery.SendProbe("cam0", nil, []string{"dn:NetworkVideoTransmitter"}, map[string]string{"dn": "http://www.onvif.org/ver10/network/wsdl"})
			for _, a := range answers {
				found(text(a, "XAddrs"))
			}
			return err
		})
	}
}

// TestMainOfSimulators is no test: it is the process that BenchmarkReadAll
// keeps its cameras in, so that what reading costs can be told from what
// answering does.
func TestMainOfSimulators(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("LENSDOP_TEST_SIMULATORS"))
	if err != nil {
		t.Skip("only for BenchmarkReadAll")
	}
	for i := range n {
		d, err := sim.Start(t.Context(), sim.Camera{Host: fmt.Sprintf("127.0.8.%d", 1+i), User: "agent", Password: "quite long words", Masks: true, SubStream: true})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = d.Close() }()
	}
	printf("ready\n")
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// BenchmarkReadAll finds 200 simulated cameras on one host, and opens and reads
// each once: one after the other, and eight at a time. CPU and memory are the
// reader's alone. Run it by hand:
//
//	go test -run '^$' -bench ReadAll ./devices/onvif
func BenchmarkReadAll(b *testing.B) {
	if !inOwnNetwork(b) {
		return
	}
	exe, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(exe, "-test.run=^TestMainOfSimulators$", "-test.timeout=20m")
	cmd.Env = append(os.Environ(), fmt.Sprintf("LENSDOP_TEST_SIMULATORS=%d", benchCameras))
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err1 != nil || err2 != nil || cmd.Start() != nil {
		b.Fatal("the simulators do not start")
	}
	defer func() { _ = in.Close(); _ = cmd.Wait() }()
	lines := bufio.NewScanner(out)
	for lines.Scan() && lines.Text() != "ready" {
		b.Log(lines.Text())
	}
	for range b.N {
		var found []devices.Found
		begin, cpu := time.Now(), cpuTime()
		drv := Driver(Options{})
		if err := drv.Discover(b.Context(), devices.Search{Interfaces: []string{"lo"}}, func(f devices.Found) { found = append(found, f) }); err != nil {
			b.Fatal(err)
		}
		printf("found %d of %d simulated cameras in %v, CPU %v\n", len(found), benchCameras, time.Since(begin).Round(time.Millisecond), (cpuTime() - cpu).Round(time.Millisecond))
		for _, atOnce := range []int{1, 8} {
			runtime.GC()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			begin, cpu := time.Now(), cpuTime()
			var mu sync.Mutex
			var wg sync.WaitGroup
			read, failed := 0, 0
			var cams []devices.Camera
			queue := make(chan devices.Found)
			for range atOnce {
				wg.Go(func() {
					for f := range queue {
						list, err := drv.Open(b.Context(), devices.Target{Found: f, Credentials: devices.Credentials{User: "agent", Password: "quite long words"}})
						for _, cam := range list {
							if _, e := cam.Observe(b.Context()); e != nil {
								err = e
							}
						}
						mu.Lock()
						if err != nil {
							failed++
							b.Logf("%s: %v", f.Address, err)
						} else {
							read++
						}
						cams = append(cams, list...)
						mu.Unlock()
					}
				})
			}
			for f := range slices.Values(found) {
				queue <- f
			}
			close(queue)
			wg.Wait()
			took, spent := time.Since(begin), cpuTime()-cpu
			runtime.GC()
			runtime.ReadMemStats(&after)
			printf("read %d, %d failed, %d at a time: %v, CPU %v (%.1f ms a camera), %.1f MB allocated in all, %.1f MB kept by %d open cameras; most memory of the process %s\n",
				read, failed, atOnce, took.Round(time.Millisecond), spent.Round(time.Millisecond), float64(spent.Milliseconds())/float64(max(read, 1)),
				float64(after.TotalAlloc-before.TotalAlloc)/1e6, float64(int64(after.HeapAlloc)-int64(before.HeapAlloc))/1e6, len(cams), peak())
			for _, c := range cams {
				if err := c.Close(); err != nil {
					b.Error(err)
				}
			}
		}
	}
}

// peak is the most memory that this process had, as the kernel tells it.
func peak() string {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			return strings.TrimSpace(v)
		}
	}
	return "unknown"
}
