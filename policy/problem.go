package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Class tells what a problem means for the protocol.
type Class string

// The classes. Only an error keeps a protocol from being used.
const (
	// ClassError cannot be evaluated, or is unlawful without a cited ground.
	ClassError Class = "error"
	// ClassConflict is the source against itself or against the law; the file
	// must name its resolution, under conflicts.
	ClassConflict Class = "conflict"
	// ClassOpen is what the source does not say.
	ClassOpen Class = "open"
)

// Problem is one thing that is wrong with a protocol file, and what would be
// right. Line and Column count from 1.
type Problem struct {
	Class Class `json:"class"`
	// Code names the matter of a conflict or open point, the same in every
	// version of the file: retention-over-ceiling:video. Empty for errors.
	Code   string `json:"code,omitempty"`
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	What   string `json:"what"`
	Fix    string `json:"fix,omitempty"`
	// Resolution is what the file names under conflicts for the code.
	Resolution string `json:"resolution,omitempty"`
}

// Settled tells that the problem is a conflict whose resolution the file names.
func (p Problem) Settled() bool { return p.Class == ClassConflict && p.Resolution != "" }

// String reads "file:line:column: what; fix".
func (p Problem) String() string {
	s := fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.What)
	if p.Fix != "" {
		s += "; " + p.Fix
	}
	return s
}

// Problems is the error of Parse: every problem that was found, in the order
// of the file, at most maxProblems of them.
type Problems []Problem

// Error prints one problem per line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, q := range p {
		lines[i] = q.String()
	}
	return strings.Join(lines, "\n")
}

// maxProblems bounds what a hostile file can make us say.
const maxProblems = 100

func (p Problems) sorted() Problems {
	slices.SortStableFunc(p, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.What, b.What))
	})
	p = slices.Compact(p)
	if len(p) > maxProblems {
		last := p[maxProblems-1]
		last.What, last.Fix = fmt.Sprintf("%d more problems from here on", len(p)-maxProblems+1), "repair those above first"
		p = append(p[:maxProblems-1:maxProblems-1], last)
	}
	return p
}

// bounded is a message of the YAML library, which may quote a whole line of the
// file, cut to a length that a person reads.
func bounded(s string) string {
	const limit = 200
	r := []rune(s)
	if len(r) <= limit {
		return s
	}
	return string(r[:limit]) + "…"
}

// short quotes text from the file, cut to a length that fits a line.
func short(s string) string {
	const limit = 60
	r := []rune(s)
	if len(r) <= limit {
		return fmt.Sprintf("%q", s)
	}
	return fmt.Sprintf("%q…", string(r[:limit]))
}
