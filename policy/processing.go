package policy

// Processing is one line of the record of processing activities (GDPR art. 30).
type Processing struct {
	Origin

	ID string `yaml:"id" json:"id"`
	// System is what kind of system it is; SystemCameras unless the file says otherwise.
	System string `yaml:"system" json:"system"`
	// Checker marks Lensdop itself. Without a processing so marked no stream
	// is opened (invariant 1).
	Checker    bool     `yaml:"checker" json:"checker,omitempty"`
	Name       Text     `yaml:"name" json:"name"`
	Controller string   `yaml:"controller" json:"controller,omitempty"`
	Processors []string `yaml:"processors" json:"processors,omitempty"`
	DPO        Contact  `yaml:"dpo" json:"dpo,omitzero"`
	// Place is the kind of place under the Belgian camera act: open, closed-public, closed-private.
	Place          string         `yaml:"place" json:"place,omitempty"`
	Purposes       []Purpose      `yaml:"purposes" json:"purposes"`
	Uses           []Use          `yaml:"uses" json:"uses,omitempty"`                 // what recordings may serve for
	Consultation   []Use          `yaml:"consultation" json:"consultation,omitempty"` // grounds on which recordings may be consulted
	ProhibitedUses []Purpose      `yaml:"prohibited_uses" json:"prohibited_uses,omitempty"`
	LegalBasis     LegalBasis     `yaml:"legal_basis" json:"legal_basis,omitzero"`
	DataSubjects   []string       `yaml:"data_subjects" json:"data_subjects,omitempty"`
	DataCategories DataCategories `yaml:"data_categories" json:"data_categories,omitzero"`
	Recording      Recording      `yaml:"recording" json:"recording,omitzero"`
	Storage        Storage        `yaml:"storage" json:"storage,omitzero"`
	Recipients     []Recipient    `yaml:"recipients" json:"recipients,omitempty"`
	Retention      Retention      `yaml:"retention" json:"retention,omitzero"`
	Viewable       Viewable       `yaml:"viewable" json:"viewable,omitzero"`
	Covert         Covert         `yaml:"covert" json:"covert,omitzero"`
	Subsidiarity   Subsidiarity   `yaml:"subsidiarity" json:"subsidiarity,omitzero"`
	Notify         Notify         `yaml:"notify" json:"notify,omitzero"`
	DPIA           DPIA           `yaml:"dpia" json:"dpia,omitzero"`
	// FirstUse is the first day of use (rules CON-1, CON-10, PUR-9).
	FirstUse Date `yaml:"first_use" json:"first_use,omitzero"`
}

// Kinds of system that a processing can be.
const (
	SystemCameras       = "cameras"
	SystemPoliceCameras = "police-cameras" // under the Belgian police act, art. 25
	SystemCalls         = "call-recording"
	SystemSound         = "sound-recording" // at a reception desk, for one
	SystemAccess        = "access-control"  // badges
	SystemBiometric     = "biometric-access"
	SystemBodycams      = "bodycams"
	SystemTracking      = "track-and-trace"
	SystemTimeClock     = "time-clock"
	SystemChecker       = "checker" // Lensdop itself
)

// Systems lists the kinds of system.
func Systems() []string {
	return []string{SystemCameras, SystemPoliceCameras, SystemCalls, SystemSound, SystemAccess, SystemBiometric, SystemBodycams, SystemTracking, SystemTimeClock, SystemChecker}
}

// TracksStaff tells that a kind of system registers where or when employees are
// (HR article, "personeelsvolgsystemen").
func TracksStaff(system string) bool {
	switch system {
	case SystemAccess, SystemBiometric, SystemTracking, SystemTimeClock:
		return true
	default:
		return false
	}
}

// Contact is where a person can be reached.
type Contact struct {
	Origin

	Contact string `yaml:"contact" json:"contact,omitempty"`
}

// Purpose is one purpose, or one prohibited use, of a processing.
type Purpose struct {
	Origin

	ID   string `yaml:"id" json:"id"`
	Text string `yaml:"text" json:"text"`
	// Aim puts it under one of the aims that are told apart for work places.
	Aim string `yaml:"aim" json:"aim,omitempty"`
	// Retention of this purpose alone, where it is shorter than the processing's.
	Retention Duration `yaml:"retention" json:"retention,omitzero"`
}

// Aims of a processing at work: the four of CAO 68 and the union guideline, and
// what else the seeds name.
const (
	AimSafety      = "safety"       // safety and health
	AimGoods       = "goods"        // protection of goods
	AimOperations  = "operations"   // production, the working of services, organisation of work
	AimWorkControl = "work-control" // control of the employee's work
	AimEvidence    = "evidence"     // support of an investigation
	AimAccess      = "access"       // opening doors to those who may enter
	AimCompliance  = "compliance"   // checking this protocol
	AimCovert      = "covert"       // hidden use; only ever prohibited or conditional
)

// Use is something that recordings may serve for, or a ground on which they
// may be consulted. It must serve a purpose (rule PUR-5).
type Use struct {
	Origin

	ID      string `yaml:"id" json:"id"`
	Text    string `yaml:"text" json:"text"`
	Purpose string `yaml:"purpose" json:"purpose,omitempty"` // id of a purpose of the same processing
}

// LegalBasis of a processing.
type LegalBasis struct {
	Origin

	GDPR string `yaml:"gdpr" json:"gdpr,omitempty"` // of art. 6, as in "6(1)(e)"
	// Special is the ground of art. 9(2) for biometric data, as in "9(2)(g)" (rule DEV-2).
	Special string `yaml:"special" json:"special,omitempty"`
}

// DataCategories tells which kinds of data a processing may hold.
type DataCategories struct {
	Origin

	Video      bool     `yaml:"video" json:"video,omitempty"`
	Audio      bool     `yaml:"audio" json:"audio,omitempty"`
	Biometrics bool     `yaml:"biometrics" json:"biometrics,omitempty"`
	Analytics  []string `yaml:"analytics" json:"analytics,omitempty"`
	// Fields lists the data that are kept one by one, for logs of badges and the like (rules CON-8, PUR-12).
	Fields []string `yaml:"fields" json:"fields,omitempty"`
}

// Recording tells when recording happens.
type Recording struct {
	Origin

	Mode string `yaml:"mode" json:"mode,omitempty"` // one of the Record words
	// PressedBy is the role that presses the button, with RecordButton.
	PressedBy string `yaml:"pressed_by" json:"pressed_by,omitempty"`
	// Periods in which it operates, in words (CAO 68).
	Periods string `yaml:"periods" json:"periods,omitempty"`
}

// Modes of recording.
const (
	RecordContinuous = "continuous"
	RecordMotion     = "motion"
	RecordIncident   = "incident"
	RecordButton     = "button" // a person presses a button
	RecordNever      = "never"
)

// Storage tells where data are kept and how they are secured (rule SEC-3).
type Storage struct {
	Origin

	Location string   `yaml:"location" json:"location,omitempty"`
	Measures []string `yaml:"measures" json:"measures,omitempty"`
	// Outside tells that data may leave the municipality's own network.
	Outside bool `yaml:"outside" json:"outside,omitempty"`
}

// Recipient is a category of those to whom data may be handed (rules DIS-1, DIS-2).
type Recipient struct {
	Origin

	ID          string   `yaml:"id" json:"id"`
	Text        string   `yaml:"text" json:"text,omitempty"`
	When        string   `yaml:"when" json:"when,omitempty"`
	OnRequestOf []string `yaml:"on_request_of" json:"on_request_of,omitempty"` // roles
}

// Retention bounds how long the data of a processing may stay. For the checker
// Max is how long the measures of a window stay.
type Retention struct {
	Origin

	Max       Duration `yaml:"max" json:"max,omitzero"`
	DeviceSet Duration `yaml:"device_set" json:"device_set,omitzero"` // what a device is set to, so that Max always holds
	Grace     Duration `yaml:"grace" json:"grace,omitzero"`           // what a device gets to delete
	// Ground cites the law that lets Max pass the jurisdiction's ceiling.
	Ground string `yaml:"ground" json:"ground,omitempty"`
}

// Viewable bounds how old recordings may be when they are viewed (rule RET-5).
type Viewable struct {
	Origin

	Max   Duration `yaml:"max" json:"max,omitzero"`
	After string   `yaml:"after" json:"after,omitempty"` // what older ones need, such as authority-document
}

// Covert tells whether hidden use is possible at all (rules HID-1, HID-2, HID-4).
type Covert struct {
	Origin

	Use        string   `yaml:"use" json:"use,omitempty"`               // CovertNever unless the file says otherwise
	Conditions []string `yaml:"conditions" json:"conditions,omitempty"` // in words
}

// Words of Covert.Use.
const (
	CovertNever       = "never"
	CovertConditional = "conditional"
)

// Subsidiarity tells which less intrusive measures stand beside the processing (rule LOC-4).
type Subsidiarity struct {
	Origin

	OtherMeasures []string `yaml:"other_measures" json:"other_measures,omitempty"`
	Reviewed      Date     `yaml:"reviewed" json:"reviewed,omitzero"`
}

// Notify tells when a person hears that data about them were consulted (rule NTF-1).
type Notify struct {
	Origin

	When   string `yaml:"when" json:"when,omitempty"` // one of the Notify words
	Reason string `yaml:"reason" json:"reason,omitempty"`
	// SameRights tells that the person may see or hear the same as the employer (rule NTF-2).
	SameRights bool `yaml:"same_rights" json:"same_rights,omitempty"`
}

// Words of Notify.When.
const (
	NotifyImmediate = "immediate"
	NotifyDeferred  = "deferred" // needs a reason and an end, per case
	NotifyNone      = "none"
)

// DPIA is the data protection impact assessment of a processing.
type DPIA struct {
	Origin

	Required    bool     `yaml:"required" json:"required,omitempty"`
	Date        Date     `yaml:"date" json:"date,omitzero"`
	Document    Document `yaml:"document" json:"document,omitzero"`
	ReviewEvery Duration `yaml:"review_every" json:"review_every,omitzero"`
}

// Hold tells when recordings may stay longer than their retention (rule HLD-1).
type Hold struct {
	Origin

	ID          string   `yaml:"id" json:"id"`
	AppliesTo   []string `yaml:"applies_to" json:"applies_to"` // processings
	Until       string   `yaml:"until" json:"until,omitempty"` // case-closed, or other words
	Only        string   `yaml:"only" json:"only,omitempty"`   // for what alone, such as proof-or-identification
	Requires    []string `yaml:"requires" json:"requires,omitempty"`
	RequestedBy []string `yaml:"requested_by" json:"requested_by,omitempty"` // roles
	ApprovedBy  []string `yaml:"approved_by" json:"approved_by,omitempty"`   // roles
	ReviewEvery Duration `yaml:"review_every" json:"review_every,omitzero"`
	// DeleteWithin is how long the recordings may stay after the case is closed.
	DeleteWithin Duration `yaml:"delete_within" json:"delete_within,omitzero"`
	// Annulment tells what happens when the works council annuls: "hold-wins" or "erase" (conflict 12).
	Annulment string `yaml:"annulment" json:"annulment,omitempty"`
}
