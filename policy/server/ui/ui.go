// Package ui owns the pages of the policy server: what people see and the
// forms by which they decide, in Dutch, French and English, on a phone and
// without JavaScript. It also words the mails about alerts, so that page and
// mail say the same. It decides nothing and keeps nothing: every action is its
// Service's, which checks the person's right again.
//
// No page shows or links a picture, and nothing is loaded from elsewhere.
package ui

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"time"

	"github.com/lensdop/lensdop/policy"
)

// Role is what a person is to the product. The protocol's own roles are mapped
// to it by the server.
type Role string

// The roles.
const (
	RoleFacility     Role = "facility"      // covers and releases on its sites
	RoleICT          Role = "ict"           // acknowledges alerts
	RoleDPO          Role = "dpo"           // reads
	RoleWorksCouncil Role = "works-council" // reads
)

// Roles lists the roles.
func Roles() []Role { return []Role{RoleFacility, RoleICT, RoleDPO, RoleWorksCouncil} }

// Account is the person who looks at a page.
type Account struct {
	Name     string
	Role     Role
	Sites    []string
	Language string // empty: the browser's
}

// MayAcknowledge tells whether the person may acknowledge alerts.
func (a Account) MayAcknowledge() bool { return a.Role == RoleICT || a.Role == RoleFacility }

// Service is what the pages show and do. All methods check the person's right.
type Service interface {
	// SignIn returns the value of a new session's cookie and when it ends. It
	// returns ErrSignIn for a wrong name or password, and *Throttled.
	SignIn(ctx context.Context, name, password, remote string) (token string, ends time.Time, err error)
	SignOut(ctx context.Context, token string) error
	// Session returns the person behind a cookie; false if there is none.
	Session(ctx context.Context, token string) (Account, bool, error)
	// Healthy tells that the database answers.
	Healthy(ctx context.Context) error
	// NoAccounts tells that nobody can sign in yet.
	NoAccounts(ctx context.Context) (bool, error)

	Overview(ctx context.Context, who Account) (Overview, error)
	Matters(ctx context.Context, who Account) (Matters, error)
	Protocol(ctx context.Context, who Account) (Protocol, error)
	// Document is the protocol as readable Markdown in a language.
	Document(ctx context.Context, lang string) ([]byte, error)
	// Export writes the findings that the person may see: findings.csv,
	// findings.json, or assessment.json (OSCAL).
	Export(ctx context.Context, who Account, format, lang string) ([]byte, error)
	// Cover, Elect and Release return *Invalid for what the person can correct,
	// and ErrForbidden.
	Cover(ctx context.Context, who Account, o CoverOrder) error
	Elect(ctx context.Context, who Account, o ElectOrder) error
	Release(ctx context.Context, who Account, o ReleaseOrder) error
	Acknowledge(ctx context.Context, who Account, alert int64) error
}

// Errors of a Service.
var (
	ErrSignIn    = errors.New("name or password is wrong")
	ErrForbidden = errors.New("this account may not do this")
	ErrNotFound  = errors.New("there is no such thing")
)

// Throttled tells that too many sign-ins failed.
type Throttled struct{ Wait time.Duration }

// Error tells how long to wait.
func (t *Throttled) Error() string {
	return fmt.Sprintf("too many failed sign-ins; wait %s", t.Wait.Round(time.Second))
}

// Invalid is something a person typed that cannot be used.
type Invalid struct {
	Field string // name of the form's field
	Key   string // of the words table
	// Detail is the reason in the protocol's words, in English; may be empty.
	Detail string
}

// Error is for logs; people see the words of Key.
func (e *Invalid) Error() string { return "field " + e.Field + ": " + e.Key + " " + e.Detail }

// CoverOrder covers cameras of one site for a time. No cameras means all of
// the site.
type CoverOrder struct {
	// ID names the form that was sent, so that one sent twice is one decision.
	ID          string
	Site        string
	Cameras     []string
	From, Until time.Time
	Reason      string
}

// ElectOrder covers a site after a template of the protocol on one day.
type ElectOrder struct {
	ID             string // as in CoverOrder
	Site, Template string
	Day            policy.Date
	Reason         string
}

// ReleaseOrder releases a decision now.
type ReleaseOrder struct {
	Decision  string
	Statement string
}

// Overview is the page of sites and cameras.
type Overview struct {
	At     time.Time // in the time zone of the protocol
	Sites  []Site
	Alerts int // open ones
	// MailTrouble counts mails that are not delivered.
	MailTrouble int
}

// Site is one building with its cameras.
type Site struct {
	ID, Name, Address string
	Location          *time.Location
	Gateways          []Gateway
	Cameras           []Camera
	Decisions         []Decision
	Templates         []policy.Template
	OneOffLimit       time.Duration
	// MayDecide tells whether the person looking may cover and release here.
	MayDecide bool
}

// Gateway is an agent of a site.
type Gateway struct {
	ID       string
	Online   bool
	LastSeen time.Time // zero: never
}

// Show is what is known of a camera, worst first in Rank's order.
type Show string

// What a camera can be.
const (
	ShowOpen      Show = "open"      // nothing is to be covered, or its zones are
	ShowCovered   Show = "covered"   // ordered, and seen covered
	ShowWaiting   Show = "waiting"   // decided, and not yet with the agent
	ShowReleasing Show = "releasing" // released, and still covered
	ShowUncovered Show = "uncovered" // ordered, and seen open
	ShowZones     Show = "zones"     // its privacy zones are not shown closed
	ShowUnproven  Show = "unproven"  // not known
)

// Camera is one camera and what is known of it.
type Camera struct {
	ID    string
	Zone  policy.Text // where it hangs
	Show  Show
	Since time.Time // from when Show holds; zero if not known
	Seen  time.Time // of the last look
	// Why tells in the agent's words why it is not as it should be.
	Why string
	// Silent is from when the gateway has been silent, for ShowUnproven.
	Silent time.Time
	Zones  int // privacy zones that are always covered
	// Until is the end of the cover in force or to come; zero with Ordered
	// means until a person releases.
	Until time.Time
	// Ordered tells that a decision covers it now.
	Ordered bool
}

// Decision is a cover that is in force or to come.
type Decision struct {
	ID       string
	Site     string // id
	SiteName string
	Location *time.Location
	Name     policy.Text // of its template; empty for a one-off
	Reason   string
	From     time.Time
	Until    time.Time // zero: until a person releases
	Earliest time.Time // of a release
	By       string    // empty for those who are not to know
	At       time.Time
	Cameras  []string
	Active   bool
	// Statement is what the releasing person declares; empty for nothing.
	Statement policy.Text
	// MayRelease tells whether the person looking may release it now.
	MayRelease bool
	// Signed of Needed people have released it.
	Signed, Needed int
}

// Kinds of alert.
const (
	AlertFinding = "finding" // a grave finding of the agent
	AlertCover   = "cover"   // ordered and not shown
	AlertAgent   = "agent"   // gateway away or silent
	AlertRefused = "refused" // gateway refuses its document
	AlertRelease = "release" // a window that nobody releases
	AlertGap     = "gap"     // events are missing
	AlertDouble  = "double"  // a gateway's password is used twice
)

// Alert is one alert, ready to be shown.
type Alert struct {
	ID       int64
	Kind     string
	State    string // firing, acked, resolved
	Severity string
	Rule     string // and article, for findings
	SiteName string
	Address  string
	Location *time.Location
	Subject  string // camera, gateway, decision, or what else it is about; may be empty
	Since    time.Time
	Fired    time.Time
	Acked    time.Time
	AckedBy  string
	Resolved time.Time
	// Title, What, Why and Do come with findings; for other kinds the words
	// table has them.
	Title, What, Why, Do policy.Text
	Detail               string
}

// Finding is one finding, ready to be shown.
type Finding struct {
	// Subject is the camera, reader, zone or what else it is about; may be empty.
	Subject                string
	Status, Severity, Rule string
	SiteName               string
	Location               *time.Location
	Since                  time.Time
	Title, What, Why, Do   policy.Text
}

// Matters is the page of alerts and findings.
type Matters struct {
	At       time.Time // in the time zone of the protocol
	Alerts   []Alert   // open, gravest first
	Resolved []Alert   // the newest
	Findings []Finding // not in order
	// Passed, Attested, NotAsked and Undelivered count the findings that need
	// nobody; undelivered ones need facts that nothing here gathers.
	Passed, Attested, NotAsked, Undelivered int
	Mail                                    []Mail
}

// Mail is a message that is not delivered.
type Mail struct {
	To, Subject, Error string
	Attempts           int
	GivenUp            bool
	Next               time.Time
}

// Config of the pages.
type Config struct {
	Service Service
	// Secure tells that the pages are reached by TLS.
	Secure bool
	Log    *slog.Logger
}

//go:embed templates/*.html
var templates embed.FS

//go:embed static/style.css static/icon.svg
var static embed.FS

// New returns the handler of all pages.
func New(c Config) (http.Handler, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	h := &handler{Config: c, pages: map[string]*template.Template{}}
	for _, name := range []string{"signin", "overview", "cover", "elect", "release", "findings", "protocol", "error"} {
		t, err := template.ParseFS(templates, "templates/layout.html", "templates/"+name+".html")
		if err != nil {
			return nil, fmt.Errorf("page %s: %w", name, err)
		}
		h.pages[name] = t
	}
	return h.routes(), nil
}
