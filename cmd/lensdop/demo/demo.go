// Package demo owns the story that shows Lensdop at work: the sports hall of
// Lensmonde, an invented municipality, as a polling place. The policy server,
// the agent (as a process of its own) and the simulated site are the real ones;
// the demo only orders, watches and compares with what the simulator knows.
// A step counts only when it was really seen.
package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io"
	"log/slog"
	"math/rand/v2"
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
	// Kills is how often the agent is killed at random moments of the story.
	Kills int
	MJPEG bool // no H.264 and H.265, also where ffmpeg is installed
	// Listen is host:port of the pages.
	Listen string
	// Agent is the command that runs the agent's command line.
	Agent []string
	// Plant is drawn into two cameras' scenes, for the search for leaks.
	Plant image.Image
	Out   io.Writer
	Log   *slog.Logger
}

// StepError tells which step was not seen.
type StepError struct{ Step, Detail string }

// Error names the step.
func (e *StepError) Error() string { return "step " + e.Step + " was not seen: " + e.Detail }

const (
	facilityAccount = "beheerder"
	ictAccount      = "ict"
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
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	d := &demo{o: o, dir: o.Dir}
	short, err := os.MkdirTemp("", "lensdop-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(short)) }()
	if d.dir == "" {
		d.dir = short
	}
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	if err := d.start(ctx, short, &wg); err != nil {
		return errors.Join(err, d.stop())
	}
	err = d.story(ctx)
	if err == nil && !o.Once {
		err = d.serve(ctx)
	}
	if errors.Is(err, context.Canceled) && !o.Once {
		err = nil
	}
	return errors.Join(err, d.stop())
}

// start builds everything up, in the order in which a municipality would.
func (d *demo) start(ctx context.Context, short string, wg *sync.WaitGroup) (err error) {
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
	protocol := pollingNow(examples.Lensmonde, time.Now())
	if err := os.WriteFile(filepath.Join(d.dir, "protocol.yaml"), protocol, 0o600); err != nil {
		return err
	}
	d.server, err = server.New(ctx, server.Config{
		Dir: serverDir, Tenant: "lensmonde", Protocol: protocol, ProtocolName: "protocol.yaml",
		HTTPListen: d.o.Listen, MQTTListen: "127.0.0.1:0",
		Mail:     &server.Mail{Host: "127.0.0.1", Port: d.postbox.addr.Port, Security: server.SecurityNone, From: "lensdop@lensmonde.example", Language: "en"},
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
	)
	if err != nil {
		return errors.Join(err, d.server.Close())
	}
	wg.Go(func() {
		if err := d.server.Run(ctx); err != nil {
			d.o.Log.ErrorContext(ctx, "server", "err", err)
		}
	})
	d.say("Policy server: %s (sign in as %s or %s, password %s)", d.server.URL(), facilityAccount, ictAccount, demoPassword)
	if d.gateway, err = newGateway(d.o, gatewayDir, short, d.server.MQTTAddr(), d.server.Key(), string(password), d.site); err != nil {
		return err
	}
	// By hand, before Lensdop came: this mask is not ours and must stay.
	if _, err := d.site.entrance.AddMask(1, handMade()); err != nil {
		return err
	}
	if err := d.gateway.start(ctx); err != nil {
		return err
	}
	for range d.o.Kills {
		wg.Go(func() { d.killSome(ctx) })
	}
	return nil
}

// killSome kills the agent once, at a random moment of the story.
func (d *demo) killSome(ctx context.Context) {
	//nolint:gosec // chance is all that is wanted
	after := time.Duration(rand.Int64N(int64(40 * time.Second)))
	select {
	case <-ctx.Done():
	case <-time.After(after):
		if err := d.gateway.kill(); err == nil {
			d.say("  (the agent was killed %.1f s into the story)", after.Seconds())
		}
	}
}

func (d *demo) stop() error {
	var errs []error
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

// say prints a line of the story for a person; with JSON only steps are printed.
func (d *demo) say(format string, a ...any) {
	if d.o.JSON {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	fmt.Fprintf(d.o.Out, format+"\n", a...) //nolint:errcheck // a story without a listener
}

// outcome is one line of --json.
type outcome struct {
	Step   string `json:"step"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
	MS     int64  `json:"ms"`
}

// step waits until see says that it was seen. see is asked again and again;
// an error of it ends the demo, and so does the limit.
func (d *demo) step(ctx context.Context, name string, limit time.Duration, see func(context.Context) (detail string, seen bool, err error)) error {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	detail, seen := "", false
	var err error
	for !seen && err == nil && ctx.Err() == nil {
		var said string
		said, seen, err = see(ctx)
		if ctx.Err() == nil {
			detail = said // what a look said that the limit cut off says nothing
		}
		if !seen && err == nil {
			select {
			case <-ctx.Done():
			case <-time.After(50 * time.Millisecond):
			}
		}
	}
	if err != nil && ctx.Err() == nil {
		detail = err.Error()
	}
	r := outcome{Step: name, OK: seen, Detail: detail, MS: time.Since(began).Milliseconds()}
	d.print(r)
	if !seen {
		if cause := context.Cause(ctx); errors.Is(cause, context.Canceled) {
			return cause
		}
		return &StepError{Step: name, Detail: detail}
	}
	return nil
}

func (d *demo) print(r outcome) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.o.JSON {
		_ = json.NewEncoder(d.o.Out).Encode(r) // a story without a listener
		return
	}
	mark := "ok  "
	if !r.OK {
		mark = "FAIL"
	}
	fmt.Fprintf(d.o.Out, "%s %-13s %6.1f s  %s\n", mark, r.Step, float64(r.MS)/1000, r.Detail) //nolint:errcheck // a story without a listener
}

// serve leaves the stage to a person and tells what happens.
func (d *demo) serve(ctx context.Context) error {
	d.say("\nYour turn: open %s, sign in as %s with %s, cover cameras and release them. Ctrl-C ends the demo.", d.server.URL(), facilityAccount, demoPassword)
	last := map[string]string{}
	for {
		s, err := d.gateway.status(ctx)
		if err == nil {
			for _, c := range s.Reported.Cameras {
				line := cameraLine(c)
				if last[c.Camera] != line {
					last[c.Camera] = line
					d.say("%s  %s", time.Now().Format("15:04:05"), line)
				}
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(500 * time.Millisecond):
		}
	}
}

func cameraLine(c wire.CameraState) string {
	line := fmt.Sprintf("%-15s ordered %-8s shown %s", c.Camera, c.Ordered, shownLine(c))
	if c.Trouble != "" {
		line += ": " + c.Trouble
	}
	return line
}

func shownLine(c wire.CameraState) string {
	return "picture " + c.Shown["picture"] + ", sound " + c.Shown["sound"]
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
