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

type probeMatchesXML struct {
	XMLName   xml.Name `xml:"Envelope"`
	RelatesTo string   `xml:"Header>RelatesTo"`
	Matches   []struct {
		Endpoint string `xml:"EndpointReference>Address"`
		Types    string `xml:"Types"`
		Scopes   string `xml:"Scopes"`
		XAddrs   string `xml:"XAddrs"`
	} `xml:"Body>ProbeMatches>ProbeMatch"`
}

// parseProbeMatches reads a datagram from anybody. An answer with more devices
// or longer lists than the limits is cut, not refused.
func parseProbeMatches(datagram []byte) (probeMatches, error) {
	var x probeMatchesXML
	d := xml.NewDecoder(bytes.NewReader(utf8Text(datagram)))
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	if err := d.Decode(&x); err != nil {
		return probeMatches{}, fmt.Errorf("%w: no probe match: %w", devices.ErrMalformed, err)
	}
	out := probeMatches{relatesTo: plain(x.RelatesTo, maxItem)}
	for _, m := range x.Matches[:min(len(x.Matches), maxMatches)] {
		out.matches = append(out.matches, probeMatch{
			endpoint: plain(m.Endpoint, maxItem),
			types:    list(m.Types), scopes: list(m.Scopes), xaddrs: list(m.XAddrs),
		})
	}
	return out, nil
}

func list(s string) []string {
	var out []string
	for f := range strings.FieldsSeq(s) {
		if len(out) == maxList {
			break
		}
		out = append(out, plain(f, maxItem))
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
