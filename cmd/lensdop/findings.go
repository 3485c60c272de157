package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/rules"
)

func findingsCommand() *cobra.Command {
	var lang, format string
	c := &cobra.Command{
		Use:   "findings PROTOCOL",
		Short: "Judge a protocol as a whole, without devices",
		Long: "Judge a protocol as a whole: the rules that follow from the file and the calendar alone.\n" +
			"What needs logs, registers or devices is unproven here.\n\n" +
			"Exit code 0: all of it is in order. 3: a finding. 1: it cannot be judged.",
		Args: wanted(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := checkLang(lang); err != nil {
				return err
			}
			p, _, err := loadProtocol(args[0])
			if err != nil {
				return err
			}
			list := rules.Evaluate(rules.Facts{Protocol: p, Now: time.Now()})
			for i, f := range list {
				list[i] = rules.Follow(nil, f)
			}
			w := c.OutOrStdout()
			switch format {
			case "text":
				err = printFindings(w, list, lang)
			case "json":
				err = rules.WriteJSON(w, list)
			case "csv":
				err = rules.WriteCSV(w, list, lang)
			case "oscal":
				err = rules.WriteOSCAL(w, list, rules.Meta{
					Protocol: rules.ProtocolRef{ID: p.Metadata.ID, Version: p.Metadata.Version}, Name: p.Metadata.Title, At: time.Now(), Lang: lang,
				})
			default:
				err = fmt.Errorf("--format %s: write text, json, csv or oscal", format)
			}
			if err == nil && rules.ExitCode(list) != rules.ExitOK {
				err = errFound
			}
			return err
		},
	}
	langFlag(c, &lang)
	c.Flags().StringVar(&format, "format", "text", "text, json, csv or oscal")
	return c
}

func printFindings(w io.Writer, list []rules.Finding, lang string) error {
	var untold []string
	notAsked := 0
	for _, f := range list {
		switch {
		case f.Undelivered:
			if !slices.Contains(untold, f.Rule) {
				untold = append(untold, f.Rule)
			}
			continue
		case f.Status == rules.NotApplicable:
			notAsked++
			continue
		}
		if _, err := fmt.Fprintf(w, "%-8s %-9s %s\n", f.Rule, f.Status, f.Text.In(lang)); err != nil {
			return err
		}
		if !f.Status.OK() {
			if _, err := fmt.Fprintf(w, "%18s → %s\n", "", f.Remedy.In(lang)); err != nil {
				return err
			}
		}
	}
	text := policy.Text{
		NL: "Door het protocol niet gevraagd: %d.\nNiet of niet helemaal te zeggen zonder logboeken, registers of apparaten, %d regels: %s\n",
		FR: "Non demandé par le protocole: %d.\nImpossible à dire, en tout ou en partie, sans journaux, registres ou appareils, %d règles: %s\n",
		EN: "Not asked by the protocol: %d.\nCannot be told, or not in full, without logs, registers or devices, %d rules: %s\n",
	}
	_, err := fmt.Fprintf(w, text.In(lang), notAsked, len(untold), strings.Join(untold, " "))
	return err
}
