package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/lensdop/lensdop/policy/rules"
	"github.com/lensdop/lensdop/policy/wire"
)

// Status is what the agent knows, for a person at the gateway.
type Status struct {
	Reported wire.Reported   `json:"reported"`
	Findings []rules.Finding `json:"findings"`
	// Devices are all that were found, registered or not.
	Devices []Discovered `json:"devices"`
	// Asks are the consents that the site has not given yet.
	Asks []Ask `json:"asks"`
	// ClockTrusted tells whether windows can end.
	ClockTrusted bool   `json:"clock_trusted"`
	Stream       string `json:"stream"` // id of the log's numbering
	Head         uint64 `json:"head"`   // newest event written
	Outbox       uint64 `json:"outbox"` // events that the server does not have yet
}

// Status returns a snapshot.
func (a *Agent) Status() Status {
	now, trusted := a.clock.now()
	r := wire.Reported{
		At: now, BootID: a.boot, Version: a.version,
		Cameras: []wire.CameraState{}, Readers: a.readerStates(), Unknown: a.unknown(),
	}
	o := a.inForce()
	r.KeyEpoch, r.Generation, r.SHA256 = o.epoch, o.generation, o.sha256
	if p := o.policy.Protocol; p != nil {
		a.mu.Lock()
		for _, c := range p.CamerasOf(a.cfg.Site) {
			if k := a.keepers[c.ID]; k != nil && !k.state.At.IsZero() {
				r.Cameras = append(r.Cameras, k.state)
			}
		}
		a.mu.Unlock()
	}
	a.mu.Lock()
	s := Status{Reported: r, Findings: a.findings, ClockTrusted: trusted, Asks: append([]Ask{}, a.waiting...)}
	a.mu.Unlock()
	s.Devices = a.known()
	return s
}

// unknown lists the devices that no register entry matches.
func (a *Agent) unknown() []wire.UnknownDevice {
	list := []wire.UnknownDevice{}
	if a.inForce().policy.Protocol == nil {
		return list
	}
	for _, x := range a.foundFacts() {
		if len(x.Cameras)+len(x.Channels) > 0 || x.Device != "" {
			continue
		}
		u := wire.UnknownDevice{
			Address: x.Address, Endpoint: x.Endpoint, Name: x.Name, Interface: x.Interface, MAC: x.MAC, Reach: string(x.Reach),
			FirstSeen: x.FirstSeen, LastSeen: x.LastSeen,
		}
		for _, h := range x.Hints {
			u.Hints = append(u.Hints, HintWords(h))
		}
		list = append(list, u)
	}
	return list
}

// known lists every device that was found, for a person at the gateway.
func (a *Agent) known() []Discovered {
	judged := a.inForce().policy.Protocol != nil
	list := []Discovered{}
	for _, x := range a.foundFacts() {
		d := discovered(x.Found, x.Reach, judged)
		d.Cameras, d.Channels, d.Device = append(d.Cameras, x.Cameras...), x.Channels, x.Device
		list = append(list, d)
	}
	return list
}

// serveSocket answers `status` on a unix socket that only the agent's own user
// and group may open.
func (a *Agent) serveSocket(ctx context.Context) error {
	if err := clearSocket(ctx, a.cfg.Socket); err != nil {
		return fmt.Errorf("socket: %w", err)
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "unix", a.cfg.Socket)
	if err != nil {
		return fmt.Errorf("socket: %w", err)
	}
	if err := os.Chmod(a.cfg.Socket, 0o660); err != nil {
		return errors.Join(fmt.Errorf("socket: %w", err), l.Close())
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, r *http.Request) {
		s := a.Status()
		head, err := a.db.Head(r.Context())
		acked, err2 := a.db.Acked(r.Context())
		if err := errors.Join(err, err2); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		s.Stream, s.Head, s.Outbox = a.db.Stream(), head, head-acked
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(s); err != nil {
			a.log.WarnContext(r.Context(), "status was not sent", "err", err)
		}
	})
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = srv.Close() }) // Serve reports the end
	defer stop()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("socket: %w", err)
	}
	return nil
}

// clearSocket removes what a killed agent left. It removes nothing but a
// socket, and none that somebody still answers on.
func clearSocket(ctx context.Context, path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode().Type() != os.ModeSocket {
		return fmt.Errorf("%s is there and is no socket; choose another path", path)
	}
	c, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "unix", path)
	if err == nil {
		return errors.Join(fmt.Errorf("another agent answers on %s", path), c.Close())
	}
	return os.Remove(path)
}

// AskStatus reads the status of the agent that listens on socket.
func AskStatus(ctx context.Context, socket string) (Status, error) {
	t := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}
	defer t.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://agent/status", http.NoBody)
	if err != nil {
		return Status{}, err
	}
	res, err := (&http.Client{Transport: t, Timeout: 10 * time.Second}).Do(req)
	if err != nil {
		return Status{}, fmt.Errorf("no agent answers on %s (%w); is it running?", socket, err)
	}
	defer res.Body.Close() //nolint:errcheck // read to its end below
	b, err := io.ReadAll(io.LimitReader(res.Body, maxStatus))
	if err != nil {
		return Status{}, fmt.Errorf("status: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return Status{}, fmt.Errorf("status: the agent says %s: %s", res.Status, b)
	}
	var s Status
	if err := json.Unmarshal(b, &s); err != nil {
		return Status{}, fmt.Errorf("status: %w", err)
	}
	return s, nil
}

const maxStatus = 16 << 20
