package sim

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Where the services answer. As on many devices, the paths differ, and a
// service knows only its own namespace.
const (
	deviceService = "/onvif/device_service"
	mediaService  = "/onvif/media_service"
	media2Service = "/onvif/media2_service"
	ptzService    = "/onvif/ptz_service"
)

const writeTimeout = 20 * time.Second

// webServer is the device's HTTP side, from boot to halt.
type webServer struct {
	server *http.Server
	cancel context.CancelFunc // of every request
	served chan error
	work   sync.WaitGroup // handlers under way
}

// service is what answers at one path.
type service struct {
	path, namespace string
	ops             map[string]operation
	capabilities    elem // of the service itself; without a name: it is not listed
}

// operation answers one request. Those that ONVIF puts into the access class
// PRE_AUTH need no login.
type operation struct {
	open bool
	// space is the namespace of the request where it is not the service's.
	space string
	in    shape
	// action is what a WS-Addressing header of the answer says; empty sends none.
	action string
	do     func(q *request) (elem, *soapFault)
}

// request is the body of a request, and how it came.
type request struct {
	*node
	header *node
	w      http.ResponseWriter
	http   *http.Request
}

// patient lets a request take long: the server's own time limits are moved.
func (q *request) patient(d time.Duration) {
	c := http.NewResponseController(q.w)
	// Both fail only on a connection that is gone, which the write will tell.
	_ = c.SetReadDeadline(time.Time{})
	_ = c.SetWriteDeadline(time.Now().Add(d + writeTimeout))
}

func (d *Device) serveHTTP(ctx context.Context) (*webServer, error) {
	ln, err := d.listen(ctx, &d.cam.HTTPPort, "HTTP")
	if err != nil {
		return nil, err
	}
	// Requests outlive the call that boots; close ends them.
	run, cancel := context.WithCancel(context.WithoutCancel(ctx))
	w := &webServer{cancel: cancel}
	mux := http.NewServeMux()
	for _, s := range d.services() {
		if d.cam.NoONVIF {
			break
		}
		mux.HandleFunc(s.path, func(rw http.ResponseWriter, r *http.Request) { d.soap(rw, r, s) })
	}
	d.handleMaker(mux)
	mux.HandleFunc("/snapshot/{lens}/{file}", d.snapshot)
	w.server = &http.Server{
		Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			w.work.Add(1)
			defer w.work.Done()
			if d.late(rw, r) {
				mux.ServeHTTP(rw, r)
			}
		}),
		BaseContext: func(net.Listener) context.Context { return run },
		// Clients that refuse the certificate are no news.
		ErrorLog:          slog.NewLogLogger(d.log.Handler(), slog.LevelDebug),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       20 * time.Second,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       time.Minute,
	}
	listeners := []net.Listener{ln}
	if d.cam.TLS {
		ln, err := d.listen(ctx, &d.cam.HTTPSPort, "HTTPS")
		if err != nil {
			cancel()
			return nil, errors.Join(err, listeners[0].Close())
		}
		listeners = append(listeners, tls.NewListener(ln, d.tlsConfig()))
	}
	w.served = make(chan error, len(listeners))
	for _, ln := range listeners {
		go func() { w.served <- w.server.Serve(ln) }()
	}
	return w, nil
}

// late makes a device slow or busy; it tells whether there is an answer at all.
func (d *Device) late(w http.ResponseWriter, r *http.Request) bool {
	if d.fault(FaultSlow30s) {
		(&request{w: w}).patient(d.cam.slow)
		// Nobody sees that the caller leaves before its body is read.
		b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequestBytes+1))
		if err != nil {
			return false
		}
		r.Body = io.NopCloser(bytes.NewReader(b))
		if !wait(r.Context(), d.cam.slow) {
			return false
		}
	}
	if d.fault(FaultBusy) {
		w.Header().Set("Retry-After", "5")
		http.Error(w, "busy", http.StatusServiceUnavailable)
		return false
	}
	return true
}

// wait tells whether the time passed before ctx ended.
func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// services lists what the device has, as GetServices tells it.
func (d *Device) services() []service {
	all := []service{
		d.deviceOps(), d.mediaOps(), d.media2Ops(), d.ptzOps(), d.deviceIOOps(), d.eventOps(), d.subscriptionOps(),
		d.recordingOps(), d.searchOps(), d.imagingOps(), d.analyticsOps(),
	}
	return slices.DeleteFunc(all, func(s service) bool { return s.path == "" })
}

func (w *webServer) close() error {
	w.cancel()
	err := w.server.Close()
	for range cap(w.served) {
		if served := <-w.served; !errors.Is(served, http.ErrServerClosed) {
			err = errors.Join(err, served)
		}
	}
	w.work.Wait()
	return err
}

// soap answers one SOAP request.
func (d *Device) soap(w http.ResponseWriter, r *http.Request, s service) {
	if d.fault(FaultHTMLError) {
		w.Header().Set("Content-Type", "text/html; charset=iso-8859-1")
		w.WriteHeader(http.StatusInternalServerError)
		d.write(w, []byte("<html><head><title>500 - Internal Server Error</title></head><body><h1>500 - Internal Server Error</h1><p>Ger\xe4t gest\xf6rt<br></body></html>\n"))
		return
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequestBytes))
	if err != nil {
		http.Error(w, "the request is too long or was cut off", http.StatusBadRequest)
		return
	}
	header, answer, fault := d.call(w, r, s, b)
	status := http.StatusOK
	if fault != nil {
		answer, status = fault.elem(), fault.status
	}
	w.Header().Set("Content-Type", "application/soap+xml; charset=utf-8")
	d.send(w, status, marshalWith(d.spaces(), header, answer))
}

// spaces are the namespaces of answers, as far as the device has them right.
func (d *Device) spaces() []attr {
	all := prefixes()
	if !d.fault(FaultWrongNamespace) {
		return all
	}
	for i, p := range all {
		switch p.name {
		case "tr2": // as seen in a real camera
			all[i].value = nsTRT
		case "tmd":
			all[i].value = nsTDS
		case "tds", "trt", "tptz", "tev", "trc", "tse", "timg", "tan":
			all[i].value = strings.Replace(p.value, "http://www.onvif.org/", "http://www.onvif.org/onvif/", 1)
		}
	}
	return all
}

func (d *Device) call(w http.ResponseWriter, r *http.Request, s service, b []byte) (header []elem, answer elem, fault *soapFault) {
	env, err := parseEnvelope(b)
	if err != nil {
		if f, ok := errors.AsType[*soapFault](err); ok {
			return nil, elem{}, f
		}
		return nil, elem{}, receiverFault("the request cannot be read", "ter:Action")
	}
	op, known := s.ops[env.body.name.Local]
	space := cmp.Or(op.space, s.namespace)
	known = known && env.body.name.Space == space
	if !known || !op.open {
		if f := d.authorise(w, r, env.header); f != nil {
			return nil, elem{}, f
		}
	}
	if !known {
		return nil, elem{}, receiverFault(fmt.Sprintf("this service has no operation %s", env.body.name.Local), "ter:ActionNotSupported")
	}
	d.count(func(t *Stats) { t.Requests[env.body.name.Local]++ })
	if f := op.in.check(env.body, space); f != nil {
		return nil, elem{}, f
	}
	if op.action != "" {
		header = append(header, el("wsa5:Action", op.action))
		if id := env.header.value(nsWSA5, "MessageID"); id != "" {
			header = append(header, el("wsa5:RelatesTo", id))
		}
	}
	answer, fault = op.do(&request{node: env.body, header: env.header, w: w, http: r})
	return header, answer, fault
}

// send writes an answer of known length; half of it where the device breaks off.
func (d *Device) send(w http.ResponseWriter, status int, b []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	if d.fault(FaultHalfAnswer) {
		// The server drops the connection of a handler that promised more.
		b = b[:len(b)/2]
	}
	w.WriteHeader(status)
	d.write(w, b)
}

// authorise follows ONVIF Core §5.9: HTTP digest or the UsernameToken; who
// brings neither is asked for HTTP digest; who brings both needs both right.
func (d *Device) authorise(w http.ResponseWriter, r *http.Request, header *node) *soapFault {
	refuse := func(status int, stale bool) *soapFault {
		d.count(func(t *Stats) { t.Refused++ })
		if status == http.StatusUnauthorized {
			d.login.challenge(w.Header(), time.Now(), stale)
		}
		return &soapFault{code: "env:Sender", sub: []string{"ter:NotAuthorized"}, reason: "Sender not Authorized", status: status}
	}
	byHTTP := r.Header.Get("Authorization") != ""
	if byHTTP {
		if ok, stale := d.login.httpDigest(r, time.Now()); !ok {
			return refuse(http.StatusUnauthorized, stale)
		}
	}
	if d.fault(FaultDigestOnly) {
		if byHTTP {
			return nil
		}
		return refuse(http.StatusUnauthorized, false)
	}
	found, err := d.login.usernameToken(header, d.now())
	switch {
	case err != nil:
		d.log.Debug("login refused", "reason", err)
		return refuse(http.StatusBadRequest, false)
	case !found && !byHTTP:
		return refuse(http.StatusUnauthorized, false)
	}
	return nil
}

// snapshot sends one JPEG of a path.
func (d *Device) snapshot(w http.ResponseWriter, r *http.Request) {
	if ok, stale := d.login.httpDigest(r, time.Now()); !ok {
		d.count(func(t *Stats) { t.Refused++ })
		d.login.challenge(w.Header(), time.Now(), stale)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	number, err := strconv.Atoi(strings.TrimPrefix(r.PathValue("lens"), "lens"))
	path, isJPEG := strings.CutSuffix(r.PathValue("file"), ".jpg")
	if err != nil || !isJPEG || number < 1 || number > len(d.lens) || path != pathMain && (path != pathSub || !d.cam.SubStream) {
		http.NotFound(w, r)
		return
	}
	d.count(func(t *Stats) { t.Requests["snapshot"]++ })
	b, err := encodeJPEG(d.lens[number-1].picture(path))
	if err != nil {
		http.Error(w, "no picture", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "image/jpeg")
	w.Header().Set("Cache-Control", "no-store")
	d.send(w, http.StatusOK, b)
}

// write notes who hung up before the answer; nothing more can be done.
func (d *Device) write(w io.Writer, b []byte) {
	if _, err := io.Copy(w, bytes.NewReader(b)); err != nil {
		d.log.Debug("answer was not sent", "error", err)
	}
}
