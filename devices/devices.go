// Package devices owns the words for what hangs on a site's walls and lines:
// devices, cameras, paths, readers, what can be read of them and what can be
// done to them. It does no I/O and knows no rules: drivers below it do the
// talking, policy above it decides what is wanted.
//
// Every coordinate is a fraction of the whole video source after rotation and
// mirroring: 0..1, origin top left, x to the right, y down.
package devices

import "context"

// Info identifies one camera (lens) of a device.
type Info struct {
	Driver   string `json:"driver"`
	Address  string `json:"address"`  // host:port that the driver dials
	Endpoint string `json:"endpoint"` // WS-Discovery endpoint reference
	Serial   string `json:"serial"`
	MAC      string `json:"mac,omitempty"`
	Vendor   string `json:"vendor"`
	Model    string `json:"model"`
	Firmware string `json:"firmware"`
	// Source is the token of the video source: which lens of the device this is.
	Source string `json:"source"`
	// Interface is the network that sees the device; it outweighs what the device says.
	Interface string `json:"interface,omitempty"`
}

// Device tells the box that a camera belongs to: sessions are budgeted per
// box, not per lens.
func (i Info) Device() string {
	if i.Endpoint != "" {
		return i.Endpoint
	}
	return i.Address
}

// Camera is one video source of a device. Every call tries once: retrying is
// the agent's. All calls end when ctx ends, and all errors are *Error.
// A Camera is safe for use by one goroutine at a time.
type Camera interface {
	Info() Info
	// Observe asks the device for facts; it never judges. The error is only
	// for a device that could not be asked at all: what it refuses to tell is
	// a Value that says so.
	Observe(ctx context.Context) (Observation, error)
	// Methods lists the ways to cover that this camera offers, here and now.
	Methods(ctx context.Context) ([]Method, error)
	// State reads what a method would change, for the journal, before the first write.
	State(ctx context.Context, m Method) (State, error)
	// Apply makes the device's own part of the picture that method u.Method
	// covers equal to c: idempotent, and leaving alone what was there before
	// or came from others. The caller has journalled u, with c in u.Wrote,
	// before calling. It returns what the device reports afterwards, which is
	// never smaller than c unless the error says so.
	Apply(ctx context.Context, u Undo, c Cover) (Cover, error)
	// Holds tells whether the device has c now, by method u.Method, as Apply
	// would leave it. It writes nothing.
	Holds(ctx context.Context, u Undo, c Cover) (bool, error)
	// Restore undoes only what still has a value that we wrote. It returns
	// ErrForeign, wrapped, for what somebody else changed meanwhile.
	Restore(ctx context.Context, u Undo) error
	// Watch reports what the device tells unasked, until ctx ends or the
	// device stops telling; it always returns an error. ErrUnsupported means
	// that the device tells nothing. event is called from Watch's own goroutine.
	// It may run beside the other calls.
	Watch(ctx context.Context, event func(Event)) error
	Close() error
}

// Driver is one family of devices. It is a plain value: the list of drivers is
// readable data in cmd/lensdop-agent.
type Driver struct {
	Name string
	// Discover searches until ctx ends or the search is done and reports each
	// answer once; found is called from one goroutine at a time.
	Discover func(ctx context.Context, o Search, found func(Found)) error
	// Listen reports what devices announce unasked, until ctx ends or no
	// interface can be listened on; heard is called from one goroutine at a
	// time. Nil means that the family announces nothing.
	Listen func(ctx context.Context, o Search, heard func(Announcement)) error
	// Reach tells how far the gateway gets with what a search found, without
	// logging in: never more than ReachNoLogin. Nil means that this is not the
	// driver to ask. The error says why, for the reaches below ReachNoLogin.
	Reach func(ctx context.Context, f Found) (Reach, error)
	// Open logs in and returns the device's cameras, one per video source.
	Open func(ctx context.Context, t Target) ([]Camera, error)
	// Beside opens the maker's own interface to a device that another driver
	// has opened, for what that driver's protocol lacks there. It sends
	// nothing to a device that is of another make by what the given cameras
	// say, and answers those with no cameras and no error. The cameras it
	// returns have the Source of the one that they stand beside. Nil means
	// that the family has none. See Join.
	Beside func(ctx context.Context, t Target, cams []Info) ([]Camera, error)
}

// Target is a device to open.
type Target struct {
	Found       Found
	Credentials Credentials
	// TLS tells how to reach it over TLS; nil means without.
	TLS *TLS
	// Means are what the site has given its lenses to be covered with.
	Means []Means
}

// TLS tells which certificate is accepted from a device.
type TLS struct {
	// PublicKey is the SHA-256 sum of the certificate's SubjectPublicKeyInfo
	// (DER). A device with this key is accepted even if nobody signed its
	// certificate. Empty means that the certificate must chain to the
	// system's roots and name the host.
	PublicKey []byte
}

// Credentials are a login. They print as redacted.
type Credentials struct {
	User     string
	Password Secret
}

// Secret is text that must not reach a log, an error or a process list.
type Secret string

const redacted = "(redacted)"

// String hides the secret from fmt.
func (Secret) String() string { return redacted }

// GoString hides the secret from %#v.
func (Secret) GoString() string { return redacted }

// MarshalText hides the secret from encoders, slog's among them.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
