package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/review"
	"github.com/lensdop/lensdop/policy/rules"
)

func protocolCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "protocol",
		Short: "Check, read and compare protocol files",
		Long: "Check, read and compare protocol files.\n\n" +
			"A protocol may be spread over several files that carry the same metadata.id. Where a\n" +
			"command takes one PROTOCOL, that is a file, or a folder with the files of one protocol.",
	}
	c.AddCommand(checkCommand(), showCommand(), diffCommand(), calendarCommand(), consentCommand(), findingsCommand(), schemaCommand())
	return c
}

// checkedProtocol is one line of `protocol check --json`.
type checkedProtocol struct {
	Files []string `json:"files"`
	ID    string   `json:"id,omitempty"`
	// OK tells that it can be evaluated; with --strict also that nothing is open
	// and every conflict is settled.
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
			"  conflict  the protocol against itself or the law; settled once the file names a resolution\n" +
			"  open      the source does not say\n\n" +
			"Files with the same metadata.id are one protocol. Exit code 0: all can be evaluated.\n" +
			"1: one has an error; with --strict also a conflict that is not settled, or an open point.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, names []string) error {
			var before *policy.Protocol
			if previous != "" {
				var err error
				if before, _, err = loadProtocol(previous); err != nil {
					return err
				}
			}
			bad := 0
			for _, p := range checkFiles(names, before, strict) {
				if !p.OK {
					bad++
				}
				if err := printChecked(c, asJSON, p); err != nil {
					return err
				}
			}
			switch {
			case bad > 0 && strict:
				return errors.New("not every protocol is free of errors, open points and conflicts")
			case bad > 0:
				return errors.New("not every protocol can be evaluated")
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON line per protocol")
	c.Flags().BoolVar(&strict, "strict", false, "fail on open points and on conflicts that are not settled, too")
	c.Flags().StringVar(&previous, "previous", "", "the protocol as the works council knew it: tell what it did not consent to")
	return c
}

// checkFiles checks files, those of one protocol together.
func checkFiles(names []string, previous *policy.Protocol, strict bool) []checkedProtocol {
	var out, unread []checkedProtocol
	var all []policy.File
	for _, name := range names {
		files, err := readFiles(name)
		if err != nil {
			unread = append(unread, checkedProtocol{Files: []string{name}, Problems: policy.Problems{{Class: policy.ClassError, File: name, Line: 1, Column: 1, What: err.Error(), Fix: "name a file or folder that can be read"}}})
			continue
		}
		all = append(all, files...)
	}
	for _, files := range policy.Group(all...) {
		r := checkedProtocol{Problems: policy.Problems{}, OK: true}
		for _, f := range files {
			r.Files = append(r.Files, f.Name)
		}
		p, problems := policy.CheckSince(previous, files...)
		if p != nil {
			r.ID = p.Metadata.ID
		}
		r.Problems = append(r.Problems, problems...)
		for _, q := range problems {
			if q.Class == policy.ClassError || strict && !q.Settled() {
				r.OK = false
			}
		}
		out = append(out, r)
	}
	return append(out, unread...)
}

func printChecked(c *cobra.Command, asJSON bool, r checkedProtocol) error {
	if asJSON {
		return json.NewEncoder(c.OutOrStdout()).Encode(r)
	}
	count := map[policy.Class]int{}
	settled := 0
	for _, q := range r.Problems {
		count[q.Class]++
		if q.Settled() {
			settled++
		}
		if _, err := fmt.Fprintln(c.ErrOrStderr(), remark(q)); err != nil {
			return err
		}
	}
	verdict := "can be evaluated"
	if count[policy.ClassError] > 0 {
		verdict = fmt.Sprintf("cannot be evaluated: %s", plural(count[policy.ClassError], "error"))
	}
	_, err := fmt.Fprintf(c.OutOrStdout(), "%s: %s; %s (%d settled), %s\n", strings.Join(r.Files, ", "), verdict,
		plural(count[policy.ClassConflict], "conflict"), settled, plural(count[policy.ClassOpen], "open point"))
	return err
}

// remark is a problem with its class: an error stands as it is.
func remark(p policy.Problem) string {
	text := p.What
	switch {
	case p.Class == policy.ClassError:
		return p.String()
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

// readFiles reads a protocol file, or the files of a folder in order of name.
func readFiles(path string) ([]policy.File, error) {
	names := []string{path}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		var err error
		if names, err = filepath.Glob(filepath.Join(path, "*.y*ml")); err != nil {
			return nil, err
		}
		if len(names) == 0 {
			return nil, fmt.Errorf("folder %s holds no .yaml file", path)
		}
	}
	var files []policy.File
	for _, name := range names {
		f, err := readFile(name)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

// readFile reads no more than a protocol can have, and one byte that tells.
func readFile(name string) (policy.File, error) {
	f, err := os.Open(name) //nolint:gosec // the file that the person named
	if err != nil {
		return policy.File{}, err
	}
	defer f.Close() //nolint:errcheck // only read
	b, err := io.ReadAll(io.LimitReader(f, policy.MaxFile+1))
	return policy.File{Name: name, Data: b}, err
}

// loadProtocol reads one protocol. What is wrong with it is the error.
func loadProtocol(path string) (*policy.Protocol, policy.Problems, error) {
	files, err := readFiles(path)
	if err != nil {
		return nil, nil, err
	}
	groups := policy.Group(files...)
	if len(groups) != 1 {
		return nil, nil, fmt.Errorf("%s holds %d protocols; one is wanted", path, len(groups))
	}
	p, problems := policy.Check(groups[0]...)
	if p == nil {
		return nil, nil, fmt.Errorf("%s cannot be evaluated:\n%w", path, problems.Of(policy.ClassError))
	}
	return p, problems, nil
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
		Args: cobra.ExactArgs(1),
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

func diffCommand() *cobra.Command {
	var lang string
	var asJSON, code bool
	c := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Say what a new version makes looser, stricter or just different",
		Long: "Say what a new version makes looser, stricter or just different, for the people in view.\n\n" +
			"Exit code 0, or with --exit-code 3 if something needs approval.",
		Args: cobra.ExactArgs(2),
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
				mark = "*"
			}
			if _, err := fmt.Fprintf(w, "%s %s (%s)\n", mark, ch.Text.In(lang), ch.Path); err != nil {
				return err
			}
		}
	}
	_, err := fmt.Fprintln(w, say("* heeft goedkeuring nodig", "* demande une approbation", "* needs approval"))
	return err
}

func consentCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "consent PROTOCOL [PROCESSING...]",
		Short: "Print the hashes of what a works council consents to now",
		Long: "Print, for the processings named (all if none is), the hash of what the protocol says now of\n" +
			"each point that the works council weighs. They belong under covers: of its consent.",
		Args: cobra.MinimumNArgs(1),
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
			h := p.ConsentHashes(args[1:]...)
			_, err = fmt.Fprintf(c.OutOrStdout(), "covers:\n  purpose: %q\n  access: %q\n  retention: %q\n  other_use: %q\n  devices: %q\n", h.Purpose, h.Access, h.Retention, h.OtherUse, h.Devices)
			return err
		},
	}
	return c
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

func findingsCommand() *cobra.Command {
	var lang, format string
	c := &cobra.Command{
		Use:   "findings PROTOCOL",
		Short: "Judge a protocol as a whole, without devices",
		Long: "Judge a protocol as a whole: the rules that follow from the file and the calendar alone.\n" +
			"What needs logs, registers or devices is unproven here.\n\n" +
			"Exit code 0: all of it is in order. 3: a finding. 1: it cannot be judged.",
		Args: cobra.ExactArgs(1),
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
	undelivered, notAsked := 0, 0
	for _, f := range list {
		switch {
		case f.Undelivered:
			undelivered++
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
		NL: "Niet te zeggen zonder logboeken, registers of apparaten: %d. Door het protocol niet gevraagd: %d.\n",
		FR: "Impossible à dire sans journaux, registres ou appareils: %d. Non demandé par le protocole: %d.\n",
		EN: "Cannot be told without logs, registers or devices: %d. Not asked by the protocol: %d.\n",
	}
	_, err := fmt.Fprintf(w, text.In(lang), undelivered, notAsked)
	return err
}
