package gateway

import (
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/lensdop/lensdop/agent"
	"github.com/lensdop/lensdop/devices/badge"
	"github.com/lensdop/lensdop/devices/serial"
	"github.com/lensdop/lensdop/policy/rules"
)

func runCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "run",
		Short: "Run the agent until it is told to stop",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			cfg, err := load(c)
			if err != nil {
				return err
			}
			p, eyes, err := parts(cfg, logger(c, true), false)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, eyes.Close()) }()
			a, err := agent.New(c.Context(), cfg, p)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, a.Close()) }()
			return a.Run(c.Context())
		},
	}
}

func checkCommand() *cobra.Command {
	var asJSON bool
	var listen time.Duration
	c := &cobra.Command{
		Use:   "check",
		Short: "Hold every device against the protocol once, changing nothing",
		Long: "Hold every device against the protocol once, changing nothing.\n\n" +
			"Exit code 0: everything that can be checked here was, and complies. 3: a finding, or anything\n" +
			"unproven, expired or errored. 1: the check could not run. Rules whose facts nothing here\n" +
			"gathers are named at the end; they are unproven, and change no exit code.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			cfg, err := load(c)
			if err != nil {
				return err
			}
			var s agent.Status
			p, eyes, err := parts(cfg, logger(c, false), true)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, eyes.Close()) }()
			a, err := agent.New(c.Context(), cfg, p)
			switch {
			case err == nil:
				s, err = a.Check(c.Context(), listen)
				if err = errors.Join(err, a.Close()); err != nil {
					return err
				}
			case errors.Is(err, agent.ErrHeld) && cfg.Socket != "":
				// The running agent looks already; a second pair of eyes would
				// cost the cameras a session.
				if s, err = agent.AskStatus(c.Context(), cfg.Socket); err != nil {
					return err
				}
			default:
				return err
			}
			if asJSON {
				err = printJSON(c.OutOrStdout(), s.Findings)
			} else {
				err = errors.Join(printFindings(c.OutOrStdout(), s.Findings), printAsks(c.OutOrStdout(), s.Asks))
			}
			if err != nil {
				return err
			}
			if !rules.OK(s.Findings) {
				return exit{ExitFinding}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.Flags().DurationVar(&listen, "listen", 3*time.Second, "how long to listen on the readers' lines")
	return c
}

func statusCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "status",
		Short: "Ask the running agent what is covered and what is shown",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := load(c)
			if err != nil {
				return err
			}
			if cfg.Socket == "" {
				return errors.New("the config names no socket; set socket: and restart the agent")
			}
			s, err := agent.AskStatus(c.Context(), cfg.Socket)
			if err != nil {
				return err
			}
			if asJSON {
				err = printJSON(c.OutOrStdout(), s)
			} else {
				err = printStatus(c.OutOrStdout(), s)
			}
			if err != nil {
				return err
			}
			for _, k := range s.Reported.Cameras {
				if !k.Obeys {
					return exit{ExitFinding}
				}
			}
			if !rules.OK(s.Findings) {
				return exit{ExitFinding}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func readersCommand() *cobra.Command {
	var port string
	var baud int
	var listen time.Duration
	var asJSON bool
	c := &cobra.Command{
		Use:   "readers",
		Short: "List serial ports, or listen on one and say what speaks there; never a card number",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			if port == "" {
				ports, err := serial.List()
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(c.OutOrStdout(), ports)
				}
				return printPorts(c.OutOrStdout(), ports)
			}
			line, err := serial.Open(c.Context(), port, baud)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, line.Close()) }()
			x, err := badge.Examine(c.Context(), port, line, listen)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), x)
			}
			return printExamination(c.OutOrStdout(), port, x)
		},
	}
	c.Flags().StringVar(&port, "port", "", "examine this serial port")
	c.Flags().IntVar(&baud, "baud", 9600, "bits per second")
	c.Flags().DurationVar(&listen, "listen", 5*time.Second, "how long to listen")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
