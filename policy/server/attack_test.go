package server_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/policy/rules"
	"github.com/lensdop/lensdop/policy/server/store"
	"github.com/lensdop/lensdop/policy/server/ui"
	"github.com/lensdop/lensdop/policy/wire"
	"github.com/lensdop/lensdop/policy/wire/mqtt"
)

// These tests hold the password of a gateway and use it against the server.

func openAlert(t *testing.T, b *bench, key string) bool {
	t.Helper()
	found := false
	view(t, b, func(tx *store.Tx) error { _, err := tx.OpenAlert(key); found = err == nil; return nil })
	return found
}

// A gateway that claims the highest document there can be must not use up the
// numbers: no decision would ever reach that site again.
func TestNumbersCannotBeUsedUp(t *testing.T) {
	b := start(t, config(t, t.TempDir()))
	b.addAgent(t, agent1)
	g := b.connect(t, agent1, 1)
	g.hello(t, wire.Hello{Seq: 1, Generation: math.MaxInt64 - 1})
	g.hello(t, wire.Hello{Seq: 2, Generation: 3, KeyEpoch: math.MaxInt64 - 1})
	until(t, "a document", func() bool { return g.lastDesired().Generation > 0 })
	if d := g.lastDesired(); d.Generation > 10 || d.KeyEpoch > 10 {
		t.Errorf("document %d of epoch %d", d.Generation, d.KeyEpoch)
	}
	g.hello(t, wire.Hello{Seq: 3})
	b.decideForTest(t, time.Hour)
	until(t, "the decision", func() bool { return len(g.lastDesired().Decisions) == 1 })

	g.publish(t, wire.KindEvents, plain(math.MaxInt64, math.MaxInt64), false)
	g.publish(t, wire.KindHello, wire.Hello{BootID: g.boot, Seq: 4, Stream: "s1", Head: math.MaxInt64, Tail: math.MaxInt64}, false)
	g.publish(t, wire.KindEvents, plain(1, 2), false)
	g.acked(t, 2)
	if up := g.lastAck().Upto; up != 2 {
		t.Errorf("acknowledged up to %d", up)
	}
}

// What a thief reports from the future must not hide what comes after.
func TestTheFutureDoesNotPinTheState(t *testing.T) {
	b := start(t, config(t, t.TempDir()))
	b.addAgent(t, agent1)
	g := b.connect(t, agent1, 1)
	g.hello(t, wire.Hello{Seq: 1})
	lie := state("hal-noord", "whole", "closed", true)
	lie.At = time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC)
	lie.Since = lie.At
	g.publish(t, wire.KindReported, wire.Reported{At: lie.At, Version: "lie", Cameras: []wire.CameraState{lie}}, true)
	until(t, "the lie", func() bool {
		var all []store.Camera
		view(t, b, func(tx *store.Tx) (err error) { all, err = tx.Cameras(); return err })
		return len(all) == 1
	})
	g.publish(t, wire.KindReported, wire.Reported{At: time.Now(), Version: "truth", Cameras: []wire.CameraState{state("hal-noord", "whole", "open", false)}}, true)
	until(t, "the later report", func() bool {
		obeys := true
		view(t, b, func(tx *store.Tx) error {
			all, err := tx.Cameras()
			rep, _ := tx.Reported(agent1)
			obeys = len(all) != 1 || all[0].State.Obeys || rep.Version != "truth"
			return err
		})
		return !obeys
	})
}

// Two that use one password are noticed: by their events, and by their taking
// turns. What the real gateway sends is kept.
func TestAStolenPasswordShows(t *testing.T) {
	t.Run("events", func(t *testing.T) {
		b := start(t, config(t, t.TempDir()))
		b.addAgent(t, agent1)
		g := b.connect(t, agent1, 1)
		g.hello(t, wire.Hello{Seq: 1})
		g.publish(t, wire.KindEvents, plain(1, 5), false) // the thief was first
		g.acked(t, 5)
		if openAlert(t, b, "double/"+agent1) {
			t.Fatal("an alert before anything happened")
		}
		// The gateway has written three events and sent none of them.
		if up := g.hello(t, wire.Hello{Seq: 2, Head: 3, Tail: 1}).Upto; up != 0 {
			t.Errorf("events that the gateway still has are called safe up to %d", up)
		}
		if !openAlert(t, b, "double/"+agent1) {
			t.Error("more is here than the gateway wrote, and nobody is told")
		}
		truth := wire.Batch{}
		for i := range uint64(3) {
			truth.Events = append(truth.Events, event(i+1, wire.EventClock, wire.ClockDoubt{What: "truth"}))
		}
		n := g.countAcks()
		g.publish(t, wire.KindEvents, truth, false)
		g.publish(t, wire.KindEvents, truth, false) // a repetition is no other conflict
		until(t, "the answers", func() bool { return g.countAcks() >= n+2 })
		view(t, b, func(tx *store.Tx) error {
			n, err := tx.CountConflicts(agent1)
			if n != 3 {
				t.Errorf("%d events of the gateway kept, want 3", n)
			}
			return err
		})
	})
	t.Run("taking turns", func(t *testing.T) {
		b := start(t, config(t, t.TempDir()))
		b.addAgent(t, agent1)
		g := b.connect(t, agent1, 1)
		for i, boot := range []string{"monday", "tuesday", "wednesday"} { // restarts
			g.boot = boot
			g.hello(t, wire.Hello{Seq: uint64(i) + 1})
		}
		if openAlert(t, b, "double/"+agent1) {
			t.Error("restarts are taken for a thief")
		}
		g.boot = "tuesday"
		g.hello(t, wire.Hello{Seq: 9})
		if !openAlert(t, b, "double/"+agent1) {
			t.Error("an earlier run came back and nobody is told")
		}
	})
}

// One gateway cannot drown the others.
func TestAFloodEndsTheFlooder(t *testing.T) {
	b := start(t, config(t, t.TempDir()))
	b.addAgent(t, agent1)
	b.addAgent(t, agent2)
	victim := b.connect(t, agent2, 1)
	victim.hello(t, wire.Hello{Seq: 1})

	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	lost := 0
	_ = mqtt.Run(ctx, mqtt.Config{
		Broker: b.broker, ClientID: agent1, User: agent1, Password: agentPassword, MinDelay: time.Millisecond, MaxDelay: 10 * time.Millisecond,
	}, func(ctx context.Context, c *mqtt.Conn) error {
		done := make(chan error, 8)
		for range cap(done) {
			go func() {
				for {
					if err := c.Publish(ctx, mqtt.Message{Topic: wire.Topic(tenant, agent1, wire.KindHello), Payload: []byte("{}")}); err != nil {
						done <- err
						return
					}
				}
			}()
		}
		for range cap(done) {
			<-done
		}
		lost++
		return nil
	}, func(mqtt.Message) {})
	if lost == 0 {
		t.Error("the flood was let through")
	}
	if log := b.logText(); strings.Contains(log, "faster than they are handled") || !strings.Contains(log, "publishes too much") {
		t.Error("the flood took the server off its broker")
	}
	victim.publish(t, wire.KindEvents, plain(1, 1), false)
	victim.acked(t, 1)
}

// A matter that comes and goes does not bury the mailbox, and what a gateway
// says cannot be laid out like what the server says.
func TestMailsAboutOneMatterAreBounded(t *testing.T) {
	c := mailConfig(t, freePort(t))
	b := start(t, c)
	b.addAgent(t, agent1)
	g := b.connect(t, agent1, 1)
	g.hello(t, wire.Hello{Seq: 1})
	for range 20 {
		f := finding(time.Now(), rules.Fail)
		f.Text.NL = "x\r\nWat te doen: bel 0900-1234\r\n" + strings.Repeat("y", 100)
		g.say(t, wire.EventFinding, "REG-1", f)
		until(t, "the alert", func() bool {
			fired := false
			view(t, b, func(tx *store.Tx) error {
				a, err := tx.OpenAlert("finding/" + agent1 + "/" + f.ID)
				fired = err == nil && a.State == store.Firing
				return nil
			})
			return fired
		})
		g.say(t, wire.EventFinding, "REG-1", finding(time.Now(), rules.Pass))
	}
	view(t, b, func(tx *store.Tx) error {
		all, err := tx.AllMail(1000)
		to, held := 0, 0
		for _, m := range all {
			if m.Recipient == c.Mail.To[0] && strings.Contains(m.Subject, "Onbekende camera") {
				to++
				if strings.Contains(m.Body, "een uur lang niet") {
					held++
				}
			}
			if strings.Contains(m.Body, "\nWat te doen: bel") {
				t.Errorf("a gateway's words look like ours:\n%s", m.Body)
			}
		}
		if to == 0 || to > 12 || held == 0 {
			t.Errorf("%d mails to one person about one matter, %d say that more are held back", to, held)
		}
		return err
	})
}

func TestMailTroubleIsForICTOnly(t *testing.T) {
	b := start(t, mailConfig(t, freePort(t)))
	b.addAgent(t, agent1)
	for name, role := range map[string]ui.Role{"anna": ui.RoleFacility, "ict": ui.RoleICT, "wc": ui.RoleWorksCouncil} {
		b.addAccount(t, name, role)
	}
	ict := b.browser(t)
	ict.signIn("ict")
	until(t, "mail trouble on the page of ICT", func() bool {
		_, body := ict.get("/findings")
		return strings.Contains(body, "wacht@lensmonde.example")
	})
	for _, name := range []string{"anna", "wc"} {
		p := b.browser(t)
		p.signIn(name)
		if _, body := p.get("/findings"); strings.Contains(body, "wacht@lensmonde.example") {
			t.Errorf("%s reads to whom mails of all sites go", name)
		}
		_, body := p.get("/")
		contains(t, body, "Mails die niet weg komen")
	}
}

func TestLongWordsOfAGatewayAreCut(t *testing.T) {
	b := start(t, config(t, t.TempDir()))
	b.addAgent(t, agent1)
	g := b.connect(t, agent1, 1)
	g.hello(t, wire.Hello{Seq: 1})
	s := state("hal-noord", "whole", "open", false)
	s.Trouble = strings.Repeat("ä\n", 2_000)
	g.say(t, wire.EventShown, "hal-noord", s)
	g.say(t, wire.EventShown, "hal-zuid", strings.Repeat("x", 40_000)) // holds up nothing
	view(t, b, func(tx *store.Tx) error {
		all, err := tx.Cameras()
		if len(all) != 1 || len(all[0].State.Trouble) > 1100 || strings.Contains(all[0].State.Trouble, "\n") {
			t.Errorf("%d cameras, %d bytes", len(all), len(fmt.Sprint(all)))
		}
		return err
	})
}
