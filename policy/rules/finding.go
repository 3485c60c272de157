// Package rules owns the judgement: one pure function per rule turns facts
// into findings. It asks no device, keeps no state and knows no clock; what
// could not be checked is unproven, never passed.
package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lensdop/lensdop/policy"
)

// Status of a finding.
type Status string

// The statuses, from good to bad in the order of Worst.
const (
	Pass          Status = "pass"
	NotApplicable Status = "not-applicable"
	Attested      Status = "attested" // a person declared it; never shown as a pass
	Expired       Status = "expired"  // an attestation is too old
	Unproven      Status = "unproven" // could not be checked
	Fail          Status = "fail"
	Error         Status = "error" // the rule itself could not be evaluated
)

// OK tells that nothing needs a person.
func (s Status) OK() bool { return s == Pass || s == NotApplicable || s == Attested }

// Severity of a finding that is not OK.
type Severity string

// The severities.
const (
	Critical Severity = "critical"
	High     Severity = "high"
	Medium   Severity = "medium"
	Low      Severity = "low"
)

// Finding is the outcome of one rule for one target.
type Finding struct {
	// ID is made of rule, aspect and target only, so that the same matter has
	// the same id at every check.
	ID       string      `json:"id"`
	Rule     string      `json:"rule"`
	Protocol ProtocolRef `json:"protocol"`
	Target   Target      `json:"target"`
	Status   Status      `json:"status"`
	Severity Severity    `json:"severity"`
	Title    policy.Text `json:"title"`
	// Text says what, where, since when, with numbers.
	Text   policy.Text `json:"text"`
	Why    Why         `json:"why"`
	Remedy policy.Text `json:"remedy,omitzero"` // empty if nothing needs doing
	// Evidence holds numbers and words, never pictures or card numbers.
	Evidence []Evidence `json:"evidence,omitempty"`
	// Since is from when the matter is known to hold; zero if that is not known.
	Since time.Time `json:"since,omitzero"`
	At    time.Time `json:"at"` // of the evaluation
	// FirstSeen and LastSeen bound the evaluations at which it had this status;
	// Resolved is when it became OK again. Whoever stores findings fills them (Follow).
	FirstSeen time.Time `json:"first_seen,omitzero"`
	LastSeen  time.Time `json:"last_seen,omitzero"`
	Resolved  time.Time `json:"resolved_at,omitzero"`
	Method    Method    `json:"method,omitempty"`
	Owner     string    `json:"owner,omitempty"` // role that must act
	Due       time.Time `json:"due,omitzero"`    // by when
	// DueSoon tells of an attestation in force that must be made again by Due.
	DueSoon bool `json:"due_soon,omitempty"`
	// Undelivered tells that it is unproven because no part of this
	// installation gathers the facts that the rule needs: nothing was lost.
	Undelivered bool `json:"undelivered,omitempty"`
	// Waiver in force, if any. The status stays what it is.
	Waiver *WaivedBy `json:"waiver,omitempty"`
}

// WaivedBy is the waiver under which a finding stands.
type WaivedBy struct {
	ID            string      `json:"id"`
	Justification string      `json:"justification"`
	ApprovedBy    []string    `json:"approved_by"`
	Expires       policy.Date `json:"expires"`
}

// ProtocolRef is the protocol that a finding was judged by.
type ProtocolRef struct {
	ID      string `json:"id"`
	Version string `json:"version"`
}

// Target is what a finding is about.
type Target struct {
	Site   string `json:"site"`
	Device string `json:"device,omitempty"` // endpoint or address
	Camera string `json:"camera,omitempty"`
	Reader string `json:"reader,omitempty"` // id, or port if unregistered
	Path   string `json:"path,omitempty"`   // the path that decided; not part of the finding's id
	Zone   string `json:"zone,omitempty"`   // of a mask
	// Subject is what else it is about: a store, sign, processing, request, role.
	Subject string `json:"subject,omitempty"`
}

// Why tells why a finding matters.
type Why struct {
	// Rules are the ids in the catalogue, the finding's own first.
	Rules []string `json:"rules"`
	// Article of the protocol that the rule rests on.
	Article string      `json:"article,omitempty"`
	Norm    policy.Text `json:"norm"`
}

// String reads "REG-1, HID-1; Art. 1".
func (w Why) String() string {
	s := strings.Join(w.Rules, ", ")
	if w.Article != "" {
		s += "; " + w.Article
	}
	return s
}

// Evidence is one thing that was seen.
type Evidence struct {
	Kind      string             `json:"kind"` // network, view, text, stream, setting, scan, line, occasion, firmware
	Path      string             `json:"path,omitempty"`
	Value     string             `json:"value"`
	Numbers   map[string]float64 `json:"numbers,omitempty"`
	Collected time.Time          `json:"collected,omitzero"`
	Expires   time.Time          `json:"expires,omitzero"` // when it no longer says anything about now
	Hash      policy.Hash        `json:"hash,omitempty"`   // of the document behind it
}

// OK tells that the finding needs no person: its status is OK, or nothing
// here gathers its facts. A waived finding is not OK.
func (f Finding) OK() bool { return f.Status.OK() || f.Undelivered }

// rank orders findings by how much they need a person. What nobody gathers
// facts for comes after all that does, and what is waived after what is not.
func (f Finding) rank() int {
	const each = 3 // room for what is undelivered below every status, and for waived below not
	switch {
	case f.Undelivered:
		return each * statusRank(Expired)
	case f.Waiver != nil:
		return each*statusRank(f.Status) + 1
	default:
		return each*statusRank(f.Status) + 2
	}
}

func statusRank(s Status) int {
	return slices.Index([]Status{Pass, NotApplicable, Attested, Expired, Unproven, Fail, Error}, s)
}

func severityRank(s Severity) int {
	return slices.Index([]Severity{Low, Medium, High, Critical}, s)
}

// Worst returns the finding that most needs a person: errors before fails
// before what is unproven, and among these those without a waiver first, then
// by severity. What is undelivered comes after them. It is false for none.
func Worst(list []Finding) (Finding, bool) {
	if len(list) == 0 {
		return Finding{}, false
	}
	return slices.MaxFunc(list, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), cmp.Compare(severityRank(a.Severity), severityRank(b.Severity)))
	}), true
}

// OK tells that everything that is checked here complies: every finding
// passes, is attested, does not apply or is undelivered, and something was
// checked: no findings at all are not OK, nor is a list in which rules are
// undelivered and nothing passes or is attested. How much is undelivered Count
// tells.
//
// A fail under a waiver is not OK: the protocol is broken all the same, two
// people only took it upon themselves for a while.
func OK(list []Finding) bool {
	t := Count(list)
	if t.Open > 0 || t.Waived > 0 {
		return false
	}
	if t.Undelivered > 0 {
		return t.Pass > 0 || t.Attested > 0
	}
	return len(list) > 0
}

// Tally counts findings by what they ask of people. Every finding is in
// exactly one of the counts.
type Tally struct {
	Pass          int `json:"pass"`
	NotApplicable int `json:"not_applicable"`
	Attested      int `json:"attested"`
	Open          int `json:"open"`        // needs a person
	Waived        int `json:"waived"`      // needs one when the waiver ends
	Undelivered   int `json:"undelivered"` // nothing here gathers its facts
	// NotChecked lists the rules of which everything is undelivered, each once.
	NotChecked []string `json:"not_checked,omitempty"`
}

// Count counts findings.
func Count(list []Finding) Tally {
	var t Tally
	checked := map[string]bool{}
	for _, f := range list {
		if !f.Undelivered && f.Status != NotApplicable {
			checked[f.Rule] = true
		}
		switch {
		case f.Undelivered:
			t.Undelivered++
		case f.Status == Pass:
			t.Pass++
		case f.Status == NotApplicable:
			t.NotApplicable++
		case f.Status == Attested:
			t.Attested++
		case f.Waiver != nil:
			t.Waived++
		default:
			t.Open++
		}
	}
	for _, f := range list {
		if f.Undelivered && !checked[f.Rule] && !slices.Contains(t.NotChecked, f.Rule) {
			t.NotChecked = append(t.NotChecked, f.Rule)
		}
	}
	return t
}

// Exit codes of commands that check.
const (
	ExitOK      = 0
	ExitFinding = 3
)

// ExitCode is ExitOK if OK, else ExitFinding, also if all that is left is waived:
// a script that only looks at the code must not take a waived fail for
// compliance. Commands print beside it what Count tells is waived, and which
// rules are not checked here.
func ExitCode(list []Finding) int {
	if OK(list) {
		return ExitOK
	}
	return ExitFinding
}

// say formats the same text in three languages. An argument that is itself a
// text is put in each in its own language; a date that is not there, or what is
// unstated, as unknown.
func say(nl, fr, en string, args ...any) policy.Text {
	in := func(lang, format string) string {
		own := make([]any, len(args))
		for i, a := range args {
			own[i] = a
			if d, ok := a.(policy.Date); ok && d.IsZero() || a == unstated {
				a = unknown()
			}
			if d, ok := a.(policy.Duration); ok {
				a = period(d)
			}
			if t, ok := a.(policy.Text); ok {
				own[i] = t.In(lang)
			}
		}
		return fmt.Sprintf(format, own...)
	}
	return policy.Text{NL: in("nl", nl), FR: in("fr", fr), EN: in("en", en)}
}

// unstated is a value that is not there, where only a string can stand.
const unstated = "?"

// unknown stands in a sentence for a value that is not there.
func unknown() policy.Text { return policy.Text{NL: "onbekend", FR: "inconnu", EN: "unknown"} }
