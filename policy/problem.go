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
	// Assumed tells that the resolution is ours (basis: assumed): a proposal,
	// which nobody decided.
	Assumed bool `json:"assumed,omitempty"`
}

// Settled tells that the problem is a conflict whose resolution the file names,
// assumed or not.
func (p Problem) Settled() bool { return p.Class == ClassConflict && p.Resolution != "" }

// Decided tells that the problem is a conflict that somebody settled: its
// resolution is not assumed.
func (p Problem) Decided() bool { return p.Settled() && !p.Assumed }

// String reads "file:line:column: what; fix".
func (p Problem) String() string {
	s := fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.What)
	if p.Fix != "" {
		s += "; " + p.Fix
	}
	return s
}

// Problems is what Check finds, and the error of Parse: in the order of the
// files and their lines, at most maxProblems errors and maxRemarks others.
type Problems []Problem

// Error prints one problem per line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, q := range p {
		lines[i] = q.String()
	}
	return strings.Join(lines, "\n")
}

// Of returns the problems of one class, in the same order.
func (p Problems) Of(c Class) Problems {
	var out Problems
	for _, q := range p {
		if q.Class == c {
			out = append(out, q)
		}
	}
	return out
}

// Bounds of what a hostile file can make us say.
const (
	maxProblems = 100  // errors
	maxRemarks  = 2000 // conflicts, and open points
)

// sorted puts the problems in the order of the files given, and bounds them.
func (p Problems) sorted(files []File) Problems {
	order := map[string]int{}
	for i, f := range files {
		if _, ok := order[f.Name]; !ok {
			order[f.Name] = i
		}
	}
	slices.SortStableFunc(p, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(order[a.File], order[b.File]), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.What, b.What))
	})
	p = slices.Compact(p)
	out := make(Problems, 0, len(p))
	left := map[Class]int{ClassError: maxProblems, ClassConflict: maxRemarks, ClassOpen: maxRemarks}
	last := map[Class]int{} // place of the last that fits
	for _, q := range p {
		if left[q.Class]--; left[q.Class] >= 0 {
			last[q.Class] = len(out)
			out = append(out, q)
		}
	}
	for class, n := range left {
		if n < 0 {
			q := &out[last[class]]
			q.Code, q.Resolution, q.Assumed = "", "", false
			q.What, q.Fix = fmt.Sprintf("%d more problems from here on", 1-n), "repair those above first"
		}
	}
	return out
}

// code names a conflict or open point: its kind and the ids that it is about.
// An id that cannot be one is an error by itself and left out.
func code(kind string, ids ...string) string {
	for i, id := range ids {
		if id != AnyRole && !validID.MatchString(id) {
			ids[i] = "?"
		}
	}
	if len(ids) == 0 {
		return kind
	}
	return kind + ":" + strings.Join(ids, "/")
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
