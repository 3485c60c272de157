package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy/server"
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
	Level  slog.Level `yaml:"level"`
	Format string     `yaml:"format"`
}

const maxFile = 1 << 20

// loadConfig reads server.yaml. Unknown keys are errors with their line;
// relative paths are relative to the file.
func loadConfig(path string) (config, error) {
	b, err := readFile(path)
	if err != nil {
		return config{}, fmt.Errorf("config: %w", err)
	}
	c, err := parseConfig(b)
	if err != nil {
		return config{}, fmt.Errorf("config %s: %w", path, err)
	}
	c.resolve(filepath.Dir(path))
	return c, nil
}

func parseConfig(b []byte) (config, error) {
	c := config{
		Pages: pagesPart{Listen: "127.0.0.1:8080"}, MQTT: mqttPart{Listen: "127.0.0.1:1883"},
		Log: loggerPart{Format: "text"},
	}
	if err := yaml.NewDecoder(bytes.NewReader(b), yaml.Strict()).Decode(&c); err != nil {
		if errors.Is(err, io.EOF) {
			return c, errors.New("it is empty")
		}
		return c, errors.New(strings.TrimSpace(yaml.FormatError(err, false, true)))
	}
	return c, c.check()
}

// check reports what cannot work or would not be safe.
func (c config) check() error {
	var errs []error
	complain := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.Dir == "" {
		complain("dir is missing; name a folder that only the server can read")
	}
	if c.Tenant == "" {
		complain("tenant is missing; the name of the municipality in lower-case letters")
	}
	if c.Protocol == "" {
		complain("protocol is missing; the path of the protocol file")
	}
	if (c.Pages.Certificate == "") != (c.Pages.Key == "") {
		complain("pages: certificate and key go together")
	}
	if (c.MQTT.Certificate == "") != (c.MQTT.Key == "") {
		complain("mqtt: certificate and key go together")
	}
	if c.Pages.Certificate == "" && !loopback(c.Pages.Listen) {
		complain("pages.listen: %s is reachable from elsewhere and passwords would travel in the clear; give certificate and key, or listen on 127.0.0.1 behind a proxy", c.Pages.Listen)
	}
	if e := c.MQTT.External; e != nil {
		if e.Broker == "" || e.User == "" || e.PasswordFile == "" {
			complain("mqtt.external: broker, user and password_file are needed")
		}
		if host, is := strings.CutPrefix(e.Broker, "tcp://"); is && !loopback(host) {
			complain("mqtt.external.broker: %s is elsewhere and the password would travel in the clear; use ssl://", e.Broker)
		}
	} else if c.MQTT.Certificate == "" && !loopback(c.MQTT.Listen) {
		complain("mqtt.listen: %s is reachable from elsewhere and passwords would travel in the clear; give certificate and key", c.MQTT.Listen)
	}
	if m := c.Mail; m != nil && m.Security == server.SecurityNone && !loopback(m.Host+":0") {
		complain("mail.security: none is for a relay on this machine, and %s is not; use starttls or tls", m.Host)
	}
	if c.Log.Format != "text" && c.Log.Format != "json" {
		complain("log.format: %q is neither text nor json", c.Log.Format)
	}
	return errors.Join(errs...)
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
	var err error
	if out.Protocol, err = readFile(c.Protocol); err != nil {
		return out, fmt.Errorf("protocol: %w", err)
	}
	if out.HTTPTLS, err = serverTLS(c.Pages.Certificate, c.Pages.Key); err != nil {
		return out, fmt.Errorf("pages: %w", err)
	}
	if out.MQTTTLS, err = serverTLS(c.MQTT.Certificate, c.MQTT.Key); err != nil {
		return out, fmt.Errorf("mqtt: %w", err)
	}
	if e := c.MQTT.External; e != nil {
		out.External = &server.External{Broker: e.Broker, ClientID: e.User, User: e.User}
		if out.External.Password, err = secret(e.PasswordFile); err != nil {
			return out, fmt.Errorf("mqtt.external: %w", err)
		}
		if out.External.TLS, err = clientTLS(e.CA); err != nil {
			return out, fmt.Errorf("mqtt.external: %w", err)
		}
	}
	if m := c.Mail; m != nil {
		out.Mail = &server.Mail{
			Host: m.Host, Port: m.Port, Security: m.Security, User: m.User, From: m.From, To: m.To, Language: m.Language,
		}
		if m.PasswordFile != "" {
			if out.Mail.Password, err = secret(m.PasswordFile); err != nil {
				return out, fmt.Errorf("mail: %w", err)
			}
		}
		if out.Mail.TLS, err = clientTLS(m.CA); err != nil {
			return out, fmt.Errorf("mail: %w", err)
		}
		if out.Mail.TLS != nil {
			out.Mail.TLS.ServerName = m.Host
		}
	}
	return out, nil
}

func serverTLS(certificate, key string) (*tls.Config, error) {
	if certificate == "" {
		return nil, nil // no certificate: no TLS
	}
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		return nil, fmt.Errorf("certificate %s: %w", certificate, err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
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

// secret reads a password that is alone in a file.
func secret(path string) (devices.Secret, error) {
	b, err := readFile(path)
	if err != nil {
		return "", err
	}
	s := strings.TrimRight(string(b), "\r\n")
	if s == "" || strings.ContainsAny(s, "\r\n") {
		return "", fmt.Errorf("%s must hold one line: the password", path)
	}
	return devices.Secret(s), nil
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
