package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/lensdop/lensdop/cmd/lensdop-agent/gateway"
)

// asCommand makes the test binary act as lensdop, whatever the arguments.
const asCommand = "LENSDOP_TEST_AS_COMMAND"

// TestMain lets the test binary be the agent that the demo starts, its decoder
// shim, and lensdop itself as a process of its own.
func TestMain(m *testing.M) {
	command := os.Getenv(asCommand) != "" || len(os.Args) > 1 && (os.Args[1] == agentWord || os.Args[1] == gateway.DecodeChild)
	if command {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
		_ = stop // signals stay caught: a second one must not turn the exit code into a signal
		os.Exit(code)
	}
	goleak.VerifyTestMain(m)
}

// lensdop is a process of lensdop that has not been started.
func lensdop(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Env = append(os.Environ(), asCommand+"=1")
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 15 * time.Second
	return cmd
}

// result is what a finished process left.
type result struct {
	code           int
	stdout, stderr string
}

// execute runs lensdop to its end.
func execute(t *testing.T, args ...string) result {
	t.Helper()
	cmd := lensdop(t, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("lensdop %s: %v", strings.Join(args, " "), err)
	}
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// until polls until ok, or fails after limit.
func until(t *testing.T, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(limit)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", limit, what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
