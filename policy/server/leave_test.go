package server_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy/server"
	"github.com/lensdop/lensdop/policy/server/store"
	"github.com/lensdop/lensdop/policy/server/ui"
	"github.com/lensdop/lensdop/policy/wire"
	"github.com/lensdop/lensdop/policy/wire/mqtt"
)

// gets tells whether an agent gets in with a password.
func (b *bench) gets(t *testing.T, id string, password devices.Secret) (in bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	c := mqtt.Config{Broker: b.broker, TLS: b.tls, ClientID: id, User: id, Password: password, MinDelay: 20 * time.Millisecond, MaxDelay: 50 * time.Millisecond}
	_ = mqtt.Run(ctx, c, func(context.Context, *mqtt.Conn) error { in = true; cancel(); return nil }, func(mqtt.Message) {})
	return in
}

func (g *gateway) lost(t *testing.T) {
	t.Helper()
	g.mu.Lock()
	conn := g.conn
	g.mu.Unlock()
	until(t, "the end of the connection", func() bool {
		return conn.Publish(t.Context(), mqtt.Message{Topic: wire.Topic(tenant, g.id, wire.KindHello), Payload: []byte("{}")}) != nil
	})
}

func TestANewPasswordEndsTheOldOne(t *testing.T) {
	b := start(t, config(t, t.TempDir()))
	b.addAgent(t, agent1)
	g := b.connect(t, agent1, 1)
	g.hello(t, wire.Hello{Seq: 1})
	fresh, err := b.RenewAgent(t.Context(), agent1)
	if err != nil || len(fresh) < 20 {
		t.Fatal(err)
	}
	g.lost(t)
	g.drop()
	<-g.done
	if b.gets(t, agent1, agentPassword) {
		t.Error("the old password opens")
	}
	if !b.gets(t, agent1, fresh) {
		t.Error("the new password does not open")
	}
	if _, err := b.RenewAgent(t.Context(), "none"); err == nil || !strings.Contains(err.Error(), "agent none: not found") {
		t.Errorf("unknown agent: %v", err)
	}
}

func TestARemovedGatewayIsGone(t *testing.T) {
	b := start(t, config(t, t.TempDir()))
	b.addAgent(t, agent1)
	b.addAgent(t, agent2)
	b.addAccount(t, "anna", ui.RoleFacility)
	p := b.browser(t)
	p.signIn("anna")
	g, other := b.connect(t, agent1, 1), b.connect(t, agent2, 1)
	g.hello(t, wire.Hello{Seq: 1})
	other.hello(t, wire.Hello{Seq: 1})
	g.publish(t, wire.KindConn, wire.Conn{Online: true, BootID: g.boot, Seq: 1}, true)
	g.publish(t, wire.KindReported, wire.Reported{At: time.Now()}, true)
	g.say(t, wire.EventShown, "hal-noord", state("hal-noord", "whole", "closed", true))
	g.publish(t, wire.KindEvents, plain(5, 6), false) // a gap that stays open
	until(t, "the document", func() bool { return g.lastDesired().Generation > 0 })
	last := g.lastDesired().Generation

	if err := b.RemoveAgent(t.Context(), agent1); err != nil {
		t.Fatal(err)
	}
	g.lost(t)
	g.drop()
	<-g.done
	if b.gets(t, agent1, agentPassword) {
		t.Error("a removed gateway gets in")
	}
	if err := b.RemoveAgent(t.Context(), agent1); err == nil {
		t.Error("removed twice")
	}
	until(t, "the broker cleared", func() bool {
		var left []string
		view(t, b, func(tx *store.Tx) (err error) { left, err = tx.Uncleared(); return err })
		return len(left) == 0
	})
	_, body := p.get("/")
	if strings.Contains(body, agent1) || strings.Contains(body, "Afgeplakt sinds") {
		t.Errorf("the page goes on about it:\n%s", body)
	}
	all, err := b.Agents(t.Context())
	if err != nil || len(all) != 1 || all[0].ID != agent2 {
		t.Errorf("agents: %+v, %v", all, err)
	}
	other.publish(t, wire.KindEvents, plain(1, 1), false) // alerts, ticks and the others go on
	other.acked(t, 1)
	if strings.Contains(b.logText(), "alerts cannot be looked after") {
		t.Error("the clock stumbles over the removed gateway")
	}

	// Added again it goes on from its numbers, and nothing old waits for it.
	if _, err := b.AddAgent(t.Context(), agent1, site, agentPassword); err != nil {
		t.Fatal(err)
	}
	g = b.connect(t, agent1, 2)
	if up := g.hello(t, wire.Hello{Seq: 2, Head: 6, Tail: 2, Generation: last, KeyEpoch: 1}).Upto; up != 1 {
		t.Errorf("knows events up to %d", up)
	}
	until(t, "a document", func() bool { return g.lastDesired().Generation >= last })
	view(t, b, func(tx *store.Tx) error {
		if _, err := tx.Reported(agent1); err == nil {
			t.Error("what it reported before its removal came back")
		}
		return nil
	})
}

// An external broker holds what was retained until the server clears it.
func TestARemovedGatewayLeavesNothingAtTheBroker(t *testing.T) {
	eachBroker(t, func(t *testing.T, start func(server.Config) *bench) {
		b := start(config(t, t.TempDir()))
		b.addAgent(t, agent1)
		b.addAgent(t, agent2)
		g := b.connect(t, agent1, 1)
		g.hello(t, wire.Hello{Seq: 1})
		until(t, "the document", func() bool { return g.lastDesired().Generation > 0 })
		g.drop()
		<-g.done
		if err := b.RemoveAgent(t.Context(), agent1); err != nil {
			t.Fatal(err)
		}
		until(t, "the broker cleared", func() bool {
			var left []string
			view(t, b, func(tx *store.Tx) (err error) { left, err = tx.Uncleared(); return err })
			return len(left) == 0
		})
		if b.MQTTAddr() != "" {
			return // does not get in any more
		}
		g = b.connect(t, agent1, 2)
		until(t, "what the broker keeps", func() bool { g.mu.Lock(); defer g.mu.Unlock(); return len(g.other) > 0 })
		if n := g.lastDesired().Generation; n != 0 {
			t.Errorf("document %d of a removed gateway is still there", n)
		}
	})
}

func TestAccountsComeAndGo(t *testing.T) {
	b := start(t, config(t, t.TempDir()))
	b.addAccount(t, "anna", ui.RoleFacility)
	b.addAccount(t, "ict", ui.RoleICT)
	p := b.browser(t)
	p.signIn("anna")
	if err := b.SetPassword(t.Context(), "anna", "een ander lang wachtwoord"); err != nil {
		t.Fatal(err)
	}
	if _, body := p.get("/"); strings.Contains(body, "Sporthal") {
		t.Error("a session outlives the password")
	}
	if code, _ := p.post("/signin", url.Values{"name": {"anna"}, "password": {personPassword}}); code != http.StatusUnauthorized {
		t.Errorf("old password: %d", code)
	}
	if code, _ := p.post("/signin", url.Values{"name": {"anna"}, "password": {"een ander lang wachtwoord"}}); code != http.StatusOK {
		t.Errorf("new password: %d", code)
	}
	if code, _ := p.post("/cover", url.Values{"site": {site}, "mode": {"1h"}, "reason": {"x"}}); code != http.StatusOK {
		t.Errorf("cover: %d", code)
	}
	if err := b.RemoveAccount(t.Context(), "anna"); err != nil {
		t.Fatal(err)
	}
	if _, body := p.get("/"); strings.Contains(body, "Sporthal") {
		t.Error("a session outlives the account")
	}
	if code, _ := p.post("/signin", url.Values{"name": {"anna"}, "password": {"een ander lang wachtwoord"}}); code != http.StatusUnauthorized {
		t.Errorf("removed account: %d", code)
	}
	if d := b.decisions(t); len(d) != 1 || d[0].By != "anna" {
		t.Error("who decided went with the account")
	}
	all, err := b.Accounts(t.Context())
	if err != nil || len(all) != 1 || all[0].Name != "ict" || all[0].Role != ui.RoleICT {
		t.Errorf("accounts: %+v, %v", all, err)
	}
	for what, err := range map[string]error{
		"password of nobody": b.SetPassword(t.Context(), "anna", personPassword),
		"short password":     b.SetPassword(t.Context(), "ict", "short"),
		"removing nobody":    b.RemoveAccount(t.Context(), "anna"),
	} {
		if err == nil || len(err.Error()) < 20 {
			t.Errorf("%s: %v", what, err)
		}
	}
}
