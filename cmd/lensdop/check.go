package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lensdop/lensdop/cmd/protocolfiles"
	"github.com/lensdop/lensdop/policy"
)

// checkedProtocol is one line of `protocol check --json`.
type checkedProtocol struct {
	Files []string `json:"files"`
	ID    string   `json:"id,omitempty"`
	// OK tells that it can be evaluated; with --strict also that nothing is open
	// and somebody settled every conflict.
	OK bool `json:"ok"`
	// Problems of all three classes, settled conflicts among them.
	Problems policy.Problems `json:"problems"`
}

func checkCommand() *cobra.Command {
	var asJSON, strict bool
	var previous string
	c := &cobra.Command{
		Use:   "check FILE...",
		Short: "Tell what is wrong, contradictory or open in protocol files",
		Long: "Tell what is wrong, contradictory or open in protocol files, in three classes:\n\n" +
			"  error     cannot be evaluated, or is unlawful without a cited ground\n" +
			"  conflict  the protocol against itself or the law; settled once the file names a resolution,\n" +
			"            by assumption if that has basis: assumed\n" +
			"  open      the source does not say\n\n" +
			"A folder stands for the .yaml files in it; files with the same metadata.id are one protocol.\n" +
			"What is found goes to standard error, a line per protocol to standard output; with --json\n" +
			"both are on standard output.\n\n" +
			"Exit code 0: all can be evaluated. 1: one has an error; with --strict also a conflict that nobody\n" +
			"settled, or an open point.",
		Args: wanted(1, -1),
		RunE: func(c *cobra.Command, names []string) error {
			var before *policy.Protocol
			if previous != "" {
				var err error
				if before, _, err = loadProtocol(previous); err != nil {
					return err
				}
			}
			bad, known := 0, false
			for _, p := range checkFiles(names, before, strict) {
				if !p.OK {
					bad++
				}
				// One that cannot be evaluated may have lost its id.
				known = known || p.ID == "" || before != nil && p.ID == before.Metadata.ID
				if err := printChecked(c, asJSON, p); err != nil {
					return err
				}
			}
			switch {
			case before != nil && !known:
				return fmt.Errorf("--previous %s is of protocol %s, and no file is: nothing was held against it", previous, before.Metadata.ID)
			case bad > 0 && strict:
				return errors.New("not every protocol is free of errors, open points and conflicts")
			case bad > 0:
				return errors.New("not every protocol can be evaluated")
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON line per protocol")
	c.Flags().BoolVar(&strict, "strict", false, "fail on open points and on conflicts that nobody settled, too")
	c.Flags().StringVar(&previous, "previous", "", "the protocol (same metadata.id) as the works council knew it:\ntell what it did not consent to")
	return c
}

// checkFiles checks files, those of one protocol together. Only the protocol with
// the id of previous is held against it. A file that is named twice, or by
// itself and by its folder, is one file.
func checkFiles(names []string, previous *policy.Protocol, strict bool) []checkedProtocol {
	var out, unread []checkedProtocol
	var all []policy.File
	seen := map[string]bool{}
	for _, name := range names {
		files, err := protocolfiles.Read(name)
		if err != nil {
			unread = append(unread, checkedProtocol{Files: []string{name}, Problems: policy.Problems{{Class: policy.ClassError, File: name, Line: 1, Column: 1, What: err.Error(), Fix: "name a file or folder that can be read"}}})
			continue
		}
		for _, f := range files {
			if where := place(f.Name); !seen[where] {
				seen[where] = true
				all = append(all, f)
			}
		}
	}
	for _, files := range policy.Group(all...) {
		r := checkedProtocol{Problems: policy.Problems{}, OK: true}
		for _, f := range files {
			r.Files = append(r.Files, f.Name)
		}
		p, problems := policy.Check(files...)
		if previous != nil && (p == nil || p.Metadata.ID == previous.Metadata.ID) {
			p, problems = policy.CheckSince(previous, files...)
		}
		if p != nil {
			r.ID = p.Metadata.ID
		}
		r.Problems = append(r.Problems, problems...)
		for _, q := range problems {
			if q.Class == policy.ClassError || strict && !q.Decided() {
				r.OK = false
			}
		}
		out = append(out, r)
	}
	return append(out, unread...)
}

// place is where a file really lies.
func place(name string) string {
	whole, err := filepath.Abs(name)
	if err != nil {
		return name
	}
	if target, err := filepath.EvalSymlinks(whole); err == nil {
		return target
	}
	return whole
}

func printChecked(c *cobra.Command, asJSON bool, r checkedProtocol) error {
	if asJSON {
		return json.NewEncoder(c.OutOrStdout()).Encode(r)
	}
	count := map[policy.Class]int{}
	settled, proposed := 0, 0
	for _, q := range r.Problems {
		count[q.Class]++
		switch {
		case q.Decided():
			settled++
		case q.Settled():
			proposed++
		}
		if _, err := fmt.Fprintln(c.ErrOrStderr(), remark(q)); err != nil {
			return err
		}
	}
	verdict := "can be evaluated"
	if count[policy.ClassError] > 0 {
		verdict = fmt.Sprintf("cannot be evaluated: %s", plural(count[policy.ClassError], "error"))
	}
	how := fmt.Sprintf("%d settled", settled)
	if proposed > 0 {
		how += fmt.Sprintf(", %d by assumption that nobody decided", proposed)
	}
	_, err := fmt.Fprintf(c.OutOrStdout(), "%s: %s; %s (%s), %s\n", strings.Join(r.Files, ", "), verdict,
		plural(count[policy.ClassConflict], "conflict"), how, plural(count[policy.ClassOpen], "open point"))
	return err
}

// remark is a problem with its class: an error stands as it is.
func remark(p policy.Problem) string {
	text := p.What
	switch {
	case p.Class == policy.ClassError:
		return p.String()
	case p.Assumed:
		text = fmt.Sprintf("%s; settled by assumption, nobody decided: %s", text, p.Resolution)
	case p.Settled():
		text = fmt.Sprintf("%s; settled: %s", text, p.Resolution)
	case p.Fix != "":
		text += "; " + p.Fix
	}
	code := ""
	if p.Code != "" {
		code = " [" + p.Code + "]"
	}
	return fmt.Sprintf("%s:%d:%d: %s: %s%s", p.File, p.Line, p.Column, p.Class, text, code)
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
