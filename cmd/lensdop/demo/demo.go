// Package demo owns the story that shows Lensdop at work: the sports hall of
// Lensmonde, an invented municipality, as a polling place. The policy server,
// the agent (as a process of its own) and the simulated site are the real ones;
// the demo only orders, watches and compares with what the simulator knows.
// A step counts only when it was really seen.
package demo

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/lensdop/lensdop/agent"
	"github.com/lensdop/lensdop/policy/examples"
	"github.com/lensdop/lensdop/policy/server"
	"github.com/lensdop/lensdop/policy/server/ui"
	"github.com/lensdop/lensdop/policy/wire"
)

// The faults that the demo can be told to have. Each makes one step fail.
const (
	FaultMaskNotApplied     = "mask-not-applied"
	FaultStreamDead         = "stream-dead"
	FaultServerNeverCommits = "server-never-commits"
	FaultJournalLost        = "journal-lost"
	FaultUnregisteredHidden = "unregistered-hidden"
)

// Faults lists the faults with the step that each makes fail.
func Faults() map[string]string {
	return map[string]string{
		FaultMaskNotApplied:     stepMasked,
		FaultStreamDead:         stepLooked,
		FaultServerNeverCommits: stepCommitted,
		FaultJournalLost:        stepRestored,
		FaultUnregisteredHidden: stepUnregistered,
	}
}

// Options of a demo.
type Options struct {
	// Once plays the story to its end without a person.
	Once bool
	JSON bool
	// Speed divides the periods of the loop; 1 is the usual one.
	Speed float64
	// Dir keeps what was written; empty means a folder that is removed.
	Dir   string
	Fault string
	// Kills is how often the agent is killed at random moments of the story,
	// drawn from Seed; 0 draws a seed, too.
	Kills int
	Seed  uint64
	MJPEG bool // no H.264 and H.265, also where ffmpeg is installed
	// Listen is host:port of the pages.
	Listen string
	// Agent is the command that runs the agent's command line.
	Agent []string
	// Plant is drawn into two cameras' scenes, for the search for leaks.
	Plant image.Image
	// Between, if set, is given the address of each way that two parts talk
	// over and returns the one that they use instead, so that whoever listens
	// there sees all that crosses. It serves until ctx ends.
	Between func(ctx context.Context, way, addr string) (string, error)
	Out     io.Writer
	Log     *slog.Logger
}

// The ways that Between is asked about.
const (
	WayMQTT = "mqtt" // agent to server
	WaySMTP = "smtp" // server to mail relay
	WayHTTP = "http" // person to server
)

// StepError tells which step was not seen.
type StepError struct{ Step, Detail string }

// Error names the step.
func (e *StepError) Error() string { return "step " + e.Step + " was not seen: " + e.Detail }

const (
	facilityAccount = "beheerder"
	ictAccount      = "ict"
	dpoAccount      = "fg"
	// demoPassword opens a server that listens on loopback and knows nothing real.
	demoPassword = "lensmonde-demo-7"
)

type demo struct {
	o       Options
	dir     string
	site    *site
	server  *server.Server
	postbox *postbox
	gateway *gateway
	pages   string // address of the server's pages
	killer  *killer

	// since is from when the covering is timed, and what happened then.
	since time.Time
	what  string

	mu sync.Mutex // one line at a time
}

// Run plays the demo. It returns nil only if every step was seen, or, without
// Once, when ctx ends.
func Run(ctx context.Context, o Options) (err error) {
	if _, ok := Faults()[o.Fault]; o.Fault != "" && !ok {
		return fmt.Errorf("no fault %q; the faults are %s", o.Fault, strings.Join(faultNames(), ", "))
	}
	if o.Speed <= 0 {
		return fmt.Errorf("speed %g: must be more than 0", o.Speed)
	}
	if o.Kills < 0 {
		return fmt.Errorf("%d kills: must be 0 or more", o.Kills)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if err := unused(o.Dir); err != nil {
		return err
	}
	d := &demo{o: o, dir: o.Dir, killer: newKiller(o)}
	short, err := os.MkdirTemp("", "lensdop-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(short)) }()
	if d.dir == "" {
		d.dir = short
	}
	ctx, cancel := context.WithCancelCause(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel(nil)
	if err := d.start(ctx, short, &wg, cancel); err != nil {
		return errors.Join(d.ended(ctx, err), d.stop())
	}
	err = d.story(ctx)
	if err == nil && !o.Once {
		err = d.serve(ctx)
	}
	return errors.Join(d.ended(ctx, err), d.stop())
}

// ended tells how the demo ended: a person who takes over may also leave, but
// a story that was to be played to its end was not.
func (d *demo) ended(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	switch {
	case cause == nil:
		return err
	case !errors.Is(cause, context.Canceled):
		return cause
	case d.o.Once:
		return errors.New("interrupted before the end of the story")
	}
	d.say("\nThe demo ends.")
	return nil
}

// unused refuses a folder that holds something already: the demo's results
// would be mixed with it.
func unused(dir string) error {
	if dir == "" {
		return nil
	}
	files, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if len(files) > 0 {
		return fmt.Errorf("folder %s is not empty; name one that is, or one that does not exist yet", dir)
	}
	return nil
}

// start builds everything up, in the order in which a municipality would.
func (d *demo) start(ctx context.Context, short string, wg *sync.WaitGroup, fail context.CancelCauseFunc) (err error) {
	d.say("Lensmonde is an invented municipality. Its sports hall De Polder is a polling place today.")
	if d.site, err = startSite(ctx, d.o, d.say); err != nil {
		return err
	}
	d.say("Simulated site up: 4 registered cameras on 3 devices, 1 camera and 1 badge reader that nobody registered. Codecs: %s.", d.site.codecs)
	if d.postbox, err = startPostbox(ctx); err != nil {
		return err
	}
	serverDir, gatewayDir := filepath.Join(d.dir, "server"), filepath.Join(d.dir, "gateway")
	for _, p := range []string{serverDir, gatewayDir} {
		if err := os.MkdirAll(p, 0o700); err != nil {
			return err
		}
	}
	smtp, err := d.between(ctx, WaySMTP, d.postbox.addr.String())
	if err != nil {
		return err
	}
	relay, err := net.ResolveTCPAddr("tcp", smtp)
	if err != nil {
		return err
	}
	protocol := pollingNow(examples.Lensmonde, time.Now())
	if err := os.WriteFile(filepath.Join(d.dir, "protocol.yaml"), protocol, 0o600); err != nil {
		return err
	}
	d.server, err = server.New(ctx, server.Config{
		Dir: serverDir, Tenant: "lensmonde", Protocol: protocol, ProtocolName: "protocol.yaml",
		HTTPListen: d.o.Listen, MQTTListen: "127.0.0.1:0",
		Mail:     &server.Mail{Host: relay.IP.String(), Port: relay.Port, Security: server.SecurityNone, From: "lensdop@lensmonde.example", Language: "en"},
		Timing:   server.Timing{Tick: 200 * time.Millisecond, CoverGrace: time.Millisecond, MailRetry: time.Second, Reconnect: 500 * time.Millisecond},
		Simulate: server.Simulate{NeverCommit: d.o.Fault == FaultServerNeverCommits},
		Log:      d.o.Log,
	})
	if err != nil {
		return err
	}
	password, err := d.server.AddAgent(ctx, agentID, "de-polder", "")
	if err != nil {
		return errors.Join(err, d.server.Close())
	}
	err = errors.Join(
		d.server.AddAccount(ctx, server.Account{Name: facilityAccount, Role: ui.RoleFacility, Sites: []string{"de-polder"}, Language: "en"}, demoPassword),
		d.server.AddAccount(ctx, server.Account{Name: ictAccount, Role: ui.RoleICT, Language: "en"}, demoPassword),
		d.server.AddAccount(ctx, server.Account{Name: dpoAccount, Role: ui.RoleDPO, Language: "en"}, demoPassword),
	)
	if err != nil {
		return errors.Join(err, d.server.Close())
	}
	wg.Go(func() {
		if err := d.server.Run(ctx); err != nil {
			fail(fmt.Errorf("policy server: %w", err))
		}
	})
	if d.pages, err = d.between(ctx, WayHTTP, d.server.HTTPAddr()); err != nil {
		return err
	}
	d.pages = "http://" + d.pages
	d.say("Policy server: %s\nSign in as %s, %s or %s, password %s.", d.pages, facilityAccount, ictAccount, dpoAccount, demoPassword)
	broker, err := d.between(ctx, WayMQTT, d.server.MQTTAddr())
	if err != nil {
		return err
	}
	if d.gateway, err = newGateway(d.o, gatewayDir, short, broker, d.server.Key(), string(password), d.site); err != nil {
		return err
	}
	// By hand, before Lensdop came: this mask is not ours and must stay.
	if _, err := d.site.entrance.AddMask(1, handMade()); err != nil {
		return err
	}
	if d.killer != nil {
		d.say("The agent will be killed %d times. To repeat just that: --kill-agent %d --seed %d", d.o.Kills, d.o.Kills, d.killer.seed)
	}
	return d.gateway.start(ctx)
}

// between puts what Options.Between starts into a way.
func (d *demo) between(ctx context.Context, way, addr string) (string, error) {
	if d.o.Between == nil {
		return addr, nil
	}
	return d.o.Between(ctx, way, addr)
}

func (d *demo) stop() error {
	var errs []error
	d.killer.wait()
	if d.gateway != nil {
		errs = append(errs, d.gateway.stop())
	}
	if d.postbox != nil {
		errs = append(errs, d.postbox.close())
	}
	if d.site != nil {
		errs = append(errs, d.site.close())
	}
	return errors.Join(errs...)
}

// pollingNow moves the polling day's times to this very minute, so that the
// story can be played at any time: covered from the minute before, and
// releasable from this one on.
func pollingNow(protocol []byte, now time.Time) []byte {
	loc, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		loc = time.UTC
	}
	local := now.In(loc)
	from := local.Add(-time.Minute)
	if from.Day() != local.Day() {
		from = local
	}
	text := strings.Replace(string(protocol), `covered_from: "06:30"`, fmt.Sprintf("covered_from: %q", from.Format("15:04")), 1)
	return []byte(strings.Replace(text, `earliest_release: "21:00"`, fmt.Sprintf("earliest_release: %q", from.Add(time.Minute).Format("15:04")), 1))
}

func faultNames() []string {
	var names []string
	for name := range Faults() {
		names = append(names, name)
	}
	return names
}

func camera(s agent.Status, id string) wire.CameraState {
	for _, c := range s.Reported.Cameras {
		if c.Camera == id {
			return c
		}
	}
	return wire.CameraState{Camera: id, Shown: map[string]string{}, Trouble: "not reported yet"}
}
