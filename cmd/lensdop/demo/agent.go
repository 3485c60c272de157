package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/lensdop/lensdop/agent"
)

const agentID = "gw-de-polder"

// gateway is the agent as a process of its own, with a config file and a state
// folder, restarted when it dies: what systemd does on a real gateway.
type gateway struct {
	dir    string
	config string
	socket string
	argv   []string
	log    *os.File

	mu      sync.Mutex
	cmd     *exec.Cmd
	starts  int
	killed  int // the number, of starts, of the last one that was killed
	stopped bool
	done    chan struct{}
}

// socketDir is short: a unix socket's path may have 107 bytes at most.
func newGateway(o Options, dir, socketDir, broker, key, password string, s *site) (*gateway, error) {
	g := &gateway{dir: dir, config: filepath.Join(dir, "agent.yaml"), socket: filepath.Join(socketDir, "agent.sock"), argv: o.Agent}
	var b strings.Builder
	line := func(format string, a ...any) { fmt.Fprintf(&b, format+"\n", a...) }
	line("# Written by the demo. Simulated devices on the loopback network only.")
	line("tenant: lensmonde\nagent: %s\nsite: de-polder\nstate: state\ncredentials: credentials.yaml\nsocket: %s", agentID, g.socket)
	line("server:\n  broker: tcp://%s\n  password_file: broker.password\n  keys: [%q]", broker, key)
	line("discovery:\n  interfaces: [lo]\n  subnets: [%s.0/24]\n  timeout: %s", s.network, o.faster(2*time.Second))
	if len(s.unicast) > 0 {
		line("  unicast: [%s]", strings.Join(s.unicast, ", "))
	}
	line("readers:\n  lines:\n    - {port: %s, baud: 9600, reader: personeelsingang}\n    - {port: %s, baud: 9600}", s.staff.Port(), s.back.Port())
	line("every: {discover: %s, check: %s, sample: %s, retry: %s, report: %s}",
		o.faster(10*time.Second), o.faster(10*time.Second), o.faster(2*time.Second), o.faster(time.Second), o.faster(5*time.Second))
	for name, text := range map[string]string{
		"agent.yaml":       b.String(),
		"broker.password":  password + "\n",
		"credentials.yaml": fmt.Sprintf("logins:\n  - {match: \"*\", user: %s, password: %s}\n", cameraUser, cameraPassword),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	var err error
	g.log, err = os.OpenFile(filepath.Join(dir, "agent.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	return g, err
}

// faster is a period of the story at its speed. Below a fifth of a second the
// machine would do nothing but look.
func (o Options) faster(d time.Duration) time.Duration {
	return max(time.Duration(float64(d)/o.Speed), 200*time.Millisecond).Round(time.Millisecond)
}

// start starts the agent and keeps it running until stop.
func (g *gateway) start(ctx context.Context) error {
	g.done = make(chan struct{})
	if err := g.spawn(ctx); err != nil {
		return err
	}
	go func() {
		defer close(g.done)
		for {
			g.mu.Lock()
			cmd := g.cmd
			g.mu.Unlock()
			err := cmd.Wait()
			g.mu.Lock()
			stopped := g.stopped
			g.mu.Unlock()
			if stopped || ctx.Err() != nil {
				return
			}
			fmt.Fprintf(g.log, "--- the agent ended (%v) and is started again\n", err) //nolint:errcheck // its own log is all there is
			select {
			case <-ctx.Done():
				return
			case <-time.After(300 * time.Millisecond):
			}
			if err := g.spawn(ctx); err != nil {
				fmt.Fprintf(g.log, "--- the agent does not start: %v\n", err) //nolint:errcheck // its own log is all there is
				return
			}
		}
	}()
	return nil
}

func (g *gateway) spawn(ctx context.Context) error {
	//nolint:gosec // our own program with our own arguments
	cmd := exec.CommandContext(ctx, g.argv[0], append(append([]string{}, g.argv[1:]...), "run", "--config", g.config)...)
	cmd.Stdout, cmd.Stderr = g.log, g.log
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	// A group of its own: Ctrl-C is for the demo, which then ends the agent.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM, Setpgid: true}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.stopped {
		return nil
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the agent: %w", err)
	}
	g.cmd = cmd
	g.starts++
	return nil
}

// kill ends the agent as a power cut would. It waits until one runs that was
// not killed yet, so that each kill is one.
func (g *gateway) kill(ctx context.Context) error {
	for {
		if done, err := g.killOnce(); done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (g *gateway) killOnce() (bool, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.killed == g.starts {
		return false, nil
	}
	g.killed = g.starts
	err := g.cmd.Process.Kill()
	if errors.Is(err, os.ErrProcessDone) {
		return false, nil // it died by itself; the next one is killed
	}
	return err == nil, err
}

// loseState kills the agent and removes its state file before it is back.
func (g *gateway) loseState() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	g.killed = g.starts
	var errs []error
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(filepath.Join(g.dir, "state", "agent.db"+suffix)); err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (g *gateway) stop() error {
	g.mu.Lock()
	g.stopped = true
	cmd := g.cmd
	g.mu.Unlock()
	if cmd == nil {
		return g.log.Close()
	}
	err := cmd.Process.Signal(syscall.SIGTERM)
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	select {
	case <-g.done:
	case <-time.After(10 * time.Second):
		err = errors.Join(err, cmd.Process.Kill(), errors.New("the agent did not stop within 10 s"))
	}
	return errors.Join(err, g.log.Close())
}

func (g *gateway) status(ctx context.Context) (agent.Status, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return agent.AskStatus(ctx, g.socket)
}
