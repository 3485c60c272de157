package ui

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"github.com/lensdop/lensdop/policy"
)

// Protocol is the page about the protocol itself: what its file leaves open,
// what people have attested, and what the rules about it find.
type Protocol struct {
	At          time.Time // in the time zone of the protocol
	Title       policy.Text
	ID, Version string
	AdoptedBy   string
	Adopted     policy.Date
	Problems    []FileProblem
	Findings    []ProtocolFinding // of the protocol as a whole, all of them
}

// FileProblem is a conflict or an open point of the protocol file.
type FileProblem struct {
	Class     string // conflict, open
	Line      int
	What, Fix string // in English
	// Resolution is what the file says about a conflict; empty if nothing.
	Resolution string
	// Assumed tells that nobody decided the resolution: the file proposes it.
	Assumed bool
}

// ProtocolFinding is a finding about the protocol as a whole.
type ProtocolFinding struct {
	Finding

	Owner       policy.Text // role that must act; may be empty
	Due         time.Time   // zero: none
	Undelivered bool        // nothing here gathers the facts that it needs
	WaivedUntil policy.Date
}

// Groups of findings on the page, in its order.
const (
	groupWrong       = "wrong"       // fails, is expired or cannot be judged
	groupUnproven    = "unproven"    // nobody has shown it
	groupAttested    = "attested"    // a person declared it
	groupFine        = "fine"        // shown
	groupUndelivered = "undelivered" // cannot be told with this installation
	groupNotAsked    = "not-asked"   // the protocol does not ask for it
)

// ProtocolGroup is one group of findings.
type ProtocolGroup struct {
	Name     string
	Findings []ProtocolFinding
}

// Groups sorts the findings into what needs a person and what does not.
func (p Protocol) Groups() []ProtocolGroup {
	by := map[string][]ProtocolFinding{}
	for _, f := range p.Findings {
		name := groupUnproven
		switch {
		case f.Undelivered:
			name = groupUndelivered
		case f.Status == "pass":
			name = groupFine
		case f.Status == "attested":
			name = groupAttested
		case f.Status == "not-applicable":
			name = groupNotAsked
		case f.Status == "fail" || f.Status == "expired" || f.Status == "error":
			name = groupWrong
		default:
		}
		by[name] = append(by[name], f)
	}
	var out []ProtocolGroup
	for _, name := range []string{groupWrong, groupUnproven, groupAttested, groupFine, groupUndelivered, groupNotAsked} {
		list := by[name]
		if len(list) == 0 {
			continue
		}
		slices.SortStableFunc(list, func(a, b ProtocolFinding) int {
			return cmp.Or(severityPlace(a.Severity)-severityPlace(b.Severity), due(a).Compare(due(b)))
		})
		out = append(out, ProtocolGroup{Name: name, Findings: list})
	}
	return out
}

func severityPlace(s string) int {
	return slices.Index([]string{"critical", "high", "medium", "low"}, s)
}

// due puts what has no date behind what has one.
func due(f ProtocolFinding) time.Time {
	if f.Due.IsZero() {
		return time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return f.Due
}

// Open lists what the source does not say.
func (p Protocol) Open() []FileProblem { return p.class("open") }

// Conflicts lists those without a resolution.
func (p Protocol) Conflicts() []FileProblem {
	return slices.DeleteFunc(p.class("conflict"), func(f FileProblem) bool { return f.Resolution != "" })
}

// Settled lists the conflicts whose resolution the file names and somebody
// decided.
func (p Protocol) Settled() []FileProblem {
	return slices.DeleteFunc(p.class("conflict"), func(f FileProblem) bool { return f.Resolution == "" || f.Assumed })
}

// Proposed lists the conflicts whose resolution is the file's own proposal.
func (p Protocol) Proposed() []FileProblem {
	return slices.DeleteFunc(p.class("conflict"), func(f FileProblem) bool { return f.Resolution == "" || !f.Assumed })
}

func (p Protocol) class(name string) []FileProblem {
	var out []FileProblem
	for _, f := range p.Problems {
		if f.Class == name {
			out = append(out, f)
		}
	}
	return out
}

func (h *handler) protocol(v *visit) error {
	p, err := h.Service.Protocol(v.ctx(), v.who)
	if err != nil {
		return err
	}
	v.page.Title, v.page.Current, v.page.Data = v.page.T("protocol"), "protocol", p
	h.render(v, http.StatusOK, "protocol")
	return nil
}

// document is the protocol as a text to put beside the paper.
func (h *handler) document(v *visit) error {
	b, err := h.Service.Document(v.ctx(), v.page.Lang)
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "text/markdown; charset=utf-8")
	v.w.Header().Set("Content-Disposition", `attachment; filename="protocol-`+v.page.Lang+`.md"`)
	_, err = v.w.Write(b)
	return err
}

// export is the list of all findings for other programs.
func (h *handler) export(v *visit) error {
	format := v.r.PathValue("format")
	kind := map[string]string{"findings.csv": "text/csv; charset=utf-8", "findings.json": "application/json", "assessment.json": "application/json"}[format]
	if kind == "" {
		return ErrNotFound
	}
	b, err := h.Service.Export(v.ctx(), v.who, format, v.page.Lang)
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", kind)
	v.w.Header().Set("Content-Disposition", `attachment; filename="`+format+`"`)
	_, err = v.w.Write(b)
	return err
}
