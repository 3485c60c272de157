package server_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"io"
	"mime/quotedprintable"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lensdop/lensdop/policy/rules"
	"github.com/lensdop/lensdop/policy/server"
	"github.com/lensdop/lensdop/policy/server/store"
	"github.com/lensdop/lensdop/policy/wire"
)

// smtpd runs a real SMTP server that prints what it gets, or skips.
func smtpd(t *testing.T, port string) (got func() string) {
	t.Helper()
	python := ""
	for _, name := range []string{"/usr/bin/python3", "python3"} {
		if p, err := exec.LookPath(name); err == nil && exec.CommandContext(t.Context(), p, "-c", "import aiosmtpd").Run() == nil {
			python = p
			break
		}
	}
	if python == "" {
		t.Skip("aiosmtpd is not installed: mails are not shown against a real SMTP server")
	}
	cmd := exec.Command(python, "-u", "-m", "aiosmtpd", "-n", "-l", "127.0.0.1:"+port, "-c", "aiosmtpd.handlers.Debugging", "stdout")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var b bytes.Buffer
	done := make(chan struct{})
	go func() {
		defer close(done)
		for s := bufio.NewScanner(out); s.Scan(); {
			mu.Lock()
			b.WriteString(s.Text() + "\n")
			mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		if err := cmd.Process.Kill(); err != nil {
			t.Error(err)
		}
		<-done
		_ = cmd.Wait() // it was killed
	})
	return func() string { mu.Lock(); defer mu.Unlock(); return b.String() }
}

func mailConfig(t *testing.T, port string) server.Config {
	t.Helper()
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	c := config(t, t.TempDir())
	c.Mail = &server.Mail{Host: "127.0.0.1", Port: n, Security: server.SecurityNone, From: "lensdop@lensmonde.example", To: []string{"wacht@lensmonde.example"}}
	return c
}

func TestAlertsLeaveByMailAndWaitForTheRelay(t *testing.T) {
	port := freePort(t)
	b := start(t, mailConfig(t, port)) // nobody listens there yet
	b.addAgent(t, agent1)
	g := b.connect(t, agent1, 1)
	g.hello(t, wire.Hello{Seq: 1})
	g.say(t, wire.EventFinding, "REG-1", finding(time.Now(), rules.Fail))
	trouble := func() (all []store.Mail) {
		view(t, b, func(tx *store.Tx) (err error) { all, err = tx.MailTrouble(); return err })
		return all
	}
	until(t, "a delivery that failed", func() bool {
		m := trouble()
		return len(m) > 0 && m[0].Attempts >= 2 && strings.Contains(m[0].Error, "127.0.0.1")
	})
	got := smtpd(t, port)
	until(t, "the outbox empty", func() bool {
		empty := false
		view(t, b, func(tx *store.Tx) error {
			all, err := tx.AllMail(100)
			empty = len(all) > 0
			for _, m := range all {
				empty = empty && !m.Sent.IsZero()
			}
			return err
		})
		return empty
	})
	until(t, "the mail at the relay", func() bool { return strings.Contains(got(), "wacht@lensmonde.example") })
	text := decodeMails(t, got())
	for _, want := range []string{
		"MELDING", "Onbekende camera", "kritiek", "Wat: Op 192.0.2.9 antwoordt een camera", "Waar: Sporthal De Polder", "Sinds:", "Verborgen camera's zijn er niet.",
		"REG-1; Art. 1", "Wat te doen: Haal de camera weg", "/findings", "Auto-Submitted: auto-generated",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("mail does not say %q:\n%s", want, text)
		}
	}
	g.say(t, wire.EventFinding, "REG-1", finding(time.Now(), rules.Pass))
	until(t, "the mail about the end", func() bool { return strings.Contains(decodeMails(t, got()), "OPGELOST") })
	b.decideForTest(t, time.Hour)
	until(t, "the notice to a second person", func() bool { return strings.Contains(decodeMails(t, got()), "Besluit tot afplakken") })
}

// decodeMails puts headers and quoted-printable or base64 bodies into plain text.
func decodeMails(t *testing.T, raw string) string {
	t.Helper()
	var out strings.Builder
	for part := range strings.SplitSeq(raw, "---------- MESSAGE FOLLOWS ----------") {
		head, body, _ := strings.Cut(strings.TrimPrefix(part, "\n"), "\n\n")
		out.WriteString(head + "\n")
		if strings.Contains(head, "base64") {
			b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(body), ""))
			if err != nil {
				t.Log(err)
			}
			out.Write(b)
			continue
		}
		b, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(body)))
		if err != nil {
			t.Log(err)
		}
		out.Write(b)
	}
	return out.String()
}

// A relay that refuses for ever: the mail is given up, and that is seen.
func TestMailIsGivenUpVisibly(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	defer func() { _ = l.Close() }()
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(c, "554 no mail from here\r\n")
			_ = c.Close()
		}
	})
	_, port, _ := net.SplitHostPort(l.Addr().String())
	c := mailConfig(t, port)
	c.Timing.MailRetry = time.Millisecond
	b := start(t, c)
	b.addAgent(t, agent1)
	until(t, "the mail given up", func() bool {
		dead := false
		view(t, b, func(tx *store.Tx) error {
			all, err := tx.MailTrouble()
			dead = len(all) > 0 && !all[len(all)-1].DeadLettered.IsZero()
			return err
		})
		return dead
	})
	b.addAccount(t, "ict", "ict")
	p := b.browser(t)
	p.signIn("ict")
	_, body := p.get("/findings")
	contains(t, body, "Mails die niet weg komen", "opgegeven na 12 pogingen", "no mail from here")
	_, body = p.get("/")
	contains(t, body, "ICT moet de mailserver nakijken")
}
