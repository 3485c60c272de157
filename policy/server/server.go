// Package server owns the central policy server: it takes in what agents
// report, keeps it, tells every agent what its policy is, raises alerts and
// sees to it that they leave by e-mail, and lets people decide. The database
// is the truth; the broker only carries.
//
// It never holds a picture or a card number, never tells an agent that an
// event is safe before the database has it, and gives no command: it publishes
// a complete signed document, and the agent makes its cameras match.
package server

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/server/store"
	"github.com/lensdop/lensdop/policy/server/ui"
	"github.com/lensdop/lensdop/policy/wire"
	"github.com/lensdop/lensdop/policy/wire/mqtt"
)

// Config of a Server.
type Config struct {
	// Dir holds the database and the server's private key.
	Dir    string
	Tenant string
	// Protocol is the text of the protocol file, ProtocolName its name in errors.
	Protocol     []byte
	ProtocolName string

	// HTTPListen is host:port of the pages; port 0 takes any.
	HTTPListen string
	HTTPTLS    *tls.Config
	// PublicURL is what people type, for links in mail; derived from the
	// listening address if empty.
	PublicURL string

	// MQTTListen is host:port of the embedded broker; port 0 takes any.
	MQTTListen string
	MQTTTLS    *tls.Config
	// External names a broker to use instead of the embedded one.
	External *External

	// Mail tells how alerts leave; with nil they are shown on the pages only.
	Mail *Mail

	Timing   Timing
	Simulate Simulate
	Log      *slog.Logger
}

// External is a broker outside this process, one of its own or a cluster. Accounts and
// access rules of agents are then that broker's.
type External struct {
	Broker   string // tcp://host:port or ssl://host:port
	ClientID string
	User     string
	Password devices.Secret
	TLS      *tls.Config
}

// Timing holds every period that tests and demonstrations shorten. Zero values
// take the defaults.
type Timing struct {
	// Tick is how often due alerts and silent agents are looked for. 1 s.
	Tick time.Duration
	// State is how often the signed time is published. 1 min.
	State time.Duration
	// CoverGrace is how long a camera may take to be seen covered before an alert. 30 s.
	CoverGrace time.Duration
	// UnprovenGrace is how long a finding may stay unproven before an alert. 10 min.
	UnprovenGrace time.Duration
	// OfflineAfter is how long an agent may be away before an alert. 1 min.
	OfflineAfter time.Duration
	// SilentAfter is how long an agent may be connected and say nothing. 5 min.
	SilentAfter time.Duration
	// ReleaseDue is how long after its earliest release a window may go on
	// before an alert. 2 h.
	ReleaseDue time.Duration
	// MailRetry is the pause after a first failed delivery; it doubles. 30 s.
	MailRetry time.Duration
	// Reconnect bounds the pause before the server comes back to its broker. 5 s.
	Reconnect time.Duration
}

// Simulate switches faults on, for demonstrations and tests only.
type Simulate struct {
	// NeverCommit makes every ingest of events fail before its commit, so that
	// nothing is ever acknowledged.
	NeverCommit bool
	// AtCommit is called just before and, with true, just after every commit of
	// events, before they are acknowledged. May be nil.
	AtCommit func(done bool)
}

func (t Timing) withDefaults() Timing {
	for _, d := range []struct {
		to *time.Duration
		by time.Duration
	}{
		{&t.Tick, time.Second},
		{&t.State, time.Minute},
		{&t.CoverGrace, 30 * time.Second},
		{&t.UnprovenGrace, 10 * time.Minute},
		{&t.OfflineAfter, time.Minute},
		{&t.SilentAfter, 5 * time.Minute},
		{&t.ReleaseDue, 2 * time.Hour},
		{&t.MailRetry, 30 * time.Second},
		{&t.Reconnect, 5 * time.Second},
	} {
		if *d.to <= 0 {
			*d.to = d.by
		}
	}
	return t
}

// Server is a policy server. New binds its addresses, Run serves.
type Server struct {
	*Register
	config   Config
	protocol *policy.Protocol
	problems policy.Problems // conflicts and open points of the protocol
	broker   *broker         // nil with an external one
	lock     *os.File
	http     net.Listener
	pages    http.Handler
	throttle *throttle
	hasher   hasher
	log      *slog.Logger
	mailNow  chan struct{}

	mu     sync.Mutex
	conn   *mqtt.Conn
	nonces map[string]string // by agent: of its last hello
	dirty  map[string]bool   // agents whose desired document is to be looked at
	kick   chan struct{}
}

// New opens the database in c.Dir, reads the protocol and binds both
// addresses. Close the server if Run is never called.
func New(ctx context.Context, c Config) (s *Server, err error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if err := wire.CheckID(c.Tenant); err != nil {
		return nil, fmt.Errorf("tenant %w", err)
	}
	if err := c.Mail.check(); err != nil {
		return nil, err
	}
	c.Timing = c.Timing.withDefaults()
	p, problems := policy.Check(policy.File{Name: c.ProtocolName, Data: c.Protocol})
	if p == nil {
		return nil, fmt.Errorf("protocol:\n%w", problems.Of(policy.ClassError))
	}
	s = &Server{
		config: c, protocol: p, problems: problems, log: c.Log, throttle: newThrottle(), hasher: newHasher(),
		nonces: map[string]string{}, dirty: map[string]bool{}, kick: make(chan struct{}, 1), mailNow: make(chan struct{}, 1),
	}
	if s.Register, err = OpenRegister(ctx, c.Dir); err != nil {
		return nil, err
	}
	half := s
	defer func() {
		if err != nil {
			s, err = nil, errors.Join(err, half.Close())
		}
	}()
	if s.lock, err = lockDir(c.Dir); err != nil {
		return nil, err
	}
	if err := s.store.Update(ctx, s.prepare); err != nil {
		return nil, err
	}
	if s.http, err = (&net.ListenConfig{}).Listen(ctx, "tcp", c.HTTPListen); err != nil {
		return nil, fmt.Errorf("pages on %s: %w; is another server running there", c.HTTPListen, err)
	}
	if c.External == nil {
		s.broker, err = startBroker(ctx, brokerConfig{
			tenant: c.Tenant, listen: c.MQTTListen, tls: c.MQTTTLS, log: c.Log,
			login: func(agent string, password []byte) (credential string, ok bool) {
				err := s.store.View(context.WithoutCancel(ctx), func(t *store.Tx) (err error) {
					if ok, err = t.AgentLogin(agent, password); err != nil || !ok {
						return err
					}
					credential, err = t.Credential(agent)
					return err
				})
				if err != nil {
					c.Log.Error("login of an agent cannot be checked", "agent", agent, "err", err)
				}
				return credential, ok && err == nil
			},
		})
		if err != nil {
			return nil, err
		}
	}
	s.pages, err = ui.New(ui.Config{Service: &service{s}, Secure: c.HTTPTLS != nil || strings.HasPrefix(c.PublicURL, "https://"), Log: c.Log})
	return s, err
}

// lockDir keeps a second server away from a database: two would sign different
// documents under one number. The lock goes with the process, however it ends.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("data directory %s: another server is running on it (%w); stop that one first", dir, err), f.Close())
	}
	return f, nil
}

const lockFile = "server.lock"

// prepare gives a new database its epoch, and takes up the decisions that the
// protocol records, so that people can release them.
func (s *Server) prepare(t *store.Tx) error {
	for _, d := range s.protocol.Recorded() {
		if err := t.PutRecorded(d); err != nil {
			return err
		}
	}
	epoch, err := t.Meta(metaEpoch)
	if err != nil || epoch != "" {
		return err
	}
	return t.SetMeta(metaEpoch, newID())
}

const metaEpoch = "epoch"

// newID draws an id of lower-case letters and digits, of 128 bits.
func newID() string { return strings.ToLower(rand.Text()) }

// HTTPAddr is where the pages are.
func (s *Server) HTTPAddr() string { return s.http.Addr().String() }

// MQTTAddr is where the embedded broker is; empty with an external one.
func (s *Server) MQTTAddr() string {
	if s.broker == nil {
		return ""
	}
	return s.broker.outside.Addr().String()
}

// URL of the pages.
func (s *Server) URL() string {
	switch {
	case s.config.PublicURL != "":
		return strings.TrimSuffix(s.config.PublicURL, "/")
	case s.config.HTTPTLS != nil:
		return "https://" + s.HTTPAddr()
	default:
		return "http://" + s.HTTPAddr()
	}
}

// Close frees what New took. Run calls it.
func (s *Server) Close() error {
	var errs []error
	if s.broker != nil {
		errs = append(errs, s.broker.close())
	}
	if s.http != nil {
		if err := s.http.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	errs = append(errs, s.Register.Close())
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	return errors.Join(errs...)
}

// Run serves until ctx ends or something that it cannot do without fails, and
// closes the server. It returns nil when ctx ended it.
func (s *Server) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	web := &http.Server{
		Handler:           s.pages,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	listener := s.http
	if s.config.HTTPTLS != nil {
		listener = tls.NewListener(listener, s.config.HTTPTLS)
	}

	var wg sync.WaitGroup
	// Each part ends with ctx; one that ends before takes the others along.
	part := func(run func(context.Context) error) {
		wg.Go(func() {
			if err := run(ctx); err != nil && ctx.Err() == nil {
				cancel(err)
			}
		})
	}
	part(s.carry)
	part(s.publishDirty)
	part(s.every)
	part(s.deliver)
	part(s.keepTidy)
	part(s.watchProtocol)
	part(func(context.Context) error {
		if err := web.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("pages: %w", err)
		}
		return nil
	})
	s.log.InfoContext(ctx, "server is up", "pages", s.URL(), "mqtt", s.MQTTAddr(), "tenant", s.config.Tenant)
	<-ctx.Done()
	grace, done := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer done()
	err := web.Shutdown(grace)
	if err != nil {
		err = errors.Join(err, web.Close())
	}
	wg.Wait()
	err = errors.Join(err, s.Close())
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) && !errors.Is(cause, context.DeadlineExceeded) {
		err = errors.Join(cause, err)
	}
	return err
}

// every runs the clock: alerts that are due, agents that are silent, documents
// that expire, the signed time.
func (s *Server) every(ctx context.Context) error {
	tick := time.NewTicker(s.config.Timing.Tick)
	defer tick.Stop()
	state := time.NewTicker(s.config.Timing.State)
	defer state.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-tick.C:
			if err := s.tick(ctx, now); err != nil && ctx.Err() == nil {
				s.log.ErrorContext(ctx, "alerts cannot be looked after", "err", err)
			}
			if err := s.dropLeft(ctx); err != nil && ctx.Err() == nil {
				s.log.ErrorContext(ctx, "gateways that left cannot be cleared away", "err", err)
			}
		case <-state.C:
			if err := s.publishState(ctx); err != nil && ctx.Err() == nil {
				s.log.WarnContext(ctx, "signed time not published", "err", err)
			}
		}
	}
}
