// Package gateway owns the agent's command line and the choice of what is
// plugged into it: the drivers, the decoder and the serial lines. It holds no
// logic of its own, so that the operator's command can run the same agent.
package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/lensdop/lensdop/agent"
	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/devices/axis"
	"github.com/lensdop/lensdop/devices/badge"
	"github.com/lensdop/lensdop/devices/dahua"
	"github.com/lensdop/lensdop/devices/hikvision"
	"github.com/lensdop/lensdop/devices/network"
	"github.com/lensdop/lensdop/devices/onvif"
	"github.com/lensdop/lensdop/devices/rtsp"
	"github.com/lensdop/lensdop/devices/serial"
	"github.com/lensdop/lensdop/devices/web"
)

// Exit codes of every subcommand.
const (
	ExitOK      = 0 // everything was checked and complies
	ExitFailed  = 1 // the command itself could not run
	ExitFinding = 3 // a finding, or anything unproven, expired or errored
)

// DecodeChild is the first argument with which this binary starts itself as
// the shim that locks a decoder in.
const DecodeChild = "decode-child"

// ownProgram is this binary, whoever asks and wherever it lies: as root, the
// shim is started under another account, which may not reach the folder, as
// with `go run`.
const ownProgram = "/proc/self/exe"

// drivers lists the families of devices that this build speaks, in the order
// in which they are tried.
func drivers(log *slog.Logger) []devices.Driver {
	own := web.Options{Log: log}
	return []devices.Driver{
		onvif.Driver(onvif.Options{Log: log}),
		network.Driver(network.Options{Log: log}),
		axis.Driver(axis.Options{Web: own}),
		hikvision.Driver(hikvision.Options{Web: own}),
		dahua.Driver(dahua.Options{Web: own}),
	}
}

// exit carries an exit code through cobra.
type exit struct{ code int }

func (e exit) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// Main runs the agent's command line and returns its exit code.
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == DecodeChild {
		return rtsp.DecodeChild(args[1:])
	}
	c := Command() //nolint:contextcheck // cobra hands the context on
	c.SetArgs(args)
	c.SetOut(stdout)
	c.SetErr(stderr)
	return Code(c.ExecuteContext(ctx), stderr)
}

// Code turns a command's error into an exit code and says what went wrong.
func Code(err error, stderr io.Writer) int {
	var e exit
	switch {
	case err == nil:
		return ExitOK
	case errors.As(err, &e):
		return e.code
	default:
		fmt.Fprintln(stderr, "lensdop-agent:", err) //nolint:errcheck // there is nowhere left to tell
		return ExitFailed
	}
}

// Command is the agent's command tree.
func Command() *cobra.Command {
	c := &cobra.Command{
		Use:           "lensdop-agent",
		Short:         "Find, check and cover the cameras and badge readers of a site",
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       Version(),
	}
	c.PersistentFlags().StringP("config", "c", "/etc/lensdop/agent.yaml", "config file")
	c.PersistentFlags().BoolP("verbose", "v", false, "log what happens, to standard error")
	c.AddCommand(runCommand(), discoverCommand(), checkCommand(), statusCommand(), readersCommand())
	return c
}

// Version is the version that the build carries.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}

func load(c *cobra.Command) (agent.Config, error) {
	path, err := c.Flags().GetString("config")
	if err != nil {
		return agent.Config{}, err
	}
	return agent.LoadConfig(path)
}

func logger(c *cobra.Command, always bool) *slog.Logger {
	if v, err := c.Flags().GetBool("verbose"); err == nil && (v || always) {
		return slog.New(slog.NewTextHandler(c.ErrOrStderr(), nil))
	}
	return slog.New(slog.DiscardHandler)
}

// parts plugs the drivers, the decoder and the serial lines into an agent. The
// caller closes the looker.
func parts(cfg agent.Config, log *slog.Logger, readOnly bool) (agent.Parts, *rtsp.Looker, error) {
	ffmpeg, err := decoder(cfg)
	if err != nil {
		return agent.Parts{}, nil, err
	}
	if ffmpeg == "" {
		log.Warn("no ffmpeg: paths in H.264 and H.265 stay unproven; install the package ffmpeg")
	}
	eyes := rtsp.New(rtsp.Config{FFmpeg: ffmpeg, Shim: []string{ownProgram, DecodeChild}, Log: log})
	return agent.Parts{
		Drivers:    drivers(log),
		Eyes:       eyes,
		OpenReader: openReader,
		Log:        log,
		Version:    Version(),
		ReadOnly:   readOnly,
	}, eyes, nil
}

func decoder(cfg agent.Config) (string, error) {
	switch cfg.Decoder.FFmpeg {
	case "off":
		return "", nil
	case "auto", "":
		path, err := exec.LookPath("ffmpeg")
		if err != nil {
			return "", nil //nolint:nilerr // without a decoder those paths are unproven, which is told
		}
		return path, nil
	default:
		if _, err := os.Stat(cfg.Decoder.FFmpeg); err != nil {
			return "", fmt.Errorf("decoder.ffmpeg: %w", err)
		}
		return cfg.Decoder.FFmpeg, nil
	}
}

func openReader(ctx context.Context, l agent.LineConfig, frame string) (devices.Reader, error) {
	line, err := serial.Open(ctx, l.Port, l.Baud)
	if err != nil {
		return nil, err
	}
	r, err := badge.NewReader(devices.ReaderInfo{Port: l.Port, Frame: frame, Baud: l.Baud}, line)
	if err != nil {
		return nil, errors.Join(err, line.Close())
	}
	return r, nil
}
