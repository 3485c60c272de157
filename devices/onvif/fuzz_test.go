package onvif

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/lensdop/lensdop/devices"
)

func match(relatesTo string, body ...string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl">` +
		`<e:Header><w:RelatesTo>` + relatesTo + `</w:RelatesTo></e:Header><e:Body><d:ProbeMatches>` + strings.Join(body, "") + `</d:ProbeMatches></e:Body></e:Envelope>`
}

func device1(endpoint, types, scopes, xaddrs string) string {
	return `<d:ProbeMatch><w:EndpointReference><w:Address>` + endpoint + `</w:Address></w:EndpointReference><d:Types>` + types +
		`</d:Types><d:Scopes>` + scopes + `</d:Scopes><d:XAddrs>` + xaddrs + `</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion></d:ProbeMatch>`
}

func FuzzParseProbeMatches(f *testing.F) {
	f.Add([]byte(match("urn:uuid:1", device1("urn:uuid:cam", "dn:NetworkVideoTransmitter", "onvif://www.onvif.org/location/a%20b", "http://127.0.0.1:80/onvif/device_service"))))
	f.Add([]byte(match("", device1("", "", "", "/relative http://:0/ http://[::1]:x/"))))
	f.Add([]byte(""))
	f.Add([]byte("\xef\xbb\xbf<Envelope/>"))
	f.Add([]byte("<?xml version='1.0' encoding='gb2312'?><Envelope>\xb0\xb1"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := parseProbeMatches(b)
		if err != nil {
			if !errors.Is(err, devices.ErrMalformed) {
				t.Errorf("error %v is not ErrMalformed", err)
			}
			return
		}
		if len(p.matches) > maxMatches {
			t.Errorf("%d matches", len(p.matches))
		}
		for _, m := range p.matches {
			m.onvif()
			if port := m.port("127.0.0.1"); !validPort(port) {
				t.Errorf("port %q", port)
			}
			if len(m.xaddrs) > maxList || len(m.scopes) > maxList || len(m.types) > maxList {
				t.Errorf("lists of %d, %d, %d", len(m.xaddrs), len(m.scopes), len(m.types))
			}
		}
	})
}

func FuzzParseAnswer(f *testing.F) {
	f.Add([]byte(envelopeOf(`<tr2:GetMasksResponse><tr2:Masks token="m"><tr2:ConfigurationToken>c</tr2:ConfigurationToken><tr2:Polygon><tt:Point x="NaN" y="1"/></tr2:Polygon><tr2:Type>Color</tr2:Type><tr2:Enabled>1</tr2:Enabled></tr2:Masks></tr2:GetMasksResponse>`)))
	f.Add([]byte(faultOf("Sender", "NotAuthorized")))
	f.Add([]byte(faultOf("Receiver", "ActionNotSupported", "OptionalActionNotImplemented")))
	f.Add([]byte(`<Envelope><Body><Fault><faultcode>a:b</faultcode><faultstring>` + "\xe9" + `</faultstring></Fault></Body></Envelope>`))
	f.Add([]byte(`<html><br></html>`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var out maskList
		err := parseAnswer(b, "GetMasksResponse", &out)
		var fa *fault
		if err != nil && !errors.As(err, &fa) && !errors.Is(err, devices.ErrMalformed) {
			t.Errorf("error %v is neither a fault nor ErrMalformed", err)
		}
		if err != nil && len(err.Error()) > 4096 {
			t.Errorf("an error of %d bytes", len(err.Error()))
		}
		if fa != nil && strings.ContainsAny(fa.Error(), "\n\r\x1b") {
			t.Errorf("control characters in %q", fa.Error())
		}
	})
}

func FuzzChallenge(f *testing.F) {
	f.Add(`Digest realm="cam", qop="auth", nonce="abc", algorithm=MD5`, "")
	f.Add(`Digest realm="cam", qop="auth,auth-int", nonce="abc", algorithm=SHA-256, opaque="x", userhash=true`, `Basic realm="cam"`)
	f.Add(`Basic realm="a, b", Digest nonce=x,realm="q\"\\", stale=TRUE , digest nonce="2",algorithm=SHA-256-sess`, `NTLM TlRM==`)
	f.Add(`Digest =,`, "Digest nonce=\"\x01\"")
	f.Fuzz(func(t *testing.T, one, two string) {
		c, ok := strongest(http.Header{"Www-Authenticate": {one, two}})
		if !ok {
			return
		}
		a, err := c.answer(devices.Credentials{User: "u", Password: "geheim"}, "POST", "/x", []byte("body"), 1)
		if err != nil {
			t.Fatalf("a challenge was chosen that cannot be answered: %v", err)
		}
		for i := range len(a) {
			if a[i] < ' ' || a[i] == 0x7f {
				t.Fatalf("control character in %q", a)
			}
		}
		// What we wrote is read back as it was meant.
		back := parseChallenges([]string{a})
		if len(back) != 1 || back[0].params["nonce"] != c.nonce || back[0].params["realm"] != c.realm {
			t.Errorf("%q reads as %+v", a, back)
		}
		if strings.Contains(a, "geheim") && !strings.Contains(one+two, "geheim") {
			t.Errorf("the password is in %q", a)
		}
	})
}

func FuzzAddresses(f *testing.F) {
	f.Add("rtsp://u:p@h:554/a?user=x&password=y")
	f.Add("http://[::1]:80/onvif?x#y")
	f.Add("//host/\x00")
	c, err := newClient(Options{}.withDefaults(), devices.Target{
		Found: devices.Found{Address: "127.0.0.1:8080"}, Credentials: devices.Credentials{User: "u", Password: "geheim"},
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if u, err := c.path(s, "rtsp", "rtsps"); err == nil {
			if !strings.HasPrefix(u, "rtsp://127.0.0.1") && !strings.HasPrefix(u, "rtsps://127.0.0.1") || strings.Contains(u, "geheim") {
				t.Errorf("%q became %q", s, u)
			}
		}
		if u, err := c.local(s); err == nil && (u.Hostname() != "127.0.0.1" || u.Scheme != "http" || u.User != nil) {
			t.Errorf("%q became %q", s, u)
		}
	})
}
