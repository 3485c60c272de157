package policy

import "time"

// Origin tells where a block of the protocol comes from. Every block may carry
// one: what has neither is the municipality's own word without an article.
type Origin struct {
	// Ref is the article of the written protocol.
	Ref string `yaml:"ref" json:"ref,omitempty"`
	// Basis marks what the written protocol does not say itself.
	Basis Basis `yaml:"basis" json:"basis,omitzero"`
	// Note explains the entry to people who compare it with the paper.
	Note string `yaml:"note" json:"note,omitempty"`
}

// Protocol is a camera protocol as a file: what hangs where, what it may see,
// how long it is kept, who may look, and what must be covered when. It is a
// value: Parse fills it and nothing changes it afterwards.
type Protocol struct {
	Origin

	APIVersion string   `yaml:"apiVersion" json:"apiVersion"` // "lensdop/v1"
	Kind       string   `yaml:"kind" json:"kind"`             // "Protocol"
	Metadata   Metadata `yaml:"metadata" json:"metadata"`

	// What is processed, and under which rules.
	Guidelines []Guideline  `yaml:"guidelines" json:"guidelines,omitempty"`
	Processing []Processing `yaml:"processing" json:"processing"`
	Holds      []Hold       `yaml:"holds" json:"holds,omitempty"`

	// Who may do what.
	Roles       []Role       `yaml:"roles" json:"roles"`
	Permissions []Permission `yaml:"permissions" json:"permissions,omitempty"`
	AccessFlow  []AccessStep `yaml:"access_flow" json:"access_flow,omitempty"`
	Discretion  Discretion   `yaml:"discretion" json:"discretion,omitzero"`
	LiveView    string       `yaml:"live_view" json:"live_view,omitempty"` // Allowed or Denied where a site does not say; Denied unless the file says otherwise
	Security    Security     `yaml:"security" json:"security,omitzero"`
	Logging     Logging      `yaml:"logging" json:"logging,omitzero"`
	Breach      Breach       `yaml:"breach" json:"breach,omitzero"`

	// Where, and with which devices.
	Sites          []Site         `yaml:"sites" json:"sites"`
	Devices        []Device       `yaml:"devices" json:"devices,omitempty"`
	CameraDefaults CameraDefaults `yaml:"camera_defaults" json:"camera_defaults,omitzero"`
	Cameras        []Camera       `yaml:"cameras" json:"cameras"`
	Readers        []Reader       `yaml:"readers" json:"readers"`
	Stores         []Store        `yaml:"stores" json:"stores,omitempty"`
	Buttons        []Button       `yaml:"buttons" json:"buttons,omitempty"`
	Discovery      Discovery      `yaml:"discovery" json:"discovery,omitzero"`

	// Who is told, who agreed, and what they can ask.
	Signs        []Sign       `yaml:"signs" json:"signs,omitempty"`
	Notices      []Notice     `yaml:"notices" json:"notices,omitempty"`
	WorksCouncil WorksCouncil `yaml:"works_council" json:"works_council,omitzero"`
	Registers    Registers    `yaml:"registers" json:"registers,omitzero"`
	Rights       Rights       `yaml:"rights" json:"rights,omitzero"`

	// Covering.
	Blackout  Blackout           `yaml:"blackout" json:"blackout"`
	Decisions []RecordedDecision `yaml:"decisions" json:"decisions,omitempty"`

	// What is checked, what is declared, and who hears of it.
	Rules             RuleChoice        `yaml:"rules" json:"rules,omitzero"`
	Attestations      []Attestation     `yaml:"attestations" json:"attestations,omitempty"`
	Waivers           []Waiver          `yaml:"waivers" json:"waivers,omitempty"`
	Conflicts         []Conflict        `yaml:"conflicts" json:"conflicts,omitempty"`
	Alerts            Alerts            `yaml:"alerts" json:"alerts"`
	AgentRestrictions AgentRestrictions `yaml:"agent_restrictions" json:"agent_restrictions"`

	locations map[string]*time.Location // by site, the protocol's own under ""; filled by Parse
	// recurrences are the days of recurring windows, by Recurring.days.
	recurrences map[string]*recurrence
	written     map[string]bool // paths that a file says itself; filled by Parse
	consentsAt  []position      // where each consent stands; filled by Parse
}

// The only values of apiVersion and kind.
const (
	APIVersion   = "lensdop/v1"
	KindProtocol = "Protocol"
)

// Jurisdictions whose ceilings are known.
const (
	JurisdictionNL = "NL"
	JurisdictionBE = "BE"
)

// Words for what may happen, wherever the protocol says only that.
const (
	Allowed = "allowed"
	Denied  = "denied"
)

// Text is a text in the languages of the user interface.
type Text struct {
	NL string `yaml:"nl" json:"nl,omitempty"`
	FR string `yaml:"fr" json:"fr,omitempty"`
	EN string `yaml:"en" json:"en,omitempty"`
}

// In returns the text in a language ("nl", "fr", "en"), or else in the first
// language that has it.
func (t Text) In(lang string) string {
	want := map[string]string{"nl": t.NL, "fr": t.FR, "en": t.EN}[lang]
	for _, s := range []string{want, t.NL, t.EN, t.FR} {
		if s != "" {
			return s
		}
	}
	return ""
}

// Metadata identifies a protocol and its version.
type Metadata struct {
	Origin

	ID           string      `yaml:"id" json:"id"`
	Version      string      `yaml:"version" json:"version"`
	Title        Text        `yaml:"title" json:"title"`
	Jurisdiction string      `yaml:"jurisdiction" json:"jurisdiction"` // NL or BE
	Timezone     string      `yaml:"timezone" json:"timezone"`         // IANA name, of every site without its own
	Adopted      Adopted     `yaml:"adopted" json:"adopted,omitzero"`
	Published    Dated       `yaml:"published" json:"published,omitzero"`
	Effective    Effective   `yaml:"effective" json:"effective,omitzero"`
	Supersedes   []Earlier   `yaml:"supersedes" json:"supersedes,omitempty"` // rule GOV-2
	DerivedFrom  DerivedFrom `yaml:"derived_from" json:"derived_from,omitzero"`
	// Document is the written protocol that this file puts in a machine's words.
	Document Document `yaml:"document" json:"document,omitzero"`
	// Law lists what the written protocol rests on (rule catalogue, conflict 18).
	Law           []Law          `yaml:"law" json:"law,omitempty"`
	Consultations []Consultation `yaml:"consultations" json:"consultations,omitempty"` // rule CON-10
	// Unforeseen tells who decides what the protocol does not foresee (rule GOV-1).
	Unforeseen Unforeseen `yaml:"unforeseen" json:"unforeseen,omitzero"`
}

// Adopted tells who adopted the protocol and when.
type Adopted struct {
	Origin

	By   string `yaml:"by" json:"by,omitempty"`
	Date Date   `yaml:"date" json:"date,omitzero"`
}

// Dated is something that happened on a date.
type Dated struct {
	Origin

	Date Date `yaml:"date" json:"date,omitzero"`
}

// Effective tells from when the protocol holds.
type Effective struct {
	Origin

	Rule string `yaml:"rule" json:"rule,omitempty"` // in words, such as first-day-after-publication
	Date Date   `yaml:"date" json:"date,omitzero"`
}

// Earlier is a protocol that this one withdraws.
type Earlier struct {
	Origin

	ID      string `yaml:"id" json:"id"`
	Title   string `yaml:"title" json:"title,omitempty"`
	Adopted Date   `yaml:"adopted" json:"adopted,omitzero"`
}

// DerivedFrom names the protocol that this one was made after. Its articles
// are then what `ref` points at.
type DerivedFrom struct {
	Origin

	ID    string `yaml:"id" json:"id,omitempty"`
	Title Text   `yaml:"title" json:"title,omitzero"`
}

// Document is a document outside this file, told from any other by its hash.
type Document struct {
	Origin

	Name   string `yaml:"name" json:"name,omitempty"`
	SHA256 Hash   `yaml:"sha256" json:"sha256,omitempty"`
}

// Law is one act, decree or recommendation.
type Law struct {
	Origin

	ID        string `yaml:"id" json:"id"`
	Text      string `yaml:"text" json:"text"`
	AppliesTo string `yaml:"applies_to" json:"applies_to,omitempty"`
	Status    string `yaml:"status" json:"status,omitempty"`           // in-force unless the file says otherwise; inspiration, replaced
	Until     Date   `yaml:"valid_until" json:"valid_until,omitzero"`  // first day on which it no longer holds
	Successor string `yaml:"replaced_by" json:"replaced_by,omitempty"` // id of another entry, or words
}

// Standings of a Law.
const (
	LawInForce     = "in-force"
	LawInspiration = "inspiration"
	LawReplaced    = "replaced"
)

// Consultation is one body or group that was asked before the adoption.
type Consultation struct {
	Origin

	Body    string `yaml:"body" json:"body"` // dpo, works-council, committee, staff or another word
	Kind    string `yaml:"kind" json:"kind,omitempty"`
	Outcome string `yaml:"outcome" json:"outcome,omitempty"`
	// Date of the answer; From and Until bound a period in which staff could remark.
	Date    Date `yaml:"date" json:"date,omitzero"`
	From    Date `yaml:"from" json:"from,omitzero"`
	Until   Date `yaml:"until" json:"until,omitzero"` // last day
	Remarks *int `yaml:"remarks" json:"remarks,omitempty"`
}

// Unforeseen tells who decides what the protocol does not foresee.
type Unforeseen struct {
	Origin

	Decider string `yaml:"decider" json:"decider,omitempty"` // role
}

// Guideline is a guideline that the municipality takes as its own. Rules that
// stand only in a guideline bind whoever adopted it.
type Guideline struct {
	Origin

	ID    string `yaml:"id" json:"id"` // one of the Guideline ids, or another
	Title string `yaml:"title" json:"title,omitempty"`
}

// The guidelines that rules of the catalogue were drawn from.
const (
	GuidelinePoliceUnion  = "police-union"  // seed: NSPV guideline (BE)
	GuidelineHR           = "hr-article"    // seed: HR do's and don'ts (NL)
	GuidelineWorksCouncil = "works-council" // seed: works-council article (NL)
)

// AgentRestrictions repeats in the protocol what the agent never does.
type AgentRestrictions struct {
	Origin

	StoreFrames  string   `yaml:"store_frames" json:"store_frames,omitempty"` // only "never"
	ShowFramesTo []string `yaml:"show_frames_to" json:"show_frames_to,omitempty"`
}

// Alerts routes findings to roles, and roles to addresses.
type Alerts struct {
	Origin

	Critical  []string            `yaml:"critical" json:"critical,omitempty"`
	High      []string            `yaml:"high" json:"high,omitempty"`
	Medium    []string            `yaml:"medium" json:"medium,omitempty"`
	Low       []string            `yaml:"low" json:"low,omitempty"`
	Addresses map[string][]string `yaml:"addresses" json:"addresses,omitempty"` // role to e-mail addresses
}
