package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/lensdop/lensdop/agent"
	"github.com/lensdop/lensdop/devices/sim"
	"github.com/lensdop/lensdop/policy/rules"
	"github.com/lensdop/lensdop/policy/wire"
)

// The steps, in order.
const (
	stepConnected    = "connected"
	stepDiscovered   = "discovered"
	stepUnregistered = "unregistered"
	stepCommitted    = "committed"
	stepLooked       = "looked"
	stepFindings     = "findings"
	stepMasked       = "masked"
	stepMailed       = "mailed"
	stepOrdered      = "ordered"
	stepCovered      = "covered"
	stepExposed      = "exposed"
	stepAlarm        = "alarm"
	stepAgain        = "covered-again"
	stepReleased     = "released"
	stepRestored     = "restored"
	stepJudged       = "judged"
	stepEvents       = "events"
)

// opening lists the steps up to where a person can take over, polling those of
// polling day in which the agent may be killed.
func opening() []string {
	return []string{stepConnected, stepDiscovered, stepUnregistered, stepCommitted, stepLooked, stepFindings, stepMasked, stepMailed}
}

func polling() []string {
	return []string{stepOrdered, stepCovered, stepExposed, stepAlarm, stepAgain, stepReleased, stepRestored}
}

// inside lists the cameras that see the polling room.
func inside() []string { return []string{"hal-noord", "hal-zuid", "entree"} }

func everyCamera() []string { return append(inside(), "parkeerterrein") }

// story plays the steps up to where a person could take over, and, with Once,
// to the end.
func (d *demo) story(ctx context.Context) error {
	for _, s := range []struct {
		name  string
		limit time.Duration
		see   func(context.Context) (string, bool, error)
	}{
		{stepConnected, 20 * time.Second, d.status(d.connected)},
		{stepDiscovered, 30 * time.Second, d.status(d.discovered)},
		{stepUnregistered, 15 * time.Second, d.status(d.unregistered)},
		{stepCommitted, 15 * time.Second, d.committed},
		{stepLooked, 40 * time.Second, d.status(d.looked)},
		{stepFindings, 20 * time.Second, d.status(d.found)},
		{stepMasked, 30 * time.Second, d.status(d.masked)},
		{stepMailed, 20 * time.Second, d.mailed},
	} {
		if err := d.step(ctx, s.name, s.limit, s.see); err != nil {
			return err
		}
	}
	if !d.o.Once {
		return nil
	}
	return d.election(ctx)
}

// status makes a step of a look at the agent's own status.
func (d *demo) status(see func(agent.Status) (string, bool, error)) func(context.Context) (string, bool, error) {
	return func(ctx context.Context) (string, bool, error) {
		s, err := d.gateway.status(ctx)
		if err != nil {
			return err.Error(), false, nil //nolint:nilerr // the agent may be starting; the step's limit ends the wait
		}
		return see(s)
	}
}

func (d *demo) connected(s agent.Status) (string, bool, error) {
	return fmt.Sprintf("the agent has the policy of generation %d, signed by the server", s.Reported.Generation), s.Reported.Generation > 0, nil
}

func (d *demo) discovered(s agent.Status) (string, bool, error) {
	var up, not []string
	for _, id := range everyCamera() {
		if c := camera(s, id); c.Reach == "up" {
			up = append(up, id)
		} else {
			not = append(not, id+" ("+c.Trouble+")")
		}
	}
	if len(not) > 0 {
		return "not reached: " + strings.Join(not, ", "), false, nil
	}
	return fmt.Sprintf("%d registered cameras found by WS-Discovery and logged in to: %s", len(up), strings.Join(up, ", ")), true, nil
}

func (d *demo) unregistered(s agent.Status) (string, bool, error) {
	f, ok := finding(s, "REG-1", rules.Fail, strayEndpoint[len("urn:uuid:"):])
	if !ok {
		return "no finding of an unregistered camera", false, nil
	}
	return f.Text.EN, true, nil
}

// committed compares the agent's log with the server's database.
func (d *demo) committed(ctx context.Context) (string, bool, error) {
	s, err := d.gateway.status(ctx)
	if err != nil {
		return err.Error(), false, nil //nolint:nilerr // the step's limit ends the wait
	}
	have, err := d.server.HasEvents(ctx, agentID, s.Stream)
	if err != nil {
		return "", false, err
	}
	if s.Head == 0 || s.Outbox > 0 || have.Upto < s.Head {
		return fmt.Sprintf("the agent wrote %d events, the server's database has %d and acknowledged %d", s.Head, have.Count, s.Head-s.Outbox), false, nil
	}
	return fmt.Sprintf("all %d events so far are in the server's database and acknowledged", s.Head), true, nil
}

func (d *demo) looked(s agent.Status) (string, bool, error) {
	paths := 0
	for _, id := range everyCamera() {
		c := camera(s, id)
		if len(c.Paths) == 0 {
			return id + " was not looked at: " + c.Trouble, false, nil
		}
		for _, p := range c.Paths {
			if p.Shown == "unproven" {
				return fmt.Sprintf("%s path %s: %s", id, p.Path, p.Reason), false, nil
			}
			paths++
		}
	}
	return fmt.Sprintf("%d paths (streams and snapshots) of 4 cameras looked at; no picture kept", paths), true, nil
}

func (d *demo) found(s agent.Status) (string, bool, error) {
	sound, ok := finding(s, "AUD-1", rules.Fail, "parkeerterrein")
	if !ok {
		return "the microphone of parkeerterrein was not found", false, nil
	}
	reader, ok := finding(s, "DEV-1", rules.Fail, d.site.back.Port())
	if !ok {
		return "the unregistered badge reader was not found", false, nil
	}
	good := false
	for _, r := range s.Reported.Readers {
		good = good || r.Reader == "personeelsingang" && r.Good > 0
	}
	if !good {
		return "the registered badge reader was not heard", false, nil
	}
	return sound.Text.EN + " " + reader.Text.EN, true, nil
}

func (d *demo) masked(s agent.Status) (string, bool, error) {
	for _, id := range []string{"entree", "parkeerterrein"} {
		if c := camera(s, id); c.Ordered != "zones" || !c.Obeys {
			return cameraLine(c), false, nil
		}
	}
	if len(d.site.entrance.Masks()) == 0 || len(d.site.carPark.Masks()) == 0 {
		return "the agent says masked, but the simulated camera has no mask", false, errors.New("the agent's word is not true")
	}
	return "privacy masks of entree and parkeerterrein set, read back, and seen in every path's picture", true, nil
}

func (d *demo) mailed(context.Context) (string, bool, error) {
	m, ok := d.postbox.find(time.Time{}, "ALERT: Unregistered camera", "REG-1")
	if !ok {
		return fmt.Sprintf("%d mails, none about the unregistered camera", d.postbox.count()), false, nil
	}
	return fmt.Sprintf("alert mail to %s: %q", strings.Join(m.to, ", "), m.subject), true, nil
}

// election plays polling day: order, cover, a camera that forgets, release.
func (d *demo) election(ctx context.Context) error {
	p, err := signIn(ctx, d.pages, facilityAccount, demoPassword)
	if err != nil {
		return err
	}
	defer p.close()
	if err := d.step(ctx, stepOrdered, 15*time.Second, func(ctx context.Context) (string, bool, error) {
		if err := p.electionToday(ctx, "de-polder", "verkiezing"); err != nil {
			return "", false, err
		}
		d.since, d.what = time.Now(), "the order"
		return "facility manager signed in on the page and ordered the election window", true, nil
	}); err != nil {
		return err
	}
	if err := d.step(ctx, stepCovered, 60*time.Second, d.status(d.covered)); err != nil {
		return err
	}
	if d.o.Fault == FaultJournalLost {
		if err := d.gateway.loseState(); err != nil {
			return err
		}
		d.say("  (fault: the agent was killed and its journal removed)")
		if err := d.step(ctx, stepAgain, 60*time.Second, d.status(d.covered)); err != nil {
			return err
		}
	} else if err := d.reboot(ctx); err != nil {
		return err
	}
	if err := d.step(ctx, stepReleased, 90*time.Second, func(ctx context.Context) (string, bool, error) {
		err := p.release(ctx)
		if errors.Is(err, errTooEarly) {
			return "the earliest release has not come yet", false, nil
		}
		return "facility manager released with a statement; the agent verified the signature itself (server-vouched)", err == nil, err
	}); err != nil {
		return err
	}
	if err := d.step(ctx, stepRestored, 60*time.Second, d.status(d.restored)); err != nil {
		return err
	}
	if err := d.step(ctx, stepJudged, 30*time.Second, d.judged); err != nil {
		return err
	}
	d.killer.wait()
	return d.step(ctx, stepEvents, 30*time.Second, d.finished)
}

// finished sees that the server has every event and, if the agent was killed
// after the cameras were restored, that they still are.
func (d *demo) finished(ctx context.Context) (string, bool, error) {
	detail, seen, err := d.committed(ctx)
	if n := d.killer.count(); seen && n > 0 {
		if detail, seen, err = d.status(d.restored)(ctx); seen {
			detail, seen, err = d.committed(ctx)
			detail += fmt.Sprintf("; the agent was killed %d times (seed %d)", n, d.killer.seed)
		}
	}
	return detail, seen, err
}

func (d *demo) covered(s agent.Status) (string, bool, error) {
	for _, id := range inside() {
		c := camera(s, id)
		if c.Ordered != "whole" || !c.Obeys || c.Shown["picture"] != "closed" {
			return cameraLine(c), false, nil
		}
	}
	if c := camera(s, "parkeerterrein"); c.Ordered != "zones" {
		return "parkeerterrein is outside the polling room and should stay open: " + cameraLine(c), false, nil
	}
	for _, l := range d.site.lenses() {
		flat, err := l.flat()
		if err != nil {
			return "", false, err
		}
		if flat != (l.camera != "parkeerterrein") {
			return fmt.Sprintf("the agent says covered; the simulator says flat=%t of %s", flat, l.camera), false, nil
		}
	}
	return fmt.Sprintf("hal-noord, hal-zuid and entree covered and seen covered in every path, %.1f s after %s; parkeerterrein stays open", time.Since(d.since).Seconds(), d.what), true, nil
}

// reboot lets the hall's camera restart and forget its masks.
func (d *demo) reboot(ctx context.Context) error {
	done := make(chan error, 1)
	d.since, d.what = time.Now(), "the camera went down"
	go func() { done <- d.site.hall.Reboot(ctx, 300*time.Millisecond) }()
	d.say("  The hall's camera restarts and forgets its masks.")
	err := d.step(ctx, stepExposed, 60*time.Second, d.lost)
	if err := errors.Join(err, <-done); err != nil {
		return err
	}
	if err := d.step(ctx, stepAlarm, 60*time.Second, func(context.Context) (string, bool, error) {
		for _, c := range hallCameras() {
			if m, ok := d.postbox.find(d.since, "ALERT", "BLK-1", c); ok {
				return fmt.Sprintf("alert mail to %s: %q", strings.Join(m.to, ", "), m.subject), true, nil
			}
		}
		return "no mail about the uncovered camera", false, nil
	}); err != nil {
		return err
	}
	return d.step(ctx, stepAgain, 60*time.Second, d.status(d.covered))
}

// lost looks for the event by which the agent told that a cover was lost. The
// cover may be back by then: what counts is that it was noticed and told.
func (d *demo) lost(ctx context.Context) (string, bool, error) {
	s, err := d.gateway.status(ctx)
	if err != nil {
		return err.Error(), false, nil //nolint:nilerr // the step's limit ends the wait
	}
	events, err := d.server.Events(ctx, agentID, s.Stream, 0, 10000)
	if err != nil {
		return "", false, err
	}
	for _, e := range events {
		var c wire.CameraState
		if e.Type != wire.EventShown || e.Time.Before(d.since) {
			continue
		}
		if err := json.Unmarshal(e.Data, &c); err != nil {
			return "", false, err
		}
		if c.Lost {
			return fmt.Sprintf("noticed %.1f s after the camera went down: %s: %s", e.Time.Sub(d.since).Seconds(), c.Camera, c.Trouble), true, nil
		}
	}
	return "no event tells of a lost cover", false, nil
}

// hallCameras are the lenses of the device that restarts.
func hallCameras() []string { return []string{"hal-noord", "hal-zuid"} }

// handMade is a mask that somebody set at the camera before Lensdop came.
func handMade() []sim.Point {
	return []sim.Point{{X: 0.05, Y: 0.05}, {X: 0.2, Y: 0.05}, {X: 0.2, Y: 0.2}, {X: 0.05, Y: 0.2}}
}

func (d *demo) restored(s agent.Status) (string, bool, error) {
	for _, id := range everyCamera() {
		if c := camera(s, id); c.Ordered == "whole" || !c.Obeys || c.Reach != "up" {
			return cameraLine(c), false, nil
		}
	}
	for _, l := range d.site.lenses() {
		flat, err := l.flat()
		if err != nil {
			return "", false, err
		}
		if flat {
			return l.camera + " is still covered, though nothing orders it", false, nil
		}
	}
	if n := len(d.site.hall.Masks()); n > 0 {
		return fmt.Sprintf("%d masks of ours are left on the hall's camera", n), false, nil
	}
	byHand := false
	for _, m := range d.site.entrance.Masks() {
		byHand = byHand || math.Abs(area(m.Polygon)-area(handMade())) < 0.001
	}
	if !byHand {
		return "the mask that somebody set by hand on entree is gone", false, errors.New("a mask that was not ours was removed")
	}
	return "cameras show what they showed before; the privacy masks are still there, also the one that was set by hand", true, nil
}

func area(p []sim.Point) float64 {
	var a float64
	for i, q := range p {
		r := p[(i+1)%len(p)]
		a += q.X*r.Y - r.X*q.Y
	}
	return math.Abs(a) / 2
}

// finding returns a finding of a rule with the status whose id or text holds word.
func finding(s agent.Status, rule string, status rules.Status, word string) (rules.Finding, bool) {
	for _, f := range s.Findings {
		if f.Rule == rule && f.Status == status && strings.Contains(f.ID+" "+f.Text.EN, word) {
			return f, true
		}
	}
	return rules.Finding{}, false
}
