package sim

import (
	"bufio"
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"
)

// syncBuffer takes log lines from several goroutines.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func (s *syncBuffer) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(s, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func TestParseEnvelopeRefuses(t *testing.T) {
	cases := map[string]string{
		"nothing":         "",
		"text":            "hello",
		"cut off":         `<e:Envelope xmlns:e="` + nsEnv + `"><e:Body>`,
		"document type":   `<!DOCTYPE x [<!ENTITY a "b">]><e:Envelope xmlns:e="` + nsEnv + `"><e:Body><a/></e:Body></e:Envelope>`,
		"SOAP 1.1":        `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><a/></e:Body></e:Envelope>`,
		"empty body":      `<e:Envelope xmlns:e="` + nsEnv + `"><e:Body/></e:Envelope>`,
		"too deep":        strings.Repeat("<a>", 50) + strings.Repeat("</a>", 50),
		"too many":        "<a>" + strings.Repeat("<b/>", 5000) + "</a>",
		"too long":        "<a>" + strings.Repeat(" ", maxRequestBytes) + "</a>",
		"two roots":       "<a/><b/>",
		"foreign charset": `<?xml version="1.0" encoding="utf-16"?><a/>`,
	}
	for name, message := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := parseEnvelope([]byte(message))
			if _, ok := errors.AsType[*soapFault](err); !ok {
				t.Errorf("got %v, want a fault", err)
			}
		})
	}
}

func FuzzParseEnvelope(f *testing.F) {
	f.Add([]byte(probeMessage("urn:uuid:1", typedProbe)))
	f.Add([]byte(`<e:Envelope xmlns:e="` + nsEnv + `" xmlns:tr2="` + nsTR2 + `" xmlns:tt="` + nsTT + `"><e:Body>` + createMask("vsc_1", fullMask) + `</e:Body></e:Envelope>`))
	f.Add([]byte(`<e:Envelope xmlns:e="` + nsEnv + `"><e:Header><Security xmlns="` + nsWSSE + `"><UsernameToken/></Security></e:Header><e:Body><a/></e:Body></e:Envelope>`))
	d := &Device{cam: Camera{Masks: true, MaxMasks: 2, Lenses: 1}, faults: map[string]bool{}}
	l := newLogin("admin", "sesame")
	f.Fuzz(func(t *testing.T, b []byte) {
		env, err := parseEnvelope(b)
		if err != nil {
			return
		}
		if found, err := l.usernameToken(env.header, time.Unix(0, 0)); found && err == nil {
			t.Error("a token was taken that nobody signed")
		}
		m, fault := parseMask(env.body)
		if fault != nil {
			return
		}
		if _, fault = d.createMask(m); fault == nil {
			for _, p := range d.Masks()[0].Polygon {
				if p.X < 0 || p.X > 1 || p.Y < 0 || p.Y > 1 {
					t.Errorf("stored a vertex outside the picture: %v", p)
				}
			}
			d.masks = nil
		}
	})
}

func FuzzParseProbe(f *testing.F) {
	f.Add([]byte(probeMessage("urn:uuid:1", typelessProbe)))
	f.Add([]byte(probeMessage("urn:uuid:1", typedProbe)))
	f.Add([]byte(probeMessage("urn:uuid:1", `<p:Resolve><w:EndpointReference><w:Address>urn:uuid:2</w:Address></w:EndpointReference></p:Resolve>`)))
	f.Add([]byte(probeMessage("urn:uuid:1", `<p:Probe><p:Scopes MatchBy="`+wsdRFC+`">onvif://www.onvif.org/location</p:Scopes></p:Probe>`)))
	f.Fuzz(func(t *testing.T, b []byte) {
		q, ok := parseProbe(b)
		if ok && q.messageID == "" {
			t.Error("a probe without message id cannot be answered")
		}
		q.matches([]string{"onvif://www.onvif.org/location/hall", "::"})
	})
}

func FuzzDigestParams(f *testing.F) {
	f.Add(`username="admin", realm="a \"b\"", nonce=x, uri="/", qop=auth,nc=00000001 , cnonce="", response="00"`)
	f.Add(`a="`)
	f.Fuzz(func(_ *testing.T, s string) { digestParams(s) })
}

func FuzzEncoderOutput(f *testing.F) {
	f.Add([]byte("--ffmpeg\r\nContent-type: image/jpeg\r\nContent-length: 9\r\n\r\n\x00\x00\x00\x01\x67\x00\x00\x01\x68\r\n"))
	f.Add([]byte("Content-length: 99999999999\r\n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bufio.NewReaderSize(bytes.NewReader(b), 64)
		for {
			part, err := readPart(r)
			if err != nil {
				return
			}
			for _, codec := range []string{codecH264, codecH265} {
				for _, u := range pictureUnits(codec, splitAnnexB(part)) {
					if len(u) == 0 || bytes.Contains(u, []byte{0, 0, 1}) {
						t.Errorf("unit %x", u)
					}
				}
				findSets(codec, splitAnnexB(part))
			}
		}
	})
}
