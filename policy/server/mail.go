package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy/server/store"
)

// Mail tells by which relay and to whom alerts leave.
type Mail struct {
	Host string
	Port int
	// Security is "starttls" (the default), "tls" or "none". "none" is for a
	// relay on the same machine.
	Security string
	TLS      *tls.Config
	User     string
	Password devices.Secret
	From     string
	// To gets every alert and notice, beside the addresses of the protocol.
	To []string
	// Language of the mails: nl, fr or en; nl if empty.
	Language string
}

// Ways to secure the way to the relay.
const (
	SecurityStartTLS = "starttls"
	SecurityTLS      = "tls"
	SecurityNone     = "none"
)

const (
	mailBatch    = 20
	mailAttempts = 12 // with doubling pauses of at most maxMailPause: about a day
	maxMailPause = 4 * time.Hour
	mailTimeout  = 30 * time.Second
)

// check reports a configuration that cannot work.
func (m *Mail) check() error {
	switch {
	case m == nil:
		return nil
	case m.Host == "" || m.Port < 1 || m.Port > 65535:
		return errors.New("mail: name the relay's host and port")
	case m.From == "":
		return errors.New("mail: name the sender's address")
	case m.Security != "" && m.Security != SecurityStartTLS && m.Security != SecurityTLS && m.Security != SecurityNone:
		return fmt.Errorf("mail: security %q is none of starttls, tls, none", m.Security)
	}
	for _, a := range append([]string{m.From}, m.To...) {
		if _, err := message(m.From, store.Mail{Recipient: a}); err != nil {
			return fmt.Errorf("mail: address %q cannot be used: %w", a, err)
		}
	}
	return nil
}

// pushMail has the outbox looked at without waiting for the next round.
func (s *Server) pushMail() {
	select {
	case s.mailNow <- struct{}{}:
	default:
	}
}

// deliver empties the outbox until ctx ends. A message leaves it only when the
// relay has taken it.
func (s *Server) deliver(ctx context.Context) error {
	if s.config.Mail == nil {
		return nil
	}
	tick := time.NewTicker(min(s.config.Timing.MailRetry, 10*time.Second))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-s.mailNow:
		}
		if err := s.deliverDue(ctx); err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "mail outbox cannot be worked off", "err", err)
		}
	}
}

func (s *Server) deliverDue(ctx context.Context) error {
	for {
		var due []store.Mail
		err := s.store.View(ctx, func(t *store.Tx) (err error) { due, err = t.DueMail(time.Now(), mailBatch); return err })
		if err != nil || len(due) == 0 {
			return err
		}
		for _, m := range due {
			sendErr := s.send(ctx, m)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			m = s.attempted(m, sendErr, time.Now())
			if err := s.store.Update(ctx, func(t *store.Tx) error { return t.PutMail(m) }); err != nil {
				return err
			}
			if sendErr != nil {
				s.log.WarnContext(ctx, "mail not delivered", "mail", m.ID, "attempts", m.Attempts, "given_up", !m.DeadLettered.IsZero(), "err", sendErr)
			}
		}
	}
}

// attempted notes the outcome of an attempt and when the next one is.
func (s *Server) attempted(m store.Mail, err error, now time.Time) store.Mail {
	m.Attempts++
	if err == nil {
		m.Sent, m.Error = now, ""
		return m
	}
	m.Error = err.Error()
	if m.Attempts >= mailAttempts {
		m.DeadLettered = now
		return m
	}
	m.Next = now.Add(min(s.config.Timing.MailRetry<<(m.Attempts-1), maxMailPause))
	return m
}

func (s *Server) send(ctx context.Context, m store.Mail) error {
	c := s.config.Mail
	msg, err := message(c.From, m)
	if err != nil {
		return err
	}
	policy, implicit := mail.TLSMandatory, false
	switch c.Security {
	case SecurityNone:
		policy = mail.NoTLS
	case SecurityTLS:
		implicit = true
	}
	options := []mail.Option{mail.WithPort(c.Port), mail.WithTimeout(mailTimeout), mail.WithTLSPolicy(policy)}
	if implicit {
		options = append(options, mail.WithSSL())
	}
	if c.TLS != nil {
		options = append(options, mail.WithTLSConfig(c.TLS))
	}
	if c.User != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(c.User), mail.WithPassword(string(c.Password)))
	}
	client, err := mail.NewClient(c.Host, options...)
	if err != nil {
		return fmt.Errorf("mail relay %s: %w", c.Host, err)
	}
	if err := client.DialAndSendWithContext(ctx, msg); err != nil {
		return fmt.Errorf("mail relay %s:%d: %w", c.Host, c.Port, err)
	}
	return nil
}

// message builds the mail: plain text, marked as written by a machine so that
// no out-of-office reply comes back.
func message(from string, m store.Mail) (*mail.Msg, error) {
	msg := mail.NewMsg()
	if err := msg.From(from); err != nil {
		return nil, err
	}
	if err := msg.To(m.Recipient); err != nil {
		return nil, err
	}
	msg.Subject(strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, m.Subject))
	msg.SetGenHeader(mail.Header("Auto-Submitted"), "auto-generated")
	msg.SetMessageIDWithValue(fmt.Sprintf("%d.%d@lensdop.invalid", m.ID, m.Created.UnixNano()))
	msg.SetDateWithValue(or(m.Created, time.Now()))
	msg.SetBodyString(mail.TypeTextPlain, m.Body)
	return msg, nil
}
