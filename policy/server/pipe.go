package server

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// pipeListener hands out connections within the process.
type pipeListener struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newPipeListener() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
}

// Accept waits for the next dial.
func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Close ends Accept and dial.
func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

// Addr is a name only.
func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "in-process", Net: "pipe"} }

func (l *pipeListener) dial(ctx context.Context) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case l.conns <- theirs:
		return newPatient(ours), nil
	case <-l.done:
		return nil, errors.Join(io.ErrClosedPipe, ours.Close(), theirs.Close())
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), ours.Close(), theirs.Close())
	}
}

// maxWaiting bounds what waits to be written, in bytes: some documents and
// very many acknowledgements.
const maxWaiting = 8 << 20

var errWaiting = errors.New("the broker does not read")

// patient is a pipe whose writer never waits. A pipe holds nothing: with both
// ends writing before they read on, the client acknowledging what comes and
// the broker what it got, the two would wait for one another for ever.
type patient struct {
	net.Conn

	mu      sync.Mutex
	waiting []byte
	leaving int // bytes that pass is writing
	err     error
	wake    chan struct{}
	closing chan struct{}
	once    sync.Once
	done    chan struct{}
}

func newPatient(c net.Conn) *patient {
	p := &patient{Conn: c, wake: make(chan struct{}, 1), closing: make(chan struct{}), done: make(chan struct{})}
	go p.pass()
	return p
}

// Write takes b over. An error of an earlier write comes with a later one.
func (p *patient) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.err != nil:
		return 0, p.err
	case p.leaving+len(p.waiting)+len(b) > maxWaiting:
		return 0, errWaiting
	}
	p.waiting = append(p.waiting, b...)
	select {
	case p.wake <- struct{}{}:
	default:
	}
	return len(b), nil
}

// SetWriteDeadline does nothing: no Write waits.
func (*patient) SetWriteDeadline(time.Time) error { return nil }

// pass writes what waits until Close.
func (p *patient) pass() {
	defer close(p.done)
	for last := false; ; {
		p.mu.Lock()
		b := p.waiting
		p.waiting, p.leaving = nil, len(b)
		p.mu.Unlock()
		if len(b) == 0 {
			if last {
				return
			}
			select {
			case <-p.wake:
			case <-p.closing:
				last = true // and once more what came before
			}
			continue
		}
		if _, err := p.Conn.Write(b); err != nil {
			p.mu.Lock()
			p.err = err
			p.mu.Unlock()
			return
		}
	}
}

// Close gives what waits, such as a goodbye, a moment to leave.
func (p *patient) Close() error {
	var err error
	p.once.Do(func() {
		p.mu.Lock()
		if p.err == nil {
			p.err = net.ErrClosed
		}
		p.mu.Unlock()
		close(p.closing)
		err = p.Conn.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
		<-p.done
		err = errors.Join(err, p.Conn.Close())
	})
	return err
}
