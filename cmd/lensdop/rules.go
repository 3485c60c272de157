package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lensdop/lensdop/policy/rules"
)

// listedRule is one line of `rules --json`.
type listedRule struct {
	rules.Rule

	Delivered bool `json:"delivered"`
}

func rulesCommand() *cobra.Command {
	var lang string
	var asJSON bool
	c := &cobra.Command{
		Use:   "rules [RULE...]",
		Short: "List the rules, or print some of them in full",
		Long: "List the rules that Lensdop knows, or print some of them in full.\n\n" +
			"A = by machine, H = half by machine and half attested by a person, T = attested.\n" +
			"A rule is delivered if this version gathers the facts that it needs; the others are unproven.",
		RunE: func(c *cobra.Command, ids []string) error {
			if err := checkLang(lang); err != nil {
				return err
			}
			table := rules.Table()
			for i := range ids {
				ids[i] = strings.ToUpper(ids[i])
			}
			for _, id := range ids {
				if !slices.ContainsFunc(table, func(r rules.Rule) bool { return r.ID == id }) {
					return fmt.Errorf("there is no rule %s; `lensdop rules` lists them", id)
				}
			}
			for _, r := range table {
				if len(ids) > 0 && !slices.Contains(ids, r.ID) {
					continue
				}
				var err error
				switch w := c.OutOrStdout(); {
				case asJSON:
					err = json.NewEncoder(w).Encode(listedRule{r, rules.Delivered(r.ID)})
				case len(ids) > 0:
					err = printRule(w, r, lang)
				default:
					delivered := "-"
					if rules.Delivered(r.ID) {
						delivered = "delivered"
					}
					_, err = fmt.Fprintf(w, "%-7s %s %-8s %-9s %s\n", r.ID, r.Mode, r.Severity, delivered, r.Title.In(lang))
				}
				if err != nil {
					return err
				}
			}
			return nil
		},
	}
	langFlag(c, &lang)
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON line per rule")
	return c
}

func printRule(w io.Writer, r rules.Rule, lang string) error {
	var b strings.Builder
	line := func(key, value string) {
		if value != "" {
			fmt.Fprintf(&b, "  %-10s %s\n", key, value)
		}
	}
	fmt.Fprintf(&b, "%s  %s\n", r.ID, r.Title.In(lang))
	line("norm", r.Norm.In(lang))
	line("source", r.Source())
	line("binds", strings.Join(r.Guidelines, ", "))
	line("severity", string(r.Severity))
	line("mode", fmt.Sprintf("%s, %v, per %s", r.Mode, r.Methods, r.Scope))
	line("facts", strings.Trim(fmt.Sprint(r.Facts), "[]"))
	line("remedy", r.Remedy.In(lang))
	line("attest", r.Statement.In(lang))
	if !r.Every.IsZero() {
		line("every", r.Every.String())
	}
	line("delivered", map[bool]string{true: "yes", false: "no"}[rules.Delivered(r.ID)])
	_, err := io.WriteString(w, b.String())
	return err
}
