package onvif

import (
	"bytes"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // WS-Security UsernameToken Profile 1.1 prescribes SHA-1
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/lensdop/lensdop/devices"
	"github.com/use-go/onvif/gosoap"
)

// The namespaces of the requests; the prefixes are those that the request
// structs of use-go/onvif and our own carry in their tags.
const (
	nsDevice    = "http://www.onvif.org/ver10/device/wsdl"
	nsMedia     = "http://www.onvif.org/ver10/media/wsdl"
	nsMedia2    = "http://www.onvif.org/ver20/media/wsdl"
	nsDeviceIO  = "http://www.onvif.org/ver10/deviceIO/wsdl"
	nsPTZ       = "http://www.onvif.org/ver20/ptz/wsdl"
	nsImaging   = "http://www.onvif.org/ver20/imaging/wsdl"
	nsAnalytics = "http://www.onvif.org/ver20/analytics/wsdl"
	nsRecord    = "http://www.onvif.org/ver10/recording/wsdl"
	nsSearch    = "http://www.onvif.org/ver10/search/wsdl"
	nsEvents    = "http://www.onvif.org/ver10/events/wsdl"
	nsSchema    = "http://www.onvif.org/ver10/schema"

	wsseSpace  = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
	wsuSpace   = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
	digestType = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"
	base64Type = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
)

// envelope writes a SOAP 1.2 message around a request. The name is the
// request's local name; the answer must be called name+"Response".
func envelope(in any, security string) (message []byte, name string, err error) {
	body, err := xml.Marshal(in)
	if err != nil {
		return nil, "", fmt.Errorf("write the request as XML: %w", err)
	}
	if name, err = localName(body); err != nil {
		return nil, "", err
	}
	msg := gosoap.NewEmptySOAP()
	for _, ns := range [][2]string{
		{"tds", nsDevice},
		{"trt", nsMedia},
		{"tr2", nsMedia2},
		{"tmd", nsDeviceIO},
		{"tptz", nsPTZ},
		{"timg", nsImaging},
		{"tan", nsAnalytics},
		{"trc", nsRecord},
		{"tse", nsSearch},
		{"tev", nsEvents},
		{"wsnt", wsntSpace},
		{"tns1", nsTopics},
		{"tac", nsAccess},
		{"tcr", nsCredential},
		{"tt", nsSchema},
		{"onvif", nsSchema},
	} {
		// Only what is used: small firmwares have small buffers.
		if bytes.Contains(body, []byte(ns[0]+":")) {
			msg.AddRootNamespace(ns[0], ns[1])
		}
	}
	if security != "" {
		if err := msg.AddStringHeaderContent(security); err != nil {
			return nil, "", fmt.Errorf("write the login header: %w", err)
		}
	}
	if h, ok := in.(interface{ header() []string }); ok {
		for _, element := range h.header() {
			if err := msg.AddStringHeaderContent(element); err != nil {
				return nil, "", fmt.Errorf("write the header: %w", err)
			}
		}
	}
	// Marshal's output is well-formed, which AddStringBodyContent relies on.
	msg.AddStringBodyContent(string(body))
	return []byte(msg.String()), name, nil
}

func localName(element []byte) (string, error) {
	s, ok := strings.CutPrefix(string(element), "<")
	end := strings.IndexAny(s, " />")
	if !ok || end <= 0 {
		return "", errors.New("the request is not an XML element")
	}
	s = s[:end]
	return s[strings.IndexByte(s, ':')+1:], nil
}

type usernameToken struct {
	XMLName        xml.Name `xml:"wsse:Security"`
	WSSE           string   `xml:"xmlns:wsse,attr"`
	WSU            string   `xml:"xmlns:wsu,attr"`
	MustUnderstand string   `xml:"soap-env:mustUnderstand,attr"`
	Username       string   `xml:"wsse:UsernameToken>wsse:Username"`
	Password       typed    `xml:"wsse:UsernameToken>wsse:Password"`
	Nonce          encoded  `xml:"wsse:UsernameToken>wsse:Nonce"`
	Created        string   `xml:"wsse:UsernameToken>wsu:Created"`
}

type typed struct {
	Type string `xml:"Type,attr"`
	Text string `xml:",chardata"`
}

type encoded struct {
	Type string `xml:"EncodingType,attr"`
	Text string `xml:",chardata"`
}

// securityHeader is a UsernameToken with PasswordDigest (WS-Security
// UsernameToken Profile 1.1 §3.1). at is the time on the device's clock:
// devices refuse a token that looks old to them.
func securityHeader(c devices.Credentials, at time.Time) (string, error) {
	nonce := make([]byte, 16)
	if _, err := rand.Read(nonce); err != nil {
		return "", fmt.Errorf("draw a nonce: %w", err)
	}
	created := at.UTC().Format("2006-01-02T15:04:05.000Z")
	h := sha1.New() //nolint:gosec // see the import
	_, _ = h.Write(nonce)
	_, _ = io.WriteString(h, created+string(c.Password))
	b, err := xml.Marshal(usernameToken{
		WSSE: wsseSpace, WSU: wsuSpace, MustUnderstand: "1", Username: c.User,
		Password: typed{digestType, base64.StdEncoding.EncodeToString(h.Sum(nil))},
		Nonce:    encoded{base64Type, base64.StdEncoding.EncodeToString(nonce)},
		Created:  created,
	})
	if err != nil {
		return "", fmt.Errorf("write the login header: %w", err)
	}
	return string(b), nil
}

// fault is a SOAP 1.2 (or 1.1) fault as the device sent it.
type fault struct {
	codes  []string // local names, outermost first: Receiver, Action, MaxMasks
	reason string   // the device's words, cleaned and cut
}

func (f *fault) Error() string {
	s := "the device answers with the fault " + strings.Join(f.codes, "/")
	if meaning := f.Unwrap(); meaning != nil {
		s = meaning.Error() + " (fault " + strings.Join(f.codes, "/") + ")"
	}
	if f.reason != "" {
		s += ": " + f.reason
	}
	return s
}

// Unwrap gives the fault its meaning (ONVIF Core §5.8.2, Media2 §5.13).
func (f *fault) Unwrap() error {
	switch {
	case f.is("NotAuthorized"), f.is("SenderNotAuthorized"), f.is("FailedAuthentication"), f.is("InvalidSecurityToken"), f.is("InvalidSecurity"):
		return devices.ErrLogin
	case f.is("ActionNotSupported"), f.is("OptionalActionNotImplemented"), f.is("NoSuchService"), f.is("UnknownAction"),
		// The words of gSOAP, on which many firmwares are built, for an
		// operation that is not compiled in.
		strings.Contains(f.reason, "method name or namespace not recognized"):
		return devices.ErrUnsupported
	case f.is("MaxMasks"):
		return devices.ErrOutOfBounds
	default:
		return nil
	}
}

func (f *fault) is(code string) bool {
	return slices.Contains(f.codes, code)
}

type faultCode struct {
	Value   string     `xml:"Value"`
	Subcode *faultCode `xml:"Subcode"`
}

type faultXML struct {
	Code   faultCode `xml:"Code"`
	Reason []string  `xml:"Reason>Text"`
	Code11 string    `xml:"faultcode"`
	Text11 string    `xml:"faultstring"`
}

const (
	maxFaultCodes = 8
	maxReason     = 160 // runes
)

func (x faultXML) fault() *fault {
	f := &fault{}
	for c := &x.Code; c != nil && len(f.codes) < maxFaultCodes; c = c.Subcode {
		if v := localQName(c.Value); v != "" {
			f.codes = append(f.codes, v)
		}
	}
	if v := localQName(x.Code11); v != "" {
		f.codes = append(f.codes, v)
	}
	f.reason = plain(strings.Join(append(x.Reason, x.Text11), " "), maxReason)
	if len(f.codes) == 0 {
		f.codes = []string{"without a code"}
	}
	return f
}

func localQName(s string) string {
	s = strings.TrimSpace(s)
	return plain(s[strings.LastIndexByte(s, ':')+1:], 64)
}

// plain makes a device's words fit for an error or a log line: printable, one
// line, cut to a number of runes.
func plain(s string, limit int) string {
	var b strings.Builder
	n := 0
	for word := range strings.FieldsSeq(s) {
		if n > 0 {
			b.WriteByte(' ')
		}
		for _, r := range word {
			if !unicode.IsPrint(r) {
				r = '?'
			}
			if n++; n > limit {
				return b.String() + "…"
			}
			b.WriteRune(r)
		}
	}
	return b.String()
}

// several makes one error of those of several attempts at the same question,
// on one line. A device that does not support one way of asking and fails at
// another has failed: the first says nothing about the answer.
func several(errs ...error) error {
	var failed, unsupported []error
	for _, err := range errs {
		switch {
		case err == nil:
		case errors.Is(err, devices.ErrUnsupported):
			unsupported = append(unsupported, err)
		default:
			failed = append(failed, err)
		}
	}
	if len(failed) == 0 {
		failed = unsupported
	}
	return together(failed...)
}

// together is errors.Join on one line, each text once.
func together(errs ...error) error {
	var all error
	for _, err := range errs {
		switch {
		case err == nil, all != nil && strings.Contains(all.Error(), err.Error()):
		case all == nil:
			all = err
		default:
			all = fmt.Errorf("%w; %w", all, err)
		}
	}
	return all
}

// errNotSOAP is a body that is no SOAP message at all, such as an HTML page.
var errNotSOAP = fmt.Errorf("%w: no SOAP message", devices.ErrMalformed)

// parseAnswer decodes a SOAP message: the fault first, then the element
// called want into out. Any other element is an error, so that a wrong answer
// never passes for an empty one.
func parseAnswer(data []byte, want string, out any) error {
	d := xml.NewDecoder(bytes.NewReader(utf8Text(data)))
	// utf8Text has done the conversion, whatever the declaration says.
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	if root, err := child(d); err != nil || root.Name.Local != "Envelope" {
		return errNotSOAP
	}
	for {
		part, err := child(d)
		if err != nil {
			return fmt.Errorf("%w: SOAP message without a body", devices.ErrMalformed)
		}
		if part.Name.Local == "Body" {
			break
		}
		if err := d.Skip(); err != nil {
			return fmt.Errorf("%w: SOAP header: %w", devices.ErrMalformed, err)
		}
	}
	first, err := child(d)
	if err != nil {
		return fmt.Errorf("%w: empty SOAP body", devices.ErrMalformed)
	}
	switch first.Name.Local {
	case "Fault":
		var x faultXML
		if err := d.DecodeElement(&x, &first); err != nil {
			return fmt.Errorf("%w: fault: %w", devices.ErrMalformed, err)
		}
		return x.fault()
	case want:
		if k, ok := out.(interface{ keep(message []byte) }); ok {
			k.keep(utf8Text(data))
		}
		if err := d.DecodeElement(out, &first); err != nil {
			return fmt.Errorf("%w: %s: %w", devices.ErrMalformed, want, err)
		}
		return nil
	default:
		return fmt.Errorf("%w: answered %s instead of %s", devices.ErrMalformed, plain(first.Name.Local, 64), want)
	}
}

// child returns the next element inside the current one, io.EOF at its end.
func child(d *xml.Decoder) (xml.StartElement, error) {
	for {
		t, err := d.Token()
		if err != nil {
			return xml.StartElement{}, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			return t, nil
		case xml.EndElement:
			return xml.StartElement{}, io.EOF
		}
	}
}

// utf8Text returns text that the XML decoder accepts. Firmwares send Latin-1
// or GB 2312 with and without saying so; every byte that is not UTF-8 is read
// as Latin-1, which keeps the markup and at worst spoils a name.
func utf8Text(b []byte) []byte {
	if utf8.Valid(b) {
		return b
	}
	out := make([]byte, 0, len(b)+len(b)/4)
	for _, c := range b {
		out = utf8.AppendRune(out, rune(c))
	}
	return out
}
