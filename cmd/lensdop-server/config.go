package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/mail"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/parser"

	"github.com/lensdop/lensdop/cmd/protocolfiles"
	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/server"
	"github.com/lensdop/lensdop/policy/server/ui"
	"github.com/lensdop/lensdop/policy/wire"
)

// config is server.yaml; deploy/server.example.yaml explains every key.
type config struct {
	Dir      string     `yaml:"dir"`
	Tenant   string     `yaml:"tenant"`
	Protocol string     `yaml:"protocol"`
	Pages    pagesPart  `yaml:"pages"`
	MQTT     mqttPart   `yaml:"mqtt"`
	Mail     *mailPart  `yaml:"mail"`
	Log      loggerPart `yaml:"log"`

	where func(key string) string // its line in the file
}

type pagesPart struct {
	Listen      string `yaml:"listen"`
	URL         string `yaml:"url"`
	Certificate string `yaml:"certificate"`
	Key         string `yaml:"key"`
}

type mqttPart struct {
	Listen      string        `yaml:"listen"`
	Certificate string        `yaml:"certificate"`
	Key         string        `yaml:"key"`
	External    *externalPart `yaml:"external"`
}

type externalPart struct {
	Broker       string `yaml:"broker"`
	User         string `yaml:"user"`
	PasswordFile string `yaml:"password_file"`
	CA           string `yaml:"ca"`
}

type mailPart struct {
	Host         string   `yaml:"host"`
	Port         int      `yaml:"port"`
	Security     string   `yaml:"security"`
	User         string   `yaml:"user"`
	PasswordFile string   `yaml:"password_file"`
	CA           string   `yaml:"ca"`
	From         string   `yaml:"from"`
	To           []string `yaml:"to"`
	Language     string   `yaml:"language"`
}

type loggerPart struct {
	Level  string `yaml:"level"`
	Format string `yaml:"format"`
}

const maxFile = 1 << 20

// loadConfig reads server.yaml. Unknown keys are errors with their line;
// relative paths are relative to the file.
func loadConfig(path string) (config, error) {
	b, err := readFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return config{}, fmt.Errorf("config: %w; copy deploy/server.example.yaml there and fill it in, or name another file with --config", err)
	}
	if err != nil {
		return config{}, fmt.Errorf("config: %w", err)
	}
	c, err := parseConfig(b)
	if err != nil {
		return config{}, fmt.Errorf("config %s:\n%w", path, err)
	}
	c.resolve(filepath.Dir(path))
	return c, nil
}

func parseConfig(b []byte) (config, error) {
	c := config{
		Pages: pagesPart{Listen: "127.0.0.1:8080"}, MQTT: mqttPart{Listen: "127.0.0.1:1883"},
		Log: loggerPart{Level: "info", Format: "text"}, where: lines(b),
	}
	if err := yaml.NewDecoder(bytes.NewReader(b), yaml.Strict()).Decode(&c); err != nil {
		if errors.Is(err, io.EOF) {
			return c, errors.New("it is empty; deploy/server.example.yaml shows what belongs into it")
		}
		// Without the lines of the file: one of them may hold a password.
		return c, errors.New(strings.TrimSpace(yaml.FormatError(err, false, false)))
	}
	return c, c.check()
}

// lines finds the line of a key, such as pages.listen. A key that is not there
// has the line of the part that it is missing from.
func lines(b []byte) func(key string) string {
	file, err := parser.ParseBytes(b, 0)
	return func(key string) string {
		for part := key; err == nil && part != ""; {
			path, bad := yaml.PathString("$." + part)
			if bad == nil {
				if n, bad := path.FilterFile(file); bad == nil && n != nil {
					return fmt.Sprintf("line %d, %s", n.GetToken().Position.Line, key)
				}
			}
			part = part[:max(strings.LastIndexByte(part, '.'), 0)]
		}
		return key
	}
}

// check reports all that cannot work or would not be safe, with its lines.
func (c config) check() error {
	var errs []error
	complain := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: %w", c.where(key), fmt.Errorf(format, args...)))
	}
	if c.Dir == "" {
		complain("dir", "is missing; name a folder that only the server can read")
	}
	if c.Tenant == "" {
		complain("tenant", "is missing; the name of the municipality in lower-case letters")
	} else if err := wire.CheckID(c.Tenant); err != nil {
		complain("tenant", "%w", err)
	}
	if c.Protocol == "" {
		complain("protocol", "is missing; the path of the protocol file")
	}
	c.checkPages(complain)
	c.checkMQTT(complain)
	if c.Mail != nil {
		c.Mail.check(complain)
	}
	if _, ok := levels()[c.Log.Level]; !ok {
		complain("log.level", "%q is none of debug, info, warn, error", c.Log.Level)
	}
	if c.Log.Format != "text" && c.Log.Format != "json" {
		complain("log.format", "%q is neither text nor json", c.Log.Format)
	}
	return errors.Join(errs...)
}

func levels() map[string]slog.Level {
	return map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}
}

type complaint func(key, format string, args ...any)

// address reports what is not host:port, and tells whether it is.
func address(complain complaint, key, listen string) bool {
	_, port, err := net.SplitHostPort(listen)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		complain(key, "%q is no address; write host:port, such as 127.0.0.1:8080 or 0.0.0.0:8443", listen)
	}
	return err == nil
}

func (c config) checkPages(complain complaint) {
	if (c.Pages.Certificate == "") != (c.Pages.Key == "") {
		complain("pages", "certificate and key go together")
	}
	if address(complain, "pages.listen", c.Pages.Listen) && c.Pages.Certificate == "" && !loopback(c.Pages.Listen) {
		complain("pages.listen", "%s is reachable from elsewhere and passwords would travel in the clear; give certificate and key, or listen on 127.0.0.1 behind a proxy", c.Pages.Listen)
	}
	if c.Pages.URL == "" {
		return
	}
	u, err := url.Parse(c.Pages.URL)
	switch {
	case err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "":
		complain("pages.url", "%q is not what people type; write https://NAME, without a path", c.Pages.URL)
	case u.Scheme == "http" && c.Pages.Certificate != "":
		complain("pages.url", "begins with http, but the pages are reached by https")
	}
}

func (c config) checkMQTT(complain complaint) {
	if (c.MQTT.Certificate == "") != (c.MQTT.Key == "") {
		complain("mqtt", "certificate and key go together")
	}
	e := c.MQTT.External
	if e == nil {
		if address(complain, "mqtt.listen", c.MQTT.Listen) && c.MQTT.Certificate == "" && !loopback(c.MQTT.Listen) {
			complain("mqtt.listen", "%s is reachable from elsewhere and passwords would travel in the clear; give certificate and key", c.MQTT.Listen)
		}
		return
	}
	if e.Broker == "" || e.User == "" || e.PasswordFile == "" {
		complain("mqtt.external", "broker, user and password_file are needed")
		return
	}
	u, err := url.Parse(e.Broker)
	switch {
	case err != nil || (u.Scheme != "tcp" && u.Scheme != "ssl") || u.User != nil || u.Hostname() == "" || u.Port() == "":
		complain("mqtt.external.broker", "write ssl://host:port, without a user") // the text may hold a password
	case u.Scheme == "tcp" && !loopback(u.Host):
		complain("mqtt.external.broker", "%s is elsewhere and the password would travel in the clear; use ssl://", e.Broker)
	}
}

func (m *mailPart) check(complain complaint) {
	if m.Host == "" {
		complain("mail.host", "is missing; the name of the mail relay")
	}
	if m.Port < 1 || m.Port > 65535 {
		complain("mail.port", "%d is no port; 587 with starttls, 465 with tls, 25 on this machine", m.Port)
	}
	switch m.Security {
	case "", server.SecurityStartTLS, server.SecurityTLS:
	case server.SecurityNone:
		if !loopback(m.Host + ":0") {
			complain("mail.security", "none is for a relay on this machine, and %s is not; use starttls or tls", m.Host)
		}
	default:
		complain("mail.security", "%q is none of starttls, tls, none", m.Security)
	}
	if m.User != "" && m.PasswordFile == "" {
		complain("mail.password_file", "is missing; user %s needs one", m.User)
	}
	if m.Language != "" && !slices.Contains(ui.Languages(), m.Language) {
		complain("mail.language", "%q is none of %s", m.Language, strings.Join(ui.Languages(), ", "))
	}
	if _, err := mail.ParseAddress(m.From); err != nil {
		complain("mail.from", "%q is no mail address", m.From)
	}
	for i, to := range m.To {
		if _, err := mail.ParseAddress(to); err != nil {
			complain(fmt.Sprintf("mail.to[%d]", i), "%q is no mail address", to)
		}
	}
}

func loopback(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

func (c *config) resolve(dir string) {
	paths := []*string{&c.Dir, &c.Protocol, &c.Pages.Certificate, &c.Pages.Key, &c.MQTT.Certificate, &c.MQTT.Key}
	if c.MQTT.External != nil {
		paths = append(paths, &c.MQTT.External.PasswordFile, &c.MQTT.External.CA)
	}
	if c.Mail != nil {
		paths = append(paths, &c.Mail.PasswordFile, &c.Mail.CA)
	}
	for _, p := range paths {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(dir, *p)
		}
	}
}

// server reads the files that the configuration names.
func (c config) server(log *slog.Logger) (server.Config, error) {
	out := server.Config{
		Dir: c.Dir, Tenant: c.Tenant, ProtocolName: c.Protocol, Log: log,
		HTTPListen: c.Pages.Listen, PublicURL: c.Pages.URL, MQTTListen: c.MQTT.Listen,
	}
	var errs []error
	// at notes what is wrong with the file of a key.
	at := func(key string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", c.where(key), err))
		}
	}
	var err error
	out.Protocol, _, err = readProtocol(c.Protocol)
	at("protocol", err)
	out.HTTPTLS, err = serverTLS(c.Pages.Certificate, c.Pages.Key)
	at("pages.certificate", err)
	out.MQTTTLS, err = serverTLS(c.MQTT.Certificate, c.MQTT.Key)
	at("mqtt.certificate", err)
	if e := c.MQTT.External; e != nil {
		out.External = &server.External{Broker: e.Broker, ClientID: e.User, User: e.User}
		out.External.Password, err = secret(e.PasswordFile)
		at("mqtt.external.password_file", err)
		out.External.TLS, err = clientTLS(e.CA)
		at("mqtt.external.ca", err)
	}
	if m := c.Mail; m != nil {
		out.Mail = &server.Mail{
			Host: m.Host, Port: m.Port, Security: m.Security, User: m.User, From: m.From, To: m.To, Language: m.Language,
		}
		if m.PasswordFile != "" {
			out.Mail.Password, err = secret(m.PasswordFile)
			at("mail.password_file", err)
		}
		out.Mail.TLS, err = clientTLS(m.CA)
		at("mail.ca", err)
		if out.Mail.TLS != nil {
			out.Mail.TLS.ServerName = m.Host
		}
	}
	return out, errors.Join(errs...)
}

func serverTLS(certificate, key string) (*tls.Config, error) {
	if certificate == "" {
		return nil, nil // no certificate: no TLS
	}
	p := &pair{certificate: certificate, key: key}
	if err := p.load(); err != nil {
		return nil, err
	}
	if ends := p.loaded.Leaf.NotAfter; time.Now().After(ends) {
		return nil, fmt.Errorf("certificate %s ended on %s; renew it", certificate, ends.Format(time.DateOnly))
	}
	return &tls.Config{GetCertificate: p.get, MinVersion: tls.VersionTLS12}, nil
}

func clientTLS(ca string) (*tls.Config, error) {
	if ca == "" {
		return nil, nil // the system's authorities
	}
	b, err := readFile(ca)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(b) {
		return nil, fmt.Errorf("%s holds no certificate in PEM form", ca)
	}
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, nil
}

// secret reads a password that is alone in a file, which not everybody on the
// machine may read.
func secret(path string) (devices.Secret, error) {
	b, err := readFile(path)
	if err == nil {
		err = private(path)
	}
	if err != nil {
		return "", err
	}
	s := strings.TrimRight(string(b), "\r\n")
	if s == "" || strings.ContainsAny(s, "\r\n") {
		return "", fmt.Errorf("%s must hold one line: the password", path)
	}
	return devices.Secret(s), nil
}

func private(path string) error {
	info, err := os.Stat(path)
	if err == nil && info.Mode().Perm()&0o007 != 0 {
		err = fmt.Errorf("%s can be read by everybody on this machine (mode %#o); set it to 0640 or 0600, and change what is in it", path, info.Mode().Perm())
	}
	return err
}

// readProtocol reads the protocol file, or the files of a folder as one
// protocol, and returns them as one text. Problems name the file that they are in.
func readProtocol(path string) ([]byte, *policy.Protocol, error) {
	files, err := protocolfiles.One(path)
	if err != nil {
		return nil, nil, err
	}
	p, err := policy.ParseFiles(files...)
	if err != nil {
		return nil, nil, fmt.Errorf("\n%w", err)
	}
	if len(files) == 1 {
		return files[0].Data, p, nil
	}
	return policy.Join(files...), p, nil
}

func readFile(path string) (b []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	b, err = io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(b) > maxFile {
		err = fmt.Errorf("%s has more than %d bytes", path, maxFile)
	}
	return b, err
}
