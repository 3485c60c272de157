package onvif

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/lensdop/lensdop/devices"
	"github.com/use-go/onvif/gosoap"
)

const (
	nsAddressing = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
	nsDiscovery  = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
	nsNetwork    = "http://www.onvif.org/ver10/network/wsdl"
	// discoveryTo is the destination of every probe (WS-Discovery 2005/04 §5.2).
	discoveryTo = "urn:schemas-xmlsoap-org:ws:2005:04:discovery"
)

// Limits of one datagram.
const (
	maxDatagram = 32 << 10 // bytes; MAX_ENVELOPE_SIZE of SOAP-over-UDP is 32,767
	maxMatches  = 64       // devices in it; a recorder may answer for its cameras
	maxList     = 64       // types, scopes or addresses of one device
	maxItem     = 512      // runes of one of those
	maxText     = 8 << 10  // bytes of all of those of one device; what is over is cut off
)

type probe struct {
	XMLName xml.Name   `xml:"d:Probe"`
	Space   string     `xml:"xmlns:d,attr"`
	Types   *probeType `xml:"d:Types"`
}

type probeType struct {
	Space string `xml:"xmlns:dn,attr"`
	Text  string `xml:",chardata"`
}

type headerText struct {
	XMLName        xml.Name
	Space          string `xml:"xmlns:a,attr"`
	MustUnderstand string `xml:"soap-env:mustUnderstand,attr,omitempty"`
	Text           string `xml:",chardata"`
}

// probeMessage writes a Probe. Without types every kind of device answers:
// some cameras do not call themselves video transmitters.
func probeMessage(id string, typed bool) ([]byte, error) {
	msg := gosoap.NewEmptySOAP()
	for _, h := range []headerText{
		{XMLName: xml.Name{Local: "a:Action"}, MustUnderstand: "1", Text: nsDiscovery + "/Probe"},
		{XMLName: xml.Name{Local: "a:MessageID"}, Text: "urn:uuid:" + id},
		{XMLName: xml.Name{Local: "a:To"}, MustUnderstand: "1", Text: discoveryTo},
	} {
		h.Space = nsAddressing
		b, err := xml.Marshal(h)
		if err != nil {
			return nil, fmt.Errorf("write a probe: %w", err)
		}
		if err := msg.AddStringHeaderContent(string(b)); err != nil {
			return nil, fmt.Errorf("write a probe: %w", err)
		}
	}
	p := probe{Space: nsDiscovery}
	if typed {
		p.Types = &probeType{Space: nsNetwork, Text: "dn:NetworkVideoTransmitter"}
	}
	b, err := xml.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("write a probe: %w", err)
	}
	msg.AddStringBodyContent(string(b))
	return []byte(msg.String()), nil
}

// probeMatch is one device in an answer.
type probeMatch struct {
	endpoint              string
	types, scopes, xaddrs []string
}

// probeMatches is an answer to a probe.
type probeMatches struct {
	relatesTo string
	matches   []probeMatch
}

// matchXML is how a device tells of itself in ProbeMatch, Hello and Bye.
type matchXML struct {
	Endpoint string `xml:"EndpointReference>Address"`
	Types    string `xml:"Types"`
	Scopes   string `xml:"Scopes"`
	XAddrs   string `xml:"XAddrs"`
}

func (x matchXML) match() probeMatch {
	left := maxText
	// What is dialled by goes first, if there is no room for all.
	return probeMatch{endpoint: plain(x.Endpoint, maxItem), xaddrs: list(x.XAddrs, &left), types: list(x.Types, &left), scopes: list(x.Scopes, &left)}
}

type probeMatchesXML struct {
	XMLName   xml.Name   `xml:"Envelope"`
	RelatesTo string     `xml:"Header>RelatesTo"`
	Matches   []matchXML `xml:"Body>ProbeMatches>ProbeMatch"`
}

// parseProbeMatches reads a datagram from anybody. An answer with more devices
// or longer lists than the limits is cut, not refused.
func parseProbeMatches(datagram []byte) (probeMatches, error) {
	var x probeMatchesXML
	if err := parseDatagram(datagram, &x); err != nil {
		return probeMatches{}, err
	}
	out := probeMatches{relatesTo: plain(x.RelatesTo, maxItem)}
	for _, m := range x.Matches[:min(len(x.Matches), maxMatches)] {
		out.matches = append(out.matches, m.match())
	}
	return out, nil
}

// announcement is a Hello or a Bye (WS-Discovery 2005/04 §4).
type announcement struct {
	bye       bool
	messageID string // the sender's; each repetition of one announcement has the same
	match     probeMatch
}

type announcementXML struct {
	XMLName   xml.Name  `xml:"Envelope"`
	MessageID string    `xml:"Header>MessageID"`
	Hello     *matchXML `xml:"Body>Hello"`
	Bye       *matchXML `xml:"Body>Bye"`
}

// parseAnnouncement reads a datagram from anybody. A message that is neither
// Hello nor Bye, such as a probe, is ErrMalformed as well; so is one that says
// both.
func parseAnnouncement(datagram []byte) (announcement, error) {
	var x announcementXML
	if err := parseDatagram(datagram, &x); err != nil {
		return announcement{}, err
	}
	a := announcement{messageID: plain(x.MessageID, maxItem)}
	switch {
	case x.Hello != nil && x.Bye == nil:
		a.match = x.Hello.match()
	case x.Bye != nil && x.Hello == nil:
		a.bye, a.match = true, x.Bye.match()
	default:
		return announcement{}, fmt.Errorf("%w: neither Hello nor Bye", devices.ErrMalformed)
	}
	return a, nil
}

func parseDatagram(b []byte, out any) error {
	d := xml.NewDecoder(bytes.NewReader(utf8Text(b)))
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	if err := d.Decode(out); err != nil {
		return fmt.Errorf("%w: no discovery message: %w", devices.ErrMalformed, err)
	}
	return nil
}

// list splits at white space, and takes what it keeps off the bytes left.
func list(s string, left *int) []string {
	var out []string
	for f := range strings.FieldsSeq(s) {
		f = plain(f, maxItem)
		if len(out) == maxList || len(f) > *left {
			break
		}
		*left -= len(f)
		out = append(out, f)
	}
	return out
}

// onvif tells whether this can be an ONVIF device: to a probe without types
// printers and computers answer as well.
func (m probeMatch) onvif() bool {
	if len(m.types) == 0 && len(m.scopes) == 0 {
		return true
	}
	for _, t := range m.types {
		if strings.HasPrefix(localQName(t), "NetworkVideo") {
			return true
		}
	}
	for _, s := range m.scopes {
		if strings.HasPrefix(strings.ToLower(s), "onvif://") {
			return true
		}
	}
	for _, x := range m.xaddrs {
		if u, err := url.Parse(x); err == nil && strings.Contains(strings.ToLower(u.Path), "onvif") {
			return true
		}
	}
	return false
}

// port is the port to dial at the address that answered: of the announced
// service address on that host, else of the first that can be read, else 80.
func (m probeMatch) port(host string) string {
	port := ""
	for _, x := range m.xaddrs {
		u, err := url.Parse(x)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			continue
		}
		p := u.Port()
		switch {
		case p == "" && u.Scheme == "https":
			p = "443"
		case p == "":
			p = "80"
		case !validPort(p):
			continue
		}
		if u.Hostname() == host {
			return p
		}
		if port == "" {
			port = p
		}
	}
	if port == "" {
		return "80"
	}
	return port
}
