package server_test

import (
	"bytes"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/examples"
	"github.com/lensdop/lensdop/policy/rules"
	"github.com/lensdop/lensdop/policy/server"
	"github.com/lensdop/lensdop/policy/server/store"
	"github.com/lensdop/lensdop/policy/server/ui"
	"github.com/lensdop/lensdop/policy/wire"
)

const day = 24 * time.Hour

// kept counts what is stored about people and devices.
func kept(t *testing.T, b *bench) map[string]int {
	t.Helper()
	n := map[string]int{}
	view(t, b, func(tx *store.Tx) error {
		events, err := tx.CountEvents(agent1, "s1")
		if err != nil {
			return err
		}
		history, err := tx.CountHistory(agent1, "REG-1/"+site+"/192.0.2.9")
		if err != nil {
			return err
		}
		mail, err := tx.AllMail(1000)
		if err != nil {
			return err
		}
		resolved, err := tx.ResolvedAlerts(1000)
		if err != nil {
			return err
		}
		decisions, err := tx.Decisions()
		if err != nil {
			return err
		}
		trail, err := tx.Trail(1000)
		if err != nil {
			return err
		}
		for _, e := range trail {
			if e.What == store.SignedIn {
				n["sign-ins"]++
			}
		}
		n["events"], n["history"], n["mail"], n["alerts"], n["decisions"], n["audit"] = events, history, len(mail), len(resolved), len(decisions), len(trail)
		return nil
	})
	return n
}

// What the server keeps has an end: that of the protocol for what was
// measured, eighteen months for who did what.
func TestEverythingHasItsTime(t *testing.T) {
	dir := t.TempDir()
	b := start(t, config(t, dir))
	b.addAgent(t, agent1)
	b.addAccount(t, "anna", ui.RoleFacility)
	g := b.connect(t, agent1, 1)
	g.hello(t, wire.Hello{Seq: 1})
	f := finding(time.Now(), rules.Fail)
	f.Text.NL = "geheim-woord-in-een-bevinding"
	g.say(t, wire.EventFinding, "REG-1", f)
	until(t, "the alert", func() bool {
		return openAlert(t, b, "finding/"+agent1+"/"+f.ID) && strings.Contains(b.logText(), "alert fires")
	})
	g.say(t, wire.EventFinding, "REG-1", finding(time.Now(), rules.Pass))
	p := b.browser(t)
	p.signIn("anna")
	b.decideForTest(t, time.Hour)
	now := time.Now()
	err := server.Update(t.Context(), b.Server, func(tx *store.Tx) error {
		if err := tx.QueueMail(store.Mail{Recipient: "a@b.example", Subject: "sent", Created: now}); err != nil {
			return err
		}
		due, err := tx.DueMail(now, 10)
		if err != nil {
			return err
		}
		due[0].Sent = now
		if err := tx.PutMail(due[0]); err != nil {
			return err
		}
		return tx.QueueMail(store.Mail{Recipient: "a@b.example", Subject: "waits", Created: now})
	})
	if err != nil {
		t.Fatal(err)
	}
	g.drop()
	<-g.done
	purge := func(at time.Time) map[string]int {
		t.Helper()
		if err := server.Purge(t.Context(), b.Server, at); err != nil {
			t.Fatal(err)
		}
		return kept(t, b)
	}
	before := kept(t, b)
	if before["sign-ins"] != 1 || before["events"] != 2 || before["history"] != 2 || before["alerts"] == 0 || before["decisions"] != 1 {
		t.Fatalf("stored: %v", before)
	}
	if after := purge(now.Add(27 * day)); after["events"] != 2 || after["sign-ins"] != 1 {
		t.Errorf("before their time: %v", after)
	}
	after := purge(now.Add(29 * day))
	for _, k := range []string{"events", "history", "alerts", "sign-ins"} {
		if after[k] != 0 {
			t.Errorf("%s after 29 days: %d", k, after[k])
		}
	}
	if after["mail"] != 1 {
		t.Errorf("%d mails, want the one that waits", after["mail"])
	}
	if after["decisions"] != 1 || after["audit"] == 0 {
		t.Errorf("decisions and audit trail went with the data: %v", after)
	}
	if after := purge(now.AddDate(0, 19, 0)); after["decisions"] != 0 || after["audit"] != 0 {
		t.Errorf("after 19 months: %v", after)
	}
	if _, body := p.get("/"); !strings.Contains(body, `name="password"`) {
		t.Error("a session of 29 days ago holds")
	}

	// An event that comes again after its time is not new.
	g = b.connect(t, agent1, 2)
	up := g.hello(t, wire.Hello{Seq: 2, Head: 2}).Upto
	if up != 2 {
		t.Errorf("up to %d", up)
	}
	g.publish(t, wire.KindEvents, wire.Batch{Events: []wire.Event{event(1, wire.EventFinding, f)}}, false)
	g.publish(t, wire.KindEvents, plain(3, 3), false)
	g.acked(t, 3)
	if n := kept(t, b); n["events"] != 1 || n["history"] != 0 {
		t.Errorf("an old event is back: %v", n)
	}
	b.stop()
	// What is deleted is not left in the file.
	for _, name := range []string{"server.db", "server.db-wal"} {
		if raw, err := os.ReadFile(filepath.Join(dir, name)); err == nil && bytes.Contains(raw, []byte("geheim-woord-in-een-bevinding")) {
			t.Errorf("%s still holds what was deleted", name)
		}
	}
}

// What is in force stays, however old.
func TestWhatIsInForceHasNoEnd(t *testing.T) {
	c := config(t, t.TempDir())
	c.Protocol = bytes.Replace(examples.Lensmonde, []byte("retention: {max: P28D}"), []byte("retention: {max: P1M}"), 1)
	b := start(t, c)
	p, err := policy.Parse("p.yaml", c.Protocol)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now().Add(-day).UTC()
	d, err := p.Election("verkiezing", site, policy.DateOf(at), "open", "anna", "location-manager", at)
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Update(t.Context(), b.Server, func(tx *store.Tx) error {
		return tx.AddDecision(store.Decision{Decision: d, Envelope: signedBySomebody()})
	}); err != nil {
		t.Fatal(err)
	}
	if err := server.Purge(t.Context(), b.Server, time.Now().AddDate(5, 0, 0)); err != nil {
		t.Fatal(err)
	}
	if n := len(b.decisions(t)); n != 1 {
		t.Error("an election that nobody released was forgotten")
	}
}

// The works council reads what was decided and seen, not which person did it.
func TestTheWorksCouncilWatchesNobody(t *testing.T) {
	b := start(t, config(t, t.TempDir()))
	b.addAgent(t, agent1)
	b.addAccount(t, "anna", ui.RoleFacility)
	b.addAccount(t, "wc", ui.RoleWorksCouncil)
	b.decideForTest(t, time.Hour)
	anna, wc := b.browser(t), b.browser(t)
	anna.signIn("anna")
	wc.signIn("wc")
	var body string
	until(t, "an alert", func() bool { _, body = anna.get("/findings"); return strings.Contains(body, `name="alert"`) })
	anna.post("/findings/ack", url.Values{"alert": {between(t, body, `name="alert" value="`, `"`)}})
	_, body = anna.get("/")
	contains(t, body, "Besloten door anna op")
	_, body = wc.get("/")
	contains(t, body, "Besloten door locatiebeheer op")
	_, alerts := wc.get("/findings")
	contains(t, alerts, "Gezien door iemand")
	if strings.Contains(body+alerts, "anna") {
		t.Error("the works council reads who did it")
	}
}

func TestTwoServersOnOneDatabase(t *testing.T) {
	dir := t.TempDir()
	b := start(t, config(t, dir))
	if s, err := server.New(t.Context(), config(t, dir)); err == nil {
		t.Error("a second server runs on the same data")
		_ = s.Close()
	} else if !strings.Contains(err.Error(), "another server is running") {
		t.Error(err)
	}
	b.stop()
	start(t, config(t, dir)).stop()
}

// An address that is taken is told, and leaves nothing behind.
func TestAnAddressThatIsTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	for what, taken := range map[string]func(*server.Config){
		"pages":       func(c *server.Config) { c.HTTPListen = l.Addr().String() },
		"mqtt broker": func(c *server.Config) { c.MQTTListen = l.Addr().String() },
	} {
		dir := t.TempDir()
		c := config(t, dir)
		taken(&c)
		if _, err := server.New(t.Context(), c); err == nil || !strings.Contains(err.Error(), what+" on "+l.Addr().String()) {
			t.Errorf("%s: %v", what, err)
		}
		start(t, config(t, dir)).stop()
	}
}

func TestSessionsEnd(t *testing.T) {
	b := start(t, config(t, t.TempDir()))
	b.addAccount(t, "anna", ui.RoleFacility)
	now := time.Now()
	err := server.Update(t.Context(), b.Server, func(tx *store.Tx) error {
		if err := tx.AddSession("over", "anna", now.Add(-17*time.Hour), now.Add(-time.Second)); err != nil {
			return err
		}
		return tx.AddSession("holds", "anna", now, now.Add(time.Hour))
	})
	if err != nil {
		t.Fatal(err)
	}
	for token, want := range map[string]bool{"over": false, "holds": true, "": false} {
		if _, ok, err := server.ServiceOf(b.Server).Session(t.Context(), token); ok != want || err != nil {
			t.Errorf("session %q: %v, %v", token, ok, err)
		}
	}
}
