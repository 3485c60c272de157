// Package policy owns the written protocol as a value: what the file says, what
// was decided, and what must therefore be covered at an instant. It is pure:
// no clock, no file, no network. Doubt about the clock is the agent's.
package policy

import (
	"time"
)

// Decision is a dated order to cover, taken by a person under the protocol
// (seed: Heusden art. 5). It is signed on the wire (wire.TypeDecision).
type Decision struct {
	ID string `json:"id"`
	// Site that it is for; a decision never reaches beyond one site.
	Site string `json:"site"`
	// Template of the protocol that it follows; empty for a one-off window.
	Template string `json:"template,omitempty"`
	// Cameras chosen one by one. Empty means: with a template, every camera
	// whose view includes one of its zones; without one, every camera of the site.
	Cameras []string `json:"cameras,omitempty"`
	// From is the first covered instant.
	From time.Time `json:"from"`
	// Until is the first uncovered instant. Zero is allowed only with a
	// template whose end is a person's release (rule BLK-1, invariant 11).
	Until time.Time `json:"until,omitzero"`
	// EarliestRelease is when a release may take effect, for a window without Until.
	EarliestRelease time.Time `json:"earliest_release,omitzero"`
	Reason          string    `json:"reason"`
	By              string    `json:"by"`   // account that decided
	Role            string    `json:"role"` // role under which it decided
	At              time.Time `json:"at"`
}

// Release ends a decision, early or not: it is always a loosening. It is
// signed on the wire (wire.TypeRelease).
type Release struct {
	ID        string    `json:"id"`
	Decision  string    `json:"decision"`
	At        time.Time `json:"at"` // from when it holds
	By        string    `json:"by"`
	Role      string    `json:"role"`
	Statement string    `json:"statement"`
	// Vouched is "server" while the person's own key does not sign yet; proof
	// and UI then say "server-vouched".
	Vouched string `json:"vouched,omitempty"`
}

// Policy is a protocol with the decisions and releases that are in force under
// it. It is a value that answers by itself; for many questions make a Plan.
type Policy struct {
	Protocol  *Protocol
	Decisions []Decision
	Releases  []Release
	// Elsewhere is what another party computed from the same protocol and
	// decisions with its own time-zone data (see Computed). CoverAt covers what
	// either side covers (invariant 10): for a recurring window or a window
	// after a template that is known here, and as far as the other side's
	// instants lie within three hours of ours. What lies further off, or belongs
	// to no such window, covers nothing, since nobody decided it; Differences
	// tells it. A release ends a window whatever the other side says of an open end.
	Elsewhere []Interval
}
