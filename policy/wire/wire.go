// Package wire owns what agents and server say to one another over MQTT:
// topics, messages and signatures. It is the only package that knows field
// names on the wire. It opens no connection: wire/mqtt carries.
//
// SQL is the truth on both sides and MQTT a carrier that may lose, repeat or
// reorder anything. Documents are complete and replace one another by
// generation; events are numbered and stay in the agent's outbox until the
// server says that its database has them.
package wire

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// MaxMessage bounds every message, in bytes.
const MaxMessage = 256 << 10

// ID names a tenant or an agent. It is also an MQTT topic level and client
// id, so its alphabet is small.
var validID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// CheckID reports a tenant or agent id that cannot be a topic level.
func CheckID(id string) error {
	if !validID.MatchString(id) {
		return fmt.Errorf("id %q: use 1 to 63 lower-case letters, digits and hyphens, beginning with a letter or digit", id)
	}
	return nil
}

// Kind is the last level of a topic: what a message is.
type Kind string

// The kinds of message, with their direction.
const (
	KindDesired  Kind = "desired"  // server to agent, retained: signed Desired
	KindAck      Kind = "ack"      // server to agent: signed Ack
	KindConn     Kind = "conn"     // agent to server, retained, will: Conn
	KindHello    Kind = "hello"    // agent to server: Hello
	KindReported Kind = "reported" // agent to server, retained: Reported
	KindEvents   Kind = "ev"       // agent to server: Batch
)

// Topic of a message of an agent: lensdop/v1/TENANT/a/AGENT/KIND.
func Topic(tenant, agent string, k Kind) string {
	return "lensdop/v1/" + tenant + "/a/" + agent + "/" + string(k)
}

// ServerTopic carries the server's signed time, retained: lensdop/v1/TENANT/srv/state.
func ServerTopic(tenant string) string { return "lensdop/v1/" + tenant + "/srv/state" }

// ParseTopic is the reverse of Topic.
func ParseTopic(topic string) (tenant, agent string, k Kind, err error) {
	p := strings.Split(topic, "/")
	if len(p) != 6 || p[0] != "lensdop" || p[1] != "v1" || p[3] != "a" || CheckID(p[2]) != nil || CheckID(p[4]) != nil {
		return "", "", "", fmt.Errorf("topic %q is not lensdop/v1/TENANT/a/AGENT/KIND", topic)
	}
	return p[2], p[4], Kind(p[5]), nil
}

// AgentMayPublish lists the kinds that an agent sends; all others are the server's.
func AgentMayPublish(k Kind) bool {
	return k == KindConn || k == KindHello || k == KindReported || k == KindEvents
}

// Desired is the complete policy of one agent. It travels in an Envelope of
// type TypeDesired and is applied only if (KeyEpoch, Generation) is greater
// than what the agent holds.
type Desired struct {
	Tenant     string    `json:"tenant"`
	Agent      string    `json:"agent"`
	KeyEpoch   uint64    `json:"key_epoch"`
	Generation uint64    `json:"generation"`
	Issued     time.Time `json:"issued"`
	// Expires tells when the document is stale; a stale document stays in force.
	Expires time.Time `json:"expires"`
	// Protocol is the text of the protocol file.
	Protocol string `json:"protocol"`
	// Decisions and Releases are envelopes of TypeDecision and TypeRelease,
	// signed one by one: the agent verifies each itself.
	Decisions []Envelope `json:"decisions"`
	Releases  []Envelope `json:"releases"`
	// Calendar holds the server's own UTC instants of the windows; where the
	// agent computes others it covers the union.
	Calendar []Interval `json:"calendar"`
}

// Interval is half open: From is in it, Until is not. A zero Until means that
// a person releases.
type Interval struct {
	Decision string    `json:"decision"` // id of the decision or recurring window
	Cameras  []string  `json:"cameras"`
	From     time.Time `json:"from"`
	Until    time.Time `json:"until,omitzero"`
}

// ServerState is the server's word on time for everybody, signed in an
// Envelope of TypeServerState. It says that the server lives; for the time to
// be believed, an agent must have asked for it (Ack.Nonce).
type ServerState struct {
	Tenant string    `json:"tenant"`
	Epoch  string    `json:"epoch"` // changes when the server's database was restored
	Time   time.Time `json:"time"`
}

// Ack says that the server's database holds all events of Stream up to and
// including Upto, and what time it is. It travels in an Envelope of TypeAck:
// whoever carries it could otherwise make an agent forget what never arrived
// (invariant 9).
type Ack struct {
	Tenant string    `json:"tenant"`
	Agent  string    `json:"agent"`
	Stream string    `json:"stream"`
	Upto   uint64    `json:"upto"`
	Epoch  string    `json:"epoch"`
	Time   time.Time `json:"time"`
	Nonce  string    `json:"nonce,omitempty"` // of the agent's last Hello
}

// Conn tells whether an agent is connected. It is also the will, so that
// BootID and Seq make the late death of an old connection harmless.
type Conn struct {
	Online bool   `json:"online"`
	BootID string `json:"boot_id"`
	Seq    uint64 `json:"seq"`
}

// Hello opens a connection.
type Hello struct {
	Nonce      string `json:"nonce"`
	BootID     string `json:"boot_id"`
	Seq        uint64 `json:"seq"`
	Version    string `json:"version"`
	KeyEpoch   uint64 `json:"key_epoch"`
	Generation uint64 `json:"generation"` // in force at the agent
	Stream     string `json:"stream"`
	Head       uint64 `json:"head"` // newest event written
	Tail       uint64 `json:"tail"` // oldest event still in the outbox; 0 if none
}

// Event is one entry of an agent's numbered stream. Attribute names follow
// CloudEvents 1.0 so that a webhook can pass it on.
type Event struct {
	Stream  string          `json:"stream"`
	Seq     uint64          `json:"seq"`
	Time    time.Time       `json:"time"`
	Type    EventType       `json:"type"`
	Subject string          `json:"subject,omitempty"` // camera, reader or finding id
	Data    json.RawMessage `json:"data,omitempty"`
}

// EventType tells what an event's Data is.
type EventType string

// The types of event and their data.
const (
	EventStarted  EventType = "agent.started"   // Started
	EventDesired  EventType = "desired.applied" // DesiredResult
	EventRefused  EventType = "desired.refused" // DesiredResult
	EventFinding  EventType = "finding.changed" // policy/rules.Finding
	EventShown    EventType = "cover.shown"     // CameraState: what is shown of a camera changed
	EventOrdered  EventType = "cover.ordered"   // CameraState: what must be covered changed
	EventRestored EventType = "cover.restored"  // CameraState: the device is as it was before us
	EventDevice   EventType = "device.seen"     // devices.Found and its register entry
	EventConflict EventType = "device.conflict" // Conflict: a device may not be the one that it says it is
	EventAlarm    EventType = "camera.alarm"    // Alarm: a camera tells that somebody is at it, or that it sees nothing
	EventReader   EventType = "reader.seen"     // devices.ReaderInfo and its register entry
	EventDropped  EventType = "outbox.dropped"  // Dropped: status events given up for want of room
	EventClock    EventType = "clock.doubt"     // ClockDoubt
)

// Started is the data of EventStarted.
type Started struct {
	Version string `json:"version"`
	BootID  string `json:"boot_id"`
	// Resumed tells that a journal of an earlier run was found and taken up.
	Resumed bool `json:"resumed"`
}

// DesiredResult is the data of EventDesired and EventRefused.
type DesiredResult struct {
	KeyEpoch   uint64 `json:"key_epoch"`
	Generation uint64 `json:"generation"`
	SHA256     string `json:"sha256"`
	Reason     string `json:"reason,omitempty"` // of a refusal
}

// Dropped is the data of EventDropped.
type Dropped struct {
	Count uint64 `json:"count"`
}

// ClockDoubt is the data of EventClock.
type ClockDoubt struct {
	Floor time.Time `json:"floor"`
	Clock time.Time `json:"clock"`
	What  string    `json:"what"`
}

// Conflict is the data of EventConflict. Kind is one of policy/rules'
// ConflictKinds, and Other what the device contradicts.
type Conflict struct {
	Kind      string `json:"kind"`
	Endpoint  string `json:"endpoint,omitempty"`
	Address   string `json:"address"`
	MAC       string `json:"mac,omitempty"`
	Interface string `json:"interface,omitempty"`
	Other     string `json:"other"`
}

// Alarm is the data of EventAlarm: what a camera tells of itself, unasked. It
// proves nothing, and is a reason to go and look. Nothing in it is about a person.
type Alarm struct {
	Camera string `json:"camera"`
	Site   string `json:"site"`
	Kind   string `json:"kind"`  // tamper or loss (devices.EventKind)
	Topic  string `json:"topic"` // the device's own words, such as VideoSource/ImageTooDark
	State  string `json:"state"` // one of the Alarm constants
	// Initial tells that it was so when the agent began to listen.
	Initial bool `json:"initial,omitempty"`
}

// The states of an alarm.
const (
	AlarmOn      = "on"
	AlarmOff     = "off"
	AlarmUnknown = "unknown" // the device tells that it changed, and not to what
)

// Batch carries events in order of Seq, without gaps.
type Batch struct {
	Events []Event `json:"events"`
}

// Reported is the whole state of an agent, retained.
type Reported struct {
	At         time.Time       `json:"at"`
	BootID     string          `json:"boot_id"`
	Version    string          `json:"version"`
	KeyEpoch   uint64          `json:"key_epoch"`
	Generation uint64          `json:"generation"`
	SHA256     string          `json:"sha256"` // of the applied Desired payload
	Cameras    []CameraState   `json:"cameras"`
	Readers    []ReaderState   `json:"readers"`
	Unknown    []UnknownDevice `json:"unknown"`
}

// CameraState is what is ordered and what is shown of one camera.
type CameraState struct {
	Camera  string    `json:"camera"`
	Site    string    `json:"site"`
	At      time.Time `json:"at"`
	Address string    `json:"address,omitempty"`
	// Reach is one of: missing, unreachable, no-login, up.
	Reach string `json:"reach"`
	// Ordered is what must be covered: "nothing", "zones", "whole".
	Ordered   string   `json:"ordered"`
	Decisions []string `json:"decisions,omitempty"` // that order it
	// Shown, per part (picture, sound), is "closed", "open" or "unproven".
	Shown map[string]string `json:"shown"`
	// Since tells from when Shown holds without a gap.
	Since time.Time `json:"since"`
	// Method in use: "device-mask", … or "" for none.
	Method string `json:"method,omitempty"`
	// Paths tells per path what was seen and why.
	Paths []PathState `json:"paths,omitempty"`
	// Trouble says in words what is wrong and what to do; empty if nothing is.
	Trouble string `json:"trouble,omitempty"`
	// Obeys tells that everything ordered is shown.
	Obeys bool `json:"obeys"`
	// Lost tells that a cover which was shown is not any more, though it is
	// still ordered. It is an alarm even if it is put back at once.
	Lost bool `json:"lost,omitempty"`
}

// PathState is the last look at one path. Verdicts and their margins only.
type PathState struct {
	Path   string    `json:"path"`
	At     time.Time `json:"at"`
	Shown  string    `json:"shown"`  // closed, open, unproven
	Reason string    `json:"reason"` // in words
	Sound  string    `json:"sound"`  // none, present, unproven
}

// ReaderState is one reader on the gateway's lines.
type ReaderState struct {
	Reader     string    `json:"reader"` // id in the register; empty if unregistered
	Port       string    `json:"port"`
	Frame      string    `json:"frame"`
	Registered bool      `json:"registered"`
	Good       int       `json:"good"` // whole frames since start
	Bad        int       `json:"bad"`
	LastSeen   time.Time `json:"last_seen,omitzero"`
	Trouble    string    `json:"trouble,omitempty"`
}

// UnknownDevice is a device on the network that no register entry matches.
type UnknownDevice struct {
	Address   string `json:"address"`
	Endpoint  string `json:"endpoint"`
	Name      string `json:"name,omitempty"`
	Interface string `json:"interface,omitempty"`
	MAC       string `json:"mac,omitempty"` // as the network has it
	// Reach is one of: unreachable, reachable, no-login, up; empty if nobody tried.
	Reach string `json:"reach,omitempty"`
	// Hints are what speaks for a camera, and where it hangs, in words.
	Hints     []string  `json:"hints,omitempty"`
	FirstSeen time.Time `json:"first_seen"`
	LastSeen  time.Time `json:"last_seen"`
}
