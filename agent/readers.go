package agent

import (
	"context"
	"errors"
	"time"

	"github.com/lensdop/lensdop/agent/state"
	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/wire"
)

// line is one serial line and what was heard on it: counts, never a number.
type line struct {
	cfg LineConfig

	// Guarded by Agent.mu.
	up       bool // the port is open
	frame    string
	good     int
	bad      int
	lastSeen time.Time
	told     bool // the reader was told to the server
	err      error
}

// registeredReader finds the register's entry for a line: the one that the
// config names, or the one with the same port.
func (a *Agent) registeredReader(l *line) (policy.Reader, bool) {
	p := a.inForce().policy.Protocol
	if p == nil {
		return policy.Reader{}, false
	}
	for _, r := range p.ReadersOf(a.cfg.Site) {
		if r.ID == l.cfg.Reader || l.cfg.Reader == "" && r.Port == l.cfg.Port {
			return r, true
		}
	}
	return policy.Reader{}, false
}

// readLoop listens on one line until ctx ends, opening it anew when it fails.
func (a *Agent) readLoop(ctx context.Context, l *line) error {
	for {
		err := a.read(ctx, l)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		a.mu.Lock()
		l.up, l.err = false, err
		a.mu.Unlock()
		a.touch()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(a.cfg.Every.Retry)):
		}
	}
}

var errNoReaders = errors.New("this build cannot read serial lines")

func (a *Agent) read(ctx context.Context, l *line) error {
	if a.parts.OpenReader == nil {
		return errNoReaders
	}
	frame := ""
	if r, ok := a.registeredReader(l); ok {
		frame = r.Frame
	}
	r, err := a.parts.OpenReader(ctx, l.cfg, frame)
	if err != nil {
		return err
	}
	defer r.Close() //nolint:errcheck // the line is given up either way
	a.mu.Lock()
	l.up, l.err = true, nil
	a.mu.Unlock()
	a.touch()
	return r.Read(ctx, func(e devices.ReaderEvent) { a.heard(ctx, l, r.Info(), e) })
}

// heard counts what a line said. The first whole frame makes it a reader, and
// that is told once; single events stay in memory, since they tell who is where.
func (a *Agent) heard(ctx context.Context, l *line, info devices.ReaderInfo, e devices.ReaderEvent) {
	now, _ := a.clock.now()
	a.mu.Lock()
	first := false
	switch e.Kind {
	case devices.BadgeSeen:
		l.good++
		l.frame, l.lastSeen = e.Frame, now
		first = !l.told
		l.told = true
	case devices.BadFrame, devices.Noise:
		l.bad++
	}
	a.mu.Unlock()
	if !first {
		return
	}
	info.Frame = e.Frame
	if err := a.update(ctx, func(t *state.Tx) error { return t.Emit(now, wire.EventReader, l.cfg.Port, info) }); err != nil {
		a.log.ErrorContext(ctx, "a reader is not told", "port", l.cfg.Port, "err", err)
	}
	a.touch()
}

// readerStates is what the server and a person at the gateway get to see.
func (a *Agent) readerStates() []wire.ReaderState {
	a.mu.Lock()
	lines := make([]line, len(a.lines))
	for i, l := range a.lines {
		lines[i] = *l
	}
	a.mu.Unlock()
	states := []wire.ReaderState{}
	for i := range lines {
		l := &lines[i]
		r, ok := a.registeredReader(l)
		s := wire.ReaderState{Reader: r.ID, Port: l.cfg.Port, Frame: l.frame, Registered: ok, Good: l.good, Bad: l.bad, LastSeen: l.lastSeen.Truncate(time.Hour)}
		if l.err != nil {
			s.Trouble = l.err.Error()
		}
		states = append(states, s)
	}
	return states
}
