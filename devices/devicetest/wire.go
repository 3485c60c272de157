package devicetest

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// Fault is a way in which the wire fails a driver, whatever the device does.
type Fault string

// The faults of the wire.
const (
	Sound   Fault = ""        // none
	Silent  Fault = "silent"  // takes the request and never answers
	Half    Fault = "half"    // breaks off in the middle of the answer
	Refuse  Fault = "refuse"  // refuses every login
	Busy    Fault = "busy"    // 503
	Page    Fault = "page"    // 200 with a page for people
	Nothing Fault = "nothing" // 200 with no body
	Drop    Fault = "drop"    // closes the connection instead of answering
	Endless Fault = "endless" // an answer of 64 MiB
)

// faults are all but Sound.
func faults() []Fault { return []Fault{Silent, Half, Refuse, Busy, Page, Nothing, Drop, Endless} }

// maxWire bounds one message, in bytes.
const maxWire = 16 << 20

// Wire stands between a driver and its device on HTTP: it counts what is
// written, and can lose and spoil messages. It is safe for use by several
// goroutines.
type Wire struct {
	server  *httptest.Server
	to      string
	isWrite func(r *http.Request, body []byte) bool
	secrets []string
	client  *http.Client
	arrived chan struct{}

	mu      sync.Mutex
	fault   Fault
	writes  int
	asked   int
	cutIn   int  // this many writes from now is lost; 0: none
	reaches bool // whether the lost one reaches the device
	each    func()
	spilled string
	trouble error
}

// NewWire puts a wire before the device at host:port. isWrite tells which
// requests change something. The secrets must not be seen on it. What the
// device says of its own address is changed to that of the wire. It ends with
// the test.
func NewWire(t testing.TB, to string, secrets []string, isWrite func(r *http.Request, body []byte) bool) *Wire {
	t.Helper()
	w := &Wire{
		to: to, isWrite: isWrite, secrets: secrets, arrived: make(chan struct{}, 1),
		client: &http.Client{
			Transport:     &http.Transport{DisableKeepAlives: true, DisableCompression: true},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Timeout:       20 * time.Second,
		},
	}
	w.server = httptest.NewServer(w)
	t.Cleanup(func() {
		w.server.CloseClientConnections()
		w.server.Close()
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.trouble != nil {
			t.Errorf("the wire: %v", w.trouble)
		}
	})
	return w
}

// Address is host:port to give to the driver.
func (w *Wire) Address() string { return w.server.Listener.Addr().String() }

// Break makes the wire fail from now on; Sound mends it.
func (w *Wire) Break(f Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fault = f
	select {
	case <-w.arrived:
	default:
	}
}

// count returns how many writes the device answered and how many requests came.
func (w *Wire) count() (writes, asked int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.writes, w.asked
}

// cut loses the n-th write from now, counted from 1: its answer if it reaches
// the device, else the write itself. The connection then breaks.
func (w *Wire) cut(n int, reaches bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cutIn, w.reaches = n, reaches
}

// uncut tells whether a cut is still to come, and takes it back.
func (w *Wire) uncut() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	left := w.cutIn > 0
	w.cutIn = 0
	return left
}

// eachWrite is called after the device has taken a write, before its answer goes on.
func (w *Wire) eachWrite(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.each = f
}

// spill tells in words where a secret was seen, or nothing.
func (w *Wire) spill() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.spilled
}

// ServeHTTP passes a request on.
func (w *Wire) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, maxWire))
	if err != nil {
		return
	}
	w.mu.Lock()
	fault := w.fault
	w.asked++
	w.watch(r, body)
	select {
	case w.arrived <- struct{}{}:
	default:
	}
	w.mu.Unlock()
	write := w.isWrite(r, body)
	if w.fails(fault, rw, r) {
		return
	}
	if write && w.lost(false) {
		panic(http.ErrAbortHandler)
	}
	answer, status, err := w.pass(rw, r, body)
	if err != nil {
		// A device that is gone is gone for the driver, too.
		if netErr := net.Error(nil); !errors.As(err, &netErr) && r.Context().Err() == nil {
			w.note(err)
		}
		panic(http.ErrAbortHandler)
	}
	if write && status != http.StatusUnauthorized {
		w.mu.Lock()
		w.writes++
		each := w.each
		w.mu.Unlock()
		if each != nil {
			each()
		}
		if w.lost(true) {
			panic(http.ErrAbortHandler)
		}
	}
	rw.Header().Set("Content-Length", fmt.Sprint(len(answer)))
	rw.WriteHeader(status)
	if fault == Half {
		answer = answer[:len(answer)/2]
	}
	if _, err := rw.Write(answer); err != nil || fault == Half {
		panic(http.ErrAbortHandler)
	}
}

// fails answers instead of the device; it tells whether it did.
func (w *Wire) fails(f Fault, rw http.ResponseWriter, r *http.Request) bool {
	switch f {
	case Silent:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case Drop:
		panic(http.ErrAbortHandler)
	case Refuse:
		rw.Header().Set("WWW-Authenticate", `Digest realm="wire", qop="auth", nonce="`+fmt.Sprint(time.Now().UnixNano())+`", algorithm=MD5`)
		rw.WriteHeader(http.StatusUnauthorized)
	case Busy:
		http.Error(rw, "busy", http.StatusServiceUnavailable)
	case Page:
		rw.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(rw, "<html><head><title>Welcome</title></head><body><h1>Welcome<br></body></html>")
	case Nothing:
		rw.WriteHeader(http.StatusOK)
	case Endless:
		chunk := bytes.Repeat([]byte(" "), 1<<16)
		for range 1 << 10 {
			if _, err := rw.Write(chunk); err != nil {
				break
			}
		}
	default:
		return false
	}
	return true
}

// pass asks the device, and copies the header of its answer.
func (w *Wire) pass(rw http.ResponseWriter, r *http.Request, body []byte) (answer []byte, status int, err error) {
	out, err := http.NewRequestWithContext(r.Context(), r.Method, "http://"+w.to+r.RequestURI, bytes.NewReader(body))
	if err != nil {
		return nil, 0, err
	}
	out.Header = r.Header.Clone()
	res, err := w.client.Do(out)
	if err != nil {
		return nil, 0, err
	}
	defer res.Body.Close() //nolint:errcheck // it was only read
	if answer, err = io.ReadAll(io.LimitReader(res.Body, maxWire)); err != nil {
		return nil, 0, err
	}
	for name, values := range res.Header {
		if name != "Content-Length" && name != "Connection" {
			rw.Header()[name] = values
		}
	}
	return bytes.ReplaceAll(answer, []byte(w.to), []byte(w.Address())), res.StatusCode, nil
}

// lost tells whether a write is the one to lose. Each write is told of once by
// the side that would lose it.
func (w *Wire) lost(reached bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cutIn == 0 || w.reaches != reached {
		return false
	}
	w.cutIn--
	return w.cutIn == 0
}

// watch looks for secrets. The caller holds mu.
func (w *Wire) watch(r *http.Request, body []byte) {
	address, err := url.QueryUnescape(r.RequestURI)
	if err != nil {
		address = r.RequestURI
	}
	for _, s := range w.secrets {
		seen := func(text string) bool { return strings.Contains(text, s) }
		switch {
		case seen(address):
			w.spilled = "a secret in an address"
		case bytes.Contains(body, []byte(s)):
			w.spilled = "a secret in a request"
		}
		for name, values := range r.Header {
			for _, v := range values {
				plain, _ := strings.CutPrefix(v, "Basic ")
				b, err := base64.StdEncoding.DecodeString(plain)
				if seen(v) || err == nil && seen(string(b)) {
					w.spilled = "a secret in the header " + name
				}
			}
		}
	}
}

func (w *Wire) note(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.trouble = errors.Join(w.trouble, err)
}
