package sim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
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

// webServer is the device's HTTP side, from boot to halt.
type webServer struct {
	server *http.Server
	served chan error
	work   sync.WaitGroup // handlers under way
}

// service is what answers at one path.
type service struct {
	namespace string
	ops       map[string]operation
}

// operation answers one request. Those that ONVIF puts into the access class
// PRE_AUTH need no login.
type operation struct {
	open bool
	do   func(request *node) (elem, *soapFault)
}

func (d *Device) serveHTTP(ctx context.Context) (*webServer, error) {
	ln, err := d.listen(ctx, &d.cam.HTTPPort, "HTTP")
	if err != nil {
		return nil, err
	}
	w := &webServer{served: make(chan error, 1)}
	mux := http.NewServeMux()
	for path, s := range map[string]service{
		deviceService: d.deviceOps(),
		mediaService:  d.mediaOps(),
		media2Service: d.media2Ops(),
		ptzService:    d.ptzOps(),
	} {
		if len(s.ops) > 0 {
			mux.HandleFunc(path, func(rw http.ResponseWriter, r *http.Request) { d.soap(rw, r, s) })
		}
	}
	mux.HandleFunc("/snapshot/{lens}/{file}", d.snapshot)
	w.server = &http.Server{
		Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			w.work.Add(1)
			defer w.work.Done()
			mux.ServeHTTP(rw, r)
		}),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       20 * time.Second,
		WriteTimeout:      20 * time.Second,
		IdleTimeout:       time.Minute,
	}
	go func() { w.served <- w.server.Serve(ln) }()
	return w, nil
}

func (w *webServer) close() error {
	err := w.server.Close()
	if served := <-w.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
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
	answer, fault := d.call(w, r, s, b)
	status := http.StatusOK
	if fault != nil {
		answer, status = fault.elem(), fault.status
	}
	w.Header().Set("Content-Type", "application/soap+xml; charset=utf-8")
	w.WriteHeader(status)
	d.write(w, marshalEnvelope(nil, answer))
}

func (d *Device) call(w http.ResponseWriter, r *http.Request, s service, b []byte) (elem, *soapFault) {
	env, err := parseEnvelope(b)
	if err != nil {
		if f, ok := errors.AsType[*soapFault](err); ok {
			return elem{}, f
		}
		return elem{}, receiverFault("the request cannot be read", "ter:Action")
	}
	op, known := s.ops[env.body.name.Local]
	known = known && env.body.name.Space == s.namespace
	if !known || !op.open {
		if f := d.authorise(w, r, env.header); f != nil {
			return elem{}, f
		}
	}
	if !known {
		return elem{}, receiverFault(fmt.Sprintf("this service has no operation %s", env.body.name.Local), "ter:ActionNotSupported")
	}
	d.count(func(t *Stats) { t.Requests[env.body.name.Local]++ })
	return op.do(env.body)
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
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	w.Header().Set("Cache-Control", "no-store")
	d.write(w, b)
}

// write notes who hung up before the answer; nothing more can be done.
func (d *Device) write(w io.Writer, b []byte) {
	if _, err := io.Copy(w, bytes.NewReader(b)); err != nil {
		d.log.Debug("answer was not sent", "error", err)
	}
}
