package network

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/lensdop/lensdop/devices"
	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/net/ipv4"
)

// services of cameras in DNS-SD (RFC 6763).
func services() []string {
	return []string{"_axis-video._tcp.local.", "_rtsp._tcp.local.", "_psia._tcp.local."}
}

const (
	mdnsMost  = 9000 // bytes of a message (RFC 6762 §17)
	mdnsHeard = 4096 // messages of one search
)

// askMDNS asks each interface once who offers a camera's service, from a port
// of its own, so that answers come back to it alone (RFC 6762 §6.7).
func (s *search) askMDNS(ctx context.Context) error {
	q, err := query(services())
	if err != nil {
		return err
	}
	var mu sync.Mutex
	var errs []error
	var wg sync.WaitGroup
	for _, name := range s.s.Interfaces {
		wg.Go(func() {
			if err := s.askInterface(ctx, name, q); err != nil {
				mu.Lock()
				defer mu.Unlock()
				errs = append(errs, fmt.Errorf("interface %q: DNS-SD: %w", name, err))
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (s *search) askInterface(ctx context.Context, name string, q []byte) error {
	ifi, err := net.InterfaceByName(name)
	if err != nil {
		return err
	}
	addrs, err := ifi.Addrs()
	if err != nil {
		return err
	}
	for _, a := range addrs {
		p, err := netip.ParsePrefix(a.String())
		if err != nil || !p.Addr().Is4() {
			continue
		}
		return s.askFrom(ctx, ifi, p.Addr(), q)
	}
	return errors.New("it has no IPv4 address")
}

func (s *search) askFrom(ctx context.Context, ifi *net.Interface, from netip.Addr, q []byte) error {
	// Bound to the interface's own address: an unbound socket leaves by the
	// default route.
	var lc net.ListenConfig
	conn, err := lc.ListenPacket(ctx, "udp4", net.JoinHostPort(from.String(), "0"))
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // all answers were read
	out := ipv4.NewPacketConn(conn)
	if err := errors.Join(out.SetMulticastInterface(ifi), out.SetMulticastTTL(1)); err != nil {
		return err
	}
	if err := conn.SetReadDeadline(time.Now().Add(s.s.Timeout)); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) }) // fails only on a closed socket
	defer stop()
	if _, err := conn.WriteTo(q, &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: 5353}); err != nil {
		return err
	}
	buf := make([]byte, mdnsMost)
	for range mdnsHeard {
		n, src, err := conn.ReadFrom(buf)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return nil
		case err != nil:
			continue // one bad read says nothing of the rest, and their number is bounded
		}
		udp, ok := src.(*net.UDPAddr)
		if !ok {
			continue
		}
		// Only the address that answered counts: what the message says of
		// addresses is anybody's word.
		for _, h := range offers(buf[:n]) {
			s.note(udp.AddrPort().Addr(), h.port, devices.HowMDNS, devices.Hint{Kind: devices.HintMDNS, Text: h.text}, ifi.Name)
		}
	}
	return nil
}

// query asks for the instances of services.
func query(names []string) ([]byte, error) {
	m := dnsmessage.Message{}
	for _, n := range names {
		name, err := dnsmessage.NewName(n)
		if err != nil {
			return nil, fmt.Errorf("service %q: %w", n, err)
		}
		m.Questions = append(m.Questions, dnsmessage.Question{Name: name, Type: dnsmessage.TypePTR, Class: dnsmessage.ClassINET})
	}
	return m.Pack()
}

// offer is a service that somebody announces.
type offer struct {
	text string // service type and name
	port int    // of its SRV record; 0 if it has none
}

// offers reads the services that we asked for out of a message from anybody.
func offers(b []byte) []offer {
	var p dnsmessage.Parser
	h, err := p.Start(b)
	if err != nil || !h.Response || p.SkipAllQuestions() != nil {
		return nil
	}
	var out []offer
	ports := map[string]int{}
	var instances []string
	record := func(next func() (dnsmessage.Resource, error)) bool {
		r, err := next()
		if err != nil {
			return false
		}
		switch body := r.Body.(type) {
		case *dnsmessage.PTRResource:
			for _, s := range services() {
				if strings.EqualFold(r.Header.Name.String(), s) && len(out) < maxHints {
					instance := body.PTR.String()
					name, _, _ := strings.Cut(instance, "._")
					kind, _, _ := strings.Cut(s, "._tcp")
					out = append(out, offer{text: plain(kind+" "+strings.ReplaceAll(name, `\`, ""), maxText)})
					instances = append(instances, strings.ToLower(instance))
				}
			}
		case *dnsmessage.SRVResource:
			ports[strings.ToLower(r.Header.Name.String())] = int(body.Port)
		}
		return true
	}
	for range mdnsMost {
		if !record(p.Answer) {
			break
		}
	}
	if p.SkipAllAnswers() == nil && p.SkipAllAuthorities() == nil {
		for range mdnsMost {
			if !record(p.Additional) {
				break
			}
		}
	}
	for i, n := range instances {
		out[i].port = ports[n]
	}
	return out
}
