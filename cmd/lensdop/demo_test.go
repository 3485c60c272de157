package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lensdop/lensdop/cmd/lensdop/demo"
	"github.com/lensdop/lensdop/policy/rules"
)

// steps of the story, in order, as the users of --json know them.
func steps() []string {
	return []string{
		"connected", "discovered", "unregistered", "committed", "looked", "findings", "masked", "mailed",
		"ordered", "covered", "exposed", "alarm", "covered-again", "released", "restored", "judged", "events",
	}
}

type step struct {
	Step   string `json:"step"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
	MS     int64  `json:"ms"`
}

// play runs a demo within this process, with the agent as a process of its own.
func play(t *testing.T, args ...string) (code int, told []step, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), append([]string{"demo", "--once", "--json"}, args...), &out, &errs)
	lines := bufio.NewScanner(&out)
	for lines.Scan() {
		var s step
		d := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		d.DisallowUnknownFields()
		if err := d.Decode(&s); err != nil {
			t.Fatalf("line %q is not one step: %v", lines.Text(), err)
		}
		told = append(told, s)
	}
	return code, told, errs.String()
}

func names(told []step) []string {
	var list []string
	for _, s := range told {
		list = append(list, s.Step)
	}
	return list
}

func wantWhole(t *testing.T, code int, told []step, stderr string) {
	t.Helper()
	if code != 0 || stderr != "" {
		t.Errorf("exit code %d, want 0; stderr %q", code, stderr)
	}
	if got := names(told); !slices.Equal(got, steps()) {
		t.Errorf("steps\n%q, want\n%q", got, steps())
	}
	for _, s := range told {
		if !s.OK || s.Detail == "" || s.MS < 0 {
			t.Errorf("step %+v", s)
		}
	}
}

// wantDelivered holds the committed list of delivered rules against what the
// demo told: a rule on the list that was not told is a claim, one that was told
// and is not on it is news (policy/rules/delivered.txt).
func wantDelivered(t *testing.T, told []step) {
	t.Helper()
	i := slices.IndexFunc(told, func(s step) bool { return s.Step == "judged" })
	if i < 0 {
		t.Fatal("no step judged")
	}
	_, list, _ := strings.Cut(told[i].Detail, "Judged: ")
	seen := strings.Fields(list)
	for _, r := range rules.Table() {
		if slices.Contains(seen, r.ID) != rules.Delivered(r.ID) {
			t.Errorf("%s: delivered %t, told by the demo %t", r.ID, rules.Delivered(r.ID), slices.Contains(seen, r.ID))
		}
	}
}

func TestDemoOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "kept")
	code, told, stderr := play(t, "--mjpeg", "--dir", dir)
	wantWhole(t, code, told, stderr)
	wantDelivered(t, told)
	for _, name := range []string{"protocol.yaml", "gateway/agent.yaml", "gateway/agent.log", "gateway/state/agent.db", "server"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Errorf("--dir did not keep it: %v", err)
		}
	}
	if code, _, stderr := play(t, "--mjpeg", "--dir", dir); code != 1 || !strings.Contains(stderr, "is not empty") {
		t.Errorf("a second demo in the same folder: exit code %d, %q", code, stderr)
	}
}

// TestDemoDecodes plays the story with H.264 and H.265. The test binary lies
// where other accounts cannot go, and so does the decoder's shim.
func TestDemoDecodes(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is not installed: the cameras speak Motion JPEG only")
	}
	t.Parallel()
	code, told, stderr := play(t)
	wantWhole(t, code, told, stderr)
}

func TestDemoFaults(t *testing.T) {
	for fault, fails := range demo.Faults() {
		t.Run(fault, func(t *testing.T) {
			if testing.Short() && fault != demo.FaultUnregisteredHidden {
				t.Skip("takes up to a minute")
			}
			t.Parallel()
			code, told, stderr := play(t, "--mjpeg", "--fault", fault)
			if code != 1 || len(told) == 0 {
				t.Fatalf("exit code %d, want 1; %d steps; stderr %q", code, len(told), stderr)
			}
			last := told[len(told)-1]
			if last.Step != fails || last.OK || last.Detail == "" {
				t.Errorf("the demo ended with %+v, want step %s not seen", last, fails)
			}
			if !strings.Contains(stderr, fails) {
				t.Errorf("stderr does not name step %s: %q", fails, stderr)
			}
			for _, s := range told[:len(told)-1] {
				if !s.OK {
					t.Errorf("step %+v failed too", s)
				}
			}
		})
	}
}

func TestDemoKills(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	code, told, stderr := play(t, "--mjpeg", "--kill-agent", "10")
	wantWhole(t, code, told, stderr)
	if n := len(told); n > 0 && !strings.Contains(told[n-1].Detail, "killed 10 times (seed ") {
		t.Errorf("the story does not tell of ten kills: %q", told[n-1].Detail)
	}
}

func TestDemoRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"unknown fault", []string{"--fault", "rain"}, "mask-not-applied"},
		{"no speed", []string{"--speed", "0"}, "more than 0"},
		{"argument", []string{"now"}, "unknown command"},
		{"negative kills", []string{"--kill-agent", "-1"}, "0 or more"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, told, stderr := play(t, c.args...)
			if code != 1 || len(told) != 0 || !strings.Contains(stderr, c.want) {
				t.Errorf("exit code %d, %d steps, stderr %q; want 1, 0 and %q", code, len(told), stderr, c.want)
			}
		})
	}
}

// lines collects what a process prints, while it prints.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// TestDemoLeavesNothing ends a demo in the middle of its life, as Ctrl-C does.
func TestDemoLeavesNothing(t *testing.T) {
	for _, c := range []struct {
		name  string
		after string
		args  []string
		code  int
	}{
		{"your turn", "Ctrl-C ends the demo", nil, 0},
		{"in the opening", "Policy server:", nil, 0},
		{"once, in the opening", "Policy server:", []string{"--once"}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tmp := t.TempDir()
			cmd := lensdop(t, append([]string{"demo", "--mjpeg", "--speed", "4"}, c.args...)...)
			cmd.Env = append(cmd.Env, "TMPDIR="+tmp)
			var out, errs lines
			cmd.Stdout, cmd.Stderr = &out, &errs
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			until(t, 60*time.Second, c.after, func() bool { return strings.Contains(out.String(), c.after) })
			agents := children(t, cmd.Process.Pid)
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait() // the exit code is looked at
			if code := cmd.ProcessState.ExitCode(); code != c.code {
				t.Errorf("exit code %d, want %d; stderr %q", code, c.code, errs.String())
			}
			if c.code == 0 && errs.String() != "" {
				t.Errorf("stderr %q", errs.String())
			}
			if strings.Contains(out.String(), "FAIL") {
				t.Errorf("an ended demo is no failed step:\n%s", out.String())
			}
			left, err := os.ReadDir(tmp)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range left {
				t.Errorf("left in the folder for temporary files: %s", f.Name())
			}
			if c.after != "Policy server:" && len(agents) == 0 {
				t.Error("no agent was running")
			}
			for _, pid := range agents {
				until(t, 5*time.Second, fmt.Sprintf("process %d ends", pid), func() bool {
					_, err := os.Stat(filepath.Join("/proc", strconv.Itoa(pid)))
					return err != nil
				})
			}
		})
	}
}

// children lists the processes that a process started.
func children(t *testing.T, pid int) []int {
	t.Helper()
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		t.Fatal(err)
	}
	var list []int
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			continue // the thread has ended
		}
		for s := range strings.FieldsSeq(string(b)) {
			n, err := strconv.Atoi(s)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, n)
		}
	}
	return list
}

// TestDemoSpeed shows that --speed reaches what the agent is told.
func TestDemoSpeed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "kept")
	ctx, cancel := context.WithCancel(t.Context())
	var out, errs lines
	done := make(chan int, 1)
	go func() { done <- run(ctx, []string{"demo", "--mjpeg", "--speed", "2", "--dir", dir}, &out, &errs) }()
	until(t, 30*time.Second, "the agent's config", func() bool {
		b, err := os.ReadFile(filepath.Join(dir, "gateway", "agent.yaml"))
		return err == nil && strings.Contains(string(b), "sample: 1s, retry: 500ms")
	})
	cancel()
	if code := <-done; code != 0 {
		t.Errorf("exit code %d: %s", code, errs.String())
	}
}
