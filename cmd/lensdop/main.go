// Command lensdop is the operator's command: it plays the demo, runs simulated
// devices, and checks protocol files.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	_ "time/tzdata" // the demo's site is in Europe/Amsterdam, wherever it runs

	"github.com/spf13/cobra"

	"github.com/lensdop/lensdop/cmd/lensdop-agent/gateway"
	"github.com/lensdop/lensdop/cmd/lensdop/demo"
	"github.com/lensdop/lensdop/policy/rules"
)

// agentWord starts the agent's command line in this binary: the demo runs the
// agent as a process of its own without a second binary.
const agentWord = "agent"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C does not wait for a clean end
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == agentWord {
		return gateway.Main(ctx, args[1:], stdout, stderr)
	}
	if len(args) > 0 && args[0] == gateway.DecodeChild {
		return gateway.Main(ctx, args, stdout, stderr)
	}
	c := command() //nolint:contextcheck // cobra hands the context on
	c.SetArgs(args)
	c.SetOut(stdout)
	c.SetErr(stderr)
	if err := c.ExecuteContext(ctx); err != nil {
		if errors.Is(err, errFound) {
			return rules.ExitFinding
		}
		fmt.Fprintln(stderr, "lensdop:", err) //nolint:errcheck // there is nowhere left to tell
		return 1
	}
	return 0
}

func command() *cobra.Command {
	c := &cobra.Command{
		Use:           "lensdop",
		Short:         "Play the demo, run simulated devices, work with protocols and rules",
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       gateway.Version(),
	}
	c.AddCommand(demoCommand(), simCommand(), protocolCommand(), rulesCommand())
	return c
}

// usage is what a command that only holds others does. Together with
// cobra.NoArgs it lets a mistyped subcommand fail: cobra by itself prints the
// help and ends with exit code 0, which a script takes for a check that passed.
func usage(c *cobra.Command, _ []string) error { return c.Help() }

func demoCommand() *cobra.Command {
	var o demo.Options
	var verbose bool
	c := &cobra.Command{
		Use:   "demo",
		Short: "Show Lensdop at work on a simulated site",
		Long: "Show Lensdop at work: policy server, agent and a simulated sports hall together, on this\n" +
			"machine's loopback network. Without --once it leaves the page to you.\n\n" +
			"Exit code 0 only if every step was really seen; with --fault one is not.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			self, err := os.Executable()
			if err != nil {
				return fmt.Errorf("own program: %w", err)
			}
			o.Agent = []string{self, agentWord}
			o.Out = c.OutOrStdout()
			if verbose {
				o.Log = slog.New(slog.NewTextHandler(c.ErrOrStderr(), nil))
			}
			return demo.Run(c.Context(), o)
		},
	}
	var faults []string
	for name := range demo.Faults() {
		faults = append(faults, name)
	}
	slices.Sort(faults)
	f := c.Flags()
	f.BoolVar(&o.Once, "once", false, "play the story to its end without a person")
	f.BoolVar(&o.JSON, "json", false, "print one JSON line per step")
	f.Float64Var(&o.Speed, "speed", 1, "make all periods this many times shorter")
	f.StringVar(&o.Dir, "dir", "", "keep what is written in this folder")
	f.StringVar(&o.Fault, "fault", "", "have this fault, so that a step fails:\n"+strings.Join(faults, ",\n"))
	f.IntVar(&o.Kills, "kill-agent", 0, "kill the agent this many times, at random moments")
	f.Uint64Var(&o.Seed, "seed", 0, "of those moments, to repeat a run; 0 draws one and prints it")
	f.BoolVar(&o.MJPEG, "mjpeg", false, "let all cameras speak Motion JPEG, also where ffmpeg is installed")
	f.StringVar(&o.Listen, "listen", "127.0.0.1:0", "address of the pages")
	f.BoolVarP(&verbose, "verbose", "v", false, "log what the server and the cameras do, to standard error")
	return c
}
