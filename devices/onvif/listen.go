package onvif

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"

	"github.com/lensdop/lensdop/devices"
)

const (
	// What one host may announce: a recorder says Hello once per channel.
	helloBurst = 64
	helloRate  = 8 // a second
	// lookEvery is how often the interfaces are looked at again: one that was
	// made anew has another index, and the kernel forgets who listened on it.
	lookEvery = 5 * time.Second
	// repeatsWithin is longer than SOAP over UDP takes to repeat a message.
	repeatsWithin = 5 * time.Second
	// dropsToldEvery bounds what a flood can put in the log.
	dropsToldEvery = time.Minute
)

// listener hears Hello and Bye on the group.
type listener struct {
	o      Options
	search devices.Search
	port   int
	look   time.Duration

	subnets []netip.Prefix
	sock    *socket
	joined  map[int]station
	missing map[string]string // why, by the name of the interface
	limit   *limiter
	last    map[netip.Addr]lastHeard
	dropped int
	told    time.Time
}

// station is an interface that is listened on.
type station struct {
	name     string
	prefixes []netip.Prefix // its own subnets
}

// lastHeard is a host's last announcement, by the sum of its MessageID.
type lastHeard struct {
	sum   [sha256.Size]byte
	index int
	bye   bool
	at    time.Time
}

func newListener(o Options, s devices.Search) *listener {
	return &listener{
		o: o, search: s, port: discoveryPort, look: lookEvery,
		joined: map[int]station{}, missing: map[string]string{},
		limit: newLimiter(helloBurst, helloRate), last: map[netip.Addr]lastHeard{},
	}
}

// run reports what is announced until ctx ends, or no interface is left to
// listen on. An interface that is missing among others is logged, and taken in
// when it comes. heard is called from the goroutine of run.
func (l *listener) run(ctx context.Context, heard func(devices.Announcement)) error {
	fail := func(err error, remedy string) error {
		return &devices.Error{Op: "listen to announcements", Err: err, Remedy: remedy}
	}
	var err error
	if l.subnets, err = parseSubnets(l.search.Subnets); err != nil {
		return fail(err, "")
	}
	if len(l.search.Interfaces) == 0 {
		return fail(errors.New("no interface is named"), "name those of the camera networks")
	}
	l.sock, err = openSocket(ctx, netip.AddrPortFrom(netip.IPv4Unspecified(), uint16(l.port)), shareSocket)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fail(err, fmt.Sprintf("another program holds UDP port %d and does not share it; `ss -lunp sport = :%d` names it. "+
			"Searching works without, but what comes and goes is seen later", l.port, l.port))
	} else if err != nil {
		return fail(err, "")
	}
	defer l.sock.close()
	defer l.sock.stopOn(ctx)()

	if err := l.join(ctx); err != nil {
		return fail(err, "")
	}
	next, fails := time.Now().Add(l.look), 0
	for {
		// The order matters: should ctx end after the deadline was set, it is
		// set anew to the past.
		err := l.sock.conn.SetReadDeadline(next)
		if ctx.Err() != nil {
			return fail(ctx.Err(), "")
		}
		var d datagram
		if err == nil {
			d, err = l.sock.next()
		}
		switch {
		case ctx.Err() != nil:
			return fail(ctx.Err(), "")
		case err == nil:
			l.take(d, heard)
		case !over(err):
			if fails++; fails >= maxReadFails {
				return fail(err, "")
			}
		case errors.Is(err, net.ErrClosed):
			return fail(err, "")
		}
		if now := time.Now(); !now.Before(next) {
			next, fails = now.Add(l.look), 0
			if err := l.join(ctx); err != nil {
				return fail(err, "")
			}
		}
	}
}

// join takes in the interfaces that are there. The error is that none is.
func (l *listener) join(ctx context.Context) error {
	before := l.joined
	l.joined = map[int]station{}
	var errs []error
	for _, name := range l.search.Interfaces {
		index, s, err := l.station(name)
		if err != nil {
			errs = append(errs, fmt.Errorf("interface %q: %w", name, err))
			if why := err.Error(); l.missing[name] != why {
				l.missing[name] = why
				l.o.Log.WarnContext(ctx, "interface is not listened on", "interface", name, "error", err)
			}
			continue
		}
		l.joined[index] = s
		_, was := before[index]
		if _, missed := l.missing[name]; missed || !was && len(before) > 0 {
			delete(l.missing, name)
			l.o.Log.InfoContext(ctx, "interface is listened on again", "interface", name)
		}
	}
	if len(l.joined) == 0 {
		return together(errs...)
	}
	return nil
}

// station joins the group on an interface, if that is not so yet.
func (l *listener) station(name string) (int, station, error) {
	ifi, err := net.InterfaceByName(name)
	if err != nil {
		return 0, station{}, err
	}
	prefixes, err := addresses(ifi)
	if err != nil {
		return 0, station{}, err
	}
	err = l.sock.ip.JoinGroup(ifi, &net.UDPAddr{IP: group().AsSlice()})
	if err != nil && !errors.Is(err, syscall.EADDRINUSE) { // in use: it has been joined
		return 0, station{}, fmt.Errorf("join %v: %w", group(), err)
	}
	return ifi.Index, station{name: name, prefixes: prefixes}, nil
}

// take reads one datagram. What cannot be read is dropped: anybody can send,
// and the gateway's own probes come by here as well.
func (l *listener) take(d datagram, heard func(devices.Announcement)) {
	s, ok := l.joined[d.index]
	if !ok || d.to != group() {
		return // another interface's, or sent to some program on this port
	}
	believed := s.prefixes
	if len(l.subnets) > 0 {
		believed = l.subnets
	}
	if !within(d.from, believed) || !bytes.Contains(d.data, []byte("Hello")) && !bytes.Contains(d.data, []byte("Bye")) {
		return
	}
	if ok, _ := l.limit.allow(d.from, time.Now()); !ok {
		l.drop(d.from)
		return
	}
	a, err := parseAnnouncement(d.data)
	if err != nil {
		l.o.Log.Debug("datagram dropped", "from", d.from.String(), "error", err)
		return
	}
	if !a.match.onvif() {
		return
	}
	if l.again(d, a) {
		return
	}
	host, now := d.from.String(), l.o.Now()
	heard(devices.Announcement{Bye: a.bye, Found: devices.Found{
		Endpoint: a.match.endpoint, Address: net.JoinHostPort(host, a.match.port(host)),
		XAddrs: a.match.xaddrs, Types: a.match.types, Scopes: a.match.scopes,
		Interface: s.name, How: devices.HowHello, FirstSeen: now, LastSeen: now,
	}})
}

// again tells that a datagram repeats the last one of its host, as SOAP over
// UDP does against loss.
func (l *listener) again(d datagram, a announcement) bool {
	if a.messageID == "" {
		return false
	}
	now := time.Now()
	this, last := lastHeard{sha256.Sum256([]byte(a.messageID)), d.index, a.bye, now}, l.last[d.from]
	// Some firmware has one MessageID for all that it sends.
	if this.sum == last.sum && this.index == last.index && this.bye == last.bye && now.Sub(last.at) < repeatsWithin {
		return true
	}
	if len(l.last) >= limiterHosts {
		clear(l.last)
	}
	l.last[d.from] = this
	return false
}

func (l *listener) drop(from netip.Addr) {
	l.dropped++
	if now := time.Now(); l.told.IsZero() || now.Sub(l.told) >= dropsToldEvery {
		l.o.Log.Warn("too many announcements of one host; they are dropped", "from", from.String(), "dropped", l.dropped)
		l.told, l.dropped = now, 0
	}
}
