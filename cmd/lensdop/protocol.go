package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/lensdop/lensdop/policy"
)

// checkedFile is one line of `protocol check --json`.
type checkedFile struct {
	File string `json:"file"`
	OK   bool   `json:"ok"`
	// Problems is empty if OK.
	Problems policy.Problems `json:"problems"`
}

func protocolCommand() *cobra.Command {
	c := &cobra.Command{Use: "protocol", Short: "Work with protocol files"}
	var asJSON bool
	check := &cobra.Command{
		Use:   "check FILE...",
		Short: "Check that protocol files can be evaluated",
		Long:  "Check that protocol files can be evaluated.\n\nExit code 0: all of them can. 1: one cannot.",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, files []string) error {
			bad := 0
			for _, name := range files {
				f := checkFile(name)
				if !f.OK {
					bad++
				}
				if err := printChecked(c, asJSON, f); err != nil {
					return err
				}
			}
			if bad > 0 {
				return errors.New("not every file can be evaluated")
			}
			return nil
		},
	}
	check.Flags().BoolVar(&asJSON, "json", false, "print one JSON line per file")
	c.AddCommand(check)
	return c
}

func checkFile(name string) checkedFile {
	f := checkedFile{File: name, Problems: policy.Problems{}}
	b, err := os.ReadFile(name) //nolint:gosec // the file that the person named
	if err == nil {
		_, err = policy.Parse(name, b)
	}
	switch {
	case err == nil:
		f.OK = true
	case errors.As(err, &f.Problems):
	default:
		f.Problems = policy.Problems{{File: name, Line: 1, Column: 1, What: err.Error()}}
	}
	return f
}

func printChecked(c *cobra.Command, asJSON bool, f checkedFile) error {
	if asJSON {
		return json.NewEncoder(c.OutOrStdout()).Encode(f)
	}
	if f.OK {
		_, err := fmt.Fprintf(c.OutOrStdout(), "%s: can be evaluated\n", f.File)
		return err
	}
	for _, p := range f.Problems {
		if _, err := fmt.Fprintln(c.ErrOrStderr(), p); err != nil {
			return err
		}
	}
	return nil
}
