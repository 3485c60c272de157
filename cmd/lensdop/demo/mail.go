package demo

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

const maxMail = 1 << 20

// postbox is a mail relay that keeps what it is given, so that the demo can
// show the alerts that left the server by real SMTP.
type postbox struct {
	server *smtp.Server
	addr   *net.TCPAddr

	mu    sync.Mutex
	mails []letter
}

type letter struct {
	came    time.Time
	to      []string
	subject string
	body    string
}

func startPostbox(ctx context.Context) (*postbox, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &postbox{addr: l.Addr().(*net.TCPAddr)}
	p.server = smtp.NewServer(p)
	p.server.Domain = "localhost"
	p.server.MaxMessageBytes = maxMail
	p.server.ReadTimeout, p.server.WriteTimeout = 30*time.Second, 30*time.Second
	p.server.ErrorLog = discard{}
	go func() {
		_ = p.server.Serve(l) // ends with close; a relay that fails shows as mail that does not come
	}()
	return p, nil
}

func (p *postbox) close() error {
	err := p.server.Close()
	if errors.Is(err, smtp.ErrServerClosed) {
		return nil
	}
	return err
}

// find returns the first mail that came after since and whose subject or text
// holds all words.
func (p *postbox) find(since time.Time, words ...string) (letter, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range p.mails {
		all := m.came.After(since)
		for _, w := range words {
			all = all && strings.Contains(m.subject+"\n"+m.body, w)
		}
		if all {
			return m, true
		}
	}
	return letter{}, false
}

func (p *postbox) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.mails)
}

// after returns the mails after the first n.
func (p *postbox) after(n int) []letter {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.mails[n:])
}

// NewSession implements smtp.Backend.
func (p *postbox) NewSession(*smtp.Conn) (smtp.Session, error) { return &session{box: p}, nil }

type session struct {
	box *postbox
	to  []string
}

func (s *session) Reset()                                    { s.to = nil }
func (s *session) Logout() error                             { return nil }
func (s *session) Mail(string, *smtp.MailOptions) error      { return nil }
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error { s.to = append(s.to, to); return nil }

// Data implements smtp.Session.
func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(io.LimitReader(r, maxMail))
	if err != nil {
		return err
	}
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		return err
	}
	s.box.mu.Lock()
	defer s.box.mu.Unlock()
	s.box.mails = append(s.box.mails, letter{came: time.Now(), to: s.to, subject: subject, body: decodeBody(m)})
	return nil
}

// discard drops the relay's own complaints, which are about its clients.
type discard struct{}

func (discard) Printf(string, ...any) {}
func (discard) Println(...any)        {}

// decodeBody returns the text of a mail: the first text part, unfolded.
func decodeBody(m *mail.Message) string {
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err == nil && strings.HasPrefix(kind, "multipart/") {
		r := multipart.NewReader(m.Body, params["boundary"])
		part, err := r.NextPart()
		if err != nil {
			return ""
		}
		b, err := io.ReadAll(io.LimitReader(part, maxMail))
		if err != nil {
			return ""
		}
		return string(b)
	}
	body := m.Body
	switch strings.ToLower(m.Header.Get("Content-Transfer-Encoding")) {
	case "quoted-printable":
		body = quotedprintable.NewReader(m.Body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, m.Body)
	}
	b, err := io.ReadAll(io.LimitReader(body, maxMail))
	if err != nil {
		return ""
	}
	return string(b)
}
