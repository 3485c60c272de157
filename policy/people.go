package policy

// Role is a function in which people act under the protocol. Who holds it is
// the server's register, not the protocol's.
type Role struct {
	Origin

	ID    string `yaml:"id" json:"id"`
	Name  Text   `yaml:"name" json:"name"`
	Scope string `yaml:"scope" json:"scope,omitempty"` // ScopeOwnSite, ScopeAll, ScopeAggregate, ScopeOwnButton
	// Nominative tells that its holders are listed by name in a register (rule ACC-4).
	Nominative  bool     `yaml:"nominative" json:"nominative,omitempty"`
	ReviewEvery Duration `yaml:"review_every" json:"review_every,omitzero"`
}

// Scopes of a role.
const (
	ScopeOwnSite   = "own-site"
	ScopeAll       = "all"
	ScopeAggregate = "aggregate-only" // sums and counts, nothing of a single person
	ScopeOwnButton = "own-button"     // starts a recording, sees none
)

// AnyRole stands for every role that no other permission names.
const AnyRole = "*"

// Permission tells what a role may do and what it may not.
type Permission struct {
	Origin

	Role  string   `yaml:"role" json:"role"`             // id of a role, or AnyRole
	Allow []string `yaml:"allow" json:"allow,omitempty"` // verbs
	Deny  []string `yaml:"deny" json:"deny,omitempty"`   // verbs; what is neither allowed nor denied is denied
	// Require lists what every use needs: incident, reason, ground, case, approval, other-means.
	Require    []string `yaml:"require" json:"require,omitempty"`
	ApprovedBy string   `yaml:"approved_by" json:"approved_by,omitempty"` // role, with approval
	Via        string   `yaml:"via" json:"via,omitempty"`                 // role that carries it out
	Sites      []string `yaml:"sites" json:"sites,omitempty"`             // none means all within the role's scope
}

// Verbs of a permission.
const (
	VerbConfigure = "configure"
	VerbHealth    = "health"
	VerbLive      = "live"
	VerbSearch    = "search"
	VerbPlayback  = "playback"
	VerbRetrieve  = "retrieve" // fetch recordings for somebody else
	VerbExport    = "export"
	VerbApprove   = "approve"
	VerbRequest   = "request"
	VerbHold      = "hold"
	VerbAudit     = "audit"
	VerbSummary   = "audit-summary"
)

// Verbs lists what a permission can speak of.
func Verbs() []string {
	return []string{VerbConfigure, VerbHealth, VerbLive, VerbSearch, VerbPlayback, VerbRetrieve, VerbExport, VerbApprove, VerbRequest, VerbHold, VerbAudit, VerbSummary}
}

// SeesPictures tells that a verb shows recordings or live pictures, or lets them be heard.
func SeesPictures(verb string) bool {
	switch verb {
	case VerbLive, VerbSearch, VerbPlayback, VerbExport, VerbRetrieve:
		return true
	default:
		return false
	}
}

// Needs of a permission.
const (
	NeedIncident   = "incident"
	NeedReason     = "reason"
	NeedGround     = "ground" // an id under the processing's consultation
	NeedCase       = "case"
	NeedApproval   = "approval"
	NeedOtherMeans = "other-means" // which other means were tried (rule ACC-9)
	NeedAuthority  = "authority-document"
)

// Needs lists what a permission can require.
func Needs() []string {
	return []string{NeedIncident, NeedReason, NeedGround, NeedCase, NeedApproval, NeedOtherMeans, NeedAuthority}
}

// AccessStep is one step of how recordings are consulted.
type AccessStep struct {
	Origin

	Step     string   `yaml:"step" json:"step"`       // request, approve, retrieve, log, inform
	By       []string `yaml:"by" json:"by,omitempty"` // roles
	Needs    []string `yaml:"needs" json:"needs,omitempty"`
	MaxAge   Duration `yaml:"max_age" json:"max_age,omitzero"` // of the approval
	FourEyes bool     `yaml:"four_eyes" json:"four_eyes,omitempty"`
	Into     string   `yaml:"into" json:"into,omitempty"` // register that the step is written to
}

// Discretion is the duty of those who see recordings (rule ACC-7).
type Discretion struct {
	Origin

	Roles []string `yaml:"roles" json:"roles,omitempty"`
	Proof string   `yaml:"proof" json:"proof,omitempty"` // signed-statement, or other words
}

// Security tells who secures the recordings, and how (rule SEC-1).
type Security struct {
	Origin

	Owner    string   `yaml:"owner" json:"owner,omitempty"` // role
	Measures []string `yaml:"measures" json:"measures,omitempty"`
}

// Logging tells what is kept of who looked (rules ACC-6, LOG-1).
type Logging struct {
	Origin

	AccessLog    AccessLog    `yaml:"access_log" json:"access_log,omitzero"`
	YearlyReport YearlyReport `yaml:"yearly_report" json:"yearly_report,omitzero"`
}

// AccessLog is the log of every consultation.
type AccessLog struct {
	Origin

	Every     bool     `yaml:"every_consultation" json:"every_consultation,omitempty"`
	Into      string   `yaml:"into" json:"into,omitempty"`
	Fields    []string `yaml:"fields" json:"fields,omitempty"`
	Retention Duration `yaml:"retention" json:"retention,omitzero"`
	Tamper    bool     `yaml:"tamper_evident" json:"tamper_evident,omitempty"`
}

// YearlyReport is what a consultation body gets of the access log each year.
type YearlyReport struct {
	Origin

	To  []string `yaml:"to" json:"to,omitempty"`
	Due string   `yaml:"due" json:"due,omitempty"` // in words
	// By is the day of the year by which it was sent, as in "--01-31"; empty means the end of January.
	By   string `yaml:"by" json:"by,omitempty"`
	Last Date   `yaml:"last" json:"last,omitzero"` // when the last one was sent
}

// Breach is what the protocol says of unlawful use (rule LOG-2).
type Breach struct {
	Origin

	Text string `yaml:"text" json:"text,omitempty"`
}

// Sign tells people of the cameras where they enter (rules SIGN-1, SIGN-2).
type Sign struct {
	Origin

	ID    string    `yaml:"id" json:"id"`
	Site  string    `yaml:"site" json:"site"`
	At    string    `yaml:"at" json:"at"`                 // entrance, in words
	Model string    `yaml:"model" json:"model,omitempty"` // royal decree or own design
	Size  []float64 `yaml:"size" json:"size,omitempty"`   // width and height in metres
	// Bounded tells whether a building bounds the entrance: then the royal
	// decree asks a smaller pictogram. Absent means that the file does not say.
	Bounded *bool `yaml:"bounded" json:"bounded,omitempty"`
	// States lists what it says; the first layer of EDPB 3/2019, or the royal decree's list.
	States []string  `yaml:"states" json:"states,omitempty"`
	Hung   Date      `yaml:"hung" json:"hung,omitzero"` // since when this text hangs
	Proof  SignProof `yaml:"proof" json:"proof,omitzero"`
}

// SignProof tells how it is shown that a sign hangs.
type SignProof struct {
	Origin

	Kind   string   `yaml:"kind" json:"kind,omitempty"`     // qr, marker, photo
	Verify []string `yaml:"verify" json:"verify,omitempty"` // camera-sees-marker, phone-scan
	MaxAge Duration `yaml:"max_age" json:"max_age,omitzero"`
}

// Notice tells a group of people of the processing (rules NOT-1 to NOT-5, CALL-2).
type Notice struct {
	Origin

	ID       string   `yaml:"id" json:"id"`
	Audience string   `yaml:"audience" json:"audience"` // employees, new-employees, callers, works-council, customers
	Channel  string   `yaml:"channel" json:"channel,omitempty"`
	When     string   `yaml:"when" json:"when,omitempty"` // before-effective, onboarding, before-call, at-once
	Within   Duration `yaml:"within" json:"within,omitzero"`
	Proof    string   `yaml:"proof" json:"proof,omitempty"` // attestation, receipt, test-call
	Every    Duration `yaml:"every" json:"every,omitzero"`
	Given    Date     `yaml:"given" json:"given,omitzero"` // when it was given
	Document Document `yaml:"document" json:"document,omitzero"`
}

// WorksCouncil is the body that consents or advises: ondernemingsraad in the
// Netherlands, committee or BOC in Belgium.
type WorksCouncil struct {
	Origin

	Body     string    `yaml:"body" json:"body,omitempty"`
	Consents []Consent `yaml:"consents" json:"consents,omitempty"`
	// ReconfirmOn lists the changes that make consent stale.
	ReconfirmOn []string `yaml:"reconfirm_on" json:"reconfirm_on,omitempty"`
	// AnnulWithin is how long after the decision it may annul (rule CON-6).
	AnnulWithin Duration `yaml:"annul_within" json:"annul_within,omitzero"`
	// EvaluateAfter is when the first evaluation is due, after first use (rule CON-9).
	EvaluateAfter Duration `yaml:"evaluate_after" json:"evaluate_after,omitzero"`
}

// Consent is one consent or advice of the works council, on what it covered.
type Consent struct {
	Origin

	ID      string `yaml:"id" json:"id"`
	Kind    string `yaml:"kind" json:"kind"` // ConsentGiven, ConsentAdvice, ConsentNegotiation
	Outcome string `yaml:"outcome" json:"outcome,omitempty"`
	// Given false means that it was withheld. Absent means that the source does not say.
	Given    *bool    `yaml:"given" json:"given,omitempty"`
	Date     Date     `yaml:"date" json:"date,omitzero"`
	Document Document `yaml:"document" json:"document,omitzero"`
	// Processings that it is about; none means all but the checker's, which
	// came after the protocol and is named if it was consented to.
	Processings []string      `yaml:"processings" json:"processings,omitempty"`
	Covers      ConsentCovers `yaml:"covers" json:"covers,omitzero"`
	Annulled    Date          `yaml:"annulled" json:"annulled,omitzero"` // rule HLD-2
}

// Kinds of a Consent (rule catalogue, conflict 11).
const (
	ConsentGiven       = "consent" // instemming
	ConsentAdvice      = "advice"
	ConsentNegotiation = "negotiation"
)

// ConsentCovers holds, for each point that a consent weighs, the hash of what
// the protocol said of it then: what ConsentHashes computes. A point whose hash
// is another now has changed since (rule CON-3).
type ConsentCovers struct {
	Origin

	Purpose   Hash `yaml:"purpose" json:"purpose,omitempty"`
	Access    Hash `yaml:"access" json:"access,omitempty"`
	Retention Hash `yaml:"retention" json:"retention,omitempty"`
	OtherUse  Hash `yaml:"other_use" json:"other_use,omitempty"` // when data may serve another purpose
	Devices   Hash `yaml:"devices" json:"devices,omitempty"`     // cameras, readers, stores and where they are
}

// Registers that the law or the protocol demands.
type Registers struct {
	Origin

	Processing  Register    `yaml:"processing" json:"processing,omitzero"` // GDPR art. 30 (rule REG-4)
	Images      Register    `yaml:"images" json:"images,omitzero"`         // image processing, BE (rule REG-1)
	Declaration Declaration `yaml:"declaration" json:"declaration,omitzero"`
}

// Register is one register.
type Register struct {
	Origin

	Required bool   `yaml:"required" json:"required,omitempty"`
	Owner    string `yaml:"owner" json:"owner,omitempty"` // role
	Updated  Date   `yaml:"updated" json:"updated,omitzero"`
	Version  string `yaml:"version" json:"version,omitempty"` // of this protocol that it follows
}

// Declaration is the Belgian declaration of cameras to the police (rules REG-2, REG-3).
type Declaration struct {
	Origin

	System        string   `yaml:"system" json:"system,omitempty"`
	Owner         string   `yaml:"owner" json:"owner,omitempty"` // role
	Deadline      string   `yaml:"deadline" json:"deadline,omitempty"`
	Declared      Date     `yaml:"declared" json:"declared,omitzero"`
	Number        string   `yaml:"number" json:"number,omitempty"`
	ValidateEvery Duration `yaml:"validate_every" json:"validate_every,omitzero"`
	Validated     Date     `yaml:"validated" json:"validated,omitzero"` // last time
	UpdateOn      []string `yaml:"update_on" json:"update_on,omitempty"`
}

// Rights of the people whose data they are (rules DSR-1 to DSR-5).
type Rights struct {
	Origin

	Policy        string    `yaml:"policy" json:"policy,omitempty"` // document that holds them
	Channel       RightsWay `yaml:"channel" json:"channel,omitzero"`
	Access        Right     `yaml:"access" json:"access,omitzero"`
	Rectification Right     `yaml:"rectification" json:"rectification,omitzero"`
	Erasure       Right     `yaml:"erasure" json:"erasure,omitzero"`
	// Redact tells that others are made unrecognisable in what is handed over (EDPB 3/2019).
	Redact bool `yaml:"redact_others" json:"redact_others,omitempty"`
	// HoldRange tells that the requested range is kept while the clock runs (rule DSR-2).
	HoldRange bool `yaml:"hold_range" json:"hold_range,omitempty"`
}

// RightsWay is how a request is made.
type RightsWay struct {
	Origin

	To   string `yaml:"to" json:"to,omitempty"`     // role
	Form string `yaml:"form" json:"form,omitempty"` // written, simple-request
}

// Right is one right, with the time to answer.
type Right struct {
	Origin

	Deadline Duration `yaml:"deadline" json:"deadline,omitzero"`
	FulfilBy []string `yaml:"fulfil_by" json:"fulfil_by,omitempty"` // copy, viewing
	// Refusal "never" means that a request may not be refused (rule DSR-1).
	Refusal string `yaml:"refusal" json:"refusal,omitempty"`
}

// RuleChoice tells which rules of the catalogue do not bind here.
type RuleChoice struct {
	Origin

	Except []RuleException `yaml:"except" json:"except,omitempty"`
}

// RuleException takes one rule out, with its reason.
type RuleException struct {
	Origin

	Rule    string `yaml:"rule" json:"rule"`
	Because string `yaml:"because" json:"because"`
}

// Attestation is what a person declares because no machine can know it. Date
// and Document are of the last declaration; the register of the server may
// know a later one.
type Attestation struct {
	Origin

	Rule  string `yaml:"rule" json:"rule"`
	Text  string `yaml:"text" json:"text"`
	Owner string `yaml:"owner" json:"owner"` // role
	Site  string `yaml:"site" json:"site,omitempty"`
	// Every is the interval to declare again; Once means that it never expires.
	Every    Duration `yaml:"every" json:"every,omitzero"`
	Once     bool     `yaml:"once" json:"once,omitempty"`
	Date     Date     `yaml:"date" json:"date,omitzero"`
	Document Document `yaml:"document" json:"document,omitzero"`
	Expires  Date     `yaml:"expires" json:"expires,omitzero"` // first day on which it no longer holds, if earlier than Every says
}

// Waiver lets a finding stand for a while, seen and signed (rule catalogue §4.2).
type Waiver struct {
	Origin

	ID            string       `yaml:"id" json:"id"`
	Rule          string       `yaml:"rule" json:"rule"`
	Target        WaiverTarget `yaml:"target" json:"target,omitzero"`
	Justification string       `yaml:"justification" json:"justification"`
	ApprovedBy    []string     `yaml:"approved_by" json:"approved_by"` // two different roles
	Issued        Date         `yaml:"issued" json:"issued"`
	Expires       Date         `yaml:"expires" json:"expires"` // first day on which it no longer holds
}

// WaiverTarget narrows a waiver; what is empty is not narrowed.
type WaiverTarget struct {
	Origin

	Site   string `yaml:"site" json:"site,omitempty"`
	Camera string `yaml:"camera" json:"camera,omitempty"`
	Reader string `yaml:"reader" json:"reader,omitempty"`
	Zone   string `yaml:"zone" json:"zone,omitempty"`
	Store  string `yaml:"store" json:"store,omitempty"`
}

// Conflict names a contradiction of the source with itself or with the law, and
// how this file resolves it. Code is that of the problem that Check reports;
// a conflict that only people can see has none.
type Conflict struct {
	Origin

	ID       string `yaml:"id" json:"id"`
	Code     string `yaml:"code" json:"code,omitempty"`
	Text     string `yaml:"text" json:"text"`
	Resolve  string `yaml:"resolve" json:"resolve"`
	Severity string `yaml:"severity" json:"severity,omitempty"`
}
