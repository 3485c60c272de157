package network

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
	"golang.org/x/sys/unix"
)

// inNamespace runs the test that calls it again in a network namespace of its
// own, which nothing leaves, and tells whether this is that run.
func inNamespace(t *testing.T) bool {
	t.Helper()
	const mark = "LENSDOP_TEST_NAMESPACE"
	if os.Getenv(mark) != "" {
		return true
	}
	for _, tool := range []string{"ip", "unshare"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed", tool)
		}
	}
	if os.Getuid() != 0 {
		t.Skip("only root can make network namespaces")
	}
	c := exec.CommandContext(t.Context(), "unshare", "-n", os.Args[0], "-test.v", "-test.run", "^"+t.Name()+"$") //nolint:gosec // this test, again
	c.Env = append(os.Environ(), mark+"=1")
	out, err := c.CombinedOutput()
	t.Logf("%s", out)
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("in a namespace of its own: %v", err)
	}
	return false
}

func ip(t *testing.T, line string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "ip", strings.Fields(line)...).CombinedOutput(); err != nil { //nolint:gosec // words of this test
		t.Fatalf("ip %s: %v: %s", line, err, out)
	}
}

func TestNeighbours(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	ip(t, "link add cam0 type veth peer name cam1")
	ip(t, "addr add 192.0.2.1/24 dev cam0")
	ip(t, "link set cam0 up")
	ip(t, "link set cam1 up")
	ip(t, "neigh add 192.0.2.5 lladdr 00:40:8c:01:02:03 dev cam0 nud reachable")
	ip(t, "neigh add 192.0.2.6 lladdr 02:00:00:00:00:06 dev cam0 nud stale")
	ip(t, "neigh add 192.0.2.7 dev cam0 nud failed")
	ip(t, "neigh add 198.51.100.8 lladdr 00:40:8c:01:02:04 dev cam0 nud reachable")

	// Ports that nobody has, so that only the table speaks.
	found := discover(t, Options{Ports: []int{9}}, devices.Search{Interfaces: []string{"cam0"}, Rate: 1000, Timeout: 50 * time.Millisecond})
	axis, other := found["192.0.2.5"], found["192.0.2.6"]
	if len(found) != 2 || axis.MAC != "00:40:8c:01:02:03" || axis.How != devices.HowNeighbour || axis.Interface != "cam0" ||
		len(axis.Hints) != 1 || axis.Hints[0] != (devices.Hint{Kind: devices.HintOUI, Text: "Axis"}) {
		t.Errorf("found %+v", found)
	}
	if other.MAC != "02:00:00:00:00:06" || len(other.Hints) != 0 {
		t.Errorf("an address of nobody: %+v", other)
	}
}

func TestLLDPOnTheWire(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	ip(t, "link add cam0 type veth peer name cam1")
	ip(t, "addr add 192.0.2.1/24 dev cam0")
	ip(t, "link set cam0 up")
	ip(t, "link set cam1 up")
	ip(t, "neigh add 192.0.2.5 lladdr 00:40:8c:01:02:03 dev cam0 nud reachable")
	d := Driver(Options{Ports: []int{9}})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- d.Listen(ctx, devices.Search{Interfaces: []string{"cam0"}}, nil) }()
	defer func() {
		cancel()
		if err := <-done; err == nil {
			t.Error("listening ends without a word")
		}
	}()

	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd) //nolint:errcheck // the test ends here
	index := 0
	for line := range strings.SplitSeq(run(t, "ip -o link show cam1"), "\n") {
		if n, _, ok := strings.Cut(line, ":"); ok {
			for _, r := range strings.TrimSpace(n) {
				index = index*10 + int(r-'0')
			}
			break
		}
	}
	frame := "\x01\x80\xc2\x00\x00\x0e\x02\x00\x00\x00\x00\x01\x88\xcc" + tlv(1, "\x04\x02\x00\x00\x00\x00\x01") + tlv(2, "\x05gi7") + tlv(5, "sw-polder") + tlv(0, "")
	for try := 0; ; try++ {
		if err := unix.Sendto(fd, []byte(frame), 0, &unix.SockaddrLinklayer{Ifindex: index}); err != nil {
			t.Fatal(err)
		}
		var hints []devices.Hint
		if err := d.Discover(t.Context(), devices.Search{Interfaces: []string{"cam0"}, Rate: 1000, Timeout: 20 * time.Millisecond}, func(f devices.Found) { hints = f.Hints }); err != nil {
			t.Fatal(err)
		}
		if len(hints) == 2 && hints[1] == (devices.Hint{Kind: devices.HintLLDP, Text: "switch sw-polder, port gi7"}) {
			return
		}
		if try == 100 {
			t.Fatalf("hints %v", hints)
		}
	}
}

func run(t *testing.T, line string) string {
	t.Helper()
	w := strings.Fields(line)
	out, err := exec.CommandContext(t.Context(), w[0], w[1:]...).Output() //nolint:gosec // words of this test
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func FuzzNeighbour(f *testing.F) {
	f.Add([]byte("\x02\x00\x00\x00\x02\x00\x00\x00\x02\x00\x00\x01\x08\x00\x01\x00\xc0\x00\x02\x05\x0a\x00\x02\x00\x00\x40\x8c\x01\x02\x03\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if n, ok := parseNeighbour(b); ok && (!n.Address.IsValid() || len(n.MAC) != 6) {
			t.Errorf("%+v", n)
		}
	})
}
