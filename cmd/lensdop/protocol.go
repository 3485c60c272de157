package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lensdop/lensdop/cmd/protocolfiles"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/review"
)

func protocolCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "protocol",
		Short: "Check, read and compare protocol files",
		Long: "Check, read and compare protocol files.\n\n" +
			"A protocol may be spread over several files that carry the same metadata.id. Where a\n" +
			"command takes one PROTOCOL, that is a file, or a folder with the files of one protocol.",
		Args: cobra.NoArgs, RunE: usage,
	}
	c.AddCommand(checkCommand(), showCommand(), diffCommand(), calendarCommand(), consentCommand(), findingsCommand(), schemaCommand())
	return c
}

// loadProtocol reads one protocol. What is wrong with it is the error.
func loadProtocol(path string) (*policy.Protocol, policy.Problems, error) {
	files, err := protocolfiles.One(path)
	if err != nil {
		return nil, nil, err
	}
	p, problems := policy.Check(files...)
	if p == nil {
		return nil, nil, fmt.Errorf("%s cannot be evaluated:\n%w", path, problems.Of(policy.ClassError))
	}
	return p, problems, nil
}

// wanted wants a number of arguments (most -1: any), and says which, as the usage
// line does.
func wanted(least, most int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) >= least && (most < 0 || len(args) <= most) {
			return nil
		}
		return fmt.Errorf("%d given; write %s", len(args), strings.TrimSuffix(c.UseLine(), " [flags]"))
	}
}

func langFlag(c *cobra.Command, lang *string) {
	c.Flags().StringVar(lang, "lang", "nl", "language: nl, fr or en")
}

func checkLang(lang string) error {
	switch lang {
	case "nl", "fr", "en":
		return nil
	default:
		return fmt.Errorf("--lang %s: write nl, fr or en", lang)
	}
}

func showCommand() *cobra.Command {
	var lang string
	c := &cobra.Command{
		Use:   "show PROTOCOL",
		Short: "Print a protocol as a document to put beside the paper",
		Long: "Print a protocol as a document (Markdown) to put beside the paper. It sets the\n" +
			"municipality's own words, with their article, apart from what is assumed and from the law.",
		Args: wanted(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := checkLang(lang); err != nil {
				return err
			}
			p, problems, err := loadProtocol(args[0])
			if err != nil {
				return err
			}
			return review.Show(c.OutOrStdout(), p, problems, lang)
		},
	}
	langFlag(c, &lang)
	return c
}

// errFound tells with exit code 3 that the command ran and found something.
var errFound = errors.New("found")

func consentCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "consent PROTOCOL [PROCESSING...]",
		Short: "Print the hashes of what a works council consents to now",
		Long: "Print, for the processings named (all if none is), the hash of what the protocol says now of\n" +
			"each point that the works council weighs. They belong under covers: of its consent. Values\n" +
			"among them that are assumed, which nobody decided, are told on standard error.",
		Args: wanted(1, -1),
		RunE: func(c *cobra.Command, args []string) error {
			p, _, err := loadProtocol(args[0])
			if err != nil {
				return err
			}
			for _, id := range args[1:] {
				if !hasProcessing(p, id) {
					return fmt.Errorf("%s is no processing of %s", id, p.Metadata.ID)
				}
			}
			if err := warnAssumed(c.ErrOrStderr(), p.AssumedIn(args[1:]...)); err != nil {
				return err
			}
			h := p.ConsentHashes(args[1:]...)
			_, err = fmt.Fprintf(c.OutOrStdout(), "covers:\n  purpose: %q\n  access: %q\n  retention: %q\n  other_use: %q\n  devices: %q\n", h.Purpose, h.Access, h.Retention, h.OtherUse, h.Devices)
			return err
		},
	}
	return c
}

// warnAssumed tells what a council would consent to that nobody decided, a line
// for each block.
func warnAssumed(w io.Writer, list []string) error {
	const most = 40
	if len(list) == 0 {
		return nil
	}
	var lines []string
	block := ""
	for _, s := range list {
		b, value, _ := strings.Cut(s, ": ")
		if n := len(lines); n > 0 && b == block {
			lines[n-1] += ", " + value
		} else {
			lines = append(lines, "  "+s)
		}
		block = b
	}
	if n := len(lines) - most; n > 0 {
		lines = append(lines[:most], fmt.Sprintf("  and %d more blocks; `lensdop protocol show` lists them all", n))
	}
	_, err := fmt.Fprintf(w, "warning: the hashes cover %s of basis: assumed, which nobody decided; have them confirmed before the council consents:\n%s\n",
		plural(len(list), "value"), strings.Join(lines, "\n"))
	return err
}

func hasProcessing(p *policy.Protocol, id string) bool {
	for _, q := range p.Processing {
		if q.ID == id {
			return true
		}
	}
	return false
}

func schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of protocol files, for editors",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := c.OutOrStdout().Write(review.Published())
			return err
		},
	}
}
