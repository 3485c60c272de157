package sim

import (
	"context"
	"crypto/rand"
	"crypto/sha1"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/ipv4"
)

const (
	discoveryPort = 3702
	// maxDatagram is what is read of a question; the rest of a longer one is
	// lost, and what is left is not well-formed.
	maxDatagram    = 8 << 10
	discoveryGroup = "239.255.255.250"
	// wsdTo is the address of those who listen to Hello and Bye.
	wsdTo    = "urn:schemas-xmlsoap-org:ws:2005:04:discovery"
	wsaAnon  = "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous"
	wsdRFC   = nsWSD + "/rfc3986"
	wsdExact = nsWSD + "/strcmp0"
)

// responder answers WS-Discovery for one device. It has two sockets: one on
// the group, shared with all other devices of the machine, and one on the
// device's own address, from which it answers.
type responder struct {
	dev      *Device
	instance uint32
	own      *ipv4.PacketConn
	group    *ipv4.PacketConn // nil if unicast only
	iface    *net.Interface
	wg       sync.WaitGroup

	mu  sync.Mutex
	seq uint32 // message number within the instance
}

func (d *Device) answerDiscovery(ctx context.Context, instance uint32) (*responder, error) {
	r := &responder{dev: d, instance: instance}
	port := d.cam.DiscoveryPort
	multicast := port == 0 || port == discoveryPort
	if multicast {
		port = discoveryPort
		ifi, err := net.InterfaceByName(d.cam.Interface)
		if err != nil {
			return nil, fmt.Errorf("discovery: interface %q: %w", d.cam.Interface, err)
		}
		if ifi.Flags&net.FlagLoopback == 0 {
			return nil, fmt.Errorf("discovery: %s is not a loopback interface; simulated devices stay on loopback", ifi.Name)
		}
		r.iface = ifi
	}
	var err error
	if r.own, err = listenUDP(ctx, d.cam.Host, port); err != nil {
		return nil, err
	}
	if multicast {
		if err := r.join(ctx); err != nil {
			return nil, errors.Join(err, r.own.Close())
		}
		r.wg.Go(func() { r.serve(r.group, true) })
	}
	r.wg.Go(func() { r.serve(r.own, false) })
	if err := r.announce("Hello"); err != nil {
		return nil, errors.Join(err, r.close(false))
	}
	return r, nil
}

// join opens the shared socket. lo has no MULTICAST flag, yet carries it.
func (r *responder) join(ctx context.Context) error {
	group := &net.UDPAddr{IP: net.ParseIP(discoveryGroup)}
	for _, set := range []func() error{
		func() error { return r.own.SetMulticastInterface(r.iface) },
		func() error { return r.own.SetMulticastTTL(1) },
	} {
		if err := set(); err != nil {
			return fmt.Errorf("discovery: send multicast on %s: %w", r.iface.Name, err)
		}
	}
	shared, err := listenUDP(ctx, "0.0.0.0", discoveryPort)
	if err != nil {
		return err
	}
	for _, set := range []func() error{
		func() error { return shared.JoinGroup(r.iface, group) },
		func() error { return shared.SetControlMessage(ipv4.FlagDst|ipv4.FlagInterface, true) },
	} {
		if err := set(); err != nil {
			return errors.Join(fmt.Errorf("discovery: join %s on %s: %w", discoveryGroup, r.iface.Name, err), shared.Close())
		}
	}
	r.group = shared
	return nil
}

func listenUDP(ctx context.Context, host string, port int) (*ipv4.PacketConn, error) {
	addr := net.JoinHostPort(host, strconv.Itoa(port))
	c, err := (&net.ListenConfig{Control: shareSocket}).ListenPacket(ctx, "udp4", addr)
	if err != nil {
		return nil, fmt.Errorf("discovery cannot listen on UDP %s: %w; another program may hold the port without sharing it: stop it, or set DiscoveryPort to a free port and ask the device by unicast there", addr, err)
	}
	return ipv4.NewPacketConn(c), nil
}

// close stops answering and says Bye first if asked to.
func (r *responder) close(bye bool) error {
	var errs []error
	if bye {
		errs = append(errs, r.announce("Bye"))
	}
	errs = append(errs, closeQuietly(r.own))
	if r.group != nil {
		errs = append(errs, closeQuietly(r.group))
	}
	r.wg.Wait()
	return errors.Join(errs...)
}

func (r *responder) serve(c *ipv4.PacketConn, group bool) {
	buf := make([]byte, maxDatagram)
	for {
		n, cm, from, err := c.ReadFrom(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			// For example a refusal by one who asked and left.
			r.dev.log.Debug("discovery read failed", "error", err)
			continue
		}
		// The shared socket also sees datagrams to addresses that nobody
		// bound, and other interfaces' packets: neither is ours.
		if group && (cm == nil || !cm.Dst.Equal(net.ParseIP(discoveryGroup)) || cm.IfIndex != r.iface.Index) {
			continue
		}
		answer := r.answer(buf[:n])
		if answer == nil {
			continue
		}
		if _, err := r.own.WriteTo(answer, nil, from); err != nil {
			r.dev.log.Debug("discovery answer was not sent", "error", err)
		}
	}
}

// answer is what a datagram deserves; nil is silence, which is WS-Discovery's
// answer to everything that does not match or cannot be read.
func (r *responder) answer(b []byte) []byte {
	q, ok := parseProbe(b)
	if !ok || r.dev.manage.isHidden() {
		return nil
	}
	match := []elem{
		el("wsa:EndpointReference", el("wsa:Address", r.dev.cam.Endpoint)),
		el("d:Types", "dn:NetworkVideoTransmitter tds:Device"),
		el("d:Scopes", strings.Join(r.dev.scopes(), " ")),
		el("d:XAddrs", r.dev.xaddrs()),
		el("d:MetadataVersion", 1),
	}
	switch {
	case q.resolve != "" && q.resolve == r.dev.cam.Endpoint:
		return r.message("ResolveMatches", q.messageID, el("d:ResolveMatches", el("d:ResolveMatch", match)))
	case q.resolve == "" && q.matches(r.dev.scopes()):
		return r.message("ProbeMatches", q.messageID, el("d:ProbeMatches", el("d:ProbeMatch", match)))
	}
	return nil
}

// announce sends Hello or Bye to the group, if the device is on it.
func (r *responder) announce(what string) error {
	if r.group == nil {
		return nil
	}
	parts := []elem{el("wsa:EndpointReference", el("wsa:Address", r.dev.cam.Endpoint))}
	if what == "Hello" {
		parts = append(
			parts,
			el("d:Types", "dn:NetworkVideoTransmitter tds:Device"),
			el("d:Scopes", strings.Join(r.dev.scopes(), " ")),
			el("d:XAddrs", r.dev.xaddrs()),
			el("d:MetadataVersion", 1),
		)
	}
	to := &net.UDPAddr{IP: net.ParseIP(discoveryGroup), Port: discoveryPort}
	if _, err := r.own.WriteTo(r.message(what, "", el("d:"+what, parts)), nil, to); err != nil {
		return fmt.Errorf("discovery: send %s on %s: %w", what, r.iface.Name, err)
	}
	return nil
}

func (r *responder) message(action, relatesTo string, body elem) []byte {
	r.mu.Lock()
	r.seq++
	seq := r.seq
	r.mu.Unlock()
	header := []elem{
		el("wsa:MessageID", "urn:uuid:"+randomUUID()),
		el("wsa:Action", nsWSD+"/"+action),
	}
	if relatesTo == "" {
		header = append(header, el("wsa:To", wsdTo))
	} else {
		header = append(header, el("wsa:RelatesTo", relatesTo), el("wsa:To", wsaAnon))
	}
	header = append(header, el("d:AppSequence",
		attr{"InstanceId", strconv.FormatUint(uint64(r.instance), 10)}, attr{"MessageNumber", strconv.FormatUint(uint64(seq), 10)}))
	return marshalEnvelope(header, body)
}

// probe is a question of WS-Discovery: a Probe, or a Resolve of an endpoint.
type probe struct {
	messageID string
	resolve   string // endpoint asked for; empty in a Probe
	types     []xml.Name
	scopes    []string
	exact     bool // scopes match as they are, not by path
}

// parseProbe reads a Probe or Resolve. It is not ok if it is neither, cannot
// be read, or matches scopes by a rule that the device does not know.
func parseProbe(b []byte) (probe, bool) {
	root, err := parseXML(b)
	if err != nil || root.name != (xml.Name{Space: nsEnv, Local: "Envelope"}) {
		return probe{}, false
	}
	q := probe{messageID: root.child(nsEnv, "Header").value(nsWSA, "MessageID")}
	if q.messageID == "" {
		return probe{}, false
	}
	body := root.child(nsEnv, "Body")
	if n := body.child(nsWSD, "Resolve"); n != nil {
		q.resolve = n.child(nsWSA, "EndpointReference").value(nsWSA, "Address")
		return q, q.resolve != ""
	}
	n := body.child(nsWSD, "Probe")
	if n == nil {
		return probe{}, false
	}
	if t := n.child(nsWSD, "Types"); t != nil {
		for word := range strings.FieldsSeq(t.text) {
			name, ok := t.qname(word)
			if !ok {
				return probe{}, false
			}
			q.types = append(q.types, name)
		}
	}
	if s := n.child(nsWSD, "Scopes"); s != nil {
		q.scopes = strings.Fields(s.text)
		switch rule, _ := s.attr("MatchBy"); rule {
		case "", wsdRFC, nsWSD + "/rfc2396":
		case wsdExact:
			q.exact = true
		default:
			return probe{}, false
		}
	}
	return q, true
}

// matches tells whether the device has all types and scopes asked for
// (WS-Discovery §5.1).
func (q probe) matches(have []string) bool {
	for _, t := range q.types {
		if t != (xml.Name{Space: nsDN, Local: "NetworkVideoTransmitter"}) && t != (xml.Name{Space: nsTDS, Local: "Device"}) {
			return false
		}
	}
	for _, want := range q.scopes {
		found := false
		for _, s := range have {
			found = found || s == want || !q.exact && scopeWithin(want, s)
		}
		if !found {
			return false
		}
	}
	return true
}

// scopeWithin compares by path segments, scheme and host without case.
func scopeWithin(want, have string) bool {
	w, err := url.Parse(want)
	if err != nil {
		return false
	}
	h, err := url.Parse(have)
	if err != nil || !strings.EqualFold(w.Scheme, h.Scheme) || !strings.EqualFold(w.Host, h.Host) {
		return false
	}
	ws := strings.Split(strings.Trim(w.EscapedPath(), "/"), "/")
	hs := strings.Split(strings.Trim(h.EscapedPath(), "/"), "/")
	if len(ws) == 1 && ws[0] == "" {
		return true
	}
	if len(ws) > len(hs) {
		return false
	}
	for i := range ws {
		if ws[i] != hs[i] {
			return false
		}
	}
	return true
}

func randomUUID() string {
	var b [16]byte
	// Never fails: crypto/rand ends the program instead.
	_, _ = rand.Read(b[:])
	return formatUUID(b, 4)
}

// nameUUID makes a lasting UUID out of a name (RFC 9562, version 5).
func nameUUID(name string) string {
	h := sha1.Sum([]byte("lensdop simulated device " + name))
	return formatUUID([16]byte(h[:16]), 5)
}

func formatUUID(b [16]byte, version byte) string {
	b[6] = b[6]&0x0f | version<<4
	b[8] = b[8]&0x3f | 0x80
	s := hex.EncodeToString(b[:])
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

// utc formats a time as xs:dateTime.
func utc(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
