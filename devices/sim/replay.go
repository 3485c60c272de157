package sim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Replay is a device that answers as a recorded one did. A capture is text:
//
//	# a comment, before the first pair only
//	> POST /onvif/device_service GetServices
//	< 200 application/soap+xml; charset=utf-8
//	the body, until the next line that begins with "> "
//
// The third word of a request is its SOAP operation, known by that and its path
// (services share names of operations); a request without one is known by its
// method and its address, query and all. {{host}} in a body stands
// for host and port of the device. A body's own line that begins with "> "
// is written with a backslash before it. A pair that was recorded several
// times answers in turn, and the last one then stays.
//
// It asks for no login: what was recorded holds none, and may hold none.
type Replay struct {
	server *http.Server
	addr   string
	served chan error

	mu     sync.Mutex
	pairs  map[string][]replayAnswer
	missed []string
}

type replayAnswer struct {
	status int
	kind   string
	body   []byte
}

// maxCapture bounds one file, in bytes.
const maxCapture = 8 << 20

// StartReplay serves all captures (*.http) of a folder on a free port of
// 127.0.0.1 until ctx ends or Close is called.
func StartReplay(ctx context.Context, dir string) (*Replay, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.http"))
	if err != nil {
		return nil, fmt.Errorf("replay %s: %w", dir, err)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("replay %s: there is no capture (*.http)", dir)
	}
	r := &Replay{served: make(chan error, 1), pairs: map[string][]replayAnswer{}}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err == nil && len(b) > maxCapture {
			err = fmt.Errorf("longer than %d bytes", maxCapture)
		}
		if err == nil {
			err = r.read(b)
		}
		if err != nil {
			return nil, fmt.Errorf("replay %s: %w", name, err)
		}
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("replay %s: %w", dir, err)
	}
	r.addr = ln.Addr().String()
	r.server = &http.Server{Handler: r, ReadTimeout: 20 * time.Second, WriteTimeout: writeTimeout}
	go func() { r.served <- r.server.Serve(ln) }()
	context.AfterFunc(ctx, func() { _ = r.server.Close() }) // Close tells what went wrong
	return r, nil
}

// Addr is host and port to ask.
func (r *Replay) Addr() string { return r.addr }

// Missed lists what was asked and not recorded, in order, without repeats.
func (r *Replay) Missed() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.missed)
}

// Close ends it and waits until it has ended.
func (r *Replay) Close() error {
	err := r.server.Close()
	if served := <-r.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	r.served <- http.ErrServerClosed // for a second Close
	return err
}

// read takes in one capture.
func (r *Replay) read(b []byte) error {
	key, line := "", 0
	var now *replayAnswer
	end := func() {
		if now != nil {
			now.body = bytes.TrimSuffix(now.body, []byte("\n"))
			r.pairs[key] = append(r.pairs[key], *now)
		}
		now = nil
	}
	for text := range strings.Lines(string(b)) {
		line++
		bare := strings.TrimRight(text, "\r\n")
		switch {
		case strings.HasPrefix(bare, "> "):
			if key != "" && now == nil {
				return fmt.Errorf("line %d: a request without an answer before it", line)
			}
			end()
			words := strings.Fields(bare[2:])
			if len(words) < 2 || len(words) > 3 || !strings.HasPrefix(words[1], "/") {
				return fmt.Errorf("line %d: a request is a method, a path and perhaps an operation", line)
			}
			if key = words[0] + " " + words[1]; len(words) == 3 {
				key = words[1] + " " + words[2]
			}
		case key != "" && now == nil:
			status, kind, ok := strings.Cut(strings.TrimPrefix(bare, "< "), " ")
			n, err := strconv.Atoi(status)
			if !strings.HasPrefix(bare, "< ") || !ok || err != nil || n < 200 || n > 599 {
				return fmt.Errorf("line %d: after a request comes \"< status type\"", line)
			}
			now = &replayAnswer{status: n, kind: kind}
		case now != nil:
			now.body = append(now.body, strings.TrimPrefix(text, `\`)...)
			if strings.HasPrefix(text, `\`) && !strings.HasPrefix(text, `\> `) {
				now.body = append(now.body[:len(now.body)-len(text)+1], text...)
			}
		case bare != "" && !strings.HasPrefix(bare, "#"):
			return fmt.Errorf("line %d: neither a comment nor a request", line)
		}
	}
	if key != "" && now == nil {
		return fmt.Errorf("line %d: the last request has no answer", line)
	}
	end()
	return nil
}

// ServeHTTP answers as recorded, and with a fault or 404 what was not.
func (r *Replay) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	b, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxRequestBytes))
	if err != nil {
		http.Error(w, "the request is too long or was cut off", http.StatusBadRequest)
		return
	}
	key, soap := req.Method+" "+req.RequestURI, false
	if env, err := parseEnvelope(b); err == nil {
		key, soap = req.URL.Path+" "+env.body.name.Local, true
	}
	r.mu.Lock()
	list := r.pairs[key]
	if len(list) > 1 {
		r.pairs[key] = list[1:]
	}
	if len(list) == 0 && !slices.Contains(r.missed, key) {
		r.missed = append(r.missed, key)
	}
	r.mu.Unlock()
	var a replayAnswer
	switch {
	case len(list) > 0:
		a = list[0]
	case soap:
		a = replayAnswer{http.StatusInternalServerError, "application/soap+xml; charset=utf-8", marshalWith(prefixes(), nil, receiverFault("this was not recorded", "ter:ActionNotSupported").elem())}
	default:
		http.NotFound(w, req)
		return
	}
	w.Header().Set("Content-Type", a.kind)
	w.WriteHeader(a.status)
	_, _ = w.Write(bytes.ReplaceAll(a.body, []byte("{{host}}"), []byte(r.addr))) // who hung up gets nothing
}
