package rules

import (
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
)

// Fact names a group of facts that a rule needs, and whose absence makes it
// unproven. Protocol and clock are always there.
type Fact string

// The groups of facts. Each stands for one field of Facts or of a part of it.
const (
	FactProtocol     Fact = "protocol"       // the file itself
	FactClock        Fact = "clock"          // Facts.Now
	FactScan         Fact = "scan"           // Facts.Scans and Facts.Found
	FactDevice       Fact = "device"         // Camera.Info, Camera.Observation and Camera.Account
	FactPlace        Fact = "place"          // Camera.OnNetwork
	FactStream       Fact = "stream"         // Path.Stream
	FactView         Fact = "view"           // Path.View
	FactMask         Fact = "mask"           // Path.Masks
	FactCover        Fact = "cover"          // Path.Cover, Camera.Ordered
	FactRestored     Fact = "restored"       // Camera.Released, Camera.Uncovered
	FactDetail       Fact = "detail"         // Camera.Detail
	FactServices     Fact = "services"       // Camera.Services, Camera.ServicesAsked, Camera.Anonymous, Camera.Encrypted
	FactAnalytics    Fact = "analytics"      // Camera.Analytics
	FactRecording    Fact = "recording"      // Camera.Recording, and the recordings of Camera.Observation
	FactNotes        Fact = "firmware-notes" // Camera.Notes and Camera.Holes
	FactReader       Fact = "reader"         // Facts.Readers
	FactInventory    Fact = "inventory"      // Facts.Inventory
	FactStores       Fact = "stores"         // Facts.Stores
	FactSessions     Fact = "sessions"       // Facts.Sessions
	FactFlows        Fact = "flows"          // Facts.Flows
	FactFailures     Fact = "failures"       // Facts.Failures
	FactExports      Fact = "exports"        // Facts.Exports
	FactCases        Fact = "cases"          // Facts.Cases
	FactRequests     Fact = "requests"       // Facts.Requests
	FactCalls        Fact = "calls"          // Facts.Calls, Facts.Presses
	FactTestCalls    Fact = "test-calls"     // Facts.TestCalls
	FactSigns        Fact = "signs"          // Facts.Signs
	FactNotices      Fact = "notices"        // Facts.Notices
	FactPublications Fact = "publications"   // Facts.Publications
	FactHolders      Fact = "holders"        // Facts.Holders
	FactReports      Fact = "reports"        // Facts.Reports
	FactAgents       Fact = "agents"         // Facts.Agents
	FactOccasions    Fact = "occasions"      // Facts.Occasions
	FactAttestations Fact = "attestations"   // Facts.Attestations and the protocol's own
)

// Gathered holds the facts that come from elsewhere than the cameras and lines
// themselves: logs, registers, recorders. The zero value of each means that
// nobody delivers it, and every rule that needs it is then unproven. A known
// empty list is something else: somebody looked, and there is nothing.
type Gathered struct {
	Inventory    devices.Value[[]Seen]
	Stores       devices.Value[[]Store]
	Sessions     devices.Value[[]Session]
	Flows        devices.Value[[]Flow]
	Failures     devices.Value[[]Failure]
	Exports      devices.Value[[]Export]
	Cases        devices.Value[[]Case]
	Requests     devices.Value[[]Request]
	Calls        devices.Value[[]Call]
	Presses      devices.Value[[]Press]
	TestCalls    devices.Value[[]TestCall]
	Signs        devices.Value[[]SignSeen]
	Notices      devices.Value[[]NoticeGiven]
	Publications devices.Value[[]Publication]
	Holders      devices.Value[[]Holder]
	Reports      devices.Value[[]Report]
	Agents       devices.Value[[]AgentVersion]
	Occasions    devices.Value[[]Occasion]
	// Attestations of the register, beside those in the protocol file. The
	// latest of a rule and site counts.
	Attestations devices.Value[[]Declared]
}

// Seen is one device, reader or store with the time that it was first seen.
type Seen struct {
	ID     string    `json:"id"`               // camera or reader id of the register; empty if not registered
	Device string    `json:"device,omitempty"` // endpoint, port or path
	Kind   string    `json:"kind"`             // camera, reader, store, other
	First  time.Time `json:"first"`
	Last   time.Time `json:"last,omitzero"`
	// System that it was recognised as (policy.Systems), for devices without a protocol (rule REG-5).
	System string `json:"system,omitempty"`
}

// Store is what is known of a place where recordings or logs are kept.
type Store struct {
	ID string `json:"id"` // of the protocol; or path if unregistered
	// Oldest is when the oldest item that no case holds was recorded; not known
	// to be empty if the Value is a zero time.
	Oldest devices.Value[time.Time] `json:"oldest"`
	// MaxRetention is what the device is set to; zero means unlimited.
	MaxRetention devices.Value[time.Duration] `json:"max_retention"`
	Empty        devices.Value[bool]          `json:"empty"`
	Held         []HeldItem                   `json:"held,omitempty"` // items over their age, with their case
	Encrypted    devices.Value[bool]          `json:"encrypted"`
	OpenShare    devices.Value[bool]          `json:"open_share"` // readable without an account
	Fields       devices.Value[[]string]      `json:"fields"`     // data kept of each event
	Mode         devices.Value[string]        `json:"mode"`       // of recording, as policy.Record words
	Clips        []Clip                       `json:"clips,omitempty"`
}

// HeldItem is an item older than its retention.
type HeldItem struct {
	Recorded time.Time `json:"recorded"`
	Case     string    `json:"case,omitempty"` // empty: held by none
}

// Clip is one recording of a body camera or call, without content.
type Clip struct {
	Recorded time.Time `json:"recorded"`
	Case     string    `json:"case,omitempty"`
}

// Session is one live view or consultation of recordings.
type Session struct {
	ID     string    `json:"id"`
	Who    string    `json:"who"` // account, never shown outside the access log
	Role   string    `json:"role"`
	Verb   string    `json:"verb"` // policy.Verbs
	Site   string    `json:"site"`
	Camera string    `json:"camera,omitempty"`
	System string    `json:"system,omitempty"` // policy.Systems
	Start  time.Time `json:"start"`
	End    time.Time `json:"end,omitzero"`
	// RangeFrom and RangeTo bound what was viewed.
	RangeFrom    time.Time `json:"range_from,omitzero"`
	RangeTo      time.Time `json:"range_to,omitzero"`
	Case         string    `json:"case,omitempty"`
	Reason       string    `json:"reason,omitempty"`
	Ground       string    `json:"ground,omitempty"`   // id under the processing's consultation
	Approval     string    `json:"approval,omitempty"` // id of the approval
	ApproverRole string    `json:"approver_role,omitempty"`
	Approved     time.Time `json:"approved,omitzero"`
	Via          string    `json:"via,omitempty"`         // role that carried it out
	OtherMeans   string    `json:"other_means,omitempty"` // which were tried
	Authority    string    `json:"authority,omitempty"`   // number of the prosecutor's document
	// Staff tells that it concerned an employee; Notified when that person heard of it.
	Staff         bool      `json:"staff,omitempty"`
	Notified      time.Time `json:"notified,omitzero"`
	DeferredUntil time.Time `json:"deferred_until,omitzero"`
	DeferReason   string    `json:"defer_reason,omitempty"`
	// Mirrored tells that the person saw or heard the same range.
	Mirrored bool `json:"mirrored,omitempty"`
	// Logged tells that it stands in the access register.
	Logged bool `json:"logged,omitempty"`
}

// Flow is a stream or transfer that the gateway saw pass by.
type Flow struct {
	Camera string    `json:"camera,omitempty"`
	From   string    `json:"from"`           // address or name of the puller
	Role   string    `json:"role,omitempty"` // role of the workplace it belongs to, if known
	At     time.Time `json:"at"`
	Kind   string    `json:"kind"` // live, internet
	Relay  bool      `json:"relay,omitempty"`
	Known  bool      `json:"known,omitempty"` // a recorder or relay of the protocol
}

// Failure is a login that a device refused to somebody.
type Failure struct {
	Camera string    `json:"camera"`
	From   string    `json:"from"`
	At     time.Time `json:"at"`
	Count  int       `json:"count"`
}

// Export is a handover of recordings.
type Export struct {
	ID        string    `json:"id"`
	At        time.Time `json:"at"`
	System    string    `json:"system,omitempty"`
	Camera    string    `json:"camera,omitempty"`
	Recipient string    `json:"recipient,omitempty"` // id of a recipient of the protocol
	Reason    string    `json:"reason,omitempty"`
	Requester string    `json:"requester,omitempty"` // role
	Case      string    `json:"case,omitempty"`
	SHA256    string    `json:"sha256,omitempty"`
	// Stamped tells that it carries the camera's compliance at recording time (rule GOV-3).
	Stamped bool `json:"stamped,omitempty"`
	Person  bool `json:"person,omitempty"` // data of one person out of a badge, clock or tracking log
}

// Case is an incident that holds recordings.
type Case struct {
	ID       string    `json:"id"`
	Incident time.Time `json:"incident"`
	Opened   time.Time `json:"opened"`
	Closed   time.Time `json:"closed,omitzero"`
	Owner    string    `json:"owner,omitempty"` // role
	Reason   string    `json:"reason,omitempty"`
	Review   time.Time `json:"review,omitzero"` // next
	Outcome  string    `json:"outcome,omitempty"`
	// NotShown tells that no offence was shown (rule RET-8).
	NotShown bool      `json:"not_shown,omitempty"`
	Erased   time.Time `json:"erased,omitzero"`
	Staff    bool      `json:"staff,omitempty"`
	Informed time.Time `json:"informed,omitzero"` // the person heard the outcome
	Covert   bool      `json:"covert,omitempty"`
	System   string    `json:"system,omitempty"`
}

// Kinds of a Request.
const (
	RequestAccess        = "access"
	RequestRectification = "rectification"
	RequestErasure       = "erasure"
)

// Request is what a person asks about data on them.
type Request struct {
	ID       string    `json:"id"`
	Kind     string    `json:"kind"`
	Received time.Time `json:"received"`
	Answered time.Time `json:"answered,omitzero"`
	Refused  bool      `json:"refused,omitempty"`
	Reason   string    `json:"reason,omitempty"`
	// Held is when the requested range was put on hold.
	Held time.Time `json:"held,omitzero"`
	// Oldest is the oldest recording asked for, if any.
	Oldest time.Time `json:"oldest,omitzero"`
}

// Call is one recording of a call or conversation.
type Call struct {
	At        time.Time `json:"at"`
	Store     string    `json:"store"`
	Case      string    `json:"case,omitempty"`
	Announced bool      `json:"announced,omitempty"` // the caller was told
}

// Press is one press of a record button.
type Press struct {
	Button string    `json:"button"`
	At     time.Time `json:"at"`
	Test   bool      `json:"test,omitempty"`
}

// TestCall is a scheduled call that listens for the announcement.
type TestCall struct {
	Notice string    `json:"notice"`
	At     time.Time `json:"at"`
	Heard  bool      `json:"heard"`
}

// SignSeen is a proof that a sign hangs.
type SignSeen struct {
	Sign    string    `json:"sign"`
	At      time.Time `json:"at"`
	How     string    `json:"how"`               // as in the sign's proof.verify
	Version string    `json:"version,omitempty"` // of the protocol that its text follows
}

// NoticeGiven is a notice that reached people.
type NoticeGiven struct {
	Notice   string    `json:"notice"`
	At       time.Time `json:"at"`
	Due      time.Time `json:"due,omitzero"` // for one person, the day the notice was due
	Receipts int       `json:"receipts"`
	Of       int       `json:"of"` // people to reach
}

// Publication is a page or document where people find something.
type Publication struct {
	What    string    `json:"what"` // policy, data-list, roles, privacy-policy
	Where   string    `json:"where"`
	At      time.Time `json:"at"` // last seen there
	Alive   bool      `json:"alive"`
	Version string    `json:"version,omitempty"` // of the protocol
}

// Holder is an account that holds a role.
type Holder struct {
	Role string `json:"role"`
	Name string `json:"-"` // never leaves the register
	// Discretion is when the statement of discretion was signed; zero if never.
	Discretion time.Time `json:"discretion,omitzero"`
	Reviewed   time.Time `json:"reviewed,omitzero"`
}

// Report is a yearly access report.
type Report struct {
	Year int       `json:"year"` // that it is about
	Sent time.Time `json:"sent"`
	To   []string  `json:"to,omitempty"`
}

// AgentVersion is what a gateway has in force.
type AgentVersion struct {
	Agent    string      `json:"agent"`
	Site     string      `json:"site"`
	Protocol ProtocolRef `json:"protocol"`
	At       time.Time   `json:"at"`
}

// Occasion is a situation that a blackout template foresees, as something else
// than a decision tells of it: the published list of polling places, for one.
// Without it nobody can say that a decision is missing.
type Occasion struct {
	Template string      `json:"template"`
	Site     string      `json:"site"`
	First    policy.Date `json:"first"`
	Last     policy.Date `json:"last,omitzero"`    // the first day if absent
	Source   string      `json:"source,omitempty"` // what tells of it
}

// Declared is a declaration by a person (an attestation).
type Declared struct {
	Rule    string      `json:"rule"`
	Site    string      `json:"site,omitempty"` // empty: all sites
	Owner   string      `json:"owner"`          // role
	At      time.Time   `json:"at"`
	SHA256  policy.Hash `json:"sha256,omitempty"` // of the document that backs it
	Expires time.Time   `json:"expires,omitzero"`
}
