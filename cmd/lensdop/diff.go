package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/review"
)

func diffCommand() *cobra.Command {
	var lang string
	var asJSON, code bool
	c := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Say what a new version makes looser, stricter or just different",
		Long: "Say what a new version makes looser, stricter or just different, for the people in view.\n\n" +
			"Exit code 0; with --exit-code 3 if something needs approval. 1: one of both cannot be read.",
		Args: wanted(2, 2),
		RunE: func(c *cobra.Command, args []string) error {
			if err := checkLang(lang); err != nil {
				return err
			}
			before, _, err := loadProtocol(args[0])
			if err != nil {
				return err
			}
			after, _, err := loadProtocol(args[1])
			if err != nil {
				return err
			}
			changes := review.Diff(before, after)
			if changes == nil {
				changes = []review.Change{} // JSON: an empty list, not null
			}
			if asJSON {
				err = json.NewEncoder(c.OutOrStdout()).Encode(changes)
			} else {
				err = printChanges(c.OutOrStdout(), changes, lang)
			}
			if err != nil {
				return err
			}
			for _, ch := range changes {
				if code && ch.NeedsApproval {
					return errFound
				}
			}
			return nil
		},
	}
	langFlag(c, &lang)
	c.Flags().BoolVar(&asJSON, "json", false, "print the changes as JSON")
	c.Flags().BoolVar(&code, "exit-code", false, "exit with 3 if something needs approval")
	return c
}

func printChanges(w io.Writer, changes []review.Change, lang string) error {
	say := func(nl, fr, en string) string { return policy.Text{NL: nl, FR: fr, EN: en}.In(lang) }
	if len(changes) == 0 {
		_, err := fmt.Fprintln(w, say("Geen verschil.", "Aucune différence.", "No difference."))
		return err
	}
	marked := false
	for _, part := range []struct {
		direction review.Direction
		title     string
	}{
		{review.Looser, say("Ruimer", "Plus souple", "Looser")},
		{review.Stricter, say("Strenger", "Plus strict", "Stricter")},
		{review.Different, say("Anders", "Différent", "Different")},
	} {
		first := true
		for _, ch := range changes {
			if ch.Direction != part.direction {
				continue
			}
			if first {
				if _, err := fmt.Fprintf(w, "%s\n", part.title); err != nil {
					return err
				}
				first = false
			}
			mark := " "
			if ch.NeedsApproval {
				mark, marked = "*", true
			}
			if _, err := fmt.Fprintf(w, "%s %s (%s)\n", mark, ch.Text.In(lang), ch.Path); err != nil {
				return err
			}
		}
	}
	if !marked {
		return nil // the legend alone would read as a verdict
	}
	_, err := fmt.Fprintln(w, say("* heeft goedkeuring nodig", "* demande une approbation", "* needs approval"))
	return err
}
