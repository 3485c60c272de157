package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/lensdop/lensdop/agent"
	"github.com/lensdop/lensdop/policy/rules"
	"github.com/lensdop/lensdop/policy/wire"
)

// columns is how wide a line of the story may be in a terminal.
const columns = 100

// say prints a line of the story for a person; with JSON only steps are printed.
func (d *demo) say(format string, a ...any) {
	if d.o.JSON {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for line := range strings.SplitSeq(fmt.Sprintf(format, a...), "\n") {
		indent := len(line) - len(strings.TrimLeft(line, " "))
		d.write(strings.Repeat(" ", indent) + wrap(line, columns-indent, indent))
	}
}

// write prints one line; the caller holds d.mu.
func (d *demo) write(line string) {
	fmt.Fprintln(d.o.Out, line) //nolint:errcheck // a story without a listener
}

// wrap breaks text at spaces so that no line is longer than width, and indents
// all lines but the first. Words that are longer stay whole.
func wrap(text string, width, indent int) string {
	var b strings.Builder
	used := 0
	for word := range strings.FieldsSeq(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case used == 0:
		case used+1+n > width:
			b.WriteString("\n" + strings.Repeat(" ", indent))
			used = 0
		default:
			b.WriteByte(' ')
			used++
		}
		b.WriteString(word)
		used += n
	}
	return b.String()
}

// outcome is one line of --json.
type outcome struct {
	Step   string `json:"step"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
	MS     int64  `json:"ms"`
}

// lookEvery is how often a step looks whether it is there.
const lookEvery = 50 * time.Millisecond

// patience makes a step's limit longer where the agent is slower or keeps
// dying.
func (o Options) patience(limit time.Duration) time.Duration {
	limit = time.Duration(float64(limit) * max(1, 1/o.Speed))
	if o.Kills > 0 {
		limit *= 2
	}
	return limit
}

// step waits until see says that it was seen. see is asked again and again;
// an error of it ends the demo, and so does the limit.
func (d *demo) step(ctx context.Context, name string, limit time.Duration, see func(context.Context) (detail string, seen bool, err error)) error {
	began := time.Now()
	d.killer.enter(ctx, name, d.gateway.kill, d.say)
	ctx, cancel := context.WithTimeout(ctx, d.o.patience(limit))
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
			case <-time.After(lookEvery):
			}
		}
	}
	if !seen && ctx.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return context.Cause(ctx) // the demo ends; the step did not fail
	}
	if err != nil && ctx.Err() == nil {
		detail = err.Error()
	}
	d.print(outcome{Step: name, OK: seen, Detail: detail, MS: time.Since(began).Milliseconds()})
	if !seen {
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
	head := fmt.Sprintf("%s %-13s %5.1f s  ", mark, r.Step, float64(r.MS)/1000)
	d.write(head + wrap(r.Detail, columns-len(head), len(head)))
}

// serve leaves the stage to a person and tells what happens.
func (d *demo) serve(ctx context.Context) error {
	d.say("\nYour turn. Open   %s", d.pages)
	d.say("           sign in as %s, password %s: cover cameras, and release them again.", facilityAccount, demoPassword)
	d.say("           In another terminal, what the agent itself says: %s status -c %s", strings.Join(d.o.Agent, " "), d.gateway.config)
	d.say("           What happens is told here. Ctrl-C ends the demo.\n")
	seen := &watcher{cameras: map[string]string{}, findings: map[string]rules.Status{}, mails: d.postbox.count()}
	if s, err := d.gateway.status(ctx); err == nil {
		for _, f := range s.Findings { // the story has told these
			seen.findings[f.ID] = f.Status
		}
	}
	for {
		if s, err := d.gateway.status(ctx); err == nil {
			seen.tell(s, d.happened)
		}
		for _, m := range d.postbox.after(seen.mails) {
			seen.mails++
			d.happened(fmt.Sprintf("mail to %s: %s", strings.Join(m.to, ", "), m.subject))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// happened prints what happened, with the time of day.
func (d *demo) happened(what string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	head := time.Now().Format("15:04:05") + "  "
	d.write(head + wrap(what, columns-len(head), len(head)))
}

// watcher remembers what was told already.
type watcher struct {
	cameras  map[string]string
	findings map[string]rules.Status
	mails    int
}

func (w *watcher) tell(s agent.Status, happened func(string)) {
	for _, c := range s.Reported.Cameras {
		if line := cameraLine(c); w.cameras[c.Camera] != line {
			w.cameras[c.Camera] = line
			happened(line)
		}
	}
	for _, f := range s.Findings {
		if w.findings[f.ID] == f.Status {
			continue
		}
		w.findings[f.ID] = f.Status
		happened(fmt.Sprintf("rule %s, %s: %s", f.Rule, f.Status, f.Text.EN))
	}
}

// cameraLine says in words what is ordered of a camera and what it shows.
func cameraLine(c wire.CameraState) string {
	ordered := map[string]string{
		"whole": "ordered covered", "zones": "ordered open except its privacy zones", "nothing": "ordered open",
	}[c.Ordered]
	if ordered == "" {
		ordered = "nothing ordered yet"
	}
	shown := func(part string) string {
		switch v := c.Shown[part]; v {
		case "unproven":
			return part + " not proven"
		case "":
			return part + " not looked at"
		default:
			return part + " seen " + v
		}
	}
	line := fmt.Sprintf("%s: %s; %s, %s", c.Camera, ordered, shown("picture"), shown("sound"))
	if c.Trouble != "" {
		line += " (" + c.Trouble + ")"
	}
	return line
}
