package policy

// Obligations of a blackout.
const (
	ObligationMay  = "may"
	ObligationMust = "must"
	ObligationNone = "none" // the protocol has no such rule; windows outside templates are refused, too
)

// Blackout tells when whole pictures may or must be covered and who decides.
type Blackout struct {
	Origin

	Obligation string      `yaml:"obligation" json:"obligation,omitempty"`
	DecidedBy  []string    `yaml:"decided_by" json:"decided_by,omitempty"` // roles
	Reasons    []string    `yaml:"reasons" json:"reasons,omitempty"`
	Templates  []Template  `yaml:"templates" json:"templates,omitempty"`
	Windows    []Recurring `yaml:"windows" json:"windows,omitempty"`
	Proof      Proof       `yaml:"proof" json:"proof"`
	Limits     Limits      `yaml:"limits" json:"limits"`
	Uncovered  Reaction    `yaml:"uncovered" json:"uncovered,omitzero"` // a camera shows too much in a window
	Restored   Reaction    `yaml:"restored" json:"restored,omitzero"`   // a camera is still covered after a release (rule BLK-2)
}

// Template is a kind of window that the protocol foresees, an election for one.
// A window after a template never ends by itself (invariant 11).
type Template struct {
	Origin

	ID string `yaml:"id" json:"id"`
	// Enabled false keeps a template that nobody decided on out of use. Absent means true.
	Enabled *bool  `yaml:"enabled" json:"enabled,omitempty"`
	Name    Text   `yaml:"name" json:"name,omitzero"`
	Reason  string `yaml:"reason" json:"reason"`
	// LegalReason is shown to people beside the reason.
	LegalReason string `yaml:"legal_reason" json:"legal_reason,omitempty"`
	// Zones whose view must be covered; cameras that see none stay open.
	Zones           []string `yaml:"zones" json:"zones"`
	CoveredFrom     Clock    `yaml:"covered_from" json:"covered_from"`         // local time on the first day
	EarliestRelease Clock    `yaml:"earliest_release" json:"earliest_release"` // local time on the last day
	// Days is the largest number of civil days of one window; 1 unless the file says otherwise.
	Days      int      `yaml:"days" json:"days"`
	ReleaseBy []string `yaml:"release_by" json:"release_by"` // roles
	// Signatures is how many different people must release; 1 unless the file says otherwise.
	Signatures int `yaml:"signatures" json:"signatures"`
	// Statement is what the person who releases declares; empty means nothing.
	Statement Text `yaml:"statement" json:"statement,omitzero"`
	// AlsoBlock lists what may not be done with the window's time: live, playback, export.
	AlsoBlock []string `yaml:"also_block" json:"also_block,omitempty"`
	// PollingPlaces names the open data that lists polling places.
	PollingPlaces string `yaml:"polling_places" json:"polling_places,omitempty"`
}

// InUse tells whether decisions may follow the template.
func (t Template) InUse() bool { return t.Enabled == nil || *t.Enabled }

// Recurring is a window that the protocol itself sets, weekly or yearly. It
// begins and ends by the site's clock, without anybody's decision.
type Recurring struct {
	Origin

	ID   string `yaml:"id" json:"id"`
	Name Text   `yaml:"name" json:"name,omitzero"`
	// Sites, Zones and Cameras choose what is covered: the cameras named, or
	// those of the sites (all if none is named) whose view includes a zone
	// (every camera if none is named).
	Sites   []string `yaml:"sites" json:"sites,omitempty"`
	Zones   []string `yaml:"zones" json:"zones,omitempty"`
	Cameras []string `yaml:"cameras" json:"cameras,omitempty"`
	// Rule is a recurrence rule of RFC 5545 §3.3.10 that picks days: FREQ is
	// DAILY, WEEKLY, MONTHLY or YEARLY; BYHOUR and finer parts are refused.
	Rule string `yaml:"rule" json:"rule"`
	// First is the first day that can count (DTSTART).
	First Date `yaml:"first" json:"first"`
	// Last is the last day that can count; none means for ever.
	Last Date `yaml:"last" json:"last,omitzero"`
	// Except lists days on which the window does not begin (EXDATE).
	Except []Date `yaml:"except" json:"except,omitempty"`
	From   Clock  `yaml:"from" json:"from"` // local time of the first covered instant
	// Until is the local time of the first uncovered instant: the same day if
	// it is later than From, else the next day.
	Until Clock `yaml:"until" json:"until"`
}

// RecordedDecision is a dated decision of the municipality that the file
// records: on what the protocol does not foresee, or to cover on given days. A
// Decision, by contrast, is one that a person signs in Lensdop.
type RecordedDecision struct {
	Origin

	ID       string   `yaml:"id" json:"id"`
	Date     Date     `yaml:"date" json:"date"`
	By       string   `yaml:"by" json:"by"` // role
	Text     string   `yaml:"text" json:"text"`
	Document Document `yaml:"document" json:"document,omitzero"`
	// Waiver names the waiver that rests on it, if any (rule GOV-1).
	Waiver string `yaml:"waiver" json:"waiver,omitempty"`
	// Cover tells what it covers, if anything.
	Cover RecordedCover `yaml:"cover" json:"cover,omitzero"`
}

// RecordedCover is what such a decision covers: a template on a site, from its local
// time on the first day until a person releases.
type RecordedCover struct {
	Origin

	Template string `yaml:"template" json:"template,omitempty"`
	Site     string `yaml:"site" json:"site,omitempty"`
	First    Date   `yaml:"first" json:"first,omitzero"`
	Last     Date   `yaml:"last" json:"last,omitzero"` // the first day if absent
}

// IsSet tells that the decision covers something.
func (c RecordedCover) IsSet() bool { return c.Template != "" || c.Site != "" || !c.First.IsZero() }

// Proof tells how a window is proven.
type Proof struct {
	Origin

	SampleEvery Duration `yaml:"sample_every" json:"sample_every"` // PT10S unless the file says otherwise
	MaxGap      Duration `yaml:"max_gap" json:"max_gap"`           // PT60S unless the file says otherwise
	Checkpoint  Duration `yaml:"checkpoint" json:"checkpoint,omitzero"`
	ReportTo    []string `yaml:"report_to" json:"report_to,omitempty"` // roles, or words for others
}

// Limits of a window outside any template.
type Limits struct {
	Origin

	OneOff Duration `yaml:"one_off" json:"one_off"` // longest, PT24H unless the file says otherwise
	// Sites is how many sites one person may cover at once; more need a second person (invariant 3).
	Sites int `yaml:"sites" json:"sites,omitempty"`
}

// Reaction tells how fast somebody must hear of something.
type Reaction struct {
	Origin

	Within   Duration `yaml:"within" json:"within,omitzero"`
	Severity string   `yaml:"severity" json:"severity,omitempty"`
}
