package main

import (
	"bufio"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"text/tabwriter"

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
	c.AddCommand(runCommand(&path), checkCommand(&path), accountCommand(&path), agentCommand(&path), keyCommand(&path))
	return c
}

// usage is what a command that only holds others does. Together with
// cobra.NoArgs it lets a mistyped subcommand fail, where cobra by itself prints
// the help and ends with exit code 0.
func usage(c *cobra.Command, _ []string) error { return c.Help() }

// named wants one argument, and says which.
func named(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 1 {
			return nil
		}
		return fmt.Errorf("%s needs one %s, and got %d; see %s --help", cmd.CommandPath(), what, len(args), cmd.CommandPath())
	}
}

func checkCommand(path *string) *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Read the configuration and every file that it names, and change nothing",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := loadConfig(*path)
			if err != nil {
				return err
			}
			sc, err := c.server(logger(c.Log, cmd.ErrOrStderr()))
			if err != nil {
				return fmt.Errorf("config %s:\n%w", *path, err)
			}
			p, err := policy.Parse(sc.ProtocolName, sc.Protocol)
			if err != nil {
				return fmt.Errorf("protocol:\n%w", err)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is in order; protocol %s, version %s\n", *path, p.Metadata.ID, p.Metadata.Version)
			return err
		},
	}
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
				return fmt.Errorf("config %s:\n%w", *path, err)
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
	o := &slog.HandlerOptions{Level: levels()[c.Level]}
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
	_, p, err := readProtocol(c.Protocol)
	if err != nil {
		return fmt.Errorf("protocol: %w", err)
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
	c := &cobra.Command{Use: "account", Short: "People who may sign in", Args: cobra.NoArgs, RunE: usage}
	var role, language string
	var sites []string
	var fromStdin bool
	add := &cobra.Command{
		Use:   "add NAME",
		Short: "Add a person; the password is drawn and printed once, or read from standard input",
		Args:  named("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withRegister(cmd.Context(), *path, func(c config, r *server.Register) error {
				if err := site(c, sites); err != nil {
					return err
				}
				password, err := choosePassword(cmd, fromStdin)
				if err != nil {
					return err
				}
				a := server.Account{Name: args[0], Role: ui.Role(role), Sites: sites, Language: language}
				if err := r.AddAccount(cmd.Context(), a, password); err != nil {
					return err
				}
				return tellPassword(cmd, "account "+args[0]+" added", fromStdin, password)
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
	c.AddCommand(add, accountList(path), accountPassword(path), accountRemove(path))
	return c
}

// choosePassword draws a password, or reads one.
func choosePassword(cmd *cobra.Command, fromStdin bool) (devices.Secret, error) {
	if fromStdin {
		return line(cmd.InOrStdin())
	}
	return devices.Secret(rand.Text()), nil
}

// tellPassword says what was done, and a password that was drawn.
func tellPassword(cmd *cobra.Command, done string, fromStdin bool, password devices.Secret) error {
	if !fromStdin {
		done += "; password, shown only now: " + string(password)
	}
	_, err := fmt.Fprintln(cmd.OutOrStdout(), done)
	return err
}

func accountList(path *string) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the people who may sign in",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withRegister(cmd.Context(), *path, func(_ config, r *server.Register) error {
				all, err := r.Accounts(cmd.Context())
				if err != nil {
					return err
				}
				rows := [][]string{{"NAME", "ROLE", "SITES", "LANGUAGE"}}
				for _, a := range all {
					rows = append(rows, []string{a.Name, string(a.Role), cmp.Or(strings.Join(a.Sites, ","), "-"), cmp.Or(a.Language, "-")})
				}
				return table(cmd.OutOrStdout(), rows)
			})
		},
	}
}

func accountPassword(path *string) *cobra.Command {
	var fromStdin bool
	c := &cobra.Command{
		Use:   "password NAME",
		Short: "Give a person a new password and end all their sessions",
		Args:  named("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withRegister(cmd.Context(), *path, func(_ config, r *server.Register) error {
				password, err := choosePassword(cmd, fromStdin)
				if err != nil {
					return err
				}
				if err := r.SetPassword(cmd.Context(), args[0], password); err != nil {
					return err
				}
				return tellPassword(cmd, "account "+args[0]+" has a new password", fromStdin, password)
			})
		},
	}
	c.Flags().BoolVar(&fromStdin, "password-stdin", false, "read the password from standard input")
	return c
}

func accountRemove(path *string) *cobra.Command {
	return &cobra.Command{
		Use:   "remove NAME",
		Short: "Remove a person and end all their sessions; what they decided stays",
		Args:  named("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withRegister(cmd.Context(), *path, func(_ config, r *server.Register) error {
				if err := r.RemoveAccount(cmd.Context(), args[0]); err != nil {
					return err
				}
				_, err := fmt.Fprintf(cmd.OutOrStdout(), "account %s removed\n", args[0])
				return err
			})
		},
	}
}

// table writes rows in columns.
func table(w io.Writer, rows [][]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		if _, err := fmt.Fprintln(t, strings.Join(r, "\t")); err != nil {
			return err
		}
	}
	return t.Flush()
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
	c := &cobra.Command{Use: "agent", Short: "Gateways", Args: cobra.NoArgs, RunE: usage}
	var sites []string
	add := &cobra.Command{
		Use:   "add ID",
		Short: "Add a gateway and print what goes into its configuration",
		Args:  named("ID"),
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
	c.AddCommand(add, agentList(path), agentPassword(path), agentRemove(path))
	return c
}

func agentList(path *string) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the gateways",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withRegister(cmd.Context(), *path, func(_ config, r *server.Register) error {
				all, err := r.Agents(cmd.Context())
				if err != nil {
					return err
				}
				rows := [][]string{{"ID", "SITES", "CONNECTED", "LAST HEARD OF", "VERSION"}}
				for _, a := range all {
					connected, seen := "no", "never"
					if a.Online {
						connected = "yes"
					}
					if !a.LastSeen.IsZero() {
						seen = a.LastSeen.Local().Format("2006-01-02 15:04:05")
					}
					rows = append(rows, []string{a.ID, strings.Join(a.Sites, ","), connected, seen, cmp.Or(a.Version, "-")})
				}
				return table(cmd.OutOrStdout(), rows)
			})
		},
	}
}

func agentPassword(path *string) *cobra.Command {
	return &cobra.Command{
		Use:   "password ID",
		Short: "Draw a new password for a gateway and end its connection",
		Args:  named("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withRegister(cmd.Context(), *path, func(c config, r *server.Register) error {
				password, err := r.RenewAgent(cmd.Context(), args[0])
				if err != nil {
					return err
				}
				if err := tellPassword(cmd, "gateway "+args[0]+" has a new password", false, password); err != nil {
					return err
				}
				return tellExternal(cmd, c, "change its password at the broker, too")
			})
		},
	}
}

func agentRemove(path *string) *cobra.Command {
	return &cobra.Command{
		Use:   "remove ID",
		Short: "Remove a gateway, end its connection and clear what the broker holds of it",
		Long: `Remove a gateway, end its connection and clear what the broker holds of it.

The gateway itself goes on with what it was told last: covers in force stay in
force there. Its events stay here until their time is over.`,
		Args: named("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withRegister(cmd.Context(), *path, func(c config, r *server.Register) error {
				if err := r.RemoveAgent(cmd.Context(), args[0]); err != nil {
					return err
				}
				if _, err := fmt.Fprintf(cmd.OutOrStdout(), "gateway %s removed; covers in force stay in force there\n", args[0]); err != nil {
					return err
				}
				return tellExternal(cmd, c, "remove it from the broker's password file, too")
			})
		},
	}
}

// tellExternal says what is left to do where passwords are another broker's.
func tellExternal(cmd *cobra.Command, c config, what string) error {
	if c.MQTT.External == nil {
		return nil
	}
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "the broker is not the server's own: %s\n", what)
	return err
}

// snippet is the part of agent.yaml that binds an agent to this server.
func snippet(c config, id, site, key string, password devices.Secret) string {
	ca := ""
	if strings.HasPrefix(brokerURL(c), "ssl:") {
		ca = "\n  # ca: /etc/lensdop/ca.pem   # if the broker's certificate is of an authority of your own"
	}
	return fmt.Sprintf(`# agent.yaml of %[1]s:
tenant: %[2]s
agent: %[1]s
site: %[3]s
server:
  broker: %[4]s
  password_file: /etc/lensdop/broker.password
  keys: ["%[5]s"]%[7]s
# /etc/lensdop/broker.password (mode 600), shown only now:
#   %[6]s
`, id, c.Tenant, site, brokerURL(c), key, string(password), ca)
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
	c := &cobra.Command{Use: "key", Short: "The server's signing key", Args: cobra.NoArgs, RunE: usage}
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
