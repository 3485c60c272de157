package demo

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lensdop/lensdop/agent"
	"github.com/lensdop/lensdop/devices/sim"
)

// BenchmarkFigures measures what the README tells:
//
//	go test ./cmd/lensdop/demo -run '^$' -bench Figures -benchtime 1x -timeout 30m
func BenchmarkFigures(b *testing.B) {
	b.Run("site", siteFigures)
	for _, codec := range []string{"mjpeg", "h264"} {
		b.Run("check/"+codec, func(b *testing.B) { checkFigures(b, codec) })
	}
	for _, arch := range []string{"amd64", "arm64", "arm"} {
		b.Run("size/"+arch, func(b *testing.B) { sizeFigures(b, arch) })
	}
}

// siteFigures measures the agent's memory while it watches the four cameras of
// the demo, and how long it is from an accepted "cover now" until the agent has
// seen the H.264 camera covered in all of its paths. Its key frames are 2 s apart.
func siteFigures(b *testing.B) {
	const orders = 25
	needFFmpeg(b)
	short := b.TempDir()
	d := &demo{o: Options{Speed: 1, Listen: "127.0.0.1:0", Agent: []string{realAgent(b)}, Out: io.Discard, JSON: true, Log: slog.New(slog.DiscardHandler)}, dir: short}
	ctx, cancel := context.WithCancelCause(b.Context())
	defer cancel(nil)
	sockets, err := os.MkdirTemp("", "ld")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { check(b, os.RemoveAll(sockets)) })
	var wg sync.WaitGroup
	defer wg.Wait()
	defer func() { cancel(nil); check(b, d.stop()) }()
	check(b, d.start(ctx, sockets, &wg, cancel))
	check(b, d.story(ctx))

	for range b.N {
		cpu, at := cpuTime(b, d.gateway.pid()), time.Now()
		var rss, pss, most int
		const looks = 40
		for range looks { // over four checks of each camera
			rss += memory(b, d.gateway.pid(), "status", "VmRSS")
			p := memory(b, d.gateway.pid(), "smaps_rollup", "Pss")
			pss, most = pss+p, max(most, p)
			time.Sleep(time.Second)
		}
		b.ReportMetric(float64(rss)/looks/1024, "MB-RSS")
		b.ReportMetric(float64(memory(b, d.gateway.pid(), "status", "VmHWM"))/1024, "MB-RSS-peak")
		b.ReportMetric(float64(pss)/looks/1024, "MB-PSS")
		b.ReportMetric(float64(most)/1024, "MB-PSS-peak")
		b.ReportMetric(100*(cpuTime(b, d.gateway.pid())-cpu).Seconds()/time.Since(at).Seconds(), "%CPU-with-decoders")

		stop := record(b, d.site.carPark.RTSPURL(1))
		p, err := signIn(ctx, d.pages, facilityAccount, demoPassword)
		check(b, err)
		var took []float64
		for range orders {
			_, err := p.post(ctx, "/cover", url.Values{
				"site": {"de-polder"}, "camera": {"parkeerterrein"}, "mode": {"1h"}, "reason": {"Figures"},
			})
			check(b, err)
			began := time.Now()
			d.until(b, func(s agent.Status) bool {
				c := camera(s, "parkeerterrein")
				return c.Ordered == "whole" && c.Shown["picture"] == "closed" // its sound stays: AUD-1
			})
			took = append(took, time.Since(began).Seconds())
			check(b, p.release(ctx))
			d.until(b, func(s agent.Status) bool {
				c := camera(s, "parkeerterrein")
				return c.Ordered == "zones" && c.Obeys
			})
			// Orders fall anywhere between two key frames.
			time.Sleep(time.Duration(len(took)*370%2000) * time.Millisecond)
		}
		p.close()
		stop()
		slices.Sort(took)
		b.ReportMetric(took[orders/2], "s-covered-p50")
		b.ReportMetric(took[orders*95/100], "s-covered-p95")
	}
	b.ReportMetric(0, "ns/op")
}

// record reads a stream all the time, as a recorder does. The simulated camera
// encodes only while somebody reads, so that without it each look would begin
// with a fresh key frame.
func record(b *testing.B, address string) (stop func()) {
	b.Helper()
	u, err := url.Parse(address)
	check(b, err)
	u.User = url.UserPassword(cameraUser, cameraPassword)
	ctx, cancel := context.WithCancel(b.Context())
	//nolint:gosec // a simulated camera's own address
	cmd := exec.CommandContext(ctx, "ffmpeg", "-nostdin", "-loglevel", "error", "-rtsp_transport", "tcp", "-i", u.String(), "-map", "0:v", "-c", "copy", "-f", "null", "-")
	check(b, cmd.Start())
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	return func() {
		select {
		case err := <-done:
			b.Errorf("the recorder ended early: %v", err)
		default:
			cancel()
			<-done // killed
		}
	}
}

func (d *demo) until(b *testing.B, ok func(agent.Status) bool) {
	b.Helper()
	var last agent.Status
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if s, err := d.gateway.status(b.Context()); err == nil {
			if last = s; ok(s) {
				return
			}
		}
	}
	b.Fatalf("not within a minute; the camera: %s", cameraLine(camera(last, "parkeerterrein")))
}

// checkFigures measures the processor time of one check of one camera, the
// decoder's included, less that of starting and finding it.
func checkFigures(b *testing.B, codec string) {
	const checks = 10
	if codec != "mjpeg" {
		needFFmpeg(b)
	}
	const host = "127.11.44.1"
	cam, err := sim.Start(b.Context(), sim.Camera{
		Host: host, DiscoveryPort: 40944, Codec: codec, Endpoint: "urn:uuid:1e45d000-0004-4000-8000-00000000de04", Serial: "LM-BAL-0004",
		User: cameraUser, Password: cameraPassword, Location: []string{"building/Balie"}, Masks: true,
	})
	check(b, err)
	defer func() { check(b, cam.Close()) }()
	protocol, err := filepath.Abs("../testdata/one-camera.yaml")
	check(b, err)
	dir := b.TempDir()
	config := filepath.Join(dir, "agent.yaml")
	check(b, os.WriteFile(config, fmt.Appendf(nil, "agent: gw\nsite: balie\nstate: state\nprotocol: %s\ncredentials: credentials.yaml\n"+
		"discovery: {unicast: [%q], subnets: [%s/32], timeout: 300ms}\n", protocol, host+":40944", host), 0o600))
	check(b, os.WriteFile(filepath.Join(dir, "credentials.yaml"), fmt.Appendf(nil, "logins:\n  - {match: \"*\", user: %s, password: %s}\n", cameraUser, cameraPassword), 0o600))
	agentProgram := realAgent(b)
	for range b.N {
		var whole, start time.Duration
		for range checks {
			whole += cpuOf(b, agentProgram, 3, "check", "--listen", "1ms", "-c", config) // not masked: a finding
			start += cpuOf(b, agentProgram, 0, "discover", "-c", config)
		}
		b.ReportMetric(float64((whole-start).Milliseconds())/checks, "CPU-ms/check")
	}
	b.ReportMetric(0, "ns/op")
}

// cpuOf is the processor time of one run of the agent's command line and of
// everything that it started.
func cpuOf(b *testing.B, program string, code int, args ...string) time.Duration {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), program, args...)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != code {
		b.Fatalf("%v: %v: %s", args, err, out)
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}

// sizeFigures measures the stripped programs.
func sizeFigures(b *testing.B, arch string) {
	for range b.N {
		dir := b.TempDir()
		cmd := exec.CommandContext(b.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", dir+"/", "../../...")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch, "GOARM=7")
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("build: %v: %s", err, out)
		}
		files, err := os.ReadDir(dir)
		check(b, err)
		for _, f := range files {
			info, err := f.Info()
			check(b, err)
			b.ReportMetric(float64(info.Size())/1e6, "MB-"+f.Name())
		}
	}
	b.ReportMetric(0, "ns/op")
}

// realAgent builds the agent as it is delivered, where every account may start
// it: as root, the decoder runs under another one.
func realAgent(b *testing.B) string {
	b.Helper()
	dir, err := os.MkdirTemp("", "lensdop-figures-")
	check(b, err)
	b.Cleanup(func() { check(b, os.RemoveAll(dir)) })
	check(b, os.Chmod(dir, 0o755)) //nolint:gosec // a program, no secret
	program := filepath.Join(dir, "lensdop-agent")
	cmd := exec.CommandContext(b.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, "../../lensdop-agent")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("build the agent: %v: %s", err, out)
	}
	return program
}

func check(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func needFFmpeg(b *testing.B) {
	b.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		b.Skip("ffmpeg is not installed: no H.264 camera")
	}
}

// memory is a line of a process's status file, in KiB.
func memory(b *testing.B, pid int, file, name string) int {
	b.Helper()
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), file))
	check(b, err)
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			n, err := strconv.Atoi(strings.Fields(rest)[0])
			check(b, err)
			return n
		}
	}
	b.Fatalf("no %s in %s", name, file)
	return 0
}

// cpuTime is what a process and its ended children used, proc(5).
func cpuTime(b *testing.B, pid int) time.Duration {
	b.Helper()
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	check(b, err)
	f := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	var ticks int
	for _, s := range f[11:15] {
		n, err := strconv.Atoi(s)
		check(b, err)
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// pid of the agent that runs now.
func (g *gateway) pid() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.cmd.Process.Pid
}
