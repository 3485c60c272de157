// Package sim owns simulated devices that speak the real wire: ONVIF cameras
// with WS-Discovery, SOAP over HTTP and RTSP with a rendered, moving scene.
// They are the other side of every driver's tests and of the demo, and can be
// made to misbehave as real devices do.
//
// It shares no code with the drivers, so that a misreading of a standard
// cannot hide on both sides. It never touches anything but the loopback
// interface: other addresses are refused.
package sim

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"log/slog"
	"maps"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Device is a running simulated device. Its methods are safe for use by
// several goroutines. Lenses count from 1.
type Device struct {
	cam   Camera
	log   *slog.Logger
	login *login
	lens  []*source
	sets  map[string]parameterSets // by path, of h264 and h265

	timers   timers
	contacts *contacts
	events   *broker
	recorder *recorder
	imaging  *imagings
	sound    *sounds

	certificates *certificates // nil without TLS

	manage  management
	streams atomic.Pointer[rtspServer] // nil while down

	power sync.Mutex // held while booting and halting
	on    *services  // nil while down
	ended bool
	stop  func() bool // of the watch on Start's context

	mu        sync.Mutex // all below
	faults    map[string]bool
	epochAt   time.Time // when FaultClock1970 came on
	masks     []Mask
	own       vendorState
	maskCount int
	instance  uint32 // WS-Discovery instance: grows with each boot
	stats     Stats
}

// Stats counts what a device was asked since it started.
type Stats struct {
	Requests map[string]int // SOAP operations by name, and "snapshot"
	Refused  int            // SOAP and snapshot requests without valid login
	Sessions int            // RTSP sessions open now
	MaxSeen  int            // most RTSP sessions open at once
	Busy     int            // RTSP set-ups refused with 453
	Frames   int            // pictures rendered for streams
}

// Start runs the device until Close is called or ctx ends. Errors say which
// address or tool is missing and what to do.
func Start(ctx context.Context, c Camera) (*Device, error) {
	if err := c.complete(); err != nil {
		return nil, fmt.Errorf("simulated camera %s: %w", c.Name, err)
	}
	d := &Device{
		cam:    c,
		log:    c.Log.With("camera", c.Name),
		login:  newLogin(c.User, c.Password),
		own:    newVendorState(c.Lenses),
		faults: map[string]bool{},
		stats:  Stats{Requests: map[string]int{}},
	}
	d.contacts, d.events = newContacts(c), newBroker(c, c.Clock().UTC())
	d.recorder, d.imaging = newRecorder(c, c.Clock().UTC()), newImagings(c.Lenses)
	d.sound = d.newSounds()
	if c.TLS {
		var err error
		if d.certificates, err = newCertificates(c); err != nil {
			return nil, fmt.Errorf("simulated camera %s: %w", c.Name, err)
		}
	}
	if c.Maker != "" {
		d.login.realm, d.login.md5 = c.makerRealm(), true
	}
	for n := 1; n <= c.Lenses; n++ {
		d.lens = append(d.lens, newSource(d, n))
	}
	if c.Codec != codecMJPEG {
		sets, err := probeParameterSets(ctx, c)
		if err != nil {
			return nil, fmt.Errorf("simulated camera %s: %w", c.Name, err)
		}
		d.sets = sets
	}
	for n := range d.lens {
		d.sense(n + 1)
	}
	if err := d.boot(ctx); err != nil {
		return nil, fmt.Errorf("simulated camera %s: %w", c.Name, err)
	}
	d.stop = context.AfterFunc(ctx, func() {
		if err := d.shut(); err != nil {
			d.log.Warn("simulated camera did not stop cleanly", "error", err)
		}
	})
	return d, nil
}

// Endpoint is the device's endpoint reference (urn:uuid:…).
func (d *Device) Endpoint() string { return d.cam.Endpoint }

// Name is the name given in Camera.
func (d *Device) Name() string { return d.cam.Name }

// Addr is host:port of the ONVIF services.
func (d *Device) Addr() string { return net.JoinHostPort(d.cam.Host, strconv.Itoa(d.cam.HTTPPort)) }

// RTSPAddr is host:port of the RTSP server.
func (d *Device) RTSPAddr() string {
	return net.JoinHostPort(d.cam.Host, strconv.Itoa(d.cam.RTSPPort))
}

// RTSPURL is the main stream of a lens, without credentials.
func (d *Device) RTSPURL(lens int) string { return d.streamURL(lens, pathMain) }

// SubURL is the sub-stream of a lens, without credentials.
func (d *Device) SubURL(lens int) string { return d.streamURL(lens, pathSub) }

// SnapshotURL is the still picture of a lens, without credentials.
func (d *Device) SnapshotURL(lens int) string { return d.snapshotURL(lens, pathMain) }

func (d *Device) streamURL(lens int, path string) string {
	return fmt.Sprintf("rtsp://%s/lens%d/%s", d.RTSPAddr(), lens, path)
}

func snapshotPath(lens int, path string) string {
	return fmt.Sprintf("/snapshot/lens%d/%s.jpg", lens, path)
}

func (d *Device) snapshotURL(lens int, path string) string {
	return d.url(nil, snapshotPath(lens, path))
}

// Stats returns a copy of the counts.
func (d *Device) Stats() Stats {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.stats
	s.Requests = maps.Clone(d.stats.Requests)
	return s
}

func (d *Device) count(f func(*Stats)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f(&d.stats)
}

// now is the device's own clock.
func (d *Device) now() time.Time {
	t := d.cam.Clock()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.faults[FaultClock1970] {
		return time.Unix(0, 0).UTC().Add(t.Sub(d.epochAt))
	}
	return t.UTC()
}

// Move is a hand on the camera: the scene shifts by fractions of the picture's
// width and height, as if the lens were panned right and tilted down. A camera
// that turns by itself does not know of it. The scene ends half a picture from
// its middle on each side.
func (d *Device) Move(lens int, dx, dy float64) error {
	return d.onLens(lens, func(l *source) {
		l.pan(dx, dy)
		source := sourceToken(lens)
		d.events.set(d.now(), TopicSceneChange, source, "true")
		d.timers.after(sceneSettles, func() { d.sense(lens) })
	})
}

// Cover puts something before the lens, or takes it away with ClearLens. It
// is part of the scene: the device does not know.
func (d *Device) Cover(lens int, with Cover) error {
	return d.onLens(lens, func(l *source) {
		l.cover(with)
		d.sense(lens)
	})
}

// Plant puts a picture into the middle of the scene, a third of its width
// wide, so that a test can look for it in places where no picture may be.
// Nil takes it away.
func (d *Device) Plant(lens int, img image.Image) error {
	return d.onLens(lens, func(l *source) { l.plant(img) })
}

// Picture renders what the lens's main stream shows now. It costs the device
// no session.
func (d *Device) Picture(lens int) (*image.YCbCr, error) {
	var img *image.YCbCr
	err := d.onLens(lens, func(l *source) { img = l.picture(pathMain) })
	return img, err
}

func (d *Device) onLens(lens int, f func(*source)) error {
	if lens < 1 || lens > len(d.lens) {
		return fmt.Errorf("simulated camera %s has no lens %d", d.cam.Name, lens)
	}
	f(d.lens[lens-1])
	return nil
}

// Close says Bye, ends all connections and waits until nothing runs any
// more. It may be called several times.
func (d *Device) Close() error {
	d.stop()
	return d.shut()
}

func (d *Device) shut() error {
	d.power.Lock()
	defer d.power.Unlock()
	d.ended = true
	return d.halt(true)
}

// Reboot is a power cut: connections drop without a Bye, the device is away
// for downFor, comes back on the same ports and says Hello. It returns once
// the device is up again, or ctx ends (the device then stays down).
func (d *Device) Reboot(ctx context.Context, downFor time.Duration) error {
	d.power.Lock()
	err := d.halt(false)
	d.power.Unlock()
	if err != nil {
		return fmt.Errorf("simulated camera %s: reboot: %w", d.cam.Name, err)
	}
	d.mu.Lock()
	if d.faults[FaultForgetsMasks] {
		d.masks, d.own = nil, newVendorState(d.cam.Lenses)
	}
	for i := range d.masks {
		d.masks[i].before = nil
	}
	d.mu.Unlock()
	t := time.NewTimer(downFor)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
		return fmt.Errorf("simulated camera %s: reboot: %w", d.cam.Name, ctx.Err())
	}
	d.power.Lock()
	defer d.power.Unlock()
	if d.ended {
		return fmt.Errorf("simulated camera %s: reboot: it was closed meanwhile", d.cam.Name)
	}
	if d.on != nil {
		return nil // another reboot brought it up
	}
	if err := d.boot(ctx); err != nil {
		return fmt.Errorf("simulated camera %s: reboot: %w", d.cam.Name, err)
	}
	return nil
}

// services is what runs while the device is up.
type services struct {
	cancel    context.CancelFunc
	lenses    sync.WaitGroup
	web       *webServer
	rtsp      *rtspServer
	discovery *responder // nil if hidden
}

// boot starts everything. The caller holds power, or is alone.
func (d *Device) boot(ctx context.Context) (err error) {
	s := &services{}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.halt(false))
		}
	}()
	d.timers.start()
	if s.web, err = d.serveHTTP(ctx); err != nil {
		return err
	}
	if s.rtsp, err = d.serveRTSP(ctx); err != nil {
		return err
	}
	d.streams.Store(s.rtsp)
	// The lenses outlive the call that boots; halt ends them.
	run, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.cancel = cancel
	for _, l := range d.lens {
		s.lenses.Go(func() { l.run(run, s.rtsp.feeds[l.number-1]) })
	}
	d.mu.Lock()
	d.instance++
	instance := d.instance
	d.mu.Unlock()
	if d.cam.DiscoveryPort >= 0 {
		if s.discovery, err = d.answerDiscovery(ctx, instance); err != nil {
			return err
		}
	}
	d.on = s
	d.log.Info("simulated camera is up", "http", d.Addr(), "rtsp", d.RTSPAddr())
	return nil
}

// halt stops everything that boot started. The caller holds power.
func (d *Device) halt(bye bool) error {
	if d.on == nil {
		return nil
	}
	s := d.on
	d.on = nil
	d.streams.Store(nil)
	d.events.end()
	err := s.halt(bye)
	d.timers.stop()
	d.cutPower()
	for _, l := range d.lens {
		l.forget()
	}
	return err
}

func (s *services) halt(bye bool) error {
	var errs []error
	if s.discovery != nil {
		errs = append(errs, s.discovery.close(bye))
	}
	if s.cancel != nil {
		s.cancel()
		s.lenses.Wait()
	}
	if s.rtsp != nil {
		s.rtsp.close()
	}
	if s.web != nil {
		errs = append(errs, s.web.close())
	}
	return errors.Join(errs...)
}

// listen opens a TCP port of the device, keeps a port that was chosen freely,
// and makes the connections fall silent with the device.
func (d *Device) listen(ctx context.Context, port *int, what string) (net.Listener, error) {
	addr := net.JoinHostPort(d.cam.Host, strconv.Itoa(*port))
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp4", addr)
	if err != nil {
		return nil, fmt.Errorf("%s cannot listen on %s: %w; choose another port, or 0 for a free one", what, addr, err)
	}
	a, ok := ln.Addr().(*net.TCPAddr)
	if !ok {
		return nil, errors.Join(fmt.Errorf("%s listens on an address of type %T", what, ln.Addr()), ln.Close())
	}
	if *port == 0 {
		*port = a.Port
	}
	refuses := func() bool { return false }
	if what == "RTSP" {
		refuses = d.manage.rtspOff
	}
	return &gate{
		refuses:  refuses,
		Listener: ln,
		silent:   func() bool { return d.fault(FaultSilent) },
		single:   func() bool { return d.fault(FaultSingleConnection) },
		closed:   make(chan struct{}),
	}, nil
}

// closeQuietly drops the error of a second close of the same thing.
func closeQuietly(c io.Closer) error {
	if err := c.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}
