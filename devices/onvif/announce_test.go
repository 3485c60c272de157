package onvif

import (
	"errors"
	"strings"
	"testing"

	"github.com/lensdop/lensdop/devices"
)

// announce writes a Hello or Bye by hand.
func announce(what, id, endpoint, types, scopes, xaddrs string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl">` +
		`<e:Header><w:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/` + what + `</w:Action><w:MessageID>` + id + `</w:MessageID><w:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To><d:AppSequence InstanceId="1" MessageNumber="1"/></e:Header>` +
		`<e:Body><d:` + what + `><w:EndpointReference><w:Address>` + endpoint + `</w:Address></w:EndpointReference><d:Types>` + types + `</d:Types><d:Scopes>` + scopes + `</d:Scopes><d:XAddrs>` + xaddrs + `</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion></d:` + what + `></e:Body></e:Envelope>`
}

func TestParseAnnouncement(t *testing.T) {
	hello := announce("Hello", "urn:uuid:m", "urn:uuid:cam", "dn:NetworkVideoTransmitter", "onvif://www.onvif.org/name/a onvif://www.onvif.org/location/b", "http://192.0.2.7:8080/onvif/device_service")
	a, err := parseAnnouncement([]byte(hello))
	if err != nil || a.bye || a.messageID != "urn:uuid:m" || a.match.endpoint != "urn:uuid:cam" || len(a.match.scopes) != 2 || len(a.match.types) != 1 || a.match.port("192.0.2.7") != "8080" {
		t.Errorf("%+v, %v", a, err)
	}
	a, err = parseAnnouncement([]byte(announce("Bye", "urn:uuid:n", " urn:uuid:cam\n", "", "", "")))
	if err != nil || !a.bye || a.match.endpoint != "urn:uuid:cam" || !a.match.onvif() {
		t.Errorf("%+v, %v", a, err)
	}
	probe, err := probeMessage("1", true)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string]string{
		"own probe":    string(probe),
		"answer":       match("urn:uuid:1", device1("urn:uuid:cam", "", "", "")),
		"both at once": strings.Replace(hello, "</e:Body>", "<d:Bye/></e:Body>", 1),
		"half":         hello[:len(hello)-40],
		"nothing":      "",
		"noise":        "Hello\x00\xff",
	} {
		if a, err := parseAnnouncement([]byte(b)); !errors.Is(err, devices.ErrMalformed) {
			t.Errorf("%s: %+v, %v", name, a, err)
		}
	}
}

// One device cannot fill the memory of those who keep what it says.
func TestAnnouncedTextIsBounded(t *testing.T) {
	long := strings.Repeat("onvif://www.onvif.org/"+strings.Repeat("é", 400)+" ", 20)
	a, err := parseAnnouncement([]byte(announce("Hello", long, long, long, long, "http://192.0.2.7/ "+long)))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, l := range [][]string{a.match.types, a.match.scopes, a.match.xaddrs} {
		for _, s := range l {
			n += len(s)
		}
	}
	if n > maxText || len(a.match.endpoint) > 4*maxItem || len(a.messageID) > 4*maxItem || a.match.xaddrs[0] != "http://192.0.2.7/" {
		t.Errorf("%d bytes of lists, endpoint %d, id %d", n, len(a.match.endpoint), len(a.messageID))
	}
}

func FuzzParseAnnouncement(f *testing.F) {
	f.Add([]byte(announce("Hello", "urn:uuid:1", "urn:uuid:cam", "dn:NetworkVideoTransmitter tds:Device", "onvif://www.onvif.org/location/a%20b", "http://192.0.2.1/onvif/device_service http://[fe80::1]/x")))
	f.Add([]byte(announce("Bye", "", "", "", "", "")))
	f.Add([]byte(announce("Hello", "x", "y", "", "", "/relative http://:0/ http://[::1]:x/ http://[::ffff:192.0.2.1]:70000/")))
	f.Add([]byte("<Envelope><Body><Hello/><Bye/></Body></Envelope>"))
	f.Add([]byte("<?xml version='1.0' encoding='gb2312'?><Envelope><Body><Bye>\xb0\xb1"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := parseAnnouncement(b)
		if err != nil {
			if !errors.Is(err, devices.ErrMalformed) {
				t.Errorf("error %v is not ErrMalformed", err)
			}
			return
		}
		a.match.onvif()
		if port := a.match.port("192.0.2.1"); !validPort(port) {
			t.Errorf("port %q", port)
		}
		n := 0
		for _, l := range [][]string{a.match.types, a.match.scopes, a.match.xaddrs} {
			if len(l) > maxList {
				t.Errorf("a list of %d", len(l))
			}
			for _, s := range l {
				n += len(s)
			}
		}
		if n > maxText {
			t.Errorf("%d bytes of lists", n)
		}
	})
}
