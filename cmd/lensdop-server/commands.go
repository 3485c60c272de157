package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/server"
	"github.com/lensdop/lensdop/policy/server/ui"
)

const defaultConfig = "/etc/lensdop/server.yaml"

func root() *cobra.Command {
	c := &cobra.Command{
		Use:           "lensdop-server",
		Short:         "The Lensdop policy server",
		Long:          "The Lensdop policy server: agents report to it; people decide and see alerts on its pages.",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	var path string
	c.PersistentFlags().StringVar(&path, "config", defaultConfig, "configuration file")
	c.AddCommand(runCommand(&path), accountCommand(&path), agentCommand(&path), keyCommand(&path))
	return c
}

func runCommand(path *string) *cobra.Command {
	return &cobra.Command{
		Use:   "run",
		Short: "Serve until told to stop",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := loadConfig(*path)
			if err != nil {
				return err
			}
			sc, err := c.server(logger(c.Log, cmd.ErrOrStderr()))
			if err != nil {
				return err
			}
			s, err := server.New(cmd.Context(), sc)
			if err != nil {
				return err
			}
			return s.Run(cmd.Context())
		},
	}
}

func logger(c loggerPart, w io.Writer) *slog.Logger {
	o := &slog.HandlerOptions{Level: c.Level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// withRegister opens the database for one command; the server may be running.
func withRegister(ctx context.Context, path string, do func(config, *server.Register) error) error {
	c, err := loadConfig(path)
	if err != nil {
		return err
	}
	r, err := server.OpenRegister(ctx, c.Dir)
	if err != nil {
		return err
	}
	return errors.Join(do(c, r), r.Close())
}

// site refuses a site that the protocol does not have: a typing error would
// else show only as a gateway without cameras.
func site(c config, ids []string) error {
	b, err := readFile(c.Protocol)
	if err != nil {
		return fmt.Errorf("protocol: %w", err)
	}
	p, err := policy.Parse(c.Protocol, b)
	if err != nil {
		return fmt.Errorf("protocol:\n%w", err)
	}
	for _, id := range ids {
		if _, ok := p.Site(id); !ok {
			var have []string
			for _, s := range p.Sites {
				have = append(have, s.ID)
			}
			return fmt.Errorf("site %q is not in the protocol; it has %s", id, strings.Join(have, ", "))
		}
	}
	return nil
}

func accountCommand(path *string) *cobra.Command {
	c := &cobra.Command{Use: "account", Short: "People who may sign in"}
	var role, language string
	var sites []string
	var fromStdin bool
	add := &cobra.Command{
		Use:   "add NAME",
		Short: "Add a person; the password is drawn and printed once, or read from standard input",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withRegister(cmd.Context(), *path, func(c config, r *server.Register) error {
				if err := site(c, sites); err != nil {
					return err
				}
				password := devices.Secret(rand.Text())
				if fromStdin {
					var err error
					if password, err = line(cmd.InOrStdin()); err != nil {
						return err
					}
				}
				a := server.Account{Name: args[0], Role: ui.Role(role), Sites: sites, Language: language}
				if err := r.AddAccount(cmd.Context(), a, password); err != nil {
					return err
				}
				if fromStdin {
					_, err := fmt.Fprintf(cmd.OutOrStdout(), "account %s added\n", args[0])
					return err
				}
				_, err := fmt.Fprintf(cmd.OutOrStdout(), "account %s added; password, shown only now: %s\n", args[0], string(password))
				return err
			})
		},
	}
	add.Flags().StringVar(&role, "role", "", "facility, ict, dpo or works-council")
	add.Flags().StringArrayVar(&sites, "site", nil, "site on which a facility manager decides; may be given several times")
	add.Flags().StringVar(&language, "language", "", "nl, fr or en")
	add.Flags().BoolVar(&fromStdin, "password-stdin", false, "read the password from standard input")
	if err := add.MarkFlagRequired("role"); err != nil {
		panic(err) // the flag is defined above
	}
	c.AddCommand(add)
	return c
}

// line reads one line: a password never comes by the command line, where
// others on the machine would see it.
func line(r io.Reader) (devices.Secret, error) {
	s, err := bufio.NewReader(io.LimitReader(r, 1024)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read password: %w", err)
	}
	return devices.Secret(strings.TrimRight(s, "\r\n")), nil
}

func agentCommand(path *string) *cobra.Command {
	c := &cobra.Command{Use: "agent", Short: "Gateways"}
	var sites []string
	add := &cobra.Command{
		Use:   "add ID",
		Short: "Add a gateway and print what goes into its configuration",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withRegister(cmd.Context(), *path, func(c config, r *server.Register) error {
				if err := site(c, sites); err != nil {
					return err
				}
				password, err := r.AddAgentSites(cmd.Context(), args[0], sites, "")
				if err != nil {
					return err
				}
				_, err = fmt.Fprint(cmd.OutOrStdout(), snippet(c, args[0], sites[0], r.Key(), password))
				return err
			})
		},
	}
	add.Flags().StringArrayVar(&sites, "site", nil, "site that the gateway serves; may be given several times")
	if err := add.MarkFlagRequired("site"); err != nil {
		panic(err) // the flag is defined above
	}
	c.AddCommand(add)
	return c
}

// snippet is the part of agent.yaml that binds an agent to this server.
func snippet(c config, id, site, key string, password devices.Secret) string {
	return fmt.Sprintf(`# agent.yaml of %[1]s:
tenant: %[2]s
agent: %[1]s
site: %[3]s
server:
  broker: %[4]s
  password_file: /etc/lensdop/broker.password
  keys: ["%[5]s"]
# /etc/lensdop/broker.password (mode 600), shown only now:
#   %[6]s
`, id, c.Tenant, site, brokerURL(c), key, string(password))
}

// brokerURL is what an agent dials, as far as this configuration tells.
func brokerURL(c config) string {
	if c.MQTT.External != nil {
		return c.MQTT.External.Broker
	}
	scheme := "tcp"
	if c.MQTT.Certificate != "" {
		scheme = "ssl"
	}
	host, port, err := net.SplitHostPort(c.MQTT.Listen)
	if err != nil {
		return scheme + "://" + c.MQTT.Listen
	}
	if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
		host = "NAME-OF-THIS-SERVER"
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}

func keyCommand(path *string) *cobra.Command {
	c := &cobra.Command{Use: "key", Short: "The server's signing key"}
	c.AddCommand(&cobra.Command{
		Use:   "show",
		Short: "Print the public key that agents must trust",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withRegister(cmd.Context(), *path, func(_ config, r *server.Register) error {
				_, err := fmt.Fprintln(cmd.OutOrStdout(), r.Key())
				return err
			})
		},
	})
	return c
}
